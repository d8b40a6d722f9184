//! Hands libFuzzer's bytes to one of the targets of `heal::fuzz`, which `HEAL_FUZZ` names. Built and run by `scripts/fuzz`.

#![no_main]

use std::sync::OnceLock;

use heal::fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

static TARGET: OnceLock<Target> = OnceLock::new();

/// As heal, which starts itself with such a word to evaluate a filter; or which target is it?
fn begin() {
    let args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|word| word == "__eval") {
        std::process::exit(heal::run(args).into());
    }
    let name = std::env::var("HEAL_FUZZ").unwrap_or_default();
    let Some(target) = TARGETS.iter().find(|(known, _)| *known == name) else {
        let known: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
        eprintln!("HEAL_FUZZ is none of: {}", known.join(" "));
        std::process::exit(64);
    };
    let _ = TARGET.set(*target);
}

fuzz_target!(init: begin(), |data: &[u8]| {
    if let Some((_, target)) = TARGET.get() {
        target(data);
    }
});
