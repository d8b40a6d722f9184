//! Does the service's last known life still run? One look at one process, where all agree: the recorded identity, `match`, and
//! the pidfile if there is one. Who else fits is not asked, so this is for a tick that would only find that all is well
//! (`model::searched` says when): whatever is not as plain as that is searched for among all processes.

use std::path::Path;

use super::identify::{Fit, Memory, Search, Who};
use super::index::Index;
use crate::host::process::{Detail, Process, Processes};
use crate::model::Service;

/// The service as it was recognised last, if that life still runs and still fits. `None` says nothing: search.
#[must_use]
pub fn still(service: &Service, root: &Path, memory: Memory<'_>, processes: &dyn Processes) -> Option<Who> {
    let selector = service.selector.as_ref()?;
    // Of several that may be, all are wanted. And where there is only a pidfile, nobody is searched for anyway.
    if selector.max_matches > 1 || !selector.names_program() {
        return None;
    }
    let index = Index::default();
    let search = Search { index: &index, service, selector, root, memory, processes };
    let process = search.last_known()?;
    let Fit::Yes(how) = search.fits(&process) else { return None };
    let also = search.wrapper(&process).into_iter().collect();
    Some(Who::Running { process, how: how.to_owned(), also })
}

impl Search<'_> {
    /// The recorded life, if it runs, and the pidfile names nobody else.
    fn last_known(&self) -> Option<Box<Process>> {
        let known = self.memory.known?;
        let process = match &self.selector.pidfile {
            Some(path) => self.pidfile(path).ok().flatten()?,
            None if self.processes.lineage().contains(&known.pid) => return None,
            None => match self.processes.detail(known.pid) {
                Detail::Seen(process) if !process.is_zombie() => process,
                _ => return None,
            },
        };
        (process.identity == *known).then_some(process)
    }
}
