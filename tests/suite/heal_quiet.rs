//! What does cron mail? `heal heal --quiet` says what is new, once, and the exit code says how things stand every time.

use crate::support::Project;

#[test]
fn the_same_trouble_is_printed_once() {
    let project = Project::new(
        "[project]\nname = \"x\"\n[service.app]\nmatch = { executable = \"no-such-program-3\" }\nstart = [\"false\"]\n",
    );
    let tick = |code: i32| project.heal(&["heal", "--quiet"]).exits(code).stdout;
    assert!(tick(2).starts_with("failed    app"), "restart");
    assert!(tick(2).starts_with("failed    app"), "stop-stale");
    assert!(tick(2).starts_with("failed    app"), "clear-locks");
    let refused = tick(69);
    assert!(refused.contains("nothing done: every rung was tried"), "{refused}");
    assert_eq!(tick(69), "", "it was said already");
    assert_eq!(tick(69), "", "it was said already");
    let asked = project.heal(&["heal"]).exits(69).stdout;
    assert!(asked.contains("nothing done"), "who asks without --quiet is told again: {asked}");
    assert!(!project.heal(&["check", "--quiet"]).exits(2).stdout.is_empty(), "check has no yesterday");
}
