//! What is remembered, and does the watchdog still run? Reads the journal and the lock; looks at no service, takes no lock,
//! writes nothing.

use std::collections::BTreeMap;
use std::time::Instant;

use super::millis;
use crate::config::{Config, Mode, Watched};
use crate::error::Result;
use crate::host::clock;
use crate::host::processes;
use crate::journal::{self, DataDir, LastRun, Pauses, Recent, Spool, holds, recent};
use crate::model::disturbance;
use crate::model::event::Moment;
use crate::model::layout::SECTION;
use crate::model::lock;
use crate::model::report::{Decision, Level, Standing};
use crate::model::state::section;
use crate::model::status::{Holder, Remembered, Status, Ticks, Trouble, Undelivered};
use crate::model::threshold::Look;
use crate::model::units::{counted, span_text};
use crate::model::{Class, History, ServiceHistory};
use crate::policy;

/// For how long "would have" is counted.
const OF_LATE: chrono::TimeDelta = chrono::TimeDelta::days(7);

/// `heal status`: what the history says about these services (all, when none is named), with the last `acts` of each.
///
/// # Errors
/// A name is not declared, or the journal cannot be read.
pub fn status(config: &Config, names: &[String], acts: usize) -> Result<Status> {
    let start = Instant::now();
    config.require(names)?;
    let now = clock::now();
    let dir = DataDir::at(config.data_dir.clone());
    let past = journal::past(&dir)?;
    let pauses = Pauses::read(&dir, &now, processes().as_ref());
    let warnings = [past.warnings(), super::pauses::warnings(&pauses, config)].concat();
    let history = super::emergency::recollect(config, past.history)?;
    let holder = holds(&dir.lock());
    let ticks = ticks(config, LastRun::read(&dir).as_ref(), holder.is_some(), &now);
    let files = files_in_trouble(config, &history);
    let asked = config.names().into_iter().filter(|name| names.is_empty() || names.iter().any(|one| one == name));
    let asked: Vec<&str> = asked.chain(files.iter().filter(|_| names.is_empty()).map(String::as_str)).collect();
    let wanted = asked.iter().map(|name| (String::from(*name), history.service(name).acts.len().min(acts))).collect();
    let observes = config.mode == Mode::Observe;
    let mut recent = recent(&dir, wanted, observes.then(|| now.at - OF_LATE));
    let undelivered = if holds(&dir.telling()).is_some() { Vec::new() } else { untold(&dir, &asked) };
    let at_work = holder.is_some() || holds(&dir.repair_lock()).is_some();
    let unfinished = if at_work { Vec::new() } else { unfinished(config, &dir, &history, &asked) };
    let mut services: Vec<Remembered> =
        asked.iter().map(|name| remembered(config, name, &history, &mut recent, &now)).collect();
    if let Some(age) = ticks.age_ms.filter(|_| ticks.late.is_some()) {
        // What was well then may be anything by now.
        for one in services.iter_mut().filter(|one| one.level == Level::Healthy) {
            one.summary.push_str(&format!(", but nobody looked for {}", span_text(age)));
        }
    }
    for one in &mut services {
        leave_alone(config, one, &pauses);
    }
    if let Some(held) = &holder {
        // Somebody is at it: what was down is between a stop and a start.
        for intent in history.open_intents.values() {
            if let Some(one) = services.iter_mut().find(|one| one.name == intent.service) {
                one.level = Level::Starting;
                one.summary = format!("recovering: `{}` is under way in pid {}", intent.rung, held.pid);
                one.next = None;
            }
        }
    }
    Ok(Status {
        heal: config.call(),
        project: config.name.clone(),
        host: clock::hostname(),
        at: now.at,
        duration_ms: millis(start),
        observes,
        ticks,
        holder: holder.map(|held| Holder {
            pid: held.pid,
            purpose: held.purpose,
            since: held.since,
            until: held.until,
        }),
        services,
        undelivered,
        unfinished,
        warnings,
    })
}

/// A watchdog that came to a stop looks like one that has nothing to say; only its clock tells (FAILURES F37).
fn ticks(config: &Config, last: Option<&LastRun>, busy: bool, now: &Moment) -> Ticks {
    let age_ms = last.map(|last| now.since(&last.clocks.moment));
    let late_after_ms = config.tick.map(|tick| disturbance::gap(tick).millis());
    let late = match (age_ms, config.tick) {
        // One is under way.
        _ if busy => None,
        (Some(age), Some(tick)) if late_after_ms.is_some_and(|limit| age > limit) => Some(format!(
            "the last tick was {} ago, expected every {tick}: heal is not started any more",
            span_text(age)
        )),
        _ => None,
    };
    Ticks { last: last.map(LastRun::ticks).unwrap_or_default(), age_ms, expected: config.tick, late_after_ms, late }
}

/// A pause is true now, whenever it was looked at last.
fn leave_alone(config: &Config, one: &mut Remembered, pauses: &Pauses) {
    if one.level == Level::Disabled || !config.services.iter().any(|watched| watched.name() == one.name) {
        return;
    }
    let Some(paused) = pauses.of(&one.name) else { return };
    if one.level > Level::LeftAlone {
        one.level = Level::LeftAlone;
        one.summary.push_str(" (paused)");
        one.next = None;
    }
    one.paused = Some(paused);
}

/// The layout, the state files and the databases with which something is, or a moment ago was, wrong.
fn files_in_trouble(config: &Config, history: &History) -> Vec<String> {
    let states = config.states.iter().filter(|file| file.enabled).map(|file| section(&file.name));
    let ails = |name: &String| {
        let past = history.service(name);
        past.incident.is_some() || past.warning.is_some() || past.stood.is_some()
    };
    let locks = config.locks.iter().filter(|lock| lock.enabled).map(|lock| lock::section(&lock.name));
    [SECTION.to_owned()].into_iter().chain(states).chain(locks).filter(ails).collect()
}

fn unfinished(config: &Config, dir: &DataDir, history: &History, asked: &[&str]) -> Vec<String> {
    let open = history.open_intents.values().filter(|open| asked.contains(&open.service.as_str()));
    super::unfinished::said(config, dir, history, open)
}

fn remembered(config: &Config, name: &str, history: &History, recent: &mut Recent, now: &Moment) -> Remembered {
    let watched = config.services.iter().find(|watched| watched.name() == name);
    let is_remembered = history.services.contains_key(name);
    let past = history.service(name);
    let trouble = Trouble::of(past, now);
    let (level, summary) = level(watched, past, trouble.as_ref());
    let next = (level == Level::Unhealthy).then(|| next(config, (name, watched), past, now));
    let startable = watched.filter(|watched| watched.service.is_startable()).map(|watched| &watched.service);
    let budgets = startable.map(|service| policy::budgets(service, past, now));
    let would: BTreeMap<_, _> =
        recent.would.iter().filter(|((service, _), _)| service == name).map(|((_, r), n)| (r.clone(), *n)).collect();
    Remembered {
        name: name.to_owned(),
        level,
        summary,
        known: past.known.clone(),
        is_remembered,
        held: past.held.as_ref().map(|(since, why)| (since.at, why.clone())),
        paused: None,
        trouble,
        next,
        budget: budgets.as_ref().and_then(|all| all.first().copied()),
        budgets: budgets.unwrap_or_default().into_iter().filter(|budget| budget.used > 0).collect(),
        acts: recent.acts.remove(name).unwrap_or_default(),
        would: would.into_iter().collect(),
        alarm: policy::alarm(past, config.heal_rate, now),
    }
}

/// Where it stood when a tick last looked, as far as the history tells.
fn level(watched: Option<&Watched>, past: &ServiceHistory, trouble: Option<&Trouble>) -> (Level, String) {
    if watched.is_some_and(|watched| !watched.enabled) {
        return (Level::Disabled, "enabled = false".to_owned());
    }
    if let Some((level @ (Level::Blocked | Level::LeftAlone), summary)) = &past.stood {
        return (*level, summary.clone());
    }
    if let Some(trouble) = trouble {
        let Some(well) = trouble.well_ms else {
            return match &past.stood {
                Some((level @ (Level::Unhealthy | Level::Blocked | Level::Unknown), summary)) => {
                    (*level, summary.clone())
                }
                _ => (Level::Unhealthy, trouble.summary.clone()),
            };
        };
        let stable = super::seen::rules(watched).stable_for;
        let well = format!("well again for {}, over after {stable}; it was: {}", span_text(well), trouble.summary);
        return (Level::Degraded, well);
    }
    if let Some((level, summary)) = past.stood.as_ref().filter(|(level, _)| *level != Level::Disabled) {
        return (*level, summary.clone());
    }
    if past.unseen_looks > 0 {
        return (Level::Unknown, format!("could not be seen, {} in a row", counted(past.unseen_looks, "look")));
    }
    let bad = |seen: &[Look]| u32::try_from(seen.iter().filter(|look| look.bad).count()).unwrap_or(u32::MAX);
    let failing = past.looks.iter().filter(|(_, seen)| seen.last().is_some_and(|look| look.bad));
    let failing: Vec<String> =
        failing.map(|(probe, seen)| format!("{probe}: bad, {}", counted(bad(seen), "look"))).collect();
    if !failing.is_empty() {
        return (Level::Degraded, failing.join("; "));
    }
    if past.held.is_some() {
        return (Level::Degraded, "it waits for a person".to_owned());
    }
    match &past.known {
        Some(known) => (Level::Healthy, format!("no trouble known, last recognised as pid {}", known.pid)),
        // Who runs would have been recognised, and who does not would be in trouble: nobody looked.
        None if watched.is_some_and(|one| one.service.selector.is_some() || one.service.unit.is_some()) => {
            (Level::Unknown, "no tick has seen it yet".to_owned())
        }
        None => (Level::Healthy, "no trouble known".to_owned()),
    }
}

/// What a tick would decide now if it found what the last one did.
fn next(config: &Config, (name, watched): (&str, Option<&Watched>), past: &ServiceHistory, now: &Moment) -> Decision {
    let (Some(watched), Some(incident), Some((class, summary))) = (watched, &past.incident, past.ailing()) else {
        let files = "what is allowed by `repair` is done by each tick; the rest is for a person";
        let why = if config.locks.iter().any(|lock| lock::section(&lock.name) == name) {
            "ticks try it again after pauses that grow; what is damaged is for a person"
        } else if name.starts_with('[') {
            files
        } else {
            "heal does not clean up a machine"
        };
        return Decision::Helpless { why: why.to_owned() };
    };
    let level = if incident.class == Class::Unknown { Level::Unknown } else { Level::Unhealthy };
    let standing = Standing { level, class: Some(class), summary: summary.to_owned() };
    policy::decide(&watched.service, &standing, past, &super::revert::rungs(config), now)
}

/// What waits for a channel, about those that are asked for.
fn untold(dir: &DataDir, asked: &[&str]) -> Vec<Undelivered> {
    let mut waiting = super::tell::waiting(&Spool::read(dir));
    waiting.retain(|one| one.service == crate::model::service::HOST || asked.contains(&one.service.as_str()));
    waiting
}
