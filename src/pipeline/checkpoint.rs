//! How is a state saved under the next number, and how does it come back? What is saved goes into the vault and its ledger, under
//! no lock but theirs; what is restored replaces a file as every repair does, behind an intent, and `heal undo` takes it back.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::undo::Free;
use super::unfinished::{settle_files, unless_observing};
use crate::apply::{self, Repair, Trouble};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::exec::{self, Job};
use crate::host::{files, processes};
use crate::journal::vault::Copies;
use crate::journal::{DataDir, Journal, RecoveryLock};
use crate::model::change::FileState;
use crate::model::checkpoint::{Checkpoint, Kept, RUNG, RestoreFate, Restored, SaveFate, Saved, Shelf};
use crate::model::{Change, redact, rfc3339};
use crate::probe::state;

/// Whoever repairs files at this moment is soon done.
const PATIENCE: Duration = Duration::from_secs(5);

/// How a source or a target is called that is no file.
pub const STANDARD: &str = "-";

/// What is to be saved.
#[derive(Clone, Debug, Default)]
pub struct Saving {
    /// Which; none: every one that says where its state comes from.
    pub names: Vec<String>,
    /// From this file instead; `-`: from stdin.
    pub from: Option<PathBuf>,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What is to be restored.
#[derive(Clone, Debug, Default)]
pub struct Restoring {
    /// Which; may be left out where there is only one.
    pub name: Option<String>,
    /// This number and no other; else the newest that is whole.
    pub sequence: Option<u64>,
    /// Into this file instead, absolute.
    pub to: Option<PathBuf>,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// Where a state comes from.
enum Source<'c> {
    Stdin,
    File(PathBuf),
    Command(&'c [String]),
}

impl std::fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stdin => f.write_str("stdin"),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Command(argv) => f.write_str(&redact::args(argv).join(" ")),
        }
    }
}

/// `heal checkpoint save`: one after the other; what cannot be saved of one is no reason to leave another.
///
/// # Errors
/// There is no such checkpoint, or nothing says where its state comes from, or the data directory is refused.
pub fn save(config: &Config, wanted: &Saving) -> Result<Vec<Saved>> {
    let dir = DataDir::at(config.data_dir.clone());
    let sources = sources(config, wanted)?;
    if !wanted.dry_run {
        apply::refuse_links(&config.root, dir.root())?;
        dir.create()?;
    }
    let saved = sources.into_iter().map(|(checkpoint, source)| {
        let from = source.to_string();
        let fate = save_one(config, &dir, (checkpoint, &source), wanted.dry_run);
        Saved { name: checkpoint.name.clone(), from, fate }
    });
    Ok(saved.collect())
}

/// Which are saved, and from where.
fn sources<'c>(config: &'c Config, wanted: &Saving) -> Result<Vec<(&'c Checkpoint, Source<'c>)>> {
    let declared = |checkpoint: &'c Checkpoint| match (&checkpoint.command, &checkpoint.path) {
        (Some(argv), _) => Some(Source::Command(argv)),
        (None, Some(path)) => Some(Source::File(path.clone())),
        (None, None) => None,
    };
    if let Some(from) = &wanted.from {
        let checkpoint = only(config, &wanted.names)?;
        let source = if from.as_os_str() == STANDARD { Source::Stdin } else { Source::File(from.clone()) };
        return enabled(checkpoint).map(|checkpoint| vec![(checkpoint, source)]);
    }
    if !wanted.names.is_empty() {
        let all = named(config, &wanted.names)?.into_iter();
        return all.map(|one| Ok((enabled(one)?, declared(one).unwrap_or(Source::Stdin)))).collect();
    }
    let all = config.checkpoints.iter().filter(|one| one.enabled);
    let all: Vec<_> = all.filter_map(|one| Some((one, declared(one)?))).collect();
    if all.is_empty() {
        let names: Vec<&str> = config.checkpoints.iter().map(|one| one.name.as_str()).collect();
        let message = format!("no checkpoint in {} says where its state comes from", config.path.display());
        return Err(Error::new(Kind::Usage, message).hint(match names.as_slice() {
            [] => ADD.to_owned(),
            [name, ..] => {
                format!("`{} checkpoint save {name} < FILE`, or give it a `command` or a `path`", config.call())
            }
        }));
    }
    Ok(all)
}

const ADD: &str = "add one to it: [checkpoint.NAME] with command = [\"./dump-state\"] or path = \"state/x.json\"";

fn enabled(checkpoint: &Checkpoint) -> Result<&Checkpoint> {
    if checkpoint.enabled {
        return Ok(checkpoint);
    }
    let message = format!("[checkpoint.{}] is switched off: nothing new is saved", checkpoint.name);
    Err(Error::new(Kind::Refused, message).hint("`enabled = true` switches it on"))
}

fn save_one(
    config: &Config,
    dir: &DataDir,
    (checkpoint, source): (&Checkpoint, &Source<'_>),
    dry_run: bool,
) -> SaveFate {
    if dry_run && matches!(source, Source::Command(_)) {
        // Only its owner knows what it does beside printing.
        return SaveFate::Would(None);
    }
    let bytes = match read(config, checkpoint, source) {
        Ok(bytes) => bytes,
        Err(why) => return SaveFate::Refused(why),
    };
    if let Some(why) = hollow(&bytes) {
        return SaveFate::Refused(why.to_owned());
    }
    if dry_run {
        return SaveFate::Would(Some(bytes.len() as u64));
    }
    match Copies::of_checkpoint(dir, &checkpoint.name).add(&bytes, checkpoint.keep) {
        Ok(kept) => SaveFate::Saved(kept),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => SaveFate::Busy(error.to_string()),
        Err(error) => SaveFate::Failed(error.to_string()),
    }
}

/// Why there is nothing in it. What a full disk or a power cut leaves of a file is no state.
fn hollow(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [] => Some("it is empty"),
        bytes if bytes.iter().all(|byte| *byte == 0) => Some("it holds nothing but zeros"),
        bytes if bytes.iter().all(u8::is_ascii_whitespace) => Some("it holds nothing but white space"),
        _ => None,
    }
}

fn read(config: &Config, checkpoint: &Checkpoint, source: &Source<'_>) -> std::result::Result<Vec<u8>, String> {
    let limit = checkpoint.max_size;
    let too_large = || format!("it has more than {limit}; `max_size` may allow more");
    let most = usize::try_from(limit.0).unwrap_or(usize::MAX - 1);
    let bytes = match source {
        Source::File(path) => {
            let read = state::read_at(path, limit);
            let why =
                || read.troubles.first().map_or("it cannot be read", |trouble| trouble.message.as_str()).to_owned();
            return read.bytes.ok_or_else(why);
        }
        Source::Stdin => {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().take(limit.0.saturating_add(1)).read_to_end(&mut bytes);
            read.map_err(|error| format!("stdin cannot be read: {error}"))?;
            bytes
        }
        Source::Command(argv) => {
            let env = BTreeMap::from([("HEAL_CHECKPOINT".to_owned(), checkpoint.name.clone())]);
            let timeout = checkpoint.timeout.get();
            let job = Job { argv, cwd: &config.root, env: &env, stdin: b"", timeout };
            let (ended, bytes) = exec::run_for_bytes(&job, most.saturating_add(1))?;
            if bytes.len() <= most && !ended.ok() {
                let last = redact::line(ended.last_line());
                let last: String = last.chars().take(200).collect();
                return Err(format!("its command {}{}{last}", ended.how(), if last.is_empty() { "" } else { ": " }));
            }
            bytes
        }
    };
    if bytes.len() > most { Err(too_large()) } else { Ok(bytes) }
}

/// `heal checkpoint list`, and with `verify` what each of its copies is worth: every byte of it is read.
///
/// # Errors
/// There is no such checkpoint, or a ledger cannot be read.
pub fn shelves(config: &Config, names: &[String], verify: bool) -> Result<Vec<Shelf>> {
    let dir = DataDir::at(config.data_dir.clone());
    let all = if names.is_empty() { config.checkpoints.iter().collect() } else { named(config, names)? };
    let shelf = |checkpoint: &Checkpoint| {
        let copies = Copies::of_checkpoint(&dir, &checkpoint.name);
        let listed = copies.list().map_err(unlisted)?;
        let proved = |kept: &Kept| copies.read(kept).err().map(|error| error.to_string());
        let damage = if verify { listed.copies.iter().map(proved).collect() } else { Vec::new() };
        Ok(Shelf { name: checkpoint.name.clone(), listed, damage })
    };
    all.into_iter().map(shelf).collect()
}

fn unlisted(error: io::Error) -> Error {
    Error::io("the checkpoints cannot be listed", error)
}

/// `heal checkpoint restore`, but for a restore to stdout: then the bytes are handed over, and nothing is changed.
///
/// # Errors
/// There is no such checkpoint or no such number, nothing says where to, another run is at work, or the journal cannot be read
/// or written.
pub fn restore(config: &Config, wanted: &Restoring) -> Result<(Restored, Vec<u8>)> {
    let checkpoint = only(config, wanted.name.as_slice())?;
    let dir = DataDir::at(config.data_dir.clone());
    let to = target(config, checkpoint, wanted)?;
    let (mut restored, bytes) = choose(config, &dir, checkpoint, wanted)?;
    restored.to = to;
    let (Some(kept), Some(to)) = (restored.kept.clone(), restored.to.clone()) else {
        return Ok((restored, bytes));
    };
    if wanted.dry_run {
        restored.fate = judge(config, &to, &kept).map_or_else(|fate| fate, |_| RestoreFate::Would);
        return Ok((restored, bytes));
    }
    unless_observing(config)?;
    apply::refuse_links(&config.root, dir.root())?;
    let _recovery = RecoveryLock::take(&dir.lock(), "heal checkpoint restore")?;
    let _files = RecoveryLock::take_within(&dir.repair_lock(), "heal checkpoint restore", PATIENCE)?;
    let mut journal = Journal::open(dir.clone())?;
    restored.unfinished = settle_files(config, &dir, &mut journal)?;
    restored.fate = match judge(config, &to, &kept) {
        Err(fate) => fate,
        Ok(judged) => put(config, &mut journal, checkpoint, (&kept, judged, to))?,
    };
    journal.save();
    Ok((restored, bytes))
}

/// Where to: a file; `None` is stdout.
fn target(config: &Config, checkpoint: &Checkpoint, wanted: &Restoring) -> Result<Option<PathBuf>> {
    match wanted.to.as_ref().or(checkpoint.path.as_ref()) {
        Some(path) if path.as_os_str() == STANDARD => Ok(None),
        Some(path) => Ok(Some(path.clone())),
        None => {
            let name = &checkpoint.name;
            let message = format!("[checkpoint.{name}] has no `path`, so it has to be said where to");
            let hint = format!("`{} checkpoint restore {name} --to FILE`; `--to -` is stdout", config.call());
            Err(Error::new(Kind::Usage, message).hint(hint))
        }
    }
}

/// The copy that is asked for, or the newest that is whole, with its bytes.
fn choose(config: &Config, dir: &DataDir, checkpoint: &Checkpoint, wanted: &Restoring) -> Result<(Restored, Vec<u8>)> {
    let copies = Copies::of_checkpoint(dir, &checkpoint.name);
    let mut listed = copies.list().map_err(unlisted)?;
    let (name, heal) = (&checkpoint.name, config.call());
    if listed.copies.is_empty() && listed.torn == 0 {
        let message = format!("nothing was ever saved as checkpoint `{name}`");
        return Err(Error::new(Kind::Refused, message).hint(format!("`{heal} checkpoint save {name}` saves it")));
    }
    if let Some(sequence) = wanted.sequence {
        listed.copies.retain(|kept| kept.sequence == sequence);
        if listed.copies.is_empty() {
            let message = format!("there is no checkpoint {sequence} of `{name}`");
            let hint = format!("`{heal} checkpoint list {name}` lists what there is");
            return Err(Error::new(Kind::Usage, message).hint(hint));
        }
        // Whoever names one knows that it is not the newest.
        listed.torn = 0;
    }
    let mut restored = Restored {
        name: name.clone(),
        kept: None,
        passed_over: Vec::new(),
        torn: listed.torn,
        to: None,
        fate: RestoreFate::Lost,
        unfinished: Vec::new(),
    };
    for kept in listed.copies.into_iter().rev() {
        match copies.read(&kept) {
            Ok(bytes) => {
                restored.fate =
                    if wanted.dry_run { RestoreFate::Would } else { RestoreFate::Done("printed".to_owned()) };
                restored.kept = Some(kept);
                return Ok((restored, bytes));
            }
            Err(error) => restored.passed_over.push((kept.sequence, error.to_string())),
        }
    }
    Ok((restored, Vec::new()))
}

/// What stands where it is to go; else why there is nothing to do, or nothing may be done.
fn judge(config: &Config, to: &Path, kept: &Kept) -> std::result::Result<Option<FileState>, RestoreFate> {
    let refused = |why: String| Err(RestoreFate::Refused(format!("{} is left alone: {why}", to.display())));
    match apply::state_of(&config.root, to) {
        Ok(now) if now.sha256 == kept.sha256 => Err(RestoreFate::Same),
        Ok(now) => Ok(Some(now)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match to.parent() {
            Some(folder) if files::stat(folder).is_err() => {
                refused(format!("its folder is not there; `mkdir -p {}` makes it", folder.display()))
            }
            _ => Ok(None),
        },
        Err(error) if error.raw_os_error().is_some() => {
            Err(RestoreFate::Failed(format!("{} cannot be read: {error}", to.display())))
        }
        Err(error) => refused(error.to_string()),
    }
}

/// Puts it there, behind an intent.
fn put(
    config: &Config,
    journal: &mut Journal,
    checkpoint: &Checkpoint,
    (kept, judged, path): (&Kept, Option<FileState>, PathBuf),
) -> Result<RestoreFate> {
    let why = format!("checkpoint {} of {}, saved at {}", kept.sequence, checkpoint.name, rfc3339(kept.at));
    let loss = if judged.is_some() { "what stood there is kept" } else { "nothing stood there" }.to_owned();
    let lock = checkpoint.lock.clone();
    // A person asked for it, and knows what it costs.
    let (sha256, state) = (kept.sha256.clone(), None);
    let change = Change::ReplaceFile { path, judged, sha256, lock, why: why.clone(), loss, state };
    let table = processes();
    let unheld = Free(table.as_ref());
    let service = checkpoint.service.as_deref().unwrap_or_default();
    let order = Repair { service, root: &config.root, rung: RUNG, changes: vec![change], why, unheld: &unheld };
    let repaired = apply::repair(journal, table.as_ref(), &order)?;
    Ok(match repaired.failure {
        None => RestoreFate::Done(repaired.made.into_iter().map(|(_, seen)| seen).collect()),
        Some((_, trouble @ (Trouble::Io(_) | Trouble::Stuck(_)))) => RestoreFate::Failed(trouble.to_string()),
        Some((_, trouble)) => RestoreFate::Refused(trouble.to_string()),
    })
}

/// The checkpoints of these names.
fn named<'c>(config: &'c Config, names: &[String]) -> Result<Vec<&'c Checkpoint>> {
    let find = |name: &String| {
        let found = config.checkpoints.iter().find(|one| one.name == *name);
        found.ok_or_else(|| {
            let message = format!("there is no checkpoint `{}` in {}", name.escape_debug(), config.path.display());
            Error::new(Kind::Usage, message).hint(declared(config))
        })
    };
    names.iter().map(find).collect()
}

/// The one that is named, or the only one that there is.
fn only<'c>(config: &'c Config, names: &[String]) -> Result<&'c Checkpoint> {
    match (named(config, names)?.as_slice(), config.checkpoints.as_slice()) {
        ([one], _) => Ok(one),
        ([], [one]) => Ok(one),
        (named, _) => {
            let message = if named.is_empty() { "which checkpoint?" } else { "one checkpoint at a time" };
            Err(Error::new(Kind::Usage, message).hint(declared(config)))
        }
    }
}

fn declared(config: &Config) -> String {
    let names: Vec<&str> = config.checkpoints.iter().map(|one| one.name.as_str()).collect();
    if names.is_empty() { ADD.to_owned() } else { format!("it declares: {}", names.join(", ")) }
}
