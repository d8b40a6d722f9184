//! Does the commit that takes code back get to the remote: only when asked for, only when the service is well, never by force?

use std::fs;
use std::net::TcpListener;

use super::acting::{in_parallel, later, the_one};
use super::repository::{accuse, accuse_anew, arm, commit, deployed, git, head, sound, try_git};
use super::servers;
use super::support::{Project, Ran};

const PUSH: &str = "push = true\n";

/// A project and its remote, which has all of its commits.
pub fn with_remote() -> (Project, Project) {
    let project = deployed(PUSH, "");
    let text = project.read("heal.toml").replace("\"2s\"", "\"20s\"");
    git(&project, &["reset", "-q", "--soft", "HEAD~1"]);
    git(&project, &["stash", "-q"]);
    project.write("heal.toml", &text);
    git(&project, &["commit", "-q", "-a", "--amend", "--no-edit"]);
    git(&project, &["stash", "pop", "-q"]);
    commit(&project, "A version that does not");
    accuse_anew(&project);
    arm(&project);
    let remote = Project::new("");
    git(&remote, &["init", "-q", "--bare", "-b", "main", "repo.git"]);
    git(&project, &["remote", "add", "origin", &remote.path("repo.git").display().to_string()]);
    git(&project, &["push", "-q", "origin", "main"]);
    (project, remote)
}

/// Where the remote's branch is.
fn there(remote: &Project) -> String {
    git(remote, &["-C", "repo.git", "rev-parse", "main"])
}

fn clone(remote: &Project) -> Project {
    let project = Project::new("");
    fs::remove_file(project.path("heal.toml")).expect("removed");
    git(&project, &["clone", "-q", &remote.path("repo.git").display().to_string(), "."]);
    accuse(&project);
    arm(&project);
    project
}

#[track_caller]
fn pending(ran: &Ran) -> String {
    ran.json()["pending"].as_array().expect("a list").iter().map(|one| one.as_str().expect("text")).collect()
}

#[test]
fn once_the_service_is_well_it_is_pushed_and_said_so() {
    let (project, remote) = with_remote();
    let before = there(&remote);
    let ran = project.heal(&["revert"]).exits(0);
    assert!(ran.stdout.contains("    pushed\n"), "{}", ran.stdout);
    assert_ne!(there(&remote), before);
    assert_eq!(there(&remote), head(&project));
    assert_eq!(project.events("pushed")[0]["commit"], head(&project).as_str());
    the_one(&project, "86400");
}

#[test]
fn what_is_not_asked_for_or_did_not_help_is_not_pushed() {
    let (project, remote) = with_remote();
    let before = there(&remote);
    project.heal(&["--set", "revert.push=false", "revert"]).exits(0);
    assert_eq!(there(&remote), before);
    // It does not help: the service needs something that no commit brings.
    let (project, remote) = with_remote();
    let before = there(&remote);
    project.heal(&["--set", "service.app.start=[\"/bin/false\"]", "revert"]).exits(2);
    assert_eq!(there(&remote), before);
    assert!(project.events("pushed").is_empty());
}

#[test]
fn twenty_clones_crash_and_push_and_one_commit_is_on_the_remote() {
    let (first, remote) = with_remote();
    let bad = head(&first);
    let clones: Vec<Project> = (0..20).map(|_| clone(&remote)).collect();
    let codes = std::sync::Mutex::new(Vec::new());
    let places: Vec<usize> = (0..clones.len()).collect();
    // Each is a project of its own; only the remote is shared.
    in_parallel(&places, |place| {
        let ran = clones[*place].heal(&["revert"]);
        codes.lock().expect("unpoisoned").push((ran.code, ran.stdout));
    });
    let codes = codes.into_inner().expect("unpoisoned");
    assert!(codes.iter().all(|(code, _)| *code == 0), "{codes:#?}");
    let end = there(&remote);
    assert_eq!(git(&remote, &["-C", "repo.git", "rev-list", "--count", &format!("{bad}..main")]), "1");
    for clone in &clones {
        assert_eq!(head(clone), end, "all of them stand on it");
        sound(clone);
        the_one(clone, "86400");
    }
    let adopted = clones.iter().filter(|clone| clone.events("pushed")[0]["adopted"].is_string()).count();
    println!("20 clones: {} adopted what another one had pushed", adopted);
    assert!(!first.path(".git/FETCH_HEAD").exists());
    assert!(clones.iter().all(|clone| !clone.path(".git/FETCH_HEAD").exists()), "named refs only (FAILURES F33)");
}

#[test]
fn a_hook_that_declines_is_heard_and_the_service_runs_all_the_same() {
    let (project, remote) = with_remote();
    remote.script("repo.git/hooks/pre-receive", "#!/bin/sh\necho main is protected, ask Ada token=abc >&2\nexit 1\n");
    let before = there(&remote);
    let ran = project.heal(&["revert", "--json"]).exits(1);
    assert_eq!(
        pending(&ran),
        "not pushed: the remote refused it, [remote rejected] (pre-receive hook declined): main is protected, ask Ada token=***"
    );
    assert_eq!(there(&remote), before);
    the_one(&project, "86400");
    assert_eq!(project.events("push-failed").len(), 1);
    // Later ticks try again, not each of them; when the remote takes it, it is there.
    fs::remove_file(remote.path("repo.git/hooks/pre-receive")).expect("removed");
    project.heal(&["heal"]).exits(0);
    assert_eq!(there(&remote), before);
    later(&project, "31m", &["heal"]).exits(0);
    assert_eq!(there(&remote), head(&project));
}

#[test]
fn while_somebody_has_the_service_in_hand_or_heal_observes_it_is_not_pushed_and_said_so() {
    let (project, remote) = with_remote();
    remote.script("repo.git/hooks/pre-receive", "#!/bin/sh\nexit 1\n");
    let before = there(&remote);
    project.heal(&["revert"]).exits(1);
    fs::remove_file(remote.path("repo.git/hooks/pre-receive")).expect("removed");
    let tick = |more: &[&str], why: &str| {
        let ran = later(&project, "31m", &[more, &["heal"]].concat());
        assert!(ran.stdout.contains("took its code back is not pushed: ") && ran.stdout.contains(why), "{ran:?}");
        assert_eq!(there(&remote), before, "{why}");
    };
    tick(&["--set", "project.mode=observe"], "heal changes nothing");
    let off = later(&project, "31m", &["--set", "revert.enabled=false", "heal"]);
    assert_eq!(there(&remote), before, "{off:?}");
    project.heal(&["pause", "app", "--for", "2h", "--reason", "a look into it"]).exits(0);
    tick(&[], "`app` is paused");
    project.heal(&["resume", "app"]).exits(0);
    project.heal(&["hold", "app", "--reason", "a look into it"]).exits(0);
    tick(&[], "`app` waits for a person");
    project.heal(&["release", "app"]).exits(0);
    later(&project, "31m", &["heal"]).exits(0);
    assert_eq!(there(&remote), head(&project), "by the next tick after that");
}

#[test]
fn commits_of_others_are_never_overwritten() {
    let (project, remote) = with_remote();
    let other = clone(&remote);
    other.write("fix.txt", "a real fix\n");
    let fix = commit(&other, "a real fix");
    git(&other, &["push", "-q", "origin", "main"]);
    let ran = project.heal(&["revert", "--json"]).exits(1);
    assert!(pending(&ran).starts_with("not pushed: the remote refused it, [rejected]"), "{ran:?}");
    assert_eq!(there(&remote), fix);
    sound(&project);
}

#[test]
fn a_twin_with_other_files_is_not_adopted() {
    let (project, remote) = with_remote();
    let bad = head(&project);
    let other = clone(&remote);
    other.write("app/lib.txt", "something else\n");
    git(&other, &["add", "-A"]);
    git(&other, &["commit", "-q", "-m", &format!("Take back\n\nHeal-Reverts: {bad}")]);
    git(&other, &["push", "-q", "origin", "main"]);
    project.heal(&["revert"]).exits(1);
    assert_eq!(there(&remote), head(&other));
    assert_ne!(head(&project), head(&other));
}

#[test]
fn a_remote_that_never_answers_is_given_up() {
    let (project, _remote) = with_remote();
    let hole = TcpListener::bind("127.0.0.1:0").expect("bound");
    let url = format!("git://127.0.0.1:{}/repo.git", hole.local_addr().expect("bound").port());
    git(&project, &["remote", "set-url", "origin", &url]);
    let ran = project.run(project.command(&["revert", "--json"]).env("HEAL_TEST_PUSH", "2s")).exits(1);
    assert!(pending(&ran).contains("did not end in time"), "{ran:?}");
    assert!(ran.took.as_secs() < 15, "{:?}", ran.took);
    the_one(&project, "86400");
}

#[test]
fn nothing_of_the_repository_runs_as_root() {
    let (project, remote) = with_remote();
    for hook in ["pre-push", "post-commit", "reference-transaction", "post-checkout", "pre-commit"] {
        project.script(&format!(".git/hooks/{hook}"), "#!/bin/sh\necho $0 >> data/ran\n");
    }
    git(&project, &["config", "core.fsmonitor", "touch data/ran"]);
    fs::remove_file(project.path("data/ran")).ok();
    project.heal(&["revert"]).exits(0);
    assert_eq!(there(&remote), try_git(&project, &["-c", "core.fsmonitor=false", "rev-parse", "HEAD"]).stdout.trim());
    assert!(!project.path("data/ran").exists(), "{}", project.read("data/ran"));
}

#[test]
fn behind_a_login_git_says_who_we_are_and_nobody_is_asked() {
    const PASSWORD: &str = "canary-of-the-remote";
    let (project, remote) = with_remote();
    git(&remote, &["-C", "repo.git", "config", "http.receivepack", "true"]);
    let server = servers::git(&remote.path(""), "bot", PASSWORD);
    let url = |login: &str| format!("http://{login}127.0.0.1:{}/repo.git", server.port);
    let before = there(&remote);
    let bad = head(&project);
    // Nobody who could say it, and nobody there to be asked: the service is well, and the commit waits for a person.
    git(&project, &["remote", "set-url", "origin", &url("")]);
    let asked = project.heal(&["update", "check", "--json"]).exits(3);
    assert!(asked.stdout.contains("Authentication failed"), "{asked:?}");
    let ran = project.heal(&["revert", "--json"]).exits(1);
    assert!(pending(&ran).contains("git push"), "{}", pending(&ran));
    assert_eq!((there(&remote), git(&project, &["rev-parse", "HEAD~1"])), (before, bad));
    // A password in the address itself is in nothing that heal says or writes, also when it is wrong.
    git(&project, &["remote", "set-url", "origin", &url(&format!("bot:not-{PASSWORD}@"))]);
    let wrong = project.heal(&["update", "check", "--json"]).exits(3);
    assert!(!format!("{wrong:?}{}", project.read("heal.toml")).contains(PASSWORD), "{wrong:?}");
    // By the user's own helper it goes.
    git(&project, &["remote", "set-url", "origin", &url("")]);
    project.write(".git/login", &format!("http://bot:{PASSWORD}@127.0.0.1:{}\n", server.port));
    let helper = format!("store --file={}", project.path(".git/login").display());
    git(&project, &["config", "credential.helper", &helper]);
    project.heal(&["update", "check"]).exits(0);
    let (second, remote) = with_remote();
    git(&remote, &["-C", "repo.git", "config", "http.receivepack", "true"]);
    let server = servers::git(&remote.path(""), "bot", PASSWORD);
    git(&second, &["remote", "set-url", "origin", &format!("http://127.0.0.1:{}/repo.git", server.port)]);
    second.write(".git/login", &format!("http://bot:{PASSWORD}@127.0.0.1:{}\n", server.port));
    let helper = format!("store --file={}", second.path(".git/login").display());
    git(&second, &["config", "credential.helper", &helper]);
    let ran = second.heal(&["revert"]).exits(0);
    assert!(ran.stdout.contains("    pushed\n"), "{}", ran.stdout);
    assert_eq!(there(&remote), head(&second));
    for project in [&project, &second] {
        let grep = project.run(&mut project.command_of("grep", &["-r", PASSWORD, "data", "logs"]));
        assert!(grep.code != 0, "{}", grep.stdout);
    }
}
