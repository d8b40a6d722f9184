use super::super::service_history::ACTS_KEPT;
use super::*;
use crate::model::change::Change;
use crate::model::event::{Moment, Notice, Outcome};
use crate::model::{Class, Identity, Stamp};

fn at(second: i64) -> Moment {
    let at = Stamp::from_timestamp(1_700_000_000 + second, 0).unwrap_or_default();
    Moment { at, up: second * 1_000, boot: "boot".to_owned() }
}

fn fold(events: impl IntoIterator<Item = Event>) -> History {
    let mut history = History::default();
    for (second, event) in events.into_iter().enumerate() {
        let moment = at(i64::try_from(second).unwrap_or(0));
        history.apply(&Entry { v: 1, moment, run: "run".to_owned(), event });
    }
    history
}

fn bot() -> String {
    "bot".to_owned()
}

fn opened() -> Event {
    Event::Opened { service: bot(), incident: "i".to_owned(), class: Class::Dead, summary: "down".to_owned() }
}

fn intent(id: &str, rung: &str) -> Event {
    let changes = vec![Change::StartService { argv: vec![], cwd: "/".into(), log: "/log".into() }];
    Event::Intent {
        id: id.to_owned(),
        service: bot(),
        rung: rung.to_owned(),
        cause: None,
        changes,
        why: String::new(),
        uncounted: false,
    }
}

fn done(id: &str, outcome: Outcome) -> Event {
    let (intent, rung, detail) = (id.to_owned(), String::new(), String::new());
    Event::Done { intent, service: bot(), rung, outcome, detail }
}

fn alerted(notice: Notice, channel: &str) -> Event {
    Event::Alerted { service: bot(), incident: "i".to_owned(), notice, channel: channel.to_owned() }
}

fn closed() -> Event {
    Event::Closed { service: bot(), incident: "i".to_owned(), downtime_ms: 5 }
}

#[test]
fn an_intent_counts_against_the_budget_whatever_comes_of_it() {
    let history = fold([opened(), intent("1", "restart"), intent("2", "stop-stale"), done("2", Outcome::Failed)]);
    let service = history.service("bot");
    assert_eq!(service.acts.len(), 2);
    assert_eq!(history.open_intents.keys().collect::<Vec<_>>(), ["1"]);
    assert_eq!(history.open_intents["1"].to_string().split(" of ").next(), Some("bot: `restart`"));
    let tries = service.incident.as_ref().expect("open").tries.clone();
    assert_eq!(tries.into_iter().collect::<Vec<_>>(), [("restart".to_owned(), 1), ("stop-stale".to_owned(), 1)]);
}

#[test]
fn what_a_person_asks_for_counts_against_nothing_and_leaves_the_incident_as_it_is() {
    let asked = |id: &str| match intent(id, "restart") {
        Event::Intent { id, service, rung, cause, changes, why, .. } => {
            Event::Intent { id, service, rung, cause, changes, why, uncounted: true }
        }
        other => other,
    };
    let before = fold([opened(), intent("1", "restart"), done("1", Outcome::Failed)]);
    let after =
        fold([opened(), intent("1", "restart"), done("1", Outcome::Failed), asked("2"), done("2", Outcome::Healed)]);
    assert_eq!(after, before);
    assert_eq!(fold([opened(), asked("2")]).open_intents.len(), 1, "an unfinished one is said all the same");
}

#[test]
fn only_acts_after_the_last_rung_are_slow_retries() {
    let exhausted = Event::Exhausted { service: bot(), why: String::new() };
    let history = fold([opened(), intent("1", "restart"), exhausted, intent("2", "restart"), intent("3", "restart")]);
    assert_eq!(history.service("bot").incident.as_ref().expect("open").retries, 2);
}

#[test]
fn a_release_begins_the_ladder_anew_but_keeps_the_budget() {
    let held = Event::Held { service: bot(), reason: "exit code 2".to_owned(), code: false };
    let history = fold([
        opened(),
        intent("1", "restart"),
        held,
        alerted(Notice::Held, "mail"),
        Event::Released { service: bot() },
    ]);
    let service = history.service("bot");
    assert_eq!(service.held, None);
    assert_eq!(service.acts.len(), 1);
    let incident = service.incident.as_ref().expect("still open");
    assert!(incident.tries.is_empty());
    assert!(!incident.was_told(Notice::Held, "mail"), "the next hold is told again");
}

#[test]
fn a_recovery_is_owed_to_those_who_heard_of_the_trouble_and_to_nobody_else() {
    assert_eq!(fold([opened(), closed()]).service("bot").recovered, []);
    let events = [opened(), alerted(Notice::Opened, "mail"), alerted(Notice::Exhausted, "chat"), closed()];
    let history = fold(events.clone());
    let owed = &history.service("bot").recovered;
    assert_eq!(owed[0].knowing().into_iter().collect::<Vec<_>>(), ["chat", "mail"]);
    assert_eq!(owed[0].downtime_ms, Some(5));
    let half = events.clone().into_iter().chain([alerted(Notice::Recovered, "mail")]);
    assert_eq!(fold(half).service("bot").recovered.len(), 1);
    let all = events.into_iter().chain([alerted(Notice::Recovered, "mail"), alerted(Notice::Recovered, "chat")]);
    assert_eq!(fold(all).service("bot").recovered, []);
}

#[test]
fn a_verified_recovery_is_remembered_in_its_incident() {
    let history = fold([
        opened(),
        intent("1", "restart"),
        done("1", Outcome::Healed),
        intent("2", "x"),
        done("2", Outcome::Probation),
    ]);
    assert_eq!(history.service("bot").incident.as_ref().expect("open").cured.len(), 1);
}

#[test]
fn the_memory_of_acts_is_bounded() {
    let history = fold((0..ACTS_KEPT + 50).map(|n| intent(&n.to_string(), "restart")));
    assert_eq!(history.service("bot").acts.len(), ACTS_KEPT);
}

#[test]
fn what_is_known_to_be_done_to_files_is_not_to_be_found_out_again() {
    let file = crate::model::change::FileState {
        device: 1,
        inode: 7,
        mode: 0o640,
        uid: 0,
        gid: 0,
        size: 3,
        sha256: String::new(),
    };
    let (kept, path) = ("/q/0-a".to_owned(), "/p/a".to_owned());
    let away = Change::MoveAside { path: "/p/a".into(), device: 1, inode: 8, why: String::new() };
    let back = Change::PutBack { kept: kept.clone().into(), path: "/p/a".into(), file: file.clone() };
    let stop = Change::StartService { argv: Vec::new(), cwd: "/".into(), log: "/log".into() };
    let (id, service, rung, why) = ("1".to_owned(), bot(), "undo".to_owned(), String::new());
    let begun = Event::Repairing { id: id.clone(), service, rung, changes: vec![stop, away, back.clone()], why };
    let moved = Event::MovedAside { intent: id, service: bot(), path, kept: "/q/1-a".to_owned(), file, stays: false };
    let history = fold([opened(), begun.clone(), moved]);
    assert_eq!(history.open_intents["1"].repairs, [(2, back)], "the same path is put back as well");
    assert!(history.open_intents["1"].beside);
    let service = history.service("bot");
    assert!(service.acts.is_empty() && service.incident.as_ref().is_some_and(|one| one.tries.is_empty()));
    let (intent, service, rung, detail) = ("1".to_owned(), bot(), "undo".to_owned(), String::new());
    let ended = Event::Repaired { intent, service, rung, done: true, detail };
    assert!(fold([begun, ended]).open_intents.is_empty());
}

#[test]
fn all_lives_that_heal_stopped_are_remembered_until_a_tick_writes_down_who_ended() {
    // Found by the simulation: of two `heal restart`s between two ticks the first one counted as a crash.
    let life = |pid| Identity { pid, start: 1, boot: "boot".to_owned() };
    let stop = |pid| match intent("run/1", "restart") {
        Event::Intent { id, service, rung, cause, why, .. } => {
            let changes = vec![Change::StopProcess { identity: life(pid), command: String::new(), grace_ms: 1 }];
            Event::Intent { id, service, rung, cause, changes, why, uncounted: true }
        }
        other => other,
    };
    let history = fold((0..40).map(stop));
    let stopped = &history.service("bot").stopped;
    assert_eq!((stopped.first(), stopped.last(), stopped.len()), (Some(&life(8)), Some(&life(39)), STOPPED_KEPT));
}
