//! Which elements break an invariant? Asked for the two forms in which invariants over lists are written: that something holds of
//! all elements, and that no two are alike. Of any other, and when the answer does not come, nothing is named.

use serde_json::Value;

use super::scan::step;
use crate::host::jq;
use crate::model::units::a_few;

/// The paths of the elements that break this invariant of that document, as jq writes them.
pub(super) fn offenders(filter: &str, text: &str) -> Option<String> {
    let ask = of_all(filter).or_else(|| of_unique(filter))?;
    let answer = jq::transform(&ask, &[], text, jq::LONGEST).ok()?;
    let paths: Vec<Vec<Value>> = serde_json::from_str(&answer).ok()?;
    let shown: Vec<String> = paths.iter().map(|path| path.iter().map(part).collect()).collect();
    (!shown.is_empty()).then(|| a_few(&shown, ", "))
}

fn part(part: &Value) -> String {
    part.as_str().map_or_else(|| format!("[{part}]"), step)
}

/// `all(ELEMENTS; CONDITION)`: those of which it does not hold, or cannot be asked.
fn of_all(filter: &str) -> Option<String> {
    let inner = filter.trim().strip_prefix("all(")?.strip_suffix(')')?;
    let [between] = top_level(inner, ';')[..] else { return None };
    let (elements, condition) = (&inner[..between], &inner[between + 1..]);
    Some(format!("[path({elements} | select((try ({condition}) catch false) | not))]"))
}

/// `[ELEMENTS | KEY] | length == (unique | length)`: those that share a key with another.
fn of_unique(filter: &str) -> Option<String> {
    let filter = filter.trim();
    let [.., last] = top_level(filter, '|')[..] else { return None };
    let behind: String = filter[last + 1..].chars().filter(|c| !c.is_whitespace()).collect();
    if behind != "length==(unique|length)" {
        return None;
    }
    let inner = filter[..last].trim().strip_prefix('[')?.strip_suffix(']')?;
    let [.., key] = top_level(inner, '|')[..] else { return None };
    let (elements, key) = (&inner[..key], &inner[key + 1..]);
    Some(format!(
        "[path({elements})] as $heal_p | [{elements} | {key}] as $heal_k | [range($heal_k | length)] \
         | group_by($heal_k[.]) | map(select(length > 1)) | (add // []) | map($heal_p[.])"
    ))
}

/// Where `wanted` stands outside of brackets and texts. None at all where brackets do not match: then the parts are not what they seem.
fn top_level(filter: &str, wanted: char) -> Vec<usize> {
    let (mut depth, mut text, mut escaped, mut found) = (0_i32, false, false, Vec::new());
    for (at, c) in filter.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if text => escaped = true,
            '"' => text = !text,
            _ if text => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            c if c == wanted && depth == 0 => found.push(at),
            _ => {}
        }
        if depth < 0 {
            return Vec::new();
        }
    }
    if depth == 0 && !text { found } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_forms_are_understood_and_no_others() {
        let understood = |filter: &str| of_all(filter).or_else(|| of_unique(filter));
        for filter in [
            "all(.a[]; .b > 0)",
            "all(.a[]; ([.b, .c] | all(type == \"number\" and . > 0)))",
            "[.a[] | [.b, .c]] | length == (unique | length)",
            "[.a[] | select(.d) | .b] | length==(unique|length)",
        ] {
            let ask = understood(filter).expect(filter);
            assert_eq!(jq::check(&ask, &[]), Ok(()), "{ask}");
        }
        for filter in [
            "all(.a[]; .b) and all(.c[]; .d)",
            "all(.a)",
            "all(.a[]; .b) | not",
            ".a | length == (unique | length)",
            "[.a[]] | length == (unique | length)",
            "([.a[] | .b]) | length == (unique | length)",
            "[.a[] | \"|] | length == (unique | length)",
            "[.a[] | .b] | length < 3",
        ] {
            assert_eq!(understood(filter), None, "{filter}");
        }
    }
}
