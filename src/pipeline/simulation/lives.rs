//! Which lives ended, and was that a crash? As in `pipeline::crashes`, with the crash history in memory, in the same lines.

use super::{Sim, Step};
use crate::model::crash::{Crash, Turn, by_exit_code};
use crate::model::pattern::Judged;
use crate::model::refused::Refused;
use crate::model::revert::Revert;
use crate::model::{Event, Identity};
use crate::policy;
use crate::policy::pattern::{Past, judge, known_good};
use crate::policy::revert::{Ask, Suspect, allow, choose, undo};
use crate::probe::identify::Who;

/// Lines that are kept of each service.
const LINES: usize = 400;

impl Sim {
    pub(super) fn follow_lives(&mut self, place: usize) -> Step {
        let svc = &self.services[place];
        let past = self.book.history.service(svc.name());
        let running = match &svc.who {
            Who::Running { process, .. } => Some(process.identity.clone()),
            _ => None,
        };
        let known = past.lived.as_ref();
        if running.as_ref().is_some_and(|life| known.is_some_and(|(known, ended)| known == life && !ended)) {
            return Ok(());
        }
        let before = known.filter(|(_, ended)| !ended).map(|(life, _)| life.clone());
        let is_new = running.as_ref().is_some_and(|life| known.map(|(known, _)| known) != Some(life));
        if let Some(life) = before.filter(|life| self.services[place].identity() != Some(life)) {
            self.life_ended(place, &life, None)?;
        }
        match running {
            Some(life) if is_new => self.life_began(place, &life),
            _ => Ok(()),
        }
    }

    /// What an act did: the life that it stopped, the one that it started, and how that one ended if it did so at once.
    pub(super) fn after_act(&mut self, place: usize, started: Option<&Identity>, exit: Option<i32>) -> Step {
        let who = std::mem::replace(&mut self.services[place].who, Who::Unwatched);
        let followed = self.follow_lives(place);
        self.services[place].who = who;
        followed?;
        let Some(life) = started else { return Ok(()) };
        self.life_began(place, life)?;
        match exit {
            Some(code) => self.life_ended(place, life, Some(code)),
            None => Ok(()),
        }
    }

    fn life_began(&mut self, place: usize, life: &Identity) -> Step {
        let name = self.services[place].name().to_owned();
        if !self.ledger[place].iter().rev().take(50).any(|line| line.life.as_ref() == Some(life)) {
            let running = self.services[place].life.as_ref().filter(|own| own.identity == *life);
            // Of one that ended since it was seen, its start time says what was checked out.
            let ended = || self.oracle.released(place, life).and_then(|id| self.code.number(id));
            let release = running.map(|own| own.release).or_else(ended).unwrap_or_else(|| self.code.head());
            // One that ended before any tick saw it is on no record.
            self.oracle.services[place].ran.entry(release).or_insert(self.clock.now);
            let age = running.map(|own| self.clock.now - own.began);
            let entry = Crash::new(Turn::Start, &name, self.clock.moment())
                .of(Some(self.code.commits[release].id.clone()), None);
            self.ledger[place].push(Crash { uptime_ms: age, life: Some(life.clone()), ..entry });
            self.book.step()?;
        }
        self.lived(place, life, false)
    }

    fn life_ended(&mut self, place: usize, life: &Identity, exit: Option<i32>) -> Step {
        let name = self.services[place].name().to_owned();
        let lines = || self.ledger[place].iter().rev().take(50).filter(|line| line.life.as_ref() == Some(life));
        if lines().any(|line| line.event != Turn::Start) {
            return self.lived(place, life, true);
        }
        let start = lines().find(|line| line.event == Turn::Start).cloned();
        let now = self.clock.moment();
        let paused = self.is_paused(place, &now).then(|| "while it was paused".to_owned());
        let past = self.book.history.service(&name);
        let hold = &self.services[place].service.rules.hold_on_exit;
        let by_code = || exit.and_then(|code| by_exit_code(code, hold).1);
        let wish = || self.services[place].told.as_ref().and_then(|told| told.wish.clone());
        let wanted =
            policy::wanted(past, life, paused, &now).or_else(|| if exit.is_some() { by_code() } else { wish() });
        let turn = if wanted.is_some() { Turn::Stop } else { Turn::Crash };
        let mut entry = Crash::new(turn, &name, now.clone());
        if let Some(start) = &start {
            entry = entry.of(start.release.clone(), None);
            entry.uptime_ms = start.moment.age_ms(&now).map(|age| age.saturating_add(start.uptime_ms.unwrap_or(0)));
        }
        entry.exit_code = exit;
        entry.reason = wanted;
        entry.life = Some(life.clone());
        self.book.note(self.clock.now, || format!("crash history of {name}: {turn:?} of {life}"));
        self.crash_recorded(place, life, turn)?;
        self.ledger[place].push(entry);
        let surplus = self.ledger[place].len().saturating_sub(LINES);
        self.ledger[place].drain(..surplus);
        self.book.step()?;
        self.lived(place, life, true)
    }

    fn lived(&mut self, place: usize, life: &Identity, ended: bool) -> Step {
        let name = self.services[place].name();
        let known = self.book.history.service(name).lived.as_ref();
        if known.is_some_and(|(known, done)| known == life && *done == ended) {
            return Ok(());
        }
        let (service, identity) = (name.to_owned(), life.clone());
        self.record(Event::Lived { service, identity, ended })
    }

    /// As `revert::drafted`: the repository and the crash history put before policy.
    pub(super) fn drafted(&self, place: usize) -> Result<Revert, Refused> {
        let (svc, now) = (&self.services[place], self.clock.moment());
        let entries = &self.ledger[place];
        let judged = judge(Past { entries, whole: entries.len() < LINES }, &self.crash_rules, &now);
        let suspect = match judged {
            Judged::Pattern(pattern) => {
                let ran = svc.service.rules.stable_for;
                let good = known_good(entries, &pattern.release, &self.crash_rules, ran).map(|good| good.release);
                let candidates = if good.is_none() { vec![pattern.release.clone()] } else { Vec::new() };
                Ok(Suspect { release: pattern.release, good, candidates })
            }
            other => Err(format!("{other:?}")),
        };
        let suspect = Ok(suspect.map_err(Refused::NoPattern)?);
        let flag = || "auto-revert-enabled".into();
        let ask = Ask {
            enabled: true,
            missing_flag: (!self.armed).then(flag),
            commit: None,
            suspect,
            branch: Some("main"),
            unsigned: true,
            limit: self.revert_limit,
        };
        let (ground, past) = (self.code.ground(), &self.book.history.reverts);
        let target = match choose(&ask, &ground, past, &now) {
            Err(Refused::OwnRevert(of)) => undo(past, &ground).ok_or(Refused::OwnRevert(of))?,
            chosen => chosen?,
        };
        let (meets, revert) = self.code.draft(&target);
        allow(&target, &meets)?;
        Ok(revert)
    }
}
