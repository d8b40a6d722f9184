//! What does a person read who asks what heal remembers? Problems first, a line each, what is known of them indented; the
//! watchdog's own state behind it, and always that nothing was looked at.

use std::fmt::Write as _;

use super::human::{dim, mark};
use super::nagios::{Plugin, Totals};
use super::{level, outcome, sanitize};
use crate::model::report::{Decision, Level, Refusal};
use crate::model::status::{PastAct, Remembered, Status, Ticks, Trouble};
use crate::model::units::span_text;
use crate::model::{Figure, Limit, Unit, rfc3339};

/// The text of an answer. With `quiet` it is empty while all is well.
#[must_use]
pub fn human(status: &Status, quiet: bool) -> String {
    let mut text = String::new();
    let mut services: Vec<&Remembered> = status.services.iter().collect();
    services.sort_by_key(|one| std::cmp::Reverse(one.level));
    for one in services.into_iter().filter(|one| !quiet || one.level > Level::LeftAlone) {
        service(&mut text, one, status);
    }
    let mut line = |word: &str, said: &str| {
        let _ = writeln!(text, "{} {}", mark(word, Level::Degraded), sanitize::line(said));
    };
    for act in &status.unfinished {
        line("unfinished", act);
    }
    for alert in &status.undelivered {
        let why = alert.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        line("untold", &format!("{} was not told \"{}\"{why}", alert.channel, alert.title));
    }
    for warning in status.ticks.late.iter().chain(&status.warnings) {
        line("warning", warning);
    }
    if quiet && text.is_empty() {
        return text;
    }
    let _ = writeln!(text, "{}", sanitize::line(&ticks(&status.ticks)));
    if let Some(held) = &status.holder {
        let line = format!(
            "lock  pid {} ({}) since {}, until {} at the latest",
            held.pid, held.purpose, held.since, held.until
        );
        let _ = writeln!(text, "{}", sanitize::line(&line));
    }
    let _ = writeln!(text, "{}", dim("note  this is from memory, nothing was looked at: heal check looks".to_owned()));
    let _ = writeln!(text, "next  {}", sanitize::line(&next_command(status)));
    text
}

fn service(text: &mut String, one: &Remembered, status: &Status) {
    let class =
        one.trouble.as_ref().map(|trouble| format!(" ({:?})", trouble.class).to_lowercase()).unwrap_or_default();
    let line = format!("{}{class}  {}", one.name, one.summary);
    let _ = writeln!(text, "{} {}", mark(level(one.level), one.level), sanitize::line(&line));
    let mut add = |word: &str, said: String| {
        let _ = writeln!(text, "    {word:<8} {}", sanitize::line(&said));
    };
    if let Some(trouble) = &one.trouble {
        add("incident", incident(trouble));
    }
    if let Some((since, why)) = &one.held {
        add("held", format!("since {}: {why}", rfc3339(*since)));
    }
    if let Some(paused) = &one.paused {
        add("paused", paused.words());
    }
    if let Some(next) = &one.next {
        add("next", decision(next, status));
    }
    // An untouched budget is no news; of one that is the only one, nobody asks what it is for.
    for budget in &one.budgets {
        let cause = (one.budgets.len() > 1).then(|| format!(" for what is {:?}", budget.cause).to_lowercase());
        let free = budget.free_in_ms.map(|free| format!(", the next act is possible in {}", span_text(free)));
        let (cause, free) = (cause.unwrap_or_default(), free.unwrap_or_default());
        add("budget", format!("{} of {} used{cause}{free}", budget.used, budget.limit));
    }
    if let Some(alarm) = &one.alarm {
        add("often", alarm.clone());
    }
    for act in &one.acts {
        add("act", past_act(act));
    }
    for (rung, count) in &one.would {
        let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
        add("would", format!("have taken `{rung}` {times} in the last 7 days"));
    }
}

fn incident(trouble: &Trouble) -> String {
    let tried: Vec<String> = trouble.tried.iter().map(|(rung, times)| format!("{rung} ({times})")).collect();
    let tried = if tried.is_empty() { "nothing tried".to_owned() } else { format!("tried {}", tried.join(", ")) };
    let exhausted = trouble.exhausted.map(|since| format!("; nothing left to try since {}", rfc3339(since)));
    let since = rfc3339(trouble.opened);
    format!("since {since}, for {}; {tried}{}", span_text(trouble.age_ms), exhausted.unwrap_or_default())
}

fn decision(decision: &Decision, status: &Status) -> String {
    match decision {
        Decision::Act { rung, .. } if status.observes => {
            format!("the next tick would take `{rung}`; heal only observes")
        }
        Decision::Act { rung, .. } => format!("the next tick takes `{rung}`, if it finds the same"),
        Decision::Wait { why } | Decision::Refuse { why, .. } => why.clone(),
        Decision::Hold { why } => format!("the next tick holds it for a person: {why}"),
        Decision::Helpless { why } => format!("nothing that heal could do: {why}"),
        Decision::Nothing => "nothing to do".to_owned(),
    }
}

fn past_act(act: &PastAct) -> String {
    let outcome = act.outcome.map_or("not finished", outcome);
    let detail = if act.detail.is_empty() { String::new() } else { format!(", {}", act.detail) };
    let why = if act.why.is_empty() { String::new() } else { format!(" (because: {})", act.why) };
    format!("{} {}: {outcome}{detail}{why}", rfc3339(act.at), act.rung)
}

fn ticks(ticks: &Ticks) -> String {
    let Some((last, before)) = ticks.last.split_first() else {
        return "ticks  none is known: nothing starts `heal heal` every minute yet".to_owned();
    };
    let age = ticks.age_ms.map(span_text).unwrap_or_default();
    let took = span_text(i64::try_from(last.took_ms).unwrap_or(i64::MAX));
    let expected = match ticks.expected {
        Some(tick) => format!(", expected every {tick}"),
        // Without it nobody can say whether that is late.
        None => ", no `[schedule] heal` says how often".to_owned(),
    };
    let before: Vec<String> = before.iter().map(|tick| tick.exit_code.to_string()).collect();
    let before = if before.is_empty() { String::new() } else { format!("; before it {}", before.join(", ")) };
    format!("ticks  last {age} ago{expected}; exit code {} after {took}{before}", last.exit_code)
}

fn next_command(status: &Status) -> String {
    let heal = &status.heal;
    if status.ticks.last.is_empty() {
        return format!("{heal} heal --dry-run");
    }
    let waits = |one: &&Remembered| {
        one.held.is_some() || matches!(one.next, Some(Decision::Refuse { by: Refusal::Ladder, .. }))
    };
    if let Some(one) = status.services.iter().find(waits) {
        return format!("{heal} release {}   (when it is put right)", one.name);
    }
    let unhealthy = status.services.iter().find(|one| one.level == Level::Unhealthy);
    // What ends with a command needs nobody.
    let paused = status
        .services
        .iter()
        .find_map(|one| Some((one, one.paused.as_ref()?)))
        .filter(|(_, paused)| paused.holder.is_none());
    match (unhealthy, paused) {
        // The layout and state files are looked at by a command of their own.
        (Some(one), _) if one.name.starts_with('[') => format!("{heal} validate-state"),
        (Some(one), _) => format!("{heal} check --only {} --explain", one.name),
        (None, Some((one, paused))) => {
            format!("{heal} resume {}   (heal acts again)", if paused.all { "--all" } else { &one.name })
        }
        (None, None) => format!("{heal} check"),
    }
}

/// The same for a monitoring system.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "ages of ticks and counts of acts")]
pub fn plugin(status: &Status) -> Plugin {
    let all: Vec<&Remembered> = status.services.iter().filter(|one| one.level != Level::Disabled).collect();
    let count = |wanted: Level| all.iter().filter(|one| one.level == wanted).count();
    let totals = Totals {
        services: all.len(),
        unhealthy: count(Level::Unhealthy),
        unknown: count(Level::Unknown),
        duration_ms: status.duration_ms,
    };
    let well = |one: &Remembered| one.level == Level::Healthy && one.paused.is_none() && one.held.is_none();
    let mut concerned: Vec<&&Remembered> = all.iter().filter(|one| !well(one)).collect();
    concerned.sort_by_key(|one| std::cmp::Reverse(one.level));
    let phrase = |one: &&Remembered| {
        let paused = one.paused.as_ref().map(|paused| format!("paused {}", paused.words()));
        let held = one.held.as_ref().map(|(_, reason)| format!("held: {reason}"));
        let more = paused.or(held).map(|why| format!("; {why}")).unwrap_or_default();
        format!("{} {}: {}{more}", one.name, level(one.level), one.summary)
    };
    let mut headline = totals.headline("in no known trouble", concerned.into_iter().map(phrase));
    // A watchdog that stands still comes before all that it remembers.
    if let Some(late) = &status.ticks.late {
        headline = format!("{late}; {headline}");
    }
    let figure = |name, value, unit, warn: Option<f64>| Figure {
        name,
        value,
        unit,
        warn: warn.map(Limit::Above),
        critical: None,
    };
    let mut figures = totals.figures();
    if let Some(age) = status.ticks.age_ms {
        let limit = status.ticks.late_after_ms.map(|limit| limit as f64 / 1_000.0);
        figures.push(("last_tick_age".to_owned(), figure("age", age as f64 / 1_000.0, Unit::Seconds, limit)));
    }
    for one in all {
        if let Some(budget) = one.budget {
            let warn = f64::from(budget.limit.count) - 1.0;
            figures
                .push((format!("{}_acts", one.name), figure("acts", f64::from(budget.used), Unit::Count, Some(warn))));
        }
    }
    Plugin { headline, figures }
}
