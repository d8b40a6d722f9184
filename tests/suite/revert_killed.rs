//! What if `heal revert` is killed, or the disk refuses, at one of its system calls? HEAD is where it was or where it should be;
//! the next run goes on, and then git finds nothing wrong.

use super::killpoints::{Fault, Point, sweep};
use super::repository::{accuse, accuse_anew, arm, commit, copy, empty, git, head, sound};
use super::support::{Project, Ran};

/// A repository in which files change, come, go, and become links and folders; nothing is started, so nothing is waited for.
fn template() -> Project {
    let project = empty("", "");
    let text = project.read("heal.toml").replace("start         = [\"./run.sh\"]\n", "");
    project.write("heal.toml", &text);
    project.write("changes.txt", "one\n");
    project.write("goes/away/deep.txt", "comes back\n");
    project.write("turns", "a file\n");
    project.script("mode.sh", "x\n");
    std::os::unix::fs::symlink("changes.txt", project.path("link")).expect("linked");
    commit(&project, "good");
    project.write("changes.txt", "two\n");
    git(&project, &["rm", "-q", "-r", "goes", "turns", "link"]);
    project.write("turns/folder.txt", "a folder\n");
    project.write("link", "a file\n");
    project.write("comes/along.txt", "new\n");
    project.write("mode.sh", "x\n");
    git(&project, &["update-index", "--chmod=-x", "mode.sh"]);
    std::fs::set_permissions(project.path("mode.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .expect("set");
    commit(&project, "bad");
    accuse(&project);
    arm(&project);
    project
}

fn world(template: &Project) -> Project {
    let project = copy(template);
    // A long sweep lasts longer than a crash counts.
    accuse_anew(&project);
    project
}

/// Sweeps over all points, or every n-th of them, and prints how many there were and where HEAD was found.
fn swept(fault: Fault, most: usize) -> usize {
    let template = template();
    let (bad, tree) = (head(&template), git(&template, &["rev-parse", "HEAD~1^{tree}"]));
    let (mut old, mut new) = (0, 0);
    let judge = |project: &Project, point: &Point, ran: &Ran| {
        let found = head(project);
        if found == bad {
            old += 1;
        } else {
            new += 1;
            assert_eq!(git(project, &["rev-parse", "HEAD^{tree}"]), tree, "{point:?}: old or new, nothing else");
        }
        // Where no fault could be reported, none was seen: exit 0 or 1 says that it is done.
        if matches!(ran.code, 0 | 1) {
            assert_ne!(found, bad, "{point:?}: {ran:?}");
        }
        let again = project.heal(&["revert"]);
        // Done by the run that was disturbed or resumed; or by this one.
        assert!([0, 1, 69].contains(&again.code), "{point:?}: {ran:?} {again:?}");
        let left = project.path(".git/heal-revert").exists();
        assert!(!left, "{point:?}: {ran:?} {again:?}");
        sound(project);
        assert_eq!(git(project, &["rev-parse", "HEAD^{tree}"]), tree, "{point:?}: {ran:?} {again:?}");
        assert_eq!(git(project, &["rev-parse", "HEAD~1"]), bad, "{point:?}: exactly one commit");
        assert_eq!(project.events("reverted").len(), 1, "{point:?}: written down once");
    };
    let count = sweep(|| world(&template), &["revert"], fault, most, judge);
    println!("{fault:?}: HEAD was old at {old}, new at {new}");
    count
}

#[test]
fn killed_at_any_point_it_is_finished_or_never_began() {
    assert!(swept(Fault::Kill, 18) > 12);
}

#[test]
fn killed_and_killed_again_it_is_finished_or_never_began() {
    assert!(swept(Fault::Again(&[]), 3) > 1);
}

/// A long sweep found it: then it was taken for somebody's own, and a person had to look.
#[test]
fn what_the_second_run_had_half_written_when_it_was_killed_is_written_anew() {
    let template = template();
    let project = world(&template);
    assert_eq!(project.run(project.command(&["revert"]).env("HEAL_TEST_DIE", "revert-ref")).code, 128 + 9);
    // The next one writes all of it once more before it has the lock again, and is killed in the middle.
    for lock in [".git/index.lock", ".git/heal-revert/lock"] {
        std::fs::remove_file(project.path(lock)).expect("there");
    }
    project.write(".git/heal-revert/new/turns", "a f");
    finished_by_the_next(&project, &template);
}

/// A long sweep found it: nobody but heal knows whose lock that is.
#[test]
fn a_lock_that_could_not_be_removed_is_removed_by_the_next_run() {
    let template = template();
    let project = world(&template);
    let under = |faults: &[&str]| {
        let faults: Vec<&str> = faults.iter().flat_map(|fault| ["-e", fault]).collect();
        let words = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=syncfs,?unlink,unlinkat"];
        let words = [&words[..], &faults, &[env!("CARGO_BIN_EXE_heal"), "revert"]].concat();
        project.run(&mut project.command_of("strace", &words))
    };
    // The disk does not confirm what was written aside, and lets nothing go; nor does it the next time.
    let holds = "inject=?unlink,unlinkat:error=EROFS";
    let ran = under(&["inject=syncfs:error=EIO:when=1", holds]).exits(74);
    assert!(project.path(".git/index.lock").exists(), "{ran:?}");
    assert_eq!(head(&project), head(&template), "{ran:?}");
    let ran = under(&[holds]).exits(69);
    assert!(project.path(".git/heal-revert/lock").exists(), "{ran:?}");
    finished_by_the_next(&project, &template);
}

/// The next run comes to where an undisturbed one would have come, and leaves nothing.
#[track_caller]
fn finished_by_the_next(project: &Project, template: &Project) {
    let ran = project.heal(&["revert"]);
    for left in [".git/heal-revert", ".git/index.lock"] {
        assert!(!project.path(left).exists(), "{left}: {ran:?}");
    }
    sound(project);
    let tree = git(template, &["rev-parse", "HEAD~1^{tree}"]);
    assert_eq!(git(project, &["rev-parse", "HEAD^{tree}"]), tree, "{ran:?}");
}

#[test]
fn a_disk_that_stays_broken_leaves_it_as_it_was_or_finished() {
    for error in ["ENOSPC", "EIO", "EROFS"] {
        assert!(swept(Fault::Sticky(error), 1) > 0);
    }
}

#[test]
fn a_full_disk_leaves_it_as_it_was_or_finished() {
    assert!(swept(Fault::Error("ENOSPC"), 14) > 9);
}

#[test]
fn a_broken_disk_leaves_it_as_it_was_or_finished() {
    assert!(swept(Fault::Error("EIO"), 14) > 9);
}
