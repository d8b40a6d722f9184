//! Is every whole line of a log passed on exactly once, whatever becomes of its file between two looks?

use std::fs;
use std::io::Write;
use std::time::Duration;

use super::*;

/// A log that is looked at from time to time.
struct Log {
    folder: tempfile::TempDir,
    tail: Tail,
}

impl Log {
    /// A log that holds one old line already.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let mut log = Self { folder, tail: Tail::default() };
        log.append("old\n");
        log.tail = end(&log.path()).expect("readable").0;
        log
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn path(&self) -> PathBuf {
        self.at("app.log")
    }

    fn append(&self, text: impl AsRef<[u8]>) {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(self.path()).expect("opened");
        file.write_all(text.as_ref()).expect("written");
    }

    /// What a look reads, through its note as it would be kept.
    fn look(&mut self) -> (Vec<String>, Progress) {
        let note = serde_json::to_string(&self.tail).expect("a note");
        let tail: Tail = serde_json::from_str(&note).expect("a note");
        let mut lines = Vec::new();
        let until = Instant::now() + Duration::from_secs(60);
        let progress = follow(&self.path(), &tail, until, &mut |line| {
            lines.push(String::from_utf8_lossy(line).into_owned());
        });
        let progress = progress.expect("readable");
        self.tail = progress.tail.clone();
        (lines, progress)
    }

    #[track_caller]
    fn reads(&mut self, lines: &[&str]) -> Progress {
        let (read, progress) = self.look();
        assert_eq!(read, lines);
        progress
    }
}

#[test]
fn whole_lines_once_and_a_line_without_an_end_waits() {
    let mut log = Log::new();
    log.reads(&[]);
    log.append("one\r\ntwo\nthr");
    log.reads(&["one", "two"]);
    log.reads(&[]);
    log.append(b"ee\n\xff\xfe\0\n");
    log.reads(&["three", "\u{fffd}\u{fffd}\0"]);
}

#[test]
fn the_first_look_begins_after_the_last_whole_line() {
    let mut log = Log::new();
    log.append("begun and ");
    log.tail = end(&log.path()).expect("readable").0;
    log.append("ended\n");
    log.reads(&["begun and ended"]);
}

#[test]
fn a_renamed_file_is_read_to_its_end_and_once_more() {
    for name in ["app.log.1", "app-20261122.log"] {
        let mut log = Log::new();
        log.append("one\n");
        fs::rename(log.path(), log.at(name)).expect("renamed");
        // The writer has not opened the new one yet.
        assert!(log.reads(&["one"]).missing, "{name}");
        let mut old = fs::OpenOptions::new().append(true).open(log.at(name)).expect("there");
        old.write_all(b"two\nthree").expect("written");
        log.append("four\n");
        let progress = log.reads(&["two", "three", "four"]);
        assert!(progress.remarks.is_empty() && !progress.missing, "{name}: {progress:?}");
        log.reads(&[]);
    }
}

#[test]
fn a_rotation_between_two_looks_loses_nothing() {
    let mut log = Log::new();
    log.append("one\n");
    fs::rename(log.path(), log.at("app.log.1")).expect("renamed");
    log.append("two\n");
    log.reads(&["one", "two"]);
    // Twice in one go: the file before is number two by now.
    log.append("three\n");
    fs::rename(log.at("app.log.1"), log.at("app.log.2")).expect("renamed");
    fs::rename(log.path(), log.at("app.log.1")).expect("renamed");
    log.append("four\n");
    log.reads(&["three", "four"]);
}

#[test]
fn every_line_of_a_new_file_is_new_also_where_the_former_one_is_gone() {
    for (script, lines) in [
        // logrotate with `compress` and without `delaycompress`; the kernel's clock for files moves by some milliseconds at once.
        (
            "mv app.log app.log.1; echo two > app.log; sleep 0.05; gzip app.log.1; echo three >> app.log",
            vec!["two", "three"],
        ),
        ("mv app.log app-1.log; echo two > app.log; sleep 0.05; gzip app-1.log", vec!["two"]),
        ("mv app.log app.log.1; : > app.log; sleep 0.05; gzip app.log.1", vec![]),
        ("mv app.log was; : > app.log; rm was", vec![]),
        ("mv app.log was; echo ERROR > app.log; rm was", vec!["ERROR"]),
    ] {
        let mut log = long();
        log.reads(&["new"]);
        let done = std::process::Command::new("sh").args(["-c", script]).current_dir(log.folder.path()).status();
        assert!(done.expect("run").success(), "{script}");
        let (read, progress) = log.look();
        assert_eq!((read, progress.lost), (lines.iter().map(|line| (*line).to_owned()).collect(), false), "{script}");
        assert_eq!(progress.remarks, ["the former file was removed before it was read to its end"], "{script}");
        log.append("next\n");
        assert!(log.reads(&["next"]).remarks.is_empty(), "{script}");
    }
}

#[test]
fn a_file_of_a_few_bytes_is_told_from_a_new_one_as_well() {
    let mut log = Log::new();
    log.append("ok\n");
    log.reads(&["ok"]);
    let script = "mv app.log app.log.1; : > app.log; sleep 0.05; gzip app.log.1; echo 'ERROR new file' >> app.log";
    let done = std::process::Command::new("sh").args(["-c", script]).current_dir(log.folder.path()).status();
    assert!(done.expect("run").success());
    log.reads(&["ERROR new file"]);
}

#[test]
fn what_a_note_without_marks_was_about_may_be_any_file() {
    let mut log = long();
    log.reads(&["new"]);
    log.tail.current.as_mut().expect("a place").marks = None;
    fs::remove_file(log.path()).expect("removed");
    fs::write(log.at("kept"), "x").expect("written");
    log.append("two\n");
    assert!(log.reads(&[]).lost);
    log.append("three\n");
    assert!(!log.reads(&["three"]).lost);
}

#[test]
fn copied_and_truncated() {
    let mut log = Log::new();
    log.append("one\n");
    fs::copy(log.path(), log.at("app.log.1")).expect("copied");
    fs::write(log.path(), "").expect("truncated");
    log.append("2\n");
    let progress = log.reads(&["one", "2"]);
    assert!(progress.remarks.is_empty(), "{progress:?}");
    log.reads(&[]);
}

#[test]
fn truncated_and_grown_beyond_the_place() {
    let mut log = Log::new();
    log.append("one\n");
    fs::write(log.path(), "").expect("truncated");
    log.append("another line that is longer than all before\ntwo\n");
    assert!(log.reads(&[]).lost);
    log.append("three\n");
    log.reads(&["three"]);
}

#[test]
fn the_hole_before_a_writer_who_does_not_append_is_passed_over() {
    let mut log = Log::new();
    let mut writer = fs::OpenOptions::new().write(true).open(log.path()).expect("there");
    writer.seek(SeekFrom::Start(1 << 30)).expect("sought");
    fs::copy(log.path(), log.at("app.log.1")).expect("copied");
    fs::OpenOptions::new().write(true).open(log.path()).expect("there").set_len(0).expect("truncated");
    writer.write_all(b"after\n").expect("written");
    let (lines, progress) = log.look();
    assert!(lines.concat().ends_with("after") && progress.behind == 0, "{} lines, {progress:?}", lines.len());
}

#[test]
fn a_look_reads_so_much_and_the_next_goes_on() {
    let mut log = Log::new();
    let line = format!("{}\n", "x".repeat(1023));
    log.append(line.repeat(9 * 1024));
    let (lines, progress) = log.look();
    assert_eq!((lines.len(), progress.behind), (8 * 1024, 1024 * 1024));
    let (lines, progress) = log.look();
    assert_eq!((lines.len(), progress.behind), (1024, 0));
    // No time is left: nothing is read, and nothing is lost.
    log.append("one\n");
    let mut none = |_: &[u8]| panic!("no time was left");
    let progress = follow(&log.path(), &log.tail, Instant::now(), &mut none).expect("readable");
    assert_eq!((progress.behind, &progress.tail), (4, &log.tail));
}

#[test]
fn a_line_without_an_end_in_sight_is_read_in_pieces() {
    let mut log = Log::new();
    log.append("y".repeat(100_000));
    let (lines, _) = log.look();
    assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [65_536]);
    log.append("\n");
    let (lines, _) = log.look();
    assert_eq!(lines.iter().map(String::len).collect::<Vec<_>>(), [100_000 - 65_536]);
}

/// A log of which so many lines were read, and one more was not.
fn long() -> Log {
    let mut log = Log::new();
    for at in 0..100 {
        log.append(format!("read long ago, line {at}\n"));
    }
    log.look();
    log.append("new\n");
    log
}

#[test]
fn a_file_that_was_trimmed_edited_or_copied_has_no_old_line_read_again() {
    for script in [
        "tail -n 40 app.log > new; mv new app.log",
        "tail -n 40 app.log > new; cat new > app.log; rm new",
        "sed -i s/zzz// app.log",
        "sed -i.bak s/zzz// app.log",
        "sed -i '1,5d' app.log",
        "cp -p app.log app.log.1; tail -n 40 app.log.1 > app.log",
        "cp -p app.log app.log.1; mv app.log.1 app.log",
    ] {
        let mut log = long();
        let done = std::process::Command::new("sh").args(["-c", script]).current_dir(log.folder.path()).status();
        assert!(done.expect("run").success(), "{script}");
        let (read, progress) = log.look();
        assert_eq!((read, progress.lost), (vec!["new".to_owned()], false), "{script}");
        log.append("next\n");
        assert_eq!(log.look().0, ["next"], "{script}");
    }
}

#[test]
fn where_the_place_is_not_found_nothing_is_judged() {
    for script in [
        "tail -n 3 app.log > new; mv new app.log",
        "tail -n 2 app.log > new; mv new app.log",
        "head -n 1 app.log > new; mv new app.log",
        "head -n 50 app.log > new; mv new app.log",
        "sed -i s/long/X/ app.log",
        // Every line is another, and nothing was rotated.
        "sed -i s/^/X/ app.log",
        "gzip -k app.log; sed -i s/^/X/ app.log",
        "tac app.log > new; mv new app.log",
        // Not even another file.
        "echo x > app.log",
    ] {
        let mut log = long();
        let done = std::process::Command::new("sh").args(["-c", script]).current_dir(log.folder.path()).status();
        assert!(done.expect("run").success(), "{script}");
        let (read, progress) = log.look();
        assert_eq!((read, progress.lost), (vec![], true), "{script}");
        log.append("next\n");
        let (read, progress) = log.look();
        assert_eq!((read, progress.lost), (vec!["next".to_owned()], false), "{script}");
    }
}

#[test]
fn another_device_number_and_a_disk_that_comes_late_are_no_new_file() {
    let mut log = long();
    log.tail.current.as_mut().expect("a place").dev += 1;
    log.reads(&["new"]);
    log.tail.current.as_mut().expect("a place").dev += 1;
    let elsewhere = tempfile::tempdir().expect("a directory");
    fs::copy(log.path(), elsewhere.path().join("kept")).expect("copied");
    fs::remove_file(log.path()).expect("removed");
    assert!(log.reads(&[]).missing);
    fs::copy(elsewhere.path().join("kept"), log.path()).expect("copied");
    log.append("next\n");
    log.reads(&["next"]);
}
