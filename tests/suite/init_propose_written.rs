//! `heal init --pid`: does what it proposes about the files that a process writes leave a healthy service alone, after heal
//! started it as well? Real processes throughout.

use std::net::TcpStream;

use super::acting::end;
use super::init_propose::{empty, init};
use super::support::{Project, alive, free_port, wait_for};

const LIVE: [&str; 3] = ["heal", "--set", "project.mode=live"];

/// Starts a program whose output goes where these words of the shell say.
fn redirected(project: &mut Project, argv: &str, to: &str) -> i32 {
    let pid = project.spawn(&["/bin/sh", "-c", &format!("exec {argv} {to}")]);
    let exe = || std::fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| !exe.ends_with("dash"));
    wait_for("the program", || {
        exe() && !std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default().starts_with(b"/bin/sh")
    });
    pid
}

/// The lines of the file's `[service.…]` and its probes.
fn written(project: &Project, pid: i32) -> Vec<String> {
    init(project, pid, &[]).exits(0);
    project.heal(&["config", "check"]).exits(0);
    let text = project.read("heal.toml");
    let lines = text.lines().skip_while(|line| !line.starts_with("[service.")).map(str::to_owned);
    lines.take_while(|line| !line.starts_with("[host")).collect()
}

fn has(lines: &[String], start: &str) -> bool {
    lines.iter().any(|line| line.starts_with(start))
}

#[test]
fn a_web_server_with_a_silent_output_is_left_alone_before_and_after_heal_started_it() {
    let mut project = empty();
    let port = free_port();
    // As most do, it says what it has to say on stderr.
    project.write(
        "serve.py",
        "import sys\nfrom http.server import HTTPServer, SimpleHTTPRequestHandler\n\
         HTTPServer(('127.0.0.1', int(sys.argv[1])), SimpleHTTPRequestHandler).serve_forever()\n",
    );
    let argv = format!("/usr/bin/python3 serve.py {port}");
    let pid = redirected(&mut project, &argv, ">web.out 2>/dev/null");
    let answers = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    wait_for("the server", answers);
    let lines = written(&project, pid);
    assert!(has(&lines, "log = \"web.out\""), "{lines:#?}");
    assert!(has(&lines, &format!("listens = {{ kind = \"port\", port = {port} }}")), "{lines:#?}");
    assert!(has(&lines, "# It writes web.out, which is empty: its age says nothing."), "{lines:#?}");
    assert!(!lines.join("\n").contains("fresh"), "{lines:#?}");
    let checked = project.heal(&["check", "--json"]).exits(0).json();
    assert!(checked.to_string().contains(&format!("pid {pid}")), "{checked}");
    end(pid);
    project.heal(&LIVE).exits(0);
    let started = project.events("started");
    let again = started[0]["identity"]["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
    let goes_to = |fd: i32| std::fs::read_link(format!("/proc/{again}/fd/{fd}")).expect("open");
    assert_eq!([goes_to(1), goes_to(2)], [project.path("web.out"), project.path("web.out")]);
    project.heal(&LIVE).exits(0);
    assert!(alive(again) && project.events("started").len() == 1, "{:#?}", project.journal());
}

#[test]
fn an_output_that_goes_on_being_written_is_a_sign_of_life_in_either_life() {
    let mut project = empty();
    // It lives half an hour ahead, as heal does.
    project.env("HEAL_TEST_SHIFT", "31m");
    project.write(
        "bot.py",
        "import os, sys, time\nwhile True:\n    print('x', flush=True)\n    soon = time.time() + 1800\n    \
         os.utime('out.txt', (soon, soon))\n    time.sleep(0.1)\n",
    );
    let pid = redirected(&mut project, "/usr/bin/python3 bot.py", ">out.txt 2>err.txt");
    wait_for("a first line", || project.read("out.txt").contains('x') && aged(&project, "out.txt"));
    let lines = written(&project, pid);
    for start in [
        "log = \"out.txt\"",
        "# Its stderr goes to err.txt; heal puts both into one.",
        "log = { kind = \"fresh\", path = \"out.txt\", within = \"15m\" }  # last written",
        "# Silent for longer than `within`, it counts as hung",
    ] {
        assert!(has(&lines, start), "{start}: {lines:#?}");
    }
    // What heal does not go on with is no sign of life, and nothing is said of `heartbeat` where nothing answers.
    assert!(!lines.join("\n").contains("path = \"err.txt\""), "{lines:#?}");
    project.heal(&["check"]).exits(0);
    end(pid);
    project.heal(&LIVE).exits(0);
    assert_eq!(project.events("started").len(), 1);
    wait_for("a line of the new life", || aged(&project, "out.txt"));
    project.heal(&LIVE).exits(0);
    assert_eq!(project.events("started").len(), 1, "{:#?}", project.journal());
}

/// Was it dated ahead?
fn aged(project: &Project, name: &str) -> bool {
    let at = std::fs::metadata(project.path(name)).and_then(|meta| meta.modified()).expect("there");
    at > std::time::SystemTime::now() + std::time::Duration::from_secs(900)
}

#[test]
fn what_was_written_at_the_start_alone_is_no_sign_of_life() {
    let mut project = empty();
    project.env("HEAL_TEST_SHIFT", "31m");
    project.write("bot.py", "import time\nlog = open('bot.log', 'a')\nlog.write('up')\nlog.flush()\ntime.sleep(600)\n");
    project.write("bot.log", "");
    let pid = redirected(&mut project, "/usr/bin/python3 bot.py", ">/dev/null 2>&1");
    wait_for("the banner", || !project.read("bot.log").is_empty());
    let lines = written(&project, pid);
    assert!(has(&lines, "# It writes bot.log, last 31m"), "{lines:#?}");
    let text = lines.join("\n");
    assert!(
        text.contains("within a minute of its start") && !text.contains("fresh") && !has(&lines, "log ="),
        "{text}"
    );
    project.heal(&["check"]).exits(0);
}
