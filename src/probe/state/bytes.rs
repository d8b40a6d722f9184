//! What happened to these bytes? Tells apart, for whoever has to repair them: nothing written, never reached the disk, cut, written
//! over by something shorter, written twice, wrong encoding, a merge that nobody finished. Nothing here calls a document valid.

use serde::de::IgnoredAny;

use super::scan::{Rules, scan};
use crate::model::state::{MAX_DEPTH, Problem, Trouble};

/// The mark that some editors put first.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// What is wrong with bytes of which no format could make anything, before any grammar is asked.
pub(super) fn damaged(bytes: &[u8]) -> Option<Trouble> {
    if bytes.iter().all(blank) {
        return Some(Trouble { byte: Some(0), ..Trouble::new(Problem::Empty, emptiness(bytes)) });
    }
    if let Some(name) = wide(bytes) {
        return Some(Trouble {
            byte: Some(0),
            ..Trouble::new(Problem::WrongEncoding, format!("it is {name}, not UTF-8"))
        });
    }
    if let Some(first) = bytes.iter().position(|byte| *byte == 0) {
        let count = bytes.iter().filter(|byte| **byte == 0).count();
        let message = if count == bytes.len() {
            format!("all of its {count} bytes are NUL: its data never reached the disk")
        } else {
            format!("{count} of its {} bytes are NUL", bytes.len())
        };
        return Some(placed(Trouble::new(Problem::NulFilled, message), bytes, first));
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        let at = error.valid_up_to();
        // The last character is not whole: that is a cut, and no other encoding.
        let trouble = if error.error_len().is_none() {
            Trouble::new(Problem::Truncated, "it ends in the middle of a character")
        } else {
            Trouble::new(Problem::WrongEncoding, format!("the byte 0x{:02x} is no UTF-8; it may be Latin-1", bytes[at]))
        };
        return Some(placed(trouble, bytes, at));
    }
    conflict(bytes)
}

/// White space as JSON has it: a form feed is none.
pub(super) const fn blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn emptiness(bytes: &[u8]) -> &'static str {
    if bytes.is_empty() { "it has no byte" } else { "there is nothing but white space in it" }
}

/// UTF-16 or UTF-32, by its mark or by the NULs that it has between ASCII.
fn wide(bytes: &[u8]) -> Option<&'static str> {
    let nul = |from: usize| bytes.iter().skip(from).step_by(2).take(64).all(|byte| *byte == 0);
    let text = |from: usize| bytes.iter().skip(from).step_by(2).take(64).all(|byte| *byte != 0);
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("UTF-16"),
        _ if bytes.len() >= 4 && ((nul(1) && text(0)) || (nul(0) && text(1))) => Some("UTF-16"),
        _ => None,
    }
}

/// What git leaves where two sides changed the same lines.
fn conflict(bytes: &[u8]) -> Option<Trouble> {
    let at_line = |at: usize| at == 0 || bytes[at - 1] == b'\n';
    let find = |marker: &str| memchr::memmem::find_iter(bytes, marker.as_bytes()).find(|at| at_line(*at));
    let (ours, theirs) = (find("<<<<<<< ")?, find(">>>>>>> ")?);
    find("=======").filter(|between| ours < *between && *between < theirs)?;
    Some(placed(Trouble::new(Problem::ConflictMarkers, "merge-conflict markers of git stand in it"), bytes, ours))
}

/// Behind the mark that some editors put first, and whether there was one.
pub(super) fn unmarked(bytes: &[u8]) -> (&[u8], bool) {
    bytes.strip_prefix(MARK).map_or((bytes, false), |rest| (rest, true))
}

/// All that is wrong with a JSON document in memory.
pub(super) fn json(bytes: &[u8], rules: Rules<'_>) -> Vec<Trouble> {
    let (text, marked) = unmarked(bytes);
    let mut troubles = Vec::new();
    if marked {
        let message = "it begins with a byte order mark, which JSON does not allow";
        troubles.push(Trouble { byte: Some(0), ..Trouble::new(Problem::ByteOrderMark, message) });
    }
    match scan(&mut serde_json::Deserializer::from_slice(text), rules) {
        // No NUL, no other encoding and no marker of a merge can hide in what the grammar takes.
        Ok(found) => troubles.extend(found),
        Err(error) => troubles.push(why(text, &error)),
    }
    troubles
}

/// Why a document could not be read.
pub(super) fn why(bytes: &[u8], error: &serde_json::Error) -> Trouble {
    if let Some(damage) = damaged(bytes) {
        return damage;
    }
    let at = offset(bytes, error.line(), error.column());
    if error.to_string().starts_with("recursion limit exceeded") {
        return placed(Trouble::new(Problem::TooDeep, format!("it is more than {MAX_DEPTH} levels deep")), bytes, at);
    }
    let mut documents = serde_json::Deserializer::from_slice(bytes).into_iter::<IgnoredAny>();
    match documents.next() {
        Some(Ok(IgnoredAny)) => {
            let end = documents.byte_offset();
            let rest = end + bytes[end..].iter().take_while(|byte| blank(byte)).count();
            if rest == bytes.len() {
                // The grammar is content; the reader was not.
                let message = format!("not every reader takes it: {}", reason(error));
                return placed(Trouble::new(Problem::Unportable, message), bytes, at);
            }
            placed(behind(bytes, rest), bytes, rest)
        }
        Some(Err(error)) if error.is_eof() => placed(
            Trouble::new(Problem::Truncated, format!("it ends too early: {}", reason(&error))),
            bytes,
            bytes.len(),
        ),
        Some(Err(error)) => {
            let at = offset(bytes, error.line(), error.column());
            placed(Trouble::new(Problem::Syntax, format!("it is no JSON: {}", reason(&error))), bytes, at)
        }
        None => Trouble::new(Problem::Empty, emptiness(bytes)),
    }
}

/// What stands behind a whole document.
fn behind(bytes: &[u8], rest: usize) -> Trouble {
    let opens = |byte: u8| matches!(byte, b'{' | b'[');
    let first = bytes.iter().find(|byte| !blank(byte)).copied().unwrap_or_default();
    let mut more = serde_json::Deserializer::from_slice(&bytes[rest..]).into_iter::<IgnoredAny>();
    let mut count = 1_usize;
    let last = loop {
        match more.next() {
            Some(Ok(IgnoredAny)) => count += 1,
            other => break other,
        }
    };
    let cut = matches!(&last, Some(Err(error)) if error.is_eof());
    if opens(first) && opens(bytes[rest]) && (last.is_none() || cut) {
        let what = if cut { "the last of them cut" } else { "each of them whole" };
        let count = if cut { count + 1 } else { count };
        return Trouble::new(Problem::Concatenated, format!("{count} documents stand one behind the other, {what}"));
    }
    let left = bytes.len() - rest;
    let end = bytes.iter().rev().find(|byte| !blank(byte));
    if opens(first) && matches!(end, Some(b'}' | b']')) {
        let message = format!("a whole document, and behind it {left} bytes of an older, longer one");
        return Trouble::new(Problem::TornWrite, message);
    }
    Trouble::new(Problem::TrailingGarbage, format!("a whole document, and behind it {left} bytes of something else"))
}

/// serde_json's words, without the place, which is told beside them.
pub(super) fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason).to_owned()
}

/// The byte of a line and a column, both counted from 1.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let start = if line < 2 { Some(0) } else { memchr::memchr_iter(b'\n', bytes).nth(line - 2).map(|at| at + 1) };
    start.map_or(bytes.len(), |start| (start + column.saturating_sub(1)).min(bytes.len()))
}

/// It with its place, for a person and for who repairs.
pub(super) fn placed(trouble: Trouble, bytes: &[u8], at: usize) -> Trouble {
    let before = &bytes[..at.min(bytes.len())];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let begin = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let column = String::from_utf8_lossy(&before[begin..]).chars().count() + 1;
    Trouble { byte: Some(at as u64), ..trouble.at(format!("line {line} column {column}")) }
}
