//! What is true now, without reading everything again? The journal's fold up to a place in it; torn or missing, it is rebuilt.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::days::{days, is_ours, names};
use super::{DataDir, files};
use crate::error::{Error, Kind, Result};
use crate::host;
use crate::model::disturbance::{Disturbance, Reading};
use crate::model::event::FORMAT;
use crate::model::searched::Searched;
use crate::model::status::Tick;
use crate::model::{Entry, History};

/// A line of the journal beyond this is not one of ours (FAULTS §4.28).
pub(super) const LINE_LIMIT: u64 = 1024 * 1024;

/// A snapshot beyond this is rebuilt.
const SNAPSHOT_LIMIT: u64 = 64 * 1024 * 1024;

#[derive(Serialize, Deserialize)]
struct Snapshot {
    v: u32,
    /// How far each file of the journal is in it.
    read: BTreeMap<String, u64>,
    history: History,
}

/// What was remembered.
#[derive(Debug, Default)]
pub struct Past {
    /// The fold.
    pub history: History,
    /// Lines that could not be read and that no snapshot covers, by file.
    unread: BTreeMap<PathBuf, Unread>,
    /// A line of a newer format was met: do not write.
    pub newer: bool,
    /// The end of the last whole line that was read, by file. Of every file: who wrote while the day turned may have
    /// written into the one before the newest.
    read: BTreeMap<String, u64>,
    /// The snapshot knows more than the files that are there: one was forgotten, or moved aside.
    beyond: bool,
}

impl Past {
    /// What a person should know about lines that could not be read.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        let mut said = Vec::new();
        for (path, unread) in &self.unread {
            let file = path.display();
            if unread.torn > 0 {
                let lines = lines(unread.torn);
                said.push(format!("{file}: {lines} torn, as by a crash or a full disk; heal goes on without"));
            }
            if unread.damaged > 0 {
                let lines = lines(unread.damaged);
                said.push(format!("{file}: {lines} damaged; heal acts again when the file is mended or moved aside"));
            }
        }
        said
    }

    /// Refuses to build on it: what cannot be read may have been an act that counts, or a hold.
    pub fn trusted(&self, dir: &DataDir) -> Result<()> {
        if self.newer {
            return Err(Error::new(Kind::Data, format!("{} was written by a newer heal", dir.journal().display()))
                .hint("install that version, or point `[project] data_dir` elsewhere"));
        }
        let Some((path, unread)) = self.unread.iter().find(|(_, unread)| unread.damaged > 0) else { return Ok(()) };
        let (file, lines) = (path.display(), lines(unread.damaged));
        Err(Error::new(Kind::Data, format!("the journal is damaged, so heal does not act: {file}: {lines} unreadable"))
            .hint(format!(
                "look at it, then `mv {file} {file}.damaged`: acts and holds that only it tells of count no more"
            )))
    }

    /// Does the journal say by now just what was read of it here?
    ///
    /// # Errors
    /// As [`past`].
    pub fn is_all(&self, dir: &DataDir) -> Result<bool> {
        let (names, folder) = (names(dir)?, dir.journal());
        let length = |name: &String| std::fs::metadata(folder.join(name)).ok().map(|meta| meta.len());
        let same = |name: &String| length(name) == self.read.get(name).copied();
        Ok(names.iter().eq(self.read.keys()) && names.iter().rev().take(LATE + 1).all(same))
    }

    /// Is there anything that a new snapshot would settle?
    pub(super) fn unsettled(&self) -> bool {
        self.beyond || !self.unread.is_empty()
    }
}

fn lines(count: u64) -> String {
    if count == 1 { "1 line is".to_owned() } else { format!("{count} lines are") }
}

/// Lines of one file that could not be read.
#[derive(Debug, Default)]
struct Unread {
    /// Begun and not finished: a crash, or a full disk. Nothing was done that depends on such a line, because it was not
    /// on the disk; so it is told, and stops nobody.
    torn: u64,
    /// Anything else. Whole lines were changed or overwritten, and nobody knows what they said.
    damaged: u64,
}

/// Reads the history. A data directory that is not there yet has none.
///
/// # Errors
/// The journal is there and cannot be read.
pub fn past(dir: &DataDir) -> Result<Past> {
    let (names, snapshot, folder) = (names(dir)?, load(dir), dir.journal());
    let settled = snapshot.as_ref().map_or(0, |snapshot| settled(snapshot, &names));
    let ask = |(place, name): (usize, String)| {
        let length = (place >= settled).then(|| std::fs::metadata(folder.join(&name)).ok().map(|meta| meta.len()));
        Day { name, length: length.flatten() }
    };
    let files: Vec<Day> = names.into_iter().enumerate().map(ask).collect();
    let mut past = match snapshot {
        Some(snapshot) if covers(&snapshot, &files) => {
            Past { history: snapshot.history, read: snapshot.read, ..Past::default() }
        }
        _ => Past::default(),
    };
    let known = past.read.len();
    past.read.retain(|file, _| files.binary_search_by(|day| day.name.cmp(file)).is_ok());
    past.beyond = past.read.len() < known;
    for (place, day) in files.into_iter().enumerate() {
        let from = past.read.get(&day.name).copied().unwrap_or(0);
        // Nothing new, as in all files but one.
        if from > 0 && (place < settled || day.length.is_some_and(|length| length <= from)) {
            continue;
        }
        let path = folder.join(&day.name);
        read(&path, from, &mut past).map_err(|error| {
            Error::io(format_args!("cannot read the journal {}", path.display()), error).of_kind(Kind::Io)
        })?;
    }
    Ok(past)
}

/// A file of the journal.
struct Day {
    name: String,
    /// How long it is, where that was asked.
    length: Option<u64>,
}

/// So many files before the newest that the snapshot knows may still grow: who wrote while the day turned wrote into the one before
/// it. The others are not asked for their length: ninety calls in each tick, to hear of nothing.
const LATE: usize = 3;

/// How many of these files, from the oldest on, does the snapshot hold for good?
fn settled(snapshot: &Snapshot, files: &[String]) -> usize {
    let Some((newest, _)) = snapshot.read.last_key_value() else { return 0 };
    files.partition_point(|name| name < newest).saturating_sub(LATE)
}

/// A snapshot counts unless the journal contradicts it: the newest file that it knows is shorter than it was, or there is
/// one that came before it and that it does not know. A file that is gone is no contradiction: the snapshot is then all
/// that is left of it.
fn covers(snapshot: &Snapshot, files: &[Day]) -> bool {
    let newest = snapshot.read.last_key_value();
    let fits = |day: &Day| match newest.map(|(newest, offset)| (day.name.cmp(newest), offset)) {
        Some((Ordering::Less, _)) => snapshot.read.contains_key(&day.name),
        Some((Ordering::Equal, offset)) => day.length.is_some_and(|length| length >= *offset),
        Some((Ordering::Greater, _)) | None => true,
    };
    snapshot.v == FORMAT && files.iter().all(fits)
}

fn load(dir: &DataDir) -> Option<Snapshot> {
    serde_json::from_slice(&host::files::read(&dir.snapshot(), SNAPSHOT_LIMIT).ok()?).ok()
}

/// How many files of the journal are kept: days on which something was written (DESIGN §5). They are counted, never
/// compared with the clock: a clock that jumps makes one file more, and not all the others old.
const KEPT: usize = 90;

/// Removes the oldest files of the journal beyond [`KEPT`], once a snapshot holds what they say: what they began may still
/// be true. What cannot be removed stays for another day.
pub(super) fn forget(dir: &DataDir) {
    let files = days(dir).unwrap_or_default();
    let old = files.len().saturating_sub(KEPT);
    if old > 0 && save(dir).is_ok() && files::keep_name(&dir.snapshot()).is_ok() {
        for path in &files[..old] {
            let _ = files::remove(path);
        }
    }
}

pub(super) fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Every event of a journal, oldest first. Lines that are none are passed over.
///
/// # Errors
/// It is there and cannot be read.
pub(super) fn entries(dir: &DataDir) -> Result<Vec<Entry>> {
    let mut found = Vec::new();
    for path in days(dir)? {
        let text = std::fs::read(&path).map_err(|error| {
            Error::io(format_args!("cannot read the journal {}", path.display()), error).of_kind(Kind::Io)
        })?;
        found.extend(text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Entry>(line).ok()));
    }
    Ok(found)
}

fn read(path: &Path, from: u64, past: &mut Past) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    fold(BufReader::new(file), path, from, past)
}

/// Folds what this reader gives: `path` from byte `from` on.
fn fold(mut reader: impl BufRead, path: &Path, from: u64, past: &mut Past) -> std::io::Result<()> {
    let mut end = from;
    let mut line = Vec::new();
    loop {
        line.clear();
        let count = std::io::Read::take(&mut reader, LINE_LIMIT).read_until(b'\n', &mut line)?;
        if count == 0 {
            past.read.insert(name(path), end);
            return Ok(());
        }
        let (begin, whole) = (end, line.ends_with(b"\n"));
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
            Err(_) if is_newer(&line) => past.newer = true,
            Err(_) if is_torn(&line, begin) => {
                // One that is not closed yet may still be in the writing.
                if whole {
                    past.unread.entry(path.to_owned()).or_default().torn += 1;
                }
            }
            Err(_) => past.unread.entry(path.to_owned()).or_default().damaged += 1,
        }
    }
}

/// More than this was never on its way to the disk at once.
const TORN_LIMIT: usize = 64 * 1024;

/// Is this what a crash or a full disk leaves of a line: its beginning, or the zeros of a block that was never written?
/// What counts (acts, outcomes, holds) was on the disk before anything came of it, so it is not among these. Zeros at the
/// beginning of a file are none of a crash: the first line of a day is hardly ever the last before it.
fn is_torn(line: &[u8], begin: u64) -> bool {
    let text = line.trim_ascii_end();
    let zeros = text.iter().rev().take_while(|byte| **byte == 0).count();
    let text = &text[..text.len() - zeros];
    let head = format!("{{\"v\":{FORMAT},\"at\":");
    let begun = text.starts_with(head.as_bytes()) || head.as_bytes().starts_with(text);
    let unfinished = || serde_json::from_slice::<serde::de::IgnoredAny>(text).is_err_and(|error| error.is_eof());
    line.len() <= TORN_LIMIT && if text.is_empty() { begin > 0 } else { begun && unfinished() }
}

/// Is there a line in this file of the journal that is no JSON, and not what a crash leaves of one either? A file that was
/// moved aside, or is somebody else's, is none of the journal.
pub(super) fn is_damaged(name: &str, text: &[u8]) -> bool {
    let mut begin = 0;
    is_ours(name)
        && text.split(|byte| *byte == b'\n').any(|line| {
            let begun = begin;
            begin += line.len() as u64 + 1;
            let blank = line.iter().all(u8::is_ascii_whitespace);
            !blank && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err() && !is_torn(line, begun)
        })
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
    // What such a snapshot covered, nobody would ever ask for again.
    past.trusted(dir)?;
    let snapshot = Snapshot { v: FORMAT, read: past.read, history: past.history };
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
    /// How long it took. Unknown to stamps of older versions.
    #[serde(default)]
    pub took_ms: u64,
    /// Those before it, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Tick>,
    /// What makes files look older than they are, of late.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disturbed: Vec<Disturbance>,
    /// When all processes were last searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub searched: Option<Searched>,
    /// A sum of the last good configuration, as it was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub good: Option<u64>,
}

impl LastRun {
    /// It and those before it, newest first.
    #[must_use]
    pub fn ticks(&self) -> Vec<Tick> {
        let last = Tick { at: self.clocks.moment.at, exit_code: self.exit_code, took_ms: self.took_ms };
        [last].into_iter().chain(self.before.iter().cloned()).collect()
    }

    /// The stamp of the last tick; `None` when there is none, or it is torn.
    #[must_use]
    pub fn read(dir: &DataDir) -> Option<Self> {
        serde_json::from_slice(&host::files::read(&dir.last_run(), 16 * 1024).ok()?).ok()
    }

    /// Writes the stamp.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, dir: &DataDir) -> std::io::Result<()> {
        files::stamp(&dir.last_run(), &serde_json::to_string(self)?)
    }
}

#[cfg(any(test, fuzzing))]
#[path = "snapshot_fuzz.rs"]
pub(crate) mod fuzz;

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;
