//! Who has these files in hand? For all files in one pass over the processes, the cheap evidence first: a lease tells whether
//! anybody at all has a file open, then come the kernel's locks, then descriptors, then mappings. What cannot be seen makes
//! the answer unknown, never free. Nothing is changed; no file is opened for writing.
//!
//! The lease: the kernel gives a write lease on a file only if nobody else has it open or mapped, whoever and wherever they
//! are (fcntl(2)); it is handed back at once. Somebody who opens the file within these microseconds waits for them, and would
//! be told EWOULDBLOCK only with `O_NONBLOCK`, which neither SQLite, git nor flock(1) use on a file. The price of the other way
//! is higher: in a container, or as another user, an idle connection is seen by nothing else (FAULTS a, experiment 3).

use std::fs::File;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::process::{Detail, Grips, Processes};
use super::{place, sqlite, sys};
use crate::model::lock::{FileId, Grip, Holder, Holding};

/// A file to ask for: under which name, and which file it was when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its path.
    pub path: PathBuf,
    /// Which file.
    pub file: FileId,
}

/// Does anybody have it open?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    Nobody,
    Somebody,
    /// The kernel does not say: not our file, or no file system on which that means anything.
    CannotSay,
}

/// What one file itself tells, before any process is looked at.
#[derive(Debug)]
struct Told {
    opened: Opened,
    /// A record lock that stands in the way of ours: by this pid, which is 0 for one outside of our pid namespace and -1
    /// for one of an open file description.
    locked: Option<i32>,
    /// Why nobody could say that it is free.
    doubt: Option<String>,
}

/// Which file stands under this name; links are not followed.
///
/// # Errors
/// The system's.
pub fn file_id(path: &Path) -> std::io::Result<FileId> {
    std::fs::symlink_metadata(path).map(|meta| FileId { device: meta.dev(), inode: meta.ino() })
}

/// Who has each of these files in hand, in their order.
#[must_use]
pub fn look(processes: &dyn Processes, wanted: &[Wanted]) -> Vec<Holding> {
    survey(processes, wanted, true)
}

/// The same, for whoever need not know who it is: a file that somebody has open is not free, and nobody is searched for.
#[must_use]
pub fn free(processes: &dyn Processes, wanted: &[Wanted]) -> Vec<Holding> {
    survey(processes, wanted, false)
}

fn survey(processes: &dyn Processes, wanted: &[Wanted], named: bool) -> Vec<Holding> {
    let told: Vec<Told> = wanted.iter().map(ask).collect();
    let searched = |told: &Told| named || told.opened != Opened::Somebody;
    let open = |at: &usize| searched(&told[*at]) && (told[*at].opened != Opened::Nobody || told[*at].doubt.is_some());
    let mut asked: Vec<(FileId, usize)> = (0..wanted.len()).filter(open).map(|at| (wanted[at].file, at)).collect();
    asked.sort_unstable();
    let mut files: Vec<FileId> = asked.iter().map(|(file, _)| *file).collect();
    files.dedup();
    let taken = || Holding::Unknown("somebody has it open".to_owned());
    let mut holdings: Vec<Holding> =
        told.iter().map(|told| if searched(told) { Holding::Free } else { taken() }).collect();
    if files.is_empty() {
        return holdings;
    }
    let mut grips = processes.grips(&files);
    // A mapping outlives its descriptor, but to read those of everybody costs ten times as much.
    let unnamed: Vec<FileId> = asked
        .iter()
        .filter(|(file, at)| {
            let named = |grips: &Grips| grips.found.iter().any(|(one, _, _)| one == file);
            told[*at].locked.is_none_or(|pid| pid <= 0) && grips.as_ref().is_ok_and(|grips| !named(grips))
        })
        .map(|(file, _)| *file)
        .collect();
    if let (Ok(grips), false) = (&mut grips, unnamed.is_empty()) {
        let mapped = processes.mappings(&unnamed);
        grips.found.extend(mapped.found);
        grips.unseen = grips.unseen.take().or(mapped.unseen);
    }
    for (file, at) in asked {
        holdings[at] = conclude(processes, &wanted[at], file, &told[at], &grips);
    }
    holdings
}

/// Is there nobody who has it in hand?
///
/// # Errors
/// Who has it, or why that cannot be said.
pub fn nobody(processes: &dyn Processes, path: &Path) -> Result<(), String> {
    let file = file_id(path).map_err(|error| format!("{} cannot be looked at: {error}", path.display()))?;
    match look(processes, &[Wanted { path: path.to_owned(), file }]).into_iter().next() {
        Some(Holding::Free) => Ok(()),
        Some(Holding::Held(holders)) => Err(holders.iter().map(text).collect::<Vec<_>>().join("; ")),
        Some(Holding::Unknown(why)) => Err(why),
        None => Err("nobody says who holds it".to_owned()),
    }
}

/// `pid 7 (python3 bot.py, running for 5m) has it open`
#[must_use]
pub fn text(holder: &Holder) -> String {
    let age = crate::model::Span::secs(u64::try_from(holder.age_ms / 1_000).unwrap_or(0));
    format!("pid {} ({}, running for {age}) {}", holder.identity.pid, holder.command, holder.grip.text())
}

/// What the evidence about one file comes to: who was seen counts, then what could not be seen, then nobody.
fn conclude(
    processes: &dyn Processes,
    wanted: &Wanted,
    file: FileId,
    told: &Told,
    grips: &Result<Grips, String>,
) -> Holding {
    let mut pids: Vec<(i32, Grip)> = Vec::new();
    let mut unseen = false;
    let seen = grips.iter().flat_map(|grips| &grips.found).filter(|(one, _, _)| *one == file);
    let locked = told.locked.map(|pid| (pid, Grip::Record));
    for (pid, grip) in seen.map(|(_, pid, grip)| (*pid, *grip)).chain(locked) {
        match pids.iter_mut().find(|(other, _)| *other == pid) {
            _ if pid <= 0 => unseen = true,
            Some((_, before)) => *before = (*before).max(grip),
            None => pids.push((pid, grip)),
        }
    }
    pids.sort_unstable();
    let mut holders = Vec::new();
    for (pid, grip) in pids {
        match processes.detail(pid) {
            Detail::Seen(process) if !process.is_zombie() => holders.push(Holder {
                command: process.command(),
                age_ms: process.age_ms,
                identity: process.identity,
                grip,
                stoppable: false,
            }),
            // It let go meanwhile, or one that got it from there has it still: the lease knows.
            Detail::Gone | Detail::Seen(_) => unseen = true,
            Detail::Hidden(why) => return Holding::Unknown(format!("pid {pid} has it in hand and is hidden: {why}")),
        }
    }
    if !holders.is_empty() {
        return Holding::Held(holders);
    }
    if let Some(doubt) = &told.doubt {
        return Holding::Unknown(doubt.clone());
    }
    match (told.opened, grips) {
        // Whoever had it may have let go since.
        (Opened::Somebody | Opened::CannotSay, _) if ask(wanted).opened == Opened::Nobody => Holding::Free,
        (opened, Ok(_)) if unseen || opened == Opened::Somebody => Holding::Unknown(
            "it is held by an unseen process: of another user, or outside of the pid namespace of heal".to_owned(),
        ),
        (_, Err(why)) => Holding::Unknown(why.clone()),
        (_, Ok(grips)) => match grips.unseen.clone().or_else(place::namespace_doubt) {
            Some(why) => Holding::Unknown(why),
            None => Holding::Free,
        },
    }
}

/// Asks the file. Its only descriptor is opened and closed in here, while nobody else in this process has it open: to close
/// one drops all record locks that the process has on the file, SQLite's too (FAULTS A3).
fn ask(wanted: &Wanted) -> Told {
    let unknown = |doubt: Option<String>| Told { opened: Opened::CannotSay, locked: None, doubt };
    let FileId { device, inode } = wanted.file;
    let Some(_claim) = sqlite::claim_now((device, inode)) else {
        return unknown(Some("heal itself has it open at this moment".to_owned()));
    };
    let file = match open(&wanted.path) {
        Ok(file) => file,
        // Not readable for us: the processes may still tell, and who sees them all needs no more.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => return unknown(None),
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            return unknown(Some("somebody has a lease on it".to_owned()));
        }
        Err(error) => return unknown(Some(format!("it cannot be opened: {error}"))),
    };
    match file.metadata() {
        Ok(meta) if !meta.is_file() => return unknown(Some("it is not a regular file".to_owned())),
        Ok(meta) if (meta.dev(), meta.ino()) == (device, inode) => {}
        Ok(_) => return unknown(Some("another file stands there by now".to_owned())),
        Err(error) => return unknown(Some(format!("it cannot be looked at: {error}"))),
    }
    let doubt = place::doubt(&file);
    let opened = match () {
        () if !place::knows_leases(&file) => Opened::CannotSay,
        () => match sys::lease(&file) {
            Ok(()) => Opened::Nobody,
            Err(nix::errno::Errno::EAGAIN) => Opened::Somebody,
            Err(_) => Opened::CannotSay,
        },
    };
    Told { locked: if opened == Opened::Nobody { None } else { locked(&file) }, opened, doubt }
}

#[expect(clippy::disallowed_methods, reason = "links are not followed here, where host::files follows them")]
fn open(path: &Path) -> std::io::Result<File> {
    let how = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_NOFOLLOW;
    std::fs::OpenOptions::new().read(true).custom_flags(how).open(path)
}

/// Who stands in the way of a lock on the whole file: that covers SQLite's bytes from 0x40000000 and those of a `-shm` from 120
/// (lockingv3.html, walformat.html 2.3.1).
fn locked(file: &File) -> Option<i32> {
    let kind = |constant: libc::c_int| libc::c_short::try_from(constant).unwrap_or_default();
    let mut lock =
        libc::flock { l_type: kind(libc::F_WRLCK), l_whence: kind(libc::SEEK_SET), l_start: 0, l_len: 0, l_pid: 0 };
    let asked = fcntl(file, FcntlArg::F_GETLK(&mut lock)).is_ok();
    (asked && lock.l_type != kind(libc::F_UNLCK)).then_some(lock.l_pid)
}

#[cfg(test)]
#[path = "holders_tests.rs"]
mod tests;
