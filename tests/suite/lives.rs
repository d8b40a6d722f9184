//! What do the tests of crashes need beside a project? A repository with releases, lines of the crash history at any age, and
//! what stands in it.

use std::process::Command;

use serde_json::{Value, json};

use super::support::Project;

/// Runs git in the project, at this second of the epoch; answers with what it printed.
#[track_caller]
pub fn git(project: &Project, second: i64, args: &[&str]) -> String {
    let date = format!("{second} +0000");
    let output = Command::new("git")
        .args(["-c", "user.name=Ada Lovelace", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(project.path(""))
        .env("HOME", project.path(""))
        .env("GIT_AUTHOR_DATE", &date)
        .env("GIT_COMMITTER_DATE", &date)
        .output()
        .expect("git runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Commits everything that is tracked or new, but heal's own; answers with the commit's id.
#[track_caller]
pub fn release(project: &Project, second: i64, subject: &str) -> String {
    if !project.path(".git").exists() {
        git(project, second, &["init", "-q"]);
        project.write(".gitignore", "data/\n*.log\n*.pid\n.gitignore\n");
    }
    git(project, second, &["add", "-A"]);
    git(project, second, &["commit", "-q", "--allow-empty", "-m", subject]);
    git(project, second, &["rev-parse", "HEAD"])
}

/// A stamp of so many seconds ago, by the wall clock.
pub fn ago(seconds: i64) -> String {
    (chrono::Utc::now() - chrono::TimeDelta::seconds(seconds)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// One line of the history, of no boot: a script may have written it.
pub fn line(seconds: i64, event: &str, release: Option<&str>) -> String {
    json!({"v": 1, "at": ago(seconds), "event": event, "service": "app", "release": release}).to_string() + "\n"
}

/// What stands in the history, in its order. Each line has to be whole.
#[track_caller]
pub fn lives(project: &Project) -> Vec<Value> {
    let path = project.path("data/crash_history.jsonl");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a whole line")).collect()
}

/// The events of the history: `start aaaaaaa, crash aaaaaaa`; the release by its first seven digits.
#[track_caller]
pub fn told(project: &Project) -> String {
    let words = lives(project).into_iter().map(|line| {
        let release = line["release"].as_str().map_or("-", |id| &id[..7]).to_owned();
        format!("{} {release}", line["event"].as_str().expect("an event"))
    });
    words.collect::<Vec<_>>().join(", ")
}
