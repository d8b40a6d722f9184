//! What was changed lately? The latest commits of the repository that a directory stands in, as the `git` program says.
//! It reads only, takes none of git's locks, and runs nothing that a repository's own settings name.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::exec::{self, Job};
use super::files;
use crate::model::evidence::Commit;
use crate::model::{Stamp, redact};

/// The latest commits, newest first; none where there is no repository.
///
/// # Errors
/// There is one, and git is missing, refuses it, or does not answer in time.
pub fn latest(folder: &Path, count: usize, timeout: Duration) -> Result<Vec<Commit>, String> {
    // A folder that is in no repository costs no process.
    if !folder.ancestors().any(|above| files::stat(&above.join(".git")).is_ok()) {
        return Ok(Vec::new());
    }
    // A signature would be checked by a program that the repository names.
    let argv = ["git", "--no-pager", "-c", "log.showSignature=false", "log", "--no-color", "--no-show-signature"];
    let argv = argv.map(str::to_owned).into_iter().chain([format!("-{count}"), "--format=%H %ct %s".to_owned()]);
    let argv: Vec<String> = argv.collect();
    let env: BTreeMap<String, String> = [("GIT_OPTIONAL_LOCKS", "0"), ("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let ended = exec::run(&Job { argv: &argv, cwd: folder, env: &env, stdin: b"", timeout })?;
    if !ended.ok() {
        return Err(format!("`git log` {}: {}", ended.how(), ended.last_line()));
    }
    Ok(ended.stdout.lines().filter_map(commit).collect())
}

fn commit(line: &str) -> Option<Commit> {
    let mut parts = line.splitn(3, ' ');
    let (id, seconds) = (parts.next()?, parts.next()?.parse().ok()?);
    let subject: String = parts.next().unwrap_or_default().chars().take(120).collect();
    Some(Commit { id: id.to_owned(), at: Stamp::from_timestamp(seconds, 0)?, subject: redact::line(&subject) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn git(folder: &Path, args: &[&str]) {
        let argv: Vec<String> = ["git", "-c", "user.name=t", "-c", "user.email=t@t"]
            .iter()
            .chain(args)
            .map(|arg| (*arg).to_owned())
            .collect();
        let env = BTreeMap::from([("HOME".to_owned(), folder.display().to_string())]);
        let job = Job { argv: &argv, cwd: folder, env: &env, stdin: b"", timeout: Duration::from_secs(30) };
        let ended = exec::run(&job).expect("git starts");
        assert!(ended.ok(), "{}", ended.stderr);
    }

    #[test]
    fn the_latest_commits_are_named_newest_first_and_masked() {
        let dir = tempfile::tempdir().expect("a directory");
        let limit = Duration::from_secs(30);
        assert_eq!(latest(dir.path(), 3, limit), Ok(Vec::new()), "no repository");
        git(dir.path(), &["init", "-q"]);
        let why = latest(dir.path(), 3, limit).expect_err("no commit yet");
        assert!(why.starts_with("`git log` exit code 128"), "{why}");
        for subject in ["one", "two", "use token=abc", "four"] {
            git(dir.path(), &["commit", "-q", "--allow-empty", "-m", subject]);
        }
        let commits = latest(dir.path(), 3, limit).expect("readable");
        let subjects: Vec<&str> = commits.iter().map(|commit| commit.subject.as_str()).collect();
        assert_eq!(subjects, ["four", "use token=***", "two"]);
        assert!(commits.iter().all(|commit| commit.id.len() == 40 && commit.at.timestamp() > 1_600_000_000));
    }
}
