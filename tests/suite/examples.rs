//! Do the five systems that heal is to replace load, from the first day? What of each is not built yet is said, once, with its place.

use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use serde_json::Value;

use super::support::Project;

/// A project with one of the examples as its heal.toml.
fn example(name: &str) -> Project {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/examples/{name}.heal.toml"));
    Project::new(&fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// It is right, and these are its notes. The programs that it starts are made first, as they would be there.
#[track_caller]
fn loads(name: &str, programs: &[&str], expected: &Expect) -> Project {
    let project = example(name);
    for program in programs {
        project.write(program, "#!/bin/sh\n");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(project.path(program), mode).expect("set");
    }
    let ran = project.heal(&["config", "check"]).exits(0);
    assert_eq!(ran.stderr, "");
    expected.assert_eq(&project.normalise(&ran.stdout));
    project
}

/// The service's table as it holds.
#[track_caller]
fn service(project: &Project, name: &str) -> Value {
    let shown = project.heal(&["config", "show", "--json"]).exits(0).json();
    shown["config"]["service"][name].clone()
}

#[test]
fn bridge() {
    let project = loads(
        "bridge",
        &[],
        &expect![[r#"
            [DIR]/heal.toml is right: 1 service, 2 probes, 2 alert channels
        "#]],
    );
    let bridge = service(&project, "bridge");
    assert_eq!(bridge["unit"], "launchd:com.valor.bridge");
    assert_eq!(bridge["hold_on_exit"], serde_json::json!([2]));
    assert_eq!(bridge["probes"]["log"]["class"], "hung");
}

#[test]
fn desktop() {
    let project = loads(
        "desktop",
        &["run.sh", "scripts/llm.sh"],
        &expect![[r#"
            note  heal.toml:32:2: [database] is not built yet and does nothing
            note  heal.toml:36:2: [capability] is not built yet and does nothing
            note  heal.toml:44:2: [backup] is not built yet and does nothing
            note  heal.toml:48:2: [journal] is not built yet and does nothing
            note  heal.toml:57:1: [schedule] integrity is not built yet and does nothing
            note  heal.toml:58:1: [schedule] backup is not built yet and does nothing
            note  heal.toml:59:1: [schedule] database is not built yet and does nothing
            [DIR]/heal.toml is right: 2 services, 6 probes, 1 alert channel
        "#]],
    );
    assert_eq!(service(&project, "app")["restart_delay"], "5s");
    assert_eq!(service(&project, "llm")["probes"]["answers"]["timeout"], "20s");
}

#[test]
fn node() {
    let project = loads(
        "node",
        &[],
        &expect![[r#"
            note  heal.toml:20:2: [retry] is not built yet and does nothing
            note  heal.toml:27:2: [breaker] is not built yet and does nothing
            note  heal.toml:31:2: [rotation] is not built yet and does nothing
            note  heal.toml:37:2: [command] is not built yet and does nothing
            note  heal.toml:43:2: [metrics] is not built yet and does nothing
            note  heal.toml:46:2: [http] is not built yet and does nothing
            [DIR]/heal.toml is right: 1 service, 2 probes, 1 alert channel
        "#]],
    );
    assert_eq!(service(&project, "node")["enabled"], true);
    assert_eq!(service(&project, "node")["probes"]["health"]["fail_after"], 3);
}

#[test]
fn ports() {
    loads(
        "ports",
        &[],
        &expect![[r#"
            note  heal.toml:6:2: [port] is not built yet and does nothing
            note  heal.toml:36:2: [backup] is not built yet and does nothing
            [DIR]/heal.toml is right: 0 services, 0 probes, 1 alert channel
        "#]],
    );
}

#[test]
fn trading() {
    loads(
        "trading",
        &[],
        &expect![[r#"
            [DIR]/heal.toml is right: 1 service, 2 probes, 1 alert channel
        "#]],
    );
}

#[test]
fn there_are_five_and_each_has_its_test() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/examples");
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("there")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().replace(".heal.toml", ""))
        .collect();
    names.sort();
    assert_eq!(names, ["bridge", "desktop", "node", "ports", "trading"]);
}

#[test]
fn the_variables_of_the_old_programs_work() {
    let mut project = example("node");
    project.env("AUTO_HEAL_ENABLED", "false").env("WATCHDOG_FAILURE_THRESHOLD", "7");
    let node = service(&project, "node");
    assert_eq!((&node["enabled"], &node["probes"]["health"]["fail_after"]), (&false.into(), &7.into()));
    project.env("WATCHDOG_FAILURE_THRESHOLD", "seven");
    let ran = project.heal(&["config", "check"]).exits(78);
    assert!(
        ran.stderr.contains("the environment variable WATCHDOG_FAILURE_THRESHOLD is not an integer"),
        "{}",
        ran.stderr
    );

    let mut project = example("trading");
    let mode = |project: &Project| {
        project.heal(&["config", "show", "--json"]).exits(0).json()["config"]["project"]["mode"].clone()
    };
    assert_eq!(mode(&project), "live");
    project.env("TRADING_MODE", "paper");
    assert_eq!(mode(&project), "paper");
    project.env("TRADING_MODE", "papre");
    let ran = project.heal(&["config", "check"]).exits(78);
    assert!(ran.stderr.contains("did you mean `paper`?"), "{}", ran.stderr);
}

#[test]
fn a_service_that_only_a_supervisor_could_start_is_never_called_healthy_unseen() {
    // No supervisor is spoken to yet: a unit alone names no process, and "could not look" is not "fine".
    let ran = example("trading").heal(&["check", "--json"]);
    assert_ne!(ran.code, 0, "{}", ran.stdout);
}
