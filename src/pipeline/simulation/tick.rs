//! How does one tick go? As in `pipeline::tick`, with the same decisions from the same functions; only the eyes and the hands are
//! simulated.

use std::collections::{BTreeMap, BTreeSet};

use super::{Sim, Step};
use crate::model::disturbance;
use crate::model::event::Moment;
use crate::model::report::{Act, Decision, Level, Standing, Subject};
use crate::model::status::Trouble;
use crate::model::{Event, Outcome};
use crate::pipeline::plan::{decided, restrained};
use crate::pipeline::supervised;
use crate::policy::{self, Tie};
use crate::probe::identify::Who;
use crate::remedy;

/// Who was acted upon, and what came of it.
type Acted = BTreeMap<String, Outcome>;

/// Who was treated and is down all the same.
type Down = BTreeSet<String>;

/// What a tick knows of a service.
pub(super) struct Seen {
    pub(super) standing: Standing,
    pub(super) behind: Option<String>,
    pub(super) decision: Option<Decision>,
    pub(super) act: Option<Act>,
}

impl Sim {
    pub(super) fn tick(&mut self) -> Step<Vec<Seen>> {
        self.book.opens();
        self.began = self.clock.now;
        self.settle()?;
        let now = self.clock.moment();
        self.pauses.retain(|pause| pause.over(&now, |_| None).is_none());
        self.look_at_all();
        let mut seen: Vec<Seen> = (0..self.services.len())
            .map(|place| Seen { standing: self.judge(place, &now), behind: None, decision: None, act: None })
            .collect();
        self.tie(&mut seen);
        for (place, seen) in seen.iter_mut().enumerate() {
            let paused = self.is_paused(place, &now);
            if policy::hands_off(&mut seen.standing, paused) {
                seen.behind = None;
            }
        }
        let (mut acted, mut down) = (Acted::new(), Down::new());
        for at in 0..self.order.len() {
            let place = self.order[at];
            self.treat(place, &mut seen[place], &now, (&mut acted, &mut down))?;
        }
        self.tell(&seen)?;
        Ok(seen)
    }

    /// Closes what runs that were killed had begun, as `apply::resume` does.
    fn settle(&mut self) -> Step {
        if self.book.history.open_intents.is_empty() {
            return Ok(());
        }
        for (intent, open) in self.book.history.open_intents.clone() {
            if let Some(revert) = &open.revert {
                let moved = self.code.place(&revert.commit).is_some();
                if moved && !self.book.history.reverts.iter().any(|one| one.commit == revert.commit) {
                    self.record(Event::Reverted(super::act::reverted(&open.service, &intent, revert)))?;
                }
            }
            let detail = "the run ended before the outcome was known".to_owned();
            let (service, rung) = (open.service, open.rung);
            self.record(Event::Done { intent, service, rung, outcome: Outcome::Interrupted, detail })?;
        }
        Ok(())
    }

    /// The look that the tick writes down.
    pub(super) fn look_at_all(&mut self) {
        self.feel();
        let (now, gap) = (self.clock.now, self.gap());
        for place in 0..self.services.len() {
            self.services[place].look(now, gap, true);
            let (paused, held) = (self.is_off(place, true), self.oracle.services[place].held);
            let free = self.is_on(place);
            let svc = &mut self.services[place];
            let stopped = (svc.unwanted && svc.told.is_some()).then_some("was stopped by its operator");
            (svc.left_alone, svc.was_held) = (paused.then_some("is paused").or(stopped), held);
            svc.free = free && svc.told.as_ref().is_none_or(|told| told.wish.is_none());
            if svc.left_alone.is_some() {
                svc.forgives();
            }
        }
    }

    /// A later look at one of them: what was seen of the others stays as it was seen.
    pub(super) fn look_at(&mut self, place: usize) {
        self.feel();
        let (now, gap) = (self.clock.now, self.gap());
        self.services[place].look(now, gap, false);
    }

    /// Who works at this moment? What is needed comes before whoever needs it.
    fn feel(&mut self) {
        for at in 0..self.order.len() {
            let place = self.order[at];
            let fed = self.is_fed(place);
            self.services[place].feel(self.clock.now, fed);
        }
    }

    fn is_fed(&self, place: usize) -> bool {
        let works = |name: &String| self.services.iter().any(|svc| svc.name() == name && svc.works);
        self.services[place].service.needs.iter().all(works)
    }

    /// As `Looker::judge`.
    pub(super) fn judge(&self, place: usize, now: &Moment) -> Standing {
        let svc = &self.services[place];
        let past = self.book.history.service(svc.name());
        let standing = self.as_policy_sees(place, now, |look| policy::judge(look, &svc.service.rules, past));
        match &svc.told {
            Some(told) => supervised::judge(standing, told, &svc.service.rules, past, now),
            None => standing,
        }
    }

    fn as_policy_sees<T>(&self, place: usize, now: &Moment, then: impl FnOnce(policy::Look<'_>) -> T) -> T {
        let svc = &self.services[place];
        let process = match &svc.who {
            Who::Running { process, .. } => Some(&**process),
            _ => None,
        };
        let (process_age_ms, life) = (process.map(|one| one.age_ms), process.map(|one| &one.identity));
        let gap = self.declared_tick.map(disturbance::gap);
        let threshold = |name: &str| svc.threshold(name);
        then(policy::Look { findings: &svc.findings, process_age_ms, threshold: &threshold, gap, now, life })
    }

    fn tie(&self, seen: &mut [Seen]) {
        let nodes: Vec<policy::Node<'_>> = self
            .services
            .iter()
            .zip(seen.iter())
            .map(|(svc, seen)| {
                let failing = policy::is_failing(&svc.findings);
                policy::Node { service: &svc.service, standing: &seen.standing, failing }
            })
            .collect();
        let ties = policy::ties(&nodes);
        for (seen, tie) in seen.iter_mut().zip(ties) {
            let Some(tie) = tie else { continue };
            if let Tie::Behind(root) = &tie {
                seen.behind = Some(root.clone());
            }
            seen.standing = policy::tied(seen.standing.clone(), &tie);
        }
    }

    pub(super) fn is_paused(&self, place: usize, now: &Moment) -> bool {
        let name = self.services[place].name();
        self.pauses.iter().any(|pause| pause.covers(name) && pause.over(now, |_| None).is_none())
    }

    /// As `Run::treat`.
    fn treat(&mut self, place: usize, seen: &mut Seen, now: &Moment, (acted, down): (&mut Acted, &mut Down)) -> Step {
        if let Some(root) = seen.behind.clone()
            && let Some(outcome @ (Outcome::Healed | Outcome::Probation)) = acted.get(&root).copied()
        {
            self.look_at(place);
            let again = self.judge(place, &self.clock.moment());
            let still = self.services[place].service.needs.iter().find(|need| down.contains(*need)).map(String::as_str);
            (seen.standing, seen.behind) = policy::behind_no_more(again, &root, outcome == Outcome::Healed, still);
        }
        self.follow_lives(place)?;
        let name = self.services[place].service.name.clone();
        if let Who::Running { process, .. } = &self.services[place].who
            && self.book.history.service(&name).known.as_ref() != Some(&process.identity)
        {
            let identity = process.identity.clone();
            self.record(Event::Recognised { service: name.clone(), identity })?;
        }
        let (past, rules) = (self.book.history.service(&name), &self.services[place].service.rules);
        // Who is well opens nothing.
        let new_id =
            if seen.standing.level == Level::Healthy { String::new() } else { format!("{}/{name}", self.book.run()) };
        let events =
            self.as_policy_sees(place, now, |look| policy::follow(&name, &seen.standing, look, rules, past, &new_id));
        for event in events {
            self.record(event)?;
        }
        let past = self.book.history.service(&name);
        if past.stood.as_ref().map_or(Level::Healthy, |(level, _)| *level) != seen.standing.level {
            let (level, summary) = (seen.standing.level, seen.standing.summary.clone());
            self.record(Event::Stood { service: name.clone(), level, class: None, summary })?;
        }
        let past = self.book.history.service(&name);
        let built = if seen.standing.level == Level::Unhealthy { self.rungs() } else { Vec::new() };
        let svc = &self.services[place];
        let mut refused = None;
        let draft = || self.drafted(place).inspect_err(|why| refused = Some(why.clone()));
        let (decision, revert) = decided(&svc.service, &seen.standing, past, &built, now, draft);
        let mut decision = restrained(&svc.service, decision, &svc.who, svc.told.as_ref());
        refused.map_or(Ok(()), |why| self.was_refused(&why))?;
        self.judge_decision(place, &seen.standing, &decision)?;
        if !matches!(decision, Decision::Nothing) {
            self.book.note(self.clock.now, || format!("{name}: {decision:?}"));
        }
        match decision.clone() {
            Decision::Act { rung, cause, why, .. } => {
                let (changed, act) = self.take(place, &seen.standing, (&rung, cause, why), revert)?;
                decision = changed.unwrap_or(decision);
                if let Some(act) = act {
                    acted.insert(name.clone(), act.outcome);
                    seen.act = Some(act);
                }
            }
            Decision::Hold { why } => self.record(Event::Held { service: name.clone(), reason: why, code: false })?,
            _ => {}
        }
        let past = self.book.history.service(&name);
        let alarm = policy::alarm(past, self.heal_rate, now);
        if alarm.is_some() || past.frequent.is_some() || past.incident.is_some() {
            let id = format!("{}/{name}/often", self.book.run());
            for event in policy::concluded(&name, Some(&decision), alarm.as_deref(), past, &id) {
                self.record(event)?;
            }
        }
        seen.decision = Some(decision);
        let svc = &self.services[place];
        let (failing, act) = (policy::is_failing(&svc.findings), acted.get(&name).copied());
        if policy::stays_down(&svc.service, &seen.standing, failing, act) {
            down.insert(name);
        }
        Ok(())
    }

    /// As `revert::rungs`.
    fn rungs(&self) -> Vec<&'static str> {
        remedy::built().into_iter().filter(|rung| self.armed || *rung != remedy::revert::KIND.name).collect()
    }

    /// What the tick would report of it, where there is something to tell.
    pub(super) fn subject(&self, place: usize, seen: &Seen, now: &Moment) -> Subject {
        let name = self.services[place].name();
        let past = self.book.history.service(name);
        let incident = Trouble::of(past, now);
        let mut subject = Subject::said(name, seen.standing.clone(), String::new(), incident, None);
        subject.decision.clone_from(&seen.decision);
        subject.act.clone_from(&seen.act);
        subject.held = past.held.as_ref().map(|(since, why)| (since.at, why.clone()));
        subject
    }

    /// Writes an event down; the oracle reads along.
    pub(super) fn record(&mut self, event: Event) -> Step {
        self.book.step()?;
        let moment = self.clock.moment();
        let event = self.book.write(moment, self.clock.now, event)?;
        self.hears(&event)?;
        self.book.step()
    }
}
