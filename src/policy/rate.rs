//! Is it healed too often? What has to be healed again and again is not well, however well each cure went.

use super::budget::all_over;
use crate::model::event::Moment;
use crate::model::{Outcome, Rate, ServiceHistory};

/// How often the service was healed within the window, if that is more than the rate allows. Healing goes on all the same:
/// an alarm never replaces a cure that works (FAILURES F7).
fn too_often(past: &ServiceHistory, rate: Rate, now: &Moment) -> Option<u32> {
    let window = rate.per.millis();
    let late = past.acts.iter().rev().take_while(|act| !all_over(&act.when, window, now));
    let healed = late.filter(|act| act.outcome == Some(Outcome::Healed));
    let count = healed.filter(|act| now.since(&act.when) < window).count();
    u32::try_from(count).ok().filter(|count| guard!("healing too often is an alarm", *count > rate.count))
}

/// That it is healed too often, in words, if it is.
#[must_use]
pub fn alarm(past: &ServiceHistory, rate: Option<Rate>, now: &Moment) -> Option<String> {
    let rate = rate?;
    let count = too_often(past, rate, now)?;
    Some(format!("healed {count} times within {}, and {rate} is the most that `heal_rate` takes for normal", rate.per))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stamp;
    use crate::model::history::Act;

    fn at(minute: i64) -> Moment {
        let at = Stamp::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap_or_default();
        Moment { at, up: minute * 60_000, boot: "boot".to_owned() }
    }

    #[test]
    fn only_cures_within_the_window_count() {
        let rate: Rate = "3 per 1h".parse().expect("a rate");
        let act = |(minute, outcome): (i64, Outcome)| Act {
            when: at(minute),
            rung: "restart".to_owned(),
            cause: None,
            outcome: Some(outcome),
        };
        let past = |acts: &[(i64, Outcome)]| ServiceHistory {
            acts: acts.iter().copied().map(act).collect(),
            ..ServiceHistory::default()
        };
        let healed = [0, 10, 20, 30].map(|minute| (minute, Outcome::Healed));
        assert_eq!(too_often(&past(&healed[..3]), rate, &at(30)), None);
        assert_eq!(too_often(&past(&healed), rate, &at(30)), Some(4));
        assert_eq!(too_often(&past(&healed), rate, &at(60)), None);
        let failed = [0, 10, 20, 30].map(|minute| (minute, Outcome::Failed));
        assert_eq!(too_often(&past(&failed), rate, &at(30)), None);
    }
}
