use std::collections::BTreeMap;

use super::*;
use crate::host::{clock, processes};
use crate::model::Identity;

fn pause(service: Option<&str>) -> Pause {
    Pause {
        service: service.map(str::to_owned),
        reason: "upgrade".to_owned(),
        by: "root".to_owned(),
        since: clock::now(),
        for_ms: 3_600_000,
        over_reboot: false,
        holder: None,
        lock: false,
    }
}

fn bound(identity: Identity, namespace: Option<String>) -> Pause {
    Pause { holder: Some(Holder { identity, namespace, command: "deploy".to_owned() }), ..pause(Some("bot")) }
}

fn ourselves() -> Identity {
    let pid = i32::try_from(std::process::id()).expect("a pid");
    match processes().detail(pid) {
        process::Detail::Seen(process) => process.identity,
        other => panic!("{other:?}"),
    }
}

fn world() -> (tempfile::TempDir, DataDir) {
    let root = tempfile::tempdir().expect("a directory");
    let dir = DataDir::at(root.path().join("data"));
    dir.create().expect("created");
    (root, dir)
}

fn read(dir: &DataDir) -> Pauses {
    Pauses::read(dir, &clock::now(), processes().as_ref())
}

#[test]
fn what_is_kept_is_what_is_read_and_a_second_one_takes_its_place() {
    let (_root, dir) = world();
    assert!(read(&dir).of("bot").is_none(), "no folder, no pause");
    let ledger = Ledger::open(&dir, Duration::from_secs(5)).expect("opens");
    ledger.put(&pause(Some("bot"))).expect("kept");
    ledger.put(&Pause { reason: "another".to_owned(), ..pause(Some("bot")) }).expect("kept");
    ledger.put(&bound(ourselves(), process::namespace())).expect("kept");
    let pauses = read(&dir);
    assert_eq!(pauses.on.len(), 2, "{pauses:?}");
    assert!(pauses.of("other").is_none());
    let kept = pauses.on.iter().find(|kept| kept.file == "bot.json").expect("there");
    assert_eq!(kept.pause.as_ref().expect("whole").reason, "another");
    ledger.put(&pause(None)).expect("kept");
    assert!(read(&dir).of("other").expect("paused").all);
    ledger.remove("@all.json").expect("removed");
    ledger.remove("@all.json").expect("gone is gone");
    assert!(read(&dir).of("other").is_none());
}

#[test]
fn a_holder_that_is_gone_ends_it_and_one_that_cannot_be_seen_does_not() {
    let mut child = std::process::Command::new("true").spawn().expect("runs");
    let pid = i32::try_from(child.id()).expect("a pid");
    child.wait().expect("ends");
    let gone = Identity { pid, ..ourselves() };
    let another_life = Identity { start: 1, ..ourselves() };
    let elsewhere = Some("pid:[1]".to_owned());
    for (what, pause, on) in [
        ("it runs", bound(ourselves(), process::namespace()), true),
        ("it is gone", bound(gone.clone(), process::namespace()), false),
        ("the number is another's", bound(another_life, process::namespace()), false),
        ("it lives where we do not see it", bound(gone, elsewhere), true),
    ] {
        let (_root, dir) = world();
        Ledger::open(&dir, Duration::from_secs(5)).expect("opens").put(&pause).expect("kept");
        let pauses = read(&dir);
        assert_eq!((pauses.of("bot").is_some(), pauses.over.len()), (on, usize::from(!on)), "{what}");
    }
}

#[test]
fn what_cannot_be_read_counts_as_a_pause_of_its_service_for_as_long_as_one_may_last() {
    let (_root, dir) = world();
    Ledger::open(&dir, Duration::from_secs(5)).expect("opens").put(&pause(Some("bot"))).expect("kept");
    let path = dir.pauses().join("bot.json");
    let whole = std::fs::read(&path).expect("read");
    for length in 0..whole.len() - 1 {
        std::fs::write(&path, &whole[..length]).expect("written");
        let paused = read(&dir).of("bot").unwrap_or_else(|| panic!("cut at {length}: taken for no pause"));
        assert!(paused.unreadable && paused.reason.contains("bot.json"), "cut at {length}: {paused:?}");
        assert!(read(&dir).of("other").is_none());
    }
    for at in 0..whole.len() - 1 {
        let mut changed = whole.clone();
        changed[at] ^= 0x01;
        std::fs::write(&path, &changed).expect("written");
        assert!(read(&dir).of("bot").expect("paused").unreadable, "changed at {at}");
    }
    let week = Duration::from_secs(8 * 86_400);
    let file = std::fs::File::options().write(true).open(&path).expect("opens");
    for (when, on) in [
        (std::time::SystemTime::now() - week, false),
        (std::time::SystemTime::now() + week, false),
        (std::time::SystemTime::now() - week / 2, true),
    ] {
        file.set_modified(when).expect("set");
        assert_eq!(read(&dir).of("bot").is_some(), on, "{when:?}");
    }
}

#[test]
fn only_names_that_heal_gives_count() {
    let table: BTreeMap<&str, Option<Option<&str>>> = [
        ("bot.json", Some(Some("bot"))),
        ("bot@12.34.json", Some(Some("bot"))),
        ("a.b-c_d.json", Some(Some("a.b-c_d"))),
        ("@all.json", Some(None)),
        ("@all@12.34.json", Some(None)),
        (".bot.json.x1", None),
        (".bot.json", None),
        ("README", None),
    ]
    .into();
    for (file, expected) in table {
        assert_eq!(service_of(file), expected.map(|service| service.map(str::to_owned)), "{file}");
    }
}

#[test]
fn another_services_pause_and_a_newer_heals_are_not_guessed_at() {
    let (_root, dir) = world();
    let ledger = Ledger::open(&dir, Duration::from_secs(5)).expect("opens");
    ledger.put(&pause(Some("other"))).expect("kept");
    std::fs::copy(dir.pauses().join("other.json"), dir.pauses().join("bot.json")).expect("copied");
    assert!(read(&dir).of("bot").expect("paused").reason.contains("another service"));
    let text = std::fs::read_to_string(dir.pauses().join("other.json")).expect("read");
    let newer = text.lines().next().expect("a line").replace("{\"v\":1,", "{\"v\":2,");
    std::fs::write(dir.pauses().join("other.json"), format!("{newer}\n{}\n", sum(&newer))).expect("written");
    assert!(read(&dir).of("other").expect("paused").reason.contains("newer heal"));
}

#[test]
fn a_folder_that_cannot_be_read_pauses_everything() {
    let (_root, dir) = world();
    std::fs::write(dir.pauses(), "a file in its place").expect("written");
    let paused = read(&dir).of("bot").expect("paused");
    assert!(paused.unreadable && paused.all && paused.until.is_none(), "{paused:?}");
    assert!(Ledger::open(&dir, Duration::from_secs(5)).is_err());
}

#[test]
fn what_a_killed_writer_left_behind_is_cleared_away() {
    let (_root, dir) = world();
    drop(Ledger::open(&dir, Duration::from_secs(5)).expect("opens"));
    std::fs::write(dir.pauses().join(".bot.json.4f"), "{\"v\":").expect("written");
    assert!(read(&dir).of("bot").is_none(), "a file that was never finished is no pause");
    drop(Ledger::open(&dir, Duration::from_secs(5)).expect("opens"));
    assert!(!dir.pauses().join(".bot.json.4f").exists());
}
