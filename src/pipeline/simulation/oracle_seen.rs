//! Does what is decided follow from what was seen? Asked at each decision and after each tick; and what a row of looks means.

use super::clock::{HOUR, MINUTE};
use super::service::Svc;
use super::tick::Seen;
use super::{Sim, Step, broken};
use crate::model::report::{Decision, Level, Refusal, Standing};
use crate::model::{Class, Finding, Identity, Outcome, Severity, Verdict};
use crate::probe::identify::Who;

/// So many looks in a row that saw nothing are told of.
const BLIND: u32 = 3;

/// What the looks at a service were like, of the ticks that came to their end.
#[derive(Debug)]
pub(super) struct Watched {
    /// When it was last seen in trouble that counts.
    bad_at: i64,
    /// Looks since then that saw it well.
    pub(super) good: u32,
    /// heal itself saw it well after an act, in this tick.
    pub(super) verified: bool,
    /// Looks in a row that saw nothing.
    blind: u32,
}

impl Default for Watched {
    fn default() -> Self {
        Self { bad_at: i64::MIN / 2, good: 0, verified: false, blind: 0 }
    }
}

const fn is_critical(one: &Finding) -> bool {
    matches!(one.verdict, Verdict::Unhealthy(Severity::Critical, _))
}

impl Svc {
    /// Was it certainly seen in trouble that counts, by itself?
    pub(super) fn is_accused(&self) -> bool {
        self.service.needs.is_empty() && !self.unwanted && (0..self.watches.len()).any(|place| self.counts(place))
    }
}

impl Sim {
    /// Nobody left it alone, for all that anybody can know.
    pub(super) fn is_on(&self, place: usize) -> bool {
        !self.is_off(place, false) && !self.services[place].unwanted
    }

    /// What is decided about a service.
    pub(super) fn judge_decision(&mut self, place: usize, standing: &Standing, decision: &Decision) -> Step {
        self.book.tally.check("what is decided follows from what was seen");
        let (svc, name) = (&self.services[place], self.services[place].name());
        if standing.level == Level::Healthy && !svc.findings.iter().any(|one| one.verdict == Verdict::Healthy) {
            return broken(format!("{name} is called healthy, and nobody saw it"));
        }
        if standing.level == Level::LeftAlone && svc.free {
            return broken(format!("{name} is left alone, and nobody wants that any more: {}", standing.summary));
        }
        let needs = !svc.service.needs.is_empty();
        let permanent =
            svc.findings.iter().any(|one| one.verdict == Verdict::Unhealthy(Severity::Critical, Class::Permanent));
        let held = matches!(decision, Decision::Hold { .. } | Decision::Refuse { by: Refusal::Held, .. });
        if permanent && !needs && !held && self.is_on(place) {
            return broken(format!(
                "{name} ended for a reason that no restart cures, and it is not held: {decision:?}"
            ));
        }
        if matches!(decision, Decision::Nothing | Decision::Wait { .. }) {
            return Ok(());
        }
        if let Some(why) = svc.left_alone {
            return broken(format!("{name} {why}: {decision:?}"));
        }
        if !svc.findings.iter().any(is_critical) {
            return broken(format!("{name}, of which nothing critical was seen: {decision:?}"));
        }
        if matches!(decision, Decision::Refuse { by: Refusal::Budget, .. }) {
            // Everything is decided as of when the tick began.
            let (now, acts) = (self.began, &self.oracle.services[place].acts);
            let from = now - svc.service.rules.restart_limit.per.millis().max(HOUR) - MINUTE;
            // Where no clock can say how long ago an act was, it may count again.
            if !acts.iter().any(|(at, ..)| *at > from || self.clock.is_lost(*at, now)) {
                return broken(format!("{name}: a budget is spent, and not by heal: {decision:?}"));
            }
        }
        if svc.was_held && self.oracle.services[place].held && !held {
            return broken(format!("{name} is held: {decision:?}"));
        }
        if let Some(need) = self.is_behind(place).filter(|_| svc.was_gone) {
            return broken(format!("{name} waits for {need}, which it needs and which is down: {decision:?}"));
        }
        Ok(())
    }

    /// Something that it needs and that was seen to be down.
    pub(super) fn is_behind(&self, place: usize) -> Option<&str> {
        self.services[place].service.needs.iter().map(String::as_str).find(|need| {
            let Some(at) = self.services.iter().position(|other| other.name() == *need) else { return false };
            let other = &self.services[at];
            let seen = other.was_gone && other.life.is_none() && other.ails.lie.is_none();
            // Who was started by this very tick and ended again a moment ago, nobody has seen.
            seen && self.oracle.services[at].ends.back().map_or(0, |end| end.at) <= self.began
        })
    }

    /// What an act came to: nothing that was seen speaks against a life, so nothing is held against the act.
    pub(super) fn judge_outcome(&mut self, place: usize, started: Option<&Identity>, outcome: Outcome) -> Step {
        self.book.tally.check("no act fails for what was not seen");
        let svc = &self.services[place];
        let runs = matches!(&svc.who, Who::Running { process, .. } if Some(&process.identity) == started);
        if runs && !svc.findings.iter().any(is_critical) && !matches!(outcome, Outcome::Healed | Outcome::Probation) {
            return broken(format!("{} runs, and nothing was seen against it: {outcome:?}", svc.name()));
        }
        Ok(())
    }

    /// An incident is closed. `bad`: by the look that sees the next trouble.
    pub(super) fn may_close(&mut self, place: usize, incident: &str, bad: bool) -> Step {
        self.book.tally.check("an incident ends after a while of health");
        let (rules, watched) = (&self.services[place].service.rules, &self.oracle.services[place].watched);
        let (now, looks) = (self.clock.now, watched.good + 1 + u32::from(watched.verified));
        if !bad && looks < rules.recover_after {
            return broken(format!(
                "{incident} ends after {looks} good looks, and {} are asked for",
                rules.recover_after
            ));
        }
        if now - watched.bad_at < rules.stable_for.millis() && !self.clock.is_lost(watched.bad_at, now) {
            return broken(format!("{incident} ends {} ms after its trouble was seen", now - watched.bad_at));
        }
        Ok(())
    }

    /// A tick is over; `whole`: nobody killed it. What a tick saw that was killed, heal may know or not.
    pub(super) fn looked(&mut self, whole: bool) {
        for place in 0..self.services.len() {
            let svc = &self.services[place];
            let accused = svc.accused && svc.free;
            let watched = &mut self.oracle.services[place].watched;
            match (accused, whole) {
                (true, true) => (watched.bad_at, watched.good) = (self.began, u32::from(watched.verified)),
                (true, false) => watched.good += u32::from(watched.verified),
                (false, _) => watched.good += 1 + u32::from(watched.verified),
            }
            watched.verified = false;
        }
    }

    /// After a whole tick: who cannot be seen is told of, and who is healed too often as well.
    pub(super) fn judge_looks(&mut self, place: usize, seen: &Seen) -> Step {
        self.book.tally.check("who cannot be seen is told of");
        let svc = &self.services[place];
        let blind = seen.act.is_none()
            && svc.service.needs.is_empty()
            && svc.findings.iter().any(|one| one.verdict == Verdict::Unknown)
            && !svc.findings.iter().any(Finding::is_bad)
            && self.is_on(place);
        let (name, now) = (svc.name(), self.began);
        let past = self.book.history.service(name);
        let facts = &mut self.oracle.services[place];
        facts.watched.blind = if blind { facts.watched.blind + 1 } else { 0 };
        if facts.watched.blind > BLIND && past.incident.is_none() {
            return broken(format!("{name} cannot be seen, and nobody is told"));
        }
        if let Some(rate) = self.heal_rate {
            self.book.tally.check("who is healed too often is told of");
            let from = now - rate.per.millis() + MINUTE;
            facts.healed.retain(|at| *at > from);
            let often = facts.healed.len() > rate.count as usize;
            if often && past.frequent.is_none() && !self.clock.is_lost(from, self.clock.now) {
                return broken(format!(
                    "{name} was healed {} times, {rate} is too often, and nobody is told",
                    facts.healed.len()
                ));
            }
        }
        Ok(())
    }
}
