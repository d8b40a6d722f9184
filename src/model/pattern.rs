//! What do the crashes amount to? The verdict about each service, as it is judged, reported, and acted upon. Pure data.

use super::Stamp;
use super::crash::{CrashRules, Release};

/// What the crashes of one service amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Nothing to act upon.
    Quiet {
        /// Crashes within the window of `pattern`.
        count: u32,
        /// Why they are no pattern, where there are enough of them for one.
        why: Option<String>,
    },
    /// So many crashes on one young release: taking it back is what would help.
    Pattern(Pattern),
    /// So many crashes, but not on one young release: taking code back is not known to help.
    Storm(Crashes),
    /// There are so many crashes that it matters, and what is needed to judge them is not on record.
    Unknown(String),
}

/// The crashes that were counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crashes {
    /// How many.
    pub count: u32,
    /// The first of them.
    pub first: Stamp,
    /// The last of them.
    pub last: Stamp,
    /// Why they happened, the newest first, each once, with how often.
    pub reasons: Vec<(String, u32)>,
}

/// Crashes on one young release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The full commit id of the release.
    pub release: String,
    /// How long ago it began to run, in milliseconds.
    pub began_ms_ago: i64,
    /// Its crashes within the window of `pattern`.
    pub crashes: Crashes,
    /// All crashes together, of whatever release, reach `storm` as well.
    pub storm: bool,
}

/// A release that started, ran, and had no pattern of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Good {
    /// Its full commit id.
    pub release: String,
    /// When it was last seen to begin, by the wall clock of that time.
    pub began: Stamp,
    /// The longest that one of its lives lasted, in milliseconds.
    pub ran_ms: i64,
}

/// The verdict about one service.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The service.
    pub service: String,
    /// What its crashes amount to.
    pub judged: Judged,
    /// What the repository says about the release in question.
    pub release: Option<Release>,
    /// The release to go back to. Only searched for when there is a pattern.
    pub good: Option<Good>,
    /// What the repository says about that one.
    pub good_release: Option<Release>,
    /// Whether `heal revert` would be allowed, or why not. Only asked when there is a pattern.
    pub revert: Option<Result<(), String>>,
}

/// The verdict about all that was asked for.
#[derive(Clone, Debug)]
pub struct Verdicts {
    /// How heal is called about this configuration.
    pub heal: String,
    /// By which rules.
    pub rules: CrashRules,
    /// When it was judged.
    pub at: Stamp,
    /// In the order of the configuration.
    pub services: Vec<Verdict>,
    /// What a person should know about the history itself.
    pub warnings: Vec<String>,
}
