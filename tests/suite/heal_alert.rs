//! Is a person told, once, and nobody left untold? Edges, channels that fail, and what is in a message.

use expect_test::expect;
use serde_json::Value;

use super::acting::{NAP, end, kinds, later, running, sleeper, started_by, the_one, timeless};
use super::support::{Project, wait_for};

/// Two channels: a file, and a command that keeps its input and its variables.
const CHANNELS: &str = r#"
[alert.list]
kind = "file"
path = "told/list.jsonl"
[alert.mail]
kind = "command"
command = ["/bin/sh", "-c", "cat >> mail.jsonl; env | grep ^HEAL_ | sort >> env.txt"]
"#;

/// A channel that works only where there is a file `mail-works`.
const FRAIL: &str = r#"
[alert.mail]
kind = "command"
command = ["/bin/sh", "-c", "test -e mail-works || { echo the line is dead >&2; exit 1; }; cat >> mail.jsonl"]
"#;

fn lines(project: &Project, path: &str) -> Vec<Value> {
    let Ok(text) = std::fs::read_to_string(project.path(path)) else { return Vec::new() };
    text.lines().map(|line| serde_json::from_str(line).expect("JSON lines")).collect()
}

/// What a channel was told, in order.
fn told(project: &Project, path: &str) -> Vec<String> {
    lines(project, path).iter().map(|line| line["category"].as_str().expect("a category").to_owned()).collect()
}

/// Somebody starts it by hand.
fn by_hand(project: &mut Project) {
    project.spawn(&["/usr/bin/sleep", NAP]);
    wait_for("it to run", || running(project, NAP).len() == 1);
}

#[test]
fn opened_exhausted_and_recovered_reach_every_channel_exactly_once() {
    let mut project = started_by("[\"false\"]", CHANNELS);
    for code in [2, 2, 69, 69, 69] {
        project.heal(&["heal"]).exits(code);
    }
    by_hand(&mut project);
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal"]).exits(0);
    assert_eq!(told(&project, "mail.jsonl"), ["opened", "exhausted"], "not before stable_for");
    later(&project, "11m", &["heal"]).exits(0);
    later(&project, "12m", &["heal"]).exits(0);
    for channel in ["told/list.jsonl", "mail.jsonl", "data/operator_alerts.jsonl"] {
        assert_eq!(told(&project, channel), ["opened", "exhausted", "recovered"], "{channel}");
    }
    // The next incident is news again.
    end(the_one(&project, NAP));
    later(&project, "13m", &["heal"]).exits(2);
    assert_eq!(told(&project, "mail.jsonl").last().map(String::as_str), Some("opened"));
    assert_eq!(project.events("opened").len(), 2);
}

#[test]
fn a_hold_is_told_once() {
    let project = started_by("[\"/bin/sh\", \"-c\", \"exit 2\"]", &format!("hold_on_exit = [2]{CHANNELS}"));
    for code in [2, 69, 69] {
        project.heal(&["heal"]).exits(code);
    }
    // It began and was held in the same tick: one message says so.
    assert_eq!(told(&project, "mail.jsonl"), ["held"]);
    assert_eq!(told(&project, "told/list.jsonl"), ["held"]);
    assert_eq!(told(&project, "data/operator_alerts.jsonl"), ["opened", "held"]);
}

#[test]
fn a_spent_budget_is_told_once() {
    let project = sleeper(&format!("restart_limit = \"1 per 1h\"{CHANNELS}"));
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    project.heal(&["heal"]).exits(69);
    project.heal(&["heal"]).exits(69);
    assert_eq!(told(&project, "mail.jsonl"), ["opened", "exhausted"]);
    let last = lines(&project, "mail.jsonl").remove(1);
    expect![[r#"
        "app: restarted too often, the budget is spent"
        "find out why it keeps failing: heal --config [DIR]/heal.toml check --only app --explain""#]]
    .assert_eq(&project.normalise(&format!("{}\n{}", last["message"], last["action_required"])));
}

#[test]
fn a_message_says_what_a_person_needs() {
    let mut project = started_by("[\"false\"]", CHANNELS);
    for code in [2, 2, 69] {
        project.heal(&["heal"]).exits(code);
    }
    by_hand(&mut project);
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal"]).exits(0);
    later(&project, "11m", &["heal"]).exits(0);
    let mut messages = lines(&project, "mail.jsonl");
    assert_eq!(messages, lines(&project, "told/list.jsonl"), "all channels say the same");
    for message in &mut messages {
        let incident = message["incident"].as_str().expect("an id").to_owned();
        assert!(incident.ends_with("/app") && incident.len() > 20, "{incident}");
        message["incident"] = "[INCIDENT]".into();
        message["host"] = "[HOST]".into();
    }
    let text = messages.iter().map(|message| format!("{message:#}")).collect::<Vec<_>>().join("\n");
    expect![[r#"
        {
          "timestamp": "[TIME]",
          "level": "critical",
          "category": "opened",
          "message": "app: not running",
          "project": "test",
          "host": "[HOST]",
          "service": "app",
          "incident": "[INCIDENT]",
          "fingerprint": "26f5261b",
          "details": {
            "since": "[TIME]",
            "found": "not running",
            "done": "restart: the new process ended: exit code 1",
            "next": "`stop-stale` at the next tick"
          },
          "action_required": "heal --config [DIR]/heal.toml check --only app --explain"
        }
        {
          "timestamp": "[TIME]",
          "level": "critical",
          "category": "exhausted",
          "message": "app: heal has nothing left to try",
          "project": "test",
          "host": "[HOST]",
          "service": "app",
          "incident": "[INCIDENT]",
          "fingerprint": "26f5261b",
          "details": {
            "since": "[TIME]",
            "found": "not running",
            "tried": "restart (1), stop-stale (1)",
            "next": "every rung was tried; `restart` is tried again in [SPAN]"
          },
          "action_required": "look at app; then heal --config [DIR]/heal.toml release app"
        }
        {
          "timestamp": "[TIME]",
          "level": "info",
          "category": "recovered",
          "message": "app: recovered",
          "project": "test",
          "host": "[HOST]",
          "service": "app",
          "incident": "[INCIDENT]",
          "fingerprint": "26f5261b",
          "details": {
            "since": "[TIME]",
            "found": "not running",
            "downtime": "[SPAN]"
          },
          "action_required": null
        }"#]]
    .assert_eq(&timeless(&project.normalise(&text)));
    let variables = project.read("env.txt");
    let first: Vec<&str> = variables
        .lines()
        .filter(|line| !line.starts_with("HEAL_INCIDENT=") && !line.starts_with("HEAL_HOST="))
        .take(5)
        .collect();
    expect![[r#"
        HEAL_CATEGORY=opened
        HEAL_PROJECT=test
        HEAL_SERVICE=app
        HEAL_SEVERITY=critical
        HEAL_TITLE=app: not running"#]]
    .assert_eq(&first.join("\n"));
    assert!(variables.contains("HEAL_INCIDENT=") && variables.contains("HEAL_HOST="));
}

#[test]
fn a_cure_is_a_warning_and_a_start_on_probation_is_not_called_healed() {
    let project = sleeper(CHANNELS);
    project.heal(&["heal"]).exits(0);
    let first = lines(&project, "mail.jsonl").remove(0);
    assert_eq!((&first["level"], &first["message"]), (&"warning".into(), &"app: not running; healed".into()));
    assert_eq!(first["action_required"], Value::Null);

    let young = sleeper(&format!(
        "startup_grace = \"60s\"{CHANNELS}\n[service.app.probes]\nbeat = {{ kind = \"fresh\", path = \"beat\", within = \"50ms\" }}"
    ));
    young.heal(&["heal", "--set", "service.app.verify_within=300ms"]).exits(1);
    let first = lines(&young, "mail.jsonl").remove(0);
    assert_eq!(first["message"], "app: not running; started again, on probation");
}

#[test]
fn a_channel_that_fails_is_tried_again_by_the_next_tick() {
    let project = sleeper(FRAIL);
    let ran = project.heal(&["heal"]).exits(1);
    expect![[r#"
        exit 1
        --- stdout
        healed    app (was dead)  not running
            bad      process  not running
                    because: no process fits
            incident since [TIME], 1 act so far
            did   start `sleep 86400` in [DIR], output to data/output/app.log
            healed by `restart` in [SPAN]: pid [PID], every probe good for [SPAN]
        alert  mail was not told "app: not running; healed": exit code 1: the line is dead
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    // It is left alone for a minute; that it waits is a duty, and no news.
    let quiet = project.heal(&["heal", "--quiet"]).exits(1);
    assert_eq!(quiet.stdout, "");
    project.write("mail-works", "");
    project.heal(&["heal"]).exits(1);
    let ran = later(&project, "61s", &["heal"]).exits(0);
    assert!(ran.stdout.contains("alert  mail: app: not running; healed"), "{ran:?}");
    assert_eq!(told(&project, "mail.jsonl"), ["opened"]);
    later(&project, "90s", &["heal"]).exits(0);
    assert_eq!(told(&project, "mail.jsonl"), ["opened"]);
}

#[test]
fn who_did_not_hear_of_the_trouble_is_told_once_that_there_was_one() {
    let project = sleeper(FRAIL);
    project.heal(&["heal"]).exits(1);
    project.heal(&["heal"]).exits(1);
    project.write("mail-works", "");
    later(&project, "11m", &["heal"]).exits(0);
    let told_late = lines(&project, "mail.jsonl").remove(0);
    assert_eq!(told(&project, "mail.jsonl"), ["opened"], "one message, and no recovery from what nobody knew");
    let title = told_late["message"].as_str().expect("text");
    assert!(title.starts_with("app: not running; healed (over, it lasted ") && title.ends_with("[11m ago]"), "{title}");
    assert_eq!(told(&project, "data/operator_alerts.jsonl"), ["opened", "recovered"]);
    expect!["opened, intent restart, started, done healed, queued, alerted opened operator_alerts, closed, queued, alerted recovered operator_alerts, alerted opened mail, alerted recovered mail"].assert_eq(&kinds(&project));
}

#[test]
fn a_recovery_that_could_not_be_told_is_told_later() {
    let project = sleeper(FRAIL);
    project.write("mail-works", "");
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal"]).exits(0);
    std::fs::remove_file(project.path("mail-works")).expect("removed");
    later(&project, "11m", &["heal"]).exits(1);
    later(&project, "13m", &["heal"]).exits(1);
    project.write("mail-works", "");
    later(&project, "16m", &["heal"]).exits(0);
    later(&project, "17m", &["heal"]).exits(0);
    assert_eq!(told(&project, "mail.jsonl"), ["opened", "recovered"]);
}

#[test]
fn a_picky_channel_is_spared_what_healed_by_itself_also_the_recovery() {
    let project = sleeper(&format!("{}\nmin_severity = \"critical\"", CHANNELS.trim_end()));
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal"]).exits(0);
    later(&project, "11m", &["heal"]).exits(0);
    assert_eq!(told(&project, "told/list.jsonl"), ["opened", "recovered"]);
    assert_eq!(told(&project, "mail.jsonl"), [""; 0]);
}

#[test]
fn a_channel_that_hangs_costs_its_timeout_and_keeps_nobody_from_healing() {
    let project = sleeper("[alert.slow]\nkind = \"command\"\ncommand = [\"sleep\", \"600\"]\ntimeout = \"1s\"");
    let ran = project.heal(&["heal"]).exits(1);
    assert!(ran.took.as_secs() < 6, "{ran:?}");
    assert_eq!(running(&project, NAP).len(), 1);
    // The lock is free while the alert is on its way: telling must not keep the next tick from healing.
    std::thread::scope(|scope| {
        let slow = scope.spawn(|| later(&project, "61s", &["heal"]));
        wait_for("the slow channel", || !running(&project, "600").is_empty());
        let meanwhile = project.heal(&["heal", "--set", "alert.slow.enabled=false"]);
        assert_ne!(meanwhile.code, 75, "{meanwhile:?}");
        slow.join().expect("heal ran");
    });
}
