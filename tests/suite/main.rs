//! The whole product, through the real binary: real files, processes, sockets. One file for each subcommand, and one for
//! each promise that cuts across them. Nothing here touches anything outside its own temporary directory.

mod architecture;
mod check;
mod clean_room;
mod completions;
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
mod heal;
mod identity;
mod init;
mod json;
mod man;
mod release;
mod support;
mod usage;
