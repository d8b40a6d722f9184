//! What if the journal is torn, full of rubbish, newer than we are, or gone? What can be read counts; what cannot is never guessed.

use std::io::Write;
use std::path::PathBuf;

use expect_test::expect;

use super::acting::{NAP, end, later, running, sleeper, started_by, the_one};
use super::support::Project;

fn today(project: &Project) -> PathBuf {
    let entries = std::fs::read_dir(project.path("data/journal")).expect("there").flatten();
    entries.map(|entry| entry.path()).max().expect("a journal")
}

fn append(project: &Project, bytes: &[u8]) {
    let mut file = std::fs::OpenOptions::new().append(true).open(today(project)).expect("there");
    file.write_all(bytes).expect("written");
}

/// A service that cannot be brought up, with a budget of three acts of which two are spent.
fn spent() -> Project {
    let project = started_by("[\"false\"]", "restart_limit = \"2 per 1h\"");
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(69);
    project
}

#[test]
fn what_a_crash_leaves_loses_neither_the_budget_nor_the_next_line() {
    let traces: [(&str, &[u8]); 4] = [
        ("a torn line", b"{\"v\":1,\"at\":\"2026-"),
        ("a torn line that was closed", b"{\"v\":1,\"at\":\"2026-\n"),
        ("a block that was never written", b"\0\0\0\0\0\0\0\0"),
        ("an unknown event", b"{\"v\":1,\"at\":\"2026-11-22T00:00:00Z\",\"up\":1,\"boot\":\"b\",\"run\":\"r\",\"event\":\"teleported\",\"to\":7}\n"),
    ];
    for (what, bytes) in traces {
        let project = spent();
        append(&project, bytes);
        for snapshot in ["kept", "gone"] {
            if snapshot == "gone" {
                std::fs::remove_file(project.path("data/state/now.json")).expect("removed");
            }
            let ran = project.heal(&["heal"]);
            assert_eq!(ran.code, 69, "{what}, snapshot {snapshot}: {ran:?}");
        }
        assert!(project.processes().is_empty(), "{what}");
        project.heal(&["release", "app"]).exits(0);
        let text = String::from_utf8_lossy(&std::fs::read(today(&project)).expect("read")).into_owned();
        let last = text.lines().last().expect("a line");
        assert!(serde_json::from_str::<serde_json::Value>(last).is_ok(), "{what}: {last}");
    }
}

#[test]
fn a_torn_line_is_told_once() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    append(&project, b"{\"v\":1,\"at\":\"2026-\n");
    let said = |command: &str| project.heal(&[command, "--json"]).exits(0).json()["warnings"].to_string();
    let day = today(&project).display().to_string();
    expect![[r#"["[FILE]: 1 line is torn, as by a crash or a full disk; heal goes on without"]"#]]
        .assert_eq(&said("check").replace(&day, "[FILE]"));
    let shown = project.heal(&["check"]).exits(0).stdout.replace(&day, "[FILE]");
    assert!(shown.contains("\nwarning   [FILE]: 1 line is torn"), "{shown}");
    assert!(said("heal").contains("torn"));
    assert_eq!(said("heal"), "[]");
}

#[test]
fn a_damaged_journal_is_no_empty_budget_until_a_person_moves_it_aside() {
    let damage: [(&str, &[u8]); 4] = [
        ("rubbish", b"\x00\xff\xfe\x1b[31m\n\n{}\n[]\nnull\n"),
        (
            "an event without its fields",
            b"{\"v\":1,\"at\":\"2026-11-22T00:00:00Z\",\"up\":1,\"boot\":\"b\",\"run\":\"r\",\"event\":\"released\"}\n",
        ),
        ("another one's tail", b"\"}\n"),
        ("no line at all", b"hello"),
    ];
    for (what, bytes) in damage {
        let project = spent();
        append(&project, bytes);
        let path = today(&project);
        let before = std::fs::read(&path).expect("read");
        let ran = project.heal(&["heal"]).exits(65);
        if what == "rubbish" {
            let day = path.file_name().expect("a name").to_string_lossy().into_owned();
            let show = |text: String| text.replace(&day, "[DAY]");
            expect![[r#"
                exit 65
                --- stdout
                --- stderr
                heal: the journal is damaged, so heal does not act: [DIR]/data/journal/[DAY]: 4 lines are unreadable
                  look at it, then `mv [DIR]/data/journal/[DAY] [DIR]/data/journal/[DAY].damaged`: acts and holds that only it tells of count no more
            "#]].assert_eq(&show(ran.snapshot(&project)));
            for look in [&["check", "--json"][..], &["heal", "--dry-run", "--json"]] {
                let warnings = project.heal(look).json()["warnings"].to_string();
                expect![[r#"["[DIR]/data/journal/[DAY]: 4 lines are damaged; heal acts again when the file is mended or moved aside"]"#]].assert_eq(&show(project.normalise(&warnings)));
            }
        }
        project.heal(&["release", "app"]).exits(65);
        assert_eq!(std::fs::read(&path).expect("read"), before, "{what}");
        // The snapshot still knows what was spent.
        std::fs::rename(&path, path.with_extension("jsonl.damaged")).expect("moved");
        for _ in 0..2 {
            let ran = project.heal(&["heal"]);
            assert_eq!(ran.code, 69, "{what}: {ran:?}");
        }
        assert!(project.processes().is_empty(), "{what}");
    }
}

#[test]
fn a_snapshot_is_disposable() {
    let spoil: [(&str, &[u8]); 4] =
        [("empty", b""), ("torn", b"{\"v\":1,\"fi"), ("rubbish", b"\xff\xff"), ("null", b"null")];
    for (what, bytes) in spoil {
        let project = spent();
        std::fs::write(project.path("data/state/now.json"), bytes).expect("written");
        std::fs::write(project.path("data/state/last-run"), bytes).expect("written");
        project.heal(&["heal"]).exits(69);
        assert_eq!(project.events("intent").len(), 2, "{what}");
        assert_eq!(project.events("opened").len(), 1, "{what}");
    }
}

#[test]
fn a_journal_of_a_newer_heal_is_read_and_never_written() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let pid = the_one(&project, NAP);
    append(&project, b"{\"v\":2,\"something\":\"else\"}\n");
    end(pid);
    let before = std::fs::read(today(&project)).expect("read");
    let ran = project.heal(&["heal"]).exits(65);
    expect![[r#"
        exit 65
        --- stdout
        --- stderr
        heal: [DIR]/data/journal was written by a newer heal
          install that version, or point `[project] data_dir` elsewhere
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.heal(&["release", "app"]).exits(65);
    project.heal(&["check"]).exits(2);
    assert_eq!(std::fs::read(today(&project)).expect("read"), before);
    assert!(running(&project, NAP).is_empty());
}

#[test]
fn a_journal_that_cannot_be_read_is_no_empty_budget() {
    let project = spent();
    std::fs::remove_file(project.path("data/state/now.json")).expect("removed");
    let path = today(&project);
    std::fs::remove_file(&path).expect("removed");
    std::fs::create_dir(&path).expect("created");
    let ran = project.heal(&["heal"]).exits(74);
    assert!(ran.stderr.contains("cannot read the journal"), "{ran:?}");
    assert!(project.processes().is_empty());
}

#[test]
fn a_clock_that_was_ahead_for_a_moment_costs_neither_the_budget_nor_the_journal() {
    for (first, then, snapshot) in [("40d", "0s", true), ("0s", "400d", true), ("0s", "400d", false)] {
        let project = started_by("[\"false\"]", "restart_limit = \"2 per 1h\"");
        later(&project, first, &["heal"]).exits(2);
        later(&project, then, &["heal"]).exits(2);
        if !snapshot {
            std::fs::remove_file(project.path("data/state/now.json")).expect("removed");
        }
        for _ in 0..3 {
            let ran = project.heal(&["heal"]);
            assert_eq!(ran.code, 69, "{first}, {then}: {ran:?}");
        }
        assert_eq!(project.events("intent").len(), 2, "{first}, {then}");
        assert_eq!(project.events("opened").len(), 1, "{first}, {then}");
    }
}

#[test]
fn the_name_of_a_new_journal_file_is_on_the_disk_before_anything_comes_of_it() {
    if std::process::Command::new("strace").arg("-V").output().is_err() {
        return;
    }
    let project = started_by("[\"false\"]", "");
    let heal = env!("CARGO_BIN_EXE_heal");
    let args = ["-f", "-y", "-qq", "-o", "trace.txt", "-e", "trace=fsync,fdatasync,write", heal, "heal"];
    project.run(&mut project.command_of("strace", &args)).exits(2);
    let trace = project.read("trace.txt");
    let at = |what: &str| trace.find(what).unwrap_or_else(|| panic!("{what} is missing in\n{trace}"));
    let here = project.path("");
    let here = here.display().to_string().trim_end_matches('/').to_owned();
    let synced =
        |folder: &str| trace.lines().any(|line| line.contains("fsync(") && line.contains(&format!("<{folder}>)")));
    assert!(synced(&here) && synced(&format!("{here}/data")), "the new folders\n{trace}");
    let name = at(&format!("<{here}/data/journal>)"));
    assert!(name < at("/data/journal/20"), "{trace}");
}
