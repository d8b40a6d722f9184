//! `heal completions`: are the committed scripts those of this program, and do shells take them? `BLESS=1` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::Project;

/// The shell, and the name under which its package managers look for the script.
const SCRIPTS: [(&str, &str); 5] = [
    ("bash", "heal.bash"),
    ("zsh", "_heal"),
    ("fish", "heal.fish"),
    ("elvish", "heal.elv"),
    ("powershell", "_heal.ps1"),
];

/// Compares a committed file with what the program says now; with `BLESS=1` it is written instead.
#[track_caller]
pub fn committed(path: &Path, now: &str) {
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("created");
        fs::write(path, now).expect("written");
    }
    let then = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert!(then == now, "{} is stale; write it anew: BLESS=1 cargo test --test suite", path.display());
}

/// A folder of the repository, and the names of what is in it.
pub fn folder(name: &str) -> (PathBuf, Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    (folder, names)
}

#[test]
fn the_committed_ones_are_those_of_this_program() {
    let project = Project::new("");
    let (folder_of, _) = folder("completions");
    for (shell, name) in SCRIPTS {
        committed(&folder_of.join(name), &project.heal(&["completions", "--static", shell]).exits(0).stdout);
    }
    let mut expected = SCRIPTS.map(|(_, name)| name.to_owned()).to_vec();
    expected.sort();
    assert_eq!(folder("completions").1, expected);
}

#[test]
fn bash_loads_it_and_completes() {
    let script = folder("completions").0.join("heal.bash");
    let ask = r#"source "$1" || exit 9
complete -p heal || exit 8
words() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMPREPLY=(); _heal heal "${@: -1}" "${@: -2:1}"; echo "${COMPREPLY[*]}"; }
words heal ""
words heal config ""
words heal check --e
words heal --format ""
"#;
    let output = Command::new("bash")
        .args(["--norc", "-euc", ask, "bash"])
        .arg(&script)
        .env_clear()
        .output()
        .expect("bash is there");
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{wrong}");
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("complete ") && lines[0].ends_with(" heal"), "{said}");
    for (line, words) in [
        (1, &["check", "heal", "release", "init", "--json"][..]),
        (2, &["check", "show", "kinds"]),
        (3, &["--explain"]),
        (4, &["human", "json", "nagios"]),
    ] {
        let offered: Vec<&str> = lines[line].split(' ').collect();
        assert!(words.iter().all(|word| offered.contains(word)), "{said}");
    }
}

#[test]
fn other_shells_take_theirs_where_they_are_installed() {
    // Parsing only; in the test image there is bash alone, on a developer's machine whatever is there.
    let (folder, _) = folder("completions");
    for (shell, args, name) in [("zsh", &["-n"][..], "_heal"), ("fish", &["--no-execute"], "heal.fish")] {
        if let Ok(output) = Command::new(shell).args(args).arg(folder.join(name)).output() {
            assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    // What holds without a shell: every subcommand is in every script.
    for (_, name) in SCRIPTS {
        let text = fs::read_to_string(folder.join(name)).expect("committed");
        for word in ["check", "release", "status", "beat", "completions", "dry-run", "explain", "exit-map"] {
            assert!(text.contains(word), "{name} lacks {word}");
        }
    }
}
