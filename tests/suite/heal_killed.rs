//! What if a tick, a `heal restart`, a `heal lock` or a `heal release` ends, or the disk refuses, at one of its system calls?
//! There are never two services, and the next runs come to where an undisturbed one would have come.

use std::fs;

use super::acting::{NAP, Watch, in_parallel, later, running, sleeper, started_by, the_one};
use super::killpoints::{CHANGING, Fault, Point, sweep, sweep_over};
use super::support::{Project, Ran, wait_for};

/// What makes the process of a service, beside what changes files.
const MAKING: &str = ",?pipe,pipe2,?fork,?vfork,clone,?clone3,setsid,?dup2,dup3,timer_settime";

/// The second kill falls into the next tick.
const TICK: Fault = Fault::Again(&["heal"]);

const RUN: &str = "[lock.run]\nkind = \"pid\"\npaths = [\"run/*.pid\"]\nmin_age = \"0s\"\n";

/// Goes through a sweep with each of these faults, at so many points in the short form; and with a disk that stays broken.
/// Several at once: most of an act is waiting.
fn with_each(faults: &[(Fault, usize)], swept: impl Fn(Fault, usize) + Sync) {
    let sticky = ["ENOSPC", "EIO", "EROFS"].map(|error| (Fault::Sticky(error), 1));
    in_parallel(&[faults, &sticky].concat(), |(fault, most)| swept(*fault, *most));
}

/// One service runs after a few ticks, never two did, and then there is nothing more to do.
#[track_caller]
fn converges(project: &Project, point: &Point, ran: &Ran) {
    let left = running(project, NAP);
    assert!(left.len() <= 1, "{point:?}: {left:?} {ran:?}");
    let mut ticks = Vec::new();
    let mut shift = "0s";
    let ((), most) = Watch::during(project, NAP, || {
        // The first closes what was begun; a rung that was half done may have to be followed by the one above it.
        while ticks.len() < 6 && ticks.last().is_none_or(|tick: &Ran| tick.code != 0) {
            ticks.push(project.heal(&["heal"]));
            // The first kill may take the child that was to be the service, and the second one cuts the next start short: a rung
            // is tried twice, and anew half an hour later.
            let waits = ticks.last().is_some_and(|tick| tick.stdout.contains("`restart` is tried again in"));
            if waits && point.then.is_some() && project.events("intent").len() == 2 {
                shift = "31m";
                ticks.push(later(project, shift, &["heal"]));
                break;
            }
        }
    });
    let said = || format!("{point:?}: {ran:?}\n{ticks:#?}\n{:#?}", project.journal());
    assert_eq!(most, 1, "{}", said());
    assert_eq!(ticks.last().map(|tick| tick.code), Some(0), "{}", said());
    let one = the_one(project, NAP);
    later(project, shift, &["heal"]).exits(0);
    assert_eq!(the_one(project, NAP), one, "nothing more to do: {}", said());
    let status = project.heal(&["status", "--json"]).json();
    assert_eq!(status["unfinished"], serde_json::json!([]), "{}", said());
    let (intents, ends) = (project.events("intent").len(), project.events("done").len());
    assert_eq!(intents, ends, "each act has an end: {}", said());
}

/// A service that is alive and does nothing as long as there is a file `ill`; a start takes that away.
fn hung(ladder: &str, extra: &str) -> Project {
    let project = started_by(
        r#"["./run.sh"]"#,
        &format!(
            r#"startup_grace = "0s"
ladder = {ladder}
remedies = {{ flush = {{ kind = "command", command = ["./flush"], timeout = "5s" }} }}
[service.app.probes]
works = {{ kind = "command", command = ["test", "!", "-e", "ill"] }}
{extra}
"#
        ),
    );
    // Refuses to start beside a pid file, as many do.
    project.script(
        "run.sh",
        "#!/bin/sh\n[ -e run/app.pid ] && exit 1\n[ ! -d run ] || echo $$ >run/app.pid\nrm -f ill\nexec sleep 86400\n",
    );
    project.script("flush", "#!/bin/sh\nexec rm -f ill\n");
    project
}

/// Starts it. While others begin and end all around, a tick may be unsure and leave it to the next one.
fn up(project: &Project) {
    assert!((0..5).any(|_| project.heal(&["heal"]).code == 0), "{:#?}", project.journal());
}

/// The same, hung.
fn ill(ladder: &str, extra: &str) -> Project {
    let project = hung(ladder, extra);
    if extra.contains("[lock.run]") {
        fs::create_dir(project.path("run")).expect("made");
    }
    up(&project);
    project.write("ill", "");
    project
}

#[test]
fn a_start_is_made_or_made_good() {
    let calls = format!("{CHANGING}{MAKING}");
    with_each(&[(Fault::Kill, 6), (TICK, 2)], |fault, most| {
        // An error of the disk is one of the calls that change files.
        let calls = if matches!(fault, Fault::Sticky(_)) { CHANGING } else { &calls };
        sweep_over(|| (sleeper(""), vec!["heal".to_owned()]), calls, fault, most, converges);
    });
}

/// `stop-stale`.
#[test]
fn a_stop_and_a_start_are_made_or_made_good() {
    with_each(&[(Fault::Kill, 3), (TICK, 1)], |fault, most| {
        sweep(|| ill(r#"["stop-stale"]"#, ""), &["heal"], fault, most, converges);
    });
}

/// `clear-locks`: the lock that a stopped service leaves is cleared between its stop and its start.
#[test]
fn a_clearing_between_stop_and_start_is_made_or_made_good() {
    let world = || {
        let project = ill(r#"["clear-locks"]"#, RUN);
        assert_eq!(project.read("run/app.pid").trim(), the_one(&project, NAP).to_string());
        project
    };
    with_each(&[(Fault::Kill, 3), (TICK, 1)], |fault, most| {
        sweep(world, &["heal"], fault, most, |project, point, ran| {
            converges(project, point, ran);
            assert_eq!(project.read("run/app.pid").trim(), the_one(project, NAP).to_string(), "{point:?}: {ran:?}");
            assert_eq!(project.events("repairing").len(), project.events("repaired").len(), "{point:?}: {ran:?}");
        });
    });
}

/// Where the rung was not to be, the one above it is taken.
#[test]
fn a_rung_of_ones_own_is_made_or_made_good() {
    with_each(&[(Fault::Kill, 3), (TICK, 1)], |fault, most| {
        sweep(|| ill(r#"["flush", "stop-stale"]"#, ""), &["heal"], fault, most, converges);
    });
}

/// A person's restart of what runs.
#[test]
fn a_restart_is_made_or_made_good() {
    let world = || {
        let project = sleeper("");
        up(&project);
        project
    };
    with_each(&[(Fault::Kill, 3), (TICK, 1), (Fault::Again(&["restart", "app"]), 1)], |fault, most| {
        sweep(world, &["restart", "app"], fault, most, converges);
    });
}

/// A deploy: it was run or not, what said 0 was, and of the pause that it had nothing is left.
#[test]
fn a_deploy_is_made_or_not_and_of_its_pause_nothing_is_left() {
    let words = ["lock", "--", "touch", "deployed"];
    with_each(&[(Fault::Kill, 3), (Fault::Again(&[]), 1)], |fault, most| {
        sweep(
            || sleeper(""),
            &words,
            fault,
            most,
            |project, point, ran| {
                assert!(ran.code != 0 || project.path("deployed").exists(), "{point:?}: {ran:?}");
                project.heal(&["lock", "--check"]).exits(0);
                converges(project, point, ran);
                fs::remove_file(project.path("deployed")).unwrap_or_default();
                project.heal(&words).exits(0);
                assert!(project.path("deployed").exists(), "{point:?}: {ran:?}");
            },
        );
    });
}

/// The end of a hold: it is on or off, and what said 0 ended it.
#[test]
fn a_release_that_did_not_say_0_can_be_typed_again() {
    let world = || {
        let project = sleeper("");
        project.heal(&["hold", "app", "--reason", "login"]).exits(0);
        project
    };
    with_each(&[(Fault::Kill, 3), (Fault::Again(&[]), 1)], |fault, most| {
        sweep(world, &["release", "app"], fault, most, |project, point, ran| {
            let check = project.heal(&["check"]);
            let held = check.stdout.contains("held");
            assert!(!held || ran.code != 0, "{point:?}: {ran:?} {check:?}");
            if held {
                project.heal(&["heal"]);
                assert!(running(project, NAP).is_empty(), "{point:?}: {ran:?}");
            }
            project.heal(&["release", "app"]).exits(0);
            converges(project, point, ran);
        });
    });
}

#[test]
fn a_service_that_is_ill_is_what_these_tests_take_it_for() {
    for (ladder, lock, rung) in [
        (r#"["stop-stale"]"#, "", "stop-stale"),
        (r#"["clear-locks"]"#, RUN, "clear-locks"),
        (r#"["flush", "stop-stale"]"#, "", "flush"),
    ] {
        let project = ill(ladder, lock);
        let before = the_one(&project, NAP);
        project.heal(&["heal"]).exits(0);
        assert_eq!(project.events("intent")[1]["rung"], rung);
        assert_eq!(the_one(&project, NAP) == before, rung == "flush");
        assert_eq!(project.events("moved-aside").len(), usize::from(rung == "clear-locks"));
        wait_for("the file to be gone", || !project.path("ill").exists());
    }
}
