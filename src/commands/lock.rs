//! `heal lock`: a deploy, an update, a repair by hand: no act of heal's begins while it runs, and it begins in the middle of none.

use std::ffi::OsString;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::pause::{One, Wanted};
use crate::commands::{Answer, View};
use crate::config::Config;
use crate::error::Result;
use crate::exit::Exit;
use crate::journal::{DataDir, Held, holds};
use crate::model::Span;
use crate::output::sanitize;
use crate::pipeline;

/// Run a command, such as a deploy, while heal keeps its hands off
///
/// Waits for a recovery that is under way and for another `heal lock` of the same services, pauses the services, and becomes
/// the command: its signals, its exit code. The recovery lock itself is let go before the command runs, so that it may take as
/// long as it needs (up to --for); what keeps heal off is a pause that is void as soon as the command ends. Inside, `heal
/// restart` is not refused because of it.
///
/// Exits with the code of the command; 75 when there was no moment for it within --wait, 126 and 127 when it cannot be run:
/// then nothing was paused. With --check: 0 when nobody is at work, 75 when somebody is.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Pause only this service; may be repeated
    #[arg(long = "service", value_name = "NAME", add = Names::Services)]
    services: Vec<String>,
    /// For how long at most, up to 7d; 24h unless said
    #[arg(long = "for", value_name = "TIME")]
    time: Option<Span>,
    /// Why; the command itself unless said
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// How long to wait for whoever is at work; 5m unless said
    #[arg(long, value_name = "TIME", default_value = "5m", hide_default_value = true)]
    wait: Span,
    /// Say who holds the locks and what is paused; run nothing
    #[arg(long, conflicts_with_all = ["services", "time", "reason", "command"])]
    check: bool,
    /// The command
    #[arg(last = true, value_name = "COMMAND", required_unless_present = "check", value_hint = clap::ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

/// Who is at work.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checked {
    /// Nobody is.
    free: bool,
    /// Who holds the recovery lock.
    recovery: Option<Holder>,
    /// Who holds the lock for the repair of files.
    repair: Option<Holder>,
    /// The command that runs under `heal lock`.
    runs: Option<One>,
    /// Every pause that is on.
    pauses: Vec<One>,
}

/// Who holds a lock.
#[derive(Debug, Serialize, JsonSchema)]
struct Holder {
    /// The process.
    pid: u32,
    /// What it does.
    purpose: String,
    /// Since when.
    since: String,
    /// When the kernel ends it.
    until: String,
}

impl From<Held> for Holder {
    fn from(held: Held) -> Self {
        Self { pid: held.pid, purpose: held.purpose, since: held.since, until: held.until }
    }
}

impl Args {
    /// Runs it. With a command it returns only when that could not be run.
    ///
    /// # Errors
    /// A name is not declared, somebody else was at work all the time, or the pause cannot be written down.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        if self.check {
            return Ok(check(&config));
        }
        let all = self.services.is_empty();
        let wanted = Wanted { services: &self.services, all, time: self.time, reason: self.reason };
        Err(wanted.run_bound(&config, &self.command, Some(self.wait.get())))
    }
}

fn check(config: &Config) -> Answer {
    let dir = DataDir::at(config.data_dir.clone());
    let [recovery, repair] = [dir.lock(), dir.repair_lock()].map(|path| holds(&path).map(Holder::from));
    let pauses = pipeline::pauses_on(config);
    let told = |kept: &crate::journal::Kept| One { service: kept.service.clone(), pause: (&pauses.told(kept)).into() };
    let runs = pauses.on.iter().find(|kept| kept.pause.as_ref().is_ok_and(|pause| pause.lock));
    let mut text = String::new();
    for (what, held) in [("recovery", &recovery), ("repair", &repair)] {
        let said = held.as_ref().map_or("free".to_owned(), |held| {
            let Holder { pid, purpose, since, until } = held;
            format!("pid {pid} ({purpose}) since {since}, until {until} at the latest")
        });
        let _ = writeln!(text, "{what:<9} {}", sanitize::line(&said));
    }
    for kept in &pauses.on {
        let line = format!("{} {}", kept.service.as_deref().unwrap_or("everything"), pauses.told(kept).words());
        let _ = writeln!(text, "paused    {}", sanitize::line(&line));
    }
    if let Some(why) = &pauses.broken {
        let _ = writeln!(text, "paused    {}", sanitize::line(&format!("perhaps everything: {why}")));
    }
    let free = recovery.is_none() && repair.is_none() && runs.is_none();
    let pauses = pauses.on.iter().map(told).collect();
    let view = Checked { free, recovery, repair, runs: runs.map(told), pauses };
    let exit = if free { Exit::Fine } else { Exit::Busy };
    Answer { exit, ..Answer::fine(text, View::Lock(view)) }
}
