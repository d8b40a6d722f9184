//! Does SQLite get to finish what a dead writer began? Every row that a writer said was committed is there afterwards: killed at
//! any point, starved of space, beside a thousand other processes, and as whoever owns the file.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::{Command, Stdio};

use super::acting::shell;
use super::killpoints::{ALL, CHANGING, Fault, Point, sweep_over};
use super::support::{Project, Ran};
use super::trial::{self, project, quarantine, recover};

/// Commits rows and prints each; then dies without a last word, in the middle of a transaction.
const WAL: &str = r#"
import sqlite3, sys, os
db = sqlite3.connect("app.db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL"); db.execute("PRAGMA synchronous = FULL"); db.execute("PRAGMA wal_autocheckpoint = 0")
db.execute("CREATE TABLE t (n INTEGER)")
for n in range(int(sys.argv[1])):
    db.execute("INSERT INTO t VALUES (?)", (n,))
    print(n, flush=True)
db.execute("BEGIN"); db.execute("INSERT INTO t VALUES (-1)")
os.kill(os.getpid(), 9)
"#;

/// The same with a rollback journal: many rows, then an update whose cache spilled into the database before it was committed.
const ROLLBACK: &str = r#"
import sqlite3, sys, os
db = sqlite3.connect("app.db", isolation_level=None)
db.execute("CREATE TABLE t (n INTEGER, filler TEXT)")
db.execute("BEGIN")
for n in range(int(sys.argv[1])):
    db.execute("INSERT INTO t VALUES (?, ?)", (n, "x" * 100))
db.execute("COMMIT")
print("\n".join(str(n) for n in range(int(sys.argv[1]))), flush=True)
db.execute("PRAGMA cache_size = 10"); db.execute("BEGIN")
db.execute("UPDATE t SET n = -1, filler = 'torn'")
os.kill(os.getpid(), 9)
"#;

/// A database as a writer of that kind left it, and how many rows it said it had committed.
fn crashed(writer: &str, rows: u32) -> (Project, usize) {
    let project = project();
    project.write("writer.py", writer);
    let ran = project.run(&mut project.command_of("/usr/bin/python3", &["writer.py", &rows.to_string()]));
    assert_eq!(ran.code, 128 + 9, "{ran:?}");
    let said = ran.stdout.lines().count();
    assert_eq!(said, rows as usize);
    let sidecar = if writer == WAL { "app.db-wal" } else { "app.db-journal" };
    assert!(fs::metadata(project.path(sidecar)).expect("left behind").len() > 512);
    (project, said)
}

/// What a program that opens it now finds: rows that were committed, rows that were not, and whether it is sound.
fn found(project: &Project) -> String {
    let script = "import sqlite3\ndb = sqlite3.connect('app.db')\none = lambda q: db.execute(q).fetchone()[0]\n\
                  print(one('SELECT count(DISTINCT n) FROM t WHERE n >= 0'), one('SELECT count(*) FROM t WHERE n < 0'), one('PRAGMA integrity_check'))";
    project.run(&mut project.command_of("/usr/bin/python3", &["-c", script])).exits(0).stdout
}

/// The same without opening it for writing: what the file alone holds, once nothing is left beside it.
fn recovered(project: &Project, rows: usize) {
    for end in ["-wal", "-journal"] {
        let left = fs::metadata(project.path(&format!("app.db{end}"))).map_or(0, |meta| meta.len());
        assert_eq!(left, 0, "{end}");
    }
    assert_eq!(found(project), format!("{rows} 0 ok\n"));
}

#[test]
fn every_row_that_a_writer_printed_is_there_after_recovery() {
    for (writer, rows, what) in [
        (WAL, 10, "a wal of"),
        (WAL, 500, "a wal of"),
        (WAL, 3_000, "a wal of"),
        (ROLLBACK, 20_000, "its rollback journal was looked after"),
    ] {
        let (project, said) = crashed(writer, rows);
        let ran = trial::run(&project, &[recover(&project, "app.db")]).exits(0);
        assert!(ran.stdout.starts_with("made ") && ran.stdout.contains(what), "{ran:?}");
        assert!(ran.stdout.ends_with("quick_check ok\n"), "{ran:?}");
        recovered(&project, said);
        assert_eq!(super::acting::kinds(&project), "repairing, recovered, repaired");
        // Once more: nothing is left to do, and nothing is done.
        let ran = trial::run(&project, &[recover(&project, "app.db")]).exits(0);
        assert!(ran.stdout.starts_with("made "), "{ran:?}");
        recovered(&project, said);
    }
}

#[test]
fn beside_a_thousand_other_processes_as_well() {
    let mut others: Vec<_> = Vec::new();
    for _ in 0..1_000 {
        let spawned = Command::new("sleep").arg("600").stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        others.push(spawned.expect("it starts"));
    }
    for (writer, rows) in [(WAL, 500), (ROLLBACK, 20_000)] {
        let (project, said) = crashed(writer, rows);
        trial::run(&project, &[recover(&project, "app.db")]).exits(0);
        recovered(&project, said);
    }
    for mut other in others {
        let _ = other.kill();
        let _ = other.wait();
    }
}

#[test]
fn what_root_recovers_stays_its_owners() {
    let (project, said) = crashed(WAL, 50);
    let able = shell(&project, "chown 1500:1500 . app.db app.db-wal app.db-shm && setpriv --reuid 1500 true").code == 0;
    if !able {
        return; // only root can give files away
    }
    let before = fs::metadata(project.path("app.db")).expect("there");
    let order = trial::order(&project, &[recover(&project, "app.db")]);
    let log = project.path("trace");
    let log = log.display().to_string();
    let mut words = vec!["-f", "-qq", "-o", &log, "-e", "trace=openat,setuid,setgid,setgroups"];
    let heal = env!("CARGO_BIN_EXE_heal");
    words.extend([heal, order[0].as_str(), order[1].as_str()]);
    let ran = project.run(&mut project.command_of("strace", &words)).exits(0);
    assert!(ran.stdout.starts_with("made "), "{ran:?}");
    let trace = project.read("trace");
    let became = trace.lines().position(|line| line.contains("setuid(1500)")).expect("it became the owner");
    let opened = |line: &&str| line.contains("app.db\"") && line.contains("O_RDWR");
    let first = trace.lines().position(|line| opened(&line)).expect("SQLite opened it");
    assert!(became < first, "{trace}");
    assert!(trace.contains("setuid(0)") && trace.contains("EPERM"), "it cannot become root again: {trace}");
    let now = fs::metadata(project.path("app.db")).expect("there");
    assert_eq!((now.uid(), now.gid(), now.ino()), (1500, 1500, before.ino()));
    recovered(&project, said);
}

#[test]
fn a_damaged_database_stays_as_it_is_and_a_copy_of_all_of_it_is_kept_once() {
    let (project, _) = crashed(WAL, 300);
    // The pages of the table itself, in the only place where they are: the wal is cut, and the file it belongs to torn.
    let script = "import sqlite3\ndb = sqlite3.connect('other.db')\ndb.execute('CREATE TABLE t (n, f)')\n\
                  db.executemany('INSERT INTO t VALUES (?, ?)', [(n, 'x' * 200) for n in range(2000)])\ndb.commit(); db.close()";
    project.run(&mut project.command_of("/usr/bin/python3", &["-c", script])).exits(0);
    shell(&project, "dd if=/dev/urandom of=other.db bs=4096 seek=2 count=4 conv=notrunc 2>/dev/null").exits(0);
    let before = fs::read(project.path("other.db")).expect("read");
    for round in 0..2 {
        let ran = trial::run(&project, &[recover(&project, "other.db")]).exits(0);
        assert!(ran.stdout.starts_with("broken ") && ran.stdout.contains("a copy is kept in "), "{round}: {ran:?}");
        assert_eq!(fs::read(project.path("other.db")).expect("read"), before, "round {round}");
        let kept = quarantine(&project);
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(fs::read(&kept[0]).expect("read"), before);
    }
    project.write(
        "none.db",
        "this is a text and no database, however long it may be, and it has to be a hundred bytes long at least",
    );
    let ran = trial::run(&project, &[recover(&project, "none.db")]).exits(0);
    assert!(ran.stdout.starts_with("broken ") && ran.stdout.contains("file is not a database"), "{ran:?}");
}

#[test]
fn without_room_nothing_is_touched() {
    let (project, said) = crashed(WAL, 150);
    fs::create_dir(project.path("small")).expect("made");
    let script = r#"
mount -t tmpfs -o size=1800k tmpfs small && cp -p app.db app.db-wal app.db-shm small/ || exit 99
head -c 2000000 /dev/zero >small/filler 2>/dev/null
sum() { cat small/app.db small/app.db-wal | sha256sum; }
before=$(sum) here=$(pwd)
set -- $(stat -c '%d %i' small/app.db)
printf '{"repair":{"root":"%s","data":"%s/data","changes":[{"change":"recover-database","path":"%s/small/app.db","device":%s,"inode":%s,"why":"x"}]}}' \
    "$here" "$here" "$here" "$1" "$2" >t.json
"$HEAL" __trial t.json
test "$before" = "$(sum)" && echo untouched
rm small/filler
"$HEAL" __trial t.json
/usr/bin/python3 -c "import sqlite3; print(sqlite3.connect('small/app.db').execute('SELECT count(*) FROM t').fetchone()[0])"
"#;
    project.write("script.sh", script);
    let ran = shell(&project, "unshare -m /bin/sh script.sh");
    if ran.code == 99 || ran.stderr.contains("unshare") {
        return; // this machine does not allow it
    }
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 4, "{ran:?}");
    assert!(lines[0].starts_with("io ") && lines[0].contains(" of free space, and there is "), "{ran:?}");
    assert_eq!(lines[1], "untouched", "{ran:?}");
    assert!(lines[2].starts_with("made a wal of"), "{ran:?}");
    assert_eq!(lines[3], said.to_string(), "{ran:?}");
}

/// After any fault: no row is lost, and the next run brings it to its end.
fn survives(rows: usize) -> impl FnMut(&Project, &Point, &Ran) {
    move |project, point, ran| {
        let wal = project.path("app.db-wal").exists() || project.path("app.db-journal").exists();
        // Half of the time somebody else opens it next, half of the time heal goes on.
        if point.k % 2 == 0 {
            assert_eq!(found(project), format!("{rows} 0 ok\n"), "{point:?} {wal}: {ran:?}");
        }
        let again = trial::run(project, &[recover(project, "app.db")]).exits(0);
        assert!(again.stdout.lines().any(|line| line.starts_with("made ")), "{point:?}: {ran:?}\n{again:?}");
        recovered(project, rows);
        assert_eq!(project.events("repairing").len(), project.events("repaired").len(), "{point:?}");
    }
}

fn world(writer: &'static str, rows: u32) -> impl Fn() -> (Project, Vec<String>) {
    let (template, _) = crashed(writer, rows);
    move || {
        let project = project();
        for end in ["", "-wal", "-shm", "-journal"] {
            let name = format!("app.db{end}");
            if template.path(&name).exists() {
                fs::copy(template.path(&name), project.path(&name)).expect("copied");
            }
        }
        let args = trial::order(&project, &[recover(&project, "app.db")]);
        (project, args)
    }
}

#[test]
fn a_death_at_any_system_call_of_a_wal_recovery_loses_no_row() {
    sweep_over(world(WAL, 500), ALL, Fault::Kill, 24, survives(500));
}

#[test]
fn a_death_at_any_system_call_of_a_rollback_loses_no_row() {
    sweep_over(world(ROLLBACK, 2_000), ALL, Fault::Kill, 24, survives(2_000));
}

#[test]
fn two_deaths_lose_no_row_and_nor_does_a_disk_that_stays_broken() {
    for (writer, rows) in [(WAL, 500), (ROLLBACK, 2_000)] {
        sweep_over(world(writer, rows), CHANGING, Fault::Again(&[]), 2, survives(rows as usize));
        for error in ["ENOSPC", "EIO", "EROFS"] {
            sweep_over(world(writer, rows), CHANGING, Fault::Sticky(error), 1, survives(rows as usize));
        }
    }
}

#[test]
fn errors_at_any_system_call_of_a_recovery_lose_no_row() {
    for error in ["EIO", "ENOSPC"] {
        sweep_over(world(WAL, 500), CALLS, Fault::Error(error), 8, survives(500));
        sweep_over(world(ROLLBACK, 2_000), CALLS, Fault::Error(error), 8, survives(2_000));
    }
}

/// What may fail with an error of the disk.
const CALLS: &str = "?open,openat,openat2,read,pread64,write,pwrite64,writev,?pwritev,?rename,renameat2,?unlink,unlinkat,?mkdir,\
mkdirat,ftruncate,fsync,fdatasync,?chmod,fchmod,?chown,fchown,?stat,?newfstatat,?fstat,?statx,flock,fallocate,mmap,?statfs,?fstatfs";
