//! `heal heal`: one tick. What is started every minute.

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::output;
use crate::pipeline::{self, Options, Progress};

/// One tick: look, decide, act one rung, verify, record, alert
///
/// For each service that is unhealthy, heal takes one rung of its ladder, looks again until the service has proved itself,
/// and writes down what it did. What it may do is limited by budgets, and it never acts on what it could not see.
///
/// Before it looks at services it clears stale locks, puts right what `[layout]` declares, and repairs state files as `repair = […]`
/// of each `[state.NAME]` allows; of those that are sound and have changed it keeps a copy.
///
/// Exits with 0 when all is healthy or was healed; 1 while a service is degraded, on probation, healed too often, or ails while it is paused, or when
/// somebody could not be told; 2 when something unhealthy remains; 3 when something could not be looked at; 69 when all that is
/// unhealthy waits for a person or for time; 74 when the data directory cannot be written; 75 when another run is at work.
#[derive(clap::Args, Debug, Default)]
pub struct Args {
    /// Print what would be done and why; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Heal only this service (or `host`); may be repeated
    #[arg(long, value_name = "NAME", add = Names::Subjects)]
    only: Vec<String>,
    /// Read every state file, also where it has not changed since it was found right
    #[arg(long, conflicts_with = "startup")]
    all: bool,
    /// Put right what is not a process, before a service starts: the first line of its run.sh, or ExecStartPre
    ///
    /// It waits up to 30 s for another repair of files, never for a recovery, and so not for the tick that starts the service.
    /// It signals and starts nothing. 0 says that the service may start, anything else that it may not; it never exits with 1.
    /// That heal itself cannot write its data directory is a warning, and no reason to keep a service from starting.
    #[arg(long, conflicts_with = "only")]
    startup: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// The configuration is wrong, another recovery is in progress, or the journal cannot be read or written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let origin = global.origin();
        let loaded = origin.load().inspect_err(|error| {
            if !self.dry_run && !self.startup {
                // What did not arrive is tried again by the next tick; there is no report that could say so.
                let _ = pipeline::tell_broken(&origin, error);
            }
        });
        // Kept to the end of the run, which is near, as in `check`.
        let config = ManuallyDrop::new(loaded?);
        let quiet = global.quiet;
        if self.startup {
            let startup = pipeline::startup(&config, self.dry_run)?;
            return Ok(Answer::of(
                Exit::of_startup(&startup),
                startup,
                move |startup| output::startup::human(startup, quiet),
                |startup| View::HealStartup(output::startup::told(startup)),
                output::startup::plugin,
            ));
        }
        let spinner = global.wants_progress().then(spinner);
        let progress =
            spinner.clone().map(|spinner| Arc::new(move |text: &str| spinner.set_message(text.to_owned())) as Progress);
        let options = Options { only: self.only, explain: false, all: self.all, progress };
        let report = pipeline::tick(&config, &options, self.dry_run).inspect_err(|error| {
            if !self.dry_run {
                let _ = pipeline::tell_refused(&config, error);
            }
        });
        if let Some(spinner) = spinner {
            spinner.finish_and_clear();
        }
        let report = report?;
        Ok(Answer::of(
            Exit::of(&report),
            report,
            move |report| output::human::report(report, quiet),
            |report| View::Heal(output::json::ticked(report)),
            output::nagios::report,
        ))
    }
}

pub(super) fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        spinner.set_style(style);
    }
    spinner.set_message("looking");
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}
