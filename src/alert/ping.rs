//! A dead-man's switch: somebody elsewhere who hears of every tick, and says so when they stop coming. It tells nothing about
//! incidents; it is how the end of heal itself, or of the whole machine, is noticed (healthchecks.io, Uptime Kuma and others).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use toml::de::ValueDeserializer;

use super::address::Address;
use super::{Channel, Kind, Sign};
use crate::model::alert::{Message, Parcel, Request};
use crate::model::{Sealed, Secret};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "ping",
    about: "a dead-man's switch: hears of every tick, and misses those that do not come",
    example: "[alert.alive]\nkind = \"ping\"\nurl = { file = \"secrets/ping-url\" }",
    parse,
    schema: Ping::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ping {
    /// What is asked after each tick.
    url: Address,
    /// What is put behind the address when a tick begins; nothing is asked then without it.
    start: Option<String>,
    /// What is put behind the address after a tick that left something unhealthy.
    #[serde(default = "fail")]
    fail: String,
    /// A file of certificates that are trusted instead of the platform's.
    ca: Option<PathBuf>,
    /// The server may be asked without TLS although it is not on this machine.
    #[serde(default)]
    allow_http: bool,
}

/// As healthchecks.io has it.
fn fail() -> String {
    "/fail".to_owned()
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    let ping = Ping::deserialize(value)?;
    ping.url.check(ping.allow_http)?;
    Ok(Arc::new(ping))
}

impl Channel for Ping {
    fn render(&self, _message: &Message, root: &Path) -> Parcel {
        self.parcel("", String::new(), root)
    }

    fn hears(&self) -> bool {
        false
    }

    fn sign(&self, sign: &Sign, root: &Path) -> Option<Parcel> {
        let (suffix, body) = match sign {
            Sign::Begun => (self.start.as_deref()?, String::new()),
            Sign::Well(said) => ("", said.clone()),
            Sign::Unwell(said) => (self.fail.as_str(), said.clone()),
        };
        Some(self.parcel(suffix, body, root))
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.url.secret().into_iter().collect()
    }
}

impl Ping {
    fn parcel(&self, suffix: &str, body: String, root: &Path) -> Parcel {
        let mut url = self.url.sealed();
        if url.secret.is_some() {
            url.after.push_str(suffix)
        } else {
            url.before.push_str(suffix)
        }
        let plain = ("content-type".to_owned(), Sealed::plain("text/plain; charset=utf-8"));
        Parcel::Request(Box::new(Request {
            method: "POST".to_owned(),
            url,
            headers: vec![plain],
            body,
            signature: None,
            ca: self.ca.as_ref().map(|ca| root.join(ca)),
            allow_http: self.allow_http,
        }))
    }
}
