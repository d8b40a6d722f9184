//! Which system calls need `unsafe`? These few, and no others: the one module where it is allowed.
//! Each function is a safe face over one call, with the reason why the call is sound.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::libc;
use nix::sys::signal::{SigHandler, SigSet, SigmaskHow, Signal, pthread_sigmask, signal};

/// Marks every descriptor above stderr close-on-exec, so that nothing that heal was given (a crontab's flock, an
/// editor's socket) reaches a service that it starts (FAULTS b: an inherited lock shut out every later tick).
pub fn close_on_exec_everywhere() {
    // SAFETY: the call changes flags of descriptors, it touches no memory and closes nothing.
    #[cfg(target_os = "linux")]
    let done = unsafe { libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) } == 0;
    #[cfg(not(target_os = "linux"))]
    let done = false;
    if !done {
        // Kernels before 5.9, and macOS.
        for fd in 3..1024 {
            // SAFETY: as above; an unused number answers EBADF.
            unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

/// Gives this process the signal state that the rest of the program relies on, whatever it was started with: a file
/// size limit is an error, not a death (FAULTS D5); children can be waited for even under a parent that ignores
/// SIGCHLD; nothing is blocked.
pub fn sane_signals() {
    // SAFETY: both are constant dispositions, no handler runs our code.
    unsafe {
        let _ = signal(Signal::SIGXFSZ, SigHandler::SigIgn);
        // Sent to whoever has a lease on a file that somebody opens; it would end us.
        let _ = signal(Signal::SIGIO, SigHandler::SigIgn);
        let _ = signal(Signal::SIGCHLD, SigHandler::SigDfl);
    }
    let _ = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None);
}

/// A mask that takes away the owner's own rights would make the data directory, and what a service writes, unreadable to
/// us; one that takes away nothing would let everybody write what a service creates. Between these it is the user's choice.
pub fn sane_umask() {
    use nix::sys::stat::{Mode, umask};
    // It is told only by setting another: first the one that nearly everybody has.
    let usual = Mode::from_bits_truncate(0o022);
    let given = umask(usual);
    GIVEN_UMASK.store(given.bits(), Ordering::Relaxed);
    let sane = (given | Mode::S_IWOTH) - Mode::S_IRWXU;
    if sane != usual {
        umask(sane);
    }
}

/// The mask that heal itself was started with, as [`sane_umask`] found it.
static GIVEN_UMASK: AtomicU32 = AtomicU32::new(0o022);

/// Before heal becomes another program, and in a child between fork and exec that is to find what heal found: the mask of new
/// files, and the dispositions that heal set for itself. What was ignored before, as by `nohup`, stays so.
pub fn as_given() -> io::Result<()> {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(GIVEN_UMASK.load(Ordering::Relaxed)));
    for one in [Signal::SIGXFSZ, Signal::SIGPIPE, Signal::SIGIO] {
        // SAFETY: setting a default disposition is async-signal-safe.
        unsafe { signal(one, SigHandler::SigDfl) }?;
    }
    Ok(())
}

/// In a child between fork and exec: every signal gets its default, whatever heal itself was started with. What `nohup`
/// or a script's `trap '' TERM` ignores is ignored across exec as well: such a service could only be killed.
pub fn default_signals() -> io::Result<()> {
    for one in Signal::iterator().filter(|one| !matches!(one, Signal::SIGKILL | Signal::SIGSTOP)) {
        // SAFETY: setting a default disposition is async-signal-safe, and the iterator walks a constant.
        unsafe { signal(one, SigHandler::SigDfl) }?;
    }
    Ok(())
}

/// Sets what the child does between fork and exec. `step` must only make async-signal-safe calls: no allocation, no
/// locks; it runs in a copy of a process whose other threads are gone.
pub fn before_exec<F>(command: &mut Command, step: F)
where
    F: FnMut() -> io::Result<()> + Send + Sync + 'static,
{
    // SAFETY: the contract above; the callers (exec, apply::launch, apply::attend) make system calls only.
    unsafe { command.pre_exec(step) };
}

/// Takes a write lease on an open file and hands it back at once. See [`super::holders`].
///
/// # Errors
/// `EAGAIN`: somebody else has it open. Anything else: that cannot be said.
#[cfg(target_os = "linux")]
pub fn lease(file: &std::fs::File) -> nix::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: both calls take a number and a constant, and touch no memory.
    let taken = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK) };
    // SAFETY: as above. Closing the file would hand it back as well.
    unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK) };
    nix::errno::Errno::result(taken).map(drop)
}

/// There are no leases.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn lease(_file: &std::fs::File) -> nix::Result<()> {
    Err(nix::errno::Errno::ENOSYS)
}

/// The memory of the static build. musl's own allocator asks the kernel for nearly every page anew, and gives it back at once: a
/// hundred system calls of a quiet tick. dlmalloc asks for 64 KiB at a time, here behind a lock of the standard library: musl's,
/// which it takes by itself, was an eighth of what a tick does outside of the kernel.
#[cfg(target_env = "musl")]
pub struct Memory(std::sync::Mutex<dlmalloc::Dlmalloc>);

#[cfg(target_env = "musl")]
impl Memory {
    /// All of it, and none of it in use.
    #[must_use]
    pub const fn all() -> Self {
        Self(std::sync::Mutex::new(dlmalloc::Dlmalloc::new()))
    }

    /// The lock waits by a futex and allocates nothing.
    fn lock(&self) -> std::sync::MutexGuard<'_, dlmalloc::Dlmalloc> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

// SAFETY: dlmalloc keeps what is asked of an allocator, one caller at a time, which the lock sees to; neither of them unwinds.
#[cfg(target_env = "musl")]
unsafe impl std::alloc::GlobalAlloc for Memory {
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        // SAFETY: size and alignment are those of a layout.
        unsafe { self.lock().malloc(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: std::alloc::Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe { self.lock().calloc(layout.size(), layout.align()) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: std::alloc::Layout) {
        // SAFETY: the caller gives back what it got here, with the same layout.
        unsafe { self.lock().free(memory, layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: std::alloc::Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe { self.lock().realloc(memory, layout.size(), layout.align(), size) }
    }
}
