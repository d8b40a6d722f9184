//! How are locks looked at and cleared? look → judge → propose → apply, as for services; `--list` stops after *judge*, a dry run
//! after *propose*.

mod ailing;
mod clear;
mod eyes;
mod tend;

use std::time::{Duration, Instant};

use crate::apply;
use crate::config::{Config, Mode};
use crate::error::{Error, Kind, Result};
use crate::host::clock;
use crate::journal::{DataDir, Journal, RecoveryLock, past};
use crate::model::sweep::{Fate, Swept, SweptLock};
use crate::model::{Change, Identity, Lock, Sweep};
use crate::remedy::clear_locks;

use super::look::Looker;
use super::millis;
use super::unfinished::settle_files;
pub(super) use ailing::{follow_all, glance};
pub(super) use eyes::{Again, Watch};
pub(super) use tend::{tend, tend_cold};

/// How long the repair lock is waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// How far a run over the locks goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Looks and judges.
    List,
    /// Says what would be done.
    DryRun,
    /// Does it.
    Act,
}

/// `heal clean-locks`: looks at the locks that are declared, or at those of these names, and clears what is proved stale.
///
/// # Errors
/// There is no such lock, another run is at work, or the journal cannot be read or written.
pub fn clean_locks(config: &Config, names: &[String], depth: Depth) -> Result<Sweep> {
    let start = Instant::now();
    let now = clock::now();
    require(config, names)?;
    let mut sweep = Sweep {
        heal: config.call(),
        project: config.name.clone(),
        host: clock::hostname(),
        at: now.at,
        duration_ms: 0,
        dry_run: depth != Depth::Act,
        list: depth == Depth::List,
        locks: Vec::new(),
        unfinished: Vec::new(),
        warnings: config.warnings.clone(),
    };
    let dir = DataDir::at(config.data_dir.clone());
    if depth == Depth::Act && config.mode != Mode::Observe {
        acting(config, names, &dir, &mut sweep)?;
    } else {
        sweep.dry_run = true;
        let past = past(&dir)?;
        sweep.warnings.extend(past.warnings());
        sweep.unfinished = past.history.open_intents.values().map(ToString::to_string).collect();
        sweep.locks = swept(&Watch::new(config, names, &dir, &past.history)?, names);
    }
    sweep.duration_ms = millis(start);
    Ok(sweep)
}

/// Under both locks: somebody may have to be stopped, and files are changed. The recovery lock comes first, at once or not at
/// all; the other one is let go by whoever has it after a moment.
fn acting(config: &Config, names: &[String], dir: &DataDir, sweep: &mut Sweep) -> Result<()> {
    apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let _recovery = RecoveryLock::take(&dir.lock(), "heal clean-locks")?;
    let _files = RecoveryLock::take_within(&dir.repair_lock(), "heal clean-locks", PATIENCE)?;
    let mut journal = Journal::open(dir.clone())?;
    sweep.warnings.extend_from_slice(journal.warnings());
    sweep.unfinished = settle_files(config, dir, &mut journal)?;
    let watch = Watch::new(config, names, dir, journal.history())?;
    sweep.locks = swept(&watch, names);
    let cleared = clear::clear(config, &watch, &mut sweep.locks, &mut journal, None);
    journal.save();
    cleared
}

/// What there is, and what would be done about it.
fn swept(watch: &Watch<'_>, names: &[String]) -> Vec<SweptLock> {
    let mut judged = watch.judge().into_iter();
    let one = |lock: &Lock| {
        let files = if lock.enabled { judged.next().unwrap_or_default() } else { Vec::new() };
        let files =
            files.into_iter().map(|judged| Swept { plan: clear_locks::cure(&judged), judged, fate: Fate::Left });
        SweptLock {
            name: lock.name.clone(),
            kind: lock.kind,
            asked: names.contains(&lock.name),
            enabled: lock.enabled,
            files: files.collect(),
        }
    };
    watch.locks.iter().copied().map(one).collect()
}

/// Is every lock that was asked for one that is declared?
fn require(config: &Config, names: &[String]) -> Result<()> {
    let known = |name: &&String| config.locks.iter().any(|lock| lock.name == **name);
    let Some(name) = names.iter().find(|name| !known(name)) else { return Ok(()) };
    let declared: Vec<&str> = config.locks.iter().map(|lock| lock.name.as_str()).collect();
    let hint = match declared.as_slice() {
        [] => "it declares no [lock.NAME]".to_owned(),
        names => format!("it declares: {}", names.join(", ")),
    };
    let message = format!("there is no lock `{name}` in {}", config.path.display());
    Err(Error::new(Kind::Usage, message).hint(hint))
}

/// What would clear the locks of this service, once these processes do not run any more.
pub(super) fn cures(looker: &Looker<'_>, service: &str, processes: &[(Identity, String)]) -> Vec<Change> {
    let gone: Vec<Identity> = processes.iter().map(|(identity, _)| identity.clone()).collect();
    of_service(looker, service).cures_without(&gone)
}

/// The locks of one service, as its rung looks at them.
pub(super) fn of_service<'a>(looker: &Looker<'a>, service: &str) -> Watch<'a> {
    let own = |lock: &&Lock| lock.enabled && lock.service.as_deref() == Some(service);
    let locks = looker.config.locks.iter().filter(own).collect();
    Watch::of(looker.config, locks, &looker.processes, true)
}
