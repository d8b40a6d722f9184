//! The machine's own log, by the socket that every system has for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{Count, cut, headline};
use super::{Channel, Kind};
use crate::model::alert::{Message, Parcel};
use crate::model::{Severity, sanitize};

/// RFC 3164: more than 1,024 bytes may be cut.
const LIMIT: usize = 1_000;

/// Facility "daemon" (RFC 5424, table 1).
const DAEMON: u8 = 3;

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "syslog",
    about: "a line in the machine's own log",
    example: "[alert.log]\nkind = \"syslog\"",
    parse: |value| Syslog::deserialize(value).map(|syslog| Arc::new(syslog) as _),
    schema: Syslog::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    /// The socket.
    #[serde(default = "socket")]
    socket: PathBuf,
}

/// Where every program of this system writes to.
#[must_use]
pub fn socket() -> PathBuf {
    PathBuf::from(if cfg!(target_os = "macos") { "/var/run/syslog" } else { "/dev/log" })
}

impl Channel for Syslog {
    fn render(&self, message: &Message, root: &Path) -> Parcel {
        let text = line(message);
        Parcel::Datagram { socket: root.join(&self.socket), text }
    }
}

/// What is sent to the log.
#[must_use]
pub fn line(message: &Message) -> String {
    let severity: u8 = match message.severity {
        Severity::Critical => 2,
        Severity::Warning => 4,
        Severity::Info => 6,
    };
    let action = message.action_required.as_ref().map(|action| format!("; do: {}", sanitize::line(action)));
    let text = format!("{}{}", headline(message), action.unwrap_or_default());
    let text = cut(&text, LIMIT, Count::Bytes).replace('\n', " ");
    format!("<{}>heal: {}: {text}", DAEMON * 8 + severity, sanitize::line(&message.project))
}
