//! What does a tick do about locks? What is proved stale is cleared before any service is looked at, whether or not one ails; nobody
//! is stopped for it, and nobody is searched for: what somebody has open is left (DESIGN §6).

use std::time::{Duration, Instant};

use super::clear::clear;
use super::{PATIENCE, Watch, ailing};
use crate::config::{Config, Mode};
use crate::error::{Kind, Result};
use crate::host::{clock, processes};
use crate::journal::{Journal, Pauses, RecoveryLock};
use crate::model::lock::Verdict;
use crate::model::sweep::{Fate, Swept, SweptLock};
use crate::model::{Lock, change};
use crate::pipeline::Options;
use crate::pipeline::pauses::hands_off;
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
    if config.locks.is_empty() {
        return Ok(Vec::new());
    }
    ailing::settle(journal)?;
    if config.mode == Mode::Observe {
        return Ok(Vec::new());
    }
    let processes = processes();
    let pauses = Pauses::read(journal.dir(), &clock::now(), processes.as_ref());
    let mine = |lock: &&Lock| {
        let service = lock.service.as_deref();
        lock.enabled && options.asks(service) && hands_off(journal.history(), &pauses, &[], service).is_none()
    };
    let locks: Vec<&Lock> = config.locks.iter().filter(mine).collect();
    if locks.is_empty() {
        return Ok(Vec::new());
    }
    let watch = Watch::of(config, locks, &processes, false);
    let mut swept = clearable(&watch);
    ailing::spare(journal.history(), &mut swept);
    ailing::look_again(&watch.locks, &swept, journal)?;
    if swept.iter().flat_map(|lock| &lock.files).all(|file| file.plan.is_empty()) {
        swept.retain(|lock| !lock.files.is_empty());
        return Ok(swept);
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
/// `away` says why what belongs to a service is left alone.
///
/// # Errors
/// The journal cannot be written.
pub(in crate::pipeline) fn tend_cold(
    config: &Config,
    journal: Option<&mut Journal>,
    away: &dyn Fn(Option<&str>) -> Option<String>,
) -> Result<Vec<SweptLock>> {
    let mine = |lock: &&Lock| lock.enabled && away(lock.service.as_deref()).is_none();
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
