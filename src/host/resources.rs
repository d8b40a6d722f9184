//! How much is left? Room on a file system, memory of the machine, and who waits for it; the locks that are held; the number of a user.

use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};
#[cfg(target_os = "linux")]
use rustix::{
    buffer::spare_capacity,
    fs::{Mode, OFlags},
    io::{read, retry_on_intr},
};

/// A file system, as an unprivileged user may use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// Free bytes.
    pub free: u64,
    /// All bytes.
    pub total: u64,
    /// Free inodes and all inodes; `None` where they are made as needed (btrfs, xfs says how many it could make).
    pub inodes: Option<(u64, u64)>,
    /// Can it not be written?
    pub read_only: Option<ReadOnly>,
}

/// What cannot be written?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOnly {
    /// The file system, for everybody: mounted so, or turned so by the kernel after an error.
    Everywhere,
    /// This view of it: a bind mount, a container, `ProtectSystem=` of the unit that runs heal. Others may write it.
    Here,
}

/// The file system that holds `path`.
///
/// # Errors
/// Says why it cannot be told.
pub fn disk(path: &Path) -> Result<FileSystem, String> {
    let stats = statvfs(path).map_err(|error| std::io::Error::from(error).to_string())?;
    let bytes = |blocks: u64| blocks.saturating_mul(stats.f_frsize);
    let refused = stats.f_flag.contains(StatVfsMountFlags::RDONLY);
    let read_only = match gave_up(path) {
        Some(true) => Some(ReadOnly::Everywhere),
        Some(false) if refused => Some(ReadOnly::Here),
        // Nobody says whose doing it is: what is read-only is so for all that we know.
        None if refused => Some(ReadOnly::Everywhere),
        _ => None,
    };
    Ok(FileSystem {
        free: bytes(stats.f_bavail),
        total: bytes(stats.f_blocks),
        inodes: (stats.f_files > 0).then_some((stats.f_favail, stats.f_files)),
        read_only,
    })
}

/// Less than this is full: a sign of life that is written aside and renamed needs some blocks of its own, and what a large
/// write did not get stays free.
const FULL: u64 = 64 * 1024;

/// Why nothing could be written there, as far as that can be told: by the process, with root's reserve or without.
#[must_use]
pub fn unwritable(path: &Path, pid: Option<i32>, root: bool) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    // A mount may be read-only for us alone: a process may have another view of the same folder.
    let view =
        pid.map(|pid| Path::new("/proc").join(format!("{pid}/root")).join(path.strip_prefix("/").unwrap_or(path)));
    let id = |path: &Path| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    let own = view.filter(|view| id(view).is_some_and(|same| id(path) == Some(same)));
    let path = own.as_deref().unwrap_or(path);
    let stats = statvfs(path).ok()?;
    if stats.f_flag.contains(StatVfsMountFlags::RDONLY) || gave_up(path) == Some(true) {
        return Some("its file system is read-only");
    }
    let (blocks, inodes) = if root { (stats.f_bfree, stats.f_ffree) } else { (stats.f_bavail, stats.f_favail) };
    full(stats.f_blocks, blocks.saturating_mul(stats.f_frsize), stats.f_files, inodes)
}

/// A file system that counts no blocks, or no inodes, has no end of them.
fn full(blocks: u64, free: u64, inodes: u64, free_inodes: u64) -> Option<&'static str> {
    match () {
        () if blocks > 0 && free < FULL => Some("its file system is full"),
        () if inodes > 0 && free_inodes == 0 => Some("its file system has no inode left"),
        () => None,
    }
}

/// Is the file system itself read-only, whatever holds of its mounts? Linux 6.15 keeps what it turned so after an error
/// apart (`emergency_ro`), and `statvfs` does not show it. `None`: nobody says.
#[cfg(target_os = "linux")]
fn gave_up(path: &Path) -> Option<bool> {
    use rustix::fs::{AtFlags, CWD, StatxFlags, statx};
    let stat = statx(CWD, path, AtFlags::empty(), StatxFlags::MNT_ID).ok()?;
    if stat.stx_mask & StatxFlags::MNT_ID.bits() == 0 {
        return None;
    }
    let how = OFlags::RDONLY | OFlags::CLOEXEC;
    let table = rustix::fs::open("/proc/self/mountinfo", how, Mode::empty()).ok()?;
    let (mut mounts, mut seen) = (Vec::new(), 0);
    // Piece by piece: the kernel writes the table as it is read, and most of it is about others.
    while mounts.len() < MOUNTS {
        mounts.reserve(PIECE);
        let more = retry_on_intr(|| read(&table, spare_capacity(&mut mounts))).ok()?;
        let whole = mounts.iter().rposition(|byte| *byte == b'\n').map_or(seen, |end| end + 1);
        let said = mounted_read_only(&String::from_utf8_lossy(&mounts[seen..whole]), stat.stx_mnt_id);
        if said.is_some() || more == 0 {
            return said;
        }
        seen = whole;
    }
    None
}

/// Bytes of the table of mounts that are read at once: the kernel gives no more.
#[cfg(target_os = "linux")]
const PIECE: usize = 4 * 1024;

/// More of the table of mounts is not read.
#[cfg(target_os = "linux")]
const MOUNTS: usize = 16 * 1024 * 1024;

/// Do the options of the file system behind this mount say so? In the format of `/proc/PID/mountinfo`, proc(5): they are the
/// last of the three words behind the dash.
#[cfg(target_os = "linux")]
pub(super) fn mounted_read_only(mounts: &str, id: u64) -> Option<bool> {
    let line = mounts.lines().find(|line| line.split(' ').next().and_then(|first| first.parse().ok()) == Some(id))?;
    let options = line.split_once(" - ")?.1.split(' ').nth(2)?;
    Some(options.split(',').any(|option| matches!(option, "ro" | "emergency_ro")))
}

#[cfg(not(target_os = "linux"))]
fn gave_up(_path: &Path) -> Option<bool> {
    None
}

/// Available and total bytes of memory. Available is the kernel's estimate of what new work can get without swapping.
///
/// # Errors
/// Says why it cannot be told.
#[cfg(target_os = "linux")]
pub fn memory() -> Result<(u64, u64), String> {
    use procfs::Current;
    let info = procfs::Meminfo::current().map_err(|error| error.to_string())?;
    let available = info.mem_available.ok_or("the kernel does not say how much memory is available")?;
    Ok((available, info.mem_total))
}

/// The share of the last minute, in percent, in which work stood still for want of memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pressure {
    /// At least something waited.
    pub some: f64,
    /// Everything that had work to do waited.
    pub full: f64,
}

/// How much is waited for memory (PSI, Linux 4.20).
///
/// # Errors
/// The kernel does not count it, or does not say.
#[cfg(target_os = "linux")]
pub fn pressure() -> Result<Pressure, String> {
    use procfs::Current;
    let counted = procfs::MemoryPressure::current().map_err(
        |_| "the kernel does not say how much is waited for memory (/proc/pressure/memory; boot with psi=1)",
    )?;
    Ok(Pressure { some: f64::from(counted.some.avg60), full: f64::from(counted.full.avg60) })
}

/// As above, where nobody counts it.
///
/// # Errors
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn pressure() -> Result<Pressure, String> {
    Err("this system does not say how much is waited for memory".to_owned())
}

/// Available and total bytes of memory, as macOS counts: what is free, inactive, speculative or can be purged.
///
/// # Errors
/// Says why it cannot be told.
#[cfg(not(target_os = "linux"))]
pub fn memory() -> Result<(u64, u64), String> {
    let ask = |argv: &[&str]| {
        let argv: Vec<String> = argv.iter().map(|arg| (*arg).to_owned()).collect();
        let (env, timeout) = (std::collections::BTreeMap::new(), std::time::Duration::from_secs(3));
        let job = super::exec::Job { argv: &argv, cwd: Path::new("/"), env: &env, stdin: b"", timeout };
        super::exec::run(&job).map(|ended| ended.stdout)
    };
    let total = ask(&["sysctl", "-n", "hw.memsize"])?;
    let total = total.trim().parse().map_err(|_| "`sysctl` does not say how much memory there is")?;
    let available = vm_stat(&ask(&["vm_stat"])?).ok_or("`vm_stat` does not say how much memory is available")?;
    Ok((available, total))
}

/// The bytes in what `vm_stat` says that new work can get.
#[cfg(any(test, fuzzing, not(target_os = "linux")))]
pub(super) fn vm_stat(text: &str) -> Option<u64> {
    let mut lines = text.lines();
    let size: u64 = lines.next()?.split_once("page size of ")?.1.split(' ').next()?.parse().ok()?;
    let wanted = ["Pages free", "Pages inactive", "Pages speculative", "Pages purgeable"];
    let counts = lines.filter_map(|line| line.split_once(':')).filter(|(name, _)| wanted.contains(name));
    let counts = counts.map(|(_, count)| count.trim().trim_end_matches('.').parse::<u64>().ok());
    let counts = counts.collect::<Option<Vec<u64>>>().filter(|counts| counts.len() == wanted.len())?;
    counts.iter().sum::<u64>().checked_mul(size)
}

/// A lock that somebody holds on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked {
    /// Major and minor number of the device. Not what `stat` says on btrfs, overlayfs and others that make up their own.
    pub device: (u32, u32),
    /// The file's inode.
    pub inode: u64,
    /// Who took it.
    pub pid: Option<i32>,
}

/// The locks that are held, by the kernel's own table.
#[cfg(target_os = "linux")]
#[must_use]
pub fn locks() -> Vec<Locked> {
    let locked = |lock: procfs::Lock| Locked { device: (lock.devmaj, lock.devmin), inode: lock.inode, pid: lock.pid };
    procfs::locks().map_or_else(|_| Vec::new(), |locks| locks.into_iter().map(locked).collect())
}

/// The locks that are held: nobody tells of them but Linux. A look that falls into an act then calls the act unfinished.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub const fn locks() -> Vec<Locked> {
    Vec::new()
}

/// Major and minor number of a device, as [`Locked`] has them.
#[cfg(target_os = "linux")]
#[must_use]
pub fn device(device: u64) -> (u32, u32) {
    (rustix::fs::major(device), rustix::fs::minor(device))
}

/// Major and minor number of a device.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn device(device: u64) -> (u32, u32) {
    rustix::fs::Dev::try_from(device).map_or((0, 0), |device| (rustix::fs::major(device), rustix::fs::minor(device)))
}

/// The number of a user, given by name or number.
///
/// # Errors
/// There is no such user.
pub fn uid(user: &str) -> Result<u32, String> {
    if let Ok(uid) = user.parse() {
        return Ok(uid);
    }
    match nix::unistd::User::from_name(user) {
        Ok(Some(user)) => Ok(user.uid.as_raw()),
        Ok(None) => Err(format!("there is no user `{user}`")),
        Err(error) => Err(format!("user `{user}` cannot be looked up: {error}")),
    }
}

/// The name of a user, or the number when it has none.
#[must_use]
pub fn user(uid: u32) -> String {
    let known = nix::unistd::User::from_uid(uid.into()).ok().flatten();
    known.map_or_else(|| uid.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_vm_stat_are_counted_in_bytes() {
        let text = "Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free:                    100.\nPages active:                  900.\nPages inactive:                 20.\nPages speculative:               3.\nPages purgeable:                 0.\n";
        assert_eq!(vm_stat(text), Some(123 * 16_384));
        assert_eq!(vm_stat(&text.replace("Pages free", "Pages fresh")), None, "half an answer is none");
        assert_eq!(vm_stat("vm_stat: no"), None);
    }

    #[test]
    fn what_counts_no_blocks_is_not_full() {
        let table = [
            ((0, 0, 0, 0), None),
            ((100, FULL, 0, 0), None),
            ((100, FULL, 10, 1), None),
            ((100, FULL - 1, 10, 1), Some("its file system is full")),
            ((100, FULL, 10, 0), Some("its file system has no inode left")),
        ];
        for ((blocks, free, inodes, free_inodes), expected) in table {
            assert_eq!(full(blocks, free, inodes, free_inodes), expected, "{blocks} {free} {inodes} {free_inodes}");
        }
    }
}
