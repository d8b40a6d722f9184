//! What does a person read after `heal check`, and can what came from outside do anything to their terminal?

use expect_test::{Expect, expect};
use nix::sys::signal::Signal;

use crate::check::{host, launch, running, settled};
use crate::support::{Project, alive, signal, wait_for};

/// Compares the human answer, what differs between runs replaced.
#[track_caller]
fn reads(project: &Project, args: &[&str], expected: &Expect) {
    expected.assert_eq(&settled(&project.heal(args).snapshot(project)));
}

#[test]
fn a_healthy_service_takes_one_line() {
    let (project, ..) = running("");
    wait_for("the first log line", || project.heal(&["check"]).code == 0);
    reads(
        &project,
        &["check"],
        &expect![[r#"
        exit 0
        --- stdout
        healthy   app  pid [PID], up [SPAN]
        --- stderr
    "#]],
    );
}

#[test]
fn a_dead_service_says_so_first_and_what_to_type_last() {
    let (project, _, pid) = running("");
    signal(pid, Signal::SIGKILL);
    wait_for("its end", || !alive(pid));
    reads(
        &project,
        &["check"],
        &expect![[r#"
            exit 2
            --- stdout
            unhealthy app (dead)  not running
                bad      process  not running
                        because: no process fits
                skipped  log, health  not asked: the process is not running
            next  heal heal --dry-run
            --- stderr
        "#]],
    );
}

#[test]
fn a_hung_service_shows_what_is_stale() {
    let (project, ..) = running("");
    wait_for("its first line", || project.path("logs/service.log").exists());
    project.write("control/hang", "");
    wait_for("the silence to be noticed", || project.heal(&["check"]).code == 2);
    reads(
        &project,
        &["check"],
        &expect![[r#"
            exit 2
            --- stdout
            unhealthy app (hung)  log: service.log was last written [SPAN] ago (limit [SPAN])
                good     process  pid [PID], up [SPAN]
                bad      log  service.log was last written [SPAN] ago (limit [SPAN])
                        signal: [TIME]
                        limit: [SPAN]
                good     health  status 200 in [SPAN]
            next  heal heal --dry-run
            --- stderr
        "#]],
    );
}

#[test]
fn a_starting_service_says_how_long_it_may() {
    let (mut project, port) = Project::with_service("");
    project.write("control/slow-start", "60");
    launch(&mut project, port);
    reads(
        &project,
        &["check", "--set", "service.app.startup_grace=50s"],
        &expect![[r#"
            exit 1
            --- stdout
            starting  app  health: connection refused (after [SPAN]) (starting, [SPAN] of [SPAN])
                good     process  pid [PID], up [SPAN]
                bad      health  connection refused (after [SPAN])
                        url: http://127.0.0.1:[PORT]/health
                skipped  log  logs/service.log does not exist yet, [SPAN] after the start
            --- stderr
        "#]],
    );
}

#[test]
fn several_subjects_come_with_the_worst_first() {
    let project = Project::new(
        r#"[project]
name = "test"

[service.fine]
match = { args_contain = "no-such-process-of-heal-test" }
enabled = false

[service.gone]
match = { args_contain = "no-such-process-of-heal-test" }

[service.unsure]
match = { pidfile = "unsure.pid" }

[service.port]
unit = "launchd:com.example.port"

[service.port.probes]
port = { kind = "tcp", unix = "no.sock", severity = "warning" }

[host.probes]
disk  = { kind = "disk", path = "not/there", warn_below = "1B" }
queue = { kind = "command", command = ["no-such-program"] }
later = { kind = "command", command = ["sh", "-c", "echo only 3 of 9; exit 1"], fail_after = 3 }
"#,
    );
    project.write("unsure.pid", "not a pid");
    reads(
        &project,
        &["check"],
        &expect![[r#"
            exit 2
            --- stdout
            unhealthy gone (dead)  not running
                bad      process  not running
                        because: no process fits
            unknown   unsure  the pidfile unsure.pid holds no pid; look at it, and remove it if the service is not running
                unknown  process  the pidfile unsure.pid holds no pid; look at it, and remove it if the service is not running
            unknown   port  launchd:com.example.port cannot be looked at: launchd is not on this machine
                unknown  process  launchd:com.example.port cannot be looked at: launchd is not on this machine
                warn     port  no.sock: there is no such socket
            unknown   host  disk: not/there: No such file or directory (os error 2)
                unknown  disk  not/there: No such file or directory (os error 2)
                unknown  queue  `no-such-program` is not in PATH (/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin)
                bad      later  exit code 1: only 3 of 9
            disabled  fine  enabled = false
            next  heal heal --dry-run
            --- stderr
        "#]],
    );
    reads(
        &project,
        &["check", "--quiet", "--only", "fine"],
        &expect![[r#"
        exit 0
        --- stdout
        --- stderr
    "#]],
    );
}

#[test]
fn colour_is_for_those_who_ask_for_it() {
    let project = host(r#"it = { kind = "command", command = ["true"] }"#);
    assert!(!project.heal(&["check"]).stdout.contains('\u{1b}'));
    assert!(project.heal(&["check", "--color", "always"]).stdout.contains("\u{1b}[32m"));
}

/// ESC to retitle and recolour, a right-to-left override, a newline that would forge a line, and a C1 control.
const EVIL: &str = "\u{1b}]0;pwned\u{7}\u{1b}[31m\u{202e}evil\nhealthy   forged\u{9b}2J";

#[track_caller]
fn harmless(text: &str) {
    let bad = |c: &char| c.is_control() && *c != '\n' || ('\u{202a}'..='\u{202e}').contains(c);
    assert_eq!(text.chars().find(bad), None, "{text:?}");
    assert!(text.contains("\\u{1b}]0;pwned\\u{7}") && text.contains("\\u{202e}"), "visible, not dropped: {text}");
    assert!(!text.lines().any(|line| line.trim_start().starts_with("healthy   forged")), "{text}");
}

#[test]
fn a_command_line_cannot_reach_the_terminal() {
    let mut project = Project::new(
        "[project]\nname = \"test\"\n\n[service.app]\nmatch = { args_contain = \"heal-test-evil\", cwd = \".\" }\n",
    );
    project.spawn(&["/bin/sh", "-c", "sleep 600; true", "heal-test-evil", EVIL]);
    wait_for("the process", || project.heal(&["check"]).code == 0);
    harmless(&project.heal(&["check", "--explain"]).exits(0).stdout);
    // JSON escapes control characters by itself, and keeps what was there.
    let answer = project.heal(&["check", "--json"]).exits(0);
    assert!(!answer.stdout.contains(['\u{1b}', '\u{7}']), "{answer:?}");
    assert!(answer.stdout.lines().count() == 1, "{answer:?}");
}

#[test]
fn a_file_name_cannot_reach_the_terminal() {
    let mut project = Project::new(
        "[project]\nname = \"test\"\n\n[host.probes]\n\
         log = { kind = \"fresh\", path = \"logs/*\", within = \"1s\" }\n",
    );
    project.write(&format!("logs/{}", EVIL.replace('/', "")), "x");
    project.env("HEAL_TEST_SHIFT", "1h");
    harmless(&project.heal(&["check"]).exits(2).stdout);
    // And in an error message.
    let missing = project.heal(&["check", "--config", EVIL]).exits(78);
    harmless(&missing.stderr);
}

#[test]
fn the_output_of_a_probe_cannot_reach_the_terminal() {
    let project = host(r#"it = { kind = "command", command = ["sh", "say.sh"] }"#);
    project.write("say.sh", "cat evil; exit 1");
    project.write("evil", &EVIL.replace('\n', "\r"));
    let text = project.heal(&["check"]).exits(2).stdout;
    harmless(&text);
    assert!(text.contains("\\u{d}healthy"), "{text}");
    // The same through a name that was asked for.
    harmless(&project.heal(&["check", "--only", EVIL]).exits(64).stderr);
}

#[test]
fn a_reader_that_went_away_and_a_full_disk_are_told_apart() {
    let project = host(r#"it = { kind = "command", command = ["true"] }"#);
    let run = |script: &str| {
        let mut command = std::process::Command::new("/bin/bash");
        command.args(["-c", script]).current_dir(project.path("")).env("HEAL", env!("CARGO_BIN_EXE_heal"));
        command.output().expect("runs")
    };
    let gone = run("\"$HEAL\" check --json | true; echo ${PIPESTATUS[0]}");
    assert_eq!(String::from_utf8_lossy(&gone.stdout), "0\n", "{gone:?}");
    assert!(gone.stderr.is_empty(), "{gone:?}");
    let full = run("\"$HEAL\" check >/dev/full");
    assert_eq!(full.status.code(), Some(74), "{full:?}");
    assert!(String::from_utf8_lossy(&full.stderr).starts_with("heal: cannot write the answer"), "{full:?}");
}
