//! What does a person read about crashes? The verdict first, what it rests on indented, the next command last; the history
//! as a table, newest first, with a sparkline for the eye on a terminal.

use std::fmt::Write as _;

use super::human::{dim, mark};
use super::sanitize;
use crate::model::crash::{Crash, CrashRules, Release, Turn};
use crate::model::pattern::{Crashes, Judged, Verdict, Verdicts};
use crate::model::report::Level;
use crate::model::units::span_text;
use crate::model::{Stamp, rfc3339};

/// How high a crash count is drawn.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Columns of the sparkline.
const COLUMNS: usize = 48;

/// The word of a verdict.
#[must_use]
pub const fn word(judged: &Judged) -> &'static str {
    match judged {
        Judged::Quiet { .. } => "quiet",
        Judged::Pattern(_) => "pattern",
        Judged::Storm(_) => "storm",
        Judged::Unknown(_) => "unknown",
    }
}

/// One line about a verdict.
#[must_use]
pub fn summary(verdict: &Verdict, rules: &CrashRules) -> String {
    match &verdict.judged {
        _ if !rules.enabled => "crashes are not judged: [crash] enabled = false".to_owned(),
        Judged::Quiet { count: 0, .. } => format!("no crash within {}", rules.pattern.per),
        Judged::Quiet { count, why } => {
            let crashes = times(*count);
            let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("{crashes} within {}, no pattern{why}", rules.pattern.per)
        }
        Judged::Pattern(pattern) => {
            let began = span_text(pattern.began_ms_ago);
            let crashes = times(pattern.crashes.count);
            let storm = if pattern.storm { ", and a storm" } else { "" };
            let short = short(&pattern.release);
            format!("{crashes} within {} on release {short}, which began to run {began} ago{storm}", rules.pattern.per)
        }
        Judged::Storm(crashes) => {
            format!("{} within {}, not on one young release", times(crashes.count), rules.storm.per)
        }
        Judged::Unknown(why) => why.clone(),
    }
}

/// The text of `heal crash pattern`. With `quiet` it is empty while nothing was found.
#[must_use]
pub fn pattern(verdicts: &Verdicts, quiet: bool) -> String {
    let mut text = String::new();
    let rank = |verdict: &&Verdict| match verdict.judged {
        Judged::Pattern(_) => 0,
        Judged::Storm(_) => 1,
        Judged::Unknown(_) => 2,
        Judged::Quiet { .. } => 3,
    };
    let mut services: Vec<&Verdict> = verdicts.services.iter().collect();
    services.sort_by_key(rank);
    for verdict in services.iter().filter(|verdict| !quiet || rank(verdict) < 3) {
        one(&mut text, verdict, verdicts);
    }
    if !quiet || !text.is_empty() {
        warnings(&mut text, &verdicts.warnings);
    }
    if let Some(worst) = services.first().filter(|_| !text.is_empty()) {
        let heal = &verdicts.heal;
        let next = match &worst.judged {
            Judged::Pattern(_) if matches!(worst.revert, Some(Ok(()))) => format!("{heal} revert --dry-run"),
            Judged::Unknown(_) => {
                format!("{heal} crash log --start, where the service starts, puts on record which release runs")
            }
            _ => format!("{heal} crash history"),
        };
        let _ = writeln!(text, "next  {}", sanitize::line(&next));
    }
    text
}

fn one(text: &mut String, verdict: &Verdict, verdicts: &Verdicts) {
    let level = match verdict.judged {
        Judged::Pattern(_) | Judged::Storm(_) => Level::Unhealthy,
        Judged::Unknown(_) => Level::Unknown,
        Judged::Quiet { .. } => Level::Healthy,
    };
    let line = format!("{}  {}", verdict.service, summary(verdict, &verdicts.rules));
    let _ = writeln!(text, "{} {}", mark(word(&verdict.judged), level), sanitize::line(&line));
    let mut add = |word: &str, said: &str| {
        let _ = writeln!(text, "    {word:<10} {}", sanitize::line(said));
    };
    if let Some(release) = &verdict.release {
        add("release", &described(release));
    }
    let crashes = match &verdict.judged {
        Judged::Pattern(pattern) => Some(&pattern.crashes),
        Judged::Storm(crashes) => Some(crashes),
        _ => None,
    };
    if let Some(Crashes { first, last, reasons, .. }) = crashes {
        add("crashes", &format!("{} to {}", rfc3339(*first), rfc3339(*last)));
        for (why, count) in reasons.iter().take(5) {
            let why: String = why.chars().take(160).collect();
            add("reason", &format!("{why} ({count} ×)"));
        }
    }
    if let Some(good) = &verdict.good {
        let known = verdict.good_release.as_ref().map_or_else(|| short(&good.release), described);
        add("good", &format!("{known}; it ran for {}", span_text(good.ran_ms)));
    }
    if let Some(Err(why)) = &verdict.revert {
        add("revert", &format!("not allowed: {why}"));
    }
}

/// What is shown of `crash history`.
#[derive(Clone, Copy, Debug)]
pub struct Shown {
    /// How far back, in milliseconds.
    pub since_ms: i64,
    /// So many lines at most.
    pub lines: usize,
    /// Somebody looks at a terminal.
    pub sparkline: bool,
}

/// The text of `heal crash history`, from lines that are newest first.
#[must_use]
pub fn history(entries: &[Crash], now: Stamp, shown: Shown, said: &[String]) -> String {
    let mut text = String::new();
    let since = span_text(shown.since_ms);
    let count = |turn: Turn| entries.iter().filter(|entry| entry.event == turn).count();
    if entries.is_empty() {
        let _ = writeln!(text, "no life began or ended within {since}");
    } else {
        let counts = [(Turn::Crash, "crashes"), (Turn::Stop, "stops"), (Turn::Start, "starts")];
        let counts: Vec<String> = counts.iter().map(|(turn, what)| format!("{} {what}", count(*turn))).collect();
        let _ = writeln!(text, "{} within {since}", counts.join(", "));
    }
    if shown.sparkline && count(Turn::Crash) > 0 {
        let _ =
            writeln!(text, "{}  {}", sparkline(entries, now, shown.since_ms), dim("crashes, now at the right".into()));
    }
    let width = entries.iter().take(shown.lines).map(|entry| entry.service.chars().count()).max().unwrap_or(0).min(24);
    for entry in entries.iter().take(shown.lines) {
        let _ = writeln!(text, "{}", row(entry, width));
    }
    if entries.len() > shown.lines {
        let _ = writeln!(text, "{}", dim(format!("{} older lines are not shown", entries.len() - shown.lines)));
    }
    warnings(&mut text, said);
    text
}

fn row(entry: &Crash, width: usize) -> String {
    let (word, level) = match entry.event {
        Turn::Start => ("start", Level::Healthy),
        Turn::Stop => ("stop", Level::Disabled),
        Turn::Crash => ("crash", Level::Unhealthy),
    };
    let at = entry.moment.at.format("%Y-%m-%d %H:%M:%SZ");
    let release = entry.release.as_deref().map_or_else(|| "unknown".to_owned(), short);
    let uptime = entry.uptime_ms.map_or_else(|| "-".to_owned(), span_text);
    let why = match entry.event {
        Turn::Start => entry.reason.clone().unwrap_or_default(),
        _ => entry.why(),
    };
    let why: String = why.chars().take(120).collect();
    let service = sanitize::line(&entry.service).into_owned();
    let rest = format!("{release:<12}  {uptime:>9}  {}", sanitize::line(&why));
    format!("{at}  {} {service:<width$}  {}", mark(word, level), rest.trim_end())
}

/// How many crashes there were, from left to right in time; a blank is none.
#[must_use]
pub fn sparkline(entries: &[Crash], now: Stamp, since_ms: i64) -> String {
    let mut counts = [0_usize; COLUMNS];
    let columns = i64::try_from(COLUMNS).unwrap_or(1);
    for entry in entries.iter().filter(|entry| entry.event == Turn::Crash) {
        let age = (now - entry.moment.at).num_milliseconds().clamp(0, since_ms.max(1));
        let back = age.saturating_mul(columns) / since_ms.max(1);
        let place = usize::try_from((columns - 1 - back).max(0)).unwrap_or(0);
        counts[place] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let bar = |count: &usize| match count {
        0 => ' ',
        count => BARS[(count * BARS.len()).div_ceil(most).saturating_sub(1).min(BARS.len() - 1)],
    };
    counts.iter().map(bar).collect()
}

fn warnings(text: &mut String, said: &[String]) {
    for line in said {
        let _ = writeln!(text, "{} {}", mark("warning", Level::Degraded), sanitize::line(line));
    }
}

/// One line about a commit.
fn described(release: &Release) -> String {
    let day = release.at.format("%Y-%m-%d %H:%MZ");
    format!("{} \"{}\" by {}, {day}", short(&release.id), release.subject, release.author)
}

/// As much of a commit id as a person compares.
#[must_use]
pub fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

fn times(count: u32) -> String {
    if count == 1 { "1 crash".to_owned() } else { format!("{count} crashes") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Moment;

    #[test]
    fn the_sparkline_has_now_at_its_right_end_and_the_most_at_full_height() {
        let now = Stamp::from_timestamp(1_700_000_000, 0).expect("a time");
        let crash = |minutes: i64| {
            let at = now - chrono::TimeDelta::minutes(minutes);
            Crash::new(Turn::Crash, "bot", Moment { at, up: 0, boot: String::new() })
        };
        let hour = 3_600_000;
        assert_eq!(sparkline(&[], now, hour), " ".repeat(COLUMNS));
        let line: Vec<char> = sparkline(&[crash(0), crash(0), crash(59), crash(500)], now, hour).chars().collect();
        assert_eq!((line.len(), line[COLUMNS - 1], line[0], line[20]), (COLUMNS, '█', '█', ' '));
        let line: Vec<char> = sparkline(&[crash(0), crash(0), crash(0), crash(30)], now, hour).chars().collect();
        assert_eq!((line[COLUMNS - 1], line[23]), ('█', '▃'));
        // A clock that was set back does not leave the line.
        assert_eq!(sparkline(&[crash(-90)], now, 1).chars().last(), Some('█'));
    }
}
