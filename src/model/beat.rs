//! What is a heartbeat? One line of JSON that a service's work loop writes, or has `heal beat` write, each time it got
//! something done. heal's own runs never write one: it would be heal that looks alive.

use serde::{Deserialize, Serialize};
use serde_json::Number;

use super::event::Moment;

/// A beat as `heal beat` writes it. A service that writes the file by itself needs nothing but `at`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beat {
    /// When.
    #[serde(flatten)]
    pub moment: Moment,
    /// How far the work is: any number that moves while work is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Number>,
    /// Since when `progress` is what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<Moment>,
    /// What the loop says about itself, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who called: the parent of `heal beat`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
}

impl Beat {
    /// A beat of this moment after `last`. What it does not say of the progress is as it was: a loop may beat more often
    /// than it gets anywhere.
    #[must_use]
    pub fn after(last: Option<&Self>, moment: Moment, progress: Option<Number>) -> Self {
        let before = last.and_then(|last| Some((last.progress.clone()?, last.moved.clone()?)));
        let (progress, moved) = match (progress, before) {
            (Some(now), Some((then, moved))) if now == then => (Some(now), Some(moved)),
            (Some(now), _) => (Some(now), Some(moment.clone())),
            (None, before) => before.unzip(),
        };
        Self { moment, progress, moved, note: None, pid: None }
    }
}

/// The file of a beat. Neither name can hold an `@`, so no two of them share one.
#[must_use]
pub fn file_name(service: &str, part: &str) -> String {
    if part.is_empty() { format!("{service}.json") } else { format!("{service}@{part}.json") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stamp;

    #[test]
    fn progress_is_as_old_as_its_number() {
        let at = |second: i64| Moment {
            at: Stamp::from_timestamp(second, 0).unwrap_or_default(),
            up: second * 1_000,
            boot: "b".to_owned(),
        };
        let mut last: Option<Beat> = None;
        // Second, what was said, what holds, since when.
        for (second, said, progress, since) in [
            (0, None, None, None),
            (1, Some(7), Some(7), Some(1)),
            (2, Some(7), Some(7), Some(1)),
            (3, None, Some(7), Some(1)),
            (4, Some(8), Some(8), Some(4)),
            (5, Some(0), Some(0), Some(5)), // begun anew: that is movement
        ] {
            let (said, progress) = (said.map(Number::from), progress.map(Number::from));
            let beat = Beat::after(last.as_ref(), at(second), said);
            assert_eq!(
                (beat.progress.clone(), beat.moved.as_ref().map(|m| m.up / 1_000)),
                (progress, since),
                "{second}"
            );
            assert_eq!(beat.moment.up, second * 1_000);
            last = Some(beat);
        }
    }
}
