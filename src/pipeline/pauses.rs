//! Who wants heal to keep its hands off? Writes and ends pauses, each with a line in the journal. Acts on no service.

use std::time::{Duration, Instant};

use super::look::Looker;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::process::Processes;
use crate::host::{clock, env, processes};
use crate::journal::{DataDir, Held, Journal, Kept, Ledger, Pauses, RecoveryLock, holds};
use crate::model::{Event, History, Pause, Paused, rfc3339};

/// How long a change of the pauses waits for another one; each takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often `heal lock` looks whether the one before it is done.
const NAP: Duration = Duration::from_millis(200);

/// Why nothing is changed now of what belongs to this service, or without one to the whole project: it is in a person's hands.
/// `ours` are processes whose own pauses do not count: what runs inside of `heal lock` is what the pause was made for.
pub(super) fn hands_off(history: &History, pauses: &Pauses, ours: &[i32], service: Option<&str>) -> Option<String> {
    let name = service.unwrap_or_default();
    if let Some((since, why)) = service.and_then(|name| history.service(name).held.as_ref()) {
        // Whom it waits for may look into it at this moment.
        return Some(format!("`{name}` waits for a person since {}: {why}", rfc3339(since.at)));
    }
    // No service has an empty name: what has no service is paused with all of them only.
    let paused = pauses.of_others(name, ours)?;
    let who = service.map_or_else(|| "everything".to_owned(), |name| format!("`{name}`"));
    Some(format!("{who} is paused {}", paused.words()))
}

/// The pauses of this moment, for a run that looks at no service.
pub(super) struct Hands {
    pauses: Pauses,
    ours: Vec<i32>,
}

impl Hands {
    /// For a command that somebody typed, or a script: what its own ancestors paused is for it to do.
    pub(super) fn now(dir: &DataDir) -> Self {
        let table = processes();
        let pauses = Pauses::read(dir, &clock::now(), table.as_ref());
        let ours = if pauses.on.is_empty() { Vec::new() } else { table.lineage().to_vec() };
        Self { pauses, ours }
    }

    /// For a tick: what comes by itself is as much in the way inside of a `heal lock` as outside.
    pub(super) fn of_tick(dir: &DataDir) -> Self {
        Self { pauses: Pauses::read(dir, &clock::now(), processes().as_ref()), ours: Vec::new() }
    }

    /// Who moves the code at this moment, for all that is known: a command of `heal lock`, whichever services it named. There is
    /// one work tree, and it belongs to all of them. What cannot be read may be such a one.
    pub(super) fn deploy(&self) -> Option<String> {
        if let Some(why) = &self.pauses.broken {
            return Some(why.clone());
        }
        self.pauses.on.iter().find_map(|kept| match &kept.pause {
            Ok(pause) => pause
                .holder
                .as_ref()
                .filter(|one| pause.lock && !self.ours.contains(&one.identity.pid))
                .map(|holder| format!("`{}` runs under `heal lock` (pid {})", holder.command, holder.identity.pid)),
            Err((why, _)) => Some(why.clone()),
        })
    }

    /// Is it paused, held or not? Only the pauses.
    pub(super) fn paused(&self, service: &str) -> Option<String> {
        self.off(&History::default(), Some(service))
    }

    /// As [`hands_off`].
    pub(super) fn off(&self, history: &History, service: Option<&str>) -> Option<String> {
        hands_off(history, &self.pauses, &self.ours, service)
    }
}

/// What came of a pause.
#[derive(Debug)]
pub struct Made {
    /// What a report says of each.
    pub pauses: Vec<(Option<String>, Paused)>,
    /// A run that is at work at this moment: what it has begun it still ends.
    pub at_work: Option<Held>,
}

/// Begins these pauses. Each is in force when this returns: no run begins an act on its service any more.
///
/// # Errors
/// They cannot be written down; then none of them is on.
pub fn pause(config: &Config, pauses: &[Pause]) -> Result<Made> {
    let dir = DataDir::at(config.data_dir.clone());
    let mut journal = open(config, &dir)?;
    write(&dir, &mut journal, pauses)?;
    let made = pauses.iter().map(|pause| (pause.service.clone(), pause.told(&pause.since))).collect();
    Ok(Made { pauses: made, at_work: holds(&dir.lock()) })
}

/// A pause that was made for a command, until the command runs.
#[derive(Debug)]
pub struct Bound {
    dir: DataDir,
    journal: Journal,
    files: Vec<String>,
    pauses: Vec<Pause>,
}

impl Bound {
    /// The command could not be started: takes the pauses back.
    ///
    /// # Errors
    /// That cannot be done; they end with this process.
    pub fn take_back(mut self) -> Result<()> {
        let ledger = Ledger::open(&self.dir, PATIENCE)?;
        for (file, pause) in self.files.iter().zip(&self.pauses) {
            ledger.remove(file)?;
            let why = "its command could not be started".to_owned();
            self.journal.record(Event::Resumed { service: pause.service.clone(), why })?;
        }
        self.journal.save();
        Ok(())
    }
}

/// Begins pauses that end with this process, whatever program it will be by then. With `wait`, they begin between two
/// recoveries, when none is under way and no other command of `heal lock` runs for one of the same services: at most so
/// long is waited for that.
///
/// # Errors
/// [`Kind::Busy`] when there was no such moment; otherwise as [`pause`].
pub fn bind(config: &Config, pauses: Vec<Pause>, wait: Option<Duration>) -> Result<Bound> {
    let dir = DataDir::at(config.data_dir.clone());
    let mut journal = open(config, &dir)?;
    let Some(wait) = wait else {
        let files = write(&dir, &mut journal, &pauses)?;
        return Ok(Bound { dir, journal, files, pauses });
    };
    let deadline = Instant::now() + wait;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let lock = RecoveryLock::take_within(&dir.lock(), "heal lock", left)?;
        let processes = processes();
        let now = clock::now();
        let on = Pauses::read(&dir, &now, processes.as_ref());
        let Some((pid, command)) = rival(&on, &pauses, processes.as_ref()) else {
            let files = write(&dir, &mut journal, &pauses)?;
            // From here on the pauses keep everybody off; the lock is for acts, and ends after five minutes.
            drop(lock);
            return Ok(Bound { dir, journal, files, pauses });
        };
        drop(lock);
        if Instant::now() >= deadline {
            let message = format!("another `heal lock` is at work: `{command}` (pid {pid})");
            return Err(Error::new(Kind::Busy, message).hint("try again when it is done, or wait longer: --wait 10m"));
        }
        std::thread::sleep(NAP.min(deadline.saturating_duration_since(Instant::now())));
    }
}

/// Another command that runs under `heal lock` for one of the same services. What runs inside of it is no rival of it.
fn rival(on: &Pauses, wanted: &[Pause], processes: &dyn Processes) -> Option<(i32, String)> {
    let overlaps = |one: &Pause| {
        wanted.iter().any(|other| match (&one.service, &other.service) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        })
    };
    let locks = on.on.iter().filter_map(|kept| kept.pause.as_ref().ok()).filter(|pause| pause.lock && overlaps(pause));
    let mut holders = locks.filter_map(|pause| pause.holder.as_ref());
    holders
        .find(|holder| !processes.lineage().contains(&holder.identity.pid))
        .map(|holder| (holder.identity.pid, holder.command.clone()))
}

/// Ends the pauses of these services, or with `None` all there are. Answers with those that were ended, and for each service
/// that stays paused with all others, its name.
///
/// # Errors
/// It cannot be written down.
pub fn resume(config: &Config, services: Option<&[String]>) -> Result<(Vec<Kept>, Vec<String>)> {
    let dir = DataDir::at(config.data_dir.clone());
    let mut journal = open(config, &dir)?;
    if !dir.pauses().exists() {
        return Ok((Vec::new(), Vec::new()));
    }
    let ledger = Ledger::open(&dir, PATIENCE)?;
    let pauses = Pauses::read(&dir, &clock::now(), processes().as_ref());
    if let Some(why) = &pauses.broken {
        return Err(Error::new(Kind::Io, why.clone()).hint("while that is so, nothing is acted upon"));
    }
    let asked = |kept: &Kept| match (&kept.service, services) {
        (_, None) => true,
        (Some(service), Some(asked)) => asked.contains(service),
        (None, Some(_)) => false,
    };
    let mut ended = Vec::new();
    for kept in pauses.on.iter().filter(|kept| asked(kept)) {
        ledger.remove(&kept.file)?;
        journal.record(Event::Resumed { service: kept.service.clone(), why: format!("by {}", env::person()) })?;
        ended.push(kept.clone());
    }
    // Nothing is said of what was over anyway.
    for (kept, why) in &pauses.over {
        ledger.remove(&kept.file)?;
        journal.record(Event::Resumed { service: kept.service.clone(), why: (*why).to_owned() })?;
    }
    journal.save();
    let all = services.is_some() && pauses.on.iter().any(|kept| kept.service.is_none());
    Ok((ended, if all { services.unwrap_or_default().to_vec() } else { Vec::new() }))
}

/// The pauses that are on, for who asks.
#[must_use]
pub fn on(config: &Config) -> Pauses {
    Pauses::read(&DataDir::at(config.data_dir.clone()), &clock::now(), processes().as_ref())
}

/// Takes away the files of pauses that are over, and writes down why each is. Whoever is changing the pauses just then does
/// it as well, and nothing depends on it: a pause is over by itself.
pub(super) fn settle(dir: &DataDir, looker: &Looker<'_>, journal: &mut Journal) {
    if looker.pauses.over.is_empty() {
        return;
    }
    let Ok(ledger) = Ledger::open(dir, Duration::ZERO) else { return };
    // What stands under the same name by now may be another one.
    let pauses = Pauses::read(dir, &clock::now(), looker.processes.as_ref());
    for (kept, why) in &pauses.over {
        if ledger.remove(&kept.file).is_ok() {
            // If it cannot be written now, the journal only lacks the end of a pause.
            let _ = journal.record(Event::Resumed { service: kept.service.clone(), why: (*why).to_owned() });
        }
    }
}

/// Was it paused or held since the run looked at it? Why nothing may be done any more, if so.
///
/// # Errors
/// The journal cannot be read.
pub(super) fn meanwhile(looker: &Looker<'_>, journal: &mut Journal, service: &str) -> Result<Option<String>> {
    let paused = Pauses::read(&looker.dir, &clock::now(), looker.processes.as_ref()).of(service);
    if let Some(paused) = paused {
        return Ok(Some(format!("paused {}", paused.words())));
    }
    if journal.history().service(service).held.is_none() {
        journal.read_again()?;
    }
    Ok(journal.history().service(service).held.as_ref().map(|(_, reason)| format!("held: {reason}")))
}

/// What a person has to know about the ledger itself: what cannot be read keeps heal from acting until somebody says
/// whether it was meant.
pub(super) fn warnings(pauses: &Pauses, config: &Config) -> Vec<String> {
    let heal = config.call();
    if let Some(why) = &pauses.broken {
        return vec![format!("{why}; nothing is acted upon, because anything may be paused")];
    }
    let unreadable = pauses.on.iter().filter_map(|kept| Some((kept.service.as_deref(), kept.pause.as_ref().err()?)));
    let line = |(service, (why, until)): (Option<&str>, &(String, crate::model::Stamp))| {
        let until = crate::model::rfc3339(*until);
        let (whom, what) = service.map_or(("anything", "--all"), |service| (service, service));
        format!(
            "{why}; it is taken for a pause, and {whom} not acted upon, until {until}: `{heal} resume {what}` ends that"
        )
    };
    unreadable.map(line).collect()
}

fn open(config: &Config, dir: &DataDir) -> Result<Journal> {
    crate::apply::refuse_links(&config.root, &config.data_dir)?;
    Journal::open(dir.clone())
}

/// Writes the pauses. Each is said before it is on: what was on before is so still if it cannot be.
fn write(dir: &DataDir, journal: &mut Journal, pauses: &[Pause]) -> Result<Vec<String>> {
    let ledger = Ledger::open(dir, PATIENCE)?;
    let mut files = Vec::with_capacity(pauses.len());
    for pause in pauses {
        let command = pause.holder.as_ref().map(|holder| holder.command.clone());
        let event = Event::Paused {
            service: pause.service.clone(),
            reason: pause.reason.clone(),
            by: pause.by.clone(),
            for_ms: pause.for_ms,
            command,
        };
        match journal.record(event).and_then(|()| ledger.put(pause)) {
            Ok(file) => files.push(file),
            Err(error) => {
                // Not by half. What cannot be taken back ends with its time.
                files.iter().for_each(|file| drop(ledger.remove(file)));
                return Err(error);
            }
        }
    }
    journal.save();
    Ok(files)
}
