//! `scripts/watchdog.sh`: does the escalation go by the exit codes, and is a person told when heal could not help, once?

use std::path::Path;

use super::support::{Project, Ran};

/// Runs it as cron would, with heal where it is looked for.
fn watch(project: &Project) -> Ran {
    let folder = Path::new(env!("CARGO_BIN_EXE_heal")).parent().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/watchdog.sh").display().to_string();
    let config = project.path("heal.toml").display().to_string();
    let mut command = project.command_of("/bin/sh", &[&script, &config]);
    project.run(command.env("PATH", format!("/usr/bin:/bin:{}", folder.display())).current_dir("/"))
}

#[test]
fn while_all_is_well_it_says_nothing_and_ticks() {
    let project = Project::new(
        "[project]\nname = \"bot\"\n\n[host.probes]\ndisk = { kind = \"disk\", path = \".\", warn_below = \"1KB\" }\n",
    );
    let ran = watch(&project).exits(0);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    assert!(project.path("data/state/last-run").exists(), "a tick, also when all is well");
}

#[test]
fn what_heal_cannot_help_is_told_once_an_hour_with_what_was_seen() {
    let project = Project::new(
        "[project]\nname = \"bot\"\n\n[service.app]\nmatch = { executable = \"no-such\", args_contain = \"x\" }\n",
    );
    let ran = watch(&project).exits(2);
    assert!(ran.stdout.contains("heal.toml: something is unhealthy, and this run did not cure it\n"), "{ran:?}");
    for step in ["== heal check --quiet\n", "== heal heal\n"] {
        assert!(ran.stdout.contains(step), "{step}: {ran:?}");
    }
    let again = watch(&project).exits(2);
    // The next hour may have begun in between.
    assert!(again.stdout.is_empty() || again.stdout.contains("something is unhealthy"), "{again:?}");
}

#[test]
fn a_service_that_is_dead_is_brought_back_and_nobody_is_called() {
    let project = super::acting::sleeper("");
    let ran = watch(&project).exits(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(super::acting::running(&project, super::acting::NAP).len(), 1);
}

#[test]
fn a_broken_configuration_and_a_missing_heal_are_told() {
    let project = Project::new("[projct]\n");
    let ran = watch(&project).exits(78);
    assert!(ran.stdout.contains("heal.toml is missing or invalid"), "{ran:?}");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/watchdog.sh").display().to_string();
    let project = Project::new("[project]\nname = \"bot\"\n");
    let config = project.path("heal.toml").display().to_string();
    let mut command = project.command_of("/bin/sh", &[&script, &config]);
    command.env("PATH", "/usr/bin:/bin").env("HOME", project.path("")).current_dir("/");
    let ran = project.run(&mut command);
    // A machine on which heal is installed finds it.
    assert!(ran.code != 127 || ran.stdout.contains("heal is not installed, or not in PATH"), "{ran:?}");
}

#[test]
fn a_commit_that_is_to_blame_is_named_and_where_it_is_armed_taken_back() {
    let project = super::repository::deployed("", "");
    let before = super::repository::head(&project);
    let ran = watch(&project).exits(2);
    assert!(ran.stdout.contains("its crashes are a pattern"), "{ran:?}");
    assert_eq!(super::repository::head(&project), before, "nobody armed it");
    super::repository::arm(&project);
    // The tick that comes next may still try a rung; what it does not cure, the revert does.
    let ran = watch(&project).exits(0);
    assert_eq!(ran.stdout, "");
    assert_eq!(super::repository::git(&project, &["rev-parse", "HEAD~1"]), before);
    super::acting::the_one(&project, "86400");
}
