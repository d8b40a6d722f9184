//! Which files does a commit change, and what stands at their paths now? Looked at by its own eyes: what git was told to pass
//! over (ignored, assumed unchanged, not checked out) may still be a file that somebody needs.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use git2::{AttrCheckFlags, AttrValue, Delta, DiffOptions, FileMode, ObjectType, Oid, Repository, Tree};

use crate::host::files;

/// A file larger than this is compared byte by byte only: its line ends are not translated to see whether it is the same.
const TRANSLATED: u64 = 64 * 1024 * 1024;

/// What a tree has at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// A file, an executable, a link.
    pub mode: FileMode,
    /// Its bytes, or for a link its target.
    pub id: Oid,
}

/// One path at which two trees differ.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Relative to the work tree.
    pub path: PathBuf,
    /// What is there before; `None`: nothing.
    pub old: Option<Entry>,
    /// What is there after.
    pub new: Option<Entry>,
}

/// A path for people: what is no UTF-8 and what would move the cursor is replaced.
#[must_use]
pub fn name_of(path: &[u8]) -> String {
    String::from_utf8_lossy(path).chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// Where two trees differ, what goes before what comes. Renames are both.
///
/// # Errors
/// A tree cannot be read.
pub fn turns(repo: &Repository, old: &Tree<'_>, new: &Tree<'_>) -> Result<Vec<Turn>, git2::Error> {
    let mut options = DiffOptions::new();
    options.include_typechange(true).ignore_submodules(false);
    let diff = repo.diff_tree_to_tree(Some(old), Some(new), Some(&mut options))?;
    let mut turns = Vec::new();
    for delta in diff.deltas() {
        let entry = |file: &git2::DiffFile<'_>| Entry { mode: file.mode(), id: file.id() };
        let (before, after) = (delta.old_file(), delta.new_file());
        let bytes = after.path_bytes().or_else(|| before.path_bytes()).unwrap_or_default();
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(bytes));
        turns.push(Turn {
            path,
            old: (delta.status() != Delta::Added).then(|| entry(&before)),
            new: (delta.status() != Delta::Deleted).then(|| entry(&after)),
        });
    }
    // A file may give way to a folder of its name.
    turns.sort_by_key(|turn| turn.new.is_some());
    Ok(turns)
}

/// The work tree, for looking at what stands at paths in it.
pub struct Site<'r> {
    repo: &'r Repository,
    root: PathBuf,
    /// git looks at the executable bit (`core.fileMode`).
    modes: bool,
}

impl<'r> Site<'r> {
    /// The work tree of a repository.
    #[must_use]
    pub fn of(repo: &'r Repository, root: &Path) -> Self {
        let modes = repo.config().and_then(|config| config.get_bool("core.filemode")).unwrap_or(true);
        Self { repo, root: root.to_owned(), modes }
    }

    /// What is at the path, no link followed, not even in the folders above it; `None`: nothing.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn stat(&self, path: &Path) -> io::Result<Option<Metadata>> {
        let mut at = self.root.clone();
        let mut names = path.components().peekable();
        while let Some(name) = names.next() {
            at.push(name);
            let meta = match std::fs::symlink_metadata(&at) {
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    return Ok(None);
                }
                other => other?,
            };
            match names.peek() {
                None => return Ok(Some(meta)),
                Some(_) if meta.is_dir() => {}
                // A link or a file where a folder should be: nothing of ours is behind it.
                Some(_) => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The first thing on the way to a path that is there and is no folder: it would have to give way.
    fn barrier(&self, path: &Path) -> Option<PathBuf> {
        let above: Vec<&Path> = path.ancestors().skip(1).filter(|above| !above.as_os_str().is_empty()).collect();
        let blocks = |above: &&&Path| std::fs::symlink_metadata(self.root.join(above)).is_ok_and(|meta| !meta.is_dir());
        above.iter().rev().find(blocks).map(|above| above.to_path_buf())
    }

    /// Does the path hold exactly this? Line ends count as git's own translation leaves them.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn holds(&self, path: &Path, entry: Option<Entry>) -> io::Result<bool> {
        match (self.stat(path)?, entry) {
            (None, None) => Ok(true),
            // An empty place may have become a folder of other files.
            (Some(meta), None) => Ok(meta.is_dir()),
            (None, Some(_)) => Ok(false),
            (Some(meta), Some(entry)) => self.is(&self.root.join(path), &meta, entry),
        }
    }

    /// Is this file, wherever it lies, that?
    ///
    /// # Errors
    /// It cannot be read.
    pub fn is(&self, path: &Path, meta: &Metadata, entry: Entry) -> io::Result<bool> {
        let failed = |error: git2::Error| io::Error::other(error.message().to_owned());
        if entry.mode == FileMode::Link {
            if !meta.is_symlink() {
                return Ok(false);
            }
            let target = std::fs::read_link(path)?;
            let id = Oid::hash_object(ObjectType::Blob, target.as_os_str().as_bytes()).map_err(failed)?;
            return Ok(id == entry.id);
        }
        if !meta.is_file() {
            return Ok(false);
        }
        let executable = meta.permissions().mode() & 0o100 != 0;
        if self.modes && executable != (entry.mode == FileMode::BlobExecutable) {
            return Ok(false);
        }
        if Oid::hash_file(ObjectType::Blob, path).map_err(failed)? == entry.id {
            return Ok(true);
        }
        if meta.len() > TRANSLATED {
            return Ok(false);
        }
        let Ok(bytes) = files::read(path, TRANSLATED) else { return Ok(false) };
        let mut plain = Vec::with_capacity(bytes.len());
        for (at, byte) in bytes.iter().enumerate() {
            if !(*byte == b'\r' && bytes.get(at + 1) == Some(&b'\n')) {
                plain.push(*byte);
            }
        }
        Ok(plain.len() < bytes.len()
            && Oid::hash_object(ObjectType::Blob, &plain).map_err(failed)? == entry.id
            && self.translates(path.strip_prefix(&self.root).unwrap_or(path)))
    }

    /// Does git translate line ends at this path at all? Otherwise a file with other line ends is a file that somebody changed.
    #[must_use]
    pub fn translates(&self, path: &Path) -> bool {
        let config = self.repo.config().ok();
        let set = |name: &str| config.as_ref().and_then(|config| config.get_string(name).ok());
        let by_config = set("core.autocrlf").is_some_and(|value| value != "false") || set("core.eol").is_some();
        let by_attribute = ["text", "eol", "crlf"].into_iter().any(|name| {
            let value = self.repo.get_attr(path, name, AttrCheckFlags::FILE_THEN_INDEX).ok().flatten();
            matches!(AttrValue::from_string(value), AttrValue::True | AttrValue::String(_))
        });
        by_config || by_attribute
    }

    /// What another program, or a rule that libgit2 does not know, does with the file at this path.
    #[must_use]
    pub fn filter(&self, path: &Path) -> Option<String> {
        ["filter", "ident", "working-tree-encoding"].into_iter().find_map(|name| {
            let value = self.repo.get_attr(path, name, AttrCheckFlags::FILE_THEN_INDEX);
            match AttrValue::from_string(value.ok().flatten()) {
                AttrValue::String(value) => Some(format!("{name}={value}")),
                AttrValue::True => Some(name.to_owned()),
                _ => None,
            }
        })
    }

    /// What would be in the way of writing: nothing that git tracks, and so in no commit.
    ///
    /// # Errors
    /// It cannot be looked at.
    pub fn in_the_way(&self, turn: &Turn, gone: &BTreeSet<PathBuf>) -> io::Result<Option<PathBuf>> {
        if turn.new.is_none() {
            return Ok(None);
        }
        if let Some(barrier) = self.barrier(&turn.path).filter(|barrier| !gone.contains(barrier)) {
            return Ok(Some(barrier));
        }
        if turn.old.is_some() {
            return Ok(None);
        }
        match self.stat(&turn.path)? {
            None => Ok(None),
            Some(meta) if meta.is_dir() => self.stays(&turn.path, gone),
            Some(_) => Ok(Some(turn.path.clone())),
        }
    }

    /// Something below a folder that has to give way, and that nobody takes away.
    fn stays(&self, folder: &Path, gone: &BTreeSet<PathBuf>) -> io::Result<Option<PathBuf>> {
        let mut open = vec![folder.to_owned()];
        while let Some(folder) = open.pop() {
            let mut empty = true;
            for entry in std::fs::read_dir(self.root.join(&folder))? {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                empty = false;
                if entry.file_type()?.is_dir() {
                    open.push(path);
                } else if !gone.contains(&path) {
                    return Ok(Some(path));
                }
            }
            // git knows no empty folders: somebody else made it.
            if empty {
                return Ok(Some(folder));
            }
        }
        Ok(None)
    }

    /// Why heal would not write here: a name that no work tree may hold, or another file system than git's own.
    #[must_use]
    pub fn unfit(&self, path: &Path) -> Option<&'static str> {
        use std::path::Component;
        let plain = |component: Component<'_>| match component {
            Component::Normal(name) => !name.as_bytes().eq_ignore_ascii_case(b".git"),
            _ => false,
        };
        if path.as_os_str().is_empty() || !path.components().all(plain) {
            return Some("a name that no work tree may hold");
        }
        let home = std::fs::symlink_metadata(self.repo.path()).ok()?.dev();
        let near = path.ancestors().skip(1).find_map(|above| std::fs::symlink_metadata(self.root.join(above)).ok());
        near.filter(|meta| meta.dev() != home).map(|_| "on another file system than .git")
    }
}
