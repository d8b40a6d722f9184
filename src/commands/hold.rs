//! `heal hold`: a service waits for a person, because a person says so. Ends by `heal release`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::pause::reason;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::host::env;
use crate::journal::{DataDir, Journal};
use crate::model::Event;
use crate::output::sanitize;

/// Hold a service until somebody releases it: no more acts, however long that takes
///
/// What is held is looked at as ever, its trouble is an incident and people are told once; only nothing is done about it. For a
/// while, without an alert, there is `heal pause`. It ends by `heal release SERVICE`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The service
    #[arg(add = Names::Services)]
    service: String,
    /// Why, and what has to be put right
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Held {
    /// The service.
    service: String,
    /// Why it waits.
    reason: String,
    /// It was held before for this very reason: nothing was written.
    already: bool,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such service, or the journal cannot be written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        config.require_services(std::slice::from_ref(&self.service))?;
        let reason = format!("{} (by {})", reason(&self.reason)?, env::person());
        crate::apply::refuse_links(&config.root, &config.data_dir)?;
        let mut journal = Journal::open(DataDir::at(config.data_dir.clone()))?;
        let before = journal.history().service(&self.service).held.clone().map(|(_, reason)| reason);
        let already = before.as_ref() == Some(&reason);
        if !already {
            journal.record(Event::Held { service: self.service.clone(), reason: reason.clone(), code: false })?;
            journal.save();
        }
        let mut text = match &before {
            Some(_) if already => format!("{} is held for this reason already\n", self.service),
            Some(before) => format!(
                "{} was held already: {}\nnow: {}\n",
                self.service,
                sanitize::line(before),
                sanitize::line(&reason)
            ),
            None => format!("{} is held: {}\n", self.service, sanitize::line(&reason)),
        };
        text.push_str(&format!("next  {} release {}   (when it is put right)\n", config.call(), self.service));
        Ok(Answer::fine(text, View::Hold(Held { service: self.service, reason, already })))
    }
}
