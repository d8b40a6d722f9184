//! What is wrong with `heal.toml`? All of it at once, each with its place, its source line and what to write instead.
//! The value of a secret is never shown: not in the message, not in the source line.

use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use super::mask::mask;
use super::overrides::Override;
use crate::error::{Error, Fault, Kind};

/// A byte range of the file, or beyond its end the number of what was laid over it.
pub(super) type Place = Range<usize>;

/// Each override has a few places of its own, so that a value is told from the table around it.
const PLACES: usize = 4;

/// More faults than this are one fault: it is another kind of file.
const MOST: usize = 50;

/// Collects the faults of one configuration, and what is right but does nothing yet.
#[derive(Debug)]
pub(super) struct Faults {
    path: String,
    name: String,
    text: String,
    overrides: Vec<Override>,
    found: Vec<(Place, String, Option<String>)>,
    notes: Vec<(Place, String)>,
}

impl Faults {
    pub(super) fn new(path: &Path, text: &str, overrides: &[Override]) -> Self {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let path = path.display().to_string();
        Self { path, name, text: text.to_owned(), overrides: overrides.to_vec(), found: Vec::new(), notes: Vec::new() }
    }

    /// The place of the n-th override: of the tables on its way, and of its last key and value.
    pub(super) const fn override_place(&self, number: usize) -> (Place, Place) {
        let at = self.text.len() + 1 + number * PLACES;
        (at..at + PLACES, at + 1..at + 2)
    }

    pub(super) fn add(&mut self, place: Place, message: impl Into<String>, hint: Option<String>) {
        let message = self.without_value(&place, message.into());
        self.found.push((place, message, hint));
    }

    /// Something is accepted, and worth a note.
    pub(super) fn note(&mut self, place: Place, message: impl Into<String>) {
        let message = self.without_value(&place, message.into());
        self.notes.push((place, message));
    }

    /// The notes, in the order of the file.
    pub(super) fn notes(&mut self) -> Vec<String> {
        let mut notes = std::mem::take(&mut self.notes);
        notes.sort_by_key(|(place, _)| place.start);
        notes.into_iter().map(|(place, message)| format!("{}: {message}", self.place(&place))).collect()
    }

    /// Was anything there found wrong already?
    pub(super) fn has_in(&self, place: &Place) -> bool {
        self.found.iter().any(|(found, ..)| place.start <= found.start && found.end <= place.end)
    }

    /// The message without the value of the variable that it is about.
    fn without_value(&self, place: &Place, mut message: String) -> String {
        let Some(variable) = self.over(place).filter(|one| one.is_variable()) else { return message };
        for text in variable.texts() {
            message = message.replace(&format!("`{text}`"), "`…`");
            // Shorter, it is a part of our own words.
            if text.chars().count() > 3 {
                message = message.replace(&text, "…");
            }
        }
        message
    }

    /// `file:line:column`, or which override.
    pub(super) fn place(&self, place: &Place) -> String {
        if let Some(one) = self.over(place) {
            return one.label.clone();
        }
        let before = &self.text[..self.text.floor_char_boundary(place.start)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }

    /// What was laid over the file there.
    pub(super) fn over(&self, place: &Place) -> Option<&Override> {
        self.overrides.get(place.start.checked_sub(self.text.len() + 1)? / PLACES)
    }

    /// All faults as one error, or nothing.
    pub(super) fn take_error(&mut self) -> Option<Error> {
        if self.found.is_empty() {
            return None;
        }
        self.found.sort_by_key(|(place, ..)| place.start);
        let all = self.found.len();
        self.found.truncate(MOST);
        let shown = mask(&self.text);
        let rendered: Vec<String> = self.found.iter().map(|fault| self.render(&shown, fault)).collect();
        let faults = self.found.iter().map(|(place, message, hint)| Fault {
            place: self.place(place),
            message: message.clone(),
            hint: hint.clone(),
        });
        let count = match all {
            1 => "1 fault".to_owned(),
            count if count > MOST => format!("{count} faults; these are the first {MOST}"),
            count => format!("{count} faults"),
        };
        let mut error = Error::new(Kind::Config, format!("{} has {count}", self.path))
            .hint("correct it and try again with `heal config check`");
        error.faults = faults.collect();
        error.rendered = Some(rendered.join("\n\n"));
        Some(error)
    }

    fn render(&self, shown: &str, (place, message, hint): &(Place, String, Option<String>)) -> String {
        let title = Level::ERROR.primary_title(message.as_str());
        let mut group = if self.over(place).is_some() {
            title.element(Level::NOTE.message(format!("in `{}`", self.place(place))))
        } else {
            // An empty range would not be drawn at all, and one that cuts a character in two cannot be.
            let start = shown.floor_char_boundary(place.start);
            let end = shown.ceil_char_boundary(place.end.max(start + 1));
            // Only the first line of a long value: the rest explains nothing.
            let first = shown[start..end].find('\n').map_or(end, |at| start + at);
            let range = start..first.max(start);
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

/// The word with its article.
pub(super) fn a(word: &str) -> String {
    format!("{} {word}", if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

/// The nearest of the known names, if one is near.
pub(super) fn suggestion<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let best = known
        .iter()
        .map(|other| (strsim::damerau_levenshtein(&name.to_ascii_lowercase(), other), *other))
        .min_by_key(|(distance, _)| *distance);
    match best {
        Some((distance, other)) if distance <= 1 + name.chars().count() / 4 => Some(format!("did you mean `{other}`?")),
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
    fn near_names_are_suggested() {
        assert_eq!(suggestion("witin", ["path", "within"]), Some("did you mean `within`?".to_owned()));
        assert_eq!(suggestion("zzz", ["path", "within"]), Some("known are `path`, `within`".to_owned()));
        assert_eq!(suggestion("zzz", []), None);
        // Two letters of three are not a typing error.
        assert_eq!(suggestion("foo", ["log"]), Some("known are `log`".to_owned()));
    }
}
