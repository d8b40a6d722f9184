//! How is code brought forward? Fetches, decides, moves the branch, builds, restarts; then it is on probation, which the ticks
//! that follow judge (DESIGN §5: nothing is waited for inside of a run). The recovery lock is held all the while and renewed
//! for each bounded step: no tick acts on what is half done.

mod draft;
mod hands;
mod probation;
mod steps;

use super::look::Looker;
use super::pauses::Hands;
use super::unfinished::settle;
use super::{Options, empty, tell};
use crate::apply;
use crate::config::{Config, Mode};
use crate::error::Result;
use crate::host::clock;
use crate::host::git::Apart;
use crate::journal::{self, DataDir, Journal, RecoveryLock};
use crate::model::event::Moment;
use crate::model::not_updated::NotUpdated;
use crate::model::report::{Act, Delivery};
use crate::model::update::{Advance, Phase, Update, open};

use hands::Asker;
pub(super) use hands::unfinished;
pub(super) use probation::tend;
use steps::Work;

/// What `heal update apply` is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// Offer again what was rolled back.
    pub again: bool,
    /// Do not ask `defer_if`.
    pub now: bool,
    /// Stop before the act.
    pub dry_run: bool,
}

/// What `heal update check` found.
#[derive(Debug)]
pub struct Found {
    /// The commit that is checked out.
    pub head: Option<String>,
    /// How it stands to the remote's branch.
    pub apart: Option<Apart>,
    /// That commit was rolled back here, and is not offered again.
    pub rolled_back: bool,
    /// Why it cannot be asked or applied.
    pub refused: Option<NotUpdated>,
    /// How to call heal again.
    pub heal: String,
}

impl Found {
    /// There is something new, and it is offered.
    #[must_use]
    pub fn available(&self) -> bool {
        !self.rolled_back && self.apart.as_ref().is_some_and(|apart| apart.behind > 0)
    }
}

/// What came of an update, or of its way back.
#[derive(Debug, Default)]
pub struct Made {
    /// Nothing was changed.
    pub dry_run: bool,
    /// Why nothing was done.
    pub refused: Option<NotUpdated>,
    /// The move that was made last, or would be.
    pub advance: Option<Advance>,
    /// How far it got.
    pub phase: Option<Phase>,
    /// What was seen.
    pub detail: Option<String>,
    /// The services that were restarted last.
    pub restarted: Vec<(String, Act)>,
    /// What earlier runs had begun.
    pub unfinished: Vec<String>,
    /// Who was told, or could not be.
    pub alerts: Vec<Delivery>,
    /// What went wrong beside it.
    pub warnings: Vec<String>,
    /// How to call heal again.
    pub heal: String,
}

/// `heal update check`: asks the remote, and compares. It writes git's objects and the ref `refs/heal/update`, nothing else.
///
/// # Errors
/// The journal cannot be read.
pub fn check(config: &Config, options: &Options) -> Result<Found> {
    let past = journal::past(&DataDir::at(config.data_dir.clone()))?;
    let mut found = Found { head: None, apart: None, rolled_back: false, refused: None, heal: config.call() };
    options.progress("asking the remote");
    match draft::ask(config) {
        Ok((ground, apart)) => {
            found.rolled_back = draft::is_bad(&past.history, &apart.theirs);
            found.head = ground.head.clone();
            if apart.behind > 0 && !found.rolled_back {
                found.refused = draft::meets(config, &apart).err();
            }
            found.apart = Some(apart);
        }
        Err(refused) => found.refused = Some(refused),
    }
    Ok(found)
}

/// `heal update apply`.
///
/// # Errors
/// Another recovery is in progress, or the journal cannot be read or written.
pub fn update(config: &Config, options: &Options, wish: Wish) -> Result<Made> {
    let mut made = Made { dry_run: wish.dry_run, heal: config.call(), ..Made::default() };
    if let Some(refused) = never(config) {
        made.refused = Some(refused);
        return Ok(made);
    }
    // Before the lock: a remote that does not answer keeps nobody from healing.
    options.progress("asking the remote");
    if let Err(refused) = draft::ask(config) {
        made.refused = Some(refused);
        return Ok(made);
    }
    within(config, options, made, |work| {
        if !work.finish()? {
            return Ok(());
        }
        let draft = match draft::drafted(config, work.history(), wish) {
            Ok(draft) => draft,
            Err(refused) => {
                work.made.refused = Some(refused);
                return Ok(());
            }
        };
        let Some(advance) = draft else { return Ok(()) };
        match draft::ready(config, options, work, &advance, wish)? {
            Ok(services) if wish.dry_run => {
                let named: Vec<&str> = services.iter().map(|one| one.name()).collect();
                work.made.detail = Some(named.join(", ")).filter(|names| !names.is_empty());
                work.made.advance = Some(advance);
            }
            Ok(services) => work.forward(advance, &services)?,
            Err(refused) => work.made.refused = Some(refused),
        }
        Ok(())
    })
}

/// `heal update rollback`: the latest update goes back, and is not offered again.
///
/// # Errors
/// As [`update`].
pub fn rollback(config: &Config, options: &Options, dry_run: bool) -> Result<Made> {
    let mut made = Made { dry_run, heal: config.call(), ..Made::default() };
    if let Some(refused) = never(config) {
        made.refused = Some(refused);
        return Ok(made);
    }
    within(config, options, made, |work| {
        if !work.finish()? || work.made.phase.is_some() {
            // What was to be finished was the way back.
            return Ok(());
        }
        let last = work.history().updates.iter().rev().find(|one| matches!(one.phase, Phase::Probation | Phase::Done));
        match last.cloned() {
            Some(update) => work.back(&update, "a person asked for it", true, Asker::Person).map(drop),
            None => {
                work.made.refused = Some(NotUpdated::NoUpdate);
                Ok(())
            }
        }
    })
}

/// The updates that were made, oldest first, and what time it is.
///
/// # Errors
/// The journal cannot be read.
pub fn past(config: &Config) -> Result<(Vec<Update>, Moment)> {
    let past = journal::past(&DataDir::at(config.data_dir.clone()))?;
    Ok((past.history.updates, clock::now()))
}

fn never(config: &Config) -> Option<NotUpdated> {
    match (config.update.enabled, config.mode) {
        (false, _) => Some(NotUpdated::Off),
        (true, Mode::Observe) => Some(NotUpdated::Observing),
        (true, Mode::Live | Mode::Paper) => None,
    }
}

/// Behind the lock, with the journal open; afterwards people are told. A dry run has no lock and no journal that it could
/// write to, and never gets to a step.
fn within(
    config: &Config,
    options: &Options,
    mut made: Made,
    act: impl FnOnce(&mut Work<'_>) -> Result<()>,
) -> Result<Made> {
    let dir = DataDir::at(config.data_dir.clone());
    if made.dry_run {
        let past = journal::past(&dir)?;
        made.unfinished = past.history.open_intents.values().map(ToString::to_string).collect();
        let book = steps::Book::Read(&past.history);
        act(&mut Work::new(config, options, &dir, book, None, &mut made))?;
        return Ok(made);
    }
    apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let mut lock = RecoveryLock::take(&dir.lock(), "heal update")?;
    let mut journal = Journal::open(dir.clone())?;
    made.warnings.extend_from_slice(journal.warnings());
    made.unfinished = settle(config, &dir, &mut journal, Hands::now)?;
    let book = steps::Book::Written(&mut journal);
    let acted = act(&mut Work::new(config, options, &dir, book, Some(&mut lock), &mut made));
    journal.save();
    drop(lock);
    acted?;
    if made.phase.is_some() || !made.unfinished.is_empty() {
        let looker = Looker::new(config, options, journal.history(), &dir, clock::now())?;
        let mut report = empty(config, "update", &clock::now());
        report.subjects = looker.look(journal.history()).into_iter().map(|seen| seen.subject).collect();
        options.progress("telling");
        tell::tell(config, &mut journal, &mut report, &dir);
        made.alerts = report.alerts;
        journal.save();
    }
    Ok(made)
}

/// How much longer an update has to prove itself, in milliseconds; `None` unless it is on probation.
#[must_use]
pub fn left(config: &Config, update: &Update, now: &Moment) -> Option<i64> {
    let on = update.phase == Phase::Probation;
    on.then(|| (config.update.probation.millis() - now.since(&update.since)).max(0))
}

/// The one that has to prove itself, as a reason to wait.
fn waiting(config: &Config, updates: &[Update]) -> Option<NotUpdated> {
    let update = open(updates).filter(|one| one.phase == Phase::Probation)?;
    let left_ms = left(config, update, &clock::now()).unwrap_or(0);
    Some(NotUpdated::OnProbation { commit: update.commit.clone(), left_ms })
}
