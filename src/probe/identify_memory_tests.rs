//! What does the past say about who it is? The life that heal started, the mark it carries, and whose the other lives are.

use super::tests::{BOT, NAMES, Table, answer, by_pidfile, child, life, process, selector, service};
use super::*;
use crate::probe::still::still;

#[test]
fn what_heal_started_is_the_service_before_it_looks_like_it() {
    // A run.sh that prepares for a while and execs at its end.
    let preparing =
        |age_ms| Table::of(vec![Process { age_ms, ..process(500, "/bin/sh ./run.sh") }, child(501, 500, "sleep 8")]);
    let bot = service(selector(NAMES), Some("./run.sh"));
    assert_eq!(answer(&bot, Some(&life(500, 10_000)), &preparing(29_999)), "running 500");
    assert_eq!(answer(&bot, None, &preparing(29_999)), "gone", "started by nobody that heal knows");
    assert_eq!(answer(&bot, Some(&life(500, 9_999)), &preparing(29_999)), "gone", "another life of that pid");
    // It had its time. What it does now nobody knows; it is neither well nor gone.
    let said = answer(&bot, Some(&life(500, 10_000)), &preparing(30_000));
    assert!(
        said.starts_with("unknown: what heal started runs as pid 500 `/bin/sh ./run.sh`, and nothing fits"),
        "{said}"
    );
}

#[test]
fn who_carries_the_name_of_the_service_is_no_second_one_where_the_history_was_lost() {
    let bot = service(selector(NAMES), Some(BOT));
    let mut table = Table::of(vec![process(500, "worker: idle")]);
    assert_eq!(answer(&bot, None, &table), "gone");
    table.named.push(500);
    let said = answer(&bot, None, &table);
    assert!(said.starts_with("unknown: pid 500 `worker: idle` was started by heal as this service"), "{said}");
    assert_eq!(answer(&bot, Some(&life(400, 10_000)), &table), "gone", "the history knows of its last start");
    table.processes[0].cwd = Some("/srv/other".into());
    assert_eq!(answer(&bot, None, &table), "gone", "what another project calls so");
}

#[test]
fn of_one_program_in_one_directory_the_pidfile_says_which() {
    let (program, start) = ("executable = \"python3\"\n", "/usr/bin/python3 bot.py");
    let other = "/usr/bin/python3 import.py";
    let both = Table::of(vec![process(500, start), process(600, other)]);
    let alone = Table::of(vec![process(600, other)]);
    let said = |content: &str, known: Option<&Identity>, table: &Table| {
        by_pidfile(program, Some(start), content, known, table)
    };
    assert_eq!(said("500", None, &both), "running 500");
    // Stale, or of another life: it is not whoever else runs the program here.
    for known in [None, Some(life(500, 10_000))] {
        let answer = said("500", known.as_ref(), &alone);
        assert!(
            answer.starts_with("unknown: pid 600 runs") && answer.contains("the pidfile does not name it"),
            "{answer}"
        );
    }
    assert_eq!(said("600", None, &alone), "running 600", "it names it");
    assert_eq!(said("700", None, &Table::of(vec![process(500, start)])), "running 500", "that is the start command");
    assert_eq!(said("700", Some(&life(600, 10_000)), &alone), "running 600", "it is the recorded life");
    assert_eq!(said("700", None, &Table::of(vec![])), "gone");
}

#[test]
fn the_wrapper_that_heal_started_ends_with_what_runs_inside_it() {
    let table = Table::of(vec![process(500, "/bin/sh ./run.sh"), child(501, 500, BOT)]);
    let started = life(500, 10_000);
    let bot = service(selector(NAMES), Some("./run.sh"));
    let memory = Memory { known: None, started: Some((&started, "i1")), claims: None };
    let (who, _) = identify(&bot, Path::new("/srv/bot"), memory, &table, false);
    let Who::Running { process, also, .. } = who else { panic!("{who:?}") };
    assert_eq!((process.identity.pid, also.iter().map(|one| one.identity.pid).collect()), (501, vec![500]));
}

#[test]
fn of_several_that_may_be_the_pidfile_names_the_first_and_all_are_meant() {
    let dir = tempfile::tempdir().expect("a directory");
    let pidfile = dir.path().join("bot.pid");
    std::fs::write(&pidfile, "600\n").expect("written");
    let text = format!("{NAMES}max_matches = 2\npidfile = {pidfile:?}\n");
    let table = Table::of(vec![process(500, BOT), process(600, BOT)]);
    let bot = service(selector(&text), Some(BOT));
    let (who, _) = identify(&bot, Path::new("/srv/bot"), Memory::default(), &table, false);
    let Who::Running { process, also, .. } = who else { panic!("{who:?}") };
    assert_eq!((process.identity.pid, also.iter().map(|one| one.identity.pid).collect()), (600, vec![500]));
}

#[test]
fn who_could_not_be_looked_at_may_be_a_second_one() {
    let bot = service(selector(NAMES), Some(BOT));
    let mut table = Table::of(vec![process(500, BOT), process(600, BOT)]);
    assert!(answer(&bot, None, &table).starts_with("unknown: 2 processes fit"));
    table.hidden.push(600);
    assert_eq!(answer(&bot, None, &table), "unknown: pid 600 cannot be looked at: permission denied");
}

#[test]
fn the_known_life_is_taken_for_the_service_only_where_all_agree() {
    let dir = tempfile::tempdir().expect("a directory");
    let pidfile = dir.path().join("bot.pid");
    let table = Table::of(vec![process(500, BOT), process(600, BOT), process(700, "/usr/bin/sleep 9")]);
    let with = |names: &str, content: &str| {
        std::fs::write(&pidfile, content).expect("written");
        format!("{names}pidfile = {pidfile:?}\n")
    };
    let known = life(500, 10_000);
    // What is said of it, whom it was last seen as, and whether one look at one process is enough.
    let rows = [
        ("known", NAMES.to_owned(), Some(known.clone()), true),
        ("never seen", NAMES.to_owned(), None, false),
        ("another life of the number", NAMES.to_owned(), Some(life(500, 9_999)), false),
        ("gone", NAMES.to_owned(), Some(life(501, 10_000)), false),
        ("it became another program", NAMES.to_owned(), Some(life(700, 10_000)), false),
        ("several may be", format!("{NAMES}max_matches = 2\n"), Some(known.clone()), false),
        ("the pidfile agrees", with(NAMES, "500\n"), Some(known.clone()), true),
    ];
    for (what, text, known, expected) in rows {
        let bot = service(selector(&text), Some(BOT));
        let memory = Memory { known: known.as_ref(), ..Memory::default() };
        let who = still(&bot, Path::new("/srv/bot"), memory, &table);
        assert_eq!(who.is_some(), expected, "{what}: {who:?}");
        if let Some(who) = who {
            let Who::Running { process, also, .. } = who else { panic!("{who:?}") };
            assert_eq!((process.identity.pid, also.len()), (500, 0), "{what}");
        }
    }
    for (content, expected) in [("600\n", false), ("garbage", false), ("", false), ("500\n", true)] {
        let bot = service(selector(&with(NAMES, content)), Some(BOT));
        let memory = Memory { known: Some(&known), ..Memory::default() };
        assert_eq!(still(&bot, Path::new("/srv/bot"), memory, &table).is_some(), expected, "{content:?}");
    }
    // Another service is recorded as that life; and without its names nobody is searched for anyway.
    let mut claims = Claims::default();
    claims.add(&known, "robot");
    let memory = Memory { known: Some(&known), claims: Some(&claims), ..Memory::default() };
    assert_eq!(still(&service(selector(NAMES), Some(BOT)), Path::new("/srv/bot"), memory, &table), None);
    let alone = service(selector(&with("", "500\n")), Some(BOT));
    let memory = Memory { known: Some(&known), ..Memory::default() };
    assert_eq!(still(&alone, Path::new("/srv/bot"), memory, &table), None);
}

#[test]
fn only_the_mark_makes_an_orphan_of_a_session_ours() {
    let known = life(500, 9_000);
    let orphan = Process { session: 500, ..process(501, "/usr/bin/ffmpeg -i x") };
    let mut table = Table::of(vec![orphan]);
    let bot = service(selector(NAMES), Some(BOT));
    assert_eq!(answer(&bot, Some(&known), &table), "gone", "a stranger may lead a session of that number by now");
    table.marked.push(501);
    assert_eq!(answer(&bot, Some(&known), &table), "gone, left [501]");
}

#[test]
fn a_part_of_a_longer_word_is_a_doubt_and_another_services_process_is_none() {
    let names = "executable = \"python3\"\nargs_contain = \"bot.py\"\n";
    let bot = service(selector(names), Some("/usr/bin/python3 bot.py"));
    let table = Table::of(vec![process(500, "/usr/bin/python3 robot.py")]);
    let said = answer(&bot, None, &table);
    assert!(said.starts_with("unknown") && said.contains("only a part of a longer word"), "{said}");
    let mut claims = Claims::default();
    claims.add(&life(500, 10_000), "robot");
    let memory = Memory { claims: Some(&claims), ..Memory::default() };
    let (who, _) = identify(&bot, Path::new("/srv/bot"), memory, &table, false);
    assert!(matches!(who, Who::Gone { .. }), "{who:?}");
    claims.add(&life(500, 10_000), "bot");
    assert_eq!(claims.other(&life(500, 10_000), "bot"), Some("robot"));
    assert_eq!(claims.other(&life(500, 9_999), "bot"), None);
}

#[test]
fn a_service_known_by_its_pidfile_alone_may_be_about_to_write_it() {
    let bot = service(selector("pidfile = \"bot.pid\""), Some("./run.sh"));
    let young = Process { age_ms: 1_000, ..process(500, "python3 bot.py") };
    let said = answer(&bot, None, &Table::of(vec![young.clone()]));
    assert!(said.starts_with("unknown: the pidfile names nobody, but pid 500"), "{said}");
    for (why, process) in [
        ("it had its time", process(500, "python3 bot.py")),
        ("it is elsewhere", Process { cwd: Some("/home".into()), ..young.clone() }),
    ] {
        assert_eq!(answer(&bot, None, &Table::of(vec![process])), "gone", "{why}");
    }
    let named = service(selector(NAMES), Some("./run.sh"));
    assert_eq!(answer(&named, None, &Table::of(vec![young])), "gone", "names would fit from its first moment on");
}

#[test]
fn a_number_that_was_given_away_leads_to_nobody() {
    let known = life(500, 9_000);
    let said = |processes| answer(&service(selector(NAMES), Some(BOT)), Some(&known), &Table::of(processes));
    // Recognised before, and a stranger has its number now.
    assert_eq!(said(vec![process(500, "/usr/bin/vim service.py")]), "gone");
    // Those of a stranger who leads a session of that number are not its leftovers.
    let left = Process { session: 500, ..process(501, "/usr/bin/ffmpeg -i x") };
    assert_eq!(said(vec![process(500, "-bash"), child(501, 500, "/usr/bin/vim notes")]), "gone");
    let text = by_pidfile(
        "",
        Some("./run.sh"),
        "501",
        Some(&known),
        &Table::of(vec![process(500, "-bash"), child(501, 500, "/usr/bin/vim notes")]),
    );
    assert!(text.starts_with("unknown"), "{text}");
    // From another boot no number means anything.
    let before = Identity { boot: "another".to_owned(), ..known.clone() };
    assert_eq!(answer(&service(selector(NAMES), Some(BOT)), Some(&before), &Table::of(vec![left])), "gone");
}
