//! What is true now? Folds the journal's events into counters, incidents, budgets and open intents.
//! Pure: the same events give the same history, so a snapshot of it may be lost at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

pub use super::act::Act;
use super::ailing::Databases;
use super::change::Change;
use super::event::{Entry, Event, Moment, Notice, Outcome};
use super::finding::Class;
use super::identity::Identity;
pub use super::incident::Incident;
use super::made::{Reaccessed, Replaced, Reverted};
use super::open_intent::OpenIntent;
use super::report::Level;
use super::taken_back::{self, TakenBack};
use super::threshold::{self, Look};
use super::update::{self, Update};

/// Acts kept per service. No budget reaches further back than this many acts: a rate that allowed more would be no limit.
const ACTS_KEPT: usize = 1_000;

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

/// What the past says about one service. Troubles are rare and large: they lie elsewhere, so that a thousand services in good health
/// are few pages of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceHistory {
    /// The process it was last recognised as.
    pub known: Option<Identity>,
    /// The life that heal last started for it, and by which intent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<(Identity, String)>,
    /// The last life that stands in the crash history, and whether its end does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lived: Option<(Identity, bool)>,
    /// The lives that heal itself meant to stop, oldest first: their end is no crash. Several acts may have passed before a tick
    /// writes down who ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<Identity>,
    /// The last looks of the probes that were bad a while ago, oldest first.
    pub looks: BTreeMap<String, Vec<Look>>,
    /// Looks in a row that could not see it.
    pub unseen_looks: u32,
    /// Since when every look was good; only counted while an incident is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub good_since: Option<Moment>,
    /// Good looks in a row.
    pub good_looks: u32,
    /// Where it stood when a tick last looked, unless it was healthy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood: Option<(Level, String)>,
    /// What kind of trouble it was in then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stood_class: Option<Class>,
    /// The incident that is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incident: Option<Box<Incident>>,
    /// Starts and stops that heal made, oldest first: what budgets count.
    pub acts: Vec<Act>,
    /// It waits for a person since then, because.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<(Moment, String)>,
    /// Until another release of the code runs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_by_code: bool,
    /// When a person last said that heal may act again: what ended before was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Moment>,
    /// The alarm that it is healed too often, while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequent: Option<Box<Incident>>,
    /// Code of it was taken back: for those who were not told yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reverted: Option<Box<Incident>>,
    /// A state file was put right: for those who were not told yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired: Option<Box<Incident>>,
    /// What its probes warn of, from the first warning until all of them were good for `stable_for`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<Box<Incident>>,
    /// How often each rung would have been taken, were heal not only observing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub would: BTreeMap<String, u32>,
    /// Incidents that are over, but whose recovery nobody was told of yet.
    pub recovered: Vec<Incident>,
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

impl ServiceHistory {
    /// What is open and told under this id.
    fn told_as(&mut self, id: &str) -> Option<&mut Incident> {
        let open = [&mut self.incident, &mut self.frequent, &mut self.reverted, &mut self.repaired, &mut self.warning];
        open.into_iter().flatten().map(Box::as_mut).find(|open| open.id == id)
    }

    /// A recovery is told only to those who heard of the trouble, or will.
    fn is_over(&mut self, trouble: Option<Box<Incident>>, downtime_ms: i64) {
        let known = trouble.filter(|trouble| !trouble.knowing().is_empty());
        self.recovered.extend(known.map(|trouble| Incident { downtime_ms: Some(downtime_ms), ..*trouble }));
    }

    fn observed(&mut self, when: &Moment, bad: &[String], good: &[String], passing: &[String]) {
        for probe in good {
            self.looks.remove(probe);
        }
        for (probe, bad) in bad.iter().map(|probe| (probe, true)).chain(passing.iter().map(|probe| (probe, false))) {
            let looks = self.looks.entry(probe.clone()).or_default();
            looks.push(Look { when: when.clone(), bad });
            let surplus = looks.len().saturating_sub(threshold::MOST as usize);
            looks.drain(..surplus);
        }
        if let Some(incident) = &mut self.incident {
            incident.bad.extend(bad.iter().cloned());
        }
    }

    /// The probes whose last look was bad.
    fn failing(&self) -> BTreeSet<String> {
        let failing = self.looks.iter().filter(|(_, looks)| looks.last().is_some_and(|look| look.bad));
        failing.map(|(probe, _)| probe.clone()).collect()
    }

    fn weighed(&mut self, when: &Moment, bad: bool, good: bool) {
        if !bad && good {
            self.good_since.get_or_insert_with(|| when.clone());
            self.good_looks = self.good_looks.saturating_add(1);
        } else if bad {
            self.good_since = None;
            self.good_looks = 0;
        }
    }

    /// What is wrong in the incident that is open: as the last look found it, or else as the first one did.
    #[must_use]
    pub fn ailing(&self) -> Option<(Class, &str)> {
        let incident = self.incident.as_ref()?;
        let stood = self.stood.as_ref().filter(|(level, _)| *level == Level::Unhealthy);
        let last = stood.zip(self.stood_class).map(|((_, summary), class)| (class, summary.as_str()));
        Some(last.unwrap_or((incident.class, &incident.summary)))
    }

    /// A new life begins with clean counters: what the old process failed at says nothing about the new one.
    fn recognised(&mut self, identity: &Identity) {
        if self.known.as_ref() != Some(identity) {
            self.known = Some(identity.clone());
            if guard!("the counters of the old life are forgotten", true) {
                self.looks.clear();
            }
            self.good_since = None;
            self.good_looks = 0;
        }
    }

    fn acted(&mut self, when: &Moment, rung: &str, cause: Option<Class>) {
        self.acts.push(Act { when: when.clone(), rung: rung.to_owned(), cause, outcome: None });
        if self.acts.len() > ACTS_KEPT {
            self.acts.remove(0);
        }
        if let Some(incident) = &mut self.incident {
            let tries = incident.tries.entry(rung.to_owned()).or_insert(0);
            *tries = tries.saturating_add(1);
            if incident.exhausted.is_some() {
                incident.retries = incident.retries.saturating_add(1);
            }
        }
    }

    /// A person looked at it: the ladder begins anew, the budget does not.
    fn released(&mut self, when: &Moment) {
        self.held = None;
        self.held_by_code = false;
        self.released = Some(when.clone());
        if let Some(incident) = &mut self.incident {
            incident.tries.clear();
            incident.exhausted = None;
            incident.retries = 0;
            for notice in [Notice::Held, Notice::Exhausted] {
                incident.told.remove(&notice);
                incident.queued.remove(&notice);
            }
        }
    }

    fn queued(&mut self, when: &Moment, incident: &str, notice: Notice, nth: u32, channels: &[String]) {
        if notice == Notice::Recovered {
            // The spool remembers from here on.
            self.recovered.retain(|past| past.id != incident);
        }
        if let Some(open) = self.told_as(incident) {
            let known = open.queued.entry(notice).or_default();
            known.extend(channels.iter().filter(|channel| !known.contains(channel)).cloned().collect::<Vec<_>>());
            open.reminders = open.reminders.max(nth);
            open.said = Some(when.clone());
        }
    }

    fn alerted(&mut self, incident: &str, notice: Notice, channel: &str) {
        if notice == Notice::Recovered {
            let done = |past: &mut Incident| past.told.entry(notice).or_default().push(channel.to_owned());
            self.recovered.iter_mut().filter(|past| past.id == incident).for_each(done);
            // Over and told to everyone who knew: nothing is left to remember.
            self.recovered.retain(|past| {
                let told = past.told.get(&Notice::Recovered).map_or(0, Vec::len);
                told < past.knowing().len()
            });
        } else if let Some(open) = self.told_as(incident) {
            let channels = open.told.entry(notice).or_default();
            if !channels.iter().any(|known| known == channel) {
                channels.push(channel.to_owned());
            }
        }
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
