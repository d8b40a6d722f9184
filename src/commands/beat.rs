//! `heal beat`: a sign of life from a service's own work loop. Called by the service; heal's own runs never write one.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Number;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::host::clock;
use crate::journal::{self, DataDir};
use crate::model::redact;
use crate::output::view::Time;

/// What a note may hold; it is shown beside a verdict.
const NOTE: usize = 200;

/// Write a heartbeat, from the work loop of a service
///
/// A service calls it each time it got something done; a probe of kind `beat` looks how long ago that was. So what is
/// watched is the work, not a thread beside it that lives on when the work stands still. With --progress, the number has
/// to move within the probe's `progress_within`.
///
/// It takes no lock, waits for no other run of heal and prints nothing. A service can do without it: the beat is one line of JSON
/// in the file `beats/NAME.json` of the data directory, {"at": "2026-11-22T03:00:00Z"}, moved into its place when it is whole.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The service, or SERVICE/LOOP for a probe with `loop = "LOOP"`
    #[arg(add = Names::Subjects)]
    name: String,
    /// How far the work is: any number that moves while work is done, such as a count of messages or 0.5
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = number)]
    progress: Option<Number>,
    /// What the loop says about itself, shown beside the verdict
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
}

/// A number as JSON has it, and no other text.
fn number(text: &str) -> std::result::Result<Number, String> {
    let whole = text.parse::<i64>().map(Number::from).or_else(|_| text.parse::<u64>().map(Number::from)).ok();
    let fraction = || text.parse::<f64>().ok().and_then(Number::from_f64);
    whole.or_else(fraction).ok_or_else(|| "it is not a number such as 4711 or 0.5".to_owned())
}

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Beaten {
    /// The service, or SERVICE/LOOP.
    name: String,
    /// When it was written.
    at: Time,
    /// How far the work is.
    progress: Option<Number>,
    /// Since when the progress stands there.
    moved: Option<Time>,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// No probe waits for this heartbeat, or it cannot be written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let (service, part) = config.heartbeat(&self.name)?;
        crate::apply::refuse_links(&config.root, &config.data_dir)?;
        let dir = DataDir::at(config.data_dir.clone());
        let note = self.note.map(|note| redact::line(&note).chars().take(NOTE).collect());
        let caller = std::os::unix::process::parent_id().try_into().unwrap_or_default();
        let beat = journal::beat(&dir, (service, part), clock::now(), self.progress, note, caller)?;
        let moved = beat.moved.as_ref().map(|moved| moved.at.into());
        let beaten = Beaten { name: self.name, at: beat.moment.at.into(), progress: beat.progress, moved };
        Ok(Answer::fine("", View::Beat(beaten)))
    }
}
