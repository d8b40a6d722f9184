//! Who learns that heal.toml is broken? Nothing is looked at and nothing is done then; but the channels of the last good copy
//! are told, once a day, because nobody reads the mail of cron (FAILURES F6).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::emergency::{substitute, substitute_for};
use super::tell;
use crate::config::{self, Config, Origin};
use crate::error::{Error, Kind};
use crate::host::{clock, trust};
use crate::journal::{DataDir, LastGood, RecoveryLock, ToldBroken};
use crate::model::alert::Message;
use crate::model::event::Notice;
use crate::model::report::Delivery;
use crate::model::{Report, Severity, Span};

/// Once a day (DESIGN §4).
const AGAIN: Span = Span::secs(24 * 3600);

/// Faults that the message names; `heal config check` names all.
const NAMED: usize = 5;

/// Folders beside heal.toml that are searched for its data directory when it cannot be read from the broken file.
const SEARCHED: usize = 200;

/// Tells that the configuration is refused. Answers with what was delivered and what was not.
#[must_use]
pub fn tell_broken(origin: &Origin, error: &Error) -> Vec<Delivery> {
    if error.kind != Kind::Config {
        return Vec::new();
    }
    let Ok(path) = origin.find() else { return Vec::new() };
    let Some((dir, config)) = remembered(origin, &path) else { return Vec::new() };
    // Where it cannot be written that somebody was told, it would be told every minute.
    writable([Some(dir), substitute(&path)]).map_or_else(Vec::new, |notes| tell_once(&config, None, error, &notes))
}

/// Tells that the data directory of this configuration is refused: then nothing in it can be believed, and nothing is healed.
#[must_use]
pub fn tell_refused(config: &Config, error: &Error) -> Vec<Delivery> {
    if error.kind != Kind::Config {
        return Vec::new();
    }
    let notes = writable([substitute_for(config), None]);
    notes.map_or_else(Vec::new, |notes| tell_once(config, Some("the data directory"), error, &notes))
}

/// Who was not told since a day is told.
fn tell_once(config: &Config, what: Option<&str>, error: &Error, notes: &DataDir) -> Vec<Delivery> {
    let Ok(_lock) = RecoveryLock::take(&notes.telling(), "telling") else { return Vec::new() };
    let mut told = ToldBroken { what: what.map(str::to_owned), ..ToldBroken::read(notes).unwrap_or_default() };
    let now = clock::now();
    let fresh = |last: &crate::model::event::Moment| now.since(last) < AGAIN.millis();
    told.told.retain(|_, last| fresh(last));
    let (wrong, command) = match what {
        None => ("heal.toml is broken".to_owned(), "config check"),
        Some(what) => (format!("{what} is refused"), "doctor"),
    };
    let title = format!("{wrong}: nothing is watched or healed");
    let message = message(config, (title, command), error, Notice::Misconfigured);
    let deliveries = tell::broadcast(config, notes, &message, |channel| !told.told.contains_key(channel));
    let reached = deliveries.iter().filter(|delivery| delivery.failure.is_none());
    told.told.extend(reached.map(|delivery| (delivery.channel.clone(), now.clone())));
    let _ = told.write(notes);
    deliveries
}

/// The last good copy of a configuration that is refused for what stands in it.
#[must_use]
pub fn last_good(origin: &Origin, error: &Error) -> Option<Config> {
    let broken = error.kind == Kind::Config && !error.faults.is_empty();
    remembered(origin, &origin.find().ok().filter(|_| broken)?).map(|(_, config)| config)
}

/// Keeps this configuration as the last good one; `known` is the sum of what was kept when a tick last looked. Answers with
/// the sum of what is kept now.
pub(super) fn keep(config: &Config, known: Option<u64>, dir: &DataDir, report: &mut Report) -> Option<u64> {
    let path = config.whole_path();
    let mut sum = DefaultHasher::new();
    (&path, &config.text).hash(&mut sum);
    let sum = Some(sum.finish());
    if known == sum && LastGood::is_there(dir) {
        return sum;
    }
    let good = LastGood { path, text: config.text.clone() };
    match good.keep(dir) {
        Ok(()) => sum,
        Err(error) => {
            report.warnings.push(format!("cannot write {}: {error}", dir.last_good().display()));
            None
        }
    }
}

/// Tells those who heard of a broken configuration that it is right again.
pub(super) fn is_right_again(config: &Config, dirs: [Option<&DataDir>; 2], report: &mut Report) {
    for notes in dirs.into_iter().flatten() {
        let Some(told) = ToldBroken::read(notes) else { continue };
        let title = format!("{} is right again", told.what.as_deref().unwrap_or(config::FILE));
        let over = Error::new(Kind::Config, title.clone());
        let message = message(config, (title, ""), &over, Notice::Recovered);
        let mut deliveries = tell::broadcast(config, notes, &message, |channel| told.told.contains_key(channel));
        report.alerts.append(&mut deliveries);
        let _ = ToldBroken::forget(notes);
    }
}

fn message(config: &Config, (title, command): (String, &str), error: &Error, notice: Notice) -> Message {
    let broken = notice == Notice::Misconfigured;
    let faults = error.faults.iter().take(NAMED).map(|fault| (fault.place.clone(), fault.message.clone()));
    let mut details = vec![("what".to_owned(), error.to_string())];
    details.extend(faults);
    let command = format!("{} {command}", config.call_anywhere());
    Message {
        severity: if broken { Severity::Critical } else { Severity::Info },
        notice,
        project: config.name.clone(),
        host: clock::hostname(),
        service: config::FILE.to_owned(),
        incident: format!("{}/{}", config::FILE, clock::now().at.format("%Y-%m-%d")),
        fingerprint: String::new(),
        title,
        details: if broken { details } else { Vec::new() },
        action_required: broken.then_some(command),
        since: clock::now().at,
        at: clock::now().at,
    }
}

/// The data directory and the last good configuration of this file.
fn remembered(origin: &Origin, path: &Path) -> Option<(DataDir, Config)> {
    let root = std::fs::canonicalize(path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new(".")))
        .ok()?;
    let beside = || {
        let folders = std::fs::read_dir(&root).into_iter().flatten().flatten().take(SEARCHED);
        folders.map(|entry| entry.path()).filter(|path| path.is_dir())
    };
    // A file that is refused because somebody else may write it names nothing; nor does what stands in a folder of theirs.
    let ours = |path: &Path| std::fs::metadata(path).is_ok_and(|meta| trust::check(&meta).is_ok());
    let theirs = path.exists() && !ours(path);
    if theirs && !ours(&root) {
        return None;
    }
    let named: Option<PathBuf> = config::data_dir_of(path, &root).filter(|_| !theirs);
    let candidates = named.into_iter().chain([root.join("data")]).chain(beside());
    candidates.map(DataDir::at).find_map(|dir| {
        let good = LastGood::read(&dir).filter(|good| good.path == config::whole_path(path, &root))?;
        let config = origin.recall(path, &root, &good.text)?;
        // A copy that names another directory is not of this one.
        (config.data_dir == dir.root()).then_some((dir, config))
    })
}

/// Where it can be written down who was told.
fn writable(places: [Option<DataDir>; 2]) -> Option<DataDir> {
    let can = |dir: &DataDir| dir.create().is_ok() && ToldBroken::read(dir).unwrap_or_default().write(dir).is_ok();
    places.into_iter().flatten().find(can)
}
