//! How is code taken back? Looks, decides, drafts; then one act like any other, verified by looking at the service. What
//! follows from it stands in `follow`: pushing it, or taking it back in turn. The rung `revert` of a tick is the same.

mod draft;
mod follow;
mod suspect;

use std::time::Instant;

use super::look::Looker;
use super::pauses::Hands;
use super::plan::processes_of;
use super::unfinished::settle;
use super::{Options, act, crashes, empty, millis, tell};
use crate::apply::{self, Plan, Pushed};
use crate::config::{Config, Mode, Watched};
use crate::error::{Error, Kind, Result};
use crate::host::clock;
use crate::journal::{self, DataDir, Journal, RecoveryLock};
use crate::model::refused::Refused;
use crate::model::report::{Act, Delivery};
use crate::model::revert::Revert;
use crate::model::{Change, Class, History, Outcome};
use crate::remedy::revert::Taking;
use crate::remedy::{self, Case};

pub use draft::inverse;
pub(super) use draft::{brought_back, drafted, rungs, weighed};
use follow::push_pending;
pub(super) use follow::{follow, push_all};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The service that crashes; the only one, or the one with a pattern, unless said.
    pub service: Option<String>,
    /// One commit to take back, whatever crashes.
    pub commit: Option<String>,
    /// Of a merge: the parent whose side stays.
    pub mainline: Option<u32>,
    /// Needs no flag file.
    pub force: bool,
    /// Stops before the act.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Took {
    /// The service.
    pub service: String,
    /// Why nothing was taken back.
    pub refused: Option<Refused>,
    /// The commit; in a dry run the one that would be made.
    pub revert: Option<Revert>,
    /// It was made.
    pub reverted: bool,
    /// How the act went.
    pub act: Option<Act>,
    /// The commit that took the first one back, because the crash persisted; or why it could not be.
    pub undone: Option<Result<Revert, String>>,
    /// Where it was pushed, if that was asked for and the service is well.
    pub pushed: Option<Result<Pushed, String>>,
    /// What earlier runs had begun.
    pub unfinished: Vec<String>,
    /// Who was told, or could not be.
    pub alerts: Vec<Delivery>,
    /// What went wrong beside it.
    pub warnings: Vec<String>,
    /// Nothing was changed.
    pub dry_run: bool,
    /// How to call heal again.
    pub heal: String,
}

/// `heal revert`.
///
/// # Errors
/// There is no such service, another recovery is in progress, or the journal cannot be read or written.
pub fn revert(config: &Config, options: &Options, wish: &Wish) -> Result<Took> {
    let dir = DataDir::at(config.data_dir.clone());
    let watched = which(config, wish)?;
    let mut took =
        Took { service: watched.name().to_owned(), dry_run: wish.dry_run, heal: config.call(), ..Took::default() };
    if wish.dry_run {
        let past = journal::past(&dir)?;
        took.unfinished = past.history.open_intents.values().map(ToString::to_string).collect();
        let free = in_hand(config, &past.history, watched.name());
        match free.and_then(|()| draft::draft(config, &past.history, watched.name(), wish)) {
            Ok(revert) => took.revert = Some(revert),
            Err(refused) => took.refused = Some(refused),
        }
        return Ok(took);
    }
    if config.mode == Mode::Observe {
        took.refused = Some(Refused::Observing);
        return Ok(took);
    }
    apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let lock = RecoveryLock::take(&dir.lock(), "heal revert")?;
    let mut journal = Journal::open(dir.clone())?;
    took.warnings.extend_from_slice(journal.warnings());
    took.unfinished = settle(config, &dir, &mut journal, Hands::now)?;
    options.progress("looking at the repository");
    let free = in_hand(config, journal.history(), watched.name());
    match free.and_then(|()| draft::draft(config, journal.history(), watched.name(), wish)) {
        Ok(revert) => {
            // Between the decision and the act somebody may have been faster.
            match apply::still(&revert) {
                Ok(()) => make(config, options, watched, &mut journal, &mut took, revert)?,
                Err(refused) => took.refused = Some(refused),
            }
        }
        Err(refused) => took.refused = Some(refused),
    }
    journal.save();
    drop(lock);
    if took.act.is_some() || !took.unfinished.is_empty() {
        tell_of(config, options, &mut journal, &mut took)?;
    }
    Ok(took)
}

/// A person wants the code back that heal took back: `revert` is the commit that does it. The caller has the lock.
///
/// # Errors
/// There is no such service any more, or the journal cannot be read or written.
pub(super) fn bring_back(
    config: &Config,
    options: &Options,
    journal: &mut Journal,
    service: &str,
    revert: Revert,
) -> Result<Took> {
    let watched = which(config, &Wish { service: Some(service.to_owned()), ..Wish::default() })?;
    let mut took = Took { service: service.to_owned(), heal: config.call(), ..Took::default() };
    match in_hand(config, journal.history(), service).and_then(|()| apply::still(&revert)) {
        Ok(()) => make(config, options, watched, journal, &mut took, revert)?,
        Err(refused) => took.refused = Some(refused),
    }
    Ok(took)
}

/// A script takes code back as well (`heal crash pattern || heal revert`): not while a person deploys, or looks into it. What runs
/// inside of `heal lock` is what its pause was made for. And never for a service that is switched off.
pub(super) fn in_hand(config: &Config, history: &History, service: &str) -> std::result::Result<(), Refused> {
    if config.services.iter().any(|one| one.name() == service && !one.enabled) {
        return Err(Refused::Disabled(service.to_owned()));
    }
    match Hands::now(&DataDir::at(config.data_dir.clone())).off(history, Some(service)) {
        Some(why) => Err(Refused::HandsOff(why)),
        None => Ok(()),
    }
}

/// What follows outside of the lock: pushing what may be, and telling.
///
/// # Errors
/// The configuration needs something that is not there, or the journal cannot be read.
pub(super) fn tell_of(config: &Config, options: &Options, journal: &mut Journal, took: &mut Took) -> Result<()> {
    let dir = DataDir::at(config.data_dir.clone());
    let told = Options { only: vec![took.service.clone()], ..options.clone() };
    let looker = Looker::new(config, &told, journal.history(), &dir, clock::now())?;
    let mut report = empty(config, "revert", &clock::now());
    let seen = looker.look(journal.history()).into_iter().map(|seen| seen.subject);
    report.subjects = seen.filter(|subject| looker.is_asked(&subject.name)).collect();
    for subject in &mut report.subjects {
        subject.act = took.act.clone();
    }
    if took.act.as_ref().is_some_and(|act| act.outcome == Outcome::Healed) {
        options.progress("pushing");
        took.pushed = push_pending(config, journal, &took.service);
    }
    options.progress("telling");
    tell::tell(config, journal, &mut report, &dir);
    took.alerts = report.alerts;
    journal.save();
    Ok(())
}

/// Whose code is it?
fn which<'c>(config: &'c Config, wish: &Wish) -> Result<&'c Watched> {
    let usage = |message: String| Error::new(Kind::Usage, message).hint("name it with `--service NAME`");
    let mut enabled = config.services.iter().filter(|watched| watched.enabled);
    match &wish.service {
        Some(name) => config
            .services
            .iter()
            .find(|watched| watched.name() == name)
            .ok_or_else(|| usage(format!("there is no service `{name}` in {}", config.path.display()))),
        None => match (enabled.next(), enabled.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(usage("heal.toml declares no service that could crash".to_owned())),
            _ => suspect::first(config)
                .ok_or_else(|| usage("there are several services, and none has a crash pattern".to_owned())),
        },
    }
}

/// The act, its verification, and what follows.
fn make(
    config: &Config,
    options: &Options,
    watched: &Watched,
    journal: &mut Journal,
    took: &mut Took,
    revert: Revert,
) -> Result<()> {
    let dir = DataDir::at(config.data_dir.clone());
    let only = Options { only: vec![watched.name().to_owned()], ..options.clone() };
    let looker = Looker::new(config, &only, journal.history(), &dir, clock::now())?.ticking();
    let (who, told) = looker.met_again(watched, journal.history().service(watched.name()));
    let told = told.as_ref().and_then(|told| told.as_ref().ok());
    let processes = processes_of(&who);
    let taking = Taking { revert: &revert, after: &config.revert.after, after_timeout: config.revert.after_timeout };
    let case = Case { service: &watched.service, processes: &processes, locks: &[], told, taking: Some(taking) };
    let known = matches!(who, crate::probe::identify::Who::Running { .. } | crate::probe::identify::Who::Gone { .. });
    let whole = remedy::propose(remedy::revert::KIND.name, &case).ok().filter(|_| known);
    let restarts = whole.is_some();
    let changes = whole.unwrap_or_else(|| taking.code());
    let plan = Plan {
        service: &watched.service,
        root: &config.root,
        rung: remedy::revert::KIND.name,
        cause: Class::Dead,
        changes,
        why: revert.to_string(),
        unheld: &apply::Unasked,
        files: None,
        uncounted: false,
    };
    let mut notes = looker.notes.clone();
    let begun = clock::now().at;
    let done = if restarts {
        let (done, mut performed) = act::act(journal, &looker, options, watched, plan, &mut notes)?;
        let recorded = crashes::after_act(journal, &looker, watched, (begun, &mut performed));
        took.warnings.extend(recorded.err().map(|error| error.to_string()));
        done
    } else {
        alone(journal, &looker, plan)?
    };
    took.reverted = journal.history().reverts.iter().any(|one| one.commit == revert.commit);
    took.undone = follow(journal, &looker, watched, &done)?;
    took.revert = Some(revert);
    took.act = Some(done);
    Ok(())
}

/// The code without the service: nothing says how it is started, or who it is.
fn alone(journal: &mut Journal, looker: &Looker<'_>, plan: Plan<'_>) -> Result<Act> {
    let start = Instant::now();
    let (rung, changes) = (plan.rung.to_owned(), plan.changes.clone());
    let performed = apply::perform(journal, looker.processes.as_ref(), plan)?;
    let (outcome, detail) = match &performed.failure {
        Some(why) => (Outcome::Failed, why.clone()),
        None => {
            (Outcome::Probation, "the code is taken back; heal cannot restart the service, so restart it".to_owned())
        }
    };
    apply::conclude(journal, &performed, outcome, &detail)?;
    let took_ms = millis(start);
    Ok(Act { rung, changes, outcome, detail, took_ms, evidence: None, asked: false })
}

/// The commit of an act that takes code back.
fn revert_of(act: &Act) -> Option<&Revert> {
    act.changes.iter().find_map(|change| match change {
        Change::RevertRelease(revert) => Some(&**revert),
        _ => None,
    })
}
