//! What do we see of the locks, and what does it mean? Who runs as a service is known here: it is no stale holder of anything.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::apply::Unheld;
use crate::config::Config;
use crate::error::Result;
use crate::host::process::Processes;
use crate::host::{clock, holders};
use crate::journal::DataDir;
use crate::model::lock::{Judged, Seen, Verdict};
use crate::model::{Change, History, Identity, Lock};
use crate::pipeline::Options;
use crate::pipeline::look::Looker;
use crate::policy;
use crate::probe::identify::Who;
use crate::probe::lock::{Eyes, look, look_again};
use crate::remedy::clear_locks::cure;

/// The locks of one run, and all that is needed to look at them.
pub(in crate::pipeline) struct Watch<'a> {
    /// In the order of the configuration.
    pub(in crate::pipeline) locks: Vec<&'a Lock>,
    root: &'a Path,
    processes: Arc<dyn Processes>,
    services: Vec<Identity>,
    /// Services of which nobody knows which process they are: none of their holders is stopped.
    unsure: Vec<String>,
    names: bool,
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
        let (services, unsure) = if stops { running(config, &looker, history) } else { Default::default() };
        let processes = Arc::clone(&looker.processes);
        Ok(Self { locks, root: &config.root, processes, services, unsure, names: true })
    }

    /// These locks in the eyes of a tick. Without `names` nobody is searched for who has them.
    pub(in crate::pipeline) fn of(
        config: &'a Config,
        locks: Vec<&'a Lock>,
        processes: &Arc<dyn Processes>,
        names: bool,
    ) -> Self {
        Self {
            locks,
            root: &config.root,
            processes: Arc::clone(processes),
            services: Vec::new(),
            unsure: Vec::new(),
            names,
        }
    }

    /// The process table that is looked through.
    pub(in crate::pipeline) fn table(&self) -> &Arc<dyn Processes> {
        &self.processes
    }

    fn eyes(&self) -> Eyes<'_> {
        let now_ms = clock::now().at.timestamp_millis();
        let (processes, services, unsure) = (self.processes.as_ref(), &self.services[..], &self.unsure[..]);
        Eyes { processes, root: self.root, now_ms, services, unsure, names: self.names }
    }

    /// What there is of each lock that is looked at, and what may be done about it.
    pub(in crate::pipeline) fn judge(&self) -> Vec<Vec<Judged>> {
        let enabled: Vec<&Lock> = self.locks.iter().copied().filter(|lock| lock.enabled).collect();
        let seen = look(&enabled, &self.eyes());
        let judge = |lock: &Lock, seen: Seen| policy::lock::judge(seen, lock.min_age);
        enabled
            .iter()
            .zip(seen)
            .map(|(lock, files)| files.into_iter().map(|seen| judge(lock, seen)).collect())
            .collect()
    }

    /// What would clear these locks once these processes, and all that `stop_holders` names, are gone.
    pub(in crate::pipeline) fn cures_without(&self, gone: &[Identity]) -> Vec<Change> {
        let (mut changes, mut gone) = (Vec::new(), gone.to_vec());
        for (lock, files) in self.locks.iter().zip(look(&self.locks, &self.eyes())) {
            for seen in files {
                let judge =
                    |gone: &[Identity]| policy::lock::judge(policy::lock::without(seen.clone(), gone), lock.min_age);
                let mut judged = judge(&gone);
                if judged.verdict == Verdict::Stoppable {
                    let stops = cure(&judged);
                    gone.extend(stops.iter().filter_map(stopped));
                    changes.extend(stops);
                    judged = judge(&gone);
                }
                changes.extend(cure(&judged));
            }
        }
        changes
    }

    /// One file, looked at anew.
    pub(in crate::pipeline) fn judge_again(&self, name: &str, path: &Path) -> Option<Judged> {
        let lock = self.locks.iter().find(|lock| lock.name == name)?;
        look_again(lock, path, &self.eyes()).map(|seen| policy::lock::judge(seen, lock.min_age))
    }
}

/// Files that were judged, asked about once more right before they are touched.
#[derive(Debug)]
pub(in crate::pipeline) struct Again<'w> {
    watch: &'w Watch<'w>,
    /// The file, and the lock that it was judged by.
    judged: Vec<(PathBuf, String)>,
}

impl<'w> Again<'w> {
    pub(in crate::pipeline) const fn new(watch: &'w Watch<'w>, judged: Vec<(PathBuf, String)>) -> Self {
        Self { watch, judged }
    }

    /// Of the files that these changes are about, which lock is each judged by?
    pub(in crate::pipeline) fn of(watch: &'w Watch<'w>, changes: &[Change]) -> Self {
        // A look at all of them; most plans change no file at all.
        let judged = if changes.iter().any(Change::is_repair) { watch.judge() } else { Vec::new() };
        let known = judged.into_iter().flatten().filter(|judged| judged.file.is_some());
        Self::new(watch, known.map(|judged| (judged.path, judged.lock)).collect())
    }
}

impl Unheld for Again<'_> {
    /// Whatever made it stale has to hold still: who is named by it, how old it is, and that nobody has it. Of what stands
    /// beside a database only the last: the rest is judged with the database itself.
    fn unheld(&self, path: &Path) -> std::result::Result<(), String> {
        match self.judged.iter().find(|(one, _)| one == path) {
            None => holders::nobody(self.watch.processes.as_ref(), path),
            Some((_, lock)) => match self.watch.judge_again(lock, path) {
                None => Err("it is not there any more".to_owned()),
                Some(judged) if matches!(judged.verdict, Verdict::Stale | Verdict::Recoverable) => Ok(()),
                Some(judged) => Err(judged.why),
            },
        }
    }
}

fn stopped(change: &Change) -> Option<Identity> {
    match change {
        Change::StopProcess { identity, .. } => Some(identity.clone()),
        _ => None,
    }
}

/// Every process that runs as a service, and the services of which that cannot be said.
fn running(config: &Config, looker: &Looker<'_>, history: &History) -> (Vec<Identity>, Vec<String>) {
    let (mut found, mut unsure) = (Vec::new(), Vec::new());
    for watched in config.services.iter().filter(|watched| watched.enabled) {
        match looker.who_again(watched, history.service(watched.name())) {
            Who::Running { process, also, .. } => {
                found.push(process.identity.clone());
                found.extend(also.iter().map(|one| one.identity.clone()));
            }
            Who::Unknown { .. } => unsure.push(watched.name().to_owned()),
            Who::Gone { .. } | Who::Unwatched => {}
        }
    }
    (found, unsure)
}
