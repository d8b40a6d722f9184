//! What did heal install for this project, wherever that may be? Goes by the lines in the files themselves, so it needs no
//! memory, and finds also what was installed under a name that the project had before.

use std::path::PathBuf;

use super::{cron, seal};
use crate::config::Config;
use crate::host::files;
use crate::host::schedulers;
use crate::model::schedule::Manager;

/// A unit that is larger is not one of ours.
const LIMIT: u64 = 256 * 1024;

/// Something that heal installed for this project.
#[derive(Clone, Debug)]
pub struct Found {
    /// Who starts it.
    pub manager: Manager,
    /// Where it stands; for cron only a name.
    pub path: PathBuf,
    /// `schedule heal`, or `service NAME`.
    pub what: String,
    /// What it holds.
    pub text: String,
    /// Nobody changed it since.
    pub whole: bool,
}

impl Found {
    /// Does it start heal, and not a service?
    #[must_use]
    pub fn is_schedule(&self) -> bool {
        self.what.starts_with("schedule ")
    }
}

/// All that is installed for this project, and why something could not be looked at.
#[must_use]
pub fn found(config: &Config) -> (Vec<Found>, Vec<(Manager, String)>) {
    let toml = config.whole_path().display().to_string();
    let (mut all, mut blind) = (Vec::new(), Vec::new());
    for manager in Manager::ALL {
        let found = match manager {
            Manager::Cron if !schedulers::has("crontab") => continue,
            Manager::Cron => in_crontab(&toml),
            _ => in_folder(manager, &toml),
        };
        match found {
            Ok(found) => all.extend(found),
            Err(why) => blind.push((manager, why)),
        }
    }
    (all, blind)
}

fn in_crontab(toml: &str) -> Result<Vec<Found>, String> {
    let crontab = schedulers::crontab()?;
    let block = cron::part(&crontab, toml)?.block;
    Ok(block
        .map(|block| Found {
            manager: Manager::Cron,
            path: PathBuf::from("crontab"),
            what: "schedule heal".to_owned(),
            text: block.to_owned(),
            whole: cron::is_whole(block),
        })
        .into_iter()
        .collect())
}

fn in_folder(manager: Manager, toml: &str) -> Result<Vec<Found>, String> {
    // Who has no home has installed nothing there.
    let Ok(folder) = schedulers::folder(manager) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for path in schedulers::files(&folder)? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !name.starts_with("heal-") || std::fs::symlink_metadata(&path).is_ok_and(|meta| meta.is_symlink()) {
            continue;
        }
        let Ok(text) = files::read_text(&path, LIMIT) else { continue };
        if let Some(seal) = seal::read(&text).filter(|seal| seal.config == toml) {
            found.push(Found { manager, path, what: seal.what, text, whole: seal.whole });
        }
    }
    Ok(found)
}
