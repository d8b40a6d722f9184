//! Does a run take no more memory because the journal is long? What was done and taken back is read line by line, and only when it
//! matters.

use std::fmt::Write as _;
use std::fs;

use super::support::{Project, Ran};

/// How many looks there are in the journal, about 20 MB of lines.
const LINES: usize = 100_000;

/// More memory than this is not taken because of them, in kilobytes: a fifth of what the lines alone would be.
const MORE: u64 = 4_000;

/// Runs heal, and says how much memory it had in use at once, in kilobytes.
fn measured(project: &Project, args: &[&str]) -> (Ran, u64) {
    let script = "import resource, subprocess, sys\ncode = subprocess.run(sys.argv[1:]).returncode\n\
                  open('peak', 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\nsys.exit(code)";
    let mut words = vec!["-c", script, env!("CARGO_BIN_EXE_heal")];
    words.extend(args);
    let ran = project.run(&mut project.command_of("/usr/bin/python3", &words));
    (ran, project.read("peak").parse().expect("a number"))
}

fn looks() -> String {
    let mut text = String::new();
    for look in 0..LINES {
        let _ = writeln!(
            text,
            r#"{{"v":1,"at":"2020-01-01T00:00:00.000000Z","up":{look},"boot":"a boot that is long over","run":"20200101T000000000Z-1","event":"observed","service":"app","bad":[],"good":["a-probe-of-some-length"],"unseen":false}}"#
        );
    }
    text
}

fn world(lines: &str) -> Project {
    let project = Project::new(
        "[project]\nname = \"test\"\n\n[state.book]\npath = \"book.json\"\nrepair = [\"salvage\"]\n\n[layout]\ndirectories = [{ path = \"made\" }]\n",
    );
    project.write("book.json", "{\"cash\": 1}");
    project.heal(&["heal"]).exits(0);
    if !lines.is_empty() {
        fs::write(project.path("data/journal/2020-01-01.jsonl"), lines).expect("written");
    }
    // Whoever meets the lines first folds them once.
    project.heal(&["heal"]).exits(0);
    project
}

#[test]
fn a_long_journal_takes_no_memory_of_a_tick_nor_of_a_list_of_what_was_done() {
    let lines = looks();
    assert!(lines.len() > 20_000_000);
    let mut peaks = Vec::new();
    for lines in ["", &lines] {
        let mut project = world(lines);
        project.write("book.json", "{\"cash\": 1, \"and\": [1, 2");
        // Somebody has it open, as for days: it is left, and each tick looks again.
        let pid = project.spawn(&[
            "/usr/bin/python3",
            "-c",
            "import time; f = open('book.json'); open('up', 'w'); time.sleep(86400)",
        ]);
        super::support::wait_for("the holder", || project.path("up").exists());
        let (held, tick) = measured(&project, &["heal"]);
        assert!(held.code == 2 && held.stdout.contains(" is left alone: "), "{held:?}");
        super::support::signal(pid, nix::sys::signal::Signal::SIGKILL);
        super::support::wait_for("its end", || !super::support::alive(pid));
        // Then it is repaired, and the journal is asked for it: once.
        let (repaired, asked) = measured(&project, &["heal"]);
        repaired.exits(0);
        let (list, all) = measured(&project, &["undo", "--list"]);
        assert!(list.code == 0 && list.stdout.contains("book.json"), "{list:?}");
        // What a person took back is known, however far back that is.
        project.heal(&["undo"]).exits(0);
        let (again, back) = measured(&project, &["heal"]);
        assert!(again.code == 2 && again.stdout.contains("a person took the repair of exactly this back"), "{again:?}");
        peaks.push([tick, asked, all, back]);
    }
    for (what, (short, long)) in ["held", "repaired", "list", "taken back"].iter().zip(peaks[0].iter().zip(peaks[1])) {
        assert!(long < short + MORE, "{what}: {long} kB with a long journal, {short} kB with a short one");
    }
}
