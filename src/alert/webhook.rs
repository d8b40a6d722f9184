//! Any program that takes JSON over HTTP: the document of the file channel, or one by a template of one's own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::address::{Address, Trust};
use super::{Channel, Kind, as_json, template};
use crate::model::alert::{Message, Parcel, Request};
use crate::model::{Sealed, Secret};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "webhook",
    about: "posts the alert as JSON, by a template of one's own if there is one",
    example: "[alert.hook]\nkind = \"webhook\"\nurl = \"https://example.org/alerts\"\nbody = '{\"text\": {{ message }}}'",
    parse,
    schema: Webhook::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where it goes.
    url: Address,
    /// `POST` or `PUT`.
    #[serde(default = "post")]
    method: String,
    /// Names and values; a value may be kept elsewhere, as in `{ file = … }`.
    #[serde(default)]
    headers: BTreeMap<String, Address>,
    /// The document, as a Jinja template in which every value is written as JSON; else that of the file channel.
    body: Option<String>,
    /// The key by which the body is signed: `sha256=` and the HMAC in hexadecimal.
    secret: Option<Secret>,
    /// The header that bears the signature.
    #[serde(default = "signature")]
    signature_header: String,
    /// A file of certificates that are trusted instead of the platform's.
    ca: Option<PathBuf>,
    /// The server may be asked without TLS although it is not on this machine.
    #[serde(default)]
    allow_http: bool,
}

fn post() -> String {
    "POST".to_owned()
}

fn signature() -> String {
    "X-Hub-Signature-256".to_owned()
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    let hook = Webhook::deserialize(value)?;
    hook.url.check(hook.allow_http)?;
    let wrong = |why: String| Err(toml::de::Error::custom(why));
    if !matches!(hook.method.as_str(), "POST" | "PUT") {
        return wrong("`method` has to be POST or PUT".to_owned());
    }
    for (name, value) in &hook.headers {
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            return wrong(format!("`headers` has `{}`, which is no name of a header", name.escape_default()));
        }
        if let Address::Plain(text) = value
            && (crate::model::redact::is_secret_name(name) || text.chars().any(char::is_control))
        {
            let why = "which would hold a secret; write { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }";
            return wrong(format!("`headers` names `{name}`, {why}"));
        }
    }
    if let Some(body) = &hook.body {
        template::check_json(body).map_err(|why| toml::de::Error::custom(format!("`body` {why}")))?;
    }
    Ok(Arc::new(hook))
}

impl Channel for Webhook {
    fn render(&self, message: &Message, root: &Path) -> Parcel {
        let own = self.body.as_ref().and_then(|body| template::as_json(body, message).ok());
        let trust = Trust { ca: self.ca.clone(), allow_http: self.allow_http };
        let mut headers = vec![("content-type".to_owned(), Sealed::plain("application/json"))];
        headers.extend(self.headers.iter().map(|(name, value)| (name.clone(), value.sealed())));
        Parcel::Request(Box::new(Request {
            method: self.method.clone(),
            url: self.url.sealed(),
            headers,
            // A template that fails on this one message must not keep it from being told.
            body: own.unwrap_or_else(|| as_json(message).to_string()),
            signature: self.secret.clone().map(|key| (self.signature_header.clone(), key)),
            ca: trust.ca.map(|ca| root.join(ca)),
            allow_http: trust.allow_http,
        }))
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.url
            .secret()
            .into_iter()
            .chain(self.headers.values().filter_map(Address::secret))
            .chain(&self.secret)
            .collect()
    }
}
