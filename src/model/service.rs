//! What is a service, for those who decide and act? Its rules and how it is started; how it is looked at lives with the probes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::change::Change;
use super::finding::Class;
use super::identity::Selector;
use super::unit::UnitName;
use super::units::{Rate, Span};

/// The variable that marks what heal started. Numbers are given away again; an inherited mark is not.
pub const MARK: &str = "HEAL_INTENT";

/// The variable that says which service it was started as.
pub const NAME: &str = "HEAL_SERVICE";

/// The default ladder: the first four levels of DESIGN §6. The fifth, "exhausted", is a state, not a rung.
pub const DEFAULT_LADDER: [&str; 4] = ["restart", "stop-stale", "clear-locks", "revert"];

/// The name under which the machine itself stands in reports and in the history; no service may have it.
pub const HOST: &str = "host";

/// A service as the rest of the program sees it: validated, paths absolute.
#[derive(Clone, Debug)]
pub struct Service {
    /// The name: the key of `[service.NAME]`.
    pub name: String,
    /// How decisions about it are made.
    pub rules: Rules,
    /// How to recognise its process. Always there for a service that heal may act upon.
    pub selector: Option<Selector>,
    /// How to start it. None: heal observes and alerts only.
    pub launch: Option<Launch>,
    /// The supervisor's name for it, such as `systemd:bot.service`.
    pub unit: Option<UnitName>,
    /// How long it has to end after it was asked to, before KILL.
    pub stop_grace: Span,
    /// Services without which it cannot work: while one of them is down, it is left alone.
    pub needs: Vec<String>,
    /// Services that it works without, degraded.
    pub wants: Vec<String>,
    /// Rungs of its own, by name.
    pub remedies: BTreeMap<String, Remedy>,
    /// Who was left behind by it, when nobody owns such a process.
    pub orphans: Option<Selector>,
}

impl Service {
    /// Is there a way to start it?
    #[must_use]
    pub const fn is_startable(&self) -> bool {
        self.launch.is_some() || self.unit.is_some()
    }

    /// A service of that name, with the default rules, that nobody can recognise or start.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rules: Rules::default(),
            selector: None,
            launch: None,
            unit: None,
            stop_grace: Span::secs(10),
            needs: Vec::new(),
            wants: Vec::new(),
            remedies: BTreeMap::new(),
            orphans: None,
        }
    }
}

/// How decisions about a service are made. Defaults are those of DESIGN §6 and FAILURES "default numbers".
#[derive(Clone, Debug)]
pub struct Rules {
    /// Names of rungs, mildest first.
    pub ladder: Vec<String>,
    /// After a start, bad probes are "starting" for this long; a missing process never is.
    pub startup_grace: Span,
    /// An incident ends only after this long in health.
    pub stable_for: Span,
    /// Good looks in a row before an incident may end.
    pub recover_after: u32,
    /// How many starts and stops heal may make in a window, for each class of trouble.
    pub restart_limit: Rate,
    /// Wait at least this long after an act before the next one.
    pub restart_delay: Span,
    /// How long an act has to show good probes, and a start a new identity.
    pub verify_within: Span,
    /// Exit codes after which a restart cannot help.
    pub hold_on_exit: Vec<i32>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            ladder: DEFAULT_LADDER.map(str::to_owned).to_vec(),
            startup_grace: Span::secs(30),
            stable_for: Span::secs(120),
            recover_after: 2,
            restart_limit: Rate { count: 3, per: Span::secs(3600) },
            restart_delay: Span::secs(0),
            verify_within: Span::secs(20),
            hold_on_exit: Vec::new(),
        }
    }
}

/// How a service without a supervisor is started and stopped.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Launch {
    /// Program and arguments; never a shell.
    pub argv: Vec<String>,
    /// Working directory, absolute.
    pub cwd: PathBuf,
    /// Added to the clean environment.
    pub env: BTreeMap<String, String>,
    /// Where its stdout and stderr go; appended.
    pub log: PathBuf,
    /// How long it has to end after TERM, before KILL.
    pub stop_grace: Span,
}

/// A rung of a service's own: something that heal runs or asks, and then verifies like any other act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remedy {
    /// What is done.
    pub change: Change,
    /// The classes of trouble that it is tried for.
    pub on: Vec<Class>,
    /// How often it may be taken in a window.
    pub limit: Option<Rate>,
}
