//! How does a table become a struct, with all its faults at once? serde stops at the first; so the key that it stumbled
//! over is noted, taken out, and the table is read again.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error, ValueDeserializer};

use super::faults::{Faults, Place, suggestion};
use crate::model::redact;

/// A table of the file, all its text owned.
pub(super) type Table = Spanned<DeTable<'static>>;

/// Reads `table` with `parse`. `extra` names keys that were taken out of it before, for suggestions.
pub(super) fn read_with<T>(
    table: &Table,
    extra: &[&str],
    parse: impl Fn(ValueDeserializer<'_>) -> Result<T, Error>,
    faults: &mut Faults,
) -> Option<T> {
    let mut table = table.clone();
    let mut removed: Vec<String> = Vec::new();
    loop {
        let value = Spanned::new(table.span(), DeValue::Table(table.get_ref().clone()));
        let error = match parse(ValueDeserializer::from(value)) {
            Ok(read) => return removed.is_empty().then_some(read),
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
        let place = error.span().filter(|span| *span != table.span());
        let Some(key) = place.as_ref().and_then(|place| remove(table.get_mut(), place)) else {
            if removed.is_empty() {
                faults.add(table.span(), message.to_owned(), None);
            }
            return None;
        };
        let (message, hint) = reword(message, &key, extra);
        faults.add(place.unwrap_or_default(), message, hint);
        removed.push(key);
    }
}

/// Reads `table` as `T`.
pub(super) fn read<T: for<'de> Deserialize<'de>>(table: &Table, faults: &mut Faults) -> Option<T> {
    read_with(table, &[], |value| T::deserialize(value), faults)
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
pub(super) fn tables(of: Option<&Table>, what: &str, faults: &mut Faults) -> Vec<(String, Place, Table)> {
    let mut found = Vec::new();
    for (key, value) in of.iter().flat_map(|table| table.get_ref()) {
        match as_table(value) {
            Some(table) => found.push((key.get_ref().to_string(), key.span(), table)),
            None => {
                let message = format!("`{}` is a {}, not a table", key.get_ref(), value.get_ref().type_str());
                faults.add(value.span(), message, Some(format!("{what} is written as a table of its own")));
            }
        }
    }
    found
}

/// The value as a table, with its place.
pub(super) fn as_table(value: &Spanned<DeValue<'static>>) -> Option<Table> {
    value.get_ref().as_table().map(|table| Spanned::new(value.span(), table.clone()))
}

/// Removes the innermost entry that holds `place`; answers with its key.
fn remove(table: &mut DeTable<'static>, place: &Place) -> Option<String> {
    let holds = |span: Place| span.start <= place.start && place.end <= span.end;
    let key = table
        .iter()
        .find(|(key, value)| holds(key.span()) || holds(value.span()))
        .map(|(key, _)| key.get_ref().to_string())?;
    if let Some(DeValue::Table(inner)) = table.get_mut(key.as_str()).map(Spanned::get_mut)
        && let Some(inner_key) = remove(inner, place)
    {
        return Some(inner_key);
    }
    table.remove(key.as_str());
    Some(key)
}

/// serde's words in ours.
fn reword(message: &str, key: &str, extra: &[&str]) -> (String, Option<String>) {
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
    if redact::is_secret_name(key) {
        return (format!("`{key}` has a value of the wrong type"), None);
    }
    (format!("`{key}`: {message}"), None)
}

fn quoted_after(message: &str, words: &str) -> Option<String> {
    let rest = message.strip_prefix(words)?.strip_prefix('`')?;
    rest.split('`').next().map(str::to_owned)
}

fn backticked(message: &str) -> Vec<String> {
    message.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}
