//! Does a crash loop climb to the rung that takes the code back: only when armed, only once, and does it say why it does not?

use super::acting::{end, kinds, later, running, the_one};
use super::repository::{arm, commit, empty, git, head, sound};
use super::support::{Project, wait_for};

/// A service that runs, as heal started it, and has done so for long.
fn running_well() -> Project {
    let project = empty("", "[crash]\npattern = \"2 per 30m\"");
    project.script("run.sh", "#!/bin/sh\nexec sleep 86400\n");
    commit(&project, "A version that runs");
    project.heal(&["heal"]).exits(0);
    let first = the_one(&project, "86400");
    // Without a third rung that starts it, two crashes have to be enough.
    // Its life was as long as it takes to be known as good.
    later(&project, "5m", &["heal"]).exits(0);
    // Deployed; it dies at its next start.
    project.script("run.sh", "#!/bin/sh\necho no module named x >&2\nexit 1\n");
    commit(&project, "A version that does not");
    end(first);
    project
}

#[test]
fn a_crash_loop_climbs_to_the_revert_and_the_service_is_up() {
    let project = running_well();
    arm(&project);
    let (good, bad) = (git(&project, &["rev-parse", "HEAD~1"]), head(&project));
    let mut codes = Vec::new();
    for minute in 6..16 {
        let ran = later(&project, &format!("{minute}m"), &["heal"]);
        codes.push(ran.code);
        if ran.code == 0 {
            break;
        }
    }
    assert_eq!(codes.last(), Some(&0), "{codes:?}: {}", kinds(&project));
    the_one(&project, "86400");
    sound(&project);
    assert_eq!(git(&project, &["rev-parse", "HEAD~1"]), bad);
    assert_eq!(
        git(&project, &["rev-parse", "HEAD^{tree}"]),
        git(&project, &["rev-parse", &format!("{good}^{{tree}}")])
    );
    assert!(
        git(&project, &["log", "-1", "--format=%B"]).contains("no module named x"),
        "the evidence is in the commit"
    );
    assert_eq!(project.events("reverted").len(), 1);
    assert_eq!(project.events("alerted").iter().filter(|event| event["notice"] == "reverted").count(), 1);
}

#[test]
fn unarmed_it_is_no_rung_and_leaves_the_code_alone() {
    let project = running_well();
    let bad = head(&project);
    for minute in 6..12 {
        let ran = later(&project, &format!("{minute}m"), &["heal"]);
        assert!(!ran.stdout.contains("revert"), "nothing is announced that would not be done: {}", ran.stdout);
    }
    let ran = later(&project, "12m", &["revert"]).exits(69);
    assert!(ran.stdout.contains("it is not armed"), "{}", ran.stdout);
    assert_eq!(head(&project), bad);
    assert!(project.events("reverted").is_empty());
    wait_for("nobody to run", || running(&project, "86400").is_empty());
}
