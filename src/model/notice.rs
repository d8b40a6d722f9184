//! How did an act end, and what is an alert about? Two short words that stand in the journal, in reports and in alerts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an act ended, judged by what was seen afterwards, never by an exit code alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A new identity and good probes.
    Healed,
    /// A new identity, probes not good yet, inside `startup_grace`.
    Probation,
    /// The act was done and nothing changed.
    Unchanged,
    /// The act could not be done.
    Failed,
    /// The run died between intent and outcome; found by a later run.
    Interrupted,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Notice {
    /// An incident began.
    Opened,
    /// Nothing is left on the ladder, or the budget is spent.
    Exhausted,
    /// It waits for a person.
    Held,
    /// It was healed more often than is normal.
    Frequent,
    /// Something that is no reason to act, and that a person should know.
    Warned,
    /// It still lasts.
    Reminder,
    /// `heal.toml` is broken: nothing is watched.
    Misconfigured,
    /// Code was taken back, whatever came of it.
    Reverted,
    /// A state file was put right; what was lost by it stands in the title.
    Repaired,
    /// Many messages in one.
    Digest,
    /// A person or a script said it, by `heal alert`.
    Manual,
    /// The incident is over.
    Recovered,
}
