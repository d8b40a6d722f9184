//! How is a command run under somebody's eyes? As if it had been executed in heal's place: the same input and output, group,
//! session and terminal. Signals go on to it, its stderr goes on byte by byte, and how it ended is known. Nothing of heal's
//! end is passed on: when heal is killed, the command lives (DESIGN: a watchdog never takes a service down with it).

use std::ffi::OsString;
use std::io::{self, IsTerminal, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, pthread_sigmask, raise};
use nix::unistd::{Pid, getpgid, getpgrp};
use rustix::process::WaitOptions;

use super::pass;
use crate::host::sys;
use crate::model::redact;

/// What is passed on. The rest cannot be caught, is about heal itself (CHLD, PIPE), or is a fault of the one it happens to.
const PASSED: [Signal; 11] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGALRM,
    Signal::SIGWINCH,
    Signal::SIGCONT,
    Signal::SIGTSTP,
    Signal::SIGTTIN,
];

/// Signals by which somebody wants an end.
const STOPS: [Signal; 4] = [Signal::SIGTERM, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP];

/// An end this long after a stop signal was meant: the longest `stop_grace` that there is.
const MEANT: Duration = Duration::from_secs(90);

/// The last words are waited for as long as this: who reads stderr may have stopped reading.
const PATIENCE: Duration = Duration::from_secs(2);

/// Lines of stderr that are kept.
const LINES: usize = 10;

/// Why nothing was started: what coreutils' `timeout` says of it, and in words.
#[derive(Debug)]
pub struct NotStarted {
    /// 125: heal could not; 126: it cannot be executed; 127: there is no such program.
    pub code: u8,
    /// What and why.
    pub why: String,
}

/// How it ended.
#[derive(Debug)]
pub struct End {
    /// Its exit code, if it had one.
    pub code: Option<i32>,
    /// The number of the signal that ended it.
    pub signal: Option<i32>,
    /// The stop signal that reached heal shortly before.
    pub asked: Option<i32>,
    /// The last lines of its stderr, secrets masked; none when it went to a terminal.
    pub words: Vec<String>,
}

/// Signals that are held back until they can be passed on. Made before anything else may start a thread.
#[derive(Debug)]
pub struct Held {
    set: SigSet,
}

impl Held {
    /// Holds them back from now on.
    ///
    /// # Errors
    /// The system's.
    pub fn back() -> io::Result<Self> {
        let mut set = SigSet::empty();
        PASSED.into_iter().chain([Signal::SIGTTOU, Signal::SIGCHLD]).for_each(|signal| set.add(signal));
        pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&set), None)?;
        Ok(Self { set })
    }

    /// The number of the stop signal that arrived since they are held back, if one did: then nothing has to be started.
    #[must_use]
    pub fn stop(&self) -> Option<i32> {
        let source = Source::new(&self.set).ok()?;
        let arrived = std::iter::from_fn(|| source.next(false).ok().flatten());
        arrived.map(|arrived| arrived.signal).filter(|signal| STOPS.contains(signal)).last().map(|signal| signal as i32)
    }

    /// Runs a command to its end. `began` hears its pid; while that is asked, the process is there, or its remains are.
    ///
    /// # Errors
    /// It could not be started.
    pub fn run(&self, argv: &[OsString], env: &[(&str, &str)], began: &mut dyn FnMut(i32)) -> Result<End, NotStarted> {
        let source =
            Source::new(&self.set).map_err(|error| cannot(format!("signals cannot be waited for: {error}")))?;
        let (child, ears) = start(argv, env)?;
        let pid = i32::try_from(child.id()).unwrap_or(0);
        began(pid);
        let (status, asked) = watch(&source, Pid::from_raw(pid))?;
        let words = ears.map(Ears::last_words).unwrap_or_default();
        Ok(End { code: status.code(), signal: status.signal(), asked: asked.map(|signal| signal as i32), words })
    }
}

const fn cannot(why: String) -> NotStarted {
    NotStarted { code: 125, why }
}

/// The process that carries stderr on.
struct Ears {
    child: Child,
    line: UnixStream,
}

#[expect(clippy::disallowed_methods, reason = "the one home of what runs under heal's eyes")]
fn start(argv: &[OsString], env: &[(&str, &str)]) -> Result<(Child, Option<Ears>), NotStarted> {
    let Some((name, args)) = argv.split_first() else { return Err(cannot("there is no command".to_owned())) };
    let mut command = Command::new(name);
    command.args(args).envs(env.iter().copied());
    sys::before_exec(&mut command, || {
        sys::as_given()?;
        // What is held back here would be held back there.
        pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
        Ok(())
    });
    // Who looks at a terminal sees it all, and the command has to see the terminal. Without ears it runs all the same.
    let (ears, errors) = if io::stderr().is_terminal() { None } else { ears().ok() }.unzip();
    if let Some(errors) = errors {
        command.stderr(errors);
    }
    let child = command.spawn().map_err(|error| {
        let code = match error.kind() {
            io::ErrorKind::NotFound => 127,
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => 125,
            _ => 126,
        };
        NotStarted { code, why: format!("`{}` cannot be started: {error}", name.to_string_lossy()) }
    });
    // The copies of the command would keep the pipe open.
    drop(command);
    Ok((child?, ears))
}

/// Starts what carries stderr on; answers with the end that the command writes into.
#[expect(clippy::disallowed_methods, reason = "the one home of what runs under heal's eyes")]
fn ears() -> io::Result<(Ears, OwnedFd)> {
    let (read, write) = io::pipe()?;
    let (line, theirs) = UnixStream::pair()?;
    // By this name it is the same program also after an upgrade replaced the file.
    #[cfg(target_os = "linux")]
    let program = std::path::Path::new("/proc/self/exe").to_owned();
    #[cfg(not(target_os = "linux"))]
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.arg0("heal").arg(pass::WORD).env_clear().current_dir("/");
    command.stdin(OwnedFd::from(read)).stdout(OwnedFd::from(theirs));
    sys::before_exec(&mut command, || {
        // A signal to the group in this moment would end it before it can hold them back itself.
        pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::all()), None)?;
        Ok(())
    });
    let child = command.spawn()?;
    drop(command);
    Ok((Ears { child, line }, write.into()))
}

impl Ears {
    /// Everything that was written is passed on, and the last of it is said. What the command left running keeps its ears.
    fn last_words(mut self) -> Vec<String> {
        let mut bytes = Vec::new();
        let _ = self.line.shutdown(std::net::Shutdown::Write);
        let deadline = Instant::now() + PATIENCE;
        let mut part = vec![0; pass::KEPT];
        while let Some(left) = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            match self.line.set_read_timeout(Some(left)).and_then(|()| self.line.read(&mut part)) {
                Ok(count) if count > 0 => bytes.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                _ => break,
            }
        }
        let _ = self.child.try_wait();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        // Masked before it is cut: a key is known by its first line.
        let masked = redact::lines(&lines);
        let full: Vec<String> = masked.into_iter().filter(|line| !line.trim().is_empty()).collect();
        full.into_iter().rev().take(LINES).rev().collect()
    }
}

/// Waits for the end, and passes on what arrives meanwhile.
fn watch(source: &Source, pid: Pid) -> Result<(ExitStatus, Option<Signal>), NotStarted> {
    let mut asked: Option<(Signal, Instant)> = None;
    let mut heard = |arrived: &Arrived| {
        if STOPS.contains(&arrived.signal) {
            asked = Some((arrived.signal, Instant::now()));
        }
    };
    let ended = loop {
        let arrived = source.next(true).map_err(|error| cannot(format!("signals cannot be waited for: {error}")))?;
        let Some(arrived) = arrived else { continue };
        if arrived.signal != Signal::SIGCHLD {
            heard(&arrived);
            pass_on(&arrived, pid);
            continue;
        }
        // Its stops are looked at as well: who stopped it from a terminal waits for heal to stop. Not by `Child::wait`, which
        // says nothing of them; not by nix, which has no name for the end by a real-time signal.
        let options = WaitOptions::NOHANG | WaitOptions::UNTRACED;
        match rustix::process::waitpid(rustix::process::Pid::from_raw(pid.as_raw()), options) {
            Ok(Some((_, status))) if status.exited() || status.signaled() => {
                break ExitStatus::from_raw(status.as_raw());
            }
            Ok(Some((_, status))) if status.stopping_signal().is_some_and(by_terminal) => stop_too(),
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(cannot(format!("its end cannot be waited for: {error}"))),
        }
    };
    // Whoever asks the whole group at once is heard here a moment later than there.
    while let Ok(Some(arrived)) = source.next(false) {
        heard(&arrived);
    }
    Ok((ended, asked.filter(|(_, when)| when.elapsed() < MEANT).map(|(signal, _)| signal)))
}

/// A signal that arrived.
#[derive(Debug)]
struct Arrived {
    signal: Signal,
    /// The kernel sent it: from a terminal, which means the whole group.
    by_kernel: bool,
    /// Who sent it, if a process did.
    sender: i32,
}

#[expect(clippy::disallowed_methods, reason = "a child that was not waited for: its number is nobody else's")]
fn pass_on(arrived: &Arrived, pid: Pid) {
    let together = getpgid(Some(pid)).is_ok_and(|group| group == getpgrp());
    // What the terminal sends to the group has arrived there, and what the command sends to its group it does not mean itself.
    let has_it = arrived.by_kernel && together || arrived.sender == pid.as_raw();
    if !has_it {
        let _ = kill(pid, arrived.signal);
    }
}

/// Is it one of those that a terminal sends to stop a job?
fn by_terminal(signal: i32) -> bool {
    [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU].into_iter().any(|one| one as i32 == signal)
}

/// The shell that started heal has to see its job stop. When it goes on, CONT arrives here like any other signal.
fn stop_too() {
    let _ = raise(Signal::SIGSTOP);
}

/// Where signals arrive.
struct Source {
    #[cfg(target_os = "linux")]
    fd: nix::sys::signalfd::SignalFd,
    #[cfg(not(target_os = "linux"))]
    set: SigSet,
}

#[cfg(target_os = "linux")]
impl Source {
    fn new(set: &SigSet) -> nix::Result<Self> {
        use nix::sys::signalfd::{SfdFlags, SignalFd};
        Ok(Self { fd: SignalFd::with_flags(set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)? })
    }

    /// The next signal; with `wait` it is waited for.
    fn next(&self, wait: bool) -> nix::Result<Option<Arrived>> {
        use std::os::fd::AsFd;

        use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
        loop {
            if let Some(info) = self.fd.read_signal()? {
                let signal = i32::try_from(info.ssi_signo).ok().and_then(|number| Signal::try_from(number).ok());
                let by_kernel = info.ssi_code > 0;
                let sender = i32::try_from(info.ssi_pid).unwrap_or(0);
                return Ok(signal.map(|signal| Arrived { signal, by_kernel, sender }));
            }
            if !wait {
                return Ok(None);
            }
            match poll(&mut [PollFd::new(self.fd.as_fd(), PollFlags::POLLIN)], PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl Source {
    const fn new(set: &SigSet) -> nix::Result<Self> {
        Ok(Self { set: *set })
    }

    /// The next signal. Who sent it is not said here; what a terminal sends to its group, it sends by these keys.
    fn next(&self, wait: bool) -> nix::Result<Option<Arrived>> {
        if !wait {
            return Ok(None);
        }
        let signal = self.set.wait()?;
        let key = matches!(signal, Signal::SIGINT | Signal::SIGQUIT | Signal::SIGTSTP | Signal::SIGWINCH);
        Ok(Some(Arrived { signal, by_kernel: key && io::stdin().is_terminal(), sender: 0 }))
    }
}
