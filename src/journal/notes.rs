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
pub struct Notes {
    probes: BTreeMap<String, Value>,
    kept: BTreeMap<String, Kept>,
}

/// An older note, from which the probe looks again at what called for an act that was not taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    /// As long as this is true of the service: see [`Notes::keep`].
    during: String,
    note: Value,
}

#[derive(Serialize, Deserialize)]
struct Written {
    v: u32,
    probes: BTreeMap<String, Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    kept: BTreeMap<String, Kept>,
}

impl Notes {
    /// The notes of the last tick; none when they are missing, torn or of another format.
    #[must_use]
    pub fn read(dir: &DataDir) -> Self {
        let bytes = host::files::read(&dir.notes(), FILE_LIMIT).unwrap_or_default();
        let written = serde_json::from_slice::<Written>(&bytes).ok().filter(|written| written.v == FORMAT);
        written.map(|written| Self { probes: written.probes, kept: written.kept }).unwrap_or_default()
    }

    /// Did nobody note anything?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.probes.is_empty() && self.kept.is_empty()
    }

    /// What the probe of this subject noted: the note that was kept if it was kept for `during`, or else the last one.
    #[must_use]
    pub fn of(&self, subject: &str, during: &str) -> Option<&Value> {
        let kept = self.kept.get(subject).filter(|kept| kept.during == during).map(|kept| &kept.note);
        kept.or_else(|| self.probes.get(subject))
    }

    /// Keeps a note beside the newer one, until there is a newer one still, or `during` is no longer what is asked with.
    pub fn keep(&mut self, subject: &str, note: Value, during: String) {
        self.kept.insert(subject.to_owned(), Kept { during, note });
    }

    /// Takes a note; one that is too long is dropped, and the probe begins anew.
    pub fn take(&mut self, subject: &str, note: Value) {
        if note.to_string().len() <= NOTE_LIMIT {
            self.probes.insert(subject.to_owned(), note);
        } else {
            self.probes.remove(subject);
        }
    }

    /// Newer notes replace older ones.
    pub fn update(&mut self, newer: Self) {
        self.kept.retain(|subject, _| !newer.probes.contains_key(subject));
        self.probes.extend(newer.probes);
        self.kept.extend(newer.kept);
    }

    /// Drops the notes of probes that are no longer looked at.
    pub fn retain(&mut self, declared: impl Fn(&str) -> bool) {
        self.probes.retain(|subject, _| declared(subject));
        self.kept.retain(|subject, _| declared(subject));
    }

    /// As [`Notes::save`], by the only one who writes them, and who has read `before` there.
    ///
    /// # Errors
    /// The system's.
    pub fn save_after(self, before: &Self, dir: &DataDir) -> std::io::Result<()> {
        if self == *before { Ok(()) } else { self.save(dir) }
    }

    /// Writes them, unless they are what is there already.
    ///
    /// # Errors
    /// The system's.
    pub fn save(self, dir: &DataDir) -> std::io::Result<()> {
        if self == Self::read(dir) {
            return Ok(());
        }
        files::replace(&dir.notes(), &serde_json::to_vec(&Written { v: FORMAT, probes: self.probes, kept: self.kept })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(subjects: &[&str]) -> Notes {
        let probes = subjects.iter().map(|subject| ((*subject).to_owned(), Value::from(1))).collect();
        Notes { probes, ..Notes::default() }
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

    #[test]
    fn a_note_is_kept_for_one_life_and_until_there_is_a_newer_one() {
        let root = tempfile::tempdir().expect("a directory");
        let dir = DataDir::at(root.path().to_owned());
        dir.create().expect("created");
        let mut notes = noted(&["app/log"]);
        notes.keep("app/log", Value::from(0), "pid 7".to_owned());
        notes.save(&dir).expect("saved");
        let mut notes = Notes::read(&dir);
        assert_eq!(notes.of("app/log", "pid 7"), Some(&Value::from(0)));
        assert_eq!(notes.of("app/log", "pid 8"), Some(&Value::from(1)));
        notes.update(noted(&["app/db"]));
        assert_eq!(notes.of("app/log", "pid 7"), Some(&Value::from(0)));
        notes.update(noted(&["app/log"]));
        assert_eq!(notes.of("app/log", "pid 7"), Some(&Value::from(1)));
    }
}
