//! How does a file come out of the quarantine, and how far did a run come that died while it moved one? Nothing is put over
//! another file, and nothing is put back that is not what was moved.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use super::aside::{Moved, Order, Swapped, chmod, copy, hash, id, or_stuck, remove, rename, settle, state, take_away};
use super::beneath::{self, Place};
use super::recover::standing_database;
use super::trouble::Trouble;
use crate::model::change::FileState;

/// What a kept file may be to others: nothing (DESIGN §5).
const SEALED: u32 = 0o600;

/// Brings a kept file back to where it stood.
///
/// # Errors
/// It stays where it is kept, and why.
pub(super) fn put_back(order: &Order<'_>, kept: &Path, file: &FileState) -> Result<Moved, Trouble> {
    let gone = |why: &str| Trouble::Refused(format!("{} cannot be put back: {why}", order.path.display()));
    let store = beneath::place(order.data, kept).map_err(|error| gone(&error.to_string()))?;
    let stat = store.stat().map_err(|error| order.failed(error))?;
    let stat = stat.ok_or_else(|| gone("it is not in the quarantine any more"))?;
    let mut bytes = store.open().map_err(|error| order.failed(error))?;
    if stat.st_nlink != 1 || hash(&mut bytes).map_err(|error| order.failed(error))? != file.sha256 {
        return Err(gone("what is kept of it is not what was moved"));
    }
    let place = order.stands()?;
    if place.stat().map_err(|error| order.failed(error))?.is_some() {
        return Err(order.refused(&"there is a file of that name again"));
    }
    // heal moved it from where there was none.
    if let Some(database) = standing_database(order.path) {
        let why = format!("{} was made since, and SQLite would write what is in it into that one", database.display());
        return Err(order.refused(&why));
    }
    chmod(&bytes, file.mode).map_err(|error| order.failed(error))?;
    let copied = match rename(&store, &place) {
        Ok(()) => false,
        Err(Errno::XDEV) => {
            copy(&mut bytes, &place, order.part(), None).map_err(|error| order.failed(error))?;
            true
        }
        Err(Errno::EXIST) => return Err(order.refused(&"there is a file of that name again")),
        Err(error) => return Err(order.failed(error)),
    };
    let synced = place.sync().and_then(|()| if copied { remove(&store) } else { store.sync() });
    match synced.and_then(|()| place.stat()) {
        Ok(Some(stat)) => {
            let (device, inode) = id(&stat);
            let file = FileState { device, inode, ..file.clone() };
            Ok(Moved { to: order.path.to_owned(), file, copied })
        }
        Ok(None) => Err(Trouble::Stuck(format!("{} went away again at once", order.path.display()))),
        Err(error) if copied => {
            let _ = remove(&place);
            seal(order.data, kept);
            Err(order.failed(error))
        }
        Err(error) => {
            let back = rename(&place, &store);
            seal(order.data, kept);
            Err(or_stuck(order, back, error))
        }
    }
}

fn stands(place: &Place, order: &Order<'_>) -> Result<Option<FileState>, Trouble> {
    let Some(stat) = place.stat().map_err(|error| order.failed(error))? else { return Ok(None) };
    let mut file = place.open().map_err(|error| order.failed(error))?;
    state(&mut file, id(&stat)).map(Some).map_err(|error| order.failed(error))
}

/// Makes what is kept private, once it is written down what it was: in its folder nobody else could reach it anyway.
pub(super) fn seal(data: &Path, kept: &Path) {
    let place = beneath::place(data, kept);
    let _ = place.and_then(|place| place.open()).and_then(|file| chmod(&file, SEALED));
}

/// A run died while it moved this file aside. `None`: it is where it was, or will be again; else what was done.
///
/// # Errors
/// It cannot be said, or not be finished: a later run tries again.
pub(super) fn finish_aside(order: &Order<'_>, judged: (u64, u64)) -> Result<Option<Moved>, Trouble> {
    let io = |error| order.failed(error);
    // Without its folder in the quarantine nothing was begun.
    let vault = if_there(order.stored(false)).map_err(io)?;
    let copy = if_there(order.stored(true)).map_err(io)?;
    let (Some(vault), Some(copy)) = (vault, copy) else { return Ok(None) };
    let _ = vault.beside(order.part()).and_then(|part| remove(&part));
    let copied = vault.stat().map_err(io)?.is_none();
    if copied && copy.stat().map_err(io)?.is_none() {
        return Ok(None);
    }
    let place = if_there(beneath::place(order.root, order.path)).map_err(io)?;
    let kept = if copied { copy } else { vault };
    let is_judged = kept.stat().map_err(io)?.is_some_and(|stat| id(&stat) == judged);
    // Where its folder is gone nothing is left there, and the copy was whole before it had its name.
    if let (true, Some(place)) = (copied, &place) {
        let leaving = place.beside(order.leaving()).map_err(io)?;
        let is_original = |place: &Place| place.stat().map(|stat| stat.is_some_and(|stat| id(&stat) == judged));
        if is_original(place).map_err(io)? {
            remove(&kept).map_err(io)?;
            return Ok(None);
        }
        if is_original(&leaving).map_err(io)? {
            let sha256 = kept.open().and_then(|mut bytes| hash(&mut bytes)).map_err(io)?;
            take_away(order, place, &leaving, &kept, &sha256)?;
        }
    } else if !copied && !is_judged {
        match settle(&order.stands()?, &kept, judged) {
            Ok(()) => {}
            Err(Swapped::Back) => return Ok(None),
            Err(why) => return Err(why.of(order)),
        }
    }
    let file = kept.open().and_then(|mut bytes| state(&mut bytes, judged)).map_err(io)?;
    kept.sync().and_then(|()| place.map_or(Ok(()), |place| place.sync())).map_err(io)?;
    Ok(Some(Moved { to: order.kept(copied), file, copied }))
}

/// A place whose folder is there; not to be allowed to look is no answer.
fn if_there(place: io::Result<Place>) -> io::Result<Option<Place>> {
    match place {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        place => place.map(Some),
    }
}

/// A run died while it put this file back. `None`: it is still kept.
///
/// # Errors
/// It cannot be said, or not be finished: a later run tries again.
pub(super) fn finish_back(order: &Order<'_>, kept: &Path, file: &FileState) -> Result<Option<Moved>, Trouble> {
    let store = if_there(beneath::place(order.data, kept)).map_err(|error| order.failed(error))?;
    let place = if_there(beneath::place(order.root, order.path)).map_err(|error| order.failed(error))?;
    let (Some(store), Some(place)) = (store, place) else { return Ok(None) };
    let _ = place.beside(order.part()).and_then(|part| remove(&part));
    let back = stands(&place, order)?.filter(|now| now.sha256 == file.sha256);
    let is_kept = store.stat().map_err(|error| order.failed(error))?.is_some();
    let Some(now) = back else {
        seal(order.data, kept);
        return Ok(None);
    };
    if is_kept {
        // It was copied, and is whole where it stands.
        remove(&store).map_err(|error| order.failed(error))?;
    }
    Ok(Some(Moved { to: order.path.to_owned(), file: now, copied: is_kept }))
}
