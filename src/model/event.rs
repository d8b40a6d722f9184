//! What happened? One event is one line of the journal: decisions, intents, outcomes, alerts. Readers pass over kinds they do not know.

use serde::{Deserialize, Serialize};

use super::ailing::{Outlived, Recovered, Unrecovered};
use super::change::{Change, FileState};
pub use super::entry::{Entry, FORMAT};
use super::evidence::Evidence;
use super::finding::Class;
use super::identity::Identity;
pub use super::made::{Reaccessed, Replaced, Reverted, Updated};
pub use super::moment::Moment;
pub use super::notice::{Notice, Outcome};
use super::report::Level;
use super::schedule::Effect;
use super::update::Phase;

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
    Replaced(Replaced),
    /// The permissions and the owner of a directory or a file were changed.
    Reaccessed(Reaccessed),
    /// SQLite recovered a database.
    Recovered(Recovered),
    /// It could not.
    Unrecovered(Unrecovered),
    /// A database that ailed is sound or not there any more, or what was kept of one is not in the quarantine any more.
    Outlived(Outlived),
    /// A tick found the service to stand elsewhere than the tick before.
    Stood {
        /// The service.
        service: String,
        /// Where it stands.
        level: Level,
        /// What kind of trouble it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        class: Option<Class>,
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
    Reverted(Reverted),
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
    /// The branch moved to a commit that was fetched, or back, and the files with it.
    Updated(Updated),
    /// How far an update got.
    UpdateStands {
        /// The commit that it brings.
        commit: String,
        /// How far.
        phase: Phase,
        /// The services that run it.
        services: Vec<String>,
        /// What was seen.
        detail: String,
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
    /// A probe warns, at its threshold, while no incident is open: nothing is done, and somebody is told.
    Warned {
        /// The service.
        service: String,
        /// The id under which it is told.
        incident: String,
        /// What kind of trouble it would be.
        class: Class,
        /// One line for a person.
        summary: String,
    },
    /// What was warned of is over: every look was good for `stable_for`.
    Settled {
        /// The service.
        service: String,
        /// The id under which it was told.
        incident: String,
        /// From the warning to the first good look, in milliseconds.
        downtime_ms: i64,
    },
    /// A person is needed before heal acts again.
    Held {
        /// The service.
        service: String,
        /// Why.
        reason: String,
        /// heal says so, and a new release of the code may cure it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        code: bool,
    },
    /// A person, or a new release of the code, said that heal may act again.
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
    /// A message waits for these channels: it is in the spool, on the disk.
    Queued {
        /// The service.
        service: String,
        /// The incident's id.
        incident: String,
        /// What it is about.
        notice: Notice,
        /// Which of several reminders.
        #[serde(default, skip_serializing_if = "is_zero")]
        nth: u32,
        /// The channels.
        channels: Vec<String>,
    },
    /// A channel refused a message for good.
    Undeliverable {
        /// The service.
        service: String,
        /// The incident's id.
        incident: String,
        /// What it was about.
        notice: Notice,
        /// The channel's name.
        channel: String,
        /// What it said.
        why: String,
    },
    /// A person knows of the incident: no reminders, and nobody further is called, for so long.
    Acknowledged {
        /// The service.
        service: String,
        /// The incident's id.
        incident: String,
        /// For how many milliseconds; to its end when nothing is said.
        #[serde(default)]
        for_ms: Option<i64>,
    },
    /// A kind that this version does not know.
    #[serde(other)]
    Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}
