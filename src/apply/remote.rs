//! How is a remote spoken to? By the `git` program, which has the user's credentials: without a prompt, in bounded time, with
//! no hook and no helper of the repository running as root.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::host::exec::{self, Ended, Job};
use crate::host::{env, git};
use crate::model::{Span, redact};

/// A push, and a fetch, may take this long each: the recovery lock may be held meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the remote's branch is kept that an update would bring: a ref of heal's own, never FETCH_HEAD, which everybody
/// shares (FAILURES F33), and not the remote's own, which somebody may be looking at.
pub const UPDATE: &str = "refs/heal/update";

/// Fetches one branch of the remote to one ref.
///
/// # Errors
/// It is not there, and says why, in git's own words.
pub fn fetch(repo: &Path, remote: &str, from: &str, to: &str) -> Result<(), String> {
    let words =
        ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no"];
    let refspec = format!("+{from}:{to}");
    // Without it the remote's own refspec would move `refs/remotes` as well.
    let ended = run(repo, &[&words[..], &["--refmap=", remote, &refspec]].concat())?;
    if ended.ok() { Ok(()) } else { Err(failure("fetch", &ended)) }
}

/// How it failed, in git's own words: of a lock in its way the last line is only advice.
pub(super) fn failure(verb: &str, ended: &Ended) -> String {
    let named = ended.stderr.lines().find(|line| line.contains(".lock': "));
    format!("`git {verb}` {}: {}", ended.how(), redact::line(named.unwrap_or_else(|| ended.last_line())))
}

/// Runs git about a remote.
pub(super) fn run(repo: &Path, words: &[&str]) -> Result<Ended, String> {
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
    env.insert("GIT_SSH_COMMAND".to_owned(), ssh(repo));
    env.extend(env::var("SSH_AUTH_SOCK").map(|socket| ("SSH_AUTH_SOCK".to_owned(), socket)));
    exec::run(&Job { argv: &argv, cwd: repo, env: &env, stdin: b"", timeout: patience() })
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
