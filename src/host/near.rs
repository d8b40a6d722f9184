//! Can this file be asked about without waiting for anybody? Yes, if the kernel knows the way to it by heart, it has no links,
//! and it stays on one mount, ours: then it answers whenever heal's own files do. What lies on another (a network file system
//! whose server is gone, an automount) may never answer: who asks there needs a thread and a deadline.

use std::path::Path;
use std::time::SystemTime;

/// When this file was written last. `None` says nothing: it may be elsewhere, or missing, or nobody can tell.
#[cfg(target_os = "linux")]
#[must_use]
pub fn modified(root: &Path, path: &Path) -> Option<SystemTime> {
    std::fs::File::from(open(root, path)?).metadata().ok()?.modified().ok()
}

/// Is there something, and would whoever asks about it get an answer at once?
#[cfg(target_os = "linux")]
#[must_use]
pub fn is_near(root: &Path, path: &Path) -> bool {
    open(root, path).is_some()
}

/// The file, to be asked about and no more. On the mount of `/`, or on that of the project.
#[cfg(target_os = "linux")]
fn open(root: &Path, path: &Path) -> Option<std::os::fd::OwnedFd> {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat, openat2};
    use rustix::io::Errno;
    let how = OFlags::PATH | OFlags::CLOEXEC;
    // CACHED (Linux 5.12): no file system is asked on the way, so none can make us wait, and nothing is mounted.
    let way = ResolveFlags::CACHED | ResolveFlags::NO_XDEV | ResolveFlags::NO_SYMLINKS;
    match openat2(CWD, path, how, Mode::empty(), way) {
        Ok(file) => Some(file),
        // Where it would have to leave the mount, or to ask: below the project there may be no need to.
        Err(Errno::XDEV | Errno::AGAIN) => {
            let inside = Some(path.strip_prefix(root).ok()?).filter(|inside| !inside.as_os_str().is_empty());
            let root = openat(CWD, root, how | OFlags::DIRECTORY, Mode::empty()).ok()?;
            openat2(&root, inside.unwrap_or(Path::new(".")), how, Mode::empty(), way).ok()
        }
        Err(_) => None,
    }
}

/// Nobody says so here.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub const fn modified(_root: &Path, _path: &Path) -> Option<SystemTime> {
    None
}

/// Nobody says so here.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub const fn is_near(_root: &Path, _path: &Path) -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_lies_behind_a_link_or_on_another_mount_is_not_near() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path().canonicalize().expect("there");
        std::fs::create_dir(root.join("logs")).expect("made");
        std::fs::write(root.join("logs/app.log"), "x").expect("written");
        std::os::unix::fs::symlink("logs", root.join("link")).expect("linked");
        std::os::unix::fs::symlink("/proc", root.join("far")).expect("linked");
        let table = [
            (root.join("logs/app.log"), true),
            (root.join("logs/../logs/app.log"), true),
            (root.clone(), true),
            (root.join("link/app.log"), false),
            (root.join("far/self/stat"), false),
            (root.join("missing"), false),
            ("/proc/self/stat".into(), false),
            ("/proc".into(), false),
        ];
        for (path, expected) in table {
            // A name that was never asked for is not known by heart.
            let there = std::fs::metadata(&path).and_then(|meta| meta.modified()).ok();
            assert_eq!(is_near(&root, &path), expected, "{}", path.display());
            assert_eq!(modified(&root, &path), there.filter(|_| expected), "{}", path.display());
        }
        if let Ok(shared) = std::fs::canonicalize("/dev/shm") {
            assert!(is_near(&shared, &shared), "another mount, but that of the project");
        }
    }
}
