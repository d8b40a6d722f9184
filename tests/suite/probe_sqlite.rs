//! Does the sqlite probe do no harm? Real databases of real writers, alive, locked, closed, killed in the middle and broken:
//! what the probe says of each, and that every byte beside and inside of it is what it was.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use crate::acting::{later, shell};
use crate::check::{finding, host};
use crate::check_read_only::{traced, writes};
use crate::support::{Project, Ran, alive, wait_for};

/// Writes 5,000 rows and ends as it is told.
const WRITER: &str = r#"import os, sqlite3, sys, time
path, mode, end = sys.argv[1:]
db = sqlite3.connect(path, isolation_level=None)
db.execute(f"PRAGMA journal_mode = {mode}")
db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT)")
db.execute("BEGIN")
db.executemany("INSERT INTO t(x) VALUES(?)", [("x" * 100,)] * 5000)
db.execute("COMMIT")
if end == "hot":
    db.execute("PRAGMA cache_size = 5")
    db.execute("BEGIN")
    db.execute("UPDATE t SET x = x || 'y'")
if end in ("hot", "kill"):
    os.kill(os.getpid(), 9)
if end in ("immediate", "exclusive"):
    db.execute("BEGIN " + end)
open("ready", "w").close()
if end == "busy":
    for n in range(100000):
        db.execute("INSERT INTO t(x) VALUES('busy')")
        open("count", "w").write(str(n + 1))
if end != "close":
    time.sleep(86400)
"#;

/// A project with one probe of `db/app.db`, which a writer left as said. Its pid, if it lives.
fn written(mode: &str, end: &str, keys: &str) -> (Project, i32) {
    let mut project = host(&format!("it = {{ kind = \"sqlite\", path = \"db/app.db\", timeout = \"4s\"{keys} }}"));
    project.write("writer.py", WRITER);
    fs::create_dir(project.path("db")).expect("made");
    let pid = project.spawn(&["/usr/bin/python3", "writer.py", "db/app.db", mode, end]);
    match end {
        "hot" | "kill" => wait_for("the writer's end", || !alive(pid)),
        _ => wait_for("the writer", || project.path("ready").exists()),
    }
    if end == "close" {
        wait_for("the writer's end", || !alive(pid));
    }
    (project, pid)
}

/// What stands in the folder of the database: names, sizes, times, inodes, and bytes. The -shm is memory that all who
/// have the database open share: of it, only that it is there.
fn folder(project: &Project) -> BTreeMap<String, String> {
    let entries = fs::read_dir(project.path("db")).expect("readable").flatten();
    let seen = entries.map(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let meta = entry.metadata().expect("there");
        let bytes = fs::read(entry.path()).expect("readable");
        let sum = bytes.iter().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        let who = format!("{} {}:{} {:o}", meta.ino(), meta.uid(), meta.gid(), meta.mode());
        let full = format!("{who} {} {}.{} {sum}", meta.len(), meta.mtime(), meta.mtime_nsec());
        let seen = if name.ends_with("-shm") { who } else { full };
        (name, seen)
    });
    seen.collect()
}

fn said(ran: &Ran) -> (String, String) {
    let answer = ran.json();
    let text = |key: &str| finding(&answer, "host", "it")[key].as_str().expect("text").to_owned();
    (text("status"), text("summary"))
}

#[track_caller]
fn rows(project: &Project) -> String {
    let count = "import sqlite3; d = sqlite3.connect('db/app.db'); \
                 print(d.execute('select count(*) from t').fetchone()[0], d.execute('pragma integrity_check').fetchone()[0])";
    project.run(&mut project.command_of("/usr/bin/python3", &["-c", count])).exits(0).stdout.trim().to_owned()
}

#[test]
fn each_kind_of_database_is_told_and_left_as_it_was() {
    let (read, locked) = ("read; not tried to write: only a tick does", "somebody has held its lock for 1s");
    let done = "read; written and rolled back";
    let unfinished = "db/app.db was left unfinished, with its -journal; SQLite recovers it at the next start";
    let busy = |what: &str| format!("db/app.db could not be {what}: {locked}");
    let table = [
        // journal mode, how the writer ended, what `check` says, what a tick says
        ("delete", "open", read.to_owned(), done.to_owned()),
        ("persist", "open", read.to_owned(), done.to_owned()),
        ("truncate", "close", read.to_owned(), done.to_owned()),
        ("delete", "hot", unfinished.to_owned(), unfinished.to_owned()),
        ("delete", "immediate", read.to_owned(), busy("written")),
        ("delete", "exclusive", busy("read"), busy("read")),
        ("wal", "open", read.to_owned(), done.to_owned()),
        ("wal", "immediate", read.to_owned(), busy("written")),
        ("wal", "close", read.to_owned(), "read; not tried to write: nobody has it open".to_owned()),
        ("wal", "kill", read.to_owned(), "read; not tried to write: nobody has it open".to_owned()),
    ];
    for (mode, end, check, tick) in table {
        let (project, pid) = written(mode, end, "");
        let before = folder(&project);
        let what = format!("{mode}, {end}: {before:?}");
        for (args, expected) in [(["check", "--json"], &check), (["heal", "--json"], &tick)] {
            let ran = project.heal(&args);
            let (status, summary) = said(&ran);
            assert_eq!(&summary, expected, "{what} {args:?}");
            let well = if summary.starts_with("read;") { "healthy" } else { "unhealthy" };
            assert_eq!(status, if end == "hot" { "unknown" } else { well }, "{what} {args:?}");
            assert_eq!(folder(&project), before, "{what} {args:?}");
        }
        assert_eq!(alive(pid), !["hot", "kill", "close"].contains(&end), "{what}");
        if !["immediate", "exclusive"].contains(&end) {
            assert_eq!(rows(&project), "5000 ok", "{what}");
        }
    }
}

#[test]
fn no_system_call_changes_a_database() {
    for (mode, end) in [("delete", "open"), ("wal", "open"), ("wal", "close"), ("wal", "kill"), ("delete", "hot")] {
        let (project, _) = written(mode, end, ", quick_check_every = \"1h\"");
        let before = folder(&project);
        for command in ["check", "heal"] {
            let (_, trace) = traced(&project, &[command]);
            assert!(trace.contains("/db/app.db"), "{trace}");
            let changes = writes(&trace);
            let database = changes.iter().filter(|line| line.contains("app.db") && !line.contains("/data/"));
            // SQLite opens a -wal for reading and writing even for who only reads, and gives it, as root, to whom it
            // belongs already; it writes into none.
            let harmless = |line: &str| line.contains("openat(") || line.contains("fchown(");
            let other: Vec<&String> = database.filter(|line| !harmless(line)).collect();
            assert_eq!(folder(&project), before, "{mode}, {end}, {command}");
            assert!(other.is_empty(), "{mode}, {end}, {command}: {other:#?}");
            if command == "check" {
                let opened = |line: &&String| line.contains("openat(") && !line.contains("app.db-wal");
                assert_eq!(changes.iter().filter(opened).count(), 0, "{mode}, {end}: {changes:#?}");
            }
        }
    }
}

#[test]
fn heal_may_die_at_any_moment_of_it() {
    for (mode, end) in [("delete", "close"), ("wal", "open")] {
        let (project, _) = written(mode, end, ", quick_check_every = \"1h\"");
        let before = folder(&project);
        let (mut killed, mut survived) = (0, 0);
        for call in ["fcntl", "pread64"] {
            for when in [1, 2, 3, 5, 7, 9, 12, 16, 24] {
                let mut command = Command::new("strace");
                let inject = format!("inject={call}:signal=KILL:when={when}");
                command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}"), "-e", &inject]);
                command.arg(env!("CARGO_BIN_EXE_heal")).arg("heal").current_dir(project.path(""));
                let status = command.output().expect("strace is installed").status;
                if status.success() {
                    survived += 1
                } else {
                    killed += 1
                }
                assert_eq!(folder(&project), before, "{mode}, {end}, killed at {call} {when}");
            }
        }
        assert!(killed >= 8, "{mode}, {end}: {killed} killed, {survived} not");
        assert_eq!(rows(&project), "5000 ok");
        project.heal(&["heal"]).exits(0);
    }
}

#[test]
fn a_busy_writer_is_not_disturbed() {
    for mode in ["delete", "wal"] {
        let (project, pid) = written(mode, "busy", ", quick_check_every = \"1m\"");
        for minute in 1..=6 {
            later(&project, &format!("{}m", 2 * minute), &["heal"]);
        }
        assert!(alive(pid), "{mode}: it met no lock that it could not wait for");
        crate::acting::end(pid);
        let count: u64 = project.read("count").parse().unwrap_or_default();
        let stored: u64 = rows(&project).trim_end_matches(" ok").parse().expect("a sound database");
        assert!(stored >= 5_000 + count, "{mode}: {count} were acknowledged, {stored} stored");
    }
}

#[test]
fn a_sound_header_over_a_broken_page_is_found_by_quick_check_at_its_pace() {
    let (project, _) = written("delete", "close", ", quick_check_every = \"1h\"");
    let found = |shift: &str| {
        let answer = later(&project, shift, &["heal", "--json"]).json();
        let it = finding(&answer, "host", "it").clone();
        (it["summary"].as_str().expect("text").to_owned(), it["evidence"].to_string())
    };
    assert!(found("1m").1.contains("ok 0s ago"), "{:?}", found("1m"));
    let mut bytes = fs::read(project.path("db/app.db")).expect("readable");
    bytes[8 * 4096..9 * 4096].fill(0xa5);
    fs::write(project.path("db/app.db"), &bytes).expect("written");
    // It was written, and the time has not come.
    assert_eq!(found("30m").0, "read; written and rolled back");
    let (summary, _) = found("62m");
    assert!(summary.starts_with("quick_check: "), "{summary}");
    let (again, evidence) = found("70m");
    assert_eq!(again, summary);
    assert!(evidence.contains("8m"), "told from memory: {evidence}");
    assert_eq!(fs::read(project.path("db/app.db")).expect("readable"), bytes);
    later(&project, "71m", &["check"]).exits(2);
}

#[test]
fn what_is_no_database_is_told_and_never_made() {
    let project = host("it = { kind = \"sqlite\", path = \"db/a b?#%.db\", timeout = \"2s\" }");
    fs::create_dir(project.path("db")).expect("made");
    let name = "db/a b?#%.db";
    let table = [
        ("", 2, format!("{name} does not exist")),
        (": > \"$P-wal\"", 2, format!("{name} does not exist")),
        ("echo data > \"$P-wal\"", 2, format!("{name} does not exist, but its -wal does, and may hold its data")),
        (
            ": > \"$P\"; echo data > \"$P-wal\"",
            2,
            format!("{name} is empty, but its -wal is not, and may hold its data"),
        ),
        (": > \"$P\"", 1, format!("{name} is empty: nothing was ever stored in it")),
        ("echo hello > \"$P\"", 2, format!("{name}: file is not a database")),
        ("head -c 9000 /dev/urandom > \"$P\"", 2, format!("{name}: file is not a database")),
        ("mkfifo \"$P\"", 3, format!("{name} could not be read: it is not a regular file")),
        ("mkdir \"$P\"", 3, format!("{name} could not be read: it is not a regular file")),
        ("ln -s /dev/zero \"$P\"", 3, format!("{name} could not be read: it is not a regular file")),
        (
            "python3 -c \"import sqlite3; sqlite3.connect('$P').execute('create table t(x)')\" || exit 1",
            0,
            "read; written and rolled back".to_owned(),
        ),
    ];
    for (script, code, summary) in table {
        shell(&project, &format!("rm -rf db/*; P='{name}'; {script}")).exits(0);
        let before: Vec<_> = fs::read_dir(project.path("db")).expect("one").flatten().map(|e| e.file_name()).collect();
        let ran = project.heal(&["heal", "--json"]);
        assert_eq!((ran.code, said(&ran).1), (code, summary), "{script}");
        let after: Vec<_> = fs::read_dir(project.path("db")).expect("one").flatten().map(|e| e.file_name()).collect();
        assert_eq!(before, after, "{script}");
    }
}

#[test]
fn root_does_not_give_sidecars_away() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let (project, _) = written("wal", "open", "");
    // As with a service that has the database through its group.
    std::os::unix::fs::chown(project.path("db/app.db-wal"), Some(1500), None).expect("given away");
    let before = folder(&project);
    let ran = project.heal(&["heal", "--json"]).exits(3);
    let (_, summary) = said(&ran);
    assert!(summary.contains("its -wal belongs to another user than itself"), "{summary}");
    assert_eq!(folder(&project), before);
}

#[test]
fn a_database_on_a_read_only_file_system_cannot_be_written() {
    let (project, _) = written("delete", "close", "");
    let script =
        "mount --bind db db && mount -o remount,ro,bind db && ! touch db/x 2>/dev/null && exec \"$HEAL\" heal --json";
    let mut command = project.command_of("unshare", &["--mount"]);
    if !nix::unistd::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["/bin/sh", "-c", script]).env("HEAL", env!("CARGO_BIN_EXE_heal"));
    let ran = project.run(&mut command);
    let (status, summary) = said(&ran);
    assert_eq!(status, "unhealthy", "{ran:?}");
    assert!(summary.starts_with("db/app.db cannot be written: ") && summary.contains("ead-only"), "{summary}");
}
