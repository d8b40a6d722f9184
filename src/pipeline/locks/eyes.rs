//! What do we see of the locks, and what does it mean? Who runs as a service is known here: it is no stale holder of anything.

use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::error::Result;
use crate::host::clock;
use crate::host::process::Processes;
use crate::journal::DataDir;
use crate::model::lock::{Judged, Seen, Verdict};
use crate::model::{History, Identity, Lock};
use crate::pipeline::Options;
use crate::pipeline::look::Looker;
use crate::policy;
use crate::probe::identify::Who;
use crate::probe::lock::{Eyes, look, look_again};

/// The locks of one run, and all that is needed to look at them.
pub(in crate::pipeline) struct Watch<'a> {
    /// In the order of the configuration.
    pub(in crate::pipeline) locks: Vec<&'a Lock>,
    root: &'a Path,
    processes: Arc<dyn Processes>,
    services: Vec<Identity>,
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("locks", &self.locks).finish_non_exhaustive()
    }
}

impl<'a> Watch<'a> {
    /// The locks of these names; of no name, all.
    pub(in crate::pipeline) fn new(
        config: &'a Config,
        names: &[String],
        dir: &DataDir,
        history: &History,
    ) -> Result<Self> {
        let asked = |lock: &&Lock| names.is_empty() || names.contains(&lock.name);
        let locks: Vec<&Lock> = config.locks.iter().filter(asked).collect();
        let options = Options::default();
        let looker = Looker::new(config, &options, history, dir, clock::now())?;
        // Whoever may be stopped must not be a service that runs.
        let stops = locks.iter().any(|lock| lock.enabled && lock.stop_holders.is_some());
        let services = if stops { running(config, &looker, history) } else { Vec::new() };
        Ok(Self { locks, root: &config.root, processes: Arc::clone(&looker.processes), services })
    }

    /// The same locks in the eyes of a tick, which knows its services already.
    pub(in crate::pipeline) fn of(config: &'a Config, processes: &Arc<dyn Processes>, services: Vec<Identity>) -> Self {
        let locks = config.locks.iter().filter(|lock| lock.enabled).collect();
        Self { locks, root: &config.root, processes: Arc::clone(processes), services }
    }

    fn eyes(&self) -> Eyes<'_> {
        let now_ms = clock::now().at.timestamp_millis();
        Eyes { processes: self.processes.as_ref(), root: self.root, now_ms, services: &self.services }
    }

    /// What there is of each lock that is looked at, and what may be done about it.
    pub(in crate::pipeline) fn judge(&self) -> Vec<Vec<Judged>> {
        self.judge_without(&[])
    }

    /// The same, as if these processes were gone already.
    pub(in crate::pipeline) fn judge_without(&self, gone: &[Identity]) -> Vec<Vec<Judged>> {
        let enabled: Vec<&Lock> = self.locks.iter().copied().filter(|lock| lock.enabled).collect();
        let seen = look(&enabled, &self.eyes());
        let judge = |lock: &Lock, seen: Seen| policy::lock::judge(policy::lock::without(seen, gone), lock.min_age);
        enabled
            .iter()
            .zip(seen)
            .map(|(lock, files)| files.into_iter().map(|seen| judge(lock, seen)).collect())
            .collect()
    }

    /// One file, looked at anew.
    pub(in crate::pipeline) fn judge_again(&self, name: &str, path: &Path) -> Option<Judged> {
        let lock = self.locks.iter().find(|lock| lock.name == name)?;
        look_again(lock, path, &self.eyes()).map(|seen| policy::lock::judge(seen, lock.min_age))
    }

    /// May this file still be touched, looked at anew? `lock` and `path` are what it was judged as; sidecars of a database
    /// share its fate.
    pub(in crate::pipeline) fn still(&self, lock: &str, path: &Path) -> std::result::Result<(), String> {
        match self.judge_again(lock, path) {
            None => Err(format!("{} is not there any more", path.display())),
            Some(judged) if matches!(judged.verdict, Verdict::Stale | Verdict::Recoverable) => Ok(()),
            Some(judged) => Err(judged.why),
        }
    }
}

/// Every process that runs as a service.
fn running(config: &Config, looker: &Looker<'_>, history: &History) -> Vec<Identity> {
    let mut found = Vec::new();
    for watched in config.services.iter().filter(|watched| watched.enabled) {
        if let Who::Running { process, also, .. } = looker.who_again(watched, history.service(watched.name())) {
            found.push(process.identity.clone());
            found.extend(also.iter().map(|one| one.identity.clone()));
        }
    }
    found
}
