//! Does heal remember well, and did it run of late? The last tick, what is unfinished and untold, the clocks, the lock.

use chrono::TimeDelta;

use crate::config::Config;
use crate::host::clock;
use crate::journal::{DataDir, LastRun, holds, past};
use crate::model::Stamp;
use crate::model::doctor::{Health, Item};
use crate::model::event::Moment;
use crate::model::status::Status;
use crate::model::units::span_text;

/// What lies in the future by less than this is a clock that is being put right.
const AHEAD: TimeDelta = TimeDelta::minutes(2);

/// What `heal status` would tell of heal itself.
pub(super) fn remembered(config: &Config, dir: &DataDir) -> Vec<Item> {
    let call = config.call();
    let status = match super::super::status(config, &[], 0) {
        Ok(status) => status,
        Err(error) => {
            let next = error.hint.clone().unwrap_or_default();
            return vec![Item::of("journal", Health::Critical, error.to_string(), next)];
        }
    };
    let mut items = vec![ticks(&status, &call)];
    // Without what it did before, heal does not act.
    if let Some(error) = past(dir).ok().and_then(|past| past.trusted(dir).err()) {
        let next = error.hint.clone().unwrap_or_default();
        items.push(Item::of("journal", Health::Critical, error.to_string(), next));
    }
    let warning = |about, said: String, next: String| Item::of(about, Health::Warning, said, next);
    for said in &status.warnings {
        items.push(warning("journal", said.clone(), String::new()));
    }
    for said in &status.unfinished {
        items.push(warning("journal", format!("unfinished: {said}"), format!("{call} heal")));
    }
    if past(dir).is_ok_and(|past| past.history.scheduling.is_some()) {
        let said = "an install or uninstall did not come to its end".to_owned();
        items.push(warning("journal", said, format!("{call} install   (or uninstall)")));
    }
    if items.len() == 1 {
        items.push(Item::ok("journal", "it can be read, and nothing in it is unfinished"));
    }
    items.push(untold(&status, dir, &call));
    items
}

fn ticks(status: &Status, call: &str) -> Item {
    let Some(last) = status.ticks.last.first() else {
        return Item::of("ticks", Health::Warning, "none is known", format!("{call} heal"));
    };
    let age = span_text(status.ticks.age_ms.unwrap_or(0));
    match &status.ticks.late {
        Some(late) => Item::of("ticks", Health::Critical, late.clone(), format!("{call} install")),
        None if status.holder.is_some() => Item::ok("ticks", format!("one is under way; the last was {age} ago")),
        None => Item::ok("ticks", format!("the last was {age} ago and ended with exit code {}", last.exit_code)),
    }
}

fn untold(status: &Status, dir: &DataDir, call: &str) -> Item {
    let spooled = std::fs::read_dir(dir.root().join("spool")).map_or(0, |entries| entries.flatten().count());
    let mut waiting: Vec<String> = status
        .undelivered
        .iter()
        .map(|one| format!("{} was not told of {} ({:?})", one.channel, one.service, one.notice).to_lowercase())
        .collect();
    if spooled > 0 {
        waiting.push(format!("{spooled} in the spool"));
    }
    if waiting.is_empty() {
        return Item::ok("alerts", "nobody waits for one");
    }
    Item::of("alerts", Health::Warning, waiting.join("; "), format!("{call} heal   (each tick tries again)"))
}

/// The wall clock against what was written before, and the boot.
pub(super) fn clocks(dir: &DataDir, now: &Moment) -> Vec<Item> {
    let mut items = Vec::new();
    // heal was not written before this year.
    let epoch = Stamp::from_timestamp(1_735_689_600, 0).unwrap_or_default();
    if now.at < epoch {
        let said = format!("it says {}, which cannot be", crate::model::rfc3339(now.at));
        items.push(Item::of("clock", Health::Critical, said, "timedatectl set-ntp true"));
    }
    if let Some(last) = LastRun::read(dir).filter(|last| last.clocks.moment.at > now.at + AHEAD) {
        let ahead = (last.clocks.moment.at - now.at).num_milliseconds();
        let said = format!(
            "the last tick was written {} in the future: the clock was ahead then, or is behind now",
            span_text(ahead)
        );
        items.push(Item::of("clock", Health::Warning, said, "timedatectl"));
    }
    if clock::boot_id() == "unknown-boot" {
        let said = "nobody says which boot this is: what a pidfile or a lock means after a reboot is then unknown";
        items.push(Item::of("clock", Health::Unknown, said, "cat /proc/sys/kernel/random/boot_id"));
    }
    if items.is_empty() {
        items.push(Item::ok("clock", "it fits what was written before, and the boot is known"));
    }
    items
}

/// The recovery lock: its holder is ended by the kernel when its time is over, unless the kernel cannot.
pub(super) fn lock(dir: &DataDir, now: &Moment) -> Vec<Item> {
    let Some(held) = holds(&dir.lock()) else {
        return vec![Item::ok("lock", "free")];
    };
    let until = chrono::DateTime::parse_from_rfc3339(&held.until).map(|until| until.with_timezone(&chrono::Utc));
    let who = format!("pid {} holds it since {} ({})", held.pid, held.since, held.purpose);
    vec![match until {
        Ok(until) if until < now.at => {
            let said = format!("{who}, beyond its end at {}: it hangs in the kernel", held.until);
            Item::of("lock", Health::Critical, said, format!("cat /proc/{}/stack", held.pid))
        }
        Ok(_) => Item::ok("lock", who),
        Err(_) => Item::of("lock", Health::Unknown, format!("{who}; until when is not to be read"), ""),
    }]
}
