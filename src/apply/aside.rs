//! How does a file of the project go into the quarantine, and come back? By a rename that follows no link, of exactly the file
//! that was judged, and never over another one. To another file system it is copied, compared, and only then removed.

use std::ffi::OsString;
use std::fs::{File, FileTimes};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, RenameFlags, Stat, Uid, openat, renameat_with, unlinkat};
use rustix::io::Errno;
use sha2::{Digest, Sha256};

use super::beneath::{self, Place};
use super::trouble::Trouble;
use crate::model::change::FileState;
use crate::model::digest::hex;

/// How often what somebody swaps meanwhile is swapped back.
const SWAPS: usize = 16;

/// One file to move, and where to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order<'a> {
    /// The project's directory.
    pub(super) root: &'a Path,
    /// The data directory.
    pub(super) data: &'a Path,
    /// The intent: the name of its folder in the quarantine.
    pub(super) intent: &'a str,
    /// Which of the intent's changes it is.
    pub(super) number: usize,
    /// Where it stands, or stood.
    pub(super) path: &'a Path,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Moved {
    /// Where it is now.
    pub(super) to: PathBuf,
    /// What it was.
    pub(super) file: FileState,
    /// It had to be copied to another file system.
    pub(super) copied: bool,
}

impl Order<'_> {
    /// Where it is kept. A copy has another name than what was renamed: a later run has to tell what heal made from what
    /// somebody else did.
    pub(super) fn kept(&self, copied: bool) -> PathBuf {
        self.data.join("vault/quarantine").join(self.intent).join(self.name(copied))
    }

    /// Its name there: a number, so that two of one name have room, and enough of the name to be recognised.
    pub(super) fn name(&self, copied: bool) -> OsString {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let short: String = name.chars().take(60).collect();
        format!("{}-{short}{}", self.number, if copied { ".copy" } else { "" }).into()
    }

    /// Its name beside where it stood, while it is taken away for good: nobody's but heal's.
    pub(super) fn leaving(&self) -> OsString {
        format!(".heal-{}-{}", self.intent, self.number).into()
    }

    /// The name of a copy that is not whole yet.
    pub(super) fn part(&self) -> OsString {
        format!(".heal-{}-{}.part", self.intent, self.number).into()
    }

    pub(super) fn stands(&self) -> Result<Place, Trouble> {
        beneath::place(self.root, self.path).map_err(|error| self.refused(&error))
    }

    pub(super) fn vault(&self) -> io::Result<Place> {
        let names = ["vault", "quarantine", self.intent].map(std::ffi::OsStr::new);
        Ok(Place { folder: beneath::private(self.data, &names)?, name: self.name(false) })
    }

    /// Its place in the quarantine, if the folder is there.
    pub(super) fn stored(&self, copied: bool) -> io::Result<Place> {
        beneath::place(self.data, &self.kept(copied))
    }

    pub(super) fn refused(&self, why: &dyn std::fmt::Display) -> Trouble {
        Trouble::Refused(format!("{} is left alone: {why}", self.path.display()))
    }

    pub(super) fn failed(&self, error: impl Into<io::Error>) -> Trouble {
        Trouble::Io(format!("{} cannot be moved: {}", self.path.display(), error.into()))
    }
}

/// Moves the file aside, if it is still the one of this device and inode.
///
/// # Errors
/// It stays where it is, and why. Where both is said, it is in both places.
pub(super) fn move_aside(order: &Order<'_>, judged: (u64, u64)) -> Result<Moved, Trouble> {
    let place = order.stands()?;
    let stat = place.stat().map_err(|error| order.failed(error))?;
    let stat = stat.ok_or_else(|| order.refused(&"it is not there any more"))?;
    judge(&stat, judged).map_err(|why| order.refused(&why))?;
    let mut file = place.open().map_err(|error| order.failed(error))?;
    let vault = order.vault().map_err(|error| order.failed(error))?;
    match rename(&place, &vault) {
        Ok(()) => {
            settle(&place, &vault, judged).map_err(|why| why.of(order))?;
            // What may not stay on the disk is not done: then it stands where it stood.
            let synced = || vault.sync().and_then(|()| place.sync());
            match state(&mut file, judged).and_then(|file| synced().map(|()| file)) {
                Ok(file) => Ok(Moved { to: order.kept(false), file, copied: false }),
                Err(error) => Err(or_stuck(order, rename(&vault, &place), error)),
            }
        }
        Err(Errno::XDEV) => {
            let copy = vault.beside(order.name(true)).map_err(|error| order.failed(error))?;
            let file = copy_aside(order, &place, &copy, &mut file, judged)?;
            Ok(Moved { to: order.kept(true), file, copied: true })
        }
        Err(error) => Err(order.failed(error)),
    }
}

/// Why it could not be moved, now that it was taken back; or that it could not even be.
pub(super) fn or_stuck(order: &Order<'_>, back: Result<(), Errno>, error: io::Error) -> Trouble {
    match back {
        Ok(()) => order.failed(error),
        Err(back) => Trouble::Stuck(format!("{}, nor be taken back: {back}", order.failed(error))),
    }
}

/// Is it the file that was judged, and one that may be moved?
fn judge(stat: &Stat, judged: (u64, u64)) -> Result<(), &'static str> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Symlink => return Err("it is a link, which heal does not follow"),
        FileType::Directory => return Err("it is a directory"),
        FileType::Fifo => return Err("it is a FIFO"),
        _ => return Err("it is not a regular file"),
    }
    if id(stat) != judged {
        return Err("another file stands there by now");
    }
    // The other name may be one that somebody works with.
    if stat.st_nlink != 1 { Err("it has more names than this one") } else { Ok(()) }
}

#[allow(clippy::useless_conversion, clippy::unnecessary_cast, reason = "their widths differ between systems")]
pub(super) fn id(stat: &Stat) -> (u64, u64) {
    (stat.st_dev as u64, u64::from(stat.st_ino))
}

pub(super) fn rename(from: &Place, to: &Place) -> Result<(), Errno> {
    renameat_with(&from.folder, &from.name, &to.folder, &to.name, RenameFlags::NOREPLACE)
}

/// Why a file that was renamed is not the right one.
pub(super) enum Swapped {
    /// Another one was in its place, and stands there again.
    Back,
    /// Another one was in its place, and could not be given back.
    Kept(io::Error),
    Failed(io::Error),
}

impl Swapped {
    pub(super) fn of(self, order: &Order<'_>) -> Trouble {
        match self {
            Self::Back => order.refused(&"another file was put in its place meanwhile"),
            Self::Kept(error) => Trouble::Stuck(format!(
                "another file was put in the place of {} meanwhile; it is kept as {}, because it cannot be put back: {error}",
                order.path.display(),
                order.kept(false).display()
            )),
            Self::Failed(error) => Trouble::Stuck(order.failed(error).to_string()),
        }
    }
}

/// Was what was renamed the file that was judged? Between the look and the rename a name may be given to another file: that
/// one goes back to where it was, by exchange where there is something again.
pub(super) fn settle(from: &Place, to: &Place, judged: (u64, u64)) -> Result<(), Swapped> {
    for _ in 0..SWAPS {
        let moved = to.stat().map_err(Swapped::Failed)?;
        if moved.is_some_and(|stat| id(&stat) == judged) {
            return Ok(());
        }
        match rename(to, from) {
            Ok(()) => return Err(Swapped::Back),
            Err(Errno::EXIST) => {
                renameat_with(&to.folder, &to.name, &from.folder, &from.name, RenameFlags::EXCHANGE)
                    .map_err(|error| Swapped::Kept(error.into()))?;
            }
            Err(error) => return Err(Swapped::Kept(error.into())),
        }
    }
    Err(Swapped::Kept(io::Error::other("somebody keeps swapping it")))
}

/// To another file system: a copy that is whole and on the disk first, then the original, and that only if its bytes are
/// still those of the copy.
fn copy_aside(
    order: &Order<'_>,
    place: &Place,
    vault: &Place,
    file: &mut File,
    judged: (u64, u64),
) -> Result<FileState, Trouble> {
    let meta = file.metadata().map_err(|error| order.failed(error))?;
    let sha256 = copy(file, vault, order.part(), None).map_err(|error| order.failed(error))?;
    let leaving = place.beside(order.leaving()).map_err(|error| order.failed(error))?;
    let taken = rename(place, &leaving).map_err(|error| order.failed(error));
    let settled = taken.and_then(|()| settle(place, &leaving, judged).map_err(|why| why.of(order)));
    if let Err(trouble) = settled {
        let _ = remove(vault);
        return Err(trouble);
    }
    take_away(order, place, &leaving, vault, &sha256)?;
    Ok(described(&meta, judged, sha256))
}

/// The last step of a copy: the original goes if the copy holds its bytes, else it stands where it stood.
pub(super) fn take_away(
    order: &Order<'_>,
    place: &Place,
    leaving: &Place,
    vault: &Place,
    sha256: &str,
) -> Result<(), Trouble> {
    let now = leaving.open().and_then(|mut file| hash(&mut file));
    let gone = now.and_then(|now| if now == sha256 { remove(leaving).map(|()| true) } else { Ok(false) });
    if let Ok(true) = gone {
        // Should its name come back with a power cut, the next run meets a file that is kept already.
        let _ = place.sync();
        return Ok(());
    }
    let back = rename(leaving, place);
    if back.is_ok() {
        let _ = remove(vault);
    }
    match (gone, back) {
        (Err(error), back) => Err(or_stuck(order, back, error)),
        (Ok(_), Err(error)) => Err(Trouble::Stuck(order.failed(error).to_string())),
        (Ok(_), Ok(())) => Err(order.refused(&"it was written to meanwhile")),
    }
}

/// Copies into a new file, which appears under its name only when it is whole and on the disk; not, where that is not before `end`.
/// Answers with the SHA-256.
pub(super) fn copy(from: &mut File, to: &Place, part: OsString, end: Option<Instant>) -> io::Result<String> {
    let part = to.beside(part)?;
    let mut made = None;
    let copied = (|| {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&part.folder, &part.name, flags, Mode::RUSR | Mode::WUSR)?);
        let meta = file.metadata()?;
        made = Some((meta.dev(), meta.ino()));
        let sha256 = pour(from, Some(&mut file), end)?;
        // Read back: what is to replace the only original is looked at, not believed.
        if pour(&mut file, None, end)? != sha256 {
            return Err(io::Error::other("the copy does not hold the bytes of the original"));
        }
        dress(from, &file)?;
        file.sync_all()?;
        rename(&part, to)?;
        // What may not stay on the disk is not there: it goes the way it came.
        to.sync().inspect_err(|_| _ = rename(to, &part))?;
        Ok(sha256)
    })();
    if copied.is_err()
        && let (Some(made), Ok(Some(stat))) = (made, part.stat())
    {
        // Somebody else's file may have been put in its place before it went.
        let _ = if id(&stat) == made { remove(&part) } else { rename(&part, to).map_err(Into::into) };
    }
    copied
}

/// Reads a file from its beginning to its end, into another one where there is one. Answers with the SHA-256.
fn pour(from: &mut File, mut to: Option<&mut File>, end: Option<Instant>) -> io::Result<String> {
    from.seek(SeekFrom::Start(0))?;
    let mut digest = Sha256::new();
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = match from.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        if end.is_some_and(|end| Instant::now() > end) {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the time for it was over"));
        }
        if count == 0 {
            return Ok(hex(&digest.finalize()));
        }
        digest.update(&chunk[..count]);
        to.as_mut().map_or(Ok(()), |to| to.write_all(&chunk[..count]))?;
    }
}

/// Gives the copy the owner, the permissions and the times of the original. Who may not give it away keeps it.
fn dress(from: &File, to: &File) -> io::Result<()> {
    let meta = from.metadata()?;
    if rustix::process::geteuid().is_root() {
        rustix::fs::fchown(to, Some(Uid::from_raw(meta.uid())), Some(Gid::from_raw(meta.gid())))?;
    }
    chmod(to, meta.mode())?;
    to.set_times(FileTimes::new().set_accessed(meta.accessed()?).set_modified(meta.modified()?))
}

pub(super) fn chmod(file: &File, mode: u32) -> io::Result<()> {
    file.set_permissions(std::fs::Permissions::from_mode(mode & 0o7777))
}

/// Only what heal made itself, and what a verified copy was made of.
pub(super) fn remove(place: &Place) -> io::Result<()> {
    Ok(unlinkat(&place.folder, &place.name, AtFlags::empty())?)
}

/// The SHA-256 of a whole file.
pub(super) fn hash(file: &mut File) -> io::Result<String> {
    pour(file, None, None)
}

/// What a file is, known under this device and inode.
pub(super) fn state(file: &mut File, judged: (u64, u64)) -> io::Result<FileState> {
    let meta = file.metadata()?;
    Ok(described(&meta, judged, hash(file)?))
}

fn described(meta: &std::fs::Metadata, (device, inode): (u64, u64), sha256: String) -> FileState {
    let mode = meta.mode() & 0o7777;
    FileState { device, inode, mode, uid: meta.uid(), gid: meta.gid(), size: meta.len(), sha256 }
}

/// The SHA-256 of a file below the project's directory, which may lie on another file system.
pub(super) fn sha256(root: &Path, path: &Path, end: Option<Instant>) -> io::Result<String> {
    beneath::reach(root, path)?;
    let (mut file, _) = crate::host::files::open(path).map_err(|why| io::Error::other(why.to_string()))?;
    pour(&mut file, None, end)
}
