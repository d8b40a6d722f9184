//! When was a repair last tried in vain? A disk that is full stays so for a while: it is tried again after pauses that grow, so that
//! the journal does not fill with the same two lines a minute.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::host::clock;
use crate::journal::Notes;
use crate::model::event::Moment;
use crate::model::mended::Outcome;
use crate::model::rfc3339;

/// Where they are noted. No subject of a probe is called like that.
pub(in crate::pipeline) const SUBJECT: &str = "repairs";

/// The first pause, in milliseconds; each is twice as long as the one before it, up to an hour.
const FIRST_MS: i64 = 60_000;
const LAST_MS: i64 = 60 * FIRST_MS;

/// Repairs that failed, by what should have been repaired.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(in crate::pipeline) struct Tries(BTreeMap<String, Try>);

#[derive(Debug, Deserialize, Serialize)]
struct Try {
    count: u32,
    last: Moment,
    why: String,
}

impl Tries {
    /// As the last tick left them.
    pub(in crate::pipeline) fn of(notes: &Notes) -> Self {
        notes.of(SUBJECT, "").and_then(|note| Self::deserialize(note).ok()).unwrap_or_default()
    }

    /// For the next tick; also that none is left, where the last one had some.
    pub(in crate::pipeline) fn remember(self, before: &Notes, notes: &mut Notes) {
        if self.0.is_empty() && before.of(SUBJECT, "").is_none() {
            return;
        }
        if let Ok(note) = serde_json::to_value(&self) {
            notes.take(SUBJECT, note);
        }
    }

    /// Why it is not tried now.
    pub(super) fn wait(&self, path: &Path, now: &Moment) -> Option<String> {
        let tried = self.0.get(&*path.to_string_lossy())?;
        let pause = pause_ms(tried.count);
        let waits = now.since(&tried.last) < pause;
        let next = tried.last.at + chrono::TimeDelta::milliseconds(pause);
        waits.then(|| format!("{}; it is tried again at {}", tried.why, rfc3339(next)))
    }

    /// What came of it.
    pub(super) fn note(&mut self, path: &Path, outcome: &Outcome) {
        let path = path.to_string_lossy().into_owned();
        match outcome {
            Outcome::Failed(why) => {
                let count = self.0.get(&path).map_or(0, |tried| tried.count).saturating_add(1);
                self.0.insert(path, Try { count, last: clock::now(), why: why.clone() });
            }
            // What a rule says no to may be otherwise at any moment.
            Outcome::Done | Outcome::Untold(_) | Outcome::Refused(_) | Outcome::Would => {
                self.0.remove(&path);
            }
        }
    }

    /// Only what is still broken is waited for.
    pub(in crate::pipeline) fn retain(&mut self, is_broken: impl Fn(&Path) -> bool) {
        self.0.retain(|path, _| is_broken(Path::new(path)));
    }
}

/// How long it is waited after so many tries that came to nothing, in milliseconds.
pub(in crate::pipeline) fn pause_ms(count: u32) -> i64 {
    FIRST_MS.saturating_mul(2_i64.saturating_pow(count.saturating_sub(1))).min(LAST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_an_hour() {
        let minutes: Vec<i64> = [1, 2, 3, 6, 7, 8, 63, 64, 65, u32::MAX].map(|n| pause_ms(n) / 60_000).into();
        assert_eq!(minutes, [1, 2, 4, 32, 60, 60, 60, 60, 60, 60]);
    }
}
