//! How does heal become the command that it was asked to run? By exec: the same process, so signals reach the command without
//! anybody who forwards them, its exit code is heal's, and what was bound to this process is bound to the command.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Kind, Result};
use crate::host::{env, sys};

/// The program of a command line, looked up as a shell would.
///
/// # Errors
/// [`Kind::NoCommand`] when there is none, [`Kind::NotExecutable`] when it cannot be run.
pub fn program_of(argv: &[OsString]) -> Result<PathBuf> {
    let name = argv.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let path = env::var("PATH").unwrap_or_else(|| env::PATH.to_owned());
    let cwd = env::cwd().unwrap_or_else(|| PathBuf::from("/"));
    env::program(&name, &cwd, &path).map_err(|why| {
        let there = name.contains('/') && cwd.join(&name).exists();
        let kind = if there { Kind::NotExecutable } else { Kind::NoCommand };
        Error::new(kind, format!("{why}; nothing was run")).hint("behind `--` stands a program with its arguments")
    })
}

/// Becomes the command, in this environment and directory, with the signals and the umask that heal itself was started
/// with. Returns only when that is not possible.
#[expect(clippy::disallowed_methods, reason = "the one home of what heal itself becomes")]
#[must_use]
pub fn become_it(program: &Path, argv: &[OsString]) -> Error {
    let mut command = Command::new(program);
    command.args(argv.iter().skip(1));
    if let Some(name) = argv.first() {
        command.arg0(name);
    }
    sys::before_exec(&mut command, sys::as_given);
    let error = command.exec();
    Error::io(format_args!("cannot run {}", program.display()), error).of_kind(Kind::NotExecutable)
}
