//! Does one tick bring a real service back? Dead, hung, deaf to TERM, stopped: each is cured, verified and written down.

use expect_test::expect;
use nix::sys::signal::Signal;

use super::acting::{end, kinds, running, sleeper, the_one, vague};
use super::support::{Project, alive, signal, wait_for};

/// The demo service, started by heal itself.
fn started(extra: &str) -> (Project, i32) {
    let (project, _) = Project::with_service(extra);
    project.heal(&["heal"]).exits(0);
    let pid = project.pid("app.pid");
    (project, pid)
}

/// Waits until a look says that it is hung.
#[track_caller]
fn until_hung(project: &Project) {
    wait_for("a look that says hung", || {
        let ran = project.heal(&["check", "--json"]);
        ran.code == 2 && ran.json()["services"][0]["class"] == "hung"
    });
}

#[test]
fn a_dead_service_is_started_again() {
    let (project, first) = started("");
    end(first);
    let ran = project.heal(&["heal"]).exits(0);
    let second = project.pid("app.pid");
    assert_ne!(first, second);
    assert!(!alive(first));
    expect![[r#"
        exit 0
        --- stdout
        healed    app (was dead)  not running
            bad      process  not running
                    because: no process fits; it last ran as pid [PID]
            skipped  log, health  not asked: the process is not running
            incident since [TIME], 2 acts so far
            last output (logs/service.log)
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
            did   start `/usr/bin/python3 service.py --port [PORT] --interval 0.1` in [DIR], output to data/output/app.log
            healed by `stop-stale` in [SPAN]: pid [PID], every probe good for [SPAN]
        --- stderr
    "#]].assert_eq(&vague(&ran.snapshot(&project)));
    expect!["opened, intent restart, started, done healed, queued, alerted opened operator_alerts, intent stop-stale, started, done healed"].assert_eq(&kinds(&project));
    project.heal(&["check"]).exits(0);
}

#[test]
fn the_first_tick_starts_what_never_ran_and_the_second_has_nothing_to_do() {
    let (project, pid) = started("");
    let before = kinds(&project);
    project.heal(&["heal"]).exits(0);
    assert_eq!(project.pid("app.pid"), pid);
    assert_eq!(kinds(&project), before);
}

#[test]
fn a_hung_service_is_stopped_and_started() {
    let (project, first) = started("");
    project.write("control/hang", "");
    until_hung(&project);
    let ran = project.heal(&["heal"]).exits(0);
    assert_ne!(project.pid("app.pid"), first);
    assert!(!alive(first));
    let last = project.events("intent").pop().expect("an intent");
    assert_eq!(last["rung"], "stop-stale", "{ran:?}");
    expect![[r#"
        exit 0
        --- stdout
        healed    app (was hung)  log: service.log was last written [SPAN] ago (limit [SPAN])
            good     process  pid [PID], up [SPAN]
            bad      log  service.log was last written [SPAN] ago (limit [SPAN])
                    signal: [TIME]
                    limit: [SPAN]
            good     health  status 200 in [SPAN]
            incident since [TIME], 2 acts so far
            state pid [PID]: sleeping [STATE], listening on 127.0.0.1:[PORT]
            last output (logs/service.log)
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
                    [TIME] INFO work done progress=[N]
            did   stop pid [PID] `/usr/bin/python3 service.py --port [PORT] --interval 0.1` (TERM, [SPAN] later KILL)
            did   start `/usr/bin/python3 service.py --port [PORT] --interval 0.1` in [DIR], output to data/output/app.log
            healed by `stop-stale` in [SPAN]: pid [PID], every probe good for [SPAN]
        --- stderr
    "#]].assert_eq(&vague(&ran.snapshot(&project)));
}

#[test]
fn a_service_deaf_to_term_is_killed_after_stop_grace() {
    let (project, first) = started("");
    project.write("control/ignore-term", "");
    project.write("control/hang", "");
    until_hung(&project);
    let ran = project.heal(&["heal"]).exits(0);
    assert!(ran.took.as_millis() >= 2_000, "KILL came before stop_grace: {ran:?}");
    assert!(!alive(first));
    assert_ne!(project.pid("app.pid"), first);
    assert_eq!(running(&project, "service.py").len(), 1);
}

#[test]
fn a_stopped_service_is_cured() {
    let (project, first) = started("");
    signal(first, Signal::SIGSTOP);
    until_hung(&project);
    project.heal(&["heal"]).exits(0);
    assert!(!alive(first));
    assert_ne!(project.pid("app.pid"), first);
    assert_eq!(running(&project, "service.py").len(), 1);
}

#[test]
fn a_slow_start_is_probation_and_never_a_kill() {
    let (project, _) = Project::with_service("");
    project.write("control/slow-start", "4");
    let patient = ["heal", "--set", "service.app.startup_grace=60s", "--set", "service.app.verify_within=1s"];
    let ran = project.heal(&patient).exits(1);
    let pid = the_one(&project, "service.py");
    expect![[r#"
        exit 1
        --- stdout
        probation app (was dead)  not running
            bad      process  not running
                    because: no process fits
            skipped  log, health  not asked: the process is not running
            incident since [TIME], 1 act so far
            did   start `/usr/bin/python3 service.py --port [PORT] --interval 0.1` in [DIR], output to data/output/app.log
            probation by `restart` in [SPAN]: running, not well yet, inside startup_grace [SPAN]: log: logs/service.log does not exist yet, [SPAN] after the start; health: connection refused (after [SPAN])
        --- stderr
    "#]].assert_eq(&vague(&ran.snapshot(&project)));
    let ran = project.heal(&patient).exits(1);
    expect![[r#"
        exit 1
        --- stdout
        starting  app  health: connection refused (after [SPAN]) (starting, [SPAN] of [SPAN])
            good     process  pid [PID], up [SPAN]
            bad      health  connection refused (after [SPAN])
                    url: http://127.0.0.1:[PORT]/health
            skipped  log  logs/service.log does not exist yet, [SPAN] after the start
            incident since [TIME], 1 act so far
        --- stderr
    "#]]
    .assert_eq(&vague(&ran.snapshot(&project)));
    wait_for("the end of the slow start", || project.heal(&patient).code == 0);
    assert_eq!(the_one(&project, "service.py"), pid, "it was left to start");
    assert_eq!(project.events("intent").len(), 1);
}

#[test]
fn quiet_says_nothing_when_fine_and_something_when_it_acted() {
    let project = sleeper("");
    let acted = project.heal(&["heal", "--quiet"]).exits(0);
    assert!(acted.stdout.contains("did   start"), "{acted:?}");
    let fine = project.heal(&["heal", "--quiet"]).exits(0);
    assert_eq!((fine.stdout.as_str(), fine.stderr.as_str()), ("", ""));
}

#[test]
fn only_treats_the_service_that_was_named() {
    let project = sleeper(
        "[service.other]\nmatch = { executable = \"sleep\", args_contain = \"86401\" }\nstart = [\"sleep\", \"86401\"]",
    );
    project.heal(&["heal", "--only", "other"]).exits(0);
    assert_eq!((running(&project, "86400").len(), running(&project, "86401").len()), (0, 1));
    let ran = project.heal(&["heal", "--only", "nobody"]).exits(64);
    expect![[r#"
        exit 64
        --- stdout
        --- stderr
        heal: there is no service `nobody` in [DIR]/heal.toml
          it declares: app, other
    "#]]
    .assert_eq(&ran.snapshot(&project));
}
