//! What if `heal revert` with `push = true` is killed, or the disk refuses, at one of its system calls, or git does at one of its
//! own? The remote has the old commit or the new one; later ticks bring the new one there, once, and both repositories are sound.

use std::fs;

use super::acting::{NAP, in_parallel, later, running, the_one};
use super::killpoints::{Fault, Point, sweep};
use super::repository::{accuse_anew, copy, git, head, sound, try_git};
use super::revert_push::with_remote;
use super::support::{Project, Ran};

/// Where the remote is: inside, so that a copy of a project has a copy of its remote.
const REMOTE: &str = ".git/origin.git";

fn template() -> Project {
    let (project, remote) = with_remote();
    let mut cp = project.command_of("cp", &["-a"]);
    cp.args([remote.path("repo.git"), project.path(REMOTE)]);
    project.run(&mut cp).exits(0);
    project
}

fn there(project: &Project) -> String {
    git(project, &["-C", REMOTE, "rev-parse", "main"])
}

/// Each program that heal starts is killed as well: locks stay that nobody holds, also on the other side, where heal has nothing
/// to say. Whoever looks after the remote removes them; answers how many there were.
fn unlock(project: &Project) -> usize {
    let find = |folder: &str, more: &[&str]| {
        let words = [&[folder, "-name", "*.lock"][..], more].concat();
        project.run(&mut project.command_of("find", &words)).exits(0).stdout.lines().count()
    };
    let found = find(".git", &[]);
    find(".git", &["-delete"]);
    found
}

fn swept(template: &Project, fault: Fault, most: usize) {
    let bad = head(template);
    let (mut before, mut after, mut locked) = (0, 0, 0);
    let world = || {
        let project = copy(template);
        git(&project, &["remote", "set-url", "origin", &project.path(REMOTE).display().to_string()]);
        // A long sweep lasts longer than a crash counts.
        accuse_anew(&project);
        project
    };
    let judge = |project: &Project, point: &Point, ran: &Ran| {
        let remote = there(project);
        assert!(remote == bad || remote == head(project), "{point:?}: {ran:?}");
        if remote == bad {
            before += 1
        } else {
            after += 1
        }
        assert!(running(project, NAP).len() <= 1, "{point:?}: {ran:?}");
        if ran.code == 0 {
            assert_ne!(head(project), bad, "{point:?}: {ran:?}");
        }
        // A tick finishes what was begun; then a person, or a crash, asks for it once more, if it is not done yet.
        let tick = project.heal(&["heal"]);
        let mut again = project.heal(&["revert"]);
        if head(project) == bad {
            locked += unlock(project);
            again = project.heal(&["revert"]);
        }
        let said = || format!("{point:?}: {ran:?}\n{tick:?}\n{again:?}\n{:#?}", project.journal());
        assert_ne!(head(project), bad, "{}", said());
        the_one(project, NAP);
        // What could not be pushed is pushed by a later tick, as soon as the remote lets it.
        let mut ticks = Vec::new();
        for minutes in ["31m", "62m", "93m"] {
            if there(project) == head(project) {
                break;
            }
            locked += unlock(project);
            ticks.push(later(project, minutes, &["heal"]));
        }
        assert_eq!(there(project), head(project), "{}\n{ticks:#?}", said());
        assert_eq!(git(project, &["rev-parse", "HEAD~1"]), bad, "exactly one commit: {}", said());
        assert_eq!(project.events("reverted").len(), 1, "{}", said());
        sound(project);
        let fsck = try_git(project, &["-C", REMOTE, "fsck", "--full", "--strict", "--no-dangling"]).exits(0);
        assert_eq!(fsck.stdout.trim(), "", "{}", said());
        let tmp = fs::read_dir(project.path("app")).expect("there").count();
        assert_eq!(tmp, 1, "nothing beside the file that was there: {}", said());
    };
    sweep(world, &["revert"], fault, most, judge);
    println!("{fault:?}: the remote was old at {before}, new at {after}; {locked} locks stayed");
}

#[test]
fn the_remote_has_the_old_commit_or_the_new_one_and_then_the_new_one() {
    let template = template();
    let faults = [
        (Fault::Kill, 3),
        (Fault::Again(&["heal"]), 1),
        (Fault::Again(&[]), 1),
        (Fault::Sticky("ENOSPC"), 1),
        (Fault::Sticky("EIO"), 1),
        (Fault::Sticky("EROFS"), 1),
    ];
    in_parallel(&faults, |(fault, most)| swept(&template, *fault, *most));
}
