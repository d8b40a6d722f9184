//! What is written down? The journal of the simulation: each event goes through the line that it would be on the disk, and heal may
//! be killed before it, or right after.

use super::tally::Tally;
use super::{Step, Stop, broken};
use crate::model::event::{Entry, FORMAT, Moment};
use crate::model::{Event, History};

/// Lines of a timeline that are kept.
const LINES: usize = 4_000;

#[derive(Debug)]
pub(super) struct Book {
    pub(super) history: History,
    pub(super) tally: Tally,
    run: u64,
    intents: u64,
    /// heal is killed at this step.
    kill: Option<u64>,
    records: bool,
    lines: std::collections::VecDeque<String>,
}

impl Book {
    pub(super) fn new(records: bool) -> Self {
        Self {
            history: History::default(),
            tally: Tally::default(),
            run: 0,
            intents: 0,
            kill: None,
            records,
            lines: std::collections::VecDeque::new(),
        }
    }

    pub(super) fn mortal(&mut self, kill: Option<u64>) {
        self.kill = kill;
    }

    pub(super) fn opens(&mut self) {
        self.run += 1;
        self.intents = 0;
    }

    pub(super) fn run(&self) -> String {
        format!("r{}", self.run)
    }

    pub(super) fn next_intent(&mut self) -> String {
        self.intents += 1;
        format!("r{}/{}", self.run, self.intents)
    }

    /// A point at which heal may die.
    pub(super) fn step(&mut self) -> Step {
        match &mut self.kill {
            Some(0) => {
                self.kill = None;
                Err(Stop::Killed)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Takes an event through its line into the history; answers with what was read.
    pub(super) fn write(&mut self, moment: Moment, now: i64, event: Event) -> Step<Event> {
        let entry = Entry { v: FORMAT, moment, run: self.run(), event };
        self.tally.events += 1;
        // Of the looks at a trouble that lasts, which are most of all lines, every eighth.
        if matches!(entry.event, Event::Observed { .. }) && !self.tally.events.is_multiple_of(8) && !self.records {
            self.history.apply(&entry);
            return Ok(entry.event);
        }
        let line = serde_json::to_string(&entry).map_err(|error| Stop::Broken(format!("no line: {error}")))?;
        let read: Entry = serde_json::from_str(&line).map_err(|error| Stop::Broken(format!("{line}: {error}")))?;
        if read != entry {
            return broken(format!("read back as something else: {line}"));
        }
        self.tally.check("a line is read back as it was written");
        self.note(now, || line);
        self.history.apply(&read);
        if self.tally.events.is_multiple_of(512) {
            self.tally.check("a snapshot of the history is the history");
            let text = serde_json::to_string(&self.history).map_err(|error| Stop::Broken(error.to_string()))?;
            let again: History = serde_json::from_str(&text).map_err(|error| Stop::Broken(error.to_string()))?;
            if again != self.history {
                return broken("a snapshot of the history is not the history");
            }
            self.history = again;
        }
        Ok(read.event)
    }

    pub(super) fn fault(&mut self, kind: &'static str) {
        *self.tally.faults.entry(kind).or_default() += 1;
    }

    pub(super) fn note(&mut self, now: i64, what: impl FnOnce() -> String) {
        if self.records {
            let (days, rest) = (now / 86_400_000, now % 86_400_000);
            let (hours, minutes, seconds) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60);
            self.lines.push_back(format!("day {days:>3} {hours:02}:{minutes:02}:{seconds:02}  {}\n", what()));
            if self.lines.len() > LINES {
                self.lines.pop_front();
            }
        }
    }

    pub(super) fn timeline(&self) -> String {
        self.lines.iter().map(String::as_str).collect()
    }
}
