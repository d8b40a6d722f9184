//! Is only who was really left behind taken for an orphan? That its parent is init proves nothing: whoever has a living parent,
//! session or service is left alone, and in live mode everybody is.

use expect_test::expect;

use super::acting::{NAP, kinds, running, shell, sleeper, the_one, timeless};
use super::support::{Project, alive, wait_for};

/// What stands in the command line of an orphan, and of nothing else in its directory.
const LEFT: &str = "86399";

fn project(mode: &str, more: &str) -> Project {
    let orphans =
        format!("orphans = {{ executable = \"sleep\", args_contain = \"{LEFT}\", min_age = \"50ms\"{more} }}\n");
    let project = sleeper(&orphans);
    let text = project.read("heal.toml").replace("name = \"test\"", &format!("name = \"test\"\nmode = \"{mode}\""));
    project.write("heal.toml", &text);
    project.heal(&["heal"]).exits(0);
    std::thread::sleep(std::time::Duration::from_millis(80));
    project
}

/// Leaves a process behind, a leader of its own session whose parent is gone. Answers with its pid.
fn leave(project: &Project) -> i32 {
    shell(project, &format!("(setsid sleep {LEFT} >/dev/null 2>&1 &)")).exits(0);
    wait_for("the orphan", || !running(project, LEFT).is_empty());
    std::thread::sleep(std::time::Duration::from_millis(80));
    the_one(project, LEFT)
}

#[test]
fn in_live_mode_an_orphan_is_reported_and_lives() {
    let project = project("live", "");
    let orphan = leave(&project);
    let ran = project.heal(&["check"]).exits(1);
    expect![[r#"
        exit 1
        --- stdout
        healthy   app  pid [PID], up [SPAN]
            orphan  pid [PID] `sleep 86399`, [SPAN] old: reported only; mode = "paper" would stop it
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    let before = project.journal().len();
    let told = project.heal(&["heal", "--json"]).exits(1).json();
    assert_eq!(told["services"][0]["orphans"][0]["pid"], orphan, "{told:#}");
    assert_eq!(told["services"][0]["orphans"][0]["status"], "observed");
    assert_eq!(told["stats"]["orphans_stopped"], 0);
    assert!(alive(orphan));
    assert_eq!(project.journal().iter().skip(before).filter(|event| event["event"] == "repairing").count(), 0);
    // The same news once a minute is no news.
    assert_eq!(project.heal(&["heal", "--quiet"]).exits(1).stdout, "");
}

/// In the process table arguments are separated by NUL, whatever stands between them in `args_contain`.
#[test]
fn it_is_found_by_several_words() {
    for (words, found) in [("86399 70003", true), ("86399", true), ("86399  70003", false), ("86399 70004", false)] {
        let project = project("live", "");
        let config = project.read("heal.toml");
        project.write(
            "heal.toml",
            &config.replace(&format!("args_contain = \"{LEFT}\""), &format!("args_contain = \"{words}\"")),
        );
        shell(&project, "(setsid sleep 86399 70003 >/dev/null 2>&1 &)").exits(0);
        wait_for("the orphan", || !running(&project, LEFT).is_empty());
        std::thread::sleep(std::time::Duration::from_millis(80));
        let told = project.heal(&["check", "--json"]).json();
        let orphans = told["services"][0]["orphans"].as_array().map_or(0, Vec::len);
        assert_eq!(orphans == 1, found, "{words}: {told:#}");
    }
}

#[test]
fn in_paper_mode_it_is_stopped_with_what_descends_from_it_and_nothing_else_is() {
    let project = project("paper", "");
    let service = the_one(&project, NAP);
    shell(&project, "(setsid sh -c 'sleep 70001 & exec sleep 86399' >/dev/null 2>&1 &)").exits(0);
    wait_for("both", || running(&project, LEFT).len() == 1 && running(&project, "70001").len() == 1);
    std::thread::sleep(std::time::Duration::from_millis(80));
    let ran = project.heal(&["heal", "--dry-run"]).exits(1);
    assert!(ran.stdout.contains("old: the tick stops it"), "{ran:?}");
    assert_eq!(running(&project, LEFT).len(), 1);
    let told = project.heal(&["heal", "--json"]).exits(0).json();
    assert_eq!(told["stats"]["orphans_stopped"], 1, "{told:#}");
    assert_eq!(told["healed"], serde_json::json!([]));
    assert_eq!(told["services"][0]["orphans"][0]["status"], "stopped");
    assert!(running(&project, LEFT).is_empty() && running(&project, "70001").is_empty());
    assert_eq!(the_one(&project, NAP), service);
    assert!(kinds(&project).ends_with(", repairing, repaired"), "{}", kinds(&project));
    let status = project.heal(&["status", "--json"]).json();
    assert_eq!(status["services"][0]["acts"].as_array().map(Vec::len), Some(1), "only the start: {status:#}");
    let list = project.heal(&["undo", "--list"]).exits(0).stdout;
    assert!(list.contains("stays") && list.contains("(app, orphans)"), "{list}");
}

#[test]
fn whoever_has_a_living_owner_is_nobodys_orphan() {
    // What, how it is started, and whether anything is said of it.
    let table = [
        ("its parent lives", "setsid sh -c 'sleep 86399; true' >/dev/null 2>&1 &", ""),
        ("its session lives", "setsid sh -c '(sleep 86399 >/dev/null 2>&1 &); exec sleep 70002' >/dev/null 2>&1 &", ""),
        (
            "two of them",
            "(setsid sleep 86399 >/dev/null 2>&1 &); (setsid sleep 86399 >/dev/null 2>&1 &)",
            "2 processes fit `orphans`",
        ),
        ("elsewhere", "(cd / && setsid sleep 86399 >/dev/null 2>&1 &)", ""),
        ("another program", "cp \"$(command -v sleep)\" nap; (setsid ./nap 86399 >/dev/null 2>&1 &)", ""),
    ];
    for (what, script, said) in table {
        let project = project("paper", "");
        shell(&project, script).exits(0);
        // One that runs elsewhere is known by the mark that it inherited.
        let all = || project.processes().len();
        wait_for(what, || all() > 1);
        std::thread::sleep(std::time::Duration::from_millis(100));
        let before = all();
        let told = project.heal(&["heal", "--json"]).exits(0).json();
        assert_eq!(all(), before, "{what}: {told:#}");
        assert_eq!(told["services"][0]["orphans"], serde_json::json!([]), "{what}");
        let warnings = told["warnings"].to_string();
        assert_eq!(warnings.contains("nobody is taken for an orphan"), !said.is_empty(), "{what}: {warnings}");
        assert!(warnings.contains(said), "{what}: {warnings}");
    }
}

#[test]
fn what_is_of_a_service_or_too_young_or_not_looked_at_is_no_orphan() {
    // It is a child of the service; it is the service's own parent; the service itself fits.
    for start in
        [r#"["sh", "-c", "(sleep 86399 &); exec sleep 86400"]"#, r#"["sh", "-c", "sleep 86399 & exec sleep 86400"]"#]
    {
        let project = super::acting::started_by(
            start,
            "orphans = { executable = \"sleep\", args_contain = \"86399\", min_age = \"50ms\" }\n",
        );
        let text = project.read("heal.toml").replace("name = \"test\"", "name = \"test\"\nmode = \"paper\"");
        project.write("heal.toml", &text);
        project.heal(&["heal"]).exits(0);
        std::thread::sleep(std::time::Duration::from_millis(80));
        project.heal(&["heal"]).exits(0);
        assert_eq!(running(&project, LEFT).len(), 1, "{start}");
    }
    let young = project("paper", "");
    leave(&young);
    let text = young.read("heal.toml").replace("50ms", "10m");
    young.write("heal.toml", &text);
    young.heal(&["heal"]).exits(0);
    assert_eq!(running(&young, LEFT).len(), 1, "too young");
    // Only a look at all services knows who is nobody's.
    let partial = project("paper", "");
    leave(&partial);
    partial.heal(&["heal", "--only", "app"]).exits(0);
    assert_eq!(running(&partial, LEFT).len(), 1, "not all were looked at");
}

#[test]
fn a_selector_that_names_too_many_is_refused_with_its_place() {
    let table = [
        (r#"{ executable = "sleep", args_contain = "x" }"#, "`orphans` has no `min_age`"),
        (r#"{ executable = "sleep", min_age = "1h" }"#, "needs both `executable` and `args_contain`"),
        (r#"{ args_contain = "x", min_age = "1h" }"#, "needs both `executable` and `args_contain`"),
        (r#"{ executable = "a", args_contain = "x", min_age = "1h", pidfile = "p" }"#, "has a `pidfile`"),
        (r#"{ executable = "a", args_contain = "x", min_age = "1h", max_matches = 0 }"#, "`max_matches` is 0"),
        (r#"{ executable = "a", args_contain = "x", min_age = "1h", unknown = 1 }"#, "unknown"),
    ];
    for (orphans, why) in table {
        let project = sleeper(&format!("orphans = {orphans}\n"));
        let ran = project.heal(&["config", "check"]).exits(78);
        assert!(ran.stderr.contains(why) && ran.stderr.contains("heal.toml:11:"), "{orphans}: {ran:?}");
    }
}
