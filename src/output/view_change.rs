//! How is a change written in a JSON document? The acts of a plan, and code that was taken back.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::revert::{Revert, Stat};

/// One primitive act.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub(super) enum Change {
    /// Stop a process with its descendants.
    StopProcess {
        /// Process id.
        pid: i32,
        /// Start time in clock ticks since boot.
        start: u64,
        /// Its command line, secrets masked.
        command: String,
        /// Milliseconds between TERM and KILL.
        grace_ms: i64,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Ask the supervisor that owns a service.
    AskSupervisor {
        /// Whose it is, and the name that it has there: `systemd:bot.service`.
        unit: String,
        /// `restart` (also for a start), `reset-failed` or `bootstrap`.
        verb: &'static str,
        /// The process that is to end; null when nothing runs.
        pid: Option<i32>,
        /// Its start time in clock ticks since boot.
        start: Option<u64>,
        /// Its command line, secrets masked.
        command: Option<String>,
        /// Milliseconds until what is still there is killed, through the supervisor.
        grace_ms: i64,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Start a service.
    StartService {
        /// Program and arguments, secrets masked.
        argv: String,
        /// Working directory.
        cwd: String,
        /// Where its output goes.
        log: String,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Run a command of the owner's own.
    RunCommand {
        /// Program and arguments, secrets masked.
        argv: String,
        /// It is ended after so many milliseconds.
        timeout_ms: i64,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Move a file of the project into the quarantine.
    MoveAside {
        /// Where it stands.
        path: String,
        /// Why it has to go.
        why: String,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Put other content in the place of a file of the project.
    ReplaceFile {
        /// Where it stands.
        path: String,
        /// The SHA-256 of the new content.
        sha256: String,
        /// What was wrong, and how it is put right.
        why: String,
        /// What is lost by it.
        loss: String,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Bring a file back out of the quarantine.
    PutBack {
        /// Where it is kept.
        kept: String,
        /// Where it stood.
        path: String,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Make a directory of the layout.
    MakeDirectory {
        /// Where.
        path: String,
        /// Its permissions, in octal; null: as open as the folder above it.
        mode: Option<String>,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Lay a link of the layout.
    MakeLink {
        /// Where.
        path: String,
        /// What it points to.
        target: String,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Change the permissions and the owner of a directory or a file.
    SetAccess {
        /// Where it stands.
        path: String,
        /// What they were.
        before: Access,
        /// What they are to be.
        after: Access,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Let SQLite finish what was begun in a database, and check it.
    RecoverDatabase {
        /// The database.
        path: String,
        /// Why it is needed.
        why: String,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Send an HTTP request of the owner's own.
    SendRequest {
        /// The method.
        method: String,
        /// Where to, secrets masked.
        url: String,
        /// The whole exchange may take so many milliseconds.
        timeout_ms: i64,
        /// Why it cannot be taken back; null for what can.
        irreversible: Option<&'static str>,
    },
    /// Take code back: one new commit, and the files that it changes.
    RevertRelease(Box<TakenBack>),
    /// Bring code forward to what was fetched, or back.
    UpdateRelease(Box<super::update_json::Moved>),
}

/// Who may do what with a directory or a file.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Access {
    /// The permissions, in octal: `0750`.
    mode: String,
    /// The owner.
    uid: u32,
}

impl From<&crate::model::change::Access> for Access {
    fn from(access: &crate::model::change::Access) -> Self {
        Self { mode: format!("{:04o}", access.mode), uid: access.uid }
    }
}

/// Code that is taken back. Ids are full.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TakenBack {
    /// The work tree.
    repo: String,
    /// The branch that moves.
    reference: String,
    /// Where it stands before.
    base: String,
    /// The new commit.
    commit: String,
    /// The release or commit that is taken back.
    takes_back: String,
    /// The release whose files are there again; null when one commit is taken back out of the middle.
    restores: Option<String>,
    /// The message of the commit.
    message: String,
    /// How much it changes.
    stat: Stat,
    /// The paths that it changes, the first of them.
    paths: Vec<String>,
}

impl TakenBack {
    /// In words for programs.
    #[must_use]
    pub fn of(revert: &Revert) -> Self {
        Self {
            repo: revert.repo.display().to_string(),
            reference: revert.reference.clone(),
            base: revert.base.clone(),
            commit: revert.commit.clone(),
            takes_back: revert.takes_back.clone(),
            restores: revert.restores.clone(),
            message: revert.message.clone(),
            stat: revert.stat,
            paths: revert.paths.clone(),
        }
    }
}
