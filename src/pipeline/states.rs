//! How are state files looked at? Each is read and judged once in a run; what an invariant asks of another file is read once as well.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Options, millis};
use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::clock;
use crate::journal::Notes;
use crate::model::digest::sha256;
use crate::model::state::{Judged, Mark, Verdict};
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
#[derive(Deserialize, Serialize)]
struct Noted {
    /// What it depended on: see [`seal`]. Empty when that may change unseen.
    seal: String,
    verdict: Verdict,
}

/// Under which a file is noted. No subject of a probe is called like that.
fn subject(name: &str) -> String {
    format!("state:{name}")
}

/// Is this what a note about a state file is called that is still declared?
pub(super) fn is_subject(config: &Config, noted: &str) -> bool {
    config.states.iter().any(|file| file.enabled && subject(&file.name) == noted)
}

/// What a tick or a look says of the state files. One that has not changed since it was found right is not read again, unless all
/// are to be. What is found is noted for the next look.
pub(super) fn look(config: &Config, options: &Options, notes: &mut Notes) -> Vec<Stated> {
    let asked = |file: &&StateFile| file.enabled && options.asks(file.service.as_deref());
    let shelf = Shelf::new(config);
    let mut found = Vec::new();
    for file in config.states.iter().filter(asked) {
        let subject = subject(&file.name);
        let noted = notes.of(&subject, "").and_then(|note| Noted::deserialize(note).ok());
        let seal = seal(config, file);
        let same = noted.as_ref().is_some_and(|noted| noted.verdict == Verdict::Valid && noted.seal == seal);
        let judged = if same && !seal.is_empty() && !options.all {
            let (name, path) = (file.name.clone(), file.path.clone());
            let mark = state::mark_at(&path);
            Judged { name, path, format: file.format, mark, troubles: Vec::new(), verdict: Verdict::Unchanged }
        } else {
            options.progress(&format!("reading {}", file.path.display()));
            shelf.judge(file)
        };
        let verdict = if judged.verdict == Verdict::Unchanged { Verdict::Valid } else { judged.verdict };
        let news = noted.map_or(verdict != Verdict::Valid, |noted| noted.verdict != verdict);
        if let Ok(note) = serde_json::to_value(Noted { seal, verdict }) {
            notes.take(&subject, note);
        }
        found.push(Stated { judged, news });
    }
    found
}

/// All that the verdict on a file depends on, as one word: what is declared of it, this program, and which contents it, its schema
/// and the files that its invariants ask for have. Empty if one of them is not there, or was changed just now.
fn seal(config: &Config, file: &StateFile) -> String {
    let names: Vec<&str> = config.states.iter().map(|other| other.name.as_str()).collect();
    let asked = state::asks_for(file, &names);
    let others = config.states.iter().filter(|other| asked.contains(&other.name.as_str())).map(|other| &other.path);
    let old = clock::now().at - COARSE;
    let before = old.timestamp_nanos_opt().map_or(0, i128::from);
    let settled = |mark: &Mark| mark.mtime_ns < before && mark.ctime_ns < before;
    let marks = [&file.path].into_iter().chain(&file.schema).chain(others);
    let marks: Option<Vec<Mark>> = marks.map(|path| state::mark_at(path).filter(settled)).collect();
    let Some(marks) = marks else { return String::new() };
    let whole = format!("{} {file:?} {marks:?}", env!("CARGO_PKG_VERSION"));
    sha256(whole.as_bytes())
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
