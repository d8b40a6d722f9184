//! When is something other than the tick to be started? Reads the lines of `[schedule]` that name commands which are still to
//! be built: what is wrong with them is said today, not on the day on which they begin to count.

use toml::Spanned;
use toml::de::DeValue;

use super::faults::{Faults, a};
use super::typed::Table;
use crate::model::Span;
use crate::model::schedule::{Entry, Time, When};

/// The lines that the design names.
const PLANNED: [&str; 5] = ["update", "checkpoint", "integrity", "backup", "database"];

/// Reads them: `"1h"` for again and again, `["06:00", "18:00"]` for times of day.
pub(super) fn read(schedule: &Table, faults: &mut Faults) -> Vec<Entry> {
    let mut found = Vec::new();
    for (key, value) in schedule.get_ref() {
        let name = key.get_ref().as_ref();
        if !PLANNED.contains(&name) {
            continue;
        }
        match when(value) {
            Ok(when) => found.push(Entry { name: name.to_owned(), when }),
            Err(wrong) => {
                let hint = "write \"1h\" for every hour, or [\"06:00\", \"18:00\"] for times of day".to_owned();
                faults.add(value.span(), format!("`{name}`: {wrong}"), Some(hint));
            }
        }
    }
    found
}

fn when(value: &Spanned<DeValue<'_>>) -> Result<When, String> {
    match value.get_ref() {
        DeValue::String(text) => match text.parse::<Span>()? {
            every if every.millis() == 0 => Err("it is no time at all".to_owned()),
            every => Ok(When::Every(every)),
        },
        DeValue::Array(items) if !items.is_empty() => {
            let time = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
                DeValue::String(text) => text.parse::<Time>(),
                other => Err(format!("{} is not a time of day such as \"06:00\"", a(other.type_str()))),
            };
            let mut times = items.iter().map(time).collect::<Result<Vec<Time>, String>>()?;
            times.sort_unstable();
            times.dedup();
            Ok(When::At(times))
        }
        DeValue::Array(_) => Err("it names no time".to_owned()),
        other => Err(format!("{} says no time", a(other.type_str()))),
    }
}
