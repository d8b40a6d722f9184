//! How is code brought forward? `[update]`, checked.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use toml::Spanned;

use super::faults::{Faults, suggestion};
use super::typed::{self, Table};
use crate::model::{Span, redact};

/// The most that `build` may have: the run that waits for it has five minutes in all, and has to go back if it fails.
const BUILD_MOST: Span = Span::secs(180);

/// `defer_if` answers a question; it has this long.
pub const DEFER_TIMEOUT: Span = Span::secs(20);

/// `[update]`: how code is brought forward.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// `false`: it never is.
    #[serde(default = "super::file::yes")]
    enabled: bool,
    /// What brings everything that is built up to the code: program and arguments, run in the directory of heal.toml. If it
    /// fails, the old code comes back.
    build: Option<Vec<String>>,
    /// It has this long; 3m at most.
    build_timeout: Option<Span>,
    /// The services have to be well for so long before an update is done; if one is not, it is taken back.
    probation: Option<Span>,
    /// Program and arguments of a question: exit code 0, now is no time for it; 1, it may go ahead.
    defer_if: Option<Vec<String>>,
    /// After waiting for this long it goes ahead all the same.
    defer_for: Option<Span>,
    /// The services that run the code; else all that heal can start.
    services: Option<Vec<String>>,
}

/// `[update]`, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updating {
    /// `false`: never.
    pub enabled: bool,
    /// The build command; empty: nothing is built.
    pub build: Vec<String>,
    /// It has this long.
    pub build_timeout: Span,
    /// The services have to be well for so long.
    pub probation: Span,
    /// The question whether now is a time for it; empty: always.
    pub defer_if: Vec<String>,
    /// It waits for this long at most.
    pub defer_for: Span,
    /// The services that run the code; `None`: all that heal can start.
    pub services: Option<Vec<String>>,
}

impl Default for Updating {
    fn default() -> Self {
        Self {
            enabled: true,
            build: Vec::new(),
            build_timeout: Span::secs(120),
            probation: Span::secs(600),
            defer_if: Vec::new(),
            defer_for: Span::secs(24 * 3600),
            services: None,
        }
    }
}

impl Updating {
    /// For an editor.
    pub(super) fn defaults(&self) -> [(&'static str, Value); 3] {
        [
            ("build_timeout", json!(self.build_timeout)),
            ("probation", json!(self.probation)),
            ("defer_for", json!(self.defer_for)),
        ]
    }

    pub(super) fn show(&self) -> Value {
        let mut shown = json!({
            "enabled": self.enabled,
            "build_timeout": self.build_timeout,
            "probation": self.probation,
            "defer_for": self.defer_for,
        });
        // An empty command is refused when it is read again.
        for (key, argv) in [("build", &self.build), ("defer_if", &self.defer_if)] {
            if !argv.is_empty() {
                shown[key] = json!(redact::args(argv));
            }
        }
        if let Some(services) = &self.services {
            shown["services"] = json!(services);
        }
        shown
    }
}

pub(super) fn update(table: &Table, services: &BTreeSet<String>, faults: &mut Faults) -> Option<Updating> {
    let said = typed::read::<File>(table, faults)?;
    let usual = Updating::default();
    let place = |key: &str| table.get_ref().get(key).map(Spanned::span).unwrap_or_default();
    for (key, argv) in [("build", &said.build), ("defer_if", &said.defer_if)] {
        if argv.as_ref().is_some_and(|argv| argv.first().is_none_or(String::is_empty)) {
            let hint = "write it as [\"program\", \"argument\"]".to_owned();
            faults.add(place(key), format!("`{key}` is empty"), Some(hint));
        }
    }
    for (key, span) in
        [("build_timeout", said.build_timeout), ("probation", said.probation), ("defer_for", said.defer_for)]
    {
        if span.is_some_and(|span| span.get().is_zero()) {
            faults.add(place(key), format!("`{key}` is zero"), Some("write it as \"2m\"".to_owned()));
        }
    }
    if let Some(long) = said.build_timeout.filter(|span| *span > BUILD_MOST) {
        let hint = format!("at most {BUILD_MOST}: the run that waits for it ends after five minutes, whatever it does");
        faults.add(place("build_timeout"), format!("`build_timeout` is {long}"), Some(hint));
    }
    for name in said.services.iter().flatten().filter(|name| !services.contains(*name)) {
        let known = services.iter().map(String::as_str);
        faults.add(place("services"), format!("there is no service `{name}`"), suggestion(name, known));
    }
    Some(Updating {
        enabled: said.enabled,
        build: said.build.unwrap_or_default(),
        build_timeout: said.build_timeout.unwrap_or(usual.build_timeout),
        probation: said.probation.unwrap_or(usual.probation),
        defer_if: said.defer_if.unwrap_or_default(),
        defer_for: said.defer_for.unwrap_or(usual.defer_for),
        services: said.services,
    })
}
