//! Would somebody notice? With each guard taken away there is a seed that breaks a promise: a guard that nobody misses is either
//! not needed, or nobody watches what it is for. The table says which seed; `scripts/simulate --guards` searches them anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::run;
use crate::guard;

/// The longest that is searched: seeds, and virtual days of each. Few days of many first: the table is replayed by every test.
const SEARCH: [(u64, i64); 3] = [(40, 4), (40, 12), (150, 20)];

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pipeline/simulation/guards.table")
}

/// The names of all guards that stand in the source, with their files.
fn in_source(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("simulation") {
            in_source(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("guard.rs") {
            let text = std::fs::read_to_string(&path).expect("readable");
            // The macro may break after its parenthesis.
            for part in text.split("guard!(").skip(1) {
                if let Some(name) = part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    let before = found.insert(name.to_owned(), path.display().to_string());
                    assert!(before.is_none(), "two guards are called `{name}`");
                }
            }
        }
    }
}

fn known() -> BTreeMap<String, String> {
    let mut source = BTreeMap::new();
    in_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    source
}

/// The promise that this seed breaks without the guard.
fn caught(name: &str, seed: u64, days: i64) -> Option<String> {
    let name: &'static str = guard::all().into_iter().map(|(known, ..)| known).find(|known| *known == name)?;
    guard::without(name, || run(seed, days).err())
}

#[test]
fn no_guard_goes_unnoticed() {
    let text = std::fs::read_to_string(table()).expect("the table is readable");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let named: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    let source = known();
    let gone: Vec<&&str> = named.iter().filter(|name| !source.contains_key(**name)).collect();
    assert!(gone.is_empty(), "no such guards: {gone:?}; `scripts/simulate --guards` writes the table anew");
    for row in rows {
        let (seed, days) = (row[1].parse().expect("a seed"), row[2].parse().expect("days"));
        // It gets onto the list when it is first asked, which a seed that misses it does.
        if caught(row[0], seed, days).is_none() {
            run(seed, days).unwrap_or_else(|why| panic!("seed {seed}, with every guard: {why}"));
            assert!(
                caught(row[0], seed, days).is_some(),
                "nobody misses `{}` any more: seed {seed}, {days} days",
                row[0]
            );
        }
    }
}

/// `scripts/simulate --guards`.
#[test]
#[ignore = "searches for minutes: scripts/simulate --guards"]
#[expect(clippy::print_stdout, reason = "a report for a person")]
fn every_guard_has_a_seed() {
    let source = known();
    for seed in (1..).step_by(2) {
        let asked: Vec<&str> = guard::all().into_iter().map(|(name, ..)| name).collect();
        let never: Vec<&String> = source.keys().filter(|name| !asked.contains(&name.as_str())).collect();
        if never.is_empty() {
            break;
        }
        assert!(seed <= 150, "guards that the simulation never comes to: {never:?}");
        run(seed, 20).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    }
    let only = std::env::var("HEAL_GUARD").ok();
    let (mut rows, mut unnoticed) = (String::new(), Vec::new());
    for (name, file, line) in guard::all().into_iter().filter(|(name, ..)| source.contains_key(*name)) {
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let all = SEARCH.into_iter().flat_map(|(seeds, days)| (1..=seeds).map(move |seed| (seed, days)));
        // A seed that fails anyway proves nothing.
        let sound = |seed, days| run(seed, days).map(|_| true).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
        let proves = |(seed, days)| caught(name, seed, days).filter(|_| sound(seed, days)).map(|why| (seed, days, why));
        let found = all.into_iter().find_map(proves);
        match found {
            Some((seed, days, why)) => {
                println!("{name}\n    {file}:{line}, seed {seed}, {days} days: {why}");
                rows.push_str(&format!("{name}\t{seed}\t{days}\n"));
            }
            None => {
                println!("{name}\n    {file}:{line}: NOBODY MISSES IT");
                unnoticed.push(format!("{name} ({file}:{line})"));
            }
        }
    }
    if only.is_none() {
        std::fs::write(table(), &rows).expect("the table can be written");
    }
    assert!(unnoticed.is_empty(), "{} guards that nobody misses:\n{}", unnoticed.len(), unnoticed.join("\n"));
}
