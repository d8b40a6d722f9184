//! Was a promise broken? Asked at each act, at each event and after each tick, of what is true, which heal does not know. Nothing in
//! here asks policy: it counts for itself.

use std::collections::{BTreeMap, VecDeque};

use super::clock::{HOUR, MINUTE};
use super::oracle_seen::Watched;
use super::oracle_told::Incidents;
use super::service::Kind;
use super::{Sim, Step, TICK, broken};
use crate::model::{Class, Event, Identity, Severity, Verdict};
use crate::probe::identify::Who;

/// Who ended a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    ByItself,
    ByHeal,
    ByPerson,
    ByDeploy,
    Reboot,
}

/// The end of a life, as it was.
#[derive(Debug)]
pub(super) struct End {
    pub(super) life: Identity,
    pub(super) release: String,
    pub(super) at: i64,
    pub(super) how: Ended,
    pub(super) exit: Option<i32>,
}

/// What is known of one service.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) ends: VecDeque<End>,
    /// When heal acted, for what, and by which rung.
    pub(super) acts: VecDeque<(i64, Class, String)>,
    pub(super) held: bool,
    /// Ticks that saw it down though it could be cured, since the last act; and whether all was quiet before.
    pub(super) down: i64,
    pub(super) calm: bool,
    /// Ticks that saw this life of it well.
    pub(super) well: i64,
    pub(super) life: Option<Identity>,
    /// What its looks were like.
    pub(super) watched: Watched,
    /// When each release was first seen to run.
    pub(super) ran: BTreeMap<usize, i64>,
    /// What counted as a crash: of which release, and when.
    pub(super) crashes: Vec<(String, i64)>,
    /// When the acts began that healed it.
    pub(super) healed: Vec<i64>,
    /// Rungs that this incident tried.
    tried: BTreeMap<String, u32>,
    cured: bool,
    /// Acts since nothing was left to try.
    retries: Option<usize>,
}

/// A pause, as the person meant it.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) service: Option<String>,
    pub(super) since: i64,
    pub(super) until: i64,
    pub(super) over_reboot: bool,
}

#[derive(Debug)]
pub(super) struct Oracle {
    pub(super) services: Vec<Facts>,
    pub(super) wishes: Vec<Wish>,
    /// When code was taken back: what, and the commit that did it.
    pub(super) reverts: Vec<(i64, String, String)>,
    pub(super) told: Incidents,
    /// A promise that was broken while a person was at it.
    pub(super) broken: Option<String>,
    /// When heal was last killed.
    pub(super) killed: i64,
}

impl Oracle {
    pub(super) fn new(count: usize) -> Self {
        let services = (0..count).map(|_| Facts::default()).collect();
        Self {
            services,
            wishes: Vec::new(),
            reverts: Vec::new(),
            told: Incidents::default(),
            broken: None,
            killed: i64::MIN / 2,
        }
    }

    pub(super) fn ended(&mut self, place: usize, end: End) {
        let ends = &mut self.services[place].ends;
        ends.push_back(end);
        if ends.len() > 200 {
            ends.pop_front();
        }
    }

    /// The exit code of a life that is over, as its parent would know it.
    pub(super) fn exit_of(&self, place: usize, life: &Identity) -> Option<i32> {
        self.services[place].ends.iter().rev().take(5).find(|end| end.life == *life)?.exit
    }

    /// What a life that is over ran.
    pub(super) fn released(&self, place: usize, life: &Identity) -> Option<&str> {
        self.services[place].ends.iter().rev().find(|end| end.life == *life).map(|end| end.release.as_str())
    }

    pub(super) fn paused(&mut self, service: Option<&str>, (since, until): (i64, i64), over_reboot: bool) {
        // With a clock that was set across a reboot one may hold for longer than was meant.
        let surplus = self.wishes.len().saturating_sub(8);
        self.wishes.drain(..surplus);
        self.wishes.push(Wish { service: service.map(str::to_owned), since, until, over_reboot });
    }
}

impl Sim {
    /// The intent is about to be written.
    pub(super) fn about_to_act(&mut self, place: usize, rung: &str, cause: Class) -> Step {
        let svc = &self.services[place];
        let name = svc.name();
        for check in
            ["hands off what is paused", "hands off what is masked", "hands off what is held", "unknown never acts"]
        {
            self.book.tally.check(check);
        }
        if self.is_off(place, true) {
            return broken(format!("`{rung}` of {name}, which is paused"));
        }
        if svc.unwanted && svc.told.is_some() {
            return broken(format!("`{rung}` of {name}, which its operator masked"));
        }
        if self.oracle.services[place].held {
            return broken(format!("`{rung}` of {name}, which is held"));
        }
        if matches!(svc.who, Who::Unknown { .. }) {
            return broken(format!("`{rung}` of {name}, and nobody knows which process it is"));
        }
        let own = svc.service.remedies.get(rung);
        if !matches!(cause, Class::Dead | Class::Hung) && own.is_none_or(|own| !own.on.contains(&cause)) {
            return broken(format!("`{rung}` of {name} for {cause:?}, which it would not cure"));
        }
        if cause == Class::Hung && rung == "restart" {
            return broken(format!("`restart` of {name}, which hangs: a milder rung than its class calls for"));
        }
        self.book.tally.check("one act at a time");
        if self.book.history.open_intents.values().any(|open| open.service == name) {
            return broken(format!("`{rung}` of {name}, while another act of it has no outcome"));
        }
        self.book.tally.check("nobody is acted upon behind another one that is down");
        if let Some(need) = self.is_behind(place) {
            return broken(format!("`{rung}` of {name}, while {need}, which it needs, is down"));
        }
        self.book.tally.check("there is evidence for each act");
        if let Err(why) = self.evidence(place) {
            return broken(format!("`{rung}` of {name}: {why}"));
        }
        Ok(())
    }

    /// Does what was seen speak for an act? Necessary, never sufficient.
    fn evidence(&self, place: usize) -> Result<(), String> {
        let (svc, now) = (&self.services[place], self.clock.now);
        let speaks = |kind: Kind, verdict: Verdict| {
            svc.watches
                .iter()
                .zip(&svc.findings)
                .any(|(watch, finding)| watch.kind == kind && finding.verdict == verdict)
        };
        let Some(life) = &svc.life else {
            let obstacle = speaks(Kind::Stranger, Verdict::Unhealthy(Severity::Critical, Class::Resource));
            return if obstacle { Err("a stranger has its port".to_owned()) } else { Ok(()) };
        };
        // How old a process is that nobody recognises, nobody knows.
        let grace = if svc.unwatched { 0 } else { svc.service.rules.startup_grace.millis() };
        // Nor whether it is still the one of before.
        let old = |at: i64| svc.unwatched || at - life.began >= grace;
        if now - life.began < grace {
            return Err("it is still starting".to_owned());
        }
        let gap = self.declared_tick.map_or(i64::MAX, |tick| 3 * tick.millis() + TICK);
        let counts = |place: usize| {
            let (watch, finding) = (&svc.watches[place], &svc.findings[place]);
            if finding.verdict != Verdict::Unhealthy(Severity::Critical, Class::Hung) {
                return false;
            }
            // Silence against an answer is no evidence.
            let silence = watch.kind == Kind::Trace && speaks(Kind::Answer, Verdict::Healthy);
            let (mut count, mut later) = (0, now);
            for (at, bad) in watch.said.iter().rev().take(watch.threshold.of as usize).filter(|(at, _)| old(*at)) {
                if later - at > gap || (!bad && watch.threshold.bad == watch.threshold.of) {
                    break;
                }
                count += u32::from(*bad);
                later = *at;
            }
            !silence && count >= watch.threshold.bad
        };
        if (0..svc.watches.len()).any(counts) { Ok(()) } else { Err("no probe called for it often enough".to_owned()) }
    }

    pub(super) fn about_to_stop(&mut self, place: usize) -> Step {
        self.book.tally.check("a healthy service is never stopped");
        let svc = &self.services[place];
        if svc.works && !svc.findings.iter().any(|one| matches!(one.verdict, Verdict::Unhealthy(Severity::Critical, _)))
        {
            return broken(format!("{} works, every probe says so, and it is stopped", svc.name()));
        }
        Ok(())
    }

    pub(super) fn starts(&mut self, place: usize) -> Step {
        self.book.tally.check("never two of one service");
        match &self.services[place].life {
            Some(life) => broken(format!("{} is started beside {}", self.services[place].name(), life.identity)),
            None => Ok(()),
        }
    }

    /// An event was written.
    pub(super) fn hears(&mut self, event: &Event) -> Step {
        self.hears_of_incidents(event)?;
        let place = |sim: &Self, name: &str| sim.services.iter().position(|svc| svc.name() == name);
        match event {
            Event::Intent { service, rung, cause, uncounted: false, .. } => {
                let cause = cause.unwrap_or(Class::Unknown);
                place(self, service).map_or(Ok(()), |place| self.acted(place, rung, cause))
            }
            Event::Done { service, outcome, .. } => {
                if let Some(place) = place(self, service) {
                    let facts = &mut self.oracle.services[place];
                    if *outcome == crate::model::Outcome::Healed {
                        facts.cured = true;
                        facts.watched.verified = true;
                        facts.healed.extend(facts.acts.back().map(|(at, ..)| *at));
                    }
                }
                Ok(())
            }
            Event::Opened { service, .. } | Event::Closed { service, .. } => {
                if let Some(place) = place(self, service) {
                    let facts = &mut self.oracle.services[place];
                    facts.tried.clear();
                    facts.well = 0;
                    (facts.cured, facts.retries) = (false, None);
                }
                Ok(())
            }
            Event::Exhausted { service, .. } => {
                if let Some(place) = place(self, service) {
                    self.oracle.services[place].retries.get_or_insert(0);
                    self.called(place);
                }
                Ok(())
            }
            Event::Held { service, .. } => {
                if let Some(place) = place(self, service) {
                    self.oracle.services[place].held = true;
                    self.called(place);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A person said something.
    pub(super) fn person_said(&mut self, event: &Event) {
        let (service, held) = match event {
            Event::Held { service, .. } => (service, true),
            Event::Released { service } => (service, false),
            _ => return,
        };
        if let Some(place) = self.services.iter().position(|svc| svc.name() == service) {
            let facts = &mut self.oracle.services[place];
            facts.held = held;
            if !held {
                facts.tried.clear();
                facts.retries = None;
                self.oracle.told.released(service);
            }
        }
    }

    fn acted(&mut self, place: usize, rung: &str, cause: Class) -> Step {
        let now = self.clock.now;
        self.book.tally.check("a budget holds over any window");
        let rules = &self.services[place].service.rules;
        let own = self.services[place].service.remedies.get(rung);
        let (delay, name) = (rules.restart_delay.millis(), self.services[place].name());
        let limit = own.and_then(|own| own.limit).unwrap_or(rules.restart_limit);
        let remedies = &self.services[place].service.remedies;
        let facts = &mut self.oracle.services[place];
        let last = facts.acts.back().map(|(at, ..)| *at);
        facts.acts.push_back((now, cause, rung.to_owned()));
        if facts.acts.len() > 300 {
            facts.acts.pop_front();
        }
        (facts.down, facts.calm) = (0, false);
        let tries = facts.tried.entry(rung.to_owned()).or_default();
        *tries += 1;
        if rung == "revert" {
            return Ok(());
        }
        let from = now - limit.per.millis();
        let same = |(at, why, what): &&(i64, Class, String)| {
            *at > from && if own.is_some() { what == rung } else { *why == cause && !remedies.contains_key(what) }
        };
        let count = facts.acts.iter().filter(same).count();
        if count > limit.count as usize && !self.clock.is_lost(from, now) {
            return broken(format!(
                "{count} acts on {name} for {cause:?} within {}, and {limit} is the budget",
                limit.per
            ));
        }
        if last.is_some_and(|last| now - last < delay && !self.clock.is_lost(last, now)) {
            return broken(format!("`{rung}` of {name} before restart_delay is over"));
        }
        self.book.tally.check("the ladder is climbed");
        match facts.retries {
            None if *tries > 1
                && !facts.cured
                && own.is_none()
                && last.is_some_and(|last| now - last < 30 * MINUTE && !self.clock.is_lost(last, now)) =>
            {
                return broken(format!("`{rung}` of {name} is tried again, while other rungs are left"));
            }
            // A rung that this incident did not try yet is none: its trouble may be of another class by now.
            Some(retries) if *tries > 1 && !facts.cured => {
                let pause = [30 * MINUTE, 2 * HOUR, 6 * HOUR][retries.min(2)];
                if last.is_some_and(|last| now - last < pause && !self.clock.is_lost(last, now)) {
                    return broken(format!("retry {retries} of {name} comes too early"));
                }
            }
            _ => {}
        }
        facts.retries = facts.retries.map(|retries| retries + 1);
        Ok(())
    }
}
