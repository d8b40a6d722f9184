//! `heal config`: is `heal.toml` right, what does it come to, and what may stand in it?

use std::collections::BTreeMap;

use clap::Subcommand;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::cli::Global;
use crate::commands::{Answer, View};
use crate::config::From;
use crate::error::{Error, Fault, Kind, Result};
use crate::model::units::counted;
use crate::output::sanitize;
use crate::{alert, probe, remedy};

/// Check heal.toml, show what it comes to, list what may stand in it
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Report every fault of heal.toml at once, with its place and what to write instead
    Check,
    /// Print every setting that holds, defaults included
    Show {
        /// Print each setting on a line of its own, with where it comes from
        ///
        /// That is a place in heal.toml, `--set`, a variable such as HEAL__PROJECT__MODE, `env NAME` where heal.toml asks
        /// for a variable, or `default`.
        #[arg(long)]
        origin: bool,
    },
    /// List the kinds of probes, rungs and alert channels
    Kinds,
    /// Print the JSON Schema of heal.toml, for editors
    ///
    /// With `#:schema ./heal.schema.json` as its first line, heal.toml is completed and checked while it is typed, by
    /// Taplo, Even Better TOML of VS Code, and others: `heal config schema > heal.schema.json`
    Schema {
        /// Print the schema of what commands print with --json instead
        #[arg(long)]
        output: bool,
    },
}

/// It is right.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checked {
    /// The file.
    path: String,
    /// What is accepted and does nothing yet, with its place.
    warnings: Vec<String>,
}

/// What it comes to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Shown {
    /// Every setting that holds, in the shape of heal.toml.
    config: Value,
    /// Where each setting comes from, by its dotted key (`--origin`).
    #[serde(skip_serializing_if = "Option::is_none")]
    origins: Option<BTreeMap<String, Origin>>,
}

/// Where a setting comes from.
#[derive(Debug, Serialize, JsonSchema)]
struct Origin {
    /// What kind of source it is.
    from: From,
    /// Where there: `heal.toml:5:17`, `--set`, the variable; null for a default.
    place: Option<String>,
}

/// What may stand in it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Kinds {
    /// Kinds of probes.
    probes: Group,
    /// Rungs of a ladder.
    rungs: Group,
    /// Rungs of a service's own.
    remedies: Group,
    /// Alert channels.
    alerts: Group,
    /// Locks.
    locks: Group,
}

/// A JSON Schema.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Published {
    /// The schema; `schema` itself names the version of this document.
    json_schema: Value,
}

/// The words of one place.
#[derive(Debug, Serialize, JsonSchema)]
struct Group {
    /// Those that work.
    built: Vec<Known>,
    /// Those that are accepted and do nothing yet.
    planned: &'static [&'static str],
}

/// One word that works.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Kind")]
struct Known {
    /// The word.
    name: &'static str,
    /// One line of help.
    about: &'static str,
    /// A line of heal.toml, or nothing.
    example: &'static str,
}

impl Args {
    /// Runs it.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub fn run(self, global: &Global) -> Result<Answer> {
        match self.action {
            Action::Check => check(global),
            Action::Show { origin } => show(global, origin),
            Action::Kinds => Ok(kinds()),
            Action::Schema { output } => schema(output),
        }
    }
}

fn check(global: &Global) -> Result<Answer> {
    let config = global.origin().load()?;
    let unstartable = config.unstartable();
    let path = config.path.display().to_string();
    if !unstartable.is_empty() {
        let mut error = Error::new(Kind::Config, format!("{path} names what does not exist here"))
            .hint("commands are looked up in the service's PATH, not in yours; give an absolute path if in doubt");
        error.rendered = Some(unstartable.iter().map(|why| format!("error: {why}")).collect::<Vec<_>>().join("\n"));
        let fault = |message: String| Fault { place: path.clone(), message, hint: None };
        error.faults = unstartable.into_iter().map(fault).collect();
        return Err(error);
    }
    let mut human = String::new();
    if !global.quiet {
        for warning in &config.warnings {
            human.push_str(&format!("note  {warning}\n"));
        }
        let probes: usize =
            config.services.iter().map(|watched| watched.probes.len()).sum::<usize>() + config.host_probes.len();
        human.push_str(&format!(
            "{path} is right: {}, {}, {}\n",
            counted(config.services.len(), "service"),
            counted(probes, "probe"),
            counted(config.alerts.len(), "alert channel")
        ));
    }
    Ok(Answer::fine(human, View::ConfigCheck(Checked { path, warnings: config.warnings })))
}

fn show(global: &Global, origin: bool) -> Result<Answer> {
    let (config, sources) = global.origin().load_with_sources()?;
    let config = config.show();
    let bug = |error: toml::ser::Error| Error::new(Kind::Bug, format!("cannot be shown: {error}"));
    if !origin {
        let human = toml::to_string_pretty(&config).map_err(bug)?;
        return Ok(Answer::fine(human, View::ConfigShow(Shown { config, origins: None })));
    }
    let mut lines = Vec::new();
    let mut origins = BTreeMap::new();
    for (path, value, source) in sources.of(&config) {
        let key = path.iter().map(|part| bare_or_quoted(part)).collect::<Vec<_>>().join(".");
        let value = toml::Value::try_from(value).map_err(bug)?;
        lines.push((format!("{key} = {value}"), source.place.clone()));
        let place = Some(source.place).filter(|_| source.from != From::Default);
        origins.insert(key, Origin { from: source.from, place });
    }
    // One very long list must not push all the origins out of sight.
    let width = lines.iter().map(|(line, _)| line.chars().count()).filter(|width| *width <= 80).max().unwrap_or(0);
    let line =
        |(line, place): &(String, String)| format!("{}\n", sanitize::line(&format!("{line:<width$}  # {place}")));
    let human: String = lines.iter().map(line).collect();
    Ok(Answer::fine(human, View::ConfigShow(Shown { config, origins: Some(origins) })))
}

/// A part of a dotted key, as TOML reads it.
fn bare_or_quoted(part: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !part.is_empty() && part.chars().all(bare) { part.to_owned() } else { toml::Value::from(part).to_string() }
}

fn schema(output: bool) -> Result<Answer> {
    let json_schema = if output { super::output_schema() } else { crate::config::schema() };
    let human = serde_json::to_string_pretty(&json_schema)
        .map_err(|error| Error::new(Kind::Bug, format!("the schema cannot be printed: {error}")))?;
    Ok(Answer::fine(format!("{human}\n"), View::ConfigSchema(Published { json_schema })))
}

pub(super) fn kinds() -> Answer {
    let mut human = String::new();
    let mut section = |title: &str,
                       kinds: &[(&'static str, &'static str, &'static str)],
                       planned: &'static [&'static str]|
     -> Group {
        human.push_str(&format!("{title}\n"));
        for (name, about, example) in kinds {
            human.push_str(&format!("  {name:<12} {about}\n"));
            for line in example.lines() {
                human.push_str(&format!("               {line}\n"));
            }
        }
        if !planned.is_empty() {
            human.push_str(&format!("  not built yet: {}\n", planned.join(", ")));
        }
        human.push('\n');
        let built = kinds.iter().map(|&(name, about, example)| Known { name, about, example });
        Group { built: built.collect(), planned }
    };
    let probes = section("Probes", &probe::KINDS.map(|kind| (kind.name, kind.about, kind.example)), &[]);
    let rungs = section("Rungs of a ladder", &remedy::KINDS.map(|kind| (kind.name, kind.about, "")), &[]);
    let own = remedy::CUSTOM.map(|kind| (kind.name, kind.about, kind.example));
    let remedies = section("Rungs of a service's own, in [service.NAME.remedies]", &own, &[]);
    let alerts = section("Alert channels", &alert::KINDS.map(|kind| (kind.name, kind.about, kind.example)), &[]);
    let locks = section("Locks", &crate::config::LOCKS.map(|kind| (kind.name, kind.about, kind.example)), &[]);
    Answer::fine(human, View::ConfigKinds(Kinds { probes, rungs, remedies, alerts, locks }))
}
