//! A rung of one's own: a request to the service itself, for services that can put themselves right.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;
use toml::de::ValueDeserializer;

use super::Custom;
use crate::host::net;
use crate::model::{Change, Class, Span};

/// See [`super::CUSTOM`].
pub const KIND: Custom = Custom {
    name: "http",
    about: "send a request; the expected status is done",
    example: r#"light = { kind = "http", method = "POST", url = "http://127.0.0.1:8081/self/heal" }"#,
    parse,
    schema: <Http as JsonSchema>::json_schema,
    // Who is dead hears nothing.
    on: &[Class::Hung],
    timeout: Span::secs(10),
};

/// The remedy's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Http {
    /// Where to. No secret may stand in it.
    url: String,
    /// `POST` unless said.
    #[serde(default = "post")]
    method: String,
    /// The expected status; any 2xx unless said.
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
    /// Sent as it is, as JSON.
    body: Option<String>,
}

fn post() -> String {
    "POST".to_owned()
}

fn parse(value: ValueDeserializer<'_>) -> Result<Change, toml::de::Error> {
    let mut http = Http::deserialize(value)?;
    http.method.make_ascii_uppercase();
    net::check_url(&http.url).map_err(toml::de::Error::custom)?;
    net::check_status(http.status).map_err(toml::de::Error::custom)?;
    if !["GET", "POST", "PUT", "DELETE"].contains(&http.method.as_str()) {
        return Err(toml::de::Error::custom(format!("`method` cannot be {}", http.method)));
    }
    let Http { url, method, status, body } = http;
    Ok(Change::SendRequest { method, url, body: body.unwrap_or_default(), status, timeout_ms: 0 })
}
