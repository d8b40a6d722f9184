//! A command of one's own: the message as JSON on standard input and in `HEAL_*` variables, never in its arguments.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::{Channel, Kind, as_json};
use crate::model::Severity;
use crate::model::alert::{Message, Parcel, word};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "command",
    about: "runs a command with the alert as JSON on its input and in HEAL_* variables",
    example: "[alert.mail]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"cat >> alerts.txt\"]",
    parse,
    schema: Command::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Command {
    /// Program and arguments.
    command: Vec<String>,
    /// Added to the clean environment.
    #[serde(default)]
    env: BTreeMap<String, String>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    let command = Command::deserialize(value)?;
    if command.command.first().is_none_or(String::is_empty) {
        return Err(toml::de::Error::custom("`command` is empty; write it as [\"program\", \"argument\"]"));
    }
    Ok(Arc::new(command))
}

impl Channel for Command {
    fn render(&self, message: &Message, _root: &Path) -> Parcel {
        let severity = match message.severity {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        };
        let mut env = self.env.clone();
        for (name, value) in [
            ("HEAL_SEVERITY", severity),
            ("HEAL_CATEGORY", word(message.notice)),
            ("HEAL_TITLE", &message.title),
            ("HEAL_PROJECT", &message.project),
            ("HEAL_HOST", &message.host),
            ("HEAL_SERVICE", &message.service),
            ("HEAL_INCIDENT", &message.incident),
        ] {
            // A NUL cannot stand in an environment.
            env.insert(name.to_owned(), value.replace('\0', ""));
        }
        Parcel::Command { argv: self.command.clone(), env, stdin: format!("{}\n", as_json(message)) }
    }

    fn program(&self) -> Option<(&str, Option<&str>)> {
        Some((self.command.first()?, self.env.get("PATH").map(String::as_str)))
    }
}
