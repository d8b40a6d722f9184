//! Does heal see the same world by `ps` and `lsof`? The tests of who is identified, stopped and restarted, run once more over
//! the process table that macOS has. (Figures of both are compared in `host::portable`.)

use std::process::Command;

use super::acting::{NAP, running, sleeper};
use super::support::{BACKEND, wait_for};

/// What is run again, two at a time: they wait more than they work. Left out: tests that count signals by strace, which sees the
/// end of each `ps` as well; that pin the kernel's stack; that need a start time finer than a second; that run heal so often
/// that `ps` takes a minute of it; and two that fit: on a busy machine `check` did not see both for as long as it was asked.
const AGAIN: [&str; 18] = [
    "evidence::a_person_reads_the_last_words_in_the_report_and_in_every_alert",
    "evidence::the_dead_leave_their_last_words_and_a_later_alert_still_has_them",
    "heal::a_dead_service_is_started_again",
    "heal::a_hung_service_is_stopped_and_started",
    "heal::a_service_deaf_to_term_is_killed_after_stop_grace",
    "heal::a_stopped_service_is_cured",
    "heal_stop::a_family_is_ended_as_a_whole_before_the_new_one_starts",
    "heal_stop::a_zombie_is_dead_also_when_its_parent_does_not_reap_it",
    "heal_stop::a_neighbour_of_the_same_program_elsewhere_is_left_alone",
    "identity::the_same_program_in_another_directory_is_left_alone",
    "identity::onlookers_are_not_the_service",
    "second_one::a_second_one_is_noticed_within_five_minutes_however_seldom_heal_ticks",
    "second_one::what_ails_is_searched_for_before_anything_is_said_or_done",
    "second_one::the_first_one_gone_the_second_is_the_service_and_none_is_started",
    "heal_stop::more_that_fit_than_may_fit_is_unknown_and_nobody_is_touched",
    "identity::a_program_or_directory_that_a_deploy_replaced_is_still_the_service",
    "identity_twins::a_service_whose_name_is_part_of_anothers_never_stops_the_other",
    "identity_twins::a_start_that_prepares_for_long_is_not_started_twice",
];

#[test]
fn who_is_identified_stopped_and_restarted_is_the_same_by_ps_and_lsof() {
    let suite = std::env::current_exe().expect("a path");
    let output = Command::new(suite)
        .args(["--exact", "--test-threads", "2"])
        .args(AGAIN)
        .env(BACKEND, "portable")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    // A test that was renamed would be left out in silence.
    assert!(said.contains(&format!("{} passed; 0 failed", AGAIN.len())), "{said}");
}

#[test]
fn the_other_table_is_really_asked() {
    let mut project = sleeper("");
    project.env(BACKEND, "portable");
    // A table that `ps` prints takes long on a busy machine: what changed meanwhile is left to the next tick.
    wait_for("its start", || project.heal(&["heal"]).code == 0);
    let answer = project.heal(&["check", "--json"]).exits(0).json();
    let process = &answer["services"][0]["process"];
    assert_eq!(process["pid"], running(&project, NAP)[0]);
    // Seconds since 1970, where `/proc` counts ticks since boot.
    assert!(process["start"].as_u64().is_some_and(|start| start > 1_700_000_000), "{process}");
}
