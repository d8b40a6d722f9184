//! When is this commit, though all is well with the repository, not taken back? The rest of the rules of `revert_refused`.

use std::fs;

use expect_test::expect;

use super::repository::{accuse, accuse_after, arm, commit, crashes, digest, empty, git, head, history, sound};
use super::revert_refused::{armed, refused};

#[test]
fn a_filter_on_what_changes() {
    let project = empty("", "");
    project.write(".gitattributes", "*.bin filter=lfs\n*.id ident\n");
    project.write("a.bin", "one\n");
    project.write("b.id", "$Id$\n");
    commit(&project, "good");
    project.write("a.bin", "two\n");
    project.write("b.id", "$Id$ two\n");
    commit(&project, "bad");
    accuse(&project);
    arm(&project);
    refused(
        &project,
        &[],
        "filtered",
        &expect![[r#"
        refused   app: another program translates files that change: a.bin (filter=lfs), b.id (ident)
            nothing was changed
        next  take it back by hand: `git revert`
    "#]],
    );
}

#[test]
fn a_submodule_that_moves() {
    let project = empty("", "");
    project.write("file", "x");
    commit(&project, "good");
    let id = head(&project);
    git(&project, &["update-index", "--add", "--cacheinfo", &format!("160000,{id},vendor")]);
    git(&project, &["commit", "-q", "-m", "bad"]);
    fs::create_dir(project.path("vendor")).expect("made");
    accuse(&project);
    arm(&project);
    refused(
        &project,
        &[],
        "submodules",
        &expect![[r#"
        refused   app: submodules would have to move: vendor
            nothing was changed
        next  take it back by hand: `git revert`
    "#]],
    );
}

#[test]
fn a_conflict() {
    let project = armed();
    let bad = head(&project);
    project.write("app/lib.txt", "one\nzwei\nthree\n");
    commit(&project, "later");
    refused(
        &project,
        &["--commit", &bad],
        "conflict",
        &expect![[r#"
        refused   app: later commits changed the same lines: app/lib.txt
            nothing was changed
        next  take it back by hand: `git revert`
    "#]],
    );
}

#[test]
fn a_merge_without_its_side() {
    let project = armed();
    git(&project, &["checkout", "-q", "-b", "other", "HEAD~1"]);
    project.write("app/other.txt", "other\n");
    commit(&project, "other");
    git(&project, &["checkout", "-q", "main"]);
    git(&project, &["merge", "-q", "--no-ff", "-m", "merged", "other"]);
    let words = expect![[r#"
        refused   app: HEAD is a merge of 2 parents: it does not say which side stays
            nothing was changed
        next  say which side stays: `--mainline 1` keeps the branch that was merged into
    "#]];
    refused(&project, &["--commit", "HEAD"], "merge", &words);
    refused(&project, &["--commit", "HEAD", "--mainline", "3"], "merge", &words);
    project.heal(&["revert", "--commit", "HEAD", "--mainline", "1", "--dry-run"]).exits(0);
}

#[test]
fn what_was_already_taken_back() {
    let project = armed();
    let bad = head(&project);
    project.heal(&["revert"]).exits(0);
    sound(&project);
    // Somebody puts it back; it crashes again.
    git(&project, &["reset", "-q", "--hard", &bad]);
    crashes(&project);
    let before = digest(&project);
    let ran = project.heal(&["revert", "--force"]).exits(69);
    assert!(ran.stdout.contains(&format!("{} was already taken back, by ", &bad[..10])), "{}", ran.stdout);
    assert_eq!(digest(&project), before);
    // By name, and known by its trailer alone: the journal is another machine's.
    let project = armed();
    let bad = head(&project);
    git(&project, &["commit", "-q", "--allow-empty", "-m", &format!("Take back x\n\nHeal-Reverts: {bad}")]);
    refused(
        &project,
        &["--commit", &bad],
        "already-taken-back",
        &expect![[r#"
        refused   app: [GOOD] was already taken back, by [HEAD]
            nothing was changed
        next  find out why it runs again: `git log`
    "#]],
    );
}

#[test]
fn its_own_commit() {
    let project = armed();
    let bad = head(&project);
    git(&project, &["commit", "-q", "--allow-empty", "-m", &format!("Take back x\n\nHeal-Reverts: {bad}")]);
    accuse(&project);
    refused(
        &project,
        &["--force"],
        "own-revert",
        &expect![[r#"
        refused   app: HEAD is heal's own commit, which took back [GOOD]: it is not taken back as code
            nothing was changed
        next  look at the crashes yourself: `heal crash history`
    "#]],
    );
    project.heal(&["revert", "--force", "--commit", "HEAD"]).exits(69);
}

#[test]
fn no_known_good_release() {
    let project = armed();
    fs::remove_file(project.path("data/crash_history.jsonl")).expect("removed");
    let old = "2024-01-01T00:00:00Z";
    let amend = project.run(
        project
            .command_of(
                "git",
                &["-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--amend", "--no-edit", "--date", old],
            )
            .env("GIT_COMMITTER_DATE", old),
    );
    amend.exits(0);
    history(&project, &[("start", &head(&project), 10)]);
    crashes(&project);
    refused(
        &project,
        &[],
        "no-known-good",
        &expect![[r#"
        refused   app: no release is known to have run well, and 1 commit may be to blame
            nothing was changed
        next  name the commit to take back: `heal revert --commit X`
    "#]],
    );
}

#[test]
fn no_known_good_release_and_two_candidates() {
    let project = armed();
    fs::remove_file(project.path("data/crash_history.jsonl")).expect("removed");
    history(&project, &[("start", &head(&project), 10)]);
    crashes(&project);
    refused(
        &project,
        &[],
        "no-known-good",
        &expect![[r#"
        refused   app: no release is known to have run well, and 2 commits may be to blame
            nothing was changed
        next  name the commit to take back: `heal revert --commit X`
    "#]],
    );
}

#[test]
fn where_every_commit_has_to_be_signed() {
    let project = armed();
    git(&project, &["config", "commit.gpgsign", "true"]);
    refused(
        &project,
        &[],
        "signing-required",
        &expect![[r#"
        refused   app: every commit has to be signed (commit.gpgsign), and heal signs nothing
            nothing was changed
        next  take it back by hand: `git revert -S`; or set `[revert] signing = "unsigned"`
    "#]],
    );
    project.heal(&["--set", "revert.signing=unsigned", "revert", "--dry-run"]).exits(0);
}

#[test]
fn another_release_than_what_is_checked_out() {
    let project = armed();
    let bad = head(&project);
    project.write("app/fix.txt", "a fix that is not running yet\n");
    commit(&project, "a fix");
    let ran = project.heal(&["revert"]).exits(69);
    assert!(ran.stdout.contains(&format!("is not the release that crashed, {}", &bad[..10])), "{}", ran.stdout);
}

#[test]
fn a_good_release_of_another_history() {
    let project = armed();
    git(&project, &["checkout", "-q", "--orphan", "elsewhere"]);
    let stranger = commit(&project, "another world");
    git(&project, &["checkout", "-q", "main"]);
    fs::remove_file(project.path("data/crash_history.jsonl")).expect("removed");
    accuse_after(&project, &stranger);
    let ran = project.heal(&["revert"]).exits(69);
    assert!(ran.stdout.contains("is no ancestor of what is checked out"), "{}", ran.stdout);
    refused(
        &project,
        &["--commit", "no-such-thing"],
        "not-an-ancestor",
        &expect![[r#"
        refused   app: no-such-th is no ancestor of what is checked out
            nothing was changed
        next  `git log --graph --all` shows where it is
    "#]],
    );
}

#[test]
fn no_repository_a_bare_one_and_one_without_a_commit() {
    let project = armed();
    fs::rename(project.path(".git"), project.path("data/aside")).expect("moved");
    let ran = project.heal(&["revert"]).exits(69);
    assert!(ran.stdout.contains("is in no git repository"), "{}", ran.stdout);
    git(&project, &["init", "-q", "-b", "main", "."]);
    let ran = project.heal(&["revert"]).exits(69);
    assert!(ran.stdout.contains("the branch has no commit yet"), "{}", ran.stdout);
    git(&project, &["config", "core.bare", "true"]);
    let ran = project.heal(&["revert"]).exits(69);
    assert!(ran.stdout.contains("the repository has no work tree"), "{}", ran.stdout);
}

#[test]
fn a_second_one_within_a_day() {
    let project = armed();
    project.heal(&["revert"]).exits(0);
    project.script("run.sh", "#!/bin/sh\nexit 1\n");
    commit(&project, "the next bad idea");
    history(&project, &[("start", &head(&project), 2)]);
    crashes(&project);
    let before = digest(&project);
    let ran = project.heal(&["revert"]).exits(69);
    assert!(ran.stdout.contains("the limit of 1 per 1d is reached; the next is possible in 23h"), "{}", ran.stdout);
    assert_eq!(digest(&project), before);
}
