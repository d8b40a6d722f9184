//! Is there memory left on the machine? The share in use, by the kernel's own estimate of what is available.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::resources;
use crate::model::{Bytes, Class, Percent, Severity, Span};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "memory",
    about: "memory of the machine in use",
    example: r#"memory = { kind = "memory", warn_above = "80%", critical_above = "95%" }"#,
    parse,
    schema: Memory::json_schema,
    class: Class::Resource,
    timeout: Span::secs(5),
};

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// More in use than this is a warning.
    warn_above: Option<Percent>,
    /// More in use than this is critical.
    critical_above: Option<Percent>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let memory = Memory::deserialize(value)?;
    match (memory.warn_above, memory.critical_above) {
        (None, None) => Err(toml::de::Error::custom("a memory probe needs `warn_above` or `critical_above`")),
        (Some(warn), Some(critical)) if warn > critical => {
            Err(toml::de::Error::custom("`warn_above` is more than `critical_above`: it would never warn"))
        }
        _ => Ok(Arc::new(memory)),
    }
}

impl Probe for Memory {
    fn look(&self, _scene: &Scene, _timeout: Duration) -> Sight {
        match resources::memory() {
            Ok((available, total)) => self.judge(available, total),
            Err(why) => Sight::new(Judged::Unknown, why),
        }
    }

    fn needs_process(&self) -> bool {
        false
    }
}

impl Memory {
    fn judge(&self, available: u64, total: u64) -> Sight {
        if total == 0 {
            return Sight::new(Judged::Unknown, "the machine reports no memory at all");
        }
        #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
        let used = 100.0 - available as f64 * 100.0 / total as f64;
        let above = |limit: Option<Percent>| limit.is_some_and(|limit| used > limit.0);
        let judged = if above(self.critical_above) {
            Judged::Bad(Some(Severity::Critical))
        } else if above(self.warn_above) {
            Judged::Bad(Some(Severity::Warning))
        } else {
            Judged::Good
        };
        Sight::new(judged, format!("{used:.0}% in use, {} available of {}", Bytes(available), Bytes(total)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_limits() {
        let memory = Memory { warn_above: Some(Percent(80.0)), critical_above: Some(Percent(95.0)) };
        let table = [
            (20, Judged::Good),
            (19, Judged::Bad(Some(Severity::Warning))),
            (4, Judged::Bad(Some(Severity::Critical))),
        ];
        for (available, expected) in table {
            assert_eq!(memory.judge(available, 100).judged, expected, "{available}");
        }
        assert_eq!(memory.judge(0, 0).judged, Judged::Unknown);
    }
}
