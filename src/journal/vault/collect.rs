//! What may go? Bytes that no line of the journal and no ledger names any more, and that are older than a day: at most so many
//! files and so long at a time, once a day. Where it cannot be said what is still named, nothing goes.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use super::{DataDir, Vault, copies};
use crate::host;
use crate::journal::{files, snapshot};

/// Younger bytes are never collected: whoever put them may not have written down yet what for.
const YOUNG: Duration = Duration::from_secs(24 * 60 * 60);

/// Nobody looks for what may go more often than this.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// As many files go at a time at most; if there are more, the next tick goes on.
pub const MOST: usize = 1_000;

/// As long as this is worked on it at a time at most. Who puts something waits for it, and has more patience.
pub const LONGEST: Duration = Duration::from_secs(3);

/// A file of the journal, or a ledger, beyond this is not read, in bytes: no day comes to so much.
const LARGEST: u64 = 256 * 1024 * 1024;

/// What a collection came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Files that went.
    pub gone: usize,
    /// There is more that may go.
    pub more: bool,
}

impl Vault {
    /// Is it a day ago that somebody looked for what may go? One look at the lock, whose time says it. It is made with the
    /// first bytes: before that there is nothing. A time that is still to come is none.
    #[must_use]
    pub fn is_due(&self) -> bool {
        let looked = std::fs::symlink_metadata(self.lock_path()).and_then(|meta| meta.modified());
        looked.is_ok_and(|looked| now().duration_since(looked).is_ok_and(|past| past >= EVERY) || now() < looked)
    }

    /// Removes what nothing names any more, at most `most` files, for at most `longest`. When the journal or a ledger cannot be
    /// read whole, or not in time, nothing is removed. Whoever calls it holds the recovery lock and the repair lock, so that
    /// nobody is between a look at a name and its use. `None`: somebody puts bytes at this moment.
    ///
    /// # Errors
    /// The system's, or what cannot be read.
    pub fn collect(&self, most: usize, longest: Duration) -> io::Result<Option<Collected>> {
        let deadline = Instant::now() + longest;
        // A link would lead to files of somebody else.
        if !std::fs::symlink_metadata(self.folder()).is_ok_and(|meta| meta.is_dir()) {
            return Ok(Some(Collected::default()));
        }
        let lock = self.lock()?;
        if fs2::FileExt::try_lock_exclusive(&lock).is_err() {
            return Ok(None);
        }
        let collected = self.collect_locked(most, deadline);
        // Also where it failed: what is wrong today is still wrong with the next tick, and to be told once a day is enough.
        if !collected.as_ref().is_ok_and(|collected| collected.more) {
            lock.set_modified(now())?;
        }
        collected.map(Some)
    }

    fn collect_locked(&self, most: usize, deadline: Instant) -> io::Result<Collected> {
        let mut collected = Collected::default();
        let mut old = self.old()?;
        // As on nearly every day of nearly every vault: then nobody reads the journal.
        if old.is_empty() {
            return Ok(collected);
        }
        spare_named(&self.dir, &mut old, deadline)?;
        let mut failed = None;
        for path in old.into_values().flatten() {
            if collected.gone == most || Instant::now() > deadline {
                collected.more = true;
                break;
            }
            match files::remove(&path) {
                Ok(()) => collected.gone += 1,
                // One that cannot go is no reason to keep the others.
                Err(error) => failed = failed.or(Some(told(&path, error))),
            }
        }
        failed.map_or(Ok(collected), Err)
    }

    /// Files of ours that are old enough to go, by the SHA-256 that each is named by. What a run that died left half written
    /// has it in its name as well.
    fn old(&self) -> io::Result<BTreeMap<String, Vec<PathBuf>>> {
        let mut old: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for entry in std::fs::read_dir(self.folder())? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(sha256) = name.to_str().and_then(of_ours) else { continue };
            let meta = entry.metadata()?;
            if meta.is_file() && is_old(&meta)? {
                old.entry(sha256.to_owned()).or_default().push(entry.path());
            }
        }
        Ok(old)
    }
}

/// Says of a file of this name whether what it holds is not whole.
type Judge = fn(&str, &[u8]) -> bool;

/// The SHA-256 in `SHA256.gz`, or in `.SHA256.gz.XXXX`, which was to become that.
fn of_ours(name: &str) -> Option<&str> {
    let whole = name.strip_suffix(".gz");
    let (sha256, _) = whole.map(|sha256| (sha256, "")).or_else(|| name.strip_prefix('.')?.split_once(".gz."))?;
    super::is_sha256(sha256).then_some(sha256)
}

/// A clock that was set back makes nothing old.
fn is_old(meta: &Metadata) -> io::Result<bool> {
    Ok(now().duration_since(meta.modified()?).is_ok_and(|age| age >= YOUNG))
}

fn now() -> SystemTime {
    SystemTime::from(host::clock::now().at)
}

/// Takes out what stands anywhere in the journal, in its snapshot or in a ledger, whatever kind of line it is: a version that
/// knows more kinds than this one may have written there.
fn spare_named(dir: &DataDir, old: &mut BTreeMap<String, Vec<PathBuf>>, deadline: Instant) -> io::Result<()> {
    let mut spare = |path: &Path, is_damaged: Judge| -> io::Result<()> {
        let text = match host::files::read(path, LARGEST) {
            Ok(text) => text,
            // A day that was forgotten meanwhile names nothing.
            Err(host::files::Unread::Missing) => return Ok(()),
            Err(why) => return Err(io::Error::other(format!("{} cannot be read: {why}", path.display()))),
        };
        if is_damaged(&snapshot::name(path), &text) {
            return Err(io::Error::other(format!("{} is damaged", path.display())));
        }
        let words = text.split(|byte| !byte.is_ascii_hexdigit()).filter_map(|word| std::str::from_utf8(word).ok());
        words.for_each(|word| _ = old.remove(word));
        if Instant::now() > deadline {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the journal could not be read in time"));
        }
        Ok(())
    };
    let folders: [(PathBuf, Judge); 2] =
        [(dir.journal(), snapshot::is_damaged), (copies::folder(dir), copies::is_damaged)];
    for (folder, is_damaged) in folders {
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(|error| told(&folder, error))?,
        };
        for entry in entries {
            spare(&entry?.path(), is_damaged)?;
        }
    }
    // An intent that is still open may be older than every line that is kept.
    spare(&dir.snapshot(), |_, _| false)
}

fn told(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
