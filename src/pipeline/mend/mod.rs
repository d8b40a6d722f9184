//! How is a damaged state file put right? The first candidate that is sound replaces it, behind an intent, and of what is sound a
//! copy is kept. What is unknown is left as it is, and so is a broken invariant for which nobody declared a `fix`.

mod candidate;
mod tries;

use std::path::Path;
use std::time::Duration;

use crate::apply::{self, Repair as Order, Trouble as Refusal, Unheld};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::host::clock;
use crate::journal::vault::{Copies, Vault};
use crate::journal::{DataDir, Journal, RecoveryLock};
use crate::model::mended::{Mended, Outcome, Work};
use crate::model::state::{Judged, StateFile, Verdict};
use crate::model::{Change, Validation};
use crate::probe::state;

use super::states::validate_state;
use super::undo::Free;
use super::unfinished::{settle_files, unless_observing};
use candidate::{Left, Proposal, propose, taken_back};
pub(super) use tries::{SUBJECT, Tries, pause_ms};

/// What it is called in the journal.
const RUNG: &str = "state";

/// Whoever repairs files at this moment is soon done.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a `notify` may take.
const NOTIFY_MS: i64 = 20_000;

/// `heal validate-state --repair`: judges, repairs what may be repaired, and judges again. Of what is sound a copy is kept.
///
/// # Errors
/// There is no such state, another run is at work, or the journal cannot be written.
pub fn repair_state(config: &Config, names: &[String], dry_run: bool) -> Result<Validation> {
    let dir = DataDir::at(config.data_dir.clone());
    let mut validation = validate_state(config, names)?;
    let whole = names.is_empty();
    if dry_run {
        let judged = || Ok(validation.files.clone());
        validation.mended = everything(config, whole, &mut Hand::asked(&dir, None), judged)?;
        return Ok(validation);
    }
    unless_observing(config)?;
    apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let _recovery = RecoveryLock::take(&dir.lock(), "heal validate-state --repair")?;
    let _files = RecoveryLock::take_within(&dir.repair_lock(), "heal validate-state --repair", PATIENCE)?;
    let mut journal = Journal::open(dir.clone())?;
    let unfinished = settle_files(config, &dir, &mut journal)?;
    // What was seen before the locks were had may be over.
    let look = || Ok(validate_state(config, names)?.files);
    let mended = everything(config, whole, &mut Hand::asked(&dir, Some(&mut journal)), look)?;
    journal.save();
    validation = validate_state(config, names)?;
    validation.mended = mended;
    validation.warnings.extend(unfinished);
    validation.warnings.extend(keep_sound(config, &dir, &validation.files));
    Ok(validation)
}

/// The layout first: what lies in a directory that is missing is made after it.
///
/// # Errors
/// The journal cannot be written, or there is no such state.
pub(super) fn everything(
    config: &Config,
    layout: bool,
    hand: &mut Hand<'_>,
    look: impl FnOnce() -> Result<Vec<Judged>>,
) -> Result<Vec<Mended>> {
    let mut mended = if layout { super::layout::put_right(config, hand)? } else { Vec::new() };
    mended.extend(all(config, &look()?, hand)?);
    Ok(mended)
}

/// Copies every file that is sound into the vault, if its newest copy is another one. Answers with what could not be kept.
pub(super) fn keep_sound(config: &Config, dir: &DataDir, files: &[Judged]) -> Vec<String> {
    files.iter().filter_map(|judged| keep(config, dir, judged).err()).collect()
}

/// The same for one file. Answers whether the vault has a copy of what was judged.
///
/// # Errors
/// None could be kept, and why.
pub(super) fn keep(config: &Config, dir: &DataDir, judged: &Judged) -> std::result::Result<bool, String> {
    let file = config.states.iter().find(|file| file.name == judged.name && judged.verdict.is_sound());
    let Some(file) = file else { return Ok(false) };
    let read = state::read(file);
    // Another content than was judged is judged by the next run.
    let Some(bytes) = read.bytes.filter(|_| read.mark == judged.mark) else { return Ok(false) };
    let kept = Copies::of_state(dir, &file.name).add_if_new(&bytes);
    kept.map(|_| true).map_err(|error| format!("no copy of {} could be kept: {error}", file.path.display()))
}

/// With what it is done: without a journal it is only said.
pub(super) struct Hand<'a> {
    pub(super) dir: &'a DataDir,
    pub(super) journal: Option<&'a mut Journal>,
    /// A person asked for it: what a person took back is done again.
    pub(super) asked: bool,
    /// Why nothing is done now about what belongs to this service, or to none.
    pub(super) away: &'a dyn Fn(Option<&str>) -> Option<String>,
    /// What failed lately, and is not tried in every run.
    pub(super) tries: Option<&'a mut Tries>,
}

impl<'a> Hand<'a> {
    /// Of a person, who knows what he does.
    fn asked(dir: &'a DataDir, journal: Option<&'a mut Journal>) -> Self {
        Self { dir, journal, asked: true, away: &|_| None, tries: None }
    }

    /// Why it is left alone for now.
    pub(super) fn leaves(&self, service: Option<&str>, path: &Path) -> Option<String> {
        let waits = || self.tries.as_ref().and_then(|tries| tries.wait(path, &clock::now()));
        (self.away)(service).or_else(waits)
    }

    /// What came of it.
    pub(super) fn note(&mut self, path: &Path, outcome: &Outcome) {
        if let Some(tries) = &mut self.tries {
            tries.note(path, outcome);
        }
    }
}

/// Every file that is wrong, one after the other: what cannot be done for one is no reason to leave another.
///
/// # Errors
/// The journal cannot be written.
pub(super) fn all(config: &Config, files: &[Judged], hand: &mut Hand<'_>) -> Result<Vec<Mended>> {
    let mut mended = Vec::new();
    for judged in files.iter().filter(|judged| judged.verdict == Verdict::Invalid) {
        let Some(file) = config.states.iter().find(|file| file.name == judged.name) else { continue };
        let (name, path) = (file.name.clone(), file.path.clone());
        if let Some(why) = hand.leaves(file.service.as_deref(), &path) {
            mended.push(Mended::left(name, path, why, false));
            continue;
        }
        let proposal = match propose(config, hand.dir, file, judged) {
            Err(Left { why, lasting }) => {
                mended.push(Mended::left(name, path, why, lasting));
                continue;
            }
            Ok(proposal) => proposal,
        };
        let table = crate::host::processes();
        let unheld = Free(table.as_ref());
        // What somebody has open may be so for days, and whether a person took it back is read in the journal: that comes last.
        let held = hand.journal.as_ref().and_then(|_| in_use(file, &proposal, &unheld));
        let taken = || if hand.asked { None } else { taken_back(config, hand.dir, file, &proposal) };
        let outcome = match (held, hand.journal.as_deref_mut()) {
            (Some(why), _) => Outcome::Refused(why),
            (None, journal) => {
                if let Some(Left { why, lasting }) = taken() {
                    mended.push(Mended::left(name, path, why, lasting));
                    continue;
                }
                match journal {
                    None => Outcome::Would,
                    Some(journal) => act(config, hand.dir, file, &proposal, (journal, &unheld))?,
                }
            }
        };
        if hand.journal.is_some() {
            hand.note(&path, &outcome);
        }
        let work = if proposal.judged.is_some() { Work::Change } else { Work::Create };
        let (how, loss) = (proposal.how, Some(proposal.loss));
        mended.push(Mended { name, path, work, how, loss, outcome, lasting: false });
    }
    Ok(mended)
}

/// Who has it open, or keeps it locked. Asked once more right before it is replaced; but what somebody has all day is not begun
/// every minute.
fn in_use(file: &StateFile, proposal: &Proposal, unheld: &Free<'_>) -> Option<String> {
    let held = proposal.judged.as_ref().and_then(|_| unheld.unheld(&file.path).err());
    let why = held.or_else(|| apply::can_lock(file.lock.as_deref()?).err())?;
    Some(format!("{} is left alone: {why}", file.path.display()))
}

fn act(
    config: &Config,
    dir: &DataDir,
    file: &StateFile,
    proposal: &Proposal,
    (journal, unheld): (&mut Journal, &Free<'_>),
) -> Result<Outcome> {
    let sha256 =
        Vault::of(dir).put(&proposal.bytes).map_err(|error| Error::unwritable("cannot write the vault", error))?;
    let (path, lock, judged) = (file.path.clone(), file.lock.clone(), proposal.judged.clone());
    let (why, loss) = (proposal.how.clone(), proposal.loss.to_string());
    let state = Some(file.name.clone());
    let mut changes = vec![Change::ReplaceFile { path, judged, sha256, lock, why: why.clone(), loss, state }];
    if let Some(argv) = &file.notify {
        changes.push(Change::RunCommand { argv: argv.clone(), timeout_ms: NOTIFY_MS });
    }
    let service = file.service.as_deref().unwrap_or_default();
    let order = Order { service, root: &config.root, rung: RUNG, changes, why, unheld };
    let repaired = apply::repair(journal, unheld.0, &order)?;
    Ok(outcome(repaired.failure))
}

/// What came of a repair, by the change that could not be made.
pub(super) fn outcome(failure: Option<(Change, Refusal)>) -> Outcome {
    match failure {
        None => Outcome::Done,
        Some((Change::RunCommand { .. }, trouble)) => Outcome::Untold(trouble.to_string()),
        Some((_, trouble @ (Refusal::Io(_) | Refusal::Stuck(_)))) => Outcome::Failed(trouble.to_string()),
        Some((_, trouble)) => Outcome::Refused(trouble.to_string()),
    }
}
