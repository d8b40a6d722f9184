//! How is a byte written so that it stays? Whole lines appended under a lock, whole files replaced atomically, folders made private.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, retry_on_intr};

/// How long an append waits for another one. A holder that was stopped must not stop everybody.
const PATIENCE: Duration = Duration::from_secs(2);

/// Makes a directory, and those above it, readable only for its owner.
#[expect(clippy::disallowed_methods, reason = "the data directory is the journal's own")]
pub(super) fn create_dir(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|dir| !dir.exists()).collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    missing.into_iter().rev().try_for_each(keep_name)
}

/// Puts on the disk that there is something of this name: a new file may be whole there, and no folder know of it.
pub(crate) fn keep_name(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        // A folder that may be written and not read, or a file system that knows no such thing: all was done that can be.
        Err(error) if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput) => Ok(()),
        done => done,
    }
}

/// Opens a file of our own, made private when it is new. A link, a FIFO or a device in its place is refused, at once.
pub(super) fn open_seen(path: &Path, how: OFlags) -> io::Result<(File, Metadata)> {
    let how = how | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let open = |how| retry_on_intr(|| openat(CWD, path, how, Mode::RUSR | Mode::WUSR));
    // Who may make a file waits on a file system that is frozen, even for one that is there: then every tick would hang, where
    // the first keeps the others out.
    let file = File::from(match open(how) {
        Err(Errno::NOENT) => open(how | OFlags::CREATE)?,
        opened => opened?,
    });
    let meta = file.metadata()?;
    if meta.is_file() { Ok((file, meta)) } else { Err(io::Error::other("it is not a regular file")) }
}

/// As [`open_seen`], for whoever does not ask how long it is.
pub(super) fn open(path: &Path, how: OFlags) -> io::Result<File> {
    Ok(open_seen(path, how)?.0)
}

/// Appends one line, whole or not at all (FAULTS D2): a torn tail of an earlier crash is closed first, a write that the
/// disk did not take is taken back. With `durable` it is on the disk before this returns.
///
/// # Errors
/// The system's; the file is then as it was.
pub(super) fn append_line(path: &Path, line: &str, durable: bool) -> io::Result<()> {
    let file = open(path, OFlags::RDWR | OFlags::APPEND)?;
    if file.metadata()?.len() == 0 {
        // Whoever finds it empty, not only who made it: that one may have died in between.
        keep_name(path)?;
    }
    append_to(file, line, durable)
}

/// Appends one durable or plain line to a file that was opened for reading and appending, whole or not at all.
///
/// # Errors
/// The system's; the file is then as it was.
pub fn append_to(mut file: File, line: &str, durable: bool) -> io::Result<()> {
    let locked = lock_patiently(&file);
    let end = file.seek(SeekFrom::End(0))?;
    let mut bytes = Vec::with_capacity(line.len() + 2);
    if end > 0 && last_byte(&mut file, end)? != b'\n' {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    let written = file.write_all(&bytes).and_then(|()| if durable { file.sync_data() } else { Ok(()) });
    if written.is_err() && locked {
        // Only the one who holds the lock knows that nobody wrote behind it.
        let _ = file.set_len(end);
    }
    written
}

fn lock_patiently(file: &File) -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match fs2::FileExt::try_lock_exclusive(file) {
            Ok(()) => return true,
            Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(2)),
            // O_APPEND keeps whole lines whole without it.
            Err(_) => return false,
        }
    }
}

fn last_byte(file: &mut File, end: u64) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::Start(end - 1))?;
    file.read_exact(&mut byte)?;
    Ok(byte[0])
}

/// Replaces a file of the data directory: the old bytes or the new ones, never a mixture, whatever happens.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use atomic_write_file::unix::OpenOptionsExt as _;
    let mut options = atomic_write_file::OpenOptions::new();
    options.mode(0o600).preserve_mode(false);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.commit()
}

/// Replaces a file of which readers must never see half, and which may be lost at any time: nothing waits for the disk.
#[expect(clippy::disallowed_methods, reason = "the data directory is the journal's own")]
pub(super) fn swap(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Of the same name again for the same process: what a crash leaves behind does not pile up.
    let aside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let mut file = open(&aside, OFlags::WRONLY | OFlags::TRUNC)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| std::fs::rename(&aside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&aside);
    }
    written
}

/// Removes an old file of the journal itself.
#[expect(clippy::disallowed_methods, reason = "the journal's own files, beyond their time")]
pub(super) fn remove(path: &Path) -> io::Result<()> {
    std::fs::remove_file(path)
}

/// Writes a short stamp in place: for what is written at every tick and may be lost at any time.
pub(super) fn stamp(path: &Path, text: &str) -> io::Result<()> {
    let (file, meta) = open_seen(path, OFlags::WRONLY)?;
    overwrite(&file, meta.len(), text)
}

/// A file of our own that is longer than this before it is written over was not left by us: it is cut.
const SHORT: u64 = 4 * 1024;

/// Writes a short JSON text over what a file of this length holds. It is not emptied first: a file system takes that for a
/// rewrite which has to be on the disk at once (ext4's `auto_da_alloc`), gives the old block back and looks for a new one,
/// which was an eighth of what a quiet tick cost. What is left of a longer text becomes blanks, which JSON ends with as well.
///
/// # Errors
/// The system's.
pub(super) fn overwrite(file: &File, before: u64, text: &str) -> io::Result<()> {
    let mut bytes = text.as_bytes().to_vec();
    if before <= SHORT {
        bytes.resize(bytes.len().max(usize::try_from(before).unwrap_or_default()), b' ');
    } else {
        file.set_len(bytes.len() as u64)?;
    }
    file.write_all_at(&bytes, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_tail_does_not_swallow_the_next_line() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        std::fs::write(&path, "whole\nto").expect("written");
        append_line(&path, "next", true).expect("appended");
        assert_eq!(std::fs::read_to_string(&path).expect("read"), "whole\nto\nnext\n");
    }

    #[test]
    fn a_stamp_is_read_as_it_was_written_whatever_stood_there_before() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("stamp");
        let long = format!("[{}]", "7,".repeat(3_000) + "7");
        for text in ["[1,2,3]", "[1]", "[1,2,3,4,5,6]", &long, "[1,2]", "[]"] {
            stamp(&path, text).expect("written");
            let bytes = std::fs::read(&path).expect("read");
            let (read, wanted): (Vec<u8>, Vec<u8>) =
                (serde_json::from_slice(&bytes).expect("JSON"), serde_json::from_str(text).expect("JSON"));
            assert_eq!(read, wanted, "{text}");
            assert!(bytes.len() <= text.len().max(4 * 1024), "{}", bytes.len());
        }
    }

    #[test]
    fn eight_writers_lose_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("log");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    for line in 0..200 {
                        append_line(path, &format!("{writer}:{line}:{}", "x".repeat(500)), false).expect("appended");
                    }
                });
            }
        });
        let text = std::fs::read_to_string(&path).expect("read");
        assert_eq!(text.lines().count(), 1_600);
        assert!(text.lines().all(|line| line.ends_with("xxx")));
    }

    #[test]
    fn links_and_fifos_are_refused_at_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let (target, link, fifo) = (dir.path().join("t"), dir.path().join("l"), dir.path().join("f"));
        std::fs::write(&target, "kept").expect("written");
        std::os::unix::fs::symlink(&target, &link).expect("linked");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("made");
        assert!(append_line(&link, "no", false).is_err());
        assert!(append_line(&fifo, "no", false).is_err());
        assert_eq!(std::fs::read_to_string(&target).expect("read"), "kept");
    }
}
