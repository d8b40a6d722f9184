//! What if a person wants a service started again? The same remedy, act and verification as the tick's, behind the same lock
//! and journal; but no step of a ladder and no part of a budget, and it ends no hold, no pause and no incident.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::look::Looker;
use super::pauses::Hands;
use super::plan::{has_time, processes_of};
use super::seen::{Seen, subjects};
use super::unfinished::settle;
use super::{Options, act, emergency, empty, evidence, millis, pauses};
use crate::apply::{self, Plan};
use crate::config::{Config, Mode, Watched};
use crate::error::{Error, Kind, Result};
use crate::host::{clock, env};
use crate::journal::{self, DataDir, Journal, RecoveryLock};
use crate::model::refused::{OBSERVES, OBSERVES_HINT};
use crate::model::report::{Act, Decision, Refusal};
use crate::model::{Class, Outcome, Report, ServiceHistory};
use crate::probe::identify::Who;
use crate::remedy;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Restart {
    /// The service.
    pub service: String,
    /// Also what is held, paused, masked, or switched off.
    pub force: bool,
    /// How long to wait for another run.
    pub wait: Duration,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// Starts a service again because a person says so. The report has one subject; one that was not acted upon says why in
/// its decision.
///
/// # Errors
/// There is no such service, another recovery is in progress, or the journal cannot be read or written: then nothing was done.
pub fn restart(config: &Config, options: &Options, asked: &Restart) -> Result<Report> {
    let begun = Instant::now();
    config.require_services(std::slice::from_ref(&asked.service))?;
    let dir = DataDir::at(config.data_dir.clone());
    let mut report = empty(config, "restart", &clock::now());
    report.dry_run = asked.dry_run;
    let options = Options { only: vec![asked.service.clone()], ..options.clone() };
    if asked.dry_run {
        let past = journal::past(&dir)?;
        report.warnings.extend(past.warnings());
        let history = emergency::recollect(config, past.history)?;
        let looker = Looker::new(config, &options, &history, &dir, clock::now())?;
        let (mut seen, watched) = see(&looker, &history, &asked.service)?;
        decide(&looker, &mut seen, watched, history.service(&asked.service), asked);
        report.subjects.push(seen.subject);
        report.duration_ms = millis(begun);
        return Ok(report);
    }
    apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let lock = RecoveryLock::take_within(&dir.lock(), "heal restart", asked.wait)?;
    // The lock ends with its lease, so the time counts from here.
    let start = Instant::now();
    let mut journal = Journal::open(dir.clone())?;
    report.warnings.extend_from_slice(journal.warnings());
    emergency::import(emergency::substitute_for(config).as_ref(), &mut journal)?;
    report.unfinished = settle(config, &dir, &mut journal, Hands::now)?;
    let looker = Looker::new(config, &options, journal.history(), &dir, clock::now())?.ticking();
    report.warnings.extend(pauses::warnings(&looker.pauses, config));
    let (mut seen, watched) = see(&looker, journal.history(), &asked.service)?;
    decide(&looker, &mut seen, watched, journal.history().service(&asked.service), asked);
    if let Some(Decision::Act { rung, cause, why, .. }) = seen.subject.decision.clone() {
        if has_time(watched, &seen.subject.plan, start) {
            perform(&looker, &options, &mut journal, &mut seen, watched, (&rung, cause, why))?;
        } else {
            let why = "stop_grace, verify_within and the time-outs of its probes come to more than a run may take";
            seen.subject.decision = Some(Decision::Helpless { why: why.to_owned() });
        }
    }
    journal.save();
    drop(lock);
    let restarted = seen.subject.act.as_ref().is_some_and(|act| act.outcome == Outcome::Healed);
    seen.subject.news = !restarted;
    report.subjects.push(seen.subject);
    report.duration_ms = millis(begun);
    Ok(report)
}

/// The one service that was asked for, as it is now.
fn see<'a>(looker: &Looker<'a>, history: &crate::model::History, name: &str) -> Result<(Seen<'a>, &'a Watched)> {
    let seen = looker.look(history).into_iter().find(|seen| seen.subject.name == name);
    let found = seen.and_then(|seen| seen.watched.map(|watched| (seen, watched)));
    found.ok_or_else(|| Error::new(Kind::Bug, format!("`{name}` is declared and was not looked at")))
}

/// What is to be done, or why it is not.
fn decide(looker: &Looker<'_>, seen: &mut Seen<'_>, watched: &Watched, past: &ServiceHistory, asked: &Restart) {
    let subject = &mut seen.subject;
    let cause = match &*seen.who {
        Who::Running { .. } => Class::Hung,
        _ => Class::Dead,
    };
    subject.decision = Some(match refusal(looker, &seen.who, watched, past, asked.force) {
        Some(decision) => decision,
        None => {
            let told = seen.told.as_ref().and_then(|told| told.as_ref().ok());
            let processes = processes_of(&seen.who);
            let case =
                remedy::Case { service: &watched.service, processes: &processes, locks: &[], told, taking: None };
            match remedy::propose(remedy::restart::KIND.name, &case) {
                Ok(changes) => {
                    subject.plan = changes;
                    let (rung, why) =
                        (remedy::restart::KIND.name.to_owned(), format!("asked for by {}", env::person()));
                    Decision::Act { rung, cause, why, next: None }
                }
                Err(why) => Decision::Helpless { why },
            }
        }
    });
}

fn refusal(looker: &Looker<'_>, who: &Who, watched: &Watched, past: &ServiceHistory, force: bool) -> Option<Decision> {
    let name = watched.name();
    if looker.config.mode == Mode::Observe {
        let why = format!("{OBSERVES}; {OBSERVES_HINT}");
        return Some(Decision::Helpless { why });
    }
    match who {
        Who::Unknown { why } => {
            return Some(Decision::Wait { why: format!("unknown which process it is: {why}") });
        }
        Who::Unwatched if watched.enabled => {
            return Some(Decision::Helpless { why: "nothing says how to recognise its process".to_owned() });
        }
        _ => {}
    }
    let refuse =
        |by, why: String| Some(Decision::Refuse { by, why: format!("{why}; --force restarts it all the same") });
    if !watched.enabled {
        // Nobody looked for its process, so not even --force may start another one beside it.
        return Some(Decision::Helpless { why: "enabled = false in heal.toml".to_owned() });
    }
    if force {
        return None;
    }
    if let Some((_, reason)) = &past.held {
        return refuse(Refusal::Held, format!("held: {reason}"));
    }
    // Whoever runs inside of the command that the pause is for is the one that it was made for.
    let paused = looker.pauses.of_others(name, looker.processes.lineage());
    if let Some(paused) = paused {
        return refuse(Refusal::Paused, format!("`{name}` is paused {}", paused.words()));
    }
    None
}

fn perform(
    looker: &Looker<'_>,
    options: &Options,
    journal: &mut Journal,
    seen: &mut Seen<'_>,
    watched: &Watched,
    (rung, cause, why): (&str, Class, String),
) -> Result<()> {
    let root = &looker.config.root;
    let evidence = evidence::capture(&looker.processes, watched, root, &seen.subject.plan);
    if !act::still_as_seen(looker, seen, watched, journal) {
        let why = "it changed while this run was looking; type it again".to_owned();
        seen.subject.decision = Some(Decision::Wait { why });
        return Ok(());
    }
    let (service, changes) = (&watched.service, seen.subject.plan.clone());
    let plan = Plan { service, root, rung, cause, changes, why, unheld: &apply::Unasked, files: None, uncounted: true };
    let mut notes = looker.notes.clone();
    let (act, _) = act::act(journal, looker, options, watched, plan, &mut notes)?;
    seen.subject.act = Some(Act { evidence: Some(evidence), asked: true, ..act });
    let looked_at: BTreeSet<String> = subjects(looker.config);
    notes.retain(|subject| looked_at.contains(subject));
    // Notes are disposable: without them the next tick begins anew.
    let _ = notes.save(&looker.dir);
    Ok(())
}
