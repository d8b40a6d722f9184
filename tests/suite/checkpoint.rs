//! `heal checkpoint`: does what was saved come back, byte for byte, from the newest that is whole, and does no fault on the way
//! leave half of it?

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Stdio;

use expect_test::expect;
use serde_json::Value;

use super::killpoints::{self, Fault};
use super::support::{Project, Ran};

/// A project with a checkpoint of this kind.
fn project(keys: &str) -> Project {
    Project::new(&format!(
        "[project]\nname = \"test\"\n\n[service.app]\nmatch = {{ executable = \"no-such-program\" }}\n\n[checkpoint.app]\n{keys}\n"
    ))
}

/// One whose state is a file.
fn of_file(text: &str) -> Project {
    let project = project("path = \"state/app.bin\"");
    project.write("state/app.bin", text);
    project
}

/// Runs heal with this on stdin.
fn fed(project: &Project, args: &[&str], input: &[u8]) -> Ran {
    let mut command = project.command(args);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // Who refuses it need not read it.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ran {
        code: output.status.code().expect("no signal"),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
        took: std::time::Duration::ZERO,
    }
}

fn state(project: &Project) -> Vec<u8> {
    fs::read(project.path("state/app.bin")).expect("there")
}

fn save(project: &Project, text: &str) {
    project.write("state/app.bin", text);
    project.heal(&["checkpoint", "save"]).exits(0);
}

fn listed(project: &Project) -> Vec<Value> {
    let told = project.heal(&["checkpoint", "list", "--json"]).exits(0).json();
    told["checkpoints"][0]["copies"].as_array().expect("a list").clone()
}

fn numbers(project: &Project) -> Vec<u64> {
    listed(project).iter().map(|one| one["sequence"].as_u64().expect("a number")).collect()
}

/// The file in the vault that holds the bytes of this number.
fn bytes_of(project: &Project, sequence: u64) -> PathBuf {
    let all = listed(project);
    let one = all.iter().find(|one| one["sequence"] == sequence).expect("listed");
    project.path("data/vault/bytes").join(format!("{}.gz", one["sha256"].as_str().expect("a word")))
}

/// Makes the bytes of this number others than were saved.
fn damage(project: &Project, sequence: u64) {
    let path = bytes_of(project, sequence);
    let mut bytes = fs::read(&path).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&path, bytes).expect("written");
}

#[test]
fn what_is_said_of_saving_proving_and_restoring() {
    let project = of_file("one");
    let mut said = String::new();
    for words in ["verify", "list", "save --dry-run", "save", "restore --dry-run", "restore"] {
        let args: Vec<&str> = ["checkpoint"].into_iter().chain(words.split(' ')).collect();
        said.push_str(&format!("$ heal {}\n{}", args.join(" "), project.heal(&args).snapshot(&project)));
    }
    save(&project, "two");
    damage(&project, 2);
    for words in ["verify", "restore --dry-run", "restore", "restore", "verify --quiet", "restore --sequence 2"] {
        let args: Vec<&str> = ["checkpoint"].into_iter().chain(words.split(' ')).collect();
        said.push_str(&format!("$ heal {}\n{}", args.join(" "), project.heal(&args).snapshot(&project)));
    }
    let hash = listed(&project)[0]["sha256"].as_str().expect("a word").to_owned();
    expect![[r#""#]].assert_eq(&said.replace(&hash, "[SHA256]"));
    assert_eq!(state(&project), b"one");
}

#[test]
fn each_way_in_and_out_keeps_every_byte() {
    let all: Vec<u8> = (0..=255).cycle().take(300_000).collect();
    let (from_file, from_command) = (project("path = \"state/app.bin\""), project("command = [\"cat\", \"dumped\"]"));
    let from_stdin = project("");
    fs::create_dir(from_file.path("state")).expect("made");
    fs::write(from_file.path("state/app.bin"), &all).expect("written");
    fs::write(from_command.path("dumped"), &all).expect("written");
    for project in [&from_file, &from_command] {
        project.heal(&["checkpoint", "save"]).exits(0);
    }
    fed(&from_stdin, &["checkpoint", "save", "app"], &all).exits(0);
    fed(&from_stdin, &["checkpoint", "save", "--from", "-"], &all).exits(0);
    fs::write(from_stdin.path("other"), &all).expect("written");
    from_stdin.heal(&["checkpoint", "save", "--from", "other"]).exits(0);
    assert_eq!(numbers(&from_stdin), [3, 2, 1]);
    for project in [&from_file, &from_command, &from_stdin] {
        let output = project.command(&["checkpoint", "restore", "--to", "-"]).output().expect("it runs");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        assert_eq!(output.stdout, all);
        project.heal(&["checkpoint", "restore", "--to", "again.bin"]).exits(0);
        assert_eq!(fs::read(project.path("again.bin")).expect("there"), all);
        project.heal(&["checkpoint", "verify", "--quiet"]).exits(0);
    }
    // stdout is the state's alone, and one answer.
    from_file.heal(&["checkpoint", "restore", "--to", "-", "--json"]).exits(64);
    from_command.heal(&["checkpoint", "restore"]).exits(64);
    from_stdin.heal(&["checkpoint", "save"]).exits(64);
}

#[test]
fn what_is_no_state_is_not_saved() {
    let kept = "there is one before";
    for (keys, prepare, why) in [
        ("path = \"s\"", ": > s", "it is empty"),
        ("path = \"s\"", "head -c 4096 /dev/zero > s", "nothing but zeros"),
        ("path = \"s\"", "printf ' \\n\\t\\n' > s", "nothing but white space"),
        ("path = \"s\"", ":", "it does not exist"),
        ("path = \"s\"", "mkfifo s", "a FIFO stands where the file should be"),
        ("path = \"s\"", "mkdir s", "a directory stands"),
        ("path = \"s\"", "ln -s heal.toml s", "a link stands"),
        ("path = \"s\"\nmax_size = \"2B\"", "echo abc > s", "more than 2 B is not read"),
        ("command = [\"true\"]", ":", "it is empty"),
        (
            "command = [\"sh\", \"-c\", \"echo half; echo no such table >&2; exit 3\"]",
            ":",
            "exit code 3: no such table",
        ),
        ("command = [\"yes\"]\nmax_size = \"1MB\"", ":", "it has more than 1 MB"),
        ("command = [\"sleep\", \"600\"]\ntimeout = \"200ms\"", ":", "did not end in time and was killed"),
        ("command = [\"no-such-program\"]", ":", "no-such-program"),
    ] {
        let project = project(keys);
        fed(&project, &["checkpoint", "save", "app", "--from", "-"], kept.as_bytes()).exits(if keys.contains("2B") {
            65
        } else {
            0
        });
        let before = numbers(&project);
        let done = project.run(&mut project.command_of("/bin/sh", &["-c", prepare]));
        assert_eq!(done.code, 0, "{done:?}");
        let told = project.heal(&["checkpoint", "save", "--json"]).exits(65).json();
        let said = told["saved"][0]["why"].as_str().expect("a reason");
        assert!(said.contains(why), "{keys}: {said}");
        assert_eq!(numbers(&project), before, "{keys}");
    }
    let project = project("");
    fed(&project, &["checkpoint", "save", "app"], b"").exits(65);
    project.heal(&["checkpoint", "save", "app", "--dry-run"]).exits(65);
    project.heal(&["checkpoint", "save", "nobody"]).exits(64);
    project.heal(&["checkpoint", "restore"]).exits(64);
    assert!(numbers(&project).is_empty());
}

#[test]
fn one_that_cannot_be_saved_keeps_no_other_from_it() {
    let project = project(
        "path = \"missing\"\n\n[checkpoint.two]\ncommand = [\"echo\", \"two\"]\n\n[checkpoint.off]\nenabled = false\ncommand = [\"echo\", \"off\"]",
    );
    let told = project.heal(&["checkpoint", "save", "--json"]).exits(65).json();
    let outcomes: Vec<&str> =
        told["saved"].as_array().expect("two").iter().map(|one| one["outcome"].as_str().expect("a word")).collect();
    assert_eq!(outcomes, ["refused", "saved"]);
    project.heal(&["checkpoint", "save", "off"]).exits(69);
    project.heal(&["checkpoint", "verify", "two"]).exits(0);
    // A dry run runs nobody's command.
    let project = self::project("command = [\"touch\", \"ran\"]");
    project.heal(&["checkpoint", "save", "--dry-run"]).exits(0);
    assert!(!project.path("ran").exists() && !project.path("data").exists());
}

#[test]
fn the_newest_stay_and_numbers_never_come_again_whatever_the_clock_says() {
    let mut project = project("path = \"state/app.bin\"\nkeep = { last = 3 }");
    for (number, shift) in [(1, "0s"), (2, "48h"), (3, "0s"), (4, "1s"), (5, "0s")] {
        project.env("HEAL_TEST_SHIFT", shift);
        save(&project, &format!("state {number}"));
    }
    assert_eq!(numbers(&project), [5, 4, 3]);
    project.write("state/app.bin", "broken");
    project.heal(&["checkpoint", "restore"]).exits(0);
    assert_eq!(state(&project), b"state 5");
    project.heal(&["checkpoint", "restore", "--sequence", "3"]).exits(0);
    assert_eq!(state(&project), b"state 3");
    project.heal(&["checkpoint", "restore", "--sequence", "1"]).exits(64);
    // The newest line of the ledger is garbled: its number is not given again, and that there is an older state is said.
    let ledger = "data/vault/ledgers/checkpoint-app.jsonl";
    project.write(ledger, &project.read(ledger).replace("\"sequence\":5", "\"sequence\":6"));
    project.heal(&["checkpoint", "verify"]).exits(1);
    project.heal(&["checkpoint", "restore"]).exits(1);
    assert_eq!(state(&project), b"state 4");
    save(&project, "state 6");
    assert_eq!(numbers(&project)[0], 6);
}

#[test]
fn a_restore_falls_back_until_none_is_whole_and_changes_nothing_then() {
    let project = of_file("0");
    for number in 1..=3 {
        save(&project, &format!("state {number}"));
    }
    project.write("state/app.bin", "in use");
    fs::remove_file(bytes_of(&project, 3)).expect("removed");
    damage(&project, 2);
    project.heal(&["checkpoint", "verify"]).exits(2);
    let told = project.heal(&["checkpoint", "restore", "--json"]).exits(1).json();
    assert_eq!((&told["outcome"], &told["fallback"]), (&"restored".into(), &true.into()), "{told:#}");
    assert_eq!(told["passed_over"].as_array().expect("two").len(), 2);
    assert_eq!(state(&project), b"state 1");
    damage(&project, 1);
    project.write("state/app.bin", "in use");
    let told = project.heal(&["checkpoint", "restore", "--json"]).exits(2).json();
    assert_eq!(told["outcome"], "lost", "{told:#}");
    project.heal(&["checkpoint", "restore", "--sequence", "1"]).exits(2);
    assert_eq!(state(&project), b"in use");
    // The same state saved again is whole again.
    save(&project, "state 3");
    project.heal(&["checkpoint", "restore"]).exits(0);
}

#[test]
fn a_restore_is_taken_back_and_that_too() {
    let project = of_file("one");
    project.heal(&["checkpoint", "save"]).exits(0);
    project.write("state/app.bin", "two, and more");
    let path = project.path("state/app.bin");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("set");
    let inode = fs::metadata(&path).expect("there").ino();
    project.heal(&["checkpoint", "restore"]).exits(0);
    let now = fs::metadata(&path).expect("there");
    assert!(now.ino() != inode && now.permissions().mode() & 0o777 == 0o640);
    assert_eq!(fs::read_dir(project.path("state")).expect("there").count(), 1, "nothing is left beside it");
    // There is nothing to do a second time.
    project.heal(&["checkpoint", "restore"]).exits(0);
    assert_eq!((fs::metadata(&path).expect("there").ino(), project.events("replaced").len()), (now.ino(), 1));
    project.heal(&["undo"]).exits(0);
    assert_eq!(state(&project), b"two, and more");
    let run = project.events("replaced")[1]["run"].as_str().expect("a run").to_owned();
    project.heal(&["undo", &run]).exits(0);
    assert_eq!(state(&project), b"one");
    // What was made where nothing stood goes again.
    fs::remove_file(&path).expect("removed");
    project.heal(&["checkpoint", "restore"]).exits(0);
    assert_eq!(state(&project), b"one");
    project.heal(&["undo"]).exits(0);
    assert!(!path.exists());
}

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
        let script = format!(
            "rm state/app.bin; {prepare}; find . -path ./data -prune -o -printf '%p %i %l\\n' | sort > /dev/null"
        );
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
    for (to, why) in [("/tmp/heal-test-elsewhere", "not inside of the project"), ("data/state/now.json", "heal's own")]
    {
        let ran = project.heal(&["checkpoint", "restore", "--to", to]).exits(69);
        assert!(ran.stdout.contains(why), "{ran:?}");
    }
    assert!(!PathBuf::from("/tmp/heal-test-elsewhere").exists());
    // Somebody has it open: what he still writes would be lost.
    project.spawn(&["/bin/sh", "-c", "exec 9>>state/app.bin; exec sleep 600"]);
    super::support::wait_for("it to be open", || {
        project.heal(&["checkpoint", "restore", "--dry-run"]).code == 0 && {
            let pid = project.processes();
            pid.iter().any(|pid| fs::read_link(format!("/proc/{pid}/fd/9")).is_ok())
        }
    });
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
        assert_eq!(newest == 3, copies.iter().any(|one| one["sequence"] == 3), "{point:?}: {told:#}");
        assert!(ran.code != 0 || newest == 3, "{point:?}: it said that it saved: {ran:?}");
        project.heal(&["checkpoint", "save"]).exits(0);
        let after = numbers(project);
        assert!(after[0] > newest && after.len() <= 2, "{point:?}: {after:?}");
        project.write("state/app.bin", "x");
        let restored = project.heal(&["checkpoint", "restore"]);
        assert!([0, 1].contains(&restored.code), "{point:?}: {restored:?}");
        assert_eq!(state(project), b"three", "{point:?}");
    });
    assert!(points > 5, "{points}");
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
        let stuck = matches!(fault, Fault::Error(_)) && point.call == "unlinkat";
        assert!(left == ["app.bin"] || stuck && left.len() == 2, "{point:?} {left:?}");
        project.heal(&["checkpoint", "verify", "--quiet"]).exits(0);
        project.heal(&["undo"]).exits(0);
        assert_eq!(state(project), b"in use", "{point:?}");
    });
    assert!(points > 5, "{points}");
}

#[test]
fn a_restore_that_is_killed_leaves_the_old_bytes_or_the_new_ones() {
    restore_swept(Fault::Kill, 12);
}

#[test]
fn a_restore_on_a_full_disk_leaves_the_old_bytes_or_the_new_ones() {
    restore_swept(Fault::Error("ENOSPC"), 8);
}

#[test]
fn a_restore_on_a_broken_disk_leaves_the_old_bytes_or_the_new_ones() {
    restore_swept(Fault::Error("EIO"), 8);
}
