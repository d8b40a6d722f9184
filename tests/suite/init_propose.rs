//! `heal init --pid` and `--unit`: does it propose what fits the process and nobody else, write no secret down, and say what to
//! do where it cannot? Real processes throughout.

use std::process::Command;

use expect_test::expect;

use super::support::{Project, Ran, alive, free_port, wait_for};

const SERVICE: &str = r#"
import os, socket, sqlite3, sys, time
listener = socket.socket()
listener.bind(("0.0.0.0", int(sys.argv[2])))
listener.listen()
database = sqlite3.connect("state.db")
database.execute("create table if not exists t (x)")
os.makedirs("logs", exist_ok=True)
log = open("logs/bot-2026-11-22.log", "a")
with open("bot.pid.new", "w") as file:
    file.write(str(os.getpid()))
os.rename("bot.pid.new", "bot.pid")
while True:
    log.write("x\n")
    log.flush()
    os.utime(log.name, (time.time() + 1800, time.time() + 1800))
    time.sleep(0.1)
"#;

/// The world of that service is half an hour ahead: an age says nothing before the process had some life.
const AHEAD: &str = "31m";

/// A project without a heal.toml.
pub fn empty() -> Project {
    let project = Project::new("");
    std::fs::remove_file(project.path("heal.toml")).expect("removed");
    project
}

pub fn init(project: &Project, pid: i32, more: &[&str]) -> Ran {
    let pid = pid.to_string();
    let args: Vec<&str> = ["init", "--name", "x", "--pid", &pid].into_iter().chain(more.iter().copied()).collect();
    project.heal(&args)
}

/// The section alone, as it is printed beside a heal.toml.
pub fn section(project: &Project, pid: i32) -> String {
    if !project.path("heal.toml").exists() {
        project.write("heal.toml", "[project]\nname = \"x\"\n");
    }
    init(project, pid, &["--print"]).exits(0).stdout
}

/// A process that was started and runs what it was told to by now.
fn spawn(project: &mut Project, argv: &[&str]) -> i32 {
    let pid = project.spawn(argv);
    let last = argv.last().expect("words");
    let runs = || std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.contains(last));
    wait_for("the program", runs);
    pid
}

#[test]
fn a_living_service_becomes_a_section_that_check_recognises() {
    let mut project = empty();
    project.env("HEAL_TEST_SHIFT", AHEAD);
    let port = free_port().to_string();
    project.write("bot.py", SERVICE);
    project.spawn(&["/usr/bin/python3", "bot.py", "--port", &port]);
    let pid = project.pid("bot.pid");
    init(&project, pid, &[]).exits(0);
    let text = project.read("heal.toml").replace(&port, "[PORT]");
    let text: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("[service")).collect();
    let text: Vec<&str> = text.into_iter().take_while(|line| !line.starts_with("[host")).collect();
    let ago = |line: &str| line.split("  # last").next().expect("a part").to_owned();
    expect![[r#"
        [service.bot]
        match = { executable = "python3", args_contain = "bot.py", pidfile = "bot.pid" }
        start = ["/usr/bin/python3", "bot.py", "--port", "[PORT]"]
        # heal starts it in a small, clean environment: what else it needs belongs into env = { NAME = "value" }.

        [service.bot.probes]
        listens = { kind = "port", port = [PORT] }
        # health = { kind = "http", url = "http://127.0.0.1:[PORT]/", status = 200 }  # if it speaks HTTP
        # It may write only when it is asked, so silence for longer than `within` is a warning and no more. Once `health`
        # looks at it, remove `severity`: silence then counts only while `health` fails (with `heartbeat = true`, always).
        log = { kind = "fresh", path = "logs/bot-*.log", within = "15m", severity = "warning" }
        # database = { kind = "sqlite", path = "state.db" }  # it has it open; a tick tries its write lock

    "#]]
    .assert_eq(&(text.into_iter().map(ago).collect::<Vec<_>>().join("\n") + "\n"));
    project.heal(&["config", "check"]).exits(0);
    // What is ready to be taken is right as well.
    let whole = project.read("heal.toml");
    project.write("heal.toml", &whole.replace("# health = {", "health = {").replace("# database = {", "database = {"));
    assert_eq!(project.read("heal.toml").matches("\nhealth = {").count(), 1);
    assert_eq!(project.read("heal.toml").matches("\ndatabase = {").count(), 1);
    project.heal(&["config", "check"]).exits(0);
    project.write("heal.toml", &whole);
    let checked = project.heal(&["check", "--only", "bot", "--json"]).exits(0).json();
    assert!(checked.to_string().contains(&format!("pid {pid}")), "{checked}");
    // It was only looked at, and what is there stays.
    let ran = init(&project, pid, &[]).exits(73);
    assert!(ran.stderr.contains("with --print"), "{}", ran.stderr);
    let pasted = section(&project, pid);
    assert!(pasted.contains("[service.bot-2]") && !pasted.contains("[project]"), "{pasted}");
    assert!(project.read("heal.toml").contains("mode       = \"observe\"") && alive(pid));
    // In its other life, as heal would start it: gone now, and what is proposed brings it back.
    super::acting::end(pid);
    project.heal(&["check", "--only", "bot"]).exits(2);
    project.heal(&["heal", "--only", "bot", "--set", "project.mode=live"]).exits(0);
    assert_ne!(project.pid("bot.pid"), pid);
}

#[test]
fn twins_are_told_apart_by_as_little_as_it_takes() {
    let mut project = Project::new("[project]\nname = \"x\"\n");
    let one = spawn(&mut project, &["/bin/sleep", "86401"]);
    let other = spawn(&mut project, &["/bin/sleep", "86402"]);
    let lines =
        |text: &str, key: &str| text.lines().filter(|line| line.starts_with(key)).collect::<Vec<_>>().join("\n");
    assert_eq!(lines(&section(&project, one), "match"), r#"match = { executable = "sleep", args_contain = "86401" }"#);
    assert!(section(&project, other).contains("86402"));
    // The same words in the same directory: nothing is left.
    let twin = spawn(&mut project, &["/bin/sleep", "86402"]);
    let ran = init(&project, twin, &["--print"]).exits(65);
    assert!(ran.stderr.contains("nothing tells pid") && ran.stderr.contains("of its own"), "{}", ran.stderr);
    // In another directory they are two services.
    project.write("elsewhere/x", "");
    let mut command = Command::new("/bin/sleep");
    let mut child = command.arg("86401").current_dir(project.path("elsewhere")).spawn().expect("started");
    let far = i32::try_from(child.id()).expect("a pid");
    let text = section(&project, far);
    child.kill().and_then(|()| child.wait()).expect("ended");
    assert!(text.contains("cwd = \"elsewhere\""), "{text}");
}

#[test]
fn a_worker_is_not_its_service() {
    let mut project = empty();
    project.script(
        "server.sh",
        "#!/bin/sh\nif [ \"$1\" = fork ]; then (sleep 86403; :) & echo $! > worker.pid; wait; fi\n",
    );
    spawn(&mut project, &["./server.sh", "fork"]);
    let worker = project.pid("worker.pid");
    let ran = init(&project, worker, &["--print"]).exits(65);
    assert!(ran.stderr.contains("is a child of pid") && ran.stderr.contains("heal init --pid"), "{}", ran.stderr);
}

#[test]
fn a_secret_is_never_written_down() {
    let mut project = empty();
    let pid = spawn(&mut project, &["/bin/sh", "-c", "sleep 86404; :", "x", "--api-key", "hunter2"]);
    let text = init(&project, pid, &["--print"]).exits(0).stdout;
    assert!(!text.contains("hunter2"), "{text}");
    assert!(text.contains("# start = [\"/bin/sh\"") && text.contains("\"--api-key\", \"***\"]"), "{text}");
    init(&project, pid, &[]).exits(0);
    project.heal(&["config", "check"]).exits(0);
    let json = init(&empty(), pid, &["--print", "--json"]).exits(0).json();
    assert!(!json.to_string().contains("hunter2") && json["service"] == "sh", "{json}");
}

/// As after a deploy that laid a new directory in the place of the old one.
#[test]
fn what_cannot_be_started_again_is_said_and_what_is_written_passes() {
    let mut project = empty();
    std::fs::create_dir(project.path("gone")).expect("created");
    let script = "cd gone && rmdir ../gone && exec sleep 86408";
    let pid = project.spawn(&["/bin/sh", "-c", script]);
    let gone = || std::fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|line| line.starts_with("sleep"));
    wait_for("the sleep", gone);
    init(&project, pid, &[]).exits(0);
    project.heal(&["config", "check"]).exits(0);
    let text = project.read("heal.toml");
    let told = "# heal could not start it: cwd [DIR]/gone is not a directory. Put that right, and then write here:\n";
    assert!(project.normalise(&text).contains(told), "{text}");
    assert!(text.contains("\n# start = [\"/usr/bin/sleep\", \"86408\"]\n# cwd = \"gone\"\n"), "{text}");
}

#[test]
fn what_cannot_be_a_service_is_refused_with_a_next_step() {
    let project = empty();
    let me = i32::try_from(std::process::id()).expect("a pid");
    for (pid, says) in [
        (me, "heal itself or what started it"),
        (1, "heal itself or what started it"),
        (4_194_303, "there is no process"),
    ] {
        let ran = init(&project, pid, &[]).exits(65);
        assert!(ran.stderr.contains(says) && ran.stderr.lines().count() == 2, "{pid}: {}", ran.stderr);
    }
    for pid in ["0", "-1", "x", "4194305"] {
        project.heal(&["init", "--pid", pid]).exits(64);
    }
    project.heal(&["init", "--pid", "2", "--unit", "x"]).exits(64);
    assert!(!project.path("heal.toml").exists());
    if nix::unistd::geteuid().is_root() {
        // Its program and directory are nobody else's business.
        let mut project = empty();
        let pid = spawn(&mut project, &["/bin/sleep", "86405"]).to_string();
        let heal = project.path("heal");
        std::fs::copy(env!("CARGO_BIN_EXE_heal"), &heal).expect("copied");
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(project.path(""), open).expect("set");
        let as_nobody =
            ["--reuid=65534", "--regid=65534", "--clear-groups", "./heal", "init", "--print", "--pid", &pid];
        let ran = project.run(&mut project.command_of("setpriv", &as_nobody)).exits(77);
        assert!(ran.stderr.contains("belongs to root") && ran.stderr.contains("run this as root"), "{}", ran.stderr);
    }
}

#[test]
fn a_unit_that_systemd_cannot_be_asked_about() {
    // With systemd as init this unit is not found; in a container nobody answers; elsewhere there is no systemctl.
    let project = empty();
    let ran = project.heal(&["init", "--unit", "heal-test-no-such"]).exits(65);
    let said = [
        "systemd says of heal-test-no-such.service: not-found",
        "systemd cannot be asked about heal-test-no-such.service",
    ];
    assert!(said.iter().any(|said| ran.stderr.contains(said)) && ran.stderr.lines().count() == 2, "{}", ran.stderr);
    for unit in ["", "a b", "-H", "x.timer", "systemd:"] {
        let ran = project.heal(&["init", &format!("--unit={unit}")]).exits(64);
        assert!(ran.stderr.contains("is not the name of a systemd service"), "{unit}: {}", ran.stderr);
    }
    assert!(!project.path("heal.toml").exists());
}
