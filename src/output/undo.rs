//! What can be taken back, and what was? For people and, as a view, for programs.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::human::{after, change_line, mark};
use super::view::{Change, Time};
use super::{json, outcome, sanitize};
use crate::model::report::{Delivery, Level};
use crate::model::undo::{Done, Fate, PastChange, PastRun, Undone};
use crate::model::{Outcome, rfc3339};

/// `heal undo`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Told {
    /// Nothing was done, only looked at.
    dry_run: bool,
    /// The runs that changed something, newest first: all of them for a list, else the one that is taken back.
    runs: Vec<Run>,
    /// What would be done, in order: empty when a rule says no.
    plan: Vec<Change>,
    /// What was done, in order.
    made: Vec<Made>,
    /// How the service is with the code that was brought back; null when it was no code.
    outcome: Option<Outcome>,
    /// What was seen of it.
    detail: Option<String>,
    /// Alerts that were not delivered.
    pending: Vec<String>,
    /// Why it was refused, or why not all of it was done.
    failure: Option<String>,
    /// Acts that an earlier run began and did not finish.
    unfinished: Vec<String>,
}

/// One run.
#[derive(Debug, Serialize, JsonSchema)]
struct Run {
    /// Its id: what to give to `heal undo`.
    id: String,
    /// When it first changed something.
    at: Time,
    /// What it changed, in order.
    changes: Vec<Taken>,
}

/// One thing that a run changed.
#[derive(Debug, Serialize, JsonSchema)]
struct Taken {
    /// The service that it belongs to.
    service: String,
    /// The rung, or what the repair is called.
    rung: String,
    /// What was done.
    what: String,
    /// Can it be taken back?
    fate: Word,
    /// Why it cannot, or which run took it back.
    why: Option<String>,
}

/// Can it be taken back?
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Reversible,
    Irreversible,
    MovedOn,
    TakenBack,
}

/// One change that was made.
#[derive(Debug, Serialize, JsonSchema)]
struct Made {
    /// The change.
    change: Change,
    /// What was seen of it.
    seen: String,
}

/// For programs.
#[must_use]
pub fn told(undone: &Undone) -> Told {
    let made =
        |(change, seen): &(crate::model::Change, String)| Made { change: json::change(change), seen: seen.clone() };
    Told {
        dry_run: undone.dry_run,
        runs: undone.runs.iter().map(run).collect(),
        plan: undone.plan.iter().map(json::change).collect(),
        made: undone.made.iter().map(made).collect(),
        outcome: undone.act.as_ref().map(|act| act.outcome),
        detail: undone.act.as_ref().map(|act| act.detail.clone()),
        pending: pending(undone),
        failure: undone.failure.clone(),
        unfinished: undone.unfinished.clone(),
    }
}

fn pending(undone: &Undone) -> Vec<String> {
    undone.alerts.iter().filter_map(Delivery::untold).collect()
}

fn run(run: &PastRun) -> Run {
    let changes = run.changes.iter().map(|change| {
        let (fate, why) = match &change.fate {
            Fate::Reversible => (Word::Reversible, None),
            Fate::Irreversible(why) => (Word::Irreversible, Some((*why).to_owned())),
            Fate::MovedOn(why) => (Word::MovedOn, Some(why.clone())),
            Fate::TakenBack(run) => (Word::TakenBack, Some(run.clone())),
        };
        let (service, rung) = (change.service.clone(), change.rung.clone());
        Taken { service, rung, what: what(change), fate, why }
    });
    Run { id: run.id.clone(), at: run.at.into(), changes: changes.collect() }
}

/// For people: every run with its changes.
#[must_use]
pub fn list(undone: &Undone) -> String {
    let mut text = String::new();
    for run in &undone.runs {
        let _ = writeln!(text, "{}  {}", sanitize::line(&run.id), rfc3339(run.at));
        run.changes.iter().for_each(|change| line(&mut text, change));
    }
    let open = undone.runs.iter().find(|run| run.is_open());
    match open {
        Some(_) => {
            let _ = writeln!(text, "next  {} undo --dry-run", sanitize::line(&undone.heal));
        }
        None if undone.runs.is_empty() => text.push_str("heal has changed nothing that the journal knows of\n"),
        None => text.push_str("there is nothing to take back\n"),
    }
    text
}

fn line(text: &mut String, change: &PastChange) {
    let (word, level, why) = match &change.fate {
        Fate::Reversible => ("open", Level::Healthy, String::new()),
        Fate::Irreversible(why) => ("stays", Level::Disabled, format!(": {why}")),
        Fate::MovedOn(why) => ("moved on", Level::Degraded, format!(": {why}")),
        Fate::TakenBack(run) => ("undone", Level::Disabled, format!(" by {run}")),
    };
    let said = format!("{} ({}, {}){why}", what(change), change.service, change.rung);
    let _ = writeln!(text, "    {} {}", mark(word, level), sanitize::line(&said));
}

fn what(change: &PastChange) -> String {
    match &change.done {
        Done::Aside { path, .. } => format!("moved {} aside", path.display()),
        Done::Back { path, .. } => format!("put {} back", path.display()),
        Done::Replaced { path, before: Some(_), .. } => format!("replaced {}", path.display()),
        Done::Replaced { path, .. } => format!("created {}", path.display()),
        Done::Reaccessed { path, before, after, .. } => format!("made {} {after}; it was {before}", path.display()),
        Done::Reverted { summary, .. } => summary.clone(),
        Done::Other(change) => change_line(change),
    }
}

/// For people: one run that is, or would be, taken back.
#[must_use]
pub fn human(undone: &Undone) -> String {
    let mut text = String::new();
    for line in &undone.unfinished {
        let _ = writeln!(text, "{} {}", mark("unfinished", Level::Degraded), sanitize::line(line));
    }
    let Some(run) = undone.runs.first() else {
        text.push_str("there is nothing to take back\n");
        return text;
    };
    let (word, level) = match (&undone.failure, undone.dry_run) {
        (Some(_), _) if undone.made.is_empty() => ("refused", Level::Unhealthy),
        (Some(_), _) => ("failed", Level::Unhealthy),
        (None, true) => ("would", Level::Starting),
        (None, false) if undone.made.is_empty() => ("nothing", Level::Disabled),
        (None, false) => ("undone", Level::Healthy),
    };
    let _ = writeln!(text, "{} run {}", mark(word, level), sanitize::line(&run.title()));
    if let Some(why) = &undone.failure {
        let _ = writeln!(text, "    {}", sanitize::line(why));
    }
    for (_, seen) in &undone.made {
        let _ = writeln!(text, "    did   {}", sanitize::line(seen));
    }
    if let Some(act) = undone.act.as_ref().filter(|_| undone.failure.is_none()) {
        let _ =
            writeln!(text, "    {} {}", mark(outcome(act.outcome), after(act.outcome)), sanitize::line(&act.detail));
    }
    for duty in pending(undone) {
        let _ = writeln!(text, "    {} {}", mark("pending", Level::Degraded), sanitize::line(&duty));
    }
    if undone.dry_run {
        for change in &undone.plan {
            let _ = writeln!(text, "    would {}", sanitize::line(&change_line(change)));
        }
    }
    for change in run.changes.iter().filter(|change| !matches!(change.fate, Fate::Reversible)) {
        line(&mut text, change);
    }
    let heal = sanitize::line(&undone.heal);
    let id = sanitize::line(&run.id);
    let moved_on = |change: &&PastChange| matches!(change.fate, Fate::MovedOn(_));
    let is_file = |change: &PastChange| !matches!(change.done, Done::Reverted { .. });
    let mut moved = run.changes.iter().filter(moved_on).peekable();
    let moved = moved.peek().is_some() && moved.all(is_file);
    match (&undone.failure, undone.dry_run) {
        (Some(_), _) if moved && !undone.failed => {
            let _ = writeln!(text, "next  {heal} undo {id} --force   (moves aside what is there now)");
        }
        (Some(_), _) => {}
        (None, true) if !undone.plan.is_empty() => {
            let _ = writeln!(text, "next  {heal} undo {id}");
        }
        _ => {}
    }
    text
}
