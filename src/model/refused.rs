//! Why is code not taken back? Every rule with a word for programs, a sentence for people, and what to do about it.

use std::path::PathBuf;

use super::revert::short;
use super::units::{a_few, counted, span_text};

/// What is said to whoever asks for a change under `mode = "observe"`, wherever he does.
pub const OBSERVES: &str = "mode = \"observe\": heal changes nothing";

/// What he may do about it.
pub const OBSERVES_HINT: &str = "`--set project.mode=live` for this once";

/// Why nothing is taken back. Each has words of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// `[revert] enabled = false`.
    Off,
    /// `mode = "observe"`.
    Observing,
    /// The service is switched off by `enabled = false`: to heal it is not there.
    Disabled(String),
    /// Nobody said that it may happen.
    NotArmed {
        /// The file that says so.
        flag: PathBuf,
    },
    /// No release crashed often enough lately.
    NoPattern(String),
    /// There is no repository around `heal.toml`.
    NoRepository(PathBuf),
    /// git's files cannot be read.
    Unreadable(String),
    /// It belongs to somebody else.
    Foreign {
        /// What.
        path: PathBuf,
        /// Whose.
        uid: u32,
    },
    /// There is no work tree.
    Bare,
    /// There is no commit yet.
    Unborn,
    /// HEAD stands on no branch.
    Detached,
    /// HEAD stands on another branch than the configured one.
    WrongBranch {
        /// On which.
        on: String,
        /// On which it should.
        wanted: String,
    },
    /// A rebase, a merge or the like is under way.
    UnderWay(&'static str),
    /// Somebody holds one of git's locks.
    Locked(PathBuf),
    /// Part of the history is missing.
    Shallow,
    /// Tracked files differ from HEAD.
    Dirty(Vec<String>),
    /// HEAD is not what crashed.
    NotRunning {
        /// Where HEAD is.
        head: String,
        /// What crashed.
        release: String,
    },
    /// HEAD is heal's own commit.
    OwnRevert(String),
    /// It was taken back before.
    AlreadyTakenBack {
        /// What.
        release: String,
        /// By which commit.
        by: String,
    },
    /// It would be one more than is allowed.
    Spent {
        /// `1 per 1d`.
        limit: String,
        /// Milliseconds until the next one is possible.
        free_in_ms: i64,
    },
    /// Nothing says to which release to go back.
    NoKnownGood {
        /// Commits that may be to blame.
        candidates: usize,
    },
    /// It is no ancestor of HEAD.
    Stranger(String),
    /// It is a merge, and no side was named.
    Merge {
        /// Which commit.
        commit: String,
        /// How many parents it has.
        parents: usize,
    },
    /// Later commits changed the same lines.
    Conflict(Vec<String>),
    /// Something that git does not know of is in the way.
    InTheWay(Vec<String>),
    /// Another program translates the files.
    Filtered(Vec<String>),
    /// Repositories of their own would have to move.
    Submodules(Vec<String>),
    /// Paths that heal does not write.
    Unfit(Vec<String>),
    /// Every commit has to be signed.
    Signing,
    /// Nothing would change.
    Nothing(String),
    /// HEAD moved while it was decided.
    Moved,
    /// The service is held or paused: somebody has it in hand.
    HandsOff(String),
}

impl Refused {
    /// The word for programs.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Observing => "observing",
            Self::Disabled(_) => "disabled",
            Self::NotArmed { .. } => "not-armed",
            Self::NoPattern(_) => "no-pattern",
            Self::NoRepository(_) => "no-repository",
            Self::Unreadable(_) => "unreadable",
            Self::Foreign { .. } => "foreign-owner",
            Self::Bare => "bare",
            Self::Unborn => "no-commit",
            Self::Detached => "detached-head",
            Self::WrongBranch { .. } => "wrong-branch",
            Self::UnderWay(_) => "in-progress",
            Self::Locked(_) => "locked",
            Self::Shallow => "shallow",
            Self::Dirty(_) => "dirty",
            Self::NotRunning { .. } => "not-running",
            Self::OwnRevert(_) => "own-revert",
            Self::AlreadyTakenBack { .. } => "already-taken-back",
            Self::Spent { .. } => "spent",
            Self::NoKnownGood { .. } => "no-known-good",
            Self::Stranger(_) => "not-an-ancestor",
            Self::Merge { .. } => "merge",
            Self::Conflict(_) => "conflict",
            Self::InTheWay(_) => "in-the-way",
            Self::Filtered(_) => "filtered",
            Self::Submodules(_) => "submodules",
            Self::Unfit(_) => "unfit-path",
            Self::Signing => "signing-required",
            Self::Nothing(_) => "nothing",
            Self::Moved => "moved",
            Self::HandsOff(_) => "hands-off",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Off => "set `[revert] enabled` to true, or take it back by hand: `git revert`".into(),
            Self::Observing => OBSERVES_HINT.into(),
            Self::Disabled(service) => {
                format!("set `enabled` of `[service.{service}]` to true, or take it back by hand: `git revert`")
            }
            Self::NotArmed { flag } => {
                format!("`touch {}` allows it from now on; `--force` allows it this once", flag.display())
            }
            Self::NoPattern(_) => {
                "`heal crash pattern` says more; `--commit X` takes back one commit that you name".into()
            }
            Self::NoRepository(_) => "heal.toml has to stand inside of the repository".into(),
            Self::Unreadable(_) => "`git fsck` and `git status` say more".into(),
            Self::Foreign { .. } => "run heal as the user who owns the repository".into(),
            Self::Bare => "run it where the service's files are".into(),
            Self::Unborn => "there is nothing to take back".into(),
            Self::Detached => "`git switch BRANCH`, with the commit that should run".into(),
            Self::WrongBranch { wanted, .. } => format!("`git switch {wanted}`, or set `[git] branch`"),
            Self::UnderWay(what) => format!("finish or abort the {what}; `git status` says how"),
            Self::Locked(path) => {
                format!("wait for that git to end; if no git runs, remove {} by hand", path.display())
            }
            Self::Shallow => "`git fetch --unshallow`".into(),
            Self::Dirty(_) => "commit, stash or undo them; `git status` lists them".into(),
            Self::NotRunning { .. } => "restart the service, so that it runs what is checked out".into(),
            Self::OwnRevert(_) => "look at the crashes yourself: `heal crash history`".into(),
            Self::AlreadyTakenBack { .. } => "find out why it runs again: `git log`".into(),
            Self::Spent { .. } => "`heal crash history` says what happened; a person decides".into(),
            Self::NoKnownGood { .. } => "name the commit to take back: `heal revert --commit X`".into(),
            Self::Stranger(_) => "`git log --graph --all` shows where it is".into(),
            Self::Merge { .. } => "say which side stays: `--mainline 1` keeps the branch that was merged into".into(),
            Self::Conflict(_) => "take it back by hand: `git revert`".into(),
            Self::InTheWay(_) => "move them elsewhere".into(),
            Self::Filtered(_) | Self::Submodules(_) | Self::Unfit(_) => "take it back by hand: `git revert`".into(),
            Self::Signing => "take it back by hand: `git revert -S`; or set `[revert] signing = \"unsigned\"`".into(),
            Self::Nothing(_) => "what crashes is not what these commits changed".into(),
            Self::Moved => "run it again".into(),
            Self::HandsOff(_) => "`heal status` says by whom; then `heal resume`, or `heal release`".into(),
        }
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("it is switched off: `[revert] enabled` is false"),
            Self::Observing => f.write_str(OBSERVES),
            Self::Disabled(service) => write!(f, "`{service}` is switched off: `enabled = false` in heal.toml"),
            Self::NotArmed { flag } => write!(f, "it is not armed: there is no {}", flag.display()),
            Self::NoPattern(why) => write!(f, "there is no crash pattern: {why}"),
            Self::HandsOff(why) => f.write_str(why),
            Self::NoRepository(root) => write!(f, "{} is in no git repository", root.display()),
            Self::Unreadable(why) => write!(f, "the repository cannot be read: {why}"),
            Self::Foreign { path, uid } => {
                write!(f, "{} belongs to another user (uid {uid}) than the one who runs heal", path.display())
            }
            Self::Bare => f.write_str("the repository has no work tree"),
            Self::Unborn => f.write_str("the branch has no commit yet"),
            Self::Detached => f.write_str("HEAD is detached: it stands on no branch that could move"),
            Self::WrongBranch { on, wanted } => {
                write!(f, "the branch `{on}` is checked out, and `[git] branch` is `{wanted}`")
            }
            Self::UnderWay(what) => write!(f, "a {what} is in progress in the repository"),
            Self::Locked(path) => write!(f, "a git is at work, or was killed: {} exists", path.display()),
            Self::Shallow => f.write_str("the history is shallow: what came before is not here"),
            Self::Dirty(paths) => write!(f, "the work tree is dirty: {} changed and not committed", a_few(paths, ", ")),
            Self::NotRunning { head, release } => {
                write!(f, "what is checked out, {}, is not the release that crashed, {}", short(head), short(release))
            }
            Self::OwnRevert(of) => {
                write!(f, "HEAD is heal's own commit, which took back {}: it is not taken back as code", short(of))
            }
            Self::AlreadyTakenBack { release, by } => {
                write!(f, "{} was already taken back, by {}", short(release), short(by))
            }
            Self::Spent { limit, free_in_ms } => {
                write!(f, "the limit of {limit} is reached; the next is possible in {}", span_text(*free_in_ms))
            }
            Self::NoKnownGood { candidates: 0 } => f.write_str("no release is known to have run well"),
            Self::NoKnownGood { candidates } => {
                let commits = counted(*candidates, "commit");
                write!(f, "no release is known to have run well, and {commits} may be to blame")
            }
            Self::Stranger(id) => write!(f, "{} is no ancestor of what is checked out", short(id)),
            Self::Merge { commit, parents } => {
                write!(f, "{} is a merge of {parents} parents: it does not say which side stays", short(commit))
            }
            Self::Conflict(paths) => write!(f, "later commits changed the same lines: {}", a_few(paths, ", ")),
            Self::InTheWay(paths) => {
                write!(f, "files that git does not track are in the way: {}", a_few(paths, ", "))
            }
            Self::Filtered(paths) => write!(f, "another program translates files that change: {}", a_few(paths, ", ")),
            Self::Submodules(paths) => write!(f, "submodules would have to move: {}", a_few(paths, ", ")),
            Self::Unfit(paths) => write!(f, "paths that heal does not write: {}", a_few(paths, ", ")),
            Self::Signing => f.write_str("every commit has to be signed (commit.gpgsign), and heal signs nothing"),
            Self::Nothing(id) => write!(f, "the files of {} are the files that are there", short(id)),
            Self::Moved => f.write_str("HEAD moved while this run decided"),
        }
    }
}
