//! The whole product, through the real binary: real files, processes, sockets. One file for each subcommand, and one for
//! each promise that cuts across them. Nothing here touches anything outside its own temporary directory.

// Tests make the world that heal looks at; and a helper that fails should say where, as a test does.
#![allow(clippy::disallowed_methods, clippy::expect_used, unreachable_pub)]

mod acting;
mod architecture;
mod check;
mod clean_room;
mod completions;
mod concurrency;
mod config;
mod examples;
mod faults;
mod faults_data;
mod faults_journal;
mod heal;
mod heal_alert;
mod heal_dry;
mod heal_ladder;
mod heal_start;
mod heal_stop;
mod identity;
mod init;
mod json;
mod man;
mod release;
mod support;
mod usage;
