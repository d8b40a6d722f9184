//! What does the world look like now? Identifies each service, runs its probes, and judges what they found against the history.

mod meet;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::seen::{Seen, apart, during, hands_off, is_plainly_well, is_same, rules, scope, sought, subject, tie};
use super::{Options, supervised};
use crate::config::{Config, Watched};
use crate::error::Result;
use crate::host::process::Processes;
use crate::host::supervisor;
use crate::host::{clock, processes};
use crate::journal::{DataDir, LastRun, Notes, Pauses};
use crate::model::disturbance::{self, Disturbance, Reading};
use crate::model::event::Moment;
use crate::model::report::{Level, Standing};
use crate::model::searched::Searched;
use crate::model::service::HOST;
use crate::model::status::Tick;
use crate::model::{Event, Finding, History, ServiceHistory};
use crate::policy;
use crate::probe::identify::{Claims, Who};
use crate::probe::index::Index;
use crate::probe::run::{Job, Looked, finding, glance, run};
use crate::probe::{Declared, Scene};
use meet::{Met, answer};

pub(super) use meet::Again;

/// Ticks that are remembered beside the last one: enough to see whether it was always so.
const TICKS_BEFORE: usize = 4;

/// What is asked at first sight, one after the other, may take this long; then all the rest is asked at once.
const GLANCES: Duration = Duration::from_millis(8);

/// Looks at everything that is declared.
pub(super) struct Looker<'a> {
    pub(super) config: &'a Config,
    options: &'a Options,
    pub(super) now: Moment,
    clocks: Reading,
    disturbed: Vec<Disturbance>,
    /// Who is looked at; `None` for all.
    scope: Option<BTreeSet<&'a str>>,
    /// Ticks before this run, newest first.
    ticks: Vec<Tick>,
    /// The recorded lives of all declared services.
    claims: Claims,
    pub(super) processes: Arc<dyn Processes>,
    /// What the probes noted when the last tick looked.
    pub(super) notes: Notes,
    /// Who is to be left alone.
    pub(super) pauses: Pauses,
    pub(super) dir: DataDir,
    tick: bool,
    /// When all processes were last searched, before this run.
    searched: Option<Searched>,
    /// A sum of the last good configuration, as it was kept before this run.
    pub(super) good: Option<u64>,
    /// That was lately enough for whatever is plainly well. Only for a tick, and never for a second look.
    brief: bool,
}

impl<'a> Looker<'a> {
    pub(super) fn new(
        config: &'a Config,
        options: &'a Options,
        history: &History,
        dir: &DataDir,
        now: Moment,
    ) -> Result<Self> {
        // To look at nothing would read as "healthy": what is asked for has to be there.
        config.require(&options.only)?;
        let mut claims = Claims::default();
        for watched in config.services.iter().filter(|watched| watched.enabled) {
            let past = history.services.get(watched.name());
            let lives = past.iter().flat_map(|past| past.known.iter().chain(past.started.iter().map(|(life, _)| life)));
            lives.for_each(|life| claims.add(life, watched.name()));
        }
        let clocks = Reading { moment: now.clone(), ..clock::reading() };
        let last = LastRun::read(dir);
        let since = last.as_ref().and_then(|last| last.clocks.disturbed(&clocks, config.tick));
        let ticks = last.as_ref().map(LastRun::ticks).unwrap_or_default();
        let (disturbed, searched, good) =
            last.map(|last| (last.disturbed, last.searched, last.good)).unwrap_or_default();
        let disturbed = disturbance::keep(disturbed, since, &now);
        let scope = scope(config, &options.only);
        let notes = Notes::read(dir);
        let (processes, tick, brief) = (processes(), false, false);
        let pauses = Pauses::read(dir, &now, processes.as_ref());
        Ok(Self {
            config,
            options,
            now,
            clocks,
            disturbed,
            scope,
            ticks,
            claims,
            processes,
            notes,
            pauses,
            dir: dir.clone(),
            tick,
            searched,
            good,
            brief,
        })
    }

    /// The same eyes for a tick: its probes may take a lock for a moment, and it need not search all processes each time.
    pub(super) fn ticking(self) -> Self {
        let brief = self.searched.as_ref().is_some_and(|last| last.suffices(&self.now, sought(self.config)));
        Self { tick: true, brief, ..self }
    }

    /// The stamp of a tick that ends now, with whatever happened to the clocks meanwhile.
    pub(super) fn last_run(&self, exit_code: u8, took_ms: u64, good: Option<u64>) -> LastRun {
        let clocks = clock::reading();
        let more = self.clocks.disturbed(&clocks, None);
        let disturbed = disturbance::keep(self.disturbed.clone(), more, &clocks.moment);
        let before = self.ticks.iter().take(TICKS_BEFORE).cloned().collect();
        let searched = if self.brief || self.scope.is_some() {
            self.searched.clone().map(Searched::later)
        } else {
            Some(Searched::now(self.now.clone(), sought(self.config)))
        };
        LastRun { clocks, exit_code, took_ms, before, disturbed, searched, good }
    }

    /// The services that are looked at, in the order of the file: those that were asked for, and what they need or want.
    fn watched(&self) -> impl Iterator<Item = &'a Watched> {
        self.config
            .services
            .iter()
            .filter(move |watched| self.scope.as_ref().is_none_or(|scope| scope.contains(watched.name())))
    }

    /// Is only a part of the services looked at?
    pub(super) const fn is_partial(&self) -> bool {
        self.scope.is_some()
    }

    /// Was this subject asked for?
    pub(super) fn is_asked(&self, name: &str) -> bool {
        self.options.asks(Some(name))
    }

    /// Looks at all of them at once, and at the host.
    pub(super) fn look(&self, history: &History) -> Vec<Seen<'a>> {
        let enabled = self.watched().filter(|watched| watched.enabled).map(|watched| &watched.service);
        let index = Index::new(enabled, self.options.explain);
        let units =
            self.watched().filter(|watched| watched.enabled).filter_map(|watched| watched.service.unit.as_ref());
        let told = supervisor::ask(units);
        let mut found = self.identify_all(&index, history, &told).into_iter();
        let mut seen: Vec<(Seen<'a>, usize)> = Vec::new();
        let (mut jobs, scene) = (Vec::new(), self.scene());
        for watched in self.watched() {
            let past = history.service(&watched.service.name);
            let (who, considered) = found.next().unwrap_or((Who::Unwatched, Vec::new()));
            let who = Arc::new(who);
            let probes: &[Declared] = if watched.enabled { &watched.probes } else { &[] };
            let own = self.jobs(&scene, (watched.name(), past), probes, Some(&who), &self.notes);
            let subject = subject(watched.name(), &who, considered, self.options.explain, (past, &self.now));
            let told = answer(&told, watched).cloned();
            seen.push((Seen { told, ..Seen::new(subject, who, Some(watched)) }, own.len()));
            jobs.extend(own);
        }
        if !self.config.host_probes.is_empty() && self.is_asked(HOST) {
            let who = Arc::new(Who::Unwatched);
            let probes = if self.config.host_enabled { &self.config.host_probes[..] } else { &[] };
            let own = self.jobs(&scene, (HOST, history.service(HOST)), probes, None, &self.notes);
            let subject = subject(HOST, &who, Vec::new(), false, (history.service(HOST), &self.now));
            seen.push((Seen::new(subject, who, None), own.len()));
            jobs.extend(own);
        }
        let mut findings = self.examine(jobs).into_iter();
        let when = Instant::now();
        let judged = seen.into_iter().map(|(mut seen, count)| {
            seen.when = when;
            (seen.subject.findings, seen.notes) = apart(findings.by_ref().take(count));
            let past = history.service(&seen.subject.name);
            let met = Met { who: &seen.who, told: seen.told.as_ref() };
            seen.subject.standing = self.judge(seen.watched, met, &seen.subject.findings, past);
            seen
        });
        let mut judged: Vec<Seen<'a>> = judged.collect();
        if self.brief {
            judged.iter_mut().for_each(|seen| self.search(seen, &index, history));
        }
        tie(&mut judged);
        for seen in &mut judged {
            if seen.watched.is_some_and(|watched| watched.enabled) {
                let paused = self.pauses.of(&seen.subject.name);
                hands_off(&mut seen.subject, paused);
            }
            seen.subject.alarm = self.alarm(history.service(&seen.subject.name));
            let (level, paused) = (seen.subject.standing.level, &seen.subject.paused);
            // What a look ends with another code than 0 for is worth a line.
            seen.subject.news = match paused {
                Some(paused) => level >= Level::LeftAlone || paused.unreadable,
                None => level > Level::LeftAlone,
            };
        }
        judged
    }

    /// Looks at one service again, now, while an act is verified: each look begins where the one before ended, so that
    /// the last words of the old process are not held against the new one for ever.
    pub(super) fn look_again(&self, watched: &Watched, past: &ServiceHistory, notes: &mut Notes) -> Again {
        let fresh = self.renewed();
        let (who, told) = fresh.met_again(watched, past);
        let who = Arc::new(who);
        let jobs = fresh.jobs(&fresh.scene(), (watched.name(), past), &watched.probes, Some(&who), notes);
        let (findings, newer) = apart(fresh.examine(jobs));
        notes.update(newer);
        Again { who: Arc::unwrap_or_clone(who), told, findings }
    }

    /// Looks at one service again, and judges it as the first look was judged: from the same notes, because evidence does
    /// not vanish by being looked at.
    pub(super) fn judge_again(&self, watched: &Watched, past: &ServiceHistory) -> (Again, Standing) {
        let again = self.look_again(watched, past, &mut self.notes.clone());
        let met = Met { who: &again.who, told: again.told.as_ref() };
        let standing = self.judge(Some(watched), met, &again.findings, past);
        (again, standing)
    }

    /// The same eyes at this moment.
    fn renewed(&self) -> Self {
        Self {
            config: self.config,
            options: self.options,
            now: clock::now(),
            clocks: self.clocks.clone(),
            disturbed: self.disturbed.clone(),
            scope: self.scope.clone(),
            ticks: Vec::new(),
            claims: self.claims.clone(),
            processes: processes(),
            notes: Notes::default(),
            pauses: self.pauses.clone(),
            dir: self.dir.clone(),
            tick: self.tick,
            searched: None,
            good: None,
            brief: false,
        }
    }

    /// What probes may know, whatever they look at.
    fn scene(&self) -> Scene {
        Scene {
            root: Arc::from(self.config.root.as_path()),
            service: String::new(),
            beats: Arc::from(DataDir::at(self.config.data_dir.clone()).beats()),
            now: Arc::new(self.now.clone()),
            who: None,
            disturbed: Arc::from(self.disturbed.as_slice()),
            processes: Arc::clone(&self.processes),
            noted: None,
            tick: self.tick,
        }
    }

    fn jobs(
        &self,
        scene: &Scene,
        (name, past): (&str, &ServiceHistory),
        probes: &[Declared],
        who: Option<&Arc<Who>>,
        notes: &Notes,
    ) -> Vec<Job> {
        // Nearly no look leaves a note, and nothing else asks for it.
        let during = if notes.is_empty() { String::new() } else { during(who.map(|who| &**who), past) };
        let scene = Arc::new(Scene { service: name.to_owned(), who: who.cloned(), ..scene.clone() });
        let enabled = probes.iter().filter(|probe| probe.common.enabled);
        enabled
            .map(|probe| {
                let subject = format!("{name}/{}", probe.name);
                // Few probes note anything: the others share one scene.
                let scene = match notes.of(&subject, &during) {
                    Some(note) => Arc::new(Scene { noted: Some(note.clone()), ..Scene::clone(&scene) }),
                    None => Arc::clone(&scene),
                };
                Job { subject, declared: probe.clone(), scene }
            })
            .collect()
    }

    /// The identity is known already, so the `process` probe needs no thread, nor does what is well at first sight; what only
    /// makes sense of a running process is not asked while there is none.
    fn examine(&self, jobs: Vec<Job>) -> Vec<Looked> {
        let mut findings: Vec<Option<Looked>> = Vec::with_capacity(jobs.len());
        let mut slow = Vec::new();
        let start = Instant::now();
        for job in jobs {
            let gone = matches!(job.scene.who.as_deref(), Some(Who::Gone { .. }));
            let zero = std::time::Duration::ZERO;
            if job.declared.kind.name == crate::probe::process::KIND.name {
                findings.push(Some(finding(&job, job.declared.probe.look(&job.scene, zero), zero)));
            } else if gone && job.declared.probe.needs_process() {
                let sight =
                    crate::probe::Sight::new(crate::probe::Judged::Skipped, "not asked: the process is not running");
                findings.push(Some(finding(&job, sight, zero)));
            } else if let Some(looked) = (start.elapsed() < GLANCES).then(|| glance(&job)).flatten() {
                findings.push(Some(looked));
            } else {
                findings.push(None);
                slow.push(job);
            }
        }
        let mut looked = run(&slow).into_iter();
        findings.into_iter().filter_map(|finding| finding.or_else(|| looked.next())).collect()
    }

    fn judge(&self, watched: Option<&Watched>, met: Met<'_>, findings: &[Finding], past: &ServiceHistory) -> Standing {
        let who = met.who;
        if !watched.map_or(self.config.host_enabled, |watched| watched.enabled) {
            return Standing { level: Level::Disabled, class: None, summary: "enabled = false".to_owned() };
        }
        let rules = rules(watched);
        let standing = self.as_policy_sees(watched, who, findings, |look| policy::judge(look, rules, past));
        match met.told {
            Some(Ok(told)) => supervised::judge(standing, told, rules, past, &self.now),
            _ => standing,
        }
    }

    /// That it is healed too often, if it is.
    pub(super) fn alarm(&self, past: &ServiceHistory) -> Option<String> {
        policy::alarm(past, self.config.heal_rate, &self.now)
    }

    /// What the look means for the history of the subject.
    pub(super) fn follow(&self, seen: &Seen<'_>, past: &ServiceHistory, new_id: &str) -> Vec<Event> {
        let (subject, rules) = (&seen.subject, rules(seen.watched));
        self.as_policy_sees(seen.watched, &seen.who, &subject.findings, |look| {
            policy::follow(&subject.name, &subject.standing, look, rules, past, new_id)
        })
    }

    fn as_policy_sees<T>(
        &self,
        watched: Option<&Watched>,
        who: &Who,
        findings: &[Finding],
        then: impl FnOnce(policy::Look<'_>) -> T,
    ) -> T {
        let process = match who {
            Who::Running { process, .. } => Some(&**process),
            _ => None,
        };
        let (process_age_ms, life) = (process.map(|one| one.age_ms), process.map(|one| &one.identity));
        let probes = watched.map_or(self.config.host_probes.as_slice(), |watched| &watched.probes);
        let threshold = |name: &str| {
            probes.iter().find(|probe| probe.name == name).map(|probe| probe.common.fail_after).unwrap_or_default()
        };
        let gap = self.config.tick.map(disturbance::gap);
        then(policy::Look { findings, process_age_ms, threshold: &threshold, gap, now: &self.now, life })
    }
}
