//! Who was left behind? A process that fits `orphans`, runs in the project's directory or names it, is older than its `min_age`,
//! and has no living owner. That its parent is init proves nothing (FAILURES F19): it must not be a service, nor of one's
//! family, session or unit, nor anything of heal's.

use std::path::Path;

use super::lock::fits;
use crate::host::process::{Detail, Kin, Process, Processes};
use crate::host::supervisor::systemd::unit_of;
use crate::model::{Identity, Selector};

/// Whom everybody knows: those who are nobody's orphans.
#[derive(Clone, Debug, Default)]
pub struct Known<'a> {
    /// The processes of services that run.
    pub living: Vec<Identity>,
    /// Every life that a service was recognised as, or that heal started.
    pub recorded: Vec<Identity>,
    /// How services that are not looked at are recognised.
    pub apart: Vec<&'a Selector>,
}

/// Those that were left behind, oldest first.
///
/// # Errors
/// It cannot be said, or there are more than `max_matches`: says so. Then nobody is.
pub fn orphans(
    selector: &Selector,
    root: &Path,
    known: &Known<'_>,
    processes: &dyn Processes,
) -> Result<Vec<Process>, String> {
    let table = processes.family()?;
    let mut found = Vec::new();
    for row in processes.all_rows()? {
        // Of those that could fit by their words alone.
        let text = selector.word().unwrap_or_default().as_bytes();
        if !text.is_empty() && !row.cmdline.windows(text.len()).any(|window| window == text) {
            continue;
        }
        let Detail::Seen(process) = processes.detail(row.pid) else { continue };
        let here = selector.cwd.is_some() || is_ours(&process, root);
        let fits = here && !process.is_zombie() && fits(&process, selector, root);
        if fits && owner(&process, &table, root, known, processes).is_none() {
            found.push(*process);
        }
    }
    let most = selector.max_matches;
    if found.len() > most {
        let pids: Vec<String> = found.iter().map(|process| process.identity.pid.to_string()).collect();
        let count = found.len();
        return Err(format!("{count} processes fit `orphans` (pids {}), at most {most} may", pids.join(", ")));
    }
    found.sort_by_key(|process| std::cmp::Reverse(process.age_ms));
    Ok(found)
}

/// Does it run in the project, or name it? The same program elsewhere was left behind by somebody else, or by nobody.
fn is_ours(process: &Process, root: &Path) -> bool {
    let inside = |path: &Path| path.is_absolute() && path.starts_with(root);
    process.cwd.as_deref().is_some_and(inside) || process.args.iter().any(|arg| inside(Path::new(arg)))
}

/// Why somebody still owns this process, or may.
fn owner(
    process: &Process,
    table: &[Kin],
    root: &Path,
    known: &Known<'_>,
    processes: &dyn Processes,
) -> Option<&'static str> {
    let pid = process.identity.pid;
    let lineage = processes.lineage();
    let session_of = |pid: i32| table.iter().find(|kin| kin.pid == pid).map(|kin| kin.session);
    let ancestors = ancestors(pid, table);
    if pid <= 1 || lineage.contains(&pid) || lineage.first().is_some_and(|heal| ancestors.contains(heal)) {
        return Some("it is heal, or of heal");
    }
    if known.living.iter().chain(&known.recorded).any(|life| *life == process.identity) {
        return Some("it is a service");
    }
    let of_service = |life: &Identity| {
        let down = ancestors.contains(&life.pid) || self::ancestors(life.pid, table).contains(&pid);
        down || session_of(life.pid) == Some(process.session)
    };
    if known.living.iter().any(of_service) {
        return Some("it belongs to a service");
    }
    // What heal started leads a session of its own; whoever is left in it is looked after with that service.
    let of_started = |life: &Identity| process.session == life.pid && process.identity.start >= life.start;
    if known.recorded.iter().any(of_started) {
        return Some("heal started what it belongs to");
    }
    if known.apart.iter().any(|selector| fits(process, selector, root)) {
        return Some("it may be a service that is not looked at");
    }
    if !adopted(process.parent, processes) {
        return Some("its parent lives");
    }
    let leader = process.session;
    if lineage.first().and_then(|heal| session_of(*heal)) == Some(leader) {
        return Some("it is of the session that heal runs in");
    }
    if leader != pid && table.iter().any(|kin| kin.pid == leader && kin.start <= process.identity.start) {
        return Some("the leader of its session lives");
    }
    unit_of(pid).map(|_| "a unit of systemd owns it")
}

/// Everybody above it, nearest first. A child is never older than its parent: else the number is a later life's.
fn ancestors(pid: i32, table: &[Kin]) -> Vec<i32> {
    let find = |pid: i32| table.iter().find(|kin| kin.pid == pid);
    let mut found = Vec::new();
    let mut at = find(pid);
    while let Some(kin) = at {
        let above = find(kin.parent).filter(|above| above.start <= kin.start && !found.contains(&above.pid));
        found.extend(above.map(|above| above.pid));
        at = above;
    }
    found
}

/// Is this parent nobody's: init, outside of our namespace, or the manager of a user's units, who takes in what is left?
fn adopted(parent: i32, processes: &dyn Processes) -> bool {
    let manager = || match processes.detail(parent) {
        Detail::Seen(process) => {
            let program = process.exe.as_deref().and_then(Path::file_name);
            program.is_some_and(|name| name == "systemd") && process.args.iter().any(|arg| arg == "--user")
        }
        _ => false,
    };
    parent <= 1 || manager()
}
