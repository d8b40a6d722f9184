//! `heal uninstall`: start heal no more. Removes what `heal install` wrote for this project, and nothing else.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::install::Who;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::journal::{DataDir, Journal};
use crate::model::schedule::{Effect, Manager};
use crate::output;
use crate::pipeline::schedule::{self, Asked};

/// Remove what `heal install` wrote for this project
///
/// Only what carries heal's own lines goes, and of a crontab only the marked block. What was edited by hand since is left and
/// named, unless --force says otherwise; then a copy of it is kept in the data directory. Services run on.
///
/// Exits with 0 when nothing of it is left; 69 when something was edited by hand, and then nothing was changed.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    /// Only the unit that runs this service itself, which stays otherwise; may be repeated
    #[arg(long, value_name = "NAME")]
    service: Vec<String>,
    /// Print what would be done; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Remove the files and tell nobody about it
    #[arg(long)]
    no_disable: bool,
    /// Remove also what was edited by hand; a copy of it is kept
    #[arg(long)]
    force: bool,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Uninstalled {
    /// Nothing was done; this is what would be.
    dry_run: bool,
    /// Who starts heal no more.
    managers: Vec<Manager>,
    /// What was done, or would be.
    done: Vec<String>,
    /// What a person should know.
    notes: Vec<String>,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// Something was edited by hand, or could not be removed.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let asked =
            Asked { manager: self.who.manager(), services: self.service, enable: !self.no_disable, force: self.force };
        let outlines = schedule::uninstall(&config, &asked)?;
        let effects: Vec<Effect> = outlines.iter().flat_map(|one| one.effects.clone()).collect();
        if !self.dry_run && !effects.is_empty() {
            crate::apply::refuse_links(&config.root, &config.data_dir)?;
            let mut journal = Journal::open(DataDir::at(config.data_dir.clone()))?;
            crate::apply::reschedule(&mut journal, &effects)?;
        }
        let done: Vec<output::schedule::Done<'_>> = outlines
            .iter()
            .map(|one| output::schedule::Done {
                manager: one.manager,
                effects: &one.effects,
                notes: &one.notes,
                next: None,
            })
            .collect();
        let text = output::schedule::human(&done, self.dry_run, "nothing is installed; nothing to do", "");
        let text = if global.quiet && effects.is_empty() { String::new() } else { text };
        let view = Uninstalled {
            dry_run: self.dry_run,
            managers: outlines.iter().filter(|one| !one.effects.is_empty()).map(|one| one.manager).collect(),
            done: effects.iter().map(ToString::to_string).collect(),
            notes: outlines.iter().flat_map(|one| one.notes.clone()).collect(),
        };
        Ok(Answer::fine(text, View::Uninstall(view)))
    }
}
