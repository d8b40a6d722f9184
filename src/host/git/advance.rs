//! How does the branch stand to what was fetched, and what would moving it there meet? Reads only.

use std::collections::BTreeSet;

use git2::{Oid, Repository};

use super::draft::{look_at, shown, stat};
use super::paths::turns;
use crate::model::Stamp;
use crate::model::redact;
use crate::model::refused::Refused;
use crate::model::revert::{Ground, Meets, PATHS_NAMED};
use crate::model::update::Advance;

/// How two commits stand to each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// What a ref names.
    pub theirs: String,
    /// Commits that only HEAD has.
    pub ahead: usize,
    /// Commits that only the other has.
    pub behind: usize,
    /// The first line of its message, secrets masked.
    pub subject: String,
    /// When it was made.
    pub at: Stamp,
}

/// How HEAD stands to what a ref names.
///
/// # Errors
/// There is no such ref, or the history cannot be read.
pub fn apart(repo: &Repository, head: &str, reference: &str) -> Result<Apart, Refused> {
    let ours = Oid::from_str(head).map_err(failed)?;
    let theirs = repo.find_reference(reference).and_then(|found| found.peel_to_commit()).map_err(failed)?;
    let (ahead, behind) = repo.graph_ahead_behind(ours, theirs.id()).map_err(failed)?;
    let subject = theirs.summary_bytes().map(super::name_of).unwrap_or_default();
    let at = Stamp::from_timestamp(theirs.time().seconds(), 0).unwrap_or_default();
    Ok(Apart {
        theirs: theirs.id().to_string(),
        ahead,
        behind,
        subject: redact::line(&subject).chars().take(120).collect(),
        at,
    })
}

/// A move that could be made, what it would meet, and all the paths that it changes.
#[derive(Debug)]
pub struct Moved {
    /// The move.
    pub advance: Advance,
    /// What would be in the way.
    pub meets: Meets,
    /// Relative to the work tree.
    pub paths: BTreeSet<std::path::PathBuf>,
}

/// Drafts the move of HEAD's branch to a commit. `ground` is what was seen of the same repository.
///
/// # Errors
/// Something that is needed cannot be read, or is not there.
pub fn advance(repo: &Repository, ground: &Ground, commit: &str, back: bool) -> Result<Moved, Refused> {
    let (Some(head), Some(reference)) = (&ground.head, &ground.reference) else { return Err(Refused::Detached) };
    let tree_of = |id: &str| Oid::from_str(id).and_then(|id| repo.find_commit(id)).and_then(|one| one.tree());
    let (old, new) = (tree_of(head).map_err(failed)?, tree_of(commit).map_err(failed)?);
    let turns = turns(repo, &old, &new).map_err(failed)?;
    let mut meets = Meets::default();
    look_at(repo, &ground.repo, &turns, &mut meets)?;
    let diff = repo.diff_tree_to_tree(Some(&old), Some(&new), None).map_err(failed)?;
    let advance = Advance {
        repo: ground.repo.clone(),
        reference: reference.clone(),
        base: head.clone(),
        commit: commit.to_owned(),
        tree: new.id().to_string(),
        back,
        stat: stat(&diff.stats().map_err(failed)?),
        paths: turns.iter().take(PATHS_NAMED).map(|turn| shown(&turn.path)).collect(),
    };
    Ok(Moved { advance, meets, paths: turns.into_iter().map(|turn| turn.path).collect() })
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn failed(error: git2::Error) -> Refused {
    Refused::Unreadable(error.message().to_owned())
}
