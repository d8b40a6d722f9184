//! Where does a message wait until every channel took it? One file each below `spool/`, on the disk before the first attempt, and
//! gone after the last. Beside them a small list of what each channel took of late, for the limit per hour.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{DataDir, files};
use crate::error::{Error, Result};
use crate::host;
use crate::model::event::Moment;
use crate::model::spool::Item;

/// A version of the files; those of a newer heal are left for it.
const FORMAT: u32 = 1;

/// A message with its evidence is some kilobytes.
const LIMIT: u64 = 1024 * 1024;

/// More files than this are not looked at in one run: the oldest go first.
const MOST: usize = 2_000;

/// What waits, oldest first.
#[derive(Debug, Default)]
pub struct Spool {
    /// The messages, each with the name of its file.
    pub items: Vec<(String, Item)>,
    /// What cannot be read: named, left, and told.
    pub warnings: Vec<String>,
    /// When each channel took something, within the last hour.
    pub sent: BTreeMap<String, Vec<Moment>>,
}

#[derive(Serialize, Deserialize)]
struct Written {
    v: u32,
    #[serde(flatten)]
    item: Item,
}

impl Spool {
    /// Does nothing wait? A look at the folder alone.
    #[must_use]
    pub fn is_empty(dir: &DataDir) -> bool {
        let Ok(entries) = std::fs::read_dir(dir.spool()) else { return true };
        !entries.flatten().any(|entry| is_item(&entry.file_name().to_string_lossy()))
    }

    /// Reads what waits. A file that cannot be read waits for a person.
    #[must_use]
    pub fn read(dir: &DataDir) -> Self {
        let mut spool = Self::default();
        let Ok(entries) = std::fs::read_dir(dir.spool()) else { return spool };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.retain(|name| is_item(name));
        names.sort();
        for name in names.into_iter().take(MOST) {
            let path = dir.spool().join(&name);
            let read = host::files::read(&path, LIMIT).map_err(|error| error.to_string());
            let item =
                read.and_then(|bytes| serde_json::from_slice::<Written>(&bytes).map_err(|error| error.to_string()));
            match item {
                Ok(written) if written.v <= FORMAT => spool.items.push((name, written.item)),
                Ok(_) => {
                    spool.warnings.push(format!("{} was written by a newer heal and waits for it", path.display()))
                }
                Err(why) => spool.warnings.push(format!("{} cannot be read: {why}", path.display())),
            }
        }
        let sent = host::files::read(&dir.spool().join(SENT), LIMIT).ok();
        spool.sent = sent.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        spool
    }

    /// Puts a message there; on the disk before this returns.
    ///
    /// # Errors
    /// The system's: then it is not there.
    pub fn put(&mut self, dir: &DataDir, item: Item) -> Result<()> {
        let name = item.name();
        write(dir, &name, &item)?;
        self.items.push((name, item));
        self.items.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(())
    }

    /// Writes down who still waits for it; when nobody does, it is gone.
    ///
    /// # Errors
    /// The system's; a later run may then tell it once more, unless the journal knows better.
    pub fn keep(&self, dir: &DataDir, name: &str, item: &Item) -> Result<()> {
        if !item.waiting.is_empty() {
            return write(dir, name, item);
        }
        match files::remove(&dir.spool().join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::unwritable(format_args!("cannot remove {}", dir.spool().join(name).display()), error))
            }
            _ => Ok(()),
        }
    }

    /// Writes down that a channel took something now, and forgets what is older than an hour.
    pub fn took(&mut self, dir: &DataDir, channel: &str, now: &Moment) {
        for times in self.sent.values_mut() {
            times.retain(|when| now.since(when) < HOUR);
        }
        self.sent.entry(channel.to_owned()).or_default().push(now.clone());
        // Lost, a few messages more may be sent than should be: nothing that anybody would miss.
        let _ = serde_json::to_string(&self.sent).map(|text| files::swap(&dir.spool().join(SENT), &text));
    }

    /// How many messages a channel took within the last hour.
    #[must_use]
    pub fn of_late(&self, channel: &str, now: &Moment) -> usize {
        self.sent.get(channel).map_or(0, |times| times.iter().filter(|when| now.since(when) < HOUR).count())
    }

    /// Takes over what waits elsewhere, such as where heal remembered while this directory could not be written.
    pub fn adopt(&mut self, dir: &DataDir, other: &DataDir) {
        for (name, item) in Self::read(other).items {
            if self.put(dir, item).is_ok() {
                let _ = files::remove(&other.spool().join(name));
            }
        }
    }
}

/// What channels took while that could not be written down in the spool: by message, where something can still be written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Unstruck(pub BTreeMap<String, BTreeSet<String>>);

impl Unstruck {
    /// What was noted there.
    #[must_use]
    pub fn read(dir: &DataDir) -> Self {
        let bytes = host::files::read(&dir.unstruck(), LIMIT).ok();
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Notes it. What cannot be noted anywhere is told again.
    pub fn write(&self, dir: &DataDir) {
        let _ = if self.0.is_empty() {
            files::remove(&dir.unstruck())
        } else {
            dir.create_root().map_err(std::io::Error::other).and_then(|_| {
                serde_json::to_string(&self.0).map_err(Into::into).and_then(|text| files::swap(&dir.unstruck(), &text))
            })
        };
    }
}

/// One hour, in milliseconds.
const HOUR: i64 = 3_600_000;

/// The list of what was taken of late.
const SENT: &str = "sent.json";

fn is_item(name: &str) -> bool {
    name.ends_with(".json") && !name.starts_with('.') && name != SENT
}

fn write(dir: &DataDir, name: &str, item: &Item) -> Result<()> {
    let path: PathBuf = dir.spool().join(name);
    let wrong = |error: std::io::Error| Error::unwritable(format_args!("cannot write {}", path.display()), error);
    if !dir.spool().is_dir() {
        files::create_dir(&dir.spool()).map_err(wrong)?;
    }
    let text = serde_json::to_vec(&Written { v: FORMAT, item: item.clone() }).map_err(|error| wrong(error.into()))?;
    files::replace(&path, &text).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::spool::Waiting;

    fn moment(up: i64) -> Moment {
        Moment { at: crate::model::Stamp::from_timestamp_millis(up).unwrap_or_default(), up, boot: "b".to_owned() }
    }

    #[test]
    fn what_was_put_is_there_in_order_until_nobody_waits() {
        let folder = tempfile::tempdir().expect("a directory");
        let dir = DataDir::at(folder.path().to_owned());
        let mut spool = Spool::read(&dir);
        for up in [5_000, 1_000, 3_000] {
            let item = Item {
                queued: moment(up),
                nth: 0,
                message: crate::model::alert::sample(),
                waiting: vec![Waiting::new("a")],
                stood_in: vec![],
                told: Vec::new(),
                taken: false,
                refused: false,
                shouted: false,
            };
            spool.put(&dir, item).expect("written");
        }
        std::fs::write(dir.spool().join("00-torn.json"), "{\"v\":1,").expect("written");
        std::fs::write(dir.spool().join("00-newer.json"), "{}").expect("written");
        let mut spool = Spool::read(&dir);
        let ages: Vec<i64> = spool.items.iter().map(|(_, item)| item.queued.up).collect();
        assert_eq!((ages, spool.warnings.len()), (vec![1_000, 3_000, 5_000], 2));
        let (name, mut item) = spool.items.remove(0);
        item.waiting.clear();
        spool.keep(&dir, &name, &item).expect("removed");
        spool.keep(&dir, &name, &item).expect("removed already");
        assert_eq!(Spool::read(&dir).items.len(), 2);
        spool.took(&dir, "a", &moment(1_000));
        spool.took(&dir, "a", &moment(2_000_000));
        assert_eq!(Spool::read(&dir).of_late("a", &moment(2_000_001)), 2);
        assert_eq!(Spool::read(&dir).of_late("a", &moment(3_700_000)), 1);
    }
}
