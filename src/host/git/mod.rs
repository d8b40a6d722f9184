//! What is this repository like? Read by libgit2, in process: no hook, no filter, no file monitor and no other program runs,
//! and nothing is written, not even an index that could be refreshed. Whose it is, is checked here and by libgit2.

mod advance;
mod draft;
mod paths;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::{Commit, ErrorCode, Oid, Repository, RepositoryOpenFlags, RepositoryState, StatusOptions};

use super::files;
use crate::model::Stamp;
use crate::model::refused::Refused;
use crate::model::revert::{Ground, trailer};

pub use advance::{Apart, Moved, advance, apart};
pub use draft::{Draft, Words, draft};
pub use paths::{Entry, Site, Turn, name_of, turns};

/// Opens the repository that a folder stands in. The environment has no say (`GIT_DIR` and the like).
///
/// # Errors
/// There is none, it is somebody else's, or it cannot be read.
pub fn open(folder: &Path) -> Result<Repository, Refused> {
    let none: [&Path; 0] = [];
    Repository::open_ext(folder, RepositoryOpenFlags::empty(), none).map_err(|error| match error.code() {
        ErrorCode::NotFound => Refused::NoRepository(folder.to_owned()),
        ErrorCode::Owner => owner(folder),
        _ => Refused::Unreadable(error.message().to_owned()),
    })
}

/// Whose the repository is that libgit2 would not open.
fn owner(folder: &Path) -> Refused {
    let path = folder.ancestors().map(|dir| dir.join(".git")).find(|path| files::stat(path).is_ok());
    let path = path.unwrap_or_else(|| folder.to_owned());
    let uid = files::stat(&path).map_or(0, |meta| meta.uid());
    Refused::Foreign { path, uid }
}

/// Looks at it as it is before anything is drafted.
///
/// # Errors
/// It cannot be read.
pub fn look(repo: &Repository) -> Result<Ground, Refused> {
    let mut ground = outside(repo)?;
    if ground.head.is_some() && ground.foreign.is_none() {
        ground.dirty = dirty(repo).map_err(|error| Refused::Unreadable(error.message().to_owned()))?;
    }
    Ok(ground)
}

/// As [`look`], without its files: those are thousands, and who has decided looks again at the ones that change.
///
/// # Errors
/// It cannot be read.
pub fn outside(repo: &Repository) -> Result<Ground, Refused> {
    let failed = |error: git2::Error| Refused::Unreadable(error.message().to_owned());
    let Some(workdir) = repo.workdir() else { return Ok(Ground::default()) };
    // Without the slash that libgit2 puts behind it.
    let mut ground = Ground { repo: workdir.components().collect(), shallow: repo.is_shallow(), ..Ground::default() };
    ground.foreign = foreign(repo, workdir);
    ground.under_way = under_way(repo.state());
    // The link itself: what it points at need not exist yet.
    let head = repo.find_reference("HEAD").map_err(failed)?;
    ground.reference = head.symbolic_target().ok().flatten().map(str::to_owned);
    match repo.head() {
        Ok(head) => {
            let commit = head.peel_to_commit().map_err(failed)?;
            ground.head = Some(commit.id().to_string());
            ground.head_reverts = message(&commit).and_then(|text| trailer(&text).map(str::to_owned));
        }
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {}
        Err(error) => return Err(failed(error)),
    }
    ground.locks = locks(repo, ground.reference.as_deref());
    let config = repo.config().and_then(|mut config| config.snapshot()).map_err(failed)?;
    ground.signing = config.get_bool("commit.gpgsign").unwrap_or(false);
    let text = |name: &str| config.get_str(name).ok().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    ground.identity = text("user.name").zip(text("user.email"));
    Ok(ground)
}

/// The lock files by which git keeps others away from the index, from HEAD and from the branch.
#[must_use]
pub fn locks(repo: &Repository, reference: Option<&str>) -> Vec<PathBuf> {
    let mut all = vec![repo.path().join("index.lock"), repo.path().join("HEAD.lock")];
    all.extend(reference.map(|name| lock_of(repo, name)));
    all.retain(|path| std::fs::symlink_metadata(path).is_ok());
    all
}

/// The lock file of a branch.
#[must_use]
pub fn lock_of(repo: &Repository, reference: &str) -> PathBuf {
    repo.commondir().join(format!("{reference}.lock"))
}

/// Tracked files that differ from HEAD, in the index or in the work tree.
///
/// # Errors
/// The index or a tree cannot be read.
pub fn dirty(repo: &Repository) -> Result<Vec<String>, git2::Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(false).include_ignored(false).include_unmodified(false).update_index(false);
    options.no_refresh(false).exclude_submodules(true);
    let statuses = repo.statuses(Some(&mut options))?;
    Ok(statuses.iter().map(|entry| name_of(entry.path_bytes())).collect())
}

/// The message, if it is text.
fn message(commit: &Commit<'_>) -> Option<String> {
    Some(String::from_utf8_lossy(commit.message_bytes()).into_owned())
}

/// What takes `id` back among the commits that came after it, if any does: found by the trailer.
///
/// # Errors
/// The history cannot be read.
pub fn taken_back_by(repo: &Repository, head: Oid, id: Oid) -> Result<Option<Oid>, git2::Error> {
    let mut walk = repo.revwalk()?;
    walk.push(head)?;
    walk.hide(id)?;
    let wanted = id.to_string();
    for later in walk {
        let commit = repo.find_commit(later?)?;
        if message(&commit).is_some_and(|text| trailer(&text) == Some(wanted.as_str())) {
            return Ok(Some(commit.id()));
        }
    }
    Ok(None)
}

/// The commits that led to this one and are no older than that, the newest first; a hundred at most.
///
/// # Errors
/// The history cannot be read.
pub fn since(repo: &Repository, id: &str, moment: Stamp) -> Result<Vec<String>, git2::Error> {
    let mut walk = repo.revwalk()?;
    walk.push(Oid::from_str(id)?)?;
    let mut young = Vec::new();
    for id in walk.take(100) {
        let id = id?;
        if repo.find_commit(id)?.time().seconds() >= moment.timestamp() {
            young.push(id.to_string());
        }
    }
    Ok(young)
}

fn foreign(repo: &Repository, workdir: &Path) -> Option<(PathBuf, u32)> {
    let ours = rustix::process::geteuid().as_raw();
    let index = repo.path().join("index");
    [workdir, repo.path(), repo.commondir(), &index].into_iter().find_map(|path| {
        let uid = std::fs::symlink_metadata(path).ok()?.uid();
        (uid != ours).then(|| (path.to_owned(), uid))
    })
}

const fn under_way(state: RepositoryState) -> Option<&'static str> {
    use RepositoryState as S;
    match state {
        S::Clean => None,
        S::Merge => Some("merge"),
        S::Revert | S::RevertSequence => Some("revert"),
        S::CherryPick | S::CherryPickSequence => Some("cherry-pick"),
        S::Bisect => Some("bisect"),
        S::Rebase | S::RebaseInteractive | S::RebaseMerge | S::ApplyMailboxOrRebase => Some("rebase"),
        S::ApplyMailbox => Some("mailbox"),
    }
}
