//! What if something is no reason to act, and somebody should know? A warning is told once, and once when it is over.

use super::acting::{NAP, later, running};
use super::alert_channels::titles;
use super::peer::Peer;
use super::support::{Project, wait_for};

fn project(peer: &Peer, probe: &str) -> Project {
    let mut project = super::acting::sleeper(&format!(
        "startup_grace = \"0s\"\n[service.app.probes]\nload = {{ kind = \"command\", command = [\"test\", \"!\", \"-e\", \"slow\"], {probe} }}\n\n\
         [alert.x]\nkind = \"webhook\"\nurl = \"{}\"\n",
        peer.url()
    ));
    project.spawn(&["/usr/bin/sleep", NAP]);
    wait_for("it to run", || running(&project, NAP).len() == 1);
    project
}

fn tick(project: &Project, minute: u32) -> i32 {
    later(project, &format!("{minute}m"), &["heal"]).code
}

#[test]
fn a_warning_is_told_at_its_threshold_once_and_once_when_it_is_over() {
    let peer = Peer::new([]);
    let project = project(&peer, "severity = \"warning\", fail_after = 3");
    assert_eq!(tick(&project, 0), 0);
    project.write("slow", "");
    assert_eq!((tick(&project, 1), tick(&project, 2)), (1, 1));
    assert_eq!(titles(&peer, "category"), [""; 0], "below its threshold");
    for minute in 3..70 {
        // It comes and goes.
        if minute % 5 == 4 {
            std::fs::remove_file(project.path("slow")).expect("there")
        }
        if minute % 5 == 0 && minute > 3 {
            project.write("slow", "")
        }
        tick(&project, minute);
    }
    assert_eq!(titles(&peer, "category"), ["warned"]);
    let told = peer.asked()[0].json();
    assert_eq!((&told["level"], &told["service"]), (&"warning".into(), &"app".into()));
    assert!(told["message"].as_str().expect("text").starts_with("app: load: "), "{told:#}");
    assert!(told["action_required"].as_str().expect("text").contains("check --only app --explain"), "{told:#}");
    let listed = project.heal(&["alert", "list", "--json"]).json();
    assert_eq!(listed["open"][0]["fingerprint"], told["fingerprint"], "{listed:#}");
    assert_eq!(running(&project, NAP).len(), 1);
    assert!(project.events("intent").is_empty() && project.events("opened").is_empty(), "nothing is done about it");
    let _ = std::fs::remove_file(project.path("slow"));
    for minute in [70, 75, 81, 82] {
        assert_eq!(tick(&project, minute), 0);
    }
    assert_eq!(titles(&peer, "category"), ["warned", "recovered"]);
    let over = peer.asked()[1].json();
    assert_eq!((&over["incident"], &over["level"]), (&told["incident"], &"info".into()));
    assert!(over["details"]["downtime"].is_string(), "{over:#}");
}

#[test]
fn the_machine_warns_too_and_a_picky_channel_is_spared() {
    let (peer, picky) = (Peer::new([]), Peer::new([]));
    let project = Project::new(&format!(
        "[project]\nname = \"test\"\n\n[host.probes]\ndisk = {{ kind = \"disk\", path = \".\", warn_below = \"9000TiB\", critical_below = \"1B\" }}\n\n\
         [alert.x]\nkind = \"webhook\"\nurl = \"{}\"\n\n[alert.y]\nkind = \"webhook\"\nurl = \"{}\"\nmin_severity = \"critical\"\n",
        peer.url(),
        picky.url()
    ));
    for _ in 0..5 {
        project.heal(&["heal"]).exits(1);
    }
    assert_eq!(titles(&peer, "category"), ["warned"]);
    assert!(titles(&peer, "message")[0].starts_with("host: disk: "), "{:?}", titles(&peer, "message"));
    assert!(picky.asked().is_empty());
}

#[test]
fn what_is_only_said_and_what_is_critical_are_no_warnings() {
    let peer = Peer::new([]);
    let quiet = project(&peer, "severity = \"info\", fail_after = 1");
    quiet.write("slow", "");
    for minute in 0..4 {
        tick(&quiet, minute);
    }
    assert!(peer.asked().is_empty());
    let loud = project(&peer, "class = \"resource\", fail_after = 1");
    loud.write("slow", "");
    for minute in 0..4 {
        tick(&loud, minute);
    }
    assert!(!titles(&peer, "category").contains(&"warned".to_owned()), "{:?}", titles(&peer, "category"));
}
