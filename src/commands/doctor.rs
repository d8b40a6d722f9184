//! `heal doctor`: is heal itself in order? Strictly read-only, and looks at no service.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::model::doctor::Item;
use crate::output;
use crate::output::view::Time;
use crate::pipeline;

/// Tell whether heal itself is in order: schedule, ticks, clock, files, tools, channels; changes nothing
///
/// Each line says how something is and, where it is not well, what to type. Channels are looked at, nothing is sent. How the
/// services are is what `heal check` looks at, and what heal remembers of them is told by `heal status`.
///
/// Exits with 0 when all is in order, 1 with a warning, 3 when something could not be looked at, 2 when heal does not do its
/// work.
#[derive(clap::Args, Debug)]
pub struct Args {}

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Examined {
    /// `[project] name`.
    project: String,
    /// This machine.
    host: String,
    /// When it was asked.
    at: Time,
    /// How long the answer took, in milliseconds.
    duration_ms: u64,
    /// All that was looked at.
    items: Vec<Item>,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let diagnosis = pipeline::doctor(&config);
        let exit = Exit::of_diagnosis(&diagnosis);
        let text = output::doctor::human(&diagnosis, global.quiet);
        let view = Examined {
            project: diagnosis.project,
            host: diagnosis.host,
            at: diagnosis.at.into(),
            duration_ms: diagnosis.duration_ms,
            items: diagnosis.items,
        };
        Ok(Answer { exit, ..Answer::fine(text, View::Doctor(view)) })
    }
}
