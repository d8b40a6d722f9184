//! Where does a channel send? To an address in heal.toml, or to one that is itself a secret and kept elsewhere.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::Error as _;

use crate::model::address::refused;
use crate::model::{Sealed, Secret};

/// An address that is itself a secret, as those of web hooks are, or that is none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum Address {
    /// It stands in heal.toml.
    Plain(String),
    /// It is kept elsewhere.
    Kept(Secret),
}

impl Address {
    /// As it is sent.
    pub(super) fn sealed(&self) -> Sealed {
        match self {
            Self::Plain(url) => Sealed::plain(url.clone()),
            Self::Kept(secret) => Sealed::around("", secret, ""),
        }
    }

    /// The secret, if it is one.
    pub(super) const fn secret(&self) -> Option<&Secret> {
        match self {
            Self::Plain(_) => None,
            Self::Kept(secret) => Some(secret),
        }
    }

    /// As it stands in the file.
    pub(super) fn check(&self, allow_http: bool) -> Result<(), toml::de::Error> {
        match self {
            Self::Plain(url) => check_base(Base { key: "url", url, allow_http }),
            Self::Kept(_) => Ok(()),
        }
    }
}

/// How heal trusts the other side.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
pub(super) struct Trust {
    /// A file of certificates that are trusted instead of the platform's.
    pub(super) ca: Option<PathBuf>,
    /// It may be spoken to without TLS although it is not on this machine.
    #[serde(default)]
    pub(super) allow_http: bool,
}

/// An address to check, and the key that it stands under.
pub(super) struct Base<'a> {
    /// The key.
    pub(super) key: &'a str,
    /// The address.
    pub(super) url: &'a str,
    /// See [`Trust::allow_http`].
    pub(super) allow_http: bool,
}

/// Is this an address that an alert may go to?
pub(super) fn check_base(base: Base<'_>) -> Result<(), toml::de::Error> {
    refused(base.url, base.allow_http).map_err(|why| toml::de::Error::custom(format!("`{}` {why}", base.key)))
}
