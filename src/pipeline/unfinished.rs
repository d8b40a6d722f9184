//! What of that which a killed run left in the middle may be finished now, and by whom? Files that heal itself left half of one
//! state and half of another are finished as soon as that is in nobody's way; what waits stays open in the journal, and is said.
//!
//! A pause or a hold of a service is no reason to leave them: finishing touches no process, whoever reads the files meanwhile finds
//! one release and not two halves, and what somebody changed since is never written over (`apply::resume`). Two things are:
//! `mode = "observe"`, and a `heal lock`, whose command moves the code itself at this moment.

use super::pauses::Hands;
use super::update;
use crate::apply;
use crate::config::{Config, Mode};
use crate::error::{Error, Kind, Result};
use crate::journal::{DataDir, Journal, RecoveryLock};
use crate::model::open_intent::OpenIntent;
use crate::model::refused::{OBSERVES, OBSERVES_HINT};
use crate::model::{self, History};

/// Why things stay as they are for now.
pub(super) struct Leave {
    observes: bool,
    deploy: Option<String>,
}

impl Leave {
    /// As it is at this moment.
    pub(super) fn of(config: &Config, hands: &Hands) -> Self {
        Self { observes: config.mode == Mode::Observe, deploy: hands.deploy() }
    }

    /// Why this one is not finished now.
    pub(super) fn why(&self, open: &OpenIntent) -> Option<String> {
        let code = open.revert.is_some() || open.advance.is_some();
        if self.observes && (code || !open.repairs.is_empty()) {
            return Some(OBSERVES.to_owned());
        }
        self.deploy.as_ref().filter(|_| code).map(|why| format!("it waits: {why}"))
    }
}

/// Nothing was done, because heal was told to observe; a person learns how to mean it all the same.
///
/// # Errors
/// That.
pub(super) fn unless_observing(config: &Config) -> Result<()> {
    match config.mode {
        Mode::Observe => Err(Error::new(Kind::Refused, OBSERVES).hint(OBSERVES_HINT)),
        Mode::Live | Mode::Paper => Ok(()),
    }
}

/// Closes what runs that died had begun. Whoever has the lock for files is at work on them, and finishes for itself. `hands` are
/// those of this kind of run; nearly always there is nothing to ask them.
///
/// # Errors
/// An outcome cannot be written.
pub(super) fn settle(
    config: &Config,
    dir: &DataDir,
    journal: &mut Journal,
    hands: fn(&DataDir) -> Hands,
) -> Result<Vec<String>> {
    if journal.history().open_intents.is_empty() {
        return Ok(Vec::new());
    }
    let files = RecoveryLock::take(&dir.repair_lock(), "finishing what a run left").ok();
    let leave = Leave::of(config, &hands(dir));
    apply::resume(journal, files.as_ref().map(|_| config.root.as_path()), &|open| leave.why(open))
}

/// The same for a person's command that has the lock for files already.
///
/// # Errors
/// An outcome cannot be written.
pub(super) fn settle_files(config: &Config, dir: &DataDir, journal: &mut Journal) -> Result<Vec<String>> {
    let leave = Leave::of(config, &Hands::now(dir));
    apply::resume(journal, Some(&config.root), &|open| leave.why(open))
}

/// What is unfinished, and what each of it waits for, as the next tick will find it: these acts, and the latest update.
pub(super) fn said<'a>(
    config: &Config,
    dir: &DataDir,
    history: &History,
    open: impl Iterator<Item = &'a OpenIntent>,
) -> Vec<String> {
    let mut open = open.peekable();
    if open.peek().is_none() && model::update::open(&history.updates).is_none() {
        return Vec::new();
    }
    let hands = Hands::of_tick(dir);
    let leave = Leave::of(config, &hands);
    let told = |open: &OpenIntent| leave.why(open).map_or_else(|| open.to_string(), |why| format!("{open}; {why}"));
    open.map(told).chain(update::unfinished(config, history, &hands)).collect()
}
