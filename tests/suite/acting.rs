//! What do the tests of acting need beside a project? A service that starts in a moment, and a count of who lives.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::support::{Project, Ran, alive, signal, wait_for};

/// What stands in the command line of [`sleeper`]'s service, and of nothing else in its directory.
pub const NAP: &str = "86400";

/// A project whose service is `sleep`: no probes, up in a moment. `extra` is added to its table.
pub fn sleeper(extra: &str) -> Project {
    started_by(r#"["sleep", "86400"]"#, extra)
}

/// The same, started by another command than the one that is recognised. Two rungs, unless `extra` says otherwise: what
/// comes after the last is not to depend on how many there are.
pub fn started_by(start: &str, extra: &str) -> Project {
    let ladder = if extra.contains("ladder") { "" } else { "ladder = [\"restart\", \"stop-stale\"]\n" };
    let extra = format!("{ladder}{extra}");
    Project::new(&format!(
        r#"[project]
name = "test"

[service.app]
match         = {{ executable = "sleep", args_contain = "{NAP}" }}
start         = {start}
verify_within = "8s"
stop_grace    = "1s"
stable_for    = "10m"
{extra}
"#
    ))
}

/// Living processes in the project's directory whose command line holds `part`.
pub fn running(project: &Project, part: &str) -> Vec<i32> {
    let home = project.path("");
    let home = PathBuf::from(home.to_string_lossy().trim_end_matches('/').to_owned());
    let entries = fs::read_dir("/proc").expect("readable").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let fits = |pid: &i32| {
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == home)
            && fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|line| line.windows(part.len()).any(|window| window == part.as_bytes()))
            && alive(*pid)
    };
    pids.filter(fits).collect()
}

/// The one process that runs as the service.
#[track_caller]
pub fn the_one(project: &Project, part: &str) -> i32 {
    let found = running(project, part);
    assert_eq!(found.len(), 1, "{part}: {found:?}");
    found[0]
}

/// Ends a process that the test's heal started, and waits until it is gone.
#[track_caller]
pub fn end(pid: i32) {
    signal(pid, Signal::SIGKILL);
    wait_for("its end", || !alive(pid));
}

/// Runs heal as another day would: all its clocks are ahead by `shift`.
pub fn later(project: &Project, shift: &str, args: &[&str]) -> Ran {
    project.run(project.command(args).env("HEAL_TEST_SHIFT", shift))
}

/// The kinds of the journal's events, without what was only seen.
pub fn kinds(project: &Project) -> String {
    let events = project.journal();
    let kinds = events.iter().map(|event| match event["event"].as_str().expect("a kind") {
        "done" => format!("done {}", event["outcome"].as_str().expect("an outcome")),
        "intent" => format!("intent {}", event["rung"].as_str().expect("a rung")),
        "alerted" => {
            format!("alerted {} {}", event["notice"].as_str().expect("one"), event["channel"].as_str().expect("one"))
        }
        kind => kind.to_owned(),
    });
    kinds
        .filter(|kind| !["observed", "captured", "lived", "stood"].contains(&kind.as_str()))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Replaces durations and the demo's port, which no two runs share: `1s 20ms`, `999 ms`.
pub fn timeless(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, tail) = rest.split_at(at);
        shown.push_str(before);
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let apart = !before.ends_with(|c: char| c.is_ascii_alphanumeric());
        match unit(&tail[digits..]).filter(|_| apart) {
            Some(length) => {
                shown.push_str("[SPAN]");
                rest = &tail[digits + length..];
            }
            None => {
                shown.push_str(if before.ends_with("--port ") { "[PORT]" } else { &tail[..digits] });
                rest = &tail[digits..];
            }
        }
    }
    shown.push_str(rest);
    while shown.contains("[SPAN] [SPAN]") {
        shown = shown.replace("[SPAN] [SPAN]", "[SPAN]");
    }
    shown
}

/// How many characters of the text, at its beginning, are a unit of time.
fn unit(text: &str) -> Option<usize> {
    let found = [" ms", "ms", "s", "m", "h"].into_iter().find(|unit| {
        text.strip_prefix(unit).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    });
    found.map(str::len)
}

/// Looks all the time, until it is dropped, how many processes run as the service; remembers the most it saw at once.
pub struct Watch<'p> {
    project: &'p Project,
    part: &'p str,
    stop: AtomicBool,
    most: AtomicUsize,
}

impl<'p> Watch<'p> {
    /// Runs `body` under watch; answers with what it gave and the most services that were alive at once.
    pub fn during<R>(project: &'p Project, part: &'p str, body: impl FnOnce() -> R) -> (R, usize) {
        let watch = Self { project, part, stop: AtomicBool::new(false), most: AtomicUsize::new(0) };
        let answer = std::thread::scope(|scope| {
            scope.spawn(|| watch.look());
            let answer = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            watch.stop.store(true, Ordering::Relaxed);
            answer
        });
        match answer {
            Ok(answer) => (answer, watch.most.into_inner()),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }

    fn look(&self) {
        while !self.stop.load(Ordering::Relaxed) {
            let now = running(self.project, self.part).len();
            self.most.fetch_max(now, Ordering::Relaxed);
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// Runs each case on one of a few threads: most of a cure is waiting, and a machine with two cores waits for eight at once.
pub fn in_parallel<T: Send + Sync>(cases: &[T], body: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    // A disk that goes away goes away from all of them.
    let threads = if super::power::fails() { 1 } else { 6 };
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    body(case);
                }
            });
        }
    });
}

/// Runs a script with `$HEAL` standing for the binary, in the project's directory. For what only a shell can arrange.
pub fn shell(project: &Project, script: &str) -> Ran {
    let mut command = project.command_of("/bin/sh", &["-c", script]);
    command.env("HEAL", env!("CARGO_BIN_EXE_heal")).stdin(Stdio::null());
    project.run(&mut command)
}

/// As [`timeless`], and without what the evidence counts.
pub fn vague(text: &str) -> String {
    let line = |line: &str| match (line.split_once("progress="), line.split_once(": sleeping")) {
        (Some((before, _)), _) => format!("{before}progress=[N]\n"),
        (_, Some((before, rest))) => {
            let (_, listens) = rest.split_once(", listening").expect("it listens");
            format!("{before}: sleeping [STATE], listening{listens}\n")
        }
        _ => format!("{line}\n"),
    };
    let text: String = timeless(text).lines().map(line).collect();
    text.trim_end_matches('\n').to_owned() + "\n"
}
