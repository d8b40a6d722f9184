//! Bad looks in separate runs: when do they count, and what makes them not count?

use super::acting::{NAP, later, sleeper, the_one};
use super::support::Project;

/// A service whose one probe is bad while `ill` is there.
fn project(fail_after: &str, extra: &str) -> Project {
    let project = sleeper(&format!(
        r#"startup_grace = "0s"
{extra}
[service.app.probes]
works = {{ kind = "command", command = ["test", "!", "-e", "ill"], fail_after = {fail_after} }}
"#
    ));
    project.heal(&["heal", "--quiet"]).exits(0);
    project.write("ill", "");
    project
}

fn acts(project: &Project) -> usize {
    // The first one started the service.
    project.events("intent").len() - 1
}

#[test]
fn three_bad_runs_act_once_on_the_third() {
    let project = project("3", "");
    for (run, shift) in ["1m", "2m"].into_iter().enumerate() {
        later(&project, shift, &["heal"]).exits(1);
        assert_eq!(acts(&project), 0, "after run {}", run + 1);
    }
    // A look that remembers nothing does not count.
    later(&project, "150s", &["check"]).exits(2);
    let pid = the_one(&project, NAP);
    let third = later(&project, "3m", &["heal"]);
    assert_eq!(acts(&project), 1, "{third:?}");
    assert_ne!(the_one(&project, NAP), pid);
}

#[test]
fn a_good_run_in_between_starts_the_count_again_unless_a_window_was_asked_for() {
    for (threshold, acts_then) in [("2", 0), ("\"2 of 3\"", 1)] {
        let project = project(threshold, "");
        later(&project, "1m", &["heal"]).exits(1);
        std::fs::remove_file(project.path("ill")).expect("removed");
        later(&project, "2m", &["heal"]);
        project.write("ill", "");
        later(&project, "3m", &["heal"]);
        assert_eq!(acts(&project), acts_then, "{threshold}");
    }
}

#[test]
fn a_new_process_and_a_gap_start_the_count_again() {
    let project = project("2", "");
    later(&project, "1m", &["heal"]).exits(1);
    super::acting::end(the_one(&project, NAP));
    std::fs::remove_file(project.path("ill")).expect("removed");
    later(&project, "2m", &["heal"]).exits(0);
    project.write("ill", "");
    let started = project.events("intent").len();
    later(&project, "3m", &["heal"]).exits(1);
    assert_eq!(project.events("intent").len(), started, "the first bad look of the new process");

    for (shift, acted) in [("2m", 1), ("2h", 0)] {
        let project = self::project("2", "");
        project.write("heal.toml", &format!("{}\n[schedule]\nheal = \"60s\"\n", project.read("heal.toml")));
        later(&project, "1m", &["heal"]).exits(1);
        later(&project, shift, &["heal"]);
        assert_eq!(acts(&project), acted, "a bad look after {shift}");
    }
}

#[test]
fn what_is_permanent_is_held_and_not_restarted() {
    let project = sleeper(
        r#"startup_grace = "0s"
[service.app.probes]
login = { kind = "command", command = ["test", "!", "-e", "expired"], class = "permanent" }
[alert.ops]
kind = "file"
path = "alerts.jsonl"
"#,
    );
    project.heal(&["heal", "--quiet"]).exits(0);
    let pid = the_one(&project, NAP);
    project.write("expired", "");
    let dry = project.heal(&["heal", "--dry-run"]).exits(69);
    assert!(dry.stdout.contains("would hold it for a person: login: exit code 1"), "{dry:?}");
    let ran = project.heal(&["heal"]).exits(69);
    assert!(ran.stdout.contains("heal release app"), "{ran:?}");
    project.heal(&["heal"]).exits(69);
    assert_eq!(the_one(&project, NAP), pid);
    let alerts = project.read("alerts.jsonl");
    assert_eq!(alerts.matches("waits for a person").count(), 1, "{alerts}");
    std::fs::remove_file(project.path("expired")).expect("removed");
    project.heal(&["release", "app"]).exits(0);
    project.heal(&["heal"]);
    assert_eq!(the_one(&project, NAP), pid);
    assert_eq!(project.events("held").len(), 1);
}

#[test]
fn a_quiet_service_that_answers_is_left_alone() {
    let (project, _) = Project::with_service("");
    project.heal(&["heal", "--quiet"]).exits(0);
    let pid = project.pid("app.pid");
    // The work loop stands still, the server answers: a quiet night looks like that.
    project.write("control/hang", "");
    let quiet = ["--set", "service.app.probes.log.heartbeat=false", "--set", "service.app.startup_grace=0s"];
    let check = [&["check"][..], &quiet].concat();
    super::support::wait_for("the silence to be noticed", || project.heal(&check).code == 1);
    let heal = [&["heal"][..], &quiet].concat();
    let before = project.events("intent").len();
    let ran = project.heal(&heal).exits(1);
    assert!(
        ran.stdout.contains("(quiet, but `health` answers; with `heartbeat = true` silence alone would count)"),
        "{ran:?}"
    );
    assert_eq!(project.events("intent").len(), before);
    assert_eq!(project.pid("app.pid"), pid);
    assert_eq!(project.events("opened").len(), 1, "only the one of its first start");
    // The same silence of what is declared a heartbeat is enough.
    project.heal(&["check", "--set", "service.app.startup_grace=0s"]).exits(2);
}
