//! When does the vault let go of what nobody needs? Once a day, at the end of a tick, under both locks: then nobody is between a
//! look at what is kept and its use. It keeps nobody from being healed, and nothing goes that may still be wanted.

use crate::error::Kind;
use crate::journal::vault::{LONGEST, MOST, Vault};
use crate::journal::{DataDir, RecoveryLock};

/// Collects the vault if it is time to, by whoever holds the recovery lock. Answers with why it could not be done.
pub(super) fn collect(dir: &DataDir) -> Option<String> {
    let vault = Vault::of(dir);
    if !vault.is_due() {
        return None;
    }
    let locked = RecoveryLock::take(&dir.repair_lock(), "heal heal");
    let collected = match locked {
        Ok(_files) => vault.collect(MOST, LONGEST).map_err(|error| error.to_string()),
        // Somebody repairs files: the next tick comes soon.
        Err(error) if error.kind == Kind::Busy => return None,
        Err(error) => Err(error.to_string()),
    };
    let why = collected.err()?;
    Some(format!("what is not needed any more stays in the vault: {why}"))
}
