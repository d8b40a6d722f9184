//! Where is a secret kept? Never the secret itself: what is configured, shown, planned and written down names the place, and
//! only the act of delivery opens it.

use std::path::PathBuf;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The place of a secret. It never stands in `heal.toml` itself (DESIGN §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Secret {
    /// A file that only its owner may read, relative to `heal.toml`; white space around what it says does not count.
    File(PathBuf),
    /// An environment variable of heal.
    Env(String),
    /// A systemd credential (`LoadCredential=`): a file of that name below `$CREDENTIALS_DIRECTORY`.
    Credential(String),
}

/// How it is written: exactly one of them.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is only described")]
struct Shape {
    /// A file that only its owner may read, relative to heal.toml.
    file: Option<PathBuf>,
    /// An environment variable of heal.
    env: Option<String>,
    /// A systemd credential (`LoadCredential=`), by its name.
    credential: Option<String>,
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Shape::json_schema(generator);
        schema.insert("description".to_owned(), "Where a secret is kept; it never stands in heal.toml itself.".into());
        schema.insert("minProperties".to_owned(), 1.into());
        schema.insert("maxProperties".to_owned(), 1.into());
        schema
    }
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "the file {}", path.display()),
            Self::Env(name) => write!(f, "the variable {name}"),
            Self::Credential(name) => write!(f, "the systemd credential {name}"),
        }
    }
}

/// How it is written; said whenever it is written otherwise.
const SHAPE: &str =
    "a secret is not written into heal.toml; write { file = \"…\" }, { env = \"…\" } or { credential = \"…\" }";

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Place)
    }
}

struct Place;

impl<'de> Visitor<'de> for Place {
    type Value = Secret;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(SHAPE)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Secret, M::Error> {
        let wrong = || M::Error::custom(SHAPE);
        let (kind, place) = map.next_entry::<String, String>().map_err(|_| wrong())?.ok_or_else(wrong)?;
        let secret = match kind.as_str() {
            _ if place.is_empty() => return Err(wrong()),
            "file" => Secret::File(place.into()),
            "env" => Secret::Env(place),
            // It becomes a part of a path.
            "credential" if place.contains(['/', '\0']) || place.starts_with('.') => return Err(wrong()),
            "credential" => Secret::Credential(place),
            _ => return Err(wrong()),
        };
        // A second place, or a default: it would not be clear which of them holds.
        if map.next_key::<String>()?.is_some() { Err(wrong()) } else { Ok(secret) }
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Secret, E> {
        // What stands there may be the secret: it is not repeated.
        Err(E::custom(SHAPE))
    }
}

/// A text in which secrets have their place: put together only where it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// What stands before the secret.
    pub before: String,
    /// The secret, if there is one.
    pub secret: Option<Secret>,
    /// What stands behind it.
    pub after: String,
}

impl Sealed {
    /// A text without a secret.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { before: text.into(), secret: None, after: String::new() }
    }

    /// A secret between two texts.
    #[must_use]
    pub fn around(before: &str, secret: &Secret, after: &str) -> Self {
        Self { before: before.to_owned(), secret: Some(secret.clone()), after: after.to_owned() }
    }
}

impl std::fmt::Display for Sealed {
    /// With stars in the place of the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}{}", self.before, if self.secret.is_some() { "***" } else { "" }, self.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_and_never_written() {
        let read = |text: &str| {
            let table: Result<std::collections::BTreeMap<String, Secret>, _> = toml::from_str(text);
            table.map(|table| table["x"].clone()).map_err(|error| error.message().to_owned())
        };
        assert_eq!(read("x = { file = \"a/b\" }"), Ok(Secret::File("a/b".into())));
        assert_eq!(read("x = { env = \"A\" }"), Ok(Secret::Env("A".into())));
        assert_eq!(read("x = { credential = \"tg\" }"), Ok(Secret::Credential("tg".into())));
        for text in [
            "x = \"HUNTER2\"",
            "x = { env = \"A\", default = \"HUNTER2\" }",
            "x = { file = \"a\", env = \"B\" }",
            "x = { value = \"HUNTER2\" }",
            "x = { file = \"\" }",
            "x = { credential = \"../HUNTER2\" }",
            "x = {}",
            "x = 5",
            "x = { file = 5 }",
        ] {
            let why = read(text).expect_err(text);
            assert!(why.contains("{ file = ") && !why.contains("HUNTER2"), "{text}: {why}");
        }
    }
}
