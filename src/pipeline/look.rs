//! What does the world look like now? Identifies each service, runs its probes, and judges what they found against the history.

use std::sync::Arc;

use super::Options;
use crate::config::{Config, Watched};
use crate::error::{Error, Kind, Result};
use crate::host::process::Processes;
use crate::host::{clock, processes};
use crate::journal::{DataDir, LastRun};
use crate::model::event::Moment;
use crate::model::report::{Considered, Level, Standing, Subject};
use crate::model::service::HOST;
use crate::model::units::span_text;
use crate::model::{Finding, History, Rules, Service, ServiceHistory, Verdict};
use crate::policy;
use crate::probe::identify::{Who, identify_in};
use crate::probe::index::Index;
use crate::probe::run::{Job, finding, run};
use crate::probe::{Declared, Scene};

/// A gap of more ticks than this means that the machine slept, or that nobody ticked: files are old for a reason that
/// says nothing about the service (DESIGN §6).
const GAP_TICKS: i64 = 3;

/// Looks at everything that is declared.
pub(super) struct Looker<'a> {
    pub(super) config: &'a Config,
    options: &'a Options,
    pub(super) now: Moment,
    unjudged: Option<String>,
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
}

impl<'a> Looker<'a> {
    pub(super) fn new(config: &'a Config, options: &'a Options, dir: &DataDir, now: Moment) -> Result<Self> {
        // To look at nothing would read as "healthy": what is asked for has to be there.
        let host = (!config.host_probes.is_empty()).then_some(HOST);
        let services = config.services.iter().map(|watched| watched.service.name.as_str());
        let names: Vec<&str> = services.chain(host).collect();
        if let Some(name) = options.only.iter().find(|name| !names.contains(&name.as_str())) {
            let path = config.path.display();
            let message = match name.as_str() {
                HOST => format!("there are no [host.probes] in {path}"),
                _ => format!("there is no service `{name}` in {path}"),
            };
            let hint = match names.as_slice() {
                [] => "it declares nothing to look at".to_owned(),
                names => format!("it declares: {}", names.join(", ")),
            };
            return Err(Error::new(Kind::Usage, message).hint(hint));
        }
        let unjudged = gap(config, dir, &now);
        Ok(Self { config, options, now, unjudged, processes: processes() })
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
        let mut seen: Vec<(Seen<'a>, usize)> = Vec::new();
        let mut jobs = Vec::new();
        for watched in self.watched() {
            let past = history.service(&watched.service.name);
            let (who, considered) =
                if watched.enabled { self.who(&index, &watched.service, &past) } else { (Who::Unwatched, Vec::new()) };
            let who = Arc::new(who);
            let own = if watched.enabled { self.jobs(watched.name(), &watched.probes, Some(&who)) } else { Vec::new() };
            let subject = subject(watched.name(), &who, considered, self.options.explain, &past);
            seen.push((Seen { subject, who, watched: Some(watched) }, own.len()));
            jobs.extend(own);
        }
        let only = &self.options.only;
        if !self.config.host_probes.is_empty() && (only.is_empty() || only.iter().any(|name| name == HOST)) {
            let who = Arc::new(Who::Unwatched);
            let own = self.jobs(HOST, &self.config.host_probes, None);
            let subject = subject(HOST, &who, Vec::new(), false, &history.service(HOST));
            seen.push((Seen { subject, who, watched: None }, own.len()));
            jobs.extend(own);
        }
        let mut findings = self.examine(jobs).into_iter();
        let judged = seen.into_iter().map(|(mut seen, count)| {
            seen.subject.findings = findings.by_ref().take(count).collect();
            seen.subject.standing = self.judge(&seen, &history.service(&seen.subject.name));
            seen.subject.news = !matches!(seen.subject.standing.level, Level::Healthy | Level::Disabled);
            seen
        });
        judged.collect()
    }

    /// Looks at one service again, now, while an act is verified.
    pub(super) fn look_again(&self, watched: &Watched, past: &ServiceHistory) -> (Who, Vec<Finding>) {
        let fresh = Self {
            config: self.config,
            options: self.options,
            now: clock::now(),
            unjudged: None,
            processes: processes(),
        };
        let (who, _) = fresh.who(&Index::new([&watched.service], false), &watched.service, past);
        let who = Arc::new(who);
        let findings = fresh.examine(fresh.jobs(watched.name(), &watched.probes, Some(&who)));
        (Arc::unwrap_or_clone(who), findings)
    }

    fn who(&self, index: &Index, service: &Service, past: &ServiceHistory) -> (Who, Vec<Considered>) {
        identify_in(index, service, &self.config.root, past.known.as_ref(), self.processes.as_ref())
    }

    fn jobs(&self, name: &str, probes: &[Declared], who: Option<&Arc<Who>>) -> Vec<Job> {
        let scene = Arc::new(Scene {
            root: self.config.root.clone(),
            now: self.now.clone(),
            who: who.cloned(),
            stale_unjudged: self.unjudged.clone(),
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

    fn judge(&self, seen: &Seen<'_>, past: &ServiceHistory) -> Standing {
        if seen.watched.is_some_and(|watched| !watched.enabled) {
            return Standing { level: Level::Disabled, class: None, summary: "enabled = false".to_owned() };
        }
        let (age, anew) = match &*seen.who {
            Who::Running { process, .. } => (Some(process.age_ms), past.known.as_ref() != Some(&process.identity)),
            _ => (None, false),
        };
        // A life that the history does not know yet starts with clean counters.
        let fails = if anew { Default::default() } else { past.fails.clone() };
        let counted = ServiceHistory { fails, ..ServiceHistory::default() };
        let probes = seen.watched.map_or(self.config.host_probes.as_slice(), |watched| &watched.probes);
        let threshold =
            |name: &str| probes.iter().find(|probe| probe.name == name).map_or(1, |probe| probe.common.fail_after);
        let look = policy::Look { findings: &seen.subject.findings, process_age_ms: age, threshold: &threshold };
        policy::judge(look, &seen.rules(), &counted)
    }
}

impl Seen<'_> {
    /// Its rules; the host has the default ones.
    pub(super) fn rules(&self) -> Rules {
        self.watched.map_or_else(Rules::default, |watched| watched.service.rules.clone())
    }
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
        incident: past.incident.as_ref().map(|incident| {
            let acts = incident.tries.values().sum();
            (incident.id.clone(), incident.opened.at, acts)
        }),
        held: past.held.as_ref().map(|(_, reason)| reason.clone()),
        news: false,
    }
}

/// Why freshness cannot be judged in this run, if it cannot.
fn gap(config: &Config, dir: &DataDir, now: &Moment) -> Option<String> {
    let tick = config.tick?;
    let passed = now.since(&LastRun::read(dir)?.moment);
    (passed > tick.millis().saturating_mul(GAP_TICKS))
        .then(|| format!("not judged: the first look for {}, the machine may have slept", span_text(passed)))
}

/// Was every probe of the service asked, and did every one say good?
pub(super) fn all_good(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.verdict == Verdict::Healthy)
}
