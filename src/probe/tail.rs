//! What was added to a log since it was last read? Finds the place again after a rename, a copy with truncation, or a file
//! written anew, begins with another file (see [`super::anew`]), and reads whole lines from there. It never reads more than a look may cost, and says what it left; and it
//! never takes old lines for new ones.

use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirEntryExt, FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::anew::{self, Marks};
use crate::host::files::{self, Unread};

/// What one look reads at most; the next goes on.
pub(super) const MOST: u64 = 8 * 1024 * 1024;

/// A line is judged in pieces of this size.
const LINE: u64 = 64 * 1024;

/// Bytes before the place whose print tells whether it is still the same file, and not one that grew over it.
pub(super) const PRINTED: u64 = 256;

/// Line ends at which those bytes are searched in a file that was written anew.
const SEARCHED: usize = 64 * 1024;

/// Files that were renamed and may still be written to, until their writer opens the new one. More are forgotten.
const OLDER: usize = 4;

/// Entries of a folder in which a renamed file is searched.
pub(super) const ENTRIES: usize = 10_000;

/// Lines that nobody will ever read, or that are in a compressed file.
const GONE: &str = "the former file was removed before it was read to its end";

/// How far a file was read. A name may come to stand for another file, and an inode be given to a new one; the two and
/// the print of the last bytes together are the file that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    dev: u64,
    ino: u64,
    offset: u64,
    print: u64,
    /// Of the file that has the name; one that lost it is found by its inode or not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    marks: Option<Marks>,
}

/// How far a log was read: what a probe notes between two looks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Tail {
    /// The file of that name; `None` while there was none.
    current: Option<Place>,
    /// Files that once had the name: read once more, for what was still written into them.
    #[serde(default)]
    older: Vec<Place>,
}

/// What a look read.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Where the next look begins.
    pub(super) tail: Tail,
    /// Bytes that are there and were not read yet.
    pub(super) behind: u64,
    /// There is no file of that name now.
    pub(super) missing: bool,
    /// It is another file than was read, and nobody knows which of its lines are new: none of them was passed on.
    pub(super) lost: bool,
    /// What a person should know: lines that nobody will ever read.
    pub(super) remarks: Vec<&'static str>,
}

/// The end of the log, after its last whole line.
///
/// # Errors
/// Why it could not be looked at.
pub(super) fn end(path: &Path) -> Result<(Tail, bool), String> {
    let (file, meta) = match files::open(path) {
        Ok(opened) => opened,
        Err(Unread::Missing) => return Ok((Tail::default(), false)),
        Err(Unread::Failed(why)) => return Err(why),
    };
    let offset = after_last_line(&file, meta.len()).map_err(|error| error.to_string())?;
    let place = named(&file, offset).map_err(|error| error.to_string())?;
    Ok((Tail { current: Some(place), older: Vec::new() }, true))
}

/// Reads on, line by line, until `until` at the latest.
///
/// # Errors
/// Why the log could not be looked at. What it passed to `each` by then was seen, and will be seen again.
pub(super) fn follow(
    path: &Path,
    tail: &Tail,
    until: Instant,
    each: &mut dyn FnMut(&[u8]),
) -> Result<Progress, Unread> {
    let mut reading = Reading { left: MOST, until, each, progress: Progress::default() };
    let now = match files::open(path) {
        Ok(opened) => Some(opened),
        Err(Unread::Missing) => None,
        Err(failed) => return Err(failed),
    };
    let same = |place: &Place| now.as_ref().is_some_and(|(_, meta)| (meta.dev(), meta.ino()) == (place.dev, place.ino));
    for older in &tail.older {
        match find(path, older).filter(|_| !same(older)) {
            // Who wrote into it has opened the new one by now: what has no end will never have one.
            Some(file) => reading.older(&file, older, true)?,
            None => reading.progress.remarks.push("a former file was removed before it was read to its end"),
        }
    }
    let mut from = 0;
    match (&now, &tail.current) {
        (Some((file, meta)), Some(place)) => from = reading.resume(path, (file, meta), place, same(place))?,
        // It was renamed before the last look: what has the name now may have been made from it all the same.
        (Some((file, meta)), None) => {
            let copied = tail.older.last().filter(|older| !same(older));
            from = copied.and_then(|older| again(file, meta.len(), older)).unwrap_or(0);
        }
        (None, Some(place)) => match find(path, place) {
            Some(file) => reading.older(&file, place, false)?,
            // Its disk may not be there yet: when it comes, its old lines are old.
            None => {
                reading.progress.tail.current = Some(*place);
                reading.progress.remarks.push(GONE);
            }
        },
        (None, None) => {}
    }
    match &now {
        Some((file, _)) => {
            let (offset, behind) = reading.read(file, from, false)?;
            reading.progress.behind += behind;
            // Nearly always nothing was added.
            let known = tail.current.filter(|place| same(place) && place.offset == offset && from == offset);
            reading.progress.tail.current = Some(known.map_or_else(|| named(file, offset), Ok)?);
        }
        None => reading.progress.missing = true,
    }
    let older = &mut reading.progress.tail.older;
    older.drain(..older.len().saturating_sub(OLDER));
    Ok(reading.progress)
}

/// One look under way.
struct Reading<'e> {
    left: u64,
    until: Instant,
    each: &'e mut dyn FnMut(&[u8]),
    progress: Progress,
}

impl Reading<'_> {
    /// Where to go on in the file that has the name now. What was read once is never read again: after a plain rotation
    /// all of it is new; of a file that was trimmed, edited or copied, only what follows the last bytes that were read.
    /// Where those are not found, and it may be the same log all the same, nobody knows what is new, and it is watched from its
    /// end on.
    fn resume(
        &mut self,
        path: &Path,
        (file, meta): (&File, &Metadata),
        place: &Place,
        same: bool,
    ) -> std::io::Result<u64> {
        let len = meta.len();
        if same && fits(file, len, place) {
            return Ok(place.offset);
        }
        // Under another name now; or a copy, which has the lines that are gone here.
        let renamed = if same { None } else { find(path, place) };
        let is_copy = |copy: &File, len| same && place.offset > 0 && fits(copy, len, place);
        let copy = || files::open(&numbered(path)).ok().filter(|(copy, meta)| is_copy(copy, meta.len()));
        let former = renamed.or_else(|| copy().map(|(file, _)| file));
        let at = if fits(file, len, place) { Some(place.offset) } else { again(file, len, place) };
        let Some(former) = former else {
            return match at {
                Some(at) => Ok(at),
                None if !same && anew::is_another(path, (file, meta), place.offset, place.marks) => {
                    self.progress.remarks.push(GONE);
                    Ok(0)
                }
                None => self.lost(file, len),
            };
        };
        match at.filter(|at| begins_alike((&former, place.offset), (file, *at))) {
            // A backup was left behind: its lines are here as well.
            Some(at) => {
                if !same {
                    let end = former.metadata()?.len();
                    self.progress.tail.older.push(self::place(&former, end)?);
                }
                Ok(at)
            }
            None => {
                self.older(&former, place, same)?;
                Ok(if same { first_data(file) } else { 0 })
            }
        }
    }

    /// Nobody knows which of its lines are new.
    fn lost(&mut self, file: &File, len: u64) -> std::io::Result<u64> {
        self.progress.lost = true;
        self.progress.remarks.push("it was truncated or written anew; what is in it by now is not judged");
        after_last_line(file, len)
    }

    /// Reads a file that lost the name. It is kept in mind unless this was the last time that it is asked.
    fn older(&mut self, file: &File, place: &Place, last: bool) -> std::io::Result<()> {
        let (offset, behind) = self.read(file, place.offset, last)?;
        self.progress.behind += behind;
        if !last || behind > 0 {
            let place = self::place(file, offset)?;
            self.progress.tail.older.push(place);
        }
        Ok(())
    }

    /// Reads whole lines; where it came to, and how many bytes it left because its time or its measure was over. With
    /// `closed`, a last line without an end counts as one.
    fn read(&mut self, file: &File, from: u64, closed: bool) -> std::io::Result<(u64, u64)> {
        let mut reader = BufReader::with_capacity(64 * 1024, file);
        reader.seek(SeekFrom::Start(from))?;
        let (mut at, mut line) = (from, Vec::new());
        loop {
            if self.left == 0 || Instant::now() >= self.until {
                return Ok((at, file.metadata()?.len().saturating_sub(at)));
            }
            line.clear();
            let count = Read::take(&mut reader, LINE).read_until(b'\n', &mut line)? as u64;
            let whole = line.ends_with(b"\n") || count == LINE || closed;
            if count == 0 || !whole {
                return Ok((at, 0));
            }
            at += count;
            self.left = self.left.saturating_sub(count);
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            (self.each)(text.strip_suffix(b"\r").unwrap_or(text));
        }
    }
}

fn place(file: &File, offset: u64) -> std::io::Result<Place> {
    let meta = file.metadata()?;
    Ok(Place { dev: meta.dev(), ino: meta.ino(), offset, print: print(file, offset)?, marks: None })
}

/// The same in the file that has the name.
fn named(file: &File, offset: u64) -> std::io::Result<Place> {
    Ok(Place { marks: anew::marks(file, offset)?, ..place(file, offset)? })
}

/// The print of the bytes before a place.
fn print(file: &File, offset: u64) -> std::io::Result<u64> {
    let mut bytes = vec![0; usize::try_from(offset.min(PRINTED)).unwrap_or(0)];
    let from = offset - bytes.len() as u64;
    file.read_exact_at(&mut bytes, from)?;
    Ok(fnv(&bytes))
}

/// FNV-1a: the same in every version of heal, which the standard library's hash does not promise. It guards against
/// chance, not against people.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// Behind the last whole line: the beginning of a line that is being written belongs to what comes.
fn after_last_line(file: &File, len: u64) -> std::io::Result<u64> {
    let mut last = vec![0; usize::try_from(len.min(LINE)).unwrap_or(0)];
    let from = len - last.len() as u64;
    file.read_exact_at(&mut last, from)?;
    Ok(last.iter().rposition(|byte| *byte == b'\n').map_or(from, |at| from + at as u64 + 1))
}

/// Are the bytes before the place those that were read?
fn fits(file: &File, len: u64, place: &Place) -> bool {
    len >= place.offset && print(file, place.offset).is_ok_and(|print| print == place.print)
}

/// Where else in a file the last bytes end that were read: at the end of a line, and only if they are there once. A few
/// bytes are found anywhere; and of lines that repeat themselves nobody knows which was the last.
fn again(file: &File, len: u64, place: &Place) -> Option<u64> {
    if place.offset < PRINTED {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(len.min(MOST)).ok()?];
    let from = len - bytes.len() as u64;
    file.read_exact_at(&mut bytes, from).ok()?;
    let printed = usize::try_from(PRINTED).ok()?;
    let ends = bytes.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let mut fitting = ends
        .take(SEARCHED)
        .take_while(|end| *end >= printed)
        .filter(|end| fnv(&bytes[end - printed..*end]) == place.print);
    let at = fitting.next()?;
    fitting.next().is_none().then_some(from + at as u64)
}

/// Does all that was not read of the former file, as far as one piece shows, stand in this one as well?
fn begins_alike((former, at): (&File, u64), (file, from): (&File, u64)) -> bool {
    let piece = |file: &File, from: u64| {
        let mut reader = file;
        let mut bytes = Vec::new();
        reader.seek(SeekFrom::Start(from)).and_then(|_| reader.take(LINE).read_to_end(&mut bytes)).map(|_| bytes)
    };
    match (piece(former, at), piece(file, from)) {
        (Ok(former), Ok(here)) => here.starts_with(&former),
        _ => false,
    }
}

/// `app.log.1`, as nearly everybody names the file before this one.
fn numbered(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// The file of that place, under whatever name it has in the folder now. A compressed copy is another file, and is none.
fn find(path: &Path, place: &Place) -> Option<File> {
    let open = |path: &Path| {
        let (file, meta) = files::open(path).ok()?;
        let same = (meta.dev(), meta.ino()) == (place.dev, place.ino);
        (same && fits(&file, meta.len(), place)).then_some(file)
    };
    open(&numbered(path)).or_else(|| {
        let entries = std::fs::read_dir(path.parent()?).ok()?.flatten().take(ENTRIES);
        entries.filter(|entry| entry.ino() == place.ino).find_map(|entry| open(&entry.path()))
    })
}

/// Where a file begins that was truncated under a writer who goes on where he was: behind the hole.
fn first_data(file: &File) -> u64 {
    rustix::fs::seek(file, rustix::fs::SeekFrom::Data(0)).unwrap_or(0)
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
