//! Do the services that need each other make sense together? Unknown names, itself, and circles.

use std::collections::HashMap;

use super::Watched;
use super::faults::{Faults, Place, suggestion};

/// Checks `needs` and `wants` of all services; `place` says where a key of a service stands.
pub(super) fn check(services: &[Watched], place: &dyn Fn(&str, &str) -> Place, faults: &mut Faults) {
    let by_name: ByName<'_> = services.iter().map(|one| (one.service.name.as_str(), one)).collect();
    for watched in services {
        let service = &watched.service;
        for (key, names) in [("needs", &service.needs), ("wants", &service.wants)] {
            for name in names {
                if *name == service.name {
                    faults.add(place(&service.name, key), format!("`{key}` names the service itself"), None);
                } else if !by_name.contains_key(name.as_str()) {
                    let known = services.iter().map(|other| other.service.name.as_str());
                    let hint = suggestion(name, known.filter(|other| *other != service.name));
                    faults.add(place(&service.name, key), format!("`{key}`: there is no service `{name}`"), hint);
                }
            }
        }
        if let Some(circle) = circle(&by_name, &service.name) {
            // Said once, at the first service of the file that is in it.
            let names = services.iter().map(|other| other.service.name.as_str());
            if names.clone().find(|name| circle.contains(name)) == Some(service.name.as_str()) {
                let message = format!("{} need each other in a circle", circle.join(", "));
                let hint = "none of them could ever be started; make one of the needs a `wants`".to_owned();
                faults.add(place(&service.name, "needs"), message, Some(hint));
            }
        }
    }
}

/// All services: with a thousand of them, to search for each one's needs would be most of the work.
type ByName<'s> = HashMap<&'s str, &'s Watched>;

/// The services between this one and itself, if it needs itself through others.
fn circle<'s>(by_name: &ByName<'s>, start: &'s str) -> Option<Vec<&'s str>> {
    let needs = |name: &str| by_name.get(name).map_or(&[][..], |other| other.service.needs.as_slice());
    if needs(start).is_empty() {
        return None;
    }
    let mut path = vec![start];
    let mut open: Vec<std::slice::Iter<'s, String>> = vec![needs(start).iter()];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(next) = open.last_mut() {
        match next.next() {
            Some(name) if name == start && path.len() > 1 => return Some(path),
            Some(name) if seen.insert(name.as_str()) => {
                path.push(name);
                open.push(needs(name).iter());
            }
            Some(_) => {}
            None => {
                open.pop();
                path.pop();
            }
        }
    }
    None
}
