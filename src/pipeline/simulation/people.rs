//! What do people do? They pause, hold, mask, restart, deploy, acknowledge, and sooner or later they look at what waits for them.

use super::Sim;
use super::clock::{DAY, HOUR, MINUTE, SECOND};
use super::oracle::Ended;
use super::service::{Kind, Watch};
use crate::model::crash::Turn;
use crate::model::{Change, Class, Event, Outcome, Pause, Threshold};

impl Sim {
    pub(super) fn person(&mut self) {
        let now = self.clock.now;
        let place = usize::try_from(self.chance.below(self.services.len() as u64)).unwrap_or(0);
        let name = self.services[place].name().to_owned();
        let what = if self.deploys && self.chance.one_in(2) { 5 } else { self.chance.below(10) };
        let kind = match what {
            0 | 1 => self.pauses(place),
            2 => {
                if self.services[place].service.unit.is_none() {
                    return;
                }
                if !self.services[place].unwanted {
                    self.finish(place, Some(0), Ended::ByPerson);
                    self.wish(place, Some("stopped by its operator"));
                    self.visits.push((now + self.chance.about(DAY), place));
                }
                "a person stops and masks it"
            }
            3 => {
                self.says(Event::Held { service: name, reason: "wait for me".to_owned(), code: false });
                self.visits.push((now + self.chance.about(8 * HOUR), place));
                "a person holds it"
            }
            4 => self.restarts(place),
            8 => self.works_on(place),
            5 | 6 => self.deploys(),
            7 => {
                let open = self.book.history.service(&name).incident.as_ref().map(|open| open.id.clone());
                let Some(incident) = open else { return };
                let for_ms = self.chance.one_in(2).then(|| self.chance.about(DAY));
                self.oracle.told.acknowledged(&incident, (now, for_ms));
                self.says(Event::Acknowledged { service: name, incident, for_ms });
                "a person acknowledges"
            }
            _ => {
                self.code.dirty = !self.code.dirty;
                "a person edits the work tree"
            }
        };
        self.book.fault(kind);
        let name = self.name(place);
        self.book.note(now, || format!("PERSON {name}: {kind}"));
    }

    fn says(&mut self, event: Event) {
        // A person's command may not fail here: it is its own run, and nobody kills it.
        let moment = self.clock.moment();
        if let Ok(event) = self.book.write(moment, self.clock.now, event) {
            self.person_said(&event);
        }
    }

    fn wish(&mut self, place: usize, wish: Option<&str>) {
        let svc = &mut self.services[place];
        svc.unwanted = wish.is_some();
        if let Some(told) = &mut svc.told {
            told.wish = wish.map(str::to_owned);
            told.changed_ms = Some(self.clock.up());
        }
    }

    fn pauses(&mut self, place: usize) -> &'static str {
        let service = (!self.chance.one_in(4)).then(|| self.services[place].name().to_owned());
        let for_ms = self.chance.between(5 * MINUTE, 3 * HOUR);
        let over_reboot = self.chance.one_in(2);
        let (reason, by, since) = ("work".to_owned(), "ann".to_owned(), self.clock.moment());
        self.oracle.paused(service.as_deref(), (self.clock.now, self.clock.now + for_ms), over_reboot);
        self.pauses.push(Pause { service, reason, by, since, for_ms, over_reboot, holder: None, lock: false });
        if self.chance.one_in(2) {
            // What they do to it meanwhile is no crash, and nobody undoes it.
            self.finish(place, Some(0), Ended::ByPerson);
            self.visits.push((self.clock.now + for_ms / 2, place));
        }
        "a person pauses it"
    }

    fn restarts(&mut self, place: usize) -> &'static str {
        // `heal restart`: by a person, and counted against nothing.
        let svc = &self.services[place];
        if svc.unwanted || self.book.history.service(svc.name()).held.is_some() {
            return "a person restarts it, in vain";
        }
        let (service, rung) = (svc.name().to_owned(), "restart".to_owned());
        self.book.opens();
        let intent = self.book.next_intent();
        let stop = svc.identity().map(|identity| Change::StopProcess {
            identity: identity.clone(),
            command: "work".to_owned(),
            grace_ms: 1_000,
        });
        let (changes, why) = (stop.into_iter().collect(), "asked for by ann".to_owned());
        let cause = Some(Class::Dead);
        self.says(Event::Intent {
            id: intent.clone(),
            service: service.clone(),
            rung: rung.clone(),
            cause,
            changes,
            why,
            uncounted: true,
        });
        self.finish(place, Some(0), Ended::ByHeal);
        self.begin(place);
        let detail = String::new();
        self.says(Event::Done { intent, service, rung, outcome: Outcome::Healed, detail });
        "a person restarts it"
    }

    /// Who is annoyed by a probe declares another threshold for it.
    pub(super) fn declares(&mut self) {
        for place in 0..self.services.len() {
            let mut watches = self.services[place].watches.iter_mut();
            let complains =
                |watch: &&mut Watch| watch.kind == Kind::Answer && watch.said.last().is_some_and(|(_, bad)| *bad);
            if let Some(watch) = watches.find(complains)
                && self.chance.one_in(60)
            {
                let window = Threshold { bad: 3, of: 5, within: None };
                watch.threshold = if watch.threshold == window { Threshold::in_a_row(3) } else { window };
                self.book.fault("a person declares another threshold");
            }
        }
    }

    /// Somebody tries something out, starts it again each time, and breaks it in the end.
    fn works_on(&mut self, place: usize) -> &'static str {
        for _ in 0..self.chance.between(2, 6) {
            self.clock.now += self.chance.between(SECOND, 20 * SECOND);
            self.restarts(place);
        }
        self.services[place].next_fault = self.clock.now + self.chance.between(MINUTE, 30 * MINUTE);
        "a person restarts it again and again"
    }

    /// `heal crash pattern || heal revert`, of somebody who may not have armed it.
    fn script(&mut self, place: usize) {
        let revert = match self.drafted(place) {
            Ok(revert) => revert,
            Err(why) => {
                if let Err(super::Stop::Broken(why)) = self.was_refused(&why) {
                    self.oracle.broken = Some(why);
                }
                return;
            }
        };
        self.book.fault("a script asks for a revert");
        self.look_at(place);
        self.book.opens();
        if let Err(super::Stop::Broken(why)) = self.revert_by_hand(place, revert) {
            self.oracle.broken = Some(why);
        }
    }

    /// The scripts of this box, every few minutes.
    pub(super) fn scripts(&mut self) {
        if self.script && (self.clock.now / MINUTE) % 5 == 0 {
            for place in 0..self.services.len() {
                if self.ledger[place].last().is_some_and(|line| line.event == Turn::Crash) {
                    self.script(place);
                }
            }
        }
    }

    fn deploys(&mut self) -> &'static str {
        let bad = self.chance.one_in(2);
        let lasts = bad.then(|| self.chance.between(20_000, 8 * MINUTE));
        self.code.dirty = false;
        // Who does not believe that it was the code puts it back as it was.
        let again = self.code.taken_back().filter(|_| self.chance.one_in(2));
        let again = again.or_else(|| self.chance.one_in(8).then(|| self.code.before()).flatten());
        match again {
            Some(place) => self.code.reset(place),
            None => self.code.deploy(lasts),
        }
        if bad && self.chance.one_in(2) {
            // The next one is to put it right.
            self.next_person = self.clock.now + self.chance.about(3 * HOUR);
        }
        for place in 0..self.services.len() {
            if self.services[place].life.is_some() {
                self.finish(place, Some(0), Ended::ByDeploy);
                self.begin(place);
            }
        }
        if bad { "a person deploys what crashes" } else { "a person deploys" }
    }

    /// Who said that they would come back does.
    pub(super) fn come_back(&mut self) {
        let now = self.clock.now;
        while let Some(at) = self.visits.iter().position(|(when, _)| *when <= now) {
            let (_, place) = self.visits.swap_remove(at);
            let name = self.services[place].name().to_owned();
            self.services[place].ails.broken = false;
            self.wish(place, None);
            if self.book.history.service(&name).held.is_some() {
                self.says(Event::Released { service: name.clone() });
            }
            if self.services[place].life.is_none() {
                self.begin(place);
            }
            self.book.fault("a person puts it right");
            self.book.note(now, || format!("PERSON {name}: puts it right, releases it"));
        }
    }

    /// Somebody heard of it, and looks at it sooner or later, within a day or two at the latest.
    pub(super) fn called(&mut self, place: usize) {
        if !self.visits.iter().any(|(_, other)| *other == place) {
            let later = self.clock.now + self.chance.about(8 * HOUR);
            self.visits.push((later, place));
        }
    }
}
