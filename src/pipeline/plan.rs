//! What is to be done about one subject, and what would that change? Asks policy and the remedies; does nothing itself.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::locks;
use super::look::Looker;
use super::revert::drafted;
use super::seen::Seen;
use crate::config::Watched;
use crate::host::supervisor::Told;
use crate::model::event::Moment;
use crate::model::refused::Refused;
use crate::model::report::{Decision, Level, Refusal, Standing};
use crate::model::{Change, Class, History, Identity, Service, ServiceHistory};
use crate::probe::identify::Who;
use crate::remedy::revert::Taking;
use crate::{policy, remedy};

/// What a run plans at most, so that it ends before its lease does (DESIGN §5).
const WORK: Duration = Duration::from_secs(240);

/// What an act takes beyond `stop_grace`: capturing evidence, confirming the kill, and looking again.
const OVERHEAD: Duration = Duration::from_secs(7);

/// Is there time for these changes, and for looking whether they helped, before the lease of a lock ends that was taken at
/// `start`?
pub(super) fn has_time(watched: &Watched, changes: &[Change], start: Instant) -> bool {
    let slowest = watched.probes.iter().map(|probe| probe.timeout()).max().unwrap_or_default();
    let longest: Duration = changes.iter().map(Change::longest).sum();
    start.elapsed() + longest + watched.service.rules.verify_within.get() + slowest * 2 + OVERHEAD <= WORK
}

/// Decides, and says what the decision would change.
pub(super) fn plan(
    looker: &Looker<'_>,
    seen: &mut Seen<'_>,
    history: &History,
    built: impl FnOnce() -> Vec<&'static str>,
) {
    let past = history.service(&seen.subject.name);
    let subject = &mut seen.subject;
    let Some(watched) = seen.watched else {
        subject.decision = Some(host_decision(&subject.standing));
        return;
    };
    // Only who ails has a ladder, and whether code may be taken back is asked of a file.
    let built = if subject.standing.level == Level::Unhealthy { built() } else { Vec::new() };
    let draft = || drafted(looker, history, watched.name());
    let (decision, revert) = decided(&watched.service, &subject.standing, past, &built, &looker.now, draft);
    let told = seen.told.as_ref().and_then(|told| told.as_ref().ok());
    let decision = restrained(&watched.service, decision, &seen.who, told);
    subject.decision = Some(decision);
    if let Some(Decision::Act { rung, .. }) = &subject.decision {
        let processes = processes_of(&seen.who);
        let locks = if rung == remedy::clear_locks::KIND.name {
            locks::cures(looker, watched.name(), &processes)
        } else {
            Vec::new()
        };
        let told = seen.told.as_ref().and_then(|told| told.as_ref().ok());
        let rules = &looker.config.revert;
        let taking =
            revert.as_ref().map(|revert| Taking { revert, after: &rules.after, after_timeout: rules.after_timeout });
        let case = remedy::Case { service: &watched.service, processes: &processes, locks: &locks, told, taking };
        match remedy::propose(rung, &case) {
            Ok(changes) => subject.plan = changes,
            Err(why) => subject.decision = Some(Decision::Helpless { why }),
        }
    }
}

/// What policy decides, with the code that is to be taken back where that is the rung: it is drafted by `draft`, because only
/// then it is worth asking the repository. Where none may be taken back, the ladder has no such rung.
pub(super) fn decided<T>(
    service: &Service,
    standing: &Standing,
    past: &ServiceHistory,
    built: &[&str],
    now: &Moment,
    draft: impl FnOnce() -> Result<T, Refused>,
) -> (Decision, Option<T>) {
    let decision = policy::decide(service, standing, past, built, now);
    if !matches!(&decision, Decision::Act { rung, .. } if rung == remedy::revert::KIND.name) {
        return (decision, None);
    }
    match draft() {
        Ok(draft) => (decision, Some(draft)),
        Err(refused) => {
            let others: Vec<&str> = built.iter().copied().filter(|one| *one != remedy::revert::KIND.name).collect();
            (because(policy::decide(service, standing, past, &others, now), &refused), None)
        }
    }
}

/// The decision in the light of who it is that would be stopped or started.
pub(super) fn restrained(service: &Service, decision: Decision, who: &Who, told: Option<&Told>) -> Decision {
    let Decision::Act { rung, .. } = &decision else { return decision };
    // One owner: what the supervisor does by itself is not done a second time.
    if let Some(moving) = told.and_then(|told| told.moving.as_ref()) {
        return Decision::Wait { why: format!("{moving}; heal waits for it") };
    }
    // Whoever it is that is unwell: nobody is stopped or started before it is known.
    match who {
        Who::Unknown { why } if guard!("nobody is touched who is not known", true) => {
            Decision::Wait { why: format!("unknown which process it is: {why}") }
        }
        // A rung of one's own signals nobody.
        Who::Unwatched if !service.remedies.contains_key(rung) => {
            Decision::Helpless { why: "nothing says how to recognise its process".to_owned() }
        }
        _ => decision,
    }
}

/// What a remedy may stop: the process and those beside it; of one that is gone, what it left behind.
pub(super) fn processes_of(who: &Who) -> Vec<(Identity, String)> {
    match who {
        Who::Running { process, also, .. } => {
            [&**process].into_iter().chain(also).map(|one| (one.identity.clone(), one.command())).collect()
        }
        Who::Gone { left, .. } => left.iter().map(|one| (one.identity.clone(), one.command())).collect(),
        Who::Unknown { .. } | Who::Unwatched => Vec::new(),
    }
}

/// The decision, with why the code was not taken back.
fn because(decision: Decision, refused: &Refused) -> Decision {
    let more = |why: String| format!("{why}; `revert` is passed over: {refused}");
    match decision {
        Decision::Refuse { by, why } => Decision::Refuse { by, why: more(why) },
        Decision::Helpless { why } => Decision::Helpless { why: more(why) },
        Decision::Act { rung, cause, why, next } => Decision::Act { rung, cause, why: more(why), next },
        other => other,
    }
}

/// Without a data directory: anything but the start of what is positively dead, and left nothing behind, is refused.
pub(super) fn restrict(seen: &mut Seen<'_>, (folder, data): (&Path, &Path)) {
    let gone = matches!(&*seen.who, Who::Gone { left, .. } if left.is_empty());
    if let Some(Decision::Act { rung, cause, .. }) = &seen.subject.decision
        && !(gone && rung == remedy::restart::KIND.name && *cause == Class::Dead)
    {
        let why = format!("`{rung}` is not taken while the data directory cannot be written");
        seen.subject.decision = Some(Decision::Refuse { by: Refusal::Unwritable, why });
        seen.subject.plan.clear();
    }
    for change in &mut seen.subject.plan {
        if let Change::StartService { log, .. } = change {
            relocate(log, &seen.subject.name, (folder, data));
        }
    }
}

/// Its log, elsewhere if it stands in the data directory, where nothing can be written. One of its own stays: a probe may ask
/// whether it grows.
fn relocate(log: &mut PathBuf, service: &str, (folder, data): (&Path, &Path)) {
    if log.starts_with(data) {
        *log = folder.join(format!("{service}.log"));
    }
}

/// The service with its output where it can be written.
pub(super) fn relocated(service: &Service, places: (&Path, &Path)) -> Service {
    let mut service = service.clone();
    if let Some(launch) = &mut service.launch {
        relocate(&mut launch.log, &service.name, places);
    }
    service
}

fn host_decision(standing: &Standing) -> Decision {
    match standing.level {
        Level::Unhealthy => Decision::Helpless { why: "heal does not clean up a machine".to_owned() },
        Level::Healthy | Level::Disabled => Decision::Nothing,
        _ => Decision::Wait { why: standing.summary.clone() },
    }
}
