//! Which act has no outcome yet? What a run that died in the middle of it leaves for the next one.

use serde::{Deserialize, Serialize};

use super::change::Change;
use super::event::{Entry, Moment};
use super::revert::Revert;
use super::update::Advance;

/// An intent that has no outcome yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIntent {
    /// The service.
    pub service: String,
    /// The rung.
    pub rung: String,
    /// When it was written.
    pub when: Moment,
    /// The run that wrote it.
    pub run: String,
    /// The code that it takes back, if it does.
    #[serde(default)]
    pub revert: Option<Box<Revert>>,
    /// The code that it brings forward or back again, if it does.
    #[serde(default)]
    pub advance: Option<Box<Advance>>,
}

impl std::fmt::Display for OpenIntent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = super::rfc3339(self.when.at);
        write!(f, "{}: `{}` of {at} was begun by run {} and not finished", self.service, self.rung, self.run)
    }
}

impl OpenIntent {
    /// What an intent says that was just written.
    pub(super) fn of(service: &str, rung: &str, changes: &[Change], entry: &Entry) -> Self {
        let revert = changes.iter().find_map(|change| match change {
            Change::RevertRelease(revert) => Some(revert.clone()),
            _ => None,
        });
        let advance = changes.iter().find_map(|change| match change {
            Change::UpdateRelease(advance) => Some(advance.clone()),
            _ => None,
        });
        let (when, run) = (entry.moment.clone(), entry.run.clone());
        Self { service: service.to_owned(), rung: rung.to_owned(), when, run, revert, advance }
    }
}
