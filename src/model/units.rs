//! How does a person write an amount? Durations `5m`, sizes `1GB`, rates `3 per 1h`, percentages `80%`.
//! All arithmetic is checked and bounded; nothing here ever guesses a unit.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest span that a configuration may name: ten years. Anything above is a typing error, and
/// below it no sum of two instants leaves the range of `chrono`.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 86_400);

/// A span of time as written in `heal.toml`: `500ms`, `90s`, `5m`, `1h 30m`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(Duration);

impl Span {
    /// A span of whole seconds, cut at ten years.
    #[must_use]
    pub const fn secs(seconds: u64) -> Self {
        let longest = LONGEST.as_secs();
        Self(Duration::from_secs(if seconds > longest { longest } else { seconds }))
    }

    /// So many of it, cut at ten years.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self(self.0.checked_mul(count).map_or(LONGEST, |long| long.min(LONGEST)))
    }

    /// The span as the standard library's type.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }

    /// Milliseconds, as JSON and the history count.
    #[must_use]
    pub fn millis(self) -> i64 {
        i64::try_from(self.0.as_millis()).unwrap_or(i64::MAX)
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("`{text}` has no unit; write \"{text}s\" for seconds"));
        }
        let parsed = humantime::parse_duration(text)
            .map_err(|why| format!("`{text}` is not a duration such as \"90s\", \"5m\" or \"1h 30m\": {why}"))?;
        if parsed > LONGEST {
            return Err(format!("`{text}` is longer than ten years"));
        }
        Ok(Self(parsed))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Two units are enough for a person; below a second the milliseconds matter.
        if self.0.as_secs() == 0 && self.0.as_millis() > 0 {
            return write!(f, "{}ms", self.0.as_millis());
        }
        let mut left = self.0.as_secs();
        let mut written = 0;
        for (unit, seconds) in UNITS {
            let count = left / seconds;
            left %= seconds;
            if count == 0 && (*seconds > 1 || written > 0) || written == 2 {
                continue;
            }
            let gap = if written > 0 { " " } else { "" };
            let plural = if count > 1 && unit.len() > 1 { "s" } else { "" };
            write!(f, "{gap}{count}{unit}{plural}")?;
            written += 1;
        }
        Ok(())
    }
}

/// Units and their seconds, largest first. A month is a twelfth of a year, and that has 365.25 days, as where they are read.
const UNITS: &[(&str, u64)] =
    &[("year", 31_557_600), ("month", 2_630_016), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// So many of something whose name takes an `s`: "1 act", "2 acts".
#[must_use]
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let s = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{s}")
}

/// The first three by name, the rest counted: a line is for a person.
#[must_use]
pub fn a_few(all: &[String], separator: &str) -> String {
    const FEW: usize = 3;
    let few = all[..all.len().min(FEW)].join(separator);
    let rest = all.len().saturating_sub(FEW);
    if rest == 0 { few } else { format!("{few} and {rest} more") }
}

/// The same words for a span of the standard library.
#[must_use]
pub fn duration_text(span: Duration) -> String {
    Span(span).to_string()
}

/// The same words for a span counted in milliseconds; negative counts as zero.
#[must_use]
pub fn span_text(millis: i64) -> String {
    Span(Duration::from_millis(u64::try_from(millis).unwrap_or(0))).to_string()
}

/// Reads a span in which something can happen at all: what has to be younger than nothing never is.
///
/// # Errors
/// It is no span, or shorter than a millisecond.
pub fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
    let span = Span::deserialize(deserializer)?;
    if span.millis() == 0 {
        return Err(de::Error::custom("no time at all; write \"60s\" for a minute"));
    }
    Ok(span)
}

/// As [`positive`], for a key that may be left out.
///
/// # Errors
/// As there.
pub fn positive_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
    positive(deserializer).map(Some)
}

/// An amount of bytes: `512MB` (decimal) or `512MiB` (binary).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("`{text}` has no unit; write \"{text}B\" for bytes"));
        }
        let size: bytesize::ByteSize =
            text.parse().map_err(|_| format!("`{text}` is not a size such as \"512MB\" or \"2GiB\""))?;
        // The parser goes through a float: what came out at the end of the range went over it.
        if size.as_u64() == u64::MAX {
            return Err(format!("`{text}` is more than can be counted"));
        }
        Ok(Self(size.as_u64()))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", bytesize::ByteSize(self.0).display().si())
    }
}

/// A budget over a sliding window: `3 per 1h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many are allowed in the window; at least one.
    pub count: u32,
    /// The window.
    pub per: Span,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a rate such as \"3 per 1h\"");
        let (count, per) = text.split_once(" per ").ok_or_else(wrong)?;
        let count: u32 = count.trim().parse().map_err(|_| wrong())?;
        let per: Span = per.trim().parse()?;
        if count == 0 || per.get().is_zero() {
            return Err(format!("`{text}`: neither the count nor the window may be zero"));
        }
        Ok(Self { count, per })
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} per {}",
            self.count,
            humantime::format_duration(self.per.get())
                .to_string()
                .replace("days", "d")
                .replace("day", "d")
                .replace(' ', "")
        )
    }
}

/// A share of a whole: `80%`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

impl FromStr for Percent {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_suffix('%')
            .and_then(|number| number.trim().parse::<f64>().ok())
            .filter(|number| (0.0..=100.0).contains(number))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is not a percentage from \"0%\" to \"100%\""))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

/// The words of [`humantime`] for units, as a pattern; what it refuses beyond that, an editor need not know.
macro_rules! span_pattern {
    () => {
        r"\s*([0-9]+(\.[0-9]+)?\s*(nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|wks?|w|months?|M|years?|yrs?|y)\s*)+"
    };
}

/// Each of these is a string in `heal.toml` and in JSON.
macro_rules! as_text {
    ($($unit:ident => $what:literal, $name:literal, $pattern:expr;)+) => {$(
        impl JsonSchema for $unit {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern, "description": $what})
            }
        }
        impl<'de> Deserialize<'de> for $unit {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl de::Visitor<'_> for Text {
                    type Value = $unit;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$unit, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
        impl Serialize for $unit {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

as_text! {
    Span => "a duration in quotes, such as \"90s\" or \"5m\"", "Duration", concat!("^", span_pattern!(), "$");
    Bytes => "a size in quotes, such as \"512MB\"", "Size", r"^[0-9.]+\s*([bB]|[kKmMgGtTpPeE][iI]?[bB]?)$";
    Rate => "a rate in quotes, such as \"3 per 1h\"", "Rate", concat!(r"^\s*[0-9]+\s* per ", span_pattern!(), "$");
    Percent => "a percentage in quotes, such as \"80%\"", "Percent", r"^\s*[0-9]+(\.[0-9]+)?\s*%$";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_named_and_the_rest_is_counted() {
        let all: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        let said = [0, 1, 3, 4, 5].map(|count| a_few(&all[..count], ", "));
        assert_eq!(said, ["", "a", "a, b, c", "a, b, c and 1 more", "a, b, c and 2 more"]);
    }

    #[test]
    fn spans_are_read_and_written() {
        let table: &[(&str, Result<&str, &str>)] = &[
            ("5m", Ok("5m")),
            ("90s", Ok("1m 30s")),
            ("1h 30m 5s", Ok("1h 30m")),
            ("250ms", Ok("250ms")),
            ("0s", Ok("0s")),
            ("300", Err("no unit")),
            ("-5m", Err("not a duration")),
            ("", Err("not a duration")),
            ("5 parsecs", Err("not a duration")),
            ("1e9h", Err("not a duration")),
            ("99999999999h", Err("ten years")),
            ("9999999999999999999999h", Err("not a duration")),
        ];
        for (text, expected) in table {
            match (text.parse::<Span>(), expected) {
                (Ok(span), Ok(shown)) => assert_eq!(&span.to_string(), shown, "{text}"),
                (Err(why), Err(part)) => assert!(why.contains(part), "{text}: {why}"),
                (got, _) => panic!("{text}: {got:?}"),
            }
        }
    }

    #[test]
    fn spans_are_written_as_they_are_read() {
        let by_hand =
            [0, 1, 59, 60, 61, 3_599, 3_600, 86_399, 86_400, 90_061, 2_630_015, 2_630_016, 2_630_076, 31_557_599];
        let years = [31_557_600, 31_557_601, 34_187_616, 63_115_200, 66_000_000, LONGEST.as_secs()];
        let odd = (0..2_000u64).map(|n| n * n * n * 13 % LONGEST.as_secs());
        for seconds in by_hand.into_iter().chain(years).chain(odd) {
            let span = Span(Duration::new(seconds, if seconds > 0 { 999_999_999 } else { 0 }));
            let words = humantime::format_duration(Duration::from_secs(seconds)).to_string();
            let words: Vec<String> =
                words.split(' ').take(2).map(|word| word.replace("days", "d").replace("day", "d")).collect();
            assert_eq!(span.to_string(), words.join(" "), "{seconds}");
        }
        for (millis, shown) in [(-5, "0s"), (0, "0s"), (1, "1ms"), (999, "999ms"), (1_000, "1s"), (1_999, "1s")] {
            assert_eq!(span_text(millis), shown);
        }
        assert_eq!(Span(Duration::from_micros(900)).to_string(), "0s");
    }

    #[test]
    fn the_patterns_of_the_schema_pass_what_is_right_and_stop_what_is_plainly_wrong() {
        fn fits<T: JsonSchema>(text: &str) -> bool {
            let schema = T::json_schema(&mut SchemaGenerator::default());
            let pattern = schema.get("pattern").and_then(|pattern| pattern.as_str()).expect("a pattern");
            regex::Regex::new(pattern).expect("one").is_match(text)
        }
        let units = "ns us µs ms msec s sec secs second seconds m min mins minute minutes h hr hrs hour hours d day days w wk wks week weeks M month months y yr yrs year years";
        let spans = units.split(' ').map(|unit| format!("2{unit}"));
        for text in spans.chain(["1h 30m 5s", "1h30m", "1.5h", "90 s"].map(str::to_owned)) {
            assert!(text.parse::<Span>().is_ok() && fits::<Span>(&text), "{text}");
            let rate = format!("3 per {text}");
            assert!(rate.parse::<Rate>().is_ok() && fits::<Rate>(&rate), "{rate}");
        }
        for unit in "B b kB KB KiB k MB mb MiB M GB GiB G TB TiB PB EB EiB".split(' ') {
            for text in [format!("2{unit}"), format!("1.5 {unit}")] {
                assert!(text.parse::<Bytes>().is_ok() && fits::<Bytes>(&text), "{text}");
            }
        }
        for text in ["80%", "0%", "99.5 %"] {
            assert!(text.parse::<Percent>().is_ok() && fits::<Percent>(text), "{text}");
        }
        for text in ["", "5", "-5m", "5 parsecs", "m", "1e9h"] {
            assert!(
                !fits::<Span>(text) && !fits::<Rate>(text) && !fits::<Bytes>(text) && !fits::<Percent>(text),
                "{text}"
            );
        }
    }

    #[test]
    fn sizes_rates_and_percentages() {
        assert_eq!("1GB".parse::<Bytes>(), Ok(Bytes(1_000_000_000)));
        assert_eq!("1GiB".parse::<Bytes>(), Ok(Bytes(1 << 30)));
        for bad in ["1", "", "-1GB", "GB", "1 parrot", "99999999999999999999GB"] {
            assert!(bad.parse::<Bytes>().is_err(), "{bad}");
        }
        assert_eq!("3 per 1h".parse::<Rate>(), Ok(Rate { count: 3, per: Span::secs(3600) }));
        assert_eq!("3 per 1h".parse::<Rate>().map(|r| r.to_string()), Ok("3 per 1h".to_owned()));
        for bad in ["3/1h", "0 per 1h", "3 per 0s", "-1 per 1h", "3 per", "99999999999 per 1h"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
        assert_eq!("80%".parse::<Percent>(), Ok(Percent(80.0)));
        for bad in ["80", "101%", "-1%", "nan%", "%"] {
            assert!(bad.parse::<Percent>().is_err(), "{bad}");
        }
    }
}
