//! What if `heal clean-locks` is killed, or the disk refuses, at one of its system calls? A lock file stands where it stood, or is
//! kept; of a database no row is lost; and the next run comes to where an undisturbed one would have come.

use std::fs;

use super::acting::in_parallel;
use super::clean_locks::{project, writer};
use super::clean_locks_acting::{kept, rows};
use super::killpoints::{CHANGING, Fault, Point, sweep_over};
use super::support::{Project, Ran};

const DB: &str = "[lock.db]\nkind = \"sqlite\"\npaths = [\"db/*.session\"]\n";

const FAULTS: [(Fault, usize); 6] = [
    (Fault::Kill, 3),
    (Fault::Again(&[]), 1),
    (Fault::Again(&["heal"]), 1),
    (Fault::Sticky("ENOSPC"), 1),
    (Fault::Sticky("EIO"), 1),
    (Fault::Sticky("EROFS"), 1),
];

fn swept(world: &(impl Fn() -> Project + Sync), judge: impl Fn(&Project, &Point, &Ran) + Sync) {
    in_parallel(&FAULTS, |(fault, most)| {
        let world = || (world(), vec!["clean-locks".to_owned()]);
        sweep_over(world, CHANGING, *fault, *most, |project, point, ran| {
            judge(project, point, ran);
            let (begun, ended) = (project.events("repairing").len(), project.events("repaired").len());
            assert_eq!(begun, ended, "{point:?}: {ran:?}\n{:#?}", project.journal());
        });
    });
}

/// The next run finishes what was begun, says so once, and then there is nothing more to do.
fn again(project: &Project, point: &Point, ran: &Ran) -> Ran {
    let again = project.heal(&["clean-locks"]);
    let finished = again.stdout.contains("unfinished `clean-locks` of 20");
    assert_eq!(again.code, i32::from(finished), "{point:?}: {ran:?} {again:?}");
    project.heal(&["clean-locks"]).exits(0);
    again
}

#[test]
fn a_stale_pid_file_stands_or_is_kept_and_then_it_is_kept() {
    let world = || {
        let project = project("[lock.run]\nkind = \"pid\"\npaths = [\"run/*.pid\"]\nmin_age = \"0s\"\n");
        project.write("run/dead.pid", "4194000\n");
        project
    };
    swept(&world, |project, point, ran| {
        let stands = fs::read_to_string(project.path("run/dead.pid")).ok();
        let said = || format!("{point:?}: {ran:?}\n{:#?}", project.journal());
        let found = stands.clone().or_else(|| kept(project, "dead.pid"));
        assert_eq!(found.as_deref(), Some("4194000\n"), "{}", said());
        assert!(ran.code != 0 || stands.is_none(), "{}", said());
        again(project, point, ran);
        assert!(!project.path("run/dead.pid").exists(), "{}", said());
        assert_eq!(kept(project, "dead.pid").as_deref(), Some("4194000\n"), "{}", said());
        assert_eq!(fs::read_dir(project.path("run")).expect("there").count(), 0, "nothing beside it: {}", said());
        project.heal(&["undo"]).exits(0);
        assert_eq!(project.read("run/dead.pid"), "4194000\n", "{}", said());
    });
}

#[test]
fn of_a_database_no_row_is_lost_and_then_it_is_free() {
    let mut template = project(DB);
    writer(&mut template, "a.session", "wal", "kill");
    let world = || {
        let project = project(DB);
        for file in fs::read_dir(template.path("db")).expect("there").flatten() {
            fs::copy(file.path(), project.path("db").join(file.file_name())).expect("copied");
        }
        project
    };
    let left = fs::read_dir(template.path("db")).expect("there").count();
    assert!(left > 1, "something is left beside the database");
    swept(&world, |project, point, ran| {
        // Half of the time somebody else opens it next, half of the time heal goes on.
        if point.k % 2 == 0 {
            assert_eq!(rows(project, "a.session"), "500 ok", "{point:?}: {ran:?}");
        }
        let again = again(project, point, ran);
        assert_eq!(rows(project, "a.session"), "500 ok", "{point:?}: {ran:?} {again:?}");
        let verdict = super::clean_locks::verdict(&project.heal(&["clean-locks", "--list", "--json"]), "a.session").0;
        assert_eq!(verdict, "free", "{point:?}: {ran:?} {again:?}");
    });
}
