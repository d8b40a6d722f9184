//! Why is the code not brought forward? Every rule with a word for programs, a sentence for people, and what to do about it.

use super::refused::{OBSERVES, Refused};
use super::revert::short;
use super::units::span_text;

/// Why there is no update now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotUpdated {
    /// `[update] enabled = false`.
    Off,
    /// `mode = "observe"`.
    Observing,
    /// The repository does not allow it.
    Repository(Refused),
    /// The remote did not answer, or git refused to ask it.
    Unreachable(String),
    /// Both sides have commits that the other has not.
    Diverged {
        /// The work tree.
        repo: String,
        /// Commits that only this side has.
        ahead: usize,
        /// Commits that only the remote has.
        behind: usize,
    },
    /// Data would change with the code.
    Data(Vec<String>),
    /// `defer_if` said that now is no time for it.
    Deferred {
        /// So long ago for the first time, in milliseconds.
        waits_ms: i64,
        /// It goes ahead after so many, whatever `defer_if` says.
        most_ms: i64,
    },
    /// `defer_if` said neither yes nor no.
    Unclear(String),
    /// It cannot be told who a service is: restarting it could hit somebody else.
    Unseen {
        /// The service.
        service: String,
        /// Why.
        why: String,
    },
    /// Somebody wants heal to keep its hands off a service.
    Paused {
        /// The service.
        service: String,
        /// Until when, by whom and why, in words.
        words: String,
    },
    /// The way back waits: a service of it, or the code, is in somebody's hands.
    HandsOff(String),
    /// The last one has to prove itself first.
    OnProbation {
        /// Which.
        commit: String,
        /// For so many milliseconds more, at least.
        left_ms: i64,
    },
    /// Nothing was updated that could be rolled back.
    NoUpdate,
    /// The branch does not stand where the update brought it.
    Elsewhere {
        /// Where it stands.
        head: String,
        /// Where the update brought it.
        commit: String,
    },
}

impl NotUpdated {
    /// The word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Observing => "observing",
            Self::Repository(refused) => refused.word(),
            Self::Unreachable(_) => "unreachable",
            Self::Diverged { .. } => "not-fast-forward",
            Self::Data(_) => "data",
            Self::Deferred { .. } => "deferred",
            Self::Unclear(_) => "defer-unclear",
            Self::Unseen { .. } => "service-unknown",
            Self::Paused { .. } => "paused",
            Self::HandsOff(_) => "hands-off",
            Self::OnProbation { .. } => "on-probation",
            Self::NoUpdate => "no-update",
            Self::Elsewhere { .. } => "moved",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Off => "set `[update] enabled` to true".into(),
            Self::Observing => "set `[project] mode` to \"live\"; `heal update check` looks only".into(),
            Self::Repository(Refused::Filtered(_) | Refused::Submodules(_) | Refused::Unfit(_)) => {
                "bring it forward by hand: `git merge --ff-only refs/heal/update`".into()
            }
            Self::Repository(refused) => refused.hint(),
            Self::Unreachable(why) if why.contains(".lock'") => {
                "`heal clean-locks` clears it once it is proved stale, with a `[lock.NAME]` of kind \"git\"".into()
            }
            Self::Unreachable(_) => "`git fetch` says more; `[git]` names remote and branch".into(),
            Self::Diverged { repo, .. } => {
                format!(
                    "`git -C {repo} log --oneline --left-right HEAD...refs/heal/update` shows both sides; then push or rebase yours"
                )
            }
            Self::Data(_) => "take them out of the repository, `git rm --cached`, and ignore them".into(),
            Self::Deferred { .. } => "it is tried again at the next time; `--now` does not ask".into(),
            Self::Unclear(_) => "`defer_if` has to exit with 0 for busy and 1 for free; `--now` does not ask".into(),
            Self::Unseen { .. } => "`heal check --explain` says who was considered".into(),
            Self::Paused { .. } => "`heal resume` ends the pause".into(),
            Self::HandsOff(why) => Refused::HandsOff(why.clone()).hint(),
            Self::OnProbation { .. } => "`heal update status` says how it does; `heal update rollback` ends it".into(),
            Self::NoUpdate => "`heal update history` says what there was".into(),
            Self::Elsewhere { .. } => "`git reflog` says who moved it; `heal revert` takes back what crashes".into(),
        }
    }
}

impl std::fmt::Display for NotUpdated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("it is switched off: `[update] enabled` is false"),
            Self::Observing => f.write_str(OBSERVES),
            Self::Repository(refused) => write!(f, "{refused}"),
            Self::Unreachable(why) => write!(f, "the remote could not be asked: {why}"),
            Self::Diverged { ahead, behind, .. } => {
                write!(
                    f,
                    "it is no fast-forward: {ahead} of the commits here are not on the remote, {behind} of its are not here"
                )
            }
            Self::Data(paths) => write!(f, "it would change data, which is no part of the code: {}", paths.join(", ")),
            Self::Deferred { waits_ms, most_ms } => {
                let (waits, most) = (span_text(*waits_ms), span_text(*most_ms));
                write!(f, "`defer_if` says that now is no time for it; it waits since {waits} of at most {most}")
            }
            Self::Unclear(why) => write!(f, "`defer_if` says neither yes nor no: {why}"),
            Self::Unseen { service, why } => write!(f, "it is not known which process {service} is: {why}"),
            Self::Paused { service, words } => write!(f, "{service} is paused {words}"),
            Self::HandsOff(why) => f.write_str(why),
            Self::OnProbation { commit, left_ms } => {
                write!(f, "{} is on probation, for {} more", short(commit), span_text(*left_ms))
            }
            Self::NoUpdate => f.write_str("there is no update that could be rolled back"),
            Self::Elsewhere { head, commit } => {
                write!(f, "{} is checked out, and not {}, which the update brought", short(head), short(commit))
            }
        }
    }
}
