//! Did the log say something bad? A regular expression over the lines that were added since the last tick.
//! It never judges what was there before the first look, and never calls healthy what it did not read.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::bytes::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use toml::de::ValueDeserializer;

use super::tail::{self, Tail};
use super::{Judged, Kind, Probe, Scene, Sight};
use crate::model::units::Rate;
use crate::model::{Bytes, Class, Figure, Span, Unit, redact};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "log",
    about: "lines added to a file since the last tick fit a regular expression",
    example: r#"errors = { kind = "log", path = "logs/bot.log", pattern = "ERROR|Traceback", count = "5 per 10m" }"#,
    parse,
    schema: Table::json_schema,
    // A word in a log is a reason to tell somebody. That a restart cures it is for the owner to say, by `class`.
    class: Class::Resource,
    timeout: Span::secs(10),
};

/// What a compiled expression may take; the regex crate's own limit is ten times that, for each.
const COMPILED: usize = 1024 * 1024;

/// More lines than this are not counted one by one.
const MOST_COUNT: u32 = 1_000;

/// How much of a line is shown, in characters.
const SHOWN: usize = 200;

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Table {
    /// The log: one file, not a glob.
    path: PathBuf,
    /// A line that fits is bad.
    pattern: String,
    /// Unless it fits this as well.
    ignore: Option<String>,
    /// How many lines in which window are too many; one is, unless said.
    count: Option<Rate>,
    /// A log that is not there yet is fine.
    #[serde(default)]
    optional: bool,
}

/// The probe.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    pattern: Regex,
    ignore: Option<Regex>,
    count: Option<Rate>,
    optional: bool,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let table = Table::deserialize(value)?;
    if table.path.to_string_lossy().contains(['*', '?']) {
        return Err(toml::de::Error::custom("`path` is a glob; a log probe follows one file, so declare one for each"));
    }
    if table.count.is_some_and(|count| count.count > MOST_COUNT) {
        return Err(toml::de::Error::custom(format!("`count` is more than {MOST_COUNT}")));
    }
    let compile = |key: &str, text: &str| {
        let regex = RegexBuilder::new(text).size_limit(COMPILED).build().map_err(|error| {
            let text = error.to_string();
            // The last of several lines says what; those before draw a picture that has no room here.
            let why = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            toml::de::Error::custom(format!("`{key}` is not a regular expression that heal can use: {why}"))
        })?;
        if regex.is_match(b"") {
            return Err(toml::de::Error::custom(format!("`{key}` fits every line, even an empty one")));
        }
        Ok(regex)
    };
    Ok(Arc::new(Log {
        pattern: compile("pattern", &table.pattern)?,
        ignore: table.ignore.as_deref().map(|text| compile("ignore", text)).transpose()?,
        path: table.path,
        count: table.count,
        optional: table.optional,
    }))
}

/// What is known at the next look.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The print of the declaration: for another one, the log is watched anew.
    of: u64,
    tail: Tail,
    /// When it was taken, in milliseconds since 1970.
    at: i64,
    /// Lines that fitted, and when they were seen; no older than the window, no more than count.
    #[serde(default)]
    hits: Vec<(i64, u32)>,
}

/// The lines of one look that fit.
#[derive(Debug, Default)]
struct Hits {
    lines: u32,
    first: Option<String>,
    last: Option<String>,
}

impl Probe for Log {
    fn look(&self, scene: &Scene, timeout: Duration) -> Sight {
        let path = scene.root.join(&self.path);
        let shown = self.path.display();
        let now = scene.now.at.timestamp_millis();
        let note =
            scene.noted.as_ref().and_then(|note| Note::deserialize(note).ok()).filter(|note| note.of == self.print());
        let Some(note) = note else {
            return match tail::end(&path) {
                Ok((tail, there)) => {
                    let sight = match (there, scene.tick) {
                        (true, true) => Sight::new(Judged::Good, "watched from here on"),
                        (true, false) => Sight::new(Judged::Good, "watched from the next tick on"),
                        (false, _) => self.missing(),
                    };
                    sight.noting(&Note { of: self.print(), tail, at: now, hits: Vec::new() })
                }
                Err(why) => Sight::new(Judged::Unknown, format!("{shown}: {why}")),
            };
        };
        let mut seen = Hits::default();
        // A quarter of the time is left for what comes after: an abandoned look would read the same again.
        let until = Instant::now() + timeout * 3 / 4;
        let progress = tail::follow(&path, &note.tail, until, &mut |line| self.weigh(line, &mut seen));
        let progress = match progress {
            Ok(progress) => progress,
            Err(why) => return Sight::new(Judged::Unknown, format!("{shown}: {why}")),
        };
        let started = scene.process().map(|process| now - process.age_ms);
        let hits = self.add(note.hits, note.at, now, started, seen.lines);
        let mut sight = match self.judge(&seen, &hits, now, started) {
            // What was not read is not healthy.
            sight if sight.judged == Judged::Good && progress.behind > 0 => {
                let left = Bytes(progress.behind);
                Sight::new(Judged::Unknown, format!("{left} of {shown} are not read yet; the next tick goes on"))
            }
            sight if sight.judged == Judged::Good && progress.missing => self.missing(),
            sight if sight.judged == Judged::Good && progress.lost => {
                Sight::new(Judged::Unknown, format!("{shown} was truncated or written anew; watched from its end on"))
            }
            sight => sight,
        };
        for (name, line) in [("first", &seen.first), ("last", &seen.last)] {
            if let Some(line) = line {
                sight = sight.with(name, line);
            }
        }
        for remark in progress.remarks {
            sight = sight.with("note", remark);
        }
        let lines = f64::from(seen.lines);
        let figure = Figure { name: "lines", value: lines, unit: Unit::Count, warn: None, critical: None };
        sight.measured(figure).noting(&Note { of: self.print(), tail: progress.tail, at: now, hits })
    }

    /// Its last words are read most of all when it is gone.
    fn needs_process(&self) -> bool {
        false
    }

    fn uses_up(&self) -> bool {
        true
    }

    fn reads(&self) -> Vec<PathBuf> {
        vec![self.path.clone()]
    }
}

impl Log {
    fn print(&self) -> u64 {
        let ignore = self.ignore.as_ref().map_or("", Regex::as_str);
        let path = self.path.to_string_lossy();
        tail::fnv(format!("{path}\0{}\0{ignore}", self.pattern.as_str()).as_bytes())
    }

    fn missing(&self) -> Sight {
        let judged = if self.optional { Judged::Good } else { Judged::Unknown };
        Sight::new(judged, format!("{} does not exist", self.path.display()))
    }

    fn weigh(&self, line: &[u8], seen: &mut Hits) {
        if !self.pattern.is_match(line) || self.ignore.as_ref().is_some_and(|ignore| ignore.is_match(line)) {
            return;
        }
        seen.lines = seen.lines.saturating_add(1);
        let slot = if seen.first.is_none() { &mut seen.first } else { &mut seen.last };
        *slot = Some(clip(line));
    }

    /// The lines to remember. Those that were written while one process ended and another began are dated before the
    /// new one, because nobody knows whose they are: the last words of the old one are not held against the new one.
    fn add(
        &self,
        mut hits: Vec<(i64, u32)>,
        before: i64,
        now: i64,
        started: Option<i64>,
        lines: u32,
    ) -> Vec<(i64, u32)> {
        let Some(rate) = self.count else { return Vec::new() };
        if lines > 0 {
            let at = if started.is_some_and(|started| started > before) { before } else { now };
            hits.push((at, lines.min(rate.count)));
        }
        hits.retain(|(at, _)| lies_within(*at, now, rate));
        let mut sum = 0_u32;
        let from = hits.iter().rposition(|(_, lines)| {
            sum = sum.saturating_add(*lines);
            sum >= rate.count
        });
        hits.drain(..from.unwrap_or(0));
        hits
    }

    fn judge(&self, seen: &Hits, hits: &[(i64, u32)], now: i64, started: Option<i64>) -> Sight {
        let last = seen.last.as_ref().or(seen.first.as_ref());
        let said = last.map_or_else(String::new, |line| format!(": {line}"));
        let Some(rate) = self.count else {
            return match seen.lines {
                0 => Sight::new(Judged::Good, "no new line fits"),
                1 => Sight::new(Judged::Bad(None), format!("a new line fits{said}")),
                lines => Sight::new(Judged::Bad(None), format!("{lines} new lines fit, the last{said}")),
            };
        };
        let own = |at: i64| lies_within(at, now, rate) && started.is_none_or(|started| at >= started);
        let lines: u32 = hits.iter().filter(|(at, _)| own(*at)).map(|(_, lines)| lines).sum();
        let judged = if lines >= rate.count { Judged::Bad(None) } else { Judged::Good };
        let more = if lines >= rate.count { "at least " } else { "" };
        Sight::new(judged, format!("{more}{lines} lines fit within {} (limit {}){said}", rate.per, rate.count))
    }
}

/// Does it lie in the window that ends now? What is dated later was dated by a clock that was ahead, and would lie in it until
/// the clock has caught up.
fn lies_within(at: i64, now: i64, rate: Rate) -> bool {
    at <= now && now - at <= rate.per.millis()
}

/// A line for a person: its beginning, without secrets.
fn clip(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(SHOWN * 8)]);
    let text = redact::line(text.trim());
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
#[path = "log_tests.rs"]
mod tests;
