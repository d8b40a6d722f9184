//! Can a file system still be written? Free bytes and free inodes against two limits each, and whether it has become read-only.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer};
use toml::de::ValueDeserializer;

use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::near;
use crate::host::resources::{self, FileSystem, ReadOnly};
use crate::model::{Bytes, Class, Figure, Limit, Percent, Severity, Span, Unit};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "disk",
    about: "free space and free inodes of a file system, and whether it has become read-only",
    example: r#"disk = { kind = "disk", path = ".", warn_below = "1GB", critical_below = "512MB", warn_inodes_below = "5%" }"#,
    parse,
    schema: Disk::json_schema,
    class: Class::Resource,
    timeout: Span::secs(5),
};

/// The probe's table.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disk {
    /// Anything on the file system.
    path: PathBuf,
    /// Less free space than this is a warning.
    warn_below: Option<Bytes>,
    /// Less free space than this is critical.
    critical_below: Option<Bytes>,
    /// Fewer free inodes than this are a warning: a number, or a share of all.
    warn_inodes_below: Option<Inodes>,
    /// Fewer free inodes than this are critical.
    critical_inodes_below: Option<Inodes>,
    /// Has it to be writable? Unless said: the file system has to be, while a read-only view of it may be meant so.
    writable: Option<bool>,
}

/// A number of inodes, or a share of all.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Inodes {
    Count(u64),
    Share(Percent),
}

impl Inodes {
    /// As a number.
    #[expect(clippy::cast_precision_loss, reason = "a limit: to the inode does not matter where it could be inexact")]
    fn of(self, total: u64) -> f64 {
        match self {
            Self::Count(count) => count as f64,
            Self::Share(share) => share.0 * total as f64 / 100.0,
        }
    }
}

impl JsonSchema for Inodes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "inodes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number such as 10000, or a share such as \"5%\".",
            "anyOf": [{"type": "integer", "minimum": 0}, Percent::json_schema(generator)]
        })
    }
}

impl<'de> Deserialize<'de> for Inodes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Inodes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number such as 10000, or a share such as \"5%\"")
            }

            fn visit_i64<E: serde::de::Error>(self, count: i64) -> Result<Inodes, E> {
                u64::try_from(count).map(Inodes::Count).map_err(|_| E::custom(format!("{count} is less than nothing")))
            }

            fn visit_u64<E: serde::de::Error>(self, count: u64) -> Result<Inodes, E> {
                Ok(Inodes::Count(count))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Inodes, E> {
                text.parse().map(Inodes::Share).map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let disk = Disk::deserialize(value)?;
    let refuse = |text: &str| Err(toml::de::Error::custom(text));
    let inodes = (disk.warn_inodes_below, disk.critical_inodes_below);
    if disk.warn_below.is_none() && disk.critical_below.is_none() && inodes == (None, None) && disk.writable.is_none() {
        return refuse("a disk probe needs a limit such as `warn_below` or `warn_inodes_below`, or `writable`");
    }
    if disk.warn_below.zip(disk.critical_below).is_some_and(|(warn, critical)| warn < critical) {
        return refuse("`warn_below` is less than `critical_below`: it would never warn");
    }
    match inodes {
        (Some(Inodes::Share(warn)), Some(Inodes::Share(critical))) if warn < critical => {}
        (Some(Inodes::Count(warn)), Some(Inodes::Count(critical))) if warn < critical => {}
        _ => return Ok(Arc::new(disk)),
    }
    refuse("`warn_inodes_below` is less than `critical_inodes_below`: it would never warn")
}

impl Probe for Disk {
    fn look(&self, scene: &Scene, _timeout: Duration) -> Sight {
        match resources::disk(&scene.root.join(&self.path)) {
            Ok(disk) => self.judge(&disk),
            Err(why) => Sight::new(Judged::Unknown, format!("{}: {why}", self.path.display())),
        }
    }

    fn glance(&self, scene: &Scene) -> Option<Sight> {
        near::is_near(&scene.root, &scene.root.join(&self.path)).then(|| self.look(scene, Duration::ZERO))
    }

    fn needs_process(&self) -> bool {
        false
    }
}

impl Disk {
    fn judge(&self, disk: &FileSystem) -> Sight {
        let mut worst = None;
        let mut said = vec![format!("{} free of {}", Bytes(disk.free), Bytes(disk.total))];
        let judge = |warn: bool, critical: bool| match (warn, critical) {
            (_, true) => Some(Severity::Critical),
            (true, false) => Some(Severity::Warning),
            _ => None,
        };
        let below = |limit: Option<Bytes>| limit.is_some_and(|limit| disk.free < limit.0);
        worst = worst.max(judge(below(self.warn_below), below(self.critical_below)));
        let limit = |bytes: Option<Bytes>| bytes.map(|bytes| Limit::Below(float(bytes.0)));
        let (warn, critical) = (limit(self.warn_below), limit(self.critical_below));
        let mut figures = vec![Figure { name: "free", value: float(disk.free), unit: Unit::Bytes, warn, critical }];
        let asked = self.warn_inodes_below.is_some() || self.critical_inodes_below.is_some();
        // Where inodes are made as needed, there is nothing to run out of but bytes.
        if let Some((free, total)) = disk.inodes.filter(|_| asked) {
            let limit = |inodes: Option<Inodes>| inodes.map(|inodes| inodes.of(total));
            let (warn, critical) = (limit(self.warn_inodes_below), limit(self.critical_inodes_below));
            let below = |limit: Option<f64>| limit.is_some_and(|limit| float(free) < limit);
            worst = worst.max(judge(below(warn), below(critical)));
            said.push(format!("{free} of {total} inodes free"));
            let (warn, critical) = (warn.map(Limit::Below), critical.map(Limit::Below));
            figures.push(Figure { name: "inodes", value: float(free), unit: Unit::Count, warn, critical });
        }
        let locked = match (disk.read_only, self.writable) {
            (Some(_), Some(true)) | (Some(ReadOnly::Everywhere), None) => true,
            (_, Some(false)) | (None | Some(ReadOnly::Here), _) => false,
        };
        if locked {
            worst = Some(Severity::Critical);
            said.insert(0, "it is read-only".to_owned());
        }
        let judged = worst.map_or(Judged::Good, |severity| Judged::Bad(Some(severity)));
        let sight = figures.into_iter().fold(Sight::new(judged, said.join(", ")), Sight::measured);
        match disk.read_only {
            Some(ReadOnly::Everywhere) => sight.with("read_only", "the file system"),
            Some(ReadOnly::Here) => sight.with("read_only", "this view of it"),
            None => sight,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure for graphs")]
const fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const WARNING: Judged = Judged::Bad(Some(Severity::Warning));
    const CRITICAL: Judged = Judged::Bad(Some(Severity::Critical));

    fn seen(free: u64, inodes: Option<(u64, u64)>, read_only: Option<ReadOnly>) -> FileSystem {
        FileSystem { free, total: 100, inodes, read_only }
    }

    #[test]
    fn the_two_limits() {
        let disk = |warn: Option<u64>, critical: Option<u64>| Disk {
            warn_below: warn.map(Bytes),
            critical_below: critical.map(Bytes),
            ..Disk::default()
        };
        let table = [
            (disk(Some(10), Some(5)), 10, Judged::Good),
            (disk(Some(10), Some(5)), 9, WARNING),
            (disk(Some(10), Some(5)), 4, CRITICAL),
            (disk(Some(10), None), 0, WARNING),
            (disk(None, Some(5)), 5, Judged::Good),
        ];
        for (disk, free, expected) in table {
            assert_eq!(disk.judge(&seen(free, Some((0, 10)), None)).judged, expected, "{disk:?} {free}");
        }
    }

    #[test]
    fn inodes_run_out_where_they_are_counted() {
        let disk = |warn: Option<Inodes>, critical: Option<Inodes>| Disk {
            warn_inodes_below: warn,
            critical_inodes_below: critical,
            ..Disk::default()
        };
        let share = |percent: f64| Some(Inodes::Share(Percent(percent)));
        let count = |number: u64| Some(Inodes::Count(number));
        let table = [
            (disk(share(10.0), share(5.0)), Some((100, 1_000)), Judged::Good),
            (disk(share(10.0), share(5.0)), Some((99, 1_000)), WARNING),
            (disk(share(10.0), share(5.0)), Some((49, 1_000)), CRITICAL),
            (disk(count(50), count(10)), Some((9, 1_000)), CRITICAL),
            (disk(share(10.0), count(10)), Some((11, 1_000)), WARNING),
            (disk(share(10.0), None), None, Judged::Good),
        ];
        for (disk, inodes, expected) in table {
            assert_eq!(disk.judge(&seen(50, inodes, None)).judged, expected, "{disk:?} {inodes:?}");
        }
        let figures = disk(share(10.0), count(10)).judge(&seen(50, Some((99, 1_000)), None)).figures;
        let inodes = Figure {
            name: "inodes",
            value: 99.0,
            unit: Unit::Count,
            warn: Some(Limit::Below(100.0)),
            critical: Some(Limit::Below(10.0)),
        };
        let free = Figure { name: "free", value: 50.0, unit: Unit::Bytes, warn: None, critical: None };
        assert_eq!(figures, [free, inodes]);
    }

    #[test]
    fn what_turned_read_only_is_bad_and_what_only_looks_so_is_not() {
        let table = [
            (None, None, Judged::Good),
            (None, Some(ReadOnly::Here), Judged::Good),
            (None, Some(ReadOnly::Everywhere), CRITICAL),
            (Some(true), None, Judged::Good),
            (Some(true), Some(ReadOnly::Here), CRITICAL),
            (Some(false), Some(ReadOnly::Everywhere), Judged::Good),
        ];
        for (writable, read_only, expected) in table {
            let disk = Disk { writable, warn_below: Some(Bytes(1)), ..Disk::default() };
            assert_eq!(disk.judge(&seen(50, None, read_only)).judged, expected, "{writable:?} {read_only:?}");
        }
    }
}
