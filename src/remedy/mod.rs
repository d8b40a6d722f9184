//! What do we prescribe? One file per rung: given a case it returns the changes that would cure it, and touches nothing.

pub mod restart;
pub mod stop_stale;

use crate::model::{Change, Identity, Service};

/// Every rung that is built, mildest first.
pub const KINDS: [Kind; 2] = [restart::KIND, stop_stale::KIND];

/// Rungs that the design names and that are not built yet: accepted in a ladder with a warning, passed over.
pub const PLANNED: [&str; 2] = ["clear-locks", "revert"];

/// A kind of remedy.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The name of the rung.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// The changes that it prescribes.
    ///
    /// # Errors
    /// Says why it cannot be applied to this case.
    pub propose: fn(&Case<'_>) -> Result<Vec<Change>, String>,
}

/// What a remedy may know.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The service.
    pub service: &'a Service,
    /// Its process and command line while it runs; else what its last life left behind.
    pub processes: &'a [(Identity, String)],
}

/// The names of the rungs that are built.
#[must_use]
pub fn built() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// The kind of that name.
#[must_use]
pub fn find(name: &str) -> Option<Kind> {
    KINDS.into_iter().find(|kind| kind.name == name)
}

/// Stop what runs, if anything does, then start.
fn cycle(case: &Case<'_>) -> Result<Vec<Change>, String> {
    let launch = case.service.launch.as_ref().ok_or("it has no `start`")?;
    let stop = case.processes.iter().map(|(identity, command)| Change::StopProcess {
        identity: identity.clone(),
        command: command.clone(),
        grace_ms: launch.stop_grace.millis(),
    });
    let start = Change::StartService { argv: launch.argv.clone(), cwd: launch.cwd.clone(), log: launch.log.clone() };
    Ok(stop.chain([start]).collect())
}
