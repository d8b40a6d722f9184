//! Does code that is on its way back wait for who has it, or one of its services, in hand? And is it said meanwhile?

use std::process::Stdio;

use nix::sys::signal::Signal;

use super::acting::{end, running, the_one};
use super::repository::{arm, commit, deployed, digest, git, head, sound};
use super::supervisor::{supervised, unit};
use super::support::{Project, Ran, signal, wait_for};
use super::update::{GOOD, cloned_with_two, phase, release, rule};

const HEAL: &str = env!("CARGO_BIN_EXE_heal");

/// Two services that run a release on probation; the commits before and with it, and the clone's origin.
fn on_probation() -> (Project, Project, String, String) {
    let (project, upstream) = cloned_with_two("");
    project.heal(&["heal"]).exits(0);
    let (old, new) = (head(&project), release(&upstream, GOOD));
    project.heal(&["update", "apply"]).exits(0);
    assert_eq!((head(&project), phase(&project)), (new.clone(), "probation".to_owned()));
    (project, upstream, old, new)
}

/// What `heal check` and `heal status` say to be unfinished.
#[track_caller]
fn said(project: &Project) -> String {
    let lists = ["check", "status"].map(|command| {
        let told = project.heal(&[command, "--json"]).json();
        assert_eq!(told["unfinished"].as_array().map(Vec::len), Some(1), "{told:#}");
        told["unfinished"][0].as_str().expect("text").to_owned()
    });
    assert_eq!(lists[0], lists[1]);
    lists[0].clone()
}

/// A tick inside of `heal lock`, as a deploy that calls heal has it.
fn tick_in_a_deploy(project: &Project) -> Ran {
    project.heal(&["lock", "--", "sh", "-c", &format!("{HEAL} heal; {HEAL} check; true")]).exits(0)
}

#[test]
fn an_update_goes_back_after_the_pause_of_any_of_its_services_and_is_not_forgotten() {
    let (project, _upstream, old, new) = on_probation();
    let paused = the_one(&project, "86401");
    project.heal(&["pause", "other", "--reason", "a look into it"]).exits(0);
    end(the_one(&project, "86400"));
    let ran = project.heal(&["heal"]);
    assert_eq!((head(&project), the_one(&project, "86401")), (new.clone(), paused), "{ran:?}");
    assert!(ran.stdout.contains("it waits: `other` is paused"), "{ran:?}");
    the_one(&project, "86400");
    let line = said(&project);
    assert!(line.contains("is going back: app: ") && line.contains("it waits: `other` is paused"), "{line}");
    // What was seen of it counts, although the service was cured meanwhile.
    let again = project.heal(&["heal"]);
    assert!(again.stdout.contains("it waits: `other` is paused"), "{again:?}");
    for command in ["apply", "rollback"] {
        assert_eq!(rule(&project.heal(&["update", command, "--json"]).exits(75)), "hands-off");
    }
    assert_eq!((head(&project), the_one(&project, "86401")), (new, paused));
    project.heal(&["resume", "other"]).exits(0);
    let ran = project.heal(&["heal"]);
    assert_eq!((head(&project), phase(&project)), (old, "rolled-back".to_owned()), "{ran:?}");
    assert_ne!(the_one(&project, "86401"), paused, "it runs the old code");
    sound(&project);
}

#[test]
fn who_is_held_is_not_started_by_the_way_back_of_an_update() {
    let (project, _upstream, old, new) = on_probation();
    project.heal(&["hold", "other", "--reason", "the login expired"]).exits(0);
    end(the_one(&project, "86401"));
    end(the_one(&project, "86400"));
    let ran = project.heal(&["heal"]);
    assert_eq!((head(&project), running(&project, "86401")), (new, vec![]), "{ran:?}");
    assert!(ran.stdout.contains("it waits: `other` waits for a person"), "{ran:?}");
    // It is on its way back already: a person's word goes the same way.
    assert_eq!(rule(&project.heal(&["update", "rollback", "--json"]).exits(75)), "hands-off");
    project.heal(&["release", "other"]).exits(0);
    project.heal(&["heal"]);
    assert_eq!((head(&project), phase(&project)), (old, "rolled-back".to_owned()));
    the_one(&project, "86401");
}

/// What heal itself holds because of the new code speaks against that, and no person has it in hand.
#[test]
fn a_hold_by_an_exit_code_of_the_new_release_brings_the_old_one_back() {
    let (project, _upstream, old, _new) = on_probation();
    let set = ["--set", "service.other.hold_on_exit=[7]"];
    let run = ["run", "--service", "other", "--", "sh", "-c", "exit 7"];
    end(the_one(&project, "86401"));
    project.heal(&[&set[..], &run].concat()).exits(7);
    assert_eq!(project.events("held").len(), 1);
    let ran = project.heal(&[&set[..], &["heal"]].concat());
    assert_eq!((head(&project), phase(&project)), (old, "rolled-back".to_owned()), "{ran:?}");
    the_one(&project, "86401");
}

#[test]
fn a_rollback_by_hand_leaves_the_held_alone() {
    let (project, _upstream, old, _new) = on_probation();
    project.heal(&["hold", "other", "--reason", "the login expired"]).exits(0);
    end(the_one(&project, "86401"));
    let ran = project.heal(&["update", "rollback"]).exits(1);
    assert!(ran.stdout.contains("other is not restarted: `other` waits for a person"), "{ran:?}");
    assert_eq!((head(&project), running(&project, "86401")), (old, vec![]), "{ran:?}");
    the_one(&project, "86400");
}

#[test]
fn a_crash_pattern_of_who_is_in_hand_says_nothing_against_an_update() {
    let (project, _upstream, _old, new) = on_probation();
    project.heal(&["hold", "app", "--reason", "it is being debugged"]).exits(0);
    for _ in 0..3 {
        project.heal(&["crash", "log", "--service", "app", "--start"]).exits(0);
        project.heal(&["crash", "log", "--service", "app", "--exit-code", "1"]).exits(0);
    }
    project.heal(&["crash", "pattern"]).exits(2);
    let ran = project.heal(&["heal"]);
    assert_eq!((head(&project), phase(&project)), (new, "probation".to_owned()), "{ran:?}");
}

#[test]
fn an_update_that_was_killed_is_not_taken_back_inside_of_a_deploy() {
    let (project, upstream) = cloned_with_two("");
    project.heal(&["heal"]).exits(0);
    let (old, new) = (head(&project), release(&upstream, GOOD));
    let begun = project.events("started").len();
    let mut update = project.command(&["update", "apply"]).stdout(Stdio::null()).spawn().expect("it runs");
    let is_up = || project.events("started").len() == begun + 2 && running(&project, "86401").len() == 1;
    wait_for("its second restart", is_up);
    signal(i32::try_from(update.id()).expect("a pid"), Signal::SIGKILL);
    update.wait().expect("it ends");
    assert_eq!(phase(&project), "restarting");
    let pids = [the_one(&project, "86400"), the_one(&project, "86401")];
    let ran = tick_in_a_deploy(&project);
    assert!(ran.stdout.contains("runs under `heal lock`"), "{ran:?}");
    assert_eq!((head(&project), phase(&project)), (new, "restarting".to_owned()), "{ran:?}");
    assert_eq!([the_one(&project, "86400"), the_one(&project, "86401")], pids);
    project.heal(&["heal"]);
    assert_eq!((head(&project), phase(&project)), (old, "failed".to_owned()), "once the deploy is over");
    sound(&project);
}

/// A revert whose run was killed right after the branch had moved.
fn half_moved() -> (Project, String) {
    let project = deployed("", "");
    arm(&project);
    let bad = head(&project);
    assert_eq!(project.run(project.command(&["revert"]).env("HEAL_TEST_DIE", "revert-ref")).code, 137);
    assert_ne!(head(&project), bad);
    assert!(project.path("app/new.txt").exists(), "the files are those of the other release");
    (project, bad)
}

#[test]
fn code_that_a_killed_run_left_half_moved_is_not_moved_inside_of_a_deploy() {
    let (project, bad) = half_moved();
    let before = digest(&project);
    let ran = tick_in_a_deploy(&project);
    assert_eq!(digest(&project), before, "{ran:?}");
    assert_eq!(ran.stdout.matches("not finished; it waits: `sh -c").count(), 2, "by the tick and by the look: {ran:?}");
    assert_eq!(project.events("reverted").len(), 0, "it stays open");
    // What the deploy itself types is what its lock was made for.
    project.heal(&["lock", "--", HEAL, "restart", "app"]);
    sound(&project);
    assert_eq!((git(&project, &["rev-parse", "HEAD~1"]), project.events("reverted").len()), (bad, 1));
}

#[test]
fn under_a_pause_half_moved_code_is_made_whole_and_nobody_is_started() {
    for hand in [["pause", "app"], ["hold", "app"]] {
        let (project, _bad) = half_moved();
        project.heal(&[&hand[..], &["--reason", "a look into it"]].concat()).exits(0);
        let ran = project.heal(&["heal"]);
        sound(&project);
        assert_eq!(project.events("reverted").len(), 1, "{ran:?}");
        assert_eq!(running(&project, "86400"), [] as [i32; 0], "{ran:?}");
    }
}

#[test]
fn an_update_starts_nobody_whom_the_operator_stopped() {
    let project = supervised("\n[update]\nprobation = \"10m\"");
    project.write("answer", &unit(&["ActiveState=inactive", "SubState=dead", "ExecMainCode=2", "ExecMainStatus=15"]));
    git(&project, &["init", "-q", "-b", "main", "."]);
    project.write(".gitignore", "/data/\n/asked\n/answer\n/systemctl\n");
    commit(&project, "One");
    let upstream = Project::new("");
    std::fs::remove_file(upstream.path("heal.toml")).expect("removed");
    git(&upstream, &["clone", "-q", &project.path("").display().to_string(), "."]);
    upstream.write("new.txt", "new\n");
    let new = commit(&upstream, "Two");
    git(&project, &["remote", "add", "origin", &upstream.path("").display().to_string()]);
    let ran = project.heal(&["update", "apply"]).exits(1);
    assert!(ran.stdout.contains("bot is left alone, and not restarted: "), "{ran:?}");
    assert_eq!(head(&project), new);
    assert!(!project.read("asked").contains(" restart "), "{}", project.read("asked"));
}
