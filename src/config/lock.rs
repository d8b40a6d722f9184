//! Is this a lock that heal could look after? Checks and resolves `[lock.NAME]`. What would fit everything, or a file of heal's
//! own, is refused: what is cleared goes away, and by mistake would be a service's data (FAULTS §4.10).

use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use toml::Spanned;

use super::checks::check_name;
use super::faults::{Faults, Place, suggestion};
use super::service::short;
use super::typed::{self, Section, Table};
use super::{Reader, Watched};
use crate::host::{env, files};
use crate::model::lock::GIT_AGE;
use crate::model::{Lock, LockKind, Selector, Span};

/// `[lock.NAME]`: files that may keep a service from starting.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// What they mean: a database of SQLite, a file for flock, one that names its holder, locks of a git repository, or `auto`.
    #[schemars(required)]
    kind: Option<LockKind>,
    /// Which files: globs from the directory of heal.toml. For `sqlite` the databases, for `git` lock files or a `.git`.
    #[serde(default)]
    #[schemars(required)]
    paths: Option<Vec<String>>,
    /// Younger ones are left alone; 5m unless said for git, else any age. Age is never enough by itself.
    min_age: Option<Span>,
    /// Holders that may be stopped. Others are kept and reported.
    stop_holders: Option<Selector>,
    /// The service that it belongs to; the only one unless said.
    service: Option<String>,
    /// `false`: it is neither looked at nor cleared.
    #[serde(default = "yes")]
    enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A kind of lock, for `heal config kinds`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Kind {
    /// The word after `kind =`.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// A line of `heal.toml`; executed by the tests.
    pub example: &'static str,
}

/// Every kind of lock.
pub const KINDS: [Kind; 5] = [
    Kind {
        name: "sqlite",
        about: "a SQLite database: nobody's -wal or -journal is removed, SQLite recovers it once nobody has it open",
        example: r#"session = { kind = "sqlite", paths = ["data/*.session"], stop_holders = { args_contain = "bot.py" } }"#,
    },
    Kind {
        name: "flock",
        about: "a file for flock(2): never moved, its holder is told",
        example: r#"single = { kind = "flock", paths = ["run/single.lock"] }"#,
    },
    Kind {
        name: "pid",
        about: "a file that names its holder: moved aside once that one is proved dead and nobody has the file",
        example: r#"run = { kind = "pid", paths = ["run/*.pid"] }"#,
    },
    Kind {
        name: "git",
        about: "locks of a git repository: moved aside when no git works there and they are older than min_age",
        example: r#"repository = { kind = "git", paths = [".git"], min_age = "10m" }"#,
    },
    Kind {
        name: "auto",
        about: "told from the name and the content, never taken for a database; in doubt it stays",
        example: r#"state = { kind = "auto", paths = ["state/*.lock"], min_age = "5m" }"#,
    },
];

impl Reader<'_> {
    /// Reads `[lock.*]`, with every fault in it.
    pub(super) fn locks(
        &self,
        section: Option<&Section<'_>>,
        data_dir: &Path,
        services: &[Watched],
        faults: &mut Faults,
    ) -> Vec<Lock> {
        let services: Vec<&str> = services.iter().map(Watched::name).collect();
        let mut locks = Vec::new();
        for (name, place, table) in typed::tables(section, "a lock", faults) {
            check_name(&name, "lock", &place, faults);
            locks.extend(self.lock(&name, &table, (data_dir, &services), faults));
        }
        locks
    }

    fn lock(
        &self,
        name: &str,
        table: &Table,
        (data_dir, services): (&Path, &[&str]),
        faults: &mut Faults,
    ) -> Option<Lock> {
        let place_of = |key: &str| table.get_ref().get(key).map_or_else(|| table.span(), Spanned::span);
        let written = typed::read::<Written>(table, faults)?;
        // Without a key that was wrong, and was complained about: what else is wrong is to be said as well.
        let kinds = KINDS.map(|kind| format!("`{}`", kind.name)).join(", ");
        for (key, hint) in
            [("kind", format!("kinds are {kinds}")), ("paths", "write it as [\"run/*.lock\"]".to_owned())]
        {
            if !table.get_ref().contains_key(key) {
                faults.add(table.span(), format!("`{key}` is missing"), Some(hint));
            }
        }
        let paths = written.paths.clone().unwrap_or_default();
        let places: Vec<Place> = table
            .get_ref()
            .get("paths")
            .and_then(|value| value.get_ref().as_array())
            .map(|items| items.iter().map(Spanned::span).collect())
            .unwrap_or_default();
        if written.paths.as_ref().is_some_and(Vec::is_empty) {
            faults.add(place_of("paths"), "`paths` is empty", Some("write it as [\"run/*.lock\"]".to_owned()));
        }
        for (at, path) in paths.iter().enumerate() {
            if let Err((why, hint)) = self.check_path(path, data_dir) {
                faults.add(places.get(at).cloned().unwrap_or_else(|| place_of("paths")), why, Some(hint));
            }
        }
        if let Some(selector) = &written.stop_holders
            && !selector.names_program()
            && selector.pidfile.is_none()
        {
            let hint = "stop_holders = { executable = \"python3\", args_contain = \"bot.py\" }".to_owned();
            faults.add(place_of("stop_holders"), "`stop_holders` names no process by itself", Some(hint));
        }
        if written.stop_holders.as_ref().is_some_and(|selector| selector.max_matches == 0) {
            faults.add(place_of("stop_holders"), "`max_matches` is 0: nothing could ever fit", None);
        }
        if let Some(service) = written.service.as_deref().filter(|service| !services.contains(service)) {
            let hint = suggestion(service, services.iter().copied());
            faults.add(place_of("service"), format!("there is no service `{service}`"), hint);
        }
        let only = || if let [only] = services { Some((*only).to_owned()) } else { None };
        let kind = written.kind?;
        let young = if kind == LockKind::Git { GIT_AGE } else { Span::secs(0) };
        Some(Lock {
            name: name.to_owned(),
            enabled: written.enabled,
            kind,
            paths: paths.iter().map(|path| self.root.join(plain(path))).collect(),
            min_age: written.min_age.unwrap_or(young),
            stop_holders: written.stop_holders,
            service: written.service.or_else(only),
        })
    }

    /// Why a path cannot stand there, and what to write instead.
    fn check_path(&self, path: &str, data_dir: &Path) -> Result<(), (String, String)> {
        let refuse = |why: &str, hint: &str| Err((format!("`{path}` {why}"), hint.to_owned()));
        let parts: Vec<Component<'_>> = Path::new(path).components().collect();
        if path.trim().is_empty() || parts.is_empty() {
            return refuse("names nothing", "name the lock files: [\"run/*.lock\"]");
        }
        if path.starts_with('~') {
            return refuse("begins with `~`, which only a shell understands", "write the whole path");
        }
        if parts.contains(&Component::ParentDir) {
            return refuse("leads out of the project", "what lies elsewhere is named by its absolute path");
        }
        let whole = self.root.join(plain(path));
        let wild = |part: &str| part.contains(['*', '?', '[', '{']);
        let last = whole.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let fixed: PathBuf = whole.iter().take_while(|part| !part.to_str().is_some_and(wild)).collect();
        let folders = ["/etc", "/usr", "/bin", "/sbin", "/lib", "/boot", "/dev", "/proc", "/sys"].map(PathBuf::from);
        let home = env::var("HOME").map(PathBuf::from).filter(|home| *home != self.root);
        if fixed == Path::new("/") || whole == self.root || home.is_some_and(|home| whole == home) {
            return refuse("is a root, not a lock", "name the lock files below it");
        }
        if last.is_empty() || last.chars().all(|c| matches!(c, '*' | '?')) {
            return refuse("fits everything there", "name what the lock files have in common, such as *.lock");
        }
        if folders.iter().any(|folder| whole.starts_with(folder)) {
            return refuse("lies where no service keeps its locks", "heal clears nothing of the system itself");
        }
        if let Err(error) = files::check_pattern(&whole) {
            return refuse(
                &format!("is no pattern: {error}"),
                "`*` and `?` within a name, `**` across folders, {a,b}, [ab]",
            );
        }
        if let Some(own) = self.own(&whole, data_dir) {
            return refuse(&format!("fits heal's own {own}"), "name the service's own files");
        }
        Ok(())
    }
}

/// `./run/x.lock` as `run/x.lock`: a pattern is compared as it is written.
fn plain(path: &str) -> PathBuf {
    Path::new(path).components().filter(|part| *part != Component::CurDir).collect()
}

/// It as it holds, for `heal config show`.
pub(super) fn shown(lock: &Lock, root: &Path) -> Value {
    let paths: Vec<String> = lock.paths.iter().map(|path| short(path, root).display().to_string()).collect();
    let mut shown = json!({"enabled": lock.enabled, "kind": lock.kind, "paths": paths, "min_age": lock.min_age});
    if let Some(selector) = &lock.stop_holders {
        shown["stop_holders"] = super::show::selector(selector);
    }
    if let Some(service) = &lock.service {
        shown["service"] = json!(service);
    }
    shown
}
