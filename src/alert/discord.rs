//! A chat by a web hook of Discord.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use toml::de::ValueDeserializer;

use super::address::{Address, Trust};
use super::template::{Template, Words, words};
use super::text::{Count, body, cut, headline};
use super::{Channel, Kind, post_to};
use crate::model::Secret;
use crate::model::alert::{Message, Parcel};

/// The server takes 2,000 characters, the frame around the text included.
const LIMIT: usize = 1_900;

/// The headline's share.
const HEADLINE: usize = 300;

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "discord",
    about: "a chat, by a web hook of Discord",
    example: "[alert.guild]\nkind = \"discord\"\nurl = { file = \"secrets/discord-url\" }",
    parse,
    schema: Discord::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Discord {
    /// The address of the web hook: whoever knows it may write there.
    url: Address,
    /// The text, as a Jinja template; else heal's own words.
    template: Option<Template>,
    /// The server may be asked without TLS although it is not on this machine.
    #[serde(default)]
    allow_http: bool,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    let discord = Discord::deserialize(value)?;
    discord.url.check(discord.allow_http)?;
    Ok(Arc::new(discord))
}

impl Channel for Discord {
    fn render(&self, message: &Message, root: &Path) -> Parcel {
        let content = match words(self.template.as_ref(), message, escape) {
            Words::Owner(text) => cut(&text, LIMIT, Count::Chars),
            Words::Own(message) => framed(&message),
        };
        let request = json!({
            "content": content,
            // Nobody is woken by a name in a log line.
            "allowed_mentions": {"parse": []},
        });
        post_to(&self.url, &Trust { ca: None, allow_http: self.allow_http }, &request, root)
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.url.secret().into_iter().collect()
    }
}

/// The headline in bold, the rest in a frame.
fn framed(message: &Message) -> String {
    let title = escape(&cut(&headline(message), HEADLINE / 2, Count::Chars));
    // Inside of the frame nothing is markup but what would end it.
    let text = body(message).replace("```", "'''");
    let text = cut(&text, LIMIT - title.chars().count(), Count::Chars);
    format!("**{title}**\n```\n{text}\n```")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '~' | '|' | '`' | '>' | '#' | '[' | ']' | '(' | ')') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
