//! Prometheus Alertmanager, version 2 of its interface. It forgets an alert that nobody repeats, so this one is sent again by
//! every tick while the incident lasts; what is over is resolved.

use std::path::Path;
use std::sync::Arc;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::de::ValueDeserializer;

use super::address::{Base, check_base};
use super::text::body;
use super::{Channel, Kind, post};
use crate::model::alert::{Message, Parcel};
use crate::model::event::Notice;
use crate::model::{Sealed, Secret, Severity, Span, rfc3339, sanitize};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "alertmanager",
    about: "Prometheus Alertmanager; repeated while it lasts, then resolved",
    example: "[alert.oncall]\nkind = \"alertmanager\"\nurl = \"http://127.0.0.1:9093\"",
    parse,
    schema: Alertmanager::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alertmanager {
    /// Where it listens, without `/api/v2`.
    url: String,
    /// Labels of one's own, for its routes.
    #[serde(default)]
    labels: std::collections::BTreeMap<String, String>,
    /// An access token.
    token: Option<Secret>,
    /// How long an alert lasts that is not repeated: more than the pause between two ticks.
    #[serde(default = "lasts")]
    lasts: Span,
    /// A file of certificates that are trusted instead of the platform's.
    ca: Option<std::path::PathBuf>,
    /// The server may be asked without TLS although it is not on this machine.
    #[serde(default)]
    allow_http: bool,
}

/// What it takes itself where nothing is said (`resolve_timeout`).
const fn lasts() -> Span {
    Span::secs(5 * 60)
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    use serde::de::Error as _;
    let channel = Alertmanager::deserialize(value)?;
    check_base(Base { key: "url", url: &channel.url, allow_http: channel.allow_http })?;
    if let Some(name) = channel.labels.keys().find(|name| !is_label(name)) {
        let name = name.escape_default();
        return Err(toml::de::Error::custom(format!("`labels` has `{name}`, which is no name of a label")));
    }
    Ok(Arc::new(channel))
}

/// `[a-zA-Z_][a-zA-Z0-9_]*`, as its data model says.
fn is_label(name: &str) -> bool {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    name.starts_with(first) && name.chars().all(|c| first(c) || c.is_ascii_digit())
}

impl Channel for Alertmanager {
    fn render(&self, message: &Message, root: &Path) -> Parcel {
        // What is over may have been sent with either of them.
        let severities = match (message.notice, message.severity) {
            (Notice::Recovered, _) => vec!["critical", "warning"],
            (_, Severity::Critical) => vec!["critical"],
            (_, _) => vec!["warning"],
        };
        let lasts = TimeDelta::try_milliseconds(self.lasts.millis()).unwrap_or_default();
        let ends = if message.notice == Notice::Recovered {
            message.at
        } else {
            message.at.checked_add_signed(lasts).unwrap_or(message.at)
        };
        let alerts: Vec<Value> = severities.into_iter().map(|severity| self.alert(message, severity, ends)).collect();
        let url = Sealed::plain(format!("{}/api/v2/alerts", self.url.trim_end_matches('/')));
        let mut parcel = post(url, &Value::Array(alerts));
        if let Parcel::Request(request) = &mut parcel {
            request.ca = self.ca.as_ref().map(|ca| root.join(ca));
            let bearer = self.token.as_ref().map(|token| Sealed::around("Bearer ", token, ""));
            request.headers.extend(bearer.map(|bearer| ("authorization".to_owned(), bearer)));
        }
        parcel
    }

    fn repeats(&self) -> bool {
        true
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.token.iter().collect()
    }
}

impl Alertmanager {
    /// The labels are what an alert is told apart by: nothing in them may change while it lasts.
    fn alert(&self, message: &Message, severity: &str, ends: crate::model::Stamp) -> Value {
        let mut labels: serde_json::Map<String, Value> =
            self.labels.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        for (name, value) in [
            ("alertname", "heal"),
            ("service", message.service.as_str()),
            ("project", &message.project),
            ("instance", &message.host),
            ("severity", severity),
        ] {
            labels.insert(name.to_owned(), sanitize::line(value).into());
        }
        json!({
            "labels": labels,
            "annotations": {
                "summary": sanitize::line(&message.title),
                "description": body(message),
                "action_required": message.action_required.clone().unwrap_or_default(),
            },
            "startsAt": rfc3339(message.since),
            "endsAt": rfc3339(ends),
        })
    }
}
