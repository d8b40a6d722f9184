//! Why were the last acts taken, and what came of them? The fold keeps their times; the words stand in the journal, whose
//! newest files are read for them. Only for a person who asks: a tick never reads this way.

use std::collections::BTreeMap;
use std::fs::File;

use super::DataDir;
use super::days::days;
use super::lines::of;
use super::snapshot::name;
use crate::model::status::PastAct;
use crate::model::{Entry, Event, Stamp};

/// More than this is not read to answer a question.
const MOST: u64 = 64 * 1024 * 1024;

/// What the newest part of the journal says.
#[derive(Debug, Default)]
pub struct Recent {
    /// Acts by service, newest first.
    pub acts: BTreeMap<String, Vec<PastAct>>,
    /// What would have been done, by service and rung.
    pub would: BTreeMap<(String, String), u32>,
}

/// Reads backwards, day by day, until there are as many acts of each service as `wanted`, and what would have been done
/// since `would_since`. What cannot be read is left out: whoever depends on it reads the fold.
#[must_use]
pub fn recent(dir: &DataDir, mut wanted: BTreeMap<String, usize>, would_since: Option<Stamp>) -> Recent {
    let mut found = Recent::default();
    let mut left = MOST;
    let first = would_since.map(|since| since.format("%Y-%m-%d.jsonl").to_string());
    // An act may end on the day after the one on which it began.
    let mut done = BTreeMap::new();
    // Most of a journal are looks.
    let matters = |kind: &str, _: &str| matches!(kind, "intent" | "done" | "would-act");
    for path in days(dir).unwrap_or_default().iter().rev() {
        let searched = wanted.values().any(|count| *count > 0);
        if left == 0 || !searched && first.as_ref().is_none_or(|first| name(path) < *first) {
            break;
        }
        let Ok(file) = File::open(path) else { continue };
        left = left.saturating_sub(file.metadata().map_or(0, |meta| meta.len()));
        let mut begun = Vec::new();
        for Entry { moment, event, .. } in of(file, &matters).map_while(std::io::Result::ok) {
            match event {
                // What counts against nothing is not counted here either.
                Event::Intent { uncounted: true, .. } => {}
                Event::Intent { id, service, rung, why, .. } => begun.push((id, service, moment.at, rung, why)),
                Event::Done { intent, outcome, detail, .. } => {
                    done.insert(intent, (outcome, detail));
                }
                Event::WouldAct { service, rung } if would_since.is_some_and(|since| moment.at >= since) => {
                    *found.would.entry((service, rung)).or_insert(0) += 1;
                }
                _ => {}
            }
        }
        for (id, service, at, rung, why) in begun.into_iter().rev() {
            if let Some(count) = wanted.get_mut(&service).filter(|count| **count > 0) {
                *count -= 1;
                let (outcome, detail) = done.remove(&id).unzip();
                let act = PastAct { at, rung, why, outcome, detail: detail.unwrap_or_default() };
                found.acts.entry(service).or_default().push(act);
            }
        }
    }
    found
}
