//! What happened? One event is one line of the journal: decisions, intents, outcomes, alerts. Readers pass over kinds they do not know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, FileState};
use super::evidence::Evidence;
use super::finding::Class;
use super::identity::Identity;
use super::report::Level;
use super::schedule::Effect;
use super::{Stamp, rfc3339};

/// Version of the line format. A reader that meets a higher one may read, but must not write.
pub const FORMAT: u32 = 1;

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
    /// Milliseconds from `earlier` to this moment. Within a boot the wall clock has no say (FAULTS 81); across boots a
    /// moment from the future counts as just now, so that a clock set back never empties a budget.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> i64 {
        let passed =
            if self.boot == earlier.boot { self.up - earlier.up } else { (self.at - earlier.at).num_milliseconds() };
        passed.max(0)
    }
}

/// One line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Format version, [`FORMAT`].
    pub v: u32,
    /// When.
    #[serde(flatten)]
    pub moment: Moment,
    /// The run of heal that wrote it.
    pub run: String,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// How an act ended, judged by what was seen afterwards, never by an exit code alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A new identity and good probes.
    Healed,
    /// A new identity, probes not good yet, inside `startup_grace`.
    Probation,
    /// The act was done and nothing changed.
    Unchanged,
    /// The act could not be done.
    Failed,
    /// The run died between intent and outcome; found by a later run.
    Interrupted,
}

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Notice {
    /// An incident began.
    Opened,
    /// Nothing is left on the ladder, or the budget is spent.
    Exhausted,
    /// It waits for a person.
    Held,
    /// It was healed more often than is normal.
    Frequent,
    /// `heal.toml` is broken: nothing is watched.
    Misconfigured,
    /// Code was taken back, whatever came of it.
    Reverted,
    /// The incident is over.
    Recovered,
}

/// What happened, by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A tick looked at a service that is, or was, in trouble: what the counters of its probes are fed with.
    Observed {
        /// The service.
        service: String,
        /// Probes that found it bad.
        bad: Vec<String>,
        /// Probes that found it good, and whose bad looks before are forgotten.
        good: Vec<String>,
        /// Probes that found it good, while bad looks before may still count: `n of m`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        passing: Vec<String>,
        /// All in all it could not be seen.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unseen: bool,
    },
    /// The process of a service was recognised for the first time.
    Recognised {
        /// The service.
        service: String,
        /// Its process.
        identity: Identity,
    },
    /// The crash history holds the begin of a life, or its end.
    Lived {
        /// The service.
        service: String,
        /// Which life.
        identity: Identity,
        /// It holds the end.
        ended: bool,
    },
    /// A service is unhealthy at its threshold.
    Opened {
        /// The service.
        service: String,
        /// The incident's id.
        incident: String,
        /// What kind of trouble.
        class: Class,
        /// One line for a person.
        summary: String,
    },
    /// A service has been healthy for `stable_for`.
    Closed {
        /// The service.
        service: String,
        /// The incident's id.
        incident: String,
        /// From the opening to the first good look, in milliseconds.
        downtime_ms: i64,
    },
    /// What there was to see right before an act.
    Captured {
        /// The service.
        service: String,
        /// The incident's id.
        incident: String,
        /// What was seen.
        evidence: Box<Evidence>,
    },
    /// heal is about to act. Counts against the budget whatever comes of it.
    Intent {
        /// The intent's id.
        id: String,
        /// The service.
        service: String,
        /// The rung of the ladder.
        rung: String,
        /// The class of trouble that it is taken for. Unknown to lines of older versions.
        #[serde(default)]
        cause: Option<Class>,
        /// Exactly what will be done.
        changes: Vec<Change>,
        /// The rule and the finding behind it.
        why: String,
        /// It counts against no budget and is no step of a ladder: a person asked for it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        uncounted: bool,
    },
    /// A child was created for a service; it becomes the service only after this line is on disk.
    Started {
        /// The intent it belongs to.
        intent: String,
        /// The service.
        service: String,
        /// The new process.
        identity: Identity,
    },
    /// How an intent ended.
    Done {
        /// The intent's id.
        intent: String,
        /// The service.
        service: String,
        /// The rung.
        rung: String,
        /// How it ended.
        outcome: Outcome,
        /// What was seen.
        detail: String,
    },
    /// heal is about to repair something beside the ladder: files, what was left behind, or what a person takes back. No
    /// budget counts it, and no incident.
    Repairing {
        /// The intent's id.
        id: String,
        /// The service that it belongs to.
        service: String,
        /// What it is called: `clean-locks`, `orphans`, `undo`.
        rung: String,
        /// Exactly what will be done.
        changes: Vec<Change>,
        /// The rule and the finding behind it.
        why: String,
    },
    /// How a repair ended.
    Repaired {
        /// The intent's id.
        intent: String,
        /// The service that it belongs to.
        service: String,
        /// What it is called.
        rung: String,
        /// All of it was done.
        done: bool,
        /// What was seen.
        detail: String,
    },
    /// A file was moved into the quarantine.
    MovedAside {
        /// The intent it belongs to.
        intent: String,
        /// The service.
        service: String,
        /// Where it stood.
        path: String,
        /// Where it is kept.
        kept: String,
        /// What it was.
        file: FileState,
        /// It was only copied: the original stays where it is.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        stays: bool,
    },
    /// A file was brought back out of the quarantine.
    PutBack {
        /// The intent it belongs to.
        intent: String,
        /// The service.
        service: String,
        /// Where it was kept.
        kept: String,
        /// Where it stands again.
        path: String,
        /// What it is now: its device and inode are new where it had to be copied.
        file: FileState,
    },
    /// Other content was put in the place of a file, or where none was.
    Replaced {
        /// The intent it belongs to.
        intent: String,
        /// The service.
        service: String,
        /// Where it stands.
        path: String,
        /// What stood there; its bytes are in the vault. `None`: nothing did.
        before: Option<FileState>,
        /// What stands there now.
        after: FileState,
        /// How it was put right.
        how: String,
        /// What is lost by it.
        loss: String,
    },
    /// SQLite recovered a database.
    Recovered {
        /// The intent it belongs to.
        intent: String,
        /// The service.
        service: String,
        /// The database.
        path: String,
        /// What was recovered, and what `quick_check` said.
        detail: String,
    },
    /// A tick found the service to stand elsewhere than the tick before.
    Stood {
        /// The service.
        service: String,
        /// Where it stands.
        level: Level,
        /// One line for a person; empty when healthy.
        summary: String,
    },
    /// What heal would have done, were it not only observing. No act: it counts against nothing.
    WouldAct {
        /// The service.
        service: String,
        /// The rung of the ladder.
        rung: String,
    },
    /// Code was taken back: the branch moved, and the files with it. To take it back in turn, `base` is where it stood.
    Reverted {
        /// The service that crashed.
        service: String,
        /// The intent it belongs to.
        intent: String,
        /// The work tree.
        repo: String,
        /// The branch.
        reference: String,
        /// Where it stood.
        base: String,
        /// The new commit, where it stands.
        commit: String,
        /// What was taken back: a release, a commit, or a commit of heal's own.
        takes_back: String,
        /// The release whose files are there again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        restores: Option<String>,
        /// One line for a person.
        summary: String,
    },
    /// A commit of heal's own is on the remote.
    Pushed {
        /// The service.
        service: String,
        /// The commit.
        commit: String,
        /// The remote.
        remote: String,
        /// Another machine's commit that says the same: the branch stands there now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        adopted: Option<String>,
    },
    /// A commit of heal's own did not get to the remote.
    PushFailed {
        /// The service.
        service: String,
        /// The commit.
        commit: String,
        /// The remote.
        remote: String,
        /// Why, in the remote's own words where it has some.
        why: String,
    },
    /// A service was healed more often than is normal.
    Frequent {
        /// The service.
        service: String,
        /// The alarm's id: the run that raised it and the service.
        incident: String,
        /// One line for a person.
        summary: String,
    },
    /// It is not healed too often any more.
    Calm {
        /// The service.
        service: String,
    },
    /// The ladder has no rung left.
    Exhausted {
        /// The service.
        service: String,
        /// Why nothing is left.
        why: String,
    },
    /// A person is needed before heal acts again.
    Held {
        /// The service.
        service: String,
        /// Why.
        reason: String,
    },
    /// A person said that heal may act again.
    Released {
        /// The service.
        service: String,
    },
    /// Somebody wants heal to keep its hands off for a while.
    Paused {
        /// The service; `None` for all of them.
        service: Option<String>,
        /// Why.
        reason: String,
        /// Who.
        by: String,
        /// For how long at most, in milliseconds.
        for_ms: i64,
        /// The command that it ends with, secrets masked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        command: Option<String>,
    },
    /// A pause is over.
    Resumed {
        /// The service; `None` for all of them.
        service: Option<String>,
        /// Why.
        why: String,
    },
    /// A channel took an alert. The edge is consumed only now.
    Alerted {
        /// The service.
        service: String,
        /// The incident's id.
        incident: String,
        /// What it was about.
        notice: Notice,
        /// The channel's name.
        channel: String,
    },
    /// What starts heal is about to be changed, outside of the project.
    Scheduling {
        /// The id of this change.
        id: String,
        /// Exactly what will be done.
        effects: Vec<Effect>,
    },
    /// How such a change ended.
    Scheduled {
        /// Its id.
        id: String,
        /// Why it was not done to its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<String>,
    },
    /// A kind that this version does not know.
    #[serde(other)]
    Unknown,
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
            (moment(900, 99_000, "a"), moment(160, 1_000, "b"), 0),         // a reboot and a clock set back
        ];
        for (earlier, later, expected) in table {
            assert_eq!(later.since(&earlier), expected, "{earlier:?} {later:?}");
        }
    }

    #[test]
    fn a_line_survives_the_round_trip_and_unknown_kinds_are_read() {
        let entry = Entry {
            v: FORMAT,
            moment: moment(1_700_000_000, 5, "boot"),
            run: "r1".to_owned(),
            event: Event::Held { service: "bridge".to_owned(), reason: "exit code 2".to_owned() },
        };
        let line = serde_json::to_string(&entry).expect("serialises");
        assert_eq!(serde_json::from_str::<Entry>(&line).expect("parses"), entry);
        let newer = line.replace("\"held\"", "\"teleported\"").replace("\"reason\":\"exit code 2\"", "\"to\":7");
        assert_eq!(serde_json::from_str::<Entry>(&newer).expect("parses").event, Event::Unknown);
    }
}
