//! One tick: look, decide, act one rung per service, verify, record, tell. Everything it does stands between taking and
//! leaving the recovery lock; telling comes after, because it must never keep anybody from healing.

use std::time::{Duration, Instant};

use super::look::{Looker, Seen};
use super::{Options, act, empty, evidence, tell};
use crate::apply::{self, Plan};
use crate::config::{Config, Mode, Watched};
use crate::error::Result;
use crate::exit::Exit;
use crate::host::clock;
use crate::journal::{DataDir, Journal, RecoveryLock, past};
use crate::model::report::{Act, Decision, Level, Refusal, Standing, Subject};
use crate::model::{Event, Evidence, Identity, Incident, Report, ServiceHistory};
use crate::probe::identify::Who;
use crate::{policy, remedy};

/// What a run plans at most, so that it ends before its lease does (DESIGN §5).
const WORK: Duration = Duration::from_secs(240);

/// What an act takes beyond `stop_grace`: capturing evidence, confirming the kill, and looking again.
const OVERHEAD: Duration = Duration::from_secs(7);

/// `heal heal`. With `dry_run` it stops after the plan: no lock, no write, no signal. With `mode = "observe"` it remembers
/// and tells as ever, and acts on nothing.
///
/// # Errors
/// Another recovery is in progress, or the journal cannot be read or written: then nothing was done.
pub fn tick(config: &Config, options: &Options, dry_run: bool) -> Result<Report> {
    let start = Instant::now();
    let now = clock::now();
    let dir = DataDir::at(config.data_dir.clone());
    let mut report = empty(config, "heal", &now);
    report.dry_run = dry_run || config.mode == Mode::Observe;
    if dry_run {
        let past = past(&dir)?;
        report.warnings.extend(past.warnings());
        let history = past.history;
        let looker = Looker::new(config, options, &history, &dir, now)?;
        report.unfinished = history.open_intents.values().map(ToString::to_string).collect();
        for mut seen in looker.look(&history) {
            let past = history.service(&seen.subject.name);
            plan(&looker, &mut seen, &past);
            report.subjects.push(seen.subject);
        }
        report.duration_ms = millis(start);
        return Ok(report);
    }
    // The lock before anything slow: a tick that comes too early leaves at once (FAULTS §2).
    apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let lock = RecoveryLock::take(&dir.lock(), "heal heal")?;
    let mut journal = Journal::open(dir.clone())?;
    report.warnings.extend_from_slice(journal.warnings());
    report.unfinished = apply::resume(&mut journal)?;
    let looker = Looker::new(config, options, journal.history(), &dir, now)?;
    let seen = looker.look(journal.history());
    let mut run =
        Run { journal: &mut journal, looker: &looker, options, start, observes: config.mode == Mode::Observe };
    for seen in seen {
        report.subjects.push(run.treat(seen)?);
    }
    journal.save();
    report.duration_ms = millis(start);
    let stamp = looker.last_run(Exit::of(&report).code());
    if let Err(error) = stamp.write(&dir) {
        report.warnings.push(format!("cannot write {}: {error}", dir.last_run().display()));
    }
    drop(lock);
    options.progress("telling");
    tell::tell(config, &mut journal, &mut report, &dir);
    journal.save();
    report.duration_ms = millis(start);
    Ok(report)
}

/// A tick under way.
struct Run<'a> {
    journal: &'a mut Journal,
    looker: &'a Looker<'a>,
    options: &'a Options,
    start: Instant,
    /// Only says and writes down what it would do.
    observes: bool,
}

impl Run<'_> {
    /// Everything that one tick does about one service.
    fn treat(&mut self, mut seen: Seen<'_>) -> Result<Subject> {
        let name = seen.subject.name.clone();
        let told = self.journal.news();
        self.record(&seen)?;
        plan(self.looker, &mut seen, &self.journal.history().service(&name));
        if let (Some(Decision::Act { rung, why, .. }), Some(watched)) = (seen.subject.decision.clone(), seen.watched) {
            if self.observes {
                self.note(&name, rung)?;
            } else {
                self.take(&mut seen, watched, &rung, why)?;
            }
        }
        let past = self.journal.history().service(&name);
        let mut subject = seen.subject;
        subject.incident = past.incident.as_ref().map(Incident::outline);
        subject.held = past.held.map(|(_, reason)| reason);
        // An incident with nothing left to try turns to its slow retries from here on.
        if let Some(Decision::Refuse { by: Refusal::Ladder, why }) = &subject.decision
            && past.incident.is_some_and(|incident| incident.exhausted.is_none())
        {
            self.journal.record(Event::Exhausted { service: name, why: why.clone() })?;
        }
        subject.news = self.journal.news() > told;
        Ok(subject)
    }

    /// What the look adds to the history.
    fn record(&mut self, seen: &Seen<'_>) -> Result<()> {
        let subject = &seen.subject;
        let name = &subject.name;
        if let Who::Running { process, .. } = &*seen.who
            && self.journal.history().service(name).known.as_ref() != Some(&process.identity)
        {
            let event = Event::Recognised { service: name.clone(), identity: process.identity.clone() };
            self.journal.record(event)?;
        }
        let past = self.journal.history().service(name);
        let id = format!("{}/{name}", self.journal.run());
        let (standing, findings, now) = (&subject.standing, &subject.findings, &self.looker.now);
        for event in policy::follow(name, standing, findings, &seen.rules(), &past, now, &id) {
            self.journal.record(event)?;
        }
        Ok(())
    }

    /// Writes down what would be done, once in each incident.
    fn note(&mut self, service: &str, rung: String) -> Result<()> {
        let known = |incident: Incident| incident.would.contains(&rung);
        if self.journal.history().service(service).incident.is_none_or(known) {
            return Ok(());
        }
        self.journal.record(Event::WouldAct { service: service.to_owned(), rung })
    }

    /// Takes the rung, if there is time for it and the world is still as it was seen.
    fn take(&mut self, seen: &mut Seen<'_>, watched: &Watched, rung: &str, why: String) -> Result<()> {
        let Some(launch) = &watched.service.launch else { return Ok(()) };
        let wait = |why: &str| Some(Decision::Wait { why: why.to_owned() });
        let slowest = watched.probes.iter().map(|probe| probe.timeout()).max().unwrap_or_default();
        let needed = launch.stop_grace.get() + launch.verify_within.get() + slowest * 2 + OVERHEAD;
        if self.start.elapsed() + needed > WORK {
            seen.subject.decision = wait("this run has no time left for it; the next tick goes on");
            return Ok(());
        }
        let root = &self.looker.config.root;
        // Before it is seen whether all is as it was: capturing takes time, in which somebody may be faster.
        let evidence = evidence::capture(&self.looker.processes, watched, root, &seen.subject.plan);
        if !act::still_as_seen(self.looker, seen, watched, self.journal) {
            seen.subject.decision = wait("it changed while this run was looking; the next tick looks again");
            return Ok(());
        }
        self.keep(&watched.service.name, &evidence);
        let plan = Plan { service: &watched.service, root, rung, changes: seen.subject.plan.clone(), why };
        let act = act::act(self.journal, self.looker, self.options, watched, launch, plan)?;
        seen.subject.act = Some(Act { evidence: Some(evidence), ..act });
        Ok(())
    }

    /// Keeps with the incident what was seen, if anything was.
    fn keep(&mut self, service: &str, evidence: &Evidence) {
        let incident = self.journal.history().service(service).incident;
        if let Some(incident) = incident.filter(|_| !evidence.is_empty()) {
            let (service, evidence) = (service.to_owned(), Box::new(evidence.clone()));
            // What keeps it from being written keeps the intent from being written as well, and that says so.
            let _ = self.journal.record(Event::Captured { service, incident: incident.id, evidence });
        }
    }
}

/// Decides, and says what the decision would change.
fn plan(looker: &Looker<'_>, seen: &mut Seen<'_>, past: &ServiceHistory) {
    let subject = &mut seen.subject;
    let Some(watched) = seen.watched else {
        subject.decision = Some(host_decision(&subject.standing));
        return;
    };
    let mut decision = policy::decide(&watched.service, &subject.standing, past, &remedy::built(), &looker.now);
    // Whoever it is that is unwell: nobody is stopped or started before it is known.
    if matches!(decision, Decision::Act { .. }) {
        match &*seen.who {
            Who::Running { .. } | Who::Gone { .. } => {}
            Who::Unknown { why } => decision = Decision::Wait { why: format!("unknown which process it is: {why}") },
            Who::Unwatched => {
                decision = Decision::Helpless { why: "nothing says how to recognise its process".to_owned() };
            }
        }
    }
    subject.decision = Some(decision);
    if let Some(Decision::Act { rung, .. }) = &subject.decision {
        let processes: Vec<(Identity, String)> = match &*seen.who {
            Who::Running { process, also, .. } => {
                [&**process].into_iter().chain(also).map(|one| (one.identity.clone(), one.command())).collect()
            }
            Who::Gone { left, .. } => left.iter().map(|one| (one.identity.clone(), one.command())).collect(),
            Who::Unknown { .. } | Who::Unwatched => Vec::new(),
        };
        let case = remedy::Case { service: &watched.service, processes: &processes };
        match remedy::find(rung).map(|kind| (kind.propose)(&case)) {
            Some(Ok(changes)) => subject.plan = changes,
            Some(Err(why)) => subject.decision = Some(Decision::Helpless { why }),
            None => subject.decision = Some(Decision::Helpless { why: format!("there is no rung `{rung}`") }),
        }
    }
}

fn host_decision(standing: &Standing) -> Decision {
    match standing.level {
        Level::Unhealthy => Decision::Helpless { why: "heal does not clean up a machine".to_owned() },
        Level::Healthy | Level::Disabled => Decision::Nothing,
        _ => Decision::Wait { why: standing.summary.clone() },
    }
}

fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
