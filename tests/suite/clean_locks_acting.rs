//! Does clearing lose nothing and stop nobody who was not named? Databases of killed writers, stale pid files, a rung, a tick.

use std::fs;
use std::process::Command;

use serde_json::Value;

use super::clean_locks::{file, project, verdict, writer};
use super::support::{Project, alive, wait_for};

const DB: &str = "[lock.db]\nkind = \"sqlite\"\npaths = [\"db/*.session\"]\n";
const RUN: &str = "[lock.run]\nkind = \"pid\"\npaths = [\"run/*.pid\"]\n";

pub fn rows(project: &Project, name: &str) -> String {
    let count = format!(
        "import sqlite3; d = sqlite3.connect('db/{name}'); \
         print(d.execute('select count(*) from t').fetchone()[0], d.execute('pragma integrity_check').fetchone()[0])"
    );
    project.run(&mut project.command_of("/usr/bin/python3", &["-c", &count])).exits(0).stdout.trim().to_owned()
}

/// The file that was moved aside, wherever it is kept.
pub fn kept(project: &Project, name: &str) -> Option<String> {
    let folders = fs::read_dir(project.path("data/vault/quarantine")).ok()?.flatten();
    let files = folders.flat_map(|folder| fs::read_dir(folder.path()).expect("readable").flatten());
    let found = files.map(|file| file.path()).find(|path| path.to_string_lossy().ends_with(name))?;
    Some(String::from_utf8_lossy(&fs::read(found).expect("readable")).into_owned())
}

#[test]
fn every_row_of_a_killed_writer_is_there_and_a_live_one_is_untouched() {
    let mut project = project(DB);
    writer(&mut project, "dead.session", "wal", "kill");
    let live = writer(&mut project, "live.session", "wal", "stay");
    let wal = fs::read(project.path("db/live.session-wal")).expect("readable");
    let ran = project.heal(&["clean-locks", "--json"]).exits(0);
    let dead = file(&ran, "dead.session");
    assert_eq!((&dead["outcome"], &dead["verdict"]), (&"cleared".into(), &"recoverable".into()), "{dead:#}");
    assert!(!project.path("db/dead.session-wal").exists(), "SQLite took it in");
    assert_eq!(verdict(&ran, "live.session").0, "held");
    assert!(alive(live));
    assert_eq!(fs::read(project.path("db/live.session-wal")).expect("readable"), wal, "byte for byte");
    for name in ["dead.session", "live.session"] {
        assert_eq!(rows(&project, name), "500 ok", "{name}");
    }
    let intents = project.events("repairing");
    assert_eq!(intents.len(), 1, "one act, one intent: {intents:#?}");
    // Nothing is left to do.
    project.heal(&["clean-locks"]).exits(0);
    assert_eq!(project.events("repairing").len(), 1);
}

#[test]
fn a_stale_pid_file_goes_to_quarantine_and_everything_else_stays() {
    let project = project(RUN);
    project.write("run/dead.pid", "4194000\n");
    project.write("run/empty.pid", "");
    project.write("run/live.pid", &std::process::id().to_string());
    let dry = project.heal(&["clean-locks", "--dry-run"]).exits(69);
    assert!(dry.stdout.contains("would move"), "{}", dry.stdout);
    assert!(project.path("run/dead.pid").exists() && !project.path("data").exists(), "a plan changes nothing");
    let ran = project.heal(&["clean-locks", "--json"]).exits(69);
    assert_eq!(file(&ran, "dead.pid")["outcome"], "cleared");
    assert!(!project.path("run/dead.pid").exists());
    assert_eq!(kept(&project, "dead.pid").as_deref(), Some("4194000\n"), "its bytes are kept");
    for name in ["run/empty.pid", "run/live.pid"] {
        assert!(project.path(name).exists(), "{name}");
    }
    let observes = super::clean_locks::project(RUN);
    observes.write("run/dead.pid", "4194000");
    let ran = observes.heal(&["clean-locks", "--set", "project.mode=observe"]).exits(1);
    assert!(ran.stdout.contains("would move") && observes.path("run/dead.pid").exists(), "{}", ran.stdout);
}

#[test]
fn what_is_left_of_a_database_that_is_gone_is_kept_before_anybody_deletes_it() {
    let mut project = project(DB);
    writer(&mut project, "gone.session", "wal", "kill");
    let wal = fs::read(project.path("db/gone.session-wal")).expect("readable");
    fs::remove_file(project.path("db/gone.session")).expect("removed");
    let ran = project.heal(&["clean-locks", "--json"]).exits(1);
    assert_eq!(file(&ran, "gone.session")["outcome"], "cleared");
    assert!(!project.path("db/gone.session-wal").exists());
    let kept = kept(&project, "gone.session-wal").expect("kept");
    assert_eq!(kept, String::from_utf8_lossy(&wal));
    // Beside another database SQLite would take it for that one's: who put it there by hand would lose that one.
    fs::write(project.path("db/gone.session"), "another").expect("written");
    for force in [&["undo"][..], &["undo", "--force"]] {
        let ran = project.heal(force).exits(69);
        assert!(format!("{ran:?}").contains("gone.session was made since"), "{ran:?}");
        assert!(!project.path("db/gone.session-wal").exists());
    }
    fs::remove_file(project.path("db/gone.session")).expect("removed");
    project.heal(&["undo"]).exits(0);
    assert_eq!(fs::read(project.path("db/gone.session-wal")).expect("back"), wal);
}

/// FAULTS 39: no lock of the kernel says that it is there, and nothing lies beside the database.
#[test]
fn an_idle_connection_in_rollback_mode_is_found_by_its_descriptor_alone() {
    let mut project = project(DB);
    let pid = writer(&mut project, "idle.session", "delete", "stay");
    let before = fs::read(project.path("db/idle.session")).expect("readable");
    assert!(!project.path("db/idle.session-journal").exists());
    let asked = project.heal(&["clean-locks", "db"]).exits(69);
    assert!(asked.stdout.contains(&format!("pid {pid} has it open")), "{}", asked.stdout);
    project.heal(&["clean-locks"]).exits(0);
    assert!(alive(pid) && project.events("repairing").is_empty());
    assert_eq!(fs::read(project.path("db/idle.session")).expect("readable"), before);
}

#[test]
fn only_holders_that_are_named_are_stopped() {
    let stop = |words: &str| format!("{DB}stop_holders = {words}\n");
    // Somebody else holds it: kept, reported, and who asks for this lock by name waits for it.
    let mut other = project(&stop("{ executable = \"python3\", args_contain = \"other.py\" }"));
    let pid = writer(&mut other, "a.session", "wal", "stay");
    other.heal(&["clean-locks"]).exits(0);
    other.heal(&["clean-locks", "db"]).exits(69);
    assert!(alive(pid));
    // One that fits, but is too young; two that fit, where one is expected.
    let mut young = project(&stop("{ args_contain = \"writer.py\", min_age = \"1h\" }"));
    let pid = writer(&mut young, "a.session", "wal", "stay");
    young.heal(&["clean-locks", "db"]).exits(69);
    assert!(alive(pid));
    let mut two = project(&stop("{ args_contain = \"writer.py\" }"));
    let pids = [0, 1].map(|_| {
        let _ = fs::remove_file(two.path("db/a.session.ready"));
        writer(&mut two, "a.session", "wal", "stay")
    });
    two.heal(&["clean-locks", "db"]).exits(69);
    assert!(pids.into_iter().all(alive));
    // Exactly the one that is named: stopped, and what it left is recovered.
    let mut named = project(&stop("{ executable = \"python3\", args_contain = \"writer.py\" }"));
    let pid = writer(&mut named, "a.session", "wal", "stay");
    let ran = named.heal(&["clean-locks", "--json"]).exits(0);
    let swept = file(&ran, "a.session");
    assert_eq!(swept["outcome"], "cleared", "{swept:#}");
    assert_eq!(swept["holders"][0]["pid"], pid);
    assert!(!alive(pid));
    assert_eq!(rows(&named, "a.session"), "500 ok");
}

/// A service that is alive is no stale holder, whatever `stop_holders` says.
#[test]
fn the_service_itself_is_never_stopped_for_its_own_lock() {
    let mut project = project("");
    let mark = project.path("").display().to_string();
    let service = |words: &str| {
        format!(
            "[project]\nname = \"test\"\n[service.bot]\nmatch = {{ executable = \"python3\", args_contain = {words:?} }}\n{DB}stop_holders = {{ args_contain = \"writer.py\" }}\n"
        )
    };
    let pid = writer(&mut project, "a.session", "wal", "stay");
    project.write("heal.toml", &service(&mark));
    let ran = project.heal(&["clean-locks", "--json"]).exits(0);
    assert_eq!(verdict(&ran, "a.session").0, "held");
    // Nor is anybody, while it cannot be said which of several the service is.
    project.spawn(&["/usr/bin/python3", "-c", "import time; time.sleep(86400)", "writer.py", &mark]);
    wait_for("the twin", || project.heal(&["check", "--json"]).json()["services"][0]["status"] == "unknown");
    project.heal(&["clean-locks"]).exits(0);
    assert!(alive(pid));
}

#[test]
fn a_tick_clears_what_is_stale_before_it_looks_at_services() {
    let mut project =
        project(&format!("[host.probes]\ndisk = {{ kind = \"disk\", path = \".\", warn_below = \"1MB\" }}\n{DB}{RUN}"));
    writer(&mut project, "dead.session", "wal", "kill");
    let live = writer(&mut project, "live.session", "wal", "stay");
    project.write("run/dead.pid", "4194000");
    project.write("run/empty.pid", "");
    let dry = project.heal(&["heal", "--dry-run"]).exits(0);
    assert!(project.path("run/dead.pid").exists(), "{}", dry.stdout);
    let ran = project.heal(&["heal", "--json"]).exits(0).json();
    let files: Vec<&Value> = ran["locks"]
        .as_array()
        .expect("a list")
        .iter()
        .flat_map(|lock| lock["files"].as_array().expect("a list"))
        .collect();
    let cleared: Vec<&str> =
        files.iter().map(|file| file["path"].as_str().expect("text").rsplit('/').next().expect("a name")).collect();
    assert_eq!(cleared, ["dead.session", "dead.pid"], "{ran:#}");
    assert!(files.iter().all(|file| file["outcome"] == "cleared"), "{ran:#}");
    assert!(!project.path("run/dead.pid").exists() && project.path("run/empty.pid").exists() && alive(live));
    assert_eq!(rows(&project, "dead.session"), "500 ok");
    // And then there is nothing to say about it.
    let again = project.heal(&["heal", "--json"]).exits(0).json();
    assert_eq!(again["locks"], serde_json::json!([]));
}

/// A service that refuses to start beside a pid file, as many do.
const STUBBORN: &str = r#"#!/bin/sh
[ -e run/app.pid ] && { echo "already running"; exit 1; }
echo $$ > run/app.pid
exec sleep 86399
"#;

#[test]
fn the_rung_stops_clears_and_starts() {
    let project = project(
        r#"
[service.app]
match         = { executable = "sleep", args_contain = "86399" }
start         = ["./run.sh"]
ladder        = ["clear-locks"]
startup_grace = "1s"
verify_within = "10s"

[lock.run]
kind    = "pid"
paths   = ["run/*.pid"]
min_age = "1s"
"#,
    );
    project.script("run.sh", STUBBORN);
    // Too young for the tick's own sweep at first; by the time of the rung it is as stale as ever.
    project.write("run/app.pid", "4194000");
    wait_for("the lock to be old enough", || {
        verdict(&project.heal(&["clean-locks", "--list", "--json"]), "app.pid").0 == "stale"
    });
    let dry = project.heal(&["heal", "--dry-run"]);
    assert!(dry.stdout.contains("would take `clear-locks`") && dry.stdout.contains("would move"), "{}", dry.stdout);
    let ran = project.heal(&["heal"]).exits(0);
    assert!(ran.stdout.contains("healed"), "{}", ran.stdout);
    assert_eq!(kept(&project, "app.pid").as_deref(), Some("4194000"));
    let pid = project.pid("run/app.pid");
    assert!(alive(pid));
}

/// The holder that hangs is the service's own: only the rung may stop it, and only then is the lock stale.
#[test]
fn a_hung_service_gives_its_lock_back_before_the_next_life() {
    let project = project(
        r#"
[service.app]
match         = { executable = "sleep", args_contain = "86399" }
start         = ["./run.sh"]
ladder        = ["clear-locks"]
startup_grace = "0s"
verify_within = "10s"
stop_grace    = "2s"

[service.app.probes]
sign = { kind = "command", command = ["test", "-e", "well"], class = "hung" }

[lock.run]
kind  = "pid"
paths = ["run/*.pid"]
"#,
    );
    project.script("run.sh", &STUBBORN.replace("exec", "touch well; exec"));
    let mut start = Command::new("./run.sh");
    let mut child = start.current_dir(project.path("")).spawn().expect("started");
    let old = project.pid("run/app.pid");
    wait_for("the service", || project.path("well").exists());
    fs::remove_file(project.path("well")).expect("removed");
    let ran = project.heal(&["heal", "--json"]);
    let _ = child.wait();
    let ran = ran.exits(0).json();
    let changes = ran["services"][0]["act"]["changes"].as_array().expect("a list").clone();
    let kinds: Vec<&str> = changes.iter().map(|change| change["change"].as_str().expect("text")).collect();
    assert_eq!(kinds, ["stop-process", "move-aside", "start-service"], "{ran:#}");
    assert_eq!(kept(&project, "app.pid"), Some(format!("{old}\n")));
    assert_ne!(project.pid("run/app.pid"), old);
}
