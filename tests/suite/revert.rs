//! Does `heal revert` bring back what ran, and only that, whatever was changed since?

use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

use expect_test::expect;

use super::acting::{kinds, running, the_one, timeless};
use super::repository::{
    accuse, accuse_after, arm, commit, crashes, deployed, digest, empty, git, head, history, sound,
};
use super::support::Project;

/// Ids differ between runs.
fn nameless(project: &Project, text: &str, ids: &[(&str, &str)]) -> String {
    let mut text = timeless(&project.normalise(text));
    for (id, name) in ids {
        text = text.replace(id, name).replace(&id[..10], name);
    }
    text
}

/// The tree of a commit.
fn tree(project: &Project, rev: &str) -> String {
    git(project, &["rev-parse", &format!("{rev}^{{tree}}")])
}

/// A repository whose service cannot be started by heal, so that nothing is waited for: only the code is looked at.
fn code_only(change: impl Fn(&Project, bool)) -> Project {
    let project = empty("", "");
    let text = project.read("heal.toml").replace("start         = [\"./run.sh\"]\n", "");
    project.write("heal.toml", &text);
    change(&project, true);
    commit(&project, "good");
    change(&project, false);
    commit(&project, "bad");
    accuse(&project);
    arm(&project);
    project
}

/// Taken back, HEAD carries the good tree on top of the bad commit, and work tree and index are as git would have left them.
#[track_caller]
fn restored(project: &Project, good: &str) {
    let (bad, good) = (head(project), tree(project, good));
    let ran = project.heal(&["revert"]).exits(1);
    assert!(ran.stdout.contains("heal cannot restart the service"), "{ran:?}");
    sound(project);
    assert_eq!(tree(project, "HEAD"), good);
    assert_eq!(git(project, &["rev-parse", "HEAD~1"]), bad);
}

#[test]
fn the_commit_that_crashes_is_taken_back_and_the_service_runs() {
    let project = deployed("", "");
    arm(&project);
    let (good, bad) = (git(&project, &["rev-parse", "HEAD~1"]), head(&project));
    let ran = project.heal(&["revert"]).exits(0);
    the_one(&project, "86400");
    sound(&project);
    let new = head(&project);
    let ids = [(&*good, "[GOOD]"), (&*bad, "[BAD]"), (&*new, "[NEW]")];
    let shown = nameless(&project, &ran.stdout, &ids);
    expect![[r#"
        healed    app: pid [PID], every probe good for [SPAN]
            [BAD] was taken back on `main` by [NEW]: the files are those of [GOOD] again (3 files, +2 -4 lines)
    "#]]
    .assert_eq(&shown);
    assert_eq!(git(&project, &["rev-parse", "HEAD~1"]), bad, "on top of it, nothing is rewritten");
    assert_eq!(tree(&project, "HEAD"), tree(&project, &good));
    let message = nameless(&project, &git(&project, &["log", "-1", "--format=%B"]), &ids);
    expect![[r#"
        Take back [BAD]: A version that does not

        The files are those of [GOOD] again: A version that runs

        app crashed 3 times with it, from [TIME] to [TIME].
          3 x exit code 1: ImportError

        Heal-Reverts: [BAD]"#]]
    .assert_eq(message.trim_end());
    expect!["intent revert, reverted, started, done healed, alerted reverted operator_alerts"]
        .assert_eq(&kinds(&project));
    let event = &project.events("reverted")[0];
    let named = ["reference", "base", "commit", "takes_back", "restores"].map(|key| event[key].as_str().expect("text"));
    assert_eq!(named, ["refs/heads/main", &bad, &new, &bad, &good]);
    let told = project.read("data/operator_alerts.jsonl");
    assert!(
        told.contains("was taken back on `main`") && told.contains("\"warning\""),
        "also a good one is told: {told}"
    );
    let reflog = git(&project, &["reflog", "-1", "main"]);
    assert!(reflog.contains("heal revert: take back"), "{reflog}");
}

#[test]
fn a_dry_run_shows_what_would_change_and_writes_nothing() {
    let project = deployed("", "");
    let (good, bad) = (git(&project, &["rev-parse", "HEAD~1"]), head(&project));
    let (before, objects) = (digest(&project), git(&project, &["count-objects", "-v"]));
    let ran = project.heal(&["revert", "--force", "--dry-run"]).exits(0);
    let shown = nameless(&project, &ran.stdout, &[(&good, "[GOOD]"), (&bad, "[BAD]")]);
    expect![[r#"
        would     take back [BAD] on `main` in [DIR]
            3 files, +2 -4 lines
                app/new.txt
                app/lib.txt
                run.sh
            the commit would say
                Take back [BAD]: A version that does not
                
                The files are those of [GOOD] again: A version that runs
                
                app crashed 3 times with it, from [TIME] to [TIME].
                  3 x exit code 1: ImportError
                
                Heal-Reverts: [BAD]
            then app is restarted
    "#]]
    .assert_eq(&shown);
    let json = project.heal(&["revert", "--force", "--dry-run", "--commit", "HEAD", "--json"]).exits(0).json();
    assert_eq!((&json["dry_run"], &json["revert"]["stat"]["files"]), (&true.into(), &3.into()));
    assert_eq!(digest(&project), before);
    assert_eq!(git(&project, &["count-objects", "-v"]), objects, "no object was written either");
    assert!(project.journal().is_empty());
}

#[test]
fn several_commits_and_a_merge_go_at_once() {
    let project = code_only(|project, good| project.write("a.txt", if good { "good\n" } else { "bad\n" }));
    let good = git(&project, &["rev-parse", "HEAD~1"]);
    git(&project, &["checkout", "-q", "-b", "side", &good]);
    project.write("a.txt", "side\n");
    project.write("side.txt", "side\n");
    commit(&project, "side");
    git(&project, &["checkout", "-q", "main"]);
    git(&project, &["merge", "-q", "-X", "ours", "-m", "merged", "side"]);
    project.write("after.txt", "after\n");
    commit(&project, "after the merge");
    fs::remove_file(project.path("data/crash_history.jsonl")).expect("removed");
    accuse_after(&project, &good);
    restored(&project, &good);
    assert!(!project.path("side.txt").exists() && !project.path("after.txt").exists());
}

#[test]
fn bytes_modes_links_renames_and_names_come_back() {
    let odd = "odd \u{e9} \" \\ \n\t*[x]?.txt";
    let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    let project = code_only(|project, good| {
        let path = |name: &str| project.path(name);
        if good {
            fs::write(path("blob.bin"), &bytes).expect("written");
            project.script("tool", "#!/bin/sh\n");
            symlink("blob.bin", path("link")).expect("linked");
            symlink("nowhere/at/all", path("dangling")).expect("linked");
            project.write("old/name.txt", &"same\n".repeat(100));
            project.write(odd, "odd\n");
            project.write("*", "a star\n");
            fs::write(path("latin").with_file_name(std::ffi::OsString::from_vec(b"l\xe9tin".to_vec())), "x")
                .expect("written");
            project.write("becomes/folder", "below\n");
            project.write("empty", "");
        } else {
            fs::write(path("blob.bin"), &bytes[1..]).expect("written");
            fs::set_permissions(path("tool"), fs::Permissions::from_mode(0o644)).expect("set");
            fs::remove_file(path("link")).expect("removed");
            symlink("elsewhere", path("link")).expect("linked");
            fs::remove_file(path("dangling")).expect("removed");
            project.write("dangling", "a file now\n");
            fs::create_dir(path("new")).expect("made");
            fs::rename(path("old/name.txt"), path("new/name.txt")).expect("moved");
            fs::remove_file(path(odd)).expect("removed");
            project.write("*", "another star\n");
            fs::remove_file(path("x").with_file_name(std::ffi::OsString::from_vec(b"l\xe9tin".to_vec())))
                .expect("removed");
            fs::remove_dir_all(path("becomes")).expect("removed");
            project.write("becomes", "a file\n");
            fs::remove_file(path("empty")).expect("removed");
        }
    });
    // A file that nobody changed, and that a star would have matched.
    restored(&project, "HEAD~1");
    assert_eq!(fs::read(project.path("blob.bin")).expect("there"), bytes);
    assert_eq!(fs::read_link(project.path("link")).expect("a link"), Path::new("blob.bin"));
    assert_eq!(fs::read_link(project.path("dangling")).expect("a link"), Path::new("nowhere/at/all"));
    assert_ne!(fs::metadata(project.path("tool")).expect("there").permissions().mode() & 0o111, 0);
    assert!(project.path(odd).exists() && project.path("becomes/folder").exists());
    assert!(!project.path("new").exists(), "folders that hold nothing any more go, as with git");
}

#[test]
fn line_ends_are_those_that_git_would_write() {
    let project = code_only(|project, good| {
        project.write(".gitattributes", "*.bat text eol=crlf\n*.raw -text\n");
        project.write("run.bat", if good { "one\r\ntwo\r\n" } else { "one\r\n2\r\n" });
        project.write("a.raw", if good { "a\r\nb\n" } else { "a\nb\n" });
    });
    restored(&project, "HEAD~1");
    assert_eq!((project.read("run.bat").as_str(), project.read("a.raw").as_str()), ("one\r\ntwo\r\n", "a\r\nb\n"));
}

#[test]
fn one_commit_by_its_name_goes_and_what_came_after_it_stays() {
    let project = deployed("", "");
    let bad = head(&project);
    project.write("later.txt", "stays\n");
    commit(&project, "later");
    fs::remove_file(project.path("data/crash_history.jsonl")).expect("removed");
    let ran = project.heal(&["revert", "--force", "--commit", &bad[..12]]).exits(0);
    assert!(ran.stdout.contains("(3 files, +2 -4 lines)"), "{}", ran.stdout);
    sound(&project);
    the_one(&project, "86400");
    assert_eq!(project.read("later.txt"), "stays\n");
    assert!(git(&project, &["log", "-1", "--format=%B"]).contains(&format!("Heal-Reverts: {bad}")));
}

#[test]
fn a_merge_by_its_name_goes_with_the_side_that_is_said() {
    let project = deployed("mainline = 1", "");
    let bad = head(&project);
    git(&project, &["checkout", "-q", "-b", "side", "HEAD~1"]);
    project.write("side.txt", "side\n");
    commit(&project, "side");
    git(&project, &["checkout", "-q", "main"]);
    git(&project, &["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    // What stays crashes: the commit is brought back.
    project.heal(&["revert", "--force", "--commit", "HEAD"]).exits(2);
    sound(&project);
    assert!(project.path("side.txt").exists());
    assert_eq!(tree(&project, "HEAD~1"), tree(&project, &bad), "it had kept the side of the first parent");
}

#[test]
fn a_crash_that_persists_brings_the_code_back_and_is_no_second_revert() {
    let project = deployed("", "");
    let bad = head(&project);
    // It was never the code: what it needs is not there any more.
    project.write("run.sh", "#!/bin/sh\nexit 1\n");
    git(&project, &["checkout", "-q", "run.sh"]);
    let text = project.read("heal.toml").replace("[\"./run.sh\"]", "[\"/bin/sh\", \"-c\", \"exit 3\"]");
    git(&project, &["update-index", "--assume-unchanged", "heal.toml"]);
    project.write("heal.toml", &text);
    arm(&project);
    let ran = project.heal(&["revert"]).exits(2);
    assert!(ran.stdout.contains("it did not help"), "{}", ran.stdout);
    assert!(ran.stdout.contains("next  heal crash history"), "{}", ran.stdout);
    assert_eq!(git(&project, &["status", "--porcelain"]), "");
    assert_eq!(tree(&project, "HEAD"), tree(&project, &bad), "the code is as it was");
    assert_eq!(git(&project, &["rev-list", "--count", &format!("{bad}..HEAD")]), "2", "one more commit took it back");
    expect!["intent revert, reverted, started, done failed, intent revert, reverted, started, done unchanged, alerted reverted operator_alerts"].assert_eq(&kinds(&project));
    // What it is now crashes as well, and is nothing that heal takes back again.
    crashes(&project);
    let before = digest(&project);
    for _ in 0..3 {
        project.heal(&["revert"]).exits(69);
    }
    assert_eq!(digest(&project), before);
}

#[test]
fn its_own_commit_that_crashes_later_is_taken_back_once() {
    let project = deployed("", "");
    arm(&project);
    let bad = head(&project);
    project.heal(&["revert"]).exits(0);
    history(&project, &[("start", &head(&project), 0)]);
    crashes(&project);
    let ran = project.heal(&["revert", "--dry-run"]).exits(0);
    assert!(ran.stdout.contains("Bring back what was taken back by"), "{}", ran.stdout);
    project.heal(&["revert"]);
    sound(&project);
    assert_eq!(tree(&project, "HEAD"), tree(&project, &bad));
    crashes(&project);
    project.heal(&["revert"]).exits(69);
}

#[test]
fn what_is_built_from_the_code_follows_it_and_its_failure_brings_the_code_back() {
    let after = r#"after = [["sh", "-c", "cp app/lib.txt data/built; echo $HEAL_RUNG >> data/built"], ["true"]]"#;
    let project = deployed(after, "");
    arm(&project);
    project.heal(&["revert"]).exits(0);
    assert_eq!(project.read("data/built"), "one\ntwo\nthree\nrevert\n");

    let project = deployed(r#"after = [["sh", "-c", "echo no compiler >&2; exit 4"]]"#, "");
    arm(&project);
    let bad = head(&project);
    let ran = project.heal(&["revert"]).exits(2);
    assert!(ran.stdout.contains("`sh` exit code 4: no compiler"), "{}", ran.stdout);
    assert_eq!(tree(&project, "HEAD"), tree(&project, &bad));
    assert_eq!(running(&project, "86400").len(), 0);
    sound(&project);
}

#[test]
fn the_author_is_who_git_or_the_configuration_says() {
    let author = |project: &Project| git(project, &["log", "-1", "--format=%an <%ae> %cn"]);
    let project = code_only(|project, good| project.write("a", if good { "1" } else { "2" }));
    git(&project, &["config", "user.name", "Ops"]);
    git(&project, &["config", "user.email", "ops@example.org"]);
    project.heal(&["revert"]).exits(1);
    assert_eq!(author(&project), "Ops <ops@example.org> Ops");
    let project = code_only(|project, good| project.write("a", if good { "1" } else { "2" }));
    project.heal(&["--set", "revert.identity=Bot <bot@example.org>", "revert"]).exits(1);
    assert_eq!(author(&project), "Bot <bot@example.org> Bot");
}

#[test]
fn a_head_that_moves_between_decision_and_act_stays_where_it_is() {
    let project = deployed("", "");
    arm(&project);
    let fifo = project.path("data/fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("made");
    let mut command = project.command(&["revert"]);
    command.env("HEAL_TEST_WAIT", format!("revert-decided:{}", fifo.display()));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    // Opening it waits for heal to have decided.
    let gate = fs::OpenOptions::new().write(true).open(&fifo).expect("heal waits");
    project.write("fix.txt", "a person was faster\n");
    let fix = commit(&project, "a fix");
    let before = digest(&project);
    drop(gate);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(69), "{said}");
    assert!(said.contains("HEAD moved while this run decided"), "{said}");
    assert_eq!((head(&project), digest(&project)), (fix, before));
}

#[test]
fn a_file_that_somebody_writes_in_the_last_moment_is_kept() {
    let project = code_only(|project, good| {
        for name in ["a", "b", "c"] {
            project.write(name, if good { "good\n" } else { "bad\n" });
        }
    });
    let fifo = project.path("data/fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("made");
    let bad = head(&project);
    let mut command = project.command(&["revert"]);
    command.env("HEAL_TEST_WAIT", format!("revert-ref:{}", fifo.display()));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    let gate = fs::OpenOptions::new().write(true).open(&fifo).expect("heal waits");
    assert_ne!(head(&project), bad, "the branch has moved, the files have not");
    project.write("b", "typed just now\n");
    drop(gate);
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("b: it was changed while it was moved; everything is as it was"), "{said}");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!((head(&project), project.read("b").as_str()), (bad, "typed just now\n"));
    assert_eq!(git(&project, &["status", "--porcelain"]), " M b", "and nothing else is changed");
    assert!(!project.path(".git/heal-revert").exists() && !project.path(".git/index.lock").exists());
}

#[test]
fn twenty_at_once_make_one_commit() {
    let project = code_only(|project, good| project.write("a", if good { "good\n" } else { "bad\n" }));
    let bad = head(&project);
    let children: Vec<_> =
        (0..20).map(|_| project.command(&["revert"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn()).collect();
    let mut codes: Vec<i32> = children
        .into_iter()
        .map(|child| child.expect("started").wait().expect("ended").code().expect("a code"))
        .collect();
    codes.sort_unstable();
    assert_eq!(codes[0], 1, "{codes:?}");
    assert!(codes[1..].iter().all(|code| [69, 75].contains(code)), "{codes:?}");
    assert_eq!(git(&project, &["rev-list", "--count", &format!("{bad}..HEAD")]), "1");
    sound(&project);
}

#[test]
fn words_that_are_wrong_are_said_to_be() {
    let project = deployed("", "");
    for (args, why) in [
        (&["revert", "--service", "nobody"][..], "there is no service `nobody`"),
        (&["revert", "--mainline", "1"], "required arguments"),
        (&["revert", "--commit", "HEAD", "--mainline", "0"], "0 is not in 1.."),
    ] {
        let ran = project.heal(args).exits(64);
        assert!(ran.stderr.contains(why), "{}", ran.stderr);
    }
}
