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
