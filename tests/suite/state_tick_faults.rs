//! What if a tick that repairs is killed, the disk refuses, or the service writes at that moment? And the five systems that heal is
//! to replace: what does a tick make of a cold start, of damage and of danger, and what does the next one?

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::Value;

use super::acting::later;
use super::faults_data::private;
use super::killpoints::{self, Fault};
use super::state_tick::{WHOLE, project, told};
use super::support::Project;
use super::validate_state::{BTC, PORTFOLIO, POSITIONS, example, trading};

const LACKS: &str = "{\"cash\": 1, \"positions\": []}\n";

/// What may be left of one tick: the old bytes or the new ones. The next comes to the new ones, and somebody is told of it once.
fn swept(fault: Fault, most: usize) {
    let world = || {
        let project = project("repair = [\"merge\"]");
        project.write("heal.toml", &project.read("heal.toml").replace("[state.book]", "[layout]\ndirectories = [{ path = \"logs/old\", mode = \"0700\" }, { path = \"state\", mode = \"0711\" }]\n\n[state.book]"));
        project.write("state/book.json", LACKS);
        project
    };
    let points = killpoints::sweep(world, &["heal"], fault, most, |project, point, ran| {
        let now = project.read("state/book.json");
        assert!(now == LACKS || now.contains("\"limit\":2.5"), "{point:?} {ran:?}\n{now}");
        assert!(ran.code != 0 || now != LACKS, "{point:?} {ran:?}");
        let repaired = || told(project).iter().filter(|line| line.contains("repaired: ")).count();
        let heard = repaired();
        // An alert of the disk may wait for its channel by then: that is a duty, and no trouble of the files.
        let most = if matches!(fault, Fault::Error(_)) { 1 } else { 0 };
        // Whoever died with the rest undone is followed by one who does it; what failed by the disk is tried again after a minute.
        let mut again = project.heal(&["heal"]);
        if matches!(fault, Fault::Error(_)) && again.stdout.contains("; it is tried again at ") {
            again = later(project, "2m", &["heal"]);
        }
        let right = project.read("state/book.json");
        assert!((0..=most).contains(&again.code), "{point:?} {ran:?}\n{again:?}");
        assert!(right.contains("\"limit\":2.5"), "{point:?} {again:?}\n{right}");
        let mode = |path: &str| fs::metadata(project.path(path)).expect("there").mode() & 0o7777;
        assert_eq!((mode("state"), mode("logs/old")), (0o711, 0o700), "{point:?} {ran:?} {again:?}");
        // Late enough for whatever waits because its channel could not take it.
        let third = later(project, "2h", &["heal"]);
        assert!((0..=most).contains(&third.code), "{point:?} {ran:?}\n{third:?}");
        // Who died between telling and writing down that it was told tells once more, rather than never.
        assert!((1..=1 + heard).contains(&repaired()), "{point:?} {heard} {:?}", told(project));
        let left = |folder: &str| {
            let names = fs::read_dir(project.path(folder)).expect("there").flatten();
            names.map(|one| one.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>()
        };
        let stuck = matches!(fault, Fault::Error(_)) && point.call == "unlinkat";
        assert!(left("state") == ["book.json"] || stuck, "{point:?} {:?}", left("state"));
        assert!(left("logs") == ["old"] || stuck, "{point:?} {:?}", left("logs"));
        assert_eq!(project.read("state/book.json"), right, "{point:?}");
    });
    assert!(points >= most.min(5), "{points}");
}

#[test]
fn killed_anywhere_the_next_tick_finishes_and_tells_once() {
    swept(Fault::Kill, 16);
    swept(Fault::Again(&[]), 3);
}

#[test]
fn a_full_disk_anywhere_loses_nothing_and_the_next_tick_finishes() {
    swept(Fault::Error("ENOSPC"), 10);
}

#[test]
fn a_service_that_writes_while_ticks_repair_loses_nothing() {
    let project = project("repair = [\"merge\"]");
    project.write("state/book.json", LACKS);
    let (path, done, written) = (project.path("state/book.json"), AtomicBool::new(false), AtomicU64::new(0));
    let rounds = if std::env::var_os("HEAL_LONG").is_some() { 200 } else { 10 };
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let (mut number, mut lost) = (0_u64, Vec::new());
            while !done.load(Ordering::Relaxed) {
                number += 1;
                let text = LACKS.replace("1", &number.to_string());
                let new = path.with_extension("new");
                fs::write(&new, &text).expect("written");
                fs::rename(&new, &path).expect("in its place");
                written.store(number, Ordering::Relaxed);
                std::thread::sleep(std::time::Duration::from_micros(500 + number % 7 * 9_000));
                let now = fs::read_to_string(&path).unwrap_or_default();
                if !now.contains(&format!("\"cash\": {number},")) {
                    lost.push(format!("{number}: {now}"));
                }
            }
            lost
        });
        let mut round = 0;
        while round < rounds || written.load(Ordering::Relaxed) < 12 && !writer.is_finished() {
            round += 1;
            let ran = project.heal(&["heal"]);
            assert!([0, 2, 3].contains(&ran.code), "{ran:?}");
        }
        done.store(true, Ordering::Relaxed);
        let lost = writer.join().expect("ended");
        assert!(lost.is_empty(), "{lost:#?}");
    });
    // Once it is quiet the next tick gets it right, and every copy that was kept is sound.
    project.heal(&["heal"]).exits(0);
    assert!(project.read("state/book.json").contains("\"limit\":2.5"));
}

/// One tick of an example, as `verdicts | repairs`, without its services; then a second one, which has to change nothing.
fn tick(project: &Project) -> String {
    let answer = project.heal(&["heal", "--json"]).json();
    let seen = || {
        let mut all: Vec<(String, u64, i64)> = Vec::new();
        let mut open = vec![project.path("")];
        while let Some(folder) = open.pop() {
            for one in fs::read_dir(folder).expect("there").flatten() {
                let (path, meta) = (one.path(), one.metadata().expect("there"));
                if path.starts_with(project.path("data")) || path == project.path("logs/operator_alerts.jsonl") {
                    continue;
                }
                all.push((path.display().to_string(), meta.ino(), meta.ctime_nsec()));
                if meta.is_dir() {
                    open.push(path);
                }
            }
        }
        all.sort();
        all
    };
    let before = seen();
    let again = project.heal(&["heal", "--json"]).json();
    // The folder that alerts are appended to keeps its times as well: the file is there by now.
    assert_eq!(seen(), before, "a second run changes nothing");
    let words = |answer: &Value, list: &str, name: &str, word: &str| {
        let all = answer[list].as_array().expect("a list").clone();
        let one = |one: &Value| format!("{}={}", one[name].as_str().expect("text"), one[word].as_str().expect("text"));
        all.iter().map(one).collect::<Vec<_>>().join(" ")
    };
    let done = again["repairs"].as_array().expect("a list").iter().filter(|one| one["outcome"] == "repaired").count();
    assert_eq!(done, 0, "{again:#}");
    let repairs = words(&answer, "repairs", "name", "outcome");
    format!("{} | {repairs}", words(&again, "states", "name", "verdict"))
}

#[test]
fn the_trading_system_from_cold_damaged_and_dangerous() {
    // Cold: what the layout declares is made, positions begin from their template, and money is never invented.
    let cold = example("trading");
    for folder in ["logs", "config", "configs", "data", "feature_store", "state", "slots"] {
        fs::remove_dir_all(cold.path(folder)).expect("removed");
    }
    fs::remove_file(cold.path("current")).expect("removed");
    assert_eq!(
        tick(&cold),
        "positions=valid portfolio=invalid | layout=repaired layout=repaired layout=repaired layout=repaired layout=repaired \
         layout=repaired layout=repaired layout=refused positions=repaired portfolio=refused"
    );
    assert_eq!(fs::metadata(cold.path("logs/backups")).expect("made").mode() & 0o7777, 0o700);
    assert!(!cold.path(PORTFOLIO).exists() && !cold.path("current").exists());
    let alerts = cold.read("logs/operator_alerts.jsonl");
    for word in [
        "[state.portfolio]: logs/portfolio_futures.json: it does not exist",
        "[layout]: current: a link should be there",
    ] {
        assert_eq!(alerts.matches(word).count() / alerts.matches(word).count().max(1), 1, "{word}: {alerts}");
    }
    // Damaged: a copy of what was right is there, and comes back.
    let right = format!(r#"{{"open_positions": [{BTC}], "closed_positions": [], "unknown": 18446744073709551617}}"#);
    let damaged = trading(&right, r#"{"open_count": 1}"#);
    assert_eq!(tick(&damaged), "positions=valid portfolio=valid | ");
    damaged.write(POSITIONS, &right[..60]);
    damaged.write(PORTFOLIO, "\0\0\0\0\0\0");
    assert_eq!(tick(&damaged), "positions=valid portfolio=valid | positions=repaired portfolio=repaired");
    assert_eq!((damaged.read(POSITIONS), damaged.read(PORTFOLIO)), (right.clone(), r#"{"open_count": 1}"#.to_owned()));
    // Dangerous: nothing is touched, whatever copies there are.
    let twice = format!(r#"{{"open_positions": [{BTC}, {BTC}], "closed_positions": []}}"#);
    damaged.write(POSITIONS, &twice);
    assert_eq!(tick(&damaged), "positions=invalid portfolio=invalid | positions=refused portfolio=refused");
    assert_eq!(damaged.read(POSITIONS), twice);
    let said = damaged.read("logs/operator_alerts.jsonl");
    assert_eq!(said.matches("\"opened\"").count() - said.matches("\"service\":\"bot\"").count(), 2, "{said}");
}

#[test]
fn the_port_ledger_from_cold_damaged_and_dangerous() {
    let ports = |ledger: Option<&str>| {
        let project = example("ports");
        project.write("schemas/core-ports.schema.json", "true");
        project.write("schemas/daemon.schema.json", r#"{"properties": {"allocations": {"type": "array"}}}"#);
        project.write("config/core-ports.json", "{}");
        fs::create_dir_all(project.path("logs")).expect("made");
        ledger.iter().for_each(|text| project.write("state/daemon.json", text));
        project
    };
    let cold = ports(None);
    assert_eq!(tick(&cold), "daemon=valid config=valid | daemon=repaired");
    let right = r#"{"allocations": [{"port": 3000}], "singletonServices": {}, "kept": 1.10}"#;
    let damaged = ports(Some(right));
    assert_eq!(tick(&damaged), "daemon=valid config=valid | ");
    damaged.write("state/daemon.json", &right[..30]);
    assert_eq!(tick(&damaged), "daemon=valid config=valid | daemon=repaired");
    assert_eq!(damaged.read("state/daemon.json"), right);
    // Configuration is for a person.
    damaged.write("config/core-ports.json", "{");
    assert_eq!(tick(&damaged), "daemon=valid config=invalid | config=refused");
    // Two of a singleton: the invariant has a `fix`, and `repair` does not name it.
    let two = r#"{"allocations": [{"singleton": true, "serviceType": "x", "createdAt": 1}, {"singleton": true, "serviceType": "x", "createdAt": 2}], "singletonServices": {}}"#;
    damaged.write("state/daemon.json", two);
    assert_eq!(tick(&damaged), "daemon=invalid config=invalid | daemon=refused config=refused");
    assert_eq!(damaged.read("state/daemon.json"), two);
    damaged.write(
        "heal.toml",
        &damaged.read("heal.toml").replace(r#"["backup", "template"]"#, r#"["backup", "template", "fix"]"#),
    );
    assert_eq!(tick(&damaged), "daemon=valid config=invalid | daemon=repaired config=refused");
    let fixed: Value = serde_json::from_str(&damaged.read("state/daemon.json")).expect("JSON");
    assert_eq!(fixed["allocations"], serde_json::json!([{"singleton": true, "serviceType": "x", "createdAt": 2}]));
}

#[test]
fn the_three_without_state_have_nothing_to_care_for() {
    for name in ["bridge", "desktop", "node"] {
        let project = Project::new(&format!("[project]\nname = \"{name}\"\n"));
        let path = format!("{}/tests/data/examples/{name}.heal.toml", env!("CARGO_MANIFEST_DIR"));
        let text = fs::read_to_string(path).expect("there");
        assert!(
            !text.contains("\n[state.") && !text.contains("\n[layout]"),
            "{name} has state by now: it needs a fixture"
        );
        let answer = project.heal(&["heal", "--json"]).json();
        assert_eq!((&answer["states"], &answer["layout"]), (&serde_json::json!([]), &serde_json::json!([])), "{name}");
    }
    assert!(WHOLE.ends_with('\n'));
}

/// Runs a script in which the project's own file system is read-only, but for heal's data, until it says `writable`; `minute N` is
/// a tick. Answers whether this machine allows it.
fn on_a_read_only_disk(project: &Project, script: &str) -> bool {
    fs::create_dir(project.path("data")).expect("made");
    fs::set_permissions(project.path("data"), fs::Permissions::from_mode(0o700)).expect("set");
    let script = format!(
        "here=$PWD
        mount --bind \"$here\" \"$here\" && cd \"$here\" && mount --bind data data || exit 99
        mount -o remount,ro,bind \"$here\" || exit 99
        writable() {{ mount -o remount,rw,bind \"$here\"; }}
        minute() {{ HEAL_TEST_SHIFT=$1m \"$HEAL\" heal --json >data/said.$1; }}
        {script}; true"
    );
    private(project, &script).is_some_and(|ran| ran.code != 99)
}

#[test]
fn what_is_well_again_begins_anew_when_it_fails_once_more() {
    let project = project("repair = [\"merge\"]");
    project.write("state/book.json", LACKS);
    // In vain three times: the next attempt would be at minute 8. Meanwhile a person puts it right, and it breaks again.
    let script = format!(
        "minute 1; minute 2; minute 4; writable; cp state/book.json lacks
        echo '{}' >state/book.json; minute 5; cp lacks state/book.json; minute 6",
        WHOLE.trim_end()
    );
    if !on_a_read_only_disk(&project, &script) {
        return;
    }
    let outcome = |minute: u32| {
        let answer: Value = serde_json::from_str(&project.read(&format!("data/said.{minute}"))).expect("JSON");
        answer["repairs"][0]["outcome"].as_str().map(str::to_owned)
    };
    assert_eq!([1, 2, 4].map(outcome), ["failed"; 3].map(|word| Some(word.to_owned())));
    assert_eq!([5, 6].map(outcome), [None, Some("repaired".to_owned())]);
}

#[test]
fn what_fails_by_the_system_is_tried_again_after_pauses_that_grow() {
    let project = project("repair = [\"merge\"]");
    let lacks = "{\"cash\": 1, \"positions\": []}";
    project.write("state/book.json", lacks);
    let script = "for m in 1 2 3 4 5 6 7 8 9 10; do minute $m; done
        HEAL_TEST_SHIFT=10m \"$HEAL\" heal --dry-run --json >data/said.dry
        writable; minute 11; minute 12; minute 16";
    if !on_a_read_only_disk(&project, script) {
        return;
    }
    let kinds: Vec<String> = (1..=10)
        .chain([11, 12, 16])
        .map(|minute| {
            let answer: Value = serde_json::from_str(&project.read(&format!("data/said.{minute}"))).expect("JSON");
            format!("{minute} {}", answer["repairs"][0]["outcome"].as_str().unwrap_or_default())
        })
        .collect();
    let (failed, late) = ("failed", "refused");
    let expected = [failed, failed, late, failed, late, late, late, failed, late, late, late, late, "repaired"];
    let words: Vec<&str> = kinds.iter().map(|kind| kind.split(' ').nth(1).expect("a word")).collect();
    assert_eq!(words, expected, "{kinds:?}");
    assert_eq!(project.events("repairing").len(), 5, "four in vain and one that helped");
    for said in ["data/said.9", "data/said.dry"] {
        let why = project.read(said);
        assert!(why.contains("it is tried again at"), "{said}: {why}");
    }
    assert_ne!(project.read("state/book.json"), lacks);
}
