//! Whom does heal take for the service, and whom does it leave alone? Real processes: twins, wrappers, replaced programs.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use nix::sys::signal::Signal;

use crate::acting::{sleeper, the_one};
use crate::check::{about, finding, launch, running};
use crate::support::{Project, alive, free_port, signal, wait_for};

#[test]
fn the_same_program_in_another_directory_is_left_alone() {
    let (twin, _, twin_pid) = running("");
    let (project, _, pid) = running("");
    let answer = project.heal(&["check", "--json"]).json();
    assert_eq!(about(&answer, "app")["process"]["pid"], pid, "{answer}");

    // Dead: the twin is not the service, so the service is started.
    signal(pid, Signal::SIGKILL);
    wait_for("its end", || !alive(pid));
    project.heal(&["check"]).exits(2);
    project.heal(&["heal"]);
    let second = project.pid("app.pid");
    assert!(second != pid && second != twin_pid);

    // Hung, and it has to be stopped: only ours is.
    project.write("control/hang", "");
    wait_for("the silence to be noticed", || project.heal(&["check"]).code == 2);
    let ran = project.heal(&["heal"]);
    assert!(!alive(second), "{ran:?}");
    assert!(alive(twin_pid), "{ran:?}");
    assert_eq!(twin.pid("app.pid"), twin_pid);
    assert_eq!(twin.processes(), [twin_pid]);
}

#[test]
fn two_that_fit_are_unknown_and_neither_is_touched() {
    let (mut project, _, first) = running("");
    let second = launch(&mut project, free_port());
    wait_for("both to be seen", || project.heal(&["check"]).code == 3);
    let answer = project.heal(&["check", "--json"]).exits(3).json();
    let why = finding(&answer, "app", "process")["summary"].as_str().expect("text").to_owned();
    assert!(
        why.contains("2 processes fit") && why.contains(&first.to_string()) && why.contains(&second.to_string()),
        "{why}"
    );
    for _ in 0..3 {
        project.heal(&["heal"]).exits(3);
    }
    assert!(alive(first) && alive(second) && project.events("intent").is_empty(), "{:#?}", project.journal());
}

#[test]
fn onlookers_are_not_the_service() {
    let (mut project, _, pid) = running("");
    project.write("service.py.log", "");
    project.write("run_service.py.sh", "sleep 600\n");
    let onlookers = [
        project.spawn(&["/usr/bin/tail", "-f", "service.py.log"]),
        project.spawn(&["/bin/sh", "run_service.py.sh"]),
        project.spawn(&["/bin/sh", "-c", "sleep 600; echo python3 service.py"]),
    ];
    project.heal(&["check"]);
    signal(pid, Signal::SIGKILL);
    wait_for("its end", || !alive(pid));
    let answer = project.heal(&["check", "--json"]).exits(2).json();
    assert_eq!(about(&answer, "app")["class"], "dead", "{answer}");
    project.heal(&["heal"]);
    assert!(project.pid("app.pid") != pid);
    assert!(onlookers.iter().all(|pid| alive(*pid)));
}

#[test]
fn the_same_program_in_a_container_is_somebody_elses() {
    let mut project = sleeper("");
    // Its `/` is no place of ours: a file system of a mount namespace of its own, which is not even mounted there any more.
    std::fs::create_dir(project.path("there")).expect("made");
    let script = "mount -t tmpfs none there && cd there && umount -l ../there && exec sleep 86400";
    let outsider = project.spawn(&["unshare", "-m", "/bin/sh", "-c", script]);
    let comm = || fs::read_to_string(format!("/proc/{outsider}/comm")).unwrap_or_default();
    wait_for("it or its end", || !alive(outsider) || comm().starts_with("sleep"));
    if !alive(outsider) {
        return; // this machine does not allow it
    }
    let ran = project.heal(&["check", "--explain"]).exits(2);
    assert!(ran.stdout.contains("it runs in another `/`"), "{ran:?}");
    project.heal(&["heal"]).exits(0);
    assert!(the_one(&project, "86400") != outsider && alive(outsider));
    signal(outsider, Signal::SIGKILL);
}

#[test]
fn a_zombie_is_dead() {
    let (project, _, pid) = running("");
    signal(pid, Signal::SIGKILL);
    // Its parent, this test, does not ask for its status.
    let stat = || fs::read_to_string(format!("/proc/{pid}/stat")).expect("still there");
    wait_for("the zombie", || stat().contains(") Z "));
    assert_eq!(project.read("app.pid").trim(), pid.to_string());
    let answer = project.heal(&["check", "--json"]).exits(2).json();
    assert_eq!(about(&answer, "app")["class"], "dead");
    assert!(stat().contains(") Z "), "it was one all the time");
}

#[test]
fn a_program_or_directory_that_a_deploy_replaced_is_still_the_service() {
    let mut project = Project::new(
        "[project]\nname = \"test\"\n\n[service.app]\nmatch = { executable = \"./bin/bot\" }\nstart = [\"./bin/bot\", \"600\"]\n",
    );
    let bot = project.path("bin/bot");
    let config = project.read("heal.toml").replace("./bin/bot", bot.to_str().expect("UTF-8"));
    project.write("heal.toml", &config.replacen("start = [", "cwd = \"here\"\nstart = [", 1));
    fs::create_dir_all(project.path("bin")).expect("created");
    fs::create_dir_all(project.path("here")).expect("created");
    fs::copy("/bin/sleep", &bot).expect("copied");
    let script = format!("cd here && exec {} 600", bot.display());
    let pid = project.spawn(&["/bin/sh", "-c", &script]);
    wait_for("it to be recognised", || project.heal(&["check"]).code == 0);
    fs::remove_file(&bot).expect("removed");
    fs::copy("/bin/sleep", &bot).expect("copied");
    fs::remove_dir(project.path("here")).expect("removed");
    fs::create_dir(project.path("here")).expect("created");
    let answer = project.heal(&["check", "--json"]).exits(0).json();
    assert_eq!(about(&answer, "app")["process"]["pid"], pid, "{answer}");
}

/// A service that is known by its pidfile alone and started by `run.sh`.
fn wrapped(last_line: &str) -> Project {
    let port = free_port();
    let (project, _) = Project::with_service("");
    let text = project.read("heal.toml");
    let (before, after) = (text.find("match ").expect("there"), text.find("startup_grace").expect("there"));
    let table = "match = { pidfile = \"app.pid\" }\nstart = [\"./run.sh\"]\n";
    let text = format!("{}{table}{}", &text[..before], &text[after..]);
    let old = text.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).expect("a port").to_owned();
    project.write("heal.toml", &text.replace(&old, &port.to_string()));
    project.write("run.sh", &format!("#!/bin/sh\n{last_line} --port {port} --interval 0.1\n"));
    fs::set_permissions(project.path("run.sh"), fs::Permissions::from_mode(0o755)).expect("set");
    project
}

fn lives_and_is_healed(project: &Project) {
    project.heal(&["check"]).exits(2);
    let ran = project.heal(&["heal"]);
    assert!(matches!(ran.code, 0 | 1), "{ran:?}");
    let first = project.pid("app.pid");
    wait_for("health", || project.heal(&["check"]).code == 0);
    let count = project.processes().len();
    let answer = project.heal(&["check", "--json"]).exits(0).json();
    assert_eq!(about(&answer, "app")["process"]["pid"], first, "{answer}");

    // Killed: started anew, once.
    signal(first, Signal::SIGKILL);
    wait_for("its end", || !alive(first) && project.processes().is_empty());
    project.heal(&["check"]).exits(2);
    let ran = project.heal(&["heal"]);
    assert!(matches!(ran.code, 0 | 1), "{ran:?}");
    let second = project.pid("app.pid");
    assert_ne!(first, second);
    assert_eq!(project.processes().len(), count);

    // Hung: stopped with its wrapper, and started anew.
    wait_for("health", || project.heal(&["check"]).code == 0);
    project.write("control/hang", "");
    wait_for("the silence to be noticed", || project.heal(&["check"]).code == 2);
    let ran = project.heal(&["heal"]);
    assert!(matches!(ran.code, 0 | 1), "{ran:?}");
    assert!(!alive(second));
    wait_for("a third life", || project.pid("app.pid") != second);
    assert_eq!(project.processes().len(), count, "{ran:?}");
}

#[test]
fn a_wrapper_that_becomes_the_service() {
    lives_and_is_healed(&wrapped("exec /usr/bin/python3 service.py"));
}

#[test]
fn a_wrapper_that_waits_for_the_service() {
    lives_and_is_healed(&wrapped("/usr/bin/python3 service.py"));
}

#[test]
fn a_wrapper_that_leaves_the_service_behind() {
    // The shell ends at once: only the session, and then the recorded identity, tie the service to its start.
    let project = wrapped("/usr/bin/python3 service.py");
    let script = project.read("run.sh").replace("--interval 0.1\n", "--interval 0.1 &\n");
    project.write("run.sh", &script);
    lives_and_is_healed(&project);
}

#[test]
fn a_service_started_by_hand_is_recognised_by_its_start_command() {
    let project = wrapped("/usr/bin/python3 service.py");
    let mut shell = Command::new("./run.sh")
        .current_dir(project.path(""))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let pid = project.pid("app.pid");
    wait_for("health", || project.heal(&["check"]).code == 0);
    let answer = project.heal(&["check", "--json"]).exits(0).json();
    assert_eq!(about(&answer, "app")["process"]["pid"], pid);
    assert_eq!(finding(&answer, "app", "process")["evidence"]["recognised by"], "pidfile and the start command");
    signal(pid, Signal::SIGKILL);
    shell.wait().expect("ended");
}
