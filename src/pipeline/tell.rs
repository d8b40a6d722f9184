//! Who has to know? Compares what happened with what was already told, and tells it on the edge: an edge is consumed only by a delivery.

use std::time::{Duration, Instant};

use crate::alert::{Declared, as_json};
use crate::apply::deliver;
use crate::config::Config;
use crate::error::Kind;
use crate::host::clock;
use crate::journal::{DataDir, Journal, RecoveryLock};
use crate::model::alert::{Message, Parcel};
use crate::model::event::Notice;
use crate::model::report::{Decision, Delivery, Level, Refusal, Subject};
use crate::model::units::span_text;
use crate::model::{Event, Incident, Outcome, Report, Severity};

/// All deliveries of a run together may take this long; what is left stays untold, and so is told by the next tick.
const ALL: Duration = Duration::from_secs(10);

/// The name under which the data directory's own list of alerts counts as a channel.
const LIST: &str = "operator_alerts";

/// The list is a file of our own; a channel is not kept waiting longer for it than for another channel.
const LIST_TIMEOUT: Duration = Duration::from_secs(5);

/// Tells what is due. Never fails: what did not arrive is in the answer. One run tells at a time, as one run acts at a
/// time: what two of them know to be untold would be told twice.
pub(super) fn tell(config: &Config, journal: &mut Journal, report: &mut Report, dir: &DataDir) {
    if owed(config, journal).is_empty() && !due(config, journal, report).iter().any(|one| is_wanted(config, one)) {
        return;
    }
    let lock = match RecoveryLock::take(&dir.telling(), "telling") {
        // Another run is telling. What it does not know yet is told by the next tick.
        Err(error) if error.kind == Kind::Busy => return,
        lock => lock,
    };
    // What others told before we had the lock is told.
    match lock.and_then(|lock| journal.read_again().map(|()| lock)) {
        Ok(_lock) => report.alerts = tell_all(config, journal, report, dir),
        Err(error) => report.warnings.push(format!("nobody is told: {error}")),
    }
}

fn tell_all(config: &Config, journal: &mut Journal, report: &Report, dir: &DataDir) -> Vec<Delivery> {
    let deadline = Instant::now() + ALL;
    let mut deliveries = Vec::new();
    settle(config, journal);
    for (message, incident) in due(config, journal, report) {
        let parcel = Parcel::Line { path: dir.operator_alerts(), line: as_json(&message).to_string() };
        if wants(LIST, Severity::Info, &message, &incident) {
            let until = deadline.min(Instant::now() + LIST_TIMEOUT);
            send(config, journal, &message, LIST, &parcel, until, &mut deliveries);
        }
        for channel in config.alerts.iter().filter(|channel| channel.common.enabled) {
            if wants(&channel.name, channel.common.min_severity, &message, &incident) {
                let parcel = channel.channel.render(&message, &config.root);
                let until = deadline.min(Instant::now() + timeout(channel));
                send(config, journal, &message, &channel.name, &parcel, until, &mut deliveries);
            }
        }
    }
    // The list is where everything can be read later, not somebody who was told.
    deliveries.retain(|delivery| delivery.channel != LIST || delivery.failure.is_some());
    deliveries
}

/// Tells every channel that is `wanted`, and the list: what belongs to no incident.
pub(super) fn broadcast(
    config: &Config,
    dir: &DataDir,
    message: &Message,
    wanted: impl Fn(&str) -> bool,
) -> Vec<Delivery> {
    let deadline = Instant::now() + ALL;
    let list = Parcel::Line { path: dir.operator_alerts(), line: as_json(message).to_string() };
    let enabled = config.alerts.iter().filter(|channel| channel.common.enabled);
    let loud = enabled
        .filter(|channel| message.severity >= channel.common.min_severity || message.notice == Notice::Recovered);
    let parcels =
        loud.map(|channel| (channel.name.as_str(), channel.channel.render(message, &config.root), timeout(channel)));
    let all = [(LIST, list, LIST_TIMEOUT)].into_iter().chain(parcels).filter(|(name, ..)| wanted(name));
    all.map(|(name, parcel, most)| {
        let left = deadline.saturating_duration_since(Instant::now()).min(most);
        let sent = if left.is_zero() {
            Err("no time left in this run".to_owned())
        } else {
            deliver(&parcel, &config.root, left)
        };
        Delivery { channel: name.to_owned(), title: message.title.clone(), failure: sent.err() }
    })
    .collect()
}

/// Does anybody want to hear it who did not?
fn is_wanted(config: &Config, (message, incident): &(Message, Incident)) -> bool {
    let channels = config.alerts.iter().filter(|channel| channel.common.enabled);
    let mut all = channels.map(|channel| (channel.name.as_str(), channel.common.min_severity));
    wants(LIST, Severity::Info, message, incident) || all.any(|(name, least)| wants(name, least, message, incident))
}

/// A recovery owed to a channel that was taken out of the configuration can never be told: the debt is struck off.
fn settle(config: &Config, journal: &mut Journal) {
    for (service, incident, channel) in owed(config, journal) {
        let event = Event::Alerted { service, incident: incident.id, notice: Notice::Recovered, channel };
        // If it cannot be written now, the next tick tries again.
        let _ = journal.record(event);
    }
}

/// Recoveries owed to channels that are no more.
fn owed(config: &Config, journal: &Journal) -> Vec<(String, Incident, String)> {
    let lost =
        |name: &String| name != LIST && !config.alerts.iter().any(|alert| alert.common.enabled && alert.name == *name);
    let owed = journal.history().services.iter().flat_map(|(service, past)| {
        past.recovered.iter().flat_map(move |incident| {
            incident.knowing().into_iter().filter(lost).map(move |channel| (service.clone(), incident.clone(), channel))
        })
    });
    owed.filter(|(_, incident, channel)| !incident.was_told(Notice::Recovered, channel)).collect()
}

const fn timeout(channel: &Declared) -> Duration {
    channel.common.timeout.get()
}

/// Everything that somebody may not know yet.
fn due(config: &Config, journal: &Journal, report: &Report) -> Vec<(Message, Incident)> {
    let mut due = Vec::new();
    for subject in &report.subjects {
        let past = journal.history().service(&subject.name);
        // What is over before what began after it.
        for incident in &past.recovered {
            due.push((message(config, report, subject, incident, Notice::Recovered), incident.clone()));
        }
        if let Some(incident) = &past.incident {
            due.push((message(config, report, subject, incident, Notice::Opened), incident.clone()));
            // Another run may have opened a new one meanwhile: what was decided was decided about ours.
            let ours = subject.incident.as_ref().is_some_and(|open| open.id == incident.id);
            if let Some(notice) = refusal(subject).filter(|_| ours) {
                due.push((message(config, report, subject, incident, notice), incident.clone()));
            }
        }
    }
    for subject in &report.subjects {
        if let Some(alarm) = &journal.history().service(&subject.name).frequent {
            due.push((message(config, report, subject, alarm, Notice::Frequent), alarm.clone()));
        }
        // Also when all went well: code that runs is not what somebody deployed.
        if let Some(alarm) = &journal.history().service(&subject.name).reverted {
            due.push((message(config, report, subject, alarm, Notice::Reverted), alarm.clone()));
        }
    }
    due
}

fn refusal(subject: &Subject) -> Option<Notice> {
    let unwell = subject.standing.level == Level::Unhealthy;
    match &subject.decision {
        Some(Decision::Refuse { by: Refusal::Held, .. }) => Some(Notice::Held),
        // Held by this very tick: the act showed that acts do not help.
        _ if unwell && subject.held.is_some() => Some(Notice::Held),
        // Nothing was tried yet; the data directory itself is told of.
        Some(Decision::Refuse { by: Refusal::Unwritable, .. }) => None,
        Some(Decision::Refuse { .. }) => Some(Notice::Exhausted),
        _ => None,
    }
}

fn wants(channel: &str, least: Severity, message: &Message, incident: &Incident) -> bool {
    // A recovery goes to whoever heard of the trouble, however picky the channel, and to nobody else.
    let concerned = match message.notice {
        Notice::Recovered => incident.knowing().iter().any(|name| name == channel),
        _ => message.severity >= least,
    };
    concerned && !incident.was_told(message.notice, channel)
}

fn send(
    config: &Config,
    journal: &mut Journal,
    message: &Message,
    channel: &str,
    parcel: &Parcel,
    until: Instant,
    deliveries: &mut Vec<Delivery>,
) {
    let left = until.saturating_duration_since(Instant::now());
    let sent =
        if left.is_zero() { Err("no time left in this run".to_owned()) } else { deliver(parcel, &config.root, left) };
    let told = sent.and_then(|()| {
        let event = Event::Alerted {
            service: message.service.clone(),
            incident: message.incident.clone(),
            notice: message.notice,
            channel: channel.to_owned(),
        };
        journal.record(event).map_err(|error| format!("it was sent, but that cannot be written down: {error}"))
    });
    deliveries.push(Delivery { channel: channel.to_owned(), title: message.title.clone(), failure: told.err() });
}

fn message(config: &Config, report: &Report, subject: &Subject, incident: &Incident, notice: Notice) -> Message {
    let name = &subject.name;
    // Whoever reads it sits in another directory.
    let heal = config.call_anywhere();
    let did = subject.act.as_ref().map(|act| act.outcome);
    let healed = did == Some(Outcome::Healed) || (did.is_none() && subject.standing.level == Level::Healthy);
    // Started and not well yet is not healed; the next ticks tell.
    let probation = did == Some(Outcome::Probation);
    let severity = match notice {
        Notice::Opened if healed || probation => Severity::Warning,
        Notice::Recovered => Severity::Info,
        Notice::Frequent | Notice::Reverted => Severity::Warning,
        _ => Severity::Critical,
    };
    let (title, action) = match notice {
        Notice::Opened if healed => (format!("{name}: {}; healed", incident.summary), None),
        Notice::Opened if probation => (format!("{name}: {}; started again, on probation", incident.summary), None),
        Notice::Opened => {
            let next = subject.next.clone().unwrap_or_else(|| format!("{heal} check --only {name} --explain"));
            (format!("{name}: {}", incident.summary), Some(next))
        }
        // Releasing does not refill a budget; only time, or a person who starts it, does.
        Notice::Exhausted if matches!(subject.decision, Some(Decision::Refuse { by: Refusal::Budget, .. })) => (
            format!("{name}: restarted too often, the budget is spent"),
            Some(format!("find out why it keeps failing: {heal} check --only {name} --explain")),
        ),
        Notice::Exhausted => (
            format!("{name}: heal has nothing left to try"),
            Some(format!("look at {name}; then {heal} release {name}")),
        ),
        Notice::Held => {
            let why = subject.held.as_ref().map_or("held", |(_, why)| why.as_str());
            (format!("{name}: waits for a person: {why}"), Some(format!("put it right; then {heal} release {name}")))
        }
        Notice::Frequent => {
            let why = format!("find out why it keeps failing: {heal} status {name}");
            (format!("{name}: {}", incident.summary), Some(why))
        }
        Notice::Reverted => {
            let why = format!("look at what was taken back, and why: {heal} status {name}");
            (format!("{name}: {}", incident.summary), Some(why))
        }
        Notice::Misconfigured => (incident.summary.clone(), Some(format!("{heal} config check"))),
        Notice::Recovered => (format!("{name}: recovered"), None),
    };
    let mut details = vec![
        ("since".to_owned(), crate::model::rfc3339(incident.opened.at)),
        ("found".to_owned(), incident.summary.clone()),
    ];
    let mut add = |key: &str, value: String| details.push((key.to_owned(), value));
    if let Some(downtime) = incident.downtime_ms {
        add("downtime", span_text(downtime));
    }
    let over = notice == Notice::Recovered;
    let behind: Vec<&str> =
        report.subjects.iter().filter(|one| one.behind.as_deref() == Some(name)).map(|one| one.name.as_str()).collect();
    if !over && !behind.is_empty() {
        add("behind it", format!("{} (told of only here)", behind.join(", ")));
    }
    // What this run saw and did belongs to the incident that is open now, if any.
    if !over && !subject.standing.summary.is_empty() && subject.standing.summary != incident.summary {
        add("now", subject.standing.summary.clone());
    }
    if let Some(act) = subject.act.as_ref().filter(|_| !over) {
        add("done", format!("{}: {}", act.rung, act.detail));
    }
    if !over {
        let seen = &incident.seen;
        let lines = (!seen.lines.is_empty()).then(|| seen.lines.join("\n"));
        let state = Some(&seen.state).filter(|state| !state.is_empty());
        state.into_iter().for_each(|state| add("state", state.clone()));
        lines.into_iter().for_each(|lines| add("last output", lines));
    }
    if notice == Notice::Exhausted && !incident.tries.is_empty() {
        let tried = incident.tries.iter().map(|(rung, times)| format!("{rung} ({times})"));
        add("tried", tried.collect::<Vec<_>>().join(", "));
    }
    match &subject.decision {
        // Held: nothing comes next, whatever was decided before that was known.
        _ if over || subject.held.is_some() => {}
        Some(Decision::Refuse { why, .. } | Decision::Helpless { why } | Decision::Wait { why }) => {
            add("next", why.clone())
        }
        Some(Decision::Act { rung, .. }) if report.dry_run => {
            add("next", format!("heal only observes; it would take `{rung}`"))
        }
        Some(Decision::Act { next: Some(next), .. }) if !healed => add("next", format!("`{next}` at the next tick")),
        _ => {}
    }
    Message {
        severity,
        notice,
        project: report.project.clone(),
        host: report.host.clone(),
        service: name.clone(),
        incident: incident.id.clone(),
        title,
        details,
        action_required: action,
        at: clock::now().at,
    }
}
