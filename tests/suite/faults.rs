//! May heal die at any moment? After `kill -9` anywhere in an act the next run converges, and never do two services live.

use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::acting::{NAP, Watch, in_parallel, kinds, running, sleeper, the_one};
use super::support::{Project, Ran, alive, signal, wait_for};

/// A tick that has to cure within a few runs: what a person, or cron, would see after the power came back.
#[track_caller]
fn converges(project: &Project, what: &str) -> Ran {
    let mut ran = project.heal(&["heal"]);
    // A child of the dead run may still be on its way to the end; it holds the lock by inheritance.
    for _ in 0..50 {
        if ran.code != 75 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
        ran = project.heal(&["heal"]);
    }
    assert!(ran.code == 0, "{what}: {ran:?}");
    let found = running(project, NAP);
    assert_eq!(found.len(), 1, "{what}: {found:?}\n{ran:?}");
    project.heal(&["heal"]).exits(0);
    assert_eq!(running(project, NAP), found, "{what}: nothing more to do");
    ran
}

#[test]
fn dying_at_any_point_of_a_start_leaves_none_or_one() {
    for (point, services) in [("after-intent", 0), ("after-started", 0), ("after-change", 1)] {
        let project = sleeper("");
        let (_, most) = Watch::during(&project, NAP, || {
            let ran = project.run(project.command(&["heal"]).env("HEAL_TEST_DIE", point));
            assert_eq!(ran.code, 137, "{point}: {ran:?}");
            if services == 0 {
                // The child that waits for the journal sees that heal is gone, and ends.
                wait_for("the child's end", || project.processes().is_empty());
            }
            assert_eq!(running(&project, NAP).len(), services, "{point}");
            let ran = converges(&project, point);
            assert!(ran.stdout.contains("unfinished app: `restart` of 20"), "{point}: {ran:?}");
        });
        assert_eq!(most, 1, "{point}");
        assert!(kinds(&project).contains("intent restart"), "{point}");
        assert!(kinds(&project).contains("done interrupted"), "{point}");
        assert_eq!(project.events("started").len(), if point == "after-started" { 2 } else { 1 }, "{point}");
    }
}

#[test]
fn dying_between_stop_and_start_is_made_good_by_the_next_run() {
    let project = sleeper(
        "startup_grace = \"0s\"\n[service.app.probes]\nbeat = { kind = \"fresh\", path = \"beat\", within = \"1h\" }",
    );
    project.write("beat", "");
    project.heal(&["heal"]).exits(0);
    let old = the_one(&project, NAP);
    // Hung: the file is as old as can be, and the process is older than it may be silent.
    let hung = ["heal", "--set", "service.app.probes.beat.within=1ms"];
    let (_, most) = Watch::during(&project, NAP, || {
        let ran = project.run(project.command(&hung).env("HEAL_TEST_DIE", "after-change"));
        assert_eq!(ran.code, 137, "{ran:?}");
        assert!(!alive(old));
        assert!(running(&project, NAP).is_empty());
        converges(&project, "between stop and start");
    });
    assert_eq!(most, 1);
}

#[test]
fn an_unfinished_act_is_said_by_check_and_counts_against_the_budget() {
    let project = sleeper("restart_limit = \"1 per 1h\"");
    project.run(project.command(&["heal"]).env("HEAL_TEST_DIE", "after-intent"));
    let ran = project.heal(&["check"]).exits(2);
    assert!(ran.stdout.contains("unfinished app: `restart` of 20"), "{ran:?}");
    // A run that dies in every act must not start for ever.
    project.heal(&["heal"]).exits(69);
    let ran = project.heal(&["check"]).exits(2);
    assert!(!ran.stdout.contains("unfinished"), "it was closed: {ran:?}");
}

#[test]
fn killed_after_any_delay_the_next_run_converges() {
    let delays: Vec<u64> = (0..=1_500).step_by(50).collect();
    in_parallel(&delays, |delay| {
        let project = sleeper("");
        let what = format!("killed after {delay} ms");
        let (_, most) = Watch::during(&project, NAP, || {
            let mut heal =
                project.command(&["heal"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("heal runs");
            std::thread::sleep(Duration::from_millis(*delay));
            let _ = heal.kill();
            let _ = heal.wait();
            converges(&project, &what);
        });
        assert!(most == 1, "{what}: {most} at once");
    });
}

#[test]
fn killed_while_it_replaces_a_hung_service_there_are_never_two() {
    let delays: Vec<u64> = (0..=900).step_by(60).collect();
    in_parallel(&delays, |delay| {
        let project = sleeper(
            "startup_grace = \"0s\"\n[service.app.probes]\nbeat = { kind = \"fresh\", path = \"beat\", within = \"1h\" }",
        );
        project.write("beat", "");
        project.heal(&["heal"]).exits(0);
        let what = format!("killed after {delay} ms");
        let (_, most) = Watch::during(&project, NAP, || {
            let mut heal = project
                .command(&["heal", "--set", "service.app.probes.beat.within=1ms"])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("heal runs");
            std::thread::sleep(Duration::from_millis(*delay));
            let _ = heal.kill();
            let _ = heal.wait();
            converges(&project, &what);
        });
        assert!(most == 1, "{what}: {most} at once");
    });
}

#[test]
fn term_during_an_act_leaves_no_lock() {
    let project = sleeper("");
    let mut heal = project
        .command(&["heal", "--set", "service.app.start=[\"true\"]"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("heal runs");
    wait_for("its act", || !project.events("started").is_empty());
    signal(i32::try_from(heal.id()).expect("a pid"), Signal::SIGTERM);
    let status = heal.wait().expect("it ends");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(15));
    converges(&project, "ended by TERM");
}

#[test]
fn a_bug_in_the_middle_of_an_act_leaves_no_lock_and_is_made_good() {
    for (point, services) in [("after-intent", 0), ("after-started", 0), ("after-change", 1)] {
        let project = sleeper("");
        let (_, most) = Watch::during(&project, NAP, || {
            // Who writes down what was started does it beside the act: the act fails with it, and is a failed one.
            let code = if point == "after-started" { 2 } else { 70 };
            let ran = project.run(project.command(&["heal"]).env("HEAL_TEST_PANIC", point)).exits(code);
            assert!(ran.stderr.contains("this is a bug in heal at src/apply/mod.rs"), "{ran:?}");
            if services == 0 {
                wait_for("the child's end", || project.processes().is_empty());
            }
            assert_eq!(running(&project, NAP).len(), services, "{point}");
            let ran = converges(&project, point);
            assert!(code == 2 || ran.stdout.contains("unfinished app: `restart` of 20"), "{point}: {ran:?}");
        });
        assert_eq!(most, 1, "{point}");
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure_and_a_full_one_is() {
    let project = sleeper("");
    let closed = super::acting::shell(&project, "\"$HEAL\" heal >&-").exits(0);
    assert_eq!(closed.stderr, "");
    the_one(&project, NAP);
    let gone = super::acting::shell(&project, "{ \"$HEAL\" check; echo $? >code; } | true; cat code").exits(0);
    assert_eq!((gone.stdout.as_str(), gone.stderr.as_str()), ("0\n", ""));
    let full = super::acting::shell(&project, "\"$HEAL\" check >/dev/full").exits(74);
    assert!(full.stderr.contains("cannot write the answer"), "{full:?}");
}
