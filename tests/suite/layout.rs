//! `[layout]`: is what is missing made, are modes and owners set, and is nothing touched that a link, another name or another
//! owner leads to?

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use expect_test::expect;
use serde_json::Value;

use super::killpoints::{self, Fault};
use super::support::Project;

fn project(layout: &str) -> Project {
    Project::new(&format!("[project]\nname = \"test\"\n\n[layout]\n{layout}\n"))
}

fn mode(project: &Project, path: &str) -> u32 {
    fs::symlink_metadata(project.path(path)).expect("there").mode() & 0o7777
}

fn set(project: &Project, path: &str, mode: u32) {
    fs::set_permissions(project.path(path), fs::Permissions::from_mode(mode)).expect("set");
}

#[test]
fn what_is_missing_is_made_and_a_mode_comes_back_with_an_undo() {
    let project = project(
        "directories = [\"logs\", { path = \"run/deep/er\", mode = \"0711\" }, { path = \"state\", mode = \"0750\" }]\n\
         links = { current = [\"slots/A\"] }\nfiles = [{ path = \"key\", mode = \"0600\" }]",
    );
    fs::create_dir_all(project.path("slots/A")).expect("made");
    fs::create_dir(project.path("state")).expect("made");
    project.write("key", "k");
    set(&project, "state", 0o777);
    set(&project, "key", 0o644);
    let planned = project.heal(&["validate-state", "--repair", "--dry-run"]).exits(2);
    expect![[r#"
        wrong     [DIR]/logs [layout]  a directory should be there, and nothing is
        wrong     [DIR]/run/deep/er [layout]  a directory should be there, and nothing is
        wrong     [DIR]/state [layout]  its mode is 0777, not 0750
        wrong     [DIR]/current [layout]  a link should be there, and nothing is
        wrong     [DIR]/key [layout]  its mode is 0644, not 0600
        would     [DIR]/logs [layout]  made
        would     [DIR]/run/deep/er [layout]  made
        would     [DIR]/state [layout]  set to 0750 of uid 0, from 0777 of uid 0
        would     [DIR]/current [layout]  laid, to [DIR]/slots/A
        would     [DIR]/key [layout]  set to 0600 of uid 0, from 0644 of uid 0
        note  no state file is declared: add a [state.NAME] to heal.toml
    "#]]
    .assert_eq(&project.normalise(&planned.stdout));
    assert!(!project.path("logs").exists() && !project.path("data").exists());
    let ran = project.heal(&["validate-state", "--repair"]).exits(0);
    expect![[r#"
        repaired  [DIR]/logs [layout]  made
        repaired  [DIR]/run/deep/er [layout]  made
        repaired  [DIR]/state [layout]  set to 0750 of uid 0, from 0777 of uid 0
        repaired  [DIR]/current [layout]  laid, to [DIR]/slots/A
        repaired  [DIR]/key [layout]  set to 0600 of uid 0, from 0644 of uid 0
        note  no state file is declared: add a [state.NAME] to heal.toml
    "#]]
    .assert_eq(&project.normalise(&ran.stdout));
    let modes = ["logs", "run", "run/deep/er", "state", "key"].map(|path| mode(&project, path));
    let above = mode(&project, "") & 0o755;
    assert_eq!(modes, [above, above, 0o711, 0o750, 0o600]);
    assert_eq!(fs::read_link(project.path("current")).expect("a link"), std::path::Path::new("slots/A"));
    // A second run changes nothing, and there is nothing that it could.
    let answer = project.heal(&["validate-state", "--repair", "--json"]).exits(0).json();
    assert_eq!(answer["repairs"], Value::Array(Vec::new()));
    let listed = project.heal(&["undo", "--list"]).exits(0);
    assert!(listed.stdout.contains("0750 of uid") && listed.stdout.contains("it was 0777 of uid"), "{}", listed.stdout);
    project.heal(&["undo"]).exits(0);
    assert_eq!((mode(&project, "state"), mode(&project, "key")), (0o777, 0o644));
    assert!(project.path("logs").is_dir(), "what was made stays");
    // What a person took back no tick knows better; a person who asks for it does.
    let ran = project.heal(&["heal"]).exits(2);
    assert!(ran.stdout.contains("a person took this very change back"), "{}", ran.stdout);
    assert_eq!(mode(&project, "state"), 0o777);
    project.heal(&["validate-state", "--repair"]).exits(0);
    assert_eq!(mode(&project, "state"), 0o750);
    // What was changed by somebody since is not given back.
    set(&project, "state", 0o700);
    project.heal(&["undo"]).exits(69);
    assert_eq!((mode(&project, "state"), mode(&project, "key")), (0o700, 0o600), "all of it or nothing");
    project.heal(&["undo", "--force"]).exits(0);
    assert_eq!(mode(&project, "state"), 0o777);
}

#[test]
fn a_tick_and_a_cold_start_put_it_right_and_one_failure_stops_nobody() {
    let layout = "directories = [\"a\", \"b/c\", { path = \"d\", mode = \"0700\" }]\nfiles = [\"no\"]";
    let tick = project(layout);
    tick.write("b", "a file in its place");
    fs::create_dir(tick.path("d")).expect("made");
    let ran = tick.heal(&["heal"]).exits(2);
    expect![[r#"
        unhealthy [layout] (resource)  no: a file should be there, and nothing is (and 1 more)
            bad      layout  a file should be there, and nothing is (and 1 more)
            incident since [TIME], 0 acts so far
            nothing done: what should stand in it is not known here; a [state.NAME] with `create` and a `template` says it
        unknown   [DIR]/b/c [layout]  Not a directory (os error 20)
        wrong     [DIR]/no [layout]  a file should be there, and nothing is
        repaired  [DIR]/a [layout]  made
        repaired  [DIR]/d [layout]  set to 0700 of uid 0, from 0755 of uid 0
        next  heal --config [DIR]/heal.toml validate-state
    "#]]
    .assert_eq(&tick.normalise(&ran.stdout));
    assert_eq!((mode(&tick, "d"), tick.read("b").as_str()), (0o700, "a file in its place"));
    assert!(tick.path("a").is_dir() && !tick.path("no").exists());
    assert_eq!(tick.heal(&["heal", "--quiet"]).exits(2).stdout, "", "no news");
    assert_eq!(tick.events("repairing").len(), 2, "what cannot be done is not begun every minute");
    assert_eq!(tick.events("opened").len(), 1);
    let cold = project(layout);
    fs::create_dir(cold.path("d")).expect("made");
    let answer = cold.heal(&["heal", "--startup", "--json"]).exits(2).json();
    assert_eq!((&answer["gate"], &answer["score"]), (&"closed".into(), &50.into()), "{answer:#}");
    let made = answer["healed"].as_array().expect("a list").iter().filter(|line| line.to_string().contains(": made"));
    assert_eq!((made.count(), &answer["stats"]["files_repaired"]), (2, &1.into()), "{answer:#}");
    cold.write("no", "");
    cold.heal(&["heal", "--startup"]).exits(0);
}

#[test]
fn no_link_is_followed_and_nothing_is_touched_that_is_not_the_projects_own() {
    let outside = tempfile::tempdir().expect("a directory");
    let other = fs::canonicalize(outside.path()).expect("there");
    fs::create_dir(other.join("dir")).expect("made");
    fs::write(other.join("file"), "theirs").expect("written");
    fs::set_permissions(other.join("dir"), fs::Permissions::from_mode(0o755)).expect("set");
    fs::set_permissions(other.join("file"), fs::Permissions::from_mode(0o644)).expect("set");
    let project = project(&format!(
        "directories = [\n{}]\nfiles = [\n{}]\nlinks = {{ \"wrong\" = [\"a\"], \"open\" = [\"a\", \"b\"], \"nowhere\" = [\"not/there\"] }}",
        ["dirlink", "through/new", "through/dir", "data", "fifo"]
            .map(|path| format!("{{ path = \"{path}\", mode = \"0700\" }},\n"))
            .join("")
            + &format!(
                "{{ path = \"{}\", mode = \"0700\" }},\n{{ path = \"{}\" }},\n",
                other.join("dir").display(),
                other.join("new").display()
            ),
        ["filelink", "hard", "through/file"]
            .map(|path| format!("{{ path = \"{path}\", mode = \"0600\" }},\n"))
            .join("")
    ));
    fs::create_dir(project.path("a")).expect("made");
    symlink(other.join("dir"), project.path("dirlink")).expect("linked");
    symlink(&other, project.path("through")).expect("linked");
    symlink(other.join("file"), project.path("filelink")).expect("linked");
    symlink("elsewhere", project.path("wrong")).expect("linked");
    project.write("one", "mine");
    set(&project, "one", 0o644);
    fs::hard_link(project.path("one"), project.path("hard")).expect("linked");
    nix::unistd::mkfifo(&project.path("fifo"), nix::sys::stat::Mode::from_bits_truncate(0o644)).expect("made");
    fs::create_dir(project.path("data")).expect("made");
    set(&project, "data", 0o755);
    let run = |args: &[&str]| project.heal(args).json();
    for args in [&["validate-state", "--repair", "--json"][..], &["heal", "--json"], &["heal", "--startup", "--json"]] {
        let answer = run(args);
        for repair in answer["repairs"].as_array().into_iter().flatten() {
            assert_eq!(repair["outcome"], "refused", "{args:?}: {repair:#}");
        }
    }
    let theirs = |path: &str| fs::metadata(other.join(path)).expect("there").mode() & 0o7777;
    assert_eq!((theirs("dir"), theirs("file")), (0o755, 0o644));
    assert_eq!(fs::read_dir(&other).expect("there").count(), 2);
    assert_eq!((mode(&project, "data"), mode(&project, "one"), mode(&project, "fifo")), (0o755, 0o644, 0o644));
    assert_eq!(fs::read_link(project.path("wrong")).expect("a link"), std::path::Path::new("elsewhere"));
    assert!(
        fs::symlink_metadata(project.path("open")).is_err() && fs::symlink_metadata(project.path("nowhere")).is_err()
    );
    assert!(project.events("repairing").is_empty(), "what a rule forbids is not even begun");
}

#[test]
fn an_owner_is_set_by_root_alone_and_comes_back() {
    if !nix::unistd::geteuid().is_root() {
        let project = project("directories = [{ path = \"a\", owner = \"root\" }]");
        fs::create_dir(project.path("a")).expect("made");
        let answer = project.heal(&["validate-state", "--repair", "--json"]).exits(2).json();
        assert!(answer["repairs"][0]["why"].as_str().expect("text").contains("only root"), "{answer:#}");
        return;
    }
    let nobody = nix::unistd::User::from_name("nobody").expect("asked").expect("there is one").uid.as_raw();
    let project = project(
        "directories = [{ path = \"a\", owner = \"nobody\", mode = \"2770\" }, { path = \"new\", owner = \"nobody\" }, { path = \"x\", owner = \"no-such-user-here\" }]",
    );
    fs::create_dir(project.path("a")).expect("made");
    // No right to read it is no reason not to give it one.
    set(&project, "a", 0o000);
    let answer = project.heal(&["validate-state", "--repair", "--json"]).exits(2).json();
    let outcomes: Vec<&str> = answer["repairs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["outcome"].as_str().expect("text"))
        .collect();
    assert_eq!(outcomes, ["repaired", "repaired", "refused"], "{answer:#}");
    let owner = |path: &str| fs::metadata(project.path(path)).expect("there").uid();
    assert_eq!((owner("a"), mode(&project, "a"), owner("new")), (nobody, 0o2770, nobody));
    project.heal(&["undo"]).exits(0);
    assert_eq!((owner("a"), mode(&project, "a")), (0, 0));
}

/// After a fault anywhere the next run makes all of it, with nothing left behind, and what a mode was is known.
fn swept(fault: Fault, most: usize) {
    let world = || {
        let project = project(
            "directories = [{ path = \"a/b\", mode = \"0711\" }, { path = \"c\", mode = \"0700\" }]\nlinks = { l = [\"c\"] }",
        );
        fs::create_dir(project.path("c")).expect("made");
        set(&project, "c", 0o770);
        project
    };
    let points = killpoints::sweep(world, &["validate-state", "--repair"], fault, most, |project, point, ran| {
        assert!([0o770, 0o700].contains(&mode(project, "c")), "{point:?}");
        if project.path("a/b").exists() {
            assert_eq!(mode(project, "a/b"), 0o711, "it has its name only when it is right: {point:?} {ran:?}");
        }
        let again = project.heal(&["validate-state", "--repair"]);
        assert_eq!(again.code, 0, "{point:?} {ran:?}\n{again:?}");
        assert_eq!((mode(project, "c"), mode(project, "a/b")), (0o700, 0o711), "{point:?}");
        let mut names: Vec<String> = fs::read_dir(project.path(""))
            .expect("there")
            .flatten()
            .map(|one| one.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["a", "c", "data", "heal.toml", "l"], "{point:?} {ran:?}");
        project.heal(&["undo"]).exits(0);
        assert_eq!(mode(project, "c"), 0o770, "{point:?} {ran:?}");
    });
    assert!(points >= most.min(5), "{points}");
}

#[test]
fn killed_anywhere_the_next_run_makes_the_rest() {
    swept(Fault::Kill, 14);
    swept(Fault::Again(&[]), 3);
}

#[test]
fn a_full_disk_anywhere_leaves_nothing_half_made() {
    swept(Fault::Error("ENOSPC"), 8);
}

#[test]
fn nor_does_one_that_is_broken() {
    swept(Fault::Error("EIO"), 4);
    for error in ["ENOSPC", "EIO", "EROFS"] {
        swept(Fault::Sticky(error), 1);
    }
}
