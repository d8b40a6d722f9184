//! Is a service left alone whose sign of life was taken away, lies behind a link, or finds no room? A healthy one is not killed.

use std::fs;
use std::os::unix::fs::symlink;

use super::acting::{NAP, later, shell, sleeper, the_one};
use super::support::{Project, wait_for};

/// A service whose probe is called `sign`, and is older than the probe's limit by now.
fn old(probe: &str) -> Project {
    let mut project = sleeper(&format!("startup_grace = \"0s\"\n[service.app.probes]\nsign = {{ {probe} }}\n"));
    project.spawn(&["sleep", NAP]);
    wait_for("its age", || sign(&project).0 == "unhealthy");
    project
}

/// What a look says of the probe.
#[track_caller]
fn sign(project: &Project) -> (String, String) {
    let document = project.heal(&["check", "--json"]).json();
    let findings = document["services"][0]["findings"].as_array().expect("a list").clone();
    let sign = findings.iter().find(|finding| finding["probe"] == "sign").expect("the probe");
    let text = |key: &str| sign[key].as_str().expect("text").to_owned();
    (text("status"), text("summary"))
}

/// A tick, after which the same process runs.
#[track_caller]
fn spared(project: &Project) -> String {
    let pid = the_one(project, NAP);
    let ran = project.heal(&["heal"]);
    assert_eq!(the_one(project, NAP), pid, "{ran:?}");
    assert!(project.events("intent").is_empty(), "{ran:?}");
    ran.stdout
}

#[test]
fn a_data_directory_that_was_deleted_takes_the_beat_with_it_and_kills_nobody() {
    let project = old("kind = \"beat\", within = \"5s\"");
    project.heal(&["beat", "app"]).exits(0);
    fs::remove_dir_all(project.path("data")).expect("removed");
    let (status, said) = sign(&project);
    assert!(status == "skipped" && said.contains("gone for"), "{status}: {said}");
    spared(&project);
    // What else happens in the folder says nothing about this one.
    wait_for("the limit", || {
        fs::create_dir_all(project.path("data/beats")).expect("made");
        project.write("data/beats/other.json", "{}");
        fs::remove_file(project.path("data/beats/other.json")).expect("removed");
        sign(&project).0 == "unhealthy"
    });
}

#[test]
fn a_log_that_was_moved_away_is_waited_for() {
    let project = old("kind = \"fresh\", path = \"logs/app.log\", within = \"5s\"");
    project.write("logs/app.log", "line\n");
    fs::rename(project.path("logs/app.log"), project.path("logs/app.log.1")).expect("moved");
    spared(&project);
    let (status, said) = sign(&project);
    assert!(status == "skipped" && said.contains("gone for"), "{status}: {said}");
    wait_for("the limit", || sign(&project).0 == "unhealthy");
}

#[test]
fn a_signal_that_a_tick_saw_is_waited_for_though_no_folder_tells() {
    let project = old("kind = \"fresh\", path = \"app.log\", within = \"5s\"");
    fs::create_dir(project.path("elsewhere")).expect("made");
    project.write("elsewhere/log", "line\n");
    symlink("elsewhere/log", project.path("app.log")).expect("linked");
    spared(&project);
    fs::remove_file(project.path("elsewhere/log")).expect("removed");
    let pid = the_one(&project, NAP);
    for shift in ["30s", "33s"] {
        let ran = later(&project, shift, &["heal"]);
        assert_eq!(the_one(&project, NAP), pid, "{shift}: {ran:?}");
    }
    let ran = later(&project, "45s", &["check"]).exits(2);
    assert!(ran.stdout.contains("app.log does not exist after"), "{ran:?}");
}

#[test]
fn what_a_glob_cannot_look_into_is_unknown_and_a_linked_folder_is_looked_into() {
    let project = old("kind = \"fresh\", path = \"logs/*/app.log\", within = \"2s\"");
    fs::create_dir(project.path("logs")).expect("made");
    // As a folder that may not be read; those who test may be root, who may.
    symlink("loop", project.path("logs/loop")).expect("linked");
    let (status, said) = sign(&project);
    assert!(status == "unknown" && said.contains("logs/loop: "), "{status}: {said}");
    spared(&project);
    symlink("../real", project.path("logs/current")).expect("linked");
    project.write("real/app.log", "line\n");
    assert_eq!(sign(&project).0, "healthy");
}

#[test]
fn who_finds_the_disk_full_is_not_taken_for_hung() {
    let project = old("kind = \"fresh\", path = \"var/hb\", within = \"2s\"");
    let how = if nix::unistd::geteuid().is_root() { "-m" } else { "-rm" };
    if shell(&project, &format!("unshare {how} true")).code != 0 {
        return;
    }
    let script = "mkdir var && mount -t tmpfs -o size=256k none var && echo 1 > var/hb && sleep 3 || exit 99\n\
        \"$HEAL\" check; head -c 1000000 /dev/zero > var/other 2> /dev/null; \"$HEAL\" check\n\
        rm var/other; mount -o remount,ro var || exit 99; \"$HEAL\" check\n";
    project.write("script.sh", script);
    let ran = shell(&project, &format!("unshare {how} /bin/sh script.sh"));
    let said: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("  sign  ")).collect();
    let [first, full, locked] = said[..] else { panic!("{ran:?}") };
    assert!(first.contains("bad ") && first.contains("last written"), "{ran:?}");
    assert!(full.contains("unknown ") && full.contains("its file system is full"), "{ran:?}");
    assert!(locked.contains("unknown ") && locked.contains("its file system is read-only"), "{ran:?}");
}

#[test]
fn a_folder_of_beats_behind_a_link_is_refused() {
    let (project, elsewhere) = (
        sleeper("[service.app.probes]\nsign = { kind = \"beat\", within = \"5m\" }\n"),
        tempfile::tempdir().expect("a directory"),
    );
    project.heal(&["heal"]);
    symlink(elsewhere.path(), project.path("data/beats")).expect("linked");
    let ran = project.heal(&["beat", "app"]).exits(78);
    assert!(ran.stderr.contains("data/beats is a link, which heal does not follow"), "{ran:?}");
    assert_eq!(fs::read_dir(elsewhere.path()).expect("there").count(), 0);
}
