//! What do crashes come to? `heal crash log`, `pattern` and `history` through the real binary: lines that say nothing, fifty
//! writers at once, a git that fails, and the verdict with its exit code.

use std::fs;
use std::io::Write as _;
use std::time::Instant;

use expect_test::expect;

use super::killpoints::{Fault, sweep};
use super::lives::{line, lives, release, told};
use super::support::Project;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// A project whose service nobody ever looks at.
fn project(extra: &str) -> Project {
    Project::new(&format!(
        "[project]\nname = \"test\"\n\n[service.app]\nmatch = {{ executable = \"no-such\" }}\n{extra}"
    ))
}

fn with_history(extra: &str, history: &str) -> Project {
    let project = project(extra);
    project.write("data/crash_history.jsonl", history);
    project
}

/// A good release that ran for two hours, and a bad one with so many crashes.
fn deployed(crashes: i64) -> String {
    let mut text = line(8_000, "start", Some(A));
    text.push_str(&line(800, "start", Some(B)));
    (0..crashes).for_each(|index| text.push_str(&line(700 - index * 10, "crash", Some(B))));
    text
}

#[test]
fn a_crash_belongs_to_the_release_that_was_started_not_to_what_is_checked_out() {
    let project = project("");
    let one = release(&project, 1_700_000_000, "one");
    let ran = project.heal(&["crash", "log", "--start"]).exits(0);
    assert_eq!(ran.stdout, format!("app: start recorded, release {}\n", &one[..12]));
    let two = release(&project, 1_700_000_600, "two");
    project.heal(&["crash", "log", "--exit-code", "1", "--reason", "KeyError: 'x'"]).exits(0);
    // Not started since: what runs, if anything, is not on record.
    let document = project.heal(&["crash", "log", "--signal", "segv", "--json"]).exits(0).json();
    assert_eq!(
        (&document["entry"]["release"], document["entry"]["signal"].as_i64()),
        (&serde_json::Value::Null, Some(11))
    );
    assert_eq!(document["unknown"], "its start is not on record");
    project.heal(&["crash", "log", "--start"]).exits(0);
    project.heal(&["crash", "log", "--stop", "--reason", "deploy"]).exits(0);
    let [a, b] = [&one[..7], &two[..7]];
    assert_eq!(told(&project), format!("start {a}, crash {a}, crash -, start {b}, stop {b}"));
    let crash = &lives(&project)[1];
    let text = |key: &str| crash[key].to_string();
    assert_eq!(
        (text("exit_code"), text("reason"), text("service")),
        ("1".into(), "\"KeyError: 'x'\"".into(), "\"app\"".into())
    );
    assert!(crash["uptime_ms"].as_i64().is_some_and(|uptime| (0..60_000).contains(&uptime)), "{crash}");
    assert!(crash["commit_age_ms"].as_i64().is_some_and(|age| age > 86_400_000), "{crash}");
    // An exit code of 0 was meant.
    project.heal(&["crash", "log", "--exit-code", "0"]).exits(0);
    assert_eq!(lives(&project)[5]["event"], "stop");
}

#[test]
fn a_git_that_fails_leaves_the_release_unknown_and_loses_no_line() {
    let project = project("");
    let ran = project.heal(&["crash", "log", "--start"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        app: start recorded, release unknown: [DIR] is in no git repository
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.write(".git", "gitdir: /nonexistent\n");
    let ran = project.heal(&["crash", "log", "--start"]).exits(0);
    assert!(ran.stdout.contains("release unknown: git: "), "{}", ran.stdout);
    fs::remove_file(project.path(".git")).expect("removed");
    // A fifo in place of HEAD would be read for ever.
    fs::create_dir(project.path(".git")).expect("made");
    nix::unistd::mkfifo(&project.path(".git/HEAD"), nix::sys::stat::Mode::S_IRWXU).expect("made");
    fs::create_dir(project.path(".git/objects")).expect("made");
    fs::create_dir(project.path(".git/refs")).expect("made");
    let ran = project.heal(&["crash", "log", "--start"]).exits(0);
    assert!(ran.took.as_secs() < 9, "{ran:?}");
    assert!(ran.stdout.contains("release unknown: git"), "{}", ran.stdout);
    assert_eq!(told(&project), "start -, start -, start -");
    assert!(!project.read("data/crash_history.jsonl").contains("NaN"));
}

#[test]
fn fifty_writers_at_once_lose_no_line() {
    let project = project("");
    let torn = "{\"v\":1,\"at\":\"2026-";
    project.write("data/crash_history.jsonl", torn);
    let reason = "x".repeat(1_500);
    let children: Vec<_> = (0..50)
        .map(|index| {
            let reason = format!("{index} {reason}");
            project
                .command(&["crash", "log", "--release", A, "--reason", &reason])
                .stdout(std::process::Stdio::null())
                .spawn()
                .expect("it starts")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("waited").success());
    }
    let text = project.read("data/crash_history.jsonl");
    let (first, rest) = text.split_once('\n').expect("lines");
    assert_eq!(first, torn);
    let mut numbers: Vec<usize> = rest
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("whole");
            line["reason"].as_str().and_then(|reason| reason.split(' ').next()?.parse().ok()).expect("a number")
        })
        .collect();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..50));
    let document = project.heal(&["crash", "history", "--json"]).exits(0).json();
    assert_eq!(document["crashes"], 50);
    assert!(
        document["warnings"][0].as_str().is_some_and(|said| said.ends_with("1 line cannot be read passed over")),
        "{document}"
    );
}

#[test]
fn what_a_reason_may_not_do() {
    let project = project("");
    let hostile = "one\ntwo \u{1b}]0;evil\u{7} \u{202e}token=abc\t";
    project.heal(&["crash", "log", "--reason", hostile]).exits(0);
    project.heal(&["crash", "log", "--reason", &"why ".repeat(30_000)]).exits(0);
    let mut command = project.command(&["crash", "log", "--reason"]);
    use std::os::unix::ffi::OsStrExt as _;
    command.arg(std::ffi::OsStr::from_bytes(b"bad \xff\xfe end"));
    project.run(&mut command).exits(0);
    let reasons: Vec<String> =
        lives(&project).iter().map(|line| line["reason"].as_str().expect("text").to_owned()).collect();
    assert_eq!(reasons[0], "one\ntwo \u{1b}]0;evil\u{7} \u{202e}token=***");
    assert_eq!((reasons[1].len(), reasons[2].as_str()), (2_000, "bad \u{fffd}\u{fffd} end"));
    let ran = project.heal(&["crash", "history"]).exits(0);
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{}", ran.stdout);
    assert_eq!(ran.stdout.lines().count(), 4, "{}", ran.stdout);
}

#[test]
fn what_is_typed_wrong_is_refused_and_nothing_is_written() {
    let project = project("[service.other]\nmatch = { executable = \"no-such\" }\n");
    for (args, why) in [
        (&["--service", "ap"][..], "there is no service `ap`"),
        (&[][..], "which service? name it with --service"),
        (&["--service", "app", "--release", "HEAD~1"], "`HEAD~1` is not the full id of a commit"),
        (&["--service", "app", "--release=--upload-pack=x"], "`--upload-pack=x` is not the full id of a commit"),
        (&["--service", "app", "--release", &A[..7]], "is not the full id of a commit"),
        (&["--service", "app", "--exit-code", "256"], "256"),
        (&["--service", "app", "--signal", "nonsense"], "`nonsense` is no signal"),
        (&["--service", "app", "--signal", "0"], "`0` is no signal"),
        (&["--service", "app", "--start", "--exit-code", "1"], "cannot be used with"),
    ] {
        let ran = project.heal(&[&["crash", "log"][..], args].concat()).exits(64);
        assert!(ran.stderr.contains(why), "{args:?}: {}", ran.stderr);
    }
    assert!(!project.path("data").exists());
}

#[test]
fn a_pattern_is_named_with_its_release_its_author_and_the_release_before() {
    let project = project("stable_for = \"2m\"\n");
    let good = release(&project, 1_700_000_000, "works");
    let bad = release(&project, 1_700_000_600, "breaks\n\nbody");
    let history = deployed(3).replace(A, &good).replace(B, &bad);
    let history = history.replacen("\"crash\"", "\"crash\",\"exit_code\":1,\"reason\":\"ImportError\"", 2);
    project.write("data/crash_history.jsonl", &history);
    let ran = project.heal(&["crash", "pattern"]).exits(2);
    let said = ran.snapshot(&project).replace(&good[..12], "[GOOD]").replace(&bad[..12], "[BAD]");
    expect![[r#"
        exit 2
        --- stdout
        pattern   app  3 crashes within 30m on release [BAD], which began to run 13m 20s ago
            release    [BAD] "breaks" by Ada Lovelace, 2023-11-14 22:23Z
            crashes    [TIME] to [TIME]
            reason     no reason given (1 ×)
            reason     exit code 1: ImportError (2 ×)
            good       [GOOD] "works" by Ada Lovelace, 2023-11-14 22:13Z; it ran for 2h
            revert     not allowed: it is not armed: there is no [DIR]/data/auto-revert-enabled; `touch [DIR]/data/auto-revert-enabled` allows it from now on; `--force` allows it this once
        next  heal crash history
        --- stderr
    "#]]
    .assert_eq(&said);
    let document = project.heal(&["crash", "pattern", "--json"]).exits(2).json();
    assert_eq!(
        (&document["pattern"], &document["storm"], &document["status"]),
        (&true.into(), &false.into(), &"critical".into())
    );
    let verdict = &document["services"][0];
    let release = &verdict["release"];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    assert_eq!(
        [text(&release["id"]), text(&release["subject"]), text(&release["author"])],
        [bad, "breaks".into(), "Ada Lovelace".into()]
    );
    assert_eq!(text(&release["at"]), "2023-11-14T22:23:20.000Z");
    assert_eq!((verdict["count"].as_i64(), text(&verdict["known_good"]["release"]["id"])), (Some(3), good));
    assert_eq!(verdict["reasons"][1]["count"], 2);
    assert!(verdict["running_for_ms"].as_i64().is_some_and(|ms| (800_000..900_000).contains(&ms)), "{verdict:#}");
    assert_eq!(verdict["revert"]["allowed"], false);
    assert!(text(&verdict["revert"]["why"]).starts_with("it is not armed: "), "{verdict:#}");
}

#[test]
fn the_exit_code_tells_a_pattern_from_a_storm_from_nothing_from_not_knowing() {
    let crashes = |count: i64, release: Option<&str>| -> String {
        (0..count).map(|index| line(700 - index * 10, "crash", release)).collect()
    };
    let old = line(90_000, "start", Some(A));
    for (name, history, extra, code, verdict) in [
        ("nothing on record", String::new(), "", 0, "quiet"),
        ("two crashes", deployed(2), "", 0, "quiet"),
        ("three on a young release", deployed(3), "", 2, "pattern"),
        ("three on an old one", format!("{old}{}", crashes(3, Some(A))), "", 0, "quiet"),
        ("five on an old one", format!("{old}{}", crashes(5, Some(A))), "", 2, "storm"),
        ("three of nobody knows what", crashes(3, None), "", 3, "unknown"),
        ("five of nobody knows what", crashes(5, None), "", 2, "storm"),
        ("another rate", deployed(3), "[crash]\npattern = \"4 per 30m\"\n", 0, "quiet"),
        ("another age", deployed(3), "[crash]\nrelease_age = \"10m\"\n", 0, "quiet"),
        ("another window", deployed(3), "[crash]\npattern = \"3 per 10m\"\n", 0, "quiet"),
        ("switched off", deployed(9), "[crash]\nenabled = false\n", 0, "quiet"),
        ("of another service", deployed(3).replace("\"app\"", "\"gone\""), "", 0, "quiet"),
        ("the longest window", deployed(3), "[crash]\npattern = \"4294967295 per 3650d\"\n", 0, "quiet"),
    ] {
        let project = with_history(extra, &history);
        let document = project.heal(&["crash", "pattern", "--json"]).exits(code).json();
        assert_eq!(document["services"][0]["verdict"], verdict, "{name}: {document:#}");
        let before = project.read("data/crash_history.jsonl");
        let ran = project.heal(&["crash", "pattern", "--quiet"]).exits(code);
        assert_eq!(ran.stdout.is_empty(), verdict == "quiet", "{name}: {}", ran.stdout);
        assert_eq!(before, project.read("data/crash_history.jsonl"), "{name}: only read");
    }
}

#[test]
fn lines_that_say_nothing_do_not_hide_a_pattern_nor_make_one() {
    let garbage: &[u8] = b"\xff\xfe\0\0\n{\"at\":\n\r\n{}\n[]\nnull\n\"x\"\n";
    let project = project("");
    fs::create_dir(project.path("data")).expect("made");
    let mut file = fs::File::create(project.path("data/crash_history.jsonl")).expect("made");
    for line in deployed(3).lines() {
        file.write_all(garbage).expect("written");
        file.write_all(line.as_bytes()).expect("written");
        file.write_all(b"\r\n").expect("written");
    }
    // From the future, and of a clock that was never set.
    for at in ["2999-01-01T00:00:00Z", "1970-01-01T00:00:07Z", "2999-06-31T00:00:00Z"] {
        writeln!(file, "{{\"at\":\"{at}\",\"event\":\"start\",\"service\":\"app\",\"release\":\"{A}\"}}")
            .expect("written");
    }
    file.write_all(&vec![b'x'; 10_000_000]).expect("written");
    drop(file);
    let start = Instant::now();
    let document = project.heal(&["crash", "pattern", "--json"]).exits(2).json();
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    assert_eq!(document["services"][0]["verdict"], "pattern");
    let said = document["warnings"][0].as_str().expect("a warning");
    assert!(said.ends_with("32 lines cannot be read, 2 lines of a time that cannot be true passed over"), "{said}");
}

#[test]
fn what_cannot_be_read_is_an_error_and_says_what_to_do() {
    let project = project("");
    fs::create_dir_all(project.path("data/crash_history.jsonl")).expect("made");
    let ran = project.heal(&["crash", "pattern"]).exits(74);
    expect![[r#"
        exit 74
        --- stdout
        --- stderr
        heal: the crash history [DIR]/data/crash_history.jsonl cannot be read: it is not a regular file
          put it right, or move it aside: heal then begins a new one
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.heal(&["crash", "log"]).exits(74);
}

#[test]
fn the_cost_does_not_depend_on_what_is_older_than_the_window() {
    let read = |lines: i64| {
        let project = project("");
        fs::create_dir(project.path("data")).expect("made");
        let mut text: String = (0..lines).map(|index| line(9_000_000 + lines - index, "crash", Some(A))).collect();
        text.push_str(&line(9_000, "start", Some(A)));
        text.push_str(&deployed(3));
        project.write("data/crash_history.jsonl", &text);
        // Bytes that were read of it, as the kernel counts them.
        let log = project.path("strace.txt").display().to_string();
        let words = [
            "-f",
            "-qq",
            "-e",
            "trace=read",
            "-P",
            &project.path("data/crash_history.jsonl").display().to_string(),
            "-o",
            &log,
            env!("CARGO_BIN_EXE_heal"),
            "crash",
            "pattern",
        ];
        project.run(&mut project.command_of("strace", &words)).exits(2);
        let count = |line: &str| line.rsplit_once("= ").and_then(|(_, count)| count.trim().parse::<u64>().ok());
        project.read("strace.txt").lines().filter_map(count).sum::<u64>()
    };
    let (short, long) = (read(1_000), read(20_000));
    assert!(short > 0 && long <= short + 2 * 64 * 1024, "{short} {long}");
}

#[test]
fn the_history_is_a_table_newest_first() {
    let project = with_history("", &deployed(2));
    let ran = project.heal(&["crash", "history", "--since", "1h"]).exits(0);
    let shown: Vec<&str> = ran.stdout.lines().map(|line| line.get(20..).map_or(line, |_| line)).collect();
    assert_eq!(shown[0], "2 crashes, 0 stops, 1 starts within 1h");
    assert!(
        shown[1].contains("crash     app  bbbbbbbbbbbb") && shown[3].contains("start     app  bbbbbbbbbbbb"),
        "{}",
        ran.stdout
    );
    let ran = project.heal(&["crash", "history", "--lines", "1"]).exits(0);
    assert!(ran.stdout.ends_with("3 older lines are not shown\n"), "{}", ran.stdout);
    let document = project.heal(&["crash", "history", "--since", "1h", "--service", "app", "--json"]).exits(0).json();
    assert_eq!((document["crashes"].as_i64(), document["entries"].as_array().map(Vec::len)), (Some(2), Some(3)));
    let ran = project.heal(&["crash", "history", "--since", "1s"]).exits(0);
    assert_eq!(ran.stdout, "no life began or ended within 1s\n");
    project.heal(&["crash", "history", "--since", "yesterday"]).exits(64);
}

#[test]
fn a_line_is_whole_or_not_there_whenever_heal_ends() {
    let faults = [Fault::Kill, Fault::Again(&[]), Fault::Error("ENOSPC"), Fault::Error("EIO"), Fault::Sticky("EROFS")];
    for fault in faults {
        let world = || with_history("", &deployed(1));
        let points =
            sweep(world, &["crash", "log", "--release", B, "--exit-code", "7"], fault, 4, |project, point, ran| {
                let text = project.read("data/crash_history.jsonl");
                let lines: Vec<&str> = text.lines().collect();
                let whole = lines.iter().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()).count();
                assert!(text.starts_with(&deployed(0)[..20]) && whole >= 3, "{point:?}: {text}");
                // What was said to be recorded is; a torn line is not swallowed by the next one.
                assert!(
                    ran.code != 0 || lines.last().is_some_and(|last| last.contains("\"exit_code\":7")),
                    "{point:?} {ran:?}: {text}"
                );
                project.heal(&["crash", "log", "--release", B, "--exit-code", "8"]).exits(0);
                let text = project.read("data/crash_history.jsonl");
                let last = text.lines().last().expect("a line");
                assert!(
                    serde_json::from_str::<serde_json::Value>(last).is_ok() && last.contains("\"exit_code\":8"),
                    "{point:?}: {text}"
                );
            });
        assert!(points >= 2, "{points}");
    }
}
