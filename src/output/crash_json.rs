//! What does a program read about crashes? The frozen v1 views of `heal crash`.

use schemars::JsonSchema;
use serde::Serialize;

use super::crash::{summary, word};
use super::view::Time;
use crate::model::crash::{self, Crash, Turn};
use crate::model::pattern::{self, Crashes, Judged};
use crate::model::{Rate, Span, Stamp};

/// The answer of `heal crash pattern`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Patterns {
    /// When it was judged.
    at: Time,
    /// By which rules.
    rules: Rules,
    /// A pattern was found.
    pattern: bool,
    /// A storm was found.
    storm: bool,
    /// Services in the order of the configuration.
    services: Vec<Verdict>,
    /// What heal found wrong with the history.
    warnings: Vec<String>,
}

/// `[crash]`, as it holds.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CrashRules")]
struct Rules {
    /// Crashes are judged.
    enabled: bool,
    /// So many crashes on one young release are a pattern.
    pattern: Rate,
    /// A release is young for so long.
    release_age: Span,
    /// So many crashes on whatever release are a storm.
    storm: Rate,
}

/// The verdict about one service.
#[derive(Debug, Serialize, JsonSchema)]
struct Verdict {
    /// The service.
    name: String,
    /// `quiet`, `pattern`, `storm` or `unknown`.
    verdict: &'static str,
    /// One line for a person.
    summary: String,
    /// Crashes that were counted.
    count: u32,
    /// The first of them; null when there is none to speak of.
    first: Option<Time>,
    /// The last of them.
    last: Option<Time>,
    /// Why they happened, the newest first.
    reasons: Vec<Reason>,
    /// The release in question; null unless there is a pattern.
    release: Option<Release>,
    /// How long ago it began to run, in milliseconds.
    running_for_ms: Option<i64>,
    /// The release to go back to.
    known_good: Option<Good>,
    /// Whether `heal revert` would take the release back; null unless there is a pattern.
    revert: Option<Revert>,
}

/// Why, and how often.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CrashReason")]
struct Reason {
    /// Exit code or signal, and the last line that is on record.
    reason: String,
    /// How many crashes.
    count: u32,
}

/// A release. What the repository does not know is null.
#[derive(Debug, Serialize, JsonSchema)]
struct Release {
    /// The full commit id.
    id: String,
    /// When it was committed.
    at: Option<Time>,
    /// The first line of its message.
    subject: Option<String>,
    /// Who wrote it.
    author: Option<String>,
}

/// A release that started, ran, and had no pattern of its own.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "KnownGood")]
struct Good {
    /// Which.
    release: Release,
    /// When it last began.
    began: Time,
    /// The longest that one of its lives lasted, in milliseconds.
    ran_ms: i64,
}

/// Whether the code may be taken back.
#[derive(Debug, Serialize, JsonSchema)]
struct Revert {
    /// It may.
    allowed: bool,
    /// Why not.
    why: Option<String>,
}

/// The view of verdicts.
#[must_use]
pub fn patterns(verdicts: &pattern::Verdicts) -> Patterns {
    let rules = &verdicts.rules;
    let is = |found: fn(&Judged) -> bool| verdicts.services.iter().any(|verdict| found(&verdict.judged));
    Patterns {
        at: verdicts.at.into(),
        rules: Rules {
            enabled: rules.enabled,
            pattern: rules.pattern,
            release_age: rules.release_age,
            storm: rules.storm,
        },
        pattern: is(|judged| matches!(judged, Judged::Pattern(_))),
        storm: is(|judged| match judged {
            Judged::Storm(_) => true,
            Judged::Pattern(pattern) => pattern.storm,
            _ => false,
        }),
        services: verdicts.services.iter().map(|one| verdict(one, rules)).collect(),
        warnings: verdicts.warnings.clone(),
    }
}

fn verdict(one: &pattern::Verdict, rules: &crash::CrashRules) -> Verdict {
    let none = Crashes { count: 0, first: Stamp::default(), last: Stamp::default(), reasons: Vec::new() };
    let (crashes, found) = match &one.judged {
        Judged::Pattern(pattern) => (&pattern.crashes, Some(pattern)),
        Judged::Storm(crashes) => (crashes, None),
        Judged::Quiet { count, .. } => (&Crashes { count: *count, ..none }, None),
        Judged::Unknown(_) => (&none, None),
    };
    let counted = !crashes.reasons.is_empty();
    let reasons = crashes.reasons.iter().map(|(reason, count)| Reason { reason: reason.clone(), count: *count });
    Verdict {
        name: one.service.clone(),
        verdict: word(&one.judged),
        summary: summary(one, rules),
        count: crashes.count,
        first: counted.then(|| crashes.first.into()),
        last: counted.then(|| crashes.last.into()),
        reasons: reasons.collect(),
        release: found.map(|pattern| release(&pattern.release, one.release.as_ref())),
        running_for_ms: found.map(|pattern| pattern.began_ms_ago),
        known_good: one.good.as_ref().map(|good| Good {
            release: release(&good.release, one.good_release.as_ref()),
            began: good.began.into(),
            ran_ms: good.ran_ms,
        }),
        revert: one
            .revert
            .as_ref()
            .map(|allowed| Revert { allowed: allowed.is_ok(), why: allowed.as_ref().err().cloned() }),
    }
}

fn release(id: &str, known: Option<&crash::Release>) -> Release {
    Release {
        id: id.to_owned(),
        at: known.map(|known| known.at.into()),
        subject: known.map(|known| known.subject.clone()),
        author: known.map(|known| known.author.clone()),
    }
}

/// One line of the history.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CrashEntry")]
pub struct Entry {
    /// When.
    at: Time,
    /// `start`, `stop` or `crash`.
    event: Turn,
    /// The service.
    service: String,
    /// The full id of the commit that ran; null when it is not known.
    release: Option<String>,
    /// How old that commit was, in milliseconds.
    commit_age_ms: Option<i64>,
    /// The exit code.
    exit_code: Option<i32>,
    /// The number of the signal.
    signal: Option<i32>,
    /// Why.
    reason: Option<String>,
    /// How long the life had lasted, in milliseconds.
    uptime_ms: Option<i64>,
}

/// The view of one line.
#[must_use]
pub fn entry(entry: &Crash) -> Entry {
    Entry {
        at: entry.moment.at.into(),
        event: entry.event,
        service: entry.service.clone(),
        release: entry.release.clone(),
        commit_age_ms: entry.commit_age_ms,
        exit_code: entry.exit_code,
        signal: entry.signal,
        reason: entry.reason.clone(),
        uptime_ms: entry.uptime_ms,
    }
}

/// The answer of `heal crash log`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Logged {
    /// The line.
    pub entry: Entry,
    /// It was written; `false` when a tick had written it down already.
    pub written: bool,
    /// Why the release is not known; null when it is.
    pub unknown: Option<String>,
}

/// The answer of `heal crash history`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct History {
    /// How far back it was asked for, in milliseconds.
    pub since_ms: i64,
    /// Crashes among the lines.
    pub crashes: usize,
    /// The lines, newest first.
    pub entries: Vec<Entry>,
    /// There are more of that time than were read.
    pub cut: bool,
    /// What heal found wrong with the history.
    pub warnings: Vec<String>,
}
