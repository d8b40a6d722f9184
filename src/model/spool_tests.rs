//! What is told when several messages wait, and when a channel that failed is tried again.

use super::*;
use crate::model::Stamp;
use crate::model::alert::sample;

fn moment(second: i64) -> Moment {
    Moment { at: Stamp::from_timestamp(second, 0).unwrap_or_default(), up: second * 1_000, boot: "b".to_owned() }
}

fn item(second: i64, notice: Notice, severity: Severity, title: &str) -> Item {
    let details = match notice {
        Notice::Recovered => vec![("downtime".to_owned(), "3m".to_owned())],
        _ => vec![("found".to_owned(), title.to_owned()), ("next".to_owned(), "`restart`".to_owned())],
    };
    let message = Message { notice, severity, title: title.to_owned(), details, ..sample() };
    Item {
        queued: moment(second),
        nth: 0,
        message,
        waiting: vec![Waiting::new("a")],
        stood_in: vec![],
        told: Vec::new(),
        taken: false,
        refused: false,
        shouted: false,
    }
}

#[test]
fn one_message_says_how_it_stands() {
    use Notice::{Exhausted, Opened, Recovered};
    let (critical, warning, info) = (Severity::Critical, Severity::Warning, Severity::Info);
    let opened = || item(0, Opened, critical, "app: not running");
    let cured = || item(0, Opened, warning, "app: not running; healed");
    let exhausted = || item(60, Exhausted, critical, "app: nothing left");
    let recovered = || item(200, Recovered, info, "app: recovered");
    let table: [(Vec<Item>, i64, &str, Severity, Notice); 7] = [
        (vec![opened()], 0, "app: not running", critical, Opened),
        (vec![opened()], 119, "app: not running", critical, Opened),
        (vec![opened()], 3_120, "app: not running [52m ago]", critical, Opened),
        (vec![opened(), exhausted()], 60, "app: nothing left", critical, Exhausted),
        (
            vec![cured(), recovered()],
            200,
            "app: not running; healed (over, it lasted 3m) [3m 20s ago]",
            warning,
            Opened,
        ),
        (
            vec![opened(), exhausted(), recovered()],
            3_120,
            "app: nothing left (over, it lasted 3m) [52m ago]",
            warning,
            Exhausted,
        ),
        (vec![recovered()], 200, "app: recovered", info, Recovered),
    ];
    for (items, now, title, severity, notice) in table {
        let items: Vec<&Item> = items.iter().collect();
        let message = merged(&items, &moment(now)).expect("there is one");
        assert_eq!((message.title.as_str(), message.severity, message.notice), (title, severity, notice));
        let over = items.len() > 1 && items.iter().any(|item| item.message.notice == Recovered);
        assert!(!over || message.action_required.is_none(), "what is over needs nobody: {title}");
    }
    assert_eq!(merged(&[], &moment(0)), None);
}

#[test]
fn a_channel_that_fails_is_left_alone_for_longer_and_longer() {
    let mut waiting = Waiting::new("a");
    let (mut now, mut tries) = (0, Vec::new());
    while now < 4 * 3_600 {
        if waiting.is_due(&moment(now)) {
            tries.push(now / 60);
            waiting.failed("no", Again::Later, &moment(now));
        }
        now += 60;
    }
    assert_eq!(tries, [0, 1, 3, 8, 23, 83, 143, 203]);
    let mut waiting = Waiting::new("a");
    waiting.failed("slow down", Again::After(7_000), &moment(0));
    assert_eq!((waiting.is_due(&moment(6)), waiting.is_due(&moment(7))), (false, true));
}

#[test]
fn a_digest_names_what_it_can_and_counts_the_rest() {
    let items: Vec<Item> =
        (0..100).map(|n| item(n, Notice::Opened, Severity::Warning, &format!("app{n}: down"))).collect();
    let items: Vec<&Item> = items.iter().collect();
    let digest = digest(&items, 12, &moment(100)).expect("there is one");
    assert_eq!(digest.title, "100 messages in one: there were more than 12 within an hour");
    assert_eq!(digest.details.len(), LINES + 1);
    assert_eq!(digest.details[0], ("left out".to_owned(), "60 older messages".to_owned()));
    assert_eq!(digest.details[LINES].1, "app99: down");
}

#[test]
fn a_file_is_named_by_age_and_by_what_it_says() {
    let mut one = item(1_700_000_000, Notice::Opened, Severity::Critical, "x");
    one.message.incident = "2026/../app name".to_owned();
    assert_eq!(one.name(), "01700000000000-2026_.._app_name-0-opened-0.json");
}

#[test]
fn of_what_is_put_there_at_once_the_older_incident_leaves_first() {
    use Notice::{Exhausted, Opened, Recovered};
    let name = |incident: &str, notice: Notice| {
        let mut one = item(7, notice, Severity::Critical, "app");
        one.message.incident = incident.to_owned();
        one.name()
    };
    // What is over was there first, and begins with an earlier time; what began after it must not seem to be over.
    let (first, second) = ("20261126T150459910Z-11744/app", "20261126T150504646Z-11936/app");
    let order = [name(first, Opened), name(first, Recovered), name(second, Opened), name(second, Exhausted)];
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(sorted, order);
}

#[test]
fn a_fallback_takes_over_what_it_was_not_told_and_only_once() {
    let refused = || Undelivered { why: "no".to_owned(), again: Again::Never };
    let mut item = item(0, Notice::Opened, Severity::Critical, "app: not running");
    assert!(item.failed("a", &refused(), Some("b"), &moment(1)));
    assert_eq!((item.of("a").is_some(), item.of("b").is_some()), (false, true), "`b` takes over");
    item.took("b", true);
    item.waiting.push(Waiting::new("c"));
    // Found by the simulation: a channel that had taken a message got it again when another one refused it.
    assert!(item.failed("c", &refused(), Some("b"), &moment(2)));
    assert_eq!(item.waiting, [], "`b` knows");
    assert!(!item.failed("d", &refused(), Some("b"), &moment(3)), "it does not wait for `d`");
}
