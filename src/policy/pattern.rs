//! Is it the code? So many crashes on one release that began to run a short while ago are a pattern; so many on whatever
//! release are a storm. Pure: the lines of the history, the rules and now give the answer.

use crate::model::crash::{Crash, CrashRules, Turn};
use crate::model::event::Moment;
pub use crate::model::pattern::{Crashes, Good, Judged, Pattern};
use crate::model::{Identity, ServiceHistory, Span};

/// Did this life end for a reason that is not its own? Why, if it is known: heal itself stopped it, the machine went down under
/// it, or it was `paused`. What is stopped on purpose is no crash (DESIGN §6), and a release is not to blame for a reboot.
#[must_use]
pub fn wanted(past: &ServiceHistory, life: &Identity, paused: Option<String>, now: &Moment) -> Option<String> {
    if guard!("what heal stops is no crash", past.stopped.contains(life)) {
        return Some("stopped by heal".to_owned());
    }
    if guard!("a reboot is no crash", life.boot != now.boot) {
        return Some("the machine was started again".to_owned());
    }
    paused.filter(|_| guard!("what ends in a pause is no crash", true))
}

/// The lines that a judgement is made from.
#[derive(Clone, Copy, Debug)]
pub struct Past<'a> {
    /// Oldest first, of one service only.
    pub entries: &'a [Crash],
    /// Nothing older is on record.
    pub whole: bool,
}

/// Judges the crashes of one service. The release in question is the one that ran last: crashes of an earlier one are over.
#[must_use]
pub fn judge(past: Past<'_>, rules: &CrashRules, now: &Moment) -> Judged {
    if !rules.enabled {
        return Judged::Quiet { count: 0, why: None };
    }
    let all = within(past.entries, rules.pattern.per, now);
    let stormy = within(past.entries, rules.storm.per, now);
    let storm = reaches(stormy.len(), rules.storm.count);
    let judged = on_release(past, &all, rules, now);
    match (judged, storm) {
        (Judged::Pattern(pattern), storm) => Judged::Pattern(Pattern { storm, ..pattern }),
        (other, true) => counted(&stormy).map_or(other, Judged::Storm),
        (other, false) => other,
    }
}

/// Enough crashes on the release that ran last, and is it young?
fn on_release(past: Past<'_>, all: &[&Crash], rules: &CrashRules, now: &Moment) -> Judged {
    let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
    if !reaches(all.len(), rules.pattern.count) {
        return Judged::Quiet { count, why: None };
    }
    let unknown = all.iter().filter(|crash| crash.release.is_none()).count();
    let Some(release) = past.entries.last().and_then(|last| last.release.as_ref()) else {
        return Judged::Unknown(format!(
            "{count} crashes within {}, and which release runs is not on record",
            rules.pattern.per
        ));
    };
    let own: Vec<&Crash> = all.iter().copied().filter(|crash| crash.release.as_ref() == Some(release)).collect();
    if !reaches(own.len(), rules.pattern.count) {
        if reaches(own.len() + unknown, rules.pattern.count) {
            let why =
                format!("{count} crashes within {}, of {unknown} of them the release is unknown", rules.pattern.per);
            return Judged::Unknown(why);
        }
        return Judged::Quiet { count, why: Some("they are spread over several releases".to_owned()) };
    }
    let short: String = release.chars().take(12).collect();
    match (age_of(past, release, rules, now), counted(&own)) {
        (Some(age), Some(crashes)) if !guard!("an old release is not to blame", age >= rules.release_age.millis()) => {
            Judged::Pattern(Pattern { release: release.clone(), began_ms_ago: age, crashes, storm: false })
        }
        (Some(_), _) => {
            let why = format!("release {short} has been running for longer than {}", rules.release_age);
            Judged::Quiet { count, why: Some(why) }
        }
        (None, _) => Judged::Unknown(format!(
            "{count} crashes within {} on release {short}, and when it began to run is not on record",
            rules.pattern.per
        )),
    }
}

/// How long ago a release was first seen to run; when that is only known to be long ago, how long at least. A release that
/// comes back is as old as it was: that it ran well before speaks for it.
fn age_of(past: Past<'_>, release: &str, rules: &CrashRules, now: &Moment) -> Option<i64> {
    let place = past.entries.iter().position(|entry| entry.release.as_deref() == Some(release))?;
    let first = &past.entries[place];
    let seen = first.moment.age_ms(now)?;
    let limit = rules.release_age.millis();
    // A start says when; an end says it if it says how long the life lasted.
    let exact = match (first.event, first.uptime_ms) {
        (Turn::Start, age) => Some(seen.saturating_add(age.unwrap_or(0).max(0))),
        (_, Some(lasted)) => Some(seen.saturating_add(lasted.max(0))),
        (_, None) => None,
    };
    if let Some(old) = exact.or(Some(seen)).filter(|age| *age >= limit) {
        return Some(old);
    }
    // It is young only if what stands before it shows that it did not run before.
    let age = |entry: Option<&Crash>| entry.and_then(|entry| entry.moment.age_ms(now));
    let before = &past.entries[..place];
    if !past.whole && age(before.first()).is_none_or(|oldest| oldest < limit) {
        return None;
    }
    // A release that was first seen when it ended began after what stands before that.
    exact.or_else(|| age(before.last()).filter(|age| *age < limit))
}

/// The release to go back to: of those on record the latest that started, had a life of at least `ran`, and no pattern of
/// its own.
#[must_use]
pub fn known_good(entries: &[Crash], bad: &str, rules: &CrashRules, ran: Span) -> Option<Good> {
    let mut asked: Vec<&str> = vec![bad];
    for entry in entries.iter().rev() {
        let Some(release) = entry.release.as_deref().filter(|release| !asked.contains(release)) else { continue };
        asked.push(release);
        if let Some(good) = good(entries, release, rules, ran) {
            return Some(good);
        }
    }
    None
}

fn good(entries: &[Crash], release: &str, rules: &CrashRules, ran: Span) -> Option<Good> {
    let is_own = |entry: &Crash| entry.release.as_deref() == Some(release);
    let began = entries.iter().rev().find(|entry| is_own(entry) && entry.event == Turn::Start)?.moment.at;
    let spans = entries.windows(2).filter(|pair| is_own(&pair[0]) && pair[0].event == Turn::Start);
    let lasted = spans.filter_map(|pair| passed(&pair[0], &pair[1]));
    let said = entries.iter().filter(|entry| is_own(entry)).filter_map(|entry| entry.uptime_ms);
    let ran_ms = lasted.chain(said).max().filter(|longest| *longest >= ran.millis())?;
    let crashes: Vec<&Crash> = entries.iter().filter(|entry| is_own(entry) && entry.event == Turn::Crash).collect();
    let group = usize::try_from(rules.pattern.count).unwrap_or(usize::MAX);
    let dense = |group: &[&Crash]| match (group.first(), group.last()) {
        (Some(first), Some(last)) => passed(first, last).is_none_or(|span| span <= rules.pattern.per.millis()),
        _ => false,
    };
    let pattern = group <= crashes.len() && crashes.windows(group).any(dense);
    (!guard!("a release with a pattern of its own is not good", pattern)).then(|| Good {
        release: release.to_owned(),
        began,
        ran_ms,
    })
}

/// Milliseconds between two lines; `None` when a clock was set back between them.
fn passed(earlier: &Crash, later: &Crash) -> Option<i64> {
    let (earlier, later) = (&earlier.moment, &later.moment);
    let same = !earlier.boot.is_empty() && earlier.boot == later.boot;
    let passed = if same { later.up.checked_sub(earlier.up)? } else { (later.at - earlier.at).num_milliseconds() };
    (passed >= 0).then_some(passed)
}

/// The crashes of the last while, oldest first.
fn within<'a>(entries: &'a [Crash], per: Span, now: &Moment) -> Vec<&'a Crash> {
    let young = |entry: &&Crash| entry.moment.age_ms(now).is_some_and(|age| age < per.millis());
    entries.iter().filter(|entry| entry.event == Turn::Crash).filter(young).collect()
}

fn reaches(count: usize, limit: u32) -> bool {
    count >= usize::try_from(limit).unwrap_or(usize::MAX)
}

fn counted(crashes: &[&Crash]) -> Option<Crashes> {
    let (first, last) = (crashes.first()?.moment.at, crashes.last()?.moment.at);
    let mut reasons: Vec<(String, u32)> = Vec::new();
    for crash in crashes.iter().rev() {
        let why = crash.why();
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => reasons.push((why, 1)),
        }
    }
    Some(Crashes { count: u32::try_from(crashes.len()).unwrap_or(u32::MAX), first, last, reasons })
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
