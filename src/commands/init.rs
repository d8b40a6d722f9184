//! `heal init`: how does one begin? Writes a commented `heal.toml` that passes `heal config check`.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::apply;
use crate::cli::Global;
use crate::commands::{Answer, View};
use crate::config::FILE;
use crate::error::{Error, Kind, Result};
use crate::host::env;

/// The file that it writes; `@NAME@` is replaced.
const TEMPLATE: &str = include_str!("../templates/heal.toml");

/// Write a commented heal.toml into this directory (or where --config says)
///
/// It refuses to overwrite one. What it writes passes `heal config check` as it is; uncomment what fits and edit it.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The name of the project (else the name of this directory)
    #[arg(long)]
    name: Option<String>,
    /// Print it instead of writing it
    #[arg(long)]
    print: bool,
}

/// Where it was written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Written {
    /// The new file.
    path: String,
}

/// What would be written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Printed {
    /// The whole file.
    text: String,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is one already, or it cannot be written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let here = env::cwd()
            .ok_or_else(|| Error::new(Kind::CannotCreate, "the current directory does not exist any more"))?;
        let name = self.name.or_else(|| Some(here.file_name()?.to_string_lossy().into_owned()));
        let name: String =
            name.unwrap_or_default().chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
        let text = TEMPLATE.replace("@NAME@", if name.trim().is_empty() { "my-project" } else { &name });
        if self.print {
            return Ok(Answer::fine(text.clone(), View::InitPrint(Printed { text })));
        }
        let path = here.join(global.config.as_deref().unwrap_or_else(|| Path::new(FILE)));
        apply::create_new(&path, &text)?;
        let said = format!("wrote {}\nnext  edit it, then: heal config check && heal check\n", path.display());
        Ok(Answer::fine(said, View::Init(Written { path: path.display().to_string() })))
    }
}
