//! Does a plan stay a plan? `--dry-run` says what would be done and changes nothing at all; `mode = "observe"` only remembers and tells.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use expect_test::expect;

use super::acting::{end, kinds, sleeper, started_by, timeless};
use super::support::{Project, alive, wait_for};

/// Every path below, with inode, size and time of change.
fn listing(folder: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        let meta = std::fs::symlink_metadata(entry.path()).expect("there");
        let (at, nanos) = (meta.ctime(), meta.ctime_nsec());
        lines.push(format!("{} {} {} {at}.{nanos}", entry.path().display(), meta.ino(), meta.size()));
        if meta.is_dir() {
            lines.extend(listing(&entry.path()));
        }
    }
    lines.sort();
    lines
}

#[test]
fn a_dry_run_without_a_data_directory_creates_nothing() {
    let project = sleeper("");
    let before = listing(&project.path(""));
    let ran = project.heal(&["heal", "--dry-run"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits
            would take `restart`: not running
            would start `sleep 86400` in [DIR], output to data/output/app.log
            if that does not help, the next tick takes `stop-stale`
        next  heal heal
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    assert_eq!(listing(&project.path("")), before);
    assert!(project.processes().is_empty(), "{:?}", project.processes());
}

#[test]
fn a_dry_run_about_a_hung_service_names_who_would_be_stopped() {
    let project = Project::new(
        r#"[project]
name = "test"
[service.app]
match         = { executable = "sleep", args_contain = "86400" }
start         = ["sleep", "86400"]
startup_grace = "0s"
verify_within = "500ms"
[service.app.probes]
beat = { kind = "fresh", path = "beat", within = "1s" }
"#,
    );
    project.heal(&["heal"]).exits(1);
    wait_for("a look that says hung", || project.heal(&["check", "--json"]).json()["services"][0]["class"] == "hung");
    let processes = project.processes();
    let before = listing(&project.path(""));
    let ran = project.heal(&["heal", "--dry-run"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        unhealthy app (hung)  beat: beat does not exist after [SPAN]
            good     process  pid [PID], up [SPAN]
            bad      beat  beat does not exist after [SPAN]
            incident since [TIME], 1 act so far
            would take `stop-stale`: beat: beat does not exist after [SPAN]
            would stop pid [PID] `sleep 86400` (TERM, [SPAN] later KILL)
            would start `sleep 86400` in [DIR], output to data/output/app.log
            if that does not help, the next tick takes `clear-locks`
        next  heal heal
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    let document = project.heal(&["heal", "--dry-run", "--json"]).exits(2).json();
    assert_eq!(document["dry_run"], true);
    assert_eq!(document["services"][0]["plan"][0]["change"], "stop-process");
    assert_eq!(document["healed"], serde_json::json!([]));
    assert_eq!(listing(&project.path("")), before);
    assert_eq!(project.processes(), processes);
}

#[test]
fn a_dry_run_says_when_there_is_nothing_left_to_try() {
    let project = started_by("[\"false\"]", "");
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(2);
    let ran = project.heal(&["heal", "--dry-run"]).exits(69);
    expect![[r#"
        exit 69
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits; it last ran as pid [PID]
            incident since [TIME], 2 acts so far
            would do nothing: every rung was tried; `restart` is tried again in [SPAN]
        next  heal release app   (when it is put right)
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    assert_eq!(project.events("intent").len(), 2);
}

#[test]
fn a_dry_run_needs_no_lock_and_finds_nothing_to_do_beside_a_healthy_service() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let before = listing(&project.path(""));
    let ran = project.heal(&["heal", "--dry-run"]).exits(0);
    assert!(!ran.stdout.contains("would"), "{ran:?}");
    assert_eq!(listing(&project.path("")), before);
}

const OBSERVE: [&str; 3] = ["heal", "--set", "project.mode=observe"];

#[test]
fn observe_says_what_a_dry_run_says_and_acts_on_nothing() {
    let project = sleeper("");
    let dry = project.heal(&["heal", "--dry-run"]).exits(2);
    let observed = project.heal(&OBSERVE).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits
            incident since [TIME], 0 acts so far
            would take `restart`: not running
            would start `sleep 86400` in [DIR], output to data/output/app.log
            if that does not help, the next tick takes `stop-stale`
        next  heal heal
        --- stderr
    "#]]
    .assert_eq(&timeless(&observed.snapshot(&project)));
    let first = dry.stdout.lines().next().expect("a line").to_owned();
    assert!(observed.stdout.starts_with(&first), "{observed:?}");
    assert!(project.processes().is_empty());
    // What runs already is left alone as well.
    project.heal(&["heal"]).exits(0);
    let pid = project.processes()[0];
    project.heal(&OBSERVE).exits(0);
    assert!(alive(pid));
    end(pid);
    project.heal(&OBSERVE).exits(2);
    assert!(project.processes().is_empty());
}

#[test]
fn observe_remembers_so_that_a_threshold_is_reached_and_told_once() {
    let mut project = Project::new(
        r#"[project]
name = "test"
mode = "observe"
[service.app]
match         = { executable = "sleep", args_contain = "86400" }
start         = ["sleep", "86400"]
startup_grace = "0s"
[service.app.probes]
answers = { kind = "command", command = ["false"], fail_after = 3 }
"#,
    );
    let pid = project.spawn(&["sleep", "86400"]);
    wait_for("it to be recognised", || project.heal(&["check"]).code == 1);
    project.heal(&["heal"]).exits(1);
    project.heal(&["heal"]).exits(1);
    let said = project.heal(&["heal"]).exits(2);
    assert!(said.stdout.contains("would take `stop-stale`"), "{said:?}");
    project.heal(&["heal"]).exits(2);
    assert_eq!(kinds(&project), "recognised, opened, would-act, queued, alerted opened operator_alerts");
    assert_eq!(project.events("would-act")[0]["rung"], "stop-stale");
    assert!(alive(pid));
    let alerts = project.read("data/operator_alerts.jsonl");
    assert!(alerts.contains("it would take `stop-stale`"), "{alerts}");
    // Observing spent nothing: told to act, it acts at once.
    let live = project.heal(&["heal", "--set", "project.mode=live"]);
    assert!(!alive(pid), "{live:?}");
    assert_eq!(project.events("intent").len(), 1);
}
