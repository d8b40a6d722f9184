//! A chat by a Telegram bot. Plain text: with markup, a `_` in a file name makes the server refuse the message (FAULTS g).

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::de::ValueDeserializer;

use super::address::{Base, check_base};
use super::template::{Template, plain, words};
use super::text::{Count, cut};
use super::{Channel, Kind, post};
use crate::model::alert::{Message, Parcel};
use crate::model::{Sealed, Secret, Severity};

/// The server takes 4,096 UTF-16 units; what it counts after reading them leaves this much (FAULTS G6).
const LIMIT: usize = 3_500;

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "telegram",
    about: "a chat, by a Telegram bot",
    example: "[alert.op]\nkind = \"telegram\"\ntoken = { file = \"secrets/telegram-token\" }\nchat_id = \"123456789\"",
    parse,
    schema: Telegram::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Telegram {
    /// The bot's token.
    token: Secret,
    /// The chat: its number, or `@name` of a channel.
    chat_id: String,
    /// The topic of a group.
    thread_id: Option<i64>,
    /// The text, as a Jinja template; else heal's own words.
    template: Option<Template>,
    /// Another server that speaks the Bot API.
    #[serde(default = "official")]
    api: String,
    /// The server may be asked without TLS although it is not on this machine.
    #[serde(default)]
    allow_http: bool,
}

fn official() -> String {
    "https://api.telegram.org".to_owned()
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    let telegram = Telegram::deserialize(value)?;
    check_base(Base { key: "api", url: &telegram.api, allow_http: telegram.allow_http })?;
    Ok(Arc::new(telegram))
}

impl Channel for Telegram {
    fn render(&self, message: &Message, _root: &Path) -> Parcel {
        let text = cut(&words(self.template.as_ref(), message, plain).whole(), LIMIT, Count::Utf16);
        let mut request = json!({
            "chat_id": self.chat_id,
            "text": text,
            "disable_notification": message.severity == Severity::Info,
            "link_preview_options": {"is_disabled": true},
        });
        if let (Some(thread), Value::Object(request)) = (self.thread_id, &mut request) {
            request.insert("message_thread_id".to_owned(), thread.into());
        }
        let url = format!("{}/bot", self.api.trim_end_matches('/'));
        post(Sealed::around(&url, &self.token, "/sendMessage"), &request)
    }

    fn secrets(&self) -> Vec<&Secret> {
        vec![&self.token]
    }
}
