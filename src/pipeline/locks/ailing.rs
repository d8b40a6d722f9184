//! Which databases ail, and who is told of it? What could not be recovered is tried again after pauses that grow, and is trouble of
//! its own as long as it lasts; so is what was kept of a database that is gone, until a person takes it (DESIGN §6, FAULTS 40, 45).
//!
//! All of it is in the fold of the journal, whoever found it. So whoever only looks says it without reading a database, which for
//! a large one takes minutes: a look asks no more than whether the files are still the ones.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::config::Config;
use crate::error::Result;
use crate::host::files::{fits, mark};
use crate::host::{clock, sqlite};
use crate::journal::Journal;
use crate::model::ailing::{Ailing, Outlived, Unrecovered};
use crate::model::event::Moment;
use crate::model::lock::LockKind;
use crate::model::report::{Level, Standing, Subject};
use crate::model::status::Trouble;
use crate::model::sweep::{Fate, SweptLock};
use crate::model::{
    Class, Event, Finding, History, Lock, Report, Severity, Sign, Verdict as Seen, lock::section, rfc3339,
};
use crate::pipeline::Options;
use crate::pipeline::follow::{Followed, follow};
use crate::pipeline::look::Looker;
use crate::pipeline::mend::pause_ms;

/// One that was written to since is looked at again after this pause at the latest, in milliseconds: somebody may have put a sound
/// one in its place, byte for byte. Not at once: a service that keeps failing on it may write to it each time.
const WRITTEN_MS: i64 = 5 * 60_000;

/// How long a look at one database may take, and how long it waits for whoever writes.
const LOOK: Duration = Duration::from_secs(10);
const BUSY: Duration = Duration::from_secs(1);

/// Writes down what is over: another file stands there or none at all, or what was kept is not in the quarantine any more.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn settle(journal: &mut Journal) -> Result<()> {
    let databases = &journal.history().databases;
    let ailing = databases.ailing.iter().filter(|(path, ailing)| !is_same(Path::new(path), ailing));
    let taken = databases.remains.keys().filter(|kept| is_gone(Path::new(kept)));
    let over: Vec<String> = ailing.map(|(path, _)| path).chain(taken).cloned().collect();
    over.into_iter().try_for_each(|path| journal.record(Event::Outlived(Outlived { path })))
}

fn is_same(path: &Path, ailing: &Ailing) -> bool {
    // What cannot be seen is not over.
    mark(path).map_or_else(|| !is_gone(path), |(now, ..)| ailing.last.file().is_none_or(|file| file == now))
}

fn is_gone(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

/// When it is tried again, if that is not now.
fn waits(path: &Path, ailing: &Ailing, now: &Moment) -> Option<String> {
    let pause = pause_ms(ailing.tries);
    let written = ailing.last.mark.is_some() && ailing.last.mark != mark(path);
    let pause = if written { pause.min(WRITTEN_MS) } else { pause };
    (now.since(&ailing.when) < pause).then(|| rfc3339(ailing.when.at + chrono::TimeDelta::milliseconds(pause)))
}

/// Takes out of what is to be cleared what failed a short while ago: it is said again, and not tried.
pub(super) fn spare(history: &History, swept: &mut [SweptLock]) {
    let now = clock::now();
    for file in swept.iter_mut().filter(|lock| lock.kind == LockKind::Sqlite).flat_map(|lock| &mut lock.files) {
        let Some(ailing) = history.databases.ailing.get(&*file.judged.path.to_string_lossy()) else { continue };
        let Some(next) = waits(&file.judged.path, ailing, &now).filter(|_| file.judged.file.is_some()) else {
            continue;
        };
        let why = format!("{}; it is tried again at {next}", ailing.last.why);
        file.plan.clear();
        file.fate = if ailing.last.damaged { Fate::Broken(why) } else { Fate::Failed(why) };
    }
}

/// Looks at those that nobody tries to recover: somebody has them open, or nothing is left beside them. By a read that changes
/// nothing; what is sound again is over.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn look_again(locks: &[&Lock], swept: &[SweptLock], journal: &mut Journal) -> Result<()> {
    let now = clock::now();
    let tried = |path: &Path| swept.iter().flat_map(|lock| &lock.files).any(|file| file.judged.path == path);
    let ailing = journal.history().databases.ailing.clone();
    for (text, ailing) in ailing {
        let path = Path::new(&text);
        if tried(path) || !locks.iter().any(|lock| names(lock, path)) || waits(path, &ailing, &now).is_some() {
            continue;
        }
        let end = Instant::now() + LOOK;
        let checked = sqlite::Database::open(path, BUSY, end).and_then(|database| database.quick_check());
        let event = match checked {
            Ok(None) => Event::Outlived(Outlived { path: text }),
            // Damaged as ever, or it could not be seen: what is known of it stays.
            Ok(Some(_)) | Err(_) => {
                Event::Unrecovered(Unrecovered { intent: String::new(), mark: mark(path), ..ailing.last })
            }
        };
        journal.record(event)?;
    }
    Ok(())
}

/// Is it a database of this lock?
fn names(lock: &Lock, path: &Path) -> bool {
    lock.enabled && lock.kind == LockKind::Sqlite && lock.paths.iter().any(|pattern| fits(pattern, path))
}

/// One thing that is wrong with the databases of a lock.
struct Wrong {
    path: PathBuf,
    severity: Severity,
    what: String,
    left: String,
    next: String,
}

/// The worst first.
fn wrong(config: &Config, lock: &Lock, history: &History, now: &Moment) -> Vec<Wrong> {
    let heal = config.call_anywhere();
    let databases = &history.databases;
    let ailing = databases.ailing.iter().map(|(path, ailing)| (Path::new(path), ailing));
    let ailing = ailing.filter(|(path, ailing)| names(lock, path) && is_same(path, ailing)).map(|(path, ailing)| {
        let (Unrecovered { damaged, why, .. }, next) = (&ailing.last, waits(path, ailing, now));
        let again = next.map_or_else(|| "the next tick tries again".to_owned(), |next| format!("it is tried again at {next}"));
        let (severity, left) = if *damaged {
            let mend = "heal does not mend what is damaged: put a sound copy in its place, or what `sqlite3 … .recover` makes of it";
            (Severity::Critical, format!("{mend}; {again}"))
        } else {
            (Severity::Warning, again)
        };
        // The place is said already.
        let what = why.strip_prefix(&*path.to_string_lossy()).map_or(why.as_str(), str::trim_start);
        let what = what.strip_prefix("is ").unwrap_or(what).to_owned();
        Wrong { path: path.to_owned(), severity, what, left, next: format!("{heal} clean-locks {}", lock.name) }
    });
    let remains = databases.remains.iter().map(|(kept, path)| (Path::new(kept), Path::new(path)));
    let remains = remains.filter(|(kept, path)| names(lock, path) && !is_gone(kept)).map(|(kept, path)| Wrong {
        path: path.to_owned(),
        severity: Severity::Warning,
        what: format!("the database was gone, and what was left of it is kept as {}", kept.display()),
        left: "what is kept of it waits for a person: until it is brought back, or taken away there".to_owned(),
        next: format!("{heal} undo --list"),
    });
    let mut all: Vec<Wrong> = ailing.chain(remains).collect();
    all.sort_by_key(|wrong| std::cmp::Reverse(wrong.severity));
    all
}

/// What is said of one lock.
fn followed(config: &Config, lock: &Lock, history: &History, now: &Moment) -> Followed {
    let name = section(&lock.name);
    let all = wrong(config, lock, history, now);
    let more = if all.len() > 1 { format!(" (and {} more)", all.len() - 1) } else { String::new() };
    let worst = all.into_iter().next();
    let file = |wrong: &Wrong| wrong.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let probe = worst.as_ref().map_or_else(|| lock.kind.word().to_owned(), file);
    let finding = Finding {
        subject: format!("{name}/{probe}"),
        kind: "lock",
        verdict: worst.as_ref().map_or(Seen::Healthy, |wrong| Seen::Unhealthy(wrong.severity, Class::Resource)),
        summary: worst
            .as_ref()
            .map_or_else(|| "nothing is known to be wrong".to_owned(), |wrong| wrong.what.clone() + &more),
        evidence: Vec::new(),
        figures: Vec::new(),
        sign: Sign::Other,
        took_ms: 0,
    };
    let place = worst.as_ref().map_or_else(String::new, |wrong| format!("{}: ", config.short(&wrong.path)));
    let (left, next) = worst.map(|wrong| (wrong.left, wrong.next)).unzip();
    Followed { name, finding, place, left, next: next.unwrap_or_default() }
}

fn of_databases<'c>(config: &'c Config, options: &Options) -> impl Iterator<Item = &'c Lock> {
    let asked = |lock: &&Lock| lock.enabled && lock.kind == LockKind::Sqlite && options.asks(lock.service.as_deref());
    config.locks.iter().filter(asked)
}

/// What is wrong is trouble like that of a service: it begins, it is told, it ends after a while of health.
///
/// # Errors
/// The journal cannot be written.
pub(in crate::pipeline) fn follow_all(
    config: &Config,
    options: &Options,
    looker: &Looker<'_>,
    journal: &mut Journal,
    report: &mut Report,
) -> Result<()> {
    for lock in of_databases(config, options) {
        let followed = followed(config, lock, journal.history(), &looker.now);
        report.subjects.extend(follow(looker, followed, journal)?);
    }
    Ok(())
}

/// For those who only look: what is known by the past, and still so.
pub(in crate::pipeline) fn glance(
    config: &Config,
    options: &Options,
    history: &History,
    now: &Moment,
    report: &mut Report,
) {
    if history.databases.is_empty() {
        return;
    }
    for lock in of_databases(config, options) {
        let Followed { name, finding, place, left, next } = followed(config, lock, history, now);
        let Seen::Unhealthy(severity, class) = finding.verdict else { continue };
        let level = if severity == Severity::Critical { Level::Unhealthy } else { Level::Degraded };
        let standing = Standing { level, class: Some(class), summary: place + &finding.summary };
        let incident = Trouble::of(history.service(&name), now);
        let mut subject = Subject::said(&name, standing, left.unwrap_or_default(), incident, Some(next));
        subject.findings = vec![finding];
        report.subjects.push(subject);
    }
}
