//! Does tests/README.md tell the truth? Every row names tests that exist, or says that it is open; and no number is missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a section has to go through, from 1: the faults of a list that has so many.
const FAULTS: usize = 86;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The rows of each section, by its heading: number, and what shows it.
fn rows(text: &str) -> BTreeMap<&str, Vec<(usize, &str)>> {
    let mut found: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    let mut section = "";
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            section = name;
        }
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        if let [number, _, shown] = cells[..]
            && let Ok(number) = number.parse()
        {
            found.entry(section).or_default().push((number, shown));
        }
    }
    found
}

/// Why this is no test or script of ours; `None` when it is one.
fn missing(name: &str) -> Option<String> {
    if name.starts_with("scripts/") {
        return (!root().join(name).is_file()).then(|| format!("there is no {name}"));
    }
    let (place, test) = name.rsplit_once("::")?;
    let file = if place.contains('/') { place.to_owned() } else { format!("tests/suite/{place}.rs") };
    let Ok(text) = fs::read_to_string(root().join(&file)) else { return Some(format!("there is no {file}")) };
    let Some(at) = text.find(&format!("fn {test}()")) else { return Some(format!("{file} has no {test}")) };
    // What stands above it up to the end of what is before.
    let above = text[..at].rsplit("\n\n").next().unwrap_or_default();
    (!above.contains("#[test]")).then(|| format!("{name} is no test"))
}

#[test]
fn every_row_names_tests_that_exist() {
    let text = fs::read_to_string(root().join("tests/README.md")).expect("readable");
    let rows = rows(&text);
    let mut wrong = Vec::new();
    let mut open = 0;
    for (section, rows) in &rows {
        let numbers: Vec<usize> = rows.iter().map(|(number, _)| *number).collect();
        let most = if *section == "Faults" { FAULTS } else { rows.len() };
        if numbers != (1..=most).collect::<Vec<_>>() {
            wrong.push(format!("{section}: its numbers do not go from 1 to {most}"));
        }
        for (number, shown) in rows {
            let names: Vec<&str> = shown.split('`').skip(1).step_by(2).filter(|name| is_name(name)).collect();
            let is_open = shown.contains("*open*");
            open += usize::from(is_open);
            if names.is_empty() && !is_open {
                wrong.push(format!("{section} {number}: shown by nothing, and not open"));
            }
            wrong.extend(names.into_iter().filter_map(missing).map(|why| format!("{section} {number}: {why}")));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(rows.len() >= 4, "{rows:?}");
    println!("{} rows, {open} of them open", rows.values().map(Vec::len).sum::<usize>());
}

fn is_name(text: &str) -> bool {
    text.contains("::") || text.starts_with("scripts/")
}

#[test]
fn the_crash_matrix_runs_every_sweep() {
    let script = fs::read_to_string(root().join("scripts/crash-matrix")).expect("readable");
    let listed: Vec<&str> = script.lines().filter(|line| line.contains("::") && !line.contains(' ')).collect();
    let wrong: Vec<String> = listed.iter().filter_map(|name| missing(name)).collect();
    assert_eq!(wrong, [""; 0]);
    for file in fs::read_dir(root().join("tests/suite")).expect("readable").flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        let Some(module) = name.strip_suffix(".rs") else { continue };
        let sweeps = fs::read_to_string(file.path()).expect("readable").contains("\nuse super::killpoints::");
        let is_listed = listed.iter().any(|name| name.split("::").next() == Some(module));
        assert_eq!(sweeps, is_listed, "{module}: who goes through a sweep stands in scripts/crash-matrix");
    }
}

#[test]
fn what_is_not_there_is_seen() {
    assert_eq!(missing("proofs::what_is_not_there_is_seen"), None);
    assert!(missing("proofs::nothing").is_some());
    assert!(missing("proofs::missing").is_some());
    assert!(missing("nowhere::nothing").is_some());
    assert!(missing("scripts/nothing").is_some());
}
