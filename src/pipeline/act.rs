//! Did it help? Takes one rung for one service and looks again until the service has proved itself or its time is over.
//! The outcome is what was seen: a new identity and good probes, never an exit code.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::look::{Again, Looker};
use super::seen::{Seen, all_good, only_untold, speaks_against};
use super::{Options, millis};
use crate::apply::{self, Performed, Plan};
use crate::config::Watched;
use crate::error::Result;
use crate::host::exec::status_text;
use crate::host::files;
use crate::host::process::is_alive;
use crate::host::supervisor::Told;
use crate::journal::{Journal, Notes};
use crate::model::report::Act;
use crate::model::{Change, Class, Event, Identity, Outcome, Rules, redact};
use crate::probe::identify::Who;

/// Two good looks this far apart: a process that dies at once looks well for a moment.
pub(super) const SETTLE: Duration = Duration::from_secs(1);

/// A look older than this is made again before anybody is stopped because of it.
const EVIDENCE: Duration = Duration::from_secs(1);

/// The pauses between looks: soon at first, then with patience.
const FIRST_NAP: Duration = Duration::from_millis(20);
const LAST_NAP: Duration = Duration::from_millis(250);

/// What one look during verification shows.
pub(super) enum Glance {
    /// A new life, all probes good; after a rung of one's own, whoever it is.
    Good(Option<Identity>),
    /// A new life that is not well yet: why, its age, and whether it is only too early to say.
    Young(String, i64, bool),
    /// The life that should have ended still runs, or one that was there before the act: not what this act did.
    Old(String),
    /// Nobody, or it cannot be said.
    Nobody(String),
}

/// What was there before the act, and what it was taken for.
pub(super) struct Before<'a> {
    /// It is a rung of the owner's own.
    pub(super) own: bool,
    pub(super) cause: Class,
    /// The lives that are to end.
    pub(super) old: &'a [Identity],
    /// The supervisor's name for the last one.
    pub(super) invocation: Option<String>,
}

/// Performs the rung and verifies it. `notes` of the look that called for it become those of the last look at the cure.
pub(super) fn act(
    journal: &mut Journal,
    looker: &Looker<'_>,
    options: &Options,
    watched: &Watched,
    plan: Plan<'_>,
    notes: &mut Notes,
) -> Result<(Act, Performed)> {
    let start = Instant::now();
    let (rung, cause, changes) = (plan.rung.to_owned(), plan.cause, plan.changes.clone());
    let old: Vec<Identity> = changes.iter().filter_map(Change::stops).cloned().collect();
    let invocation = changes.iter().find_map(|change| match change {
        Change::AskSupervisor { invocation, .. } => invocation.clone(),
        _ => None,
    });
    let own = watched.service.remedies.contains_key(&rung);
    let name = &watched.service.name;
    options.progress(&format!("{name}: {rung}"));
    let mut performed = apply::perform(journal, looker.processes.as_ref(), plan)?;
    let (outcome, detail) = match performed.failure.clone() {
        Some(why) => (Outcome::Failed, why),
        None => {
            options.progress(&format!("{name}: {rung} done, waiting for a sign of life"));
            verify(journal, looker, watched, &mut performed, Before { own, cause, old: &old, invocation }, notes)
        }
    };
    let detail = match (outcome, last_words(&changes)) {
        // Why a start failed is known to what was started.
        (Outcome::Failed, Some(words)) if performed.started.is_some() => format!("{detail}; its last words: {words}"),
        _ => detail,
    };
    let detail = match performed.left.as_slice() {
        [] => detail,
        left => format!("{detail}; {}", left.join("; ")),
    };
    apply::conclude(journal, &performed, outcome, &detail)?;
    if let Some(code) = exit_code(&mut performed).filter(|code| watched.service.rules.hold_on_exit.contains(code)) {
        let reason = format!("it ended with exit code {code}, which a restart does not cure (hold_on_exit)");
        journal.record(Event::Held { service: name.clone(), reason, code: true })?;
    }
    let took_ms = millis(start);
    Ok((Act { rung, changes, outcome, detail, took_ms, evidence: None, asked: false }, performed))
}

fn verify(
    journal: &Journal,
    looker: &Looker<'_>,
    watched: &Watched,
    performed: &mut Performed,
    before: Before<'_>,
    notes: &mut Notes,
) -> (Outcome, String) {
    let (own, cause) = (before.own, before.cause);
    let start = Instant::now();
    let rules = &watched.service.rules;
    let deadline = start + rules.verify_within.get();
    let mut good: Option<(Option<Identity>, Instant)> = None;
    let mut nap = FIRST_NAP;
    loop {
        let past = journal.history().service(&watched.service.name);
        let Again { who, told, findings } = looker.look_again(watched, past, notes);
        let started = performed.started.as_ref().map(|(identity, _)| identity);
        let told = told.as_ref().and_then(|told| told.as_ref().ok());
        let glance = glance(&who, &before, (started, told), all_good(&findings, own, cause), || {
            let bad: Vec<String> = findings
                .iter()
                .filter(|finding| speaks_against(finding, cause))
                .map(|finding| format!("{}: {}", finding.probe(), finding.summary))
                .collect();
            (bad.join("; "), only_untold(&findings, cause))
        });
        match (&glance, &good) {
            (Glance::Good(identity), Some((before, since))) if identity == before => {
                if since.elapsed() >= SETTLE {
                    return (
                        Outcome::Healed,
                        format!("{}every probe good for {} ms", named(identity.as_ref()), since.elapsed().as_millis()),
                    );
                }
            }
            (Glance::Good(identity), _) => good = Some((identity.clone(), Instant::now())),
            _ => good = None,
        }
        // A start command that ended badly has said its last word, unless somebody else took over.
        let failed = exit_status(performed).filter(|status| !status.success());
        let nobody = |glance: &Glance| match glance {
            Glance::Nobody(_) => true,
            // It may have ended while the probes still asked.
            Glance::Young(..) => !matches!(looker.who_again(watched, past), Who::Running { .. }),
            _ => false,
        };
        if let Some(status) = failed
            && nobody(&glance)
        {
            return (Outcome::Failed, format!("the new process ended: {}", status_text(status)));
        }
        // A supervisor that gave up on a later life than the one before has said its last word as well.
        if let Some(told) = told.filter(|told| told.failed && told.life != before.invocation && told.moving.is_none()) {
            return (Outcome::Failed, format!("it was started and is {}", told.state));
        }
        if Instant::now() >= deadline {
            return conclude(glance, rules, exit_status(performed));
        }
        std::thread::sleep(nap.min(deadline.saturating_duration_since(Instant::now())));
        nap = (nap * 2).min(LAST_NAP);
    }
}

pub(super) fn glance(
    who: &Who,
    before: &Before<'_>,
    (started, told): (Option<&Identity>, Option<&Told>),
    good: bool,
    complaints: impl Fn() -> (String, bool),
) -> Glance {
    // What descends from the process that was started, or shares its session, began with it or later. What began before
    // is somebody else's, however well it is.
    let since = |one: &Identity| started.is_none_or(|new| one.boot == new.boot && one.start >= new.start);
    let own = before.own;
    // The supervisor has a name of its own for each life: a second proof.
    let same = told.and_then(|told| told.life.as_ref()).filter(|life| !own && before.invocation.as_ref() == Some(life));
    match who {
        Who::Running { process, .. } if before.old.contains(&process.identity) => {
            Glance::Old(format!("pid {} still runs", process.identity.pid))
        }
        Who::Running { process, .. } if same.is_some() => Glance::Old(format!(
            "pid {} runs, but its supervisor says that this is still the life before ({})",
            process.identity.pid,
            same.map_or("", String::as_str)
        )),
        Who::Running { process, .. } if !since(&process.identity) => Glance::Old(format!(
            "pid {} fits, but it was there before heal started the service: it is not what heal started",
            process.identity.pid
        )),
        Who::Running { process, .. } if good => Glance::Good(Some(process.identity.clone())),
        Who::Running { process, .. } => {
            let (why, early) = complaints();
            Glance::Young(why, process.age_ms, early)
        }
        Who::Gone { why, .. } | Who::Unknown { why } => Glance::Nobody(why.clone()),
        // A rung of one's own needs no process to be told from others: the probes say whether it helped.
        Who::Unwatched if own && good => Glance::Good(None),
        Who::Unwatched if own => Glance::Young(complaints().0, i64::MAX, false),
        Who::Unwatched => Glance::Nobody("nothing says how to recognise it".to_owned()),
    }
}

/// The last look, when time is over.
pub(super) fn conclude(glance: Glance, rules: &Rules, exit: Option<ExitStatus>) -> (Outcome, String) {
    let within = rules.verify_within;
    match glance {
        Glance::Good(identity) => {
            (Outcome::Probation, format!("{}good, but not for long enough yet", named(identity.as_ref())))
        }
        Glance::Young(why, _, true) => {
            (Outcome::Probation, format!("running, and not all of it can be judged yet: {why}"))
        }
        Glance::Young(why, age, false) if age < rules.startup_grace.millis() => {
            (Outcome::Probation, format!("running, not well yet, inside startup_grace {}: {why}", rules.startup_grace))
        }
        Glance::Young(why, ..) => (Outcome::Unchanged, format!("running, but not well after {within}: {why}")),
        Glance::Old(why) => (Outcome::Unchanged, why),
        Glance::Nobody(why) => {
            let exit =
                exit.map_or_else(String::new, |status| format!("; the start command ended: {}", status_text(status)));
            (Outcome::Failed, format!("no new process after {within}: {why}{exit}"))
        }
    }
}

/// The last line of the log of what was started, secrets masked.
fn last_words(changes: &[Change]) -> Option<String> {
    let log = changes.iter().find_map(|change| match change {
        Change::StartService { log, .. } => Some(log),
        _ => None,
    })?;
    let lines = files::tail(log, 5, 64 * 1024).ok()?;
    let last = redact::lines(&lines).into_iter().rev().find(|line| !line.trim().is_empty())?;
    Some(last.trim().chars().take(200).collect())
}

fn named(identity: Option<&Identity>) -> String {
    identity.map_or_else(String::new, |identity| format!("{identity}, "))
}

/// Its exit status, if the process that we started has ended. Only its parent can know.
pub(super) fn exit_status(performed: &mut Performed) -> Option<ExitStatus> {
    let (_, child) = performed.started.as_mut()?;
    child.try_wait().ok().flatten()
}

fn exit_code(performed: &mut Performed) -> Option<i32> {
    exit_status(performed)?.code()
}

/// Is what we are about to stop still what we looked at? Between the look and the act a person may have been faster, and
/// the act of an earlier service may have been all that this one needed. Nobody is stopped on old evidence.
pub(super) fn still_as_seen(looker: &Looker<'_>, seen: &Seen<'_>, watched: &Watched, journal: &Journal) -> bool {
    // A supervisor is asked again in any case: its operator may have stopped or masked the service meanwhile.
    let young = seen.when.elapsed() < EVIDENCE && watched.service.unit.is_none();
    match &*seen.who {
        Who::Running { process, .. } if young => is_alive(looker.processes.as_ref(), &process.identity) == Some(true),
        Who::Running { .. } | Who::Gone { .. } => {
            let past = journal.history().service(&watched.service.name);
            if young {
                return matches!(looker.who_again(watched, past), Who::Gone { .. });
            }
            let (again, standing) = looker.judge_again(watched, past);
            let same = match (&*seen.who, &again.who) {
                (Who::Running { process: before, .. }, Who::Running { process, .. }) => {
                    before.identity == process.identity
                }
                (Who::Gone { .. }, Who::Gone { .. }) => true,
                _ => false,
            };
            same && (standing.level, standing.class) == (seen.subject.standing.level, seen.subject.standing.class)
        }
        // Nobody is signalled; what is asked is whether it still ails.
        Who::Unwatched => {
            let past = journal.history().service(&watched.service.name);
            young || {
                let (_, standing) = looker.judge_again(watched, past);
                (standing.level, standing.class) == (seen.subject.standing.level, seen.subject.standing.class)
            }
        }
        Who::Unknown { .. } => false,
    }
}
