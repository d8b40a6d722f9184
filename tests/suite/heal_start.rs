//! What does a service get that heal starts? A session of its own, a clean environment, its directory and log, nothing else.

use expect_test::expect;

use super::acting::{NAP, shell, sleeper, started_by, the_one};
use super::support::Project;

/// What the descriptors of a process stand for.
fn descriptors(pid: i32) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/fd")).expect("readable").flatten();
    let mut found: Vec<(String, String)> = entries
        .map(|entry| {
            let target = std::fs::read_link(entry.path()).expect("a link").display().to_string();
            (entry.file_name().to_string_lossy().into_owned(), target)
        })
        .collect();
    found.sort();
    found
}

/// A field of `/proc/PID/status`.
fn status(pid: i32, field: &str) -> String {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("readable");
    let line = text.lines().find(|line| line.starts_with(field)).expect("the field");
    line.split_once(':').expect("a value").1.trim().to_owned()
}

#[test]
fn nothing_is_inherited_but_input_output_and_errors() {
    let project = sleeper("");
    // A crontab's `flock -n FILE heal heal` leaves its lock open in heal: whoever inherits it shuts out every later tick.
    let opened = "exec 3</dev/null 4>four 5<>five 6</ 7>seven 8</dev/zero 9>nine; flock -n 9 && exec \"$HEAL\" heal";
    shell(&project, opened).exits(0);
    let log = project.path("data/output/app.log").display().to_string();
    let expected = [("0", "/dev/null"), ("1", log.as_str()), ("2", log.as_str())];
    let expected = expected.map(|(fd, target)| (fd.to_owned(), target.to_owned()));
    assert_eq!(descriptors(the_one(&project, NAP)), expected);
    shell(&project, "exec 9>nine; flock -n 9").exits(0);
}

#[test]
fn it_leads_a_session_of_its_own_and_survives_the_group_that_started_heal() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let pid = the_one(&project, NAP);
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("readable");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("fields").split_whitespace().collect();
    // state ppid pgrp session tty_nr
    assert_eq!((fields[2], fields[3], fields[4]), (pid.to_string().as_str(), pid.to_string().as_str(), "0"));
}

#[test]
fn its_environment_is_clean_and_its_own() {
    let mut project = started_by(
        r#"["/bin/sh", "-c", "/usr/bin/env > env.txt; pwd > pwd.txt; echo out; echo err >&2; exec sleep 86400"]"#,
        "cwd = \"home\"\nlog = \"logs/app.log\"\nenv = { BOT_MODE = \"live\", TZ = \"Asia/Tokyo\" }",
    );
    std::fs::create_dir(project.path("home")).expect("created");
    project.write("logs/app.log", "before\n");
    for (name, value) in [
        ("LD_PRELOAD", ""),
        ("PYTHONPATH", "/evil"),
        ("GIT_DIR", "/evil"),
        ("HOME", "/home/bot"),
        ("TZ", "UTC"),
        ("SECRET", "x"),
    ] {
        project.env(name, value);
    }
    project.heal(&["heal"]).exits(0);
    let mut names: Vec<String> = project.read("home/env.txt").lines().map(str::to_owned).collect();
    // The shell adds these itself.
    names.retain(|line| !["_=", "PWD=", "SHLVL=", "OLDPWD="].iter().any(|own| line.starts_with(own)));
    // Another for each start.
    let intent = names.iter_mut().find(|line| line.starts_with("HEAL_INTENT=")).expect("the mark of the start");
    assert!(
        project
            .journal()
            .iter()
            .any(|event| format!("HEAL_INTENT={}", event["id"].as_str().unwrap_or_default()) == *intent)
    );
    "HEAL_INTENT=[ID]".clone_into(intent);
    names.sort();
    expect![[r#"
        BOT_MODE=live
        HEAL_INTENT=[ID]
        HEAL_SERVICE=app
        HOME=/home/bot
        LANG=C.UTF-8
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin
        TZ=Asia/Tokyo"#]]
    .assert_eq(&names.join("\n"));
    assert_eq!(project.read("home/pwd.txt").trim(), project.path("home").display().to_string());
    assert_eq!(project.read("logs/app.log"), "before\nout\nerr\n");
}

#[test]
fn it_finds_its_program_by_the_path_of_its_own_environment() {
    let project = started_by("[\"my-bot\"]", "env = { PATH = \"/usr/bin:/bin:BIN\" }");
    let text = project.read("heal.toml").replace("BIN", &project.path("bin").display().to_string());
    project.write("heal.toml", &text);
    project.write("bin/my-bot", "#!/bin/sh\nexec sleep 86400\n");
    shell(&project, "chmod +x bin/my-bot").exits(0);
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
}

#[test]
fn ignored_and_blocked_signals_are_not_passed_on() {
    let project = sleeper("");
    // `nohup` and a `trap ''` make children ignore; a service that cannot be told to end has to be killed.
    let run = "import os, signal, sys\n\
               for one in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD, signal.SIGPIPE):\n\
               \x20   signal.signal(one, signal.SIG_IGN)\n\
               signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n\
               os.execv(os.environ['HEAL'], ['heal', 'heal'])\n";
    project.write("run.py", run);
    shell(&project, "exec /usr/bin/python3 run.py").exits(0);
    let pid = the_one(&project, NAP);
    for field in ["SigIgn", "SigBlk"] {
        let mask = u64::from_str_radix(&status(pid, field), 16).expect("hexadecimal");
        // The real-time signals, two of which the C library keeps for itself, are nobody's way to say stop.
        assert_eq!(mask & 0x7fff_ffff, 0, "{field} {mask:x}");
    }
}

#[test]
fn a_log_that_is_a_link_a_fifo_or_a_directory_is_refused_and_nothing_is_started() {
    for (make, what) in
        [("ln -s /dev/null app.log", "a link"), ("mkfifo app.log", "a fifo"), ("mkdir app.log", "a directory")]
    {
        let project = sleeper("log = \"app.log\"");
        shell(&project, make).exits(0);
        let ran = project.heal(&["heal"]).exits(2);
        assert!(ran.stdout.contains("cannot open its log"), "{what}: {ran:?}");
        assert!(project.processes().is_empty(), "{what}");
    }
}

#[test]
fn a_missing_working_directory_is_said_so() {
    let project: Project = sleeper("cwd = \"nowhere\"");
    let ran = project.heal(&["heal"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        failed    app (was dead)  not running
            bad      process  not running
                    because: no process fits
            incident since [TIME], 1 act so far
            tried start `sleep 86400` in [DIR]/nowhere, output to [DIR]/data/output/app.log
            failed by `restart` in [SPAN]: its directory [DIR]/nowhere does not exist
        next  tail [DIR]/data/output/app.log
        --- stderr
    "#]]
    .assert_eq(&super::acting::timeless(&ran.snapshot(&project)));
}
