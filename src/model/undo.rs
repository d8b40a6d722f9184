//! What can be taken back? Reads the journal's events as runs and their changes, each with the change that would reverse it.
//! Pure: whether the world still is as heal left it is looked at by others.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::ailing::Recovered;
use super::change::{Access, Change, FileState};
use super::event::{Entry, Event};
use super::made::{Reaccessed, Replaced, Reverted};
use super::report::{Act, Delivery};
use super::{Stamp, rfc3339};

/// One run that changed something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// Its id.
    pub id: String,
    /// When it first changed something.
    pub at: Stamp,
    /// What it changed, in order.
    pub changes: Vec<PastChange>,
}

/// One thing that a run changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastChange {
    /// The service that it belongs to.
    pub service: String,
    /// The rung, or what the repair is called.
    pub rung: String,
    /// What was done.
    pub done: Done,
    /// What became of it.
    pub fate: Fate,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// A file was moved aside.
    Aside {
        /// Where it stood.
        path: PathBuf,
        /// Where it is kept.
        kept: PathBuf,
        /// What it was.
        file: FileState,
    },
    /// A file was put back.
    Back {
        /// Where it was kept.
        kept: PathBuf,
        /// Where it stands again.
        path: PathBuf,
        /// What it is.
        file: FileState,
    },
    /// Other content was put in the place of a file, or where none was.
    Replaced {
        /// Where it stands.
        path: PathBuf,
        /// What stood there; its bytes are in the vault.
        before: Option<FileState>,
        /// What stands there now.
        after: FileState,
    },
    /// The permissions and the owner of a directory or a file were changed.
    Reaccessed {
        /// Where it stands.
        path: PathBuf,
        /// Its device and its inode.
        id: (u64, u64),
        /// What they were.
        before: Access,
        /// What they were made.
        after: Access,
    },
    /// The code moved on by a commit of heal's own, which takes back a release, or another such commit.
    Reverted {
        /// That commit.
        commit: String,
        /// What it says of itself.
        summary: String,
    },
    /// Something that has no way back.
    Other(Change),
}

/// Can it be taken back?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It can.
    Reversible,
    /// It never could, because.
    Irreversible(&'static str),
    /// The world went on: what heal left is not there any more, or something else is.
    MovedOn(String),
    /// A later run took it back.
    TakenBack(String),
}

impl PastRun {
    /// Is there anything in it that is not taken back yet, that there is a way back from, and that was no taking back itself?
    /// The newest such run is meant where none is named.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let open = |change: &PastChange| matches!(change.fate, Fate::Reversible | Fate::MovedOn(_));
        self.changes.iter().any(|change| open(change) && change.rung != UNDO)
    }

    /// How it is named to a person.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} at {}", self.id, rfc3339(self.at))
    }
}

/// The name of the taking back in the journal.
pub const UNDO: &str = "undo";

/// The runs that changed something, as the journal is read, oldest line first. What can be reversed counts as reversible until
/// somebody looked.
#[derive(Clone, Debug, Default)]
pub struct Runs {
    runs: Vec<PastRun>,
    /// The rungs of intents that have no outcome yet: what was done is written down before that.
    rungs: BTreeMap<String, String>,
}

impl Runs {
    /// Does it take lines of this kind into account?
    #[must_use]
    pub fn reads(kind: &str) -> bool {
        let begin_and_end = matches!(kind, "intent" | "repairing" | "done" | "repaired");
        begin_and_end
            || matches!(kind, "moved-aside" | "put-back" | "replaced" | "reaccessed" | "reverted" | "recovered")
    }

    /// They, oldest first.
    #[must_use]
    pub fn all(self) -> Vec<PastRun> {
        self.runs
    }

    /// Takes one more line into account.
    pub fn take(&mut self, Entry { moment, event, .. }: &Entry) {
        let Self { runs, rungs } = self;
        let rung = |rungs: &BTreeMap<String, String>, intent: &str| rungs.get(intent).cloned().unwrap_or_default();
        match event {
            Event::Intent { id, service, rung, changes, .. } | Event::Repairing { id, service, rung, changes, .. } => {
                rungs.insert(id.clone(), rung.clone());
                for change in changes {
                    // What SQLite did has a line of its own, once it is done.
                    let recovers = matches!(change, Change::RecoverDatabase { .. });
                    let Some(why) = change.irreversible().filter(|_| !recovers) else { continue };
                    add(runs, id, moment.at, service, rung, Done::Other(change.clone()), Fate::Irreversible(why));
                }
            }
            Event::MovedAside { intent, service, path, kept, file, stays: false } => {
                let again = |done: &Done| match done {
                    Done::Back { path: stood, file: was, .. }
                    | Done::Replaced { path: stood, before: None, after: was } => {
                        stood.as_os_str() == path.as_str() && same(was, file)
                    }
                    _ => false,
                };
                taken_back(runs, intent, again);
                let done = Done::Aside { path: path.into(), kept: kept.into(), file: file.clone() };
                let rung = rung(rungs, intent);
                add(runs, intent, moment.at, service, &rung, done, Fate::Reversible);
            }
            Event::PutBack { intent, service, kept, path, file } => {
                let again =
                    |done: &Done| matches!(done, Done::Aside { kept: was, .. } if was.as_os_str() == kept.as_str());
                taken_back(runs, intent, again);
                let done = Done::Back { kept: kept.into(), path: path.into(), file: file.clone() };
                let rung = rung(rungs, intent);
                add(runs, intent, moment.at, service, &rung, done, Fate::Reversible);
            }
            Event::Replaced(Replaced { intent, service, path, before, after, .. }) => {
                let reverse = |was: &Option<FileState>, left: &FileState| {
                    was.as_ref().is_some_and(|was| was.sha256 == after.sha256)
                        && before.as_ref().is_some_and(|before| before.sha256 == left.sha256)
                };
                let again = |done: &Done| matches!(done, Done::Replaced { path: stood, before: was, after: left } if stood.as_os_str() == path.as_str() && reverse(was, left));
                let rung = rung(rungs, intent);
                if rung == UNDO {
                    taken_back(runs, intent, again);
                }
                let done = Done::Replaced { path: path.into(), before: before.clone(), after: after.clone() };
                add(runs, intent, moment.at, service, &rung, done, Fate::Reversible);
            }
            Event::Reaccessed(Reaccessed { intent, service, path, device, inode, before, after }) => {
                let (id, before, after) = ((*device, *inode), *before, *after);
                let again = |done: &Done| matches!(done, Done::Reaccessed { id: same, before: was, after: left, .. } if *same == id && *was == after && *left == before);
                let rung = rung(rungs, intent);
                if rung == UNDO {
                    taken_back(runs, intent, again);
                }
                let done = Done::Reaccessed { path: path.into(), id, before, after };
                add(runs, intent, moment.at, service, &rung, done, Fate::Reversible);
            }
            Event::Reverted(Reverted { intent, service, commit, takes_back, summary, .. }) => {
                let again = |done: &Done| matches!(done, Done::Reverted { commit: was, .. } if was == takes_back);
                // Whoever asks for it: heal itself brings code back as well, when taking it back did not help.
                let undoes = taken_back(runs, intent, again);
                let rung = if undoes { UNDO.to_owned() } else { rung(rungs, intent) };
                let done = Done::Reverted { commit: commit.clone(), summary: summary.clone() };
                add(runs, intent, moment.at, service, &rung, done, Fate::Reversible);
            }
            Event::Recovered(Recovered { intent, service, path, detail }) => {
                let change = Change::RecoverDatabase { path: path.into(), device: 0, inode: 0, why: detail.clone() };
                let fate = change.irreversible().map_or(Fate::Reversible, Fate::Irreversible);
                let rung = rung(rungs, intent);
                add(runs, intent, moment.at, service, &rung, Done::Other(change), fate);
            }
            Event::Done { intent, .. } | Event::Repaired { intent, .. } => _ = rungs.remove(intent),
            _ => {}
        }
    }
}

/// The run that an intent belongs to: it may have been finished by a later one.
fn run_of(intent: &str) -> &str {
    intent.rsplit_once('.').map_or(intent, |(run, _)| run)
}

/// A device may have another number after a boot: not by that, but by its inode and its bytes a file is known again.
fn same(one: &FileState, other: &FileState) -> bool {
    one.inode == other.inode && one.sha256 == other.sha256
}

/// Answers whether there was such a change.
fn taken_back(runs: &mut [PastRun], by: &str, is_it: impl Fn(&Done) -> bool) -> bool {
    let mut all = runs.iter_mut().rev().flat_map(|run| run.changes.iter_mut().rev());
    let found = all.find(|change| change.fate == Fate::Reversible && is_it(&change.done));
    let is_found = found.is_some();
    if let Some(change) = found {
        change.fate = Fate::TakenBack(run_of(by).to_owned());
    }
    is_found
}

fn add(runs: &mut Vec<PastRun>, intent: &str, at: Stamp, service: &str, rung: &str, done: Done, fate: Fate) {
    let id = run_of(intent);
    let change = PastChange { service: service.to_owned(), rung: rung.to_owned(), done, fate };
    match runs.iter_mut().rev().find(|run| run.id == id) {
        Some(run) => run.changes.push(change),
        None => runs.push(PastRun { id: id.to_owned(), at, changes: vec![change] }),
    }
}

/// The answer of `heal undo`.
#[derive(Clone, Debug)]
pub struct Undone {
    /// How heal has to be called to mean the same configuration.
    pub heal: String,
    /// Nothing was done, only looked at.
    pub dry_run: bool,
    /// The runs that were asked for, newest first: one to take back, or all of a list.
    pub runs: Vec<PastRun>,
    /// What would be done, in order.
    pub plan: Vec<Change>,
    /// What was done, and what was seen of it.
    pub made: Vec<(Change, String)>,
    /// How the service is with the code that was brought back.
    pub act: Option<Act>,
    /// Who was told of that, or could not be.
    pub alerts: Vec<Delivery>,
    /// Why it was refused, or why not all of it was done.
    pub failure: Option<String>,
    /// It failed by the system, and not by a rule.
    pub failed: bool,
    /// Acts that an earlier run began and did not finish.
    pub unfinished: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::{FORMAT, Moment};

    fn runs(entries: &[Entry]) -> Vec<PastRun> {
        let mut runs = Runs::default();
        entries.iter().for_each(|entry| runs.take(entry));
        runs.all()
    }

    fn entry(event: Event) -> Entry {
        let moment = Moment { at: Stamp::default(), up: 0, boot: String::new() };
        Entry { v: FORMAT, moment, run: "whoever wrote it".to_owned(), event }
    }

    fn file(inode: u64) -> FileState {
        FileState { device: 1, inode, mode: 0o640, uid: 0, gid: 0, size: 3, sha256: "ab".to_owned() }
    }

    fn begun(id: &str, rung: &str, changes: Vec<Change>) -> Entry {
        let (id, service, rung) = (id.to_owned(), "app".to_owned(), rung.to_owned());
        entry(Event::Repairing { id, service, rung, changes, why: String::new() })
    }

    fn aside(intent: &str, path: &str, kept: &str, inode: u64) -> Entry {
        let (intent, service) = (intent.to_owned(), "app".to_owned());
        let (path, kept) = (path.to_owned(), kept.to_owned());
        entry(Event::MovedAside { intent, service, path, kept, file: file(inode), stays: false })
    }

    fn back(intent: &str, path: &str, kept: &str, inode: u64) -> Entry {
        let (intent, service) = (intent.to_owned(), "app".to_owned());
        let (path, kept) = (path.to_owned(), kept.to_owned());
        entry(Event::PutBack { intent, service, path, kept, file: file(inode) })
    }

    fn shown(entries: &[Entry]) -> Vec<String> {
        let fate = |change: &PastChange| match &change.fate {
            Fate::Reversible => "open".to_owned(),
            Fate::Irreversible(_) => "never".to_owned(),
            Fate::MovedOn(why) => why.clone(),
            Fate::TakenBack(run) => format!("by {run}"),
        };
        let run = |run: PastRun| format!("{}: {}", run.id, run.changes.iter().map(fate).collect::<Vec<_>>().join(", "));
        runs(entries).into_iter().map(run).collect()
    }

    #[test]
    fn each_change_knows_whether_it_was_taken_back_and_by_whom() {
        let start = Change::StartService { argv: Vec::new(), cwd: "/".into(), log: "/log".into() };
        let mut entries = vec![
            begun("r1.1", "clean-locks", vec![start]),
            aside("r1.1", "/p/a", "/q/1", 7),
            aside("r1.2", "/p/b", "/q/2", 8),
        ];
        assert_eq!(shown(&entries), ["r1: never, open, open"]);
        entries.extend([begun("r2.1", UNDO, Vec::new()), back("r2.1", "/p/b", "/q/2", 8)]);
        assert_eq!(shown(&entries), ["r1: never, open, by r2", "r2: open"]);
        // The taking back is taken back: the same file goes once more.
        entries.extend([begun("r3.1", UNDO, Vec::new()), aside("r3.1", "/p/b", "/q/3", 8)]);
        assert_eq!(shown(&entries), ["r1: never, open, by r2", "r2: by r3", "r3: open"]);
        // Another file of that name is another matter.
        entries.push(aside("r4.1", "/p/b", "/q/4", 9));
        assert_eq!(shown(&entries)[1..], ["r2: by r3", "r3: open", "r4: open"]);
        let all = runs(&entries);
        assert_eq!(all.iter().map(PastRun::is_open).collect::<Vec<_>>(), [true, false, false, true]);
    }

    fn reverted(intent: &str, commit: &str, takes_back: &str) -> Entry {
        entry(Event::Reverted(Reverted::made_up("app", intent, commit, takes_back)))
    }

    #[test]
    fn code_that_was_brought_back_is_a_taking_back_whoever_asked_for_it() {
        let open = |entries: &[Entry]| runs(entries).iter().map(PastRun::is_open).collect::<Vec<_>>();
        let mut entries = vec![begun("r1.1", "revert", Vec::new()), reverted("r1.1", "c1", "c0")];
        assert_eq!((shown(&entries), open(&entries)), (vec!["r1: open".to_owned()], vec![true]));
        // By heal itself, in the same run: nothing of it waits for a person.
        let mut same = entries.clone();
        same.extend([begun("r1.2", "revert", Vec::new()), reverted("r1.2", "c2", "c1")]);
        assert_eq!((shown(&same), open(&same)), (vec!["r1: by r1, open".to_owned()], vec![false]));
        entries.extend([begun("r2.1", "revert", Vec::new()), reverted("r2.1", "c2", "c1")]);
        assert_eq!(shown(&entries), ["r1: by r2", "r2: open"]);
        assert_eq!(open(&entries), [false, false]);
    }

    #[test]
    fn what_was_only_begun_was_not_done() {
        let change = Change::MoveAside { path: "/p/a".into(), device: 1, inode: 7, why: String::new() };
        assert_eq!(shown(&[begun("r1.1", "clean-locks", vec![change])]), [] as [String; 0]);
    }
}
