//! What is wrong with `heal.toml`? All of it at once, each with its place, its source line and what to write instead.
//! The value of a secret is never shown: not in the message, not in the source line.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::error::{Error, Fault, Kind};
use crate::model::redact;

/// A byte range of the file, or beyond its end the number of a `--set`.
pub(super) type Place = Range<usize>;

/// Collects the faults of one configuration.
#[derive(Debug)]
pub(super) struct Faults {
    name: String,
    text: String,
    assignments: Vec<String>,
    found: Vec<(Place, String, Option<String>)>,
}

impl Faults {
    pub(super) fn new(name: &str, text: &str, assignments: &[String]) -> Self {
        Self { name: name.to_owned(), text: text.to_owned(), assignments: assignments.to_vec(), found: Vec::new() }
    }

    /// The place of the n-th `--set`.
    pub(super) const fn command_line(&self, number: usize) -> Place {
        let at = self.text.len() + 1 + number;
        at..at
    }

    pub(super) fn add(&mut self, place: Place, message: impl Into<String>, hint: Option<String>) {
        self.found.push((place, message.into(), hint));
    }

    /// `file:line:column`, or which `--set`.
    pub(super) fn place(&self, place: &Place) -> String {
        if let Some(assignment) = self.assignment(place) {
            let key = assignment.split('=').next().unwrap_or_default();
            return format!("--set {key}");
        }
        let before = self.text.get(..place.start.min(self.text.len())).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }

    fn assignment(&self, place: &Place) -> Option<&String> {
        self.assignments.get(place.start.checked_sub(self.text.len() + 1)?)
    }

    /// All faults as one error, or nothing.
    pub(super) fn into_error(mut self) -> Option<Error> {
        if self.found.is_empty() {
            return None;
        }
        self.found.sort_by_key(|(place, ..)| place.start);
        let shown = mask(&self.text);
        let rendered: Vec<String> = self.found.iter().map(|fault| self.render(&shown, fault)).collect();
        let faults = self.found.iter().map(|(place, message, hint)| Fault {
            place: self.place(place),
            message: message.clone(),
            hint: hint.clone(),
        });
        let count = match self.found.len() {
            1 => "1 fault".to_owned(),
            count => format!("{count} faults"),
        };
        let mut error = Error::new(Kind::Config, format!("{} has {count}", self.name))
            .hint("correct it and try again with `heal config check`");
        error.faults = faults.collect();
        error.rendered = Some(rendered.join("\n\n"));
        Some(error)
    }

    fn render(&self, shown: &str, (place, message, hint): &(Place, String, Option<String>)) -> String {
        let title = Level::ERROR.primary_title(message.as_str());
        let mut group = if self.assignment(place).is_some() {
            title.element(Level::NOTE.message(format!("in `{}`", self.place(place))))
        } else {
            // An empty range would not be drawn at all.
            let end = place.end.max(place.start + 1).min(shown.len());
            // Only the first line of a long value: the rest explains nothing.
            let first = shown.get(place.start..end).and_then(|text| text.find('\n')).map_or(end, |at| place.start + at);
            let range = place.start.min(shown.len())..first.max(place.start.min(shown.len()));
            title.element(
                Snippet::source(shown).path(self.name.as_str()).annotation(AnnotationKind::Primary.span(range)),
            )
        };
        if let Some(hint) = hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        Renderer::plain().render(&[group])
    }
}

/// The text with everything behind `=` on lines that name a secret replaced by stars of the same length, and so the rest
/// of a string that such a line leaves open.
fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut open: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let start = if open.is_some() { Some(0) } else { secret_from(line) };
        let Some(start) = start else {
            masked.push_str(line);
            continue;
        };
        let quotes = ["\"\"\"", "'''"];
        open = match open {
            Some(quote) if line.contains(quote) => None,
            Some(quote) => Some(quote),
            None => quotes.into_iter().find(|quote| line[start..].matches(quote).count() == 1),
        };
        masked.push_str(&line[..start]);
        let star = |c: char| if c.is_whitespace() { c.to_string() } else { "*".repeat(c.len_utf8()) };
        masked.extend(line[start..].chars().map(star));
    }
    masked
}

/// Where the value of a secret begins on this line.
fn secret_from(line: &str) -> Option<usize> {
    line.match_indices('=').find_map(|(at, _)| {
        let key = line[..at].trim_end().rsplit([' ', '{', ',', '.']).next().unwrap_or_default();
        redact::is_secret_name(key).then_some(at + 1)
    })
}

/// The nearest of the known names, if one is near.
pub(super) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let best = known
        .iter()
        .map(|other| (strsim::damerau_levenshtein(&name.to_ascii_lowercase(), other), *other))
        .min_by_key(|(distance, _)| *distance);
    match best {
        Some((distance, other)) if distance <= 1 + name.chars().count() / 3 => Some(format!("did you mean `{other}`?")),
        _ if known.is_empty() => None,
        _ => Some(format!("known are {}", list(&known))),
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        let table = [
            ("token = \"abc\" # x\nname = \"n\"\n", "token = ***** * *\nname = \"n\"\n".to_owned()),
            ("a = { kind = \"x\", token = \"t\" }\n", "a = { kind = \"x\", token = *** *\n".to_owned()),
            ("password = \"\"\"\nsecret\n\"\"\"\nb = 1\n", "password = ***\n******\n***\nb = 1\n".to_owned()),
            ("token = \"open\nb = 1\n", "token = *****\nb = 1\n".to_owned()),
        ];
        for (text, expected) in table {
            assert_eq!(mask(text), expected);
            assert_eq!(mask(text).len(), text.len());
        }
    }

    #[test]
    fn near_names_are_suggested() {
        assert_eq!(suggestion("witin", ["path", "within"]), Some("did you mean `within`?".to_owned()));
        assert_eq!(suggestion("zzz", ["path", "within"]), Some("known are `path`, `within`".to_owned()));
        assert_eq!(suggestion("zzz", []), None);
    }
}
