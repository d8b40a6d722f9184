//! Does policy do what it promises, over years, whatever happens? The real policy and the real fold of the history, driven by a
//! box that is simulated on virtual time: one number decides all that goes wrong, and a seed that fails fails again.
//!
//! `HEAL_SEED=N` replays one seed and prints it as a timeline; `scripts/simulate` runs service-years.

mod act;
mod book;
mod chance;
mod clock;
mod code;
mod declared;
mod faults;
mod guards;
mod lives;
mod oracle;
mod oracle_code;
mod oracle_cure;
mod oracle_seen;
mod oracle_told;
mod people;
mod runs;
mod service;
mod tally;
mod tell;
mod tick;

use std::collections::BTreeMap;

use book::Book;
use chance::Chance;
use clock::{Clock, DAY, MINUTE, SECOND};
use code::Code;
use declared::declared;
use oracle::Oracle;
use service::Svc;
use tally::Tally;

use crate::model::crash::{Crash, CrashRules};
use crate::model::event::Moment;
use crate::model::spool::Item;
use crate::model::{Pause, Rate, Service, Span};
use crate::policy;

/// How often cron starts a tick.
const TICK: i64 = MINUTE;

/// Why a run of heal, or the whole simulation, ended.
#[derive(Debug)]
enum Stop {
    /// heal was killed.
    Killed,
    /// A promise was broken.
    Broken(String),
}

type Step<T = ()> = Result<T, Stop>;

/// A promise that does not hold.
fn broken<T>(what: impl Into<String>) -> Step<T> {
    Err(Stop::Broken(what.into()))
}

/// A channel that people hear of trouble by.
#[derive(Debug)]
struct Channel {
    name: String,
    critical_only: bool,
    escalates: Option<Span>,
    fallback: Option<String>,
    /// It does not answer until then.
    deaf: i64,
    /// It refuses everything until then.
    refuses: i64,
}

/// The box, heal on it, and those who watch both.
struct Sim {
    chance: Chance,
    clock: Clock,
    services: Vec<Svc>,
    /// In which order they are treated.
    order: Vec<usize>,
    code: Code,
    armed: bool,
    /// Somebody's script asks for a revert every few minutes: `heal crash pattern || heal revert`.
    script: bool,
    /// A team that deploys all day. Every tenth seed: what is for code that is taken back matters there.
    deploys: bool,
    /// `[revert] limit`.
    revert_limit: Rate,
    /// How many times as much goes wrong as usual.
    tempo: i64,
    heal_rate: Option<Rate>,
    max_per_hour: u32,
    channels: Vec<Channel>,
    book: Book,
    spool: Vec<Item>,
    sent: BTreeMap<String, Vec<Moment>>,
    pauses: Vec<Pause>,
    /// The crash history of each service.
    ledger: Vec<Vec<Crash>>,
    crash_rules: CrashRules,
    /// `[project] tick`.
    declared_tick: Option<Span>,
    last_tick: i64,
    /// When this tick began.
    began: i64,
    next_pid: i32,
    next_box: i64,
    next_person: i64,
    /// What a person comes back for: when, and to which service.
    visits: Vec<(i64, usize)>,
    oracle: Oracle,
}

impl Sim {
    fn new(seed: u64, records: bool) -> Self {
        let mut chance = Chance::new(seed);
        let count = usize::try_from(chance.between(1, 5)).unwrap_or(1);
        let mut services: Vec<Svc> = (0..count).map(|number| declared(&mut chance, number)).collect();
        for place in 1..count {
            let on = usize::try_from(chance.below(place as u64)).unwrap_or(0);
            let name = services[on].service.name.clone();
            match chance.below(4) {
                0 => services[place].service.needs.push(name),
                1 => services[place].service.wants.push(name),
                _ => {}
            }
        }
        // The order of the file need not be that of the needs.
        if chance.one_in(2) {
            services.reverse();
        }
        let all: Vec<&Service> = services.iter().map(|svc| &svc.service).collect();
        let order = policy::order(&all);
        let names: Vec<String> = (0..chance.between(1, 3)).map(|number| format!("c{number}")).collect();
        let channels = names.iter().enumerate().map(|(place, name)| Channel {
            name: name.clone(),
            critical_only: place == 1,
            escalates: (place == 2).then_some(Span::secs(1_800)),
            fallback: (place == 0).then(|| names.get(1).cloned()).flatten(),
            deaf: 0,
            refuses: 0,
        });
        let channels = channels.collect();
        let deploys = seed.is_multiple_of(10);
        let mut sim = Self {
            order,
            code: Code::new(),
            armed: !chance.one_in(3) || deploys,
            script: chance.one_in(3),
            deploys,
            revert_limit: Rate { count: if deploys { 3 } else { 1 }, per: Span::secs(86_400) },
            tempo: if deploys { 16 } else { chance.pick(&[1, 1, 1, 1, 1, 16]) },
            heal_rate: chance.one_in(2).then_some(Rate { count: 3, per: Span::secs(86_400) }),
            max_per_hour: chance.pick(&[10, 10, 3]),
            channels,
            book: Book::new(records),
            spool: Vec::new(),
            sent: BTreeMap::new(),
            pauses: Vec::new(),
            ledger: vec![Vec::new(); count],
            crash_rules: CrashRules::default(),
            declared_tick: (!chance.one_in(4)).then_some(Span::secs(60)),
            last_tick: 0,
            began: 0,
            next_pid: 100,
            next_box: chance.about(DAY),
            next_person: chance.about(DAY),
            visits: Vec::new(),
            oracle: Oracle::new(count),
            clock: Clock::new(chance.between(MINUTE, 90 * DAY)),
            services,
            chance,
        };
        (0..count).for_each(|place| sim.begin(place));
        sim
    }

    /// Lives for so long, ticking all the while.
    fn live(&mut self, lasts: i64) -> Result<(), String> {
        let until = self.clock.now + lasts;
        while self.clock.now < until {
            self.happen();
            if let Some(why) = self.oracle.broken.take() {
                self.ended(broken(why))?;
            }
            let late = if self.chance.one_in(50) { self.chance.between(0, 50 * SECOND) } else { 0 };
            self.clock.now += late;
            let lost = self.chance.one_in(400);
            let doubled = self.chance.one_in(400);
            for _ in 0..if lost { 0 } else { 1 + u32::from(doubled) } {
                self.book.tally.ticks += 1;
                self.book.tally.service_ms +=
                    TICK * i64::try_from(self.services.len()).unwrap_or(1) * i64::from(!doubled);
                let mortal = self.chance.one_in(60);
                let steps = self.chance.below(14);
                self.book.mortal(mortal.then_some(steps));
                let ticked = self.tick();
                self.looked(ticked.is_ok());
                let judged = ticked.and_then(|seen| self.judge_tick(&seen));
                self.ended(judged)?;
                self.last_tick = self.clock.now;
            }
            // The next full minute that is not over; what cron starts before is refused by the lock.
            self.clock.now = (self.clock.now / TICK + 1) * TICK;
        }
        Ok(())
    }

    fn ended(&mut self, how: Step) -> Result<(), String> {
        self.book.mortal(None);
        match how {
            Ok(()) => Ok(()),
            Err(Stop::Killed) => {
                self.book.fault("heal is killed");
                self.oracle.killed = self.clock.now;
                self.book.note(self.clock.now, || "heal is KILLED".to_owned());
                Ok(())
            }
            Err(Stop::Broken(what)) => {
                self.book.note(self.clock.now, || format!("BROKEN: {what}"));
                Err(what)
            }
        }
    }

    fn gap(&self) -> bool {
        self.clock.now - self.last_tick > 3 * TICK
    }
}

/// Runs one seed for so many days; what it counted, or the promise that was broken.
fn run(seed: u64, days: i64) -> Result<Tally, String> {
    let mut sim = Sim::new(seed, false);
    sim.live(days * DAY).map(|()| sim.book.tally)
}

/// The same once more, as a timeline.
fn timeline(seed: u64, days: i64) -> String {
    let mut sim = Sim::new(seed, true);
    let end = sim.live(days * DAY);
    let mut text: String = sim.book.timeline();
    text.push_str(&match end {
        Ok(()) => format!("seed {seed}: every promise was kept for {days} days\n"),
        Err(what) => format!("seed {seed}: {what}\n"),
    });
    text
}
