//! How is a directory or a link of the layout made, and how is changed who may do what with one? Below the project's directory,
//! following no link; a directory has its name only when its owner and mode are right. Nothing is ever taken away.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid, mkdirat, openat, symlinkat, unlinkat};
use rustix::io::Errno;

use super::aside::{Order, id, rename};
use super::beneath::{self, FOLDER, Place, Reach};
use super::repair::{Found, Site};
use super::trouble::Trouble;
use crate::error::Result;
use crate::journal::{DataDir, Journal};
use crate::model::change::Access;
use crate::model::made::Reaccessed;
use crate::model::{Change, Event};

/// What of the permissions of the folder above a directory gets that is made in it: never writing by everybody, nor what `/tmp`
/// has to keep strangers from each other's files. The group that a folder hands down stays.
const HANDED_DOWN: u32 = 0o2775;

/// Something to look at that cannot be read or written by it.
#[cfg(target_os = "linux")]
const HANDLE: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const HANDLE: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Makes one change of the layout, and writes down what has a way back.
///
/// # Errors
/// What was done could not be written down: a later run does.
pub(super) fn change(
    site: &Site<'_>,
    journal: &mut Journal,
    order: &Order<'_>,
    change: &Change,
) -> Result<std::result::Result<String, Trouble>> {
    // Nobody else decides who may read what heal keeps (DESIGN §5).
    if DataDir::at(order.data.to_owned()).owns(order.path) {
        return Ok(Err(order.refused(&"it is heal's own")));
    }
    if order.path.to_str().is_none() {
        return Ok(Err(order.refused(&"its name is not UTF-8")));
    }
    Ok(match change {
        Change::MakeDirectory { mode, uid, .. } => make_directory(order, *mode, *uid),
        Change::MakeLink { target, .. } => make_link(order, target),
        Change::SetAccess { device, inode, before, after, .. } => {
            match set_access(order, (*device, *inode), *before, *after) {
                Ok(now) => return reaccessed(site, journal, order, ((*device, *inode), *before, now)).map(Ok),
                Err(trouble) => Err(trouble),
            }
        }
        _ => Err(order.refused(&"it is no change of the layout")),
    })
}

/// A run died in the middle of this change: how far did it come?
///
/// # Errors
/// What was done could not be written down.
pub(super) fn finish(site: &Site<'_>, journal: &mut Journal, order: &Order<'_>, change: &Change) -> Result<Found> {
    let place = match beneath::place_across(order.root, order.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Undone),
        Err(error) => return Ok(Found::Doubtful(cannot(order, error).to_string())),
        Ok(place) => place,
    };
    let now = match place.stat() {
        Ok(now) => now,
        Err(error) => return Ok(Found::Doubtful(cannot(order, error).to_string())),
    };
    Ok(match change {
        Change::SetAccess { device, inode, before, .. } => {
            let now = now.filter(|stat| id(stat) == (*device, *inode)).map(|stat| access(&stat));
            match now.filter(|now| now != before) {
                // Half of it is more than nothing: what it was before has to be known to whoever takes it back.
                Some(now) => Found::Done(reaccessed(site, journal, order, ((*device, *inode), *before, now))?),
                None => Found::Undone,
            }
        }
        _ => {
            if let Ok(part) = place.beside(order.part()) {
                let _ = unlinkat(&part.folder, &part.name, AtFlags::REMOVEDIR);
            }
            now.map_or(Found::Undone, |_| Found::Done(format!("made {}", order.path.display())))
        }
    })
}

fn reaccessed(
    site: &Site<'_>,
    journal: &mut Journal,
    order: &Order<'_>,
    ((device, inode), before, after): ((u64, u64), Access, Access),
) -> Result<String> {
    super::failpoint("after-move");
    let (intent, service) = (site.intent.to_owned(), site.service.to_owned());
    let path = order.path.display().to_string();
    let seen = format!("{path} is {after} now; it was {before}");
    journal.record(Event::Reaccessed(Reaccessed { intent, service, path, device, inode, before, after }))?;
    Ok(seen)
}

fn cannot(order: &Order<'_>, error: impl Into<io::Error>) -> Trouble {
    Trouble::Io(format!("{} cannot be put right: {}", order.path.display(), error.into()))
}

fn free(order: &Order<'_>) -> std::result::Result<Place, Trouble> {
    let place = beneath::place_across(order.root, order.path).map_err(|error| order.refused(&error))?;
    match place.stat().map_err(|error| cannot(order, error))? {
        Some(_) => Err(order.refused(&"something stands there by now")),
        None => Ok(place),
    }
}

fn make_directory(order: &Order<'_>, mode: Option<u32>, uid: Option<u32>) -> std::result::Result<String, Trouble> {
    let place = free(order)?;
    let part = place.beside(order.part()).map_err(|error| cannot(order, error))?;
    let made = (|| -> io::Result<()> {
        mkdirat(&part.folder, &part.name, Mode::RWXU)?;
        let folder = rustix::fs::fstat(&place.folder)?;
        let made = beneath::step(part.folder.as_fd(), &part.name, FOLDER, Mode::empty(), Reach::Mounts)?;
        let us = rustix::fs::fstat(&made)?;
        // Who may not give anything away makes what is his own.
        let own = rustix::process::geteuid().is_root();
        let uid = uid.or_else(|| own.then_some(folder.st_uid)).filter(|uid| *uid != us.st_uid);
        let gid = own.then_some(folder.st_gid).filter(|gid| *gid != us.st_gid);
        if uid.is_some() || gid.is_some() {
            chown(made.as_fd(), uid, gid)?;
        }
        chmod(made.as_fd(), mode.unwrap_or_else(|| bits(&folder) & HANDED_DOWN))?;
        rename(&part, &place)?;
        // It is there. A name that is lost with a power cut is made again.
        let _ = place.sync();
        Ok(())
    })();
    made.map_err(|error| {
        let _ = unlinkat(&part.folder, &part.name, AtFlags::REMOVEDIR);
        match error.kind() {
            io::ErrorKind::AlreadyExists => order.refused(&"something stands there by now"),
            _ => cannot(order, error),
        }
    })?;
    Ok(format!("made {}", order.path.display()))
}

fn make_link(order: &Order<'_>, target: &Path) -> std::result::Result<String, Trouble> {
    let place = free(order)?;
    match symlinkat(target, &place.folder, &place.name) {
        Ok(()) => {}
        Err(Errno::EXIST) => return Err(order.refused(&"something stands there by now")),
        Err(error) => return Err(cannot(order, error)),
    }
    let _ = place.sync();
    Ok(format!("laid {}, which points to {}", order.path.display(), target.display()))
}

/// Exactly what was judged, by a handle that is held: whatever the name leads to meanwhile.
fn set_access(
    order: &Order<'_>,
    judged: (u64, u64),
    before: Access,
    after: Access,
) -> std::result::Result<Access, Trouble> {
    let place = beneath::place_across(order.root, order.path).map_err(|error| order.refused(&error))?;
    let stat = place.stat().map_err(|error| cannot(order, error))?;
    let stat = stat.ok_or_else(|| order.refused(&"it is not there any more"))?;
    judge(&stat, judged, before).map_err(|why| order.refused(&why))?;
    let handle = beneath::step(place.folder.as_fd(), &place.name, HANDLE, Mode::empty(), Reach::Mounts);
    let handle = handle.map_err(|error| cannot(order, error))?;
    let held = rustix::fs::fstat(&handle).map_err(|error| cannot(order, error))?;
    judge(&held, judged, before).map_err(|why| order.refused(&why))?;
    let set = (|| -> io::Result<Access> {
        if before.uid != after.uid {
            chown(handle.as_fd(), Some(after.uid), None)?;
        }
        // A new owner takes some bits with it; so they are set after that, and also when they were right.
        if access(&rustix::fs::fstat(&handle)?).mode != after.mode {
            chmod(handle.as_fd(), after.mode)?;
        }
        Ok(access(&rustix::fs::fstat(&handle)?))
    })();
    let now = set.map_err(|error| {
        // Half of it is nobody's wish. What does not go back shows in the next look.
        if before.uid != after.uid {
            let _ = chown(handle.as_fd(), Some(before.uid), None);
            let _ = chmod(handle.as_fd(), before.mode);
        }
        cannot(order, error)
    })?;
    if now != after {
        return Err(cannot(order, io::Error::other(format!("it is {now}, whatever it is set to"))));
    }
    let readable = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::NOCTTY | OFlags::CLOEXEC;
    let _ = openat(&place.folder, &place.name, readable, Mode::empty()).and_then(rustix::fs::fsync);
    Ok(now)
}

/// Is it what was judged, and something whose permissions may be changed?
fn judge(stat: &Stat, judged: (u64, u64), before: Access) -> std::result::Result<(), &'static str> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => {}
        // The other name may be that of a file which is none of the project's.
        FileType::RegularFile if stat.st_nlink != 1 => return Err("it has more names than this one"),
        FileType::RegularFile => {}
        FileType::Symlink => return Err("it is a link, which heal does not follow"),
        _ => return Err("it is neither a directory nor a file"),
    }
    if id(stat) != judged {
        return Err("something else stands there by now");
    }
    if access(stat) == before { Ok(()) } else { Err("somebody changed its mode or its owner meanwhile") }
}

fn access(stat: &Stat) -> Access {
    Access { mode: bits(stat), uid: stat.st_uid }
}

#[allow(clippy::useless_conversion, reason = "its width differs between systems")]
fn bits(stat: &Stat) -> u32 {
    u32::from(stat.st_mode) & 0o7777
}

#[cfg(target_os = "linux")]
fn chown(handle: BorrowedFd<'_>, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
    Ok(rustix::fs::chownat(handle, "", uid, gid, AtFlags::EMPTY_PATH)?)
}

#[cfg(not(target_os = "linux"))]
fn chown(handle: BorrowedFd<'_>, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    Ok(rustix::fs::fchown(handle, uid.map(Uid::from_raw), gid.map(Gid::from_raw))?)
}

/// Of a handle that cannot be read by: its name in `/proc` leads to exactly what it holds, and to nothing else.
#[cfg(target_os = "linux")]
fn chmod(handle: BorrowedFd<'_>, mode: u32) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let name = format!("/proc/self/fd/{}", handle.as_raw_fd());
    Ok(rustix::fs::chmod(name, Mode::from_raw_mode(mode))?)
}

#[cfg(not(target_os = "linux"))]
fn chmod(handle: BorrowedFd<'_>, mode: u32) -> io::Result<()> {
    #[allow(clippy::cast_possible_truncation, reason = "permission bits, of another width there")]
    Ok(rustix::fs::fchmod(handle, Mode::from_raw_mode(mode as rustix::fs::RawMode))?)
}
