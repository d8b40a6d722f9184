//! `heal resume`: a pause is over before its time.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::Result;
use crate::exit::Exit;
use crate::output::sanitize;
use crate::pipeline;

/// End the pause of services, so that heal may act on them again
///
/// The next tick then looks as if there had been no pause: what was wrong meanwhile was not counted. It also ends a pause
/// whose file cannot be read, and one that is bound to a command which still runs.
///
/// Exits with 0 when they are not paused any more, 69 when a service stays paused because all are.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The services
    #[arg(value_name = "SERVICE", add = Names::Services, required_unless_present = "all")]
    services: Vec<String>,
    /// Every pause there is
    #[arg(long, conflicts_with = "services")]
    all: bool,
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Resumed {
    /// Services whose pause was ended; null stands for a pause of all of them.
    resumed: Vec<Option<String>>,
    /// Services that stay paused, because all are.
    still_paused: Vec<String>,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// A name is not declared, or it cannot be written down.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        config.require_services(&self.services)?;
        let (ended, still) = pipeline::resume(&config, (!self.all).then_some(&self.services))?;
        let mut text = String::new();
        for kept in &ended {
            let what = kept.service.as_deref().unwrap_or("everything");
            text.push_str(&sanitize::line(&format!("{what} is not paused any more")));
            text.push('\n');
        }
        if ended.is_empty() && still.is_empty() {
            let what = if self.all { "nothing".to_owned() } else { self.services.join(", ") };
            let was = if self.all || self.services.len() == 1 { "was" } else { "were" };
            let not = if self.all { "" } else { " not" };
            text.push_str(&format!("{what} {was}{not} paused; nothing to do\n"));
        }
        if !still.is_empty() {
            text.push_str(&format!("{} stays paused with all services\n", still.join(", ")));
            text.push_str(&format!("next  {} resume --all\n", config.call()));
        }
        let exit = if still.is_empty() { Exit::Fine } else { Exit::Held };
        let resumed = ended.iter().map(|kept| kept.service.clone()).collect();
        let answer = Answer::fine(text, View::Resume(Resumed { resumed, still_paused: still }));
        Ok(Answer { exit, ..answer })
    }
}
