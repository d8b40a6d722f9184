//! Is a copy of a damaged database kept whenever there is room for it, whatever became of the run before, and of no more than heal
//! has room for?

use std::fs;
use std::path::PathBuf;

use super::acting::{in_parallel, shell};
use super::ailing::{crashed, damage, project};
use super::killpoints::{CHANGING, Fault, Point, sweep_over};
use super::support::{Project, Ran};
use super::trial::quarantine;

/// What there is of the database, by name.
fn family(project: &Project) -> Vec<(String, Vec<u8>)> {
    ["a.session", "a.session-wal"]
        .map(|name| (name.to_owned(), fs::read(project.path(&format!("db/{name}"))).expect("there")))
        .into()
}

/// All of it is kept, once, and nothing half made beside it.
#[track_caller]
fn kept(project: &Project, of: &[(String, Vec<u8>)], said: &str) {
    let mut all = quarantine(project);
    all.sort();
    let named = |path: &PathBuf| path.file_name().expect("a name").to_string_lossy().into_owned();
    let names: Vec<String> = all.iter().map(named).collect();
    assert!(!names.iter().any(|name| name.ends_with(".part")), "{names:?}: {said}");
    for (name, bytes) in of {
        let copies: Vec<&PathBuf> = all.iter().filter(|path| named(path) == format!("0-{name}.copy")).collect();
        assert_eq!(copies.len(), 1, "{names:?}: {said}");
        assert_eq!(fs::read(copies[0]).expect("readable"), *bytes, "{name}: {said}");
    }
}

fn swept(calls: &str, fault: Fault, most: usize) {
    let template = project();
    crashed(&template, "a.session", 2_000);
    damage(&template, "a.session");
    let whole = family(&template);
    let world = || {
        let project = project();
        for file in fs::read_dir(template.path("db")).expect("there").flatten() {
            fs::copy(file.path(), project.path("db").join(file.file_name())).expect("copied");
        }
        (project, vec!["clean-locks".to_owned()])
    };
    sweep_over(world, calls, fault, most, |project: &Project, point: &Point, ran: &Ran| {
        assert_eq!(family(project), whole, "{point:?}: the original stays: {ran:?}");
        let again = project.heal(&["clean-locks"]).exits(2);
        let said = format!("{point:?}: {ran:?}\n{again:?}");
        assert!(again.stdout.contains("; a copy is kept in "), "{said}");
        kept(project, &whole, &said);
        assert_eq!(family(project), whole, "{said}");
        assert_eq!(project.events("repairing").len(), project.events("repaired").len(), "{said}");
    });
}

#[test]
fn a_run_that_died_in_the_middle_of_a_copy_keeps_no_later_one_from_making_it() {
    // Each rename, and a share of all the rest.
    swept("renameat2", Fault::Kill, usize::MAX);
    in_parallel(&[(Fault::Kill, 12), (Fault::Sticky("ENOSPC"), 3), (Fault::Sticky("EIO"), 2)], |(fault, most)| {
        swept(CHANGING, *fault, *most);
    });
}

#[test]
fn what_stands_in_the_place_of_a_copy_and_is_not_heals_stays() {
    let project = project();
    crashed(&project, "a.session", 2_000);
    damage(&project, "a.session");
    project.heal(&["clean-locks"]).exits(2);
    let copy = quarantine(&project).into_iter().find(|path| path.ends_with("0-a.session.copy")).expect("kept");
    let folder = copy.parent().expect("a folder");
    let part = folder.join(format!(".heal-{}-0.part", folder.file_name().expect("a name").to_string_lossy()));
    fs::remove_file(&copy).expect("removed");
    project.write("precious", "precious");
    for link in [true, false] {
        if link {
            std::os::unix::fs::symlink(project.path("precious"), &part).expect("linked");
        } else {
            fs::hard_link(project.path("precious"), &part).expect("linked");
        }
        let ran = project.heal(&["clean-locks"]).exits(2);
        assert!(
            ran.stdout.contains("no whole copy of it could be kept") && ran.stdout.contains("is not heal's"),
            "{ran:?}"
        );
        assert!(fs::symlink_metadata(&part).is_ok() && !copy.exists(), "{ran:?}");
        assert_eq!(project.read("precious"), "precious");
        fs::remove_file(&part).expect("removed");
    }
    // What a run that died left there goes.
    fs::write(&part, "half of it").expect("written");
    project.heal(&["clean-locks"]).exits(2);
    assert!(!part.exists() && copy.exists());
}

#[test]
fn of_one_database_a_few_copies_are_kept_and_no_more() {
    let project = project();
    crashed(&project, "a.session", 2_000);
    for round in 0..5 {
        damage(&project, "a.session");
        let ran = project.heal(&["clean-locks"]).exits(2);
        let full = ran.stdout.contains("no copy of it could be kept: 3 others of it are kept already in ");
        assert_eq!(full, round >= 3, "{round}: {ran:?}");
        let copies = quarantine(&project).into_iter().filter(|path| path.ends_with("0-a.session.copy")).count();
        assert_eq!(copies, 3.min(round + 1), "{ran:?}");
    }
}

#[test]
fn without_room_no_copy_is_begun_and_with_room_it_is_made_up_for() {
    let project = project();
    crashed(&project, "a.session", 2_000);
    damage(&project, "a.session");
    let script = r#"
mkdir data && mount -t tmpfs -o size=40m,mode=700 tmpfs data || exit 99
"$HEAL" clean-locks; echo "exit $?"
find data -name '*session*' | wc -l
mount -o remount,size=200m data
"$HEAL" clean-locks; echo "exit $?"
find data -name '*session*' | wc -l
"#;
    project.write("script.sh", script);
    let ran = shell(&project, "unshare -m /bin/sh script.sh");
    if ran.code == 99 || ran.stderr.contains("unshare") {
        return; // this machine does not allow it
    }
    let (before, after) = ran.stdout.split_once("exit 2\n0\n").expect("refused first");
    assert!(
        before.contains("; no copy of it could be kept: it needs ") && before.contains(" have to stay free"),
        "{ran:?}"
    );
    assert!(after.contains("; a copy is kept in ") && after.ends_with("exit 2\n3\n"), "{ran:?}");
}
