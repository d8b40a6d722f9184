//! How are locks cleared beside the ladder? Holders that may be stopped first, then, looked at anew, one file at a time, each
//! behind an intent of its own: what is refused for one is no reason to leave another.

use std::time::Instant;

use super::eyes::{Again, Watch};
use crate::apply::{self, Repair, Trouble};
use crate::config::Config;
use crate::error::Result;
use crate::journal::Journal;
use crate::model::lock::Verdict;
use crate::model::sweep::{Fate, Swept, SweptLock};
use crate::model::{Change, Lock};
use crate::remedy::clear_locks::cure;

/// What it is called in the journal.
pub(super) const RUNG: &str = "clean-locks";

/// Clears what can be cleared of these locks, and writes into each file what came of it. After `end` nothing is begun any more.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn clear(
    config: &Config,
    watch: &Watch<'_>,
    locks: &mut [SweptLock],
    journal: &mut Journal,
    end: Option<Instant>,
) -> Result<()> {
    for (lock, swept) in watch.locks.iter().zip(locks) {
        for file in &mut swept.files {
            if end.is_some_and(|end| Instant::now() > end) {
                return Ok(());
            }
            one(config, watch, (lock, file), journal)?;
        }
    }
    Ok(())
}

fn one(config: &Config, watch: &Watch<'_>, (lock, file): (&Lock, &mut Swept), journal: &mut Journal) -> Result<()> {
    if file.judged.verdict == Verdict::Stoppable {
        let found = std::mem::take(&mut file.plan);
        file.fate = repair(config, watch, (lock, file), found.clone(), journal)?;
        if !matches!(file.fate, Fate::Done(_)) {
            file.plan = found;
            return Ok(());
        }
        // With its holders gone it is another case; what is not there any more was cleaned up by these.
        let Some(judged) = watch.judge_again(&lock.name, &file.judged.path) else {
            file.plan = found;
            return Ok(());
        };
        let next = cure(&judged);
        let holding = std::mem::replace(&mut file.judged, judged).holding;
        file.plan = found.into_iter().chain(next.iter().cloned()).collect();
        if file.judged.verdict == Verdict::Stoppable || next.is_empty() {
            // Nothing is left to do, or somebody else came: the next run looks again.
            file.fate = match (&file.judged.verdict, std::mem::replace(&mut file.fate, Fate::Left)) {
                (Verdict::Free, done) => done,
                (_, _) => Fate::Refused(file.judged.why.clone()),
            };
            return Ok(());
        }
        file.judged.holding = holding;
        file.fate = repair(config, watch, (lock, file), next, journal)?;
    } else if !file.plan.is_empty() {
        file.fate = repair(config, watch, (lock, file), file.plan.clone(), journal)?;
    }
    Ok(())
}

fn repair(
    config: &Config,
    watch: &Watch<'_>,
    (lock, file): (&Lock, &Swept),
    changes: Vec<Change>,
    journal: &mut Journal,
) -> Result<Fate> {
    let main = file.judged.file.map(|_| (file.judged.path.clone(), lock.name.clone()));
    let again = Again::new(watch, main.into_iter().collect());
    let service = lock.service.as_deref().unwrap_or("");
    let why = format!("[lock.{}]: {}", lock.name, file.judged.why);
    let order = Repair { service, root: &config.root, rung: RUNG, changes, why, unheld: &again };
    let repaired = apply::repair(journal, watch.table().as_ref(), &order)?;
    let seen: Vec<&str> = repaired.made.iter().map(|(_, seen)| seen.as_str()).collect();
    Ok(match repaired.failure {
        None => Fate::Done(seen.join("; ")),
        Some((_, Trouble::Refused(why))) => Fate::Refused(why),
        Some((_, Trouble::Broken(why))) => Fate::Broken(why),
        Some((_, Trouble::Io(why) | Trouble::Stuck(why))) => Fate::Failed(why),
    })
}
