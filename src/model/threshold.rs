//! When do bad looks count? `3` in a row, `3 of 5`, `3 of 5 in 10m`; the looks themselves are remembered between runs.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de};

use super::event::Moment;
use super::units::Span;

/// Looks that are remembered of a probe; no threshold may ask for more.
pub const MOST: u32 = 50;

/// One look at a probe whose trouble is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// When.
    #[serde(flatten)]
    pub when: Moment,
    /// Was it bad?
    pub bad: bool,
}

/// So many bad looks among the last ones make a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    /// Bad looks, this one included.
    pub bad: u32,
    /// Among so many. As many as `bad`: in a row.
    pub of: u32,
    /// And none of them longer ago than this.
    pub within: Option<Span>,
}

impl Default for Threshold {
    /// The first bad look counts.
    fn default() -> Self {
        Self::in_a_row(1)
    }
}

impl Threshold {
    /// So many bad looks in a row.
    #[must_use]
    pub const fn in_a_row(bad: u32) -> Self {
        Self { bad, of: bad, within: None }
    }

    const fn is_in_a_row(&self) -> bool {
        self.bad == self.of
    }

    /// How many bad looks count, with the one that is made now. What lies behind a pause longer than `gap` says nothing:
    /// nobody looked in between.
    #[must_use]
    pub fn count(&self, past: &[Look], now: &Moment, gap: Option<Span>) -> u32 {
        let mut count = 1;
        let mut later = now;
        for look in self.among(past, now) {
            let unseen = gap.is_some_and(|gap| later.since(&look.when) > gap.millis());
            if guard!("nobody looked in a gap", unseen) {
                break;
            }
            count += u32::from(look.bad);
            later = &look.when;
        }
        count
    }

    /// Would a bad look at the next run still be counted together with one of these? Asked after a good look.
    #[must_use]
    pub fn still_counts(&self, past: &[Look], now: &Moment) -> bool {
        // This good look takes one of the places.
        let places = usize::try_from(self.of.saturating_sub(2)).unwrap_or(usize::MAX);
        !self.is_in_a_row() && self.among(past, now).take(places).any(|look| look.bad)
    }

    /// The looks before this one that may count, newest first.
    fn among<'l>(&self, past: &'l [Look], now: &Moment) -> impl Iterator<Item = &'l Look> {
        let places = usize::try_from(self.of.saturating_sub(1)).unwrap_or(usize::MAX);
        let young = move |look: &&Look| self.within.is_none_or(|within| now.since(&look.when) <= within.millis());
        past.iter().rev().take(places).filter(young).collect::<Vec<_>>().into_iter()
    }
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a number of bad looks such as 3, \"3 of 5\" or \"3 of 5 in 10m\"");
        let (looks, within) = match text.split_once(" in ") {
            Some((looks, span)) => (looks, Some(span.trim().parse::<Span>()?)),
            None => (text, None),
        };
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| wrong());
        let (bad, of) = match looks.split_once(" of ") {
            Some((bad, of)) => (number(bad)?, number(of)?),
            None => (number(looks)?, number(looks)?),
        };
        if bad == 0 || within.is_some_and(|span| span.get().is_zero()) {
            return Err(format!("`{text}`: no number in it may be zero; 1 counts the first bad look"));
        }
        if bad > of {
            return Err(format!("`{text}`: there are never {bad} bad looks among {of}"));
        }
        if of > MOST {
            return Err(format!("`{text}`: at most {MOST} looks are remembered"));
        }
        Ok(Self { bad, of, within })
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.bad)?;
        if !self.is_in_a_row() {
            write!(f, " of {}", self.of)?;
        }
        self.within.map_or(Ok(()), |within| write!(f, " in {within}"))
    }
}

impl Serialize for Threshold {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.within {
            None if self.is_in_a_row() => serializer.serialize_u32(self.bad),
            _ => serializer.collect_str(self),
        }
    }
}

impl JsonSchema for Threshold {
    fn schema_name() -> Cow<'static, str> {
        "threshold".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number of bad looks: 3 in a row, \"3 of 5\", \"3 of 5 in 10m\".",
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST},
                {"type": "string", "pattern": "^[0-9]+( of [0-9]+)?( in .+)?$"}
            ]
        })
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl de::Visitor<'_> for Either {
            type Value = Threshold;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bad looks such as 3, \"3 of 5\" or \"3 of 5 in 10m\"")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Threshold, E> {
                number.to_string().parse().map_err(E::custom)
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Threshold, E> {
                number.to_string().parse().map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Threshold, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks a minute apart, oldest first; `b` is bad, `.` good. The look that is made now, a minute later, is bad.
    fn past(text: &str) -> (Vec<Look>, Moment) {
        let at = |minute: usize| {
            let seconds = i64::try_from(minute).unwrap_or(0) * 60;
            let at = crate::model::Stamp::from_timestamp(1_700_000_000 + seconds, 0).unwrap_or_default();
            Moment { at, up: seconds * 1_000, boot: "boot".to_owned() }
        };
        let look = |(minute, c): (usize, char)| Look { when: at(minute), bad: c == 'b' };
        (text.chars().enumerate().map(look).collect(), at(text.len()))
    }

    #[test]
    fn bad_looks_are_counted_in_their_window() {
        let table = [
            ("3", "", 1),
            ("3", "bb", 3),
            // As many as all of them: one good look is enough that they are none.
            ("3", "b.", 2),
            ("3", "b.b", 2),
            ("3", "bbbbb", 3),
            ("3 of 5", "b.b.", 3),
            ("3 of 5", "bb...", 2),
            ("3 of 5", "bb....", 1),
            ("3 of 5", "b....b", 2),
            ("3 of 5 in 2m", "bbbb", 3),
            ("4 of 5 in 2m", "bbbb", 3),
            ("3 in 1m", "bb", 2),
        ];
        for (threshold, looks, expected) in table {
            let (looks, now) = past(looks);
            let threshold: Threshold = threshold.parse().expect("right");
            assert_eq!(threshold.count(&looks, &now, None), expected, "{threshold} {looks:?}");
        }
        let (mut looks, now) = past("bb");
        looks[0].when.up -= 3_600_000;
        let three = Threshold::in_a_row(3);
        assert_eq!(three.count(&looks, &now, None), 3);
        assert_eq!(three.count(&looks, &now, Some(Span::secs(180))), 2, "nobody looked for an hour");
    }

    #[test]
    fn a_good_look_ends_a_row_and_only_takes_a_place_in_a_window() {
        for (threshold, looks, expected) in [
            ("3", "bb", false),
            ("2 of 3", "b", true),
            ("2 of 3", "b.", false),
            ("2 of 4", "b.", true),
            ("2 of 4", "..", false),
        ] {
            let (looks, now) = past(looks);
            let threshold: Threshold = threshold.parse().expect("right");
            assert_eq!(threshold.still_counts(&looks, &now), expected, "{threshold} {looks:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_strictly() {
        for text in ["3", "3 of 5", "3 of 5 in 10m", "3 in 10m"] {
            assert_eq!(text.parse::<Threshold>().map(|read| read.to_string()), Ok(text.to_owned()));
        }
        for wrong in
            ["", "0", "-1", "3 of 2", "0 of 5", "3 of", "3 of 99", "3 of 5 in", "3 of 5 in 0s", "3 of 5 in 7", "three"]
        {
            assert!(wrong.parse::<Threshold>().is_err(), "{wrong}");
        }
    }
}
