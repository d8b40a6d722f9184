//! What does the environment say? The one home of `env::var`, and of the clean environment that children are given.

use std::path::{Path, PathBuf};

/// Where programs are looked for when the environment does not matter: cron and launchd give less (FAILURES F29).
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";

/// A variable, if it is set, not empty and UTF-8.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The variables whose names begin with `prefix` and that are not empty, by their names; `None` for one that is not UTF-8.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
pub fn vars(prefix: &str) -> Vec<(String, Option<String>)> {
    let mut found: Vec<(String, Option<String>)> = std::env::vars_os()
        .filter(|(name, value)| !value.is_empty() && name.as_encoded_bytes().starts_with(prefix.as_bytes()))
        .map(|(name, value)| {
            let text = name.to_str().and_then(|_| value.into_string().ok());
            (name.to_string_lossy().into_owned(), text)
        })
        .collect();
    found.sort();
    found
}

/// Who types, for those who read of it later: `root`, or `anna (as root)` where that is known.
#[must_use]
pub fn person() -> String {
    let user = super::resources::user(nix::unistd::geteuid().as_raw());
    let name =
        |name: String| name.chars().take(32).all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)).then_some(name);
    match var("SUDO_USER").and_then(name).filter(|other| *other != user) {
        Some(other) => format!("{other} (as {user})"),
        None => user,
    }
}

/// The current directory, or `None` when it was deleted.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of the current directory")]
pub fn cwd() -> Option<PathBuf> {
    std::env::current_dir().ok()
}

/// Where the program stands that runs now: what a schedule has to start later.
///
/// # Errors
/// It cannot be told, or it was replaced or removed since it was started.
pub fn ourselves() -> Result<PathBuf, String> {
    let path = std::env::current_exe().map_err(|error| format!("heal does not find itself: {error}"))?;
    // The kernel's own words for a file that is gone.
    if path.to_string_lossy().ends_with(" (deleted)") || !path.is_file() {
        return Err(format!("{} was replaced or removed while it ran", path.display()));
    }
    Ok(path)
}

/// What children get before their own settings are added: always the same, by hand and from cron, so that a service
/// that starts for a person starts at three in the morning as well. LD_*, GIT_*, PYTHON* and the like never pass.
#[must_use]
pub fn clean() -> Vec<(&'static str, String)> {
    let kept = ["HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "SSL_CERT_FILE", "SSL_CERT_DIR"];
    let mut env: Vec<(&str, String)> = kept.into_iter().filter_map(|name| Some((name, var(name)?))).collect();
    env.push(("PATH", PATH.to_owned()));
    env.push(("LANG", var("LANG").unwrap_or_else(|| "C.UTF-8".to_owned())));
    env
}

/// The program that `name` stands for: a path relative to `cwd`, or a name looked up in `path`.
///
/// # Errors
/// Says what was looked for and where.
pub fn program(name: &str, cwd: &Path, path: &str) -> Result<PathBuf, String> {
    which::which_in(name, Some(path), cwd).map_err(|_| {
        let path_of = cwd.join(name);
        if name.contains('/') && path_of.is_dir() {
            format!("`{name}` is a directory, not a program")
        } else if name.contains('/') && path_of.is_file() {
            format!("`{name}` is not executable")
        } else if name.starts_with('/') {
            format!("`{name}` does not exist")
        } else if name.contains('/') {
            format!("`{name}` does not exist in {}", cwd.display())
        } else {
            format!("`{name}` is not in PATH ({path})")
        }
    })
}
