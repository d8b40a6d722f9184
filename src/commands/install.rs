//! `heal install`: who starts heal from now on? Writes what `[schedule]` declares for systemd, launchd or cron.

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::error::{Error, Kind, Result};
use crate::journal::{DataDir, Journal};
use crate::model::schedule::Manager;
use crate::output;
use crate::pipeline::schedule::{self, Asked, Outline};

/// Have systemd, launchd or cron start heal, as `[schedule]` says
///
/// Nobody named, it takes what starts heal already, else systemd for root, the user's systemd for others, launchd on a Mac,
/// cron where there is nothing else, and says which. It writes files of its own, with whole paths, and for cron a marked block
/// in your crontab; it never changes what it did not write, or what was edited since. Typed again, it changes only what
/// `[schedule]` or heal.toml made different.
///
/// Exits with 0 when it is installed; 69 when a rule says no, and nothing was changed.
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(flatten)]
    who: Who,
    /// Also a unit that runs this service itself; may be repeated
    #[arg(long, value_name = "NAME", add = Names::Services)]
    service: Vec<String>,
    /// Print it instead of writing it
    #[arg(long, conflicts_with = "dry_run")]
    print: bool,
    /// Print what would be done; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write the files and tell nobody about them
    #[arg(long)]
    no_enable: bool,
    /// Replace also what was edited by hand; a copy of it is kept
    #[arg(long)]
    force: bool,
}

/// Who starts heal, of those that can.
#[derive(clap::Args, Clone, Copy, Debug)]
#[group(multiple = false)]
pub struct Who {
    /// By a timer of the machine's systemd
    #[arg(long)]
    systemd: bool,
    /// By a timer of your own systemd
    #[arg(long)]
    systemd_user: bool,
    /// By a property list for launchd
    #[arg(long)]
    launchd: bool,
    /// By a block in your crontab
    #[arg(long)]
    cron: bool,
}

impl Who {
    /// The one that was named.
    pub(super) fn manager(self) -> Option<Manager> {
        let flags = [self.systemd, self.systemd_user, self.launchd, self.cron];
        flags.into_iter().zip(Manager::ALL).find(|(named, _)| *named).map(|(_, manager)| manager)
    }
}

/// What came of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Installed {
    /// Who starts heal.
    manager: Manager,
    /// Nothing was done; this is what would be.
    dry_run: bool,
    /// All that belongs there.
    paths: Vec<String>,
    /// What was done, or would be; empty when all was there.
    done: Vec<String>,
    /// What a person should know.
    notes: Vec<String>,
}

/// What would be written.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Printed {
    /// Who starts heal.
    manager: Manager,
    /// The files.
    files: Vec<Text>,
}

/// One file.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Text {
    /// Where it belongs.
    path: String,
    /// What it holds.
    text: String,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// A rule says no, or it could not be written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        if !global.set.is_empty() {
            return Err(Error::new(Kind::Usage, "what starts heal later does not know of --set")
                .hint("write it into heal.toml"));
        }
        let config = global.origin().load()?;
        let asked = Asked {
            manager: self.who.manager(),
            services: self.service,
            enable: !self.no_enable && !self.print,
            force: self.force,
        };
        if self.print {
            return Ok(printed(schedule::print(&config, &asked)?));
        }
        let outline = schedule::install(&config, &asked)?;
        if !self.dry_run && !outline.effects.is_empty() {
            crate::apply::refuse_links(&config.root, &config.data_dir)?;
            let mut journal = Journal::open(DataDir::at(config.data_dir.clone()))?;
            crate::apply::reschedule(&mut journal, &outline.effects)?;
        }
        let next = if self.dry_run { String::new() } else { format!("{} doctor", config.call()) };
        Ok(answer(outline, self.dry_run, &next, global.quiet))
    }
}

fn answer(outline: Outline, dry_run: bool, next: &str, quiet: bool) -> Answer {
    let word = outline.manager.word();
    let there = format!("{word} starts heal already, as heal.toml says; nothing to do");
    let done = output::schedule::Done {
        manager: outline.manager,
        effects: &outline.effects,
        notes: &outline.notes,
        next: outline.next.as_deref(),
    };
    let text = output::schedule::human(&[done], dry_run, &there, next);
    let would = if dry_run { "would start" } else { "starts" };
    let head = if outline.effects.is_empty() { String::new() } else { format!("{word} {would} heal\n") };
    let text = if quiet && outline.effects.is_empty() { String::new() } else { head + &text };
    let view = Installed {
        manager: outline.manager,
        dry_run,
        paths: outline.files.iter().map(|file| file.path.display().to_string()).collect(),
        done: outline.effects.iter().map(ToString::to_string).collect(),
        notes: outline.notes,
    };
    Answer::fine(text, View::Install(view))
}

fn printed(outline: Outline) -> Answer {
    let files = outline.files.into_iter().map(|file| Text { path: file.path.display().to_string(), text: file.text });
    let files: Vec<Text> = files.collect();
    // One is printed as it is; several need to be told apart.
    let text: Vec<String> = match &files[..] {
        [only] => vec![only.text.clone()],
        several => several.iter().map(|file| format!("# ==> {} <==\n{}", file.path, file.text)).collect(),
    };
    Answer::fine(text.join("\n"), View::InstallPrint(Printed { manager: outline.manager, files }))
}
