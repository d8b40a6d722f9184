//! Which value holds where heal.toml asks the environment? `{ env = "NAME", default = … }` is replaced by what it says.
//! Works on the parsed tree, before anything is typed, so that any value of the file can be written so.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::{Faults, Place, a};
use crate::host::env;
use crate::model::{Bytes, Percent, Rate, Span};

/// The value with all places inside it replaced: they are those of another text than the file's.
pub(super) fn at_place(value: DeValue<'static>, place: &Place) -> DeValue<'static> {
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
pub(super) fn parse_value(text: &str) -> DeValue<'static> {
    match DeValue::parse(super::keep(text.trim().to_owned())) {
        Ok(value) => value.into_inner(),
        Err(_) => DeValue::String(Cow::Owned(text.to_owned())),
    }
}

/// A variable that heal.toml asks for.
#[derive(Debug)]
pub(super) struct Asked {
    /// Where it asks.
    pub(super) place: Place,
    /// The variable.
    pub(super) name: String,
    /// Is it set? Else the default holds.
    pub(super) set: bool,
}

/// Replaces every `{ env = …, default = … }` below this table; answers with what was asked for.
pub(super) fn environment(table: &mut DeTable<'static>, faults: &mut Faults) -> Vec<Asked> {
    let mut asked = Vec::new();
    for (_, value) in table.iter_mut() {
        replace(value, &mut asked, faults);
    }
    asked
}

fn replace(value: &mut Spanned<DeValue<'static>>, asked: &mut Vec<Asked>, faults: &mut Faults) {
    let span = value.span();
    match value.get_mut() {
        DeValue::Array(array) => array.iter_mut().for_each(|item| replace(item, asked, faults)),
        DeValue::Table(table) => {
            let name = table.get("env").and_then(|name| name.get_ref().as_str()).map(str::to_owned);
            match (name, table.len() == 2 && table.contains_key("default")) {
                (Some(name), true) => {
                    let default = table.remove("default").map_or(DeValue::Boolean(false), Spanned::into_inner);
                    let text = env::var(&name);
                    asked.push(Asked { place: span.clone(), name: name.clone(), set: text.is_some() });
                    let chosen = match text {
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
                _ => table.iter_mut().for_each(|(_, value)| replace(value, asked, faults)),
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
