//! What came of a damaged state file? How it was put right, what that cost, or why it was left as it is.

use std::path::PathBuf;

use super::loss::Loss;

/// One state file that was found damaged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The name of its `[state.NAME]`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// How, for a person; empty when there is no way.
    pub how: String,
    /// What is lost by it; `None` when there is no way.
    pub loss: Option<Loss>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It stands as it should.
    Done,
    /// It stands as it should, and `notify` failed.
    Untold(String),
    /// Only planned.
    Would,
    /// A rule says no, or nothing that is allowed helps: it is byte for byte what it was.
    Refused(String),
    /// The system said no: it is byte for byte what it was, or what was there is kept beside it.
    Failed(String),
}

impl Outcome {
    /// One word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done => "repaired",
            Self::Untold(_) => "untold",
            Self::Would => "would",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }

    /// Why not, or what went wrong beside it.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Untold(why) | Self::Refused(why) | Self::Failed(why) => Some(why),
            Self::Done | Self::Would => None,
        }
    }
}
