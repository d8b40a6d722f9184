//! How do we act? The only code that changes the world, and it writes down what it is about to do before it does it.
//! The primitives are private to this module: there is no way to act without an intent in the journal.

mod deliver;
mod files;
mod launch;
mod stop;

use std::process::Child;

pub use deliver::deliver;
pub use files::create_new;

use crate::error::Result;
use crate::host::process::Processes;
use crate::journal::Journal;
use crate::model::{Change, Event, Identity, Outcome, Service};

/// What is to be done about one service, and why.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The service.
    pub service: &'a Service,
    /// The rung.
    pub rung: &'a str,
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// The rule and the finding behind them.
    pub why: String,
}

/// What came of it, before anybody looked at the service again.
#[derive(Debug)]
pub struct Performed {
    intent: String,
    service: String,
    rung: String,
    /// The process that was started, and its handle: its exit code is only known to us, and only while we run.
    pub started: Option<(Identity, Child)>,
    /// Why the changes were not all made.
    pub failure: Option<String>,
}

/// Writes the intent, then makes the changes in order; the first that fails ends it.
///
/// # Errors
/// The intent could not be written: then nothing was done.
pub fn perform(journal: &mut Journal, processes: &dyn Processes, plan: Plan<'_>) -> Result<Performed> {
    let intent = journal.next_intent();
    let service = plan.service.name.clone();
    journal.record(Event::Intent {
        id: intent.clone(),
        service: service.clone(),
        rung: plan.rung.to_owned(),
        changes: plan.changes.clone(),
        why: plan.why,
    })?;
    failpoint("after-intent");
    // Other services are never part of this one's family, whoever became their parent when heal ended.
    let others = |(name, other): (&String, &crate::model::ServiceHistory)| {
        other.known.as_ref().filter(|_| *name != service).map(|known| known.pid)
    };
    let spared: Vec<i32> = journal.history().services.iter().filter_map(others).collect();
    let mut performed = Performed { intent, service, rung: plan.rung.to_owned(), started: None, failure: None };
    for change in &plan.changes {
        let made = match change {
            Change::StopProcess { identity, grace_ms, .. } => stop::stop(processes, identity, *grace_ms, &spared),
            Change::StartService { .. } => match plan.service.launch.as_ref() {
                Some(launch) => launch::start(journal, processes, launch, &performed.intent, plan.service)
                    .map(|started| performed.started = Some(started)),
                None => Err("it has no `start`".to_owned()),
            },
        };
        failpoint("after-change");
        if let Err(why) = made {
            performed.failure = Some(why);
            break;
        }
    }
    Ok(performed)
}

/// Writes down how it ended, as seen by the caller's own look at the service.
///
/// # Errors
/// It could not be written; a later run finds the intent unfinished.
pub fn conclude(journal: &mut Journal, performed: &Performed, outcome: Outcome, detail: &str) -> Result<()> {
    journal.record(Event::Done {
        intent: performed.intent.clone(),
        service: performed.service.clone(),
        rung: performed.rung.clone(),
        outcome,
        detail: detail.to_owned(),
    })
}

/// Closes the intents of runs that died in the middle of an act; answers with a line for each.
///
/// # Errors
/// An outcome could not be written.
pub fn resume(journal: &mut Journal) -> Result<Vec<String>> {
    let open = journal.history().open_intents.clone();
    let mut lines = Vec::with_capacity(open.len());
    for (intent, what) in open {
        lines.push(what.to_string());
        journal.record(Event::Done {
            intent,
            service: what.service,
            rung: what.rung,
            outcome: Outcome::Interrupted,
            detail: "the run ended before the outcome was known".to_owned(),
        })?;
    }
    Ok(lines)
}

/// Where tests end heal, as a power cut would: `HEAL_TEST_DIE=after-intent`. A release build does not read it.
fn failpoint(name: &str) {
    if cfg!(debug_assertions) && crate::host::env::var("HEAL_TEST_DIE").is_some_and(|point| point == name) {
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    }
}
