//! `heal pause`: is what is paused looked at, reported and left alone, for as long as was said and not longer?

use expect_test::expect;
use nix::sys::signal::Signal;

use super::acting::{NAP, end, kinds, later, running, shell, sleeper, the_one, timeless};
use super::heal_unwritable::read_only;
use super::lock::at_work;
use super::support::{Project, signal, wait_for};

/// A command line that pauses.
pub fn pausing<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["pause", "app", "--reason", "moving the disk"], more].concat()
}

#[test]
fn it_is_said_everywhere_and_nothing_is_done() {
    let project = sleeper("");
    let ran = project.heal(&pausing(&["--for", "2h"])).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        app is paused by root until [TIME]: moving the disk
        next  heal resume app   (to end it before its time)
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    let ran = project.heal(&["check"]).exits(1);
    expect![[r#"
        exit 1
        --- stdout
        left-alone app (dead)  not running (paused)
            bad      process  not running
                    because: no process fits
            paused  by root until [TIME]: moving the disk
        next  heal resume app   (heal acts again)
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert_eq!(project.heal(&["heal", "--dry-run"]).exits(1).stdout, ran.stdout);
    assert_eq!(project.heal(&["heal"]).exits(1).stdout, ran.stdout);
    assert_eq!(project.heal(&["heal", "--quiet"]).exits(1).stdout, "", "it was said when it began");
    let ran = project.heal(&["status"]).exits(1);
    expect![[r#"
        exit 1
        --- stdout
        left-alone app  not running (paused)
            paused   by root until [TIME]: moving the disk
        ticks  last [SPAN] ago, no `[schedule] heal` says how often; exit code 1 after [SPAN]; before it 1
        note  this is from memory, nothing was looked at: heal check looks
        next  heal resume app   (heal acts again)
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    for command in ["check", "heal", "status"] {
        let page = project.heal(&[command, "--format", "nagios"]).exits(1).stdout;
        let first = page.lines().next().expect("a line");
        assert!(
            first.starts_with("HEAL WARNING: app left-alone: not running (paused); paused by root until 20"),
            "{page}"
        );
        let document = project.heal(&[command, "--json"]).exits(1).json();
        let service = &document["services"][0];
        assert_eq!((&service["status"], &document["status"]), (&"left-alone".into(), &"warning".into()));
        assert_eq!(service["paused"]["reason"], "moving the disk", "{document:#}");
        assert_eq!(service["paused"]["unreadable"], false);
    }
    assert_eq!(kinds(&project), "paused", "no incident, no act, no alert");
    // Well and paused is fine, and said all the same.
    project.heal(&["resume", "app"]).exits(0);
    project.heal(&["heal"]).exits(0);
    project.heal(&["pause", "--all", "--reason", "x"]).exits(0);
    assert!(project.heal(&["check"]).exits(0).stdout.contains("    paused  by root until 20"));
    let page = project.heal(&["check", "--format", "nagios"]).exits(0).stdout;
    assert!(page.starts_with("HEAL OK: app healthy; paused by root until 20"), "{page}");
}

#[test]
fn fifty_ticks_leave_it_dead_and_the_first_one_afterwards_begins_at_the_foot_of_the_ladder() {
    let project = sleeper("[service.app.probes]\nprocess = { kind = \"process\", fail_after = 2 }");
    project.heal(&["heal"]).exits(1);
    project.heal(&pausing(&[])).exits(0);
    for _ in 0..50 {
        project.heal(&["heal"]).exits(1);
    }
    assert!(running(&project, NAP).is_empty());
    assert_eq!(project.events("intent").len() + project.events("opened").len(), 0);
    project.heal(&["resume", "app"]).exits(0);
    // One bad look was there before the pause; those in it were not counted, and the next one is the second.
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
    assert_eq!(
        kinds(&project),
        "paused, resumed, opened, intent restart, started, done healed, queued, alerted opened operator_alerts"
    );
}

#[test]
fn its_time_ends_it_and_no_clock_does() {
    let project = sleeper("");
    project.heal(&pausing(&["--for", "1h"])).exits(0);
    later(&project, "59m", &["heal"]).exits(1);
    for wall in ["+400d", "-2h", "1970-01-02 03:04:05"] {
        let mut command = project.command_of("faketime", &["-f", wall, env!("CARGO_BIN_EXE_heal"), "heal"]);
        let ran = project.run(command.env("DONT_FAKE_MONOTONIC", "1"));
        assert_eq!(ran.code, 1, "faketime is needed, scripts/test installs it; {wall}: {ran:?}");
        assert!(ran.stdout.contains("left-alone app"), "{wall}: {ran:?}");
    }
    assert!(running(&project, NAP).is_empty());
    // Set back, it does not last longer either.
    let mut command = project.command_of("faketime", &["-f", "-2h", env!("CARGO_BIN_EXE_heal"), "heal"]);
    let ran = project.run(command.env("DONT_FAKE_MONOTONIC", "1").env("HEAL_TEST_SHIFT", "61m"));
    assert_eq!(ran.code, 0, "{ran:?}");
    the_one(&project, NAP);
    let ended = project.events("resumed");
    assert_eq!((ended.len(), &ended[0]["why"]), (1, &"its time is up".into()));
    assert!(!project.path("data/pauses/app.json").exists());
}

#[test]
fn four_hundred_days_later_nothing_is_left_of_it() {
    let project = sleeper("");
    project.heal(&pausing(&["--for", "7d", "--over-reboot"])).exits(0);
    later(&project, "400days", &["heal"]).exits(0);
    the_one(&project, NAP);
}

#[test]
fn a_second_one_takes_the_place_of_the_first_and_eight_at_once_leave_one_that_is_whole() {
    let project = sleeper("");
    std::thread::scope(|scope| {
        for number in 0..8 {
            let project = &project;
            scope.spawn(move || {
                for _ in 0..5 {
                    project.heal(&["pause", "app", "--reason", &format!("number {number}")]).exits(0);
                    let ran = project.heal(&["check"]).exits(1);
                    assert!(ran.stdout.contains("paused  by root until"), "at no moment is it not paused: {ran:?}");
                }
            });
        }
    });
    let document = project.heal(&["lock", "--check", "--json"]).exits(0).json();
    assert_eq!(document["pauses"].as_array().expect("pauses").len(), 1, "{document:#}");
    assert_eq!(project.events("paused").len(), 40);
    assert_eq!(std::fs::read_dir(project.path("data/pauses")).expect("there").count(), 1);
}

#[test]
fn one_that_cannot_be_read_counts_and_is_said_with_the_command_that_ends_it() {
    let project = sleeper("");
    project.heal(&pausing(&[])).exits(0);
    let whole = project.read("data/pauses/app.json");
    project.write("data/pauses/app.json", &whole[..whole.len() / 2]);
    let ran = project.heal(&["heal"]).exits(1);
    expect![[r#"
        exit 1
        --- stdout
        left-alone app (dead)  not running (paused)
            bad      process  not running
                    because: no process fits
            paused  perhaps, until [TIME]: [DIR]/data/pauses/app.json cannot be read: it is torn
        warning   [DIR]/data/pauses/app.json cannot be read: it is torn; it is taken for a pause, and app not acted upon, until [TIME]: `heal resume app` ends that
        next  heal resume app   (if it is not meant)
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    for command in ["check", "status"] {
        let document = project.heal(&[command, "--json"]).exits(1).json();
        assert_eq!(document["services"][0]["paused"]["unreadable"], true);
        assert_eq!(document["warnings"].as_array().expect("warnings").len(), 1, "{document:#}");
    }
    assert_eq!(project.events("intent").len(), 0);
    // A service that is well is not called fine by who cannot say whether it is paused.
    project.heal(&["restart", "app", "--force"]).exits(0);
    project.heal(&["check"]).exits(1);
    end(the_one(&project, NAP));
    project.heal(&["resume", "app"]).exits(0);
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
}

#[test]
fn paused_or_held_between_the_look_and_the_act_it_is_not_acted_upon() {
    // The service's own probe types it, while the tick looks.
    let late = "[service.app.probes]\nlate = { kind = \"command\", command = [\"./late\"], class = \"hung\" }\n";
    for (command, said) in [("pause", "nothing done: paused by root until"), ("hold", "nothing done: held: late")] {
        let project = sleeper(late);
        project.script("late", "#!/bin/sh\n");
        project.heal(&["heal"]).exits(0);
        let pid = the_one(&project, NAP);
        let heal = env!("CARGO_BIN_EXE_heal");
        let script = format!("{heal} --config heal.toml {command} app --reason late >/dev/null\nexit 2");
        project.script("late", &format!("#!/bin/sh\n{script}\n"));
        let ran = project.heal(&["heal", "--set", "service.app.startup_grace=0s"]);
        assert!(ran.stdout.contains(said), "{ran:?}");
        assert_eq!(the_one(&project, NAP), pid);
        assert_eq!(project.events("intent").len(), 1, "only the first start");
    }
}

#[test]
fn it_ends_with_its_command_however_that_ends() {
    let project = sleeper("restart_limit = \"999 per 1h\"");
    for how in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGINT] {
        let mut holder = project.command(&["pause", "app", "--", "sleep", "600"]).spawn().expect("heal runs");
        wait_for("the pause", || project.heal(&["check"]).stdout.contains("(`sleep 600`) runs"));
        project.heal(&["heal"]).exits(1);
        assert!(running(&project, NAP).is_empty());
        // heal has become the command: who signals the one signals the other.
        signal(i32::try_from(holder.id()).expect("a pid"), how);
        let status = holder.wait().expect("it ends");
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(how as i32));
        project.heal(&["heal"]).exits(0);
        end(the_one(&project, NAP));
        project.heal(&["release", "app"]).exits(0);
    }
    let ended: Vec<String> = project.events("resumed").iter().map(|event| event["why"].to_string()).collect();
    assert_eq!(ended, ["\"its command has ended\""; 3]);
    assert_eq!(std::fs::read_dir(project.path("data/pauses")).expect("there").count(), 0);
}

#[test]
fn the_command_is_run_as_if_heal_were_not_there() {
    let mut project = sleeper("");
    project.env("TOLD", "in the environment");
    std::fs::create_dir(project.path("inside")).expect("made");
    let heal = format!("{} pause app --", env!("CARGO_BIN_EXE_heal"));
    let asked = "umask; pwd; cat; echo \"$TOLD\"; grep SigIgn /proc/self/status; exit 7";
    let [with, without] = [&*heal, ""]
        .map(|heal| shell(&project, &format!("umask 0; trap '' HUP; cd inside; echo in | {heal} sh -c '{asked}'")));
    assert_eq!((with.code, &with.stdout), (7, &without.stdout), "{with:?}");
    assert!(with.stdout.starts_with("0000\n") && with.stdout.contains("in\nin the environment\n"), "{with:?}");
    for (command, code) in [("exit 0", 0), ("exit 124", 124), ("kill -9 $$", 137), ("kill -TERM $$", 143)] {
        project.heal(&["pause", "app", "--", "sh", "-c", command]).exits(code);
    }
    for (command, code) in [("./nothing", 127), ("nothing", 127), ("./heal.toml", 126)] {
        let ran = project.heal(&["pause", "app", "--", command]).exits(code);
        assert!(ran.stderr.contains("nothing was run"), "{ran:?}");
        assert_eq!(
            project.heal(&["pause", "app", "--json", "--", command]).exits(code).json()["error"]["kind"],
            "command"
        );
    }
    // Runnable to the eye, and not to the kernel: taken back at once.
    project.script("no-interpreter", "#!/missing\n");
    project.heal(&["pause", "app", "--", "./no-interpreter"]).exits(126);
    project.heal(&["check"]).exits(2);
}

#[test]
fn wrong_words_are_refused_with_what_to_type() {
    let project = sleeper("");
    for (words, said) in [
        (&["pause"][..], "required"),
        (&["pause", "app"], "--reason"),
        (&["pause", "--all"], "--reason"),
        (&["pause", "ap", "--reason", "x"], "did you mean `app`?"),
        (&["pause", "host", "--reason", "x"], "there is no service `host`"),
        (&["pause", "app", "--all", "--reason", "x"], "cannot be used with"),
        (&["pause", "app", "--reason", " "], "--reason is empty"),
        (&["pause", "app", "--reason", "x", "--for", "8d"], "at most 7d"),
        (&["pause", "app", "--reason", "x", "--for", "0s"], "more than nothing"),
        (&["pause", "app", "--reason", "x", "--for", "30"], "has no unit"),
        (&["pause", "app", "--over-reboot", "--", "true"], "cannot be used with"),
        (&["pause", "app", "sleep", "1", "--reason", "x"], "there is no service `sleep`"),
    ] {
        let ran = project.heal(words).exits(64);
        assert!(ran.stderr.contains(said), "{words:?}: {ran:?}");
    }
    assert!(!project.path("data").exists(), "nothing was written");
    project.heal(&["pause", "app", "--config", "missing.toml", "--reason", "x"]).exits(78);
    let document = project.heal(&["pause", "app", "--reason", "x\u{1b}[2J\ny", "--json"]).exits(0).json();
    assert_eq!(document["paused"][0]["service"], "app");
    let shown = project.heal(&["check"]).exits(1).stdout;
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[test]
fn where_nothing_can_be_written_nothing_is_paused_and_what_is_stays_so() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let script = "\"$HEAL\" pause app --reason x; echo \"code $?\"; \"$HEAL\" check; echo \"code $?\"";
    let Some(ran) = read_only(&project, script) else { return };
    assert!(ran.stdout.starts_with("code 74\n") && ran.stdout.contains("healthy   app"), "{ran:?}");
    project.heal(&pausing(&[])).exits(0);
    end(the_one(&project, NAP));
    let script = "\"$HEAL\" resume app; echo \"code $?\"; \"$HEAL\" heal; echo \"code $?\"";
    let Some(ran) = read_only(&project, script) else { return };
    assert!(ran.stdout.starts_with("code 74\n") && ran.stdout.contains("left-alone app"), "{ran:?}");
    assert!(running(&project, NAP).is_empty(), "also the one act of an unwritable data directory is not for it");
}

#[test]
fn one_that_needs_a_paused_one_is_blocked_and_not_acted_upon() {
    let project = Project::new(
        "[project]\nname = \"test\"\n[service.db]\nmatch = { executable = \"sleep\", args_contain = \"86401\" }\nstart = [\"sleep\", \"86401\"]\n\
         [service.app]\nmatch = { executable = \"sleep\", args_contain = \"86400\" }\nstart = [\"sleep\", \"86400\"]\nneeds = [\"db\"]\n",
    );
    project.heal(&["pause", "db", "--reason", "moving it"]).exits(0);
    let ran = project.heal(&["heal"]).exits(2);
    assert!(ran.stdout.contains("blocked   app"), "{ran:?}");
    assert_eq!(project.events("intent").len(), 0);
}

#[test]
fn a_run_that_is_at_work_is_named() {
    let project = sleeper("");
    let mut slow = at_work(&project);
    let ran = project.heal(&pausing(&[])).exits(0);
    assert!(ran.stdout.contains(&format!("a run is at work (pid {}, heal heal)", slow.id())), "{ran:?}");
    slow.wait().expect("it ends");
}
