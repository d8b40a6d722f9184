//! Is each thing told once, in order, and never lost? Outages, storms, two runs at once, and an end at every system call.

use serde_json::Value;

use super::acting::{NAP, end, in_parallel, later, running, sleeper};
use super::alert_channels::{channel, titles};
use super::faults_data::private;
use super::killpoints::{CHANGING, Fault, sweep_over};
use super::peer::{Answer, Asked, Peer};
use super::support::Project;

#[test]
fn fifty_ticks_without_a_network_and_then_one_alert_for_each_incident() {
    let peer = Peer::new([]);
    let mut project = sleeper(
        &format!("stable_for = \"1m\"\n[alert.x]\nkind = \"webhook\"\nurl = \"{}\"\n", peer.url())
            .replace("stable_for = \"1m\"\n", ""),
    );
    peer.answer((0..500).map(|_| Answer::Reset));
    project.env("HEAL__SERVICE__APP__STABLE_FOR", "1m");
    let mut incidents = 0;
    for minute in 0..50 {
        if minute % 20 == 0 {
            running(&project, NAP).into_iter().for_each(end);
            incidents += 1;
        }
        later(&project, &format!("{minute}m"), &["heal"]);
    }
    assert_eq!(project.events("opened").len(), incidents);
    let before = peer.asked().len();
    assert!(before < 30, "it is left alone for longer and longer: {before}");
    peer.answer([]);
    later(&project, "3h", &["heal"]);
    let asked: Vec<Value> = peer.asked()[before..].iter().map(Asked::json).collect();
    assert_eq!(asked.len(), incidents, "{asked:#?}");
    let stamps: Vec<&str> = asked.iter().map(|one| one["timestamp"].as_str().expect("text")).collect();
    assert!(stamps.is_sorted(), "{stamps:?}");
    for one in &asked {
        let title = one["message"].as_str().expect("text");
        assert!(title.starts_with("app: not running; healed (over, it lasted") && title.ends_with(" ago]"), "{title}");
    }
    later(&project, "4h", &["heal"]).exits(0);
    assert_eq!(peer.asked().len(), before + incidents, "and none of them recovers once more");
}

#[test]
fn twelve_services_down_behind_one_are_one_alert() {
    let peer = Peer::new([]);
    let mut text = "[project]\nname = \"test\"\n[service.db]\nmatch = { executable = \"sleep\", args_contain = \"77001\" }\nstart = [\"false\"]\n".to_owned();
    for n in 0..12 {
        text.push_str(&format!(
            "[service.w{n}]\nmatch = {{ executable = \"sleep\", args_contain = \"7800{n:02}\" }}\nstart = [\"false\"]\nneeds = [\"db\"]\n"
        ));
    }
    text.push_str(&format!("[alert.x]\nkind = \"webhook\"\nurl = \"{}\"\n", peer.url()));
    let project = Project::new(&text);
    project.heal(&["heal"]).exits(2);
    assert_eq!(titles(&peer, "service"), ["db"]);
    let behind = peer.asked()[0].json()["details"]["behind it"].as_str().expect("text").to_owned();
    assert!((0..12).all(|n| behind.contains(&format!("w{n}"))), "{behind}");
}

#[test]
fn a_hundred_flaps_are_no_more_than_the_limit_and_a_digest() {
    let peer = Peer::new([]);
    let project =
        channel(&format!("[alert.x]\nkind = \"webhook\"\nurl = \"{}\"\n\n[alerting]\nmax_per_hour = 5\n", peer.url()));
    for n in 0..100 {
        let ran = later(&project, &format!("{}s", n * 30), &["alert", &format!("flap {n}")]);
        assert!(ran.code <= 1, "{ran:?}");
    }
    let within = titles(&peer, "category");
    assert_eq!(within, ["manual", "manual", "manual", "manual", "manual", "digest"]);
    // What came after the digest is told in the next hour.
    later(&project, "70m", &["alert", "flush"]);
    let all = peer.asked();
    let told: usize = (0..100).filter(|n| all.iter().any(|asked| asked.body.contains(&format!("flap {n}\"")))).count();
    assert!(told >= 45 && all.len() <= 5 + 1 + 6, "{told} of 100 by name in {} messages", all.len());
    assert_eq!(project.read("data/operator_alerts.jsonl").lines().count(), 100, "and each of them stands in the list");
}

#[test]
fn two_ticks_at_once_tell_it_once() {
    let peer = Peer::new([]);
    let project = sleeper(&format!("[alert.x]\nkind = \"webhook\"\nurl = \"{}\"\n", peer.url()));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| (0..3).for_each(|_| drop(project.heal(&["heal"]))));
        }
    });
    assert_eq!(titles(&peer, "category"), ["opened"]);
}

/// At every point, always: a delivery is short.
#[test]
fn wherever_a_delivery_ends_nothing_is_lost_and_nothing_is_told_thrice() {
    let faults = [
        (Fault::Kill, usize::MAX),
        (Fault::Error("ENOSPC"), usize::MAX),
        (Fault::Error("EIO"), usize::MAX),
        (Fault::Again(&["alert", "flush"]), 4),
        (Fault::Sticky("ENOSPC"), 1),
        (Fault::Sticky("EIO"), 1),
        (Fault::Sticky("EROFS"), 1),
    ];
    in_parallel(&faults, |&(fault, most)| {
        let peer = Peer::new([]);
        let worlds = std::cell::Cell::new(0);
        let world = || {
            let project = channel(&format!("[alert.x]\nkind = \"webhook\"\nurl = \"{}\"\n", peer.url()));
            // A message of its own for each: all of them tell the same peer.
            worlds.set(worlds.get() + 1);
            let message = format!("message {} of a sweep", worlds.get());
            project.write("message", &message);
            (project, ["alert", &message, "--severity", "critical"].map(str::to_owned).to_vec())
        };
        let mut twice = 0;
        sweep_over(world, CHANGING, fault, most, |project, point, ran| {
            let listed = project.heal(&["alert", "list", "--json"]).exits(0).json();
            let waits = !listed["waiting"].as_array().expect("a list").is_empty();
            later(project, "2h", &["alert", "flush"]);
            let message = project.read("message");
            let told = peer.asked().iter().filter(|asked| asked.body.contains(&message)).count();
            // Once more for each time that it ended between the telling and the writing down.
            assert!(told <= 2 + usize::from(point.then.is_some()), "{fault:?} {point:?}: told {told} times");
            assert!(told >= 1 || (!waits && ran.code != 0), "{fault:?} {point:?}: it was spooled, and lost: {ran:?}");
            twice += usize::from(told >= 2);
            let listed = project.heal(&["alert", "list", "--json"]).json();
            assert_eq!(listed["waiting"], serde_json::json!([]), "{fault:?} {point:?}");
        });
        println!("{fault:?}: told twice at {twice}");
    });
}

#[test]
fn on_a_disk_that_stays_full_what_arrived_is_not_told_by_each_run_again() {
    let peer = Peer::new([Answer::status(503, "")]);
    let project = channel(&format!("[alert.x]\nkind = \"webhook\"\nurl = \"{}\"\n", peer.url()));
    let script = "mkdir -p data && mount -t tmpfs -o size=256k,mode=700 tmpfs data || exit 99\n\
         \"$HEAL\" alert 'the only one' --severity critical\n\
         size=$(cat data/journal/* | wc -c); head -c $((4096 - size % 4096)) /dev/zero | tr '\\0' '\\n' >>$(echo data/journal/*)\n\
         dd if=/dev/zero of=data/full bs=4k 2>/dev/null\n\
         for run in 1 2 3 4; do \"$HEAL\" alert flush; done\n\
         rm data/full; \"$HEAL\" alert flush; echo \"flush $?\"; \"$HEAL\" alert list --json >listed";
    let Some(ran) = private(&project, script) else { return };
    assert!(ran.stdout.contains("it was sent, but that cannot be written down"), "{ran:?}");
    assert!(ran.stdout.ends_with("flush 0\n"), "{ran:?}");
    assert_eq!(peer.asked().len(), 2, "refused once, told once: {ran:?}");
    assert!(project.read("listed").contains("\"waiting\":[]"), "{}", project.read("listed"));
}
