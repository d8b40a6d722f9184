//! The table of `crash pattern`: which lines are a pattern, which a storm, and which cannot be judged.

use super::*;
use crate::model::Stamp;
use crate::model::crash::When;

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const C: &str = "cccccccccccccccccccccccccccccccccccccccc";

/// Minutes since the boot.
fn at(minute: i64) -> Moment {
    let at = Stamp::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap_or_default();
    Moment { at, up: minute * 60_000, boot: "boot".to_owned() }
}

/// `100 start a`, `101 crash b +5` (it lasted five minutes), `102 crash -` (release unknown).
fn line(text: &str) -> Crash {
    let words: Vec<&str> = text.split(' ').collect();
    let event = match words[1] {
        "start" => Turn::Start,
        "stop" => Turn::Stop,
        _ => Turn::Crash,
    };
    let release = match words[2] {
        "a" => Some(A),
        "b" => Some(B),
        "c" => Some(C),
        _ => None,
    };
    let entry = Crash::new(event, "bot", at(words[0].parse().expect("a minute"))).of(release.map(str::to_owned), None);
    let uptime_ms = words.get(3).map(|word| word.parse::<i64>().expect("minutes") * 60_000);
    Crash { uptime_ms, exit_code: (event == Turn::Crash).then_some(1), ..entry }
}

fn lines(text: &str) -> Vec<Crash> {
    text.split(", ").filter(|line| !line.is_empty()).map(line).collect()
}

fn said(judged: &Judged) -> String {
    match judged {
        Judged::Quiet { count, why } => format!("quiet {count} {}", why.as_deref().unwrap_or_default()),
        Judged::Pattern(Pattern { release, began_ms_ago, crashes, storm }) => {
            let storm = if *storm { " storm" } else { "" };
            format!("pattern {} x{} began {}m{storm}", &release[..1], crashes.count, began_ms_ago / 60_000)
        }
        Judged::Storm(crashes) => format!("storm x{}", crashes.count),
        Judged::Unknown(why) => format!("unknown {why}"),
    }
}

#[test]
fn what_is_a_pattern() {
    let table: &[(&str, i64, &str)] = &[
        ("", 100, "quiet 0"),
        // The plain case: deployed, and three crashes.
        ("1 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b", 94, "pattern b x3 began 4m"),
        ("1 start a, 90 start b, 91 crash b, 92 crash b", 94, "quiet 2"),
        // Restarts between them do not make the release younger.
        (
            "1 start a, 30 start b, 80 start b, 81 crash b, 82 start b, 83 crash b, 84 start b, 85 crash b",
            91,
            "quiet 3 release bbbbbbbbbbbb has been",
        ),
        // The border of the window: a crash of exactly half an hour ago is out.
        ("1 start a, 60 start b, 64 crash b, 92 crash b, 93 crash b", 93, "pattern b x3"),
        ("1 start a, 60 start b, 63 crash b, 92 crash b, 93 crash b", 93, "quiet 2"),
        // The border of the age.
        ("1 start a, 40 start b, 91 crash b, 92 crash b, 93 crash b", 99, "pattern b x3 began 59m"),
        ("1 start a, 40 start b, 91 crash b, 92 crash b, 93 crash b", 100, "quiet 3 release"),
        // A life that was first seen when it was old is no young release.
        ("90 start b 120, 91 crash b, 92 crash b, 93 crash b", 94, "quiet 3 release"),
        // A fixed release runs: the old crashes are over.
        ("1 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b, 94 start c", 95, "quiet 3 they are spread"),
        // Stops never count.
        ("1 start a, 90 start b, 91 stop b, 92 stop b, 93 stop b, 94 crash b", 95, "quiet 1"),
        // A release that comes back is as old as it was.
        ("1 start a, 80 start b, 85 start a, 91 crash a, 92 crash a, 93 crash a", 94, "quiet 3 release aaaaaaaaaaaa"),
        // Nobody knows what ran.
        ("1 start a, 91 crash -, 92 crash -, 93 crash -", 94, "unknown 3 crashes within 30m, and which"),
        ("1 start a, 90 start b, 91 crash -, 92 crash b, 93 crash b", 94, "unknown 3 crashes within 30m, of 1"),
        // Nothing says when it began.
        ("91 crash b, 92 crash b, 93 crash b", 94, "unknown 3 crashes within 30m on release"),
        ("91 crash b 1, 92 crash b, 93 crash b", 94, "pattern b x3 began 4m"),
        ("1 crash b, 91 crash b, 92 crash b, 93 crash b", 94, "quiet 3 release"),
        // Storms.
        ("1 start a, 91 crash a, 92 crash a, 93 crash a, 94 crash a, 95 crash a", 96, "storm x5"),
        ("91 crash -, 92 crash -, 93 crash -, 94 crash -, 95 crash -", 96, "storm x5"),
        (
            "1 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b, 94 crash b, 95 crash b",
            96,
            "pattern b x5 began 6m storm",
        ),
        // From the future, or of a clock that was never set: ignored.
        ("1 start a, 90 start b, 191 crash b, 192 crash b, 193 crash b", 94, "quiet 0"),
    ];
    for (text, now, expected) in table {
        let entries = lines(text);
        let judged = judge(Past { entries: &entries, whole: true }, &CrashRules::default(), &at(*now));
        assert!(said(&judged).starts_with(expected), "{text} at {now}: {}", said(&judged));
    }
}

#[test]
fn what_was_not_read_is_not_guessed() {
    let judged = |text: &str| {
        let entries = lines(text);
        said(&judge(Past { entries: &entries, whole: false }, &CrashRules::default(), &at(94)))
    };
    // It may have run for days before the first line that was read.
    assert!(judged("90 start b, 91 crash b, 92 crash b, 93 crash b").starts_with("unknown"));
    assert!(judged("50 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b").starts_with("unknown"));
    assert!(judged("20 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b").starts_with("pattern b"));
    assert!(judged("20 start a, 70 crash a, 90 start b, 91 crash b, 92 crash b, 93 crash b").starts_with("pattern b"));
    assert!(judged("20 start a, 70 crash a, 91 crash b, 92 crash b, 93 crash b").starts_with("pattern b"));
    assert!(judged("20 start b, 91 crash b, 92 crash b, 93 crash b").starts_with("quiet"));
}

#[test]
fn the_clock_of_the_boot_decides_within_a_boot_and_the_wall_clock_elsewhere() {
    let mut entries = lines("1 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b");
    let judged = |entries: &[Crash]| said(&judge(Past { entries, whole: true }, &CrashRules::default(), &at(94)));
    // The wall clock stood at 1970, then far ahead: within the boot that says nothing.
    entries[3].moment.at = Stamp::default();
    entries[4].moment.at = Stamp::from_timestamp(4_000_000_000, 0).expect("a time");
    assert!(judged(&entries).starts_with("pattern b x3"), "{}", judged(&entries));
    // From another boot, or by a hand that knows no boot, they are ignored.
    for boot in ["other", ""] {
        entries[3].moment.boot = boot.to_owned();
        entries[4].moment.boot = boot.to_owned();
        assert!(judged(&entries).starts_with("quiet 1"), "{}", judged(&entries));
    }
    // Across a reboot the wall clock counts.
    let mut entries = lines("1 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b");
    for entry in &mut entries[..4] {
        entry.moment = When { up: 9_999_999_999, boot: "before".to_owned(), ..entry.moment.clone() };
    }
    assert!(judged(&entries).starts_with("pattern b x3"), "{}", judged(&entries));
}

#[test]
fn a_disabled_rule_judges_nothing_and_windows_at_the_end_of_their_range_do_not_overflow() {
    let entries = lines("1 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b");
    let past = Past { entries: &entries, whole: true };
    let off = CrashRules { enabled: false, ..CrashRules::default() };
    assert_eq!(judge(past, &off, &at(94)), Judged::Quiet { count: 0, why: None });
    let longest = Span::secs(u64::MAX);
    let rate = crate::model::Rate { count: u32::MAX, per: longest };
    let wide = CrashRules { enabled: true, pattern: rate, release_age: longest, storm: rate };
    let far = Moment { up: i64::MAX, ..at(94) };
    assert_eq!(judge(past, &wide, &far), Judged::Quiet { count: 0, why: None });
}

#[test]
fn a_good_release_started_ran_and_had_no_pattern() {
    let table: &[(&str, Option<&str>)] = &[
        ("1 start a, 90 start b, 91 crash b", Some("a")),
        // It never lived for two minutes.
        ("1 start a, 2 crash a 1, 2 start c, 3 start b, 91 crash b", None),
        // It says itself how long it lived.
        ("1 start a, 1 stop a 10, 1 start b", Some("a")),
        // It had a pattern of its own, the one before had none.
        ("1 start a, 50 start c, 60 crash c, 61 start c, 65 crash c, 66 start c, 70 crash c, 90 start b", Some("a")),
        // Three crashes in three hours are none.
        ("1 start c, 50 crash c, 61 start c, 150 crash c, 151 start c, 250 crash c, 290 start b", Some("c")),
        // Never seen to start.
        ("1 crash a 600, 90 start b", None),
        ("1 start -, 90 start b", None),
        ("90 start b, 99 crash b", None),
        // The bad one is never the good one, however long it once ran.
        ("1 start b, 80 start a, 90 start b", Some("a")),
    ];
    for (text, expected) in table {
        let good = known_good(&lines(text), B, &CrashRules::default(), Span::secs(120));
        assert_eq!(good.as_ref().map(|good| &good.release[..1]), *expected, "{text}: {good:?}");
    }
}

#[test]
fn reasons_are_counted_newest_first() {
    let mut entries = lines("1 start a, 90 start b, 91 crash b, 92 crash b, 93 crash b");
    entries[3].reason = Some("Traceback\nKeyError: 'token'\n".to_owned());
    entries[4].signal = Some(11);
    let Judged::Pattern(pattern) = judge(Past { entries: &entries, whole: true }, &CrashRules::default(), &at(94))
    else {
        panic!("a pattern")
    };
    let expected = [("signal 11", 1), ("exit code 1: KeyError: 'token'", 1), ("exit code 1", 1)];
    assert_eq!(pattern.crashes.reasons, expected.map(|(why, count)| (why.to_owned(), count)));
}

#[test]
fn a_life_that_heal_stopped_that_was_paused_or_that_a_reboot_ended_did_not_crash() {
    let life = |boot: &str| Identity { pid: 7, start: 1, boot: boot.to_owned() };
    let stopped = ServiceHistory { stopped: vec![life("boot")], ..ServiceHistory::default() };
    let nothing = ServiceHistory::default();
    let paused = || Some("while it was paused".to_owned());
    let table = [
        (&nothing, "boot", None, None),
        (&stopped, "boot", None, Some("stopped by heal")),
        (&nothing, "boot", paused(), Some("while it was paused")),
        // Found by the simulation: three reboots on a young release were a pattern, and its code was taken back.
        (&nothing, "the boot before", None, Some("the machine was started again")),
    ];
    for (past, boot, paused, expected) in table {
        assert_eq!(wanted(past, &life(boot), paused, &at(5)).as_deref(), expected, "{boot}");
    }
}
