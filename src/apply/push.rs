//! How does a commit of ours get to the remote? By the `git` program, which has the user's credentials: without a prompt, in
//! bounded time, never by force. Who was slower adopts what the faster one pushed, if it says the same.
//!
//! No intent is written before it: until the journal says that it is there, it is tried again, and a second push changes nothing.

use std::path::Path;

use git2::{Oid, Repository};

use super::remote::{failure, fetch, run};
use crate::host::exec::Ended;
use crate::host::git;
use crate::model::redact;
use crate::model::revert::{short, trailer};

/// What is pushed, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// The work tree.
    pub repo: &'a Path,
    /// The remote's name.
    pub remote: &'a str,
    /// The branch, as `refs/heads/main`; the same there as here.
    pub reference: &'a str,
    /// heal's commit, at which the branch stands.
    pub commit: &'a str,
    /// Its parent.
    pub base: &'a str,
    /// What it takes back.
    pub takes_back: &'a str,
}

/// Where the remote stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// At our commit.
    Ours,
    /// At another machine's commit that takes the same back and has the same files; the branch stands there as well.
    Twin(String),
}

/// Pushes it.
///
/// # Errors
/// It is not there, and says why, in the remote's own words where it has some.
pub fn push(push: &Push<'_>) -> Result<Pushed, String> {
    let refspec = format!("{}:{}", push.commit, push.reference);
    let ended = run(
        push.repo,
        &["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", push.remote, &refspec],
    )?;
    if ended.ok() {
        return Ok(Pushed::Ours);
    }
    let rejected = ended.stdout.lines().find(|line| line.starts_with('!')).map(str::to_owned);
    let Some(rejected) = rejected else {
        return Err(failure("push", &ended));
    };
    match twin(push) {
        Ok(Some(twin)) => Ok(Pushed::Twin(twin)),
        Ok(None) => Err(refusal(&rejected, &ended)),
        Err(why) => Err(format!("{}; and {why}", refusal(&rejected, &ended))),
    }
}

/// Why the remote did not take it: the summary of its line, and what a hook of its said.
fn refusal(line: &str, ended: &Ended) -> String {
    let summary = line.rsplit('\t').next().unwrap_or(line);
    let said: Vec<String> = ended
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("remote:"))
        .map(|line| redact::line(line.trim()))
        .filter(|line| !line.is_empty())
        .take(5)
        .collect();
    let said = if said.is_empty() { String::new() } else { format!(": {}", said.join("; ")) };
    format!("the remote refused it, {}{said}", redact::line(summary))
}

/// Fetches the branch by its name, and adopts what stands there if it is what we would have pushed.
fn twin(push: &Push<'_>) -> Result<Option<String>, String> {
    let name = push.reference.strip_prefix("refs/heads/").unwrap_or(push.reference);
    let theirs = format!("refs/remotes/{}/{name}", push.remote);
    fetch(push.repo, push.remote, push.reference, &theirs)?;
    let repo = git::open(push.repo).map_err(|refused| refused.to_string())?;
    adopt(&repo, push, &theirs).map_err(|error| error.message().to_owned())
}

fn adopt(repo: &Repository, push: &Push<'_>, theirs: &str) -> Result<Option<String>, git2::Error> {
    let tip = repo.find_reference(theirs)?.peel_to_commit()?;
    let (ours, base) = (Oid::from_str(push.commit)?, Oid::from_str(push.base)?);
    let mine = repo.find_commit(ours)?;
    let message = String::from_utf8_lossy(tip.message_bytes()).into_owned();
    let same = trailer(&message) == Some(push.takes_back) && tip.tree_id() == mine.tree_id();
    if !same || !repo.graph_descendant_of(tip.id(), base)? {
        return Ok(None);
    }
    // The same files: only the branch has to move, and nobody can be in between.
    let words = format!("heal revert: adopt {} of {}", short(&tip.id().to_string()), push.remote);
    repo.reference_matching(push.reference, tip.id(), true, ours, &words)?;
    Ok(Some(tip.id().to_string()))
}
