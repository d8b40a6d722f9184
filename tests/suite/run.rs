//! Is a command under `heal run` as if heal were not there? Exit codes, signals, stderr byte by byte, the terminal; and what
//! is recorded of its end.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};
use std::time::Duration;

use nix::sys::signal::Signal;

use heal::journal::RecoveryLock;

use super::lives::{lives, release, told};
use super::support::{Project, Ran, alive, signal, wait_for};

fn project() -> Project {
    Project::new(
        "[project]\nname = \"test\"\n[service.app]\nmatch = { executable = \"no-such\" }\nhold_on_exit = [42]\n",
    )
}

fn words<'w>(command: &[&'w str]) -> Vec<&'w str> {
    [&["run", "--service", "app", "--"][..], command].concat()
}

fn run(project: &Project, command: &[&str]) -> Ran {
    project.heal(&words(command))
}

/// Starts it, and waits until its start is on record and the command has said that it is ready.
fn spawn(project: &Project, script: &str) -> Child {
    let script = format!("{script}\n");
    project.write("script", &script);
    let mut command = project.command(&words(&["/bin/bash", "script"]));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    wait_for("the command", || project.path("ready").exists() && !lives(project).is_empty());
    fs::remove_file(project.path("ready")).expect("removed");
    child
}

/// How it ended, as a shell counts.
fn ended(mut child: Child) -> (i32, String) {
    let status = child.wait().expect("waited");
    let mut said = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut said).expect("read");
    (status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)), said)
}

fn pid(child: &Child) -> i32 {
    i32::try_from(child.id()).expect("a pid")
}

/// What the last line says: event, exit code, signal, reason.
#[track_caller]
fn last(project: &Project) -> (String, Option<i64>, Option<i64>, String) {
    let lines = lives(project);
    let last = lines.last().expect("a line");
    let text = |key: &str| last[key].as_str().unwrap_or_default().to_owned();
    (text("event"), last["exit_code"].as_i64(), last["signal"].as_i64(), text("reason"))
}

#[test]
fn the_exit_code_is_that_of_the_command() {
    let project = project();
    let one = release(&project, 1_700_000_000, "one");
    for (script, code, event, exit, by_signal, reason) in [
        ("exit 0", 0, "stop", Some(0), None, "it ended with exit code 0"),
        ("exit 1", 1, "crash", Some(1), None, ""),
        ("exit 255", 255, "crash", Some(255), None, ""),
        ("exit 124", 124, "crash", Some(124), None, ""),
        ("exit 42", 42, "stop", Some(42), None, "exit code 42, which a restart does not cure (hold_on_exit)"),
        ("kill -SEGV $$", 139, "crash", None, Some(11), ""),
        ("kill -KILL $$", 137, "crash", None, Some(9), ""),
        ("kill -TERM $$", 143, "stop", None, Some(15), "stopped by SIGTERM"),
        ("kill -34 $$", 162, "crash", None, Some(34), ""),
    ] {
        run(&project, &["/bin/bash", "-c", script]).exits(code);
        assert_eq!(last(&project), (event.to_owned(), exit, by_signal, reason.to_owned()), "{script}");
        assert_eq!(lives(&project).last().expect("a line")["release"], one.as_str());
    }
    // Held once, until a person says otherwise.
    assert_eq!(project.events("held").len(), 1);
    project.heal(&["release", "app"]).exits(0);
}

#[test]
fn what_cannot_be_started_is_told_as_coreutils_do_and_not_recorded() {
    let project = project();
    project.write("text", "no program\n");
    for (command, code, why) in [
        ("no-such-program", 127, "`no-such-program` cannot be started: No such file"),
        ("./no-such", 127, "`./no-such` cannot be started: No such file"),
        ("./text", 126, "`./text` cannot be started: Permission denied"),
        ("/", 126, "`/` cannot be started: Permission denied"),
    ] {
        let ran = run(&project, &[command]).exits(code);
        assert!(ran.stderr.starts_with(&format!("heal: {why}")) && ran.stdout.is_empty(), "{ran:?}");
    }
    assert_eq!(told(&project), "");
    let document = project.heal(&["run", "--json", "--service", "app", "--", "no-such"]).exits(127).json();
    assert_eq!((&document["event"], document["exit_code"].as_i64()), (&serde_json::Value::Null, Some(127)));
    for args in [&["run", "--service", "app"][..], &["run", "--", "true"], &["run", "--service", "ap", "--", "true"]] {
        project.heal(args).exits(64);
    }
}

#[test]
fn the_command_finds_what_heal_found() {
    let mut project = project();
    project.env("OWN", "kept");
    let script = "umask; echo $OWN $HEAL_SERVICE; cat; pwd; grep -E 'Sig(Blk|Ign)' /proc/self/status";
    let given = |heal: bool| {
        let mut command = if heal {
            project.command(&words(&["/bin/bash", "-c", script]))
        } else {
            project.command_of("/bin/bash", &["-c", script])
        };
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        child.stdin.take().expect("piped").write_all(b"input\n").expect("written");
        let mut said = String::new();
        child.stdout.take().expect("piped").read_to_string(&mut said).expect("read");
        assert!(child.wait().expect("waited").success());
        said.replace("kept app", "kept ").replace("kept \n", "kept\n")
    };
    assert_eq!(given(true), given(false));
    // nohup: what was ignored stays ignored.
    let ran = project.run(&mut project.command_of(
        "nohup",
        &[&[env!("CARGO_BIN_EXE_heal")][..], &words(&["grep", "SigIgn", "/proc/self/status"])].concat(),
    ));
    let ignored = u64::from_str_radix(ran.stdout.trim().rsplit('\t').next().expect("a number"), 16).expect("hex");
    assert_eq!(ignored & 1, 1, "{ran:?}");
}

#[test]
fn signals_reach_the_command_and_an_end_by_them_is_a_stop() {
    for (name, one) in [("TERM", Signal::SIGTERM), ("INT", Signal::SIGINT), ("QUIT", Signal::SIGQUIT)] {
        let project = project();
        let script = format!("trap 'echo got; exit 7' {name}; touch ready; while :; do sleep 0.05; done");
        let child = spawn(&project, &script);
        signal(pid(&child), one);
        assert_eq!(ended(child), (7, "got\n".into()), "{name}");
        assert_eq!(last(&project), ("stop".into(), Some(7), None, format!("stopped by SIG{name}")));
    }
    let project = project();
    // These ask for no end: what follows by itself is a crash.
    let script =
        "n=0; trap 'echo hup; n=$((n+1))' HUP; trap 'echo usr1; n=$((n+1))' USR1; trap 'echo usr2; n=$((n+1))' USR2
touch ready; while [ $n -lt 3 ]; do sleep 0.05; done; exit 3";
    let child = spawn(&project, script);
    for one in [Signal::SIGHUP, Signal::SIGUSR1, Signal::SIGUSR2] {
        signal(pid(&child), one);
        std::thread::sleep(Duration::from_millis(200));
    }
    assert_eq!(ended(child), (3, "hup\nusr1\nusr2\n".into()));
    assert_eq!(last(&project).0, "crash");
    // One that ignores it, and is killed by whoever asked.
    let child = spawn(&project, "trap '' TERM; touch ready; while :; do sleep 0.05; done");
    signal(pid(&child), Signal::SIGTERM);
    std::thread::sleep(Duration::from_millis(200));
    let service = lives(&project).last().expect("a start")["life"]["pid"].as_i64().expect("a pid");
    signal(i32::try_from(service).expect("a pid"), Signal::SIGKILL);
    assert_eq!(ended(child).0, 137);
    assert_eq!(last(&project), ("stop".into(), None, Some(9), "stopped by SIGTERM".into()));
}

#[test]
fn a_signal_to_the_whole_group_ends_it_and_is_a_stop() {
    use std::os::unix::process::CommandExt as _;
    let project = project();
    project.write("script", "touch ready; exec sleep 86400\n");
    let mut command = project.command(&words(&["/bin/bash", "script"]));
    let child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    wait_for("the command", || project.path("ready").exists() && !lives(&project).is_empty());
    // As systemd does with a control group.
    nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid(&child)), Signal::SIGTERM).expect("signalled");
    assert_eq!(ended(child).0, 143);
    assert_eq!(last(&project).0, "stop");
}

#[test]
fn stderr_is_passed_on_byte_by_byte_under_load_and_its_last_lines_are_kept() {
    let project = project();
    project.write(
        "shout.py",
        "import os, random\nrandom.seed(7)\nout = open('expected', 'wb')\nfor i in range(4000):\n    data = random.randbytes(random.randrange(1, 3000))\n    out.write(data)\n    while data:\n        data = data[os.write(2, data):]\nend = b'\\nfirst\\ntoken=hunter2\\nKeyError: x\\n\\n'\nout.write(end)\nout.close()\nos.write(2, end)\nos._exit(1)\n",
    );
    let mut child = project
        .command(&words(&["/usr/bin/python3", "shout.py"]))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut said = Vec::new();
    let mut stderr = child.stderr.take().expect("piped");
    // A reader that is slow now and then.
    let mut part = [0; 4096];
    for round in 0.. {
        match stderr.read(&mut part).expect("read") {
            0 => break,
            count => said.extend_from_slice(&part[..count]),
        }
        if round % 500 == 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    assert_eq!(child.wait().expect("waited").code(), Some(1));
    let expected = fs::read(project.path("expected")).expect("written");
    assert!(said == expected, "{} bytes instead of {}", said.len(), expected.len());
    let (event, code, _, reason) = last(&project);
    assert_eq!((event.as_str(), code), ("crash", Some(1)));
    assert!(reason.ends_with("first\ntoken=***\nKeyError: x"), "{reason}");
}

#[test]
fn who_reads_no_stderr_keeps_nobody_from_ending() {
    let project = project();
    let mut child = project
        .command(&words(&["/bin/bash", "-c", "head -c 30000 /dev/zero | tr '\\0' x >&2; exit 5"]))
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stderr.take());
    assert_eq!(child.wait().expect("waited").code(), Some(5));
    // What the command leaves behind may go on writing.
    let script = "(sleep 1; echo late >&2; echo more >&2) & echo early >&2; exit 6";
    let ran = run(&project, &["/bin/bash", "-c", script]).exits(6);
    assert_eq!(ran.stderr, "early\nlate\nmore\n");
    assert_eq!(last(&project).3, "early");
}

#[test]
fn a_killed_heal_leaves_the_command_and_its_stderr_alone() {
    let project = project();
    let script = "touch ready; while [ ! -e go ]; do sleep 0.05; done; for i in 1 2 3; do echo still $i >&2; done; touch done; sleep 86400";
    let mut child = spawn(&project, script);
    let mut stderr = child.stderr.take().expect("piped");
    signal(pid(&child), Signal::SIGKILL);
    assert_eq!(child.wait().expect("waited").signal(), Some(9));
    let service = lives(&project)[0]["life"]["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
    project.write("go", "");
    wait_for("the service", || project.path("done").exists());
    let mut said = [0; 24];
    stderr.read_exact(&mut said).expect("read");
    assert_eq!(&said, b"still 1\nstill 2\nstill 3\n");
    assert!(alive(service));
}

#[test]
fn what_cannot_be_recorded_keeps_nobody_from_running() {
    let project = project();
    project.write("data", "a file in the way");
    let ran = run(&project, &["/bin/bash", "-c", "echo up; exit 9"]).exits(9);
    assert!(ran.stdout == "up\n" && ran.stderr.contains("heal: "), "{ran:?}");
    project.write("heal.toml", "broken [");
    let ran = run(&project, &["/bin/bash", "-c", "echo up; exit 9"]).exits(9);
    assert!(ran.stdout == "up\n" && ran.stderr.starts_with("heal: nothing is recorded: "), "{ran:?}");
    fs::remove_file(project.path("heal.toml")).expect("removed");
    run(&project, &["/bin/bash", "-c", "exit 9"]).exits(9);
}

#[test]
fn a_document_follows_what_the_command_wrote_when_it_is_asked_for() {
    let project = project();
    let ran = project.heal(&["run", "--service", "app", "--json", "--", "/bin/bash", "-c", "exit 3"]).exits(3);
    let document = ran.json();
    assert_eq!(
        (&document["event"], document["code"].as_i64(), document["exit_code"].as_i64()),
        (&"crash".into(), Some(3), Some(3))
    );
}

#[test]
fn on_a_terminal_the_keys_mean_the_command_and_the_shell_sees_its_job_stop() {
    let project = project();
    project.write("script", "trap 'echo INT $((++n))' INT; test -t 2 && echo terminal; touch ready; until [ -e go ]; do sleep 0.1; done; echo end; exit 4\n");
    let heal = env!("CARGO_BIN_EXE_heal");
    let mut command = project.command_of("/bin/bash", &["--norc", "--noediting", "-i"]);
    command.env("PS1", "READY> ").env("TERM", "dumb");
    // Else it is applied after the terminal was put in its place.
    command.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
    let mut shell = rexpect::session::spawn_command(command, Some(20_000)).expect("a terminal");
    shell.exp_string("READY> ").expect("a prompt");
    shell.send_line(&format!("{heal} run --service app -- /bin/bash script")).expect("typed");
    shell.exp_string("terminal").expect("the command sees the terminal");
    wait_for("the command", || project.path("ready").exists());
    shell.send_control('c').expect("typed");
    shell.exp_string("INT 1").expect("once");
    shell.send_control('z').expect("typed");
    shell.exp_string("Stopped").expect("the shell sees it");
    shell.send_line("fg").expect("typed");
    std::thread::sleep(Duration::from_millis(300));
    project.write("go", "");
    shell.exp_string("end").expect("it goes on");
    shell.exp_string("READY> ").expect("a prompt");
    shell.send_line("echo code $?").expect("typed");
    shell.exp_string("code 4").expect("its exit code");
    let lines = lives(&project);
    assert_eq!(lines.len(), 2, "{lines:?}");
    shell.send_line("exit").expect("typed");
    shell.exp_eof().expect("the end");
}

#[test]
fn what_is_not_a_process_is_put_right_first_and_nothing_starts_on_what_is_broken() {
    let mut project = project();
    let state =
        "[state.book]\npath = \"book.json\"\nkind = \"json\"\nrepair = [\"merge\"]\ntemplate = { a = 1, b = 2 }\n";
    project.write("heal.toml", &format!("{}{state}", project.read("heal.toml")));
    let start = ["run", "--service", "app", "--startup", "--", "/bin/bash", "-c", "echo up; cat book.json; exit 9"];
    project.write("book.json", "{\"a\": 5}\n");
    let ran = project.heal(&start).exits(9);
    assert!(ran.stdout.starts_with("up\n") && ran.stdout.contains("\"b\": 2"), "{ran:?}");
    assert!(ran.stderr.contains("book") && ran.stderr.ends_with("heal: it may start\n"), "{ran:?}");
    assert_eq!(project.heal(&start).exits(9).stderr, "", "nothing was to be done");
    assert_eq!(lives(&project).len(), 4);
    // Broken, and not to be repaired: nothing starts, and that is no crash.
    project.write("book.json", "{\"a\": ");
    let ran = project.heal(&start).exits(125);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("heal: it may not start: "), "{ran:?}");
    project.heal(&["run", "--service", "app", "--", "/bin/bash", "-c", "exit 0"]).exits(0);
    // A stop that arrives while another repair is waited for is not answered with a start.
    project.write("book.json", "{\"a\": 5}\n");
    project.env("HEAL_TEST_PATIENCE", "20s");
    let repair = RecoveryLock::take(&project.path("data/repair.lock"), "a test").expect("free");
    let child = project.command(&start).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // It holds signals back from its first moment; before that it would end by them, as well.
    wait_for("it waits", || blocks(pid(&child), Signal::SIGTERM));
    signal(pid(&child), Signal::SIGTERM);
    drop(repair);
    assert_eq!(ended(child), (143, String::new()));
    project.write("heal.toml", "broken [");
    let ran = project.heal(&start).exits(125);
    assert!(ran.stdout.is_empty() && ran.stderr.starts_with("heal: it may not start: "), "{ran:?}");
    let events: Vec<_> = lives(&project).iter().map(|line| line["event"].clone()).collect();
    assert_eq!(events, ["start", "crash", "start", "crash", "start", "stop"]);
}

/// Does this process hold this signal back?
fn blocks(pid: i32, signal: Signal) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap_or_default();
    u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 << (signal as i32 - 1) != 0)
}
