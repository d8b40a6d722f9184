//! What if `heal pause`, `resume` and `hold` are killed, or the disk refuses, at one of their system calls? Every file whole, every
//! lock free, and the next tick does what the ledger says.

use super::acting::{NAP, running, sleeper};
use super::killpoints::{Fault, Point, sweep};
use super::support::{Project, Ran};

/// What holds after any fault: answers whether the service is paused.
fn judged(project: &Project, point: &Point, ran: &Ran) -> bool {
    let what = format!("{point:?}: {ran:?}");
    let check = project.heal(&["check"]);
    assert!(check.code == 1 || check.code == 2, "{what}\n{check:?}");
    assert!(!check.stdout.contains("cannot be read"), "torn: {what}\n{check:?}");
    let paused = check.stdout.contains("    paused  by ");
    assert_eq!(paused, check.code == 1, "{what}\n{check:?}");
    project.heal(&["lock", "--check"]).exits(0);
    // The ledger can be changed at once, and then nothing half written is in it.
    project.heal(&["pause", "app", "--reason", "again"]).exits(0);
    let files = std::fs::read_dir(project.path("data/pauses")).expect("there").count();
    assert_eq!(files, 1, "{what}");
    project.heal(&["heal"]).exits(1);
    assert!(running(project, NAP).is_empty(), "{what}");
    paused
}

fn paused() -> Project {
    let project = sleeper("");
    project.heal(&["pause", "app", "--reason", "the first"]).exits(0);
    project
}

const PAUSE: [&str; 4] = ["pause", "app", "--reason", "the second"];

#[test]
fn a_pause_is_on_or_not_and_what_said_0_is() {
    for fault in [Fault::Kill, Fault::Again(&[]), Fault::Error("ENOSPC"), Fault::Error("EIO"), Fault::Sticky("EROFS")] {
        let points = sweep(
            || sleeper(""),
            &PAUSE,
            fault,
            4,
            |project, point, ran| {
                let on = judged(project, point, ran);
                assert!(on || ran.code != 0, "{point:?}: it said that it is paused");
            },
        );
        assert!(points > 2, "{points}");
    }
}

#[test]
fn a_pause_that_takes_the_place_of_another_leaves_one_of_them() {
    for fault in [Fault::Kill, Fault::Again(&[]), Fault::Error("EIO"), Fault::Sticky("EROFS")] {
        sweep(paused, &PAUSE, fault, 4, |project, point, ran| {
            assert!(judged(project, point, ran), "{point:?}: neither the first nor the second: {ran:?}");
        });
    }
}

#[test]
fn a_resume_that_did_not_say_0_can_be_typed_again() {
    for fault in [Fault::Kill, Fault::Again(&[]), Fault::Error("EIO"), Fault::Sticky("EROFS")] {
        sweep(paused, &["resume", "app"], fault, 4, |project, point, ran| {
            let on = judged(project, point, ran);
            assert!(!on || ran.code != 0, "{point:?}: {ran:?}");
            project.heal(&["resume", "app"]).exits(0);
            project.heal(&["check"]).exits(2);
        });
    }
}

#[test]
fn a_hold_is_on_or_not_and_what_said_0_is() {
    for fault in [Fault::Kill, Fault::Again(&[]), Fault::Error("ENOSPC"), Fault::Sticky("EROFS")] {
        sweep(
            || sleeper(""),
            &["hold", "app", "--reason", "login"],
            fault,
            4,
            |project, point, ran| {
                let tick = project.heal(&["heal"]);
                let held = tick.stdout.contains("held for");
                assert_eq!(running(project, NAP).is_empty(), held, "{point:?}: {tick:?}");
                assert!(held || ran.code != 0, "{point:?}: {ran:?}");
            },
        );
    }
}
