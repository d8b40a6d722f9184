//! What if the data directory cannot be written? What is dead is started all the same, within its budget; nothing else is
//! done, and a person is told once.

use super::acting::{NAP, end, later, running, shell, sleeper, the_one};
use super::alert_channels::titles;
use super::peer::Peer;
use super::support::{Project, Ran};

/// Runs a script with the data directory made read-only, once something stands in it. `None` where that is not allowed.
pub fn read_only(project: &Project, script: &str) -> Option<Ran> {
    let allowed = |how: &str| shell(project, &format!("unshare {how} true")).code == 0;
    let how = ["-m", "-rm"].into_iter().find(|how| allowed(how))?;
    let whole = format!("mount --bind data data && mount -o remount,bind,ro data || exit 99\n{script}");
    project.write("script.sh", &whole);
    Some(shell(project, &format!("unshare {how} /bin/sh script.sh")))
}

const HOOK: &str = "[alert.ops]\nkind = \"command\"\ncommand = [\"./hook\"]\n";

fn project(extra: &str) -> Project {
    let project = sleeper(&format!("restart_limit = \"2 per 1h\"\nladder = [\"restart\"]\n{extra}\n{HOOK}"));
    project.script("hook", "#!/bin/sh\nread line\necho \"$line\" >>told\n");
    project.heal(&["heal", "--quiet"]).exits(0);
    project
}

#[test]
fn its_budget_and_its_holds_are_kept_elsewhere_and_counted_together() {
    let project = project("");
    end(the_one(&project, NAP));
    // One act stands in the data directory; the limit is two.
    let script = format!(
        "ours() {{ for pid in $(pgrep -fx 'sleep {NAP}'); do [ \"$(readlink /proc/$pid/cwd)\" = \"$PWD\" ] && echo $pid; done; true; }}\n\
         \"$HEAL\" heal; echo \"first $?\"; kill -9 $(ours); sleep 0.2\n\"$HEAL\" heal; echo \"second $?\"\nours | wc -l"
    );
    let Some(ran) = read_only(&project, &script) else { return };
    let (first, second) = ran.stdout.split_once("first 74\n").unwrap_or_else(|| panic!("{ran:?}"));
    assert!(first.contains("healed    app"), "{first}");
    assert!(first.contains("nothing done: only what is positively dead is restarted"), "{first}");
    assert!(second.contains("the budget of 2 per 1h is spent"), "{second}");
    assert!(second.contains("second 74\n0\n"), "{second}");
    // When it can be written again, what was done meanwhile still counts.
    let again = project.heal(&["heal"]).exits(69);
    assert!(again.stdout.contains("the budget of 2 per 1h is spent"), "{again:?}");
    later(&project, "61m", &["heal"]).exits(0);
}

/// What was done before is said, although it cannot be written down what came after.
#[test]
fn a_journal_that_breaks_between_two_acts_hides_none_of_them() {
    let project = sleeper("");
    let other = project.read("heal.toml").replace("app", "other").replace("\"sleep\", \"86400\"", "\"./other.sh\"");
    let (_, other) = other.split_once("[service").expect("one");
    let other = format!("\n[service{}needs = [\"app\"]\n", other.replace(NAP, "86401"));
    project.write("heal.toml", &(project.read("heal.toml") + &other));
    project.script(
        "other.sh",
        "#!/bin/sh\n[ -e kept ] || { mv data/journal kept && : >data/journal; }\nexec sleep 86401\n",
    );
    let ran = project.heal(&["heal"]).exits(74);
    let pid = the_one(&project, NAP);
    assert!(
        ran.stdout.contains("healed    app ") && ran.stdout.contains(&format!("pid {pid}, every probe")),
        "{ran:?}"
    );
    assert!(ran.stdout.contains("unhealthy data directory (resource)  cannot "), "{ran:?}");
    let again = project.heal(&["heal"]).exits(74);
    assert!(again.stderr.contains("journal"), "nothing more is done while that is so: {again:?}");
    std::fs::remove_file(project.path("data/journal")).expect("removed");
    std::fs::rename(project.path("kept"), project.path("data/journal")).expect("there");
    project.heal(&["heal"]);
    assert_eq!((the_one(&project, NAP), running(&project, "86401").len()), (pid, 1));
}

#[test]
fn only_the_start_of_what_is_dead_is_done_and_it_is_told_once() {
    let project =
        project("[service.app.probes]\nworks = { kind = \"command\", command = [\"test\", \"!\", \"-e\", \"ill\"] }");
    std::fs::remove_file(project.path("told")).expect("told of the first start");
    let pid = the_one(&project, NAP);
    project.write("ill", "");
    let heal = "\"$HEAL\" heal --set service.app.startup_grace=0s; echo \"code $?\"\n";
    let Some(ran) = read_only(&project, &heal.repeat(2)) else { return };
    assert_eq!(ran.stdout.matches("code 74").count(), 2, "{ran:?}");
    assert!(ran.stdout.contains("unhealthy app (hung)"), "{ran:?}");
    assert_eq!(the_one(&project, NAP), pid, "nobody is stopped");
    let told = project.read("told");
    assert_eq!(told.matches("data directory: ").count(), 1, "{told}");
    assert!(told.contains("ls -ld"), "{told}");
}

#[test]
fn who_is_held_stays_held_and_a_lock_that_is_held_is_respected() {
    let project = project("hold_on_exit = [7]");
    end(the_one(&project, NAP));
    let exits = ["heal", "--set", "service.app.start=[\"sh\", \"-c\", \"exit 7\"]"];
    project.heal(&exits).exits(2);
    let Some(ran) = read_only(&project, "\"$HEAL\" heal; echo \"code $?\"") else { return };
    assert!(ran.stdout.contains("held for") && ran.stdout.contains("code 74"), "{ran:?}");
    assert!(project.processes().is_empty(), "{ran:?}");
    let locked = "flock data/recovery-in-progress sh -c '\"$HEAL\" heal; echo \"code $?\"'";
    let Some(ran) = read_only(&project, locked) else { return };
    assert!(!ran.stdout.contains("healed"), "{ran:?}");
}

#[test]
fn its_own_log_is_written_as_ever() {
    let project = project("log = \"app.log\"");
    end(the_one(&project, NAP));
    // A probe may ask whether it grows: started with its output elsewhere, it would be stopped for its silence afterwards.
    let start = format!("--set 'service.app.start=[\"sh\", \"-c\", \"echo begun; exec sleep {NAP}\"]'");
    let Some(ran) = read_only(&project, &format!("\"$HEAL\" heal {start}; echo \"code $?\"")) else { return };
    assert!(ran.stdout.contains("output to app.log") && ran.stdout.contains("code 74"), "{ran:?}");
    assert_eq!(project.read("app.log"), "begun\n");
}

#[test]
fn without_any_directory_to_remember_in_nothing_is_done() {
    let mut project = project("");
    end(the_one(&project, NAP));
    project.env("HEAL_TEST_RUNTIME", "/proc/nothing");
    let Some(ran) = read_only(&project, "\"$HEAL\" heal; echo \"code $?\"") else { return };
    assert!(ran.stdout.contains("code 74") && ran.stderr.contains("cannot take the recovery lock"), "{ran:?}");
    assert!(project.processes().is_empty());
}

#[test]
fn what_was_learned_meanwhile_is_known_afterwards_and_its_end_is_told() {
    let project = project("hold_on_exit = [7]");
    end(the_one(&project, NAP));
    let exits = "--set 'service.app.start=[\"sh\", \"-c\", \"exit 7\"]'";
    let Some(ran) = read_only(&project, &format!("\"$HEAL\" heal {exits}; \"$HEAL\" heal {exits}; echo \"code $?\""))
    else {
        return;
    };
    assert!(ran.stdout.contains("held for") && ran.stdout.contains("code 74"), "{ran:?}");
    let told = project.read("told");
    assert_eq!(told.matches("waits for a person").count(), 1, "once, however long it lasts: {told}");
    // Those who only look know it, before anything was taken in.
    assert!(project.heal(&["check"]).stdout.contains("hold_on_exit"));
    assert!(project.heal(&["status"]).stdout.contains("hold_on_exit"));
    let ran = project.heal(&["heal"]).exits(69);
    assert!(ran.stdout.contains("held for"), "{ran:?}");
    assert!(project.processes().is_empty(), "{ran:?}");
    let told = project.read("told");
    assert_eq!(told.matches("data directory: recovered").count(), 1, "{told}");
    assert!(project.journal_meanwhile().is_empty(), "taken in, and taken away there");
    project.heal(&["heal"]).exits(69);
    // Another time is another trouble.
    let Some(_) = read_only(&project, "\"$HEAL\" heal") else { return };
    let told = project.read("told");
    assert_eq!(told.matches("data directory: cannot").count(), 2, "{told}");
}

#[test]
fn a_start_that_takes_its_time_is_not_made_twice() {
    let project = project("");
    end(the_one(&project, NAP));
    let slow = format!(
        "--set 'service.app.start=[\"sh\", \"-c\", \"sleep 4; exec sleep {NAP}\"]' --set service.app.verify_within=1s"
    );
    let Some(ran) = read_only(&project, &format!("\"$HEAL\" heal {slow}; echo \"code $?\"")) else { return };
    assert!(ran.stdout.contains("code 74"), "{ran:?}");
    let again = shell(&project, &format!("\"$HEAL\" heal {slow}"));
    let shells = running(&project, "exec sleep");
    assert!(shells.len() <= 1, "{again:?} {ran:?} {shells:?}");
    super::support::wait_for("its start", || running(&project, "exec sleep").is_empty());
    assert_eq!(running(&project, NAP).len(), 1, "{again:?}");
}

#[test]
fn a_server_is_told_where_nothing_can_be_kept_read_only_or_full() {
    let peer = Peer::new([]);
    let project = sleeper(&format!("[alert.hook]\nkind = \"webhook\"\nurl = \"{}\"\n", peer.url()));
    project.heal(&["heal", "--quiet"]).exits(0);
    let before = peer.asked().len();
    let Some(ran) = read_only(&project, "\"$HEAL\" heal; \"$HEAL\" heal; echo \"code $?\"") else { return };
    assert!(ran.stdout.contains("code 74"), "{ran:?}");
    let told = titles(&peer, "message").split_off(before);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("data directory: "), "{told:?}");
    // Full: a file system of its own, without a free byte.
    let full = sleeper(&format!("[alert.hook]\nkind = \"webhook\"\nurl = \"{}\"\n", peer.url()));
    full.heal(&["heal", "--quiet"]).exits(0);
    end(the_one(&full, NAP));
    let before = peer.asked().len();
    let script = "mount -t tmpfs -o size=16k,mode=700 none data && ! cat /dev/zero >data/fill 2>/dev/null || exit 99\n\
                  \"$HEAL\" heal; \"$HEAL\" heal; echo \"code $?\"\n";
    full.write("script.sh", script);
    let ran = shell(&full, "unshare -m /bin/sh script.sh");
    assert!(ran.stdout.contains("code 74"), "{ran:?}");
    let told = titles(&peer, "message").split_off(before);
    assert_eq!(told.iter().filter(|title| title.starts_with("data directory: ")).count(), 1, "{told:?}");
    assert_eq!(running(&full, NAP).len(), 1, "and what was dead is started");
}
