//! How does what waits reach its channels? Oldest first, one channel after the other, within the time that is left; what fails
//! waits with growing pauses, what is refused for good goes to the next channel, and what is too much becomes one message.

use std::time::Instant;

use super::super::emergency::substitute_for;
use super::{LIST, LIST_TIMEOUT, NO_TIME, hand_over, send};
use crate::alert::{Declared, as_json, syslog};
use crate::config::Config;
use crate::host::{clock, env};
use crate::journal::{DataDir, Journal, Spool, Unstruck};
use crate::model::alert::{Again, Message, Parcel, Undelivered};
use crate::model::event::Moment;
use crate::model::report::Delivery;
use crate::model::spool::{self, Item, LATE};
use crate::model::{Event, Severity};
use crate::policy::{self, Appetite, Portion};

/// Delivers what may be delivered now; with `eager` also to channels that rest. What became of it is on the disk afterwards.
pub(super) fn flush(
    (config, dir): (&Config, &DataDir),
    journal: &mut Journal,
    spool: &mut Spool,
    deadline: Instant,
    eager: bool,
) -> Vec<Delivery> {
    let other = substitute_for(config).filter(|other| other.root() != dir.root());
    let mut run =
        Flush { config, journal, dir, other, spool, deadline, eager, now: clock::now(), deliveries: Vec::new() };
    run.strike_off();
    run.forget_channels_that_are_gone();
    let hear = config.alerts.iter().filter(|channel| channel.hears());
    let mut channels: Vec<Option<&Declared>> = [None].into_iter().chain(hear.map(Some)).collect();
    // Who did not answer the last times comes last: it may use up the time of this run.
    channels.sort_by_key(|channel| run.failures(channel.map_or(LIST, |channel| &channel.name)));
    for channel in channels {
        while run.next(channel) {}
    }
    run.shout();
    run.spool.items.retain(|(_, item)| !item.waiting.is_empty());
    run.deliveries
}

struct Flush<'a> {
    config: &'a Config,
    journal: &'a mut Journal,
    dir: &'a DataDir,
    /// Where heal remembers while the data directory cannot be written.
    other: Option<DataDir>,
    spool: &'a mut Spool,
    deadline: Instant,
    eager: bool,
    now: Moment,
    deliveries: Vec<Delivery>,
}

impl Flush<'_> {
    /// How often the channel failed at what waits for it.
    fn failures(&self, name: &str) -> u32 {
        self.spool.items.iter().filter_map(|(_, item)| Some(item.of(name)?.attempts)).max().unwrap_or(0)
    }

    /// Tells a channel (`None`: the list) the next thing. `false`: there is nothing more for it in this run.
    fn next(&mut self, channel: Option<&Declared>) -> bool {
        let name = channel.map_or(LIST, |channel| &channel.name);
        // What is repeated all the time, and the list, have no limit.
        let limited = channel.filter(|channel| !channel.channel.repeats());
        let limit = limited.map(|_| (self.config.max_per_hour, self.spool.of_late(name, &self.now)));
        let appetite = Appetite { name, limit, merges: channel.is_some(), eager: self.eager };
        let items = self.spool.items.iter().map(|(_, item)| item);
        let Some((portion, group)) = policy::next(items, appetite, &self.now) else { return false };
        let items: Vec<&Item> = group.iter().map(|place| &self.spool.items[*place].1).collect();
        let message = match portion {
            Portion::Digest => spool::digest(&items, self.config.max_per_hour, &self.now),
            _ if channel.is_none() => Some(items[0].message.clone()),
            _ => spool::merged(&items, &self.now),
        };
        let Some(message) = message else { return false };
        let sent = match channel {
            Some(channel) => hand_over(self.config, channel, &message, self.deadline),
            None => {
                let list = Parcel::Line { path: self.dir.operator_alerts(), line: as_json(&message).to_string() };
                send(self.config, &list, LIST_TIMEOUT, self.deadline)
            }
        };
        self.settle(name, channel, &group, &message, sent)
    }

    /// Writes down what came of it; `true` when the channel may be told the next thing.
    fn settle(
        &mut self,
        name: &str,
        channel: Option<&Declared>,
        group: &[usize],
        message: &Message,
        sent: Result<(), Undelivered>,
    ) -> bool {
        let mut failure = None;
        match &sent {
            Ok(()) => {
                failure = self.told(name, group);
                if failure.is_some() {
                    self.note(name, group);
                }
                if channel.is_some() {
                    self.spool.took(self.dir, name, &self.now);
                }
            }
            Err(undelivered) => {
                failure = failure.or_else(|| Some(undelivered.why.clone()));
                if undelivered.why != NO_TIME {
                    self.failed(name, channel, group, undelivered);
                }
            }
        }
        let refused = matches!(&sent, Err(undelivered) if undelivered.again == Again::Never);
        let title = message.title.clone();
        let fine = failure.is_none();
        self.deliveries.push(Delivery { channel: name.to_owned(), title, failure });
        fine || refused
    }

    /// It arrived. First into the journal, so that nobody is told twice, then out of the spool.
    fn told(&mut self, name: &str, group: &[usize]) -> Option<String> {
        for place in group {
            let message = &self.spool.items[*place].1.message;
            let event = Event::Alerted {
                service: message.service.clone(),
                incident: message.incident.clone(),
                notice: message.notice,
                channel: name.to_owned(),
            };
            if let Err(error) = self.journal.record(event) {
                return Some(format!("it was sent, but that cannot be written down: {error}"));
            }
            self.spool.items[*place].1.took(name, name != LIST);
            if let Err(error) = self.keep(*place) {
                return Some(error);
            }
        }
        None
    }

    /// It arrived, and that cannot be written down: elsewhere it can, or it would be told by each run until it can be again.
    fn note(&mut self, name: &str, group: &[usize]) {
        let Some(other) = &self.other else { return };
        let mut unstruck = Unstruck::read(other);
        for (item, _) in group.iter().map(|place| &self.spool.items[*place]) {
            unstruck.0.entry(item.clone()).or_default().insert(name.to_owned());
        }
        unstruck.write(other);
    }

    /// What arrived in a run that could not write it down is written down now. Until that is possible it is not told again.
    fn strike_off(&mut self) {
        let Some(other) = self.other.clone() else { return };
        let mut unstruck = Unstruck::read(&other);
        if unstruck.0.is_empty() {
            return;
        }
        unstruck.0.retain(|item, channels| {
            let Some(place) = self.spool.items.iter().position(|(name, _)| name == item) else { return false };
            channels.retain(|channel| {
                let waits = self.spool.items[place].1.of(channel).is_some();
                let failed = waits && self.told(channel, &[place]).is_some();
                if failed {
                    self.spool.items[place].1.took(channel, channel != LIST);
                }
                failed
            });
            !channels.is_empty()
        });
        unstruck.write(&other);
    }

    fn failed(&mut self, name: &str, channel: Option<&Declared>, group: &[usize], undelivered: &Undelivered) {
        let refused = undelivered.again == Again::Never;
        let fallback = channel.and_then(|channel| channel.common.fallback.as_deref());
        for place in group {
            let item = &mut self.spool.items[*place].1;
            let message = item.message.clone();
            if !item.failed(name, undelivered, fallback, &self.now) {
                continue;
            }
            if refused {
                let event = Event::Undeliverable {
                    service: message.service,
                    incident: message.incident,
                    notice: message.notice,
                    channel: name.to_owned(),
                    why: undelivered.why.clone(),
                };
                // It is in the answer of this run as well.
                let _ = self.journal.record(event);
            }
            let _ = self.keep(*place);
        }
    }

    /// What waits for a channel that is no more can never be told: it is struck off.
    fn forget_channels_that_are_gone(&mut self) {
        let known = |name: &str| {
            name == LIST || self.config.alerts.iter().any(|channel| channel.hears() && channel.name == name)
        };
        let stale: Vec<usize> = (0..self.spool.items.len())
            .filter(|place| self.spool.items[*place].1.waiting.iter().any(|waiting| !known(&waiting.channel)))
            .collect();
        for place in &stale {
            self.spool.items[*place].1.waiting.retain(|waiting| known(&waiting.channel));
        }
        for place in stale {
            let _ = self.keep(place);
        }
    }

    /// The last resort: an urgent message that no channel took, or that all refused, goes into the machine's own log, once.
    fn shout(&mut self) {
        let Some(socket) = log_socket() else { return };
        for place in 0..self.spool.items.len() {
            let item = &self.spool.items[place].1;
            let waits = item.waiting.iter().any(|waiting| waiting.channel != LIST);
            let late = self.now.since(&item.queued) >= LATE;
            let forsaken = if waits { late } else { item.refused };
            if item.shouted || item.taken || !forsaken || item.message.severity < Severity::Critical {
                continue;
            }
            let text = syslog::line(&item.message);
            let parcel = Parcel::Datagram { socket: socket.clone(), text };
            if send(self.config, &parcel, LIST_TIMEOUT, self.deadline).is_ok() {
                self.spool.items[place].1.shouted = true;
                let _ = self.keep(place);
            }
        }
    }

    fn keep(&self, place: usize) -> Result<(), String> {
        let (name, item) = &self.spool.items[place];
        self.spool.keep(self.dir, name, item).map_err(|error| format!("it was told, but that cannot be kept: {error}"))
    }
}

/// The machine's own log. Tests have one of their own, or none.
fn log_socket() -> Option<std::path::PathBuf> {
    if cfg!(debug_assertions) { env::var("HEAL_TEST_SYSLOG").map(Into::into) } else { Some(syslog::socket()) }
}
