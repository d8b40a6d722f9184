//! What has to go so that heal is started no more? Exactly what carries heal's lines for this project, and of a crontab only
//! the marked block.

use super::{Asked, File, Found, Outline, Site, cron, domain, found, install::keep, launchctl, systemctl, wanted};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::schedulers;
use crate::model::schedule::{Effect, Manager};

/// What there is to do: for the manager that was named, else for all.
///
/// # Errors
/// Something was edited by hand, or could not be looked at.
pub fn uninstall(config: &Config, asked: &Asked) -> Result<Vec<Outline>> {
    let (found, blind) = found(config);
    let mut outlines = Vec::new();
    for manager in Manager::ALL {
        if asked.manager.is_some_and(|one| one != manager) {
            continue;
        }
        if let Some((_, why)) = blind.iter().find(|(one, _)| *one == manager) {
            // Without being asked for it by name, heal goes on with what it can see, and says so.
            if asked.manager.is_some() {
                return Err(Error::new(Kind::Refused, format!("{} is left as it is: {why}", manager.word())));
            }
            let notes = vec![format!("{} could not be looked at: {why}", manager.word())];
            outlines.push(Outline { manager, files: Vec::new(), effects: Vec::new(), notes, next: None });
            continue;
        }
        let there: Vec<&Found> = found.iter().filter(|one| one.manager == manager).collect();
        if !there.is_empty() {
            outlines.push(of(config, manager, &there, asked)?);
        }
    }
    for name in &asked.services {
        if !found.iter().any(|one| one.what == format!("service {name}")) {
            return Err(Error::new(Kind::Usage, format!("heal has not installed a unit for a service `{name}`")));
        }
    }
    Ok(outlines)
}

fn of(config: &Config, manager: Manager, there: &[&Found], asked: &Asked) -> Result<Outline> {
    let mut outline = Outline { manager, files: Vec::new(), effects: Vec::new(), notes: Vec::new(), next: None };
    let asked_for = |one: &Found| match one.what.strip_prefix("service ") {
        Some(name) => asked.services.iter().any(|asked| asked == name),
        // The unit of a service alone, when only that was named.
        None => asked.services.is_empty(),
    };
    let (going, staying): (Vec<&Found>, Vec<&Found>) = there.iter().copied().partition(|one| asked_for(one));
    for one in staying.iter().filter(|one| !one.is_schedule()) {
        let name = one.what.trim_start_matches("service ");
        outline.notes.push(format!(
            "{} starts the service {name} itself and stays: `{} uninstall --service {name}`",
            one.path.display(),
            config.call()
        ));
    }
    let ours = as_heal_would(config, manager, there);
    for one in going.iter().filter(|one| !one.whole) {
        let ours = ours.iter().find(|file| file.path == one.path).map_or(one.text.as_str(), |file| &file.text);
        keep(&mut outline, config, &one.path, (&one.text, ours), asked.force)?;
    }
    if manager == Manager::Cron {
        if !going.is_empty() {
            let toml = config.whole_path().display().to_string();
            let crontab = schedulers::crontab().map_err(|why| Error::new(Kind::Refused, why))?;
            let parted = cron::part(&crontab, &toml).map_err(|why| Error::new(Kind::Refused, why))?;
            outline.effects.push(Effect::Crontab { text: cron::with(&parted, ""), before: crontab.clone() });
        }
        return Ok(outline);
    }
    let told = asked.enable && schedulers::runs(manager);
    for one in going.iter().filter(|_| told) {
        let name = one.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let stem = one.path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        match (manager, one.is_schedule()) {
            (Manager::Launchd, _) => {
                let target = format!("{}/{stem}", domain());
                if schedulers::tool(&["launchctl", "print", &target]).is_ok_and(|ended| ended.ok()) {
                    outline.effects.push(launchctl(&["bootout", &target]));
                }
            }
            (_, true) if name.ends_with(".timer") => {
                outline.effects.push(systemctl(manager, &["disable", "--now", &name]));
            }
            (_, true) => {}
            // It goes on running: to stop a service is not what was asked for.
            (_, false) => outline.effects.push(systemctl(manager, &["disable", &name])),
        }
    }
    // Timers first: one without its service would complain.
    let mut going = going;
    going.sort_by_key(|one| !one.path.to_string_lossy().ends_with(".timer"));
    for one in &going {
        outline.effects.push(Effect::Remove { path: one.path.clone(), before: one.text.clone() });
    }
    if told && manager != Manager::Launchd && !going.is_empty() {
        outline.effects.push(systemctl(manager, &["daemon-reload"]));
    }
    if !told && !going.is_empty() {
        outline.notes.push(format!("{} was not told; a link to what is removed may be left", manager.word()));
    }
    Ok(outline)
}

/// What heal would write there today, as far as it can be told: to say what somebody changed.
fn as_heal_would(config: &Config, manager: Manager, there: &[&Found]) -> Vec<File> {
    let there: Vec<Found> = there.iter().map(|one| (*one).clone()).collect();
    let site = Site::new(config, manager, &there).ok();
    site.and_then(|site| wanted(&site, manager).ok()).unwrap_or_default()
}
