//! What do probes want to know at their next look: how far a log was read, when a database was last checked? Written by the
//! tick alone, and disposable: what is missing, torn or of another format is begun anew. Never a record of what was done.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{DataDir, files};
use crate::host;

/// The format; notes of any other are begun anew.
const FORMAT: u32 = 1;

/// A note that is longer, as JSON, is not kept: a probe remembers places and times, not what it saw.
const NOTE_LIMIT: usize = 32 * 1024;

/// A file beyond this is none of ours.
const FILE_LIMIT: u64 = 64 * 1024 * 1024;

/// The notes of all probes, by subject (`service/probe`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes(BTreeMap<String, Value>);

#[derive(Serialize, Deserialize)]
struct Written {
    v: u32,
    probes: BTreeMap<String, Value>,
}

impl Notes {
    /// The notes of the last tick; none when they are missing, torn or of another format.
    #[must_use]
    pub fn read(dir: &DataDir) -> Self {
        let bytes = host::files::read(&dir.notes(), FILE_LIMIT).unwrap_or_default();
        let written = serde_json::from_slice::<Written>(&bytes).ok().filter(|written| written.v == FORMAT);
        Self(written.map(|written| written.probes).unwrap_or_default())
    }

    /// What the probe of this subject noted.
    #[must_use]
    pub fn of(&self, subject: &str) -> Option<&Value> {
        self.0.get(subject)
    }

    /// Takes a note; one that is too long is dropped, and the probe begins anew.
    pub fn take(&mut self, subject: &str, note: Value) {
        if note.to_string().len() <= NOTE_LIMIT {
            self.0.insert(subject.to_owned(), note);
        } else {
            self.0.remove(subject);
        }
    }

    /// Newer notes replace older ones.
    pub fn update(&mut self, newer: Self) {
        self.0.extend(newer.0);
    }

    /// Drops the notes of probes that are no longer looked at.
    pub fn retain(&mut self, declared: impl Fn(&str) -> bool) {
        self.0.retain(|subject, _| declared(subject));
    }

    /// Writes them, unless they are what is there already.
    ///
    /// # Errors
    /// The system's.
    pub fn save(self, dir: &DataDir) -> std::io::Result<()> {
        if self == Self::read(dir) {
            return Ok(());
        }
        files::replace(&dir.notes(), &serde_json::to_vec(&Written { v: FORMAT, probes: self.0 })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(subjects: &[&str]) -> Notes {
        Notes(subjects.iter().map(|subject| ((*subject).to_owned(), Value::from(1))).collect())
    }

    #[test]
    fn what_cannot_be_read_is_begun_anew() {
        let root = tempfile::tempdir().expect("a directory");
        let dir = DataDir::at(root.path().to_owned());
        assert_eq!(Notes::read(&dir), Notes::default(), "missing");
        dir.create().expect("created");
        noted(&["app/log"]).save(&dir).expect("saved");
        assert_eq!(Notes::read(&dir), noted(&["app/log"]));
        for damaged in ["", "{\"v\":1,\"probes\":{\"app/log\":", "{\"v\":2,\"probes\":{\"app/log\":1}}", "[]", "\0\0\0"]
        {
            std::fs::write(dir.notes(), damaged).expect("written");
            assert_eq!(Notes::read(&dir), Notes::default(), "{damaged}");
            noted(&["app/log"]).save(&dir).expect("saved over it");
            assert_eq!(Notes::read(&dir), noted(&["app/log"]), "{damaged}");
        }
    }

    #[test]
    fn what_did_not_change_is_not_written() {
        let root = tempfile::tempdir().expect("a directory");
        let dir = DataDir::at(root.path().to_owned());
        dir.create().expect("created");
        Notes::default().save(&dir).expect("nothing to save");
        assert!(!dir.notes().exists(), "no notes, no file");
        noted(&["app/log"]).save(&dir).expect("saved");
        let inode = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(dir.notes()).expect("there"));
        let before = inode();
        noted(&["app/log"]).save(&dir).expect("saved");
        assert_eq!(inode(), before);
        noted(&["app/log", "host/db"]).save(&dir).expect("saved");
        assert_ne!(inode(), before);
    }

    #[test]
    fn notes_are_bounded_and_end_with_their_probe() {
        let mut notes = noted(&["app/log", "gone/log"]);
        notes.retain(|subject| subject.starts_with("app/"));
        assert_eq!(notes, noted(&["app/log"]));
        notes.take("app/log", "x".repeat(NOTE_LIMIT).into());
        assert_eq!(notes, Notes::default());
    }
}
