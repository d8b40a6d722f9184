//! `heal man`: the manual, from the same words as the help.

use clap_mangen::Man;
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli;
use crate::cli::Global;
use crate::commands::{Answer, View, config};
use crate::error::{Error, Kind, Result};
use crate::exit;

/// When the words were last gone through. The day of the build would make every page stale every day.
const DATE: &str = "2026-11-22";

/// Print a page of the manual
///
/// To read it: `heal man check | man -l -`
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The subcommand, such as `check` or `config show` (else the page of heal itself)
    command: Vec<String>,
}

/// A page of the manual.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Page {
    /// The page as roff.
    page: String,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// There is no such subcommand.
    pub fn run(self, _: &Global) -> Result<Answer> {
        let name = self.command.iter().fold("heal".to_owned(), |name, word| format!("{name}-{word}"));
        let wanted = format!("{name}.1");
        let pages = pages()?;
        let Some((_, page)) = pages.iter().find(|(name, _)| *name == wanted) else {
            let known: Vec<&str> = pages.iter().map(|(name, _)| name.trim_end_matches(".1")).collect();
            return Err(Error::new(Kind::Usage, format!("there is no page {name}"))
                .hint(format!("pages: {}", known.join(", "))));
        };
        Ok(Answer::fine(page.clone(), View::Man(Page { page: page.clone() })))
    }
}

/// Every page: file name and roff.
///
/// # Errors
/// A page cannot be rendered, which would be a bug.
pub fn pages() -> Result<Vec<(String, String)>> {
    let mut command = cli::command();
    command.build();
    let mut pages = Vec::new();
    add(&mut pages, &command, "heal")?;
    Ok(pages)
}

/// The page of a command, and those of its subcommands behind it.
fn add(pages: &mut Vec<(String, String)>, command: &clap::Command, name: &str) -> Result<()> {
    let named = command.clone().name(name.to_owned()).bin_name(name.replace('-', " ")).display_name(name.to_owned());
    pages.push((format!("{name}.1"), render(named, name)?));
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
        add(pages, sub, &format!("{name}-{}", sub.get_name()))?;
    }
    Ok(())
}

fn render(command: clap::Command, name: &str) -> Result<String> {
    let has_subcommands = command.has_subcommands();
    let man = Man::new(command);
    let mut roff = Vec::new();
    // Not `render`: its title has no date, which mandoc reads as a date that is wrong, and its exit codes are called EXTRA.
    man.render_name_section(&mut roff)
        .and_then(|()| man.render_synopsis_section(&mut roff))
        .and_then(|()| man.render_description_section(&mut roff))
        .and_then(|()| man.render_options_section(&mut roff))
        .and_then(|()| if has_subcommands { man.render_subcommands_section(&mut roff) } else { Ok(()) })
        .map_err(|error| Error::new(Kind::Bug, format!("the page cannot be rendered: {error}")))?;
    let body = String::from_utf8_lossy(&roff);
    let mut page = format!(
        ".TH {} 1 \"{DATE}\" \"heal {}\" \"heal manual\"\n",
        name.to_ascii_uppercase(),
        env!("CARGO_PKG_VERSION")
    );
    for line in body.replace("\n.br\n\n.br\n", "\n.sp\n").lines() {
        // Each section repeats the definition of an apostrophe; once is enough.
        if !line.starts_with(".ie \\n(.g") && !line.starts_with(".el .ds Aq") {
            page.push_str(&line.replace("\\*(Aq", "\\(aq"));
            page.push('\n');
        }
    }
    if name == "heal-config-kinds" || name == "heal-config" {
        page.push_str(&format!(".SH KINDS\n.nf\n{}.fi\n", literal(&(config::kinds().human)())));
    }
    if name == "heal" {
        page.push_str(".SH EXIT STATUS\n");
        for (exit, meaning) in exit::TABLE {
            page.push_str(&format!(".TP\n\\fB{}\\fR\n{}", exit.code(), literal(meaning)));
        }
    } else {
        page.push_str(".SH SEE ALSO\n\\fBheal\\fR(1), which lists the exit codes\n");
    }
    Ok(page)
}

/// Text as roff: nothing in it is a request or an escape.
fn literal(text: &str) -> String {
    let line = |line: &str| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        if line.starts_with(['.', '\'']) { format!("\\&{line}\n") } else { format!("{line}\n") }
    };
    text.trim_end().lines().map(line).collect()
}
