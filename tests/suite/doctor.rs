//! `heal doctor`: does it see what keeps heal itself from its work, say what to type, and change nothing?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;
use serde_json::Value;

use super::machine::{LOOKS, STARTS, UNITS, on_a_machine, texts};
use super::support::Project;

const CHANNEL: &str = "[alert.file]\nkind = \"file\"\npath = \"alerts.jsonl\"\n";

/// Installed, and it has ticked.
fn in_order(config: &str) -> Project {
    let project = on_a_machine(&format!("{config}{CHANNEL}"));
    project.heal(&["install"]).exits(0);
    project.heal(&["heal"]);
    project
}

/// What it says about this, worst first: how it is, and what it says.
fn says(project: &Project, about: &str) -> Vec<(String, String)> {
    let all = project.heal(&["doctor", "--json"]).json();
    let items = all["items"].as_array().expect("items").iter().filter(|item| item["about"] == about);
    let text = |item: &Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    items.map(|item| (text(item, "health"), format!("{} | {}", text(item, "said"), text(item, "next")))).collect()
}

#[track_caller]
fn sees(project: &Project, about: &str, health: &str, words: &str) {
    let said = says(project, about);
    assert!(said.iter().any(|(how, text)| how == health && text.contains(words)), "{health} {words}: {said:#?}");
}

#[test]
fn all_is_in_order() {
    let project = in_order(LOOKS);
    let ran = project.heal(&["doctor"]).exits(0);
    let text = project.normalise(&ran.stdout);
    let vague = |line: &str| match line.split_once("the last was ") {
        Some((before, _)) => format!("{before}the last was [AGE] ago\n"),
        None if line.contains(" free for the data directory") => "ok        room        [ROOM]\n".to_owned(),
        None => format!("{line}\n"),
    };
    expect![[r#"
        ok        schedule    systemd starts heal ([DIR]/machine/etc/systemd/system/heal-bot.service, [DIR]/machine/etc/systemd/system/heal-bot.timer)
        ok        ticks       the last was [AGE] ago
        ok        journal     it can be read, and nothing in it is unfinished
        ok        alerts      nobody waits for one
        ok        clock       it fits what was written before, and the boot is known
        ok        lock        free
        ok        heal.toml   [DIR]/heal.toml is right, and nobody else may write it
        ok        data        [DIR]/data is private and can be written
        ok        room        [ROOM]
        ok        tools       every program that is needed is there
        ok        channels    file (file) looks right; nothing was sent
    "#]]
    .assert_eq(&text.lines().map(vague).collect::<String>());
    assert_eq!(project.heal(&["doctor", "--quiet"]).exits(0).stdout, "");
}

#[test]
fn a_schedule_that_does_not_fire_is_seen_for_what_it_is() {
    let project = on_a_machine(&format!("{LOOKS}{CHANNEL}"));
    let ran = project.heal(&["doctor"]).exits(2);
    assert!(ran.stdout.starts_with("critical  schedule    nothing starts heal\n    next  heal install\n"), "{ran:?}");
    assert!(!project.path("data").exists(), "it only looks");
    project.heal(&["heal"]).exits(0);
    sees(&project, "schedule", "ok", "not by `heal install`, but something starts heal");
    project.heal(&["install"]).exits(0);
    let enabled = project.path("machine/enabled/heal-bot.timer");
    fs::remove_file(&enabled).expect("removed");
    sees(&project, "schedule", "critical", "heal-bot.timer is neither enabled nor active | heal install --systemd");
    fs::write(&enabled, "").expect("written");
    project.write("machine/stale", "");
    sees(&project, "schedule", "warning", "known to systemd as it was before it was changed");
    fs::remove_file(project.path("machine/stale")).expect("removed");
    project.write("heal.toml", &format!("{}{CHANNEL}", LOOKS.replace("60s", "30s")));
    sees(&project, "schedule", "warning", "what systemd starts is not what heal.toml and this heal come to");
    project.heal(&["install"]).exits(0);
    let timer = "machine/etc/systemd/system/heal-bot.timer";
    let text = project.read(timer);
    project.write(timer, &format!("{text}\n"));
    sees(&project, "schedule", "warning", "was edited by hand since heal wrote it");
    project.write(timer, &text);
    project.script("machine/bin/systemctl", "#!/bin/sh\necho no bus >&2\nexit 1\n");
    sees(&project, "schedule", "unknown", "no bus");
    project.heal(&["doctor"]).exits(3);
    fs::remove_file(project.path(timer)).expect("removed");
    sees(&project, "schedule", "critical", "is gone");
}

#[test]
fn two_that_start_heal_and_one_that_could_not_be_asked() {
    let project = in_order(LOOKS);
    let units = texts(&project, UNITS);
    project.heal(&["uninstall"]).exits(0);
    // Nobody is seen to start it, and one cannot be asked: that is not nobody.
    let crontab = project.read("machine/bin/crontab");
    project.script("machine/bin/crontab", "#!/bin/sh\necho not allowed >&2\nexit 1\n");
    sees(&project, "schedule", "unknown", "cron could not be looked at: `crontab -l` exit code 1: not allowed");
    project.script("machine/bin/crontab", &crontab);
    project.heal(&["install", "--cron"]).exits(0);
    for (path, text) in units {
        fs::write(path, text).expect("written");
    }
    sees(&project, "schedule", "warning", "systemd and cron both start heal | heal uninstall --cron");
}

#[test]
fn a_binary_that_went_away_is_seen_by_another_one() {
    let project = on_a_machine(&format!("{LOOKS}{CHANNEL}"));
    // A copy of a hundred megabytes is not needed: a link of the file system is the same program by another name.
    let (heal, copy) = (env!("CARGO_BIN_EXE_heal"), project.path("a copy"));
    if fs::hard_link(heal, &copy).is_err() {
        fs::copy(heal, &copy).expect("copied");
    }
    for flag in ["--systemd", "--cron", "--launchd"] {
        if !copy.exists() && fs::hard_link(heal, &copy).is_err() {
            fs::copy(heal, &copy).expect("copied");
        }
        let install = project.command_of(copy.to_str().expect("text"), &["install", flag]).output().expect("runs");
        assert!(install.status.success(), "{install:?}");
        fs::remove_file(&copy).expect("removed");
        sees(&project, "schedule", "critical", "a copy, which is not there");
        project.heal(&["uninstall"]).exits(0);
    }
}

#[test]
fn ticks_that_stopped_and_clocks_that_jumped() {
    let mut project = in_order(LOOKS);
    project.env("HEAL_TEST_SHIFT", "10m");
    sees(&project, "ticks", "critical", "expected every 1m: heal is not started any more");
    project.heal(&["doctor"]).exits(2);
    project.heal(&["heal"]);
    // Back to where the clock was.
    project.env("HEAL_TEST_SHIFT", "0s");
    sees(&project, "clock", "warning", "in the future: the clock was ahead then, or is behind now");
}

#[test]
fn what_keeps_heal_from_its_own_files() {
    let project = in_order(STARTS);
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(project.path(path), fs::Permissions::from_mode(mode)).expect("set");
    };
    mode("data", 0o755);
    sees(&project, "data", "warning", "can be read by others");
    mode("data", 0o777);
    sees(&project, "data", "critical", "everybody may write it | chmod o-w");
    mode("data", 0o700);
    project.write("secrets/token", "x");
    mode("secrets/token", 0o644);
    let text = project.read("heal.toml");
    let planned = "[http]\nlisten = \"127.0.0.1:8082\"\ntoken = { file = \"secrets/token\" }\n";
    project.write("heal.toml", &format!("{text}{planned}"));
    sees(&project, "secrets", "critical", "can be read by others | chmod 600");
    mode("secrets/token", 0o600);
    sees(&project, "secrets", "ok", "is private");
    fs::remove_file(project.path("secrets/token")).expect("removed");
    sees(&project, "secrets", "critical", "it does not exist");
    project.write("heal.toml", &text.replace("start = [\"sleep\"", "start = [\"no-such-program\""));
    sees(&project, "tools", "critical", "app cannot be started: `no-such-program` is not in PATH");
    project.write("heal.toml", &format!("{text}[alert.me]\nkind = \"command\"\ncommand = [\"./tell\"]\n"));
    sees(&project, "channels", "critical", "me: `./tell` does not exist");
    project.write("heal.toml", &text.replace(CHANNEL, ""));
    sees(&project, "channels", "warning", "no channel is declared");
    project.write("heal.toml", &text.replace("\"alerts.jsonl\"", "\"heal.toml/x\""));
    sees(&project, "channels", "critical", "heal.toml cannot be written");
}

#[test]
fn a_data_directory_on_a_read_only_file_system() {
    let project = in_order(LOOKS);
    let script = "mount --bind data data && mount -o remount,bind,ro data && exec \"$0\" doctor --json";
    let mut command = project.command_of("unshare", &["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_heal")]);
    let ran = project.run(command.env("HEAL_TEST_MACHINE", project.path("machine"))).exits(2);
    let items = ran.json()["items"].clone();
    let data = items.as_array().expect("items").iter().find(|item| item["about"] == "data").expect("data").clone();
    assert_eq!(
        (&data["health"], data["said"].as_str().map(|said| said.ends_with("cannot be written"))),
        (&"critical".into(), Some(true))
    );
}

#[test]
fn what_was_begun_and_not_ended_and_who_was_not_told() {
    let mut project = in_order(LOOKS);
    project.heal(&["uninstall"]).exits(0);
    project.env("HEAL_TEST_DIE", "after-change").heal(&["install"]).exits(137);
    project.env("HEAL_TEST_DIE", "");
    sees(&project, "journal", "warning", "an install or uninstall did not come to its end | heal install");
    project.heal(&["install"]).exits(0);
    sees(&project, "journal", "ok", "nothing in it is unfinished");
    project.write("data/spool/1", "x");
    sees(&project, "alerts", "warning", "1 in the spool");
    project.write("data/journal/2026-01-01.jsonl", "damaged\n");
    sees(&project, "journal", "critical", "");
}

#[test]
fn it_writes_nothing_and_takes_no_lock() {
    let project = in_order(LOOKS);
    let look = || {
        let find = project.run(&mut project.command_of("find", &[".", "-type", "f", "-printf", "%p %s %T@ %m\n"]));
        let lines = find.stdout.lines().filter(|line| !line.contains("machine/calls")).map(str::to_owned);
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    };
    let before = look();
    project.heal(&["doctor"]).exits(0);
    assert_eq!(look(), before);
    let calls = project.read("machine/calls");
    assert!(
        calls.lines().all(|line| !line.contains("enable") || line.contains("enable --now heal-bot.timer")),
        "{calls}"
    );
}
