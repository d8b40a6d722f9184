//! Who is told at the edges: after a refusal, a release, an acknowledgement, by a name that hears nothing?

use serde_json::Value;

use super::acting::{NAP, end, later, running, sleeper, started_by, the_one};
use super::alert_channels::{channel, titles};
use super::peer::{Answer, Peer};
use super::support::{Project, wait_for};

fn hook(name: &str, peer: &Peer, more: &str) -> String {
    format!("[alert.{name}]\nkind = \"webhook\"\nurl = \"{}/{name}\"\n{more}\n", peer.url())
}

fn by_hand(project: &mut Project) {
    project.spawn(&["/usr/bin/sleep", NAP]);
    wait_for("it to run", || running(project, NAP).len() == 1);
}

#[test]
fn who_refused_to_hear_of_the_trouble_hears_of_no_recovery_and_is_not_asked_again() {
    let (deaf, other) = (Peer::new([Answer::status(400, "no")]), Peer::new([]));
    let mut project = started_by("[\"false\"]", &format!("{}{}", hook("deaf", &deaf, ""), hook("other", &other, "")));
    project.env("HEAL__SERVICE__APP__STABLE_FOR", "1ms");
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(2);
    assert_eq!(deaf.asked().len(), 1);
    by_hand(&mut project);
    project.heal(&["heal"]);
    project.heal(&["heal"]);
    assert_eq!(titles(&other, "category"), ["opened", "recovered"]);
    assert_eq!(titles(&deaf, "category"), ["opened"], "it heard of nothing");
}

#[test]
fn held_again_after_a_release_is_told_again() {
    let peer = Peer::new([]);
    let project =
        started_by("[\"/bin/sh\", \"-c\", \"exit 2\"]", &format!("hold_on_exit = [2]\n{}", hook("x", &peer, "")));
    project.heal(&["heal"]).exits(2);
    assert_eq!(titles(&peer, "category"), ["held"]);
    project.heal(&["release", "app"]).exits(0);
    later(&project, "5m", &["heal"]).exits(2);
    assert_eq!(titles(&peer, "category"), ["held", "held"]);
}

#[test]
fn a_fingerprint_stays_the_same_while_the_incident_lasts() {
    let peer = Peer::new([]);
    let mut project = sleeper(&format!(
        "startup_grace = \"0s\"\nladder = []\n{}\n[service.app.probes]\nbbb = {{ kind = \"command\", command = [\"test\", \"!\", \"-e\", \"b\"], fail_after = 1 }}\n\
         aaa = {{ kind = \"command\", command = [\"test\", \"!\", \"-e\", \"a\"], fail_after = 1 }}\n",
        hook("x", &peer, "")
    ));
    by_hand(&mut project);
    project.write("b", "");
    project.heal(&["heal"]);
    project.write("a", "");
    project.heal(&["heal"]);
    let first = peer.asked()[0].json()["fingerprint"].as_str().expect("text").to_owned();
    project.heal(&["alert", "ack", &first]).exits(0);
}

#[test]
fn a_name_that_hears_of_no_alert_is_refused() {
    let peer = Peer::new([]);
    let project = channel(&format!(
        "[alert.alive]\nkind = \"ping\"\nurl = \"{0}/alive\"\n\n[alert.off]\nkind = \"webhook\"\nurl = \"{0}/off\"\nenabled = false\n",
        peer.url()
    ));
    for name in ["alive", "off"] {
        let ran = project.heal(&["alert", "x", "--channel", name]).exits(64);
        assert!(ran.stderr.contains(&format!("`{name}`")), "{ran:?}");
    }
    assert!(peer.asked().is_empty());
}

#[test]
fn what_is_well_again_calls_nobody_further() {
    let far = Peer::new([]);
    let project = sleeper(&hook("boss", &far, "escalate_after = \"5m\""));
    project.heal(&["heal"]).exits(0);
    // The incident lives on until `stable_for`, and the service is well.
    later(&project, "6m", &["heal"]).exits(0);
    assert_eq!(titles(&far, "message"), [""; 0]);
    end(the_one(&project, NAP));
    let down = ["heal", "--set", "service.app.start=[\"false\"]"];
    later(&project, "7m", &down).exits(2);
    assert_eq!(far.asked().len(), 1, "it is down again, and the incident is older than that");
}

#[test]
fn what_a_server_or_a_command_repeats_of_a_secret_is_masked() {
    let peer = Peer::new([Answer::status(401, "your key s3cr3t-ABC-value is wrong")]);
    let project = channel(&format!(
        "[alert.x]\nkind = \"ntfy\"\nurl = \"{}\"\ntopic = \"t\"\ntoken = {{ file = \"key\" }}\n\n\
         [alert.y]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"echo curl: token=s3cr3t-ABC-value >&2; exit 1\"]\n",
        peer.url()
    ));
    project.write("key", "s3cr3t-ABC-value");
    std::fs::set_permissions(project.path("key"), std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("set");
    let ran = project.heal(&["alert", "x"]);
    assert!(ran.stdout.contains("status 401: your key *** is wrong"), "{ran:?}");
    assert!(ran.stdout.contains("token=***"), "{ran:?}");
    let journal = format!("{:?}", project.journal());
    assert!(!journal.contains("s3cr3t") && !project.heal(&["alert", "list"]).stdout.contains("s3cr3t"), "{journal}");
}

#[test]
fn a_channel_that_never_answers_keeps_the_others_waiting_for_one_run_at_most() {
    let silent = Peer::new((0..100).map(|_| Answer::Silence));
    let good = Peer::new([]);
    let tables: String = (0..3).map(|n| hook(&format!("a{n}"), &silent, "timeout = \"4s\"")).collect();
    let project = channel(&format!("{tables}{}", hook("good", &good, "")));
    let ran = project.heal(&["alert", "one"]);
    assert!(ran.took.as_secs() < 13, "{ran:?}");
    // They may be asked again by now, and so they come last.
    later(&project, "5m", &["alert", "flush"]);
    assert_eq!(titles(&good, "message").len(), 1);
    let listed: Value = later(&project, "5m", &["alert", "list", "--json"]).json();
    assert_eq!(listed["waiting"].as_array().expect("a list").len(), 3, "{listed:#}");
}

#[test]
fn what_everybody_refuses_goes_into_the_machines_own_log_and_what_somebody_took_does_not() {
    let refusing = Peer::new((0..9).map(|_| Answer::status(401, "")));
    let (good, gone) = (Peer::new([]), "[alert.gone]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\n");
    let said = |tables: &str, shift: &str| {
        let project = channel(tables);
        let log = std::os::unix::net::UnixDatagram::bind(project.path("log")).expect("bound");
        log.set_nonblocking(true).expect("set");
        project.run(
            project.command(&["alert", "fire", "--severity", "critical"]).env("HEAL_TEST_SYSLOG", project.path("log")),
        );
        let mut flush = project.command(&["alert", "flush"]);
        project.run(flush.env("HEAL_TEST_SYSLOG", project.path("log")).env("HEAL_TEST_SHIFT", shift));
        let mut buffer = [0; 4096];
        std::iter::from_fn(|| log.recv(&mut buffer).ok()).count()
    };
    let deaf = hook("deaf", &refusing, "");
    assert_eq!(said(&deaf, "1s"), 1);
    assert_eq!(said(&format!("{deaf}{}", hook("good", &good, "")), "11m"), 0);
    assert_eq!(said(&format!("{}{gone}", hook("good", &good, "")), "11m"), 0, "it waits for one, and somebody knows");
    assert_eq!(said(&format!("{deaf}{gone}"), "1s"), 0, "one may still take it");
    assert_eq!(said(&format!("{deaf}{gone}"), "11m"), 1);
}
