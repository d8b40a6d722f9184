//! `heal release`: a person put it right. Ends a hold, and lets the ladder begin anew.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::{Error, Kind, Result};
use crate::journal::{DataDir, Journal};
use crate::model::Event;

/// End the hold of a service, so that heal may act on it again
///
/// A service is held when it ended with an exit code listed in `hold_on_exit`, or when a probe with `class = "permanent"`
/// said so: a restart would not cure it. After you put
/// it right, release it; the next tick then starts at the foot of the ladder. The restart budget is not refilled.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The service
    #[arg(add = Names::Services)]
    service: String,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Released {
    /// The service.
    service: String,
    /// It was held; `false` when there was nothing to do.
    released: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such service, or the journal cannot be written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let name = self.service;
        if !config.services.iter().any(|watched| watched.service.name == name) {
            return Err(Error::new(Kind::Usage, format!("there is no service `{name}` in {}", config.path.display()))
                .hint("`heal check` lists them"));
        }
        crate::apply::refuse_links(&config.root, &config.data_dir)?;
        let mut journal = Journal::open(DataDir::at(config.data_dir))?;
        let past = journal.history().service(&name);
        let stuck = past.held.is_some() || past.incident.as_ref().is_some_and(|incident| incident.exhausted.is_some());
        let said = if stuck {
            journal.record(Event::Released { service: name.clone() })?;
            journal.save();
            format!("{name} is released; the next `heal heal` may act on it\n")
        } else {
            format!("{name} was not held; nothing to do\n")
        };
        Ok(Answer::fine(said, View::Release(Released { service: name, released: stuck })))
    }
}
