//! What does a tick do about locks? What is proved stale is cleared before any service is looked at, whether or not one ails; nobody
//! is stopped for it, and nobody is searched for: what somebody has open is left (DESIGN §6).

use std::time::{Duration, Instant};

use super::clear::clear;
use super::{PATIENCE, Watch};
use crate::config::{Config, Mode};
use crate::error::{Kind, Result};
use crate::host::processes;
use crate::journal::{Journal, RecoveryLock};
use crate::model::lock::Verdict;
use crate::model::sweep::{Fate, Swept, SweptLock};
use crate::model::{Lock, change};
use crate::pipeline::Options;
use crate::remedy::clear_locks::cure;

/// Of the 240 s of a run, so much may go by before services are looked at.
const SHARE: Duration = Duration::from_secs(90);

/// Clears what can be cleared; answers with what was done, or could not be.
///
/// # Errors
/// The journal cannot be written, or the repair lock not be taken for another reason than that somebody has it.
pub(in crate::pipeline) fn tend(
    config: &Config,
    options: &Options,
    journal: &mut Journal,
    (start, warnings): (Instant, &mut Vec<String>),
) -> Result<Vec<SweptLock>> {
    let mine = |lock: &&Lock| {
        let service = lock.service.as_deref();
        // Who waits for a person may be looked into by one at this moment.
        let held = service.is_some_and(|service| journal.history().service(service).held.is_some());
        lock.enabled && options.asks(service) && !held
    };
    let locks: Vec<&Lock> = config.locks.iter().filter(mine).collect();
    if locks.is_empty() || config.mode == Mode::Observe {
        return Ok(Vec::new());
    }
    let watch = Watch::of(config, locks, &processes(), false);
    let mut swept = clearable(&watch);
    if swept.iter().all(|lock| lock.files.is_empty()) {
        return Ok(Vec::new());
    }
    options.progress("clearing locks");
    let path = journal.dir().repair_lock();
    let _files = match RecoveryLock::take_within(&path, "heal heal", PATIENCE) {
        Err(error) if error.kind == Kind::Busy => {
            warnings.push(format!("locks were not cleared: {error}"));
            return Ok(Vec::new());
        }
        taken => taken?,
    };
    let end = start + SHARE.saturating_sub(change::RECOVERY);
    clear(config, &watch, &mut swept, journal, Some(end))?;
    swept.retain(|lock| !lock.files.is_empty());
    Ok(swept)
}

/// The same right before a service starts; the caller has the repair lock. Without a journal it is only said what would be done.
///
/// # Errors
/// The journal cannot be written.
pub(in crate::pipeline) fn tend_cold(config: &Config, journal: Option<&mut Journal>) -> Result<Vec<SweptLock>> {
    let held = |name: &String| journal.as_ref().is_some_and(|journal| journal.history().service(name).held.is_some());
    let mine = |lock: &&Lock| lock.enabled && !lock.service.as_ref().is_some_and(held);
    let watch = Watch::of(config, config.locks.iter().filter(mine).collect(), &processes(), false);
    let mut swept = clearable(&watch);
    if let Some(journal) = journal {
        clear(config, &watch, &mut swept, journal, Some(Instant::now() + SHARE))?;
    }
    Ok(swept)
}

/// What can be cleared without stopping anybody.
fn clearable(watch: &Watch<'_>) -> Vec<SweptLock> {
    let clearable = |verdict: &Verdict| matches!(verdict, Verdict::Stale | Verdict::Recoverable);
    let files = watch.judge().into_iter().map(|files| {
        let found = files.into_iter().filter(|judged| clearable(&judged.verdict));
        found.map(|judged| Swept { plan: cure(&judged), judged, fate: Fate::Left }).collect::<Vec<Swept>>()
    });
    watch
        .locks
        .iter()
        .zip(files)
        .map(|(lock, files)| SweptLock { name: lock.name.clone(), kind: lock.kind, asked: false, enabled: true, files })
        .collect()
}
