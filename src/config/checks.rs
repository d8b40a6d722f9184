//! What is wrong with a configuration whose every table is right? Names, paths, and what heal would write over what it reads.

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Watched;
use super::faults::{Faults, Place, suggestion};
use crate::host::files;
use crate::model::service::HOST;
use crate::{alert, probe};

/// What heal writes must not be what it takes for a sign of life (DESIGN §7.4, FAILURES F20).
pub(super) fn check_written(
    alerts: &[alert::Declared],
    services: &[Watched],
    host_probes: &[probe::Declared],
    root: &Path,
    place: &Place,
    faults: &mut Faults,
) {
    let probes = services.iter().flat_map(|watched| &watched.probes).chain(host_probes);
    let read: Vec<(&str, PathBuf)> =
        probes.flat_map(|probe| probe.probe.reads().into_iter().map(|path| (probe.name.as_str(), path))).collect();
    for alert in alerts {
        let Some(written) = alert.channel.writes() else { continue };
        for (probe, path) in &read {
            if files::fits(&root.join(path), &root.join(&written)) {
                let message = format!("channel `{}` would write what probe `{probe}` reads", alert.name);
                let hint = "the alert itself would then look like a sign of life; give one of them another path";
                faults.add(place.start..place.start, message, Some(hint.to_owned()));
            }
        }
    }
}

/// Do channels name what is there? A channel that is to stand in for another, and services.
pub(super) fn check_channels(alerts: &[(alert::Declared, Place)], services: &[Watched], faults: &mut Faults) {
    let names: Vec<&str> = alerts.iter().map(|(channel, _)| channel.name.as_str()).collect();
    for (channel, place) in alerts {
        let name = &channel.name;
        if let Some(fallback) = &channel.common.fallback
            && (fallback == name || !names.contains(&fallback.as_str()))
        {
            let others = names.iter().copied().filter(|other| other != name);
            let message = format!("`fallback` of [alert.{name}] names no other channel: {}", fallback.escape_default());
            faults.add(place.clone(), message, suggestion(fallback, others));
        }
        for service in &channel.common.services {
            if service != HOST && !services.iter().any(|watched| watched.name() == service) {
                let known = services.iter().map(Watched::name);
                let message = format!("`services` of [alert.{name}] names no service: {}", service.escape_default());
                faults.add(place.clone(), message, suggestion(service, known));
            }
        }
    }
}

/// Keys whose values are paths.
const PATHS: [&str; 8] = ["data_dir", "path", "cwd", "log", "pidfile", "unix", "body_file", "executable"];

/// Keys that name a file or a process, and what one of them would say. Empty, it names the project's directory or fits every
/// process: what heal would then write to, or stop, was never meant.
const NAMING: [(&str, &str); 9] = [
    ("path", "\"logs/bot.log\""),
    ("cwd", "\".\""),
    ("log", "\"logs/output.log\""),
    ("pidfile", "\"bot.pid\""),
    ("unix", "\"run/control.sock\""),
    ("body_file", "\"request.json\""),
    ("executable", "\"python3\""),
    ("args_contain", "\"bot.py\""),
    ("user", "\"bot\""),
];

/// Keys below which the names are somebody else's, and say nothing about their values.
const FOREIGN: [&str; 4] = ["env", "headers", "json", "template"];

/// What no text can mean: a NUL ends every path, argument and variable, and `~` is the shell's; taken at its word, it would
/// be a directory of that name beside heal.toml.
pub(super) fn check_texts(table: &DeTable<'static>, faults: &mut Faults) {
    check_below(table, true, faults);
}

/// `ours`: the keys of this table are heal's.
fn check_below(table: &DeTable<'static>, ours: bool, faults: &mut Faults) {
    for (key, value) in table {
        check_text(key.get_ref(), value, ours, faults);
    }
}

fn check_text(key: &str, value: &Spanned<DeValue<'static>>, ours: bool, faults: &mut Faults) {
    match value.get_ref() {
        DeValue::Table(table) => check_below(table, ours && !FOREIGN.contains(&key), faults),
        DeValue::Array(items) => items.iter().for_each(|item| check_text(key, item, ours, faults)),
        DeValue::String(text) if text.contains('\0') => {
            let message = format!("`{}` holds a NUL, which no path, argument or variable can", key.escape_default());
            faults.add(value.span(), message, None);
        }
        DeValue::String(text) if ours && text.trim().is_empty() => {
            if let Some((_, example)) = NAMING.iter().find(|(naming, _)| *naming == key) {
                let hint = format!("leave it out, or write for example {key} = {example}");
                faults.add(value.span(), format!("`{key}` is empty"), Some(hint));
            }
        }
        DeValue::String(text) if ours && PATHS.contains(&key) && text.starts_with('~') => {
            let message = format!("`{key}` begins with `~`, which only a shell understands");
            faults.add(value.span(), message, Some("write the whole path".to_owned()));
        }
        _ => {}
    }
}

/// The names that [`check_name`] lets pass, as a pattern for editors.
pub(super) const NAME: &str = "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$";

/// Names become parts of paths, variables and lines: letters, digits, `-`, `_` and `.`.
pub(super) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.len() <= 64 && name.chars().all(allowed) && !name.starts_with(['-', '.'])
}

/// Complains about what is no name.
pub(super) fn check_name(name: &str, what: &str, place: &Place, faults: &mut Faults) {
    if !is_name(name) {
        let hint = "use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit".to_owned();
        faults.add(place.clone(), format!("`{}` cannot be the name of a {what}", name.escape_default()), Some(hint));
    } else if what == "service" && name == HOST {
        faults.add(place.clone(), "a service cannot be called `host`: that is the machine itself", None);
    }
}
