#![allow(clippy::disallowed_methods, clippy::type_complexity)]

use super::*;
use crate::model::Stamp;
use crate::model::event::Event;
use crate::model::event::Moment;

const DAY_1: &str = "2026-11-21.jsonl";
const DAY_2: &str = "2026-11-22.jsonl";

/// A data directory of its own, with these journal files.
fn dir(files: &[(&str, &str)]) -> (tempfile::TempDir, DataDir) {
    let temp = tempfile::tempdir().expect("a directory");
    let dir = DataDir::at(temp.path().join("data"));
    dir.create().expect("created");
    for (name, text) in files {
        put(&dir, name, text);
    }
    (temp, dir)
}

fn put(dir: &DataDir, name: &str, text: &str) {
    std::fs::write(dir.journal().join(name), text).expect("written");
}

/// A line that adds one act to the history: what is read twice is seen.
fn act(number: u32) -> String {
    let at = Stamp::from_timestamp(1_795_305_600 + i64::from(number), 0).expect("a time");
    let moment = Moment { at, up: i64::from(number) * 1_000, boot: "boot".to_owned() };
    let (service, rung) = ("app".to_owned(), format!("r{number}"));
    let event = Event::Intent {
        id: format!("i{number}"),
        service,
        rung,
        cause: None,
        changes: Vec::new(),
        why: String::new(),
        uncounted: false,
    };
    let entry = Entry { v: FORMAT, moment, run: "run".to_owned(), event };
    serde_json::to_string(&entry).expect("serialises") + "\n"
}

fn acts(numbers: impl IntoIterator<Item = u32>) -> String {
    numbers.into_iter().map(act).collect()
}

/// The rungs that the history holds, in order, and how many lines were torn, how many damaged.
fn rungs(dir: &DataDir) -> (Vec<String>, (u64, u64)) {
    let past = past(dir).expect("readable");
    let unread = past.unread.values().fold((0, 0), |sum, one| (sum.0 + one.torn, sum.1 + one.damaged));
    (past.history.service("app").acts.iter().map(|act| act.rung.clone()).collect(), unread)
}

fn named(numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("r{number}")).collect()
}

#[test]
fn whatever_stands_between_whole_lines_is_counted_and_damage_is_not_passed_over() {
    let torn = |number: u32, keep: usize| act(number)[..keep].to_owned();
    let bare = act(2).trim_end().to_owned();
    let long = "x".repeat(usize::try_from(LINE_LIMIT).expect("fits") * 2 + 10) + "\n";
    let glued = bare.clone() + &act(3);
    let zeros = |count: usize| "\0".repeat(count);
    let table: &[(&str, String, &[u32], (u64, u64))] = &[
        ("nothing", String::new(), &[], (0, 0)),
        ("two lines", acts([1, 2]), &[1, 2], (0, 0)),
        ("a tail that only lacks its newline", act(1) + &bare, &[1, 2], (0, 0)),
        ("empty lines and CRLF", act(1).replace('\n', "\r\n") + "\n\n" + &act(2), &[1, 2], (0, 0)),
        // What a crash leaves.
        ("a torn tail", act(1) + &torn(2, 40), &[1], (0, 0)),
        ("a torn line that was closed", act(1) + &torn(2, 40) + "\n" + &act(3), &[1, 3], (1, 0)),
        ("torn off after a letter", torn(2, 1) + "\n" + &act(3), &[3], (1, 0)),
        ("torn off before its last letter", torn(2, bare.len() - 1) + "\n" + &act(3), &[3], (1, 0)),
        ("a block that was never written", act(1) + &torn(2, 40) + &zeros(900) + "\n" + &act(3), &[1, 3], (1, 0)),
        ("only such a block", act(1) + &zeros(900) + "\n" + &act(3), &[1, 3], (1, 0)),
        ("such a tail", act(1) + &zeros(900), &[1], (0, 0)),
        // What no crash leaves.
        ("garbage between", act(1) + "garbage\n{}\n\u{0}\u{1}\n" + &act(2), &[1, 2], (0, 3)),
        ("a tail of garbage", act(1) + "garbage", &[1], (0, 1)),
        ("two lines in one", act(1) + &glued + &act(4), &[1, 4], (0, 1)),
        ("a line beyond the limit", act(1) + &long + &act(2), &[1, 2], (0, 3)),
        ("zeros over the beginning", zeros(900) + "\n" + &act(2), &[2], (0, 1)),
        ("zeros over the middle", act(1) + &torn(2, 40) + &zeros(900) + &act(3)[40..] + &act(4), &[1, 4], (0, 1)),
        ("very many zeros", act(1) + &zeros(70_000) + "\n" + &act(2), &[1, 2], (0, 1)),
        ("a line that lost a field", act(1).replace("\"up\"", "\"down\"") + &act(2), &[2], (0, 1)),
    ];
    for (what, text, expected, unread) in table {
        let (_temp, dir) = dir(&[(DAY_1, text)]);
        let expected = (named(expected.iter().copied()), *unread);
        assert_eq!(rungs(&dir), expected, "{what}");
        if unread.1 > 0 {
            // Nobody acts on it, and no snapshot hides it.
            let error = crate::journal::Journal::open(dir.clone()).expect_err(what);
            assert_eq!(error.kind, Kind::Data, "{what}");
            assert!(save(&dir).is_err() && !dir.snapshot().exists(), "{what}");
            continue;
        }
        // With a snapshot of it, nothing is added, nothing is lost, nothing is read twice.
        save(&dir).expect("saved");
        assert_eq!(rungs(&dir), (expected.0.clone(), (0, 0)), "{what}, from the snapshot");
        let path = dir.journal().join(DAY_1);
        files::append_line(&path, act(9).trim_end(), false).expect("appended");
        let longer: Vec<String> = expected.0.iter().cloned().chain(["r9".to_owned()]).collect();
        assert_eq!(rungs(&dir).0, longer, "{what}, from the snapshot, with one more");
        save(&dir).expect("saved");
        std::fs::remove_file(dir.snapshot()).expect("removed");
        assert_eq!(rungs(&dir).0, longer, "{what}, rebuilt");
    }
}

#[test]
fn days_are_read_in_their_order_and_a_snapshot_covers_the_older_ones() {
    let (_temp, dir) = dir(&[(DAY_2, &acts([3, 4])), (DAY_1, &acts([1, 2]))]);
    put(&dir, "notes.txt", &act(7));
    assert_eq!(rungs(&dir).0, named([1, 2, 3, 4]));
    save(&dir).expect("saved");
    // The older day is gone (retention); what it said is still known.
    std::fs::remove_file(dir.journal().join(DAY_1)).expect("removed");
    put(&dir, DAY_2, &acts([3, 4, 5]));
    put(&dir, "2026-11-23.jsonl", &acts([6]));
    assert_eq!(rungs(&dir).0, named(1..=6));
}

#[test]
fn a_snapshot_that_cannot_be_right_is_rebuilt_from_the_journal() {
    type Spoil = fn(&DataDir);
    let spoil: [(&str, Spoil); 7] = [
        ("missing", |dir| std::fs::remove_file(dir.snapshot()).expect("removed")),
        ("empty", |dir| std::fs::write(dir.snapshot(), "").expect("written")),
        ("torn", |dir| {
            let bytes = std::fs::read(dir.snapshot()).expect("read");
            std::fs::write(dir.snapshot(), &bytes[..bytes.len() / 2]).expect("written");
        }),
        ("of another version", |dir| {
            let text = std::fs::read_to_string(dir.snapshot()).expect("read");
            std::fs::write(dir.snapshot(), text.replacen("\"v\":1", "\"v\":2", 1)).expect("written");
        }),
        ("without an older file", |dir| {
            let text = std::fs::read_to_string(dir.snapshot()).expect("read");
            std::fs::write(dir.snapshot(), text.replace(DAY_1, DAY_2)).expect("written");
        }),
        ("longer than the journal", |dir| {
            put(dir, DAY_1, &acts([1]));
        }),
        ("a directory", |dir| {
            std::fs::remove_file(dir.snapshot()).expect("removed");
            std::fs::create_dir(dir.snapshot()).expect("created");
        }),
    ];
    for (what, spoil) in spoil {
        let (_temp, dir) = dir(&[(DAY_1, &acts([1, 2]))]);
        save(&dir).expect("saved");
        spoil(&dir);
        let expected = if what == "longer than the journal" { named([1]) } else { named([1, 2]) };
        assert_eq!(rungs(&dir).0, expected, "{what}");
    }
}

/// The name of the file of a day after [`DAY_1`].
fn day(after: i64) -> String {
    let day = Stamp::from_timestamp(1_795_219_200, 0).expect("a time") + chrono::TimeDelta::days(after);
    day.format("%Y-%m-%d.jsonl").to_string()
}

#[test]
fn what_stands_in_forgotten_files_is_still_known_and_no_clock_says_what_is_old() {
    // The day of the newest file; the one before it is of day 0, 1, 2, …
    for (what, newest) in [("day after day", 120), ("years of quiet", 900), ("a clock that jumped", 90_000)] {
        for known in [true, false] {
            let (_temp, dir) = dir(&[]);
            let files = u32::try_from(KEPT).expect("fits") + 20;
            for number in 0..files {
                put(&dir, &day(number.into()), &act(number));
            }
            put(&dir, &day(newest), &act(files));
            put(&dir, "notes.txt", "");
            put(&dir, "2019-01-01-copy.jsonl", &act(7));
            if known {
                save(&dir).expect("saved");
            }
            forget(&dir);
            assert_eq!(std::fs::read_dir(dir.journal()).expect("readable").count(), KEPT + 2, "{what}");
            assert_eq!(rungs(&dir), (named(0..=files), (0, 0)), "{what}");
            save(&dir).expect("saved");
            put(&dir, &day(newest + 1), &act(files + 1));
            assert_eq!(rungs(&dir).0, named(0..=files + 1), "{what}");
        }
    }
}

#[test]
fn nothing_is_forgotten_that_no_snapshot_holds() {
    let (_temp, dir) = dir(&[]);
    for number in 0..100 {
        put(&dir, &day(number.into()), &act(number));
    }
    std::fs::create_dir(dir.snapshot()).expect("created");
    forget(&dir);
    assert_eq!(rungs(&dir).0, named(0..100));
}

#[test]
fn what_is_written_after_a_clock_was_ahead_comes_last_and_is_read() {
    let (_temp, dir) = dir(&[(DAY_1, &acts([1])), ("2031-01-01.jsonl", &acts([2]))]);
    put(&dir, "2099-notes.jsonl", "somebody else's\n");
    save(&dir).expect("saved");
    let mut journal = crate::journal::Journal::open(dir.clone()).expect("open");
    journal
        .record(Event::Held { service: "app".to_owned(), reason: "code 2".to_owned(), code: false })
        .expect("written");
    assert!(past(&dir).expect("readable").history.service("app").held.is_some());
    std::fs::remove_file(dir.snapshot()).expect("removed");
    assert!(past(&dir).expect("readable").history.service("app").held.is_some(), "rebuilt");
}

#[test]
fn a_line_that_came_late_into_the_file_of_the_day_before_is_read() {
    let (_temp, dir) = dir(&[(DAY_1, &acts([1])), (DAY_2, &acts([2]))]);
    save(&dir).expect("saved");
    put(&dir, DAY_1, &acts([1, 3]));
    assert_eq!(rungs(&dir).0, named([1, 2, 3]));
    save(&dir).expect("saved");
    assert_eq!(rungs(&dir).0, named([1, 2, 3]));
}

#[test]
fn of_ninety_files_the_last_few_are_asked_whether_they_grew() {
    let (_temp, dir) = dir(&[]);
    for number in 0..90 {
        put(&dir, &day(number.into()), &act(number));
    }
    save(&dir).expect("saved");
    put(&dir, &day(86), &(act(86) + &act(90)));
    put(&dir, &day(90), &act(91));
    assert_eq!(rungs(&dir).0, named((0..90).chain([90, 91])));
    // One that nobody writes to any more, and that somebody cut, changes nothing; nor does one that is gone.
    put(&dir, &day(3), "");
    std::fs::remove_file(dir.journal().join(day(4))).expect("removed");
    assert_eq!(rungs(&dir).0, named(0..=91));
}

#[test]
fn whoever_read_all_is_told_when_there_is_more() {
    let (_temp, dir) = dir(&[(DAY_1, &acts([1])), (DAY_2, &acts([2]))]);
    for saved in [false, true] {
        let read = past(&dir).expect("readable");
        assert!(read.is_all(&dir).expect("readable"), "{saved}");
        put(&dir, DAY_1, &acts([1, 3]));
        assert!(!read.is_all(&dir).expect("readable"), "a line in an older file, {saved}");
        let read = past(&dir).expect("readable");
        put(&dir, &day(9), &acts([4]));
        assert!(!read.is_all(&dir).expect("readable"), "another day, {saved}");
        std::fs::remove_file(dir.journal().join(day(9))).expect("removed");
        put(&dir, DAY_1, &acts([1]));
        save(&dir).expect("saved");
    }
    let nowhere = DataDir::at(dir.root().join("nowhere"));
    assert!(past(&nowhere).expect("empty").is_all(&nowhere).expect("empty"));
}

#[test]
fn a_file_moved_aside_is_not_forgotten_when_another_takes_its_name() {
    let (_temp, dir) = dir(&[(DAY_1, &acts(1..=50))]);
    save(&dir).expect("saved");
    std::fs::rename(dir.journal().join(DAY_1), dir.journal().join("2026-11-21.jsonl.damaged")).expect("moved");
    drop(crate::journal::Journal::open(dir.clone()).expect("open"));
    put(&dir, DAY_1, &acts([51]));
    assert_eq!(rungs(&dir).0, named(1..=51));
    save(&dir).expect("saved");
    assert_eq!(rungs(&dir).0, named(1..=51));
}

#[test]
fn what_others_wrote_between_our_own_lines_is_in_the_snapshot() {
    let (_temp, dir) = dir(&[(DAY_1, &acts([1]))]);
    let mut journal = crate::journal::Journal::open(dir.clone()).expect("open");
    let release = |service: &str| Event::Released { service: service.to_owned() };
    journal.record(release("app")).expect("written");
    // Another process (`heal release`, an alert) writes in the middle.
    let today = std::fs::read_dir(dir.journal()).expect("readable").flatten().map(|entry| entry.path()).max();
    let other = act(2);
    files::append_line(&today.expect("a file"), other.trim_end(), false).expect("appended");
    journal.record(release("app")).expect("written");
    assert_eq!(journal.history().service("app").acts.len(), 1, "ours does not know it yet");
    journal.save();
    assert!(dir.snapshot().exists());
    assert_eq!(rungs(&dir).0, named([1, 2]));
    put(&dir, DAY_1, "");
    assert_eq!(rungs(&dir).0, named([1, 2]), "the snapshot alone knows the first, the journal the second");
}

#[test]
fn a_newer_format_is_noticed_whatever_its_shape_and_nothing_is_written() {
    let same_shape = act(1).replacen("\"v\":1", "\"v\":2", 1);
    for (what, line) in [("same shape", same_shape.as_str()), ("another shape", "{\"v\":2,\"when\":17}\n")] {
        let (_temp, dir) = dir(&[(DAY_1, &(line.to_owned() + &act(2)))]);
        assert!(past(&dir).expect("readable").newer, "{what}");
        let error = crate::journal::Journal::open(dir.clone()).expect_err("refused");
        assert_eq!(error.kind, Kind::Data, "{what}");
    }
    let (_temp, dir) = dir(&[(DAY_1, "{\"v\":0}\n{\"v\":\"2\"}\n[2]\n2\n")]);
    assert!(!past(&dir).expect("readable").newer);
}

#[test]
fn a_journal_that_cannot_be_read_is_an_error_and_one_that_is_not_there_is_empty() {
    let temp = tempfile::tempdir().expect("a directory");
    assert_eq!(rungs(&DataDir::at(temp.path().join("none"))), (Vec::new(), (0, 0)));
    let (_temp, dir) = dir(&[]);
    std::fs::create_dir(dir.journal().join(DAY_1)).expect("created");
    assert_eq!(past(&dir).expect_err("a directory").kind, Kind::Io);
}

#[test]
fn the_stamp_of_the_last_run_is_read_back_and_a_torn_one_is_none() {
    let (_temp, dir) = dir(&[]);
    assert_eq!(LastRun::read(&dir), None);
    let stamp = LastRun {
        clocks: host::clock::reading(),
        exit_code: 69,
        took_ms: 7,
        before: Vec::new(),
        disturbed: Vec::new(),
        searched: None,
        good: None,
    };
    stamp.write(&dir).expect("written");
    let read = LastRun::read(&dir).expect("there");
    assert_eq!((read.exit_code, read.clocks.moment.up), (69, stamp.clocks.moment.up));
    let text = std::fs::read_to_string(dir.last_run()).expect("read");
    std::fs::write(dir.last_run(), &text[..text.len() / 2]).expect("written");
    assert_eq!(LastRun::read(&dir), None);
}
