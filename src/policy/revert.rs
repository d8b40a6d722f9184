//! Is code taken back, and what? Refuses at the first reason not to, in the order in which a person would have to deal with
//! them. Pure: what the repository is like, what crashed, what was done before.

use std::path::PathBuf;

use super::budget::window;
use crate::model::event::Moment;
use crate::model::refused::Refused;
use crate::model::revert::{Ground, Meets, Target};
use crate::model::taken_back::TakenBack;
use crate::model::{Outcome, Rate};

/// What crashed, as the crash history says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The release that was running.
    pub release: String,
    /// The latest release that started, ran, and has no pattern of its own.
    pub good: Option<String>,
    /// With no such release: what may be to blame, the newest first.
    pub candidates: Vec<String>,
}

/// What is asked for, and what is allowed.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// `[revert] enabled`.
    pub enabled: bool,
    /// The flag file, where it has to be; `None`: it is there, or this once nobody asks for it.
    pub missing_flag: Option<PathBuf>,
    /// `--commit`, and of a merge the parent whose side stays.
    pub commit: Option<(&'a str, u32)>,
    /// The crash pattern, or why there is none. Who names a commit needs none.
    pub suspect: Result<Suspect, String>,
    /// `[git] branch`.
    pub branch: Option<&'a str>,
    /// Commits may be made unsigned where every commit has to be signed.
    pub unsigned: bool,
    /// `[revert] limit`.
    pub limit: Rate,
}

/// What is to be taken back.
///
/// # Errors
/// Nothing; says why.
pub fn choose(ask: &Ask<'_>, ground: &Ground, past: &[TakenBack], now: &Moment) -> Result<Target, Refused> {
    if !ask.enabled {
        return Err(Refused::Off);
    }
    if let Some(flag) = ask.missing_flag.as_ref().filter(|_| guard!("code is taken back only when armed", true)) {
        return Err(Refused::NotArmed { flag: flag.clone() });
    }
    let suspect = match (&ask.commit, &ask.suspect) {
        (Some(_), _) => None,
        (None, Ok(suspect)) => Some(suspect),
        (None, Err(why)) => return Err(Refused::NoPattern(why.clone())),
    };
    stands(ask.branch, ground)?;
    let target = match (suspect, ask.commit) {
        (Some(suspect), _) => restore(suspect, ground, past)?,
        (None, Some((name, mainline))) => Target::Commit { name: name.to_owned(), mainline },
        (None, None) => return Err(Refused::NoPattern("none was looked for".to_owned())),
    };
    if ask.commit.is_none() {
        spent(ask.limit, past, now)?;
    }
    if ground.signing && !ask.unsigned {
        return Err(Refused::Signing);
    }
    Ok(target)
}

/// Can the branch of this repository be moved at all?
///
/// # Errors
/// It cannot; says why.
pub fn stands(branch: Option<&str>, ground: &Ground) -> Result<(), Refused> {
    if ground.repo.as_os_str().is_empty() {
        return Err(Refused::Bare);
    }
    if let Some((path, uid)) = &ground.foreign {
        return Err(Refused::Foreign { path: path.clone(), uid: *uid });
    }
    // What is under way first: a rebase detaches HEAD as well.
    if let Some(what) = ground.under_way {
        return Err(Refused::UnderWay(what));
    }
    if let Some(lock) = ground.locks.first() {
        return Err(Refused::Locked(lock.clone()));
    }
    let Some(reference) = &ground.reference else { return Err(Refused::Detached) };
    let on = reference.strip_prefix("refs/heads/").unwrap_or(reference);
    if let Some(wanted) = branch.filter(|wanted| *wanted != on) {
        return Err(Refused::WrongBranch { on: on.to_owned(), wanted: wanted.to_owned() });
    }
    if ground.head.is_none() {
        return Err(Refused::Unborn);
    }
    if ground.shallow {
        return Err(Refused::Shallow);
    }
    if ground.dirty.is_empty() { Ok(()) } else { Err(Refused::Dirty(ground.dirty.clone())) }
}

/// heal's own commit at HEAD, if it took a release back and was not taken back itself: what is done when it crashes as well.
#[must_use]
pub fn undo(past: &[TakenBack], ground: &Ground) -> Option<Target> {
    let head = ground.head.as_ref()?;
    let own = past.iter().find(|one| one.commit == *head && one.undone_by.is_none())?;
    // To bring the bad release back twice would be the revert war (FAILURES F16).
    let again = guard!("no revert war", is_undo(past, own));
    (!again).then(|| Target::Undo { commit: head.clone() })
}

/// Does this one bring back what another one took back?
#[must_use]
pub fn is_undo(past: &[TakenBack], one: &TakenBack) -> bool {
    past.iter().any(|other| other.commit == one.takes_back)
}

/// Did taking code back not help, so that it is itself to be taken back, once? `commit` is heal's own.
#[must_use]
pub fn is_in_vain(past: &[TakenBack], commit: &str, outcome: Outcome) -> bool {
    let stands = |one: &TakenBack| one.commit == commit && one.undone_by.is_none() && !is_undo(past, one);
    !matches!(outcome, Outcome::Healed | Outcome::Probation) && past.iter().any(stands)
}

/// Whose files come back.
fn restore(suspect: &Suspect, ground: &Ground, past: &[TakenBack]) -> Result<Target, Refused> {
    let head = ground.head.clone().unwrap_or_default();
    let release = suspect.release.clone();
    let own = guard!("a revert of its own is not taken back as a release", head == release);
    if let Some(of) = ground.head_reverts.as_ref().filter(|_| own) {
        return Err(Refused::OwnRevert(of.clone()));
    }
    let again = |one: &&TakenBack| guard!("a release is taken back once", one.takes_back == release);
    if let Some(before) = past.iter().rev().find(again) {
        return Err(Refused::AlreadyTakenBack { release, by: before.commit.clone() });
    }
    if guard!("what is taken back is what runs", head != release) {
        return Err(Refused::NotRunning { head, release });
    }
    match (&suspect.good, &suspect.candidates[..]) {
        (Some(good), _) => Ok(Target::Restore { release, good: good.clone() }),
        // Only what is running, and nothing else that is new: it alone can be to blame.
        (None, [only]) if *only == release => Ok(Target::Commit { name: release, mainline: 0 }),
        (None, candidates) => Err(Refused::NoKnownGood { candidates: candidates.len() }),
    }
}

/// Is there one more to be had?
fn spent(limit: Rate, past: &[TakenBack], now: &Moment) -> Result<(), Refused> {
    // To bring back what was taken back is not one more.
    let taken = past.iter().filter(|one| !is_undo(past, one)).map(|one| &one.when);
    match window(limit, taken, now).1 {
        Some(free_in_ms) if guard!("taking code back has a limit", true) => {
            Err(Refused::Spent { limit: limit.to_string(), free_in_ms })
        }
        _ => Ok(()),
    }
}

/// May the drafted commit be made, with what it would meet?
///
/// # Errors
/// It may not; says why.
pub fn allow(target: &Target, meets: &Meets) -> Result<(), Refused> {
    if let Some(stranger) = &meets.stranger {
        return Err(Refused::Stranger(stranger.clone()));
    }
    let what = match target {
        Target::Restore { release, .. } => release,
        Target::Commit { name, .. } => name,
        Target::Undo { commit } => commit,
    };
    if let Some(own) = meets.own.as_ref().filter(|_| !matches!(target, Target::Undo { .. })) {
        return Err(Refused::OwnRevert(own.clone()));
    }
    if let Some(by) = &meets.taken_back_by {
        return Err(Refused::AlreadyTakenBack { release: what.clone(), by: by.clone() });
    }
    if let Some(parents) = meets.merge {
        return Err(Refused::Merge { commit: what.clone(), parents });
    }
    clear(meets)?;
    if meets.nothing { Err(Refused::Nothing(what.clone())) } else { Ok(()) }
}

/// Is the way clear for the files that change?
///
/// # Errors
/// It is not; says what is in it.
pub fn clear(meets: &Meets) -> Result<(), Refused> {
    let lists = [&meets.conflicts, &meets.submodules, &meets.filtered, &meets.unfit, &meets.in_the_way, &meets.changed];
    let rules: [fn(Vec<String>) -> Refused; 6] =
        [Refused::Conflict, Refused::Submodules, Refused::Filtered, Refused::Unfit, Refused::InTheWay, Refused::Dirty];
    if let Some((paths, refused)) = lists.into_iter().zip(rules).find(|(paths, _)| !paths.is_empty()) {
        return Err(refused(paths.clone()));
    }
    Ok(())
}

#[cfg(test)]
#[path = "revert_tests.rs"]
mod tests;
