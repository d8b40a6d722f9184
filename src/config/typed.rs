//! How does a table become a struct, with all its faults at once? serde stops at the first; so the key that it stumbled
//! over is noted, taken out, and the table is read again.

use std::borrow::Cow;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

use super::faults::{Faults, Place, a, suggestion};
use crate::model::redact;

/// A table of the file, all its text owned.
pub(super) type Table = Spanned<DeTable<'static>>;

/// The same, where it stands in the document: nothing is copied to look into it.
pub(super) type Section<'a> = Spanned<&'a DeTable<'static>>;

/// Reads `table` with `parse`. `extra` names keys that were taken out of it before, for suggestions.
pub(super) fn read_with<T>(
    table: &Table,
    extra: &[&str],
    parse: impl Fn(ValueDeserializer<'_>) -> Result<T, Error>,
    faults: &mut Faults,
) -> Option<T> {
    // Copied only where a key has to be taken out: nearly all tables are right.
    let mut table = Cow::Borrowed(table);
    let mut removed: Vec<String> = Vec::new();
    loop {
        let value = Spanned::new(table.span(), DeValue::Table(table.get_ref().clone()));
        let error = match parse(ValueDeserializer::from(value)) {
            // Without the keys that were wrong: what else is wrong with it is to be said as well.
            Ok(read) => return Some(read),
            Err(error) => error,
        };
        let message = error.message();
        if let Some(field) = quoted_after(message, "missing field ") {
            // One that was there and wrong was complained about already.
            if !removed.contains(&field) {
                faults.add(table.span(), format!("`{field}` is missing"), None);
            }
            return None;
        }
        // A check across keys names the one that it is about, `like this`, first.
        let named = || Some(table.get_ref().get(quoted_after(message, "")?.as_str())?.span());
        let place = error.span().filter(|span| *span != table.span()).or_else(named);
        let keys = table.get_ref().len();
        let laid = faults.over(place.as_ref().unwrap_or(&table.span())).is_some();
        let culprit = if laid { remove_culprit(&mut table, message, &parse) } else { None };
        let by_place = || place.as_ref().and_then(|place| remove(table.to_mut().get_mut(), place));
        let found = culprit.or_else(by_place).or_else(|| remove_unknown(table.to_mut().get_mut(), message));
        let Some((key, value)) = found else {
            if removed.is_empty() {
                faults.add(table.span(), message.to_owned(), None);
            }
            return None;
        };
        let own = table.get_ref().len() < keys;
        let (message, hint) = reword(message, &key, &value, if own { extra } else { &[] });
        faults.add(place.unwrap_or_else(|| table.span()), message, hint);
        removed.push(key);
    }
}

/// Reads `table` as `T`.
pub(super) fn read<T: for<'de> Deserialize<'de>>(table: &Table, faults: &mut Faults) -> Option<T> {
    read_with(table, &[], |value| T::deserialize(value), faults)
}

/// A section of which only these keys are built so far.
pub(super) fn partly<T: for<'de> Deserialize<'de>>(
    section: &str,
    keys: &[&str],
    mut table: Table,
    faults: &mut Faults,
) -> Option<T> {
    let built = split_off(&mut table, keys);
    for key in table.get_ref().keys() {
        faults.note(key.span(), format!("[{section}] {} is not built yet and does nothing", key.get_ref()));
    }
    read::<T>(&built, faults)
}

/// A table as it was written, secrets masked.
pub(super) fn settings(table: &Table) -> serde_json::Map<String, serde_json::Value> {
    let entries = table.get_ref().iter().map(|(key, value)| {
        let key = key.get_ref().to_string();
        let shown = if redact::is_secret_name(&key) { "***".into() } else { plain(value.get_ref()) };
        (key, shown)
    });
    entries.collect()
}

fn plain(value: &DeValue<'_>) -> serde_json::Value {
    use serde_json::Value;
    match value {
        DeValue::String(text) => redact::line(text).into(),
        DeValue::Boolean(value) => (*value).into(),
        DeValue::Integer(number) => {
            number.to_string().parse::<i64>().map_or_else(|_| number.to_string().into(), Value::from)
        }
        DeValue::Float(number) => {
            number.to_string().parse::<f64>().map_or_else(|_| number.to_string().into(), Value::from)
        }
        DeValue::Datetime(value) => value.to_string().into(),
        DeValue::Array(items) => {
            let words: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            // A list of words may be a command line: a secret can stand behind the word that names it.
            match words {
                Some(words) => redact::args(&words).into(),
                None => items.iter().map(|item| plain(item.get_ref())).collect(),
            }
        }
        DeValue::Table(table) => {
            let entries = table.iter().map(|(key, value)| {
                let secret = redact::is_secret_name(key.get_ref());
                (key.get_ref().to_string(), if secret { "***".into() } else { plain(value.get_ref()) })
            });
            Value::Object(entries.collect())
        }
    }
}

/// Takes keys out of a table, into a table of their own.
pub(super) fn split_off(table: &mut Table, keys: &[&str]) -> Table {
    let mut taken = DeTable::new();
    for key in keys {
        if let Some((key, value)) = table.get_mut().remove_entry(*key) {
            taken.insert(key, value);
        }
    }
    Spanned::new(table.span(), taken)
}

/// The entries of a table of tables, in the order of the file. Anything else in it is a fault.
pub(super) fn tables(of: Option<&Section<'_>>, what: &str, faults: &mut Faults) -> Vec<(String, Place, Table)> {
    let mut found = Vec::new();
    for (key, value) in of.iter().flat_map(|table| *table.get_ref()) {
        match as_table(value) {
            Some(table) => found.push((key.get_ref().to_string(), key.span(), owned(&table))),
            None => {
                let message = format!("`{}` is {}, not a table", key.get_ref(), a(value.get_ref().type_str()));
                faults.add(value.span(), message, Some(format!("{what} is written as a table of its own")));
            }
        }
    }
    found
}

/// The value as a table, with its place.
pub(super) fn as_table<'a>(value: &'a Spanned<DeValue<'static>>) -> Option<Section<'a>> {
    value.get_ref().as_table().map(|table| Spanned::new(value.span(), table))
}

/// A copy, for those who take keys out of it.
pub(super) fn owned(section: &Section<'_>) -> Table {
    Spanned::new(section.span(), (*section.get_ref()).clone())
}

/// The value as a table; anything else is a fault, since what stands in it would be passed over in silence.
pub(super) fn table<'a>(
    value: &'a Spanned<DeValue<'static>>,
    key: &str,
    section: &str,
    faults: &mut Faults,
) -> Option<Section<'a>> {
    let table = as_table(value);
    if table.is_none() {
        let message = format!("`{key}` is {}, not a table", a(value.get_ref().type_str()));
        faults.add(value.span(), message, Some(format!("write {section}, and below it NAME = {{ kind = … }}")));
    }
    table
}

/// Removes the innermost entry that holds `place`; answers with its key and what it was.
fn remove(table: &mut DeTable<'static>, place: &Place) -> Option<(String, DeValue<'static>)> {
    let holds = |span: Place| span.start <= place.start && place.end <= span.end;
    let key = table
        .iter()
        .find(|(key, value)| holds(key.span()) || holds(value.span()))
        .map(|(key, _)| key.get_ref().to_string())?;
    if let Some(DeValue::Table(inner)) = table.get_mut(key.as_str()).map(Spanned::get_mut)
        && let Some(removed) = remove(inner, place)
    {
        return Some(removed);
    }
    let value = table.remove(key.as_str())?;
    Some((key, value.into_inner()))
}

fn remove_unknown(table: &mut DeTable<'static>, message: &str) -> Option<(String, DeValue<'static>)> {
    let key = quoted_after(message, "unknown field ")?;
    let value = table.remove(key.as_str())?;
    Some((key, value.into_inner()))
}

/// The entry without which the complaint is another one: what was laid over the file has one place for all that is in it.
fn remove_culprit<T>(
    table: &mut Cow<'_, Table>,
    message: &str,
    parse: &impl Fn(ValueDeserializer<'_>) -> Result<T, Error>,
) -> Option<(String, DeValue<'static>)> {
    let complains = |path: &[String]| {
        let mut rest = table.get_ref().clone();
        take(&mut rest, path);
        let value = Spanned::new(table.span(), DeValue::Table(rest));
        parse(ValueDeserializer::from(value)).is_err_and(|error| error.message() == message)
    };
    let mut paths = Vec::new();
    leaves(table.get_ref(), &[], &mut paths);
    // Of several that do not go together, the one that is named first.
    let named = quoted_after(message, "");
    paths.sort_by_key(|path| path.last() != named.as_ref());
    let path = paths.into_iter().find(|path| !complains(path))?;
    let value = take(table.to_mut().get_mut(), &path)?;
    Some((path.last()?.clone(), value))
}

/// The paths of all that is no table.
fn leaves(table: &DeTable<'static>, above: &[String], found: &mut Vec<Vec<String>>) {
    for (key, value) in table {
        let path = [above, &[key.get_ref().to_string()]].concat();
        match value.get_ref() {
            DeValue::Table(inner) => leaves(inner, &path, found),
            _ => found.push(path),
        }
    }
}

fn take(table: &mut DeTable<'static>, path: &[String]) -> Option<DeValue<'static>> {
    match path {
        [] => None,
        [key] => table.remove(key.as_str()).map(Spanned::into_inner),
        [key, below @ ..] => match table.get_mut(key.as_str())?.get_mut() {
            DeValue::Table(inner) => take(inner, below),
            _ => None,
        },
    }
}

/// serde's words in ours.
fn reword(message: &str, key: &str, value: &DeValue<'_>, extra: &[&str]) -> (String, Option<String>) {
    if quoted_after(message, "unknown field ").is_some() {
        let known = backticked(message);
        let names = known.iter().skip(1).map(String::as_str).chain(extra.iter().copied());
        return (format!("unknown key `{key}`"), suggestion(key, names));
    }
    if let Some(variant) = quoted_after(message, "unknown variant ") {
        let known = backticked(message);
        return (
            format!("`{key}` cannot be `{variant}`"),
            suggestion(&variant, known.iter().skip(1).map(String::as_str)),
        );
    }
    if value.as_table().is_some_and(|table| table.contains_key("env")) {
        return (
            format!("`{key}` is not a whole {{ env = \"NAME\", default = … }}"),
            Some("both are needed: what holds when the variable is not set?".to_owned()),
        );
    }
    if redact::is_secret_name(key) {
        return (format!("`{key}` has a value of the wrong type"), None);
    }
    if let Some((unexpected, expected)) = message.strip_prefix("invalid type: ").and_then(split_expected) {
        let is = a(unexpected.split_once(" `").or(unexpected.split_once(" \"")).map_or(unexpected, |(what, _)| what));
        // The value itself is not repeated: it stands in the source line, masked where it has to be.
        let is = is.replace("a floating point", "a number");
        let message = if value.is_array() && unexpected != "sequence" {
            format!("`{key}` holds {is} where {} belongs", wanted(expected))
        } else {
            format!("`{key}` is {is}, not {}", wanted(expected))
        };
        return (message.replace(" a map", " a table").replace(" a sequence", " a list"), None);
    }
    if let Some((_, expected)) = message.strip_prefix("invalid value: ").and_then(split_expected) {
        return (format!("`{key}` has to be {}", wanted(expected)), None);
    }
    if message.starts_with('`') && quoted_after(message, "").is_some_and(|named| named == key) {
        return (message.to_owned(), None);
    }
    (format!("`{key}`: {message}"), None)
}

fn split_expected(message: &str) -> Option<(&str, &str)> {
    message.split_once(", expected ")
}

/// What serde expected, for people.
fn wanted(expected: &str) -> String {
    match expected {
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "usize" | "u64" => "a whole number from 0 on".to_owned(),
        "i32" => "a whole number".to_owned(),
        "a string" => "text in quotes".to_owned(),
        "path string" => "a path in quotes".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list such as [\"a\", \"b\"]".to_owned(),
        "a map" => "a table such as { NAME = \"value\" }".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

fn quoted_after(message: &str, words: &str) -> Option<String> {
    let rest = message.strip_prefix(words)?.strip_prefix('`')?;
    rest.split('`').next().map(str::to_owned)
}

fn backticked(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
