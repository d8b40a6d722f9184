//! What do we remember? The append-only journal, its disposable snapshot, and the recovery lock. Writes nothing outside the data directory.

mod beat;
mod config_memory;
mod files;
mod lock;
mod log;
mod notes;
mod recent;
mod snapshot;
mod spool;

use std::path::{Path, PathBuf};

pub use beat::beat;
pub use config_memory::{LastGood, ToldBroken};
pub use files::append_to;
pub use lock::{Held, RecoveryLock, holds};
pub use log::{Journal, after};
pub use notes::Notes;
pub use recent::{Recent, recent};
pub use snapshot::{LastRun, past};
pub use spool::Spool;

use crate::error::{Error, Kind, Result};
use crate::host::trust;

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

    /// Held while a run tells what happened: never together with the recovery lock.
    #[must_use]
    pub fn telling(&self) -> PathBuf {
        self.root.join("telling.lock")
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

    /// The heartbeats of services, one file each.
    #[must_use]
    pub fn beats(&self) -> PathBuf {
        self.root.join("beats")
    }

    /// Messages that wait for a channel.
    #[must_use]
    pub fn spool(&self) -> PathBuf {
        self.root.join("spool")
    }

    /// What a person was, or should have been, told.
    #[must_use]
    pub fn operator_alerts(&self) -> PathBuf {
        self.root.join("operator_alerts.jsonl")
    }

    /// Creates what is missing of it, private to its owner. What exists is never re-moded.
    ///
    /// # Errors
    /// It cannot be created, or something else stands in its place.
    pub fn create(&self) -> Result<()> {
        for dir in [self.root.clone(), self.journal(), self.root.join("state")] {
            match std::fs::symlink_metadata(&dir) {
                Ok(meta) if meta.is_dir() => {
                    // Who can write here can tell heal that any process is the service that it should stop.
                    trust::check(&meta).map_err(|(why, remedy)| {
                        let remedy = remedy.replace("{}", &dir.display().to_string());
                        let message = format!("the data directory {} is refused: {why}", dir.display());
                        Error::new(Kind::Config, message).hint(format!("`{remedy}`, if you trust what is in it"))
                    })?;
                    continue;
                }
                Ok(meta) => {
                    let what = if meta.is_symlink() { "a link, which heal does not follow" } else { "not a directory" };
                    let message = format!("{} is {what}", dir.display());
                    return Err(Error::new(Kind::Config, message)
                        .hint("set `[project] data_dir` to a directory that heal may have to itself"));
                }
                Err(_) => {}
            }
            files::create_dir(&dir).map_err(|error| {
                Error::unwritable(format_args!("cannot create the data directory {}", dir.display()), error)
                    .hint("`[project] data_dir` has to be writable for the user who runs heal")
            })?;
        }
        Ok(())
    }
}
