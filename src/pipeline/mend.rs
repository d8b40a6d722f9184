//! How is a damaged state file put right? Candidates are made in the order that the owner allows, each is judged as if it had
//! always been there, and the first that is sound replaces the file, behind an intent. What is unknown is left as it is, and so
//! is a broken invariant for which nobody declared a `fix`.

use std::time::Duration;

use crate::apply::{self, Repair as Order, Trouble as Refusal};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::host::jq;
use crate::journal::vault::{Copies, Vault};
use crate::journal::{DataDir, Journal, RecoveryLock};
use crate::model::change::FileState;
use crate::model::loss::Loss;
use crate::model::mended::{Mended, Outcome, Work};
use crate::model::state::{Format, Judged, Problem, Repair, StateFile, Verdict};
use crate::model::{Change, Validation};
use crate::probe::state;
use crate::remedy::state::{later_keys, merge, salvage};

use super::states::{Shelf, validate_state};
use super::undo::Free;

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
        validation.mended = everything(config, whole, &mut Hand { dir: &dir, journal: None, asked: true }, || {
            Ok(validation.files.clone())
        })?;
        return Ok(validation);
    }
    apply::refuse_links(&config.root, dir.root())?;
    dir.create()?;
    let _recovery = RecoveryLock::take(&dir.lock(), "heal validate-state --repair")?;
    let _files = RecoveryLock::take_within(&dir.repair_lock(), "heal validate-state --repair", PATIENCE)?;
    let mut journal = Journal::open(dir.clone())?;
    let unfinished = apply::resume(&mut journal, Some(&config.root))?;
    // What was seen before the locks were had may be over.
    let look = || Ok(validate_state(config, names)?.files);
    let mended = everything(config, whole, &mut Hand { dir: &dir, journal: Some(&mut journal), asked: true }, look)?;
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
        mended.push(match propose(config, hand.dir, file, judged, hand.asked) {
            Err(Left { why, lasting }) => Mended::left(name, path, why, lasting),
            Ok(proposal) => {
                let outcome = match hand.journal.as_deref_mut() {
                    None => Outcome::Would,
                    Some(journal) => act(config, hand.dir, file, &proposal, journal)?,
                };
                let work = if proposal.judged.is_some() { Work::Change } else { Work::Create };
                let (how, loss) = (proposal.how, Some(proposal.loss));
                Mended { name, path, work, how, loss, outcome, lasting: false }
            }
        });
    }
    Ok(mended)
}

/// What would be put in its place.
struct Proposal {
    bytes: Vec<u8>,
    how: String,
    loss: Loss,
    /// What stands there.
    judged: Option<FileState>,
}

fn act(
    config: &Config,
    dir: &DataDir,
    file: &StateFile,
    proposal: &Proposal,
    journal: &mut Journal,
) -> Result<Outcome> {
    let sha256 = match Vault::of(dir).put(&proposal.bytes) {
        Ok(sha256) => sha256,
        Err(error) => return Err(Error::unwritable("cannot write the vault", error)),
    };
    let (path, lock, judged) = (file.path.clone(), file.lock.clone(), proposal.judged.clone());
    let (why, loss) = (proposal.how.clone(), proposal.loss.to_string());
    let state = Some(file.name.clone());
    let mut changes = vec![Change::ReplaceFile { path, judged, sha256, lock, why: why.clone(), loss, state }];
    if let Some(argv) = &file.notify {
        changes.push(Change::RunCommand { argv: argv.clone(), timeout_ms: NOTIFY_MS });
    }
    let table = crate::host::processes();
    let unheld = Free(table.as_ref());
    let service = file.service.as_deref().unwrap_or_default();
    let order = Order { service, root: &config.root, rung: RUNG, changes, why, unheld: &unheld };
    let repaired = apply::repair(journal, table.as_ref(), &order)?;
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

/// Why it is left as it is.
struct Left {
    why: String,
    /// As long as nothing changes that was declared or found.
    lasting: bool,
}

impl From<String> for Left {
    fn from(why: String) -> Self {
        Self { why, lasting: false }
    }
}

fn left_for_good(why: impl Into<String>) -> Left {
    Left { why: why.into(), lasting: true }
}

/// The first candidate that is sound.
fn propose(
    config: &Config,
    dir: &DataDir,
    file: &StateFile,
    judged: &Judged,
    asked: bool,
) -> std::result::Result<Proposal, Left> {
    let has = |fits: fn(Problem) -> bool| judged.troubles.iter().any(|trouble| fits(trouble.problem));
    if has(Problem::is_unknown) {
        let why = "something about it could not be looked at, and what is unknown is not repaired";
        return Err(why.to_owned().into());
    }
    if has(|problem| problem == Problem::ConflictMarkers) {
        return Err(left_for_good("it holds two versions that git could not merge: a person has to choose"));
    }
    let missing = has(|problem| problem == Problem::Missing);
    if missing && !file.create {
        return Err(left_for_good("it is missing, and `create` does not allow to make it"));
    }
    let broken = has(|problem| problem == Problem::InvariantBroken);
    let read = if missing { None } else { Some(state::read(file)) };
    let now = match &read {
        None => None,
        Some(read) if read.bytes.is_none() || read.mark != judged.mark => {
            return Err("it changed since it was looked at; the next run looks again".to_owned().into());
        }
        Some(_) => Some(apply::state_of(&config.root, &file.path).map_err(|error| error.to_string())?),
    };
    if !asked && super::undo::was_taken_back(dir, &file.path, now.as_ref()) {
        let why = format!(
            "a person took the repair of exactly this back; `{} validate-state --repair {}` makes it all the same",
            config.call(),
            file.name
        );
        return Err(left_for_good(why));
    }
    let bytes = read.and_then(|read| read.bytes).unwrap_or_default();
    let case = Case { config, dir, file, judged, bytes: &bytes, shelf: Shelf::new(config), missing };
    let mut tried = Vec::new();
    for way in case.ways(broken) {
        match case.candidate(way).and_then(|(bytes, how, loss)| case.accept(&bytes, way).map(|()| (bytes, how, loss))) {
            Ok((bytes, how, loss)) => return Ok(Proposal { bytes, how, loss, judged: now }),
            Err(why) => tried.push(format!("{}: {why}", way.word())),
        }
    }
    Err(if !tried.is_empty() {
        tried.join("; ").into()
    } else if broken {
        left_for_good(
            "an invariant is broken: only a `fix` that is declared for it, with \"fix\" in `repair`, may change it",
        )
    } else {
        left_for_good(format!("`repair` of [state.{}] allows nothing that could help", file.name))
    })
}

struct Case<'a> {
    config: &'a Config,
    dir: &'a DataDir,
    file: &'a StateFile,
    judged: &'a Judged,
    bytes: &'a [u8],
    shelf: Shelf<'a>,
    missing: bool,
}

type Candidate = std::result::Result<(Vec<u8>, String, Loss), String>;

impl Case<'_> {
    /// What may be tried, in the owner's order; but what loses nothing comes first.
    fn ways(&self, broken: bool) -> Vec<Repair> {
        if broken {
            return self.file.repair.iter().copied().filter(|way| *way == Repair::Fix).collect();
        }
        let of_bytes = self.judged.troubles.iter().any(|trouble| trouble.problem.is_of_bytes());
        let mut ways = self.file.repair.clone();
        ways.retain(|way| match way {
            Repair::Fix => false,
            Repair::Salvage => of_bytes && !self.missing,
            Repair::Merge => !of_bytes && !self.missing && self.file.format == Format::Json,
            Repair::Backup | Repair::Template => true,
        });
        if self.missing && !ways.contains(&Repair::Template) && self.file.template.is_some() {
            ways.push(Repair::Template);
        }
        let lossless = salvage(self.file.format, self.bytes).is_ok_and(|salvaged| salvaged.loss.is_none());
        if lossless {
            ways.sort_by_key(|way| *way != Repair::Salvage);
        }
        ways
    }

    fn candidate(&self, way: Repair) -> Candidate {
        match way {
            Repair::Merge => self.merged(self.bytes),
            Repair::Salvage => self.salvaged(),
            Repair::Backup => self.backup(),
            Repair::Fix => self.fixed(),
            Repair::Template => self.template(),
        }
    }

    /// Is it sound by all that is declared?
    fn accept(&self, bytes: &[u8], way: Repair) -> std::result::Result<(), String> {
        let troubles = state::judge_bytes(self.file, bytes, &|name| self.shelf.text(name));
        if Verdict::of(&troubles).is_sound() {
            return Ok(());
        }
        let first = troubles.iter().find(|trouble| Verdict::of(std::slice::from_ref(trouble)) > Verdict::Warning);
        let why = first.map_or("it is not sound", |trouble| trouble.message.as_str());
        Err(format!("what {} comes to is not sound: {why}", way.word()))
    }

    fn merged(&self, bytes: &[u8]) -> Candidate {
        let template = self.file.template.as_ref().ok_or("there is no template")?;
        let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?;
        let merged = merge(text, template).ok_or("the template has nothing that it lacks")?;
        let how = format!("added {} of the template", merged.added.join(", "));
        Ok((merged.text.into_bytes(), how, Loss::None))
    }

    fn salvaged(&self) -> Candidate {
        let salvaged = salvage(self.file.format, self.bytes)?;
        let how = "took what is whole out of its bytes".to_owned();
        let allowed = self.file.repair.contains(&Repair::Merge) && self.file.format == Format::Json;
        if allowed
            && self.accept(&salvaged.bytes, Repair::Salvage).is_err()
            && let Ok((bytes, more, _)) = self.merged(&salvaged.bytes)
        {
            return Ok((bytes, format!("{how}, {more}"), salvaged.loss));
        }
        Ok((salvaged.bytes, how, salvaged.loss))
    }

    /// The newest copy that is there, whole and sound.
    fn backup(&self) -> Candidate {
        let copies = Copies::of_state(self.dir, &self.file.name);
        let listed = copies.list().map_err(|error| error.to_string())?;
        let mut why = "there is no copy in the vault".to_owned();
        for kept in listed.copies.iter().rev() {
            let bytes = match copies.read(kept) {
                Ok(bytes) => bytes,
                Err(error) => {
                    why = error.to_string();
                    continue;
                }
            };
            match self.accept(&bytes, Repair::Backup) {
                Ok(()) => {
                    let later_keys = if self.missing { None } else { later_keys(self.file.format, self.bytes, &bytes) };
                    let how = format!("copy {} of the vault", kept.sequence);
                    return Ok((bytes, how, Loss::Restored { at: kept.at, later_keys }));
                }
                Err(unsound) => why = unsound,
            }
        }
        Err(why)
    }

    /// Never over something that could be had from a copy.
    fn template(&self) -> Candidate {
        let template = self.file.template.as_ref().ok_or("there is no template")?;
        if self.backup().is_ok() {
            return Err("the vault has a sound copy, which holds more: add \"backup\" to `repair`".to_owned());
        }
        let text = match self.file.format {
            Format::Json => serde_json::to_string_pretty(template).map_err(|error| error.to_string())?,
            Format::Jsonl | Format::Toml => return Err("it can be made of JSON alone".to_owned()),
        };
        let (how, loss) = if self.missing {
            ("made from its template", Loss::None)
        } else {
            ("begun anew from its template", Loss::All)
        };
        Ok((format!("{text}\n").into_bytes(), how.to_owned(), loss))
    }

    /// Each broken invariant by its own `fix`, one after the other.
    fn fixed(&self) -> Candidate {
        if self.file.format != Format::Json {
            return Err("only JSON can be changed by a filter".to_owned());
        }
        let mut text = String::from_utf8(self.bytes.to_vec()).map_err(|_| "it is not UTF-8")?;
        let mut fixed = Vec::new();
        let names: Vec<&str> = self.config.states.iter().map(|file| file.name.as_str()).collect();
        let asked = state::asks_for(self.file, &names);
        let others: Vec<(&str, String)> =
            asked.into_iter().filter_map(|name| Some((name, self.shelf.text(name)?))).collect();
        let variables: Vec<(&str, &str)> = others.iter().map(|(name, text)| (*name, text.as_str())).collect();
        for trouble in self.judged.troubles.iter().filter(|trouble| trouble.problem == Problem::InvariantBroken) {
            let id = trouble.invariant.as_deref().unwrap_or_default();
            if fixed.contains(&id) {
                continue;
            }
            let invariant = self.file.invariants.iter().find(|invariant| invariant.id == id);
            let Some(fix) = invariant.and_then(|invariant| invariant.fix.as_deref()) else {
                return Err(format!("no `fix` is declared for {id}"));
            };
            text = jq::transform(fix, &variables, &text, jq::LONGEST)?;
            fixed.push(id);
        }
        text.push('\n');
        let invariant = fixed.join(", ");
        Ok((text.into_bytes(), format!("the owner's `fix` of {invariant}"), Loss::Fixed { invariant }))
    }
}
