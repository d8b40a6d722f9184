//! `heal lock`: does a deploy begin in the middle of no act, and no act in the middle of a deploy?

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use expect_test::expect;
use heal::journal::RecoveryLock;

use super::acting::{NAP, end, running, sleeper, the_one};
use super::support::{Project, wait_for};

const HEAL: &str = env!("CARGO_BIN_EXE_heal");

/// A tick in the middle of an act: what it started never comes, and it waits for that for some seconds.
pub fn at_work(project: &Project) -> Child {
    let words = ["heal", "--set", "service.app.start=[\"true\"]", "--set", "service.app.verify_within=4s"];
    let slow = project.command(&words).stdout(Stdio::null()).spawn().expect("heal runs");
    wait_for("its act", || !project.events("started").is_empty());
    slow
}

#[test]
fn no_act_begins_while_a_deploy_runs_and_the_next_tick_afterwards_acts() {
    let project = sleeper("restart_limit = \"999 per 1h\"");
    for _ in 0..3 {
        project.heal(&["heal"]).exits(0);
        let pid = the_one(&project, NAP);
        let acts = project.events("intent").len();
        // It takes the service down, as deploys do, and takes its time.
        let deploy = format!("kill -9 {pid}; sleep 2; touch deployed; exit 3");
        std::thread::scope(|scope| {
            let deploy = scope.spawn(|| project.heal(&["lock", "--", "sh", "-c", &deploy]));
            wait_for("the deploy", || running(&project, NAP).is_empty());
            let mut ticks = 0;
            while !project.path("deployed").exists() {
                let ran = project.heal(&["heal"]);
                assert!(ran.code == 1 || project.path("deployed").exists(), "{ran:?}");
                ticks += 1;
                // Counted before it is seen whether the deploy is still on.
                let now = project.events("intent").len();
                assert!(now == acts || project.path("deployed").exists(), "{ticks} ticks");
            }
            assert!(ticks > 0);
            assert_eq!(deploy.join().expect("it ran").code, 3, "the code of the deploy");
        });
        std::fs::remove_file(project.path("deployed")).expect("removed");
        project.heal(&["heal"]).exits(0);
        end(the_one(&project, NAP));
    }
}

#[test]
fn it_waits_for_an_act_that_is_under_way_or_says_that_it_would() {
    let project = sleeper("");
    let mut slow = at_work(&project);
    let busy = project.heal(&["lock", "--wait", "100ms", "--", "touch", "too-early"]).exits(75);
    assert!(busy.stderr.contains(&format!("pid {}, heal heal", slow.id())), "{busy:?}");
    assert!(!project.path("too-early").exists());
    assert_eq!(project.events("paused").len(), 0, "nothing is left of it");
    let check = project.heal(&["lock", "--check", "--json"]).exits(75).json();
    assert_eq!((&check["free"], &check["recovery"]["pid"]), (&false.into(), &slow.id().into()), "{check:#}");
    let done = project.heal(&["lock", "--wait", "30s", "--", "grep", "-c", "\"done\"", "-r", "data/journal"]).exits(0);
    assert!(done.stdout.ends_with(":1\n"), "the act was done before the command began: {done:?}");
    slow.wait().expect("it ends");
}

#[test]
fn two_deploys_take_turns_unless_they_are_about_different_services_or_one_is_inside_the_other() {
    let project = Project::new(
        "[project]\nname = \"test\"\n[service.a]\nmatch = { executable = \"sleep\", args_contain = \"86401\" }\n\
         [service.b]\nmatch = { executable = \"sleep\", args_contain = \"86402\" }\n",
    );
    let script = "[ ! -e inside ] || touch together; touch inside; sleep 0.3; rm inside";
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| project.heal(&["lock", "--", "sh", "-c", script]))).collect();
        runs.into_iter().for_each(|run| drop(run.join().expect("it ran").exits(0)));
    });
    assert!(!project.path("together").exists());
    let mut first = project.command(&["lock", "--service", "a", "--", "sleep", "600"]).spawn().expect("heal runs");
    // Its pause stands, and the lock that it began with is let go.
    wait_for("the first", || {
        let check = project.heal(&["lock", "--check", "--json"]).json();
        check["free"] == false && check["recovery"].is_null()
    });
    project.heal(&["lock", "--service", "b", "--wait", "0s", "--", "true"]).exits(0);
    for more in [&["--service", "a"][..], &[]] {
        let words = [&["lock", "--wait", "0s"], more, &["--", "true"]].concat();
        let busy = project.heal(&words).exits(75);
        assert!(busy.stderr.contains("another `heal lock` is at work: `sleep 600`"), "{busy:?}");
    }
    first.kill().expect("killed");
    first.wait().expect("reaped");
    let start = Instant::now();
    project.heal(&["lock", "--", HEAL, "lock", "--", HEAL, "lock", "--check"]).exits(75);
    assert!(start.elapsed() < Duration::from_secs(10), "who is inside does not wait for who is outside");
}

#[test]
fn inside_of_it_a_restart_is_not_refused_and_outside_it_is() {
    let project = sleeper("");
    project.heal(&["lock", "--", HEAL, "restart", "app"]).exits(0);
    // A person's own pause is another one, and counts inside as well.
    project.heal(&["pause", "app", "--reason", "disk"]).exits(0);
    project.heal(&["lock", "--", HEAL, "restart", "app"]).exits(69);
    project.heal(&["resume", "app"]).exits(0);
    let pid = the_one(&project, NAP);
    let mut deploy = project.command(&["lock", "--", "sleep", "600"]).spawn().expect("heal runs");
    // First it holds the lock, then there is its pause, and then the lock is free again.
    let pauses = || std::fs::read_dir(project.path("data/pauses")).is_ok_and(|all| all.count() > 0);
    wait_for("the pause of the deploy", pauses);
    wait_for("its lock to be free", || project.heal(&["restart", "app"]).code == 69);
    let ran = project.heal(&["restart", "app"]).exits(69);
    assert!(ran.stdout.contains("(`sleep 600`) runs"), "{ran:?}");
    deploy.kill().expect("killed");
    deploy.wait().expect("reaped");
    assert_eq!(the_one(&project, NAP), pid);
    project.heal(&["restart", "app"]).exits(0);
}

#[test]
fn check_says_who_is_at_work_and_what_is_paused() {
    let project = sleeper("");
    let ran = project.heal(&["lock", "--check"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        recovery  free
        repair    free
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert!(!project.path("data").exists(), "a look writes nothing");
    project.heal(&["heal", "--startup"]).exits(0);
    for (file, name) in [("recovery-in-progress", "recovery"), ("repair.lock", "repair")] {
        let lock = RecoveryLock::take(&project.path("data").join(file), "a test").expect("free");
        let document = project.heal(&["lock", "--check", "--json"]).exits(75).json();
        assert_eq!(document[name]["pid"], std::process::id(), "{document:#}");
        let text = project.heal(&["lock", "--check"]).exits(75).stdout;
        assert!(text.contains(&format!("pid {} (a test) since 20", std::process::id())), "{text}");
        drop(lock);
    }
    project.heal(&["pause", "app", "--reason", "disk"]).exits(0);
    let ran = project.heal(&["lock", "--check"]).exits(0);
    assert!(ran.stdout.contains("paused    app by root until 20"), "a pause is no work: {ran:?}");
}

#[test]
fn wrong_words_are_refused_and_nothing_is_run() {
    let project = sleeper("");
    for words in [
        &["lock"][..],
        &["lock", "touch", "x"],
        &["lock", "--check", "--", "touch", "x"],
        &["lock", "--service", "ap", "--", "touch", "x"],
        &["lock", "--for", "8d", "--", "touch", "x"],
        &["lock", "--wait", "30", "--", "touch", "x"],
    ] {
        project.heal(words).exits(64);
    }
    project.heal(&["lock", "--config", "missing.toml", "--", "touch", "x"]).exits(78);
    project.heal(&["lock", "--", "nothing"]).exits(127);
    assert!(!project.path("x").exists() && !project.path("data").exists());
}
