//! What is provably in damaged bytes? The longest beginning of them that is JSON, closed by the brackets that are open there, and
//! nothing else: no value is made up, none is moved, and nothing behind the damage is believed.
//!
//! The element at the cut is dropped, and whole: half a position looks like a position. So everything below the outermost list
//! goes that is not a whole element of it; where there is no list, the innermost object goes that is open.

use super::scan::{self, Reached};
use crate::model::loss::Loss;
use crate::model::state::Format;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvaged {
    /// The new content.
    pub bytes: Vec<u8>,
    /// What is not in it any more.
    pub loss: Loss,
}

/// The mark that some editors put first.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Takes what is whole out of damaged bytes.
///
/// # Errors
/// Why nothing can be said to be in them for sure.
pub fn salvage(format: Format, bytes: &[u8]) -> Result<Salvaged, &'static str> {
    let conflict = |line: &[u8]| [&b"<<<<<<< "[..], b">>>>>>> "].iter().any(|mark| line.starts_with(mark));
    if bytes.split(|byte| *byte == b'\n').any(conflict) {
        return Err("it holds two versions that git could not merge: a person has to choose");
    }
    let text = bytes.strip_prefix(MARK).unwrap_or(bytes);
    match format {
        Format::Json => document(text),
        Format::Jsonl => lines(text),
        Format::Toml => Err("of TOML nothing is salvaged: a table may go on anywhere"),
    }
}

fn document(text: &[u8]) -> Result<Salvaged, &'static str> {
    let begin = scan::space(text, 0);
    if !matches!(text.get(begin), Some(b'{' | b'[')) {
        return Err("it begins with no object and no list");
    }
    match scan::document(text, begin) {
        Reached::Deep => Err("it is deeper than heal looks"),
        Reached::Whole(end) => {
            let behind = &text[end..];
            let dropped = behind.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != 0).count();
            let next = scan::space(text, end);
            if matches!(text.get(next), Some(b'{' | b'['))
                && matches!(scan::document(text, next), Reached::Whole(_) | Reached::Deep)
            {
                return Err("it holds two whole documents: which one counts cannot be told from the bytes");
            }
            let mut bytes = text[..end].to_vec();
            bytes.push(b'\n');
            Ok(Salvaged { bytes, loss: if dropped == 0 { Loss::None } else { Loss::Behind { bytes: behind.len() } } })
        }
        Reached::Broken(byte, open) => {
            // `open` is not empty: the document began with a bracket.
            let list = open.iter().position(|open| open.list);
            let last = list.unwrap_or_else(|| open.len().saturating_sub(2));
            let Some(innermost) = open.get(last) else { return Err("it begins with no object and no list") };
            // An empty list would say that there is nothing, and that is not known.
            if innermost.children == 0 {
                return Err("not one whole element is in it");
            }
            let mut bytes = text[..innermost.end].to_vec();
            bytes.extend(open[..=last].iter().rev().map(|open| if open.list { b']' } else { b'}' }));
            bytes.push(b'\n');
            Ok(Salvaged { bytes, loss: Loss::Cut { kept: innermost.children, byte } })
        }
    }
}

/// Lines stand for themselves: a line feed cannot be inside of a value. What begins in the midst of a value may look like a
/// number; so where any line is an object or a list, all that stay are.
fn lines(text: &[u8]) -> Result<Salvaged, &'static str> {
    let blank = |line: &&[u8]| scan::space(line, 0) < line.len();
    let all: Vec<&[u8]> = text.split(|byte| *byte == b'\n').filter(blank).collect();
    let whole = |line: &[u8]| match scan::document(line, 0) {
        Reached::Whole(end) => scan::space(line, end) == line.len(),
        _ => false,
    };
    let held = |line: &[u8]| matches!(line.get(scan::space(line, 0)), Some(b'{' | b'['));
    let containers = all.iter().any(|line| held(line) && whole(line));
    let ends = text.last() == Some(&b'\n');
    let last = all.len().saturating_sub(1);
    let stays = |at: usize, line: &[u8]| {
        let closed = ends || at < last || held(line) || line.first() == Some(&b'"');
        whole(line) && closed && (held(line) || !containers)
    };
    let kept: Vec<&[u8]> =
        all.iter().enumerate().filter(|(at, line)| stays(*at, line)).map(|(_, line)| *line).collect();
    if kept.is_empty() {
        return Err("not one whole line is in it");
    }
    let lost = all.len() - kept.len();
    let mut bytes = kept.join(&b'\n');
    bytes.push(b'\n');
    Ok(Salvaged { bytes, loss: if lost == 0 { Loss::None } else { Loss::Elements { lost, of: all.len() } } })
}

/// How many keys that the damaged bytes still show are not in a copy, or not with that value? `None`: they show none.
#[must_use]
pub fn later_keys(format: Format, damaged: &[u8], copy: &[u8]) -> Option<usize> {
    let shown = salvage(format, damaged).ok()?.bytes;
    if format != Format::Json {
        let copied: std::collections::BTreeSet<&[u8]> = copy.split(|byte| *byte == b'\n').collect();
        return Some(shown.split(|byte| *byte == b'\n').filter(|line| !copied.contains(line)).count());
    }
    let (shown, copy) = (serde_json::from_slice(&shown).ok()?, serde_json::from_slice(copy).ok()?);
    Some(differing(&shown, &copy))
}

fn differing(shown: &serde_json::Value, copy: &serde_json::Value) -> usize {
    use serde_json::Value;
    match (shown, copy) {
        (Value::Object(shown), Value::Object(copy)) => {
            let one = |(key, value): (&String, &Value)| copy.get(key).map_or(1, |copied| differing(value, copied));
            shown.iter().map(one).sum()
        }
        (Value::Array(shown), Value::Array(copy)) => {
            let one = |(at, value): (usize, &Value)| copy.get(at).map_or(1, |copied| differing(value, copied));
            shown.iter().enumerate().map(one).sum()
        }
        (shown, copy) => usize::from(shown != copy),
    }
}

#[cfg(any(test, fuzzing))]
#[path = "salvage_fuzz.rs"]
pub(crate) mod fuzz;

#[cfg(test)]
#[path = "salvage_tests.rs"]
mod tests;
