//! Does `heal check` change anything? System calls under strace, a read-only file system, a listing before and after.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use crate::check::{about, running};
use crate::support::{Project, wait_for};

/// A service at work, every kind of probe, and a history to read.
fn full() -> (Project, i32) {
    let (project, port, pid) = running("");
    let text = project.read("heal.toml");
    project.write(
        "heal.toml",
        &format!(
            "{text}beat = {{ kind = \"fresh\", path = \"state/*.json\", within = \"5m\", field = \".last_heartbeat_ts\" }}\n\
             port = {{ kind = \"tcp\", address = \"127.0.0.1:{port}\" }}\n\n\
             [host.probes]\ndisk = {{ kind = \"disk\", path = \".\", warn_below = \"1B\" }}\n\
             memory = {{ kind = \"memory\", warn_above = \"100%\" }}\n\
             own = {{ kind = \"command\", command = [\"true\"] }}\n"
        ),
    );
    wait_for("all to be well", || project.heal(&["check"]).code == 0);
    project.heal(&["heal"]).exits(0);
    assert!(!project.journal().is_empty(), "a history to read");
    (project, pid)
}

/// Every path below the project except what the service itself writes: mode, size, times, content.
fn listing(project: &Project) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).expect("readable").flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).expect("inside").display().to_string();
            if ["logs", "state", "control", "data/app.session"].iter().any(|own| name.starts_with(own)) {
                continue;
            }
            let meta = fs::symlink_metadata(&path).expect("there");
            let bytes = if meta.is_file() { fs::read(&path).expect("readable") } else { Vec::new() };
            let mode = meta.permissions().mode();
            let seen = format!("{mode:o} {} {}.{} {bytes:?}", meta.ino(), meta.mtime(), meta.mtime_nsec());
            // The service's database stands in the same directory, and changes its time.
            let seen = if name == "data" { format!("{mode:o}") } else { seen };
            found.insert(name, seen);
            if meta.is_dir() {
                walk(root, &path, found);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&project.path(""), &project.path(""), &mut found);
    found
}

/// The system calls of a trace that could change something. `strace -yy` shows what each descriptor is.
pub fn writes(trace: &str) -> Vec<String> {
    let changes = |line: &&str| {
        // PID CALL(ARGUMENTS) = RESULT; a call interrupted by another thread continues on a line of its own.
        let call = line.split_once(' ').map_or(*line, |(_, rest)| rest.trim_start());
        let Some((name, arguments)) = call.split_once('(') else { return false };
        match name {
            "open" | "openat" | "openat2" => {
                ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"].iter().any(|flag| arguments.contains(flag))
                    && !arguments.contains("\"/dev/null\"")
            }
            "write" | "writev" | "pwrite64" | "pwritev" | "pwritev2" | "sendfile" | "copy_file_range" | "splice" => {
                let target = arguments.split([',', ')']).next().unwrap_or_default();
                let harmless = ["pipe:", "socket:", "TCP:", "UNIX", "anon_inode:", "/dev/null"];
                !(target.starts_with("1<")
                    || target.starts_with("2<")
                    || harmless.iter().any(|part| target.contains(part)))
            }
            "creat" | "rename" | "renameat" | "renameat2" | "unlink" | "unlinkat" | "mkdir" | "mkdirat" | "rmdir"
            | "link" | "linkat" | "symlink" | "symlinkat" | "mknod" | "mknodat" | "chmod" | "fchmod" | "fchmodat"
            | "fchmodat2" | "chown" | "fchown" | "lchown" | "fchownat" | "truncate" | "ftruncate" | "fallocate"
            | "fsync" | "fdatasync" | "sync" | "syncfs" | "utimensat" | "utimes" | "utime" | "futimesat"
            | "setxattr" | "lsetxattr" | "fsetxattr" | "removexattr" | "flock" => true,
            _ => false,
        }
    };
    trace.lines().filter(changes).map(str::to_owned).collect()
}

/// Runs heal under strace; the exit code and the trace.
pub fn traced(project: &Project, args: &[&str]) -> (Option<i32>, String) {
    let elsewhere = tempfile::tempdir().expect("a directory");
    let file = elsewhere.path().join("trace");
    let mut command = Command::new("strace");
    command.args(["-f", "-yy", "-s", "200", "-e", "trace=%file,%desc,write", "-o"]).arg(&file);
    command.arg(env!("CARGO_BIN_EXE_heal")).args(args).current_dir(project.path(""));
    let output = command.output().expect("strace is installed");
    (output.status.code(), fs::read_to_string(&file).unwrap_or_else(|error| panic!("{error}: {output:?}")))
}

#[test]
fn no_system_call_of_check_could_change_anything() {
    let (project, _) = full();
    let before = listing(&project);
    for args in [&["check"][..], &["check", "--json", "--explain"], &["heal", "--dry-run"]] {
        let (code, trace) = traced(&project, args);
        assert_eq!(code, Some(0), "{args:?}");
        assert!(trace.contains("heal.toml") && trace.contains("/journal"), "the trace is one of a whole run");
        assert_eq!(writes(&trace), Vec::<String>::new(), "{args:?}");
    }
    assert_eq!(listing(&project), before);
    // The reader of traces sees what it should: a tick does write.
    let (code, trace) = traced(&project, &["heal"]);
    assert_eq!(code, Some(0));
    let seen = writes(&trace).join("\n");
    for call in ["openat(", "pwrite64(", "flock("] {
        assert!(seen.contains(call), "{call} is missed in\n{seen}");
    }
}

#[test]
fn check_needs_no_data_directory_and_makes_none() {
    let (project, ..) = running("");
    let config = project.read("heal.toml").replace("name = \"test\"", "name = \"test\"\ndata_dir = \"none/of/it\"");
    project.write("heal.toml", &config);
    wait_for("all to be well", || project.heal(&["check"]).code == 0);
    let before = listing(&project);
    project.heal(&["check"]).exits(0);
    project.heal(&["check", "--json", "--explain"]).exits(0);
    project.heal(&["heal", "--dry-run"]).exits(0);
    project.heal(&["check", "--only", "nobody"]).exits(64);
    assert_eq!(listing(&project), before);
    assert!(!project.path("none").exists());
}

#[test]
fn check_works_on_a_read_only_file_system() {
    let (project, pid) = full();
    // A private mount namespace: nobody else sees the mount, and it ends with the shell. Without root, one's own user
    // namespace allows the same.
    let script = "set -e; mount -t tmpfs none data; cp -a \"$KEPT/.\" data; mount -o remount,ro data; \
                  ! touch data/x 2>/dev/null; \"$HEAL\" check --json; \"$HEAL\" check --quiet >&2; \"$HEAL\" heal --dry-run >&2";
    let kept = tempfile::tempdir().expect("a directory");
    for name in ["journal", "state"] {
        let copied = Command::new("cp").arg("-a").arg(project.path("data").join(name)).arg(kept.path()).status();
        assert!(copied.expect("cp").success());
    }
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !nix::unistd::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    let output = command
        .args(["/bin/sh", "-c", script])
        .env("KEPT", kept.path())
        .env("HEAL", env!("CARGO_BIN_EXE_heal"))
        .current_dir(project.path(""))
        .output()
        .expect("unshare is installed");
    assert!(output.status.success(), "{output:?}");
    let answer: serde_json::Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    assert_eq!(answer["exit_code"], 0, "{answer}");
    assert_eq!(about(&answer, "app")["process"]["pid"], pid);
}
