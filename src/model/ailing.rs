//! Which databases ail, as far as the past says? One that could not be recovered ails until it is found sound or another file stands
//! in its place; what was kept of one that is gone waits for a person until somebody takes it out of the quarantine.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::event::{Entry, Event, Moment};
use super::lock::FileId;
use super::open_intent::OpenIntent;
use super::undo::UNDO;

/// What SQLite keeps data of a database in, beside it. A `-shm` holds none.
const DATA: [&str; 2] = ["-wal", "-journal"];

/// Which file, and which of its contents: what writes to it changes one of the numbers.
pub type Mark = (FileId, u64, i64);

/// SQLite recovered a database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// The intent it belongs to.
    pub intent: String,
    /// The service.
    pub service: String,
    /// The database.
    pub path: String,
    /// What was recovered, and what `quick_check` said.
    pub detail: String,
}

/// Nothing is to be said of it any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlived {
    /// The database, or where what was left of it was kept.
    pub path: String,
}

/// A database could not be recovered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unrecovered {
    /// The intent it belongs to; empty where it was only looked at.
    pub intent: String,
    /// The database.
    pub path: String,
    /// Which file it was after that, its length, and when it was last written, in nanoseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// It is damaged; else the machine did not let it be recovered: a full disk, an I/O error.
    pub damaged: bool,
    /// Why, for a person.
    pub why: String,
}

impl Unrecovered {
    /// Which file it was.
    #[must_use]
    pub fn file(&self) -> Option<FileId> {
        self.mark.map(|(file, ..)| file)
    }
}

/// A database that ails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ailing {
    /// The last try. The intent says which it was: to say more of it is no other one.
    #[serde(flatten)]
    pub last: Unrecovered,
    /// When that was.
    pub when: Moment,
    /// How many there were.
    pub tries: u32,
}

/// All of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Databases {
    /// Those that ail, by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ailing: BTreeMap<String, Ailing>,
    /// What is kept of those that are gone: where it is kept, and the path of the database.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub remains: BTreeMap<String, String>,
}

impl Databases {
    /// Nothing is known of any.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ailing.is_empty() && self.remains.is_empty()
    }

    /// Takes one more event into account. `open` are the intents without an outcome before it.
    pub(super) fn apply(&mut self, entry: &Entry, open: &BTreeMap<String, OpenIntent>) {
        match &entry.event {
            Event::Unrecovered(last) => {
                let same = |before: &&Ailing| before.last.file() == last.file();
                let before = self.ailing.get(&last.path).filter(same);
                let said = before.is_some_and(|before| !last.intent.is_empty() && before.last.intent == last.intent);
                let tries = before.map_or(0, |before| before.tries).saturating_add(u32::from(!said));
                let ailing = Ailing { last: last.clone(), when: entry.moment.clone(), tries };
                self.ailing.insert(last.path.clone(), ailing);
            }
            Event::Recovered(Recovered { path, .. }) => _ = self.ailing.remove(path),
            Event::MovedAside { intent, path, kept, stays: false, .. } => {
                // What a person takes back is known to a person.
                let asked = open.get(intent).is_some_and(|open| open.rung == UNDO);
                let database = DATA.iter().find_map(|end| path.strip_suffix(end)).filter(|_| !asked);
                if let Some(database) = database {
                    self.remains.insert(kept.clone(), database.to_owned());
                }
            }
            Event::PutBack { kept, .. } => _ = self.remains.remove(kept),
            Event::Outlived(Outlived { path }) => {
                self.ailing.remove(path);
                self.remains.remove(path);
            }
            _ => {}
        }
    }

    /// Which databases there are to say anything of.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.ailing.keys().chain(self.remains.values()).map(Path::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::FORMAT;
    use crate::model::{History, Stamp};

    #[test]
    fn each_try_counts_once_and_another_file_begins_anew() {
        let mut history = History::default();
        let mut says = |event: Event| {
            let moment = Moment { at: Stamp::default(), up: 0, boot: String::new() };
            history.apply(&Entry { v: FORMAT, moment, run: "r".to_owned(), event });
            history.databases.ailing.get("/db").map(|one| (one.tries, one.last.why.clone()))
        };
        let failed = |intent: &str, inode: u64, why: &str| {
            let mark = Some((FileId { device: 1, inode }, 10, 0));
            let (intent, path, why) = (intent.to_owned(), "/db".to_owned(), why.to_owned());
            Event::Unrecovered(Unrecovered { intent, path, mark, damaged: true, why })
        };
        assert_eq!(says(failed("r.1", 7, "damaged")), Some((1, "damaged".to_owned())));
        assert_eq!(says(failed("r.1", 7, "kept")), Some((1, "kept".to_owned())), "more is said of the same try");
        assert_eq!(says(failed("r.2", 7, "kept")), Some((2, "kept".to_owned())));
        assert_eq!(says(failed("", 7, "seen")), Some((3, "seen".to_owned())));
        assert_eq!(says(failed("", 7, "seen")), Some((4, "seen".to_owned())), "what was only looked at has no intent");
        assert_eq!(says(failed("r.3", 8, "another")), Some((1, "another".to_owned())));
        assert_eq!(says(Event::Outlived(Outlived { path: "/db".to_owned() })), None);
    }
}
