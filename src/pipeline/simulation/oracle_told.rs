//! Was somebody told, and not too often? Every incident that lasts is in the spool or with a person, none is told more than its
//! bound, and nothing that was given up is silent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::clock::{DAY, HOUR};
use super::tick::Seen;
use super::{Sim, Step, TICK, broken};
use crate::model::event::Notice;
use crate::model::report::Level;
use crate::model::spool::Item;
use crate::model::{Event, Outcome};

/// An incident that lasts longer than so many ticks was told to somebody.
const PATIENCE: i64 = 3;

/// Messages of one incident in a day that a channel gets at most (`policy::telling`).
const A_DAY: usize = 8;

/// What was handed to a channel.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sent {
    incident: String,
    notice: Notice,
    nth: u32,
    channel: String,
}

impl Sent {
    pub(super) fn of(item: &Item, channel: &str) -> Self {
        let (incident, notice) = (item.message.incident.clone(), item.message.notice);
        Self { incident, notice, nth: item.nth, channel: channel.to_owned() }
    }
}

/// An incident that is open.
#[derive(Debug)]
struct Open {
    service: String,
    ticks: i64,
    told: bool,
    /// Whole ticks since anything was last said about it.
    silent: i64,
    released: bool,
    /// Who was told of it, or will be.
    knows: BTreeSet<String>,
    /// A person said that they know: when, and for how long.
    acknowledged: Option<(i64, Option<i64>)>,
}

#[derive(Debug, Default)]
pub(super) struct Incidents {
    open: BTreeMap<String, Open>,
    /// What was handed over, and when heal had been killed how often by then.
    sent: BTreeMap<Sent, u64>,
    /// When each channel got what about which incident.
    times: VecDeque<(i64, String, String)>,
    /// What was written down as waiting to be told.
    queued: BTreeSet<(String, Notice, u32)>,
    /// Who knew of what is over.
    over: VecDeque<(String, BTreeSet<String>)>,
    /// What a channel did not take: how often, and when last.
    failed: BTreeMap<Sent, (usize, i64)>,
}

impl Incidents {
    /// A person knows of it.
    pub(super) fn acknowledged(&mut self, incident: &str, from: (i64, Option<i64>)) {
        if let Some(open) = self.open.get_mut(incident) {
            open.acknowledged = Some(from);
        }
    }

    /// A person released it: what is held again is news.
    pub(super) fn released(&mut self, service: &str) {
        for (id, open) in &mut self.open {
            if open.service == service {
                open.released = true;
                self.sent.retain(|sent, _| sent.incident != *id);
            }
        }
    }
}

impl Sim {
    fn kills(&self) -> u64 {
        self.book.tally.faults.get("heal is killed").copied().unwrap_or(0)
    }

    pub(super) fn hears_of_incidents(&mut self, event: &Event) -> Step {
        let told = &mut self.oracle.told;
        match event {
            Event::Opened { service, incident, .. } => {
                self.book.tally.check("an incident is one of its kind");
                let one = Open {
                    service: service.clone(),
                    ticks: 0,
                    told: false,
                    silent: 0,
                    released: false,
                    knows: BTreeSet::new(),
                    acknowledged: None,
                };
                if told.open.insert(incident.clone(), one).is_some()
                    || told.open.values().filter(|one| one.service == *service).count() > 1
                {
                    return broken(format!("{incident} is opened while another one of {service} is open"));
                }
                if let Some(svc) = self.services.iter_mut().find(|svc| svc.name() == service) {
                    svc.blames();
                }
            }
            Event::Closed { service, incident, .. } => {
                if let Some(open) = told.open.remove(incident) {
                    told.over.push_back((incident.clone(), open.knows));
                    if told.over.len() > 40 {
                        told.over.pop_front();
                    }
                }
                self.book.tally.check("no incident ends while its trouble is seen");
                let svc = self.services.iter().find(|svc| svc.name() == service);
                let bad = svc.is_some_and(|svc| svc.findings.iter().any(crate::model::Finding::is_bad));
                let over = self.book.history.service(service).good_looks;
                // What was over before the look that sees the next trouble is closed by that look.
                if bad && over > 0 && self.book.history.service(service).good_since.is_none() {
                    return broken(format!("{incident} ends while its trouble is seen"));
                }
                let at = self.services.iter().position(|svc| svc.name() == service);
                at.map_or(Ok(()), |place| self.may_close(place, incident, bad))?;
                let svc = at.map(|place| &self.services[place]);
                if let Some(kind) = svc.filter(|_| !bad).and_then(|svc| svc.unasked()) {
                    return broken(format!("{incident} ends, and nobody asked {kind:?}, which it began with"));
                }
            }
            Event::Queued { incident, notice, nth, channels, .. } => {
                told.queued.insert((incident.clone(), *notice, *nth));
                return self.is_queued(incident, *notice, channels);
            }
            Event::Alerted { incident, channel, .. } => {
                if let Some(open) = told.open.get_mut(incident) {
                    open.knows.insert(channel.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A message is to be told to these channels.
    fn is_queued(&mut self, incident: &str, notice: Notice, channels: &[String]) -> Step {
        let now = self.clock.now;
        let told = &mut self.oracle.told;
        // One that had only stood in for another one is now asked for itself.
        told.failed.retain(|about, _| {
            about.incident != incident || about.notice != notice || !channels.contains(&about.channel)
        });
        if let Some(open) = told.open.get_mut(incident) {
            (open.told, open.silent) = (true, 0);
            let known = |(since, lasts): (i64, Option<i64>)| {
                lasts.is_none_or(|lasts| now - since < lasts) && !self.clock.is_lost(since, now)
            };
            if notice == Notice::Reminder && open.acknowledged.is_some_and(known) {
                return broken(format!("somebody who knows of {incident} is reminded of it"));
            }
            open.knows.extend(channels.iter().cloned());
        }
        if notice == Notice::Recovered
            && let Some((_, knows)) = told.over.iter().find(|(id, _)| id == incident)
            && let Some(stranger) = channels.iter().find(|channel| !knows.contains(*channel))
        {
            return broken(format!("{stranger} hears that {incident} is over, and never heard of it"));
        }
        self.book.tally.check("a recovery is told to who knew");
        Ok(())
    }

    /// A channel did not take this: it is left alone for longer and longer (`model::spool`).
    pub(super) fn has_failed(&mut self, about: &Sent) -> Step {
        self.book.tally.check("a channel that failed rests");
        let now = self.clock.now;
        let pauses = [0, 60_000, 120_000, 300_000, 900_000, HOUR];
        let (times, last) = self.oracle.told.failed.get(about).copied().unwrap_or((0, now));
        let pause = pauses[times.min(pauses.len() - 1)];
        if now - last < pause && !self.clock.is_lost(last, now) {
            return broken(format!("{about:?} is tried again after {} ms, for the {times}. time", now - last));
        }
        if self.oracle.told.failed.len() > 500 {
            self.oracle.told.failed.clear();
        }
        self.oracle.told.failed.insert(about.clone(), (times + 1, now));
        Ok(())
    }

    /// A channel took this.
    pub(super) fn has_sent(&mut self, channel: Option<usize>, about: &[Sent], digest: bool) -> Step {
        self.book.tally.check("nobody is told the same twice");
        let (now, kills) = (self.clock.now, self.kills());
        for sent in about {
            let told = &mut self.oracle.told;
            // Killed between the sending, or the spooling before it, and the writing down, it is told again: at least once.
            let known = told.queued.contains(&(sent.incident.clone(), sent.notice, sent.nth));
            let before = told.sent.insert(sent.clone(), if known { kills } else { u64::MAX });
            if before == Some(kills) {
                return broken(format!("{sent:?} is told twice"));
            }
        }
        if self.oracle.told.queued.len() > 4_000 {
            self.oracle.told.queued.clear();
        }
        if self.oracle.told.sent.len() > 4_000 {
            let open = &self.oracle.told.open;
            let keep: Vec<Sent> =
                self.oracle.told.sent.keys().filter(|sent| !open.contains_key(&sent.incident)).cloned().collect();
            for sent in keep.iter().take(2_000) {
                self.oracle.told.sent.remove(sent);
            }
        }
        let Some(place) = channel else { return Ok(()) };
        let name = self.channels[place].name.clone();
        let incident =
            if digest { String::new() } else { about.first().map(|sent| sent.incident.clone()).unwrap_or_default() };
        let (hour_calm, day_calm) = (self.calm_since(now - HOUR), self.calm_since(now - DAY));
        let times = &mut self.oracle.told.times;
        times.push_back((now, name.clone(), incident.clone()));
        while times.front().is_some_and(|(at, ..)| now - at > DAY) {
            times.pop_front();
        }
        self.book.tally.check("no channel is flooded");
        let hour = times.iter().filter(|(at, channel, _)| *channel == name && now - at < HOUR).count();
        let limit = usize::try_from(self.max_per_hour).unwrap_or(usize::MAX);
        if hour > limit + 1 && !self.clock.is_lost(now - HOUR, now) && hour_calm {
            return broken(format!("{name} gets {hour} messages within an hour, and {limit} is the limit"));
        }
        let day = times.iter().filter(|(_, channel, what)| *channel == name && *what == incident).count();
        let released = self.oracle.told.open.get(&incident).is_some_and(|open| open.released);
        if !digest && day > A_DAY && !released && day_calm && !self.clock.is_lost(now - DAY, now) {
            return broken(format!("{name} gets {day} messages about {incident} within a day"));
        }
        Ok(())
    }

    /// heal was not killed since then.
    fn calm_since(&self, then: i64) -> bool {
        self.oracle.killed < then
    }

    /// After a whole tick.
    pub(super) fn judge_telling(&mut self, seen: &[Seen]) -> Step {
        for (id, open) in &mut self.oracle.told.open {
            open.ticks += 1;
            open.silent += 1;
            let Some(place) = self.services.iter().position(|svc| svc.name() == open.service) else { continue };
            if open.ticks > PATIENCE && !open.told {
                return broken(format!("nobody was told of {id}, which lasts for {} ticks", open.ticks));
            }
            let past = self.book.history.service(&open.service);
            let Some(incident) = &past.incident else { continue };
            let standing = &seen[place].standing;
            let acted = seen[place].act.as_ref().is_some_and(|act| act.outcome == Outcome::Healed);
            let known = incident.acknowledged.is_some();
            if standing.level < Level::Unknown || acted || known {
                open.silent = open.silent.min(DAY / TICK);
                continue;
            }
            // Where no clock can say when something was last said, it counts from the last reboot.
            let (now, reboot) = (self.clock.now, self.clock.reboots.last().copied().unwrap_or(0));
            if self.clock.is_lost(now - 3 * DAY, now) {
                open.silent = open.silent.min((now - reboot) / TICK);
            }
            if open.silent > DAY / TICK + 10 {
                return broken(format!("{id} lasts, and nothing was said about it for {} ticks", open.silent));
            }
        }
        self.book.tally.check("every trouble that lasts was told, and is told again");
        Ok(())
    }
}
