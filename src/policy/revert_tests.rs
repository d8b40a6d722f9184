use super::*;
use crate::model::{Span, Stamp};

fn at(hour: i64) -> Moment {
    Moment {
        at: Stamp::from_timestamp(hour * 3_600, 0).unwrap_or_default(),
        up: hour * 3_600_000,
        boot: "b".to_owned(),
    }
}

fn taken(takes_back: &str, commit: &str, hour: i64) -> TakenBack {
    TakenBack {
        when: at(hour),
        service: "bot".to_owned(),
        reference: "refs/heads/main".to_owned(),
        base: takes_back.to_owned(),
        commit: commit.to_owned(),
        takes_back: takes_back.to_owned(),
        undone_by: None,
        pushed: None,
        push_failed: None,
    }
}

fn ask() -> Ask<'static> {
    Ask {
        enabled: true,
        missing_flag: None,
        commit: None,
        suspect: Ok(Suspect { release: "bad".to_owned(), good: Some("good".to_owned()), candidates: Vec::new() }),
        branch: Some("main"),
        unsigned: false,
        limit: Rate { count: 1, per: Span::secs(24 * 3_600) },
    }
}

fn ground() -> Ground {
    Ground {
        repo: PathBuf::from("/r"),
        reference: Some("refs/heads/main".to_owned()),
        head: Some("bad".to_owned()),
        ..Ground::default()
    }
}

fn word(answer: Result<Target, Refused>) -> &'static str {
    answer.map_or_else(|refused| refused.word(), |_| "yes")
}

/// What is wrong with what is asked for or with the repository, and the rule that says so.
type Row = (&'static str, fn(&mut Ask<'static>, &mut Ground));

#[test]
fn each_reason_not_to_has_its_rule() {
    let table: [Row; 17] = [
        ("yes", |_, _| {}),
        ("off", |ask, _| ask.enabled = false),
        ("not-armed", |ask, _| ask.missing_flag = Some(PathBuf::from("/d/flag"))),
        ("no-pattern", |ask, _| ask.suspect = Err("quiet".to_owned())),
        ("bare", |_, ground| ground.repo = PathBuf::new()),
        ("foreign-owner", |_, ground| ground.foreign = Some((PathBuf::from("/r/.git"), 7))),
        ("in-progress", |_, ground| ground.under_way = Some("rebase")),
        ("locked", |_, ground| ground.locks.push(PathBuf::from("/r/.git/index.lock"))),
        ("detached-head", |_, ground| ground.reference = None),
        ("wrong-branch", |ask, _| ask.branch = Some("stable")),
        ("no-commit", |_, ground| ground.head = None),
        ("shallow", |_, ground| ground.shallow = true),
        ("dirty", |_, ground| ground.dirty.push("a".to_owned())),
        ("not-running", |_, ground| ground.head = Some("newer".to_owned())),
        ("own-revert", |_, ground| ground.head_reverts = Some("worse".to_owned())),
        ("signing-required", |_, ground| ground.signing = true),
        ("yes", |ask, ground| {
            ground.signing = true;
            ask.unsigned = true;
        }),
    ];
    for (rule, spoil) in table {
        let (mut ask, mut ground) = (ask(), ground());
        spoil(&mut ask, &mut ground);
        assert_eq!(word(choose(&ask, &ground, &[], &at(100))), rule);
    }
}

#[test]
fn once_per_release_and_one_a_day_whatever_was_undone() {
    let undone = [taken("other", "r1", 90), taken("r1", "r2", 91)];
    let table: [(&[TakenBack], &str); 5] = [
        (&[], "yes"),
        (&[taken("bad", "r1", 1)], "already-taken-back"),
        (&[taken("other", "r1", 90)], "spent"),
        (&[taken("other", "r1", 75)], "yes"),
        // To bring it back again is not one more; that it was tried counts all the same.
        (&undone, "spent"),
    ];
    for (past, rule) in table {
        assert_eq!(word(choose(&ask(), &ground(), past, &at(100))), rule, "{past:?}");
    }
    let two = Ask { limit: Rate { count: 2, per: Span::secs(24 * 3_600) }, ..ask() };
    assert_eq!(word(choose(&two, &ground(), &undone, &at(100))), "yes");
    // Who names a commit needs neither pattern nor budget.
    let named = Ask { commit: Some(("x", 0)), suspect: Err(String::new()), ..ask() };
    let target = choose(&named, &ground(), &[taken("other", "r1", 99)], &at(100));
    assert_eq!(target, Ok(Target::Commit { name: "x".to_owned(), mainline: 0 }));
}

#[test]
fn without_a_good_release_only_a_single_suspect_is_taken_back() {
    let table: [(&[&str], &str); 4] = [
        (&[], "no-known-good"),
        (&["bad"], "yes"),
        (&["older"], "no-known-good"),
        (&["bad", "older"], "no-known-good"),
    ];
    for (candidates, rule) in table {
        let candidates = candidates.iter().map(|id| (*id).to_owned()).collect();
        let suspect = Suspect { release: "bad".to_owned(), good: None, candidates };
        let ask = Ask { suspect: Ok(suspect), ..ask() };
        assert_eq!(word(choose(&ask, &ground(), &[], &at(100))), rule);
    }
}

/// The rule, and what of the draft it is about.
type Spoil = (&'static str, fn(&mut Meets, Vec<String>));

#[test]
fn what_a_draft_would_meet_is_refused_in_a_fixed_order() {
    let target = Target::Restore { release: "bad".to_owned(), good: "good".to_owned() };
    let one = || vec!["a".to_owned()];
    let table: [Spoil; 9] = [
        ("not-an-ancestor", |meets, _| meets.stranger = Some("x".to_owned())),
        ("own-revert", |meets, _| meets.own = Some("x".to_owned())),
        ("already-taken-back", |meets, _| meets.taken_back_by = Some("x".to_owned())),
        ("merge", |meets, _| meets.merge = Some(2)),
        ("conflict", |meets, paths| meets.conflicts = paths),
        ("submodules", |meets, paths| meets.submodules = paths),
        ("filtered", |meets, paths| meets.filtered = paths),
        ("in-the-way", |meets, paths| meets.in_the_way = paths),
        ("dirty", |meets, paths| meets.changed = paths),
    ];
    for (place, (rule, spoil)) in table.iter().enumerate() {
        let mut meets = Meets { nothing: true, ..Meets::default() };
        spoil(&mut meets, one());
        // Whatever comes after it in the table is wrong as well.
        table[place..].iter().for_each(|(_, spoil)| spoil(&mut meets, one()));
        assert_eq!(allow(&target, &meets).map_err(|refused| refused.word()), Err(*rule));
    }
    let nothing = Meets { nothing: true, ..Meets::default() };
    assert_eq!(allow(&target, &nothing).map_err(|refused| refused.word()), Err("nothing"));
    assert_eq!(allow(&target, &Meets::default()), Ok(()));
}
