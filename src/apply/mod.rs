//! How do we act? The only code that changes the world, and it writes down what it is about to do before it does it.
//! The primitives are private to this module: there is no way to act without an intent in the journal.

mod aside;
pub mod attend;
mod back;
mod beneath;
mod damaged;
mod deliver;
mod family;
mod files;
mod launch;
mod lay;
mod own;
pub mod pass;
mod pidfd;
mod push;
pub mod recover;
mod remote;
mod repair;
mod replace;
mod revert;
mod schedule;
mod stop;
mod supervise;
mod trouble;
mod turn;

use crate::model::made::{Reverted, Updated};
use std::path::Path;
use std::process::Child;
use std::time::Duration;

pub use beneath::refuse_links;
pub use deliver::deliver;
#[cfg(any(test, fuzzing))]
pub(crate) use deliver::fuzz as fuzz_reply;
pub use files::create_new;
pub use push::{Push, Pushed, push};
pub use remote::{UPDATE, fetch};
pub use repair::{Repair, Repaired, Unasked, Unheld, repair, stop_orphans};
pub use replace::{can_lock, state_of};
pub use revert::still;
pub use schedule::reschedule;
pub use trouble::Trouble;
pub use turn::{become_it, program_of};

use crate::error::{Error, Kind, Result};
use crate::host::process::{Processes, is_alive};
use crate::journal::Journal;
use crate::model::open_intent::OpenIntent;
use crate::model::revert::Revert;
use crate::model::update::Advance;
use crate::model::{Change, Class, Event, Identity, Outcome, Service, redact};

/// What is to be done about one service, and why.
#[derive(Debug)]
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
    /// Who is asked whether a file that is to be changed is in use.
    pub unheld: &'a dyn Unheld,
    /// The repair lock, where files are to be changed. It is let go before the service is started: what starts it may begin
    /// with a `heal heal --startup` of its own, which waits for it (DESIGN §5).
    pub files: Option<crate::journal::RecoveryLock>,
    /// A person asked for it: it counts against no budget.
    pub uncounted: bool,
}

/// What came of it, before anybody looked at the service again.
#[derive(Debug)]
pub struct Performed {
    intent: String,
    service: String,
    rung: String,
    /// A file is neither where it was nor known to be where it should be: a later run finishes that.
    stuck: bool,
    /// Files that were left alone when it came to it, and why: no reason to leave a service down that was stopped.
    pub left: Vec<String>,
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
pub fn perform(journal: &mut Journal, processes: &dyn Processes, mut plan: Plan<'_>) -> Result<Performed> {
    let mut files = plan.files.take();
    let intent = journal.next_intent();
    let service = plan.service.name.clone();
    journal.record(Event::Intent {
        id: intent.clone(),
        service: service.clone(),
        rung: plan.rung.to_owned(),
        cause: Some(plan.cause),
        changes: plan.changes.iter().map(masked).collect(),
        why: plan.why.clone(),
        uncounted: plan.uncounted,
    })?;
    failpoint("after-intent");
    let mut performed = Performed {
        intent,
        service: service.clone(),
        rung: plan.rung.to_owned(),
        stuck: false,
        left: Vec::new(),
        started: None,
        reverted: false,
        failure: None,
    };
    let mut number = 0;
    // What is stopped is stopped together: an act takes one grace, however many were left behind.
    for changes in plan.changes.chunk_by(|one, next| is_stop(one) && is_stop(next)) {
        let made = match changes {
            [Change::StartService { .. }, ..] => match (drop(files.take()), plan.service.launch.as_ref()) {
                ((), Some(launch)) => launch::start(journal, processes, launch, &performed.intent, &plan)
                    .map(|started| performed.started = Some(started)),
                ((), None) => Err("it has no `start`".to_owned()),
            },
            [Change::AskSupervisor { unit, verb, life, grace_ms, .. }, ..] => {
                let life = life.as_ref().map(|(life, _)| life);
                supervise::ask(processes, unit, verb, supervise::Ending { life, grace_ms: *grace_ms })
            }
            [own @ (Change::RunCommand { .. } | Change::SendRequest { .. }), ..] => own::take(&plan, own),
            [file, ..] if file.is_repair() => {
                let (intent, service) = (performed.intent.as_str(), plan.service.name.as_str());
                let site = repair::Site { root: plan.root, intent, service, unheld: plan.unheld };
                match site.change(journal, number, file)? {
                    Ok(_) => Ok(()),
                    Err(Trouble::Refused(why)) => {
                        performed.left.push(why);
                        Ok(())
                    }
                    Err(trouble) => {
                        performed.stuck = matches!(trouble, Trouble::Stuck(_));
                        Err(trouble.to_string())
                    }
                }
            }
            [Change::RevertRelease(taken), ..] => match moved(&revert::Step::from(&**taken))? {
                Ok(()) => {
                    reverted(journal, &performed.intent, &service, taken)?;
                    performed.reverted = true;
                    Ok(())
                }
                Err(why) => Err(why),
            },
            [Change::UpdateRelease(advance), ..] => match moved(&revert::Step::from(&**advance))? {
                Ok(()) => updated(journal, &service, advance).map(Ok)?,
                Err(why) => Err(why),
            },
            stops => stop_all(journal, processes, &plan.service.name, stops),
        };
        number += changes.len();
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
        // Command lines of processes are masked where they are read.
        Change::StopProcess { .. }
        | Change::AskSupervisor { .. }
        | Change::MoveAside { .. }
        | Change::PutBack { .. }
        | Change::ReplaceFile { .. }
        | Change::MakeDirectory { .. }
        | Change::MakeLink { .. }
        | Change::SetAccess { .. }
        | Change::RecoverDatabase { .. }
        | Change::RevertRelease(_)
        | Change::UpdateRelease(_) => change.clone(),
    }
}

/// Writes down how it ended, as seen by the caller's own look at the service.
///
/// # Errors
/// It could not be written; a later run finds the intent unfinished.
pub fn conclude(journal: &mut Journal, performed: &Performed, outcome: Outcome, detail: &str) -> Result<()> {
    if performed.stuck {
        return Ok(());
    }
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
    journal.record(Event::Reverted(Reverted {
        service: service.to_owned(),
        intent: intent.to_owned(),
        repo: taken.repo.display().to_string(),
        reference: taken.reference.clone(),
        base: taken.base.clone(),
        commit: taken.commit.clone(),
        takes_back: taken.takes_back.clone(),
        restores: taken.restores.clone(),
        summary: taken.to_string(),
    }))
}

/// Writes down that the branch moved to what was fetched, or back.
fn updated(journal: &mut Journal, service: &str, advance: &Advance) -> Result<()> {
    journal.record(Event::Updated(Updated {
        service: service.to_owned(),
        reference: advance.reference.clone(),
        base: advance.base.clone(),
        commit: advance.commit.clone(),
        back: advance.back,
        summary: advance.to_string(),
    }))
}

/// Closes the intents of runs that died in the middle of an act, and finishes what was half done to the code; answers with a
/// line for each. What they did to files is found out, and finished, by whoever holds the repair lock: `root` is then the
/// project's directory. Else such intents stay open, because the one who has the lock may be at work on them; and so does what `leave` gives
/// a reason to leave.
///
/// # Errors
/// An outcome could not be written.
pub fn resume(
    journal: &mut Journal,
    root: Option<&Path>,
    leave: &dyn Fn(&OpenIntent) -> Option<String>,
) -> Result<Vec<String>> {
    let open = journal.history().open_intents.clone();
    let mut lines = Vec::with_capacity(open.len());
    for (intent, what) in open {
        if !what.repairs.is_empty() && root.is_none() {
            continue;
        }
        let line = what.to_string();
        if let Some(why) = leave(&what) {
            lines.push(format!("{line}; {why}"));
            continue;
        }
        let (mut found, mut doubt) = (Vec::new(), None);
        for (number, change) in &what.repairs {
            let Some(root) = root else { continue };
            let site = repair::Site { root, intent: &intent, service: &what.service, unheld: &Unasked };
            match site.finish(journal, *number, change)? {
                repair::Found::Done(seen) => found.push(seen),
                repair::Found::Undone => {}
                repair::Found::Doubtful(why) => doubt = Some(why),
            }
        }
        if let Some(why) = doubt {
            lines.push(format!("{line}: {why}"));
            continue;
        }
        let mut seen = if found.is_empty() { String::new() } else { format!("; found done: {}", found.join("; ")) };
        let mut detail = format!("the run ended before the outcome was known{seen}");
        let taken = what.revert.as_deref().map(revert::Step::from);
        if let Some(step) = taken.or_else(|| what.advance.as_deref().map(revert::Step::from)) {
            match revert::resume(&step, &what.when) {
                Ok(revert::Resumed::Never) => seen.push_str("; no code had been moved"),
                Ok(revert::Resumed::Finished) => {
                    let history = journal.history();
                    if let Some(taken) = &what.revert
                        && !history.reverts.iter().any(|one| one.commit == taken.commit)
                    {
                        reverted(journal, &intent, &what.service, taken)?;
                    } else if let Some(advance) = what.advance.as_ref().filter(|one| !one.is_in(&history.updates)) {
                        updated(journal, &what.service, advance)?;
                    }
                    seen.push_str("; moving the code was finished now");
                }
                // It stays open: the next run tries again.
                Err(revert::Stuck::Later(why)) => {
                    lines.push(format!("{line}: {why}"));
                    continue;
                }
                Err(revert::Stuck::Person(why)) => {
                    journal.record(Event::Held { service: what.service.clone(), reason: why.clone(), code: false })?;
                    seen = format!(": {why}");
                }
            }
            detail = format!("the run ended before the outcome was known{seen}");
        }
        lines.push(format!("{line}{seen}"));
        let (service, rung) = (what.service, what.rung);
        journal.record(if what.beside {
            // Of processes that were to be stopped nobody knows: whoever is left is found by the next look.
            let done = !what.repairs.is_empty() && found.len() == what.repairs.len();
            Event::Repaired { intent, service, rung, done, detail }
        } else {
            Event::Done { intent, service, rung, outcome: Outcome::Interrupted, detail }
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

/// Where tests end heal, as a power cut would: `HEAL_TEST_DIE=after-intent`; or as a bug would: `HEAL_TEST_PANIC=after-intent`. A
/// release build reads neither.
fn failpoint(name: &str) {
    let is_asked = |variable: &str| crate::host::env::var(variable).is_some_and(|point| point == name);
    if cfg!(debug_assertions) && is_asked("HEAL_TEST_DIE") {
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    }
    assert!(!(cfg!(debug_assertions) && is_asked("HEAL_TEST_PANIC")), "a test wants a bug at {name}");
}
