use super::*;
use crate::model::Outcome;
use crate::model::history::Act;
use crate::model::service::Launch;

const BUILT: [&str; 2] = ["restart", "stop-stale"];
const MINUTE: i64 = 60_000;

fn at(minute: i64) -> Moment {
    let at = crate::model::Stamp::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap_or_default();
    Moment { at, up: minute * MINUTE, boot: "boot".to_owned() }
}

fn service(change: impl FnOnce(&mut Service)) -> Service {
    let launch = Launch {
        argv: vec!["bot".to_owned()],
        cwd: "/".into(),
        env: Default::default(),
        log: "/log".into(),
        stop_grace: Span::secs(1),
        verify_within: Span::secs(1),
    };
    let mut service =
        Service { name: "bot".to_owned(), rules: Rules::default(), selector: None, launch: Some(launch), unit: None };
    change(&mut service);
    service
}

fn unhealthy(class: Class) -> Standing {
    Standing { level: Level::Unhealthy, class: Some(class), summary: "log: old".to_owned() }
}

fn incident(tries: &[&str], cures: u32, retries: u32) -> Incident {
    Incident {
        id: "i".to_owned(),
        opened: at(0),
        class: Class::Dead,
        summary: String::new(),
        bad: Default::default(),
        would: Default::default(),
        seen: Default::default(),
        tries: tries.iter().map(|rung| ((*rung).to_owned(), 1)).collect(),
        cures,
        exhausted: None,
        retries,
        told: Default::default(),
        downtime_ms: None,
    }
}

/// Acts at these minutes, in an incident with these rungs tried.
fn past(acts: &[i64], tries: &[&str], cures: u32, retries: u32) -> ServiceHistory {
    let act = |minute: &i64| Act { when: at(*minute), rung: "restart".to_owned(), outcome: Some(Outcome::Failed) };
    ServiceHistory {
        acts: acts.iter().map(act).collect(),
        incident: Some(incident(tries, cures, retries)),
        ..ServiceHistory::default()
    }
}

fn words(decision: &Decision) -> String {
    match decision {
        Decision::Nothing => "nothing".to_owned(),
        Decision::Wait { .. } => "wait".to_owned(),
        Decision::Act { rung, next, .. } => format!("{rung} then {}", next.as_deref().unwrap_or("nothing")),
        Decision::Refuse { by, .. } => format!("refuse: {by:?}").to_lowercase(),
        Decision::Helpless { .. } => "helpless".to_owned(),
    }
}

#[test]
fn only_a_critical_verdict_acts() {
    let levels = [
        (Level::Disabled, "nothing"),
        (Level::Healthy, "nothing"),
        (Level::Starting, "wait"),
        (Level::Degraded, "wait"),
        (Level::Unknown, "wait"),
        (Level::Unhealthy, "stop-stale then nothing"),
    ];
    for (level, expected) in levels {
        let standing = Standing { level, ..unhealthy(Class::Hung) };
        let decision = decide(&service(|_| {}), &standing, &ServiceHistory::default(), &BUILT, &at(0));
        assert_eq!(words(&decision), expected, "{level:?}");
    }
}

#[test]
fn the_class_picks_the_rung_and_the_ladder_is_climbed() {
    let table: &[(Class, &[&str], &str)] = &[
        (Class::Dead, &[], "restart then stop-stale"),
        (Class::Dead, &["restart"], "stop-stale then nothing"),
        (Class::Dead, &["restart", "stop-stale"], "refuse: ladder"),
        (Class::Hung, &[], "stop-stale then nothing"),
        (Class::Hung, &["restart"], "stop-stale then nothing"),
        (Class::Hung, &["stop-stale"], "refuse: ladder"),
        (Class::Resource, &[], "helpless"),
        (Class::Dependency, &[], "helpless"),
        (Class::Permanent, &[], "helpless"),
    ];
    for (class, tries, expected) in table {
        let decision = decide(&service(|_| {}), &unhealthy(*class), &past(&[], tries, 0, 0), &BUILT, &at(1));
        assert_eq!(words(&decision), *expected, "{class:?} {tries:?}");
    }
}

#[test]
fn a_ladder_of_ones_own_is_climbed_from_its_foot_and_unbuilt_rungs_are_passed_over() {
    let with = |ladder: &[&str]| {
        let ladder = ladder.iter().map(|rung| (*rung).to_owned()).collect();
        service(|service| service.rules.ladder = ladder)
    };
    let table: &[(&[&str], Class, &str)] = &[
        (&["restart"], Class::Hung, "restart then nothing"),
        (&["light", "medium", "restart"], Class::Hung, "restart then nothing"),
        (&["restart", "stop-stale", "clear-locks", "revert"], Class::Dead, "restart then stop-stale"),
        (&[], Class::Dead, "refuse: ladder"),
        (&["revert"], Class::Dead, "refuse: ladder"),
    ];
    for (ladder, class, expected) in table {
        let decision = decide(&with(ladder), &unhealthy(*class), &ServiceHistory::default(), &BUILT, &at(0));
        assert_eq!(words(&decision), *expected, "{ladder:?}");
    }
}

#[test]
fn the_budget_holds_over_any_window_and_refills_one_by_one() {
    // Acts at these minutes, now; 3 per 1h.
    let table: &[(&[i64], i64, &str)] = &[
        (&[0, 1], 2, "restart then stop-stale"),
        (&[0, 1, 2], 3, "refuse: budget"),
        (&[0, 1, 2], 59, "refuse: budget"),
        (&[0, 1, 2], 60, "restart then stop-stale"),
        (&[0, 1, 2, 60], 60, "refuse: budget"),
        (&[0, 1, 2, 60], 61, "restart then stop-stale"),
    ];
    for (acts, now, expected) in table {
        let decision = decide(&service(|_| {}), &unhealthy(Class::Dead), &past(acts, &[], 0, 0), &BUILT, &at(*now));
        assert_eq!(words(&decision), *expected, "{acts:?} at {now}");
    }
}

#[test]
fn after_the_ladder_come_slow_retries_and_never_silence() {
    let all = ["restart", "stop-stale"];
    // Retries so far, minutes since the last act.
    let table = [
        (0, 29, "refuse: ladder"),
        (0, 30, "restart then nothing"),
        (1, 119, "refuse: ladder"),
        (1, 120, "restart then nothing"),
        (2, 359, "refuse: ladder"),
        (2, 360, "restart then nothing"),
        (9, 359, "refuse: ladder"),
        (9, 360, "restart then nothing"),
    ];
    for (retries, minutes, expected) in table {
        let past = past(&[0], &all, 0, retries);
        let decision = decide(&service(|_| {}), &unhealthy(Class::Dead), &past, &BUILT, &at(minutes));
        assert_eq!(words(&decision), expected, "{retries} retries, {minutes} minutes");
    }
}

#[test]
fn what_cured_it_before_is_taken_again_within_the_budget() {
    let all = ["restart", "stop-stale"];
    let cured = decide(&service(|_| {}), &unhealthy(Class::Hung), &past(&[0, 1], &all, 2, 0), &BUILT, &at(2));
    assert_eq!(words(&cured), "stop-stale then nothing");
    let spent = decide(&service(|_| {}), &unhealthy(Class::Hung), &past(&[0, 1, 2], &all, 3, 0), &BUILT, &at(3));
    assert_eq!(words(&spent), "refuse: budget");
    // A cure is remembered, and the ladder was then edited to rungs that are not built.
    let edited = service(|service| service.rules.ladder = vec!["revert".to_owned()]);
    let decision = decide(&edited, &unhealthy(Class::Hung), &past(&[0], &["restart"], 1, 0), &BUILT, &at(2));
    assert_eq!(words(&decision), "refuse: ladder");
}

#[test]
fn a_person_comes_first() {
    let held = ServiceHistory { held: Some((at(0), "exit code 2".to_owned())), ..ServiceHistory::default() };
    let decision = decide(&service(|_| {}), &unhealthy(Class::Dead), &held, &BUILT, &at(5));
    let Decision::Refuse { by: Refusal::Held, why } = &decision else { panic!("{decision:?}") };
    assert_eq!(why, "held for 5m: exit code 2; `heal release bot` when it is put right");
}

#[test]
fn without_a_way_to_start_it_heal_only_observes() {
    let observed = service(|service| service.launch = None);
    let decision = decide(&observed, &unhealthy(Class::Dead), &ServiceHistory::default(), &BUILT, &at(0));
    assert_eq!(words(&decision), "helpless");
}

#[test]
fn the_pause_between_acts_is_kept() {
    let slow = service(|service| service.rules.restart_delay = Span::secs(120));
    for (now, expected) in [(1, "wait"), (2, "restart then stop-stale")] {
        let decision = decide(&slow, &unhealthy(Class::Dead), &past(&[0], &[], 0, 0), &BUILT, &at(now));
        assert_eq!(words(&decision), expected, "minute {now}");
    }
}

#[test]
fn a_clock_that_was_set_back_empties_no_budget() {
    let past = past(&[0, 1, 2], &[], 0, 0);
    let mut now = at(3);
    now.boot = "another".to_owned();
    now.at = at(-600).at;
    let decision = decide(&service(|_| {}), &unhealthy(Class::Dead), &past, &BUILT, &now);
    assert_eq!(words(&decision), "refuse: budget");
}
