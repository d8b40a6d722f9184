//! Which heal.toml was the last good one, and who was told that it is broken? Two small files, so that a broken heal.toml is
//! neither silent nor told every minute.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{DataDir, files};
use crate::host::{self, trust};
use crate::model::event::Moment;

/// More than a configuration may be, escapes included.
const LIMIT: u64 = 4 * 1024 * 1024;

/// The last configuration that a tick ran with. It holds no secret: those never stand in heal.toml.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastGood {
    /// The file, no link in its way.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
}

impl LastGood {
    /// What was kept; `None` when nothing was, or somebody else may have written it.
    #[must_use]
    pub fn read(dir: &DataDir) -> Option<Self> {
        // It names programs to run. The file that is trusted is the one that is read, whatever stands under its name by now.
        let (file, meta) = host::files::open_itself(&dir.last_good()).ok().filter(|_| dir.is_trusted())?;
        trust::check(&meta).ok()?;
        serde_json::from_str(&host::files::text_of(file, &meta, LIMIT).ok()?).ok()
    }

    /// Is one kept that [`LastGood::read`] would read?
    #[must_use]
    pub fn is_there(dir: &DataDir) -> bool {
        std::fs::symlink_metadata(dir.last_good()).is_ok_and(|meta| meta.is_file() && trust::check(&meta).is_ok())
    }

    /// Keeps it, if it is another one than was kept before.
    ///
    /// # Errors
    /// The system's.
    pub fn keep(&self, dir: &DataDir) -> std::io::Result<()> {
        if Self::read(dir).as_ref() == Some(self) {
            return Ok(());
        }
        files::replace(&dir.last_good(), serde_json::to_string(self)?.as_bytes())
    }
}

/// Who was told that heal.toml is broken, or its data directory refused, and when: by channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldBroken {
    /// What is wrong, where that is not heal.toml.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<String>,
    /// The last time, by channel.
    pub told: BTreeMap<String, Moment>,
}

impl ToldBroken {
    /// Who was told; `None` when nobody was.
    #[must_use]
    pub fn read(dir: &DataDir) -> Option<Self> {
        serde_json::from_slice(&host::files::read(&dir.told_broken(), LIMIT).ok()?).ok()
    }

    /// Writes it down.
    ///
    /// # Errors
    /// The system's.
    pub fn write(&self, dir: &DataDir) -> std::io::Result<()> {
        files::replace(&dir.told_broken(), serde_json::to_string(self)?.as_bytes())
    }

    /// It is right again.
    ///
    /// # Errors
    /// The system's.
    pub fn forget(dir: &DataDir) -> std::io::Result<()> {
        files::remove(&dir.told_broken())
    }
}
