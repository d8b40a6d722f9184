use std::time::SystemTime;

use super::*;

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
    std::fs::write(dir.journal().join("2026-01-01.jsonl"), format!("{{\"later\":\"x{journalled}\"}}torn"))
        .expect("written");
    let copies = Copies::of_state(&dir, "positions");
    assert_eq!(copies.add(b"listed", 1).expect("saved").sha256, listed);
    let days = Duration::from_secs(60 * 60 * 25);
    for name in [&old, &journalled, &listed] {
        age(&vault, name, days);
    }
    assert_eq!(vault.collect().expect("collected").gone, 1);
    let there = |name: &String| vault.get(name).is_ok();
    assert_eq!([&young, &old, &journalled, &listed].map(there), [true, false, true, true]);
    // Where the journal cannot be read, nobody can say what is needed.
    age(&vault, &young, days);
    std::fs::create_dir(dir.journal().join("2026-01-02.jsonl")).expect("made");
    assert!(vault.collect().is_err() && there(&young));
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
