//! What does launchd say about a service? Reads `launchctl print` and `print-disabled`. It has never run on a Mac: what
//! launchctl prints there was recorded by others, and its form is no interface (launchctl(1) says so).

use std::path::{Path, PathBuf};

use super::{Look, PATIENCE, Told, complaint, stand_in, tool};
use crate::host::env;

/// What `launchctl` ends with for a service that its domain does not know.
pub const NOT_LOADED: i32 = 113;

/// See the file's head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Launchd;

impl Look for Launchd {
    fn look(&self, names: &[&str]) -> Vec<Result<Told, String>> {
        if !cfg!(target_os = "macos") && stand_in("launchctl").is_none() {
            return names.iter().map(|_| Err("launchd is not on this machine".to_owned())).collect();
        }
        let disabled = match tool(&command(&["print-disabled", &domain()]), PATIENCE) {
            Ok(ended) if ended.ok() => Ok(ended.stdout),
            Ok(ended) => Err(complaint("launchctl print-disabled", &ended)),
            Err(why) => Err(why),
        };
        names.iter().map(|label| one(label, disabled.as_deref())).collect()
    }
}

fn one(label: &str, disabled: Result<&str, &String>) -> Result<Told, String> {
    let ended = tool(&command(&["print", &target(label)]), PATIENCE)?;
    // Whether somebody disabled it is known before anything is made of its being down.
    let wish = is_disabled(disabled.map_err(Clone::clone)?, label)
        .then(|| format!("disabled; `launchctl enable {}` ends that", target(label)));
    if ended.status.and_then(|status| status.code()) == Some(NOT_LOADED) {
        return Ok(not_loaded(label, wish, plist(label)));
    }
    if !ended.ok() {
        return Err(complaint("launchctl print", &ended));
    }
    read(&ended.stdout, wish).ok_or_else(|| "launchctl printed something that heal does not understand".to_owned())
}

/// The command line of `launchctl`.
#[must_use]
pub fn command(words: &[&str]) -> Vec<String> {
    let program = stand_in("launchctl").unwrap_or_else(|| "launchctl".to_owned());
    std::iter::once(program).chain(words.iter().map(|word| (*word).to_owned())).collect()
}

/// Where heal's user has services: those of a user live in the session that has a screen.
#[must_use]
pub fn domain() -> String {
    let uid = nix::unistd::geteuid();
    if uid.is_root() { "system".to_owned() } else { format!("gui/{uid}") }
}

/// The service in its domain.
#[must_use]
pub fn target(label: &str) -> String {
    format!("{}/{label}", domain())
}

/// The file that describes a service, in the places of launchd.plist(5).
fn plist(label: &str) -> Option<PathBuf> {
    let name = format!("{label}.plist");
    let home = env::var("HOME").map(|home| Path::new(&home).join("Library/LaunchAgents"));
    // Where tests stand in for launchctl, root has no folder of the machine's that it could write to.
    let folders = if nix::unistd::geteuid().is_root() && stand_in("launchctl").is_none() {
        vec![PathBuf::from("/Library/LaunchDaemons")]
    } else {
        home.into_iter().chain([PathBuf::from("/Library/LaunchAgents")]).collect()
    };
    folders.into_iter().map(|folder| folder.join(&name)).find(|path| path.is_file())
}

fn not_loaded(label: &str, wish: Option<String>, plist: Option<PathBuf>) -> Told {
    let looked = format!("launchd does not know {label}, and there is no {label}.plist where it belongs");
    let doubt = (plist.is_none() && wish.is_none()).then_some(looked);
    Told { state: "not loaded".to_owned(), doubt, wish, unloaded: plist, ..Told::default() }
}

/// `"com.example.bot" => disabled`, or `=> true` on older systems.
fn is_disabled(text: &str, label: &str) -> bool {
    let line = text.lines().find(|line| line.split('"').nth(1) == Some(label));
    line.and_then(|line| line.split_once("=>")).is_some_and(|(_, state)| matches!(state.trim(), "disabled" | "true"))
}

/// `print` of one service: `key = value`, one a line; only those of the service itself, not of what is nested in it.
fn read(text: &str, wish: Option<String>) -> Option<Told> {
    let mut depth = 0_u32;
    let mut own: Vec<(&str, &str)> = Vec::new();
    for line in text.lines().map(str::trim) {
        match line.split_once(" = ") {
            _ if line == "}" => depth = depth.saturating_sub(1),
            Some((_, "{")) => depth += 1,
            _ if line.ends_with('{') => depth += 1,
            Some(pair) if depth == 1 => own.push(pair),
            _ => {}
        }
    }
    let value = |key: &str| own.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
    let state = value("state")?;
    let main = value("pid").and_then(|pid| pid.parse().ok()).filter(|pid| *pid > 0);
    let exit = value("last exit code").and_then(|code| code.split(':').next()?.trim().parse().ok());
    // It waits for its throttle, ten seconds after the last start (launchd.plist(5)).
    let moving =
        (main.is_none() && state.starts_with("spawn scheduled")).then(|| "launchd starts it by itself".to_owned());
    // A running service without a number is one that heal cannot tell from others.
    let doubt = (main.is_none() && state == "running").then(|| "launchd says that it runs, and not as whom".to_owned());
    let how = ["last exit code", "last terminating signal"].into_iter().find_map(|key| Some((key, value(key)?)));
    let ended = how.filter(|_| main.is_none()).map(|(key, value)| format!(", {key} {value}"));
    let runs = value("runs").and_then(|runs| runs.parse::<u32>().ok());
    let (restarts, life) = (runs.map_or(0, |runs| runs.saturating_sub(1)), runs.map(|runs| format!("run {runs}")));
    // To launchd a disabled service that runs is a service that runs.
    let wish = wish.filter(|_| main.is_none());
    let state = format!("{state}{}", ended.unwrap_or_default());
    Some(Told {
        main,
        state,
        moving,
        doubt,
        wish,
        restarts,
        life,
        exit: exit.filter(|_| main.is_none()),
        ..Told::default()
    })
}

#[cfg(test)]
#[path = "launchd_tests.rs"]
mod tests;
