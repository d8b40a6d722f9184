//! How is trouble followed that is no service's: of files, and of databases? Like that of a service: it begins, it is told, and it
//! ends after a while of health; only that there is no rung to take.

use super::look::Looker;
use crate::error::Result;
use crate::journal::Journal;
use crate::model::report::{Decision, Level, Standing, Subject};
use crate::model::status::Trouble as Incident;
use crate::model::{Event, Finding, Rules, Threshold, Verdict as Seen};
use crate::policy;

/// What is said of it now.
pub(super) struct Followed {
    /// Under which name it is followed: the section of `heal.toml`.
    pub(super) name: String,
    /// The worst of it, as one answer.
    pub(super) finding: Finding,
    /// What stands before that for a person: where it is.
    pub(super) place: String,
    /// Why nothing is done about it; `None` where nothing has to be.
    pub(super) left: Option<String>,
    /// The command to type next.
    pub(super) next: String,
}

/// Feeds the history; answers with a subject while there is, or just was, anything to say of it.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn follow(looker: &Looker<'_>, followed: Followed, journal: &mut Journal) -> Result<Option<Subject>> {
    let Followed { name, finding, place, left, next } = followed;
    let past = journal.history().service(&name);
    let untold = past.repaired.as_ref().is_some_and(|repaired| repaired.queued.is_empty());
    if finding.verdict == Seen::Healthy && !untold && is_quiet(past) {
        return Ok(None);
    }
    let told = journal.news();
    let past = journal.history().service(&name);
    let rules = Rules::default();
    let look = policy::Look {
        findings: std::slice::from_ref(&finding),
        process_age_ms: None,
        life: None,
        threshold: &|_: &str| Threshold::default(),
        gap: looker.config.tick.map(crate::model::disturbance::gap),
        now: &looker.now,
    };
    let mut standing = policy::judge(look, &rules, past);
    if standing.level != Level::Healthy {
        standing.summary = place + &finding.summary;
    }
    let events = policy::follow(&name, &standing, look, &rules, past, &format!("{}/{name}", journal.run()));
    for event in events {
        journal.record(event)?;
    }
    // Of what is no service the class says nothing.
    let worse = stands(journal, &name, Standing { class: None, ..standing.clone() })?;
    let past = journal.history().service(&name);
    let incident = Incident::of(past, &looker.now);
    let healthy = standing.level == Level::Healthy;
    let mut subject = Subject::said(&name, standing, left.clone().unwrap_or_default(), incident, Some(next));
    if healthy || left.is_none() {
        subject.decision = Some(Decision::Nothing);
    }
    subject.findings = vec![finding];
    subject.news = journal.news() > told || worse;
    Ok(Some(subject))
}

/// Writes down where somebody stands, when that changed. Answers whether it became worse.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn stands(journal: &mut Journal, name: &str, now: Standing) -> Result<bool> {
    let Standing { level, class, summary } = now;
    let past = journal.history().service(name);
    let before = past.stood.as_ref().map_or(Level::Healthy, |(level, _)| *level);
    // One trouble that became another is told by `status` as what it is now.
    let another = level == Level::Unhealthy && past.stood_class != class;
    if before != level || another {
        journal.record(Event::Stood { service: name.to_owned(), level, class, summary })?;
    }
    Ok(level > before && level >= Level::Degraded)
}

/// Is there nothing that a good look would change?
fn is_quiet(past: &crate::model::ServiceHistory) -> bool {
    let open = past.incident.is_some() || past.warning.is_some() || !past.recovered.is_empty();
    !open && past.looks.is_empty() && past.unseen_looks == 0 && past.stood.is_none()
}
