//! Is what an act destroys kept before? The last words, the state, the ports of what is stopped: in the journal, the report
//! and the alerts, with no secret in it, and never at the price of healing.

use std::process::Command;

use expect_test::expect;
use serde_json::Value;

use super::acting::{NAP, end, kinds, sleeper, started_by, the_one, timeless};
use super::support::{Project, alive, free_port, wait_for};

/// A service that prints a traceback with secrets in it and then hangs, its port open, until it is killed.
const TRACEBACK: &str = r#"
import os, socket, subprocess, sys, time, traceback
port = socket.create_server(("127.0.0.1", int(sys.argv[1])))
if not os.path.exists("ill"):
    subprocess.Popen(["sleep", "7001"])
    for at in range(30):
        print("request", at, flush=True)
    try:
        raise RuntimeError("login failed: token=hunter2 for https://bob:hunter2@example.org/x?key=hunter2")
    except RuntimeError:
        traceback.print_exc()
    with open("service.log", "w") as log:
        log.write("worker started\npassword = hunter2\n")
    open("ill", "w").close()
    time.sleep(86400)
while True:
    open("service.log", "a").write("working\n")
    time.sleep(0.05)
"#;

/// A project around it, ill already: its alerts go to a file and to a command.
fn hung() -> (Project, i32, u16) {
    let port = free_port();
    let project = Project::new(&format!(
        r#"[project]
name = "test"
[service.app]
match         = {{ executable = "python3", args_contain = "ill.py" }}
start         = ["/usr/bin/python3", "-u", "ill.py", "{port}"]
startup_grace = "0s"
verify_within = "15s"
stop_grace    = "1s"
stable_for    = "100ms"
[service.app.probes]
log = {{ kind = "fresh", path = "service.log", within = "1s" }}
[alert.list]
kind = "file"
path = "told.jsonl"
[alert.mail]
kind    = "command"
command = ["/bin/sh", "-c", "cat >> mail.jsonl"]
"#
    ));
    project.write("ill.py", TRACEBACK);
    let blind = ["heal", "--set", "service.app.probes.log.enabled=false"];
    let ran = project.heal(&blind).exits(0);
    assert!(!ran.stdout.contains("last output"), "there was nothing to see yet: {ran:?}");
    assert!(project.events("captured").is_empty());
    wait_for("that incident to be over", || {
        project.heal(&blind).exits(0);
        !project.events("closed").is_empty()
    });
    wait_for("it to hang", || project.path("ill").exists());
    wait_for("a look that says hung", || project.heal(&["check"]).code == 2);
    let pid = the_one(&project, "ill.py");
    (project, pid, port)
}

#[test]
fn what_is_stopped_is_looked_at_before() {
    let (project, pid, port) = hung();
    git(&project, &["init", "-q"]);
    git(&project, &["commit", "-q", "--allow-empty", "-m", "the commit that made it hang"]);
    let answer = project.heal(&["heal", "--json"]).exits(0).json();
    assert!(!alive(pid));
    let captured = &project.events("captured")[0];
    let act = &answer["services"][0]["act"];
    assert_eq!(captured["evidence"], act["evidence"], "the report and the journal say the same");
    let order: Vec<Value> = project.journal().into_iter().map(|event| event["event"].clone()).collect();
    let place = |kind: &str| order.iter().rposition(|one| one == kind).expect(kind);
    assert!(place("captured") < place("intent"), "{order:?}");
    assert_eq!(captured["incident"], answer["services"][0]["incident"]["id"]);

    let evidence = &act["evidence"];
    assert!(evidence["took_ms"].as_u64().is_some_and(|took| took < 3_000), "{evidence:#}");
    assert_eq!(evidence["notes"], Value::Array(Vec::new()), "{evidence:#}");
    assert_eq!(evidence["commits"][0]["subject"], "the commit that made it hang");
    let one = &evidence["processes"][0];
    assert_eq!((&one["pid"], &one["vitals"]["state"]), (&pid.into(), &"S".into()), "{one:#}");
    assert_eq!(one["listens"], serde_json::json!([format!("127.0.0.1:{port}")]));
    assert_eq!(one["children"][0][1], "sleep 7001");
    assert!(one["vitals"]["rss"].as_u64().is_some_and(|rss| rss > 1_000_000), "{one:#}");
    assert!(one["vitals"]["age_ms"].as_u64().is_some_and(|age| age > 1_000), "{one:#}");
    // stdin, stdout, stderr and the socket.
    assert_eq!(one["descriptors"]["count"], 4, "{one:#}");
    assert_eq!(one["descriptors"]["kinds"][0][0], "file", "{one:#}");
    if nix::unistd::geteuid().is_root() {
        assert!(one["stack"].as_array().is_some_and(|stack| !stack.is_empty()), "{one:#}");
    }
    expect![[r#"
        [
          {
            "path": "data/output/app.log",
            "output": true,
            "lines": [
              "request 14",
              "request 15",
              "request 16",
              "request 17",
              "request 18",
              "request 19",
              "request 20",
              "request 21",
              "request 22",
              "request 23",
              "request 24",
              "request 25",
              "request 26",
              "request 27",
              "request 28",
              "request 29",
              "Traceback (most recent call last):",
              "  File \"[DIR]/ill.py\", line 9, in <module>",
              "    raise RuntimeError(\"login failed: token=*** for https://***@example.org/x?***",
              "RuntimeError: login failed: token=*** for https://***@example.org/x?***"
            ]
          },
          {
            "path": "service.log",
            "output": false,
            "lines": [
              "worker started",
              "password = ***"
            ]
          }
        ]"#]]
    .assert_eq(&project.normalise(&format!("{:#}", evidence["logs"])));
}

#[test]
fn a_person_reads_the_last_words_in_the_report_and_in_every_alert() {
    let (project, _, port) = hung();
    let ran = project.heal(&["heal"]).exits(0);
    let text = timeless(&ran.snapshot(&project)).replace(&port.to_string(), "[PORT]");
    let text: Vec<&str> = text.lines().filter(|line| line.contains("state") || line.contains("output")).collect();
    assert!(text[0].contains("state pid [PID]: sleeping"), "{text:?}");
    assert!(text[0].ends_with("4 descriptors, 1 child, listening on 127.0.0.1:[PORT]"), "{text:?}");
    assert!(text[1].ends_with("last output (data/output/app.log)"), "{text:?}");
    assert!(ran.stdout.contains("            RuntimeError: login failed: token=*** for"), "{ran:?}");
    for channel in ["told.jsonl", "mail.jsonl", "data/operator_alerts.jsonl"] {
        let told = project.read(channel);
        let last: Value = serde_json::from_str(told.lines().last().expect("a line")).expect("JSON");
        let words = last["details"]["last output"].as_str().unwrap_or_else(|| panic!("{channel}: {last:#}"));
        assert!(words.starts_with("request 29\nTraceback (most recent"), "{channel}: {words}");
        assert!(words.ends_with("RuntimeError: login failed: token=*** for https://***@example.org/x?***"), "{words}");
        assert!(last["details"]["state"].as_str().is_some_and(|state| state.contains("sleeping")), "{last:#}");
    }
    let everything = ["told.jsonl", "mail.jsonl", "data/operator_alerts.jsonl"].map(|path| project.read(path)).concat();
    let journal = project.journal().iter().map(Value::to_string).collect::<String>();
    assert!(!format!("{everything}{journal}{}", ran.stdout).contains("hunter2"), "a secret got out");
}

#[test]
fn the_dead_leave_their_last_words_and_a_later_alert_still_has_them() {
    let project = started_by(r#"["/bin/sh", "-c", "echo out of luck >&2; exit 1"]"#, "");
    project.heal(&["heal"]).exits(2);
    assert!(project.events("captured").is_empty(), "before the first start there was nothing to see");
    project.heal(&["heal"]).exits(2);
    let captured = project.events("captured");
    assert_eq!(captured[0]["evidence"]["logs"][0]["lines"], serde_json::json!(["out of luck"]));
    assert_eq!(captured[0]["evidence"]["processes"], Value::Array(Vec::new()));
    // The next run acts on nothing and sees nothing: it tells what was seen before.
    project.heal(&["heal"]).exits(69);
    let told = project.read("data/operator_alerts.jsonl");
    let last: Value = serde_json::from_str(told.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["category"], "exhausted");
    assert_eq!(last["details"]["last output"], "out of luck");
    assert_eq!(last["details"]["state"], Value::Null);
}

#[test]
fn who_only_looks_captures_nothing() {
    let (project, pid, _) = hung();
    let before = project.journal().len();
    project.heal(&["heal", "--dry-run"]).exits(2);
    assert_eq!(project.journal().len(), before);
    let answer = project.heal(&["heal", "--json", "--set", "project.mode=observe"]).exits(2).json();
    assert_eq!(answer["services"][0]["act"], Value::Null);
    assert!(project.events("captured").is_empty() && alive(pid));
}

#[test]
fn a_log_that_is_none_is_a_note_and_no_obstacle() {
    let watch = "[service.app.probes]\na = { kind = \"fresh\", path = \"pipe\", within = \"1h\" }\nb = { kind = \"fresh\", path = \"blob\", within = \"1h\" }";
    let project = sleeper(watch);
    project.run(&mut project.command_of("mkfifo", &["pipe"]));
    project.write("blob", "SQLite format 3\0");
    let ran = project.heal(&["heal"]).exits(0);
    assert!(ran.took.as_secs() < 10, "nobody waits for the other end of a FIFO: {ran:?}");
    let notes = &project.events("captured")[0]["evidence"]["notes"];
    assert_eq!(notes, &serde_json::json!(["pipe: it is not a regular file", "blob: it is no text"]));
    end(the_one(&project, NAP));
    let huge = "x".repeat(300_000);
    project.write("blob", &format!("{huge}\n{huge}\n{}", "a line of forty-one characters, token=abc\n".repeat(5_000)));
    project.heal(&["heal"]).exits(0);
    let evidence = &project.events("captured")[1]["evidence"];
    assert!(evidence.to_string().len() <= 16 * 1024, "{}", evidence.to_string().len());
    assert_eq!(evidence["logs"][0]["lines"][19], "a line of forty-one characters, token=***");
}

#[test]
fn a_file_system_that_does_not_answer_costs_two_seconds() {
    if Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    let watch = "[service.app.probes]\na = { kind = \"fresh\", path = \"slow.log\", within = \"1h\" }";
    // One that ends at once: strace waits for all that it follows.
    let project = started_by("[\"false\"]", watch);
    project.write("slow.log", "never read\n");
    let (log, heal) = (project.path("slow.log").display().to_string(), env!("CARGO_BIN_EXE_heal"));
    let args = ["-f", "-qq", "-o", "/dev/null", "-P", &log, "-e", "inject=openat:delay_enter=6000000", heal, "heal"];
    project.run(&mut project.command_of("strace", &args)).exits(2);
    let captured = project.events("captured");
    let notes = serde_json::json!(["the end of slow.log: no answer within 2 s"]);
    assert_eq!(captured[0]["evidence"]["notes"], notes);
    assert!(captured[0]["evidence"]["took_ms"].as_u64().is_some_and(|took| took < 4_000), "{captured:?}");
    assert_eq!(kinds(&project), "opened, intent restart, started, done failed, alerted opened operator_alerts");
}

fn git(project: &Project, args: &[&str]) {
    let all: Vec<&str> = ["-c", "user.name=t", "-c", "user.email=t@t"].iter().chain(args).copied().collect();
    let ran = project.run(&mut project.command_of("git", &all));
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn where_it_waited_in_the_kernel_is_kept_and_said_as_the_kernel_names_it() {
    let mut project = sleeper(
        "startup_grace = \"0s\"\n[service.app.probes]\n\
         works = { kind = \"command\", command = [\"test\", \"!\", \"-e\", \"ill\"] }\n",
    );
    let pid = project.spawn(&["sleep", NAP]);
    project.heal(&["heal"]).exits(0);
    // A sleep waits at one place for as long as it lives; `0` is how the kernel says that it does not tell.
    let wchan = || std::fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
    wait_for("it to sleep", || {
        std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") S "))
    });
    let named = Some(wchan()).filter(|name| !matches!(name.as_str(), "" | "0"));
    project.write("ill", "");
    let answer = project.heal(&["heal", "--json", "--set", "service.app.verify_within=200ms"]).json();
    let seen = &answer["services"][0]["act"]["evidence"]["processes"][0];
    assert_eq!(seen["pid"], pid, "{answer:#}");
    assert_eq!(seen["vitals"]["wchan"].as_str(), named.as_deref(), "{seen:#}");
    assert_eq!(project.events("captured")[0]["evidence"]["processes"][0], *seen);
    if let Some(name) = named {
        let shown = project.heal(&["check"]).stdout + &project.read("data/operator_alerts.jsonl");
        assert!(shown.contains(&format!(" in {name}")), "{shown}");
    }
}
