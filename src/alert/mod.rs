//! Whom do we tell? One file per channel: a struct that mirrors its table and a pure `render`; `apply` delivers.
//! Telling stands beside acting: nothing here depends on the service that is healed.

pub mod command;
pub mod file;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::de::ValueDeserializer;

use crate::model::alert::{Message, Parcel};
use crate::model::event::Notice;
use crate::model::{Severity, Span, rfc3339};

/// Every kind of channel that is built.
pub const KINDS: [Kind; 2] = [file::KIND, command::KIND];

/// Kinds that the design names and that are not built yet: accepted with a warning, never used.
pub const PLANNED: [&str; 10] =
    ["telegram", "slack", "discord", "ntfy", "webhook", "email", "alertmanager", "syslog", "desktop", "ping"];

/// A kind of channel.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The word after `kind =`.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// A table of `heal.toml`; executed by the tests.
    pub example: &'static str,
    /// Reads its own keys; the common ones are taken away before.
    pub parse: fn(ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error>,
    /// Describes its own keys to an editor: what `JsonSchema` derives from the struct that `parse` reads.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// Keys that every channel has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Common {
    /// `false`: nothing is sent there.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Less urgent messages are not sent there.
    #[serde(default = "info")]
    pub min_severity: Severity,
    /// How long one delivery may take.
    #[serde(default = "five_seconds")]
    pub timeout: Span,
}

/// The names of the keys in [`Common`], with `kind`.
pub const COMMON_KEYS: [&str; 4] = ["kind", "enabled", "min_severity", "timeout"];

const fn yes() -> bool {
    true
}

const fn info() -> Severity {
    Severity::Info
}

const fn five_seconds() -> Span {
    Span::secs(5)
}

/// A channel as it was declared.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The key of its table.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The common keys.
    pub common: Common,
    /// Its own keys as they were written, for `heal config show`.
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// What renders.
    pub channel: Arc<dyn Channel>,
}

/// A channel: turns a message into what it would send.
pub trait Channel: Send + Sync + Debug {
    /// Pure. `root` is where relative paths begin.
    fn render(&self, message: &Message, root: &Path) -> Parcel;

    /// The program that it runs, and the PATH that it is looked up in if not in ours.
    fn program(&self) -> Option<(&str, Option<&str>)> {
        None
    }

    /// The file that it writes, if it writes one.
    fn writes(&self) -> Option<PathBuf> {
        None
    }
}

/// A message as a JSON object: the line of the file channel, the input of the command channel.
#[must_use]
pub fn as_json(message: &Message) -> serde_json::Value {
    let details: serde_json::Map<String, serde_json::Value> =
        message.details.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    serde_json::json!({
        "timestamp": rfc3339(message.at),
        "level": message.severity,
        "category": message.notice,
        "message": message.title,
        "project": message.project,
        "host": message.host,
        "service": message.service,
        "incident": message.incident,
        "details": details,
        "action_required": message.action_required,
    })
}

/// The word for a notice, as in JSON.
#[must_use]
pub const fn word(notice: Notice) -> &'static str {
    match notice {
        Notice::Opened => "opened",
        Notice::Exhausted => "exhausted",
        Notice::Held => "held",
        Notice::Frequent => "frequent",
        Notice::Misconfigured => "misconfigured",
        Notice::Reverted => "reverted",
        Notice::Recovered => "recovered",
    }
}
