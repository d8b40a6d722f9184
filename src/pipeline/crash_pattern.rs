//! Is it the code? Reads as much of the crash history as the question needs, and has it judged. It changes nothing.

use super::revertable::revertable;
use crate::config::{Config, Watched};
use crate::error::Result;
use crate::host::{clock, release};
use crate::journal::DataDir;
use crate::journal::crashes::{self, Window};
use crate::model::Span;
use crate::model::crash::{Crash, CrashRules};
use crate::model::event::Moment;
use crate::model::pattern::{Judged, Verdict, Verdicts};
use crate::policy::pattern::{Past, judge, known_good};

/// How far back it is searched when a release began, and for one that was good: some 50,000 lines.
const SEARCH: u64 = 16 * 1024 * 1024;

/// Lines after which it is first tried whether a good release is among them; then after twice as many, and so on, so that
/// trying costs no more than reading.
const FIRST_TRY: usize = 4;

/// Judges the crashes of these services; of all when none is named.
///
/// # Errors
/// The history is there and cannot be read.
pub fn verdicts(config: &Config, only: &[String]) -> Result<Verdicts> {
    let mut verdicts = judged(config, only)?;
    for verdict in &mut verdicts.services {
        if let Judged::Pattern(pattern) = &verdict.judged {
            // What the repository cannot say is left out: the pattern stands without it.
            let describe = |id: &str| release::describe(&config.root, id).ok().flatten();
            verdict.release = describe(&pattern.release);
            verdict.good_release = verdict.good.as_ref().and_then(|good| describe(&good.release));
            verdict.revert = Some(revertable(config, &verdict.service, pattern, verdict.good.as_ref()));
        }
    }
    Ok(verdicts)
}

/// The same by the crash history alone: the repository is not asked.
///
/// # Errors
/// As [`verdicts`].
pub(super) fn judged(config: &Config, only: &[String]) -> Result<Verdicts> {
    let now = clock::now();
    let dir = DataDir::at(config.data_dir.clone());
    let mut lines = crashes::backwards(&dir, now.clone())?;
    let window = lines.window(config.crash.window().millis())?;
    let asked =
        config.services.iter().filter(|watched| only.is_empty() || only.iter().any(|one| one == watched.name()));
    let services = asked.map(|watched| one(config, &dir, watched, &window, &now)).collect::<Result<_>>()?;
    let warnings = lines.passed.words().map(|said| format!("{}: {said}", dir.crash_history().display()));
    Ok(Verdicts {
        heal: config.call(),
        rules: config.crash,
        at: now.at,
        services,
        warnings: warnings.into_iter().collect(),
    })
}

fn one(config: &Config, dir: &DataDir, watched: &Watched, window: &Window, now: &Moment) -> Result<Verdict> {
    let (name, rules) = (watched.name(), &config.crash);
    let own: Vec<Crash> = window.entries.iter().filter(|entry| entry.service == name).cloned().collect();
    let mut judged = judge(Past { entries: &own, whole: false }, rules, now);
    let mut good = None;
    if matches!(judged, Judged::Quiet { why: None, .. }) {
        if !window.covered {
            let why = "the crash history holds more lines of the last while than are read".to_owned();
            judged = Judged::Unknown(why);
        }
    } else {
        // There are enough crashes for the question how old the release is.
        let ran = watched.service.rules.stable_for;
        let (entries, whole) = search(dir, (name, rules, ran), now)?;
        judged = judge(Past { entries: &entries, whole }, rules, now);
        if let Judged::Pattern(pattern) = &judged {
            good = known_good(&entries, &pattern.release, rules, ran);
        }
    }
    Ok(Verdict { service: name.to_owned(), judged, good, release: None, good_release: None, revert: None })
}

/// The lines of one service as far back as it takes to say when its release began and which one was good before, oldest
/// first, and whether there are no older ones.
fn search(dir: &DataDir, (service, rules, ran): (&str, &CrashRules, Span), now: &Moment) -> Result<(Vec<Crash>, bool)> {
    let mut lines = crashes::backwards(dir, now.clone())?;
    // Newest first.
    let mut found: Vec<Crash> = Vec::new();
    let (mut old_enough, mut next_try) = (false, FIRST_TRY);
    let is_done = |found: &[Crash]| {
        let bad = found.first().and_then(|entry| entry.release.as_deref());
        let oldest_first: Vec<Crash> = found.iter().rev().cloned().collect();
        bad.is_some_and(|bad| known_good(&oldest_first, bad, rules, ran).is_some())
    };
    while let Some((entry, age)) = lines.older()? {
        if entry.service == service {
            old_enough |= age >= rules.release_age.millis().max(rules.window().millis());
            found.push(entry);
            if old_enough && found.len() >= next_try {
                if is_done(&found) {
                    break;
                }
                next_try = found.len().saturating_mul(2);
            }
        }
        if lines.read() > SEARCH {
            break;
        }
    }
    let whole = lines.whole();
    found.reverse();
    Ok((found, whole))
}
