//! What could stand in the place of a damaged state file? Candidates are made in the order that the owner allows, each is judged as
//! if it had always been there, and the first that is sound is it.

use crate::apply;
use crate::config::Config;
use crate::host::jq;
use crate::journal::DataDir;
use crate::journal::vault::Copies;
use crate::model::change::FileState;
use crate::model::loss::Loss;
use crate::model::state::{Format, Judged, Problem, Repair, StateFile, Verdict};
use crate::pipeline::states::Shelf;
use crate::pipeline::undo::was_taken_back;
use crate::probe::state;
use crate::remedy::state::{later_keys, merge, salvage};

/// What would be put in its place.
pub(super) struct Proposal {
    pub(super) bytes: Vec<u8>,
    pub(super) how: String,
    pub(super) loss: Loss,
    /// What stands there.
    pub(super) judged: Option<FileState>,
}

/// Why it is left as it is.
pub(super) struct Left {
    pub(super) why: String,
    /// As long as nothing changes that was declared or found.
    pub(super) lasting: bool,
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
pub(super) fn propose(
    config: &Config,
    dir: &DataDir,
    file: &StateFile,
    judged: &Judged,
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

/// Did a person take the repair of exactly this back? To be asked last: it reads the journal.
pub(super) fn taken_back(config: &Config, dir: &DataDir, file: &StateFile, proposal: &Proposal) -> Option<Left> {
    was_taken_back(dir, &file.path, proposal.judged.as_ref()).then(|| {
        left_for_good(format!(
            "a person took the repair of exactly this back; `{} validate-state --repair {}` makes it all the same",
            config.call(),
            file.name
        ))
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
