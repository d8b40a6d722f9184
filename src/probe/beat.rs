//! Does the work go on? The age of the heartbeat that the service's own work loop wrote, and of the progress it told:
//! a process whose thread lives on while its work stands still has none (FAULTS, "age of progress").

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;
use toml::de::ValueDeserializer;

use super::fresh::{More, excused, judge_signal, stamp, started};
use super::silence::{self, Note};
use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::files::{self, Unread};
use crate::model::event::Moment;
use crate::model::units::span_text;
use crate::model::{Class, Figure, Limit, Span, Stamp, Unit, beat};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "beat",
    about: "the service's work loop called `heal beat` lately, and its progress moved",
    example: r#"work = { kind = "beat", within = "5m", progress_within = "30m" }"#,
    parse,
    schema: Beat::json_schema,
    class: Class::Hung,
    timeout: Span::secs(5),
};

/// A beat beyond this is something else.
const LIMIT: u64 = 64 * 1024;

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Beat {
    /// How old the last beat may be.
    #[serde(deserialize_with = "crate::model::units::positive")]
    within: Span,
    /// How long the progress may stand still.
    #[serde(default, deserialize_with = "crate::model::units::positive_if_any")]
    progress_within: Option<Span>,
    /// Which of several loops of the service; `heal beat SERVICE/LOOP`.
    #[serde(default, rename = "loop")]
    part: String,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let beat = Beat::deserialize(value)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !beat.part.chars().all(allowed) || beat.part.len() > 64 {
        return Err(toml::de::Error::custom("`loop` has to be up to 64 letters, digits, `-`, `_` and `.`"));
    }
    Ok(Arc::new(beat))
}

/// What was read of a beat, in times of the wall clock of now.
struct Heard {
    at: Stamp,
    progress: Option<Value>,
    moved: Option<Stamp>,
    note: Option<String>,
}

impl Probe for Beat {
    fn look(&self, scene: &Scene, _timeout: Duration) -> Sight {
        let path = scene.beats.join(beat::file_name(&scene.service, &self.part));
        let heard = files::read(&path, LIMIT);
        let heard = match heard.map(|bytes| read(&bytes, &scene.now)) {
            Ok(Ok(heard)) => heard,
            Ok(Err(why)) => return Sight::new(Judged::Unknown, format!("the last beat cannot be read: {why}")),
            Err(Unread::Failed(why)) => return Sight::new(Judged::Unknown, format!("no beat can be read: {why}")),
            Err(Unread::Missing) => return self.never(scene, &path),
        };
        let (now, since) = (scene.now.at, started(scene));
        let judge = |name: (&str, &str), at: Stamp, within: Span| {
            excused(scene, within, &|more: More<'_>| judge_signal(name, at, now, since, within, more))
        };
        let (mut sight, mut spoke) = (judge(("the beat", "written"), heard.at, self.within), self.within);
        // Both ages, whichever of the two speaks.
        let mut figures = vec![age("age", now - heard.at, self.within)];
        if let Some(limit) = self.progress_within {
            let progress = match (&heard.progress, heard.moved) {
                (Some(_), Some(moved)) => {
                    figures.push(age("progress_age", now - moved, limit));
                    judge(("the progress", "moved"), moved, limit)
                }
                (Some(_), None) => Sight::new(Judged::Unknown, "the last beat does not say since when: no `moved`"),
                (None, _) => Sight::new(Judged::Unknown, "no beat told a progress: heal beat --progress N"),
            };
            // Of the two the worse one speaks.
            if super::fresh::rank(&progress) > super::fresh::rank(&sight) {
                (sight, spoke) = (progress, limit);
            }
        }
        sight.figures = figures;
        if let Some(note) = &heard.note {
            sight.summary.push_str(&format!(" (\"{note}\")"));
        }
        let told = heard.progress.map(|progress| ("progress", progress.to_string()));
        sight.evidence.extend(told.into_iter().chain(heard.note.map(|note| ("note", note))));
        let mut note = Note::of(scene);
        note.seen(&scene.now);
        note.heard(scene, spoke, sight, &[&path])
    }

    fn heartbeat(&self) -> Option<&str> {
        Some(&self.part)
    }
}

impl Beat {
    /// There is no beat at all: a process that runs for longer than the limit should have written one, unless it was taken away.
    fn never(&self, scene: &Scene, path: &Path) -> Sight {
        let Some(up) = scene.process().map(|process| process.age_ms) else {
            return Sight::new(Judged::Unknown, "there was no beat yet");
        };
        let mut note = Note::of(scene);
        let changed = files::search(path, 1).ok().and_then(|searched| searched.changed);
        let silent = note.missing(up, changed, &scene.now, scene.tick);
        let gone = silence::gone(silent, up, self.within);
        let said = format!("no beat, {}", gone.unwrap_or_else(|| format!("{} after the start", span_text(up))));
        let sight = excused(scene, self.within, &|more: More<'_>| {
            let late = silent > self.within.millis().saturating_add(more(silent));
            Sight::new(if late { Judged::Bad(None) } else { Judged::Skipped }, said.clone())
        });
        note.heard(scene, self.within, sight, &[path])
    }
}

#[expect(clippy::cast_precision_loss, reason = "a span of years is exact to the millisecond")]
fn age(name: &'static str, age: chrono::TimeDelta, within: Span) -> Figure {
    let seconds = |millis: i64| millis as f64 / 1_000.0;
    let critical = Some(Limit::Above(seconds(within.millis())));
    Figure { name, value: seconds(age.num_milliseconds()), unit: Unit::Seconds, warn: None, critical }
}

fn read(bytes: &[u8], now: &Moment) -> Result<Heard, String> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| "it is not JSON")?;
    let at = time(&value, now)?.ok_or("it has no `at`")?;
    let moved = value.get("moved").map_or(Ok(None), |moved| time(moved, now)).map_err(|why| format!("moved: {why}"))?;
    let progress = value.get("progress").filter(|progress| !progress.is_null()).cloned();
    let note = value.get("note").and_then(Value::as_str).map(str::to_owned);
    Ok(Heard { at, progress, moved, note })
}

/// A time, or an object with an `at`. Within a boot the clock that nobody can set decides, where it was written down.
fn time(value: &Value, now: &Moment) -> Result<Option<Stamp>, String> {
    if !value.is_object() {
        return stamp(value).map(Some).map_err(str::to_owned);
    }
    let same_boot = value.get("boot").and_then(Value::as_str) == Some(now.boot.as_str());
    match (value.get("up").and_then(Value::as_i64), value.get("at")) {
        (Some(up), _) if same_boot => {
            let age = chrono::TimeDelta::try_milliseconds(now.up.saturating_sub(up));
            Ok(age.and_then(|age| now.at.checked_sub_signed(age)))
        }
        (_, Some(at)) => stamp(at).map(Some).map_err(|why| format!("`at` {why}")),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_is_as_old_as_the_clock_of_the_boot_says_and_else_as_the_wall_clock_does() {
        let wall = |second: i64| Stamp::from_timestamp(1_700_000_000 + second, 0).unwrap_or_default();
        let now = Moment { at: wall(100), up: 50_000, boot: "b".to_owned() };
        // The line, how old it is in seconds.
        let table = [
            (r#"{"at": "2023-11-14T22:14:50Z"}"#, Ok(10)),
            (r#"{"at": 1700000090}"#, Ok(10)),
            // The wall clock was set since: the boot's clock knows better.
            (r#"{"at": "2020-01-01T00:00:00Z", "up": 40000, "boot": "b"}"#, Ok(10)),
            // Another boot: only the wall clock spans both.
            (r#"{"at": 1700000090, "up": 49000, "boot": "a"}"#, Ok(10)),
            (r#"{"at": 1700000090, "up": 60000, "boot": "b"}"#, Ok(-10)),
            (r#"{"at": "2023-11-14 22:14:50"}"#, Err("`at` is not a time with a zone, such as 2026-11-22T03:00:00Z")),
            (r#"{"progress": 1}"#, Err("it has no `at`")),
            (r#"{"at": 1, "#, Err("it is not JSON")),
            ("", Err("it is not JSON")),
            ("[]", Err("is not a time")),
            (
                r#"{"at": 1700000090, "moved": "then"}"#,
                Err("moved: is not a time with a zone, such as 2026-11-22T03:00:00Z"),
            ),
        ];
        for (line, expected) in table {
            let got = read(line.as_bytes(), &now).map(|heard| (now.at - heard.at).num_seconds());
            assert_eq!(got, expected.map_err(str::to_owned), "{line}");
        }
    }
}
