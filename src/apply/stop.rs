//! How is a process stopped for certain? By a descriptor of that very process, never by number: TERM, CONT, wait, KILL,
//! confirm — it and its descendants. What cannot be ended is named, and nothing is started beside it (FAULTS c).

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal};

use super::family::{Apart, Member, Root, members};
use super::pidfd;
use crate::host::process::{Detail, Process, Processes, ended_within};
use crate::model::Identity;

/// After KILL, a process that is not gone within this time is not going (FAULTS C1).
const CONFIRM: Duration = Duration::from_secs(2);

/// How it is said that somebody does not end.
pub(super) const STILL_ALIVE: &str = "still alive after KILL";

/// How often the family is looked through for children that were born meanwhile.
const SCANS: usize = 5;

struct Target {
    process: Process,
    pidfd: OwnedFd,
    /// It was named; otherwise it is only of the family.
    named: bool,
}

/// What is stopped, all together: one grace for all of it, however many were named.
struct Family<'a> {
    processes: &'a dyn Processes,
    roots: Vec<Root>,
    apart: Apart,
    /// The users that the named ones run as.
    users: Vec<Option<u32>>,
    /// One of the named is in heal's own process group: a script without job control started both.
    grouped: bool,
}

/// What is to be stopped.
pub(super) struct Stop<'a> {
    /// The lives, and what descends from them.
    pub(super) lives: Vec<&'a Identity>,
    /// The last life of the service: whoever is named beside it was left behind by it.
    pub(super) last: Option<&'a Identity>,
    /// From TERM to KILL.
    pub(super) grace: Duration,
    /// Other services: neither they nor what descends from them.
    pub(super) others: Vec<i32>,
}

/// Stops them as one family. Already gone is success.
pub(super) fn stop(processes: &dyn Processes, stop: Stop<'_>) -> Result<(), String> {
    // 0 in a pid namespace whose session was begun outside of it; nix says so where rustix fails.
    let session = nix::unistd::getsid(None).map_or(0, nix::unistd::Pid::as_raw);
    let mut targets = Vec::new();
    for identity in stop.lives {
        if let Some(target) = aim(processes, identity.pid)?
            // Else the life that was meant is over; the one that has its number now is a stranger.
            && target.process.identity == *identity
            // What was left behind in the session from which heal was started may be what started it.
            && (target.process.session != session || stop.last.is_none_or(|last| last == identity))
        {
            targets.push(Target { named: true, ..target });
        }
    }
    if targets.is_empty() {
        return Ok(());
    }
    let apart = Apart { lineage: processes.lineage().to_vec(), session, others: stop.others };
    let users = targets.iter().map(|target| target.process.uid).collect();
    let grouped = targets.iter().any(|target| shares_our_group(target.process.identity.pid));
    let mut family = Family { processes, roots: Vec::new(), apart, users, grouped };
    family.roots.extend(targets.iter().map(root));
    targets.extend(family.born()?);
    for signal in [Signal::TERM, Signal::CONT] {
        // A stopped process takes TERM only when it goes on.
        send(&mut targets, signal)?;
    }
    wait(&mut targets, stop.grace);
    for _ in 0..SCANS {
        // Those that live may have children by now, and the session may have members that nobody saw being born.
        targets.extend(family.born()?);
        if targets.is_empty() {
            return Ok(());
        }
        send(&mut targets, Signal::KILL)?;
        wait(&mut targets, CONFIRM);
        if !targets.is_empty() {
            break;
        }
    }
    if targets.is_empty() { Ok(()) } else { Err(survivors(processes, &targets)) }
}

const fn root(target: &Target) -> Root {
    let identity = &target.process.identity;
    Root { pid: identity.pid, start: identity.start, leads: target.named && target.process.session == identity.pid }
}

impl Family<'_> {
    /// The living members that were not known yet; known from now on.
    fn born(&mut self) -> Result<Vec<Target>, String> {
        let table = self.processes.family()?;
        let mut born = Vec::new();
        for member in members(&table, &mut self.roots, &self.apart) {
            let Some(target) = aim(self.processes, member.kin.pid)? else { continue };
            if is_still(&target.process, &member) && self.may_end(&target.process, &member) {
                self.roots.push(root(&target));
                born.push(target);
            }
        }
        Ok(born)
    }

    fn may_end(&self, process: &Process, member: &Member) -> bool {
        // What is piped behind heal is not of the service.
        if !self.grouped && shares_our_group(process.identity.pid) {
            return false;
        }
        // Not as root: whom we may not signal is left out by the kernel itself.
        let same_user = process.uid.is_some() && self.users.contains(&process.uid);
        member.descends || same_user || !rustix::process::geteuid().is_root()
    }
}

/// Is what the descriptor stands for the one that stood in the table, and does it still belong where it stood?
const fn is_still(process: &Process, member: &Member) -> bool {
    process.identity.start == member.kin.start
        && (process.parent == member.kin.parent || process.session == member.kin.session)
}

fn shares_our_group(pid: i32) -> bool {
    nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(pid))) == Ok(nix::unistd::getpgrp())
}

/// Opens the pidfd first and looks at the process afterwards: what was looked at is what the descriptor stands for.
fn aim(processes: &dyn Processes, pid: i32) -> Result<Option<Target>, String> {
    let Some(number) = Pid::from_raw(pid).filter(|_| pid > 1) else {
        return Err(format!("pid {pid} is never a target"));
    };
    if processes.lineage().contains(&pid) {
        return Err(format!("pid {pid} is heal itself or what started it"));
    }
    let pidfd = match pidfd::open(number) {
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
    Ok(Some(Target { process, pidfd, named: false }))
}

fn send(targets: &mut Vec<Target>, signal: Signal) -> Result<(), String> {
    let mut refused = None;
    targets.retain(|target| match pidfd::send(&target.pidfd, signal) {
        Ok(()) | Err(Errno::SRCH) => true,
        // A child that took on another user is not ours to end.
        Err(Errno::PERM) if !target.named => false,
        Err(error) => {
            refused.get_or_insert(format!("pid {} cannot be signalled: {error}", target.process.identity.pid));
            true
        }
    });
    refused.map_or(Ok(()), Err)
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
    format!("{STILL_ALIVE}: {}; nothing is started beside it", named.join(", "))
}

#[cfg(test)]
#[path = "stop_tests.rs"]
mod tests;
