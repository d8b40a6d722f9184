//! When were all processes last searched? A tick that finds each service's last known life running, and all well, need not
//! search for a second one every time. What the search buys: two that fit are noticed. So it is made at least every fifth
//! tick and every five minutes, whenever anything is not plainly well, whenever what is searched for was changed, and always
//! by who asks (`check`, a dry run); and nothing is ever done to anybody without it.

use serde::{Deserialize, Serialize};

use super::event::Moment;
use super::units::Span;

/// Ticks in a row without a search. With a tick a minute, a second process is noticed within five minutes.
const MOST_TICKS: u32 = 4;

/// However often heal runs: without a search for no longer than this.
const MOST: Span = Span::secs(5 * 60);

/// The last search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Searched {
    /// When.
    pub at: Moment,
    /// Ticks since then.
    pub ticks: u32,
    /// For what: a sum over all that services are recognised by.
    pub sought: u64,
}

impl Searched {
    /// A search that was just made.
    #[must_use]
    pub const fn now(at: Moment, sought: u64) -> Self {
        Self { at, ticks: 0, sought }
    }

    /// Does it still say enough to a tick that would search for this? Another boot is another world.
    #[must_use]
    pub fn suffices(&self, now: &Moment, sought: u64) -> bool {
        self.sought == sought
            && self.at.boot == now.boot
            && self.at.up <= now.up
            && self.ticks < MOST_TICKS
            && now.since(&self.at) < MOST.millis()
    }

    /// The same, one tick later.
    #[must_use]
    pub fn later(self) -> Self {
        Self { ticks: self.ticks.saturating_add(1), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Stamp;

    fn moment(seconds: i64, boot: &str) -> Moment {
        let at = Stamp::from_timestamp(1_700_000_000 + seconds, 0).unwrap_or_default();
        Moment { at, up: seconds * 1_000, boot: boot.to_owned() }
    }

    #[test]
    fn a_search_is_made_again_after_some_ticks_or_some_time_or_for_something_else() {
        let last = |ticks| Searched { at: moment(1_000, "a"), ticks, sought: 7 };
        let table = [
            ("a minute later", last(0), moment(1_060, "a"), 7, true),
            ("the fourth without", last(3), moment(1_240, "a"), 7, true),
            ("the fifth", last(4), moment(1_245, "a"), 7, false),
            ("long ago", last(0), moment(1_300, "a"), 7, false),
            ("a clock of the boot that went back", last(0), moment(999, "a"), 7, false),
            ("another boot", last(0), moment(1_060, "b"), 7, false),
            ("something else is searched for", last(0), moment(1_060, "a"), 8, false),
        ];
        for (what, last, now, sought, expected) in table {
            assert_eq!(last.suffices(&now, sought), expected, "{what}");
        }
        assert_eq!(last(3).later(), last(4));
        assert_eq!(last(u32::MAX).later(), last(u32::MAX), "however long");
    }
}
