//! Is what is stopped really gone, with its family, and is nobody else touched?

use super::acting::{NAP, end, running, shell, sleeper, the_one};
use super::support::{Project, alive, wait_for};

/// A service that begets three children and then works (touches `beat`) until it is told to hang by `control/hang`.
const FAMILY: &str = r#"
import os, subprocess, sys, time
if not os.path.exists("children.txt"):
    kids = [
        subprocess.Popen(["sleep", "7001"]),
        subprocess.Popen(["sleep", "7002"], start_new_session=True),
        subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; while :; do sleep 1; done", "deaf7003"]),
    ]
    with open("children.tmp", "w") as file:
        file.write(" ".join(str(kid.pid) for kid in kids))
    os.rename("children.tmp", "children.txt")
while True:
    if not os.path.exists("hang"):
        open("beat", "w").close()
    time.sleep(0.05)
"#;

#[test]
fn a_family_is_ended_as_a_whole_before_the_new_one_starts() {
    let project = Project::new(
        r#"[project]
name = "test"
[service.app]
match         = { executable = "python3", args_contain = "family.py" }
start         = ["/usr/bin/python3", "family.py"]
startup_grace = "1s"
verify_within = "8s"
stop_grace    = "500ms"
[service.app.probes]
beat = { kind = "fresh", path = "beat", within = "1s" }
"#,
    );
    project.write("family.py", FAMILY);
    project.heal(&["heal"]).exits(0);
    let father = the_one(&project, "family.py");
    wait_for("the children", || project.path("children.txt").exists());
    let children: Vec<i32> = project.read("children.txt").split(' ').map(|pid| pid.parse().expect("a pid")).collect();
    assert!(children.iter().all(|pid| alive(*pid)), "{children:?}");
    project.write("hang", "");
    wait_for("a look that says hung", || project.heal(&["check"]).code == 2);
    let tick = std::thread::scope(|scope| {
        let tick = scope.spawn(|| project.heal(&["heal"]));
        wait_for("the end of the father", || !alive(father));
        std::fs::remove_file(project.path("hang")).expect("removed");
        tick.join().expect("heal ran")
    });
    tick.exits(0);
    let left: Vec<&i32> = children.iter().filter(|pid| alive(**pid)).collect();
    assert!(left.is_empty(), "children left: {left:?}");
    assert_ne!(the_one(&project, "family.py"), father);
    // Nothing but the new one: also what the deaf shell begot is gone.
    assert_eq!(project.processes().len(), 1, "{:?}", project.processes());
}

#[test]
fn a_zombie_is_dead_also_when_its_parent_does_not_reap_it() {
    let (mut project, port) = Project::with_service("");
    project.write(
        "careless.py",
        "import subprocess, sys, time\n\
         subprocess.Popen([\"/usr/bin/python3\", \"service\" + \".py\", \"--port\", sys.argv[1], \"--interval\", \"0.1\"])\n\
         time.sleep(600)\n",
    );
    let parent = project.spawn(&["/usr/bin/python3", "careless.py", &port.to_string()]);
    let first = project.pid("app.pid");
    project.heal(&["heal"]).exits(0);
    assert_eq!(project.events("intent").len(), 0, "it was well");
    end(first);
    assert!(std::path::Path::new(&format!("/proc/{first}")).exists(), "a zombie");
    let said = project.heal(&["heal"]).exits(0).stdout;
    let named =
        format!("it last ran as pid {first}, a zombie now that its parent, pid {parent} `/usr/bin/python3 careless.py");
    assert!(said.contains(&named), "{said}");
    assert_ne!(project.pid("app.pid"), first);
    assert!(alive(parent), "whoever started the old one is left alone");
    assert_eq!(running(&project, "service.py").len(), 1);
}

#[test]
fn a_hung_child_of_a_careless_parent_is_confirmed_dead_as_a_zombie() {
    let (mut project, port) = Project::with_service("");
    project.write(
        "careless.py",
        "import subprocess, sys, time\n\
         subprocess.Popen([\"/usr/bin/python3\", \"service\" + \".py\", \"--port\", sys.argv[1], \"--interval\", \"0.1\"])\n\
         time.sleep(600)\n",
    );
    project.spawn(&["/usr/bin/python3", "careless.py", &port.to_string()]);
    let first = project.pid("app.pid");
    project.write("control/hang", "");
    wait_for("a look that says hung", || project.heal(&["check"]).code == 2);
    project.heal(&["heal"]).exits(0);
    assert!(!alive(first));
    assert_ne!(project.pid("app.pid"), first);
}

#[test]
fn a_neighbour_of_the_same_program_elsewhere_is_left_alone() {
    let mut elsewhere = sleeper("");
    let neighbour = elsewhere.spawn(&["/usr/bin/sleep", NAP]);
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    assert_ne!(the_one(&project, NAP), neighbour);
    assert!(alive(neighbour));
}

#[test]
fn more_that_fit_than_may_fit_is_unknown_and_nobody_is_touched() {
    let mut project = sleeper("");
    let two = [project.spawn(&["/usr/bin/sleep", NAP]), project.spawn(&["/usr/bin/sleep", NAP])];
    let ran = project.heal(&["heal"]).exits(3);
    assert!(ran.stdout.contains("2 processes fit"), "{ran:?}");
    assert!(two.iter().all(|pid| alive(*pid)));
    assert_eq!(project.events("intent").len(), 0);
}

/// As in a container: the session and the process group of whoever started heal stand outside of its pid namespace, and
/// the kernel says 0 for both.
#[test]
fn in_a_pid_namespace_without_its_session_a_stopped_service_is_cured() {
    let (project, _) = Project::with_service("");
    project.write(
        "script.sh",
        "\"$HEAL\" heal --quiet >/dev/null || exit 91\n\
         kill -STOP \"$(cat app.pid)\"\n\
         while \"$HEAL\" check --quiet >/dev/null; do sleep 0.1; done\n\
         \"$HEAL\" heal\n",
    );
    let enter = |how: &str| format!("unshare {how} -p -f --mount-proc");
    let allowed = |how: &&str| shell(&project, &format!("{} true", enter(how))).code == 0;
    let Some(how) = ["", "-r"].into_iter().find(allowed) else { return };
    let ran = shell(&project, &format!("{} /bin/sh script.sh", enter(how))).exits(0);
    assert!(ran.stdout.contains("healed") && !ran.stderr.contains("bug"), "{ran:?}");
}
