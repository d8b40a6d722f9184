//! What starts heal, and who knows about it already? What `[schedule]` comes to for each program that starts others, and what
//! of it is installed. Looks and proposes; `apply` writes.

mod choose;
mod cron;
mod found;
mod install;
mod launchd;
mod seal;
mod service;
mod systemd;
mod uninstall;

use std::path::{Path, PathBuf};

pub use choose::choose;
pub use found::{Found, found};
pub use install::{install, print};
pub use uninstall::uninstall;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::env;
use crate::model::Span;
use crate::model::schedule::{Effect, Manager, When};

/// What stands above everything in a file of ours.
const HEAD: &str = "# Written by `heal install`, removed by `heal uninstall`. What is edited by hand is left alone.\n";

/// A command that is started again and again.
#[derive(Debug)]
struct Job {
    /// Its key in `[schedule]`.
    name: &'static str,
    /// How heal is called for it.
    words: &'static [&'static str],
}

/// Every command that a schedule can start. One that gets built is added here, and its key is no longer only noted.
const JOBS: [Job; 3] = [
    Job { name: "heal", words: &["heal", "--quiet"] },
    Job { name: "update", words: &["update", "apply", "--quiet"] },
    Job { name: "checkpoint", words: &["checkpoint", "save", "--quiet"] },
];

/// What was asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// For whom; the sensible one when nobody is named.
    pub manager: Option<Manager>,
    /// Services that get a unit of their own.
    pub services: Vec<String>,
    /// Tell the manager about it, so that it begins at once.
    pub enable: bool,
    /// Replace or remove also what was edited by hand.
    pub force: bool,
}

/// A file as it should be.
#[derive(Clone, Debug)]
pub struct File {
    /// Where; for cron only a name.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
}

/// What there is to do.
#[derive(Clone, Debug)]
pub struct Outline {
    /// For whom.
    pub manager: Manager,
    /// All that belongs there, whether it is there already or not.
    pub files: Vec<File>,
    /// What is to be done, in order; nothing when all is as it should be.
    pub effects: Vec<Effect>,
    /// What a person should know.
    pub notes: Vec<String>,
    /// What to do next, beside looking whether it works.
    pub next: Option<String>,
}

/// What is to be started, of which project, by which name.
struct Site<'a> {
    config: &'a Config,
    /// The program.
    heal: String,
    /// The whole path of `heal.toml`.
    toml: String,
    /// What the files of this project begin with.
    name: String,
}

impl<'a> Site<'a> {
    fn new(config: &'a Config, manager: Manager, found: &[Found]) -> Result<Self> {
        let heal = env::ourselves().map_err(|why| Error::new(Kind::Refused, why).hint("start it by its whole path"))?;
        let (heal, toml) = (plain(&heal)?, plain(&config.whole_path())?);
        plain(&config.data_dir)?;
        if matches!(manager, Manager::Systemd | Manager::SystemdUser) {
            systemd::check_program(&heal)?;
        }
        Ok(Self { config, heal, name: choose::name(config, &toml, manager, found), toml })
    }

    fn command(&self, job: &Job) -> Vec<String> {
        let begin = [&self.heal, "--config", &self.toml].map(str::to_owned);
        begin.into_iter().chain(job.words.iter().map(|word| (*word).to_owned())).collect()
    }

    /// The tick has the project's own name.
    fn job_name(&self, job: &Job) -> String {
        if job.name == "heal" { self.name.clone() } else { format!("{}-{}", self.name, job.name) }
    }

    fn service_name(&self, service: &str) -> String {
        format!("{}-service-{service}", self.name)
    }
}

/// A path that can stand in a line of text.
fn plain(path: &Path) -> Result<String> {
    // A line that ends in a backslash goes on in the next one, for systemd.
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control) && !text.ends_with('\\'));
    text.map(str::to_owned).ok_or_else(|| {
        let message = format!("`{}` cannot stand in a schedule: it is not plain text", path.display());
        Error::new(Kind::Refused, message).hint("rename the directory, or put the project elsewhere")
    })
}

fn too_often(who: &str, least: &str, job: &Job, span: Span) -> Error {
    let least = if who == "launchd" {
        format!("counts {least}")
    } else {
        format!("starts nothing more often than every {}", least.trim_start_matches("a "))
    };
    let message = format!("{who} {least}, and [schedule] {} is {span}", job.name);
    let hint = if who == "cron" {
        format!(
            "set `[schedule] {} = \"1m\"`, or take a timer, which can: `heal install --systemd` (or --systemd-user, --launchd)",
            job.name
        )
    } else {
        format!("set `[schedule] {} = \"1s\"` or more", job.name)
    };
    Error::new(Kind::Refused, message).hint(hint)
}

/// What is declared and built.
fn jobs(config: &Config) -> Vec<(&'static Job, When)> {
    let declared = |job: &'static Job| {
        let tick = config.tick.filter(|_| job.name == "heal").map(When::Every);
        let other = || config.timetable.iter().find(|entry| entry.name == job.name).map(|entry| entry.when.clone());
        Some((job, tick.or_else(other)?))
    };
    JOBS.iter().filter_map(declared).collect()
}

/// What `[schedule]` says and nothing can start yet.
fn skipped(config: &Config) -> Vec<String> {
    let unbuilt = config.timetable.iter().filter(|entry| JOBS.iter().all(|job| job.name != entry.name));
    unbuilt.map(|entry| format!("{} ({}) is not built yet: nothing starts it", entry.name, entry.when)).collect()
}

/// The files of the schedule, as they should be.
fn wanted(site: &Site<'_>, manager: Manager) -> Result<Vec<File>> {
    let jobs = jobs(site.config);
    if jobs.is_empty() {
        let message = format!("{} does not say how often heal is to be started", site.toml);
        return Err(Error::new(Kind::Config, message).hint("write `heal = \"60s\"` below [schedule]"));
    }
    if manager == Manager::Cron {
        return Ok(vec![File { path: PathBuf::from("crontab"), text: cron::block(site, &jobs)? }]);
    }
    let folder = folder(manager)?;
    let mut files = Vec::new();
    for (job, when) in &jobs {
        match manager {
            Manager::Launchd => files.push(launchd::job(site, &folder, job, when)?),
            _ => files.extend(systemd::job(site, manager, &folder, job, when)?),
        }
    }
    Ok(files)
}

fn folder(manager: Manager) -> Result<PathBuf> {
    crate::host::schedulers::folder(manager).map_err(|why| Error::new(Kind::Refused, why))
}

/// Is what is installed for this manager what `[schedule]` says today? `None`: that cannot be said.
#[must_use]
pub fn is_current(config: &Config, manager: Manager, found: &[Found]) -> Option<bool> {
    let site = Site::new(config, manager, found).ok()?;
    let wanted = wanted(&site, manager).ok()?;
    let is_there =
        |file: &File| found.iter().any(|one| one.manager == manager && one.path == file.path && one.text == file.text);
    Some(wanted.iter().all(is_there))
}

/// How a manager is talked to: `systemctl --user …`.
fn systemctl(manager: Manager, words: &[&str]) -> Effect {
    let scope: &[&str] = if manager == Manager::SystemdUser { &["--user"] } else { &[] };
    let argv = ["systemctl"].iter().chain(scope).chain(words).map(|word| (*word).to_owned()).collect();
    Effect::Run { argv }
}

/// Where launchd keeps what this user loads.
fn domain() -> String {
    use crate::host::schedulers::{is_root, uid};
    if is_root() { "system".to_owned() } else { format!("gui/{}", uid()) }
}

fn launchctl(words: &[&str]) -> Effect {
    Effect::Run { argv: ["launchctl"].iter().chain(words).map(|word| (*word).to_owned()).collect() }
}
