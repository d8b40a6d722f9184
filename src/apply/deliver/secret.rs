//! Where is a secret opened? Here, at the moment in which it is sent, and it is dropped right after. A file that others may
//! read is no secret any more, and is refused.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::host::{env, files, trust};
use crate::model::{Sealed, Secret};

/// Tokens and passwords are short; a web hook's address as well.
const LIMIT: u64 = 16 * 1024;

/// What systemd says where credentials are.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The secret itself.
///
/// # Errors
/// It cannot be had, or others could have read it; never says anything of it.
pub(super) fn open(secret: &Secret, root: &Path) -> Result<String, String> {
    let text = match secret {
        Secret::Env(name) => env::var(name).ok_or_else(|| format!("the variable {name} is not set"))?,
        Secret::File(path) => read(&root.join(path))?,
        Secret::Credential(name) => {
            let folder = env::var(CREDENTIALS).ok_or_else(|| {
                format!("there is no systemd credential {name}: {CREDENTIALS} is not set; add LoadCredential={name}:… to the unit")
            })?;
            read(&PathBuf::from(folder).join(name))?
        }
    };
    let text = text.trim();
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(format!("{secret} is empty, or holds more than one line"));
    }
    Ok(text.to_owned())
}

/// A text with its secret in its place.
pub(super) fn unseal(text: &Sealed, root: &Path) -> Result<String, String> {
    let inner = text.secret.as_ref().map(|secret| open(secret, root)).transpose()?;
    Ok(format!("{}{}{}", text.before, inner.unwrap_or_default(), text.after))
}

fn read(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let (file, meta) = files::open(path).map_err(|error| format!("{shown}: {error}"))?;
    trust::check(&meta).map_err(|(why, remedy)| {
        format!("{shown} is refused: {why}; `{}`", remedy.replace("{}", &shown.to_string()))
    })?;
    if meta.mode() & 0o077 != 0 {
        return Err(format!("{shown} is refused: others may read it; `chmod go= {shown}`"));
    }
    files::text_of(file, &meta, LIMIT).map_err(|error| format!("{shown}: {error}"))
}
