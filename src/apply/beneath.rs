//! How is a file of the project opened for appending, so that no link leads what is written to somewhere else? Below the
//! project's directory step by step, each step inside; a path that leads outside by its own words is the user's business.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Component, Path};

use nix::libc;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, mkdirat, openat, statat};
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
            at = match step(at.as_fd(), name, FOLDER, Mode::empty()) {
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
        match mkdirat(&at, *folder, Mode::from_raw_mode(0o755)) {
            // What is there already, be it a link or on a read-only disk, shows when it is opened.
            Ok(()) | Err(_) => {}
        }
        at = step(at.as_fd(), folder, FOLDER, Mode::empty())?;
    }
    let access = if reading { OFlags::RDWR } else { OFlags::WRONLY };
    let flags = access | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(step(at.as_fd(), name, flags, Mode::from_raw_mode(mode as rustix::fs::RawMode))?);
    // The other name may be a file that is none of ours.
    if file.metadata()?.nlink() != 1 { Err(io::Error::other("it has more names than this one")) } else { Ok(file) }
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(SEARCH);

/// A folder that may be passed need not be readable.
#[cfg(target_os = "linux")]
const SEARCH: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const SEARCH: OFlags = OFlags::RDONLY;

/// One step inside `at`. The flags hold NOFOLLOW for where there is no openat2 (before Linux 5.6, or in a sandbox).
fn step(at: BorrowedFd<'_>, name: &OsStr, flags: OFlags, mode: Mode) -> io::Result<OwnedFd> {
    let opened = inwards(at, name, flags, mode).unwrap_or_else(|| openat(at, name, flags, mode));
    opened.map_err(|error| {
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
fn inwards(at: BorrowedFd<'_>, name: &OsStr, flags: OFlags, mode: Mode) -> Option<rustix::io::Result<OwnedFd>> {
    use rustix::fs::{ResolveFlags, openat2};
    match openat2(at, name, flags, mode, ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
        Err(Errno::NOSYS | Errno::PERM | Errno::AGAIN) => None,
        opened => Some(opened),
    }
}

#[cfg(not(target_os = "linux"))]
fn inwards(_: BorrowedFd<'_>, _: &OsStr, _: OFlags, _: Mode) -> Option<rustix::io::Result<OwnedFd>> {
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
