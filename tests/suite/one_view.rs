//! Does a program read the same of what was looked at and of what is remembered? Holds, incidents, rungs of one's own and
//! budgets as JSON, in `check`, `heal` and `status`.

use serde_json::{Value, json};

use super::acting::{NAP, end, later, sleeper, started_by, the_one};
use super::support::Project;

/// What a command says of the one service.
#[track_caller]
fn said(project: &Project, shift: &str, args: &[&str]) -> Value {
    later(project, shift, args).json()["services"][0].clone()
}

/// Without what goes on with the clock.
fn timeless(mut incident: Value) -> Value {
    let ages = incident.as_object_mut().expect("an incident");
    ages.remove("age_ms").expect("an age");
    incident
}

#[test]
fn a_hold_reads_the_same_wherever_it_stands() {
    let project = started_by("[\"/bin/sh\", \"-c\", \"exit 2\"]", "hold_on_exit = [2]");
    let acted = said(&project, "0s", &["heal", "--json"]);
    assert_eq!(acted["act"]["outcome"], "failed");
    let held = acted["held"].clone();
    assert_eq!(held["reason"], "it ended with exit code 2, which a restart does not cure (hold_on_exit)");
    assert_eq!(held["since"], project.events("held")[0]["at"]);
    let again = said(&project, "1m", &["heal", "--json"]);
    assert_eq!((&again["decision"]["do"], &again["decision"]["by"]), (&json!("refuse"), &json!("held")));
    let looked = said(&project, "2m", &["check", "--json"]);
    let remembered = said(&project, "2m", &["status", "--json"]);
    for other in [&again, &looked, &remembered] {
        assert_eq!(other["held"], held, "{other:#}");
        assert_eq!(timeless(other["incident"].clone()), timeless(looked["incident"].clone()), "{other:#}");
    }
    let incident = &looked["incident"];
    assert_eq!((&incident["class"], &incident["acts"]), (&json!("dead"), &json!(1)));
    assert_eq!(incident["tried"], json!([{"rung": "restart", "count": 1}]));
    assert!(incident["age_ms"].as_i64().is_some_and(|age| (120_000..180_000).contains(&age)), "{incident:#}");
    project.heal(&["release", "app"]).exits(0);
    assert_eq!(said(&project, "3m", &["check", "--json"])["held"], Value::Null);
}

#[test]
fn a_rung_of_ones_own_is_planned_taken_and_remembered_as_json() {
    let project = sleeper(
        r#"startup_grace = "0s"
ladder = ["flush", "restart", "stop-stale"]
remedies = { flush = { kind = "command", command = ["rm", "ill"], timeout = "5s", limit = "2 per 1h" } }
[service.app.probes]
works = { kind = "command", command = ["test", "!", "-e", "ill"] }
"#,
    );
    project.heal(&["heal"]).exits(0);
    let pid = the_one(&project, NAP);
    project.write("ill", "");
    let change = json!([
        {"change": "run-command", "argv": "rm ill", "timeout_ms": 5_000,
         "irreversible": said(&project, "0s", &["heal", "--dry-run", "--json"])["plan"][0]["irreversible"]}
    ]);
    let planned = said(&project, "0s", &["heal", "--dry-run", "--json"]);
    assert_eq!(planned["plan"], change, "{planned:#}");
    assert_eq!((&planned["decision"]["rung"], &planned["decision"]["next"]), (&json!("flush"), &json!("stop-stale")));
    let acted = said(&project, "0s", &["heal", "--json"]);
    assert_eq!((&acted["act"]["rung"], &acted["act"]["outcome"]), (&json!("flush"), &json!("healed")), "{acted:#}");
    assert_eq!(acted["act"]["changes"], change);
    assert_eq!(the_one(&project, NAP), pid);
    let remembered = said(&project, "0s", &["status", "--json"]);
    assert_eq!(
        (&remembered["acts"][0]["rung"], &remembered["acts"][0]["outcome"]),
        (&json!("flush"), &json!("healed"))
    );
    // It is paid from its own budget: of the other ones only the first start was taken.
    let used: Vec<&Value> = remembered["budgets"].as_array().expect("a list").iter().map(|one| &one["used"]).collect();
    assert_eq!(used, [&json!(1)], "{remembered:#}");
}

#[test]
fn each_budget_that_is_used_is_shown_and_not_only_the_fullest() {
    let project = sleeper(
        "startup_grace = \"0s\"\nrestart_limit = \"3 per 1h\"\n[service.app.probes]\n\
         works = { kind = \"command\", command = [\"test\", \"!\", \"-e\", \"ill\"] }\n",
    );
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    later(&project, "15m", &["heal"]).exits(0);
    later(&project, "27m", &["heal"]);
    later(&project, "40m", &["heal"]).exits(0);
    project.write("ill", "");
    later(&project, "41m", &["heal", "--set", "service.app.verify_within=200ms"]);
    let told = said(&project, "42m", &["status", "--json"]);
    let used = |one: &Value| (one["cause"].clone(), one["used"].clone());
    let all: Vec<_> = told["budgets"].as_array().expect("a list").iter().map(used).collect();
    assert_eq!(all, [(json!("dead"), json!(2)), (json!("hung"), json!(1))], "{told:#}");
    assert_eq!(told["budget"], told["budgets"][0], "the fullest");
    let shown = later(&project, "42m", &["status"]).stdout;
    assert!(shown.contains("budget   2 of 3 per 1h used for what is dead\n"), "{shown}");
    assert!(shown.contains("budget   1 of 3 per 1h used for what is hung\n"), "{shown}");
}
