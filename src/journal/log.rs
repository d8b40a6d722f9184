//! What happened, line by line? Appends events to the journal of the day and keeps the history that they fold into.

use super::{DataDir, files, snapshot};
use crate::error::{Error, Kind, Result};
use crate::host::clock;
use crate::model::event::FORMAT;
use crate::model::{Entry, Event, History};

/// The journal, open for writing, with the history up to now.
#[derive(Debug)]
pub struct Journal {
    dir: DataDir,
    run: String,
    history: History,
    /// What is remembered elsewhere, and cannot be added to.
    base: Option<History>,
    warnings: Vec<String>,
    intents: u32,
    news: u32,
    written: bool,
}

impl Journal {
    /// Reads the history and makes ready to add to it.
    ///
    /// # Errors
    /// The data directory cannot be created, or the journal cannot be read, is damaged, or was written by a newer heal. Without
    /// its journal heal does not know its budgets, so it does not act.
    pub fn open(dir: DataDir) -> Result<Self> {
        dir.create()?;
        let past = snapshot::past(&dir)?;
        past.trusted(&dir)?;
        if past.unsettled() {
            // Torn lines are told once. And a file that comes back under the name of one that is gone must not look like
            // that one cut short.
            let _ = snapshot::save(&dir);
        }
        let warnings = past.warnings();
        let (run, history) = (run_id(), past.history);
        Ok(Self { dir, run, history, base: None, warnings, intents: 0, news: 0, written: false })
    }

    /// A journal beside one that cannot be written: what that one knew is known, and what happens is written here.
    ///
    /// # Errors
    /// As [`Journal::open`].
    pub fn beside(dir: DataDir, base: History) -> Result<Self> {
        let own = Self::open(dir)?;
        Ok(Self { history: base.clone().and_later(own.history), base: Some(base), ..own })
    }

    /// Takes in what other runs have written meanwhile.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read_again(&mut self) -> Result<()> {
        let history = snapshot::past(&self.dir)?.history;
        self.history = match &self.base {
            Some(base) => base.clone().and_later(history),
            None => history,
        };
        Ok(())
    }

    /// Counts acts that were written down elsewhere against the budgets of this run.
    pub fn also_count(&mut self, other: &History) {
        self.history.also_count(other);
    }

    /// What is true now.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// What a person should know about lines that could not be read.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How many turns for the better or worse this run has written down.
    #[must_use]
    pub const fn news(&self) -> u32 {
        self.news
    }

    /// The id of this run.
    #[must_use]
    pub fn run(&self) -> &str {
        &self.run
    }

    /// A new id for an intent of this run.
    pub fn next_intent(&mut self) -> String {
        self.intents += 1;
        format!("{}.{}", self.run, self.intents)
    }

    /// Adds an event. Intents, outcomes and what a budget or a person depends on are on the disk before this returns.
    ///
    /// # Errors
    /// It could not be written; nothing that depends on it may be done.
    pub fn record(&mut self, event: Event) -> Result<()> {
        let durable = !matches!(event, Event::Observed { .. } | Event::Recognised { .. });
        let entry = Entry { v: FORMAT, moment: clock::now(), run: self.run.clone(), event };
        let line = serde_json::to_string(&entry)
            .map_err(|error| Error::new(Kind::Bug, format!("an event cannot be written as JSON: {error}")))?;
        let path = snapshot::today(&self.dir, entry.moment.at)?;
        let first = !path.exists();
        files::append_line(&path, &line, durable)
            .map_err(|error| Error::unwritable(format_args!("cannot write the journal {}", path.display()), error))?;
        self.news += u32::from(is_news(&entry.event));
        self.history.apply(&entry);
        self.written = true;
        if first {
            // The first line of a day: the time to forget the oldest.
            snapshot::forget(&self.dir);
        }
        Ok(())
    }

    /// Writes the snapshot, if anything was added. It is disposable: the journal alone decides, so a failure is no error.
    pub fn save(&mut self) {
        if std::mem::take(&mut self.written) {
            let _ = snapshot::save(&self.dir);
        }
    }
}

/// Is this a turn, and not just one more look at the same trouble?
const fn is_news(event: &Event) -> bool {
    matches!(
        event,
        Event::Opened { .. } | Event::Closed { .. } | Event::Done { .. } | Event::Exhausted { .. } | Event::Held { .. }
    )
}

/// Unique among the runs of all boots: when it began, and which process it was.
fn run_id() -> String {
    format!("{}-{}", clock::now().at.format("%Y%m%dT%H%M%S%3fZ"), std::process::id())
}
