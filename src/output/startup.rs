//! What is said of a cold start: by a person's log, by a program, by a monitoring system. Problems first, the verdict last.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::human::mark;
use super::nagios::Plugin;
use super::sanitize;
use super::view::Time;
use crate::model::Startup;
use crate::model::report::Level;

/// The answer of `heal heal --startup`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Started {
    /// `[project] name`.
    project: String,
    /// This machine.
    host: String,
    /// When it began.
    at: Time,
    /// How long it took, in milliseconds.
    duration_ms: u64,
    /// Nothing was done, only planned.
    dry_run: bool,
    /// The service may start: the same as `success`.
    may_start: bool,
    /// How right everything is: 100 less 50 for each thing that is critical, 25 for each that is unknown, 5 for each caution.
    score: u32,
    /// `open` or `closed`.
    gate: &'static str,
    /// Everything is as it has to be.
    success: bool,
    /// What was put right.
    healed: Vec<String>,
    /// What could not be put right, because the system or a rule says no.
    failed: Vec<String>,
    /// What is broken.
    critical: Vec<String>,
    /// What could not be looked at.
    unknown: Vec<String>,
    /// What is not as it should be, and no reason to keep a service from starting.
    cautions: Vec<String>,
    /// How much was done.
    stats: Stats,
    /// What heal could not do for itself.
    warnings: Vec<String>,
}

/// What was put in order beside the services, by kind: nothing of it counts as healed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Stats {
    /// Directories and links that were missing.
    directories_created: u32,
    /// Files that were missing.
    files_created: u32,
    /// Files and directories that were there and not right.
    files_repaired: u32,
    /// Locks that were proved stale.
    locks_cleared: u32,
    /// Processes that were left behind and were stopped; none by a cold start.
    orphans_stopped: u32,
}

impl From<crate::model::startup::Stats> for Stats {
    fn from(stats: crate::model::startup::Stats) -> Self {
        Self {
            directories_created: stats.directories_created,
            files_created: stats.files_created,
            files_repaired: stats.files_repaired,
            locks_cleared: stats.locks_cleared,
            orphans_stopped: stats.orphans_stopped,
        }
    }
}

/// For a program.
#[must_use]
pub fn told(startup: &Startup) -> Started {
    Started {
        project: startup.project.clone(),
        host: startup.host.clone(),
        at: startup.at.into(),
        duration_ms: startup.duration_ms,
        dry_run: startup.dry_run,
        may_start: startup.may_start(),
        score: startup.score(),
        gate: if startup.may_start() { "open" } else { "closed" },
        success: startup.may_start(),
        healed: startup.healed.clone(),
        failed: [&startup.failed[..], &startup.refused].concat(),
        critical: startup.critical.clone(),
        unknown: startup.unknown.clone(),
        cautions: startup.cautions.clone(),
        stats: startup.stats.into(),
        warnings: startup.warnings.clone(),
    }
}

/// For a person. With `quiet` it is empty while the service may start.
#[must_use]
pub fn human(startup: &Startup, quiet: bool) -> String {
    let mut text = String::new();
    if quiet && startup.may_start() {
        return text;
    }
    let healed = if startup.dry_run { "would do" } else { "healed" };
    for (word, level, lines) in [
        ("critical", Level::Unhealthy, &startup.critical),
        ("failed", Level::Unhealthy, &startup.failed),
        ("refused", Level::Degraded, &startup.refused),
        ("unknown", Level::Unknown, &startup.unknown),
        ("caution", Level::Degraded, &startup.cautions),
        ("warning", Level::Degraded, &startup.warnings),
        (healed, Level::Healthy, &startup.healed),
    ] {
        for line in lines {
            let _ = writeln!(text, "{} {}", mark(word, level), sanitize::line(line));
        }
    }
    let _ = writeln!(text, "{}", verdict(startup));
    text
}

fn verdict(startup: &Startup) -> &'static str {
    if startup.may_start() { "it may start" } else { "it may not start" }
}

/// For a monitoring system.
#[must_use]
pub fn plugin(startup: &Startup) -> Plugin {
    let mut headline = verdict(startup).to_owned();
    for line in startup.critical.iter().chain(&startup.unknown).chain(&startup.failed).chain(&startup.refused) {
        let _ = write!(headline, "; {line}");
    }
    Plugin { headline, figures: Vec::new() }
}
