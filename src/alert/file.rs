//! A file of JSON lines: the channel that always works, and that other programs can follow.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Channel, Kind, as_json};
use crate::model::alert::{Message, Parcel};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "file",
    about: "appends one JSON object per line to a file",
    example: "[alert.file]\nkind = \"file\"\npath = \"logs/alerts.jsonl\"",
    parse: |value| File::deserialize(value).map(|file| std::sync::Arc::new(file) as _),
    schema: File::json_schema,
};

/// The channel's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The file; its folder is created when missing.
    path: PathBuf,
}

impl Channel for File {
    fn render(&self, message: &Message, root: &Path) -> Parcel {
        Parcel::Line { path: root.join(&self.path), line: as_json(message).to_string() }
    }

    fn writes(&self) -> Option<PathBuf> {
        Some(self.path.clone())
    }
}
