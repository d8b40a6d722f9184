//! What does a look at locks, and the clearing of them, come to? The answer of `heal clean-locks`, rendered by `output`, mapped
//! to an exit code by `exit`.

use super::Stamp;
use super::change::Change;
use super::lock::{Judged, LockKind};

/// What came of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was done about it: nothing had to be, or nothing was to be.
    Left,
    /// It was done; what was seen.
    Done(String),
    /// A rule said no when it came to it.
    Refused(String),
    /// It was found to be broken: a person is needed.
    Broken(String),
    /// The machine did not let us: a full disk, an I/O error.
    Failed(String),
}

/// One file of a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// The file, and what may be done; after an act, as it was found.
    pub judged: Judged,
    /// What would be, or was to be, done.
    pub plan: Vec<Change>,
    /// What came of it.
    pub fate: Fate,
}

/// One `[lock.NAME]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SweptLock {
    /// Its name.
    pub name: String,
    /// As it is declared.
    pub kind: LockKind,
    /// It was asked for by its name.
    pub asked: bool,
    /// `false`: it was not looked at.
    pub enabled: bool,
    /// Its files; none where nothing stands there.
    pub files: Vec<Swept>,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// How heal has to be called to mean the same configuration.
    pub heal: String,
    /// `[project] name`.
    pub project: String,
    /// This machine.
    pub host: String,
    /// When the look began.
    pub at: Stamp,
    /// How long the whole run took, in milliseconds.
    pub duration_ms: u64,
    /// Nothing was done, only looked at or planned.
    pub dry_run: bool,
    /// It was asked for a list alone: what would be done is not said.
    pub list: bool,
    /// The locks, in the order of the configuration.
    pub locks: Vec<SweptLock>,
    /// Acts that an earlier run began and did not finish.
    pub unfinished: Vec<String>,
    /// What heal could not do, or found wrong with its own files.
    pub warnings: Vec<String>,
}

impl Sweep {
    /// Every file, with its lock.
    pub fn files(&self) -> impl Iterator<Item = (&SweptLock, &Swept)> {
        self.locks.iter().flat_map(|lock| lock.files.iter().map(move |file| (lock, file)))
    }
}
