//! What happened, line by line? Appends events to the journal of the day and keeps the history that they fold into.

use super::{DataDir, days, files, snapshot};
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
        Self::open_created(dir)
    }

    /// As [`Journal::open`], where the data directory was just looked at, and created if need be.
    ///
    /// # Errors
    /// As there.
    pub fn open_created(dir: DataDir) -> Result<Self> {
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
        let history = after(&own.dir, base.clone())?;
        Ok(Self { history, base: Some(base), ..own })
    }

    /// Takes in what was written beside this journal while it could not be written, and takes it away there: from now on it
    /// is remembered here, as if it had been written here at its time. Answers whether there was anything.
    ///
    /// # Errors
    /// It cannot be read, or not be written here; then it stays where it is.
    pub fn import(&mut self, from: &DataDir) -> Result<bool> {
        let entries = snapshot::entries(from)?;
        if entries.is_empty() {
            return Ok(false);
        }
        let lines: Vec<String> = entries.iter().filter_map(|entry| serde_json::to_string(entry).ok()).collect();
        let path = days::today(&self.dir, clock::now().at)?;
        // In one write: half of it would be taken in once more by the next run.
        files::append_line(&path, &lines.join("\n"), true)
            .map_err(|error| Error::unwritable(format_args!("cannot write the journal {}", path.display()), error))?;
        entries.iter().for_each(|entry| self.history.apply(entry));
        self.written = true;
        for path in days::days(from)?.into_iter().chain([from.snapshot()]) {
            // What cannot be removed is counted twice, which only makes heal more careful.
            let _ = files::remove(&path);
        }
        Ok(true)
    }

    /// Takes in what other runs have written meanwhile.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read_again(&mut self) -> Result<()> {
        self.history = match &self.base {
            Some(base) => after(&self.dir, base.clone())?,
            None => snapshot::past(&self.dir)?.history,
        };
        Ok(())
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

    /// Where it is written.
    #[must_use]
    pub const fn dir(&self) -> &DataDir {
        &self.dir
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
        let durable = !matches!(
            event,
            Event::Observed { .. } | Event::Recognised { .. } | Event::Lived { .. } | Event::Stood { .. }
        );
        let entry = Entry { v: FORMAT, moment: clock::now(), run: self.run.clone(), event };
        let line = serde_json::to_string(&entry)
            .map_err(|error| Error::new(Kind::Bug, format!("an event cannot be written as JSON: {error}")))?;
        let path = days::today(&self.dir, entry.moment.at)?;
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
        if std::mem::take(&mut self.written) && self.base.is_none() {
            let _ = snapshot::save(&self.dir);
        }
    }
}

/// What is true after what was written in this directory happened as well.
///
/// # Errors
/// It cannot be read.
pub fn after(dir: &DataDir, mut history: History) -> Result<History> {
    snapshot::entries(dir)?.iter().for_each(|entry| history.apply(entry));
    Ok(history)
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
