//! Does the service still write? The age of a file, or of a time stamp inside a JSON file, against a limit.
//! Silence counts from the later of the signal and the process's start, and the future is suspicious, not fresh (FAILURES F8, F20).

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::silence::{self, Note};
use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::{files, near};
use crate::model::units::span_text;
use crate::model::{Class, Figure, Limit, Sign, Span, Stamp, Unit, disturbance, rfc3339};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "fresh",
    about: "a file or glob was written lately; by its mtime or by a time stamp in a JSON field",
    example: r#"log = { kind = "fresh", path = "logs/bot.log", within = "5m" }"#,
    parse: super::plain::<Fresh>,
    schema: Fresh::json_schema,
    class: Class::Hung,
    timeout: Span::secs(5),
};

/// A signal this far ahead of us is a clock that differs, not a lie (two clocks, one truncated to seconds).
const SKEW_MS: i64 = 5_000;

/// Files that one glob may match.
const MOST_FILES: usize = 10_000;

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    /// A file or a glob.
    path: PathBuf,
    /// How old the signal may be.
    #[serde(deserialize_with = "crate::model::units::positive")]
    within: Span,
    /// Where in the JSON file the time stamp stands, such as `.last_heartbeat_ts`.
    field: Option<String>,
    /// Every file of the glob has to be fresh, not just the newest.
    #[serde(default)]
    each: bool,
    /// It is written however quiet the night: its silence says enough, whoever else answers. So it is with a `field`.
    heartbeat: Option<bool>,
}

/// What was read: the time of each signal, or why it could not be read.
type Signals = Vec<(PathBuf, Result<Stamp, String>)>;

impl Probe for Fresh {
    fn look(&self, scene: &Scene, _timeout: Duration) -> Sight {
        let searched = match files::search(&scene.root.join(&self.path), MOST_FILES) {
            Ok(searched) => searched,
            Err(why) => return Sight::new(Judged::Unknown, format!("{}: {why}", self.path.display())),
        };
        let mut signals: Signals = Vec::with_capacity(searched.found.len());
        for path in searched.found {
            match self.signal(&path) {
                Ok(at) => signals.push((path, Ok(at))),
                Err(files::Unread::Missing) => {}
                Err(files::Unread::Failed(why)) => signals.push((path, Err(why))),
            }
        }
        let mut note = Note::of(scene);
        if signals.iter().any(|(_, signal)| signal.is_ok()) {
            note.seen(&scene.now);
        }
        // What could not be looked into may hold the newest of all.
        signals.extend(searched.hidden.into_iter().map(|(path, why)| (path, Err(why))));
        let started = started(scene);
        if let (true, Some(process)) = (signals.is_empty(), scene.process()) {
            let silent = note.missing(process.age_ms, searched.changed, &scene.now, scene.tick);
            let sight = excused(scene, self.within, &|more| self.missing(silent, process.age_ms, more));
            return note.heard(scene, self.within, sight, &[&scene.root.join(&self.path)]);
        }
        let sight = excused(scene, self.within, &|more| self.judge(&signals, scene.now.at, started, more));
        let places: Vec<&Path> = signals.iter().map(|(path, _)| path.as_path()).collect();
        note.heard(scene, self.within, sight, &places)
    }

    fn glance(&self, scene: &Scene) -> Option<Sight> {
        let path = scene.root.join(&self.path);
        if self.field.is_some() || files::is_pattern(&path) {
            return None;
        }
        let at = near::modified(&scene.root, &path)?;
        let mut note = Note::of(scene);
        note.seen(&scene.now);
        let sight = self.judge(&vec![(path, Ok(at.into()))], scene.now.at, started(scene), &|_| 0);
        (sight.judged == Judged::Good).then(|| note.heard(scene, self.within, sight, &[]))
    }

    fn sign(&self) -> Sign {
        if self.heartbeat.unwrap_or(self.field.is_some()) { Sign::Other } else { Sign::Trace }
    }

    fn reads(&self) -> Vec<PathBuf> {
        vec![self.path.clone()]
    }
}

impl Fresh {
    fn signal(&self, path: &Path) -> Result<Stamp, files::Unread> {
        let Some(field) = &self.field else {
            let modified = files::stat(path)?.modified()?;
            return Ok(modified.into());
        };
        let bytes = files::read(path, 1024 * 1024)?;
        let value: serde_json::Value = serde_json::from_slice(&bytes)
            .map_err(|error| files::Unread::Failed(format!("not JSON (line {})", error.line())))?;
        let found = at_path(&value, field).ok_or_else(|| files::Unread::Failed(format!("it has no {field}")))?;
        stamp(found).map_err(|why| files::Unread::Failed(format!("{field} {why}")))
    }

    fn judge(&self, signals: &Signals, now: Stamp, started: Option<Stamp>, more: More<'_>) -> Sight {
        let shown = self.path.display().to_string();
        let mut worst: Option<Sight> = None;
        let mut best: Option<Sight> = None;
        for (path, signal) in signals {
            let sight = match signal {
                Ok(at) => judge_signal((&name_of(path), "written"), *at, now, started, self.within, more),
                Err(why) => Sight::new(Judged::Unknown, format!("{}: {why}", path.display())),
            };
            if best.as_ref().is_none_or(|best| rank(&sight) < rank(best)) {
                best = Some(sight.clone());
            }
            if worst.as_ref().is_none_or(|worst| rank(&sight) > rank(worst)) {
                worst = Some(sight);
            }
        }
        if let Some(sight) = if self.each { worst } else { best } {
            return sight.with("limit", self.within);
        }
        Sight::new(Judged::Unknown, format!("{shown} does not exist"))
    }

    /// Nothing there: a process that runs for longer than the limit should have written by now, unless it was taken away.
    fn missing(&self, silent: i64, up: i64, more: More<'_>) -> Sight {
        let shown = self.path.display();
        if silent > self.within.millis().saturating_add(more(silent)) {
            return Sight::new(Judged::Bad(None), format!("{shown} does not exist after {}", span_text(up)));
        }
        let yet = || format!("yet, {} after the start", span_text(up));
        let said = silence::gone(silent, up, self.within).map_or_else(yet, |gone| format!("any more, {gone}"));
        Sight::new(Judged::Skipped, format!("{shown} does not exist {said}"))
    }
}

/// When the service's process was started.
pub(super) fn started(scene: &Scene) -> Option<Stamp> {
    scene.process().map(|process| scene.now.at - chrono::TimeDelta::milliseconds(process.age_ms))
}

/// What may be added to the limit for a signal of this age, in milliseconds.
pub(super) type More<'m> = &'m dyn Fn(i64) -> i64;

/// A judgement by age. If it is bad: would it be bad as well without what happened to the clocks?
pub(super) fn excused(scene: &Scene, within: Span, judge: &dyn Fn(More<'_>) -> Sight) -> Sight {
    let sight = judge(&|_| 0);
    if !matches!(sight.judged, Judged::Bad(_)) {
        return sight;
    }
    let why = Cell::new(None);
    let lenient = judge(&|age| {
        let excuse = disturbance::excuse(&scene.disturbed, age, within, &scene.now);
        excuse.map_or(0, |(by, reason)| {
            why.set(Some(reason));
            by
        })
    });
    match why.get().filter(|_| !matches!(lenient.judged, Judged::Bad(_))) {
        Some(why) => Sight { judged: Judged::Skipped, summary: why.to_owned(), ..sight },
        None => sight,
    }
}

/// What a signal of that time says: what was done when (`("bot.log", "written")`), `within` how old it may be.
pub(super) fn judge_signal(
    (name, done): (&str, &str),
    at: Stamp,
    now: Stamp,
    started: Option<Stamp>,
    within: Span,
    more: More<'_>,
) -> Sight {
    let age = (now - at).num_milliseconds();
    let limit = within.millis().saturating_add(more(age));
    let sight = if age < -SKEW_MS {
        Sight::new(Judged::Unknown, format!("{name} is dated {} in the future", span_text(-age)))
    } else if age <= limit {
        Sight::new(Judged::Good, format!("{name} was {done} {} ago", span_text(age)))
    } else {
        match started {
            Some(started) if at < started => {
                let up = (now - started).num_milliseconds();
                let judged = if up > limit { Judged::Bad(None) } else { Judged::Skipped };
                Sight::new(judged, format!("{name} is from before the start, {} ago", span_text(up)))
            }
            _ => {
                Sight::new(Judged::Bad(None), format!("{name} was last {done} {} ago (limit {within})", span_text(age)))
            }
        }
    };
    let figure = Figure {
        name: "age",
        #[expect(clippy::cast_precision_loss, reason = "seconds for graphs")]
        value: age as f64 / 1_000.0,
        unit: Unit::Seconds,
        warn: None,
        critical: Some(Limit::Above(within.get().as_secs_f64())),
    };
    sight.with("signal", rfc3339(at)).measured(figure)
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Good before skipped before unknown before bad.
pub(super) const fn rank(sight: &Sight) -> u8 {
    match sight.judged {
        Judged::Good => 0,
        Judged::Skipped => 1,
        Judged::Unknown => 2,
        Judged::Bad(_) => 3,
    }
}

/// `.a.b[0]` in a JSON value.
pub(super) fn at_path<'v>(value: &'v serde_json::Value, path: &str) -> Option<&'v serde_json::Value> {
    let mut at = value;
    for part in path.trim_start_matches('.').split('.') {
        let (key, indices) = part.split_once('[').map_or((part, ""), |(key, rest)| (key, rest));
        if !key.is_empty() {
            at = at.get(key)?;
        }
        for index in indices.split('[').filter(|index| !index.is_empty()) {
            at = at.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(at)
}

/// RFC 3339 with a zone, or seconds (or milliseconds) since 1970. A time without a zone could be hours off (FAILURES F32).
pub(super) fn stamp(value: &serde_json::Value) -> Result<Stamp, &'static str> {
    match value {
        serde_json::Value::String(text) => match chrono::DateTime::parse_from_rfc3339(text) {
            Ok(at) => Ok(at.to_utc()),
            Err(_) => Err("is not a time with a zone, such as 2026-11-22T03:00:00Z"),
        },
        serde_json::Value::Number(number) => {
            let number = number.as_f64().ok_or("is not a time")?;
            // 10^11 seconds is the year 5138, 10^11 milliseconds is 1973.
            let millis = if number.abs() < 1e11 { number * 1_000.0 } else { number };
            #[expect(
                clippy::cast_possible_truncation,
                reason = "`as` saturates, and chrono refuses what is out of range"
            )]
            Stamp::from_timestamp_millis(millis as i64).ok_or("is out of range")
        }
        _ => Err("is not a time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Stamp {
        Stamp::from_timestamp(1_700_000_000 + minutes * 60, 0).unwrap_or_default()
    }

    #[test]
    fn silence_counts_from_the_later_of_signal_and_start() {
        let fresh = |each| Fresh { path: "hb".into(), within: Span::secs(300), field: None, each, heartbeat: None };
        // minutes of the signals, of the start, each?, verdict; now is minute 100, the limit 5 minutes
        let table: &[(&[i64], Option<i64>, bool, Judged)] = &[
            (&[98], Some(0), false, Judged::Good),
            (&[90], Some(0), false, Judged::Bad(None)),
            (&[90], None, false, Judged::Bad(None)),
            (&[90], Some(97), false, Judged::Skipped), // from another life, and the new one is young
            (&[90], Some(94), false, Judged::Bad(None)), // from another life, and the new one had its time
            (&[103], Some(0), false, Judged::Unknown), // the future
            (&[], None, false, Judged::Unknown),
            (&[90, 99], Some(0), false, Judged::Good),
            (&[90, 99], Some(0), true, Judged::Bad(None)),
        ];
        for (signals, started, each, expected) in table {
            let signals: Signals = signals.iter().map(|minute| (PathBuf::from("hb"), Ok(at(*minute)))).collect();
            let sight = fresh(*each).judge(&signals, at(100), started.map(at), &|_| 0);
            assert_eq!(sight.judged, *expected, "{signals:?} {started:?}: {}", sight.summary);
        }
        let missing = |silent: i64, up: i64| fresh(false).missing(silent * 60_000, up * 60_000, &|_| 0).judged;
        let seen = [missing(2, 2), missing(10, 10), missing(2, 10), missing(6, 10)];
        assert_eq!(seen, [Judged::Skipped, Judged::Bad(None), Judged::Skipped, Judged::Bad(None)]);
        let hidden: Signals = vec![("old".into(), Ok(at(90))), ("locked".into(), Err("Permission denied".to_owned()))];
        assert_eq!(fresh(false).judge(&hidden, at(100), Some(at(0)), &|_| 0).judged, Judged::Unknown);
        let signals: Signals = vec![(PathBuf::from("hb"), Ok(at(90)))];
        let figure = fresh(false).judge(&signals, at(100), None, &|_| 0).figures[0];
        assert_eq!((figure.name, figure.value, figure.critical), ("age", 600.0, Some(Limit::Above(300.0))));
    }

    #[test]
    fn a_clock_that_was_set_explains_so_much_silence_and_no_more() {
        let fresh = Fresh { path: "hb".into(), within: Span::secs(300), field: None, each: false, heartbeat: None };
        for (minute, expected) in [(86, Judged::Good), (84, Judged::Bad(None))] {
            let signals = vec![(PathBuf::from("hb"), Ok(at(minute)))];
            let sight = fresh.judge(&signals, at(100), Some(at(0)), &|_| 10 * 60_000);
            assert_eq!(sight.judged, expected, "{minute}: {}", sight.summary);
        }
    }

    #[test]
    fn time_stamps_are_read_strictly() {
        let read = |text: &str| serde_json::from_str(text).map_err(|_| "json").and_then(|value| stamp(&value));
        assert_eq!(read("\"2023-11-14T22:13:20Z\""), Ok(at(0)));
        assert_eq!(read("\"2023-11-14T23:13:20+01:00\""), Ok(at(0)));
        assert_eq!(read("1700000000"), Ok(at(0)));
        assert_eq!(read("1700000000000"), Ok(at(0)));
        for bad in ["\"2023-11-14T22:13:20\"", "\"yesterday\"", "null", "1e300", "[]", "\"2023-11-14T22:13:20+99:99\""]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        let value = serde_json::json!({"a": {"b": [1, {"c": 2}]}});
        assert_eq!(at_path(&value, ".a.b[1].c"), Some(&serde_json::json!(2)));
        assert_eq!(at_path(&value, ".a.x"), None);
        assert_eq!(at_path(&value, ".a.b[9]"), None);
    }
}
