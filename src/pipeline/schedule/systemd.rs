//! What does systemd have to read? A oneshot and its timer for each thing that is started again and again, and a unit for a
//! service itself. How far the oneshot is confined depends on what heal will run inside of it.

use std::path::Path;

use super::seal::{self, Comment};
use super::{File, Job, Site, service};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::schedulers;
use crate::model::schedule::{Manager, When};
use crate::model::{Change, Span};

const SERVICE: &str = include_str!("../../templates/job.service");
const TIMER: &str = include_str!("../../templates/job.timer");
const ITSELF: &str = include_str!("../../templates/service.service");

/// Who starts heal more often than this has made a mistake.
const LEAST: Span = Span::secs(1);

/// The two units of one job.
///
/// # Errors
/// The interval is too short.
pub(super) fn job(site: &Site<'_>, manager: Manager, folder: &Path, job: &Job, when: &When) -> Result<[File; 2]> {
    let times = match when {
        When::Every(span) if *span < LEAST => return Err(super::too_often("systemd", "a second", job, *span)),
        When::Every(span) => {
            let first = (*span).min(Span::secs(60));
            format!("OnBootSec={}\nOnUnitActiveSec={}", seconds(first), seconds(*span))
        }
        When::At(times) => {
            let lines: Vec<String> = times.iter().map(|time| format!("OnCalendar=*-*-* {time}:00")).collect();
            format!("{}\nPersistent=yes", lines.join("\n"))
        }
    };
    let command: Vec<String> = site.command(job).iter().map(|word| exec_word(word)).collect();
    let tick = if job.name == "heal" { "tick" } else { job.name };
    let description = text(&format!("heal: {tick} of {} ({})", site.config.name, site.toml));
    let what = format!("schedule {}", job.name);
    let name = site.job_name(job);
    let unit = fill(
        SERVICE,
        &[
            ("@DESCRIPTION@", &description),
            ("@COMMAND@", &command.join(" ")),
            ("@CONFINEMENT@", &confinement(site.config, manager)),
        ],
    );
    let timer = fill(TIMER, &[("@DESCRIPTION@", &description), ("@TIMES@", &times)]);
    let file = |suffix: &str, body: &str| File {
        path: folder.join(format!("{name}.{suffix}")),
        text: seal::seal(Comment::Hash, (&what, &site.toml), super::HEAD, body),
    };
    Ok([file("service", &unit), file("timer", &timer)])
}

/// The unit of a service itself.
///
/// # Errors
/// Its program cannot be found, or it would be told a secret that everybody could read.
pub(super) fn itself(site: &Site<'_>, manager: Manager, folder: &Path, name: &str) -> Result<File> {
    let started = service::of(site.config, name)?;
    check_program(started.argv.first().map_or("", String::as_str))?;
    let argv: Vec<String> = started.argv.iter().map(|word| exec_word(word)).collect();
    let env: Vec<String> = started.env.iter().map(|(key, value)| word(&format!("{key}={value}"))).collect();
    let codes: Vec<String> = started.hold_on_exit.iter().map(ToString::to_string).collect();
    let prevent = if codes.is_empty() {
        String::new()
    } else {
        format!("# A restart does not cure these.\nRestartPreventExitStatus={}", codes.join(" "))
    };
    let body = fill(
        ITSELF,
        &[
            ("@DESCRIPTION@", &text(&format!("{name} of {}", site.config.name))),
            ("@COMMAND@", &argv.join(" ")),
            ("@CWD@", &path_text(&started.cwd)),
            ("@ENVIRONMENT@", &format!("Environment={}", env.join(" "))),
            ("@PREVENT@", &prevent),
            ("@STOP@", &seconds(started.stop_grace)),
            ("@LOG@", &path_text(&started.log)),
            ("@TARGET@", if manager == Manager::Systemd { "multi-user.target" } else { "default.target" }),
        ],
    );
    let what = format!("service {name}");
    Ok(File {
        path: folder.join(format!("{}.service", site.service_name(name))),
        text: seal::seal(Comment::Hash, (&what, &site.toml), super::HEAD, &body),
    })
}

/// What heal runs while it runs, and what that may need.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// It only looks, and asks supervisors.
    Looks,
    /// It also runs commands of the owner's that look, or tell somebody.
    Asks,
    /// It starts services, or runs the owner's own rungs.
    Starts,
}

fn reach(config: &Config) -> Reach {
    let mut watched = config.services.iter().filter(|watched| watched.enabled);
    let runs = |change: &Change| matches!(change, Change::RunCommand { .. });
    if watched.any(|one| one.service.launch.is_some() || one.remedies.iter().any(|remedy| runs(&remedy.remedy.change)))
    {
        return Reach::Starts;
    }
    let probes = config.services.iter().flat_map(|one| &one.probes).chain(&config.host_probes);
    let asks = probes.into_iter().any(|probe| probe.probe.program().is_some())
        || config.checkpoints.iter().any(|checkpoint| checkpoint.enabled && checkpoint.command.is_some())
        || config.alerts.iter().any(|alert| alert.channel.program().is_some());
    if asks { Reach::Asks } else { Reach::Looks }
}

/// For these systemd mounts a `/proc` of its own, which in a container lacks what the container manager put over it: heal would
/// read the boot id of the host there, and whoever types `heal` that of the container (measured: nspawn and systemd 252).
const MOUNTS: [&str; 2] = ["ProtectKernelTunables=yes", "ProtectControlGroups=yes"];

/// No harm in it for any command that looks.
const MILD: &str = "ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictRealtime=yes
LockPersonality=yes
SystemCallArchitectures=native";

/// For heal alone; what it remembers while its data directory cannot be written lies in /run/heal (measured in systemd 252: it can still look at and signal processes, and write where it is told to).
const FULL: &str = "ProtectHome=read-only
RuntimeDirectory=heal
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
NoNewPrivileges=yes
PrivateDevices=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077
CapabilityBoundingSet=CAP_KILL CAP_SYS_PTRACE CAP_DAC_READ_SEARCH CAP_DAC_OVERRIDE";

/// What is repaired or moved aside keeps its owner.
const REPAIRS: &str = " CAP_CHOWN CAP_FOWNER";

/// What a manager without privileges can do.
const USERS: &str = "NoNewPrivileges=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native";

fn confinement(config: &Config, manager: Manager) -> String {
    let inside = schedulers::in_container();
    let mild = MILD.lines().filter(|line| !(inside && MOUNTS.contains(line))).collect::<Vec<_>>().join("\n");
    match (reach(config), manager) {
        (Reach::Starts, _) => "# heal starts services here: they outlive it, and whatever confined this unit would confine them too. Give a\n\
                               # service `unit = \"systemd:…\"` instead of `start`, and install again for a unit that is confined.\n\
                               KillMode=process"
            .to_owned(),
        (_, Manager::SystemdUser) => USERS.to_owned(),
        (Reach::Asks, _) => {
            format!("# Your own commands run in here (probes, alerts): only what they cannot need is taken away.\nProtectSystem=full\n{mild}")
        }
        (Reach::Looks, _) => {
            let writable: Vec<String> = writable(config).iter().map(|path| word(path)).collect();
            let caps = if repairs(config) { REPAIRS } else { "" };
            let tmp = if touches_tmp(config) { "" } else { "PrivateTmp=yes\n" };
            format!("ProtectSystem=strict\nReadWritePaths={}\n{tmp}{mild}\n{FULL}{caps}", writable.join(" "))
        }
    }
}

/// Sections that say what heal repairs and keeps, somewhere in the project.
const WRITERS: [&str; 10] =
    ["backup", "checkpoint", "crash", "database", "git", "layout", "lock", "revert", "state", "update"];

fn repairs(config: &Config) -> bool {
    config.sections.iter().any(|section| WRITERS.contains(&section.as_str()))
}

/// Where heal writes: its data directory; the whole project as soon as anything else in it; and what lies outside of it.
fn writable(config: &Config) -> Vec<String> {
    let mut outside = Vec::new();
    let mut whole = repairs(config);
    let files = config.alerts.iter().filter_map(|alert| alert.channel.writes());
    let probes = config.services.iter().flat_map(|one| &one.probes).chain(&config.host_probes);
    // A tick takes the write lock of a database for a moment.
    let databases = probes.filter(|probe| probe.kind.name == "sqlite").flat_map(|probe| probe.probe.reads());
    for path in files.chain(databases).map(|path| config.root.join(path)) {
        if path.starts_with(&config.data_dir) {
            continue;
        }
        if path.starts_with(&config.root) {
            whole = true;
        } else if let Some(folder) = path.parent().filter(|folder| folder.parent().is_some()) {
            // Without the hyphen, a folder that is not there would keep the unit from starting.
            outside.push(format!("-{}", folder.display()));
        }
    }
    let mut found = Vec::new();
    if whole {
        found.push(config.root.display().to_string());
    }
    if !whole || !config.data_dir.starts_with(&config.root) {
        found.push(config.data_dir.display().to_string());
    }
    outside.sort();
    outside.dedup();
    found.into_iter().chain(outside).collect()
}

/// A private /tmp would hide what stands in the common one.
fn touches_tmp(config: &Config) -> bool {
    let probes = config.services.iter().flat_map(|one| &one.probes).chain(&config.host_probes);
    let read = probes.flat_map(|probe| probe.probe.reads()).map(|path| config.root.join(path));
    let unix = config.text.contains("/tmp/");
    unix || [config.root.clone(), config.data_dir.clone()]
        .into_iter()
        .chain(read)
        .any(|path| path.starts_with("/tmp") || path.starts_with("/var/tmp"))
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let filled = values.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value));
    // What had no value leaves an empty line inside of a section.
    let mut lines = filled.lines().collect::<Vec<_>>();
    lines.dedup_by(|one, other| one.is_empty() && other.is_empty());
    lines.join("\n") + "\n"
}

/// Seconds, as systemd writes them.
fn seconds(span: Span) -> String {
    let millis = span.millis();
    if millis % 1_000 == 0 { format!("{}s", millis / 1_000) } else { format!("{millis}ms") }
}

/// A text in which `%` is no specifier (systemd.unit(5)).
fn text(plain: &str) -> String {
    let plain: String = plain.chars().filter(|c| !c.is_control()).collect();
    // A line that ends so would be continued.
    plain.trim_end_matches('\\').replace('%', "%%")
}

/// A path that stands alone in its line.
fn path_text(path: &Path) -> String {
    path.display().to_string().replace('%', "%%")
}

/// One word among several.
fn word(plain: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./:@+=,".contains(c);
    let escaped = plain.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    if !plain.is_empty() && plain.chars().all(safe) { plain.to_owned() } else { format!("\"{escaped}\"") }
}

/// One word of a command line, in which `$` is no variable.
fn exec_word(plain: &str) -> String {
    word(plain).replace('$', "$$")
}

/// A program whose path systemd would read in another way.
///
/// # Errors
/// It is one.
pub(super) fn check_program(path: &str) -> Result<()> {
    // It takes the first word as it is: `$$` would stay two characters, and it refuses the others (systemd 252).
    if path.contains(['$', '\'', '"', '\\']) {
        let message =
            format!("systemd cannot start `{path}`: a program's path may hold no quotation mark, `$` or `\\` there");
        return Err(Error::new(Kind::Refused, message).hint("put it elsewhere, such as into /usr/local/bin"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_systemd_reads_them() {
        for (plain, quoted, in_exec) in [
            ("/usr/bin/heal", "/usr/bin/heal", "/usr/bin/heal"),
            ("/a b/%n", "\"/a b/%%n\"", "\"/a b/%%n\""),
            ("$HOME", "\"$HOME\"", "\"$$HOME\""),
            ("say \"x\" \\", "\"say \\\"x\\\" \\\\\"", "\"say \\\"x\\\" \\\\\""),
            ("it's", "\"it's\"", "\"it's\""),
            ("", "\"\"", "\"\""),
        ] {
            assert_eq!((word(plain).as_str(), exec_word(plain).as_str()), (quoted, in_exec), "{plain}");
        }
        assert_eq!(text("100% \\"), "100%% ");
        assert_eq!(
            (seconds(Span::secs(90)), seconds("1500ms".parse().expect("a span"))),
            ("90s".into(), "1500ms".into())
        );
    }
}
