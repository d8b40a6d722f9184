//! What does a person read who has a schedule installed or removed? What was done, line by line; then what is left to do.

use std::fmt::Write as _;

use super::human::dim;
use super::sanitize;
use crate::model::schedule::{Effect, Manager};

/// What is done, or would be, for one manager.
#[derive(Clone, Debug)]
pub struct Done<'a> {
    /// For whom.
    pub manager: Manager,
    /// What is done.
    pub effects: &'a [Effect],
    /// What a person should know.
    pub notes: &'a [String],
    /// What to do next.
    pub next: Option<&'a str>,
}

/// The text of it: with `dry_run` what would be done, `otherwise` where there is nothing to do.
#[must_use]
pub fn human(done: &[Done<'_>], dry_run: bool, otherwise: &str, next: &str) -> String {
    let mut text = String::new();
    for one in done {
        for effect in one.effects {
            let word = if dry_run { "would" } else { "did  " };
            let _ = writeln!(text, "{word} {}", sanitize::line(&effect.to_string()));
        }
    }
    if done.iter().all(|one| one.effects.is_empty()) {
        let _ = writeln!(text, "{}", sanitize::line(otherwise));
    }
    for note in done.iter().flat_map(|one| one.notes) {
        let _ = writeln!(text, "{}", dim(format!("note  {}", sanitize::line(note))));
    }
    for next in done.iter().filter_map(|one| one.next).chain([next]).filter(|next| !next.is_empty()) {
        let _ = writeln!(text, "next  {}", sanitize::line(next));
    }
    text
}
