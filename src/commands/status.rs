//! `heal status`: what does heal remember, and does it still run? Strictly read-only, and looks at no service.

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::output;
use crate::pipeline;

/// Tell what is remembered: incidents, budgets, holds, pauses, the last acts and ticks; looks at nothing
///
/// It reads heal's own journal and lock, and says so: what became of a service since the last tick is what `heal check`
/// looks at. With `[schedule] heal` it warns when the last tick is older than three of them: then heal itself is not
/// started any more, which would otherwise look like a machine on which all is well.
///
/// Exits with 0 when a tick was there of late and no incident is open, 1 when heal stands still, something is degraded or ails while it is
/// paused, or an alert waits for its channel, 2 when an incident is open, 69 when all that is open waits for a person or for time, 3 when nothing
/// is known yet.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Only these services (or `host`)
    #[arg(add = Names::Subjects)]
    names: Vec<String>,
    /// The same, as with check and heal; may be repeated
    #[arg(long, value_name = "NAME", add = Names::Subjects)]
    only: Vec<String>,
    /// How many of the last acts of each service to tell
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    acts: u16,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// A name is not declared, or the configuration or the journal cannot be read.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let names = [self.names, self.only].concat();
        let status = pipeline::status(&config, &names, usize::from(self.acts))?;
        let quiet = global.quiet;
        Ok(Answer::of(
            Exit::of_status(&status),
            status,
            move |status| output::status::human(status, quiet),
            |status| View::Status(output::status_json::told(status)),
            output::status::plugin,
        ))
    }
}
