//! What is one subject, as a run sees it? Its report in the making, who it is, and what the others' trouble means for it.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use crate::config::{Config, Watched};
use crate::host::supervisor::Told;
use crate::journal::Notes;
use crate::model::event::Moment;
use crate::model::report::{Considered, Level, Standing, Subject};
use crate::model::service::HOST;
use crate::model::status::Trouble;
use crate::model::{Class, Finding, Paused, Rules, ServiceHistory, Severity, Verdict};
use crate::policy;
use crate::probe::identify::Who;
use crate::probe::run::Looked;

/// One subject as it was seen.
pub(super) struct Seen<'a> {
    /// What will be reported.
    pub(super) subject: Subject,
    /// Who runs as it.
    pub(super) who: Arc<Who>,
    /// What its supervisor says, where it has one.
    pub(super) told: Option<Result<Told, String>>,
    /// The service; `None` for the host.
    pub(super) watched: Option<&'a Watched>,
    /// When the look at it ended.
    pub(super) when: Instant,
    /// What its probes noted for their next look.
    pub(super) notes: Notes,
}

impl<'a> Seen<'a> {
    pub(super) fn new(subject: Subject, who: Arc<Who>, watched: Option<&'a Watched>) -> Self {
        Self { subject, who, told: None, watched, when: Instant::now(), notes: Notes::default() }
    }
}

/// Those that were asked for, and whatever they depend on.
pub(super) fn scope<'a>(config: &'a Config, only: &'a [String]) -> Option<BTreeSet<&'a str>> {
    if only.is_empty() {
        return None;
    }
    let mut open: Vec<&str> = only.iter().map(String::as_str).collect();
    let mut scope = BTreeSet::new();
    while let Some(name) = open.pop() {
        if let Some(watched) =
            config.services.iter().find(|watched| watched.name() == name && scope.insert(watched.name()))
        {
            open.extend(watched.service.needs.iter().chain(&watched.service.wants).map(String::as_str));
        }
    }
    Some(scope)
}

/// A sum over all that decides which process is which service: when it changes, they are searched for anew.
pub(super) fn sought(config: &Config) -> u64 {
    let mut sum = DefaultHasher::new();
    for watched in &config.services {
        (watched.name(), watched.enabled, &watched.service.selector, &watched.service.launch).hash(&mut sum);
    }
    sum.finish()
}

/// Is nothing at all wrong, so that nothing will be done, and nothing said?
pub(super) fn is_plainly_well(subject: &Subject) -> bool {
    let fine = |finding: &Finding| matches!(finding.verdict, Verdict::Healthy | Verdict::Skipped);
    subject.standing.level == Level::Healthy && subject.findings.iter().all(fine)
}

/// Was nothing wrong after the last tick? An incident, or two that fit, are looked at with all care until they are over.
pub(super) fn was_plainly_well(past: &ServiceHistory) -> bool {
    past.incident.is_none() && past.stood.as_ref().is_none_or(|(level, _)| *level == Level::Healthy)
}

/// Is it the same life, with the same others beside it?
pub(super) fn is_same(one: &Who, other: &Who) -> bool {
    let lives = |who: &Who| match who {
        Who::Running { process, also, .. } => {
            let lives = std::iter::once(&**process).chain(also).map(|process| process.identity.clone());
            Some(lives.collect::<Vec<_>>())
        }
        _ => None,
    };
    lives(one).is_some_and(|lives_of_one| lives(other) == Some(lives_of_one))
}

/// The findings, and the notes of those that took one.
pub(super) fn apart(looked: impl IntoIterator<Item = Looked>) -> (Vec<Finding>, Notes) {
    let mut notes = Notes::default();
    let keep = |(finding, note): Looked| {
        if let Some(note) = note {
            notes.take(&finding.subject, note);
        }
        finding
    };
    (looked.into_iter().map(keep).collect(), notes)
}

/// The rules of a service; the host has the default ones.
pub(super) fn rules(watched: Option<&Watched>) -> &Rules {
    static DEFAULT: LazyLock<Rules> = LazyLock::new(Rules::default);
    watched.map_or_else(|| &*DEFAULT, |watched| &watched.service.rules)
}

pub(super) fn subject(
    name: &str,
    who: &Who,
    considered: Vec<Considered>,
    explain: bool,
    (past, now): (&ServiceHistory, &Moment),
) -> Subject {
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
        incident: Trouble::of(past, now),
        held: past.held.as_ref().map(|(since, reason)| (since.at, reason.clone())),
        paused: None,
        behind: None,
        alarm: None,
        orphans: Vec::new(),
        would: past.would.clone(),
        next: None,
        news: false,
    }
}

/// What the trouble of each service means for those that need it.
pub(super) fn tie(seen: &mut [Seen<'_>]) {
    let nodes: Vec<policy::Node<'_>> = seen
        .iter()
        .filter_map(|seen| {
            let failing = policy::is_failing(&seen.subject.findings);
            Some(policy::Node { service: &seen.watched?.service, standing: &seen.subject.standing, failing })
        })
        .collect();
    let ties = policy::ties(&nodes);
    for (seen, tie) in seen.iter_mut().filter(|seen| seen.watched.is_some()).zip(ties) {
        let Some(tie) = tie else { continue };
        if let policy::Tie::Behind(root) = &tie {
            seen.subject.behind = Some(root.clone());
        }
        seen.subject.standing = policy::tied(seen.subject.standing.clone(), &tie);
    }
}

/// A person wants it left alone: whatever is wrong with it is said, and neither counted nor acted upon.
pub(super) fn hands_off(subject: &mut Subject, paused: Option<Paused>) {
    if policy::hands_off(&mut subject.standing, paused.is_some()) {
        subject.behind = None;
    }
    subject.paused = paused;
}

/// What has to stay as it is for old evidence to speak against a service: its life, its trouble, and that no person has
/// released it.
pub(super) fn during(who: Option<&Who>, past: &ServiceHistory) -> String {
    let life = match who {
        Some(Who::Running { process, .. }) => {
            let life = &process.identity;
            format!("{} {} {}", life.pid, life.start, life.boot)
        }
        _ => String::new(),
    };
    let incident = past.incident.as_ref().map_or("", |incident| incident.id.as_str());
    let exhausted = past.incident.as_ref().is_some_and(|incident| incident.exhausted.is_some());
    format!("{life} {incident} {} {exhausted}", past.held.is_some())
}

/// The probes whose look used up what would have called for an act. That none was taken (the budget is spent, it is held,
/// there is nothing that may be done) does not make it well: they look at the same again until there was an act, a release,
/// or a new life. Only where what they saw is about the process, though: what merely alerts (`resource` and the like) has
/// done so, and is good again; and who wants several bad looks (`fail_after`) wants several lines.
pub(super) fn used_up(subject: &Subject, who: &Who, watched: &Watched) -> Vec<String> {
    let about = |finding: &&Finding| {
        let probe = watched.probes.iter().find(|probe| probe.name == finding.probe());
        let classes = [Class::Hung, Class::Dead, Class::Permanent];
        probe.is_some_and(|probe| probe.probe.uses_up() && probe.common.fail_after.bad <= 1)
            && matches!(finding.verdict, Verdict::Unhealthy(Severity::Critical, class) if classes.contains(&class))
    };
    // Without an identity nobody sees a new life begin: it would be bad for ever.
    let known = matches!(who, Who::Running { .. } | Who::Gone { .. });
    if subject.standing.level != Level::Unhealthy || !known {
        return Vec::new();
    }
    subject.findings.iter().filter(about).map(|finding| finding.subject.clone()).collect()
}

/// Was every probe of the service asked, and did none find what the act was to cure? A warning, or trouble of a class that
/// no act cures, was there before and says nothing about the act. Without an identity there is no process to ask for.
pub(super) fn all_good(findings: &[Finding], own: bool, cause: Class) -> bool {
    let nobody = |finding: &Finding| own && finding.verdict == Verdict::Skipped && finding.kind == "process";
    findings.iter().all(|finding| !speaks_against(finding, cause) || nobody(finding))
}

/// Does it say that the act did not help, or not say that it did?
pub(super) fn speaks_against(finding: &Finding, cause: Class) -> bool {
    match finding.verdict {
        Verdict::Healthy | Verdict::Unhealthy(Severity::Info | Severity::Warning, _) => false,
        Verdict::Unhealthy(Severity::Critical, class) => {
            class == cause || !matches!(class, Class::Resource | Class::Dependency)
        }
        Verdict::Unknown | Verdict::Skipped => true,
    }
}

/// Is nothing that speaks against the act more than that it cannot be said? The process is too young to be judged, or a probe
/// could not look: neither is a complaint, and least of all a reason to take code back (DESIGN §6).
pub(super) fn only_untold(findings: &[Finding], cause: Class) -> bool {
    let unseen = |one: &Finding| guard!("what cannot be seen is no failure", one.verdict == Verdict::Unknown);
    findings.iter().all(|one| one.verdict == Verdict::Skipped || unseen(one) || !speaks_against(one, cause))
}

/// What is looked at: `service/probe`, `host/probe`.
pub(super) fn subjects(config: &Config) -> BTreeSet<String> {
    let services = config.services.iter().filter(|watched| watched.enabled);
    let tables = services.map(|watched| (watched.name(), watched.probes.as_slice()));
    let probes = tables.chain([(HOST, config.host_probes.as_slice())]);
    let enabled = probes.flat_map(|(name, probes)| {
        probes.iter().filter(|probe| probe.common.enabled).map(move |probe| format!("{name}/{}", probe.name))
    });
    enabled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sign;

    #[test]
    fn what_cannot_be_seen_is_no_complaint_about_an_act() {
        // Found by the simulation: a probe timed out after code had been taken back; that counted as "it did not help", and
        // the release that crashes was brought back.
        let (good, hung) = (Verdict::Healthy, Verdict::Unhealthy(Severity::Critical, Class::Hung));
        let full = Verdict::Unhealthy(Severity::Critical, Class::Resource);
        let table = [
            (&[good, Verdict::Unknown][..], true),
            (&[good, Verdict::Skipped], true),
            (&[full, Verdict::Unknown], true),
            (&[hung, Verdict::Unknown], false),
            (&[hung, good], false),
        ];
        for (verdicts, expected) in table {
            let finding = |verdict: &Verdict| Finding {
                subject: "bot/p".to_owned(),
                kind: "http",
                verdict: *verdict,
                summary: String::new(),
                evidence: Vec::new(),
                figures: Vec::new(),
                sign: Sign::Answer,
                took_ms: 0,
            };
            let findings: Vec<Finding> = verdicts.iter().map(finding).collect();
            assert_eq!(only_untold(&findings, Class::Dead), expected, "{verdicts:?}");
        }
    }
}
