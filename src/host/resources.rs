//! How much is left? Free space of a file system, memory of the machine, name of a user.

use std::path::Path;

/// Free and total bytes of the file system that holds `path`, as an unprivileged user may use them.
///
/// # Errors
/// Says why it cannot be told.
pub fn disk(path: &Path) -> Result<(u64, u64), String> {
    let stats = fs2::statvfs(path).map_err(|error| error.to_string())?;
    Ok((stats.available_space(), stats.total_space()))
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
#[cfg(any(test, not(target_os = "linux")))]
fn vm_stat(text: &str) -> Option<u64> {
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
}
