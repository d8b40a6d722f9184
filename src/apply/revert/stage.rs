//! Where do the files wait until all of them are there? In a folder inside of `.git`, on the file system of the work tree:
//! what comes is written there, what goes is moved there, and nothing is let go of whose bytes git does not have.

use std::ffi::OsStr;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use git2::build::CheckoutBuilder;
use git2::{FileMode, Index, IndexEntry, IndexTime, Repository, Tree};

use super::said;
use crate::host::git::{Entry, Site, Turn};

/// The folder's name.
const NAME: &str = "heal-revert";

/// The folder, and the lock on the index.
pub(super) struct Stage {
    root: PathBuf,
    lock: PathBuf,
}

impl Stage {
    /// The folder of this repository, whether or not it is there.
    pub(super) fn of(repo: &Repository) -> Self {
        Self { root: repo.path().join(NAME), lock: repo.path().join("index.lock") }
    }

    /// Makes it. One that is there could not be removed by an earlier run; it goes if git has all that lies in it.
    pub(super) fn make(repo: &Repository) -> Result<Self, String> {
        let stage = Self::of(repo);
        if std::fs::symlink_metadata(&stage.root).is_ok() {
            if let Some(path) = unknown(repo, &[stage.coming(), stage.going()]) {
                return Err(format!(
                    "{} was left by an earlier run, and git does not have it: move it away",
                    path.display()
                ));
            }
            stage.clear()?;
        }
        let made = stage.folders();
        if made.is_err() {
            let _ = stage.clear();
        }
        made.map(|()| stage)
    }

    #[expect(clippy::disallowed_methods, reason = "apply is where files are made")]
    fn folders(&self) -> Result<(), String> {
        let stage = self;
        for folder in [stage.root.clone(), stage.coming(), stage.going()] {
            DirBuilder::new()
                .mode(0o700)
                .create(&folder)
                .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        }
        Ok(())
    }

    /// What comes, and after it was swapped what it replaced.
    pub(super) fn coming(&self) -> PathBuf {
        self.root.join("new")
    }

    /// What goes.
    pub(super) fn going(&self) -> PathBuf {
        self.root.join("old")
    }

    fn marker(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Is all there that comes? Before that nothing is moved, and what lies here is heal's own, whole or not.
    ///
    /// # Errors
    /// That cannot be said.
    pub(super) fn is_filled(&self) -> Result<bool, String> {
        match std::fs::symlink_metadata(self.marker()) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(format!("cannot look at {}: {error}", self.marker().display())),
        }
    }

    /// Writes every file that comes, as git would: line ends, executable bits, links.
    pub(super) fn fill(&self, repo: &Repository, tree: &Tree<'_>, turns: &[Turn]) -> Result<(), String> {
        let coming: Vec<&Turn> = turns.iter().filter(|turn| turn.new.is_some()).collect();
        if coming.is_empty() {
            return Ok(());
        }
        let mut checkout = CheckoutBuilder::new();
        checkout.target_dir(&self.coming()).force().recreate_missing(true);
        checkout.update_index(false).refresh(false).disable_pathspec_match(true);
        for turn in &coming {
            checkout.path(turn.path.as_path());
        }
        repo.checkout_tree(tree.as_object(), Some(&mut checkout)).map_err(said)?;
        let site = Site::of(repo, &self.coming());
        for turn in coming {
            // libgit2 passes over what changes its kind, such as a file that becomes a link.
            if let (Some(entry), None) = (turn.new, site.stat(&turn.path).map_err(|error| error.to_string())?) {
                self.plain(repo, &site, &turn.path, entry)?;
            }
            if !site.holds(&turn.path, turn.new).map_err(|error| error.to_string())? {
                return Err(format!("{} was not written as git has it", turn.path.display()));
            }
        }
        Ok(())
    }

    /// Writes one entry byte by byte; only where git would do the same.
    #[expect(clippy::disallowed_methods, reason = "apply is where files are made")]
    fn plain(&self, repo: &Repository, site: &Site<'_>, path: &Path, entry: Entry) -> Result<(), String> {
        let to = self.coming().join(path);
        let failed = |error: std::io::Error| format!("cannot write {}: {error}", to.display());
        let blob = repo.find_blob(entry.id).map_err(said)?;
        if let Some(folder) = to.parent() {
            DirBuilder::new().recursive(true).create(folder).map_err(failed)?;
        }
        if entry.mode == FileMode::Link {
            return std::os::unix::fs::symlink(OsStr::from_bytes(blob.content()), &to).map_err(failed);
        }
        if site.translates(path) {
            return Err(format!("{} changes its kind, and git translates its line ends", path.display()));
        }
        let mode = if entry.mode == FileMode::BlobExecutable { 0o777 } else { 0o666 };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&to).map_err(failed)?;
        file.write_all(blob.content()).map_err(failed)
    }

    /// Takes git's lock on the index: from here on no other git changes index or work tree. It is a second name of a file of
    /// ours, so that a later run knows it for its own, and that all that comes was there.
    #[expect(clippy::disallowed_methods, reason = "git's own protocol for its index")]
    pub(super) fn lock(&self, repo: &Repository) -> Result<(), String> {
        File::create(self.marker()).map_err(|error| format!("cannot write in {}: {error}", self.root.display()))?;
        std::fs::hard_link(self.marker(), &self.lock)
            .map_err(|error| format!("cannot lock the index of {}: {error}", repo.path().display()))
    }

    /// Is the lock on the index, if there is one, ours?
    pub(super) fn owns_lock(&self) -> bool {
        let inode = |path: &Path| std::fs::symlink_metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
        inode(&self.lock).is_some_and(|lock| inode(&self.marker()) == Some(lock))
    }

    /// Lets the lock go, if it is ours.
    ///
    /// # Errors
    /// It cannot be removed. Whoever clears the folder then takes away what says whose it is.
    #[expect(clippy::disallowed_methods, reason = "git's own protocol for its index")]
    pub(super) fn unlock(&self) -> Result<(), String> {
        if self.owns_lock() && std::fs::remove_file(&self.lock).is_err() && self.owns_lock() {
            return Err(format!("the lock on the index, {}, cannot be removed", self.lock.display()));
        }
        Ok(())
    }

    /// Brings the index to what the work tree now holds, at the changed paths.
    #[expect(clippy::disallowed_methods, reason = "git's own protocol for its index")]
    pub(super) fn index(&self, repo: &Repository, root: &Path, turns: &[Turn]) -> Result<(), String> {
        let target = index_path(repo)?;
        let aside = self.root.join("index");
        let failed = |error: std::io::Error| format!("cannot write the index: {error}");
        std::fs::copy(&target, &aside).map_err(failed)?;
        let mut index = Index::open(&aside).map_err(said)?;
        for turn in turns {
            match turn.new {
                // An earlier run may have got this far.
                None if index.get_path(&turn.path, 0).is_none() => {}
                None => index.remove(&turn.path, 0).map_err(said)?,
                Some(entry) => index.add(&indexed(root, &turn.path, entry).map_err(failed)?).map_err(said)?,
            }
        }
        index.write().map_err(said)?;
        File::open(&aside).and_then(|file| file.sync_all()).map_err(failed)?;
        if !self.owns_lock() {
            return Err("the lock on the index was taken away".to_owned());
        }
        std::fs::rename(&aside, &target).map_err(failed)
    }

    /// Is everything that lies here known to git? What is not, somebody wrote while it was moved, and nobody else has it.
    pub(super) fn verify(&self, repo: &Repository, turns: &[Turn]) -> Result<(), String> {
        for (folder, whole) in [(self.coming(), false), (self.going(), true)] {
            let site = Site::of(repo, &folder);
            let known = |turn: &Turn| -> std::io::Result<bool> {
                Ok(match site.stat(&turn.path)? {
                    Some(meta) if !meta.is_dir() => {
                        site.holds(&turn.path, turn.old)? || (!whole && site.holds(&turn.path, turn.new)?)
                    }
                    _ => true,
                })
            };
            for turn in turns {
                if !known(turn).map_err(|error| error.to_string())? {
                    let path = folder.join(&turn.path);
                    return Err(format!("{} was changed while it was moved; it is kept there", path.display()));
                }
            }
        }
        Ok(())
    }

    /// Does a file lie among what goes?
    pub(super) fn keeps_old(&self) -> bool {
        let mut open = vec![self.going()];
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    open.push(entry.path());
                } else {
                    return true;
                }
            }
        }
        false
    }

    /// Removes the folder. What lies in it was written by heal, or was seen to be in git's object store. The marker goes last:
    /// whoever is killed in between leaves what is looked at once more.
    #[expect(clippy::disallowed_methods, reason = "its own files, and copies of what git has")]
    pub(super) fn clear(&self) -> Result<(), String> {
        for folder in [self.coming(), self.going(), self.root.clone()] {
            match std::fs::remove_dir_all(&folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(format!("cannot remove {}: {error}", folder.display()));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// The first file below these folders whose bytes are not in git's object store.
fn unknown(repo: &Repository, folders: &[PathBuf]) -> Option<PathBuf> {
    let odb = repo.odb().ok()?;
    let mut open = folders.to_vec();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let id = match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    open.push(path);
                    continue;
                }
                Ok(kind) if kind.is_symlink() => std::fs::read_link(&path).ok().and_then(|target| {
                    git2::Oid::hash_object(git2::ObjectType::Blob, target.as_os_str().as_bytes()).ok()
                }),
                Ok(kind) if kind.is_file() => git2::Oid::hash_file(git2::ObjectType::Blob, &path).ok(),
                _ => None,
            };
            if !id.is_some_and(|id| odb.exists(id)) {
                return Some(path);
            }
        }
    }
    None
}

/// Is the index at the changed paths what HEAD says? What somebody added to it in the meantime is not thrown away.
pub(super) fn unstaged(repo: &Repository, turns: &[Turn]) -> Result<(), String> {
    let index = repo.index().map_err(said)?;
    for turn in turns {
        let there = index.get_path(&turn.path, 0).map(|entry| (entry.id, entry.mode));
        let wanted = turn.old.map(|entry| (entry.id, u32::from(entry.mode)));
        if there != wanted {
            return Err(format!("{} was added to the index meanwhile", turn.path.display()));
        }
    }
    Ok(())
}

/// Everything of the repository's file system on the disk: a ref must never survive the commit that it names.
pub(super) fn sync(repo: &Repository) -> Result<(), String> {
    #[cfg(target_os = "linux")]
    return File::open(repo.path())
        .and_then(|folder| rustix::fs::syncfs(folder).map_err(Into::into))
        .map_err(|error| format!("the disk did not take it: {error}"));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = repo;
        rustix::fs::sync();
        Ok(())
    }
}

fn index_path(repo: &Repository) -> Result<PathBuf, String> {
    let index = repo.index().map_err(said)?;
    index.path().map(Path::to_owned).ok_or_else(|| "the repository has no index".to_owned())
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "git keeps the lower 32 bits")]
fn indexed(root: &Path, path: &Path, entry: Entry) -> std::io::Result<IndexEntry> {
    let meta = std::fs::symlink_metadata(root.join(path))?;
    Ok(IndexEntry {
        ctime: IndexTime::new(meta.ctime() as i32, meta.ctime_nsec() as u32),
        mtime: IndexTime::new(meta.mtime() as i32, meta.mtime_nsec() as u32),
        dev: meta.dev() as u32,
        ino: meta.ino() as u32,
        mode: entry.mode.into(),
        uid: meta.uid(),
        gid: meta.gid(),
        file_size: meta.len() as u32,
        id: entry.id,
        flags: 0,
        flags_extended: 0,
        path: path.as_os_str().as_bytes().to_vec(),
    })
}
