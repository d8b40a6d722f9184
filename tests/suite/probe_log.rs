//! Does the log probe see each bad line once: not the old ones, not twice, not those of a process that is gone, and all of
//! them until a tick has dealt with them?

use std::fs;
use std::io::Write;

use expect_test::expect;
use serde_json::Value;

use crate::acting::{end, kinds, later, running, the_one};
use crate::check::{finding, host};
use crate::support::{Project, signal, wait_for};

fn append(project: &Project, text: &str) {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(project.path("app.log")).expect("opened");
    file.write_all(text.as_bytes()).expect("written");
}

/// Exit code, status and summary of the host's probe `it`.
fn said(project: &Project, args: &[&str]) -> (i32, String, String) {
    let ran = project.heal(args);
    let answer = ran.json();
    let text = |key: &str| finding(&answer, "host", "it")[key].as_str().expect("text").to_owned();
    (ran.code, text("status"), text("summary"))
}

fn notes(project: &Project) -> Value {
    serde_json::from_str(&project.read("data/state/probes.json")).expect("notes")
}

/// A shell script as a service; with its last words.
const SERVICE: &str =
    "#!/bin/sh\ntrap 'echo ERROR interrupted >> app.log; exit 0' TERM\nwhile :; do sleep 0.05; done\n";

fn services(names: &[&str], probe: &str) -> Project {
    let table = |name: &&str| {
        format!(
            "[service.{name}]\nmatch = {{ executable = \"sh\", args_contain = \"{name}.sh\" }}\n\
             start = [\"/bin/sh\", \"{name}.sh\"]\nstartup_grace = \"0s\"\nverify_within = \"15s\"\nstop_grace = \"5s\"\n\
             [service.{name}.probes]\nlog = {{ kind = \"log\", path = \"app.log\", pattern = \"ERROR\"{probe} }}\n"
        )
    };
    let tables: String = names.iter().map(table).collect();
    let project = Project::new(&format!("[project]\nname = \"test\"\n{tables}"));
    append(&project, "ERROR of another time\n");
    for name in names {
        project.script(&format!("{name}.sh"), SERVICE);
    }
    project.heal(&["heal"]).exits(0);
    for name in names {
        // A shell that forks has two processes with one command line for a moment.
        wait_for("one of each", || running(&project, &format!("{name}.sh")).len() == 1);
    }
    project
}

/// logrotate with `compress` and without `delaycompress`: the former file is gone by the next look.
#[test]
fn a_new_file_is_judged_also_when_the_former_one_was_compressed_and_one_that_was_edited_is_not() {
    let project = host(r#"it = { kind = "log", path = "app.log", pattern = "ERROR" }"#);
    append(&project, "fine\nERROR old\n");
    let tick = || said(&project, &["heal", "--json"]);
    assert_eq!(tick().1, "healthy");
    let sh = |script: &str| project.run(project.command_of("sh", &["-c"]).arg(script)).exits(0);
    sh("sed -i s/fine/fine,/ app.log");
    let anew = "app.log was truncated or written anew; watched from its end on";
    assert_eq!(tick(), (3, "unknown".to_owned(), anew.to_owned()));
    sh("mv app.log app.log.1; : > app.log; sleep 0.05; gzip app.log.1; echo 'ERROR new file' >> app.log");
    assert_eq!(tick(), (2, "unhealthy".to_owned(), "a new line fits: ERROR new file".to_owned()));
    assert_eq!(tick().1, "healthy");
}

#[test]
fn old_lines_are_not_judged_and_new_ones_are_until_a_tick_has_seen_them() {
    let project = host(r#"it = { kind = "log", path = "app.log", pattern = "ERROR" }"#);
    append(&project, "ERROR old\n");
    let check = || said(&project, &["check", "--json"]);
    let tick = || said(&project, &["heal", "--json"]);
    let fine = |summary: &str| (0, "healthy".to_owned(), summary.to_owned());
    let bad = |summary: &str| (2, "unhealthy".to_owned(), summary.to_owned());
    assert_eq!(check(), fine("watched from the next tick on"));
    assert!(!project.path("data").exists(), "check notes nothing");
    assert_eq!(tick(), fine("watched from here on"));
    append(&project, "ERROR one\nfine\nERROR token=hunter2 at https://u:pw@example.org/\nERROR unfin");
    let two = bad("2 new lines fit, the last: ERROR token=*** at https://***@example.org/");
    assert_eq!((check(), check()), (two.clone(), two.clone()), "to check is not to have dealt with it");
    assert_eq!(tick(), two);
    assert_eq!(check(), fine("no new line fits"));
    append(&project, "ished\n");
    fs::rename(project.path("app.log"), project.path("app.log.1")).expect("renamed");
    append(&project, "fine\n");
    assert_eq!(tick(), bad("a new line fits: ERROR unfinished"));
}

#[test]
fn a_hit_restarts_once_and_the_last_words_of_the_old_process_do_not_count() {
    let project = services(&["app"], ", class = \"hung\"");
    let before = the_one(&project, "app.sh");
    append(&project, "ERROR wedged\n");
    let ran = project.heal(&["heal", "--json"]).exits(0);
    let act = &ran.json()["services"][0]["act"];
    assert_eq!(act["outcome"], "healed", "{ran:?}");
    assert_ne!(the_one(&project, "app.sh"), before);
    assert!(project.read("app.log").ends_with("ERROR interrupted\n"), "the old process had its last words");
    let acts = project.events("intent").len();
    for _ in 0..2 {
        project.heal(&["heal"]);
    }
    assert_eq!(project.events("intent").len(), acts, "{}", kinds(&project));
}

#[test]
fn evidence_does_not_vanish_while_another_service_is_cured() {
    // The second look is made from the notes of the first: it is older than a second by then.
    let project = services(&["one", "two"], ", class = \"hung\"");
    let before = [the_one(&project, "one.sh"), the_one(&project, "two.sh")];
    append(&project, "ERROR wedged\n");
    let ran = project.heal(&["heal", "--json"]);
    let answer = ran.json();
    for service in answer["services"].as_array().expect("services") {
        assert_eq!(service["act"]["outcome"], "healed", "{service:#}");
    }
    assert_ne!([the_one(&project, "one.sh"), the_one(&project, "two.sh")], before);
}

#[test]
fn what_called_for_an_act_that_was_not_taken_is_seen_again() {
    let project = services(&["app"], ", class = \"hung\", timeout = \"60s\"");
    let before = the_one(&project, "app.sh");
    append(&project, "ERROR wedged\n");
    project.heal(&["heal", "--dry-run"]).exits(2);
    // No run has the time for such an act; the next one sees the line all the same.
    let quick = project.read("heal.toml");
    let slow = quick.replace("\"15s\"", "\"60s\"").replace("stop_grace = \"5s\"", "stop_grace = \"90s\"");
    project.write("heal.toml", &slow);
    for _ in 0..2 {
        let answer = project.heal(&["heal", "--json"]).exits(2).json();
        assert_eq!(finding(&answer, "app", "log")["summary"], "a new line fits: ERROR wedged");
        assert!(answer["services"][0]["act"].is_null(), "{answer:#}");
    }
    assert_eq!(the_one(&project, "app.sh"), before);
    project.write("heal.toml", &quick);
    let answer = project.heal(&["heal", "--json"]).json();
    assert_eq!(answer["services"][0]["act"]["outcome"], "healed", "{answer:#}");
}

#[test]
fn what_may_not_be_acted_upon_is_not_well_for_that_and_a_new_life_is() {
    let project = services(&["app"], ", class = \"hung\"");
    let config = project.read("heal.toml").replace("stop_grace", "restart_limit = \"1 per 1h\"\nstop_grace");
    project.write("heal.toml", &config);
    append(&project, "ERROR wedged\n");
    project.heal(&["heal"]).exits(0);
    let before = the_one(&project, "app.sh");
    append(&project, "ERROR giving up\n");
    for minutes in ["5m", "10m", "20m", "25m"] {
        let answer = later(&project, minutes, &["heal", "--json"]).exits(69).json();
        assert_eq!(finding(&answer, "app", "log")["summary"], "a new line fits: ERROR giving up", "{minutes}");
    }
    assert_eq!(the_one(&project, "app.sh"), before);
    let answer = later(&project, "26m", &["check", "--json"]).json();
    assert_eq!(finding(&answer, "app", "log")["status"], "unhealthy");
    // Somebody starts it anew: what the old one said is not held against it.
    signal(before, nix::sys::signal::Signal::SIGKILL);
    wait_for("the old one to end", || running(&project, "app.sh").is_empty());
    let mut command = project.command_of("/bin/sh", &["app.sh"]);
    let mut new = command.stdout(std::process::Stdio::null()).spawn().expect("started");
    wait_for("the new one", || running(&project, "app.sh").len() == 1);
    let answer = later(&project, "30m", &["heal", "--json"]).json();
    assert_eq!(finding(&answer, "app", "log")["status"], "healthy", "{answer:#}");
    assert!(answer["services"][0]["act"].is_null(), "{answer:#}");
    let _ = new.kill().and_then(|()| new.wait());
}

#[test]
fn what_is_held_for_a_line_is_well_when_it_is_released() {
    let project = services(&["app"], ", class = \"permanent\"");
    append(&project, "ERROR login expired\n");
    for minutes in ["5m", "10m"] {
        let answer = later(&project, minutes, &["heal", "--json"]).json();
        assert_eq!(finding(&answer, "app", "log")["status"], "unhealthy", "{minutes}: {answer:#}");
    }
    project.heal(&["release", "app"]).exits(0);
    let answer = later(&project, "15m", &["heal", "--json"]).json();
    assert_eq!(finding(&answer, "app", "log")["status"], "healthy", "{answer:#}");
}

#[test]
fn an_old_line_in_a_trimmed_log_holds_nobody() {
    let project = services(&["app"], ", class = \"permanent\"");
    for script in ["tail -n 1 app.log > new; mv new app.log", "sed -i s/zzz// app.log"] {
        let ran = project.run(&mut project.command_of("/bin/sh", &["-c", script]));
        assert_eq!(ran.code, 0, "{script}");
        project.heal(&["heal"]);
        assert_eq!(project.events("held").len(), 0, "{script}");
    }
}

#[test]
fn the_last_words_of_a_dead_process_are_read_and_a_permanent_one_is_not_restarted() {
    let project = services(&["app"], ", class = \"permanent\"");
    end(the_one(&project, "app.sh"));
    append(&project, "ERROR login expired\n");
    let ran = project.heal(&["heal", "--json"]);
    assert!([2, 69].contains(&ran.code), "{ran:?}");
    let answer = ran.json();
    assert_eq!(finding(&answer, "app", "log")["class"], "permanent");
    assert_eq!(answer["services"][0]["class"], "permanent", "it says more than `dead`");
    assert!(running(&project, "app.sh").is_empty());
}

#[test]
fn a_rate_counts_over_ticks() {
    let project = host(r#"it = { kind = "log", path = "app.log", pattern = "ERROR", count = "3 per 10m" }"#);
    append(&project, "");
    later(&project, "1m", &["heal"]).exits(0);
    append(&project, "ERROR\nERROR\n");
    later(&project, "2m", &["heal"]).exits(0);
    append(&project, "ERROR\n");
    later(&project, "8m", &["heal"]).exits(2);
    later(&project, "9m", &["check"]).exits(2);
    later(&project, "13m", &["check"]).exits(0);
}

#[test]
fn what_cannot_be_followed_is_unknown() {
    let missing = "app.log does not exist".to_owned();
    let project = host(r#"it = { kind = "log", path = "app.log", pattern = "ERROR" }"#);
    let tick = || said(&project, &["heal", "--json"]);
    assert_eq!(tick(), (3, "unknown".to_owned(), missing.clone()));
    // It was not there: all of it is new.
    append(&project, "ERROR first\n");
    assert_eq!(tick().2, "a new line fits: ERROR first");
    for (script, why) in [
        ("mkfifo app.log", "app.log: it is not a regular file"),
        ("mkdir app.log", "app.log: it is not a regular file"),
        ("ln -s /dev/zero app.log", "app.log: it is not a regular file"),
    ] {
        let script = format!("rm -rf app.log; {script}");
        assert_eq!(project.run(&mut project.command_of("/bin/sh", &["-c", &script])).code, 0);
        assert_eq!(tick(), (3, "unknown".to_owned(), why.to_owned()), "{script}");
    }
    let optional = host(r#"it = { kind = "log", path = "app.log", pattern = "ERROR", optional = true }"#);
    for _ in 0..2 {
        assert_eq!(said(&optional, &["heal", "--json"]), (0, "healthy".to_owned(), missing.clone()));
    }
}

#[test]
fn a_flood_is_read_over_several_ticks_and_is_not_called_healthy() {
    let project = host(r#"it = { kind = "log", path = "app.log", pattern = "ERROR", timeout = "50s" }"#);
    append(&project, "");
    project.heal(&["heal"]).exits(0);
    append(&project, &format!("{}\n", "fine ".repeat(200)).repeat(9_000));
    let (code, status, summary) = said(&project, &["heal", "--json"]);
    assert_eq!((code, status.as_str()), (3, "unknown"), "{summary}");
    assert!(summary.ends_with("of app.log are not read yet; the next tick goes on"), "{summary}");
    project.heal(&["heal"]).exits(0);
}

#[test]
fn notes_are_disposable() {
    let project = host(
        "it = { kind = \"log\", path = \"app.log\", pattern = \"ERROR\" }\n\
         two = { kind = \"log\", path = \"app.log\", pattern = \"ERROR\" }",
    );
    append(&project, "fine\n");
    project.heal(&["heal"]).exits(0);
    let subjects = |project: &Project| {
        notes(project)["probes"].as_object().expect("a map").keys().cloned().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(subjects(&project), "host/it host/two");
    for damaged in ["", "{\"v\":1,\"pro", "{\"v\":9,\"probes\":{}}"] {
        project.write("data/state/probes.json", damaged);
        append(&project, "ERROR unseen\n");
        assert_eq!(said(&project, &["heal", "--json"]).2, "watched from here on", "{damaged}");
    }
    let config = project.read("heal.toml");
    let without = config.lines().filter(|line| !line.starts_with("two")).collect::<Vec<_>>().join("\n");
    project.write("heal.toml", &without);
    project.heal(&["heal"]).exits(0);
    assert_eq!(subjects(&project), "host/it");
    wait_for("a quiet tick to leave them alone", || {
        let before =
            fs::metadata(project.path("data/state/probes.json")).and_then(|meta| meta.modified()).expect("one");
        project.heal(&["heal"]).exits(0);
        fs::metadata(project.path("data/state/probes.json")).and_then(|meta| meta.modified()).expect("one") >= before
    });
}

#[test]
fn expressions_that_say_nothing_are_refused() {
    let project = host(
        "a = { kind = \"log\", path = \"app.log\", pattern = \"\" }\n\
         b = { kind = \"log\", path = \"app.log\", pattern = \"ERROR|\" }\n\
         c = { kind = \"log\", path = \"app.log\", pattern = \"(ERROR\" }\n\
         d = { kind = \"log\", path = \"app.log\", pattern = \"x\", ignore = \"a{1000}{1000}\" }\n\
         e = { kind = \"log\", path = \"logs/*.log\", pattern = \"x\" }\n\
         f = { kind = \"log\", path = \"app.log\", pattern = \"x\", count = \"5000 per 1h\" }\n",
    );
    let ran = project.heal(&["config", "check"]).exits(78);
    expect![[r#"
        heal: [DIR]/heal.toml has 6 faults

        error: `pattern` fits every line, even an empty one
         --> heal.toml:5:49
          |
        5 | a = { kind = "log", path = "app.log", pattern = "" }
          |                                                 ^^

        error: `pattern` fits every line, even an empty one
         --> heal.toml:6:49
          |
        6 | b = { kind = "log", path = "app.log", pattern = "ERROR|" }
          |                                                 ^^^^^^^^

        error: `pattern` is not a regular expression that heal can use: unclosed group
         --> heal.toml:7:49
          |
        7 | c = { kind = "log", path = "app.log", pattern = "(ERROR" }
          |                                                 ^^^^^^^^

        error: `ignore` is not a regular expression that heal can use: Compiled regex exceeds size limit of 1048576 bytes.
         --> heal.toml:8:63
          |
        8 | d = { kind = "log", path = "app.log", pattern = "x", ignore = "a{1000}{1000}" }
          |                                                               ^^^^^^^^^^^^^^^

        error: `path` is a glob; a log probe follows one file, so declare one for each
         --> heal.toml:9:28
          |
        9 | e = { kind = "log", path = "logs/*.log", pattern = "x" }
          |                            ^^^^^^^^^^^^

        error: `count` is more than 1000
          --> heal.toml:10:62
           |
        10 | f = { kind = "log", path = "app.log", pattern = "x", count = "5000 per 1h" }
           |                                                              ^^^^^^^^^^^^^

          correct it and try again with `heal config check`
    "#]].assert_eq(&project.normalise(&ran.stderr));
}
