//! What is in this file? Reads that cannot hang on a FIFO, run out of memory on a device, or follow a surprise: bounded, regular files only.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nix::libc;
use rustix::fs::{Mode, OFlags};
use rustix::io::retry_on_intr;

use crate::model::FileId;
use crate::model::ailing::Mark;

/// Folders that one glob may lead into: a link may lead anywhere.
const MOST_FOLDERS: usize = 10_000;

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

/// May we write there? Asked of the system, which knows of read-only mounts as well; nothing is written to find out.
#[must_use]
pub fn may_write(path: &Path) -> bool {
    rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
}

/// Opens a regular file for reading without ever waiting for the other end of a FIFO.
///
/// # Errors
/// [`Unread`], also for anything that is not a regular file.
pub fn open(path: &Path) -> Result<(File, Metadata), Unread> {
    let how = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = retry_on_intr(|| rustix::fs::open(path, how, Mode::empty())).map_err(io::Error::from)?;
    let file = File::from(file);
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(Unread::Failed("it is not a regular file".to_owned()));
    }
    Ok((file, meta))
}

/// Opens a regular file as [`open`] does, unless its name is a link: whoever replaces it would replace the link.
///
/// # Errors
/// [`Unread`], and for what is no regular file what it is instead.
#[expect(clippy::disallowed_methods, reason = "the one home of opening to read")]
pub fn open_itself(path: &Path) -> Result<(File, Metadata), (Unread, Option<&'static str>)> {
    let other = |kind: std::fs::FileType| match kind {
        kind if kind.is_symlink() => Some("a link"),
        kind if kind.is_dir() => Some("a directory"),
        kind if kind.is_fifo() => Some("a FIFO"),
        kind if kind.is_socket() => Some("a socket"),
        kind if kind.is_file() => None,
        _ => Some("a device"),
    };
    // Looked at before: to open a device may do something.
    let before = std::fs::symlink_metadata(path).map_err(|error| (error.into(), None))?;
    if let Some(what) = other(before.file_type()) {
        return Err((Unread::Failed(format!("it is {what}")), Some(what)));
    }
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW;
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path);
    let opened = opened.and_then(|file| file.metadata().map(|meta| (file, meta)));
    let (file, meta) = opened.map_err(|error| (error.into(), None))?;
    match other(meta.file_type()) {
        Some(what) => Err((Unread::Failed(format!("it is {what}")), Some(what))),
        None => Ok((file, meta)),
    }
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
    // One byte more than it has: where a read leaves room, that was all, and it need not be asked once more.
    let mut bytes = vec![0; usize::try_from(meta.len()).unwrap_or(0).saturating_add(1)];
    let first = match (&file).read(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
        read => read?,
    };
    bytes.truncate(first);
    if first as u64 != meta.len() || first == 0 {
        // It changed, or it is one of those that do not know how long they are. One byte more than allowed: a file that
        // grows while it is read is seen as well.
        file.take(limit.saturating_add(1).saturating_sub(first as u64)).read_to_end(&mut bytes)?;
    }
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

/// Which file stands here, and which of its contents. Of a link, the link itself.
#[must_use]
pub fn mark(path: &Path) -> Option<Mark> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    let written_ns = meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec());
    Some((FileId { device: meta.dev(), inode: meta.ino() }, meta.len(), written_ns))
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

/// Is this a pattern that can be searched for?
///
/// # Errors
/// Says what is wrong with it.
pub fn check_pattern(pattern: &Path) -> Result<(), String> {
    let text = pattern.to_str().ok_or("it is not UTF-8")?;
    globset::GlobBuilder::new(text).literal_separator(true).build().map(drop).map_err(|error| error.kind().to_string())
}

/// What makes a path a glob.
const WILD: [char; 4] = ['*', '?', '[', '{'];

/// Is it a glob, and not the one path that it says?
#[must_use]
pub fn is_pattern(path: &Path) -> bool {
    path.to_str().is_none_or(|text| text.contains(WILD))
}

/// Paths that fit a glob, sorted, at most `limit` of them, as far as they can be looked for: see [`search`].
///
/// # Errors
/// Says what is wrong with the pattern, or that more than `limit` paths fit.
pub fn glob(pattern: &Path, limit: usize) -> Result<Vec<PathBuf>, String> {
    search(pattern, limit).map(|searched| searched.found)
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Searched {
    /// The paths that fit, sorted.
    pub found: Vec<PathBuf>,
    /// Where something may fit that could not be seen, and why.
    pub hidden: Vec<(PathBuf, String)>,
    /// When a name was last added to, or taken from, a folder that was looked into.
    pub changed: Option<SystemTime>,
}

/// Paths that fit a glob, or the one path that is none. Only the part behind the first wildcard is searched. Links to folders
/// are followed, as a shell does; below a `**` not into a loop.
///
/// # Errors
/// Says what is wrong with the pattern, or that more than `limit` paths fit.
pub fn search(pattern: &Path, limit: usize) -> Result<Searched, String> {
    let text = pattern.to_str().ok_or("the pattern is not UTF-8")?;
    let wild = |part: &str| part.contains(WILD);
    if !wild(text) {
        let changed = nearest(pattern.parent().unwrap_or(pattern));
        return Ok(Searched { found: vec![pattern.to_owned()], hidden: Vec::new(), changed });
    }
    let build = |text: &str| globset::GlobBuilder::new(text).literal_separator(true).build();
    let matcher = build(text).map_err(|error| error.kind().to_string())?.compile_matcher();
    let fixed = text.split('/').take_while(|part| !wild(part)).collect::<Vec<_>>().join("/");
    let deep = text.contains("**");
    let depth = if deep { 16 } else { text.split('/').count() - fixed.split('/').count() };
    // What is beside the way must not matter. Braces may hold a slash: then every folder may be on it.
    let upto = |parts: usize| text.split('/').take(parts).collect::<Vec<_>>().join("/");
    let way = |depth: usize| build(&upto(text.split('/').count() - depth)).ok().map(|glob| glob.compile_matcher());
    let way: Vec<_> = (0..depth).map(|depth| if deep || text.contains('{') { None } else { way(depth) }).collect();
    let start = PathBuf::from(if fixed.is_empty() { "/" } else { &fixed });
    let (mut all, mut folders, mut walked) = (Searched::default(), vec![(start.clone(), depth)], 0);
    while let Some((folder, depth)) = folders.pop() {
        walked += 1;
        if walked > MOST_FOLDERS {
            return Err(format!("more than {MOST_FOLDERS} folders to look into"));
        }
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => {
                all.hidden.push((folder, error.to_string()));
                continue;
            }
        };
        all.changed = all.changed.max(modified(&folder));
        for entry in entries {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    all.hidden.push((folder.clone(), error.to_string()));
                    break;
                }
            };
            let path = entry.path();
            if matcher.is_match(&path) {
                all.found.push(path.clone());
            }
            if all.found.len() > limit {
                return Err(format!("more than {limit} files fit"));
            }
            let beside = |way: &globset::GlobMatcher| !way.is_match(&path);
            if depth <= 1 || way[depth - 1].as_ref().is_some_and(beside) {
                continue;
            }
            match leads_on(&entry, &path, deep.then_some(start.as_path())) {
                Ok(true) => folders.push((path, depth - 1)),
                Ok(false) | Err(Unread::Missing) => {}
                Err(Unread::Failed(why)) => all.hidden.push((path, why)),
            }
        }
    }
    if all.changed.is_none() {
        all.changed = nearest(&start);
    }
    all.found.sort();
    Ok(all)
}

/// Is it a folder to look into, or a link to one? Below `top`, a link to a folder that it is in leads nowhere new.
fn leads_on(entry: &std::fs::DirEntry, path: &Path, top: Option<&Path>) -> Result<bool, Unread> {
    let kind = entry.file_type()?;
    if !kind.is_symlink() {
        return Ok(kind.is_dir());
    }
    let target = stat(path)?;
    let above = path.ancestors().skip(1).take_while(|above| top.is_some_and(|top| above.starts_with(top)));
    let same = |above: &Path| stat(above).is_ok_and(|above| (above.dev(), above.ino()) == (target.dev(), target.ino()));
    Ok(target.is_dir() && !above.into_iter().any(same))
}

fn modified(path: &Path) -> Option<SystemTime> {
    stat(path).ok()?.modified().ok()
}

/// When the nearest folder that is there was last changed.
fn nearest(folder: &Path) -> Option<SystemTime> {
    folder.ancestors().find_map(modified)
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

    #[test]
    fn a_search_follows_links_and_says_what_it_could_not_see() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |path: &str| dir.path().join(path);
        let link = |to: &str, path: &str| std::os::unix::fs::symlink(to, at(path)).expect("linked");
        std::fs::create_dir_all(at("logs/day")).expect("made");
        std::fs::create_dir_all(at("real")).expect("made");
        for file in ["logs/day/app.log", "real/app.log"] {
            std::fs::write(at(file), "").expect("written");
        }
        link("../real", "logs/current");
        link("../logs", "real/back");
        link("no-such-folder", "logs/dangling");
        let found = |pattern: &str| {
            let searched = search(&at(pattern), 100).expect("a pattern");
            assert!(searched.changed.is_some(), "{pattern}");
            let short = |path: &Path| path.strip_prefix(dir.path()).expect("inside").display().to_string();
            let found: Vec<String> = searched.found.iter().map(|path| short(path)).collect();
            (found.join(" "), searched.hidden.iter().map(|(path, _)| short(path)).collect::<Vec<_>>().join(" "))
        };
        let both = "logs/current/app.log logs/day/app.log";
        assert_eq!(found("logs/*/app.log"), (both.to_owned(), String::new()));
        assert_eq!(found("logs/**/app.log"), (both.to_owned(), String::new()), "and no loop");
        assert_eq!(found("logs/{current,none}/app.log").0, "logs/current/app.log");
        assert_eq!(found("none/*/app.log"), Default::default(), "what is not there is no trouble");
        // A link to itself cannot be looked through, whoever looks.
        link("loop", "logs/loop");
        assert_eq!(found("logs/*/app.log"), (both.to_owned(), "logs/loop".to_owned()));
        assert_eq!(found("logs/d*/app.log"), ("logs/day/app.log".to_owned(), String::new()), "it is beside the way");
    }
}
