//! Who is told, and how often? Which channel wants which message, when a person is reminded, and when it is too much. Pure.

use crate::model::event::{Moment, Notice};
use crate::model::report::{Decision, Level, Refusal, Subject};
use crate::model::spool::Item;
use crate::model::{Incident, Outcome, ServiceHistory, Severity, Span};

/// Pauses before the first, second, … reminder within an incident; the last one for ever. Four in the first day: with what
/// is told of the beginning, of an end of the ladder and of a hold, no more than eight messages of one incident a day.
const REMINDERS: [Span; 5] =
    [Span::secs(3_600), Span::secs(3 * 3_600), Span::secs(6 * 3_600), Span::secs(12 * 3_600), Span::secs(24 * 3_600)];

/// What a channel wants to hear.
#[derive(Clone, Copy, Debug)]
pub struct Taste<'a> {
    /// The channel's name.
    pub name: &'a str,
    /// Less urgent messages are not for it.
    pub least: Severity,
    /// Only messages about these services; all, when there is none.
    pub services: &'a [String],
    /// Only what nobody took care of for so long.
    pub escalate_after: Option<Span>,
}

/// What somebody has to know about one subject, in the order in which it is told, and the number of a reminder. Whom it was
/// told already is not asked here.
#[must_use]
pub fn due<'p>(subject: &Subject, past: &'p ServiceHistory, now: &Moment) -> Vec<(&'p Incident, Notice, u32)> {
    // What is over before what began after it.
    let mut due: Vec<_> = past.recovered.iter().map(|incident| (incident, Notice::Recovered, 0)).collect();
    if let Some(incident) = past.incident.as_deref() {
        due.push((incident, Notice::Opened, 0));
        // Another run may have opened a new one meanwhile: what was decided was decided about ours.
        let ours = subject.incident.as_ref().is_some_and(|open| open.id == incident.id);
        due.extend(refusal(subject).filter(|_| ours).map(|notice| (incident, notice, 0)));
        let nth = reminder(incident, now).filter(|_| ours && subject.standing.level >= Level::Unknown);
        due.extend(nth.map(|nth| (incident, Notice::Reminder, nth)));
    }
    due
}

/// The same for what is no trouble that heal acts upon; told after all that is.
#[must_use]
pub fn also_due(past: &ServiceHistory) -> Vec<(&Incident, Notice, u32)> {
    // Code was taken back: also when all went well, because what runs is not what somebody deployed.
    let kinds = [
        (&past.warning, Notice::Warned),
        (&past.frequent, Notice::Frequent),
        (&past.repaired, Notice::Repaired),
        (&past.reverted, Notice::Reverted),
    ];
    kinds.into_iter().filter_map(|(open, notice)| Some((open.as_deref()?, notice, 0))).collect()
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

/// How urgent it is, as the subject stands now; of a repair, as it was.
#[must_use]
pub fn severity(notice: Notice, subject: &Subject, incident: &Incident) -> Severity {
    let did = subject.act.as_ref().map(|act| act.outcome);
    let better = match did {
        // Started and not well yet is not healed; the next ticks tell.
        Some(outcome) => matches!(outcome, Outcome::Healed | Outcome::Probation),
        None => subject.standing.level == Level::Healthy,
    };
    match notice {
        Notice::Opened if better => Severity::Warning,
        Notice::Recovered => Severity::Info,
        Notice::Repaired => incident.severity.unwrap_or(Severity::Warning),
        Notice::Frequent | Notice::Reverted | Notice::Warned => Severity::Warning,
        _ => Severity::Critical,
    }
}

/// Is nothing wrong any more, as far as this run saw?
fn is_well(subject: &Subject) -> bool {
    match &subject.act {
        Some(act) => matches!(act.outcome, Outcome::Healed | Outcome::Probation),
        None => subject.standing.level < Level::Degraded,
    }
}

/// The channels that this is to be told to, which hear of the service that it is a part of. Whoever is further away is not called for what is well by now, though its
/// incident lives on for a while.
#[must_use]
pub fn channels(
    tastes: &[Taste<'_>],
    subject: &Subject,
    service: &str,
    (incident, notice): (&Incident, Notice),
    now: &Moment,
) -> Vec<String> {
    let severity = severity(notice, subject, incident);
    let near = |taste: &&Taste<'_>| taste.escalate_after.is_none() || !is_well(subject);
    let wants = |taste: &&Taste<'_>| wants(taste, severity, notice, service, incident, now);
    tastes.iter().filter(near).filter(wants).map(|taste| taste.name.to_owned()).collect()
}

/// Does the channel want this message, and has it neither got it nor waits for it?
fn wants(
    taste: &Taste<'_>,
    severity: Severity,
    notice: Notice,
    service: &str,
    incident: &Incident,
    now: &Moment,
) -> bool {
    // Reminders are counted, not told once.
    let cared_for = notice != Notice::Reminder && incident.is_cared_for(notice, taste.name);
    if guard!("nobody is told the same twice", cared_for) {
        return false;
    }
    // A recovery goes to whoever heard of the trouble, however picky the channel, and to nobody else; so does a reminder.
    if matches!(notice, Notice::Recovered | Notice::Reminder) {
        let stranger = !incident.knowing().contains(taste.name);
        return !guard!("a recovery is told to who knew of the trouble", stranger);
    }
    let concerned = taste.services.is_empty() || taste.services.iter().any(|name| name == service);
    let late = taste
        .escalate_after
        .is_none_or(|after| now.since(&incident.opened) >= after.millis() && !incident.is_acknowledged(now));
    severity >= taste.least && concerned && late
}

/// The number of the reminder that is due, if one is.
fn reminder(incident: &Incident, now: &Moment) -> Option<u32> {
    let said = incident.said.as_ref()?;
    let place = usize::try_from(incident.reminders).unwrap_or(usize::MAX).min(REMINDERS.len() - 1);
    let early = guard!("reminders come with growing gaps", now.since(said) < REMINDERS[place].millis());
    let known = guard!("who knows of it is not reminded", incident.is_acknowledged(now));
    (!early && !known).then(|| incident.reminders.saturating_add(1))
}

/// What a channel that took so many messages within the hour gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portion {
    /// The next message.
    One,
    /// All that waits, in one message.
    Digest,
    /// Nothing for now.
    Nothing,
}

/// How long messages are collected for a digest, in milliseconds, when there is only one so far.
const COLLECT: i64 = 600_000;

/// What a channel can take.
#[derive(Clone, Copy, Debug)]
pub struct Appetite<'a> {
    /// The channel's name.
    pub name: &'a str,
    /// How many messages it takes in an hour, and how many it took; `None`: any number.
    pub limit: Option<(u32, usize)>,
    /// Several about one incident become one for it.
    pub merges: bool,
    /// Also while it rests after a failure.
    pub eager: bool,
}

/// Which of what waits, oldest first, does this channel get next? Their places; several become one message.
#[must_use]
pub fn next<'i>(
    items: impl Iterator<Item = &'i Item>,
    channel: Appetite<'_>,
    now: &Moment,
) -> Option<(Portion, Vec<usize>)> {
    let waits: Vec<(usize, &Item)> = items.enumerate().filter(|(_, item)| item.of(channel.name).is_some()).collect();
    let (place, oldest) = *waits.first()?;
    // In order: while the oldest rests, so does what came after it.
    oldest.of(channel.name).filter(|waiting| channel.eager || waiting.is_due(now))?;
    let age = now.since(&oldest.queued);
    let portion = channel.limit.map_or(Portion::One, |(limit, of_late)| portion(limit, of_late, waits.len(), age));
    let same = |item: &&(usize, &Item)| item.1.message.incident == oldest.message.incident;
    let group = match portion {
        Portion::Nothing => return None,
        Portion::Digest => waits.iter().map(|(place, _)| *place).collect(),
        Portion::One if !channel.merges => vec![place],
        Portion::One => waits.iter().filter(same).map(|(place, _)| *place).collect(),
    };
    Some((portion, group))
}

/// `of_late` were taken within the hour, `waiting` wait, the oldest for `oldest` milliseconds.
fn portion(limit: u32, of_late: usize, waiting: usize, oldest: i64) -> Portion {
    let limit = limit as usize;
    let full = guard!("a channel gets no more than its limit in an hour", of_late >= limit);
    if !full {
        Portion::One
    } else if of_late == limit && (waiting > 1 || oldest >= COLLECT) {
        Portion::Digest
    } else {
        Portion::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Class, Entry, Event, History, Stamp};

    fn moment(minute: i64) -> Moment {
        Moment {
            at: Stamp::from_timestamp(minute * 60, 0).unwrap_or_default(),
            up: minute * 60_000,
            boot: "b".to_owned(),
        }
    }

    fn apply(history: &mut History, minute: i64, event: Event) {
        history.apply(&Entry { v: 1, moment: moment(minute), run: "r".to_owned(), event });
    }

    /// An incident that was opened in minute 0 and told to `a`.
    fn opened() -> History {
        let mut history = History::default();
        let (service, incident) = ("app".to_owned(), "r/app".to_owned());
        let open = Event::Opened {
            service: service.clone(),
            incident: incident.clone(),
            class: Class::Dead,
            summary: String::new(),
        };
        apply(&mut history, 0, open);
        let channels = vec!["a".to_owned()];
        apply(&mut history, 0, Event::Queued { service, incident, notice: Notice::Opened, nth: 0, channels });
        history
    }

    #[test]
    fn a_channel_gets_what_it_wants_once() {
        let history = opened();
        let incident = history.service("app").incident.as_ref().expect("open");
        let (services, others) = (["app".to_owned()], ["web".to_owned()]);
        let taste = |name, least, services, after: Option<u64>| Taste {
            name,
            least,
            services,
            escalate_after: after.map(Span::secs),
        };
        let (info, critical) = (Severity::Info, Severity::Critical);
        let table = [
            (taste("a", info, &[][..], None), Notice::Opened, critical, 5, false),
            (taste("a", info, &[], None), Notice::Exhausted, critical, 5, true),
            (taste("b", info, &[], None), Notice::Opened, critical, 5, true),
            (taste("b", critical, &[], None), Notice::Opened, Severity::Warning, 5, false),
            (taste("b", info, &services, None), Notice::Opened, critical, 5, true),
            (taste("b", info, &others, None), Notice::Opened, critical, 5, false),
            (taste("b", info, &[], Some(1800)), Notice::Opened, critical, 29, false),
            (taste("b", info, &[], Some(1800)), Notice::Opened, critical, 30, true),
            (taste("a", critical, &others, None), Notice::Recovered, info, 5, true),
            (taste("b", info, &[], None), Notice::Recovered, info, 5, false),
            (taste("b", info, &[], None), Notice::Reminder, critical, 5, false),
        ];
        for (taste, notice, severity, minute, expected) in table {
            assert_eq!(
                wants(&taste, severity, notice, "app", incident, &moment(minute)),
                expected,
                "{taste:?} {notice:?} {minute}"
            );
        }
    }

    #[test]
    fn reminders_come_with_growing_gaps_and_stop_for_a_person_who_knows() {
        let mut history = opened();
        let mut minutes = Vec::new();
        for minute in 0..3 * 1440 {
            let nth = history.service("app").incident.as_ref().and_then(|incident| reminder(incident, &moment(minute)));
            if let Some(nth) = nth {
                minutes.push(minute);
                let channels = vec!["a".to_owned()];
                let (service, incident) = ("app".to_owned(), "r/app".to_owned());
                apply(
                    &mut history,
                    minute,
                    Event::Queued { service, incident, notice: Notice::Reminder, nth, channels },
                );
            }
        }
        assert_eq!(minutes, [60, 240, 600, 1320, 2760, 4200]);
        let (service, incident) = ("app".to_owned(), "r/app".to_owned());
        apply(&mut history, 4300, Event::Acknowledged { service, incident, for_ms: Some(48 * 3_600_000) });
        let due = |minute| reminder(history.service("app").incident.as_ref().expect("open"), &moment(minute));
        assert_eq!((due(4300 + 47 * 60), due(4300 + 48 * 60)), (None, Some(7)));
    }

    #[test]
    fn no_more_than_the_limit_and_one_digest() {
        let table = [
            ((10, 0, 1, 0), Portion::One),
            ((10, 9, 50, 0), Portion::One),
            ((10, 10, 2, 0), Portion::Digest),
            ((10, 10, 1, 0), Portion::Nothing),
            ((10, 10, 1, 600_000), Portion::Digest),
            ((10, 11, 50, 600_000), Portion::Nothing),
            ((0, 0, 2, 0), Portion::Digest),
        ];
        for ((limit, of_late, waiting, oldest), expected) in table {
            assert_eq!(portion(limit, of_late, waiting, oldest), expected, "{limit} {of_late} {waiting} {oldest}");
        }
    }
}
