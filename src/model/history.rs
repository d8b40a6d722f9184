//! What is true now? Folds the journal's events into counters, incidents, budgets and open intents.
//! Pure: the same events give the same history, so a snapshot of it may be lost at any time.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use super::act::Act;
use super::ailing::Databases;
use super::change::Change;
use super::event::{Entry, Event, Outcome};
use super::finding::Class;
pub use super::incident::Incident;
use super::made::{Reaccessed, Replaced, Reverted};
use super::open_intent::OpenIntent;
use super::report::Level;
pub use super::service_history::ServiceHistory;
use super::taken_back::{self, TakenBack};
use super::update::{self, Update};

/// Lives of a service that heal stopped, which are remembered: more than anybody restarts between two ticks.
const STOPPED_KEPT: usize = 32;

/// All that the past says about the present.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// By name of the service.
    pub services: BTreeMap<String, ServiceHistory>,
    /// Intents without an outcome, by id: a run that died in the middle of an act.
    pub open_intents: BTreeMap<String, OpenIntent>,
    /// The change of what starts heal that was begun and not done to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduling: Option<String>,
    /// Code that was taken back, oldest first.
    #[serde(default)]
    pub reverts: Vec<TakenBack>,
    /// Databases that ail.
    #[serde(default, skip_serializing_if = "Databases::is_empty")]
    pub databases: Databases,
    /// Updates, oldest first.
    #[serde(default)]
    pub updates: Vec<Update>,
}

impl History {
    /// What is known about a service; nothing, for a name never seen.
    #[must_use]
    pub fn service(&self, name: &str) -> &ServiceHistory {
        static NEVER_SEEN: LazyLock<ServiceHistory> = LazyLock::new(ServiceHistory::default);
        self.services.get(name).unwrap_or(&NEVER_SEEN)
    }

    /// Takes one more event into account.
    pub fn apply(&mut self, entry: &Entry) {
        let when = &entry.moment;
        self.databases.apply(entry, &self.open_intents);
        match &entry.event {
            Event::Observed { service, bad, good, passing, unseen } => {
                let service = self.entry(service);
                service.unseen_looks = if *unseen { service.unseen_looks.saturating_add(1) } else { 0 };
                service.observed(when, bad, good, passing);
                // Half a look is not a good one, and says nothing against those before.
                if !*unseen || !bad.is_empty() {
                    service.weighed(when, !bad.is_empty(), !good.is_empty() || !passing.is_empty());
                }
            }
            Event::Recognised { service, identity } => self.entry(service).recognised(identity),
            Event::Lived { service, identity, ended } => self.entry(service).lived = Some((identity.clone(), *ended)),
            Event::Opened { service, incident, class, summary } => {
                let service = self.entry(service);
                let bad = service.failing();
                service.incident = Some(Box::new(Incident::new(incident, when, *class, summary).because_of(bad)));
                service.good_since = None;
                service.good_looks = 0;
            }
            Event::Closed { service, downtime_ms, .. } => {
                let service = self.entry(service);
                let over = service.incident.take();
                service.is_over(over, *downtime_ms);
                service.looks.clear();
            }
            Event::Warned { service, incident, class, summary } => {
                let service = self.entry(service);
                let bad = service.failing();
                service.warning = Some(Box::new(Incident::new(incident, when, *class, summary).because_of(bad)));
                service.good_since = None;
                service.good_looks = 0;
            }
            Event::Settled { service, downtime_ms, .. } => {
                let service = self.entry(service);
                let over = service.warning.take();
                service.is_over(over, *downtime_ms);
            }
            Event::Captured { service, incident, evidence } => {
                if let Some(open) = self.entry(service).incident.as_mut().filter(|open| open.id == *incident) {
                    open.seen = evidence.digest();
                }
            }
            Event::Intent { id, service, rung, cause, changes, uncounted, .. } => {
                let open = OpenIntent { uncounted: *uncounted, ..OpenIntent::of(service, rung, changes, entry) };
                self.open_intents.insert(id.clone(), open);
                let service = self.entry(service);
                // What a person does counts against no budget, and is no step of the ladder.
                if !guard!("what a person does counts against no budget", *uncounted) {
                    service.acted(when, rung, *cause);
                }
                service.stopped.extend(changes.iter().filter_map(Change::stops).cloned());
                let surplus = service.stopped.len().saturating_sub(STOPPED_KEPT);
                service.stopped.drain(..surplus);
            }
            Event::Repairing { id, service, rung, changes, .. } => {
                let open = OpenIntent { beside: true, ..OpenIntent::of(service, rung, changes, entry) };
                self.open_intents.insert(id.clone(), open);
            }
            Event::Repaired { intent, .. } => {
                self.open_intents.remove(intent);
            }
            Event::Started { service, identity, intent } => {
                let service = self.entry(service);
                service.recognised(identity);
                service.started = Some((identity.clone(), intent.clone()));
            }
            Event::Done { intent, service, rung, outcome, .. } => {
                let uncounted = self.open_intents.remove(intent).is_some_and(|open| open.uncounted);
                let service = self.entry(service);
                if uncounted {
                    return;
                }
                if let Some(act) = service.acts.last_mut() {
                    act.outcome = Some(*outcome);
                }
                if let (Outcome::Healed, Some(incident)) = (outcome, &mut service.incident) {
                    incident.cured.insert(rung.clone());
                    // Verified: that was a good look.
                    service.good_since = Some(when.clone());
                    service.good_looks = 1;
                }
            }
            Event::WouldAct { service, rung } => {
                let service = self.entry(service);
                if let Some(incident) = &mut service.incident {
                    incident.would.insert(rung.clone());
                }
                let count = service.would.entry(rung.clone()).or_insert(0);
                *count = count.saturating_add(1);
            }
            Event::Stood { service, level, class, summary } => {
                let service = self.entry(service);
                service.stood = (*level != Level::Healthy).then(|| (*level, summary.clone()));
                service.stood_class = *class;
            }
            Event::Reverted(Reverted { service, intent, summary, .. }) => {
                taken_back::fold(&mut self.reverts, when, &entry.event);
                let alarm = Incident::new(&format!("{intent}/revert"), when, Class::Unknown, summary);
                self.entry(service).reverted = Some(Box::new(alarm));
            }
            Event::Updated(_) | Event::UpdateStands { .. } => {
                if let Some((service, alarm)) = update::fold(&mut self.updates, when, &entry.event) {
                    self.entry(&service).reverted = Some(Box::new(alarm));
                }
            }
            Event::Pushed { .. } | Event::PushFailed { .. } => taken_back::fold(&mut self.reverts, when, &entry.event),
            Event::Frequent { service, incident, summary } => {
                self.entry(service).frequent = Some(Box::new(Incident::new(incident, when, Class::Unknown, summary)));
            }
            Event::Calm { service } => self.entry(service).frequent = None,
            Event::Exhausted { service, .. } => {
                if let Some(incident) = &mut self.entry(service).incident {
                    incident.exhausted.get_or_insert_with(|| when.clone());
                }
            }
            Event::Held { service, reason, code } => {
                let service = self.entry(service);
                service.held = Some((when.clone(), reason.clone()));
                service.held_by_code = *code;
            }
            Event::Released { service } => self.entry(service).released(when),
            Event::Alerted { service, incident, notice, channel } => {
                self.entry(service).alerted(incident, *notice, channel);
            }
            Event::MovedAside { intent, path: from, .. }
            | Event::Replaced(Replaced { intent, path: from, .. })
            | Event::Reaccessed(Reaccessed { intent, path: from, .. })
            | Event::PutBack { intent, kept: from, .. } => {
                if let Event::Replaced(made) = &entry.event {
                    made.told_as(when, &mut self.services);
                }
                if let Some(open) = self.open_intents.get_mut(intent) {
                    open.repairs.retain(|(_, change)| !change.moves(from));
                }
            }
            Event::Scheduling { id, .. } => self.scheduling = Some(id.clone()),
            // One that failed is begun anew by the same command, like one that was killed.
            Event::Scheduled { failure: None, .. } => self.scheduling = None,
            // What is paused stands in a ledger of its own: it ends with time and with processes, which no journal knows.
            Event::Scheduled { .. }
            | Event::Recovered(_)
            | Event::Unrecovered(_)
            | Event::Outlived(_)
            | Event::Paused { .. }
            | Event::Resumed { .. }
            | Event::Unknown => {}
            Event::Queued { service, incident, notice, nth, channels } => {
                self.entry(service).queued(when, incident, *notice, *nth, channels);
            }
            Event::Acknowledged { service, incident, for_ms } => {
                if let Some(open) = self.entry(service).told_as(incident) {
                    open.acknowledged = Some((when.clone(), *for_ms));
                }
            }
            Event::Undeliverable { service, incident, notice, channel, .. } => {
                if let Some(open) = self.entry(service).told_as(incident) {
                    open.refused.entry(*notice).or_default().push(channel.clone());
                }
            }
        }
    }

    fn entry(&mut self, service: &str) -> &mut ServiceHistory {
        self.services.entry(service.to_owned()).or_default()
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
