//! `heal` keeps the services of one box alive: a stateless binary, started every minute by cron, a timer or a script, that
//! looks, decides, acts, verifies, remembers, and exits.
//!
//! # The architecture on one page
//!
//! **Probes** look and return **findings**; **policy** decides; a **remedy** answers with **changes**; every change is an
//! **event** in the journal. Each command is the same pipeline, filtered:
//!
//! `look → judge → decide → propose → apply → verify → record`
//!
//! | Module | Question |
//! | --- | --- |
//! | [`cli`], [`commands`] | What did the user type? One file per subcommand. |
//! | [`pipeline`] | How does a run go? `check` stops after *judge*, a dry run after *propose*. |
//! | [`config`] | What did the user declare? |
//! | [`probe`] | How do we look? One file per kind. |
//! | [`policy`] | How do we decide? Pure functions of findings, history and now. |
//! | [`remedy`] | What do we prescribe? One file per rung; touches nothing. |
//! | [`apply`] | How do we act? The only code that changes the world, each act behind a journalled intent. |
//! | [`journal`] | What do we remember? The log, its snapshot, the recovery lock. |
//! | [`alert`] | Whom do we tell? One file per channel. |
//! | [`output`] | How do we speak? |
//! | [`host`] | Where do we look? Offers no way to change anything. |
//! | [`model`] | The nouns; pure data. |
//!
//! Imports only point downwards; `tests/suite/architecture.rs` reads them against the table of the design.

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests make the world that they look at"))]

#[macro_use]
mod guard;

pub mod alert;
pub mod apply;
pub mod cli;
pub mod commands;
pub mod config;
pub mod error;
pub mod exit;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod host;
pub mod journal;
pub mod model;
pub mod output;
pub mod pipeline;
pub mod policy;
pub mod probe;
pub mod remedy;

use std::ffi::OsString;
use std::io::Write;

use cli::Format;
use commands::Answer;
use error::Error;
use exit::{Exit, ExitMap};
use output::schema::{Document, Failure, Fault, Wrong};

/// Runs one command line and answers with the exit code. Nothing in here panics on input; a bug ends with 70 and one
/// line, and what is held is let go on the way out.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> u8 {
    let argv: Vec<OsString> = argv.into_iter().collect();
    if argv.get(1).is_some_and(|word| word == apply::pass::WORD) {
        return if apply::pass::pass().is_ok() { 0 } else { Exit::Io.code() };
    }
    host::sys::close_on_exec_everywhere();
    host::sys::sane_signals();
    host::sys::sane_umask();
    report_panics();
    let argv: Vec<OsString> = argv.into_iter().collect();
    for (word, work) in CHILDREN.iter().copied() {
        if argv.get(1).is_some_and(|asked| asked == word) {
            return child(work).code();
        }
    }
    std::panic::catch_unwind(|| answer(&argv)).unwrap_or_else(|_| {
        let voice = Voice::asked_for(&argv);
        // stderr has heard of it already; a monitoring system reads stdout alone.
        voice.end(if voice.format == Format::Nagios {
            voice.unknown("this is a bug in heal", Exit::Bug)
        } else {
            Exit::Bug
        })
    })
}

/// In which form it is answered, and with which numbers it ends.
struct Voice {
    format: Format,
    map: ExitMap,
}

impl Voice {
    fn asked_for(argv: &[OsString]) -> Self {
        let (format, map) = cli::asked_for(argv);
        Self { format, map }
    }

    /// The number that the process ends with: the map comes last.
    fn end(&self, exit: Exit) -> u8 {
        self.map.apply(if self.format == Format::Nagios { exit.plugin_code() } else { exit.code() })
    }

    /// One line for a monitoring system: heal itself failed, which says nothing about any service.
    fn unknown(&self, why: &str, exit: Exit) -> Exit {
        print(&output::nagios::failure(why), exit)
    }
}

/// What heal does as its own child: a filter is evaluated, which touches nothing, and a database is recovered as its owner.
const CHILDREN: &[(&str, Work)] = &[
    (host::jq::WORD, host::jq::answer),
    (apply::recover::WORD, apply::recover::answer),
    #[cfg(debug_assertions)]
    (pipeline::trial::WORD, pipeline::trial::trial),
];

/// What a child does.
type Work = fn() -> std::io::Result<()>;

/// heal as its own child: one question, one answer.
fn child(work: Work) -> Exit {
    match std::panic::catch_unwind(work) {
        Ok(Ok(())) => Exit::Fine,
        Ok(Err(_)) => Exit::Io,
        Err(_) => Exit::Bug,
    }
}

fn answer(argv: &[OsString]) -> u8 {
    match commands::completions::asked(argv) {
        None => {}
        Some(Ok(text)) => return print(&text, Exit::Fine).code(),
        Some(Err(error)) => return complain(&error, "heal", &Voice::asked_for(argv)).code(),
    }
    let cli = match cli::parse(argv) {
        Ok(cli) => cli,
        Err(stop) => {
            let voice = Voice::asked_for(argv);
            return voice.end(match stop {
                cli::Stop::Shown(text) => print(&text, Exit::Fine),
                cli::Stop::Wrong(error) => complain(&error, &cli::named(argv), &voice),
            });
        }
    };
    cli.global.apply_colour();
    let (name, quiet) = (cli.command.name(), cli.global.quiet);
    let voice = Voice { format: cli.global.format(), map: cli.global.exit_map.clone().unwrap_or_default() };
    let answered = cli.command.offers(&cli.global).and_then(|()| cli.command.run(&cli.global));
    voice.end(match (answered, voice.format) {
        (Ok(Answer { exit, view, .. }), Format::Json) => print_document(view().document(name, exit), exit),
        (Ok(Answer { exit, human, plugin, .. }), Format::Nagios) => {
            let plugin = plugin.map(|plugin| plugin()).unwrap_or_default();
            print(&output::nagios::page(exit.plugin_code(), &plugin, &human()), exit)
        }
        (Ok(Answer { exit, human, .. }), Format::Human) => print(&human(), exit),
        // Another run is at work: for cron that is nothing to write home about.
        (Err(error), Format::Human) if quiet && error.kind == error::Kind::Busy => Exit::Busy,
        (Err(error), _) => complain(&error, name, &voice),
    })
}

/// Prints a document; one that has no words in JSON is a bug.
fn print_document(document: serde_json::Result<String>, exit: Exit) -> Exit {
    match document {
        Ok(document) => print(&format!("{document}\n"), exit),
        Err(error) => {
            say(&format!("heal: the answer cannot be written as JSON: {error}. Please report it.\n"));
            Exit::Bug
        }
    }
}

/// Prints the answer. A reader that went away is no failure; a disk that is full is one.
fn print(text: &str, exit: Exit) -> Exit {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => exit,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => exit,
        Err(error) => {
            say(&format!("heal: cannot write the answer: {error}\n"));
            Exit::Io.max(exit)
        }
    }
}

/// Says what went wrong with heal itself: on stderr for people, on stdout for programs.
fn complain(error: &Error, command: &str, voice: &Voice) -> Exit {
    let exit = Exit::of_error(error);
    if voice.format == Format::Nagios {
        // The first of several faults says more than how many there are.
        let fault = error.faults.first().map(|fault| format!(": {}: {}", fault.place, fault.message));
        let hint = error.hint.as_ref().map_or_else(String::new, |hint| format!(" ({hint})"));
        return voice.unknown(&format!("{error}{}{hint}", fault.unwrap_or_default()), exit);
    }
    if voice.format == Format::Json {
        let faults = error.faults.iter().map(|fault| Fault {
            place: fault.place.clone(),
            message: fault.message.clone(),
            hint: fault.hint.clone(),
        });
        let error = Wrong {
            kind: error.kind.word(),
            message: error.to_string(),
            hint: error.hint.clone(),
            faults: faults.collect(),
        };
        let failure = Failure { error };
        let document = Document::new(command, exit.status(), exit.code(), &failure);
        return print_document(serde_json::to_string(&document), exit);
    }
    let mut text = format!("heal: {}\n", output::sanitize::line(&error.to_string()));
    if let Some(rendered) = &error.rendered {
        let safe: Vec<_> = rendered.lines().map(output::sanitize::line).collect();
        text.push_str(&format!("\n{}\n\n", safe.join("\n")));
    }
    if let Some(hint) = &error.hint {
        text.push_str(&format!("  {}\n", output::sanitize::line(hint)));
    }
    say(&text);
    exit
}

/// Writes to stderr; when even that is gone, there is nobody left to tell.
fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// A panic is a bug in heal: one line on stderr, whatever thread it was. How it ends is up to whoever catches it: a look
/// that broke is unknown, and must never end heal in the middle of an act.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
        say(&format!("heal: this is a bug in heal{place}. Please report it.\n"));
    }));
}
