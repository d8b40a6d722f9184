//! How is a repair made? Beside the ladder: an intent of its own that no budget counts, the changes in order, and what was done
//! on the disk before anything else is. What a run left half-way because it died, a later run finishes.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use super::aside::{self, Moved, Order};
use super::replace::{self, Replacement};
use super::trouble::Trouble;
use super::{back, beneath, damaged, lay, own, recover, stop_all};
use crate::error::Result;
use crate::host::process::Processes;
use crate::journal::{DataDir, Journal};
use crate::model::ailing::Recovered;
use crate::model::change::FileState;
use crate::model::made::Replaced;
use crate::model::{Change, Event};

/// Is nobody at a file? Asked once more right before it is touched: between a look and an act somebody may have come.
pub trait Unheld: std::fmt::Debug {
    /// Proves that nobody has it open, mapped or locked.
    ///
    /// # Errors
    /// Who has, or why it cannot be said. Either way the file is left alone.
    fn unheld(&self, path: &Path) -> std::result::Result<(), String>;
}

/// Nobody looked. What is handed over where no file is to be changed.
#[derive(Clone, Copy, Debug)]
pub struct Unasked;

impl Unheld for Unasked {
    fn unheld(&self, _path: &Path) -> std::result::Result<(), String> {
        Err("nobody looked who has it open".to_owned())
    }
}

/// What is to be repaired, and why.
#[derive(Clone, Debug)]
pub struct Repair<'a> {
    /// The service that it belongs to.
    pub service: &'a str,
    /// The project's directory: nothing outside of it is moved.
    pub root: &'a Path,
    /// What it is called in the journal: `clean-locks`, `orphans`, `undo`.
    pub rung: &'a str,
    /// The changes, in order.
    pub changes: Vec<Change>,
    /// The rule and the finding behind them.
    pub why: String,
    /// Who is asked whether a file is in use.
    pub unheld: &'a dyn Unheld,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Repaired {
    /// What was done, and what was seen of it.
    pub made: Vec<(Change, String)>,
    /// The change that could not be made, and why. Those after it were not tried.
    pub failure: Option<(Change, Trouble)>,
}

/// A process that is going away may take its time: so long it is waited for, three times (issue 4).
const PATIENCE: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(10)];

/// Writes the intent, makes the changes in order up to the first that fails, and writes down how it ended.
///
/// # Errors
/// The journal could not be written. Before the intent that means that nothing was done; after it a later run finishes it.
pub fn repair(journal: &mut Journal, processes: &dyn Processes, repair: &Repair<'_>) -> Result<Repaired> {
    repair_sparing(journal, processes, repair, repair.service)
}

/// As [`repair`], for what no service owns: not even its own service, nor what descends from that, is stopped with it.
///
/// # Errors
/// As [`repair`].
pub fn stop_orphans(journal: &mut Journal, processes: &dyn Processes, repair: &Repair<'_>) -> Result<Repaired> {
    repair_sparing(journal, processes, repair, "")
}

/// `whose` is the service whose processes may end with what is stopped.
fn repair_sparing(
    journal: &mut Journal,
    processes: &dyn Processes,
    repair: &Repair<'_>,
    whose: &str,
) -> Result<Repaired> {
    let id = journal.next_intent();
    let (service, rung) = (repair.service.to_owned(), repair.rung.to_owned());
    let (changes, why) = (repair.changes.iter().map(super::masked).collect(), repair.why.clone());
    journal.record(Event::Repairing { id: id.clone(), service: service.clone(), rung: rung.clone(), changes, why })?;
    super::failpoint("after-intent");
    let mut repaired = Repaired::default();
    let site = Site { root: repair.root, intent: &id, service: repair.service, unheld: repair.unheld };
    let mut number = 0;
    // What is stopped is stopped together: it takes one grace.
    for changes in repair.changes.chunk_by(|one, next| super::is_stop(one) && super::is_stop(next)) {
        let Some(change) = changes.first() else { continue };
        let made = if super::is_stop(change) {
            stop_patiently(journal, processes, whose, changes)
        } else {
            site.change(journal, number, change)?
        };
        number += changes.len();
        super::failpoint("after-change");
        if made.is_ok() && super::is_stop(change) && number < repair.changes.len() {
            std::thread::sleep(jitter());
        }
        match made {
            Ok(seen) => repaired.made.extend(changes.iter().map(|change| (change.clone(), seen.clone()))),
            Err(trouble) => {
                repaired.failure = Some((change.clone(), trouble));
                break;
            }
        }
    }
    let detail = match &repaired.failure {
        Some((_, trouble)) => trouble.to_string(),
        None => repaired.made.iter().map(|(_, seen)| seen.as_str()).collect::<Vec<_>>().join("; "),
    };
    if matches!(repaired.failure, Some((_, Trouble::Stuck(_)))) {
        // It stays open: a later run finds out how far it came.
        return Ok(repaired);
    }
    let done = repaired.failure.is_none();
    journal.record(Event::Repaired { intent: id, service, rung, done, detail })?;
    Ok(repaired)
}

/// After somebody was stopped, others who waited for the same thing have their turn: not all of them, and heal, at once.
fn jitter() -> Duration {
    Duration::from_millis(50 + u64::from(std::process::id() % 200))
}

fn stop_patiently(
    journal: &Journal,
    processes: &dyn Processes,
    service: &str,
    changes: &[Change],
) -> std::result::Result<String, Trouble> {
    let mut pauses = PATIENCE.into_iter();
    loop {
        match stop_all(journal, processes, service, changes) {
            Ok(()) => return Ok("it ended".to_owned()),
            Err(why) => match pauses.next().filter(|_| why.starts_with(super::stop::STILL_ALIVE)) {
                Some(pause) => std::thread::sleep(pause),
                None => return Err(Trouble::Refused(why)),
            },
        }
    }
}

/// Where files are changed, and for which intent.
pub(super) struct Site<'a> {
    pub(super) root: &'a Path,
    pub(super) intent: &'a str,
    pub(super) service: &'a str,
    pub(super) unheld: &'a dyn Unheld,
}

impl Site<'_> {
    /// Makes one change of files, and writes down what was done.
    ///
    /// # Errors
    /// What was done could not be written down: a later run does.
    pub(super) fn change(
        &self,
        journal: &mut Journal,
        number: usize,
        change: &Change,
    ) -> Result<std::result::Result<String, Trouble>> {
        let data = journal.dir().root().to_owned();
        match change {
            Change::MoveAside { path, device, inode, .. } => {
                let order = self.order(&data, number, path);
                let moved = self.free(&data, path).and_then(|()| aside::move_aside(&order, (*device, *inode)));
                match moved {
                    Ok(moved) => self.moved_aside(journal, path, moved).map(Ok),
                    Err(trouble) => Ok(Err(trouble)),
                }
            }
            Change::PutBack { kept, path, file } => {
                match back::put_back(&self.order(&data, number, path), kept, file) {
                    Ok(moved) => self.moved_back(journal, kept, moved).map(Ok),
                    Err(trouble) => Ok(Err(trouble)),
                }
            }
            Change::RecoverDatabase { path, device, inode, .. } => match self.recover(path, (*device, *inode)) {
                Ok(detail) => {
                    let (intent, service) = (self.intent.to_owned(), self.service.to_owned());
                    let path = path.display().to_string();
                    journal.record(Event::Recovered(Recovered { intent, service, path, detail: detail.clone() }))?;
                    Ok(Ok(detail))
                }
                Err(Trouble::Broken(why)) => Ok(Err(Trouble::Broken(damaged::keep(self, journal, (path, &why))?))),
                Err(Trouble::Io(why)) => {
                    damaged::unrecovered(journal, self.intent, (path, false, &why))?;
                    Ok(Err(Trouble::Io(why)))
                }
                Err(trouble) => Ok(Err(trouble)),
            },
            Change::ReplaceFile { path, judged, sha256, lock, why, loss, state } => {
                let wanted =
                    Replacement { judged: judged.as_ref(), sha256, lock: lock.as_deref(), unheld: self.unheld };
                let own = DataDir::at(data.clone()).owns(path);
                if own || path.to_str().is_none() {
                    let why = if own { "it is heal's own" } else { "its name is not UTF-8" };
                    return Ok(Err(Trouble::Refused(format!("{} is left alone: {why}", path.display()))));
                }
                match replace::replace(&self.order(&data, number, path), &wanted) {
                    Ok(after) => self.replaced(journal, (path, judged.as_ref()), after, (why, loss, state)).map(Ok),
                    Err(trouble) => Ok(Err(trouble)),
                }
            }
            Change::RunCommand { argv, timeout_ms } => {
                let told =
                    [("HEAL_SERVICE", self.service), ("HEAL_RUNG", "notify"), ("HEAL_REASON", "state was repaired")];
                let timeout = Duration::from_millis(u64::try_from(*timeout_ms).unwrap_or(0));
                let ran = own::run(self.root, &told, argv, timeout);
                Ok(ran
                    .map(|()| "it was told".to_owned())
                    .map_err(|why| Trouble::Io(format!("it could not be told: {why}"))))
            }
            Change::MakeDirectory { path, .. } | Change::MakeLink { path, .. } | Change::SetAccess { path, .. } => {
                lay::change(self, journal, &self.order(&data, number, path), change)
            }
            _ => Ok(Err(Trouble::Refused("it is no change of files".to_owned()))),
        }
    }

    fn replaced(
        &self,
        journal: &mut Journal,
        (path, before): (&Path, Option<&FileState>),
        after: FileState,
        (how, loss, state): (&str, &str, &Option<String>),
    ) -> Result<String> {
        super::failpoint("after-move");
        let (intent, service) = (self.intent.to_owned(), self.service.to_owned());
        let (how, loss, state) = (how.to_owned(), loss.to_owned(), state.clone());
        let said = if before.is_some() { "replaced" } else { "created" };
        let seen = format!("{said} {}: {how}; {loss}", path.display());
        let (path, before) = (path.display().to_string(), before.cloned());
        journal.record(Event::Replaced(Replaced { intent, service, path, before, after, how, loss, state }))?;
        Ok(seen)
    }

    fn order<'o>(&'o self, data: &'o Path, number: usize, path: &'o Path) -> Order<'o> {
        Order { root: self.root, data, intent: self.intent, number, path }
    }

    /// A file that is to be moved: nobody has it, it is not heal's own, and no database needs it.
    fn free(&self, data: &Path, path: &Path) -> std::result::Result<(), Trouble> {
        let refused = |why: String| Err(Trouble::Refused(format!("{} is left alone: {why}", path.display())));
        if DataDir::at(data.to_owned()).owns(path) {
            return refused("it is heal's own".to_owned());
        }
        // What cannot be written down word for word could not be brought back.
        if path.to_str().is_none() {
            return refused("its name is not UTF-8".to_owned());
        }
        if recover::standing_database(path).is_some() {
            return refused("it belongs to a database that is there, and may hold its data".to_owned());
        }
        match self.unheld.unheld(path) {
            Ok(()) => Ok(()),
            Err(why) => refused(why),
        }
    }

    fn recover(&self, path: &Path, judged: (u64, u64)) -> std::result::Result<String, Trouble> {
        let refused = |why: String| Trouble::Refused(format!("{} is left alone: {why}", path.display()));
        beneath::reach(self.root, path).map_err(|error| refused(error.to_string()))?;
        let meta = std::fs::symlink_metadata(path).map_err(|error| refused(error.to_string()))?;
        if !meta.is_file() || (meta.dev(), meta.ino()) != judged {
            return Err(refused("another file stands there by now".to_owned()));
        }
        if meta.nlink() != 1 {
            // Under its other name it has other sidecars (howtocorrupt.html 2.5).
            return Err(refused("it has more names than this one".to_owned()));
        }
        let beside = recover::sidecars(path).into_iter().map(|(path, _)| path);
        for one in std::iter::once(path.to_owned()).chain(beside) {
            self.unheld.unheld(&one).map_err(|why| refused(format!("{}: {why}", one.display())))?;
        }
        recover::recover(path, &meta)
    }

    fn moved_aside(&self, journal: &mut Journal, path: &Path, moved: Moved) -> Result<String> {
        super::failpoint("after-move");
        self.record_aside(journal, path, &moved, false)?;
        let how = if moved.copied { "copied to another file system, compared and taken away" } else { "moved" };
        Ok(format!("{how}; kept as {}", moved.to.display()))
    }

    pub(super) fn record_aside(&self, journal: &mut Journal, path: &Path, moved: &Moved, stays: bool) -> Result<()> {
        let (intent, service) = (self.intent.to_owned(), self.service.to_owned());
        let (path, kept) = (path.display().to_string(), moved.to.display().to_string());
        journal.record(Event::MovedAside { intent, service, path, kept, file: moved.file.clone(), stays })?;
        back::seal(journal.dir().root(), &moved.to);
        Ok(())
    }

    fn moved_back(&self, journal: &mut Journal, kept: &Path, moved: Moved) -> Result<String> {
        super::failpoint("after-move");
        let (intent, service) = (self.intent.to_owned(), self.service.to_owned());
        let (path, kept) = (moved.to.display().to_string(), kept.display().to_string());
        journal.record(Event::PutBack { intent, service, kept, path, file: moved.file })?;
        let how = if moved.copied { "copied from another file system and compared" } else { "moved back" };
        Ok(format!("{how}: {}", moved.to.display()))
    }

    /// Finds out how far a run came that died in the middle of this change, and finishes it. Answers whether it is done.
    ///
    /// # Errors
    /// What was done could not be written down.
    pub(super) fn finish(&self, journal: &mut Journal, number: usize, change: &Change) -> Result<Found> {
        let data = journal.dir().root().to_owned();
        let found = match change {
            Change::MoveAside { path, device, inode, .. } => {
                match back::finish_aside(&self.order(&data, number, path), (*device, *inode)) {
                    Ok(Some(moved)) => self.moved_aside(journal, path, moved).map(Found::Done)?,
                    Ok(None) => Found::Undone,
                    Err(trouble) => Found::Doubtful(trouble.to_string()),
                }
            }
            Change::PutBack { kept, path, file } => {
                match back::finish_back(&self.order(&data, number, path), kept, file) {
                    Ok(Some(moved)) => self.moved_back(journal, kept, moved).map(Found::Done)?,
                    Ok(None) => Found::Undone,
                    Err(trouble) => Found::Doubtful(trouble.to_string()),
                }
            }
            Change::ReplaceFile { path, judged, sha256, why, loss, state, .. } => {
                match replace::finish(&self.order(&data, number, path), judged.as_ref(), sha256) {
                    Ok(Some(after)) => {
                        self.replaced(journal, (path, judged.as_ref()), after, (why, loss, state)).map(Found::Done)?
                    }
                    Ok(None) => Found::Undone,
                    Err(trouble) => Found::Doubtful(trouble.to_string()),
                }
            }
            Change::MakeDirectory { path, .. } | Change::MakeLink { path, .. } | Change::SetAccess { path, .. } => {
                lay::finish(self, journal, &self.order(&data, number, path), change)?
            }
            // SQLite goes on from wherever it was.
            _ => Found::Undone,
        };
        Ok(found)
    }
}

/// How far a run came that died.
pub(super) enum Found {
    /// It was done, or is now.
    Done(String),
    /// All is as it was before.
    Undone,
    /// It cannot be said yet, because.
    Doubtful(String),
}
