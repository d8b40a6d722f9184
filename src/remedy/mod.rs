//! What do we prescribe? One file per rung: given a case it returns the changes that would cure it, and touches nothing.

pub mod command;
pub mod http;
pub mod restart;
pub mod revert;
pub mod stop_stale;

use schemars::Schema;
use schemars::generate::SchemaGenerator;
use toml::de::ValueDeserializer;

use crate::model::{Change, Class, Identity, Service, Span};

/// Every rung that is built, mildest first.
pub const KINDS: [Kind; 3] = [restart::KIND, stop_stale::KIND, revert::KIND];

/// Rungs that the design names and that are not built yet: accepted in a ladder with a warning, passed over.
pub const PLANNED: [&str; 1] = ["clear-locks"];

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

/// Every kind of rung that a service may declare for itself, in `[service.NAME.remedies]`.
pub const CUSTOM: [Custom; 2] = [command::KIND, http::KIND];

/// A kind of rung of one's own.
#[derive(Clone, Copy)]
pub struct Custom {
    /// The word after `kind =`.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// A line of `heal.toml`; executed by the tests.
    pub example: &'static str,
    /// Reads its own keys. The time limit is filled in by the caller.
    pub parse: fn(ValueDeserializer<'_>) -> Result<Change, toml::de::Error>,
    /// Describes its own keys to an editor: what `JsonSchema` derives from the struct that `parse` reads.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// The classes of trouble that it is tried for unless the table says otherwise.
    pub on: &'static [Class],
    /// How long it may take unless the table says otherwise.
    pub timeout: Span,
}

impl std::fmt::Debug for Custom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What a remedy may know.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The service.
    pub service: &'a Service,
    /// Its process and command line while it runs; else what its last life left behind.
    pub processes: &'a [(Identity, String)],
    /// The code that would be taken back, where that was drafted and may be.
    pub taking: Option<revert::Taking<'a>>,
}

/// The names of the rungs that are built.
#[must_use]
pub fn built() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// Is this the name of a rung that heal brings along, be it one that is not built yet?
#[must_use]
pub fn is_named(name: &str) -> bool {
    PLANNED.contains(&name) || find(name).is_some()
}

/// The kind of that name.
#[must_use]
pub fn find(name: &str) -> Option<Kind> {
    KINDS.into_iter().find(|kind| kind.name == name)
}

/// What this rung of this service would change.
///
/// # Errors
/// There is no such rung, or it cannot be applied to this case; says why.
pub fn propose(rung: &str, case: &Case<'_>) -> Result<Vec<Change>, String> {
    match (find(rung), case.service.remedies.get(rung)) {
        (Some(kind), _) => (kind.propose)(case),
        (None, Some(own)) => Ok(vec![own.change.clone()]),
        (None, None) => Err(format!("there is no rung `{rung}`")),
    }
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
