//! How many acts may heal still take, and when is the next one possible? For those who ask; deciding counts the same acts.

use crate::model::event::Moment;
use crate::model::history::Act;
use crate::model::status::Budget;
use crate::model::{Class, Rate, Service, ServiceHistory};

/// The budget of stops and starts for a class of trouble: each has one of its own, so that a crash loop leaves the cure of
/// a hang its own (FAILURES F7). A rung of the owner's own is paid from another one.
#[must_use]
pub fn budget(service: &Service, class: Class, past: &ServiceHistory, now: &Moment) -> Budget {
    let counts = |act: &&Act| !service.remedies.contains_key(&act.rung) && act.cause.is_none_or(|cause| cause == class);
    used(service.rules.restart_limit, class, past.acts.iter().filter(counts), now)
}

/// The budget that a rung of the owner's own has to itself.
pub(super) fn of_own(service: &Service, rung: &str, class: Class, past: &ServiceHistory, now: &Moment) -> Budget {
    let limit = service.remedies.get(rung).and_then(|own| own.limit).unwrap_or(service.rules.restart_limit);
    used(limit, class, past.acts.iter().filter(|act| act.rung == rung), now)
}

/// The budgets of a service, the one of which least is left first. Of what heal does by itself, only death and silence are
/// ever a reason.
#[must_use]
pub fn budgets(service: &Service, past: &ServiceHistory, now: &Moment) -> Vec<Budget> {
    let mut all = [Class::Dead, Class::Hung].map(|class| budget(service, class, past, now)).to_vec();
    all.sort_by_key(|budget| std::cmp::Reverse(budget.used));
    all
}

fn used<'a>(limit: Rate, cause: Class, acts: impl DoubleEndedIterator<Item = &'a Act>, now: &Moment) -> Budget {
    let (used, free_in_ms) = window(limit, acts.map(|act| &act.when), now);
    Budget { cause, limit, used, free_in_ms }
}

/// How many of these moments still count, and when the next one is possible if none is now.
pub(super) fn window<'a>(
    limit: Rate,
    acts: impl DoubleEndedIterator<Item = &'a Moment>,
    now: &Moment,
) -> (u32, Option<i64>) {
    let window = limit.per.millis();
    let ages = acts.rev().take_while(|when| !all_over(when, window, now)).map(|when| now.since(when));
    let mut left: Vec<i64> = ages.map(|age| window - age).filter(|left| *left > 0).collect();
    left.sort_unstable();
    let count = usize::try_from(limit.count).unwrap_or(usize::MAX);
    // As many have to leave the window as make room for one.
    let free_in_ms = left.len().checked_sub(count).and_then(|surplus| left.get(surplus).copied());
    (u32::try_from(left.len()).unwrap_or(u32::MAX), free_in_ms)
}

/// Is this so long ago, and all that was before it, that it cannot be within the window? Only the clock of this boot can say
/// that: by the wall clock what was before may be younger.
pub(super) fn all_over(when: &Moment, window: i64, now: &Moment) -> bool {
    if when.boot == now.boot { now.up.saturating_sub(when.up) >= window } else { now.up >= window }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Span, Stamp};

    fn at(minute: i64) -> Moment {
        let at = Stamp::from_timestamp(minute * 60, 0).unwrap_or_default();
        Moment { at, up: minute * 60_000, boot: "b".to_owned() }
    }

    #[test]
    fn what_left_the_window_counts_no_more() {
        let mut service = Service::named("bot");
        service.rules.restart_limit = Rate { count: 3, per: Span::secs(3_600) };
        // Minutes of the acts, now; used, minutes until one is free.
        let table: [(&[i64], i64, u32, Option<i64>); 7] = [
            (&[], 100, 0, None),
            (&[90, 95], 100, 2, None),
            (&[80, 90, 95], 100, 3, Some(40)),
            (&[39, 80, 90, 95], 100, 3, Some(40)),
            (&[40, 80, 90, 95], 100, 3, Some(40)),
            // The limit was lowered since: two have to leave.
            (&[70, 80, 90, 95], 100, 4, Some(40)),
            (&[80, 90, 95], 140, 2, None),
        ];
        for (acts, now, used, free) in table {
            let act = |minute: &i64| Act { when: at(*minute), rung: "restart".to_owned(), cause: None, outcome: None };
            let past = ServiceHistory { acts: acts.iter().map(act).collect(), ..ServiceHistory::default() };
            let budget = budget(&service, Class::Dead, &past, &at(now));
            assert_eq!((budget.used, budget.free_in_ms.map(|ms| ms / 60_000)), (used, free), "{acts:?} {now}");
        }
    }
}
