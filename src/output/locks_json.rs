//! What does a program read of `heal clean-locks`? The frozen v1 view, in its own types.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::change;
use super::view::{Change, Time};
use crate::model::Sweep;
use crate::model::lock::{Grip, Holding, LockKind, Verdict};
use crate::model::sweep::{Fate, Swept, SweptLock};

/// The answer of `heal clean-locks`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Told {
    /// `[project] name`.
    project: String,
    /// This machine.
    host: String,
    /// When the look began.
    at: Time,
    /// How long the whole run took, in milliseconds.
    duration_ms: u64,
    /// Nothing was done, only looked at or planned.
    dry_run: bool,
    /// The locks, in the order of the configuration.
    locks: Vec<Lock>,
    /// Files that were cleared.
    cleared: usize,
    /// Files that stay because something about them could not be proved.
    doubtful: usize,
    /// Acts that an earlier run began and did not finish.
    unfinished: Vec<String>,
    /// What `heal.toml` says and heal does not do yet, and what heal could not do.
    warnings: Vec<String>,
}

/// One `[lock.NAME]`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "SweptLock")]
pub(super) struct Lock {
    /// Its name.
    name: String,
    /// As it is declared.
    kind: LockKind,
    /// `false`: it was not looked at.
    enabled: bool,
    /// Its files; none where nothing stands there.
    files: Vec<File>,
}

/// One file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LockFile")]
struct File {
    /// Its path; for `sqlite` that of the database.
    path: String,
    /// What it is; for `auto` what it was told to be.
    kind: LockKind,
    /// What may be done about it.
    verdict: Word,
    /// Why.
    reason: String,
    /// Who has it in hand, as far as that was seen.
    holders: Vec<Holder>,
    /// Why it could not be said who has it; null where it could.
    unseen: Option<String>,
    /// What would be, or was to be, done.
    plan: Vec<Change>,
    /// What came of it.
    outcome: Outcome,
    /// What was seen, or why not; null where nothing was done.
    detail: Option<String>,
}

/// What may be done about a file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "LockVerdict")]
enum Word {
    /// It hinders nobody.
    Free,
    /// A live process holds it.
    Held,
    /// Only processes hold it that `stop_holders` names.
    Stoppable,
    /// Proved stale.
    Stale,
    /// A database that SQLite may recover.
    Recoverable,
    /// Something about it could not be proved.
    Doubtful,
}

/// What came of a file.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "LockOutcome")]
enum Outcome {
    /// Nothing was done.
    Left,
    /// It was cleared.
    Cleared,
    /// A rule said no when it came to it.
    Refused,
    /// It was found to be broken.
    Broken,
    /// The machine did not let us.
    Failed,
}

/// A process that has a file in hand.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LockHolder")]
struct Holder {
    /// Process id.
    pid: i32,
    /// Start time in clock ticks since boot.
    start: u64,
    /// Its command line, secrets masked.
    command: String,
    /// Milliseconds that it has been running.
    age_ms: i64,
    /// By what it has it.
    by: Grip,
    /// It fits `stop_holders`.
    stoppable: bool,
}

/// The document of a sweep.
#[must_use]
pub fn told(sweep: &Sweep) -> Told {
    let count = |fits: &dyn Fn(&Swept) -> bool| sweep.files().filter(|(_, file)| fits(file)).count();
    Told {
        project: sweep.project.clone(),
        host: sweep.host.clone(),
        at: sweep.at.into(),
        duration_ms: sweep.duration_ms,
        dry_run: sweep.dry_run,
        locks: sweep.locks.iter().map(lock).collect(),
        cleared: count(&|file| matches!(file.fate, Fate::Done(_))),
        doubtful: count(&|file| {
            matches!(file.fate, Fate::Refused(_))
                || (file.fate == Fate::Left && file.judged.verdict == Verdict::Doubtful)
        }),
        unfinished: sweep.unfinished.clone(),
        warnings: sweep.warnings.clone(),
    }
}

pub(super) fn lock(lock: &SweptLock) -> Lock {
    let files = lock.files.iter().map(file).collect();
    Lock { name: lock.name.clone(), kind: lock.kind, enabled: lock.enabled, files }
}

fn file(file: &Swept) -> File {
    let judged = &file.judged;
    let (outcome, detail) = match &file.fate {
        Fate::Left => (Outcome::Left, None),
        Fate::Done(said) => (Outcome::Cleared, Some(said.clone())),
        Fate::Refused(why) => (Outcome::Refused, Some(why.clone())),
        Fate::Broken(why) => (Outcome::Broken, Some(why.clone())),
        Fate::Failed(why) => (Outcome::Failed, Some(why.clone())),
    };
    let verdict = match judged.verdict {
        Verdict::Free => Word::Free,
        Verdict::Held => Word::Held,
        Verdict::Stoppable => Word::Stoppable,
        Verdict::Stale => Word::Stale,
        Verdict::Recoverable => Word::Recoverable,
        Verdict::Doubtful => Word::Doubtful,
    };
    let (holders, unseen) = match &judged.holding {
        Holding::Free => (Vec::new(), None),
        Holding::Held(holders) => (holders.iter().map(holder).collect(), None),
        Holding::Unknown(why) => (Vec::new(), Some(why.clone())),
    };
    File {
        path: judged.path.display().to_string(),
        kind: judged.kind,
        verdict,
        reason: judged.why.clone(),
        holders,
        unseen,
        plan: file.plan.iter().map(change).collect(),
        outcome,
        detail,
    }
}

fn holder(holder: &crate::model::Holder) -> Holder {
    Holder {
        pid: holder.identity.pid,
        start: holder.identity.start,
        command: holder.command.clone(),
        age_ms: holder.age_ms,
        by: holder.grip,
        stoppable: holder.stoppable,
    }
}
