//! Is a second process that fits noticed, though a quiet tick does not search for one each time? And is nothing done to
//! anybody before it was searched for?

use super::acting::{NAP, later, sleeper, the_one};
use super::support::{Project, Ran, alive};

/// A healthy service that ticks have seen, and a second one beside it since.
fn two(extra: &str) -> (Project, [i32; 2]) {
    let mut project = sleeper(&format!("startup_grace = \"0s\"\n{extra}"));
    let first = project.spawn(&["sleep", NAP]);
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal"]).exits(0);
    let second = project.spawn(&["sleep", NAP]);
    (project, [first, second])
}

fn says_two(ran: &Ran) -> bool {
    ran.stdout.contains("2 processes fit")
}

#[track_caller]
fn untouched(project: &Project, both: [i32; 2]) {
    assert!(both.into_iter().all(alive));
    assert_eq!(project.events("intent").len(), 0, "{:#?}", project.journal());
}

#[test]
fn a_second_one_is_noticed_within_five_ticks_and_stays_noticed() {
    let (project, both) = two("");
    let codes: Vec<i32> = (0..5).map(|_| project.heal(&["heal"]).code).collect();
    let at = codes.iter().position(|code| *code == 3).unwrap_or_else(|| panic!("{codes:?}"));
    assert!(codes[..at].iter().all(|code| *code == 0) && codes[at..].iter().all(|code| *code == 3), "{codes:?}");
    for _ in 0..6 {
        assert!(says_two(&project.heal(&["heal"]).exits(3)));
    }
    untouched(&project, both);
}

#[test]
fn a_second_one_is_noticed_within_five_minutes_however_seldom_heal_ticks() {
    let (project, both) = two("");
    assert!(says_two(&later(&project, "5m", &["heal"]).exits(3)));
    untouched(&project, both);
}

#[test]
fn who_asks_or_changes_what_is_searched_for_is_told_at_once() {
    let (project, both) = two("");
    assert!(says_two(&project.heal(&["check"]).exits(3)));
    assert!(says_two(&project.heal(&["heal", "--dry-run"]).exits(3)));
    project.heal(&["heal"]).exits(0);
    assert!(says_two(&project.heal(&["heal", "--set", "service.app.match.user=root"]).exits(3)));
    untouched(&project, both);
}

#[test]
fn what_ails_is_searched_for_before_anything_is_said_or_done() {
    let probe = "[service.app.probes]\nwell = { kind = \"command\", command = [\"test\", \"!\", \"-e\", \"ill\"] }\n";
    let (project, both) = two(probe);
    project.write("ill", "");
    let answer = project.heal(&["heal", "--json"]).exits(2).json();
    let why = answer["services"][0]["decision"]["why"].as_str().expect("a reason");
    assert!(why.starts_with("unknown which process it is: 2 processes fit"), "{answer:#}");
    untouched(&project, both);
}

#[test]
fn the_first_one_gone_the_second_is_the_service_and_none_is_started() {
    let (project, [first, second]) = two("");
    super::acting::end(first);
    project.heal(&["heal"]).exits(0);
    assert_eq!(the_one(&project, NAP), second);
    assert_eq!(project.events("intent").len(), 0);
}
