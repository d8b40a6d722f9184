//! Can what a run did be taken back? Looks whether the world still is as heal left it, and then makes the reverse changes, the
//! last one first, behind an intent of their own: so a taking back can be taken back as well.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::unfinished::{settle_files, unless_observing};
use super::{Options, revert};
use crate::apply::{self, Repair, Trouble, Unheld};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::{git, holders, process::Processes, processes};
use crate::journal::vault::Vault;
use crate::journal::{DataDir, Journal, RecoveryLock, each, newest_days};
use crate::model::Change;
use crate::model::change::{Access, FileState};
use crate::model::revert::{Revert, short};
use crate::model::undo::{Done, Fate, PastChange, PastRun, Runs, UNDO, Undone};

/// Whoever repairs files at this moment is soon done.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is to be taken back, and how far to go for it.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The run; else the newest one that there is a way back from, takings back left out.
    pub run: Option<String>,
    /// What is there by now is moved aside first.
    pub force: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// Every run that changed something, newest first, and what of it could be taken back now.
///
/// # Errors
/// The journal cannot be read.
pub fn changes(config: &Config) -> Result<Undone> {
    let dir = DataDir::at(config.data_dir.clone());
    let mut undone = nothing(config, true);
    undone.runs = seen(config, &dir)?;
    Ok(undone)
}

/// `heal undo`.
///
/// # Errors
/// There is no such run, another run is at work, or the journal cannot be read or written.
pub fn undo(config: &Config, wanted: &Wanted) -> Result<Undone> {
    let dir = DataDir::at(config.data_dir.clone());
    let mut undone = nothing(config, wanted.dry_run);
    if wanted.dry_run {
        choose(config, &mut undone, seen(config, &dir)?, wanted)?;
        return Ok(undone);
    }
    // A person's word, but so is `heal restart`: who observes has said that nothing is to be changed until he says otherwise, and
    // may do so with this very command.
    unless_observing(config)?;
    apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let recovery = RecoveryLock::take(&dir.lock(), "heal undo")?;
    let files = RecoveryLock::take_within(&dir.repair_lock(), "heal undo", PATIENCE)?;
    let mut journal = Journal::open(dir.clone())?;
    undone.unfinished = settle_files(config, &dir, &mut journal)?;
    choose(config, &mut undone, seen(config, &dir)?, wanted)?;
    // Files first: the service starts once, with everything in its place.
    let (code, rest): (Vec<Change>, Vec<Change>) =
        undone.plan.iter().cloned().partition(|change| matches!(change, Change::RevertRelease(_)));
    if undone.failure.is_none() && !rest.is_empty() {
        put_back(config, &mut journal, &mut undone, rest)?;
    }
    drop(files);
    let mut took = None;
    for change in code {
        if let (None, Change::RevertRelease(revert)) = (&undone.failure, change) {
            took = bring_back(config, &mut journal, &mut undone, &revert)?;
        }
    }
    journal.save();
    drop(recovery);
    if let Some(mut took) = took {
        revert::tell_of(config, &Options::default(), &mut journal, &mut took)?;
        undone.alerts = took.alerts;
    }
    Ok(undone)
}

/// What is done about files.
fn put_back(config: &Config, journal: &mut Journal, undone: &mut Undone, changes: Vec<Change>) -> Result<()> {
    let Some(run) = undone.runs.first() else { return Ok(()) };
    let service = run.changes.first().map(|change| change.service.clone()).unwrap_or_default();
    let why = format!("a person took back run {}", run.id);
    let table = processes();
    let unheld = Free(table.as_ref());
    let repair = Repair { service: &service, root: &config.root, rung: UNDO, changes, why, unheld: &unheld };
    let repaired = apply::repair(journal, table.as_ref(), &repair)?;
    undone.made = repaired.made;
    if let Some((_, trouble)) = repaired.failure {
        undone.failed = matches!(trouble, Trouble::Io(_) | Trouble::Stuck(_));
        undone.failure = Some(trouble.to_string());
    }
    Ok(())
}

/// What is done about code: as it was taken back, with what is built from it and a restart of its service.
fn bring_back(
    config: &Config,
    journal: &mut Journal,
    undone: &mut Undone,
    commit: &Revert,
) -> Result<Option<revert::Took>> {
    let service = undone.runs.iter().flat_map(|run| &run.changes).rev().find_map(|change| match &change.done {
        Done::Reverted { commit: taken, .. } if *taken == commit.takes_back => Some(change.service.clone()),
        _ => None,
    });
    let service = service.unwrap_or_default();
    let took = revert::bring_back(config, &Options::default(), journal, &service, commit.clone())?;
    if let Some(refused) = &took.refused {
        undone.failure = Some(refused.to_string());
        return Ok(None);
    }
    if took.reverted {
        undone.made.push((Change::RevertRelease(Box::new(commit.clone())), commit.to_string()));
    } else {
        undone.failed = true;
        undone.failure = took.act.as_ref().map(|act| act.detail.clone());
    }
    undone.act = took.act.clone();
    Ok(Some(took))
}

/// Nobody has a file that is moved aside for another one.
pub(super) struct Free<'a>(pub(super) &'a dyn Processes);

impl std::fmt::Debug for Free<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Free")
    }
}

impl Unheld for Free<'_> {
    fn unheld(&self, path: &Path) -> std::result::Result<(), String> {
        holders::nobody(self.0, path)
    }
}

fn nothing(config: &Config, dry_run: bool) -> Undone {
    Undone {
        heal: config.call(),
        dry_run,
        runs: Vec::new(),
        plan: Vec::new(),
        made: Vec::new(),
        act: None,
        alerts: Vec::new(),
        failure: None,
        failed: false,
        unfinished: Vec::new(),
    }
}

/// The runs, newest first, as the world is now.
fn seen(config: &Config, dir: &DataDir) -> Result<Vec<PastRun>> {
    let mut runs = Runs::default();
    each(dir, &|kind, _| Runs::reads(kind), &mut |entry| runs.take(&entry))?;
    let mut runs = runs.all();
    runs.reverse();
    for run in &mut runs {
        // The last change is taken back first: what it put somewhere is away by then.
        let mut cleared: Vec<PathBuf> = Vec::new();
        for change in run.changes.iter_mut().rev().filter(|change| change.fate == Fate::Reversible) {
            match (moved_on(config, dir, &change.done, &cleared), &change.done) {
                (Some(why), _) => change.fate = Fate::MovedOn(why),
                (None, Done::Back { path, .. }) => cleared.push(path.clone()),
                (None, _) => {}
            }
        }
    }
    Ok(runs)
}

/// Why what heal left is not there any more.
fn moved_on(config: &Config, dir: &DataDir, done: &Done, cleared: &[PathBuf]) -> Option<String> {
    let meta = |path: &Path| std::fs::symlink_metadata(path).ok();
    match done {
        Done::Aside { path, kept, .. } => {
            if meta(kept).is_none() {
                return Some(format!("{} is not in the quarantine any more", kept.display()));
            }
            meta(path)
                .filter(|_| !cleared.contains(path))
                .map(|_| format!("there is a file at {} again", path.display()))
        }
        Done::Back { path, file, .. } => match meta(path) {
            None => Some(format!("{} is not there any more", path.display())),
            // A device may have another number after a boot; then the bytes have to be the same as well.
            Some(now) if now.ino() == file.inode && (now.dev() == file.device || holds(path, &file.sha256)) => None,
            Some(_) => Some(format!("another file stands at {} by now", path.display())),
        },
        Done::Replaced { path, before, after } => match meta(path) {
            _ if before.as_ref().is_some_and(|before| Vault::of(dir).get(&before.sha256).is_err()) => {
                Some("the vault does not hold what stood there any more".to_owned())
            }
            None => Some(format!("{} is not there any more", path.display())),
            Some(now) if now.ino() != after.inode => Some(format!("another file stands at {} by now", path.display())),
            Some(_) => (!holds(path, &after.sha256)).then(|| format!("{} was written to since", path.display())),
        },
        Done::Reaccessed { path, id, after, .. } => match meta(path) {
            None => Some(format!("{} is not there any more", path.display())),
            Some(now) if now.ino() != id.1 => Some(format!("{} is something else by now", path.display())),
            Some(now) => {
                let now = access(&now);
                (now != *after).then(|| format!("somebody made {} {now}", path.display()))
            }
        },
        Done::Reverted { commit, .. } => {
            let head = git::open(&config.root).and_then(|repo| git::outside(&repo)).map(|ground| ground.head);
            match head {
                Ok(Some(head)) if head == *commit => None,
                Ok(head) => Some(format!(
                    "HEAD is at {} by now; `git revert {}` brings that code back on top of it",
                    short(&head.unwrap_or_default()),
                    short(commit)
                )),
                Err(refused) => Some(refused.to_string()),
            }
        }
        Done::Other(_) => None,
    }
}

/// Are these its bytes?
fn holds(path: &Path, sha256: &str) -> bool {
    let folder = path.parent().unwrap_or(Path::new("/"));
    apply::state_of(folder, path).is_ok_and(|now| now.sha256 == *sha256)
}

/// Did a person take back what heal had made of exactly this? `now` is what stands there, `None` where nothing does. Then it is
/// not for heal to know better a minute later.
pub(super) fn was_taken_back(dir: &DataDir, path: &Path, now: Option<&FileState>) -> bool {
    let is_this = |done: &Done| match done {
        Done::Replaced { path: stood, before, .. } => {
            let sum = |file: &FileState| file.sha256.clone();
            stood == path && before.as_ref().map(sum) == now.map(sum)
        }
        _ => false,
    };
    is_taken_back(dir, path, is_this)
}

/// The same of permissions and an owner.
pub(super) fn was_given_back(dir: &DataDir, path: &Path, now: Access) -> bool {
    is_taken_back(
        dir,
        path,
        |done| matches!(done, Done::Reaccessed { path: stood, before, .. } if stood == path && *before == now),
    )
}

/// The last change of that kind counts. What the journal does not say was not taken back. It is asked right before a file would
/// be changed, and reads no further back than to the day of that change: only lines that name the file, and what a person took
/// back.
fn is_taken_back(dir: &DataDir, path: &Path, is_this: impl Fn(&Done) -> bool) -> bool {
    let Some(name) = path.to_str().and_then(|text| serde_json::to_string(text).ok()) else { return false };
    let wanted = |kind: &str, line: &str| match kind {
        "intent" | "repairing" => line.contains("\"rung\":\"undo\""),
        "moved-aside" | "replaced" | "reaccessed" => line.contains(&name),
        _ => false,
    };
    let Ok(days) = newest_days(dir, &wanted) else { return false };
    let (mut known, mut found) = (Vec::new(), None);
    for day in days {
        // One day more than it is found in: a taking back may have begun before midnight.
        let last = found.is_some();
        let Ok(mut day) = day else { return false };
        day.append(&mut known);
        known = day;
        let mut runs = Runs::default();
        known.iter().for_each(|entry| runs.take(entry));
        let runs = runs.all();
        let mut changes = runs.iter().rev().flat_map(|run| run.changes.iter().rev()).filter(|one| one.rung != UNDO);
        let change = changes.find(|change| is_this(&change.done));
        found = change.map(|change| matches!(change.fate, Fate::TakenBack(_)));
        if last {
            break;
        }
    }
    found.unwrap_or(false)
}

/// Who may do what with it.
pub(super) fn access(meta: &std::fs::Metadata) -> Access {
    Access { mode: meta.mode() & 0o7777, uid: meta.uid() }
}

/// Chooses the run, and plans its way back, the last change first.
fn choose(config: &Config, undone: &mut Undone, runs: Vec<PastRun>, wanted: &Wanted) -> Result<()> {
    let found = match &wanted.run {
        Some(id) => Some(runs.into_iter().find(|run| run.id == *id).ok_or_else(|| {
            Error::new(Kind::Usage, format!("the journal knows no run `{id}` that changed anything"))
                .hint(format!("`{} undo --list` lists them", config.call()))
        })?),
        None => runs.into_iter().find(PastRun::is_open),
    };
    let Some(run) = found else { return Ok(()) };
    for change in run.changes.iter().rev() {
        match reverse(config, change, wanted.force) {
            Ok(more) => undone.plan.extend(more),
            Err(why) => {
                undone.failure.get_or_insert(why);
            }
        }
    }
    if undone.failure.is_some() {
        // All of it or nothing: half a way back is a third state that nobody asked for.
        undone.plan.clear();
    }
    undone.runs = vec![run];
    Ok(())
}

/// What takes this change back.
fn reverse(config: &Config, change: &PastChange, force: bool) -> std::result::Result<Vec<Change>, String> {
    let away = |path: &Path, why: &str| -> std::result::Result<Change, String> {
        let meta = std::fs::symlink_metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let (device, inode) = (meta.dev(), meta.ino());
        Ok(Change::MoveAside { path: path.to_owned(), device, inode, why: why.to_owned() })
    };
    let newer = "it stands where a file is put back";
    match (&change.done, &change.fate) {
        (_, Fate::Irreversible(_) | Fate::TakenBack(_)) | (Done::Other(_), _) => Ok(Vec::new()),
        // What was committed since is nobody's to move aside.
        (Done::Reverted { .. }, Fate::MovedOn(why)) => Err(why.clone()),
        (Done::Reverted { commit, .. }, Fate::Reversible) => {
            let revert = revert::brought_back(config, commit, "A person asked for it: `heal undo`.");
            Ok(vec![Change::RevertRelease(Box::new(revert.map_err(|refused| refused.to_string())?))])
        }
        (_, Fate::MovedOn(why)) if !force => Err(why.clone()),
        (Done::Aside { path, kept, file }, fate) => {
            let mut plan = Vec::new();
            if let Fate::MovedOn(why) = fate {
                if std::fs::symlink_metadata(kept).is_err() {
                    return Err(why.clone());
                }
                plan.push(away(path, newer)?);
            }
            plan.push(Change::PutBack { kept: kept.clone(), path: path.clone(), file: file.clone() });
            Ok(plan)
        }
        (Done::Replaced { path, before: Some(before), .. }, _) => {
            let folder = path.parent().unwrap_or(Path::new("/"));
            let now = apply::state_of(folder, path).map_err(|error| format!("{}: {error}", path.display()))?;
            let (sha256, loss) = (before.sha256.clone(), "what came after it is kept".to_owned());
            let why = "a repair is taken back".to_owned();
            let (path, judged) = (path.clone(), Some(now));
            Ok(vec![Change::ReplaceFile { path, judged, sha256, lock: None, why, loss, state: None }])
        }
        (Done::Reaccessed { path, id, before, .. }, fate) => {
            let meta = std::fs::symlink_metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
            match fate {
                // Another one never had what it would be given.
                Fate::MovedOn(why) if meta.ino() != id.1 => Err(why.clone()),
                _ => {
                    let (device, inode, now) = (meta.dev(), meta.ino(), access(&meta));
                    Ok(vec![Change::SetAccess { path: path.clone(), device, inode, before: now, after: *before }])
                }
            }
        }
        (Done::Back { path, .. } | Done::Replaced { path, .. }, _) => {
            Ok(vec![away(path, "putting it back is taken back")?])
        }
    }
}
