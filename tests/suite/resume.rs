//! `heal resume`: is a pause over when somebody says so, and does it say what stays?

use expect_test::expect;

use super::acting::{NAP, sleeper, the_one};

#[test]
fn it_ends_what_is_named_and_says_what_stays() {
    let project = sleeper("");
    let ran = project.heal(&["resume", "app"]).exits(0);
    assert_eq!(ran.stdout, "app was not paused; nothing to do\n");
    project.heal(&["pause", "--all", "--reason", "power"]).exits(0);
    project.heal(&["pause", "app", "--reason", "disk"]).exits(0);
    let ran = project.heal(&["resume", "app"]).exits(69);
    expect![[r#"
        exit 69
        --- stdout
        app is not paused any more
        app stays paused with all services
        next  heal resume --all
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.heal(&["check"]).exits(1);
    let document = project.heal(&["resume", "app", "--json"]).exits(69).json();
    assert_eq!(
        (&document["resumed"], &document["still_paused"]),
        (&serde_json::json!([]), &serde_json::json!(["app"]))
    );
    let document = project.heal(&["resume", "--all", "--json"]).exits(0).json();
    assert_eq!(document["resumed"], serde_json::json!([null]));
    assert_eq!(project.heal(&["resume", "--all"]).exits(0).stdout, "nothing was paused; nothing to do\n");
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
    let why: Vec<String> = project.events("resumed").iter().map(|event| event["why"].to_string()).collect();
    assert_eq!(why, ["\"by root\""; 2]);
}

#[test]
fn it_ends_one_that_is_bound_to_a_command_as_well() {
    let project = sleeper("");
    let heal = env!("CARGO_BIN_EXE_heal");
    let script = format!("{heal} check >/dev/null; echo $?; {heal} resume app; {heal} check >/dev/null; echo $?");
    let ran = project.heal(&["pause", "app", "--", "sh", "-c", &script]).exits(0);
    assert_eq!(ran.stdout, "1\napp is not paused any more\n2\n", "{ran:?}");
}

#[test]
fn wrong_words_are_refused() {
    let project = sleeper("");
    for words in [&["resume"][..], &["resume", "ap"], &["resume", "app", "--all"], &["resume", "app", "--for", "1h"]] {
        project.heal(words).exits(64);
    }
    assert!(!project.path("data").exists());
}
