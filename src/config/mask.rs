//! What of the source may be shown? Everything but the values of secrets, also on lines that are broken, so that the text
//! is searched as text and nothing relies on its being TOML. Hiding too much is right, hiding too little is a leak.

use crate::model::redact;

/// What has been left open by the lines before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// Nothing.
    No,
    /// A secret string: ends with the line that holds these quotes.
    Quoted(&'static str),
    /// A secret string that lacks its closing quote: ends where the next setting or section begins.
    Broken,
    /// A secret list or table, so many brackets deep.
    Brackets(i32),
    /// A section that is itself the secret, `[alert.x.token]`: ends with the next section.
    Section,
}

/// The text with the values of secrets replaced by stars of the same length, so that places stay where they are.
pub(super) fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut open = Open::No;
    for line in text.split_inclusive('\n') {
        let ended = match open {
            Open::Broken => begins_something(line),
            Open::Section => line.trim_start().starts_with('['),
            _ => false,
        };
        if ended {
            open = Open::No;
        }
        if open != Open::No {
            stars(&mut masked, line);
            open = match open {
                Open::Quoted(quote) if line.contains(quote) => Open::No,
                Open::Brackets(depth) if depth + brackets(line) <= 0 => Open::No,
                Open::Brackets(depth) => Open::Brackets(depth + brackets(line)),
                still => still,
            };
            continue;
        }
        if is_secret_section(line) {
            open = Open::Section;
        }
        let Some(start) = secret_from(line) else {
            urls(&mut masked, line);
            continue;
        };
        open = opened(&line[start..]);
        urls(&mut masked, &line[..start]);
        stars(&mut masked, &line[start..]);
    }
    masked
}

/// What a secret's value leaves open at the end of its line.
fn opened(value: &str) -> Open {
    for quote in ["\"\"\"", "'''"] {
        if value.matches(quote).count() == 1 {
            return Open::Quoted(quote);
        }
    }
    let quotes = |quote: &str| value.matches(quote).count() - value.matches(&format!("\\{quote}")).count();
    let first = value.trim_start().chars().next();
    match first {
        Some('"') if quotes("\"") % 2 == 1 => Open::Broken,
        Some('\'') if value.matches('\'').count() % 2 == 1 => Open::Broken,
        Some('[' | '{') if brackets(value) > 0 => Open::Brackets(brackets(value)),
        _ => Open::No,
    }
}

fn brackets(text: &str) -> i32 {
    text.chars().map(|c| i32::from(matches!(c, '[' | '{')) - i32::from(matches!(c, ']' | '}'))).sum()
}

/// Is this line a section, or `key = value` as it stands in a file that is right?
fn begins_something(line: &str) -> bool {
    let line = line.trim();
    let is_key = |key: &str| {
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !key.is_empty() && key.chars().all(part)
    };
    let is_value = |value: &str| value.starts_with(['"', '\'', '[', '{', 't', 'f']) || value.parse::<f64>().is_ok();
    line.starts_with('[') && line.ends_with(']')
        || line.split_once('=').is_some_and(|(key, value)| is_key(key.trim_end()) && is_value(value.trim_start()))
}

/// `[alert.x.token]`. Shorter names are those of services and channels, longer ones those of probes.
fn is_secret_section(line: &str) -> bool {
    let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.split(']').next()) else { return false };
    let parts: Vec<&str> = name.split('.').collect();
    parts.len() == 3 && redact::is_secret_name(parts[2])
}

/// Where the value of a secret begins on this line: behind `token =`, `token:`, `--token`, or a line's first word.
fn secret_from(line: &str) -> Option<usize> {
    let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_section = line.trim_start().starts_with('[');
    let mut at = 0;
    let mut first = true;
    while let Some(begin) = line[at..].find(in_name).map(|found| at + found) {
        let end = line[begin..].find(|c| !in_name(c)).map_or(line.len(), |length| begin + length);
        let name = &line[begin..end];
        if redact::is_secret_name(name) {
            let rest = line[end..].trim_start_matches(['"', '\'', ' ', '\t']);
            let assigned = rest.starts_with('=') || rest.starts_with(':') && !rest.starts_with("://");
            if assigned {
                return Some(line.len() - rest.len() + 1);
            }
            if name.starts_with('-') || first && !is_section {
                return Some(end);
            }
        }
        first = false;
        at = end;
    }
    None
}

/// Copies a line; user and password, the query of an address, and bot tokens are masked.
fn urls(masked: &mut String, line: &str) {
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, tail) = rest.split_at(at + "://".len());
        let end = tail.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'')).unwrap_or(tail.len());
        masked.push_str(before);
        let (address, after) = tail.split_at(end);
        let host_end = address.find(['/', '?', '#']).unwrap_or(address.len());
        let host = address[..host_end].rfind('@').unwrap_or(0);
        stars(masked, &address[..host]);
        let query = address[host..].find('?').map_or(address.len(), |at| host + at + 1);
        masked.push_str(&address[host..query]);
        stars(masked, &address[query..]);
        rest = after;
    }
    masked.push_str(rest);
}

fn stars(masked: &mut String, text: &str) {
    // As many bytes as before: a span of the text is a span of the masked text.
    masked.extend(text.chars().map(|c| if c.is_whitespace() { c.to_string() } else { "*".repeat(c.len_utf8()) }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let table = [
            ("token = \"abc\" # x\nname = \"n\"\n", "token = ***** * *\nname = \"n\"\n"),
            ("a = { kind = \"x\", token = \"t\" }\n", "a = { kind = \"x\", token = *** *\n"),
            ("password = \"\"\"\nsecret\n\"\"\"\nb = 1\n", "password = ***\n******\n***\nb = 1\n"),
            ("token = \"open\nb = 1\n", "token = *****\nb = 1\n"),
            (
                "auth_key = \"-----BEGIN\nMIIabc==\n-----END\"\nb = 1\n",
                "auth_key = ***********\n********\n*********\nb = 1\n",
            ),
            ("token = [\"a\",\n\"b\"]\nb = 1\n", "token = *****\n****\nb = 1\n"),
            ("token: \"abc\"\n", "token: *****\n"),
            ("  token \"abc\"\n", "  token *****\n"),
            ("start = [\"bot\", \"--token\", \"abc\", 5]\n", "start = [\"bot\", \"--token** ****** **\n"),
            ("start = \"bot --password=abc\"\n", "start = \"bot --password=****\n"),
            ("[alert.x.token]\nvalue = \"abc\"\n[b]\nc = 1\n", "[alert.x.token]\nvalue = \"abc\"\n[b]\nc = 1\n"),
            ("[service.auth]\nlog = \"a\"\n", "[service.auth]\nlog = \"a\"\n"),
            ("[service.a.probes.auth]\nwithin = 5\n", "[service.a.probes.auth]\nwithin = 5\n"),
            ("url = \"http://u:p@h/x\", n = 1\n", "url = \"http://***@h/x\", n = 1\n"),
            ("url = \"http://h/x?key=1\"\n", "url = \"http://h/x?*****\"\n"),
            ("match = { args_contain = \"auth.py\" }\n", "match = { args_contain = \"auth.py\" }\n"),
            ("headers = { \"X-Auth-Token\" = \"ümläut\" }\n", "headers = { \"X-Auth-Token\" = ********** *\n"),
        ];
        for (text, expected) in table {
            let expected = expected.replace("value = \"abc\"\n[b]", "***** * *****\n[b]");
            assert_eq!(mask(text), expected);
            assert_eq!(mask(text).len(), text.len());
        }
    }
}
