//! What is a trouble, from its first unhealthy verdict to its end? What was tried, who was told, and who wants to hear no more.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::digest::sha256;
use super::event::{Moment, Notice};
use super::evidence::Digest;
use super::finding::{Class, Severity};

/// From the first unhealthy verdict until `stable_for` of health.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id: the run that opened it and the service.
    pub id: String,
    /// When it was opened.
    pub opened: Moment,
    /// The class it was opened with.
    pub class: Class,
    /// One line for a person.
    pub summary: String,
    /// How urgent it is, where what it is does not say that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// Probes that were bad since it was opened: only their own good look says that they are well again.
    #[serde(default)]
    pub bad: BTreeSet<String>,
    /// The first of them when it was opened, or nothing: a part of its fingerprint, which stays the same while it lasts.
    #[serde(default)]
    pub probe: Option<String>,
    /// Rungs that were written down as what would have been done.
    #[serde(default)]
    pub would: BTreeSet<String>,
    /// What was seen right before the latest act.
    #[serde(default)]
    pub seen: Digest,
    /// How often each rung was tried.
    pub tries: BTreeMap<String, u32>,
    /// Rungs that brought a verified recovery, though not a lasting one.
    #[serde(default)]
    pub cured: BTreeSet<String>,
    /// Since when the ladder has no rung left.
    pub exhausted: Option<Moment>,
    /// Acts since then: the slow retries.
    pub retries: u32,
    /// What was delivered, by notice: the names of the channels that took it.
    pub told: BTreeMap<Notice, Vec<String>>,
    /// From the opening to the first good look, once it is over.
    pub downtime_ms: Option<i64>,
    /// What waits for a channel, or did, by notice: their names.
    #[serde(default)]
    pub queued: BTreeMap<Notice, Vec<String>>,
    /// What a channel refused for good, by notice: their names. They know nothing of it.
    #[serde(default)]
    pub refused: BTreeMap<Notice, Vec<String>>,
    /// How often people were reminded.
    #[serde(default)]
    pub reminders: u32,
    /// When anything was last said about it.
    #[serde(default)]
    pub said: Option<Moment>,
    /// A person knows of it since then, and wants to hear no more for so many milliseconds.
    #[serde(default)]
    pub acknowledged: Option<(Moment, Option<i64>)>,
}

impl Incident {
    pub(super) fn new(id: &str, opened: &Moment, class: Class, summary: &str) -> Self {
        Self {
            id: id.to_owned(),
            opened: opened.clone(),
            class,
            summary: summary.to_owned(),
            severity: None,
            bad: BTreeSet::new(),
            probe: None,
            would: BTreeSet::new(),
            seen: Digest::default(),
            tries: BTreeMap::new(),
            cured: BTreeSet::new(),
            exhausted: None,
            retries: 0,
            told: BTreeMap::new(),
            queued: BTreeMap::new(),
            refused: BTreeMap::new(),
            reminders: 0,
            said: None,
            acknowledged: None,
            downtime_ms: None,
        }
    }

    /// The same, opened because of these probes.
    pub(super) fn because_of(self, bad: BTreeSet<String>) -> Self {
        let probe = Some(bad.first().cloned().unwrap_or_default());
        Self { bad, probe, ..self }
    }

    /// What a report says of it: its id, since when, and how many acts there were.
    #[must_use]
    pub fn outline(&self) -> (String, super::Stamp, u32) {
        (self.id.clone(), self.opened.at, self.tries.values().sum())
    }

    /// The channels that were told anything about it, or will be.
    #[must_use]
    pub fn knowing(&self) -> BTreeSet<String> {
        let trouble = |(notice, _): &(&Notice, &Vec<String>)| **notice != Notice::Recovered;
        let told = self.told.iter().filter(trouble).flat_map(|(_, names)| names);
        let waits = self.queued.iter().filter(trouble).flat_map(|(notice, names)| {
            let refused = self.refused.get(notice);
            names.iter().filter(move |name| refused.is_none_or(|refused| !refused.contains(name)))
        });
        told.chain(waits).cloned().collect()
    }

    /// Was this channel told this, or does it wait for it?
    #[must_use]
    pub fn is_cared_for(&self, notice: Notice, channel: &str) -> bool {
        let waits = self.queued.get(&notice).is_some_and(|names| names.iter().any(|name| name == channel));
        waits || self.was_told(notice, channel)
    }

    /// Does a person know of it and want to hear no more at this moment?
    #[must_use]
    pub fn is_acknowledged(&self, now: &Moment) -> bool {
        let still = |(since, lasts): &(Moment, Option<i64>)| lasts.is_none_or(|lasts| now.since(since) < lasts);
        self.acknowledged.as_ref().is_some_and(still)
    }

    /// What stays the same when the same trouble comes again: eight digits of a hash of service, class and probe.
    #[must_use]
    pub fn fingerprint(&self, service: &str) -> String {
        let probe = self.probe.as_ref().or_else(|| self.bad.first()).map_or("", String::as_str);
        sha256(format!("{service}\0{:?}\0{probe}", self.class).as_bytes())[..8].to_owned()
    }

    /// Was this channel told this?
    #[must_use]
    pub fn was_told(&self, notice: Notice, channel: &str) -> bool {
        self.told.get(&notice).is_some_and(|names| names.iter().any(|name| name == channel))
    }
}
