//! What would the update be, and may it be made now? The remote, the repository, the services and what was done before; the
//! answer is a move that is drafted to the last path, or why there is none.

use std::collections::BTreeMap;

use super::steps::Work;
use super::{Wish, waiting};
use crate::apply::{UPDATE, fetch};
use crate::config::{Config, DEFER_TIMEOUT, Watched};
use crate::error::Result;
use crate::host::clock;
use crate::host::exec::{self, Job};
use crate::host::git::{self, Apart};
use crate::model::not_updated::NotUpdated;
use crate::model::refused::Refused;
use crate::model::revert::Ground;
use crate::model::update::{Advance, Phase};
use crate::model::{Event, History, redact};
use crate::pipeline::Options;
use crate::pipeline::look::Looker;
use crate::policy;
use crate::policy::revert::{clear, stands};
use crate::probe::identify::Who;

/// Paths of data that are named one by one.
const NAMED: usize = 5;

/// Asks the remote, and says how what is checked out stands to it.
pub(super) fn ask(config: &Config) -> std::result::Result<(Ground, Apart), NotUpdated> {
    let (ground, branch) = ground(config)?;
    fetch(&ground.repo, &config.git.remote, &branch, UPDATE).map_err(NotUpdated::Unreachable)?;
    let repo = git::open(&config.root).map_err(NotUpdated::Repository)?;
    let apart = git::apart(&repo, ground.head.as_deref().unwrap_or_default(), UPDATE);
    Ok((ground, apart.map_err(NotUpdated::Repository)?))
}

/// The repository, and the branch that is followed: the configured one, else the one that is checked out.
fn ground(config: &Config) -> std::result::Result<(Ground, String), NotUpdated> {
    let refused = NotUpdated::Repository;
    let repo = git::open(&config.root).map_err(refused)?;
    let ground = git::look(&repo).map_err(refused)?;
    let branch = config.git.branch.as_ref().map(|name| format!("refs/heads/{name}"));
    let branch = branch.or_else(|| ground.reference.clone()).ok_or(refused(Refused::Detached))?;
    if ground.head.is_none() {
        return Err(refused(Refused::Unborn));
    }
    // git itself runs here, and so does whatever the repository's settings name.
    if let Some((path, uid)) = &ground.foreign {
        return Err(refused(Refused::Foreign { path: path.clone(), uid: *uid }));
    }
    Ok((ground, branch))
}

/// Did a service run it here, and was not well?
pub(super) fn is_bad(history: &History, commit: &str) -> bool {
    let bad = |phase| matches!(phase, Phase::RolledBack | Phase::Returning);
    history.updates.iter().any(|one| one.commit == commit && one.bad && bad(one.phase))
}

/// The move, if there is anything to move to.
pub(super) fn drafted(
    config: &Config,
    history: &History,
    wish: Wish,
) -> std::result::Result<Option<Advance>, NotUpdated> {
    let (ground, _) = ground(config)?;
    let repo = git::open(&config.root).map_err(NotUpdated::Repository)?;
    let apart = git::apart(&repo, ground.head.as_deref().unwrap_or_default(), UPDATE);
    let apart = apart.map_err(NotUpdated::Repository)?;
    if apart.behind == 0 || (is_bad(history, &apart.theirs) && !wish.again) {
        return Ok(None);
    }
    if let Some(waiting) = waiting(config, &history.updates) {
        return Err(waiting);
    }
    meets(config, &apart).map(Some)
}

/// The move to what was fetched, if nothing is in its way.
pub(super) fn meets(config: &Config, apart: &Apart) -> std::result::Result<Advance, NotUpdated> {
    let refused = NotUpdated::Repository;
    let (ground, _) = ground(config)?;
    // Of a shallow history the part that matters is there: what was fetched reaches down to what is checked out.
    stands(config.git.branch.as_deref(), &Ground { shallow: false, ..ground.clone() }).map_err(refused)?;
    if apart.ahead > 0 {
        let repo = ground.repo.display().to_string();
        return Err(NotUpdated::Diverged { repo, ahead: apart.ahead, behind: apart.behind });
    }
    moved(config, &ground, &apart.theirs, false)
}

/// A move of the branch, with nothing in its way and no data among what it changes.
pub(super) fn moved(
    config: &Config,
    ground: &Ground,
    commit: &str,
    back: bool,
) -> std::result::Result<Advance, NotUpdated> {
    let repo = git::open(&config.root).map_err(NotUpdated::Repository)?;
    let moved = git::advance(&repo, ground, commit, back).map_err(NotUpdated::Repository)?;
    let data = moved.paths.iter().filter(|path| ground.repo.join(path).starts_with(&config.data_dir));
    let data: Vec<String> = data.take(NAMED).map(|path| path.display().to_string()).collect();
    if !data.is_empty() {
        return Err(NotUpdated::Data(data));
    }
    clear(&moved.meets).map_err(NotUpdated::Repository)?;
    Ok(moved.advance)
}

/// The services that run the code, in the order in which they are restarted, if this is a time for it.
pub(super) fn ready<'c>(
    config: &'c Config,
    options: &Options,
    work: &mut Work<'_>,
    advance: &Advance,
    wish: Wish,
) -> Result<std::result::Result<Vec<&'c Watched>, NotUpdated>> {
    let services = runs(config);
    let looker = Looker::new(config, options, work.history(), work.dir, clock::now())?;
    let mut ready = Vec::new();
    for watched in services {
        let past = work.history().service(watched.name());
        let service = watched.name().to_owned();
        if let Some(paused) = looker.pauses.of_others(&service, looker.processes.lineage()) {
            return Ok(Err(NotUpdated::Paused { service, words: paused.words() }));
        }
        if let Some((_, reason)) = &past.held {
            work.made.warnings.push(format!("{service} is held, and is not restarted: {reason}"));
            continue;
        }
        let (who, told) = looker.met_again(watched, past);
        // Stopped or masked by whoever runs the machine: it is not for an update to start it.
        if let Some(wish) = told.and_then(std::result::Result::ok).and_then(|told| told.wish) {
            work.made.warnings.push(format!("{service} is left alone, and not restarted: {wish}"));
            continue;
        }
        match who {
            Who::Unknown { why } => return Ok(Err(NotUpdated::Unseen { service, why })),
            Who::Running { .. } | Who::Gone { .. } => ready.push(watched),
            Who::Unwatched => {
                work.made.warnings.push(format!("{service}: nothing says how to recognise it; restart it yourself"));
            }
        }
    }
    if !wish.now && !config.update.defer_if.is_empty() {
        options.progress("asking `defer_if`");
        if let Err(refused) = defer(config, work, advance)? {
            return Ok(Err(refused));
        }
    }
    Ok(Ok(ready))
}

/// Those that the owner named, else all that heal can start.
pub(super) fn runs(config: &Config) -> Vec<&Watched> {
    let named = |watched: &&Watched| match &config.update.services {
        Some(names) => names.iter().any(|name| name == watched.name()),
        None => watched.service.launch.is_some() || watched.service.unit.is_some(),
    };
    let services: Vec<&Watched> = config.services.iter().filter(|one| one.enabled).filter(named).collect();
    let order = policy::order(&services.iter().map(|watched| &watched.service).collect::<Vec<_>>());
    order.into_iter().map(|place| services[place]).collect()
}

/// Is now a time for it? Only a clear no goes ahead (FAILURES F12): a question that cannot be asked is not answered.
fn defer(config: &Config, work: &mut Work<'_>, advance: &Advance) -> Result<std::result::Result<(), NotUpdated>> {
    let env: BTreeMap<String, String> = [("HEAL_UPDATE".to_owned(), advance.commit.clone())].into();
    let argv = &config.update.defer_if;
    let asked = exec::run(&Job { argv, cwd: &config.root, env: &env, stdin: b"", timeout: DEFER_TIMEOUT.get() });
    let busy = match &asked {
        Ok(ended) => match ended.status.and_then(|status| status.code()) {
            Some(0) => true,
            Some(1) => false,
            _ => {
                let why = format!("`{}` {}", argv.first().map_or("", String::as_str), ended.how());
                return Ok(Err(NotUpdated::Unclear(format!("{why}: {}", redact::line(ended.last_line())))));
            }
        },
        Err(why) => return Ok(Err(NotUpdated::Unclear(why.clone()))),
    };
    if !busy {
        return Ok(Ok(()));
    }
    let since = |history: &History| {
        let waits = |one: &&crate::model::update::Update| one.phase == Phase::Deferred && one.commit == advance.commit;
        history.updates.iter().find(waits).map(|one| clock::now().since(&one.when))
    };
    let waits_ms = since(work.history()).unwrap_or(0);
    let most_ms = config.update.defer_for.millis();
    if waits_ms >= most_ms {
        work.made.warnings.push(format!("`defer_if` still says no; it waited for {}", config.update.defer_for));
        return Ok(Ok(()));
    }
    let detail = "`defer_if` says that now is no time for it".to_owned();
    let (commit, services) = (advance.commit.clone(), Vec::new());
    work.record(Event::UpdateStands { commit, phase: Phase::Deferred, services, detail })?;
    Ok(Err(NotUpdated::Deferred { waits_ms, most_ms }))
}
