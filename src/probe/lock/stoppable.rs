//! May this holder be stopped? What `stop_holders` says of it, all of it. In doubt it may not; heal and its ancestors never.

use std::path::Path;

use super::super::program::{Mention, is_program, mentions, parse_pid};
use crate::host::process::{Detail, Process, Processes};
use crate::host::{files, resources};
use crate::model::lock::Holder;
use crate::model::{Identity, Selector};

/// Marks those holders that may be stopped; more of them than `max_matches`, and none may. `services` are the processes of
/// services that run: whoever wants these stopped says so by `heal restart`.
pub(super) fn mark(
    holders: &mut [Holder],
    selector: &Selector,
    root: &Path,
    processes: &dyn Processes,
    services: &[Identity],
) {
    for holder in &mut *holders {
        let pid = holder.identity.pid;
        let fits = match processes.detail(pid) {
            Detail::Seen(process) => process.identity == holder.identity && fits(&process, selector, root),
            _ => false,
        };
        holder.stoppable =
            fits && pid > 1 && !processes.lineage().contains(&pid) && !services.contains(&holder.identity);
    }
    if holders.iter().filter(|holder| holder.stoppable).count() > selector.max_matches {
        holders.iter_mut().for_each(|holder| holder.stoppable = false);
    }
}

/// Does it fit, beyond doubt?
pub(in crate::probe) fn fits(process: &Process, selector: &Selector, root: &Path) -> bool {
    let Selector { executable, args_contain, pidfile, cwd, user, min_age, max_matches: _ } = selector;
    let pid_in = |path: &Path| files::read_text(&root.join(path), 4096).ok().and_then(|text| parse_pid(&text));
    executable.as_ref().is_none_or(|name| is_program(process, name) == Some(true))
        && args_contain.as_ref().is_none_or(|part| mentions(&process.args, part) == Mention::Whole)
        && pidfile.as_ref().is_none_or(|path| pid_in(path) == Some(process.identity.pid))
        && cwd.as_ref().is_none_or(|cwd| process.cwd.as_deref() == Some(root.join(cwd).as_path()))
        && user.as_ref().is_none_or(|user| process.uid.is_some() && resources::uid(user).ok() == process.uid)
        && min_age.is_none_or(|age| process.age_ms >= age.millis())
}
