//! What does a person read about state files? What is wrong first: a line for the file, and indented what is wrong with it and where.

use std::fmt::Write as _;
use std::path::Path;

use super::human::{dim, mark};
use super::sanitize;
use crate::model::finding::Severity;
use crate::model::mended::{Mended, Outcome};
use crate::model::report::Level;
use crate::model::state::{Judged, Trouble, Verdict};
use crate::model::{Report, Validation};

/// The text of a validation. With `quiet` it is empty unless something is wrong.
#[must_use]
pub fn human(validation: &Validation, quiet: bool) -> String {
    let mut text = String::new();
    validation.layout.iter().flatten().for_each(|(path, trouble)| misplaced(&mut text, path, trouble));
    let mut files: Vec<&Judged> = validation.files.iter().collect();
    // Stable: equals stay in the order of the file.
    files.sort_by_key(|file| std::cmp::Reverse(file.verdict));
    for file in files.into_iter().filter(|file| !quiet || file.verdict >= Verdict::Warning) {
        self::file(&mut text, file);
    }
    validation.mended.iter().for_each(|one| mended(&mut text, one));
    if validation.files.is_empty() && !quiet {
        let line = "no state file is declared: add a [state.NAME] to heal.toml";
        let _ = writeln!(text, "{}", dim(format!("note  {line}")));
    }
    for line in validation.warnings.iter().filter(|_| !quiet) {
        let _ = writeln!(text, "{} {}", mark("warning", Level::Degraded), sanitize::line(line));
    }
    text
}

/// The layout and the state files of a tick or a look: what is wrong, has come right, or was put right.
pub(super) fn stated(text: &mut String, report: &Report, quiet: bool) {
    for (path, trouble) in report.layout.iter().filter(|_| !quiet) {
        misplaced(text, path, trouble);
    }
    for one in report.states.iter().filter(|one| one.news || (!quiet && one.judged.verdict >= Verdict::Warning)) {
        file(text, &one.judged);
    }
    // Why nothing was done is said with the trouble, by a run that knows trouble.
    let said = |one: &&Mended| matches!(one.outcome, Outcome::Refused(_)) && !report.dry_run;
    let news = |one: &&Mended| !said(one) && (!quiet || one.is_done());
    report.mended.iter().filter(news).for_each(|one| mended(text, one));
}

/// What is not as the layout wants it.
fn misplaced(text: &mut String, path: &Path, trouble: &Trouble) {
    let (word, level) = of_trouble(trouble);
    let line = format!("{} [layout]  {}", path.display(), trouble.message);
    let _ = writeln!(text, "{} {}", mark(word, level), sanitize::line(&line));
}

/// What came of what was wrong.
fn mended(text: &mut String, mended: &Mended) {
    let (level, word) = match mended.outcome {
        Outcome::Done => (Level::Healthy, "repaired"),
        Outcome::Would => (Level::Starting, "would"),
        Outcome::Untold(_) => (Level::Degraded, "repaired"),
        Outcome::Refused(_) => (Level::Degraded, "left"),
        Outcome::Failed(_) => (Level::Unhealthy, "failed"),
    };
    let loss = mended.loss.as_ref().map(|loss| format!("; {loss}")).unwrap_or_default();
    let parts = [mended.how.as_str(), mended.outcome.why().unwrap_or_default()];
    let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let line = format!("{} [{}]  {}{loss}", mended.path.display(), mended.name, said.join(": "));
    let _ = writeln!(text, "{} {}", mark(word, level), sanitize::line(&line));
}

/// One file, and what is wrong with it.
pub(super) fn file(text: &mut String, file: &Judged) {
    let what = match file.verdict {
        Verdict::Disabled => "enabled = false".to_owned(),
        Verdict::Valid => "is as declared".to_owned(),
        Verdict::Unchanged => "has not changed since it was found valid".to_owned(),
        Verdict::Warning | Verdict::Unknown | Verdict::Invalid => {
            let mut words: Vec<&str> = Vec::new();
            for word in file.troubles.iter().map(|trouble| trouble.problem.word()) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
            words.join(", ")
        }
    };
    let line = format!("{} [{}, {}]  {what}", file.path.display(), file.name, file.format.word());
    let _ = writeln!(text, "{} {}", mark(file.verdict.word(), level(file.verdict)), sanitize::line(&line));
    for trouble in &file.troubles {
        let at = trouble.at.as_deref().map(|at| format!("{at}: ")).unwrap_or_default();
        let id = trouble.invariant.as_deref().map(|id| format!("{id}: ")).unwrap_or_default();
        let _ = writeln!(text, "    {}", sanitize::line(&format!("{id}{at}{}", trouble.message)));
    }
}

fn of_trouble(trouble: &Trouble) -> (&'static str, Level) {
    match trouble {
        trouble if trouble.problem.is_unknown() => ("unknown", Level::Unknown),
        Trouble { severity: Severity::Critical, .. } => ("wrong", Level::Unhealthy),
        _ => ("warning", Level::Degraded),
    }
}

const fn level(verdict: Verdict) -> Level {
    match verdict {
        Verdict::Disabled => Level::Disabled,
        Verdict::Valid | Verdict::Unchanged => Level::Healthy,
        Verdict::Warning => Level::Degraded,
        Verdict::Unknown => Level::Unknown,
        Verdict::Invalid => Level::Unhealthy,
    }
}
