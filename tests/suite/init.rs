//! `heal init`: is what it writes right as it stands, and also when its comments become settings? Does it leave alone what is there?

use std::fs;
use std::os::unix::ffi::OsStrExt;

use expect_test::expect;

use super::support::Project;

/// A project without a heal.toml.
fn empty() -> Project {
    let project = Project::new("");
    fs::remove_file(project.path("heal.toml")).expect("removed");
    project
}

#[test]
fn it_writes_a_file_that_is_right() {
    let project = empty();
    let ran = project.heal(&["init", "--name", "bots"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        wrote [DIR]/heal.toml
        next  edit it, then: heal config check && heal check
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert!(project.read("heal.toml").contains("\nname = \"bots\"\n"));
    let checked = project.heal(&["config", "check", "--json"]).exits(0).json();
    assert_eq!(checked["warnings"], serde_json::json!([]));
    assert!(!project.path("data").exists(), "init writes one file and nothing else");
    let json = empty().heal(&["init", "--json"]).exits(0).json();
    assert!(json["path"].as_str().is_some_and(|path| path.ends_with("/heal.toml")), "{json}");
}

#[test]
fn it_refuses_to_overwrite() {
    let project = Project::new("# mine\n");
    let ran = project.heal(&["init"]).exits(73);
    expect![[r#"
        exit 73
        --- stdout
        --- stderr
        heal: [DIR]/heal.toml exists already and is left as it is
          print a new one with `heal init --print`
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert_eq!(project.read("heal.toml"), "# mine\n");
    assert_eq!(project.heal(&["init", "--json"]).exits(73).json()["error"]["kind"], "cannot-create");
    // A link that leads nowhere is something, too: writing through it would land elsewhere.
    let project = empty();
    std::os::unix::fs::symlink("elsewhere.toml", project.path("heal.toml")).expect("linked");
    project.heal(&["init"]).exits(73);
    assert!(!project.path("elsewhere.toml").exists());
}

#[test]
fn printing_writes_nothing() {
    let project = empty();
    let printed = project.heal(&["init", "--print", "--name", "x"]).exits(0).stdout;
    assert!(!project.path("heal.toml").exists());
    assert_eq!(project.heal(&["init", "--print", "--name", "x", "--json"]).exits(0).json()["text"], printed);
    project.heal(&["init", "--name", "x"]).exits(0);
    assert_eq!(project.read("heal.toml"), printed);
}

#[test]
fn every_directory_gives_a_name() {
    let names: [&[u8]; 9] = [
        b"plain",
        b"with space",
        b"quo\"te",
        b"back\\slash",
        b"new\nline",
        b"\xff\xfe",
        "ümläut 日本".as_bytes(),
        b"'''",
        b"\"",
    ];
    for name in names {
        let project = empty();
        let dir = project.path("").join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir(&dir).expect("created");
        for args in [&["init"][..], &["config", "check"]] {
            let output = project.command(args).current_dir(&dir).output().expect("runs");
            assert!(output.status.success(), "{name:?} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    let project = empty();
    project.heal(&["init", "--name", "a\u{1b}[31m\"\\\nb"]).exits(0);
    assert!(project.read("heal.toml").contains("name = \"a[31mb\""));
    let project = empty();
    project.heal(&["init", "--name", ""]).exits(0);
    assert!(project.read("heal.toml").contains("name = \"my-project\""));
}

#[test]
fn a_directory_that_cannot_be_written() {
    let project = empty();
    let output = project.command(&["init"]).current_dir("/proc/self").output().expect("runs");
    assert_eq!(output.status.code(), Some(73), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The template with its commented settings turned into settings; prose stays a comment.
fn uncommented(text: &str) -> String {
    let is_setting = |line: &str| {
        line.starts_with('[')
            || line.split_once('=').is_some_and(|(key, _)| {
                let key = key.trim_end();
                !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            })
    };
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_setting(rest) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[test]
fn every_comment_that_is_a_setting_is_right() {
    let project = empty();
    project.heal(&["init", "--name", "bots"]).exits(0);
    let text = project.read("heal.toml");
    let whole = uncommented(&text);
    let turned = whole.lines().count() - whole.lines().filter(|line| line.starts_with('#') || line.is_empty()).count();
    let before = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).count();
    assert!(turned >= before + 15, "only {turned} settings:\n{whole}");
    project.write("heal.toml", &whole);
    project.script("scripts/tell-me", "#!/bin/sh\n");
    let shown = project.heal(&["config", "show", "--json"]).exits(0).json();
    assert_eq!(shown["config"]["project"]["mode"], "observe");
    assert_eq!(shown["config"]["service"]["bot"]["hold_on_exit"], serde_json::json!([2]));
    assert_eq!(shown["config"]["service"]["bot"]["probes"].as_object().map(serde_json::Map::len), Some(3));
    assert_eq!(shown["config"]["alert"]["me"]["kind"], "command");
    assert_eq!(project.heal(&["config", "check", "--json"]).exits(0).json()["warnings"], serde_json::json!([]));
}
