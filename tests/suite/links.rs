//! Can a link inside the project make heal write somewhere else? The log of a start, a channel's file, the data directory.

use std::os::unix::fs::symlink;

use super::acting::{NAP, running, sleeper};

#[test]
fn a_log_behind_a_link_is_refused_and_nothing_is_started() {
    let (project, elsewhere) = (sleeper("log = \"logs/deep/app.log\""), tempfile::tempdir().expect("a directory"));
    symlink(elsewhere.path(), project.path("logs")).expect("linked");
    let ran = project.heal(&["heal"]).exits(2);
    assert!(ran.stdout.contains("`logs` is a link, which heal does not follow"), "{ran:?}");
    assert_eq!(running(&project, NAP).len(), 0);
    assert_eq!(std::fs::read_dir(elsewhere.path()).expect("there").count(), 0);
}

#[test]
fn a_channels_file_behind_a_link_or_with_another_name_is_refused() {
    let channels =
        "[alert.one]\nkind = \"file\"\npath = \"told/one.jsonl\"\n[alert.two]\nkind = \"file\"\npath = \"two.jsonl\"";
    let (project, elsewhere) = (sleeper(channels), tempfile::tempdir().expect("a directory"));
    symlink(elsewhere.path(), project.path("told")).expect("linked");
    project.write("precious", "kept");
    std::fs::hard_link(project.path("precious"), project.path("two.jsonl")).expect("linked");
    let ran = project.heal(&["heal"]).exits(1);
    assert!(ran.stdout.contains("`told` is a link, which heal does not follow"), "{ran:?}");
    assert!(ran.stdout.contains("it has more names than this one"), "{ran:?}");
    assert_eq!(project.read("precious"), "kept");
    assert_eq!(std::fs::read_dir(elsewhere.path()).expect("there").count(), 0);
}

#[test]
fn a_data_directory_behind_a_link_is_refused_before_anything_is_done() {
    let (project, elsewhere) = (sleeper(""), tempfile::tempdir().expect("a directory"));
    symlink(elsewhere.path(), project.path("var")).expect("linked");
    let ran = project.heal(&["heal", "--set", "project.data_dir=var/heal"]).exits(78);
    assert!(ran.stderr.contains("`var` is a link, which heal does not follow"), "{ran:?}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).expect("there").count(), 0);
    assert_eq!(running(&project, NAP).len(), 0);
}
