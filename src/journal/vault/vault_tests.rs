use std::time::SystemTime;

use super::copies::line;
use super::*;
use crate::model::Stamp;
use crate::model::checkpoint::Kept;
use std::fs::OpenOptions;

fn vault() -> (tempfile::TempDir, DataDir, Vault) {
    let folder = tempfile::tempdir().expect("a directory");
    let dir = DataDir::at(folder.path().join("data"));
    dir.create().expect("made");
    let vault = Vault::of(&dir);
    (folder, dir, vault)
}

fn age(vault: &Vault, sha256: &str, by: Duration) {
    let file = OpenOptions::new().append(true).open(vault.path(sha256).expect("a name")).expect("there");
    file.set_modified(SystemTime::now() - by).expect("set");
}

fn collect(vault: &Vault) -> io::Result<Option<Collected>> {
    vault.collect(MOST, LONGEST)
}

#[test]
fn bytes_come_back_as_they_were_and_are_kept_once() {
    let (_folder, _, vault) = vault();
    let all = [Vec::new(), b"{}\n".to_vec(), vec![0; 100_000], (0..=255).cycle().take(70_000).collect()];
    for bytes in &all {
        let name = vault.put(bytes).expect("kept");
        assert_eq!(vault.get(&name).expect("there"), *bytes);
        assert_eq!(vault.put(bytes).expect("kept again"), name);
    }
    assert_eq!(std::fs::read_dir(vault.folder()).expect("there").count(), all.len() + 1, "and the lock");
    for name in ["", "../../etc/passwd", &"A".repeat(64), &"a".repeat(63)] {
        assert_eq!(vault.get(name).expect_err("no name").kind(), io::ErrorKind::InvalidInput, "{name}");
    }
    assert_eq!(vault.get(&"a".repeat(64)).expect_err("not there").kind(), io::ErrorKind::NotFound);
}

#[test]
fn every_bit_that_flips_is_noticed_and_a_new_put_mends_it() {
    let (_folder, _, vault) = vault();
    let bytes = b"{\"cash\": 100.25}";
    let name = vault.put(bytes).expect("kept");
    let path = vault.path(&name).expect("a name");
    let whole = std::fs::read(&path).expect("there");
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, &damaged).expect("written");
        // The header of gzip holds a time and a system, which are no part of the bytes.
        assert!(vault.get(&name).map_or(true, |read| read == bytes), "byte {at}");
    }
    for length in 0..whole.len() {
        std::fs::write(&path, &whole[..length]).expect("written");
        assert_eq!(vault.get(&name).expect_err("cut").kind(), io::ErrorKind::InvalidData, "cut at {length}");
    }
    assert_eq!(vault.put(bytes).expect("kept anew"), name);
    assert_eq!(vault.get(&name).expect("whole again"), bytes);
}

#[test]
fn only_what_is_old_and_named_nowhere_is_collected() {
    let (_folder, dir, vault) = vault();
    let put = |text: &str| vault.put(text.as_bytes()).expect("kept");
    let [young, old, journalled, listed] = ["young", "old", "journalled", "listed"].map(put);
    std::fs::write(dir.journal().join("2026-01-01.jsonl"), format!("{{\"later\":\"x{journalled}\"}}\n"))
        .expect("written");
    let copies = Copies::of_state(&dir, "positions");
    assert_eq!(copies.add(b"listed", 1).expect("saved").sha256, listed);
    let days = Duration::from_secs(60 * 60 * 25);
    for name in [&old, &journalled, &listed] {
        age(&vault, name, days);
    }
    assert_eq!(collect(&vault).expect("collected"), Some(Collected { gone: 1, more: false }));
    let there = |name: &String| vault.get(name).is_ok();
    assert_eq!([&young, &old, &journalled, &listed].map(there), [true, false, true, true]);
    // Where the journal cannot be read, nobody can say what is needed.
    age(&vault, &young, days);
    std::fs::create_dir(dir.journal().join("2026-01-02.jsonl")).expect("made");
    assert!(collect(&vault).is_err() && there(&young));
}

/// A vault with one old file that nothing names.
fn one_to_go() -> (tempfile::TempDir, DataDir, Vault, String) {
    let (folder, dir, vault) = vault();
    let name = vault.put(b"nobody needs this").expect("kept");
    age(&vault, &name, DAYS);
    (folder, dir, vault, name)
}

const DAYS: Duration = Duration::from_secs(60 * 60 * 25);

#[test]
fn what_cannot_be_read_whole_keeps_everything() {
    let hash = "ab".repeat(32);
    let event = |rest: &str| format!("{{\"v\":1,\"at\":\"2026-01-01T00:00:00.000Z\"{rest}");
    let whole = event(",\"x\":1}\n");
    let kept = line(&Kept { sequence: 1, at: Stamp::default(), sha256: hash.clone(), size: 3 }).expect("a line");
    for (file, text, goes) in [
        // A crash leaves the beginning of a line, or zeros; nothing was done that depends on it.
        ("journal/2026-01-01.jsonl", format!("{whole}{}", event(",\"sha256\":\"ab")), true),
        ("journal/2026-01-01.jsonl", format!("{whole}\0\0\0\n{whole}"), true),
        ("journal/2026-01-01.jsonl", format!("{whole}garbled{whole}"), false),
        ("journal/2026-01-01.jsonl", format!("{whole}{}", whole.replace("\"at\"", "at")), false),
        // Moved aside by a person: still looked at for names, and no part of the journal.
        ("journal/2026-01-01.jsonl.damaged", format!("garbled {hash}"), true),
        ("vault/ledgers/state-a.jsonl", format!("{kept}\n"), true),
        ("vault/ledgers/state-a.jsonl", format!("{kept}\n{}", &kept[..40]), true),
        ("vault/ledgers/state-a.jsonl", format!("{kept}\n{}\n{kept}\n", kept.replace(":3", ":4")), false),
        ("vault/ledgers/state-a.jsonl", "what is this".to_owned(), false),
        ("vault/ledgers/state-a.lock", String::new(), true),
        ("state/now.json", "{\"torn".to_owned(), true),
    ] {
        let (_folder, dir, vault, name) = one_to_go();
        let path = dir.root().join(file);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, &text).expect("written");
        let collected = collect(&vault);
        assert_eq!(vault.get(&name).is_err(), goes, "{file}: {text}\n{collected:?}");
        assert_eq!(collected.is_ok(), goes, "{file}: {collected:?}");
        // Whatever came of it, nobody tries again today.
        assert!(!vault.is_due(), "{file}");
    }
}

#[test]
fn whoever_names_it_and_wherever_keeps_it() {
    for file in ["journal/2026-01-01.jsonl", "journal/2026-01-02.jsonl.damaged", "journal/notes", "state/now.json"] {
        let (_folder, dir, vault, name) = one_to_go();
        std::fs::write(dir.root().join(file), format!("{{\"v\":99,\"later\":[\"{name}\"]}}\n")).expect("written");
        assert_eq!(collect(&vault).expect("collected"), Some(Collected::default()), "{file}");
        assert!(vault.get(&name).is_ok(), "{file}");
        std::fs::remove_file(dir.root().join(file)).expect("removed");
        assert_eq!(collect(&vault).expect("collected"), Some(Collected { gone: 1, more: false }), "{file}");
    }
}

#[test]
fn so_many_at_a_time_and_never_without_time() {
    let (_folder, _, vault) = vault();
    for number in 0..25 {
        let name = vault.put(format!("{number}").as_bytes()).expect("kept");
        age(&vault, &name, DAYS);
    }
    let left = || std::fs::read_dir(vault.folder()).expect("there").count() - 1;
    assert!(vault.collect(10, Duration::ZERO).is_ok_and(|collected| collected.is_some_and(|one| one.more)));
    assert_eq!(left(), 25, "there was no time");
    for (gone, more, remain) in [(10, true, 15), (10, true, 5), (5, false, 0), (0, false, 0)] {
        assert_eq!(vault.collect(10, LONGEST).expect("collected"), Some(Collected { gone, more }));
        assert_eq!(left(), remain);
    }
}

#[test]
fn only_files_of_ours_go() {
    let (_folder, dir, vault, name) = one_to_go();
    let beside = vault.folder();
    let half = format!(".{name}.gz.XyZ123");
    std::fs::write(beside.join("README"), "mine").expect("written");
    std::fs::write(beside.join(&half), "half").expect("written");
    std::fs::write(beside.join(format!("{}.gz.old", "a".repeat(64))), "mine").expect("written");
    std::os::unix::fs::symlink("README", beside.join(format!("{}.gz", "b".repeat(64)))).expect("linked");
    for name in ["README", &half] {
        let file = OpenOptions::new().append(true).open(beside.join(name)).expect("there");
        file.set_modified(SystemTime::now() - DAYS).expect("set");
    }
    assert_eq!(collect(&vault).expect("collected"), Some(Collected { gone: 2, more: false }));
    let mut left: Vec<String> = std::fs::read_dir(&beside)
        .expect("there")
        .map(|entry| entry.expect("one").file_name().to_string_lossy()[..5].to_owned())
        .collect();
    left.sort();
    assert_eq!(left, [".lock", "READM", "aaaaa", "bbbbb"]);
    // Where a link leads there is nothing of ours.
    let elsewhere = dir.root().join("elsewhere");
    std::fs::rename(&beside, &elsewhere).expect("moved");
    let theirs = elsewhere.join(format!("{name}.gz"));
    std::fs::write(&theirs, "theirs").expect("written");
    let file = OpenOptions::new().append(true).open(&theirs).expect("there");
    file.set_modified(SystemTime::now() - DAYS).expect("set");
    std::os::unix::fs::symlink(&elsewhere, &beside).expect("linked");
    assert_eq!(collect(&vault).expect("nothing to do"), Some(Collected::default()));
    assert!(theirs.exists());
}

#[test]
fn nobody_collects_while_somebody_puts_and_the_day_is_counted_from_the_last_look() {
    let (_folder, dir, vault, name) = one_to_go();
    let writer = vault.steady().expect("nobody clears it");
    assert_eq!(collect(&vault).expect("looked"), None);
    assert!(vault.get(&name).is_ok());
    drop(writer);
    let looked = |shift: i64| {
        let time = SystemTime::now();
        let by = Duration::from_secs(shift.unsigned_abs() * 60 * 60);
        let time = if shift < 0 { time - by } else { time + by };
        vault.lock().and_then(|lock| lock.set_modified(time)).expect("set");
        vault.is_due()
    };
    assert_eq!([-25, -23, 0, 2].map(looked), [true, false, false, true], "a time to come is no time");
    assert!(!Vault::of(&DataDir::at(dir.root().join("none"))).is_due(), "where nothing is kept nothing can go");
}

#[test]
fn numbers_only_go_up_and_a_garbled_line_costs_itself() {
    let (_folder, dir, _) = vault();
    let copies = Copies::of_checkpoint(&dir, "app");
    for number in 1..=7_u64 {
        assert_eq!(copies.add(format!("state {number}").as_bytes(), 3).expect("saved").sequence, number);
    }
    let sequences = || copies.list().expect("readable").copies.iter().map(|kept| kept.sequence).collect::<Vec<_>>();
    assert_eq!(sequences(), [5, 6, 7]);
    let text = std::fs::read_to_string(&copies.path).expect("there");
    std::fs::write(&copies.path, text.replace("\"sequence\":7", "\"sequence\":6")).expect("written");
    assert_eq!((sequences(), copies.list().expect("readable").torn), (vec![5, 6], 1));
    // The one that nobody can read was the seventh, and there is no second one of that number.
    assert_eq!(copies.add(b"new", 3).expect("saved").sequence, 8);
    std::fs::write(&copies.path, "{\"sequence\":").expect("torn");
    assert_eq!(copies.add(b"newer", 3).expect("saved").sequence, 2);
    assert_eq!(copies.read(&copies.list().expect("readable").copies[0]).expect("there"), b"newer");
}

#[test]
fn the_same_state_is_copied_once_and_a_damaged_copy_anew() {
    let (_folder, dir, vault) = vault();
    let copies = Copies::of_state(&dir, "positions");
    assert!(copies.add_if_new(b"one").expect("saved").is_some());
    assert!(copies.add_if_new(b"one").expect("looked").is_none());
    assert!(copies.add_if_new(b"two").expect("saved").is_some());
    let newest = copies.list().expect("readable").copies.last().cloned().expect("one");
    std::fs::write(vault.path(&newest.sha256).expect("a name"), "rotten").expect("written");
    assert!(copies.read(&newest).is_err());
    assert!(copies.add_if_new(b"two").expect("saved").is_some());
    assert_eq!(copies.read(&newest).expect("mended"), b"two");
}
