//! What does a person read about locks? What is in doubt first, a line each with its reason, who holds it indented, and the
//! command to type next last.

use std::fmt::Write as _;

use super::human::{change_line, dim, mark};
use super::sanitize;
use crate::model::lock::{Holder, Holding, Verdict, section};
use crate::model::report::Level;
use crate::model::sweep::{Fate, Swept, SweptLock};
use crate::model::units::span_text;
use crate::model::{Report, Sweep};

/// The text of a sweep. With `quiet` it is empty unless something was done, or has to be.
#[must_use]
pub fn human(sweep: &Sweep, quiet: bool) -> String {
    let mut text = String::new();
    let mut files: Vec<(&SweptLock, &Swept)> = sweep.files().collect();
    // Stable: equals stay in the order of the file.
    files.sort_by_key(|(lock, file)| std::cmp::Reverse(urgency(lock, file)));
    for (lock, file) in files.into_iter().filter(|(lock, file)| !quiet || urgency(lock, file) > 0) {
        self::file(&mut text, sweep.list, lock, file);
    }
    for lock in sweep.locks.iter().filter(|lock| !quiet && lock.files.is_empty()) {
        let line = match lock.enabled {
            true => format!("{} [{}, {}]  nothing is there", mark("free", Level::Healthy), name(&lock.name), lock.kind),
            false => {
                format!("{} [{}, {}]  enabled = false", mark("disabled", Level::Disabled), name(&lock.name), lock.kind)
            }
        };
        let _ = writeln!(text, "{line}");
    }
    if sweep.locks.is_empty() && !quiet {
        let line = "no lock is declared: add a [lock.NAME] to heal.toml";
        let _ = writeln!(text, "{}", dim(format!("note  {line}")));
    }
    for line in &sweep.unfinished {
        let _ = writeln!(text, "{} {}", mark("unfinished", Level::Degraded), sanitize::line(line));
    }
    for line in sweep.warnings.iter().filter(|_| !quiet) {
        let _ = writeln!(text, "{} {}", mark("warning", Level::Degraded), sanitize::line(line));
    }
    if let Some(next) = next_command(sweep).filter(|_| !quiet || !text.is_empty()) {
        let _ = writeln!(text, "next  {}", sanitize::line(&next));
    }
    text
}

/// How much somebody should look at it; 0 for what is as it should be.
fn urgency(lock: &SweptLock, file: &Swept) -> u8 {
    match (&file.fate, &file.judged.verdict) {
        (Fate::Failed(_) | Fate::Broken(_), _) => 5,
        (Fate::Refused(_), _) | (Fate::Left, Verdict::Doubtful) => 4,
        (Fate::Left, Verdict::Held) if lock.asked => 4,
        (Fate::Left, Verdict::Stale | Verdict::Recoverable | Verdict::Stoppable) => 3,
        (Fate::Done(_), _) => 2,
        (Fate::Left, _) => 0,
    }
}

/// What a tick did about locks, and what it could not do; to those who asked for quiet, not the same trouble in every run.
pub(super) fn cleared(text: &mut String, report: &Report, quiet: bool) {
    let files = report.locks.iter().flat_map(|lock| lock.files.iter().map(move |file| (lock, file)));
    let is_known = |lock: &SweptLock| report.subjects.iter().any(|one| one.name == section(&lock.name) && !one.news);
    let old = |lock, fate: &Fate| quiet && matches!(fate, Fate::Broken(_) | Fate::Failed(_)) && is_known(lock);
    for (lock, file) in files.filter(|(lock, file)| file.fate != Fate::Left && !old(lock, &file.fate)) {
        self::file(text, false, lock, file);
    }
}

fn file(text: &mut String, list: bool, lock: &SweptLock, file: &Swept) {
    let judged = &file.judged;
    let (word, level) = match (&file.fate, &judged.verdict) {
        (Fate::Done(_), _) => ("cleared", Level::Healthy),
        (Fate::Refused(_), _) => ("refused", Level::Unknown),
        (Fate::Broken(_), _) => ("broken", Level::Unhealthy),
        (Fate::Failed(_), _) => ("failed", Level::Unhealthy),
        (Fate::Left, verdict) => (verdict.word(), self::level(lock, verdict)),
    };
    // `recoverable` is longer than what stands before a name elsewhere.
    let line = format!("{} [{}, {}]  {}", judged.path.display(), name(&judged.lock), judged.kind, judged.why);
    let _ = writeln!(text, "{} {}", mark(word, level), sanitize::line(&line));
    if let Holding::Held(holders) = &judged.holding {
        for holder in holders {
            let _ = writeln!(text, "    {}", sanitize::line(&self::holder(holder)));
        }
    }
    match &file.fate {
        Fate::Left if list => {}
        Fate::Left => {
            for change in &file.plan {
                let _ = writeln!(text, "    would {}", sanitize::line(&change_line(change)));
            }
        }
        Fate::Done(said) => {
            for change in &file.plan {
                let _ = writeln!(text, "    did   {}", sanitize::line(&change_line(change)));
            }
            let _ = writeln!(text, "    {}", sanitize::line(said));
        }
        Fate::Refused(why) | Fate::Broken(why) | Fate::Failed(why) => {
            let _ = writeln!(text, "    {}", sanitize::line(why));
        }
    }
}

/// `pid 4711 (start 27655)  python3 bot.py  5m old, has it open`
fn holder(holder: &Holder) -> String {
    let age = span_text(holder.age_ms / 1_000 * 1_000);
    let stop = if holder.stoppable { "; fits stop_holders" } else { "" };
    let (pid, start) = (holder.identity.pid, holder.identity.start);
    format!("pid {pid} (start {start})  {}  {age} old, {}{stop}", holder.command, holder.grip.text())
}

const fn level(lock: &SweptLock, verdict: &Verdict) -> Level {
    match verdict {
        Verdict::Free => Level::Healthy,
        Verdict::Held if lock.asked => Level::Unknown,
        Verdict::Held => Level::Healthy,
        Verdict::Stale | Verdict::Recoverable | Verdict::Stoppable => Level::Degraded,
        Verdict::Doubtful => Level::Unknown,
    }
}

fn name(name: &str) -> std::borrow::Cow<'_, str> {
    sanitize::line(name)
}

/// What to type next, if anything.
fn next_command(sweep: &Sweep) -> Option<String> {
    let heal = &sweep.heal;
    let left = |wanted: &[Verdict]| {
        sweep.files().any(|(_, file)| file.fate == Fate::Left && wanted.contains(&file.judged.verdict))
    };
    if sweep.dry_run && left(&[Verdict::Stale, Verdict::Recoverable, Verdict::Stoppable]) {
        return Some(if sweep.list { format!("{heal} clean-locks --dry-run") } else { format!("{heal} clean-locks") });
    }
    (!sweep.list && left(&[Verdict::Doubtful]))
        .then(|| format!("{heal} clean-locks --list   (what is in doubt is yours)"))
}
