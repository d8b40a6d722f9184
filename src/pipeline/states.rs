//! How are state files looked at? Each is read and judged once in a run; what an invariant asks of another file is read once as well.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Options, millis};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::clock;
use crate::journal::Notes;
use crate::model::digest::sha256;
use crate::model::state::{Judged, Mark, Trouble, Verdict};
use crate::model::validation::Stated;
use crate::model::{StateFile, Validation};
use crate::probe::state;

/// A file that was changed this short before it was read may be changed again without its times saying so: they are as coarse
/// as the ticks of the kernel, or as two seconds on FAT.
const COARSE: Duration = Duration::from_secs(3);

/// `heal validate-state`: the layout and the state files that are declared, or the files of these names. It changes nothing.
///
/// # Errors
/// There is no such state.
pub fn validate_state(config: &Config, names: &[String]) -> Result<Validation> {
    let start = Instant::now();
    let at = clock::now().at;
    require(config, names)?;
    let asked = |file: &&StateFile| names.is_empty() || names.contains(&file.name);
    let shelf = Shelf::new(config);
    let files = config.states.iter().filter(asked).map(|file| shelf.judge(file)).collect();
    Ok(Validation {
        heal: config.call(),
        project: config.name.clone(),
        host: clock::hostname(),
        at,
        layout: names.is_empty().then(|| state::layout(&config.layout)),
        files,
        mended: Vec::new(),
        warnings: config.warnings.clone(),
        duration_ms: millis(start),
    })
}

/// What was found at the last look.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Noted {
    /// What it depended on: see [`Seals::of`]. Empty when that may change unseen.
    seal: String,
    verdict: Option<Verdict>,
    /// What was wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    troubles: Vec<Trouble>,
    /// The vault has a copy of it.
    #[serde(default)]
    pub(super) kept: bool,
    /// Why it is not repaired, as long as neither it nor what is declared of it changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) left: Option<String>,
}

/// One state file, as a run found it.
pub(super) struct Found<'a> {
    pub(super) file: &'a StateFile,
    pub(super) stated: Stated,
    /// What the next run should know of it.
    pub(super) noted: Noted,
}

impl Found<'_> {
    /// Is there something to do about it for a run that acts: to repair it, or to keep a copy?
    pub(super) fn is_due(&self) -> bool {
        self.is_broken() || self.is_to_keep()
    }

    pub(super) fn is_broken(&self) -> bool {
        self.stated.judged.verdict == Verdict::Invalid && self.noted.left.is_none()
    }

    pub(super) fn is_to_keep(&self) -> bool {
        self.stated.judged.verdict.is_sound() && !self.noted.kept
    }
}

/// Under which a file is noted. No subject of a probe is called like that.
fn subject(name: &str) -> String {
    format!("state:{name}")
}

/// Is this what a note about a state file is called that is still declared?
pub(super) fn is_subject(config: &Config, noted: &str) -> bool {
    config.states.iter().any(|file| file.enabled && subject(&file.name) == noted)
}

/// What a look says of the state files, and what a tick begins with. One that has not changed since the last look is not read
/// again, unless all are to be. `acts` asks for more than a verdict: a tick also keeps a copy, and repairs.
pub(super) fn look<'a>(config: &'a Config, options: &Options, notes: &Notes, acts: bool) -> Vec<Found<'a>> {
    let asked = |file: &&StateFile| file.enabled && options.asks(file.service.as_deref());
    let (shelf, seals) = (Shelf::new(config), Seals::new(config));
    let mut found = Vec::new();
    for file in config.states.iter().filter(asked) {
        let noted = notes.of(&subject(&file.name), "").and_then(|note| Noted::deserialize(note).ok());
        let seal = seals.of(file);
        let same = noted.clone().filter(|noted| noted.seal == seal && !seal.is_empty() && !options.all);
        let known = same.filter(|noted| match noted.verdict {
            Some(Verdict::Valid | Verdict::Warning) => noted.kept || !acts,
            // What could be repaired is, or is tried again.
            Some(Verdict::Invalid) => noted.left.is_some(),
            _ => false,
        });
        let (judged, next) = if let Some(noted) = known {
            let (name, path, mark) = (file.name.clone(), file.path.clone(), seals.mark(&file.path));
            let verdict = match noted.verdict {
                Some(verdict @ (Verdict::Warning | Verdict::Invalid)) => verdict,
                _ => Verdict::Unchanged,
            };
            let troubles = noted.troubles.clone();
            (Judged { name, path, format: file.format, mark, troubles, verdict }, noted)
        } else {
            options.progress(&format!("reading {}", file.path.display()));
            let judged = shelf.judge(file);
            let troubles = judged.troubles.clone();
            let verdict = Some(judged.verdict);
            (judged, Noted { seal, verdict, troubles, kept: false, left: None })
        };
        let before = noted.and_then(|noted| noted.verdict);
        let news = before.map_or(next.verdict != Some(Verdict::Valid), |before| next.verdict != Some(before));
        found.push(Found { file, stated: Stated { judged, news }, noted: next });
    }
    found
}

/// Keeps for the next run what was found.
pub(super) fn remember(found: &[Found<'_>], notes: &mut Notes) {
    for one in found {
        if let Ok(note) = serde_json::to_value(&one.noted) {
            notes.take(&subject(&one.file.name), note);
        }
    }
}

/// What it comes to, for a report.
pub(super) fn stated(found: Vec<Found<'_>>) -> Vec<Stated> {
    found.into_iter().map(|one| one.stated).collect()
}

/// Which contents files have, asked once each.
struct Seals<'a> {
    config: &'a Config,
    names: Vec<&'a str>,
    /// What was changed after that may change again unseen.
    settled: i128,
    marks: RefCell<BTreeMap<PathBuf, Option<Mark>>>,
}

impl<'a> Seals<'a> {
    fn new(config: &'a Config) -> Self {
        let names = config.states.iter().map(|other| other.name.as_str()).collect();
        let settled = (clock::now().at - COARSE).timestamp_nanos_opt().map_or(0, i128::from);
        Self { config, names, settled, marks: RefCell::default() }
    }

    fn mark(&self, path: &Path) -> Option<Mark> {
        if let Some(mark) = self.marks.borrow().get(path) {
            return *mark;
        }
        let mark = state::mark_at(path);
        self.marks.borrow_mut().insert(path.to_owned(), mark);
        mark
    }

    /// All that the verdict on a file depends on, as one word: what is declared of it, this program, and which contents it, its
    /// schema and the files that its invariants ask for have. Empty if one of them is not there, or was changed just now.
    fn of(&self, file: &StateFile) -> String {
        let asked = state::asks_for(file, &self.names);
        let others =
            self.config.states.iter().filter(|other| asked.contains(&other.name.as_str())).map(|other| &other.path);
        let settled = |mark: &Mark| mark.mtime_ns < self.settled && mark.ctime_ns < self.settled;
        let marks = [&file.path].into_iter().chain(&file.schema).chain(others);
        let marks: Option<Vec<Mark>> = marks.map(|path| self.mark(path).filter(settled)).collect();
        let Some(marks) = marks else { return String::new() };
        let whole = format!("{} {file:?} {marks:?}", env!("CARGO_PKG_VERSION"));
        sha256(whole.as_bytes())
    }
}

/// The files of one run.
pub(super) struct Shelf<'a> {
    config: &'a Config,
    /// The documents that were asked for by others, as JSON; `None` where there is none to be had.
    texts: RefCell<BTreeMap<String, Option<String>>>,
}

impl<'a> Shelf<'a> {
    pub(super) fn new(config: &'a Config) -> Self {
        Self { config, texts: RefCell::default() }
    }

    /// One file, looked at and judged.
    pub(super) fn judge(&self, file: &StateFile) -> Judged {
        if file.enabled {
            return state::judge(file, &|name| self.text(name));
        }
        let (name, path) = (file.name.clone(), file.path.clone());
        Judged { name, path, format: file.format, mark: None, troubles: Vec::new(), verdict: Verdict::Disabled }
    }

    /// The document of the state of that name, as JSON.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        if let Some(text) = self.texts.borrow().get(name) {
            return text.clone();
        }
        let file = self.config.states.iter().find(|file| file.enabled && file.name == name);
        let text = file.and_then(|file| state::json_text(file.format, &state::read(file).bytes?));
        self.texts.borrow_mut().insert(name.to_owned(), text.clone());
        text
    }
}

/// Is every state that was asked for one that is declared?
fn require(config: &Config, names: &[String]) -> Result<()> {
    let known = |name: &&String| config.states.iter().any(|file| file.name == **name);
    let Some(name) = names.iter().find(|name| !known(name)) else { return Ok(()) };
    let declared: Vec<&str> = config.states.iter().map(|file| file.name.as_str()).collect();
    let hint = match declared.as_slice() {
        [] => "it declares no [state.NAME]".to_owned(),
        names => format!("it declares: {}", names.join(", ")),
    };
    let message = format!("there is no state `{name}` in {}", config.path.display());
    Err(Error::new(Kind::Usage, message).hint(hint))
}
