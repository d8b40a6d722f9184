//! Where do we look? Processes, files, sockets, the clock, the environment: everything heal sees of the world.
//! Nothing in here changes anything; commands that run here end here.

pub mod clock;
pub mod commits;
#[cfg(target_os = "linux")]
mod descriptors;
#[cfg(target_os = "linux")]
mod entry;
pub mod env;
pub mod exec;
pub mod files;
pub mod folders;
pub mod gather;
pub mod git;
pub mod holders;
pub mod jq;
#[cfg(target_os = "linux")]
mod kernel_locks;
pub mod near;
pub mod net;
mod place;
mod portable;
#[cfg(target_os = "linux")]
pub mod proc;
#[cfg(all(target_os = "linux", any(test, fuzzing)))]
pub(crate) mod proc_fuzz;
pub mod process;
pub mod release;
pub mod resources;
pub mod schedulers;
#[cfg(target_os = "linux")]
mod sockets;
pub mod sqlite;
pub mod supervisor;
pub mod sys;
pub mod tls;
pub mod trust;
#[cfg(target_os = "linux")]
mod vitals;

#[cfg(any(test, fuzzing))]
pub(crate) use portable::fuzz::ps_and_lsof as fuzz_ps_and_lsof;
use std::sync::Arc;

/// The process table of this machine for one run: from `/proc` where there is one. Tests of the real binary choose the other
/// one by `HEAL_TEST_BACKEND=portable`; a release build does not read it.
#[cfg(target_os = "linux")]
#[must_use]
pub fn processes() -> Arc<dyn process::Processes> {
    if cfg!(debug_assertions) && env::var("HEAL_TEST_BACKEND").is_some_and(|name| name == "portable") {
        return Arc::new(portable::Portable::default());
    }
    Arc::new(proc::Proc::default())
}

/// The process table of this machine for one run.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn processes() -> Arc<dyn process::Processes> {
    Arc::new(portable::Portable::default())
}
