//! How is a rung taken? The real remedy proposes; its changes are made to the simulated box, behind an intent, and heal may be
//! killed between any two of them; then the box is looked at again, as `pipeline::act` looks.

use super::clock::SECOND;
use super::oracle::Ended;
use super::{Sim, Step};
use crate::model::made::Reverted;
use crate::model::report::{Act, Decision, Standing};
use crate::model::revert::{Revert, Target};
use crate::model::{Change, Class, Event, Identity, Outcome, Span};
use crate::pipeline::act::{Before, Glance, SETTLE, conclude, glance};
use crate::pipeline::plan::processes_of;
use crate::pipeline::seen::{all_good, only_untold};
use crate::policy::revert::is_in_vain;
use crate::probe::identify::Who;
use crate::remedy::revert::Taking;
use crate::remedy::{self, Case};

/// What was done before anybody looked again.
struct Performed {
    intent: String,
    started: Option<Identity>,
    failure: Option<String>,
}

/// That code was taken back, as it is written down.
pub(super) fn reverted(service: &str, intent: &str, taken: &Revert) -> Reverted {
    Reverted {
        service: service.to_owned(),
        intent: intent.to_owned(),
        repo: "/project".to_owned(),
        reference: taken.reference.clone(),
        base: taken.base.clone(),
        commit: taken.commit.clone(),
        takes_back: taken.takes_back.clone(),
        restores: taken.restores.clone(),
        summary: taken.to_string(),
    }
}

impl Sim {
    /// Takes the rung, if all is as it was seen. Answers with another decision, or with what was done.
    pub(super) fn take(
        &mut self,
        place: usize,
        standing: &Standing,
        (rung, cause, why): (&str, Class, String),
        revert: Option<Revert>,
    ) -> Step<(Option<Decision>, Option<Act>)> {
        let wait = |why: &str| Ok((Some(Decision::Wait { why: why.to_owned() }), None));
        let Some(changes) = self.proposed(place, rung, revert.as_ref()) else {
            return wait("it cannot be proposed");
        };
        // Between the look and the act there is time, in which somebody may be faster.
        let before = self.services[place].identity().cloned();
        self.clock.now += self.chance.between(100, 3 * SECOND);
        if self.chance.one_in(20) {
            self.person();
        }
        self.advance();
        self.look_at(place);
        let again = self.judge(place, &self.clock.moment());
        let same = self.services[place].identity() == before.as_ref();
        if !same || (again.level, again.class) != (standing.level, standing.class) {
            return wait("it changed while this run was looking");
        }
        // As `pauses::meanwhile`.
        let name = self.services[place].service.name.clone();
        if self.is_paused(place, &self.clock.moment()) || self.book.history.service(&name).held.is_some() {
            return wait("a person was faster");
        }
        let act = self.act(place, (rung, cause, why), changes, true)?;
        if let Some(revert) =
            revert.filter(|revert| is_in_vain(&self.book.history.reverts, &revert.commit, act.outcome))
        {
            let (_, undo) = self.code.draft(&Target::Undo { commit: revert.commit });
            if let Some(changes) = self.proposed(place, rung, Some(&undo)) {
                self.act(place, (rung, Class::Dead, "it did not help".to_owned()), changes, false)?;
            }
        }
        Ok((None, Some(act)))
    }

    /// `heal revert`: nobody looked at the service before, and nobody is asked but the crash history and the repository.
    pub(super) fn revert_by_hand(&mut self, place: usize, revert: Revert) -> Step {
        if matches!(self.services[place].who, Who::Unknown { .. }) || !self.book.history.open_intents.is_empty() {
            return Ok(());
        }
        self.takes_back(place, &revert)?;
        if self.code.dirty {
            return Ok(());
        }
        let (intent, name) = (self.book.next_intent(), self.name(place));
        let (rung, cause, why) = ("revert".to_owned(), Some(Class::Dead), revert.to_string());
        let changes = vec![Change::RevertRelease(Box::new(revert.clone()))];
        let event = Event::Intent {
            id: intent.clone(),
            service: name.clone(),
            rung: rung.clone(),
            cause,
            changes,
            why,
            uncounted: false,
        };
        self.record(event)?;
        self.code.take_back(&revert);
        self.record(Event::Reverted(reverted(&name, &intent, &revert)))?;
        let (outcome, detail) = (Outcome::Probation, "restart it".to_owned());
        self.record(Event::Done { intent, service: name, rung, outcome, detail })
    }

    fn proposed(&self, place: usize, rung: &str, revert: Option<&Revert>) -> Option<Vec<Change>> {
        let svc = &self.services[place];
        let processes = processes_of(&svc.who);
        let taking = revert.map(|revert| Taking { revert, after: &[], after_timeout: Span::secs(60) });
        let case = Case { service: &svc.service, processes: &processes, locks: &[], told: svc.told.as_ref(), taking };
        remedy::propose(rung, &case).ok()
    }

    fn act(
        &mut self,
        place: usize,
        (rung, cause, why): (&str, Class, String),
        changes: Vec<Change>,
        verifies: bool,
    ) -> Step<Act> {
        let name = self.services[place].service.name.clone();
        *self.book.tally.acts.entry(rung.to_owned()).or_default() += 1;
        let old: Vec<Identity> = changes.iter().filter_map(Change::stops).cloned().collect();
        let invocation = self.services[place].told.as_ref().and_then(|told| told.life.clone());
        let intent = self.book.next_intent();
        // What did not help is taken back at once, with the same act.
        if verifies {
            self.about_to_act(place, rung, cause)?;
        }
        let event = Event::Intent {
            id: intent.clone(),
            service: name.clone(),
            rung: rung.to_owned(),
            cause: Some(cause),
            changes: changes.clone(),
            why,
            uncounted: false,
        };
        self.record(event)?;
        let performed = self.perform(place, intent, &changes)?;
        let own = self.services[place].service.remedies.contains_key(rung);
        let before = Before { own, cause, old: &old, invocation };
        let (outcome, detail) = match (&performed.failure, verifies) {
            (Some(why), _) => (Outcome::Failed, why.clone()),
            // What crashed before runs again: that is no cure.
            (None, false) => (Outcome::Unchanged, String::new()),
            (None, true) => self.verify(place, &before, performed.started.as_ref()),
        };
        if verifies {
            self.judge_outcome(place, performed.started.as_ref(), outcome)?;
        }
        let exit = performed.started.as_ref().and_then(|life| self.oracle.exit_of(place, life));
        let done = Event::Done {
            intent: performed.intent,
            service: name.clone(),
            rung: rung.to_owned(),
            outcome,
            detail: detail.clone(),
        };
        self.record(done)?;
        if exit.is_some_and(|code| self.services[place].service.rules.hold_on_exit.contains(&code)) {
            self.record(Event::Held { service: name, reason: "hold_on_exit".to_owned(), code: false })?;
        }
        self.after_act(place, performed.started.as_ref(), exit)?;
        Ok(Act { rung: rung.to_owned(), changes, outcome, detail, took_ms: 0, evidence: None, asked: false })
    }

    fn perform(&mut self, place: usize, intent: String, changes: &[Change]) -> Step<Performed> {
        let name = self.services[place].service.name.clone();
        let mut performed = Performed { intent, started: None, failure: None };
        for change in changes {
            match change {
                Change::StopProcess { identity, grace_ms, .. } => {
                    self.clock.now += grace_ms.min(&(2 * SECOND));
                    if self.services[place].identity() == Some(identity) {
                        self.stops(place)?;
                    }
                }
                Change::StartService { .. } => {
                    self.starts(place)?;
                    self.begin(place);
                    self.services[place].judged_anew();
                    let identity = self.services[place].identity().cloned();
                    if let Some(identity) = identity {
                        performed.started = Some(identity.clone());
                        let (service, intent) = (name.clone(), performed.intent.clone());
                        self.record(Event::Started { intent, service, identity })?;
                    }
                }
                Change::AskSupervisor { verb: crate::model::change::Verb::Restart, .. } => {
                    self.clock.now += SECOND;
                    if self.services[place].life.is_some() {
                        self.stops(place)?;
                    }
                    self.begin(place);
                    self.services[place].judged_anew();
                }
                Change::RunCommand { .. } => {
                    self.clock.now += SECOND;
                    // Now and then it helps.
                    if self.chance.one_in(3) {
                        self.services[place].ails.stubborn = 0;
                        self.services[place].unhang();
                    }
                }
                Change::RevertRelease(revert) => {
                    if self.code.dirty {
                        performed.failure = Some("somebody edits the work tree".to_owned());
                        return Ok(performed);
                    }
                    self.takes_back(place, revert)?;
                    self.code.take_back(revert);
                    self.book.step()?;
                    self.record(Event::Reverted(reverted(&name, &performed.intent, revert)))?;
                }
                _ => {}
            }
            self.book.step()?;
        }
        Ok(performed)
    }

    fn stops(&mut self, place: usize) -> Step {
        self.about_to_stop(place)?;
        self.finish(place, None, Ended::ByHeal);
        let name = self.name(place);
        self.book.note(self.clock.now, || format!("{name} is stopped by heal"));
        Ok(())
    }

    /// Looks until the service has proved itself, or its time is over.
    fn verify(&mut self, place: usize, before: &Before<'_>, started: Option<&Identity>) -> (Outcome, String) {
        let deadline = self.clock.now + self.services[place].service.rules.verify_within.millis();
        let settle = i64::try_from(SETTLE.as_millis()).unwrap_or(1_000);
        let mut good: Option<(Option<Identity>, i64)> = None;
        let mut nap = 100;
        loop {
            self.advance();
            self.look_at(place);
            let svc = &self.services[place];
            let (own, cause) = (before.own, before.cause);
            let told = (started, svc.told.as_ref());
            let glance = glance(&svc.who, before, told, all_good(&svc.findings, own, cause), || {
                (String::new(), only_untold(&svc.findings, cause))
            });
            match (&glance, &good) {
                (Glance::Good(identity), Some((before, since))) if identity == before => {
                    if self.clock.now - since >= settle {
                        return (Outcome::Healed, String::new());
                    }
                }
                (Glance::Good(identity), _) => good = Some((identity.clone(), self.clock.now)),
                _ => good = None,
            }
            let over = started.is_some_and(|life| self.oracle.exit_of(place, life).is_some_and(|code| code != 0));
            if over && !matches!(svc.who, Who::Running { .. }) {
                return (Outcome::Failed, "the new process ended".to_owned());
            }
            if self.clock.now >= deadline {
                return conclude(glance, &svc.service.rules, None);
            }
            self.clock.now = (self.clock.now + nap).min(deadline);
            nap = (nap * 4).min(5 * SECOND);
        }
    }
}
