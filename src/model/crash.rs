//! What does the crash history say? One entry is one line of `crash_history.jsonl`: a life of a service began, was stopped,
//! or ended by itself, and which release it ran. Pure data; who reads and writes it stands in `journal::crashes`.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::event::Moment;
use super::identity::Identity;
use super::units::{Rate, Span};
use super::{Stamp, rfc3339};

/// Version of the line format. Lines of a higher one are passed over and counted.
pub const FORMAT: u32 = 1;

/// What happened to a life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Turn {
    /// It began.
    Start,
    /// It ended because somebody wanted it to, or with exit code 0.
    Stop,
    /// It ended by itself.
    Crash,
}

/// One line of the history. Everything beyond time, event and service may be unknown, and is then left out: never guessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Crash {
    /// Format version, [`FORMAT`].
    #[serde(default = "format")]
    pub v: u32,
    /// When. A line that a person or a script wrote may have no more than the wall clock; its boot is then empty.
    #[serde(flatten)]
    pub moment: When,
    /// What happened.
    pub event: Turn,
    /// The service.
    pub service: String,
    /// The full id of the commit that this life ran, as recorded when it began: not what is checked out now. `None`:
    /// unknown.
    #[serde(default, deserialize_with = "commit_id")]
    pub release: Option<String>,
    /// When that commit was made.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "maybe_rfc3339")]
    pub release_at: Option<Stamp>,
    /// How old that commit was at this moment, in milliseconds. Never negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit_age_ms: Option<i64>,
    /// The exit code, if it ended with one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The number of the signal that ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// Why, for a person: redacted, at most [`REASON`] characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How long the life had lasted by then, in milliseconds. For a start: its age when it was first seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_ms: Option<i64>,
    /// The process, where it is known: two lines about one life are one life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Identity>,
    /// The `heal run` that watches over this life and will write down its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor: Option<Identity>,
    /// The run of heal that wrote the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// When a line was written: as [`Moment`], but lines of other hands need no clock of the boot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct When {
    /// Wall clock, UTC.
    #[serde(serialize_with = "as_rfc3339")]
    pub at: Stamp,
    /// Milliseconds since boot.
    #[serde(default)]
    pub up: i64,
    /// The boot that `up` counts from; empty when there is no such clock.
    #[serde(default)]
    pub boot: String,
}

/// Characters of a reason that are kept.
pub const REASON: usize = 2_000;

const fn format() -> u32 {
    FORMAT
}

fn as_rfc3339<S: serde::Serializer>(at: &Stamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*at))
}

fn maybe_rfc3339<S: serde::Serializer>(at: &Option<Stamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => as_rfc3339(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// What is no full commit id (`HEAD~1`, an option, seven digits) names no release: the entry counts, its release is unknown.
fn commit_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| is_commit_id(text)))
}

/// Is this a full commit id: 40 (SHA-1) or 64 (SHA-256) hexadecimal digits in lower case, as git writes them?
#[must_use]
pub fn is_commit_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl Crash {
    /// A line about a service of which nothing more is known yet.
    #[must_use]
    pub fn new(event: Turn, service: &str, moment: Moment) -> Self {
        Self {
            v: FORMAT,
            moment: moment.into(),
            event,
            service: service.to_owned(),
            release: None,
            release_at: None,
            commit_age_ms: None,
            exit_code: None,
            signal: None,
            reason: None,
            uptime_ms: None,
            life: None,
            supervisor: None,
            run: None,
        }
    }

    /// The same, of this release.
    #[must_use]
    pub fn of(self, release: Option<String>, release_at: Option<Stamp>) -> Self {
        let age = release_at.map(|at| (self.moment.at - at).num_milliseconds().max(0));
        Self { release, release_at, commit_age_ms: age, ..self }
    }

    /// Is the line about this life, or about one that this `heal run` watched over?
    #[must_use]
    pub fn is_about(&self, life: &Identity) -> bool {
        self.life.as_ref() == Some(life) || self.supervisor.as_ref() == Some(life)
    }

    /// Why it ended, in the fewest words there are.
    #[must_use]
    pub fn why(&self) -> String {
        let how = match (self.exit_code, self.signal) {
            (_, Some(signal)) => Some(format!("signal {signal}")),
            (Some(code), None) => Some(format!("exit code {code}")),
            (None, None) => None,
        };
        // Of several lines the last one says most: that is where a traceback names the exception.
        let last = self.reason.as_deref().and_then(|text| text.lines().rfind(|line| !line.trim().is_empty()));
        match (how, last) {
            (Some(how), Some(last)) => format!("{how}: {}", last.trim()),
            (Some(how), None) => how,
            (None, Some(last)) => last.trim().to_owned(),
            (None, None) => "no reason given".to_owned(),
        }
    }
}

/// What the end of a life was, by the exit code alone: 0 was meant, and what a restart does not cure is no crash either: other
/// code would not cure it. Says why where it is no crash.
#[must_use]
pub fn by_exit_code(code: i32, hold_on_exit: &[i32]) -> (Turn, Option<String>) {
    if code == 0 {
        (Turn::Stop, Some("it ended with exit code 0".to_owned()))
    } else if hold_on_exit.contains(&code) {
        (Turn::Stop, Some(format!("exit code {code}, which a restart does not cure (hold_on_exit)")))
    } else {
        (Turn::Crash, None)
    }
}

impl From<Moment> for When {
    fn from(Moment { at, up, boot }: Moment) -> Self {
        Self { at, up, boot }
    }
}

impl When {
    /// Milliseconds from this line to `now`. Within a boot the wall clock has no say (FAULTS 81). `None`: it cannot be
    /// true, because it lies in the future, or before there was a heal.
    #[must_use]
    pub fn age_ms(&self, now: &Moment) -> Option<i64> {
        if !self.boot.is_empty() && self.boot == now.boot {
            return now.up.checked_sub(self.up).filter(|age| *age >= 0);
        }
        let plausible = self.at.timestamp() >= FIRST && self.at <= now.at;
        plausible.then(|| (now.at - self.at).num_milliseconds())
    }
}

/// Nobody ran heal before 2020-01-01: an older stamp is that of a machine whose clock was not set.
const FIRST: i64 = 1_577_836_800;

/// A release of the code: one commit, as the repository describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The full commit id.
    pub id: String,
    /// When it was committed, UTC.
    pub at: Stamp,
    /// The first line of its message, redacted, at most 120 characters.
    pub subject: String,
    /// Who wrote it: the name alone.
    pub author: String,
}

/// `[crash]`: when crashes are more than single accidents. The defaults are those of FAILURES, "default numbers".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CrashRules {
    /// `false`: nobody asked for a judgement.
    pub enabled: bool,
    /// So many crashes on one release are a pattern,
    pub pattern: Rate,
    /// if that release began to run less than this ago.
    pub release_age: Span,
    /// So many crashes on whatever release are a storm.
    pub storm: Rate,
}

impl Default for CrashRules {
    fn default() -> Self {
        let half_an_hour = Span::secs(30 * 60);
        Self {
            enabled: true,
            pattern: Rate { count: 3, per: half_an_hour },
            release_age: Span::secs(3_600),
            storm: Rate { count: 5, per: half_an_hour },
        }
    }
}

impl CrashRules {
    /// How far back the history has to be read to see every crash that may count.
    #[must_use]
    pub fn window(&self) -> Span {
        self.pattern.per.max(self.storm.per)
    }
}
