//! `heal undo` of code that was taken back: does it stand there again, with its service, and only where nobody built upon it?

use expect_test::expect;

use super::acting::{kinds, running, the_one, timeless};
use super::killpoints::{Fault, Point, sweep};
use super::repository::{accuse, accuse_anew, arm, commit, copy, crashes, deployed, digest, empty, git, head, sound};
use super::support::{Project, Ran};

const NAP: &str = "86400";

/// A service whose second version ends at once, until somebody brings what it needs; taken back by heal.
fn reverted() -> Project {
    let project = deployed("", "");
    project.script("run.sh", "#!/bin/sh\n[ -e needed.ignored ] || exit 1\nexec sleep 86400\n");
    git(&project, &["commit", "-q", "--amend", "-a", "-m", "A version that needs more"]);
    accuse_anew(&project);
    arm(&project);
    project.heal(&["revert"]).exits(0);
    project
}

fn tree(project: &Project, rev: &str) -> String {
    git(project, &["rev-parse", &format!("{rev}^{{tree}}")])
}

/// Ids differ between runs.
fn shown(project: &Project, ran: &Ran, ids: &[(&str, &str)]) -> String {
    let mut runs: Vec<String> =
        project.journal().iter().filter_map(|event| Some(event["run"].as_str()?.to_owned())).collect();
    runs.dedup();
    let mut text = timeless(&project.normalise(&ran.snapshot(project)));
    for (n, run) in runs.iter().enumerate() {
        text = text.replace(run, &format!("[RUN{n}]"));
    }
    for (id, name) in ids {
        text = text.replace(id, name).replace(&id[..10], name);
    }
    text
}

#[test]
fn the_code_is_brought_back_and_its_service_restarted_and_that_can_be_taken_back_too() {
    let project = reverted();
    let [own, bad, good] = ["HEAD", "HEAD~1", "HEAD~2"].map(|rev| git(&project, &["rev-parse", rev]));
    let before = the_one(&project, NAP);
    project.write("needed.ignored", "");
    let untouched = digest(&project);
    let ran = project.heal(&["undo", "--dry-run"]).exits(0);
    let ids = [(&*own, "[OWN]"), (&*bad, "[BAD]")];
    expect![[r#"
        exit 0
        --- stdout
        would     run [RUN0] at [TIME]
            would take back [OWN] on `main` in [DIR] (3 files, +3 -1 lines)
            stays     start `./run.sh` in [DIR], output to data/output/app.log (app, revert): stopping a service that runs would be a second fault
        next  heal undo [RUN0]
        --- stderr
    "#]].assert_eq(&shown(&project, &ran, &ids));
    assert_eq!(digest(&project), untouched);

    let ran = project.heal(&["undo"]).exits(0);
    let back = head(&project);
    let ids = [(&*own, "[OWN]"), (&*bad, "[BAD]"), (&*good, "[GOOD]"), (&*back, "[BACK]")];
    expect![[r#"
        exit 0
        --- stdout
        undone    run [RUN0] at [TIME]
            did   [OWN] was taken back on `main` by [BACK]: the files are those of [BAD] again (3 files, +3 -1 lines)
            healed    pid [PID], every probe good for [SPAN]
            stays     start `./run.sh` in [DIR], output to data/output/app.log (app, revert): stopping a service that runs would be a second fault
        --- stderr
    "#]].assert_eq(&shown(&project, &ran, &ids));
    sound(&project);
    assert_eq!((tree(&project, "HEAD"), git(&project, &["rev-parse", "HEAD~1"])), (tree(&project, &bad), own.clone()));
    assert_ne!(the_one(&project, NAP), before, "the code that is there now is the code that runs");
    expect!["intent revert, reverted, started, done healed, queued, alerted reverted operator_alerts, intent revert, reverted, started, done healed, queued, alerted reverted operator_alerts"].assert_eq(&kinds(&project));
    let told = project.read("data/operator_alerts.jsonl");
    assert_eq!(told.lines().count(), 2, "whoever was told that it went is told that it is back: {told}");

    // There is nothing more, but for the taking back itself, when it is named.
    assert_eq!(project.heal(&["undo"]).exits(0).stdout, "there is nothing to take back\n");
    let ran = project.heal(&["undo", "--list"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        [RUN1]  [TIME]
            stays     stop pid [PID] `sleep 86400` (TERM, [SPAN] later KILL) (app, revert): a process that ended cannot be brought back to where it was
            stays     start `./run.sh` in [DIR], output to data/output/app.log (app, revert): stopping a service that runs would be a second fault
            open      [OWN] was taken back on `main` by [BACK]: the files are those of [BAD] again (3 files, +3 -1 lines) (app, undo)
        [RUN0]  [TIME]
            stays     start `./run.sh` in [DIR], output to data/output/app.log (app, revert): stopping a service that runs would be a second fault
            undone    [BAD] was taken back on `main` by [OWN]: the files are those of [GOOD] again (3 files, +1 -3 lines) (app, revert) by [RUN1]
        there is nothing to take back
        --- stderr
    "#]].assert_eq(&shown(&project, &ran, &ids));
    let run = project.events("reverted")[1]["run"].as_str().expect("a run").to_owned();
    let answer = project.heal(&["undo", &run, "--json"]).exits(0).json();
    assert_eq!(
        (&answer["outcome"], &answer["made"][0]["change"]["change"]),
        (&"healed".into(), &"revert-release".into())
    );
    sound(&project);
    assert_eq!(tree(&project, "HEAD"), tree(&project, &own), "once more without it");
}

#[test]
fn a_service_that_is_not_well_with_it_is_said_so_and_the_code_stays_as_it_was_asked_for() {
    let project = reverted();
    let bad = git(&project, &["rev-parse", "HEAD~1"]);
    let ran = project.heal(&["undo"]).exits(2);
    assert!(ran.stdout.contains("undone") && ran.stdout.contains("failed"), "{ran:?}");
    assert_eq!(tree(&project, "HEAD"), tree(&project, &bad));
    assert_eq!(running(&project, NAP), [] as [i32; 0]);
    // It crashes, and is no release that heal takes back a second time.
    crashes(&project);
    let before = git(&project, &["rev-parse", "HEAD"]);
    project.heal(&["revert"]).exits(69);
    project.heal(&["heal"]);
    assert_eq!(git(&project, &["rev-parse", "HEAD"]), before);
}

#[test]
fn what_was_committed_since_or_is_not_committed_is_never_moved() {
    let project = reverted();
    let [own, bad, good] = ["HEAD", "HEAD~1", "HEAD~2"].map(|rev| git(&project, &["rev-parse", rev]));
    project.write("app/lib.txt", "half a thought\n");
    let before = digest(&project);
    let ran = project.heal(&["undo"]).exits(69);
    assert!(ran.stdout.contains("app/lib.txt"), "{ran:?}");
    assert_eq!(digest(&project), before);
    let newer = commit(&project, "A thought");
    let before = digest(&project);
    let ids = [(&*own, "[OWN]"), (&*bad, "[BAD]"), (&*good, "[GOOD]"), (&*newer, "[NEWER]")];
    let words = ["--dry-run", "--force"].map(|more| shown(&project, &project.heal(&["undo", more]).exits(69), &ids));
    assert_eq!(words[0], words[1], "what was committed is nobody's to move aside");
    expect![[r#"
        exit 69
        --- stdout
        refused   run [RUN0] at [TIME]
            HEAD is at [NEWER] by now; `git revert [OWN]` brings that code back on top of it
            stays     start `./run.sh` in [DIR], output to data/output/app.log (app, revert): stopping a service that runs would be a second fault
            moved on  [BAD] was taken back on `main` by [OWN]: the files are those of [GOOD] again (3 files, +1 -3 lines) (app, revert): HEAD is at [NEWER] by now; `git revert [OWN]` brings that code back on top of it
        --- stderr
    "#]].assert_eq(&words[0]);
    assert_eq!(digest(&project), before);
}

#[test]
fn what_heal_itself_brought_back_waits_for_nobody() {
    let project = deployed(r#"after = [["sh", "-c", "exit 4"]]"#, "");
    arm(&project);
    project.heal(&["revert"]).exits(2);
    let before = digest(&project);
    assert_eq!(project.heal(&["undo"]).exits(0).stdout, "there is nothing to take back\n");
    assert_eq!(digest(&project), before);
}

/// A repository in which code was taken back; nothing is started, so nothing is waited for.
fn swept(fault: Fault, most: usize) -> usize {
    let template = empty("", "");
    let text = template.read("heal.toml").replace("start         = [\"./run.sh\"]\n", "");
    template.write("heal.toml", &text);
    template.write("changes.txt", "one\n");
    template.write("goes/away.txt", "comes back\n");
    commit(&template, "good");
    template.write("changes.txt", "two\n");
    git(&template, &["rm", "-q", "-r", "goes"]);
    template.write("comes/along.txt", "new\n");
    let bad = commit(&template, "bad");
    accuse(&template);
    arm(&template);
    template.heal(&["revert"]).exits(1);
    let (own, tree) = (head(&template), tree(&template, &bad));
    let judge = |project: &Project, point: &Point, ran: &Ran| {
        // Where no fault could be reported, none was seen: exit 0 or 1 says that it is done.
        if matches!(ran.code, 0 | 1) {
            assert_ne!(head(project), own, "{point:?}: {ran:?}");
        }
        let again = project.heal(&["undo"]);
        // Done by the run that was disturbed, or resumed: then there is nothing left.
        assert!([0, 1].contains(&again.code), "{point:?}: {ran:?} {again:?}");
        sound(project);
        assert!(!project.path(".git/heal-revert").exists(), "{point:?}: {ran:?} {again:?}");
        assert_eq!(git(project, &["rev-parse", "HEAD^{tree}"]), tree, "{point:?}: {ran:?} {again:?}");
        assert_eq!(git(project, &["rev-parse", "HEAD~1"]), own, "{point:?}: exactly one commit");
        assert_eq!(project.events("reverted").len(), 2, "{point:?}: written down once");
    };
    sweep(|| copy(&template), &["undo"], fault, most, judge)
}

#[test]
fn killed_at_any_point_it_is_finished_or_never_began() {
    assert!(swept(Fault::Kill, 10) > 6);
}

#[test]
fn on_a_broken_disk_it_is_finished_or_never_began() {
    assert!(swept(Fault::Error("EIO"), 6) > 3);
    assert!(swept(Fault::Sticky("ENOSPC"), 3) > 1);
}
