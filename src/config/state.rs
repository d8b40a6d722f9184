//! Is this a file that heal could prove to be right? Checks and resolves `[state.NAME]`. What `repair` allows has to be possible,
//! and a filter has to be one, before anything depends on it.

use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::DeValue;

use super::checks::check_name;
use super::faults::{Faults, a, suggestion};
use super::service::short;
use super::typed::{self, Section, Table};
use super::{Reader, Watched};
use crate::host::jq;
use crate::model::state::{Format, Invariant, MAX_SIZE, Repair, Version};
use crate::model::{Bytes, Severity, StateFile};

/// `[state.NAME]`: a file whose content has to be right.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// `false`: it is neither looked at nor repaired.
    #[serde(default = "yes")]
    enabled: bool,
    /// The file, from the directory of heal.toml.
    #[schemars(required)]
    path: Option<String>,
    /// What it is written in; told by the extension unless said.
    kind: Option<Format>,
    /// The JSON Schema (2020-12 or draft-7) that it has to fulfil.
    schema: Option<PathBuf>,
    /// Keys at the top that have to be there, beside those of `template`; in JSON Lines in each line.
    #[serde(default)]
    require: Vec<String>,
    /// Which key says its version, and the newest that is known. A newer file is left as it is.
    version: Option<WrittenVersion>,
    /// What may be tried to put it right, in this order. Empty: a person does.
    #[serde(default)]
    repair: Vec<Repair>,
    /// May it be made where it is missing? Unless said, if `repair` has `template`.
    create: Option<bool>,
    /// A larger file is not read; 64MB unless said.
    max_size: Option<Bytes>,
    /// The application's own lock: held while the file is replaced.
    lock: Option<PathBuf>,
    /// Run after it was replaced: program and arguments, never a shell.
    notify: Option<Vec<String>>,
    /// The service that it belongs to; the only one unless said.
    service: Option<String>,
}

/// Keys of a state that are read by themselves.
pub(super) const TABLES: [&str; 2] = ["template", "invariants"];

/// Where a document says its version.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenVersion {
    /// The key at the top of the document.
    key: String,
    /// The newest version that is known.
    newest: u64,
}

/// `[[state.NAME.invariants]]`: what has to hold of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenInvariant {
    /// Under which it is reported.
    id: String,
    /// A jq filter that answers true or false. `$name` is the document of the state of that name.
    jq: String,
    /// How bad it is when it is broken.
    #[serde(default = "critical")]
    severity: Severity,
    /// What it means when it is broken.
    message: String,
    /// A jq filter that makes it right. Without one a broken invariant is never repaired.
    fix: Option<String>,
}

const fn yes() -> bool {
    true
}

const fn critical() -> Severity {
    Severity::Critical
}

impl Reader<'_> {
    /// Reads `[state.*]`, with every fault in it.
    pub(super) fn states(
        &self,
        section: Option<&Section<'_>>,
        data_dir: &Path,
        services: &[Watched],
        faults: &mut Faults,
    ) -> Vec<StateFile> {
        let services: Vec<&str> = services.iter().map(Watched::name).collect();
        let tables = typed::tables(section, "a state", faults);
        let names: Vec<String> =
            tables.iter().map(|(name, ..)| name.clone()).filter(|name| is_variable(name)).collect();
        let mut states: Vec<StateFile> = Vec::new();
        for (name, place, table) in tables {
            check_name(&name, "state", &place, faults);
            let Some(state) = self.state(&name, table, (data_dir, &services, &names), faults) else { continue };
            if let Some(twin) = states.iter().find(|other| other.path == state.path) {
                faults.add(place, format!("`{name}` is the same file as `{}`", twin.name), None);
            }
            states.push(state);
        }
        states
    }

    fn state(
        &self,
        name: &str,
        mut table: Table,
        (data_dir, services, names): (&Path, &[&str], &[String]),
        faults: &mut Faults,
    ) -> Option<StateFile> {
        let whole = table.clone();
        let place_of = |key: &str| whole.get_ref().get(key).map_or_else(|| whole.span(), Spanned::span);
        let own = typed::split_off(&mut table, &TABLES);
        let written = typed::read_with(&table, &TABLES, |value| Written::deserialize(value), faults);
        let template = own.get_ref().get("template").and_then(|value| template(value, faults));
        let invariants = own.get_ref().get("invariants").map(|value| invariants(value, names, faults));
        let invariants = invariants.unwrap_or_default();
        let written = written?;
        let Some(path) = written.path else {
            if !whole.get_ref().contains_key("path") {
                faults.add(whole.span(), "`path` is missing", Some("write it as path = \"state/x.json\"".to_owned()));
            }
            return None;
        };
        if let Err((why, hint)) = self.check_state_path(&path, data_dir) {
            faults.add(place_of("path"), format!("`{path}` {why}"), Some(hint.to_owned()));
        }
        let format = written.kind.or_else(|| told(&path)).or_else(|| {
            let hint = "write kind = \"json\", \"jsonl\" or \"toml\"".to_owned();
            faults.add(place_of("path"), format!("`{path}` does not say what it is written in"), Some(hint));
            None
        });
        let mut wrong = |key: &str, why: &str, hint: &str| faults.add(place_of(key), why, Some(hint.to_owned()));
        let has = |repair: Repair| written.repair.contains(&repair);
        for (at, word) in written.repair.iter().enumerate() {
            if written.repair[..at].contains(word) {
                wrong("repair", &format!("`{}` stands in `repair` twice", word.word()), "once is enough");
            }
        }
        for repair in [Repair::Merge, Repair::Template] {
            if has(repair) && !own.get_ref().contains_key("template") {
                let why = format!("`repair` has `{}`, and there is no `template`", repair.word());
                wrong("repair", &why, "write what the file begins as: template = { positions = [] }");
            }
        }
        if has(Repair::Merge) && format == Some(Format::Jsonl) {
            wrong("repair", "`merge` adds keys, and a file of lines has none", "leave it out");
        }
        if has(Repair::Fix) && invariants.iter().all(|one| one.fix.is_none()) {
            wrong("repair", "`repair` has `fix`, and no invariant declares one", "add fix = \"…\" to the invariant");
        }
        if written.create == Some(true) && !has(Repair::Template) && !has(Repair::Backup) {
            wrong("create", "nothing in `repair` could make it", "add \"template\" or \"backup\" to `repair`");
        }
        if written.max_size == Some(Bytes(0)) {
            wrong("max_size", "`max_size` is 0: nothing could ever be read", "64MB holds unless you say more");
        }
        if written.notify.as_ref().is_some_and(|argv| argv.first().is_none_or(String::is_empty)) {
            wrong("notify", "`notify` names no program", "notify = [\"systemctl\", \"reload\", \"bot\"]");
        }
        let right = match (format, &template) {
            (Some(Format::Jsonl), Some(template)) => template.is_array(),
            (Some(Format::Toml), Some(template)) => template.is_object(),
            (_, Some(template)) => template.is_array() || template.is_object(),
            (_, None) => true,
        };
        if !right {
            wrong(
                "template",
                "such a file cannot begin as this",
                "a table for json and toml, a list for json and jsonl",
            );
        }
        if let Some(service) = written.service.as_deref().filter(|service| !services.contains(service)) {
            let hint = suggestion(service, services.iter().copied());
            faults.add(place_of("service"), format!("there is no service `{service}`"), hint);
        }
        let path = self.root.join(plain(&path));
        let lock = written.lock.map(|lock| self.root.join(lock));
        if lock.as_ref() == Some(&path) {
            let hint =
                "a file that is replaced cannot be the lock for that: name the application's lock file".to_owned();
            faults.add(place_of("lock"), "`lock` is the file itself", Some(hint));
        }
        let only = || if let [only] = services { Some((*only).to_owned()) } else { None };
        Some(StateFile {
            name: name.to_owned(),
            enabled: written.enabled,
            path,
            format: format?,
            schema: written.schema.map(|schema| self.root.join(schema)),
            template,
            require: written.require,
            version: written.version.map(|version| Version { key: version.key, newest: version.newest }),
            invariants,
            create: written.create.unwrap_or_else(|| written.repair.contains(&Repair::Template)),
            repair: written.repair,
            max_size: written.max_size.unwrap_or(MAX_SIZE),
            lock,
            notify: written.notify,
            service: written.service.or_else(only),
        })
    }

    /// Why a file cannot be one that heal may replace, and what to write instead.
    pub(super) fn check_state_path(&self, path: &str, data_dir: &Path) -> Result<(), (&'static str, &'static str)> {
        let elsewhere = "what lies elsewhere is named by its absolute path";
        let whole = check_path(self.root, path, elsewhere)?;
        if path.ends_with('/') || whole == self.root {
            return Err(("is a directory", "name the file in it"));
        }
        if path.contains(['*', '?', '[', '{']) {
            return Err((
                "is a pattern",
                "each file has a template and rules of its own: declare one [state.NAME] for it",
            ));
        }
        if ["/dev", "/proc", "/sys"].iter().any(|folder| whole.starts_with(folder)) {
            return Err(("is no file that keeps what is written to it", "name a file on a disk"));
        }
        if self.own(&whole, data_dir).is_some() {
            return Err(("is heal's own: its configuration, or in its data directory", "name the service's own file"));
        }
        Ok(())
    }
}

/// The path from the root, if it is one that stays where it seems to lead.
pub(super) fn check_path(
    root: &Path,
    path: &str,
    elsewhere: &'static str,
) -> Result<PathBuf, (&'static str, &'static str)> {
    if path.trim().is_empty() {
        return Err(("names nothing", "write it as \"state/x\""));
    }
    if path.starts_with('~') {
        return Err(("begins with `~`, which only a shell understands", "write the whole path"));
    }
    if Path::new(path).components().any(|part| part == Component::ParentDir) {
        return Err(("leads out of the project", elsewhere));
    }
    Ok(root.join(plain(path)))
}

/// `./state/x` as `state/x`.
pub(super) fn plain(path: &str) -> PathBuf {
    Path::new(path).components().filter(|part| *part != Component::CurDir).collect()
}

/// What the extension says.
fn told(path: &str) -> Option<Format> {
    match Path::new(path).extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "json" => Some(Format::Json),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "toml" => Some(Format::Toml),
        _ => None,
    }
}

/// Can a filter say `$name`?
fn is_variable(name: &str) -> bool {
    let mut chars = name.chars();
    let first = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && chars.all(|c| c.is_ascii_alphanumeric() || c == '_') && !["__loc__", "ENV"].contains(&name)
}

fn invariants(value: &Spanned<DeValue<'static>>, names: &[String], faults: &mut Faults) -> Vec<Invariant> {
    let hint = || Some("write [[state.NAME.invariants]], and below it id, jq and message".to_owned());
    let Some(items) = value.get_ref().as_array() else {
        let message = format!("`invariants` is {}, not a list of tables", a(value.get_ref().type_str()));
        faults.add(value.span(), message, hint());
        return Vec::new();
    };
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found: Vec<Invariant> = Vec::new();
    for item in items {
        let Some(table) = typed::as_table(item).as_ref().map(typed::owned) else {
            let message = format!("`invariants` holds {} where a table belongs", a(item.get_ref().type_str()));
            faults.add(item.span(), message, hint());
            continue;
        };
        let Some(one) = typed::read::<WrittenInvariant>(&table, faults) else { continue };
        let place = |key: &str| table.get_ref().get(key).map_or_else(|| table.span(), Spanned::span);
        check_name(&one.id, "invariant", &place("id"), faults);
        if found.iter().any(|other| other.id == one.id) {
            faults.add(place("id"), format!("there are two invariants `{}`", one.id), None);
        }
        for (key, filter) in [("jq", Some(&one.jq)), ("fix", one.fix.as_ref())] {
            if let Some(why) = filter.and_then(|filter| jq::check(filter, &names).err()) {
                faults.add(place(key), format!("`{key}` is no filter of jq: {why}"), None);
            }
        }
        if one.severity == Severity::Info {
            let hint = "write \"warning\", or leave the invariant out".to_owned();
            faults.add(place("severity"), "what has to hold is more than information", Some(hint));
        }
        let WrittenInvariant { id, jq, severity, message, fix } = one;
        found.push(Invariant { id, jq, severity, message, fix });
    }
    found
}

/// What TOML says, as JSON; what JSON has no word for is a fault.
fn template(value: &Spanned<DeValue<'static>>, faults: &mut Faults) -> Option<Value> {
    let wrong = |what: &str, faults: &mut Faults| {
        faults.add(value.span(), format!("`template` holds {what}, for which JSON has no word"), None);
        None
    };
    match value.get_ref() {
        DeValue::String(text) => Some(text.to_string().into()),
        DeValue::Boolean(value) => Some((*value).into()),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Some(number.into()),
            Err(_) => wrong("a number that is too large", faults),
        },
        DeValue::Float(number) => match number.as_str().parse::<f64>().ok().and_then(serde_json::Number::from_f64) {
            Some(number) => Some(Value::Number(number)),
            None => wrong("a number that is not finite", faults),
        },
        DeValue::Datetime(_) => wrong("a time without quotes", faults),
        DeValue::Array(items) => {
            items.iter().map(|item| template(item, faults)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        DeValue::Table(table) => {
            let entries = table.iter().map(|(key, value)| Some((key.get_ref().to_string(), template(value, faults)?)));
            entries.collect::<Option<Map<_, _>>>().map(Value::Object)
        }
    }
}

/// It as it holds, for `heal config show`.
pub(super) fn shown(state: &StateFile, root: &Path) -> Value {
    let path = |path: &Path| short(path, root).display().to_string();
    let mut shown = json!({
        "enabled": state.enabled, "path": path(&state.path), "kind": state.format, "repair": state.repair,
        "create": state.create, "max_size": state.max_size, "require": state.require,
    });
    let mut add = |key: &str, value: Option<Value>| value.into_iter().for_each(|value| shown[key] = value);
    add("schema", state.schema.as_deref().map(|schema| path(schema).into()));
    add("template", state.template.clone());
    add("version", state.version.as_ref().map(|version| json!({"key": version.key, "newest": version.newest})));
    add("lock", state.lock.as_deref().map(|lock| path(lock).into()));
    add("notify", state.notify.as_ref().map(|argv| json!(crate::model::redact::args(argv))));
    add("service", state.service.as_ref().map(|service| json!(service)));
    let invariants = state.invariants.iter().map(|one| {
        let mut table = json!({"id": one.id, "jq": one.jq, "severity": one.severity, "message": one.message});
        one.fix.iter().for_each(|fix| table["fix"] = json!(fix));
        table
    });
    let invariants: Vec<Value> = invariants.collect();
    add("invariants", (!invariants.is_empty()).then(|| invariants.into()));
    shown
}
