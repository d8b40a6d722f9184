//! What did the user declare? Three phases: file (as written) → validated (every fault at once) → resolved (paths absolute, defaults in).

mod checks;
mod code;
mod crash;
mod faults;
mod file;
mod layout;
mod lock;
mod mask;
mod named;
mod names;
mod overrides;
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

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use crate::error::{Error, Kind, Result};
use crate::host::{env, files, trust};
use crate::model::crash::CrashRules;
use crate::model::{Layout, Lock, Rate, Service, Span, StateFile, schedule};
use crate::{alert, probe};
use checks::{check_name, check_texts, check_written};
pub use code::{Git, Reverting};
use faults::{Faults, a, suggestion};
pub use file::{Mode, Signing};
pub use lock::KINDS as LOCKS;
pub use named::Named;
pub use overrides::Override;
pub use schema::schema;
pub use sources::{From, Source, Sources};
use typed::Table;

/// A configuration larger than this is not one (FAULTS §4.28).
const LIMIT: u64 = 1024 * 1024;

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
    /// `[alert.*]`.
    pub alerts: Vec<alert::Declared>,
    /// `[alerting] heal_rate`: to be healed more often than this is itself an alarm.
    pub heal_rate: Option<Rate>,
    /// `[schedule] heal`: how often the tick is meant to run.
    pub tick: Option<Span>,
    /// The other lines of `[schedule]`: commands that are not built yet.
    pub timetable: Vec<schedule::Entry>,
    /// The sections that stand in the file, those that are not built yet among them.
    pub sections: Vec<String>,
    /// `[git]`.
    pub git: Git,
    /// `[revert]`.
    pub revert: Reverting,
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
        let file = self.path.file_name().map_or_else(|| self.root.join(FILE), |name| self.root.join(name));
        let path = file.display().to_string();
        let quote = path.contains(|c: char| !(c.is_alphanumeric() || "/._-+".contains(c)));
        if quote { format!("heal --config '{}'", path.replace('\'', "'\\''")) } else { format!("heal --config {path}") }
    }
}

impl Watched {
    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.service.name
    }
}

/// Where the configuration comes from, as the command line says it.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// `--config`.
    pub file: Option<PathBuf>,
    /// `--set`, in order.
    pub set: Vec<String>,
}

impl Origin {
    /// `--config`, else `HEAL_CONFIG`, else the nearest `heal.toml` upwards.
    ///
    /// # Errors
    /// There is none.
    pub fn find(&self) -> Result<PathBuf> {
        if let Some(file) = self.file.clone().or_else(|| env::var("HEAL_CONFIG").map(PathBuf::from)) {
            return Ok(if file.is_dir() { file.join(FILE) } else { file });
        }
        let here = env::cwd().ok_or_else(|| {
            Error::new(Kind::Config, "the current directory does not exist any more")
                .hint("name the file with --config")
        })?;
        here.ancestors().map(|dir| dir.join(FILE)).find(|path| path.exists()).ok_or_else(|| {
            Error::new(Kind::Config, format!("there is no {FILE} in {} or above it", here.display()))
                .hint("`heal init` writes one here; `--config FILE` names one elsewhere")
        })
    }

    /// Finds, reads and checks it.
    ///
    /// # Errors
    /// All its faults in one.
    pub fn load(&self) -> Result<Config> {
        Ok(self.load_with_sources()?.0)
    }

    /// As [`Self::load`], with where each setting came from.
    ///
    /// # Errors
    /// All its faults in one, or a `--set` that is not written as one.
    pub fn load_with_sources(&self) -> Result<(Config, Sources)> {
        let overrides = self.overrides()?;
        let path = self.find()?;
        let (text, root) = read(&path)?;
        let (config, sources) = parse(&path, &root, &text, &overrides)?;
        Ok((Config { named: self.file.is_some(), ..config }, sources))
    }

    /// A text that was right before, read anew: with what is laid over it now, if that is still right.
    #[must_use]
    pub fn recall(&self, path: &Path, root: &Path, text: &str) -> Option<Config> {
        let overrides = self.overrides().unwrap_or_default();
        let config = parse(path, root, text, &overrides).or_else(|_| parse(path, root, text, &[]));
        config.ok().map(|(config, _)| Config { named: true, ..config })
    }

    /// What is laid over the file, in its order: flags come last and hold.
    fn overrides(&self) -> Result<Vec<Override>> {
        let flags = self.set.iter().map(|text| Override::flag(text)).collect::<Result<Vec<Override>>>()?;
        let variables = env::vars(overrides::PREFIX).into_iter().map(|(name, value)| Override::variable(&name, value));
        Ok(variables.collect::<Result<Vec<Override>>>()?.into_iter().chain(flags).collect())
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
    let root = std::fs::canonicalize(parent).map_err(|error| unread(error.into()))?;
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
            alerts.extend(channel(&name, table, faults));
        }
        let schedule = copy("schedule");
        let timetable = schedule.as_ref().map(|table| timetable::read(table, faults)).unwrap_or_default();
        let schedule =
            schedule.and_then(|table| partly::<file::Schedule>("schedule", &["enabled", "heal"], table, faults));
        let schedule = schedule.filter(|schedule| schedule.enabled);
        let alerting = copy("alerting")
            .and_then(|table| partly::<file::Alerting>("alerting", &["enabled", "heal_rate"], table, faults));
        let git = copy("git").and_then(|table| code::git(&table, faults)).unwrap_or_default();
        let revert = copy("revert").and_then(|table| code::revert(&table, faults)).unwrap_or_default();
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
        let locks = self.locks(section("lock").as_ref(), &data_dir, &services, faults);
        let layout = self.layout(copy("layout"), faults);
        let states = self.states(section("state").as_ref(), &data_dir, &services, faults);
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
            alerts,
            heal_rate: alerting.filter(|alerting| alerting.enabled).and_then(|alerting| alerting.heal_rate),
            timetable: if schedule.is_some() { timetable } else { Vec::new() },
            tick: schedule.and_then(|schedule| schedule.heal),
            sections: document.get_ref().keys().map(|key| key.get_ref().to_string()).collect(),
            git,
            revert,
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

/// A section of which only these keys are built so far.
fn partly<T: for<'de> serde::Deserialize<'de>>(
    section: &str,
    keys: &[&str],
    mut table: Table,
    faults: &mut Faults,
) -> Option<T> {
    let built = typed::split_off(&mut table, keys);
    for key in table.get_ref().keys() {
        faults.note(key.span(), format!("[{section}] {} is not built yet and does nothing", key.get_ref()));
    }
    typed::read::<T>(&built, faults)
}

fn channel(name: &str, mut table: Table, faults: &mut Faults) -> Option<alert::Declared> {
    let kind = service::kind(name, &table, alert::KINDS.map(|kind| kind.name), &alert::PLANNED, faults);
    if let Some((planned, place)) = kind.as_ref().filter(|(kind, _)| alert::PLANNED.contains(&kind.as_str())) {
        faults.note(place.clone(), format!("alert kind `{planned}` is not built yet; {name} tells nobody"));
        return None;
    }
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
