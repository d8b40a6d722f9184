//! What does a tick write down of what it saw? Each once, and before anything follows from it. It acts on nothing.

use super::Run;
use crate::error::Result;
use crate::model::{Event, Incident};
use crate::pipeline::crashes;
use crate::pipeline::seen::Seen;
use crate::probe::identify::Who;

impl Run<'_> {
    /// What heal held because of the code is released by other code (DESIGN §6). A person's hold is theirs to end.
    pub(super) fn release(&mut self, name: &str) -> Result<()> {
        let past = self.journal.history().service(name);
        let since = past.held.as_ref().filter(|_| past.held_by_code && !self.observes).map(|(since, _)| since.at);
        if since.is_some_and(|since| crashes::is_another_release(&self.looker.config.root, since)) {
            self.journal.record(Event::Released { service: name.to_owned() })?;
        }
        Ok(())
    }

    /// What the look adds to the history.
    pub(super) fn record(&mut self, seen: &Seen<'_>) -> Result<()> {
        let subject = &seen.subject;
        let name = &subject.name;
        if let Who::Running { process, .. } = &*seen.who
            && self.journal.history().service(name).known.as_ref() != Some(&process.identity)
        {
            let event = Event::Recognised { service: name.clone(), identity: process.identity.clone() };
            self.journal.record(event)?;
        }
        let past = self.journal.history().service(name);
        let id = format!("{}/{name}", self.journal.run());
        for event in self.looker.follow(seen, past, &id) {
            self.journal.record(event)?;
        }
        Ok(())
    }

    /// Writes down what would be done, once in each incident.
    pub(super) fn note(&mut self, service: &str, rung: String) -> Result<()> {
        let known = |incident: &Incident| incident.would.contains(&rung);
        if self.journal.history().service(service).incident.as_deref().is_none_or(known) {
            return Ok(());
        }
        self.journal.record(Event::WouldAct { service: service.to_owned(), rung })
    }
}
