//! Which file is it, and may it be trusted? Search, HEAL_CONFIG, --config, and everything that can stand where heal.toml should.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};

use expect_test::{Expect, expect};
use nix::sys::stat::Mode;
use nix::unistd::{Uid, mkfifo};

use super::config_faults::{project, refused_with};
use super::support::Project;

/// Nobody's number, so that no machine has a name for it.
const NOBODY: u32 = 54_321;

#[track_caller]
fn refused(project: &Project, expected: &Expect) {
    refused_with(project, &["config", "check"], expected);
}

/// A project with nothing where heal.toml should be.
fn empty() -> Project {
    let project = Project::new("");
    fs::remove_file(project.path("heal.toml")).expect("removed");
    project
}

#[test]
fn nothing_is_there() {
    refused(
        &empty(),
        &expect![[r#"
        heal: there is no heal.toml in [DIR] or above it
          `heal init` writes one here; `--config FILE` names one elsewhere
    "#]],
    );
    refused_with(
        &empty(),
        &["config", "check", "--config", "other.toml"],
        &expect![[r#"
        heal: other.toml cannot be read: it does not exist
          `heal init` writes a new one; `--config FILE` names another
    "#]],
    );
}

#[test]
fn a_directory() {
    let project = empty();
    fs::create_dir(project.path("heal.toml")).expect("created");
    refused(
        &project,
        &expect![[r#"
        heal: [DIR]/heal.toml cannot be read: it is not a regular file
          put it right, or name another with `--config FILE`
    "#]],
    );
}

#[test]
fn a_fifo_is_not_waited_for() {
    let project = empty();
    mkfifo(&project.path("heal.toml"), Mode::S_IRWXU).expect("made");
    refused(
        &project,
        &expect![[r#"
        heal: [DIR]/heal.toml cannot be read: it is not a regular file
          put it right, or name another with `--config FILE`
    "#]],
    );
}

#[test]
fn ten_megabytes() {
    let with = Project::new(&format!("{}#{}", project(""), "x".repeat(10_000_000)));
    refused(
        &with,
        &expect![[r#"
        heal: [DIR]/heal.toml cannot be read: it is larger than 1.0 MB
          put it right, or name another with `--config FILE`
    "#]],
    );
}

#[test]
fn bytes_that_are_no_text() {
    let with = empty();
    fs::write(with.path("heal.toml"), b"[project]\nname = \"\xff\"\n").expect("written");
    refused(
        &with,
        &expect![[r#"
        heal: [DIR]/heal.toml cannot be read: it is not UTF-8 (line 2)
          put it right, or name another with `--config FILE`
    "#]],
    );
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    let with = Project::new(&format!("\u{feff}{}", project("")));
    with.heal(&["config", "check"]).exits(0);
    // … and places behind it are right.
    let ran = Project::new("\u{feff}[projct]\n").heal(&["config", "check"]).exits(78);
    assert!(ran.stderr.contains("heal.toml:1:"), "{}", ran.stderr);
}

#[test]
fn a_link_is_followed_and_a_broken_one_named() {
    let with = empty();
    with.write("real.toml", &project(""));
    symlink("real.toml", with.path("heal.toml")).expect("linked");
    with.heal(&["config", "check"]).exits(0);
    fs::remove_file(with.path("real.toml")).expect("removed");
    with.heal(&["config", "check", "--config", "heal.toml"]).exits(78);
}

#[test]
fn everybody_may_write_it() {
    let with = Project::new(&project(""));
    fs::set_permissions(with.path("heal.toml"), fs::Permissions::from_mode(0o666)).expect("set");
    refused(
        &with,
        &expect![[r#"
            heal: [DIR]/heal.toml is refused: everybody may write it
              `chmod o-w [DIR]/heal.toml`, if you trust what it says
        "#]],
    );
}

#[test]
fn it_belongs_to_somebody_else() {
    if !Uid::effective().is_root() {
        return; // only root can give a file away
    }
    let with = Project::new(&project(""));
    chown(with.path("heal.toml"), Some(NOBODY), None).expect("given away");
    refused(
        &with,
        &expect![[r#"
            heal: [DIR]/heal.toml is refused: root would trust what 54321 may write
              `chown root [DIR]/heal.toml`, if you trust what it says
        "#]],
    );
}

#[test]
fn a_group_may_write_it() {
    if !Uid::effective().is_root() {
        return; // only root can give a file to a group that it is not in
    }
    let with = Project::new(&project(""));
    chown(with.path("heal.toml"), None, Some(NOBODY)).expect("given away");
    fs::set_permissions(with.path("heal.toml"), fs::Permissions::from_mode(0o664)).expect("set");
    refused(
        &with,
        &expect![[r#"
            heal: [DIR]/heal.toml is refused: the group 54321 may write it
              `chmod g-w [DIR]/heal.toml`, if you trust what it says
        "#]],
    );
    fs::set_permissions(with.path("heal.toml"), fs::Permissions::from_mode(0o644)).expect("set");
    with.heal(&["config", "check"]).exits(0);
}

/// The project that `config show` found, with its root.
#[track_caller]
fn found(project: &Project, from: &str, args: &[&str], env: Option<&str>) -> (String, String) {
    let mut command = project.command(&[&["config", "show", "--json"], args].concat());
    command.current_dir(project.path(from));
    if let Some(path) = env {
        command.env("HEAL_CONFIG", path);
    }
    let output = command.output().expect("heal runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let shown: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one document");
    let text = |key: &str| shown["config"]["project"][key].as_str().expect("text").to_owned();
    (text("name"), text("data_dir"))
}

#[test]
fn the_nearest_file_upwards_unless_said_otherwise() {
    let with = Project::new("[project]\nname = \"top\"\n");
    with.write("a/b/c/x", "");
    with.write("a/heal.toml", "[project]\nname = \"a\"\n");
    with.write("other/named.toml", "[project]\nname = \"named\"\n");
    with.write("variable/heal.toml", "[project]\nname = \"variable\"\n");
    let data = |under: &str| with.path(under).join("data").display().to_string();
    assert_eq!(found(&with, "", &[], None), ("top".to_owned(), data("")));
    assert_eq!(found(&with, "a", &[], None).0, "a");
    // Paths are relative to the file, wherever one stands.
    assert_eq!(found(&with, "a/b/c", &[], None), ("a".to_owned(), data("a")));
    // HEAL_CONFIG over the search, --config over HEAL_CONFIG; a directory stands for the file in it.
    let variable = with.path("variable/heal.toml").display().to_string();
    assert_eq!(found(&with, "a/b", &[], Some(&variable)), ("variable".to_owned(), data("variable")));
    assert_eq!(found(&with, "a/b", &[], Some(&variable.replace("/heal.toml", ""))).0, "variable");
    let named = with.path("other/named.toml").display().to_string();
    assert_eq!(found(&with, "a", &["--config", &named], Some(&variable)), ("named".to_owned(), data("other")));
    assert_eq!(found(&with, "a", &["--config", "../other/named.toml"], None), ("named".to_owned(), data("other")));
    assert_eq!(found(&with, "a", &[], Some("")).0, "a", "an empty variable is none");
}

#[test]
fn a_current_directory_that_is_gone() {
    let with = Project::new(&project(""));
    with.write("gone/x", "");
    let script = "cd gone && rm -r ../gone && exec \"$HEAL\" config check";
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", script])
        .current_dir(with.path(""))
        .env("HEAL", env!("CARGO_BIN_EXE_heal"))
        .env_remove("HEAL_CONFIG")
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(78));
    expect![[r#"
        heal: the current directory does not exist any more
          name the file with --config
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_directory_whose_name_is_no_text() {
    let with = Project::new("");
    let odd = with.path("").join(OsStr::from_bytes(b"odd\xff"));
    fs::create_dir(&odd).expect("created");
    let service = "[service.bot]\nmatch = { executable = \"no-such-bot\", cwd = \".\" }\nstart = [\"true\"]\nverify_within = \"50ms\"\n";
    fs::write(odd.join("heal.toml"), project(service)).expect("written");
    // `true` is not the bot: the start fails its proof, and says so instead of stumbling over the name.
    for (args, code) in [
        (&["config", "show"][..], 0),
        (&["config", "check"], 0),
        (&["check"], 2),
        (&["heal", "--dry-run"], 2),
        (&["heal"], 2),
        (&["check"], 2),
    ] {
        for json in [&[][..], &["--json"]] {
            let output = with.command(&[args, json].concat()).current_dir(&odd).output().expect("runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{args:?} {json:?} {said}");
        }
    }
    assert!(odd.join("data/journal").is_dir(), "what was done is written down");
}
