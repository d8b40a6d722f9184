//! What does heal say of holders that it cannot see? Other users, other pid namespaces, locks that name nobody: never "free".

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::clean_locks::{file, project, verdict, writer};
use super::support::{BACKEND, Project, Ran, alive, wait_for};

const DB: &str = "[lock.db]\nkind = \"sqlite\"\npaths = [\"db/*.session\"]\n";

/// Runs a program that opens `run/x.pid` as it is told, and stays.
fn holding(project: &mut Project, how: &str) -> i32 {
    let script = format!(
        "import fcntl, os, struct, time\n\
         f = open('run/x.pid', 'r+b')\n{how}\nopen('ready', 'w').close()\ntime.sleep(86400)\n"
    );
    project.write("run/x.pid", "4194000");
    let _ = fs::remove_file(project.path("ready"));
    let pid = project.spawn(&["/usr/bin/python3", "-c", &script]);
    wait_for("the holder", || project.path("ready").exists());
    pid
}

fn list(project: &Project) -> Ran {
    project.heal(&["clean-locks", "--list", "--json"])
}

#[test]
fn every_grip_on_a_file_names_who_has_it() {
    let ofd = "fcntl.fcntl(f, 37, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 0, 0, 0))"; // F_OFD_SETLK
    // Not by Python's own, which keeps a descriptor.
    let mapped = "c = __import__('ctypes').CDLL(None)\nc.mmap(None, 4096, 1, 1, f.fileno(), 0)\nf.close()";
    for (how, by) in [
        ("", "open"),
        ("fcntl.lockf(f, fcntl.LOCK_EX)", "record"),
        ("fcntl.flock(f, fcntl.LOCK_EX)", "flock"),
        (ofd, "open"), // the kernel names nobody, the descriptor does
        (mapped, "mapped"),
    ] {
        for backend in ["", "portable"] {
            let mut project = project("[lock.run]\nkind = \"pid\"\npaths = [\"run/*.pid\"]\n");
            let pid = holding(&mut project, how);
            if !backend.is_empty() {
                project.env(BACKEND, backend);
            }
            let found = file(&list(&project).exits(0), "x.pid");
            assert_eq!(found["verdict"], "held", "{how} {backend}: {found:#}");
            assert_eq!(found["holders"][0]["pid"], pid, "{how} {backend}: {found:#}");
            if backend.is_empty() {
                assert_eq!(found["holders"][0]["by"], by, "{how}: {found:#}");
            }
            project.heal(&["clean-locks"]).exits(0);
            assert!(project.path("run/x.pid").exists() && alive(pid), "{how} {backend}");
        }
    }
}

/// The same binary in a pid namespace of its own: the holder is outside of what it sees.
#[test]
fn a_holder_in_another_pid_namespace_is_an_unseen_process() {
    for (mode, end) in [("wal", "stay"), ("delete", "stay"), ("delete", "begin")] {
        let mut project = project(DB);
        let pid = writer(&mut project, "a.session", mode, end);
        let heal = project.command(&[""]).get_program().to_string_lossy().into_owned();
        let args = ["-p", "-f", "--mount-proc", heal.as_str(), "clean-locks", "--json"];
        let ran = project.run(&mut project.command_of("unshare", &args)).exits(69);
        let (verdict, reason) = verdict(&ran, "a.session");
        assert_eq!(verdict, "doubtful", "{mode} {end}: {reason}");
        assert!(reason.contains("held by an unseen process"), "{mode} {end}: {reason}");
        assert!(alive(pid));
    }
}

/// Root alone can be another user for a moment; without it there is nobody to be.
fn as_nobody(project: &Project, args: &[&str]) -> Ran {
    let heal = project.command(&[""]).get_program().to_string_lossy().into_owned();
    // The build directory need not be one that others may enter.
    let copy = project.path("heal");
    if !copy.exists() {
        fs::copy(heal, &copy).expect("copied");
    }
    let user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let copy = copy.to_string_lossy().into_owned();
    let args: Vec<&str> = user.into_iter().chain([copy.as_str()]).chain(args.iter().copied()).collect();
    project.run(&mut project.command_of("setpriv", &args))
}

#[test]
fn another_users_holder_is_named_by_its_lock_and_else_unknown() {
    for (mode, expected, exit) in [("wal", "held", 0), ("delete", "doubtful", 69)] {
        let mut project = project(DB);
        let pid = writer(&mut project, "a.session", mode, "stay");
        for (path, bits) in [("", 0o755), ("db", 0o755), ("heal.toml", 0o644), ("db/a.session", 0o644)] {
            fs::set_permissions(project.path(path), fs::Permissions::from_mode(bits)).expect("set");
        }
        let ran = as_nobody(&project, &["clean-locks", "--list", "--json"]).exits(exit);
        let found = file(&ran, "a.session");
        assert_eq!(found["verdict"], expected, "{mode}: {found:#}");
        match expected {
            "held" => assert_eq!(found["holders"][0]["pid"], pid, "{mode}: {found:#}"),
            _ => {
                let why = found["unseen"].as_str().expect("a reason");
                assert!(why.contains("hidden from this user") || why.contains("unseen process"), "{mode}: {why}");
            }
        }
    }
}

/// A pid that is dead here may be somebody's own number in a container.
#[test]
fn a_number_of_another_pid_namespace_is_nobodys_death() {
    let mut project = project("[lock.run]\nkind = \"pid\"\npaths = [\"run/*.pid\"]\n");
    // `sh` is 1 in there; the first sleep is 2, and so on: some number that is free here has to be found.
    let inner =
        "i=0; while [ $i -lt 9 ]; do sh -c : ; i=$((i+1)); done; sleep 86400 & echo $! > run/x.pid; echo > ready; wait";
    project.spawn(&["unshare", "-p", "-f", "sh", "-c", inner]);
    wait_for("the container", || project.path("ready").exists());
    let number = project.read("run/x.pid");
    let (verdict, reason) = verdict(&list(&project), "x.pid");
    let taken = Command::new("test").args(["-d", &format!("/proc/{}", number.trim())]).status().expect("run").success();
    if taken {
        // Somebody here has the same number: then it is that one's, or a doubt.
        assert_ne!(verdict, "stale", "{reason}");
    } else {
        assert_eq!(verdict, "doubtful", "{reason}");
        assert!(reason.contains("of another pid namespace calls itself"), "{reason}");
    }
    for pid in project.processes() {
        // With the first one of a namespace all others of it end.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
    }
}
