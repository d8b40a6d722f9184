//! What if the data directory cannot be written? Then heal does the least that helps: it starts again what is positively
//! dead, remembers that under the runtime directory, tells a person, and ends with 74 (DESIGN §5).

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::look::Looker;
use super::pauses::Hands;
use super::tick::Run;
use super::unfinished::Leave;
use super::{Options, empty, millis, tell};
use crate::apply;
use crate::config::{Config, Mode};
use crate::error::{Error, Kind, Result};
use crate::host::{clock, env, trust};
use crate::journal::{DataDir, Journal, RecoveryLock, after, holds, past};
use crate::model::report::{Decision, Level, Standing, Subject};
use crate::model::status::Trouble;
use crate::model::{Class, Event, History, Report};

/// The name under which the data directory stands in the report, so that its trouble is told as any other. No service can
/// have it.
const NAME: &str = "data directory";

/// What the lock says that it is held for.
const PURPOSE: &str = "heal heal, without its data directory";

/// One tick without a data directory. `why` is what could not be written.
///
/// # Errors
/// There is no runtime directory either, another recovery is in progress, or what was remembered so far cannot be read:
/// then nothing was done, and `why` is said.
pub(super) fn tick(config: &Config, options: &Options, why: Error) -> Result<Report> {
    let start = Instant::now();
    let now = clock::now();
    let full = DataDir::at(config.data_dir.clone());
    let Some(dir) = substitute(&config.path) else { return Err(why) };
    // The lock that others may still be able to take: on a full disk it can be had, on a read-only one only be seen.
    let both = match RecoveryLock::take(&full.lock(), PURPOSE) {
        Err(busy) if busy.kind == Kind::Busy => return Err(busy),
        lock => lock.ok(),
    };
    if let Some(held) = holds(&full.lock()).filter(|_| both.is_none()) {
        let message = format!("another recovery is in progress (pid {})", held.pid);
        return Err(Error::new(Kind::Busy, message).hint("try again when it is done"));
    }
    // Without what it did before, heal knows no budget, no hold and no pause: then nothing is done.
    let Ok(base) = past(&full) else { return Err(why) };
    if base.trusted(&full).is_err() || dir.create().is_err() {
        return Err(why);
    }
    let lock = RecoveryLock::take(&dir.lock(), PURPOSE)?;
    let mut journal = Journal::beside(dir.clone(), base.history)?;
    let mut report = empty(config, "heal", &now);
    report.dry_run = config.mode == Mode::Observe;
    let leave = Leave::of(config, &Hands::of_tick(&full));
    report.unfinished = apply::resume(&mut journal, None, &|open| leave.why(open))?;
    let looker = Looker::new(config, options, journal.history(), &full, now)?;
    let seen = looker.look(journal.history());
    let mut run = Run::new(&mut journal, &looker, options, start).only_starting(dir.root().join("output"));
    let (treated, broken) = run.treat_all(seen);
    if let Some(error) = broken {
        return Err(error);
    }
    report.subjects = treated;
    report.subjects.push(told_of(&mut journal, &why, full.root())?);
    report.unwritable = Some(why.to_string());
    journal.save();
    drop((lock, both));
    options.progress("telling");
    tell::tell(config, &mut journal, &mut report, &dir);
    journal.save();
    report.duration_ms = millis(start);
    Ok(report)
}

/// Takes in what was done meanwhile, now that the data directory can be written again. That trouble is over.
///
/// # Errors
/// A run without the data directory is under way, or what it wrote cannot be taken in.
pub(super) fn import(meanwhile: Option<&DataDir>, journal: &mut Journal) -> Result<Option<Subject>> {
    let Some(meanwhile) = meanwhile.filter(|dir| dir.journal().is_dir()) else { return Ok(None) };
    let _lock = RecoveryLock::take(&meanwhile.lock(), "taking in what happened meanwhile")?;
    journal.import(meanwhile)?;
    let Some(incident) = journal.history().service(NAME).incident.clone() else { return Ok(None) };
    let downtime_ms = clock::now().since(&incident.opened);
    journal.record(Event::Closed { service: NAME.to_owned(), incident: incident.id, downtime_ms })?;
    let standing = Standing { level: Level::Healthy, class: None, summary: "it can be written again".to_owned() };
    Ok(Some(Subject { decision: Some(Decision::Nothing), ..Subject::said(NAME, standing, String::new(), None, None) }))
}

/// What is true, with what was done while the data directory could not be written. For those who only look.
///
/// # Errors
/// It cannot be read.
pub(super) fn recollect(config: &Config, history: History) -> Result<History> {
    match substitute_for(config).filter(|dir| dir.journal().is_dir()) {
        Some(meanwhile) => after(&meanwhile, history),
        None => Ok(history),
    }
}

/// Where a project's memory is kept meanwhile: below `/run/heal` for root, else `/run/user/UID/heal`, else
/// `$XDG_RUNTIME_DIR/heal`.
pub(super) fn substitute(config: &Path) -> Option<DataDir> {
    Some(below(&runtime()?, &std::fs::canonicalize(config).ok()?))
}

fn runtime() -> Option<PathBuf> {
    // Cron and a login shell have different environments: what both know comes first.
    let user = trust::me();
    let own = if user.is_root() { PathBuf::from("/run") } else { PathBuf::from(format!("/run/user/{user}")) };
    test_runtime()
        .or_else(|| Some(own).filter(|own| own.is_dir()))
        .or_else(|| env::var("XDG_RUNTIME_DIR").map(PathBuf::from))
}

/// As [`substitute`], of a configuration that was read: its directory is known, only the file itself may still be a link.
pub(super) fn substitute_for(config: &Config) -> Option<DataDir> {
    let whole = config.whole_path();
    match std::fs::symlink_metadata(&whole).ok()?.is_symlink() {
        true => substitute(&config.path),
        false => Some(below(&runtime()?, &whole)),
    }
}

/// The project's own folder there.
fn below(runtime: &Path, whole: &Path) -> DataDir {
    // One name for each project, readable in a listing; the end of a path tells more than its beginning.
    let name: String = whole.to_string_lossy().chars().map(|c| if c == '/' { '!' } else { c }).collect();
    let short: String = name.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
    DataDir::at(runtime.join("heal").join(short))
}

/// Tests have a `/run` of their own; a release build does not read it.
fn test_runtime() -> Option<PathBuf> {
    if cfg!(debug_assertions) { env::var("HEAL_TEST_RUNTIME").map(PathBuf::from) } else { None }
}

/// The trouble with the data directory itself: a subject like any other, so that a person is told once.
fn told_of(journal: &mut Journal, why: &Error, dir: &Path) -> Result<Subject> {
    let summary = why.to_string();
    let news = journal.history().service(NAME).incident.is_none();
    if news {
        let incident = format!("{}/{NAME}", journal.run());
        let (service, class, summary) = (NAME.to_owned(), Class::Resource, summary.clone());
        journal.record(Event::Opened { service, incident, class, summary })?;
    }
    let incident = Trouble::of(journal.history().service(NAME), &clock::now());
    let helpless = "only what is positively dead is restarted until it can be written again".to_owned();
    Ok(Subject { news, incident, ..subject(summary, helpless, dir) })
}

/// That it broke while a run was at work. The run can write down no incident of it; the next one meets the same, and does.
pub(super) fn broke(why: &Error, dir: &Path) -> Subject {
    let helpless = "what was done until then is told here, and nothing was begun after it".to_owned();
    Subject { news: true, ..subject(why.to_string(), helpless, dir) }
}

fn subject(summary: String, helpless: String, dir: &Path) -> Subject {
    let standing = Standing { level: Level::Unhealthy, class: Some(Class::Resource), summary };
    let next = format!("df {0}; ls -ld {0}", dir.display());
    Subject::said(NAME, standing, helpless, None, Some(next))
}
