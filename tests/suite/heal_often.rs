//! A day of trouble, on injected time: how often is acted, how often is told, and when is healing itself an alarm?

use expect_test::expect;

use super::acting::{NAP, end, later, running, sleeper, started_by};
use super::support::Project;

fn minutes(project: &Project, kind: &str) -> Vec<i64> {
    let at = |event: &serde_json::Value| event["up"].as_i64().expect("milliseconds");
    let first = project.journal().first().map(at).expect("a journal");
    project.events(kind).iter().map(|event| (at(event) - first) / 60_000).collect()
}

#[test]
fn a_day_of_a_permanently_broken_service_is_few_acts_with_growing_gaps_and_no_silence() {
    // It is started and dies at once, whatever is done. A tick every ten minutes for a day: ten times fewer than in life,
    // which changes nothing but the rounding.
    let project = started_by(r#"["sh", "-c", "exit 1"]"#, "[alert.ops]\nkind = \"file\"\npath = \"alerts.jsonl\"\n");
    let mut codes = std::collections::BTreeMap::new();
    for minute in (0..24 * 60).step_by(10) {
        let code = later(&project, &format!("{minute}m"), &["heal", "--quiet"]).code;
        *codes.entry(code).or_insert(0) += 1;
    }
    let alerts = project.read("alerts.jsonl");
    let told: Vec<String> = alerts
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("whole lines"))
        .map(|alert| {
            format!("{}: {}", alert["category"].as_str().expect("text"), alert["message"].as_str().expect("text"))
        })
        .collect();
    let report = format!(
        "ticks with their exit codes: {codes:?}\nacts at these minutes: {:?}\nexhausted at: {:?}\ntold: {told:#?}\n",
        minutes(&project, "intent"),
        minutes(&project, "exhausted"),
    );
    expect![[r#"
        ticks with their exit codes: {2: 7, 69: 137}
        acts at these minutes: [0, 10, 40, 160, 520, 880, 1240]
        exhausted at: [20]
        told: [
            "opened: app: not running",
            "exhausted: app: heal has nothing left to try",
        ]
    "#]]
    .assert_eq(&report);
    // After the day it is still not silent: the service is put right, and the next slow retry brings it back.
    let fixed = format!("service.app.start=[\"sleep\", \"{NAP}\"]");
    let mut back = None;
    for minute in (24 * 60..31 * 60).step_by(10) {
        later(&project, &format!("{minute}m"), &["heal", "--quiet", "--set", &fixed]);
        if !running(&project, NAP).is_empty() {
            back = Some(minute);
            break;
        }
    }
    assert!(back.is_some(), "never silent for ever");
}

#[test]
fn to_be_healed_too_often_is_an_alarm_beside_the_healing() {
    let project = sleeper(
        "restart_limit = \"9 per 1h\"\n[alerting]\nheal_rate = \"2 per 1h\"\n[alert.ops]\nkind = \"file\"\npath = \"alerts.jsonl\"\n",
    );
    for round in 1..=4 {
        let ran = project.heal(&["heal"]);
        assert_eq!(running(&project, NAP).len(), 1, "it is healed each time");
        assert_eq!(ran.code, i32::from(round > 2), "{round}: {ran:?}");
        end(running(&project, NAP)[0]);
    }
    project.heal(&["heal"]).exits(1);
    let check = project.heal(&["check"]).exits(1);
    assert!(check.stdout.contains("often  healed 5 times within 1h"), "{check:?}");
    let alerts = project.read("alerts.jsonl");
    assert_eq!(alerts.matches("\"category\":\"frequent\"").count(), 1, "once, and not at each cure: {alerts}");
    // An hour later it is calm, and a new series is a new alarm.
    later(&project, "2h", &["heal"]).exits(0);
    assert_eq!(project.events("calm").len(), 1);
}

#[test]
fn while_only_observing_it_counts_what_it_would_have_done() {
    let project = sleeper("stable_for_is_elsewhere = 0\n");
    let config = project.read("heal.toml").replace("stable_for_is_elsewhere = 0\n", "");
    project.write("heal.toml", &config.replace("name = \"test\"", "name = \"test\"\nmode = \"observe\""));
    let fast = ["--set", "service.app.stable_for=0s", "--set", "service.app.recover_after=1"];
    for _ in 0..3 {
        project.heal(&[&["heal"][..], &fast].concat()).exits(2);
        let mut command = std::process::Command::new("sleep");
        let mut service = command.arg(NAP).current_dir(project.path("")).spawn().expect("started");
        project.heal(&[&["heal"][..], &fast].concat());
        project.heal(&[&["heal"][..], &fast].concat()).exits(0);
        service.kill().expect("ours");
        service.wait().expect("ours");
    }
    let ran = project.heal(&[&["heal"][..], &fast].concat()).exits(2);
    assert!(ran.stdout.contains("would take `restart` (4 times by now)"), "{ran:?}");
    assert_eq!(project.events("intent").len(), 0);
    assert_eq!(
        project.heal(&["check", "--json"]).json()["services"][0]["would"][0],
        serde_json::json!({"rung": "restart", "count": 4})
    );
}
