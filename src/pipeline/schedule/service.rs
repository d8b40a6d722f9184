//! How would a supervisor start a service that heal starts today? Its program with its whole path, its environment, its log.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::config::Config;
use crate::error::{Error, Kind, Result};
use crate::host::env;
use crate::model::{Span, redact};

/// A service, as a supervisor has to start it.
pub(super) struct Started {
    pub(super) argv: Vec<String>,
    pub(super) cwd: PathBuf,
    pub(super) env: BTreeMap<String, String>,
    pub(super) log: PathBuf,
    pub(super) stop_grace: Span,
    pub(super) hold_on_exit: Vec<i32>,
}

/// The service of this name.
///
/// # Errors
/// There is none, it has no `start`, its program cannot be found, or its environment holds a secret.
pub(super) fn of(config: &Config, name: &str) -> Result<Started> {
    let known = config.services.iter().find(|watched| watched.name() == name);
    let service = &known
        .ok_or_else(|| {
            Error::new(Kind::Usage, format!("there is no service `{name}` in {}", config.path.display()))
                .hint("`heal check` lists them")
        })?
        .service;
    if let Some(unit) = &service.unit {
        return Err(Error::new(Kind::Usage, format!("{name} has a supervisor already: {unit}")));
    }
    let launch = service.launch.as_ref().ok_or_else(|| {
        Error::new(Kind::Usage, format!("{name} has no `start`: heal does not know how it is started"))
    })?;
    if let Some((key, _)) = launch.env.iter().find(|(key, _)| redact::is_secret_name(key)) {
        let message = format!("`{key}` of {name} looks like a secret, and everybody can read a unit");
        return Err(Error::new(Kind::Refused, message).hint("let the service read it from a file of its own"));
    }
    let path = launch.env.get("PATH").map_or(env::PATH, String::as_str);
    let program = launch.argv.first().map_or("", String::as_str);
    let program = env::program(program, &launch.cwd, path)
        .map_err(|why| Error::new(Kind::Config, format!("[service.{name}] start: {why}")))?;
    let mut argv = launch.argv.clone();
    if let Some(first) = argv.first_mut() {
        *first = super::plain(&program)?;
    }
    let texts = argv.iter().chain(launch.env.values());
    if texts.clone().any(|text| text.chars().any(char::is_control)) {
        return Err(Error::new(Kind::Refused, format!("`start` or `env` of {name} holds control characters"))
            .hint("put what needs them into a script, and let that be the `start`"));
    }
    for path in [&launch.cwd, &launch.log] {
        super::plain(path)?;
    }
    let mut env: BTreeMap<String, String> =
        [("PATH".to_owned(), env::PATH.to_owned()), ("LANG".to_owned(), "C.UTF-8".to_owned())].into();
    env.extend(launch.env.clone());
    Ok(Started {
        argv,
        cwd: launch.cwd.clone(),
        env,
        log: launch.log.clone(),
        stop_grace: launch.stop_grace,
        hold_on_exit: service.rules.hold_on_exit.clone(),
    })
}
