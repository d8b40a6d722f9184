//! The whole product, through the real binary: real files, processes, sockets. One file for each subcommand, and one for
//! each promise that cuts across them. Nothing here touches anything outside its own temporary directory.

// Tests make the world that heal looks at; `allow-expect-in-tests` of clippy does not reach functions beside #[test].
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, unreachable_pub)]

mod architecture;
mod check;
mod check_commands;
mod check_network;
mod check_output;
mod check_read_only;
mod clean_room;
mod completions;
mod concurrency;
mod config;
mod examples;
mod faults;
mod heal;
mod heal_quiet;
mod identity;
mod identity_pidfile;
mod init;
mod json;
mod man;
mod readme;
mod release;
mod support;
mod usage;
