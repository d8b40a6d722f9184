//! Which directories, links and files have to be there? Checks and resolves `[layout]`.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::DeValue;

use super::Reader;
use super::faults::{Faults, a};
use super::service::short;
use super::state::check_path;
use super::typed::{self, Table};
use crate::model::Layout;
use crate::model::layout::{Link, Placed};

/// `[layout]`: what has to be there before anything starts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// `false`: it is neither looked at nor put right.
    #[serde(default = "yes")]
    enabled: bool,
    /// Directories, parents first: a path, or a table with its mode and owner.
    #[serde(default)]
    directories: Vec<Entry>,
    /// Links, each with what it may point to.
    #[serde(default)]
    links: BTreeMap<String, Vec<String>>,
    /// Files: a path, or a table with its mode and owner.
    #[serde(default)]
    files: Vec<Entry>,
}

/// Lists that are read by themselves: a fault is to be said with its own place.
const LISTS: [&str; 2] = ["directories", "files"];

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is there for the schema")]
enum Entry {
    /// A path.
    Path(String),
    /// One with its mode or owner.
    Placed(WrittenPlaced),
}

/// A directory or file with what else it has to be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WrittenPlaced {
    /// The path, from the directory of heal.toml.
    path: String,
    /// Its permissions, as chmod takes them: "0700".
    mode: Option<String>,
    /// Its owner, by name.
    owner: Option<String>,
}

const fn yes() -> bool {
    true
}

impl Reader<'_> {
    /// Reads `[layout]`, with every fault in it; nothing of it where it is switched off.
    pub(super) fn layout(&self, table: Option<Table>, faults: &mut Faults) -> Layout {
        let Some(mut table) = table else { return Layout::default() };
        let lists = typed::split_off(&mut table, &LISTS);
        let written = typed::read_with(&table, &[], |value| Written::deserialize(value), faults);
        let [directories, files] = LISTS.map(|key| match lists.get_ref().get(key) {
            Some(value) => self.placed(key, value, faults),
            None => Vec::new(),
        });
        let Some(written) = written else { return Layout::default() };
        debug_assert!(written.directories.is_empty() && written.files.is_empty(), "they were taken out");
        let place = |name: &str| {
            let links = table.get_ref().get("links").and_then(|value| value.get_ref().as_table());
            links.and_then(|links| links.get(name)).map_or_else(|| table.span(), Spanned::span)
        };
        let mut links = Vec::new();
        for (name, targets) in &written.links {
            let mut resolve = |path: &str| match check_path(self.root, path, ELSEWHERE) {
                Ok(path) => Some(path),
                Err((why, hint)) => {
                    faults.add(place(name), format!("`{path}` {why}"), Some(hint.to_owned()));
                    None
                }
            };
            let (path, allowed) = (resolve(name), targets.iter().map(|target| resolve(target)).collect::<Vec<_>>());
            if targets.is_empty() {
                let hint = format!("\"{name}\" = [\"releases/a\", \"releases/b\"]");
                faults.add(place(name), format!("`{name}` may point to nothing"), Some(hint));
            }
            links.extend(path.map(|path| Link { path, targets: allowed.into_iter().flatten().collect() }));
        }
        if written.enabled { Layout { directories, links, files } } else { Layout::default() }
    }

    fn placed(&self, key: &str, value: &Spanned<DeValue<'static>>, faults: &mut Faults) -> Vec<Placed> {
        let hint = || Some(format!("{key} = [\"logs\", {{ path = \"state\", mode = \"0700\" }}]"));
        let Some(items) = value.get_ref().as_array() else {
            faults.add(value.span(), format!("`{key}` is {}, not a list", a(value.get_ref().type_str())), hint());
            return Vec::new();
        };
        let mut found: Vec<Placed> = Vec::new();
        for item in items {
            let written = match (item.get_ref().as_str(), typed::as_table(item)) {
                (Some(path), _) => Some(WrittenPlaced { path: path.to_owned(), mode: None, owner: None }),
                (None, Some(table)) => typed::read(&typed::owned(&table), faults),
                (None, None) => {
                    let is = a(item.get_ref().type_str());
                    faults.add(item.span(), format!("`{key}` holds {is} where a path belongs"), hint());
                    None
                }
            };
            let Some(written) = written else { continue };
            let mode = written.mode.as_deref().map(|text| {
                mode(text).or_else(|| {
                    let message = format!("`{text}` is no mode");
                    faults.add(item.span(), message, Some("as chmod takes it: mode = \"0700\"".to_owned()));
                    None
                })
            });
            match check_path(self.root, &written.path, ELSEWHERE) {
                Ok(path) if found.iter().any(|other| other.path == path) => {
                    faults.add(item.span(), format!("`{}` stands in `{key}` twice", written.path), None);
                }
                Ok(path) => found.push(Placed { path, mode: mode.flatten(), owner: written.owner }),
                Err((why, hint)) => {
                    faults.add(item.span(), format!("`{}` {why}", written.path), Some(hint.to_owned()));
                }
            }
        }
        found
    }
}

const ELSEWHERE: &str = "what lies elsewhere is named by its absolute path";

fn mode(text: &str) -> Option<u32> {
    let digits = (3..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    u32::from_str_radix(text, 8).ok().filter(|_| digits)
}

/// It as it holds, for `heal config show`.
pub(super) fn shown(layout: &Layout, root: &Path) -> Value {
    let short = |path: &Path| short(path, root).display().to_string();
    let placed = |one: &Placed| {
        if one.mode.is_none() && one.owner.is_none() {
            return json!(short(&one.path));
        }
        let mut table = json!({"path": short(&one.path)});
        one.mode.iter().for_each(|mode| table["mode"] = json!(format!("{mode:04o}")));
        one.owner.iter().for_each(|owner| table["owner"] = json!(owner));
        table
    };
    let list = |all: &[Placed]| all.iter().map(placed).collect::<Vec<Value>>();
    let links = layout.links.iter().map(|link| {
        let targets: Vec<String> = link.targets.iter().map(|target| short(target)).collect();
        (short(&link.path), json!(targets))
    });
    let links: Map<String, Value> = links.collect();
    let mut shown = json!({"enabled": true, "directories": list(&layout.directories), "files": list(&layout.files)});
    if !links.is_empty() {
        shown["links"] = links.into();
    }
    shown
}
