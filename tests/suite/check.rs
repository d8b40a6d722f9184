//! What does `heal check` say about a service that runs, dies, hangs or starts slowly, and what do its options change?

use std::fs;

use expect_test::expect;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::support::{Project, Ran, alive, free_port, signal, wait_for};

/// The little service of the demo, at work: the project, its port, its pid.
pub fn running(extra: &str) -> (Project, u16, i32) {
    let (mut project, port) = Project::with_service(extra);
    launch(&mut project, port);
    let pid = project.pid("app.pid");
    wait_for("the service to answer", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    (project, port, pid)
}

/// Starts the service without waiting for anything.
pub fn launch(project: &mut Project, port: u16) -> i32 {
    project.spawn(&["/usr/bin/python3", "service.py", "--port", &port.to_string(), "--interval", "0.1"])
}

/// What was said about one service.
pub fn about<'v>(answer: &'v Value, service: &str) -> &'v Value {
    let services = answer["services"].as_array().expect("services");
    services.iter().find(|one| one["name"] == service).unwrap_or_else(|| panic!("no {service} in {answer}"))
}

/// What one probe of a service found.
pub fn finding<'v>(answer: &'v Value, service: &str, probe: &str) -> &'v Value {
    let findings = about(answer, service)["findings"].as_array().expect("findings");
    findings.iter().find(|one| one["probe"] == probe).unwrap_or_else(|| panic!("no {probe} in {answer}"))
}

/// A project that looks at the host with these probes only.
pub fn host(probes: &str) -> Project {
    Project::new(&format!("[project]\nname = \"test\"\n\n[host.probes]\n{probes}\n"))
}

/// Durations that differ between runs, replaced.
pub fn settled(text: &str) -> String {
    let mut shown: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.replace(" ms", "ms");
        let mut words: Vec<&str> = Vec::new();
        for word in line.split(' ') {
            let body = word.trim_matches(['(', ')', ',']);
            let unit = body.trim_start_matches(|c: char| c.is_ascii_digit());
            let span = unit.len() < body.len() && ["ms", "s", "m", "h", "us"].contains(&unit);
            match (span, words.last()) {
                // "1s 200ms" is one span.
                (true, Some(last)) if last.trim_start_matches('(') == "[SPAN]" => {}
                (true, _) if word.starts_with('(') => words.push("([SPAN]"),
                (true, _) if word.ends_with(',') => words.push("[SPAN],"),
                (true, _) if word.ends_with(')') => words.push("[SPAN])"),
                (true, _) => words.push("[SPAN]"),
                _ => words.push(word),
            }
        }
        shown.push(words.join(" "));
    }
    shown.push(String::new());
    shown.join("\n")
}

fn check(project: &Project) -> Ran {
    project.heal(&["check", "--json"])
}

#[test]
fn a_running_service_is_healthy_and_a_killed_one_is_dead() {
    let (project, _, pid) = running("");
    let answer = check(&project).exits(0).json();
    assert_eq!((&answer["schema"], &answer["status"]), (&"heal/1".into(), &"ok".into()));
    assert_eq!(about(&answer, "app")["process"]["pid"], pid);
    for probe in ["process", "log", "health"] {
        assert_eq!(finding(&answer, "app", probe)["status"], "healthy", "{answer}");
    }
    assert_eq!(project.heal(&["check", "--quiet"]).exits(0).stdout, "", "quiet when fine: cron mails all output");

    signal(pid, Signal::SIGKILL);
    wait_for("its end", || !alive(pid));
    let answer = check(&project).exits(2).json();
    assert_eq!((&answer["status"], &about(&answer, "app")["class"]), (&"critical".into(), &"dead".into()));
    assert_eq!(about(&answer, "app")["process"], Value::Null);
    // A port that nobody serves and a log that nobody writes are consequences, not findings of their own.
    for probe in ["log", "health"] {
        assert_eq!(finding(&answer, "app", probe)["status"], "skipped", "{answer}");
    }
    assert!(project.heal(&["check", "--quiet"]).exits(2).stdout.contains("not running"));
}

#[test]
fn a_service_whose_port_is_open_and_whose_log_is_silent_hangs() {
    let (project, port, pid) = running("");
    project.write("control/hang", "");
    let mut answer = Value::Null;
    wait_for("the silence to be noticed", || {
        let ran = check(&project);
        answer = ran.json();
        // Before that it may be "starting", but never anything worse.
        assert!(matches!(ran.code, 0..=2), "{ran:?}");
        ran.code == 2
    });
    assert_eq!(about(&answer, "app")["class"], "hung");
    assert_eq!(about(&answer, "app")["process"]["pid"], pid);
    assert_eq!(finding(&answer, "app", "process")["status"], "healthy");
    assert_eq!(finding(&answer, "app", "health")["status"], "healthy", "its other threads still say 200: {answer}");
    assert_eq!(finding(&answer, "app", "log")["class"], "hung");
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
}

#[test]
fn a_stopped_process_is_a_warning_and_its_silence_is_a_hang() {
    let (project, _, pid) = running("");
    signal(pid, Signal::SIGSTOP);
    let mut answer = Value::Null;
    wait_for("the silence to be noticed", || {
        let ran = project.heal(&["check", "--json", "--set", "service.app.probes.health.timeout=300ms"]);
        answer = ran.json();
        ran.code == 2
    });
    assert_eq!(finding(&answer, "app", "process")["severity"], "warning");
    assert_eq!(about(&answer, "app")["class"], "hung");
    assert_eq!(finding(&answer, "app", "health")["status"], "unhealthy");
}

#[test]
fn a_slow_start_inside_its_grace_is_starting_and_is_never_killed() {
    let (mut project, port) = Project::with_service("");
    project.write("control/slow-start", "60");
    let pid = launch(&mut project, port);
    let grace = ["--set", "service.app.startup_grace=50s"];
    for _ in 0..3 {
        let answer = project.heal(&[&["check", "--json"], &grace[..]].concat()).exits(1).json();
        assert_eq!(about(&answer, "app")["status"], "starting", "{answer}");
        let ran = project.heal(&[&["heal"], &grace[..]].concat()).exits(1);
        assert!(ran.stdout.contains("starting"), "{ran:?}");
    }
    assert!(alive(pid) && project.processes() == [pid], "{:?}", project.processes());
    assert!(project.events("intent").is_empty() && project.events("opened").is_empty(), "{:#?}", project.journal());
    // After it, it is what it looks like.
    project.heal(&["check", "--set", "service.app.startup_grace=0s"]).exits(2);
}

#[test]
fn a_threshold_is_counted_by_the_tick_and_only_read_by_check() {
    let project = host(r#"bad = { kind = "command", command = ["false"], fail_after = 3 }"#);
    for _ in 0..4 {
        let answer = check(&project).exits(1).json();
        assert_eq!(about(&answer, "host")["summary"], "bad: exit code 1 (1 of 3)");
    }
    project.heal(&["heal"]).exits(1);
    let second = project.heal(&["check"]).exits(1);
    assert!(second.stdout.contains("(2 of 3)"), "{second:?}");
    project.heal(&["heal"]).exits(1);
    check(&project).exits(2);
    project.heal(&["heal"]).exits(2);
}

#[test]
fn what_is_switched_off_is_not_looked_at() {
    let (project, ..) = running("");
    project.write("control/exit", "0");
    wait_for("its end", || check(&project).code == 2);
    let off = project.heal(&["check", "--json", "--set", "service.app.enabled=false"]).exits(0).json();
    assert_eq!(about(&off, "app")["status"], "disabled");
    assert_eq!(about(&off, "app")["findings"], Value::Array(vec![]));

    let project = host(
        "bad = { kind = \"command\", command = [\"false\"], enabled = false }\ngood = { kind = \"command\", command = [\"true\"] }",
    );
    let answer = check(&project).exits(0).json();
    assert_eq!(about(&answer, "host")["findings"].as_array().map(Vec::len), Some(1), "{answer}");
    // With everything switched off nothing was seen, and that is not health.
    project.heal(&["check", "--set", "host.probes.good.enabled=false"]).exits(3);
}

#[test]
fn a_warning_is_a_warning_however_bad_it_looks() {
    let bad = |keys: &str| host(&format!(r#"bad = {{ kind = "command", command = ["false"]{keys} }}"#));
    check(&bad("")).exits(2);
    let answer = check(&bad(r#", severity = "warning""#)).exits(1).json();
    assert_eq!(finding(&answer, "host", "bad")["severity"], "warning");
    check(&bad(r#", severity = "info""#)).exits(0);
    let answer = check(&bad(r#", class = "dependency""#)).exits(2).json();
    assert_eq!(about(&answer, "host")["class"], "dependency");
}

#[test]
fn only_some_can_be_asked_for_and_an_unknown_one_is_a_mistake() {
    let (project, ..) = running("");
    let port = free_port();
    let text = project.read("heal.toml");
    project.write(
        "heal.toml",
        &format!(
            "{text}\n[service.other]\nmatch = {{ args_contain = \"no-such-thing-{port}\" }}\n\n\
             [host.probes]\ndisk = {{ kind = \"disk\", path = \".\", warn_below = \"1B\" }}\n"
        ),
    );
    let names = |args: &[&str], code| -> Vec<String> {
        let answer = project.heal(&[&["check", "--json"], args].concat()).exits(code).json();
        let services = answer["services"].as_array().expect("services");
        services.iter().map(|one| one["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(&[], 2), ["app", "other", "host"]);
    assert_eq!(names(&["--only", "app"], 0), ["app"]);
    assert_eq!(names(&["--only", "host"], 0), ["host"]);
    assert_eq!(names(&["--only", "host", "--only", "other"], 2), ["other", "host"]);
    let wrong = project.heal(&["check", "--only", "ap"]);
    expect![[r#"
        exit 64
        --- stdout
        --- stderr
        heal: there is no service `ap` in [DIR]/heal.toml
          it declares: app, other, host
    "#]]
    .assert_eq(&wrong.snapshot(&project));
    assert_eq!(project.heal(&["check", "--only", "ap", "--json"]).exits(64).json()["error"]["kind"], "usage");
}

#[test]
fn to_ask_for_a_machine_that_nobody_looks_at_is_a_mistake() {
    let project = Project::new("[project]\nname = \"test\"\n\n[service.app]\nmatch = { args_contain = \"x\" }\n");
    // An empty answer would read as "healthy".
    let ran = project.heal(&["check", "--only", "host"]);
    expect![[r#"
        exit 64
        --- stdout
        --- stderr
        heal: there are no [host.probes] in [DIR]/heal.toml
          it declares: app
    "#]]
    .assert_eq(&ran.snapshot(&project));
}

#[test]
fn explain_lists_who_was_considered_and_why_not() {
    let (mut project, port) = Project::with_service("");
    // A name of its own: the processes of other tests are near misses as well.
    let script = format!("explained-{port}.py");
    fs::rename(project.path("service.py"), project.path(&script)).expect("renamed");
    let text = project.read("heal.toml").replace("service.py", &script);
    project.write("heal.toml", &text);
    project.spawn(&["/usr/bin/python3", &script, "--port", &port.to_string(), "--interval", "0.1"]);
    project.pid("app.pid");
    // A near miss: the same program and script, somewhere else.
    let elsewhere = tempfile::tempdir().expect("a directory");
    let sleeper = "import time\nopen('ready', 'w').close()\ntime.sleep(600)\n";
    fs::write(elsewhere.path().join(&script), sleeper).expect("written");
    let there = format!("cd {} && exec /usr/bin/python3 {script}", elsewhere.path().display());
    project.spawn(&["/bin/sh", "-c", &there]);
    wait_for("the other one", || elsewhere.path().join("ready").exists());
    // And one that only reads it.
    project.spawn(&["/usr/bin/tail", "-f", &script]);
    wait_for("the first log line", || project.heal(&["check"]).code == 0);

    let ran = project.heal(&["check", "--explain"]).exits(0);
    // Every python3 of the machine half fits; those of other tests are left out here.
    let ours = |line: &&str| {
        let command = line.split("  (").next().unwrap_or_default();
        command.contains(&script) || !line.trim_start().starts_with("no ")
    };
    let ran = Ran { stdout: ran.stdout.lines().filter(ours).flat_map(|line| [line, "\n"]).collect(), ..ran };
    let text = settled(&ran.snapshot(&project)).replace(&elsewhere.path().display().to_string(), "[ELSEWHERE]");
    expect![[r#"
        exit 0
        --- stdout
        healthy   app  pid [PID], up [SPAN]
            good     process  pid [PID], up [SPAN]
            good     log  service.log was written [SPAN] ago
            good     health  status 200 in [SPAN]
            fits pid [PID]  /usr/bin/python3 explained-[PORT].py --port [PORT] --interval 0.1  (match)
            no   pid [PID]  /usr/bin/python3 explained-[PORT].py  (it runs in another directory, [ELSEWHERE])
            no   pid [PID]  /usr/bin/tail -f explained-[PORT].py  (its program is not python3)
        --- stderr
    "#]]
    .assert_eq(&text.replace(&port.to_string(), "[PORT]"));
    let answer = project.heal(&["check", "--explain", "--json"]).exits(0).json();
    let considered = about(&answer, "app")["considered"].as_array().expect("a list");
    let fits = considered.iter().filter(|one| one["fits"] == true).count();
    let ours = considered.iter().filter(|one| one["command"].as_str().is_some_and(|text| text.contains(&script)));
    assert_eq!((fits, ours.count()), (1, 3), "{answer}");
    let plain = check(&project).exits(0).json();
    assert_eq!(about(&plain, "app")["considered"], Value::Array(vec![]));
}
