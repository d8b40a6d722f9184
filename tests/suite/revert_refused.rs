//! When is nothing taken back? Each rule by a test of its own: exit code 69, words of its own, and a digest of work tree, index
//! and refs that is the same before and after.

use std::fs;
use std::os::unix::fs::chown;

use expect_test::{Expect, expect};

use super::repository::{accuse, accuse_after, arm, commit, deployed, digest, empty, git, head, history, try_git};
use super::support::Project;

/// Runs it, and finds it refused by this rule, in these words, with everything as it was.
#[track_caller]
pub fn refused(project: &Project, args: &[&str], rule: &str, words: &Expect) {
    let before = digest(project);
    let args: Vec<&str> = ["revert"].into_iter().chain(args.iter().copied()).collect();
    let ran = project.heal(&args).exits(69);
    let ids = |text: &str| {
        let mut text = project.normalise(text);
        for (rev, name) in [("HEAD~1", "[GOOD]"), ("HEAD", "[HEAD]")] {
            let found = try_git(project, &["rev-parse", "--verify", "--quiet", rev]);
            if found.code == 0 {
                text = text.replace(&found.stdout[..10], name);
            }
        }
        text
    };
    words.assert_eq(&ids(&ran.stdout));
    assert_eq!(ran.stderr, "");
    let json = project.heal(&[&args[..], &["--json"]].concat()).exits(69).json();
    assert_eq!((&json["refused"]["rule"], &json["status"]), (&rule.into(), &"held".into()));
    assert_eq!(json["revert"], serde_json::Value::Null);
    assert_eq!(digest(project), before, "nothing was changed");
    assert_eq!(project.events("intent").len(), 0, "no act was begun");
}

/// One that would be taken back, were it not for what the test does to it.
pub fn armed() -> Project {
    let project = deployed("", "");
    arm(&project);
    project
}

#[test]
fn not_armed() {
    let project = deployed("", "");
    refused(
        &project,
        &[],
        "not-armed",
        &expect![[r#"
        refused   app: it is not armed: there is no [DIR]/data/auto-revert-enabled
            nothing was changed
        next  `touch [DIR]/data/auto-revert-enabled` allows it from now on; `--force` allows it this once
    "#]],
    );
    // Only a file arms it, not whatever stands in its place.
    fs::create_dir(project.path("data/auto-revert-enabled")).expect("made");
    project.heal(&["revert"]).exits(69);
    project.heal(&["revert", "--force", "--dry-run"]).exits(0);
}

#[test]
fn paused_or_held_but_for_the_deploy_that_the_pause_was_made_for() {
    let project = armed();
    project.heal(&["pause", "app", "--for", "1h", "--reason", "a deploy"]).exits(0);
    let ran = project.heal(&["revert", "--force", "--json"]).exits(69).json();
    assert_eq!(ran["refused"]["rule"], "hands-off");
    assert!(ran["refused"]["message"].as_str().expect("text").starts_with("`app` is paused"), "{ran:#}");
    let pattern = project.heal(&["crash", "pattern", "--json"]).json();
    assert!(pattern.to_string().contains("`app` is paused"), "{pattern:#}");
    project.heal(&["resume", "app"]).exits(0);
    project.heal(&["hold", "app", "--reason", "a look into it"]).exits(0);
    project.heal(&["revert", "--dry-run"]).exits(69);
    project.heal(&["release", "app"]).exits(0);
    assert_eq!(project.events("intent").len(), 0, "no act was begun");
    let heal = env!("CARGO_BIN_EXE_heal");
    project.heal(&["lock", "--service", "app", "--", heal, "revert", "--dry-run"]).exits(0);
}

#[test]
fn switched_off_though_armed_and_forced() {
    let project = deployed("enabled = false", "");
    arm(&project);
    refused(
        &project,
        &["--force"],
        "off",
        &expect![[r#"
        refused   app: it is switched off: `[revert] enabled` is false
            nothing was changed
        next  set `[revert] enabled` to true, or take it back by hand: `git revert`
    "#]],
    );
}

#[test]
fn no_pattern_also_when_forced() {
    let project = empty("", "");
    project.script("run.sh", "#!/bin/sh\nexec sleep 86400\n");
    commit(&project, "one");
    commit(&project, "two");
    history(&project, &[("start", &head(&project), 30), ("crash", &head(&project), 5)]);
    refused(
        &project,
        &["--force"],
        "no-pattern",
        &expect![[r#"
        refused   app: there is no crash pattern: app crashed 1 times lately
            nothing was changed
        next  `heal crash pattern` says more; `--commit X` takes back one commit that you name
    "#]],
    );
}

#[test]
fn a_dirty_tree() {
    let project = armed();
    project.write("app/lib.txt", "somebody works here\n");
    refused(
        &project,
        &["--force"],
        "dirty",
        &expect![[r#"
        refused   app: the work tree is dirty: app/lib.txt changed and not committed
            nothing was changed
        next  commit, stash or undo them; `git status` lists them
    "#]],
    );
    git(&project, &["add", "-A"]);
    project.heal(&["revert"]).exits(69);
    assert_eq!(project.read("app/lib.txt"), "somebody works here\n");
}

#[test]
fn a_change_that_git_was_told_to_pass_over() {
    let project = armed();
    git(&project, &["update-index", "--assume-unchanged", "app/lib.txt"]);
    project.write("app/lib.txt", "a local setting\n");
    assert_eq!(git(&project, &["status", "--porcelain"]), "", "git does not see it");
    refused(
        &project,
        &[],
        "dirty",
        &expect![[r#"
        refused   app: the work tree is dirty: app/lib.txt changed and not committed
            nothing was changed
        next  commit, stash or undo them; `git status` lists them
    "#]],
    );
}

#[test]
fn an_untracked_file_in_the_way() {
    let project = armed();
    git(&project, &["rm", "-q", "app/lib.txt"]);
    commit(&project, "without a file");
    accuse(&project);
    project.write("app/lib.txt", "untracked\n");
    refused(
        &project,
        &[],
        "in-the-way",
        &expect![[r#"
        refused   app: files that git does not track are in the way: app/lib.txt
            nothing was changed
        next  move them elsewhere
    "#]],
    );
    assert_eq!(project.read("app/lib.txt"), "untracked\n");
}

#[test]
fn an_ignored_file_in_the_way() {
    let project = empty("", "");
    project.write("x.ignored", "tracked all the same\n");
    git(&project, &["add", "-f", "x.ignored"]);
    commit(&project, "good");
    git(&project, &["rm", "-q", "x.ignored"]);
    commit(&project, "bad");
    accuse(&project);
    arm(&project);
    project.write("x.ignored", "precious\n");
    refused(
        &project,
        &[],
        "in-the-way",
        &expect![[r#"
        refused   app: files that git does not track are in the way: x.ignored
            nothing was changed
        next  move them elsewhere
    "#]],
    );
    assert_eq!(project.read("x.ignored"), "precious\n");
}

#[test]
fn an_untracked_file_where_a_folder_comes_back_or_below_a_folder_that_goes() {
    let project = empty("", "");
    project.write("dir/file.txt", "x\n");
    commit(&project, "good");
    git(&project, &["rm", "-q", "-r", "dir"]);
    commit(&project, "bad");
    accuse(&project);
    arm(&project);
    project.write("dir", "a file now\n");
    refused(
        &project,
        &[],
        "in-the-way",
        &expect![[r#"
        refused   app: files that git does not track are in the way: dir
            nothing was changed
        next  move them elsewhere
    "#]],
    );
    fs::remove_file(project.path("dir")).expect("removed");
    std::os::unix::fs::symlink("/tmp", project.path("dir")).expect("linked");
    project.heal(&["revert"]).exits(69);
    assert!(!std::path::Path::new("/tmp/file.txt").exists(), "no link was followed");
}

#[test]
fn an_untracked_file_in_a_folder_that_becomes_a_file() {
    let project = empty("", "");
    project.write("thing", "a file\n");
    commit(&project, "good");
    git(&project, &["rm", "-q", "thing"]);
    project.write("thing/inner.txt", "a folder\n");
    commit(&project, "bad");
    accuse(&project);
    arm(&project);
    project.write("thing/note.ignored", "precious\n");
    refused(
        &project,
        &[],
        "in-the-way",
        &expect![[r#"
        refused   app: files that git does not track are in the way: thing/note.ignored
            nothing was changed
        next  move them elsewhere
    "#]],
    );
}

#[test]
fn a_shallow_history() {
    let origin = armed();
    let project = Project::new("");
    fs::remove_file(project.path("heal.toml")).expect("removed");
    let from = format!("file://{}", origin.path("").display());
    git(&project, &["clone", "-q", "--depth", "1", &from, "."]);
    accuse_after(&project, &git(&origin, &["rev-parse", "HEAD~1"]));
    arm(&project);
    refused(
        &project,
        &[],
        "shallow",
        &expect![[r#"
        refused   app: the history is shallow: what came before is not here
            nothing was changed
        next  `git fetch --unshallow`
    "#]],
    );
}

#[test]
fn a_detached_head() {
    let project = armed();
    git(&project, &["checkout", "-q", "--detach"]);
    refused(
        &project,
        &[],
        "detached-head",
        &expect![[r#"
        refused   app: HEAD is detached: it stands on no branch that could move
            nothing was changed
        next  `git switch BRANCH`, with the commit that should run
    "#]],
    );
}

#[test]
fn the_wrong_branch() {
    let project = deployed("", "[git]\nbranch = \"stable\"");
    arm(&project);
    refused(
        &project,
        &[],
        "wrong-branch",
        &expect![[r#"
        refused   app: the branch `main` is checked out, and `[git] branch` is `stable`
            nothing was changed
        next  `git switch stable`, or set `[git] branch`
    "#]],
    );
}

#[test]
fn a_merge_in_progress() {
    let project = armed();
    git(&project, &["checkout", "-q", "-b", "other", "HEAD~1"]);
    project.write("app/other.txt", "other\n");
    commit(&project, "other");
    git(&project, &["checkout", "-q", "main"]);
    git(&project, &["merge", "-q", "--no-ff", "--no-commit", "other"]);
    refused(
        &project,
        &[],
        "in-progress",
        &expect![[r#"
        refused   app: a merge is in progress in the repository
            nothing was changed
        next  finish or abort the merge; `git status` says how
    "#]],
    );
}

#[test]
fn a_rebase_in_progress() {
    let project = armed();
    git(&project, &["checkout", "-q", "-b", "other", "HEAD~1"]);
    project.write("app/lib.txt", "one\nzwei\nthree\n");
    commit(&project, "other");
    assert_ne!(try_git(&project, &["rebase", "main"]).code, 0, "it stops at the conflict");
    refused(
        &project,
        &[],
        "in-progress",
        &expect![[r#"
        refused   app: a rebase is in progress in the repository
            nothing was changed
        next  finish or abort the rebase; `git status` says how
    "#]],
    );
}

#[test]
fn a_foreign_owner() {
    let project = armed();
    let everything = project.run(&mut project.command_of("chown", &["-R", "1500", ".git"]));
    everything.exits(0);
    let before = project.read(".git/refs/heads/main");
    let ran = project.heal(&["revert"]).exits(69);
    assert!(ran.stdout.contains("belongs to another user (uid 1500)"), "{}", ran.stdout);
    // Also where git's own check is waived, by the owner of the configuration.
    project.write("home/.gitconfig", "[safe]\n\tdirectory = *\n");
    let ran = project.run(project.command(&["revert"]).env("HOME", project.path("home"))).exits(69);
    assert!(ran.stdout.contains("belongs to another user (uid 1500)"), "{}", ran.stdout);
    assert_eq!(project.read(".git/refs/heads/main"), before);
    // An index alone that a root's git left there.
    project.run(&mut project.command_of("chown", &["-R", "0", ".git"])).exits(0);
    chown(project.path(".git/index"), Some(1500), None).expect("given away");
    let ran = project.heal(&["revert"]).exits(69);
    assert!(ran.stdout.contains(".git/index belongs to another user"), "{}", ran.stdout);
}

#[test]
fn a_held_lock() {
    for lock in ["index.lock", "HEAD.lock", "refs/heads/main.lock"] {
        let project = armed();
        project.write(&format!(".git/{lock}"), "");
        let before = digest(&project);
        let ran = project.heal(&["revert"]).exits(69);
        assert!(
            ran.stdout.contains(&format!("a git is at work, or was killed: {}", project.path(".git").display())),
            "{ran:?}"
        );
        assert!(ran.stdout.contains("if no git runs, remove"), "{ran:?}");
        assert_eq!(digest(&project), before, "somebody else's lock stays");
    }
}
