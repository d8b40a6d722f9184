//! What does a person read on a bad day? Problems first, a line each, evidence indented, the next command to type last.

use std::fmt::Write as _;
use std::path::Path;

use console::{Style, StyledObject};

use super::{level, outcome, sanitize};
use crate::model::change::{Change, Verb};
use crate::model::event::Outcome;
use crate::model::report::{Act, Decision, Left, Level, Orphan, Refusal, Report, Subject};
use crate::model::revert::short;
use crate::model::units::{counted, span_text};
use crate::model::{Evidence, Finding, Severity, Verdict, redact, rfc3339};

/// Does it need somebody's attention now, what this run did included?
#[must_use]
pub fn is_critical(subject: &Subject) -> bool {
    let cured = subject.act.as_ref().is_some_and(|act| matches!(act.outcome, Outcome::Healed | Outcome::Probation));
    subject.standing.level == Level::Unhealthy && !cured
}

/// The text of a report. With `quiet` it is empty unless there are news: cron mails whatever is printed, and the same
/// trouble once a minute is no news.
#[must_use]
pub fn report(report: &Report, quiet: bool) -> String {
    let mut text = String::new();
    let mut subjects: Vec<&Subject> = report.subjects.iter().collect();
    // Stable: equals stay in the order of the file.
    subjects.sort_by_key(|subject| std::cmp::Reverse((subject.act.is_some(), subject.standing.level)));
    for subject in subjects {
        if !quiet || subject.news {
            self::subject(&mut text, subject, report);
        }
    }
    super::locks::cleared(&mut text, report, quiet);
    super::states::stated(&mut text, report, quiet);
    if report.subjects.is_empty() && report.states.is_empty() && report.layout.is_empty() {
        let line = "nothing is declared to look at: add a [service.NAME] or [host.probes] to heal.toml";
        let _ = writeln!(text, "{} {line}", mark("unknown", Level::Unknown));
    }
    for line in &report.unfinished {
        let _ = writeln!(text, "{} {}", mark("unfinished", Level::Degraded), sanitize::line(line));
    }
    alerts(&mut text, report, quiet);
    for line in report.warnings.iter().filter(|_| !quiet) {
        let _ = writeln!(text, "{} {}", mark("warning", Level::Degraded), sanitize::line(line));
    }
    if !quiet && !report.notes.is_empty() {
        let count = report.notes.len();
        let (things, does) = if count == 1 { ("setting", "does") } else { ("settings", "do") };
        let line = format!("note  {count} {things} of heal.toml {does} nothing yet: heal config check");
        let _ = writeln!(text, "{}", dim(line));
    }
    let silent = quiet && text.is_empty();
    if let Some(next) = next_command(report).filter(|_| !silent) {
        let _ = writeln!(text, "next  {next}");
    }
    text
}

/// Who was told what; and who was not, once each, however much there was to tell.
fn alerts(text: &mut String, report: &Report, quiet: bool) {
    for delivery in report.alerts.iter().filter(|delivery| delivery.failure.is_none() && !quiet) {
        let line = format!("alert  {}: {}", delivery.channel, delivery.title);
        let _ = writeln!(text, "{}", sanitize::line(&line));
    }
    let mut failed: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for delivery in &report.alerts {
        let Some(why) = delivery.failure.as_deref() else { continue };
        match failed.iter_mut().find(|(channel, reason, _)| *channel == delivery.channel && *reason == why) {
            Some((.., titles)) => titles.push(&delivery.title),
            None => failed.push((&delivery.channel, why, vec![&delivery.title])),
        }
    }
    for (channel, why, titles) in failed {
        let line = format!("alert  {channel} was not told \"{}\": {why}", titles.join("\", \""));
        let _ = writeln!(text, "{}", sanitize::line(&line));
    }
}

fn subject(text: &mut String, subject: &Subject, report: &Report) {
    let standing = &subject.standing;
    let summary = if standing.summary.is_empty() { all_well(subject) } else { standing.summary.clone() };
    // Inside its grace nobody knows yet whether a service is ill: no class.
    let class = standing.class.filter(|_| standing.level != Level::Starting);
    let class = class.map(|class| format!("{class:?}").to_lowercase());
    // What was done is the news; what was found before is the reason for it.
    let (mark, class) = match &subject.act {
        Some(act) => {
            // Asked for, it was no cure.
            let asked = act.asked && act.outcome == Outcome::Healed;
            let word = if asked { "restarted" } else { outcome(act.outcome) };
            (mark(word, after(act.outcome)), Some(format!(" (was {})", class.unwrap_or_else(|| was(standing.level)))))
        }
        None if report.command == "heal" && subject.news && standing.level == Level::Healthy => {
            (mark("recovered", Level::Healthy), None)
        }
        None => (mark(level(standing.level), standing.level), class.map(|class| format!(" ({class})"))),
    };
    let (name, class) = (sanitize::line(&subject.name), class.unwrap_or_default());
    let _ = writeln!(text, "{mark} {name}{class}  {}", sanitize::line(&summary));
    // Who asks for an explanation is also told what was good.
    if !matches!(standing.level, Level::Healthy | Level::Disabled) || !subject.considered.is_empty() {
        let (skipped, looked): (Vec<&Finding>, Vec<&Finding>) =
            subject.findings.iter().partition(|finding| finding.verdict == Verdict::Skipped);
        for finding in looked {
            self::finding(text, finding);
        }
        self::skipped(text, &skipped);
        if let Some(incident) = &subject.incident {
            let acts = counted(incident.acts(), "act");
            let _ = writeln!(text, "    incident since {}, {acts} so far", rfc3339(incident.opened));
        }
    }
    // A refusal because of it says so below.
    let refused = matches!(subject.decision, Some(Decision::Refuse { by: Refusal::Held, .. }));
    if let Some((_, reason)) = subject.held.as_ref().filter(|_| !refused) {
        let _ = writeln!(text, "    held  {}", sanitize::line(reason));
    }
    if let Some(paused) = &subject.paused {
        let _ = writeln!(text, "    paused  {}", sanitize::line(&paused.words()));
    }
    if let Some(alarm) = &subject.alarm {
        let _ = writeln!(text, "    often  {}", sanitize::line(alarm));
    }
    for orphan in &subject.orphans {
        let _ = writeln!(text, "    {}", sanitize::line(&self::orphan(orphan)));
    }
    for one in &subject.considered {
        let fits = if one.fits { "fits" } else { "no  " };
        let line = format!("{fits} pid {}  {}  ({})", one.pid, one.command, one.reason);
        let _ = writeln!(text, "    {}", sanitize::line(&line));
    }
    if let Some(act) = &subject.act {
        act.evidence.iter().for_each(|evidence| self::evidence(text, evidence));
        // Of several changes the first that fails ends the act: what was not seen to be done is not claimed.
        let word = if act.outcome == Outcome::Failed { "tried" } else { "did  " };
        for change in &act.changes {
            let _ = writeln!(text, "    {word} {}", sanitize::line(&change_line(change)));
        }
        let took = span_text(i64::try_from(act.took_ms).unwrap_or(i64::MAX));
        let line = format!("{} by `{}` in {took}: {}", outcome(act.outcome), act.rung, act.detail);
        let _ = writeln!(text, "    {}", sanitize::line(&line));
    } else if report.dry_run {
        plan(text, subject, report.command);
    } else {
        let why = match &subject.decision {
            Some(Decision::Refuse { why, .. } | Decision::Helpless { why }) => why,
            // What only waits for its threshold or its grace says so in its first line.
            Some(Decision::Wait { why }) if standing.level == Level::Unhealthy => why,
            _ => return,
        };
        let _ = writeln!(text, "    nothing done: {}", sanitize::line(why));
    }
}

fn orphan(orphan: &Orphan) -> String {
    let what = match &orphan.left {
        Left::Observed => "reported only; mode = \"paper\" would stop it".to_owned(),
        Left::Due => "the tick stops it".to_owned(),
        Left::Stopped => "stopped, with what descended from it".to_owned(),
        Left::Failed(why) => format!("not stopped: {why}"),
    };
    format!("orphan  {} `{}`, {} old: {what}", orphan.identity, orphan.command, span_text(orphan.age_ms))
}

/// How a subject stood that no class of trouble says more of.
fn was(standing: Level) -> String {
    level(standing).to_owned()
}

/// What was seen before the act, in short; the journal and `--json` have all of it.
fn evidence(text: &mut String, evidence: &Evidence) {
    let digest = evidence.digest();
    if !digest.state.is_empty() {
        let _ = writeln!(text, "    state {}", sanitize::line(&digest.state));
    }
    if let Some(tail) = evidence.output() {
        let _ = writeln!(text, "    last output ({})", sanitize::line(&tail.path));
        for line in &digest.lines {
            let _ = writeln!(text, "            {}", sanitize::line(line));
        }
    }
}

fn plan(text: &mut String, subject: &Subject, command: &str) {
    match &subject.decision {
        Some(Decision::Act { rung, why, next, .. }) => {
            let count = subject.would.get(rung).copied().unwrap_or(0);
            let times = if count > 1 { format!(" ({count} times by now)") } else { String::new() };
            let _ = writeln!(text, "    would take `{rung}`{times}: {}", sanitize::line(why));
            for change in &subject.plan {
                let _ = writeln!(text, "    would {}", sanitize::line(&change_line(change)));
            }
            let next =
                next.as_ref().map_or("a person is told".to_owned(), |next| format!("the next tick takes `{next}`"));
            // What a person asks for is no step of a ladder.
            if command != "restart" {
                let _ = writeln!(text, "    if that does not help, {next}");
            }
        }
        Some(Decision::Refuse { why, .. } | Decision::Helpless { why } | Decision::Wait { why }) => {
            let _ = writeln!(text, "    would do nothing: {}", sanitize::line(why));
        }
        Some(Decision::Hold { why }) => {
            let _ = writeln!(text, "    would hold it for a person: {}", sanitize::line(why));
        }
        Some(Decision::Nothing) | None => {}
    }
}

fn finding(text: &mut String, finding: &Finding) {
    let word = match finding.verdict {
        Verdict::Healthy => "good",
        Verdict::Unhealthy(Severity::Warning, _) => "warn",
        Verdict::Unhealthy(Severity::Info, _) => "info",
        Verdict::Unhealthy(Severity::Critical, _) => "bad",
        Verdict::Unknown => "unknown",
        Verdict::Skipped => "skipped",
    };
    let line = format!("{word:<8} {}  {}", finding.probe(), finding.summary);
    let _ = writeln!(text, "    {}", sanitize::line(&line));
    if matches!(finding.verdict, Verdict::Unhealthy(..)) {
        for (name, value) in &finding.evidence {
            let _ = writeln!(text, "            {name}: {}", sanitize::line(value));
        }
    }
}

/// Probes that were not asked, those with one and the same reason on one line.
fn skipped(text: &mut String, skipped: &[&Finding]) {
    for group in skipped.chunk_by(|one, other| one.summary == other.summary) {
        let names: Vec<&str> = group.iter().map(|finding| finding.probe()).collect();
        let why = group.first().map_or("", |finding| &finding.summary);
        let _ = writeln!(text, "    {}", sanitize::line(&format!("skipped  {}  {why}", names.join(", "))));
    }
}

/// What a change does, for a person.
pub(super) fn change_line(change: &Change) -> String {
    match change {
        Change::MoveAside { path, why, .. } => format!("move {} aside ({why})", path.display()),
        Change::PutBack { path, .. } => format!("put {} back", path.display()),
        Change::ReplaceFile { path, why, loss, .. } => format!("replace {} ({why}; {loss})", path.display()),
        Change::MakeDirectory { path, .. } => format!("make the directory {}", path.display()),
        Change::MakeLink { path, target } => format!("lay the link {} to {}", path.display(), target.display()),
        Change::SetAccess { path, before, after, .. } => format!("make {} {after} (it is {before})", path.display()),
        Change::RecoverDatabase { path, .. } => format!("let SQLite recover {}, then check it", path.display()),
        Change::StopProcess { identity, command, grace_ms } => {
            format!("stop {identity} `{command}` (TERM, {} later KILL)", span_text(*grace_ms))
        }
        Change::StartService { argv, cwd, log } => {
            let log = log.strip_prefix(cwd).unwrap_or(log);
            format!("start `{}` in {}, output to {}", redact::command_line(argv), cwd.display(), log.display())
        }
        Change::AskSupervisor { unit, verb, life, grace_ms, .. } => {
            let by = unit.by.word();
            match (verb, life) {
                (Verb::Restart, Some((life, command))) => {
                    let late = span_text(*grace_ms);
                    format!("ask {by} to restart {} ({life} `{command}`, {late} later KILL)", unit.name)
                }
                (Verb::Restart, None) => format!("ask {by} to start {}", unit.name),
                (Verb::ResetFailed, _) => format!("ask {by} to forget that {} failed", unit.name),
                (Verb::Bootstrap { plist }, _) => format!("ask {by} to load {} from {}", unit.name, plist.display()),
            }
        }
        Change::RunCommand { argv, timeout_ms } => {
            format!("run `{}` (at most {})", redact::command_line(argv), span_text(*timeout_ms))
        }
        Change::SendRequest { method, url, timeout_ms, .. } => {
            format!("send {method} {} (at most {})", redact::line(url), span_text(*timeout_ms))
        }
        Change::UpdateRelease(advance) => advance.plan(),
        Change::RevertRelease(revert) => {
            let branch = revert.reference.strip_prefix("refs/heads/").unwrap_or(&revert.reference);
            format!(
                "take back {} on `{branch}` in {} ({})",
                short(&revert.takes_back),
                revert.repo.display(),
                revert.stat
            )
        }
    }
}

/// What there is to say about a subject that is well: its process, or what was measured where there is none.
fn all_well(subject: &Subject) -> String {
    let good = |finding: &&Finding| finding.verdict == Verdict::Healthy;
    match subject.findings.iter().filter(good).find(|finding| finding.kind == "process") {
        Some(process) => process.summary.clone(),
        None => {
            let line = |finding: &Finding| format!("{}: {}", finding.probe(), finding.summary);
            subject.findings.iter().filter(good).map(line).collect::<Vec<_>>().join("; ")
        }
    }
}

/// What to type next, if anything.
fn next_command(report: &Report) -> Option<String> {
    let heal = sanitize::line(&report.heal);
    let waits = |subject: &&Subject| {
        let ladder = matches!(subject.decision, Some(Decision::Refuse { by: Refusal::Ladder, .. }));
        subject.held.is_some() || ladder
    };
    if let Some(subject) = report.subjects.iter().find(waits) {
        return Some(format!("{heal} release {}   (when it is put right)", sanitize::line(&subject.name)));
    }
    let resume = |subject: &Subject| {
        let paused = subject.paused.as_ref()?;
        let what = if paused.all { "--all" } else { &subject.name };
        let note = if paused.unreadable { "if it is not meant" } else { "heal acts again" };
        Some(format!("{heal} resume {}   ({note})", sanitize::line(what)))
    };
    let unreadable = |subject: &&Subject| subject.paused.as_ref().is_some_and(|paused| paused.unreadable);
    if let Some(next) = report.subjects.iter().find(unreadable).and_then(resume) {
        return Some(next);
    }
    // What ends with a command needs nobody.
    let paused = |subject: &&Subject| subject.paused.as_ref().is_some_and(|paused| paused.holder.is_none());
    about_trouble(report, &heal).or_else(|| report.subjects.iter().find(paused).and_then(resume))
}

/// What to type next about what is wrong.
fn about_trouble(report: &Report, heal: &str) -> Option<String> {
    let acts = |subject: &&Subject| matches!(subject.decision, Some(Decision::Act { .. }));
    match report.command {
        "check" => {
            let unwell = report.subjects.iter().filter(|subject| subject.standing.level == Level::Unhealthy);
            // What no rung helps comes with a command of its own; `None` is less than any, and has a ladder.
            let next = unwell.map(|subject| subject.next.as_deref()).min()?;
            Some(next.map_or_else(|| format!("{heal} heal --dry-run"), |next| sanitize::line(next).into_owned()))
        }
        "heal" if report.dry_run => report.subjects.iter().find(acts).map(|_| format!("{heal} heal")),
        "heal" => {
            let subject = report.subjects.iter().find(|subject| is_critical(subject))?;
            // Why a start failed is known to what was started, not to heal.
            if let Some(log) = subject.act.as_ref().and_then(failed_start) {
                return Some(sanitize::line(&format!("tail {}", log.display())).into_owned());
            }
            let usual = || format!("{heal} check --only {} --explain", sanitize::line(&subject.name));
            Some(subject.next.as_deref().map_or_else(usual, |next| sanitize::line(next).into_owned()))
        }
        _ => None,
    }
}

/// Where the start that failed may have said why.
fn failed_start(act: &Act) -> Option<&Path> {
    act.changes.iter().filter(|_| act.outcome == Outcome::Failed).find_map(|change| match change {
        Change::StartService { log, .. } => Some(log.as_path()),
        _ => None,
    })
}

/// How things stand after an act, as a colour.
pub(super) const fn after(outcome: Outcome) -> Level {
    match outcome {
        Outcome::Healed => Level::Healthy,
        Outcome::Probation => Level::Starting,
        Outcome::Unchanged | Outcome::Failed | Outcome::Interrupted => Level::Unhealthy,
    }
}

/// The first word of a line; the one place where colour is used. `console` leaves it out where it would be noise.
pub(super) fn mark(word: &str, level: Level) -> StyledObject<String> {
    let style = match level {
        Level::Healthy => Style::new().green(),
        Level::Starting | Level::Degraded | Level::Unknown => Style::new().yellow(),
        Level::Unhealthy | Level::Blocked => Style::new().red().bold(),
        Level::LeftAlone => Style::new().cyan(),
        Level::Disabled => Style::new().dim(),
    };
    style.apply_to(format!("{word:<9}"))
}

pub(super) fn dim(text: String) -> StyledObject<String> {
    Style::new().dim().apply_to(text)
}
