//! How is a database that nobody holds brought back to one piece? By SQLite alone, in a child of heal that runs as the owner of
//! the file: it checkpoints a `-wal`, rolls a hot `-journal` back, and checks. No sidecar is ever moved or removed by heal.

use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use serde::{Deserialize, Serialize};

use super::trouble::Trouble;
use crate::host::{exec, files};
use crate::model::Bytes;
use crate::model::change::RECOVERY;

/// The word with which heal starts itself to recover a database. Not a subcommand: nobody types it, and no help names it.
pub const WORD: &str = "__recover";

/// What SQLite needs beside the room for its `-wal`: a `-shm` is 32 KiB, and the directory may grow (FAULTS A4).
const ROOM: u64 = 64 * 1024;

/// Nobody holds it; who comes just now has this long to be done.
const BUSY: Duration = Duration::from_secs(5);

/// The first bytes of every database.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The files beside a database that may hold its data.
const SIDECARS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What the child is asked.
#[derive(Serialize, Deserialize)]
struct Question {
    path: Vec<u8>,
    judged: (u64, u64),
    uid: u32,
    gid: u32,
    parent: i32,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// What was recovered, and that it is sound.
    Sound(String),
    /// What SQLite says is wrong. What could be left as it was is as it was.
    Corrupt(String),
    Refused(String),
    Failed(String),
}

/// Lets SQLite recover the database.
///
/// # Errors
/// [`Trouble::Broken`] when it is damaged.
pub(super) fn recover(path: &Path, meta: &std::fs::Metadata) -> Result<String, Trouble> {
    let refused = |why: String| Trouble::Refused(format!("{} is left alone: {why}", path.display()));
    let us = rustix::process::geteuid();
    if !us.is_root() && us.as_raw() != meta.uid() {
        return Err(refused(format!("it belongs to user {}; run heal as that user, or as root", meta.uid())));
    }
    let question = Question {
        path: path.as_os_str().as_bytes().to_owned(),
        judged: (meta.dev(), meta.ino()),
        uid: meta.uid(),
        gid: meta.gid(),
        parent: i32::try_from(std::process::id()).unwrap_or(0),
    };
    let failed = |why: String| Trouble::Io(format!("{} cannot be recovered: {why}", path.display()));
    let question = serde_json::to_vec(&question).map_err(|error| failed(error.to_string()))?;
    let ended = exec::ourselves(WORD, &question, RECOVERY).map_err(failed)?;
    match serde_json::from_str(&ended.stdout) {
        Ok(Answer::Sound(what)) => Ok(what),
        Ok(Answer::Corrupt(said)) => Err(Trouble::Broken(format!("{} is damaged: {said}", path.display()))),
        Ok(Answer::Refused(why)) => Err(refused(why)),
        Ok(Answer::Failed(why)) => Err(failed(why)),
        // SQLite can be ended at any point, and goes on from there at the next open.
        Err(_) if ended.status.is_none() => {
            let limit = crate::model::units::duration_text(RECOVERY);
            Err(failed(format!("it came to no end within {limit}; the next run goes on with it")))
        }
        Err(_) => Err(failed(format!("the one who recovers it {}", ended.how()))),
    }
}

/// The database that is there, and whose `-wal`, `-shm` or journal this name is: it needs what stands there.
pub(super) fn standing_database(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let base = SIDECARS.iter().find_map(|end| name.strip_suffix(end))?;
    Some(path.with_file_name(base)).filter(|database| std::fs::symlink_metadata(database).is_ok())
}

/// The sidecars that are there, and how long each is.
pub(super) fn sidecars(path: &Path) -> Vec<(PathBuf, u64)> {
    let beside = |end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let found = SIDECARS.map(beside).into_iter();
    found.filter_map(|path| Some((path.clone(), std::fs::symlink_metadata(&path).ok()?.len()))).collect()
}

/// The child: one database on standard input, what came of it on standard output.
///
/// # Errors
/// What is asked cannot be read, or nobody listens any more.
pub fn answer() -> io::Result<()> {
    let mut question = Vec::new();
    io::stdin().lock().take(1024 * 1024).read_to_end(&mut question)?;
    let asked: Question = serde_json::from_slice(&question)?;
    let answer = become_owner(&asked).map_or_else(Answer::Refused, |()| {
        let path = PathBuf::from(std::ffi::OsString::from_vec(asked.path.clone()));
        work(&path, asked.judged).unwrap_or_else(|answer| answer)
    });
    let mut stdout = io::stdout().lock();
    stdout.write_all(serde_json::to_string(&answer)?.as_bytes())?;
    stdout.flush()
}

/// Root acts on somebody's file as that somebody: whatever SQLite, the file or a link makes of it, it is no more than its
/// owner could do (FAULTS §4.5).
#[cfg(target_os = "linux")]
fn become_owner(asked: &Question) -> Result<(), String> {
    use nix::unistd::{Gid, Uid, User, getresuid, setgid, setgroups, setuid};
    if nix::unistd::geteuid().is_root() && asked.uid != 0 {
        let uid = Uid::from_raw(asked.uid);
        let group = User::from_uid(uid).ok().flatten().map_or(Gid::from_raw(asked.gid), |user| user.gid);
        let drop = || setgroups(&[group]).and_then(|()| setgid(group)).and_then(|()| setuid(uid));
        drop().map_err(|error| format!("heal cannot become its owner, user {uid}: {error}"))?;
        let ids = getresuid().map_err(|error| error.to_string())?;
        if [ids.real, ids.effective, ids.saved] != [uid; 3] || setuid(Uid::from_raw(0)).is_ok() {
            return Err(format!("heal could not become its owner, user {uid}, for good"));
        }
    }
    // Whoever changes its user loses what ends it with its parent (prctl(2)).
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).map_err(|error| error.to_string())?;
    let orphaned = nix::unistd::getppid().as_raw() != asked.parent;
    if orphaned { Err("heal ended meanwhile".to_owned()) } else { Ok(()) }
}

#[cfg(not(target_os = "linux"))]
fn become_owner(asked: &Question) -> Result<(), String> {
    let us = rustix::process::geteuid().as_raw();
    if us == asked.uid { Ok(()) } else { Err(format!("heal cannot become its owner, user {}", asked.uid)) }
}

/// Everything that is done to the database.
fn work(path: &Path, judged: (u64, u64)) -> Result<Answer, Answer> {
    let failed = |why: &dyn std::fmt::Display| Answer::Failed(why.to_string());
    let meta = std::fs::symlink_metadata(path).map_err(|error| failed(&error))?;
    if (meta.dev(), meta.ino()) != judged || !meta.is_file() || meta.nlink() != 1 {
        return Err(Answer::Refused("another file stands there by now".to_owned()));
    }
    let beside = sidecars(path);
    // What a `-shm` holds can be made anew, and is no data.
    let holds = |path: &Path| !path.as_os_str().as_bytes().ends_with(b"-shm");
    let held: u64 = beside.iter().filter(|(path, _)| holds(path)).map(|(_, length)| length).sum();
    // Before anything is opened by SQLite: to close a descriptor drops the locks that this process has on the file.
    let is_wal = is_wal(path, held)?;
    let folder = path.parent().unwrap_or(Path::new("/"));
    let free = rustix::fs::statvfs(folder).map_err(|error| failed(&error))?;
    let free = free.f_bavail.saturating_mul(free.f_frsize);
    if free < held.saturating_add(ROOM) {
        let needed = Bytes(held.saturating_add(ROOM));
        return Err(Answer::Failed(format!("it needs {needed} of free space, and there is {}", Bytes(free))));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| said(&error))?;
    let what = finish(&connection, is_wal, held).map_err(|error| said(&error))??;
    connection.close().map_err(|(_, error)| said(&error))?;
    Ok(Answer::Sound(what))
}

/// Does it keep its transactions by a `-wal`? Refuses what is no database.
fn is_wal(path: &Path, held: u64) -> Result<bool, Answer> {
    let (file, meta) = files::open(path).map_err(|why| Answer::Failed(why.to_string()))?;
    if meta.len() == 0 {
        let why = if held > 0 { "it is empty, and a file beside it is not" } else { "it is empty" };
        return Err(Answer::Refused(why.to_owned()));
    }
    let mut header = Vec::with_capacity(100);
    file.take(100).read_to_end(&mut header).map_err(|error| Answer::Failed(error.to_string()))?;
    if header.len() < 100 || !header.starts_with(MAGIC) {
        return Err(Answer::Corrupt("file is not a database".to_owned()));
    }
    Ok(header[18] == 2 || header[19] == 2)
}

/// SQLite's part. A `-wal` is checked before it is moved into the database, so that a damaged pair stays as it was found; a
/// hot journal is rolled back by the first read, before which nothing can be asked.
fn finish(connection: &Connection, is_wal: bool, held: u64) -> rusqlite::Result<Result<String, Answer>> {
    connection.busy_timeout(BUSY)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    if let Some(wrong) = quick_check(connection)? {
        return Ok(Err(Answer::Corrupt(wrong)));
    }
    if !is_wal {
        let rolled = if held > 0 { "its rollback journal was looked after" } else { "nothing was left to recover" };
        return Ok(Ok(format!("{rolled}; quick_check ok")));
    }
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        return Ok(Err(Answer::Refused("somebody has it open".to_owned())));
    }
    if let Some(wrong) = quick_check(connection)? {
        return Ok(Err(Answer::Corrupt(wrong)));
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(Ok(format!("a wal of {} was moved into the database; quick_check ok", Bytes(held))))
}

fn quick_check(connection: &Connection) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare("PRAGMA quick_check(3)")?;
    let lines: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let said = lines.join("; ").replace('\n', ": ");
    Ok((said != "ok").then_some(said))
}

fn said(error: &rusqlite::Error) -> Answer {
    let text = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Answer::Corrupt(text),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Answer::Refused(format!("somebody has it: {text}"))
        }
        _ => Answer::Failed(text),
    }
}
