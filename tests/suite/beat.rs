//! Does the work go on? Heartbeats from a service's own loop, their age, the age of the progress, and who may not write one.

use std::fs;
use std::time::{Duration, Instant};

use expect_test::expect;

use super::acting::{NAP, end, later, running, sleeper, the_one, timeless};
use super::killpoints::{Fault, sweep};
use super::support::{Project, wait_for};

/// A service that runs, and whose loop has to beat.
fn worker(probe: &str) -> Project {
    let mut project =
        sleeper(&format!("startup_grace = \"0s\"\n[service.app.probes]\nwork = {{ kind = \"beat\", {probe} }}\n"));
    project.spawn(&["sleep", NAP]);
    project
}

/// A job of the machine, without a process whose age would matter.
fn job() -> Project {
    Project::new(
        r#"[project]
name = "x"
[host.probes]
work = { kind = "beat", within = "5m", progress_within = "20m" }
"#,
    )
}

/// What `heal check` says of the probe `work`, at another time.
#[track_caller]
fn work(project: &Project, shift: &str) -> (String, String) {
    let document = later(project, shift, &["check", "--json"]).json();
    let findings = document["services"][0]["findings"].as_array().expect("a list").clone();
    let work = findings.iter().find(|finding| finding["probe"] == "work").expect("the probe");
    let text = |key: &str| work[key].as_str().expect("text").to_owned();
    (text("status"), text("summary"))
}

#[test]
fn work_that_stands_still_is_seen_however_alive_its_loop_is() {
    let project = job();
    assert_eq!(work(&project, "0s"), ("unknown".into(), "there was no beat yet".into()));
    project.heal(&["beat", "host", "--progress", "7"]).exits(0);
    assert_eq!(work(&project, "4m").0, "healthy");
    assert_eq!(work(&project, "6m"), ("unhealthy".into(), "the beat was last written 6m ago (limit 5m)".into()));
    // Alive, and getting nowhere.
    for minute in ["5m", "10m", "15m", "19m"] {
        let note = ["--note", "waiting for token=abc"];
        later(&project, minute, &[&["beat", "host", "--progress", "7"][..], &note].concat()).exits(0);
        assert_eq!(work(&project, minute).0, "healthy", "{minute}");
    }
    // A beat without a number says nothing new about it.
    later(&project, "21m", &["beat", "host", "--note", "waiting for token=abc"]).exits(0);
    let ran = later(&project, "21m", &["check"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        unhealthy host (hung)  work: the progress was last moved [SPAN] ago (limit [SPAN]) ("waiting for token=***")
            bad      work  the progress was last moved [SPAN] ago (limit [SPAN]) ("waiting for token=***")
                    signal: [TIME]
                    progress: 7
                    note: waiting for token=***
        next  heal heal --dry-run
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    later(&project, "22m", &["beat", "host", "--progress", "8"]).exits(0);
    later(&project, "23m", &["check"]).exits(0);
}

#[test]
fn silence_counts_from_the_later_of_beat_and_start() {
    let mut project = worker("within = \"2s\"");
    let seen = |project: &Project, status: &str, summary: &str| {
        wait_for(summary, || {
            let (is, said) = work(project, "0s");
            is == status && said.contains(summary)
        });
    };
    seen(&project, "unhealthy", "after the start");
    project.heal(&["beat", "app"]).exits(0);
    seen(&project, "unhealthy", "the beat was last written");
    end(the_one(&project, NAP));
    project.spawn(&["sleep", NAP]);
    // A beat of another life: the new one has its own time.
    seen(&project, "skipped", "the beat is from before the start");
    seen(&project, "unhealthy", "the beat is from before the start");
    project.heal(&["beat", "app"]).exits(0);
    project.heal(&["check"]).exits(0);
}

#[test]
fn a_service_can_write_the_file_by_itself_and_nonsense_is_unknown() {
    let project = worker("within = \"5m\", loop = \"orders\"");
    let file = "data/beats/app@orders.json";
    let output = std::process::Command::new("date").args(["-u", "+%Y-%m-%dT%H:%M:%SZ"]).output().expect("date runs");
    let now = String::from_utf8(output.stdout).expect("text").trim().to_owned();
    let table = [
        (format!("{{\"at\": \"{now}\"}}"), "healthy"),
        (format!("{{\"at\": \"{now}\", \"progress\": 3, \"more\": [1]}}"), "healthy"),
        ("{\"at\": \"2020-01-01T00:00:00Z\"}".to_owned(), "skipped"),
        ("{\"at\": \"2099-01-01T00:00:00Z\"}".to_owned(), "unknown"),
        (format!("{{\"at\": \"{}\"}}", now.trim_end_matches('Z')), "unknown"),
        ("{\"at\":".to_owned(), "unknown"),
        (String::new(), "unknown"),
    ];
    for (line, expected) in table {
        project.write(file, &line);
        let (status, summary) = work(&project, "0s");
        assert_eq!(status, expected, "{line}: {summary}");
    }
    fs::remove_file(project.path(file)).expect("removed");
    fs::create_dir(project.path(file)).expect("made");
    assert_eq!(work(&project, "0s").0, "unknown", "a directory in its place");
}

#[test]
fn progress_that_nobody_tells_is_unknown() {
    let project = worker("within = \"5m\", progress_within = \"20m\"");
    project.heal(&["beat", "app"]).exits(0);
    assert_eq!(work(&project, "0s"), ("unknown".into(), "no beat told a progress: heal beat --progress N".into()));
}

#[test]
fn only_what_is_waited_for_can_beat() {
    let project = sleeper(
        r#"[service.app.probes]
work = { kind = "beat", within = "5m" }
orders = { kind = "beat", within = "1h", loop = "orders" }
[service.web]
match = { executable = "web" }
"#,
    );
    for name in ["app", "app/orders"] {
        let ran = project.heal(&["beat", name]).exits(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "silent: it runs in a loop");
    }
    let said: Vec<String> = ["ap", "app/order", "app/", "web", "web/x", "host", "../app", "app@orders"]
        .iter()
        .map(|name| {
            let ran = project.heal(&["beat", name]);
            format!("{name}: {} {}", ran.code, project.normalise(&ran.stderr.replace('\n', " ")))
        })
        .collect();
    expect![[r#"
        ap: 64 heal: there is no service `ap` in [DIR]/heal.toml   it declares: app, web 
        app/order: 64 heal: no probe of app waits for the heartbeat `app/order`   did you mean `app/orders`? 
        app/: 64 heal: no probe of app waits for the heartbeat `app/`   did you mean `app`? 
        web: 64 heal: no probe of web waits for the heartbeat `web`   add to [service.web.probes]: work = { kind = "beat", within = "5m" } 
        web/x: 64 heal: no probe of web waits for the heartbeat `web/x`   add to [service.web.probes]: work = { kind = "beat", within = "5m", loop = "x" } 
        host: 64 heal: there are no [host.probes] in [DIR]/heal.toml   it declares: app, web 
        ../app: 64 heal: there is no service `..` in [DIR]/heal.toml   it declares: app, web 
        app@orders: 64 heal: there is no service `app@orders` in [DIR]/heal.toml   it declares: app, web 
    "#]].assert_eq(&(said.join("\n") + "\n"));
    let mut files: Vec<_> =
        fs::read_dir(project.path("data/beats")).expect("there").flatten().map(|entry| entry.file_name()).collect();
    files.sort();
    assert_eq!(files, ["app.json", "app@orders.json"]);
    for number in ["many", "nan", "inf", "0x10", ""] {
        let ran = project.heal(&["beat", "app", "--progress", number]).exits(64);
        assert!(ran.stderr.contains("it is not a number such as 4711 or 0.5"), "{number}: {ran:?}");
    }
    project.heal(&["beat"]).exits(64);
}

#[test]
fn a_job_that_is_no_service_beats_as_the_host() {
    let project = Project::new(
        "[project]\nname = \"x\"\n[host.probes]\nbackup = { kind = \"beat\", within = \"25h\", loop = \"backup\" }\n",
    );
    project.heal(&["check"]).exits(3);
    project.heal(&["beat", "host/backup"]).exits(0);
    project.heal(&["check"]).exits(0);
    later(&project, "26h", &["check"]).exits(2);
}

#[test]
fn a_beat_waits_for_nobody_and_heal_itself_never_writes_one() {
    let project = worker("within = \"5m\", progress_within = \"20m\"");
    project.heal(&["heal"]).exits(0);
    let lock = fs::OpenOptions::new().write(true).open(project.path("data/recovery-in-progress")).expect("there");
    fs2::FileExt::lock_exclusive(&lock).expect("taken");
    project.heal(&["heal"]).exits(75);
    let document = project.heal(&["beat", "app", "--progress", "-3", "--json"]).exits(0).json();
    assert_eq!((&document["name"], &document["progress"]), (&"app".into(), &(-3).into()), "{document}");
    let document = project.heal(&["beat", "app", "--progress", "0.5", "--json"]).exits(0).json();
    assert_eq!(document["progress"], 0.5, "{document}");
    let moved = project.heal(&["beat", "app", "--json"]).exits(0).json()["moved"].clone();
    assert_eq!(moved, document["moved"], "what was said last holds");
    drop(lock);
    let beat = project.read("data/beats/app.json");
    project.heal(&["heal"]).exits(0);
    project.heal(&["check"]).exits(0);
    assert_eq!(project.read("data/beats/app.json"), beat, "a tick is no sign of life");
    let events = project.journal().len();
    project.heal(&["beat", "app"]).exits(0);
    assert_eq!(project.journal().len(), events, "a beat is no event");
}

#[test]
fn many_at_once_leave_a_whole_beat_and_nothing_else() {
    let project = worker("within = \"5m\"");
    std::thread::scope(|scope| {
        for thread in 0..6 {
            let project = &project;
            scope.spawn(move || {
                for beat in 0..10 {
                    let progress = format!("{}", thread * 100 + beat);
                    project.heal(&["beat", "app", "--progress", &progress]).exits(0);
                    let line = project.read("data/beats/app.json");
                    assert!(serde_json::from_str::<serde_json::Value>(&line).is_ok(), "{line:?}");
                }
            });
        }
    });
    assert_eq!(fs::read_dir(project.path("data/beats")).expect("there").count(), 1);
}

#[test]
fn a_beat_that_cannot_be_kept_is_74() {
    let project = worker("within = \"5m\"");
    project.write("data/beats", "in the way\n");
    let ran = project.heal(&["beat", "app"]).exits(74);
    expect![[r#"
        exit 74
        --- stdout
        --- stderr
        heal: cannot write the heartbeat [DIR]/data/beats/app.json: Not a directory (os error 20)
    "#]]
    .assert_eq(&ran.snapshot(&project));
    assert_eq!(project.read("data/beats"), "in the way\n");
}

#[test]
fn a_beat_is_the_old_one_or_the_new_one_wherever_heal_ends() {
    let world = || {
        let project = job();
        project.heal(&["beat", "host", "--progress", "1"]).exits(0);
        project
    };
    let faults = [Fault::Kill, Fault::Again(&[]), Fault::Error("ENOSPC"), Fault::Error("EIO"), Fault::Sticky("EROFS")];
    for fault in faults {
        sweep(world, &["beat", "host", "--progress", "2"], fault, 99, |project, point, ran| {
            let progress = || {
                let beat: serde_json::Value =
                    serde_json::from_str(&project.read("data/beats/host.json")).expect("whole");
                beat["progress"].clone()
            };
            assert!(progress() == 1 || progress() == 2, "{point:?}");
            // It may say less than it did, never more.
            assert!(ran.code != 0 || progress() == 2, "{point:?} {ran:?}");
            project.heal(&["beat", "host", "--progress", "3"]).exits(0);
            assert_eq!(progress(), 3, "{point:?}");
        });
    }
}

#[test]
fn a_heartbeat_older_than_its_process_calls_for_no_act_inside_the_grace() {
    // The last life beat an hour ago; the new one should have by now, but is still inside its grace.
    let mut project =
        sleeper("startup_grace = \"4s\"\n[service.app.probes]\nwork = { kind = \"beat\", within = \"300ms\" }\n");
    project.heal(&["beat", "app"]).exits(0);
    let beat = project.path("data/beats/app.json");
    let now: serde_json::Value = serde_json::from_str(&fs::read_to_string(&beat).expect("a beat")).expect("JSON");
    let now = chrono::DateTime::parse_from_rfc3339(now["at"].as_str().expect("a time")).expect("a time");
    let old = serde_json::json!({ "at": (now - chrono::TimeDelta::hours(1)).to_rfc3339() });
    fs::write(&beat, old.to_string()).expect("written");
    let (pid, born) = (project.spawn(&["sleep", NAP]), Instant::now());
    let mut starting = 0;
    while born.elapsed() < Duration::from_secs(3) {
        let answer = project.heal(&["heal", "--json"]).json();
        let app = &answer["services"][0];
        let summary = app["findings"][1]["summary"].as_str().expect("text");
        assert!(summary.starts_with("the beat is from before the start"), "{answer:#}");
        starting += usize::from(app["status"] == "starting" && app["findings"][1]["status"] == "unhealthy");
        if born.elapsed() < Duration::from_secs(4) {
            assert_eq!(project.events("intent").len(), 0, "{answer:#}");
        }
    }
    assert!(starting > 0, "it was never late, so nothing was shown");
    assert_eq!(the_one(&project, NAP), pid);
    // Once the grace is over, silence is silence.
    wait_for("an act", || {
        project.heal(&["heal", "--set", "service.app.verify_within=300ms"]);
        !project.events("intent").is_empty()
    });
    assert_ne!(running(&project, NAP), [pid]);
}
