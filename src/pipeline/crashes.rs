//! Which lives began and ended? A crash is the end of one life without an intent to stop it, however many ticks it is down
//! afterwards (DESIGN §6). What ran is read when a life begins; who was seen to end by somebody else is not counted again.

use std::path::Path;

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use super::act::exit_status;
use super::look::Looker;
use crate::apply::Performed;
use crate::config::Watched;
use crate::error::Result;
use crate::host::process::is_alive;
use crate::host::{clock, files, release, supervisor};
use crate::journal::{DataDir, Journal, crashes};
use crate::model::crash::{Crash, REASON, Release, Turn, by_exit_code};
use crate::model::event::Moment;
use crate::model::{Event, Identity, Stamp, redact};
use crate::policy;
use crate::probe::identify::Who;

/// How far back a life is looked for: many thousand lines.
const SEARCH: u64 = 4 * 1024 * 1024;

/// What the history says about one life.
#[derive(Debug, Default)]
struct Known {
    start: Option<Crash>,
    ended: bool,
}

/// Writes down what a look shows: the end of the life that ran before, and the begin of the one that runs. Each once.
///
/// # Errors
/// The history or the journal cannot be read or written; the next tick tries again.
pub(super) fn follow(journal: &mut Journal, looker: &Looker<'_>, watched: &Watched, who: &Who) -> Result<()> {
    let now = clock::now();
    let past = journal.history().service(watched.name());
    let before = past.lived.clone().filter(|(_, ended)| !ended).map(|(life, _)| life);
    let running = match who {
        Who::Running { process, .. } => Some((process.identity.clone(), process.age_ms)),
        _ => None,
    };
    let is_new = running.as_ref().is_some_and(|(life, _)| past.lived.as_ref().map(|(known, _)| known) != Some(life));
    // The life that was just seen running need not be asked again.
    let elsewhere = before.filter(|life| running.as_ref().is_none_or(|(seen, _)| seen != life));
    if let Some(life) = elsewhere.filter(|life| is_alive(looker.processes.as_ref(), life) == Some(false)) {
        ended(journal, looker, watched, &life, (&now, None))?;
    }
    match running {
        Some((life, seen_ms)) if is_new => {
            // As of now: since the look others were treated, and it does not run what was checked out meanwhile.
            let age_ms = looker.processes.age_ms(&life).unwrap_or(seen_ms);
            let began = now.at - chrono::TimeDelta::milliseconds(age_ms.max(0));
            began_at(journal, looker, watched, &life, (&now, age_ms), release::at(&looker.config.root, began))
        }
        _ => Ok(()),
    }
}

/// Writes down what an act of heal did: the life that it stopped, the one that it started at that moment, and how that one
/// ended if it did not outlive its verification.
///
/// # Errors
/// As [`follow`].
pub(super) fn after_act(
    journal: &mut Journal,
    looker: &Looker<'_>,
    watched: &Watched,
    (began, performed): (Stamp, &mut Performed),
) -> Result<()> {
    follow(journal, looker, watched, &Who::Unwatched)?;
    let status = exit_status(performed);
    let Some((life, _)) = &performed.started else { return Ok(()) };
    let now = clock::now();
    // It began after the act did: a stop takes its time, and a revert comes before the start.
    let age_ms = looker.processes.age_ms(life).unwrap_or_else(|| (now.at - began).num_milliseconds()).max(0);
    let began = now.at - chrono::TimeDelta::milliseconds(age_ms);
    // What heal starts runs what was checked out then, also where no reflog is kept.
    let root = &looker.config.root;
    let ran = release::at(root, began).and_then(|found| if found.is_some() { Ok(found) } else { release::head(root) });
    began_at(journal, looker, watched, life, (&now, age_ms), ran)?;
    match status {
        Some(status) => ended(journal, looker, watched, life, (&now, Some(status))),
        None => Ok(()),
    }
}

fn began_at(
    journal: &mut Journal,
    looker: &Looker<'_>,
    watched: &Watched,
    life: &Identity,
    (now, age_ms): (&Moment, i64),
    ran: Result<Option<Release>, String>,
) -> Result<()> {
    let dir = DataDir::at(looker.config.data_dir.clone());
    if known(&dir, watched.name(), life, now)?.start.is_none() {
        let entry = Crash::new(Turn::Start, watched.name(), now.clone());
        let (reason, ran) = match ran {
            Ok(ran) => (None, ran),
            Err(why) => (Some(format!("release unknown: {why}")), None),
        };
        let entry = entry.of(ran.as_ref().map(|ran| ran.id.clone()), ran.map(|ran| ran.at));
        let run = Some(journal.run().to_owned());
        crashes::append(
            &dir,
            &Crash { uptime_ms: Some(age_ms.max(0)), life: Some(life.clone()), reason, run, ..entry },
        )?;
    }
    lived(journal, watched, life, false)
}

fn ended(
    journal: &mut Journal,
    looker: &Looker<'_>,
    watched: &Watched,
    life: &Identity,
    (now, status): (&Moment, Option<ExitStatus>),
) -> Result<()> {
    let dir = DataDir::at(looker.config.data_dir.clone());
    let known = known(&dir, watched.name(), life, now)?;
    if known.ended {
        return lived(journal, watched, life, true);
    }
    let supervisor = known.start.as_ref().and_then(|start| start.supervisor.as_ref());
    if supervisor.is_some_and(|supervisor| is_alive(looker.processes.as_ref(), supervisor) != Some(false)) {
        // It knows more, and is about to write it down.
        return Ok(());
    }
    let paused = looker.pauses.of(watched.name()).map(|paused| format!("while it was paused {}", paused.words()));
    let past = journal.history().service(watched.name());
    let wanted = policy::wanted(past, life, paused, now).or_else(|| intended(watched, status));
    let turn = if wanted.is_some() { Turn::Stop } else { Turn::Crash };
    let mut entry = Crash::new(turn, watched.name(), now.clone());
    if let Some(start) = &known.start {
        entry = entry.of(start.release.clone(), start.release_at);
        let since = start.moment.age_ms(now).map(|age| age.saturating_add(start.uptime_ms.unwrap_or(0)));
        entry.uptime_ms = since;
    }
    entry.exit_code = status.and_then(|status| status.code());
    entry.signal = status.and_then(|status| status.signal());
    entry.reason = wanted.or_else(|| last_words(watched));
    entry.life = Some(life.clone());
    entry.run = Some(journal.run().to_owned());
    crashes::append(&dir, &entry)?;
    lived(journal, watched, life, true)
}

fn lived(journal: &mut Journal, watched: &Watched, life: &Identity, ended: bool) -> Result<()> {
    let known = journal.history().service(watched.name()).lived.as_ref();
    if known.is_some_and(|(known, done)| known == life && *done == ended) {
        return Ok(());
    }
    journal.record(Event::Lived { service: watched.name().to_owned(), identity: life.clone(), ended })
}

/// Who ended it meant to, as far as anybody says so.
fn intended(watched: &Watched, status: Option<ExitStatus>) -> Option<String> {
    if let Some(code) = status.and_then(|status| status.code()) {
        return by_exit_code(code, &watched.service.rules.hold_on_exit).1;
    }
    let unit = watched.service.unit.as_ref()?;
    supervisor::ask([unit]).remove(unit)?.ok()?.wish
}

/// The last line of what heal's start of it wrote, secrets masked.
fn last_words(watched: &Watched) -> Option<String> {
    let lines = files::tail(&watched.service.launch.as_ref()?.log, 5, 64 * 1024).ok()?;
    let last = redact::lines(&lines).into_iter().rev().find(|line| !line.trim().is_empty())?;
    Some(last.trim().chars().take(REASON).collect())
}

/// What is on record about a life. An end that a script wrote names no life: it is that of the last start before it.
fn known(dir: &DataDir, service: &str, life: &Identity, now: &Moment) -> Result<Known> {
    let mut lines = crashes::backwards(dir, now.clone())?;
    let mut known = Known::default();
    // Ends without a life that were read since the last start.
    let mut nameless = false;
    while let Some((entry, _)) = lines.older()? {
        if entry.service == service {
            match (entry.is_about(life), entry.event) {
                (true, Turn::Start) => {
                    known.ended |= nameless;
                    known.start = Some(entry);
                    break;
                }
                (true, _) => known.ended = true,
                (false, Turn::Start) => nameless = false,
                (false, _) => nameless |= entry.life.is_none(),
            }
        }
        if lines.read() > SEARCH {
            break;
        }
    }
    Ok(known)
}

/// Has other code been checked out since? `false` also when nobody can say.
pub(super) fn is_another_release(root: &Path, since: Stamp) -> bool {
    let both = (release::at(root, since), release::head(root));
    matches!(both, (Ok(Some(then)), Ok(Some(now))) if then.id != now.id)
}
