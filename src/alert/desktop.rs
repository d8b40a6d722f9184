//! A note on the desktop of the user who runs heal.

use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::text::{Count, body, cut, headline};
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

/// The channel's table: it has no keys of its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Desktop {}

impl Channel for Desktop {
    fn render(&self, message: &Message, _root: &Path) -> Parcel {
        Parcel::Note {
            title: cut(&headline(message), LIMIT / 4, Count::Chars).replace('\n', " "),
            body: cut(&body(message), LIMIT, Count::Chars),
            urgent: message.severity == Severity::Critical,
        }
    }
}
