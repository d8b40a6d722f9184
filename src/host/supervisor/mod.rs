//! What do the supervisors say about the services that they own? One question for each of them, however many services it
//! owns, with a deadline. Nothing in here starts, stops or changes anything; `apply::supervise` does.

pub mod launchd;
mod state;
pub mod systemd;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::env;
use super::exec::{Ended, Job, run};
use crate::model::unit::{Supervisor, UnitName};

/// A supervisor answers in some milliseconds; one that is stuck does not.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// What a supervisor says about one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its main process, while there is one.
    pub main: Option<i32>,
    /// Further processes that the supervisor counts as part of it.
    pub members: Vec<i32>,
    /// The state in its own words, for a person: `active (running)`, `failed (signal 9)`.
    pub state: String,
    /// Why nothing can be said about whether it runs.
    pub doubt: Option<String>,
    /// Somebody wants it as it is: what shows it, and what ends it.
    pub wish: Option<String>,
    /// The supervisor itself is starting or stopping it right now, or is about to.
    pub moving: Option<String>,
    /// It gave up on it, and has to be told to forget that before it starts it again.
    pub failed: bool,
    /// The exit code of the last life, where it ended by one.
    pub exit: Option<i32>,
    /// A name of this life that no other has, while it lasts and after: the invocation of systemd.
    pub life: Option<String>,
    /// How often the supervisor restarted it by itself since it was last started by somebody.
    pub restarts: u32,
    /// When the state last changed, in milliseconds of the clock of the boot.
    pub changed_ms: Option<i64>,
    /// What describes it, where the supervisor has to be told of that before it can start it (launchd).
    pub unloaded: Option<PathBuf>,
}

/// Answers by name: what the supervisor says, or why it cannot be asked.
pub type Answers = BTreeMap<UnitName, Result<Told, String>>;

/// A supervisor, as far as it can be looked at.
trait Look {
    /// What it says about these, in their order.
    fn look(&self, names: &[&str]) -> Vec<Result<Told, String>>;
}

/// Asks about all of these, each supervisor once and all of them at the same time.
#[must_use]
pub fn ask<'u>(units: impl IntoIterator<Item = &'u UnitName>) -> Answers {
    let mut by: BTreeMap<Supervisor, Vec<&str>> = BTreeMap::new();
    for unit in units {
        by.entry(unit.by).or_default().push(&unit.name);
    }
    let mut answers = Answers::new();
    if by.is_empty() {
        // Even a scope without threads sets up what they would need.
        return answers;
    }
    std::thread::scope(|scope| {
        let ask = |by: Supervisor, names: &'_ [&str]| supervisor(by).look(names);
        let start = |by, names| std::thread::Builder::new().spawn_scoped(scope, move || ask(by, names));
        let asked: Vec<_> = by.iter().map(|(by, names)| (*by, names, start(*by, names))).collect();
        for (by, names, answer) in asked {
            let nobody = |_| names.iter().map(|_| Err("it was not asked".to_owned())).collect();
            // Where no thread can be had, they are asked one after the other.
            let told = answer.map_or_else(|_| ask(by, names), |answer| answer.join().unwrap_or_else(nobody));
            let units = names.iter().map(|name| UnitName { by, name: (*name).to_owned() });
            answers.extend(units.zip(told));
        }
    });
    answers
}

fn supervisor(by: Supervisor) -> Box<dyn Look> {
    match by {
        Supervisor::Systemd => Box::new(systemd::Manager { user: false }),
        Supervisor::SystemdUser => Box::new(systemd::Manager { user: true }),
        Supervisor::Launchd => Box::new(launchd::Launchd),
    }
}

/// Runs the tool of a supervisor; what it needs to find a user's manager is added to the clean environment.
///
/// # Errors
/// It could not be started.
pub fn tool(argv: &[String], timeout: Duration) -> Result<Ended, String> {
    let mut environment = BTreeMap::from([("LC_ALL".to_owned(), "C".to_owned())]);
    // cron gives nothing to find it by (FAILURES F29).
    if let Some(folder) = runtime_dir().filter(|folder| folder.is_dir()) {
        environment.insert("XDG_RUNTIME_DIR".to_owned(), folder.display().to_string());
    }
    run(&Job { argv, cwd: Path::new("/"), env: &environment, stdin: b"", timeout })
}

/// Where a user's manager is to be found.
fn runtime_dir() -> Option<PathBuf> {
    let given = env::var("XDG_RUNTIME_DIR").map(PathBuf::from);
    given.or_else(|| Some(PathBuf::from(format!("/run/user/{}", nix::unistd::geteuid()))))
}

/// What stands for `systemctl` or `launchctl` in tests of the real binary: `HEAL_TEST_SYSTEMCTL=/path`. A release build does
/// not read it.
fn stand_in(name: &str) -> Option<String> {
    if !cfg!(debug_assertions) {
        return None;
    }
    env::var(&format!("HEAL_TEST_{}", name.to_ascii_uppercase()))
}

/// Why it failed, for a person.
///
/// `said` is its last line.
#[must_use]
pub fn complaint(name: &str, ended: &Ended) -> String {
    let said = ended.last_line();
    format!("{name} {}{}{said}", ended.how(), if said.is_empty() { "" } else { ": " })
}
