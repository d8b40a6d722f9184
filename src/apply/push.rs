//! How does a commit of ours get to the remote? By the `git` program, which has the user's credentials: without a prompt, in
//! bounded time, never by force. Who was slower adopts what the faster one pushed, if it says the same.
//!
//! No intent is written before it: until the journal says that it is there, it is tried again, and a second push changes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use git2::{Oid, Repository};

use crate::host::exec::{self, Ended, Job};
use crate::host::{env, git};
use crate::model::revert::{short, trailer};
use crate::model::{Span, redact};

/// A push, and a fetch, may take this long each: the recovery lock is held meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);

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
        push,
        &["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no", push.remote, &refspec],
    )?;
    if ended.ok() {
        return Ok(Pushed::Ours);
    }
    let rejected = ended.stdout.lines().find(|line| line.starts_with('!')).map(str::to_owned);
    let Some(rejected) = rejected else {
        return Err(format!("`git push` {}: {}", ended.how(), redact::line(ended.last_line())));
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
    // Never FETCH_HEAD, which everybody shares (FAILURES F33).
    let refspec = format!("+{}:{theirs}", push.reference);
    let words =
        ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no"];
    let ended = run(push, &[&words[..], &[push.remote, &refspec]].concat())?;
    if !ended.ok() {
        return Err(format!("`git fetch` {}: {}", ended.how(), redact::line(ended.last_line())));
    }
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

fn run(push: &Push<'_>, words: &[&str]) -> Result<Ended, String> {
    let mut argv: Vec<String> =
        ["git", "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false"]
            .map(str::to_owned)
            .into();
    if rustix::process::geteuid().is_root() {
        // What stands in somebody's repository must not run as root.
        argv.extend(["-c", "core.hooksPath=/dev/null"].map(str::to_owned));
    }
    argv.extend(words.iter().map(|word| (*word).to_owned()));
    let mut env: BTreeMap<String, String> = [
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", "true"),
        ("SSH_ASKPASS_REQUIRE", "never"),
        ("GIT_HTTP_LOW_SPEED_LIMIT", "1"),
        ("GIT_HTTP_LOW_SPEED_TIME", "10"),
        ("LC_ALL", "C"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    env.insert("GIT_SSH_COMMAND".to_owned(), ssh(push.repo));
    env.extend(env::var("SSH_AUTH_SOCK").map(|socket| ("SSH_AUTH_SOCK".to_owned(), socket)));
    exec::run(&Job { argv: &argv, cwd: push.repo, env: &env, stdin: b"", timeout: patience() })
}

/// A test waits less long; a release build does not read this.
fn patience() -> Duration {
    let given = env::var("HEAL_TEST_PUSH").filter(|_| cfg!(debug_assertions));
    given.and_then(|text| text.parse::<Span>().ok()).map_or(PATIENCE, Span::get)
}

/// The owner's own ssh command, told not to ask anybody anything.
fn ssh(repo: &Path) -> String {
    let config = git::open(repo).ok().and_then(|repo| repo.config().ok());
    let own = config.and_then(|config| config.get_string("core.sshCommand").ok());
    format!("{} -oBatchMode=yes -oConnectTimeout=10", own.as_deref().unwrap_or("ssh"))
}
