//! What does a program read of `heal status`? The frozen v1 view, in its own types.

use schemars::JsonSchema;
use serde::Serialize;

use super::alert::Waits;
use super::json::decision;
use super::view::{Decision, Held, Incident, Paused, Time, Times, times};
use crate::model::report::Level;
use crate::model::status::{self, Remembered, Status};
use crate::model::{Class, Outcome, Span};

/// The answer of `heal status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Told {
    /// `[project] name`.
    project: String,
    /// This machine.
    host: String,
    /// When it was asked.
    at: Time,
    /// How long the answer took, in milliseconds.
    duration_ms: u64,
    /// Always `memory`: nothing was looked at.
    source: &'static str,
    /// Whether heal itself still runs.
    watchdog: Watchdog,
    /// The run that is acting now.
    lock: Option<Lock>,
    /// Services in the order of the configuration, then `host`.
    services: Vec<Service>,
    /// What nobody could be told yet.
    undelivered: Vec<Waits>,
    /// Acts that an earlier run began and did not finish.
    unfinished: Vec<String>,
    /// What heal found wrong with its own files.
    warnings: Vec<String>,
}

/// Whether heal itself still runs.
#[derive(Debug, Serialize, JsonSchema)]
struct Watchdog {
    /// Why it is said to stand still.
    late: Option<String>,
    /// Milliseconds since the last tick.
    last_tick_ago_ms: Option<i64>,
    /// Milliseconds between ticks, as `[schedule] heal` has it.
    expected_every_ms: Option<i64>,
    /// The last ticks, newest first.
    ticks: Vec<Tick>,
}

/// One tick.
#[derive(Debug, Serialize, JsonSchema)]
struct Tick {
    /// When it ended.
    at: Time,
    /// Its exit code.
    exit_code: u8,
    /// How long it took, in milliseconds.
    took_ms: u64,
}

/// Who holds the recovery lock.
#[derive(Debug, Serialize, JsonSchema)]
struct Lock {
    /// Its process.
    pid: u32,
    /// What it does.
    purpose: String,
    /// Since when.
    since: String,
    /// When the kernel ends it.
    until: String,
}

/// What is remembered of one service.
#[derive(Debug, Serialize, JsonSchema)]
struct Service {
    /// Its name, or `host`.
    name: String,
    /// Where it stood when a tick last looked.
    status: Level,
    /// One line for a person.
    summary: String,
    /// The process that it was last recognised as.
    pid: Option<i32>,
    /// Why it waits for a person.
    held: Option<Held>,
    /// A person wants it left alone, for so long.
    paused: Option<Paused>,
    /// The incident that is open.
    incident: Option<Incident>,
    /// What a tick would decide if it found the same.
    next: Option<Decision>,
    /// The budget that is used most.
    budget: Option<Budget>,
    /// Each budget of which something is used.
    budgets: Vec<Budget>,
    /// Its last acts, newest first.
    acts: Vec<Act>,
    /// How often each rung would have been taken, were heal not only observing.
    would: Vec<Times>,
    /// That it is healed too often.
    alarm: Option<String>,
}

/// How many stops and starts are still allowed.
#[derive(Debug, Serialize, JsonSchema)]
struct Budget {
    /// The class of trouble that it is for.
    cause: Class,
    /// Allowed in the window.
    limit: u32,
    /// The window in milliseconds.
    window_ms: i64,
    /// Made in the window.
    used: u32,
    /// Milliseconds until another one is allowed; null while one is.
    free_in_ms: Option<i64>,
}

/// One act of the past.
#[derive(Debug, Serialize, JsonSchema)]
struct Act {
    /// When it was begun.
    at: Time,
    /// The rung.
    rung: String,
    /// How it ended; null while nobody knows.
    outcome: Option<Outcome>,
    /// The rule and the finding behind it.
    why: String,
    /// What was seen afterwards.
    detail: String,
}

/// The answer.
#[must_use]
pub fn told(status: &Status) -> Told {
    let ticks = &status.ticks;
    let tick = |tick: &crate::model::status::Tick| Tick {
        at: tick.at.into(),
        exit_code: tick.exit_code,
        took_ms: tick.took_ms,
    };
    let undelivered = status.undelivered.iter().map(Waits::from);
    Told {
        project: status.project.clone(),
        host: status.host.clone(),
        at: status.at.into(),
        duration_ms: status.duration_ms,
        source: "memory",
        watchdog: Watchdog {
            late: ticks.late.clone(),
            last_tick_ago_ms: ticks.age_ms,
            expected_every_ms: ticks.expected.map(Span::millis),
            ticks: ticks.last.iter().map(tick).collect(),
        },
        lock: status.holder.as_ref().map(|held| Lock {
            pid: held.pid,
            purpose: held.purpose.clone(),
            since: held.since.clone(),
            until: held.until.clone(),
        }),
        services: status.services.iter().map(service).collect(),
        undelivered: undelivered.collect(),
        unfinished: status.unfinished.clone(),
        warnings: status.warnings.clone(),
    }
}

fn service(one: &Remembered) -> Service {
    let act = |act: &crate::model::status::PastAct| Act {
        at: act.at.into(),
        rung: act.rung.clone(),
        outcome: act.outcome,
        why: act.why.clone(),
        detail: act.detail.clone(),
    };
    Service {
        name: one.name.clone(),
        status: one.level,
        summary: one.summary.clone(),
        pid: one.known.as_ref().map(|known| known.pid),
        held: one.held.as_ref().map(Into::into),
        paused: one.paused.as_ref().map(Into::into),
        incident: one.trouble.as_ref().map(Into::into),
        next: one.next.as_ref().map(decision),
        budget: one.budget.map(budget),
        budgets: one.budgets.iter().copied().map(budget).collect(),
        acts: one.acts.iter().map(act).collect(),
        would: times(one.would.iter().map(|(rung, count)| (rung, count))),
        alarm: one.alarm.clone(),
    }
}

fn budget(budget: status::Budget) -> Budget {
    Budget {
        cause: budget.cause,
        limit: budget.limit.count,
        window_ms: budget.limit.per.millis(),
        used: budget.used,
        free_in_ms: budget.free_in_ms,
    }
}
