//! `heal undo`: take back what a run changed.

use crate::cli::Global;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::model::undo::Undone;
use crate::output;
use crate::pipeline::undo::{self, Wanted};

/// Take back what a run changed
///
/// Files that heal moved aside come back to where they stood, with their bytes, owner and permissions; code that it reverted
/// comes back by one more commit, and its service is restarted. What cannot be taken back (a process that was stopped, a
/// command that was run) is said so. When there is a file in the old place again, nothing is done: --force moves that one
/// aside first. A taking back is a run of its own and can be taken back by naming it.
///
/// Exits with 0 when it was taken back, or there was nothing to do; with code, 1 when it is not sure yet that the service is
/// well with it and 2 when it is not; 69 when it was refused and nothing was changed; 74 when a file could not be moved; 75
/// when another run is at work.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The run; without it the newest one of which something can be taken back
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// List the runs that changed something, and what of it can be taken back
    #[arg(long, conflicts_with_all = ["run", "force", "dry_run"])]
    list: bool,
    /// Move aside what stands in the old place by now
    #[arg(long)]
    force: bool,
    /// Print what would be done; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such run, another run is at work, or the journal cannot be read or written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        if self.list {
            let undone = undo::changes(&config)?;
            let view = View::Undo(output::undo::told(&undone));
            return Ok(Answer::fine(output::undo::list(&undone), view));
        }
        let undone = undo::undo(&config, &Wanted { run: self.run, force: self.force, dry_run: self.dry_run })?;
        let view = View::Undo(output::undo::told(&undone));
        let human = if global.quiet && undone.failure.is_none() { String::new() } else { output::undo::human(&undone) };
        Ok(Answer { exit: exit(&undone), ..Answer::fine(human, view) })
    }
}

fn exit(undone: &Undone) -> Exit {
    match (&undone.failure, undone.failed) {
        (None, _) => {
            let act = undone.act.as_ref().map_or(Exit::Fine, |act| Exit::of_outcome(act.outcome));
            let untold = undone.alerts.iter().any(|one| one.failure.is_some());
            act.max(if untold { Exit::Warning } else { Exit::Fine })
        }
        (Some(_), true) => Exit::Io,
        (Some(_), false) => Exit::Held,
    }
}
