//! What crashed, by the crash history, as `heal crash pattern` would say it; derived anew, because who calls may not have looked.

use crate::config::{Config, Watched};
use crate::host::git;
use crate::model::pattern::{Good, Judged, Pattern};
use crate::model::rfc3339;
use crate::pipeline::crash_pattern::judged;
use crate::policy::revert::Suspect;

/// The suspect, and what speaks against it.
pub(super) struct Found {
    /// What policy asks for.
    pub(super) suspect: Suspect,
    /// In one line: how often, since when.
    pub(super) evidence: String,
    /// Why it crashed, each once, with how often.
    pub(super) reasons: Vec<(String, u32)>,
}

/// The suspect for one service.
///
/// # Errors
/// There is none, or the history cannot be read; says which.
pub(super) fn suspect(config: &Config, service: &str) -> Result<Found, String> {
    let only = [service.to_owned()];
    let found = judged(config, &only).map_err(|error| error.to_string())?;
    let verdict = found.services.into_iter().next().ok_or_else(|| format!("{service} is not declared"))?;
    let pattern = match verdict.judged {
        Judged::Pattern(pattern) => pattern,
        Judged::Storm(crashes) => {
            return Err(format!("{service} crashed {} times, but not with one young release", crashes.count));
        }
        Judged::Quiet { count, why } => {
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            return Err(format!("{service} crashed {count} times lately{why}"));
        }
        Judged::Unknown(why) => return Err(why),
    };
    Ok(Found::of(config, service, &pattern, verdict.good.as_ref()))
}

impl Found {
    /// What a pattern says.
    pub(super) fn of(config: &Config, service: &str, pattern: &Pattern, good: Option<&Good>) -> Self {
        let good = good.map(|good| good.release.clone());
        let candidates = if good.is_none() { candidates(config, pattern) } else { Vec::new() };
        let crashes = &pattern.crashes;
        let evidence = format!(
            "{service} crashed {} times with it, from {} to {}.",
            crashes.count,
            rfc3339(crashes.first),
            rfc3339(crashes.last)
        );
        let reasons = crashes.reasons.clone();
        Self { suspect: Suspect { release: pattern.release.clone(), good, candidates }, evidence, reasons }
    }
}

/// With nothing to go back to: the commits that are as young as a release has to be to be suspected.
fn candidates(config: &Config, pattern: &Pattern) -> Vec<String> {
    let age = chrono::TimeDelta::milliseconds(config.crash.release_age.millis());
    let since = pattern.crashes.first - age;
    git::open(&config.root).ok().and_then(|repo| git::since(&repo, &pattern.release, since).ok()).unwrap_or_default()
}

/// The first service with a pattern.
pub(super) fn first(config: &Config) -> Option<&Watched> {
    let found = judged(config, &[]).ok()?;
    let name = found.services.into_iter().find(|one| matches!(one.judged, Judged::Pattern(_)))?.service;
    config.services.iter().find(|watched| watched.name() == name)
}
