//! Who has these files open or mapped? One pass over `/proc/PID/fd` by device and inode, with no allocation for a descriptor;
//! mappings only for files that nobody was found for.

use std::fs::{self, File};
use std::io::{self, Read};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, OFlags, RawDir, StatxFlags, makedev, statx};
use rustix::io::Errno;

use super::entry::{folder, read_into};
use super::kernel_locks;
use super::process::{Grips, hides_others};
use crate::model::lock::{FileId, Grip};

/// What the whole pass may take: 5,000 processes with 20 descriptors each take a third of a second.
const PASS: Duration = Duration::from_secs(10);

/// What could not be seen, counted.
#[derive(Debug, Default)]
struct Unseen {
    hidden: usize,
    one: i32,
    late: bool,
}

impl Unseen {
    fn add(&mut self, pid: i32) {
        self.hidden += 1;
        self.one = pid;
    }

    fn why(&self) -> Option<String> {
        if self.late {
            return Some(format!("to look into all processes took longer than {} s", PASS.as_secs()));
        }
        let (count, one) = (self.hidden, self.one);
        (count > 0).then(|| match count {
            1 => format!("what pid {one} has open is hidden from this user; root sees it"),
            _ => format!(
                "what {count} processes have open, pid {one} among them, is hidden from this user; root sees it"
            ),
        })
    }
}

/// Who has any of these files locked or open. `files` is sorted.
pub(super) fn grips(pids: &[i32], files: &[FileId]) -> Result<Grips, String> {
    let table = kernel_table().map_err(|error| format!("/proc/locks cannot be read: {error}"))?;
    let locks = kernel_locks::parse(&table).into_iter().filter(|lock| files.binary_search(&lock.file).is_ok());
    let mut found: Vec<(FileId, i32, Grip)> = locks.map(|lock| (lock.file, lock.pid, lock.grip)).collect();
    let (mut unseen, end, own) = (Unseen::default(), Instant::now() + PASS, own());
    let mut buffer = Vec::with_capacity(8 * 1024);
    let mut path = String::new();
    for pid in pids.iter().copied().filter(|pid| *pid != own) {
        if Instant::now() > end {
            unseen.late = true;
            break;
        }
        path.clear();
        path.push_str("/proc/");
        path.push_str(&pid.to_string());
        path.push_str("/fd");
        match descriptors(&path, &mut buffer, files, |file| found.push((file, pid, Grip::Open))) {
            Ok(()) | Err(Errno::NOENT | Errno::SRCH) => {}
            Err(_) => unseen.add(pid),
        }
    }
    hidden(pids, &mut unseen);
    Ok(Grips { found, unseen: unseen.why() })
}

/// Into a buffer that has room from the start: the kernel goes on from where the last read ended by counting, so that a lock
/// released between two small reads hides another one.
fn kernel_table() -> io::Result<String> {
    let mut table = String::with_capacity(64 * 1024);
    File::open("/proc/locks")?.read_to_string(&mut table)?;
    Ok(table)
}

fn descriptors(path: &str, buffer: &mut Vec<u8>, files: &[FileId], mut found: impl FnMut(FileId)) -> Result<(), Errno> {
    let fds = folder(path, OFlags::RDONLY)?;
    buffer.clear();
    let mut entries = RawDir::new(&fds, buffer.spare_capacity_mut());
    while let Some(entry) = entries.next() {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_bytes().starts_with(b".") {
            continue;
        }
        // Not synchronised: a server that does not answer must not keep us from the others.
        match statx(&fds, name, AtFlags::STATX_DONT_SYNC, StatxFlags::INO) {
            Ok(stat) => {
                let file = FileId { device: makedev(stat.stx_dev_major, stat.stx_dev_minor), inode: stat.stx_ino };
                if files.binary_search(&file).is_ok() {
                    found(file);
                }
            }
            // It was closed meanwhile.
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Who has any of these files mapped, be it without a descriptor. `files` is sorted.
pub(super) fn mappings(pids: &[i32], files: &[FileId]) -> Grips {
    let (mut unseen, end, own) = (Unseen::default(), Instant::now() + PASS, own());
    let (mut found, mut text) = (Vec::new(), Vec::new());
    for pid in pids.iter().copied().filter(|pid| *pid != own) {
        if Instant::now() > end {
            unseen.late = true;
            break;
        }
        text.clear();
        // To its end: unlike the other files in there it comes in pieces, however much room there is.
        match fs::File::open(format!("/proc/{pid}/maps")).and_then(|mut file| file.read_to_end(&mut text)) {
            Ok(_) => {
                let mapped = text.split(|byte| *byte == b'\n').filter_map(mapping);
                found.extend(
                    mapped.filter(|file| files.binary_search(file).is_ok()).map(|file| (file, pid, Grip::Mapped)),
                );
            }
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::NOENT | Errno::SRCH)) => {}
            Err(_) => unseen.add(pid),
        }
    }
    hidden(pids, &mut unseen);
    Grips { found, unseen: unseen.why() }
}

/// `7f1c…-7f1d… r--s 00000000 fe:00 131073  /srv/bot/data/bot.session-shm`; `None` for what is no file.
pub(super) fn mapping(line: &[u8]) -> Option<FileId> {
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).skip(3);
    let (major, minor) = std::str::from_utf8(words.next()?).ok()?.split_once(':')?;
    let hex = |text: &str| u32::from_str_radix(text, 16).ok();
    let inode: u64 = std::str::from_utf8(words.next()?).ok()?.parse().ok()?;
    (inode > 0).then_some(FileId { device: makedev(hex(major)?, hex(minor)?), inode })
}

/// Processes of pid namespaces below ours that call themselves by this number there (`NSpid` of proc(5)).
pub(super) fn namesakes(pids: &[i32], pid: i32) -> Result<Vec<i32>, String> {
    let (mut found, mut text) = (Vec::new(), Vec::new());
    for one in pids {
        text.clear();
        match read_into(rustix::fs::CWD, &format!("/proc/{one}/status"), &mut text, usize::MAX) {
            Ok(()) if nested(&text).contains(&pid) => found.push(*one),
            Ok(()) | Err(Errno::NOENT | Errno::SRCH) => {}
            Err(error) => return Err(format!("/proc/{one}/status cannot be read: {error}")),
        }
    }
    Ok(found)
}

/// The numbers of a process in the namespaces below ours.
pub(super) fn nested(status: &[u8]) -> Vec<i32> {
    let line = status.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"NSpid:"));
    let text = line.and_then(|line| std::str::from_utf8(line).ok()).unwrap_or_default();
    text.split_ascii_whitespace().skip(1).filter_map(|number| number.parse().ok()).collect()
}

fn hidden(pids: &[i32], unseen: &mut Unseen) {
    if hides_others(pids).is_some() {
        unseen.add(1);
    }
}

fn own() -> i32 {
    i32::try_from(std::process::id()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_memory_map_names_a_file_or_none() {
        let file = FileId { device: makedev(0xfe, 0x10), inode: 131_073 };
        let table = [
            ("7f1c2a-7f1c2b r--s 00000000 fe:10 131073                     /srv/bot/data/bot.session-shm", Some(file)),
            ("7f1c2a-7f1c2b r--s 00000000 fe:10 131073 /srv/gone (deleted)", Some(file)),
            ("7f1c2a-7f1c2b rw-p 00000000 00:00 0                          [heap]", None),
            ("7f1c2a-7f1c2b rw-p 00000000 00:00 0", None),
            ("7f1c2a-7f1c2b rw-p", None),
            ("", None),
        ];
        for (line, expected) in table {
            assert_eq!(mapping(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn only_numbers_of_other_namespaces_are_nested() {
        for (status, expected) in [
            ("Name:\ta\nNSpid:\t4711\nNSpgid:\t1\n", vec![]),
            ("Name:\ta\nNSpid:\t4711\t7\nNSpgid:\t1\n", vec![7]),
            ("NSpid:\t4711\t7\t1\n", vec![7, 1]),
            ("Name:\ta\n", vec![]),
        ] {
            assert_eq!(nested(status.as_bytes()), expected, "{status}");
        }
    }

    #[test]
    fn what_could_not_be_seen_is_counted_and_said() {
        let mut unseen = Unseen::default();
        hidden(&[1, 7], &mut unseen);
        assert_eq!(unseen.why(), None);
        hidden(&[7], &mut unseen);
        assert!(unseen.why().is_some_and(|why| why.contains("pid 1 ")), "{unseen:?}");
        unseen.add(9);
        assert!(unseen.why().is_some_and(|why| why.contains("2 processes")), "{unseen:?}");
    }
}
