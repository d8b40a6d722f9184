//! A note on the desktop of the user who runs heal.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::template::{Template, plain, words};
use super::text::{Count, cut, without_tags};
use super::{Channel, Kind};
use crate::model::Severity;
use crate::model::alert::{Message, Parcel};

/// A note that is longer fills the screen.
const LIMIT: usize = 600;

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "desktop",
    about: "a note on the desktop of whoever runs heal",
    example: "[alert.desktop]\nkind = \"desktop\"",
    parse: |value| Desktop::deserialize(value).map(|desktop| Arc::new(desktop) as _),
    schema: Desktop::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Desktop {
    /// The text, as a Jinja template whose first line is the headline; else heal's own words.
    template: Option<Template>,
}

impl Channel for Desktop {
    fn render(&self, message: &Message, _root: &Path) -> Parcel {
        let (title, text) = words(self.template.as_ref(), message, plain).parts();
        Parcel::Note {
            title: cut(&title, LIMIT / 4, Count::Chars).replace('\n', " "),
            body: escape(&cut(&text, LIMIT, Count::Chars)),
            urgent: message.severity == Severity::Critical,
        }
    }
}

/// The title is plain text; the body is read as markup (Desktop Notifications Specification 1.2, "Markup"): a `<b>` in a log line
/// would be bold, and a lone `<` makes some servers show nothing at all. What macOS shows has no markup.
fn escape(text: &str) -> String {
    if cfg!(target_os = "macos") {
        return text.to_owned();
    }
    without_tags(text)
}
