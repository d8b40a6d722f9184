//! argv in, exit code out; nothing else.

/// musl's own allocator asks the kernel for nearly every page anew, and gives it back at once: a hundred system calls of a
/// quiet tick. This one asks for 64 KiB at a time.
#[cfg(target_env = "musl")]
#[global_allocator]
static MEMORY: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

fn main() -> std::process::ExitCode {
    heal::run(std::env::args_os()).into()
}
