//! What holds of any damage? Nothing is made up: what is salvaged is a beginning of the bytes and brackets, or lines of them; its
//! values stood in the original, by a parser that is not ours; and to salvage it once more changes nothing.

use std::collections::BTreeSet;

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{MARK, Salvaged, salvage as of};
use crate::model::choices::Choices;
use crate::model::loss::Loss;
use crate::model::state::Format;

/// See [`crate::fuzz::TARGETS`].
pub(crate) fn salvage(data: &[u8]) {
    any(data);
    let mut choices = Choices::new(data);
    let original = Value::from(vec![value(&mut choices, 4), value(&mut choices, 4)]);
    let written = if choices.byte().is_multiple_of(2) {
        serde_json::to_vec(&original)
    } else {
        serde_json::to_vec_pretty(&original)
    };
    let text = written.unwrap_or_default();
    let (damaged, at) = damage(&mut choices, &text);
    held_against(&original, &damaged, at);
}

/// Whatever these bytes are.
fn any(data: &[u8]) {
    assert!(of(Format::Toml, data).is_err());
    let text = data.strip_prefix(MARK).unwrap_or(data);
    if let Ok(Salvaged { bytes, loss }) = of(Format::Json, data) {
        is_json(&bytes);
        let same = bytes.iter().zip(text).take_while(|(one, other)| one == other).count();
        assert!(bytes[same..].iter().all(|byte| b"]}\n".contains(byte)), "a byte was made up");
        again(Format::Json, &bytes);
        // What is lossless is the same document, by another parser, but for what it was filled up with.
        let end = text.iter().rposition(|byte| !byte.is_ascii_whitespace() && *byte != 0).map_or(0, |at| at + 1);
        if loss.is_none()
            && let Ok(whole) = serde_json::from_slice::<Value>(&text[..end])
        {
            assert_eq!(serde_json::from_slice::<Value>(&bytes).ok(), Some(whole));
        }
    } else {
        let conflict = text.windows(8).any(|part| part == b"<<<<<<< " || part == b">>>>>>> ");
        let whole = serde_json::from_slice::<Value>(text).is_ok_and(|value| value.is_object() || value.is_array());
        assert!(conflict || !whole, "a whole document is lost");
    }
    if let Ok(Salvaged { bytes, .. }) = of(Format::Jsonl, data) {
        let lines: BTreeSet<&[u8]> = text.split(|byte| *byte == b'\n').collect();
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            assert!(lines.contains(line), "a line was made up");
            is_json(line);
        }
        again(Format::Jsonl, &bytes);
    }
}

fn is_json(bytes: &[u8]) {
    let read = serde_json::from_slice::<IgnoredAny>(bytes);
    assert!(read.is_ok(), "{read:?}: {:?}", String::from_utf8_lossy(bytes));
}

/// What was salvaged is whole: nothing more is lost.
fn again(format: Format, bytes: &[u8]) {
    assert_eq!(of(format, bytes), Ok(Salvaged { bytes: bytes.to_vec(), loss: Loss::None }));
}

fn value(choices: &mut Choices<'_>, depth: usize) -> Value {
    match choices.below(if depth == 0 { 6 } else { 9 }) {
        0 => Value::Null,
        1 => Value::Bool(choices.below(2) == 0),
        2 => Value::from(choices.number()),
        3 => Value::from(f64::from(choices.byte()) / 7.0),
        4 | 5 => Value::from(choices.text(12)),
        6 | 7 => (0..choices.below(5)).map(|_| value(choices, depth - 1)).collect(),
        _ => {
            let member = |at: usize| (format!("{at}{}", choices.text(4)), value(choices, depth - 1));
            Value::Object((0..3).map(member).collect())
        }
    }
}

/// Damages it so that nothing before the place is changed. Answers where.
fn damage(choices: &mut Choices<'_>, text: &[u8]) -> (Vec<u8>, usize) {
    let at = choices.below(text.len().min(65_536));
    let damaged = match choices.below(5) {
        0 => text[..at].to_vec(),
        1 => [&text[..at], &vec![0; text.len() - at]].concat(),
        2 => {
            let mut damaged = text.to_vec();
            if let Some(byte) = damaged.get_mut(at) {
                *byte = choices.byte();
            }
            damaged
        }
        3 => [text, choices.rest()].concat(),
        _ => [&text[..at], choices.rest()].concat(),
    };
    let at = damaged.iter().zip(text).position(|(one, other)| one != other).unwrap_or(damaged.len().min(text.len()));
    (damaged, at)
}

fn held_against(original: &Value, damaged: &[u8], at: usize) {
    let Ok(Salvaged { bytes, loss }) = of(Format::Json, damaged) else { return };
    let Ok(read) = serde_json::from_slice::<Value>(&bytes) else {
        // A number of the other bytes that is out of serde_json's range.
        return is_json(&bytes);
    };
    let same = bytes.iter().zip(damaged).take_while(|(one, other)| one == other).count();
    // The byte behind a number is what says that it is whole; of what was taken from behind the damage nobody knows.
    if same < at || same == at && !matches!(loss, Loss::Cut { .. }) {
        let (mut was, mut is) = (BTreeSet::new(), BTreeSet::new());
        leaves(original, String::new(), &mut was);
        leaves(&read, String::new(), &mut is);
        assert!(is.is_subset(&was), "{:?} of {:?}", is.difference(&was).next(), String::from_utf8_lossy(damaged));
        assert!(!loss.is_none() || read == *original, "said to be lossless: {:?}", String::from_utf8_lossy(damaged));
    }
}

/// Every leaf of a document with its path.
fn leaves(value: &Value, path: String, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| leaves(value, format!("{path}.{key:?}"), found)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(at, value)| leaves(value, format!("{path}[{at}]"), found));
        }
        leaf => drop(found.insert(format!("{path}={leaf}"))),
    }
}
