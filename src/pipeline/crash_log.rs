//! What does a script know about a life that heal did not see? One line of the crash history, with the release that the
//! last start before it recorded; what is checked out by now says nothing about what ran.

use crate::config::{Config, Watched};
use crate::error::Result;
use crate::host::{clock, release};
use crate::journal::{DataDir, crashes};
use crate::model::crash::{Crash, Turn, by_exit_code};

/// How far back the last start of a service is looked for: many thousand lines.
const SEARCH: u64 = 4 * 1024 * 1024;

/// A tick that looked in the moment between the end and the script's word for it has written it down already.
const SAME: i64 = 5_000;

/// What a script says.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What happened; `None`: it ended, and the exit code tells how.
    pub turn: Option<Turn>,
    /// The full id of the commit that ran.
    pub release: Option<String>,
    /// The exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Why, redacted and cut.
    pub reason: Option<String>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Logged {
    /// The line.
    pub entry: Crash,
    /// A tick had written it down: nothing was added.
    pub twice: bool,
    /// Why its release is not known.
    pub unknown: Option<String>,
}

/// Writes one line.
///
/// # Errors
/// It cannot be written.
pub fn log(config: &Config, watched: &Watched, said: Said) -> Result<Logged> {
    let dir = DataDir::at(config.data_dir.clone());
    let now = clock::now();
    let (turn, why) = match (said.turn, said.exit_code) {
        (Some(turn), _) => (turn, None),
        (None, Some(code)) => by_exit_code(code, &watched.service.rules.hold_on_exit),
        (None, None) => (Turn::Crash, None),
    };
    let mut entry = Crash::new(turn, watched.name(), now.clone());
    entry.exit_code = said.exit_code;
    entry.signal = said.signal;
    entry.reason = said.reason.or(why);
    // A history that cannot be read knows no start; whether it can be written is seen below.
    let last = last(&dir, watched.name()).unwrap_or_default();
    let mut unknown = None;
    entry = match (said.release, turn, last) {
        (Some(id), ..) => {
            let at = release::describe(&config.root, &id).ok().flatten().map(|release| release.at);
            entry.of(Some(id), at)
        }
        (None, Turn::Start, _) => match release::head(&config.root) {
            Ok(Some(head)) => entry.of(Some(head.id), Some(head.at)),
            Ok(None) => {
                unknown = Some(format!("{} is in no git repository", config.root.display()));
                entry
            }
            Err(why) => {
                unknown = Some(why);
                entry
            }
        },
        (None, _, Some((start, age))) if start.event == Turn::Start => {
            let uptime_ms = Some(age.saturating_add(start.uptime_ms.unwrap_or(0)));
            Crash { uptime_ms, ..entry.of(start.release, start.release_at) }
        }
        (None, _, Some((end, age))) if end.life.is_some() && age < SAME => {
            return Ok(Logged { entry: end, twice: true, unknown: None });
        }
        (None, ..) => {
            unknown = Some("its start is not on record".to_owned());
            entry
        }
    };
    crashes::append(&dir, &entry)?;
    Ok(Logged { entry, twice: false, unknown })
}

/// The newest line about a service, and its age in milliseconds.
fn last(dir: &DataDir, service: &str) -> Result<Option<(Crash, i64)>> {
    let mut lines = crashes::backwards(dir, clock::now())?;
    while let Some((entry, age)) = lines.older()? {
        if entry.service == service {
            return Ok(Some((entry, age)));
        }
        if lines.read() > SEARCH {
            break;
        }
    }
    Ok(None)
}

/// The lines of the last while, newest first.
#[derive(Clone, Debug)]
pub struct Told {
    /// The lines.
    pub entries: Vec<Crash>,
    /// There are more of that time than are read.
    pub cut: bool,
    /// What a person should know about the history itself.
    pub warnings: Vec<String>,
}

/// What happened within so many milliseconds, of these services; of all when none is named, those no longer declared too.
///
/// # Errors
/// The history is there and cannot be read.
pub fn told(config: &Config, only: &[String], since_ms: i64) -> Result<Told> {
    let dir = DataDir::at(config.data_dir.clone());
    let now = clock::now();
    let mut lines = crashes::backwards(&dir, now.clone())?;
    let mut window = lines.window(since_ms)?;
    window.entries.retain(|entry| {
        let asked = only.is_empty() || only.contains(&entry.service);
        asked && entry.moment.age_ms(&now).is_some_and(|age| age <= since_ms)
    });
    window.entries.reverse();
    let warnings = lines.passed.words().map(|said| format!("{}: {said}", dir.crash_history().display()));
    Ok(Told { entries: window.entries, cut: !window.covered, warnings: warnings.into_iter().collect() })
}
