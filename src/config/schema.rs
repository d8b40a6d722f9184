//! What may stand in `heal.toml`, for an editor?

use serde_json::{Value, json};

/// The JSON Schema of `heal.toml`.
#[must_use]
pub fn schema() -> Value {
    json!({})
}
