//! What starts programs on this machine, and what does it know already? The folders of systemd and launchd, the crontab of
//! this user. Reads and asks; whatever is changed there is changed by `apply`.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::env;
use super::exec::{Ended, Job, run_on, run_up_to};
use crate::model::schedule::Manager;

/// A manager that is stuck must not keep heal.
const PATIENCE: Duration = Duration::from_secs(30);

/// A crontab larger than this is not touched.
const LIMIT: usize = 1024 * 1024;

/// Tests of the real binary give the machine another root by `HEAL_TEST_MACHINE`, with programs of its own in `bin`; a
/// release build does not read it.
fn root() -> Option<PathBuf> {
    if cfg!(debug_assertions) { env::var("HEAL_TEST_MACHINE").map(PathBuf::from) } else { None }
}

fn machine(path: &str) -> PathBuf {
    root().map_or_else(|| PathBuf::from(path), |root| root.join(path.trim_start_matches('/')))
}

/// The environment in which the programs of a manager are asked.
#[must_use]
pub fn environment() -> BTreeMap<String, String> {
    let path =
        root().map_or_else(|| env::PATH.to_owned(), |root| format!("{}:{}", root.join("bin").display(), env::PATH));
    let test = root().map(|root| ("HEAL_TEST_MACHINE".to_owned(), root.display().to_string()));
    [("PATH".to_owned(), path)].into_iter().chain(test).collect()
}

/// Runs a program of a manager.
///
/// # Errors
/// It could not be started.
pub fn tool(argv: &[&str]) -> Result<Ended, String> {
    let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
    let env = environment();
    run_up_to(&Job { argv: &argv, cwd: Path::new("/"), env: &env, stdin: b"", timeout: PATIENCE }, LIMIT)
}

/// Gives the user another crontab, which is the whole of this file.
///
/// # Errors
/// It could not be started.
pub fn replace_crontab(file: File) -> Result<Ended, String> {
    let (argv, env) = (["crontab".to_owned(), "-".to_owned()], environment());
    run_on(&Job { argv: &argv, cwd: Path::new("/"), env: &env, stdin: b"", timeout: PATIENCE }, file)
}

/// Is there a program of this name, where programs are looked for?
#[must_use]
pub fn has(program: &str) -> bool {
    let path = environment().remove("PATH").unwrap_or_default();
    env::program(program, Path::new("/"), &path).is_ok()
}

/// Is it root who asks?
#[must_use]
pub fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// The number of the user who asks.
#[must_use]
pub fn uid() -> u32 {
    nix::unistd::Uid::effective().as_raw()
}

/// Does this manager run here, so that it can be told about something new?
#[must_use]
pub fn runs(manager: Manager) -> bool {
    match manager {
        // sd_booted(3).
        Manager::Systemd => machine("/run/systemd/system").is_dir(),
        Manager::SystemdUser => env::var("XDG_RUNTIME_DIR").is_some_and(|dir| Path::new(&dir).join("systemd").is_dir()),
        Manager::Launchd => cfg!(target_os = "macos") || (root().is_some() && has("launchctl")),
        Manager::Cron => has("crontab"),
    }
}

/// Is this a container? Its manager tells the systemd in it (systemd.io/CONTAINER_INTERFACE).
#[must_use]
pub fn in_container() -> bool {
    machine("/run/systemd/container").exists()
}

/// Where a manager reads what it starts; cron has no such folder.
///
/// # Errors
/// Nobody says where the user's folder is.
pub fn folder(manager: Manager) -> Result<PathBuf, String> {
    let home = || env::var("HOME").map(PathBuf::from).ok_or("HOME is not set, so the user's folder is not known");
    Ok(match manager {
        Manager::Systemd => machine("/etc/systemd/system"),
        Manager::SystemdUser => match env::var("XDG_CONFIG_HOME") {
            Some(folder) => Path::new(&folder).join("systemd/user"),
            None => home()?.join(".config/systemd/user"),
        },
        Manager::Launchd if is_root() => machine("/Library/LaunchDaemons"),
        Manager::Launchd => home()?.join("Library/LaunchAgents"),
        Manager::Cron => return Err("cron has no folder".to_owned()),
    })
}

/// The names of the files in that folder; none when it is not there.
///
/// # Errors
/// It cannot be read.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let said = |error: std::io::Error| format!("{} cannot be read: {error}", folder.display());
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(said(error)),
    };
    let mut found = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().map_err(said)?;
    found.sort();
    Ok(found)
}

/// The user's crontab, byte for byte; empty when there is none.
///
/// # Errors
/// There is no crontab program, it may not be asked, or the crontab is not text.
pub fn crontab() -> Result<String, String> {
    let ended = tool(&["crontab", "-l"])?;
    if !ended.ok() {
        if ended.status.is_some() && ended.stdout.is_empty() && ended.stderr.contains("no crontab for") {
            return Ok(String::new());
        }
        return Err(format!("`crontab -l` {}: {}", ended.how(), ended.last_line()));
    }
    // What is not UTF-8 arrives as this character, and could not be written back as it was.
    if ended.stdout.contains('\u{fffd}') || ended.stdout.len() >= LIMIT {
        return Err("your crontab is not plain UTF-8 text, or larger than 1 MB".to_owned());
    }
    Ok(ended.stdout)
}

/// What systemd says of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// It begins with the machine, or with the user's session.
    pub enabled: bool,
    /// A timer: it waits for its time.
    pub active: bool,
    /// What systemd knows of it is older than its file.
    pub stale: bool,
}

impl Known {
    /// A timer does its work.
    #[must_use]
    pub const fn fires(self) -> bool {
        self.enabled && self.active && !self.stale
    }
}

/// Asks systemd about a unit.
///
/// # Errors
/// It cannot be asked.
pub fn unit(manager: Manager, unit: &str) -> Result<Known, String> {
    let scope = if manager == Manager::SystemdUser { "--user" } else { "--system" };
    let properties = "--property=UnitFileState,ActiveState,NeedDaemonReload";
    let ended = tool(&["systemctl", scope, "show", properties, "--", unit])?;
    if !ended.ok() {
        return Err(format!("systemctl {}: {}", ended.how(), ended.last_line()));
    }
    let is = |line: &str| ended.stdout.lines().any(|said| said == line);
    Ok(Known {
        enabled: is("UnitFileState=enabled"),
        active: is("ActiveState=active"),
        stale: is("NeedDaemonReload=yes"),
    })
}
