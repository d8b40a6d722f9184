//! What may stand in `heal.toml`? One struct per table, as it is written; `mod.rs` checks and resolves them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Rate, Selector, Span};

/// Sections that the design names and that are not built yet: accepted with a warning, their keys not looked at.
pub(super) const PLANNED: &[&str] = &[
    "backup",
    "breaker",
    "capability",
    "command",
    "database",
    "http",
    "journal",
    "metrics",
    "port",
    "retry",
    "rotation",
];

/// The sections that are built.
pub(super) const SECTIONS: [&str; 14] = [
    "project",
    "service",
    "host",
    "layout",
    "lock",
    "state",
    "checkpoint",
    "alert",
    "alerting",
    "schedule",
    "crash",
    "git",
    "revert",
    "update",
];

/// Sections whose tables have names that a person chose.
pub(super) const NAMED: [&str; 11] = [
    "service",
    "alert",
    "lock",
    "state",
    "checkpoint",
    "database",
    "port",
    "breaker",
    "rotation",
    "capability",
    "command",
];

/// `[project]`: what heal.toml is about.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    /// The name under which it stands in reports and alerts.
    pub(super) name: String,
    /// Where heal keeps its journal, locks, and the output of what it starts.
    #[serde(default = "data")]
    pub(super) data_dir: PathBuf,
    /// How far heal may go.
    #[serde(default)]
    pub(super) mode: Mode,
}

fn data() -> PathBuf {
    PathBuf::from("data")
}

/// How far heal may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Strict.
    #[default]
    Live,
    /// Lenient.
    Paper,
    /// Decides, and changes nothing.
    Observe,
}

/// `[service.NAME]`: something that heal keeps alive.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    /// `false`: it is not looked at.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// The supervisor's name for it, such as `systemd:bot.service`.
    pub(super) unit: Option<String>,
    /// Which process it is. Everything that is given has to fit.
    #[serde(rename = "match")]
    pub(super) selector: Option<Selector>,
    /// How it is started: program and arguments, never a shell. Without it heal only observes.
    pub(super) start: Option<Vec<String>>,
    /// Where it is started; else the directory of heal.toml.
    pub(super) cwd: Option<PathBuf>,
    /// Added to a small, clean environment.
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    /// Where its stdout and stderr go; else `output/NAME.log` in the data directory.
    pub(super) log: Option<PathBuf>,
    /// What is tried, mildest first.
    pub(super) ladder: Option<Vec<String>>,
    /// A young process may fail its probes for this long.
    pub(super) startup_grace: Option<Span>,
    /// An incident is over after this long in health.
    pub(super) stable_for: Option<Span>,
    /// Between TERM and KILL; 90s at most.
    pub(super) stop_grace: Option<Span>,
    /// A start has this long to prove itself; 60s at most.
    #[serde(default, deserialize_with = "crate::model::units::positive_if_any")]
    pub(super) verify_within: Option<Span>,
    /// Good looks in a row before an incident may end.
    #[schemars(range(min = 1))]
    pub(super) recover_after: Option<u32>,
    /// The budget: acts that heal may take.
    pub(super) restart_limit: Option<Rate>,
    /// A pause after each act; 24h at most.
    pub(super) restart_delay: Option<Span>,
    /// Exit codes that a restart does not cure.
    #[serde(default)]
    #[schemars(inner(range(min = 0, max = 255)))]
    pub(super) hold_on_exit: Vec<i32>,
    /// Services without which it cannot work: while one of them is down, it is left alone.
    #[serde(default)]
    pub(super) needs: Vec<String>,
    /// Services without which it works, degraded.
    #[serde(default)]
    pub(super) wants: Vec<String>,
    /// Processes that it leaves behind: fit this, are older than `min_age`, and have no living owner. Reported; in
    /// `mode = "paper"` stopped.
    pub(super) orphans: Option<Selector>,
}

/// Keys of a service that are tables of their own kind, read one by one.
pub(super) const SERVICE_TABLES: [&str; 2] = ["probes", "remedies"];

/// `[host]`, beside its probes: the machine itself.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Host {
    /// `false`: the machine is not looked at.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
}

/// `[schedule]`: only the tick's interval is read so far.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Schedule {
    /// `false`: it says nothing.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// How often the tick is meant to run. After a longer gap the age of files is not judged for one tick.
    #[serde(default, deserialize_with = "crate::model::units::positive_if_any")]
    pub(super) heal: Option<Span>,
}

/// `[alerting]`: how much is too much.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Alerting {
    /// `false`: it says nothing.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// A service that is healed more often than this is itself an alarm.
    pub(super) heal_rate: Option<Rate>,
    /// How many messages a channel gets within an hour; what is more comes in one.
    pub(super) max_per_hour: Option<u32>,
}

/// `[git]`: where the code comes from.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Git {
    /// `false`: it says nothing.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// The remote that code is fetched from and pushed to.
    pub(super) remote: Option<String>,
    /// The branch that has to be checked out before heal changes it; else whatever branch is.
    pub(super) branch: Option<String>,
}

/// `[revert]`: how code is taken back.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Revert {
    /// `false`: it is never taken back, armed or not.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// Push the commit once the service is well again.
    #[serde(default)]
    pub(super) push: bool,
    /// More than so many are not made.
    pub(super) limit: Option<Rate>,
    /// What to do where every commit has to be signed: heal signs nothing.
    #[serde(default)]
    pub(super) signing: Signing,
    /// Commands that bring what is built up to the code, each a list of program and arguments, run in the directory of heal.toml.
    #[serde(default)]
    pub(super) after: Vec<Vec<String>>,
    /// Each of them has this long; 2m at most for all together.
    pub(super) after_timeout: Option<Span>,
    /// Of a merge that is taken back by name: the parent whose side stays, from 1.
    pub(super) mainline: Option<u32>,
    /// Author of the commit, as `Name <address>`; else git's own setting, else heal.
    pub(super) identity: Option<String>,
}

/// What to do where every commit has to be signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Signing {
    /// Take nothing back.
    #[default]
    Refuse,
    /// Make the commit all the same, without a signature.
    Unsigned,
}

/// `[crash]`: when crashes are more than single accidents.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Crash {
    /// `false`: crashes are recorded, and never judged.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// So many crashes on one release that began to run a short while ago are a pattern.
    pub(super) pattern: Option<Rate>,
    /// A release is young for so long after it began to run.
    pub(super) release_age: Option<Span>,
    /// So many crashes on whatever release are a storm.
    pub(super) storm: Option<Rate>,
}

pub(super) const fn yes() -> bool {
    true
}
