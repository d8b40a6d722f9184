//! What was simulated? Counted, because a promise that was never put to the test is not kept.

use std::collections::BTreeMap;

/// Counts of a simulation.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) ticks: u64,
    /// Virtual time, times services.
    pub(super) service_ms: i64,
    pub(super) faults: BTreeMap<&'static str, u64>,
    pub(super) checks: BTreeMap<&'static str, u64>,
    pub(super) acts: BTreeMap<String, u64>,
    pub(super) events: u64,
    pub(super) messages: u64,
}

/// Milliseconds of a year.
const YEAR: f64 = 365.25 * 86_400_000.0;

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.ticks += other.ticks;
        self.service_ms += other.service_ms;
        self.events += other.events;
        self.messages += other.messages;
        for (name, count) in other.faults {
            *self.faults.entry(name).or_default() += count;
        }
        for (name, count) in other.checks {
            *self.checks.entry(name).or_default() += count;
        }
        for (name, count) in other.acts {
            *self.acts.entry(name).or_default() += count;
        }
    }

    pub(super) fn check(&mut self, name: &'static str) {
        *self.checks.entry(name).or_default() += 1;
    }

    #[expect(clippy::cast_precision_loss, reason = "for people")]
    pub(super) fn years(&self) -> f64 {
        self.service_ms as f64 / YEAR
    }

    /// For a person.
    pub(super) fn text(&self) -> String {
        let mut text = format!(
            "{:.1} service-years, {} ticks, {} events in the journal, {} messages\n",
            self.years(),
            self.ticks,
            self.events,
            self.messages
        );
        let mut list = |title: &str, counts: &BTreeMap<String, u64>| {
            text.push_str(&format!("{title} ({}):\n", counts.values().sum::<u64>()));
            for (name, count) in counts {
                text.push_str(&format!("  {count:>12}  {name}\n"));
            }
        };
        let named = |counts: &BTreeMap<&'static str, u64>| {
            counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
        };
        list("faults injected", &named(&self.faults));
        list("invariants checked", &named(&self.checks));
        list("acts", &self.acts);
        text
    }
}
