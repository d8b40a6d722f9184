//! What may stand in `heal.toml`? One struct per table, as it is written; `mod.rs` checks and resolves them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::model::{Rate, Selector, Span};

/// Sections that the design names and that are not built yet: accepted with a warning, their keys not looked at.
pub(super) const PLANNED: &[&str] = &[
    "backup",
    "breaker",
    "capability",
    "checkpoint",
    "command",
    "crash",
    "database",
    "git",
    "http",
    "journal",
    "layout",
    "lock",
    "metrics",
    "port",
    "retry",
    "revert",
    "rotation",
    "state",
    "update",
];

/// The sections that are built.
pub(super) const SECTIONS: [&str; 6] = ["project", "service", "host", "alert", "alerting", "schedule"];

/// `[project]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Project {
    pub(super) name: String,
    #[serde(default = "data")]
    pub(super) data_dir: PathBuf,
    #[serde(default)]
    pub(super) mode: Mode,
}

fn data() -> PathBuf {
    PathBuf::from("data")
}

/// How far heal may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
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

/// `[service.NAME]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    pub(super) unit: Option<String>,
    #[serde(rename = "match")]
    pub(super) selector: Option<Selector>,
    pub(super) start: Option<Vec<String>>,
    pub(super) cwd: Option<PathBuf>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    pub(super) log: Option<PathBuf>,
    pub(super) ladder: Option<Vec<String>>,
    pub(super) startup_grace: Option<Span>,
    pub(super) stable_for: Option<Span>,
    pub(super) stop_grace: Option<Span>,
    pub(super) verify_within: Option<Span>,
    pub(super) recover_after: Option<u32>,
    pub(super) restart_limit: Option<Rate>,
    pub(super) restart_delay: Option<Span>,
    #[serde(default)]
    pub(super) hold_on_exit: Vec<i32>,
    #[serde(default)]
    pub(super) needs: Vec<String>,
    #[serde(default)]
    pub(super) wants: Vec<String>,
}

/// Keys of a service that are tables of their own kind, read one by one.
pub(super) const SERVICE_TABLES: [&str; 2] = ["probes", "remedies"];

/// Keys of a service that are not built yet.
pub(super) const SERVICE_PLANNED: [&str; 1] = ["orphans"];

/// `[schedule]`: only the tick's interval is read so far.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Schedule {
    pub(super) heal: Option<Span>,
}

/// `[alerting]`: only the rate of healing is read so far.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Alerting {
    pub(super) heal_rate: Option<Rate>,
}

const fn yes() -> bool {
    true
}
