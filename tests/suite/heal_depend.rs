//! Twelve services down behind one: whose trouble is it, who is acted upon, and how many people are woken?

use expect_test::expect;

use super::acting::{NAP, end, running, timeless};
use super::support::Project;

/// `db` is a `sleep`; whoever needs it looks for a file that somebody takes away with it. `command` probes, so that the
/// trouble of the others is real and ends when the file is back.
fn behind(count: usize, extra: &str) -> Project {
    let mut config = format!(
        r#"[project]
name = "test"
{extra}
[service.db]
match         = {{ executable = "sleep", args_contain = "{NAP}" }}
start         = ["/bin/sh", "-c", "touch db.up; exec sleep {NAP}"]
verify_within = "8s"
stable_for    = "0s"
"#
    );
    for number in 0..count {
        config.push_str(&format!(
            "[service.web{number}]\n\
             match = {{ executable = \"sleep\", args_contain = \"70{number:02}\" }}\n\
             start = [\"sleep\", \"70{number:02}\"]\n\
             startup_grace = \"0s\"\n\
             needs = [\"db\"]\n\
             probes.works = {{ kind = \"command\", command = [\"test\", \"-e\", \"db.up\"] }}\n"
        ));
    }
    config.push_str("[alert.ops]\nkind = \"file\"\npath = \"alerts.jsonl\"\n");
    Project::new(&config)
}

#[test]
fn twelve_services_down_behind_one_are_one_act_and_one_alert() {
    let project = behind(12, "");
    // One start at a time, what is needed first: all thirteen are up after one tick, and well for long enough after three.
    project.heal(&["heal", "--quiet"]).exits(0);
    assert_eq!(running(&project, "sleep").len(), 13);
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal"]).exits(0);
    let told = project.read("alerts.jsonl").lines().count();
    let web = running(&project, "7003");
    std::fs::remove_file(project.path("db.up")).expect("removed");
    end(running(&project, NAP)[0]);
    let check = project.heal(&["check"]).exits(2);
    assert!(check.stdout.contains("blocked   web3 (dependency)"), "{check:?}");
    let before = project.events("intent").len();
    let ran = project.heal(&["heal"]).exits(0);
    let acts: Vec<_> = project.events("intent").split_off(before);
    assert_eq!(acts.len(), 1, "{acts:?}");
    assert_eq!(acts[0]["service"], "db");
    assert_eq!(running(&project, "7003"), web, "nobody behind it was touched");
    let alerts = project.read("alerts.jsonl");
    let new: Vec<&str> = alerts.lines().skip(told).collect();
    assert_eq!(new.len(), 1, "{new:?}");
    assert!(new[0].contains("db: not running; healed"), "{new:?}");
    // All of them were looked at again in the same tick, and are well.
    assert!(ran.stdout.contains("healthy   web11"), "{ran:?}");
}

#[test]
fn while_the_root_is_down_it_alone_is_told_of_with_those_behind_it() {
    let project = behind(3, "");
    for _ in 0..3 {
        project.heal(&["heal"]).exits(0);
    }
    std::fs::remove_file(project.path("db.up")).expect("removed");
    std::fs::remove_file(project.path("alerts.jsonl")).expect("removed");
    end(running(&project, NAP)[0]);
    // It cannot be brought back.
    let broken = ["heal", "--set", "service.db.start=[\"false\"]"];
    let ran = project.heal(&broken).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        failed    db (was dead)  not running
            bad      process  not running
                    because: no process fits; it last ran as pid [PID]
            incident since [TIME], 1 act so far
            tried start `false` in [DIR], output to data/output/db.log
            failed by `restart` in [SPAN]: the new process ended: exit code 1
        blocked   web0 (dependency)  works: exit code 1 (behind `db`, which is down)
            good     process  pid [PID], up [SPAN]
            bad      works  exit code 1
            incident since [TIME], 1 act so far
        blocked   web1 (dependency)  works: exit code 1 (behind `db`, which is down)
            good     process  pid [PID], up [SPAN]
            bad      works  exit code 1
            incident since [TIME], 1 act so far
        blocked   web2 (dependency)  works: exit code 1 (behind `db`, which is down)
            good     process  pid [PID], up [SPAN]
            bad      works  exit code 1
            incident since [TIME], 1 act so far
        alert  ops: db: not running
        next  tail [DIR]/data/output/db.log
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    let alert: serde_json::Value = serde_json::from_str(project.read("alerts.jsonl").trim()).expect("one line");
    assert_eq!(alert["details"]["behind it"], "web0, web1, web2 (told of only here)");
    let report = project.heal(&["check", "--json"]).json();
    assert_eq!((&report["services"][1]["status"], &report["services"][1]["behind"]), (&"blocked".into(), &"db".into()));
    // Asked for one alone, what it needs is looked at all the same.
    let only = project.heal(&["check", "--only", "web1", "--json"]).exits(2).json();
    assert_eq!(only["services"].as_array().expect("a list").len(), 1);
    assert_eq!(only["services"][0]["status"], "blocked");
    let plan = project.heal(&["heal", "--dry-run", "--only", "web1", "--json"]).json();
    assert_eq!(plan["services"][0]["decision"]["do"], "wait");
}

#[test]
fn what_is_only_wanted_leaves_the_other_degraded_and_at_work() {
    let project = Project::new(
        r#"[project]
name = "test"
[service.app]
match = { executable = "sleep", args_contain = "7100" }
start = ["sleep", "7100"]
wants = ["llm"]
[service.llm]
match = { executable = "sleep", args_contain = "7200" }
start = ["false"]
"#,
    );
    project.heal(&["heal", "--only", "app", "--quiet"]);
    assert_eq!(running(&project, "7100").len(), 1);
    let report = project.heal(&["check", "--json"]).exits(2).json();
    assert_eq!(report["services"][0]["summary"], "works without `llm`, which is down");
    assert_eq!(report["services"][0]["status"], "degraded");
    assert_eq!(report["services"][1]["status"], "unhealthy");
    project.heal(&["check", "--only", "app"]).exits(1);
}

#[test]
fn needs_that_make_no_sense_are_faults() {
    let service = |name: &str, rest: &str| format!("[service.{name}]\nmatch = {{ executable = \"{name}\" }}\n{rest}\n");
    let config = ["[project]\nname = \"x\"\n".to_owned()]
        .into_iter()
        .chain([service("a", "needs = [\"b\"]"), service("b", "needs = [\"c\"]"), service("c", "needs = [\"a\"]")])
        .chain([service("dd", "needs = [\"dd\"]"), service("e", "wants = [\"ddd\"]")])
        .collect::<String>();
    let project = Project::new(&config);
    let ran = project.heal(&["config", "check"]).exits(78);
    expect![[r#"
        heal: [DIR]/heal.toml has 4 faults

        error: a, b, c need each other in a circle
         --> heal.toml:5:9
          |
        5 | needs = ["b"]
          |         ^^^^^
          |
          = help: none of them could ever be started; make one of the needs a `wants`

        error: `needs` names the service itself
          --> heal.toml:14:9
           |
        14 | needs = ["dd"]
           |         ^^^^^^

        error: dd, dd need each other in a circle
          --> heal.toml:14:9
           |
        14 | needs = ["dd"]
           |         ^^^^^^
           |
           = help: none of them could ever be started; make one of the needs a `wants`

        error: `wants`: there is no service `ddd`
          --> heal.toml:17:9
           |
        17 | wants = ["ddd"]
           |         ^^^^^^^
           |
           = help: did you mean `dd`?

          correct it and try again with `heal config check`
    "#]]
    .assert_eq(&project.normalise(&ran.stderr));
}

#[test]
fn who_serves_while_something_else_is_wrong_with_it_holds_nobody_back() {
    let project = behind(1, "");
    project.heal(&["heal", "--quiet"]).exits(0);
    let worn = "service.db.probes.cert={ kind = \"command\", command = [\"false\"], class = \"resource\" }";
    end(running(&project, "7000")[0]);
    let ran = project.heal(&["heal", "--set", worn]);
    assert!(ran.stdout.contains("healed    web0 (was dead)"), "{ran:?}");
}

#[test]
fn status_says_who_is_behind_whom() {
    let project = behind(1, "");
    project.heal(&["heal", "--quiet"]).exits(0);
    end(running(&project, NAP)[0]);
    std::fs::remove_file(project.path("db.up")).expect("removed");
    project.heal(&["heal", "--set", "service.db.start=[\"false\"]"]).exits(2);
    let status = project.heal(&["status", "--json"]).exits(2).json();
    assert_eq!(status["services"][1]["status"], "blocked", "{status}");
    // A new verdict is news to those who asked for quiet, once.
    let quiet = project.heal(&["heal", "--quiet", "--only", "web0"]);
    assert_eq!(quiet.stdout, "", "{quiet:?}");
}
