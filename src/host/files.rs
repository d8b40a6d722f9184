//! What is in this file? Reads that cannot hang on a FIFO, run out of memory on a device, or follow a surprise: bounded, regular files only.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::libc;

/// Why a file could not be read. "Not there" is told apart from "could not look": the first is a fact, the second is not.
#[derive(Debug)]
pub enum Unread {
    /// There is no such file.
    Missing,
    /// It is there and could not be read: not a regular file, too large, no permission, an I/O error.
    Failed(String),
}

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("it does not exist"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Failed(error.to_string()),
        }
    }
}

/// The file's metadata, links followed.
///
/// # Errors
/// [`Unread`].
pub fn stat(path: &Path) -> Result<Metadata, Unread> {
    Ok(std::fs::metadata(path)?)
}

/// Opens a regular file for reading without ever waiting for the other end of a FIFO.
///
/// # Errors
/// [`Unread`], also for anything that is not a regular file.
#[expect(clippy::disallowed_methods, reason = "the one home of opening to read")]
pub fn open(path: &Path) -> Result<(File, Metadata), Unread> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(Unread::Failed("it is not a regular file".to_owned()));
    }
    Ok((file, meta))
}

/// The whole of a regular file of at most `limit` bytes.
///
/// # Errors
/// [`Unread`], also when the file is larger.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, Unread> {
    let (file, meta) = open(path)?;
    whole(file, &meta, limit)
}

fn whole(file: File, meta: &Metadata, limit: u64) -> Result<Vec<u8>, Unread> {
    let too_large = || Unread::Failed(format!("it is larger than {}", crate::model::Bytes(limit)));
    if meta.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0).saturating_add(1));
    // One byte more than allowed: a file that grows while it is read is seen as well.
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    Ok(bytes)
}

/// As [`read`], as UTF-8.
///
/// # Errors
/// [`Unread`], also when the file is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> Result<String, Unread> {
    let (file, meta) = open(path)?;
    text_of(file, &meta, limit)
}

/// As [`read_text`], of a file that was opened, and perhaps judged by its metadata, before.
///
/// # Errors
/// [`Unread`].
pub fn text_of(file: File, meta: &Metadata, limit: u64) -> Result<String, Unread> {
    String::from_utf8(whole(file, meta, limit)?).map_err(|error| {
        let right = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = right.iter().filter(|byte| **byte == b'\n').count() + 1;
        Unread::Failed(format!("it is not UTF-8 (line {line})"))
    })
}

/// The last lines of a regular file, oldest first, read from its last `bytes` alone. A line that begins before them, and
/// whatever is no text, is left out; invalid UTF-8 is replaced.
///
/// # Errors
/// [`Unread`].
pub fn tail(path: &Path, lines: usize, bytes: u64) -> Result<Vec<String>, Unread> {
    let (mut file, meta) = open(path)?;
    let from = meta.len().saturating_sub(bytes);
    file.seek(SeekFrom::Start(from))?;
    let mut end = Vec::new();
    file.take(bytes).read_to_end(&mut end)?;
    if end.contains(&0) {
        return Err(Unread::Failed("it is no text".to_owned()));
    }
    let text = String::from_utf8_lossy(&end);
    let mut all: Vec<&str> = text.lines().collect();
    if from > 0 && all.len() > 1 {
        all.remove(0);
    }
    Ok(all[all.len().saturating_sub(lines)..].iter().map(|line| (*line).to_owned()).collect())
}

/// Does this path fit the glob?
#[must_use]
pub fn fits(pattern: &Path, path: &Path) -> bool {
    pattern == path
        || pattern.to_str().is_some_and(|text| {
            let glob = globset::GlobBuilder::new(text).literal_separator(true).build();
            glob.is_ok_and(|glob| glob.compile_matcher().is_match(path))
        })
}

/// Paths that fit a glob, sorted, at most `limit` of them. Only the part behind the first wildcard is searched.
///
/// # Errors
/// Says what is wrong with the pattern, or that more than `limit` paths fit.
pub fn glob(pattern: &Path, limit: usize) -> Result<Vec<std::path::PathBuf>, String> {
    let text = pattern.to_str().ok_or("the pattern is not UTF-8")?;
    if !text.contains(['*', '?', '[', '{']) {
        return Ok(vec![pattern.to_owned()]);
    }
    let matcher = globset::GlobBuilder::new(text)
        .literal_separator(true)
        .build()
        .map_err(|error| error.kind().to_string())?
        .compile_matcher();
    let fixed = text.split('/').take_while(|part| !part.contains(['*', '?', '[', '{'])).collect::<Vec<_>>().join("/");
    let depth = if text.contains("**") { 16 } else { text.split('/').count() - fixed.split('/').count() };
    let mut found = Vec::new();
    let mut folders = vec![(std::path::PathBuf::from(if fixed.is_empty() { "/" } else { &fixed }), depth)];
    while let Some((folder, depth)) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if matcher.is_match(&path) {
                found.push(path.clone());
            }
            if found.len() > limit {
                return Err(format!("more than {limit} files fit"));
            }
            // Links to directories are not walked: a loop, or a way out of the project.
            if depth > 1 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push((path, depth - 1));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_the_end_of_a_text() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        let read = |text: &[u8], lines, bytes| {
            let mut file = tempfile::NamedTempFile::new_in(dir.path()).expect("created");
            std::io::Write::write_all(&mut file, text).expect("written");
            file.persist(&path).expect("in its place");
            tail(&path, lines, bytes).map_err(|why| why.to_string())
        };
        let is = |lines: &[&str]| Ok(lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>());
        assert_eq!(read(b"", 3, 100), is(&[]));
        assert_eq!(read(b"one\ntwo\nthree\n", 2, 100), is(&["two", "three"]));
        assert_eq!(read(b"one\ntwo\nhalf", 9, 7), is(&["half"]), "a line that began before is no line");
        assert_eq!(read(b"a line of one\n", 9, 4), is(&["one"]), "unless there is nothing else");
        assert_eq!(read(b"\xff\r\nb", 9, 100), is(&["\u{fffd}", "b"]));
        assert_eq!(read(b"SQLite format 3\0", 9, 100), Err("it is no text".to_owned()));
        assert_eq!(tail(dir.path(), 1, 1).map_err(|why| why.to_string()), Err("it is not a regular file".to_owned()));
        assert!(matches!(tail(&dir.path().join("none"), 1, 1), Err(Unread::Missing)));
    }
}
