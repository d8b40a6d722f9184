//! What shape has a document? The frozen v1 views: structs that are written as JSON and, from the same lines, described by the
//! published schema, so that neither can say what the other does not. Keys stand in the order in which they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

pub(super) use super::view_change::Change;
pub use super::view_change::TakenBack;
use crate::model::report::Level;
use crate::model::status::Trouble;
use crate::model::{self, Class, Evidence, Outcome, Severity, Stamp, rfc3339};

/// A moment: RFC 3339 in UTC, with milliseconds and `Z`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(extend("format" = "date-time", "pattern" = "Z$"))]
pub struct Time(String);

impl From<Stamp> for Time {
    fn from(at: Stamp) -> Self {
        Self(rfc3339(at))
    }
}

/// The answer of a look or a tick. `Totals` is what only one that may act has to say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report<Totals> {
    /// `[project] name`.
    pub(super) project: String,
    /// This machine.
    pub(super) host: String,
    /// When the look began.
    pub(super) at: Time,
    /// How long the whole run took, in milliseconds.
    pub(super) duration_ms: u64,
    /// Nothing was done, only planned.
    pub(super) dry_run: bool,
    /// Services in the order of the configuration, then `host`; then `[lock.NAME]` with whose databases something is, or just
    /// was, wrong, and in a tick before them `[layout]` and `[state.NAME]`.
    pub(super) services: Vec<Subject>,
    /// Locks of which a tick cleared files, or tried to.
    pub(super) locks: Vec<super::locks_json::Lock>,
    /// What of the layout is not as it should be.
    pub(super) layout: Vec<super::states_json::Misplaced>,
    /// State files, in the order of the configuration.
    pub(super) states: Vec<super::states_json::File>,
    /// What came of those that were found damaged, and of the layout.
    pub(super) repairs: Vec<super::states_json::Mend>,
    #[serde(flatten)]
    pub(super) totals: Totals,
    /// Why the data directory cannot be written; null when it can.
    pub(super) unwritable: Option<String>,
    /// Acts that an earlier run began and did not finish.
    pub(super) unfinished: Vec<String>,
    /// Who was told what, and whether it arrived.
    pub(super) alerts: Vec<Delivery>,
    /// What heal.toml says and heal does not do yet, what heal could not do, and what it found wrong with its own files.
    pub(super) warnings: Vec<String>,
}

/// A look has no totals.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Looked {}

/// What a tick comes to, by the names of services.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Ticked {
    /// Acted upon, and a new process runs: healed, or on probation.
    pub(super) healed: Vec<String>,
    /// Acted upon in vain.
    pub(super) failed: Vec<String>,
    /// Critical when the run ended.
    pub(super) critical: Vec<String>,
    /// Nothing is critical.
    pub(super) success: bool,
    /// What was put in order beside the services.
    pub(super) stats: super::startup::Stats,
}

/// A process that was left behind.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Orphan {
    /// Which process.
    #[serde(flatten)]
    pub(super) process: Process,
    /// How long it has been running, in milliseconds.
    pub(super) age_ms: i64,
    /// What became of it.
    pub(super) status: Left,
    /// Why it could not be stopped.
    pub(super) why: Option<String>,
}

/// What becomes of one who was left behind.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Left {
    /// Only reported.
    Observed,
    /// A tick would stop it.
    Due,
    /// It was stopped.
    Stopped,
    /// It could not be stopped.
    Failed,
}

/// What is said about one service, or about the host.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Subject {
    /// Name of the service, or `host`.
    pub(super) name: String,
    /// Where it stands. After an act: as it was found, the act's outcome tells the rest.
    pub(super) status: Level,
    /// What kind of trouble it is in.
    pub(super) class: Option<Class>,
    /// One line for a person; empty when healthy.
    pub(super) summary: String,
    /// Its process, when there is exactly one.
    pub(super) process: Option<Process>,
    /// What the probes said, in the order of the configuration.
    pub(super) findings: Vec<Finding>,
    /// The processes that were considered (`--explain`).
    pub(super) considered: Vec<Considered>,
    /// What was decided; null for commands that do not decide.
    pub(super) decision: Option<Decision>,
    /// What would be done: the plan of a dry run.
    pub(super) plan: Vec<Change>,
    /// What was done.
    pub(super) act: Option<Act>,
    /// The incident that it is in.
    pub(super) incident: Option<Incident>,
    /// Since when and why it waits for a person.
    pub(super) held: Option<Held>,
    /// A person wants it left alone, for so long.
    pub(super) paused: Option<Paused>,
    /// The service whose trouble explains this one's.
    pub(super) behind: Option<String>,
    /// That it is healed too often.
    pub(super) alarm: Option<String>,
    /// Who was left behind: fits `orphans`, and has no living owner.
    pub(super) orphans: Vec<Orphan>,
    /// How often each rung would have been taken, were heal not only observing.
    pub(super) would: Vec<Times>,
}

/// A pause, as far as one service is concerned.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Paused {
    /// Why; of a pause that cannot be read, what is wrong with it.
    pub(super) reason: String,
    /// Who made it; null when that cannot be read.
    pub(super) by: Option<String>,
    /// When it ends at the latest; null when it cannot even be said whether there is one.
    pub(super) until: Option<Time>,
    /// It is one for all services.
    pub(super) all: bool,
    /// The process that it ends with.
    pub(super) pid: Option<i32>,
    /// The command of that process, secrets masked.
    pub(super) command: Option<String>,
    /// It cannot be read: a person has to say whether it is meant.
    pub(super) unreadable: bool,
}

impl From<&model::Paused> for Paused {
    fn from(paused: &model::Paused) -> Self {
        let (pid, command) = paused.holder.clone().unzip();
        Self {
            reason: paused.reason.clone(),
            by: paused.by.clone(),
            until: paused.until.map(Into::into),
            all: paused.all,
            pid,
            command,
            unreadable: paused.unreadable,
        }
    }
}

/// One life of one process.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Process {
    /// Process id.
    pub(super) pid: i32,
    /// Start time in clock ticks since boot.
    pub(super) start: u64,
    /// The boot that the ticks count from.
    pub(super) boot: String,
    /// Its command line, secrets masked.
    pub(super) command: String,
}

/// One probe's answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Finding {
    /// The name of the probe.
    pub(super) probe: String,
    /// Its kind.
    pub(super) kind: String,
    /// What it saw; `unknown` when it could not look.
    pub(super) status: Seen,
    /// How bad it is, when it is bad.
    pub(super) severity: Option<Severity>,
    /// What kind of trouble it is, when it is.
    pub(super) class: Option<Class>,
    /// One line for a person.
    pub(super) summary: String,
    /// Named facts behind the answer.
    #[schemars(with = "BTreeMap<String, String>")]
    pub(super) evidence: Map<String, Value>,
    /// How long the look took, in milliseconds.
    pub(super) took_ms: u64,
}

/// What a probe saw.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Seen {
    Healthy,
    Unhealthy,
    Unknown,
    Skipped,
}

/// One process that was looked at while the service's own was searched for.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Considered {
    /// Its pid.
    pub(super) pid: i32,
    /// Its command line, secrets masked.
    pub(super) command: String,
    /// Is it the service?
    pub(super) fits: bool,
    /// Why, or why not.
    pub(super) reason: String,
}

/// What was decided about one service.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub(super) enum Decision {
    /// Nothing to do.
    Nothing,
    /// Not now.
    Wait {
        /// Why.
        why: String,
    },
    /// Take a rung.
    Act {
        /// The rung.
        rung: String,
        /// The class of trouble that it is taken for: whose budget it is paid from.
        cause: Class,
        /// The rule and the finding behind it.
        why: String,
        /// The rung that follows if this one does not help.
        next: Option<String>,
    },
    /// No act would help: it is to wait for a person.
    Hold {
        /// Why.
        why: String,
    },
    /// A rule says no until a person or time changes something.
    Refuse {
        /// Which rule.
        by: Refusal,
        /// Why, and what would change it.
        why: String,
    },
    /// Unhealthy, and nothing that heal could do about it.
    NothingPossible {
        /// Why.
        why: String,
    },
}

/// Which rule says no.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Refusal {
    Held,
    Paused,
    Unwritable,
    Budget,
    Ladder,
}

/// What was done about one service.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Act {
    /// The rung.
    pub(super) rung: String,
    /// How it ended, by what was seen afterwards.
    pub(super) outcome: Outcome,
    /// What was seen.
    pub(super) detail: String,
    /// How long it took, in milliseconds.
    pub(super) took_ms: u64,
    /// What there was to see right before it.
    pub(super) evidence: Option<Evidence>,
    /// The changes that it consisted of.
    pub(super) changes: Vec<Change>,
}

/// The incident that a service is in: the same whether it was looked at or remembered.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Incident {
    /// Its name in the journal.
    id: String,
    /// When it was opened.
    opened: Time,
    /// How long ago, in milliseconds.
    age_ms: i64,
    /// What kind of trouble it was opened for.
    class: Class,
    /// What was found then, in one line for a person.
    summary: String,
    /// How many acts there were.
    acts: u32,
    /// Which rungs they were.
    tried: Vec<Times>,
    /// Since when nothing is left to try.
    exhausted: Option<Time>,
    /// For how many milliseconds it has been well again.
    well_for_ms: Option<i64>,
}

impl From<&Trouble> for Incident {
    fn from(trouble: &Trouble) -> Self {
        Self {
            id: trouble.id.clone(),
            opened: trouble.opened.into(),
            age_ms: trouble.age_ms,
            class: trouble.class,
            summary: trouble.summary.clone(),
            acts: trouble.acts(),
            tried: times(trouble.tried.iter().map(|(rung, count)| (rung, count))),
            exhausted: trouble.exhausted.map(Into::into),
            well_for_ms: trouble.well_ms,
        }
    }
}

/// A service that waits for a person.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Held {
    /// Since when.
    since: Time,
    /// Why.
    reason: String,
}

impl From<&(Stamp, String)> for Held {
    fn from((since, reason): &(Stamp, String)) -> Self {
        Self { since: (*since).into(), reason: reason.clone() }
    }
}

/// A rung, and how often.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Times {
    /// The rung.
    rung: String,
    /// How often.
    count: u32,
}

/// How often each rung.
pub(super) fn times<'t>(all: impl IntoIterator<Item = (&'t String, &'t u32)>) -> Vec<Times> {
    all.into_iter().map(|(rung, count)| Times { rung: rung.clone(), count: *count }).collect()
}

/// One attempt to tell a person.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Delivery {
    /// The channel.
    pub(super) channel: String,
    /// The first line of what was said.
    pub(super) title: String,
    /// Did it arrive?
    pub(super) delivered: bool,
    /// Why not.
    pub(super) failure: Option<String>,
}
