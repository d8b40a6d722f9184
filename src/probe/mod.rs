//! How do we look? One file per kind of probe: a struct that mirrors its table in `heal.toml`, a look, and a pure judgement.
//! A probe changes nothing, and says "unknown" when it could not look.

mod absent;
mod anew;
pub mod beat;
mod body;
pub mod certificate;
pub mod command;
pub mod disk;
mod fits;
pub mod fresh;
pub mod http;
pub mod identify;
pub mod index;
pub mod lock;
pub mod log;
pub mod memory;
pub mod orphans;
pub mod port;
pub mod process;
mod program;
pub mod run;
mod silence;
pub mod sqlite;
pub mod state;
pub mod still;
mod tail;
pub mod tcp;
pub mod unit;

#[cfg(any(test, fuzzing))]
pub(crate) use body::fuzz as fuzz_body;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::de::ValueDeserializer;

use crate::host::process::{Process, Processes};
use crate::model::disturbance::Disturbance;
use crate::model::event::Moment;
use crate::model::{Class, Figure, Severity, Sign, Span, Threshold, Unit};
use identify::Who;

/// Every kind of probe that is built. `config kinds`, the messages about unknown kinds, the manual and the README read this.
pub const KINDS: [Kind; 12] = [
    process::KIND,
    fresh::KIND,
    beat::KIND,
    http::KIND,
    tcp::KIND,
    port::KIND,
    certificate::KIND,
    command::KIND,
    disk::KIND,
    memory::KIND,
    log::KIND,
    sqlite::KIND,
];

/// A kind of probe.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The word after `kind =`.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// A line of `heal.toml`; executed by the tests.
    pub example: &'static str,
    /// Reads its own keys; the common ones are taken away before.
    pub parse: fn(ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error>,
    /// Describes its own keys to an editor: what `JsonSchema` derives from the struct that `parse` reads.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// The class of trouble that it sees unless the table says otherwise.
    pub class: Class,
    /// How long one look may take unless the table says otherwise.
    pub timeout: Span,
}

/// Keys that every probe has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// `false`: it is not looked at.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// How long one look may take.
    pub timeout: Option<Span>,
    /// What a bad look means: `hung`, `dead`, `dependency`, `resource`, `permanent`.
    pub class: Option<Class>,
    /// How bad a bad look is.
    pub severity: Option<Severity>,
    /// Bad looks, over as many ticks, before it counts: `3` in a row, `"3 of 5"`, `"3 of 5 in 10m"`.
    #[serde(default)]
    pub fail_after: Threshold,
}

/// The names of the keys in [`Common`], with `kind`.
pub const COMMON_KEYS: [&str; 6] = ["kind", "enabled", "timeout", "class", "severity", "fail_after"];

const fn yes() -> bool {
    true
}

/// A probe as it was declared.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The key of its table.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The common keys.
    pub common: Common,
    /// Its own keys as they were written, for `heal config show`.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// What looks.
    pub probe: Arc<dyn Probe>,
}

impl Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl Declared {
    /// How long one look may take.
    #[must_use]
    pub fn timeout(&self) -> std::time::Duration {
        self.common.timeout.unwrap_or(self.kind.timeout).get()
    }
}

/// The longest that a look may be allowed to take: a run has 240 s for everything (DESIGN §5).
pub const MOST: Span = Span::secs(60);

/// What a probe may know while it looks and judges. It holds the one `now` of the run.
#[derive(Clone)]
pub struct Scene {
    /// Where relative paths begin: the directory of `heal.toml`.
    pub root: Arc<Path>,
    /// The service's name, or `host`.
    pub service: String,
    /// The folder in which heartbeats are kept.
    pub beats: Arc<Path>,
    /// Now.
    pub now: Arc<Moment>,
    /// Who runs as this service; `None` for the host.
    pub who: Option<Arc<Who>>,
    /// What makes files look older than they are.
    pub disturbed: Arc<[Disturbance]>,
    /// The processes of this machine.
    pub processes: Arc<dyn Processes>,
    /// What this probe noted when it last looked, if it did and the note was kept: see [`Sight::noting`].
    pub noted: Option<serde_json::Value>,
    /// It is a tick that looks: a probe may take a lock for a moment. `check` and a dry run do not even that.
    pub tick: bool,
}

impl Scene {
    /// The one process of the service.
    #[must_use]
    pub fn process(&self) -> Option<&Process> {
        match self.who.as_deref() {
            Some(Who::Running { process, .. }) => Some(process),
            _ => None,
        }
    }
}

/// What was seen, judged on its own: thresholds over several runs and grace periods are the business of policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    /// The judgement.
    pub judged: Judged,
    /// One line, with the figures that decided it.
    pub summary: String,
    /// What kind of trouble a bad look is, where the probe knows better than its kind. What the table says goes before.
    pub class: Option<Class>,
    /// Named facts.
    pub evidence: Vec<(&'static str, String)>,
    /// What was measured.
    pub figures: Vec<Figure>,
    /// What the probe wants to know at its next look; `None` leaves the note as it is.
    pub note: Option<serde_json::Value>,
}

/// The judgement of one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Good.
    Good,
    /// Bad. The severity is the declared one, or critical, unless the probe knows better.
    Bad(Option<Severity>),
    /// Could not look.
    Unknown,
    /// Looked, and the time to judge has not come.
    Skipped,
}

impl Sight {
    /// A sight without further evidence.
    pub fn new(judged: Judged, summary: impl Into<String>) -> Self {
        let (evidence, figures) = (Vec::new(), Vec::new());
        Self { judged, summary: summary.into(), class: None, evidence, figures, note: None }
    }

    /// Names the kind of trouble that was seen.
    #[must_use]
    pub const fn of_class(mut self, class: Class) -> Self {
        self.class = Some(class);
        self
    }

    /// Adds a named fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.evidence.push((name, value.to_string()));
        self
    }

    /// Adds a number that was measured.
    #[must_use]
    pub fn measured(mut self, figure: Figure) -> Self {
        self.figures.push(figure);
        self
    }

    /// Hands a note to the next look. A tick keeps it; it may be lost at any time, and is shown to nobody.
    #[must_use]
    pub fn noting(mut self, note: &impl serde::Serialize) -> Self {
        self.note = serde_json::to_value(note).ok();
        self
    }
}

/// A probe: looks once and judges what it saw.
pub trait Probe: Send + Sync + Debug {
    /// Looks, within `timeout`. A look that takes longer is abandoned and counts as unknown.
    fn look(&self, scene: &Scene, timeout: std::time::Duration) -> Sight;

    /// Looks where the answer is to be had at once, from nobody who may hang: the kernel, a file that is near, a port of this
    /// machine. `None`: it takes a whole look, as does whatever is not good.
    fn glance(&self, _scene: &Scene) -> Option<Sight> {
        None
    }

    /// Does a look end by itself within its `timeout`, whoever hangs?
    fn ends_in_time(&self) -> bool {
        false
    }

    /// Is what it looks at only worth a look while the service's process runs?
    fn needs_process(&self) -> bool {
        true
    }

    /// What sort of evidence does it give?
    fn sign(&self) -> Sign {
        Sign::Other
    }

    /// What is wrong with it if there is no service whose process it could mean, below `[host.probes]`.
    fn needs_service(&self) -> Option<&'static str> {
        None
    }

    /// The program that it runs, and the PATH that it is looked up in if not in ours.
    fn program(&self) -> Option<(&str, Option<&str>)> {
        None
    }

    /// The heartbeat that it waits for: the loop's name, empty for the only one.
    fn heartbeat(&self) -> Option<&str> {
        None
    }

    /// Does a look use up what it saw, so that the next one does not see it any more?
    fn uses_up(&self) -> bool {
        false
    }

    /// Paths that it reads: nothing that heal does may write them (DESIGN §7.4).
    fn reads(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// How long an answer took.
fn time(took: std::time::Duration) -> Figure {
    Figure { name: "time", value: took.as_secs_f64(), unit: Unit::Seconds, warn: None, critical: None }
}

/// `parse` of a kind whose table needs no check beyond its types.
pub(crate) fn plain<P>(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error>
where
    P: Probe + for<'de> Deserialize<'de> + 'static,
{
    P::deserialize(value).map(|probe| Arc::new(probe) as Arc<dyn Probe>)
}
