//! `heal pause`: hands off, for a while and for a reason. What is paused is looked at and reported, and never acted upon.

use std::ffi::OsString;

use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::process::{self, Detail};
use crate::host::{clock, env, processes};
use crate::model::pause::{Holder, MOST, USUAL, USUAL_BOUND};
use crate::model::{Pause, Span, redact};
use crate::output::sanitize;
use crate::output::view::Paused;
use crate::{apply, pipeline};

/// What a reason may hold; it is shown beside every verdict.
const REASON: usize = 200;

/// Keep heal's hands off services for a while: looked at and reported, never acted upon
///
/// A pause ends by itself: after --for, when the machine is started again (unless --over-reboot), or with the command behind
/// `--`. Setting a clock neither ends nor prolongs it. While it lasts, trouble makes exit code 1 instead of 2, opens no
/// incident, and is not counted; afterwards the ladder begins as usual. An act that is under way is not interrupted.
///
/// With a command, heal becomes that command: same process, its signals, its exit code. The pause is void as soon as that
/// process ends, however it ends. 126 and 127 say that the command could not be run; nothing was paused then.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The services
    #[arg(value_name = "SERVICE", add = Names::Services, required_unless_present = "all")]
    services: Vec<String>,
    /// All services, also those that are declared later
    #[arg(long, conflicts_with = "services")]
    all: bool,
    /// For how long at most, up to 7d; 1h unless said, 24h with a command
    #[arg(long = "for", value_name = "TIME")]
    time: Option<Span>,
    /// Why, for whoever meets it; the command itself unless said
    #[arg(long, value_name = "TEXT", required_unless_present = "command")]
    reason: Option<String>,
    /// Let it outlive a restart of the machine
    #[arg(long, conflicts_with = "command")]
    over_reboot: bool,
    /// Run this command, and pause while it runs
    #[arg(last = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    command: Vec<OsString>,
}

/// What is paused now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Begun {
    /// The pauses that were made.
    paused: Vec<One>,
    /// The run that is at work at this moment: what it has begun it still ends.
    at_work: Option<u32>,
}

/// One pause.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct One {
    /// The service; null for all of them.
    pub(super) service: Option<String>,
    /// The pause.
    #[serde(flatten)]
    pub(super) pause: Paused,
}

impl Args {
    /// Runs it. With a command it returns only when that could not be run.
    ///
    /// # Errors
    /// A name is not declared, the time is too long, or the pause cannot be written down.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        let wanted = Wanted { services: &self.services, all: self.all, time: self.time, reason: self.reason };
        if !self.command.is_empty() {
            return Err(wanted.run_bound(&config, &self.command, None));
        }
        let pauses = wanted.pauses(&config, self.over_reboot, None, USUAL)?;
        let made = pipeline::pause(&config, &pauses)?;
        let heal = config.call();
        let mut text = String::new();
        for (service, paused) in &made.pauses {
            let what = service.as_deref().unwrap_or("everything");
            text.push_str(&sanitize::line(&format!("{what} is paused {}", paused.words())));
            text.push('\n');
        }
        if let Some(held) = &made.at_work {
            let line =
                format!("a run is at work (pid {}, {}): what it has begun it still ends\n", held.pid, held.purpose);
            text.push_str(&line);
        }
        let names = if self.all { "--all".to_owned() } else { self.services.join(" ") };
        text.push_str(&format!("next  {heal} resume {names}   (to end it before its time)\n"));
        let one = |(service, paused): &(Option<String>, crate::model::Paused)| One {
            service: service.clone(),
            pause: paused.into(),
        };
        let at_work = made.at_work.as_ref().map(|held| held.pid);
        let begun = Begun { paused: made.pauses.iter().map(one).collect(), at_work };
        Ok(Answer::fine(text, View::Pause(begun)))
    }
}

/// What a person wants paused.
pub(super) struct Wanted<'a> {
    pub(super) services: &'a [String],
    pub(super) all: bool,
    pub(super) time: Option<Span>,
    pub(super) reason: Option<String>,
}

impl Wanted<'_> {
    /// The pauses, as they will be kept.
    fn pauses(&self, config: &Config, over_reboot: bool, holder: Option<Holder>, usual: Span) -> Result<Vec<Pause>> {
        config.require_services(self.services)?;
        let time = self.time.unwrap_or(usual);
        if time.millis() == 0 || time > MOST {
            let message = format!("--for {time}: a pause lasts more than nothing and at most {MOST}");
            let hint = "what has to wait for longer is held: `heal hold`; or switched off: `enabled = false`";
            return Err(Error::new(Kind::Usage, message).hint(hint));
        }
        let text = self.reason.as_deref().map(reason).transpose()?;
        let text = text.or_else(|| holder.as_ref().map(|holder| holder.command.clone())).unwrap_or_default();
        let mut names: Vec<Option<&String>> = self.services.iter().map(Some).collect();
        names.sort();
        names.dedup();
        if self.all {
            names = vec![None];
        }
        let pause = |service: Option<&String>| Pause {
            service: service.cloned(),
            reason: text.clone(),
            by: env::person(),
            since: clock::now(),
            for_ms: time.millis(),
            over_reboot,
            holder: holder.clone(),
            lock: false,
        };
        Ok(names.into_iter().map(pause).collect())
    }

    /// Pauses, and becomes the command. Returns only when that could not be done. With `wait`, the pause is that of `heal lock`.
    pub(super) fn run_bound(&self, config: &Config, argv: &[OsString], wait: Option<std::time::Duration>) -> Error {
        let bound = || {
            let program = apply::program_of(argv)?;
            let mut pauses = self.pauses(config, false, Some(ourselves(argv)?), USUAL_BOUND)?;
            pauses.iter_mut().for_each(|pause| pause.lock = wait.is_some());
            Ok((program, pipeline::bind(config, pauses, wait)?))
        };
        let (program, bound) = match bound() {
            Ok(bound) => bound,
            Err(error) => return error,
        };
        let error = apply::become_it(&program, argv);
        // What stays behind is void with this process.
        let _ = bound.take_back();
        error
    }
}

/// This process, which is to become the command.
fn ourselves(argv: &[OsString]) -> Result<Holder> {
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    let Detail::Seen(process) = processes().detail(pid) else {
        let message = "heal cannot see itself in the process table, so nobody could tell when the command ends";
        return Err(Error::new(Kind::Io, message));
    };
    let words: Vec<String> = argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    Ok(Holder { identity: process.identity, namespace: process::namespace(), command: process::command_text(&words) })
}

/// A reason as it is kept: one line, not empty, secrets masked.
pub(super) fn reason(text: &str) -> Result<String> {
    let line: String = redact::line(text.trim()).chars().take(REASON).collect();
    if line.is_empty() {
        let error = Error::new(Kind::Usage, "--reason is empty: whoever meets it has to know why");
        return Err(error.hint("--reason \"what you are doing, and who knows more\""));
    }
    Ok(line)
}
