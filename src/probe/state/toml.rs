//! Is this TOML? Asked of the parser that reads heal.toml itself; template, schema and invariants see it as JSON.

use std::borrow::Cow;

use serde_json::{Map, Value};
use toml::Value as Toml;

use super::bytes::{damaged, placed, unmarked};
use super::scan::{Rules, scan};
use crate::model::state::{Problem, Trouble};

/// What is wrong, and the document as JSON text; none where it holds what JSON has no word for.
pub(super) fn read<'b>(bytes: &'b [u8], rules: Rules<'_>) -> (Vec<Trouble>, Option<Cow<'b, str>>) {
    // TOML allows the mark, and a document without a key, if none has to be there.
    let (text, _) = unmarked(bytes);
    let wants = rules.template.is_some() || !rules.require.is_empty();
    if let Some(trouble) = damaged(text).filter(|trouble| trouble.problem != Problem::Empty || wants) {
        return (vec![trouble], None);
    }
    let Ok(text) = std::str::from_utf8(text) else {
        return (vec![Trouble::new(Problem::WrongEncoding, "it is no UTF-8")], None);
    };
    let table = match toml::from_str::<toml::Table>(text) {
        Ok(table) => table,
        Err(error) => return (vec![why(text, &error)], None),
    };
    let Some(json) = plain(Toml::Table(table)).map(|value| value.to_string()) else { return (Vec::new(), None) };
    match scan(&mut serde_json::Deserializer::from_str(&json), rules) {
        Ok(troubles) => (troubles, Some(Cow::Owned(json))),
        Err(error) => (vec![Trouble::new(Problem::TooDeep, error.to_string())], None),
    }
}

fn why(text: &str, error: &toml::de::Error) -> Trouble {
    let message = error.message().lines().collect::<Vec<_>>().join("; ");
    let at = error.span().map_or(0, |span| span.start);
    let reaches_end = error.span().is_some_and(|span| span.end >= text.trim_end().len());
    let problem = match message.as_str() {
        message if message.contains("duplicate key") => Problem::DuplicateKey,
        message if message.contains("recursion limit") => Problem::TooDeep,
        _ if reaches_end && !text.ends_with('\n') => Problem::Truncated,
        _ => Problem::Syntax,
    };
    placed(Trouble::new(problem, format!("it is no TOML: {message}")), text.as_bytes(), at)
}

/// The same as JSON; times are text. `None` for a number that is not finite.
fn plain(value: Toml) -> Option<Value> {
    Some(match value {
        Toml::String(text) => text.into(),
        Toml::Integer(number) => number.into(),
        Toml::Float(number) => Value::Number(serde_json::Number::from_f64(number)?),
        Toml::Boolean(value) => value.into(),
        Toml::Datetime(at) => at.to_string().into(),
        Toml::Array(items) => Value::Array(items.into_iter().map(plain).collect::<Option<_>>()?),
        Toml::Table(table) => {
            let entries = table.into_iter().map(|(key, value)| Some((key, plain(value)?)));
            Value::Object(entries.collect::<Option<Map<_, _>>>()?)
        }
    })
}
