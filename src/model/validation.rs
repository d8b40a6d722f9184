//! What does a look at the state of a project come to? The answer of `heal validate-state`, rendered by `output`, mapped to an exit
//! code by `exit`.

use std::path::PathBuf;

use super::Stamp;
use super::mended::Mended;
use super::state::{Judged, Trouble, Verdict};

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validation {
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
    /// What of the layout is not as it should be, with its path; `None` when only files were asked for by name.
    pub layout: Option<Vec<(PathBuf, Trouble)>>,
    /// The files, in the order of the configuration.
    pub files: Vec<Judged>,
    /// What came of the files that were found damaged; empty when nobody asked for a repair.
    pub mended: Vec<Mended>,
    /// What heal could not do, or found wrong with its own files.
    pub warnings: Vec<String>,
}

/// A state file in the report of a tick or a look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// What it was found to be.
    pub judged: Judged,
    /// That is another verdict than at the look before.
    pub news: bool,
}

impl Validation {
    /// The worst of all verdicts.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let layout = self.layout.iter().flatten().map(|(_, trouble)| Verdict::of(std::slice::from_ref(trouble)));
        self.files.iter().map(|file| file.verdict).chain(layout).max().unwrap_or(Verdict::Valid)
    }
}
