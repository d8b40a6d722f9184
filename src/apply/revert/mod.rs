//! How is code taken back, and how brought forward? All that can fail is done aside first; then the branch moves by compare-and-swap, the changed files
//! are swapped in one by one, and what they replace is looked at before it is let go. A run that is killed in the middle is
//! finished by the next one, or nothing of it happened (FAULTS e: E2, E3).

mod moving;
mod resume;
mod stage;

use std::path::Path;

use git2::{Oid, Repository, Signature, Time, Tree};

use crate::host::git::{self, Turn};
use crate::model::refused::Refused;
use crate::model::revert::{Revert, short};
use crate::model::update::Advance;
use moving::Moves;
use stage::Stage;

pub(super) use resume::{Resumed, Stuck, resume};

/// Why the code was not taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// Everything is as it was.
    AsBefore(String),
    /// The branch moved, and the rest did not follow, or the disk did not confirm it; or git's lock stays: the next run goes on.
    HalfDone(String),
}

/// One move of the branch from a commit to another, and of the files with it.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    repo: &'a Path,
    reference: &'a str,
    base: &'a str,
    commit: &'a str,
    tree: &'a str,
    /// The commit is made by it; `None`: it is there already.
    makes: Option<&'a Revert>,
    /// For the reflog.
    words: String,
    /// What was done, after "heal was killed while it".
    doing: String,
}

impl<'a> From<&'a Revert> for Step<'a> {
    fn from(revert: &'a Revert) -> Self {
        Self {
            repo: &revert.repo,
            reference: &revert.reference,
            base: &revert.base,
            commit: &revert.commit,
            tree: &revert.tree,
            makes: Some(revert),
            words: format!("heal revert: take back {}", short(&revert.takes_back)),
            doing: format!("took back {}", short(&revert.takes_back)),
        }
    }
}

impl<'a> From<&'a Advance> for Step<'a> {
    fn from(advance: &'a Advance) -> Self {
        let way = if advance.back { "back" } else { "fast-forward" };
        Self {
            repo: &advance.repo,
            reference: &advance.reference,
            base: &advance.base,
            commit: &advance.commit,
            tree: &advance.tree,
            makes: None,
            words: format!("heal update: {way} to {}", short(&advance.commit)),
            doing: format!("moved the code to {}", short(&advance.commit)),
        }
    }
}

/// Moves the code.
pub(super) fn take(step: &Step<'_>) -> Result<(), Failed> {
    let repo = git::open(step.repo).map_err(|refused| Failed::AsBefore(refused.to_string()))?;
    stands(&repo, step).map_err(Failed::AsBefore)?;
    let stage = Stage::make(&repo).map_err(Failed::AsBefore)?;
    let ready = prepare(&repo, step, &stage).and_then(|turns| {
        let moves = Moves::of(&repo, step.repo, &stage)?;
        super::failpoint("revert-prepared");
        swing(&repo, step).map(|()| (turns, moves))
    });
    let (turns, mut moves) = match ready {
        Ok(ready) => ready,
        Err(why) => return Err(given_up(&stage, why)),
    };
    super::waitpoint("revert-ref");
    super::failpoint("revert-ref");
    if let Err(why) = finish(&repo, step, &stage, (&turns, &turns), &mut moves) {
        return Err(match moves.back().and_then(|()| swing_back(&repo, step)) {
            Ok(()) => given_up(&stage, format!("{why}; everything is as it was")),
            Err(also) => Failed::HalfDone(format!("{why}; and it could not be undone at once: {also}")),
        });
    }
    settle(&repo, &stage).map_err(Failed::HalfDone)
}

/// Nothing of it happened. A lock that cannot be removed now is the next run's to remove: nobody else knows whose it is.
fn given_up(stage: &Stage, why: String) -> Failed {
    if let Err(held) = stage.unlock() {
        return Failed::HalfDone(format!("{why}; and {held}"));
    }
    match stage.clear() {
        Ok(()) => Failed::AsBefore(why),
        Err(left) => Failed::AsBefore(format!("{why}; and {left}")),
    }
}

/// Is it still what was decided upon? Asked right before the act: what changed since then is decided anew.
///
/// # Errors
/// HEAD moved, or the repository cannot be read.
pub fn still(revert: &Revert) -> Result<(), Refused> {
    super::waitpoint("revert-decided");
    let repo = git::open(&revert.repo)?;
    match stands(&repo, &Step::from(revert)) {
        Ok(()) => Ok(()),
        Err(_) => Err(Refused::Moved),
    }
}

/// Is the repository still as it was when it was decided?
fn stands(repo: &Repository, step: &Step<'_>) -> Result<(), String> {
    let ground = git::outside(repo).map_err(|refused| refused.to_string())?;
    if ground.head.as_deref() != Some(step.base) || ground.reference.as_deref() != Some(step.reference) {
        return Err(format!("HEAD moved: it is not at {} any more", short(step.base)));
    }
    if let Some(lock) = ground.locks.first() {
        return Err(format!("a git is at work: {} exists", lock.display()));
    }
    match ground.under_way {
        Some(what) => Err(format!("a {what} was begun in the repository")),
        None => Ok(()),
    }
}

/// All that can fail for want of space or rights, with nothing moved yet: files, index lock, commit, and all of it on the disk.
fn prepare(repo: &Repository, step: &Step<'_>, stage: &Stage) -> Result<Vec<Turn>, String> {
    let base = id(step.base)?;
    let base = repo.find_commit(base).map_err(said)?;
    let tree = tree(repo, step)?;
    let turns = git::turns(repo, &base.tree().map_err(said)?, &tree).map_err(said)?;
    stage.fill(repo, &tree, &turns)?;
    stage.lock(repo)?;
    stage::unstaged(repo, &turns)?;
    if let Some(revert) = step.makes {
        let author = Signature::new(&revert.name, &revert.email, &Time::new(revert.at, 0)).map_err(said)?;
        let commit = repo.commit(None, &author, &author, &revert.message, &tree, &[&base]).map_err(said)?;
        if commit != id(step.commit)? {
            return Err(format!("the commit became {commit}, and not the one that was drafted"));
        }
    }
    stage::sync(repo)?;
    Ok(turns)
}

/// The tree; that of a single commit that is taken back is made once more, on the disk.
fn tree<'r>(repo: &'r Repository, step: &Step<'_>) -> Result<Tree<'r>, String> {
    let wanted = id(step.tree)?;
    if let Ok(tree) = repo.find_tree(wanted) {
        return Ok(tree);
    }
    let revert = step.makes.ok_or("its files are not in the repository")?;
    let find = |text: &str| id(text).and_then(|id| repo.find_commit(id).map_err(said));
    let (commit, base) = (find(&revert.takes_back)?, find(step.base)?);
    let mut index = repo.revert_commit(&commit, &base, revert.mainline, None).map_err(said)?;
    let made = index.write_tree_to(repo).map_err(said)?;
    if made != wanted {
        return Err("its files became others than those that were drafted".to_owned());
    }
    repo.find_tree(made).map_err(said)
}

/// Moves the branch, if it stands where it stood.
fn swing(repo: &Repository, step: &Step<'_>) -> Result<(), String> {
    let (to, from) = (id(step.commit)?, id(step.base)?);
    repo.reference_matching(step.reference, to, true, from, &step.words)
        .map(|_| ())
        .map_err(|error| format!("`{}` did not move: {}", step.reference, error.message()))
}

fn swing_back(repo: &Repository, step: &Step<'_>) -> Result<(), String> {
    let (from, to) = (id(step.commit)?, id(step.base)?);
    let moved = repo.reference_matching(step.reference, to, true, from, "heal: it failed");
    moved.map(|_| ()).map_err(said)
}

/// The files that are `left`, one more look, and last the index at all of them: until that is replaced all can be undone.
fn finish(
    repo: &Repository,
    step: &Step<'_>,
    stage: &Stage,
    (turns, left): (&[Turn], &[Turn]),
    moves: &mut Moves<'_>,
) -> Result<(), String> {
    moves.make(left)?;
    super::failpoint("revert-files");
    stage::sync(repo)?;
    stage.verify(repo, turns)?;
    let head = repo.head().and_then(|head| head.peel_to_commit()).map_err(said)?;
    if head.id() != id(step.commit)? {
        return Err("HEAD moved while the files did".to_owned());
    }
    stage.index(repo, step.repo, turns)
}

/// All is in its place: the lock is let go, and the disk has to confirm it.
fn settle(repo: &Repository, stage: &Stage) -> Result<(), String> {
    super::failpoint("revert-index");
    stage.unlock()?;
    stage::sync(repo)?;
    // A folder that cannot be removed now is removed by the next one who needs it.
    let _ = stage.clear().or_else(|_| stage.clear());
    Ok(())
}

fn id(text: &str) -> Result<Oid, String> {
    Oid::from_str(text).map_err(said)
}

fn said(error: git2::Error) -> String {
    error.message().to_owned()
}
