//! `heal init`: how does one begin? Writes a commented `heal.toml` that passes `heal config check`, with a section for a service
//! that runs already if one is named.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::{Answer, View};
use crate::config::FILE;
use crate::error::{Error, Kind, Result};
use crate::host::process::PID_MAX;
use crate::host::{env, processes};
use crate::pipeline::propose::{self, Place, Proposal};
use crate::{apply, config};

/// The file that it writes; `@NAME@` and the like are replaced.
const TEMPLATE: &str = include_str!("../templates/heal.toml");

/// What stands in it for a service, when none was named.
const EXAMPLE: &str = include_str!("../templates/service.toml");

/// What stands in it for the mode: a proposal is not to be acted upon before somebody read it.
const MODES: [&str; 2] = [
    "# mode     = \"observe\"                             # decide, but change nothing; good for the first days",
    "mode       = \"observe\"                             # decide, but change nothing; remove it when what stands below is right",
];

/// Write a commented heal.toml into this directory (or where --config says)
///
/// It refuses to overwrite one. What it writes passes `heal config check` as it is; uncomment what fits and edit it.
///
/// With --pid or --unit it proposes a section for a service that runs now: how to recognise and start it, and probes for the
/// ports that it listens on and the logs that it writes. The section is proved to fit that process and no other. Where a
/// heal.toml is already, --print shows the section alone, to be pasted.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The name of the project (else the name of this directory)
    #[arg(long)]
    name: Option<String>,
    /// Print it instead of writing it
    #[arg(long)]
    print: bool,
    /// Propose a section for the process with this pid
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(i32).range(1..=i64::from(PID_MAX)))]
    pid: Option<i32>,
    /// Propose a section for this systemd service, such as bot.service or systemd-user:bot.service
    #[arg(long, value_name = "UNIT", conflicts_with = "pid")]
    unit: Option<String>,
}

/// Where it was written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Written {
    /// The new file.
    path: String,
    /// The service that was proposed, if one was asked for.
    service: Option<String>,
}

/// What would be written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Printed {
    /// The service that was proposed, if one was asked for.
    service: Option<String>,
    /// The whole file, or the section alone where there is a file already.
    text: String,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is one already, it cannot be written, or nothing can be proposed for what was named.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let here = env::cwd()
            .ok_or_else(|| Error::new(Kind::CannotCreate, "the current directory does not exist any more"))?;
        let path = here.join(global.config.as_deref().unwrap_or_else(|| Path::new(FILE)));
        let there = std::fs::symlink_metadata(&path).is_ok();
        let proposal = self.proposal(&path, global)?;
        if let Some(proposal) = proposal.as_ref().filter(|_| self.print && there) {
            let text = &proposal.text;
            let service = Some(proposal.name.clone());
            return Ok(Answer::fine(text.clone(), View::InitPrint(Printed { service, text: text.clone() })));
        }
        let text = self.whole(&here, proposal.as_ref());
        let service = proposal.map(|proposal| proposal.name);
        if self.print {
            return Ok(Answer::fine(text.clone(), View::InitPrint(Printed { service, text })));
        }
        apply::create_new(&path, &text).map_err(|error| match &service {
            Some(_) if there => error.hint("with --print, heal shows the section alone, to be pasted into it"),
            _ => error,
        })?;
        let said = format!("wrote {}\nnext  edit it, then: heal config check && heal check\n", path.display());
        Ok(Answer::fine(said, View::Init(Written { path: path.display().to_string(), service })))
    }

    fn proposal(&self, path: &Path, global: &Global) -> Result<Option<Proposal>> {
        if self.pid.is_none() && self.unit.is_none() {
            return Ok(None);
        }
        let folder = path.parent().unwrap_or_else(|| Path::new("/"));
        let root: PathBuf = std::fs::canonicalize(folder)
            .map_err(|error| Error::io(format!("{} cannot be seen", folder.display()), error))?;
        let taken = config::Origin { file: Some(path.to_owned()), ..global.origin() }.names().services;
        let (place, processes) = (Place { root: &root, taken: &taken }, processes());
        match (self.pid, &self.unit) {
            (Some(pid), _) => propose::of_pid(pid, place, &*processes).map(Some),
            (None, Some(unit)) => propose::of_unit(unit, place, &*processes).map(Some),
            (None, None) => Ok(None),
        }
    }

    fn whole(&self, here: &Path, proposal: Option<&Proposal>) -> String {
        let name = self.name.clone().or_else(|| Some(here.file_name()?.to_string_lossy().into_owned()));
        let name: String =
            name.unwrap_or_default().chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
        let (above, below) = TEMPLATE.split_once("@SERVICES@").unwrap_or((TEMPLATE, ""));
        let above = above
            .replace("@MODE@", MODES[usize::from(proposal.is_some())])
            .replace("@NAME@", if name.trim().is_empty() { "my-project" } else { &name });
        format!("{above}{}{below}", proposal.map_or(EXAMPLE, |proposal| &proposal.text))
    }
}
