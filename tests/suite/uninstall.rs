//! `heal uninstall`: does exactly that go which heal installed, and is what somebody edited left?

use std::fs;

use expect_test::expect;

use super::killpoints::{Fault, sweep};
use super::machine::{LOOKS, OWN, SPOOL, STARTS, UNITS, keeps_own, names, on_a_machine, shown, texts, told};

#[test]
fn what_was_installed_goes_and_nothing_else() {
    let project = on_a_machine(LOOKS);
    let mine = "machine/etc/systemd/system/heal-mine.timer";
    project.write(mine, "[Timer]\n");
    project.heal(&["install"]).exits(0);
    let plan = project.heal(&["uninstall", "--dry-run", "--json"]).exits(0).json();
    assert_eq!(names(&project, UNITS).len(), 3);
    let ran = project.heal(&["uninstall"]).exits(0);
    expect![[r#"
        did   run `systemctl disable --now heal-bot.timer`
        did   remove [DIR]/machine/etc/systemd/system/heal-bot.timer
        did   remove [DIR]/machine/etc/systemd/system/heal-bot.service
        did   run `systemctl daemon-reload`
    "#]]
    .assert_eq(&shown(&project, &ran.stdout));
    assert_eq!(plan["done"].as_array().map(Vec::len), Some(4));
    assert_eq!(names(&project, UNITS), ["heal-mine.timer"]);
    assert_eq!(names(&project, "enabled"), [""; 0]);
    let journal = project.journal().len();
    assert_eq!(project.heal(&["uninstall"]).exits(0).stdout, "nothing is installed; nothing to do\n");
    assert_eq!(project.heal(&["uninstall", "--quiet"]).exits(0).stdout, "");
    assert_eq!(project.journal().len(), journal);
}

#[test]
fn every_manager_is_asked_and_only_the_one_that_was_named() {
    let project = on_a_machine(LOOKS);
    project.heal(&["install", "--systemd"]).exits(0);
    let units = texts(&project, UNITS);
    project.heal(&["uninstall", "--systemd"]).exits(0);
    project.heal(&["install", "--cron"]).exits(0);
    // As if both had been installed, by two versions of heal.
    for (path, text) in &units {
        fs::write(path, text).expect("written");
    }
    project.heal(&["uninstall", "--launchd"]).exits(0);
    assert_eq!(names(&project, UNITS).len(), 2);
    project.heal(&["uninstall", "--systemd"]).exits(0);
    assert_eq!(names(&project, UNITS).len(), 0);
    assert!(project.read(SPOOL).contains("heal: begin"));
    for (path, text) in &units {
        fs::write(path, text).expect("written");
    }
    let all = project.heal(&["uninstall", "--json"]).exits(0).json();
    assert_eq!(all["managers"], serde_json::json!(["systemd", "cron"]));
    assert_eq!((names(&project, UNITS).len(), project.read(SPOOL).as_str()), (0, ""));
    project.heal(&["uninstall", "--cron", "--systemd"]).exits(64);
}

#[test]
fn the_unit_of_a_service_stays_until_it_is_named() {
    let project = on_a_machine(STARTS);
    project.heal(&["install", "--systemd", "--service", "app"]).exits(0);
    let ran = project.heal(&["uninstall"]).exits(0);
    assert!(ran.stdout.contains("starts the service app itself and stays: `heal uninstall --service app`"), "{ran:?}");
    assert_eq!(names(&project, UNITS), ["heal-bot-service-app.service"]);
    project.heal(&["uninstall", "--service", "other"]).exits(64);
    let before = told(&project).len();
    project.heal(&["uninstall", "--service", "app"]).exits(0);
    assert_eq!(names(&project, UNITS), [""; 0]);
    // It runs on: nobody asked to stop it.
    assert_eq!(told(&project)[before..], ["systemctl disable heal-bot-service-app.service", "systemctl daemon-reload"]);
}

#[test]
fn what_was_edited_stays_unless_it_is_forced_and_then_a_copy_does() {
    let timer = "machine/etc/systemd/system/heal-bot.timer";
    let project = on_a_machine(LOOKS);
    project.heal(&["install"]).exits(0);
    let edited = project.read(timer) + "# mine\n";
    project.write(timer, &edited);
    let before = texts(&project, UNITS);
    let ran = project.heal(&["uninstall"]).exits(69);
    expect![[r##"
        exit 69
        --- stdout
        --- stderr
        heal: [DIR]/machine/etc/systemd/system/heal-bot.timer was edited by hand since heal wrote it, and is left as it is

        + # mine

          with --force, heal keeps a copy of it in its data directory and goes on
    "##]]
    .assert_eq(&ran.snapshot(&project));
    assert_eq!(texts(&project, UNITS), before, "all or nothing");
    project.heal(&["uninstall", "--force"]).exits(0);
    assert_eq!(names(&project, UNITS), [""; 0]);
    let kept = fs::read_dir(project.path("data/edited")).expect("kept").flatten().next().expect("one");
    assert_eq!(fs::read_to_string(kept.path()).expect("text"), edited);
    // Lines cut out of it make it somebody else's.
    project.write(timer, "[Timer]\n");
    project.heal(&["uninstall", "--force"]).exits(0);
    assert_eq!(project.read(timer), "[Timer]\n");
}

#[test]
fn a_crontab_that_cannot_be_understood_is_left_and_said() {
    let project = on_a_machine(LOOKS);
    project.heal(&["install", "--systemd"]).exits(0);
    let broken = "# heal: begin bot (/x)\n";
    project.write(SPOOL, broken);
    let ran = project.heal(&["uninstall", "--cron"]).exits(69);
    assert!(ran.stderr.contains("cron is left as it is: a block that heal began has no end"), "{ran:?}");
    let ran = project.heal(&["uninstall"]).exits(0);
    assert!(ran.stdout.contains("note  cron could not be looked at"), "{ran:?}");
    assert_eq!((names(&project, UNITS).len(), project.read(SPOOL).as_str()), (0, broken));
}

#[test]
fn killed_at_any_system_call_the_second_run_converges() {
    swept(&[(Fault::Kill, 9), (Fault::Again(&[]), 4)]);
}

#[test]
fn so_it_does_after_a_disk_that_was_full_or_broken() {
    swept(&[(Fault::Error("EIO"), 4)]);
    swept(&["ENOSPC", "EIO", "EROFS"].map(|error| (Fault::Sticky(error), 1)));
}

fn swept(faults: &[(Fault, usize)]) {
    let ways = ["--systemd", "--cron"].into_iter().flat_map(|flag| faults.iter().map(move |one| (flag, *one)));
    for (flag, (fault, most)) in ways {
        let world = || {
            let project = on_a_machine(LOOKS);
            project.write(SPOOL, OWN);
            project.heal(&["install", flag]).exits(0);
            project
        };
        let whole = texts(&world(), UNITS).iter().map(|(_, text)| text.len()).collect::<Vec<_>>();
        let points = sweep(world, &["uninstall"], fault, most, |project, point, ran| {
            for (_, text) in texts(project, UNITS) {
                assert!(whole.contains(&text.len()), "{point:?}: {ran:?}: {text}");
            }
            assert!(keeps_own(project), "{point:?}: {}", project.read(SPOOL));
            project.heal(&["uninstall"]).exits(0);
            assert_eq!((names(project, UNITS).len(), project.read(SPOOL).as_str()), (0, OWN), "{point:?}");
            assert!(project.heal(&["uninstall"]).exits(0).stdout.contains("nothing to do"), "{point:?}");
        });
        assert!(points >= most.min(2), "{points}");
    }
}
