//! Two at once, each a process of its own: does the file get put right once, and does a look take nothing away from anybody?

use std::process::Stdio;

use super::support::{Project, free_port, wait_for};

const BOOK: &str = "{\"cash\": 1, \"positions\": []}\n";

/// Two repairs, a tick and a cold start meet at one damaged file, again and again.
#[test]
fn of_several_repairs_of_one_state_file_one_is_made_and_the_others_find_it_right() {
    let project = Project::new(
        "[project]\nname = \"test\"\n\n[state.book]\npath = \"book.json\"\nrepair = [\"merge\"]\n\
         template = { cash = 0, positions = [], risk = { limit = 2.5 } }\n",
    );
    let commands: [&[&str]; 4] =
        [&["validate-state", "--repair"], &["validate-state", "--repair", "book"], &["heal"], &["heal", "--startup"]];
    let rounds = if std::env::var_os("HEAL_LONG").is_some() { 60 } else { 10 };
    let (mut met, mut round) = (0, 0);
    // Until somebody met somebody, and often.
    while round < rounds || (met == 0 && round < 200) {
        round += 1;
        // Another content each time: what is the same as before is not read again.
        project.write("book.json", &BOOK.replace('1', &round.to_string()));
        let runs = commands.map(|args| {
            let mut command = project.command(args);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started")
        });
        let ended = runs.map(|run| run.wait_with_output().expect("ended"));
        for (args, ran) in commands.iter().zip(&ended) {
            let code = ran.status.code();
            // 75: another one was at it. For a moment the tick may meet the file in the middle of being replaced: 3.
            assert!(matches!(code, Some(0 | 3 | 75)), "round {round}: {args:?}: {ran:?}");
            met += usize::from(code != Some(0));
        }
        project.heal(&["heal"]).exits(0);
        let now: serde_json::Value = serde_json::from_str(&project.read("book.json")).expect("whole");
        assert_eq!(now, serde_json::json!({"cash": round, "positions": [], "risk": {"limit": 2.5}}), "round {round}");
        assert_eq!(project.events("replaced").len(), round, "once in each round");
        assert_eq!(project.events("repairing").len(), project.events("repaired").len(), "round {round}");
        let beside = std::fs::read_dir(project.path("")).expect("there").flatten().map(|entry| entry.file_name());
        let beside: Vec<String> =
            beside.filter_map(|name| name.into_string().ok()).filter(|name| name.starts_with('.')).collect();
        assert!(beside.is_empty(), "round {round}: {beside:?}");
    }
    assert!(met > 0, "in {round} rounds nobody met anybody");
    // Each of them can be taken back by its own.
    project.heal(&["undo"]).exits(0);
    assert_eq!(project.read("book.json"), BOOK.replace('1', &round.to_string()));
}

/// Binds and lets go, as a service does that is restarted all the time; each time that it cannot is a line.
const BINDER: &str = "\
import os, socket, sys, time
while not os.path.exists('enough'):
    s = socket.socket()
    try:
        s.bind(('127.0.0.77', int(sys.argv[1]))); s.listen()
        open('bound', 'a').write('x')
    except OSError as error:
        open('refused', 'a').write(str(error) + '\\n')
    time.sleep(0.003)
    s.close()
    time.sleep(0.001)
open('done', 'w')
";

#[test]
fn whoever_looks_at_a_port_never_has_it_when_its_service_binds_it() {
    let port = free_port();
    let mut project = Project::new(&format!(
        "[project]\nname = \"test\"\n\n[service.app]\nmatch = {{ executable = \"python3\", args_contain = \"binder\" }}\nstartup_grace = \"0s\"\n\n\
         [service.app.probes]\nlistens = {{ kind = \"port\", port = {port}, address = \"127.0.0.77\" }}\n"
    ));
    project.spawn(&["/usr/bin/python3", "-c", BINDER, &port.to_string(), "binder"]);
    wait_for("the first bind", || project.path("bound").exists());
    let (mut listens, mut looks) = (0, 0);
    // Until it was met in both states, and often.
    let binds = || project.read("bound").len();
    while looks < 1_000 && (looks < 25 || listens == 0 || binds() <= 100) {
        let ran = project.heal(&["check", "--json"]);
        listens += usize::from(ran.json()["services"][0]["findings"].to_string().contains("healthy"));
        looks += 1;
    }
    project.write("enough", "");
    wait_for("its end", || project.path("done").exists());
    assert!(!project.path("refused").exists(), "{}", project.read("refused"));
    assert!(binds() > 100 && listens > 0, "{} binds, {listens} of {looks} looks", binds());
}
