//! Does heal ask systemd the right things, and understand what it says? `systemctl` is a script here that writes down what it
//! was asked and plays answers that a real one gave. What this cannot prove: that a real systemd does what it is asked, and
//! that its states mean what heal takes them for. scripts/test-systemd shows that in a real one.

use expect_test::expect;

use super::support::{Project, alive, wait_for};

/// A project with a stand-in for systemctl. `section` is added to the service's table.
pub fn supervised(section: &str) -> Project {
    let mut project = Project::new(&format!(
        r#"[project]
name = "test"

[service.bot]
unit          = "systemd:bot.service"
startup_grace = "10ms"
stop_grace    = "1s"
verify_within = "3s"
{section}
"#
    ));
    let here = project.path("");
    let script = format!(
        r#"#!/bin/sh
cd '{}' || exit 1
printf '%s\n' "$*" >>asked
case " $* " in
    *' show '*) [ -e hang ] && sleep 600; cat answer ;;
    *' restart '*) [ ! -e restart ] || . ./restart ;;
    *' kill '*) [ ! -e kill ] || . ./kill ;;
    *' reset-failed '*) [ ! -e refuse ] || {{ echo 'Failed to reset failed state of unit bot.service: Access denied' >&2; exit 1; }} ;;
esac
"#,
        here.display()
    );
    project.script("systemctl", &script);
    let program = project.path("systemctl").display().to_string();
    project.env("HEAL_TEST_SYSTEMCTL", &program);
    project
}

/// What systemd 252 shows of a unit, with these differences.
pub fn unit(differences: &[&str]) -> String {
    let shown = "Id=bot.service LoadState=loaded ActiveState=active SubState=running UnitFileState=enabled Result=success Restart=no MainPID=0 \
                 ControlGroup= InvocationID=old ExecMainCode=0 ExecMainStatus=0 NRestarts=0 Job= ConditionResult=yes \
                 StateChangeTimestampMonotonic=2000000 ActiveEnterTimestampMonotonic=2000000 \
                 InactiveExitTimestampMonotonic=1000000";
    let key = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    let kept = shown.split_whitespace().filter(|pair| !differences.iter().any(|other| key(other) == key(pair)));
    kept.chain(differences.iter().copied()).map(|pair| format!("{pair}\n")).collect()
}

const FAILED: [&str; 5] =
    ["ActiveState=failed", "SubState=failed", "Result=signal", "ExecMainCode=2", "ExecMainStatus=9"];

const STOPPED: [&str; 4] = ["ActiveState=inactive", "SubState=dead", "ExecMainCode=2", "ExecMainStatus=15"];

/// What the stand-in does on `restart`: a new process, and a new invocation of it. Until it has a session of its own, it would
/// end with its group.
const STARTS: &str = r#"setsid sleep 86400 </dev/null >/dev/null 2>&1 &
until grep -q sleep /proc/$!/comm; do :; done
sed -i -e "s/^MainPID=.*/MainPID=$!/; s/^InvocationID=.*/InvocationID=new/" \
    -e 's/^ActiveState=.*/ActiveState=active/; s/^SubState=.*/SubState=running/; s/^Result=.*/Result=success/' answer
"#;

/// It answers, and does no work.
const HUNG: &str = "\n[service.bot.probes]\nwork = { kind = \"command\", command = [\"false\"], class = \"hung\" }";

/// What was asked, without the properties.
fn asked(project: &Project) -> String {
    let lines = project.read("asked");
    let short = |line: &str| {
        line.split(' ')
            .map(|word| if word.starts_with("--property=") { "--property=…" } else { word })
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut lines: Vec<String> = lines.lines().map(short).collect();
    lines.dedup();
    lines.join("\n")
}

#[test]
fn what_failed_is_restarted_by_systemd_and_by_nobody_else() {
    let project = supervised("");
    project.write("answer", &unit(&FAILED));
    project.write("restart", STARTS);
    expect![[r#"
        exit 2
        --- stdout
        unhealthy bot (dead)  not running: failed (signal 9)
            bad      process  not running
                    because: systemd: bot.service is failed (signal 9)
            would take `restart`: not running: failed (signal 9)
            would ask systemd to forget that bot.service failed
            would ask systemd to start bot.service
            if that does not help, the next tick takes `stop-stale`
        next  heal heal
        --- stderr
    "#]]
    .assert_eq(&project.heal(&["heal", "--dry-run"]).snapshot(&project));
    std::fs::remove_file(project.path("asked")).expect("removed");
    let document = project.heal(&["heal", "--json"]).exits(0).json();
    let act = &document["services"][0]["act"];
    assert_eq!((&act["outcome"], &act["rung"]), (&"healed".into(), &"restart".into()), "{document:#}");
    assert_eq!(act["changes"][1]["unit"], "systemd:bot.service");
    expect![[r#"
        --system --no-ask-password show --property=… -- bot.service
        --system --no-ask-password reset-failed -- bot.service
        --system --no-ask-password restart --no-block -- bot.service
        --system --no-ask-password show --property=… -- bot.service"#]]
    .assert_eq(&asked(&project));
}

#[test]
fn a_restart_that_ends_with_0_and_changes_nothing_is_unchanged() {
    let mut project =
        supervised("\n[service.bot.probes]\nwork = { kind = \"command\", command = [\"false\"], class = \"hung\" }");
    let pid = project.spawn(&["sleep", "86400"]);
    project.write("answer", &unit(&[&format!("MainPID={pid}")]));
    let document = project.heal(&["heal", "--json"]).exits(2).json();
    let act = &document["services"][0]["act"];
    assert_eq!((&act["outcome"], &act["detail"]), (&"unchanged".into(), &format!("pid {pid} still runs").into()));
}

#[test]
fn a_process_that_systemd_does_not_take_for_a_new_life_is_no_proof() {
    let mut project = supervised(HUNG);
    let [pid, other] = [(); 2].map(|()| project.spawn(&["sleep", "86400"]));
    project.write("answer", &unit(&[&format!("MainPID={pid}")]));
    project.write("restart", &format!("kill -9 {pid}; sed -i 's/^MainPID=.*/MainPID={other}/' answer"));
    let document = project.heal(&["heal", "--json"]).exits(2).json();
    let act = &document["services"][0]["act"];
    let detail = act["detail"].as_str().expect("a text");
    assert!(act["outcome"] == "unchanged" && detail.contains("still the life before (old)"), "{act:#}");
    assert!(alive(other));
}

#[test]
fn who_was_stopped_by_its_operator_is_left_alone_and_every_report_says_so() {
    let project = supervised("");
    project.write("answer", &unit(&STOPPED));
    expect![[r#"
        exit 0
        --- stdout
        left-alone bot  stopped by its operator, or done by itself; `systemctl start bot.service` ends that
            bad      process  not running
                    because: systemd: bot.service is inactive (dead)
        --- stderr
    "#]]
    .assert_eq(&project.heal(&["heal"]).snapshot(&project));
    assert_eq!(project.heal(&["heal", "--quiet"]).exits(0).stdout, "", "an intent is no news");
    assert_eq!(project.heal(&["check", "--quiet"]).exits(0).stdout, "");
    let remembered = project.heal(&["status", "--json"]).exits(0).json();
    assert_eq!(remembered["services"][0]["status"], "left-alone", "{remembered:#}");
    let plugin = project.heal(&["check", "--format", "nagios"]).exits(0).stdout;
    assert!(plugin.starts_with("HEAL OK: bot left-alone: stopped by its operator"), "{plugin}");
    assert!(project.events("intent").is_empty() && project.events("opened").is_empty());
    assert!(!asked(&project).contains("restart"));
}

#[test]
fn what_systemd_refuses_is_failed_in_its_own_words() {
    let project = supervised("");
    project.write("answer", &unit(&FAILED));
    project.write("refuse", "");
    let document = project.heal(&["heal", "--json"]).exits(2).json();
    let act = &document["services"][0]["act"];
    let words = "systemctl reset-failed exit code 1: Failed to reset failed state of unit bot.service: Access denied";
    assert_eq!((&act["outcome"], &act["detail"]), (&"failed".into(), &words.into()));
    assert!(!asked(&project).contains(" restart "), "nothing follows what was refused");
}

#[test]
fn a_kill_that_systemd_calls_failed_is_none_where_everything_ended() {
    let mut project = supervised(HUNG);
    let pid = project.spawn(&["sh", "-c", "trap '' TERM; sleep 86400 & wait; wait; wait"]);
    project.write("answer", &unit(&[&format!("MainPID={pid}")]));
    project.write("restart", "sed -i 's/^ActiveState=.*/ActiveState=deactivating/' answer\n");
    // Seen of systemd 252: what ended while it went through the group.
    let said = "echo 'Failed to send signal SIGKILL to auxiliary processes: Input/output error' >&2\nexit 1\n";
    project.write("kill", &format!("kill -9 {pid}\n{STARTS}{said}"));
    let document = project.heal(&["heal", "--json"]).json();
    let act = &document["services"][0]["act"];
    assert!(act["detail"].as_str().is_some_and(|detail| !detail.contains("Input/output")), "{act:#}");
    assert_ne!(act["outcome"], "failed", "{act:#}");
    assert!(asked(&project).contains("kill --signal=KILL"), "{}", asked(&project));
}

#[test]
fn a_kill_that_systemd_refuses_is_failed_in_its_own_words() {
    let mut project = supervised(HUNG);
    let pid = project.spawn(&["sleep", "86400"]);
    project.write("answer", &unit(&[&format!("MainPID={pid}")]));
    project.write("restart", "sed -i 's/^ActiveState=.*/ActiveState=deactivating/' answer\n");
    project.write("kill", "echo 'Access denied' >&2\nexit 1\n");
    let document = project.heal(&["heal", "--json"]).exits(2).json();
    let act = &document["services"][0]["act"];
    let words = "systemctl kill exit code 1: Access denied";
    assert_eq!((&act["outcome"], &act["detail"]), (&"failed".into(), &words.into()), "{act:#}");
}

#[test]
fn a_systemctl_that_hangs_is_ended_and_what_is_seen_decides() {
    let project = supervised("");
    project.write("answer", &unit(&FAILED));
    // It did what it was asked, and does not come back.
    project.write("restart", &format!("{STARTS}sleep 600\n"));
    let document = project.heal(&["heal", "--json"]).exits(0).json();
    assert_eq!(document["services"][0]["act"]["outcome"], "healed", "{document:#}");
    // One that does not even answer says nothing: unknown is not dead.
    project.write("hang", "");
    let document = project.heal(&["heal", "--json"]).exits(3).json();
    let service = &document["services"][0];
    assert_eq!((&service["status"], &service["act"]), (&"unknown".into(), &serde_json::Value::Null));
    assert!(service["summary"].as_str().expect("a text").contains("did not end in time"), "{service:#}");
}

#[test]
fn all_units_of_a_manager_are_one_question() {
    let mut project = supervised("\n[service.web]\nunit = \"systemd:web.service\"\n");
    let pid = project.spawn(&["sleep", "86400"]);
    let of = |more: &[&str]| unit(&[more, &[&format!("MainPID={pid}")]].concat());
    project.write("answer", &format!("{}\n{}", of(&[]), unit(&STOPPED)));
    let document = project.heal(&["check", "--json"]).exits(0).json();
    let states: Vec<_> = document["services"].as_array().expect("a list").iter().map(|one| &one["status"]).collect();
    assert_eq!(states, ["healthy", "left-alone"]);
    expect![[r#"--system --no-ask-password show --property=… -- bot.service web.service"#]].assert_eq(&asked(&project));
}

#[test]
fn an_exit_code_that_a_restart_does_not_cure_holds_it_without_a_try() {
    let project = supervised("hold_on_exit = [78]");
    let failed = ["ActiveState=failed", "Result=exit-code", "ExecMainCode=1", "ExecMainStatus=78"];
    project.write("answer", &unit(&failed));
    project.write("restart", STARTS);
    project.heal(&["heal"]).exits(69);
    assert!(!asked(&project).contains("restart"), "{}", asked(&project));
    // Put right by a person: the same end is no reason to hold it again.
    project.heal(&["release", "bot"]).exits(0);
    project.heal(&["heal"]).exits(0);
    wait_for("it was started", || asked(&project).contains("restart --no-block"));
}

#[test]
fn without_systemd_or_with_a_name_that_it_does_not_know_it_is_unknown() {
    let nobody = "[project]\nname = \"test\"\n\n[service.bot]\nunit = \"systemd:heal-test-nobody.service\"\n";
    let project = Project::new(nobody);
    let document = project.heal(&["heal", "--json"]).exits(3).json();
    let service = &document["services"][0];
    assert_eq!((&service["status"], &service["act"]), (&"unknown".into(), &serde_json::Value::Null), "{service:#}");
    let summary = service["summary"].as_str().expect("a text");
    let reasons =
        ["systemd does not run this machine", "not-found", "systemctl exit code", "`systemctl` is not in PATH"];
    assert!(reasons.iter().any(|reason| summary.contains(reason)), "{summary}");
}
