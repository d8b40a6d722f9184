//! How do we speak? Human text, JSON and plugin output from the same report; whatever came from outside is made harmless first.

pub mod alert;
pub mod checkpoint;
pub mod checkpoint_json;
pub mod crash;
pub mod crash_json;
pub mod doctor;
pub mod human;
pub mod json;
pub mod locks;
pub mod locks_json;
pub mod nagios;
pub mod schedule;
pub mod schema;
pub mod startup;
pub mod states;
pub mod states_json;
pub mod status;
pub mod status_json;
pub mod undo;
pub mod update_json;
pub mod view;
mod view_change;

use crate::model::event::Outcome;
use crate::model::report::Level;
pub use crate::model::sanitize;

/// The word for a level, in every format.
#[must_use]
pub const fn level(level: Level) -> &'static str {
    match level {
        Level::Disabled => "disabled",
        Level::Healthy => "healthy",
        Level::LeftAlone => "left-alone",
        Level::Starting => "starting",
        Level::Degraded => "degraded",
        Level::Unknown => "unknown",
        Level::Blocked => "blocked",
        Level::Unhealthy => "unhealthy",
    }
}

/// The word for an outcome, in every format.
#[must_use]
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Healed => "healed",
        Outcome::Probation => "probation",
        Outcome::Unchanged => "unchanged",
        Outcome::Failed => "failed",
        Outcome::Interrupted => "interrupted",
    }
}
