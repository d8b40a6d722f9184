//! Which process is it? A pid alone names nobody: an identity is pid, start time and boot; a selector is how a person names one.

use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::units::Span;

/// One life of one process. Two identities are equal only if they are the same life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Process id, as seen from our pid namespace.
    pub pid: i32,
    /// Start time in clock ticks since boot (`/proc/PID/stat` field 22): never shifts with the wall clock. Where there is no
    /// `/proc`, in seconds since 1970, as `ps` says (see `host::portable`).
    pub start: u64,
    /// The kernel's boot id, because pids and ticks begin again with each boot.
    pub boot: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}", self.pid)
    }
}

/// How a person names a process. All given parts must fit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// Name of the program (`python3` also fits `python3.11`) or its absolute path.
    pub executable: Option<String>,
    /// A part of the command line behind the program's name.
    pub args_contain: Option<String>,
    /// A file that holds the pid. It counts only if what runs under that pid fits as well.
    pub pidfile: Option<PathBuf>,
    /// The working directory.
    pub cwd: Option<PathBuf>,
    /// The user it runs as: name or number.
    pub user: Option<String>,
    /// Younger processes do not fit.
    pub min_age: Option<Span>,
    /// More than this many matches is "unknown", never "all of them".
    #[serde(default = "one")]
    pub max_matches: usize,
}

const fn one() -> usize {
    1
}

impl Selector {
    /// Does the selector say anything about the program itself, beside where its pid stands?
    #[must_use]
    pub const fn names_program(&self) -> bool {
        self.executable.is_some() || self.args_contain.is_some()
    }

    /// What stands in the raw command line of whoever fits: there, arguments are separated by NUL and not by spaces, so it is
    /// the longest single word of [`Self::args_contain`]. `None`: anybody could fit.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        self.args_contain.as_deref()?.split_whitespace().max_by_key(|word| word.len())
    }
}
