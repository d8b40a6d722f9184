//! What does a program read of `heal validate-state`? The frozen v1 view, in its own types.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::view::Time;
use crate::model::Validation;
use crate::model::finding::Severity;
use crate::model::mended::Mended;
use crate::model::state::{Format, Judged, Problem, Trouble, Verdict};

/// The answer of `heal validate-state`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Told {
    /// `[project] name`.
    project: String,
    /// This machine.
    host: String,
    /// When the look began.
    at: Time,
    /// How long the whole run took, in milliseconds.
    duration_ms: u64,
    /// What of the layout is not as it should be; null when only files were asked for.
    layout: Option<Vec<Misplaced>>,
    /// The files, in the order of the configuration.
    files: Vec<File>,
    /// Files that are as declared.
    valid: usize,
    /// Files with which something is wrong.
    invalid: usize,
    /// Files that could not be judged.
    unknown: usize,
    /// What came of the files that were found damaged; empty without --repair.
    repairs: Vec<Mend>,
    /// What `heal.toml` says and heal does not do yet, and what heal could not do.
    warnings: Vec<String>,
}

/// One file that was found damaged, or one part of the layout that was not as declared.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StateRepair")]
pub(super) struct Mend {
    /// Its name in `heal.toml`; `layout` for a part of that.
    name: String,
    /// Its path.
    path: String,
    /// `repaired`, `untold` (repaired, and `notify` failed), `would`, `refused` or `failed`.
    outcome: &'static str,
    /// How; empty when there is no way.
    how: String,
    /// Is nothing lost by it? null when there is no way, and for the layout.
    lossless: Option<bool>,
    /// What is lost by it.
    loss: Option<String>,
    /// Why not, or what went wrong beside it.
    why: Option<String>,
}

/// A directory, link or file that is not as `[layout]` wants it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Misplaced {
    /// Its path.
    path: String,
    /// What is wrong.
    problem: Problem,
    /// How bad.
    severity: Severity,
    /// One line for a person.
    message: String,
}

/// One state file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StateFile")]
pub(super) struct File {
    /// Its name in `heal.toml`.
    name: String,
    /// Its path.
    path: String,
    /// What it is written in.
    kind: Format,
    /// What it was found to be.
    verdict: Verdict,
    /// How large it is, in bytes; null where that could not be seen.
    size: Option<u64>,
    /// What is wrong with it.
    problems: Vec<Wrong>,
}

/// One thing that is wrong with a file.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "StateProblem")]
struct Wrong {
    /// What.
    problem: Problem,
    /// How bad; of no meaning for what could not be looked at.
    severity: Severity,
    /// It could not be looked at: neither right nor wrong.
    unknown: bool,
    /// The invariant that it is about.
    invariant: Option<String>,
    /// Where: `line 3 column 7`, or the path of an element.
    at: Option<String>,
    /// The byte at which it shows, counted from 0.
    byte: Option<u64>,
    /// One line for a person.
    message: String,
}

/// The document of a validation.
#[must_use]
pub fn told(validation: &Validation) -> Told {
    let count = |fits: &dyn Fn(Verdict) -> bool| validation.files.iter().filter(|file| fits(file.verdict)).count();
    Told {
        project: validation.project.clone(),
        host: validation.host.clone(),
        at: validation.at.into(),
        duration_ms: validation.duration_ms,
        layout: validation.layout.as_ref().map(|all| all.iter().map(|(path, one)| misplaced(path, one)).collect()),
        files: validation.files.iter().map(file).collect(),
        valid: count(&|verdict| matches!(verdict, Verdict::Valid | Verdict::Unchanged)),
        invalid: count(&|verdict| matches!(verdict, Verdict::Invalid | Verdict::Warning)),
        unknown: count(&|verdict| verdict == Verdict::Unknown),
        repairs: validation.mended.iter().map(mend).collect(),
        warnings: validation.warnings.clone(),
    }
}

pub(super) fn misplaced(path: &Path, trouble: &Trouble) -> Misplaced {
    Misplaced {
        path: path.display().to_string(),
        problem: trouble.problem,
        severity: trouble.severity,
        message: trouble.message.clone(),
    }
}

pub(super) fn mend(mended: &Mended) -> Mend {
    Mend {
        name: mended.name.clone(),
        path: mended.path.display().to_string(),
        outcome: mended.outcome.word(),
        how: mended.how.clone(),
        lossless: mended.loss.as_ref().map(|loss| loss.is_none()),
        loss: mended.loss.as_ref().map(ToString::to_string),
        why: mended.outcome.why().map(ToOwned::to_owned),
    }
}

pub(super) fn file(file: &Judged) -> File {
    let problems = file.troubles.iter().map(|trouble| Wrong {
        problem: trouble.problem,
        severity: trouble.severity,
        unknown: trouble.problem.is_unknown(),
        invariant: trouble.invariant.clone(),
        at: trouble.at.clone(),
        byte: trouble.byte,
        message: trouble.message.clone(),
    });
    File {
        name: file.name.clone(),
        path: file.path.display().to_string(),
        kind: file.format,
        verdict: file.verdict,
        size: file.mark.map(|mark| mark.size),
        problems: problems.collect(),
    }
}
