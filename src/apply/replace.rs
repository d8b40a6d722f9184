//! How does other content come in the place of a file, so that no update is lost? The new file is whole and on the disk before it
//! has the name; then both change places in one step. What was there is looked at again where it is now: if it is not what was
//! judged, or if anybody still has it open, they change places again.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::{Gid, Mode, OFlags, RenameFlags, Uid, XattrFlags, openat, renameat_with};
use rustix::io::Errno;

use super::aside::{Order, chmod, id, remove, rename, state};
use super::beneath::{self, Place};
use super::repair::Unheld;
use super::trouble::Trouble;
use crate::journal::vault::Vault;
use crate::model::change::{APPLICATION_LOCK, FileState};
use crate::model::digest::sha256;

/// How often what somebody swaps meanwhile is swapped back.
const SWAPS: usize = 16;

/// What is to come in its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replacement<'a> {
    /// What stands there; `None`: nothing may.
    pub(super) judged: Option<&'a FileState>,
    /// The new content, by its name in the vault.
    pub(super) sha256: &'a str,
    /// The application's own lock.
    pub(super) lock: Option<&'a Path>,
    /// Who is asked whether anybody has it open.
    pub(super) unheld: &'a dyn Unheld,
}

/// What a file below the project's directory is, by its bytes.
///
/// # Errors
/// It is no regular file, leads elsewhere, or cannot be read.
pub fn state_of(root: &Path, path: &Path) -> io::Result<FileState> {
    let mut file = beneath::place(root, path)?.open()?;
    let meta = file.metadata()?;
    state(&mut file, (meta.dev(), meta.ino()))
}

/// Replaces, or creates, the file.
///
/// # Errors
/// It stays as it is, and why.
pub(super) fn replace(order: &Order<'_>, wanted: &Replacement<'_>) -> Result<FileState, Trouble> {
    let failed = |error: io::Error| order.failed(error);
    let place = order.stands()?;
    let vault = Vault::of(&crate::journal::DataDir::at(order.data.to_owned()));
    let bytes = vault.get(wanted.sha256).map_err(failed)?;
    let _lock = wanted.lock.map(|path| application_lock(order, path)).transpose()?;
    let was = match wanted.judged {
        Some(judged) => Some(look(order, &place, judged)?),
        None if place.stat().map_err(failed)?.is_some() => return Err(order.refused(&"a file stands there by now")),
        None => None,
    };
    if let Some((bytes, _)) = &was {
        // Before anything else: what is replaced has to be there for whoever takes it back.
        vault.put(bytes).map_err(failed)?;
    }
    let new = stage(order, &place, &bytes, was.as_ref().map(|(_, file)| file)).map_err(failed)?;
    let after = stands(&new).map_err(failed).and_then(|staged| {
        staged
            .filter(|staged| staged.sha256 == wanted.sha256)
            .ok_or_else(|| order.refused(&"what was staged is not whole"))
    });
    let after = match after {
        Ok(after) => after,
        Err(trouble) => {
            let _ = remove(&new);
            return Err(trouble);
        }
    };
    // To have it open oneself is to have it open.
    drop(was);
    super::failpoint("before-exchange");
    let placed = match wanted.judged {
        Some(judged) => exchange(order, wanted, (&place, &new), judged),
        None => match rename(&new, &place) {
            Ok(()) => Ok(()),
            Err(Errno::EXIST) => Err(order.refused(&"a file stands there by now")),
            Err(error) => Err(order.failed(error)),
        },
    };
    // Only what heal made, or what was replaced and is in the vault, has this name; after trouble that could not be settled
    // nobody knows, and it stays.
    if wanted.judged.is_some() && !matches!(placed, Err(Trouble::Stuck(_)))
        || placed.is_err() && wanted.judged.is_none()
    {
        let _ = remove(&new);
    }
    placed?;
    // From here on it is done, and has to be written down: what the system says of the name now undoes nothing. A name that is
    // lost with a power cut leads to what was there before, which the next run judges anew.
    let _ = place.sync();
    if place.stat().ok().flatten().is_some_and(|stat| id(&stat) != (after.device, after.inode)) {
        return Err(order.refused(&"somebody wrote it anew at this moment, and that is what stands there"));
    }
    Ok(after)
}

/// Reads what stands there: only if it is what was judged.
fn look(order: &Order<'_>, place: &Place, judged: &FileState) -> Result<(Vec<u8>, File), Trouble> {
    let failed = |error: io::Error| order.failed(error);
    let stat = place.stat().map_err(failed)?.ok_or_else(|| order.refused(&"it is not there any more"))?;
    let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
    if kind != rustix::fs::FileType::RegularFile {
        return Err(order.refused(&"it is not a regular file"));
    }
    if id(&stat) != (judged.device, judged.inode) {
        return Err(order.refused(&"another file stands there by now"));
    }
    if stat.st_nlink != 1 {
        return Err(order.refused(&"it has more names than this one"));
    }
    let mut file = place.open().map_err(failed)?;
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut file, &mut bytes).map_err(failed)?;
    if sha256(&bytes) != judged.sha256 {
        return Err(order.refused(&"it was written to meanwhile"));
    }
    Ok((bytes, file))
}

/// The new file, whole and on the disk, beside the place, with the owner, the permissions and the attributes of the old one.
fn stage(order: &Order<'_>, place: &Place, bytes: &[u8], old: Option<&File>) -> io::Result<Place> {
    let (part, new) = (place.beside(order.part())?, place.beside(order.leaving())?);
    let staged = (|| {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut file = File::from(openat(&part.folder, &part.name, flags, Mode::RUSR | Mode::WUSR)?);
        file.write_all(bytes)?;
        match old {
            Some(old) => dress(old, &file)?,
            None => settle_in(place, &file)?,
        }
        file.sync_all()?;
        rename(&part, &new)?;
        place.sync()
    })();
    if staged.is_err() {
        let _ = remove(&part);
        let _ = remove(&new);
    }
    staged.map(|()| new)
}

fn dress(old: &File, new: &File) -> io::Result<()> {
    let meta = old.metadata()?;
    let us = new.metadata()?;
    if (us.uid(), us.gid()) != (meta.uid(), meta.gid()) {
        rustix::fs::fchown(new, Some(Uid::from_raw(meta.uid())), Some(Gid::from_raw(meta.gid())))?;
    }
    chmod(new, meta.mode())?;
    let mut names = vec![0; 64 * 1024];
    let length = match rustix::fs::flistxattr(old, &mut names[..]) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(()),
        listed => listed?,
    };
    let mut value = vec![0; 64 * 1024];
    for name in names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let length = rustix::fs::fgetxattr(old, name, &mut value[..])?;
        match rustix::fs::fsetxattr(new, name, &value[..length], XattrFlags::empty()) {
            // A label that the system itself puts on what is made there.
            Err(Errno::PERM | Errno::OPNOTSUPP) if name.starts_with(b"security.") => {}
            set => set?,
        }
    }
    Ok(())
}

/// A file where none was belongs to whoever the folder belongs to, and is as open as that, but for writing.
fn settle_in(place: &Place, new: &File) -> io::Result<()> {
    let folder = rustix::fs::fstat(&place.folder)?;
    if rustix::process::geteuid().is_root() {
        rustix::fs::fchown(new, Some(Uid::from_raw(folder.st_uid)), Some(Gid::from_raw(folder.st_gid)))?;
    }
    #[allow(clippy::useless_conversion, reason = "its width differs between systems")]
    chmod(new, u32::from(folder.st_mode) & 0o644)
}

/// Changes places, and looks again at what came out.
fn exchange(
    order: &Order<'_>,
    wanted: &Replacement<'_>,
    (place, new): (&Place, &Place),
    judged: &FileState,
) -> Result<(), Trouble> {
    let failed = |error: io::Error| order.failed(error);
    let ours = new.stat().map_err(failed)?.map(|stat| id(&stat));
    wanted.unheld.unheld(order.path).map_err(|why| order.refused(&why))?;
    look(order, place, judged)?;
    match renameat_with(&new.folder, &new.name, &place.folder, &place.name, RenameFlags::EXCHANGE) {
        Ok(()) => {}
        Err(Errno::NOENT) => return Err(order.refused(&"it is not there any more")),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            return Err(order.refused(&"its file system cannot let two files change places"));
        }
        Err(error) => return Err(order.failed(error)),
    }
    super::failpoint("after-exchange");
    // Nobody comes to it by name any more: who has it open now is the last who could write to it.
    let old = order.path.with_file_name(&new.name);
    let came_out =
        look(order, new, judged).map(drop).and_then(|()| wanted.unheld.unheld(&old).map_err(|why| order.refused(&why)));
    // Whoever wrote between the two looks is seen by the third.
    let Err(why) = came_out.and_then(|()| look(order, new, judged).map(drop)) else { return Ok(()) };
    swap_back(order, place, new, ours).map(|()| Err(why))?
}

/// Gives the place back to what came out of it. Whoever renamed something there meanwhile has the last word.
fn swap_back(order: &Order<'_>, place: &Place, new: &Place, mut believed: Option<(u64, u64)>) -> Result<(), Trouble> {
    let stuck = |error: io::Error| {
        let kept = order.path.with_file_name(&new.name);
        Trouble::Stuck(format!("{}; what stood there is {}", order.failed(error), kept.display()))
    };
    for _ in 0..SWAPS {
        let putting = new.stat().map_err(stuck)?.map(|stat| id(&stat));
        match renameat_with(&new.folder, &new.name, &place.folder, &place.name, RenameFlags::EXCHANGE) {
            // Somebody took away what heal had put there: then this stands alone.
            Err(Errno::NOENT) => return rename(new, place).map_err(|error| stuck(error.into())),
            swapped => swapped.map_err(|error| stuck(error.into()))?,
        }
        if new.stat().map_err(stuck)?.map(|stat| id(&stat)) == believed {
            return place.sync().map_err(stuck);
        }
        believed = putting;
    }
    Err(stuck(io::Error::other("somebody keeps swapping it")))
}

/// A run died while it replaced this file. `None`: what stood there stands there, or something newer; else what stands there.
///
/// # Errors
/// It cannot be said, or not be finished: a later run tries again.
pub(super) fn finish(
    order: &Order<'_>,
    judged: Option<&FileState>,
    sha256: &str,
) -> Result<Option<FileState>, Trouble> {
    let io = |error| order.failed(error);
    let place = match beneath::place(order.root, order.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        place => place.map_err(io)?,
    };
    let (part, new) = (place.beside(order.part()).map_err(io)?, place.beside(order.leaving()).map_err(io)?);
    let _ = remove(&part);
    let now = stands(&place).map_err(io)?;
    let ours = now.as_ref().filter(|now| now.sha256 == sha256);
    let Some(beside) = stands(&new).map_err(io)? else {
        // What was replaced is gone: it had been looked at for the last time.
        return Ok(ours.cloned());
    };
    if beside.sha256 == sha256 {
        remove(&new).map_err(io)?;
        return Ok(None);
    }
    if let Some(ours) = ours {
        // It died before it knew that nobody writes to it any more. Back it goes; the next run judges it anew.
        swap_back(order, &place, &new, Some((ours.device, ours.inode)))?;
        remove(&new).map_err(io)?;
        return Ok(None);
    }
    if judged.is_some_and(|judged| judged.sha256 == beside.sha256) {
        // Something newer has the place, and this is in the vault.
        remove(&new).map_err(io)?;
        return Ok(None);
    }
    let kept = order.path.with_file_name(&new.name);
    Err(Trouble::Stuck(format!(
        "both {} and {} were written while heal repaired: keep the right one as {} and move the other away",
        order.path.display(),
        kept.display(),
        order.path.display()
    )))
}

fn stands(place: &Place) -> io::Result<Option<FileState>> {
    let Some(stat) = place.stat()? else { return Ok(None) };
    let mut file = place.open()?;
    state(&mut file, id(&stat)).map(Some)
}

/// Takes the lock that the application itself takes before it writes. One that is not there is held by nobody.
fn application_lock(order: &Order<'_>, path: &Path) -> Result<Option<File>, Trouble> {
    take(path).map_err(|why| order.refused(&why))
}

/// Can the application's own lock be had at this moment? An application that keeps it all day is not asked by an intent a minute.
///
/// # Errors
/// It cannot, and why.
pub fn can_lock(path: &Path) -> Result<(), String> {
    take(path).map(drop)
}

fn take(path: &Path) -> Result<Option<File>, String> {
    let file = match crate::host::files::open(path) {
        Ok((file, _)) => file,
        Err(crate::host::files::Unread::Missing) => return Ok(None),
        Err(why) => return Err(format!("its lock {} cannot be taken: {why}", path.display())),
    };
    let deadline = Instant::now() + APPLICATION_LOCK;
    while fs2::FileExt::try_lock_exclusive(&file).is_err() {
        if Instant::now() > deadline {
            return Err(format!("its lock {} is held by somebody", path.display()));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(Some(file))
}
