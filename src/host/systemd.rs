//! What does systemd say about a unit? Asks `systemctl show`, with a deadline; it starts, stops and changes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::exec::{Job, run};

/// `systemctl show` answers in some milliseconds; a manager that is stuck does not.
const PATIENCE: Duration = Duration::from_secs(5);

/// A unit, by the manager that knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// With its suffix: `bot.service`.
    pub unit: String,
    /// It belongs to a user's manager, not to the machine's.
    pub user: bool,
}

impl Name {
    /// Reads `bot`, `bot.service`, `systemd:bot.service` or `systemd-user:bot.service`.
    ///
    /// # Errors
    /// It could not be the name of a service.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (user, unit) = match text.split_once(':') {
            Some(("systemd", unit)) => (false, unit),
            Some(("systemd-user", unit)) => (true, unit),
            _ => (false, text),
        };
        let unit = if unit.contains('.') { unit.to_owned() } else { format!("{unit}.service") };
        let allowed = |c: char| c.is_ascii_alphanumeric() || ":_.\\@-".contains(c);
        let right = unit.len() <= 255 && unit.chars().all(allowed) && !unit.starts_with(['-', '.']);
        if !right || !unit.ends_with(".service") {
            return Err(format!("`{}` is not the name of a systemd service", text.escape_default()));
        }
        Ok(Self { unit, user })
    }

    /// The unit that a process runs in, by the path of its control group; `None` for a login session, a container's root
    /// and everything else that is no service.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        in_cgroups(&std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", if self.user { "systemd-user" } else { "systemd" }, self.unit)
    }
}

fn in_cgroups(text: &str) -> Option<Name> {
    // The unified hierarchy, or on older machines the one that systemd names after itself.
    let path = text.lines().find_map(|line| line.strip_prefix("0::").filter(|path| *path != "/"));
    let path =
        path.or_else(|| text.lines().find_map(|line| line.split_once(":name=systemd:").map(|(_, path)| path)))?;
    let unit = path.split('/').rfind(|part| part.ends_with(".service"))?;
    let user = path.contains("/user@");
    // `user@1000.service` itself is what holds a user's units, not one of them.
    Name::parse(unit).ok().filter(|_| !unit.starts_with("user@")).map(|name| Name { user, ..name })
}

/// What `systemctl show` said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// `loaded`, `not-found`, `masked` …
    pub load: String,
    /// `active`, `inactive`, `failed` …
    pub active: String,
    /// Its main process, while there is one.
    pub main: Option<i32>,
}

/// Asks systemd about a unit.
///
/// # Errors
/// There is no systemctl, or it did not answer.
pub fn show(name: &Name) -> Result<Unit, String> {
    let manager = if name.user { "--user" } else { "--system" };
    let argv = ["systemctl", manager, "show", "--property=LoadState,ActiveState,MainPID", "--", &name.unit];
    let argv = argv.map(str::to_owned);
    let ended = run(&Job { argv: &argv, cwd: Path::new("/"), env: &BTreeMap::new(), stdin: b"", timeout: PATIENCE })?;
    if !ended.ok() {
        let said = ended.last_line();
        return Err(format!("systemctl {}{}{said}", ended.how(), if said.is_empty() { "" } else { ": " }));
    }
    read(&ended.stdout).ok_or_else(|| "systemctl answered something that heal does not understand".to_owned())
}

fn read(text: &str) -> Option<Unit> {
    let value = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    let main = value("MainPID")?.parse().ok()?;
    let (load, active) = (value("LoadState")?.to_owned(), value("ActiveState")?.to_owned());
    Some(Unit { load, active, main: (main > 0).then_some(main) })
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
    fn names_are_those_of_services() {
        for (text, name) in [
            ("bot", Ok("systemd:bot.service")),
            ("systemd:bot.service", Ok("systemd:bot.service")),
            ("systemd-user:bot@1", Ok("systemd-user:bot@1.service")),
            ("bot.timer", Err(())),
            ("-H evil", Err(())),
            ("--root=/x.service", Err(())),
            ("", Err(())),
        ] {
            assert_eq!(
                Name::parse(text).map(|name| name.to_string()).map_err(drop).as_deref(),
                name.as_ref().copied(),
                "{text}"
            );
        }
    }

    #[test]
    fn what_systemctl_says_is_read() {
        let said = "MainPID=4711\nLoadState=loaded\nActiveState=active\n";
        assert_eq!(read(said), Some(Unit { load: "loaded".into(), active: "active".into(), main: Some(4711) }));
        let unit = read("MainPID=0\nLoadState=not-found\nActiveState=inactive\n").expect("understood");
        assert_eq!((unit.main, unit.load.as_str()), (None, "not-found"));
        assert_eq!(read("nonsense"), None);
    }
}
