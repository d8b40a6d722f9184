//! What does a person have to know at three in the morning? What is wrong, since when, what heal did and saw, what it will do
//! next, and the command to type; secrets masked.

use crate::config::Config;
use crate::host::clock;
use crate::model::alert::Message;
use crate::model::event::Notice;
use crate::model::report::{Decision, Level, Refusal, Subject};
use crate::model::units::span_text;
use crate::model::{Incident, Outcome, Report, Severity, redact};
use crate::policy;

/// What a person has to know about this incident, as it stands now.
pub(super) fn message(
    config: &Config,
    report: &Report,
    subject: &Subject,
    incident: &Incident,
    notice: Notice,
) -> Message {
    let name = &subject.name;
    // Whoever reads it sits in another directory.
    let heal = config.call_anywhere();
    let did = subject.act.as_ref().map(|act| act.outcome);
    let healed = did == Some(Outcome::Healed) || (did.is_none() && subject.standing.level == Level::Healthy);
    // Started and not well yet is not healed; the next ticks tell.
    let probation = did == Some(Outcome::Probation);
    let severity = policy::severity(notice, subject, incident);
    let (title, action) = match notice {
        Notice::Opened if healed => (format!("{name}: {}; healed", incident.summary), None),
        Notice::Opened if probation => (format!("{name}: {}; started again, on probation", incident.summary), None),
        Notice::Opened => {
            let next = subject.next.clone().unwrap_or_else(|| format!("{heal} check --only {name} --explain"));
            (format!("{name}: {}", incident.summary), Some(next))
        }
        // Releasing does not refill a budget; only time, or a person who starts it, does.
        Notice::Exhausted if matches!(subject.decision, Some(Decision::Refuse { by: Refusal::Budget, .. })) => (
            format!("{name}: restarted too often, the budget is spent"),
            Some(format!("find out why it keeps failing: {heal} check --only {name} --explain")),
        ),
        Notice::Exhausted => (
            format!("{name}: heal has nothing left to try"),
            Some(format!("look at {name}; then {heal} release {name}")),
        ),
        Notice::Held => {
            let why = subject.held.as_ref().map_or("held", |(_, why)| why.as_str());
            (format!("{name}: waits for a person: {why}"), Some(format!("put it right; then {heal} release {name}")))
        }
        Notice::Warned => {
            let next = subject.next.clone().unwrap_or_else(|| format!("{heal} check --only {name} --explain"));
            (format!("{name}: {}", incident.summary), Some(next))
        }
        Notice::Frequent => {
            let why = format!("find out why it keeps failing: {heal} status {name}");
            (format!("{name}: {}", incident.summary), Some(why))
        }
        Notice::Reverted => {
            let why = format!("look at what was taken back, and why: {heal} status {name}");
            (format!("{name}: {}", incident.summary), Some(why))
        }
        Notice::Repaired => {
            let back = format!("nothing, if that is right; {heal} undo --list shows how to take it back");
            (format!("{name}: {}", incident.summary), Some(back).filter(|_| severity > Severity::Info))
        }
        Notice::Reminder => {
            let next = subject.next.clone().unwrap_or_else(|| format!("{heal} check --only {name} --explain"));
            let lasts = span_text(clock::now().since(&incident.opened));
            (format!("{name}: {}, for {lasts} now", incident.summary), Some(next))
        }
        // Neither of them belongs to an incident: they are not made here.
        Notice::Digest | Notice::Manual => (incident.summary.clone(), None),
        Notice::Misconfigured => (incident.summary.clone(), Some(format!("{heal} config check"))),
        Notice::Recovered => (format!("{name}: recovered"), None),
    };
    let mut details = vec![
        ("since".to_owned(), crate::model::rfc3339(incident.opened.at)),
        ("found".to_owned(), incident.summary.clone()),
    ];
    let mut add = |key: &str, value: String| details.push((key.to_owned(), value));
    if let Some(downtime) = incident.downtime_ms {
        add("downtime", span_text(downtime));
    }
    let over = notice == Notice::Recovered;
    let behind: Vec<&str> =
        report.subjects.iter().filter(|one| one.behind.as_deref() == Some(name)).map(|one| one.name.as_str()).collect();
    if !over && !behind.is_empty() {
        add("behind it", format!("{} (told of only here)", behind.join(", ")));
    }
    // What this run saw and did belongs to the incident that is open now, if any.
    if !over && !subject.standing.summary.is_empty() && subject.standing.summary != incident.summary {
        add("now", subject.standing.summary.clone());
    }
    if let Some(act) = subject.act.as_ref().filter(|_| !over) {
        add("done", format!("{}: {}", act.rung, act.detail));
    }
    if !over {
        let seen = &incident.seen;
        let lines = (!seen.lines.is_empty()).then(|| seen.lines.join("\n"));
        let state = Some(&seen.state).filter(|state| !state.is_empty());
        state.into_iter().for_each(|state| add("state", state.clone()));
        lines.into_iter().for_each(|lines| add("last output", lines));
    }
    if notice == Notice::Exhausted && !incident.tries.is_empty() {
        let tried = incident.tries.iter().map(|(rung, times)| format!("{rung} ({times})"));
        add("tried", tried.collect::<Vec<_>>().join(", "));
    }
    match &subject.decision {
        // Held: nothing comes next, whatever was decided before that was known.
        _ if over || subject.held.is_some() => {}
        Some(Decision::Refuse { why, .. } | Decision::Helpless { why } | Decision::Wait { why }) => {
            add("next", why.clone())
        }
        Some(Decision::Act { rung, .. }) if report.dry_run => {
            add("next", format!("heal only observes; it would take `{rung}`"))
        }
        Some(Decision::Act { next: Some(next), .. }) if !healed => add("next", format!("`{next}` at the next tick")),
        _ => {}
    }
    Message {
        severity,
        notice,
        project: report.project.clone(),
        host: report.host.clone(),
        service: name.clone(),
        incident: incident.id.clone(),
        fingerprint: incident.fingerprint(name),
        // What a probe saw may hold anything.
        title: redact::line(&title),
        details: details.into_iter().map(|(name, text)| (name, masked(&text))).collect(),
        action_required: action,
        since: incident.opened.at,
        at: clock::now().at,
    }
}

fn masked(text: &str) -> String {
    redact::lines(&text.lines().collect::<Vec<_>>()).join("\n")
}
