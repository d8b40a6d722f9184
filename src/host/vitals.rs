//! How is this process doing, and where does it hang? What `/proc` says beyond who it is; read right before a stop.
//! Every one of these reads may wait for ever on a process that is stuck in the kernel: ask them by [`super::gather`].

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use procfs::ProcError;
use procfs::process::Process as Entry;

use super::clock;
use crate::model::evidence::{Descriptors, Vitals};

/// Descriptors whose kind is looked up; of those beyond only the number counts.
const LOOKED_AT: u64 = 10_000;

/// Kinds of descriptors that are named.
const KINDS: usize = 5;

/// Lines of a kernel stack; deeper ones say where every system call begins.
const FRAMES: usize = 12;

/// See [`super::process::Processes::vitals`].
pub(super) fn vitals(pid: i32) -> Result<Vitals, String> {
    let unread = |error: ProcError| format!("pid {pid} cannot be looked at: {error}");
    let entry = Entry::new(pid).map_err(unread)?;
    let stat = entry.stat().map_err(unread)?;
    let status = entry.status().ok();
    let ticks = procfs::ticks_per_second().max(1);
    let millis = |count: u64| i64::try_from(count.saturating_mul(1_000) / ticks).unwrap_or(i64::MAX);
    let bytes = |kib: Option<u64>| kib.map(|kib| kib.saturating_mul(1024));
    Ok(Vitals {
        state: stat.state,
        wchan: entry.wchan().ok().filter(|wchan| !matches!(wchan.as_str(), "" | "0")),
        age_ms: (clock::boottime_ms() - millis(stat.starttime)).max(0),
        cpu_ms: Some(millis(stat.utime.saturating_add(stat.stime))),
        threads: u64::try_from(stat.num_threads).ok(),
        rss: bytes(status.as_ref().and_then(|status| status.vmrss)),
        swap: bytes(status.as_ref().and_then(|status| status.vmswap)),
    })
}

/// See [`super::process::Processes::stack`].
pub(super) fn stack(pid: i32) -> Result<Vec<String>, String> {
    let mut text = String::new();
    let read = fs::File::open(format!("/proc/{pid}/stack")).and_then(|file| file.take(8192).read_to_string(&mut text));
    read.map_err(|error| format!("the kernel stack of pid {pid} cannot be read: {error}"))?;
    // `[<0>] do_select+0x6d4/0x8d0`: the address is hidden, and the offset helps nobody without the kernel's symbols.
    let frame = |line: &str| {
        let name = line.rsplit(' ').next().unwrap_or(line);
        name.split('+').next().unwrap_or(name).to_owned()
    };
    Ok(text.lines().map(frame).filter(|name| !name.is_empty()).take(FRAMES).collect())
}

/// See [`super::process::Processes::descriptors`].
pub(super) fn descriptors(pid: i32) -> Result<Descriptors, String> {
    let unread = |error: std::io::Error| format!("what pid {pid} has open cannot be read: {error}");
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = 0;
    for entry in fs::read_dir(format!("/proc/{pid}/fd")).map_err(unread)?.flatten() {
        count += 1;
        if count <= LOOKED_AT
            && let Ok(target) = fs::read_link(entry.path())
        {
            *kinds.entry(kind(&target)).or_insert(0) += 1;
        }
    }
    let mut kinds: Vec<(String, u64)> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    kinds.truncate(KINDS);
    Ok(Descriptors { count, kinds })
}

/// `socket:[4711]` is a socket, `anon_inode:[eventpoll]` an eventpoll, `/dev/null` a device, other paths are files.
pub(super) fn kind(target: &Path) -> String {
    match target.to_string_lossy().split_once(':') {
        Some(("anon_inode", name)) => name.trim_matches(['[', ']']).to_owned(),
        Some((kind, _)) if !kind.starts_with('/') => kind.to_owned(),
        _ if target.starts_with("/dev") => "device".to_owned(),
        _ => "file".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_know_how_we_are_and_what_we_have_open() {
        let me = i32::try_from(std::process::id()).expect("a pid");
        let vitals = vitals(me).expect("ours");
        assert!(matches!(vitals.state, 'R' | 'S'), "{vitals:?}");
        assert!(vitals.rss.is_some_and(|rss| rss > 100_000) && vitals.threads.is_some_and(|count| count > 0));
        let dir = tempfile::tempdir().expect("a directory");
        let files: Vec<fs::File> = (0..200).map(|_| fs::File::open(dir.path()).expect("opened")).collect();
        let open = descriptors(me).expect("ours");
        assert!(open.count >= 200, "{open:?}");
        assert_eq!(open.kinds.first().map(|(kind, count)| (kind.as_str(), *count >= 200)), Some(("file", true)));
        drop(files);
    }

    #[test]
    fn a_descriptor_is_of_the_kind_that_its_link_says() {
        for (target, expected) in [
            ("socket:[4711]", "socket"),
            ("pipe:[1]", "pipe"),
            ("anon_inode:[eventpoll]", "eventpoll"),
            ("anon_inode:inotify", "inotify"),
            ("/dev/null", "device"),
            ("/srv/a:b.log (deleted)", "file"),
        ] {
            assert_eq!(kind(Path::new(target)), expected, "{target}");
        }
    }

    #[test]
    fn who_is_gone_has_no_vitals() {
        let nobody = super::super::process::PID_MAX - 1;
        assert!(vitals(nobody).is_err() && descriptors(nobody).is_err() && stack(nobody).is_err());
    }
}
