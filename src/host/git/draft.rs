//! What would the commit be that takes code back? Drafted in memory to its very id: what has to be written first (the tree of
//! a single commit that is taken back) goes into an object store in memory, and nothing of it to the disk.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use git2::{Commit, DiffStats, FileMode, ObjectType, Oid, Repository, Signature, Time};

use super::paths::{Site, Turn, name_of, turns};
use super::taken_back_by;
use crate::model::refused::Refused;
use crate::model::revert::{Ground, Meets, PATHS_NAMED, Revert, Stat, TRAILER, Target, trailer};

/// The priority of the store in memory: before every other.
const FIRST: i32 = 1000;

/// A commit that could be made, and what it would meet.
#[derive(Debug)]
pub struct Draft {
    /// What would be in the way.
    pub meets: Meets,
    /// The commit; `None` when there is no telling what it would hold.
    pub revert: Option<Revert>,
}

/// What the commit says, and in whose name.
#[derive(Clone, Debug)]
pub struct Words {
    /// Author and committer.
    pub name: String,
    /// Their address.
    pub email: String,
    /// The evidence, below the subject.
    pub body: String,
    /// When, in seconds since 1970.
    pub at: i64,
}

/// Drafts it. `ground` is what was seen of the same repository.
///
/// # Errors
/// Something that is needed cannot be read, or is not there.
pub fn draft(repo: &Repository, ground: &Ground, target: &Target, words: &Words) -> Result<Draft, Refused> {
    let (Some(head), Some(reference)) = (&ground.head, &ground.reference) else { return Err(Refused::Detached) };
    let failed = |error: git2::Error| Refused::Unreadable(error.message().to_owned());
    let mut meets = Meets::default();
    let base = Oid::from_str(head).and_then(|id| repo.find_commit(id)).map_err(failed)?;
    repo.odb().and_then(|odb| odb.add_new_mempack_backend(FIRST).map(|_| ())).map_err(failed)?;
    let (takes_back, restores, mainline, tree) = match target {
        Target::Restore { release, good } => {
            let Some(good) = ancestor(repo, &base, good).map_err(failed)? else {
                meets.stranger = Some(good.clone());
                return Ok(Draft { meets, revert: None });
            };
            (release.clone(), Some(good.id().to_string()), 0, Some(good.tree_id()))
        }
        Target::Undo { commit } => {
            let before = base.parent(0).map_err(failed)?;
            (commit.clone(), Some(before.id().to_string()), 0, Some(before.tree_id()))
        }
        Target::Commit { name, mainline } => {
            let commit = repo.revparse_single(name).and_then(|found| found.peel_to_commit());
            let commit = commit.map_err(|_| Refused::Stranger(name.clone()))?;
            let tree = one(repo, &base, &commit, *mainline, &mut meets).map_err(failed)?;
            let mainline = if commit.parent_count() > 1 { *mainline } else { 0 };
            (commit.id().to_string(), None, mainline, tree)
        }
    };
    let Some(tree) = tree else { return Ok(Draft { meets, revert: None }) };
    let tree = repo.find_tree(tree).map_err(failed)?;
    let old = base.tree().map_err(failed)?;
    let turns = turns(repo, &old, &tree).map_err(failed)?;
    meets.nothing = turns.is_empty();
    look_at(repo, &ground.repo, &turns, &mut meets)?;
    let diff = repo.diff_tree_to_tree(Some(&old), Some(&tree), None).map_err(failed)?;
    let stat = stat(&diff.stats().map_err(failed)?);
    let message = text(repo, target, &takes_back, restores.as_deref(), words);
    let author = Signature::new(&words.name, &words.email, &Time::new(words.at, 0)).map_err(failed)?;
    let buffer = repo.commit_create_buffer(&author, &author, &message, &tree, &[&base]).map_err(failed)?;
    let commit = Oid::hash_object(ObjectType::Commit, &buffer).map_err(failed)?;
    let paths = turns.iter().take(PATHS_NAMED).map(|turn| shown(&turn.path)).collect();
    let revert = Revert {
        repo: ground.repo.clone(),
        reference: reference.clone(),
        base: head.clone(),
        commit: commit.to_string(),
        tree: tree.id().to_string(),
        takes_back,
        restores,
        mainline,
        message,
        name: words.name.clone(),
        email: words.email.clone(),
        at: words.at,
        stat,
        paths,
    };
    Ok(Draft { meets, revert: Some(revert) })
}

/// The commit of that id, if it came before `base`.
fn ancestor<'r>(repo: &'r Repository, base: &Commit<'_>, id: &str) -> Result<Option<Commit<'r>>, git2::Error> {
    let Ok(commit) = Oid::from_str(id).and_then(|id| repo.find_commit(id)) else { return Ok(None) };
    let before = repo.graph_descendant_of(base.id(), commit.id())?;
    Ok(before.then_some(commit))
}

/// The tree without what one commit brought.
fn one(
    repo: &Repository,
    base: &Commit<'_>,
    commit: &Commit<'_>,
    mainline: u32,
    meets: &mut Meets,
) -> Result<Option<Oid>, git2::Error> {
    let id = commit.id();
    if id != base.id() && !repo.graph_descendant_of(base.id(), id)? {
        meets.stranger = Some(id.to_string());
        return Ok(None);
    }
    meets.own = trailer(&String::from_utf8_lossy(commit.message_bytes())).map(|_| id.to_string());
    meets.taken_back_by = taken_back_by(repo, base.id(), id)?.map(|by| by.to_string());
    let parents = commit.parent_count();
    let sides = if parents > 1 { u32::try_from(parents).unwrap_or(u32::MAX) } else { 0 };
    if (parents > 1 && mainline == 0) || mainline > sides.max(1) {
        meets.merge = Some(parents);
        return Ok(None);
    }
    // The first commit of all has nothing before it.
    if parents == 0 {
        meets.stranger = Some(id.to_string());
        return Ok(None);
    }
    // Without the newest commit, the files are those that it found: nothing has to be merged, and no tree to be written.
    if id == base.id() {
        let before = commit.parent(usize::try_from(mainline.max(1) - 1).unwrap_or_default())?;
        return Ok(Some(before.tree_id()));
    }
    let mut index = repo.revert_commit(commit, base, if parents > 1 { mainline } else { 0 }, None)?;
    if index.has_conflicts() {
        let conflicts = index.conflicts()?.filter_map(Result::ok);
        let sides = conflicts.filter_map(|one| one.our.or(one.their).or(one.ancestor));
        let paths: BTreeSet<String> = sides.map(|entry| name_of(&entry.path)).collect();
        meets.conflicts = paths.into_iter().collect();
        return Ok(None);
    }
    index.write_tree_to(repo).map(Some)
}

/// What stands at the paths that change.
pub(super) fn look_at(repo: &Repository, root: &Path, turns: &[Turn], meets: &mut Meets) -> Result<(), Refused> {
    let site = Site::of(repo, root);
    let gone: BTreeSet<PathBuf> =
        turns.iter().filter(|turn| turn.new.is_none()).map(|turn| turn.path.clone()).collect();
    for turn in turns {
        let name = || shown(&turn.path);
        let unread = |error: std::io::Error| Refused::Unreadable(format!("{}: {error}", name()));
        if [turn.old, turn.new].iter().flatten().any(|entry| entry.mode == FileMode::Commit) {
            meets.submodules.push(name());
            continue;
        }
        if let Some(why) = site.unfit(&turn.path) {
            meets.unfit.push(format!("{} ({why})", name()));
            continue;
        }
        // The rules by which all others are written would change under them.
        if turn.path.file_name().is_some_and(|name| name == ".gitattributes") {
            meets.filtered.push(name());
            continue;
        }
        if let Some(filter) = site.filter(&turn.path) {
            meets.filtered.push(format!("{} ({filter})", name()));
            continue;
        }
        if let Some(path) = site.in_the_way(turn, &gone).map_err(unread)? {
            meets.in_the_way.push(shown(&path));
            continue;
        }
        if turn.old.is_some() && !site.holds(&turn.path, turn.old).map_err(unread)? {
            meets.changed.push(name());
        }
    }
    Ok(())
}

pub(super) fn stat(stats: &DiffStats) -> Stat {
    Stat { files: stats.files_changed(), insertions: stats.insertions(), deletions: stats.deletions() }
}

pub(super) fn shown(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    name_of(path.as_os_str().as_bytes())
}

/// Subject, evidence, trailer.
fn text(repo: &Repository, target: &Target, takes_back: &str, restores: Option<&str>, words: &Words) -> String {
    let subject_of = |id: &str| {
        let commit = Oid::from_str(id).and_then(|id| repo.find_commit(id)).ok()?;
        let line = commit.summary_bytes().map(name_of)?;
        let line: String = crate::model::redact::line(&line).chars().take(60).collect();
        Some(line)
    };
    let about = subject_of(takes_back).unwrap_or_default();
    let what = match target {
        Target::Restore { .. } | Target::Commit { .. } => "Take back",
        Target::Undo { .. } => "Bring back what was taken back by",
    };
    let mut text = format!("{what} {}: {about}\n\n", crate::model::revert::short(takes_back));
    if let Some(good) = restores.filter(|_| matches!(target, Target::Restore { .. })) {
        let about = subject_of(good).unwrap_or_default();
        text.push_str(&format!("The files are those of {} again: {about}\n\n", crate::model::revert::short(good)));
    }
    if !words.body.trim().is_empty() {
        text.push_str(words.body.trim());
        text.push_str("\n\n");
    }
    text.push_str(&format!("{TRAILER}: {takes_back}\n"));
    text
}
