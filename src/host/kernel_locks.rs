//! What does the kernel's table of locks say? `/proc/locks`, a line for each lock: POSIX, OFD and flock alike; read only, where
//! to try a lock oneself would make a service's own start fail (FAULTS b: 7 of 3,000).

use rustix::fs::makedev;

use crate::model::lock::{FileId, Grip};

/// One lock that is held; who only waits for one holds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KernelLock {
    pub(super) file: FileId,
    /// 0 or -1 where the kernel names nobody: another pid namespace, or a lock of an open file description.
    pub(super) pid: i32,
    pub(super) grip: Grip,
}

/// Every lock of the table. A line of a kind that is not known here is no lock on a file.
pub(super) fn parse(table: &str) -> Vec<KernelLock> {
    table.lines().filter_map(line).collect()
}

/// `3: POSIX  ADVISORY  WRITE 4711 fe:00:131073 1073741824 1073742335`
fn line(line: &str) -> Option<KernelLock> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let grip = match words.next()? {
        "POSIX" | "OFDLCK" => Grip::Record,
        "FLOCK" => Grip::Flock,
        // `->`: it waits. A lease is seen by whoever tries to open the file.
        _ => return None,
    };
    let pid = words.nth(2)?.parse().ok()?;
    let mut place = words.next()?.split(':');
    let mut hex = || u32::from_str_radix(place.next()?, 16).ok();
    let device = makedev(hex()?, hex()?);
    let inode = place.next()?.parse().ok()?;
    Some(KernelLock { file: FileId { device, inode }, pid, grip })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_lock_is_read_and_who_waits_holds_nothing() {
        let at = |major, minor, inode| FileId { device: makedev(major, minor), inode };
        let table = [
            (
                "1: POSIX  ADVISORY  WRITE 4711 fe:00:131073 1073741824 1073742335",
                Some((4711, Grip::Record, at(254, 0, 131_073))),
            ),
            ("2: POSIX  ADVISORY  READ  7 00:1f:99 120 120", Some((7, Grip::Record, at(0, 31, 99)))),
            ("3: OFDLCK ADVISORY  WRITE -1 08:01:12 0 EOF", Some((-1, Grip::Record, at(8, 1, 12)))),
            ("4: FLOCK  ADVISORY  WRITE 5 08:01:12 0 EOF", Some((5, Grip::Flock, at(8, 1, 12)))),
            ("5: POSIX  MANDATORY WRITE 5 08:01:12 0 EOF", Some((5, Grip::Record, at(8, 1, 12)))),
            ("5: -> FLOCK  ADVISORY  WRITE 6 08:01:12 0 EOF", None),
            ("6: LEASE  ACTIVE    READ 9 08:01:12 0 EOF", None),
            ("7: DELEG  BREAKING  READ 9 08:01:12 0 EOF", None),
            ("8: POSIX  *NOINODE* WRITE 9", None),
            ("9: POSIX  ADVISORY  WRITE x 08:01:12 0 EOF", None),
            ("9: POSIX  ADVISORY  WRITE 5 08:zz:12 0 EOF", None),
            ("", None),
        ];
        for (text, expected) in table {
            let expected: Vec<_> =
                expected.into_iter().map(|(pid, grip, file)| KernelLock { file, pid, grip }).collect();
            assert_eq!(parse(text), expected, "{text}");
        }
    }
}
