//! Can two runs hold the recovery lock at once? Eight workers take it as often as they can, are killed and stopped meanwhile, and
//! two locks of other kinds, on other files, bear witness.

use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::support::{Project, signal};
use super::trial::{self, WORD};

const WORKERS: usize = 8;

/// What happens to the workers.
#[derive(Clone, Copy)]
struct Nemesis {
    kills: bool,
    stops: bool,
}

fn race(nemesis: Nemesis, length: Duration) -> (usize, String) {
    let project = trial::project();
    fs::create_dir(project.path("data")).expect("made");
    super::acting::shell(&project, "chmod 700 data").exits(0);
    let order = serde_json::json!({"race": {"data": project.path("data"), "millis": 600_000, "hold_micros": 3_000}});
    project.write("trial.json", &order.to_string());
    let start = |project: &Project| -> Child {
        let mut command = project.command(&[WORD, project.path("trial.json").to_str().expect("text")]);
        // Who is stopped while it holds the lock is ended soon: the others go on.
        command.env("HEAL_TEST_LEASE", "60ms").stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().expect("it starts")
    };
    let mut workers: Vec<Child> = (0..WORKERS).map(|_| start(&project)).collect();
    let pid = |worker: &Child| i32::try_from(worker.id()).expect("a pid");
    let (began, mut turn) = (Instant::now(), 0_usize);
    while began.elapsed() < length {
        turn += 1;
        let at = (turn * 5) % WORKERS;
        if nemesis.kills {
            let _ = workers[at].kill();
        }
        if nemesis.stops && turn % 4 == 0 {
            let stopped = pid(&workers[(at + 3) % WORKERS]);
            if workers[(at + 3) % WORKERS].try_wait().expect("ours").is_none() {
                signal(stopped, Signal::SIGSTOP);
            }
        }
        std::thread::sleep(Duration::from_millis(10));
        if nemesis.stops && turn % 16 == 15 {
            for worker in &mut workers {
                if worker.try_wait().expect("ours").is_none() {
                    signal(pid(worker), Signal::SIGCONT);
                }
            }
        }
        for worker in &mut workers {
            // Killed by us, or by its lease.
            if worker.try_wait().expect("ours").is_some() {
                *worker = start(&project);
            }
        }
    }
    for worker in &mut workers {
        let _ = worker.kill();
        let _ = worker.wait();
    }
    let taken = fs::metadata(project.path("data/taken")).map_or(0, |meta| meta.len());
    let violations = fs::read_to_string(project.path("data/violations")).unwrap_or_default();
    (usize::try_from(taken).expect("a number"), violations)
}

#[test]
fn no_two_runs_ever_hold_the_recovery_lock_at_once() {
    let long = std::env::var_os("HEAL_LONG").is_some();
    let length = if long { Duration::from_secs(60) } else { Duration::from_secs(3) };
    for (what, kills, stops) in [("no faults", false, false), ("kills", true, false), ("kills and stops", true, true)] {
        let (taken, violations) = race(Nemesis { kills, stops }, length);
        println!("{what}: {taken} acquisitions, {} violations", violations.lines().count());
        assert!(taken > 50, "{what}: only {taken}");
        assert_eq!(violations, "", "{what}");
    }
}

#[test]
fn the_witnesses_would_see_it() {
    // A lock file that is replaced while it is held lets a second one in: the look at it afterwards has to refuse that one,
    // and the witnesses have to be the ones who would tell.
    let project = trial::project();
    fs::create_dir(project.path("data")).expect("made");
    super::acting::shell(&project, "chmod 700 data").exits(0);
    let order = serde_json::json!({"race": {"data": project.path("data"), "millis": 1_500, "hold_micros": 400_000}});
    project.write("trial.json", &order.to_string());
    let args = [WORD, project.path("trial.json").to_str().expect("text")].map(str::to_owned);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| project.heal(&args));
        super::support::wait_for("a holder", || project.path("data/taken").exists());
        let second = scope.spawn(|| {
            for _ in 0..100 {
                let _ = fs::remove_file(project.path("data/recovery-in-progress"));
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        let third = project.heal(&args);
        second.join().expect("no panic");
        let _ = (first.join().expect("no panic"), third);
    });
    let violations = fs::read_to_string(project.path("data/violations")).unwrap_or_default();
    assert!(violations.contains("posix ") && violations.contains("ofd "), "{violations}");
}
