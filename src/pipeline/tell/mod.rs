//! Who has to know? Compares what happened with what was already told. What is new goes into the spool first, and from there to
//! the channels: an edge is consumed only by what is on the disk, and a message is gone only when every channel took it.

mod flush;
mod say;
mod signs;
mod words;

use std::time::{Duration, Instant};

use crate::alert::{Declared, as_json};
use crate::apply::deliver;
use crate::config::Config;
use crate::error::Kind;
use crate::host::clock;
use crate::journal::{DataDir, Journal, RecoveryLock, Spool};
use crate::model::alert::{Message, Parcel, Undelivered as Failed};
use crate::model::event::{Moment, Notice};
use crate::model::layout::SECTION;
use crate::model::lock;
use crate::model::report::{Delivery, Subject};
use crate::model::service::HOST;
use crate::model::spool::{Item, Waiting};
use crate::model::state::section;
use crate::model::status::Undelivered;
use crate::model::{Event, Incident, Report, Severity};
use crate::policy::{self, Taste};
pub use say::{Said, acknowledge, flush_now, preview, say, test};
pub(super) use signs::{Signal, begun, ended};
use words::message;

/// All deliveries of a run together may take this long; what is left waits for the next tick.
pub(super) const ALL: Duration = Duration::from_secs(10);

/// The name under which the data directory's own list of alerts counts as a channel.
pub const LIST: &str = "operator_alerts";

/// The list is a file of our own; a channel is not kept waiting longer for it than for another channel.
const LIST_TIMEOUT: Duration = Duration::from_secs(5);

/// Tells what is due. Never fails: what did not arrive is in the answer. One run tells at a time, as one run acts at a
/// time: what two of them know to be untold would be told twice.
pub(super) fn tell(config: &Config, journal: &mut Journal, report: &mut Report, dir: &DataDir) {
    let now = clock::now();
    report.waiting = Vec::new();
    let idle =
        Spool::is_empty(dir) && !config.alerts.iter().any(|channel| channel.hears() && channel.channel.repeats());
    if idle && due(config, journal, report, &now).is_empty() {
        return;
    }
    let lock = match RecoveryLock::take(&dir.telling(), "telling") {
        // Another run is telling. What it does not know yet is told by the next tick.
        Err(error) if error.kind == Kind::Busy => return,
        lock => lock,
    };
    // What others put into the spool before we had the lock is there.
    match lock.and_then(|lock| journal.read_again().map(|()| lock)) {
        Ok(_lock) => {
            let deadline = Instant::now() + ALL;
            let mut spool = Spool::read(dir);
            if let Some(other) = super::emergency::substitute_for(config).filter(|other| other.root() != dir.root()) {
                spool.adopt(dir, &other);
            }
            for (due, incident) in due(config, journal, report, &now) {
                if let Err(error) = queue(journal, dir, &mut spool, due, &incident, &now) {
                    report.warnings.push(format!("it cannot be kept that somebody has to be told: {error}"));
                }
            }
            report.warnings.append(&mut spool.warnings);
            let mut deliveries = flush::flush((config, dir), journal, &mut spool, deadline, false);
            deliveries.extend(repeated(config, journal, report, deadline));
            // The list is where everything can be read later, not somebody who was told.
            deliveries.retain(|delivery| delivery.channel != LIST || delivery.failure.is_some());
            report.alerts = deliveries;
            report.waiting = waiting(&spool);
        }
        Err(error) => report.warnings.push(format!("nobody is told: {error}")),
    }
}

/// A message that channels have to be told.
struct Due {
    message: Message,
    nth: u32,
    channels: Vec<String>,
}

/// Puts it into the spool, then into the journal: a run that dies in between finds it there.
fn queue(
    journal: &mut Journal,
    dir: &DataDir,
    spool: &mut Spool,
    due: Due,
    incident: &str,
    now: &Moment,
) -> crate::error::Result<()> {
    let Due { message, nth, channels } = due;
    let (service, notice) = (message.service.clone(), message.notice);
    let known = spool.items.iter_mut().find(|(_, item)| item.says(incident, notice, nth));
    match known {
        Some((name, item)) => {
            let missing = channels.iter().filter(|channel| item.of(channel).is_none());
            let missing: Vec<Waiting> = missing.map(|channel| Waiting::new(channel)).collect();
            item.waiting.extend(missing);
            let (name, item) = (name.clone(), item.clone());
            spool.keep(dir, &name, &item)?;
        }
        None => {
            let waiting = channels.iter().map(|channel| Waiting::new(channel)).collect();
            let (stood_in, told, taken, refused, shouted) = (Vec::new(), Vec::new(), false, false, false);
            spool.put(
                dir,
                Item { queued: now.clone(), nth, message, waiting, stood_in, told, taken, refused, shouted },
            )?;
        }
    }
    journal.record(Event::Queued { service, incident: incident.to_owned(), notice, nth, channels })
}

/// Everything that somebody has to be told and that is not in the spool yet, with the incident's id.
fn due(config: &Config, journal: &Journal, report: &Report, now: &Moment) -> Vec<(Due, String)> {
    let (mut found, tastes) = (Vec::new(), tastes(config));
    let mut add = |subject: &Subject, (incident, notice, nth): (&Incident, Notice, u32)| {
        let channels = policy::channels(&tastes, subject, owner(config, &subject.name), (incident, notice), now);
        if !channels.is_empty() {
            let message = message(config, report, subject, incident, notice);
            found.push((Due { message, nth, channels }, incident.id.clone()));
        }
    };
    for subject in &report.subjects {
        let past = journal.history().service(&subject.name);
        policy::due(subject, past, now).into_iter().for_each(|due| add(subject, due));
    }
    for subject in &report.subjects {
        let past = journal.history().service(&subject.name);
        policy::also_due(past).into_iter().for_each(|due| add(subject, due));
    }
    found
}

/// Whose trouble it is to those who only hear of certain services: a state file and a database are a part of their service.
fn owner<'n>(config: &'n Config, name: &'n str) -> &'n str {
    if name == SECTION {
        return config.only_service().unwrap_or(HOST);
    }
    let file = config.states.iter().find(|file| section(&file.name) == name).map(|file| &file.service);
    let lock = || config.locks.iter().find(|lock| lock::section(&lock.name) == name).map(|lock| &lock.service);
    file.or_else(lock).map_or(name, |service| service.as_deref().unwrap_or(HOST))
}

/// What each channel wants, the list first.
fn tastes(config: &Config) -> Vec<Taste<'_>> {
    let list = Taste { name: LIST, least: Severity::Info, services: &[], escalate_after: None };
    let channels = config.alerts.iter().filter(|channel| channel.hears()).map(|channel| Taste {
        name: &channel.name,
        least: channel.common.min_severity,
        services: &channel.common.services,
        escalate_after: channel.common.escalate_after,
    });
    [list].into_iter().chain(channels).collect()
}

/// What is sent again by every tick, to channels that forget otherwise. Nothing is written down.
fn repeated(config: &Config, journal: &Journal, report: &Report, deadline: Instant) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    for channel in config.alerts.iter().filter(|channel| channel.hears() && channel.channel.repeats()) {
        for subject in &report.subjects {
            let past = journal.history().service(&subject.name);
            let Some(incident) = past.incident.as_ref().or(past.warning.as_ref()) else { continue };
            let worst = [Notice::Held, Notice::Exhausted, Notice::Opened, Notice::Warned];
            let Some(notice) = worst.into_iter().find(|notice| incident.was_told(*notice, &channel.name)) else {
                continue;
            };
            let message = message(config, report, subject, incident, notice);
            if let Err(failed) = hand_over(config, channel, &message, deadline) {
                let why = Some(failed.why);
                deliveries.push(Delivery { channel: channel.name.clone(), title: message.title, failure: why });
            }
        }
    }
    deliveries
}

/// Delivers a message to a channel within what is left of the run and of its own time.
fn hand_over(config: &Config, channel: &Declared, message: &Message, deadline: Instant) -> Result<(), Failed> {
    let parcel = channel.channel.render(message, &config.root);
    send(config, &parcel, channel.common.timeout.get(), deadline)
}

fn send(config: &Config, parcel: &Parcel, most: Duration, deadline: Instant) -> Result<(), Failed> {
    let left = deadline.saturating_duration_since(Instant::now()).min(most);
    if left.is_zero() { Err(Failed::later(NO_TIME)) } else { deliver(parcel, &config.root, left) }
}

/// What was not even tried: it does not count against the channel.
const NO_TIME: &str = "no time left in this run";

/// Tells every channel that is `wanted`, and the list: what cannot wait in a spool, because there is none.
pub(super) fn broadcast(
    config: &Config,
    dir: &DataDir,
    message: &Message,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Delivery> {
    let deadline = Instant::now() + ALL;
    let list = Parcel::Line { path: dir.operator_alerts(), line: as_json(message).to_string() };
    let loud = config.alerts.iter().filter(|channel| channel.hears()).filter(|channel| {
        // Who hears of what a person says was decided by whom it was said to.
        let all = matches!(message.notice, Notice::Recovered | Notice::Manual);
        all || message.severity >= channel.common.min_severity
    });
    let parcels = loud.map(|channel| {
        (channel.name.as_str(), channel.channel.render(message, &config.root), channel.common.timeout.get())
    });
    let all = [(LIST, list, LIST_TIMEOUT)].into_iter().chain(parcels).filter(|(name, ..)| wanted(name));
    all.map(|(name, parcel, most)| {
        let failure = send(config, &parcel, most, deadline).err().map(|failed| failed.why);
        Delivery { channel: name.to_owned(), title: message.title.clone(), failure }
    })
    .collect()
}

/// What waits for a channel, oldest first. The list is no channel.
#[must_use]
pub fn waiting(spool: &Spool) -> Vec<Undelivered> {
    let of = |item: &'_ Item| {
        let (service, notice, title) = (item.message.service.clone(), item.message.notice, item.message.title.clone());
        let channels = item.waiting.iter().filter(|waiting| waiting.channel != LIST);
        let all: Vec<Undelivered> = channels
            .map(|waiting| Undelivered {
                channel: waiting.channel.clone(),
                service: service.clone(),
                notice,
                title: title.clone(),
                since: item.queued.at,
                attempts: waiting.attempts,
                why: waiting.why.clone(),
            })
            .collect();
        all
    };
    spool.items.iter().flat_map(|(_, item)| of(item)).collect()
}
