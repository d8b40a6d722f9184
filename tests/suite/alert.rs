//! `heal alert`: what a person or a script has to tell, what waits, and who wants to hear no more.

use expect_test::expect;
use serde_json::{Value, json};

use super::acting::{later, started_by, timeless};
use super::peer::{Answer, Peer};
use super::support::Project;

/// A project with these channels and nothing to look after.
fn quiet(channels: &str) -> Project {
    Project::new(&format!(
        "[project]\nname = \"test\"\n\n[host.probes]\ndisk = {{ kind = \"disk\", path = \".\", warn_below = \"1B\", critical_below = \"1B\" }}\n\n{channels}"
    ))
}

fn hook(peer: &Peer) -> String {
    format!("[alert.hook]\nkind = \"webhook\"\nurl = \"{}/in\"\ntimeout = \"2s\"\n", peer.url())
}

#[test]
fn what_a_script_says_arrives_with_its_details_and_without_its_secrets() {
    let peer = Peer::new([]);
    let project = quiet(&hook(&peer));
    let args = ["alert", "the backup failed\nlast lines:\n\u{1b}[31mtoken=HUNTER2 oops", "--severity", "critical"];
    let more = ["--detail", "job=nightly", "--detail", "api_key=HUNTER2"];
    let ran = project.heal(&[&args[..], &more].concat()).exits(0);
    assert_eq!(ran.stdout, "told      hook: the backup failed\n");
    let asked = peer.asked();
    let mut document = asked[0].json();
    assert_eq!((asked.len(), asked[0].line.as_str()), (1, "POST /in HTTP/1.1"));
    for key in ["timestamp", "incident", "host"] {
        document[key] = "[X]".into();
    }
    expect![[r#"
        {
          "timestamp": "[X]",
          "level": "critical",
          "category": "manual",
          "message": "the backup failed",
          "project": "test",
          "host": "[X]",
          "service": "host",
          "incident": "[X]",
          "fingerprint": "",
          "details": {
            "job": "nightly",
            "api_key": "***",
            "text": "last lines:\n\u001b[31mtoken=*** oops"
          },
          "action_required": null
        }"#]]
    .assert_eq(&format!("{document:#}"));
    assert!(!project.read("data/operator_alerts.jsonl").contains("HUNTER2"));
    let stdin = project
        .run(project.command(&["alert", "-"]).stdin(std::fs::File::open(project.path("heal.toml")).expect("there")));
    stdin.exits(0);
    assert_eq!(peer.asked()[1].json()["message"], "[project]");
}

#[test]
fn what_does_not_arrive_waits_and_what_nobody_wants_says_so() {
    let peer = Peer::new([Answer::status(500, "oops")]);
    let project = quiet(&hook(&peer));
    let ran = project.heal(&["alert", "hello"]).exits(1);
    expect![[r#"
        not told  hook: status 500: oops
        waits     hook: hello, for [SPAN] (1 try: status 500: oops)
    "#]]
    .assert_eq(&timeless(&ran.stdout));
    let listed = project.heal(&["alert", "list", "--json"]).exits(0).json();
    assert_eq!((&listed["waiting"][0]["channel"], &listed["waiting"][0]["attempts"]), (&json!("hook"), &json!(1)));
    // It is a duty of the tick as well.
    project.heal(&["heal", "--quiet"]).exits(1);
    let ran = project.heal(&["alert", "flush"]).exits(0);
    assert_eq!(ran.stdout, "told      hook: hello\n");
    assert_eq!(project.heal(&["alert", "flush"]).exits(0).stdout, "nothing waits\n");
    assert_eq!(project.heal(&["alert", "list"]).exits(0).stdout, "no incident is open and nothing waits\n");
    project.heal(&["heal"]).exits(0);

    let picky = quiet(&format!("{}min_severity = \"critical\"\n", hook(&peer)));
    let ran = picky.heal(&["alert", "hello"]).exits(2);
    assert!(ran.stdout.starts_with("nobody was told: no channel wants"), "{ran:?}");
    picky.heal(&["alert", "hello", "--channel", "hook"]).exits(0);
    assert_eq!(picky.read("data/operator_alerts.jsonl").lines().count(), 2, "it is there all the same");
}

#[test]
fn what_is_wrong_with_the_command_line_is_said() {
    let peer = Peer::new([]);
    let project = quiet(&hook(&peer));
    for (args, said) in [
        (&["alert"][..], "required"),
        (&["alert", " \n "], "there is nothing to say"),
        (&["alert", "x", "--detail", "novalue"], "`novalue` is not KEY=VALUE"),
        (&["alert", "x", "--channel", "hok"], "there is no channel `hok`"),
        (&["alert", "x", "--service", "web"], "web"),
        (&["alert", "x", "--severity", "loud"], "loud"),
        (&["alert", "test", "hok"], "there is no channel `hok`"),
        (&["alert", "preview", "hok"], "there is no channel `hok`"),
        (&["alert", "ack", "0badf00d"], "no incident that is open is known as `0badf00d`"),
        (&["alert", "ack", "x", "--for", "soon"], "soon"),
    ] {
        let ran = project.heal(args).exits(64);
        assert!(ran.stderr.contains(said), "{args:?}: {ran:?}");
        let document = project.heal(&[args, &["--json"]].concat()).exits(64).json();
        assert_eq!(document["command"], "alert", "{args:?}");
    }
    assert!(peer.asked().is_empty());
    assert!(!project.path("data/spool").exists());
}

#[test]
fn a_test_tells_every_channel_and_keeps_nothing() {
    let (fine, broken) = (Peer::new([]), Peer::new([Answer::status(404, "no_team")]));
    let project = quiet(&format!(
        "{}\n[alert.team]\nkind = \"slack\"\nurl = \"{}/s\"\nmin_severity = \"critical\"\n\n[alert.alive]\nkind = \"ping\"\nurl = \"{}/p\"\n",
        hook(&fine),
        broken.url(),
        fine.url()
    ));
    let ran = project.heal(&["alert", "test"]).exits(2);
    expect![[r#"
        told      hook: this is a test of heal: nothing is wrong
        not told  team: status 404: no_team
        told      alive: a sign of life
    "#]]
    .assert_eq(&ran.stdout);
    project.heal(&["alert", "test", "hook"]).exits(0);
    assert!(!project.path("data").exists(), "nothing is kept");
    assert_eq!(
        quiet("").heal(&["alert", "test"]).exits(2).stdout,
        "no channel is declared; add an [alert.NAME] to heal.toml\n"
    );
}

#[test]
fn a_person_who_knows_is_not_reminded() {
    let peer = Peer::new([]);
    let project = started_by("[\"false\"]", &hook(&peer));
    let told = || -> Vec<String> {
        peer.asked().iter().map(|asked| asked.json()["category"].as_str().expect("text").to_owned()).collect()
    };
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(69);
    assert_eq!(told(), ["opened", "exhausted"]);
    // A day of it: reminders with growing gaps.
    let mut acts = 0;
    for hour in 1..=24 {
        acts += later(&project, &format!("{hour}h"), &["heal"]).stdout.matches("failed by").count();
    }
    assert!(acts >= 2, "the slow retries go on: {acts}");
    assert_eq!(told().iter().filter(|category| *category == "reminder").count(), 4, "{:?}", told());
    assert!(told().len() <= 8, "{:?}", told());
    let last = peer.asked().last().expect("asked").json();
    assert!(last["message"].as_str().expect("text").starts_with("app: not running, for 22h"), "{last:#}");
    let listed = later(&project, "24h", &["alert", "list", "--json"]).exits(0).json();
    let fingerprint = listed["open"][0]["fingerprint"].as_str().expect("text").to_owned();
    assert_eq!(fingerprint, last["fingerprint"].as_str().expect("text"));
    assert_eq!((&listed["open"][0]["told"], &listed["open"][0]["acknowledged"]), (&json!(["hook"]), &json!(false)));
    later(&project, "24h", &["alert", "ack", &fingerprint, "--for", "30h"]).exits(0);
    let before = told().len();
    for hour in [30, 40, 50] {
        later(&project, &format!("{hour}h"), &["heal"]);
    }
    assert_eq!(told().len(), before);
    assert_eq!(
        later(&project, "50h", &["alert", "list", "--json"]).json()["open"][0]["acknowledged"],
        Value::Bool(true)
    );
    later(&project, "55h", &["heal"]);
    assert_eq!(told().len(), before + 1, "it lasts, and the person forgot");
}

#[test]
fn who_is_further_away_is_called_only_when_nobody_took_care() {
    let (near, far) = (Peer::new([]), Peer::new([]));
    let channels = format!(
        "{}\n[alert.boss]\nkind = \"webhook\"\nurl = \"{}\"\nescalate_after = \"30m\"\n",
        hook(&near),
        far.url()
    );
    let project = started_by("[\"false\"]", &channels);
    for minute in [0, 1, 2, 10, 29] {
        later(&project, &format!("{minute}m"), &["heal"]);
    }
    assert!(far.asked().is_empty());
    later(&project, "31m", &["heal"]);
    assert_eq!(far.asked().len(), 1, "one message says how it stands");
    assert_eq!(far.asked()[0].json()["category"], "opened");
    let known = started_by("[\"false\"]", &channels);
    known.heal(&["heal"]).exits(2);
    known.heal(&["alert", "ack", "app"]).exits(0);
    later(&known, "31m", &["heal"]);
    assert_eq!(far.asked().len(), 1);
}

#[test]
fn a_preview_shows_what_would_leave_and_no_secret() {
    let project = quiet("[alert.op]\nkind = \"telegram\"\ntoken = { file = \"t\" }\nchat_id = \"42\"\n");
    let ran = project.heal(&["alert", "preview"]).exits(0);
    assert!(ran.stdout.contains("POST https://api.telegram.org/bot***/sendMessage"), "{ran:?}");
    assert!(ran.stdout.contains("\"chat_id\":\"42\""), "{ran:?}");
    project.heal(&["alert", "preview", "--json"]).exits(0).json();
}

#[test]
fn a_broken_heal_toml_keeps_no_script_from_telling() {
    let peer = Peer::new([]);
    let project = quiet(&hook(&peer));
    // Nobody knows a good copy yet.
    let good = project.read("heal.toml");
    let broken = good.replace("[alert.", "[alrt.");
    project.write("heal.toml", &broken);
    project.heal(&["alert", "lost"]).exits(78);
    project.write("heal.toml", &good);
    project.heal(&["heal"]).exits(0);
    project.write("heal.toml", &broken);
    let ran = project.heal(&["alert", "the backup failed"]).exits(1);
    let last = peer.asked().pop().expect("asked").json();
    assert_eq!(last["message"], "the backup failed");
    assert!(ran.stdout.contains("warning   ") && ran.stdout.contains("has 1 fault (heal.toml:"), "{ran:?}");
    assert!(
        ran.stdout.contains("told by its last good copy; `heal --config ")
            && ran.stdout.contains("config check` names the faults"),
        "{ran:?}"
    );
    let json = project.heal(&["alert", "again", "--json"]).exits(1).json();
    assert!(json["warnings"][0].as_str().expect("text").contains("last good copy"), "{json}");
    // What only looks says what is wrong, as everything does.
    project.heal(&["alert", "list"]).exits(78);
}

#[test]
fn who_declares_no_channel_is_told_how() {
    let project = quiet("");
    let said = |args: &[&str], code| project.heal(args).exits(code).stdout;
    let add = "no channel is declared; add an [alert.NAME] to heal.toml";
    assert_eq!(said(&["alert", "x"], 2), format!("nobody was told: {add}; it is in operator_alerts.jsonl\n"));
    assert_eq!(said(&["alert", "preview"], 0), format!("{add}\n"));
    assert_eq!(said(&["alert", "test"], 2), format!("{add}\n"));
    let ran = project.heal(&["alert", "two", "words"]).exits(64);
    assert_eq!(
        ran.stderr,
        "heal: what there is to say has to be one argument\n  put it in quotes: heal alert \"the backup failed\"\n"
    );
}

#[test]
fn nothing_is_lost_where_the_data_directory_cannot_be_written() {
    let peer = Peer::new([]);
    let project = quiet(&hook(&peer));
    project.write("data", "a file in its place");
    let ran = project.heal(&["alert", "hello"]);
    assert!(ran.code == 0 || ran.code == 78, "{ran:?}");
    // A directory that is full is told of without being kept.
    let full = quiet(&hook(&peer));
    let mut command = full.command_of("prlimit", &["--fsize=0", env!("CARGO_BIN_EXE_heal"), "alert", "full"]);
    let ran = full.run(&mut command);
    assert!(peer.asked().iter().any(|asked| asked.json()["message"] == "full"), "{ran:?}");
    assert!(ran.stdout.contains("what did not arrive is not kept, and not told again"), "{ran:?}");
}
