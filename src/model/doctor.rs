//! Is heal itself in order? What `heal doctor` found: one line for each thing that it looked at, good or not.

use schemars::JsonSchema;
use serde::Serialize;

use super::Stamp;

/// How it is. The order of the variants is the order in which the worst of several wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// In order.
    Ok,
    /// It works, and will not for ever, or not as declared.
    Warning,
    /// It could not be looked at, which is not health.
    Unknown,
    /// heal does not do its work.
    Critical,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Item {
    /// What it is about: `schedule`, `ticks`, `clock` and so on.
    pub about: &'static str,
    /// How it is.
    pub health: Health,
    /// What was seen.
    pub said: String,
    /// What to type or change.
    pub next: Option<String>,
}

impl Item {
    /// In order.
    pub fn ok(about: &'static str, said: impl Into<String>) -> Self {
        Self { about, health: Health::Ok, said: said.into(), next: None }
    }

    /// Not in order, and what to do about it.
    pub fn of(about: &'static str, health: Health, said: impl Into<String>, next: impl Into<String>) -> Self {
        Self { about, health, said: said.into(), next: Some(next.into()).filter(|next| !next.is_empty()) }
    }
}

/// The whole examination.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// `[project] name`.
    pub project: String,
    /// This machine.
    pub host: String,
    /// When it was asked.
    pub at: Stamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// All that was looked at.
    pub items: Vec<Item>,
}
