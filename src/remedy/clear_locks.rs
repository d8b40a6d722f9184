//! How is a service cured that cannot start because of what its last life left behind? It is stopped as by `stop-stale`, what is
//! proved stale is moved aside, what SQLite has to recover it recovers, and then the service is started.

use crate::model::Change;
use crate::model::lock::{Holding, Judged, Verdict};

/// How long a holder that may be stopped has between TERM and KILL.
const GRACE_MS: i64 = 10_000;

/// What would clear one lock file; nothing where it has to stay.
#[must_use]
pub fn cure(judged: &Judged) -> Vec<Change> {
    match judged.verdict {
        Verdict::Stoppable => stops(judged),
        Verdict::Free | Verdict::Held | Verdict::Doubtful => Vec::new(),
        Verdict::Stale | Verdict::Recoverable => Vec::new(),
    }
}

fn stops(judged: &Judged) -> Vec<Change> {
    let Holding::Held(holders) = &judged.holding else { return Vec::new() };
    let stop = |holder: &crate::model::Holder| Change::StopProcess {
        identity: holder.identity.clone(),
        command: holder.command.clone(),
        grace_ms: GRACE_MS,
    };
    holders.iter().map(stop).collect()
}
