//! Was the age of a file distorted? A clock that was set, a machine that slept, a gap between ticks: for a while, what looks
//! old says nothing about the service (FAILURES F20).

use serde::{Deserialize, Serialize};

use super::event::Moment;
use super::units::{Span, span_text};

/// Two clocks that differ by less than this were not set; the kernel's own corrections are far smaller.
const JUMP_MS: i64 = 5_000;

/// A gap of more ticks than this means that the machine slept, or that nobody ticked (DESIGN §6).
const GAP_TICKS: u32 = 3;

/// No limit of freshness that anybody waits out after a disturbance is longer.
const KEPT_MS: i64 = 24 * 3_600_000;

/// More of them than this in a day are no longer told apart.
const MOST: usize = 8;

/// A pause longer than this, where heal runs every `tick`, means that nobody looked in between.
#[must_use]
pub fn gap(tick: Span) -> Span {
    tick.times(GAP_TICKS)
}

/// Something that makes files look older than they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disturbance {
    /// When it was noticed; it happened before.
    pub seen: Moment,
    /// By how much at most.
    pub by_ms: i64,
    /// Why nothing is judged.
    pub why: String,
}

/// One reading of all clocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The wall clock and the clock of the boot.
    #[serde(flatten)]
    pub moment: Moment,
    /// How long this boot has slept. Unknown to stamps of older versions.
    #[serde(default)]
    pub suspended_ms: Option<i64>,
}

impl Reading {
    /// What disturbed the time from this reading to the next. Without a `tick` nobody says how often heal runs, and a gap
    /// means nothing.
    #[must_use]
    pub fn disturbed(&self, next: &Self, tick: Option<Span>) -> Option<Disturbance> {
        let (before, now) = (&self.moment, &next.moment);
        let passed = now.since(before);
        let gap = tick.is_some_and(|tick| passed > gap(tick).millis());
        let same_boot = before.boot == now.boot;
        let slept = self.suspended_ms.zip(next.suspended_ms).filter(|_| same_boot);
        let slept = slept.map_or(0, |(before, now)| now.saturating_sub(before));
        // Within a boot both clocks have to have gone equally far.
        let (wall, up) = ((now.at - before.at).num_milliseconds(), now.up.saturating_sub(before.up));
        let set = if same_boot { wall.saturating_sub(up).saturating_abs() } else { 0 };
        let (by_ms, why) = if gap {
            (passed, format!("the first look for {}, the machine may have slept", span_text(passed)))
        } else if slept > JUMP_MS {
            (slept, format!("the machine slept for {}", span_text(slept)))
        } else if set > JUMP_MS {
            (0, format!("the clock was set by {}", span_text(set)))
        } else {
            return None;
        };
        let by_ms = by_ms.saturating_add(if set > JUMP_MS { set } else { 0 });
        Some(Disturbance { seen: now.clone(), by_ms, why: format!("not judged: {why}") })
    }
}

/// Those that may still matter, with one more.
#[must_use]
pub fn keep(mut all: Vec<Disturbance>, more: Option<Disturbance>, now: &Moment) -> Vec<Disturbance> {
    all.extend(more);
    all.retain(|one| now.since(&one.seen) <= KEPT_MS);
    let surplus = all.len().saturating_sub(MOST);
    all.drain(..surplus);
    all
}

/// What may be added to the limit for a signal of this age, and why. After `limit` of undisturbed time whoever lives has
/// written again, so nothing is excused any more.
#[must_use]
pub fn excuse<'d>(all: &'d [Disturbance], age_ms: i64, limit: Span, now: &Moment) -> Option<(i64, &'d str)> {
    let mut since = all.iter().filter(|one| now.since(&one.seen) < age_ms).peekable();
    since.peek()?;
    let last = all.last().filter(|last| now.since(&last.seen) <= limit.millis())?;
    Some((since.fold(0, |sum: i64, one| sum.saturating_add(one.by_ms)), last.why.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stamp;

    fn reading(wall: i64, up: i64, slept: i64, boot: &str) -> Reading {
        let at = Stamp::from_timestamp(1_700_000_000 + wall, 0).unwrap_or_default();
        let moment = Moment { at, up: up * 1_000, boot: boot.to_owned() };
        Reading { moment, suspended_ms: Some(slept * 1_000) }
    }

    #[test]
    fn a_clock_that_was_set_and_a_sleep_are_noticed_and_an_hour_by_hand_is_not() {
        let minute = Some(Span::secs(60));
        let before = reading(0, 0, 0, "a");
        let table = [
            (reading(60, 60, 0, "a"), None, None),
            (reading(64, 60, 0, "a"), None, None),                    // corrected
            (reading(3_660, 60, 0, "a"), None, Some(3_600)),          // set ahead
            (reading(-3_540, 60, 0, "a"), None, Some(3_600)),         // set back
            (reading(3_600, 3_600, 0, "a"), None, None),              // run by hand, whenever
            (reading(3_600, 3_600, 0, "a"), minute, Some(3_600)),     // nobody ticked
            (reading(3_600, 3_600, 3_000, "a"), None, Some(3_000)),   // slept
            (reading(3_600, 3_600, 3_000, "a"), minute, Some(3_600)), // the gap holds the sleep
            (reading(10_800, 3_600, 3_000, "a"), None, Some(10_200)), // and was set afterwards
            (reading(60, 5, 9, "b"), minute, None),                   // another boot
        ];
        for (next, tick, expected) in table {
            let found = before.disturbed(&next, tick).map(|one| one.by_ms / 1_000);
            assert_eq!(found, expected, "{next:?} {tick:?}");
        }
        let silent = Reading { suspended_ms: None, ..before };
        assert_eq!(silent.disturbed(&reading(3_600, 3_600, 3_000, "a"), None), None, "an older stamp");
    }

    #[test]
    fn an_excuse_holds_for_what_is_older_and_for_one_limit() {
        let limit = Span::secs(300);
        let all = [Disturbance { seen: reading(0, 0, 0, "a").moment, by_ms: 3_600_000, why: "w".to_owned() }];
        // Seconds after it was seen, age of the signal, excused?
        for (now, age, excused) in [(0, 3_700, true), (200, 100, false), (200, 3_900, true), (301, 4_000, false)] {
            let got = excuse(&all, age * 1_000, limit, &reading(now, now, 0, "a").moment);
            assert_eq!(got.map(|(by, _)| by), excused.then_some(3_600_000), "{now} {age}");
        }
        let later = reading(90_000, 90_000, 0, "a").moment;
        assert_eq!(keep(all.to_vec(), None, &later), []);
    }
}
