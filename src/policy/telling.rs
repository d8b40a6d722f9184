//! Who is told, and how often? Which channel wants which message, when a person is reminded, and when it is too much. Pure.

use crate::model::event::{Moment, Notice};
use crate::model::{Incident, Severity, Span};

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

/// Does the channel want this message, and has it neither got it nor waits for it?
#[must_use]
pub fn wants(
    taste: &Taste<'_>,
    severity: Severity,
    notice: Notice,
    service: &str,
    incident: &Incident,
    now: &Moment,
) -> bool {
    // Reminders are counted, not told once.
    if notice != Notice::Reminder && incident.is_cared_for(notice, taste.name) {
        return false;
    }
    // A recovery goes to whoever heard of the trouble, however picky the channel, and to nobody else; so does a reminder.
    if matches!(notice, Notice::Recovered | Notice::Reminder) {
        return incident.knowing().contains(taste.name);
    }
    let concerned = taste.services.is_empty() || taste.services.iter().any(|name| name == service);
    let late = taste
        .escalate_after
        .is_none_or(|after| now.since(&incident.opened) >= after.millis() && !incident.is_acknowledged(now));
    severity >= taste.least && concerned && late
}

/// The number of the reminder that is due, if one is.
#[must_use]
pub fn reminder(incident: &Incident, now: &Moment) -> Option<u32> {
    let said = incident.said.as_ref()?;
    let place = usize::try_from(incident.reminders).unwrap_or(usize::MAX).min(REMINDERS.len() - 1);
    let due = now.since(said) >= REMINDERS[place].millis() && !incident.is_acknowledged(now);
    due.then(|| incident.reminders.saturating_add(1))
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

/// `of_late` were taken within the hour, `waiting` wait, the oldest for `oldest` milliseconds.
#[must_use]
pub const fn portion(limit: u32, of_late: usize, waiting: usize, oldest: i64) -> Portion {
    let limit = limit as usize;
    if of_late < limit {
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
