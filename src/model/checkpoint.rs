//! What is a checkpoint, and what came of saving, proving and restoring one? Plain data. The number says which is newer, never
//! the clock.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Stamp;
use super::units::{Bytes, Span};

/// So many of the newest stay, unless `keep` says otherwise.
pub const KEEP: usize = 10;

/// More are never kept: a ledger is read whole at each save.
pub const MOST_KEPT: usize = 1_000;

/// What a `command` has to say its state, unless `timeout` says otherwise.
pub const TIMEOUT: Span = Span::secs(30);

/// What it is called in the journal.
pub const RUNG: &str = "checkpoint";

/// `[checkpoint.NAME]`, checked and resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The name: the key of `[checkpoint.NAME]`.
    pub name: String,
    /// `false`: nothing new is saved. What is there can be listed, proved and restored.
    pub enabled: bool,
    /// What prints the state: program and arguments.
    pub command: Option<Vec<String>>,
    /// It has this long.
    pub timeout: Span,
    /// The file that a restore replaces; without a `command` also the one that is saved. Absolute.
    pub path: Option<PathBuf>,
    /// So many of the newest stay.
    pub keep: usize,
    /// More is not saved.
    pub max_size: Bytes,
    /// The application's own lock, held while the file is replaced.
    pub lock: Option<PathBuf>,
    /// The service that it belongs to.
    pub service: Option<String>,
}

/// One copy in the vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its number: a later one is higher.
    pub sequence: u64,
    /// When it was taken, by the wall clock, for people.
    pub at: Stamp,
    /// Under which it is in the vault.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

/// What a ledger of copies says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listed {
    /// The copies, oldest first.
    pub copies: Vec<Kept>,
    /// Lines that say nothing any more.
    pub torn: u64,
}

/// What came of saving one checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its name.
    pub name: String,
    /// Where the state came from, for a person.
    pub from: String,
    /// What came of it.
    pub fate: SaveFate,
}

/// What came of saving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveFate {
    /// It is saved.
    Saved(Kept),
    /// A dry run: it would be saved, with so many bytes; `None` where only its command knows.
    Would(Option<u64>),
    /// There is nothing that could be saved, and why. Nothing was changed.
    Refused(String),
    /// Somebody else is at it.
    Busy(String),
    /// The system said no. Nothing was saved.
    Failed(String),
}

/// One checkpoint with all its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Its name.
    pub name: String,
    /// What its ledger says.
    pub listed: Listed,
    /// Of each copy, in the order of the ledger, why it is not whole; empty when nobody looked.
    pub damage: Vec<Option<String>>,
}

impl Shelf {
    /// Is there one that could be restored?
    #[must_use]
    pub fn has_whole(&self) -> bool {
        self.damage.iter().any(Option::is_none)
    }

    /// Is anything of it damaged?
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.listed.torn > 0 || self.damage.iter().any(Option::is_some)
    }
}

/// What came of restoring one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Its name.
    pub name: String,
    /// The copy; `None` when there is none that is whole.
    pub kept: Option<Kept>,
    /// Newer ones that are not whole, newest first, each with why.
    pub passed_over: Vec<(u64, String)>,
    /// Lines of the ledger that say nothing any more: one of them may have been newer.
    pub torn: u64,
    /// Where to; `None`: to stdout.
    pub to: Option<PathBuf>,
    /// What came of it.
    pub fate: RestoreFate,
    /// Acts that an earlier run began and did not finish.
    pub unfinished: Vec<String>,
}

/// What came of restoring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreFate {
    /// It is there again, and what was seen of it.
    Done(String),
    /// It stands there already, byte for byte.
    Same,
    /// A dry run: it would be.
    Would,
    /// No copy is whole.
    Lost,
    /// A rule says no. Nothing was changed.
    Refused(String),
    /// The system said no.
    Failed(String),
}

impl Restored {
    /// Is it an older one than the newest that was saved?
    #[must_use]
    pub const fn is_fallback(&self) -> bool {
        !self.passed_over.is_empty() || self.torn > 0
    }
}
