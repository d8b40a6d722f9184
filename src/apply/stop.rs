//! How is a process stopped for certain? By a descriptor of that very process, never by number: TERM, CONT, wait, KILL,
//! confirm — it and its descendants. What cannot be ended is named, and nothing is started beside it (FAULTS c).

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::host::process::{Detail, Process, Processes, ended_within, was_reused};
use crate::model::Identity;

/// After KILL, a process that is not gone within this time is not going (FAULTS C1).
const CONFIRM: Duration = Duration::from_secs(2);

/// How often the family is looked through for children that were born meanwhile.
const SCANS: usize = 5;

struct Target {
    process: Process,
    pidfd: OwnedFd,
}

/// Stops it and its family, but not `spared` and what descends from them. Already gone is success.
pub(super) fn stop(
    processes: &dyn Processes,
    identity: &Identity,
    grace_ms: i64,
    spared: &[i32],
) -> Result<(), String> {
    let Some(main) = aim(processes, identity.pid, Some(identity))? else { return Ok(()) };
    let leads = main.process.session == identity.pid;
    let mut targets = vec![main];
    targets.extend(family(processes, identity.pid, leads, spared)?);
    for target in &targets {
        send(target, Signal::TERM)?;
        // A stopped process takes TERM only when it goes on.
        send(target, Signal::CONT)?;
    }
    let grace = Duration::from_millis(u64::try_from(grace_ms).unwrap_or(0));
    wait(&mut targets, grace);
    // Those that live may have children by now, and the session may have members that nobody saw being born.
    let mut roots: Vec<i32> = targets.iter().map(|target| target.process.identity.pid).collect();
    for _ in 0..SCANS {
        if !roots.contains(&identity.pid) && !was_reused(processes, identity) {
            roots.push(identity.pid);
        }
        for root in roots.clone() {
            let known: Vec<i32> = roots.iter().chain(spared).copied().collect();
            let born = family(processes, root, leads && root == identity.pid, &known)?;
            roots.extend(born.iter().map(|target| target.process.identity.pid));
            targets.extend(born);
        }
        if targets.is_empty() {
            return Ok(());
        }
        for target in &targets {
            send(target, Signal::KILL)?;
        }
        wait(&mut targets, CONFIRM);
        if !targets.is_empty() {
            break;
        }
    }
    if targets.is_empty() { Ok(()) } else { Err(survivors(processes, &targets)) }
}

/// Opens the pidfd first and looks at the process afterwards: what was looked at is what the descriptor stands for.
fn aim(processes: &dyn Processes, pid: i32, expected: Option<&Identity>) -> Result<Option<Target>, String> {
    let Some(number) = Pid::from_raw(pid).filter(|_| pid > 1) else {
        return Err(format!("pid {pid} is never a target"));
    };
    if processes.lineage().contains(&pid) {
        return Err(format!("pid {pid} is heal itself or what started it"));
    }
    let pidfd = match pidfd_open(number, PidfdFlags::empty()) {
        Ok(pidfd) => pidfd,
        Err(Errno::SRCH) => return Ok(None),
        Err(error) => return Err(format!("pid {pid} cannot be taken hold of: {error}")),
    };
    let process = match processes.detail(pid) {
        Detail::Gone => return Ok(None),
        Detail::Seen(process) => *process,
        Detail::Hidden(why) => return Err(format!("pid {pid} cannot be looked at: {why}")),
    };
    if process.is_zombie() || ended_within(&pidfd, Duration::ZERO) {
        return Ok(None);
    }
    if process.args.is_empty() && process.exe.is_none() {
        return Err(format!("pid {pid} is a kernel thread, or not ours to see"));
    }
    if let Some(expected) = expected
        && process.identity != *expected
    {
        // The life that was meant is over; the one that has its number now is a stranger.
        return Ok(None);
    }
    Ok(Some(Target { process, pidfd }))
}

/// The living descendants of `root`, and with `session` all of the session that it leads; `known` and what is only
/// reached through them is left out.
fn family(processes: &dyn Processes, root: i32, session: bool, known: &[i32]) -> Result<Vec<Target>, String> {
    let table = processes.family()?;
    let mut pids: Vec<i32> = Vec::new();
    let mut added = true;
    while added {
        added = false;
        for (pid, parent, leader) in &table {
            let ours = *parent == root || pids.contains(parent) || (session && *leader == root);
            if ours && *pid != root && !pids.contains(pid) && !known.contains(pid) {
                pids.push(*pid);
                added = true;
            }
        }
    }
    // heal may have been started by the service that it heals: what leads to us is spared.
    let mut targets = Vec::new();
    for pid in pids.into_iter().filter(|pid| !processes.lineage().contains(pid)) {
        targets.extend(aim(processes, pid, None)?);
    }
    Ok(targets)
}

#[expect(clippy::disallowed_methods, reason = "the one home of signals to services")]
fn send(target: &Target, signal: Signal) -> Result<(), String> {
    match pidfd_send_signal(&target.pidfd, signal) {
        Ok(()) | Err(Errno::SRCH) => Ok(()),
        Err(error) => Err(format!("pid {} cannot be signalled: {error}", target.process.identity.pid)),
    }
}

/// Waits until all have ended, at most this long; keeps those that have not.
fn wait(targets: &mut Vec<Target>, limit: Duration) {
    let deadline = Instant::now() + limit;
    targets.retain(|target| !ended_within(&target.pidfd, deadline.saturating_duration_since(Instant::now())));
}

fn survivors(processes: &dyn Processes, targets: &[Target]) -> String {
    let named: Vec<String> = targets
        .iter()
        .map(|target| {
            let pid = target.process.identity.pid;
            let state = match processes.detail(pid) {
                Detail::Seen(process) if process.state == 'D' => "uninterruptible, it waits for a device".to_owned(),
                Detail::Seen(process) => format!("state {}", process.state),
                _ => "state unknown".to_owned(),
            };
            format!("pid {pid} `{}` ({state})", target.process.command())
        })
        .collect();
    format!("still alive after KILL: {}; nothing is started beside it", named.join(", "))
}
