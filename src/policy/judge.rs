//! Where does a service stand, and what does that do to its incident? Thresholds, grace, and the beginning and end of trouble.

use crate::model::event::Moment;
use crate::model::report::{Level, Standing};
use crate::model::units::span_text;
use crate::model::{Class, Event, Finding, Incident, Rules, ServiceHistory, Severity, Verdict};

/// A watchdog that cannot see is itself in trouble: after this many looks in a row somebody is told. Three is the number
/// that watchdogs in the field wait for before they believe a failure (FAILURES, "default numbers").
const UNSEEN_AFTER: u32 = 3;

/// What one run saw of one service.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// What the probes found.
    pub findings: &'a [Finding],
    /// How long its process has been running, in milliseconds.
    pub process_age_ms: Option<i64>,
    /// `fail_after` of a probe, by its name.
    pub threshold: &'a dyn Fn(&str) -> u32,
}

/// Where the service stands. `past` is its history before this look.
#[must_use]
pub fn judge(look: Look<'_>, rules: &Rules, past: &ServiceHistory) -> Standing {
    let mut standing = Standing { level: Level::Healthy, class: None, summary: String::new() };
    let mut looked = false;
    for finding in look.findings {
        let (level, class, why) = match finding.verdict {
            // What was bad in this trouble is not well because nobody asked: `process` alone is no recovery.
            Verdict::Skipped if past.incident.as_ref().is_some_and(|one| one.bad.contains(finding.probe())) => {
                (Level::Starting, None, String::new())
            }
            Verdict::Skipped => continue,
            Verdict::Unknown => (Level::Unknown, None, String::new()),
            Verdict::Healthy | Verdict::Unhealthy(Severity::Info, _) => {
                looked = true;
                continue;
            }
            Verdict::Unhealthy(severity, class) => {
                let (level, why) = weigh(look, rules, past, finding, severity, class);
                (level, Some(class), why)
            }
        };
        looked = true;
        // Of several, the worst speaks; among equals the class that says more about the process, then the first.
        if level > standing.level || (level == standing.level && class > standing.class) {
            // "app: not running" says it all; of the others the name says who complains.
            let speaker = if finding.kind == "process" { String::new() } else { format!("{}: ", finding.probe()) };
            let summary = format!("{speaker}{}{why}", finding.summary);
            standing = Standing { level, class, summary };
        }
    }
    if !looked {
        // No data is not health.
        let why = look.findings.first().map_or("nothing is looked at", |finding| finding.summary.as_str());
        return Standing { level: Level::Unknown, class: None, summary: why.to_owned() };
    }
    standing
}

fn weigh(
    look: Look<'_>,
    rules: &Rules,
    past: &ServiceHistory,
    finding: &Finding,
    severity: Severity,
    class: Class,
) -> (Level, String) {
    // A young process that does not answer yet is starting; one that is not there never is.
    if class == Class::Hung
        && let Some(age) = look.process_age_ms
        && age < rules.startup_grace.millis()
    {
        return (Level::Starting, format!(" (starting, {} of {})", span_text(age), rules.startup_grace));
    }
    let needed = (look.threshold)(finding.probe()).max(1);
    let count = past.fails.get(finding.probe()).copied().unwrap_or(0).saturating_add(1);
    if count < needed {
        return (Level::Degraded, format!(" ({count} of {needed})"));
    }
    let level = if severity == Severity::Critical { Level::Unhealthy } else { Level::Degraded };
    (level, String::new())
}

/// The events that this look adds to the history: counters, and the beginning or end of an incident. Nothing for a
/// service that is well and was well.
#[must_use]
pub fn follow(
    service: &str,
    standing: &Standing,
    findings: &[Finding],
    rules: &Rules,
    past: &ServiceHistory,
    now: &Moment,
    new_id: &str,
) -> Vec<Event> {
    let mut events = Vec::new();
    // It was well when last seen, and for longer than an incident lives on: nobody ticked in between (`check || heal`).
    // What is wrong now is another incident, and begins at the foot of the ladder.
    let stable = |since: &Moment| now.since(since) >= rules.stable_for.millis();
    let over = past
        .incident
        .as_ref()
        .zip(past.good_since.as_ref())
        .filter(|(_, since)| matches!(standing.level, Level::Unhealthy | Level::Degraded) && stable(since));
    if let Some((incident, since)) = over {
        events.push(closed(service, incident, since));
    }
    let incident = past.incident.as_ref().filter(|_| over.is_none());
    let starting = standing.level == Level::Starting;
    let named = |pick: fn(&Finding) -> bool| -> Vec<String> {
        findings.iter().filter(|finding| pick(finding)).map(|finding| finding.probe().to_owned()).collect()
    };
    // What is forgiven inside the grace is not counted against the service after it.
    let bad = if starting { Vec::new() } else { named(Finding::is_bad) };
    let good = if starting { Vec::new() } else { named(|finding| finding.verdict == Verdict::Healthy) };
    let unseen = standing.level == Level::Unknown;
    if !bad.is_empty() || !past.fails.is_empty() || past.incident.is_some() || unseen || past.unseen_looks > 0 {
        events.push(Event::Observed { service: service.to_owned(), bad, good, unseen });
    }
    let blind = unseen && past.unseen_looks.saturating_add(1) >= UNSEEN_AFTER;
    match (incident, standing.level) {
        (None, level) if level == Level::Unhealthy || blind => events.push(Event::Opened {
            service: service.to_owned(),
            incident: new_id.to_owned(),
            class: standing.class.unwrap_or(Class::Unknown),
            summary: standing.summary.clone(),
        }),
        (Some(incident), Level::Healthy) => {
            let looks = past.good_looks.saturating_add(1);
            let since = past.good_since.as_ref().unwrap_or(now);
            if looks >= rules.recover_after && stable(since) {
                events.push(closed(service, incident, since));
            }
        }
        _ => {}
    }
    events
}

fn closed(service: &str, incident: &Incident, well_since: &Moment) -> Event {
    let downtime_ms = well_since.since(&incident.opened);
    Event::Closed { service: service.to_owned(), incident: incident.id.clone(), downtime_ms }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
