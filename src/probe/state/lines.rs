//! Is each line JSON? A file that grows by lines may be empty, and a line at its end may be half written; what is wrong with one line
//! says nothing about the others.

use std::borrow::Cow;

use super::bytes::{blank, damaged, json};
use super::scan::Rules;
use crate::model::state::{MOST_TROUBLES, Problem, Trouble};

/// What is wrong, line by line, and all of them as one JSON list.
pub(super) fn read<'b>(bytes: &'b [u8], rules: Rules<'_>) -> (Vec<Trouble>, Option<Cow<'b, str>>) {
    if let Some(trouble) = damaged(bytes).filter(|trouble| trouble.problem == Problem::WrongEncoding && wide(trouble)) {
        return (vec![trouble], None);
    }
    // A line is an element: what the file begins as says nothing about one.
    let rules = Rules { template: None, ..rules };
    let (mut troubles, mut more, mut text) = (Vec::new(), 0_usize, String::from("["));
    let mut start = 0;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let begin = start;
        start += line.len();
        if line.iter().all(blank) {
            continue;
        }
        let end = line.iter().rposition(|byte| !blank(byte)).map_or(0, |last| last + 1);
        let line = &line[..end];
        let wrong = json(line, rules);
        if !wrong.iter().any(|trouble| trouble.problem.is_of_bytes())
            && let Ok(line) = std::str::from_utf8(line)
        {
            text.push_str(if text.len() > 1 { "," } else { "" });
            text.push_str(line.trim());
        }
        for trouble in wrong {
            if troubles.len() < MOST_TROUBLES {
                troubles.push(within(trouble, number + 1, begin));
            } else {
                more += 1;
            }
        }
    }
    text.push(']');
    if let (Some(last), 1..) = (troubles.last_mut(), more) {
        last.message.push_str(&format!("; and {more} more"));
    }
    (troubles, Some(Cow::Owned(text)))
}

/// In another encoding as a whole, and not one odd byte in one line.
fn wide(trouble: &Trouble) -> bool {
    trouble.byte == Some(0) && trouble.at.is_none()
}

/// The place in the file of what was found in a line.
fn within(trouble: Trouble, line: usize, begin: usize) -> Trouble {
    let at = match trouble.at.as_deref() {
        Some(at) if at.starts_with("line ") => {
            let column = at.rsplit_once(' ').map_or("1", |(_, column)| column);
            format!("line {line} column {column}")
        }
        Some(".") | None => format!("line {line}"),
        Some(path) => format!("line {line} {path}"),
    };
    Trouble { byte: trouble.byte.map(|byte| byte + begin as u64), ..trouble.at(at) }
}
