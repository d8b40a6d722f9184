//! How does a run go? look → judge → decide → propose → apply → verify → record. `check` stops after *judge*, a dry run after *propose*.

mod act;
pub mod attended;
pub mod checkpoint;
mod collect;
pub mod crash_log;
pub mod crash_pattern;
mod crashes;
mod doctor;
mod emergency;
mod evidence;
mod follow;
mod layout;
mod locks;
mod look;
mod mend;
mod misconfigured;
mod orphans;
mod pauses;
mod plan;
pub mod propose;
mod restart;
pub mod revert;
mod revertable;
pub mod schedule;
mod seen;
#[cfg(test)]
mod simulation;
mod startup;
mod states;
mod status;
mod supervised;
pub mod tell;
mod tend;
mod tick;
#[cfg(debug_assertions)]
pub mod trial;
pub mod undo;
mod unfinished;
pub mod update;

use std::sync::Arc;
use std::time::Instant;

use crate::config::Config;
use crate::error::Result;
use crate::host::clock;
use crate::journal::{self, DataDir, holds};
use crate::model::Report;
use crate::model::report::Level;

pub use doctor::doctor;
pub use locks::{Depth, clean_locks};
pub use mend::repair_state;
pub use misconfigured::{last_good, tell_broken, tell_refused};
pub use pauses::{Bound, Made, bind, on as pauses_on, pause, resume};
pub use restart::{Restart, restart};
pub use startup::startup;
pub use states::validate_state;
pub use status::status;
pub use tick::tick;

/// Called with what is going on, for somebody who watches.
pub type Progress = Arc<dyn Fn(&str) + Send + Sync>;

/// What a look should add to the report.
#[derive(Clone, Default)]
pub struct Options {
    /// Only these services (and `host`); empty for all.
    pub only: Vec<String>,
    /// List who was considered.
    pub explain: bool,
    /// Read state files also where they have not changed since they were found right.
    pub all: bool,
    /// Called with what is going on, for somebody who watches.
    pub progress: Option<Progress>,
}

impl Options {
    /// Is this run about it? What belongs to no service is only looked at when all are.
    fn asks(&self, service: Option<&str>) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| Some(name.as_str()) == service)
    }

    fn progress(&self, text: &str) {
        if let Some(progress) = &self.progress {
            progress(text);
        }
    }
}

/// `heal check`: look and judge. Reads the history, writes nothing, takes no lock.
///
/// # Errors
/// A service that is not declared was asked for, or the journal cannot be read.
pub fn check(config: &Config, options: &Options) -> Result<Report> {
    let start = Instant::now();
    let now = clock::now();
    let dir = DataDir::at(config.data_dir.clone());
    let holder = holds(&dir.lock());
    let mut past = journal::past(&dir)?;
    let mut report = empty(config, "check", &now);
    report.warnings.extend(past.warnings());
    let open = past.history.open_intents.clone();
    let before = emergency::recollect(config, std::mem::take(&mut past.history))?;
    let looker = look::Looker::new(config, options, &before, &dir, now.clone())?;
    report.warnings.extend(pauses::warnings(&looker.pauses, config));
    let mut seen = looker.look(&before);
    report.warnings.extend(orphans::find(&looker, &mut seen, &before));
    let seen = seen.into_iter().map(|seen| seen.subject);
    report.subjects = seen.filter(|subject| looker.is_asked(&subject.name)).collect();
    tend::glance(config, options, &journal::Notes::read(&dir), &mut report);
    locks::glance(config, options, &before, &now, &mut report);
    // Read once more: an act may have begun, or ended, while we looked.
    let again = if past.is_all(&dir)? { None } else { Some(journal::past(&dir)?.history) };
    let (after, history) = again.as_ref().map_or((&open, &before), |again| (&again.open_intents, again));
    if let Some(held) = holds(&dir.lock()).or(holder) {
        // Somebody is at it: what looks dead is between a stop and a start.
        for intent in before.open_intents.values().chain(after.values()) {
            let subject = report.subjects.iter_mut().find(|subject| subject.name == intent.service);
            if let Some(subject) = subject.filter(|subject| subject.standing.level == Level::Unhealthy) {
                subject.standing.level = Level::Starting;
                subject.standing.summary = format!("recovering: `{}` is under way in pid {}", intent.rung, held.pid);
            }
        }
    } else {
        // Whoever repairs files at this moment has begun, and will finish.
        let repairs = holds(&dir.repair_lock()).is_some();
        let open = after.values().filter(|open| !repairs || open.repairs.is_empty());
        report.unfinished = unfinished::said(config, &dir, history, open);
    }
    report.duration_ms = millis(start);
    Ok(report)
}

/// A report that says nothing yet.
fn empty(config: &Config, command: &'static str, now: &crate::model::event::Moment) -> Report {
    Report {
        command,
        heal: config.call(),
        project: config.name.clone(),
        host: clock::hostname(),
        at: now.at,
        duration_ms: 0,
        dry_run: false,
        subjects: Vec::new(),
        locks: Vec::new(),
        layout: Vec::new(),
        states: Vec::new(),
        mended: Vec::new(),
        unwritable: None,
        unfinished: Vec::new(),
        alerts: Vec::new(),
        waiting: Vec::new(),
        notes: config.warnings.clone(),
        warnings: Vec::new(),
    }
}

/// Milliseconds since then.
fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
