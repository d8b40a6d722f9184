//! How is a value written into a `heal.toml` that a person will read? Text of other programs is quoted, and its control
//! characters never reach the file.

/// A string as TOML takes it.
pub(super) fn quoted(text: &str) -> String {
    // JSON's escapes are all TOML's, but that TOML wants DEL escaped too.
    serde_json::to_string(text).unwrap_or_default().replace('\u{7f}', "\\u007F")
}

/// A list of strings.
pub(super) fn list(words: &[String]) -> String {
    format!("[{}]", words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(", "))
}

/// One line of comment.
pub(super) fn comment(text: &str) -> String {
    format!("# {}", text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_a_text_it_is_read_back() {
        for text in
            ["plain", "quo\"te", "back\\slash", "new\nline\ttab", "\u{1b}[31m\u{7f}\u{85}", "ümläut 日本", "'''\"\"\""]
        {
            let table: toml::Table = toml::from_str(&format!("key = {}", quoted(text))).expect(text);
            assert_eq!(table["key"].as_str(), Some(text));
        }
        assert_eq!(list(&["a".to_owned(), "b c".to_owned()]), "[\"a\", \"b c\"]");
        assert_eq!(comment("a\nb = 1"), "# a b = 1");
    }
}
