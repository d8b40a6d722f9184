//! `heal clean-locks`: what keeps a service from starting, and is proved to be left over by the dead, is cleared.

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::output;
use crate::pipeline::{self, Depth};

/// Clear locks that are proved stale; tell who holds the others
///
/// Looks at every [lock.NAME] of heal.toml: who has its files open, mapped or locked, and whether whoever they name is alive. A file
/// is moved aside only when its holder is proved dead and nobody has it in hand; `heal undo` brings it back. A SQLite
/// database loses nothing: once nobody has it open, SQLite itself recovers it; one that SQLite finds damaged stays, and a copy of
/// it is kept. What cannot be seen is in doubt, and stays.
///
/// Exits with 0 when each lock is free, was cleared, or is held by a live process; 1 when --list or --dry-run found something to
/// do, a database is gone of which something was saved, or an earlier run had left a clearing unfinished, which is finished now;
/// 2 when a database is broken; 69 when something is in doubt, or a lock that was asked for by its name is held; 74 when the disk
/// is full or does not work; 75 when another run is at work.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Only these locks; then one that is held is no success
    #[arg(value_name = "NAME", add = Names::Locks)]
    names: Vec<String>,
    /// Print each lock with its holder, what may be done and why; change nothing
    #[arg(long, conflicts_with = "dry_run")]
    list: bool,
    /// Print what would be done and why; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such lock, the configuration is wrong, another run is at work, or the journal cannot be read or written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let depth = match (self.list, self.dry_run) {
            (true, _) => Depth::List,
            (_, true) => Depth::DryRun,
            _ => Depth::Act,
        };
        let sweep = pipeline::clean_locks(&config, &self.names, depth)?;
        let quiet = global.quiet;
        let exit = Exit::of_sweep(&sweep);
        let sweep = std::rc::Rc::new(sweep);
        let for_people = std::rc::Rc::clone(&sweep);
        Ok(Answer {
            exit,
            human: Box::new(move || output::locks::human(&for_people, quiet)),
            view: Box::new(move || View::CleanLocks(output::locks_json::told(&sweep))),
            plugin: None,
        })
    }
}
