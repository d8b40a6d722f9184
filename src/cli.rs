//! What can be typed? Global flags and one variant per subcommand; what they mean stands in `commands`.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::commands::completions::Names;
use crate::commands::{self, Answer};
use crate::config::Origin;
use crate::error::{Error, Kind, Result};
use crate::exit::{self, ExitMap};

/// Keeps the services of one box alive: looks, decides, acts, verifies, remembers, exits.
///
/// Started every minute by cron, a systemd timer, launchd or a script, heal reads heal.toml, looks at the services it
/// declares, and brings back the ones that are dead or hung. It is not a daemon.
#[derive(Debug, Parser)]
#[command(name = "heal", version, disable_help_subcommand = true, arg_required_else_help = true)]
pub struct Cli {
    /// Flags that every subcommand has.
    #[command(flatten)]
    pub global: Global,
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every subcommand has.
#[derive(Args, Clone, Debug, Default)]
pub struct Global {
    /// Read this heal.toml (else $HEAL_CONFIG, else the nearest one upwards)
    #[arg(long, value_name = "FILE", global = true, value_hint = clap::ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// Override a setting, such as service.bot.startup_grace=5m (else $HEAL__SERVICE__BOT__STARTUP_GRACE); may be repeated
    #[arg(long, value_name = "KEY=VALUE", global = true, add = Names::Keys)]
    pub set: Vec<String>,
    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,
    /// Print the answer in this format
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "human", global = true, hide_default_value = true)]
    pub format: Format,
    /// End with other exit codes, such as 1=0,2=1
    ///
    /// With 1=0,2=1 a warning counts as success, and what is critical ends with 1. It comes last: after --format nagios has made one of four codes of all, and also for failures of heal itself. The
    /// `exit_code` of a JSON document stays heal's own.
    #[arg(long, value_name = "MAP", global = true)]
    pub exit_map: Option<ExitMap>,
    /// Print nothing while all is well
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Colour the text
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true, hide_default_value = true)]
    pub color: When,
}

/// How the answer is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Human,
    /// One JSON document
    Json,
    /// A monitoring plugin: one line, its figures, exit code 0 to 3
    Nagios,
}

/// When text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Global {
    /// How the answer is printed.
    #[must_use]
    pub fn format(&self) -> Format {
        if self.json && self.format == Format::Human { Format::Json } else { self.format }
    }

    /// Where the configuration comes from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin { file: self.config.clone(), set: self.set.clone() }
    }

    /// Should somebody who watches be shown what is going on?
    #[must_use]
    pub fn wants_progress(&self) -> bool {
        !self.quiet && self.format() == Format::Human && std::io::stderr().is_terminal()
    }

    /// Tells the styling library what was asked for.
    pub fn apply_colour(&self) {
        let enabled = match self.color {
            // Nobody looks at it in a terminal.
            _ if self.format() == Format::Nagios => false,
            // `console` knows about NO_COLOR, CLICOLOR_FORCE, TERM=dumb and terminals.
            When::Auto => return,
            When::Always => true,
            When::Never => false,
        };
        console::set_colors_enabled(enabled);
    }
}

/// From one list: the subcommands, the words for them, and what runs them.
macro_rules! subcommands {
    ($($variant:ident($module:ident) = $word:literal,)+) => {
        /// The subcommands.
        #[expect(missing_docs, reason = "a comment on a variant would replace the help that stands in its file")]
        #[derive(Debug, Subcommand)]
        pub enum Command {
            $($variant(commands::$module::Args),)+
        }

        impl Command {
            /// The word that was typed.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $word,)+
                }
            }

            /// Runs it.
            ///
            /// # Errors
            /// A failure of heal itself; what it found out about services is in the answer.
            pub fn run(self, global: &Global) -> Result<Answer> {
                match self {
                    $(Self::$variant(args) => args.run(global),)+
                }
            }
        }
    };
}

subcommands! {
    Check(check) = "check",
    Status(status) = "status",
    Doctor(doctor) = "doctor",
    Heal(heal) = "heal",
    CleanLocks(clean_locks) = "clean-locks",
    ValidateState(validate_state) = "validate-state",
    Checkpoint(checkpoint) = "checkpoint",
    Release(release) = "release",
    Undo(undo) = "undo",
    Update(update) = "update",
    Pause(pause) = "pause",
    Resume(resume) = "resume",
    Hold(hold) = "hold",
    Restart(restart) = "restart",
    Lock(lock) = "lock",
    Revert(revert) = "revert",
    Crash(crash) = "crash",
    Run(run) = "run",
    Alert(alert) = "alert",
    Beat(beat) = "beat",
    Init(init) = "init",
    Install(install) = "install",
    Uninstall(uninstall) = "uninstall",
    Config(config) = "config",
    Completions(completions) = "completions",
    Man(man) = "man",
}

/// The groups of the help page, and what is in them.
const GROUPS: [(&str, &[&str]); 3] = [
    ("Look", &["check", "status", "validate-state", "crash", "doctor"]),
    (
        "Act",
        &[
            "heal",
            "clean-locks",
            "revert",
            "update",
            "undo",
            "checkpoint",
            "restart",
            "run",
            "pause",
            "resume",
            "hold",
            "release",
            "lock",
            "alert",
            "beat",
        ],
    ),
    ("Set up", &["init", "install", "uninstall", "config", "completions", "man"]),
];

impl Command {
    /// Can it answer in this format?
    ///
    /// # Errors
    /// It cannot, or two formats were asked for.
    pub fn offers(&self, global: &Global) -> Result<()> {
        let plugin = matches!(self, Self::Check(_) | Self::Heal(_) | Self::Status(_));
        if global.json && global.format == Format::Nagios {
            let error = Error::new(Kind::Usage, "--json and --format nagios are two answers, and heal gives one");
            return Err(error.hint("leave one of them out"));
        }
        if global.format == Format::Nagios && !plugin {
            let message = format!("`heal {}` has no answer in the format nagios", self.name());
            let hint = "it has human and json; check, heal and status have nagios as well";
            return Err(Error::new(Kind::Usage, message).hint(hint));
        }
        Ok(())
    }
}

/// Why there is nothing to run.
#[derive(Debug)]
pub enum Stop {
    /// Help or the version was asked for: print it.
    Shown(String),
    /// The command line is wrong.
    Wrong(Error),
}

/// Reads the command line.
///
/// # Errors
/// [`Stop`].
pub fn parse(argv: &[OsString]) -> std::result::Result<Cli, Stop> {
    if let Some(cli) = usual(argv).or_else(|| frequent(argv)) {
        return Ok(cli);
    }
    if matches!(argv, [_, word] if word == "--version" || word == "-V") {
        return Err(Stop::Shown(format!("heal {}\n", env!("CARGO_PKG_VERSION"))));
    }
    let argv = asked_for_help(argv);
    let parsed = command().try_get_matches_from(&argv).and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| {
        use clap::error::ErrorKind as K;
        let text = error.render().to_string();
        match error.kind() {
            K::DisplayHelp | K::DisplayVersion => Stop::Shown(text),
            // clap's own code, 2, would read as "critical" (DESIGN §3).
            K::DisplayHelpOnMissingArgumentOrSubcommand => {
                let mut error = Error::new(Kind::Usage, "a subcommand is missing");
                error.rendered = Some(text.trim_end().to_owned());
                Stop::Wrong(error)
            }
            // Words without quotes around them; clap takes the second one for a subcommand.
            K::ArgumentConflict if text.contains("cannot be used with '<TEXT>'") => {
                let error = Error::new(Kind::Usage, "what there is to say has to be one argument");
                Stop::Wrong(error.hint("put it in quotes: heal alert \"the backup failed\""))
            }
            _ => Stop::Wrong(usage(&text)),
        }
    })
}

/// The line that cron and timers type: a tick or a look, with `--config`, `--quiet` and `--json` each said once at most. To build
/// a parser for it was a quarter of what a quiet tick did by itself. Whatever else there is, is for clap.
fn usual(argv: &[OsString]) -> Option<Cli> {
    let (mut global, mut command) = (Global::default(), None);
    let mut words = argv.get(1..)?.iter();
    while let Some(word) = words.next() {
        match word.to_str()? {
            "heal" if command.is_none() => command = Some(Command::Heal(commands::heal::Args::default())),
            "check" if command.is_none() => command = Some(Command::Check(commands::check::Args::default())),
            "--quiet" | "-q" if !global.quiet => global.quiet = true,
            "--json" if !global.json => global.json = true,
            "--config" if global.config.is_none() => {
                let file =
                    words.next().filter(|file| file.to_str().is_some_and(|f| !f.is_empty() && !f.starts_with('-')));
                global.config = Some(PathBuf::from(file?));
            }
            _ => return None,
        }
    }
    Some(Cli { global, command: command? })
}

/// One subcommand's share of the command line.
type Augment = fn(clap::Command) -> clap::Command;

/// What is started every minute. To build the parsers of all the others as well would be most of what reading its words costs.
const FREQUENT: [(&str, Augment); 4] = [
    ("check", commands::check::Args::augment_args),
    ("status", commands::status::Args::augment_args),
    ("heal", commands::heal::Args::augment_args),
    ("beat", commands::beat::Args::augment_args),
];

/// The command line, where it can be read without knowing the other subcommands. What cannot, help and mistakes among it, is
/// for the whole parser: it takes every word that this one takes, and in the same way.
fn frequent(argv: &[OsString]) -> Option<Cli> {
    let (name, augment) = argv.iter().skip(1).find_map(|word| FREQUENT.iter().find(|(name, _)| word == name))?;
    let command = Global::augment_args(clap::Command::new("heal")).disable_help_subcommand(true);
    let matches = command.subcommand(augment(clap::Command::new(*name))).try_get_matches_from(argv).ok()?;
    Cli::from_arg_matches(&matches).ok()
}

/// clap's text as an error: its first paragraph is the message, what follows is for people.
fn usage(text: &str) -> Error {
    let text = text.trim().strip_prefix("error: ").unwrap_or(text.trim());
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut error = Error::new(Kind::Usage, message.split_whitespace().collect::<Vec<_>>().join(" "));
    error.rendered = Some(rest.trim_end().to_owned()).filter(|rest| !rest.is_empty());
    error
}

/// `heal help check` is `heal check --help`: the first thing that many people type.
fn asked_for_help(argv: &[OsString]) -> Vec<OsString> {
    let mut words = argv.to_vec();
    if words.get(1).is_some_and(|word| word == "help") {
        words.remove(1);
        words.push("--help".into());
    }
    words
}

/// How to answer a command line that could not be read: what it asks for where it can be made out.
#[must_use]
pub fn asked_for(argv: &[OsString]) -> (Format, ExitMap) {
    let value = |flag: &str| {
        let apart = argv.windows(2).filter(|pair| pair[0] == flag).find_map(|pair| pair[1].to_str());
        let joined = |arg: &'_ OsString| Some(arg.to_str()?.strip_prefix(flag)?.strip_prefix('=')?.to_owned());
        apart.map(str::to_owned).or_else(|| argv.iter().find_map(joined))
    };
    let format = value("--format").and_then(|word| Format::from_str(&word, false).ok());
    let format = match format {
        Some(Format::Nagios) => Format::Nagios,
        _ if argv.iter().any(|arg| arg == "--json") => Format::Json,
        format => format.unwrap_or(Format::Human),
    };
    (format, value("--exit-map").and_then(|map| map.parse().ok()).unwrap_or_default())
}

/// The subcommand that a command line names which could not be read; `heal` when none is to be seen.
#[must_use]
pub fn named(argv: &[OsString]) -> String {
    let command = Cli::command();
    let known = |arg: &OsString| command.find_subcommand(arg).map(|sub| sub.get_name().to_owned());
    argv.iter().skip(1).find_map(known).unwrap_or_else(|| "heal".to_owned())
}

/// The whole command line, as help, completions and manual need it.
#[must_use]
pub fn command() -> clap::Command {
    let command = Cli::command();
    let mut groups = String::new();
    for (title, names) in GROUPS {
        groups.push_str(&format!("{title}:\n"));
        for name in names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about).map(ToString::to_string);
            groups.push_str(&format!("  {name:<14} {}\n", about.unwrap_or_default()));
        }
        groups.push('\n');
    }
    let codes: Vec<String> =
        exit::TABLE.iter().map(|(exit, meaning)| format!("  {:>2}  {meaning}", exit.code())).collect();
    command
        .help_template(format!(
            "{{about-with-newline}}\nUsage: {{usage}}\n\n{groups}Options:\n{{options}}{{after-help}}"
        ))
        .after_long_help(format!("Exit codes:\n{}", codes.join("\n")))
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
