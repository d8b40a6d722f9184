//! What is true now, without reading everything again? The journal's fold up to a place in it; torn or missing, it is rebuilt.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{DataDir, files};
use crate::error::{Error, Kind, Result};
use crate::host;
use crate::model::disturbance::{Disturbance, Reading};
use crate::model::event::FORMAT;
use crate::model::{Entry, History, Stamp};

/// A line of the journal beyond this is not one of ours (FAULTS §4.28).
const LINE_LIMIT: u64 = 1024 * 1024;

/// A snapshot beyond this is rebuilt.
const SNAPSHOT_LIMIT: u64 = 64 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Snapshot {
    v: u32,
    /// The journal file that it reaches into, and how far.
    file: String,
    offset: u64,
    history: History,
}

/// What was remembered.
#[derive(Debug, Default)]
pub struct Past {
    /// The fold.
    pub history: History,
    /// Lines that could not be read: torn by a crash, or not ours.
    pub skipped: u64,
    /// A line of a newer format was met: do not write.
    pub newer: bool,
    /// The last file that was read, and the end of its last whole line.
    position: Option<(String, u64)>,
}

/// Reads the history. A data directory that is not there yet has none.
///
/// # Errors
/// The journal is there and cannot be read.
pub fn past(dir: &DataDir) -> Result<Past> {
    let files = days(dir)?;
    let (mut past, start) = match load(dir) {
        Some(snapshot) if covers(&snapshot, &files) => {
            (Past { history: snapshot.history, ..Past::default() }, Some((snapshot.file, snapshot.offset)))
        }
        _ => (Past::default(), None),
    };
    for path in files {
        let name = name(&path);
        let from = match &start {
            Some((file, _)) if name < *file => continue,
            Some((file, offset)) if name == *file => *offset,
            _ => 0,
        };
        read(&path, from, &mut past).map_err(|error| {
            Error::io(format_args!("cannot read the journal {}", path.display()), error).of_kind(Kind::Io)
        })?;
    }
    Ok(past)
}

/// A snapshot counts only if the file that it reaches into is at least that long.
fn covers(snapshot: &Snapshot, files: &[PathBuf]) -> bool {
    snapshot.v == FORMAT
        && files.iter().any(|path| {
            name(path) == snapshot.file && std::fs::metadata(path).is_ok_and(|meta| meta.len() >= snapshot.offset)
        })
}

fn load(dir: &DataDir) -> Option<Snapshot> {
    serde_json::from_slice(&host::files::read(&dir.snapshot(), SNAPSHOT_LIMIT).ok()?).ok()
}

/// How long the journal is kept (DESIGN §5).
const KEPT_DAYS: i64 = 90;

/// Removes the files of the journal that are older than [`KEPT_DAYS`]; what cannot be removed stays for another day.
pub(super) fn forget(dir: &DataDir, now: Stamp) {
    let oldest = (now - chrono::TimeDelta::days(KEPT_DAYS)).format("%Y-%m-%d.jsonl").to_string();
    for path in days(dir).unwrap_or_default() {
        let name = name(&path);
        // Only what heal itself names so: another file in the folder is somebody else's.
        let ours = name.len() == oldest.len() && name.bytes().filter(u8::is_ascii_digit).count() == 8;
        if ours && name < oldest {
            let _ = files::remove(&path);
        }
    }
}

/// The files of the journal, oldest first.
fn days(dir: &DataDir) -> Result<Vec<PathBuf>> {
    let folder = dir.journal();
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(
                Error::io(format_args!("cannot read the journal {}", folder.display()), error).of_kind(Kind::Io)
            );
        }
    };
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    Ok(files)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn read(path: &Path, from: u64, past: &mut Past) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut end = from;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = std::io::Read::take(&mut reader, LINE_LIMIT).read_until(b'\n', &mut line)?;
        if count == 0 {
            past.position = Some((name(path), end));
            return Ok(());
        }
        let whole = line.ends_with(b"\n");
        let parsed = serde_json::from_slice::<Entry>(&line);
        // A torn tail is read again next time: by then it was closed with a newline, and counts as skipped. What is a
        // whole event already, or only a part of a line beyond the limit, must not be read twice.
        if whole || parsed.is_ok() || count as u64 == LINE_LIMIT {
            end += count as u64;
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match parsed {
            Ok(entry) => {
                past.newer |= entry.v > FORMAT;
                past.history.apply(&entry);
            }
            Err(_) => {
                past.newer |= is_newer(&line);
                past.skipped += 1;
            }
        }
    }
}

/// All that can be said of a line whose shape is not ours: who is newer may have changed everything but its version.
fn is_newer(line: &[u8]) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_slice(line).ok();
    value.and_then(|value| value.get("v")?.as_u64()).is_some_and(|v| v > u64::from(FORMAT))
}

/// Writes the snapshot. The journal is read once more from the last one: others may have written between our own lines,
/// and a snapshot that passed them over would forget them.
pub(super) fn save(dir: &DataDir) -> Result<()> {
    let past = past(dir)?;
    let Some((file, offset)) = past.position else { return Ok(()) };
    let snapshot = Snapshot { v: FORMAT, file, offset, history: past.history };
    let bytes = serde_json::to_vec(&snapshot).map_err(|error| Error::new(Kind::Bug, error.to_string()))?;
    let path = dir.snapshot();
    files::replace(&path, &bytes).map_err(|error| Error::io(format_args!("cannot write {}", path.display()), error))
}

/// When the last tick ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// When, by every clock.
    #[serde(flatten)]
    pub clocks: Reading,
    /// Its exit code.
    pub exit_code: u8,
    /// What makes files look older than they are, of late.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbed: Vec<Disturbance>,
}

impl LastRun {
    /// The stamp of the last tick; `None` when there is none, or it is torn.
    #[must_use]
    pub fn read(dir: &DataDir) -> Option<Self> {
        serde_json::from_slice(&host::files::read(&dir.last_run(), 4096).ok()?).ok()
    }

    /// Writes the stamp.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, dir: &DataDir) -> std::io::Result<()> {
        files::stamp(&dir.last_run(), &serde_json::to_string(self)?)
    }
}

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
