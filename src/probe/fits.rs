//! Does this process fit the service? What `match` says of it, where it runs, and what ties it to the service.
//! What may not be seen is a doubt, never a "no": taken for dead, a service would be started twice.

use std::path::Path;

use super::identify::{Fit, Search};
use super::program::{Mention, is_program, is_start, mentions};
use crate::host::process::{Detail, Process};
use crate::host::resources;

impl Search<'_> {
    pub(super) fn fits(&self, process: &Process) -> Fit {
        if let Some(owner) = self.owner(process) {
            return Fit::No(format!("it is [service.{owner}]"));
        }
        match self.names_fit(process) {
            // Its own command line names what it runs: `heal run -- python3 bot.py`.
            Fit::Yes(_) | Fit::Perhaps(_) if self.is_heal(process) => return Fit::No("it is heal itself".to_owned()),
            Fit::Yes(_) => {}
            // Nor is what runs elsewhere, where heal knows the directory of its own.
            Fit::Perhaps(why) if self.selector.names_program() => match self.place(process) {
                Fit::No(elsewhere) => return Fit::No(elsewhere),
                _ => return Fit::Perhaps(why),
            },
            other => return other,
        }
        if self.memory.known == Some(&process.identity) {
            return Fit::Yes("the recorded identity");
        }
        if self.selector.names_program() {
            return self.place(process);
        }
        self.tie(process)
    }

    /// Is it a heal, this one's program or another one of that name that watches over a command?
    fn is_heal(&self, process: &Process) -> bool {
        let ours = self.processes.lineage().first().and_then(|pid| self.processes.exe(*pid));
        is_heal(process.exe.as_deref(), &process.args, ours.as_deref())
    }

    /// What the selector says about the process itself. What may not be seen is a doubt, never a "no": taken for dead, a
    /// service would be started twice.
    fn names_fit(&self, process: &Process) -> Fit {
        let parts = [self.program_fits(process), self.user_fits(process), self.folder_fits(process)];
        let mut doubt = None;
        for part in parts.into_iter().flatten() {
            match part {
                // What is ruled out by one part is not doubted because of another.
                Fit::No(why) => return Fit::No(why),
                other => _ = doubt.get_or_insert(other),
            }
        }
        doubt.unwrap_or(Fit::Yes("match"))
    }

    fn program_fits(&self, process: &Process) -> Option<Fit> {
        let selector = self.selector;
        let program = selector.executable.as_ref().map(|name| (name, is_program(process, name)));
        if let Some((name, Some(false))) = program {
            return Some(Fit::No(format!("its program is not {name}")));
        }
        let words = selector.args_contain.as_ref().map(|part| (part, mentions(&process.args, part)));
        if let Some((part, Mention::No)) = words {
            return Some(Fit::No(format!("its arguments do not contain `{part}`")));
        }
        if let Some(age) = selector.min_age.filter(|age| process.age_ms < age.millis()) {
            return Some(Fit::No(format!("it is younger than {age}")));
        }
        match (program, words) {
            (Some((name, None)), _) => Some(Fit::Perhaps(format!("heal may not see whether its program is {name}"))),
            (_, Some((part, Mention::Part))) => Some(Fit::Perhaps(format!(
                "`{part}` is only a part of a longer word in its arguments; narrow `match`, by its whole path or `cwd`"
            ))),
            _ => None,
        }
    }

    fn user_fits(&self, process: &Process) -> Option<Fit> {
        let user = self.selector.user.as_ref()?;
        match (resources::uid(user), process.uid) {
            (Ok(wanted), Some(uid)) if wanted == uid => None,
            (Ok(_), Some(_)) => Some(Fit::No(format!("it does not run as {user}"))),
            (Ok(_), None) => Some(Fit::Perhaps("heal may not see as whom it runs".to_owned())),
            (Err(why), _) => Some(Fit::Perhaps(why)),
        }
    }

    fn folder_fits(&self, process: &Process) -> Option<Fit> {
        let cwd = self.selector.cwd.as_ref()?;
        match &process.cwd {
            Some(actual) if *actual == self.root.join(cwd) => None,
            Some(_) => Some(Fit::No(format!("it does not run in {}", cwd.display()))),
            None => Some(Fit::Perhaps("heal may not see where it runs".to_owned())),
        }
    }

    /// The same program in another directory is another service. Only said for services that heal starts itself: there
    /// the directory is known. One that went to `/` like a daemon could be ours or a stranger's.
    fn place(&self, process: &Process) -> Fit {
        let Some(launch) = self.service.launch.as_ref().filter(|_| self.selector.cwd.is_none()) else {
            return Fit::Yes("match");
        };
        let homes = [launch.cwd.as_path(), self.root];
        let inside = |path: &Path| homes.iter().any(|home| path.starts_with(home));
        let names_us = process.args.iter().any(|arg| Path::new(arg).is_absolute() && inside(Path::new(arg)))
            || process.exe.as_deref().is_some_and(inside);
        match &process.cwd {
            _ if names_us => Fit::Yes("match"),
            Some(cwd) if inside(cwd) => Fit::Yes("match"),
            Some(cwd) if cwd != Path::new("/") => Fit::No(format!("it runs in another directory, {}", cwd.display())),
            // A life that heal knows may have moved there by itself.
            Some(_)
                if self.memory.known != Some(&process.identity)
                    && self.processes.has_another_root(process.identity.pid) =>
            {
                Fit::No("it runs in another `/`, such as that of a container".to_owned())
            }
            _ => Fit::Perhaps(
                "its directory does not tell whose it is; add `cwd = \"/\"` to `match` if it is this service"
                    .to_owned(),
            ),
        }
    }

    /// Where nothing but a pidfile names the service, only the start command is a reason to doubt that it is gone.
    pub(super) fn is_start(&self, process: &Process) -> bool {
        let launch = self.service.launch.as_ref();
        self.selector.names_program() || launch.is_none_or(|launch| is_start(&process.args, &launch.argv))
    }

    /// The same start command in another directory starts another service: no reason to doubt that ours is gone.
    pub(super) fn is_elsewhere(&self, process: &Process) -> bool {
        let (Some(launch), Some(cwd), None) = (&self.service.launch, &process.cwd, &self.selector.cwd) else {
            return false;
        };
        cwd != Path::new("/") && !cwd.starts_with(&launch.cwd) && !cwd.starts_with(self.root)
    }

    /// A process known only by its pidfile has to be tied to the service: the start command, the recorded life, or a descent from either.
    pub(super) fn tie(&self, process: &Process) -> Fit {
        if let Some(known) = self.memory.known
            && process.identity.pid == known.pid
            && process.identity != *known
        {
            return Fit::No("it is a later life of that pid".to_owned());
        }
        if let Some((started, _)) = self.memory.started
            && process.identity.boot == started.boot
            && process.session == started.pid
            && process.identity.start >= started.start
            && (self.living_start().is_some() || self.is_marked(process))
        {
            return Fit::Yes("the session that heal started");
        }
        if let Some(launch) = &self.service.launch {
            let mut pid = process.identity.pid;
            for _ in 0..16 {
                let Detail::Seen(ancestor) = self.processes.detail(pid) else { break };
                if is_start(&ancestor.args, &launch.argv) && ancestor.cwd.as_deref().is_none_or(|cwd| cwd == launch.cwd)
                {
                    return Fit::Yes("the start command");
                }
                if ancestor.parent <= 1 || self.processes.lineage().contains(&ancestor.parent) {
                    break;
                }
                pid = ancestor.parent;
            }
        }
        Fit::Perhaps(
            "nothing ties it to this service; add `executable` or `args_contain` to `match`, or remove a stale pidfile"
                .to_owned(),
        )
    }

    pub(super) fn holds(&self, root: &Process, pid: i32) -> bool {
        let mut at = pid;
        for _ in 0..16 {
            if at == root.identity.pid {
                return true;
            }
            match self.processes.detail(at) {
                Detail::Seen(process) if process.parent > 1 => at = process.parent,
                _ => return false,
            }
        }
        false
    }
}

/// By its program, and where that may not be seen by what it calls itself: a heal that only looks ends soon, one that runs
/// a command has that command's words in its own line for as long.
fn is_heal(exe: Option<&Path>, args: &[String], ours: Option<&Path>) -> bool {
    let exe = exe.map(without_mark);
    if exe.is_some() && exe == ours.map(without_mark) {
        return true;
    }
    let program = exe.or_else(|| args.first().map(Path::new));
    let mut own = args.iter().skip(1).take_while(|arg| *arg != "--");
    program.and_then(Path::file_name).is_some_and(|name| name == "heal") && own.any(|arg| arg == "run")
}

/// A program's path, also when an upgrade has replaced its file since.
fn without_mark(exe: &Path) -> &Path {
    exe.to_str().and_then(|text| text.strip_suffix(" (deleted)")).map_or(exe, Path::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heal_that_runs_a_command_is_told_from_that_command() {
        let ours = Some(Path::new("/opt/heal-1/heal"));
        let table = [
            (Some("/opt/heal-1/heal"), "heal check", true),
            (Some("/opt/heal-1/heal (deleted)"), "heal heal", true),
            (Some("/usr/bin/heal"), "heal --config x run --service bot -- python3 bot.py", true),
            (Some("/usr/bin/heal (deleted)"), "heal run --service bot -- python3 bot.py", true),
            (None, "/usr/bin/heal run --service bot -- python3 bot.py", true),
            (Some("/usr/bin/python3"), "python3 bot.py", false),
            (Some("/usr/bin/python3"), "heal run --service bot -- python3 bot.py", false),
            (None, "python3 bot.py run", false),
            // A service of that name is none of ours.
            (Some("/srv/game/heal"), "heal --port 80 -- run", false),
            (None, "", false),
        ];
        for (exe, line, expected) in table {
            let args: Vec<String> = line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
            assert_eq!(is_heal(exe.map(Path::new), &args, ours), expected, "{exe:?} {line}");
        }
        assert!(!is_heal(None, &["bot".to_owned()], None), "two that may not be seen are not the same");
    }
}
