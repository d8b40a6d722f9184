//! How does a message leave the house? Appends it to a file, or hands it to a command, within a deadline.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::host::exec::{self, Job};
use crate::model::alert::Parcel;

/// Delivers one parcel.
///
/// # Errors
/// Says why it did not arrive.
#[expect(clippy::disallowed_methods, reason = "apply is where files are made")]
pub fn deliver(parcel: &Parcel, cwd: &Path, timeout: Duration) -> Result<(), String> {
    match parcel {
        Parcel::Line { path, line } => {
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
            }
            crate::journal::append_line(path, line, true).map_err(|error| format!("{}: {error}", path.display()))
        }
        Parcel::Command { argv, env, stdin } => {
            let env: BTreeMap<String, String> = env.clone();
            let job = Job { argv, cwd, env: &env, stdin: stdin.as_bytes(), timeout };
            let ended = exec::run(&job)?;
            if ended.ok() { Ok(()) } else { Err(format!("{}: {}", ended.how(), ended.last_line())) }
        }
    }
}
