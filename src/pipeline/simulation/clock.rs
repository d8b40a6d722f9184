//! What time is it? The true time, which only the simulation knows, and what the clocks of the box make of it: one that people
//! and time servers set, and one that begins with each boot.

use crate::model::Stamp;
use crate::model::event::Moment;

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// When every simulation begins, by the wall clock.
const BEGIN: i64 = 1_700_000_000_000;

#[derive(Debug)]
pub(super) struct Clock {
    /// True milliseconds since the beginning.
    pub(super) now: i64,
    /// By how much the wall clock is wrong.
    wrong: i64,
    boot: String,
    boots: u32,
    booted: i64,
    /// When the machine was started again.
    pub(super) reboots: Vec<i64>,
    /// When somebody set the wall clock, and by how much.
    pub(super) set: Vec<(i64, i64)>,
}

impl Clock {
    pub(super) fn new(up: i64) -> Self {
        let boot = "boot-0".to_owned();
        Self { now: 0, wrong: 0, boot, boots: 0, booted: -up, reboots: Vec::new(), set: Vec::new() }
    }

    pub(super) fn moment(&self) -> Moment {
        let at = Stamp::from_timestamp_millis(BEGIN + self.now + self.wrong).unwrap_or_default();
        Moment { at, up: self.up(), boot: self.boot.clone() }
    }

    pub(super) const fn up(&self) -> i64 {
        self.now - self.booted
    }

    pub(super) fn boot(&self) -> &str {
        &self.boot
    }

    pub(super) fn reboot(&mut self) {
        self.boots += 1;
        self.boot = format!("boot-{}", self.boots);
        self.booted = self.now;
        self.reboots.push(self.now);
    }

    pub(super) fn jump(&mut self, by: i64) {
        self.wrong += by;
        self.set.push((self.now, by));
    }

    /// Somebody set the wall clock since then.
    pub(super) fn was_set(&self, since: i64) -> bool {
        self.set.iter().any(|(at, _)| *at >= since)
    }

    /// Within these two moments the machine was started again and the wall clock was set: no clock of the box can say how
    /// much time passed between them.
    pub(super) fn is_lost(&self, from: i64, to: i64) -> bool {
        let within = |at: i64| from <= at && at <= to;
        self.reboots.iter().any(|at| within(*at)) && self.set.iter().any(|(at, _)| within(*at))
    }
}
