//! Does the tree keep its word? Imports against the table of the design, sizes, unsafe, and a test file per subcommand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom (DESIGN §2, with `pipeline`, the sentence of §1, between `commands` and the rest).
const TABLE: &[(&str, &[&str])] = &[
    ("main", &[]),
    ("cli", &["commands", "config", "error", "exit"]),
    (
        "commands",
        &[
            "alert", "apply", "cli", "config", "error", "exit", "host", "journal", "model", "output", "pipeline",
            "probe", "remedy",
        ],
    ),
    (
        "pipeline",
        // Whether each guard is missed is asked by the simulation, which is compiled for tests alone.
        &[
            "alert", "apply", "config", "error", "exit", "guard", "host", "journal", "model", "policy", "probe",
            "remedy",
        ],
    ),
    ("config", &["alert", "error", "host", "model", "probe", "remedy"]),
    ("apply", &["error", "host", "journal", "model"]),
    ("probe", &["host", "model"]),
    ("remedy", &["host", "model"]),
    ("alert", &["model"]),
    ("journal", &["error", "host", "model"]),
    ("policy", &["model"]),
    ("output", &["model"]),
    ("host", &["model"]),
    ("exit", &["error", "model"]),
    ("error", &[]),
    ("guard", &[]),
    // The list of what a fuzzer calls; compiled for it and for tests alone. The promises stand beside what they are about.
    ("fuzz", &["apply", "config", "host", "journal", "probe", "remedy"]),
    ("model", &[]),
];

fn sources(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The top-level module that a file belongs to.
fn module(path: &Path) -> String {
    let relative = path.strip_prefix(root().join("src")).expect("inside src");
    let first = relative.components().next().expect("a component").as_os_str().to_string_lossy().into_owned();
    // The tests of a file belong to it.
    first.trim_end_matches(".rs").trim_end_matches("_tests").to_owned()
}

/// `crate::x`, also inside `use crate::{x::y, z}`; code only, comments and unit tests left out.
fn imports(text: &str) -> Vec<String> {
    let code: Vec<&str> = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut name = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.push(std::mem::take(&mut name)),
                    c if depth == 0 => name.push(c),
                    _ => {}
                }
            }
            found.push(name);
        } else {
            found.push(rest.to_owned());
        }
    }
    let word = |text: String| -> String {
        text.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
    };
    found.into_iter().map(word).filter(|name| !name.is_empty()).collect()
}

#[test]
fn imports_only_point_downwards() {
    let table: BTreeMap<&str, &[&str]> = TABLE.iter().copied().collect();
    let mut wrong = Vec::new();
    for path in sources(&root().join("src")) {
        let from = module(&path);
        if from == "lib" {
            continue;
        }
        let allowed = table.get(from.as_str()).unwrap_or_else(|| panic!("{from} is not in the table"));
        for to in imports(&fs::read_to_string(&path).expect("readable")) {
            if to != from && !allowed.contains(&to.as_str()) {
                wrong.push(format!("{}: {from} must not import {to}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_import_reader_sees_what_it_should() {
    let text = "use crate::model::x;\nuse crate::{host, journal::{a, b}};\n// crate::comment\nlet x = crate::output::line();\n";
    assert_eq!(imports(text), ["model", "host", "journal", "output"]);
}

#[test]
fn no_file_is_above_400_lines() {
    let mut fat = Vec::new();
    for folder in ["src", "tests"] {
        for path in sources(&root().join(folder)) {
            let lines = fs::read_to_string(&path).expect("readable").lines().count();
            if lines > 400 {
                fat.push(format!("{} has {lines}", path.display()));
            }
        }
    }
    assert!(fat.is_empty(), "{}", fat.join("\n"));
}

#[test]
fn every_file_says_what_question_it_answers() {
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).expect("readable");
        let tests = path.to_string_lossy().ends_with("_tests.rs");
        assert!(tests || text.starts_with("//!"), "{} begins without //!", path.display());
    }
}

#[test]
fn unsafe_code_has_one_home() {
    for path in sources(&root().join("src")) {
        let text = fs::read_to_string(&path).expect("readable");
        let home = path.ends_with("host/sys.rs");
        assert!(home || !text.contains("unsafe {") && !text.contains("allow(unsafe_code)"), "{}", path.display());
    }
}

#[test]
fn every_subcommand_has_a_test_file() {
    for path in sources(&root().join("src/commands")) {
        let name = path.file_name().expect("a name");
        if name != "mod.rs" {
            let tests = root().join("tests/suite").join(name);
            assert!(tests.exists(), "{} is missing", tests.display());
            assert!(
                fs::read_to_string(&tests).expect("readable").contains("#[test]"),
                "{} tests nothing",
                tests.display()
            );
        }
    }
}

#[test]
fn the_tests_of_logic_stand_beside_it() {
    // A hollow file would satisfy the compiler: each `_tests.rs` has to assert something.
    for path in sources(&root().join("src")).iter().filter(|path| path.to_string_lossy().ends_with("_tests.rs")) {
        let text = fs::read_to_string(path).expect("readable");
        assert!(text.contains("#[test]") && text.contains("assert"), "{} tests nothing", path.display());
    }
}
