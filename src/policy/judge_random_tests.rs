//! Are strings of looks with gaps and new lives judged as by a plain count?

use super::tests::{HUNG, Life};
use super::*;
use crate::model::Identity;

/// One look of a string that is compared: when, in which life, and was it bad?
type Seen = (i64, i32, bool);

/// The plain reference: bad looks back from the last one, among the last `of` of this life, inside the window, up to the
/// first pause that is too long, and to the first good look where they have to be in a row.
fn plainly(seen: &[Seen], threshold: Threshold, gap: i64) -> u32 {
    let (mut count, mut later) = (0, None);
    for (second, life, bad) in seen.iter().rev().take(threshold.of as usize) {
        let (now, this, _) = seen[seen.len() - 1];
        let old = threshold.within.is_some_and(|within| (now - second) * 1_000 > within.millis());
        let paused = later.is_some_and(|later: i64| later - second > gap);
        if *life != this || old || paused || (!bad && threshold.bad == threshold.of) {
            break;
        }
        count += u32::from(*bad);
        later = Some(*second);
    }
    count
}

#[test]
fn any_string_of_looks_with_gaps_and_new_lives_is_judged_as_by_a_plain_count() {
    let mut seed: u64 = 20_261_126;
    let mut random = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let (mut gaps, mut lives, mut mattered) = (0, 0, 0);
    for round in 0..1_000 {
        let bad = u32::try_from(random(4) + 1).expect("small");
        let of = bad + u32::try_from(random(4)).expect("small");
        let within = (random(2) == 0).then(|| Span::secs(60 * (random(20) + 1)));
        let mut life = Life::new();
        life.threshold = Threshold { bad, of, within };
        life.gap = Some(Span::secs(180));
        life.rules.stable_for = Span::secs(86_400);
        let (mut second, mut pid, mut seen) = (0, 100, Vec::<Seen>::new());
        for _ in 0..40 {
            // A minute, sometimes as much as is no gap yet, sometimes a second more.
            let pause = [60, 60, 60, 60, 180, 181, 900][usize::try_from(random(7)).expect("small")];
            (second, gaps) = (second + pause, gaps + usize::from(pause > 180));
            if random(8) == 0 {
                (pid, lives) = (pid + 1, lives + 1);
                let identity = Identity { pid, start: 1, boot: "boot".to_owned() };
                life.add(second, Event::Recognised { service: "bot".to_owned(), identity });
            }
            seen.push((second, pid, random(10) < 6));
            let is_bad = seen[seen.len() - 1].2;
            life.look(second, if is_bad { HUNG } else { Verdict::Healthy });
            let counted = plainly(&seen, life.threshold, 180);
            let expected = match (is_bad, counted >= bad) {
                (false, _) => Level::Healthy,
                (true, false) => Level::Degraded,
                (true, true) => Level::Unhealthy,
            };
            let got = *life.levels.last().expect("looked");
            assert_eq!(got, expected, "round {round}, {}: {seen:?}", life.threshold);
            // Without the pauses and the lives it would have been another answer: they are not there for show.
            let blind: Vec<Seen> = seen.iter().map(|(second, _, bad)| (*second, 0, *bad)).collect();
            mattered += usize::from((plainly(&blind, life.threshold, i64::MAX) >= bad) != (counted >= bad));
        }
    }
    assert!(gaps > 5_000 && lives > 3_000 && mattered > 500, "{gaps} gaps, {lives} lives, {mattered} answers");
}
