//! Is what has a log's name now another log, or the old one that somebody wrote anew? Of the former every line is new, of the
//! latter none is; in doubt it is not another one, since old lines must never be taken for new ones.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::tail::{ENTRIES, MOST, PRINTED, fnv};

/// What programs that compress a log which was rotated put behind its name.
const COMPRESSED: [&str; 6] = ["gz", "xz", "zst", "bz2", "lz4", "zip"];

/// What of a file is likely to outlive an editor: one that changed all three of them, and left less than half, is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marks {
    /// The print of its first bytes, at most [`PRINTED`].
    head: u64,
    /// Of its first line, as far as it lies in those.
    first: u64,
    /// Of the last line that was read, at most its last [`PRINTED`] bytes.
    last: u64,
}

/// The marks of a file that was read up to `offset`; of one of which nothing was read there are none.
pub(super) fn marks(file: &File, offset: u64) -> std::io::Result<Option<Marks>> {
    if offset == 0 {
        return Ok(None);
    }
    let mut bytes = vec![0; usize::try_from(offset.min(PRINTED)).unwrap_or(0)];
    file.read_exact_at(&mut bytes, 0)?;
    let (head, first) = (fnv(&bytes), fnv(first_line(&bytes)));
    let from = offset - bytes.len() as u64;
    file.read_exact_at(&mut bytes, from)?;
    let last = bytes.split_inclusive(|byte| *byte == b'\n').next_back().unwrap_or_default();
    Ok(Some(Marks { head, first, last: fnv(last) }))
}

/// Is this another file than the one with these marks, which was read up to `offset` and had another inode?
pub(super) fn is_another(path: &Path, (file, meta): (&File, &Metadata), offset: u64, marks: Option<Marks>) -> bool {
    let (Some(marks), true) = (marks, meta.len() <= MOST) else { return false };
    let mut bytes = vec![0; usize::try_from(meta.len()).unwrap_or(0)];
    if file.read_exact_at(&mut bytes, 0).is_err() {
        return false;
    }
    let head = &bytes[..bytes.len().min(usize::try_from(offset.min(PRINTED)).unwrap_or(0))];
    if fnv(head) == marks.head || !head.is_empty() && fnv(first_line(head)) == marks.first {
        return false;
    }
    let printed = usize::try_from(PRINTED).unwrap_or(0);
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n');
    if lines.any(|line| fnv(&line[line.len().saturating_sub(printed)..]) == marks.last) {
        return false;
    }
    // A search and replace may change every line; but then it leaves about as much as there was, and no rotated file.
    meta.len() <= offset / 2 || was_rotated(path, meta)
}

fn first_line(bytes: &[u8]) -> &[u8] {
    bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// Was a log of that name compressed since this one was made? The kernel's clock for files stands still for some milliseconds: what is
/// of the same moment may have come before.
fn was_rotated(path: &Path, meta: &Metadata) -> bool {
    let (Some(folder), Some(stem)) = (path.parent(), path.file_stem()) else { return false };
    let Ok(made) = meta.created().map(|made| made.duration_since(UNIX_EPOCH).unwrap_or_default()) else { return false };
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.flatten().take(ENTRIES).any(|entry| {
        let name = entry.file_name();
        let compressed = Path::new(&name).extension().and_then(OsStr::to_str).is_some_and(|e| COMPRESSED.contains(&e));
        let ours = name.as_encoded_bytes().starts_with(stem.as_encoded_bytes());
        compressed && ours && entry.metadata().is_ok_and(|meta| changed(&meta) > made)
    })
}

/// When its name, its size or its owner changed last, since 1970: a compressed file keeps the time of what it was made from.
fn changed(meta: &Metadata) -> Duration {
    let seconds = u64::try_from(meta.ctime()).unwrap_or(0);
    Duration::new(seconds, u32::try_from(meta.ctime_nsec()).unwrap_or(0))
}
