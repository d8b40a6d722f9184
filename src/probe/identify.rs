//! Which process is the service? Selector, pidfile, start command and recorded identity are weighed; disagreement is "unknown".
//! A pid or a substring alone never names anybody (DESIGN §6, "Who is it").

use std::collections::HashMap;
use std::path::Path;

use super::index::Index;
use super::program::parse_pid;
use crate::host::process::{Detail, Process, Processes};
use crate::host::{files, resources, trust};
use crate::model::report::Considered;
use crate::model::service::MARK;
use crate::model::units::a_few;
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
        /// What belongs to the same service and ends with it: further matches where several may be, and the life that heal
        /// started when that is only the wrapper around it.
        also: Vec<Process>,
    },
    /// Positively nobody: every place where it would be was looked at.
    Gone {
        /// What was looked at.
        why: String,
        /// What the ended process left behind in the session that heal gave it, proved by the mark that heal gave it as
        /// well. A new start beside it would be a second service.
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

/// What a search came to.
struct Scanned {
    /// Everybody who fits.
    found: Vec<Match>,
    /// Who may fit, in words: whoever fits for certain goes before.
    doubts: Vec<String>,
    /// Who could not be looked at, in words.
    unseen: Vec<String>,
}

/// What one candidate is.
pub(super) enum Fit {
    /// It is the service, recognised like this.
    Yes(&'static str),
    /// It is somebody else, because.
    No(String),
    /// It could be; nothing decides it.
    Perhaps(String),
}

/// What the history says about who it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Memory<'a> {
    /// The life that it was last recognised as.
    pub known: Option<&'a Identity>,
    /// The life that heal last started for it, and the intent, which its processes carry in their environment. It need
    /// not be the service itself: a `run.sh` may stay around it.
    pub started: Option<(&'a Identity, &'a str)>,
    /// Whose the recorded lives of all services are.
    pub claims: Option<&'a Claims>,
}

/// Which service each recorded life belongs to: one process is never two services.
#[derive(Clone, Debug, Default)]
pub struct Claims(HashMap<i32, Vec<(Identity, String)>>);

impl Claims {
    /// This life is that service.
    pub fn add(&mut self, identity: &Identity, service: &str) {
        self.0.entry(identity.pid).or_default().push((identity.clone(), service.to_owned()));
    }

    /// Another service that this life is.
    #[must_use]
    pub fn other(&self, identity: &Identity, service: &str) -> Option<&str> {
        let mut owners = self.0.get(&identity.pid)?.iter().filter(|(life, _)| life == identity);
        owners.find(|(_, owner)| owner != service).map(|(_, owner)| owner.as_str())
    }
}

/// How the life is recognised that heal started and that does not fit `match`, which is not healthy.
pub(super) const NOT_YET: &str = "the life that heal started, though it does not fit `match` (yet)";

/// Finds the service's process. With `explain`, whoever was looked at is listed, those who only half fit as well, and why
/// each is or is not the service.
#[must_use]
pub fn identify(
    service: &Service,
    root: &Path,
    memory: Memory<'_>,
    processes: &dyn Processes,
    explain: bool,
) -> (Who, Vec<Considered>) {
    identify_in(&Index::new([service], explain), service, root, memory, processes)
}

/// As [`identify`], for one of many services that share a pass over the process table.
#[must_use]
pub fn identify_in(
    index: &Index,
    service: &Service,
    root: &Path,
    memory: Memory<'_>,
    processes: &dyn Processes,
) -> (Who, Vec<Considered>) {
    let Some(selector) = &service.selector else { return (Who::Unwatched, Vec::new()) };
    let search = Search { index, service, selector, root, memory, processes };
    let mut considered = Vec::new();
    let who = search.run(&mut considered);
    (who, considered)
}

pub(super) struct Search<'a> {
    pub(super) index: &'a Index,
    pub(super) service: &'a Service,
    pub(super) selector: &'a Selector,
    pub(super) root: &'a Path,
    pub(super) memory: Memory<'a>,
    pub(super) processes: &'a dyn Processes,
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
                    self.note(considered, process, true, how);
                    let also = self.wrapper(process).into_iter().collect();
                    return Who::Running { process: process.clone(), how: format!("pidfile and {how}"), also };
                }
                Fit::Yes(_) => in_pidfile = Some(process.identity.pid),
                // It does not count: what runs under that pid is somebody else.
                Fit::No(reason) => {
                    self.note(considered, process, false, &format!("named by the pidfile, but {reason}"))
                }
                Fit::Perhaps(reason) => {
                    self.note(considered, process, false, &reason);
                    let why = format!(
                        "the pidfile names pid {}, which runs `{}`; {reason}",
                        process.identity.pid,
                        process.command()
                    );
                    return Who::Unknown { why };
                }
            }
        }
        let Scanned { mut found, mut doubts, unseen } = match self.scan(considered) {
            Ok(result) => result,
            Err(why) => return Who::Unknown { why },
        };
        if self.selector.pidfile.is_some() && self.selector.args_contain.is_none() {
            doubts.extend(self.only_by_program(&mut found, in_pidfile));
        }
        only_roots(&mut found);
        match (found.len(), in_pidfile) {
            // Who is searched for by the same words and could not be looked at may be a second one.
            (_, _) if !unseen.is_empty() => Who::Unknown { why: a_few(&unseen, "; ") },
            (0, _) if !doubts.is_empty() => Who::Unknown { why: a_few(&doubts, "; ") },
            (0, _) => self.absent(pidfile.as_deref()),
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
                        a_few(&pids, ", "),
                        self.selector.max_matches
                    ),
                }
            }
            _ => {
                // Of several that may be, the pidfile names the first among equals.
                let first =
                    found.iter().position(|(process, _)| in_pidfile.is_some_and(|pid| self.holds(process, pid)));
                let (process, how) = found.swap_remove(first.unwrap_or(0));
                let also = found.into_iter().map(|(process, _)| process).chain(self.wrapper(&process)).collect();
                Who::Running { process: Box::new(process), how: how.to_owned(), also }
            }
        }
    }

    /// Takes those out who fit by their program alone, where a pidfile is to say which of them it is and does not name them: the
    /// same program in the same directory may be anything. Answers with them in words.
    fn only_by_program(&self, found: &mut Vec<Match>, in_pidfile: Option<i32>) -> Vec<String> {
        let proved = |(process, _): &Match| {
            self.memory.known == Some(&process.identity)
                || in_pidfile.is_some_and(|pid| self.holds(process, pid))
                || matches!(self.tie(process), Fit::Yes(_))
        };
        let (proved, rest): (Vec<Match>, Vec<Match>) = found.drain(..).partition(proved);
        *found = proved;
        let doubt = |(process, _): Match| {
            let (pid, command) = (process.identity.pid, process.command());
            format!("pid {pid} runs `{command}`, but the pidfile does not name it; add `args_contain` to `match`")
        };
        rest.into_iter().map(doubt).collect()
    }

    /// The other service that this process is.
    pub(super) fn owner(&self, process: &Process) -> Option<&str> {
        self.memory.claims?.other(&process.identity, &self.service.name)
    }

    /// Does it carry the mark of the start that the history knows?
    pub(super) fn is_marked(&self, process: &Process) -> bool {
        let mark = self.memory.started.map(|(_, intent)| format!("{MARK}={intent}"));
        mark.is_some_and(|mark| self.processes.has_variable(process.identity.pid, &mark))
    }

    /// The life that heal started, where the service runs inside it: it would start the service again, or outlive it.
    pub(super) fn wrapper(&self, process: &Process) -> Option<Process> {
        let start = self.living_start().filter(|start| start.identity != process.identity)?;
        self.holds(&start, process.identity.pid).then_some(start)
    }

    /// The process that the pidfile names: `Ok(None)` when the file is missing or the pid is free.
    pub(super) fn pidfile(&self, path: &Path) -> Result<Option<Box<Process>>, String> {
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

    /// Why it could be somebody whom we are not shown. Our own processes we are.
    fn hidden(&self) -> Option<String> {
        let me = trust::me().as_raw();
        let ours = self.selector.user.as_ref().is_some_and(|user| resources::uid(user).is_ok_and(|uid| uid == me));
        let why = self.processes.unseen().filter(|_| !ours)?;
        let user = resources::user(me);
        Some(format!("{why}; with `user = \"{user}\"` in its `match` it is none of theirs"))
    }

    /// Everybody in the process table who fits, the doubtful cases, and those who could not be looked at.
    fn scan(&self, considered: &mut Vec<Considered>) -> Result<Scanned, String> {
        let (mut found, mut doubts, mut unseen) = (Vec::new(), Vec::new(), Vec::new());
        let mut pids = self.index.candidates(&self.service.name, self.processes)?.to_vec();
        if let Some(why) = self.hidden() {
            return Err(why);
        }
        // The life that it was last recognised as is looked at whatever it calls itself by now.
        if let Some(known) = self.memory.known.filter(|known| !pids.contains(&known.pid)) {
            pids.push(known.pid);
        }
        for pid in pids.into_iter().filter(|pid| !self.processes.lineage().contains(pid)) {
            let process = match self.processes.detail(pid) {
                Detail::Seen(process) if !process.is_zombie() => process,
                Detail::Hidden(why) => {
                    unseen.push(format!("pid {pid} cannot be looked at: {why}"));
                    continue;
                }
                _ => continue,
            };
            match self.fits(&process) {
                Fit::Yes(how) => {
                    self.note(considered, &process, true, how);
                    found.push((*process, how));
                }
                Fit::No(reason) => self.note(considered, &process, false, &reason),
                Fit::Perhaps(_) if !self.is_start(&process) => {
                    self.note(considered, &process, false, "it is not the start command");
                }
                Fit::Perhaps(_) if self.is_elsewhere(&process) => {
                    self.note(considered, &process, false, "it runs in another directory");
                }
                Fit::Perhaps(reason) => {
                    self.note(considered, &process, false, &reason);
                    doubts.push(format!("pid {} runs `{}`; {reason}", process.identity.pid, process.command()));
                }
            }
        }
        Ok(Scanned { found, doubts, unseen })
    }

    /// For `--explain`: most runs ask nobody why.
    fn note(&self, considered: &mut Vec<Considered>, process: &Process, fits: bool, reason: &str) {
        if self.index.explain {
            let (pid, command) = (process.identity.pid, process.command());
            considered.push(Considered { pid, command, fits, reason: reason.to_owned() });
        }
    }
}

/// A server that forks keeps its command line in each child: only the topmost of them is the service.
fn only_roots(found: &mut Vec<Match>) {
    let pids: Vec<i32> = found.iter().map(|(process, _)| process.identity.pid).collect();
    found.retain(|(process, _)| !pids.contains(&process.parent));
}

#[cfg(test)]
#[path = "identify_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "identify_memory_tests.rs"]
mod memory_tests;
