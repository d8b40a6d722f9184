//! Which lines are bad, how many are too many, and whose are they?

use super::*;

fn probe(keys: &str) -> Log {
    let table: Table = toml::from_str(&format!("path = \"app.log\"\n{keys}")).expect("a table");
    Log {
        path: table.path,
        pattern: Regex::new(&table.pattern).expect("one"),
        ignore: table.ignore.map(|text| Regex::new(&text).expect("one")),
        count: table.count,
        optional: table.optional,
    }
}

#[test]
fn lines_that_fit_and_are_not_ignored() {
    let log = probe("pattern = \"ERROR|Traceback\"\nignore = \"retrying\"");
    let mut seen = Hits::default();
    for line in ["fine", "ERROR one", "ERROR, retrying", "Traceback", "ERROR token=hunter2"] {
        log.weigh(line.as_bytes(), &mut seen);
    }
    log.weigh(b"\xff\0 ERROR \x1b[31m", &mut seen);
    assert_eq!((seen.lines, seen.first.as_deref()), (4, Some("ERROR one")));
    assert_eq!(seen.last.as_deref(), Some("\u{fffd}\0 ERROR \u{1b}[31m"));
    let sight = log.judge(&seen, &[], 0, None);
    assert_eq!(sight.judged, Judged::Bad(None));
    assert_eq!(clip(b"ERROR token=hunter2"), "ERROR token=***");
    assert_eq!(clip(&[b'x'; 70_000]).chars().count(), SHOWN + 1);
}

#[test]
fn a_rate_counts_over_several_looks_and_forgets() {
    let log = probe("pattern = \"x\"\ncount = \"5 per 10m\"");
    // minute of the look, lines that fitted, minute at which the process began, judged
    let table: &[(i64, u32, Option<i64>, Judged)] = &[
        (0, 2, None, Judged::Good),
        (5, 2, None, Judged::Good),
        (6, 1, None, Judged::Bad(None)),
        (7, 0, None, Judged::Bad(None)),
        (11, 0, None, Judged::Good), // the first two are too old
        (12, 9, None, Judged::Bad(None)),
        (13, 9, Some(12), Judged::Bad(None)), // 12 is this life's
        (15, 9, Some(14), Judged::Good),      // the last words of the one before
        (16, 4, Some(14), Judged::Good),
        (17, 1, Some(14), Judged::Bad(None)),
        (90, 0, Some(14), Judged::Good),
    ];
    let minute = 60_000;
    let (mut hits, mut before) = (Vec::new(), 0);
    for (at, lines, started, expected) in table {
        let (now, started) = (at * minute, started.map(|at| at * minute));
        hits = log.add(hits, before, now, started, *lines);
        let sight = log.judge(&Hits { lines: *lines, ..Hits::default() }, &hits, now, started);
        assert_eq!(sight.judged, *expected, "minute {at}: {} {hits:?}", sight.summary);
        assert!(
            hits.iter().map(|(_, lines)| lines).sum::<u32>() < 5 + 5,
            "no more is remembered than counts: {hits:?}"
        );
        before = now;
    }
}

#[test]
fn what_a_clock_dated_that_was_ahead_does_not_count_until_the_clock_has_caught_up() {
    let log = probe("pattern = \"x\"\ncount = \"2 per 1m\"");
    let judged = |hits: &[(i64, u32)], now: i64| log.judge(&Hits::default(), hits, now, None).judged;
    assert_eq!(judged(&[(1_000_000, 2)], 5_000), Judged::Good, "seen in the future, and never again");
    let hits = log.add(vec![(1_000_000, 2)], 1_000_000, 5_000, None, 1);
    assert_eq!((judged(&hits, 5_000), hits.as_slice()), (Judged::Good, [(5_000, 1)].as_slice()));
    let hits = log.add(hits, 5_000, 6_000, None, 1);
    assert_eq!(judged(&hits, 6_000), Judged::Bad(None), "what is seen from now on does");
}
