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

pub mod alert;
pub mod apply;
pub mod cli;
pub mod commands;
pub mod config;
pub mod error;
pub mod exit;
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

use commands::Answer;
use error::Error;
use exit::Exit;
use serde_json::{Map, Value, json};

/// Runs one command line and says how it ended. Nothing in here panics on input; a bug ends with 70 and one line, and
/// what is held is let go on the way out.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> Exit {
    host::sys::close_on_exec_everywhere();
    host::sys::sane_signals();
    host::sys::sane_umask();
    report_panics();
    let argv: Vec<OsString> = argv.into_iter().collect();
    std::panic::catch_unwind(|| answer(&argv)).unwrap_or(Exit::Bug)
}

fn answer(argv: &[OsString]) -> Exit {
    match commands::completions::asked(argv) {
        None => {}
        Some(Ok(text)) => return print(&text, Exit::Fine),
        Some(Err(error)) => return complain(&error, "heal", false),
    }
    let cli = match cli::parse(argv) {
        Ok(cli) => cli,
        Err(cli::Stop::Shown(text)) => return print(&text, Exit::Fine),
        Err(cli::Stop::Wrong(error)) => return complain(&error, &cli::named(argv), cli::wants_json(argv)),
    };
    cli.global.apply_colour();
    let (name, json, quiet) = (cli.command.name(), cli.global.wants_json(), cli.global.quiet);
    match cli.command.run(&cli.global) {
        Ok(Answer { exit, fields, .. }) if json => print(&document(name, exit, fields), exit),
        Ok(Answer { exit, human, .. }) => print(&human, exit),
        // Another run is at work: for cron that is nothing to write home about.
        Err(error) if quiet && !json && error.kind == error::Kind::Busy => Exit::Busy,
        Err(error) => complain(&error, name, json),
    }
}

/// The envelope that all documents share.
fn document(command: &str, exit: Exit, fields: Map<String, Value>) -> String {
    let mut document = Map::new();
    document.insert("schema".to_owned(), json!(output::json::SCHEMA));
    document.insert("command".to_owned(), json!(command));
    document.insert("status".to_owned(), json!(exit.status()));
    document.insert("exit_code".to_owned(), json!(exit.code()));
    document.extend(fields);
    format!("{}\n", Value::Object(document))
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

/// Says what went wrong with heal itself: on stderr for people, as a document on stdout for programs.
fn complain(error: &Error, command: &str, json: bool) -> Exit {
    let exit = Exit::of_error(error);
    if json {
        let faults: Vec<Value> = error
            .faults
            .iter()
            .map(|fault| json!({"place": fault.place, "message": fault.message, "hint": fault.hint}))
            .collect();
        let what =
            json!({"kind": error.kind.word(), "message": error.to_string(), "hint": error.hint, "faults": faults});
        return print(&document(command, exit, Map::from_iter([("error".to_owned(), what)])), exit);
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
