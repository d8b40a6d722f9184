//! Would somebody notice? With each guard taken away there is a seed that breaks a promise: a guard that nobody misses is either
//! not needed, or nobody watches what it is for.

use std::collections::BTreeMap;
use std::path::Path;

use super::run;
use crate::guard;

/// Seeds that are tried without a guard, and the days of each.
const SEEDS: u64 = 60;
const DAYS: i64 = 20;

/// The names of all guards that stand in the source, with their files.
fn in_source(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
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

#[test]
#[expect(clippy::print_stdout, reason = "the table: --nocapture shows it")]
fn no_guard_goes_unnoticed() {
    let mut source = BTreeMap::new();
    in_source(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    source.retain(|_, path| !path.contains("simulation"));
    for seed in 1..=6 {
        run(seed, DAYS).unwrap_or_else(|why| panic!("seed {seed}: {why}"));
    }
    let asked: BTreeMap<&str, (&str, u32)> = guard::all().into_iter().map(|(name, file, line)| (name, (file, line))).collect();
    let never: Vec<&String> = source.keys().filter(|name| !asked.contains_key(name.as_str())).collect();
    assert!(never.is_empty(), "guards that the simulation never comes to: {never:?}");
    let only = std::env::var("HEAL_GUARD").ok();
    let mut unnoticed = Vec::new();
    for (name, (file, line)) in asked.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| name.contains(only.as_str()))) {
        let caught = guard::without(name, || (1..=SEEDS).find_map(|seed| run(seed, DAYS).err().map(|why| (seed, why))));
        match caught {
            Some((seed, why)) => println!("{name}\n    {file}:{line}, seed {seed}: {why}"),
            None => unnoticed.push(format!("{name} ({file}:{line})")),
        }
    }
    assert!(unnoticed.is_empty(), "{} guards that nobody misses:\n{}", unnoticed.len(), unnoticed.join("\n"));
}
