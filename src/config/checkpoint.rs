//! Whence does a state come that is to be saved, and whither does it go? Checks and resolves `[checkpoint.NAME]`.

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;

use super::checks::check_name;
use super::faults::{Faults, suggestion};
use super::service::short;
use super::state::plain;
use super::typed::{self, Section, Table};
use super::{Reader, Watched};
use crate::model::checkpoint::{Checkpoint, KEEP, MOST_KEPT, TIMEOUT};
use crate::model::state::MAX_SIZE;
use crate::model::{Bytes, Span, redact};

/// `[checkpoint.NAME]`: a state that is saved under numbers, and restored from the newest that is whole. Without `command` and
/// `path` it is what `heal checkpoint save NAME` reads on stdin.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// `false`: nothing new is saved.
    #[serde(default = "super::file::yes")]
    enabled: bool,
    /// What prints the state: program and arguments, never a shell; run in the directory of heal.toml.
    command: Option<Vec<String>>,
    /// The command is ended after this long.
    timeout: Option<Span>,
    /// The file that a restore replaces, from the directory of heal.toml; without `command` also the one that is saved.
    path: Option<String>,
    /// How many stay.
    keep: Option<Keep>,
    /// More is not saved; 64MB unless said.
    max_size: Option<Bytes>,
    /// The application's own lock: held while the file is replaced.
    lock: Option<PathBuf>,
    /// The service that it belongs to; the only one unless said.
    service: Option<String>,
}

/// How many checkpoints stay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Keep {
    /// So many of the newest.
    last: usize,
}

/// For an editor: what holds where a key is left out.
pub(super) fn defaults() -> [(&'static str, Value); 3] {
    [("timeout", json!(TIMEOUT)), ("keep", json!({"last": KEEP})), ("max_size", json!(MAX_SIZE))]
}

impl Reader<'_> {
    /// Reads `[checkpoint.*]`, with every fault in it.
    pub(super) fn checkpoints(
        &self,
        section: Option<&Section<'_>>,
        data_dir: &Path,
        services: &[Watched],
        faults: &mut Faults,
    ) -> Vec<Checkpoint> {
        let services: Vec<&str> = services.iter().map(Watched::name).collect();
        let mut found = Vec::new();
        for (name, place, table) in typed::tables(section, "a checkpoint", faults) {
            check_name(&name, "checkpoint", &place, faults);
            found.extend(self.checkpoint(&name, &table, (data_dir, &services), faults));
        }
        found
    }

    fn checkpoint(
        &self,
        name: &str,
        table: &Table,
        (data_dir, services): (&Path, &[&str]),
        faults: &mut Faults,
    ) -> Option<Checkpoint> {
        let place_of = |key: &str| table.get_ref().get(key).map_or_else(|| table.span(), Spanned::span);
        let written = typed::read::<Written>(table, faults)?;
        let mut wrong = |key: &str, why: &str, hint: &str| faults.add(place_of(key), why, Some(hint.to_owned()));
        let path = written.path.map(|path| {
            if let Err((why, hint)) = self.check_state_path(&path, data_dir) {
                wrong("path", &format!("`{path}` {why}"), hint);
            }
            self.root.join(plain(&path))
        });
        if written.command.as_ref().is_some_and(|argv| argv.first().is_none_or(String::is_empty)) {
            wrong("command", "`command` names no program", "command = [\"./scripts/dump-state\"]");
        }
        if written.timeout == Some(Span::secs(0)) {
            wrong("timeout", "`timeout` is 0: no command is that fast", "30s holds unless you say more");
        }
        if written.timeout.is_some() && written.command.is_none() {
            wrong("timeout", "`timeout` is for a `command`, and there is none", "leave it out");
        }
        let keep = written.keep.map_or(KEEP, |keep| keep.last);
        if !(1..=MOST_KEPT).contains(&keep) {
            let hint = format!("from 1 to {MOST_KEPT}; {KEEP} holds unless you say more");
            wrong("keep", &format!("{keep} checkpoints cannot be kept"), &hint);
        }
        if written.max_size == Some(Bytes(0)) {
            wrong("max_size", "`max_size` is 0: nothing could ever be saved", "64MB holds unless you say more");
        }
        let lock = written.lock.map(|lock| self.root.join(lock));
        match (&lock, &path) {
            (Some(_), None) => wrong("lock", "`lock` is for a `path`, and there is none", "leave it out"),
            (Some(lock), Some(path)) if lock == path => {
                wrong("lock", "`lock` is the file itself", "name the application's lock file");
            }
            _ => {}
        }
        if let Some(service) = written.service.as_deref().filter(|service| !services.contains(service)) {
            let hint = suggestion(service, services.iter().copied());
            faults.add(place_of("service"), format!("there is no service `{service}`"), hint);
        }
        let only = || if let [only] = services { Some((*only).to_owned()) } else { None };
        Some(Checkpoint {
            name: name.to_owned(),
            enabled: written.enabled,
            command: written.command,
            timeout: written.timeout.unwrap_or(TIMEOUT),
            path,
            keep,
            max_size: written.max_size.unwrap_or(MAX_SIZE),
            lock,
            service: written.service.or_else(only),
        })
    }
}

/// It as it holds, for `heal config show`.
pub(super) fn shown(checkpoint: &Checkpoint, root: &Path) -> Value {
    let path = |path: &Path| short(path, root).display().to_string();
    let mut shown = json!({
        "enabled": checkpoint.enabled, "keep": {"last": checkpoint.keep}, "max_size": checkpoint.max_size,
    });
    let mut add = |key: &str, value: Option<Value>| value.into_iter().for_each(|value| shown[key] = value);
    add("command", checkpoint.command.as_ref().map(|argv| json!(redact::args(argv))));
    add("timeout", checkpoint.command.as_ref().map(|_| json!(checkpoint.timeout)));
    add("path", checkpoint.path.as_deref().map(|file| path(file).into()));
    add("lock", checkpoint.lock.as_deref().map(|file| path(file).into()));
    add("service", checkpoint.service.as_ref().map(|service| json!(service)));
    shown
}
