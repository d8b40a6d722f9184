//! What does `heal run` write down about the life that it watches over? Its begin, with the release that is checked out in
//! that moment, and its end. Nothing that fails in here keeps the service from running.

use crate::apply::attend::End;
use crate::config::{Config, Watched};
use crate::error::Error;
use crate::host::process::Detail;
use crate::host::{clock, processes, release};
use crate::journal::crashes;
use crate::journal::{DataDir, Journal};
use crate::model::crash::{Crash, REASON, Turn};
use crate::model::ending::how;
use crate::model::event::Moment;
use crate::model::{Event, Identity};

/// A life that is watched over.
#[derive(Debug)]
pub struct Record<'c> {
    watched: &'c Watched,
    dir: DataDir,
    start: Crash,
    began: Option<Moment>,
}

impl<'c> Record<'c> {
    /// Reads what is checked out, before anything starts; answers as well with why that is not known.
    #[must_use]
    pub fn of(config: &'c Config, watched: &'c Watched) -> (Self, Option<String>) {
        let (ran, why) = match release::head(&config.root) {
            Ok(ran) => (ran, None),
            Err(why) => (None, Some(format!("which release runs is not known: {why}"))),
        };
        let start = Crash::new(Turn::Start, watched.name(), clock::now());
        let start = start.of(ran.as_ref().map(|ran| ran.id.clone()), ran.map(|ran| ran.at));
        let dir = DataDir::at(config.data_dir.clone());
        (Self { watched, dir, start, began: None }, why)
    }

    /// It runs.
    ///
    /// # Errors
    /// The history cannot be written.
    pub fn began(&mut self, pid: i32) -> Result<(), Error> {
        let processes = processes();
        let identity = |pid: i32| -> Option<Identity> {
            match processes.detail(pid) {
                Detail::Seen(process) => Some(process.identity),
                _ => None,
            }
        };
        let now = clock::now();
        self.start.moment = now.clone().into();
        self.start.life = identity(pid);
        self.start.supervisor = i32::try_from(std::process::id()).ok().and_then(identity);
        self.start.uptime_ms = Some(0);
        self.began = Some(now);
        crashes::append(&self.dir, &self.start)
    }

    /// It ended. A code that a restart does not cure makes the service wait for a person.
    ///
    /// # Errors
    /// The history or the journal cannot be written.
    pub fn ended(self, end: &End) -> Result<Turn, Error> {
        let now = clock::now();
        let hold_on_exit = &self.watched.service.rules.hold_on_exit;
        let (turn, why) = how(end.code, end.signal, end.asked, hold_on_exit);
        let uptime_ms = self.began.as_ref().map(|began| now.since(began));
        let mut entry = Crash { uptime_ms, moment: now.clone().into(), event: turn, ..self.start };
        let ran = (entry.release.take(), entry.release_at.take());
        entry = entry.of(ran.0, ran.1);
        entry.exit_code = end.code;
        entry.signal = end.signal;
        let words = end.words.join("\n");
        // The end of it says most.
        let skipped = words.chars().count().saturating_sub(REASON);
        let words: String = words.chars().skip(skipped).collect();
        let reason: Vec<String> =
            [words, why.unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect();
        entry.reason = Some(reason.join("\n")).filter(|text| !text.is_empty());
        crashes::append(&self.dir, &entry)?;
        if let Some(code) = end.code.filter(|code| *code != 0 && hold_on_exit.contains(code)) {
            let mut journal = Journal::open(self.dir)?;
            let service = self.watched.name().to_owned();
            if journal.history().service(&service).held.is_none() {
                let reason = format!("it ended with exit code {code}, which a restart does not cure (hold_on_exit)");
                journal.record(Event::Held { service, reason, code: true })?;
                journal.save();
            }
        }
        Ok(turn)
    }
}
