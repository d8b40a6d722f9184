//! Does anything start heal? Is the schedule installed as declared, known to who is to start it, and does it fire?

use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::host::{processes, schedulers};
use crate::journal::{DataDir, LastRun};
use crate::model::disturbance::gap;
use crate::model::doctor::{Health, Item};
use crate::model::event::Moment;
use crate::model::schedule::Manager;
use crate::pipeline::schedule::{Found, found, is_current};

const ABOUT: &str = "schedule";

/// What starts heal, one line for each.
pub(super) fn schedules(config: &Config, dir: &DataDir, now: &Moment) -> Vec<Item> {
    let (found, blind) = found(config);
    let call = config.call();
    let mut managers: Vec<Manager> = found.iter().filter(|one| one.is_schedule()).map(|one| one.manager).collect();
    managers.dedup();
    let mut items = Vec::new();
    match &managers[..] {
        // Who starts heal for sure needs no other.
        [] => {
            let said = |(manager, why): (Manager, String)| format!("{} could not be looked at: {why}", manager.word());
            items.extend(blind.into_iter().map(|one| Item::of(ABOUT, Health::Unknown, said(one), "")));
            items.push(nobody(config, dir, now));
        }
        [_] => {}
        [first, second, ..] => {
            let said = format!("{} and {} both start heal", first.word(), second.word());
            items.push(Item::of(ABOUT, Health::Warning, said, format!("{call} uninstall --{}", second.word())));
        }
    }
    for manager in managers {
        let before = items.len();
        let mine: Vec<&Found> = found.iter().filter(|one| one.manager == manager && one.is_schedule()).collect();
        items.extend(as_declared(config, manager, &mine, &found));
        items.extend(mine.iter().find_map(|one| gone(one, &call)));
        items.extend(known(manager, &mine, &call));
        if items.len() == before {
            let places: Vec<String> = mine.iter().map(|one| one.path.display().to_string()).collect();
            items.push(Item::ok(ABOUT, format!("{} starts heal ({})", manager.word(), places.join(", "))));
        }
    }
    items
}

/// Nothing of ours is installed. That is no trouble where ticks come: somebody has a way of his own.
fn nobody(config: &Config, dir: &DataDir, now: &Moment) -> Item {
    let Some(tick) = config.tick else {
        let said = "heal.toml does not say how often heal is to run, so nobody notices when it does not";
        return Item::of(ABOUT, Health::Warning, said, "write `heal = \"60s\"` below [schedule]");
    };
    let age = LastRun::read(dir).map(|last| now.since(&last.clocks.moment));
    if age.is_some_and(|age| age <= gap(tick).millis()) {
        return Item::ok(ABOUT, "not by `heal install`, but something starts heal");
    }
    Item::of(ABOUT, Health::Critical, "nothing starts heal", format!("{} install", config.call()))
}

fn as_declared(config: &Config, manager: Manager, mine: &[&Found], found: &[Found]) -> Option<Item> {
    let word = manager.word();
    if let Some(edited) = mine.iter().find(|one| !one.whole) {
        let said = format!("{} was edited by hand since heal wrote it", edited.path.display());
        let next = format!("{} install --{word} --dry-run", config.call());
        return Some(Item::of(ABOUT, Health::Warning, said, next));
    }
    (is_current(config, manager, found) == Some(false)).then(|| {
        let said = format!("what {word} starts is not what heal.toml and this heal come to");
        Item::of(ABOUT, Health::Warning, said, format!("{} install --{word}", config.call()))
    })
}

/// The program that is started is not there any more.
fn gone(one: &Found, call: &str) -> Option<Item> {
    let program = program(one).filter(|program| !program.is_file())?;
    let said = format!("{} starts {}, which is not there", one.path.display(), program.display());
    Some(Item::of(ABOUT, Health::Critical, said, format!("{call} install --{}", one.manager.word())))
}

/// The program in a text that heal wrote itself.
fn program(one: &Found) -> Option<PathBuf> {
    let text = &one.text;
    let (rest, quote) = match one.manager {
        Manager::Launchd => {
            let (_, rest) = text.split_once("<key>ProgramArguments</key>")?;
            let (word, _) = rest.split_once("<string>")?.1.split_once("</string>")?;
            return Some(PathBuf::from(word.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")));
        }
        Manager::Cron => {
            let line = text.lines().find(|line| !line.starts_with('#'))?;
            (line.splitn(6, ' ').nth(5)?.to_owned(), '\'')
        }
        _ => (text.lines().find_map(|line| line.strip_prefix("ExecStart="))?.replace("%%", "%"), '"'),
    };
    let word = match rest.strip_prefix(quote) {
        // One whose name holds a quotation mark itself is passed over.
        Some(quoted) => quoted.split(quote).next().filter(|word| !word.contains('\\'))?,
        None => rest.split(' ').next()?,
    };
    Some(PathBuf::from(word))
}

/// Does who is to start it know about it?
fn known(manager: Manager, mine: &[&Found], call: &str) -> Option<Item> {
    let word = manager.word();
    match manager {
        Manager::Cron => cron(),
        Manager::Launchd => {
            let stem = mine.first()?.path.file_stem()?.to_string_lossy().into_owned();
            let domain = if schedulers::is_root() { "system".to_owned() } else { format!("gui/{}", schedulers::uid()) };
            match schedulers::tool(&["launchctl", "print", &format!("{domain}/{stem}")]) {
                Err(why) => Some(Item::of(ABOUT, Health::Unknown, why, "")),
                Ok(ended) if ended.ok() => None,
                Ok(_) => Some(Item::of(
                    ABOUT,
                    Health::Critical,
                    format!("launchd has not loaded {stem}"),
                    format!("{call} install --launchd"),
                )),
            }
        }
        _ => {
            let timers = mine.iter().filter(|one| one.path.extension().is_some_and(|suffix| suffix == "timer"));
            let timers: Vec<&Path> = timers.map(|one| one.path.as_path()).collect();
            let [timer, ..] = timers[..] else {
                let said = format!("the timer of {} is gone", mine.first()?.path.display());
                return Some(Item::of(ABOUT, Health::Critical, said, format!("{call} install --{word}")));
            };
            let name = timer.file_name()?.to_string_lossy().into_owned();
            let scope = if manager == Manager::SystemdUser { "systemctl --user" } else { "systemctl" };
            match schedulers::unit(manager, &name) {
                Err(why) => Some(Item::of(ABOUT, Health::Unknown, why, format!("{scope} status {name}"))),
                Ok(known) if known.fires() => None,
                Ok(known) => {
                    let why = match (known.enabled, known.active) {
                        (false, false) => "neither enabled nor active",
                        (false, true) => "active, but not enabled: it will not come back after a reboot",
                        (true, false) => "enabled, but not active",
                        (true, true) => "known to systemd as it was before it was changed",
                    };
                    let health = if known.active { Health::Warning } else { Health::Critical };
                    Some(Item::of(ABOUT, health, format!("{name} is {why}"), format!("{call} install --{word}")))
                }
            }
        }
    }
}

/// A crontab that nobody reads.
fn cron() -> Option<Item> {
    let table = processes();
    let rows = match table.all_rows() {
        Ok(rows) => rows,
        Err(why) => return Some(Item::of(ABOUT, Health::Unknown, format!("whether cron runs: {why}"), "")),
    };
    let names = ["cron", "crond", "fcron"];
    let is_cron = |cmdline: &[u8]| {
        let words: Vec<String> =
            cmdline.split(|byte| *byte == 0).map(|word| String::from_utf8_lossy(word).into_owned()).collect();
        let first = words.first().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
        names.contains(&first) || first == "busybox" && words.get(1).is_some_and(|word| word == "crond")
    };
    let runs = rows.iter().any(|row| is_cron(row.cmdline));
    (!runs).then(|| {
        Item::of(ABOUT, Health::Warning, "no cron is to be seen that would read the crontab", "systemctl start cron")
    })
}
