//! `heal man`: the manual, from the same words as the help.

use clap::CommandFactory as _;
use clap_mangen::Man;
use serde_json::json;

use crate::cli;
use crate::commands::Answer;
use crate::error::{Error, Kind, Result};

/// Print a page of the manual
///
/// To read it: `heal man check | man -l -`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The subcommand (else the page of heal itself)
    command: Option<String>,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such subcommand.
    pub fn run(self) -> Result<Answer> {
        let wanted = self.command.map_or_else(|| "heal.1".to_owned(), |name| format!("heal-{name}.1"));
        let page = pages()?.into_iter().find(|(name, _)| *name == wanted).map(|(_, page)| page);
        let page = page.ok_or_else(|| {
            let known: Vec<String> =
                cli::Cli::command().get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
            Error::new(Kind::Usage, format!("there is no page {wanted}")).hint(format!("pages: {}", known.join(", ")))
        })?;
        Ok(Answer::fine(page.clone(), json!({"page": page})))
    }
}

/// Every page: file name and roff.
///
/// # Errors
/// A page cannot be rendered, which would be a bug.
pub fn pages() -> Result<Vec<(String, String)>> {
    let mut command = cli::command();
    command.build();
    let mut pages = vec![("heal.1".to_owned(), render(command.clone())?)];
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("heal-{}", sub.get_name());
        let sub = sub.clone().name(name.clone()).bin_name(name.replace('-', " ")).display_name(name.clone());
        pages.push((format!("{name}.1"), render(sub)?));
    }
    Ok(pages)
}

fn render(command: clap::Command) -> Result<String> {
    let mut roff = Vec::new();
    // The date is left out: a page that changes every day could not be compared with the committed one.
    Man::new(command)
        .render(&mut roff)
        .map_err(|error| Error::new(Kind::Bug, format!("the page cannot be rendered: {error}")))?;
    Ok(String::from_utf8_lossy(&roff).into_owned())
}
