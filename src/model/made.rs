//! What was made of code and files? The longer lines of the journal: enough to take each of them back.

use serde::{Deserialize, Serialize};

use super::change::FileState;

/// Code was taken back: the branch moved, and the files with it. To take it back in turn, `base` is where it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reverted {
    /// The service that crashed.
    pub service: String,
    /// The intent it belongs to.
    pub intent: String,
    /// The work tree.
    pub repo: String,
    /// The branch.
    pub reference: String,
    /// Where it stood.
    pub base: String,
    /// The new commit, where it stands.
    pub commit: String,
    /// What was taken back: a release, a commit, or a commit of heal's own.
    pub takes_back: String,
    /// The release whose files are there again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restores: Option<String>,
    /// One line for a person.
    pub summary: String,
}

/// Other content was put in the place of a file, or where none was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// The intent it belongs to.
    pub intent: String,
    /// The service.
    pub service: String,
    /// Where it stands.
    pub path: String,
    /// What stood there; its bytes are in the vault. `None`: nothing did.
    pub before: Option<FileState>,
    /// What stands there now.
    pub after: FileState,
    /// How it was put right.
    pub how: String,
    /// What is lost by it.
    pub loss: String,
}

/// The branch moved to a commit that was fetched, or back, and the files with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updated {
    /// The service in whose name it was done.
    pub service: String,
    /// The branch.
    pub reference: String,
    /// Where it stood.
    pub base: String,
    /// Where it stands.
    pub commit: String,
    /// It went back.
    pub back: bool,
    /// One line for a person.
    pub summary: String,
}
