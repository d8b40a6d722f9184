//! Which value holds? `--set` over the file, and `{ env = "NAME", default = … }` replaced by what the environment says.
//! Works on the parsed tree, before anything is typed, so that every place of the file can be overridden in the same way.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::{Faults, Place, a};
use crate::host::env;
use crate::model::{Bytes, Percent, Rate, Span};

/// Lays `KEY=VALUE` over the table: dotted keys, TOML values, and a bare word is a string.
pub(super) fn set(table: &mut DeTable<'static>, assignment: &str, number: usize, faults: &mut Faults) {
    let (place, last_place) = faults.command_line(number);
    let hint = || Some("write it as service.bot.startup_grace=5m".to_owned());
    let Some((key, text)) = assignment.split_once('=').filter(|(key, _)| !key.is_empty()) else {
        faults.add(place, "`--set` is not followed by KEY=VALUE", hint());
        return;
    };
    let keys: Vec<&str> = key.split('.').map(str::trim).collect();
    if keys.iter().any(|key| key.is_empty()) {
        faults.add(place, format!("`{key}` is not a dotted key"), hint());
        return;
    }
    let value = at_place(parse_value(text), &last_place);
    let mut at = table;
    let Some((last, above)) = keys.split_last() else { return };
    for key in above {
        let missing = || Spanned::new(place.clone(), DeValue::Table(DeTable::new()));
        let next = at.entry(Spanned::new(place.clone(), Cow::Owned((*key).to_owned()))).or_insert_with(missing);
        match next.get_mut() {
            DeValue::Table(table) => at = table,
            other => {
                let message = format!("`{key}` in `--set {}` is {}, not a table", keys.join("."), a(other.type_str()));
                faults.add(place, message, None);
                return;
            }
        }
    }
    // Removed first: an existing key would keep the place of the file.
    at.remove(*last);
    at.insert(Spanned::new(last_place.clone(), Cow::Owned((*last).to_owned())), Spanned::new(last_place, value));
}

/// The value with all places inside it replaced: they are those of another text than the file's.
fn at_place(value: DeValue<'static>, place: &Place) -> DeValue<'static> {
    match value {
        DeValue::Array(array) => {
            let items = array.into_iter().map(|item| Spanned::new(place.clone(), at_place(item.into_inner(), place)));
            DeValue::Array(items.collect())
        }
        DeValue::Table(table) => {
            let entries = table.into_iter().map(|(key, value)| {
                let value = at_place(value.into_inner(), place);
                (Spanned::new(place.clone(), key.into_inner()), Spanned::new(place.clone(), value))
            });
            DeValue::Table(entries.collect())
        }
        other => other,
    }
}

/// A TOML value; what is not one is a string, so that `--set a.b=text` needs no quotes within quotes.
fn parse_value(text: &str) -> DeValue<'static> {
    match DeValue::parse(super::keep(text.trim().to_owned())) {
        Ok(value) => value.into_inner(),
        Err(_) => DeValue::String(Cow::Owned(text.to_owned())),
    }
}

/// Replaces every `{ env = …, default = … }` below this table.
pub(super) fn environment(table: &mut DeTable<'static>, faults: &mut Faults) {
    for (_, value) in table.iter_mut() {
        replace(value, faults);
    }
}

fn replace(value: &mut Spanned<DeValue<'static>>, faults: &mut Faults) {
    let span = value.span();
    match value.get_mut() {
        DeValue::Array(array) => array.iter_mut().for_each(|item| replace(item, faults)),
        DeValue::Table(table) => {
            let name = table.get("env").and_then(|name| name.get_ref().as_str()).map(str::to_owned);
            match (name, table.len() == 2 && table.contains_key("default")) {
                (Some(name), true) => {
                    let default = table.remove("default").map_or(DeValue::Boolean(false), Spanned::into_inner);
                    let chosen = match env::var(&name) {
                        None => default,
                        Some(text) => match like(&default, &text) {
                            Ok(chosen) => at_place(chosen, &span),
                            Err(why) => {
                                // The value of a variable may be a secret: it is not shown.
                                faults.add(span, format!("the environment variable {name} {why}"), None);
                                default
                            }
                        },
                    };
                    *value.get_mut() = chosen;
                }
                _ => environment(table, faults),
            }
        }
        _ => {}
    }
}

/// The text of a variable as a value of the default's type.
fn like(default: &DeValue<'_>, text: &str) -> Result<DeValue<'static>, String> {
    let text = text.trim();
    match default {
        // Variables of older programs count seconds: "60" where the default is "60s".
        DeValue::String(shown) if shown.parse::<Span>().is_ok() && text.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(DeValue::String(Cow::Owned(format!("{text}s"))))
        }
        DeValue::String(shown) => match unlike(shown, text) {
            Some(what) => Err(format!("is not {what}")),
            None => Ok(DeValue::String(Cow::Owned(text.to_owned()))),
        },
        DeValue::Boolean(_) => match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Ok(DeValue::Boolean(true)),
            "false" | "0" | "no" | "off" => Ok(DeValue::Boolean(false)),
            _ => Err("is neither true nor false".to_owned()),
        },
        other => {
            let value = parse_value(text);
            let float_for_integer = matches!((other, &value), (DeValue::Float(_), DeValue::Integer(_)));
            if value.same_type(other) || float_for_integer {
                Ok(value)
            } else {
                Err(format!("is not {}, as its default is", a(other.type_str())))
            }
        }
    }
}

/// What `default` is and `text` is not. Said here, where the variable is known: later it would look like a fault of the file.
fn unlike(default: &str, text: &str) -> Option<&'static str> {
    let breaks = |is: fn(&str) -> bool| is(default) && !is(text);
    if breaks(|text| text.parse::<Span>().is_ok()) {
        Some("a duration such as 90s or 5m")
    } else if breaks(|text| text.parse::<Bytes>().is_ok()) {
        Some("a size such as 512MB")
    } else if breaks(|text| text.parse::<Rate>().is_ok()) {
        Some("a rate such as 3 per 1h")
    } else if breaks(|text| text.parse::<Percent>().is_ok()) {
        Some("a percentage such as 80%")
    } else {
        None
    }
}
