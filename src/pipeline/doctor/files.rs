//! Can heal read, write, run and tell what it needs to? Its data directory, files of secrets, room, programs, channels.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::host::resources::{self, ReadOnly};
use crate::host::{env, files, schedulers, trust};
use crate::model::doctor::{Health, Item};
use crate::model::{Bytes, Supervisor};

/// Less room than this for the data directory: some months of a journal, or one bad day.
const LITTLE: u64 = 100 * 1024 * 1024;

/// Less than this may be gone by the next tick.
const NONE: u64 = 16 * 1024 * 1024;

/// Who may read and write heal's own files?
pub(super) fn permissions(config: &Config) -> Vec<Item> {
    // What others could write would have been refused when it was read.
    let mut items =
        vec![Item::ok("heal.toml", format!("{} is right, and nobody else may write it", config.path.display()))];
    let dir = &config.data_dir;
    let shown = dir.display();
    items.push(match std::fs::symlink_metadata(dir) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if files::may_write(existing(dir)) {
                Item::ok("data", format!("{shown} is made by the first tick"))
            } else {
                let said = format!("{shown} is not there and cannot be made");
                Item::of("data", Health::Critical, said, format!("install -d -m 700 {shown}"))
            }
        }
        Err(error) => Item::of("data", Health::Unknown, format!("{shown}: {error}"), format!("ls -ld {shown}")),
        Ok(meta) if !meta.is_dir() => {
            let said = format!("{shown} is no directory, or a link, which heal does not follow");
            Item::of("data", Health::Critical, said, format!("ls -ld {shown}"))
        }
        Ok(meta) => match trust::check(&meta) {
            Err((why, remedy)) => {
                Item::of("data", Health::Critical, format!("{shown}: {why}"), remedy.replace("{}", &shown.to_string()))
            }
            Ok(()) if !files::may_write(dir) => {
                Item::of("data", Health::Critical, format!("{shown} cannot be written"), format!("ls -ld {shown}"))
            }
            Ok(()) if meta.mode() & 0o077 != 0 => {
                let said = format!("{shown} can be read by others, and so can the output of what heal starts");
                Item::of("data", Health::Warning, said, format!("chmod 700 {shown}"))
            }
            Ok(()) => Item::ok("data", format!("{shown} is private and can be written")),
        },
    });
    items
}

/// Files of secrets that heal.toml names: `{ file = "…" }`.
pub(super) fn secrets(config: &Config) -> Vec<Item> {
    let table: toml::Table = config.text.parse().unwrap_or_default();
    let mut named = Vec::new();
    collect(&toml::Value::Table(table), &mut named);
    let mut items = Vec::new();
    for path in named.iter().map(|path| config.root.join(path)) {
        let shown = path.display();
        items.push(match files::stat(&path) {
            Err(why) => Item::of("secrets", Health::Critical, format!("{shown}: {why}"), format!("ls -l {shown}")),
            Ok(meta) if meta.mode() & 0o077 != 0 => {
                let said = format!("{shown} can be read by others");
                Item::of("secrets", Health::Critical, said, format!("chmod 600 {shown}"))
            }
            Ok(_) => Item::ok("secrets", format!("{shown} is private")),
        });
    }
    items
}

/// Every `{ file = "…" }` with nothing else in it.
fn collect(value: &toml::Value, found: &mut Vec<PathBuf>) {
    match value {
        toml::Value::Table(table) => match (table.len(), table.get("file").and_then(toml::Value::as_str)) {
            (1, Some(path)) => found.push(PathBuf::from(path)),
            _ => table.values().for_each(|value| collect(value, found)),
        },
        toml::Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// Is there room to write down the next act?
pub(super) fn room(config: &Config) -> Vec<Item> {
    let place = existing(&config.data_dir);
    let next = format!("df -h {0}; df -i {0}", place.display());
    vec![match resources::disk(place) {
        Err(why) => Item::of("room", Health::Unknown, why, next),
        Ok(system) => {
            let few = system.inodes.is_some_and(|(free, all)| free < 100 || free < all / 100);
            let said = format!("{} free for the data directory", Bytes(system.free));
            match system.read_only {
                Some(ReadOnly::Everywhere) => {
                    Item::of("room", Health::Critical, "the file system of the data directory is read-only", next)
                }
                _ if system.free < NONE => Item::of("room", Health::Critical, said, next),
                _ if system.free < LITTLE => Item::of("room", Health::Warning, said, next),
                _ if few => Item::of("room", Health::Warning, "hardly an inode is left for the data directory", next),
                _ => Item::ok("room", said),
            }
        }
    }]
}

/// The programs that this configuration needs.
pub(super) fn tools(config: &Config) -> Vec<Item> {
    let mut missing = Vec::new();
    let mut need = |program: &str, why: String| {
        if !schedulers::has(program) {
            missing.push(Item::of("tools", Health::Critical, format!("`{program}` is not to be found: {why}"), ""));
        }
    };
    if let Some(section) =
        ["git", "revert", "update"].into_iter().find(|one| config.sections.iter().any(|has| has == one))
    {
        need("git", format!("[{section}] needs it"));
    }
    for watched in config.services.iter().filter(|watched| watched.enabled) {
        match watched.service.unit.as_ref().map(|unit| unit.by) {
            Some(Supervisor::Systemd | Supervisor::SystemdUser) => {
                need("systemctl", format!("{} is a unit", watched.name()));
            }
            Some(Supervisor::Launchd) => need("launchctl", format!("{} belongs to launchd", watched.name())),
            None => {}
        }
    }
    if !Path::new("/proc/self/stat").exists() {
        for program in ["ps", "lsof"] {
            need(program, "there is no /proc to read".to_owned());
        }
    }
    for watched in config.services.iter().filter(|watched| watched.enabled) {
        let Some(launch) = &watched.service.launch else { continue };
        let path = launch.env.get("PATH").map_or(env::PATH, String::as_str);
        let program = launch.argv.first().map_or("", String::as_str);
        if let Err(why) = env::program(program, &launch.cwd, path) {
            let said = format!("{} cannot be started: {why}", watched.name());
            missing.push(Item::of("tools", Health::Critical, said, format!("{} config check", config.call())));
        }
    }
    if missing.is_empty() { vec![Item::ok("tools", "every program that is needed is there")] } else { missing }
}

/// Could a person be told? Nothing is sent.
pub(super) fn channels(config: &Config) -> Vec<Item> {
    let mut items = Vec::new();
    for alert in config.alerts.iter().filter(|alert| alert.common.enabled) {
        let name = &alert.name;
        if let Some((program, path)) = alert.channel.program()
            && let Err(why) = env::program(program, &config.root, path.unwrap_or(env::PATH))
        {
            let next = format!("put `{program}` there, or change [alert.{name}]");
            items.push(Item::of("channels", Health::Critical, format!("{name}: {why}"), next));
            continue;
        }
        if let Some(file) = alert.channel.writes().map(|file| config.root.join(file)) {
            let place = existing(&file);
            // A file in the place of a folder is no way to anywhere.
            if !files::may_write(place) || (place != file && !place.is_dir()) {
                let said = format!("{name}: {} cannot be written", place.display());
                items.push(Item::of("channels", Health::Critical, said, format!("ls -ld {}", place.display())));
                continue;
            }
        }
        items.push(Item::ok("channels", format!("{name} ({}) looks right; nothing was sent", alert.kind.name)));
    }
    if items.is_empty() {
        let said = "no channel is declared: whoever does not look into the journal hears of nothing";
        items.push(Item::of(
            "channels",
            Health::Warning,
            said,
            "`heal config kinds` lists what may stand in [alert.NAME]",
        ));
    }
    items
}

/// It, or the nearest folder above it that is there.
fn existing(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or_else(|| Path::new("/"))
}
