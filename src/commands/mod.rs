//! What does the user type? One file per subcommand: its arguments (the doc comment is the help) and `run`.

pub mod beat;
pub mod check;
pub mod completions;
pub mod config;
pub mod heal;
pub mod init;
pub mod man;
pub mod release;
pub mod status;

use serde_json::{Map, Value};

use crate::exit::Exit;
use crate::model::Report;
use crate::output::{self, nagios::Plugin};

/// What a command answers.
#[derive(Debug)]
pub struct Answer {
    /// The exit code.
    pub exit: Exit,
    /// For people.
    pub human: String,
    /// For programs: the fields below the envelope.
    pub fields: Map<String, Value>,
    /// For monitoring systems; commands that have none do not offer that format.
    pub plugin: Option<Plugin>,
}

impl Answer {
    /// The answer of a look or a tick.
    fn of(report: &Report, quiet: bool) -> Self {
        Self {
            exit: Exit::of(report),
            human: output::human::report(report, quiet),
            fields: output::json::report(report),
            plugin: Some(output::nagios::report(report)),
        }
    }

    /// All went well, and this is what there is to say.
    fn fine(human: impl Into<String>, fields: Value) -> Self {
        let fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        Self { exit: Exit::Fine, human: human.into(), fields, plugin: None }
    }
}
