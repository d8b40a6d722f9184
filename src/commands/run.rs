//! `heal run`: a service's supervised start. For a `run.sh`, a systemd unit or launchd: the command runs as if heal were not
//! there, and its begin and end are written down.

use std::ffi::OsString;
use std::io::Write;

use schemars::JsonSchema;
use serde::Serialize;

use crate::apply::attend::Held;
use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::exit::Exit;
use crate::model::crash::Turn;
use crate::output::{self, sanitize};
use crate::pipeline;
use crate::pipeline::attended::Record;

/// Run the command that is a service, and record when it starts, stops and crashes, and on which release
///
/// For the last line of a `run.sh`: `exec heal run --service bot -- python bot.py "$@"`. The command gets heal's place: its
/// input and output, environment, directory, process group and terminal; no shell reads it. Signals that heal gets (TERM,
/// INT, HUP, QUIT, USR1, USR2 and others) go on to it, and its stderr goes on byte by byte, with the last lines kept for the
/// record. On a terminal its stderr is the terminal itself, and nothing is kept.
///
/// heal ends with the exit code of the command, or with 128 + the number of the signal that ended it; with 127 if there is
/// no such program, 126 if it cannot be executed, 125 if heal itself failed. An end after a stop signal, with exit code 0,
/// or with a code listed in `hold_on_exit` is a stop and no crash; the last of these also holds the service until
/// `heal release`. With --json a document about the end follows what the command wrote to stdout.
///
/// With --startup it first puts right what is not a process, as `heal heal --startup` does, and says on stderr what it did. Where
/// that says that the service may not start, nothing is started: 125. That is no crash, and is not recorded.
///
/// What heal cannot record never keeps the service from running. If heal is killed, the command lives on, and the tick records
/// its end; under systemd the unit's control group ends it, unless the unit says otherwise. A unit of `Type=notify` needs
/// `NotifyAccess=all`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The service that the command is
    #[arg(long, value_name = "NAME", add = Names::Services)]
    service: String,
    /// Put right what is not a process before it starts, and do not start it on what is broken
    #[arg(long)]
    startup: bool,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "CMD")]
    command: Vec<OsString>,
}

/// How it ended.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Ran {
    /// The service.
    service: String,
    /// `stop` or `crash`; null when nothing ran, or nothing could be recorded.
    event: Option<Turn>,
    /// The exit code of the command; null when a signal ended it, or it did not start.
    code: Option<i32>,
    /// The number of the signal that ended it.
    signal: Option<i32>,
    /// Why it did not start.
    failure: Option<String>,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// The service is not declared. Nothing was started.
    pub fn run(self, global: &Global) -> Result<Answer> {
        // Before there is a second thread: a signal must find nobody who does not hold it back.
        let held = Held::back();
        let held = match held {
            Ok(held) => held,
            Err(error) => return Ok(self.failed(125, format!("signals cannot be held back: {error}"))),
        };
        let config = match global.origin().load() {
            Ok(config) => Some(config),
            Err(error) if error.kind == Kind::Usage => return Err(error),
            Err(error) if self.startup => {
                return Ok(self.failed(125, format!("it may not start: {error}")));
            }
            Err(error) => {
                complain(&format!("nothing is recorded: {error}"));
                None
            }
        };
        let mut record = match &config {
            Some(config) => Some(self.record(config)?),
            None => None,
        };
        if let Some(config) = config.as_ref().filter(|_| self.startup) {
            if let Err(why) = cold_start(config) {
                return Ok(self.failed(125, format!("it may not start: {why}")));
            }
            // Another repair may have been waited for, and who has it stopped meanwhile did not mean a service that begins.
            if let Some(signal) = held.stop() {
                let code = u8::try_from(128 + signal).unwrap_or(125);
                return Ok(self.failed(code, format!("not started: stopped by signal {signal}")));
            }
        }
        let mut recording = |pid: i32| {
            if let Some(error) = record.as_mut().and_then(|record| record.began(pid).err()) {
                complain(&error.to_string());
            }
        };
        let env = [("HEAL_SERVICE", self.service.as_str())];
        let end = match held.run(&self.command, &env, &mut recording) {
            Ok(end) => end,
            Err(failure) => {
                return Ok(self.failed(failure.code, failure.why));
            }
        };
        let recorded = record.map(|record| record.ended(&end));
        if let Some(Err(error)) = &recorded {
            complain(&error.to_string());
        }
        let code = end.code.or(end.signal.map(|signal| 128 + signal));
        let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(125);
        let event = recorded.and_then(Result::ok);
        Ok(answer(code, Ran { service: self.service, event, code: end.code, signal: end.signal, failure: None }))
    }

    /// It did not start.
    fn failed(self, code: u8, why: String) -> Answer {
        complain(&why);
        answer(code, Ran { service: self.service, failure: Some(why), ..Ran::default() })
    }

    fn record<'c>(&self, config: &'c Config) -> Result<Record<'c>> {
        let Some(watched) = config.services.iter().find(|watched| watched.name() == self.service) else {
            config.require(std::slice::from_ref(&self.service))?;
            return Err(Error::new(Kind::Usage, format!("`{}` is no service", self.service)));
        };
        if let Err(error) = crate::apply::refuse_links(&config.root, &config.data_dir) {
            complain(&error.to_string());
        }
        let (record, why) = Record::of(config, watched);
        if let Some(why) = why {
            complain(&why);
        }
        Ok(record)
    }
}

/// What `heal heal --startup` does; stdout is the command's, so what it says goes to stderr. An error is why nothing may start.
fn cold_start(config: &Config) -> std::result::Result<(), String> {
    let startup = pipeline::startup(config, false).map_err(|error| error.to_string())?;
    let did_nothing = startup.healed.is_empty() && startup.warnings.is_empty() && startup.cautions.is_empty();
    let said = output::startup::human(&startup, did_nothing);
    console::strip_ansi_codes(&said).lines().for_each(complain);
    if startup.may_start() { Ok(()) } else { Err("`heal heal --startup` says no".to_owned()) }
}

/// stdout is the command's: for people heal says nothing there.
fn answer(code: u8, ran: Ran) -> Answer {
    Answer { exit: Exit::Passed(code), ..Answer::fine("", View::Run(ran)) }
}

/// On stderr, beside what the command says there.
fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "heal: {}", sanitize::line(text));
}
