//! What does a program read? The frozen v1 view of a report: its own shape, so that what is inside may change.

use serde_json::{Map, Value, json};

use super::{level, outcome};
use crate::model::change::Change;
use crate::model::report::{Decision, Refusal, Report, Subject};
use crate::model::{Finding, Verdict, rfc3339};

/// The version of all documents.
pub const SCHEMA: &str = "heal/1";

/// The fields of a report, below the envelope.
#[must_use]
pub fn report(report: &Report) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut add = |key: &str, value: Value| fields.insert(key.to_owned(), value);
    add("project", json!(report.project));
    add("host", json!(report.host));
    add("at", json!(rfc3339(report.at)));
    add("duration_ms", json!(report.duration_ms));
    add("dry_run", json!(report.dry_run));
    add("services", report.subjects.iter().map(subject).collect());
    if report.command == "heal" {
        let acted = |wanted: &[&str]| -> Value {
            let acts = report.subjects.iter().filter_map(|s| Some((s.name.clone(), outcome(s.act.as_ref()?.outcome))));
            acts.filter(|(_, word)| wanted.contains(word)).map(|(name, _)| Value::from(name)).collect()
        };
        let critical = report.subjects.iter().filter(|subject| super::human::is_critical(subject));
        add("healed", acted(&["healed", "probation"]));
        add("failed", acted(&["failed", "unchanged"]));
        add("critical", critical.map(|subject| subject.name.clone()).collect());
        add("success", json!(report.subjects.iter().all(|subject| !super::human::is_critical(subject))));
    }
    add("unfinished", json!(report.unfinished));
    let alerts = report.alerts.iter().map(|delivery| {
        json!({"channel": delivery.channel, "title": delivery.title, "delivered": delivery.failure.is_none(),
            "failure": delivery.failure})
    });
    add("alerts", alerts.collect());
    add("warnings", json!([&report.notes[..], &report.warnings].concat()));
    fields
}

fn subject(subject: &Subject) -> Value {
    let process = subject.process.as_ref().map(|(identity, command)| {
        json!({"pid": identity.pid, "start": identity.start, "boot": identity.boot, "command": command})
    });
    let incident =
        subject.incident.as_ref().map(|(id, opened, acts)| json!({"id": id, "opened": rfc3339(*opened), "acts": acts}));
    let act = subject.act.as_ref().map(|act| {
        json!({"rung": act.rung, "outcome": outcome(act.outcome), "detail": act.detail, "took_ms": act.took_ms,
            "evidence": act.evidence, "changes": act.changes.iter().map(change).collect::<Value>()})
    });
    let considered = subject
        .considered
        .iter()
        .map(|one| json!({"pid": one.pid, "command": one.command, "fits": one.fits, "reason": one.reason}));
    json!({
        "name": subject.name,
        "status": level(subject.standing.level),
        "class": subject.standing.class,
        "summary": subject.standing.summary,
        "process": process,
        "findings": subject.findings.iter().map(finding).collect::<Value>(),
        "considered": considered.collect::<Value>(),
        "decision": subject.decision.as_ref().map(decision),
        "plan": subject.plan.iter().map(change).collect::<Value>(),
        "act": act,
        "incident": incident,
        "held": subject.held,
    })
}

fn finding(finding: &Finding) -> Value {
    let (status, severity, class) = match finding.verdict {
        Verdict::Healthy => ("healthy", None, None),
        Verdict::Unhealthy(severity, class) => ("unhealthy", Some(severity), Some(class)),
        Verdict::Unknown => ("unknown", None, None),
        Verdict::Skipped => ("skipped", None, None),
    };
    let evidence: Map<String, Value> =
        finding.evidence.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect();
    json!({"probe": finding.probe(), "kind": finding.kind, "status": status, "severity": severity, "class": class,
        "summary": finding.summary, "evidence": evidence, "took_ms": finding.took_ms})
}

fn decision(decision: &Decision) -> Value {
    match decision {
        Decision::Nothing => json!({"do": "nothing"}),
        Decision::Wait { why } => json!({"do": "wait", "why": why}),
        Decision::Act { rung, why, next } => json!({"do": "act", "rung": rung, "why": why, "next": next}),
        Decision::Refuse { by, why } => {
            let by = match by {
                Refusal::Held => "held",
                Refusal::Budget => "budget",
                Refusal::Ladder => "ladder",
            };
            json!({"do": "refuse", "by": by, "why": why})
        }
        Decision::Helpless { why } => json!({"do": "nothing-possible", "why": why}),
    }
}

fn change(change: &Change) -> Value {
    // Why `heal undo` will not offer it; null for what can be taken back.
    let irreversible = change.irreversible();
    match change {
        Change::StopProcess { identity, command, grace_ms } => {
            json!({"change": "stop-process", "pid": identity.pid, "start": identity.start, "command": command,
                "grace_ms": grace_ms, "irreversible": irreversible})
        }
        Change::StartService { argv, cwd, log } => {
            json!({"change": "start-service", "argv": crate::model::redact::command_line(argv),
                "cwd": cwd.display().to_string(), "log": log.display().to_string(), "irreversible": irreversible})
        }
    }
}
