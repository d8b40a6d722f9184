//! What if `heal update apply` is killed at one of its system calls? The next run finds the old code or takes it back, and then
//! git finds nothing wrong.

use super::killpoints::{Fault, sweep};
use super::repository::{commit, copy, git, head, sound};
use super::support::Project;

const HEAL: &str = r#"[project]
name = "test"

[update]
build = ["cp", "a.txt", "built.txt"]

[lock.code]
kind    = "git"
paths   = [".git"]
min_age = "0s"
"#;

/// A clone without a service that could be restarted, one commit behind.
fn template() -> (Project, Project) {
    let upstream = Project::new("");
    git(&upstream, &["init", "-q", "-b", "main", "."]);
    upstream.write(".gitignore", "/data/\n/built*\n");
    upstream.write("heal.toml", HEAL);
    upstream.write("a.txt", "one\n");
    upstream.write("goes.txt", "goes\n");
    commit(&upstream, "One");
    let project = Project::new("");
    std::fs::remove_file(project.path("heal.toml")).expect("removed");
    git(&project, &["clone", "-q", &upstream.path("").display().to_string(), "."]);
    upstream.write("a.txt", "two\n");
    upstream.write("comes/deep.txt", "comes\n");
    git(&upstream, &["rm", "-q", "goes.txt"]);
    commit(&upstream, "Two");
    (project, upstream)
}

fn swept(fault: Fault, most: usize) -> usize {
    let (template, upstream) = template();
    let (old, new) = (head(&template), head(&upstream));
    let (mut before, mut after, mut locked) = (0, 0, 0);
    let count = sweep(
        || copy(&template),
        &["update", "apply"],
        fault,
        most,
        |project, point, ran| {
            let found = head(project);
            assert!(found == old || found == new, "{point:?}: old or new, nothing else");
            if found == old {
                before += 1
            } else {
                after += 1
            }
            // A tick finishes what was begun; a second update goes on from there.
            let tick = project.heal(&["heal"]);
            assert!(!project.path(".git/heal-revert").exists(), "{point:?}: {ran:?} {tick:?}");
            sound(project);
            let built = std::fs::read_to_string(project.path("built.txt")).unwrap_or_default();
            let code = project.read("a.txt");
            assert!(built.is_empty() && code == "one\n" || built == code, "{point:?}: {built} from {code} {tick:?}");
            let mut again = project.heal(&["update", "apply"]);
            // Each program that heal starts is killed as well: of git a lock stays that nobody holds.
            if again.stdout.contains("heal clean-locks") {
                locked += 1;
                assert!(again.stdout.contains(".lock': File exists"), "{point:?}: {again:?}");
                assert_eq!((again.code, head(project)), (3, old.clone()), "{point:?}: {again:?}");
                project.heal(&["clean-locks"]).exits(0);
                again = project.heal(&["update", "apply"]);
            }
            // Done by the run that was disturbed, on probation still; or by this one.
            assert!([0, 75].contains(&again.code), "{point:?}: {ran:?} {tick:?} {again:?}");
            assert_eq!(head(project), new, "{point:?}: {ran:?} {tick:?} {again:?}");
            sound(project);
            assert_eq!(project.read("built.txt"), "two\n", "{point:?}");
        },
    );
    println!("{fault:?}: HEAD was old at {before}, new at {after}; git's own lock stayed at {locked}");
    count
}

#[test]
fn killed_at_any_point_it_is_as_it_was_or_goes_on() {
    assert!(swept(Fault::Kill, 14) > 9);
}

#[test]
fn killed_and_killed_again_it_is_as_it_was_or_goes_on() {
    // Whatever comes first: a tick, or the same once more.
    assert!(swept(Fault::Again(&["heal"]), 2) > 0);
    assert!(swept(Fault::Again(&[]), 2) > 0);
}

#[test]
fn a_disk_that_stays_broken_leaves_it_as_it_was_or_goes_on() {
    for error in ["ENOSPC", "EIO", "EROFS"] {
        assert!(swept(Fault::Sticky(error), 1) > 0);
    }
}

#[test]
fn a_full_disk_leaves_it_as_it_was_or_goes_on() {
    assert!(swept(Fault::Error("ENOSPC"), 10) > 5);
}
