//! What do the tests of repairs need? A project without a service, and a run of heal that makes exactly these changes: killed,
//! starved of space, or raced against at any of its system calls.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::support::{Project, Ran};

/// The word that a debug build of heal answers to.
pub const WORD: &str = "__trial";

/// A project that watches nothing.
pub fn project() -> Project {
    Project::new("[project]\nname = \"test\"\n\n[service.app]\nmatch = { executable = \"no-such-program\" }\n")
}

/// Gives the project a data directory on another file system; `None` where there is none at hand.
pub fn elsewhere(project: &Project) -> Option<tempfile::TempDir> {
    let other = tempfile::tempdir_in("/dev/shm").ok()?;
    let device = |path: &Path| fs::metadata(path).map(|meta| meta.dev()).ok();
    if device(other.path()) == device(&project.path("")) {
        return None;
    }
    std::os::unix::fs::symlink(other.path(), project.path("data")).expect("linked");
    let line = format!("name = \"test\"\ndata_dir = \"{}\"", other.path().display());
    project.write("heal.toml", &project.read("heal.toml").replace("name = \"test\"", &line));
    Some(other)
}

/// The change that moves this file aside, as it stands there now.
pub fn aside(project: &Project, path: &str) -> Value {
    change(project, "move-aside", path)
}

/// The change that recovers this database.
pub fn recover(project: &Project, path: &str) -> Value {
    change(project, "recover-database", path)
}

fn change(project: &Project, kind: &str, path: &str) -> Value {
    let path = project.path(path);
    let meta = fs::symlink_metadata(&path).expect("there");
    json!({"change": kind, "path": path, "device": meta.dev(), "inode": meta.ino(), "why": "a test"})
}

/// Writes down what a run is to do; the answer is what to call heal with.
pub fn order(project: &Project, changes: &[Value]) -> Vec<String> {
    let root = project.path("").display().to_string();
    let root = root.trim_end_matches('/');
    // Where the data directory is elsewhere, its name leads there: for the tests, which look by it.
    let data = fs::canonicalize(project.path("data")).unwrap_or_else(|_| PathBuf::from(format!("{root}/data")));
    let order = json!({"repair": {"root": root, "data": data, "changes": changes}});
    project.write("trial.json", &order.to_string());
    vec![WORD.to_owned(), format!("{root}/trial.json")]
}

/// Makes these changes as one repair.
pub fn run(project: &Project, changes: &[Value]) -> Ran {
    project.heal(&order(project, changes))
}

/// Where the file at this path is kept, if it is: the journal says so.
pub fn kept(project: &Project, path: &str) -> Option<PathBuf> {
    let path = project.path(path).display().to_string();
    let moved: Vec<Value> = project.journal();
    let last = moved.iter().rev().find(|event| {
        (event["event"] == "moved-aside" || event["event"] == "put-back") && event["path"] == path.as_str()
    })?;
    (last["event"] == "moved-aside").then(|| PathBuf::from(last["kept"].as_str().expect("a path")))
}

/// Everything in the quarantine.
pub fn quarantine(project: &Project) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
        }
    }
    let mut found = Vec::new();
    walk(&project.path("data/vault"), &mut found);
    found.sort();
    found
}
