//! What if the data directory cannot be written? Then heal does the least that helps: it starts again what is positively
//! dead, remembers that under the runtime directory, tells a person, and ends with 74 (DESIGN §5).

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::look::Looker;
use super::tick::Run;
use super::{Options, empty, tell};
use crate::apply;
use crate::config::{Config, Mode};
use crate::error::{Error, Kind, Result};
use crate::host::{clock, env};
use crate::journal::{DataDir, Journal, RecoveryLock, holds, past};
use crate::model::report::{Level, Standing, Subject};
use crate::model::{Class, Event, Incident, Report};

/// The name under which the data directory stands in the report, so that its trouble is told as any other.
const NAME: &str = "data_dir";

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
    report.unfinished = apply::resume(&mut journal)?;
    let looker = Looker::new(config, options, journal.history(), &full, now)?;
    let seen = looker.look(journal.history());
    let mut run = Run::new(&mut journal, &looker, options, start).only_starting(dir.root().join("output"));
    report.subjects = run.treat_all(seen)?;
    report.subjects.push(told_of(&mut journal, &why, full.root())?);
    report.unwritable = Some(why.to_string());
    journal.save();
    drop((lock, both));
    options.progress("telling");
    tell::tell(config, &mut journal, &mut report, &dir);
    journal.save();
    report.duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(report)
}

/// What was done meanwhile counts against the budgets when the data directory can be written again.
pub(super) fn recall(config: &Config, journal: &mut Journal) {
    let meanwhile = substitute(&config.path).filter(|dir| dir.journal().is_dir());
    if let Some(meanwhile) = meanwhile.and_then(|dir| past(&dir).ok()) {
        journal.also_count(&meanwhile.history);
    }
}

/// Where a project's memory is kept meanwhile: `$XDG_RUNTIME_DIR/heal/PROJECT`, or below `/run` for root.
pub(super) fn substitute(config: &Path) -> Option<DataDir> {
    let runtime = env::var("XDG_RUNTIME_DIR").map(PathBuf::from).or_else(|| {
        let root = nix::unistd::geteuid().is_root();
        let own = PathBuf::from(format!("/run/user/{}", nix::unistd::geteuid()));
        if root { Some(PathBuf::from("/run")) } else { Some(own).filter(|own| own.is_dir()) }
    })?;
    let whole = std::fs::canonicalize(config).ok()?;
    // One name for each project, readable in a listing; the end of a path tells more than its beginning.
    let name: String = whole.to_string_lossy().chars().map(|c| if c == '/' { '!' } else { c }).collect();
    let short: String = name.chars().rev().take(200).collect::<Vec<_>>().into_iter().rev().collect();
    Some(DataDir::at(runtime.join("heal").join(short)))
}

/// The trouble with the data directory itself: a subject like any other, so that a person is told once.
fn told_of(journal: &mut Journal, why: &Error, dir: &Path) -> Result<Subject> {
    let summary = why.to_string();
    if journal.history().service(NAME).incident.is_none() {
        let incident = format!("{}/{NAME}", journal.run());
        let (service, class, summary) = (NAME.to_owned(), Class::Resource, summary.clone());
        journal.record(Event::Opened { service, incident, class, summary })?;
    }
    let standing = Standing { level: Level::Unhealthy, class: Some(Class::Resource), summary };
    let incident = journal.history().service(NAME).incident.as_ref().map(Incident::outline);
    let helpless = "only what is positively dead is restarted until it can be written again".to_owned();
    let next = format!("df {0}; ls -ld {0}", dir.display());
    Ok(Subject::said(NAME, standing, helpless, incident, next))
}
