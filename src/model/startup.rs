//! What came of a cold start? What was put right before a service starts, and whether it may. Nothing in it is about a process.

use super::Stamp;

/// The answer of `heal heal --startup`.
#[derive(Clone, Debug)]
pub struct Startup {
    /// `[project] name`.
    pub project: String,
    /// This machine.
    pub host: String,
    /// When it began.
    pub at: Stamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Nothing was done, only planned.
    pub dry_run: bool,
    /// What was put right, a line each.
    pub healed: Vec<String>,
    /// What could not be put right, because the system said no.
    pub failed: Vec<String>,
    /// What was left as it is, because a rule says no; a person is needed.
    pub refused: Vec<String>,
    /// What is broken: a service that started on it would make it worse.
    pub critical: Vec<String>,
    /// How much was done.
    pub stats: Stats,
    /// What heal could not do for itself; no reason to keep a service from starting.
    pub warnings: Vec<String>,
}

/// How much was done, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Directories that were missing.
    pub directories_created: u32,
    /// Files that were missing.
    pub files_created: u32,
    /// Files that were there and not right.
    pub files_repaired: u32,
    /// Locks that were proved stale.
    pub locks_cleared: u32,
    /// Orphans that were stopped. Never by a cold start, which touches no process.
    pub orphans_stopped: u32,
}

impl Startup {
    /// May the service start?
    #[must_use]
    pub const fn may_start(&self) -> bool {
        self.failed.is_empty() && self.refused.is_empty() && self.critical.is_empty()
    }
}
