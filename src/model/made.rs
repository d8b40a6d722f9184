//! What was made of code and files? The longer lines of the journal: enough to take each of them back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::change::{Access, FileState};
use super::event::Moment;
use super::finding::{Class, Severity};
use super::history::ServiceHistory;
use super::incident::Incident;
use super::loss::Loss;
use super::state::section;

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

#[cfg(test)]
impl Reverted {
    /// One for tests: `commit` takes that back, on top of it.
    pub(super) fn made_up(service: &str, intent: &str, commit: &str, takes_back: &str) -> Self {
        Self {
            service: service.to_owned(),
            intent: intent.to_owned(),
            repo: "/r".to_owned(),
            reference: "refs/heads/main".to_owned(),
            base: takes_back.to_owned(),
            commit: commit.to_owned(),
            takes_back: takes_back.to_owned(),
            restores: None,
            summary: String::new(),
        }
    }
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
    /// The `[state.NAME]` that it is, whose repair somebody is told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// More is not said of repairs that nobody was told of yet, in bytes.
const ENOUGH: usize = 600;

impl Replaced {
    /// That somebody has to be told of it; nobody of a taking back. What nobody heard of yet is not forgotten over this one.
    pub(super) fn told_as(&self, when: &Moment, services: &mut BTreeMap<String, ServiceHistory>) {
        let Some(name) = self.state.as_deref() else { return };
        let history = services.entry(section(name)).or_default();
        let mut summary = format!("{} was put right: {}; {}", self.path, self.how, self.loss);
        let lossless = self.loss == Loss::None.to_string();
        let mut severity = if lossless { Severity::Info } else { Severity::Warning };
        let unheard = |before: &&Incident| before.queued.is_empty() && before.told.is_empty();
        if let Some(before) = history.repaired.as_deref().filter(unheard) {
            severity = severity.max(before.severity.unwrap_or(severity));
            if before.summary.len() < ENOUGH {
                summary = format!("{}; then {summary}", before.summary);
            }
        }
        let incident = Incident::new(&format!("{}/repaired", self.intent), when, Class::Resource, &summary);
        history.repaired = Some(Box::new(Incident { severity: Some(severity), ..incident }));
    }
}

/// The permissions and the owner of a directory or a file were changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reaccessed {
    /// The intent it belongs to.
    pub intent: String,
    /// The service.
    pub service: String,
    /// Where it stands.
    pub path: String,
    /// The device that it is on.
    pub device: u64,
    /// Its inode there.
    pub inode: u64,
    /// What they were.
    pub before: Access,
    /// What they are.
    pub after: Access,
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
