//! What would `heal.toml` say about a process that runs now? Proposes a section for it, and proves with the configuration's own
//! reader and the search of `check` that it names this process and no other. It looks only, and never writes a secret down.

mod open;
mod toml;
mod words;
mod written;

use std::path::{Path, PathBuf};

use crate::config;
use crate::error::{Error, Kind, Result};
use crate::host::process::{Detail, Process, Processes};
use crate::host::resources;
use crate::host::supervisor::systemd;
use crate::model::units::span_text;
use crate::model::{Supervisor, UnitName};
use crate::probe::identify::{Memory, Who, identify};
use open::{look, shown};
use toml::{comment, list, quoted};
use words::Start;
use written::Life;

/// A section for `heal.toml`.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The service's name.
    pub name: String,
    /// The section, with comments.
    pub text: String,
}

/// Where it is to stand.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The directory of `heal.toml`.
    pub root: &'a Path,
    /// Names that other services have.
    pub taken: &'a [String],
}

/// A section for the process with this pid.
///
/// # Errors
/// There is no such process, it may not be looked at, or nothing tells it apart from others.
pub fn of_pid(pid: i32, place: Place<'_>, processes: &dyn Processes) -> Result<Proposal> {
    let process = see(pid, processes)?;
    // Only systemd itself can say that a process is a unit's: what cron or a login started shares their control group.
    let unit = systemd::unit_of(pid).filter(|unit| systemd::show(unit).is_ok_and(|raw| raw.main() == Some(pid)));
    let name = match &unit {
        Some(unit) => words::unique(unit.name.trim_end_matches(".service"), place.taken),
        None => words::name(&process, place.taken),
    };
    section(&Draft { process: &process, name, unit, place, processes })
}

/// A section for a unit of systemd, and for its main process while it runs.
///
/// # Errors
/// systemd does not know it, or cannot be asked; or as [`of_pid`].
pub fn of_unit(unit: &str, place: Place<'_>, processes: &dyn Processes) -> Result<Proposal> {
    let loose = if unit.contains(':') { unit.to_owned() } else { format!("{}:{unit}", Supervisor::Systemd.word()) };
    let unit: UnitName = loose.parse().map_err(|_: String| {
        let why = format!("`{}` is not the name of a systemd service", unit.escape_default());
        Error::new(Kind::Usage, why).hint("`systemctl list-units -t service`")
    })?;
    if unit.by == Supervisor::Launchd {
        return Err(Error::new(Kind::Usage, "`--unit` asks systemd only").hint("name the process: heal init --pid PID"));
    }
    let known = systemd::show(&unit).map_err(|why| {
        Error::new(Kind::Data, format!("systemd cannot be asked about {}: {why}", unit.name))
            .hint("without systemd, name the process: heal init --pid PID")
    })?;
    if known.of("LoadState") != "loaded" {
        let user = unit.by == Supervisor::SystemdUser;
        let list = if user { "systemctl --user list-units -t service" } else { "systemctl list-units -t service" };
        return Err(Error::new(Kind::Data, format!("systemd says of {}: {}", unit.name, known.of("LoadState")))
            .hint(format!("`{list}` lists what it knows")));
    }
    let name = words::unique(unit.name.trim_end_matches(".service"), place.taken);
    let Some(pid) = known.main() else {
        let lines = [
            comment(&format!(
                "{} is {} now: start it, and `heal init --unit` sees its process, ports and logs.",
                unit.name,
                known.of("ActiveState")
            )),
            format!("[service.{name}]"),
            format!("unit = {}", quoted(&unit.to_string())),
        ];
        return Ok(Proposal { name, text: lines.join("\n") + "\n" });
    };
    let process = see(pid, processes)?;
    section(&Draft { process: &process, name, unit: Some(unit), place, processes })
}

/// The process, if it can be a service at all.
fn see(pid: i32, processes: &dyn Processes) -> Result<Process> {
    let wrong = |why: String, hint: &str| Err(Error::new(Kind::Data, why).hint(hint));
    if processes.lineage().contains(&pid) {
        return wrong(
            format!("pid {pid} is heal itself or what started it"),
            "heal never acts upon those: name another",
        );
    }
    let process = match processes.detail(pid) {
        Detail::Seen(process) => process,
        Detail::Gone => {
            return wrong(format!("there is no process with pid {pid}"), "`pgrep -a NAME` finds one by name");
        }
        Detail::Hidden(why) => {
            return Err(Error::new(Kind::NotPermitted, format!("pid {pid} cannot be looked at: {why}"))
                .hint("run this as root, or as the user that it belongs to"));
        }
    };
    if process.is_zombie() {
        return wrong(format!("pid {pid} has ended; only its parent has not taken notice"), "name a process that runs");
    }
    if process.args.is_empty() {
        return wrong(
            format!("pid {pid} is a thread of the kernel, or shows no command line"),
            "it cannot be a service",
        );
    }
    if process.exe.is_none() || process.cwd.is_none() {
        let whose = process.uid.map_or_else(|| "another user".to_owned(), resources::user);
        let why = format!("pid {pid} belongs to {whose}, and heal may not see its program and directory");
        return Err(Error::new(Kind::NotPermitted, why).hint(format!("run this as root or as {whose}")));
    }
    Ok(*process)
}

/// All that a section is made of.
struct Draft<'a> {
    process: &'a Process,
    name: String,
    unit: Option<UnitName>,
    place: Place<'a>,
    processes: &'a dyn Processes,
}

fn section(draft: &Draft<'_>) -> Result<Proposal> {
    let (process, root) = (draft.process, draft.place.root);
    let start = words::start(process);
    let mut lines = vec![
        comment(&format!(
            "Proposed from pid {}, `{}`, up for {}. Read it before you rely on it.",
            process.identity.pid,
            process.command(),
            span_text(process.age_ms)
        )),
        format!("[service.{}]", draft.name),
    ];
    let mut how: Vec<String> = draft.unit.iter().map(|unit| format!("unit = {}", quoted(&unit.to_string()))).collect();
    let stranger = process.uid.filter(|uid| *uid != nix::unistd::geteuid().as_raw()).map(resources::user);
    if draft.unit.is_none() {
        how.extend(draft.startable(starting(draft, &start, stranger.as_deref()))?);
    }
    let seen = look(process, root, Life::of(process), draft.processes, draft.unit.is_some());
    how.extend(seen.output);
    lines.push(draft.told_apart(&start, stranger.as_deref(), seen.pidfile.as_deref(), &how)?);
    lines.extend(how);
    if !seen.probes.is_empty() {
        lines.extend([String::new(), format!("[service.{}.probes]", draft.name)]);
        lines.extend(seen.probes);
    }
    let text = lines.join("\n") + "\n";
    draft.parse(&text)?;
    Ok(Proposal { name: draft.name.clone(), text })
}

/// How heal would start it.
fn starting(draft: &Draft<'_>, start: &Start, stranger: Option<&str>) -> Vec<String> {
    let cwd = draft.process.cwd.as_deref().filter(|cwd| *cwd != draft.place.root);
    let cwd =
        cwd.filter(|cwd| cwd.to_str().is_some()).map(|cwd| format!("cwd = {}", quoted(&shown(cwd, draft.place.root))));
    let environment =
        "heal starts it in a small, clean environment: what else it needs belongs into env = { NAME = \"value\" }.";
    match (start, stranger) {
        (Start::Argv(argv), None) => {
            let mut lines = vec![format!("start = {}", list(argv))];
            lines.extend(cwd);
            lines.push(comment(environment));
            lines
        }
        (Start::Argv(argv), Some(user)) => vec![
            comment(&format!(
                "It runs as {user}. heal starts what it starts as the user who runs heal: let {user} run it, and then"
            )),
            format!("# start = {}", list(argv)),
        ],
        (Start::Secret(shown), _) => {
            let mut lines = vec![
                comment(
                    "A secret seems to stand in its command line. Give it by a file or by env, and then write here:",
                ),
                format!("# start = {}", list(shown)),
            ];
            lines.extend(cwd.map(|cwd| format!("# {cwd}")));
            lines
        }
        (Start::Title, _) => vec![comment(
            "It gave itself a title, so how it was started is not to be seen: start = [\"program\", \"argument\"]",
        )],
    }
}

impl Draft<'_> {
    /// These lines, those that are no comment as one where nothing could be started by them: the directory or the program that it
    /// runs may be gone since.
    fn startable(&self, lines: Vec<String>) -> Result<Vec<String>> {
        let text = format!("[service.{}]\nmatch = {{ executable = \"x\" }}\n{}\n", self.name, lines.join("\n"));
        let Some(why) = self.parse(&text)?.unstartable().into_iter().next() else { return Ok(lines) };
        let why = why.strip_prefix(&format!("[service.{}] ", self.name)).unwrap_or(&why);
        let told = comment(&format!("heal could not start it: {why}. Put that right, and then write here:"));
        let aside = lines.into_iter().map(|line| if line.starts_with('#') { line } else { format!("# {line}") });
        Ok([told].into_iter().chain(aside).collect())
    }

    /// The shortest `match` that fits this process and no other.
    fn told_apart(&self, start: &Start, user: Option<&str>, pidfile: Option<&str>, how: &[String]) -> Result<String> {
        let cwd = self.process.cwd.as_deref().and_then(Path::to_str);
        let executable = words::executable(self.process, start);
        let fixed: Vec<String> = executable.iter().map(|name| format!("executable = {}", quoted(name))).collect();
        let tail: Vec<String> = [
            pidfile.map(|path| format!("pidfile = {}", quoted(path))),
            user.map(|user| format!("user = {}", quoted(user))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let words = words::contained(self.process);
        // A directory tells more than many words.
        let places = [None, cwd.map(|cwd| format!("cwd = {}", quoted(&shown(Path::new(cwd), self.place.root))))];
        let narrow = words.iter().take(1).flat_map(|words| places.iter().map(move |place| (words, place)));
        let wide = places.iter().flat_map(|place| words.iter().skip(1).map(move |words| (words, place)));
        let mut others = Vec::new();
        for (words, place) in narrow.chain(wide) {
            let words = words.iter().map(|words| format!("args_contain = {}", quoted(words)));
            let parts: Vec<String> =
                fixed.iter().cloned().chain(words).chain(place.clone()).chain(tail.clone()).collect();
            let line = format!("match = {{ {} }}", parts.join(", "));
            let text = format!("[service.{}]\n{line}\n{}\n", self.name, how.join("\n"));
            match self.who(&text)? {
                Ok(()) => return Ok(line),
                Err(why) => others.push(why),
            }
        }
        let pid = self.process.identity.pid;
        let why = others.pop().unwrap_or_else(|| "it shows nothing but the name of an interpreter".to_owned());
        Err(Error::new(Kind::Data, format!("nothing tells pid {pid} apart: {why}"))
            .hint("give it an argument or a directory of its own, or stop the other one"))
    }

    /// Is the process that this text describes ours, and nobody else? Else why not.
    fn who(&self, text: &str) -> Result<std::result::Result<(), String>> {
        let config = self.parse(text)?;
        let Some(service) = config.services.first().map(|watched| &watched.service) else {
            return Ok(Err("it is no service".to_owned()));
        };
        let (who, _) = identify(service, self.place.root, Memory::default(), self.processes, false);
        let ours = self.process.identity.pid;
        match who {
            Who::Running { process, also, .. } if process.identity == self.process.identity && also.is_empty() => {
                Ok(Ok(()))
            }
            Who::Running { process, .. } if self.is_above(process.identity.pid) => {
                let pid = process.identity.pid;
                let why = format!("pid {ours} is a child of pid {pid}, `{}`, which is the service", process.command());
                Err(Error::new(Kind::Data, why).hint(format!("heal init --pid {pid}")))
            }
            Who::Running { process, .. } => Ok(Err(format!("pid {} fits as well", process.identity.pid))),
            Who::Unknown { why } => Ok(Err(why)),
            Who::Gone { why, .. } => Ok(Err(why)),
            Who::Unwatched => Ok(Err("nothing names it".to_owned())),
        }
    }

    fn is_above(&self, other: i32) -> bool {
        let mut at = self.process.parent;
        for _ in 0..16 {
            match self.processes.detail(at) {
                _ if at == other => return true,
                Detail::Seen(process) if process.parent > 1 => at = process.parent,
                _ => return false,
            }
        }
        false
    }

    /// The text as heal would read it. What was written here and is refused is a bug of ours, whatever the process is called.
    fn parse(&self, text: &str) -> Result<config::Config> {
        let whole = format!("[project]\nname = \"x\"\n{text}");
        let parsed = config::parse(&PathBuf::from(config::FILE), self.place.root, &whole, &[]);
        parsed.map(|(config, _)| config).map_err(|error| {
            let faults: Vec<&str> = error.faults.iter().map(|fault| fault.message.as_str()).collect();
            Error::new(Kind::Bug, format!("the section that heal would propose is not right: {}", faults.join("; ")))
        })
    }
}
