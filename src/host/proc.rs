//! What does Linux's `/proc` say about processes? One pass for the names, one close look at those that matter.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use nix::unistd::{SysconfVar, getppid, sysconf};
use procfs::ProcError;
use procfs::net::{TcpNetEntry, TcpState};
use rustix::fs::OFlags;
use rustix::io::{Errno, Result as Asked};

use super::entry::{Entry, folder, numbers, read_into, stat, threads_live, words};
use super::process::{Detail, Grips, Kin, Listener, Open, Process, Processes, Row, hides_others, is_gone};
use super::{clock, descriptors, sockets, vitals};
use crate::model::Identity;
use crate::model::evidence::{Descriptors, Vitals};
use crate::model::lock::FileId;

/// The process table of this machine, as seen from our pid namespace.
#[derive(Debug, Default)]
pub struct Proc {
    pass: OnceLock<Result<Pass, String>>,
    lineage: OnceLock<Vec<i32>>,
    /// Our own program: each process that fits is held against it.
    own: OnceLock<Option<PathBuf>>,
}

/// All command lines one behind the other: no allocation per process.
#[derive(Debug, Default)]
struct Pass {
    bytes: Vec<u8>,
    /// By pid, in their order.
    rows: Vec<(i32, std::ops::Range<usize>)>,
    /// When it began, in milliseconds since boot.
    begun: i64,
    /// Why there may be others.
    unseen: Option<String>,
}

/// A command line that was read so long ago, in milliseconds, is read again: the process may have become another program.
/// A search among ten thousand takes about a tenth of it.
const FRESH: i64 = 500;

/// A process that had been there for so long when the pass began, in milliseconds, is the one that the pass saw under its
/// number: ten times what its start is told to (a clock tick).
const THERE: i64 = 100;

impl Pass {
    /// What the pass read of this process, which began at `started`, if it read it a moment ago.
    fn cmdline(&self, pid: i32, started: i64) -> Option<&[u8]> {
        let age = clock::boottime_ms() - self.begun;
        let there = started + THERE <= self.begun && (0..FRESH).contains(&age);
        let at = self.rows.binary_search_by_key(&pid, |(pid, _)| *pid).ok().filter(|_| there)?;
        self.bytes.get(self.rows[at].1.clone()).filter(|line| line.len() < CMDLINE)
    }
}

/// Of longer command lines a search reads no more.
const CMDLINE: usize = 64 * 1024;

impl Processes for Proc {
    fn rows(&self) -> Result<Vec<Row<'_>>, String> {
        match self.pass.get_or_init(pass) {
            Ok(pass) => {
                Ok(pass.rows.iter().map(|(pid, at)| Row { pid: *pid, cmdline: &pass.bytes[at.clone()] }).collect())
            }
            Err(why) => Err(why.clone()),
        }
    }

    fn unseen(&self) -> Option<String> {
        self.pass.get_or_init(pass).as_ref().ok()?.unseen.clone()
    }

    fn detail(&self, pid: i32) -> Detail {
        match look(pid, self.pass.get().and_then(|pass| pass.as_ref().ok())) {
            // pthread_exit(3) in the main thread leaves a zombie that works.
            Ok(process) if process.state == 'Z' && threads_live(pid) => {
                Detail::Hidden("its main thread has ended, but others of its threads run".to_owned())
            }
            Ok(process) => Detail::Seen(Box::new(process)),
            Err(Errno::NOENT | Errno::SRCH) if is_gone(pid) => Detail::Gone,
            // It is there, and another user's (`hidepid`), or there since a moment ago.
            Err(Errno::NOENT | Errno::SRCH) => Detail::Hidden("it is not shown to this user".to_owned()),
            Err(error) => Detail::Hidden(std::io::Error::from(error).to_string()),
        }
    }

    fn age_ms(&self, life: &Identity) -> Option<i64> {
        (life.boot == clock::boot_id()).then(|| (clock::boottime_ms() - started_ms(life.start)).max(0))
    }

    fn exe(&self, pid: i32) -> Option<PathBuf> {
        let read = || fs::read_link(format!("/proc/{pid}/exe")).ok().map(still_called);
        let ours = self.lineage.get().and_then(|line| line.first()) == Some(&pid);
        if ours { self.own.get_or_init(read).clone() } else { read() }
    }

    fn has_another_root(&self, pid: i32) -> bool {
        // What the link is called is told from the top of its own mount; which directory that is the kernel knows.
        let id = |path: &str| fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
        let there = fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|path| path.as_os_str() == "/");
        there && id(&format!("/proc/{pid}/cwd")).zip(id("/")).is_some_and(|(theirs, ours)| theirs != ours)
    }

    fn has_variable(&self, pid: i32, variable: &str) -> bool {
        let mut environ = Vec::new();
        // As the kernel shows it: what the process was started with, NUL-separated.
        let read = fs::File::open(format!("/proc/{pid}/environ"))
            .and_then(|file| file.take(1024 * 1024).read_to_end(&mut environ));
        read.is_ok() && environ.split(|byte| *byte == 0).any(|one| one == variable.as_bytes())
    }

    fn carriers(&self, variable: &str) -> Vec<i32> {
        let pids = pids().map_or_else(|_| Vec::new(), |(_, pids)| pids);
        pids.into_iter().filter(|pid| self.has_variable(*pid, variable)).collect()
    }

    fn family(&self) -> Result<Vec<Kin>, String> {
        let (proc, pids) = pids()?;
        let kin = |pid: i32| {
            let stat = stat(&proc, &format!("{pid}/stat")).ok()?;
            Some(Kin { pid, parent: stat.parent, session: stat.session, start: stat.start })
        };
        Ok(pids.into_iter().filter_map(kin).collect())
    }

    fn open(&self, pid: i32) -> Result<Vec<Open>, String> {
        let unread = |error: std::io::Error| format!("what pid {pid} has open cannot be read: {error}");
        let folder = format!("/proc/{pid}/fd");
        let mut open = Vec::new();
        for entry in fs::read_dir(&folder).map_err(unread)?.flatten() {
            // One that was closed meanwhile is not open.
            let Ok(target) = fs::read_link(entry.path()) else { continue };
            if let Some(socket) = socket_number(&target) {
                open.push(Open::Socket(socket));
            } else if target.is_absolute() {
                // The mode of the link is that of the descriptor: `w` when it was opened for writing.
                let writes = fs::symlink_metadata(entry.path()).is_ok_and(|meta| meta.mode() & 0o200 != 0);
                let fd = entry.file_name().to_str().and_then(|name| name.parse().ok()).unwrap_or(-1);
                open.push(Open::File { path: still_called(target), writes, fd });
            }
        }
        Ok(open)
    }

    fn listeners(&self) -> Result<Vec<Listener>, String> {
        if let Ok(listeners) = sockets::listening() {
            return Ok(listeners);
        }
        listening(procfs::net::tcp(), procfs::net::tcp6())
            .map_err(|error| format!("the kernel's table of sockets cannot be read: {error}"))
    }

    fn listeners_apart(&self, pid: i32) -> Result<Option<Vec<Listener>>, String> {
        let namespace = |whose: &str| fs::read_link(format!("/proc/{whose}/ns/net")).ok();
        let (theirs, ours) = (namespace(&pid.to_string()), namespace("self"));
        if theirs.is_some() && theirs == ours {
            return Ok(None);
        }
        let unread =
            |error: ProcError| format!("who listens in the network namespace of pid {pid} cannot be read: {error}");
        let process = procfs::process::Process::new(pid).map_err(unread)?;
        let there = listening(process.tcp(), process.tcp6()).map_err(unread)?;
        if theirs.is_none() || ours.is_none() {
            // Another user's process does not show its namespace, but who listens there: sockets are the same ones only here.
            let numbers = |all: &[Listener]| all.iter().map(|one| one.socket).collect::<BTreeSet<u64>>();
            let here = self.listeners()?;
            if numbers(&here) == numbers(&there) {
                return Ok(None);
            }
        }
        Ok(Some(there))
    }

    fn holds(&self, pid: i32, listener: &Listener) -> bool {
        let links = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        links.filter_map(|link| socket_number(&fs::read_link(link.path()).ok()?)).any(|one| one == listener.socket)
    }

    fn owner(&self, listener: &Listener, likely: &[i32]) -> Option<i32> {
        let holds = |pid: &i32| self.holds(*pid, listener);
        likely.iter().copied().find(holds).or_else(|| pids().ok()?.1.into_iter().find(holds))
    }

    fn vitals(&self, pid: i32) -> Result<Vitals, String> {
        vitals::vitals(pid)
    }

    fn stack(&self, pid: i32) -> Result<Vec<String>, String> {
        vitals::stack(pid)
    }

    fn descriptors(&self, pid: i32) -> Result<Descriptors, String> {
        vitals::descriptors(pid)
    }

    fn grips(&self, files: &[FileId]) -> Result<Grips, String> {
        descriptors::grips(&pids()?.1, files)
    }

    fn mappings(&self, files: &[FileId]) -> Grips {
        match pids() {
            Ok((_, pids)) => descriptors::mappings(&pids, files),
            Err(why) => Grips { found: Vec::new(), unseen: Some(why) },
        }
    }

    fn namesakes(&self, pid: i32) -> Result<Vec<i32>, String> {
        descriptors::namesakes(&pids()?.1, pid)
    }

    fn shares_clock(&self, pid: i32) -> Option<bool> {
        let namespace = |whose: &str| match fs::read_link(format!("/proc/{whose}/ns/time")) {
            Ok(link) => Some(Some(link)),
            // A kernel before 5.6 has none, and one clock.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Some(None),
            Err(_) => None,
        };
        Some(namespace(&pid.to_string())? == namespace("self")?)
    }

    fn lineage(&self) -> &[i32] {
        self.lineage.get_or_init(|| {
            let mut line = vec![i32::try_from(std::process::id()).unwrap_or(0)];
            let mut parent = getppid().as_raw();
            // The chain of parents is finite, but it is read while it changes. Who has none stands outside of what we see.
            while parent > 0 && line.len() < 64 {
                line.push(parent);
                let above = || stat(rustix::fs::CWD, &format!("/proc/{parent}/stat"));
                // Init is nobody's child.
                parent = if parent == 1 { 0 } else { above().map_or(0, |stat| stat.parent) };
            }
            line
        })
    }
}

/// Of the tables of IPv4 and IPv6, those that listen.
fn listening(
    v4: Result<Vec<TcpNetEntry>, ProcError>,
    v6: Result<Vec<TcpNetEntry>, ProcError>,
) -> Result<Vec<Listener>, ProcError> {
    let v4 = v4?;
    let v6 = match v6 {
        // Without IPv6 there is no such table.
        Err(ProcError::NotFound(_)) => Vec::new(),
        other => other?,
    };
    let listener = |entry: TcpNetEntry| Listener {
        address: entry.local_address,
        v6_only: entry.local_address.is_ipv4().then_some(false),
        socket: entry.inode,
        pid: None,
    };
    Ok(v4.into_iter().chain(v6).filter(|entry| entry.state == TcpState::Listen).map(listener).collect())
}

/// The number in `socket:[4711]`.
fn socket_number(target: &Path) -> Option<u64> {
    target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// The folder `/proc`, and everybody in it.
fn pids() -> Result<(OwnedFd, Vec<i32>), String> {
    let unread = |error: Errno| format!("/proc cannot be read: {}", std::io::Error::from(error));
    let proc = folder("/proc", OFlags::RDONLY).map_err(unread)?;
    let mut pids = numbers(&proc).map_err(unread)?;
    if pids.is_empty() {
        // A chroot without /proc: no process seen is not "no process runs".
        return Err("/proc shows no process at all".to_owned());
    }
    pids.sort_unstable();
    Ok((proc, pids))
}

fn pass() -> Result<Pass, String> {
    let mut pass = Pass { begun: clock::boottime_ms(), ..Pass::default() };
    let mut hidden = 0usize;
    let (proc, pids) = pids()?;
    pass.unseen = hides_others(&pids);
    for pid in pids {
        let start = pass.bytes.len();
        // A command line is bounded by the kernel, but at megabytes.
        match read_into(&proc, &format!("{pid}/cmdline"), &mut pass.bytes, CMDLINE) {
            Ok(()) if pass.bytes.len() > start => pass.rows.push((pid, start..pass.bytes.len())),
            // It ended meanwhile, or it is a kernel thread or a zombie without a command line.
            Ok(()) | Err(Errno::NOENT | Errno::SRCH) => {}
            Err(Errno::ACCESS | Errno::PERM) => hidden += 1,
            // Out of descriptors or memory: who was not seen is not gone.
            Err(error) => {
                let error = std::io::Error::from(error);
                return Err(format!("the command line of pid {pid} cannot be read: {error}"));
            }
        }
    }
    if hidden > 0 {
        pass.unseen = Some(format!("the command lines of {hidden} processes are hidden from this user (hidepid)"));
    }
    Ok(pass)
}

/// When that is, in milliseconds since boot.
fn started_ms(start: u64) -> i64 {
    // Not procfs's own: it reads the auxiliary vector by hand, and that does not run under valgrind.
    let ticks = sysconf(SysconfVar::CLK_TCK).ok().flatten().unwrap_or(100).max(1);
    i64::try_from(start).unwrap_or(i64::MAX / 1_000).saturating_mul(1_000) / ticks
}

fn look(pid: i32, pass: Option<&Pass>) -> Asked<Process> {
    let entry = Entry::of(pid)?;
    let stat = entry.stat()?;
    let cwd = entry.link("cwd").map(still_called);
    let leaving = cwd.is_none() && stat.state != 'Z' && entry.is_leaving();
    let state = if leaving { 'X' } else { stat.state };
    let started_ms = started_ms(stat.start);
    Ok(Process {
        identity: Identity { pid, start: stat.start, boot: clock::boot_id().to_owned() },
        parent: stat.parent,
        session: stat.session,
        state,
        age_ms: (clock::boottime_ms() - started_ms).max(0),
        exe: entry.link("exe").map(still_called),
        args: pass.and_then(|pass| pass.cmdline(pid, started_ms)).map_or_else(|| entry.args(), words),
        cwd,
        uid: entry.uid(),
    })
}

/// The kernel marks a program or directory that was replaced, as each deploy and upgrade does: the process that still
/// uses it is who it was.
fn still_called(path: PathBuf) -> PathBuf {
    let name = path.as_os_str().as_bytes();
    let cut = name.strip_suffix(b" (deleted)").map(|name| PathBuf::from(OsStr::from_bytes(name)));
    cut.unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn we_find_ourselves_once_and_with_our_lineage() {
        let table = Proc::default();
        let me = i32::try_from(std::process::id()).expect("a pid");
        let rows = table.rows().expect("readable");
        assert_eq!(rows.iter().filter(|row| row.pid == me).count(), 1);
        let Detail::Seen(process) = table.detail(me) else { panic!("we are there") };
        assert_eq!(process.identity.pid, me);
        assert!(!process.is_zombie() && process.age_ms < 3_600_000);
        // How long ago it began is known of a life that is over as well, and of none of another boot.
        let gone = Identity { pid: super::super::process::PID_MAX - 1, ..process.identity.clone() };
        assert!(table.age_ms(&gone).is_some_and(|age| (process.age_ms..process.age_ms + 60_000).contains(&age)));
        assert_eq!(table.age_ms(&Identity { boot: "another".to_owned(), ..gone }), None);
        assert_eq!(table.lineage().first(), Some(&me));
        assert!(table.lineage().contains(&process.parent));
        assert!(table.family().expect("readable").contains(&process.kin()));
    }

    #[test]
    fn we_find_what_we_have_open_and_where_we_listen() {
        let table = Proc::default();
        let me = i32::try_from(std::process::id()).expect("a pid");
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().canonicalize().expect("there").join("open");
        let file = fs::File::create(&path).expect("created");
        let open = table.open(me).expect("ours");
        assert!(open.contains(&Open::File { path, writes: true, fd: file.as_raw_fd() }), "{open:?}");
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(socket) = std::net::TcpListener::bind(address) else { continue };
            let address = socket.local_addr().expect("bound");
            let listeners = table.listeners().expect("readable");
            let found = listeners.iter().find(|one| one.address == address).expect("listed");
            assert!(table.open(me).expect("ours").contains(&Open::Socket(found.socket)));
            assert_eq!(table.owner(found, &[]), Some(me));
            assert_eq!(table.owner(found, &[me]), Some(me));
        }
    }

    #[test]
    fn a_pid_that_cannot_exist_is_gone() {
        assert_eq!(Proc::default().detail(super::super::process::PID_MAX - 1), Detail::Gone);
    }
}
