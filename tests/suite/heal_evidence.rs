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
        "opened, intent restart, started, done unchanged, queued, alerted opened operator_alerts",
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

/// As if something had happened since the last tick: changes its stamp.
fn since_the_last_tick(project: &Project, change: impl FnOnce(&mut serde_json::Value)) {
    let mut stamp: serde_json::Value = serde_json::from_str(&project.read("data/state/last-run")).expect("JSON");
    change(&mut stamp);
    project.write("data/state/last-run", &stamp.to_string());
}

#[test]
fn a_clock_that_was_set_and_a_machine_that_slept_stop_nobody() {
    let mut project = Project::new(
        r#"[project]
name = "test"
[service.app]
match         = { executable = "sleep", args_contain = "86400" }
start         = ["sleep", "86400"]
startup_grace = "0s"
[service.app.probes]
beat = { kind = "fresh", path = "beat", within = "2s" }
"#,
    );
    let pid = project.spawn(&["sleep", "86400"]);
    let beat = |ago: u64| {
        project.write("beat", "");
        let at = std::time::SystemTime::now() - std::time::Duration::from_secs(ago);
        std::fs::File::options().write(true).open(project.path("beat")).and_then(|f| f.set_modified(at)).expect("set");
    };
    beat(0);
    project.heal(&["heal"]).exits(0);
    let stamp = project.read("data/state/last-run");
    beat(3_600);
    wait_for("it to look hung", || project.heal(&["check"]).code == 2);
    // A little more: the two clocks are not read at the same moment.
    let hour = chrono::TimeDelta::milliseconds(3_600_500);
    for what in ["set", "slept"] {
        project.write("data/state/last-run", &stamp);
        since_the_last_tick(&project, |stamp| match what {
            "set" => {
                let at = stamp["at"].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>().expect("one");
                stamp["at"] = (at - hour).to_rfc3339().into();
            }
            _ => stamp["suspended_ms"] = (stamp["suspended_ms"].as_i64().expect("one") - 3_600_000).into(),
        });
        beat(3_600);
        let said = project.heal(&["check", "--json"]).exits(0).json()["services"][0]["findings"].to_string();
        let why =
            if what == "set" { "not judged: the clock was set by 1h" } else { "not judged: the machine slept for" };
        assert!(said.contains(why), "{what}: {said}");
        beat(3_600);
        project.heal(&["heal"]).exits(0);
        // The next tick knows nothing new of it, and the service has not had its time to write.
        beat(3_600);
        project.heal(&["heal"]).exits(0);
        assert!(alive(pid), "{what}");
    }
}

#[test]
fn a_warning_that_was_there_before_says_nothing_against_a_cure() {
    let project = super::acting::sleeper(
        "[service.app.probes]\ncert = { kind = \"command\", command = [\"false\"], class = \"resource\" }\n\
         slow = { kind = \"command\", command = [\"false\"], severity = \"warning\" }\n",
    );
    let ran = project.heal(&["heal"]).exits(0);
    assert!(ran.stdout.contains("healed by `restart`"), "{ran:?}");
}

#[test]
fn what_a_start_said_before_it_died_is_in_the_report() {
    let project = super::acting::started_by(r#"["sh", "-c", "echo config broken: missing key; exit 3"]"#, "");
    let ran = project.heal(&["heal"]).exits(2);
    assert!(ran.stdout.contains("exit code 3; its last words: config broken: missing key"), "{ran:?}");
}
