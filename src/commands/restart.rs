//! `heal restart`: a person starts a service again, by the way that heal would: verified, written down, and not counted.

use std::sync::Arc;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::heal::spinner;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::model::Span;
use crate::model::report::{Decision, Report};
use crate::output;
use crate::pipeline::{self, Options, Progress, Restart};

/// Start a service again, because you say so: verified, and not counted against its budget
///
/// What runs is stopped (TERM, wait, KILL, confirm), the service started, and looked at until it has proved itself, as after
/// an act of heal's own. It is no crash, takes nothing from the restart budget and no step of the ladder, and ends no hold, no
/// pause and no incident. What is held or paused is refused, unless it is typed inside the command that the pause is for.
///
/// Exits with 0 when it was restarted and is well, 1 while it is on probation, 2 when it did not come up, 3 when it is unknown
/// which process it is, 69 when it was refused, 75 when another run is at work.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The service
    #[arg(add = Names::Services)]
    service: String,
    /// Also what is held or paused; that stays so
    #[arg(long)]
    force: bool,
    /// How long to wait for another run that is at work
    #[arg(long, value_name = "TIME", default_value = "0s", hide_default_value = true)]
    wait: Span,
    /// Print what would be done and why; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such service, another recovery is in progress, or the journal cannot be read or written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let spinner = global.wants_progress().then(spinner);
        let progress =
            spinner.clone().map(|spinner| Arc::new(move |text: &str| spinner.set_message(text.to_owned())) as Progress);
        let options = Options { progress, ..Options::default() };
        let asked = Restart { service: self.service, force: self.force, wait: self.wait.get(), dry_run: self.dry_run };
        let report = pipeline::restart(&config, &options, &asked);
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
        }
        let report = report?;
        let quiet = global.quiet;
        Ok(Answer {
            plugin: None,
            ..Answer::of(
                exit(&report),
                report,
                move |report| output::human::report(report, quiet),
                |report| View::Restart(output::json::ticked(report)),
                output::nagios::report,
            )
        })
    }
}

/// What was not done is the answer, however well the service is.
fn exit(report: &Report) -> Exit {
    let subject = report.subjects.first();
    match subject.and_then(|subject| subject.decision.as_ref()) {
        Some(Decision::Act { .. }) if report.dry_run => Exit::Fine,
        Some(Decision::Act { .. }) => Exit::of(report),
        Some(Decision::Wait { .. }) => Exit::Unknown,
        _ => Exit::Held,
    }
}
