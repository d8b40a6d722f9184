//! Which names and keys stand in `heal.toml`? For whoever completes a word on a command line: it reads keys, checks nothing
//! that they say, runs nothing, and a file that is missing, broken or not to be trusted has no names.

use toml::de::{DeTable, DeValue};

use super::checks::is_name;
use super::{Origin, read};

/// What one `heal.toml` names, each in the order of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// `[service.NAME]`
    pub services: Vec<String>,
    /// There is `[host.probes]`.
    pub host: bool,
    /// Probes of all services and of the host, each name once.
    pub probes: Vec<String>,
    /// `[lock.NAME]`
    pub locks: Vec<String>,
    /// `[state.NAME]`
    pub states: Vec<String>,
    /// `[checkpoint.NAME]`
    pub checkpoints: Vec<String>,
    /// Every setting as `--set` takes it: `service.bot.startup_grace`.
    pub keys: Vec<String>,
}

impl Origin {
    /// What the file that [`Origin::find`] finds names; nothing if it cannot be read.
    #[must_use]
    pub fn names(&self) -> Named {
        let text = self.find().ok().and_then(|path| read(&path).ok());
        text.map(|(text, _)| named(&text)).unwrap_or_default()
    }
}

fn named(text: &str) -> Named {
    let Ok(document) = DeTable::parse(text.strip_prefix('\u{feff}').unwrap_or(text)) else { return Named::default() };
    let document = document.get_ref();
    let mut named = Named {
        services: keys(table(document, "service")),
        locks: keys(table(document, "lock")),
        states: keys(table(document, "state")),
        checkpoints: keys(table(document, "checkpoint")),
        host: table(document, "host").is_some_and(|host| table(host, "probes").is_some()),
        ..Named::default()
    };
    let services = table(document, "service").into_iter().flatten().filter_map(|(_, value)| value.get_ref().as_table());
    for owner in services.chain(table(document, "host")) {
        for name in keys(table(owner, "probes")) {
            if !named.probes.contains(&name) {
                named.probes.push(name);
            }
        }
    }
    settings(document, "", &mut named.keys);
    named
}

fn table<'t>(of: &'t DeTable<'t>, key: &str) -> Option<&'t DeTable<'t>> {
    of.get(key)?.get_ref().as_table()
}

/// Names that a validated file could have as well: no others are ever offered to a shell.
fn keys(of: Option<&DeTable<'_>>) -> Vec<String> {
    let tables = of.into_iter().flatten().filter(|(_, value)| value.get_ref().is_table());
    tables.map(|(key, _)| key.get_ref().to_string()).filter(|name| is_name(name)).collect()
}

fn settings(of: &DeTable<'_>, above: &str, found: &mut Vec<String>) {
    for (key, value) in of {
        // A name with a dot in it cannot be written as one part of a dotted key.
        if !is_name(key.get_ref()) || key.get_ref().contains('.') {
            continue;
        }
        let path = format!("{above}{}", key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => settings(inner, &format!("{path}."), found),
            _ => found.push(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_file_and_nothing_that_a_shell_could_trip_over() {
        let text = r#"[project]
name = "x"
[service.bot]
startup_grace = "5s"
match = { executable = "python3" }
probes.log = { kind = "fresh", path = "x" }
[service."$(touch x)"]
match = 1
[service.app.probes]
log = { kind = "tcp" }
web = { kind = "http" }
[host.probes]
disk = { kind = "disk" }
[lock.run]
path = "run.lock"
[state.positions]
path = "p.json"
[checkpoint.app]
command = ["dump"]
"#;
        let named = named(text);
        assert_eq!((named.services, named.host), (vec!["bot".to_owned(), "app".to_owned()], true));
        assert_eq!(named.probes, ["log", "web", "disk"]);
        assert_eq!((named.locks, named.states), (vec!["run".to_owned()], vec!["positions".to_owned()]));
        assert_eq!(named.checkpoints, ["app"]);
        assert_eq!(named.keys[..3], ["project.name", "service.bot.startup_grace", "service.bot.match.executable"]);
        assert!(named.keys.contains(&"service.app.probes.web.kind".to_owned()), "{:?}", named.keys);
        assert!(!named.keys.iter().any(|key| key.contains('$')));
    }

    #[test]
    fn a_broken_file_has_no_names() {
        for text in ["", "service", "[service.bot", "service = 1", "[service]\nbot = 1", "lock = [\"a\"]"] {
            let Named { services, probes, locks, states, .. } = named(text);
            assert_eq!([services, probes, locks, states].concat(), Vec::<String>::new(), "{text}");
        }
    }
}
