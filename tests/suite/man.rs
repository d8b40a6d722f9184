//! `heal man`: are the committed pages those of this program, is there one for each subcommand, and does mandoc find nothing to say?

use std::process::Command;

use super::completions::{committed, folder};
use super::support::Project;

/// A page for everything that can be typed.
const PAGES: &[&str] = &[
    "heal",
    "heal-alert",
    "heal-alert-ack",
    "heal-alert-flush",
    "heal-alert-list",
    "heal-alert-preview",
    "heal-alert-test",
    "heal-beat",
    "heal-check",
    "heal-checkpoint",
    "heal-checkpoint-list",
    "heal-checkpoint-restore",
    "heal-checkpoint-save",
    "heal-checkpoint-verify",
    "heal-clean-locks",
    "heal-completions",
    "heal-config",
    "heal-config-check",
    "heal-config-kinds",
    "heal-config-schema",
    "heal-config-show",
    "heal-crash",
    "heal-crash-history",
    "heal-crash-log",
    "heal-crash-pattern",
    "heal-doctor",
    "heal-heal",
    "heal-hold",
    "heal-init",
    "heal-install",
    "heal-lock",
    "heal-man",
    "heal-pause",
    "heal-release",
    "heal-restart",
    "heal-resume",
    "heal-revert",
    "heal-run",
    "heal-status",
    "heal-undo",
    "heal-uninstall",
    "heal-update",
    "heal-update-apply",
    "heal-update-check",
    "heal-update-history",
    "heal-update-rollback",
    "heal-update-status",
    "heal-validate-state",
];

fn page(project: &Project, name: &str) -> String {
    let words: Vec<&str> = name.split('-').skip(1).collect();
    project.heal(&[&["man"][..], &words].concat()).exits(0).stdout
}

#[test]
fn the_committed_ones_are_those_of_this_program() {
    let project = Project::new("");
    for name in PAGES {
        committed(&folder("man").0.join(format!("{name}.1")), &page(&project, name));
    }
    let mut expected: Vec<String> = PAGES.iter().map(|name| format!("{name}.1")).collect();
    expected.sort();
    assert_eq!(folder("man").1, expected);
    // Every page that a page sends its reader to is there.
    for name in PAGES {
        let text = page(&project, name).replace('\\', "");
        for reference in text.lines().filter_map(|line| line.strip_suffix("(1)").filter(|line| !line.contains(' '))) {
            assert!(PAGES.contains(&reference), "{name} names {reference}(1)");
        }
    }
}

#[test]
fn every_subcommand_has_a_page() {
    // The list of the pages that is given to who mistyped one is the list of the pages.
    let ran = Project::new("").heal(&["man", "nothing"]).exits(64);
    let pages = ran.stderr.split("pages: ").nth(1).expect("the pages").trim().to_owned();
    let mut pages: Vec<&str> = pages.split(", ").collect();
    pages.sort_unstable();
    let mut known = PAGES.to_vec();
    known.sort_unstable();
    assert_eq!(pages, known);
}

#[test]
fn mandoc_finds_nothing_to_say() {
    for name in PAGES {
        let path = folder("man").0.join(format!("{name}.1"));
        let output = Command::new("mandoc").args(["-Tlint", "-W", "warning"]).arg(&path).output();
        let output = output.expect("mandoc is needed and missing; `scripts/test` installs it");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && said.is_empty(), "{said}");
    }
}

#[test]
fn it_reads_as_a_manual() {
    let output = Command::new("mandoc").args(["-Tascii"]).arg(folder("man").0.join("heal.1")).output();
    let output = output.expect("mandoc is needed and missing; `scripts/test` installs it");
    // Bold is a letter, a backspace and the letter again.
    let mut plain = String::new();
    for letter in String::from_utf8_lossy(&output.stdout).chars() {
        if letter == '\u{8}' {
            plain.pop();
        } else {
            plain.push(letter);
        }
    }
    for part in ["NAME\n", "heal - Keeps the services", "EXIT STATUS\n", "69     held or refused", "heal-check(1)"] {
        assert!(plain.contains(part), "{part}:\n{plain}");
    }
}
