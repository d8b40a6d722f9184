//! What does a fuzzer call? One function for each kind of bytes that come from outside. Each panics when a promise is broken; the
//! promises stand beside what they are about. `scripts/fuzz` runs them with a fuzzer, the test below over what is kept of its finds.

use crate::{apply, config, host, journal, probe, remedy};

/// A name, and what is done with any bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them. A file for a target is in `tests/fuzz/corpus/NAME/`.
pub const TARGETS: &[Target] = &[
    ("config", config::fuzz::config),
    ("crash_history", journal::crashes::fuzz::crash_history),
    ("http_reply", http_reply),
    ("journal", journal::fuzz),
    ("jq", host::jq::fuzz::jq),
    ("pid_lock", probe::lock::fuzz),
    #[cfg(target_os = "linux")]
    ("proc", host::proc_fuzz::proc),
    ("ps_and_lsof", host::fuzz_ps_and_lsof),
    ("salvage", remedy::state::fuzz),
];

/// A reply is what a probe judges, and what a channel took an alert with, or did not.
fn http_reply(data: &[u8]) {
    if let Some(reply) = host::net::fuzz::reply(data) {
        probe::fuzz_body(&reply);
        apply::fuzz_reply(&reply);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_kept_of_the_fuzzers_finds_breaks_no_promise() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus");
        let folders = std::fs::read_dir(&corpora).expect("corpora").count();
        for (name, target) in TARGETS {
            let mut files: Vec<_> = std::fs::read_dir(corpora.join(name)).expect(name).flatten().collect();
            files.sort_by_key(std::fs::DirEntry::file_name);
            assert!(!files.is_empty(), "{name}");
            for file in files {
                let bytes = std::fs::read(file.path()).expect("readable");
                // Whole, and cut as by a crash of whoever wrote it.
                let kept = std::panic::catch_unwind(|| [&bytes[..], &bytes[..bytes.len() / 2]].map(target));
                assert!(kept.is_ok(), "{}", file.path().display());
            }
        }
        assert!(folders == TARGETS.len() || cfg!(not(target_os = "linux")), "{folders} folders");
    }
}
