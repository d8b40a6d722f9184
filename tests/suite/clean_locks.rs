//! Does `heal clean-locks` say who holds what, and leave alone what is held or in doubt? Real writers, locks and files.

use std::fs;
use std::os::unix::fs::symlink;

use expect_test::expect;
use serde_json::Value;

use super::support::{Project, Ran, alive, wait_for};

/// Opens a database as it is told, writes, says that it is ready, and stays.
const WRITER: &str = r#"import os, sqlite3, sys, time
path, mode, end = sys.argv[1:4]
db = sqlite3.connect(path, isolation_level=None)
db.execute(f"PRAGMA journal_mode = {mode}")
db.execute("CREATE TABLE IF NOT EXISTS t(x)")
for n in range(500):
    db.execute("INSERT INTO t VALUES(?)", (n,))
if end == "kill":
    os.kill(os.getpid(), 9)
if end == "begin":
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO t VALUES(0)")
open(path + ".ready", "w").close()
time.sleep(86400)
"#;

/// A project with these locks.
pub fn project(locks: &str) -> Project {
    let project = Project::new(&format!("[project]\nname = \"test\"\n{locks}"));
    project.write("writer.py", WRITER);
    fs::create_dir(project.path("db")).expect("made");
    fs::create_dir(project.path("run")).expect("made");
    project
}

/// A writer of this database that is alive and idle, or in the middle of something.
pub fn writer(project: &mut Project, name: &str, mode: &str, end: &str) -> i32 {
    // Other tests have such a writer as well: the last word tells it from theirs.
    let mark = project.path("").display().to_string();
    let pid = project.spawn(&["/usr/bin/python3", "writer.py", &format!("db/{name}"), mode, end, &mark]);
    match end {
        "kill" => wait_for("the writer's end", || !alive(pid)),
        _ => wait_for("the writer", || project.path(&format!("db/{name}.ready")).exists()),
    }
    pid
}

/// What is said about the file whose path ends like this.
#[track_caller]
pub fn file(ran: &Ran, end: &str) -> Value {
    let answer = ran.json();
    let locks = answer["locks"].as_array().expect("a list");
    let files: Vec<&Value> = locks.iter().flat_map(|lock| lock["files"].as_array().expect("a list")).collect();
    let found = files.iter().find(|file| file["path"].as_str().is_some_and(|path| path.ends_with(end)));
    (*found.unwrap_or_else(|| panic!("no {end} in {answer:#}"))).clone()
}

#[track_caller]
pub fn verdict(ran: &Ran, end: &str) -> (String, String) {
    let file = file(ran, end);
    let text = |key: &str| file[key].as_str().expect("text").to_owned();
    (text("verdict"), text("reason"))
}

const DB: &str = "[lock.db]\nkind = \"sqlite\"\npaths = [\"db/*.session\"]\n";
const RUN: &str = "[lock.run]\nkind = \"pid\"\npaths = [\"run/*.pid\"]\n";

/// Names, sizes, times and bytes of everything in a folder: a look changes none of them.
fn folder(project: &Project, name: &str) -> Vec<String> {
    use std::os::unix::fs::MetadataExt;
    let mut seen: Vec<String> = fs::read_dir(project.path(name))
        .expect("readable")
        .flatten()
        .map(|entry| {
            let meta = entry.path().symlink_metadata().expect("there");
            let what = (
                entry.file_name(),
                meta.ino(),
                meta.mode(),
                meta.len(),
                meta.mtime(),
                meta.mtime_nsec(),
                meta.ctime_nsec(),
            );
            format!("{what:?}")
        })
        .collect();
    seen.sort();
    seen
}

#[test]
fn the_list_says_each_lock_its_holder_and_why() {
    let mut project = project(&format!(
        "{DB}{RUN}[lock.one]\nkind = \"flock\"\npaths = [\"run/one.lock\"]\n[lock.off]\nkind = \"pid\"\npaths = [\"x.pid\"]\nenabled = false\n"
    ));
    writer(&mut project, "live.session", "wal", "stay");
    writer(&mut project, "dead.session", "wal", "kill");
    project.write("run/dead.pid", "4194000\n");
    project.write("run/empty.pid", "");
    project.write("run/other.pid", "mars:4711\n");
    project.write("run/one.lock", "");
    project.spawn(&["flock", "run/one.lock", "sleep", "86400"]);
    wait_for("the lock", || verdict(&project.heal(&["clean-locks", "--list", "--json"]), "one.lock").0 == "held");
    let before = [folder(&project, "db"), folder(&project, "run")];
    let ran = project.heal(&["clean-locks", "--list"]).exits(69);
    assert_eq!([folder(&project, "db"), folder(&project, "run")], before, "a look changes nothing");
    assert!(!project.path("data").exists(), "not even in heal's own directory");
    let text = shown(&project, &ran.stdout);
    expect![[r#"
        doubtful  [DIR]/run/empty.pid [run, pid]  it is empty: somebody may be about to write it
        doubtful  [DIR]/run/other.pid [run, pid]  it names pid [PID] of host mars, which cannot be looked at from here
        recoverable [DIR]/db/dead.session [db, sqlite]  nobody has it open, and its -wal is left: SQLite recovers it
        stale     [DIR]/run/dead.pid [run, pid]  pid [PID] is dead, and nobody has the file open or locked
        held      [DIR]/db/live.session [db, sqlite]  pid [PID] has it locked (fcntl)
            pid [PID] (start [TICKS])  /usr/bin/python3 writer.py db/live.session wal stay [DIR]/  [AGE] old, has it locked (fcntl)
        held      [DIR]/run/one.lock [one, flock]  pid [PID] has it locked (flock), pid [PID] has it open
            pid [PID] (start [TICKS])  flock run/one.lock sleep 86400  [AGE] old, has it locked (flock)
            pid [PID] (start [TICKS])  sleep 86400  [AGE] old, has it open
        disabled  [off, pid]  enabled = false
        next  heal clean-locks --dry-run
    "#]].assert_eq(&text);
    let quiet = project.heal(&["clean-locks", "--list", "--quiet"]).exits(69).stdout;
    assert!(!quiet.contains("live.session") && quiet.contains("other.pid"), "{quiet}");
}

/// Without what differs between runs: start times and ages.
fn shown(project: &Project, text: &str) -> String {
    let text = project.normalise(text);
    let mut lines = Vec::new();
    for line in text.lines() {
        let line = match (line.find("(start "), line.find(" old,")) {
            (Some(start), Some(old)) => {
                let command = line[start..old].split_once(')').map_or("", |(_, rest)| rest);
                let command = command.rsplit_once("  ").map_or(command, |(command, _)| command);
                format!("{}(start [TICKS]){command}  [AGE]{}", &line[..start], &line[old..])
            }
            _ => line.to_owned(),
        };
        lines.push(line);
    }
    lines.join("\n") + "\n"
}

#[test]
fn a_live_writer_is_held_whatever_it_does_at_the_moment() {
    let mut project = project(DB);
    for (name, mode, end) in [
        ("wal.session", "wal", "stay"),
        ("idle.session", "delete", "stay"), // no lock at all: only its descriptor is seen
        ("busy.session", "delete", "begin"),
        ("persist.session", "persist", "stay"),
    ] {
        let pid = writer(&mut project, name, mode, end);
        let before = folder(&project, "db");
        let ran = project.heal(&["clean-locks", "--list", "--json"]).exits(0);
        let (verdict, reason) = verdict(&ran, name);
        assert_eq!(verdict, "held", "{name}: {reason}");
        assert!(reason.contains(&format!("pid {pid} ")), "{name}: {reason}");
        // In a sweep that is as it should be; who asks for this lock waits for it (FAULTS 38).
        project.heal(&["clean-locks", "--list", "db"]).exits(69);
        assert_eq!(folder(&project, "db"), before);
    }
}

#[test]
fn what_is_left_over_says_what_it_is() {
    let mut project = project(DB);
    writer(&mut project, "crashed.session", "wal", "kill");
    writer(&mut project, "gone.session", "wal", "kill");
    fs::remove_file(project.path("db/gone.session")).expect("removed");
    for (name, mode) in [("persist.session", "persist"), ("truncate.session", "truncate")] {
        writer(&mut project, name, mode, "kill");
    }
    project.write("db/text.session", "no database, and longer than a header of one would be");
    project.write("db/empty.session", "");
    project.write("db/empty.session-wal", "what may be its data");
    let ran = project.heal(&["clean-locks", "--list", "--json"]).exits(69);
    for (name, expected, word) in [
        ("crashed.session", "recoverable", "its -wal is left"),
        ("gone.session", "stale", "of a database that is gone"),
        ("persist.session", "free", "nothing is left"),
        ("truncate.session", "free", "nothing is left"),
        ("text.session", "doubtful", "no SQLite database"),
        ("empty.session", "doubtful", "it is empty"),
    ] {
        let (verdict, reason) = verdict(&ran, name);
        assert_eq!(verdict, expected, "{name}: {reason}");
        assert!(reason.contains(word), "{name}: {reason}");
    }
}

#[test]
fn links_and_everything_that_is_no_plain_file_is_refused() {
    let project = project(RUN);
    project.write("run/real.pid", "4194000");
    project.write("elsewhere/x.pid", "4194000");
    symlink("real.pid", project.path("run/link.pid")).expect("linked");
    fs::hard_link(project.path("elsewhere/x.pid"), project.path("run/hard.pid")).expect("linked");
    fs::create_dir(project.path("run/folder.pid")).expect("made");
    project.run(&mut project.command_of("mkfifo", &["run/fifo.pid"])).exits(0);
    let _socket = std::os::unix::net::UnixListener::bind(project.path("run/socket.pid")).expect("bound");
    let ran = project.heal(&["clean-locks", "--list", "--json"]).exits(69);
    for (name, word) in [
        ("link.pid", "it is a link"),
        ("hard.pid", "a hard link"),
        ("folder.pid", "it is a folder"),
        ("fifo.pid", "it is a FIFO"),
        ("socket.pid", "it is a socket"),
    ] {
        let (verdict, reason) = verdict(&ran, name);
        assert_eq!(verdict, "doubtful", "{name}: {reason}");
        assert!(reason.contains(word), "{name}: {reason}");
    }
    assert_eq!(verdict(&ran, "real.pid").0, "stale");
    // A link on the way is as good as one at its end.
    let behind = super::clean_locks::project("[lock.run]\nkind = \"pid\"\npaths = [\"way/*.pid\"]\n");
    behind.write("real/x.pid", "4194000");
    symlink("real", behind.path("way")).expect("linked");
    let (verdict, reason) = verdict(&behind.heal(&["clean-locks", "--list", "--json"]).exits(69), "x.pid");
    assert!(verdict == "doubtful" && reason.contains("a link leads to it; its place is"), "{verdict} {reason}");
}

#[test]
fn auto_tells_by_name_and_content_and_never_takes_a_database_for_a_lock() {
    let mut project = project("[lock.any]\nkind = \"auto\"\npaths = [\"run/*.*\", \"db/*.session*\"]\n");
    writer(&mut project, "app.session", "wal", "kill");
    project.write("run/dead.lock", "{\"pid\": 4194000, \"start\": 5}");
    project.write("run/empty.lock", "");
    project.write("run/words.lock", "locked by bob");
    project.write("run/held.lock", "");
    project.spawn(&["flock", "run/held.lock", "sleep", "86400"]);
    wait_for("the lock", || verdict(&project.heal(&["clean-locks", "--list", "--json"]), "held.lock").0 == "held");
    let ran = project.heal(&["clean-locks", "--list", "--json"]).exits(69);
    for (name, kind, expected) in [
        ("dead.lock", "pid", "stale"),
        ("empty.lock", "auto", "doubtful"),
        ("words.lock", "auto", "doubtful"),
        ("held.lock", "flock", "held"),
        ("app.session", "auto", "doubtful"),
        ("app.session-wal", "auto", "doubtful"),
    ] {
        let file = file(&ran, name);
        assert_eq!((&file["kind"], &file["verdict"]), (&kind.into(), &expected.into()), "{name}: {file:#}");
    }
}

#[test]
fn a_lock_that_nobody_declared_is_a_mistake() {
    let ran = project(RUN).heal(&["clean-locks", "rum"]).exits(64);
    assert!(ran.stderr.contains("there is no lock `rum`") && ran.stderr.contains("it declares: run"), "{}", ran.stderr);
    let none = project("").heal(&["clean-locks", "--list"]).exits(0);
    assert!(none.stdout.contains("no lock is declared"), "{}", none.stdout);
    project(RUN).heal(&["clean-locks", "--list", "--dry-run"]).exits(64);
    project(RUN).heal(&["clean-locks", "--format", "nagios"]).exits(3);
}

#[test]
fn the_locks_of_git_wait_for_every_git() {
    let mut project = project("[lock.repository]\nkind = \"git\"\npaths = [\"repo/.git\"]\n");
    let git = |args: &[&str]| {
        let args = [&["-C", "repo", "-c", "user.name=x", "-c", "user.email=x@x"], args].concat();
        project.run(project.command_of("git", &args).env("HOME", project.path("")))
    };
    fs::create_dir(project.path("repo")).expect("made");
    git(&["init", "-q"]).exits(0);
    git(&["commit", "-q", "--allow-empty", "-m", "one"]).exits(0);
    assert_eq!(project.heal(&["clean-locks", "--list"]).exits(0).code, 0);
    for lock in ["index.lock", "HEAD.lock", "refs/heads/main.lock"] {
        project.write(&format!("repo/.git/{lock}"), "");
    }
    let list = |project: &Project| project.heal(&["clean-locks", "--list", "--json"]);
    let (young, why) = verdict(&list(&project).exits(69), "index.lock");
    assert!(young == "doubtful" && why.contains("younger than 5m"), "{young} {why}");
    project.env("HEAL_TEST_SHIFT", "6m");
    for lock in ["index.lock", "HEAD.lock", "refs/heads/main.lock"] {
        let (old, why) = verdict(&list(&project).exits(1), lock);
        assert_eq!(old, "stale", "{lock}: {why}");
    }
    // Any git in there may be the one that holds it: here one that waits for its input.
    fs::create_dir(project.path("repo/below")).expect("made");
    let mut child = project.command_of("git", &["cat-file", "--batch"]);
    let mut child = child
        .current_dir(project.path("repo/below"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("started");
    let pid = child.id();
    wait_for("git to be seen", || {
        let (held, why) = verdict(&list(&project), "index.lock");
        held == "held" && why.contains(&format!("pid {pid} "))
    });
    child.kill().expect("ended");
    child.wait().expect("ended");
    assert_eq!(verdict(&list(&project).exits(1), "index.lock").0, "stale");
}
