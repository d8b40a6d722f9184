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
    /// What it would do to files and is not known to have done: a later run can find out how far it came.
    #[serde(default)]
    pub repairs: Vec<(usize, Change)>,
    /// It stands beside the ladder: no act, see [`super::Event::Repairing`].
    #[serde(default)]
    pub beside: bool,
    /// It counts against nothing: see [`super::Event::Intent`].
    #[serde(default)]
    pub uncounted: bool,
}

impl std::fmt::Display for OpenIntent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let at = super::rfc3339(self.when.at);
        // What is done to files of the project belongs to no service.
        let whose = if self.service.is_empty() { String::new() } else { format!("{}: ", self.service) };
        write!(f, "{whose}`{}` of {at} was begun by run {} and not finished", self.rung, self.run)
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
        let repairs = changes.iter().cloned().enumerate().filter(|(_, change)| change.is_repair()).collect();
        let (service, rung) = (service.to_owned(), rung.to_owned());
        Self { service, rung, when, run, revert, advance, repairs, beside: false, uncounted: false }
    }
}
