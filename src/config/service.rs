//! Is this service one that heal could look after? Checks and resolves `[service.NAME]` and its probes.

use std::path::{Path, PathBuf};

use toml::Spanned;

use super::checks::check_name;
use super::faults::{Faults, Place, suggestion};
use super::typed::{self, Table};
use super::{Reader, Watched, file, remedies};
use crate::model::service::Launch;
use crate::model::{Rules, Selector, Service, Span, Threshold, UnitName};
use crate::probe;

/// How long a process has between TERM and KILL.
pub(super) const STOP_GRACE: Span = Span::secs(10);

/// The most that it may have: stopping, starting and looking again have to fit into one run.
const STOP_MOST: Span = Span::secs(90);

/// The most time that an act may have to prove itself (DESIGN §6).
const VERIFY_MOST: Span = Span::secs(60);

/// The most that a service may be left dead for after an act: the longest pause between two reminders of it.
const DELAY_MOST: Span = Span::secs(24 * 3600);

impl Reader<'_> {
    pub(super) fn service(&self, name: &str, place: &Place, mut table: Table, faults: &mut Faults) -> Option<Watched> {
        let tables = typed::split_off(&mut table, &file::SERVICE_TABLES);
        let extra = file::SERVICE_TABLES;
        let mut probes = vec![implied()];
        let shape = format!("[service.{name}.probes]");
        let declared = tables.get_ref().get("probes").and_then(|value| typed::table(value, "probes", &shape, faults));
        for (name, place, table) in typed::tables(declared.as_ref(), "a probe", faults) {
            check_name(&name, "probe", &place, faults);
            if let Some(declared) = probe(&name, table, faults) {
                if declared.kind.name == "process" {
                    probes[0] = declared;
                } else {
                    probes.push(declared);
                }
            }
        }
        let remedies = remedies::read(name, tables.get_ref().get("remedies"), faults);
        let place_of = |key: &str| table.get_ref().get(key).map_or_else(|| place.clone(), Spanned::span);
        let ladder_place = place_of("ladder");
        let written = typed::read_with(
            &table,
            &extra,
            |value| <file::Service as serde::Deserialize>::deserialize(value),
            faults,
        )?;
        let ladder = written.ladder.clone().unwrap_or_default();
        if written.ladder.is_some() || !remedies.declared.is_empty() {
            remedies::check_ladder(name, &ladder, &remedies, &ladder_place, faults);
        }
        let named = ["unit", "match"].iter().any(|key| table.get_ref().contains_key(*key));
        check_identity(name, named, &written, &place_of, faults);
        if let Some(orphans) = &written.orphans {
            check_orphans(orphans, &place_of("orphans"), faults);
        }
        if let Some(within) = written.verify_within.filter(|within| *within > VERIFY_MOST) {
            let hint = format!("at most {VERIFY_MOST}; a slow start is what `startup_grace` is for");
            faults.add(place_of("verify_within"), format!("`verify_within` is {within}"), Some(hint));
        }
        if written.stop_grace.is_some_and(|grace| grace > STOP_MOST) {
            let message = format!("`stop_grace` is more than {STOP_MOST}");
            faults.add(place_of("stop_grace"), message, Some("the whole run has four minutes".to_owned()));
        }
        if written.start.as_ref().is_some_and(|start| start.first().is_none_or(String::is_empty)) {
            faults.add(
                place_of("start"),
                "`start` is empty",
                Some("write it as [\"program\", \"argument\"]".to_owned()),
            );
        }
        check_amounts(&written, &place_of, faults);
        let env = table.get_ref().get("env").and_then(typed::as_table);
        check_env(env.as_ref(), faults);
        let launch = written.start.clone().map(|argv| Launch {
            argv,
            cwd: written.cwd.as_ref().map_or_else(|| self.root.to_owned(), |cwd| self.root.join(cwd)),
            env: written.env.clone(),
            log: written.log.as_ref().map(|log| self.root.join(log)).unwrap_or_default(),
            stop_grace: written.stop_grace.unwrap_or(STOP_GRACE),
        });
        let remedies = remedies.declared;
        let on = remedies.iter().filter(|own| own.enabled).map(|own| (own.name.clone(), own.remedy.clone())).collect();
        let (enabled, service) = (written.enabled, service(name, written, launch));
        Some(Watched { enabled, probes, remedies, service: Service { remedies: on, ..service } })
    }
}

fn service(name: &str, written: file::Service, launch: Option<Launch>) -> Service {
    let bare = Service::named(name);
    let default = bare.rules;
    let rules = Rules {
        ladder: written.ladder.unwrap_or(default.ladder),
        startup_grace: written.startup_grace.unwrap_or(default.startup_grace),
        stable_for: written.stable_for.unwrap_or(default.stable_for),
        recover_after: written.recover_after.unwrap_or(default.recover_after),
        restart_limit: written.restart_limit.unwrap_or(default.restart_limit),
        restart_delay: written.restart_delay.unwrap_or(default.restart_delay),
        verify_within: written.verify_within.unwrap_or(default.verify_within),
        hold_on_exit: written.hold_on_exit,
    };
    Service {
        rules,
        selector: written.selector,
        launch,
        unit: written.unit.and_then(|unit| unit.parse().ok()),
        stop_grace: written.stop_grace.unwrap_or(STOP_GRACE),
        needs: written.needs,
        orphans: written.orphans,
        wants: written.wants,
        name: bare.name,
        remedies: bare.remedies,
    }
}

/// What an amount can only do harm with: a service that would stay dead for months, a verdict that never comes.
fn check_amounts(written: &file::Service, place_of: &dyn Fn(&str) -> Place, faults: &mut Faults) {
    if let Some(delay) = written.restart_delay.filter(|delay| *delay > DELAY_MOST) {
        let hint = format!(
            "at most {DELAY_MOST}, as it stays dead for so long; how often it is started is what `restart_limit` says"
        );
        faults.add(place_of("restart_delay"), format!("`restart_delay` is {delay}"), Some(hint));
    }
    if written.recover_after == Some(0) {
        let hint = "1 is the least: the incident ends with the first good look".to_owned();
        faults.add(place_of("recover_after"), "`recover_after` is 0: no incident ends without a look", Some(hint));
    }
    if let Some(code) = written.hold_on_exit.iter().find(|code| !(0..=255).contains(*code)) {
        let hint = "exit codes are 0 to 255; a signal has none".to_owned();
        faults.add(
            place_of("hold_on_exit"),
            format!("`hold_on_exit` has {code}, with which nothing ever ends"),
            Some(hint),
        );
    }
}

/// Is every name one that a variable can have?
fn check_env(env: Option<&typed::Section<'_>>, faults: &mut Faults) {
    for name in env.into_iter().flat_map(|table| table.get_ref().keys()) {
        let text = name.get_ref();
        if text.is_empty() || text.contains(['=', '\0']) {
            let message = format!("`{}` cannot be the name of a variable", text.escape_default());
            faults.add(
                name.span(),
                message,
                Some("a name is not empty and holds no `=`: env = { MODE = \"live\" }".to_owned()),
            );
        }
    }
}

/// `named`: there is a `unit` or a `match`, be it one that could not be read.
fn check_identity(
    name: &str,
    named: bool,
    written: &file::Service,
    place_of: &dyn Fn(&str) -> Place,
    faults: &mut Faults,
) {
    let example = || Some("match = { executable = \"python3\", args_contain = \"bot.py\" }".to_owned());
    match (&written.unit, &written.selector) {
        (None, None) if !named => {
            let message =
                format!("[service.{name}] has neither `unit` nor `match`: heal could not tell which process it is");
            faults.add(place_of(""), message, example());
        }
        // With a key taken out that was wrong, it is not known whom it would name.
        (_, Some(selector)) if names_nobody(selector) && !faults.has_in(&place_of("match")) => {
            faults.add(place_of("match"), "`match` names no process by itself", example());
        }
        // An editor, a pager or a wrapper has the same words in its arguments; what heal may stop is named by more.
        (_, Some(selector))
            if selector.executable.is_none() && selector.args_contain.is_some() && written.start.is_some() =>
        {
            let message = "`args_contain` alone would also fit `tail -f` and every editor";
            faults.add(
                place_of("match"),
                message,
                Some("add the program, such as executable = \"python3\"".to_owned()),
            );
        }
        _ => {}
    }
    if let Some(selector) = &written.selector
        && selector.max_matches == 0
    {
        faults.add(place_of("match"), "`max_matches` is 0: nothing could ever fit", None);
    }
    if let Some(unit) = &written.unit {
        if let Err(why) = unit.parse::<UnitName>() {
            let hint =
                "\"systemd:bot.service\", \"systemd-user:bot.service\" or \"launchd:com.example.bot\"".to_owned();
            faults.add(place_of("unit"), why, Some(hint));
        }
        if written.start.is_some() {
            let message = "both `unit` and `start` are given: one service has one owner";
            faults.add(place_of("start"), message, Some("keep `unit`, and let its supervisor start it".to_owned()));
        }
    }
}

/// Whoever fits may be stopped without a life of it ever having been recorded: so it is named by more than a service has to be.
fn check_orphans(orphans: &Selector, place: &Place, faults: &mut Faults) {
    let example = "orphans = { executable = \"python3\", args_contain = \"bot.py\", min_age = \"1h\" }";
    let wrong = if orphans.min_age.is_none_or(|age| age.get().is_zero()) {
        "`orphans` has no `min_age`: a process that was just started has no history yet"
    } else if orphans.executable.is_none() || orphans.args_contain.is_none() {
        "`orphans` needs both `executable` and `args_contain`: one of them alone fits strangers"
    } else if orphans.pidfile.is_some() {
        "`orphans` has a `pidfile`: who is named by one is the service"
    } else if orphans.max_matches == 0 {
        "`max_matches` is 0: nothing could ever fit"
    } else {
        return;
    };
    if !faults.has_in(place) {
        faults.add(place.clone(), wrong, Some(example.to_owned()));
    }
}

const fn names_nobody(selector: &Selector) -> bool {
    !selector.names_program() && selector.pidfile.is_none()
}

/// The probe that every service has.
fn implied() -> probe::Declared {
    let kind = probe::process::KIND;
    let common =
        probe::Common { enabled: true, timeout: None, class: None, severity: None, fail_after: Threshold::default() };
    let settings = serde_json::Map::new();
    probe::Declared {
        name: "process".to_owned(),
        kind,
        common,
        settings,
        probe: std::sync::Arc::new(probe::process::Process {}),
    }
}

/// Reads one probe's table.
pub(super) fn probe(name: &str, mut table: Table, faults: &mut Faults) -> Option<probe::Declared> {
    let kind = kind(name, &table, probe::KINDS.map(|kind| kind.name), &[], faults);
    // The common keys are looked at also where the kind is wrong: all faults are to be said at once.
    let mut common = typed::split_off(&mut table, &probe::COMMON_KEYS);
    common.get_mut().remove("kind");
    let place_of = |key: &str| common.get_ref().get(key).map(Spanned::span).unwrap_or_default();
    let timeout_place = place_of("timeout");
    let common = typed::read::<probe::Common>(&common, faults);
    if let Some(timeout) = common.as_ref().and_then(|common| common.timeout)
        && (timeout > probe::MOST || timeout.get().is_zero())
    {
        let hint = format!("a look may take up to {}: the whole run has four minutes", probe::MOST);
        faults.add(timeout_place, format!("`timeout` is {timeout}"), Some(hint));
    }
    let kind = kind.and_then(|(kind, _)| probe::KINDS.into_iter().find(|known| known.name == kind))?;
    let parsed = typed::read_with(&table, &probe::COMMON_KEYS, kind.parse, faults);
    let settings = typed::settings(&table);
    Some(probe::Declared { name: name.to_owned(), kind, common: common?, settings, probe: parsed? })
}

/// The `kind` of a table, if it is one that is known.
pub(super) fn kind<const N: usize>(
    name: &str,
    table: &Table,
    built: [&str; N],
    planned: &[&str],
    faults: &mut Faults,
) -> Option<(String, Place)> {
    let known = || built.iter().chain(planned).copied();
    let Some(value) = table.get_ref().get("kind") else {
        let hint = suggestion("", known()).map(|names| names.replace("known are", "kinds are"));
        faults.add(table.span(), format!("`{name}` has no `kind`"), hint);
        return None;
    };
    match value.get_ref().as_str() {
        Some(kind) if known().any(|other| other == kind) => Some((kind.to_owned(), value.span())),
        Some(kind) => {
            faults.add(value.span(), format!("unknown kind `{kind}`"), suggestion(kind, known()));
            None
        }
        None => {
            faults.add(value.span(), "`kind` is not a string", None);
            None
        }
    }
}

/// What can only be said on the machine itself: does the start command exist?
#[must_use]
pub(super) fn unstartable(service: &Service) -> Option<String> {
    let launch = service.launch.as_ref()?;
    if !launch.cwd.is_dir() {
        return Some(format!("[service.{}] cwd {} is not a directory", service.name, launch.cwd.display()));
    }
    let path = launch.env.get("PATH").map_or(crate::host::env::PATH, String::as_str);
    crate::host::env::program(launch.argv.first()?, &launch.cwd, path)
        .err()
        .map(|why| format!("[service.{}] start: {why}", service.name))
}

/// Relative paths below `root`, for messages.
#[must_use]
pub(super) fn short(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).map_or_else(|_| path.to_owned(), Path::to_owned)
}
