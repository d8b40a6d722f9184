//! Where do we look? Processes, files, sockets, the clock, the environment: everything heal sees of the world.
//! Nothing in here changes anything; commands that run here end here.

pub mod clock;
pub mod env;
pub mod exec;
pub mod files;
pub mod net;
#[cfg(target_os = "linux")]
pub mod proc;
pub mod process;
pub mod resources;
pub mod sys;
pub mod systemd;
pub mod trust;

use std::sync::Arc;

/// The process table of this machine for one run.
#[must_use]
pub fn processes() -> Arc<dyn process::Processes> {
    Arc::new(proc::Proc::default())
}
