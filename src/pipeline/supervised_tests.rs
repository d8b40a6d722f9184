use super::*;
use crate::model::Stamp;
use crate::model::history::Act;

fn moment(up: i64) -> Moment {
    Moment { at: Stamp::from_timestamp(1_700_000_000, 0).unwrap_or_default(), up, boot: "boot".to_owned() }
}

fn standing(level: Level, class: Option<Class>) -> Standing {
    Standing { level, class, summary: "not running".to_owned() }
}

fn dead() -> Standing {
    standing(Level::Unhealthy, Some(Class::Dead))
}

fn down() -> Told {
    Told { state: "failed (exit code 78)".to_owned(), exit: Some(78), changed_ms: Some(50_000), ..Told::default() }
}

fn acted(up: i64, outcome: Option<Outcome>) -> ServiceHistory {
    let act = Act { when: moment(up), rung: "restart".to_owned(), cause: None, outcome };
    ServiceHistory { acts: vec![act], ..ServiceHistory::default() }
}

fn judged(standing: Standing, told: &Told, past: &ServiceHistory) -> (Level, Option<Class>) {
    let rules = Rules { hold_on_exit: vec![78], ..Rules::default() };
    let judged = judge(standing, told, &rules, past, &moment(100_000));
    (judged.level, judged.class)
}

#[test]
fn a_wish_comes_before_all_that_the_probes_say() {
    let told = Told { wish: Some("masked".to_owned()), ..down() };
    for before in [dead(), standing(Level::Healthy, None), standing(Level::Unknown, None)] {
        assert_eq!(judged(before, &told, &ServiceHistory::default()), (Level::LeftAlone, None));
    }
}

#[test]
fn what_heal_itself_left_behind_between_two_requests_is_no_wish() {
    let told = Told { wish: Some("stopped".to_owned()), exit: None, ..down() };
    let dead_still = (Level::Unhealthy, Some(Class::Dead));
    let table = [
        (49_900, Some(Outcome::Interrupted), dead_still),
        (49_900, Some(Outcome::Failed), dead_still),
        (49_900, None, dead_still),
        // It came up after the act: whoever stopped it then was somebody else.
        (49_900, Some(Outcome::Healed), (Level::LeftAlone, None)),
        // Its operator stopped it long after the act that failed, or before it.
        (20_000, Some(Outcome::Failed), (Level::LeftAlone, None)),
        (60_000, Some(Outcome::Failed), (Level::LeftAlone, None)),
    ];
    for (up, outcome, expected) in table {
        assert_eq!(judged(dead(), &told, &acted(up, outcome)), expected, "{up} {outcome:?}");
    }
    let mut before_the_boot = acted(49_900, Some(Outcome::Interrupted));
    before_the_boot.acts[0].when.boot = "another".to_owned();
    assert_eq!(judged(dead(), &told, &before_the_boot), (Level::LeftAlone, None));
}

#[test]
fn what_its_supervisor_restarts_is_starting_until_it_did_so_too_often() {
    let moving = |restarts| Told { moving: Some("auto-restart".to_owned()), restarts, ..down() };
    let past = ServiceHistory::default();
    assert_eq!(judged(dead(), &moving(2), &past), (Level::Starting, Some(Class::Dead)), "whatever the exit code was");
    assert_eq!(judged(dead(), &moving(3), &past), (Level::Unhealthy, Some(Class::Dead)));
    let hung = standing(Level::Unhealthy, Some(Class::Hung));
    assert_eq!(judged(hung, &moving(0), &past), (Level::Unhealthy, Some(Class::Hung)), "it runs, and does not answer");
}

#[test]
fn an_exit_code_that_a_restart_does_not_cure_is_known_without_one_until_a_person_released_it() {
    let past = ServiceHistory::default();
    assert_eq!(judged(dead(), &down(), &past), (Level::Unhealthy, Some(Class::Permanent)));
    assert_eq!(judged(dead(), &Told { exit: Some(1), ..down() }, &past), (Level::Unhealthy, Some(Class::Dead)));
    assert_eq!(judged(dead(), &Told { exit: None, ..down() }, &past), (Level::Unhealthy, Some(Class::Dead)));
    let released = |up| ServiceHistory { released: Some(moment(up)), ..acted(10_000, None) };
    assert_eq!(judged(dead(), &down(), &released(60_000)), (Level::Unhealthy, Some(Class::Dead)), "looked at since");
    assert_eq!(judged(dead(), &down(), &released(40_000)), (Level::Unhealthy, Some(Class::Permanent)), "and again");
    // launchd does not say when it ended: what was started since the release ended since.
    let timeless = Told { changed_ms: None, ..down() };
    assert_eq!(judged(dead(), &timeless, &released(60_000)), (Level::Unhealthy, Some(Class::Dead)));
    assert_eq!(judged(dead(), &timeless, &released(9_000)), (Level::Unhealthy, Some(Class::Permanent)));
}
