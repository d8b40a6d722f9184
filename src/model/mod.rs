//! The nouns: findings, changes, events, reports, and the fold that turns events into "what is true now".
//! Pure data and pure functions; imports nothing else of ours and never looks at the world.

pub mod act;
pub mod address;
pub mod ailing;
pub mod alert;
pub mod beat;
pub mod change;
pub mod checkpoint;
#[cfg(any(test, fuzzing))]
pub(crate) mod choices;
pub mod crash;
pub mod digest;
pub mod disturbance;
pub mod doctor;
pub mod ending;
pub mod entry;
pub mod event;
pub mod evidence;
pub mod finding;
pub mod history;
pub mod identity;
pub mod incident;
pub mod layout;
pub mod lock;
pub mod loss;
pub mod made;
pub mod mended;
pub mod moment;
pub mod not_updated;
pub mod notice;
pub mod open_intent;
pub mod pattern;
pub mod pause;
pub mod problem;
pub mod redact;
pub mod refused;
pub mod report;
pub mod revert;
pub mod sanitize;
pub mod schedule;
pub mod searched;
pub mod secret;
pub mod service;
mod service_history;
pub mod spool;
pub mod startup;
pub mod state;
pub mod status;
pub mod sweep;
pub mod taken_back;
pub mod threshold;
pub mod undo;
pub mod unit;
pub mod units;
pub mod update;
pub mod validation;

pub use change::Change;
pub use event::{Entry, Event, Outcome};
pub use evidence::Evidence;
pub use finding::{Class, Figure, Finding, Limit, Severity, Sign, Unit, Verdict};
pub use history::{History, Incident, ServiceHistory};
pub use identity::{Identity, Selector};
pub use layout::Layout;
pub use lock::{FileId, Holder, Holding, Lock, LockKind};
pub use pause::{Pause, Paused};
pub use report::Report;
pub use secret::{Sealed, Secret};
pub use service::{Rules, Service};
pub use startup::Startup;
pub use state::StateFile;
pub use status::Status;
pub use sweep::Sweep;
pub use threshold::Threshold;
pub use unit::{Supervisor, UnitName};
pub use units::{Bytes, Percent, Rate, Span};
pub use validation::Validation;

/// A moment in UTC. The only clock of the journal and of every report; durations within a run use `Instant`.
pub type Stamp = chrono::DateTime<chrono::Utc>;

/// RFC 3339 in UTC with milliseconds and `Z`, the one way in which `heal` writes a moment.
#[must_use]
pub fn rfc3339(at: Stamp) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
