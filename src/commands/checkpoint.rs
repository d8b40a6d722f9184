//! `heal checkpoint`: save a state under the next number, and bring back the newest that is whole.

use std::io::{self, IsTerminal, Write as _};
use std::path::PathBuf;

use clap::Subcommand;

use crate::cli::{Format, Global};
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::exit::Exit;
use crate::host::env;
use crate::model::checkpoint::{RestoreFate, Restored, SaveFate, Shelf};
use crate::output::{checkpoint, checkpoint_json};
use crate::pipeline::checkpoint::{Restoring, STANDARD, Saving, restore, save, shelves};

/// Save states under numbers; prove and restore them
///
/// A `[checkpoint.NAME]` of heal.toml is a state that can be saved: what its `command` prints, the file at its `path`, or what
/// comes on stdin. Each save gets the next number, whatever the clock says, and the newest ones are kept: ten, or as many as
/// `keep = { last = N }` says. The bytes lie in the vault, under their SHA-256, which is compared each time they are read.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Save the state under the next number
    ///
    /// Without a NAME every checkpoint is saved that says where its state comes from. A state that is empty, or nothing but
    /// zeros or white space, is refused, and so is a file that changes while it is read, or what a command prints that fails.
    ///
    /// Exits with 0 when it is saved; 65 when there is nothing that could be; 74 when it cannot be written; 75 when somebody else
    /// saves it all the time. Of several the worst.
    Save(Save),
    /// Bring back the newest that is whole
    ///
    /// It replaces the file at `path`, or another one inside of the project, in one step; what stood there is kept, and
    /// `heal undo` brings it back. A link, a directory, a FIFO, or a file that somebody has open is left alone. When the newest
    /// is damaged, the newest that is not is taken, and said. A service that keeps its state in memory writes over what is
    /// restored: stop it first.
    ///
    /// Exits with 0 when the newest is restored, or stands there already; 1 when it is an older one; 2 when none is whole; 69
    /// when it is refused; 74 when it cannot be written; 75 when another run is at work.
    Restore(Restore),
    /// List what is saved, newest first
    List {
        /// Only these
        #[arg(value_name = "NAME", add = Names::Checkpoints)]
        names: Vec<String>,
    },
    /// Read every byte of what is saved: is it what was saved?
    ///
    /// Exits with 0 when all is whole; 1 when an older one is damaged, or nothing was saved; 2 when the newest is damaged.
    Verify {
        /// Only these
        #[arg(value_name = "NAME", add = Names::Checkpoints)]
        names: Vec<String>,
    },
}

#[derive(clap::Args, Debug)]
struct Save {
    /// Only these
    #[arg(value_name = "NAME", add = Names::Checkpoints)]
    names: Vec<String>,
    /// Save this file instead of what is declared; `-` is stdin
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    from: Option<PathBuf>,
    /// Print what would be done; change nothing, and run no command
    #[arg(long)]
    dry_run: bool,
}

#[derive(clap::Args, Debug)]
struct Restore {
    /// Which; may be left out where there is only one
    #[arg(value_name = "NAME", add = Names::Checkpoints)]
    name: Option<String>,
    /// This number, and no other
    #[arg(long, value_name = "N")]
    sequence: Option<u64>,
    /// Replace this file instead; `-` prints it to stdout, and changes nothing
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    to: Option<PathBuf>,
    /// Print what would be done; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// A checkpoint is not declared, the configuration is wrong, or the data directory cannot be read or written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let (quiet, heal) = (global.quiet, config.call());
        match self.action {
            Action::Save(save) => save.run(&config, quiet),
            Action::Restore(restore) => restore.run(&config, global),
            Action::List { names } => {
                let all = shelves(&config, &names, false)?;
                let view = View::CheckpointList(checkpoint_json::listed(&all));
                Ok(Answer::fine(checkpoint::shelves(&all, false, &heal), view))
            }
            Action::Verify { names } => {
                let all = shelves(&config, &names, true)?;
                let exit = all.iter().map(of_shelf).max().unwrap_or(Exit::Warning);
                let view = View::CheckpointVerify(checkpoint_json::verified(&all));
                Ok(Answer { exit, ..Answer::fine(checkpoint::shelves(&all, quiet, &heal), view) })
            }
        }
    }
}

impl Save {
    fn run(self, config: &Config, quiet: bool) -> Result<Answer> {
        let Self { names, from, dry_run } = self;
        let stdin = from.as_ref().is_some_and(|from| from.as_os_str() == STANDARD);
        if stdin && io::stdin().is_terminal() {
            let error = Error::new(Kind::Usage, "stdin is a terminal: nobody could type a state there");
            return Err(error.hint("heal checkpoint save NAME < FILE"));
        }
        let saved = save(config, &Saving { names, from, dry_run })?;
        let exit = saved.iter().map(|one| of_save(&one.fate)).max().unwrap_or(Exit::Fine);
        let view = View::CheckpointSave(checkpoint_json::saved(&saved, dry_run));
        Ok(Answer { exit, ..Answer::fine(checkpoint::saved(&saved, quiet), view) })
    }
}

impl Restore {
    fn run(self, config: &Config, global: &Global) -> Result<Answer> {
        let Self { name, sequence, to, dry_run } = self;
        let stdout = to.as_ref().is_some_and(|to| to.as_os_str() == STANDARD);
        if stdout && !dry_run && global.format() == Format::Json {
            let error =
                Error::new(Kind::Usage, "--to - prints the state, and --json a document: stdout holds one answer");
            return Err(error.hint("leave one of them out"));
        }
        let again = to.is_none().then(|| {
            let [name, number] = [name.clone(), sequence.map(|number| format!("--sequence {number}"))]
                .map(|word| word.map(|word| format!(" {word}")).unwrap_or_default());
            format!("{} checkpoint restore{name}{number}", config.call())
        });
        let to = to.map(|to| if stdout { to } else { typed(to) });
        let (restored, bytes) = restore(config, &Restoring { name, sequence, to, dry_run })?;
        let exit = of_restore(&restored);
        let view = View::CheckpointRestore(checkpoint_json::restored(&restored, dry_run));
        let human = checkpoint::restored(&restored, global.quiet || stdout && !dry_run, again.as_deref());
        if !stdout || dry_run {
            return Ok(Answer { exit, ..Answer::fine(human, view) });
        }
        // stdout is the state's alone.
        let _ = io::stderr().lock().write_all(human.as_bytes());
        let mut out = io::stdout().lock();
        match out.write_all(&bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::io("cannot write the state to stdout", error))
            }
            _ => Ok(Answer { exit, ..Answer::fine(String::new(), view) }),
        }
    }
}

/// What is not saved may be the only copy of a state.
const fn of_save(fate: &SaveFate) -> Exit {
    match fate {
        SaveFate::Saved(_) | SaveFate::Would(_) => Exit::Fine,
        SaveFate::Refused(_) => Exit::Data,
        SaveFate::Busy(_) => Exit::Busy,
        SaveFate::Failed(_) => Exit::Io,
    }
}

/// An older state than the one that was saved last is a warning.
const fn of_restore(restored: &Restored) -> Exit {
    match &restored.fate {
        RestoreFate::Lost => Exit::Critical,
        RestoreFate::Refused(_) => Exit::Held,
        RestoreFate::Failed(_) => Exit::Io,
        RestoreFate::Done(_) | RestoreFate::Same | RestoreFate::Would if restored.is_fallback() => Exit::Warning,
        RestoreFate::Done(_) | RestoreFate::Same | RestoreFate::Would => Exit::Fine,
    }
}

/// Where nothing was saved there is nothing to restore: that is not health.
fn of_shelf(shelf: &Shelf) -> Exit {
    match shelf.damage.last() {
        Some(Some(_)) => Exit::Critical,
        Some(None) if !shelf.is_damaged() => Exit::Fine,
        Some(None) | None => Exit::Warning,
    }
}

/// A path as it was typed: from the current directory, without a link in the folders above it. The project's own directory is
/// known by such a path; that the file itself may be a link is for others to see.
fn typed(path: PathBuf) -> PathBuf {
    let path = env::cwd().map_or_else(|| path.clone(), |here| here.join(&path));
    let folder = path.parent().and_then(|folder| std::fs::canonicalize(folder).ok());
    match (folder, path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path,
    }
}
