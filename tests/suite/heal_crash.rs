//! What does the tick write into the crash history? One life, one crash: however long it is down, whoever stops it, and
//! whether heal started it or not.

use super::acting::{NAP, end, later, sleeper, started_by, the_one};
use super::lives::{git, lives, release, told};
use super::support::{Project, wait_for};

/// A service whose code decides whether it runs: a shell that reads `code` and becomes `sleep`.
fn coded(extra: &str) -> Project {
    let project = started_by(r#"["/bin/sh", "start.sh"]"#, extra);
    project.write(
        "start.sh",
        "read what < code; [ \"$what\" = good ] && exec sleep 86400; echo \"ImportError: $what\" >&2; exit 1\n",
    );
    project.write("code", "good\n");
    project
}

/// A service that heal only observes.
fn observed() -> Project {
    let project = sleeper("");
    let config = project.read("heal.toml").replace("start         = [\"sleep\", \"86400\"]\n", "");
    // Other tests have services of the same words.
    let config =
        config.replace("match         = { ", &format!("match = {{ cwd = \"{}\", ", project.path(".").display()));
    project.write("heal.toml", &config);
    project
}

#[test]
fn ten_ticks_down_are_one_crash() {
    let mut project = observed();
    let one = release(&project, 1_700_000_000, "one");
    project.spawn(&["sleep", NAP]);
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    for minute in 1..=10 {
        later(&project, &format!("{minute}m"), &["heal"]);
    }
    let short = &one[..7];
    assert_eq!(told(&project), format!("start {short}, crash {short}"));
}

#[test]
fn a_release_that_dies_at_import_and_is_restarted_within_the_budget_is_a_pattern() {
    let project = coded("[crash]\npattern = \"2 per 30m\"\n");
    let good = release(&project, 1_700_000_000, "works");
    project.heal(&["heal"]).exits(0);
    project.write("code", "broken\n");
    let bad = release(&project, 1_700_000_600, "breaks it");
    // The old one runs on for a while, then it is gone: that crash is not the new one's.
    later(&project, "20m", &["heal"]).exits(0);
    end(the_one(&project, NAP));
    later(&project, "21m", &["heal"]).exits(2);
    later(&project, "21m", &["crash", "pattern"]).exits(0);
    later(&project, "22m", &["heal"]).exits(2);
    let [a, b] = [&good[..7], &bad[..7]];
    assert_eq!(told(&project), format!("start {a}, crash {a}, start {b}, crash {b}, start {b}, crash {b}"));
    let document = later(&project, "23m", &["crash", "pattern", "--json"]).exits(2).json();
    let verdict = &document["services"][0];
    assert_eq!((&verdict["release"]["id"], &verdict["known_good"]["release"]["id"]), (&bad.into(), &good.into()));
    assert_eq!(verdict["release"]["subject"], "breaks it");
    assert_eq!(verdict["reasons"][0]["reason"], "exit code 1: ImportError: broken");
    assert_eq!(lives(&project)[3]["exit_code"], 1);
}

#[test]
fn what_is_checked_out_while_others_are_treated_is_not_what_a_life_ran_that_began_before() {
    let mut project = Project::new(
        r#"[project]
name = "test"
[service.first]
match         = { executable = "sleep", args_contain = "86414" }
start         = ["/bin/sh", "deploy.sh"]
verify_within = "20s"
startup_grace = "0s"
[service.first.probes]
ready = { kind = "command", command = ["test", "-e", "ready"] }
[service.app]
match = { executable = "sleep", args_contain = "86415" }
"#,
    );
    // Somebody deploys while `first` starts, which takes longer than `app` has been running.
    project.write(
        "deploy.sh",
        "git -c user.name=ann -c user.email=ann@box commit -q --allow-empty -m two; sleep 3; touch ready; exec sleep 86414\n",
    );
    let one = release(&project, 1_700_000_000, "one");
    project.spawn(&["sleep", "86415"]);
    // A reflog knows whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    project.heal(&["heal"]).exits(0);
    let lines = lives(&project);
    let of = |name: &str| lines.iter().find(|line| line["service"] == name).map(|line| line["release"].clone());
    assert_eq!(of("app"), Some(one.clone().into()));
    // There was a deploy meanwhile.
    assert_ne!(git(&project, 1_700_000_000, &["rev-parse", "HEAD"]), one);
}

#[test]
fn what_heal_stops_is_no_crash() {
    let project = Project::new(
        r#"[project]
name = "test"
[service.app]
match         = { executable = "sleep", args_contain = "86400" }
start         = ["sleep", "86400"]
startup_grace = "0s"
verify_within = "1s"
[service.app.probes]
log = { kind = "fresh", path = "work", within = "1s", class = "hung" }
"#,
    );
    project.write("work", "");
    project.heal(&["heal"]);
    wait_for("a look that says hung", || project.heal(&["check"]).code == 2);
    project.heal(&["heal"]);
    let told = told(&project);
    assert!(told.starts_with("start -, stop -, start -"), "{told}");
    assert!(!told.contains("crash"), "{told}");
    assert_eq!(lives(&project)[1]["reason"], "stopped by heal");
}

#[test]
fn what_a_script_recorded_is_not_counted_again() {
    let mut project = observed();
    project.spawn(&["sleep", NAP]);
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    project.heal(&["crash", "log", "--signal", "KILL"]).exits(0);
    project.heal(&["heal"]);
    project.heal(&["heal"]);
    assert_eq!(told(&project), "start -, crash -");
    // And the other way round: the tick was faster.
    project.spawn(&["sleep", NAP]);
    project.heal(&["heal"]);
    end(the_one(&project, NAP));
    project.heal(&["heal"]);
    let ran = project.heal(&["crash", "log", "--signal", "KILL"]).exits(0);
    assert_eq!(ran.stdout, "app: crash was recorded by a tick already, release unknown\n");
    assert_eq!(told(&project), "start -, crash -, start -, crash -");
}

#[test]
fn a_service_under_heal_run_is_recorded_once_and_is_its_child() {
    // The words stand in the command line of `heal run` as well.
    let project = Project::new(&format!(
        "[project]\nname = \"test\"\n[service.app]\nmatch = {{ executable = \"sleep\", args_contain = \"86413\" }}\nverify_within = \"8s\"\n\
         start = [\"{}\", \"run\", \"--service\", \"app\", \"--\", \"sleep\", \"86413\"]\n",
        env!("CARGO_BIN_EXE_heal")
    ));
    let one = release(&project, 1_700_000_000, "one");
    project.heal(&["heal"]).exits(0);
    let document = project.heal(&["check", "--json"]).exits(0).json();
    let pid = document["services"][0]["process"]["pid"].as_i64().expect("a pid");
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).expect("it runs");
    assert!(!program.ends_with("heal"), "{program:?}");
    end(i32::try_from(pid).expect("a pid"));
    wait_for("its supervisor's word", || told(&project).contains("crash"));
    project.heal(&["heal"]).exits(0);
    let short = &one[..7];
    assert_eq!(told(&project), format!("start {short}, crash {short}, start {short}"));
    assert_eq!(lives(&project)[1]["signal"], 9);
}

#[test]
fn a_supervisor_that_was_killed_leaves_its_service_and_the_end_to_the_tick() {
    let mut project = observed();
    let heal = env!("CARGO_BIN_EXE_heal");
    let supervisor = project.spawn(&[heal, "run", "--service", "app", "--", "sleep", NAP]);
    wait_for("its start", || told(&project) == "start -");
    project.heal(&["heal"]).exits(0);
    let service = lives(&project)[0]["life"]["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok()).expect("a pid");
    end(supervisor);
    project.heal(&["check"]).exits(0);
    assert!(super::support::alive(service));
    end(service);
    project.heal(&["heal"]);
    project.heal(&["heal"]);
    assert_eq!(told(&project), "start -, crash -");
}
