//! What goes wrong? Services, the box and the channels, each at its time.

use super::clock::{DAY, HOUR, MINUTE, SECOND};
use super::oracle::{End, Ended};
use super::{Sim, TICK};
use crate::model::{Class, Severity, Verdict};

impl Sim {
    /// All that is due by now, between two ticks.
    pub(super) fn happen(&mut self) {
        if self.clock.now >= self.next_box {
            self.next_box = self.clock.now + self.after(5 * DAY);
            self.disturb();
        }
        self.advance();
        for place in 0..self.services.len() {
            if self.clock.now >= self.services[place].next_fault {
                let next = self.clock.now + self.after(5 * DAY);
                self.services[place].next_fault = next;
                self.ail(place);
            }
        }
        if self.clock.now >= self.next_person {
            self.next_person = self.clock.now + self.after(5 * DAY);
            self.person();
        }
        self.come_back();
        self.declares();
        self.scripts();
        self.advance();
    }

    /// When the next one comes, in a box as busy as this one.
    fn after(&mut self, usual: i64) -> i64 {
        self.chance.about(usual / self.tempo)
    }

    /// Lives that are over by now end.
    pub(super) fn advance(&mut self) {
        let now = self.clock.now;
        for place in 0..self.services.len() {
            let over =
                self.services[place].life.as_ref().filter(|life| life.ends <= now).map(|life| (life.exit, life.ends));
            if let Some((exit, at)) = over {
                self.finish(place, Some(exit), Ended::ByItself);
                let name = self.name(place);
                self.book.note(at, || format!("{name} ends by itself, exit code {exit}"));
                self.restarted_by_supervisor(place);
            }
        }
    }

    /// A supervisor that restarts by itself, sometimes.
    fn restarted_by_supervisor(&mut self, place: usize) {
        let svc = &self.services[place];
        if svc.told.is_some() && !svc.unwanted && !svc.ails.broken && self.chance.one_in(3) {
            self.begin(place);
            let name = self.name(place);
            self.book.note(self.clock.now, || format!("the supervisor starts {name} again"));
        }
    }

    /// A life of the code that is checked out.
    pub(super) fn begin(&mut self, place: usize) {
        self.next_pid = if self.next_pid > 32_000 { 100 } else { self.next_pid + 1 };
        let release = self.code.head();
        let lasts = self.code.commits[release].lasts.map(|lasts| self.chance.between(lasts / 2, lasts));
        self.services[place].begin(&self.clock, &mut self.chance, (self.next_pid, release), lasts);
    }

    /// A life is over; who ended it is for the oracle alone.
    pub(super) fn finish(&mut self, place: usize, exit: Option<i32>, how: Ended) {
        if let Some(life) = self.services[place].end(&self.clock, exit) {
            let release = self.code.commits[life.release].id.clone();
            let end = End { life: life.identity, release, at: self.clock.now, how, exit };
            self.oracle.ended(place, end);
        }
    }

    fn ail(&mut self, place: usize) {
        let now = self.clock.now;
        let short = self.chance.about(20 * MINUTE);
        let long = self.chance.about(6 * HOUR / self.tempo.min(3));
        let kind = match self.chance.below(15) {
            0 | 1 => {
                self.finish(place, None, Ended::ByItself);
                "it dies"
            }
            2 | 3 => {
                self.services[place].hang(now);
                "it hangs"
            }
            4 => {
                self.services[place].ails.slow = now + long;
                self.finish(place, None, Ended::ByItself);
                "it dies and starts slowly"
            }
            5 => {
                self.services[place].ails.flaky = now + long;
                self.finish(place, None, Ended::ByItself);
                "it flaps"
            }
            6 => {
                self.services[place].ails.stubborn = now + long;
                self.services[place].hang(now);
                "it hangs again and again"
            }
            7 => {
                self.services[place].ails.broken = true;
                self.finish(place, Some(self.exit_of(place)), Ended::ByItself);
                let back = now + self.chance.about(DAY);
                self.visits.push((back, place));
                "it fails permanently"
            }
            8 => {
                self.services[place].ails.stranger = now + long;
                self.finish(place, Some(1), Ended::ByItself);
                "a stranger takes its port"
            }
            9 => {
                self.services[place].ails.full = now + long;
                "the disk is full"
            }
            10 => {
                self.services[place].ails.quiet = now + long;
                "it has nothing to write"
            }
            11 => {
                self.services[place].ails.blind = now + short;
                if self.chance.one_in(2) {
                    self.services[place].hang(now);
                }
                "nobody knows which process it is"
            }
            12 => {
                self.services[place].ails.expiring = now + long;
                "a certificate expires"
            }
            13 => return self.lie(place, short, long),
            _ => {
                let name = self.chance.below(self.channels.len() as u64);
                let channel = &mut self.channels[usize::try_from(name).unwrap_or(0)];
                if self.chance.one_in(3) {
                    channel.refuses = now + long;
                    "a channel refuses"
                } else {
                    channel.deaf = now + long;
                    "a channel does not answer"
                }
            }
        };
        self.book.fault(kind);
        let name = self.name(place);
        self.book.note(now, || format!("FAULT {name}: {kind}"));
    }

    pub(super) fn name(&self, place: usize) -> String {
        self.services[place].service.name.clone()
    }

    fn exit_of(&self, place: usize) -> i32 {
        if self.services[place].service.rules.hold_on_exit.is_empty() { 1 } else { super::service::CONFIG }
    }

    fn lie(&mut self, place: usize, short: i64, long: i64) {
        let now = self.clock.now;
        let liar = usize::try_from(self.chance.below(self.services[place].watches.len() as u64)).unwrap_or(0);
        let bad = Verdict::Unhealthy(Severity::Critical, Class::Hung);
        let needed = i64::from(self.services[place].watches[liar].threshold.bad);
        let (kind, says, lasts) = match self.chance.below(4) {
            // The process is looked at by heal itself: it never lies, but it may not be seen.
            _ if liar == 0 => ("a probe times out", Verdict::Unknown, short),
            0 => ("a probe times out", Verdict::Unknown, long),
            1 => ("a probe calls trouble well", Verdict::Healthy, short),
            2 if needed > 1 => ("a probe lies, below its threshold", bad, TICK * (needed - 1) - SECOND),
            _ => ("a probe lies", bad, short),
        };
        self.services[place].ails.lie = Some((liar, now + lasts, says));
        self.book.fault(kind);
        let name = self.name(place);
        self.book.note(now, || format!("FAULT {name}: {kind} (probe {liar}) for {} s", lasts / SECOND));
    }

    fn disturb(&mut self) {
        let kind = match self.chance.below(6) {
            0 => {
                let by = self.chance.pick(&[-DAY, -HOUR, -10 * MINUTE, 10 * MINUTE, HOUR, DAY, 400 * DAY, -400 * DAY]);
                self.clock.jump(by);
                "the clock is set"
            }
            1 => {
                self.clock.now += self.chance.between(10 * MINUTE, 9 * HOUR);
                "the box sleeps"
            }
            2 => {
                self.clock.now += TICK * self.chance.between(2, 40);
                "ticks are lost"
            }
            3 => {
                // The clock of a box without a battery: wrong at boot, until somebody sets it.
                self.reboot();
                let by = self.chance.pick(&[-400 * DAY, -HOUR, HOUR, 400 * DAY]);
                self.clock.jump(by);
                "a reboot with another clock"
            }
            _ => {
                self.reboot();
                "a reboot"
            }
        };
        self.book.fault(kind);
        let moment = self.clock.moment();
        self.book.note(self.clock.now, || format!("BOX: {kind}, now {} up {} ms", moment.at, moment.up));
    }

    fn reboot(&mut self) {
        for place in 0..self.services.len() {
            self.finish(place, None, Ended::Reboot);
        }
        self.clock.now += self.chance.between(20 * SECOND, 3 * MINUTE);
        self.clock.reboot();
        for place in 0..self.services.len() {
            let svc = &mut self.services[place];
            if let Some(told) = &mut svc.told {
                *told = crate::host::supervisor::Told {
                    state: "inactive".to_owned(),
                    wish: told.wish.take(),
                    ..Default::default()
                };
                if !svc.unwanted {
                    self.begin(place);
                }
            }
        }
        // Whoever locked it for a deploy is gone as well.
        self.code.dirty = false;
    }
}
