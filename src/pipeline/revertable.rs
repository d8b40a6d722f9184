//! Would `heal revert` be allowed to take this release back? Answers for those who only ask; who reverts asks again.

use crate::config::Config;
use crate::policy::pattern::{Good, Pattern};

/// Whether it would be allowed, and if not, why: in words for a person.
///
/// # Errors
/// Why it is not.
pub(super) fn revertable(
    config: &Config,
    _service: &str,
    _pattern: &Pattern,
    good: Option<&Good>,
) -> Result<(), String> {
    if good.is_none() {
        return Err("no known-good release is on record: none started, ran, and had no pattern of its own".to_owned());
    }
    let flag = config.data_dir.join("auto-revert-enabled");
    if !flag.exists() {
        return Err(format!("not armed: `touch {}` allows it", flag.display()));
    }
    Err("heal does not take code back yet".to_owned())
}
