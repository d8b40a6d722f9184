//! `heal hold`: does a service wait for the person who said so, and only for them?

use expect_test::expect;

use super::acting::{NAP, end, kinds, later, running, sleeper, the_one};

#[test]
fn it_is_held_until_it_is_released_however_long_that_takes() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let ran = project.heal(&["hold", "app", "--reason", "its login expired"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        app is held: its login expired (by root)
        next  heal release app   (when it is put right)
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert!(project.heal(&["check"]).exits(0).stdout.contains("    held  its login expired (by root)"));
    let page = project.heal(&["check", "--format", "nagios"]).exits(0).stdout;
    assert!(page.starts_with("HEAL OK: app healthy; held: its login expired (by root)"), "{page}");
    end(the_one(&project, NAP));
    for shift in ["0s", "30d", "400d"] {
        later(&project, shift, &["heal"]).exits(69);
    }
    assert!(running(&project, NAP).is_empty());
    project.heal(&["release", "app"]).exits(0);
    project.heal(&["heal"]).exits(0);
    let told = project.events("alerted").iter().filter(|event| event["notice"] == "held").count();
    assert_eq!(told, 1, "{}", kinds(&project));
}

#[test]
fn the_same_reason_is_written_once_and_another_one_takes_its_place() {
    let project = sleeper("");
    let hold = |reason: &str| project.heal(&["hold", "app", "--reason", reason, "--json"]).exits(0).json();
    assert_eq!(hold("one")["already"], false);
    assert_eq!(hold("one")["already"], true);
    assert_eq!(hold("another")["reason"], "another (by root)");
    assert_eq!(project.events("held").len(), 2);
    assert!(project.heal(&["heal"]).exits(69).stdout.contains("held for"), "the first tick does nothing either");
    assert_eq!(project.events("intent").len(), 0);
}

#[test]
fn wrong_words_are_refused() {
    let project = sleeper("");
    for words in [&["hold"][..], &["hold", "app"], &["hold", "ap", "--reason", "x"], &["hold", "app", "--reason", ""]] {
        project.heal(words).exits(64);
    }
    assert!(!project.path("data").exists());
    project.heal(&["hold", "app", "--reason", "x", "--config", "missing.toml"]).exits(78);
}
