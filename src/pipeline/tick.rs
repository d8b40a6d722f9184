//! One tick: look, decide, act one rung per service, verify, record, tell. Everything it does stands between taking and
//! leaving the recovery lock; telling comes after, because it must never keep anybody from healing.

mod records;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::follow::stands;
use super::locks::{self, Again};
use super::look::Looker;
use super::pauses::Hands;
use super::plan::{has_time, plan, relocated, restrict};
use super::revert::{follow, push_all, rungs};
use super::seen::{Seen, during, subjects, used_up};
use super::unfinished::settle;
use super::{
    Options, act, crashes, emergency, empty, evidence, mend, millis, misconfigured, orphans, pauses, startup, states,
    tell, tend, unfinished, update,
};
use crate::apply::{self, Plan};
use crate::config::{Config, Mode, Watched};
use crate::error::{Error, Kind, Result};
use crate::exit::Exit;
use crate::host::clock;
use crate::journal::{DataDir, Journal, Notes, RecoveryLock, past};
use crate::model::report::{Act, Decision, Left, Subject};
use crate::model::status::Trouble;
use crate::model::{Change, Class, Event, Evidence, Outcome, Report, Service};
use crate::{policy, remedy};

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
        let history = emergency::recollect(config, past.history)?;
        let looker = Looker::new(config, options, &history, &dir, now)?;
        report.warnings.extend(pauses::warnings(&looker.pauses, config));
        report.unfinished = unfinished::said(config, &dir, &history, history.open_intents.values());
        let mut looked = looker.look(&history);
        report.warnings.extend(orphans::find(&looker, &mut looked, &history));
        for mut seen in looked {
            plan(&looker, &mut seen, &history, || rungs(config));
            if looker.is_asked(&seen.subject.name) {
                report.subjects.push(seen.subject);
            }
        }
        tend::plan(config, options, (&looker, &history), &mut report)?;
        locks::glance(config, options, &history, &looker.now, &mut report);
        report.duration_ms = millis(start);
        return Ok(report);
    }
    match acting(config, options, report, &dir, start) {
        Err(error) if error.kind == Kind::Unwritable => emergency::tick(config, options, error),
        acted => acted,
    }
}

/// The same for real. Once a service was acted upon, the answer tells of that, whatever cannot be written down afterwards.
fn acting(config: &Config, options: &Options, mut report: Report, dir: &DataDir, start: Instant) -> Result<Report> {
    // The lock before anything slow: a tick that comes too early leaves at once (FAULTS §2).
    apply::refuse_links(&config.root, dir.root())?;
    dir.create_root()?;
    let mut lock = RecoveryLock::take(&dir.lock(), "heal heal")?;
    let begun = tell::begun(config);
    // Files first, under a lock that is let go before a service is started: it may begin with `heal heal --startup`.
    startup::files(config, dir, &mut report)?;
    let mut journal = Journal::open_created(dir.clone())?;
    report.warnings.extend_from_slice(journal.warnings());
    let meanwhile = emergency::substitute_for(config).filter(|dir| dir.root().is_dir());
    let over = emergency::import(meanwhile.as_ref(), &mut journal)?;
    report.unfinished = settle(config, dir, &mut journal, Hands::of_tick)?;
    report.locks = locks::tend(config, options, &mut journal, (start, &mut report.warnings))?;
    let looker = Looker::new(config, options, journal.history(), dir, clock::now())?.ticking();
    report.warnings.extend(pauses::warnings(&looker.pauses, config));
    pauses::settle(dir, &looker, &mut journal);
    let files = tend::tend(config, options, (&looker, start), &mut journal, &mut report)?;
    locks::follow_all(config, options, &looker, &mut journal, &mut report)?;
    let mut seen = looker.look(journal.history());
    let tended = update::tend((config, options, dir), &mut journal, &looker, &seen, &mut lock)?;
    report.warnings.extend(tended.lines);
    seen = if tended.acted { looker.look(journal.history()) } else { seen };
    report.warnings.extend(orphans::find(&looker, &mut seen, journal.history()));
    orphans::stop(&mut journal, &looker, &mut seen)?;
    let mut run = Run::new(&mut journal, &looker, options, start);
    let (treated, broken) = run.treat_all(seen);
    let acted = !run.acted.is_empty();
    let mut notes = run.notes;
    report.warnings.append(&mut run.complaints);
    match broken {
        Some(error) if !acted => return Err(error),
        Some(error) => {
            report.subjects.push(emergency::broke(&error, dir.root()));
            report.unwritable = Some(error.to_string());
        }
        None => {}
    }
    report.subjects.splice(..0, treated.into_iter().chain(over));
    notes.update(files);
    let looked_at = subjects(config);
    notes.retain(|subject| {
        looked_at.contains(subject) || subject == mend::SUBJECT || states::is_subject(config, subject)
    });
    if let Err(error) = notes.save_after(&looker.notes, dir) {
        report.warnings.push(format!("cannot write {}: {error}", dir.notes().display()));
    }
    journal.save();
    report.duration_ms = millis(start);
    let kept = misconfigured::keep(config, looker.good, dir, &mut report);
    let stamp = looker.last_run(Exit::of(&report).code(), report.duration_ms, kept);
    if let Err(error) = stamp.write(dir) {
        report.warnings.push(format!("cannot write {}: {error}", dir.last_run().display()));
    }
    if report.unwritable.is_none() {
        report.warnings.extend(super::collect::collect(dir));
    }
    drop(lock);
    push_all(config, dir, &mut journal, &mut report);
    options.progress("telling");
    tell::tell(config, &mut journal, &mut report, dir);
    // The beginning is over before the end is said: whoever listens measures the time between them.
    report.alerts.extend(begun.into_iter().filter_map(tell::Signal::end));
    let ended = tell::ended(config, &report);
    report.alerts.extend(ended.into_iter().filter_map(tell::Signal::end));
    misconfigured::is_right_again(config, [Some(dir), meanwhile.as_ref()], &mut report);
    journal.save();
    report.duration_ms = millis(start);
    Ok(report)
}

/// A tick under way.
pub(super) struct Run<'a> {
    journal: &'a mut Journal,
    looker: &'a Looker<'a>,
    options: &'a Options,
    start: Instant,
    /// Only says and writes down what it would do.
    observes: bool,
    /// Services that were acted upon, and what came of it.
    acted: BTreeMap<String, Outcome>,
    /// Services that were treated and are down all the same.
    down: BTreeSet<String>,
    /// Nothing is done but starting what is positively dead; what would go into the data directory goes to this folder.
    starting: Option<PathBuf>,
    /// What the probes will be told at their next look.
    notes: Notes,
    /// What could not be written down, and keeps nobody from being healed.
    complaints: Vec<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(journal: &'a mut Journal, looker: &'a Looker<'a>, options: &'a Options, start: Instant) -> Self {
        let observes = looker.config.mode == Mode::Observe;
        let (acted, down, notes) = (BTreeMap::new(), BTreeSet::new(), looker.notes.clone());
        Self { journal, looker, options, start, observes, acted, down, starting: None, notes, complaints: Vec::new() }
    }

    /// The same, restricted to the one act that needs no data directory.
    pub(super) fn only_starting(self, output: PathBuf) -> Self {
        Self { starting: Some(output), ..self }
    }
}

impl Run<'_> {
    /// Everybody who was asked for: what is needed before whoever needs it. The answer is in the order of the file, and with it
    /// why it ended early: nothing is done any more once something could not be written down.
    pub(super) fn treat_all(&mut self, seen: Vec<Seen<'_>>) -> (Vec<Subject>, Option<Error>) {
        let services: Vec<&Service> = seen.iter().filter_map(|seen| Some(&seen.watched?.service)).collect();
        // Whatever is no service, the host, comes last in both orders.
        let order = policy::order(&services).into_iter().chain(services.len()..seen.len());
        let mut left: Vec<Option<Seen<'_>>> = seen.into_iter().map(Some).collect();
        let mut subjects: Vec<Option<Subject>> = left.iter().map(|_| None).collect();
        let mut broken: Option<Error> = None;
        for place in order {
            let Some(seen) = left[place].take().filter(|seen| self.looker.is_asked(&seen.subject.name)) else {
                continue;
            };
            let mut subject = seen.subject.clone();
            match broken.is_none().then(|| self.treat(seen)) {
                Some(Ok(treated)) => subject = treated,
                Some(Err(error)) => broken = Some(error),
                None => {}
            }
            if let Some(error) = &broken {
                let began =
                    if self.acted.contains_key(&subject.name) { "an act was begun" } else { "it was not treated" };
                subject.decision = Some(Decision::Wait { why: format!("{began}, and this run ended early: {error}") });
                subject.news = true;
            }
            subjects[place] = Some(subject);
        }
        (subjects.into_iter().flatten().collect(), broken)
    }

    /// What ailed only because of another one that was just cured is looked at again: the old look says nothing now. Who is
    /// dead has no reason left to be; with whatever else is still wrong with it, it gets until the next tick.
    fn see_again(&self, seen: &mut Seen<'_>) {
        let (Some(root), Some(watched)) = (seen.subject.behind.clone(), seen.watched) else { return };
        if !matches!(self.acted.get(&root), Some(Outcome::Healed | Outcome::Probation)) {
            return;
        }
        let past = self.journal.history().service(watched.name());
        let (again, standing) = self.looker.judge_again(watched, past);
        let healed = self.acted.get(&root) == Some(&Outcome::Healed);
        let still = watched.service.needs.iter().find(|need| self.down.contains(*need)).map(String::as_str);
        let (standing, behind) = policy::behind_no_more(standing, &root, healed, still);
        seen.subject.behind = behind;
        (seen.who, seen.told, seen.when) = (Arc::new(again.who), again.told, Instant::now());
        seen.subject.findings = again.findings;
        seen.subject.standing = standing;
    }

    /// Everything that one tick does about one service.
    fn treat(&mut self, mut seen: Seen<'_>) -> Result<Subject> {
        let name = seen.subject.name.clone();
        let told = self.journal.news();
        let before = during(Some(&seen.who), self.journal.history().service(&name));
        self.see_again(&mut seen);
        if let Some(watched) = seen.watched.filter(|_| self.starting.is_none()) {
            let followed = crashes::follow(self.journal, self.looker, watched, &seen.who);
            self.complaints.extend(followed.err().map(|error| error.to_string()));
        }
        self.record(&seen)?;
        self.release(&name)?;
        let worse = stands(self.journal, &name, seen.subject.standing.clone())?;
        let starts = self.starting.is_some();
        let built = || if starts { vec![remedy::restart::KIND.name] } else { rungs(self.looker.config) };
        plan(self.looker, &mut seen, self.journal.history(), built);
        if let Some(folder) = &self.starting {
            restrict(&mut seen, (folder, &self.looker.config.data_dir));
        }
        match (seen.subject.decision.clone(), seen.watched) {
            (Some(Decision::Act { rung, .. }), _) if self.observes => self.note(&name, rung)?,
            (Some(Decision::Act { rung, cause, why, .. }), Some(watched)) => {
                self.take(&mut seen, watched, (&rung, cause), why)?;
            }
            (Some(Decision::Hold { why }), _) if !self.observes => {
                self.journal.record(Event::Held { service: name.clone(), reason: why, code: true })?;
            }
            _ => {}
        }
        self.notes.update(std::mem::take(&mut seen.notes));
        if let Some(watched) = seen.watched {
            let (failing, act) = (policy::is_failing(&seen.subject.findings), self.acted.get(&name).copied());
            if policy::stays_down(&watched.service, &seen.subject.standing, failing, act) {
                self.down.insert(name.clone());
            }
        }
        let past = self.journal.history().service(&name);
        let mut subject = seen.subject;
        subject.incident = Trouble::of(past, &self.looker.now);
        subject.held = past.held.as_ref().map(|(since, reason)| (since.at, reason.clone()));
        subject.would.clone_from(&past.would);
        subject.alarm = self.looker.alarm(past);
        let id = format!("{}/{name}/often", self.journal.run());
        for event in policy::concluded(&name, subject.decision.as_ref(), subject.alarm.as_deref(), past, &id) {
            self.journal.record(event)?;
        }
        if let Some(watched) = seen.watched.filter(|_| !self.acted.contains_key(&name)) {
            let after = during(Some(&seen.who), self.journal.history().service(&name));
            for probe in used_up(&subject, &seen.who, watched) {
                if let Some(note) = self.looker.notes.of(&probe, &before) {
                    self.notes.keep(&probe, note.clone(), after.clone());
                }
            }
        }
        let stopped = subject.orphans.iter().any(|orphan| orphan.left != Left::Observed);
        subject.news = self.journal.news() > told || worse || stopped;
        Ok(subject)
    }

    /// Takes the rung, if there is time for it and the world is still as it was seen. If not, nothing is noted: the next
    /// tick has to see what called for it.
    fn take(
        &mut self,
        seen: &mut Seen<'_>,
        watched: &Watched,
        (rung, cause): (&str, Class),
        why: String,
    ) -> Result<()> {
        let wait = |why: &str| Some(Decision::Wait { why: why.to_owned() });
        if !has_time(watched, &seen.subject.plan, self.start) {
            seen.subject.decision = wait("this run has no time left for it; the next tick goes on");
            seen.notes = Notes::default();
            return Ok(());
        }
        let root = &self.looker.config.root;
        // Before it is seen whether all is as it was: capturing takes time, in which somebody may be faster.
        let evidence = evidence::capture(&self.looker.processes, watched, root, &seen.subject.plan);
        if !act::still_as_seen(self.looker, seen, watched, self.journal) {
            seen.subject.decision = wait("it changed while this run was looking; the next tick looks again");
            seen.notes = Notes::default();
            return Ok(());
        }
        let files = match self.files_lock(&seen.subject.plan) {
            Ok(files) => files,
            Err(error) => {
                seen.subject.decision = wait(&format!("files cannot be changed now: {error}"));
                seen.notes = Notes::default();
                return Ok(());
            }
        };
        // Who paused or held it since the look began does not want what was decided before.
        if let Some(why) = pauses::meanwhile(self.looker, self.journal, watched.name())? {
            seen.subject.decision = wait(&why);
            seen.notes = Notes::default();
            return Ok(());
        }
        self.keep(&watched.service.name, &evidence);
        let root = &self.looker.config.root;
        let relocated =
            self.starting.as_deref().map(|folder| relocated(&watched.service, (folder, &self.looker.config.data_dir)));
        let service = relocated.as_ref().unwrap_or(&watched.service);
        let (watch, changes) = (locks::of_service(self.looker, watched.name()), seen.subject.plan.clone());
        let again = Again::of(&watch, &changes);
        let plan = Plan { service, root, rung, cause, changes, why, unheld: &again, files, uncounted: false };
        self.notes.update(std::mem::take(&mut seen.notes));
        // Whatever comes of it, from here on something was done.
        self.acted.insert(watched.name().to_owned(), Outcome::Interrupted);
        let (begun, recording) = (clock::now().at, self.starting.is_none());
        let (mut act, mut performed) =
            act::act(self.journal, self.looker, self.options, watched, plan, &mut self.notes)?;
        if recording {
            let recorded = crashes::after_act(self.journal, self.looker, watched, (begun, &mut performed));
            self.complaints.extend(recorded.err().map(|error| error.to_string()));
        }
        self.acted.insert(watched.name().to_owned(), act.outcome);
        if let Some(undone) = follow(self.journal, self.looker, watched, &act)? {
            let what =
                undone.map_or_else(|why| format!("the code could not be brought back: {why}"), |undo| undo.to_string());
            act.detail = format!("{}; {what}", act.detail);
        }
        seen.subject.act = Some(Act { evidence: Some(evidence), ..act });
        Ok(())
    }

    /// The repair lock, for a plan that changes files.
    fn files_lock(&self, plan: &[Change]) -> Result<Option<RecoveryLock>> {
        let needed = plan.iter().any(Change::is_repair);
        let path = self.journal.dir().repair_lock();
        needed.then(|| RecoveryLock::take_within(&path, "heal heal", locks::PATIENCE)).transpose()
    }

    /// Keeps with the incident what was seen, if anything was.
    fn keep(&mut self, service: &str, evidence: &Evidence) {
        let incident = self.journal.history().service(service).incident.as_ref();
        if let Some(incident) = incident.filter(|_| !evidence.is_empty()).map(|incident| incident.id.clone()) {
            let (service, evidence) = (service.to_owned(), Box::new(evidence.clone()));
            // What keeps it from being written keeps the intent from being written as well, and that says so.
            let _ = self.journal.record(Event::Captured { service, incident, evidence });
        }
    }
}
