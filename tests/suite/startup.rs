//! `heal heal --startup`: does it gate a service's own start without ever standing in its way?

use std::time::Duration;

use expect_test::expect;
use heal::journal::RecoveryLock;
use serde_json::json;

use super::acting::{NAP, end, running, sleeper, started_by, the_one};
use super::heal_unwritable::read_only;
use super::support::Project;

/// A service that is started by the example of the repository.
fn hooked() -> Project {
    let heal = std::path::Path::new(env!("CARGO_BIN_EXE_heal")).parent().expect("a folder").display();
    let path = format!("env = {{ PATH = \"{heal}:/usr/bin:/bin\" }}\nrestart_limit = \"999 per 1h\"");
    let project = started_by(&format!("[\"scripts/run.sh\", \"sleep\", \"{NAP}\"]"), &path);
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/run.sh");
    project.script("scripts/run.sh", &std::fs::read_to_string(script).expect("there"));
    project
}

#[test]
fn a_service_that_begins_with_it_comes_up_by_tick_and_by_restart_without_waiting_for_either() {
    let (plain, hooked) = (sleeper("restart_limit = \"999 per 1h\""), hooked());
    let took = |project: &Project, words: &[&str]| {
        let ran = project.heal(words).exits(0);
        the_one(project, NAP);
        ran.took
    };
    for round in 0..3 {
        let words: &[&str] = if round == 2 { &["restart", "app"] } else { &["heal"] };
        let (plain_took, hooked_took) = (took(&plain, words), took(&hooked, words));
        // The lock is waited for 30 s, the start proved within 8: a deadlock would be neither.
        assert!(hooked_took < plain_took + Duration::from_secs(2), "{words:?}: {hooked_took:?} after {plain_took:?}");
        if round == 0 {
            end(the_one(&plain, NAP));
            end(the_one(&hooked, NAP));
        }
    }
    let service = the_one(&hooked, NAP);
    let asked = std::fs::read(format!("/proc/{service}/environ")).expect("readable");
    assert!(asked.windows(12).any(|part| part == b"HEAL_INTENT="), "the script became the service");
    // The tick's own act is not taken for one that a dead run left unfinished.
    let outcomes: Vec<String> = hooked.events("done").iter().map(|done| done["outcome"].to_string()).collect();
    assert_eq!(outcomes, ["\"healed\""; 3]);
}

#[test]
fn the_example_starts_nothing_that_may_not_start_and_needs_a_command() {
    let project = hooked();
    let words = ["scripts/run.sh", "touch", "started"];
    let path =
        format!("{}:/usr/bin:/bin", std::path::Path::new(env!("CARGO_BIN_EXE_heal")).parent().expect("one").display());
    let run = |words: &[&str]| project.run(project.command_of("/bin/sh", words).env("PATH", &path));
    assert_eq!(run(&words[..1]).code, 64);
    assert_eq!(run(&words).code, 0);
    std::fs::remove_file(project.path("started")).expect("it ran");
    project.write("heal.toml", "[project]\nname = 7\n");
    assert_eq!(run(&words).code, 78);
    assert!(!project.path("started").exists());
}

#[test]
fn twenty_at_once_all_may_start_and_twenty_ticks_start_it_once() {
    let project = hooked();
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..20).map(|_| scope.spawn(|| project.heal(&["heal", "--startup"]).code)).collect();
        runs.into_iter().map(|run| run.join().expect("ran")).collect()
    });
    assert_eq!(codes, [0; 20]);
    // How many are alive is not watched meanwhile: a shell that forks has two processes with one command line for a moment.
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let ran = project.heal(&["heal"]);
                assert!(ran.code == 0 || ran.code == 75, "{ran:?}");
            });
        }
    });
    assert_eq!(project.events("started").len(), 1);
    the_one(&project, NAP);
}

#[test]
fn it_makes_what_is_missing_and_says_so() {
    let project = sleeper("");
    let ran = project.heal(&["heal", "--startup", "--dry-run"]).exits(0);
    assert!(ran.stdout.contains("would do  created") && !project.path("data").exists(), "{ran:?}");
    let ran = project.heal(&["heal", "--startup"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        healed    created [DIR]/data
        healed    created [DIR]/data/journal
        healed    created [DIR]/data/state
        it may start
        --- stderr
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert_eq!(project.heal(&["heal", "--startup"]).exits(0).stdout, "it may start\n");
    assert_eq!(project.heal(&["heal", "--startup", "--quiet"]).exits(0).stdout, "");
    std::fs::remove_dir(project.path("data/state")).expect("removed");
    let document = project.heal(&["heal", "--startup", "--json"]).exits(0).json();
    assert_eq!((&document["success"], &document["may_start"]), (&json!(true), &json!(true)));
    assert_eq!(document["stats"]["directories_created"], 1, "{document:#}");
    assert_eq!((&document["failed"], &document["critical"]), (&json!([]), &json!([])));
    let page = project.heal(&["heal", "--startup", "--format", "nagios"]).exits(0).stdout;
    assert!(page.starts_with("HEAL OK: it may start"), "{page}");
    assert!(running(&project, NAP).is_empty(), "it touches no process");
    assert!(project.journal().is_empty());
}

#[test]
fn a_stale_lock_is_cleared_and_who_holds_one_is_left_alone() {
    let mut project = sleeper("\n[lock.run]\nkind = \"pid\"\npaths = [\"run/*.pid\"]\nmin_age = \"0s\"\n");
    project.heal(&["heal", "--startup"]).exits(0);
    project.write("run/dead.pid", "4194000\n");
    let holder = project.spawn(&["sleep", "86399"]);
    project.write("run/live.pid", &holder.to_string());
    let ran = project.heal(&["heal", "--startup", "--dry-run"]).exits(0);
    assert!(ran.stdout.contains("run/dead.pid") && project.path("run/dead.pid").exists(), "{ran:?}");
    let document = project.heal(&["heal", "--startup", "--json"]).exits(0).json();
    assert_eq!((&document["stats"]["locks_cleared"], &document["may_start"]), (&json!(1), &json!(true)));
    assert!(!project.path("run/dead.pid").exists() && project.path("run/live.pid").exists(), "{document:#}");
    assert!(!project.events("repaired").is_empty(), "it is written down");
    assert_eq!(project.heal(&["heal", "--startup"]).exits(0).stdout, "it may start\n");
    assert_eq!(the_one(&project, "86399"), holder, "nobody is stopped for it");
}

#[test]
fn it_waits_for_another_repair_of_files_and_for_no_recovery() {
    let mut project = sleeper("");
    project.env("HEAL_TEST_PATIENCE", "2s");
    project.heal(&["heal", "--startup"]).exits(0);
    let recovery = RecoveryLock::take(&project.path("data/recovery-in-progress"), "a test").expect("free");
    assert!(project.heal(&["heal", "--startup"]).exits(0).took < Duration::from_millis(1_900));
    drop(recovery);
    let repair = RecoveryLock::take(&project.path("data/repair.lock"), "a test").expect("free");
    let ran = project.heal(&["heal", "--startup"]).exits(75);
    assert!(
        ran.stderr.contains("another repair of files is in progress") && ran.took > Duration::from_millis(1_900),
        "{ran:?}"
    );
    // A tick that has nothing to put right does not ask for it; one that has is not kept from healing.
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    std::fs::remove_dir(project.path("data/beats")).ok();
    std::fs::remove_dir_all(project.path("data/state")).expect("removed");
    let ran = project.heal(&["heal"]).exits(0);
    assert!(ran.stdout.contains("files are put right by the next tick"), "{ran:?}");
    the_one(&project, NAP);
    std::thread::scope(|scope| {
        let start = scope.spawn(|| project.heal(&["heal", "--startup"]));
        std::thread::sleep(Duration::from_millis(300));
        drop(repair);
        let ran = start.join().expect("ran").exits(0);
        assert!(ran.took > Duration::from_millis(250), "{ran:?}");
    });
}

#[test]
fn it_never_ends_with_1_and_heals_own_trouble_keeps_no_service_from_starting() {
    let project = sleeper("");
    project.heal(&["heal", "--startup"]).exits(0);
    let script = "rm -rf missing; \"$HEAL\" heal --startup; echo \"code $?\"; rm data/repair.lock; \"$HEAL\" heal --startup; echo \"code $?\"";
    if let Some(ran) = read_only(&project, script) {
        assert_eq!(ran.stdout.matches("code 0").count(), 2, "{ran:?}");
        assert!(ran.stdout.contains("heal can put nothing right until it can be written"), "{ran:?}");
    }
    let broken = Project::new("[service.app]\nstart = 7\n");
    broken.heal(&["heal", "--startup"]).exits(78);
    assert!(!broken.path("data").exists());
    project.heal(&["heal", "--startup", "--only", "app"]).exits(64);
    let elsewhere = sleeper("");
    std::fs::create_dir(elsewhere.path("other")).expect("made");
    std::os::unix::fs::symlink("other", elsewhere.path("data")).expect("linked");
    let ran = elsewhere.heal(&["heal", "--startup"]);
    assert!(ran.code >= 2, "a link in its place is refused: {ran:?}");
    let odd = sleeper("");
    odd.write("data/state", "a file in its place");
    let ran = odd.heal(&["heal", "--startup"]).exits(0);
    assert!(ran.stdout.contains("not a directory"), "{ran:?}");
}

/// A damaged state file and a stale lock, both of `app`.
fn damaged() -> Project {
    let project = Project::new(
        "[project]\nname = \"test\"\n[service.app]\nmatch = { executable = \"no-such-program\" }\n\n[lock.run]\nkind = \"pid\"\n\
         paths = [\"run/app.pid\"]\nservice = \"app\"\n\n[state.book]\npath = \"book.json\"\nservice = \"app\"\n\
         template = { cash = 0 }\nrepair = [\"merge\"]\n",
    );
    project.write("book.json", "{}");
    project.write("run/app.pid", "4194000\n");
    project
}

#[test]
fn what_a_person_has_in_hand_is_left_but_for_what_the_person_runs() {
    let (project, startup) = (damaged(), ["heal", "--startup", "--json"]);
    let stands = |project: &Project| (project.read("book.json"), project.path("run/app.pid").exists());
    project.heal(&["pause", "app", "--for", "1h", "--reason", "a look into it"]).exits(0);
    let answer = project.heal(&startup).exits(2).json();
    let critical = answer["critical"][0].as_str().expect("text");
    assert!(critical.contains("not repaired: `app` is paused"), "{answer:#}");
    // Nor does a tick clear what belongs to it.
    project.heal(&["heal"]);
    assert_eq!(stands(&project), ("{}".to_owned(), true));
    project.heal(&["resume", "app"]).exits(0);
    project.heal(&["hold", "app", "--reason", "a look into it"]).exits(0);
    let answer = project.heal(&startup).exits(2).json();
    assert!(answer["critical"][0].as_str().expect("text").contains("`app` waits for a person"), "{answer:#}");
    assert_eq!(stands(&project), ("{}".to_owned(), true));
    project.heal(&["release", "app"]).exits(0);
    // The deploy that a pause was made for starts the service itself.
    let heal = env!("CARGO_BIN_EXE_heal");
    project.heal(&["lock", "--service", "app", "--", heal, "heal", "--startup"]).exits(0);
    let (book, lock) = stands(&project);
    assert!(book.contains("\"cash\"") && !lock, "{book}");
}

#[test]
fn what_a_run_that_died_had_begun_is_finished_before_anything_starts_on_it() {
    let mut project = damaged();
    project.env("HEAL_TEST_DIE", "after-move").heal(&["validate-state", "--repair"]).exits(137);
    project.env("HEAL_TEST_DIE", "");
    assert_eq!(project.events("replaced").len(), 0, "it was done, and not written down");
    let would = project.heal(&["heal", "--startup", "--dry-run"]).exits(0);
    assert!(would.stdout.contains("it would be finished"), "{would:?}");
    let ran = project.heal(&["heal", "--startup"]).exits(0);
    assert!(ran.stdout.contains("replaced") || ran.stderr.contains("replaced"), "{ran:?}");
    assert_eq!((project.events("replaced").len(), project.events("repaired").len()), (1, 2), "and the lock");
    // There is a way back from it like from any other.
    assert!(project.heal(&["undo", "--dry-run"]).exits(0).stdout.contains("would"));
}
