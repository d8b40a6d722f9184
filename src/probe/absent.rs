//! Nobody fits: is the service gone? Only if nobody could be it who does not show it: what heal started and is not ready, who is
//! about to write the pidfile, who was started before the history was lost.

use super::identify::{NOT_YET, Search, Who};
use crate::host::process::{Detail, Process};
use crate::model::Identity;
use crate::model::service::NAME;
use crate::model::units::span_text;

impl Search<'_> {
    /// Nobody fits. That is only "gone" if nobody could be it who does not show it yet.
    pub(super) fn absent(&self, stale: Option<&Process>) -> Who {
        // What heal started may prepare itself before it becomes what `match` describes: a `run.sh` that execs at its end.
        if let Some(process) = self.living_start() {
            let grace = self.service.rules.startup_grace;
            if process.age_ms < grace.millis() {
                return Who::Running { process: Box::new(process), how: NOT_YET.to_owned(), also: Vec::new() };
            }
            // It may still prepare itself, or start again what ended inside of it: neither is known to be down.
            let (pid, command) = (process.identity.pid, process.command());
            let why = format!(
                "what heal started runs as pid {pid} `{command}`, and nothing fits `match` after startup_grace {grace}; correct \
                 one of them"
            );
            return Who::Unknown { why };
        }
        if let Some(process) = self.unrecorded() {
            let (pid, command) = (process.identity.pid, process.command());
            let why = format!(
                "pid {pid} `{command}` was started by heal as this service, which the journal does not know and `match` does not \
                 fit; correct `match`, or stop it"
            );
            return Who::Unknown { why };
        }
        if let Some(process) = self.newcomer() {
            let why = format!(
                "the pidfile names nobody, but pid {} `{}` was started in the service's directory only {} ago",
                process.identity.pid,
                process.command(),
                span_text(process.age_ms)
            );
            return Who::Unknown { why };
        }
        Who::Gone { why: self.nobody(stale), left: self.left_behind() }
    }

    /// The life that heal started, if it is running now.
    pub(super) fn living_start(&self) -> Option<Process> {
        let (started, _) = self.memory.started?;
        self.alive(started.pid).filter(|process| process.identity == *started)
    }

    /// Who runs under this number, as far as it is seen.
    fn alive(&self, pid: i32) -> Option<Process> {
        match self.processes.detail(pid) {
            Detail::Seen(process) if !process.is_zombie() => Some(*process),
            _ => None,
        }
    }

    /// A service known by its pidfile alone does not exist before it wrote one: somebody young in its directory may be
    /// about to. Older than the grace, it had its time.
    fn newcomer(&self) -> Option<Process> {
        let launch = self.service.launch.as_ref().filter(|_| !self.selector.names_program())?;
        let me = self.processes.exe(*self.processes.lineage().first()?);
        let rows = self.processes.rows().ok()?;
        let others = rows.into_iter().filter(|row| !self.processes.lineage().contains(&row.pid));
        let mut living = others.filter_map(|row| self.alive(row.pid));
        living.find(|process| {
            process.cwd.as_deref() == Some(&launch.cwd)
                && process.age_ms < self.service.rules.startup_grace.millis()
                && (process.exe.is_none() || process.exe != me)
                && self.owner(process).is_none()
        })
    }

    /// Somebody in the service's directory who carries its name from a start that the history does not know: it was lost.
    fn unrecorded(&self) -> Option<Process> {
        let launch = self.service.launch.as_ref().filter(|_| self.memory.started.is_none())?;
        let pids = self.processes.carriers(&format!("{NAME}={}", self.service.name));
        let others = pids.into_iter().filter(|pid| !self.processes.lineage().contains(pid));
        let mut living = others.filter_map(|pid| self.alive(pid));
        living.find(|process| process.cwd.as_ref() == Some(&launch.cwd) && self.owner(process).is_none())
    }

    /// The living rest of the session that heal gave to the last life. The number of a session says little once its leader
    /// is gone: only who carries heal's mark is taken for one of them.
    fn left_behind(&self) -> Vec<Process> {
        let started = self.memory.started.map(|(started, _)| started);
        let this_boot = |started: &&Identity| started.boot == crate::host::clock::boot_id();
        let Some(started) = started.filter(this_boot) else { return Vec::new() };
        let family = self.processes.family().unwrap_or_default();
        let members = family.into_iter().filter(|kin| kin.session == started.pid && kin.pid != started.pid);
        let living = members.filter_map(|kin| self.alive(kin.pid)).filter(|one| one.identity.start >= started.start);
        let ours =
            |process: &Process| !self.processes.lineage().contains(&process.identity.pid) && self.is_marked(process);
        living.filter(ours).collect()
    }

    fn nobody(&self, stale: Option<&Process>) -> String {
        let mut why = vec!["no process fits".to_owned()];
        if let Some(process) = stale {
            why.push(format!(
                "the pidfile is stale: pid {} is now `{}`, and is left alone",
                process.identity.pid,
                process.command()
            ));
        }
        if let Some(known) = self.memory.known
            && known.boot == crate::host::clock::boot_id()
        {
            why.push(format!("it last ran as pid {}{}", known.pid, self.unreaped(known).unwrap_or_default()));
        }
        why.join("; ")
    }

    /// Who does not take notice of its end: a zombie is dead, and its parent has a fault of its own (FAULTS 5).
    fn unreaped(&self, known: &Identity) -> Option<String> {
        let Detail::Seen(zombie) = self.processes.detail(known.pid) else { return None };
        if zombie.identity != *known || !zombie.is_zombie() || self.processes.lineage().contains(&zombie.parent) {
            return None;
        }
        let Detail::Seen(parent) = self.processes.detail(zombie.parent) else { return None };
        Some(format!(", a zombie now that its parent, pid {} `{}`, does not reap", zombie.parent, parent.command()))
    }
}
