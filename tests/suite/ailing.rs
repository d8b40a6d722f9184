//! A database is damaged, cannot be recovered, or is gone: is that told once, tried after pauses that grow, said by whoever only
//! looks, and over when it is over?

use std::fs;
use std::os::unix::fs::MetadataExt;

use expect_test::expect;
use serde_json::Value;

use super::acting::{later, shell};
use super::clean_locks::{project as locked, writer};
use super::state_tick::told;
use super::support::{Project, Ran};

const LOCKS: &str = "[lock.db]\nkind = \"sqlite\"\npaths = [\"db/*.session\"]\n\n[alert.file]\nkind = \"file\"\npath = \"alerts.jsonl\"\n\n[host.probes]\ndisk = { kind = \"disk\", path = \".\", warn_below = \"1B\" }\n";

pub fn project() -> Project {
    locked(LOCKS)
}

/// A database of these rows, which were all checkpointed, and beside it the `-wal` of somebody who was killed.
pub fn crashed(project: &Project, name: &str, rows: u32) {
    let script = format!(
        "import sqlite3, os\ndb = sqlite3.connect('db/{name}', isolation_level=None)\n\
         db.execute('PRAGMA journal_mode = WAL'); db.execute('CREATE TABLE u (n, f)'); db.execute('BEGIN')\n\
         db.executemany('INSERT INTO u VALUES (?, ?)', [(n, 'x' * 200) for n in range({rows})]); db.execute('COMMIT')\n\
         db.execute('PRAGMA wal_checkpoint(TRUNCATE)'); db.execute('PRAGMA wal_autocheckpoint = 0')\n\
         db.execute('INSERT INTO u VALUES (-1, 0)'); os.kill(os.getpid(), 9)"
    );
    let ran = project.run(&mut project.command_of("/usr/bin/python3", &["-c", &script]));
    assert_eq!(ran.code, 128 + 9, "{ran:?}");
    assert!(fs::metadata(project.path(&format!("db/{name}-wal"))).expect("left").len() > 0);
}

/// FAULTS 45: 4 kB of noise at 8192.
pub fn damage(project: &Project, name: &str) {
    let script = format!("dd if=/dev/urandom of=db/{name} bs=4096 seek=2 count=1 conv=notrunc 2>/dev/null");
    shell(project, &script).exits(0);
}

fn minute(project: &Project, minute: u32, args: &[&str]) -> Ran {
    later(project, &format!("{minute}m"), args)
}

fn bytes(project: &Project, path: &str) -> Vec<u8> {
    fs::read(project.path(path)).expect("readable")
}

/// Folders of copies of damaged databases, and the files in them.
fn copies(project: &Project) -> Vec<(String, Vec<String>)> {
    let names = |path: std::path::PathBuf| -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(path)
            .into_iter()
            .flatten()
            .map(|entry| entry.expect("there").file_name().into_string().expect("UTF-8"))
            .collect();
        names.sort();
        names
    };
    let folder = "data/vault/quarantine";
    let all = names(project.path(folder)).into_iter().filter(|name| name.starts_with("damaged-"));
    all.map(|name| (name.clone(), names(project.path(&format!("{folder}/{name}"))))).collect()
}

fn operator_alerts(project: &Project) -> usize {
    fs::read_to_string(project.path("data/operator_alerts.jsonl")).map_or(0, |text| text.lines().count())
}

#[test]
fn a_damaged_database_is_one_alert_and_is_tried_after_pauses_that_grow() {
    let project = project();
    crashed(&project, "a.session", 2_000);
    damage(&project, "a.session");
    let (main, wal) = (bytes(&project, "db/a.session"), bytes(&project, "db/a.session-wal"));
    let ran = minute(&project, 0, &["heal"]).exits(2);
    assert!(ran.stdout.contains("broken    ") && ran.stdout.contains("a copy is kept in "), "{}", ran.stdout);
    let first = told(&project);
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(first[0].starts_with("critical opened: [lock.db]: db/a.session: damaged: "), "{first:?}");
    assert!(first[0].contains("; a copy is kept in [DIR]/data/vault/quarantine/damaged-"), "{first:?}");
    assert_eq!(operator_alerts(&project), 1);
    let mut tries = Vec::new();
    for at in 1..=20 {
        let before = project.events("repairing").len();
        let ran = minute(&project, at, &["heal", "--quiet"]).exits(2);
        assert_eq!(ran.stdout, "", "minute {at}: the same trouble is no news");
        if project.events("repairing").len() > before {
            tries.push(at);
        }
    }
    assert_eq!(tries, [1, 3, 7, 15], "1, 2, 4, 8 minutes after the one before");
    assert_eq!(told(&project), first);
    assert_eq!((bytes(&project, "db/a.session"), bytes(&project, "db/a.session-wal")), (main.clone(), wal.clone()));
    // A copy of all of it, once.
    let kept = copies(&project);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let folder = format!("data/vault/quarantine/{}", kept[0].0);
    assert_eq!(bytes(&project, &format!("{folder}/0-a.session.copy")), main);
    assert_eq!(bytes(&project, &format!("{folder}/0-a.session-wal.copy")), wal);
    // Between two tries a program reads the same as at them.
    let json = minute(&project, 21, &["heal", "--json"]).exits(2).json();
    assert_eq!(json["locks"][0]["files"][0]["outcome"], "broken", "{json:#}");
    let detail = json["locks"][0]["files"][0]["detail"].as_str().expect("text");
    assert!(detail.contains("; it is tried again at "), "{detail}");
    assert_eq!((&json["services"][1]["name"], &json["critical"][0]), (&"[lock.db]".into(), &"[lock.db]".into()));
    // Who only looks says it as well, and opens nothing.
    let shown = minute(&project, 22, &["check"]).exits(2).stdout;
    assert!(shown.contains("unhealthy [lock.db] (resource)  db/a.session: damaged: "), "{shown}");
    assert!(shown.contains("clean-locks db"), "{shown}");
    minute(&project, 22, &["check", "--json"]).exits(2).json();
    minute(&project, 22, &["heal", "--dry-run"]).exits(2);
    let status = minute(&project, 22, &["status", "--json"]).exits(2).json();
    let of =
        |name: &str| status["services"].as_array().expect("a list").iter().find(|one| one["name"] == name).cloned();
    assert_eq!(of("[lock.db]").expect("it is there")["status"], "unhealthy", "{status:#}");
    assert_eq!(bytes(&project, "db/a.session"), main);
    // A person asks for it: at once, and the truth.
    let asked = minute(&project, 23, &["clean-locks", "db"]).exits(2);
    assert!(asked.stdout.contains("broken"), "{}", asked.stdout);
    // Another one in its place: over, and said so after a while of health.
    fs::remove_file(project.path("db/a.session-wal")).expect("removed");
    let sound = "import sqlite3\ndb = sqlite3.connect('new')\ndb.execute('CREATE TABLE t (n)')\ndb.commit()";
    project.run(&mut project.command_of("/usr/bin/python3", &["-c", sound])).exits(0);
    fs::rename(project.path("new"), project.path("db/a.session")).expect("moved");
    for at in 24..28 {
        minute(&project, at, &["heal"]).exits(0);
    }
    assert_eq!(told(&project)[1..], ["info recovered: [lock.db]: recovered"]);
    minute(&project, 28, &["check"]).exits(0);
    assert_eq!(minute(&project, 29, &["heal"]).exits(0).stdout.lines().count(), 1, "the host alone");
}

#[test]
fn what_is_put_right_in_its_place_is_found_sound_though_a_service_has_it_open() {
    let mut project = project();
    crashed(&project, "a.session", 2_000);
    let whole = bytes(&project, "db/a.session");
    damage(&project, "a.session");
    minute(&project, 0, &["heal"]).exits(2);
    minute(&project, 1, &["heal"]).exits(2);
    minute(&project, 3, &["heal"]).exits(2);
    minute(&project, 7, &["heal"]).exits(2);
    // The next try would be at 15. Somebody copies a sound one over it, and a service works with that.
    let inode = fs::metadata(project.path("db/a.session")).expect("there").ino();
    fs::write(project.path("db/a.session"), &whole).expect("written");
    fs::remove_file(project.path("db/a.session-wal")).expect("removed");
    writer(&mut project, "a.session", "wal", "stay");
    assert_eq!(fs::metadata(project.path("db/a.session")).expect("there").ino(), inode);
    let sum = bytes(&project, "db/a.session-wal");
    minute(&project, 8, &["heal"]).exits(2);
    let ran = minute(&project, 13, &["heal"]).exits(0);
    assert_eq!(project.events("outlived").len(), 1, "{ran:?}");
    assert_eq!(bytes(&project, "db/a.session-wal"), sum, "a look changes nothing");
    for at in 14..18 {
        minute(&project, at, &["heal"]).exits(0);
    }
    assert_eq!(told(&project).last().expect("one"), "info recovered: [lock.db]: recovered");
}

#[test]
fn what_is_left_of_a_database_that_is_gone_is_told_until_a_person_takes_it() {
    let mut project = project();
    writer(&mut project, "gone.session", "wal", "kill");
    let wal = bytes(&project, "db/gone.session-wal");
    fs::remove_file(project.path("db/gone.session")).expect("removed");
    let ran = minute(&project, 0, &["heal"]).exits(1);
    assert!(!project.path("db/gone.session-wal").exists(), "{ran:?}");
    let kept = super::trial::kept(&project, "db/gone.session-wal").expect("kept");
    assert_eq!(fs::read(&kept).expect("readable"), wal);
    let first = told(&project);
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(
        first[0].starts_with(
            "warning warned: [lock.db]: gone.session: the database was gone, and what was left of it is kept as "
        ),
        "{first:?}"
    );
    assert!(first[0].ends_with("gone.session-wal"), "{first:?}");
    for at in 1..90 {
        assert_eq!(minute(&project, at, &["heal", "--quiet"]).exits(1).stdout, "", "minute {at}");
    }
    assert_eq!(told(&project), first);
    for look in [&["check", "--json"][..], &["status", "--json"]] {
        let answer = minute(&project, 90, look).exits(1).json();
        let named: Vec<&Value> =
            answer["services"].as_array().expect("a list").iter().filter(|one| one["name"] == "[lock.db]").collect();
        assert_eq!(named.len(), 1, "{answer:#}");
        assert_eq!(named[0]["status"], "degraded", "{answer:#}");
    }
    fs::remove_file(kept).expect("taken");
    for at in 91..95 {
        minute(&project, at, &["heal"]).exits(0);
    }
    assert_eq!(told(&project)[1..], ["info recovered: [lock.db]: recovered"]);
}

/// FAULTS 42, by the commands that people and timers type.
#[test]
fn without_room_for_a_recovery_a_command_says_74_and_nothing_is_touched() {
    let project = project();
    crashed(&project, "a.session", 300);
    fs::create_dir(project.path("small")).expect("made");
    project.write("heal.toml", &project.read("heal.toml").replace("db/*.session", "small/*.session"));
    let script = r#"
mount -t tmpfs -o size=1m tmpfs small && cp -p db/a.session* small/ || exit 99
head -c 2000000 /dev/zero >small/filler 2>/dev/null
sum() { cat small/a.session small/a.session-wal | sha256sum; }
before=$(sum)
"$HEAL" clean-locks >out.clean; echo "clean-locks $?"
HEAL_TEST_SHIFT=2m "$HEAL" heal >out.heal; echo "heal $?"
HEAL_TEST_SHIFT=3m "$HEAL" heal --quiet; echo "quiet $?"
HEAL_TEST_SHIFT=3m "$HEAL" check >out.check; echo "check $?"
test "$before" = "$(sum)" && echo untouched
rm small/filler
HEAL_TEST_SHIFT=9m "$HEAL" heal >out.again; echo "again $?"
/usr/bin/python3 -c "import sqlite3; print(sqlite3.connect('small/a.session').execute('SELECT count(*) FROM u').fetchone()[0])"
"#;
    project.write("script.sh", script);
    let ran = shell(&project, "unshare -m /bin/sh script.sh");
    if ran.code == 99 || ran.stderr.contains("unshare") {
        return; // this machine does not allow it
    }
    expect![[r#"
        clean-locks 74
        heal 74
        quiet 74
        check 1
        untouched
        again 0
        301
    "#]]
    .assert_eq(&ran.stdout);
    let said = project.read("out.heal");
    assert!(said.contains("failed    ") && said.contains(" of free space, and there is "), "{said}");
    let first = told(&project);
    assert!(first[0].starts_with("warning warned: [lock.db]: a.session: cannot be recovered: it needs "), "{first:?}");
    assert_eq!(first.len(), 1, "{first:?}");
}
