//! Does heal act only on what it saw, and call healed only what it started? Old evidence, strangers, unknown identities.

use super::acting::{NAP, kinds, running, started_by};
use super::support::{Project, alive, wait_for};

#[test]
fn nobody_is_stopped_on_evidence_from_before_another_service_was_cured() {
    // What ails `web` is that `base` is down; curing that takes more than a second.
    let mut project = Project::new(
        r#"[project]
name = "test"
[service.base]
match         = { executable = "sleep", args_contain = "86400" }
start         = ["sh", "-c", "touch up; exec sleep 86400"]
verify_within = "8s"
[service.web]
match         = { executable = "sleep", args_contain = "86500" }
start         = ["sleep", "86500"]
startup_grace = "0s"
[service.web.probes]
answers = { kind = "command", command = ["test", "-e", "up"] }
"#,
    );
    let web = project.spawn(&["sleep", "86500"]);
    wait_for("it to be hung", || project.heal(&["check", "--only", "web"]).code == 2);
    let answer = project.heal(&["heal", "--json"]).json();
    assert!(alive(web), "{answer}");
    assert_eq!(answer["healed"], serde_json::json!(["base"]), "{answer}");
    assert_eq!(project.events("intent").len(), 1);
    let said = answer["services"][1]["decision"]["why"].as_str().expect("a reason");
    assert_eq!(said, "it changed while this run was looking; the next tick looks again");
}

#[test]
fn a_process_that_was_there_before_is_not_what_heal_started() {
    let mut project = started_by(r#"["touch", "go"]"#, "");
    let table = project.read("heal.toml").replace("\"8s\"", "\"2s\"");
    project.write("heal.toml", &table);
    // Becomes what `match` names only after the start.
    let script = format!("until test -e go; do sleep 0.05; done; exec sleep {NAP}");
    let stranger = project.spawn(&["sh", "-c", &script]);
    let answer = project.heal(&["heal", "--json"]).json();
    wait_for("the stranger to fit", || running(&project, NAP).contains(&stranger));
    assert_eq!(
        kinds(&project),
        "opened, intent restart, started, done unchanged, alerted opened operator_alerts",
        "{answer}"
    );
    let said = project.events("done")[0]["detail"].as_str().expect("one").to_owned();
    assert_eq!(
        project.normalise(&said),
        "pid [PID] fits, but it was there before heal started the service: it is not what heal started"
    );
}

#[test]
fn who_is_unwell_but_unknown_is_said_and_nothing_is_proposed() {
    let mut project = Project::new(
        r#"[project]
name = "test"
[service.app]
match         = { executable = "sleep", args_contain = "86400" }
start         = ["sleep", "86400"]
startup_grace = "0s"
[service.app.probes]
answers = { kind = "command", command = ["false"] }
"#,
    );
    let both = [project.spawn(&["sleep", "86400"]), project.spawn(&["sleep", "86400"])];
    for args in [["heal", "--json", "--dry-run"].as_slice(), &["heal", "--json"]] {
        let answer = project.heal(args).exits(2).json();
        let decision = &answer["services"][0]["decision"];
        let why = decision["why"].as_str().expect("a reason");
        assert!(why.starts_with("unknown which process it is: 2 processes fit"), "{answer}");
        assert_eq!(decision["do"], "wait");
        assert!(answer["services"][0]["plan"].as_array().is_none_or(Vec::is_empty), "{answer}");
    }
    assert!(both.into_iter().all(alive));
    assert_eq!(project.events("intent").len(), 0);
}
