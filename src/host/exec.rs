//! What does this command say? Runs one with a deadline, a clean environment, capped output and no way to outlive its caller.
//! Services are not started here (see `apply::launch`): what runs here ends here, but for what an owner's own command leaves.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use rustix::io::Errno;
use rustix::process::{WaitId, WaitIdOptions, waitid};

use super::{env, sys};

/// Output beyond this is thrown away (FAULTS §4.28).
pub const OUTPUT_LIMIT: usize = 64 * 1024;

/// A command to run.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Program and arguments.
    pub argv: &'a [String],
    /// Working directory.
    pub cwd: &'a Path,
    /// Added to the clean environment.
    pub env: &'a BTreeMap<String, String>,
    /// Given on standard input.
    pub stdin: &'a [u8],
    /// It is ended, with its whole group, after this long.
    pub timeout: Duration,
}

/// How it ended.
#[derive(Debug)]
pub struct Ended {
    /// The exit status; `None` when it was ended at its deadline.
    pub status: Option<ExitStatus>,
    /// The first [`OUTPUT_LIMIT`] bytes of its output, or as many as were asked for, invalid UTF-8 replaced.
    pub stdout: String,
    /// The same of its errors.
    pub stderr: String,
}

impl Ended {
    /// Did it exit with 0?
    #[must_use]
    pub fn ok(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// How it ended, for a person.
    #[must_use]
    pub fn how(&self) -> String {
        match self.status {
            None => "did not end in time and was killed".to_owned(),
            Some(status) if status.code().is_none() => format!("ended by {}", status_text(status)),
            Some(status) => status_text(status),
        }
    }

    /// The last line that it wrote, of its errors or else of its output.
    #[must_use]
    pub fn last_line(&self) -> &str {
        let last = |text: &'_ str| text.trim_end().rfind('\n').map_or(0, |at| at + 1);
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        text[last(text)..].trim()
    }

    /// What a monitoring plugin says: the first line of its output, up to the bar. Behind the bar stand figures, below the
    /// line details (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios"). Where it printed nothing, its
    /// first error says why.
    #[must_use]
    pub fn plugin_line(&self) -> &str {
        let text = if self.stdout.trim().is_empty() { &self.stderr } else { &self.stdout };
        let line = text.trim_start().lines().next().unwrap_or_default();
        line.split('|').next().unwrap_or_default().trim()
    }
}

/// An exit status for a person: `exit code 2`, `signal 9`.
#[must_use]
pub fn status_text(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (_, Some(signal)) => format!("signal {signal}"),
        _ => "an unknown status".to_owned(),
    }
}

/// Runs a command to its end or to its deadline.
///
/// # Errors
/// It could not be started; the message says why.
pub fn run(job: &Job<'_>) -> Result<Ended, String> {
    run_up_to(job, OUTPUT_LIMIT)
}

/// As [`run`], for a command whose answer need not be text: at most `limit` bytes of its output, as they came. What is told
/// of how it ended has no output.
///
/// # Errors
/// It could not be started; the message says why.
pub fn run_for_bytes(job: &Job<'_>, limit: usize) -> Result<(Ended, Vec<u8>), String> {
    let (command, name) = command(job)?;
    let (status, stdout, stderr) = watched(command, name, (Input::Sent(job.stdin), job.timeout, limit), Rest::Ends)?;
    Ok((ended((status, Vec::new(), stderr)), stdout))
}

/// As [`run`], for a command that may start something that stays: when it exits with 0, its group is left alone. When it
/// does not, or takes too long, the group ends with it.
///
/// # Errors
/// It could not be started; the message says why.
pub fn run_and_leave(job: &Job<'_>) -> Result<Ended, String> {
    let (command, name) = command(job)?;
    watched(command, name, (Input::Sent(job.stdin), job.timeout, OUTPUT_LIMIT), Rest::StaysAfterSuccess).map(ended)
}

/// As [`run`], for a command whose answer may be longer: `limit` bytes of its output are kept.
///
/// # Errors
/// It could not be started; the message says why.
pub fn run_up_to(job: &Job<'_>, limit: usize) -> Result<Ended, String> {
    let (command, name) = command(job)?;
    watched(command, name, (Input::Sent(job.stdin), job.timeout, limit), Rest::Ends).map(ended)
}

/// As [`run`], with this file on its input instead. For what reads to the end and takes that for all there is: through a pipe it
/// would do so with the half that was sent when heal dies, or cannot write.
///
/// # Errors
/// It could not be started; the message says why.
pub fn run_on(job: &Job<'_>, file: File) -> Result<Ended, String> {
    let (command, name) = command(job)?;
    watched(command, name, (Input::Whole(file), job.timeout, OUTPUT_LIMIT), Rest::Ends).map(ended)
}

/// What a command reads.
enum Input<'a> {
    /// Sent through a pipe, as it is taken.
    Sent(&'a [u8]),
    /// All there from the beginning.
    Whole(File),
}

#[expect(clippy::disallowed_methods, reason = "the one home of commands that end with their caller")]
fn command<'j>(job: &Job<'j>) -> Result<(Command, &'j str), String> {
    let name = job.argv.first().ok_or("the command is empty")?;
    let path = job.env.get("PATH").map_or(env::PATH, String::as_str);
    let program = env::program(name, job.cwd, path)?;
    let mut command = Command::new(&program);
    command.arg0(name).args(&job.argv[1..]).current_dir(job.cwd).env_clear().envs(env::clean()).envs(job.env);
    Ok((command, name))
}

/// As [`ourselves_up_to`], for a short answer.
///
/// # Errors
/// As there.
pub fn ourselves(word: &str, stdin: &[u8], timeout: Duration) -> Result<Ended, String> {
    ourselves_up_to(word, stdin, timeout, OUTPUT_LIMIT)
}

/// Runs heal itself, with one word and no environment at all, to its end or to its deadline; `limit` bytes of its
/// output are kept.
///
/// # Errors
/// It could not be started; the message says why.
#[expect(clippy::disallowed_methods, reason = "the one home of commands that end with their caller")]
pub fn ourselves_up_to(word: &str, stdin: &[u8], timeout: Duration, limit: usize) -> Result<Ended, String> {
    // By this name it is the same program also after an upgrade replaced the file.
    #[cfg(target_os = "linux")]
    let program = Path::new("/proc/self/exe").to_owned();
    #[cfg(not(target_os = "linux"))]
    let program = std::env::current_exe().map_err(|error| format!("heal does not find itself: {error}"))?;
    let mut command = Command::new(program);
    // glibc reserves 64 MB of addresses for each thread that allocates, which the limits of such a child would count.
    command.arg0("heal").arg(word).current_dir("/").env_clear().env("MALLOC_ARENA_MAX", "1");
    watched(command, "heal", (Input::Sent(stdin), timeout, limit), Rest::Ends).map(ended)
}

/// What becomes of the rest of its group when the command has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rest {
    Ends,
    StaysAfterSuccess,
}

/// Its status, its output and its errors, as they came.
type Raw = (Option<ExitStatus>, Vec<u8>, Vec<u8>);

fn ended((status, stdout, stderr): Raw) -> Ended {
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ended { status, stdout: text(stdout), stderr: text(stderr) }
}

fn watched(
    mut command: Command,
    name: &str,
    (input, timeout, limit): (Input<'_>, Duration, usize),
    rest: Rest,
) -> Result<Raw, String> {
    let (given, sent) = match input {
        Input::Sent([]) => (Stdio::null(), &[][..]),
        Input::Sent(bytes) => (Stdio::piped(), bytes),
        Input::Whole(file) => (Stdio::from(file), &[][..]),
    };
    command.stdin(given);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    sys::before_exec(&mut command, || {
        // If heal dies, so does what it only asked (FAULTS B8). What that forks does not inherit it (prctl(2)).
        #[cfg(target_os = "linux")]
        nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?;
        sys::default_signals()
    });
    let child = command.spawn().map_err(|error| format!("`{name}` cannot be started: {error}"))?;
    attend(child, sent, timeout, limit, rest).map_err(|error| format!("`{name}` cannot be attended: {error}"))
}

fn attend(mut child: Child, input: &[u8], timeout: Duration, limit: usize, rest: Rest) -> io::Result<Raw> {
    let deadline = Instant::now() + timeout;
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let mut stdin = child.stdin.take();
    let pipes = [stdout.as_ref().map(AsFd::as_fd), stderr.as_ref().map(AsFd::as_fd), stdin.as_ref().map(AsFd::as_fd)];
    for fd in pipes.into_iter().flatten() {
        rustix::fs::fcntl_setfl(fd, rustix::fs::OFlags::NONBLOCK)?;
    }
    let (mut out, mut err, mut sent) = (Vec::new(), Vec::new(), 0);
    let ended = super::process::watch(i32::try_from(child.id()).unwrap_or(0));
    let in_time = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        // Without a pidfd (old kernels) the exit is looked for every 20 ms.
        let nap = if ended.is_some() { left } else { left.min(Duration::from_millis(20)) };
        let mut set: Vec<PollFd<'_>> = Vec::with_capacity(4);
        set.extend(ended.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        set.extend(stdout.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        set.extend(stderr.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLIN)));
        set.extend(stdin.iter().map(|fd| PollFd::new(fd.as_fd(), PollFlags::POLLOUT)));
        let _ = poll(&mut set, PollTimeout::try_from(nap).unwrap_or(PollTimeout::MAX));
        drain(&mut stdout, &mut out, limit);
        drain(&mut stderr, &mut err, OUTPUT_LIMIT);
        feed(&mut stdin, input, &mut sent);
        if how_it_ended(&child).is_some() {
            break true;
        }
        if Instant::now() >= deadline {
            break false;
        }
    };
    if rest == Rest::Ends || how_it_ended(&child) != Some(true) {
        end_group(&child);
    }
    let status = reap(&mut child);
    drain(&mut stdout, &mut out, limit);
    drain(&mut stderr, &mut err, OUTPUT_LIMIT);
    Ok((status.filter(|_| in_time), out, err))
}

/// Its group goes with it. The child is not reaped yet, so the group's number is still its own.
#[expect(clippy::disallowed_methods, reason = "the one home of signals to a group: that of our own child")]
fn end_group(child: &Child) {
    if let Ok(group) = i32::try_from(child.id()) {
        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
}

/// Did it end, and then with 0? It is not collected yet: until then nobody else can have its number.
fn how_it_ended(child: &Child) -> Option<bool> {
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).ok()?)?;
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    match waitid(WaitId::Pid(pid), look) {
        Ok(status) => status.map(|status| status.exit_status() == Some(0)),
        Err(Errno::INTR) => None,
        // Nobody's child any more: how it ended is not to be known.
        Err(_) => Some(false),
    }
}

/// Collects the child. One that even KILL does not end (uninterruptible) is left behind after two seconds, not waited for.
fn reap(child: &mut Child) -> Option<ExitStatus> {
    let deadline = Instant::now() + Duration::from_secs(2);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
            _ => return None,
        }
    }
}

fn drain<R: Read>(pipe: &mut Option<R>, kept: &mut Vec<u8>, limit: usize) {
    let Some(reader) = pipe else { return };
    let mut chunk = [0; 8192];
    // Bounded: a child that writes without end must not keep us from looking at the clock.
    for _ in 0..64 {
        match reader.read(&mut chunk) {
            Ok(0) => return *pipe = None,
            Ok(count) => kept.extend_from_slice(&chunk[..count.min(limit - kept.len())]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(_) => return *pipe = None,
        }
    }
}

fn feed<W: Write>(pipe: &mut Option<W>, bytes: &[u8], sent: &mut usize) {
    let Some(writer) = pipe else { return };
    match writer.write(&bytes[*sent..]) {
        Ok(count) => *sent += count,
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => return,
        Err(_) => *sent = bytes.len(),
    }
    if *sent >= bytes.len() {
        *pipe = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str, timeout: u64, stdin: &[u8]) -> (Ended, Duration) {
        let argv = ["sh", "-c", script].map(str::to_owned);
        let env = BTreeMap::new();
        let job = Job { argv: &argv, cwd: Path::new("/"), env: &env, stdin, timeout: Duration::from_millis(timeout) };
        let start = Instant::now();
        let ended = run(&job).expect("starts");
        (ended, start.elapsed())
    }

    #[test]
    fn output_status_and_input_pass() {
        let (ended, _) = sh("cat; echo no >&2; exit 3", 5_000, b"hello");
        assert_eq!((ended.stdout.as_str(), ended.how().as_str()), ("hello", "exit code 3"));
        assert_eq!(ended.last_line(), "no");
    }

    #[test]
    fn a_hanging_group_ends_at_the_deadline_and_a_flood_is_cut() {
        let (ended, took) = sh("sleep 600 & sleep 600", 200, b"");
        assert!(ended.status.is_none() && took < Duration::from_secs(5), "{took:?}");
        let (ended, took) = sh("exec yes", 300, b"");
        assert_eq!(ended.stdout.len(), OUTPUT_LIMIT);
        assert!(took < Duration::from_secs(5), "{took:?}");
    }

    #[test]
    fn a_child_that_leaves_its_pipe_to_a_daemon_is_not_waited_for() {
        let (ended, took) = sh("sleep 600 & exit 0", 5_000, b"");
        assert!(ended.ok() && took < Duration::from_secs(4), "{took:?}");
    }

    #[test]
    fn what_an_owners_command_started_stays_only_when_that_exits_with_0() {
        let argv = |code: u8| {
            let script = format!("sleep 600 >/dev/null 2>&1 & echo $!; exit {code}");
            ["sh".to_owned(), "-c".to_owned(), script]
        };
        for (code, stays) in [(0, true), (1, false)] {
            let (argv, env) = (argv(code), BTreeMap::new());
            let timeout = Duration::from_secs(20);
            let job = Job { argv: &argv, cwd: Path::new("/"), env: &env, stdin: b"", timeout };
            let ended = run_and_leave(&job).expect("starts");
            let pid = Pid::from_raw(ended.stdout.trim().parse().expect("a pid"));
            // One that was killed may take a moment to be gone.
            let gone = (0..if stays { 20 } else { 500 }).any(|_| {
                std::thread::sleep(Duration::from_millis(10));
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                stat.is_empty() || stat.contains(") Z ")
            });
            let _ = nix::sys::signal::kill(pid, Signal::SIGKILL);
            assert_eq!(!gone, stays, "exit code {code}");
        }
    }

    #[test]
    fn nothing_of_our_environment_or_descriptors_leaks() {
        sys::close_on_exec_everywhere();
        let (ended, _) = sh("env | cut -d= -f1 | sort | tr '\\n' ' '; ls /proc/self/fd | tr '\\n' ' '", 5_000, b"");
        assert!(!ended.stdout.contains("CARGO") && ended.stdout.contains("PATH"), "{}", ended.stdout);
        assert!(ended.stdout.ends_with("0 1 2 3 "), "3 is ls reading the directory: {}", ended.stdout);
    }
}
