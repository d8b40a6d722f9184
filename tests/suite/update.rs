//! Does `heal update` bring code forward and back again, and does a service that runs never pay for an update that cannot be made?

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::acting::{end, later, running, the_one};
use super::repository::{commit, digest, git, head, sound};
use super::support::{Project, Ran, wait_for};

pub const GOOD: &str = "#!/bin/sh\nexec sleep 86400\n";
const BAD: &str = "#!/bin/sh\necho cannot import name >&2\nexit 1\n";

/// What a service of an update needs in heal.toml.
const SERVICE: &str = r#"
[service.app]
match         = { executable = "sleep", args_contain = "86400" }
start         = ["./run.sh"]
verify_within = "3s"
stop_grace    = "1s"
stable_for    = "1m"
"#;

/// A clone whose service runs, and where its commits come from. `update` is added to `[update]`.
fn cloned(update: &str) -> (Project, Project) {
    cloned_with("", update)
}

/// The same with one more service, `other`, that is started by `other.sh`.
pub fn cloned_with_two(update: &str) -> (Project, Project) {
    let other = SERVICE.replace("app", "other").replace("86400", "86401").replace("run.sh", "other.sh");
    cloned_with(&other, update)
}

fn cloned_with(other: &str, update: &str) -> (Project, Project) {
    let upstream = Project::new("");
    fs::remove_file(upstream.path("heal.toml")).expect("removed");
    git(&upstream, &["init", "-q", "-b", "main", "."]);
    upstream.write(".gitignore", "/data/\n/built*\n/busy\n");
    let update = format!("[update]\nprobation = \"10m\"\n{update}\n");
    upstream.write("heal.toml", &format!("[project]\nname = \"test\"\n{SERVICE}{other}\n{update}"));
    upstream.script("run.sh", GOOD);
    upstream.script("other.sh", &GOOD.replace("86400", "86401"));
    upstream.script("build.sh", "#!/bin/sh\ncp version.txt built.txt\n");
    upstream.write("version.txt", "1\n");
    commit(&upstream, "Version 1");
    let project = Project::new("");
    fs::remove_file(project.path("heal.toml")).expect("removed");
    git(&project, &["clone", "-q", &upstream.path("").display().to_string(), "."]);
    fs::create_dir(project.path("data")).expect("made");
    fs::set_permissions(project.path("data"), fs::Permissions::from_mode(0o700)).expect("set");
    (project, upstream)
}

/// The service runs, by a tick.
fn up(project: &Project) -> i32 {
    project.heal(&["heal"]).exits(0);
    the_one(project, "86400")
}

/// A second version, whose service does that.
pub fn release(upstream: &Project, run: &str) -> String {
    upstream.script("run.sh", run);
    upstream.write("version.txt", "2\n");
    upstream.write("new.txt", "new\n");
    commit(upstream, "Version 2")
}

pub fn rule(ran: &Ran) -> String {
    ran.json()["refused"]["rule"].as_str().unwrap_or_default().to_owned()
}

pub fn phase(project: &Project) -> String {
    let status = project.heal(&["update", "status", "--json"]).json();
    status["update"]["phase"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_good_one_runs_and_is_done_after_its_probation() {
    let (project, upstream) = cloned("build = [\"./build.sh\"]");
    let old = up(&project);
    project.heal(&["update", "check"]).exits(0);
    let new = release(&upstream, GOOD);
    let before = digest(&project);
    let found = project.heal(&["update", "check", "--json"]).exits(1).json();
    assert_eq!(
        (&found["remote"], &found["behind"], &found["available"]),
        (&new.as_str().into(), &1.into(), &true.into())
    );
    let files = |text: &str| text.lines().filter(|line| !line.starts_with(".git")).collect::<Vec<_>>().join("\n");
    assert_eq!(files(&digest(&project)), files(&before), "a check changes no file");
    assert!(!project.path(".git/FETCH_HEAD").exists(), "it is everybody's");
    project.heal(&["update", "apply", "--dry-run"]).exits(0);
    assert_eq!(files(&digest(&project)), files(&before), "nor does a dry run");

    let ran = project.heal(&["update", "apply"]).exits(0);
    assert!(ran.stdout.contains("probation") && ran.stdout.contains("app is well"), "{ran:?}");
    assert_eq!((head(&project), project.read("built.txt").as_str()), (new.clone(), "2\n"));
    assert_ne!(the_one(&project, "86400"), old, "it runs the new code");
    sound(&project);
    assert_eq!(rule(&project.heal(&["update", "apply", "--json"])), "", "there is nothing more");

    project.heal(&["heal"]).exits(0);
    assert_eq!(phase(&project), "probation", "it is not waited for inside of a run");
    later(&project, "11m", &["heal"]).exits(0);
    assert_eq!(phase(&project), "done");
    project.heal(&["update", "check"]).exits(0);
    let acts = project.heal(&["status", "--json"]).json();
    assert_eq!(acts["services"][0]["held"], serde_json::Value::Null, "{acts}");
}

#[test]
fn one_whose_service_dies_goes_back_and_is_not_offered_again() {
    let (project, upstream) = cloned("build = [\"./build.sh\"]");
    up(&project);
    let (old, new) = (head(&project), release(&upstream, BAD));
    let ran = project.heal(&["update", "apply", "--json"]).exits(1);
    let json = ran.json();
    assert_eq!((&json["phase"], &json["services"][0]["outcome"]), (&"rolled-back".into(), &"healed".into()), "{json}");
    assert!(json["detail"].as_str().expect("text").contains("cannot import name"), "{json}");
    assert_eq!((head(&project), project.read("built.txt").as_str()), (old.clone(), "1\n"));
    the_one(&project, "86400");
    sound(&project);
    assert!(project.read("data/operator_alerts.jsonl").contains("taken back"), "a person is told");

    assert_eq!(project.heal(&["update", "check", "--json"]).exits(0).json()["rolled_back"], true);
    project.heal(&["update", "apply"]).exits(0);
    assert_eq!(head(&project), old, "not offered again");
    // What comes after it is.
    upstream.script("run.sh", GOOD);
    let fixed = commit(&upstream, "Version 3");
    project.heal(&["update", "apply"]).exits(0);
    assert_eq!(head(&project), fixed);
    assert!(git(&project, &["log", "--format=%H"]).contains(&new), "fast-forward, over what was rolled back");
}

#[test]
fn one_whose_service_dies_later_is_taken_back_by_the_next_tick_and_not_restarted_first() {
    let (project, upstream) = cloned("");
    up(&project);
    let old = head(&project);
    release(&upstream, GOOD);
    project.heal(&["update", "apply"]).exits(0);
    end(the_one(&project, "86400"));
    let ran = project.heal(&["heal"]);
    assert_eq!((head(&project), phase(&project)), (old, "rolled-back".to_owned()), "{ran:?}");
    assert!(ran.stdout.contains("is rolled back"), "{ran:?}");
    the_one(&project, "86400");
    sound(&project);
    let restarts = project.events("intent").into_iter().filter(|one| one["rung"] == "restart").count();
    assert_eq!(restarts, 1, "only the very first start");
}

#[test]
fn a_person_takes_it_back_and_brings_it_again() {
    let (project, upstream) = cloned("");
    up(&project);
    assert_eq!(rule(&project.heal(&["update", "rollback", "--json"]).exits(69)), "no-update");
    let (old, new) = (head(&project), release(&upstream, GOOD));
    project.heal(&["update", "apply"]).exits(0);
    project.heal(&["update", "rollback", "--dry-run"]).exits(0);
    assert_eq!(head(&project), new);
    project.heal(&["update", "rollback"]).exits(0);
    assert_eq!(head(&project), old);
    the_one(&project, "86400");
    project.heal(&["update", "apply"]).exits(0);
    assert_eq!(head(&project), old);
    project.heal(&["update", "apply", "--again"]).exits(0);
    assert_eq!(head(&project), new);
    // Whoever moves the branch meanwhile has it.
    project.write("version.txt", "3\n");
    commit(&project, "By hand");
    assert_eq!(rule(&project.heal(&["update", "rollback", "--json"]).exits(69)), "moved");
    let history = project.heal(&["update", "history"]).exits(0).stdout;
    assert!(history.contains("left") && history.contains("rolled back"), "{history}");
}

#[test]
fn what_cannot_be_built_never_reaches_the_service() {
    let (project, upstream) = cloned("build = [\"./build.sh\"]\nbuild_timeout = \"2s\"");
    let (pid, old) = (up(&project), head(&project));
    for script in ["#!/bin/sh\nexit 3\n", "#!/bin/sh\nexec sleep 600\n"] {
        upstream.script("build.sh", script);
        release(&upstream, GOOD);
        let began = Instant::now();
        let json = project.heal(&["update", "apply", "--json"]).exits(1).json();
        assert!(began.elapsed() < Duration::from_secs(15), "bounded");
        assert_eq!((json["phase"].as_str(), head(&project)), (Some("failed"), old.clone()), "{json}");
        assert_eq!((the_one(&project, "86400"), project.read("built.txt").as_str()), (pid, "1\n"), "untouched");
        sound(&project);
        project.heal(&["update", "check"]).exits(1);
    }
}

#[test]
fn while_it_is_under_way_ticks_do_nothing_and_then_they_go_on() {
    let (project, upstream) = cloned("build = [\"./build.sh\"]");
    let pid = up(&project);
    upstream.script("build.sh", "#!/bin/sh\n: >built-begun\nwhile [ ! -e built-go ]; do sleep 0.05; done\n");
    release(&upstream, GOOD);
    let mut child = project.command(&["update", "apply"]).spawn().expect("started");
    wait_for("the build", || project.path("built-begun").exists());
    // Half-way between two releases is no fault that a restart would cure.
    end(pid);
    let ran = project.heal(&["heal", "--json"]).exits(75);
    assert!(ran.stdout.contains("heal update") || ran.stderr.contains("heal update"), "it says who: {ran:?}");
    assert_eq!(running(&project, "86400"), [] as [i32; 0]);
    project.write("built-go", "");
    assert!(child.wait().expect("waited for").success());
    the_one(&project, "86400");
    project.heal(&["heal"]).exits(0);
    assert_eq!(project.events("started").len(), 2, "once by the first tick, once by the update");
}

#[test]
fn it_refuses_where_anything_could_be_lost() {
    type Spoiler = fn(&Project);
    let cases: [(&str, Spoiler); 6] = [
        ("dirty", |project| project.write("version.txt", "mine\n")),
        ("in-the-way", |project| project.write("new.txt", "mine\n")),
        ("detached-head", |project| drop(git(project, &["checkout", "-q", "--detach"]))),
        ("locked", |project| project.write(".git/index.lock", "")),
        ("not-fast-forward", |project| {
            project.write("mine.txt", "mine\n");
            commit(project, "Mine");
        }),
        ("wrong-branch", |project| drop(git(project, &["checkout", "-q", "-b", "other"]))),
    ];
    let (template, upstream) = cloned("");
    let pid = up(&template);
    release(&upstream, GOOD);
    for (word, spoil) in cases {
        spoil(&template);
        let files =
            |text: String| text.lines().filter(|line| !line.contains("refs/heal")).collect::<Vec<_>>().join("\n");
        let before = files(digest(&template));
        let branch = if word == "wrong-branch" { &["--set", "git.branch=main"][..] } else { &[] };
        let ran = template.heal(&[branch, &["update", "apply", "--json"]].concat()).exits(69);
        assert_eq!(rule(&ran), word, "{ran:?}");
        assert!(!ran.json()["refused"]["hint"].as_str().expect("text").is_empty());
        assert_eq!(files(digest(&template)), before, "{word}: nothing was changed");
        let _ = fs::remove_file(template.path(".git/index.lock"));
        git(&template, &["checkout", "-q", "-f", "main"]);
        git(&template, &["reset", "-q", "--hard", "HEAD"]);
        git(&template, &["clean", "-q", "-f"]);
        if word == "not-fast-forward" {
            git(&template, &["reset", "-q", "--hard", "HEAD~1"]);
        }
    }
    for (set, word) in [("update.enabled=false", "off"), ("project.mode=observe", "observing")] {
        assert_eq!(rule(&template.heal(&["--set", set, "update", "apply", "--json"]).exits(69)), word);
    }
    template.heal(&["pause", "app", "--reason", "a deploy by hand"]).exits(0);
    assert_eq!(rule(&template.heal(&["update", "apply", "--json"]).exits(75)), "paused");
    assert_eq!(the_one(&template, "86400"), pid);
}

#[test]
fn data_is_no_part_of_it() {
    let (project, upstream) = cloned("");
    up(&project);
    upstream.write("data/state.json", "{}\n");
    git(&upstream, &["add", "-f", "data/state.json"]);
    release(&upstream, GOOD);
    let before = head(&project);
    let ran = project.heal(&["update", "apply", "--json"]).exits(69);
    assert_eq!((rule(&ran).as_str(), head(&project)), ("data", before));
    assert!(ran.stdout.contains("data/state.json"), "{ran:?}");
}

#[test]
fn a_remote_that_does_not_answer_is_unknown_in_bounded_time() {
    let (mut project, _upstream) = cloned("");
    let silent = TcpListener::bind("127.0.0.1:0").expect("bound");
    let url = format!("http://{}/repo.git", silent.local_addr().expect("an address"));
    project.env("HEAL_TEST_PUSH", "1s");
    for remote in [url.as_str(), "/nonexistent/repo.git"] {
        git(&project, &["remote", "set-url", "origin", remote]);
        for command in ["check", "apply"] {
            let began = Instant::now();
            let ran = project.heal(&["update", command, "--json"]).exits(3);
            assert_eq!(rule(&ran), "unreachable");
            assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
        }
    }
    assert!(project.journal().is_empty(), "nothing was begun");
}

#[test]
fn a_busy_service_is_waited_for_and_not_for_ever_and_an_unclear_answer_is_no_yes() {
    let (project, upstream) = cloned("defer_if = [\"test\", \"-e\", \"busy\"]\ndefer_for = \"2h\"");
    up(&project);
    let (old, new) = (head(&project), release(&upstream, GOOD));
    project.write("busy", "");
    assert_eq!(rule(&project.heal(&["update", "apply", "--json"]).exits(75)), "deferred");
    assert_eq!(rule(&later(&project, "1h", &["update", "apply", "--json"]).exits(75)), "deferred");
    let unclear = "update.defer_if=[\"sh\",\"-c\",\"exit 2\"]";
    assert_eq!(rule(&project.heal(&["--set", unclear, "update", "apply", "--json"]).exits(69)), "defer-unclear");
    assert_eq!(head(&project), old);
    later(&project, "3h", &["update", "apply"]).exits(1);
    assert_eq!(head(&project), new, "after two hours it goes ahead");
    assert_eq!(running(&project, "86400").len(), 1);
}
