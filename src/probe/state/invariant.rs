//! Does what has to hold of a document hold? Each filter is evaluated by a bounded child. One that fails on the data is broken; one
//! that could not be evaluated is unknown (DESIGN §7.5).

use super::Others;
use crate::host::jq::{self, Held};
use crate::model::state::{Invariant, Problem, Trouble};

/// Adds the invariants that do not hold, and those of which that could not be said.
pub(super) fn check(invariants: &[Invariant], text: &str, others: Others<'_>, troubles: &mut Vec<Trouble>) {
    for one in invariants {
        let trouble = match held(one, text, others) {
            Held::Holds(true) => continue,
            Held::Holds(false) => Trouble::new(Problem::InvariantBroken, one.message.clone()),
            Held::Broken(why) => Trouble::new(Problem::InvariantBroken, format!("{} ({why})", one.message)),
            Held::Unknown(why) => {
                Trouble::new(Problem::InvariantUnknown, format!("it could not be evaluated: {why} ({})", one.message))
            }
        };
        troubles.push(Trouble { severity: one.severity, invariant: Some(one.id.clone()), ..trouble });
    }
}

fn held(one: &Invariant, text: &str, others: Others<'_>) -> Held {
    let mut variables = Vec::new();
    for name in variables_of(&one.jq) {
        match others(name) {
            Some(text) => variables.push((name, text)),
            // A variable of the filter's own is bound in it, and is no state; a state that cannot be read is.
            None if binds(&one.jq, name) => {}
            None => return Held::Unknown(format!("${name} cannot be read, or is broken itself")),
        }
    }
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (*name, text.as_str())).collect();
    jq::holds(&one.jq, &variables, text, jq::LONGEST)
}

/// Does the filter say `$name`?
pub(super) fn mentions(filter: &str, name: &str) -> bool {
    variables_of(filter).contains(&name)
}

/// Every `$name` of a filter, once.
fn variables_of(filter: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for behind in filter.split('$').skip(1) {
        let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(behind.len());
        if end > 0 && !found.contains(&&behind[..end]) {
            found.push(&behind[..end]);
        }
    }
    found
}

/// Does the filter itself bind that name: `as $name`, `reduce … as $name`, a parameter?
fn binds(filter: &str, name: &str) -> bool {
    filter.contains(&format!("as ${name}"))
        || filter.contains(&format!("${name};"))
        || filter.contains(&format!("(${name}"))
}
