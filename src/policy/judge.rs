//! Where does a service stand, and what does that do to its incident? Thresholds, grace, and the beginning and end of trouble.

use crate::model::event::Moment;
use crate::model::report::{Level, Standing};
use crate::model::threshold::Look as Before;
use crate::model::units::span_text;
use crate::model::{
    Class, Event, Finding, Identity, Incident, Rules, ServiceHistory, Severity, Sign, Span, Threshold, Verdict,
};

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
    pub threshold: &'a dyn Fn(&str) -> Threshold,
    /// A pause between looks that is longer than this ends every row of bad ones.
    pub gap: Option<Span>,
    /// When.
    pub now: &'a Moment,
    /// Which life was looked at, where that is known: what another one failed at is not held against it.
    pub life: Option<&'a Identity>,
}

impl Look<'_> {
    /// The looks at a probe before this one that are about the same life.
    fn before<'p>(&self, past: &'p ServiceHistory, probe: &str) -> &'p [Before] {
        // The history learns of a new life only when the tick writes it down.
        let anew = self.life.is_some_and(|life| past.known.as_ref() != Some(life));
        if guard!("a new life starts with clean counters", anew) {
            return &[];
        }
        past.looks.get(probe).map_or(&[], Vec::as_slice)
    }
}

/// Where the service stands. `past` is its history before this look.
#[must_use]
pub fn judge(look: Look<'_>, rules: &Rules, past: &ServiceHistory) -> Standing {
    let mut standing = Standing { level: Level::Healthy, class: None, summary: String::new() };
    let mut looked = false;
    for finding in look.findings {
        let (level, class, why) = match finding.verdict {
            // What was bad in this trouble is not well because nobody asked: `process` alone is no recovery.
            Verdict::Skipped
                if guard!(
                    "what was bad is not well for not being asked",
                    past.incident.as_ref().is_some_and(|one| one.bad.contains(finding.probe()))
                ) =>
            {
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
    // Who cannot start because of somebody else is not helped by being started again.
    let obstacle = |finding: &&Finding| {
        finding.sign == Sign::Obstacle
            && matches!(finding.verdict, Verdict::Unhealthy(Severity::Critical, Class::Resource))
    };
    if guard!("an obstacle is not started against", standing.class == Some(Class::Dead))
        && let Some(finding) = look.findings.iter().find(obstacle)
    {
        standing.class = Some(Class::Resource);
        standing.summary = format!("{}; {}: {}", standing.summary, finding.probe(), finding.summary);
    }
    if guard!("no data is not health", !looked) {
        // No data is not health.
        let why = look.findings.first().map_or("nothing is looked at", |finding| finding.summary.as_str());
        return Standing { level: Level::Unknown, class: None, summary: why.to_owned() };
    }
    standing
}

/// Where one finding puts the service, and what that is said with; nothing, for one that counts in full.
pub(super) fn weigh(
    look: Look<'_>,
    rules: &Rules,
    past: &ServiceHistory,
    finding: &Finding,
    severity: Severity,
    class: Class,
) -> (Level, String) {
    if let Some(age) = grace(look, rules, class) {
        return (Level::Starting, format!(" (starting, {} of {})", span_text(age), rules.startup_grace));
    }
    if let Some(witness) = quiet(look.findings, finding) {
        return (
            Level::Degraded,
            format!(" (quiet, but `{witness}` answers; with `heartbeat = true` silence alone would count)"),
        );
    }
    let needed = (look.threshold)(finding.probe());
    let before = after_grace(look, rules, class, look.before(past, finding.probe()));
    let count = needed.count(before, look.now, look.gap);
    if guard!("below its threshold is not at it", count < needed.bad) {
        return (Level::Degraded, format!(" ({count} of {})", needed.bad));
    }
    let level = if severity == Severity::Critical { Level::Unhealthy } else { Level::Degraded };
    (level, String::new())
}

/// A young process that does not answer yet is starting; one that is not there never is. Its age, if that is so.
fn grace(look: Look<'_>, rules: &Rules, class: Class) -> Option<i64> {
    let age = look.process_age_ms.filter(|age| *age < rules.startup_grace.millis())?;
    guard!("a young process is starting", class == Class::Hung).then_some(age)
}

/// The looks since this process was starting, if it was seen then: while nobody knew which process it is, nobody knew its age.
fn after_grace<'p>(look: Look<'_>, rules: &Rules, class: Class, before: &'p [Before]) -> &'p [Before] {
    let Some(age) = look.process_age_ms.filter(|_| class == Class::Hung) else { return before };
    let young = 0..rules.startup_grace.millis();
    let last = before.iter().rposition(|then| young.contains(&(age - look.now.since(&then.when))));
    last.map_or(before, |last| &before[last + 1..])
}

/// Silence is not evidence (DESIGN §6): who contradicts this finding, if it says no more than that nothing was written?
/// An observer of another kind that hears the service answer, while none of them does not.
fn quiet<'f>(findings: &'f [Finding], finding: &Finding) -> Option<&'f str> {
    if finding.sign != Sign::Trace || !matches!(finding.verdict, Verdict::Unhealthy(_, Class::Hung)) {
        return None;
    }
    let mut answers = findings.iter().filter(|other| other.sign == Sign::Answer && other.verdict != Verdict::Skipped);
    let all = answers.clone().all(|other| other.verdict == Verdict::Healthy);
    answers.next().filter(|_| guard!("silence is no evidence against who answers", all)).map(Finding::probe)
}

/// Where a service stands that a person wants to be left alone: whatever is wrong with it is said, and neither counted nor acted
/// upon. Says whether that makes a difference.
pub fn hands_off(standing: &mut Standing, paused: bool) -> bool {
    let is_off = guard!("what is paused is left alone", paused && standing.level > Level::LeftAlone);
    if is_off {
        standing.level = Level::LeftAlone;
        standing.summary.push_str(" (paused)");
    }
    is_off
}

/// Does the service not serve, be it below its threshold, or inside its grace? Whoever needs it need not look for another
/// cause of its own trouble.
#[must_use]
pub fn is_failing(findings: &[Finding]) -> bool {
    let critical = |finding: &&Finding| matches!(finding.verdict, Verdict::Unhealthy(Severity::Critical, class) if super::depend::downs(class));
    findings.iter().filter(critical).any(|finding| quiet(findings, finding).is_none())
}

/// The events that this look adds to the history: counters, and the beginning or end of an incident. Nothing for a
/// service that is well and was well.
#[must_use]
pub fn follow(
    service: &str,
    standing: &Standing,
    look: Look<'_>,
    rules: &Rules,
    past: &ServiceHistory,
    new_id: &str,
) -> Vec<Event> {
    let mut events = Vec::new();
    // It was well when last seen, and for longer than an incident lives on: nobody ticked in between (`check || heal`).
    // What is wrong now is another incident, and begins at the foot of the ladder.
    let stable = |since: &Moment| look.now.since(since) >= rules.stable_for.millis();
    // Who works without another one is well itself.
    let is_well = standing.level == Level::Healthy
        || (standing.level == Level::Degraded && !look.findings.iter().any(Finding::is_bad));
    let ails = matches!(standing.level, Level::Unhealthy | Level::Degraded) && !is_well;
    let over = past.incident.as_ref().zip(past.good_since.as_ref()).filter(|(_, since)| ails && stable(since));
    if let Some((incident, since)) = over {
        events.push(closed(service, incident, since));
    }
    let incident = past.incident.as_ref().filter(|_| over.is_none());
    events.extend(observed(service, standing, look, rules, past));
    let unseen = standing.level == Level::Unknown && past.unseen_looks.saturating_add(1) >= UNSEEN_AFTER;
    let blind = guard!("who cannot be seen is told of", unseen);
    match (incident, standing.level) {
        (None, level) if level == Level::Unhealthy || blind => events.push(Event::Opened {
            service: service.to_owned(),
            incident: new_id.to_owned(),
            class: standing.class.unwrap_or(Class::Unknown),
            summary: standing.summary.clone(),
        }),
        (Some(incident), _) if is_well => {
            let looks = past.good_looks.saturating_add(1);
            let since = past.good_since.as_ref().unwrap_or(look.now);
            let early = guard!("an incident ends after several good looks", looks < rules.recover_after)
                || guard!("an incident ends after a while of health", !stable(since));
            if !early {
                events.push(closed(service, incident, since));
            }
        }
        _ => {}
    }
    events.extend(super::warn::warn(service, standing, look, rules, past, new_id));
    events
}

/// What the counters are fed with, while there is anything to count.
fn observed(service: &str, standing: &Standing, look: Look<'_>, rules: &Rules, past: &ServiceHistory) -> Option<Event> {
    let (mut bad, mut good, mut passing) = (Vec::new(), Vec::new(), Vec::new());
    let unseen = standing.level == Level::Unknown;
    let open = past.incident.is_some() || past.warning.is_some();
    let counts = !past.looks.is_empty() || open || unseen || past.unseen_looks > 0;
    // Who is well and was well is what nearly every tick looks at.
    if !counts && !look.findings.iter().any(Finding::is_bad) {
        return None;
    }
    // What is forgiven inside the grace is not counted against the service after it; nor is what somebody else explains.
    let forgiven = matches!(standing.level, Level::Starting | Level::Blocked | Level::LeftAlone);
    if !guard!("what is forgiven is not counted", forgiven) {
        for finding in look.findings {
            let probe = finding.probe().to_owned();
            let looks = look.before(past, &probe);
            let young = |class| grace(look, rules, class).is_some();
            if matches!(finding.verdict, Verdict::Unhealthy(_, class) if young(class)) {
                // Forgiven, whatever else is wrong with the service at the same time.
            } else if finding.is_bad() && quiet(look.findings, finding).is_none() {
                bad.push(probe);
            } else if finding.verdict == Verdict::Healthy {
                let window = (look.threshold)(&probe).still_counts(looks, look.now);
                if window { passing.push(probe) } else { good.push(probe) }
            }
        }
    }
    // A probe that was taken out of heal.toml has nothing left to say.
    let gone = |probe: &&String| !look.findings.iter().any(|finding| finding.probe() == probe.as_str());
    good.extend(past.looks.keys().filter(gone).cloned());
    (counts || !bad.is_empty()).then(|| Event::Observed { service: service.to_owned(), bad, good, passing, unseen })
}

fn closed(service: &str, incident: &Incident, well_since: &Moment) -> Event {
    let downtime_ms = well_since.since(&incident.opened);
    Event::Closed { service: service.to_owned(), incident: incident.id.clone(), downtime_ms }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "judge_random_tests.rs"]
mod random_tests;
