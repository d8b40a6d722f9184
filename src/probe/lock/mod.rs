//! What is there to see of the locks that are declared? Their files, what these are and say, and who has them in hand: one pass
//! over all processes for all files of all locks. It judges nothing (see `policy::lock`) and changes nothing.

mod found;
mod git;
mod life;
mod names;
mod stoppable;

#[cfg(any(test, fuzzing))]
pub(crate) use names::fuzz::pid_lock as fuzz;
pub(in crate::probe) use stoppable::fits;

use std::path::{Path, PathBuf};

use nix::unistd::{SysconfVar, sysconf};

use crate::host::clock;
use crate::host::holders::{self, Wanted};
use crate::host::process::Processes;
use crate::model::lock::{Content, Grip, Holding, Life, Seen};
use crate::model::{Identity, Lock, LockKind};

/// What a look at locks may know.
#[derive(Clone, Copy)]
pub struct Eyes<'a> {
    /// The processes of this machine.
    pub processes: &'a dyn Processes,
    /// The directory of `heal.toml`.
    pub root: &'a Path,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// The processes of services that run: they are no stale holders, whatever `stop_holders` says.
    pub services: &'a [Identity],
    /// Services that run as nobody knows which process: nobody is stopped for their locks.
    pub unsure: &'a [String],
    /// Whoever has a file in hand is searched for. Else it is enough that it is not free, which costs next to nothing.
    pub names: bool,
}

impl std::fmt::Debug for Eyes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Eyes")
    }
}

/// Everything that these locks name, lock by lock.
#[must_use]
pub fn look(locks: &[&Lock], eyes: &Eyes<'_>) -> Vec<Vec<Seen>> {
    let mut all: Vec<Vec<Seen>> = locks.iter().map(|lock| found::find(lock, eyes.now_ms)).collect();
    ask(locks, &mut all, eyes);
    all
}

/// The same file, seen now; `None` when it is not there any more.
#[must_use]
pub fn look_again(lock: &Lock, path: &Path, eyes: &Eyes<'_>) -> Option<Seen> {
    let mut all = vec![found::one(lock, path.to_owned(), eyes.now_ms).into_iter().collect()];
    ask(&[lock], &mut all, eyes);
    all.into_iter().flatten().next()
}

/// Fills in who has them, and what they say.
fn ask(locks: &[&Lock], all: &mut [Vec<Seen>], eyes: &Eyes<'_>) {
    // Where nothing could be held by anybody, nobody is asked.
    let matters = |seen: &Seen| !matches!(seen.content, Content::Refused(_));
    let mut wanted = Vec::new();
    for seen in all.iter().flatten().filter(|seen| matters(seen)) {
        let main = seen.file.map(|file| Wanted { path: seen.path.clone(), file });
        wanted.extend(main);
        wanted.extend(seen.with.iter().map(|(path, file)| Wanted { path: path.clone(), file: *file }));
    }
    let look = if eyes.names { holders::look } else { holders::free };
    let mut answers = look(eyes.processes, &wanted).into_iter();
    for seen in all.iter_mut().flatten().filter(|seen| matters(seen)) {
        let count = usize::from(seen.file.is_some()) + seen.with.len();
        seen.holding = answers.by_ref().take(count).fold(Holding::Free, together);
    }
    for (lock, found) in locks.iter().zip(all) {
        let mut repositories: Vec<(PathBuf, Holding)> = Vec::new();
        for seen in found.iter_mut().filter(|seen| matters(seen)) {
            read(seen, eyes);
            if matches!(seen.content, Content::Git) {
                work_in_progress(seen, &mut repositories, eyes);
            }
            mark(seen, lock, eyes);
        }
    }
}

/// Reads what a file says that names its holder, or that is to say what it is.
fn read(seen: &mut Seen, eyes: &Eyes<'_>) {
    if !matches!(seen.kind, LockKind::Pid | LockKind::Auto) || seen.file.is_none() {
        return;
    }
    let auto = seen.kind == LockKind::Auto;
    let is_lock = seen.path.extension().is_some_and(|end| end == "lock");
    if auto && is_lock && git::directory(&seen.path).is_some() {
        (seen.kind, seen.content) = (LockKind::Git, Content::Git);
        return;
    }
    let bytes = found::content(&seen.path);
    if auto && found::is_sqlite(&seen.path, bytes.as_deref()) {
        let why = "it is a SQLite database, or beside one: only `kind = \"sqlite\"` lets heal do anything about it";
        seen.content = Content::Untold(why.to_owned());
        return;
    }
    let named = bytes.and_then(|bytes| names::parse(&bytes));
    let locked = |holder: &crate::model::Holder| holder.grip == Grip::Flock;
    let flocked = matches!(&seen.holding, Holding::Held(holders) if holders.iter().any(locked));
    match named {
        Ok(named) => {
            let written_ms = seen.age_ms.map_or(i64::MAX / 2, |age| eyes.now_ms - age);
            let life = life::life(&named, written_ms, &here(eyes));
            (seen.kind, seen.content) = (LockKind::Pid, Content::Pid(life));
        }
        Err(_) if auto && flocked => (seen.kind, seen.content) = (LockKind::Flock, Content::Flock),
        Err(why) if auto => seen.content = Content::Untold(format!("it is of no kind that heal knows: {why}")),
        Err(why) => seen.content = Content::Pid(Life::Unnamed(why)),
    }
}

fn here<'a>(eyes: &Eyes<'a>) -> life::Here<'a> {
    let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten().and_then(|ticks| u64::try_from(ticks).ok());
    // Nobody gives this process another name while it runs.
    static HOST: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    life::Here {
        processes: eyes.processes,
        now_ms: eyes.now_ms,
        boot: clock::boot_id(),
        host: HOST.get_or_init(clock::hostname),
        ticks: ticks.unwrap_or(100).max(1),
    }
}

/// Adds every git that works in the repository of this lock.
fn work_in_progress(seen: &mut Seen, known: &mut Vec<(PathBuf, Holding)>, eyes: &Eyes<'_>) {
    let Some(directory) = git::directory(&seen.path) else { return };
    if !known.iter().any(|(one, _)| one == directory) {
        known.push((directory.to_owned(), git::workers(directory, eyes.processes)));
    }
    let workers = known.iter().find(|(one, _)| one == directory).map(|(_, workers)| workers.clone());
    let before = std::mem::replace(&mut seen.holding, Holding::Free);
    seen.holding = together(before, workers.unwrap_or(Holding::Free));
}

fn mark(seen: &mut Seen, lock: &Lock, eyes: &Eyes<'_>) {
    let Some(selector) = &lock.stop_holders else { return };
    // A lock of no service in particular may be of any.
    if eyes.unsure.iter().any(|service| lock.service.as_ref().is_none_or(|own| own == service)) {
        return;
    }
    let mark = |holders: &mut [crate::model::Holder]| {
        stoppable::mark(holders, selector, eyes.root, eyes.processes, eyes.services);
    };
    if let Holding::Held(holders) = &mut seen.holding {
        mark(holders);
    }
    if let Content::Pid(Life::Alive(holder)) = &mut seen.content {
        mark(std::slice::from_mut(&mut **holder));
    }
}

/// Of two files that share a fate: whoever holds one of them counts, then what could not be said.
fn together(one: Holding, other: Holding) -> Holding {
    match (one, other) {
        (Holding::Held(mut holders), Holding::Held(others)) => {
            for other in others {
                match holders.iter_mut().find(|holder| holder.identity == other.identity) {
                    Some(holder) => holder.grip = holder.grip.max(other.grip),
                    None => holders.push(other),
                }
            }
            Holding::Held(holders)
        }
        (held @ Holding::Held(_), _) | (_, held @ Holding::Held(_)) => held,
        (unknown @ Holding::Unknown(_), _) | (_, unknown @ Holding::Unknown(_)) => unknown,
        (Holding::Free, Holding::Free) => Holding::Free,
    }
}
