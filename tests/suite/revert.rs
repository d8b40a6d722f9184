//! Does `heal revert` bring back what ran, and only that?

use expect_test::expect;

use super::acting::{kinds, the_one, timeless};
use super::repository::{arm, commit, deployed, git, head, sound};

#[test]
fn the_commit_that_crashes_is_taken_back_and_the_service_runs() {
    let project = deployed("", "");
    arm(&project);
    let (good, bad) = (git(&project, &["rev-parse", "HEAD~1"]), head(&project));
    let ran = project.heal(&["revert"]).exits(0);
    println!("{}", ran.stdout);
    the_one(&project, "86400");
    sound(&project);
    assert_eq!(git(&project, &["rev-parse", "HEAD~1"]), bad, "on top of it, nothing is rewritten");
    assert_eq!(git(&project, &["rev-parse", "HEAD^{tree}"]), git(&project, &["rev-parse", &format!("{good}^{{tree}}")]));
    println!("{}", git(&project, &["log", "-1"]));
    println!("{}", kinds(&project));
}
