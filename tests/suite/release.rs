//! Does a hold wait for a person, and does `heal release` end it?

use expect_test::expect;
use nix::sys::signal::Signal;

use super::acting::{NAP, kinds, later, running, shell, sleeper, started_by, the_one, timeless, vague};
use super::support::{Project, alive, signal, wait_for};

#[test]
fn a_permanent_exit_code_is_held_until_a_person_releases_it() {
    let (project, _) = Project::with_service("hold_on_exit = [2]");
    project.heal(&["heal"]).exits(0);
    let first = project.pid("app.pid");
    project.write("control/exit", "2\n");
    wait_for("its end", || !alive(first));
    let ran = project.heal(&["heal"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        failed    app (was dead)  not running
            bad      process  not running
                    because: no process fits; it last ran as pid [PID]
            skipped  log, health  not asked: the process is not running
            incident since [TIME], 2 acts so far
            held  it ended with exit code 2, which a restart does not cure (hold_on_exit)
            last output (logs/service.log)
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
            tried start `/usr/bin/python3 service.py --port [PORT] --interval 0.1` in [DIR], output to data/output/app.log
            failed by `stop-stale` in [SPAN]: the new process ended: exit code 2
        next  heal release app   (when it is put right)
        --- stderr
    "#]].assert_eq(&vague(&ran.snapshot(&project)));
    let ran = project.heal(&["heal"]).exits(69);
    expect![[r#"
        exit 69
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits; it last ran as pid [PID]
            skipped  log, health  not asked: the process is not running
            incident since [TIME], 2 acts so far
            nothing done: held for [SPAN]: it ended with exit code 2, which a restart does not cure (hold_on_exit); `heal release app` when it is put right
        next  heal release app   (when it is put right)
        --- stderr
    "#]].assert_eq(&timeless(&ran.snapshot(&project)));
    project.heal(&["heal"]).exits(69);
    assert_eq!(project.events("intent").len(), 2, "a held service is left alone");
    assert_eq!(project.events("alerted").iter().filter(|event| event["notice"] == "held").count(), 1);

    // The login was renewed; the person says so.
    std::fs::remove_file(project.path("control/exit")).expect("removed");
    let ran = project.heal(&["release", "app"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        app is released; the next `heal heal` may act on it
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.heal(&["heal"]).exits(0);
    expect!["opened, intent restart, started, done healed, queued, alerted opened operator_alerts, intent stop-stale, started, done failed, held, queued, alerted held operator_alerts, released, intent restart, started, done healed"].assert_eq(&kinds(&project));
}

#[test]
fn what_heal_holds_because_of_the_code_is_released_by_other_code_and_a_persons_hold_is_not() {
    let project = sleeper("hold_on_exit = [2]\nlog = \"app.log\"");
    let git = |words: &str| {
        shell(&project, &format!("git -c user.name=x -c user.email=x@example.org -c commit.gpgsign=false {words}"))
            .exits(0)
    };
    git("init -q");
    git("commit -q --allow-empty -m bad");
    let broken = ["heal", "--set", "service.app.start=[\"sh\", \"-c\", \"exit 2\"]"];
    project.heal(&broken).exits(2);
    project.heal(&["heal"]).exits(69);
    let held = || project.events("held").len();
    assert_eq!((held(), running(&project, NAP).len()), (1, 0), "the same code: it waits");
    // Commits are dated by seconds.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    git("commit -q --allow-empty -m good");
    project.heal(&["heal", "--dry-run"]);
    assert_eq!(project.events("released").len(), 0, "a plan changes nothing");
    project.heal(&["heal"]).exits(0);
    assert_eq!((project.events("released").len(), running(&project, NAP).len()), (1, 1));
    project.heal(&["hold", "app", "--reason", "login"]).exits(0);
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    git("commit -q --allow-empty -m more");
    signal(the_one(&project, NAP), Signal::SIGKILL);
    wait_for("its end", || running(&project, NAP).is_empty());
    project.heal(&["heal"]).exits(69);
    assert!(running(&project, NAP).is_empty());
}

#[test]
fn released_too_early_it_is_held_and_told_again() {
    let project = started_by("[\"/bin/sh\", \"-c\", \"exit 2\"]", "hold_on_exit = [2]");
    for code in [2, 69] {
        project.heal(&["heal"]).exits(code);
    }
    project.heal(&["release", "app"]).exits(0);
    for code in [2, 69, 69] {
        project.heal(&["heal"]).exits(code);
    }
    assert_eq!(project.events("alerted").iter().filter(|event| event["notice"] == "held").count(), 2);
    assert_eq!(project.events("opened").len(), 1, "it is still the same trouble");
}

#[test]
fn another_exit_code_is_no_reason_to_hold() {
    let project = started_by("[\"/bin/sh\", \"-c\", \"exit 3\"]", "hold_on_exit = [2]");
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(2);
    assert_eq!(project.events("held").len(), 0);
}

#[test]
fn a_held_service_that_runs_again_is_healthy() {
    let mut project = started_by("[\"/bin/sh\", \"-c\", \"exit 2\"]", "hold_on_exit = [2]");
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(69);
    let pid = project.spawn(&["/usr/bin/sleep", NAP]);
    wait_for("it to run", || running(&project, NAP).len() == 1);
    let ran = project.heal(&["heal"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        healthy   app  pid [PID], up [SPAN]
            held  it ended with exit code 2, which a restart does not cure (hold_on_exit)
        next  heal release app   (when it is put right)
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    signal(pid, Signal::SIGKILL);
}

#[test]
fn an_exhausted_ladder_begins_anew_but_the_budget_does_not() {
    let project = started_by("[\"false\"]", "restart_limit = \"3 per 1h\"");
    for code in [2, 2, 69] {
        project.heal(&["heal"]).exits(code);
    }
    project.heal(&["release", "app"]).exits(0);
    for code in [2, 69] {
        project.heal(&["heal"]).exits(code);
    }
    let rungs: Vec<String> = project.events("intent").iter().map(|intent| intent["rung"].to_string()).collect();
    assert_eq!(rungs, ["\"restart\"", "\"stop-stale\"", "\"restart\""]);
    later(&project, "2h", &["heal"]).exits(2);
}

#[test]
fn what_is_not_held_needs_no_release_and_nothing_is_written() {
    let project = sleeper("");
    let ran = project.heal(&["release", "app"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        app was not held; nothing to do
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    let document = project.heal(&["release", "app", "--json"]).exits(0).json();
    assert_eq!((&document["service"], &document["released"]), (&"app".into(), &false.into()));
    assert!(project.journal().is_empty());
}

#[test]
fn a_name_that_is_not_declared_is_refused() {
    let project = sleeper("");
    let ran = project.heal(&["release", "ap"]).exits(64);
    expect![[r#"
        exit 64
        --- stdout
        --- stderr
        heal: there is no service `ap` in [DIR]/heal.toml
          `heal check` lists them
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.heal(&["release"]).exits(64);
}
