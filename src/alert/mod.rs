//! Whom do we tell? One file per channel: a struct that mirrors its table and a pure `render`; `apply` delivers.
//! Telling stands beside acting: nothing here depends on the service that is healed.

mod address;
pub mod alertmanager;
pub mod command;
pub mod desktop;
pub mod discord;
pub mod email;
pub mod file;
pub mod ntfy;
pub mod ping;
pub mod slack;
pub mod syslog;
pub mod telegram;
mod template;
mod text;
pub mod webhook;

use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use toml::de::ValueDeserializer;

use crate::model::alert::{Message, Parcel, Request};
use crate::model::{Sealed, Secret, Severity, Span, rfc3339};

/// Every kind of channel.
pub const KINDS: [Kind; 12] = [
    file::KIND,
    command::KIND,
    telegram::KIND,
    slack::KIND,
    discord::KIND,
    ntfy::KIND,
    webhook::KIND,
    email::KIND,
    alertmanager::KIND,
    syslog::KIND,
    desktop::KIND,
    ping::KIND,
];

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
    /// Only messages about these services; all, when there is none.
    #[serde(default)]
    pub services: Vec<String>,
    /// Only what nobody took care of for so long.
    pub escalate_after: Option<Span>,
    /// The channel that is told what this one refuses, or does not take for ten minutes.
    pub fallback: Option<String>,
}

/// The names of the keys in [`Common`], with `kind`.
pub const COMMON_KEYS: [&str; 7] =
    ["kind", "enabled", "min_severity", "timeout", "services", "escalate_after", "fallback"];

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

impl Declared {
    /// Is it told of incidents?
    #[must_use]
    pub fn hears(&self) -> bool {
        self.common.enabled && self.channel.hears()
    }
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

    /// The secrets that it needs.
    fn secrets(&self) -> Vec<&Secret> {
        Vec::new()
    }

    /// Is a message sent again by every tick, for as long as it holds?
    fn repeats(&self) -> bool {
        false
    }

    /// Is it told of incidents? `false`: it only hears of ticks.
    fn hears(&self) -> bool {
        true
    }

    /// What it hears of a tick itself, if it wants to.
    fn sign(&self, _sign: &Sign, _root: &Path) -> Option<Parcel> {
        None
    }
}

/// A sign of life of heal itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sign {
    /// A tick began.
    Begun,
    /// A tick ended and left nothing unhealthy; what it says in one line.
    Well(String),
    /// A tick ended and left something unhealthy; what it says in one line.
    Unwell(String),
}

/// JSON by POST.
fn post(url: Sealed, body: &serde_json::Value) -> Parcel {
    let json = ("content-type".to_owned(), Sealed::plain("application/json"));
    Parcel::Request(Box::new(Request {
        method: "POST".to_owned(),
        url,
        headers: vec![json],
        body: body.to_string(),
        signature: None,
        ca: None,
        // What stands in heal.toml was looked at when it was read.
        allow_http: true,
    }))
}

/// JSON by POST, to an address that may be a secret.
fn post_to(url: &address::Address, trust: &address::Trust, body: &serde_json::Value, root: &Path) -> Parcel {
    let mut parcel = post(url.sealed(), body);
    if let Parcel::Request(request) = &mut parcel {
        request.ca = trust.ca.as_ref().map(|ca| root.join(ca));
        request.allow_http = trust.allow_http;
    }
    parcel
}

/// A name as it may stand in the id of a mail.
fn identifier(name: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    name.chars().map(fits).take(120).collect()
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
        "fingerprint": message.fingerprint,
        "details": details,
        "action_required": message.action_required,
    })
}
