//! Who may act? One flock on one file that is never unlinked. It expires because its holder does: a kernel timer ends a
//! run that holds it for too long, so nobody ever has to steal it (FAULTS b: 0 violations; every stealing protocol had some).

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::host::resources::{self, Locked, locks};
use crate::host::{clock, files};
use crate::model::{Stamp, rfc3339};

/// After this long the kernel ends the holder (DESIGN §5).
pub(super) const LEASE: Duration = Duration::from_secs(300);

/// How often a lock that is waited for is asked for: a start waits at most this much longer than it has to.
const NAP: Duration = Duration::from_millis(50);

/// The recovery lock, or another of its kind, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct RecoveryLock {
    file: File,
    #[cfg(target_os = "linux")]
    lease: nix::sys::timer::Timer,
}

/// What stands in the lock file: for people, never for decisions.
#[derive(Debug, Serialize, Deserialize)]
pub struct Held {
    /// Who holds it.
    pub pid: u32,
    /// On which boot.
    pub boot: String,
    /// What for.
    pub purpose: String,
    /// Since when.
    pub since: String,
    /// When the kernel ends the holder.
    pub until: String,
}

impl RecoveryLock {
    /// Takes the lock, or says at once who has it.
    ///
    /// # Errors
    /// [`Kind::Busy`] when another run holds it; otherwise why it cannot be taken.
    pub fn take(path: &Path, purpose: &str) -> Result<Self> {
        let name = name(path);
        let what = || format!("cannot take the {name} {}", path.display());
        let (file, meta) =
            super::files::open_seen(path, OFlags::RDWR).map_err(|error| Error::unwritable(what(), error))?;
        if let Err(error) = fs2::FileExt::try_lock_exclusive(&file) {
            if error.kind() == fs2::lock_contended_error().kind() {
                return Err(busy(path));
            }
            return Err(Error::io(what(), error));
        }
        // Somebody may have replaced the file between our open and our lock: then we hold a lock that nobody asks for.
        let still = std::fs::symlink_metadata(path).map_err(|error| Error::io(what(), error))?;
        if (still.ino(), still.dev()) != (meta.ino(), meta.dev()) {
            return Err(busy(path));
        }
        let lock = Self {
            file,
            #[cfg(target_os = "linux")]
            lease: lease().map_err(|error| Error::io("cannot set the lease of the recovery lock", error.into()))?,
        };
        lock.inform(purpose, still.len());
        Ok(lock)
    }

    /// Takes the lock as soon as whoever has it lets it go, at most `limit` from now.
    ///
    /// # Errors
    /// [`Kind::Busy`] when it was held all the time; otherwise as [`RecoveryLock::take`], at once.
    pub fn take_within(path: &Path, purpose: &str, limit: Duration) -> Result<Self> {
        let deadline = Instant::now() + limit;
        loop {
            match Self::take(path, purpose) {
                Err(error) if error.kind == Kind::Busy && Instant::now() < deadline => {
                    std::thread::sleep(NAP.min(deadline.saturating_duration_since(Instant::now())));
                }
                taken => return taken,
            }
        }
    }

    /// Writes down who holds it, over the `before` bytes that the last holder left.
    fn inform(&self, purpose: &str, before: u64) {
        let now = clock::now();
        let held = Held {
            pid: std::process::id(),
            boot: now.boot.clone(),
            purpose: purpose.to_owned(),
            since: rfc3339(now.at),
            until: until(now.at),
        };
        // What is written here is for people; a full disk must not keep us from healing.
        let text = serde_json::to_string(&held).unwrap_or_default();
        let _ = super::files::overwrite(&self.file, before, &text);
    }

    /// The same lock for one more bounded step: the kernel's timer begins anew. Who takes many steps, each bounded, would
    /// otherwise have to let go between them, and somebody would act on what is half done.
    ///
    /// # Errors
    /// The timer cannot be set; the old one stays.
    pub fn renew(&mut self, purpose: &str) -> Result<()> {
        #[cfg(target_os = "linux")]
        {
            self.lease =
                lease().map_err(|error| Error::io("cannot set the lease of the recovery lock", error.into()))?;
        }
        self.inform(purpose, self.file.metadata().map_or(0, |meta| meta.len()));
        Ok(())
    }
}

impl Drop for RecoveryLock {
    fn drop(&mut self) {
        // Explicitly: a thread that hangs in the kernel would keep the descriptor open beyond our end.
        let _ = fs2::FileExt::unlock(&self.file);
    }
}

#[cfg(target_os = "linux")]
fn lease() -> nix::Result<nix::sys::timer::Timer> {
    use nix::sys::signal::{SigEvent, SigevNotify, Signal};
    use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
    use nix::time::ClockId;
    let kill = SigEvent::new(SigevNotify::SigevSignal { signal: Signal::SIGKILL, si_value: 0 });
    let mut timer = Timer::new(ClockId::CLOCK_BOOTTIME, kill)?;
    timer.set(Expiration::OneShot(test_lease().unwrap_or(LEASE).into()), TimerSetTimeFlags::empty())?;
    Ok(timer)
}

/// A test cannot wait for five minutes; a release build does not read this.
#[cfg(target_os = "linux")]
fn test_lease() -> Option<Duration> {
    if !cfg!(debug_assertions) {
        return None;
    }
    crate::host::env::var("HEAL_TEST_LEASE")?.parse::<crate::model::Span>().ok().map(crate::model::Span::get)
}

fn busy(path: &Path) -> Error {
    let holder = holder(path).map_or_else(String::new, |held| {
        format!(" (pid {}, {}, since {}, until {} at the latest)", held.pid, held.purpose, held.since, held.until)
    });
    let what = match path.file_name().and_then(std::ffi::OsStr::to_str) {
        Some("repair.lock") => "another repair of files",
        Some("pauses.lock") => "another change of the pauses",
        _ => "another recovery",
    };
    Error::new(Kind::Busy, format!("{what} is in progress{holder}")).hint("try again when it is done")
}

fn name(path: &Path) -> &'static str {
    match path.file_name().and_then(std::ffi::OsStr::to_str) {
        Some("recovery-in-progress") => "recovery lock",
        Some("repair.lock") => "repair lock",
        _ => "lock",
    }
}

/// What the lock file says of its holder.
fn holder(path: &Path) -> Option<Held> {
    serde_json::from_slice(&files::read(path, 4096).ok()?).ok()
}

/// Who holds the lock at this moment, without touching it: taking it to try would make a tick that comes just then fail. That it
/// is held the kernel says; the file, which may be empty where the disk is full, says only by whom.
#[must_use]
pub fn holds(path: &Path) -> Option<Held> {
    let meta = std::fs::symlink_metadata(path).ok()?;
    let said = holder(path).filter(|held| held.boot == clock::boot_id());
    let device = resources::device(meta.dev());
    let by = said.as_ref().map(|held| held.pid);
    let lock = locks().into_iter().find(|lock| is_it(lock, device, meta.ino(), by))?;
    let somebody = || Held {
        pid: lock.pid.and_then(|pid| u32::try_from(pid).ok()).unwrap_or(0),
        boot: clock::boot_id().to_owned(),
        purpose: "it could not be written what for".to_owned(),
        // It is written when the lock is taken; and nobody holds it for longer than the lease from now.
        since: rfc3339(meta.modified().map_or_else(|_| clock::now().at, Into::into)),
        until: until(clock::now().at),
    };
    Some(said.unwrap_or_else(somebody))
}

/// Is this lock on that file? Inodes are numbered by each file system for itself, so the device has to fit; where the
/// kernel's table speaks of another device than `stat` does (btrfs, overlayfs), the process that took it has to.
fn is_it(lock: &Locked, device: (u32, u32), inode: u64, by: Option<u32>) -> bool {
    let by_them = by.is_some() && lock.pid.and_then(|owner| u32::try_from(owner).ok()) == by;
    lock.inode == inode && (lock.device == device || by_them)
}

/// When the kernel ends who takes it at this time.
fn until(at: Stamp) -> String {
    rfc3339(at + chrono::TimeDelta::from_std(LEASE).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::DataDir;

    #[test]
    fn the_second_is_told_who_the_first_is() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lock");
        let first = RecoveryLock::take(&path, "a test").expect("free");
        let error = RecoveryLock::take(&path, "another").expect_err("taken");
        assert_eq!(error.kind, Kind::Busy);
        assert!(error.message.contains("a test"), "{error}");
        drop(first);
        RecoveryLock::take(&path, "another").expect("free again");
        assert!(path.exists(), "it is never unlinked");
    }

    #[test]
    fn a_lock_on_another_file_system_is_not_ours() {
        let lock = |device, inode, pid| Locked { device, inode, pid };
        let table = [
            ("ours", lock((8, 1), 77, Some(5)), true),
            ("ours, taken by nobody we know", lock((8, 1), 77, None), true),
            ("the same number elsewhere", lock((0, 40), 77, Some(6)), false),
            ("the same number elsewhere, nobody's", lock((0, 40), 77, None), false),
            ("a device that stat does not know, our process", lock((0, 40), 77, Some(5)), true),
            ("another file of our process", lock((8, 1), 78, Some(5)), false),
        ];
        for (what, lock, expected) in table {
            assert_eq!(is_it(&lock, (8, 1), 77, Some(5)), expected, "{what}");
        }
    }

    #[test]
    fn who_holds_it_is_seen_without_touching_it() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("lock");
        let lock = RecoveryLock::take(&path, "a test").expect("free");
        let held = || holds(&path).map(|held| (held.pid, held.purpose == "a test"));
        assert_eq!(held(), Some((std::process::id(), true)));
        // What stands in the file is for people: it is held also where nothing does.
        lock.file.set_len(0).expect("cut");
        assert_eq!(held(), Some((std::process::id(), false)));
        drop(lock);
        assert!(holds(&path).is_none());
    }

    #[test]
    fn who_waits_gets_it_when_it_is_free_and_gives_up_at_the_limit() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = DataDir::at(dir.path().to_owned()).repair_lock();
        let first = RecoveryLock::take(&path, "a test").expect("free");
        let start = Instant::now();
        let error = RecoveryLock::take_within(&path, "another", Duration::from_millis(120)).expect_err("taken");
        assert_eq!(error.kind, Kind::Busy);
        assert!(error.to_string().starts_with("another repair of files is in progress (pid "), "{error}");
        let waited = start.elapsed();
        assert!(waited >= Duration::from_millis(120) && waited < Duration::from_secs(5), "{waited:?}");
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| RecoveryLock::take_within(&path, "another", Duration::from_secs(30)).is_ok());
            std::thread::sleep(Duration::from_millis(120));
            drop(first);
            assert!(waits.join().expect("no panic"), "it is free in a moment");
        });
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }

    #[test]
    fn a_link_is_not_followed() {
        let dir = tempfile::tempdir().expect("a directory");
        let (target, path) = (dir.path().join("victim"), dir.path().join("lock"));
        std::fs::write(&target, "kept").expect("written");
        std::os::unix::fs::symlink(&target, &path).expect("linked");
        assert!(RecoveryLock::take(&path, "a test").is_err());
        assert_eq!(std::fs::read_to_string(&target).expect("read"), "kept");
    }
}
