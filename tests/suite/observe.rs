//! Does `mode = "observe"` change nothing, whoever asks and whatever a killed run left? And does it say so, in the same words?

use std::fs;

use super::acting::running;
use super::checkpoint;
use super::repository::{arm, deployed, digest, head, sound};
use super::support::{Project, Ran};
use super::trial;
use super::update::{GOOD, cloned_with_two, phase, release};

const OBSERVE: [&str; 2] = ["--set", "project.mode=observe"];
const WORDS: &str = "mode = \"observe\": heal changes nothing";

fn observing(project: &Project, args: &[&str]) -> Ran {
    project.heal(&[&OBSERVE[..], args].concat())
}

/// It is refused in those words, with the way out of it.
#[track_caller]
fn refused(ran: Ran) {
    let ran = ran.exits(69);
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(said.contains(WORDS) && said.contains("--set project.mode=live"), "{ran:?}");
}

#[test]
fn code_is_not_taken_back_also_not_by_force() {
    let project = deployed("", "");
    let before = digest(&project);
    for more in [&["--commit", "HEAD"][..], &[]] {
        refused(observing(&project, &[&["revert", "--force"], more].concat()));
    }
    let json = observing(&project, &["revert", "--force", "--json"]).exits(69).json();
    assert_eq!(json["refused"]["rule"], "observing", "{json}");
    assert_eq!((digest(&project), running(&project, "86400")), (before, vec![]));
    let plan = observing(&project, &["revert", "--force", "--dry-run"]).exits(0);
    assert!(plan.stdout.starts_with("would "), "{plan:?}");
    // One that is switched off is not there for heal.
    let off = project.heal(&["--set", "service.app.enabled=false", "revert", "--service", "app", "--force", "--json"]);
    assert_eq!(off.exits(69).json()["refused"]["rule"], "disabled");
    project.heal(&["revert", "--commit", "HEAD", "--force"]).exits(0);
}

#[test]
fn state_is_not_repaired() {
    let project = Project::new(
        "[project]\nname = \"test\"\n\n[state.book]\npath = \"book.json\"\nkind = \"json\"\ntemplate = { cash = 0 }\nrepair = [\"merge\"]\n",
    );
    project.write("book.json", "{}\n");
    refused(observing(&project, &["validate-state", "--repair"]));
    assert_eq!(project.read("book.json"), "{}\n");
    assert!(!project.path("data").exists());
    let plan = observing(&project, &["validate-state", "--repair", "--dry-run"]).exits(2);
    assert!(plan.stdout.contains("would "), "{plan:?}");
    project.heal(&["validate-state", "--repair"]).exits(0);
}

#[test]
fn nothing_is_undone_until_somebody_says_that_it_may() {
    let project = trial::project();
    project.write("run/app.pid", "4194000\n");
    trial::run(&project, &[trial::aside(&project, "run/app.pid")]).exits(0);
    refused(observing(&project, &["undo"]));
    assert!(!project.path("run/app.pid").exists());
    observing(&project, &["undo", "--list"]).exits(0);
    let plan = observing(&project, &["undo", "--dry-run"]).exits(0);
    assert!(plan.stdout.contains("would put "), "{plan:?}");
    observing(&project, &["--set", "project.mode=live", "undo"]).exits(0);
    assert!(project.path("run/app.pid").exists());
}

#[test]
fn a_checkpoint_is_handed_out_and_not_put_in_place() {
    let project = checkpoint::of_file("one");
    checkpoint::save(&project, "one");
    project.write("state/app.bin", "two");
    refused(observing(&project, &["checkpoint", "restore"]));
    assert_eq!(checkpoint::state(&project), b"two");
    assert_eq!(observing(&project, &["checkpoint", "restore", "--to", "-"]).exits(0).stdout, "one");
    observing(&project, &["checkpoint", "save"]).exits(0);
    project.heal(&["checkpoint", "restore"]).exits(0);
}

#[test]
fn what_a_killed_run_had_begun_stays_as_it_is_and_is_said_to_be_unfinished() {
    // Code, in the middle of its move.
    let project = deployed("", "");
    arm(&project);
    assert_eq!(project.run(project.command(&["revert"]).env("HEAL_TEST_DIE", "revert-ref")).code, 137);
    let before = digest(&project);
    for command in [&["heal"][..], &["check"], &["heal", "--dry-run"], &["restart", "app"]] {
        let ran = observing(&project, command);
        let line = format!("not finished; {WORDS}");
        assert!(ran.stdout.contains(&line), "{command:?}: {ran:?}");
        assert_eq!(digest(&project), before, "{command:?}");
    }
    project.heal(&["heal"]);
    sound(&project);
    // A file that was replaced; only the line about it is missing.
    let project = super::checkpoint::of_file("one");
    checkpoint::save(&project, "one");
    project.write("state/app.bin", "two");
    let mut killed = project.command(&["checkpoint", "restore"]);
    assert_eq!(project.run(killed.env("HEAL_TEST_DIE", "after-exchange")).code, 137);
    let lines = || project.events("replaced").len() + project.events("done").len() + project.events("repaired").len();
    let open = lines();
    let ran = observing(&project, &["heal"]);
    assert!(ran.stdout.contains(WORDS), "{ran:?}");
    assert_eq!(lines(), open);
    project.heal(&["heal"]);
    assert!(lines() > open);
    assert!(["one", "two"].contains(&fs::read_to_string(project.path("state/app.bin")).expect("there").as_str()));
}

#[test]
fn an_update_that_was_killed_stays_and_is_said_to_be_unfinished_also_when_updates_are_switched_off() {
    let (project, upstream) = cloned_with_two("");
    project.heal(&["heal"]).exits(0);
    let (old, new) = (head(&project), release(&upstream, GOOD));
    assert_eq!(project.run(project.command(&["update", "apply"]).env("HEAL_TEST_DIE", "after-change")).code, 137);
    for (set, why) in [("project.mode=observe", WORDS), ("update.enabled=false", "while `[update] enabled` is false")] {
        for command in ["heal", "check", "status"] {
            let ran = project.heal(&["--set", set, command]);
            assert!(ran.stdout.contains("is unfinished: ") && ran.stdout.contains(why), "{command}: {ran:?}");
        }
        assert_eq!((head(&project), phase(&project)), (new.clone(), "moved".to_owned()));
    }
    project.heal(&["heal"]);
    assert_eq!(head(&project), old);
}
