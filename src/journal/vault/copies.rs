//! Which copies are there, and which is the newest? A ledger for each thing that is copied: a line for each copy, numbered
//! upwards. The number decides, never the clock; a line that is torn or garbled costs that line and no other.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use rustix::fs::OFlags;
use serde::{Deserialize, Serialize};

use super::{Vault, above, within};
use crate::host;
use crate::journal::{DataDir, files};
use crate::model::checkpoint::{Kept, Listed};
use crate::model::digest::sha256;

/// A ledger beyond this is none of ours, in bytes.
const LIMIT: u64 = 16 * 1024 * 1024;

/// As many of the newest copies of a state file stay.
const NEWEST: usize = 12;

/// Of as many days the last copy stays, beside those.
const DAYS: usize = 7;

/// The ledgers.
pub(super) fn folder(dir: &DataDir) -> PathBuf {
    dir.root().join("vault/ledgers")
}

fn check(kept: &Kept) -> String {
    let whole = format!("{} {} {} {}", kept.sequence, kept.at.timestamp_micros(), kept.sha256, kept.size);
    sha256(whole.as_bytes())[..16].to_owned()
}

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    kept: Kept,
    check: String,
}

/// The copies of one thing.
#[derive(Clone, Debug)]
pub struct Copies {
    vault: Vault,
    pub(super) path: PathBuf,
}

impl Copies {
    /// The valid copies of a `[state.NAME]`.
    #[must_use]
    pub fn of_state(dir: &DataDir, name: &str) -> Self {
        Self { vault: Vault::of(dir), path: folder(dir).join(format!("state-{name}.jsonl")) }
    }

    /// What was saved for a `[checkpoint.NAME]`.
    #[must_use]
    pub fn of_checkpoint(dir: &DataDir, name: &str) -> Self {
        Self { vault: Vault::of(dir), path: folder(dir).join(format!("checkpoint-{name}.jsonl")) }
    }

    /// What is there. A ledger that is not there lists nothing.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn list(&self) -> io::Result<Listed> {
        let text = match host::files::read(&self.path, LIMIT) {
            Ok(bytes) => bytes,
            Err(host::files::Unread::Missing) => return Ok(Listed::default()),
            Err(why) => return Err(io::Error::other(format!("{} cannot be read: {why}", self.path.display()))),
        };
        let mut listed = Listed::default();
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match read(line) {
                Some(kept) => listed.copies.push(kept),
                None => listed.torn += 1,
            }
        }
        listed.copies.sort_by_key(|kept| kept.sequence);
        Ok(listed)
    }

    /// The bytes of a copy.
    ///
    /// # Errors
    /// As [`Vault::get`].
    pub fn read(&self, kept: &Kept) -> io::Result<Vec<u8>> {
        self.vault.get(&kept.sha256)
    }

    /// Saves one more copy and lets the oldest go, so that `keep` are left.
    ///
    /// # Errors
    /// The system's. Then there is no new copy, and no old one less.
    pub fn add(&self, bytes: &[u8], keep: usize) -> io::Result<Kept> {
        self.save(bytes, |copies| copies.iter().rev().take(keep.max(1)).map(|kept| kept.sequence).collect())
    }

    /// As [`Copies::add`], of a state file that was found valid: not when the newest copy holds the same, and with the last of
    /// each day kept for longer.
    ///
    /// # Errors
    /// As [`Copies::add`].
    pub fn add_if_new(&self, bytes: &[u8]) -> io::Result<Option<Kept>> {
        let new = sha256(bytes);
        if self.list()?.copies.last().is_some_and(|newest| newest.sha256 == new && self.read(newest).is_ok()) {
            return Ok(None);
        }
        self.save(bytes, thinned).map(Some)
    }

    fn save(&self, bytes: &[u8], stay: impl Fn(&[Kept]) -> BTreeSet<u64>) -> io::Result<Kept> {
        // From here on until the ledger says so nothing that it names, or will, may be taken for what nobody needs.
        let _steady = self.vault.steady()?;
        above(&self.path)?;
        let lock = self.path.with_extension("lock");
        let lock = files::open(&lock, OFlags::RDWR | OFlags::APPEND)?;
        if !within(|| fs2::FileExt::try_lock_exclusive(&lock)) {
            return Err(io::Error::new(io::ErrorKind::WouldBlock, "somebody else saves it all the time"));
        }
        let sha256 = self.vault.put(bytes)?;
        let Listed { mut copies, torn } = self.list()?;
        // A line that cannot be read may have had the highest number.
        let sequence = copies.last().map_or(0, |kept| kept.sequence) + 1 + torn;
        let kept = Kept { sequence, at: host::clock::now().at, sha256, size: bytes.len() as u64 };
        files::append_line(&self.path, &line(&kept)?, true)?;
        copies.push(kept.clone());
        let stay = stay(&copies);
        if stay.len() < copies.len() {
            let lines = copies.iter().filter(|kept| stay.contains(&kept.sequence)).map(line);
            let lines = lines.collect::<io::Result<Vec<String>>>()?;
            // The copy is saved: that an old line is still listed is no reason to say otherwise.
            let _ = files::replace(&self.path, format!("{}\n", lines.join("\n")).as_bytes());
        }
        Ok(kept)
    }
}

/// Is there a line in this ledger that says nothing any more, and is not just the end of one that was being written? Another
/// file beside them is no ledger.
pub(super) fn is_damaged(name: &str, text: &[u8]) -> bool {
    let ledger = name.ends_with(".jsonl") && !name.starts_with('.');
    let right = |line: &[u8]| read(line).is_some();
    let torn = |line: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err_and(|error| error.is_eof());
    ledger && text.split(|byte| *byte == b'\n').any(|line| !line.is_empty() && !right(line) && !torn(line))
}

fn read(line: &[u8]) -> Option<Kept> {
    serde_json::from_slice::<Line>(line).ok().filter(|line| line.check == check(&line.kept)).map(|line| line.kept)
}

pub(super) fn line(kept: &Kept) -> io::Result<String> {
    Ok(serde_json::to_string(&Line { kept: kept.clone(), check: check(kept) })?)
}

/// Which copies stay: the newest, and the last of each of the last days.
fn thinned(copies: &[Kept]) -> BTreeSet<u64> {
    let mut stay: BTreeSet<u64> = copies.iter().rev().take(NEWEST).map(|kept| kept.sequence).collect();
    let mut days = BTreeSet::new();
    for kept in copies.iter().rev() {
        if days.len() < DAYS && days.insert(kept.at.date_naive()) {
            stay.insert(kept.sequence);
        }
    }
    stay
}
