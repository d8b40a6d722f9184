//! What is an update, how far did it get, and why is there none? Plain data, folded from the journal: the branch moves to a
//! commit that was fetched, what is built from it follows, and the services prove themselves for a while.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::{Event, Moment};
use super::finding::Class;
use super::history::Incident;
use super::made::Updated;
use super::revert::{Stat, short};

/// The rung under which updates stand in the journal. They count against no budget: a restart that an update asked for is no
/// attempt to cure anything, and what follows from a bad one must find the budget whole.
pub const RUNG: &str = "update";

/// Updates kept: the history of a deploy twice a day for a quarter.
const UPDATES_KEPT: usize = 200;

/// A move of the branch to a commit that is there already, with the files that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advance {
    /// The work tree.
    #[serde(serialize_with = "super::change::as_text")]
    pub repo: PathBuf,
    /// The branch that moves.
    pub reference: String,
    /// Where it stands before.
    pub base: String,
    /// Where it stands after.
    pub commit: String,
    /// The tree of that.
    pub tree: String,
    /// It goes back: the update did not do well.
    pub back: bool,
    /// What it changes.
    pub stat: Stat,
    /// The paths that it changes, the first of them: to be read, not used.
    pub paths: Vec<String>,
}

impl Advance {
    /// Is it written down that it was done?
    #[must_use]
    pub fn is_in(&self, updates: &[Update]) -> bool {
        use Phase as P;
        updates.iter().any(|one| match one.phase {
            P::Moved | P::Restarting | P::Probation | P::Done | P::Unwell => !self.back && one.commit == self.commit,
            P::Returning | P::Failed | P::RolledBack => self.back && one.commit == self.base,
            P::Deferred | P::Left => false,
        })
    }

    /// What it would do, in a line.
    #[must_use]
    pub fn plan(&self) -> String {
        let (from, to) = (short(&self.base), short(&self.commit));
        let way = if self.back { "take the code back from" } else { "bring the code from" };
        format!("{way} {from} to {to} on `{}` in {} ({})", self.branch(), self.repo.display(), self.stat)
    }

    fn branch(&self) -> &str {
        self.reference.strip_prefix("refs/heads/").unwrap_or(&self.reference)
    }
}

impl std::fmt::Display for Advance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (from, to) = (short(&self.base), short(&self.commit));
        let way = if self.back { "went back" } else { "was updated" };
        write!(f, "`{}` {way} from {from} to {to} ({})", self.branch(), self.stat)
    }
}

/// How far an update got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// It waits: `defer_if` said that now is no time for it.
    Deferred,
    /// The code is there; what is built from it may not be, and no service runs it.
    Moved,
    /// It is built; services are being restarted.
    Restarting,
    /// The services run it, and prove themselves.
    Probation,
    /// They did.
    Done,
    /// A service is not well with it, or a person does not want it: it is about to go back.
    Unwell,
    /// The old code is there again; what is built from it may not be, and services may still run the new one.
    Returning,
    /// It could not be built, or its run was killed: the old code is there. It is offered again.
    Failed,
    /// The services were not well with it: the old code runs again. It is not offered again.
    RolledBack,
    /// Somebody moved the branch elsewhere meanwhile: it is theirs now.
    Left,
}

impl Phase {
    /// Does it have to be finished before another one may begin?
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Moved | Self::Restarting | Self::Probation | Self::Unwell | Self::Returning)
    }

    /// In a word or two, for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Deferred => "deferred",
            Self::Moved | Self::Restarting => "unfinished",
            Self::Probation => "probation",
            Self::Done => "done",
            Self::Unwell | Self::Returning => "going back",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::Left => "left",
        }
    }
}

/// One update.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// When it began; of a deferred one, when it was first put off.
    pub when: Moment,
    /// The service in whose name the code was moved.
    pub service: String,
    /// The branch.
    pub reference: String,
    /// What ran before.
    pub base: String,
    /// What it brings.
    pub commit: String,
    /// How far it got.
    pub phase: Phase,
    /// Since when it is there.
    pub since: Moment,
    /// The services that run it.
    pub services: Vec<String>,
    /// What was seen last.
    pub detail: String,
    /// A service ran it, and was not well: it is not offered again.
    pub bad: bool,
}

/// The update that has to be finished, if there is one.
#[must_use]
pub fn open(updates: &[Update]) -> Option<&Update> {
    updates.last().filter(|one| one.phase.is_open())
}

/// Takes one more event into account. Answers with whom to tell of what went back.
pub(super) fn fold(all: &mut Vec<Update>, when: &Moment, event: &Event) -> Option<(String, Incident)> {
    match event {
        Event::Updated(Updated { service, reference, base, commit, back: false, summary, .. }) => {
            all.retain(|one| one.phase != Phase::Deferred);
            all.push(Update {
                when: when.clone(),
                service: service.clone(),
                reference: reference.clone(),
                base: base.clone(),
                commit: commit.clone(),
                phase: Phase::Moved,
                since: when.clone(),
                services: Vec::new(),
                detail: summary.clone(),
                bad: false,
            });
            let surplus = all.len().saturating_sub(UPDATES_KEPT);
            all.drain(..surplus);
        }
        Event::Updated(Updated { base, back: true, .. }) => {
            if let Some(one) = all.iter_mut().rev().find(|one| one.commit == *base) {
                // One whose run was killed is not known to be bad.
                one.bad = one.phase == Phase::Unwell;
                (one.phase, one.since) = (Phase::Returning, when.clone());
            }
        }
        Event::UpdateStands { commit, phase, services, detail } => {
            let known = all.iter_mut().rev().find(|one| one.commit == *commit);
            let known = known.filter(|one| *phase != Phase::Deferred || one.phase == Phase::Deferred);
            match known {
                Some(one) => {
                    one.detail.clone_from(detail);
                    if !services.is_empty() {
                        one.services.clone_from(services);
                    }
                    (one.phase, one.since) = (*phase, when.clone());
                    if *phase == Phase::RolledBack {
                        let summary = format!("the update to {} was taken back: {detail}", short(commit));
                        let id = format!("{}/{}/update", when.at.timestamp_millis(), short(commit));
                        return Some((one.service.clone(), Incident::new(&id, when, Class::Unknown, &summary)));
                    }
                }
                None if *phase == Phase::Deferred => {
                    all.retain(|one| one.phase != Phase::Deferred);
                    all.push(Update {
                        when: when.clone(),
                        service: String::new(),
                        reference: String::new(),
                        base: String::new(),
                        commit: commit.clone(),
                        phase: Phase::Deferred,
                        since: when.clone(),
                        services: Vec::new(),
                        detail: detail.clone(),
                        bad: false,
                    });
                }
                None => {}
            }
        }
        _ => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(seconds: i64) -> Moment {
        let at = super::super::Stamp::from_timestamp(seconds, 0).unwrap_or_default();
        Moment { at, up: seconds * 1000, boot: "b".to_owned() }
    }

    fn updated(from: &str, to: &str, back: bool) -> Event {
        Event::Updated(Updated {
            service: "bot".to_owned(),
            reference: "refs/heads/main".to_owned(),
            base: from.to_owned(),
            commit: to.to_owned(),
            back,
            summary: String::new(),
        })
    }

    fn stands(commit: &str, phase: Phase) -> Event {
        Event::UpdateStands { commit: commit.to_owned(), phase, services: Vec::new(), detail: String::new() }
    }

    #[test]
    fn what_went_back_because_it_was_unwell_is_bad_and_what_was_killed_is_offered_again() {
        for (reached, bad) in [(Phase::Moved, false), (Phase::Restarting, false), (Phase::Unwell, true)] {
            let mut all = Vec::new();
            fold(&mut all, &moment(1), &updated("a", "b", false));
            if reached != Phase::Moved {
                fold(&mut all, &moment(2), &stands("b", reached));
            }
            fold(&mut all, &moment(3), &updated("b", "a", true));
            assert_eq!((all[0].phase, all[0].bad, all.len()), (Phase::Returning, bad, 1), "{reached:?}");
            assert!(open(&all).is_some(), "what is built from it is still to come");
            let told = fold(&mut all, &moment(4), &stands("b", Phase::RolledBack));
            assert_eq!(told.map(|(service, _)| service).as_deref(), Some("bot"));
            assert!(open(&all).is_none());
        }
    }

    #[test]
    fn what_waits_keeps_when_it_began_to_and_gives_way_to_what_is_newer() {
        let mut all = Vec::new();
        for (second, commit) in [(1, "a"), (2, "a"), (3, "b"), (4, "b")] {
            fold(&mut all, &moment(second), &stands(commit, Phase::Deferred));
        }
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].commit.as_str(), &all[0].when, &all[0].since), ("b", &moment(3), &moment(4)));
        fold(&mut all, &moment(5), &updated("0", "b", false));
        assert_eq!((all.len(), all[0].phase), (1, Phase::Moved));
        (0..UPDATES_KEPT).for_each(|one| {
            fold(&mut all, &moment(6), &updated("0", &format!("x{one}"), false));
        });
        assert_eq!((all.len(), all[0].commit.as_str()), (UPDATES_KEPT, "x0"));
    }
}
