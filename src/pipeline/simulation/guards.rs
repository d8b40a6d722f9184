//! Would somebody notice? With each guard taken away there is a seed that breaks a promise: a guard that nobody misses is either
//! not needed, or nobody watches what it is for. The table says which seed; `scripts/simulate --guards` searches them anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::run;
use crate::guard::{self, Guard};

/// What is searched: from which seed to which, every how many, and virtual days of each. Few days of many first: the table is
/// replayed by every run of the tests. In every tenth seed a team deploys all day.
const SEARCH: [(u64, u64, usize, i64); 5] =
    [(1, 60, 1, 1), (10, 600, 10, 2), (61, 300, 1, 2), (1, 100, 1, 6), (101, 300, 1, 20)];

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/pipeline/simulation/guards.table")
}

/// Its rows: a guard, the seed that notices when it is gone, and within how many virtual days.
fn read(table: &str) -> impl Iterator<Item = (&str, u64, i64)> {
    table.lines().map(|line| {
        let parts: Vec<&str> = line.split('\t').collect();
        let [name, seed, days] = parts[..] else { panic!("no row of the table: {line}") };
        (name, seed.parse().expect("a seed"), days.parse().expect("days"))
    })
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
fn caught(name: &'static str, seed: u64, days: i64) -> Option<String> {
    guard::without(name, || run(seed, days).err())
}

#[test]
fn no_guard_goes_unnoticed() {
    let text = std::fs::read_to_string(table()).expect("the table is readable");
    let rows: Vec<(&str, u64, i64)> = read(&text).collect();
    let named: Vec<String> = rows.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let source: Vec<String> = known().into_keys().collect();
    assert_eq!(
        named, source,
        "`scripts/simulate --guards` searches the seeds that notice each guard, and writes the table"
    );
    let mut seeds: BTreeMap<(u64, i64), Vec<&str>> = BTreeMap::new();
    for (name, seed, days) in rows {
        seeds.entry((seed, days)).or_default().push(name);
    }
    for ((seed, days), names) in seeds {
        // With all of them nothing breaks; and each is on the list once it was asked.
        run(seed, days).unwrap_or_else(|why| panic!("seed {seed}, with every guard: {why}"));
        for name in names {
            let guard = guard::all().into_iter().find(|guard| guard.name == name);
            let guard = guard.unwrap_or_else(|| panic!("seed {seed} never comes to `{name}`"));
            assert!(
                caught(guard.name, seed, days).is_some(),
                "nobody misses `{name}` any more: seed {seed}, {days} days; `scripts/simulate --guards` searches another seed"
            );
        }
    }
}

/// The guards that held heal back in this seed: only what these do can be missed.
fn holding(seed: u64, days: i64) -> Vec<&'static Guard> {
    let before: BTreeMap<&str, u64> = guard::all().into_iter().map(|guard| (guard.name, guard.held())).collect();
    // What breaks with all of them shows nothing; `scripts/simulate` finds it.
    if run(seed, days).is_err() {
        return Vec::new();
    }
    let held = |guard: &&'static Guard| guard.held() > before.get(guard.name).copied().unwrap_or(0);
    guard::all().into_iter().filter(held).collect()
}

/// `scripts/simulate --guards`.
#[test]
#[ignore = "searches for minutes: scripts/simulate --guards"]
#[expect(clippy::print_stdout, reason = "a report for a person")]
fn every_guard_has_a_seed() {
    let only = std::env::var("HEAL_GUARD").ok();
    let mut open: BTreeSet<String> = known().into_keys().collect();
    open.retain(|name| only.as_ref().is_none_or(|only| name.contains(only.as_str())));
    let mut rows = BTreeMap::new();
    // Rows that still hold stay; what is left is searched for.
    let old = std::fs::read_to_string(table()).unwrap_or_default();
    for (name, seed, days) in read(&old) {
        let held = if open.contains(name) { holding(seed, days) } else { Vec::new() };
        let guard = held.into_iter().find(|guard| guard.name == name);
        if let Some(guard) = guard.filter(|guard| caught(guard.name, seed, days).is_some()) {
            open.remove(name);
            rows.insert(guard.name, format!("{name}\t{seed}\t{days}\n"));
        }
    }
    let seeds =
        |(from, to, every, days): (u64, u64, usize, i64)| (from..=to).step_by(every).map(move |seed| (seed, days));
    for (seed, days) in SEARCH.into_iter().flat_map(seeds) {
        if open.is_empty() {
            break;
        }
        for guard in holding(seed, days) {
            if !open.contains(guard.name) {
                continue;
            }
            if let Some(why) = caught(guard.name, seed, days) {
                let Guard { name, file, line, .. } = guard;
                println!("{name}\n    {file}:{line}, seed {seed}, {days} days: {why}");
                open.remove(guard.name);
                rows.insert(guard.name, format!("{name}\t{seed}\t{days}\n"));
            }
        }
    }
    if only.is_none() {
        std::fs::write(table(), rows.into_values().collect::<String>()).expect("the table can be written");
    }
    let held = |name: &str| guard::all().into_iter().find(|guard| guard.name == name).map_or(0, Guard::held);
    let report: Vec<String> = open.iter().map(|name| format!("{name} (held {} times)", held(name))).collect();
    assert!(report.is_empty(), "{} guards that nobody misses:\n{}", report.len(), report.join("\n"));
}
