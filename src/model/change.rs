//! What may heal do to the world? A small closed set of primitive acts, as plain data: what is not listed here cannot happen.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::identity::Identity;
use super::revert::Revert;
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
    /// Take code back: one new commit, and the files that it changes.
    RevertRelease(Box<Revert>),
    /// Bring code forward to a commit that was fetched, or back to where it was before that: the branch, and the files that differ.
    UpdateRelease(Box<Advance>),
}

/// What taking code back may take: a generous guess; it is the disk that decides.
const REVERT: Duration = Duration::from_secs(30);

impl Change {
    /// The life that it stops.
    #[must_use]
    pub const fn stops(&self) -> Option<&Identity> {
        match self {
            Self::StopProcess { identity, .. } => Some(identity),
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
            Self::StartService { .. } => Duration::ZERO,
            Self::RevertRelease(_) | Self::UpdateRelease(_) => REVERT,
        }
    }

    /// Why it cannot be taken back, or `None` when `heal undo` could.
    #[must_use]
    pub const fn irreversible(&self) -> Option<&'static str> {
        match self {
            Self::StopProcess { .. } => Some("a process that ended cannot be brought back to where it was"),
            Self::StartService { .. } => Some("stopping a service that runs would be a second fault"),
            Self::RunCommand { .. } | Self::SendRequest { .. } => Some("only its owner knows what it changed"),
            Self::RevertRelease(_) => None,
            Self::UpdateRelease(_) => Some("`heal update rollback` takes it back, with what is built from it"),
        }
    }
}

/// A path need not be UTF-8 and a line of the journal has to be: what cannot be said is replaced, never refused, since the
/// change is written down to be read, not to be repeated from what was written.
pub(super) fn as_text<S: serde::Serializer>(path: &std::path::Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}
