//! Which code was taken back, and where did that get to? Folded from the journal, for limits and for pushing.

use serde::{Deserialize, Serialize};

use super::event::{Event, Moment};
use super::made::Reverted;

/// Reverts kept: no limit reaches further back.
const REVERTS_KEPT: usize = 100;

/// Code that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBack {
    /// When.
    pub when: Moment,
    /// The service that crashed.
    pub service: String,
    /// The branch.
    pub reference: String,
    /// Where it stood.
    pub base: String,
    /// heal's commit.
    pub commit: String,
    /// What was taken back.
    pub takes_back: String,
    /// It was itself taken back, by this commit.
    #[serde(default)]
    pub undone_by: Option<String>,
    /// Where it stands on the remote: itself, or another machine's commit that says the same.
    #[serde(default)]
    pub pushed: Option<String>,
    /// When it last was to be pushed and was not.
    #[serde(default)]
    pub push_failed: Option<Moment>,
}

/// Takes one more event into account.
pub(super) fn fold(all: &mut Vec<TakenBack>, when: &Moment, event: &Event) {
    match event {
        Event::Reverted(Reverted { service, reference, base, commit, takes_back, .. }) => {
            for earlier in all.iter_mut().filter(|earlier| earlier.commit == *takes_back) {
                earlier.undone_by = Some(commit.clone());
            }
            all.push(TakenBack {
                when: when.clone(),
                service: service.clone(),
                reference: reference.clone(),
                base: base.clone(),
                commit: commit.clone(),
                takes_back: takes_back.clone(),
                undone_by: None,
                pushed: None,
                push_failed: None,
            });
            let surplus = all.len().saturating_sub(REVERTS_KEPT);
            all.drain(..surplus);
        }
        Event::Pushed { commit, adopted, .. } => {
            for one in all.iter_mut().filter(|one| one.commit == *commit) {
                one.pushed = Some(adopted.as_ref().unwrap_or(commit).clone());
            }
        }
        Event::PushFailed { commit, .. } => {
            for one in all.iter_mut().filter(|one| one.commit == *commit) {
                one.push_failed = Some(when.clone());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_knows_what_became_of_it() {
        let when = Moment { at: super::super::Stamp::default(), up: 0, boot: "b".to_owned() };
        let reverted =
            |commit: &str, takes_back: &str| Event::Reverted(Reverted::made_up("bot", "i", commit, takes_back));
        let remote = || "origin".to_owned();
        let mut all = Vec::new();
        fold(&mut all, &when, &reverted("r1", "bad"));
        let why = String::new();
        let failed = Event::PushFailed { service: "bot".to_owned(), commit: "r1".to_owned(), remote: remote(), why };
        fold(&mut all, &when, &failed);
        assert_eq!((all[0].push_failed.is_some(), all[0].pushed.as_deref()), (true, None));
        let adopted = Some("twin".to_owned());
        let pushed = Event::Pushed { service: "bot".to_owned(), commit: "r1".to_owned(), remote: remote(), adopted };
        fold(&mut all, &when, &pushed);
        assert_eq!(all[0].pushed.as_deref(), Some("twin"));
        fold(&mut all, &when, &reverted("r2", "r1"));
        assert_eq!((all[0].undone_by.as_deref(), all[1].undone_by.as_deref()), (Some("r2"), None));
        (0..REVERTS_KEPT).for_each(|one| fold(&mut all, &when, &reverted(&format!("x{one}"), "y")));
        assert_eq!((all.len(), all[0].commit.as_str()), (REVERTS_KEPT, "x0"));
    }
}
