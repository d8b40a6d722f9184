//! The whole product, through the real binary: real files, processes, sockets. One file for each subcommand, and one for
//! each promise that cuts across them. Nothing here touches anything outside its own temporary directory.

// Tests make the world that heal looks at; `allow-expect-in-tests` of clippy does not reach functions beside #[test].
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::unwrap_used, unreachable_pub)]

mod acting;
mod architecture;
mod check;
mod check_commands;
mod check_network;
mod check_output;
mod check_read_only;
mod clean_room;
mod completions;
mod completions_dynamic;
mod concurrency;
mod config;
mod config_faults;
mod config_files;
mod config_probes;
mod config_secrets;
mod config_services;
mod config_shape;
mod config_sources;
mod examples;
mod faults;
mod faults_data;
mod faults_journal;
mod heal;
mod heal_alert;
mod heal_dry;
mod heal_evidence;
mod heal_ladder;
mod heal_quiet;
mod heal_start;
mod heal_stop;
mod identity;
mod identity_pidfile;
mod identity_twins;
mod init;
mod init_propose;
mod json;
mod links;
mod man;
mod readme;
mod release;
mod support;
mod telling;
mod usage;
