//! Does what has to hold of a document hold? Each filter is evaluated by a bounded child. One that fails on the data is broken; one
//! that could not be evaluated is unknown (DESIGN §7.5).

use super::Others;
use super::offenders::offenders;
use crate::host::jq::{self, Held};
use crate::model::state::{Invariant, Problem, Trouble};

/// Adds the invariants that do not hold, and those of which that could not be said.
pub(super) fn check(invariants: &[Invariant], text: &str, others: Others<'_>, troubles: &mut Vec<Trouble>) {
    if invariants.len() > 1 && all_hold(invariants, text, others) {
        return;
    }
    for one in invariants {
        let trouble = match held(one, text, others) {
            Held::Holds(true) => continue,
            Held::Holds(false) => Trouble::new(Problem::InvariantBroken, one.message.clone()),
            Held::Broken(why) => Trouble::new(Problem::InvariantBroken, format!("{} ({why})", one.message)),
            Held::Unknown(why) => {
                Trouble::new(Problem::InvariantUnknown, format!("it could not be evaluated: {why} ({})", one.message))
            }
        };
        let broken = trouble.problem == Problem::InvariantBroken;
        let at = if broken { offenders(&one.jq, text) } else { None };
        troubles.push(Trouble { severity: one.severity, invariant: Some(one.id.clone()), at, ..trouble });
    }
}

/// Do all of them hold? Asked of one child, which reads the document once: most of the time that is all that there is to know. What
/// does not, or cannot be told of all at once, is asked of each.
fn all_hold(invariants: &[Invariant], text: &str, others: Others<'_>) -> bool {
    // Each has to give `true` and nothing else. The end of the line ends a comment in it.
    let each = invariants.iter().map(|one| format!("([{}\n] == [true])", one.jq));
    let filter = each.collect::<Vec<_>>().join(" and ");
    let known = variables_of(&filter).into_iter().filter_map(|name| Some((name, others(name)?)));
    let known: Vec<(&str, String)> = known.collect();
    let variables: Vec<(&str, &str)> = known.iter().map(|(name, text)| (*name, text.as_str())).collect();
    matches!(jq::holds(&filter, &variables, text, jq::LONGEST), Held::Holds(true))
}

fn held(one: &Invariant, text: &str, others: Others<'_>) -> Held {
    let (mut variables, mut missing) = (Vec::new(), Vec::new());
    for name in variables_of(&one.jq) {
        match others(name) {
            Some(text) => variables.push((name, text)),
            None => missing.push(format!("${name}")),
        }
    }
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let names: Vec<&str> = variables.iter().map(|(name, _)| *name).collect();
    // A name that the filter binds itself is no state.
    if !missing.is_empty() && jq::check(&one.jq, &names).is_err() {
        return Held::Unknown(format!("{} cannot be read, or is broken itself", missing.join(" and ")));
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_a_filter_says() {
        let filter = "($positions.open | type) == $a_1 and (.x as $x | $x) and $positions.y and \"5$\"";
        assert_eq!(variables_of(filter), ["positions", "a_1", "x"]);
        assert!(mentions(filter, "positions") && !mentions(filter, "position"));
    }
}
