//! What follows from code that was taken back? The service is well: the commit may be pushed. It is not: the code is not what
//! ails it, so the commit is taken back in turn, once, and a person is told.

use super::draft::inverse;
use super::revert_of;
use crate::apply::{self, Plan, Push, Pushed};
use crate::config::{Config, Mode, Watched};
use crate::error::Result;
use crate::host::clock;
use crate::journal::{DataDir, Journal};
use crate::model::refused::OBSERVES;
use crate::model::report::{Act, Level};
use crate::model::revert::Revert;
use crate::model::taken_back::TakenBack;
use crate::model::{Class, Event, History, Outcome, Report};
use crate::pipeline::look::Looker;
use crate::pipeline::pauses::Hands;
use crate::pipeline::plan::processes_of;
use crate::policy::revert::{is_in_vain, is_undo};
use crate::remedy::revert::Taking;
use crate::remedy::{self, Case};

/// After a push that failed, so long until the next attempt: a remote that is gone must not slow every tick.
const PUSH_AGAIN_MS: i64 = 30 * 60 * 1000;

/// Takes the commit back if it did not help. Answers with the commit that did that, or why there is none.
pub(in crate::pipeline) fn follow(
    journal: &mut Journal,
    looker: &Looker<'_>,
    watched: &Watched,
    act: &Act,
) -> Result<Option<Result<Revert, String>>> {
    let Some(revert) = revert_of(act) else { return Ok(None) };
    if !is_in_vain(&journal.history().reverts, &revert.commit, act.outcome) {
        return Ok(None);
    }
    let why = format!("The service is not well with it either: {}", act.detail);
    let undo = match inverse(looker.config, &revert.commit, &why) {
        Ok(undo) => undo,
        Err(refused) => return Ok(Some(Err(refused.to_string()))),
    };
    let rules = &looker.config.revert;
    let taking = Taking { revert: &undo, after: &rules.after, after_timeout: rules.after_timeout };
    let (who, told) = looker.met_again(watched, journal.history().service(watched.name()));
    let told = told.as_ref().and_then(|told| told.as_ref().ok());
    let processes = processes_of(&who);
    let case = Case { service: &watched.service, processes: &processes, locks: &[], told, taking: Some(taking) };
    let changes = remedy::propose(remedy::revert::KIND.name, &case).unwrap_or_else(|_| taking.code());
    let plan = Plan {
        service: &watched.service,
        root: &looker.config.root,
        rung: remedy::revert::KIND.name,
        cause: Class::Dead,
        changes,
        why,
        unheld: &apply::Unasked,
        files: None,
        uncounted: false,
    };
    let performed = apply::perform(journal, looker.processes.as_ref(), plan)?;
    // What crashed before runs again: that is no cure, whatever it looks like for a moment.
    let detail = performed.failure.clone().unwrap_or_else(|| undo.to_string());
    let outcome = if performed.reverted { Outcome::Unchanged } else { Outcome::Failed };
    apply::conclude(journal, &performed, outcome, &detail)?;
    Ok(Some(if performed.reverted { Ok(undo) } else { Err(detail) }))
}

/// The last commit of heal's own for this service, if it is to be pushed now.
fn pending(config: &Config, history: &History, service: &str) -> Option<TakenBack> {
    if !config.revert.push || !config.revert.enabled {
        return None;
    }
    let last = history.reverts.iter().rev().find(|one| one.service == service)?;
    if last.pushed.is_some() || last.undone_by.is_some() || is_undo(&history.reverts, last) {
        return None;
    }
    let failed = last.push_failed.as_ref().is_some_and(|when| clock::now().since(when) < PUSH_AGAIN_MS);
    (!failed).then(|| last.clone())
}

/// What a tick pushes: for each service that is well. Not while it is in somebody's hands: what he finds wrong with the commit is
/// not on the remote then, and the first tick afterwards pushes it.
pub(in crate::pipeline) fn push_all(config: &Config, dir: &DataDir, journal: &mut Journal, report: &mut Report) {
    for subject in report.subjects.iter().filter(|subject| subject.standing.level == Level::Healthy) {
        let name = &subject.name;
        if pending(config, journal.history(), name).is_none() {
            continue;
        }
        let off = match config.mode {
            Mode::Observe => Some(OBSERVES.to_owned()),
            Mode::Live | Mode::Paper => Hands::of_tick(dir).off(journal.history(), Some(name)),
        };
        let off = off.or_else(|| push_pending(config, journal, name)?.err());
        let line = |why| format!("{name}: the commit that took its code back is not pushed: {why}");
        report.warnings.extend(off.map(line));
    }
}

/// Pushes the last commit of heal's own for this service, if that is asked for and not done. `None`: there is nothing to push.
pub(super) fn push_pending(
    config: &Config,
    journal: &mut Journal,
    service: &str,
) -> Option<std::result::Result<Pushed, String>> {
    let last = pending(config, journal.history(), service)?;
    let remote = config.git.remote.clone();
    let pushed = apply::push(&Push {
        repo: &config.root,
        remote: &remote,
        reference: &last.reference,
        commit: &last.commit,
        base: &last.base,
        takes_back: &last.takes_back,
    });
    let adopted = match &pushed {
        Ok(Pushed::Twin(twin)) => Some(twin.clone()),
        _ => None,
    };
    let service = service.to_owned();
    let event = match &pushed {
        Ok(_) => Event::Pushed { service, commit: last.commit, remote, adopted },
        Err(why) => Event::PushFailed { service, commit: last.commit, remote, why: why.clone() },
    };
    match journal.record(event) {
        Ok(()) => Some(pushed),
        Err(error) => Some(Err(error.to_string())),
    }
}
