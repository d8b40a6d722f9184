//! What if the data directory is not one, cannot be written, or is full? A documented exit, and nothing half-done.

use expect_test::expect;

use super::acting::{NAP, running, shell, sleeper, the_one, timeless};
use super::support::{Project, Ran};

/// Runs a script with file systems of its own; `None` where this machine does not allow it.
pub fn private(project: &Project, script: &str) -> Option<Ran> {
    let allowed = |how: &str| shell(project, &format!("unshare {how} true")).code == 0;
    let how = ["-m", "-rm"].into_iter().find(|how| allowed(how))?;
    project.write("script.sh", script);
    Some(shell(project, &format!("unshare {how} /bin/sh script.sh")))
}

#[test]
fn a_file_or_a_link_in_its_place_is_refused() {
    for (make, place) in [("echo mine >data", "a file"), ("mkdir elsewhere; ln -s elsewhere data", "a link")] {
        let project = sleeper("");
        shell(&project, make).exits(0);
        let ran = project.heal(&["heal"]).exits(78);
        if place == "a file" {
            expect![[r#"
                exit 78
                --- stdout
                --- stderr
                heal: [DIR]/data is not a directory
                  set `[project] data_dir` to a directory that heal may have to itself
            "#]]
            .assert_eq(&ran.snapshot(&project));
            assert_eq!(project.read("data"), "mine\n");
        } else {
            assert!(ran.stderr.contains("data is a link, which heal does not follow"), "{ran:?}");
            assert_eq!(std::fs::read_dir(project.path("elsewhere")).expect("there").count(), 0);
        }
        assert!(project.processes().is_empty(), "{place}");
    }
}

#[test]
fn a_lock_that_is_not_a_regular_file_is_refused() {
    for make in ["mkdir", "mkfifo", "ln -s /dev/null"] {
        let project = sleeper("");
        shell(&project, &format!("mkdir data && {make} data/recovery-in-progress")).exits(0);
        let ran = project.heal(&["heal"]);
        assert!([74, 78].contains(&ran.code), "{make}: {ran:?}");
        assert!(ran.stderr.contains("cannot take the recovery lock"), "{make}: {ran:?}");
        assert!(project.processes().is_empty(), "{make}");
    }
}

#[test]
fn on_a_read_only_data_directory_what_is_dead_is_started_and_a_look_still_works() {
    let project = sleeper("");
    std::fs::create_dir(project.path("data")).expect("created");
    let script = "mount -t tmpfs -o size=64k,mode=700 tmpfs data && mkdir data/journal data/state && mount -o remount,ro data || exit 99\n\
                  \"$HEAL\" heal; echo \"heal $?\"\n\"$HEAL\" check --quiet >/dev/null; echo \"check $?\"\n\"$HEAL\" release app; echo \"release $?\"";
    let Some(ran) = private(&project, script) else { return };
    expect![[r#"
        exit 0
        --- stdout
        healed    app (was dead)  not running
            bad      process  not running
                    because: no process fits
            incident since [TIME], 1 act so far
            did   start `sleep 86400` in [DIR], output to [MEANWHILE]/output/app.log
            healed by `restart` in [SPAN]: pid [PID], every probe good for [SPAN]
        unhealthy data directory (resource)  cannot take the recovery lock [DIR]/data/recovery-in-progress: Read-only file system (os error 30)
            incident since [TIME], 0 acts so far
            nothing done: only what is positively dead is restarted until it can be written again
        next  df [DIR]/data; ls -ld [DIR]/data
        heal 74
        check 0
        app was not held; nothing to do
        release 0
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    the_one(&project, NAP);
}

#[test]
fn on_a_full_data_directory_no_service_starts_without_its_line_in_the_journal() {
    // Some pages are left: the disk becomes full before, between and after the lines of an act.
    for pages in 0..=8 {
        let project = sleeper("log = \"app.log\"");
        std::fs::create_dir(project.path("data")).expect("created");
        let fill = 16 - pages;
        let script = format!(
            "mount -t tmpfs -o size=64k,mode=700 tmpfs data || exit 99\n\
             mkdir data/journal data/state; head -c $(({fill} * 4096)) /dev/zero >data/filler 2>/dev/null\n\
             \"$HEAL\" heal >out 2>err; echo $? >code; cat data/journal/* >journal.txt 2>/dev/null; exit 0"
        );
        let Some(ran) = private(&project, &script) else { return };
        assert_eq!(ran.code, 0, "{ran:?}");
        let code: i32 = project.read("code").trim().parse().expect("a code");
        let meanwhile: String = project.journal_meanwhile().iter().map(|event| format!("{event}\n")).collect();
        let text = project.read("journal.txt") + &meanwhile;
        let said = format!("{pages} pages: exit {code}\n{}{}\n{text}", project.read("out"), project.read("err"));
        let started = running(&project, NAP).len();
        assert!(code == 74 || code == 0 || code == 1, "{said}");
        assert_eq!(started == 1, text.contains("\"event\":\"started\""), "{said}");
        assert!(code != 74 || said.contains("No space left on device"), "{said}");
        assert!(code != 0 || started == 1, "{said}");
        assert!(pages > 0 || code == 74, "{said}");
        assert!(text.is_empty() || text.ends_with('\n'), "no torn line: {said}");
    }
}

#[test]
fn a_data_directory_that_cannot_be_made_is_said_so() {
    let project = sleeper("");
    let ran = project.heal(&["heal", "--set", "project.data_dir=/proc/nothing/here"]);
    expect![[r#"
        exit 74
        --- stdout
        --- stderr
        heal: cannot create the data directory /proc/nothing/here: No such file or directory (os error 2)
          `[project] data_dir` has to be writable for the user who runs heal
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert!(project.processes().is_empty());
}

#[test]
fn losing_the_whole_directory_loses_history_and_not_the_service() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    let before = running(&project, NAP);
    std::fs::remove_dir_all(project.path("data")).expect("removed");
    project.heal(&["check"]).exits(0);
    project.heal(&["heal"]).exits(0);
    assert_eq!(running(&project, NAP), before);
    assert_eq!(project.events("intent").len(), 0);
}
