//! What did a probe see? One finding per subject, three-valued: a probe that could not look says so, and never "healthy".

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How bad an unhealthy finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a line, nothing more.
    Info,
    /// Degraded.
    Warning,
    /// The service does not do its work.
    Critical,
}

/// What kind of trouble it is. The class, not the probe, picks the rung of the ladder (DESIGN §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// It cannot be seen at all, for several looks on end. Never a reason to act; a reason to tell somebody.
    Unknown,
    /// A host resource runs out: nothing that a restart would cure.
    Resource,
    /// Something that the service needs is down: healing the service would not help.
    Dependency,
    /// Running but doing no work: log or heartbeat stale, port dead.
    Hung,
    /// No process.
    Dead,
    /// It ended for a reason that a restart cannot cure (expired login, broken configuration).
    Permanent,
}

/// The answer of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Seen, and good.
    Healthy,
    /// Seen, and bad.
    Unhealthy(Severity, Class),
    /// Could not look. Never a reason to act, never healthy.
    Unknown,
    /// Deliberately not judged: inside a grace period, after a gap, switched off.
    Skipped,
}

/// What sort of evidence a probe gives about a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sign {
    /// That it did something a while ago: a file that it writes when there is something to write. Silence alone is no
    /// evidence against it while somebody else hears it answer (FAILURES F8).
    Trace,
    /// That it answers now, when asked. A port alone is no answer: the kernel takes connections for a process that hangs.
    Answer,
    /// That something stands in the way of a start: a port that a stranger holds.
    Obstacle,
    /// Something else.
    #[default]
    Other,
}

/// What a number counts, as performance data of monitoring plugins names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Percent, 0 to 100.
    Percent,
    /// A plain number.
    Count,
}

/// A number that was measured, with the limits that it was held against: what graphs are drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// What was measured, such as `free` or `age`.
    pub name: &'static str,
    /// How much; finite.
    pub value: f64,
    /// Of what.
    pub unit: Unit,
    /// Beyond this it is a warning.
    pub warn: Option<Limit>,
    /// Beyond this it is critical.
    pub critical: Option<Limit>,
}

/// On which side of a limit is the trouble?
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// Less than this is bad.
    Below(f64),
    /// More than this is bad.
    Above(f64),
}

/// One probe's answer about one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// `service/probe` or `host/probe`.
    pub subject: String,
    /// The probe's kind: `process`, `fresh`, `http` …
    pub kind: &'static str,
    /// The answer.
    pub verdict: Verdict,
    /// One line for a person: what is the case, with the figures that decided it.
    pub summary: String,
    /// Named facts behind the verdict, in the order in which a person wants them.
    pub evidence: Vec<(&'static str, String)>,
    /// What was measured.
    pub figures: Vec<Figure>,
    /// What sort of evidence it is.
    pub sign: Sign,
    /// How long the look took, in milliseconds.
    pub took_ms: u64,
}

impl Finding {
    /// The name of the probe: the part of the subject behind the slash.
    #[must_use]
    pub fn probe(&self) -> &str {
        self.subject.rsplit_once('/').map_or(self.subject.as_str(), |(_, probe)| probe)
    }

    /// Was trouble seen, of a severity that counts?
    #[must_use]
    pub const fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Unhealthy(Severity::Warning | Severity::Critical, _))
    }
}
