//! Do many runs at once hurt each other? One acts, the others leave at once; a look never waits; a stuck run ends by its lease.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::acting::{NAP, Watch, end, running, sleeper, the_one};
use super::support::{Project, Ran, alive, signal, wait_for};

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// Runs as many ticks at once.
fn at_once(project: &Project, count: usize) -> Vec<Ran> {
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..count).map(|_| scope.spawn(|| project.heal(&["heal"]))).collect();
        runs.into_iter().map(|run| run.join().expect("heal ran")).collect()
    })
}

#[test]
fn twenty_ticks_at_once_start_it_once_in_each_of_fifty_rounds() {
    let project = sleeper("restart_limit = \"999 per 1h\"");
    // A number of its own: in a minute and a half another suite on this machine may sleep as long as all the others do, in a
    // directory that rules nobody out; then heal rightly starts nothing.
    let nap = (70_000_000 + std::process::id()).to_string();
    project.write("heal.toml", &project.read("heal.toml").replace(NAP, &nap));
    let ((won, lost), most) = Watch::during(&project, &nap, || {
        let (mut winners, mut losers): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
        for round in 1..=50 {
            for pid in running(&project, &nap) {
                end(pid);
            }
            let runs = at_once(&project, 20);
            let (won, lost): (Vec<&Ran>, Vec<&Ran>) = runs.iter().partition(|ran| ran.stdout.contains("did   start"));
            assert_eq!(won.len(), 1, "round {round}: {runs:?}");
            assert_eq!(won[0].code, 0, "{won:?}");
            winners.push(won[0].took);
            for ran in lost {
                // 0: it came after the winner was done, and found nothing to do.
                assert!(ran.code == 75 || ran.code == 0, "round {round}: {ran:?}");
                assert!(ran.code == 0 || ran.stderr.contains("another recovery is in progress"), "{ran:?}");
                losers.extend((ran.code == 75).then_some(ran.took));
            }
            the_one(&project, &nap);
            assert_eq!(project.events("started").len(), round);
        }
        (median(winners), median(losers))
    });
    assert_eq!(most, 1, "two services lived at once");
    // Both on the same loaded machine: a loser that waited for the winner would take as long.
    assert!(lost * 2 < won, "half of the losers took {lost:?}, half of the winners {won:?}");
}

#[test]
fn two_services_two_ticks_each_is_started_once() {
    let project = sleeper(
        "[service.other]\nmatch = { executable = \"sleep\", args_contain = \"86401\" }\nstart = [\"sleep\", \"86401\"]",
    );
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| project.heal(&["heal", "--only", "app"]));
        let other = scope.spawn(|| project.heal(&["heal", "--only", "other"]));
        (one.join().expect("ran"), other.join().expect("ran"))
    });
    // One lock for all of them: who comes second says so, and the next tick does its part.
    assert!([0, 75].contains(&one.code) && [0, 75].contains(&other.code), "{one:?} {other:?}");
    assert!(one.code == 0 || other.code == 0, "{one:?} {other:?}");
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
    the_one(&project, "86401");
    assert_eq!(project.events("started").len(), 2);
}

#[test]
fn looks_beside_ticks_never_fail() {
    let project = sleeper("restart_limit = \"999 per 1h\"");
    std::thread::scope(|scope| {
        let ticks = scope.spawn(|| {
            for _ in 0..5 {
                for pid in running(&project, NAP) {
                    end(pid);
                }
                project.heal(&["heal"]).exits(0);
            }
        });
        let mut looks = 0;
        while !ticks.is_finished() {
            let ran = project.heal(&["check", "--json"]);
            // Healthy or dead, as the moment was; never an error, never "unknown".
            assert!([0, 1, 2].contains(&ran.code), "{ran:?}");
            assert_eq!(ran.json()["services"][0]["name"], "app");
            assert_eq!(ran.stderr, "");
            looks += 1;
        }
        assert!(looks > 20, "{looks} looks");
        ticks.join().expect("ticks ran");
    });
}

#[test]
fn a_stopped_run_ends_by_its_lease_and_the_next_one_works() {
    let project = sleeper("");
    // It hangs in its start command's verification: the service never comes.
    let mut stuck = project
        .command(&["heal", "--set", "service.app.start=[\"true\"]", "--set", "service.app.verify_within=60s"])
        .env("HEAL_TEST_LEASE", "2s")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("heal runs");
    let pid = i32::try_from(stuck.id()).expect("a pid");
    wait_for("its act", || !project.events("started").is_empty());
    signal(pid, Signal::SIGSTOP);
    let early = project.heal(&["heal"]).exits(75);
    assert!(early.stderr.contains(&format!("pid {pid}, heal heal, since ")), "{early:?}");
    assert_eq!(project.heal(&["heal", "--quiet"]).exits(75).stderr, "");
    let status = stuck.wait().expect("it ends");
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "the kernel ended it");
    let ran = project.heal(&["heal"]).exits(0);
    assert!(ran.stdout.contains("was begun by run"), "{ran:?}");
    assert!(alive(the_one(&project, NAP)));
}

#[test]
fn a_lease_that_is_not_over_leaves_the_run_alone() {
    let mut project = sleeper("");
    project.env("HEAL_TEST_LEASE", "30s");
    project.heal(&["heal"]).exits(0);
}

#[test]
fn a_lock_file_that_somebody_replaces_or_fills_with_rubbish_stays_a_lock() {
    let project = sleeper("");
    project.write("data/recovery-in-progress", "not json at all \u{1b}[31m");
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
    assert!(project.read("data/recovery-in-progress").starts_with("{\"pid\":"));
}

#[test]
fn ticks_and_clean_locks_side_by_side_keep_each_stale_lock_once() {
    let project = sleeper("\n[lock.run]\nkind = \"pid\"\npaths = [\"run/*.pid\"]\nmin_age = \"0s\"\n");
    project.heal(&["heal"]).exits(0);
    let service = the_one(&project, NAP);
    let (made, written) = (40, AtomicBool::new(false));
    let until_written = |args: &[&str]| {
        let mut turns = 0;
        while turns == 0 || !written.load(Ordering::Relaxed) {
            let ran = project.heal(args);
            assert!([0, 75].contains(&ran.code), "{ran:?}");
            turns += i32::from(ran.code == 0);
        }
    };
    std::thread::scope(|scope| {
        let ticks = scope.spawn(|| until_written(&["heal"]));
        let cleaners = scope.spawn(|| until_written(&["clean-locks"]));
        for number in 0..made {
            // Numbers that nobody can have.
            project.write(&format!("run/{number}.pid"), &format!("{}\n", 4_194_100 + number));
            std::thread::sleep(Duration::from_millis(15));
        }
        written.store(true, Ordering::Relaxed);
        // Each had its turn at least once.
        ticks.join().expect("ticks ran");
        cleaners.join().expect("cleaners ran");
    });
    project.heal(&["clean-locks"]).exits(0);
    let kept = project.events("moved-aside");
    let mut bytes: Vec<String> = kept
        .iter()
        .map(|event| std::fs::read_to_string(event["kept"].as_str().expect("a path")).expect("it is kept"))
        .collect();
    bytes.sort();
    let wanted: Vec<String> = (0..made).map(|number| format!("{}\n", 4_194_100 + number)).collect();
    assert_eq!(bytes, wanted, "each of them once, as it was");
    assert!(std::fs::read_dir(project.path("run")).expect("there").next().is_none(), "none is left");
    assert_eq!(the_one(&project, NAP), service);
}
