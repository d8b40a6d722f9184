//! Is the content of this file right? Read without waiting for anybody, bounded in size and depth; first the bytes, then what the
//! template, the schema and the invariants say. Nothing here writes, and what could not be looked at is unknown.

mod bytes;
mod invariant;
mod layout;
mod lines;
mod offenders;
mod scan;
mod schema;
mod toml;

use std::borrow::Cow;
use std::fs::{File, Metadata};
use std::io::{BufReader, Read as _, Seek as _};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::host::files::{self, Unread};
use crate::model::state::{Format, Judged, Mark, Problem, StateFile, Trouble, Verdict};
use crate::model::{Bytes, FileId};
pub use layout::{look as layout, uid_of};

/// How often a file that changes while it is read is read anew.
const TRIES: usize = 3;

/// What the streaming reader asks for at once.
const PIECE: usize = 64 * 1024;

/// A document up to here is read as a whole.
const SHORT: u64 = 8 * 1024 * 1024;

/// The JSON text of the state of a name, as an invariant sees it; `None` where it cannot be had.
pub type Others<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What was read of a file.
#[derive(Debug)]
pub struct Read {
    /// Which file it was; `None` where nothing could be opened.
    pub mark: Option<Mark>,
    /// All of it; `None` where it could not be read whole.
    pub bytes: Option<Vec<u8>>,
    /// Why it could not.
    pub troubles: Vec<Trouble>,
}

/// Reads a whole file, as it was at one moment.
#[must_use]
pub fn read(file: &StateFile) -> Read {
    read_at(&file.path, file.max_size)
}

/// As [`read`], of a file of which nothing is declared but how large it may be.
#[must_use]
pub fn read_at(path: &Path, max_size: Bytes) -> Read {
    let (mark, read) = settled(path, max_size, |mut opened, meta| {
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0).saturating_add(1));
        // A file that grows meanwhile is one that changes, and not more to keep.
        let limit = meta.len().saturating_add(1);
        opened.by_ref().take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes)
    });
    match read {
        Ok(bytes) => Read { mark, bytes: Some(bytes), troubles: Vec::new() },
        Err(trouble) => Read { mark, bytes: None, troubles: vec![trouble] },
    }
}

/// Looks at a file and judges it.
#[must_use]
pub fn judge(file: &StateFile, others: Others<'_>) -> Judged {
    judge_in_pieces(file, others, SHORT)
}

/// As [`judge`]; of what nothing else has to be known, only what has at most `short` bytes is held in memory as a whole.
#[must_use]
pub fn judge_in_pieces(file: &StateFile, others: Others<'_>, short: u64) -> Judged {
    let streamed = file.format == Format::Json && file.schema.is_none() && file.invariants.is_empty();
    let (mark, troubles) = if streamed {
        let (mark, troubles) =
            settled(&file.path, file.max_size, |opened, meta| stream(file, opened, (meta.len(), short)));
        (mark, troubles.unwrap_or_else(|trouble| vec![trouble]))
    } else {
        let Read { mark, bytes, troubles } = read(file);
        (mark, bytes.map_or(troubles, |bytes| judge_bytes(file, &bytes, others)))
    };
    let verdict = Verdict::of(&troubles);
    Judged { name: file.name.clone(), path: file.path.clone(), format: file.format, mark, troubles, verdict }
}

/// Judges bytes by all that is declared of a file, wherever they come from.
#[must_use]
pub fn judge_bytes(file: &StateFile, bytes: &[u8], others: Others<'_>) -> Vec<Trouble> {
    let (mut troubles, text) = document(file, bytes);
    let opaque = |trouble: &Trouble| trouble.problem.is_of_bytes() || trouble.problem == Problem::NewerVersion;
    if troubles.iter().any(opaque) {
        return troubles;
    }
    let Some(text) = text else {
        let asks = file.schema.is_some() || !file.invariants.is_empty();
        if asks {
            let message =
                "it holds what JSON has no word for: neither its schema nor its invariants can be asked of it";
            troubles.push(Trouble::new(Problem::InvariantUnknown, message));
        }
        return troubles;
    };
    if let Some(schema) = &file.schema {
        schema::check(schema, &text, &mut troubles);
    }
    invariant::check(&file.invariants, &text, others, &mut troubles);
    troubles
}

/// The document as JSON text, as invariants see it: a list for JSON Lines. `None` if it is not what it should be written in.
#[must_use]
pub fn json_text(format: Format, bytes: &[u8]) -> Option<String> {
    let none = |troubles: &[Trouble]| !troubles.iter().any(|trouble| trouble.problem.is_of_bytes());
    let rules = scan::Rules::default();
    let (troubles, text) = match format {
        Format::Json => (bytes::json(bytes, rules), std::str::from_utf8(bytes).ok().map(Cow::Borrowed)),
        Format::Jsonl => lines::read(bytes, rules),
        Format::Toml => toml::read(bytes, rules),
    };
    text.filter(|_| none(&troubles)).map(Cow::into_owned)
}

/// The names of the other states that these filters ask for.
#[must_use]
pub fn asks_for<'n>(file: &StateFile, names: &[&'n str]) -> Vec<&'n str> {
    let asks = |name: &&&str| file.invariants.iter().any(|one| invariant::mentions(&one.jq, name));
    names.iter().filter(asks).copied().collect()
}

/// What the bytes are, and the document as JSON text.
fn document<'b>(file: &StateFile, bytes: &'b [u8]) -> (Vec<Trouble>, Option<Cow<'b, str>>) {
    let rules = scan::Rules::of(file);
    match file.format {
        Format::Json => (bytes::json(bytes, rules), std::str::from_utf8(bytes).ok().map(Cow::Borrowed)),
        Format::Jsonl => lines::read(bytes, rules),
        Format::Toml => toml::read(bytes, rules),
    }
}

/// A document that nothing is asked of but what shows in passing; only when it is short, or broken, is it read into memory: then
/// reading goes twice as fast, or it can be said how.
fn stream(file: &StateFile, mut opened: &File, (length, short): (u64, u64)) -> Result<Vec<Trouble>, Trouble> {
    let rules = scan::Rules::of(file);
    let whole = |opened: &File| {
        let mut bytes = Vec::with_capacity(usize::try_from(length.min(short)).unwrap_or(0));
        opened.take(file.max_size.0.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        Ok(bytes::json(&bytes, rules))
    };
    if length <= short {
        return whole(opened);
    }
    let mut reader = serde_json::Deserializer::from_reader(BufReader::with_capacity(PIECE, opened));
    let error = match scan::scan(&mut reader, rules) {
        Ok(troubles) => return Ok(troubles),
        Err(error) => error,
    };
    if error.is_io() {
        return Err(unreadable(error.into()));
    }
    opened.rewind().map_err(unreadable)?;
    whole(opened)
}

/// Does something with a file, and makes sure that it was one and the same all the while.
fn settled<T>(
    path: &Path,
    max_size: Bytes,
    work: impl Fn(&File, &Metadata) -> Result<T, Trouble>,
) -> (Option<Mark>, Result<T, Trouble>) {
    let mut mark = None;
    for _ in 0..TRIES {
        let (opened, meta) = match files::open_itself(path) {
            Ok(opened) => opened,
            Err((why, what)) => return (None, Err(unopened(&why, what))),
        };
        let before = mark_of(&meta);
        mark = Some(before);
        if meta.len() > max_size.0 {
            let sizes = (Bytes(meta.len()), max_size);
            let message = format!("it has {}; more than {} is not read unless max_size says so", sizes.0, sizes.1);
            return (mark, Err(Trouble::new(Problem::TooLarge, message)));
        }
        let done = work(&opened, &meta);
        // Written to, or replaced: then half of it may be new.
        let same = opened.metadata().is_ok_and(|meta| mark_of(&meta) == before);
        if same && is_at(path) == Some(before.file) {
            return (mark, done);
        }
    }
    (mark, Err(Trouble::new(Problem::Changing, format!("it changed each of the {TRIES} times that it was read"))))
}

fn unopened(why: &Unread, what: Option<&str>) -> Trouble {
    match (why, what) {
        (Unread::Missing, _) => Trouble::new(Problem::Missing, "it does not exist"),
        (_, Some(what)) => Trouble::new(Problem::NotAFile, format!("{what} stands where the file should be")),
        (Unread::Failed(why), None) => Trouble::new(Problem::Unreadable, why),
    }
}

fn unreadable(error: std::io::Error) -> Trouble {
    Trouble::new(Problem::Unreadable, error.to_string())
}

/// Which file, and which of its contents.
#[must_use]
pub fn mark_of(meta: &Metadata) -> Mark {
    let nanos = |secs: i64, nanos: i64| i128::from(secs) * 1_000_000_000 + i128::from(nanos);
    Mark {
        file: FileId { device: meta.dev(), inode: meta.ino() },
        size: meta.len(),
        mtime_ns: nanos(meta.mtime(), meta.mtime_nsec()),
        ctime_ns: nanos(meta.ctime(), meta.ctime_nsec()),
    }
}

/// Which file has this name now.
fn is_at(path: &Path) -> Option<FileId> {
    mark_at(path).map(|mark| mark.file)
}

/// The mark of what has this name now, links not followed.
#[must_use]
pub fn mark_at(path: &Path) -> Option<Mark> {
    std::fs::symlink_metadata(path).ok().map(|meta| mark_of(&meta))
}

#[cfg(test)]
#[path = "state_tests.rs"]
mod tests;
