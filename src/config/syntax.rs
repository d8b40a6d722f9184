//! What does a person do about text that is not TOML? The parser's words in ours, one fault per place: what it stumbles
//! over a second time is the same mistake.

use toml::de::Error;

use super::faults::Faults;

/// A file with more syntax errors than this is something else than a heal.toml.
const MOST: usize = 20;

/// Notes every syntax error.
pub(super) fn report(errors: &[Error], text: &str, faults: &mut Faults) {
    let mut places = Vec::new();
    for error in errors {
        let place = error.span().unwrap_or_default();
        if places.len() == MOST {
            break;
        }
        if places.contains(&place.start) {
            continue;
        }
        places.push(place.start);
        let first = error.message().lines().next().unwrap_or_default();
        let here = text.get(place.clone()).unwrap_or_default();
        let (message, hint) = reword(first, here.trim().is_empty());
        faults.add(place, format!("not TOML: {message}"), hint.map(str::to_owned));
    }
}

fn reword(message: &str, empty: bool) -> (&str, Option<&'static str>) {
    let begins = |words: &str| message.starts_with(words);
    if begins("string values must be quoted") && !empty {
        ("text needs quotes", Some("durations, sizes and paths are text as well: \"5m\""))
    } else if begins("string values must be quoted") || begins("invalid literal string, expected `'`") && empty {
        ("there is no value", None)
    } else if begins("invalid basic string, expected `\"`") {
        ("the closing `\"` of this text is missing", None)
    } else if begins("invalid basic string, expected non-double-quote visible characters") {
        ("a control character in a text", Some("write it as an escape, such as \\t"))
    } else if begins("missing escaped value") {
        ("`\\` begins an escape, and this is none", Some("write `\\\\` for a backslash, or use single quotes"))
    } else if begins("key with no value") {
        ("a key without a value", Some("settings are written as key = value"))
    } else if begins("unclosed table") {
        ("the closing `]` of this section is missing", None)
    } else {
        (message, None)
    }
}
