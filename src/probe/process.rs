//! Does the service's process run? Implied for every service that can be recognised.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::identify::{NOT_YET, Who};
use super::{Judged, Kind, Probe, Scene, Sight};
use crate::model::units::span_text;
use crate::model::{Class, Severity, Span};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "process",
    about: "the service's process runs (implied; declare it only to change its threshold)",
    example: r#"process = { kind = "process", fail_after = 1 }"#,
    parse: super::plain::<Process>,
    schema: Process::json_schema,
    class: Class::Dead,
    timeout: Span::secs(5),
};

/// The probe; it has no keys of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Process {}

impl Probe for Process {
    fn look(&self, scene: &Scene, _timeout: Duration) -> Sight {
        judge(scene.who.as_deref().unwrap_or(&Who::Unwatched))
    }

    fn needs_process(&self) -> bool {
        false
    }
}

fn judge(who: &Who) -> Sight {
    match who {
        Who::Running { process, how, .. } => {
            let up = span_text(process.age_ms);
            let stopped = process.state == 'T';
            if how == NOT_YET {
                let summary = format!("pid {} does not fit `match` yet", process.identity.pid);
                // As of any probe that is not good yet: starting, and no cure.
                let sight = Sight::new(Judged::Bad(Some(Severity::Critical)), summary).of_class(Class::Hung);
                return sight.with("command", process.command()).with("recognised by", how);
            }
            let (judged, summary) = if stopped {
                // A stopped process does no work, whatever its port says; somebody may be debugging it.
                (Judged::Bad(Some(Severity::Warning)), format!("pid {} is stopped (SIGSTOP)", process.identity.pid))
            } else {
                (Judged::Good, format!("pid {}, up {up}", process.identity.pid))
            };
            Sight::new(judged, summary).with("command", process.command()).with("recognised by", how)
        }
        Who::Gone { why, left } => {
            let sight = Sight::new(Judged::Bad(Some(Severity::Critical)), "not running").with("because", why);
            left.iter().fold(sight, |sight, process| {
                sight.with("left behind", format!("pid {} `{}`", process.identity.pid, process.command()))
            })
        }
        Who::Unknown { why } => Sight::new(Judged::Unknown, why.clone()),
        Who::Unwatched => Sight::new(Judged::Skipped, "nothing says how to recognise its process"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_positive_absence_is_dead() {
        let why = String::from("x");
        assert_eq!(
            judge(&Who::Gone { why: why.clone(), left: Vec::new() }).judged,
            Judged::Bad(Some(Severity::Critical))
        );
        assert_eq!(judge(&Who::Unknown { why }).judged, Judged::Unknown);
        assert_eq!(judge(&Who::Unwatched).judged, Judged::Skipped);
    }
}
