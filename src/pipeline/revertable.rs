//! Would `heal revert` be allowed to take this release back? Drafts it as that would, and makes nothing; who reverts asks again.

use super::revert::weighed;
use crate::config::Config;
use crate::journal::{self, DataDir};
use crate::model::pattern::{Good, Pattern};

/// Whether it would be allowed, and if not, why: in words for a person.
///
/// # Errors
/// Why it is not.
pub(super) fn revertable(config: &Config, service: &str, pattern: &Pattern, good: Option<&Good>) -> Result<(), String> {
    let past = journal::past(&DataDir::at(config.data_dir.clone())).map_err(|error| error.to_string())?;
    match weighed(config, &past.history, service, pattern, good) {
        Ok(_) => Ok(()),
        Err(refused) => Err(format!("{refused}; {}", refused.hint())),
    }
}
