//! Where does this file live, and where do we? On a network file system, and outside of our pid namespace, there are processes
//! that nobody here can see.

use std::fs::File;

#[cfg(target_os = "linux")]
use rustix::fs::fstatfs;

/// File systems whose files only this machine has, and that give leases by who has a file open: ext2 to ext4, XFS, btrfs,
/// F2FS, tmpfs, and overlayfs, where only who goes around it is missed (statfs(2)).
#[cfg(target_os = "linux")]
const LOCAL: [u64; 6] = [0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010, 0x0102_1994, 0x794C_7630];

/// File systems on which another machine, or the other side of a virtual one, may have a file open: NFS, SMB, CIFS, SMB2, 9p,
/// FUSE, Ceph, AFS, virtiofs has the number of FUSE (statfs(2); FAULTS B7).
#[cfg(target_os = "linux")]
const SHARED: [u64; 8] = [0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x0102_1997, 0x6573_5546, 0x00C3_6400, 0x5346_414F];

/// The number of the first pid namespace of a machine (`PROC_PID_INIT_INO` of the kernel).
#[cfg(target_os = "linux")]
const FIRST: &str = "pid:[4026531836]";

#[cfg(target_os = "linux")]
fn kind(file: &File) -> Option<u64> {
    // Signed on some machines; the upper half is never part of it.
    fstatfs(file).ok().map(|stat| {
        u64::from(stat.f_type.to_le_bytes()[..4].iter().rev().fold(0u32, |sum, byte| (sum << 8) | u32::from(*byte)))
    })
}

/// Does a lease say whether anybody has it open?
#[cfg(target_os = "linux")]
pub(super) fn knows_leases(file: &File) -> bool {
    kind(file).is_some_and(|kind| LOCAL.contains(&kind))
}

/// There are no leases.
#[cfg(not(target_os = "linux"))]
pub(super) fn knows_leases(_file: &File) -> bool {
    false
}

/// Why nobody on this machine alone could say that the file is free.
#[cfg(target_os = "linux")]
pub(super) fn doubt(file: &File) -> Option<String> {
    let shared = kind(file).is_none_or(|kind| SHARED.contains(&kind));
    shared.then(|| "it lies on a file system that other machines may share: who has it open there is unseen".to_owned())
}

/// Nobody says where it lies.
#[cfg(not(target_os = "linux"))]
pub(super) fn doubt(_file: &File) -> Option<String> {
    None
}

/// Why there may be processes that we cannot see.
#[cfg(target_os = "linux")]
pub(super) fn namespace_doubt() -> Option<String> {
    let ours = std::fs::read_link("/proc/self/ns/pid").ok();
    let first = ours.as_ref().is_some_and(|ours| ours.as_os_str() == FIRST);
    (!first).then(|| "heal runs in a pid namespace of its own: who has it open outside of that is unseen".to_owned())
}

/// There are no such namespaces.
#[cfg(not(target_os = "linux"))]
pub(super) fn namespace_doubt() -> Option<String> {
    None
}
