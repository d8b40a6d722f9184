//! What is true of a service? What ails it, whether it runs and works, and what its probes say of that, which need not be true.

use super::chance::Chance;
use super::clock::{Clock, HOUR, MINUTE, SECOND};
use crate::host::process::Process;
use crate::host::supervisor::Told;
use crate::model::service::{Launch, Remedy};
use crate::model::{
    Change, Class, Finding, Identity, Rate, Rules, Service, Severity, Sign, Span, Supervisor, Threshold, UnitName,
    Verdict,
};
use crate::probe::identify::Who;

/// The exit code after which no restart helps.
pub(super) const CONFIG: i32 = 78;

/// Nothing was written for so long: `fresh` calls it stale.
const STALE: i64 = 5 * MINUTE;

/// What a probe looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Process,
    Answer,
    Trace,
    Disk,
    Stranger,
    Certificate,
    Log,
}

/// A probe as declared.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) kind: Kind,
    pub(super) threshold: Threshold,
    /// What it said of late about this life, newest last: the oracle counts for itself.
    pub(super) said: Vec<(i64, bool)>,
}

/// One life of one process.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) identity: Identity,
    pub(super) began: i64,
    ready: i64,
    hangs: i64,
    /// When it ends by itself, and with what.
    pub(super) ends: i64,
    pub(super) exit: i32,
    pub(super) release: usize,
}

/// What ails it: until when, in true time.
#[derive(Debug, Default)]
pub(super) struct Ails {
    pub(super) flaky: i64,
    pub(super) slow: i64,
    pub(super) stubborn: i64,
    pub(super) stranger: i64,
    pub(super) full: i64,
    pub(super) quiet: i64,
    pub(super) blind: i64,
    pub(super) expiring: i64,
    /// Until a person puts it right.
    pub(super) broken: bool,
    /// Which probe lies, until when, and what it says.
    pub(super) lie: Option<(usize, i64, Verdict)>,
}

/// A service, its truth, and how heal sees it.
#[derive(Debug)]
pub(super) struct Svc {
    pub(super) service: Service,
    pub(super) watches: Vec<Watch>,
    pub(super) findings: Vec<Finding>,
    pub(super) who: Who,
    pub(super) told: Option<Told>,
    pub(super) life: Option<Life>,
    pub(super) ails: Ails,
    /// Its operator masked or stopped it.
    pub(super) unwanted: bool,
    /// It worked when last looked at, dependencies included.
    pub(super) works: bool,
    /// It did so when the tick began.
    pub(super) worked: bool,
    /// It was seen to be gone then.
    pub(super) was_gone: bool,
    pub(super) wrote: i64,
    pub(super) next_fault: i64,
}

impl Svc {
    pub(super) fn name(&self) -> &str {
        &self.service.name
    }

    pub(super) fn threshold(&self, name: &str) -> Threshold {
        let place = self.findings.iter().position(|finding| finding.subject.ends_with(name));
        place.map(|place| self.watches[place].threshold).unwrap_or_default()
    }

    pub(super) fn identity(&self) -> Option<&Identity> {
        self.life.as_ref().map(|life| &life.identity)
    }

    /// Does it run and do its work by itself, whatever it depends on?
    pub(super) fn is_fit(&self, now: i64) -> bool {
        self.life.as_ref().is_some_and(|life| life.ready <= now && now < life.hangs)
    }

    /// It runs and is not up yet.
    pub(super) fn is_starting(&self, now: i64) -> bool {
        self.life.as_ref().is_some_and(|life| now < life.ready)
    }

    /// A new life, as its ailments make it. The code of that release lives so long.
    pub(super) fn begin(
        &mut self,
        clock: &Clock,
        chance: &mut Chance,
        (pid, release): (i32, usize),
        lasts: Option<i64>,
    ) {
        let now = clock.now;
        let identity =
            Identity { pid, start: u64::try_from(clock.up() / 10).unwrap_or(0), boot: clock.boot().to_owned() };
        let (mut ready, mut hangs, mut ends, mut exit) = (now + chance.between(50, 900), i64::MAX, i64::MAX, 1);
        if self.ails.slow > now {
            ready = now + chance.between(10 * SECOND, 4 * MINUTE);
        }
        if self.ails.stubborn > now {
            hangs = ready + chance.between(0, 2 * MINUTE);
        }
        if let Some(lasts) = lasts {
            ends = now + lasts;
        }
        if self.ails.flaky > now {
            ends = ends.min(now + chance.between(SECOND, 6 * MINUTE));
        }
        if self.ails.stranger > now {
            ends = now + chance.between(100, 2_000);
        }
        if self.ails.broken {
            (ends, exit) =
                (now + chance.between(50, 3_000), if self.service.rules.hold_on_exit.is_empty() { 1 } else { CONFIG });
        }
        self.wrote = now;
        for watch in &mut self.watches {
            watch.said.clear();
        }
        if let Some(told) = &mut self.told {
            *told = Told {
                state: "active".to_owned(),
                life: Some(format!("inv-{pid}")),
                changed_ms: Some(clock.up()),
                ..Told::default()
            };
        }
        self.life = Some(Life { identity, began: now, ready, hangs, ends, exit, release });
    }

    /// It is there no more. `None`: nobody knows an exit code.
    pub(super) fn end(&mut self, clock: &Clock, exit: Option<i32>) -> Option<Life> {
        if let Some(told) = &mut self.told {
            told.main = None;
            told.changed_ms = Some(clock.up());
            told.exit = exit;
            told.failed = exit.is_some_and(|code| code != 0);
            told.state = if told.failed { "failed" } else { "inactive" }.to_owned();
        }
        self.life.take()
    }

    /// It stops working and stays.
    pub(super) fn hang(&mut self, now: i64) {
        if let Some(life) = &mut self.life {
            life.hangs = life.hangs.min(now);
        }
    }

    /// It works again, by whatever was done.
    pub(super) fn unhang(&mut self) {
        if let Some(life) = &mut self.life {
            life.hangs = i64::MAX;
        }
    }

    /// Does it work at this moment? `fed`: what it needs works.
    pub(super) fn feel(&mut self, now: i64, fed: bool) {
        self.works = self.is_fit(now) && fed;
        if self.works && self.ails.quiet <= now {
            self.wrote = now;
        }
    }

    /// What the probes find. `gap`: freshness is not judged at this look. `counts`: a tick writes it down.
    pub(super) fn look(&mut self, now: i64, gap: bool, counts: bool) {
        self.recognise(now);
        if counts {
            self.worked = self.works;
            self.was_gone = matches!(self.who, Who::Gone { .. });
        }
        let age = self.life.as_ref().map(|life| now - life.began);
        let gone = self.life.is_none();
        let grace = self.service.rules.startup_grace.millis();
        for place in 0..self.watches.len() {
            let critical =
                |bad: bool, class| if bad { Verdict::Unhealthy(Severity::Critical, class) } else { Verdict::Healthy };
            let verdict = match self.watches[place].kind {
                Kind::Process => match self.who {
                    Who::Running { .. } => Verdict::Healthy,
                    Who::Gone { .. } => critical(true, Class::Dead),
                    Who::Unknown { .. } => Verdict::Unknown,
                    Who::Unwatched => Verdict::Skipped,
                },
                Kind::Answer if gone => Verdict::Skipped,
                Kind::Answer => critical(!self.works, Class::Hung),
                Kind::Trace if gone || gap || age.is_some_and(|age| age < grace.max(STALE)) => Verdict::Skipped,
                Kind::Trace => critical(now - self.wrote > STALE, Class::Hung),
                Kind::Disk => critical(self.ails.full > now, Class::Resource),
                Kind::Stranger => critical(gone && self.ails.stranger > now, Class::Resource),
                Kind::Certificate if self.ails.expiring > now => Verdict::Unhealthy(Severity::Warning, Class::Resource),
                Kind::Certificate => Verdict::Healthy,
                Kind::Log => critical(gone && self.ails.broken, Class::Permanent),
            };
            let verdict = match self.ails.lie {
                Some((liar, until, says)) if liar == place && until > now && verdict != Verdict::Skipped => says,
                _ => verdict,
            };
            self.say(place, now, verdict, counts);
        }
    }

    fn say(&mut self, place: usize, now: i64, verdict: Verdict, counts: bool) {
        let finding = &mut self.findings[place];
        let bad = matches!(verdict, Verdict::Unhealthy(Severity::Warning | Severity::Critical, _));
        let said = &mut self.watches[place].said;
        let judged = !matches!(verdict, Verdict::Skipped | Verdict::Unknown);
        if counts && judged && (bad || !said.is_empty()) {
            said.push((now, bad));
            let surplus = said.len().saturating_sub(64);
            said.drain(..surplus);
        }
        if finding.verdict != verdict {
            finding.verdict = verdict;
            finding.summary = if verdict == Verdict::Healthy { String::new() } else { "as simulated".to_owned() };
        }
    }

    fn recognise(&mut self, now: i64) {
        if self.ails.blind > now {
            if !matches!(self.who, Who::Unknown { .. }) {
                self.who = Who::Unknown { why: "two processes fit".to_owned() };
            }
            return;
        }
        match (&self.life, &mut self.who) {
            (None, Who::Gone { .. }) => {}
            (None, who) => *who = Who::Gone { why: "nothing fits".to_owned(), left: Vec::new() },
            (Some(life), Who::Running { process, .. }) if process.identity == life.identity => {
                process.age_ms = now - life.began
            }
            (Some(life), who) => {
                let process = Process {
                    identity: life.identity.clone(),
                    parent: 1,
                    session: life.identity.pid,
                    state: 'S',
                    age_ms: now - life.began,
                    exe: None,
                    args: vec!["work".to_owned()],
                    cwd: None,
                    uid: None,
                };
                *who = Who::Running { process: Box::new(process), how: "simulated".to_owned(), also: Vec::new() };
            }
        }
    }
}

/// A service as somebody might declare it.
pub(super) fn declared(chance: &mut Chance, number: usize) -> Svc {
    let name = format!("s{number}");
    let unit = chance.one_in(3).then(|| UnitName { by: Supervisor::Systemd, name: format!("{name}.service") });
    let stop_grace = Span::secs(u64::try_from(chance.between(1, 20)).unwrap_or(1));
    let launch = unit.is_none().then(|| Launch {
        argv: vec!["work".to_owned()],
        cwd: "/".into(),
        env: Default::default(),
        log: "/log".into(),
        stop_grace,
    });
    let mut rules = Rules {
        startup_grace: Span::secs(chance.pick(&[30, 30, 90, 300])),
        stable_for: Span::secs(chance.pick(&[120, 120, 600])),
        recover_after: chance.pick(&[2, 2, 4]),
        restart_limit: Rate { count: chance.pick(&[3, 3, 1, 5]), per: Span::secs(chance.pick(&[3_600, 3_600, 7_200])) },
        restart_delay: Span::secs(chance.pick(&[0, 0, 120, 600])),
        verify_within: Span::secs(chance.pick(&[20, 20, 60])),
        ..Rules::default()
    };
    if !chance.one_in(3) {
        rules.hold_on_exit = vec![CONFIG];
    }
    let mut service = Service { launch, unit, stop_grace, ..Service::named(&name) };
    if chance.one_in(4) {
        rules.ladder.insert(usize::from(chance.one_in(2)), "kick".to_owned());
        let change = Change::RunCommand { argv: vec!["kick".to_owned()], timeout_ms: 1_000 };
        let limit = chance.one_in(2).then(|| Rate { count: 2, per: Span::secs(3_600) });
        service.remedies.insert("kick".to_owned(), Remedy { change, on: vec![Class::Hung], limit });
    }
    service.rules = rules;
    let mut kinds = vec![(Kind::Process, Threshold::default())];
    for (kind, often) in [
        (Kind::Answer, 5),
        (Kind::Trace, 3),
        (Kind::Disk, 2),
        (Kind::Stranger, 2),
        (Kind::Certificate, 2),
        (Kind::Log, 2),
    ] {
        if chance.below(6) < often {
            let bad = chance.pick(&[1, 2, 3]);
            let threshold = match chance.below(4) {
                0 if kind == Kind::Answer => Threshold { bad: 3, of: 5, within: None },
                _ if matches!(kind, Kind::Answer | Kind::Trace | Kind::Certificate) => Threshold::in_a_row(bad),
                _ => Threshold::default(),
            };
            kinds.push((kind, threshold));
        }
    }
    let told = service.unit.as_ref().map(|_| Told::default());
    let findings = kinds.iter().map(|(kind, _)| blank(&name, *kind)).collect();
    let watches = kinds.into_iter().map(|(kind, threshold)| Watch { kind, threshold, said: Vec::new() }).collect();
    Svc {
        service,
        watches,
        findings,
        who: Who::Unwatched,
        told,
        life: None,
        ails: Ails::default(),
        unwanted: false,
        works: false,
        worked: false,
        was_gone: false,
        wrote: 0,
        next_fault: chance.about(6 * HOUR),
    }
}

fn blank(service: &str, kind: Kind) -> Finding {
    let (name, word, sign) = match kind {
        Kind::Process => ("process", "process", Sign::Other),
        Kind::Answer => ("answer", "http", Sign::Answer),
        Kind::Trace => ("trace", "fresh", Sign::Trace),
        Kind::Disk => ("disk", "disk", Sign::Other),
        Kind::Stranger => ("stranger", "port", Sign::Obstacle),
        Kind::Certificate => ("certificate", "certificate", Sign::Other),
        Kind::Log => ("log", "log", Sign::Other),
    };
    Finding {
        subject: format!("{service}/{name}"),
        kind: word,
        verdict: Verdict::Skipped,
        summary: String::new(),
        evidence: Vec::new(),
        figures: Vec::new(),
        sign,
        took_ms: 0,
    }
}
