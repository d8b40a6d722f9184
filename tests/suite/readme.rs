//! Is the README true? Its quick start is executed, its heal.toml loaded, its tables compared with what heal says of itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Project, alive, free_port, wait_for};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("there")
}

/// The text below a heading, up to the next one of any level.
#[track_caller]
fn section(title: &str) -> String {
    let text = readme();
    let (_, rest) = text.split_once(&format!("\n{title}\n")).unwrap_or_else(|| panic!("no section {title}"));
    let mut fenced = false;
    let inside = rest.lines().take_while(|line| {
        fenced ^= line.starts_with("```");
        fenced || !line.starts_with('#')
    });
    inside.map(|line| format!("{line}\n")).collect()
}

/// The fenced blocks of a text: language and content.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            let inside = lines.by_ref().take_while(|line| *line != "```").map(|line| format!("{line}\n"));
            found.push((language.to_owned(), inside.collect()));
        }
    }
    found
}

/// Numbers differ between runs: pids, times, durations. Exit codes must not: what `echo $?` prints stays.
fn without_numbers(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut code = false;
    for line in text.lines() {
        for c in line.chars() {
            match c {
                '0'..='9' if !code && shown.ends_with('#') => {}
                '0'..='9' if !code => shown.push('#'),
                c => shown.push(c),
            }
        }
        shown.push('\n');
        code = line == "$ echo $?";
    }
    // How often the same was said depends on how fast the machine is.
    let mut lines: Vec<&str> = shown.split('\n').collect();
    lines.dedup();
    lines.join("\n")
}

/// A person at a shell: keeps the directory and `$?` between commands, and types the pid that heal printed last.
struct Person<'p> {
    project: &'p Project,
    cwd: PathBuf,
    code: i32,
    pid: i32,
}

impl Person<'_> {
    fn types(&mut self, command: &str) -> String {
        let kills = command.starts_with("kill ");
        let command = match command.rsplit_once(' ') {
            Some((kill, _)) if kills => format!("{kill} {}", self.pid),
            _ => command.to_owned(),
        };
        let note = self.project.path("cwd");
        let heal = Path::new(env!("CARGO_BIN_EXE_heal")).parent().expect("a folder").display();
        let script = format!("(exit {})\n{command}\ncode=$?\npwd > '{}'\nexit $code", self.code, note.display());
        let output = Command::new("/bin/sh")
            .args(["-c", &format!("{{ {script}\n}} 2>&1")])
            .current_dir(&self.cwd)
            .env_clear()
            .env("PATH", format!("{heal}:/usr/local/bin:/usr/bin:/bin"))
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        self.code = output.status.code().expect("no signal");
        self.cwd = PathBuf::from(fs::read_to_string(note).expect("written").trim_end());
        if kills {
            assert_eq!(self.code, 0, "{command}");
            wait_for("the service's end", || !alive(self.pid));
        }
        let said = String::from_utf8(output.stdout).expect("UTF-8");
        if let Some((_, rest)) = said.rsplit_once("pid ") {
            let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
            self.pid = digits.parse().expect("a pid");
        }
        said.replace(self.project.path("").display().to_string().trim_end_matches('/'), "/home/me")
    }
}

#[test]
fn the_quick_start_goes_as_it_is_printed() {
    let project = Project::new("");
    let mut person = Person { project: &project, cwd: project.path(""), code: 0, pid: 0 };
    let port = free_port().to_string();
    let mut commands = 0;
    for (language, block) in blocks(&section("## Quick start")) {
        let block = block.replace("8931", &port);
        match language.as_str() {
            "toml" => fs::write(person.cwd.join("heal.toml"), block).expect("written"),
            "console" => {
                let mut seen = String::new();
                for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
                    let said = person.types(command);
                    seen.push_str(&format!("$ {command}\n{said}"));
                    commands += 1;
                }
                let printed = block.clone();
                assert_eq!(
                    without_numbers(&seen),
                    without_numbers(&printed),
                    "\nthe README says:\n{printed}\nheal says:\n{seen}"
                );
            }
            other => panic!("what is ```{other}?"),
        }
    }
    assert!(commands > 10, "only {commands} commands were found");
    assert!(!project.path("heal-try").exists(), "the quick start leaves something behind");
}

#[test]
fn every_heal_toml_in_it_is_right() {
    let configs: Vec<String> =
        blocks(&readme()).into_iter().filter(|(language, _)| language == "toml").map(|(_, block)| block).collect();
    assert_eq!(configs.len(), 7);
    for config in configs {
        let project = Project::new(&config);
        project.script("scripts/tell-me", "#!/bin/sh\n");
        let ran = project.heal(&["config", "check"]).exits(0);
        assert!(!ran.stdout.contains("note"), "{}", ran.stdout);
    }
}

#[test]
fn the_defaults_it_names_are_the_defaults() {
    let example = blocks(&section("## heal.toml")).remove(0).1;
    let shown = |config: &str| Project::new(config).heal(&["config", "show", "--json"]).exits(0).json();
    let bare = shown("[project]\nname = \"bot\"\n[service.bot]\nmatch = { executable = \"x\" }\nstart = [\"true\"]\n");
    let full = shown(&example);
    let of = |shown: &Value, key: &str| shown["config"]["service"]["bot"][key].clone();
    let keys = [
        "startup_grace",
        "stop_grace",
        "verify_within",
        "stable_for",
        "recover_after",
        "restart_limit",
        "restart_delay",
    ];
    for key in keys {
        assert_eq!(of(&full, key), of(&bare, key), "{key}");
        assert!(!of(&bare, key).is_null(), "{key}");
    }
}

fn kinds() -> Value {
    Project::new("").heal(&["config", "kinds", "--json"]).exits(0).json()
}

/// The rows of the one table of a section.
fn rows(title: &str) -> String {
    let text = section(title);
    text.lines().filter(|line| line.starts_with('|')).skip(2).map(|row| format!("{row}\n")).collect()
}

/// A text between the pipes of a table.
fn cell(value: &Value) -> String {
    value.as_str().expect("text").replace('|', "\\|")
}

#[test]
fn the_tables_of_kinds_are_those_of_heal() {
    let kinds = kinds();
    let built = |key: &str| kinds[key]["built"].as_array().expect("a list").clone();
    let probes: String = built("probes")
        .iter()
        .map(|kind| {
            format!("| `{}` | {} | `{}` |\n", cell(&kind["name"]), cell(&kind["about"]), cell(&kind["example"]))
        })
        .collect();
    assert_eq!(rows("### Kinds of probes"), probes, "\nput this into the README:\n{probes}");
    let locks: String = built("locks")
        .iter()
        .map(|kind| {
            format!("| `{}` | {} | `{}` |\n", cell(&kind["name"]), cell(&kind["about"]), cell(&kind["example"]))
        })
        .collect();
    assert_eq!(rows("### Locks"), locks, "\nput this into the README:\n{locks}");
    for (title, key) in [("### Rungs of the ladder", "rungs"), ("### Alert channels", "alerts")] {
        let table: String = built(key)
            .iter()
            .map(|kind| format!("| `{}` | {} |\n", cell(&kind["name"]), cell(&kind["about"])))
            .collect();
        assert_eq!(rows(title), table, "\nput this into the README:\n{table}");
    }
}

#[test]
fn what_is_not_built_is_named() {
    let kinds = kinds();
    let text = section("## What is not built yet");
    for (title, key) in [("rungs", "rungs"), ("alert channels", "alerts")] {
        let names: Vec<String> =
            kinds[key]["planned"].as_array().expect("a list").iter().map(|name| format!("`{}`", cell(name))).collect();
        let line = if names.is_empty() { String::new() } else { format!("- {title}: {}\n", names.join(", ")) };
        assert!(text.contains(&line), "\nput this into the README:\n{line}");
        assert!(!names.is_empty() || !text.contains(&format!("- {title}: ")), "all {title} are built");
    }
    // What no command lists is read from the source, and heal has to warn about each.
    let source = fs::read_to_string(root().join("src/config/file.rs")).expect("there");
    let listed = |start: &str| -> Vec<String> {
        let (_, list) = source.split_once(start).expect("the list");
        list.split_once("];").expect("its end").0.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let named = |start: &str| -> Vec<String> {
        let line = text.lines().find_map(|line| line.strip_prefix(start)).expect("a line");
        line.split(", ").map(|name| name.trim_matches(['`', '[', ']']).to_owned()).collect()
    };
    let sections = named("- sections: ");
    assert_eq!(sections, listed("const PLANNED: &[&str] = &["));
    let mut config = "[project]\nname = \"x\"\n[service.x]\nmatch = { executable = \"x\" }\n".to_owned();
    config.extend(sections.iter().map(|name| format!("[{name}]\n")));
    let ran = Project::new(&config).heal(&["config", "check", "--json"]).exits(0);
    let warnings = ran.json()["warnings"].as_array().expect("a list").clone();
    assert_eq!(warnings.len(), sections.len(), "{warnings:?}");
}

#[test]
fn the_table_of_exit_codes_is_that_of_the_help() {
    let help = Project::new("").heal(&["--help"]).exits(0).stdout;
    let (_, codes) = help.split_once("Exit codes:\n").expect("codes");
    let table: String = codes
        .lines()
        .filter_map(|line| line.trim().split_once("  "))
        .map(|(code, meaning)| format!("| {code} | {meaning} |\n"))
        .collect();
    assert!(table.lines().count() > 10, "{help}");
    assert_eq!(rows("## Exit codes"), table, "\nput this into the README:\n{table}");
}

#[test]
fn every_command_and_file_that_it_names_exists() {
    let text = readme();
    let help = Project::new("").heal(&["--help"]).exits(0).stdout;
    let inline: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    let mut commands = 0;
    for code in &inline {
        if let Some(name) = code.strip_prefix("heal ").and_then(|rest| rest.split_whitespace().next())
            && !name.starts_with('-')
        {
            commands += 1;
            assert!(help.contains(&format!("\n  {name} ")), "`{code}`: there is no such subcommand");
        }
        if code.starts_with("scripts/") {
            assert!(root().join(code).exists(), "{code}");
        }
    }
    assert!(commands > 5, "only {commands} commands were found");
    for script in
        blocks(&text).iter().flat_map(|(_, block)| block.split_whitespace()).filter(|word| word.starts_with("scripts/"))
    {
        assert!(root().join(script).exists(), "{script}");
    }
}
