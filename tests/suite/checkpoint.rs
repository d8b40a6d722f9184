//! `heal checkpoint`: does what was saved come back, byte for byte, from the newest that is whole, and does no fault on the way
//! leave half of it?

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::Stdio;

use expect_test::expect;
use serde_json::Value;

use super::support::{Project, Ran};

/// A project with a checkpoint of this kind.
pub fn project(keys: &str) -> Project {
    Project::new(&format!(
        "[project]\nname = \"test\"\n\n[service.app]\nmatch = {{ executable = \"no-such-program\" }}\n\n[checkpoint.app]\n{keys}\n"
    ))
}

/// One whose state is a file.
pub fn of_file(text: &str) -> Project {
    let project = project("path = \"state/app.bin\"");
    project.write("state/app.bin", text);
    project
}

/// Runs heal with this on stdin.
pub fn fed(project: &Project, args: &[&str], input: &[u8]) -> Ran {
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

pub fn state(project: &Project) -> Vec<u8> {
    fs::read(project.path("state/app.bin")).expect("there")
}

pub fn save(project: &Project, text: &str) {
    project.write("state/app.bin", text);
    project.heal(&["checkpoint", "save"]).exits(0);
}

pub fn listed(project: &Project) -> Vec<Value> {
    let told = project.heal(&["checkpoint", "list", "--json"]).exits(0).json();
    told["checkpoints"][0]["copies"].as_array().expect("a list").clone()
}

pub fn numbers(project: &Project) -> Vec<u64> {
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
    project.write("state/app.bin", "in use");
    for words in ["verify", "restore --dry-run", "restore", "restore", "list", "verify --quiet", "restore --sequence 2"]
    {
        let args: Vec<&str> = ["checkpoint"].into_iter().chain(words.split(' ')).collect();
        said.push_str(&format!("$ heal {}\n{}", args.join(" "), project.heal(&args).snapshot(&project)));
    }
    let hash = listed(&project)[0]["sha256"].as_str().expect("a word").to_owned();
    expect![[r#"
        $ heal checkpoint verify
        exit 1
        --- stdout
        nothing   was saved as app
        --- stderr
        $ heal checkpoint list
        exit 0
        --- stdout
        nothing   was saved as app
        --- stderr
        $ heal checkpoint save --dry-run
        exit 0
        --- stdout
        would     save app from [DIR]/state/app.bin, 3 B
        --- stderr
        $ heal checkpoint save
        exit 0
        --- stdout
        saved     app 1, 3 B, [TIME] from [DIR]/state/app.bin
        --- stderr
        $ heal checkpoint restore --dry-run
        exit 0
        --- stdout
        nothing   to do: [DIR]/state/app.bin is app 1, 3 B, [TIME]
        --- stderr
        $ heal checkpoint restore
        exit 0
        --- stdout
        nothing   to do: [DIR]/state/app.bin is app 1, 3 B, [TIME]
        --- stderr
        $ heal checkpoint verify
        exit 2
        --- stdout
        damaged   app 2, 3 B, [TIME]: what the vault keeps as [SHA256] is damaged: corrupt gzip stream does not have a matching checksum
        whole     app 1, 3 B, [TIME]
        next  heal checkpoint restore app --dry-run
        --- stderr
        $ heal checkpoint restore --dry-run
        exit 1
        --- stdout
        damaged   app 2: what the vault keeps as [SHA256] is damaged: corrupt gzip stream does not have a matching checksum
        would     restore [DIR]/state/app.bin from app 1, 3 B, [TIME]: the newest that is whole
        next  heal checkpoint restore
        --- stderr
        $ heal checkpoint restore
        exit 1
        --- stdout
        damaged   app 2: what the vault keeps as [SHA256] is damaged: corrupt gzip stream does not have a matching checksum
        restored  [DIR]/state/app.bin from app 1, 3 B, [TIME]: the newest that is whole
        --- stderr
        $ heal checkpoint restore
        exit 1
        --- stdout
        damaged   app 2: what the vault keeps as [SHA256] is damaged: corrupt gzip stream does not have a matching checksum
        nothing   to do: [DIR]/state/app.bin is app 1, 3 B, [TIME]: the newest that is whole
        --- stderr
        $ heal checkpoint list
        exit 0
        --- stdout
        saved     app 2, 3 B, [TIME]
        saved     app 1, 3 B, [TIME]
        --- stderr
        $ heal checkpoint verify --quiet
        exit 2
        --- stdout
        damaged   app 2, 3 B, [TIME]: what the vault keeps as [SHA256] is damaged: corrupt gzip stream does not have a matching checksum
        next  heal checkpoint restore app --dry-run
        --- stderr
        $ heal checkpoint restore --sequence 2
        exit 2
        --- stdout
        damaged   app 2: what the vault keeps as [SHA256] is damaged: corrupt gzip stream does not have a matching checksum
        lost      app: nothing is restored, because none of these is whole
        --- stderr
    "#]].assert_eq(&said.replace(&hash, "[SHA256]"));
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
        ("command = [\"yes\"]\ntimeout = \"2s\"\nmax_size = \"1MB\"", ":", "it has more than 1.0 MB"),
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
fn where_nothing_was_saved_each_answer_is_one_document() {
    for project in [of_file("0"), Project::new("[project]\nname = \"x\"\n")] {
        // Held against the published schema, in which exactly one kind of document may fit.
        assert_eq!(project.heal(&["checkpoint", "list", "--json"]).exits(0).json()["kept"], 0);
        assert_eq!(project.heal(&["checkpoint", "verify", "--json"]).exits(1).json()["damaged"], 0);
    }
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
    assert_eq!(project.heal(&["checkpoint", "verify", "--json"]).exits(2).json()["damaged"], 2);
    assert_eq!(project.heal(&["checkpoint", "list", "--json"]).exits(0).json()["kept"], 3);
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
fn the_clock_starts_it() {
    let project = project("command = [\"echo\", \"state\"]\n\n[schedule]\ncheckpoint = \"5m\"");
    let text = project.heal(&["install", "--systemd", "--print"]).exits(0).stdout;
    let line = text.lines().find(|line| line.starts_with("ExecStart=") && line.contains("checkpoint"));
    let line = line.unwrap_or_else(|| panic!("{text}"));
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    // What it says is what is run.
    project.heal(&words).exits(0);
    assert_eq!(numbers(&project), [1], "{line}");
    assert!(text.contains("OnUnitActiveSec=300"), "{text}");
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
