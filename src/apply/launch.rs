//! How is a service without a supervisor started? In a session of its own, with nothing inherited, and only after the
//! journal knows its identity: between fork and exec the child waits for that line. If heal dies before, the child ends,
//! and while it waits it holds the recovery lock by inheritance: there is no moment in which a second one could be started.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::fs::{Mode, OFlags};

use crate::host::process::{Detail, Processes};
use crate::host::supervisor::systemd;
use crate::host::{env, sys};
use crate::journal::Journal;
use crate::model::service::{Launch, MARK, NAME};
use crate::model::{Event, Identity, Service};

/// Starts it. The answer says nothing about its health.
pub(super) fn start(
    journal: &mut Journal,
    processes: &dyn Processes,
    launch: &Launch,
    intent: &str,
    plan: &super::Plan<'_>,
) -> Result<(Identity, Child), String> {
    let service = plan.service;
    let name = launch.argv.first().ok_or("`start` is empty")?;
    if !launch.cwd.is_dir() {
        return Err(format!("its directory {} does not exist", launch.cwd.display()));
    }
    let path = launch.env.get("PATH").map_or(env::PATH, String::as_str);
    let program = env::program(name, &launch.cwd, path)?;
    let log = open_log(plan.root, &launch.log)
        .map_err(|error| format!("cannot open its log {}: {error}", launch.log.display()))?;
    let errors = log.try_clone().map_err(|error| error.to_string())?;
    // child → heal: "I am pid N"; heal → child: "you are in the journal".
    let (hello, hello_child) = pipe()?;
    let (ack_child, ack) = pipe()?;
    let ack_in_child = ack.as_raw_fd();
    let (mut command, found_by) = home(program, name, service)?;
    command.args(&launch.argv[1..]).current_dir(&launch.cwd).env_clear().envs(env::clean()).envs(found_by);
    command
        .envs(&launch.env)
        .env(MARK, intent)
        .env(NAME, &service.name)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors);
    sys::before_exec(&mut command, move || {
        // The child's own copy of heal's end would keep the pipe open for ever.
        nix::unistd::close(ack_in_child)?;
        nix::unistd::setsid()?;
        sys::default_signals()?;
        let pid = nix::unistd::getpid().as_raw().to_ne_bytes();
        nix::unistd::write(hello_child.as_fd(), &pid)?;
        let mut byte = [0];
        match nix::unistd::read(ack_child.as_fd(), &mut byte)? {
            1 => Ok(()),
            // heal is gone, or could not write the journal: this process must not become the service.
            _ => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
        }
    });
    let (spawned, recorded) = std::thread::scope(|scope| {
        let recorder = || record(journal, processes, hello, ack, intent, &service.name);
        let recorder = std::thread::Builder::new().spawn_scoped(scope, recorder);
        let recorder = recorder.map_err(|error| format!("`{name}` cannot be started: no thread for it: {error}"))?;
        let spawned = command.spawn();
        // The parent's copies of the child's ends go with the command: a recorder that waits for a child that never
        // came to be reads the end of the pipe.
        drop(command);
        Ok::<_, String>((spawned, recorder.join().unwrap_or_else(|_| Err("the recorder failed".to_owned()))))
    })?;
    match (spawned, recorded) {
        (Ok(child), Ok(identity)) => Ok((identity, child)),
        (_, Err(why)) if !why.is_empty() => Err(why),
        (Err(error), _) => Err(format!("`{name}` cannot be started: {error}")),
        (Ok(_), Err(_)) => Err(format!("`{name}` was started, but never said who it is")),
    }
}

/// A command, and the variable that it needs beside the clean environment.
type Home = (Command, Option<(&'static str, PathBuf)>);

/// The program, or where heal runs in a unit of systemd that takes everything with it when it ends (a oneshot tick does, within
/// the second) the program in a scope of its own. `systemd-run --scope` asks for it and then becomes the program: pid, start
/// time, session and descriptors stay as they are (ECOSYSTEM §2).
#[expect(clippy::disallowed_methods, reason = "the one home of processes that outlive heal")]
fn home(program: PathBuf, name: &str, service: &Service) -> Result<Home, String> {
    let Some(reaper) = systemd::reaper() else {
        let mut command = Command::new(program);
        command.arg0(name);
        return Ok((command, None));
    };
    let (manager, found_by) = systemd::scope_of(&reaper)?;
    let runner = env::program("systemd-run", Path::new("/"), env::PATH).map_err(|why| {
        format!(
            "heal runs in {}, which ends what it started when it ends, and {why}: set KillMode=process",
            reaper.name
        )
    })?;
    let mut command = Command::new(runner);
    command.args([manager, "--scope", "--collect", "--quiet", "--no-ask-password"]);
    command.arg(format!("--description=heal: [service.{}]", service.name)).arg("--").arg(program);
    Ok((command, found_by.map(|folder| ("XDG_RUNTIME_DIR", folder))))
}

/// Waits for the child's pid, writes it into the journal, and only then lets the child go on.
fn record(
    journal: &mut Journal,
    processes: &dyn Processes,
    mut hello: File,
    mut ack: File,
    intent: &str,
    service: &str,
) -> Result<Identity, String> {
    let mut bytes = [0; 4];
    // No pid: the fork or what precedes it failed; spawn says why.
    hello.read_exact(&mut bytes).map_err(|_| String::new())?;
    let pid = i32::from_ne_bytes(bytes);
    let Detail::Seen(process) = processes.detail(pid) else {
        return Err(format!("the new process {pid} cannot be looked at"));
    };
    let identity = process.identity;
    journal
        .record(Event::Started { intent: intent.to_owned(), service: service.to_owned(), identity: identity.clone() })
        .map_err(|error| error.to_string())?;
    super::failpoint("after-started");
    ack.write_all(&[1]).map_err(|error| format!("the new process {pid} went away: {error}"))?;
    Ok(identity)
}

fn pipe() -> Result<(File, File), String> {
    // Both ends close on exec.
    let (read, write) = io::pipe().map_err(|error| error.to_string())?;
    Ok((OwnedFd::from(read).into(), OwnedFd::from(write).into()))
}

/// Opens the log for appending; a link, a FIFO or a device in its place is refused. Where the disk has no room for one, the
/// service runs without: its output is worth less than itself, and of the disk a person is told.
fn open_log(root: &Path, path: &Path) -> io::Result<File> {
    use io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let file = match super::beneath::append(root, path, false, 0o640) {
        Err(error) if matches!(error.kind(), StorageFull | QuotaExceeded | ReadOnlyFilesystem) => {
            let nowhere = rustix::fs::open("/dev/null", OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())?;
            return Ok(nowhere.into());
        }
        file => file?,
    };
    // O_NONBLOCK was for the opening alone; the service must not inherit it.
    rustix::fs::fcntl_setfl(&file, OFlags::APPEND)?;
    Ok(file)
}
