//! How is it run? A short form among the tests, a long one by `scripts/simulate`, and one seed with its timeline.

use std::time::Instant;

use super::tally::Tally;
use super::{run, timeline};

/// Virtual days of one seed.
const DAYS: i64 = 20;

/// Seeds of the short form, and the days of each.
const SHORT: (u64, i64) = (24, 2);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text} is no number")))
}

fn days() -> i64 {
    number("HEAL_DAYS").and_then(|days| i64::try_from(days).ok()).unwrap_or(DAYS)
}

/// Runs a seed; one that fails is replayed, and its timeline is the message.
fn checked(seed: u64, days: i64) -> Tally {
    run(seed, days).unwrap_or_else(|why| {
        let text = timeline(seed, days);
        assert!(text.ends_with(&format!("seed {seed}: {why}\n")), "seed {seed} does not replay: first {why}\n{text}");
        let lines: Vec<&str> = text.lines().collect();
        let last = lines[lines.len().saturating_sub(120)..].join("\n");
        panic!("{last}\n\nHEAL_SEED={seed} HEAL_DAYS={days} replays it: scripts/simulate --seed {seed} --days {days}");
    })
}

#[test]
#[expect(clippy::print_stdout, reason = "asked for by HEAL_SEED")]
fn every_promise_is_kept() {
    if let Some(seed) = number("HEAL_SEED") {
        println!("{}", timeline(seed, days()));
        checked(seed, days());
        return;
    }
    let mut tally = Tally::default();
    (1..=SHORT.0).for_each(|seed| tally.add(checked(seed, SHORT.1)));
    // A promise that was never put to the test is not kept.
    let idle =
        ["a healthy service is never stopped", "a budget holds over any window", "nobody is told the same twice"];
    idle.iter().for_each(|check| assert!(tally.checks.contains_key(check), "never asked: {check}\n{}", tally.text()));
    assert!(tally.faults.len() > 25, "{}", tally.text());
}

#[test]
fn the_same_seed_is_the_same_history() {
    assert_eq!(timeline(7, 2), timeline(7, 2));
    assert_ne!(timeline(7, 2), timeline(8, 2));
}

/// `scripts/simulate`.
#[test]
#[ignore = "the long form: scripts/simulate"]
#[expect(clippy::print_stdout, clippy::cast_precision_loss, reason = "a report for a person")]
fn for_years() {
    let years = number("HEAL_YEARS").unwrap_or(50) as f64;
    let first = number("HEAL_FROM").unwrap_or(1);
    let state = std::env::var("HEAL_STATE").ok();
    let (begun, mut last, mut tally, mut seed) = (Instant::now(), 0, Tally::default(), first);
    while tally.years() < years {
        tally.add(checked(seed, days()));
        seed += 1;
        if let Some(path) = &state {
            std::fs::write(path, format!("{seed}\n")).expect("the state of the simulation can be written");
        }
        let minutes = begun.elapsed().as_secs() / 60;
        if minutes > last {
            last = minutes;
            println!("{minutes} min: {:.1} service-years, seed {seed}", tally.years());
        }
    }
    let (wall, cpu) = (begun.elapsed().as_secs_f64() / 60.0, cpu_minutes());
    println!("seeds {first} to {}, {} days each", seed - 1, days());
    println!("{}", tally.text());
    println!(
        "{:.1} service-years per minute of one core, {:.1} by the wall clock",
        tally.years() / cpu,
        tally.years() / wall
    );
}

/// What this thread has computed so far, in minutes.
fn cpu_minutes() -> f64 {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("the kernel counts");
    let millis = (usage.user_time() + usage.system_time()).num_milliseconds();
    f64::from(i32::try_from(millis).unwrap_or(i32::MAX)) / 60_000.0
}
