//! Which processes are there, and which life of a pid is this? One trait; Linux answers from `/proc`.
//! It looks only: signals are sent by `apply::stop`.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{Pid, getsid};

use crate::model::evidence::{Descriptors, Vitals};
use crate::model::lock::{FileId, Grip};
use crate::model::{Identity, redact};

/// The largest pid that Linux can be configured for (PID_MAX_LIMIT); a larger number in a pidfile is garbage.
pub const PID_MAX: i32 = 1 << 22;

/// One process, looked at closely.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its identity.
    pub identity: Identity,
    /// Its parent.
    pub parent: i32,
    /// The session it belongs to.
    pub session: i32,
    /// The state letter of `ps`: `R`, `S`, `D`, `T`, `Z` …
    pub state: char,
    /// How long it has been running, in milliseconds.
    pub age_ms: i64,
    /// Its program; `None` when we may not know.
    pub exe: Option<PathBuf>,
    /// Its arguments, invalid UTF-8 replaced. Empty for kernel threads and zombies.
    pub args: Vec<String>,
    /// Its working directory; `None` when we may not know.
    pub cwd: Option<PathBuf>,
    /// The user it runs as; `None` when we may not know.
    pub uid: Option<u32>,
}

impl Process {
    /// Has it ended, waiting only for its parent to take notice?
    #[must_use]
    pub const fn is_zombie(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }

    /// Whom it belongs to.
    #[must_use]
    pub const fn kin(&self) -> Kin {
        Kin { pid: self.identity.pid, parent: self.parent, session: self.session, start: self.identity.start }
    }

    /// Its command line for a person: secrets masked, at most 160 characters.
    #[must_use]
    pub fn command(&self) -> String {
        command_text(&self.args)
    }
}

/// A command line for a person: secrets masked, at most 160 characters.
#[must_use]
pub fn command_text(args: &[String]) -> String {
    let text = redact::command_line(args);
    if text.len() <= 160 || text.chars().count() <= 160 {
        return text;
    }
    text.chars().take(159).chain(['…']).collect()
}

/// The answer to "what runs under this pid?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    Gone,
    /// This.
    Seen(Box<Process>),
    /// It cannot be said.
    Hidden(String),
}

/// One line of the process table: what a search by name needs, and nothing that costs more.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The pid.
    pub pid: i32,
    /// Arguments, each ended by a NUL; empty for kernel threads and zombies.
    pub cmdline: &'a [u8],
}

/// One process and whom it belongs to. Without the start time a number says nothing: it may be a stranger's a moment later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kin {
    /// The pid.
    pub pid: i32,
    /// Its parent.
    pub parent: i32,
    /// The session it belongs to.
    pub session: i32,
    /// When it started, as in its [`Identity`].
    pub start: u64,
}

/// Something that a process has open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Open {
    /// A file or directory, by the path under which it was opened.
    File {
        /// The path.
        path: PathBuf,
        /// Open for writing. What cannot be told counts as not.
        writes: bool,
        /// The descriptor's number: 1 is stdout, 2 is stderr.
        fd: i32,
    },
    /// A socket, by the kernel's number for it.
    Socket(u64),
}

/// A TCP port that somebody listens on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Where; an unspecified address stands for all of its family.
    pub address: SocketAddr,
    /// For `[::]`: no IPv4 connection comes to it. `None` where the table does not say.
    pub v6_only: Option<bool>,
    /// The kernel's number for the socket; 0 where nobody says.
    pub socket: u64,
    /// Who listens, where the table itself says so. Else see [`Processes::owner`].
    pub pid: Option<i32>,
}

/// Who has files in hand, as far as the processes could be looked into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grips {
    /// Which file, who, and by what. A pid of 0 or less: somebody whom the kernel does not name here.
    pub found: Vec<(FileId, i32, Grip)>,
    /// Why there may be others.
    pub unseen: Option<String>,
}

/// The process table of one run. The pass over all processes is made at most once, when first asked for.
pub trait Processes: Send + Sync {
    /// Every process that shows a command line to us: see [`Processes::unseen`].
    ///
    /// # Errors
    /// Says why the table cannot be read.
    fn rows(&self) -> Result<Vec<Row<'_>>, String>;

    /// Why there may be processes of other users that [`Processes::rows`] did not show.
    fn unseen(&self) -> Option<String> {
        None
    }

    /// As [`Processes::rows`], for who has to know of everybody.
    ///
    /// # Errors
    /// Says why the table cannot be read, or not to its end.
    fn all_rows(&self) -> Result<Vec<Row<'_>>, String> {
        let rows = self.rows()?;
        self.unseen().map_or(Ok(rows), Err)
    }

    /// One process, looked at now: never from the pass.
    fn detail(&self, pid: i32) -> Detail;

    /// How long ago this life began, in milliseconds, as of now; where its start time says so, also of one that is over. `None`:
    /// nobody can say any more.
    fn age_ms(&self, life: &Identity) -> Option<i64> {
        match self.detail(life.pid) {
            Detail::Seen(process) if process.identity == *life => Some(process.age_ms),
            _ => None,
        }
    }

    /// The program that a process runs; `None` when we may not know.
    fn exe(&self, pid: i32) -> Option<PathBuf> {
        match self.detail(pid) {
            Detail::Seen(process) => process.exe,
            _ => None,
        }
    }

    /// Can it be told at all which programs processes run? Who searches by them asks this first: a program that is not told
    /// would be a process that is not found.
    ///
    /// # Errors
    /// Says why not.
    fn tells_programs(&self) -> Result<(), String> {
        Ok(())
    }

    /// Does this process stand in a `/` that is not ours: in a container, or on a file system that is mounted elsewhere or nowhere?
    /// `false` also when that cannot be told.
    fn has_another_root(&self, _pid: i32) -> bool {
        false
    }

    /// Was this process started with exactly this `NAME=value` in its environment? `false` also when we may not know.
    fn has_variable(&self, _pid: i32, _variable: &str) -> bool {
        false
    }

    /// Who was started with exactly this `NAME=value` in its environment, as far as we may know.
    fn carriers(&self, _variable: &str) -> Vec<i32> {
        Vec::new()
    }

    /// How all processes belong together, looked at now.
    ///
    /// # Errors
    /// Says why the table cannot be read.
    fn family(&self) -> Result<Vec<Kin>, String>;

    /// What a process has open, looked at now. Pipes and the like are left out.
    ///
    /// # Errors
    /// We may not know, or it is gone.
    fn open(&self, pid: i32) -> Result<Vec<Open>, String> {
        Err(format!("nobody says what pid {pid} has open"))
    }

    /// Every TCP port that somebody listens on, IPv4 and IPv6, in our network namespace.
    ///
    /// # Errors
    /// Says why the tables cannot be read.
    fn listeners(&self) -> Result<Vec<Listener>, String> {
        Err("nobody says who listens where".to_owned())
    }

    /// Every TCP port that somebody listens on in the network namespace of this process. `None`: it shares ours, see
    /// [`Processes::listeners`].
    ///
    /// # Errors
    /// Which namespace it lives in, or who listens there, cannot be seen.
    fn listeners_apart(&self, _pid: i32) -> Result<Option<Vec<Listener>>, String> {
        Ok(None)
    }

    /// Does this process have the socket open? `false` also when we may not know.
    fn holds(&self, pid: i32, listener: &Listener) -> bool {
        listener.pid == Some(pid)
    }

    /// Who listens there? Those that are `likely` are asked first, then everybody. `None` when nobody who may be looked
    /// at has it open.
    fn owner(&self, listener: &Listener, _likely: &[i32]) -> Option<i32> {
        listener.pid
    }

    /// How a process is doing.
    ///
    /// # Errors
    /// We may not know, or it is gone.
    fn vitals(&self, pid: i32) -> Result<Vitals, String> {
        Err(format!("nobody says how pid {pid} is doing"))
    }

    /// Where a process stands in the kernel, innermost first. Linux tells it to root alone.
    ///
    /// # Errors
    /// We may not know, or it is gone.
    fn stack(&self, pid: i32) -> Result<Vec<String>, String> {
        Err(format!("nobody says where pid {pid} stands in the kernel"))
    }

    /// How much a process has open, pipes and the like included.
    ///
    /// # Errors
    /// We may not know, or it is gone.
    fn descriptors(&self, pid: i32) -> Result<Descriptors, String> {
        Err(format!("nobody says what pid {pid} has open"))
    }

    /// Who has any of these files locked or open, looked at now, in one pass for all of them. heal itself is left out.
    ///
    /// # Errors
    /// Nobody could be looked into at all.
    fn grips(&self, _files: &[FileId]) -> Result<Grips, String> {
        Err("nobody says who has a file open".to_owned())
    }

    /// Who has any of these files mapped into memory, be it without a descriptor.
    fn mappings(&self, _files: &[FileId]) -> Grips {
        Grips::default()
    }

    /// Processes in other pid namespaces that are known there by this number.
    ///
    /// # Errors
    /// That cannot be seen.
    fn namesakes(&self, _pid: i32) -> Result<Vec<i32>, String> {
        Ok(Vec::new())
    }

    /// Does this process count the time since boot as we do? `None` when that may not be seen.
    fn shares_clock(&self, _pid: i32) -> Option<bool> {
        Some(true)
    }

    /// heal itself and its ancestors up to init: never a service, never a target.
    fn lineage(&self) -> &[i32];
}

/// Is this life still running? `None` when that cannot be said.
#[must_use]
pub fn is_alive(processes: &dyn Processes, identity: &Identity) -> Option<bool> {
    match processes.detail(identity.pid) {
        Detail::Gone => Some(false),
        Detail::Seen(process) => Some(process.identity == *identity && !process.is_zombie()),
        Detail::Hidden(_) => None,
    }
}

/// Is there nobody of this number? The kernel says so also of processes that `/proc` does not show to us (`hidepid`).
#[must_use]
pub(super) fn is_gone(pid: i32) -> bool {
    pid <= 0 || getsid(Some(Pid::from_raw(pid))) == Err(Errno::ESRCH)
}

/// Where processes of others are not even listed (`hidepid` of proc(5)), the first of all is missing.
pub(super) fn hides_others(pids: &[i32]) -> Option<String> {
    (!pids.contains(&1)).then(|| "processes of other users are hidden from this user (hidepid)".to_owned())
}

/// The pid namespace that we live in: a pid means nothing in another one. `None` where there is no such thing.
#[must_use]
pub fn namespace() -> Option<String> {
    std::fs::read_link("/proc/self/ns/pid").ok().map(|link| link.to_string_lossy().into_owned())
}

/// Does the number belong to somebody else by now? Then nothing that points to it is ours, its session neither.
#[must_use]
pub fn was_reused(processes: &dyn Processes, identity: &Identity) -> bool {
    match processes.detail(identity.pid) {
        Detail::Gone => false,
        Detail::Seen(process) => process.identity != *identity,
        Detail::Hidden(_) => true,
    }
}

/// A descriptor that becomes readable when the process ends. `None`: it is gone, or the kernel is older than 5.3.
#[cfg(target_os = "linux")]
#[must_use]
pub fn watch(pid: i32) -> Option<OwnedFd> {
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()
}

/// There is no such descriptor: who waits has to look.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub const fn watch(_pid: i32) -> Option<OwnedFd> {
    None
}

/// Waits for the process behind a pidfd to end, at most this long.
#[must_use]
pub fn ended_within(pidfd: &OwnedFd, wait: Duration) -> bool {
    let deadline = Instant::now() + wait;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut set = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
        if matches!(poll(&mut set, at_most(left)), Ok(ready) if ready > 0) {
            return true;
        }
        if left.is_zero() {
            return false;
        }
    }
}

/// Rounded up to a millisecond: a wait of 0.4 ms must not become a busy loop.
fn at_most(left: Duration) -> PollTimeout {
    i32::try_from(left.as_micros().div_ceil(1_000))
        .ok()
        .and_then(|millis| millis.try_into().ok())
        .unwrap_or(PollTimeout::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_as_long_as_it_is_said_to_be() {
        let table = [(0, 0), (400, 1), (1_000, 1), (90_000_000, 90_000), (u64::MAX, i32::MAX)];
        for (micros, millis) in table {
            let timeout = at_most(Duration::from_micros(micros));
            assert_eq!(timeout, PollTimeout::try_from(millis).expect("positive"), "{micros}");
        }
    }
}
