//! Whose trouble is it? A service that needs another one which is down is not what has to be healed: one cause, one act,
//! one alert.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::report::{Level, Standing};
use crate::model::{Class, Outcome, Service};

/// A service, as far as those that depend on it care.
#[derive(Debug)]
pub struct Node<'a> {
    /// The service.
    pub service: &'a Service,
    /// Where it stands by itself.
    pub standing: &'a Standing,
    /// Something critical was found, be it below its threshold.
    pub failing: bool,
}

impl Node<'_> {
    /// Unknown is not down: a service that cannot be looked at holds nobody back. Nor does one that runs and serves while
    /// something else is wrong with it: a full disk, a certificate, a word in its log.
    fn is_down(&self) -> bool {
        match self.standing.level {
            // Dead is down, whatever the worst about it is: a stranger has its port, its configuration is broken.
            Level::Unhealthy => self.standing.class.is_some_and(downs) || self.failing,
            Level::Blocked => true,
            Level::Starting | Level::Degraded | Level::LeftAlone => self.failing,
            Level::Healthy | Level::Unknown | Level::Disabled => false,
        }
    }
}

/// Does trouble of this class mean that a service does not serve?
pub(super) const fn downs(class: Class) -> bool {
    matches!(class, Class::Dead | Class::Hung)
}

/// What the others' trouble means for a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tie {
    /// It is unwell, and this one that it needs is down, or is the cause why what it needs is down.
    Behind(String),
    /// It is well, and works without this one that it wants and that is down.
    Without(String),
    /// It is well, and so far works while this one that it needs is down.
    Despite(String),
}

/// The tie of each node, in their order.
#[must_use]
pub fn ties(nodes: &[Node<'_>]) -> Vec<Option<Tie>> {
    let down: BTreeMap<&str, &Service> =
        nodes.iter().filter(|node| node.is_down()).map(|node| (node.service.name.as_str(), node.service)).collect();
    if down.is_empty() {
        return vec![None; nodes.len()];
    }
    let first = |names: &[String]| names.iter().find(|name| down.contains_key(name.as_str())).cloned();
    let tie = |node: &Node<'_>| {
        let needed = first(&node.service.needs);
        if node.is_down() {
            needed.filter(|_| guard!("one cause, one act", true)).map(|name| Tie::Behind(root(&down, name)))
        } else if node.standing.level == Level::Healthy {
            needed.map(Tie::Despite).or_else(|| first(&node.service.wants).map(Tie::Without))
        } else {
            None
        }
    };
    nodes.iter().map(tie).collect()
}

/// Down to the one that needs nobody who is down. The configuration has no circles; a bound costs nothing.
fn root(down: &BTreeMap<&str, &Service>, mut name: String) -> String {
    for _ in 0..down.len() {
        let needs = down.get(name.as_str()).map_or(&[][..], |service| service.needs.as_slice());
        let Some(below) = needs.iter().find(|need| down.contains_key(need.as_str())) else { break };
        name.clone_from(below);
    }
    name
}

/// The standing of a service in the light of its tie.
#[must_use]
pub fn tied(standing: Standing, tie: &Tie) -> Standing {
    match tie {
        Tie::Behind(root) => Standing {
            level: Level::Blocked,
            class: Some(Class::Dependency),
            summary: format!("{} (behind `{root}`, which is down)", standing.summary),
        },
        Tie::Without(name) | Tie::Despite(name) => Standing {
            level: Level::Degraded,
            class: Some(Class::Dependency),
            summary: match tie {
                Tie::Despite(_) => format!("works so far, while `{name}`, which it needs, is down"),
                _ => format!("works without `{name}`, which is down"),
            },
        },
    }
}

/// Where a service stands that ailed only because of another one, `root`, which was acted upon a moment ago: what was seen
/// before says nothing now, `standing` is that of a second look. Who is dead has no reason left to be, if the other one is
/// `healed`; with whatever else is wrong with it, it gets until the next tick. `still` is something that it needs itself and that
/// is down all the same: somebody between the two. Says behind whom it is still.
#[must_use]
pub fn behind_no_more(standing: Standing, root: &str, healed: bool, still: Option<&str>) -> (Standing, Option<String>) {
    let dead = standing.level == Level::Unhealthy && standing.class == Some(Class::Dead);
    if standing.level == Level::Healthy {
        return (standing, None);
    }
    if let Some(still) = still.filter(|_| guard!("who is freed of the root may have another one before it", true)) {
        return (tied(standing, &Tie::Behind(still.to_owned())), Some(still.to_owned()));
    }
    if dead && healed {
        return (standing, None);
    }
    let summary = format!("{} (behind `{root}`, which was started a moment ago)", standing.summary);
    (Standing { level: Level::Starting, class: Some(Class::Dependency), summary }, Some(root.to_owned()))
}

/// Is a service that was treated still down? Then whoever needs it waits, whatever became of others.
#[must_use]
pub fn stays_down(service: &Service, standing: &Standing, failing: bool, act: Option<Outcome>) -> bool {
    let helped = matches!(act, Some(Outcome::Healed | Outcome::Probation));
    !helped && Node { service, standing, failing }.is_down()
}

/// The order in which services are treated: what is needed or wanted before whoever needs or wants it, else that of the
/// file. Where somebody wants what needs himself, the need decides.
#[must_use]
pub fn order(services: &[&Service]) -> Vec<usize> {
    let places: BTreeMap<&str, usize> =
        services.iter().enumerate().map(|(place, service)| (service.name.as_str(), place)).collect();
    let mut walk = Walk { services, places, seen: vec![false; services.len()], order: Vec::new() };
    (0..services.len()).for_each(|place| walk.visit(place));
    walk.order
}

struct Walk<'a> {
    services: &'a [&'a Service],
    places: BTreeMap<&'a str, usize>,
    seen: Vec<bool>,
    order: Vec<usize>,
}

impl Walk<'_> {
    fn visit(&mut self, place: usize) {
        if std::mem::replace(&mut self.seen[place], true) {
            return;
        }
        let service = self.services[place];
        let wanted = service.wants.iter().filter(|name| !self.requires(name, &service.name));
        let before: Vec<usize> =
            service.needs.iter().chain(wanted).filter_map(|name| self.places.get(name.as_str()).copied()).collect();
        before.into_iter().for_each(|place| self.visit(place));
        self.order.push(place);
    }

    /// Does this one need that one, directly or through others?
    fn requires(&self, name: &str, that: &str) -> bool {
        let mut open = vec![name];
        let mut asked = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some(place) = self.places.get(name).filter(|place| asked.insert(**place)) else { continue };
            let needs = &self.services[*place].needs;
            if needs.iter().any(|need| need == that) {
                return true;
            }
            open.extend(needs.iter().map(String::as_str));
        }
        false
    }
}

#[cfg(test)]
#[path = "depend_tests.rs"]
mod tests;
