//! Is there room left on a file system? Free bytes against two limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::resources;
use crate::model::{Bytes, Class, Severity, Span};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "disk",
    about: "free space of a file system",
    example: r#"disk = { kind = "disk", path = ".", warn_below = "1GB", critical_below = "512MB" }"#,
    parse,
    schema: Disk::json_schema,
    class: Class::Resource,
    timeout: Span::secs(5),
};

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Any path on the file system.
    /// Anything on the file system.
    path: PathBuf,
    /// Less free space than this is a warning.
    warn_below: Option<Bytes>,
    /// Less free space than this is critical.
    critical_below: Option<Bytes>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let disk = Disk::deserialize(value)?;
    match (disk.warn_below, disk.critical_below) {
        (None, None) => Err(toml::de::Error::custom("a disk probe needs `warn_below` or `critical_below`")),
        (Some(warn), Some(critical)) if warn < critical => {
            Err(toml::de::Error::custom("`warn_below` is less than `critical_below`: it would never warn"))
        }
        _ => Ok(Arc::new(disk)),
    }
}

impl Probe for Disk {
    fn look(&self, scene: &Scene, _timeout: Duration) -> Sight {
        match resources::disk(&scene.root.join(&self.path)) {
            Ok((free, total)) => self.judge(free, total),
            Err(why) => Sight::new(Judged::Unknown, format!("{}: {why}", self.path.display())),
        }
    }

    fn needs_process(&self) -> bool {
        false
    }
}

impl Disk {
    fn judge(&self, free: u64, total: u64) -> Sight {
        let below = |limit: Option<Bytes>| limit.is_some_and(|limit| free < limit.0);
        let judged = if below(self.critical_below) {
            Judged::Bad(Some(Severity::Critical))
        } else if below(self.warn_below) {
            Judged::Bad(Some(Severity::Warning))
        } else {
            Judged::Good
        };
        Sight::new(judged, format!("{} free of {}", Bytes(free), Bytes(total)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_limits() {
        let disk = |warn: Option<u64>, critical: Option<u64>| Disk {
            path: PathBuf::new(),
            warn_below: warn.map(Bytes),
            critical_below: critical.map(Bytes),
        };
        let warning = Judged::Bad(Some(Severity::Warning));
        let critical = Judged::Bad(Some(Severity::Critical));
        let table = [
            (disk(Some(10), Some(5)), 10, Judged::Good),
            (disk(Some(10), Some(5)), 9, warning),
            (disk(Some(10), Some(5)), 4, critical),
            (disk(Some(10), None), 0, warning),
            (disk(None, Some(5)), 5, Judged::Good),
        ];
        for (disk, free, expected) in table {
            assert_eq!(disk.judge(free, 100).judged, expected, "{disk:?} {free}");
        }
    }
}
