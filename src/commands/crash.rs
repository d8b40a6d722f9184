//! `heal crash`: which lives of a service began and ended, on which release, and is it the code?

use std::ffi::OsString;
use std::io::IsTerminal;

use clap::Subcommand;

use crate::cli::Global;
use crate::commands::completions::Names;
use crate::commands::{Answer, View};
use crate::config::{Config, Watched};
use crate::error::{Error, Kind, Result};
use crate::exit::Exit;
use crate::host::clock;
use crate::model::crash::{REASON, Turn, is_commit_id};
use crate::model::pattern::{Judged, Verdicts};
use crate::model::{Span, redact};
use crate::output::{crash, crash_json};
use crate::pipeline::{crash_log, crash_pattern};

/// The whole of a reason that is looked at: what is kept of it is far less.
const LONGEST: usize = 64 * 1024;

/// Record starts, stops and crashes; say whether they are a pattern
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Record a crash, a stop or a start of a service, from the script around it
    ///
    /// One line in `crash_history.jsonl` of the data directory. Call it with --start before the service starts: the commit
    /// that is checked out then is what runs, whatever is checked out when it crashes. The tick and `heal run` record by
    /// themselves what they see; this is for scripts that know more. With --exit-code 0, or a code listed in
    /// `hold_on_exit`, an end is a stop and no crash.
    Log(Log),
    /// Say whether crashes are a pattern: exit code 2 if so, 0 if not, 3 if that cannot be judged
    ///
    /// `[crash] pattern = "3 per 30m"` on one release that began to run less than `release_age` ago is a pattern, and
    /// taking that release back may help; `storm = "5 per 30m"` on whatever release is a storm. It looks at nothing but
    /// the crash history, and only as far back as it has to.
    Pattern {
        /// Only this service; may be repeated
        #[arg(long, value_name = "NAME", add = Names::Services)]
        service: Vec<String>,
    },
    /// Show the starts, stops and crashes of the last while, newest first
    History {
        /// How far back
        #[arg(long, value_name = "DURATION", default_value = "7d")]
        since: Span,
        /// Only this service; may be repeated
        #[arg(long, value_name = "NAME", add = Names::Services)]
        service: Vec<String>,
        /// Print so many lines at most; a JSON document has all of them
        #[arg(long, value_name = "N", default_value_t = 20)]
        lines: u16,
    },
}

#[derive(clap::Args, Debug)]
struct Log {
    /// It begins
    #[arg(long, conflicts_with_all = ["stop", "exit_code", "signal"])]
    start: bool,
    /// It was stopped, and meant to be
    #[arg(long)]
    stop: bool,
    /// Why, in words
    #[arg(long, value_name = "TEXT")]
    reason: Option<OsString>,
    /// The exit code it ended with
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=255))]
    exit_code: Option<i32>,
    /// The signal that ended it: a number or a name such as SEGV
    #[arg(long, value_name = "SIGNAL", value_parser = signal, conflicts_with = "exit_code")]
    signal: Option<i32>,
    /// The service; may be left out where there is only one
    #[arg(long, value_name = "NAME", add = Names::Services)]
    service: Option<String>,
    /// The full id of the commit that runs, where heal cannot see it
    #[arg(long, value_name = "COMMIT", value_parser = commit)]
    release: Option<String>,
}

fn signal(text: &str) -> Result<i32, String> {
    let wrong =
        || format!("`{}` is no signal; write a number from 1 to 64, or a name such as SEGV", text.escape_debug());
    if let Ok(number) = text.parse::<i32>() {
        return if (1..=64).contains(&number) { Ok(number) } else { Err(wrong()) };
    }
    let name = text.to_ascii_uppercase();
    let name = if name.starts_with("SIG") { name } else { format!("SIG{name}") };
    name.parse::<nix::sys::signal::Signal>().map(|signal| signal as i32).map_err(|_| wrong())
}

fn commit(text: &str) -> Result<String, String> {
    if is_commit_id(text) {
        return Ok(text.to_owned());
    }
    let shown: String = text.chars().take(60).collect();
    Err(format!("`{}` is not the full id of a commit, which `git rev-parse HEAD` prints", shown.escape_debug()))
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// A service is not declared, the configuration is wrong, or the history cannot be read or written.
    pub fn run(self, global: &Global) -> Result<Answer> {
        let config = global.origin().load()?;
        match self.action {
            Action::Log(log) => log.run(&config, global.quiet),
            Action::Pattern { service } => {
                config.require(&service)?;
                let verdicts = crash_pattern::verdicts(&config, &service)?;
                let (exit, quiet) = (exit(&verdicts), global.quiet);
                let (said, view) = (crash::pattern(&verdicts, quiet), crash_json::patterns(&verdicts));
                Ok(Answer { exit, ..Answer::fine(said, View::CrashPattern(view)) })
            }
            Action::History { since, service, lines } => {
                config.require(&service)?;
                let told = crash_log::told(&config, &service, since.millis())?;
                let mut warnings = told.warnings;
                if told.cut {
                    warnings.push("there are more lines of that time than are read".to_owned());
                }
                let sparkline = std::io::stdout().is_terminal();
                let shown = crash::Shown { since_ms: since.millis(), lines: usize::from(lines), sparkline };
                let said = crash::history(&told.entries, clock::now().at, shown, &warnings);
                let view = crash_json::History {
                    since_ms: since.millis(),
                    crashes: told.entries.iter().filter(|entry| entry.event == Turn::Crash).count(),
                    entries: told.entries.iter().map(crash_json::entry).collect(),
                    cut: told.cut,
                    warnings,
                };
                Ok(Answer::fine(said, View::CrashHistory(view)))
            }
        }
    }
}

fn exit(verdicts: &Verdicts) -> Exit {
    let code = |judged: &Judged| match judged {
        Judged::Pattern(_) | Judged::Storm(_) => Exit::Critical,
        Judged::Unknown(_) => Exit::Unknown,
        Judged::Quiet { .. } => Exit::Fine,
    };
    // Nothing was judged: that is not health.
    verdicts.services.iter().map(|verdict| code(&verdict.judged)).max().unwrap_or(Exit::Unknown)
}

impl Log {
    fn run(self, config: &Config, quiet: bool) -> Result<Answer> {
        let watched = only(config, self.service.as_deref())?;
        crate::apply::refuse_links(&config.root, &config.data_dir)?;
        let turn = match (self.start, self.stop) {
            (true, _) => Some(Turn::Start),
            (_, true) => Some(Turn::Stop),
            _ => None,
        };
        let reason = self.reason.map(|text| reason(&text)).filter(|text| !text.is_empty());
        let said =
            crash_log::Said { turn, release: self.release, exit_code: self.exit_code, signal: self.signal, reason };
        let logged = crash_log::log(config, watched, said)?;
        let event = format!("{:?}", logged.entry.event).to_lowercase();
        let release = match (&logged.entry.release, &logged.unknown) {
            (Some(id), _) => format!("release {}", crash::short(id)),
            (None, Some(why)) => format!("release unknown: {why}"),
            (None, None) => "release unknown".to_owned(),
        };
        let done = if logged.twice { "was recorded by a tick already" } else { "recorded" };
        let line = format!("{}: {event} {done}, {release}", watched.name());
        let view = crash_json::Logged {
            entry: crash_json::entry(&logged.entry),
            written: !logged.twice,
            unknown: logged.unknown,
        };
        let said = if quiet { String::new() } else { format!("{}\n", crate::output::sanitize::line(&line)) };
        Ok(Answer::fine(said, View::CrashLog(view)))
    }
}

/// The service that was named, or the only one.
fn only<'c>(config: &'c Config, name: Option<&str>) -> Result<&'c Watched> {
    let names: Vec<&str> = config.services.iter().map(Watched::name).collect();
    let wrong = |message: String| {
        let hint = format!("{} declares: {}", config.path.display(), names.join(", "));
        Err(Error::new(Kind::Usage, message).hint(hint))
    };
    match (name, &config.services[..]) {
        (None, [one]) => Ok(one),
        (None, _) => wrong("which service? name it with --service".to_owned()),
        (Some(name), services) => match services.iter().find(|watched| watched.name() == name) {
            Some(watched) => Ok(watched),
            None => wrong(format!("there is no service `{}`", name.escape_debug())),
        },
    }
}

/// What is kept of a reason: text, without secrets, and not without end.
fn reason(text: &OsString) -> String {
    let bytes = text.as_encoded_bytes();
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    redact::lines(&lines).join("\n").trim().chars().take(REASON).collect()
}
