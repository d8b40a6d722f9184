//! Was somebody left behind, and what becomes of them? In live mode they are reported; in paper mode a tick stops them with what
//! descends from them, behind an intent that no budget counts. They are nobody's cure: a service is not healed by it.

use std::sync::Arc;

use super::look::Looker;
use super::seen::Seen;
use crate::apply;
use crate::config::{Mode, Watched};
use crate::error::Result;
use crate::journal::Journal;
use crate::model::report::{Left, Orphan};
use crate::model::{Change, History, Supervisor};
use crate::probe::identify::Who;
use crate::probe::orphans::{Known, orphans};

/// Between TERM and KILL, for what has no service whose `stop_grace` it could have.
const GRACE_MS: i64 = 10_000;

/// Fills in who was left behind; answers with what could not be told. Only a look at all services knows who is nobody's.
pub(super) fn find(looker: &Looker<'_>, seen: &mut [Seen<'_>], history: &History) -> Vec<String> {
    let asks = |watched: &&Watched| watched.enabled && watched.service.orphans.is_some();
    if looker.is_partial() || !looker.config.services.iter().any(|watched| asks(&watched)) {
        return Vec::new();
    }
    let mut known = Known::default();
    let mut doubt = None;
    for one in seen.iter() {
        let Some(watched) = one.watched else { continue };
        match &*one.who {
            Who::Running { process, also, .. } => {
                known.living.extend(std::iter::once(&**process).chain(also).map(|process| process.identity.clone()));
            }
            Who::Gone { left, .. } => known.living.extend(left.iter().map(|process| process.identity.clone())),
            Who::Unknown { .. } => {
                doubt.get_or_insert(format!("which process is [service.{}] is not known", watched.name()));
            }
            // What systemd started is known by its control group.
            Who::Unwatched if !watched.enabled => known.apart.extend(&watched.service.selector),
            Who::Unwatched => {
                if watched.service.unit.as_ref().is_none_or(|unit| unit.by == Supervisor::Launchd) {
                    doubt.get_or_insert(format!("which process is [service.{}] is not known", watched.name()));
                }
            }
        }
    }
    for past in history.services.values() {
        known.recorded.extend(past.known.iter().chain(past.started.iter().map(|(life, _)| life)).cloned());
    }
    // A life of another boot is over.
    known.recorded.retain(|life| life.boot == looker.now.boot);
    let paper = looker.config.mode == Mode::Paper;
    let mut doubts = Vec::new();
    for one in seen.iter_mut() {
        let Some(watched) = one.watched.filter(asks) else { continue };
        let Some(selector) = &watched.service.orphans else { continue };
        let found = match &doubt {
            Some(why) => Err(why.clone()),
            None => orphans(selector, &looker.config.root, &known, looker.processes.as_ref()),
        };
        match found {
            Ok(found) => {
                one.subject.orphans = found
                    .into_iter()
                    .map(|process| Orphan {
                        command: process.command(),
                        age_ms: process.age_ms,
                        identity: process.identity,
                        left: if paper { Left::Due } else { Left::Observed },
                    })
                    .collect();
                one.subject.news |= !one.subject.orphans.is_empty();
            }
            Err(why) => doubts.push(format!("{}: nobody is taken for an orphan: {why}", watched.name())),
        }
    }
    doubts
}

/// Stops those that are to be stopped, right after the look that found them.
///
/// # Errors
/// The journal could not be written: then nobody more is stopped.
pub(super) fn stop(journal: &mut Journal, looker: &Looker<'_>, seen: &mut [Seen<'_>]) -> Result<()> {
    let processes = Arc::clone(&looker.processes);
    for one in seen.iter_mut() {
        let Some(watched) = one.watched else { continue };
        let due: Vec<&mut Orphan> = one.subject.orphans.iter_mut().filter(|orphan| orphan.left == Left::Due).collect();
        if due.is_empty() {
            continue;
        }
        let grace_ms = watched.service.launch.as_ref().map_or(GRACE_MS, |launch| launch.stop_grace.millis());
        let changes = due.iter().map(|orphan| {
            let (identity, command) = (orphan.identity.clone(), orphan.command.clone());
            Change::StopProcess { identity, command, grace_ms }
        });
        let repair = apply::Repair {
            service: watched.name(),
            root: &looker.config.root,
            rung: "orphans",
            changes: changes.collect(),
            why: "they fit `orphans`, are older than its `min_age`, and have no living owner".to_owned(),
            unheld: &apply::Unasked,
        };
        let repaired = apply::stop_orphans(journal, processes.as_ref(), &repair)?;
        let failure = repaired.failure.map(|(_, trouble)| trouble.to_string());
        for orphan in due {
            orphan.left = failure.clone().map_or(Left::Stopped, Left::Failed);
        }
    }
    Ok(())
}
