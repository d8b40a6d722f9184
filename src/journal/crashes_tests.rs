//! Reading backwards: every cut of the blocks, every kind of line that says nothing, and a cost that ignores the length.

use super::*;
use crate::model::Stamp;
use crate::model::crash::Turn;

fn now() -> Moment {
    let at = Stamp::from_timestamp(1_700_000_000, 0).expect("a time");
    Moment { at, up: 100_000_000, boot: "boot".to_owned() }
}

/// A crash of so many seconds ago.
fn line(seconds: i64, reason: &str) -> String {
    let moment = Moment { at: now().at - chrono::TimeDelta::seconds(seconds), up: now().up - seconds * 1_000, ..now() };
    let entry = Crash { reason: Some(reason.to_owned()), ..Crash::new(Turn::Crash, "bot", moment) };
    serde_json::to_string(&entry).expect("serialises")
}

fn dir() -> (tempfile::TempDir, DataDir) {
    let temp = tempfile::tempdir().expect("a directory");
    let dir = DataDir::at(temp.path().to_owned());
    (temp, dir)
}

fn read(dir: &DataDir) -> (Vec<String>, Passed) {
    let mut lines = backwards(dir, now()).expect("opened");
    let mut reasons = Vec::new();
    while let Some((entry, _)) = lines.older().expect("read") {
        reasons.push(entry.reason.unwrap_or_default());
    }
    assert!(lines.whole());
    (reasons, lines.passed)
}

#[test]
fn lines_come_back_newest_first_wherever_the_blocks_are_cut() {
    let (_temp, dir) = dir();
    assert_eq!(read(&dir), (Vec::new(), Passed::default()), "no file");
    // Lines of every length: some of them end exactly at a border, some lie across two.
    let lengths: Vec<usize> = (0..600).map(|index| index * 7 % 601).chain([60_000, 1, 64_000]).collect();
    let reasons: Vec<String> = lengths.iter().map(|length| "x".repeat(*length)).collect();
    for reason in &reasons {
        append(&dir, &serde_json::from_str(&line(9, reason)).expect("parses")).expect("appended");
    }
    let (found, passed) = read(&dir);
    assert_eq!((found.len(), passed), (reasons.len(), Passed::default()));
    assert!(found.iter().rev().eq(&reasons));
}

#[test]
fn what_says_nothing_is_passed_over_and_counted() {
    let good = || line(9, "good").into_bytes();
    let table: Vec<(&str, Vec<u8>, Passed)> = vec![
        ("torn", good()[..40].to_vec(), Passed { bad: 1, ..Passed::default() }),
        ("glued", [good(), good()].concat(), Passed { bad: 1, ..Passed::default() }),
        ("empty and CRLF", b"\r\n\n  \n".to_vec(), Passed::default()),
        ("binary", vec![0, 255, 254, 10, 0, 0, 0], Passed { bad: 2, ..Passed::default() }),
        ("not UTF-8", [b"{\"at\":\"\xff".to_vec(), good()].concat(), Passed { bad: 1, ..Passed::default() }),
        ("future", line(-9, "x").into_bytes(), Passed { untimely: 1, ..Passed::default() }),
        ("newer", line(9, "x").replace("\"v\":1", "\"v\":2").into_bytes(), Passed { newer: 1, ..Passed::default() }),
        (
            "no service",
            line(9, "x").replace("\"service\"", "\"serviette\"").into_bytes(),
            Passed { bad: 1, ..Passed::default() },
        ),
        (
            "no such event",
            line(9, "x").replace("\"crash\"", "\"smash\"").into_bytes(),
            Passed { bad: 1, ..Passed::default() },
        ),
        ("too long", vec![b'x'; 10_000_000], Passed { bad: 1, ..Passed::default() }),
        ("just too long", line(9, &"x".repeat(LINE_LIMIT)).into_bytes(), Passed { bad: 1, ..Passed::default() }),
    ];
    for (name, bytes, expected) in table {
        for last in [false, true] {
            let (_temp, dir) = dir();
            let end = if last { Vec::new() } else { [b"\n".to_vec(), good(), b"\n".to_vec()].concat() };
            let whole = [good(), b"\n".to_vec(), bytes.clone(), end].concat();
            std::fs::write(dir.crash_history(), whole).expect("written");
            let (found, passed) = read(&dir);
            assert_eq!((found.len(), passed), (if last { 1 } else { 2 }, expected), "{name}, last: {last}");
        }
    }
}

#[test]
fn times_that_cannot_be_true_are_ignored_and_odd_ones_are_read() {
    let odd =
        |at: &str| format!("{{\"at\":\"{at}\",\"event\":\"crash\",\"service\":\"bot\",\"sha\":1,\"reason\":\"r\"}}\n");
    for (at, found, passed) in [
        ("2023-11-14T22:13:19Z", 1, Passed::default()),
        ("2023-11-14T23:13:19+01:00", 1, Passed::default()),
        ("2023-11-14T22:12:60Z", 1, Passed::default()), // a leap second
        ("2023-11-14T22:13:19", 0, Passed { bad: 1, ..Passed::default() }), // of no zone
        ("2023-11-14T22:13:19+99:99", 0, Passed { bad: 1, ..Passed::default() }),
        ("1970-01-01T00:00:00Z", 0, Passed { untimely: 1, ..Passed::default() }),
        ("2999-01-01T00:00:00Z", 0, Passed { untimely: 1, ..Passed::default() }),
        ("", 0, Passed { bad: 1, ..Passed::default() }),
    ] {
        let (_temp, dir) = dir();
        std::fs::write(dir.crash_history(), odd(at)).expect("written");
        assert_eq!((read(&dir).0.len(), read(&dir).1), (found, passed), "{at}");
    }
}

#[test]
fn what_is_no_commit_id_is_no_release_and_the_crash_counts() {
    let full = "a".repeat(40);
    for (release, kept) in [
        (format!("\"{full}\""), true),
        (format!("\"{}\"", "A".repeat(40)), false),
        ("\"abc1234\"".to_owned(), false),
        ("\"HEAD~1\"".to_owned(), false),
        ("\"--upload-pack=x\"".to_owned(), false),
        ("\"NaN\"".to_owned(), false),
        ("null".to_owned(), false),
    ] {
        let text = line(9, "r").replace("\"release\":null", &format!("\"release\":{release}"));
        let entry: Crash = serde_json::from_str(&text).expect("parses");
        assert_eq!(entry.release.as_deref(), kept.then_some(full.as_str()), "{release}");
    }
}

#[test]
fn a_window_ends_at_the_first_line_that_is_too_old_and_not_before() {
    let (_temp, dir) = dir();
    let mut text = String::new();
    for seconds in (0..5_000).rev() {
        text.push_str(&line(seconds, "r"));
        text.push('\n');
    }
    std::fs::write(dir.crash_history(), &text).expect("written");
    let mut lines = backwards(&dir, now()).expect("opened");
    let window = lines.window(60_000).expect("read");
    // A minute and its borders, and the one that shows that it is over.
    assert_eq!((window.entries.len(), window.covered), (62, true));
    assert!(lines.read() <= 2 * BLOCK, "{}", lines.read());
    // Within another boot one line of a wrong clock ends nothing.
    let other = text.replace("\"boot\":\"boot\"", "\"boot\":\"before\"");
    let wrong = line(900_000, "wrong").replace("\"boot\":\"boot\"", "\"boot\":\"before\"");
    let other = other.replace(&line(3, "r").replace("\"boot\":\"boot\"", "\"boot\":\"before\""), &wrong);
    std::fs::write(dir.crash_history(), other).expect("written");
    let window = backwards(&dir, now()).expect("opened").window(60_000).expect("read");
    let young = window.entries.iter().filter(|entry| entry.moment.age_ms(&now()).is_some_and(|age| age <= 60_000));
    assert_eq!((young.count(), window.covered), (60, true));
}

#[test]
fn a_file_without_a_line_in_it_is_given_up_after_a_while() {
    let (_temp, dir) = dir();
    let file = std::fs::File::create(dir.crash_history()).expect("made");
    // A gigabyte of nothing, and one line in front of its end.
    file.set_len(1 << 30).expect("a sparse file");
    drop(file);
    append(&dir, &serde_json::from_str(&line(9, "r")).expect("parses")).expect("appended");
    let mut lines = backwards(&dir, now()).expect("opened");
    let window = lines.window(60_000).expect("read");
    assert_eq!((window.entries.len(), window.covered), (1, false));
    assert_eq!(lines.read(), MOST);
}

#[test]
fn what_stands_in_its_place_is_refused() {
    let (temp, dir) = dir();
    nix::unistd::mkfifo(&dir.crash_history(), nix::sys::stat::Mode::S_IRWXU).expect("made");
    assert!(backwards(&dir, now()).is_err());
    std::fs::remove_file(dir.crash_history()).expect("removed");
    let target = temp.path().join("target");
    std::fs::write(&target, "kept").expect("written");
    std::os::unix::fs::symlink(&target, dir.crash_history()).expect("linked");
    let entry = Crash::new(Turn::Crash, "bot", now());
    assert!(append(&dir, &entry).is_err());
    assert_eq!(std::fs::read_to_string(&target).expect("read"), "kept");
}
