//! Is there memory left on the machine? The share in use, by the kernel's own estimate of what is available, and the share of the
//! last minute in which work stood still for want of it: a machine that thrashes has "available" memory to the end.

use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use toml::de::ValueDeserializer;

use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::resources::{self, Pressure};
use crate::model::{Bytes, Class, Figure, Limit, Percent, Severity, Span, Unit};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "memory",
    about: "memory of the machine in use, and how long work stood still for want of it",
    example: r#"memory = { kind = "memory", warn_above = "80%", critical_above = "95%", warn_pressure_above = "10%" }"#,
    parse,
    schema: Memory::json_schema,
    class: Class::Resource,
    timeout: Span::secs(5),
};

/// The probe's table.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// More in use than this is a warning.
    warn_above: Option<Percent>,
    /// More in use than this is critical.
    critical_above: Option<Percent>,
    /// Of the last minute, as `/proc/pressure/memory` has it.
    warn_pressure_above: Option<Percent>,
    /// More than this share of the last minute is critical.
    critical_pressure_above: Option<Percent>,
    /// Who has to wait for it to count.
    #[serde(default)]
    pressure: Waits,
}

/// The lines of `/proc/pressure/memory`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Waits {
    /// At least something.
    #[default]
    Some,
    /// Everything that has work to do.
    Full,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let memory = Memory::deserialize(value)?;
    let never = |warn: Option<Percent>, critical: Option<Percent>| warn.zip(critical).is_some_and(|(w, c)| w > c);
    let refuse = |text: &str| Err(toml::de::Error::custom(text));
    if never(memory.warn_above, memory.critical_above) {
        return refuse("`warn_above` is more than `critical_above`: it would never warn");
    }
    if never(memory.warn_pressure_above, memory.critical_pressure_above) {
        return refuse("`warn_pressure_above` is more than `critical_pressure_above`: it would never warn");
    }
    if memory.pressure == Waits::Full && !memory.asks_pressure() {
        return refuse("`pressure` needs `warn_pressure_above` or `critical_pressure_above`");
    }
    if memory.warn_above.is_none() && memory.critical_above.is_none() && !memory.asks_pressure() {
        return refuse("a memory probe needs a limit such as `warn_above` or `warn_pressure_above`");
    }
    Ok(Arc::new(memory))
}

impl Probe for Memory {
    fn look(&self, _scene: &Scene, _timeout: Duration) -> Sight {
        match resources::memory() {
            Ok((available, total)) => {
                let pressure = self.asks_pressure().then(resources::pressure);
                self.judge(available, total, pressure)
            }
            Err(why) => Sight::new(Judged::Unknown, why),
        }
    }

    fn glance(&self, scene: &Scene) -> Option<Sight> {
        Some(self.look(scene, Duration::ZERO))
    }

    fn needs_process(&self) -> bool {
        false
    }
}

impl Memory {
    const fn asks_pressure(&self) -> bool {
        self.warn_pressure_above.is_some() || self.critical_pressure_above.is_some()
    }

    /// `pressure`: only where it was asked for.
    fn judge(&self, available: u64, total: u64, pressure: Option<Result<Pressure, String>>) -> Sight {
        if total == 0 {
            return Sight::new(Judged::Unknown, "the machine reports no memory at all");
        }
        #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
        let used = 100.0 - available as f64 * 100.0 / total as f64;
        let mut worst = beyond(used, self.warn_above, self.critical_above);
        let mut said = format!("{used:.0}% in use, {} available of {}", Bytes(available), Bytes(total));
        let mut figures = vec![figure("used", used, self.warn_above, self.critical_above)];
        let mut unseen = false;
        match pressure {
            None => {}
            Some(Ok(pressure)) => {
                let (waited, who) = match self.pressure {
                    Waits::Some => (pressure.some, "something"),
                    Waits::Full => (pressure.full, "everything"),
                };
                let (warn, critical) = (self.warn_pressure_above, self.critical_pressure_above);
                worst = worst.max(beyond(waited, warn, critical));
                said.push_str(&format!("; {who} waited for memory in {waited:.1}% of the last minute"));
                figures.push(figure("pressure", waited, warn, critical));
            }
            Some(Err(why)) => {
                unseen = true;
                said.push_str(&format!("; {why}"));
            }
        }
        let judged = match worst {
            Some(severity) => Judged::Bad(Some(severity)),
            // What is in use is known to be well, what was asked besides is not.
            None if unseen => Judged::Unknown,
            None => Judged::Good,
        };
        figures.into_iter().fold(Sight::new(judged, said), Sight::measured)
    }
}

fn beyond(value: f64, warn: Option<Percent>, critical: Option<Percent>) -> Option<Severity> {
    let above = |limit: Option<Percent>| limit.is_some_and(|limit| value > limit.0);
    match (above(warn), above(critical)) {
        (_, true) => Some(Severity::Critical),
        (true, false) => Some(Severity::Warning),
        _ => None,
    }
}

fn figure(name: &'static str, value: f64, warn: Option<Percent>, critical: Option<Percent>) -> Figure {
    let limit = |percent: Option<Percent>| percent.map(|percent| Limit::Above(percent.0));
    Figure { name, value, unit: Unit::Percent, warn: limit(warn), critical: limit(critical) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WARNING: Judged = Judged::Bad(Some(Severity::Warning));
    const CRITICAL: Judged = Judged::Bad(Some(Severity::Critical));

    #[test]
    fn the_two_limits() {
        let memory =
            Memory { warn_above: Some(Percent(80.0)), critical_above: Some(Percent(95.0)), ..Memory::default() };
        for (available, expected) in [(20, Judged::Good), (19, WARNING), (4, CRITICAL)] {
            assert_eq!(memory.judge(available, 100, None).judged, expected, "{available}");
        }
        assert_eq!(memory.judge(0, 0, None).judged, Judged::Unknown);
    }

    #[test]
    fn waiting_counts_besides_and_is_unknown_only_where_nothing_is_bad() {
        let memory = |pressure| Memory {
            warn_above: Some(Percent(80.0)),
            warn_pressure_above: Some(Percent(10.0)),
            critical_pressure_above: Some(Percent(40.0)),
            pressure,
            ..Memory::default()
        };
        let waited = |some, full| Some(Ok(Pressure { some, full }));
        let unseen = || Some(Err("no PSI".to_owned()));
        let table = [
            (Waits::Some, 50, waited(10.0, 0.0), Judged::Good),
            (Waits::Some, 50, waited(10.1, 0.0), WARNING),
            (Waits::Some, 50, waited(41.0, 0.0), CRITICAL),
            (Waits::Full, 50, waited(99.0, 10.0), Judged::Good),
            (Waits::Full, 50, waited(99.0, 41.0), CRITICAL),
            (Waits::Some, 10, waited(0.0, 0.0), WARNING),
            (Waits::Some, 50, unseen(), Judged::Unknown),
            (Waits::Some, 10, unseen(), WARNING),
        ];
        let figures = memory(Waits::Some).judge(50, 100, waited(10.5, 0.0)).figures;
        let pressure = figure("pressure", 10.5, Some(Percent(10.0)), Some(Percent(40.0)));
        assert_eq!(figures, [figure("used", 50.0, Some(Percent(80.0)), None), pressure]);
        for (waits, available, pressure, expected) in table {
            let shown = format!("{waits:?} {available} {pressure:?}");
            assert_eq!(memory(waits).judge(available, 100, pressure).judged, expected, "{shown}");
        }
    }
}
