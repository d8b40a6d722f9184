//! What is done about an unhealthy service? Class to rung, one rung at a time, within the budget, with slow retries after the last.

use super::budget::{budget, of_own};
use crate::model::event::Moment;
use crate::model::report::{Decision, Level, Refusal, Standing};
use crate::model::units::span_text;
use crate::model::{Class, Event, Rules, Service, ServiceHistory, Span};

/// How often a rung is tried within one incident before the next one (DESIGN §6).
const ATTEMPTS: u32 = 1;

/// After the ladder: `restart` alone again after these pauses, the last one for ever (DESIGN §6, level 5).
const RETRIES: [Span; 3] = [Span::secs(30 * 60), Span::secs(2 * 3600), Span::secs(6 * 3600)];

/// The rung that takes code back.
const REVERT: &str = "revert";

/// The decision about one service. `built` names the rungs that heal brings along; all of them stop or start something.
#[must_use]
pub fn decide(service: &Service, standing: &Standing, past: &ServiceHistory, built: &[&str], now: &Moment) -> Decision {
    let why = standing.summary.clone();
    match standing.level {
        Level::Disabled | Level::Healthy => return Decision::Nothing,
        level if guard!("who is left alone is left alone", level == Level::LeftAlone) => return Decision::Nothing,
        level if guard!("who is starting gets its time", level == Level::Starting) => return Decision::Wait { why },
        level if guard!("a warning is no reason to act", level == Level::Degraded) => return Decision::Wait { why },
        level if guard!("who waits for another is not acted upon", level == Level::Blocked) => {
            return Decision::Wait { why };
        }
        level if guard!("unknown never acts", level == Level::Unknown) => {
            return Decision::Wait { why: format!("unknown: {why}") };
        }
        _ => {}
    }
    if let Some((since, reason)) = past.held.as_ref().filter(|_| guard!("what is held waits for a person", true)) {
        let ago = span_text(now.since(since));
        let why = format!("held for {ago}: {reason}; `heal release {}` when it is put right", service.name);
        return Decision::Refuse { by: Refusal::Held, why };
    }
    let class = standing.class.unwrap_or(Class::Resource);
    if guard!("what no restart cures is held", class == Class::Permanent) {
        return Decision::Hold { why };
    }
    let ladder = Ladder::of(service, class, built);
    if ladder.rungs.is_empty() && !matches!(class, Class::Dead | Class::Hung) {
        return Decision::Helpless { why: "a restart would not cure this".to_owned() };
    }
    if ladder.rungs.is_empty() && !service.is_startable() {
        return Decision::Helpless { why: "it has no `start` and no `unit`; heal only observes it".to_owned() };
    }
    if let Some(wait) = cooldown(&service.rules, past, now) {
        return Decision::Wait { why: wait };
    }
    let incident = past.incident.as_ref();
    let tried = |rung: &str| incident.and_then(|incident| incident.tries.get(rung)).copied().unwrap_or(0);
    let spent_of = |rung: &str| guard!("a rung that did not help gives way", tried(rung) >= ATTEMPTS);
    let untried: Vec<&str> = ladder.rungs.iter().copied().filter(|rung| !spent_of(rung)).collect();
    // A rung of one's own that was taken too often is passed over; there may be a better one above it.
    let open = |rung: &&&str| !ladder.is_own(rung) || spent(service, rung, class, past, now).is_none();
    let mut left = untried.iter().filter(open).copied();
    let (rung, next) = match left.next() {
        Some(rung) => (rung, left.next()),
        // What cured it before, if not for long, is not replaced by doing nothing (FAILURES F7): the budget is the limit.
        None => match ladder.rungs.iter().find(|rung| incident.is_some_and(|incident| incident.cured.contains(**rung)))
        {
            Some(rung) => (*rung, None),
            None => match retry(&ladder, past, now) {
                Ok(rung) => (rung, None),
                Err(why) => return Decision::Refuse { by: Refusal::Ladder, why },
            },
        },
    };
    if let Some(why) = spent(service, rung, class, past, now) {
        return Decision::Refuse { by: Refusal::Budget, why };
    }
    Decision::Act { rung: rung.to_owned(), cause: class, why, next: next.map(str::to_owned) }
}

/// What a tick writes down about a service after it has treated it: that it is healed too often (`alarm`, under this id), or no
/// longer, and that an incident has nothing left to try: it turns to its slow retries from here on.
#[must_use]
pub fn concluded(
    service: &str,
    decision: Option<&Decision>,
    alarm: Option<&str>,
    past: &ServiceHistory,
    id: &str,
) -> Vec<Event> {
    let mut events = Vec::new();
    let name = || service.to_owned();
    match (alarm, &past.frequent) {
        (Some(summary), None) => {
            events.push(Event::Frequent { service: name(), incident: id.to_owned(), summary: summary.to_owned() });
        }
        (None, Some(_)) => events.push(Event::Calm { service: name() }),
        _ => {}
    }
    let lasts = past.incident.as_ref().is_some_and(|incident| incident.exhausted.is_none());
    if let Some(Decision::Refuse { by: Refusal::Ladder, why }) = decision.filter(|_| lasts) {
        events.push(Event::Exhausted { service: name(), why: why.clone() });
    }
    events
}

/// The rungs that may be taken for a class of trouble, mildest first.
struct Ladder<'a> {
    service: &'a Service,
    rungs: Vec<&'a str>,
}

impl<'a> Ladder<'a> {
    /// The class picks the entry (DESIGN §6): of the rungs that heal brings along those below it are left out, and of
    /// one's own those that are for another class. A ladder without the entry is climbed from its foot.
    fn of(service: &'a Service, class: Class, built: &[&str]) -> Self {
        let ladder: Vec<&str> = service.rules.ladder.iter().map(String::as_str).collect();
        let entry = match class {
            Class::Dead => Some("restart"),
            Class::Hung => Some("stop-stale"),
            _ => None,
        };
        let foot = entry.and_then(|entry| ladder.iter().position(|rung| *rung == entry)).unwrap_or(0);
        let fits = |(place, rung): &(usize, &str)| match service.remedies.get(*rung) {
            Some(own) => own.on.contains(&class),
            None => {
                let useless = guard!("what a restart would not cure is not restarted", entry.is_none());
                let below = guard!("the class picks the rung", *place < foot);
                !useless && !below && built.contains(rung) && service.is_startable()
            }
        };
        let rungs = ladder.into_iter().enumerate().filter(fits).map(|(_, rung)| rung).collect();
        Self { service, rungs }
    }

    fn is_own(&self, rung: &str) -> bool {
        self.service.remedies.contains_key(rung)
    }
}

/// The slow retry after the last rung: the rung, or when it is due.
fn retry<'l>(ladder: &Ladder<'l>, past: &ServiceHistory, now: &Moment) -> Result<&'l str, String> {
    let rungs = &ladder.rungs;
    let Some(rung) = rungs.iter().copied().find(|rung| *rung == "restart").or_else(|| rungs.first().copied()) else {
        return Err("its ladder has no rung that heal can take".to_owned());
    };
    let retries = past.incident.as_ref().map_or(0, |incident| incident.retries);
    let pause = RETRIES[usize::try_from(retries).unwrap_or(usize::MAX).min(RETRIES.len() - 1)];
    let since = past.acts.last().map(|act| now.since(&act.when)).unwrap_or_default();
    if !guard!("after the ladder there are long pauses", since < pause.millis()) {
        return Ok(rung);
    }
    let left = span_text(pause.millis() - since);
    Err(format!("every rung was tried; `{rung}` is tried again in {left}"))
}

fn cooldown(rules: &Rules, past: &ServiceHistory, now: &Moment) -> Option<String> {
    let since = now.since(&past.acts.last()?.when);
    let left = rules.restart_delay.millis() - since;
    guard!("an act waits for restart_delay", left > 0).then(|| format!("restart_delay: {} to go", span_text(left)))
}

/// Is the budget spent that this rung is paid from? When the next act is possible, if so.
fn spent(service: &Service, rung: &str, class: Class, past: &ServiceHistory, now: &Moment) -> Option<String> {
    // Taking code back has a limit of its own, which is asked when the commit is drafted (DESIGN §6).
    if rung == REVERT {
        return None;
    }
    let own = service.remedies.contains_key(rung);
    let budget = if own { of_own(service, rung, class, past, now) } else { budget(service, class, past, now) };
    let left = span_text(budget.free_in_ms.filter(|_| guard!("a budget is a limit", true))?);
    Some(format!("the budget of {} is spent; the next act is possible in {left}", budget.limit))
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
