//! Can this SQLite database be read, written and trusted? Every open is one that changes no byte and leaves no file behind:
//! never created, never recovered, never checkpointed, and every write is rolled back before it reaches the disk.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};

use super::files::{self, Unread};

/// Why a database could not be looked at, or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such file. Sidecars that are there all the same may hold its data.
    Missing(Option<&'static str>),
    /// It has no bytes at all, where sidecars that are there may hold its data.
    Empty(Option<&'static str>),
    /// It is not a database, or not a sound one: SQLite's words.
    Broken(String),
    /// It can be read and not written: SQLite's words, or the system's.
    Unwritable(String),
    /// Somebody held the lock that was needed for all the time that there was.
    Busy,
    /// It was left in the middle of something: whoever opens it next for writing recovers it. Not us.
    Unfinished(&'static str),
    /// The time was over.
    Late,
    /// It could not be looked at.
    Failed(String),
}

/// How a database keeps its transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By a `-journal`, while one is under way.
    Rollback,
    /// By a `-wal`, which somebody has open.
    Wal,
    /// By a `-wal`; nobody has it open now, and the file alone is the database.
    WalClosed,
    /// By a `-wal` that was left by somebody who ended without closing. Who opens it next writes its `-shm` anew: not us.
    WalLeft,
}

/// A database that is being looked at. In this process nobody else opens it meanwhile: to close any descriptor of a file
/// drops all POSIX locks that the process has on it, SQLite's too (howtocorrupt.html 2.2).
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    busy: Duration,
    deadline: Instant,
    /// How it keeps its transactions.
    pub mode: Mode,
    /// Whose file it is.
    pub owner: u32,
    /// Lengths and times of the file and its `-wal`: another one, and something was written.
    pub stamp: Stamp,
    _claim: Claim,
}

/// See [`Database::stamp`].
pub type Stamp = [i64; 4];

/// How long a `quick_check` may keep others from committing to a database that keeps a rollback journal.
pub const CHECK_BLOCKS: Duration = Duration::from_secs(1);

/// The first bytes of every database.
const MAGIC: &[u8] = b"SQLite format 3\0";

impl Database {
    /// Opens it for reading, and reads its schema. A lock that is held is waited for, until `busy` is over.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn open(path: &Path, busy: Duration, deadline: Instant) -> Result<Self, Trouble> {
        let meta = files::stat(path).map_err(|why| match why {
            Unread::Missing => Trouble::Missing(sidecar(path)),
            Unread::Failed(why) => Trouble::Failed(why),
        })?;
        let claim = Claim::take((meta.dev(), meta.ino()), deadline).ok_or(Trouble::Late)?;
        let mode = mode(path)?;
        let stamp = stamp(path);
        let open = Self { path: path.to_owned(), busy, deadline, mode, owner: meta.uid(), stamp, _claim: claim };
        open.read(|reader| reader.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())))?;
        Ok(open)
    }

    /// Reads by a connection of its own: within a process all that are open at once share one -shm, and this one's may not
    /// be written.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Trouble> {
        self.read_until(self.deadline, work)
    }

    fn read_until<T>(&self, end: Instant, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Trouble> {
        let mut uri = uri(&self.path);
        // The -shm is never made nor written, and of a database that nobody has open not even the -wal is.
        uri.push_str(if self.mode == Mode::WalClosed { "?mode=ro&immutable=1" } else { "?mode=ro&readonly_shm=1" });
        let reader = connect(&uri, OpenFlags::SQLITE_OPEN_READ_ONLY, self.busy)?;
        self.timed(&reader, end, work).map_err(|trouble| self.unless_opened(trouble))
    }

    /// Writes in a transaction and takes it back. The lock is real, and so is the write, into memory: neither the file nor
    /// a journal is touched, so that to die in the middle changes nothing.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn write(&self) -> Result<(), Trouble> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        for place in [self.path.as_path(), folder] {
            if let Err(error) = rustix::fs::access(place, rustix::fs::Access::WRITE_OK) {
                return Err(Trouble::Unwritable(format!("{}: {error}", place.display())));
            }
        }
        let writer = connect(&format!("{}?mode=rw", uri(&self.path)), OpenFlags::SQLITE_OPEN_READ_WRITE, self.busy)?;
        // What can be done before the lock or after it is: a writer that waits for nothing fails while it is held.
        let done = self.timed(&writer, self.deadline, |writer| {
            let version: i64 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
            writer.execute_batch("PRAGMA cache_spill = OFF; BEGIN IMMEDIATE")?;
            if self.mode == Mode::Rollback {
                // Inside of the transaction: there it cannot turn a database that has become a WAL one since back.
                writer.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))?;
            }
            writer.execute_batch(&format!("PRAGMA user_version = {version}; ROLLBACK"))
        });
        // Closing would roll back as well; but what does not roll back is to be heard of.
        let back = if writer.is_autocommit() { Ok(()) } else { writer.execute_batch("ROLLBACK").map_err(trouble) };
        done.and(back)
    }

    /// SQLite's `quick_check`: what is wrong, or `None`. While it reads, nobody commits to a database that keeps a
    /// rollback journal.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn quick_check(&self) -> Result<Option<String>, Trouble> {
        let said: Vec<String> = self.read_until(self.check_ends(), |reader| {
            let mut statement = reader.prepare("PRAGMA quick_check(3)")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })?;
        let said = said.join("; ").replace('\n', ": ");
        Ok((said != "ok").then_some(said))
    }

    /// When a `quick_check` that begins now has to end.
    fn check_ends(&self) -> Instant {
        let ends = Instant::now() + CHECK_BLOCKS;
        if self.mode == Mode::Rollback { self.deadline.min(ends) } else { self.deadline }
    }

    /// What was wrong with a file that was read without locks says nothing if somebody opened it meanwhile.
    fn unless_opened(&self, trouble: Trouble) -> Trouble {
        if self.mode == Mode::WalClosed && sidecar(&self.path).is_some() { Trouble::Busy } else { trouble }
    }

    /// Ends the work when the time is over.
    fn timed<T>(
        &self,
        on: &Connection,
        end: Instant,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, Trouble> {
        let (done, over) = mpsc::channel::<()>();
        let handle = on.get_interrupt_handle();
        let left = end.saturating_duration_since(Instant::now());
        let watch = std::thread::Builder::new().spawn(move || {
            if over.recv_timeout(left) == Err(mpsc::RecvTimeoutError::Timeout) {
                handle.interrupt();
            }
        });
        let watch = watch.map_err(|error| Trouble::Failed(format!("no thread can be started: {error}")))?;
        let result = work(on).map_err(trouble);
        drop(done);
        let _ = watch.join();
        result
    }
}

fn connect(uri: &str, access: OpenFlags, busy: Duration) -> Result<Connection, Trouble> {
    let flags = access | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(uri, flags)?;
        connection.busy_timeout(busy)?;
        // As the last one to close it we would move the -wal into the database and remove it.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        Ok(connection)
    };
    open().map_err(trouble)
}

/// How it keeps its transactions, by its header and its sidecars. What cannot be opened without changing something is not.
fn mode(path: &Path) -> Result<Mode, Trouble> {
    let (file, meta) = files::open(path).map_err(|why| Trouble::Failed(why.to_string()))?;
    if meta.len() == 0 {
        return Err(Trouble::Empty(sidecar(path)));
    }
    let mut header = Vec::with_capacity(100);
    file.take(100).read_to_end(&mut header).map_err(|error| Trouble::Failed(error.to_string()))?;
    if header.len() < 100 || !header.starts_with(MAGIC) {
        return Err(Trouble::Broken("file is not a database".to_owned()));
    }
    let [wal, shm, journal] = ["-wal", "-shm", "-journal"].map(|end| files::stat(&beside(path, end)).ok());
    // As root, SQLite gives every sidecar that it opens to the owner of the database, also one that its writer needs.
    let foreign = |one: &std::fs::Metadata| (one.uid(), one.gid()) != (meta.uid(), meta.gid());
    let mut sidecars = [("-wal", &wal), ("-shm", &shm), ("-journal", &journal)].into_iter();
    let given_away = sidecars.find(|(_, one)| one.as_ref().is_some_and(foreign));
    if let Some((end, _)) = given_away.filter(|_| nix::unistd::geteuid().is_root()) {
        return Err(Trouble::Failed(format!("its {end} belongs to another user than itself; run heal as that user")));
    }
    let (wal, shm) = (wal.as_ref().map(std::fs::Metadata::len), shm.is_some());
    match (header[18] == 2 || header[19] == 2, wal, shm) {
        (_, Some(_), true) if is_held(&beside(path, "-shm")) => Ok(Mode::Wal),
        (_, Some(_), true) => Ok(Mode::WalLeft),
        (false, None, _) => Ok(Mode::Rollback),
        (true, None | Some(0), false) => Ok(Mode::WalClosed),
        (_, Some(_), false) => Err(Trouble::Unfinished("-wal")),
        (true, None, true) => Err(Trouble::Unfinished("-shm")),
    }
}

/// Has anybody this `-shm` open? All who have hold a lock on its byte 128 (walformat.html 2.3.1); whoever holds it, in
/// whatever pid namespace, it is not ours.
fn is_held(shm: &Path) -> bool {
    let Ok((file, _)) = files::open(shm) else { return false };
    let mut lock = libc::flock {
        l_type: lock_type(libc::F_WRLCK),
        l_whence: lock_type(libc::SEEK_SET),
        l_start: 128,
        l_len: 1,
        l_pid: 0,
    };
    fcntl(&file, FcntlArg::F_GETLK(&mut lock)).is_ok() && lock.l_type != lock_type(libc::F_UNLCK)
}

/// The constants are `int`, the fields `short`.
fn lock_type(constant: libc::c_int) -> libc::c_short {
    libc::c_short::try_from(constant).unwrap_or_default()
}

/// The sidecar that may hold data.
fn sidecar(path: &Path) -> Option<&'static str> {
    ["-wal", "-journal"].into_iter().find(|end| files::stat(&beside(path, end)).is_ok_and(|meta| meta.len() > 0))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

fn stamp(path: &Path) -> Stamp {
    let of = |path: &Path| files::stat(path).map_or([0, 0], |meta| [meta.len().cast_signed(), millis(&meta)]);
    let ([length, at], [wal_length, wal_at]) = (of(path), of(&beside(path, "-wal")));
    [length, at, wal_length, wal_at]
}

fn millis(meta: &std::fs::Metadata) -> i64 {
    meta.mtime().saturating_mul(1_000).saturating_add(meta.mtime_nsec() / 1_000_000)
}

/// A path as SQLite reads it in a URI, any byte allowed.
fn uri(path: &Path) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

fn trouble(error: rusqlite::Error) -> Trouble {
    let text = match &error {
        rusqlite::Error::SqliteFailure(_, Some(text)) => text.clone(),
        other => other.to_string(),
    };
    let Some(code) = error.sqlite_error() else { return Trouble::Failed(text) };
    match (code.code, code.extended_code) {
        (_, ffi::SQLITE_READONLY_ROLLBACK) => Trouble::Unfinished("-journal"),
        (_, ffi::SQLITE_READONLY_RECOVERY | ffi::SQLITE_READONLY_CANTINIT) => Trouble::Unfinished("-wal"),
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Trouble::Busy,
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => Trouble::Broken(text),
        (ErrorCode::ReadOnly | ErrorCode::DiskFull, _) => Trouble::Unwritable(text),
        (ErrorCode::OperationInterrupted, _) => Trouble::Late,
        _ => Trouble::Failed(text),
    }
}

/// The one look at a file that this process has under way.
#[derive(Debug)]
struct Claim((u64, u64));

static CLAIMED: Mutex<BTreeSet<(u64, u64)>> = Mutex::new(BTreeSet::new());
static FREED: Condvar = Condvar::new();

impl Claim {
    fn take(file: (u64, u64), deadline: Instant) -> Option<Self> {
        let claimed = CLAIMED.lock().unwrap_or_else(PoisonError::into_inner);
        let left = deadline.saturating_duration_since(Instant::now());
        let (mut claimed, over) = FREED
            .wait_timeout_while(claimed, left, |claimed| claimed.contains(&file))
            .unwrap_or_else(PoisonError::into_inner);
        (!over.timed_out() && claimed.insert(file)).then_some(Self(file))
    }
}

/// Keeps everybody else in this process from opening this file; `None` while somebody has it.
pub(super) fn claim_now(file: (u64, u64)) -> Option<impl Drop> {
    Claim::take(file, Instant::now())
}

impl Drop for Claim {
    fn drop(&mut self) {
        CLAIMED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
        FREED.notify_all();
    }
}
