//! Does `heal status` tell what is remembered, and a dead watchdog from a quiet one, without looking at anything?

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use expect_test::expect;
use serde_json::{Value, json};

use super::acting::{NAP, end, later, sleeper, started_by, the_one, timeless};
use super::support::Project;

/// The one service of an answer.
fn service(project: &Project, shift: &str) -> Value {
    later(project, shift, &["status", "--json"]).json()["services"][0].clone()
}

#[test]
fn before_the_first_tick_nothing_is_known() {
    let project = sleeper("");
    let ran = project.heal(&["status"]).exits(3);
    expect![[r#"
        exit 3
        --- stdout
        unknown   app  no tick has seen it yet
        ticks  none is known: nothing starts `heal heal` every minute yet
        note  this is from memory, nothing was looked at: heal check looks
        next  heal heal --dry-run
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert!(!project.path("data").exists(), "asking leaves no trace");
    assert_eq!(project.heal(&["status", "--json"]).exits(3).json()["watchdog"]["ticks"], json!([]));
}

#[test]
fn a_trouble_that_became_another_is_told_as_what_it_is_now() {
    let project = sleeper(
        "startup_grace = \"0s\"\n[service.app.probes]\nworks = { kind = \"command\", command = [\"test\", \"!\", \"-e\", \"ill\"] }",
    );
    project.heal(&["heal", "--set", "service.app.start=[\"false\"]"]).exits(2);
    assert_eq!(service(&project, "0s")["incident"]["class"], "dead");
    project.heal(&["heal"]).exits(0);
    project.write("ill", "");
    project.heal(&["heal", "--set", "service.app.verify_within=1s"]).exits(2);
    let app = service(&project, "0s");
    assert_eq!((&app["incident"]["class"], &app["status"]), (&json!("hung"), &json!("unhealthy")), "{app:#}");
    assert_eq!(app["summary"], "works: exit code 1");
}

#[test]
fn what_was_done_is_told_with_its_reason() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    // Cured, and not for long enough to be believed.
    let ran = project.heal(&["status"]).exits(1);
    expect![[r#"
        exit 1
        --- stdout
        degraded  app (dead)  well again for [SPAN], over after [SPAN]; it was: not running
            incident since [TIME], for [SPAN]; tried restart (1)
            budget   1 of 3 per [SPAN] used
            act      [TIME] restart: healed, pid [PID], every probe good for [SPAN] (because: not running)
        ticks  last [SPAN] ago, no `[schedule] heal` says how often; exit code 0 after [SPAN]
        note  this is from memory, nothing was looked at: heal check looks
        next  heal check
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    later(&project, "9m", &["heal"]).exits(0);
    later(&project, "11m", &["heal"]).exits(0);
    let ran = later(&project, "12m", &["status"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        healthy   app  no trouble known, last recognised as pid [PID]
            budget   1 of 3 per [SPAN] used
            act      [TIME] restart: healed, pid [PID], every probe good for [SPAN] (because: not running)
        ticks  last [SPAN] ago, no `[schedule] heal` says how often; exit code 0 after [SPAN]; before it 0, 0
        note  this is from memory, nothing was looked at: heal check looks
        next  heal check
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    assert_eq!(later(&project, "12m", &["status", "--quiet"]).exits(0).stdout, "");
}

#[test]
fn it_looks_at_nothing_and_says_so() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    later(&project, "9m", &["heal"]).exits(0);
    later(&project, "11m", &["heal"]).exits(0);
    end(the_one(&project, NAP));
    let ran = later(&project, "11m", &["status"]).exits(0);
    assert!(ran.stdout.contains("note  this is from memory, nothing was looked at: heal check looks\n"), "{ran:?}");
    project.heal(&["check"]).exits(2);
}

#[test]
fn an_open_incident_says_what_was_tried_and_what_comes_next() {
    let project = started_by(r#"["false"]"#, "restart_limit = \"2 per 1h\"\n");
    project.heal(&["heal"]).exits(2);
    assert_eq!(service(&project, "0s")["next"]["rung"], "stop-stale");
    later(&project, "5m", &["heal"]).exits(2);
    later(&project, "10m", &["heal"]).exits(69);
    let ran = later(&project, "10m", &["status"]).exits(69);
    expect![[r#"
        exit 69
        --- stdout
        unhealthy app (dead)  not running
            incident since [TIME], for [SPAN]; tried restart (1), stop-stale (1); nothing left to try since [TIME]
            next     every rung was tried; `restart` is tried again in [SPAN]
            budget   2 of 2 per [SPAN] used, the next act is possible in [SPAN]
            act      [TIME] stop-stale: failed, the new process ended: exit code 1 (because: not running)
            act      [TIME] restart: failed, the new process ended: exit code 1 (because: not running)
        ticks  last [SPAN] ago, no `[schedule] heal` says how often; exit code 69 after [SPAN]; before it 2, 2
        note  this is from memory, nothing was looked at: heal check looks
        next  heal release app   (when it is put right)
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    let told = service(&project, "10m");
    assert_eq!(told["next"]["by"], "ladder");
    assert_eq!(told["incident"]["tried"], json!([{"rung": "restart", "count": 1}, {"rung": "stop-stale", "count": 1}]));
    let budget = &told["budget"];
    assert_eq!((&budget["limit"], &budget["used"], &budget["window_ms"]), (&json!(2), &json!(2), &json!(3_600_000)));
    let free = budget["free_in_ms"].as_i64().expect("a time") / 60_000;
    assert!((47..50).contains(&free), "{free} minutes");
    // Half an hour later the ladder would go on, but for the budget; then that is over as well.
    assert_eq!(service(&project, "40m")["next"]["by"], "budget");
    assert_eq!(
        service(&project, "70m")["next"],
        json!({"do": "act", "rung": "restart", "cause": "dead", "why": "not running", "next": null})
    );
    later(&project, "70m", &["status"]).exits(2);
}

#[test]
fn a_watchdog_that_stopped_is_told_from_one_that_has_nothing_to_say() {
    let project = sleeper("[schedule]\nheal = \"1m\"\n");
    project.heal(&["heal"]).exits(0);
    later(&project, "9m", &["heal"]).exits(0);
    later(&project, "11m", &["heal"]).exits(0);
    for (shift, code) in [("11m", 0), ("13m", 0), ("15m", 1), ("2days", 1)] {
        later(&project, shift, &["status"]).exits(code);
    }
    let ran = later(&project, "18m 5s", &["status", "--quiet"]).exits(1);
    let shown = later(&project, "18m 5s", &["status"]).exits(1).stdout;
    assert!(shown.contains(", but nobody looked for 7m"), "{shown}");
    let warning = "warning   the last tick was 7m";
    assert!(ran.stdout.starts_with(warning) && ran.stdout.contains("ago, expected every 1m: "), "{}", ran.stdout);
    let watchdog = later(&project, "18m", &["status", "--json"]).exits(1).json()["watchdog"].clone();
    assert_eq!(watchdog["expected_every_ms"], 60_000);
    let codes: Vec<&Value> =
        watchdog["ticks"].as_array().expect("a list").iter().map(|tick| &tick["exit_code"]).collect();
    assert_eq!(codes, [0, 0, 0]);
    // A tick that fails leaves no stamp: it does not count as one that ran.
    fs::write(project.path("data/journal/2026-01-01.jsonl"), "not ours\nnot ours\n").expect("written");
    later(&project, "17m", &["heal"]).exits(65);
    let ran = later(&project, "18m", &["status"]).exits(1);
    assert!(ran.stdout.contains("heal acts again when the file is mended"), "{}", ran.stdout);
}

#[test]
fn a_stamp_of_an_older_version_is_read() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let mut stamp: Value = serde_json::from_str(&project.read("data/state/last-run")).expect("JSON");
    let fields = stamp.as_object_mut().expect("an object");
    fields.remove("took_ms");
    fields.remove("before");
    project.write("data/state/last-run", &stamp.to_string());
    let document = project.heal(&["status", "--json"]).exits(1).json();
    assert_eq!(document["watchdog"]["ticks"].as_array().map(Vec::len), Some(1));
}

/// Every file below a folder, with what would change if it was written.
fn files(folder: &Path) -> BTreeMap<PathBuf, (SystemTime, Vec<u8>)> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        let modified = entry.metadata().and_then(|meta| meta.modified()).expect("a time");
        if path.is_dir() {
            found.extend(files(&path));
            found.insert(path, (modified, Vec::new()));
        } else {
            found.insert(path.clone(), (modified, fs::read(path).expect("readable")));
        }
    }
    found
}

#[test]
fn it_writes_nothing_and_waits_for_nobody() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    fs::remove_file(project.path("data/state/now.json")).expect("there");
    let _lock = hold(&project);
    let before = files(&project.path(""));
    for args in
        [&["status"][..], &["status", "--json"], &["status", "app", "--format", "nagios"], &["status", "--acts", "9"]]
    {
        project.heal(args).exits(1);
    }
    assert_eq!(files(&project.path("")), before);
    let document = project.heal(&["status", "--json"]).json();
    assert_eq!(document["lock"]["purpose"], "a deploy");
    let said = project.heal(&["status"]).stdout;
    assert!(
        said.contains(&format!("lock  pid {} (a deploy) since 2026-11-22T03:00:00.000Z", std::process::id())),
        "{said}"
    );
}

/// Takes the recovery lock as another run would, and says so in it. It is free again when the file is dropped.
fn hold(project: &Project) -> fs::File {
    let path = project.path("data/recovery-in-progress");
    let lock = fs::OpenOptions::new().write(true).open(&path).expect("there");
    fs2::FileExt::lock_exclusive(&lock).expect("taken");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("there");
    let (since, until) = ("2026-11-22T03:00:00.000Z", "2026-11-22T03:05:00.000Z");
    let pid = std::process::id();
    let held = json!({"pid": pid, "boot": boot.trim(), "purpose": "a deploy", "since": since, "until": until});
    fs::write(path, held.to_string()).expect("written");
    lock
}

#[test]
fn an_act_under_way_is_told_from_one_that_was_never_finished() {
    let mut project = sleeper("");
    project.env("HEAL_TEST_DIE", "after-intent");
    project.heal(&["heal"]).exits(137);
    let document = project.heal(&["status", "--json"]).exits(2).json();
    assert_eq!(document["unfinished"].as_array().map(Vec::len), Some(1), "{document}");
    assert_eq!(document["services"][0]["acts"][0]["outcome"], Value::Null);
    let lock = hold(&project);
    let document = project.heal(&["status", "--json"]).exits(1).json();
    assert_eq!(document["unfinished"], json!([]));
    let summary = format!("recovering: `restart` is under way in pid {}", std::process::id());
    assert_eq!(
        (&document["services"][0]["status"], &document["services"][0]["summary"]),
        (&json!("starting"), &json!(summary))
    );
    drop(lock);
    project.heal(&["status"]).exits(2);
}

#[test]
fn alerts_that_wait_for_their_channel_are_named() {
    let project = sleeper("[alert.pager]\nkind = \"command\"\ncommand = [\"./pager\"]\n");
    project.script("pager", "#!/bin/sh\necho no such number\nexit 1\n");
    project.heal(&["heal"]).exits(1);
    let document = project.heal(&["status", "--json"]).exits(1).json();
    let one = &document["undelivered"][0];
    let said = |key: &str| one[key].as_str().expect("text").to_owned();
    assert_eq!(
        ["channel", "service", "notice", "title"].map(said),
        ["pager", "app", "opened", "app: not running; healed"]
    );
    assert_eq!((&one["attempts"], said("why")), (&json!(1), "exit code 1: no such number".to_owned()));
    let shown = project.heal(&["status"]).stdout;
    assert!(
        shown.contains("untold    pager was not told \"app: not running; healed\": exit code 1: no such number\n"),
        "{shown}"
    );
    project.script("pager", "#!/bin/sh\nexit 0\n");
    later(&project, "1m", &["heal"]).exits(0);
    assert_eq!(project.heal(&["status", "--json"]).json()["undelivered"], json!([]));
}

#[test]
fn who_only_observes_is_told_what_would_have_been_done() {
    let project = sleeper("");
    let config = project.read("heal.toml").replace("name = \"test\"", "name = \"test\"\nmode = \"observe\"");
    project.write("heal.toml", &config);
    project.heal(&["heal"]).exits(2);
    let ran = project.heal(&["status"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        unhealthy app (dead)  not running
            incident since [TIME], for [SPAN]; nothing tried
            next     the next tick would take `restart`; heal only observes
            would    have taken `restart` once in the last 7 days
        ticks  last [SPAN] ago, no `[schedule] heal` says how often; exit code 2 after [SPAN]
        note  this is from memory, nothing was looked at: heal check looks
        next  heal check --only app --explain
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    assert_eq!(service(&project, "6days")["would"], json!([{"rung": "restart", "count": 1}]));
    assert_eq!(service(&project, "8days")["would"], json!([]), "a week ago");
}

#[test]
fn the_last_acts_are_found_across_days_and_no_more_than_asked_for() {
    let project = sleeper("restart_limit = \"9 per 1h\"\n");
    for day in ["0s", "2days", "4days", "6days"] {
        later(&project, day, &["heal"]);
        end(the_one(&project, NAP));
    }
    let acts = |args: &[&str]| -> Vec<String> {
        let document = later(&project, "6days", &[&["status", "--json"], args].concat()).json();
        let acts = document["services"][0]["acts"].as_array().expect("a list").clone();
        let text = |act: &Value, key: &str| act[key].as_str().expect("text").to_owned();
        acts.iter().map(|act| format!("{} {} {}", text(act, "rung"), text(act, "outcome"), text(act, "why"))).collect()
    };
    assert_eq!(acts(&["--acts", "9"]), vec!["restart healed not running"; 4]);
    assert_eq!(acts(&[]).len(), 3);
    assert_eq!(acts(&["--acts", "1"]).len(), 1);
}

#[test]
fn only_what_is_declared_can_be_asked_for() {
    let project = sleeper("");
    let ran = project.heal(&["status", "ap"]).exits(64);
    expect![[r#"
        exit 64
        --- stdout
        --- stderr
        heal: there is no service `ap` in [DIR]/heal.toml
          it declares: app
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.heal(&["status", "app"]).exits(3);
    project.heal(&["status", "--acts", "0"]).exits(64);
    project.heal(&["status", "--acts", "x"]).exits(64);
}
