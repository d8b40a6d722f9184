//! What does a program read of `heal status`? The frozen v1 view, in its own types.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{level, outcome};
use crate::model::report::{Decision, Refusal};
use crate::model::rfc3339;
use crate::model::status::{Remembered, Status};

#[derive(Serialize)]
struct View<'s> {
    project: &'s str,
    host: &'s str,
    at: String,
    duration_ms: u64,
    /// Always `memory`: nothing was looked at.
    source: &'static str,
    watchdog: Watchdog<'s>,
    lock: Option<Lock<'s>>,
    services: Vec<Service<'s>>,
    undelivered: Vec<Undelivered<'s>>,
    unfinished: &'s [String],
    warnings: &'s [String],
}

#[derive(Serialize)]
struct Watchdog<'s> {
    /// Why it is said to stand still.
    late: Option<&'s str>,
    last_tick_ago_ms: Option<i64>,
    expected_every_ms: Option<i64>,
    ticks: Vec<Tick>,
}

#[derive(Serialize)]
struct Tick {
    at: String,
    exit_code: u8,
    took_ms: u64,
}

#[derive(Serialize)]
struct Lock<'s> {
    pid: u32,
    purpose: &'s str,
    since: &'s str,
    until: &'s str,
}

#[derive(Serialize)]
struct Service<'s> {
    name: &'s str,
    status: &'static str,
    summary: &'s str,
    /// The process that it was last recognised as.
    pid: Option<i32>,
    held: Option<Held<'s>>,
    incident: Option<Incident<'s>>,
    next: Option<Next<'s>>,
    budget: Option<Budget>,
    acts: Vec<Act<'s>>,
    would: Vec<Times<'s>>,
}

#[derive(Serialize)]
struct Held<'s> {
    since: String,
    reason: &'s str,
}

#[derive(Serialize)]
struct Incident<'s> {
    id: &'s str,
    opened: String,
    age_ms: i64,
    class: crate::model::Class,
    summary: &'s str,
    tried: Vec<Times<'s>>,
    exhausted: Option<String>,
    well_for_ms: Option<i64>,
}

#[derive(Serialize)]
struct Times<'s> {
    rung: &'s str,
    count: u32,
}

#[derive(Serialize)]
struct Next<'s> {
    #[serde(rename = "do")]
    kind: &'static str,
    rung: Option<&'s str>,
    by: Option<&'static str>,
    why: Option<&'s str>,
}

#[derive(Serialize)]
struct Budget {
    limit: u32,
    window_ms: i64,
    used: u32,
    free_in_ms: Option<i64>,
}

#[derive(Serialize)]
struct Act<'s> {
    at: String,
    rung: &'s str,
    outcome: Option<&'static str>,
    why: &'s str,
    detail: &'s str,
}

#[derive(Serialize)]
struct Undelivered<'s> {
    channel: &'s str,
    service: &'s str,
    notice: crate::model::event::Notice,
}

/// The fields of the answer, below the envelope.
#[must_use]
pub fn fields(status: &Status) -> Map<String, Value> {
    let ticks = &status.ticks;
    let tick = |tick: &crate::model::status::Tick| Tick {
        at: rfc3339(tick.at),
        exit_code: tick.exit_code,
        took_ms: tick.took_ms,
    };
    let view = View {
        project: &status.project,
        host: &status.host,
        at: rfc3339(status.at),
        duration_ms: status.duration_ms,
        source: "memory",
        watchdog: Watchdog {
            late: ticks.late.as_deref(),
            last_tick_ago_ms: ticks.age_ms,
            expected_every_ms: ticks.expected.map(crate::model::Span::millis),
            ticks: ticks.last.iter().map(tick).collect(),
        },
        lock: status.holder.as_ref().map(|held| Lock {
            pid: held.pid,
            purpose: &held.purpose,
            since: &held.since,
            until: &held.until,
        }),
        services: status.services.iter().map(service).collect(),
        undelivered: status
            .undelivered
            .iter()
            .map(|one| Undelivered { channel: &one.channel, service: &one.service, notice: one.notice })
            .collect(),
        unfinished: &status.unfinished,
        warnings: &status.warnings,
    };
    match serde_json::to_value(view) {
        Ok(Value::Object(fields)) => fields,
        // Plain data with text for keys always is an object.
        _ => Map::new(),
    }
}

fn service(one: &Remembered) -> Service<'_> {
    Service {
        name: &one.name,
        status: level(one.level),
        summary: &one.summary,
        pid: one.known.as_ref().map(|known| known.pid),
        held: one.held.as_ref().map(|(since, reason)| Held { since: rfc3339(*since), reason }),
        incident: one.trouble.as_ref().map(|trouble| Incident {
            id: &trouble.id,
            opened: rfc3339(trouble.opened),
            age_ms: trouble.age_ms,
            class: trouble.class,
            summary: &trouble.summary,
            tried: counts(&trouble.tried),
            exhausted: trouble.exhausted.map(rfc3339),
            well_for_ms: trouble.well_ms,
        }),
        next: one.next.as_ref().map(next),
        budget: one.budget.map(|budget| Budget {
            limit: budget.limit.count,
            window_ms: budget.limit.per.millis(),
            used: budget.used,
            free_in_ms: budget.free_in_ms,
        }),
        acts: one
            .acts
            .iter()
            .map(|act| Act {
                at: rfc3339(act.at),
                rung: &act.rung,
                outcome: act.outcome.map(outcome),
                why: &act.why,
                detail: &act.detail,
            })
            .collect(),
        would: counts(&one.would),
    }
}

fn counts(all: &[(String, u32)]) -> Vec<Times<'_>> {
    all.iter().map(|(rung, count)| Times { rung, count: *count }).collect()
}

fn next(decision: &Decision) -> Next<'_> {
    let says = |kind, rung, by, why| Next { kind, rung, by, why };
    match decision {
        Decision::Nothing => says("nothing", None, None, None),
        Decision::Wait { why } => says("wait", None, None, Some(why.as_str())),
        Decision::Act { rung, why, .. } => says("act", Some(rung.as_str()), None, Some(why.as_str())),
        Decision::Refuse { by, why } => {
            let by = match by {
                Refusal::Held => "held",
                Refusal::Budget => "budget",
                Refusal::Ladder => "ladder",
            };
            says("refuse", None, Some(by), Some(why.as_str()))
        }
        Decision::Helpless { why } => says("nothing-possible", None, None, Some(why.as_str())),
    }
}
