//! How is a file of the project reached, so that no link leads what is written or moved to somewhere else? Below the project's
//! directory step by step, each step inside. A path to append to that leads outside by its own words is the user's business;
//! nothing outside is ever moved.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Component, Path};

use nix::libc;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, mkdirat, openat, statat};
#[cfg(target_os = "linux")]
use rustix::io::Errno;

use crate::error::{Error, Kind, Result};

/// Opens a regular file for appending, private but for `mode`; it and the folders above it are made when missing.
pub(super) fn append(root: &Path, path: &Path, reading: bool, mode: u32) -> io::Result<File> {
    let file = match inside(root, path) {
        Some(names) => below(root, &names, reading, mode)?,
        None => outside(path, reading, mode)?,
    };
    if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
}

/// Is the way from the project's directory to this folder, as far as it is there, free of links?
///
/// # Errors
/// There is one.
pub fn refuse_links(root: &Path, folder: &Path) -> Result<()> {
    let mut names = inside(root, folder).unwrap_or_default();
    // The last step is looked at by the directory itself.
    names.pop();
    if names.is_empty() {
        return Ok(());
    }
    let walk = || -> io::Result<()> {
        let mut at = rustix::fs::open(root, FOLDER - OFlags::NOFOLLOW, Mode::empty())?;
        for name in names {
            at = match step(at.as_fd(), name, FOLDER, Mode::empty(), Reach::Mounts) {
                Err(error) if error.kind() == io::ErrorKind::Other => return Err(error),
                // Not there, or no folder: whoever makes it says so.
                Err(_) => return Ok(()),
                Ok(folder) => folder,
            };
        }
        Ok(())
    };
    walk().map_err(|error| {
        Error::new(Kind::Config, format!("the data directory {} is refused: {error}", folder.display()))
            .hint("set `[project] data_dir` to where it really is")
    })
}

/// The steps from the root to the file; `None` when it lies elsewhere.
fn inside<'a>(root: &Path, path: &'a Path) -> Option<Vec<&'a OsStr>> {
    let rest = path.strip_prefix(root).ok()?;
    let name = |component| match component {
        Component::Normal(name) => Some(name),
        _ => None,
    };
    rest.components().map(name).collect()
}

fn below(root: &Path, names: &[&OsStr], reading: bool, mode: u32) -> io::Result<File> {
    let Some((name, folders)) = names.split_last() else {
        return Err(io::Error::other("it is the project's directory"));
    };
    let mut at = rustix::fs::open(root, FOLDER - OFlags::NOFOLLOW, Mode::empty())?;
    for folder in folders {
        let made = mkdirat(&at, *folder, Mode::from_raw_mode(0o755));
        at = match step(at.as_fd(), folder, FOLDER, Mode::empty(), Reach::Mounts) {
            // What is there already, be it a link or on a read-only disk, shows when it is opened; of what is not, why.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(made.err().map_or(error, Into::into)),
            opened => opened?,
        };
    }
    let access = if reading { OFlags::RDWR } else { OFlags::WRONLY };
    let flags = access | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file =
        File::from(step(at.as_fd(), name, flags, Mode::from_raw_mode(mode as rustix::fs::RawMode), Reach::Mounts)?);
    // The other name may be a file that is none of ours.
    if file.metadata()?.nlink() != 1 { Err(io::Error::other("it has more names than this one")) } else { Ok(file) }
}

pub(super) const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(SEARCH);

/// A folder that may be passed need not be readable.
#[cfg(target_os = "linux")]
const SEARCH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const SEARCH: OFlags = OFlags::RDONLY;

/// A name in a folder that is held: whatever becomes of the names above it, this is where it stands.
#[derive(Debug)]
pub(super) struct Place {
    /// The folder.
    pub(super) folder: OwnedFd,
    /// The name in it.
    pub(super) name: OsString,
}

impl Place {
    /// What stands there, a link itself; `None`: nothing.
    pub(super) fn stat(&self) -> io::Result<Option<Stat>> {
        match statat(&self.folder, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(rustix::io::Errno::NOENT) => Ok(None),
            found => Ok(Some(found?)),
        }
    }

    /// Opens what stands there for reading, if it is a regular file.
    pub(super) fn open(&self) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(step(self.folder.as_fd(), &self.name, flags, Mode::empty(), Reach::OneFileSystem)?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::Error::other("it is not a regular file")) }
    }

    /// The same folder, another name.
    pub(super) fn beside(&self, name: OsString) -> io::Result<Self> {
        Ok(Self { folder: self.folder.try_clone()?, name })
    }

    /// Puts on the disk which names the folder holds.
    pub(super) fn sync(&self) -> io::Result<()> {
        let readable = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat(&self.folder, ".", readable, Mode::empty()).and_then(rustix::fs::fsync) {
            // A folder that may be written and not read, or a file system that knows no such thing: all was done that can be.
            Err(rustix::io::Errno::ACCESS | rustix::io::Errno::INVAL) => Ok(()),
            done => Ok(done?),
        }
    }
}

/// The place of a file below the project's directory, on its file system.
///
/// # Errors
/// It lies elsewhere, or a link or a mount stands in the way, or a folder above it is not there.
pub(super) fn place(root: &Path, path: &Path) -> io::Result<Place> {
    place_within(root, path, Reach::OneFileSystem)
}

/// As [`place`], also on what is mounted below it: for what is not moved.
///
/// # Errors
/// It lies outside of the project, or a link stands in the way, or a folder above it is not there.
pub(super) fn place_across(root: &Path, path: &Path) -> io::Result<Place> {
    place_within(root, path, Reach::Mounts)
}

fn place_within(root: &Path, path: &Path, reach: Reach) -> io::Result<Place> {
    let names = inside(root, path).ok_or_else(|| io::Error::other("it is not inside of the project"))?;
    let (name, folders) = names.split_last().ok_or_else(|| io::Error::other("it is the project's directory"))?;
    let mut at = rustix::fs::open(root, FOLDER - OFlags::NOFOLLOW, Mode::empty())?;
    let device = rustix::fs::fstat(&at)?.st_dev;
    for folder in folders {
        at = step(at.as_fd(), folder, FOLDER, Mode::empty(), reach)?;
        if reach == Reach::OneFileSystem && rustix::fs::fstat(&at)?.st_dev != device {
            return Err(elsewhere(folder));
        }
    }
    Ok(Place { folder: at, name: (*name).to_owned() })
}

/// Is the way to a file free of links? It may lie on another file system.
///
/// # Errors
/// It lies outside of the project, or a link stands in the way.
pub(super) fn reach(root: &Path, path: &Path) -> io::Result<()> {
    let names = inside(root, path).ok_or_else(|| io::Error::other("it is not inside of the project"))?;
    let mut at = rustix::fs::open(root, FOLDER - OFlags::NOFOLLOW, Mode::empty())?;
    for folder in names.split_last().map(|(_, folders)| folders).unwrap_or_default() {
        at = step(at.as_fd(), folder, FOLDER, Mode::empty(), Reach::Mounts)?;
    }
    Ok(())
}

/// A folder below `root` that only its owner may look into, made with those above it when it is missing.
pub(super) fn private(root: &Path, names: &[&OsStr]) -> io::Result<OwnedFd> {
    let mut at = rustix::fs::open(root, FOLDER, Mode::empty())?;
    for name in names {
        let made = match mkdirat(&at, *name, Mode::RWXU) {
            Err(rustix::io::Errno::EXIST) => false,
            made => made.map(|()| true)?,
        };
        let above = at;
        at = step(above.as_fd(), name, FOLDER, Mode::empty(), Reach::OneFileSystem)?;
        if made {
            Place { folder: above, name: OsString::new() }.sync()?;
        }
    }
    Ok(at)
}

fn elsewhere(name: &OsStr) -> io::Error {
    let name = name.to_string_lossy();
    io::Error::other(format!("`{name}` is where another file system is mounted, and there heal moves nothing"))
}

/// How far a step may lead.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Also into what is mounted there.
    Mounts,
    /// Not off the file system.
    OneFileSystem,
}

/// One step inside `at`. The flags hold NOFOLLOW for where there is no openat2 (before Linux 5.6, or in a sandbox).
pub(super) fn step(at: BorrowedFd<'_>, name: &OsStr, flags: OFlags, mode: Mode, reach: Reach) -> io::Result<OwnedFd> {
    let opened = inwards(at, name, flags, mode, reach).unwrap_or_else(|| openat(at, name, flags, mode));
    opened.map_err(|error| {
        if error == rustix::io::Errno::XDEV {
            return elsewhere(name);
        }
        let link = statat(at, name, AtFlags::SYMLINK_NOFOLLOW)
            .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink);
        if link {
            io::Error::other(format!("`{}` is a link, which heal does not follow", name.to_string_lossy()))
        } else {
            error.into()
        }
    })
}

#[cfg(target_os = "linux")]
fn inwards(
    at: BorrowedFd<'_>,
    name: &OsStr,
    flags: OFlags,
    mode: Mode,
    reach: Reach,
) -> Option<rustix::io::Result<OwnedFd>> {
    use rustix::fs::{ResolveFlags, openat2};
    let mut how = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    how.set(ResolveFlags::NO_XDEV, reach == Reach::OneFileSystem);
    match openat2(at, name, flags, mode, how) {
        Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => None,
        opened => Some(opened),
    }
}

#[cfg(not(target_os = "linux"))]
fn inwards(_: BorrowedFd<'_>, _: &OsStr, _: OFlags, _: Mode, _: Reach) -> Option<rustix::io::Result<OwnedFd>> {
    None
}

#[expect(clippy::disallowed_methods, reason = "apply is where files are made")]
fn outside(path: &Path, reading: bool, mode: u32) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o755).create(parent)?;
    }
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY;
    OpenOptions::new().read(reading).append(true).create(true).mode(mode).custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_leads_outside_is_refused_and_what_is_inside_is_made() {
        let (project, other) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
        let (root, other) = (project.path(), other.path());
        symlink(other, root.join("logs")).expect("linked");
        symlink("real", root.join("near")).expect("linked");
        std::fs::create_dir(root.join("real")).expect("made");
        std::fs::write(other.join("victim"), "kept").expect("written");
        symlink(other.join("victim"), root.join("real/link.log")).expect("linked");
        std::fs::write(root.join("real/one.log"), "kept").expect("written");
        std::fs::hard_link(root.join("real/one.log"), root.join("real/two.log")).expect("linked");
        let table = [
            ("a.log", ""),
            ("new/folder/a.log", ""),
            ("real/a.log", ""),
            ("logs/a.log", "`logs` is a link, which heal does not follow"),
            ("logs/new/a.log", "`logs` is a link, which heal does not follow"),
            ("near/a.log", "`near` is a link, which heal does not follow"),
            ("real/link.log", "`link.log` is a link, which heal does not follow"),
            ("real/one.log", "it has more names than this one"),
            ("real", "Is a directory (os error 21)"),
        ];
        for (path, why) in table {
            let answer = append(root, &root.join(path), true, 0o640);
            assert_eq!(answer.map_or_else(|error| error.to_string(), |_| String::new()), why, "{path}");
        }
        assert_eq!(std::fs::read_dir(other).expect("there").count(), 1, "nothing was made elsewhere");
        assert!(append(root, &other.join("by/its/own/words.log"), false, 0o640).is_ok());
    }
}
