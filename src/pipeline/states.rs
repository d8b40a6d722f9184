//! How are state files looked at? Each is read and judged once in a run; what an invariant asks of another file is read once as well.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Instant;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::clock;
use crate::model::state::{Judged, Verdict};
use crate::model::{StateFile, Validation};
use crate::probe::state;

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
        duration_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
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
