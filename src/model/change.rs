//! What may heal do to the world? A small closed set of primitive acts, as plain data: what is not listed here cannot happen.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::revert::Revert;
use super::unit::UnitName;
use super::update::Advance;

/// One primitive act. A remedy proposes them, a dry run prints them, the journal keeps them, `apply` performs them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// Stop one process that was identified, with its descendants: TERM, CONT, wait, KILL, confirm.
    StopProcess {
        /// Which life of which process.
        identity: Identity,
        /// What it is, for a person.
        command: String,
        /// Milliseconds between TERM and KILL.
        grace_ms: i64,
    },
    /// Start a service in a session of its own.
    StartService {
        /// Program and arguments.
        argv: Vec<String>,
        /// Working directory.
        #[serde(serialize_with = "as_text")]
        cwd: PathBuf,
        /// Where its output goes.
        #[serde(serialize_with = "as_text")]
        log: PathBuf,
    },
    /// Ask the supervisor that owns a service.
    AskSupervisor {
        /// Whose it is, and the name that it has there.
        unit: UnitName,
        /// For what.
        verb: Verb,
        /// Which life is to end, and what it is, for a person; `None` when nothing runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        life: Option<(Identity, String)>,
        /// The name that the supervisor has for the last life.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invocation: Option<String>,
        /// What is still there so many milliseconds after the supervisor was asked is killed, through the supervisor.
        #[serde(default)]
        grace_ms: i64,
    },
    /// Run a command that the owner declared as a rung, in the directory of `heal.toml`.
    RunCommand {
        /// Program and arguments.
        argv: Vec<String>,
        /// It is ended, with its whole group, after so many milliseconds.
        timeout_ms: i64,
    },
    /// Send an HTTP request that the owner declared as a rung.
    SendRequest {
        /// The method, upper case.
        method: String,
        /// `http://` or `https://`.
        url: String,
        /// Sent as JSON; empty for none.
        body: String,
        /// The expected status; any 2xx when there is none.
        status: Option<u16>,
        /// The whole exchange may take so many milliseconds.
        timeout_ms: i64,
    },
    /// Move a file of the project into the quarantine of the data directory, whence `heal undo` brings it back.
    MoveAside {
        /// Where it stands, absolute.
        #[serde(serialize_with = "as_text")]
        path: PathBuf,
        /// The device of the file that was judged.
        device: u64,
        /// Its inode: another file under this name is left alone.
        inode: u64,
        /// Why it has to go.
        why: String,
    },
    /// Bring a file that was moved aside back to where it stood. Only `heal undo` does.
    PutBack {
        /// Where it is kept.
        #[serde(serialize_with = "as_text")]
        kept: PathBuf,
        /// Where it stood, absolute.
        #[serde(serialize_with = "as_text")]
        path: PathBuf,
        /// What it was when it was moved.
        file: FileState,
    },
    /// Put other content in the place of a file of the project, or where none is. Both contents are in the vault.
    ReplaceFile {
        /// Where it stands, absolute.
        #[serde(serialize_with = "as_text")]
        path: PathBuf,
        /// What stands there, as it was judged; another file, or other bytes, are left alone. `None`: nothing may stand there.
        judged: Option<FileState>,
        /// The new content, by its name in the vault.
        sha256: String,
        /// The application's own lock, held meanwhile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lock: Option<PathBuf>,
        /// What was wrong, and how it is put right.
        why: String,
        /// What is lost by it.
        loss: String,
        /// The `[state.NAME]` that it is, whose repair somebody is told of; `None` for a taking back.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// Make a directory of the layout where nothing stands.
    MakeDirectory {
        /// Where, absolute.
        #[serde(serialize_with = "as_text")]
        path: PathBuf,
        /// Its permissions; `None`: as open as the folder above it.
        mode: Option<u32>,
        /// Its owner; `None`: whoever the folder above it belongs to.
        uid: Option<u32>,
    },
    /// Lay a link of the layout where nothing stands.
    MakeLink {
        /// Where, absolute.
        #[serde(serialize_with = "as_text")]
        path: PathBuf,
        /// What it points to, as it is written into it.
        #[serde(serialize_with = "as_text")]
        target: PathBuf,
    },
    /// Change the permissions and the owner of a directory or a file. Neither a link nor what it leads to.
    SetAccess {
        /// Where it stands, absolute.
        #[serde(serialize_with = "as_text")]
        path: PathBuf,
        /// The device of what was judged.
        device: u64,
        /// Its inode: something else under this name is left alone.
        inode: u64,
        /// What they were when it was judged.
        before: Access,
        /// What they are to be.
        after: Access,
    },
    /// Open a database that nobody holds, as its owner, so that SQLite finishes what was begun, and check it.
    RecoverDatabase {
        /// The database itself, absolute.
        #[serde(serialize_with = "as_text")]
        path: PathBuf,
        /// The device of the file that was judged.
        device: u64,
        /// Its inode.
        inode: u64,
        /// Why it is needed.
        why: String,
    },
    /// Take code back: one new commit, and the files that it changes.
    RevertRelease(Box<Revert>),
    /// Bring code forward to a commit that was fetched, or back to where it was before that: the branch, and the files that differ.
    UpdateRelease(Box<Advance>),
}

/// What a file was when heal moved it: enough to know it again, and to give it back as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// The device that it was on.
    pub device: u64,
    /// Its inode there.
    pub inode: u64,
    /// Its permission bits.
    pub mode: u32,
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its length in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// Who may do what with a directory or a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// The permission bits.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04o} of uid {}", self.mode, self.uid)
    }
}

/// How long recovering one database may take: what its child gets, and two seconds to be ended and collected.
pub const RECOVERY: Duration = Duration::from_secs(60);

/// How long an application's own lock is waited for before its file is replaced.
pub const APPLICATION_LOCK: Duration = Duration::from_secs(5);

/// What taking code back may take: a generous guess; it is the disk that decides.
const REVERT: Duration = Duration::from_secs(30);

/// What a supervisor is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// To end what runs, if anything does, and to start it: one request, so that nothing stays down if heal dies meanwhile.
    Restart,
    /// To forget that it gave up on it.
    ResetFailed,
    /// To read again what describes it, from this file (launchd).
    Bootstrap {
        /// The property list.
        #[serde(serialize_with = "as_text")]
        plist: PathBuf,
    },
}

/// What a request to a supervisor may take, beside the time that a process has to end.
pub const REQUEST: Duration = Duration::from_secs(10);

impl Change {
    /// Does it change files alone? Such a change needs the repair lock, and a later run can finish it.
    #[must_use]
    pub const fn is_repair(&self) -> bool {
        matches!(
            self,
            Self::MoveAside { .. }
                | Self::PutBack { .. }
                | Self::ReplaceFile { .. }
                | Self::MakeDirectory { .. }
                | Self::MakeLink { .. }
                | Self::SetAccess { .. }
                | Self::RecoverDatabase { .. }
        )
    }

    /// Does it move, replace or change what stands, or is kept, here?
    #[must_use]
    pub fn moves(&self, from: &str) -> bool {
        match self {
            Self::MoveAside { path: here, .. }
            | Self::PutBack { kept: here, .. }
            | Self::SetAccess { path: here, .. }
            | Self::ReplaceFile { path: here, .. } => here.as_os_str() == from,
            _ => false,
        }
    }

    /// The life that it stops.
    #[must_use]
    pub const fn stops(&self) -> Option<&Identity> {
        match self {
            Self::StopProcess { identity, .. } | Self::AskSupervisor { life: Some((identity, _)), .. } => {
                Some(identity)
            }
            _ => None,
        }
    }

    /// How long it may take at most, not counting what follows from it.
    #[must_use]
    pub fn longest(&self) -> Duration {
        match self {
            Self::StopProcess { grace_ms: millis, .. }
            | Self::RunCommand { timeout_ms: millis, .. }
            | Self::SendRequest { timeout_ms: millis, .. } => {
                Duration::from_millis(u64::try_from(*millis).unwrap_or(0))
            }
            Self::AskSupervisor { grace_ms: millis, .. } => {
                REQUEST + Duration::from_millis(u64::try_from(*millis).unwrap_or(0))
            }
            Self::StartService { .. }
            | Self::MoveAside { .. }
            | Self::PutBack { .. }
            | Self::MakeDirectory { .. }
            | Self::MakeLink { .. }
            | Self::SetAccess { .. } => Duration::ZERO,
            Self::ReplaceFile { .. } => APPLICATION_LOCK,
            Self::RecoverDatabase { .. } => RECOVERY + Duration::from_secs(2),
            Self::RevertRelease(_) | Self::UpdateRelease(_) => REVERT,
        }
    }

    /// Why it cannot be taken back, or `None` when `heal undo` could.
    #[must_use]
    pub const fn irreversible(&self) -> Option<&'static str> {
        match self {
            Self::StopProcess { .. } => Some("a process that ended cannot be brought back to where it was"),
            Self::AskSupervisor { verb: Verb::ResetFailed, .. } => {
                Some("a supervisor is not told to remember a failure")
            }
            Self::StartService { .. } | Self::AskSupervisor { .. } => {
                Some("stopping a service that runs would be a second fault")
            }
            Self::RunCommand { .. } | Self::SendRequest { .. } => Some("only its owner knows what it changed"),
            Self::RecoverDatabase { .. } => Some("SQLite finished what had been begun, and nothing was lost by it"),
            Self::MakeDirectory { .. } => Some("somebody may keep something in it by now"),
            Self::MakeLink { .. } => Some("somebody may go by it by now"),
            Self::MoveAside { .. }
            | Self::PutBack { .. }
            | Self::ReplaceFile { .. }
            | Self::SetAccess { .. }
            | Self::RevertRelease(_) => None,
            Self::UpdateRelease(_) => Some("`heal update rollback` takes it back, with what is built from it"),
        }
    }
}

/// A path need not be UTF-8 and a line of the journal has to be: what cannot be said is replaced, never refused, since the
/// change is written down to be read, not to be repeated from what was written.
pub(super) fn as_text<S: serde::Serializer>(path: &std::path::Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
