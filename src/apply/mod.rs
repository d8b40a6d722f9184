//! How do we act? The only code that changes the world, and it writes down what it is about to do before it does it.
//! The primitives are private to this module: there is no way to act without an intent in the journal.

pub mod attend;
mod beneath;
mod deliver;
mod family;
mod files;
mod launch;
mod own;
pub mod pass;
mod pidfd;
mod push;
mod remote;
mod revert;
mod stop;

use std::path::Path;
use std::process::Child;
use std::time::Duration;

pub use beneath::refuse_links;
pub use deliver::deliver;
pub use files::create_new;
pub use push::{Push, Pushed, push};
pub use remote::{UPDATE, fetch};
pub use revert::still;

use crate::error::{Error, Kind, Result};
use crate::host::process::{Processes, is_alive};
use crate::journal::Journal;
use crate::model::revert::Revert;
use crate::model::update::Advance;
use crate::model::{Change, Class, Event, Identity, Outcome, Service, redact};

/// What is to be done about one service, and why.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The service.
    pub service: &'a Service,
    /// The project's directory: below it nothing is written through a link.
    pub root: &'a Path,
    /// The rung.
    pub rung: &'a str,
    /// The class of trouble that it is taken for.
    pub cause: Class,
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
    /// Code was taken back.
    pub reverted: bool,
    /// Why the changes were not all made.
    pub failure: Option<String>,
}

/// Writes the intent, then makes the changes in order; the first that fails ends it.
///
/// # Errors
/// The intent could not be written: then nothing was done. Or that code was taken back: the next run goes on from there.
pub fn perform(journal: &mut Journal, processes: &dyn Processes, plan: Plan<'_>) -> Result<Performed> {
    let intent = journal.next_intent();
    let service = plan.service.name.clone();
    journal.record(Event::Intent {
        id: intent.clone(),
        service: service.clone(),
        rung: plan.rung.to_owned(),
        cause: Some(plan.cause),
        changes: plan.changes.iter().map(masked).collect(),
        why: plan.why.clone(),
    })?;
    failpoint("after-intent");
    let mut performed = Performed {
        intent,
        service: service.clone(),
        rung: plan.rung.to_owned(),
        started: None,
        reverted: false,
        failure: None,
    };
    // What is stopped is stopped together: an act takes one grace, however many were left behind.
    for changes in plan.changes.chunk_by(|one, next| is_stop(one) && is_stop(next)) {
        let made = match changes {
            [Change::StartService { .. }, ..] => match plan.service.launch.as_ref() {
                Some(launch) => launch::start(journal, processes, launch, &performed.intent, &plan)
                    .map(|started| performed.started = Some(started)),
                None => Err("it has no `start`".to_owned()),
            },
            [own @ (Change::RunCommand { .. } | Change::SendRequest { .. }), ..] => own::take(&plan, own),
            [Change::RevertRelease(taken), ..] => {
                match moved(&revert::Step::from(&**taken))? {
                    Ok(()) => {
                        reverted(journal, &performed.intent, &service, taken)?;
                        performed.reverted = true;
                        Ok(())
                    }
                    Err(why) => Err(why),
                }
            }
            [Change::UpdateRelease(advance), ..] => match moved(&revert::Step::from(&**advance))? {
                Ok(()) => updated(journal, &performed.intent, &service, advance).map(Ok)?,
                Err(why) => Err(why),
            },
            stops => stop_all(journal, processes, &plan.service.name, stops),
        };
        failpoint("after-change");
        if let Err(why) = made {
            performed.failure = Some(why);
            break;
        }
    }
    Ok(performed)
}

/// Moves the code; why it is as before. With an error of the other kind the intent stays open: the next run finds the branch
/// where it is, finishes it, and writes it down.
fn moved(step: &revert::Step<'_>) -> Result<std::result::Result<(), String>> {
    match revert::take(step) {
        Ok(()) => Ok(Ok(())),
        Err(revert::Failed::AsBefore(why)) => Ok(Err(why)),
        Err(revert::Failed::HalfDone(why)) => {
            let hint = "the next `heal heal`, `heal revert` or `heal update` goes on";
            Err(Error::new(Kind::Io, format!("moving the code is half done: {why}")).hint(hint))
        }
    }
}

fn stop_all(
    journal: &Journal,
    processes: &dyn Processes,
    service: &str,
    changes: &[Change],
) -> std::result::Result<(), String> {
    let (mut lives, mut grace) = (Vec::new(), 0);
    for change in changes {
        if let Change::StopProcess { identity, grace_ms, .. } = change {
            lives.push(identity);
            grace = grace.max(*grace_ms);
        }
    }
    let services = &journal.history().services;
    // Other services are never part of this one's family, whoever became their parent when heal ended. Only lives that
    // still run: the number of one that is over may by now be a child of what is stopped here.
    let others = services.iter().filter(|(name, _)| *name != service).filter_map(|(_, other)| other.known.as_ref());
    let others = others.filter(|known| is_alive(processes, known) == Some(true)).map(|known| known.pid).collect();
    let last = services.get(service).and_then(|past| past.known.as_ref());
    let grace = Duration::from_millis(u64::try_from(grace).unwrap_or(0));
    stop::stop(processes, stop::Stop { lives, last, grace, others })
}

const fn is_stop(change: &Change) -> bool {
    matches!(change, Change::StopProcess { .. })
}

/// As it is written down: the journal is read by more people than may know what stands in a command line.
fn masked(change: &Change) -> Change {
    match change {
        Change::StartService { argv, cwd, log } => {
            Change::StartService { argv: redact::args(argv), cwd: cwd.clone(), log: log.clone() }
        }
        Change::RunCommand { argv, timeout_ms } => {
            Change::RunCommand { argv: redact::args(argv), timeout_ms: *timeout_ms }
        }
        Change::SendRequest { method, url, status, timeout_ms, .. } => Change::SendRequest {
            method: method.clone(),
            url: redact::line(url),
            body: String::new(),
            status: *status,
            timeout_ms: *timeout_ms,
        },
        Change::StopProcess { .. } | Change::RevertRelease(_) | Change::UpdateRelease(_) => change.clone(),
    }
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

/// Writes down that the branch moved.
fn reverted(journal: &mut Journal, intent: &str, service: &str, taken: &Revert) -> Result<()> {
    journal.record(Event::Reverted {
        service: service.to_owned(),
        intent: intent.to_owned(),
        repo: taken.repo.display().to_string(),
        reference: taken.reference.clone(),
        base: taken.base.clone(),
        commit: taken.commit.clone(),
        takes_back: taken.takes_back.clone(),
        restores: taken.restores.clone(),
        summary: taken.to_string(),
    })
}

/// Writes down that the branch moved to what was fetched, or back.
fn updated(journal: &mut Journal, intent: &str, service: &str, advance: &Advance) -> Result<()> {
    journal.record(Event::Updated {
        service: service.to_owned(),
        intent: intent.to_owned(),
        reference: advance.reference.clone(),
        base: advance.base.clone(),
        commit: advance.commit.clone(),
        back: advance.back,
        summary: advance.to_string(),
    })
}

/// Closes the intents of runs that died in the middle of an act, and finishes what was half done to the code; answers with a
/// line for each.
///
/// # Errors
/// An outcome could not be written.
pub fn resume(journal: &mut Journal) -> Result<Vec<String>> {
    let open = journal.history().open_intents.clone();
    let mut lines = Vec::with_capacity(open.len());
    for (intent, what) in open {
        let mut detail = "the run ended before the outcome was known".to_owned();
        let line = what.to_string();
        let taken = what.revert.as_deref().map(revert::Step::from);
        if let Some(step) = taken.or_else(|| what.advance.as_deref().map(revert::Step::from)) {
            match revert::resume(&step, &what.when) {
                Ok(revert::Resumed::Never) => detail.push_str("; no code had been moved"),
                Ok(revert::Resumed::Finished) => {
                    let history = journal.history();
                    if let Some(taken) = &what.revert
                        && !history.reverts.iter().any(|one| one.commit == taken.commit)
                    {
                        reverted(journal, &intent, &what.service, taken)?;
                    } else if let Some(advance) = what.advance.as_ref().filter(|one| !one.is_in(&history.updates)) {
                        updated(journal, &intent, &what.service, advance)?;
                    }
                    detail.push_str("; moving the code was finished now");
                }
                // It stays open: the next run tries again.
                Err(revert::Stuck::Later(why)) => {
                    lines.push(format!("{line}: {why}"));
                    continue;
                }
                Err(revert::Stuck::Person(why)) => {
                    journal.record(Event::Held { service: what.service.clone(), reason: why.clone() })?;
                    detail = why;
                }
            }
        }
        lines.push(if what.revert.is_some() || what.advance.is_some() { format!("{line}: {detail}") } else { line });
        journal.record(Event::Done {
            intent,
            service: what.service,
            rung: what.rung,
            outcome: Outcome::Interrupted,
            detail,
        })?;
    }
    Ok(lines)
}

/// Where a test holds heal up, by a FIFO that it writes to when the world is as it should be:
/// `HEAL_TEST_WAIT=revert-decided:/path`. A release build does not read it.
fn waitpoint(name: &str) {
    if cfg!(debug_assertions)
        && let Some(wait) = crate::host::env::var("HEAL_TEST_WAIT")
        && let Some((point, fifo)) = wait.split_once(':')
        && point == name
    {
        let _ = std::fs::read(fifo);
    }
}

/// Where tests end heal, as a power cut would: `HEAL_TEST_DIE=after-intent`. A release build does not read it.
fn failpoint(name: &str) {
    if cfg!(debug_assertions) && crate::host::env::var("HEAL_TEST_DIE").is_some_and(|point| point == name) {
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    }
}
