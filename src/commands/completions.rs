//! `heal completions`: what does a shell need to complete our words?

use clap_complete::Shell;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli;
use crate::commands::{Answer, View};
use crate::error::Result;

/// Print the completion script of a shell
///
/// For bash: `heal completions bash > /usr/share/bash-completion/completions/heal`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// What a shell reads.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Script {
    /// The shell.
    shell: String,
    /// The whole script.
    script: String,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// None.
    pub fn run(self) -> Result<Answer> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut cli::command(), "heal", &mut script);
        let script = String::from_utf8_lossy(&script).into_owned();
        Ok(Answer::fine(script.clone(), View::Completions(Script { shell: self.shell.to_string(), script })))
    }
}
