//! Who listens, on what, and what does that mean? Tables without a socket.

use super::*;
use crate::model::Identity;

fn listener(address: &str, socket: u64, v6_only: Option<bool>) -> Listener {
    Listener { address: address.parse().expect("an address"), v6_only, socket, pid: None }
}

fn process(pid: i32) -> Process {
    Process {
        identity: Identity { pid, start: 10, boot: String::new() },
        parent: 1,
        session: pid,
        state: 'S',
        age_ms: 60_000,
        exe: None,
        args: Vec::new(),
        cwd: None,
        uid: None,
    }
}

fn probe(address: Option<&str>, owner: Option<Owner>) -> Port {
    Port { port: 80, address: address.map(|text| text.parse().expect("an address")), owner }
}

/// Sockets below 10 are the service's, below 20 a stranger's; others are not to be seen.
fn of(listener: &Listener) -> Whose {
    match listener.socket {
        0..10 => Whose::Ours(100),
        10..20 => Whose::Stranger(200),
        _ => Whose::Unseen,
    }
}

fn said(probe: &Port, listeners: &[Listener], who: Option<&Who>) -> (Judged, Option<Class>, String) {
    let sight = probe.judge(listeners, who, &of, &|pid| format!("pid {pid}"));
    (sight.judged, sight.class, sight.summary)
}

#[test]
fn a_connection_reaches_the_address_and_all_addresses_of_its_family() {
    let yes = Some(true);
    let no = Some(false);
    let table = [
        ("127.0.0.1:80", None, "127.0.0.1", yes),
        ("127.0.0.2:80", None, "127.0.0.1", no),
        ("0.0.0.0:80", None, "127.0.0.2", yes),
        ("0.0.0.0:80", None, "::1", no),
        ("[::1]:80", None, "::1", yes),
        ("[::1]:80", None, "127.0.0.1", no),
        ("[::]:80", Some(false), "127.0.0.1", yes),
        ("[::]:80", Some(true), "127.0.0.1", no),
        ("[::]:80", None, "127.0.0.1", None),
        ("[::]:80", Some(true), "::1", yes),
        ("[::ffff:127.0.0.1]:80", Some(false), "127.0.0.1", yes),
        ("10.0.0.1:80", None, "0.0.0.0", no),
    ];
    for (on, v6_only, to, expected) in table {
        assert_eq!(
            reaches(&listener(on, 1, v6_only), to.parse().expect("an address")),
            expected,
            "{on} {v6_only:?} {to}"
        );
    }
}

/// Who listens, the address that is asked for, what is judged, and of which class.
type Case<'a> = (&'a [Listener], Option<&'a str>, Judged, Option<Class>);

/// Who listens, who may, who the service is, and what is judged.
type Asked<'a> = (&'a [Listener], Option<Owner>, Option<&'a Who>, Judged);

#[test]
fn ours_a_stranger_nobody() {
    let who = Who::Running { process: Box::new(process(100)), how: String::new(), also: Vec::new() };
    let ours = listener("127.0.0.1:80", 1, None);
    let theirs = listener("127.0.0.1:80", 11, None);
    let far = listener("10.0.0.1:80", 12, None);
    let hidden = listener("127.0.0.1:80", 21, None);
    let other_port = listener("127.0.0.1:81", 1, None);
    let bad = Judged::Bad(None);
    let stolen = Some(Class::Resource);
    let table: &[Case<'_>] = &[
        (&[ours, other_port], None, Judged::Good, None),
        (&[other_port], None, bad, None),
        (&[theirs], None, bad, stolen),
        (&[hidden], None, Judged::Unknown, None),
        (&[ours, far], None, Judged::Good, None), // another address is another's to use
        (&[ours, theirs], None, bad, stolen),     // shared: half of the connections are lost
        (&[far], Some("127.0.0.1"), bad, None),   // the right port at the wrong address
        (&[theirs, far], Some("10.0.0.1"), bad, stolen),
    ];
    for (listeners, address, judged, class) in table {
        let answer = said(&probe(*address, None), listeners, Some(&who));
        assert_eq!((answer.0, answer.1), (*judged, *class), "{listeners:?}: {}", answer.2);
    }
}

#[test]
fn what_is_asked_depends_on_who_is_there_to_be_asked() {
    let gone = Who::Gone { why: String::new(), left: Vec::new() };
    let unknown = Who::Unknown { why: String::new() };
    let (any, nobody) = (Some(Owner::Any), Some(Owner::Nobody));
    let ours = [listener("127.0.0.1:80", 1, None)];
    let theirs = [listener("127.0.0.1:80", 11, None)];
    let bad = Judged::Bad(None);
    let table: &[Asked<'_>] = &[
        (&[], None, Some(&gone), Judged::Skipped),
        (&theirs, None, Some(&gone), bad), // why it does not come up
        (&theirs, any, Some(&gone), Judged::Skipped),
        (&theirs, None, Some(&unknown), Judged::Unknown),
        (&theirs, None, Some(&Who::Unwatched), Judged::Unknown),
        (&[], None, Some(&unknown), bad),
        (&theirs, any, Some(&unknown), Judged::Good),
        (&theirs, None, None, Judged::Good),
        (&[], None, None, bad),
        (&[], nobody, None, Judged::Good),
        (&ours, nobody, None, bad),
        (&theirs, nobody, Some(&gone), bad),
    ];
    for (listeners, owner, who, expected) in table {
        let answer = said(&probe(None, *owner), listeners, *who);
        assert_eq!(answer.0, *expected, "{listeners:?} {owner:?} {who:?}: {}", answer.2);
    }
}

#[test]
fn the_family_is_what_descends_and_the_session_that_it_leads() {
    let kin = |pid, parent, session, start| Kin { pid, parent, session, start };
    let service = kin(100, 1, 100, 10);
    let table = [
        service,
        kin(101, 100, 100, 11),
        kin(102, 101, 102, 12), // a grandchild in a session of its own
        kin(103, 1, 100, 12),   // an orphan of its session
        kin(104, 1, 7, 12),
        kin(105, 100, 105, 9), // older than its parent: of an earlier life of the number
    ];
    let mut found = family(&table, service);
    found.sort_unstable();
    assert_eq!(found, [100, 101, 102, 103]);
    // In somebody else's session it leads nobody.
    let guest = kin(101, 100, 100, 11);
    assert_eq!(family(&table, guest), [101, 102]);
    assert!(family(&table, kin(100, 1, 100, 99)).is_empty());
}
