//! What would be taken back, and may it be? The repository, the crash history, the flag file and what was done before, put
//! before policy; the answer is a commit drafted to its id, or why there is none. Nothing is written.

use super::Wish;
use super::suspect::{Found, suspect};
use crate::config::{Config, Signing};
use crate::host::git::{self, Words};
use crate::host::{clock, files};
use crate::model::History;
use crate::model::pattern::{Good, Pattern};
use crate::model::refused::Refused;
use crate::model::revert::{Ground, Revert, Target};
use crate::policy::revert::{Ask, allow, choose, stands, undo};
use crate::remedy;

/// The name of the flag file in the data directory.
const FLAG: &str = "auto-revert-enabled";

/// As the rung of a tick asks: armed, and because of a pattern.
pub(in crate::pipeline) fn drafted(
    looker: &crate::pipeline::look::Looker<'_>,
    history: &History,
    service: &str,
) -> Result<Revert, Refused> {
    draft(looker.config, history, service, &Wish::default())
}

/// As somebody asks who has just judged the crashes.
pub(in crate::pipeline) fn weighed(
    config: &Config,
    history: &History,
    service: &str,
    pattern: &Pattern,
    good: Option<&Good>,
) -> Result<Revert, Refused> {
    super::in_hand(config, history, service)?;
    drafting(config, history, &Wish::default(), || Ok(Found::of(config, service, pattern, good)))
}

/// Did the owner say that code may be taken back?
fn is_armed(config: &Config) -> bool {
    config.revert.enabled && files::stat(&config.data_dir.join(FLAG)).is_ok_and(|meta| meta.is_file())
}

/// The rungs that are built, without the one that takes code back where that is not armed: nothing is announced that would
/// not be done.
pub(in crate::pipeline) fn rungs(config: &Config) -> Vec<&'static str> {
    let armed = is_armed(config);
    remedy::built().into_iter().filter(|rung| armed || *rung != remedy::revert::KIND.name).collect()
}

/// Drafts what is wished for.
pub(super) fn draft(config: &Config, history: &History, service: &str, wish: &Wish) -> Result<Revert, Refused> {
    drafting(config, history, wish, || suspect(config, service))
}

fn drafting(
    config: &Config,
    history: &History,
    wish: &Wish,
    suspect: impl FnOnce() -> Result<Found, String>,
) -> Result<Revert, Refused> {
    let rules = &config.revert;
    let flag = config.data_dir.join(FLAG);
    let armed = wish.force || is_armed(config);
    let named = wish.commit.as_deref().map(|name| (name, wish.mainline.unwrap_or(rules.mainline)));
    let mut ask = Ask {
        enabled: rules.enabled,
        missing_flag: (!armed).then_some(flag),
        commit: named,
        suspect: Err("a commit was named".to_owned()),
        branch: config.git.branch.as_deref(),
        unsigned: rules.signing == Signing::Unsigned,
        limit: rules.limit,
    };
    let now = clock::now();
    // What needs no repository first: most who ask are not armed.
    if !ask.enabled || ask.missing_flag.is_some() {
        choose(&ask, &Ground::default(), &history.reverts, &now)?;
    }
    let found = if named.is_some() { None } else { Some(suspect()) };
    let mut body = String::new();
    if let Some(found) = found {
        let found = found.map_err(Refused::NoPattern)?;
        body = found.body();
        ask.suspect = Ok(found.suspect);
    }
    let repo = git::open(&config.root)?;
    let ground = git::look(&repo)?;
    let target = match choose(&ask, &ground, &history.reverts, &now) {
        // Its own commit crashes as well: it did not help, so it goes.
        Err(Refused::OwnRevert(of)) => undo(&history.reverts, &ground).ok_or(Refused::OwnRevert(of))?,
        chosen => chosen?,
    };
    made(config, &repo, &ground, &target, body)
}

/// The commit that brings back what heal took back, on top of it: for a crash that persists.
///
/// # Errors
/// Why it cannot be made: the branch stands elsewhere, or something is in the way.
pub fn inverse(config: &Config, taken: &str, why: &str) -> Result<Revert, Refused> {
    let repo = git::open(&config.root)?;
    let ground = git::look(&repo)?;
    inverted(config, &repo, &ground, taken, why)
}

/// The same for a person, who may ask long after: nothing of the repository may be in the way by now.
///
/// # Errors
/// Why it cannot be made.
pub(in crate::pipeline) fn brought_back(config: &Config, taken: &str, why: &str) -> Result<Revert, Refused> {
    let repo = git::open(&config.root)?;
    let ground = git::look(&repo)?;
    stands(config.git.branch.as_deref(), &ground)?;
    if ground.signing && config.revert.signing != Signing::Unsigned {
        return Err(Refused::Signing);
    }
    inverted(config, &repo, &ground, taken, why)
}

fn inverted(
    config: &Config,
    repo: &git2::Repository,
    ground: &Ground,
    taken: &str,
    why: &str,
) -> Result<Revert, Refused> {
    if ground.head.as_deref() != Some(taken) {
        let head = ground.head.clone().unwrap_or_default();
        return Err(Refused::NotRunning { head, release: taken.to_owned() });
    }
    made(config, repo, ground, &Target::Undo { commit: taken.to_owned() }, why.to_owned())
}

fn made(
    config: &Config,
    repo: &git2::Repository,
    ground: &Ground,
    target: &Target,
    body: String,
) -> Result<Revert, Refused> {
    let identity = config.revert.identity.clone().or_else(|| ground.identity.clone());
    let (name, email) = identity.unwrap_or_else(|| ("heal".to_owned(), format!("heal@{}", clock::hostname())));
    let words = Words { name, email, body, at: clock::now().at.timestamp() };
    let draft = git::draft(repo, ground, target, &words)?;
    allow(target, &draft.meets)?;
    draft.revert.ok_or_else(|| Refused::Unreadable("nothing could be drafted".to_owned()))
}

impl Found {
    /// The evidence, as it stands in the commit: already redacted.
    fn body(&self) -> String {
        let mut text = format!("{}\n", self.evidence);
        for (reason, count) in self.reasons.iter().take(5) {
            let line: String = reason.lines().next().unwrap_or_default().chars().take(160).collect();
            text.push_str(&format!("  {count} x {line}\n"));
        }
        text
    }
}
