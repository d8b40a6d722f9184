//! What do the files of one process below `/proc` say? All of them are opened below one folder, which stays that of the same
//! life whatever becomes of its number; each is read in one piece. It looks only.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rustix::buffer::spare_capacity;
use rustix::fs::{CWD, Mode, OFlags, RawDir, fstat, openat, readlinkat_raw};
use rustix::io::{Errno, Result, read, retry_on_intr};

/// What a read asks for at once: more than any `stat` holds, and nearly every command line.
const PIECE: usize = 4 * 1024;

/// Whom a process belongs to, and which life it is, as its `stat` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// The state letter of `ps`.
    pub(super) state: char,
    /// Its parent.
    pub(super) parent: i32,
    /// The session it belongs to.
    pub(super) session: i32,
    /// When it started, in clock ticks since boot.
    pub(super) start: u64,
}

/// The folder of one life of a process.
pub(super) struct Entry(OwnedFd);

impl Entry {
    /// # Errors
    /// `ENOENT` when there is no such process.
    pub(super) fn of(pid: i32) -> Result<Self> {
        folder(&format!("/proc/{pid}"), OFlags::PATH).map(Self)
    }

    /// # Errors
    /// `ESRCH` when it ended meanwhile.
    pub(super) fn stat(&self) -> Result<Stat> {
        stat(&self.0, "stat")
    }

    /// The path behind a link such as `exe`; `None` when we may not know, or there is none.
    pub(super) fn link(&self, name: &str) -> Option<PathBuf> {
        // Thousands of them are kept for a moment: none takes more room than it has letters.
        let mut room = [std::mem::MaybeUninit::uninit(); 4 * 1024];
        let (target, left) = readlinkat_raw(&self.0, name, &mut room).ok()?;
        (!left.is_empty()).then(|| OsStr::from_bytes(target).into())
    }

    /// Is it on its way out, or gone? The kernel takes its directory from it before it calls it dead; where we may not look it says
    /// so instead.
    pub(super) fn is_leaving(&self) -> bool {
        let mut room = [std::mem::MaybeUninit::uninit(); 1];
        matches!(readlinkat_raw(&self.0, "cwd", &mut room), Err(Errno::NOENT | Errno::SRCH))
    }

    /// Its arguments, invalid UTF-8 replaced; none when there are none, or we may not know.
    pub(super) fn args(&self) -> Vec<String> {
        let mut bytes = Vec::new();
        if read_into(&self.0, "cmdline", &mut bytes, usize::MAX).is_err() {
            return Vec::new();
        }
        words(&bytes)
    }

    /// Whom it belongs to; `None` when we may not know.
    pub(super) fn uid(&self) -> Option<u32> {
        fstat(&self.0).ok().map(|meta| meta.st_uid)
    }
}

/// The arguments in a command line, invalid UTF-8 replaced.
pub(super) fn words(cmdline: &[u8]) -> Vec<String> {
    let words = cmdline.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    words.map(|word| String::from_utf8_lossy(word).into_owned()).collect()
}

/// A folder to open files below.
pub(super) fn folder(path: &str, how: OFlags) -> Result<OwnedFd> {
    openat(CWD, path, how | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// All numbers that name something in this folder.
pub(super) fn numbers(folder: impl AsFd) -> Result<Vec<i32>> {
    let mut buffer = Vec::with_capacity(32 * 1024);
    let mut entries = RawDir::new(folder, buffer.spare_capacity_mut());
    let mut found = Vec::new();
    while let Some(entry) = entries.next() {
        // Half a list would show as dead whoever is not in it.
        found.extend(entry?.file_name().to_str().ok().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(found)
}

/// What this `stat` says.
///
/// # Errors
/// `ENOENT` or `ESRCH` when the process is gone.
pub(super) fn stat(folder: impl AsFd, name: &str) -> Result<Stat> {
    let mut bytes = Vec::new();
    read_into(folder, name, &mut bytes, PIECE)?;
    parse(&bytes).ok_or(Errno::INVAL)
}

/// Does any thread of this process still run?
pub(super) fn threads_live(pid: i32) -> bool {
    let Ok(threads) = folder(&format!("/proc/{pid}/task"), OFlags::RDONLY) else { return false };
    let lives =
        |thread: i32| stat(&threads, &format!("{thread}/stat")).is_ok_and(|stat| !matches!(stat.state, 'Z' | 'X'));
    numbers(&threads).unwrap_or_default().into_iter().any(lives)
}

/// `4711 (any (text) at all) S 1 …`: only behind the last parenthesis do spaces separate fields.
pub(super) fn parse(bytes: &[u8]) -> Option<Stat> {
    let behind = bytes.iter().rposition(|byte| *byte == b')')?;
    // One space before each of them. Nobody reads beyond the last one that is asked for.
    let mut fields = bytes[behind + 1..].split(|byte| *byte == b' ').skip(1);
    // Fields 3, 4, 6 and 22 of proc(5).
    let state = text(fields.next()?)?.chars().next()?;
    let parent = text(fields.next()?)?.parse().ok()?;
    let session = text(fields.nth(1)?)?.parse().ok()?;
    let start = text(fields.nth(15)?)?.parse().ok()?;
    Some(Stat { state, parent, session, start })
}

fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok()
}

/// Appends what a file says, up to `most` bytes or a little more.
///
/// # Errors
/// The system's.
pub(super) fn read_into(folder: impl AsFd, name: &str, bytes: &mut Vec<u8>, most: usize) -> Result<()> {
    let file = openat(folder, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let begin = bytes.len();
    loop {
        bytes.reserve(PIECE);
        retry_on_intr(|| read(&file, spare_capacity(bytes)))?;
        // These files fill what they are given: where there is room left, that was all.
        if bytes.len() < bytes.capacity() || bytes.len() - begin >= most {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_look_like_anything() {
        let rest = "1 19615 5397 0 -1 4194304 90 0 0 0 0 0 0 0 20 0 1 0 27655 2580480 210 18446744073709551615 1 1 0";
        let seen = Stat { state: 'S', parent: 1, session: 5397, start: 27_655 };
        for name in ["sleep", "a) R 7 7 7", "tmux: server", "((", ""] {
            assert_eq!(parse(format!("4711 ({name}) S {rest}\n").as_bytes()), Some(seen), "{name}");
        }
        for torn in ["", "4711", "4711 (sleep", "4711 (sleep) S 1 19615", "4711 (sleep) S x 1 1"] {
            assert_eq!(parse(torn.as_bytes()), None, "{torn}");
        }
    }

    #[test]
    fn what_is_longer_than_a_piece_is_read_to_its_end() {
        let dir = tempfile::tempdir().expect("a directory");
        let below = folder(dir.path().to_str().expect("text"), OFlags::PATH).expect("opened");
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 10 * PIECE] {
            std::fs::write(dir.path().join("x"), vec![7; length]).expect("written");
            let mut bytes = vec![1, 2];
            read_into(&below, "x", &mut bytes, usize::MAX).expect("read");
            assert_eq!((bytes.len(), &bytes[..2]), (length + 2, &[1, 2][..]));
        }
        let mut bytes = Vec::new();
        read_into(&below, "x", &mut bytes, PIECE).expect("read");
        assert!((PIECE..10 * PIECE).contains(&bytes.len()), "{}", bytes.len());
    }
}
