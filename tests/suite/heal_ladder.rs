//! Does heal know when to stop? Rungs, budgets, pauses between acts, the slow retries, and the end of an incident.

use expect_test::expect;

use super::acting::{NAP, end, kinds, later, running, sleeper, started_by, the_one, timeless};
use super::support::Project;

/// Six ticks against a start command that never brings the service up.
fn six_in_vain(start: &str) -> (Project, Vec<i32>) {
    let project = started_by(start, "");
    let tick = ["heal", "--set", "service.app.verify_within=500ms"];
    let codes = (0..6).map(|_| project.heal(&tick).code).collect();
    (project, codes)
}

#[test]
fn six_ticks_against_true_are_one_incident_within_the_budget_and_never_fine() {
    let (project, codes) = six_in_vain("[\"true\"]");
    assert_eq!(codes, [2, 2, 69, 69, 69, 69]);
    expect!["opened, intent restart, started, done failed, alerted opened operator_alerts, intent stop-stale, started, done failed, exhausted, alerted exhausted operator_alerts"].assert_eq(&kinds(&project));
    let ran = project.heal(&["heal"]).exits(69);
    expect![[r#"
        exit 69
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits; it last ran as pid [PID]
            incident since [TIME], 2 acts so far
            nothing done: every rung was tried; `restart` is tried again in [SPAN]
        next  heal release app   (when it is put right)
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
}

#[test]
fn six_ticks_against_false_are_one_incident_within_the_budget_and_never_fine() {
    let (project, codes) = six_in_vain("[\"false\"]");
    assert_eq!(codes, [2, 2, 69, 69, 69, 69]);
    expect!["opened, intent restart, started, done failed, alerted opened operator_alerts, intent stop-stale, started, done failed, exhausted, alerted exhausted operator_alerts"].assert_eq(&kinds(&project));
    let details: Vec<String> = project.events("done").iter().map(|done| done["detail"].to_string()).collect();
    expect![[r#"
        "the new process ended: exit code 1"
        "the new process ended: exit code 1""#]]
    .assert_eq(&timeless(&details.join("\n")));
}

#[test]
fn a_start_command_that_does_not_exist_is_said_so() {
    let project = started_by("[\"no-such-program\"]", "");
    let ran = project.heal(&["heal"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        failed    app (was dead)  not running
            bad      process  not running
                    because: no process fits
            incident since [TIME], 1 act so far
            tried start `no-such-program` in [DIR], output to data/output/app.log
            failed by `restart` in [SPAN]: `no-such-program` is not in PATH (/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin)
        next  tail [DIR]/data/output/app.log
        --- stderr
    "#]].assert_eq(&timeless(&ran.snapshot(&project)));
    assert_eq!(project.events("started").len(), 0);
}

#[test]
fn after_the_ladder_restart_is_tried_again_after_30_minutes_and_after_two_hours() {
    let (project, _) = six_in_vain("[\"false\"]");
    let tick = ["heal", "--set", "service.app.verify_within=500ms"];
    let acts = || project.events("intent").len();
    assert_eq!(acts(), 2);
    for (shift, code, acted) in [
        ("29m", 69, 2),
        ("31m", 2, 3),
        ("32m", 69, 3),
        ("2h", 69, 3),
        ("152m", 2, 4),
        ("7h", 69, 4),
        ("9h", 2, 5),
        ("16h", 2, 6),
    ] {
        later(&project, shift, &tick).exits(code);
        assert_eq!(acts(), acted, "after {shift}");
    }
    let rungs: Vec<String> = project.events("intent").iter().map(|intent| intent["rung"].to_string()).collect();
    assert!(rungs[2..].iter().all(|rung| rung == "\"restart\""), "{rungs:?}");
    assert_eq!(project.events("opened").len(), 1);
}

#[test]
fn a_service_that_keeps_dying_is_restarted_within_its_budget_and_not_beyond() {
    let project = sleeper("restart_limit = \"2 per 1h\"");
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    let ran = project.heal(&["heal"]).exits(69);
    expect![[r#"
        exit 69
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits; it last ran as pid [PID]
            incident since [TIME], 2 acts so far
            nothing done: the budget of 2 per [SPAN] is spent; the next act is possible in [SPAN]
        next  heal check --only app --explain
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    assert!(running(&project, NAP).is_empty());
    // An hour later there is something to spend again.
    later(&project, "61m", &["heal"]).exits(0);
    assert_eq!(running(&project, NAP).len(), 1);
    assert_eq!(project.events("intent").len(), 3);
}

#[test]
fn a_reboot_or_a_clock_set_back_does_not_fill_the_budget() {
    let project = sleeper("restart_limit = \"1 per 1h\"");
    later(&project, "30m", &["heal"]).exits(0);
    end(the_one(&project, NAP));
    // The act lies in the future now.
    project.heal(&["heal"]).exits(69);
    assert_eq!(project.events("intent").len(), 1);
}

#[test]
fn restart_delay_keeps_its_distance() {
    let project = sleeper("restart_delay = \"5m\"");
    project.heal(&["heal"]).exits(0);
    end(the_one(&project, NAP));
    let ran = project.heal(&["heal"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits; it last ran as pid [PID]
            incident since [TIME], 1 act so far
            nothing done: restart_delay: [SPAN] to go
        next  heal check --only app --explain
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    assert!(running(&project, NAP).is_empty());
    later(&project, "6m", &["heal"]).exits(0);
    assert_eq!(running(&project, NAP).len(), 1);
}

#[test]
fn an_incident_ends_after_stable_for_and_the_next_one_starts_at_the_foot_of_the_ladder() {
    let project = sleeper("");
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal"]).exits(0);
    later(&project, "9m", &["heal"]).exits(0);
    assert_eq!(project.events("closed").len(), 0);
    later(&project, "11m", &["heal"]).exits(0);
    assert_eq!(project.events("closed").len(), 1);
    end(the_one(&project, NAP));
    later(&project, "12m", &["heal"]).exits(0);
    expect!["opened, intent restart, started, done healed, alerted opened operator_alerts, closed, alerted recovered operator_alerts, opened, intent restart, started, done healed, alerted opened operator_alerts"].assert_eq(&kinds(&project));
}

#[test]
fn a_service_that_is_disabled_or_only_observed_is_not_started() {
    let project = sleeper("");
    let ran = project.heal(&["heal", "--set", "service.app.enabled=false"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        disabled  app  enabled = false
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    let observed = Project::new(
        "[project]\nname = \"test\"\n[service.app]\nmatch = { executable = \"sleep\", args_contain = \"86400\", cwd = \".\" }\n",
    );
    let ran = observed.heal(&["heal"]).exits(2);
    expect![[r#"
        exit 2
        --- stdout
        unhealthy app (dead)  not running
            bad      process  not running
                    because: no process fits
            incident since [TIME], 0 acts so far
            nothing done: it has no `start` and no `unit`; heal only observes it
        next  heal check --only app --explain
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&observed)));
    assert!(project.processes().is_empty() && observed.processes().is_empty());
}
