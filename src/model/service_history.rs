//! What does the past say about one service? Its lives, the last looks of its probes, the incident that is open, what was done and
//! who was told.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::act::Act;
use super::event::{Moment, Notice};
use super::finding::Class;
use super::identity::Identity;
use super::incident::Incident;
use super::report::Level;
use super::threshold::{self, Look};

/// Acts kept per service. No budget reaches further back than this many acts: a rate that allowed more would be no limit.
pub(super) const ACTS_KEPT: usize = 1_000;

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

impl ServiceHistory {
    /// What is open and told under this id.
    pub(super) fn told_as(&mut self, id: &str) -> Option<&mut Incident> {
        let open = [&mut self.incident, &mut self.frequent, &mut self.reverted, &mut self.repaired, &mut self.warning];
        open.into_iter().flatten().map(Box::as_mut).find(|open| open.id == id)
    }

    /// A recovery is told only to those who heard of the trouble, or will.
    pub(super) fn is_over(&mut self, trouble: Option<Box<Incident>>, downtime_ms: i64) {
        let known = trouble.filter(|trouble| !trouble.knowing().is_empty());
        self.recovered.extend(known.map(|trouble| Incident { downtime_ms: Some(downtime_ms), ..*trouble }));
    }

    pub(super) fn observed(&mut self, when: &Moment, bad: &[String], good: &[String], passing: &[String]) {
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
    pub(super) fn failing(&self) -> BTreeSet<String> {
        let failing = self.looks.iter().filter(|(_, looks)| looks.last().is_some_and(|look| look.bad));
        failing.map(|(probe, _)| probe.clone()).collect()
    }

    pub(super) fn weighed(&mut self, when: &Moment, bad: bool, good: bool) {
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
    pub(super) fn recognised(&mut self, identity: &Identity) {
        if self.known.as_ref() != Some(identity) {
            self.known = Some(identity.clone());
            if guard!("the counters of the old life are forgotten", true) {
                self.looks.clear();
            }
            self.good_since = None;
            self.good_looks = 0;
        }
    }

    pub(super) fn acted(&mut self, when: &Moment, rung: &str, cause: Option<Class>) {
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
    pub(super) fn released(&mut self, when: &Moment) {
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

    pub(super) fn queued(&mut self, when: &Moment, incident: &str, notice: Notice, nth: u32, channels: &[String]) {
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

    pub(super) fn alerted(&mut self, incident: &str, notice: Notice, channel: &str) {
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
