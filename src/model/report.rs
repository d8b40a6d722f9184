//! What does a command answer? The report of a look or a tick: rendered by `output`, mapped to an exit code by `exit`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Stamp;
use super::change::Change;
use super::event::Outcome;
use super::evidence::Evidence;
use super::finding::{Class, Finding};
use super::identity::Identity;
use super::mended::Mended;
use super::pause::Paused;
use super::state;
use super::status::Trouble;
use super::sweep::SweptLock;
use super::validation::Stated;

/// Where a service stands, all its findings and the past considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Switched off by `enabled = false`.
    Disabled,
    /// Every look was good.
    Healthy,
    /// Somebody wants it as it is: paused, masked, disabled, or stopped by its operator. Nothing is done about it, whatever
    /// the probes say, and every report says so.
    #[serde(rename = "left-alone")]
    LeftAlone,
    /// A young process whose probes are not good yet.
    Starting,
    /// A warning, or a failure below its threshold.
    Degraded,
    /// Could not look.
    Unknown,
    /// Unwell while something that it needs is down: nobody knows what is wrong with itself.
    Blocked,
    /// Critical, at its threshold.
    Unhealthy,
}

/// The judgement of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Where it stands.
    pub level: Level,
    /// What kind of trouble it is in.
    pub class: Option<Class>,
    /// One line for a person; empty when healthy.
    pub summary: String,
}

/// What policy decided about one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing to do.
    Nothing,
    /// Not now: below a threshold, starting, unknown, too soon after the last act.
    Wait {
        /// Why.
        why: String,
    },
    /// Take this rung.
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
    Helpless {
        /// Why.
        why: String,
    },
}

/// Which rule says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It waits for a person.
    Held,
    /// A person wants it left alone for a while, or for good.
    Paused,
    /// The data directory cannot be written, and this act would be more than a start.
    Unwritable,
    /// The budget of starts and stops is spent.
    Budget,
    /// The ladder has no rung left, and the next slow retry is not due.
    Ladder,
}

/// One process that was looked at while the service's own was searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Considered {
    /// Its pid.
    pub pid: i32,
    /// Its command line, redacted.
    pub command: String,
    /// Is it the service?
    pub fits: bool,
    /// Why, or why not.
    pub reason: String,
}

/// What heal did about one service.
#[derive(Clone, Debug)]
pub struct Act {
    /// The rung.
    pub rung: String,
    /// The changes it consists of.
    pub changes: Vec<Change>,
    /// How it ended.
    pub outcome: Outcome,
    /// What was seen.
    pub detail: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What there was to see right before it.
    pub evidence: Option<Evidence>,
    /// A person asked for it.
    pub asked: bool,
}

/// A process that fits `orphans` and has no living owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphan {
    /// Which life of which process.
    pub identity: Identity,
    /// Its command line, redacted.
    pub command: String,
    /// How long it has been running, in milliseconds.
    pub age_ms: i64,
    /// What became of it.
    pub left: Left,
}

/// What becomes of one who was left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Left {
    /// Only reported: the mode is not `paper`.
    Observed,
    /// A tick would stop it, in `mode = "paper"`.
    Due,
    /// It was stopped.
    Stopped,
    /// It could not be stopped, because.
    Failed(String),
}

/// What is said about one service, or about the host.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Name of the service, or `host`.
    pub name: String,
    /// The judgement. After an act: as it was found, the act's outcome tells the rest.
    pub standing: Standing,
    /// What the probes said, in the order of the configuration.
    pub findings: Vec<Finding>,
    /// Its process, when there is exactly one.
    pub process: Option<(Identity, String)>,
    /// Who was considered (`--explain`).
    pub considered: Vec<Considered>,
    /// The decision; `None` for commands that do not decide.
    pub decision: Option<Decision>,
    /// What would be done: the plan of a dry run.
    pub plan: Vec<Change>,
    /// What was done.
    pub act: Option<Act>,
    /// The incident it is in: since when, and how many acts there were.
    pub incident: Option<Trouble>,
    /// Since when and why it waits for a person.
    pub held: Option<(Stamp, String)>,
    /// A person wants it left alone, for so long.
    pub paused: Option<Paused>,
    /// The service whose trouble explains this one's.
    pub behind: Option<String>,
    /// That it is healed too often, if it is.
    pub alarm: Option<String>,
    /// Who was left behind.
    pub orphans: Vec<Orphan>,
    /// How often each rung would have been taken, were heal not only observing.
    pub would: BTreeMap<String, u32>,
    /// The command to type next about it, where it is another than for a service.
    pub next: Option<String>,
    /// Something about it changed in this run, so that it is worth a line even to those who asked for quiet. A look that
    /// remembers nothing takes everything that is wrong for news.
    pub news: bool,
}

impl Subject {
    /// A subject of which no more is known than where it stands, and why nothing is done about it.
    #[must_use]
    pub fn said(
        name: &str,
        standing: Standing,
        helpless: String,
        incident: Option<Trouble>,
        next: Option<String>,
    ) -> Self {
        Self {
            next,
            name: name.to_owned(),
            standing,
            findings: Vec::new(),
            process: None,
            considered: Vec::new(),
            decision: Some(Decision::Helpless { why: helpless }),
            plan: Vec::new(),
            act: None,
            incident,
            held: None,
            paused: None,
            behind: None,
            alarm: None,
            orphans: Vec::new(),
            would: BTreeMap::new(),
            news: true,
        }
    }
}

/// The answer of `check` and `heal`.
#[derive(Clone, Debug)]
pub struct Report {
    /// The command that answers.
    pub command: &'static str,
    /// How heal has to be called to mean the same configuration: what the commands to type next begin with.
    pub heal: String,
    /// `[project] name`.
    pub project: String,
    /// This machine.
    pub host: String,
    /// When the look began.
    pub at: Stamp,
    /// How long the whole run took, in milliseconds.
    pub duration_ms: u64,
    /// Nothing was done, only planned.
    pub dry_run: bool,
    /// Services in the order of the configuration, then `host`, then `[layout]`, `[state.NAME]` and `[lock.NAME]` with which
    /// something is, or just was, wrong.
    pub subjects: Vec<Subject>,
    /// Lock files that were cleared beside all that, or could not be.
    pub locks: Vec<SweptLock>,
    /// What of the layout is not as it should be, with its path.
    pub layout: Vec<(PathBuf, state::Trouble)>,
    /// State files, in the order of the configuration.
    pub states: Vec<Stated>,
    /// What came of those that were found damaged, and of the layout.
    pub mended: Vec<Mended>,
    /// Why the data directory cannot be written: then only what is positively dead was restarted, or if that came up later,
    /// nothing was done from there on.
    pub unwritable: Option<String>,
    /// Acts that an earlier run began and did not finish.
    pub unfinished: Vec<String>,
    /// Alerts: what, to whom, and whether it arrived.
    pub alerts: Vec<Delivery>,
    /// What still waits for a channel.
    pub waiting: Vec<super::status::Undelivered>,
    /// What `heal.toml` says and heal does not do yet.
    pub notes: Vec<String>,
    /// What heal could not do, or found wrong with its own files; never a reason for an exit code.
    pub warnings: Vec<String>,
}

/// One attempt to tell a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The channel's name.
    pub channel: String,
    /// The first line of what was said.
    pub title: String,
    /// Why it did not arrive; `None` when it did.
    pub failure: Option<String>,
}

impl Delivery {
    /// That it did not arrive, and why, for a person; `None` when it did.
    #[must_use]
    pub fn untold(&self) -> Option<String> {
        self.failure.as_ref().map(|why| format!("{} was not told: {why}", self.channel))
    }
}
