//! What does a program read about updates? The frozen v1 views of `heal update`.

use schemars::JsonSchema;
use serde::Serialize;

use super::view::Time;
use crate::model::Outcome;
use crate::model::not_updated::NotUpdated;
use crate::model::revert::Stat;
use crate::model::update::{Advance, Phase, Update};

/// Code that moves to a commit that is there already. Ids are full.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Moved {
    /// The work tree.
    repo: String,
    /// The branch that moves.
    reference: String,
    /// Where it stands before.
    base: String,
    /// Where it stands after.
    commit: String,
    /// It goes back.
    back: bool,
    /// How much it changes.
    stat: Stat,
    /// The paths that it changes, the first of them.
    paths: Vec<String>,
}

impl Moved {
    /// In words for programs.
    #[must_use]
    pub fn of(advance: &Advance) -> Self {
        Self {
            repo: advance.repo.display().to_string(),
            reference: advance.reference.clone(),
            base: advance.base.clone(),
            commit: advance.commit.clone(),
            back: advance.back,
            stat: advance.stat,
            paths: advance.paths.clone(),
        }
    }
}

/// A rule that said no.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyNotUpdated {
    /// Which one, in a word.
    rule: &'static str,
    /// In a sentence.
    message: String,
    /// What to do about it.
    hint: String,
}

impl WhyNotUpdated {
    /// In words for programs.
    #[must_use]
    pub fn of(refused: &NotUpdated) -> Self {
        Self { rule: refused.word(), message: refused.to_string(), hint: refused.hint() }
    }
}

/// One update.
#[derive(Debug, Serialize, JsonSchema)]
pub struct One {
    /// What it brings, in full.
    commit: String,
    /// What ran before; empty while it is only put off.
    base: String,
    /// How far it got.
    phase: Phase,
    /// When it began, or was first put off.
    began: Time,
    /// Since when it is as far as that.
    since: Time,
    /// The services that run it.
    services: Vec<String>,
    /// What was seen last.
    detail: String,
}

impl One {
    /// In words for programs.
    #[must_use]
    pub fn of(update: &Update) -> Self {
        Self {
            commit: update.commit.clone(),
            base: update.base.clone(),
            phase: update.phase,
            began: update.when.at.into(),
            since: update.since.at.into(),
            services: update.services.clone(),
            detail: update.detail.clone(),
        }
    }
}

/// The answer of `heal update check`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UpdateFound {
    /// The commit that is checked out; null when that could not be read.
    pub head: Option<String>,
    /// Where the remote's branch stands; null when it could not be asked.
    pub remote: Option<String>,
    /// The first line of that commit's message, secrets masked.
    pub subject: Option<String>,
    /// When it was made.
    pub made: Option<Time>,
    /// Commits that only this side has.
    pub ahead: usize,
    /// Commits that only the remote has.
    pub behind: usize,
    /// There is an update, and it is offered.
    pub available: bool,
    /// It was rolled back here before, and is not offered again.
    pub rolled_back: bool,
    /// Why it cannot be applied, or why the remote could not be asked; null when nothing speaks against it.
    pub refused: Option<WhyNotUpdated>,
}

/// The answer of `heal update apply` and `heal update rollback`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UpdateMade {
    /// Nothing was changed, and nothing would have been but what git has fetched.
    pub dry_run: bool,
    /// Why nothing was done; null when something was, would be, or there was nothing to do.
    pub refused: Option<WhyNotUpdated>,
    /// The move that was made, or would be; null when the code is up to date.
    pub moved: Option<Moved>,
    /// How far the update got; null when there is none.
    pub phase: Option<Phase>,
    /// What was seen.
    pub detail: Option<String>,
    /// The services that were restarted, and how each is.
    pub services: Vec<Restarted>,
    /// Duties that are left, such as an alert that was not delivered.
    pub pending: Vec<String>,
    /// Acts of earlier runs that were found unfinished.
    pub unfinished: Vec<String>,
}

/// A service that was restarted.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Restarted {
    /// Its name.
    pub name: String,
    /// How it is.
    pub outcome: Outcome,
    /// What was seen of it.
    pub detail: String,
}

/// The answer of `heal update status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UpdateNow {
    /// The latest update; null when there was none.
    pub update: Option<One>,
    /// How many more milliseconds it has to prove itself; null unless it is on probation.
    pub probation_left_ms: Option<i64>,
}

/// The answer of `heal update history`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UpdatesPast {
    /// The newest first.
    pub updates: Vec<One>,
}
