//! What does the world look like now? Identifies each service, runs its probes, and judges what they found against the history.

use std::sync::Arc;
use std::time::Instant;

use super::Options;
use crate::config::{Config, Watched};
use crate::error::Result;
use crate::host::process::Processes;
use crate::host::{clock, processes};
use crate::journal::{DataDir, LastRun};
use crate::model::disturbance::{self, Disturbance, Reading};
use crate::model::event::Moment;
use crate::model::report::{Considered, Level, Standing, Subject};
use crate::model::service::HOST;
use crate::model::status::Tick;
use crate::model::{Finding, History, Incident, Rules, Service, ServiceHistory, Verdict};
use crate::policy;
use crate::probe::identify::{Claims, Memory, Who, identify_in};
use crate::probe::index::Index;
use crate::probe::run::{Job, finding, run};
use crate::probe::{Declared, Scene};

/// Ticks that are remembered beside the last one: enough to see whether it was always so.
const TICKS_BEFORE: usize = 4;

/// Looks at everything that is declared.
pub(super) struct Looker<'a> {
    pub(super) config: &'a Config,
    options: &'a Options,
    pub(super) now: Moment,
    clocks: Reading,
    disturbed: Vec<Disturbance>,
    /// Ticks before this run, newest first.
    ticks: Vec<Tick>,
    /// The recorded lives of all declared services.
    claims: Claims,
    pub(super) processes: Arc<dyn Processes>,
}

/// One subject as it was seen.
pub(super) struct Seen<'a> {
    /// What will be reported.
    pub(super) subject: Subject,
    /// Who runs as it.
    pub(super) who: Arc<Who>,
    /// The service; `None` for the host.
    pub(super) watched: Option<&'a Watched>,
    /// When the look at it ended.
    pub(super) when: Instant,
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
        let disturbed = disturbance::keep(last.map(|last| last.disturbed).unwrap_or_default(), since, &now);
        Ok(Self { config, options, now, clocks, disturbed, ticks, claims, processes: processes() })
    }

    /// The stamp of a tick that ends now, with whatever happened to the clocks meanwhile.
    pub(super) fn last_run(&self, exit_code: u8, took_ms: u64) -> LastRun {
        let clocks = clock::reading();
        let more = self.clocks.disturbed(&clocks, None);
        let disturbed = disturbance::keep(self.disturbed.clone(), more, &clocks.moment);
        let before = self.ticks.iter().take(TICKS_BEFORE).cloned().collect();
        LastRun { clocks, exit_code, took_ms, before, disturbed }
    }

    /// The services that were asked for, in the order of the file.
    pub(super) fn watched(&self) -> impl Iterator<Item = &'a Watched> {
        let only = &self.options.only;
        self.config.services.iter().filter(move |watched| only.is_empty() || only.contains(&watched.service.name))
    }

    /// Looks at all of them at once, and at the host.
    pub(super) fn look(&self, history: &History) -> Vec<Seen<'a>> {
        let enabled = self.watched().filter(|watched| watched.enabled).map(|watched| &watched.service);
        let index = Index::new(enabled, self.options.explain);
        let mut found = self.identify_all(&index, history).into_iter();
        let mut seen: Vec<(Seen<'a>, usize)> = Vec::new();
        let mut jobs = Vec::new();
        for watched in self.watched() {
            let past = history.service(&watched.service.name);
            let (who, considered) = found.next().unwrap_or((Who::Unwatched, Vec::new()));
            let who = Arc::new(who);
            let own = if watched.enabled { self.jobs(watched.name(), &watched.probes, Some(&who)) } else { Vec::new() };
            let subject = subject(watched.name(), &who, considered, self.options.explain, &past);
            seen.push((Seen { subject, who, watched: Some(watched), when: Instant::now() }, own.len()));
            jobs.extend(own);
        }
        let only = &self.options.only;
        if !self.config.host_probes.is_empty() && (only.is_empty() || only.iter().any(|name| name == HOST)) {
            let who = Arc::new(Who::Unwatched);
            let own = self.jobs(HOST, &self.config.host_probes, None);
            let subject = subject(HOST, &who, Vec::new(), false, &history.service(HOST));
            seen.push((Seen { subject, who, watched: None, when: Instant::now() }, own.len()));
            jobs.extend(own);
        }
        let mut findings = self.examine(jobs).into_iter();
        let when = Instant::now();
        let judged = seen.into_iter().map(|(mut seen, count)| {
            seen.when = when;
            seen.subject.findings = findings.by_ref().take(count).collect();
            let past = history.service(&seen.subject.name);
            seen.subject.standing = self.judge(seen.watched, &seen.who, &seen.subject.findings, &past);
            seen.subject.news = !matches!(seen.subject.standing.level, Level::Healthy | Level::Disabled);
            seen
        });
        judged.collect()
    }

    /// Looks at one service again, now, while an act is verified.
    pub(super) fn look_again(&self, watched: &Watched, past: &ServiceHistory) -> (Who, Vec<Finding>) {
        let fresh = self.renewed();
        let who = Arc::new(fresh.who_again(watched, past));
        let findings = fresh.examine(fresh.jobs(watched.name(), &watched.probes, Some(&who)));
        (Arc::unwrap_or_clone(who), findings)
    }

    /// Looks at one service again, and judges it as the first look was judged.
    pub(super) fn judge_again(&self, watched: &Watched, past: &ServiceHistory) -> (Who, Standing) {
        let (who, findings) = self.look_again(watched, past);
        let standing = self.judge(Some(watched), &who, &findings, past);
        (who, standing)
    }

    /// Who runs as the service, now?
    pub(super) fn who_again(&self, watched: &Watched, past: &ServiceHistory) -> Who {
        let index = Index::new([&watched.service], false);
        self.renewed().who(&index, &watched.service, past, &self.claims).0
    }

    /// The same eyes at this moment.
    fn renewed(&self) -> Self {
        Self {
            config: self.config,
            options: self.options,
            now: clock::now(),
            clocks: self.clocks.clone(),
            disturbed: self.disturbed.clone(),
            ticks: Vec::new(),
            claims: self.claims.clone(),
            processes: processes(),
        }
    }

    /// Who is who: each on its own, then once more where that left a doubt which the others' answers may settle. A process
    /// that two services take for theirs is neither's until a person says whose it is.
    fn identify_all(&self, index: &Index, history: &History) -> Vec<(Who, Vec<Considered>)> {
        let one = |watched: &Watched, claims: &Claims| {
            if !watched.enabled {
                return (Who::Unwatched, Vec::new());
            }
            self.who(index, &watched.service, &history.service(watched.name()), claims)
        };
        let mut found: Vec<(Who, Vec<Considered>)> = self.watched().map(|watched| one(watched, &self.claims)).collect();
        let mut claims = self.claims.clone();
        for (watched, (who, _)) in self.watched().zip(&found) {
            if let Who::Running { process, .. } = who {
                claims.add(&process.identity, watched.name());
            }
        }
        for (watched, answer) in self.watched().zip(&mut found) {
            match &answer.0 {
                Who::Unknown { .. } => *answer = one(watched, &claims),
                Who::Running { process, .. } => {
                    if let Some(other) = claims.other(&process.identity, watched.name()) {
                        let pid = process.identity.pid;
                        let why = format!("pid {pid} fits [service.{other}] as well; narrow `match`");
                        answer.0 = Who::Unknown { why };
                    }
                }
                Who::Gone { .. } | Who::Unwatched => {}
            }
        }
        found
    }

    fn who(&self, index: &Index, service: &Service, past: &ServiceHistory, claims: &Claims) -> (Who, Vec<Considered>) {
        let started = past.started.as_ref().map(|(identity, intent)| (identity, intent.as_str()));
        let memory = Memory { known: past.known.as_ref(), started, claims: Some(claims) };
        identify_in(index, service, &self.config.root, memory, self.processes.as_ref())
    }

    fn jobs(&self, name: &str, probes: &[Declared], who: Option<&Arc<Who>>) -> Vec<Job> {
        let scene = Arc::new(Scene {
            root: self.config.root.clone(),
            service: name.to_owned(),
            beats: DataDir::at(self.config.data_dir.clone()).beats(),
            now: self.now.clone(),
            who: who.cloned(),
            disturbed: self.disturbed.clone(),
            processes: Arc::clone(&self.processes),
        });
        let enabled = probes.iter().filter(|probe| probe.common.enabled);
        enabled
            .map(|probe| Job {
                subject: format!("{name}/{}", probe.name),
                declared: probe.clone(),
                scene: Arc::clone(&scene),
            })
            .collect()
    }

    /// The identity is known already, so the `process` probe needs no thread; what only makes sense of a running process
    /// is not asked while there is none.
    fn examine(&self, jobs: Vec<Job>) -> Vec<Finding> {
        let mut findings: Vec<Option<Finding>> = Vec::with_capacity(jobs.len());
        let mut slow = Vec::new();
        for job in jobs {
            let gone = matches!(job.scene.who.as_deref(), Some(Who::Gone { .. }));
            let zero = std::time::Duration::ZERO;
            if job.declared.kind.name == crate::probe::process::KIND.name {
                findings.push(Some(finding(&job, job.declared.probe.look(&job.scene, zero), zero)));
            } else if gone && job.declared.probe.needs_process() {
                let sight =
                    crate::probe::Sight::new(crate::probe::Judged::Skipped, "not asked: the process is not running");
                findings.push(Some(finding(&job, sight, zero)));
            } else {
                findings.push(None);
                slow.push(job);
            }
        }
        let mut looked = run(&slow).into_iter();
        findings.into_iter().filter_map(|finding| finding.or_else(|| looked.next())).collect()
    }

    fn judge(&self, watched: Option<&Watched>, who: &Who, findings: &[Finding], past: &ServiceHistory) -> Standing {
        if watched.is_some_and(|watched| !watched.enabled) {
            return Standing { level: Level::Disabled, class: None, summary: "enabled = false".to_owned() };
        }
        let (age, anew) = match who {
            Who::Running { process, .. } => (Some(process.age_ms), past.known.as_ref() != Some(&process.identity)),
            _ => (None, false),
        };
        // A life that the history does not know yet starts with clean counters.
        let fails = if anew { Default::default() } else { past.fails.clone() };
        let counted = ServiceHistory { fails, incident: past.incident.clone(), ..ServiceHistory::default() };
        let probes = watched.map_or(self.config.host_probes.as_slice(), |watched| &watched.probes);
        let threshold =
            |name: &str| probes.iter().find(|probe| probe.name == name).map_or(1, |probe| probe.common.fail_after);
        let look = policy::Look { findings, process_age_ms: age, threshold: &threshold };
        policy::judge(look, &rules(watched), &counted)
    }
}

impl Seen<'_> {
    /// Its rules; the host has the default ones.
    pub(super) fn rules(&self) -> Rules {
        rules(self.watched)
    }
}

fn rules(watched: Option<&Watched>) -> Rules {
    watched.map_or_else(Rules::default, |watched| watched.service.rules.clone())
}

fn subject(name: &str, who: &Who, considered: Vec<Considered>, explain: bool, past: &ServiceHistory) -> Subject {
    let process = match who {
        Who::Running { process, .. } => Some((process.identity.clone(), process.command())),
        _ => None,
    };
    Subject {
        name: name.to_owned(),
        standing: Standing { level: Level::Unknown, class: None, summary: String::new() },
        findings: Vec::new(),
        process,
        considered: if explain { considered } else { Vec::new() },
        decision: None,
        plan: Vec::new(),
        act: None,
        incident: past.incident.as_ref().map(Incident::outline),
        held: past.held.as_ref().map(|(_, reason)| reason.clone()),
        news: false,
    }
}

/// Was every probe of the service asked, and did every one say good?
pub(super) fn all_good(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.verdict == Verdict::Healthy)
}
