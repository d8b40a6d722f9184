//! Who is to start heal when nobody is named, and under which name? What was chosen once is kept.

use std::path::Path;

use super::seal;
use super::{Found, folder};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::files;
use crate::host::schedulers::{is_root, runs};
use crate::model::schedule::Manager;

/// Longer names are cut; systemd takes 255 characters, suffixes and all.
const LONGEST: usize = 64;

/// A file of a unit is not larger.
const LIMIT: u64 = 256 * 1024;

/// The manager that starts heal already; else systemd of the machine for root, of the user for others, launchd, or cron.
///
/// # Errors
/// Nothing here starts programs.
pub fn choose(found: &[Found]) -> Result<Manager> {
    if let Some(one) = found.iter().find(|one| one.is_schedule()) {
        return Ok(one.manager);
    }
    let order = if cfg!(target_os = "macos") {
        &[Manager::Launchd, Manager::Cron][..]
    } else if is_root() {
        &[Manager::Systemd, Manager::Cron]
    } else {
        &[Manager::SystemdUser, Manager::Cron]
    };
    order.iter().copied().find(|manager| runs(*manager)).ok_or_else(|| {
        Error::new(Kind::Refused, "neither systemd, launchd nor cron is here to start heal")
            .hint("`heal install --systemd --print` shows what would be written; `heal install --help` lists the ways")
    })
}

/// What the files of this project begin with: as installed already, else by the project's name; where another project of
/// the same name was first, with some digits that only this one has.
pub(super) fn name(config: &Config, toml: &str, manager: Manager, found: &[Found]) -> String {
    let installed = found.iter().find(|one| one.manager == manager && one.what == "schedule heal");
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    if let Some(name) = installed.and_then(|one| stem(&one.path)).filter(|_| manager != Manager::Cron) {
        return name;
    }
    let plain = format!("heal-{}", cleaned(&config.name));
    let taken = |suffix: &str| {
        let path = folder(manager).ok()?.join(format!("{plain}.{suffix}"));
        let seal = seal::read(&files::read_text(&path, LIMIT).ok()?)?;
        Some(seal.config != toml)
    };
    let taken = ["service", "timer", "plist"].iter().any(|suffix| taken(suffix) == Some(true));
    if taken { format!("{plain}-{}", seal::short(toml)) } else { plain }
}

/// Letters, digits, `_`, `.` and single hyphens.
fn cleaned(name: &str) -> String {
    let mut clean = String::new();
    for c in name.chars() {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' || c == '.' => clean.push(c),
            _ if clean.ends_with('-') || clean.is_empty() => {}
            _ => clean.push('-'),
        }
    }
    clean.truncate(LONGEST);
    let clean = clean.trim_matches(['-', '.']);
    if clean.is_empty() { "project".to_owned() } else { clean.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_parts_of_file_names() {
        let long = "x".repeat(100);
        for (name, clean) in [
            ("bot", "bot"),
            ("My Bot, v2.0", "My-Bot-v2.0"),
            ("ümläut", "ml-ut"),
            ("日本", "project"),
            ("../../etc/passwd", "etc-passwd"),
            ("-.-", "project"),
            ("a%i@b", "a-i-b"),
            (&long, &long[..64]),
        ] {
            assert_eq!(cleaned(name), clean, "{name}");
        }
    }
}
