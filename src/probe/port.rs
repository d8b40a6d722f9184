//! Who listens on a port: the service, a stranger, nobody? Read from the kernel's tables: neither bound nor connected to, so
//! nobody is disturbed and nobody's port is taken (FAULTS, "ports probe x service bind").

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::de::ValueDeserializer;

use super::identify::Who;
use super::{Judged, Kind, Probe, Scene, Sight};
use crate::host::process::{Detail, Kin, Listener, Process, Processes};
use crate::model::{Class, Sign, Span};

/// See [`super::KINDS`].
pub const KIND: Kind = Kind {
    name: "port",
    about: "the service's own process listens on a TCP port; a stranger there, or nobody, is bad",
    example: r#"listens = { kind = "port", port = 8080, address = "127.0.0.1" }"#,
    parse,
    schema: Port::json_schema,
    class: Class::Hung,
    timeout: Span::secs(5),
};

/// The probe's table.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// The number.
    port: u16,
    /// Where it has to be reachable; anywhere unless said.
    #[serde(default, deserialize_with = "ip")]
    address: Option<IpAddr>,
    /// Who may listen there: the service, unless there is none.
    owner: Option<Owner>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Owner {
    /// The service's process, or what belongs to it.
    Service,
    /// Whoever it is.
    Any,
    /// It has to be free.
    Nobody,
}

/// Whose a socket is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Whose {
    /// The service's: held by this process.
    Ours(i32),
    /// Somebody else's: held by this process.
    Stranger(i32),
    /// Of somebody whom we may not look at.
    Unseen,
}

/// A name may mean several addresses, and tables know no names.
fn ip<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IpAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let wrong = |_| D::Error::custom(format!("`{text}` is not an IP address such as 127.0.0.1 or ::1"));
    text.parse().map(Some).map_err(wrong)
}

fn parse(value: ValueDeserializer<'_>) -> Result<Arc<dyn Probe>, toml::de::Error> {
    let port = Port::deserialize(value)?;
    if port.port == 0 {
        return Err(toml::de::Error::custom("`port` is 0, on which nobody can listen"));
    }
    Ok(Arc::new(port))
}

impl Probe for Port {
    fn sign(&self) -> Sign {
        Sign::Obstacle
    }

    fn look(&self, scene: &Scene, _timeout: Duration) -> Sight {
        let listeners = match scene.processes.listeners().and_then(|here| self.in_its_namespace(scene, here)) {
            Ok(listeners) => listeners,
            Err(why) => return Sight::new(Judged::Unknown, why),
        };
        let processes = scene.processes.as_ref();
        let whose = |listener: &Listener| whose(listener, &ours(scene.who.as_deref()), processes);
        let named = |pid: i32| match processes.detail(pid) {
            Detail::Seen(process) => format!("pid {pid}, `{}`", process.command()),
            _ => format!("pid {pid}"),
        };
        self.judge(&listeners, scene.who.as_deref(), &whose, &named)
    }

    /// A port that somebody else took is why a dead service will not come up.
    fn needs_process(&self) -> bool {
        false
    }

    fn needs_service(&self) -> Option<&'static str> {
        let message = "`owner` is \"service\", and the host is none; \"any\" or \"nobody\" can be asked of it";
        (self.owner == Some(Owner::Service)).then_some(message)
    }
}

impl Port {
    /// Those who listen where the service lives: with a network namespace of its own, nobody's silence in ours says anything
    /// about it.
    fn in_its_namespace(&self, scene: &Scene, here: Vec<Listener>) -> Result<Vec<Listener>, String> {
        let Some(process) = scene.process().filter(|_| self.owner != Some(Owner::Nobody)) else { return Ok(here) };
        let Some(there) = scene.processes.listeners_apart(process.identity.pid)? else { return Ok(here) };
        if !self.here(&there).0.is_empty() || self.here(&here).0.is_empty() {
            return Ok(there);
        }
        // A port that is published from a container, most likely: whether it leads to the service, no table says.
        match self.owner {
            Some(Owner::Any) => Ok(here),
            _ => Err(format!(
                "the service has a network namespace of its own and does not listen on port {} there; somebody does here",
                self.port
            )),
        }
    }

    /// Those that a connection to the address would reach; and whether it may be more, which the tables do not say.
    fn here(&self, listeners: &[Listener]) -> (Vec<Listener>, bool) {
        let on_port = listeners.iter().filter(|one| one.address.port() == self.port);
        let (mut here, mut doubt) = (Vec::new(), false);
        for listener in on_port {
            match self.address.map_or(Some(true), |address| reaches(listener, address)) {
                Some(true) => here.push(*listener),
                Some(false) => {}
                None => doubt = true,
            }
        }
        (here, doubt)
    }

    fn judge(
        &self,
        listeners: &[Listener],
        who: Option<&Who>,
        whose: &dyn Fn(&Listener) -> Whose,
        named: &dyn Fn(i32) -> String,
    ) -> Sight {
        let owner = self.owner.unwrap_or(if who.is_some() { Owner::Service } else { Owner::Any });
        let (here, doubt) = self.here(listeners);
        let place = self.address.map_or_else(
            || format!("port {}", self.port),
            |address| std::net::SocketAddr::new(address, self.port).to_string(),
        );
        let gone = matches!(who, Some(Who::Gone { .. }));
        if here.is_empty() && doubt {
            return Sight::new(
                Judged::Unknown,
                format!("it cannot be seen whether {place} is reached: [::] may be IPv6 only"),
            );
        }
        if here.is_empty() {
            return match owner {
                Owner::Nobody => Sight::new(Judged::Good, format!("{place} is free")),
                _ if gone => Sight::new(Judged::Skipped, "not asked: the process is not running"),
                _ => self.elsewhere(listeners, Sight::new(Judged::Bad(None), format!("nobody listens on {place}"))),
            };
        }
        let addresses = here.iter().map(|one| one.address.to_string()).collect::<Vec<_>>().join(", ");
        let taken = |pid: i32, how: &str| {
            let sight = Sight::new(Judged::Bad(None), format!("{place} is {how} {}", named(pid)));
            sight.of_class(Class::Resource).with("listens", &addresses)
        };
        match owner {
            Owner::Any if gone => Sight::new(Judged::Skipped, "not asked: the process is not running"),
            Owner::Any => Sight::new(Judged::Good, format!("somebody listens on {addresses}")),
            Owner::Nobody => match whose(&here[0]) {
                Whose::Ours(pid) | Whose::Stranger(pid) => taken(pid, "taken by"),
                Whose::Unseen => {
                    let sight = Sight::new(Judged::Bad(None), format!("somebody listens on {addresses}"));
                    sight.of_class(Class::Resource)
                }
            },
            Owner::Service => match who {
                Some(Who::Running { .. } | Who::Gone { .. }) => {
                    let all: Vec<(IpAddr, Whose)> = here.iter().map(|one| (one.address.ip(), whose(one))).collect();
                    own(&all, &place, &addresses, &taken)
                }
                Some(Who::Unknown { .. }) => Sight::new(
                    Judged::Unknown,
                    format!("somebody listens on {addresses}; which process is the service is not known"),
                ),
                Some(Who::Unwatched) | None => Sight::new(
                    Judged::Unknown,
                    format!(
                        "somebody listens on {addresses}; heal knows no process that it could be (`owner = \"any\"` asks nothing else)"
                    ),
                ),
            },
        }
    }

    /// Somebody may listen on the right port at the wrong address: the usual mistake.
    fn elsewhere(&self, listeners: &[Listener], sight: Sight) -> Sight {
        let others = listeners.iter().filter(|one| one.address.port() == self.port);
        let others: Vec<String> = others.map(|one| one.address.to_string()).collect();
        if others.is_empty() { sight } else { sight.with("elsewhere", others.join(", ")) }
    }
}

/// Among those who listen, is the service, and nobody else in its place?
fn own(all: &[(IpAddr, Whose)], place: &str, addresses: &str, taken: &dyn Fn(i32, &str) -> Sight) -> Sight {
    let ours = all.iter().find_map(|(_, whose)| match whose {
        Whose::Ours(pid) => Some(*pid),
        _ => None,
    });
    let at_ours =
        |address: &IpAddr| all.iter().any(|(other, whose)| other == address && matches!(whose, Whose::Ours(_)));
    let strangers = all.iter().filter_map(|(address, whose)| match whose {
        Whose::Stranger(pid) => Some((address, *pid)),
        _ => None,
    });
    let mut strangers = strangers;
    match ours {
        // Two sockets at one address (SO_REUSEPORT) share the connections: half of them do not reach the service.
        Some(_) => match strangers.find(|(address, _)| at_ours(address)) {
            Some((_, pid)) => taken(pid, "shared with"),
            None => Sight::new(Judged::Good, format!("the service listens on {addresses}")),
        },
        None if all.iter().any(|(_, whose)| *whose == Whose::Unseen) => {
            Sight::new(Judged::Unknown, format!("somebody listens on {place}, and this user may not see who"))
        }
        None => match strangers.next() {
            Some((_, pid)) => taken(pid, "taken by"),
            None => Sight::new(Judged::Unknown, format!("who listens on {place} cannot be said")),
        },
    }
}

/// Would a connection to `address` come to this socket? `None` when it stands on all of IPv6, and nobody says whether that
/// includes IPv4.
fn reaches(listener: &Listener, address: IpAddr) -> Option<bool> {
    // An IPv4 address in the clothes of IPv6, as a socket for both families has it.
    let (on, to) = (listener.address.ip().to_canonical(), address.to_canonical());
    match (on, to) {
        _ if on == to => Some(true),
        (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(_)) => Some(true),
        (IpAddr::V6(on), IpAddr::V6(_)) => Some(on.is_unspecified()),
        (IpAddr::V6(on), IpAddr::V4(_)) if on.is_unspecified() => listener.v6_only.map(|only| !only),
        _ => Some(false),
    }
}

/// The processes that are the service.
fn ours(who: Option<&Who>) -> Vec<&Process> {
    match who {
        Some(Who::Running { process, also, .. }) => std::iter::once(process.as_ref()).chain(also).collect(),
        _ => Vec::new(),
    }
}

/// The likely ones are asked first: all processes are asked only when it is not the service itself.
fn whose(listener: &Listener, service: &[&Process], processes: &dyn Processes) -> Whose {
    if let Some(one) = service.iter().find(|one| processes.holds(one.identity.pid, listener)) {
        return Whose::Ours(one.identity.pid);
    }
    let mut ours = Vec::new();
    if !service.is_empty() {
        // Without the table a child of the service would look like a stranger.
        let Ok(table) = processes.family() else { return Whose::Unseen };
        ours.extend(service.iter().flat_map(|one| family(&table, one.kin())));
        if ours.is_empty() {
            return Whose::Unseen;
        }
    }
    match processes.owner(listener, &ours) {
        Some(pid) if ours.contains(&pid) => Whose::Ours(pid),
        Some(pid) => Whose::Stranger(pid),
        None => Whose::Unseen,
    }
}

/// The service's process, what descends from it, and the session that it leads.
fn family(table: &[Kin], service: Kin) -> Vec<i32> {
    // The number may be another's by now.
    if !table.iter().any(|kin| kin.pid == service.pid && kin.start == service.start) {
        return Vec::new();
    }
    let leads = |kin: &Kin| kin.session == service.pid && kin.start >= service.start;
    let mut ours: Vec<Kin> = table.iter().filter(|kin| kin.pid == service.pid || leads(kin)).copied().collect();
    loop {
        // A child is never older than its parent: then the parent's number belongs to a later life.
        let begot = |kin: &Kin| ours.iter().any(|one| one.pid == kin.parent && one.start <= kin.start);
        let more: Vec<Kin> = table.iter().filter(|kin| !ours.contains(kin) && begot(kin)).copied().collect();
        if more.is_empty() {
            return ours.iter().map(|kin| kin.pid).collect();
        }
        ours.extend(more);
    }
}

#[cfg(test)]
#[path = "port_tests.rs"]
mod tests;
