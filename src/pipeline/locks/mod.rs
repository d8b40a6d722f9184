//! How are locks looked at and cleared? look → judge → propose → apply, as for services; `--list` stops after *judge*, a dry run
//! after *propose*.

mod eyes;

use std::time::Instant;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::clock;
use crate::journal::{DataDir, past};
use crate::model::Sweep;
use crate::model::sweep::{Fate, Swept, SweptLock};
use crate::remedy::clear_locks;

use eyes::Watch;

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
    let past = past(&dir)?;
    sweep.warnings.extend(past.warnings());
    sweep.unfinished = past.history.open_intents.values().map(ToString::to_string).collect();
    let watch = Watch::new(config, names, &dir, &past.history)?;
    sweep.locks = swept(&watch, names);
    sweep.duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(sweep)
}

/// What there is, and what would be done about it.
fn swept(watch: &Watch<'_>, names: &[String]) -> Vec<SweptLock> {
    let mut judged = watch.judge().into_iter();
    let one = |lock: &crate::model::Lock| {
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
