use super::*;
use crate::model::Identity;
use crate::model::lock::{FileId, Grip, LockKind};

const FIVE: Span = Span::secs(300);
const NONE: Span = Span::secs(0);

fn holder(pid: i32, grip: Grip, stoppable: bool) -> Holder {
    let identity = Identity { pid, start: 1, boot: "b".to_owned() };
    Holder { identity, command: "bot".to_owned(), age_ms: 60_000, grip, stoppable }
}

fn held(grip: Grip) -> Holding {
    Holding::Held(vec![holder(7, grip, false)])
}

fn unknown() -> Holding {
    Holding::Unknown("hidden".to_owned())
}

fn seen(content: Content, holding: Holding, age_ms: Option<i64>) -> Seen {
    Seen {
        lock: "run".to_owned(),
        kind: LockKind::Pid,
        path: "/srv/run.pid".into(),
        file: Some(FileId { device: 1, inode: 2 }),
        with: Vec::new(),
        age_ms,
        content,
        holding,
    }
}

fn verdict_of(content: &Content, holding: &Holding, age: Option<i64>, min_age: Span) -> (Verdict, String) {
    let judged = judge(seen(content.clone(), holding.clone(), age), min_age);
    (judged.verdict, judged.why)
}

/// Who is named × young or old × open or not × locked or not: stale only where nothing at all speaks for a holder.
#[test]
fn a_pid_lock_is_stale_only_when_its_holder_is_gone_and_nobody_has_it() {
    let over = |why: &str| Life::Over(7, why.to_owned());
    let lives = [
        (Life::Dead(7), Some(Verdict::Stale)),
        (over("it started later"), Some(Verdict::Stale)),
        (over("the machine was started anew since"), Some(Verdict::Stale)),
        (Life::Alive(Box::new(holder(7, Grip::Open, false))), None),
        (Life::Unnamed("it names host mars".to_owned()), Some(Verdict::Doubtful)),
        (Life::Unnamed("it is empty".to_owned()), Some(Verdict::Doubtful)),
        (Life::Unnamed("it cannot be read".to_owned()), Some(Verdict::Doubtful)),
        (Life::Doubtful("pid 7 began later".to_owned()), Some(Verdict::Doubtful)),
    ];
    let ages = [(Some(10_000), true), (Some(600_000), false), (None, true)];
    let holdings =
        [Holding::Free, held(Grip::Open), held(Grip::Record), held(Grip::Flock), held(Grip::Mapped), unknown()];
    let mut stale = 0;
    for (life, when_free) in &lives {
        for (age, young) in ages {
            for holding in &holdings {
                let expected = match (when_free, holding) {
                    // Who lives and is named holds it, whatever else is seen.
                    (None, _) | (_, Holding::Held(_)) => Verdict::Held,
                    (_, Holding::Unknown(_)) => Verdict::Doubtful,
                    (Some(Verdict::Stale), Holding::Free) if young => Verdict::Doubtful,
                    (Some(verdict), Holding::Free) => verdict.clone(),
                };
                let content = Content::Pid(life.clone());
                let (verdict, why) = verdict_of(&content, holding, age, FIVE);
                assert_eq!(verdict, expected, "{life:?} {age:?} {holding:?}: {why}");
                assert!(!why.is_empty());
                stale += usize::from(verdict == Verdict::Stale);
                // Without `min_age` a young one is as good as an old one, and nothing else changes.
                let (verdict, _) = verdict_of(&content, holding, age, NONE);
                let expected = match (when_free, holding) {
                    (Some(Verdict::Stale), Holding::Free) => Verdict::Stale,
                    _ => expected,
                };
                assert_eq!(verdict, expected, "{life:?} {age:?} {holding:?} at any age");
            }
        }
    }
    assert_eq!(stale, 3, "of all these, three are stale: each old, free, and its holder gone");
}

#[test]
fn age_alone_never_makes_a_lock_stale() {
    for content in [
        Content::Untold("no form that heal knows".to_owned()),
        Content::Refused("it is a link".to_owned()),
        Content::Pid(Life::Unnamed("it is empty".to_owned())),
        Content::Sqlite(Remains::NotOne("no database".to_owned())),
        Content::Flock,
    ] {
        let (verdict, why) = verdict_of(&content, &Holding::Free, Some(i64::MAX), NONE);
        let kept = matches!(verdict, Verdict::Doubtful | Verdict::Free);
        assert!(kept, "{content:?}: {verdict:?} {why}");
    }
}

#[test]
fn a_database_is_recovered_only_when_nobody_has_it_and_never_moved() {
    let sidecars = Content::Sqlite(Remains::Sidecars("its -wal".to_owned()));
    let table = [
        (&sidecars, Holding::Free, Verdict::Recoverable),
        (&sidecars, held(Grip::Open), Verdict::Held),
        (&sidecars, held(Grip::Record), Verdict::Held),
        (&sidecars, unknown(), Verdict::Doubtful),
        (&Content::Sqlite(Remains::Nothing), Holding::Free, Verdict::Free),
        (&Content::Sqlite(Remains::Nothing), unknown(), Verdict::Doubtful),
        // An idle connection that keeps a rollback journal leaves nothing beside the file, and holds it all the same.
        (&Content::Sqlite(Remains::Nothing), held(Grip::Open), Verdict::Held),
        (&Content::Sqlite(Remains::Orphaned("-wal".to_owned())), Holding::Free, Verdict::Stale),
        (&Content::Sqlite(Remains::Orphaned("-wal".to_owned())), held(Grip::Open), Verdict::Held),
        (&Content::Sqlite(Remains::Orphaned("-wal".to_owned())), unknown(), Verdict::Doubtful),
    ];
    for (content, holding, expected) in table {
        for age in [Some(0), Some(i64::MAX), None] {
            let (verdict, why) = verdict_of(content, &holding, age, FIVE);
            assert_eq!(verdict, expected, "{content:?} {holding:?} {age:?}: {why}");
        }
    }
}

#[test]
fn who_is_stopped_was_named_and_is_the_last_one_in_the_way() {
    let (bot, other) = (holder(7, Grip::Open, true), holder(8, Grip::Open, false));
    let sidecars = Content::Sqlite(Remains::Sidecars("its -wal".to_owned()));
    let alive = |stoppable| Content::Pid(Life::Alive(Box::new(holder(9, Grip::Open, stoppable))));
    let table = [
        (&sidecars, vec![bot.clone()], Verdict::Stoppable),
        (&sidecars, vec![bot.clone(), other.clone()], Verdict::Held),
        (&sidecars, vec![other], Verdict::Held),
        (&alive(true), vec![bot.clone()], Verdict::Stoppable),
        (&alive(false), vec![bot], Verdict::Held),
    ];
    for (content, holders, expected) in table {
        let (verdict, why) = verdict_of(content, &Holding::Held(holders.clone()), Some(1), FIVE);
        assert_eq!(verdict, expected, "{content:?} {holders:?}: {why}");
    }
    assert_eq!(verdict_of(&alive(true), &Holding::Free, Some(1), FIVE).0, Verdict::Stoppable);
}

#[test]
fn a_lock_of_git_waits_for_its_age_and_for_every_git() {
    let table = [
        (Holding::Free, Some(299_999), Verdict::Doubtful),
        (Holding::Free, Some(300_000), Verdict::Stale),
        (Holding::Free, None, Verdict::Doubtful),
        (held(Grip::Inside), Some(600_000), Verdict::Held),
        (unknown(), Some(600_000), Verdict::Doubtful),
    ];
    for (holding, age, expected) in table {
        assert_eq!(verdict_of(&Content::Git, &holding, age, FIVE).0, expected, "{holding:?} {age:?}");
    }
}

#[test]
fn an_flock_file_is_never_moved() {
    for (holding, expected) in
        [(Holding::Free, Verdict::Free), (held(Grip::Flock), Verdict::Held), (unknown(), Verdict::Doubtful)]
    {
        assert_eq!(verdict_of(&Content::Flock, &holding, Some(i64::MAX), NONE).0, expected, "{holding:?}");
    }
}
