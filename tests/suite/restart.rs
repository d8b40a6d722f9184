//! `heal restart`: is a person's restart made as heal's own are, and counted as none of them?

use std::process::Stdio;

use expect_test::expect;
use serde_json::json;

use super::acting::{NAP, Watch, end, in_parallel, kinds, running, sleeper, the_one, timeless};
use super::heal_unwritable::read_only;
use super::lock::at_work;
use super::support::{Project, alive, wait_for};

/// Without the evidence, which differs between machines.
fn without_state(text: &str) -> String {
    timeless(text).lines().filter(|line| !line.starts_with("    state ")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn what_runs_is_stopped_started_and_looked_at_until_it_has_proved_itself() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let old = the_one(&project, NAP);
    let ran = project.heal(&["restart", "app"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        restarted app (was healthy)  pid [PID], up [SPAN]
            did   stop pid [PID] `sleep 86400` (TERM, [SPAN] later KILL)
            did   start `sleep 86400` in [DIR], output to data/output/app.log
            healed by `restart` in [SPAN]: pid [PID], every probe good for [SPAN]
        --- stderr
    "#]]
    .assert_eq(&without_state(&ran.snapshot(&project)));
    assert!(!alive(old) && the_one(&project, NAP) != old);
    end(the_one(&project, NAP));
    let document = project.heal(&["restart", "app", "--json"]).exits(0).json();
    assert_eq!((&document["command"], &document["healed"]), (&"restart".into(), &json!(["app"])), "{document:#}");
    assert_eq!(document["services"][0]["act"]["outcome"], "healed");
    let intents = project.events("intent");
    assert_eq!(
        intents.iter().map(|intent| intent["uncounted"] == json!(true)).collect::<Vec<_>>(),
        [false, true, true]
    );
    assert_eq!(intents[2]["why"], "asked for by root");
    assert_eq!(project.heal(&["restart", "app", "--quiet"]).exits(0).stdout, "", "all is well");
}

#[test]
fn it_takes_nothing_from_the_budget_and_no_step_of_the_ladder() {
    let project = sleeper("restart_limit = \"1 per 1h\"");
    for _ in 0..3 {
        project.heal(&["restart", "app"]).exits(0);
    }
    end(the_one(&project, NAP));
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    project.heal(&["heal"]).exits(69);
    project.heal(&["restart", "app"]).exits(0);
    let before = project.heal(&["status", "--json"]).json()["services"][0].clone();
    assert_eq!((&before["budget"]["used"], &before["acts"][0]["rung"]), (&json!(1), &json!("restart")), "{before:#}");
    assert_eq!(before["acts"].as_array().expect("acts").len(), 1, "a person's restart is no act of heal's");
    assert_eq!(before["incident"]["tried"], json!([{"rung": "restart", "count": 1}]));
}

#[test]
fn a_start_that_fails_is_said_and_so_is_one_that_nobody_can_make() {
    let project = sleeper("");
    let ran = project.heal(&["restart", "app", "--set", "service.app.start=[\"false\"]"]).exits(2);
    assert!(ran.stdout.starts_with("failed    app (was dead)"), "{ran:?}");
    project.heal(&["check"]).exits(2);
    for (set, code, said) in [
        ("project.mode=observe", 69, "mode = \"observe\": heal changes nothing"),
        ("service.app.enabled=false", 69, "enabled = false in heal.toml"),
    ] {
        let ran = project.heal(&["restart", "app", "--set", set]);
        assert_eq!(ran.code, code, "{set}: {ran:?}");
        assert!(ran.stdout.contains(said), "{set}: {ran:?}");
    }
    let long = "[service.app.probes]\nslow = { kind = \"command\", command = [\"true\"], timeout = \"60s\" }";
    let long = sleeper(long);
    let more = ["--set", "service.app.stop_grace=90s", "--set", "service.app.verify_within=60s"];
    let words = [&["restart", "app"][..], &more].concat();
    long.heal(&words).exits(0);
    let ran = long.heal(&words).exits(69);
    assert!(ran.stdout.contains("more than a run may take"), "now there is something to stop: {ran:?}");
    let watched = Project::new(
        "[project]\nname = \"test\"\n[service.app]\nmatch = { executable = \"sleep\", args_contain = \"86477\" }\n",
    );
    let ran = watched.heal(&["restart", "app"]).exits(69);
    assert!(ran.stdout.contains("nothing done: it has no `start`"), "{ran:?}");
}

#[test]
fn who_it_is_has_to_be_known() {
    let mut project = sleeper("");
    let pids = [project.spawn(&["/usr/bin/sleep", NAP]), project.spawn(&["/usr/bin/sleep", NAP])];
    wait_for("both", || running(&project, NAP).len() == 2);
    let ran = project.heal(&["restart", "app", "--force"]).exits(3);
    assert!(pids.iter().all(|pid| alive(*pid)), "{ran:?}");
    assert_eq!(project.events("intent").len(), 0);
}

#[test]
fn what_is_held_or_paused_is_refused_and_force_changes_nothing_else() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let old = the_one(&project, NAP);
    project.heal(&["hold", "app", "--reason", "login"]).exits(0);
    let ran = project.heal(&["restart", "app"]).exits(69);
    assert!(ran.stdout.contains("nothing done: held: login (by root); --force restarts it all the same"), "{ran:?}");
    project.heal(&["pause", "app", "--reason", "disk"]).exits(0);
    let document = project.heal(&["restart", "app", "--json"]).exits(69).json();
    assert_eq!(document["services"][0]["decision"]["by"], "held", "{document:#}");
    assert_eq!(the_one(&project, NAP), old);
    project.heal(&["restart", "app", "--force"]).exits(0);
    assert!(!alive(old));
    let after = project.heal(&["check"]).stdout;
    assert!(after.contains("    held  login") && after.contains("    paused  by root"), "{after}");
    project.heal(&["release", "app"]).exits(0);
    let document = project.heal(&["restart", "app", "--json"]).exits(69).json();
    assert_eq!(document["services"][0]["decision"]["by"], "paused");
}

#[test]
fn it_leaves_a_run_that_is_at_work_alone_or_waits_for_it() {
    let project = sleeper("");
    let mut slow = at_work(&project);
    let busy = project.heal(&["restart", "app"]).exits(75);
    assert!(busy.stderr.contains("another recovery is in progress"), "{busy:?}");
    project.heal(&["restart", "app", "--wait", "30s"]).exits(0);
    slow.wait().expect("it ends");
    the_one(&project, NAP);
    // The first run tells of its own act after it has let go of the lock: anywhere in the second's.
    let all = kinds(&project);
    let acts: Vec<&str> =
        all.split(", ").filter(|kind| kind.starts_with("intent ") || kind.starts_with("done ")).collect();
    assert_eq!(acts, ["intent restart", "done failed", "intent restart", "done healed"], "{all}");
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let project = sleeper("");
    let ran = project.heal(&["restart", "app", "--dry-run"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits
            would take `restart`: asked for by root
            would start `sleep 86400` in [DIR], output to data/output/app.log
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert!(!project.path("data").exists());
    project.heal(&["hold", "app", "--reason", "x"]).exits(0);
    project.heal(&["restart", "app", "--dry-run"]).exits(69);
    project.heal(&["restart", "app", "--dry-run", "--force"]).exits(0);
    for words in [
        &["restart"][..],
        &["restart", "ap"],
        &["restart", "host"],
        &["restart", "app", "other"],
        &["restart", "app", "--wait", "5"],
    ] {
        project.heal(words).exits(64);
    }
    project.heal(&["restart", "app", "--config", "missing.toml"]).exits(78);
    assert!(running(&project, NAP).is_empty());
}

#[test]
fn where_nothing_can_be_written_nothing_is_restarted() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let old = the_one(&project, NAP);
    let Some(ran) = read_only(&project, "\"$HEAL\" restart app; echo \"code $?\"") else { return };
    assert!(ran.stdout.ends_with("code 74\n"), "{ran:?}");
    assert_eq!(the_one(&project, NAP), old);
}

#[test]
fn killed_at_any_moment_the_next_tick_makes_it_right_and_there_are_never_two() {
    let delays: Vec<u64> =
        (0..=1_400).step_by(if std::env::var_os("HEAL_LONG").is_some() { 20 } else { 100 }).collect();
    in_parallel(&delays, |delay| {
        let project = sleeper("");
        project.heal(&["heal"]).exits(0);
        let (_, most) = Watch::during(&project, NAP, || {
            let mut command = project.command(&["restart", "app"]);
            let mut heal = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("heal runs");
            std::thread::sleep(std::time::Duration::from_millis(*delay));
            let _ = heal.kill();
            let _ = heal.wait();
            // A child between fork and exec holds the lock for a moment longer.
            wait_for("a free lock", || project.heal(&["lock", "--check"]).code == 0);
            let ran = project.heal(&["heal"]);
            assert_eq!(ran.code, 0, "killed after {delay} ms: {ran:?}");
            the_one(&project, NAP);
        });
        assert_eq!(most, 1, "killed after {delay} ms");
        let left = project.heal(&["check"]).exits(0);
        assert!(!left.stdout.contains("unfinished"), "{left:?}");
    });
    for point in ["after-intent", "after-change", "after-started"] {
        let project = sleeper("restart_limit = \"1 per 1h\"");
        assert_eq!(project.run(project.command(&["restart", "app"]).env("HEAL_TEST_DIE", point)).code, 137, "{point}");
        wait_for("a free lock", || project.heal(&["lock", "--check"]).code == 0);
        project.heal(&["heal"]).exits(0);
        the_one(&project, NAP);
    }
}
