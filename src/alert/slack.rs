//! A chat by an incoming web hook of Slack, or of Mattermost, which speaks the same.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::de::ValueDeserializer;

use super::address::{Address, Trust};
use super::template::{Template, Words, words};
use super::text::{Count, cut};
use super::{Channel, Kind, post_to};
use crate::model::Secret;
use crate::model::alert::{Message, Parcel};

/// Longer messages are cut by Slack, without a word about it.
const LIMIT: usize = 3_900;

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "slack",
    about: "a chat, by an incoming web hook of Slack or Mattermost",
    example: "[alert.team]\nkind = \"slack\"\nurl = { file = \"secrets/slack-url\" }",
    parse,
    schema: Slack::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slack {
    /// The address of the web hook: whoever knows it may write there.
    url: Address,
    /// Another channel than that of the web hook, where the server lets it be chosen.
    channel: Option<String>,
    /// The text, as a Jinja template; else heal's own words.
    template: Option<Template>,
    /// A file of certificates that are trusted instead of the platform's.
    ca: Option<std::path::PathBuf>,
    /// The server may be asked without TLS although it is not on this machine.
    #[serde(default)]
    allow_http: bool,
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Channel>, toml::de::Error> {
    let slack = Slack::deserialize(value)?;
    slack.url.check(slack.allow_http)?;
    Ok(Arc::new(slack))
}

impl Channel for Slack {
    fn render(&self, message: &Message, root: &Path) -> Parcel {
        let words = words(self.template.as_ref(), message, escape);
        let text = cut(&words.whole(), LIMIT, Count::Chars);
        // In the owner's words, the values are escaped already.
        let text = if matches!(words, Words::Own(_)) { escape(&text) } else { text };
        let mut request = json!({"text": text, "mrkdwn": false});
        if let (Some(channel), Value::Object(request)) = (&self.channel, &mut request) {
            request.insert("channel".to_owned(), channel.as_str().into());
        }
        post_to(&self.url, &Trust { ca: self.ca.clone(), allow_http: self.allow_http }, &request, root)
    }

    fn secrets(&self) -> Vec<&Secret> {
        self.url.secret().into_iter().collect()
    }
}

/// `<!channel>` would wake everybody, and so would `@all` in Mattermost: a log line must not.
fn escape(text: &str) -> String {
    let text = super::text::without_tags(text);
    ["all", "channel", "here", "everyone"]
        .into_iter()
        .fold(text, |text, word| text.replace(&format!("@{word}"), &format!("@\u{2060}{word}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_line_wakes_nobody() {
        assert_eq!(escape("<!channel> & @all x@here.org"), "&lt;!channel&gt; &amp; @\u{2060}all x@\u{2060}here.org");
    }
}
