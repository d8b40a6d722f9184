//! How is a crash pattern cured? The code goes back to a release that ran, what is built from it follows, then the service is
//! started anew. The code first: if that fails, nobody was stopped for it.

use super::{Case, Kind, cycle};
use crate::model::revert::Revert;
use crate::model::{Change, Span};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "revert",
    about: "take the code back that it crashes with, where that is armed; then start it again",
    propose,
};

/// The drafted commit, and what has to follow it.
#[derive(Clone, Copy, Debug)]
pub struct Taking<'a> {
    /// The commit.
    pub revert: &'a Revert,
    /// `[revert] after`.
    pub after: &'a [Vec<String>],
    /// Each of these has so long.
    pub after_timeout: Span,
}

impl Taking<'_> {
    /// The code, and what is built from it; nobody is stopped or started.
    #[must_use]
    pub fn code(&self) -> Vec<Change> {
        let timeout_ms = self.after_timeout.millis();
        let after = self.after.iter().map(|argv| Change::RunCommand { argv: argv.clone(), timeout_ms });
        [Change::RevertRelease(Box::new(self.revert.clone()))].into_iter().chain(after).collect()
    }
}

fn propose(case: &Case<'_>) -> Result<Vec<Change>, String> {
    let taking = case.taking.ok_or("there is no code that may be taken back")?;
    Ok(taking.code().into_iter().chain(cycle(case)?).collect())
}
