//! What became of a move of the code whose run was killed? Either the branch had not moved, and nothing of it happened; or it had, and
//! the rest is done now. Whatever is neither as it was nor as it should become is left to a person (FAULTS e: E3).

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use git2::Repository;

use super::moving::Moves;
use super::stage::{Stage, sync};
use super::{Step, finish, id, said, settle, tree};
use crate::host::git;
use crate::model::event::Moment;

/// How long a lock on the branch has to stay as it is before its owner counts as dead.
const PATIENCE: Duration = Duration::from_millis(300);

/// What was done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::apply) enum Resumed {
    /// It had not begun to move anything.
    Never,
    /// It is complete now.
    Finished,
}

/// Why it is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::apply) enum Stuck {
    /// The next run may do better.
    Later(String),
    /// Only a person can tell what should become of it.
    Person(String),
}

/// Finishes it, or finds that it never began. `since` is when its intent was written.
pub(in crate::apply) fn resume(step: &Step<'_>, since: &Moment) -> Result<Resumed, Stuck> {
    let repo = git::open(step.repo).map_err(|refused| Stuck::Later(refused.to_string()))?;
    let later = |why: String| Stuck::Later(why);
    let stage = Stage::of(&repo);
    unlock(&repo, &stage, step, since).map_err(later)?;
    let head = repo.find_reference("HEAD").map_err(|error| later(said(error)))?;
    let on = head.symbolic_target().ok().flatten().map(str::to_owned);
    let head = repo.head().and_then(|head| head.peel_to_commit()).map_err(|error| later(said(error)))?;
    let (base, commit) = (id(step.base).map_err(later)?, id(step.commit).map_err(later)?);
    if head.id() != commit || on.as_deref() != Some(step.reference) {
        let built_on = head.id() == commit || repo.graph_descendant_of(head.id(), commit).unwrap_or(false);
        if stage.keeps_old() || (built_on && head.id() != base) {
            return Err(Stuck::Person(format!(
                "heal was killed while it {}, and HEAD moved since then: `git status`, and {}",
                step.doing,
                repo.path().join("heal-revert").display()
            )));
        }
        stage.clear().map_err(later)?;
        return Ok(Resumed::Never);
    }
    if let Some(lock) = git::locks(&repo, Some(step.reference)).first() {
        return Err(Stuck::Later(format!("a git is at work: {} exists", lock.display())));
    }
    let before = repo.find_commit(base).and_then(|commit| commit.tree()).map_err(|error| later(said(error)))?;
    let after = tree(&repo, step).map_err(later)?;
    let turns = git::turns(&repo, &before, &after).map_err(|error| later(said(error)))?;
    if stage.is_filled().map_err(later)? {
        stage.verify(&repo, &turns).map_err(Stuck::Person)?;
    }
    stage.clear().map_err(later)?;
    let stage = Stage::make(&repo).map_err(later)?;
    let mut moves = Moves::of(&repo, step.repo, &stage).map_err(later)?;
    let mut left = Vec::new();
    for turn in &turns {
        match moves.is_done(turn).map_err(|error| later(error.to_string()))? {
            // It may have been killed between the file and the folder that it left empty.
            Some(true) if turn.new.is_none() => moves.prune(&turn.path),
            Some(true) => {}
            Some(false) => left.push(turn.clone()),
            None => {
                stage.clear().map_err(later)?;
                return Err(Stuck::Person(format!(
                    "heal was killed while it {}, and {} was changed since then: `git status`",
                    step.doing,
                    turn.path.display()
                )));
            }
        }
    }
    stage.fill(&repo, &after, &left).and_then(|()| sync(&repo)).and_then(|()| stage.lock(&repo)).map_err(later)?;
    // The index at every path: it may know of none of them yet.
    finish(&repo, step, &stage, (&turns, &left), &mut moves).map_err(|why| {
        let back = moves.back();
        // One that stays is the next run's.
        let _ = stage.unlock();
        Stuck::Later(back.err().map_or_else(|| why.clone(), |also| format!("{why}; {also}")))
    })?;
    settle(&repo, &stage).map_err(later)?;
    Ok(Resumed::Finished)
}

/// Removes the locks that the killed run left: the index's when it is a second name of our own file, the branch's when what is
/// in it is what we would have written, and it is no older than the intent.
#[expect(clippy::disallowed_methods, reason = "its own locks, proved by what they are")]
fn unlock(repo: &Repository, stage: &Stage, step: &Step<'_>, since: &Moment) -> Result<(), String> {
    let lock = git::lock_of(repo, step.reference);
    if is_ours(&lock, step, since) {
        // A git that runs holds it for a moment only.
        std::thread::sleep(PATIENCE);
    }
    if is_ours(&lock, step, since) {
        let _ = std::fs::remove_file(&lock);
    }
    stage.unlock()
}

fn is_ours(lock: &Path, step: &Step<'_>, since: &Moment) -> bool {
    let Ok(meta) = std::fs::symlink_metadata(lock) else { return false };
    let Ok(bytes) = crate::host::files::read(lock, 100) else { return false };
    let wrote = |id: &str| format!("{id}\n").as_bytes().starts_with(&bytes);
    meta.is_file() && meta.mtime() >= since.at.timestamp() && (wrote(step.commit) || wrote(step.base))
}
