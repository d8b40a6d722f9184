//! What is true of a service? What ails it, whether it runs and works, and what its probes say of that, which need not be true.

use super::chance::Chance;
use super::clock::{Clock, MINUTE, SECOND};
use crate::host::process::Process;
use crate::host::supervisor::Told;
use crate::model::{Class, Finding, Identity, Service, Severity, Sign, Threshold, Verdict};
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
    /// It complained since the last incident began, whatever that counted for.
    pub(super) complained: bool,
    /// The incident that is open began with it.
    pub(super) blamed: bool,
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
    /// It was certainly seen in trouble then.
    pub(super) accused: bool,
    /// Why nobody is to touch it, as of then.
    pub(super) left_alone: Option<&'static str>,
    /// Nobody can have asked for that.
    pub(super) free: bool,
    /// It was held then.
    pub(super) was_held: bool,
    /// Nothing says how to recognise its process: it is looked at from outside.
    pub(super) unwatched: bool,
    pub(super) wrote: i64,
    /// When it was last looked at.
    pub(super) looked: i64,
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

    /// What was said of another life does not count.
    pub(super) fn judged_anew(&mut self) {
        self.watches.iter_mut().for_each(|watch| watch.said.clear());
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
        // Of one that nobody recognises heal cannot know that it is another, unless it was heal that began it.
        if !self.unwatched {
            self.judged_anew();
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

    /// An incident begins with what is seen now.
    pub(super) fn blames(&mut self) {
        for place in 0..self.watches.len() {
            let (complained, blamed) = (self.findings[place].is_bad(), self.counts(place));
            (self.watches[place].complained, self.watches[place].blamed) = (complained, blamed);
        }
    }

    /// Does what this probe says count against it, whatever its threshold is?
    pub(super) fn counts(&self, place: usize) -> bool {
        let (watch, finding) = (&self.watches[place], &self.findings[place]);
        let grace = if self.unwatched { 0 } else { self.service.rules.startup_grace.millis() };
        let young = self.life.as_ref().is_some_and(|life| self.looked - life.began < grace);
        let forgiven = matches!(finding.verdict, Verdict::Unhealthy(_, Class::Hung)) && young;
        // Silence is none against who answers.
        finding.is_bad() && !forgiven && !(watch.kind == Kind::Trace && self.answers())
    }

    /// What was seen at this look counts for nothing: somebody wants it left alone.
    pub(super) fn forgives(&mut self) {
        let looked = self.looked;
        for watch in &mut self.watches {
            watch.said.retain(|(at, _)| *at != looked);
        }
    }

    /// Does it answer whoever asks?
    fn answers(&self) -> bool {
        let asked = |finding: &&Finding| finding.sign == Sign::Answer && finding.verdict != Verdict::Skipped;
        let mut answers = self.findings.iter().filter(asked).peekable();
        answers.peek().is_some() && answers.all(|one| one.verdict == Verdict::Healthy)
    }

    /// What the incident began with, and was not asked at this look.
    pub(super) fn unasked(&self) -> Option<Kind> {
        let unasked = |(watch, finding): &(&Watch, &Finding)| watch.blamed && finding.verdict == Verdict::Skipped;
        self.watches.iter().zip(&self.findings).find(unasked).map(|(watch, _)| watch.kind)
    }

    /// What the probes find. `gap`: freshness is not judged at this look. `counts`: a tick writes it down.
    pub(super) fn look(&mut self, now: i64, gap: bool, counts: bool) {
        self.recognise(now);
        self.looked = now;
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
                Kind::Answer if gone && !self.unwatched => Verdict::Skipped,
                Kind::Answer => critical(!self.works, Class::Hung),
                Kind::Trace if gap => Verdict::Skipped,
                Kind::Trace if !self.unwatched && age.is_none_or(|age| age < grace.max(STALE)) => Verdict::Skipped,
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
        if counts {
            self.accused = self.is_accused();
        }
    }

    fn say(&mut self, place: usize, now: i64, verdict: Verdict, counts: bool) {
        let finding = &mut self.findings[place];
        let bad = matches!(verdict, Verdict::Unhealthy(Severity::Warning | Severity::Critical, _));
        let watch = &mut self.watches[place];
        watch.complained |= counts && bad;
        let said = &mut watch.said;
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
        if self.unwatched {
            self.who = Who::Unwatched;
            return;
        }
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
