//! Is there such a thing in `heal.toml`? What a command line names has to be declared, or nobody would ever look at it.

use super::{Config, faults};
use crate::error::{Error, Kind, Result};
use crate::model::service::HOST;
use crate::probe::Declared;

impl Config {
    /// What can be looked at: the services, and `host` when it has probes.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let host = (!self.host_probes.is_empty()).then_some(HOST);
        self.services.iter().map(|watched| watched.name()).chain(host).collect()
    }

    /// Refuses names that are not declared.
    ///
    /// # Errors
    /// The first of them, with those that are.
    pub fn require(&self, asked: &[String]) -> Result<()> {
        let names = self.names();
        let Some(name) = asked.iter().find(|name| !names.contains(&name.as_str())) else { return Ok(()) };
        let path = self.path.display();
        let message = match name.as_str() {
            HOST => format!("there are no [host.probes] in {path}"),
            _ => format!("there is no service `{name}` in {path}"),
        };
        let hint = match names.as_slice() {
            [] => "it declares nothing to look at".to_owned(),
            names => format!("it declares: {}", names.join(", ")),
        };
        Err(Error::new(Kind::Usage, message).hint(hint))
    }

    /// Refuses names that are not those of services.
    ///
    /// # Errors
    /// The first of them, with those that are.
    pub fn require_services(&self, asked: &[String]) -> Result<()> {
        let names: Vec<&str> = self.services.iter().map(|watched| watched.name()).collect();
        let Some(name) = asked.iter().find(|name| !names.contains(&name.as_str())) else { return Ok(()) };
        let message = format!("there is no service `{name}` in {}", self.path.display());
        let hint = faults::suggestion(name, names).unwrap_or_else(|| "it declares none".to_owned());
        Err(Error::new(Kind::Usage, message).hint(hint))
    }

    /// The service and the loop that `heal beat NAME` means: `bot`, or `bot/orders`. A probe has to wait for it.
    ///
    /// # Errors
    /// None does; says which are waited for.
    pub fn heartbeat<'n>(&self, name: &'n str) -> Result<(&'n str, &'n str)> {
        let (service, part) = name.split_once('/').unwrap_or((name, ""));
        self.require(&[service.to_owned()])?;
        let own = self.services.iter().find(|watched| watched.name() == service).map(|watched| &watched.probes);
        let parts: Vec<&str> = own.unwrap_or(&self.host_probes).iter().filter_map(waits_for).collect();
        if parts.contains(&part) && !name.ends_with('/') {
            return Ok((service, part));
        }
        let message = format!("no probe of {service} waits for the heartbeat `{name}`");
        let full: Vec<String> = parts
            .iter()
            .map(|part| if part.is_empty() { service.to_owned() } else { format!("{service}/{part}") })
            .collect();
        let hint = match faults::suggestion(name, full.iter().map(String::as_str)) {
            Some(hint) => hint,
            None => {
                let table = if service == HOST { HOST.to_owned() } else { format!("service.{service}") };
                let part = if part.is_empty() { String::new() } else { format!(", loop = \"{part}\"") };
                format!("add to [{table}.probes]: work = {{ kind = \"beat\", within = \"5m\"{part} }}")
            }
        };
        Err(Error::new(Kind::Usage, message).hint(hint))
    }
}

fn waits_for(probe: &Declared) -> Option<&str> {
    probe.probe.heartbeat()
}
