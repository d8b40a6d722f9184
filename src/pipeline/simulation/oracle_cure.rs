//! Is what can be cured cured in time, and what is over over? Asked after each whole tick, of what is true.

use super::clock::HOUR;
use super::oracle::Wish;
use super::service::{Kind, Watch};
use super::tick::Seen;
use super::{Sim, Step, TICK, broken};
use crate::model::{Class, Finding, Severity, Verdict};

impl Sim {
    /// Does a person want it left alone? What a clock that was set makes of a pause across boots nobody can know; then `doubt`
    /// says no.
    pub(super) fn is_off(&self, place: usize, doubt: bool) -> bool {
        let (now, name) = (self.clock.now, self.services[place].name());
        let concerns = |wish: &&Wish| wish.service.as_deref().is_none_or(|one| one == name);
        self.oracle.wishes.iter().filter(concerns).any(|wish| {
            let rebooted = self.clock.reboots.iter().any(|at| *at > wish.since);
            let lost = self.clock.is_lost(wish.since, now);
            let holds = !rebooted || (wish.over_reboot && !(lost && doubt));
            holds && (wish.until > now || (lost && !doubt))
        })
    }

    /// A whole tick is over.
    pub(super) fn judge_tick(&mut self, seen: &[Seen]) -> Step {
        for (place, seen) in seen.iter().enumerate() {
            self.judge_cure(place, seen)?;
            self.judge_looks(place, seen)?;
        }
        self.judge_telling(seen)
    }

    /// What can be cured is cured, and what is over is over.
    fn judge_cure(&mut self, place: usize, seen: &Seen) -> Step {
        let now = self.clock.now;
        let svc = &self.services[place];
        let honest = svc.ails.lie.is_none_or(|(_, until, _)| until <= now) && svc.ails.blind <= now;
        let past = self.book.history.service(svc.name());
        // Whose probes say that it is down holds back who needs it, true or not.
        let up =
            |one: &Finding| !matches!(one.verdict, Verdict::Unhealthy(Severity::Critical, Class::Dead | Class::Hung));
        let fed = |need: &String| {
            let other = self.services.iter().find(|other| other.name() == need);
            other.is_some_and(|other| other.works && other.findings.iter().all(up))
        };
        let free = !svc.unwatched
            && !self.oracle.services[place].held
            && !svc.unwanted
            && honest
            && svc.service.needs.iter().all(fed);
        let sees = |kind| svc.watches.iter().any(|watch| watch.kind == kind);
        let hangs =
            svc.life.is_some() && !svc.works && !svc.is_starting(now) && (sees(Kind::Answer) || sees(Kind::Trace));
        let curable = free && !svc.ails.broken && svc.ails.stranger <= now && (svc.life.is_none() || hangs);
        // Whoever complained in this trouble is asked again before it is over.
        let is_good = |(watch, one): (&Watch, &Finding)| match one.verdict {
            Verdict::Healthy => true,
            Verdict::Skipped => !watch.complained,
            _ => false,
        };
        let well =
            free && svc.works && svc.worked && seen.act.is_none() && svc.watches.iter().zip(&svc.findings).all(is_good);
        let (curable, well) = if curable || well {
            let paused = self.is_off(place, false);
            (curable && !paused && seen.act.is_none(), well && !paused)
        } else {
            (false, false)
        };
        let (rules, open) = (&svc.service.rules, past.incident.is_some());
        let (stable, good) = (rules.stable_for.millis() / TICK, i64::from(rules.recover_after));
        let looks = svc.watches.iter().map(|watch| i64::from(watch.threshold.of)).max().unwrap_or(1);
        let stale = if sees(Kind::Answer) { 0 } else { 12 };
        let soon = looks + 4 + stale + (rules.startup_grace.millis() + rules.restart_delay.millis()) / TICK;
        let late = (6 * HOUR + rules.restart_limit.per.millis() * 2 + rules.restart_delay.millis()) / TICK + soon;
        let name = svc.name();
        let facts = &mut self.oracle.services[place];
        if curable {
            if facts.down == 0 {
                let old = |(at, ..): &(i64, Class, String)| now - at > 8 * HOUR && !self.clock.is_lost(*at, now);
                facts.calm = !open && facts.acts.iter().all(old);
            }
            facts.down += 1;
            // Where no clock can say how long ago the last act was, it counts from the last reboot.
            if let (Some((at, ..)), Some(reboot)) = (facts.acts.back(), self.clock.reboots.last())
                && self.clock.is_lost(*at, now)
            {
                facts.calm = false;
                facts.down = facts.down.min((now - reboot) / TICK);
            }
            let most = if facts.calm { soon } else { late };
            if facts.down > most {
                return broken(format!("{name} can be cured, and nothing is done for {most} ticks"));
            }
            self.book.tally.check("what can be cured is cured in time");
        } else {
            facts.down = 0;
        }
        // A new life is judged anew, also when it works as the one before did.
        let same = facts.life.as_ref() == svc.identity();
        facts.life = svc.identity().cloned();
        facts.well = if well && same { facts.well + 1 } else { i64::from(well) };
        if facts.well > stable + good + 4 {
            if open {
                return broken(format!("{name} is well for {} ticks, and its incident is not over", facts.well));
            }
            if facts.well == stable + good + 5 {
                self.book.tally.check("what is over is over");
            }
        }
        Ok(())
    }
}
