//! Which process is a service that has a supervisor? The supervisor's word rules, and `match` cross-checks it: where the two
//! disagree it is unknown, because one service with two owners is worse than one that is down for a while.

use crate::host::process::{Detail, Process, Processes};
use crate::host::supervisor::Told;
use crate::model::UnitName;

use super::identify::Who;

/// The service, by what its supervisor says. `matched` is the answer of its `match`, where it has one.
#[must_use]
pub fn identify(unit: &UnitName, told: &Result<Told, String>, matched: Option<&Who>, processes: &dyn Processes) -> Who {
    let by = unit.by.word();
    let told = match told {
        Ok(told) => told,
        Err(why) => return Who::Unknown { why: format!("{unit} cannot be looked at: {why}") },
    };
    let unknown = |why: String| Who::Unknown { why };
    let Some((pid, how)) = main(told, processes) else {
        if let Some(why) = &told.doubt {
            return unknown(why.clone());
        }
        // What somebody runs by hand beside it would have a second one beside it.
        if let Some(Who::Running { process, .. }) = matched {
            let (pid, state) = (process.identity.pid, &told.state);
            return unknown(format!(
                "{by} says {state} of {}, but pid {pid} `{}` fits `match`: it has another owner; stop it, or narrow `match`",
                unit.name,
                process.command()
            ));
        }
        if let Some(Who::Unknown { why }) = matched {
            return unknown(format!("{by} says {} of {}, but {why}", told.state, unit.name));
        }
        if is_up(told) {
            return unknown(format!(
                "{by} says {} of {}, which has no process that heal could look at",
                told.state, unit.name
            ));
        }
        return Who::Gone { why: format!("{by}: {} is {}", unit.name, told.state), left: Vec::new() };
    };
    if processes.lineage().contains(&pid) {
        return unknown(format!("{by} names pid {pid}, which started heal: from inside it nothing can be said of it"));
    }
    let process = match processes.detail(pid) {
        Detail::Seen(process) if !process.is_zombie() => process,
        Detail::Hidden(why) => return unknown(format!("{by} names pid {pid}, which cannot be looked at: {why}")),
        // It ended just now: in a moment the supervisor knows as well.
        _ => return unknown(format!("{by} names pid {pid}, which has ended: it is changing right now")),
    };
    let how = format!("{by}: {how} of {}", unit.name);
    let part = |pid: &i32| *pid == process.identity.pid || told.members.contains(pid);
    match matched {
        // A `run.sh` stays around what `match` describes.
        Some(Who::Running { process: found, also, .. })
            if !part(&found.identity.pid)
                && !also.iter().any(|one| part(&one.identity.pid))
                && !descends(found, pid, processes) =>
        {
            let (found, command) = (found.identity.pid, found.command());
            unknown(format!(
                "{by} names pid {pid}, but pid {found} `{command}` fits `match`: stop one of them, or narrow `match`"
            ))
        }
        Some(Who::Gone { .. }) => unknown(format!(
            "{by} names pid {pid} `{}`, which does not fit `match`: correct one of them",
            process.command()
        )),
        // Both several that fit and those that may not be looked at: nothing contradicts the supervisor, but for one too many.
        Some(Who::Unknown { why }) => unknown(format!("{by} names pid {pid}, but {why}")),
        _ => {
            let others = told.members.iter().filter(|member| **member != pid);
            let also = others.filter_map(|pid| match processes.detail(*pid) {
                Detail::Seen(process) if !process.is_zombie() => Some(*process),
                _ => None,
            });
            Who::Running { also: also.collect(), process, how }
        }
    }
}

/// The process that stands for it: the main process, or where the supervisor names none the oldest that it counts.
fn main(told: &Told, processes: &dyn Processes) -> Option<(i32, &'static str)> {
    if let Some(pid) = told.main {
        return Some((pid, "the main process"));
    }
    let seen = told.members.iter().filter_map(|pid| match processes.detail(*pid) {
        Detail::Seen(process) if !process.is_zombie() => Some(*process),
        _ => None,
    });
    // What is still being started or stopped has helpers there, and nobody who is the service.
    let oldest = seen.filter(|_| is_up(told)).min_by_key(|process| (process.identity.start, process.identity.pid))?;
    Some((oldest.identity.pid, "the oldest process"))
}

fn is_up(told: &Told) -> bool {
    told.state.starts_with("active") || told.state.starts_with("reloading")
}

fn descends(process: &Process, root: i32, processes: &dyn Processes) -> bool {
    let mut parent = process.parent;
    for _ in 0..16 {
        match processes.detail(parent) {
            _ if parent == root => return true,
            Detail::Seen(process) if process.parent > 1 => parent = process.parent,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
#[path = "unit_tests.rs"]
mod tests;
