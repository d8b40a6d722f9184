//! Does the process live that a lock file names? A number alone is nobody: it may be a stranger's by now, or stand for somebody
//! in another pid namespace. Dead is only who is known to be.

use super::names::{Named, Start};
use crate::host::process::{Detail, Process, Processes};
use crate::model::lock::{Grip, Holder, Life};

/// Two clocks that are read one after the other, and a clock that ticks in hundredths.
const SLACK_MS: i64 = 2_000;

/// What a life is held against.
pub(super) struct Here<'a> {
    pub(super) processes: &'a dyn Processes,
    /// Now, in milliseconds since 1970.
    pub(super) now_ms: i64,
    pub(super) boot: &'a str,
    pub(super) host: &'a str,
    /// Clock ticks in a second.
    pub(super) ticks: u64,
}

/// The life that `named` speaks of. `written_ms` is when the file was last written or changed.
pub(super) fn life(named: &Named, written_ms: i64, here: &Here<'_>) -> Life {
    let pid = named.pid;
    if let Some(host) = named.host.as_deref().filter(|host| !is_here(host, here.host)) {
        return Life::Unnamed(format!("it names pid {pid} of host {host}, which cannot be looked at from here"));
    }
    match &named.boot {
        Some(boot) if !is_boot(boot) => return Life::Unnamed("its boot id is none".to_owned()),
        Some(boot) if !boot.eq_ignore_ascii_case(here.boot) => {
            return Life::Over(pid, "the machine was started anew since".to_owned());
        }
        _ => {}
    }
    let over = match here.processes.detail(pid) {
        Detail::Hidden(why) => return Life::Doubtful(format!("pid {pid} cannot be looked at: {why}")),
        Detail::Gone => Life::Dead(pid),
        Detail::Seen(process) if process.is_zombie() => Life::Dead(pid),
        Detail::Seen(process) => match same(named, &process, written_ms, here) {
            Ok(true) => return Life::Alive(Box::new(holder(&process))),
            Ok(false) => Life::Over(pid, "the process of that number started at another time".to_owned()),
            Err(why) => return Life::Doubtful(why),
        },
    };
    // Who writes its own number in a container is another one from here.
    match here.processes.namesakes(pid) {
        Ok(others) if others.is_empty() => over,
        Ok(others) => {
            Life::Doubtful(format!("pid {} of another pid namespace calls itself {pid}, and may be meant", others[0]))
        }
        Err(why) => Life::Doubtful(why),
    }
}

pub(super) fn holder(process: &Process) -> Holder {
    Holder {
        command: process.command(),
        age_ms: process.age_ms,
        identity: process.identity.clone(),
        grip: Grip::Named,
        stoppable: false,
    }
}

/// Is it the same life?
fn same(named: &Named, process: &Process, written_ms: i64, here: &Here<'_>) -> Result<bool, String> {
    let pid = named.pid;
    let began_ms = here.now_ms - process.age_ms;
    match named.start {
        Some(Start::Boot(start)) => {
            let ticks = process.identity.start;
            let (seconds, millis) = (ticks / here.ticks, ticks.saturating_mul(1_000) / here.ticks);
            if start == ticks || start.abs_diff(seconds) <= 2 || start.abs_diff(millis) <= 2_000 {
                return Ok(true);
            }
            match here.processes.shares_clock(pid) {
                Some(true) => Ok(false),
                _ => Err(format!("pid {pid} may live in a time namespace of its own: its start cannot be compared")),
            }
        }
        // A start that was written down after it: the clock of the wall, which may have been set meanwhile, is no proof.
        Some(Start::Epoch(at)) if began_ms <= at.saturating_add(SLACK_MS) => Ok(true),
        None if began_ms <= written_ms.saturating_add(SLACK_MS) => Ok(true),
        Some(Start::Epoch(_)) | None => Err(format!(
            "pid {pid} is alive, but seems to have begun after the lock was written: the number may have been given away"
        )),
    }
}

/// The same machine: in full, or where one of both has only its first part.
fn is_here(named: &str, here: &str) -> bool {
    let short = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let whole = named.contains('.') && here.contains('.');
    named.eq_ignore_ascii_case(here) || named == "localhost" || (!whole && short(named) == short(here))
}

/// `6f1c7d2e-…`: 36 signs.
fn is_boot(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

#[cfg(test)]
#[path = "life_tests.rs"]
mod tests;
