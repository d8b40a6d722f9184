//! Which files does a lock name, and what are they? Each is looked at without following a link; what is no plain file of one name
//! is refused, and so is what stands behind a link: by which name it would be moved, nobody could say.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::git;
use crate::host::files;
use crate::model::lock::{Content, FileId, Holding, Life, Remains, Seen};
use crate::model::{Lock, LockKind};

/// Files of one pattern at most.
const MOST: usize = 10_000;

/// What SQLite keeps beside a database.
const SIDECARS: [&str; 3] = ["-wal", "-journal", "-shm"];

/// The first bytes of every database, and of a journal that is to be rolled back (fileformat2.html 1.3, 3).
const DATABASE: &[u8] = b"SQLite format 3\0";
const JOURNAL: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// A lock file that is larger names nobody.
const LARGEST: u64 = 4096;

/// Every file that the lock names, in the order of its paths, each once. Nobody was asked yet who holds it.
pub(super) fn find(lock: &Lock, now_ms: i64) -> Vec<Seen> {
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    for pattern in &lock.paths {
        let paths = match lock.kind {
            LockKind::Sqlite => databases(pattern),
            LockKind::Git => repositories(pattern),
            LockKind::Flock | LockKind::Pid | LockKind::Auto => search(pattern),
        };
        match paths {
            Ok(paths) => {
                let new = paths.into_iter().filter(|path| known.insert(path.clone()));
                found.extend(new.filter_map(|path| one(lock, path, now_ms)));
            }
            Err(why) => found.push(blank(lock, pattern.clone(), Content::Untold(why))),
        }
    }
    found
}

/// What can be read of a file that should name its holder, or of what it is.
pub(super) fn content(path: &Path) -> Result<Vec<u8>, String> {
    files::read(path, LARGEST).map_err(|why| format!("it cannot be read: {why}"))
}

/// Is it a database, or beside one, by its first bytes or its name?
pub(super) fn is_sqlite(path: &Path, bytes: Result<&[u8], &String>) -> bool {
    bytes.is_ok_and(|bytes| bytes.starts_with(DATABASE)) || base(path).is_some() || {
        // A database is larger than any lock.
        bytes.is_err() && start(path, DATABASE.len()).is_ok_and(|bytes| bytes == DATABASE)
    }
}

fn search(pattern: &Path) -> Result<Vec<PathBuf>, String> {
    let searched = files::search(pattern, MOST)?;
    match searched.hidden.first() {
        Some((path, why)) => Err(format!("{} cannot be looked into: {why}", path.display())),
        None => Ok(searched.found),
    }
}

/// The databases, also those of which only sidecars are left.
fn databases(pattern: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found: BTreeSet<PathBuf> = search(pattern)?.into_iter().filter(|path| base(path).is_none()).collect();
    for end in SIDECARS {
        found.extend(search(&beside(pattern, end))?.iter().filter_map(|path| base(path)));
    }
    Ok(found.into_iter().collect())
}

/// Lock files, or those of the repositories that are named.
fn repositories(pattern: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in search(pattern)? {
        if git::directory(&path) == Some(path.as_path()) {
            found.extend(git::locks(&path)?);
        } else if git::directory(&path.join(".git")) == Some(path.join(".git").as_path()) {
            found.extend(git::locks(&path.join(".git"))?);
        } else {
            found.push(path);
        }
    }
    Ok(found)
}

fn blank(lock: &Lock, path: PathBuf, content: Content) -> Seen {
    let (lock, kind) = (lock.name.clone(), lock.kind);
    Seen { lock, kind, path, file: None, with: Vec::new(), age_ms: None, content, holding: Holding::Free }
}

/// One file; `None` when nothing is there.
pub(super) fn one(lock: &Lock, path: PathBuf, now_ms: i64) -> Option<Seen> {
    let meta = match path.symlink_metadata() {
        Ok(meta) => Some(meta),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            let why = format!("it cannot be looked at: {error}");
            return Some(blank(lock, path, Content::Untold(why)));
        }
    };
    let parent = path.parent().unwrap_or(Path::new("/"));
    let real = std::fs::canonicalize(parent);
    let mut seen = blank(lock, path.clone(), Content::Flock);
    if let Some(meta) = &meta {
        seen.file = Some(id(meta));
        let (written, at) = (written_ms(meta), now_ms);
        seen.age_ms = (at >= written).then_some(at - written);
        if let Some(what) = refused(meta, lock.kind) {
            seen.content = Content::Refused(what.to_owned());
            return Some(seen);
        }
    }
    if lock.kind == LockKind::Sqlite {
        seen.with = match sidecars(&path) {
            Ok(with) => with.iter().map(|(path, meta)| (path.clone(), id(meta))).collect(),
            Err(why) => {
                seen.content = Content::Refused(why);
                return Some(seen);
            }
        };
        seen.content = Content::Sqlite(remains(&path, meta.as_ref(), &seen.with)?);
    } else {
        meta.as_ref()?;
        seen.content = match lock.kind {
            LockKind::Git if git::directory(&path).is_none() => {
                Content::Untold("it is in no git repository".to_owned())
            }
            LockKind::Git if path.extension().is_none_or(|end| end != "lock") => {
                Content::Untold("it is no lock of git: these end in .lock".to_owned())
            }
            LockKind::Git => Content::Git,
            LockKind::Pid => Content::Pid(Life::Unnamed("not read yet".to_owned())),
            LockKind::Auto => Content::Untold("not read yet".to_owned()),
            LockKind::Flock | LockKind::Sqlite => Content::Flock,
        };
    }
    match real {
        Ok(real) if real == parent => {}
        Ok(real) => {
            let name = path.file_name().map(|name| real.join(name)).unwrap_or(real);
            seen.content = Content::Refused(format!("a link leads to it; its place is {}", name.display()));
        }
        Err(error) => seen.content = Content::Untold(format!("{} cannot be looked at: {error}", parent.display())),
    }
    Some(seen)
}

fn id(meta: &Metadata) -> FileId {
    FileId { device: meta.dev(), inode: meta.ino() }
}

/// When it was last written, or anything about it changed: the time of writing alone can be set by anybody.
fn written_ms(meta: &Metadata) -> i64 {
    let millis = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000).saturating_add(nanos / 1_000_000);
    millis(meta.mtime(), meta.mtime_nsec()).max(millis(meta.ctime(), meta.ctime_nsec()))
}

/// What heal never touches, if it is that.
fn refused(meta: &Metadata, kind: LockKind) -> Option<&'static str> {
    let of = meta.file_type();
    if of.is_symlink() {
        Some("it is a link")
    } else if of.is_dir() {
        Some("it is a folder")
    } else if of.is_fifo() {
        Some("it is a FIFO")
    } else if of.is_socket() {
        Some("it is a socket")
    } else if of.is_block_device() || of.is_char_device() {
        Some("it is a device")
    } else if meta.nlink() > 1 && kind != LockKind::Flock {
        Some("it has a second name (a hard link)")
    } else {
        None
    }
}

/// What stands beside a database.
fn sidecars(path: &Path) -> Result<Vec<(PathBuf, Metadata)>, String> {
    let mut found = Vec::new();
    for end in SIDECARS {
        let path = beside(path, end);
        match path.symlink_metadata() {
            Ok(meta) => match refused(&meta, LockKind::Sqlite) {
                Some(what) => return Err(format!("of its {end}, {what}")),
                None => found.push((path, meta)),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(format!("its {end} cannot be looked at: {error}")),
        }
    }
    Ok(found)
}

/// What is left beside a database; `None` when nothing at all is there.
fn remains(path: &Path, meta: Option<&Metadata>, with: &[(PathBuf, FileId)]) -> Option<Remains> {
    let ends = |data: bool| -> Vec<&str> {
        let holds = |path: &Path, end: &str| match end {
            // Without data in a -wal or -journal, it says nothing: SQLite makes it anew.
            "-shm" => false,
            // PERSIST and TRUNCATE leave one of zeros, or of nothing (lockingv3.html 4).
            "-journal" if data => start(path, JOURNAL.len()).is_ok_and(|bytes| bytes == JOURNAL),
            _ => path.symlink_metadata().is_ok_and(|meta| meta.len() > 0),
        };
        with.iter()
            .filter_map(|(path, _)| {
                SIDECARS.into_iter().find(|end| base_by(path, end).is_some()).map(|end| (path, end))
            })
            .filter(|(path, end)| holds(path, end))
            .map(|(_, end)| end)
            .collect()
    };
    let Some(meta) = meta else {
        let left = ends(false);
        return (!left.is_empty()).then(|| Remains::Orphaned(format!("its {}", left.join(" and "))));
    };
    let left = ends(true);
    if meta.len() == 0 {
        return Some(if ends(false).is_empty() {
            Remains::Nothing
        } else {
            Remains::NotOne(
                "it is empty, while what stands beside it may hold its data; SQLite would delete that".to_owned(),
            )
        });
    }
    Some(match start(path, DATABASE.len()) {
        Err(why) => Remains::NotOne(format!("it cannot be read: {why}")),
        Ok(bytes) if bytes != DATABASE => Remains::NotOne("it is no SQLite database".to_owned()),
        Ok(_) if left.is_empty() => Remains::Nothing,
        Ok(_) => Remains::Sidecars(format!("its {}", left.join(" and "))),
    })
}

fn start(path: &Path, length: usize) -> Result<Vec<u8>, String> {
    let (file, _) = files::open(path).map_err(|why| why.to_string())?;
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The database that this is a sidecar of, by its name.
fn base(path: &Path) -> Option<PathBuf> {
    SIDECARS.into_iter().find_map(|end| base_by(path, end))
}

fn base_by(path: &Path, end: &str) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?.strip_suffix(end).filter(|name| !name.is_empty())?;
    Some(path.with_file_name(name))
}
