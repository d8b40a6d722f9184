//! What may stand in a pidfile, and is anybody ever signalled because of it?

use std::fs;
use std::process::Command;

use expect_test::expect;

use crate::check::{about, finding, settled};
use crate::support::{Project, alive, wait_for};

const NAMED: &str =
    "match = { executable = \"python3\", args_contain = \"no-such-service.py\", pidfile = \"app.pid\" }";
const ALONE: &str = "match = { pidfile = \"app.pid\" }";

/// A service that is down. If it were started, it would leave `started`.
fn down(selector: &str) -> Project {
    Project::new(&format!(
        "[project]\nname = \"test\"\n\n[service.app]\n{selector}\nstart = [\"/usr/bin/touch\", \"started\"]\n\
         verify_within = \"200ms\"\nstop_grace = \"200ms\"\n"
    ))
}

/// Runs `heal heal` under strace and answers with its exit code and every signal that it or its children sent.
fn signals(project: &Project, script: &str) -> (Option<i32>, Vec<String>) {
    let elsewhere = tempfile::tempdir().expect("a directory");
    let file = elsewhere.path().join("trace");
    let status = Command::new("strace")
        .args(["-f", "-e", "trace=kill,tkill,tgkill,pidfd_send_signal,rt_sigqueueinfo", "-e", "signal=none", "-o"])
        .arg(&file)
        .args(["/bin/sh", "-c", script])
        .env("HEAL", env!("CARGO_BIN_EXE_heal"))
        .current_dir(project.path(""))
        .output()
        .expect("strace is installed")
        .status;
    let trace = fs::read_to_string(&file).expect("a trace");
    let sent = trace.lines().filter(|line| line.contains('(') && !line.contains("+++"));
    (status.code(), sent.map(str::to_owned).collect())
}

#[test]
fn what_cannot_be_the_pid_of_a_service_settles_nothing_and_nobody_is_signalled() {
    let me = std::process::id().to_string();
    let contents = [&me, "1", "0", "-1", "99999999999", "12 34", "", "\n", "garbage", "4194305", "1\n1"];
    for selector in [NAMED, ALONE] {
        for content in contents {
            let project = down(selector);
            project.write("app.pid", content);
            let answer = project.heal(&["check", "--json"]).exits(3).json();
            let why = finding(&answer, "app", "process")["summary"].as_str().expect("text");
            assert!(why.starts_with("the pidfile app.pid "), "{content:?}: {why}");
            assert_eq!(signals(&project, "\"$HEAL\" heal"), (Some(3), vec![]), "{content:?}");
            assert!(!project.path("started").exists(), "{content:?}");
            assert_eq!(project.read("app.pid"), content);
        }
        // Its own pid: the shell writes it down and becomes heal.
        let project = down(selector);
        assert_eq!(signals(&project, "echo $$ >app.pid; exec \"$HEAL\" heal"), (Some(3), vec![]));
        assert!(!project.path("started").exists());
    }
}

#[test]
fn a_pidfile_that_is_not_a_file_is_unknown_and_does_not_block() {
    for selector in [NAMED, ALONE] {
        let project = down(selector);
        let made = Command::new("mkfifo").arg(project.path("app.pid")).status().expect("mkfifo");
        assert!(made.success());
        let ran = project.heal(&["check", "--json"]).exits(3);
        assert!(ran.took.as_secs() < 10, "{ran:?}");
        fs::remove_file(project.path("app.pid")).expect("removed");
        fs::create_dir(project.path("app.pid")).expect("created");
        project.heal(&["check"]).exits(3);
        fs::remove_dir(project.path("app.pid")).expect("removed");
        std::os::unix::fs::symlink("app.pid", project.path("app.pid")).expect("linked");
        project.heal(&["check"]).exits(3);
        fs::remove_file(project.path("app.pid")).expect("removed");
        fs::write(project.path("app.pid"), vec![b'1'; 100_000]).expect("written");
        project.heal(&["check"]).exits(3);
        assert_eq!(signals(&project, "\"$HEAL\" heal"), (Some(3), vec![]));
    }
}

#[test]
fn no_pidfile_and_nobody_who_fits_is_dead() {
    for selector in [NAMED, ALONE] {
        let project = down(selector);
        let answer = project.heal(&["check", "--json"]).exits(2).json();
        assert_eq!(about(&answer, "app")["class"], "dead", "{answer}");
        // A pid that nobody has is as good as none.
        project.write("app.pid", "4194303\n");
        project.heal(&["check"]).exits(2);
        project.heal(&["heal"]);
        wait_for("the start", || project.path("started").exists());
    }
}

#[test]
fn a_stranger_who_has_the_number_now_is_untouched() {
    // Where names are given, the pidfile is stale and the service is dead...
    let mut project = down(NAMED);
    let stranger = project.spawn(&["/bin/sleep", "600"]);
    project.write("app.pid", &format!("{stranger}\n"));
    let text = settled(&project.heal(&["check"]).snapshot(&project));
    expect![[r#"
        exit 2
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits; the pidfile is stale: pid [PID] is now `/bin/sleep 600`, and is left alone
        next  heal heal --dry-run
        --- stderr
    "#]]
    .assert_eq(&text);
    let (_, sent) = signals(&project, "\"$HEAL\" heal");
    assert_eq!(sent, Vec::<String>::new());
    wait_for("the start", || project.path("started").exists());
    assert!(alive(stranger));

    // ...where there is only the pidfile, nobody can say.
    let mut project = down(ALONE);
    let stranger = project.spawn(&["/bin/sleep", "600"]);
    project.write("app.pid", &format!("{stranger}\n"));
    let text = settled(&project.heal(&["check", "--explain"]).snapshot(&project));
    expect![[r#"
        exit 3
        --- stdout
        unknown   app  the pidfile names pid [PID], which runs `/bin/sleep 600`; nothing ties it to this service; add `executable` or `args_contain` to `match`, or remove a stale pidfile
            unknown  process  the pidfile names pid [PID], which runs `/bin/sleep 600`; nothing ties it to this service; add `executable` or `args_contain` to `match`, or remove a stale pidfile
            no   pid [PID]  /bin/sleep 600  (nothing ties it to this service; add `executable` or `args_contain` to `match`, or remove a stale pidfile)
        --- stderr
    "#]].assert_eq(&text);
    for _ in 0..2 {
        assert_eq!(signals(&project, "\"$HEAL\" heal"), (Some(3), vec![]));
    }
    assert!(alive(stranger) && !project.path("started").exists());
}
