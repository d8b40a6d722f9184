//! What nothing names any more leaves the vault, once a day, with a tick. Is nothing taken that is still named, whatever happens
//! meanwhile, and can all be taken back that could be before?

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::killpoints::{self, Fault};
use super::support::Project;

const CONFIG: &str = r#"[project]
name = "test"

[service.app]
match = { executable = "no-such-program" }
start = ["true"]
enabled = false

[state.book]
path     = "state/book.json"
template = { cash = 0, positions = [] }
repair   = ["merge"]

[checkpoint.app]
path = "state/app.bin"
keep = { last = 2 }
"#;

const DAYS: Duration = Duration::from_secs(49 * 60 * 60);

/// A vault with all that names bytes: a repair in the journal, a copy of a sound state, checkpoints; and all of it is old.
fn world() -> Project {
    let project = Project::new(CONFIG);
    project.write("state/book.json", "{\"cash\": 1}\n");
    project.heal(&["validate-state", "--repair"]).exits(0);
    for number in 1..=5 {
        project.write("state/app.bin", &format!("state {number}"));
        project.heal(&["checkpoint", "save"]).exits(0);
    }
    project
}

fn folder(project: &Project) -> PathBuf {
    project.path("data/vault/bytes")
}

/// Puts a file into the vault that nothing names, as a run did that died.
fn orphan(project: &Project, number: usize) -> String {
    let bytes = format!("orphan {number}");
    let sha256: String = Sha256::digest(bytes.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut packed, bytes.as_bytes()).expect("packed");
    fs::write(folder(project).join(format!("{sha256}.gz")), packed.finish().expect("packed")).expect("written");
    sha256
}

/// Makes all that is kept, and the last look at it, older than a day.
fn age(project: &Project) {
    for entry in fs::read_dir(folder(project)).expect("there").flatten() {
        // What somebody is just writing may have its name by now.
        let Ok(file) = fs::OpenOptions::new().append(true).open(entry.path()) else { continue };
        file.set_modified(SystemTime::now() - DAYS).expect("set");
    }
}

fn kept(project: &Project) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(project)).expect("there").flatten();
    let names = entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".gz").map(str::to_owned));
    names.collect()
}

/// Every name that stands in the journal or in a ledger, by another reader than heal's own.
fn named(project: &Project) -> BTreeSet<String> {
    fn words(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::String(text) if text.len() == 64 => _ = found.insert(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| words(item, found)),
            Value::Object(entries) => entries.values().for_each(|item| words(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    for folder in ["data/journal", "data/vault/ledgers"] {
        for entry in fs::read_dir(project.path(folder)).expect("there").flatten() {
            let text = fs::read_to_string(entry.path()).expect("a text");
            text.lines().for_each(|line| words(&serde_json::from_str(line).unwrap_or_default(), &mut found));
        }
    }
    found
}

/// All that can be had of it can still be had.
fn all_comes_back(project: &Project) {
    project.heal(&["checkpoint", "verify", "--quiet"]).exits(0);
    project.write("state/app.bin", "x");
    project.heal(&["checkpoint", "restore"]).exits(0);
    assert_eq!(project.read("state/app.bin"), "state 5");
    project.heal(&["undo"]).exits(0);
    assert_eq!(project.read("state/app.bin"), "x");
    // The oldest change of all, and its own taking back.
    let run = project.events("replaced")[0]["run"].as_str().expect("a run").to_owned();
    let repaired = project.read("state/book.json");
    project.heal(&["undo", &run]).exits(0);
    assert_eq!(project.read("state/book.json"), "{\"cash\": 1}\n");
    let back = project.events("replaced").last().expect("one")["run"].as_str().expect("a run").to_owned();
    project.heal(&["undo", &back]).exits(0);
    assert_eq!(project.read("state/book.json"), repaired);
}

#[test]
fn what_nothing_names_goes_and_everything_else_comes_back() {
    let project = world();
    let orphan = orphan(&project, 1);
    let before = kept(&project);
    // Neither what is young, nor on a day on which somebody looked.
    project.heal(&["heal", "--quiet"]);
    assert_eq!(kept(&project), before);
    age(&project);
    project.heal(&["heal", "--dry-run"]);
    assert_eq!(kept(&project), before, "a dry run removes nothing");
    project.heal(&["heal"]);
    let after = kept(&project);
    let gone: Vec<&String> = before.difference(&after).collect();
    // The three checkpoints beyond `keep`, and the orphan.
    assert_eq!((gone.len(), gone.contains(&&orphan)), (4, true), "{gone:?}");
    assert!(named(&project).is_superset(&after));
    assert!(after.is_superset(&named(&project).intersection(&before).cloned().collect()));
    let second = self::orphan(&project, 2);
    let file = fs::OpenOptions::new().append(true).open(folder(&project).join(format!("{second}.gz")));
    file.expect("there").set_modified(SystemTime::now() - DAYS).expect("set");
    project.heal(&["heal"]);
    assert!(kept(&project).contains(&second), "it was looked for today");
    all_comes_back(&project);
}

#[test]
fn so_many_at_a_time_and_the_next_tick_goes_on() {
    let project = world();
    for number in 0..1_500 {
        orphan(&project, number);
    }
    age(&project);
    let before = kept(&project).len();
    project.heal(&["heal"]);
    assert_eq!(kept(&project).len(), before - 1_000);
    project.heal(&["heal"]);
    assert_eq!(kept(&project).len(), before - 1_503);
    all_comes_back(&project);
}

#[test]
fn a_journal_that_cannot_be_read_keeps_everything_and_that_is_said_once_a_day() {
    let project = world();
    orphan(&project, 1);
    age(&project);
    let before = kept(&project);
    let old = "data/journal/2020-01-01.jsonl";
    fs::create_dir(project.path(old)).expect("made");
    // A directory is no day of the journal that heal could act upon either.
    project.heal(&["heal"]);
    assert_eq!(kept(&project), before);
    fs::remove_dir(project.path(old)).expect("removed");
    // A ledger that is damaged in its middle may have named anything.
    let ledger = "data/vault/ledgers/checkpoint-app.jsonl";
    let whole = project.read(ledger);
    project.write(ledger, &whole.replacen("\"sequence\":4", "\"sequence\":9", 1));
    age(&project);
    let told = project.heal(&["heal", "--json"]).json();
    let said = |told: &Value| told["warnings"].to_string().contains("checkpoint-app.jsonl is damaged");
    assert!(said(&told), "{told:#}");
    assert_eq!(kept(&project), before);
    assert!(!said(&project.heal(&["heal", "--json"]).json()), "once a day");
    project.write(ledger, &whole);
    age(&project);
    project.heal(&["heal"]);
    assert_eq!(before.len() - kept(&project).len(), 4);
    all_comes_back(&project);
}

fn swept(fault: Fault, most: usize) {
    let world = || {
        let project = world();
        for number in 0..3 {
            orphan(&project, number);
        }
        age(&project);
        project
    };
    let points = killpoints::sweep(world, &["heal"], fault, most, |project, point, _| {
        let after = kept(project);
        // Two checkpoints, the state with its copy as it was and as it is: all that is named.
        let needed = 4;
        assert!(after.len() >= needed, "{point:?}: {after:?}");
        all_comes_back(project);
        age(project);
        project.heal(&["heal"]);
        assert!(named(project).is_superset(&kept(project)), "{point:?}");
    });
    assert!(points > 5, "{points}");
}

#[test]
fn killed_anywhere_nothing_is_gone_that_is_named() {
    swept(Fault::Kill, 14);
}

#[test]
fn on_a_broken_disk_nothing_is_gone_that_is_named() {
    swept(Fault::Error("EIO"), 8);
}

#[test]
fn while_others_save_nothing_is_gone_that_they_need() {
    let project = world();
    for number in 0..400 {
        orphan(&project, number);
    }
    let rounds = if std::env::var_os("HEAL_LONG").is_some() { 60 } else { 8 };
    std::thread::scope(|scope| {
        let saver = scope.spawn(|| {
            for number in 0..rounds * 3 {
                // The same few states again and again: what was about to go is needed anew.
                project.write("state/app.bin", &format!("state {}", number % 5 + 1));
                project.heal(&["checkpoint", "save"]).exits(0);
                project.heal(&["checkpoint", "verify", "--quiet"]).exits(0);
            }
        });
        while !saver.is_finished() {
            age(&project);
            let ran = project.heal(&["heal", "--json"]);
            assert!([0, 3].contains(&ran.code), "{ran:?}");
        }
        saver.join().expect("nothing was missing");
    });
    project.write("state/app.bin", "state 5");
    project.heal(&["checkpoint", "save"]).exits(0);
    age(&project);
    project.heal(&["heal"]);
    assert!(named(&project).is_superset(&kept(&project)), "all of the rest is gone");
    all_comes_back(&project);
}

#[test]
fn while_somebody_takes_back_nothing_is_gone_that_he_needs() {
    let project = world();
    for number in 0..400 {
        orphan(&project, number);
    }
    let mut run = project.events("replaced")[0]["run"].as_str().expect("a run").to_owned();
    let texts = ["{\"cash\": 1}\n".to_owned(), project.read("state/book.json")];
    let rounds = if std::env::var_os("HEAL_LONG").is_some() { 60 } else { 8 };
    std::thread::scope(|scope| {
        let person = scope.spawn(|| {
            for round in 0..rounds {
                // While a tick is at work it is told to try again.
                while project.heal(&["undo", &run]).code == 75 {}
                assert_eq!(project.read("state/book.json"), texts[round % 2], "round {round}");
                run = project.events("replaced").last().expect("one")["run"].as_str().expect("a run").to_owned();
            }
        });
        while !person.is_finished() {
            age(&project);
            project.heal(&["heal"]);
        }
        person.join().expect("all of it came back");
    });
    age(&project);
    project.heal(&["heal"]);
    assert!(named(&project).is_superset(&kept(&project)), "all of the rest is gone");
}
