//! How do we look? One file per kind of probe: a struct that mirrors its table in `heal.toml`, a look, and a pure judgement.
//! A probe changes nothing, and says "unknown" when it could not look.

pub mod beat;
pub mod command;
pub mod disk;
mod fits;
pub mod fresh;
pub mod http;
pub mod identify;
pub mod index;
pub mod memory;
pub mod process;
mod program;
pub mod run;
pub mod tcp;

use std::fmt::Debug;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use toml::de::ValueDeserializer;

use crate::host::process::{Process, Processes};
use crate::model::disturbance::Disturbance;
use crate::model::event::Moment;
use crate::model::{Class, Figure, Severity, Span};
use identify::Who;

/// Every kind of probe that is built. `config kinds`, the messages about unknown kinds, the manual and the README read this.
pub const KINDS: [Kind; 8] =
    [process::KIND, fresh::KIND, beat::KIND, http::KIND, tcp::KIND, command::KIND, disk::KIND, memory::KIND];

/// Kinds that the design names and that are not built yet: accepted with a warning, never judged.
pub const PLANNED: [&str; 4] = ["port", "log", "certificate", "sqlite"];

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
    /// The class of trouble that it sees unless the table says otherwise.
    pub class: Class,
    /// How long one look may take unless the table says otherwise.
    pub timeout: Span,
}

/// Keys that every probe has.
#[derive(Clone, Debug, Deserialize)]
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
    /// Bad looks in a row, over as many ticks, before it counts.
    #[serde(default = "one")]
    pub fail_after: u32,
}

/// The names of the keys in [`Common`], with `kind`.
pub const COMMON_KEYS: [&str; 6] = ["kind", "enabled", "timeout", "class", "severity", "fail_after"];

const fn yes() -> bool {
    true
}

const fn one() -> u32 {
    1
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
    pub root: PathBuf,
    /// The service's name, or `host`.
    pub service: String,
    /// The folder in which heartbeats are kept.
    pub beats: PathBuf,
    /// Now.
    pub now: Moment,
    /// Who runs as this service; `None` for the host.
    pub who: Option<Arc<Who>>,
    /// What makes files look older than they are.
    pub disturbed: Vec<Disturbance>,
    /// The processes of this machine.
    pub processes: Arc<dyn Processes>,
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
    /// Named facts.
    pub evidence: Vec<(&'static str, String)>,
    /// What was measured.
    pub figures: Vec<Figure>,
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
        Self { judged, summary: summary.into(), evidence: Vec::new(), figures: Vec::new() }
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
}

/// A probe: looks once and judges what it saw.
pub trait Probe: Send + Sync + Debug {
    /// Looks, within `timeout`. A look that takes longer is abandoned and counts as unknown.
    fn look(&self, scene: &Scene, timeout: std::time::Duration) -> Sight;

    /// Is what it looks at only worth a look while the service's process runs?
    fn needs_process(&self) -> bool {
        true
    }

    /// The program that it runs, and the PATH that it is looked up in if not in ours.
    fn program(&self) -> Option<(&str, Option<&str>)> {
        None
    }

    /// The heartbeat that it waits for: the loop's name, empty for the only one.
    fn heartbeat(&self) -> Option<&str> {
        None
    }

    /// Paths that it reads: nothing that heal does may write them (DESIGN §7.4).
    fn reads(&self) -> Vec<PathBuf> {
        Vec::new()
    }
}

/// `parse` of a kind whose table needs no check beyond its types.
pub(crate) fn plain<P>(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error>
where
    P: Probe + for<'de> Deserialize<'de> + 'static,
{
    P::deserialize(value).map(|probe| Arc::new(probe) as Arc<dyn Probe>)
}
