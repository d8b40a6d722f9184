//! What if a save or a restore of a checkpoint ends in its middle, the disk refuses, something else stands in the way, or many
//! save at once? A checkpoint is whole or not there, and a restored file is the old one or the new one.

use std::fs;

use super::checkpoint::{fed, listed, numbers, of_file, project, save, state};
use super::killpoints::{self, Fault};
use super::support::wait_for;

#[test]
fn what_stands_in_its_way_is_left_alone() {
    for (prepare, why) in [
        ("mkdir state/app.bin", "not a regular file"),
        ("mkfifo state/app.bin", "not a regular file"),
        ("ln -s /etc/hostname state/app.bin", "is a link, which heal does not follow"),
        ("echo x > state/app.bin; ln state/app.bin twin", "more names than this one"),
        ("rmdir state; mkdir real; ln -s real state", "is a link, which heal does not follow"),
        ("rmdir state", "its folder is not there"),
    ] {
        let project = of_file("one");
        project.heal(&["checkpoint", "save"]).exits(0);
        let script = format!("rm state/app.bin; {prepare}");
        assert_eq!(project.run(&mut project.command_of("/bin/sh", &["-c", &script])).code, 0);
        let told = project.heal(&["checkpoint", "restore", "--json"]).exits(69).json();
        let said = told["why"].as_str().expect("a reason");
        assert!(said.contains(why), "{prepare}: {said}");
        assert!(fs::read_to_string("/etc/hostname").is_ok_and(|text| text != "one"));
        assert!(fs::read_dir(project.path("real")).map_or(true, |mut all| all.next().is_none()), "{prepare}");
    }
    let mut project = of_file("one");
    project.heal(&["checkpoint", "save"]).exits(0);
    project.write("state/app.bin", "two");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let outside = elsewhere.path().join("app.bin").display().to_string();
    for (to, why) in [(outside.as_str(), "not inside of the project"), ("data/state/now.json", "heal's own")] {
        let ran = project.heal(&["checkpoint", "restore", "--to", to]).exits(69);
        assert!(ran.stdout.contains(why), "{ran:?}");
    }
    assert_eq!(fs::read_dir(elsewhere.path()).expect("there").count(), 0);
    // Somebody has it open: what he still writes would be lost.
    let pid = project.spawn(&["/bin/sh", "-c", "exec 9>>state/app.bin; exec sleep 600"]);
    wait_for("it to be open", || fs::read_link(format!("/proc/{pid}/fd/9")).is_ok());
    let ran = project.heal(&["checkpoint", "restore"]).exits(69);
    assert!(ran.stdout.contains("is left alone") || ran.stdout.contains("open"), "{ran:?}");
    assert_eq!(state(&project), b"two");
}

#[test]
fn twenty_saves_at_once_take_twenty_numbers() {
    let project = project("keep = { last = 100 }");
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let one =
            |number: usize| fed(&project, &["checkpoint", "save", "app"], format!("state {number}").as_bytes()).code;
        let runs: Vec<_> = (0..20).map(|number| scope.spawn(move || one(number))).collect();
        runs.into_iter().map(|run| run.join().expect("heal ran")).collect()
    });
    assert_eq!(codes, [0; 20]);
    assert_eq!(numbers(&project), (1..=20).rev().collect::<Vec<u64>>());
    let hashes: std::collections::BTreeSet<String> =
        listed(&project).iter().map(|one| one["sha256"].to_string()).collect();
    assert_eq!(hashes.len(), 20, "each has its own state");
    project.heal(&["checkpoint", "verify", "--quiet"]).exits(0);
}

/// A save with a fault somewhere: what was saved before is whole, the new one is whole or not there, and the next one goes on.
fn save_swept(fault: Fault, most: usize) {
    let world = || {
        let project = project("path = \"state/app.bin\"\nkeep = { last = 2 }");
        for text in ["one", "two"] {
            save(&project, text);
        }
        project.write("state/app.bin", "three");
        project
    };
    let points = killpoints::sweep(world, &["checkpoint", "save"], fault, most, |project, point, ran| {
        let told = project.heal(&["checkpoint", "verify", "--json"]);
        assert!([0, 1].contains(&told.code), "{point:?}: {told:?}");
        let told = told.json();
        let newest = told["checkpoints"][0]["restorable"].as_u64().expect("one is whole");
        let copies = told["checkpoints"][0]["copies"].as_array().expect("some");
        assert!(copies.len() >= 2 && copies.iter().all(|one| one["whole"] == true), "{point:?}: {told:#}");
        // A save that was killed right before it said so is followed by another one.
        let most = if matches!(fault, Fault::Again(_)) { 4 } else { 3 };
        assert!(newest <= most, "{point:?}: {told:#}");
        assert_eq!(newest >= 3, copies.iter().any(|one| one["sequence"].as_u64() >= Some(3)), "{point:?}: {told:#}");
        assert!(ran.code != 0 || newest >= 3, "{point:?}: it said that it saved: {ran:?}");
        project.heal(&["checkpoint", "save"]).exits(0);
        let after = numbers(project);
        assert!(after[0] > newest && after.len() <= 2, "{point:?}: {after:?}");
        project.write("state/app.bin", "x");
        let restored = project.heal(&["checkpoint", "restore"]);
        assert!([0, 1].contains(&restored.code), "{point:?}: {restored:?}");
        assert_eq!(state(project), b"three", "{point:?}");
    });
    assert!(points > 0, "{points}");
}

#[test]
fn a_save_that_is_killed_is_whole_or_not_there() {
    save_swept(Fault::Kill, 12);
}

#[test]
fn a_save_on_a_full_disk_is_whole_or_not_there() {
    save_swept(Fault::Error("ENOSPC"), 8);
}

#[test]
fn a_save_on_a_broken_disk_is_whole_or_not_there() {
    save_swept(Fault::Error("EIO"), 8);
}

/// A restore with a fault somewhere: the old bytes or the new ones, a second run comes to the new ones, and back.
fn restore_swept(fault: Fault, most: usize) {
    let world = || {
        let project = of_file("saved");
        project.heal(&["checkpoint", "save"]).exits(0);
        project.write("state/app.bin", "in use");
        project
    };
    let points = killpoints::sweep(world, &["checkpoint", "restore"], fault, most, |project, point, ran| {
        let now = state(project);
        assert!(now == b"saved" || now == b"in use", "{point:?}: {:?}", String::from_utf8_lossy(&now));
        assert!(ran.code != 0 || now == b"saved", "{point:?}: {ran:?}");
        project.heal(&["checkpoint", "restore"]).exits(0);
        assert_eq!(state(project), b"saved", "{point:?}");
        let left: Vec<_> =
            fs::read_dir(project.path("state")).expect("there").flatten().map(|one| one.file_name()).collect();
        // A name that the disk did not let go of holds what was there; nothing else is left.
        let stuck = fault.sticks(point);
        assert!(left == ["app.bin"] || stuck && left.len() == 2, "{point:?} {left:?}");
        project.heal(&["checkpoint", "verify", "--quiet"]).exits(0);
        project.heal(&["undo"]).exits(0);
        assert_eq!(state(project), b"in use", "{point:?}");
    });
    assert!(points > 0, "{points}");
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_bytes_or_the_new_ones() {
    restore_swept(Fault::Kill, 12);
}

#[test]
fn a_restore_that_is_killed_twice_leaves_the_old_bytes_or_the_new_ones() {
    restore_swept(Fault::Again(&[]), 3);
}

#[test]
fn a_save_that_is_killed_twice_is_whole_or_not_there() {
    save_swept(Fault::Again(&[]), 2);
}

#[test]
fn a_disk_that_stays_broken_leaves_what_was_there() {
    for error in ["ENOSPC", "EIO", "EROFS"] {
        restore_swept(Fault::Sticky(error), 1);
        save_swept(Fault::Sticky(error), 1);
    }
}

#[test]
fn a_restore_on_a_full_disk_leaves_the_old_bytes_or_the_new_ones() {
    restore_swept(Fault::Error("ENOSPC"), 8);
}

#[test]
fn a_restore_on_a_broken_disk_leaves_the_old_bytes_or_the_new_ones() {
    restore_swept(Fault::Error("EIO"), 8);
}
