//! What does a person read who asks whether heal itself is in order? What is not comes first, each with what to type.

use std::fmt::Write as _;

use super::human::mark;
use super::sanitize;
use crate::model::doctor::{Diagnosis, Health, Item};
use crate::model::report::Level;

/// The text of an examination. With `quiet` it is empty while all is well.
#[must_use]
pub fn human(diagnosis: &Diagnosis, quiet: bool) -> String {
    let mut text = String::new();
    let mut items: Vec<&Item> = diagnosis.items.iter().collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.health));
    for item in items.into_iter().filter(|item| !quiet || item.health > Health::Ok) {
        let (word, level) = match item.health {
            Health::Ok => ("ok", Level::Healthy),
            Health::Warning => ("warning", Level::Degraded),
            Health::Unknown => ("unknown", Level::Unknown),
            Health::Critical => ("critical", Level::Unhealthy),
        };
        let _ = writeln!(text, "{} {:<11} {}", mark(word, level), item.about, sanitize::line(&item.said));
        if let Some(next) = &item.next {
            let _ = writeln!(text, "    next  {}", sanitize::line(next));
        }
    }
    text
}
