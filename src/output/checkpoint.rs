//! What does a person read about checkpoints? The newest first, what is wrong with it beside it, and the command to type next.

use std::fmt::Write as _;

use super::human::mark;
use super::sanitize;
use crate::model::checkpoint::{Kept, RestoreFate, Restored, SaveFate, Saved, Shelf};
use crate::model::report::Level;
use crate::model::units::counted;
use crate::model::{Bytes, rfc3339};

fn said(text: &mut String, (word, level): (&str, Level), what: &str) {
    let _ = writeln!(text, "{} {}", mark(word, level), sanitize::line(what));
}

fn number(name: &str, kept: &Kept) -> String {
    format!("{name} {}, {}, {}", kept.sequence, Bytes(kept.size), rfc3339(kept.at))
}

/// What was saved. With `quiet` only what was not.
#[must_use]
pub fn saved(all: &[Saved], quiet: bool) -> String {
    let mut text = String::new();
    for one in all {
        let (name, from) = (&one.name, &one.from);
        match &one.fate {
            SaveFate::Saved(_) | SaveFate::Would(_) if quiet => {}
            SaveFate::Saved(kept) => {
                said(&mut text, ("saved", Level::Healthy), &format!("{} from {from}", number(name, kept)));
            }
            SaveFate::Would(Some(size)) => {
                said(&mut text, ("would", Level::Starting), &format!("save {name} from {from}, {}", Bytes(*size)));
            }
            SaveFate::Would(None) => {
                said(&mut text, ("would", Level::Starting), &format!("run {from} and save what it prints as {name}"));
            }
            SaveFate::Refused(why) => {
                said(&mut text, ("refused", Level::Unhealthy), &format!("{name} from {from}: {why}"));
            }
            SaveFate::Busy(why) => said(&mut text, ("busy", Level::Degraded), &format!("{name}: {why}")),
            SaveFate::Failed(why) => said(&mut text, ("failed", Level::Unhealthy), &format!("{name}: {why}")),
        }
    }
    text
}

/// What there is. Where somebody looked, also what it is worth; with `quiet` then only what is damaged.
#[must_use]
pub fn shelves(shelves: &[Shelf], quiet: bool, heal: &str) -> String {
    let mut text = String::new();
    let mut damaged = None;
    for shelf in shelves {
        let looked = !shelf.damage.is_empty();
        for (at, kept) in shelf.listed.copies.iter().enumerate().rev() {
            let line = number(&shelf.name, kept);
            match shelf.damage.get(at) {
                None => said(&mut text, ("saved", Level::Disabled), &line),
                Some(None) if quiet => {}
                Some(None) => said(&mut text, ("whole", Level::Healthy), &line),
                Some(Some(why)) => said(&mut text, ("damaged", Level::Unhealthy), &format!("{line}: {why}")),
            }
        }
        if shelf.listed.torn > 0 {
            let lines = counted(shelf.listed.torn, "line");
            let line = format!("{}: {lines} of its ledger cannot be read, and may have been the newest", shelf.name);
            said(&mut text, ("damaged", Level::Unhealthy), &line);
        }
        if shelf.listed.copies.is_empty() {
            said(&mut text, ("nothing", Level::Degraded), &format!("was saved as {}", shelf.name));
        }
        if looked && shelf.is_damaged() && shelf.has_whole() {
            damaged = damaged.or(Some(&shelf.name));
        }
    }
    if shelves.is_empty() && !quiet {
        text.push_str("no checkpoint is declared: add a [checkpoint.NAME] to heal.toml\n");
    }
    if let Some(name) = damaged {
        let _ = writeln!(text, "next  {} checkpoint restore {name} --dry-run", sanitize::line(heal));
    }
    text
}

/// What was restored. With `quiet` nothing, as long as it was the newest. `again` is the command that does what a dry run says.
#[must_use]
pub fn restored(restored: &Restored, quiet: bool, again: Option<&str>) -> String {
    let mut text = String::new();
    for line in &restored.unfinished {
        said(&mut text, ("unfinished", Level::Degraded), line);
    }
    for (sequence, why) in &restored.passed_over {
        said(&mut text, ("damaged", Level::Unhealthy), &format!("{} {sequence}: {why}", restored.name));
    }
    if restored.torn > 0 {
        let lines = counted(restored.torn, "line");
        let line = format!("{}: {lines} of its ledger cannot be read, and may have been newer", restored.name);
        said(&mut text, ("damaged", Level::Unhealthy), &line);
    }
    let what = restored.kept.as_ref().map_or_else(|| restored.name.clone(), |kept| number(&restored.name, kept));
    let to = restored.to.as_ref().map_or_else(|| "stdout".to_owned(), |path| path.display().to_string());
    let older = if restored.is_fallback() { ": the newest that is whole" } else { "" };
    match &restored.fate {
        RestoreFate::Done(_) | RestoreFate::Same | RestoreFate::Would if quiet && !restored.is_fallback() => {}
        RestoreFate::Done(_) => {
            let level = if restored.is_fallback() { Level::Degraded } else { Level::Healthy };
            said(&mut text, ("restored", level), &format!("{to} from {what}{older}"));
        }
        RestoreFate::Same => said(&mut text, ("nothing", Level::Healthy), &format!("to do: {to} is {what}{older}")),
        RestoreFate::Would => {
            said(&mut text, ("would", Level::Starting), &format!("restore {to} from {what}{older}"));
            if let Some(again) = again {
                let _ = writeln!(text, "next  {}", sanitize::line(again));
            }
        }
        RestoreFate::Lost => {
            let line = format!("{what}: nothing is restored, because none of these is whole");
            said(&mut text, ("lost", Level::Unhealthy), &line);
        }
        RestoreFate::Refused(why) => said(&mut text, ("refused", Level::Unhealthy), why),
        RestoreFate::Failed(why) => said(&mut text, ("failed", Level::Unhealthy), why),
    }
    text
}
