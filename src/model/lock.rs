//! What is a lock, who holds it, and what may become of it? Plain data: `host::holders` fills in who, `policy::lock` the
//! verdict. A lock is never judged by its age alone, and what could not be seen is no answer.

use std::fmt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::identity::{Identity, Selector};
use super::units::Span;

/// How old a lock of a git repository has to be, unless `min_age` says otherwise: git holds one for seconds.
pub const GIT_AGE: Span = Span::secs(300);

/// What heal itself keeps in its data directory, one of each sort (DESIGN §5). A service may keep its own files beside these.
pub const OWN: [&str; 24] = [
    "recovery-in-progress",
    "repair.lock",
    "telling.lock",
    "pauses.lock",
    "edited/x",
    "state/now.json",
    "state/now.lock",
    "state/last-run",
    "state/last-good.json",
    "state/told-broken.json",
    "state/probes.json",
    "auto-revert-enabled",
    "crash_history.jsonl",
    "journal/2026-11-21.jsonl",
    "operator_alerts.jsonl",
    "unstruck.json",
    "vault/x",
    "spool/x",
    "ports.json",
    "breakers/x",
    "rotations/x",
    "pauses/x",
    "beats/x",
    "output/x.log",
];

/// Is this, below the data directory, one of [`OWN`], or in a folder of theirs? The directory itself is.
#[must_use]
pub fn owns(below: &Path) -> bool {
    let first = below.iter().next().and_then(|name| name.to_str()).unwrap_or_default();
    first.is_empty() || OWN.iter().any(|own| own.split('/').next() == Some(first))
}

/// The name under which trouble with what this lock names is followed: the section of `heal.toml`.
#[must_use]
pub fn section(name: &str) -> String {
    format!("[lock.{name}]")
}

/// What a lock file means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LockKind {
    /// A SQLite database: its `-wal`, `-shm` and `-journal` belong to SQLite alone.
    Sqlite,
    /// A file that processes lock through the kernel: without a holder it hinders nobody.
    Flock,
    /// A file that names its holder by pid.
    Pid,
    /// Lock files of a git repository.
    Git,
    /// Told from the name and the content; never taken for a database.
    Auto,
}

impl LockKind {
    /// The word after `kind =`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Flock => "flock",
            Self::Pid => "pid",
            Self::Git => "git",
            Self::Auto => "auto",
        }
    }
}

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// `[lock.NAME]`, checked and resolved.
#[derive(Clone, Debug)]
pub struct Lock {
    /// The name: the key of `[lock.NAME]`.
    pub name: String,
    /// `false`: it is neither looked at nor cleared.
    pub enabled: bool,
    /// What its files mean.
    pub kind: LockKind,
    /// Which files: absolute globs, in which `*` matches within one part of a path.
    pub paths: Vec<PathBuf>,
    /// Younger ones are left alone. Age is never enough by itself.
    pub min_age: Span,
    /// Holders that may be stopped. Others are kept and reported.
    pub stop_holders: Option<Selector>,
    /// The service that it belongs to; `None` where that cannot be told.
    pub service: Option<String>,
}

/// Which file it is, whatever its names: the device and the inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId {
    /// The device, as `stat` says it.
    pub device: u64,
    /// The inode.
    pub inode: u64,
}

/// By what somebody has a file in hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Grip {
    /// It is named by the file, and has it neither open nor locked.
    Named,
    /// An open descriptor.
    Open,
    /// A mapping into its memory, without a descriptor.
    Mapped,
    /// A record lock (`fcntl`), also one of an open file description.
    Record,
    /// A lock on the whole file (`flock`).
    Flock,
    /// Its directory is the working directory, or one that it has open: for git.
    Inside,
}

impl Grip {
    /// For a person, behind a name: "pid 7 has it open".
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Named => "is named by it",
            Self::Open => "has it open",
            Self::Mapped => "has it mapped",
            Self::Record => "has it locked (fcntl)",
            Self::Flock => "has it locked (flock)",
            Self::Inside => "works in its repository",
        }
    }
}

/// A process that has a file in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Which life of which process.
    pub identity: Identity,
    /// Its command line for a person: secrets masked.
    pub command: String,
    /// How long it has been running, in milliseconds.
    pub age_ms: i64,
    /// The strongest that was seen: a lock says more than a descriptor.
    pub grip: Grip,
    /// It fits `stop_holders`, and is neither heal nor one of its ancestors.
    pub stoppable: bool,
}

/// Who has a file in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Nobody, and nobody could have been overlooked.
    Free,
    /// These. There may be others that we cannot see: to be looked at anew once these are gone.
    Held(Vec<Holder>),
    /// It cannot be said; says why. Never to be read as free.
    Unknown(String),
}

/// What a file that should name its holder says, held against the processes that there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Life {
    /// It names no process that could be asked for: empty, unreadable, of another form or another machine. Says why.
    Unnamed(String),
    /// Nobody has that number, here or in a pid namespace below.
    Dead(i32),
    /// The number was given away: another start time, or another boot.
    Over(i32, String),
    /// The process that it names is alive.
    Alive(Box<Holder>),
    /// Somebody has that number, and it cannot be said whether it is the one who was meant. Says why.
    Doubtful(String),
}

/// What stands beside a SQLite database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remains {
    /// Nothing that SQLite would have to do anything about.
    Nothing,
    /// Sidecars: which.
    Sidecars(String),
    /// Sidecars with something in them, while the database itself is gone.
    Orphaned(String),
    /// It is no database, or not one that is in its place. Says why.
    NotOne(String),
}

/// What kind of thing a file was found to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Nothing that heal would ever touch: a link, a FIFO, a folder, a file of two names. Says what.
    Refused(String),
    /// A database.
    Sqlite(Remains),
    /// A file for `flock`: what stands in it says nothing.
    Flock,
    /// A file that names its holder.
    Pid(Life),
    /// A lock of a git repository; the holding tells of every git process in there.
    Git,
    /// It does not say what it is.
    Untold(String),
}

/// One file that a lock names, as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The name of its `[lock.NAME]`.
    pub lock: String,
    /// What it is; for `auto` what it was told to be, if that could be told.
    pub kind: LockKind,
    /// The file; for `sqlite` the database, whether or not it is still there.
    pub path: PathBuf,
    /// Which file it was when it was looked at: to be compared again right before it is touched.
    pub file: Option<FileId>,
    /// Further files that share its fate: the sidecars of a database.
    pub with: Vec<(PathBuf, FileId)>,
    /// Milliseconds since it was last written or changed; `None` when that lies in the future, or nothing is there.
    pub age_ms: Option<i64>,
    /// What it was found to be.
    pub content: Content,
    /// Who has it, or one of `with`, in hand.
    pub holding: Holding,
}

/// What may be done about one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It hinders nobody: it stays where it is.
    Free,
    /// A live process holds it: it stays, and so does the process.
    Held,
    /// Only processes hold it that fit `stop_holders`: these are stopped, and then it is looked at anew.
    Stoppable,
    /// Proved stale: it goes to quarantine.
    Stale,
    /// A SQLite database that nobody has open, with something left beside it: SQLite may recover it.
    Recoverable,
    /// It stays, because something about it could not be proved; a person has to look.
    Doubtful,
}

impl Verdict {
    /// One word for a table and for JSON.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Held => "held",
            Self::Stoppable => "stoppable",
            Self::Stale => "stale",
            Self::Recoverable => "recoverable",
            Self::Doubtful => "doubtful",
        }
    }
}

/// One file that a lock names, looked at and judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The name of its `[lock.NAME]`.
    pub lock: String,
    /// What it is; for `auto` what it was told to be, if that could be told.
    pub kind: LockKind,
    /// The file; for `sqlite` the database, whether or not it is still there.
    pub path: PathBuf,
    /// Which file it was when it was looked at: to be compared again right before it is moved.
    pub file: Option<FileId>,
    /// Further files that share its fate: the sidecars of a database.
    pub with: Vec<(PathBuf, FileId)>,
    /// Who has it in hand.
    pub holding: Holding,
    /// What may be done.
    pub verdict: Verdict,
    /// Why, for a person.
    pub why: String,
}
