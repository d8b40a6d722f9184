//! Did the update do well? What a tick has to say about it, before it treats anybody: a service that is unwell with a release
//! that is on probation gets the old release, and no restart of the new one.

use super::Made;
use super::hands::{Asker, unfinished};
use super::steps::{Book, Work};
use crate::config::{Config, Mode};
use crate::error::Result;
use crate::host::clock;
use crate::journal::{DataDir, Journal, RecoveryLock};
use crate::model::not_updated::NotUpdated;
use crate::model::pattern::Judged;
use crate::model::report::Level;
use crate::model::revert::short;
use crate::model::update::{Phase, Update, open};
use crate::model::{Class, Event};
use crate::pipeline::Options;
use crate::pipeline::crash_pattern::judged;
use crate::pipeline::look::Looker;
use crate::pipeline::pauses::Hands;
use crate::pipeline::seen::Seen;

/// What a tick did about it.
#[derive(Debug, Default)]
pub(in crate::pipeline) struct Tended {
    /// Services were restarted: what was seen of them is old.
    pub(in crate::pipeline) acted: bool,
    /// What a person should know.
    pub(in crate::pipeline) lines: Vec<String>,
}

/// Judges the update that is on probation, and finishes one that a killed run left.
pub(in crate::pipeline) fn tend(
    (config, options, dir): (&Config, &Options, &DataDir),
    journal: &mut Journal,
    looker: &Looker<'_>,
    seen: &[Seen<'_>],
    lock: &mut RecoveryLock,
) -> Result<Tended> {
    let mut tended = Tended::default();
    let Some(update) = open(&journal.history().updates).cloned() else { return Ok(tended) };
    // A look at some of the services says nothing about the others.
    if config.mode == Mode::Observe || !config.update.enabled || !options.only.is_empty() {
        tended.lines.extend(unfinished(config, journal.history(), &Hands::of_tick(dir)));
        return Ok(tended);
    }
    let verdict = match update.phase {
        Phase::Probation => judge(config, journal, looker, seen, &update),
        _ => Verdict::Unfinished,
    };
    let mut made = Made::default();
    let mut work = Work::new(config, options, dir, Book::Written(journal), Some(lock), &mut made);
    work.ticking = true;
    match verdict {
        Verdict::Wait => return Ok(tended),
        Verdict::Well => {
            let detail = format!("every service was well for {}", config.update.probation);
            let commit = update.commit.clone();
            work.record(Event::UpdateStands { commit, phase: Phase::Done, services: Vec::new(), detail })?;
            return Ok(tended);
        }
        Verdict::Unfinished => drop(work.finish()?),
        Verdict::Bad(why) => drop(work.back(&update, &why, true, Asker::Itself)?),
    }
    let what = short(&update.commit);
    let detail = made.detail.clone().unwrap_or_default();
    tended.lines.push(match (&made.refused, made.phase) {
        (Some(NotUpdated::HandsOff(why)), _) => {
            format!("the update to {what} goes back, because {detail}; it waits: {why}")
        }
        (Some(refused), _) => format!("the update to {what} could not be taken back: {refused} ({detail})"),
        (None, Some(phase)) => format!("the update to {what} is {}: {detail}", phase.word()),
        (None, None) => format!("the update to {what}: {detail}"),
    });
    tended.lines.append(&mut made.warnings);
    tended.acted = made.phase.is_some();
    Ok(tended)
}

enum Verdict {
    Wait,
    Well,
    Bad(String),
    /// The run that made it ended in the middle.
    Unfinished,
}

/// Unknown is not bad, and it is not well either.
fn judge(config: &Config, journal: &Journal, looker: &Looker<'_>, seen: &[Seen<'_>], update: &Update) -> Verdict {
    let ours = |seen: &&Seen<'_>| update.services.contains(&seen.subject.name);
    // Whoever is held or paused is in a person's hands: what he does is no fault of the code.
    let hands_off = |name: &str| {
        let past = journal.history().service(name);
        (past.held.is_some() && !past.held_by_code) || looker.pauses.of(name).is_some()
    };
    let mut well = true;
    for seen in seen.iter().filter(ours) {
        let (subject, name) = (&seen.subject, &seen.subject.name);
        // What ails because of another one says nothing of the code.
        let elsewhere = subject.behind.is_some() || subject.standing.class == Some(Class::Dependency);
        match subject.standing.level {
            Level::Unhealthy if !hands_off(name) && !elsewhere => {
                return Verdict::Bad(format!("{name}: {}", subject.standing.summary));
            }
            Level::Healthy | Level::Degraded | Level::Disabled => {}
            _ => well = false,
        }
    }
    if let Ok(found) = judged(config, &update.services) {
        let pattern = found
            .services
            .iter()
            .filter(|one| !hands_off(&one.service))
            .find(|one| matches!(&one.judged, Judged::Pattern(pattern) if pattern.release == update.commit));
        if let Some(one) = pattern.filter(|_| !update.services.is_empty()) {
            return Verdict::Bad(format!("{} has a crash pattern with it", one.service));
        }
    }
    let proved = clock::now().since(&update.since) >= config.update.probation.millis();
    if well && proved { Verdict::Well } else { Verdict::Wait }
}
