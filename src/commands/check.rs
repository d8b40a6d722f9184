//! `heal check`: what is the case? Strictly read-only: it writes nothing, takes no lock and starts nothing but probe commands.

use std::mem::ManuallyDrop;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::output;
use crate::pipeline::{self, Options};

/// Look at everything that is declared, and judge it; changes nothing
///
/// Exits with 0 when all is healthy, 1 when something is degraded, still starting, or ails while it is paused, 2 when something
/// is critical, 3 when something could not be looked at. So `heal check --quiet || heal heal` heals only when there is a reason.
#[derive(clap::Args, Debug, Default)]
pub struct Args {
    /// Look only at this service (or `host`); may be repeated
    #[arg(long, value_name = "NAME", add = Names::Subjects)]
    only: Vec<String>,
    /// Read every state file, also where it has not changed since it was found right
    #[arg(long)]
    all: bool,
    /// List the processes that were considered, and why each is or is not the service
    #[arg(long)]
    explain: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// The configuration or the journal cannot be read.
    pub fn run(self, global: &Global) -> Result<Answer> {
        // Kept to the end of the run, which is near: nobody has to take a thousand services apart.
        let config = ManuallyDrop::new(global.origin().load()?);
        let options = Options { only: self.only, explain: self.explain, all: self.all, progress: None };
        let report = pipeline::check(&config, &options)?;
        let quiet = global.quiet;
        Ok(Answer::of(
            Exit::of(&report),
            report,
            move |report| output::human::report(report, quiet),
            |report| View::Check(output::json::looked(report)),
            output::nagios::report,
        ))
    }
}
