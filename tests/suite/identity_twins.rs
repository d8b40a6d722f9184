//! Does heal keep apart what only looks alike? A service whose name is part of another's, and a start that takes its time.

use super::support::{Project, alive, wait_for};

const SLEEPER: &str = "import time\ntime.sleep(600)\n";

/// How many living processes of the project have this in their command line.
fn count(project: &Project, part: &str) -> usize {
    let has = |pid: &i32| {
        let cmdline = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&cmdline).replace('\0', " ").contains(part)
    };
    project.processes().iter().filter(|pid| has(pid)).count()
}

#[test]
fn a_service_whose_name_is_part_of_anothers_never_stops_the_other() {
    let service = |name: &str| {
        format!(
            "[service.{name}]\nmatch = {{ executable = \"python3\", args_contain = \"{name}.py\" }}\n\
             start = [\"/usr/bin/python3\", \"{name}.py\"]\nstartup_grace = \"0s\"\nverify_within = \"5s\"\n\
             [service.{name}.probes]\nqueue = {{ kind = \"command\", command = [\"test\", \"!\", \"-e\", \"{name}.bad\"] }}\n"
        )
    };
    let mut project = Project::new(&format!("[project]\nname = \"test\"\n{}{}", service("bot"), service("robot")));
    project.write("bot.py", SLEEPER);
    project.write("robot.py", SLEEPER);
    project.write("bot.bad", "");
    let robot = project.spawn(&["/usr/bin/python3", "robot.py"]);
    wait_for("robot.py", || count(&project, "robot.py") == 1);
    for _ in 0..2 {
        let ran = project.heal(&["heal"]);
        assert!(alive(robot), "{ran:?}");
    }
    assert_eq!(count(&project, "robot.py"), 1);
    assert_eq!(count(&project, " bot.py"), 1, "bot was dead, and is started beside its namesake");
}

#[test]
fn a_start_that_prepares_for_long_is_not_started_twice() {
    let project = Project::new(
        "[project]\nname = \"test\"\n[service.bot]\nmatch = { executable = \"python3\", args_contain = \"bot.py\" }\n\
         start = [\"./run.sh\"]\nverify_within = \"500ms\"\nstop_grace = \"1s\"\n",
    );
    project.write("bot.py", SLEEPER);
    project.script("run.sh", "#!/bin/sh\nwhile [ ! -e prepared ]; do sleep 0.05; done\nexec /usr/bin/python3 bot.py\n");
    for _ in 0..3 {
        project.heal(&["heal"]);
        assert_eq!(count(&project, "run.sh") + count(&project, "bot.py"), 1);
    }
    assert_eq!(project.events("started").len(), 1);
    project.write("prepared", "");
    wait_for("bot.py", || count(&project, "bot.py") == 1);
    project.heal(&["heal"]).exits(0);
    assert_eq!((count(&project, "run.sh"), count(&project, "bot.py"), project.events("started").len()), (0, 1, 1));
}
