//! What did the user declare? Three phases: file (as written) → validated (every fault at once) → resolved (paths absolute, defaults in).

mod checkpoint;
mod checks;
mod code;
mod crash;
mod faults;
mod file;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzz;
mod layout;
mod lock;
mod mask;
mod named;
mod names;
mod origin;
mod overrides;
mod own;
mod relations;
mod remedies;
mod resolve;
mod schema;
mod service;
mod show;
mod sources;
mod state;
mod syntax;
mod timetable;
mod typed;
mod update;

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use crate::error::{Error, Kind, Result};
use crate::host::{files, folders, trust};
use crate::model::checkpoint::Checkpoint;
use crate::model::crash::CrashRules;
use crate::model::{Layout, Lock, Rate, Service, Span, StateFile, schedule};
use crate::{alert, probe};
use checks::{check_channels, check_name, check_texts, check_written};
pub use code::{Git, Reverting};
use faults::{Faults, a, suggestion};
pub use file::{Mode, Signing};
pub use lock::KINDS as LOCKS;
pub use named::Named;
pub use origin::Origin;
pub use overrides::Override;
pub use schema::schema;
pub use sources::{From, Source, Sources};
use typed::Table;
pub use update::{DEFER_TIMEOUT, Updating};

/// A configuration larger than this is not one (FAULTS §4.28).
const LIMIT: u64 = 1024 * 1024;

/// What a chat takes of a bot within a minute (Telegram, of a group); more within an hour is read by nobody.
const MAX_PER_HOUR: u32 = 20;

/// The name of the file that is searched for.
pub const FILE: &str = "heal.toml";

/// The configuration, checked and resolved.
#[derive(Debug)]
pub struct Config {
    /// The file it came from.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Its directory, where relative paths begin.
    pub root: PathBuf,
    /// It was named, and not found from the current directory upwards.
    pub named: bool,
    /// `[project] name`.
    pub name: String,
    /// `[project] mode`.
    pub mode: Mode,
    /// `[project] data_dir`, absolute.
    pub data_dir: PathBuf,
    /// The services, in the order of the file.
    pub services: Vec<Watched>,
    /// `[host] enabled`; `false`: the machine is not looked at.
    pub host_enabled: bool,
    /// `[host.probes]`.
    pub host_probes: Vec<probe::Declared>,
    /// `[lock.*]`.
    pub locks: Vec<Lock>,
    /// `[layout]`.
    pub layout: Layout,
    /// `[state.*]`.
    pub states: Vec<StateFile>,
    /// `[checkpoint.*]`.
    pub checkpoints: Vec<Checkpoint>,
    /// `[alert.*]`.
    pub alerts: Vec<alert::Declared>,
    /// `[alerting] heal_rate`: to be healed more often than this is itself an alarm.
    pub heal_rate: Option<Rate>,
    /// `[alerting] max_per_hour`: what a channel gets beyond that comes in one message.
    pub max_per_hour: u32,
    /// `[schedule] heal`: how often the tick is meant to run.
    pub tick: Option<Span>,
    /// The other lines of `[schedule]`: the other commands that are started by the clock, and commands that are not built yet.
    pub timetable: Vec<schedule::Entry>,
    /// The sections that stand in the file, those that are not built yet among them.
    pub sections: Vec<String>,
    /// `[git]`.
    pub git: Git,
    /// `[revert]`.
    pub revert: Reverting,
    /// `[update]`.
    pub update: Updating,
    /// `[crash]`.
    pub crash: CrashRules,
    /// What is accepted and does nothing yet.
    pub warnings: Vec<String>,
}

/// A service and how it is looked at.
#[derive(Debug)]
pub struct Watched {
    /// The service.
    pub service: Service,
    /// `false`: it is not looked at.
    pub enabled: bool,
    /// Its probes; the implied `process` first.
    pub probes: Vec<probe::Declared>,
    /// Rungs of its own.
    pub remedies: Vec<remedies::Declared>,
}

impl Config {
    /// How to call heal again about this configuration, from where it was called.
    #[must_use]
    pub fn call(&self) -> String {
        if self.named { self.call_anywhere() } else { "heal".to_owned() }
    }

    /// How to call heal about this configuration from anywhere.
    #[must_use]
    pub fn call_anywhere(&self) -> String {
        let path = self.whole_path().display().to_string();
        let quote = path.contains(|c: char| !(c.is_alphanumeric() || "/._-+".contains(c)));
        if quote { format!("heal --config '{}'", path.replace('\'', "'\\''")) } else { format!("heal --config {path}") }
    }
}

/// The whole path of a `heal.toml` that stands in `root`, without a link in the folders above it.
#[must_use]
pub fn whole_path(path: &Path, root: &Path) -> PathBuf {
    path.file_name().map_or_else(|| root.join(FILE), |name| root.join(name))
}

impl Config {
    /// Its [`whole_path`].
    #[must_use]
    pub fn whole_path(&self) -> PathBuf {
        whole_path(&self.path, &self.root)
    }

    /// A path as people read it: from the project's directory where it lies below that.
    #[must_use]
    pub fn short(&self, path: &Path) -> String {
        service::short(path, &self.root).display().to_string()
    }

    /// The service that what belongs to no other belongs to: the only one there is.
    #[must_use]
    pub fn only_service(&self) -> Option<&str> {
        match self.services.as_slice() {
            [one] => Some(one.name()),
            _ => None,
        }
    }
}

impl Watched {
    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.service.name
    }
}

fn read(path: &Path) -> Result<(String, PathBuf)> {
    let unread = |why: files::Unread| {
        let hint = match why {
            files::Unread::Missing => "`heal init` writes a new one; `--config FILE` names another",
            // `heal init` would refuse: something is there.
            files::Unread::Failed(_) => "put it right, or name another with `--config FILE`",
        };
        Error::new(Kind::Config, format!("{} cannot be read: {why}", path.display())).hint(hint)
    };
    let (file, meta) = files::open(path).map_err(unread)?;
    trust::check(&meta).map_err(|(why, remedy)| {
        let remedy = remedy.replace("{}", &path.display().to_string());
        Error::new(Kind::Config, format!("{} is refused: {why}", path.display()))
            .hint(format!("`{remedy}`, if you trust what it says"))
    })?;
    // The file that is trusted is the one that is read, whatever stands under its name by now.
    let text = files::text_of(file, &meta, LIMIT).map_err(unread)?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let root = folders::real(parent).map_err(|error| unread(error.into()))?;
    Ok((text, root))
}

/// Reads and checks the text of a `heal.toml` that stands in `root`.
///
/// # Errors
/// All its faults in one.
pub fn parse(path: &Path, root: &Path, text: &str, overrides: &[Override]) -> Result<(Config, Sources)> {
    // A mark that some editors put first; it is no part of the text, and places are counted without it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut faults = Faults::new(path, text, overrides);
    let (mut document, errors) = DeTable::parse_recoverable(keep(text.to_owned()));
    if !errors.is_empty() {
        syntax::report(&errors, text, &mut faults);
        return Err(faults.take_error().unwrap_or_else(|| Error::new(Kind::Config, "not TOML")));
    }
    let table = document.get_mut();
    overrides::lay(table, overrides, &mut faults);
    let asked = resolve::environment(table, &mut faults);
    let reader = Reader { root, path };
    let config = reader.config(&document, &mut faults);
    match (faults.take_error(), config) {
        (None, Some(config)) => Ok((Config { text: text.to_owned(), ..config }, Sources::new(document, faults, asked))),
        (Some(error), _) => Err(error),
        (None, None) => Err(Error::new(Kind::Bug, "the configuration was refused without a reason")),
    }
}

/// The data directory that a file names which is otherwise broken, as far as it can be read.
#[must_use]
pub fn data_dir_of(path: &Path, root: &Path) -> Option<PathBuf> {
    let text = files::read_text(path, LIMIT).ok()?;
    let (document, _) = DeTable::parse_recoverable(&text);
    let project = document.get_ref().get("project")?.get_ref().as_table()?;
    project.get("data_dir")?.get_ref().as_str().map(|dir| root.join(dir))
}

/// The parsed tree borrows its text. There is one configuration in a run, and the run is short: the text is kept to its end.
fn keep(text: String) -> &'static str {
    String::leak(text)
}

struct Reader<'a> {
    root: &'a Path,
    path: &'a Path,
}

impl Reader<'_> {
    fn config(&self, document: &Table, faults: &mut Faults) -> Option<Config> {
        for (key, value) in document.get_ref() {
            let name = key.get_ref().as_ref();
            if file::PLANNED.contains(&name) {
                faults.note(key.span(), format!("[{name}] is not built yet and does nothing"));
            } else if !file::SECTIONS.contains(&name) {
                let known = file::SECTIONS.iter().chain(file::PLANNED).copied();
                faults.add(key.span(), format!("unknown section `{name}`"), suggestion(name, known));
            } else if !value.get_ref().is_table() {
                faults.add(value.span(), format!("`{name}` is {}, not a table", a(value.get_ref().type_str())), None);
            }
        }
        let section = |name: &str| document.get_ref().get(name).and_then(typed::as_table);
        let copy = |name: &str| section(name).as_ref().map(typed::owned);
        let project = match copy("project") {
            Some(table) => typed::read::<file::Project>(&table, faults),
            None if document.get_ref().contains_key("project") => None,
            None => {
                let hint = "begin with:\n[project]\nname = \"my-bot\"".to_owned();
                faults.add(document.span().start..document.span().start, "[project] is missing", Some(hint));
                None
            }
        };
        check_texts(document.get_ref(), faults);
        let mut services = Vec::new();
        for (name, place, table) in typed::tables(section("service").as_ref(), "a service", faults) {
            check_name(&name, "service", &place, faults);
            services.extend(self.service(&name, &place, table, faults));
        }
        let (host_enabled, host_probes) =
            copy("host").map_or_else(|| (true, Vec::new()), |table| self.host(table, faults));
        let mut alerts = Vec::new();
        for (name, place, table) in typed::tables(section("alert").as_ref(), "a channel", faults) {
            check_name(&name, "channel", &place, faults);
            alerts.extend(channel(&name, table, faults).map(|channel| (channel, place)));
        }
        check_channels(&alerts, &services, faults);
        let alerts: Vec<alert::Declared> = alerts.into_iter().map(|(channel, _)| channel).collect();
        let schedule = copy("schedule");
        let timetable = schedule.as_ref().map(|table| timetable::read(table, faults)).unwrap_or_default();
        let schedule = schedule.and_then(|table| {
            typed::partly::<file::Schedule>("schedule", &["enabled", "heal", "update", "checkpoint"], table, faults)
        });
        let schedule = schedule.filter(|schedule| schedule.enabled);
        let alerting = copy("alerting").and_then(|table| typed::read::<file::Alerting>(&table, faults));
        let alerting = alerting.filter(|alerting| alerting.enabled);
        let git = copy("git").and_then(|table| code::git(&table, faults)).unwrap_or_default();
        let revert = copy("revert").and_then(|table| code::revert(&table, faults)).unwrap_or_default();
        let declared = services.iter().map(|watched| watched.name().to_owned()).collect();
        let update = copy("update").and_then(|table| update::update(&table, &declared, faults)).unwrap_or_default();
        let crash = copy("crash").map_or_else(|| Some(CrashRules::default()), |table| crash::rules(&table, faults));
        let place = |service: &str, key: &str| {
            let table = section("service").and_then(|table| typed::as_table(table.get_ref().get(service)?));
            table.and_then(|table| table.get_ref().get(key).map(Spanned::span)).unwrap_or_default()
        };
        relations::check(&services, &place, faults);
        let project = project?;
        let place_of = |key: &str| {
            let table = document.get_ref().get("project");
            let value = table.and_then(|table| table.get_ref().get(key));
            value.or(table).map(Spanned::span).unwrap_or_default()
        };
        if project.name.trim().is_empty() || project.name.chars().any(char::is_control) {
            faults.add(place_of("name"), "`name` is empty or holds control characters", None);
        }
        let data_dir = self.root.join(&project.data_dir);
        if [Path::new("/"), self.root].contains(&data_dir.as_path()) {
            faults.add(place_of("data_dir"), "`data_dir` has to be a directory of its own", None);
        }
        self.check_appended(section("service").as_ref(), section("alert").as_ref(), &data_dir, faults);
        let locks = self.locks(section("lock").as_ref(), &data_dir, &services, faults);
        let layout = self.layout(copy("layout"), faults);
        let states = self.states(section("state").as_ref(), &data_dir, &services, faults);
        let checkpoints = self.checkpoints(section("checkpoint").as_ref(), &data_dir, &services, faults);
        check_written(&alerts, &services, &host_probes, self.root, &document.span(), faults);
        // Default logs need the data directory, which is known only now.
        for watched in &mut services {
            if let Some(launch) = &mut watched.service.launch
                && launch.log.as_os_str().is_empty()
            {
                launch.log = data_dir.join("output").join(format!("{}.log", watched.service.name));
            }
        }
        Some(Config {
            path: self.path.to_owned(),
            root: self.root.to_owned(),
            text: String::new(),
            named: false,
            name: project.name,
            mode: project.mode,
            data_dir,
            services,
            host_enabled,
            host_probes,
            locks,
            layout,
            states,
            checkpoints,
            alerts,
            heal_rate: alerting.as_ref().and_then(|alerting| alerting.heal_rate),
            max_per_hour: alerting.and_then(|alerting| alerting.max_per_hour).unwrap_or(MAX_PER_HOUR),
            timetable: if schedule.is_some() { timetable } else { Vec::new() },
            tick: schedule.and_then(|schedule| schedule.heal),
            sections: document.get_ref().keys().map(|key| key.get_ref().to_string()).collect(),
            git,
            revert,
            update,
            crash: crash.unwrap_or_default(),
            warnings: faults.notes(),
        })
    }

    /// Is the machine looked at, and how?
    fn host(&self, mut table: Table, faults: &mut Faults) -> (bool, Vec<probe::Declared>) {
        let declared = typed::split_off(&mut table, &["probes"]);
        let host = typed::read_with(&table, &["probes"], |value| file::Host::deserialize(value), faults);
        let probes = declared.get_ref().get("probes");
        let probes = probes.and_then(|value| typed::table(value, "probes", "[host.probes]", faults));
        let mut found = Vec::new();
        for (name, place, table) in typed::tables(probes.as_ref(), "a probe", faults) {
            check_name(&name, "probe", &place, faults);
            let probe = service::probe(&name, table, faults);
            if let Some(wrong) = probe.as_ref().and_then(|probe| probe.probe.needs_service()) {
                faults.add(place, wrong, None);
            }
            found.extend(probe);
        }
        (host.is_none_or(|host| host.enabled), found)
    }
}

fn channel(name: &str, mut table: Table, faults: &mut Faults) -> Option<alert::Declared> {
    let kind = service::kind(name, &table, alert::KINDS.map(|kind| kind.name), &[], faults);
    let mut common = typed::split_off(&mut table, &alert::COMMON_KEYS);
    common.get_mut().remove("kind");
    let common = typed::read(&common, faults);
    let kind = kind.and_then(|(kind, _)| alert::KINDS.into_iter().find(|known| known.name == kind))?;
    let channel = typed::read_with(&table, &alert::COMMON_KEYS, kind.parse, faults);
    let settings = typed::settings(&table);
    Some(alert::Declared { name: name.to_owned(), kind, common: common?, settings, channel: channel? })
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
