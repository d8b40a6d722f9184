//! Which files does it write: where does its output go, and whose age is a sign of life? An age is one only where the process
//! was seen to write again long after its start: an empty file, or a banner at the start, would have a healthy service stopped.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::open::{MOST, shown};
use super::toml::{comment, quoted};
use crate::host::process::{Open, Process};
use crate::host::{clock, files};
use crate::model::units::span_text;
use crate::model::{Span, Stamp};

/// One look sees one silence, and the longest is of the night: several times what was seen.
const PATIENCE: i64 = 6;

/// Limits that a person would write. Below a quarter of an hour every service may be silent for once.
const STEPS: [u64; 8] = [900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 172_800];

/// What is written this soon belongs to the start.
const START_MS: i64 = 60_000;

/// A file that is dated so far ahead of us says nothing; less is two clocks that differ (as in `probe::fresh`).
const SKEW_MS: i64 = 5_000;

/// How long the process has been running by now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    now: Stamp,
    up_ms: i64,
}

impl Life {
    /// By the clocks that heal goes by, which tests may set ahead.
    pub(super) fn of(process: &Process) -> Self {
        let now = clock::now();
        let started = clock::boottime_ms() - process.age_ms;
        Self { now: now.at, up_ms: now.up - started }
    }
}

/// Where its stdout and stderr go.
#[derive(Debug, Default)]
pub(super) struct Output {
    /// Lines of the service's table.
    pub(super) lines: Vec<String>,
    /// The file in which both go on after a start by heal.
    pub(super) kept: Option<PathBuf>,
    /// All files that they go to, stdout's first.
    pub(super) paths: Vec<PathBuf>,
}

/// The files that its stdout and stderr go to, and with which of them heal would go on.
pub(super) fn output(open: &[Open], root: &Path) -> Output {
    let of = |number: i32| {
        open.iter().find_map(|one| match one {
            Open::File { path, writes: true, fd } if *fd == number => Some(path),
            _ => None,
        })
    };
    let mut output = Output::default();
    let mut lines = Vec::new();
    for path in [1, 2].into_iter().filter_map(of) {
        // What is no regular file is a terminal or /dev/null.
        if output.paths.contains(path) || files::stat(path).is_ok_and(|meta| !meta.is_file()) {
            continue;
        }
        output.paths.push(path.clone());
        match (unfit(path), &output.kept) {
            (None, None) => output.kept = Some(path.clone()),
            (None, Some(_)) => {
                lines.push(format!("Its stderr goes to {}; heal puts both into one.", shown(path, root)))
            }
            (Some(why), _) => lines.push(format!("Its output goes to {}, {why}.", shown(path, root))),
        }
    }
    output.lines.extend(output.kept.iter().map(|path| format!("log = {}", quoted(&shown(path, root)))));
    output.lines.extend(lines.iter().map(|line| comment(line)));
    output
}

/// Why heal could not go on with a file.
fn unfit(path: &Path) -> Option<&'static str> {
    match files::stat(path) {
        _ if path.to_str().is_none() => Some("whose name is not UTF-8"),
        // `apply::beneath` refuses it: the other name may be a file of somebody else.
        Ok(meta) if meta.nlink() != 1 => Some("which has more names than this one"),
        Ok(_) => None,
        Err(_) => Some("which is not there any more"),
    }
}

/// Other files that a person would call its logs.
pub(super) fn logs(open: &[Open], output: &Output) -> Vec<PathBuf> {
    let logs = open.iter().filter_map(|one| match one {
        Open::File { path, writes: true, .. } if !output.paths.contains(path) && is_log(path) => Some(path.clone()),
        _ => None,
    });
    let mut logs: Vec<PathBuf> = logs.collect();
    logs.sort();
    logs.dedup();
    logs
}

/// Probes for these files. `listens`: it may be that it writes only when it is asked.
pub(super) fn probes(logs: &[PathBuf], root: &Path, life: Life, listens: bool) -> Vec<String> {
    let several = logs.len() > 1;
    let mut found = false;
    let mut lines = Vec::new();
    for (number, path) in logs.iter().take(MOST).enumerate() {
        let name = if several { format!("log-{}", number + 1) } else { "log".to_owned() };
        let probe = fresh(&name, path, root, life, listens);
        found |= probe.is_ok();
        lines.push(probe.unwrap_or_else(|why| comment(&format!("It writes {}, {why}.", shown(path, root)))));
    }
    if logs.len() > MOST {
        lines.push(comment(&format!("It writes {} more files.", logs.len() - MOST)));
    }
    let meaning: &[&str] = match (found, listens) {
        (false, _) => &[],
        (true, false) => &[
            "Silent for longer than `within`, it counts as hung, and heal stops and starts it: is it ever quiet for so long?",
        ],
        (true, true) => &[
            "It may write only when it is asked, so silence for longer than `within` is a warning and no more. Once `health`",
            "looks at it, remove `severity`: silence then counts only while `health` fails (with `heartbeat = true`, always).",
        ],
    };
    meaning.iter().map(|line| comment(line)).chain(lines).collect()
}

/// A probe of the file's age, or why that says nothing.
fn fresh(name: &str, path: &Path, root: &Path, life: Life, listens: bool) -> Result<String, String> {
    if path.to_str().is_none_or(|path| path.contains(['*', '?', '[', ']', '{', '}', '\\'])) {
        return Err("whose name would be read as a pattern".to_owned());
    }
    let meta = files::stat(path).map_err(|_| "which is not there any more")?;
    let at = meta.modified().map_err(|_| "whose age is not known")?;
    let age_ms = (life.now - Stamp::from(at)).num_milliseconds();
    let within = within(meta.len(), age_ms, life.up_ms)?;
    let severity = if listens { ", severity = \"warning\"" } else { "" };
    let (pattern, age) = (quoted(&undated(&shown(path, root))), span_text(age_ms.max(0)));
    Ok(format!(
        "{name} = {{ kind = \"fresh\", path = {pattern}, within = \"{within}\"{severity} }}  # last written {age} ago"
    ))
}

/// How old a file may get that has so many bytes and is so old now, written by a process that runs for so long.
fn within(bytes: u64, age_ms: i64, up_ms: i64) -> Result<Span, String> {
    let (age, up) = (span_text(age_ms.max(0)), span_text(up_ms.max(0)));
    if bytes == 0 {
        return Err("which is empty: its age says nothing".to_owned());
    }
    if age_ms < -SKEW_MS {
        return Err("which is dated in the future: its age says nothing".to_owned());
    }
    if age_ms > up_ms {
        return Err(format!("last {age} ago, before its start: its age says nothing"));
    }
    if up_ms - age_ms < START_MS {
        return Err(format!("last {age} ago, within a minute of its start: its age says nothing yet"));
    }
    // One line in the first minutes of a month is no habit.
    let step = STEPS.into_iter().map(Span::secs).find(|step| step.millis() >= age_ms.saturating_mul(PATIENCE));
    step.filter(|_| age_ms <= up_ms / 2)
        .ok_or_else(|| format!("last {age} ago, and it runs for {up}: too seldom to go by"))
}

/// A file of each day is a glob: `bot-2026-11-22.log` is `bot-*.log`.
fn undated(path: &str) -> String {
    let (folder, file) = path.rsplit_once('/').map_or(("", path), |(folder, file)| (folder, file));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let date = |text: &str| {
        let dashed = text.len() == 10 && [4, 7].iter().all(|at| text.as_bytes()[*at] == b'-');
        text.starts_with("20") && (dashed && digits(&text.replace('-', "")) || text.len() == 8 && digits(text))
    };
    let found = [10, 8].into_iter().find_map(|length| {
        (0..file.len().saturating_sub(length - 1))
            .find(|at| file.get(*at..at + length).is_some_and(date))
            .map(|at| at..at + length)
    });
    let file = found.map_or_else(|| file.to_owned(), |at| format!("{}*{}", &file[..at.start], &file[at.end..]));
    if path.contains('/') { format!("{folder}/{file}") } else { file }
}

/// Something that a person would call its log.
fn is_log(path: &Path) -> bool {
    let text = path.to_string_lossy().to_ascii_lowercase();
    let system = ["/dev/", "/proc/", "/sys/", "/memfd:"].iter().any(|part| text.starts_with(part));
    let other = [".db", "-wal", "-shm", "-journal", ".lock", ".pid", ".sock", ".tmp", ".swp", ".db-journal"];
    let named = [".log", ".jsonl", ".out", ".err"].iter().any(|end| text.ends_with(end)) || text.contains("log");
    !system
        && named
        && !other.iter().any(|end| text.ends_with(end))
        && files::stat(path).is_ok_and(|meta| meta.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_counts_where_it_was_written_again_long_after_the_start() {
        // bytes, seconds since the last write, seconds since the start
        for (bytes, age, up, limit) in [
            (9, 0, 3_600, Ok("15m")),
            (9, 150, 3_600, Ok("15m")),
            (9, 151, 3_600, Ok("30m")),
            (9, 3_600, 86_400, Ok("6h")),
            (9, 2, 62, Ok("15m")),
            (9, 2, 61, Err("within a minute")), // a banner, or the first minute
            (9, 7_200, 3_600, Err("before its start")), // of an earlier life
            (9, 1_801, 3_600, Err("too seldom")),
            (9, 36_000, 864_000, Err("too seldom")),
            (0, 0, 3_600, Err("empty")),
            (9, -4, 3_600, Ok("15m")),
            (9, -6, 3_600, Err("in the future")),
        ] {
            let found = within(bytes, age * 1_000, up * 1_000).map(|span| span.to_string());
            match limit {
                Ok(limit) => assert_eq!(found.as_deref(), Ok(limit), "{bytes} {age} {up}"),
                Err(why) => assert!(found.as_ref().is_err_and(|said| said.contains(why)), "{age} {up}: {found:?}"),
            }
        }
    }

    #[test]
    fn dates_become_globs() {
        for (path, glob) in [
            ("logs/bot-2026-11-22.log", "logs/bot-*.log"),
            ("bot.20261122.jsonl", "bot.*.jsonl"),
            ("/var/log/2026-11-22/bot.log", "/var/log/2026-11-22/bot.log"),
            ("logs/bot.log", "logs/bot.log"),
            ("ü2026.log", "ü2026.log"),
        ] {
            assert_eq!(undated(path), glob);
        }
    }

    #[test]
    fn what_is_no_log_is_not_taken_for_one() {
        let dir = tempfile::tempdir().expect("a directory");
        for (name, log) in
            [("bot.log", true), ("output.jsonl", true), ("catalog.db", false), ("log.lock", false), ("x.dat", false)]
        {
            let path = dir.path().join(name);
            std::fs::write(&path, "").expect("written");
            assert_eq!(is_log(&path), log, "{name}");
        }
        assert!(!is_log(Path::new("/dev/log")) && !is_log(&dir.path().join("gone.log")));
    }

    #[test]
    fn the_output_that_heal_can_go_on_with_is_kept() {
        let dir = tempfile::tempdir().expect("a directory");
        let root = dir.path();
        for name in ["out", "err", "one"] {
            std::fs::write(root.join(name), "").expect("written");
        }
        std::fs::hard_link(root.join("one"), root.join("two")).expect("linked");
        let file = |fd: i32, path: &str| Open::File { path: root.join(path), writes: true, fd };
        let null = Open::File { path: "/dev/null".into(), writes: true, fd: 1 };
        let both = "# Its stderr goes to err; heal puts both into one.";
        let gone = "# Its output goes to gone, which is not there any more.";
        for (open, lines) in [
            (vec![file(2, "out"), file(1, "out")], vec!["log = \"out\""]),
            (vec![null, file(2, "err"), file(3, "out")], vec!["log = \"err\""]),
            (vec![file(1, "out"), file(2, "err")], vec!["log = \"out\"", both]),
            (vec![file(1, "gone"), file(2, "err")], vec!["log = \"err\"", gone]),
            (vec![file(2, "two")], vec!["# Its output goes to two, which has more names than this one."]),
            (vec![file(3, "out"), Open::Socket(7)], vec![]),
        ] {
            assert_eq!(output(&open, root).lines, lines, "{open:?}");
        }
        let outside = output(&[file(1, "out")], Path::new("/nowhere")).lines;
        assert_eq!(outside, [format!("log = \"{}\"", root.join("out").display())]);
    }
}
