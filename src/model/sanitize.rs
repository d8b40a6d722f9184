//! Could this text do something to a terminal? Control characters, escapes and bidirectional overrides become visible.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One line of text from outside, safe to print: nothing in it moves the cursor, colours, or reorders.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_dangerous) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push(' '),
            c if is_dangerous(c) => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Cc, and the characters that reorder or hide text (Unicode TR 36; "Trojan Source", CVE-2021-42574).
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_dangerous_is_left() {
        let table = [
            ("plain text, ümläüts, 日本", "plain text, ümläüts, 日本"),
            ("\u{1b}]0;evil\u{7}", "\\u{1b}]0;evil\\u{7}"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("two\nlines\r", "two\\nlines\\u{d}"),
            ("c1 \u{9b}31m", "c1 \\u{9b}31m"),
        ];
        for (text, expected) in table {
            assert_eq!(line(text), expected);
        }
    }
}
