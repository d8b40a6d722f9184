//! What does heal remember? The answer of `heal status`: the fold of the journal as a person or a program asks for it.
//! Nothing in it was seen just now.

use serde::{Deserialize, Serialize};

use super::event::{Moment, Notice, Outcome};
use super::finding::Class;
use super::report::{Decision, Level};
use super::units::{Rate, Span};
use super::{Identity, Paused, ServiceHistory, Stamp};

/// The answer of `heal status`.
#[derive(Clone, Debug)]
pub struct Status {
    /// How heal has to be called to mean the same configuration.
    pub heal: String,
    /// `[project] name`.
    pub project: String,
    /// This machine.
    pub host: String,
    /// When it was asked.
    pub at: Stamp,
    /// How long the answer took, in milliseconds.
    pub duration_ms: u64,
    /// `mode = "observe"`.
    pub observes: bool,
    /// The watchdog itself.
    pub ticks: Ticks,
    /// Who holds the recovery lock at this moment.
    pub holder: Option<Holder>,
    /// Services in the order of the configuration, then `host`.
    pub services: Vec<Remembered>,
    /// Alerts that a channel did not take yet.
    pub undelivered: Vec<Undelivered>,
    /// Acts that a run began and did not finish, while nobody is at work.
    pub unfinished: Vec<String>,
    /// What is wrong with heal's own files.
    pub warnings: Vec<String>,
}

/// One tick that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// When it ended.
    pub at: Stamp,
    /// Its exit code.
    pub exit_code: u8,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// Does the watchdog itself run?
#[derive(Clone, Debug, Default)]
pub struct Ticks {
    /// The last ones, newest first; empty when none is known.
    pub last: Vec<Tick>,
    /// How long ago the last one ended, in milliseconds.
    pub age_ms: Option<i64>,
    /// How often it is meant to run.
    pub expected: Option<Span>,
    /// An age above this is late, in milliseconds.
    pub late_after_ms: Option<i64>,
    /// It should have run since: why that is said.
    pub late: Option<String>,
}

/// Who holds the recovery lock.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// What for.
    pub purpose: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// When the kernel ends it, RFC 3339.
    pub until: String,
}

/// What is remembered of one service, or of the host.
#[derive(Clone, Debug)]
pub struct Remembered {
    /// Its name.
    pub name: String,
    /// Where it stood, as far as that can be told.
    pub level: Level,
    /// One line for a person.
    pub summary: String,
    /// The process that it was last recognised as.
    pub known: Option<Identity>,
    /// The journal speaks of it.
    pub is_remembered: bool,
    /// It waits for a person since then, because.
    pub held: Option<(Stamp, String)>,
    /// A person wants it left alone, for so long.
    pub paused: Option<Paused>,
    /// The incident that is open.
    pub trouble: Option<Trouble>,
    /// What the next tick would decide, if it found it as the last one did.
    pub next: Option<Decision>,
    /// Starts and stops that count, of the class of trouble that most of them were for; `None` for what heal cannot start.
    pub budget: Option<Budget>,
    /// Each budget of which something is used.
    pub budgets: Vec<Budget>,
    /// Its last acts, newest first.
    pub acts: Vec<PastAct>,
    /// Rungs that would have been taken of late, and how often (`mode = "observe"`).
    pub would: Vec<(String, u32)>,
    /// That it is healed too often, if it is.
    pub alarm: Option<String>,
}

/// An open incident.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Its id.
    pub id: String,
    /// Since when.
    pub opened: Stamp,
    /// For how long, in milliseconds.
    pub age_ms: i64,
    /// What kind of trouble.
    pub class: Class,
    /// What was found.
    pub summary: String,
    /// Rungs that were taken, and how often.
    pub tried: Vec<(String, u32)>,
    /// Since when the ladder has no rung left.
    pub exhausted: Option<Stamp>,
    /// For how long every look was good, in milliseconds.
    pub well_ms: Option<i64>,
}

impl Trouble {
    /// The incident that is open, as it stands now.
    #[must_use]
    pub fn of(past: &ServiceHistory, now: &Moment) -> Option<Self> {
        let incident = past.incident.as_ref()?;
        let (class, summary) = past.ailing()?;
        Some(Self {
            id: incident.id.clone(),
            opened: incident.opened.at,
            age_ms: now.since(&incident.opened),
            class,
            summary: summary.to_owned(),
            tried: incident.tries.iter().map(|(rung, times)| (rung.clone(), *times)).collect(),
            exhausted: incident.exhausted.as_ref().map(|since| since.at),
            well_ms: past.good_since.as_ref().map(|since| now.since(since)),
        })
    }

    /// How many acts there were.
    #[must_use]
    pub fn acts(&self) -> u32 {
        self.tried.iter().map(|(_, times)| times).sum()
    }
}

/// How much of a budget is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The class of trouble that it is for.
    pub cause: Class,
    /// How much there is.
    pub limit: Rate,
    /// Acts that count at this moment.
    pub used: u32,
    /// When the next act is possible, in milliseconds; `None` while there is one.
    pub free_in_ms: Option<i64>,
}

/// One act, with the reason for it and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastAct {
    /// When its intent was written.
    pub at: Stamp,
    /// The rung.
    pub rung: String,
    /// The rule and the finding behind it; empty when the journal does not hold it any more.
    pub why: String,
    /// How it ended; `None` while nobody knows.
    pub outcome: Option<Outcome>,
    /// What was seen.
    pub detail: String,
}

/// An alert that waits for its channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// The channel.
    pub channel: String,
    /// The service.
    pub service: String,
    /// What it is about.
    pub notice: Notice,
    /// The first line of what is to be said.
    pub title: String,
    /// Since when it waits.
    pub since: Stamp,
    /// How often it was tried.
    pub attempts: u32,
    /// Why the channel did not take it, the last time.
    pub why: Option<String>,
}
