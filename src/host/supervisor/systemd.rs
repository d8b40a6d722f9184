//! What does systemd say about its units? One `systemctl show` for all of them. Which unit does a process belong to, by the
//! path of its control group? It starts, stops and changes nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::state::told;
use super::{Look, PATIENCE, Told, complaint, runtime_dir, stand_in, tool};
use crate::host::clock;
use crate::model::unit::{Supervisor, UnitName};

/// What is asked of each unit.
const PROPERTIES: &str = "Id,LoadState,ActiveState,SubState,UnitFileState,Result,Restart,MainPID,ControlGroup,InvocationID,\
                          ExecMainCode,ExecMainStatus,NRestarts,Job,ConditionResult,StateChangeTimestampMonotonic,\
                          ActiveEnterTimestampMonotonic,InactiveExitTimestampMonotonic,KillMode";

/// The machine's manager, or that of the user who runs heal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manager {
    pub(super) user: bool,
}

impl Look for Manager {
    fn look(&self, names: &[&str]) -> Vec<Result<Told, String>> {
        // All clocks of one moment: systemd counts without the time in suspend, heal with it.
        let clocks = clock::reading();
        let slept_ms = clocks.suspended_ms.unwrap_or(0);
        let judge =
            |raw: Result<Raw, String>| raw.map(|raw| told(&raw, self.user, &members(&raw), slept_ms, clocks.moment.up));
        self.show(names).into_iter().map(judge).collect()
    }
}

impl Manager {
    fn show(&self, names: &[&str]) -> Vec<Result<Raw, String>> {
        let all = |why: String| names.iter().map(|_| Err(why.clone())).collect();
        if let Err(why) = self.is_there() {
            return all(why);
        }
        let mut argv = command(self.user, &["show", &format!("--property={PROPERTIES}"), "--"]);
        argv.extend(names.iter().map(|name| (*name).to_owned()));
        let start = Instant::now();
        let ended = match tool(&argv, PATIENCE) {
            Ok(ended) => ended,
            Err(why) => return all(why),
        };
        let blocks = Raw::all(&ended.stdout);
        if ended.ok() && blocks.len() == names.len() {
            return blocks.into_iter().map(Ok).collect();
        }
        // One name that it does not like spoils the answer for all; alone each answers for itself, while there is time.
        if names.len() > 1 && ended.status.is_some() {
            let alone = |name: &&str| {
                let late = start.elapsed() > PATIENCE;
                if late { vec![Err("systemctl is too slow".to_owned())] } else { self.show(&[name]) }
            };
            return names.iter().flat_map(alone).collect();
        }
        all(if ended.ok() { NONSENSE.to_owned() } else { complaint("systemctl", &ended) })
    }

    /// Is there such a manager at all?
    fn is_there(self) -> Result<(), String> {
        if stand_in("systemctl").is_some() {
            return Ok(());
        }
        // sd_booted(3)
        if !Path::new("/run/systemd/system").is_dir() {
            return Err("systemd does not run this machine (there is no /run/systemd/system)".to_owned());
        }
        let socket = runtime_dir().map(|folder| folder.join("systemd/private"));
        if self.user && !socket.as_ref().is_some_and(|socket| socket.exists()) {
            let me = crate::host::resources::user(nix::unistd::geteuid().as_raw());
            return Err(format!("the systemd of {me} does not run: `loginctl enable-linger {me}` keeps it running"));
        }
        Ok(())
    }
}

const NONSENSE: &str = "systemctl answered something that heal does not understand";

/// The command line of `systemctl` for one of the two managers.
#[must_use]
pub fn command(user: bool, words: &[&str]) -> Vec<String> {
    let program = stand_in("systemctl").unwrap_or_else(|| "systemctl".to_owned());
    let manager = if user { "--user" } else { "--system" };
    let words = words.iter().map(|word| (*word).to_owned());
    [program, manager.to_owned(), "--no-ask-password".to_owned()].into_iter().chain(words).collect()
}

/// One unit, as `systemctl show` prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw(HashMap<String, String>);

impl Raw {
    /// All blocks of an answer. A block that does not say the least that is needed makes all of it worthless.
    pub(super) fn all(text: &str) -> Vec<Self> {
        let block = |lines: &str| {
            let pairs = lines.lines().filter_map(|line| line.split_once('='));
            Self(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
        };
        let blocks: Vec<Self> = text.split("\n\n").filter(|lines| !lines.trim().is_empty()).map(block).collect();
        let whole = |raw: &Self| ["LoadState", "ActiveState", "MainPID"].iter().all(|key| raw.0.contains_key(*key));
        if blocks.iter().all(whole) { blocks } else { Vec::new() }
    }

    /// A property; empty when it was not said.
    #[must_use]
    pub fn of(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }

    /// A property that is a number; 0 when it was not said.
    #[must_use]
    pub fn number(&self, key: &str) -> i64 {
        self.of(key).parse().unwrap_or(0)
    }

    /// Its main process, while there is one.
    #[must_use]
    pub fn main(&self) -> Option<i32> {
        i32::try_from(self.number("MainPID")).ok().filter(|pid| *pid > 0)
    }
}

/// What systemd says of one unit, word for word.
///
/// # Errors
/// There is no systemctl, or it did not answer.
pub fn show(unit: &UnitName) -> Result<Raw, String> {
    let manager = Manager { user: unit.by == Supervisor::SystemdUser };
    manager.show(&[&unit.name]).pop().unwrap_or_else(|| Err(NONSENSE.to_owned()))
}

/// The processes of its control group. What cannot be read adds nobody.
fn members(raw: &Raw) -> Vec<i32> {
    let group = raw.of("ControlGroup").trim_start_matches('/');
    if group.is_empty() {
        return Vec::new();
    }
    let homes = ["/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified"];
    let text =
        homes.iter().find_map(|home| std::fs::read_to_string(Path::new(home).join(group).join("cgroup.procs")).ok());
    text.iter().flat_map(|text| text.lines()).filter_map(|line| line.parse().ok()).filter(|pid| *pid > 0).collect()
}

/// The unit that a process runs in, by the path of its control group; `None` for a login session, a container's root and
/// everything else that is no service.
#[must_use]
pub fn unit_of(pid: i32) -> Option<UnitName> {
    in_cgroups(&std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?)
}

/// The unit that heal itself runs in and that takes everything with it when it ends: what is started from there needs a home
/// of its own. `None` where nothing is known to be taken.
#[must_use]
pub fn reaper() -> Option<UnitName> {
    if !Path::new("/run/systemd/system").is_dir() {
        return None;
    }
    let unit = unit_of(i32::try_from(std::process::id()).ok()?)?;
    // Only a unit that says so leaves its processes behind; one that cannot be asked is taken to end them.
    let leaves = show(&unit).is_ok_and(|raw| matches!(raw.of("KillMode"), "process" | "none"));
    (!leaves).then_some(unit)
}

/// Which manager gives a process of ours a scope of its own, away from `reaper`: `--system` or `--user`, and what it is found by.
/// Only root may ask the machine's; a user's own takes a process of that user also out of a unit of the machine (systemd 252).
///
/// # Errors
/// Neither can be asked; says what would help.
pub fn scope_of(reaper: &UnitName) -> Result<(&'static str, Option<PathBuf>), String> {
    if reaper.by == Supervisor::Systemd && nix::unistd::geteuid().is_root() {
        return Ok(("--system", None));
    }
    match (Manager { user: true }).is_there() {
        Ok(()) => Ok(("--user", runtime_dir())),
        Err(why) => Err(format!(
            "heal runs in {}, which ends what it started when it ends, and {why}; or let that unit say KillMode=process",
            reaper.name
        )),
    }
}

fn in_cgroups(text: &str) -> Option<UnitName> {
    // The unified hierarchy, or on older machines the one that systemd names after itself.
    let path = text.lines().find_map(|line| line.strip_prefix("0::").filter(|path| *path != "/"));
    let path =
        path.or_else(|| text.lines().find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path)))?;
    let unit = path.split('/').rfind(|part| part.ends_with(".service"))?;
    // `user@1000.service` itself is what holds a user's units, not one of them.
    if unit.starts_with("user@") {
        return None;
    }
    let by = if path.contains("/user@") { Supervisor::SystemdUser } else { Supervisor::Systemd };
    format!("{}:{unit}", by.word()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_group_names_the_unit() {
        let table = [
            ("0::/system.slice/bot.service\n", Some("systemd:bot.service")),
            ("0::/system.slice/system-getty.slice/getty@tty1.service", Some("systemd:getty@tty1.service")),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/bot.service",
                Some("systemd-user:bot.service"),
            ),
            ("0::/user.slice/user-1000.slice/user@1000.service/init.scope", None),
            ("0::/user.slice/user-0.slice/session-3.scope", None),
            ("12:pids:/x\n1:name=systemd:/system.slice/bot.service\n0::/", Some("systemd:bot.service")),
            ("0::/system.slice/docker-4711.scope", None),
            ("9:name=systemd:/\n0::/", None),
            ("", None),
        ];
        for (text, name) in table {
            assert_eq!(in_cgroups(text).map(|name| name.to_string()).as_deref(), name, "{text}");
        }
    }

    #[test]
    fn an_answer_about_several_units_is_taken_apart_and_half_a_block_is_none() {
        let said = "MainPID=4711\nLoadState=loaded\nActiveState=active\n\nMainPID=0\nLoadState=not-found\nActiveState=inactive\n";
        let all = Raw::all(said);
        assert_eq!(all.iter().map(Raw::main).collect::<Vec<_>>(), [Some(4711), None]);
        assert_eq!((all[1].of("LoadState"), all[1].of("Result"), all[1].number("NRestarts")), ("not-found", "", 0));
        assert_eq!(Raw::all("nonsense"), []);
        assert_eq!(Raw::all("MainPID=1\nLoadState=loaded\nActiveState=active\n\nMainPID=0\n"), []);
    }
}
