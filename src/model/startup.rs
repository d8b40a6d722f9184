//! What came of a cold start? What was put right before a service starts, and whether it may. Nothing in it is about a process.

use super::Stamp;
use super::mended::{Mended, Work};

/// The answer of `heal heal --startup`.
#[derive(Clone, Debug)]
pub struct Startup {
    /// `[project] name`.
    pub project: String,
    /// This machine.
    pub host: String,
    /// When it began.
    pub at: Stamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Nothing was done, only planned.
    pub dry_run: bool,
    /// What was put right, a line each.
    pub healed: Vec<String>,
    /// What could not be put right, because the system said no.
    pub failed: Vec<String>,
    /// What was left as it is, because a rule says no; a person is needed.
    pub refused: Vec<String>,
    /// What is broken: a service that started on it would make it worse.
    pub critical: Vec<String>,
    /// How much was done.
    pub stats: Stats,
    /// What could not be looked at: nobody knows whether a service may start on it.
    pub unknown: Vec<String>,
    /// What is not as it should be, and no reason to keep a service from starting.
    pub cautions: Vec<String>,
    /// In `mode = "paper"`: what is unknown keeps nobody from starting.
    pub lenient: bool,
    /// What heal could not do for itself; no reason to keep a service from starting.
    pub warnings: Vec<String>,
}

/// How much was done, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Directories and links that were missing.
    pub directories_created: u32,
    /// Files that were missing.
    pub files_created: u32,
    /// Files and directories that were there and not right.
    pub files_repaired: u32,
    /// Locks that were proved stale.
    pub locks_cleared: u32,
    /// Orphans that were stopped. Never by a cold start, which touches no process.
    pub orphans_stopped: u32,
}

impl Stats {
    /// Counts what was done.
    pub fn count(&mut self, mended: &Mended) {
        let count = match mended.work {
            Work::Place => &mut self.directories_created,
            Work::Create => &mut self.files_created,
            Work::Change => &mut self.files_repaired,
        };
        *count += u32::from(mended.is_done());
    }
}

impl Startup {
    /// How right everything is: 100 less 50 for each thing that is critical, 25 for each that is unknown and 5 for each warning,
    /// and never below 0 (issue 6).
    #[must_use]
    pub fn score(&self) -> u32 {
        let all = [(self.critical.len(), 50), (self.unknown.len(), 25), (self.cautions.len(), 5)];
        let lost = all.iter().fold(0_u32, |lost, (count, each)| {
            lost.saturating_add(u32::try_from(*count).unwrap_or(u32::MAX).saturating_mul(*each))
        });
        100_u32.saturating_sub(lost)
    }

    /// May the service start? Never on what is broken, or could not be put right. What is unknown, or a score below 50, keeps it
    /// from starting unless `mode = "paper"` is lenient.
    #[must_use]
    pub fn may_start(&self) -> bool {
        let right = self.failed.is_empty() && self.refused.is_empty() && self.critical.is_empty();
        right && (self.lenient || self.unknown.is_empty() && self.score() >= 50)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn startup([critical, unknown, cautions]: [usize; 3], lenient: bool) -> Startup {
        let lines = |count| vec!["a line".to_owned(); count];
        Startup {
            project: String::new(),
            host: String::new(),
            at: Stamp::default(),
            duration_ms: 0,
            dry_run: false,
            healed: Vec::new(),
            failed: Vec::new(),
            refused: Vec::new(),
            critical: lines(critical),
            stats: Stats::default(),
            unknown: lines(unknown),
            cautions: lines(cautions),
            lenient,
            warnings: lines(3),
        }
    }

    #[test]
    fn the_gate_is_open_only_for_what_was_seen_to_be_right() {
        // critical, unknown, cautions; the score; live, paper
        for (what, score, live, paper) in [
            ([0, 0, 0], 100, true, true),
            ([0, 0, 10], 50, true, true),
            ([0, 0, 11], 45, false, true),
            ([0, 1, 0], 75, false, true),
            ([1, 0, 0], 50, false, false),
            ([1, 1, 1], 20, false, false),
            ([9, 9, 9], 0, false, false),
        ] {
            let (strict, lenient) = (startup(what, false), startup(what, true));
            assert_eq!((strict.score(), strict.may_start(), lenient.may_start()), (score, live, paper), "{what:?}");
        }
    }
}
