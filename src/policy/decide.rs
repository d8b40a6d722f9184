//! What is done about an unhealthy service? Class to rung, one rung at a time, within the budget, with slow retries after the last.

use crate::model::event::Moment;
use crate::model::report::{Decision, Level, Refusal, Standing};
use crate::model::units::span_text;
use crate::model::{Class, Incident, Rules, Service, ServiceHistory, Span};

/// How often a rung is tried within one incident before the next one (DESIGN §6).
const ATTEMPTS: u32 = 1;

/// After the ladder: `restart` alone again after these pauses, the last one for ever (DESIGN §6, level 5).
const RETRIES: [Span; 3] = [Span::secs(30 * 60), Span::secs(2 * 3600), Span::secs(6 * 3600)];

/// The rungs of a service's ladder that this version can take.
fn available<'r>(rules: &'r Rules, built: &[&str]) -> Vec<&'r str> {
    rules.ladder.iter().map(String::as_str).filter(|rung| built.contains(rung)).collect()
}

/// The decision about one service.
#[must_use]
pub fn decide(service: &Service, standing: &Standing, past: &ServiceHistory, built: &[&str], now: &Moment) -> Decision {
    let why = standing.summary.clone();
    match standing.level {
        Level::Disabled | Level::Healthy => return Decision::Nothing,
        Level::Starting | Level::Degraded => return Decision::Wait { why },
        // Unknown never acts.
        Level::Unknown => return Decision::Wait { why: format!("unknown: {why}") },
        Level::Unhealthy => {}
    }
    if let Some((since, reason)) = &past.held {
        let ago = span_text(now.since(since));
        let why = format!("held for {ago}: {reason}; `heal release {}` when it is put right", service.name);
        return Decision::Refuse { by: Refusal::Held, why };
    }
    let class = standing.class.unwrap_or(Class::Resource);
    if !matches!(class, Class::Dead | Class::Hung) {
        return Decision::Helpless { why: "a restart would not cure this".to_owned() };
    }
    if service.launch.is_none() {
        let why = if service.unit.is_some() {
            "its supervisor is not spoken to yet; heal only observes it"
        } else {
            "it has no `start`; heal only observes it"
        };
        return Decision::Helpless { why: why.to_owned() };
    }
    if let Some(wait) = cooldown(&service.rules, past, now) {
        return Decision::Wait { why: wait };
    }
    let ladder = available(&service.rules, built);
    let incident = past.incident.as_ref();
    let mut left = rungs_left(&ladder, class, incident);
    let (rung, next) = match left.next() {
        Some(rung) => (rung, left.next()),
        None => match proven(&ladder, class, incident).map_or_else(|| retry(&ladder, past, now), Ok) {
            Ok(rung) => (rung, None),
            Err(why) => return Decision::Refuse { by: Refusal::Ladder, why },
        },
    };
    if let Some(why) = spent(&service.rules, past, now) {
        return Decision::Refuse { by: Refusal::Budget, why };
    }
    Decision::Act { rung: rung.to_owned(), why, next: next.map(str::to_owned) }
}

/// From the entry rung of the class upwards, those not tried often enough.
fn rungs_left<'l>(
    ladder: &'l [&'l str],
    class: Class,
    incident: Option<&'l Incident>,
) -> impl Iterator<Item = &'l str> {
    let start = entry_index(ladder, class);
    let tried = move |rung: &str| incident.and_then(|incident| incident.tries.get(rung)).copied().unwrap_or(0);
    ladder[start..].iter().copied().filter(move |rung| tried(rung) < ATTEMPTS)
}

/// What cured it before, if not for long, is not replaced by doing nothing (FAILURES F7): the budget is the limit. A
/// ladder that was edited since may have no rung at all.
fn proven<'l>(ladder: &[&'l str], class: Class, incident: Option<&Incident>) -> Option<&'l str> {
    incident.filter(|incident| incident.cures > 0).and_then(|_| ladder.get(entry_index(ladder, class)).copied())
}

/// Where the ladder is entered. One's own ladder without that rung is climbed from its foot.
fn entry_index(ladder: &[&str], class: Class) -> usize {
    let entry = if class == Class::Dead { "restart" } else { "stop-stale" };
    ladder.iter().position(|rung| *rung == entry).unwrap_or(0)
}

/// The slow retry after the last rung: the rung, or when it is due.
fn retry<'l>(ladder: &[&'l str], past: &ServiceHistory, now: &Moment) -> Result<&'l str, String> {
    let Some(rung) = ladder.iter().copied().find(|rung| *rung == "restart").or_else(|| ladder.first().copied()) else {
        return Err("its ladder has no rung that heal can take".to_owned());
    };
    let retries = past.incident.as_ref().map_or(0, |incident| incident.retries);
    let pause = RETRIES[usize::try_from(retries).unwrap_or(usize::MAX).min(RETRIES.len() - 1)];
    let since = past.acts.last().map(|act| now.since(&act.when)).unwrap_or_default();
    if since >= pause.millis() {
        return Ok(rung);
    }
    let left = span_text(pause.millis() - since);
    Err(format!("every rung was tried; `{rung}` is tried again in {left}"))
}

fn cooldown(rules: &Rules, past: &ServiceHistory, now: &Moment) -> Option<String> {
    let since = now.since(&past.acts.last()?.when);
    let left = rules.restart_delay.millis() - since;
    (left > 0).then(|| format!("restart_delay: {} to go", span_text(left)))
}

fn spent(rules: &Rules, past: &ServiceHistory, now: &Moment) -> Option<String> {
    let limit = rules.restart_limit;
    let ages: Vec<i64> =
        past.acts.iter().map(|act| now.since(&act.when)).filter(|age| *age < limit.per.millis()).collect();
    if ages.len() < usize::try_from(limit.count).unwrap_or(usize::MAX) {
        return None;
    }
    let oldest = ages.first().copied().unwrap_or_default();
    Some(format!(
        "the budget of {limit} is spent; the next act is possible in {}",
        span_text(limit.per.millis() - oldest)
    ))
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
