use super::*;
use crate::model::{History, Identity, Span, Stamp};

fn at(second: i64) -> Moment {
    let at = Stamp::from_timestamp(1_700_000_000 + second, 0).unwrap_or_default();
    Moment { at, up: second * 1_000, boot: "boot".to_owned() }
}

fn finding(probe: &str, verdict: Verdict) -> Finding {
    Finding {
        subject: format!("bot/{probe}"),
        kind: "fresh",
        verdict,
        summary: "as seen".to_owned(),
        evidence: Vec::new(),
        figures: Vec::new(),
        sign: Sign::Other,
        took_ms: 0,
    }
}

const DEAD: Verdict = Verdict::Unhealthy(Severity::Critical, Class::Dead);
pub(super) const HUNG: Verdict = Verdict::Unhealthy(Severity::Critical, Class::Hung);
const SLOW: Verdict = Verdict::Unhealthy(Severity::Warning, Class::Hung);
const INFO: Verdict = Verdict::Unhealthy(Severity::Info, Class::Hung);
const FULL: Verdict = Verdict::Unhealthy(Severity::Critical, Class::Resource);

fn standing(verdicts: &[Verdict], age_s: Option<i64>, fails: u32, needed: u32) -> Standing {
    let findings: Vec<Finding> = verdicts.iter().enumerate().map(|(n, v)| finding(&format!("p{n}"), *v)).collect();
    let looks: Vec<_> = (1..=fails).rev().map(|ago| looked(-60 * i64::from(ago))).collect();
    let past = ServiceHistory {
        looks: findings.iter().map(|finding| (finding.probe().to_owned(), looks.clone())).collect(),
        ..ServiceHistory::default()
    };
    let rules = Rules { startup_grace: Span::secs(30), ..Rules::default() };
    let threshold = |_: &str| Threshold::in_a_row(needed);
    judge(Look { process_age_ms: age_s.map(|age| age * 1_000), ..look(&findings, &threshold, &at(0)) }, &rules, &past)
}

/// A look at a process that is old.
fn look<'a>(findings: &'a [Finding], threshold: &'a dyn Fn(&str) -> Threshold, now: &'a Moment) -> Look<'a> {
    Look { findings, process_age_ms: Some(9_000_000), threshold, gap: None, now, life: None }
}

/// A bad look.
fn looked(second: i64) -> crate::model::threshold::Look {
    crate::model::threshold::Look { when: at(second), bad: true }
}

#[test]
fn the_worst_finding_speaks() {
    let (good, unknown, skipped) = (Verdict::Healthy, Verdict::Unknown, Verdict::Skipped);
    type Row<'a> = (&'a [Verdict], Option<i64>, Level, Option<Class>);
    let table: &[Row<'_>] = &[
        (&[good, good], Some(99), Level::Healthy, None),
        (&[good, skipped], Some(99), Level::Healthy, None),
        (&[good, INFO], Some(99), Level::Healthy, None),
        (&[good, SLOW], Some(99), Level::Degraded, Some(Class::Hung)),
        (&[good, unknown], Some(99), Level::Unknown, None),
        (&[SLOW, unknown], Some(99), Level::Unknown, None),
        (&[unknown, HUNG], Some(99), Level::Unhealthy, Some(Class::Hung)),
        (&[HUNG, DEAD], None, Level::Unhealthy, Some(Class::Dead)),
        (&[FULL, HUNG], Some(99), Level::Unhealthy, Some(Class::Hung)),
        // Nothing was seen at all: that is not health.
        (&[], None, Level::Unknown, None),
        (&[skipped, skipped], None, Level::Unknown, None),
        // Inside the grace.
        (&[good, HUNG], Some(29), Level::Starting, Some(Class::Hung)),
        (&[good, HUNG], Some(30), Level::Unhealthy, Some(Class::Hung)),
        // A process that is not there is never starting; a full disk has nothing to do with a start.
        (&[DEAD], None, Level::Unhealthy, Some(Class::Dead)),
        (&[good, FULL], Some(1), Level::Unhealthy, Some(Class::Resource)),
    ];
    for (verdicts, age, level, class) in table {
        let got = standing(verdicts, *age, 0, 1);
        assert_eq!((got.level, got.class), (*level, *class), "{verdicts:?} {age:?}: {}", got.summary);
    }
}

#[test]
fn a_failure_counts_from_its_threshold_on() {
    for (before, level) in [(0, Level::Degraded), (1, Level::Degraded), (2, Level::Unhealthy), (9, Level::Unhealthy)] {
        assert_eq!(standing(&[HUNG], Some(99), before, 3).level, level, "{before} bad looks before");
    }
    assert_eq!(standing(&[HUNG], Some(99), 1, 3).summary, "p0: as seen (2 of 3)");
}

/// A service lived through: each step is a look at a second, with its verdict; the history is the real fold.
pub(super) struct Life {
    history: History,
    pub(super) rules: Rules,
    pub(super) threshold: Threshold,
    pub(super) gap: Option<Span>,
    log: Vec<String>,
    pub(super) levels: Vec<Level>,
}

impl Life {
    pub(super) fn new() -> Self {
        let rules = Rules { startup_grace: Span::secs(0), stable_for: Span::secs(120), ..Rules::default() };
        let threshold = Threshold::in_a_row(2);
        Self { history: History::default(), rules, threshold, gap: None, log: Vec::new(), levels: Vec::new() }
    }

    pub(super) fn look(&mut self, second: i64, verdict: Verdict) {
        self.see(second, &[finding("log", verdict)]);
    }

    fn see(&mut self, second: i64, findings: &[Finding]) {
        let past = self.history.service("bot").clone();
        let (threshold, now) = (self.threshold, at(second));
        let threshold = |_: &str| threshold;
        let look = Look { gap: self.gap, ..look(findings, &threshold, &now) };
        let standing = judge(look, &self.rules, &past);
        self.levels.push(standing.level);
        for event in follow("bot", &standing, look, &self.rules, &past, &format!("i{second}")) {
            match &event {
                Event::Opened { incident, .. } => self.log.push(format!("{second} opened {incident}")),
                Event::Closed { downtime_ms, .. } => self.log.push(format!("{second} closed after {downtime_ms} ms")),
                _ => {}
            }
            self.add(second, event);
        }
    }

    pub(super) fn add(&mut self, second: i64, event: Event) {
        let entry = crate::model::Entry { v: 1, moment: at(second), run: "r".to_owned(), event };
        self.history.apply(&entry);
    }
}

#[test]
fn an_incident_begins_at_the_threshold_and_ends_after_stable_health() {
    let mut life = Life::new();
    for second in [0, 60] {
        life.look(second, Verdict::Healthy);
    }
    life.look(120, HUNG); // 1 of 2
    life.look(180, Verdict::Healthy); // the count begins anew
    life.look(240, HUNG);
    life.look(300, HUNG); // the threshold
    life.look(360, HUNG); // still the same incident
    life.look(420, Verdict::Healthy); // the first good look
    life.look(480, Verdict::Unknown); // says nothing, neither way
    life.look(500, Verdict::Healthy); // 80 s: too early
    life.look(540, Verdict::Healthy); // 120 s of health
    life.look(600, Verdict::Healthy);
    assert_eq!(life.log, ["300 opened i300", "540 closed after 120000 ms"]);
    assert_eq!(life.history.service("bot").looks, Default::default());
}

#[test]
fn a_service_that_cannot_be_seen_is_told_of_but_not_at_once() {
    let mut life = Life::new();
    life.look(0, Verdict::Unknown);
    life.look(60, Verdict::Unknown);
    life.look(120, Verdict::Healthy); // seen again: the count begins anew
    life.look(180, Verdict::Unknown);
    life.look(240, Verdict::Unknown);
    assert_eq!(life.log, [""; 0]);
    life.look(300, Verdict::Unknown);
    life.look(360, Verdict::Unknown);
    assert_eq!(life.log, ["300 opened i300"]);
    assert_eq!(life.history.service("bot").incident.as_ref().map(|incident| incident.class), Some(Class::Unknown));
}

/// A look at `process`, which is good, and at `log`.
fn beside_a_process(life: &mut Life, second: i64, log: Verdict) {
    life.see(second, &[finding("process", Verdict::Healthy), finding("log", log)]);
}

#[test]
fn what_was_bad_has_to_be_seen_well_before_the_trouble_is_over() {
    let mut life = Life::new();
    for second in [0, 60] {
        beside_a_process(&mut life, second, HUNG);
    }
    // Its process runs, and of what was wrong nobody says anything.
    for second in [120, 180, 240, 300, 360] {
        beside_a_process(&mut life, second, Verdict::Skipped);
    }
    assert_eq!(life.log, ["60 opened i60"]);
    let findings = [finding("process", Verdict::Healthy), finding("log", Verdict::Skipped)];
    let (now, threshold) = (at(0), |_: &str| Threshold::default());
    let look = Look { process_age_ms: None, ..look(&findings, &threshold, &now) };
    let standing = judge(look, &life.rules, life.history.service("bot"));
    assert_eq!((standing.level, standing.summary.as_str()), (Level::Starting, "log: as seen"));
    for second in [420, 480, 540] {
        beside_a_process(&mut life, second, Verdict::Healthy);
    }
    assert_eq!(life.log, ["60 opened i60", "540 closed after 360000 ms"]);
}

#[test]
fn half_a_look_is_not_a_good_look() {
    let mut life = Life::new();
    life.rules.recover_after = 2;
    for second in [0, 60] {
        beside_a_process(&mut life, second, HUNG);
    }
    for second in [120, 180, 240, 300] {
        beside_a_process(&mut life, second, Verdict::Unknown);
    }
    beside_a_process(&mut life, 360, Verdict::Healthy); // the first good look
    assert_eq!(life.log, ["60 opened i60"]);
    beside_a_process(&mut life, 480, Verdict::Healthy);
    assert_eq!(life.log, ["60 opened i60", "480 closed after 300000 ms"]);
    // What was bad beside it is bad all the same.
    life.see(900, &[finding("log", HUNG), finding("other", Verdict::Unknown)]);
    assert_eq!(life.history.service("bot").good_since, None);
}

#[test]
fn a_relapse_within_the_time_is_the_same_incident() {
    let mut life = Life::new();
    life.look(0, HUNG);
    life.look(60, HUNG);
    life.look(120, Verdict::Healthy);
    life.look(180, HUNG);
    life.look(240, Verdict::Healthy);
    life.look(300, Verdict::Healthy); // 60 s since the relapse
    assert_eq!(life.log, ["60 opened i60"]);
    life.look(360, Verdict::Healthy);
    assert_eq!(life.log.len(), 2, "{:?}", life.log);
}

#[test]
fn trouble_long_after_a_cure_that_nobody_watched_is_another_incident() {
    let cured = |life: &mut Life| {
        let identity = Identity { pid: 7, start: 7, boot: "boot".to_owned() };
        life.add(61, Event::Recognised { service: "bot".to_owned(), identity });
        let done = Event::Done {
            intent: "1".to_owned(),
            service: "bot".to_owned(),
            rung: "restart".to_owned(),
            outcome: crate::model::Outcome::Healed,
            detail: String::new(),
        };
        life.add(62, done);
    };
    let mut life = Life::new();
    life.look(0, HUNG);
    life.look(60, HUNG);
    cured(&mut life);
    // `heal check --quiet || heal heal`: no tick while all is well.
    life.look(7_200, HUNG); // 1 of 2, and the old incident is long over
    life.look(7_260, HUNG);
    assert_eq!(life.log, ["60 opened i60", "7200 closed after 2000 ms", "7260 opened i7260"]);
    let mut relapse = Life::new();
    relapse.look(0, HUNG);
    relapse.look(60, HUNG);
    cured(&mut relapse);
    relapse.look(100, HUNG);
    relapse.look(160, HUNG);
    assert_eq!(relapse.log, ["60 opened i60"], "within stable_for it is the same trouble");
}

#[test]
fn a_new_process_starts_with_clean_counters() {
    let mut life = Life::new();
    life.look(0, HUNG);
    let identity = Identity { pid: 7, start: 7, boot: "boot".to_owned() };
    life.add(30, Event::Recognised { service: "bot".to_owned(), identity });
    life.look(60, HUNG); // 1 of 2 of this life
    assert_eq!(life.log, [""; 0]);
    life.look(120, HUNG);
    assert_eq!(life.log, ["120 opened i120"]);
}

#[test]
fn a_healthy_service_leaves_no_trace_in_the_journal() {
    let findings = [finding("log", Verdict::Healthy)];
    let healthy = Standing { level: Level::Healthy, class: None, summary: String::new() };
    let (now, threshold) = (at(0), |_: &str| Threshold::default());
    let look = look(&findings, &threshold, &now);
    let events = follow("bot", &healthy, look, &Rules::default(), &ServiceHistory::default(), "i");
    assert_eq!(events, []);
}

#[test]
fn what_is_forgiven_while_starting_is_not_counted() {
    let findings = [finding("log", HUNG)];
    let starting = Standing { level: Level::Starting, class: Some(Class::Hung), summary: String::new() };
    let past = ServiceHistory { looks: [("log".to_owned(), vec![looked(-60)])].into(), ..ServiceHistory::default() };
    let (now, threshold) = (at(0), |_: &str| Threshold::default());
    let events = follow("bot", &starting, look(&findings, &threshold, &now), &Rules::default(), &past, "i");
    let nothing = Event::Observed {
        service: "bot".to_owned(),
        bad: Vec::new(),
        good: Vec::new(),
        passing: Vec::new(),
        unseen: false,
    };
    assert_eq!(events, [nothing]);
}

#[test]
fn what_is_forgiven_is_not_counted_whatever_else_is_wrong() {
    // Found by the simulation: while the disk was full, two bad looks inside of the grace and one after it were three.
    let rules = Rules { startup_grace: Span::secs(90), ..Rules::default() };
    let (now, threshold, past) = (at(0), |_: &str| Threshold::in_a_row(3), ServiceHistory::default());
    for (age, others, bad) in [(89, FULL, &["disk"][..]), (90, FULL, &["answer", "disk"]), (89, SLOW, &[])] {
        let findings = [finding("answer", HUNG), finding("disk", others)];
        let look = Look { process_age_ms: Some(age * 1_000), ..look(&findings, &threshold, &now) };
        let standing = judge(look, &rules, &past);
        let counted = follow("bot", &standing, look, &rules, &past, "id").into_iter().find_map(|event| match event {
            Event::Observed { bad, .. } => Some(bad),
            _ => None,
        });
        assert_eq!(counted.unwrap_or_default(), bad, "{age} {others:?}");
    }
}

#[test]
fn a_look_inside_the_grace_does_not_count_though_nobody_knew_the_process_then() {
    // Found by the simulation. Looks a minute apart, and a grace of 30 s.
    let level = |age| standing(&[HUNG], Some(age), 2, 3).level;
    assert_eq!((level(150), level(149)), (Level::Unhealthy, Level::Degraded));
}

#[test]
fn any_string_of_looks_is_judged_as_by_a_plain_count() {
    // Numerical Recipes' generator: the same strings in every run.
    let mut seed: u64 = 20_261_122;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for round in 0..500 {
        let bad = u32::try_from(random(4) + 1).expect("small");
        let of = bad + u32::try_from(random(4)).expect("small");
        let within = (random(2) == 0).then(|| Span::secs(60 * (random(5) + 1)));
        let mut life = Life::new();
        life.threshold = Threshold { bad, of, within };
        // The end of an incident forgets the looks before it.
        life.rules.stable_for = Span::secs(86_400);
        let looks: Vec<bool> = (0..40).map(|_| random(10) < 6).collect();
        for (minute, is_bad) in looks.iter().enumerate() {
            let second = i64::try_from(minute).expect("small") * 60;
            life.look(second, if *is_bad { HUNG } else { Verdict::Healthy });
            // The reference: of the last `of` looks, those within the window, in a row if that was asked for.
            let within = within.map_or(usize::MAX, |within| usize::try_from(within.millis() / 60_000).expect("small"));
            let last = looks[..=minute].iter().rev().take(of as usize).take(within.saturating_add(1));
            let counted =
                if of == bad { last.take_while(|bad| **bad).count() } else { last.filter(|bad| **bad).count() };
            let expected = match (is_bad, counted >= bad as usize) {
                (false, _) => Level::Healthy,
                (true, false) => Level::Degraded,
                (true, true) => Level::Unhealthy,
            };
            let got = *life.levels.last().expect("looked");
            assert_eq!(got, expected, "round {round}, {}: look {minute} of {looks:?}", life.threshold);
        }
    }
}

#[test]
fn silence_is_no_evidence_against_who_answers() {
    let with = |probe: &str, sign: Sign, verdict: Verdict| Finding { sign, ..finding(probe, verdict) };
    let log = |verdict| with("log", Sign::Trace, verdict);
    let http = |verdict| with("http", Sign::Answer, verdict);
    let beat = |verdict| with("beat", Sign::Other, verdict);
    let (good, unknown, skipped) = (Verdict::Healthy, Verdict::Unknown, Verdict::Skipped);
    let table = [
        (vec![log(HUNG)], Level::Unhealthy),
        (vec![log(HUNG), http(good)], Level::Degraded),
        (vec![log(HUNG), http(HUNG)], Level::Unhealthy),
        (vec![log(HUNG), http(good), http(HUNG)], Level::Unhealthy),
        (vec![log(HUNG), http(unknown)], Level::Unhealthy),
        (vec![log(HUNG), http(skipped)], Level::Unhealthy),
        // A heartbeat is written however quiet the night; that the port answers says nothing about the work.
        (vec![beat(HUNG), http(good)], Level::Unhealthy),
        (vec![log(FULL), http(good)], Level::Unhealthy),
    ];
    for (findings, level) in table {
        let (now, threshold) = (at(0), |_: &str| Threshold::default());
        let look = look(&findings, &threshold, &now);
        let standing = judge(look, &Rules::default(), &ServiceHistory::default());
        assert_eq!(standing.level, level, "{findings:?}: {}", standing.summary);
        if level == Level::Degraded {
            assert!(!is_failing(&findings));
            assert_eq!(follow("bot", &standing, look, &Rules::default(), &ServiceHistory::default(), "i"), []);
        }
    }
}

#[test]
fn who_is_blocked_gathers_no_bad_looks_and_opens_no_incident() {
    let findings = [finding("http", HUNG)];
    let standing = Standing { level: Level::Blocked, class: Some(Class::Dependency), summary: String::new() };
    let (now, threshold) = (at(0), |_: &str| Threshold::default());
    let look = look(&findings, &threshold, &now);
    assert_eq!(follow("bot", &standing, look, &Rules::default(), &ServiceHistory::default(), "i"), []);
    let past = ServiceHistory { looks: [("http".to_owned(), vec![looked(-60)])].into(), ..ServiceHistory::default() };
    let Some(Event::Observed { bad, good, .. }) = follow("bot", &standing, look, &Rules::default(), &past, "i").pop()
    else {
        panic!("observed");
    };
    assert!(bad.is_empty() && good.is_empty());
}
