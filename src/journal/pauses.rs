//! Which pauses are on? A ledger of small files, one for each pause, replaced whole, with a checksum inside. What is over is
//! over whether or not its file is still there; what cannot be read counts as a pause, because somebody may have meant one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{DataDir, RecoveryLock, files};
use crate::error::{Error, Kind, Result};
use crate::host::process::{self, Processes, is_alive};
use crate::host::{self, folders};
use crate::model::digest::sha256;
use crate::model::event::Moment;
use crate::model::pause::{Holder, MOST, Over};
use crate::model::{Pause, Paused, Stamp};

/// Version of the format. A newer one is not understood, and so counts as a pause.
const FORMAT: u32 = 1;

/// A file beyond this is none of ours.
const LIMIT: u64 = 64 * 1024;

/// What stands for "all services" in the name of a file; no service can be called so.
const ALL: &str = "@all";

#[derive(Serialize, Deserialize)]
struct Written {
    v: u32,
    #[serde(flatten)]
    pause: Pause,
}

/// What a file of the ledger says.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The name of the file.
    pub file: String,
    /// The service that it concerns; `None` for all of them.
    pub service: Option<String>,
    /// The pause; or why it cannot be read, and until when that counts as one.
    pub pause: std::result::Result<Pause, (String, Stamp)>,
}

/// The pauses of one moment.
#[derive(Clone, Debug)]
pub struct Pauses {
    now: Moment,
    /// Those that are on.
    pub on: Vec<Kept>,
    /// Files of those that are over, with the reason.
    pub over: Vec<(Kept, &'static str)>,
    /// The folder cannot be read: why.
    pub broken: Option<String>,
}

impl Pauses {
    /// Reads the ledger. Takes no lock and writes nothing.
    #[must_use]
    pub fn read(dir: &DataDir, now: &Moment, processes: &dyn Processes) -> Self {
        let folder = dir.pauses();
        let mut pauses = Self { now: now.clone(), on: Vec::new(), over: Vec::new(), broken: None };
        let names = match names(&folder) {
            Ok(names) => names,
            Err(error) => {
                pauses.broken = Some(format!("{} cannot be read: {error}", folder.display()));
                return pauses;
            }
        };
        if names.is_empty() {
            return pauses;
        }
        let namespace = process::namespace();
        let alive = |holder: &Holder| {
            // In another namespace the same number is another process.
            if holder.namespace == namespace { is_alive(processes, &holder.identity) } else { None }
        };
        for file in names {
            let Some(service) = service_of(&file) else { continue };
            let path = folder.join(&file);
            match load(&path, service.as_deref()) {
                Ok(pause) => {
                    let over = pause.over(now, alive).map(Over::why);
                    let kept = Kept { file, service, pause: Ok(pause) };
                    match over {
                        Some(why) => pauses.over.push((kept, why)),
                        None => pauses.on.push(kept),
                    }
                }
                // Removed since it was listed: over.
                Err(None) => {}
                Err(Some(why)) => {
                    let written = std::fs::symlink_metadata(&path).and_then(|meta| meta.modified());
                    let written = written.map_or(now.at, Stamp::from);
                    // No pause is longer, so none of it can be left. What comes from the future is no reason for more.
                    let left = chrono::TimeDelta::milliseconds(MOST.millis()) - (now.at - written).abs();
                    let kept = |until| Kept { file, service, pause: Err((why, until)) };
                    if left > chrono::TimeDelta::zero() {
                        pauses.on.push(kept(now.at + left));
                    } else {
                        pauses.over.push((kept(now.at), "it cannot be read, and is older than any pause can be"));
                    }
                }
            }
        }
        pauses
    }

    /// The pause that concerns this service: the one that lasts longest, but before all others what a person has to look at.
    #[must_use]
    pub fn of(&self, service: &str) -> Option<Paused> {
        self.of_others(service, &[])
    }

    /// The same, without those that end with one of these processes.
    #[must_use]
    pub fn of_others(&self, service: &str, ours: &[i32]) -> Option<Paused> {
        if let Some(why) = &self.broken {
            let (reason, by) = (why.clone(), None);
            return Some(Paused { reason, by, until: None, all: true, holder: None, unreadable: true });
        }
        let is_ours = |pause: &Pause| pause.holder.as_ref().is_some_and(|holder| ours.contains(&holder.identity.pid));
        let concerned = self.on.iter().filter(|kept| kept.service.as_deref().is_none_or(|name| name == service));
        let concerned = concerned.filter(|kept| !kept.pause.as_ref().is_ok_and(is_ours));
        let last = concerned.max_by_key(|kept| match &kept.pause {
            Ok(pause) => (false, pause.left_ms(&self.now)),
            Err(_) => (true, 0),
        });
        last.map(|kept| self.told(kept))
    }

    /// What a report says of it.
    #[must_use]
    pub fn told(&self, kept: &Kept) -> Paused {
        let all = kept.service.is_none();
        match &kept.pause {
            Ok(pause) => pause.told(&self.now),
            Err((why, until)) => {
                let (reason, until) = (why.clone(), Some(*until));
                Paused { reason, by: None, until, all, holder: None, unreadable: true }
            }
        }
    }
}

/// The ledger, open for changes: one writer at a time.
#[derive(Debug)]
pub struct Ledger {
    folder: PathBuf,
    _lock: RecoveryLock,
}

impl Ledger {
    /// Opens it, waiting at most so long for another writer. The data directory has to be there.
    ///
    /// # Errors
    /// Somebody else holds it all the time, or it cannot be written.
    pub fn open(dir: &DataDir, patience: Duration) -> Result<Self> {
        let folder = dir.pauses();
        if !folder.is_dir() {
            files::create_dir(&folder)
                .map_err(|error| Error::unwritable(format_args!("cannot create {}", folder.display()), error))?;
        }
        let lock = RecoveryLock::take_within(&dir.pauses_lock(), "changing the pauses", patience)?;
        // What a writer that was killed left half written: nobody else writes now.
        let torn = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for entry in torn.filter(|entry| entry.file_name().as_encoded_bytes().starts_with(b".")) {
            let _ = files::remove(&entry.path());
        }
        Ok(Self { folder, _lock: lock })
    }

    /// Keeps a pause. One of the same person's for the same service takes the place of the one before; one that ends with a
    /// command stands beside it.
    ///
    /// # Errors
    /// It cannot be written; what was there is there still.
    pub fn put(&self, pause: &Pause) -> Result<String> {
        let file = file_of(pause);
        let path = self.folder.join(&file);
        let text = serde_json::to_string(&Written { v: FORMAT, pause: pause.clone() })
            .map_err(|error| Error::new(Kind::Bug, format!("a pause cannot be written as JSON: {error}")))?;
        let text = format!("{text}\n{}\n", sum(&text));
        files::replace(&path, text.as_bytes())
            .map_err(|error| Error::unwritable(format_args!("cannot write {}", path.display()), error))?;
        Ok(file)
    }

    /// Removes the file of a pause. That it is gone already is as well.
    ///
    /// # Errors
    /// It cannot be removed: then it is still on.
    pub fn remove(&self, file: &str) -> Result<()> {
        let path = self.folder.join(file);
        match files::remove(&path).and_then(|()| files::keep_name(&path)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::unwritable(format_args!("cannot remove {}", path.display()), error))
            }
            _ => Ok(()),
        }
    }
}

/// What is in the folder. Listed twice: of a file that is replaced just then, one pass may see neither the old nor the new.
fn names(folder: &Path) -> std::io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for _ in 0..2 {
        match folders::names(folder) {
            Ok(found) => names.extend(found.into_iter().filter_map(|name| name.into_string().ok())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(names),
            Err(error) => return Err(error),
        }
    }
    Ok(names)
}

/// `bot.json`, `@all.json`, or with the process that it ends with: `bot@4711.123456.json`.
fn file_of(pause: &Pause) -> String {
    let mut name = pause.service.clone().unwrap_or_else(|| ALL.to_owned());
    if let Some(holder) = &pause.holder {
        let _ = write!(name, "@{}.{}", holder.identity.pid, holder.identity.start);
    }
    name + ".json"
}

/// The service that a file of this name concerns, `Some(None)` for all. `None`: it is no name of ours.
fn service_of(file: &str) -> Option<Option<String>> {
    let stem = file.strip_suffix(".json").filter(|_| !file.starts_with('.'))?;
    let at = stem.char_indices().skip(1).find(|(_, c)| *c == '@').map_or(stem.len(), |(at, _)| at);
    let name = &stem[..at];
    Some((name != ALL).then(|| name.to_owned()))
}

/// Reads one; `Err(None)` when there is none.
fn load(path: &Path, service: Option<&str>) -> std::result::Result<Pause, Option<String>> {
    let bad = |why: &str| Some(format!("{} cannot be read: {why}", path.display()));
    let bytes = match host::files::read(path, LIMIT) {
        Ok(bytes) => bytes,
        Err(_) if std::fs::symlink_metadata(path).is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) => {
            return Err(None);
        }
        Err(unread) => return Err(bad(&unread.to_string())),
    };
    let text = String::from_utf8(bytes).map_err(|_| bad("it is not text"))?;
    let mut lines = text.lines();
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return Err(bad("it is torn")) };
    if sum(first) != second {
        return Err(bad("its checksum does not fit, so it was torn or changed"));
    }
    let written: Written = serde_json::from_str(first).map_err(|error| bad(&error.to_string()))?;
    if written.v > FORMAT {
        return Err(bad("a newer heal wrote it"));
    }
    if written.pause.service.as_deref() != service {
        return Err(bad("it is the pause of another service"));
    }
    Ok(written.pause)
}

fn sum(text: &str) -> String {
    format!("sha256 {}", sha256(text.as_bytes()))
}

#[cfg(test)]
#[path = "pauses_tests.rs"]
mod tests;
