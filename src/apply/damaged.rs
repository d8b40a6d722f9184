//! How is a copy of a damaged database kept? With all that stands beside it, once for the same bytes, before anybody makes it worse.
//! A copy is worth less than the disk that heal and the service live on: how large, how many and how long is bounded.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::FileType;

use super::aside::{self, Moved, Order};
use super::beneath::Place;
use super::recover;
use super::repair::Site;
use super::trouble::Trouble;
use crate::error::Result;
use crate::host::files;
use crate::journal::vault::LARGEST;
use crate::journal::{DataDir, Journal};
use crate::model::ailing::Unrecovered;
use crate::model::digest::sha256;
use crate::model::{Bytes, Event};

/// Copies of one database at most: one that is written to while it is damaged is another one each time. The first is worth most.
const MOST: usize = 3;

/// So much stays free on the disk of the data directory: the journal, and what services write there, need it more (FAULTS D6).
const SPARE: u64 = 64 * 1024 * 1024;

/// Copying may take so long. A run is ended by its lease after 300 s, and has more to do than this.
const LONGEST: Duration = Duration::from_secs(60);

/// Writes down that this database could not be recovered, so that it is not tried again at once.
///
/// # Errors
/// It cannot be written down.
pub(super) fn unrecovered(
    journal: &mut Journal,
    intent: &str,
    (path, damaged, why): (&Path, bool, &str),
) -> Result<()> {
    let mark = files::mark(path);
    let (intent, path, why) = (intent.to_owned(), path.display().to_string(), why.to_owned());
    journal.record(Event::Unrecovered(Unrecovered { intent, path, mark, damaged, why }))
}

/// It is damaged: that is written down first, so that no copy that comes to no end is begun each minute anew; then a copy is kept.
/// Answers with all that there is to say.
///
/// # Errors
/// What was done could not be written down.
pub(super) fn keep(site: &Site<'_>, journal: &mut Journal, (path, why): (&Path, &str)) -> Result<String> {
    unrecovered(journal, site.intent, (path, true, why))?;
    let data = journal.dir().clone();
    let kept = match family(site, &data, path) {
        Err(why) => format!("no copy of it could be kept: {why}"),
        Ok(Kept { folder, new, failure }) => {
            for (member, moved) in &new {
                site.record_aside(journal, member, moved, true)?;
            }
            match failure {
                Some(trouble) => format!("no whole copy of it could be kept: {trouble}"),
                None => format!("a copy is kept in {}, and it stays as it is", folder.display()),
            }
        }
    };
    let said = format!("{why}; {kept}");
    unrecovered(journal, site.intent, (path, true, &said))?;
    Ok(said)
}

/// What came of the copies.
struct Kept {
    folder: PathBuf,
    /// What was copied now.
    new: Vec<(PathBuf, Moved)>,
    failure: Option<Trouble>,
}

fn family(site: &Site<'_>, data: &DataDir, path: &Path) -> std::result::Result<Kept, String> {
    let end = Instant::now() + LONGEST;
    let text = |error: io::Error| error.to_string();
    let length = std::fs::symlink_metadata(path).map_err(text)?.len();
    let mut family = vec![(path.to_owned(), length)];
    family.extend(recover::sidecars(path));
    let whole: u64 = family.iter().map(|(_, length)| length).sum();
    // Before it is read even once: what takes longer than the run may last would be begun by every run.
    if whole > LARGEST {
        return Err(format!("it is {} large, and heal keeps {} at most", Bytes(whole), Bytes(LARGEST)));
    }
    let content = aside::sha256(site.root, path, Some(end)).map_err(text)?;
    let whose = format!("damaged-{}-", short(&sha256(path.as_os_str().as_encoded_bytes()), 8));
    let name = format!("{whose}{}", short(&content, 16));
    others(data, &whose, &name)?;
    let (root, kept_in) = (site.root, data.root());
    let orders = family.iter().map(|(path, _)| Order { root, data: kept_in, intent: &name, number: 0, path });
    let orders: Vec<Order<'_>> = orders.collect();
    let is_missing = |order: &Order<'_>| std::fs::symlink_metadata(order.kept(true)).is_err();
    let needed: u64 =
        family.iter().zip(&orders).filter(|(_, order)| is_missing(order)).map(|((_, length), _)| length).sum();
    let free = rustix::fs::statvfs(data.root()).map_err(|error| text(error.into()))?;
    let free = free.f_bavail.saturating_mul(free.f_frsize);
    if needed > 0 && free < needed.saturating_add(SPARE) {
        let (needed, spare, free) = (Bytes(needed), Bytes(SPARE), Bytes(free));
        return Err(format!(
            "it needs {needed}, {spare} have to stay free, and on the disk of {} there is {free}",
            data.root().display()
        ));
    }
    let (mut new, mut failure) = (Vec::new(), None);
    for order in &orders {
        match keep_copy(order, end) {
            Ok(Some(moved)) => new.push((order.path.to_owned(), moved)),
            Ok(None) => {}
            Err(trouble) => {
                failure = Some(trouble);
                break;
            }
        }
    }
    Ok(Kept { folder: data.quarantine().join(&name), new, failure })
}

fn short(digits: &str, length: usize) -> &str {
    digits.get(..length).unwrap_or(digits)
}

/// Are there as many copies of this database already as are kept?
fn others(data: &DataDir, whose: &str, name: &str) -> std::result::Result<(), String> {
    let folder = data.quarantine();
    let names = match crate::host::folders::names(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        names => names.map_err(|error| format!("{}: {error}", folder.display()))?,
    };
    let names: BTreeSet<String> = names.into_iter().filter_map(|name| name.into_string().ok()).collect();
    let others = names.iter().filter(|one| one.starts_with(whose)).count();
    if names.contains(name) || others < MOST {
        return Ok(());
    }
    let all = folder.join(format!("{whose}*"));
    Err(format!("{others} others of it are kept already in {}; take away what you do not need", all.display()))
}

/// Keeps a copy of a file that stays where it is. `None`: there was one already.
fn keep_copy(order: &Order<'_>, end: Instant) -> std::result::Result<Option<Moved>, Trouble> {
    let failed = |error: io::Error| Trouble::Io(format!("{} cannot be copied: {error}", order.path.display()));
    let vault = order.vault().and_then(|vault| vault.beside(order.name(true))).map_err(failed)?;
    if vault.stat().map_err(failed)?.is_some() {
        return Ok(None);
    }
    let (mut file, meta) = files::open(order.path).map_err(|why| order.refused(&why))?;
    vault.beside(order.part()).and_then(|part| sweep(&part)).map_err(failed)?;
    aside::copy(&mut file, &vault, order.part(), Some(end)).map_err(failed)?;
    let file = aside::state(&mut file, (meta.dev(), meta.ino())).map_err(failed)?;
    Ok(Some(Moved { to: order.kept(true), file, copied: true }))
}

/// Takes away what a run that died left half copied: the same bytes have the same name, and it would be in the way for good.
/// Whoever calls it has the repair lock, so nobody is at it. What heal cannot have made there stays.
fn sweep(part: &Place) -> io::Result<()> {
    let Some(stat) = part.stat()? else { return Ok(()) };
    let regular = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
    if regular && stat.st_nlink == 1 {
        return aside::remove(part);
    }
    let name = part.name.to_string_lossy();
    Err(io::Error::other(format!(
        "what stands in the quarantine as {name} is not heal's: look at it, and take it away"
    )))
}
