//! How is a service cured that cannot start because of what its last life left behind? It is stopped as by `stop-stale`, what is
//! proved stale is moved aside, what SQLite has to recover it recovers, and then the service is started.

use super::{Case, Kind, around};
use crate::model::lock::{FileId, Holding, Judged, Verdict};
use crate::model::{Change, Holder};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "clear-locks",
    about: "stop it as stop-stale does, clear its locks that are proved stale, then start it",
    propose: |case: &Case<'_>| around(case, case.locks),
};

/// How long a holder that may be stopped has between TERM and KILL.
const GRACE_MS: i64 = 10_000;

/// What would clear one lock file; nothing where it has to stay.
#[must_use]
pub fn cure(judged: &Judged) -> Vec<Change> {
    let aside = |path: &std::path::Path, file: FileId| Change::MoveAside {
        path: path.to_owned(),
        device: file.device,
        inode: file.inode,
        why: judged.why.clone(),
    };
    match (&judged.verdict, judged.file) {
        (Verdict::Stoppable, _) => stops(judged),
        (Verdict::Stale, Some(file)) => vec![aside(&judged.path, file)],
        // Its database is gone: these are all that is left of it.
        (Verdict::Stale, None) => judged.with.iter().map(|(path, file)| aside(path, *file)).collect(),
        (Verdict::Recoverable, Some(file)) => vec![Change::RecoverDatabase {
            path: judged.path.clone(),
            device: file.device,
            inode: file.inode,
            why: judged.why.clone(),
        }],
        (Verdict::Recoverable, None) | (Verdict::Free | Verdict::Held | Verdict::Doubtful, _) => Vec::new(),
    }
}

fn stops(judged: &Judged) -> Vec<Change> {
    let Holding::Held(holders) = &judged.holding else { return Vec::new() };
    let stop = |holder: &Holder| Change::StopProcess {
        identity: holder.identity.clone(),
        command: holder.command.clone(),
        grace_ms: GRACE_MS,
    };
    holders.iter().map(stop).collect()
}
