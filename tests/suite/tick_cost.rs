//! What does a tick cost that finds all well? No clock is asked: system calls are counted, which repeats. The targets stand in
//! PERFORMANCE.md (80 for a tick of five probes in the build to distribute); here the debug build is counted, from where heal
//! itself begins, and a change that makes it open more files, or start a thread, is noticed.

use std::fs;

use super::support::{Project, free_port, wait_for};

/// From the first call of its own to the last one, with five probes and a pidfile.
/// It is 109, and two more for each further piece in which the answer of the server comes.
const MOST: usize = 113;

/// The system calls of one tick from the first of its own, a line each; what only debug builds ask is left out.
fn calls(project: &Project) -> Vec<String> {
    let elsewhere = tempfile::tempdir().expect("a directory");
    let file = elsewhere.path().join("trace");
    let heal = env!("CARGO_BIN_EXE_heal");
    let mut strace =
        project.command_of("strace", &["-f", "-o", file.to_str().expect("UTF-8"), heal, "heal", "--quiet"]);
    assert_eq!(project.run(&mut strace).exits(0).stdout, "");
    let trace = fs::read_to_string(&file).expect("a trace");
    let own = trace.lines().skip_while(|line| !line.contains("close_range"));
    // The standard library of a debug build looks whether a descriptor is open before it closes it.
    own.filter(|line| line.contains('(') && !line.contains("F_GETFD")).map(str::to_owned).collect()
}

fn count(calls: &[String], what: &str) -> usize {
    calls.iter().filter(|line| line.contains(what)).count()
}

/// A service with a pidfile and five probes, of which two ask a server of this test.
fn five(port: u16) -> Project {
    let mut project = Project::new(&format!(
        r#"[project]
name = "five"

[service.app]
match = {{ executable = "sleep", args_contain = "70000{port}", pidfile = "app.pid" }}

[service.app.probes]
log    = {{ kind = "fresh", path = "app.log", within = "1h" }}
port   = {{ kind = "tcp", address = "127.0.0.1:{port}" }}
health = {{ kind = "http", url = "http://127.0.0.1:{port}/", status = 200 }}

[host.probes]
disk = {{ kind = "disk", path = ".", critical_below = "1KB" }}
"#
    ));
    project.write("app.log", "all is well\n");
    let pid = project.spawn(&["/bin/sleep", &format!("70000{port}")]);
    project.write("app.pid", &format!("{pid}\n"));
    project
}

#[test]
fn a_quiet_tick_starts_no_thread_reads_few_files_and_writes_two() {
    let port = free_port();
    let mut project = five(port);
    project.spawn(&["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1", &port.to_string()]);
    // Looked at while it starts, it would be remembered for a while that it did not answer.
    wait_for("the server", || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
    project.heal(&["heal", "--quiet"]).exits(0);
    // The first after a new life searches all processes, and one in five; this one asks for the known life alone.
    let calls = [calls(&project), calls(&project)].into_iter().min_by_key(Vec::len).expect("two");
    let shown = calls.join("\n");
    // How deep heal stands below the shell that started it is not its own doing: three calls for each ancestor.
    let above = calls.iter().filter(|line| line.contains("\"/proc/") && line.contains("/stat\"")).count() * 3;
    assert!(calls.len() - above <= MOST, "{} calls beside {above}:\n{shown}", calls.len());
    for (what, most) in [
        ("clone", 0),
        ("execve", 0),
        ("sync(", 0),
        ("rename", 0),
        ("truncate", 0),
        ("O_TRUNC", 0),
        ("getdents", 2),
        ("cmdline", 1),
    ] {
        assert!(count(&calls, what) <= most, "{what}:\n{shown}");
    }
    // The lock, for whoever asks who holds it, and the stamp of the tick; nothing of what was declared well.
    assert_eq!(count(&calls, "write(") + count(&calls, "write64("), 2, "{shown}");
}

#[test]
fn a_quiet_tick_does_not_look_at_other_processes_however_many_there_are() {
    let port = free_port();
    let mut project = five(port);
    let config = project.read("heal.toml");
    let without: Vec<&str> = config.lines().filter(|line| !line.contains("127.0.0.1")).collect();
    project.write("heal.toml", &without.join("\n"));
    project.heal(&["heal"]).exits(0);
    let few = calls(&project).len();
    for _ in 0..60 {
        project.spawn(&["/bin/sleep", "86399"]);
    }
    assert_eq!(calls(&project).len(), few, "with sixty processes more");
}
