//! What is taken back, in which repository, and why is it not? Plain data: ids are full, in hexadecimal.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::units::counted;

/// The trailer that marks a commit of heal's own: the full id of what it takes back.
pub const TRAILER: &str = "Heal-Reverts";

/// Paths that are named one by one, in the journal and in messages; the rest is counted.
pub const PATHS_NAMED: usize = 20;

/// One new commit that takes code back, drafted to the last byte: its id is known before it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revert {
    /// The work tree.
    #[serde(serialize_with = "super::change::as_text")]
    pub repo: PathBuf,
    /// The branch that moves, such as `refs/heads/main`.
    pub reference: String,
    /// Where the branch stands before: the parent of the new commit.
    pub base: String,
    /// The new commit.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// The release or commit that it takes back.
    pub takes_back: String,
    /// The release whose tree it carries; `None` when one commit is taken back out of the middle.
    pub restores: Option<String>,
    /// Of a merge that is taken back: the parent whose side stays, from 1; 0 for what is no merge.
    #[serde(default)]
    pub mainline: u32,
    /// Its message, trailer included.
    pub message: String,
    /// Author and committer.
    pub name: String,
    /// Their address.
    pub email: String,
    /// When it was drafted, in seconds since 1970.
    pub at: i64,
    /// What it changes.
    pub stat: Stat,
    /// The paths that it changes, the first [`PATHS_NAMED`] of them: what is no UTF-8 is replaced. To be read, not used.
    pub paths: Vec<String>,
}

impl std::fmt::Display for Revert {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let branch = self.reference.strip_prefix("refs/heads/").unwrap_or(&self.reference);
        write!(f, "{} was taken back on `{branch}` by {}", short(&self.takes_back), short(&self.commit))?;
        match &self.restores {
            Some(good) => write!(f, ": the files are those of {} again ({})", short(good), self.stat),
            None => write!(f, " ({})", self.stat),
        }
    }
}

/// How much a commit changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Stat {
    /// Files.
    pub files: usize,
    /// Lines that come.
    pub insertions: usize,
    /// Lines that go.
    pub deletions: usize,
}

impl std::fmt::Display for Stat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, +{} -{} lines", counted(self.files, "file"), self.insertions, self.deletions)
    }
}

/// What is to be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The branch gets the tree of `good` again; `release` is what it takes back.
    Restore {
        /// The release that crashed; the branch stands there.
        release: String,
        /// Whose tree comes back.
        good: String,
    },
    /// One commit is taken back, and what came after it stays.
    Commit {
        /// As it was named: an id, a part of one, a branch, a tag.
        name: String,
        /// Of a merge: the parent whose side stays, from 1.
        mainline: u32,
    },
    /// heal's own commit is taken back: the tree of its parent comes back. Only its undoing asks for that.
    Undo {
        /// heal's commit; the branch stands there.
        commit: String,
    },
}

/// The ids of the first characters, as people write them.
#[must_use]
pub fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

/// What a repository is like, before anything is drafted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ground {
    /// The work tree; empty for a repository that has none.
    pub repo: PathBuf,
    /// The branch that HEAD stands on; `None` when it stands on no branch.
    pub reference: Option<String>,
    /// The commit that HEAD stands on; `None` before the first.
    pub head: Option<String>,
    /// What is under way: a rebase, a merge.
    pub under_way: Option<&'static str>,
    /// Part of the history is missing.
    pub shallow: bool,
    /// Tracked files that differ from HEAD, in the index or in the work tree.
    pub dirty: Vec<String>,
    /// Lock files of git that are there.
    pub locks: Vec<PathBuf>,
    /// Something of it that belongs to another user than ours: what, and whose.
    pub foreign: Option<(PathBuf, u32)>,
    /// The owner wants every commit to be signed.
    pub signing: bool,
    /// HEAD is heal's own commit, and takes this back.
    pub head_reverts: Option<String>,
    /// `user.name` and `user.email`, when git knows both.
    pub identity: Option<(String, String)>,
}

/// What a drafted commit would meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meets {
    /// What it takes back is no ancestor of HEAD, or what it restores is none.
    pub stranger: Option<String>,
    /// The commit that already takes it back.
    pub taken_back_by: Option<String>,
    /// What would be taken back is heal's own commit.
    pub own: Option<String>,
    /// A merge of so many parents, and no side was named; or the side does not exist.
    pub merge: Option<usize>,
    /// Paths at which both sides changed.
    pub conflicts: Vec<String>,
    /// Nothing would change.
    pub nothing: bool,
    /// Paths that hold something that git does not know of, where something would be written.
    pub in_the_way: Vec<String>,
    /// Tracked paths whose files are not what HEAD says they are.
    pub changed: Vec<String>,
    /// Paths that another program translates, with its name (`filter=lfs`).
    pub filtered: Vec<String>,
    /// Paths that are repositories of their own.
    pub submodules: Vec<String>,
    /// Paths that no work tree may hold, or that stand on another file system.
    pub unfit: Vec<String>,
}

/// What a message takes back, if it is one of heal's: the value of the last trailer of that name.
#[must_use]
pub fn trailer(message: &str) -> Option<&str> {
    let value = message.lines().rev().find_map(|line| line.strip_prefix(TRAILER)?.strip_prefix(':'))?.trim();
    let is_id = value.len() >= 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_id_behind_the_trailer_marks_a_commit_of_ours() {
        let id = "a".repeat(40);
        assert_eq!(trailer(&format!("Take back x\n\nHeal-Reverts: {id}\n")), Some(id.as_str()));
        for message in [
            "",
            "Heal-Reverts: abc",
            "Heal-Reverts:",
            &format!("about Heal-Reverts: {id}"),
            &format!(" Heal-Reverts: {id}"),
        ] {
            assert_eq!(trailer(message), None, "{message}");
        }
    }
}
