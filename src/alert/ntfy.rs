//! A telephone by ntfy, the public server or one of one's own.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use toml::de::ValueDeserializer;

use super::address::{Base, check_base};
use super::template::{Template, plain, words};
use super::text::{Count, cut};
use super::{Channel, Kind, post};
use crate::model::alert::{Message, Parcel};
use crate::model::event::Notice;
use crate::model::{Sealed, Secret, Severity};

/// A message of more than 4,096 bytes becomes an attachment.
const LIMIT: usize = 4_000;

/// A title may have 1,024 bytes.
const TITLE: usize = 250;

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "ntfy",
    about: "a telephone, by ntfy",
    example: "[alert.phone]\nkind = \"ntfy\"\nurl = \"https://ntfy.sh\"\ntopic = \"my-bot-a8f3\"",
    parse,
    schema: Ntfy::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ntfy {
    /// The server.
    #[serde(default = "official")]
    url: String,
    /// The topic. On a server without access control, whoever knows it may read along.
    topic: String,
    /// The text, as a Jinja template whose first line is the headline; else heal's own words.
    template: Option<Template>,
    /// An access token.
    token: Option<Secret>,
    /// A file of certificates that are trusted instead of the platform's.
    ca: Option<std::path::PathBuf>,
    /// The server may be asked without TLS although it is not on this machine.
    #[serde(default)]
    allow_http: bool,
}

fn official() -> String {
    "https://ntfy.sh".to_owned()
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    let ntfy = Ntfy::deserialize(value)?;
    check_base(Base { key: "url", url: &ntfy.url, allow_http: ntfy.allow_http })?;
    Ok(Arc::new(ntfy))
}

impl Channel for Ntfy {
    fn render(&self, message: &Message, root: &Path) -> Parcel {
        let (priority, tag) = match (message.notice, message.severity) {
            (Notice::Recovered, _) => (3, "white_check_mark"),
            (_, Severity::Critical) => (5, "rotating_light"),
            (_, Severity::Warning) => (4, "warning"),
            (_, Severity::Info) => (3, "information_source"),
        };
        let (title, text) = words(self.template.as_ref(), message, plain).parts();
        // An empty message would be replaced by the server's own words.
        let text = if text.is_empty() { &title } else { &text };
        let request = json!({
            "topic": self.topic,
            "title": cut(&title, TITLE, Count::Bytes).replace('\n', " "),
            "message": cut(text, LIMIT, Count::Bytes),
            "priority": priority,
            "tags": [tag],
        });
        let url = Sealed::plain(format!("{}/", self.url.trim_end_matches('/')));
        let mut parcel = post(url, &request);
        if let Parcel::Request(request) = &mut parcel {
            request.ca = self.ca.as_ref().map(|ca| root.join(ca));
            let bearer = self.token.as_ref().map(|token| Sealed::around("Bearer ", token, ""));
            request.headers.extend(bearer.map(|bearer| ("authorization".to_owned(), bearer)));
        }
        parcel
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.token.iter().collect()
    }
}
