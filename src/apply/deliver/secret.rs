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

/// A text with its secret in its place; the secret is remembered among those to hide.
pub(super) fn unseal(text: &Sealed, root: &Path, opened: &mut Opened) -> Result<String, String> {
    let inner = text.secret.as_ref().map(|secret| open(secret, root)).transpose()?.unwrap_or_default();
    opened.remember(&inner);
    Ok(format!("{}{}{}", text.before, inner, text.after))
}

/// Shorter ones would hide half of what a server says, and are none.
const SHORTEST: usize = 4;

/// The secrets that were opened for one delivery: what the other side says of it may repeat them.
#[derive(Default)]
pub(super) struct Opened(Vec<String>);

impl Opened {
    pub(super) fn remember(&mut self, secret: &str) {
        // Of an address, what a server repeats is the part behind its name.
        let path = secret.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
        let all = [Some(secret), path].into_iter().flatten().filter(|secret| secret.len() >= SHORTEST);
        self.0.extend(all.map(str::to_owned));
    }

    /// The text with stars in the place of every secret.
    pub(super) fn hide(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), "***"))
    }
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
