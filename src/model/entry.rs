//! What is a line of the journal? An event, when it happened, and the run of heal that wrote it down.

use serde::{Deserialize, Serialize};

use super::event::Event;
use super::moment::Moment;

/// Version of the line format. A reader that meets a higher one may read, but must not write.
pub const FORMAT: u32 = 1;

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Format version, [`FORMAT`].
    pub v: u32,
    /// When.
    #[serde(flatten)]
    pub moment: Moment,
    /// The run of heal that wrote it.
    pub run: String,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stamp;

    #[test]
    fn a_line_survives_the_round_trip_and_unknown_kinds_are_read() {
        let entry = Entry {
            v: FORMAT,
            moment: Moment {
                at: Stamp::from_timestamp(1_700_000_000, 0).unwrap_or_default(),
                up: 5,
                boot: "boot".to_owned(),
            },
            run: "r1".to_owned(),
            event: Event::Held { service: "bridge".to_owned(), reason: "exit code 2".to_owned(), code: false },
        };
        let line = serde_json::to_string(&entry).expect("serialises");
        assert_eq!(serde_json::from_str::<Entry>(&line).expect("parses"), entry);
        let newer = line.replace("\"held\"", "\"teleported\"").replace("\"reason\":\"exit code 2\"", "\"to\":7");
        assert_eq!(serde_json::from_str::<Entry>(&newer).expect("parses").event, Event::Unknown);
    }
}
