//! What if a person or a script has something to tell, or wants to know what waits, whether a channel works, or to hear no more?
//! The same spool and the same channels as for what heal sees by itself.

use std::time::{Duration, Instant};

use super::{ALL, Due, LIST, broadcast, flush, hand_over, queue, waiting};
use crate::alert::Declared;
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::clock;
use crate::journal::{DataDir, Journal, RecoveryLock, Spool};
use crate::model::alert::{Message, Parcel, sample};
use crate::model::report::Delivery;
use crate::model::status::Undelivered;
use crate::model::{Event, Incident};

/// How long it waits for another run that is telling.
const PATIENCE: Duration = Duration::from_secs(12);

/// What became of what was to be told.
#[derive(Debug, Default)]
pub struct Said {
    /// What was delivered in this run, and what was not.
    pub deliveries: Vec<Delivery>,
    /// What waits for its channel.
    pub waiting: Vec<Undelivered>,
    /// The channels that it was meant for.
    pub channels: Vec<String>,
    /// What was in the way of it.
    pub warnings: Vec<String>,
}

/// Tells the channels that want it, or those that are named.
///
/// # Errors
/// A channel is not declared, or another run is telling and does not end. Where the data directory cannot be written, it is
/// told without being kept.
pub fn say(config: &Config, message: Message, named: &[String]) -> Result<Said> {
    require(config, named)?;
    if let Some(deaf) = config.alerts.iter().find(|channel| named.contains(&channel.name) && !channel.hears()) {
        let why = if deaf.common.enabled { "hears of ticks, not of alerts" } else { "is switched off" };
        let hint = format!("`{} alert test {}` tries what it does hear", config.call(), deaf.name);
        return Err(Error::new(Kind::Usage, format!("the channel `{}` {why}", deaf.name)).hint(hint));
    }
    let wants = |channel: &&Declared| {
        let services = &channel.common.services;
        let meant = services.is_empty() || services.contains(&message.service);
        let late = channel.common.escalate_after.is_some();
        if named.is_empty() {
            channel.hears() && meant && !late && message.severity >= channel.common.min_severity
        } else {
            named.contains(&channel.name)
        }
    };
    let channels: Vec<String> = config.alerts.iter().filter(wants).map(|channel| channel.name.clone()).collect();
    let dir = DataDir::at(config.data_dir.clone());
    match kept(config, &dir, &message, &channels) {
        Err(error) if error.kind == Kind::Unwritable => {
            let deliveries = broadcast(config, &dir, &message, |name| channels.iter().any(|channel| channel == name));
            let warnings = vec![format!("{error}: what did not arrive is not kept, and not told again")];
            Ok(Said { deliveries, waiting: Vec::new(), channels, warnings })
        }
        said => said,
    }
}

fn kept(config: &Config, dir: &DataDir, message: &Message, channels: &[String]) -> Result<Said> {
    let (_lock, mut journal) = open(config, dir)?;
    let mut spool = Spool::read(dir);
    let incident = format!("manual/{}", journal.run());
    let now = clock::now();
    let message = Message { incident: incident.clone(), ..message.clone() };
    let all = [LIST.to_owned()].into_iter().chain(channels.iter().cloned()).collect();
    queue(&mut journal, dir, &mut spool, Due { message, nth: 0, channels: all }, &incident, &now)?;
    let deliveries = flush::flush((config, dir), &mut journal, &mut spool, Instant::now() + ALL, false);
    journal.save();
    let mut said = Said { deliveries, waiting: waiting(&spool), channels: channels.to_vec(), ..Said::default() };
    said.deliveries.retain(|delivery| delivery.channel != LIST);
    Ok(said)
}

/// Delivers what waits, also to channels that rest after a failure.
///
/// # Errors
/// Another run is telling, or the data directory cannot be written.
pub fn flush_now(config: &Config) -> Result<Said> {
    let dir = DataDir::at(config.data_dir.clone());
    let (_lock, mut journal) = open(config, &dir)?;
    let mut spool = Spool::read(&dir);
    let mut deliveries = flush::flush((config, &dir), &mut journal, &mut spool, Instant::now() + ALL, true);
    journal.save();
    deliveries.retain(|delivery| delivery.channel != LIST || delivery.failure.is_some());
    Ok(Said { deliveries, waiting: waiting(&spool), ..Said::default() })
}

/// Sends each of the named channels (all, when none is named) a message that says that it is a test. Nothing is kept.
///
/// # Errors
/// A channel is not declared.
pub fn test(config: &Config, named: &[String]) -> Result<Vec<Delivery>> {
    require(config, named)?;
    let now = clock::now().at;
    let message = Message {
        project: config.name.clone(),
        host: clock::hostname(),
        service: crate::model::service::HOST.to_owned(),
        title: "this is a test of heal: nothing is wrong".to_owned(),
        severity: crate::model::Severity::Info,
        notice: crate::model::event::Notice::Manual,
        incident: format!("test/{}", now.timestamp_millis()),
        details: vec![("tested by".to_owned(), format!("{} alert test", config.call_anywhere()))],
        action_required: None,
        since: now,
        at: now,
        ..sample()
    };
    let wanted = |channel: &&Declared| channel.hears() && (named.is_empty() || named.contains(&channel.name));
    let all = config.alerts.iter().filter(wanted).map(|channel| {
        let failure = hand_over(config, channel, &message, Instant::now() + channel.common.timeout.get());
        let failure = failure.err().map(|failed| failed.why);
        Delivery { channel: channel.name.clone(), title: message.title.clone(), failure }
    });
    let mut deliveries: Vec<Delivery> = all.collect();
    for channel in config.alerts.iter().filter(|channel| channel.common.enabled && !channel.channel.hears()) {
        if named.is_empty() || named.contains(&channel.name) {
            let sign = crate::alert::Sign::Well("a test of heal".to_owned());
            let Some(parcel) = channel.channel.sign(&sign, &config.root) else { continue };
            let timeout = channel.common.timeout.get();
            let failure =
                super::send(config, &parcel, timeout, Instant::now() + timeout).err().map(|failed| failed.why);
            let title = "a sign of life".to_owned();
            deliveries.push(Delivery { channel: channel.name.clone(), title, failure });
        }
    }
    Ok(deliveries)
}

/// What each of the named channels (all, when none is named) would send for an example, secrets masked. Sends nothing.
///
/// # Errors
/// A channel is not declared.
pub fn preview(config: &Config, named: &[String]) -> Result<Vec<(String, Parcel)>> {
    require(config, named)?;
    let now = clock::now().at;
    let message = Message { project: config.name.clone(), host: clock::hostname(), since: now, at: now, ..sample() };
    let wanted = |channel: &&Declared| channel.hears() && (named.is_empty() || named.contains(&channel.name));
    let all = config.alerts.iter().filter(wanted);
    Ok(all.map(|channel| (channel.name.clone(), channel.channel.render(&message, &config.root))).collect())
}

/// A person knows of this incident: no reminders, and nobody further is called. Answers with the service and the incident.
///
/// # Errors
/// No open incident has this fingerprint and no service this name, or the journal cannot be written.
pub fn acknowledge(config: &Config, which: &str, for_ms: Option<i64>) -> Result<(String, Incident)> {
    let dir = DataDir::at(config.data_dir.clone());
    let mut journal = Journal::open(dir)?;
    let troubles = |(name, past): (&'_ String, &'_ crate::model::ServiceHistory)| {
        let open = [past.incident.clone(), past.warning.clone()];
        open.into_iter().flatten().map(|open| (name.clone(), open)).collect::<Vec<_>>()
    };
    let mut open = journal.history().services.iter().flat_map(troubles);
    let found = open.find(|(name, incident)| name == which || incident.fingerprint(name) == which);
    let Some((service, incident)) = found else {
        let message = format!("no incident that is open is known as `{}`", which.escape_default());
        let hint = format!("`{} alert list` names them", config.call());
        return Err(Error::new(Kind::Usage, message).hint(hint));
    };
    let event = Event::Acknowledged { service: service.clone(), incident: incident.id.clone(), for_ms };
    journal.record(event)?;
    journal.save();
    Ok((service, *incident))
}

/// The lock of whoever tells, and the journal as it is under it.
fn open(config: &Config, dir: &DataDir) -> Result<(RecoveryLock, Journal)> {
    crate::apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let until = Instant::now() + PATIENCE;
    let lock = loop {
        match RecoveryLock::take(&dir.telling(), "telling") {
            Err(error) if error.kind == Kind::Busy && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(50));
            }
            lock => break lock?,
        }
    };
    Ok((lock, Journal::open(dir.clone())?))
}

fn require(config: &Config, named: &[String]) -> Result<()> {
    let known = |name: &String| config.alerts.iter().any(|channel| channel.name == *name);
    match named.iter().find(|name| !known(name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("there is no channel `{}` in {}", name.escape_default(), config.path.display());
            let names: Vec<&str> = config.alerts.iter().map(|channel| channel.name.as_str()).collect();
            let hint = if names.is_empty() {
                "it names none".to_owned()
            } else {
                format!("channels are {}", names.join(", "))
            };
            Err(Error::new(Kind::Usage, message).hint(hint))
        }
    }
}
