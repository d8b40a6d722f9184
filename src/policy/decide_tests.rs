use super::*;
use crate::model::history::Act;
use crate::model::service::Launch;
use crate::model::{Incident, Outcome};

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
    };
    let mut service = Service { launch: Some(launch), ..Service::named("bot") };
    change(&mut service);
    service
}

fn unhealthy(class: Class) -> Standing {
    Standing { level: Level::Unhealthy, class: Some(class), summary: "log: old".to_owned() }
}

fn incident(tries: &[&str], cured: &[&str], retries: u32) -> Incident {
    Incident {
        severity: None,
        id: "i".to_owned(),
        opened: at(0),
        class: Class::Dead,
        summary: String::new(),
        bad: Default::default(),
        probe: None,
        refused: Default::default(),
        would: Default::default(),
        seen: Default::default(),
        tries: tries.iter().map(|rung| ((*rung).to_owned(), 1)).collect(),
        cured: cured.iter().map(|rung| (*rung).to_owned()).collect(),
        exhausted: None,
        retries,
        told: Default::default(),
        downtime_ms: None,
        queued: Default::default(),
        reminders: 0,
        said: None,
        acknowledged: None,
    }
}

/// Acts at these minutes, in an incident with these rungs tried.
fn past(acts: &[i64], tries: &[&str], cured: &[&str], retries: u32) -> ServiceHistory {
    let act = |minute: &i64| Act {
        when: at(*minute),
        rung: "restart".to_owned(),
        cause: None,
        outcome: Some(Outcome::Failed),
    };
    ServiceHistory {
        acts: acts.iter().map(act).collect(),
        incident: Some(Box::new(incident(tries, cured, retries))),
        ..ServiceHistory::default()
    }
}

fn words(decision: &Decision) -> String {
    match decision {
        Decision::Nothing => "nothing".to_owned(),
        Decision::Wait { .. } => "wait".to_owned(),
        Decision::Act { rung, next, .. } => format!("{rung} then {}", next.as_deref().unwrap_or("nothing")),
        Decision::Hold { .. } => "hold".to_owned(),
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
        (Class::Permanent, &[], "hold"),
    ];
    for (class, tries, expected) in table {
        let decision = decide(&service(|_| {}), &unhealthy(*class), &past(&[], tries, &[], 0), &BUILT, &at(1));
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
        (&["stop-stale", "restart"], Class::Hung, "stop-stale then restart"),
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
        let decision = decide(&service(|_| {}), &unhealthy(Class::Dead), &past(acts, &[], &[], 0), &BUILT, &at(*now));
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
        let past = past(&[0], &all, &[], retries);
        let decision = decide(&service(|_| {}), &unhealthy(Class::Dead), &past, &BUILT, &at(minutes));
        assert_eq!(words(&decision), expected, "{retries} retries, {minutes} minutes");
    }
}

#[test]
fn what_cured_it_before_is_taken_again_within_the_budget() {
    let all = ["restart", "stop-stale"];
    let cured = decide(&service(|_| {}), &unhealthy(Class::Hung), &past(&[0, 1], &all, &all[1..], 0), &BUILT, &at(2));
    assert_eq!(words(&cured), "stop-stale then nothing");
    let spent =
        decide(&service(|_| {}), &unhealthy(Class::Hung), &past(&[0, 1, 2], &all, &all[1..], 0), &BUILT, &at(3));
    assert_eq!(words(&spent), "refuse: budget");
    // A cure is remembered, and the ladder was then edited to rungs that are not built.
    let edited = service(|service| service.rules.ladder = vec!["revert".to_owned()]);
    let decision = decide(&edited, &unhealthy(Class::Hung), &past(&[0], &["restart"], &["restart"], 0), &BUILT, &at(2));
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
        let decision = decide(&slow, &unhealthy(Class::Dead), &past(&[0], &[], &[], 0), &BUILT, &at(now));
        assert_eq!(words(&decision), expected, "minute {now}");
    }
}

#[test]
fn a_clock_that_was_set_back_empties_no_budget() {
    let past = past(&[0, 1, 2], &[], &[], 0);
    let mut now = at(3);
    now.boot = "another".to_owned();
    now.at = at(-600).at;
    let decision = decide(&service(|_| {}), &unhealthy(Class::Dead), &past, &BUILT, &now);
    assert_eq!(words(&decision), "refuse: budget");
}

/// A service with rungs of its own: `light` for what hangs, `flush` for a full disk.
fn with_own(ladder: &[&str], limit: Option<&str>) -> Service {
    let change = crate::model::Change::RunCommand { argv: vec!["true".to_owned()], timeout_ms: 1_000 };
    let own = |on: &[Class]| crate::model::service::Remedy {
        change: change.clone(),
        on: on.to_vec(),
        limit: limit.map(|limit| limit.parse().expect("a rate")),
    };
    service(|service| {
        service.rules.ladder = ladder.iter().map(|rung| (*rung).to_owned()).collect();
        service.remedies.insert("light".to_owned(), own(&[Class::Hung]));
        service.remedies.insert("flush".to_owned(), own(&[Class::Resource]));
    })
}

#[test]
fn rungs_of_ones_own_are_taken_for_their_class_and_in_their_place() {
    let table: &[(&[&str], Class, &[&str], &str)] = &[
        (&["light", "restart"], Class::Hung, &[], "light then restart"),
        (&["light", "restart"], Class::Hung, &["light"], "restart then nothing"),
        (&["light", "restart", "stop-stale"], Class::Hung, &[], "light then stop-stale"),
        (&["restart", "light", "stop-stale"], Class::Hung, &[], "light then stop-stale"),
        (&["light", "restart"], Class::Dead, &[], "restart then nothing"),
        (&["flush", "restart"], Class::Resource, &[], "flush then nothing"),
        (&["flush", "restart"], Class::Resource, &["flush"], "refuse: ladder"),
        (&["light", "restart"], Class::Resource, &[], "helpless"),
        (&["light", "restart"], Class::Dependency, &[], "helpless"),
    ];
    for (ladder, class, tries, expected) in table {
        let decision = decide(&with_own(ladder, None), &unhealthy(*class), &past(&[], tries, &[], 0), &BUILT, &at(1));
        assert_eq!(words(&decision), *expected, "{ladder:?} {class:?} {tries:?}");
    }
    // Without a `start` only its own rungs are left.
    let observed = Service { launch: None, ..with_own(&["light", "restart"], None) };
    let decide_for = |class| decide(&observed, &unhealthy(class), &ServiceHistory::default(), &BUILT, &at(1));
    assert_eq!(words(&decide_for(Class::Hung)), "light then nothing");
    assert_eq!(words(&decide_for(Class::Dead)), "helpless");
}

/// Acts in this service's past: minute, rung, cause.
fn acts(acts: &[(i64, &str, Class)]) -> ServiceHistory {
    let act = |(minute, rung, cause): &(i64, &str, Class)| Act {
        when: at(*minute),
        rung: (*rung).to_owned(),
        cause: Some(*cause),
        outcome: Some(Outcome::Healed),
    };
    ServiceHistory { acts: acts.iter().map(act).collect(), ..ServiceHistory::default() }
}

#[test]
fn each_class_of_trouble_and_each_rung_of_ones_own_has_a_budget() {
    use Class::{Dead, Hung};
    let crashes = [(0, "restart", Dead), (1, "restart", Dead), (2, "restart", Dead)];
    let lights = [(0, "light", Hung), (1, "light", Hung), (2, "light", Hung)];
    let mixed = [(0, "restart", Dead), (1, "stop-stale", Hung), (2, "restart", Dead), (3, "stop-stale", Hung)];
    let plain = &["restart", "stop-stale"][..];
    let own = &["light", "stop-stale"][..];
    type Row<'a> = (&'a [&'a str], &'a [(i64, &'a str, Class)], Class, &'a str);
    let table: &[Row<'_>] = &[
        (plain, &crashes, Dead, "refuse: budget"),
        // A crash loop leaves the cure of a hang its own budget.
        (plain, &crashes, Hung, "stop-stale then nothing"),
        (plain, &mixed, Dead, "restart then stop-stale"),
        // A rung of one's own that is used up gives way; what it did is no stop and no start.
        (own, &lights, Hung, "stop-stale then nothing"),
        (own, &lights[..2], Hung, "light then stop-stale"),
    ];
    for (ladder, past, class, expected) in table {
        let decision = decide(&with_own(ladder, None), &unhealthy(*class), &acts(past), &BUILT, &at(5));
        assert_eq!(words(&decision), *expected, "{ladder:?} {past:?} {class:?}");
    }
    let once = with_own(own, Some("1 per 10m"));
    for (now, expected) in [(9, "stop-stale then nothing"), (10, "light then stop-stale")] {
        let decision = decide(&once, &unhealthy(Hung), &acts(&lights[..1]), &BUILT, &at(now));
        assert_eq!(words(&decision), expected, "minute {now}");
    }
}

#[test]
fn a_lowered_limit_names_the_time_when_enough_acts_have_left_the_window() {
    let past = acts(&[(0, "restart", Class::Dead), (10, "restart", Class::Dead), (20, "restart", Class::Dead)]);
    let lowered = service(|service| service.rules.restart_limit = "1 per 1h".parse().expect("a rate"));
    let decision = decide(&lowered, &unhealthy(Class::Dead), &past, &BUILT, &at(30));
    let Decision::Refuse { why, .. } = &decision else { panic!("{decision:?}") };
    assert!(why.ends_with("the next act is possible in 50m"), "{why}");
}
