//! When was that? By the wall clock, for people, and by the clock that nobody can set, for what is counted.

use serde::{Deserialize, Serialize};

use super::{Stamp, rfc3339};

/// When something happened, by the wall clock and by the clock that nobody can set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// Wall clock, UTC.
    #[serde(serialize_with = "as_rfc3339")]
    pub at: Stamp,
    /// Milliseconds since boot, suspended time included (CLOCK_BOOTTIME).
    pub up: i64,
    /// The boot that `up` counts from.
    pub boot: String,
}

fn as_rfc3339<S: serde::Serializer>(at: &Stamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*at))
}

impl Moment {
    /// Milliseconds from `earlier` to this moment. Within a boot the wall clock has no say (FAULTS 81). Across boots it has, and
    /// at least this boot lies between them: a clock that was set back neither empties a budget nor keeps it spent for as long as
    /// it was set back.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> i64 {
        let passed = if guard!("within a boot the wall clock has no say", self.boot == earlier.boot) {
            self.up.saturating_sub(earlier.up)
        } else {
            let passed = (self.at - earlier.at).num_milliseconds();
            // What happened in another boot is not younger than this one.
            if guard!("a clock set back stops nothing for good", passed < self.up) { self.up } else { passed }
        };
        passed.max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: i64, up: i64, boot: &str) -> Moment {
        let at = Stamp::from_timestamp(seconds, 0).unwrap_or_default();
        Moment { at, up, boot: boot.to_owned() }
    }

    #[test]
    fn ages_ignore_the_wall_clock_within_a_boot_and_are_never_negative() {
        let table = [
            (moment(100, 1_000, "a"), moment(160, 61_000, "a"), 60_000),
            (moment(100, 1_000, "a"), moment(-9_000, 61_000, "a"), 60_000), // the wall clock was set back
            (moment(100, 99_000, "a"), moment(160, 1_000, "b"), 60_000),    // a reboot
            // A reboot and a clock set back: what was done in the boot before is at least as old as this one.
            (moment(900, 99_000, "a"), moment(160, 1_000, "b"), 1_000),
            (moment(34_560_000, 99_000, "a"), moment(160, 3_600_000, "b"), 3_600_000),
            (moment(100, i64::MIN, "a"), moment(160, 61_000, "a"), i64::MAX), // a line that nobody wrote so
        ];
        for (earlier, later, expected) in table {
            assert_eq!(later.since(&earlier), expected, "{earlier:?} {later:?}");
        }
    }
}
