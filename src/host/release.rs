//! Which release of the code is this? The commit that is checked out, or was at a given moment, read from the repository
//! in process. It reads only: no lock, no hook, no program that the repository names. What cannot be read is unknown.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use git2::{Oid, Repository};

use super::files;
use crate::model::crash::{Release, is_commit_id};
use crate::model::{Stamp, redact};

/// Reading a repository takes milliseconds. One that does not answer within this stands on a disk that hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// Characters of a subject and of a name that are kept.
const SUBJECT: usize = 120;

/// Entries of a reflog that are looked through; a deploy makes one.
const MOVES: usize = 10_000;

/// The commit that is checked out now. `Ok(None)`: the folder is in no repository.
///
/// # Errors
/// There is a repository, and it cannot be read, belongs to somebody else, has no commit yet, or does not answer.
pub fn head(root: &Path) -> Result<Option<Release>, String> {
    read(root, |repository| {
        let commit = repository.head().and_then(|head| head.peel_to_commit()).map_err(said)?;
        Ok(Some(described(&commit)))
    })
}

/// The commit that was checked out at that moment, as the reflog of HEAD tells it: a process that began then runs that one,
/// whatever was checked out since. `Ok(None)`: in no repository, or the reflog does not reach back so far.
///
/// # Errors
/// As [`head`].
pub fn at(root: &Path, moment: Stamp) -> Result<Option<Release>, String> {
    read(root, move |repository| {
        let log = repository.reflog("HEAD").map_err(said)?;
        // Where the next move began.
        let mut next = repository.refname_to_id("HEAD").ok();
        // Newest first: the first move that is not after the moment is the one that holds.
        let held = log.iter().take(MOVES).find(|entry| {
            // A heal that is killed may have written down a move that it did not make: the next one begins where that one did.
            // Of others the log is believed: so it may also look after branches were moved without it, or entries expired.
            let ours = entry.message_bytes().is_some_and(|words| words.starts_with(b"heal "));
            let unmade = ours && next == Some(entry.id_old()) && entry.id_new() != entry.id_old();
            next = Some(entry.id_old());
            !unmade && entry.committer().when().seconds() <= moment.timestamp()
        });
        let Some(id) = held.map(|entry| entry.id_new()) else { return Ok(None) };
        Ok(Some(described(&repository.find_commit(id).map_err(said)?)))
    })
}

/// What the repository says about a commit. `Ok(None)`: in no repository, or it does not know that commit.
///
/// # Errors
/// As [`head`].
pub fn describe(root: &Path, id: &str) -> Result<Option<Release>, String> {
    let Some(id) = is_commit_id(id).then(|| Oid::from_str(id).ok()).flatten() else { return Ok(None) };
    read(root, move |repository| Ok(repository.find_commit(id).ok().as_ref().map(described)))
}

/// Runs a look at the repository, and gives up on one that hangs: the thread is left behind, it holds nothing.
fn read<F>(root: &Path, look: F) -> Result<Option<Release>, String>
where
    F: FnOnce(&Repository) -> Result<Option<Release>, String> + Send + 'static,
{
    let Some(top) = top(root) else { return Ok(None) };
    let (tell, told) = mpsc::channel();
    let started = std::thread::Builder::new().spawn(move || {
        let looked = Repository::open(&top).map_err(said).and_then(|repository| look(&repository));
        let _ = tell.send(looked);
    });
    started.map_err(|error| format!("no thread can be started: {error}"))?;
    match told.recv_timeout(PATIENCE) {
        Ok(looked) => looked,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("git did not answer within {} s", PATIENCE.as_secs())),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("git could not be asked".to_owned()),
    }
}

/// The nearest directory upwards with a `.git`. Where there is none, libgit2 is not even loaded.
fn top(root: &Path) -> Option<PathBuf> {
    root.ancestors().find(|above| files::stat(&above.join(".git")).is_ok()).map(Path::to_owned)
}

fn described(commit: &git2::Commit<'_>) -> Release {
    let short = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        redact::line(text.lines().next().unwrap_or_default()).chars().take(SUBJECT).collect::<String>()
    };
    let message = commit.message_bytes();
    Release {
        id: commit.id().to_string(),
        at: Stamp::from_timestamp(commit.time().seconds(), 0).unwrap_or_default(),
        subject: short(message.trim_ascii_start()),
        author: short(commit.author().name_bytes()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` hands over")]
fn said(error: git2::Error) -> String {
    format!("git: {}", error.message())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Commits at that second of the epoch, author date and committer date alike.
    fn git(folder: &Path, second: i64, args: &[&str]) -> String {
        let date = format!("{second} +0000");
        let output = Command::new("git")
            .args(["-c", "user.name=Ada", "-c", "user.email=a@a", "-c", "init.defaultBranch=main"])
            .args(args)
            .current_dir(folder)
            .env("HOME", folder)
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .output()
            .expect("git starts");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn stamp(second: i64) -> Stamp {
        Stamp::from_timestamp(second, 0).expect("a time")
    }

    #[test]
    fn the_commit_that_is_checked_out_and_the_one_that_was() {
        let dir = tempfile::tempdir().expect("a directory");
        assert_eq!(head(dir.path()), Ok(None), "no repository");
        git(dir.path(), 0, &["init", "-q"]);
        assert!(head(dir.path()).expect_err("no commit yet").starts_with("git: "));
        let (first, second) = (1_700_000_000, 1_700_000_600);
        git(dir.path(), first, &["commit", "-q", "--allow-empty", "-m", "one"]);
        let one = git(dir.path(), first, &["rev-parse", "HEAD"]);
        git(dir.path(), second, &["commit", "-q", "--allow-empty", "-m", "use token=abc\n\nmore"]);
        let below = dir.path().join("deep/er");
        std::fs::create_dir_all(&below).expect("made");
        let now = head(&below).expect("readable").expect("a commit");
        assert_eq!((now.subject.as_str(), now.author.as_str(), now.at), ("use token=***", "Ada", stamp(second)));
        assert_eq!(now.id, git(dir.path(), second, &["rev-parse", "HEAD"]));
        let at = |second| at(dir.path(), stamp(second)).expect("readable").map(|release| release.id);
        assert_eq!(at(first - 1), None, "before there was anything");
        assert_eq!([at(first), at(second - 1), at(second)], [Some(one.clone()), Some(one.clone()), Some(now.id)]);
        assert_eq!(describe(dir.path(), &one).expect("readable").expect("known").subject, "one");
        for unknown in ["--upload-pack=x", "HEAD~1", "HEAD", &one[..7], &"f".repeat(40), ""] {
            assert_eq!(describe(dir.path(), unknown), Ok(None), "{unknown}");
        }
    }

    #[test]
    fn a_move_that_was_written_down_and_not_made_is_none() {
        let dir = tempfile::tempdir().expect("a directory");
        let commit = |second: i64, name: &str| {
            git(dir.path(), second, &["commit", "-q", "--allow-empty", "-m", name]);
            git(dir.path(), second, &["rev-parse", "HEAD"])
        };
        git(dir.path(), 0, &["init", "-q"]);
        let begin = 1_700_000_000;
        let one = commit(begin, "one");
        let never = git(dir.path(), begin, &["commit-tree", "-p", &one, "-m", "never", &format!("{one}^{{tree}}")]);
        // As a kill between the log and the branch leaves it.
        let path = dir.path().join(".git/logs/HEAD");
        let mut log = std::fs::read_to_string(&path).expect("a log");
        log += &format!("{one} {never} Ada <a@a> {} +0000\theal revert: take back {one}\n", begin + 10);
        std::fs::write(&path, log).expect("written");
        let at = |second| at(dir.path(), stamp(second)).expect("readable").map(|release| release.id);
        assert_eq!(at(begin + 20), Some(one.clone()));
        // It stays in the log below the next one.
        let two = commit(begin + 30, "two");
        assert_eq!([at(begin + 20), at(begin + 30)], [Some(one.clone()), Some(two.clone())]);
        // Back, and that was a move.
        git(dir.path(), begin + 40, &["reset", "-q", "--hard", &one]);
        assert_eq!([at(begin + 20), at(begin + 30), at(begin + 40)], [Some(one.clone()), Some(two), Some(one)]);
    }

    #[test]
    fn a_repository_that_cannot_be_read_says_so() {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join(".git"), "gitdir: /nonexistent\n").expect("written");
        assert!(head(dir.path()).is_err());
        std::fs::remove_file(dir.path().join(".git")).expect("removed");
        git(dir.path(), 0, &["init", "-q"]);
        git(dir.path(), 1_700_000_000, &["commit", "-q", "--allow-empty", "-m", "one"]);
        std::fs::write(dir.path().join(".git/HEAD"), "garbage").expect("written");
        assert!(head(dir.path()).is_err());
    }
}
