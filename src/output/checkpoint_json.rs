//! What does a program read about checkpoints? The frozen v1 views of `heal checkpoint`.

use schemars::JsonSchema;
use serde::Serialize;

use super::view::Time;
use crate::model::checkpoint::{self, Kept, RestoreFate, SaveFate, Shelf};

/// One checkpoint: what its number stands for.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Checkpoint")]
struct Copy {
    /// Its number: a later one is higher.
    sequence: u64,
    /// When it was saved, by the wall clock, for people.
    at: Time,
    /// Bytes.
    size: u64,
    /// Of its bytes, in hexadecimal.
    sha256: String,
}

impl From<&Kept> for Copy {
    fn from(kept: &Kept) -> Self {
        let Kept { sequence, at, sha256, size } = kept.clone();
        Self { sequence, at: at.into(), size, sha256 }
    }
}

/// The answer of `heal checkpoint save`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointsSaved")]
pub struct Saved {
    /// Nothing was done, only looked at.
    dry_run: bool,
    /// Each that was to be saved.
    saved: Vec<One>,
}

/// One that was to be saved.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointSaved")]
struct One {
    /// Its name in `heal.toml`.
    name: String,
    /// Where the state came from: `stdin`, a path, or a command.
    from: String,
    /// `saved`, `would`, `refused`, `busy` or `failed`.
    outcome: &'static str,
    /// What was saved.
    checkpoint: Option<Copy>,
    /// Why not.
    why: Option<String>,
}

/// The answer of `heal checkpoint list`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointsListed")]
pub struct Listed {
    /// How many there are, of all names together.
    kept: u64,
    /// Each name, in the order of the configuration.
    checkpoints: Vec<Named>,
}

/// What there is of one name.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointListed")]
struct Named {
    /// Its name in `heal.toml`.
    name: String,
    /// Lines of its ledger that say nothing any more.
    torn: u64,
    /// What there is, newest first.
    copies: Vec<Copy>,
}

/// The answer of `heal checkpoint verify`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointsVerified")]
pub struct Verified {
    /// How many of them are not whole, of all names together.
    damaged: u64,
    /// Each name, in the order of the configuration.
    checkpoints: Vec<Proved>,
}

/// What there is of one name, and what it is worth.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointVerified")]
struct Proved {
    /// Its name in `heal.toml`.
    name: String,
    /// Lines of its ledger that say nothing any more.
    torn: u64,
    /// The number that a restore would take; null when there is none that is whole.
    restorable: Option<u64>,
    /// What there is, newest first.
    copies: Vec<ProvedCopy>,
}

/// One checkpoint that was read whole.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointProved")]
struct ProvedCopy {
    /// What its number stands for.
    #[serde(flatten)]
    copy: Copy,
    /// Are its bytes the ones that were saved?
    whole: bool,
    /// Why not.
    why: Option<String>,
}

/// The answer of `heal checkpoint restore`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointRestored")]
pub struct Restored {
    /// Its name in `heal.toml`.
    name: String,
    /// Nothing was done, only looked at.
    dry_run: bool,
    /// `restored`, `same` (it stood there already), `would`, `lost` (none is whole), `refused` or `failed`.
    outcome: &'static str,
    /// What was, or would be, restored.
    checkpoint: Option<Copy>,
    /// The file.
    to: Option<String>,
    /// It is an older one: the newest that was saved is not whole.
    fallback: bool,
    /// Newer ones that are not whole, newest first.
    passed_over: Vec<Damaged>,
    /// Lines of the ledger that say nothing any more.
    torn: u64,
    /// What was seen of it, or why not.
    why: Option<String>,
    /// Acts that an earlier run began and did not finish.
    unfinished: Vec<String>,
}

/// One that is not whole.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "CheckpointDamaged")]
struct Damaged {
    /// Its number.
    sequence: u64,
    /// What is wrong with it.
    why: String,
}

/// The document of a save.
#[must_use]
pub fn saved(all: &[checkpoint::Saved], dry_run: bool) -> Saved {
    let one = |one: &checkpoint::Saved| {
        let (outcome, kept, why) = match &one.fate {
            SaveFate::Saved(kept) => ("saved", Some(kept), None),
            SaveFate::Would(_) => ("would", None, None),
            SaveFate::Refused(why) => ("refused", None, Some(why)),
            SaveFate::Busy(why) => ("busy", None, Some(why)),
            SaveFate::Failed(why) => ("failed", None, Some(why)),
        };
        let (name, from) = (one.name.clone(), one.from.clone());
        One { name, from, outcome, checkpoint: kept.map(Copy::from), why: why.cloned() }
    };
    Saved { dry_run, saved: all.iter().map(one).collect() }
}

/// The document of a list.
#[must_use]
pub fn listed(shelves: &[Shelf]) -> Listed {
    let named = |shelf: &Shelf| {
        let copies = shelf.listed.copies.iter().rev().map(Copy::from).collect();
        Named { name: shelf.name.clone(), torn: shelf.listed.torn, copies }
    };
    let kept = shelves.iter().map(|shelf| shelf.listed.copies.len() as u64).sum();
    Listed { kept, checkpoints: shelves.iter().map(named).collect() }
}

/// The document of a proof.
#[must_use]
pub fn verified(shelves: &[Shelf]) -> Verified {
    let proved = |shelf: &Shelf| {
        let copies = shelf.listed.copies.iter().zip(&shelf.damage).rev();
        let restorable = copies.clone().find(|(_, damage)| damage.is_none()).map(|(kept, _)| kept.sequence);
        let copies =
            copies.map(|(kept, damage)| ProvedCopy { copy: kept.into(), whole: damage.is_none(), why: damage.clone() });
        Proved { name: shelf.name.clone(), torn: shelf.listed.torn, restorable, copies: copies.collect() }
    };
    let damaged = shelves.iter().map(|shelf| shelf.damage.iter().flatten().count() as u64).sum();
    Verified { damaged, checkpoints: shelves.iter().map(proved).collect() }
}

/// The document of a restore.
#[must_use]
pub fn restored(restored: &checkpoint::Restored, dry_run: bool) -> Restored {
    let (outcome, why) = match &restored.fate {
        RestoreFate::Done(seen) => ("restored", Some(seen)),
        RestoreFate::Same => ("same", None),
        RestoreFate::Would => ("would", None),
        RestoreFate::Lost => ("lost", None),
        RestoreFate::Refused(why) => ("refused", Some(why)),
        RestoreFate::Failed(why) => ("failed", Some(why)),
    };
    let passed_over = restored.passed_over.iter();
    Restored {
        name: restored.name.clone(),
        dry_run,
        outcome,
        checkpoint: restored.kept.as_ref().map(Copy::from),
        to: restored.to.as_ref().map(|path| path.display().to_string()),
        fallback: restored.is_fallback() && restored.kept.is_some(),
        passed_over: passed_over.map(|(sequence, why)| Damaged { sequence: *sequence, why: why.clone() }).collect(),
        torn: restored.torn,
        why: why.cloned(),
        unfinished: restored.unfinished.clone(),
    }
}
