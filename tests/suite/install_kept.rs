//! `heal install` where something is in its way: what is somebody else's, what was edited, a kill, a full disk, a manager
//! that says no. Nothing of it is lost, and the same command goes on.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use expect_test::expect;

use super::killpoints::{Fault, sweep};
use super::machine::{LOOKS, OWN, SPOOL, UNITS, keeps_own, names, on_a_machine, texts, told};
use super::support::{Project, Ran};

/// A refused install: what is there stays byte for byte.
fn refused(project: &Project, args: &[&str], folder: &str) -> Ran {
    let before = texts(project, folder);
    let ran = project.heal(args).exits(69);
    assert_eq!(texts(project, folder), before, "{ran:?}");
    ran
}

#[test]
fn a_folder_that_cannot_be_written_is_told_and_nothing_is_begun() {
    let project = on_a_machine(LOOKS);
    project.heal(&["heal"]).exits(0);
    let script = "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && exec \"$0\" install --systemd";
    let units = project.path("machine").join(UNITS).display().to_string();
    let words = ["-m", "sh", "-c", script, env!("CARGO_BIN_EXE_heal"), &units];
    let ran = project.run(&mut project.command_of("unshare", &words)).exits(74);
    assert!(ran.stderr.contains("heal-bot.service: Read-only file system"), "{ran:?}");
    assert_eq!((names(&project, UNITS).len(), told(&project).len()), (0, 0));
    project.heal(&["install"]).exits(0);
}

#[test]
fn what_is_somebody_elses_is_left_byte_for_byte() {
    let unit = "machine/etc/systemd/system/heal-bot.timer";
    let project = on_a_machine(LOOKS);
    project.write(unit, "[Timer]\nOnCalendar=daily\n");
    for args in [&["install"][..], &["install", "--force"]] {
        let ran = refused(&project, args, UNITS);
        expect![[r#"
            exit 69
            --- stdout
            --- stderr
            heal: [DIR]/machine/etc/systemd/system/heal-bot.timer was not written by heal, and is left as it is
              move it away if it is not needed, or give the project another name
        "#]]
        .assert_eq(&ran.snapshot(&project));
    }
    fs::remove_file(project.path(unit)).expect("removed");
    std::os::unix::fs::symlink("/dev/null", project.path(unit)).expect("linked");
    let ran = project.heal(&["install"]).exits(69);
    assert!(ran.stderr.contains("is a link that heal did not make"), "{ran:?}");
    assert_eq!(fs::read_link(project.path(unit)).expect("a link").to_str(), Some("/dev/null"));
    assert_eq!(told(&project), [""; 0]);
}

#[test]
fn what_was_edited_is_told_line_by_line_and_kept_when_it_is_replaced() {
    let unit = "machine/etc/systemd/system/heal-bot.timer";
    let project = on_a_machine(LOOKS);
    project.heal(&["install"]).exits(0);
    let edited = project.read(unit).replace("AccuracySec=1s", "AccuracySec=5s");
    project.write(unit, &edited);
    let ran = refused(&project, &["install"], UNITS);
    expect![[r#"
        exit 69
        --- stdout
        --- stderr
        heal: [DIR]/machine/etc/systemd/system/heal-bot.timer was edited by hand since heal wrote it, and is left as it is

        - AccuracySec=1s
        + AccuracySec=5s

          with --force, heal keeps a copy of it in its data directory and goes on
    "#]]
    .assert_eq(&ran.snapshot(&project));
    project.heal(&["install", "--force"]).exits(0);
    assert!(project.read(unit).contains("AccuracySec=1s"));
    let kept: Vec<_> = fs::read_dir(project.path("data/edited")).expect("kept").flatten().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(fs::read_to_string(kept[0].path()).expect("text"), edited);
    assert_eq!(fs::metadata(kept[0].path()).expect("there").permissions().mode() & 0o777, 0o600);
    // The block of a crontab in the same way.
    project.heal(&["uninstall"]).exits(0);
    project.heal(&["install", "--cron"]).exits(0);
    let edited = project.read(SPOOL).replace("* * * * *", "*/2 * * * *");
    project.write(SPOOL, &edited);
    project.heal(&["install"]).exits(69);
    assert_eq!(project.read(SPOOL), edited);
    project.heal(&["install", "--force"]).exits(0);
    assert!(project.read(SPOOL).contains("\n* * * * * "));
}

#[test]
fn two_projects_of_one_name_get_along_and_a_new_name_is_no_second_timer() {
    let mut project = on_a_machine(LOOKS);
    project.write("other/heal.toml", LOOKS);
    let other = project.path("other/heal.toml").display().to_string();
    project.heal(&["install"]).exits(0);
    project.heal(&["--config", &other, "install"]).exits(0);
    let all = names(&project, UNITS);
    assert_eq!(all.len(), 4, "{all:?}");
    let digits = all[0].strip_prefix("heal-bot-").and_then(|rest| rest.strip_suffix(".service")).expect("digits");
    assert!(digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{all:?}");
    // The other one keeps its name when the first is gone, and this one when it is called something else.
    project.heal(&["uninstall"]).exits(0);
    let ran = project.heal(&["--config", &other, "install"]).exits(0);
    assert!(ran.stdout.contains("nothing to do"), "{ran:?}");
    project.write("other/heal.toml", &LOOKS.replace("bot", "robot"));
    project.heal(&["--config", &other, "install"]).exits(0);
    assert_eq!(names(&project, UNITS), [format!("heal-bot-{digits}.service"), format!("heal-bot-{digits}.timer")]);
    project.env("HEAL_CONFIG", &other).heal(&["uninstall"]).exits(0);
    assert!(names(&project, UNITS).is_empty());
}

#[test]
fn one_starts_heal_and_not_two() {
    let project = on_a_machine(LOOKS);
    project.heal(&["install", "--cron"]).exits(0);
    let ran = refused(&project, &["install", "--systemd"], UNITS);
    assert!(
        ran.stderr.contains("cron starts heal for this project already (crontab)\n  `heal uninstall --cron` first"),
        "{ran:?}"
    );
    project.heal(&["install", "--systemd", "--cron"]).exits(64);
}

#[test]
fn what_cannot_be_installed_says_why() {
    let project = on_a_machine("[project]\nname = \"bot\"\n");
    let ran = project.heal(&["install"]).exits(78);
    assert!(
        ran.stderr.contains("does not say how often heal is to be started\n  write `heal = \"60s\"` below [schedule]"),
        "{ran:?}"
    );
    project.write("heal.toml", &format!("{LOOKS}update = [\"25:00\"]\n"));
    let ran = project.heal(&["install"]).exits(78);
    assert!(ran.stderr.contains("`update`: `25:00` is not a time of day"), "{ran:?}");
    assert!(ran.stderr.contains("heal.toml:9:10"), "{ran:?}");
    project.write("heal.toml", LOOKS);
    project.heal(&["install", "--set", "schedule.heal=5m"]).exits(64);
    project.heal(&["install", "--service", "nobody"]).exits(64);
    fs::remove_dir(project.path("machine/run/systemd/system")).expect("removed");
    let ran = refused(&project, &["install", "--systemd"], UNITS);
    assert!(ran.stderr.contains("systemd does not run here"), "{ran:?}");
    project.heal(&["install", "--systemd", "--no-enable"]).exits(0);
    assert_eq!((names(&project, UNITS).len(), told(&project).len()), (2, 0));
    // A program that systemd cannot start.
    let quoted = project.path("it's");
    fs::create_dir(&quoted).expect("created");
    if fs::hard_link(env!("CARGO_BIN_EXE_heal"), quoted.join("heal")).is_err() {
        fs::copy(env!("CARGO_BIN_EXE_heal"), quoted.join("heal")).expect("copied");
    }
    let quoted = quoted.join("heal").display().to_string();
    let ran = project.run(&mut project.command_of(&quoted, &["install", "--systemd", "--print"])).exits(69);
    assert!(ran.stderr.contains("a program's path may hold no quotation mark"), "{ran:?}");
    project.run(&mut project.command_of(&quoted, &["install", "--cron", "--print"])).exits(0);
    // A directory whose name no line of text can hold.
    let odd = project.path("new\nline");
    fs::create_dir(&odd).expect("created");
    fs::write(odd.join("heal.toml"), LOOKS).expect("written");
    let ran = project.run(project.command(&["install", "--cron"]).current_dir(&odd)).exits(69);
    assert!(ran.stderr.contains("it is not plain text"), "{ran:?}");
}

#[test]
fn a_command_that_fails_is_told_and_the_same_command_goes_on() {
    let project = on_a_machine(LOOKS);
    let systemctl = project.read("machine/bin/systemctl");
    project.script(
        "machine/bin/systemctl",
        "#!/bin/sh\n[ \"$1\" = daemon-reload ] || exit 0\necho Access denied >&2\nexit 4\n",
    );
    let ran = project.heal(&["install"]).exits(74);
    assert!(
        ran.stderr.contains("`systemctl daemon-reload` exit code 4: Access denied\n  nothing is half written"),
        "{ran:?}"
    );
    assert!(project.events("scheduled")[0]["failure"].as_str().is_some_and(|why| why.contains("Access denied")));
    project.script("machine/bin/systemctl", &systemctl);
    project.heal(&["install"]).exits(0);
    assert!(project.path("machine/enabled/heal-bot.timer").exists());
    assert!(project.heal(&["install"]).exits(0).stdout.contains("nothing to do"));
}

#[test]
fn killed_at_any_system_call_every_file_is_whole_or_absent_and_the_second_run_converges() {
    let again = (Fault::Again(&[]), 4);
    let ways = [("--systemd", UNITS), ("--cron", "bin")];
    for ((flag, folder), (fault, most)) in ways.into_iter().flat_map(|way| [(way, (Fault::Kill, 9)), (way, again)]) {
        let world = || on_a_machine(LOOKS);
        let args = ["install", flag];
        let points = sweep(world, &args, fault, most, |project, point, ran| {
            let files = project.heal(&["install", flag, "--print", "--json"]).exits(0).json()["files"].clone();
            let expected = |path: &str| {
                let mut all = files.as_array().expect("files").iter();
                all.find(|file| file["path"] == path).map(|file| file["text"].as_str().expect("text").to_owned())
            };
            if flag == "--cron" {
                let crontab = fs::read_to_string(project.path(SPOOL)).unwrap_or_default();
                assert!(crontab.is_empty() || Some(crontab) == expected("crontab"), "{point:?}: {ran:?}");
            }
            for (path, text) in texts(project, folder).iter().filter(|_| flag == "--systemd") {
                let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                assert!(hidden || expected(&path.display().to_string()).as_ref() == Some(text), "{point:?}: {text}");
            }
            project.heal(&args).exits(0);
            assert!(project.heal(&args).exits(0).stdout.contains("nothing to do"), "{point:?}");
            project.heal(&["uninstall"]).exits(0);
            assert_eq!(names(project, UNITS), [""; 0], "{point:?}: nothing is left, hidden or not");
            assert_eq!(fs::read_to_string(project.path(SPOOL)).unwrap_or_default(), "", "{point:?}");
        });
        assert!(points >= 2, "{points}");
    }
}

#[test]
fn a_disk_that_takes_nothing_leaves_nothing_half() {
    let once = ["ENOSPC", "EIO"].map(|error| (Fault::Error(error), 7));
    let from_there_on = ["ENOSPC", "EIO", "EROFS"].map(|error| (Fault::Sticky(error), 1));
    for (fault, most) in once.into_iter().chain(from_there_on) {
        // A crontab that was there before keeps its lines.
        let cron = || {
            let project = on_a_machine(LOOKS);
            project.write(SPOOL, OWN);
            project
        };
        sweep(cron, &["install", "--cron"], fault, most, |project, point, ran| {
            assert!(keeps_own(project), "{point:?}: {ran:?}: {}", project.read(SPOOL));
            project.heal(&["install", "--cron"]).exits(0);
            project.heal(&["uninstall"]).exits(0);
            assert_eq!(project.read(SPOOL), OWN, "{point:?}: {ran:?}");
        });
        sweep(
            || on_a_machine(LOOKS),
            &["install", "--systemd"],
            fault,
            most,
            |project, point, ran| {
                assert!([0, 69, 70, 73, 74, 77, 78].contains(&ran.code) && ran.code != 70, "{point:?}: {ran:?}");
                for (path, text) in texts(project, UNITS) {
                    let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
                    assert!(
                        hidden || text.ends_with("timers.target\n") || text.ends_with("CAP_DAC_OVERRIDE\n"),
                        "{point:?}: {text}"
                    );
                }
                project.heal(&["install", "--systemd"]).exits(0);
                assert!(project.heal(&["install"]).exits(0).stdout.contains("nothing to do"), "{point:?}");
            },
        );
    }
}
