//! What do we remember? The append-only journal, its disposable snapshot, and the recovery lock. Writes nothing outside the data directory.

mod beat;
mod config_memory;
pub mod crashes;
mod days;
mod files;
mod lines;
mod lock;
mod log;
mod notes;
mod pauses;
mod recent;
mod snapshot;
mod spool;
pub mod vault;

use std::path::{Path, PathBuf};

pub use beat::beat;
pub use config_memory::{LastGood, ToldBroken};
pub use files::append_to;
pub(crate) use files::keep_name;
pub use lines::{each, newest_days};
pub use lock::{Held, RecoveryLock, holds};
pub use log::{Journal, after};
pub use notes::Notes;
pub use pauses::{Kept, Ledger, Pauses};
pub use recent::{Recent, recent};
#[cfg(any(test, fuzzing))]
pub(crate) use snapshot::fuzz::journal as fuzz;
pub use snapshot::{LastRun, past};
pub use spool::{Spool, Unstruck};

use crate::error::{Error, Kind, Result};
use crate::host::trust;
use crate::model::lock::owns;

/// The layout of the data directory (DESIGN §5).
#[derive(Clone, Debug)]
pub struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// The data directory at this path, which need not exist.
    #[must_use]
    pub const fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The recovery lock.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.root.join("recovery-in-progress")
    }

    /// Held while a run changes files: layout, locks, databases, state. The tick lets it go before it starts a service, so
    /// that the service's own `heal heal --startup`, which takes only this one, never waits for the tick that started it.
    #[must_use]
    pub fn repair_lock(&self) -> PathBuf {
        self.root.join("repair.lock")
    }

    /// Held while a run tells what happened: never together with the recovery lock.
    #[must_use]
    pub fn telling(&self) -> PathBuf {
        self.root.join("telling.lock")
    }

    /// What is paused: one file each.
    #[must_use]
    pub fn pauses(&self) -> PathBuf {
        self.root.join("pauses")
    }

    /// Held while a pause is written or removed.
    #[must_use]
    pub fn pauses_lock(&self) -> PathBuf {
        self.root.join("pauses.lock")
    }

    /// The journal's folder: one file per UTC day.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    /// The snapshot of the history.
    #[must_use]
    pub fn snapshot(&self) -> PathBuf {
        self.root.join("state/now.json")
    }

    /// The stamp of the last tick.
    #[must_use]
    pub fn last_run(&self) -> PathBuf {
        self.root.join("state/last-run")
    }

    /// The last configuration that a tick ran with.
    #[must_use]
    pub fn last_good(&self) -> PathBuf {
        self.root.join("state/last-good.json")
    }

    /// Who was told that heal.toml is broken.
    #[must_use]
    pub fn told_broken(&self) -> PathBuf {
        self.root.join("state/told-broken.json")
    }

    /// What probes noted for their next look.
    #[must_use]
    pub fn notes(&self) -> PathBuf {
        self.root.join("state/probes.json")
    }

    /// What was moved aside: one folder for each intent.
    #[must_use]
    pub fn quarantine(&self) -> PathBuf {
        self.root.join("vault/quarantine")
    }

    /// The heartbeats of services, one file each.
    #[must_use]
    pub fn beats(&self) -> PathBuf {
        self.root.join("beats")
    }

    /// What somebody had edited by hand before heal replaced or removed it.
    #[must_use]
    pub fn edited(&self) -> PathBuf {
        self.root.join("edited")
    }

    /// Starts, stops and crashes.
    #[must_use]
    pub fn crash_history(&self) -> PathBuf {
        self.root.join("crash_history.jsonl")
    }

    /// Messages that wait for a channel.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.root.join("spool")
    }

    /// What channels took that could not be struck off the spool.
    #[must_use]
    pub fn unstruck(&self) -> PathBuf {
        self.root.join("unstruck.json")
    }

    /// What a person was, or should have been, told.
    #[must_use]
    pub fn operator_alerts(&self) -> PathBuf {
        self.root.join("operator_alerts.jsonl")
    }

    /// Is this a file or folder of heal's own? A service may keep its own files in the same directory.
    #[must_use]
    pub fn owns(&self, path: &Path) -> bool {
        path.strip_prefix(&self.root).is_ok_and(owns)
    }

    /// Creates what is missing of it, private to its owner. What exists is never re-moded.
    ///
    /// # Errors
    /// It cannot be created, or something else stands in its place.
    pub fn create(&self) -> Result<()> {
        self.folders().iter().try_for_each(|dir| Self::create_one(dir).map(drop))
    }

    /// What of it is missing.
    #[must_use]
    pub fn missing(&self) -> Vec<PathBuf> {
        self.folders().into_iter().filter(|dir| !dir.exists()).collect()
    }

    /// Could nobody but us have written what is in it? `false` also where a link stands for it, and where it is not there.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        let ours = |meta: std::fs::Metadata| meta.is_dir() && trust::check(&meta).is_ok();
        self.folders().iter().all(|dir| std::fs::symlink_metadata(dir).is_ok_and(ours))
    }

    /// Is all of it there?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        // What is in it is there only where it is itself.
        let [_, within @ ..] = self.folders();
        within.iter().all(|dir| dir.exists())
    }

    fn folders(&self) -> [PathBuf; 3] {
        [self.root.clone(), self.journal(), self.root.join("state")]
    }

    /// Creates the directory itself, in which the locks are; the rest of it is left.
    ///
    /// # Errors
    /// As [`DataDir::create`].
    pub fn create_root(&self) -> Result<bool> {
        Self::create_one(&self.root)
    }

    /// Answers whether it was missing.
    fn create_one(dir: &Path) -> Result<bool> {
        match std::fs::symlink_metadata(dir) {
            Ok(meta) if meta.is_dir() => {
                // Who can write here can tell heal that any process is the service that it should stop.
                trust::check(&meta).map_err(|(why, remedy)| {
                    let remedy = remedy.replace("{}", &dir.display().to_string());
                    let message = format!("the data directory {} is refused: {why}", dir.display());
                    Error::new(Kind::Config, message).hint(format!("`{remedy}`, if you trust what is in it"))
                })?;
                return Ok(false);
            }
            Ok(meta) => {
                let what = if meta.is_symlink() { "a link, which heal does not follow" } else { "not a directory" };
                let message = format!("{} is {what}", dir.display());
                return Err(Error::new(Kind::Config, message)
                    .hint("set `[project] data_dir` to a directory that heal may have to itself"));
            }
            Err(_) => {}
        }
        files::create_dir(dir).map_err(|error| {
            Error::unwritable(format_args!("cannot create the data directory {}", dir.display()), error)
                .hint("`[project] data_dir` has to be writable for the user who runs heal")
        })?;
        Ok(true)
    }
}
