//! What do we prescribe? One file per rung: given a case it returns the changes that would cure it, and touches nothing.

pub mod clear_locks;
pub mod command;
pub mod http;
pub mod restart;
pub mod revert;
pub mod state;
pub mod stop_stale;

use schemars::Schema;
use schemars::generate::SchemaGenerator;
use toml::de::ValueDeserializer;

use crate::host::supervisor::Told;
use crate::model::change::Verb;
use crate::model::{Change, Class, Identity, Service, Span, Supervisor, UnitName};

/// Every rung that is built, mildest first.
pub const KINDS: [Kind; 4] = [restart::KIND, stop_stale::KIND, clear_locks::KIND, revert::KIND];

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
    /// What would clear its locks once none of these runs any more: see [`clear_locks::cure`].
    pub locks: &'a [Change],
    /// What its supervisor says, where it has one that answered.
    pub told: Option<&'a Told>,
    /// The code that would be taken back, where that was drafted and may be.
    pub taking: Option<revert::Taking<'a>>,
}

/// The names of the rungs that are built.
#[must_use]
pub fn built() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

/// Is this the name of a rung that heal brings along?
#[must_use]
pub fn is_named(name: &str) -> bool {
    find(name).is_some()
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

/// Stop what runs, if anything does, then start. Whoever has a supervisor is restarted by it and by nobody else.
fn cycle(case: &Case<'_>) -> Result<Vec<Change>, String> {
    around(case, &[])
}

/// The same, with something to do in between: what is to be stopped as well comes first.
fn around(case: &Case<'_>, between: &[Change]) -> Result<Vec<Change>, String> {
    let (stops, rest): (Vec<_>, Vec<_>) =
        between.iter().cloned().partition(|change| matches!(change, Change::StopProcess { .. }));
    if let Some(unit) = &case.service.unit {
        let told = case.told.ok_or("its supervisor does not answer")?;
        // It ends what runs only when it starts it again: a lock that the service itself holds is cleared by that.
        return Ok(stops.into_iter().chain(rest).chain(through(unit, case, told)).collect());
    }
    let launch = case.service.launch.as_ref().ok_or("it has no `start`")?;
    let stop = case.processes.iter().map(|(identity, command)| Change::StopProcess {
        identity: identity.clone(),
        command: command.clone(),
        grace_ms: launch.stop_grace.millis(),
    });
    let start = Change::StartService { argv: launch.argv.clone(), cwd: launch.cwd.clone(), log: launch.log.clone() };
    Ok(stop.chain(stops).chain(rest).chain([start]).collect())
}

fn through(unit: &UnitName, case: &Case<'_>, told: &Told) -> Vec<Change> {
    let ask = |verb| {
        let (life, invocation) = (None, None);
        Change::AskSupervisor { unit: unit.clone(), verb, life, invocation, grace_ms: 0 }
    };
    // A supervisor that gave up refuses every further start until it is told to forget.
    let forget = (told.failed && unit.by != Supervisor::Launchd).then(|| ask(Verb::ResetFailed));
    let load = told.unloaded.as_ref().map(|plist| ask(Verb::Bootstrap { plist: plist.clone() }));
    let restart = Change::AskSupervisor {
        unit: unit.clone(),
        verb: Verb::Restart,
        life: case.processes.first().cloned(),
        invocation: told.life.clone(),
        grace_ms: case.service.stop_grace.millis(),
    };
    forget.into_iter().chain(load).chain([restart]).collect()
}
