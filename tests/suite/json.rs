//! Is every answer one document in one envelope? schema, command, status and exit_code first, for every command, right or wrong.

use serde_json::Value;

use super::support::{Project, Ran};

/// The envelope is there, in its order, and agrees with the process.
#[track_caller]
fn envelope(ran: &Ran, command: &str, status: &str) -> Value {
    let document = ran.json();
    let keys: Vec<&str> = document.as_object().expect("an object").keys().map(String::as_str).take(4).collect();
    assert_eq!(keys, ["schema", "command", "status", "exit_code"], "{}", ran.stdout);
    assert_eq!(document["schema"], "heal/1");
    assert_eq!((&document["command"], &document["status"]), (&command.into(), &status.into()), "{}", ran.stdout);
    assert_eq!(document["exit_code"], ran.code);
    assert!(ran.stdout.ends_with("}\n") && ran.stdout.matches('\n').count() == 1, "one document, one line");
    assert_eq!(ran.stderr, "");
    document
}

const HOST: &str =
    "[project]\nname = \"x\"\n[host.probes]\ndisk = { kind = \"disk\", path = \".\", critical_below = \"1B\" }\n";

#[test]
fn every_command_has_it() {
    let project = Project::new(HOST);
    let table: [(&[&str], &str); 11] = [
        (&["check"], "check"),
        (&["check", "--quiet"], "check"),
        (&["heal"], "heal"),
        (&["heal", "--dry-run"], "heal"),
        (&["status"], "status"),
        (&["config", "check"], "config"),
        (&["config", "show"], "config"),
        (&["config", "kinds"], "config"),
        (&["completions", "bash"], "completions"),
        (&["man"], "man"),
        (&["init", "--print"], "init"),
    ];
    for (args, command) in table {
        for flag in [&["--json"][..], &["--format", "json"]] {
            let ran = project.heal(&[args, flag].concat()).exits(0);
            envelope(&ran, command, "ok");
        }
    }
}

#[test]
fn status_and_code_say_the_same() {
    let with =
        |rest: &str| Project::new(&format!("{HOST}[service.bot]\nmatch = {{ executable = \"no-such-bot\" }}\n{rest}"));
    // Dead, and heal could not start it.
    envelope(&with("").heal(&["check", "--json"]).exits(2), "check", "critical");
    envelope(&with("").heal(&["heal", "--json"]).exits(2), "heal", "critical");
    envelope(&with("enabled = false\n").heal(&["check", "--json"]).exits(0), "check", "ok");
    let warning = "[service.bot.probes]\nalive = { kind = \"process\", fail_after = 3 }\n";
    envelope(&with(warning).heal(&["check", "--json"]).exits(1), "check", "warning");
    envelope(&with("").heal(&["release", "bot", "--json"]).exits(0), "release", "ok");
    envelope(&with("").heal(&["release", "bta", "--json"]).exits(64), "release", "error");
    envelope(&with("x = 1\n").heal(&["check", "--json"]).exits(78), "check", "error");
    envelope(&with("").heal(&["init", "--json"]).exits(73), "init", "error");
}

#[test]
fn a_report_says_whose_it_is_and_when() {
    let document = Project::new(HOST).heal(&["check", "--json"]).exits(0).json();
    assert_eq!(document["project"], "x");
    assert!(document["host"].as_str().is_some_and(|host| !host.is_empty()));
    let at = document["at"].as_str().expect("a time");
    assert!(at.len() == 24 && at.ends_with('Z') && at.as_bytes()[10] == b'T', "{at}");
    assert!(document["duration_ms"].is_u64(), "{document}");
}

#[test]
fn faults_of_a_configuration_come_one_by_one() {
    let document = Project::new("[project]\nname = 5\n[servce.bot]\n").heal(&["check", "--json"]).exits(78).json();
    let faults = document["error"]["faults"].as_array().expect("a list");
    let shown: Vec<String> = faults.iter().map(|fault| format!("{} {}", fault["place"], fault["message"])).collect();
    assert_eq!(
        shown,
        [
            r#""heal.toml:2:8" "`name` is an integer, not text in quotes""#,
            r#""heal.toml:3:2" "unknown section `servce`""#,
        ]
    );
    assert_eq!(faults[1]["hint"], "did you mean `service`?");
}

#[test]
fn what_comes_from_outside_stays_inside_its_string() {
    let name = "\\u001b]0;evil\\u0007 \\\" } \\u2028 日本";
    let project = Project::new(&format!(
        "[project]\nname = \"x\"\n[servce.\"{name}\"]\na = 1\n[alert.\"{name}\"]\nkind = \"file\"\n"
    ));
    let ran = project.heal(&["check", "--json"]).exits(78);
    envelope(&ran, "check", "error");
    assert!(!ran.stdout.contains(['\u{1b}', '\u{7}']), "{:?}", ran.stdout);
}
