//! `heal config`: does it say yes to what is right, show what holds, and list what there is? What is wrong: `config_*.rs`.

use expect_test::expect;

use super::config_faults::project;
use super::support::Project;

const WHOLE: &str = r#"[project]
name     = "bots"
data_dir = "var/heal"
mode     = "observe"

[service.bot]
match         = { executable = "python3", args_contain = "bot.py", user = "bot", min_age = "1s" }
start         = ["/bin/true", "--fast"]
env           = { LANG = "C.UTF-8", API_TOKEN = "abc" }
log           = "logs/bot.log"
ladder        = ["restart", "stop-stale"]
startup_grace = "1m"
restart_limit = "5 per 30m"
hold_on_exit  = [2, 78]

[service.bot.probes]
log    = { kind = "fresh", path = "logs/bot.log", within = "5m", class = "hung", fail_after = 2 }
health = { kind = "http", url = "http://127.0.0.1:8080/health", timeout = "5s", severity = "warning" }
dead   = { kind = "tcp", address = "127.0.0.1:8080", enabled = false }

[service.other]
enabled = false
unit    = "systemd:other.service"

[host.probes]
disk = { kind = "disk", path = "/", warn_below = "1GB" }

[alert.file]
kind = "file"
path = "alerts.jsonl"

[alert.me]
kind         = "command"
command      = ["./tell"]
min_severity = "critical"

[schedule]
heal   = "60s"
update = ["04:00"]

[git]
branch = "main"
"#;

#[test]
fn check_says_yes_and_what_does_nothing_yet() {
    let project = Project::new(WHOLE);
    project.script("tell", "#!/bin/sh\n");
    expect![[r#"
        exit 0
        --- stdout
        [DIR]/heal.toml is right: 2 services, 6 probes, 2 alert channels
        --- stderr
    "#]]
    .assert_eq(&project.heal(&["config", "check"]).exits(0).snapshot(&project));
    expect![[r#"
        exit 0
        --- stdout
        --- stderr
    "#]]
    .assert_eq(&project.heal(&["config", "check", "--quiet"]).exits(0).snapshot(&project));
    expect![[r#"
        exit 0
        --- stdout
        {"schema":"heal/1","command":"config","status":"ok","exit_code":0,"path":"[DIR]/heal.toml","warnings":[]}
        --- stderr
    "#]]
    .assert_eq(&project.heal(&["config", "check", "--json"]).exits(0).snapshot(&project));
    assert!(!project.path("var").exists(), "checking writes nothing");
}

#[test]
fn one_thing_is_not_called_things() {
    let project = Project::new(&project("[service.bot]\nmatch = { executable = \"bot\" }\n"));
    expect![[r#"
        exit 0
        --- stdout
        [DIR]/heal.toml is right: 1 service, 1 probe, 0 alert channels
        --- stderr
    "#]]
    .assert_eq(&project.heal(&["config", "check"]).exits(0).snapshot(&project));
}

#[test]
fn show_is_every_default_and_reads_as_toml() {
    let project = Project::new(WHOLE);
    let ran = project.heal(&["config", "show"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        [project]
        name = "bots"
        mode = "observe"
        data_dir = "[DIR]/var/heal"

        [schedule]
        enabled = true
        heal = "1m"

        [alerting]
        enabled = true
        max_per_hour = 20

        [git]
        enabled = true
        remote = "origin"
        branch = "main"

        [revert]
        enabled = true
        push = false
        limit = "1 per 1d"
        signing = "refuse"
        after = []
        after_timeout = "1m"

        [update]
        enabled = true
        build_timeout = "2m"
        probation = "10m"
        defer_for = "1d"

        [crash]
        enabled = true
        pattern = "3 per 30m"
        release_age = "1h"
        storm = "5 per 30m"

        [service.bot]
        enabled = true
        ladder = [
            "restart",
            "stop-stale",
        ]
        startup_grace = "1m"
        stable_for = "2m"
        recover_after = 2
        restart_limit = "5 per 30m"
        restart_delay = "0s"
        verify_within = "20s"
        hold_on_exit = [
            2,
            78,
        ]
        needs = []
        wants = []
        start = [
            "/bin/true",
            "--fast",
        ]
        cwd = "[DIR]"
        log = "logs/bot.log"
        stop_grace = "10s"

        [service.bot.match]
        executable = "python3"
        args_contain = "bot.py"
        user = "bot"
        min_age = "1s"
        max_matches = 1

        [service.bot.env]
        API_TOKEN = "***"
        LANG = "C.UTF-8"

        [service.bot.probes.process]
        kind = "process"
        enabled = true
        timeout = "5s"
        class = "dead"
        fail_after = 1

        [service.bot.probes.log]
        kind = "fresh"
        path = "logs/bot.log"
        within = "5m"
        each = false
        enabled = true
        timeout = "5s"
        class = "hung"
        fail_after = 2

        [service.bot.probes.health]
        kind = "http"
        url = "http://127.0.0.1:[PORT]/health"
        method = "GET"
        enabled = true
        timeout = "5s"
        class = "hung"
        severity = "warning"
        fail_after = 1

        [service.bot.probes.dead]
        kind = "tcp"
        address = "127.0.0.1:[PORT]"
        enabled = false
        timeout = "5s"
        class = "hung"
        fail_after = 1

        [service.other]
        enabled = false
        ladder = [
            "restart",
            "stop-stale",
            "clear-locks",
            "revert",
        ]
        startup_grace = "30s"
        stable_for = "2m"
        recover_after = 2
        restart_limit = "3 per 1h"
        restart_delay = "0s"
        verify_within = "20s"
        hold_on_exit = []
        needs = []
        wants = []
        unit = "systemd:other.service"
        stop_grace = "10s"

        [service.other.probes.process]
        kind = "process"
        enabled = true
        timeout = "5s"
        class = "dead"
        fail_after = 1

        [host]
        enabled = true

        [host.probes.disk]
        kind = "disk"
        path = "/"
        warn_below = "1GB"
        enabled = true
        timeout = "5s"
        class = "resource"
        fail_after = 1

        [alert.file]
        kind = "file"
        path = "alerts.jsonl"
        enabled = true
        min_severity = "info"
        timeout = "5s"
        services = []

        [alert.me]
        kind = "command"
        command = ["./tell"]
        enabled = true
        min_severity = "critical"
        timeout = "5s"
        services = []
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    // What it prints is what it says in JSON.
    let json = project.heal(&["config", "show", "--json"]).exits(0).json();
    let toml: serde_json::Value = toml::from_str(&ran.stdout).expect("TOML");
    assert_eq!(toml, json["config"]);
}

#[test]
fn a_word_that_is_planned_is_a_note_and_not_a_fault() {
    let with = Project::new("");
    let kinds = with.heal(&["config", "kinds", "--json"]).exits(0).json();
    let mut text = project("[service.bot]\nmatch = { executable = \"bot\" }\n");
    let planned = |group: &str| kinds[group]["planned"].as_array().expect("a list").clone();
    text.push_str(&format!("ladder = {}\n\n[service.bot.probes]\n", serde_json::Value::from(planned("rungs"))));
    for kind in planned("probes") {
        text.push_str(&format!("{} = {{ kind = {kind}, whatever = 1 }}\n", kind.as_str().expect("text")));
    }
    for kind in planned("alerts") {
        text.push_str(&format!("[alert.{}]\nkind = {kind}\nwhatever = 1\n", kind.as_str().expect("text")));
    }
    with.write("heal.toml", &text);
    let notes = with.heal(&["config", "check", "--json"]).exits(0).json()["warnings"].as_array().expect("a list").len();
    assert_eq!(notes, planned("rungs").len() + planned("probes").len() + planned("alerts").len());
}
