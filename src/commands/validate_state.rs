//! `heal validate-state`: is what a project keeps on disk as it was declared to be?

use std::rc::Rc;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::{output, pipeline};

/// Look at directories, links and state files; say what is wrong, and where
///
/// Reads every `[state.NAME]` of heal.toml whole and judges it: whether its bytes are JSON, JSON Lines or TOML, and if not what
/// became of them (cut, written over, NUL-filled, written twice, a merge that nobody finished …), then its template, its JSON Schema
/// and its invariants. Of `[layout]` it says what is missing or not as declared. It changes nothing; a file that could not be
/// looked at is neither valid nor broken.
///
/// With --repair, what is damaged is put right in the ways that `repair = […]` of its `[state.NAME]` names, in that order, but what
/// loses nothing first: keys of the template that it lacks are added (merge), what is provably whole in its bytes is taken
/// (salvage), the newest sound copy in the vault is put back (backup), the owner's own filter is run (fix), or it begins anew
/// (template). Whatever that comes to has to be sound by the same rules before it replaces the file; what was there is kept, and
/// `heal undo` brings it back. Of each sound file a copy is kept. Of the layout, missing directories are made, modes and owners are
/// set, and a link that has one target is laid; never through a link, nor outside of the project.
///
/// Exits with 0 when all is as declared; 1 when there are only warnings; 2 when something is wrong; 3 when something could not be
/// looked at: a file that is larger than max_size, something else in its place, an invariant that came to no end; 69 with --repair
/// under `mode = "observe"`, and then nothing is done.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Only these state files
    #[arg(value_name = "NAME", add = Names::States)]
    names: Vec<String>,
    /// Put right what may be put right: `repair` of each `[state.NAME]` says how
    #[arg(long)]
    repair: bool,
    /// With --repair: print what would be done; change nothing
    #[arg(long, requires = "repair")]
    dry_run: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such state, or the configuration is wrong.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let validation = if self.repair {
            pipeline::repair_state(&config, &self.names, self.dry_run)?
        } else {
            pipeline::validate_state(&config, &self.names)?
        };
        let validation = Rc::new(validation);
        let (quiet, for_people) = (global.quiet, Rc::clone(&validation));
        Ok(Answer {
            exit: Exit::of_validation(&validation),
            human: Box::new(move || output::states::human(&for_people, quiet)),
            view: Box::new(move || View::ValidateState(output::states_json::told(&validation))),
            plugin: None,
        })
    }
}
