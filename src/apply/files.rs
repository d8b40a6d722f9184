//! How is a new file made? Only where none is: nothing that a person wrote is ever overwritten.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::error::{Error, Kind, Result};

/// Creates a file with this content, for a person's own command (`heal init`), before there is a journal.
///
/// # Errors
/// There is one already, or it cannot be written.
#[expect(clippy::disallowed_methods, reason = "apply is where files are made")]
pub fn create_new(path: &Path, text: &str) -> Result<()> {
    let what = format!("cannot create {}", path.display());
    let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o644).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            return Err(Error::new(
                Kind::CannotCreate,
                format!("{} exists already and is left as it is", path.display()),
            )
            .hint("print a new one with `heal init --print`"));
        }
        Err(error) => return Err(Error::io(what, error).of_kind(Kind::CannotCreate)),
    };
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| Error::io(what, error))
}
