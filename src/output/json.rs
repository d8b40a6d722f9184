//! What does a program read? Turns a report into its view, so that what is inside may change while the document does not.

use super::outcome;
use super::update_json::Moved;
use super::view::{
    Act, Change, Considered, Decision, Delivery, Finding, Left, Looked, Orphan, Process, Refusal, Report, Seen,
    Subject, TakenBack, Ticked, times,
};
use crate::model::sweep::Fate;
use crate::model::{Finding as Found, Verdict, change, redact, report};

/// The version of all documents.
pub const SCHEMA: &str = "heal/1";

/// The answer of a look.
#[must_use]
pub fn looked(report: &report::Report) -> Report<Looked> {
    view(report, Looked {})
}

/// The answer of a tick.
#[must_use]
pub fn ticked(report: &report::Report) -> Report<Ticked> {
    let acted = |wanted: &[&str]| -> Vec<String> {
        let acts = report.subjects.iter().filter_map(|s| Some((s.name.clone(), outcome(s.act.as_ref()?.outcome))));
        acts.filter(|(_, word)| wanted.contains(word)).map(|(name, _)| name).collect()
    };
    let critical = report.subjects.iter().filter(|subject| super::human::is_critical(subject));
    let critical: Vec<String> = critical.map(|subject| subject.name.clone()).collect();
    let mut stats = crate::model::startup::Stats::default();
    let orphans = report.subjects.iter().flat_map(|subject| &subject.orphans);
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    stats.orphans_stopped = count(orphans.filter(|orphan| orphan.left == report::Left::Stopped).count());
    let files = report.locks.iter().flat_map(|lock| &lock.files);
    stats.locks_cleared = count(files.filter(|file| matches!(file.fate, Fate::Done(_))).count());
    report.mended.iter().for_each(|mended| stats.count(mended));
    let totals = Ticked {
        healed: acted(&["healed", "probation"]),
        failed: acted(&["failed", "unchanged"]),
        success: critical.is_empty(),
        critical,
        stats: stats.into(),
    };
    view(report, totals)
}

fn view<Totals>(report: &report::Report, totals: Totals) -> Report<Totals> {
    let alerts = report.alerts.iter().map(|delivery| Delivery {
        channel: delivery.channel.clone(),
        title: delivery.title.clone(),
        delivered: delivery.failure.is_none(),
        failure: delivery.failure.clone(),
    });
    Report {
        project: report.project.clone(),
        host: report.host.clone(),
        at: report.at.into(),
        duration_ms: report.duration_ms,
        dry_run: report.dry_run,
        services: report.subjects.iter().map(subject).collect(),
        locks: report.locks.iter().map(super::locks_json::lock).collect(),
        layout: report.layout.iter().map(|(path, one)| super::states_json::misplaced(path, one)).collect(),
        repairs: report.mended.iter().map(super::states_json::mend).collect(),
        states: report.states.iter().map(|one| super::states_json::file(&one.judged)).collect(),
        totals,
        unwritable: report.unwritable.clone(),
        unfinished: report.unfinished.clone(),
        alerts: alerts.collect(),
        warnings: [&report.notes[..], &report.warnings].concat(),
    }
}

fn subject(subject: &report::Subject) -> Subject {
    let process = subject.process.as_ref().map(|(identity, command)| Process {
        pid: identity.pid,
        start: identity.start,
        boot: identity.boot.clone(),
        command: command.clone(),
    });
    let act = subject.act.as_ref().map(|act| Act {
        rung: act.rung.clone(),
        outcome: act.outcome,
        detail: act.detail.clone(),
        took_ms: act.took_ms,
        evidence: act.evidence.clone(),
        changes: act.changes.iter().map(change).collect(),
    });
    let considered = subject.considered.iter().map(|one| Considered {
        pid: one.pid,
        command: one.command.clone(),
        fits: one.fits,
        reason: one.reason.clone(),
    });
    Subject {
        name: subject.name.clone(),
        status: subject.standing.level,
        class: subject.standing.class,
        summary: subject.standing.summary.clone(),
        process,
        findings: subject.findings.iter().map(finding).collect(),
        considered: considered.collect(),
        decision: subject.decision.as_ref().map(decision),
        plan: subject.plan.iter().map(change).collect(),
        act,
        incident: subject.incident.as_ref().map(Into::into),
        held: subject.held.as_ref().map(Into::into),
        paused: subject.paused.as_ref().map(Into::into),
        behind: subject.behind.clone(),
        alarm: subject.alarm.clone(),
        orphans: subject.orphans.iter().map(orphan).collect(),
        would: times(&subject.would),
    }
}

fn orphan(orphan: &report::Orphan) -> Orphan {
    let (status, why) = match &orphan.left {
        report::Left::Observed => (Left::Observed, None),
        report::Left::Due => (Left::Due, None),
        report::Left::Stopped => (Left::Stopped, None),
        report::Left::Failed(why) => (Left::Failed, Some(why.clone())),
    };
    let process = Process {
        pid: orphan.identity.pid,
        start: orphan.identity.start,
        boot: orphan.identity.boot.clone(),
        command: orphan.command.clone(),
    };
    Orphan { process, age_ms: orphan.age_ms, status, why }
}

fn finding(finding: &Found) -> Finding {
    let (status, severity, class) = match finding.verdict {
        Verdict::Healthy => (Seen::Healthy, None, None),
        Verdict::Unhealthy(severity, class) => (Seen::Unhealthy, Some(severity), Some(class)),
        Verdict::Unknown => (Seen::Unknown, None, None),
        Verdict::Skipped => (Seen::Skipped, None, None),
    };
    Finding {
        probe: finding.probe().to_owned(),
        kind: finding.kind.to_owned(),
        status,
        severity,
        class,
        summary: finding.summary.clone(),
        evidence: finding.evidence.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())).collect(),
        took_ms: finding.took_ms,
    }
}

pub(super) fn decision(decision: &report::Decision) -> Decision {
    match decision.clone() {
        report::Decision::Nothing => Decision::Nothing,
        report::Decision::Wait { why } => Decision::Wait { why },
        report::Decision::Act { rung, cause, why, next } => Decision::Act { rung, cause, why, next },
        report::Decision::Hold { why } => Decision::Hold { why },
        report::Decision::Refuse { by, why } => {
            let by = match by {
                report::Refusal::Held => Refusal::Held,
                report::Refusal::Paused => Refusal::Paused,
                report::Refusal::Unwritable => Refusal::Unwritable,
                report::Refusal::Budget => Refusal::Budget,
                report::Refusal::Ladder => Refusal::Ladder,
            };
            Decision::Refuse { by, why }
        }
        report::Decision::Helpless { why } => Decision::NothingPossible { why },
    }
}

pub(super) fn change(change: &change::Change) -> Change {
    // Why `heal undo` will not offer it.
    let irreversible = change.irreversible();
    match change {
        change::Change::StopProcess { identity, command, grace_ms } => Change::StopProcess {
            pid: identity.pid,
            start: identity.start,
            command: command.clone(),
            grace_ms: *grace_ms,
            irreversible,
        },
        change::Change::StartService { argv, cwd, log } => Change::StartService {
            argv: redact::command_line(argv),
            cwd: cwd.display().to_string(),
            log: log.display().to_string(),
            irreversible,
        },
        change::Change::AskSupervisor { unit, verb, life, grace_ms, .. } => Change::AskSupervisor {
            unit: unit.to_string(),
            verb: match verb {
                change::Verb::Restart => "restart",
                change::Verb::ResetFailed => "reset-failed",
                change::Verb::Bootstrap { .. } => "bootstrap",
            },
            pid: life.as_ref().map(|(life, _)| life.pid),
            start: life.as_ref().map(|(life, _)| life.start),
            command: life.as_ref().map(|(_, command)| command.clone()),
            grace_ms: *grace_ms,
            irreversible,
        },
        change::Change::RunCommand { argv, timeout_ms } => {
            Change::RunCommand { argv: redact::command_line(argv), timeout_ms: *timeout_ms, irreversible }
        }
        change::Change::MoveAside { path, why, .. } => {
            Change::MoveAside { path: path.display().to_string(), why: why.clone(), irreversible }
        }
        change::Change::PutBack { kept, path, .. } => {
            Change::PutBack { kept: kept.display().to_string(), path: path.display().to_string(), irreversible }
        }
        change::Change::ReplaceFile { path, sha256, why, loss, .. } => Change::ReplaceFile {
            path: path.display().to_string(),
            sha256: sha256.clone(),
            why: why.clone(),
            loss: loss.clone(),
            irreversible,
        },
        change::Change::MakeDirectory { path, mode, .. } => Change::MakeDirectory {
            path: path.display().to_string(),
            mode: mode.map(|mode| format!("{mode:04o}")),
            irreversible,
        },
        change::Change::MakeLink { path, target } => {
            Change::MakeLink { path: path.display().to_string(), target: target.display().to_string(), irreversible }
        }
        change::Change::SetAccess { path, before, after, .. } => Change::SetAccess {
            path: path.display().to_string(),
            before: before.into(),
            after: after.into(),
            irreversible,
        },
        change::Change::RecoverDatabase { path, why, .. } => {
            Change::RecoverDatabase { path: path.display().to_string(), why: why.clone(), irreversible }
        }
        change::Change::SendRequest { method, url, timeout_ms, .. } => Change::SendRequest {
            method: method.clone(),
            url: redact::line(url),
            timeout_ms: *timeout_ms,
            irreversible,
        },
        change::Change::UpdateRelease(advance) => Change::UpdateRelease(Box::new(Moved::of(advance))),
        change::Change::RevertRelease(revert) => Change::RevertRelease(Box::new(TakenBack::of(revert))),
    }
}
