//! What is missing until `[schedule]` is kept? Compares what should stand there with what does, and never proposes to touch
//! what heal did not write, or what somebody changed since.

use std::path::{Path, PathBuf};

use super::{
    Asked, File, Found, Outline, Site, choose, cron, domain, found, launchctl, launchd, seal, skipped, systemctl,
    systemd, wanted,
};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::files::{self, Unread};
use crate::host::schedulers::{self, Known};
use crate::host::{clock, env};
use crate::journal::DataDir;
use crate::model::schedule::{Effect, Manager};

/// What there is to do.
///
/// # Errors
/// It cannot be expressed for this manager, another manager starts heal already, or something is in the way.
pub fn install(config: &Config, asked: &Asked) -> Result<Outline> {
    let (found, blind) = found(config);
    let manager = match asked.manager {
        Some(manager) => manager,
        None => choose(&found)?,
    };
    if let Some(other) = found.iter().find(|one| one.manager != manager && one.is_schedule()) {
        let word = other.manager.word();
        let message = format!("{word} starts heal for this project already ({})", other.path.display());
        return Err(Error::new(Kind::Refused, message)
            .hint(format!("`{} uninstall --{word}` first, or leave it at that", config.call())));
    }
    let site = Site::new(config, manager, &found)?;
    let mut outline = outline(config, &site, manager, asked)?;
    if manager == Manager::Cron {
        if let Some((_, why)) = blind.iter().find(|(blind, _)| *blind == Manager::Cron) {
            return Err(Error::new(Kind::Refused, format!("your crontab is left as it is: {why}")));
        }
        cron_effects(&mut outline, &site, &found, asked)?;
    } else {
        file_effects(&mut outline, &site, &found, asked)?;
    }
    Ok(outline)
}

/// What would be written on a machine where nothing is installed yet: looks at none of its own files.
///
/// # Errors
/// It cannot be expressed for this manager.
pub fn print(config: &Config, asked: &Asked) -> Result<Outline> {
    let manager = asked.manager.map_or_else(|| choose(&found(config).0), Ok)?;
    let site = Site::new(config, manager, &[])?;
    outline(config, &site, manager, asked)
}

fn outline(config: &Config, site: &Site<'_>, manager: Manager, asked: &Asked) -> Result<Outline> {
    let files = wanted(site, manager)?;
    let mut outline = Outline { manager, files, effects: Vec::new(), notes: skipped(config), next: None };
    for name in &asked.services {
        let folder = super::folder(manager);
        outline.files.push(match manager {
            Manager::Cron => {
                return Err(Error::new(Kind::Usage, "cron starts a service once and forgets it")
                    .hint("leave it to the tick, which starts what is declared with `start`"));
            }
            Manager::Launchd => launchd::itself(site, &folder?, name)?,
            _ => systemd::itself(site, manager, &folder?, name)?,
        });
    }
    if !env::vars("HEAL__").is_empty() {
        outline.notes.push("HEAL__ variables of this shell are not known to what starts heal later".to_owned());
    }
    Ok(outline)
}

fn cron_effects(outline: &mut Outline, site: &Site<'_>, found: &[Found], asked: &Asked) -> Result<()> {
    let crontab = schedulers::crontab().map_err(|why| Error::new(Kind::Refused, why))?;
    let parted = cron::part(&crontab, &site.toml).map_err(|why| Error::new(Kind::Refused, why))?;
    let Some(block) = outline.files.first().map(|file| file.text.clone()) else { return Ok(()) };
    if parted.block == Some(block.as_str()) {
        return Ok(());
    }
    if let Some(edited) = found.iter().find(|one| one.manager == Manager::Cron && !one.whole) {
        keep(outline, site.config, &edited.path, (&edited.text, &block), asked.force)?;
    }
    outline.effects.push(Effect::Crontab { text: cron::with(&parted, &block), before: crontab.clone() });
    Ok(())
}

fn file_effects(outline: &mut Outline, site: &Site<'_>, found: &[Found], asked: &Asked) -> Result<()> {
    let (manager, files) = (outline.manager, outline.files.clone());
    let mut written = Vec::new();
    for file in &files {
        let before = before(&file.path, site)?;
        if before.as_deref() == Some(file.text.as_str()) {
            continue;
        }
        if found.iter().any(|one| one.path == file.path && !one.whole) {
            let is = before.as_deref().unwrap_or_default();
            keep(outline, site.config, &file.path, (is, &file.text), asked.force)?;
        }
        written.push((file, before));
    }
    let anew: Vec<bool> = files.iter().map(|file| written.iter().any(|(one, _)| one.path == file.path)).collect();
    let enable = asked.enable && schedulers::runs(manager);
    if asked.enable && !enable {
        let message = format!("{} does not run here, so it cannot be told to start heal", manager.word());
        return Err(Error::new(Kind::Refused, message)
            .hint("`--no-enable` writes the files and leaves the rest to you; `--print` shows them"));
    }
    let label = |file: &File| file.path.file_stem().map(|stem| format!("{}/{}", domain(), stem.to_string_lossy()));
    let loaded = |file: &File| {
        let target = label(file).unwrap_or_default();
        schedulers::tool(&["launchctl", "print", &target]).is_ok_and(|ended| ended.ok())
    };
    if enable && manager == Manager::Launchd {
        for (file, _) in written.iter().filter(|(file, _)| is_schedule(file) && loaded(file)) {
            outline.effects.push(launchctl(&["bootout", &label(file).unwrap_or_default()]));
        }
    }
    let logs = asked.services.iter().filter_map(|name| log_folder(site.config, name));
    outline.effects.extend(logs.filter(|folder| !folder.exists()).map(|path| Effect::Folder { path }));
    for (file, before) in written {
        outline.effects.push(Effect::Write { path: file.path.clone(), text: file.text.clone(), before });
    }
    if !enable {
        return Ok(());
    }
    let name = |file: &File| file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if manager == Manager::Launchd {
        for (file, anew) in files.iter().zip(anew).filter(|(file, _)| is_schedule(file)) {
            if anew || !loaded(file) {
                outline.effects.push(launchctl(&["bootstrap", &domain(), &file.path.display().to_string()]));
            }
        }
    } else {
        let asked = |file: &File| schedulers::unit(manager, &name(file));
        // A run that was killed before it told systemd: the files are right, and systemd knows others.
        if anew.contains(&true) || files.iter().any(|file| asked(file).is_ok_and(|known| known.stale)) {
            outline.effects.push(systemctl(manager, &["daemon-reload"]));
        }
        for (file, anew) in files.iter().zip(anew) {
            let name = name(file);
            if !is_schedule(file) {
                // Not started: the one that runs without a supervisor may still be there.
                if anew {
                    outline.effects.push(systemctl(manager, &["enable", &name]));
                }
            } else if name.ends_with(".timer") && (anew || !asked(file).is_ok_and(Known::fires)) {
                outline.effects.push(systemctl(manager, &["enable", "--now", &name]));
            }
        }
    }
    after(outline, site, asked);
    Ok(())
}

/// Where the output of a service goes.
fn log_folder(config: &Config, name: &str) -> Option<PathBuf> {
    let service = &config.services.iter().find(|watched| watched.name() == name)?.service;
    Some(service.launch.as_ref()?.log.parent()?.to_owned())
}

fn is_schedule(file: &File) -> bool {
    seal::read(&file.text).is_some_and(|seal| seal.what.starts_with("schedule "))
}

/// What is left for a person to do.
fn after(outline: &mut Outline, site: &Site<'_>, asked: &Asked) {
    if outline.manager == Manager::SystemdUser
        && let Some(user) = env::var("USER").filter(|user| !Path::new("/var/lib/systemd/linger").join(user).exists())
    {
        outline
            .notes
            .push(format!("a user's timers rest while the user is logged out: `loginctl enable-linger {user}`"));
    }
    if let Some(name) = asked.services.first().filter(|_| !outline.effects.is_empty()) {
        let unit = site.service_name(name);
        let (start, word) = match outline.manager {
            Manager::Launchd => (format!("launchctl bootstrap {} its plist", domain()), format!("launchd:{unit}")),
            Manager::SystemdUser => (format!("systemctl --user start {unit}"), format!("systemd-user:{unit}.service")),
            _ => (format!("systemctl start {unit}"), format!("systemd:{unit}.service")),
        };
        outline.next = Some(format!(
            "in heal.toml, write unit = \"{word}\" in [service.{name}] instead of `start`; stop the {name} that runs; then: {start}"
        ));
    }
}

/// What stands there now, if heal may replace it at all.
fn before(path: &Path, site: &Site<'_>) -> Result<Option<String>> {
    let refuse = |why: &str| {
        Error::new(Kind::Refused, format!("{} {why}, and is left as it is", path.display()))
            .hint("move it away if it is not needed, or give the project another name")
    };
    if std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_symlink()) {
        return Err(refuse("is a link that heal did not make"));
    }
    let text = match files::read_text(path, 256 * 1024) {
        Ok(text) => text,
        Err(Unread::Missing) => return Ok(None),
        Err(Unread::Failed(why)) => return Err(refuse(&format!("cannot be read ({why})"))),
    };
    match seal::read(&text) {
        Some(seal) if seal.config == site.toml => Ok(Some(text)),
        Some(seal) => Err(refuse(&format!("belongs to {}", seal.config))),
        None => Err(refuse("was not written by heal")),
    }
}

/// What somebody edited is kept, when it is to be replaced all the same.
pub(super) fn keep(
    outline: &mut Outline,
    config: &Config,
    path: &Path,
    (is, ours): (&str, &str),
    force: bool,
) -> Result<()> {
    if !force {
        let message = format!("{} was edited by hand since heal wrote it, and is left as it is", path.display());
        let mut error = Error::new(Kind::Refused, message)
            .hint("with --force, heal keeps a copy of it in its data directory and goes on");
        error.rendered = Some(differences(is, ours)).filter(|text| !text.is_empty());
        return Err(error);
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let stamp = clock::now().at.format("%Y%m%dT%H%M%S%3fZ");
    let to = DataDir::at(config.data_dir.clone()).edited().join(format!("{name}.{stamp}"));
    outline.effects.push(Effect::Keep { to, text: is.to_owned() });
    Ok(())
}

/// The lines of which one text knows and the other does not; the first few.
fn differences(is: &str, ours: &str) -> String {
    let only = |sign: char, text: &str, other: &str| -> Vec<String> {
        let known: Vec<&str> = other.lines().collect();
        let lines = text.lines().filter(|line| !known.contains(line) && !line.contains("heal-sum: "));
        lines.map(|line| format!("{sign} {line}")).collect()
    };
    let lines = [only('-', ours, is), only('+', is, ours)].concat();
    let more = lines.len().saturating_sub(12);
    let shown: Vec<String> = lines.into_iter().take(12).collect();
    shown.join("\n") + &if more > 0 { format!("\n… and {more} more") } else { String::new() }
}
