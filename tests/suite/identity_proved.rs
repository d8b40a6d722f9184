//! Is nobody taken for the service, or for dead, who only looks so? Strangers of the same program, what heal started and is not
//! ready, who was started before the history was lost, a main thread that ended before its process.

use super::acting::{NAP, end, running, sleeper, the_one};
use super::support::{Project, alive, wait_for};

fn project(matched: &str, start: &str, more: &str) -> Project {
    Project::new(&format!(
        "[project]\nname = \"test\"\n[service.app]\nmatch = {{ {matched} }}\nstart = {start}\nverify_within = \"5s\"\n{more}"
    ))
}

#[test]
fn a_stranger_of_the_same_program_is_neither_the_service_nor_stopped_for_it() {
    let start = format!(r#"["sh", "-c", "echo $$ >app.pid; exec sleep {NAP}"]"#);
    let mut project = project(r#"executable = "sleep", pidfile = "app.pid""#, &start, "startup_grace = \"0s\"\n");
    project.heal(&["heal"]).exits(0);
    let app = the_one(&project, NAP);
    let stranger = project.spawn(&["/usr/bin/sleep", "70077"]);
    project.heal(&["heal"]).exits(0);
    end(app);
    let acts = project.events("intent").len();
    for forget in ["", "app.pid", "data"] {
        let path = project.path(forget);
        let _ = if path.is_file() {
            std::fs::remove_file(path)
        } else if forget == "data" {
            std::fs::remove_dir_all(path)
        } else {
            Ok(())
        };
        let ran = project.heal(&["heal"]).exits(3);
        assert!(ran.stdout.contains("but the pidfile does not name it; add `args_contain`"), "{forget}: {ran:?}");
        assert!(alive(stranger) && running(&project, NAP).is_empty(), "{forget}: {ran:?}");
        assert_eq!(project.events("intent").len(), if forget == "data" { 0 } else { acts }, "{forget}");
    }
    end(stranger);
    project.heal(&["heal"]).exits(0);
    the_one(&project, NAP);
}

#[test]
fn what_heal_started_is_not_well_before_it_fits_and_not_known_when_it_never_does() {
    let matched = format!("executable = \"sleep\", args_contain = \"{NAP}\"");
    let project = project(&matched, r#"["sleep", "70078"]"#, "startup_grace = \"60s\"\n");
    let ran = project.heal(&["heal", "--set", "service.app.verify_within=2s"]).exits(1);
    assert!(ran.stdout.starts_with("probation app"), "{ran:?}");
    assert!(ran.stdout.contains("running, not well yet, inside startup_grace 1m: process: pid"), "{ran:?}");
    let ran = project.heal(&["check"]);
    assert!(ran.stdout.starts_with("starting  app"), "{ran:?}");
    // Nothing is known to be down, so nothing is done; and it is not well.
    for _ in 0..2 {
        let ran = project.heal(&["heal", "--set", "service.app.startup_grace=1s"]).exits(3);
        assert!(ran.stdout.contains("and nothing fits `match` after startup_grace 1s; correct one of them"), "{ran:?}");
    }
    the_one(&project, "70078");
}

#[test]
fn who_was_started_before_the_history_was_lost_gets_no_second_one_beside_it() {
    let project = sleeper("");
    let text =
        project.read("heal.toml").replace("[\"sleep\", \"86400\"]", r#"["bash", "-c", "exec -a worker sleep 70079"]"#);
    project.write("heal.toml", &text);
    project.heal(&["heal", "--set", "service.app.match.args_contain=\"70079\""]).exits(0);
    let pid = the_one(&project, "70079");
    std::fs::remove_dir_all(project.path("data")).expect("lost");
    let ran = project.heal(&["heal"]).exits(3);
    assert!(ran.stdout.contains("was started by heal as this service, which the journal does not know"), "{ran:?}");
    assert_eq!(the_one(&project, "70079"), pid);
}

#[test]
fn a_process_whose_main_thread_ended_is_not_dead() {
    let work = "import ctypes, threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n\
                ctypes.CDLL(None).pthread_exit(None)\n";
    let matched = r#"executable = "python3", args_contain = "work.py""#;
    let project = project(matched, r#"["/usr/bin/python3", "work.py"]"#, "");
    project.write("work.py", &work.replace("ctypes.CDLL", "time.sleep(3)\nctypes.CDLL"));
    project.heal(&["heal"]).exits(0);
    let pid = the_one(&project, "work.py");
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("it is there");
    wait_for("its main thread to end", || state().contains(") Z "));
    for command in ["check", "heal"] {
        let ran = project.heal(&[command]).exits(3);
        assert!(ran.stdout.contains("its main thread has ended, but others of its threads run"), "{ran:?}");
    }
    assert_eq!(project.events("started").len(), 1);
    // A process ends with the last of its threads.
    end(pid);
    project.heal(&["heal"]).exits(0);
    assert_ne!(the_one(&project, "work.py"), pid);
}
