//! Whom does a lock file name? A pid, a pid and its start time, `host:pid`, or JSON. What is of no form that is known here names
//! nobody: half-written, it may be a lock that somebody takes at this moment.

use chrono::DateTime;
use serde_json::{Map, Value};

use crate::host::process::PID_MAX;

/// The process that a lock file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) pid: i32,
    pub(super) start: Option<Start>,
    /// The boot that it began in.
    pub(super) boot: Option<String>,
    /// The machine that it runs on.
    pub(super) host: Option<String>,
}

/// When it began, as far as the file says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A number that counts from the boot: clock ticks, as field 22 of `/proc/PID/stat`, else seconds or milliseconds.
    Boot(u64),
    /// Milliseconds since 1970. The clock may have been set since: it can confirm a life, and never disprove one.
    Epoch(i64),
}

/// A number from here on counts from 1970 (the year 2001 in seconds), not from the boot.
const EPOCH: u64 = 1_000_000_000;

/// From here on in milliseconds.
const EPOCH_MS: u64 = 1_000_000_000_000;

/// Reads the content of a lock file.
///
/// # Errors
/// Says why it names nobody.
pub(super) fn parse(bytes: &[u8]) -> Result<Named, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it holds bytes that are no text")?;
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\0');
    if text.is_empty() {
        return Err("it is empty: somebody may be about to write it".to_owned());
    }
    if text.starts_with('{') {
        let object: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| "it begins like JSON, and is not".to_owned())?;
        return json(&object);
    }
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    match words[..] {
        [word] => match (pid(word), word.rsplit_once(':')) {
            (Some(pid), _) => Ok(Named { pid, start: None, boot: None, host: None }),
            // A host has a letter, or is an address: `12:34` could be anything.
            (None, Some((host, number))) if is_host(host) => {
                let pid = pid(number).ok_or("what follows the host is no pid")?;
                Ok(Named { pid, start: None, boot: None, host: Some(host.to_owned()) })
            }
            _ => Err("it holds no pid".to_owned()),
        },
        [first, second] => {
            let pid = pid(first).ok_or("it does not begin with a pid")?;
            let start = start(&Value::from(second)).ok_or("what follows the pid is no start time")?;
            Ok(Named { pid, start: Some(start), boot: None, host: None })
        }
        _ => Err("it holds more than a pid and a start time".to_owned()),
    }
}

fn json(object: &Map<String, Value>) -> Result<Named, String> {
    let get = |keys: &[&str]| keys.iter().find_map(|key| object.get(*key)).filter(|value| !value.is_null());
    let number = get(&["pid"]).ok_or("it is JSON without `pid`")?;
    let text = number.as_str().map_or_else(|| number.to_string(), str::to_owned);
    let pid = pid(&text).ok_or("its `pid` is none")?;
    let word = |keys: &[&str]| match get(keys) {
        None => Ok(None),
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text.trim().to_owned())),
        Some(_) => Err(format!("its `{}` is no text", keys[0])),
    };
    let start = match get(&["start", "start_time", "starttime", "started", "create_time"]) {
        None => None,
        // Not understood is not the same as not said: it may well be another life.
        Some(value) => Some(start(value).ok_or("its start time is of no form that heal knows")?),
    };
    Ok(Named { pid, start, boot: word(&["boot_id", "boot"])?, host: word(&["host", "hostname"])? })
}

/// One positive decimal number that a pid can be; -1 and 0 would stand for everybody (FAULTS C3).
fn pid(text: &str) -> Option<i32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|pid| digits && *pid > 1 && *pid <= PID_MAX)
}

fn start(value: &Value) -> Option<Start> {
    let text = match value {
        Value::String(text) => text.trim_ascii().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if let Ok(moment) = DateTime::parse_from_rfc3339(&text) {
        return Some(Start::Epoch(moment.timestamp_millis()));
    }
    if let Ok(whole) = text.parse::<u64>() {
        let millis = if whole >= EPOCH_MS { whole } else { whole.checked_mul(1_000)? };
        return if whole < EPOCH { Some(Start::Boot(whole)) } else { i64::try_from(millis).ok().map(Start::Epoch) };
    }
    // `1732616484.37`, as psutil says it. With a fraction, nothing counts from the boot.
    let (seconds, fraction) = text.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u64 =
        seconds.parse().ok().filter(|seconds| (EPOCH..EPOCH_MS).contains(seconds) && digits(fraction))?;
    i64::try_from(seconds).ok()?.checked_mul(1_000).map(Start::Epoch)
}

fn is_host(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':' | '[' | ']');
    let telling = |c: char| c.is_ascii_alphabetic() || c == '.';
    text.chars().all(allowed) && text.chars().any(telling)
}

#[cfg(any(test, fuzzing))]
#[path = "names_fuzz.rs"]
pub(crate) mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pid: i32, start: Option<Start>, boot: Option<&str>, host: Option<&str>) -> Named {
        Named { pid, start, boot: boot.map(str::to_owned), host: host.map(str::to_owned) }
    }

    #[test]
    fn each_form_names_its_process() {
        let epoch = Start::Epoch(1_732_616_484_000);
        let table = [
            ("4711", named(4711, None, None, None)),
            ("  4711\n", named(4711, None, None, None)),
            ("4711 27655\n", named(4711, Some(Start::Boot(27_655)), None, None)),
            ("4711\n1732616484", named(4711, Some(epoch), None, None)),
            ("4711 1732616484.37", named(4711, Some(epoch), None, None)),
            ("mars:4711", named(4711, None, None, Some("mars"))),
            ("10.0.0.1:4711", named(4711, None, None, Some("10.0.0.1"))),
            ("mars.example.org:4711\n", named(4711, None, None, Some("mars.example.org"))),
            (r#"{"pid": 4711}"#, named(4711, None, None, None)),
            (
                r#"{"pid": "4711", "start": 27655, "boot_id": "b"}"#,
                named(4711, Some(Start::Boot(27_655)), Some("b"), None),
            ),
            (
                r#"{"pid":4711,"started":"2024-11-26T10:21:24Z","host":"mars"}"#,
                named(4711, Some(epoch), None, Some("mars")),
            ),
            (
                r#"{"pid":4711,"start_time":1732616484000,"hostname":"mars"}"#,
                named(4711, Some(epoch), None, Some("mars")),
            ),
            (r#"{"pid":4711,"create_time":1732616484.37,"host":null}"#, named(4711, Some(epoch), None, None)),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_understood_names_nobody() {
        for text in [
            "",
            " \n",
            "\0\0\0",
            "0",
            "1",
            "-1",
            "+7",
            "99999999999",
            "4194305",
            "0x12",
            "bot",
            "12:34",
            "12 34 56",
            "pid 7",
            "7 yesterday",
            "7 -3",
            "7 1.5",
            "7 \u{b}114", // a vertical tab is no space between words
            "7 18446744073709551616",
            "mars:",
            "mars:0",
            ":7",
            "a b:7",
            "{",
            "{}",
            "{\"pid\":0}",
            "{\"pid\":7.5}",
            "{\"pid\":[7]}",
            "{\"pid\":7,\"start\":\"yesterday\"}",
            "{\"pid\":7,\"start\":true}",
            "{\"pid\":7,\"host\":7}",
            "{\"pid\":7,\"boot_id\":\"\"}",
            "{\"pid\":7} x",
            "[7]",
            "\"7\"",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text:?}: {:?}", parse(text.as_bytes()));
        }
        assert!(parse(&[0xff, 0xfe]).is_err());
    }
}
