//! Is code taken back for a reason, once, and never in a war? And what counts as a crash that speaks against a release?

use super::clock::{DAY, HOUR, MINUTE};
use super::oracle::{End, Ended};
use super::{Sim, Step, broken};
use crate::model::Identity;
use crate::model::crash::Turn;
use crate::model::refused::Refused;
use crate::model::revert::Revert;

/// Crashes within this time make a release bad, and a release that runs for longer than this is not to blame (the defaults of
/// `[crash]`).
const PATTERN: i64 = 30 * MINUTE;
const OLD: i64 = HOUR;

impl Sim {
    /// The branch is about to move.
    pub(super) fn takes_back(&mut self, place: usize, revert: &Revert) -> Step {
        self.book.tally.check("code is taken back once, and for a reason");
        if !self.armed {
            return broken("code is taken back, and nobody armed that");
        }
        let (now, oracle) = (self.clock.now, &self.oracle);
        let name = self.services[place].name();
        let own = oracle.reverts.iter().find(|(_, _, commit)| *commit == revert.takes_back);
        if oracle.reverts.iter().any(|(_, what, _)| *what == revert.takes_back) {
            return broken(format!("{} is taken back a second time", revert.takes_back));
        }
        if revert.base != revert.takes_back {
            return broken(format!("{} is taken back, and {} is what runs", revert.takes_back, revert.base));
        }
        match own {
            // Its own commit goes when it did not help; what that brings back is never taken back again.
            Some((_, what, _)) if oracle.reverts.iter().any(|(_, _, commit)| commit == what) => {
                return broken("a revert war: the undoing of a revert is taken back");
            }
            Some(_) if revert.restores.is_some() => return broken("its own revert is taken back like a release"),
            Some(_) => {}
            None => {
                let crashed =
                    |end: &&End| end.release == revert.takes_back && !matches!(end.how, Ended::ByHeal | Ended::Reboot);
                let crashes =
                    oracle.services[place].ends.iter().filter(crashed).filter(|end| now - end.at < DAY).count();
                if crashes < 3 {
                    return broken(format!("code is taken back after {crashes} crashes of {name} with it"));
                }
                self.is_to_blame(place, revert)?;
                let recent = |(at, what, _): &&(i64, String, String)| {
                    now - at < DAY
                        && !oracle.reverts.iter().any(|(_, _, commit)| commit == what)
                        && !self.clock.is_lost(*at, now)
                };
                if oracle.reverts.iter().filter(recent).count() >= self.revert_limit.count as usize {
                    return broken("code is taken back more often than `limit` allows");
                }
            }
        }
        self.oracle.reverts.push((now, revert.takes_back.clone(), revert.commit.clone()));
        Ok(())
    }

    pub(super) fn crash_recorded(&mut self, place: usize, life: &Identity, turn: Turn) -> Step {
        self.book.tally.check("own acts are never crashes");
        let end = self.oracle.services[place].ends.iter().rev().find(|end| end.life == *life);
        if turn == Turn::Crash && self.is_off(place, true) {
            return broken(format!("{}: what ended while it was paused counts as a crash", self.name(place)));
        }
        if let Some(end) = end.filter(|_| turn == Turn::Crash) {
            let crash = (end.release.clone(), end.at);
            self.oracle.services[place].crashes.push(crash);
        }
        let end = self.oracle.services[place].ends.iter().rev().find(|end| end.life == *life);
        match end.map(|end| end.how) {
            Some(Ended::ByHeal) if turn == Turn::Crash => {
                broken(format!("{}: what heal stopped counts as a crash", self.name(place)))
            }
            Some(Ended::Reboot) if turn == Turn::Crash => {
                broken(format!("{}: a reboot counts as a crash", self.name(place)))
            }
            _ => Ok(()),
        }
    }

    /// A release that has run for long is not to blame, and what crashes as well is no release to go back to.
    fn is_to_blame(&self, place: usize, revert: &Revert) -> Step {
        let now = self.clock.now;
        let ran = self.code.place(&revert.takes_back).and_then(|at| self.oracle.services[place].ran.get(&at));
        let since = ran.copied().unwrap_or(now);
        if now - since > OLD + HOUR && !self.clock.was_set(since) {
            return broken(format!("{} is taken back, and it has been running for hours", revert.takes_back));
        }
        let Some(good) = &revert.restores else { return Ok(()) };
        let crashes: Vec<i64> = self.oracle.services[place]
            .crashes
            .iter()
            .filter(|(release, at)| release == good && !self.clock.was_set(*at))
            .map(|(_, at)| *at)
            .collect();
        if crashes.windows(3).any(|three| three[2] - three[0] < PATTERN - 2 * MINUTE) {
            return broken(format!("{good} is brought back, and it crashes itself"));
        }
        Ok(())
    }

    /// heal asked whether code is to be taken back: its own revert, which crashes as well, goes again.
    pub(super) fn was_refused(&mut self, why: &Refused) -> Step {
        let (Refused::OwnRevert(_) | Refused::Spent { .. }) = why else { return Ok(()) };
        self.book.tally.check("its own revert goes again, once, when it crashes as well");
        let head = &self.code.commits[self.code.head()].id;
        let reverts = &self.oracle.reverts;
        let is_undo = |what: &String| reverts.iter().any(|(_, _, commit)| commit == what);
        // Once: it went already, and a person put it back.
        let went = reverts.iter().any(|(_, what, _)| what == head);
        match reverts.iter().find(|(_, _, commit)| commit == head) {
            Some((_, what, _)) if !is_undo(what) && !went => {
                broken(format!("{head}, its own revert, crashes, and it stays"))
            }
            _ => Ok(()),
        }
    }
}
