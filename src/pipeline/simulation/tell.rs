//! Who is told? As in `pipeline::tell`: what is due goes into the spool, and from there to channels that may be deaf.

use super::oracle_told::Sent;
use super::tick::Seen;
use super::{Sim, Step};
use crate::model::alert::{Again, Message, Undelivered};
use crate::model::event::{Moment, Notice};
use crate::model::spool::{Item, Waiting};
use crate::model::{Event, Incident, Severity};
use crate::pipeline::tell::LIST;
use crate::policy::{self, Appetite, Portion, Taste};

/// What a channel took is remembered for so long, in milliseconds.
const HOUR: i64 = 3_600_000;

struct Due {
    message: Message,
    nth: u32,
    channels: Vec<String>,
}

impl Sim {
    pub(super) fn tell(&mut self, seen: &[Seen]) -> Step {
        let now = self.clock.moment();
        for due in self.due(seen, &now) {
            self.queue(due, &now)?;
        }
        if self.spool.is_empty() {
            return Ok(());
        }
        let mut names: Vec<Option<usize>> = (0..self.channels.len()).map(Some).collect();
        names.insert(0, None);
        names.sort_by_key(|channel| {
            let name = self.channel_name(*channel);
            self.spool.iter().filter_map(|item| Some(item.of(name)?.attempts)).max().unwrap_or(0)
        });
        for channel in names {
            while self.tell_next(channel, &now)? {}
        }
        self.spool.retain(|item| !item.waiting.is_empty());
        Ok(())
    }

    fn channel_name(&self, channel: Option<usize>) -> &str {
        channel.map_or(LIST, |place| &self.channels[place].name)
    }

    fn tastes(&self) -> Vec<Taste<'_>> {
        let list = Taste { name: LIST, least: Severity::Info, services: &[], escalate_after: None };
        let channels = self.channels.iter().map(|channel| Taste {
            name: &channel.name,
            least: if channel.critical_only { Severity::Critical } else { Severity::Info },
            services: &[],
            escalate_after: channel.escalates,
        });
        [list].into_iter().chain(channels).collect()
    }

    fn due(&self, seen: &[Seen], now: &Moment) -> Vec<Due> {
        let (mut found, mut also) = (Vec::new(), Vec::new());
        for (place, seen) in seen.iter().enumerate() {
            let past = self.book.history.service(self.services[place].name());
            let others = past.warning.is_some() || past.frequent.is_some() || past.reverted.is_some();
            if past.incident.is_none() && past.recovered.is_empty() && !others {
                continue;
            }
            let (subject, tastes) = (self.subject(place, seen, now), self.tastes());
            let add = |(incident, notice, nth): (&Incident, Notice, u32)| {
                let channels = policy::channels(&tastes, &subject, &subject.name, (incident, notice), now);
                let severity = policy::severity(notice, &subject, incident);
                let message = message(&subject.name, incident, (notice, severity), now);
                (!channels.is_empty()).then_some(Due { message, nth, channels })
            };
            found.extend(policy::due(&subject, past, now).into_iter().filter_map(add));
            also.extend(policy::also_due(past).into_iter().filter_map(add));
        }
        found.extend(also);
        found
    }

    fn queue(&mut self, due: Due, now: &Moment) -> Step {
        self.book.step()?;
        let Due { message, nth, channels } = due;
        let (service, incident, notice) = (message.service.clone(), message.incident.clone(), message.notice);
        match self.spool.iter_mut().find(|item| item.says(&incident, notice, nth)) {
            Some(item) => {
                let missing: Vec<Waiting> = channels
                    .iter()
                    .filter(|channel| item.of(channel).is_none())
                    .map(|channel| Waiting::new(channel))
                    .collect();
                item.waiting.extend(missing);
            }
            None => {
                let waiting = channels.iter().map(|channel| Waiting::new(channel)).collect();
                let (stood_in, told, taken, refused, shouted) = (Vec::new(), Vec::new(), false, false, false);
                self.spool.push(Item {
                    queued: now.clone(),
                    nth,
                    message,
                    waiting,
                    stood_in,
                    told,
                    taken,
                    refused,
                    shouted,
                });
                self.spool.sort_by_key(Item::name);
            }
        }
        self.record(Event::Queued { service, incident, notice, nth, channels })
    }

    /// Tells a channel the next thing; `false`: there is nothing more for it in this run.
    fn tell_next(&mut self, channel: Option<usize>, now: &Moment) -> Step<bool> {
        let name = self.channel_name(channel).to_owned();
        let of_late = |times: &Vec<Moment>| times.iter().filter(|when| now.since(when) < HOUR).count();
        let limit = channel.map(|_| (self.max_per_hour, self.sent.get(&name).map_or(0, of_late)));
        let appetite = Appetite { name: &name, limit, merges: channel.is_some(), eager: false };
        let Some((portion, group)) = policy::next(self.spool.iter(), appetite, now) else { return Ok(false) };
        let (answers, fallback) = match channel.map(|place| &self.channels[place]) {
            Some(one) if one.refuses > self.clock.now => (Err(Again::Never), one.fallback.clone()),
            Some(one) if one.deaf > self.clock.now => (Err(Again::Later), one.fallback.clone()),
            _ => (Ok(()), None),
        };
        match answers {
            Ok(()) => {
                self.book.tally.messages += u64::from(channel.is_some());
                let about: Vec<Sent> = group.iter().map(|place| Sent::of(&self.spool[*place], &name)).collect();
                self.has_sent(channel, &about, portion == Portion::Digest)?;
                // It is out; whether that gets written down is another thing.
                self.book.step()?;
                for place in group {
                    let message = &self.spool[place].message;
                    let (service, incident, notice) =
                        (message.service.clone(), message.incident.clone(), message.notice);
                    self.record(Event::Alerted { service, incident, notice, channel: name.clone() })?;
                    self.spool[place].took(&name, channel.is_some());
                }
                if channel.is_some() {
                    let times = self.sent.entry(name).or_default();
                    times.retain(|when| now.since(when) < HOUR);
                    times.push(now.clone());
                }
                Ok(true)
            }
            Err(again) => {
                // In order: the oldest is what it is tried with.
                self.has_failed(&Sent::of(&self.spool[group[0]], &name))?;
                let why = Undelivered { why: "deaf".to_owned(), again };
                for place in group {
                    self.spool[place].failed(&name, &why, fallback.as_deref(), now);
                    if again == Again::Never {
                        let message = &self.spool[place].message;
                        let (service, incident, notice) =
                            (message.service.clone(), message.incident.clone(), message.notice);
                        let (channel, why) = (name.clone(), why.why.clone());
                        self.record(Event::Undeliverable { service, incident, notice, channel, why })?;
                    }
                }
                Ok(again == Again::Never)
            }
        }
    }
}

fn message(service: &str, incident: &Incident, (notice, severity): (Notice, Severity), now: &Moment) -> Message {
    Message {
        severity,
        notice,
        project: "simulation".to_owned(),
        host: "box".to_owned(),
        service: service.to_owned(),
        incident: incident.id.clone(),
        fingerprint: String::new(),
        title: String::new(),
        details: Vec::new(),
        action_required: None,
        since: incident.opened.at,
        at: now.at,
    }
}
