//! What came of a damaged state file, or of a part of the layout? How it was put right, what that cost, or why it was left as it is.

use std::path::PathBuf;

use super::loss::Loss;

/// One state file that was found damaged, or one directory, link or file of the layout that was not as declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The name of its `[state.NAME]`; `layout` for a part of that.
    pub name: String,
    /// Where it stands.
    pub path: PathBuf,
    /// What is done to it.
    pub work: Work,
    /// How, for a person; empty when there is no way.
    pub how: String,
    /// What is lost by it; `None` when there is no way.
    pub loss: Option<Loss>,
    /// What came of it.
    pub outcome: Outcome,
    /// It was refused for what is declared and what was found: as long as neither changes, nothing else comes of it.
    pub lasting: bool,
}

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// A directory is made, or a link is laid.
    Place,
    /// A file is made.
    Create,
    /// What is there is put right.
    Change,
}

impl Mended {
    /// One that is left as it is, and why.
    #[must_use]
    pub const fn left(name: String, path: PathBuf, why: String, lasting: bool) -> Self {
        let outcome = Outcome::Refused(why);
        Self { name, path, work: Work::Change, how: String::new(), loss: None, outcome, lasting }
    }

    /// Is it as it should be now?
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.outcome, Outcome::Done | Outcome::Untold(_))
    }
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
