//! `heal validate-state --repair`: is a damaged file put right as its owner allows, is nothing else touched, and does what was there
//! come back?

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::Value;

use super::killpoints::{self, Fault};
use super::support::Project;

const GOOD: &str = "{\n  \"cash\": 18446744073709551617.10,\n  \"positions\": [{\"id\": 1}, {\"id\": 2}],\n  \"mine\": 0.10000000000000001\n}\n";

fn project(keys: &str) -> Project {
    Project::new(&format!(
        r#"[project]
name = "test"

[service.app]
match = {{ executable = "no-such-program" }}

[state.book]
path     = "state/book.json"
kind     = "json"
template = {{ cash = 0, positions = [], risk = {{ limit = 2.5 }} }}
{keys}
"#
    ))
}

fn whole() -> String {
    GOOD.replace("\n}\n", ",\n  \"risk\": {\"limit\": 1}\n}\n")
}

fn book(project: &Project) -> Vec<u8> {
    fs::read(project.path("state/book.json")).expect("there")
}

fn repair(project: &Project, code: i32) -> Value {
    project.heal(&["validate-state", "--repair", "--json"]).exits(code).json()
}

#[test]
fn what_it_lacks_is_added_and_undo_brings_the_original_back_byte_for_byte() {
    let project = project("repair = [\"merge\"]");
    project.write("state/book.json", GOOD);
    let path = project.path("state/book.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
    let attribute = rustix::fs::setxattr(&path, "user.owner", b"bot\0x", rustix::fs::XattrFlags::empty());
    let planned = project.heal(&["validate-state", "--repair", "--dry-run", "--json"]).exits(2).json();
    assert_eq!(planned["repairs"][0]["outcome"], "would", "{planned}");
    assert_eq!(book(&project), GOOD.as_bytes());
    let told = repair(&project, 0);
    assert_eq!((&told["repairs"][0]["outcome"], &told["repairs"][0]["loss"]), (&"repaired".into(), &"lossless".into()));
    let now = String::from_utf8(book(&project)).expect("UTF-8");
    assert_eq!(now, GOOD.replace("\n}\n", ",\n  \"risk\": {\"limit\":2.5}\n}\n"));
    let meta = fs::metadata(&path).expect("there");
    assert_eq!(meta.permissions().mode() & 0o7777, 0o640);
    if attribute.is_ok() {
        let mut value = [0; 16];
        let length = rustix::fs::getxattr(&path, "user.owner", &mut value[..]).expect("kept");
        assert_eq!(&value[..length], b"bot\0x");
    }
    // Nothing is left beside it, and a second run changes nothing.
    assert_eq!(fs::read_dir(project.path("state")).expect("there").count(), 1);
    assert_eq!(repair(&project, 0)["repairs"], Value::Array(Vec::new()));
    assert_eq!(fs::metadata(&path).expect("there").ino(), meta.ino());
    project.heal(&["undo"]).exits(0);
    assert_eq!(book(&project), GOOD.as_bytes());
    assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o7777, 0o640);
    // The taking back is taken back, by name.
    let run = project.events("replaced")[1]["run"].as_str().expect("a run").to_owned();
    project.heal(&["undo", &run]).exits(0);
    assert_eq!(book(&project), now.as_bytes());
}

#[test]
fn what_was_written_since_is_not_taken_back() {
    let project = project("repair = [\"merge\"]");
    project.write("state/book.json", GOOD);
    repair(&project, 0);
    let newer = whole().replace("0.10000000000000001", "7");
    project.write("state/book.json", &newer);
    project.heal(&["undo"]).exits(69);
    assert_eq!(book(&project), newer.as_bytes());
    project.heal(&["undo", "--force"]).exits(0);
    assert_eq!(book(&project), GOOD.as_bytes());
}

#[test]
fn a_cut_file_is_restored_from_the_newest_sound_copy() {
    let project = project("repair = [\"merge\", \"backup\", \"salvage\"]");
    project.write("state/book.json", &whole());
    repair(&project, 0);
    let second = whole().replace("0.10000000000000001", "2");
    project.write("state/book.json", &second);
    repair(&project, 0);
    let cut = second.replace("\"id\": 2", "\"id\": 3").replace("\"mine\": 2", "\"mine\": 2, \"new\": tr");
    let cut = &cut[..cut.find("\"new\": tr").expect("there") + 9];
    project.write("state/book.json", cut);
    let told = repair(&project, 0);
    let loss = told["repairs"][0]["loss"].as_str().expect("a text").to_owned();
    assert!(loss.starts_with("restored from ") && loss.ends_with(", 1 later key lost"), "{loss}");
    assert_eq!(book(&project), second.as_bytes());
    project.heal(&["undo"]).exits(0);
    assert_eq!(book(&project), cut.as_bytes());
}

#[test]
fn without_a_copy_what_is_whole_is_salvaged_and_lossless_ways_come_first() {
    let project = project("repair = [\"salvage\", \"merge\"]");
    let text = whole().replace("{\"id\": 2}", "{\"id\": 2}, {\"id\": 3, \"si");
    let cut = &text[..text.find("\"si").expect("there") + 3];
    project.write("state/book.json", cut);
    let told = repair(&project, 0);
    assert_eq!(told["repairs"][0]["loss"], "lossy: 2 whole elements kept, all from byte 85 on lost", "{told}");
    let expected = format!("{}]", &cut[..cut.find(", {\"id\": 3").expect("there")]);
    assert!(String::from_utf8(book(&project)).expect("UTF-8").starts_with(&expected));
    project.write("state/book.json", &format!("\u{feff}{}\0\0\0", whole()));
    let told = repair(&project, 0);
    assert_eq!(told["repairs"][0]["lossless"], true, "{told}");
    assert_eq!(String::from_utf8(book(&project)).expect("UTF-8").trim_end(), whole().trim_end());
}

#[test]
fn what_is_not_allowed_unknown_or_broken_by_meaning_stays_byte_for_byte() {
    let invariant = "invariants = [{ id = \"CASH\", jq = \".cash >= 0\", severity = \"critical\", message = \"cash is negative\" }]";
    for (keys, text, why) in [
        ("", &GOOD[..40], "allows nothing that could help"),
        ("repair = [\"backup\"]", &GOOD[..40], "there is no copy in the vault"),
        ("repair = [\"salvage\"]", &GOOD[..10], "not one whole element is in it"),
        (
            "repair = [\"salvage\", \"backup\"]",
            "{\n<<<<<<< ours\n\"a\": 1\n=======\n\"a\": 2\n>>>>>>> theirs\n}",
            "git could not merge",
        ),
        (
            &format!("repair = [\"merge\", \"backup\", \"salvage\"]\n{invariant}"),
            &whole().replace("18446744073709551617.10", "-1"),
            "only a `fix` that is declared for it",
        ),
    ] {
        let project = project(keys);
        project.write("state/book.json", text);
        let told = repair(&project, 2);
        assert_eq!(told["repairs"][0]["outcome"], "refused", "{keys}: {told}");
        assert!(told["repairs"][0]["why"].as_str().expect("a text").contains(why), "{keys}: {told}");
        assert_eq!(book(&project), text.as_bytes(), "{keys}");
        assert_eq!(project.events("repairing").len(), 0);
    }
}

#[test]
fn the_owners_own_fix_is_run_and_judged() {
    let invariant = |fix: &str| {
        format!(
            "repair = [\"fix\"]\ninvariants = [{{ id = \"ONCE\", jq = \"(.positions | map(.id) | length) == (.positions | map(.id) | unique | length)\", severity = \"critical\", message = \"twice\", fix = \"{fix}\" }}]"
        )
    };
    let text = whole().replace("{\"id\": 2}", "{\"id\": 2}, {\"id\": 1}");
    let right = project(&invariant(".positions |= unique_by(.id)"));
    right.write("state/book.json", &text);
    let told = repair(&right, 0);
    assert_eq!(told["repairs"][0]["loss"], "changed by the `fix` of ONCE", "{told}");
    let now = String::from_utf8(book(&right)).expect("UTF-8");
    assert!(now.contains("18446744073709551617.10") && now.contains("[{\"id\":1},{\"id\":2}]"), "{now}");
    // One that cures nothing changes nothing.
    let wrong = project(&invariant(".cash = 1"));
    wrong.write("state/book.json", &text);
    let told = repair(&wrong, 2);
    assert!(told["repairs"][0]["why"].as_str().expect("a text").contains("is not sound"), "{told}");
    assert_eq!(book(&wrong), text.as_bytes());
}

#[test]
fn a_missing_file_is_made_and_what_is_kept_comes_before_the_template() {
    let project = project("repair = [\"backup\", \"template\"]");
    fs::create_dir(project.path("state")).expect("made");
    let told = repair(&project, 0);
    assert_eq!(told["repairs"][0]["how"], "made from its template", "{told}");
    assert_eq!(serde_json::from_slice::<Value>(&book(&project)).expect("JSON")["risk"]["limit"], 2.5);
    project.write("state/book.json", &whole());
    repair(&project, 0);
    fs::remove_file(project.path("state/book.json")).expect("removed");
    let told = repair(&project, 0);
    assert!(told["repairs"][0]["loss"].as_str().expect("a text").starts_with("restored from "), "{told}");
    assert_eq!(book(&project), whole().as_bytes());
    // What heal made goes again with an undo.
    project.heal(&["undo"]).exits(0);
    assert!(!project.path("state/book.json").exists());
}

#[test]
fn the_applications_lock_is_waited_for_and_it_is_told_afterwards() {
    let project = project(
        "repair = [\"merge\"]\nlock = \"state/book.lock\"\nnotify = [\"/bin/sh\", \"-c\", \"cp state/book.json told.json\"]",
    );
    project.write("state/book.json", GOOD);
    project.write("state/book.lock", "");
    let lock = fs::File::open(project.path("state/book.lock")).expect("there");
    lock.lock().expect("locked");
    let told = repair(&project, 2);
    let why = told["repairs"][0]["why"].as_str().expect("a text").to_owned();
    assert!(why.contains("is held by somebody"), "{why}");
    assert_eq!(book(&project), GOOD.as_bytes());
    drop(lock);
    repair(&project, 0);
    assert_eq!(fs::read(project.path("told.json")).expect("told"), book(&project));
}

#[test]
fn whoever_writes_while_heal_repairs_loses_nothing() {
    let project = project("repair = [\"merge\"]");
    project.write("state/book.json", GOOD);
    let (path, done, written) = (project.path("state/book.json"), AtomicBool::new(false), AtomicU64::new(0));
    let rounds = if std::env::var_os("HEAL_LONG").is_some() { 200 } else { 12 };
    std::thread::scope(|scope| {
        // The application: it replaces its file, and what it wrote last has to be there, or what heal made of exactly that.
        let writer = scope.spawn(|| {
            let (mut number, mut lost) = (0_u64, Vec::new());
            while !done.load(Ordering::Relaxed) {
                number += 1;
                let text = GOOD.replace("0.10000000000000001", &number.to_string());
                let new = path.with_extension("new");
                fs::write(&new, &text).expect("written");
                fs::rename(&new, &path).expect("in its place");
                written.store(number, Ordering::Relaxed);
                std::thread::sleep(std::time::Duration::from_micros(500 + number % 7 * 9_000));
                let now = fs::read_to_string(&path).unwrap_or_default();
                let mine = format!("\"mine\": {number}");
                if !now.contains(&mine) {
                    lost.push(format!("{number}: {now}"));
                }
            }
            lost
        });
        let mut round = 0;
        while round < rounds || written.load(Ordering::Relaxed) < 12 && !writer.is_finished() {
            round += 1;
            let ran = project.heal(&["validate-state", "--repair"]);
            assert!([0, 2, 3].contains(&ran.code), "{ran:?}");
        }
        done.store(true, Ordering::Relaxed);
        let lost = writer.join().expect("ended");
        assert!(lost.is_empty(), "{lost:#?}");
    });
}

/// What may be left of one repair: the old bytes or the new ones, and a second run comes to the new ones.
fn swept(fault: Fault, most: usize) {
    let world = || {
        let project = project("repair = [\"merge\"]");
        project.write("state/book.json", GOOD);
        project
    };
    let right = GOOD.replace("\n}\n", ",\n  \"risk\": {\"limit\":2.5}\n}\n");
    let points = killpoints::sweep(world, &["validate-state", "--repair"], fault, most, |project, point, ran| {
        let now = String::from_utf8(book(project)).expect("UTF-8");
        assert!([GOOD, &right].contains(&now.as_str()), "{point:?} {ran:?}\n{now}");
        assert!(now == right || ran.code != 0, "{point:?} {ran:?}");
        let again = project.heal(&["validate-state", "--repair"]);
        assert_eq!((again.code, book(project)), (0, right.clone().into_bytes()), "{point:?} {ran:?}\n{again:?}");
        let left: Vec<_> =
            fs::read_dir(project.path("state")).expect("there").flatten().map(|one| one.file_name()).collect();
        // A name that the disk did not let go of holds what was there; nothing else is left.
        let stuck = fault.sticks(point);
        assert!(left == ["book.json"] || stuck && left.len() == 2, "{point:?} {left:?}");
        project.heal(&["undo"]).exits(0);
        assert_eq!(book(project), GOOD.as_bytes(), "{point:?}");
    });
    assert!(points > 0, "{points}");
}

#[test]
fn killed_anywhere_it_is_the_old_file_or_the_new_one() {
    swept(Fault::Kill, 12);
}

#[test]
fn killed_and_killed_again_it_is_the_old_file_or_the_new_one() {
    swept(Fault::Again(&[]), 3);
}

#[test]
fn a_disk_that_stays_broken_loses_nothing() {
    for error in ["ENOSPC", "EIO", "EROFS"] {
        swept(Fault::Sticky(error), 1);
    }
}

#[test]
fn a_full_disk_anywhere_loses_nothing() {
    swept(Fault::Error("ENOSPC"), 8);
}

#[test]
fn a_broken_disk_anywhere_loses_nothing() {
    swept(Fault::Error("EIO"), 8);
}

#[test]
fn a_cold_start_repairs_what_it_may_and_the_gate_says_whether_to_start() {
    let started = |project: &Project, code: i32| project.heal(&["heal", "--startup", "--json"]).exits(code).json();
    let right = project("repair = [\"merge\"]");
    right.write("state/book.json", GOOD);
    let planned = right.heal(&["heal", "--startup", "--dry-run", "--json"]).exits(2).json();
    assert_eq!((&planned["gate"], &planned["score"]), (&"closed".into(), &50.into()), "{planned}");
    assert_eq!(book(&right), GOOD.as_bytes());
    let told = started(&right, 0);
    assert_eq!(
        (&told["gate"], &told["score"], &told["stats"]["files_repaired"]),
        (&"open".into(), &100.into(), &1.into())
    );
    assert_ne!(book(&right), GOOD.as_bytes());
    // What is broken and may not be repaired keeps it from starting, in any mode.
    let broken = project("");
    broken.write("state/book.json", &GOOD[..40]);
    let told = started(&broken, 2);
    assert_eq!((&told["gate"], &told["score"]), (&"closed".into(), &50.into()), "{told}");
    assert!(told["critical"][0].as_str().expect("a line").contains("not repaired: `repair` of [state.book]"), "{told}");
    // What is unknown closes the gate, but for paper.
    for (mode, code, gate) in [("live", 3, "closed"), ("paper", 0, "open")] {
        let unknown = project("max_size = \"10B\"");
        let config =
            unknown.read("heal.toml").replace("name = \"test\"", &format!("name = \"test\"\nmode = \"{mode}\""));
        unknown.write("heal.toml", &config);
        unknown.write("state/book.json", GOOD);
        let told = started(&unknown, code);
        assert_eq!((&told["gate"], &told["score"]), (&gate.into(), &75.into()), "{told}");
        assert_eq!(book(&unknown), GOOD.as_bytes());
    }
}
