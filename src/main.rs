//! argv in, exit code out; nothing else.

fn main() -> std::process::ExitCode {
    heal::run(std::env::args_os()).into()
}
