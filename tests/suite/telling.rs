//! Does telling hold anybody up, or tell anybody twice? A channel that does not come back, and runs that tell at once.

use std::fs;
use std::time::Duration;

use super::acting::{NAP, running, sleeper, started_by};
use super::support::{Project, wait_for};

/// How many lines a channel was told.
fn told(project: &Project, path: &str) -> usize {
    fs::read_to_string(project.path(path)).map_or(0, |text| text.lines().count())
}

/// A channel that says that it began, and waits for a file `go` before it takes the message.
const PATIENT: &str = r#"
[alert.mail]
kind    = "command"
command = ["/bin/sh", "-c", "echo begun >> begun; while [ ! -e go ]; do sleep 0.02; done; cat >> mail.jsonl"]
timeout = "9s"
"#;

#[test]
fn while_one_run_tells_another_leaves_it_to_that_run() {
    let project = sleeper(PATIENT);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| project.heal(&["heal"]));
        wait_for("the channel to be at work", || project.path("begun").exists());
        let second = project.heal(&["heal"]).exits(0);
        assert!(second.took < Duration::from_secs(5), "{second:?}");
        project.write("go", "");
        first.join().expect("heal ran").exits(0);
    });
    assert_eq!((told(&project, "begun"), told(&project, "mail.jsonl")), (1, 1));
    assert_eq!(told(&project, "data/operator_alerts.jsonl"), 1);
    assert_eq!(running(&project, NAP).len(), 1);
}

#[test]
fn a_run_that_looked_before_another_one_told_does_not_tell_it_again() {
    let gate = r#"[service.app.probes]
gate = { kind = "command", command = ["/bin/sh", "-c", "[ ! -e block ] || { touch looking; while [ -e block ]; do sleep 0.02; done; }"], timeout = "9s" }"#;
    let project = sleeper(&format!("{PATIENT}{gate}"));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| project.heal(&["heal"]));
        wait_for("the channel to be at work", || project.path("begun").exists());
        project.write("block", "");
        let second = scope.spawn(|| project.heal(&["heal"]));
        wait_for("the second to have read what happened", || project.path("looking").exists());
        project.write("go", "");
        first.join().expect("heal ran").exits(0);
        fs::remove_file(project.path("block")).expect("removed");
        second.join().expect("heal ran").exits(0);
    });
    assert_eq!((told(&project, "begun"), told(&project, "mail.jsonl")), (1, 1));
}

#[test]
fn a_file_on_a_disk_that_does_not_answer_costs_its_timeout() {
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    let project = started_by(
        "[\"false\"]",
        "[alert.list]\nkind = \"file\"\npath = \"told.jsonl\"\ntimeout = \"1s\"\n[alert.mail]\nkind = \"file\"\npath = \"mail.jsonl\"",
    );
    project.write("told.jsonl", "");
    let (list, heal) = (project.path("told.jsonl").display().to_string(), env!("CARGO_BIN_EXE_heal"));
    let args =
        ["-f", "-qq", "-o", "/dev/null", "-P", &list, "-e", "inject=fdatasync:delay_enter=5000000", heal, "heal"];
    let ran = project.run(&mut project.command_of("strace", &args));
    // How long it took says nothing: strace holds the thread that was left behind, where a kernel would end it.
    assert!(
        ran.stdout
            .contains("alert  list was not told \"app: not running\": it did not end in time and was left behind"),
        "{ran:?}"
    );
    assert_eq!(told(&project, "mail.jsonl"), 1, "the next channel has its turn");
}
