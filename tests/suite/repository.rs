//! What do the tests of taking code back need? A real repository made with git's own command line, a service whose code stands
//! in it, a crash history that speaks against the last commit, and a digest of all that must not change.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::support::{Project, Ran};

/// A project whose service is started by a tracked script: the first commit runs, the second one ends at once.
/// `revert` is added to `[revert]`, `rest` stands behind it.
pub fn deployed(revert: &str, rest: &str) -> Project {
    let project = empty(revert, rest);
    project.script("run.sh", "#!/bin/sh\nexec sleep 86400\n");
    project.write("app/lib.txt", "one\ntwo\nthree\n");
    commit(&project, "A version that runs");
    project.script("run.sh", "#!/bin/sh\necho cannot import name token=abc >&2\nexit 1\n");
    project.write("app/lib.txt", "one\n2\nthree\n");
    project.write("app/new.txt", "new\n");
    commit(&project, "A version that does not");
    accuse(&project);
    project
}

/// A repository with nothing but its heal.toml.
pub fn empty(revert: &str, rest: &str) -> Project {
    let project = Project::new(&format!(
        r#"[project]
name = "test"

[service.app]
match         = {{ executable = "sleep", args_contain = "86400" }}
start         = ["./run.sh"]
verify_within = "2s"
stop_grace    = "1s"
stable_for    = "1m"
ladder        = ["restart", "stop-stale", "revert"]

[revert]
{revert}
{rest}
"#
    ));
    git(&project, &["init", "-q", "-b", "main", "."]);
    project.write(".gitignore", "/data/\n*.ignored\n");
    project
}

/// The same project once more, to the last time stamp.
pub fn copy(of: &Project) -> Project {
    let project = Project::new("");
    let mut cp = project.command_of("cp", &["-a", "-T"]);
    cp.args([of.path(""), project.path("")]);
    project.run(&mut cp).exits(0);
    project
}

/// Runs git, which has to succeed; answers with what it said.
#[track_caller]
pub fn git(project: &Project, args: &[&str]) -> String {
    try_git(project, args).exits(0).stdout.trim_end().to_owned()
}

/// Runs git. Its clock stands where `GIT_DAY` says, so that ids are the same in every run.
pub fn try_git(project: &Project, args: &[&str]) -> Ran {
    let mut command = project.command_of("git", &["-c", "user.name=Dev", "-c", "user.email=dev@example.org"]);
    command.args(["-c", "protocol.file.allow=always", "-c", "commit.gpgsign=false"]).args(args);
    project.run(command.env("GIT_CONFIG_NOSYSTEM", "1").env("LC_ALL", "C"))
}

/// Commits everything; answers with the id.
#[track_caller]
pub fn commit(project: &Project, subject: &str) -> String {
    git(project, &["add", "-A"]);
    git(project, &["commit", "-q", "--allow-empty", "-m", subject]);
    head(project)
}

/// Where HEAD is.
#[track_caller]
pub fn head(project: &Project) -> String {
    git(project, &["rev-parse", "HEAD"])
}

/// Writes a crash history in which HEAD crashed three times, and its parent ran for hours.
pub fn accuse(project: &Project) {
    accuse_after(project, &git(project, &["rev-parse", "HEAD~1"]));
}

/// The same in the place of what stands there: that is of another HEAD, or too old to count.
pub fn accuse_anew(project: &Project) {
    fs::remove_file(project.path("data/crash_history.jsonl")).expect("removed");
    accuse(project);
}

/// The same, with another release that ran.
pub fn accuse_after(project: &Project, good: &str) {
    history(project, &[("start", good, 300), ("stop", good, 20), ("start", &head(project), 10)]);
    crashes(project);
}

/// Adds three crashes of HEAD.
pub fn crashes(project: &Project) {
    let release = head(project);
    history(project, &[("crash", &release, 9), ("crash", &release, 6), ("crash", &release, 3)]);
}

/// Adds lines to the crash history: what happened, with which release, how many minutes ago.
pub fn history(project: &Project, lines: &[(&str, &str, i64)]) {
    let mut text = fs::read_to_string(project.path("data/crash_history.jsonl")).unwrap_or_default();
    for (event, release, minutes) in lines {
        let at = chrono::Utc::now() - chrono::TimeDelta::minutes(*minutes);
        let at = at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let reason = if *event == "crash" { r#","reason":"ImportError","exit_code":1"# } else { "" };
        writeln!(text, r#"{{"v":1,"at":"{at}","event":"{event}","service":"app","release":"{release}"{reason}}}"#)
            .expect("written");
    }
    let fresh = !project.path("data").exists();
    project.write("data/crash_history.jsonl", &text);
    if fresh {
        fs::set_permissions(project.path("data"), fs::Permissions::from_mode(0o700)).expect("set");
    }
}

/// Arms it.
pub fn arm(project: &Project) {
    project.write("data/auto-revert-enabled", "");
}

/// Everything that has to stay as it is where nothing is taken back: the files of the work tree with their modes, refs, HEAD
/// and index; not heal's own data, and not the objects of git, of which unused ones do no harm.
pub fn digest(project: &Project) -> String {
    let mut lines = Vec::new();
    walk(&project.path(""), &project.path(""), &mut lines);
    lines.sort();
    lines.join("\n")
}

fn walk(root: &Path, folder: &Path, lines: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        let name = path.strip_prefix(root).expect("inside").to_owned();
        if name.starts_with(".git/objects") || name.starts_with("data") {
            continue;
        }
        let meta = fs::symlink_metadata(&path).expect("there");
        let content = if meta.is_dir() {
            walk(root, &path, lines);
            String::new()
        } else if meta.is_symlink() {
            format!("-> {}", fs::read_link(&path).expect("a link").display())
        } else {
            fs::read(&path).unwrap_or_default().escape_ascii().to_string()
        };
        lines.push(format!("{} {:o} {content}", name.as_os_str().as_bytes().escape_ascii(), meta.permissions().mode()));
    }
}

/// Does git find the repository whole, and the work tree as HEAD says?
#[track_caller]
pub fn sound(project: &Project) {
    assert_eq!(git(project, &["status", "--porcelain", "--untracked-files=all"]), "", "the work tree is as HEAD says");
    let said = try_git(project, &["fsck", "--full", "--strict", "--no-dangling"]).exits(0);
    assert_eq!(said.stdout.trim(), "", "{said:?}");
    assert!(!project.path(".git/heal-revert").exists(), "nothing is left over");
}
