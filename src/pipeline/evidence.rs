//! What is there to see before an act destroys it? Asks everything at once, bounded in time and size, secrets masked.
//! It never keeps anybody from healing: what cannot be captured is a note in the evidence.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::millis;
use crate::config::Watched;
use crate::host::commits;
use crate::host::files::{self, Unread};
use crate::host::gather::{Question, gather};
use crate::host::process::{Detail, Open, Processes};
use crate::model::evidence::{Specimen, Tail};
use crate::model::{Change, Evidence, redact};

/// All of it together may take this long.
pub(super) const LIMIT: Duration = Duration::from_secs(2);

/// What git may take of it.
const GIT: Duration = Duration::from_millis(1_500);

/// Processes that are looked at closely, of all that are stopped by name.
const PROCESSES: usize = 4;

/// Children that are named, of each process.
const CHILDREN: usize = 10;

/// Logs whose ends are kept.
const LOGS: usize = 4;

/// Lines of each log, and bytes that they are looked for in.
const LINES: usize = 20;
const BYTES: u64 = 64 * 1024;

/// Characters of a line; a line of JSON may be longer than everything else together.
const WIDTH: usize = 400;

/// Commits that are named.
const COMMITS: usize = 3;

/// Files that a glob may fit; the newest is the log.
const MOST_FILES: usize = 10_000;

/// Probes whose file is written by the service for people to read.
const LOG_PROBES: [&str; 2] = ["fresh", "log"];

/// What an answer adds to the evidence.
type Fill = Box<dyn FnOnce(&mut Evidence) + Send>;

/// Captures what is to be seen of a service that is about to be stopped, started, or both. Takes at most [`LIMIT`].
pub(super) fn capture(processes: &Arc<dyn Processes>, watched: &Watched, root: &Path, changes: &[Change]) -> Evidence {
    let start = Instant::now();
    let mut evidence = Evidence::default();
    let mut asked: Vec<String> = Vec::new();
    let mut questions: Vec<Question<Fill>> = Vec::new();
    for change in changes {
        let (Change::StopProcess { identity, command, .. }
        | Change::AskSupervisor { life: Some((identity, command)), .. }) = change
        else {
            continue;
        };
        let (at, pid) = (evidence.processes.len(), identity.pid);
        if at == PROCESSES {
            evidence.notes.push(format!("only {PROCESSES} of the processes were looked at"));
            break;
        }
        evidence.processes.push(Specimen { pid, command: command.clone(), ..Specimen::default() });
        for (what, ask) in FACTS {
            let processes = Arc::clone(processes);
            asked.push(format!("{what} of pid {pid}"));
            questions.push(Box::new(move || ask(processes.as_ref(), pid, at)));
        }
    }
    let logs = logs(watched, root);
    evidence.logs = logs.iter().map(|_| Tail::default()).collect();
    for (at, (path, output)) in logs.into_iter().enumerate() {
        asked.push(format!("the end of {}", short(&path, root)));
        let root = root.to_owned();
        questions.push(Box::new(move || tail(&path, &root, output, at)));
    }
    asked.push("the latest commits".to_owned());
    let folder = root.to_owned();
    questions.push(Box::new(move || {
        let found = commits::latest(&folder, COMMITS, GIT);
        filled(found, |evidence, commits| evidence.commits = commits)
    }));
    for (answer, what) in gather(LIMIT, questions).into_iter().zip(asked) {
        match answer {
            Some(fill) => fill(&mut evidence),
            None => evidence.notes.push(format!("{what}: no answer within {} s", LIMIT.as_secs())),
        }
    }
    evidence.logs.retain(|tail| !tail.lines.is_empty());
    for note in &mut evidence.notes {
        *note = clip(&redact::line(note));
    }
    evidence.took_ms = millis(start);
    evidence.cut()
}

/// A question about a process: its pid, and its place in the evidence.
type Ask = fn(&dyn Processes, i32, usize) -> Fill;

/// Each on a thread of its own: one may hang where the others answer.
const FACTS: [(&str, Ask); 5] = [
    ("the state", vitals),
    ("the kernel stack", stack),
    ("the descriptors", descriptors),
    ("the children", children),
    ("the ports", listens),
];

fn vitals(processes: &dyn Processes, pid: i32, at: usize) -> Fill {
    filled(processes.vitals(pid), move |evidence, vitals| evidence.processes[at].vitals = Some(vitals))
}

fn stack(processes: &dyn Processes, pid: i32, at: usize) -> Fill {
    // That only root may read it is no news.
    let stack = processes.stack(pid).unwrap_or_default();
    Box::new(move |evidence| evidence.processes[at].stack = stack)
}

fn descriptors(processes: &dyn Processes, pid: i32, at: usize) -> Fill {
    filled(processes.descriptors(pid), move |evidence, open| evidence.processes[at].descriptors = Some(open))
}

fn children(processes: &dyn Processes, pid: i32, at: usize) -> Fill {
    let family = processes.family().map(|family| {
        let born = family.into_iter().filter(|kin| kin.parent == pid).take(CHILDREN);
        let named = born.filter_map(|kin| match processes.detail(kin.pid) {
            Detail::Seen(child) => Some((kin.pid, child.command())),
            Detail::Gone | Detail::Hidden(_) => None,
        });
        named.collect()
    });
    filled(family, move |evidence, children| evidence.processes[at].children = children)
}

fn listens(processes: &dyn Processes, pid: i32, at: usize) -> Fill {
    let listens = processes.listeners().and_then(|listeners| {
        let open = processes.open(pid)?;
        let own = |socket: u64| socket != 0 && open.contains(&Open::Socket(socket));
        let ours = listeners.into_iter().filter(|one| one.pid == Some(pid) || own(one.socket));
        Ok(ours.map(|one| one.address.to_string()).collect())
    });
    filled(listens, move |evidence, listens| evidence.processes[at].listens = listens)
}

/// An answer, or why there is none.
fn filled<T: Send + 'static>(answer: Result<T, String>, fill: impl FnOnce(&mut Evidence, T) + Send + 'static) -> Fill {
    Box::new(move |evidence| match answer {
        Ok(answer) => fill(evidence, answer),
        Err(why) => evidence.notes.push(why),
    })
}

/// The service's own output, then what its probes watch: paths or globs, and whether it is the output.
fn logs(watched: &Watched, root: &Path) -> Vec<(PathBuf, bool)> {
    let mut logs: Vec<(PathBuf, bool)> = Vec::new();
    let output = watched.service.launch.as_ref().map(|launch| (launch.log.clone(), true));
    let probes = watched.probes.iter().filter(|probe| LOG_PROBES.contains(&probe.kind.name));
    let read = probes.flat_map(|probe| probe.probe.reads()).map(|path| (root.join(path), false));
    for log in output.into_iter().chain(read) {
        if logs.len() < LOGS && !logs.iter().any(|(path, _)| *path == log.0) {
            logs.push(log);
        }
    }
    logs
}

fn tail(pattern: &Path, root: &Path, output: bool, at: usize) -> Fill {
    let modified = |path: &PathBuf| files::stat(path).ok().and_then(|meta| meta.modified().ok());
    let newest = files::glob(pattern, MOST_FILES).map(|paths| paths.into_iter().max_by_key(modified));
    let path = match newest {
        Ok(Some(path)) => path,
        Ok(None) => return Box::new(|_| ()),
        Err(why) => return filled::<()>(Err(format!("{}: {why}", short(pattern, root))), |_, ()| ()),
    };
    let name = short(&path, root);
    match files::tail(&path, LINES, BYTES) {
        Ok(lines) => {
            let lines = redact::lines(&lines).iter().map(|line| clip(line)).collect();
            Box::new(move |evidence| evidence.logs[at] = Tail { path: name, output, lines })
        }
        // A service that never wrote has no log, and a probe may watch a database.
        Err(Unread::Missing) => Box::new(|_| ()),
        Err(Unread::Failed(why)) => filled::<()>(Err(format!("{name}: {why}")), |_, ()| ()),
    }
}

fn short(path: &Path, root: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

fn clip(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}
