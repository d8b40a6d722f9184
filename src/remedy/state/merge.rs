//! What does the template have that the file lacks? It is written into the text of the file, which is not written anew: every byte
//! that was there is there again, in its order, and so is every number, however it was put.

use serde_json::Value;

use super::scan::{self, Reached};

/// What was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// The new content.
    pub text: String,
    /// The paths of the keys that were added, such as `.risk.limit`.
    pub added: Vec<String>,
}

/// Adds to a JSON document what the template has and it lacks. `None`: it lacks nothing, or is no object.
#[must_use]
pub fn merge(text: &str, template: &Value) -> Option<Merged> {
    let bytes = text.as_bytes();
    let begin = scan::space(bytes, 0);
    let Reached::Whole(end) = scan::document(bytes, begin) else { return None };
    if scan::space(bytes, end) != bytes.len() {
        return None;
    }
    let mut merger = Merger { text, inserts: Vec::new(), added: Vec::new() };
    merger.object(begin, template, "", 0)?;
    if merger.inserts.is_empty() {
        return None;
    }
    merger.inserts.sort_by_key(|(at, _)| *at);
    let (mut merged, mut done) = (String::with_capacity(text.len() + 256), 0);
    for (at, insert) in &merger.inserts {
        merged.push_str(text.get(done..*at)?);
        merged.push_str(insert);
        done = *at;
    }
    merged.push_str(text.get(done..)?);
    Some(Merged { text: merged, added: merger.added })
}

struct Merger<'a> {
    text: &'a str,
    /// What goes in, and where.
    inserts: Vec<(usize, String)>,
    added: Vec<String>,
}

/// A key of an object, and where its value stands.
struct Member {
    key: String,
    from: usize,
    end: usize,
    /// Where the key itself begins.
    begin: usize,
}

impl Merger<'_> {
    /// `at` is the bracket of the object. `None`: there is none.
    fn object(&mut self, at: usize, template: &Value, path: &str, depth: usize) -> Option<()> {
        let wanted = template.as_object()?;
        if self.text.as_bytes().get(at) != Some(&b'{') || depth > crate::model::state::MAX_DEPTH {
            return None;
        }
        let members = self.members(at)?;
        let mut lacking = Vec::new();
        for (key, value) in wanted {
            let below = format!("{path}.{key}");
            match members.iter().rev().find(|member| member.key == *key) {
                // A value of another type is left as it is: whoever judges the file says so.
                Some(member) => drop(self.object(member.from, value, &below, depth + 1)),
                None => {
                    lacking.push(
                        format!("{}{}", quoted(key)?, self.colon(&members)) + &serde_json::to_string(value).ok()?,
                    );
                    self.added.push(below);
                }
            }
        }
        if lacking.is_empty() {
            return Some(());
        }
        let Some(last) = members.last() else {
            // There is no style to follow, and what may stand between the brackets stays.
            self.inserts.push((at + 1, lacking.join(", ")));
            return Some(());
        };
        let first = members.first().map_or(at + 1, |member| member.begin);
        let before = self.text.get(at + 1..first)?;
        // As its other keys stand: each in a line of its own, or one behind the other.
        let between = if before.contains('\n') { before } else { self.gap(&members) };
        let lacking: String = lacking.iter().map(|member| format!(",{between}{member}")).collect();
        self.inserts.push((last.end, lacking));
        Some(())
    }

    fn members(&self, at: usize) -> Option<Vec<Member>> {
        let bytes = self.text.as_bytes();
        let mut members = Vec::new();
        let mut at = scan::space(bytes, at + 1);
        while bytes.get(at)? != &b'}' {
            let behind = scan::string(bytes, at).ok()?;
            let key = serde_json::from_str(self.text.get(at..behind)?).ok()?;
            let from = scan::space(bytes, scan::space(bytes, behind) + 1);
            let end = behind_value(bytes, from)?;
            members.push(Member { key, from, end, begin: at });
            at = scan::space(bytes, end);
            if bytes.get(at)? == &b',' {
                at = scan::space(bytes, at + 1);
            }
        }
        Some(members)
    }

    /// What stands between a key and its value.
    fn colon(&self, members: &[Member]) -> &'static str {
        let spaced = members.first().is_none_or(|member| self.text.as_bytes().get(member.from - 1) == Some(&b' '));
        if spaced { ": " } else { ":" }
    }

    /// What stands behind the comma of members in one line.
    fn gap(&self, members: &[Member]) -> &'static str {
        match members {
            [first, second, ..] => {
                let between = self.text.get(first.end..second.begin).unwrap_or_default();
                if between.ends_with(' ') { " " } else { "" }
            }
            _ => {
                if self.colon(members) == ": " {
                    " "
                } else {
                    ""
                }
            }
        }
    }
}

fn quoted(key: &str) -> Option<String> {
    serde_json::to_string(key).ok()
}

/// Behind a value of a document that is known to be whole.
fn behind_value(bytes: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'"' => at = scan::string(bytes, at).ok()?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
                continue;
            }
            b'}' | b']' => {
                if depth == 0 {
                    return Some(at);
                }
                depth -= 1;
                at += 1;
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            _ => {
                let token = bytes[at..]
                    .iter()
                    .position(|byte| matches!(byte, b',' | b':' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r'));
                at = token.map_or(bytes.len(), |length| at + length);
            }
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

#[cfg(test)]
#[path = "merge_tests.rs"]
mod tests;
