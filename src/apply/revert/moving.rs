//! How does a file change places so that nothing is lost? By a swap, or by a move to where nothing is: the kernel does either as
//! a whole. What came out is looked at before the next one; if it is not what git has, it goes back.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use git2::Repository;
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, mkdirat, renameat_with, unlinkat};
use rustix::io::Errno;

use super::stage::Stage;
use crate::apply::beneath::{FOLDER, Reach, step};
use crate::host::git::{Site, Turn};

/// What was done, so that it can be undone.
enum Move {
    Swapped(PathBuf),
    Removed(PathBuf),
    Added(PathBuf),
}

/// The moves of one run.
pub(super) struct Moves<'r> {
    site: Site<'r>,
    aside: Site<'r>,
    gone: Site<'r>,
    root: OwnedFd,
    new: OwnedFd,
    old: OwnedFd,
    made: Vec<Move>,
}

impl<'r> Moves<'r> {
    /// None yet.
    pub(super) fn of(repo: &'r Repository, root: &Path, stage: &Stage) -> Result<Self, String> {
        let open = |path: &Path| {
            rustix::fs::open(path, FOLDER - OFlags::NOFOLLOW, Mode::empty())
                .map_err(|error| format!("cannot open {}: {error}", path.display()))
        };
        Ok(Self {
            site: Site::of(repo, root),
            aside: Site::of(repo, &stage.coming()),
            gone: Site::of(repo, &stage.going()),
            root: open(root)?,
            new: open(&stage.coming())?,
            old: open(&stage.going())?,
            made: Vec::new(),
        })
    }

    /// Makes those that are not made yet, in order.
    pub(super) fn make(&mut self, turns: &[Turn]) -> Result<(), String> {
        for turn in turns {
            let named = |error: std::io::Error| format!("{}: {error}", turn.path.display());
            self.one(turn).map_err(named)?;
        }
        Ok(())
    }

    fn one(&mut self, turn: &Turn) -> std::io::Result<()> {
        let path = &turn.path;
        let name = path.file_name().ok_or_else(|| std::io::Error::other("it has no name"))?;
        match (turn.old, turn.new) {
            (Some(old), Some(_)) => {
                let (from, to) = (self.parent(&self.new, path, false)?, self.parent(&self.root, path, false)?);
                renameat_with(&from, name, &to, name, RenameFlags::EXCHANGE)?;
                self.made.push(Move::Swapped(path.clone()));
                known(self.aside.holds(path, Some(old))?)
            }
            (Some(old), None) => {
                let (from, to) = (self.parent(&self.root, path, false)?, self.parent(&self.old, path, true)?);
                renameat_with(&from, name, &to, name, RenameFlags::NOREPLACE)?;
                self.made.push(Move::Removed(path.clone()));
                known(self.gone.holds(path, Some(old))?)?;
                self.prune(path);
                Ok(())
            }
            (None, Some(_)) => {
                let (from, to) = (self.parent(&self.new, path, false)?, self.parent(&self.root, path, true)?);
                renameat_with(&from, name, &to, name, RenameFlags::NOREPLACE)?;
                self.made.push(Move::Added(path.clone()));
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Is this path as it will be? And if not, is it as it was?
    pub(super) fn is_done(&self, turn: &Turn) -> std::io::Result<Option<bool>> {
        if self.site.holds(&turn.path, turn.new)? {
            return Ok(Some(true));
        }
        Ok(self.site.holds(&turn.path, turn.old)?.then_some(false))
    }

    /// Undoes them, the last one first.
    pub(super) fn back(&mut self) -> Result<(), String> {
        while let Some(made) = self.made.pop() {
            let (path, undone) = match &made {
                Move::Swapped(path) => (path, self.swap_back(path)),
                Move::Removed(path) => (path, self.carry(&self.old, &self.root, path)),
                Move::Added(path) => (path, self.carry(&self.root, &self.new, path)),
            };
            undone.map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }

    fn swap_back(&self, path: &Path) -> std::io::Result<()> {
        let name = path.file_name().unwrap_or_default();
        let (from, to) = (self.parent(&self.new, path, false)?, self.parent(&self.root, path, false)?);
        Ok(renameat_with(&from, name, &to, name, RenameFlags::EXCHANGE)?)
    }

    fn carry(&self, from: &OwnedFd, to: &OwnedFd, path: &Path) -> std::io::Result<()> {
        let name = path.file_name().unwrap_or_default();
        let (from, to) = (self.parent(from, path, false)?, self.parent(to, path, true)?);
        renameat_with(&from, name, &to, name, RenameFlags::NOREPLACE)?;
        self.prune(path);
        Ok(())
    }

    /// The folder that a path stands in, step by step from `root`; no link is followed.
    fn parent(&self, root: &OwnedFd, path: &Path, make: bool) -> std::io::Result<OwnedFd> {
        let mut at = root.try_clone()?;
        let folders: Vec<&OsStr> = path.parent().into_iter().flat_map(|parent| parent.iter()).collect();
        for folder in folders {
            if make {
                match mkdirat(&at, folder, Mode::from_raw_mode(0o777)) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            at = step(at.as_fd(), folder, FOLDER, Mode::empty(), Reach::Mounts)?;
        }
        Ok(at)
    }

    /// Removes the folders above a path in the work tree that hold nothing any more, as git does.
    pub(super) fn prune(&self, path: &Path) {
        for folder in path.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty()) {
            let Some(name) = folder.file_name() else { return };
            // An earlier run may have removed the lower ones.
            let Ok(parent) = self.parent(&self.root, folder, false) else { continue };
            if unlinkat(&parent, name, AtFlags::REMOVEDIR).is_err_and(|error| error != Errno::NOENT) {
                return;
            }
        }
    }
}

fn known(is: bool) -> std::io::Result<()> {
    if is { Ok(()) } else { Err(std::io::Error::other("it was changed while it was moved")) }
}
