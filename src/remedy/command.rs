//! A rung of one's own: a command. argv only, never a shell; what it is told about the trouble stands in its environment.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::Custom;
use crate::model::{Change, Class, Span};

/// See [`super::CUSTOM`].
pub const KIND: Custom = Custom {
    name: "command",
    about: "run a command of one's own; exit code 0 is done",
    example: r#"flush = { kind = "command", command = ["./scripts/flush-queue"], timeout = "20s" }"#,
    parse,
    schema: <Command as JsonSchema>::json_schema,
    // Of who is dead there is nothing left to put right; `on = ["dead"]` says otherwise.
    on: &[Class::Hung],
    timeout: Span::secs(30),
};

/// The remedy's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Command {
    /// Program and arguments. It runs in the directory of `heal.toml`, with `HEAL_SERVICE`, `HEAL_RUNG` and `HEAL_REASON`.
    command: Vec<String>,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Change, toml::de::Error> {
    let Command { command } = Command::deserialize(value)?;
    if command.first().is_none_or(String::is_empty) {
        return Err(toml::de::Error::custom("`command` is empty; write it as [\"program\", \"argument\"]"));
    }
    Ok(Change::RunCommand { argv: command, timeout_ms: 0 })
}
