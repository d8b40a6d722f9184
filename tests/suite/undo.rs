//! `heal undo`: does what was moved aside come back, as it was, and only where nobody's file is in the way?

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use expect_test::expect;

use super::acting::{kinds, later, shell, sleeper};
use super::killpoints::{CHANGING, Fault, Point, sweep_over};
use super::support::{Project, Ran};
use super::trial::{self, aside, kept, quarantine};

const BYTES: &str = "4194000\n";

/// A project in which one file was moved aside.
fn moved() -> Project {
    let project = trial::project();
    aside_in(&project);
    project
}

fn aside_in(project: &Project) {
    project.write("run/app.pid", BYTES);
    fs::set_permissions(project.path("run/app.pid"), fs::Permissions::from_mode(0o640)).expect("set");
    trial::run(project, &[aside(project, "run/app.pid")]).exits(0);
    assert!(kept(project, "run/app.pid").is_some());
}

/// Replaces what no two runs share.
fn shown(project: &Project, ran: &Ran) -> String {
    let runs = project.journal().into_iter().filter_map(|event| Some(event["run"].as_str()?.to_owned()));
    let mut runs: Vec<String> = runs.collect();
    runs.dedup();
    let text =
        runs.iter().enumerate().fold(ran.snapshot(project), |text, (n, run)| text.replace(run, &format!("[RUN{n}]")));
    project.normalise(&text)
}

fn stands(project: &Project) -> Option<(String, u32)> {
    let path = project.path("run/app.pid");
    Some((fs::read_to_string(&path).ok()?, fs::metadata(&path).ok()?.permissions().mode() & 0o7777))
}

#[test]
fn what_was_moved_aside_comes_back_as_it_was_and_that_can_be_taken_back_too() {
    let project = moved();
    let ran = project.heal(&["undo", "--dry-run"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        would     run [RUN0] at [TIME]
            would put [DIR]/run/app.pid back
        next  heal undo [RUN0]
        --- stderr
    "#]]
    .assert_eq(&shown(&project, &ran));
    assert_eq!(stands(&project), None);
    let ran = project.heal(&["undo"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        undone    run [RUN0] at [TIME]
            did   moved back: [DIR]/run/app.pid
        --- stderr
    "#]]
    .assert_eq(&shown(&project, &ran));
    assert_eq!(stands(&project), Some((BYTES.to_owned(), 0o640)));
    assert_eq!(quarantine(&project), [] as [&std::path::Path; 0]);
    assert_eq!(kinds(&project), "repairing, moved-aside, repaired, repairing, put-back, repaired");
    // There is nothing more, but for the taking back itself, when it is named.
    let ran = project.heal(&["undo"]).exits(0);
    assert_eq!(ran.stdout, "there is nothing to take back\n");
    let second = project.events("put-back")[0]["run"].as_str().expect("a run").to_owned();
    project.heal(&["undo", &second]).exits(0);
    assert_eq!(stands(&project), None);
    let kept = kept(&project, "run/app.pid").expect("kept again");
    assert_eq!(fs::read_to_string(kept).expect("read"), BYTES);
    let ran = project.heal(&["undo", "--list"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        [RUN2]  [TIME]
            open      moved [DIR]/run/app.pid aside (app, undo)
        [RUN1]  [TIME]
            undone    put [DIR]/run/app.pid back (app, undo) by [RUN2]
        [RUN0]  [TIME]
            undone    moved [DIR]/run/app.pid aside (app, trial) by [RUN1]
        there is nothing to take back
        --- stderr
    "#]]
    .assert_eq(&shown(&project, &ran));
}

/// As if the device had another number since, of the same length.
fn renumbered(project: &Project) {
    let device = fs::metadata(project.path("run")).expect("there").dev().to_string();
    let other = "1".repeat(device.len());
    for entry in fs::read_dir(project.path("data/journal")).expect("a journal").flatten() {
        let text = fs::read_to_string(entry.path()).expect("readable");
        let (now, then) = (format!("\"device\":{device},"), format!("\"device\":{other},"));
        assert!(text.contains(&now), "{text}");
        fs::write(entry.path(), text.replace(&now, &then)).expect("written");
    }
}

#[test]
fn a_device_that_has_another_number_after_a_boot_is_no_other_file() {
    let project = moved();
    project.heal(&["undo"]).exits(0);
    renumbered(&project);
    let listed = project.heal(&["undo", "--list"]).exits(0).stdout;
    assert!(!listed.contains("moved on"), "{listed}");
    let back = project.events("put-back")[0]["run"].as_str().expect("a run").to_owned();
    project.heal(&["undo", &back]).exits(0);
    assert_eq!(stands(&project), None);
    // The same number of an inode with other bytes is another file.
    let aside = project.events("moved-aside")[1]["run"].as_str().expect("a run").to_owned();
    project.heal(&["undo", &aside]).exits(0);
    project.write("run/app.pid", "other\n");
    renumbered(&project);
    let again = project.events("put-back")[1]["run"].as_str().expect("a run").to_owned();
    project.heal(&["undo", &again]).exits(69);
}

#[test]
fn a_file_that_is_there_again_is_only_moved_for_who_insists() {
    let project = moved();
    project.write("run/app.pid", "newer\n");
    let ran = project.heal(&["undo"]).exits(69);
    expect![[r#"
        exit 69
        --- stdout
        refused   run [RUN0] at [TIME]
            there is a file at [DIR]/run/app.pid again
            moved on  moved [DIR]/run/app.pid aside (app, trial): there is a file at [DIR]/run/app.pid again
        next  heal undo [RUN0] --force   (moves aside what is there now)
        --- stderr
    "#]]
    .assert_eq(&shown(&project, &ran));
    assert_eq!(project.read("run/app.pid"), "newer\n");
    let forced = project.heal(&["undo", "--force", "--json"]).exits(0).json();
    assert_eq!(forced["made"].as_array().expect("a list").len(), 2, "{forced:#}");
    assert_eq!(stands(&project), Some((BYTES.to_owned(), 0o640)));
    let newer = kept(&project, "run/app.pid");
    assert_eq!(newer, None, "the last word about this path is that it was put back");
    assert_eq!(
        quarantine(&project).iter().map(|path| fs::read_to_string(path).expect("read")).collect::<Vec<_>>(),
        ["newer\n"]
    );
    // The whole of it can be taken back: the older one goes, the newer one comes.
    let run = forced["runs"][0]["id"].as_str().expect("a run");
    assert_ne!(run, "");
    let second = project.events("put-back")[0]["run"].as_str().expect("a run").to_owned();
    project.heal(&["undo", &second]).exits(0);
    assert_eq!(project.read("run/app.pid"), "newer\n");
}

#[test]
fn a_newer_file_that_somebody_holds_stays_even_for_who_insists() {
    let mut project = moved();
    project.write("run/app.pid", "newer\n");
    project.spawn(&["sh", "-c", "exec 9<run/app.pid; echo >ready; sleep 600"]);
    super::support::wait_for("the holder", || project.path("ready").exists());
    let ran = project.heal(&["undo", "--force"]).exits(69);
    assert!(ran.stdout.contains("is left alone"), "{ran:?}");
    assert_eq!(project.read("run/app.pid"), "newer\n");
    assert_eq!(quarantine(&project).len(), 1);
}

#[test]
fn what_heal_left_and_what_it_kept_have_to_be_what_they_were() {
    // The kept file was changed, or is gone; the folder is; the file that was put back is another one.
    let project = moved();
    let kept = kept(&project, "run/app.pid").expect("kept");
    fs::write(&kept, "forged!\n").expect("written");
    let ran = project.heal(&["undo"]).exits(69);
    assert!(ran.stdout.contains("what is kept of it is not what was moved"), "{ran:?}");
    assert_eq!(stands(&project), None);
    fs::remove_file(&kept).expect("removed");
    for args in [&["undo"][..], &["undo", "--force"]] {
        let ran = project.heal(args).exits(69);
        assert!(ran.stdout.contains("is not in the quarantine any more"), "{ran:?}");
    }
    let project = moved();
    fs::remove_dir(project.path("run")).expect("removed");
    let ran = project.heal(&["undo"]);
    assert!([69, 74].contains(&ran.code), "{ran:?}");
    assert_eq!(quarantine(&project).len(), 1);
    fs::create_dir(project.path("run")).expect("made");
    project.heal(&["undo"]).exits(0);
    let second = project.events("put-back")[0]["run"].as_str().expect("a run").to_owned();
    shell(&project, "cp run/app.pid run/new && mv run/new run/app.pid").exits(0);
    let ran = project.heal(&["undo", &second]).exits(69);
    assert!(ran.stdout.contains("another file stands at"), "{ran:?}");
    let ran = project.heal(&["undo", "no-such-run"]).exits(64);
    assert!(ran.stderr.contains("the journal knows no run `no-such-run` that changed anything"), "{ran:?}");
}

#[test]
fn an_act_that_has_no_way_back_says_so() {
    let project = sleeper("");
    assert_eq!(
        project.heal(&["undo", "--list"]).exits(0).stdout,
        "heal has changed nothing that the journal knows of\n"
    );
    project.heal(&["heal"]).exits(0);
    let list = project.heal(&["undo", "--list", "--json"]).exits(0).json();
    assert_eq!(list["runs"][0]["changes"][0]["fate"], "irreversible", "{list:#}");
    assert_eq!(project.heal(&["undo"]).exits(0).stdout, "there is nothing to take back\n");
    let run = list["runs"][0]["id"].as_str().expect("a run").to_owned();
    let ran = project.heal(&["undo", &run]).exits(0);
    assert!(ran.stdout.starts_with("nothing ") && ran.stdout.contains("stays"), "{ran:?}");
    assert_eq!(project.events("repairing").len(), 0);
}

#[test]
fn a_repair_counts_against_no_budget_and_opens_nothing() {
    let project = moved();
    project.heal(&["undo"]).exits(0);
    let status = project.heal(&["status", "--json"]).json();
    assert_eq!(status["unfinished"].as_array().map(Vec::len), Some(0), "{status:#}");
    assert_eq!(status["services"][0]["acts"].as_array().map(Vec::len), Some(0), "{status:#}");
    later(&project, "1d", &["undo", "--list"]).exits(0);
}

#[test]
fn while_a_run_is_at_work_nothing_is_taken_back() {
    let mut project = moved();
    for lock in ["recovery-in-progress", "repair.lock"] {
        let holder = project.spawn(&["flock", "-o", &format!("data/{lock}"), "sh", "-c", "echo >ready; sleep 600"]);
        super::support::wait_for("the holder", || project.path("ready").exists());
        project.heal(&["undo"]).exits(75);
        super::acting::end(holder);
        fs::remove_file(project.path("ready")).expect("removed");
        super::support::wait_for("its end", || shell(&project, &format!("flock -n data/{lock} true")).code == 0);
    }
    project.heal(&["undo"]).exits(0);
}

/// After a fault the file is at one of its two places, and the next undo brings it back.
fn converges(project: &Project, point: &Point, ran: &Ran) {
    let said = || format!("{point:?}: {ran:?}\n{:?}\n{:#?}", quarantine(project), project.journal());
    let places = quarantine(project).into_iter().chain([project.path("run/app.pid")]);
    assert!(places.filter_map(|place| fs::read_to_string(place).ok()).any(|text| text == BYTES), "{}", said());
    project.heal(&["undo"]).exits(0);
    assert_eq!(stands(project), Some((BYTES.to_owned(), 0o640)), "{}", said());
    assert_eq!(quarantine(project), [] as [&std::path::Path; 0], "{}", said());
    assert_eq!(fs::read_dir(project.path("run")).expect("there").count(), 1, "{}", said());
    assert_eq!(project.events("repairing").len(), project.events("repaired").len(), "{}", said());
    assert_eq!(fs::metadata(project.path("run/app.pid")).expect("there").nlink(), 1);
}

#[test]
fn a_fault_at_any_system_call_of_an_undo_loses_nothing() {
    let world = || (moved(), vec!["undo".to_owned()]);
    sweep_over(world, CHANGING, Fault::Kill, 20, converges);
    for error in ["ENOSPC", "EIO"] {
        sweep_over(world, CHANGING, Fault::Error(error), 10, converges);
    }
}

#[test]
fn a_second_death_or_a_disk_that_stays_broken_loses_nothing_either() {
    let world = || (moved(), vec!["undo".to_owned()]);
    sweep_over(world, CHANGING, Fault::Again(&[]), 3, converges);
    for error in ["ENOSPC", "EIO", "EROFS"] {
        sweep_over(world, CHANGING, Fault::Sticky(error), 1, converges);
    }
}

#[test]
fn nor_does_one_on_the_way_from_another_file_system() {
    let Some(_) = trial::elsewhere(&trial::project()) else { return };
    let others = std::cell::RefCell::new(Vec::new());
    let world = || {
        let project = trial::project();
        others.borrow_mut().extend(trial::elsewhere(&project));
        aside_in(&project);
        (project, vec!["undo".to_owned()])
    };
    sweep_over(world, CHANGING, Fault::Kill, 20, converges);
    for error in ["ENOSPC", "EIO"] {
        sweep_over(world, CHANGING, Fault::Error(error), 8, converges);
    }
}
