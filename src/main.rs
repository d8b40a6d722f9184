//! argv in, exit code out; nothing else.

#[cfg(target_env = "musl")]
#[global_allocator]
static MEMORY: heal::host::sys::Memory = heal::host::sys::Memory::all();

fn main() -> std::process::ExitCode {
    heal::run(std::env::args_os()).into()
}
