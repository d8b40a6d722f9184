//! Which process is the service? Selector, pidfile, start command and recorded identity are weighed; disagreement is "unknown".
//! A pid or a substring alone never names anybody (DESIGN §6, "Who is it").

use std::path::Path;

use super::index::Index;
use super::program::{contains, is_program, is_start, parse_pid};
use crate::host::process::{Detail, Process, Processes, command_text, was_reused};
use crate::host::{files, resources};
use crate::model::report::Considered;
use crate::model::{Identity, Selector, Service};

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Exactly one process (with its children) is the service.
    Running {
        /// The process.
        process: Box<Process>,
        /// How it was recognised.
        how: String,
    },
    /// Positively nobody: every place where it would be was looked at.
    Gone {
        /// What was looked at.
        why: String,
        /// What the ended process left behind in the session that heal gave it. It is nobody else's, and a new start
        /// beside it would be a second service.
        left: Vec<Process>,
    },
    /// It cannot be said, or the evidence disagrees.
    Unknown {
        /// Why, and what would settle it.
        why: String,
    },
    /// Nothing says how to recognise it.
    Unwatched,
}

/// A process that fits, and how it was recognised.
type Match = (Process, &'static str);

/// What one candidate is.
enum Fit {
    Yes(&'static str),
    No(String),
    /// It could be; nothing decides it.
    Perhaps(String),
}

/// Finds the service's process. `known` is the life that it was last recognised as. With `explain`, processes that only
/// half fit are looked at as well, and say why they do not.
#[must_use]
pub fn identify(
    service: &Service,
    root: &Path,
    known: Option<&Identity>,
    processes: &dyn Processes,
    explain: bool,
) -> (Who, Vec<Considered>) {
    identify_in(&Index::new([service], explain), service, root, known, processes)
}

/// As [`identify`], for one of many services that share a pass over the process table.
#[must_use]
pub fn identify_in(
    index: &Index,
    service: &Service,
    root: &Path,
    known: Option<&Identity>,
    processes: &dyn Processes,
) -> (Who, Vec<Considered>) {
    let Some(selector) = &service.selector else { return (Who::Unwatched, Vec::new()) };
    let search = Search { index, service, selector, root, known, processes };
    let mut considered = Vec::new();
    let who = search.run(&mut considered);
    (who, considered)
}

struct Search<'a> {
    index: &'a Index,
    service: &'a Service,
    selector: &'a Selector,
    root: &'a Path,
    known: Option<&'a Identity>,
    processes: &'a dyn Processes,
}

impl Search<'_> {
    fn run(&self, considered: &mut Vec<Considered>) -> Who {
        let pidfile = match self.selector.pidfile.as_ref().map(|path| self.pidfile(path)) {
            None => None,
            Some(Err(why)) => return Who::Unknown { why },
            Some(Ok(found)) => found,
        };
        let mut in_pidfile = None;
        if let Some(process) = &pidfile {
            match self.fits(process) {
                // Without names to search for, the pidfile is the last word.
                Fit::Yes(how) if !self.selector.names_program() => {
                    note(considered, process, true, how);
                    return Who::Running { process: process.clone(), how: format!("pidfile and {how}") };
                }
                Fit::Yes(_) => in_pidfile = Some(process.identity.pid),
                // It does not count: what runs under that pid is somebody else.
                Fit::No(reason) => note(considered, process, false, &format!("named by the pidfile, but {reason}")),
                Fit::Perhaps(reason) => {
                    note(considered, process, false, &reason);
                    let why = format!(
                        "the pidfile names pid {}, which runs `{}`; {reason}",
                        process.identity.pid,
                        process.command()
                    );
                    return Who::Unknown { why };
                }
            }
        }
        let (mut found, doubts) = match self.scan(considered) {
            Ok(result) => result,
            Err(why) => return Who::Unknown { why },
        };
        only_roots(&mut found);
        match (found.len(), in_pidfile) {
            (0, _) if !doubts.is_empty() => Who::Unknown { why: doubts.join("; ") },
            (0, _) => Who::Gone { why: self.nobody(pidfile.as_deref()), left: self.left_behind() },
            (1, Some(pid)) if !found.iter().any(|(process, _)| self.holds(process, pid)) => {
                let why = format!(
                    "the pidfile names pid {pid}, but pid {} fits as well; stop one of them or remove the pidfile",
                    found[0].0.identity.pid
                );
                Who::Unknown { why }
            }
            (count, _) if count > self.selector.max_matches => {
                let pids: Vec<String> = found.iter().map(|(process, _)| process.identity.pid.to_string()).collect();
                Who::Unknown {
                    why: format!(
                        "{count} processes fit (pids {}), at most {} may: narrow `match`, or stop the ones too many",
                        pids.join(", "),
                        self.selector.max_matches
                    ),
                }
            }
            _ => {
                let (process, how) = found.swap_remove(0);
                Who::Running { process: Box::new(process), how: how.to_owned() }
            }
        }
    }

    /// The process that the pidfile names: `Ok(None)` when the file is missing or the pid is free.
    fn pidfile(&self, path: &Path) -> Result<Option<Box<Process>>, String> {
        let shown = path.display();
        let text = match files::read_text(&self.root.join(path), 64) {
            Ok(text) => text,
            Err(files::Unread::Missing) => return Ok(None),
            Err(why) => return Err(format!("the pidfile {shown} cannot be read: {why}")),
        };
        let pid = parse_pid(&text).ok_or_else(|| {
            format!("the pidfile {shown} holds no pid; look at it, and remove it if the service is not running")
        })?;
        if self.processes.lineage().contains(&pid) {
            return Err(format!("the pidfile {shown} names pid {pid}, which is heal itself or what started it"));
        }
        match self.processes.detail(pid) {
            Detail::Gone => Ok(None),
            Detail::Seen(process) if process.is_zombie() => Ok(None),
            Detail::Seen(process) => Ok(Some(process)),
            Detail::Hidden(why) => Err(format!("pid {pid} of the pidfile {shown} cannot be looked at: {why}")),
        }
    }

    /// Everybody in the process table who fits, and the doubtful cases in words.
    fn scan(&self, considered: &mut Vec<Considered>) -> Result<(Vec<Match>, Vec<String>), String> {
        let (mut found, mut doubts) = (Vec::new(), Vec::new());
        let mut pids = self.index.candidates(&self.service.name, self.processes)?.to_vec();
        // The life that it was last recognised as is looked at whatever it calls itself by now.
        if let Some(known) = self.known.filter(|known| !pids.contains(&known.pid)) {
            pids.push(known.pid);
        }
        for pid in pids.into_iter().filter(|pid| !self.processes.lineage().contains(pid)) {
            let process = match self.processes.detail(pid) {
                Detail::Seen(process) if !process.is_zombie() => process,
                Detail::Hidden(why) => {
                    doubts.push(format!("pid {pid} cannot be looked at: {why}"));
                    continue;
                }
                _ => continue,
            };
            match self.fits(&process) {
                Fit::Yes(how) => {
                    note(considered, &process, true, how);
                    found.push((*process, how));
                }
                Fit::No(reason) => note(considered, &process, false, &reason),
                Fit::Perhaps(_) if !self.is_start(&process) => {
                    note(considered, &process, false, "it is not the start command");
                }
                Fit::Perhaps(_) if self.is_elsewhere(&process) => {
                    note(considered, &process, false, "it runs in another directory");
                }
                Fit::Perhaps(reason) => {
                    note(considered, &process, false, &reason);
                    doubts.push(format!("pid {} runs `{}`; {reason}", process.identity.pid, process.command()));
                }
            }
        }
        Ok((found, doubts))
    }

    fn fits(&self, process: &Process) -> Fit {
        match self.names_fit(process) {
            Fit::Yes(_) => {}
            other => return other,
        }
        if self.known == Some(&process.identity) {
            return Fit::Yes("the recorded identity");
        }
        if self.selector.names_program() {
            return self.place(process);
        }
        self.tie(process)
    }

    /// What the selector says about the process itself. What may not be seen is a doubt, never a "no": taken for dead, a
    /// service would be started twice.
    fn names_fit(&self, process: &Process) -> Fit {
        let selector = self.selector;
        if let Some(name) = &selector.executable {
            match is_program(process, name) {
                Some(true) => {}
                Some(false) => return Fit::No(format!("its program is not {name}")),
                None => return Fit::Perhaps(format!("heal may not see whether its program is {name}")),
            }
        }
        if let Some(part) = &selector.args_contain
            && !contains(&process.args, part)
        {
            return Fit::No(format!("its arguments do not contain `{part}`"));
        }
        if let Some(age) = selector.min_age
            && process.age_ms < age.millis()
        {
            return Fit::No(format!("it is younger than {age}"));
        }
        if let Some(user) = &selector.user {
            match (resources::uid(user), process.uid) {
                (Ok(wanted), Some(uid)) if wanted == uid => {}
                (Ok(_), Some(_)) => return Fit::No(format!("it does not run as {user}")),
                (Ok(_), None) => return Fit::Perhaps("heal may not see as whom it runs".to_owned()),
                (Err(why), _) => return Fit::Perhaps(why),
            }
        }
        if let Some(cwd) = &selector.cwd {
            match &process.cwd {
                Some(actual) if *actual == self.root.join(cwd) => {}
                Some(_) => return Fit::No(format!("it does not run in {}", cwd.display())),
                None => return Fit::Perhaps("heal may not see where it runs".to_owned()),
            }
        }
        Fit::Yes("match")
    }

    /// The same program in another directory is another service. Only said for services that heal starts itself: there
    /// the directory is known. One that went to `/` like a daemon could be ours or a stranger's.
    fn place(&self, process: &Process) -> Fit {
        let Some(launch) = self.service.launch.as_ref().filter(|_| self.selector.cwd.is_none()) else {
            return Fit::Yes("match");
        };
        let homes = [launch.cwd.as_path(), self.root];
        let inside = |path: &Path| homes.iter().any(|home| path.starts_with(home));
        let names_us = process.args.iter().any(|arg| Path::new(arg).is_absolute() && inside(Path::new(arg)))
            || process.exe.as_deref().is_some_and(inside);
        match &process.cwd {
            _ if names_us => Fit::Yes("match"),
            Some(cwd) if inside(cwd) => Fit::Yes("match"),
            Some(cwd) if cwd != Path::new("/") => Fit::No(format!("it runs in another directory, {}", cwd.display())),
            _ => Fit::Perhaps(
                "its directory does not tell whose it is; add `cwd = \"/\"` to `match` if it is this service"
                    .to_owned(),
            ),
        }
    }

    /// Where nothing but a pidfile names the service, only the start command is a reason to doubt that it is gone.
    fn is_start(&self, process: &Process) -> bool {
        let launch = self.service.launch.as_ref();
        self.selector.names_program() || launch.is_none_or(|launch| is_start(&process.args, &launch.argv))
    }

    /// The same start command in another directory starts another service: no reason to doubt that ours is gone.
    fn is_elsewhere(&self, process: &Process) -> bool {
        let (Some(launch), Some(cwd), None) = (&self.service.launch, &process.cwd, &self.selector.cwd) else {
            return false;
        };
        cwd != Path::new("/") && !cwd.starts_with(&launch.cwd) && !cwd.starts_with(self.root)
    }

    /// A process known only by its pidfile has to be tied to the service: the start command, the recorded life, or a descent from either.
    fn tie(&self, process: &Process) -> Fit {
        if let Some(known) = self.known {
            if process.identity.pid == known.pid && process.identity != *known {
                return Fit::No("it is a later life of that pid".to_owned());
            }
            if process.identity.boot == known.boot
                && process.session == known.pid
                && process.identity.start >= known.start
                && !was_reused(self.processes, known)
            {
                return Fit::Yes("the session that heal started");
            }
        }
        if let Some(launch) = &self.service.launch {
            let mut pid = process.identity.pid;
            for _ in 0..16 {
                let Detail::Seen(ancestor) = self.processes.detail(pid) else { break };
                if is_start(&ancestor.args, &launch.argv) && ancestor.cwd.as_deref().is_none_or(|cwd| cwd == launch.cwd)
                {
                    return Fit::Yes("the start command");
                }
                if ancestor.parent <= 1 || self.processes.lineage().contains(&ancestor.parent) {
                    break;
                }
                pid = ancestor.parent;
            }
        }
        Fit::Perhaps(
            "nothing ties it to this service; add `executable` or `args_contain` to `match`, or remove a stale pidfile"
                .to_owned(),
        )
    }

    fn holds(&self, root: &Process, pid: i32) -> bool {
        let mut at = pid;
        for _ in 0..16 {
            if at == root.identity.pid {
                return true;
            }
            match self.processes.detail(at) {
                Detail::Seen(process) if process.parent > 1 => at = process.parent,
                _ => return false,
            }
        }
        false
    }

    /// The living rest of the session that heal gave to the last life. A session's number is not given away while anybody
    /// is in it, so these can be nobody else's.
    fn left_behind(&self) -> Vec<Process> {
        let this_boot = |known: &&Identity| known.boot == crate::host::clock::boot_id();
        let Some(known) = self.known.filter(this_boot).filter(|known| !was_reused(self.processes, known)) else {
            return Vec::new();
        };
        let family = self.processes.family().unwrap_or_default();
        let members = family.into_iter().filter(|kin| kin.session == known.pid && kin.pid != known.pid);
        let living = members.filter_map(|kin| match self.processes.detail(kin.pid) {
            Detail::Seen(process) if !process.is_zombie() && process.identity.start >= known.start => Some(*process),
            _ => None,
        });
        living.filter(|process| !self.processes.lineage().contains(&process.identity.pid)).collect()
    }

    fn nobody(&self, stale: Option<&Process>) -> String {
        let mut why = vec!["no process fits".to_owned()];
        if let Some(process) = stale {
            why.push(format!(
                "the pidfile is stale: pid {} is now `{}`, and is left alone",
                process.identity.pid,
                process.command()
            ));
        }
        if let Some(known) = self.known
            && known.boot == crate::host::clock::boot_id()
        {
            why.push(format!("it last ran as pid {}", known.pid));
        }
        why.join("; ")
    }
}

/// A server that forks keeps its command line in each child: only the topmost of them is the service.
fn only_roots(found: &mut Vec<Match>) {
    let pids: Vec<i32> = found.iter().map(|(process, _)| process.identity.pid).collect();
    found.retain(|(process, _)| !pids.contains(&process.parent));
}

fn note(considered: &mut Vec<Considered>, process: &Process, fits: bool, reason: &str) {
    considered.push(Considered {
        pid: process.identity.pid,
        command: command_text(&process.args),
        fits,
        reason: reason.to_owned(),
    });
}

#[cfg(test)]
#[path = "identify_tests.rs"]
mod tests;
