//! How does an alert read where there is no JSON? A headline and lines below it, the same for every channel that people read;
//! cut so that its beginning and its end stay, for the end says what to do.

use crate::model::alert::Message;
use crate::model::event::Notice;
use crate::model::{Severity, rfc3339, sanitize};

/// What a channel counts its limit in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// UTF-16 code units, as Telegram counts.
    Utf16,
    /// Characters.
    Chars,
    /// Bytes.
    Bytes,
}

impl Count {
    fn of(self, c: char) -> usize {
        match self {
            Self::Utf16 => c.len_utf16(),
            Self::Chars => 1,
            Self::Bytes => c.len_utf8(),
        }
    }

    fn all(self, text: &str) -> usize {
        text.chars().map(|c| self.of(c)).sum()
    }
}

/// `CRITICAL web: not running`
pub(super) fn headline(message: &Message) -> String {
    format!("{} {}", mark(message), sanitize::line(&message.title))
}

/// The word that a person looks for first.
pub(super) const fn mark(message: &Message) -> &'static str {
    match (message.notice, message.severity) {
        (Notice::Recovered, _) => "RECOVERED",
        (_, Severity::Critical) => "CRITICAL",
        (_, Severity::Warning) => "WARNING",
        (_, Severity::Info) => "INFO",
    }
}

/// Everything below the headline: where, what was seen and done, and what the person has to do.
pub(super) fn body(message: &Message) -> String {
    let mut lines = vec![format!("{} on {}", sanitize::line(&message.project), sanitize::line(&message.host))];
    for (name, value) in &message.details {
        let safe = |line: &'_ str| sanitize::line(line).into_owned();
        let mut values = value.lines().map(safe);
        let first = values.next().unwrap_or_default();
        let rest: Vec<String> = values.collect();
        if rest.is_empty() {
            lines.push(format!("{name}: {first}"));
        } else {
            lines.push(format!("{name}:"));
            lines.push(format!("  {first}"));
            lines.extend(rest.into_iter().map(|line| format!("  {line}")));
        }
    }
    if let Some(action) = &message.action_required {
        lines.push(format!("do: {}", sanitize::line(action)));
    }
    lines.push(format!("({}, {})", rfc3339(message.at), sanitize::line(&message.incident)));
    lines.join("\n")
}

/// The three characters that begin, end or stand for markup, as entities: Slack and the desktop read them so.
pub(super) fn without_tags(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// At most `limit` of the text: what is too much is taken out of the middle, and said.
pub(super) fn cut(text: &str, limit: usize, count: Count) -> String {
    let all = count.all(text);
    if all <= limit {
        return text.to_owned();
    }
    // The longest that the note can get, so that the whole stays within the limit whatever number stands in it.
    let note = |cut: usize| format!("\n… ({cut} characters left out) …\n");
    let room = limit.saturating_sub(count.all(&note(text.chars().count())));
    // Two thirds for the beginning: what happened; the rest for the end: what to do.
    let (head, tail) = (room - room / 3, room / 3);
    let take = |chars: &mut dyn Iterator<Item = char>, most: usize| {
        let mut used = 0;
        let mut taken = Vec::new();
        for c in chars {
            used += count.of(c);
            if used > most {
                break;
            }
            taken.push(c);
        }
        taken
    };
    let begin: String = take(&mut text.chars(), head).into_iter().collect();
    let end: String = take(&mut text.chars().rev(), tail).into_iter().rev().collect();
    let left_out = text.chars().count() - begin.chars().count() - end.chars().count();
    let whole = format!("{begin}{}{end}", note(left_out));
    if count.all(&whole) <= limit { whole } else { take(&mut text.chars(), limit).into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_long_loses_its_middle_and_never_half_a_character() {
        let long = format!("begin {} end", "ä😀\n".repeat(5_000));
        for count in [Count::Utf16, Count::Chars, Count::Bytes] {
            for limit in [0, 1, 10, 60, 100, 999, 3_500] {
                let short = cut(&long, limit, count);
                assert!(count.all(&short) <= limit, "{count:?} {limit}: {}", count.all(&short));
                if limit >= 100 {
                    assert!(
                        short.starts_with("begin") && short.ends_with("end") && short.contains("left out"),
                        "{short}"
                    );
                }
            }
            assert_eq!(cut("short", 5, count), "short");
        }
    }
}
