//! What is laid over the file? `HEAL__SECTION__KEY=value` in the environment, and `--set section.key=value` over that.
//! The value of a variable is never shown: it may be a secret. That of a flag was typed in sight of everybody.

use std::borrow::Cow;
use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::{Faults, Place, a};
use super::file;
use super::resolve::{at_place, parse_value};
use crate::error::{Error, Kind, Result};

/// What begins the name of a variable that overrides a key.
pub(super) const PREFIX: &str = "HEAL__";

/// One value that is laid over the file.
#[derive(Clone, Debug)]
pub struct Override {
    /// `--set service.bot.startup_grace`, or the variable's name: what stands for its place in messages.
    pub(super) label: String,
    key: Key,
    value: String,
}

/// How an override names its key.
#[derive(Clone, Debug)]
enum Key {
    /// As heal.toml does.
    Path(Vec<String>),
    /// As a variable can: every part in capitals, `_` for whatever else than letters and digits is in it.
    Parts(Vec<String>),
}

impl Override {
    /// A `--set`: a dotted key as in heal.toml, `=`, and its value.
    ///
    /// # Errors
    /// It is not written so, which is wrong usage: nothing was looked up yet. All of it may be a secret, none is shown.
    pub(super) fn flag(text: &str) -> Result<Self> {
        let wrong = |what: String| {
            Error::new(Kind::Usage, what).hint("write it as --set service.bot.startup_grace=5m".to_owned())
        };
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.trim().is_empty())
            .ok_or_else(|| wrong("`--set` is not followed by KEY=VALUE".to_owned()))?;
        let path = dotted(key).ok_or_else(|| wrong(format!("`{key}` in `--set` is not a dotted key")))?;
        Ok(Self { label: format!("--set {key}"), key: Key::Path(path), value: value.to_owned() })
    }

    /// A variable of the environment.
    ///
    /// # Errors
    /// Its value is no text, or its name has an empty part.
    pub(super) fn variable(name: &str, value: Option<String>) -> Result<Self> {
        let wrong = |what: &str| {
            Error::new(Kind::Config, format!("the environment variable {name} {what}"))
                .hint("HEAL__SERVICE__BOT__STARTUP_GRACE=5m overrides `startup_grace` of [service.bot]")
        };
        let value = value.ok_or_else(|| wrong("is not UTF-8"))?;
        let parts: Vec<String> = name.strip_prefix(PREFIX).unwrap_or_default().split("__").map(str::to_owned).collect();
        if parts.iter().any(String::is_empty) {
            return Err(wrong("names no key"));
        }
        Ok(Self { label: name.to_owned(), key: Key::Parts(parts), value })
    }

    /// Is it a variable, whose value is not to be shown?
    pub(super) const fn is_variable(&self) -> bool {
        matches!(self.key, Key::Parts(_))
    }

    /// Every text in its value, as a message could repeat it.
    pub(super) fn texts(&self) -> Vec<String> {
        fn collect(value: &DeValue<'_>, texts: &mut Vec<String>) {
            match value {
                DeValue::String(text) => texts.push(text.to_string()),
                DeValue::Array(items) => items.iter().for_each(|item| collect(item.get_ref(), texts)),
                DeValue::Table(table) => table.values().for_each(|value| collect(value.get_ref(), texts)),
                _ => {}
            }
        }
        let mut texts = vec![self.value.trim().to_owned()];
        collect(&parse_value(&self.value), &mut texts);
        texts.retain(|text| !text.is_empty());
        texts
    }
}

/// Lays them over the table, in their order: the last one holds.
pub(super) fn lay(table: &mut DeTable<'static>, overrides: &[Override], faults: &mut Faults) {
    let mut named: BTreeMap<Vec<String>, &str> = BTreeMap::new();
    for (number, one) in overrides.iter().enumerate() {
        let (place, last_place) = faults.override_place(number);
        let path = match &one.key {
            Key::Path(path) => path.clone(),
            Key::Parts(parts) => match meant(table, parts) {
                Ok(path) => path,
                Err((what, hint)) => {
                    faults.add(place, what, hint);
                    continue;
                }
            },
        };
        if one.is_variable()
            && let Some(other) = named.insert(path.clone(), &one.label)
        {
            let message = format!("the environment variables {other} and {} name the same key", one.label);
            faults.add(place, message, Some("unset one of them".to_owned()));
            continue;
        }
        let value = at_place(parse_value(&one.value), &last_place);
        if let Err(why) = insert(table, &path, value, (&place, &last_place)) {
            faults.add(place, why, None);
        }
    }
}

fn insert(
    table: &mut DeTable<'static>,
    path: &[String],
    value: DeValue<'static>,
    (place, last_place): (&Place, &Place),
) -> Result<(), String> {
    let Some((last, above)) = path.split_last() else { return Ok(()) };
    let mut at = table;
    for key in above {
        let missing = || Spanned::new(place.clone(), DeValue::Table(DeTable::new()));
        let next = at.entry(Spanned::new(place.clone(), Cow::Owned(key.clone()))).or_insert_with(missing);
        match next.get_mut() {
            DeValue::Table(table) => at = table,
            other => return Err(format!("`{key}` is {}, not a table", a(other.type_str()))),
        }
    }
    // Removed first: an existing key would keep the place of the file.
    at.remove(last.as_str());
    at.insert(Spanned::new(last_place.clone(), Cow::Owned(last.clone())), Spanned::new(last_place.clone(), value));
    Ok(())
}

/// The path that the parts of a variable's name mean: what the file holds, else the key that heal would know.
fn meant(table: &DeTable<'static>, parts: &[String]) -> Result<Vec<String>, (String, Option<String>)> {
    let mut path: Vec<String> = Vec::new();
    let mut at = Some(table);
    for part in parts {
        let keys: Vec<&str> = at.into_iter().flat_map(|table| table.keys()).map(|key| key.get_ref().as_ref()).collect();
        let fitting: Vec<&str> = keys.iter().copied().filter(|key| as_variable(key) == as_variable(part)).collect();
        let key = match fitting[..] {
            [key] => key.to_owned(),
            [] => unwritten(&path, part, &keys)?,
            _ => {
                let hint = Some("override it with --set, which tells them apart".to_owned());
                return Err((format!("`{}` are equally meant by {part}", fitting.join("`, `")), hint));
            }
        };
        at = at.and_then(|table| table.get(key.as_str())?.get_ref().as_table());
        path.push(key);
    }
    Ok(path)
}

/// A key that the file does not hold. heal's own keys are all lower case; a name that a person chose could be anything.
fn unwritten(path: &[String], part: &str, keys: &[&str]) -> Result<String, (String, Option<String>)> {
    let last = path.last().map(String::as_str);
    let chosen = match path {
        [section] => file::NAMED.contains(&section.as_str()),
        _ => matches!(last, Some("probes" | "headers")),
    };
    if chosen {
        let hint = match keys {
            [] => "declare it in heal.toml first".to_owned(),
            keys => format!("heal.toml has `{}`", keys.join("`, `")),
        };
        return Err((format!("there is no `{part}` below [{}]", path.join(".")), Some(hint)));
    }
    // The environment of a service, whose names are what they are.
    Ok(if last == Some("env") && path.len() > 1 { part.to_owned() } else { part.to_ascii_lowercase() })
}

/// How a name has to be written in a variable's.
fn as_variable(name: &str) -> String {
    name.replace(['-', '.'], "_").to_ascii_uppercase()
}

/// The parts of a key as TOML writes it: `service."my.bot".log`.
fn dotted(key: &str) -> Option<Vec<String>> {
    let line = format!("{} = 0", key.trim());
    let document = DeTable::parse(&line).ok().filter(|_| !key.contains(['\n', '#']))?;
    let mut path = Vec::new();
    let mut at = document.get_ref();
    loop {
        let (key, value) = at.iter().next()?;
        path.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(table) => at = table,
            _ => return Some(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_flags_are_those_of_the_file() {
        let table: [(&str, Option<&[&str]>); 9] = [
            ("a", Some(&["a"])),
            ("service.bot.stop_grace", Some(&["service", "bot", "stop_grace"])),
            (" service . bot ", Some(&["service", "bot"])),
            ("service.\"my.bot\".log", Some(&["service", "my.bot", "log"])),
            ("a..b", None),
            (".a", None),
            ("a b", None),
            ("a\nb", None),
            ("a # b", None),
        ];
        for (key, expected) in table {
            let expected = expected.map(|path| path.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>());
            assert_eq!(dotted(key), expected, "{key:?}");
        }
    }

    #[test]
    fn a_variable_means_what_the_file_holds() {
        let text = "[service.my-bot]\n[service.other]\n[service.a-b]\n[service.a_b]\n[service.my-bot.env]\nPath = \"x\"\n[lock.x]";
        let document = DeTable::parse(text).expect("TOML").into_inner();
        let document: DeTable<'static> = document;
        let meant = |name: &str| {
            let parts: Vec<String> = name.split("__").map(str::to_owned).collect();
            meant(&document, &parts).map(|path| path.join("/")).map_err(|(what, _)| what)
        };
        let table: [(&str, Result<&str, &str>); 9] = [
            ("SERVICE__MY_BOT__LOG", Ok("service/my-bot/log")),
            ("service__my_bot__log", Ok("service/my-bot/log")),
            ("SERVICE__MY_BOT__MATCH__MIN_AGE", Ok("service/my-bot/match/min_age")),
            ("SERVICE__MY_BOT__ENV__PATH", Ok("service/my-bot/env/Path")),
            ("SERVICE__OTHER__ENV__API_TOKEN", Ok("service/other/env/API_TOKEN")),
            ("PROJECT__MODE", Ok("project/mode")),
            ("SERVICE__A_B__LOG", Err("`a-b`, `a_b` are equally meant by A_B")),
            ("SERVICE__NEW__LOG", Err("there is no `NEW` below [service]")),
            ("SERVICE__OTHER__PROBES__LOG__WITHIN", Err("there is no `LOG` below [service.other.probes]")),
        ];
        for (name, expected) in table {
            assert_eq!(meant(name), expected.map(str::to_owned).map_err(str::to_owned), "{name}");
        }
    }
}
