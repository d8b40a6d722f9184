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
        note  heal.toml:39:1: [schedule] update is not built yet and does nothing
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
        {"schema":"heal/1","command":"config","status":"ok","exit_code":0,"path":"[DIR]/heal.toml","warnings":["heal.toml:39:1: [schedule] update is not built yet and does nothing","heal.toml:41:2: [git] is not built yet and does nothing"]}
        --- stderr
    "#]].assert_eq(&project.heal(&["config", "check", "--json"]).exits(0).snapshot(&project));
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

        [alert.me]
        kind = "command"
        command = ["./tell"]
        enabled = true
        min_severity = "critical"
        timeout = "5s"
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    // What it prints is what it says in JSON.
    let json = project.heal(&["config", "show", "--json"]).exits(0).json();
    let toml: serde_json::Value = toml::from_str(&ran.stdout).expect("TOML");
    assert_eq!(toml, json["config"]);
}

#[test]
fn kinds_lists_everything_that_may_stand_there() {
    let project = Project::new(""); // no heal.toml is needed, so a broken one does no harm
    expect![[r#"
        exit 0
        --- stdout
        Probes
          process      the service's process runs (implied; declare it only to change its threshold)
                       process = { kind = "process", fail_after = 1 }
          fresh        a file or glob was written lately; by its mtime or by a time stamp in a JSON field
                       log = { kind = "fresh", path = "logs/bot.log", within = "5m" }
          beat         the service's work loop called `heal beat` lately, and its progress moved
                       work = { kind = "beat", within = "5m", progress_within = "30m" }
          http         an HTTP or HTTPS request is answered with the expected status, and a body with the expected values
                       health = { kind = "http", url = "http://127.0.0.1:[PORT]/health", json = { ".status" = "ok" }, jq = '.queue < 100' }
          tcp          a TCP address or a Unix socket accepts a connection
                       port = { kind = "tcp", address = "127.0.0.1:[PORT]" }
          port         the service's own process listens on a TCP port; a stranger there, or nobody, is bad
                       listens = { kind = "port", port = 8080, address = "127.0.0.1" }
          certificate  how long the certificates of a file, or those that an endpoint serves, are still valid
                       cert = { kind = "certificate", address = "127.0.0.1:[PORT]", name = "example.org", warn_below = "14d", critical_below = "3d" }
          command      a command exits with 0 (or with 0/1/2/3 like a monitoring plugin)
                       queue = { kind = "command", command = ["true"], timeout = "10s" }
          disk         free space and free inodes of a file system, and whether it has become read-only
                       disk = { kind = "disk", path = ".", warn_below = "1GB", critical_below = "512MB", warn_inodes_below = "5%" }
          memory       memory of the machine in use, and how long work stood still for want of it
                       memory = { kind = "memory", warn_above = "80%", critical_above = "95%", warn_pressure_above = "10%" }
          log          lines added to a file since the last tick fit a regular expression
                       errors = { kind = "log", path = "logs/bot.log", pattern = "ERROR|Traceback", count = "5 per 10m" }
          sqlite       an SQLite database can be read and written, and is sound
                       db = { kind = "sqlite", path = "data/bot.db", quick_check_every = "1h" }

        Rungs of a ladder
          restart      start it again; stop it first if it runs
          stop-stale   stop the hung process and its children (TERM, wait, KILL, confirm), then start it
          clear-locks  stop it as stop-stale does, clear its locks that are proved stale, then start it
          not built yet: revert

        Rungs of a service's own, in [service.NAME.remedies]
          command      run a command of one's own; exit code 0 is done
                       flush = { kind = "command", command = ["./scripts/flush-queue"], timeout = "20s" }
          http         send a request; the expected status is done
                       light = { kind = "http", method = "POST", url = "http://127.0.0.1:[PORT]/self/heal" }

        Alert channels
          file         appends one JSON object per line to a file
                       [alert.file]
                       kind = "file"
                       path = "logs/alerts.jsonl"
          command      runs a command with the alert as JSON on its input and in HEAL_* variables
                       [alert.mail]
                       kind = "command"
                       command = ["sh", "-c", "cat >> alerts.txt"]
          not built yet: telegram, slack, discord, ntfy, webhook, email, alertmanager, syslog, desktop, ping

        Locks
          sqlite       a SQLite database: nobody's -wal or -journal is removed, SQLite recovers it once nobody has it open
                       session = { kind = "sqlite", paths = ["data/*.session"], stop_holders = { args_contain = "bot.py" } }
          flock        a file for flock(2): never moved, its holder is told
                       single = { kind = "flock", paths = ["run/single.lock"] }
          pid          a file that names its holder: moved aside once that one is proved dead and nobody has the file
                       run = { kind = "pid", paths = ["run/*.pid"] }
          git          locks of a git repository: moved aside when no git works there and they are older than min_age
                       repository = { kind = "git", paths = [".git"], min_age = "10m" }
          auto         told from the name and the content, never taken for a database; in doubt it stays
                       state = { kind = "auto", paths = ["state/*.lock"], min_age = "5m" }

        --- stderr
    "#]]
    .assert_eq(&project.heal(&["config", "kinds"]).exits(0).snapshot(&project));
}

#[test]
fn every_example_of_a_kind_is_right() {
    let with = Project::new("");
    let kinds = with.heal(&["config", "kinds", "--json"]).exits(0).json();
    let mut text = project("[service.bot]\nmatch = { executable = \"bot\" }\n\n[service.bot.probes]\n");
    let examples = |group: &str| -> Vec<String> {
        let built = kinds[group]["built"].as_array().expect("a list").clone();
        built.iter().map(|kind| kind["example"].as_str().expect("text").to_owned()).collect()
    };
    let (probes, alerts) = (examples("probes"), examples("alerts"));
    for line in probes.iter().chain(&alerts) {
        text.push_str(&format!("{line}\n"));
    }
    with.write("heal.toml", &text);
    let shown = with.heal(&["config", "show", "--json"]).exits(0).json();
    let count = |value: &serde_json::Value| value.as_object().map_or(0, serde_json::Map::len);
    assert_eq!(count(&shown["config"]["service"]["bot"]["probes"]), probes.len());
    assert_eq!(count(&shown["config"]["alert"]), alerts.len());
    let warnings = with.heal(&["config", "check", "--json"]).exits(0).json();
    assert_eq!(warnings["warnings"], serde_json::json!([]));
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
