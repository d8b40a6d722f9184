//! Does a tick care for state files: is what may be repaired repaired, is a copy of what is sound kept, and is a person told once of
//! what is left and of what was lost?

use std::fs;
use std::os::unix::fs::MetadataExt;

use expect_test::expect;
use serde_json::Value;

use super::acting::later;
use super::support::{Project, Ran};

pub const WHOLE: &str = "{\"cash\": 1, \"positions\": [{\"id\": 1}, {\"id\": 2}], \"risk\": {\"limit\": 1}}\n";

/// A project with one state file, these lines about it, and a file that alerts go to.
pub fn project(keys: &str) -> Project {
    Project::new(&format!(
        r#"[project]
name = "test"

[state.book]
path     = "state/book.json"
template = {{ cash = 0, positions = [], risk = {{ limit = 2.5 }} }}
{keys}

[alert.file]
kind = "file"
path = "alerts.jsonl"
"#
    ))
}

const NEVER: &str = "repair = [\"merge\", \"backup\", \"salvage\", \"template\"]\ninvariants = [{ id = \"CASH\", jq = \".cash >= 0\", message = \"cash is negative\" }]";

/// What was told, as `category: message`.
pub fn told(project: &Project) -> Vec<String> {
    let text = fs::read_to_string(project.path("alerts.jsonl")).unwrap_or_default();
    let line = |line: &str| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let word = |key: &str| line[key].as_str().expect("text").to_owned();
        format!("{} {}: {}", word("level"), word("category"), project.normalise(&word("message")))
    };
    text.lines().map(line).collect()
}

fn copies(project: &Project) -> usize {
    fs::read_to_string(project.path("data/vault/ledgers/state-book.jsonl")).map_or(0, |text| text.lines().count())
}

fn minute(project: &Project, minute: u32, args: &[&str]) -> Ran {
    later(project, &format!("{minute}m"), args)
}

#[test]
fn what_may_be_repaired_is_and_the_loss_is_told_once() {
    let project = project("repair = [\"merge\", \"salvage\"]");
    project.write("state/book.json", &WHOLE[..WHOLE.find(", {\"id\": 2}").expect("there") + 7]);
    let ran = minute(&project, 1, &["heal"]).exits(0);
    expect![[r#"
        healthy   [state.book]  book.json: as declared
        valid     [DIR]/state/book.json [book, json]  is as declared
        repaired  [DIR]/state/book.json [book]  took what is whole out of its bytes, added .risk of the template; lossy: 1 whole element kept, all from byte 42 on lost
        alert  file: [state.book]: [DIR]/state/book.json was put right: took what is whole out of its bytes, added .risk of the template; lossy: 1 whole element kept, all from byte 42 on lost
    "#]].assert_eq(&project.normalise(&ran.stdout));
    let text = project.read("state/book.json");
    assert!(text.starts_with("{\"cash\": 1, \"positions\": [{\"id\": 1}]"), "{text}");
    let meta = fs::metadata(project.path("state/book.json")).expect("there");
    for at in 2..6 {
        assert_eq!(minute(&project, at, &["heal", "--quiet"]).exits(0).stdout, "");
    }
    expect!["warning repaired: [state.book]: [DIR]/state/book.json was put right: took what is whole out of its bytes, added .risk of the template; lossy: 1 whole element kept, all from byte 42 on lost"].assert_eq(&told(&project).join("\n"));
    let now = fs::metadata(project.path("state/book.json")).expect("there");
    assert_eq!((now.ino(), now.ctime_nsec()), (meta.ino(), meta.ctime_nsec()), "what is right is let be");
    assert_eq!(copies(&project), 1, "of what it came to there is a copy");
    // What loses nothing is for the list of alerts, and calls nobody who wants to hear of trouble.
    project.write("state/book.json", "{\"cash\": 1, \"positions\": []}");
    let answer = minute(&project, 7, &["heal", "--json"]).exits(0).json();
    assert_eq!(
        (&answer["repairs"][0]["outcome"], &answer["repairs"][0]["loss"]),
        (&"repaired".into(), &"lossless".into())
    );
    assert_eq!((&answer["stats"]["files_repaired"], &answer["success"]), (&1.into(), &true.into()));
    assert_eq!(answer["layout"], serde_json::json!([]));
    let shown =
        serde_json::json!([answer["states"], answer["repairs"], answer["services"][0]["name"], answer["stats"]]);
    expect![[r#"
        [
          [
            {
              "name": "book",
              "path": "[DIR]/state/book.json",
              "kind": "json",
              "verdict": "valid",
              "size": 51,
              "problems": []
            }
          ],
          [
            {
              "name": "book",
              "path": "[DIR]/state/book.json",
              "outcome": "repaired",
              "how": "added .risk of the template",
              "lossless": true,
              "loss": "lossless",
              "why": null
            }
          ],
          "[state.book]",
          {
            "directories_created": 0,
            "files_created": 0,
            "files_repaired": 1,
            "locks_cleared": 0,
            "orphans_stopped": 0
          }
        ]"#]]
    .assert_eq(&project.normalise(&format!("{shown:#}")));
    expect!["info repaired: [state.book]: [DIR]/state/book.json was put right: added .risk of the template; lossless"]
        .assert_eq(&told(&project)[1..].join("\n"));
    // Both can be taken back.
    project.heal(&["undo"]).exits(0);
    assert_eq!(project.read("state/book.json"), "{\"cash\": 1, \"positions\": []}");
}

#[test]
fn a_broken_invariant_is_one_alert_and_the_file_stays_byte_for_byte() {
    let project = project(NEVER);
    project.write("state/book.json", WHOLE);
    minute(&project, 0, &["heal"]).exits(0);
    let broken = WHOLE.replace("\"cash\": 1", "\"cash\": -1");
    project.write("state/book.json", &broken);
    let before = fs::metadata(project.path("state/book.json")).expect("there");
    let ran = minute(&project, 1, &["heal"]).exits(2);
    expect![[r#"
        unhealthy [state.book] (resource)  state/book.json: CASH: cash is negative
            bad      book.json  CASH: cash is negative
            incident since [TIME], 0 acts so far
            nothing done: an invariant is broken: only a `fix` that is declared for it, with "fix" in `repair`, may change it
        invalid   [DIR]/state/book.json [book, json]  invariant-broken
            CASH: cash is negative
        alert  file: [state.book]: state/book.json: CASH: cash is negative
        next  heal --config [DIR]/heal.toml validate-state book
    "#]].assert_eq(&project.normalise(&ran.stdout));
    for at in 2..59 {
        assert_eq!(minute(&project, at, &["heal", "--quiet"]).exits(2).stdout, "", "{at}");
    }
    assert_eq!(told(&project), ["critical opened: [state.book]: state/book.json: CASH: cash is negative"]);
    let status = minute(&project, 59, &["status", "--json"]).exits(2).json();
    assert_eq!(status["services"][0]["name"], "[state.book]", "{status:#}");
    // An hour later somebody is reminded, and no more.
    minute(&project, 62, &["heal"]).exits(2);
    minute(&project, 63, &["heal"]).exits(2);
    assert_eq!(told(&project).len(), 2, "{:?}", told(&project));
    let after = fs::metadata(project.path("state/book.json")).expect("there");
    assert_eq!((after.ino(), after.ctime_nsec()), (before.ino(), before.ctime_nsec()));
    assert_eq!(project.read("state/book.json"), broken);
    assert!(project.events("repairing").is_empty() && project.events("intent").is_empty());
    // A person puts it right: over, and said so, after two minutes of health.
    project.write("state/book.json", WHOLE);
    for at in [64, 65, 66, 67] {
        minute(&project, at, &["heal"]).exits(0);
    }
    assert_eq!(told(&project).last().expect("one"), "info recovered: [state.book]: recovered");
    assert_eq!(told(&project).len(), 3);
    assert_eq!(minute(&project, 68, &["heal"]).exits(0).stdout, "");
}

#[test]
fn a_copy_is_kept_of_what_changed_and_was_sound_and_of_nothing_else() {
    let project = project(NEVER);
    project.write("state/book.json", WHOLE);
    // A copy is kept though nobody can say yet whether the file changes once more in the same moment.
    project.heal(&["heal"]).exits(0);
    assert_eq!(copies(&project), 1);
    for at in 1..4 {
        minute(&project, at, &["heal"]).exits(0);
    }
    assert_eq!(copies(&project), 1);
    project.write("state/book.json", &WHOLE.replace("\"cash\": 1", "\"cash\": 2"));
    project.heal(&["check"]).exits(0);
    project.heal(&["heal", "--dry-run"]).exits(0);
    assert_eq!(copies(&project), 1, "who only looks keeps nothing");
    minute(&project, 5, &["heal"]).exits(0);
    assert_eq!(copies(&project), 2);
    project.write("state/book.json", &WHOLE.replace("\"cash\": 1", "\"cash\": -2"));
    minute(&project, 6, &["heal"]).exits(2);
    assert_eq!(copies(&project), 2, "of what is broken there is no copy");
    // What is cut comes back from the newest of them.
    project.write("state/book.json", "{\"cash\": 3, \"posi");
    minute(&project, 7, &["heal"]).exits(0);
    assert!(project.read("state/book.json").contains("\"cash\": 2"), "{}", project.read("state/book.json"));
    let last = told(&project).pop().expect("one");
    assert!(last.starts_with("warning repaired: ") && last.contains("restored from "), "{last}");
    // A copy that could not be kept is kept by the next tick, though the file is the same.
    project.write("state/book.json", WHOLE);
    fs::rename(project.path("data/vault/ledgers"), project.path("ledgers")).expect("moved");
    project.write("data/vault/ledgers", "in the way");
    let ran = minute(&project, 20, &["heal"]).exits(0);
    assert!(ran.stdout.contains("no copy of "), "{}", ran.stdout);
    fs::remove_file(project.path("data/vault/ledgers")).expect("removed");
    fs::rename(project.path("ledgers"), project.path("data/vault/ledgers")).expect("moved");
    minute(&project, 21, &["heal"]).exits(0);
    assert_eq!(copies(&project), 3);
}

#[test]
fn a_file_that_has_not_changed_costs_one_look_at_its_times() {
    let project = project(NEVER);
    let calls = |words: &[&str]| {
        let heal = env!("CARGO_BIN_EXE_heal");
        let trace = project.path("../").join(format!("{}.calls", std::process::id()));
        let mut all = vec!["-f", "-o", trace.to_str().expect("UTF-8"), heal];
        all.extend(words);
        let mut command = project.command_of("strace", &all);
        project.run(command.env("HEAL_TEST_SHIFT", "10m"));
        let text = fs::read_to_string(&trace).expect("a trace");
        fs::remove_file(trace).expect("removed");
        let mine = text.lines().filter(|line| line.contains("state/book.json") && !line.contains("read("));
        mine.map(str::to_owned).collect::<Vec<String>>()
    };
    project.write("state/book.json", WHOLE);
    minute(&project, 9, &["heal"]).exits(0);
    let quiet = calls(&["heal", "--quiet"]);
    assert_eq!(quiet.len(), 1, "{quiet:#?}");
    assert!(quiet[0].contains("stat"), "{quiet:#?}");
    let all = calls(&["heal", "--quiet", "--all"]);
    assert!(all.iter().any(|line| line.contains("open")), "{all:#?}");
    // What is broken and cannot be repaired is not read again either, as long as it is the same.
    project.write("state/book.json", &WHOLE.replace("\"cash\": 1", "\"cash\": -1"));
    minute(&project, 9, &["heal"]).exits(2);
    let broken = calls(&["heal", "--quiet"]);
    assert_eq!(broken.len(), 1, "{broken:#?}");
    let answer = minute(&project, 10, &["heal", "--json"]).exits(2).json();
    assert_eq!(answer["states"][0]["problems"][0]["invariant"], "CASH");
    // Without [state] and [layout] nothing of it is asked: neither the lock for files nor a note.
    let bare = Project::new(
        "[project]\nname = \"bare\"\n[host.probes]\ndisk = { kind = \"disk\", path = \".\", critical_below = \"1KB\" }\n",
    );
    bare.heal(&["heal"]).exits(0);
    assert!(!bare.path("data/vault").exists() && !bare.path("data/state/probes.json").exists());
}

#[test]
fn who_observes_repairs_nothing_and_says_what_would_be() {
    let project = project("repair = [\"merge\"]");
    project.write(
        "heal.toml",
        &project.read("heal.toml").replace("name = \"test\"", "name = \"test\"\nmode = \"observe\""),
    );
    let lacks = "{\"cash\": 1, \"positions\": []}";
    project.write("state/book.json", lacks);
    let ran = minute(&project, 1, &["heal"]).exits(2);
    expect![[r#"
        unhealthy [state.book] (resource)  state/book.json: .risk: the key is missing
            bad      book.json  .risk: the key is missing
            incident since [TIME], 0 acts so far
            would do nothing: heal only observes; it would repair it: added .risk of the template
        invalid   [DIR]/state/book.json [book, json]  missing-key
            .risk: the key is missing
        would     [DIR]/state/book.json [book]  added .risk of the template; lossless
        alert  file: [state.book]: state/book.json: .risk: the key is missing
    "#]]
    .assert_eq(&project.normalise(&ran.stdout));
    minute(&project, 2, &["heal"]).exits(2);
    assert_eq!(project.read("state/book.json"), lacks);
    assert_eq!(project.events("repairing").len(), 0);
    assert_eq!(told(&project).len(), 1);
    // The same of a dry run, which tells nobody.
    let project = self::project("repair = [\"merge\"]");
    project.write("state/book.json", lacks);
    let ran = project.heal(&["heal", "--dry-run"]).exits(2);
    expect![[r#"
        invalid   [DIR]/state/book.json [book, json]  missing-key
            .risk: the key is missing
        would     [DIR]/state/book.json [book]  added .risk of the template; lossless
    "#]]
    .assert_eq(&project.normalise(&ran.stdout));
    assert!(!project.path("data").exists());
}

#[test]
fn what_is_paused_held_or_locked_by_its_application_is_left_and_tried_again() {
    let project = project("repair = [\"merge\"]\nlock = \"state/book.lock\"");
    let service = "[service.app]\nmatch = { executable = \"no-such-program\" }\n\n[alert.file]";
    project.write("heal.toml", &project.read("heal.toml").replace("[alert.file]", service));
    let lacks = "{\"cash\": 1, \"positions\": []}";
    project.write("state/book.json", lacks);
    project.heal(&["pause", "app", "--for", "1h", "--reason", "a look into it"]).exits(0);
    for args in [&["heal", "--json", "--dry-run"][..], &["heal", "--json"]] {
        let answer = project.heal(args).exits(2).json();
        assert!(answer["repairs"][0]["why"].as_str().expect("text").contains("`app` is paused"), "{answer:#}");
    }
    project.heal(&["resume", "app"]).exits(0);
    project.heal(&["hold", "app", "--reason", "a look into it"]).exits(0);
    let answer = project.heal(&["heal", "--json"]).json();
    assert!(answer["repairs"][0]["why"].as_str().expect("text").contains("`app` waits for a person"), "{answer:#}");
    project.heal(&["release", "app"]).exits(0);
    project.write("state/book.lock", "");
    let lock = fs::File::open(project.path("state/book.lock")).expect("there");
    lock.lock().expect("locked");
    let answer = project.heal(&["heal", "--json"]).json();
    assert!(answer["repairs"][0]["why"].as_str().expect("text").contains("is held by somebody"), "{answer:#}");
    assert_eq!(project.read("state/book.json"), lacks);
    drop(lock);
    // Another run that repairs files has them; the tick says so and heals on.
    let files = heal::journal::RecoveryLock::take(&project.path("data/repair.lock"), "a test").expect("free");
    let ran = project.heal(&["heal"]);
    assert!(ran.stdout.contains("state files were not looked after"), "{}", ran.stdout);
    drop(files);
    let answer = project.heal(&["heal", "--json"]).json();
    assert_eq!(answer["repairs"][0]["outcome"], "repaired", "{answer:#}");
}

#[test]
fn what_a_person_took_back_is_not_done_again_by_the_next_tick() {
    let project = project("repair = [\"merge\"]");
    let lacks = "{\"cash\": 1, \"positions\": []}";
    project.write("state/book.json", lacks);
    minute(&project, 1, &["heal"]).exits(0);
    assert_ne!(project.read("state/book.json"), lacks);
    project.heal(&["undo"]).exits(0);
    for at in 2..5 {
        let answer = minute(&project, at, &["heal", "--json"]).exits(2).json();
        let why = answer["services"][0]["decision"]["why"].as_str().expect("text").to_owned();
        assert!(why.contains("took the repair of exactly this back"), "{answer:#}");
        assert_eq!(project.read("state/book.json"), lacks);
    }
    assert_eq!(told(&project).len(), 2, "{:?}", told(&project));
    // A cold start knows no better; whoever asks for it gets it; and other content is another matter.
    let started = project.heal(&["heal", "--startup"]).exits(2);
    assert!(started.stdout.contains("took the repair of exactly this back"), "{}", started.stdout);
    project.heal(&["validate-state", "--repair"]).exits(0);
    project.write("state/book.json", "{\"cash\": 7, \"positions\": []}");
    minute(&project, 6, &["heal"]).exits(0);
    assert!(project.read("state/book.json").contains("\"cash\": 7"));
}

#[test]
fn what_a_cold_start_lost_is_told_by_the_next_tick() {
    let project = project("repair = [\"salvage\", \"merge\", \"backup\"]");
    project.write("state/book.json", "{\"cash\": 5, \"positions\": [{\"id\": 1}, {\"i");
    project.heal(&["heal", "--startup"]).exits(0);
    fs::write(project.path("state/book.json"), "").expect("emptied");
    project.heal(&["heal", "--startup"]).exits(0);
    assert_eq!(told(&project), [""; 0]);
    minute(&project, 1, &["heal"]).exits(0);
    minute(&project, 2, &["heal"]).exits(0);
    expect!["warning repaired: [state.book]: [DIR]/state/book.json was put right: took what is whole out of its bytes, added .risk of the template; lossy: 1 whole element kept, all from byte 38 on lost; then [DIR]/state/book.json was put right: copy 1 of the vault; restored from [TIME], what changed since is lost"].assert_eq(&told(&project).join("\n"));
}

#[test]
fn a_channel_that_hears_of_one_service_hears_of_its_files() {
    let project = Project::new(
        r#"[project]
name = "test"

[service.app]
match = { executable = "no-such-program" }

[service.web]
match = { executable = "no-such-program-either" }

[state.book]
path    = "book.json"
service = "app"

[alert.file]
kind     = "file"
path     = "alerts.jsonl"
services = ["app"]

[alert.web]
kind     = "file"
path     = "web.jsonl"
services = ["web"]
"#,
    );
    project.write("book.json", "{");
    project.heal(&["heal"]);
    let told = told(&project);
    assert!(told.iter().any(|line| line.contains("[state.book]: book.json")), "{told:?}");
    assert!(!project.read("web.jsonl").contains("book"));
}
