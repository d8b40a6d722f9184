//! Does a person want heal to keep its hands off, and for how long still? A pause is plain data, and whether it holds a pure
//! question of now. None is endless, and each says who made it and why (FAILURES F31).

use serde::{Deserialize, Serialize};

use super::event::Moment;
use super::units::Span;
use super::{Identity, Stamp};

/// No pause lasts longer. A week covers any maintenance that somebody still remembers at its end; what has to wait for longer is
/// held, or switched off by `enabled = false`, where everybody who reads heal.toml sees it.
pub const MOST: Span = Span::secs(7 * 86_400);

/// How long a pause lasts unless it says otherwise.
pub const USUAL: Span = Span::secs(3_600);

/// The same for one that is bound to a command, and so ends with it in any case: a command that hangs must not keep heal
/// from its work for a week.
pub const USUAL_BOUND: Span = Span::secs(24 * 3_600);

/// One pause, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// The service; `None` for all of them.
    pub service: Option<String>,
    /// Why, for whoever meets it.
    pub reason: String,
    /// Who made it.
    pub by: String,
    /// When it began.
    pub since: Moment,
    /// How long it lasts at most, in milliseconds.
    pub for_ms: i64,
    /// It outlives a restart of the machine, because somebody asked for that (FAILURES, fault classes).
    #[serde(default)]
    pub over_reboot: bool,
    /// The process that it ends with.
    #[serde(default)]
    pub holder: Option<Holder>,
    /// Made by `heal lock`: no other one of these may overlap with it.
    #[serde(default)]
    pub lock: bool,
}

/// The process that a pause ends with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Which life of which process.
    pub identity: Identity,
    /// The pid namespace in which the pid means something; `None` where there is no such thing.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Its command, secrets masked.
    pub command: String,
}

/// Why a pause does not hold any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Its time is up.
    TimeUp,
    /// The machine was started again since, and nobody asked for more.
    Rebooted,
    /// The command that it was made for has ended.
    HolderGone,
}

impl Over {
    /// The reason, for a person.
    #[must_use]
    pub const fn why(self) -> &'static str {
        match self {
            Self::TimeUp => "its time is up",
            Self::Rebooted => "the machine was started again",
            Self::HolderGone => "its command has ended",
        }
    }
}

impl Pause {
    /// Does it concern this service?
    #[must_use]
    pub fn covers(&self, service: &str) -> bool {
        self.service.as_deref().is_none_or(|name| name == service)
    }

    /// How many milliseconds are left of it, were it only for time; nothing when its time is up.
    ///
    /// Within a boot the wall clock has no say. Across boots it has, and a clock that was set back cannot prolong it by more
    /// than the pause itself: no boot that is older than the pause is long has any of it left.
    #[must_use]
    pub fn left_ms(&self, now: &Moment) -> i64 {
        let elapsed = now.since(&self.since);
        let elapsed = if now.boot == self.since.boot { elapsed } else { elapsed.max(now.up) };
        (self.for_ms.min(MOST.millis()) - elapsed).max(0)
    }

    /// When its time is up, by the wall clock of now: as it was said when it began, unless somebody has set the clock since.
    #[must_use]
    pub fn until(&self, now: &Moment) -> Stamp {
        let said = self.since.at + chrono::TimeDelta::milliseconds(self.for_ms.clamp(0, MOST.millis()));
        if ((said - now.at).num_milliseconds() - self.left_ms(now)).abs() < 1_000 {
            return said;
        }
        now.at.checked_add_signed(chrono::TimeDelta::milliseconds(self.left_ms(now))).unwrap_or(now.at)
    }

    /// What a report says of it.
    #[must_use]
    pub fn told(&self, now: &Moment) -> Paused {
        Paused {
            reason: self.reason.clone(),
            by: Some(self.by.clone()),
            until: Some(self.until(now)),
            all: self.service.is_none(),
            holder: self.holder.as_ref().map(|holder| (holder.identity.pid, holder.command.clone())),
            unreadable: false,
        }
    }

    /// Is it over, and why? `alive` says whether a holder still runs; `None`, when that cannot be said, leaves the pause to
    /// its time: unknown is not dead.
    #[must_use]
    pub fn over(&self, now: &Moment, alive: impl FnOnce(&Holder) -> Option<bool>) -> Option<Over> {
        if guard!("no pause is endless", self.left_ms(now) == 0) {
            return Some(Over::TimeUp);
        }
        match &self.holder {
            Some(holder) if now.boot != holder.identity.boot || alive(holder) == Some(false) => Some(Over::HolderGone),
            None if guard!("a pause ends with the boot", now.boot != self.since.boot && !self.over_reboot) => {
                Some(Over::Rebooted)
            }
            _ => None,
        }
    }
}

/// What a report says of a service that is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paused {
    /// Why; of a pause that cannot be read, what is wrong with it.
    pub reason: String,
    /// Who made it; `None` when that cannot be read.
    pub by: Option<String>,
    /// When it ends at the latest; `None` when it cannot even be said whether there is one.
    pub until: Option<Stamp>,
    /// It is one for all services.
    pub all: bool,
    /// The process that it ends with.
    pub holder: Option<(i32, String)>,
    /// It cannot be read: a person has to say whether it is meant.
    pub unreadable: bool,
}

impl Paused {
    /// What stands behind the word "paused", on one line.
    #[must_use]
    pub fn words(&self) -> String {
        let until = self.until.map_or_else(String::new, |until| format!(" until {}", super::rfc3339(until)));
        let Some(by) = self.by.as_ref().filter(|_| !self.unreadable) else {
            return format!("perhaps,{until}: {}", self.reason).replace(",:", ":");
        };
        let all = if self.all { ", with all services" } else { "" };
        match &self.holder {
            Some((pid, command)) => {
                let why = if self.reason == *command { String::new() } else { format!(": {}", self.reason) };
                format!("by {by} while pid {pid} (`{command}`) runs,{until} at the latest{all}{why}")
            }
            None => format!("by {by}{until}{all}: {}", self.reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn moment(at_ms: i64, up: i64, boot: &str) -> Moment {
        Moment { at: Stamp::from_timestamp_millis(at_ms).unwrap_or_default(), up, boot: boot.to_owned() }
    }

    fn pause(hours: i64) -> Pause {
        Pause {
            service: Some("bot".to_owned()),
            reason: "upgrade".to_owned(),
            by: "root".to_owned(),
            since: moment(1_000_000_000_000, 10 * HOUR, "a"),
            for_ms: hours * HOUR,
            over_reboot: false,
            holder: None,
            lock: false,
        }
    }

    fn held(hours: i64) -> Pause {
        let identity = Identity { pid: 7, start: 1, boot: "a".to_owned() };
        let holder = Holder { identity, namespace: None, command: "deploy".to_owned() };
        Pause { holder: Some(holder), ..pause(hours) }
    }

    #[test]
    fn no_clock_that_somebody_sets_ends_or_prolongs_a_pause_within_a_boot() {
        let day = 24 * HOUR;
        for (at, up, left) in [
            (0, 10 * HOUR, 2 * HOUR),
            (HOUR, 11 * HOUR, HOUR),
            (400 * day, 11 * HOUR, HOUR),
            (-2 * HOUR, 11 * HOUR, HOUR),
            (-2 * HOUR, 12 * HOUR, 0),
            (2 * HOUR, 12 * HOUR, 0),
        ] {
            let now = moment(1_000_000_000_000 + at, up, "a");
            assert_eq!(pause(2).left_ms(&now), left, "{at} {up}");
            assert_eq!(pause(2).over(&now, |_| None), (left == 0).then_some(Over::TimeUp), "{at} {up}");
            assert_eq!((pause(2).until(&now) - now.at).num_milliseconds(), left);
        }
    }

    #[test]
    fn a_restart_of_the_machine_ends_it_unless_somebody_asked_for_more() {
        let begun = 1_000_000_000_000;
        let asked = Pause { over_reboot: true, ..pause(2) };
        for (at, up, plain, kept) in [
            (HOUR, 60_000, Some(Over::Rebooted), None),
            (2 * HOUR, 60_000, Some(Over::TimeUp), Some(Over::TimeUp)),
            // A clock that was set back, or that has no battery: the new boot's own age is the bound.
            (-400 * 24 * HOUR, 60_000, Some(Over::Rebooted), None),
            (-400 * 24 * HOUR, 2 * HOUR, Some(Over::TimeUp), Some(Over::TimeUp)),
        ] {
            let now = moment(begun + at, up, "b");
            assert_eq!(pause(2).over(&now, |_| None), plain, "{at} {up}");
            assert_eq!(asked.over(&now, |_| None), kept, "{at} {up}");
            assert!(held(2).over(&now, |_| Some(true)).is_some(), "its command ended with its boot");
        }
    }

    #[test]
    fn it_ends_with_its_holder_and_unknown_is_not_dead() {
        let now = moment(1_000_000_000_000 + HOUR, 11 * HOUR, "a");
        for (alive, over) in [(Some(true), None), (None, None), (Some(false), Some(Over::HolderGone))] {
            assert_eq!(held(2).over(&now, |_| alive), over, "{alive:?}");
        }
        assert_eq!(held(1).over(&now, |_| Some(true)), Some(Over::TimeUp), "a command that hangs");
    }

    #[test]
    fn none_is_longer_than_the_longest_whatever_its_file_says() {
        let now = moment(1_000_000_000_000, 10 * HOUR, "a");
        assert_eq!(pause(i64::MAX / HOUR).left_ms(&now), MOST.millis());
        assert_eq!(pause(-1).over(&now, |_| None), Some(Over::TimeUp));
    }
}
