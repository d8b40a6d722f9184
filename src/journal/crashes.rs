//! What did the lives of the services come to? `crash_history.jsonl`: appended to by whoever sees a life begin or end, and
//! read backwards from its end, so that the cost is that of the window asked for, however long the file is.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::{DataDir, files};
use crate::error::{Error, Kind, Result};
use crate::host;
use crate::model::crash::{Crash, FORMAT, Turn};
use crate::model::event::Moment;
use crate::model::units::counted;

/// Read at once.
const BLOCK: u64 = 64 * 1024;

/// A line beyond this is not one of ours: a reason has its limit. It is passed over without being kept (FAULTS §3.61).
const LINE_LIMIT: usize = 64 * 1024;

/// No answer is worth reading more than this. It holds some 200,000 lines.
const MOST: u64 = 64 * 1024 * 1024;

/// Who wrote last need not be the latest: a clock may have been set between two boots. So many lines in a row that are too
/// old end the window; one that is too old by the clock of this boot ends it at once.
const OLD_IN_A_ROW: u32 = 32;

/// Adds one line: whole or not at all, under the lock of the file, on the disk before this returns if it is a crash.
///
/// # Errors
/// The data directory cannot be created or written.
pub fn append(dir: &DataDir, entry: &Crash) -> Result<()> {
    let line = serde_json::to_string(entry).map_err(|error| Error::new(Kind::Bug, error.to_string()))?;
    let path = dir.crash_history();
    let durable = entry.event == Turn::Crash;
    let written = match files::append_line(&path, &line, durable) {
        // The first one ever.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            dir.create()?;
            files::append_line(&path, &line, durable)
        }
        done => done,
    };
    written.map_err(|error| Error::unwritable(format_args!("cannot write {}", path.display()), error))
}

/// What reading came upon beside good lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Lines that say nothing: torn, glued, not JSON, too long, without what every line has.
    pub bad: u64,
    /// Lines of a newer heal.
    pub newer: u64,
    /// Lines whose time cannot be true: in the future, or before there was a heal.
    pub untimely: u64,
}

impl Passed {
    /// In words, for a person; `None` when there is nothing to say.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let part = |count: u64, what: &str| (count > 0).then(|| format!("{} {what}", counted(count, "line")));
        let parts = [
            part(self.bad, "cannot be read"),
            part(self.newer, "written by a newer heal"),
            part(self.untimely, "of a time that cannot be true"),
        ];
        let said: Vec<String> = parts.into_iter().flatten().collect();
        (!said.is_empty()).then(|| format!("{} passed over", said.join(", ")))
    }
}

/// The lines from the newest backwards.
#[derive(Debug)]
pub struct Backwards<R = File> {
    file: Option<R>,
    /// Everything from here on was read.
    from: u64,
    /// Where reading began.
    end: u64,
    /// The beginning of the file that was read and not yet handed out: bytes before the next line's end.
    held: Vec<u8>,
    /// The line under way is too long to be kept.
    too_long: bool,
    /// What was passed over.
    pub passed: Passed,
    now: Moment,
}

/// Opens the history. A data directory or a file that is not there has no lines.
///
/// # Errors
/// It is there, and cannot be read, or is no regular file.
pub fn backwards(dir: &DataDir, now: Moment) -> Result<Backwards> {
    let path = dir.crash_history();
    let unread = |why: &dyn std::fmt::Display| {
        Error::new(Kind::Io, format!("the crash history {} cannot be read: {why}", path.display()))
            .hint("put it right, or move it aside: heal then begins a new one")
    };
    let opened = match host::files::open(&path) {
        Ok((file, meta)) if meta.is_file() => Some((file, meta.len())),
        Ok(_) => return Err(unread(&"it is not a regular file")),
        Err(host::files::Unread::Missing) => None,
        Err(why) => return Err(unread(&why)),
    };
    let (file, end) = opened.map_or((None, 0), |(file, end)| (Some(file), end));
    Ok(Backwards { file, from: end, end, held: Vec::new(), too_long: false, passed: Passed::default(), now })
}

impl<R: Read + Seek> Backwards<R> {
    /// Was the file read to its beginning?
    #[must_use]
    pub fn whole(&self) -> bool {
        self.from == 0 && self.held.is_empty()
    }

    /// How many bytes were read.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.end - self.from
    }

    /// The next older line that says something, and how old it is in milliseconds. `None`: there is none, or it is further
    /// back than is read.
    ///
    /// # Errors
    /// The system's.
    pub fn older(&mut self) -> Result<Option<(Crash, i64)>> {
        while let Some(line) = self.line().map_err(|error| Error::io("cannot read the crash history", error))? {
            let line = line.trim_ascii();
            if line.is_empty() {
                continue;
            }
            match serde_json::from_slice::<Crash>(line) {
                Ok(entry) if entry.v > FORMAT => self.passed.newer += 1,
                Ok(entry) => match entry.moment.age_ms(&self.now) {
                    Some(age) => return Ok(Some((entry, age))),
                    None => self.passed.untimely += 1,
                },
                Err(_) => self.passed.bad += 1,
            }
        }
        Ok(None)
    }

    /// The bytes of the next older line, without its end. One that is too long is passed over.
    fn line(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(at) = self.held.iter().rposition(|byte| *byte == b'\n') {
                let line = self.held.split_off(at + 1);
                self.held.pop();
                if self.is_kept(&line) {
                    return Ok(Some(line));
                }
                continue;
            }
            if self.held.len() > LINE_LIMIT {
                self.held.clear();
                self.too_long = true;
            }
            if self.from == 0 {
                let line = std::mem::take(&mut self.held);
                let kept = self.is_kept(&line);
                return Ok(Some(line).filter(|line| kept && !line.is_empty()));
            }
            if self.read() >= MOST || !self.block()? {
                return Ok(None);
            }
        }
    }

    /// Counts a line that was too long, and lets the next one be judged anew.
    fn is_kept(&mut self, line: &[u8]) -> bool {
        let too_long = std::mem::take(&mut self.too_long) || line.len() > LINE_LIMIT;
        self.passed.bad += u64::from(too_long);
        !too_long
    }

    /// Puts the block before what is held in front of it.
    fn block(&mut self) -> io::Result<bool> {
        let Some(file) = &mut self.file else { return Ok(false) };
        let size = self.from.min(BLOCK);
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        file.seek(SeekFrom::Start(self.from - size))?;
        file.read_exact(&mut bytes)?;
        self.from -= size;
        bytes.append(&mut self.held);
        self.held = bytes;
        Ok(true)
    }
}

/// The entries of a while, oldest first, and whether all of it was read.
#[derive(Debug)]
pub struct Window {
    /// The entries.
    pub entries: Vec<Crash>,
    /// It was read as far as was asked: what is missing is older.
    pub covered: bool,
}

impl<R: Read + Seek> Backwards<R> {
    /// Everything younger than this, and at least one entry that is older, if there is one: it says what was before.
    ///
    /// # Errors
    /// The system's.
    pub fn window(&mut self, longest_ms: i64) -> Result<Window> {
        let mut entries = Vec::new();
        let (mut old, mut covered) = (0, false);
        while let Some((entry, age)) = self.older()? {
            let certain = entry.moment.boot == self.now.boot;
            old = if age > longest_ms { old + 1 } else { 0 };
            let ends = old > 0 && certain || old >= OLD_IN_A_ROW;
            entries.push(entry);
            if ends {
                covered = true;
                break;
            }
        }
        entries.reverse();
        Ok(Window { entries, covered: covered || self.whole() })
    }
}

#[cfg(any(test, fuzzing))]
#[path = "crashes_fuzz.rs"]
pub(crate) mod fuzz;

#[cfg(test)]
#[path = "crashes_tests.rs"]
mod tests;
