//! Which bytes do we keep, and are they still the ones? Each under the SHA-256 of what it holds, compressed, written once and
//! verified on each read. What nothing names any more is collected.
//!
//! A file is plain gzip: `zcat vault/bytes/SHA256.gz` brings it back without heal.

mod collect;
mod copies;

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

pub use collect::{Collected, LONGEST, MOST};
pub use copies::Copies;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use rustix::fs::OFlags;

use super::{DataDir, files};
use crate::host;
use crate::model::digest;

/// Nothing larger is kept or read, in bytes.
pub const LARGEST: u64 = 2 * 1024 * 1024 * 1024;

/// How long somebody waits for who collects, or writes the same ledger.
const PATIENCE: Duration = Duration::from_secs(5);

/// The bytes of one data directory.
#[derive(Clone, Debug)]
pub struct Vault {
    dir: DataDir,
}

impl Vault {
    /// The vault of this data directory; it need not exist.
    #[must_use]
    pub fn of(dir: &DataDir) -> Self {
        Self { dir: dir.clone() }
    }

    fn folder(&self) -> PathBuf {
        self.dir.root().join("vault/bytes")
    }

    fn path(&self, sha256: &str) -> io::Result<PathBuf> {
        let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "it is named by no SHA-256");
        is_sha256(sha256).then(|| self.folder().join(format!("{sha256}.gz"))).ok_or_else(wrong)
    }

    /// Keeps these bytes; they are on the disk, and were read back, before this returns. Answers with their SHA-256.
    ///
    /// # Errors
    /// The system's: then nothing is kept under that name that was not kept before.
    pub fn put(&self, bytes: &[u8]) -> io::Result<String> {
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::other("it is larger than anything that is kept"));
        }
        let _steady = self.steady()?;
        let sha256 = digest::sha256(bytes);
        let path = self.path(&sha256)?;
        // What is there and whole is made young again: from now on somebody else needs it as well.
        if self.get(&sha256).is_ok() {
            let file = host::files::open(&path).map_err(|why| io::Error::other(why.to_string()))?.0;
            if file.set_modified(SystemTime::from(host::clock::now().at)).is_ok() {
                return Ok(sha256);
            }
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(bytes)?;
        files::replace(&path, &packed.finish()?)?;
        // What may soon be the only copy is looked at, not believed.
        self.get(&sha256)?;
        Ok(sha256)
    }

    /// The bytes of this SHA-256.
    ///
    /// # Errors
    /// They are not there, cannot be read, or are not those that were kept.
    pub fn get(&self, sha256: &str) -> io::Result<Vec<u8>> {
        let damaged = |why: &dyn std::fmt::Display| {
            let why = format!("what the vault keeps as {sha256} is damaged: {why}");
            io::Error::new(io::ErrorKind::InvalidData, why)
        };
        let packed = match host::files::read(&self.path(sha256)?, LARGEST) {
            Ok(packed) => packed,
            Err(host::files::Unread::Missing) => {
                return Err(io::Error::new(io::ErrorKind::NotFound, format!("the vault does not hold {sha256}")));
            }
            Err(why) => return Err(io::Error::other(format!("the vault's {sha256} cannot be read: {why}"))),
        };
        let mut bytes = Vec::new();
        GzDecoder::new(&packed[..]).take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
        if digest::sha256(&bytes) == sha256 { Ok(bytes) } else { Err(damaged(&"its SHA-256 is another one")) }
    }

    /// Nothing is collected as long as this is held.
    fn steady(&self) -> io::Result<File> {
        files::create_dir(&self.folder())?;
        let lock = self.lock()?;
        let taken = within(|| fs2::FileExt::try_lock_shared(&lock));
        let busy = || io::Error::new(io::ErrorKind::WouldBlock, "the vault is being cleared all the time");
        taken.then_some(lock).ok_or_else(busy)
    }

    fn lock(&self) -> io::Result<File> {
        files::open(&self.lock_path(), OFlags::RDWR | OFlags::APPEND)
    }

    /// Its time says when somebody last looked for what may go.
    fn lock_path(&self) -> PathBuf {
        self.folder().join(".lock")
    }
}

/// Is this how bytes are named?
fn is_sha256(word: &str) -> bool {
    word.len() == 64 && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Tries until it works or [`PATIENCE`] is over.
fn within(take: impl Fn() -> io::Result<()>) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while take().is_err() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    true
}

/// Makes private what stands between the data directory and this file.
fn above(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), files::create_dir)
}

#[cfg(test)]
#[path = "vault_tests.rs"]
mod tests;
