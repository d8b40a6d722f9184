//! What may `[lock.NAME]` say? What would fit everything, leave the project or move heal's own files is refused, with its place.

use expect_test::{Expect, expect};

use super::config_faults::refused_in_short;
use super::support::Project;

fn lock(keys: &str) -> Project {
    Project::new(&format!(
        "[project]\nname = \"test\"\n\n[service.bot]\nmatch = {{ executable = \"bot\" }}\n\n[lock.run]\n{keys}\n"
    ))
}

#[track_caller]
fn refused(keys: &str, expected: &Expect) {
    let project = lock(keys);
    refused_in_short(&project, expected);
}

#[test]
fn what_would_clear_more_than_locks_is_refused() {
    for (path, why) in [
        ("/", "is a root, not a lock"),
        ("/*/x.lock", "is a root, not a lock"),
        (".", "is a root, not a lock"),
        ("", "names nothing"),
        ("*", "fits everything there"),
        ("**", "fits everything there"),
        ("run/*", "fits everything there"),
        ("run/**/*", "fits everything there"),
        ("run/??", "fits everything there"),
        ("../x.lock", "leads out of the project"),
        ("run/../../x.lock", "leads out of the project"),
        ("~/x.lock", "begins with `~`"),
        ("/etc/passwd.lock", "lies where no service keeps its locks"),
        ("/proc/self/*.lock", "lies where no service keeps its locks"),
        ("data/*.lock", "fits heal's own repair.lock"),
        ("data/recovery-in-progress", "fits heal's own recovery-in-progress"),
        ("data/**/*.json", "fits heal's own state/now.json"),
        ("data", "fits heal's own data directory"),
        ("run/[a.lock", "is no pattern"),
    ] {
        let project = lock(&format!("kind = \"auto\"\npaths = [{path:?}]"));
        let ran = project.heal(&["config", "check"]).exits(78);
        assert!(ran.stderr.contains(why), "{path}: {}", ran.stderr);
        assert!(ran.stderr.contains("heal.toml:9:10"), "{path}: {}", ran.stderr);
    }
}

#[test]
fn what_names_locks_is_right() {
    let project = lock(
        r#"kind = "pid"
paths = ["./run/*.pid", "run/{a,b}.lock", "data/*.session", "/run/bot/bot.pid", "**/*.lck"]"#,
    );
    project.heal(&["config", "check"]).exits(0);
    let shown = project.heal(&["config", "show", "--json"]).exits(0).json();
    let run = &shown["config"]["lock"]["run"];
    let paths = ["run/*.pid", "run/{a,b}.lock", "data/*.session", "/run/bot/bot.pid", "**/*.lck"];
    assert_eq!(run["paths"], serde_json::json!(paths));
    assert_eq!((&run["min_age"], &run["service"]), (&serde_json::json!("0s"), &serde_json::json!("bot")));
    let git = lock("kind = \"git\"\npaths = [\".git\"]\nservice = \"bot\"\nenabled = false");
    let shown = git.heal(&["config", "show", "--json"]).exits(0).json();
    assert_eq!(shown["config"]["lock"]["run"]["min_age"], "5m", "git holds its locks for seconds");
}

#[test]
fn faults_of_a_table_are_said_all_at_once() {
    refused(
        r#"kind = "sqlit"
paths = []
min_agee = "5m"
stop_holders = { min_age = "60s" }
service = "bto""#,
        &expect![[r#"
            error: `kind` cannot be `sqlit`
              = help: did you mean `sqlite`?
            error: `paths` is empty
              = help: write it as ["run/*.lock"]
            error: unknown key `min_agee`
               = help: did you mean `min_age`?
            error: `stop_holders` names no process by itself
               = help: stop_holders = { executable = "python3", args_contain = "bot.py" }
            error: there is no service `bto`
               = help: did you mean `bot`?
            heal.toml:8:8 heal.toml:9:9 heal.toml:10:1 heal.toml:11:16 heal.toml:12:11
        "#]],
    );
    refused(
        "kind = \"pid\"\npaths = [\"a.pid\", \"*\", \"/\"]\nstop_holders = { executable = \"x\", max_matches = 0 }",
        &expect![[r#"
            error: `*` fits everything there
              = help: name what the lock files have in common, such as *.lock
            error: `/` is a root, not a lock
              = help: name the lock files below it
            error: `max_matches` is 0: nothing could ever fit
            heal.toml:9:19 heal.toml:9:24 heal.toml:10:16
        "#]],
    );
    refused(
        "paths = [\"a.pid\"]",
        &expect![[r#"
            error: `kind` is missing
              = help: kinds are `sqlite`, `flock`, `pid`, `git`, `auto`
            heal.toml:7:1
        "#]],
    );
    refused(
        "kind = \"pid\"\npaths = \"a.pid\"",
        &expect![[r#"
        error: `paths` is a string, not a list such as ["a", "b"]
        heal.toml:9:9
    "#]],
    );
}

#[test]
fn every_example_of_the_kinds_is_right() {
    let kinds = lock("kind = \"pid\"\npaths = [\"a.pid\"]").heal(&["config", "kinds", "--json"]).exits(0).json();
    let built = kinds["locks"]["built"].as_array().expect("a list").clone();
    assert_eq!(built.len(), 5);
    for kind in built {
        let example = kind["example"].as_str().expect("text");
        assert!(example.contains(&format!("kind = {}", kind["name"])), "{example}");
        let project = Project::new(&format!("[project]\nname = \"test\"\n[lock]\n{example}\n"));
        project.heal(&["config", "check"]).exits(0);
    }
}
