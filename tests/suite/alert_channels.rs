//! Does an alert arrive, once, in order, and without its secrets, whatever the other end does?

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use expect_test::expect;

use super::acting::{NAP, end, later, running, sleeper, started_by, the_one};
use super::peer::{Answer, Asked, Peer};
use super::support::{Project, wait_for};

/// What must never be seen.
const SECRET: &str = "HUNTER2hunter2";

/// Writes a secret that only its owner may read.
fn secret(project: &Project, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    project.write(name, text);
    std::fs::set_permissions(project.path(name), std::fs::Permissions::from_mode(0o600)).expect("set");
}

/// A project that tells one channel of a service that cannot be brought up; the message comes with `heal alert`.
pub fn channel(table: &str) -> Project {
    let project = started_by("[\"false\"]", table);
    secret(&project, "secret", SECRET);
    project
}

pub fn titles(peer: &Peer, key: &str) -> Vec<String> {
    peer.asked().iter().map(|asked| asked.json()[key].as_str().expect("text").to_owned()).collect()
}

/// One alert with everything in it that could break a channel.
pub const NASTY: &str = "a_b *c* <!channel> @all ```x``` \u{1b}[31m \u{202e}é😀";

#[test]
fn every_chat_gets_what_its_server_documents() {
    let peer = Peer::new([]);
    let url = peer.url();
    let tables = [
        format!(
            "kind = \"telegram\"\napi = \"{url}\"\ntoken = {{ file = \"secret\" }}\nchat_id = \"42\"\nthread_id = 7"
        ),
        format!("kind = \"slack\"\nurl = \"{url}/services/x\""),
        format!("kind = \"discord\"\nurl = \"{url}/api/webhooks/1/x?wait=true\""),
        format!("kind = \"ntfy\"\nurl = \"{url}\"\ntopic = \"bot\"\ntoken = {{ file = \"secret\" }}"),
    ];
    let mut seen = String::new();
    for table in tables {
        let project = channel(&format!("[alert.x]\n{table}\n"));
        let before = peer.asked().len();
        project.heal(&["alert", NASTY, "--severity", "critical", "--detail", "log=a_b <x>"]).exits(0);
        let asked = peer.asked().pop().expect("asked");
        assert_eq!(peer.asked().len(), before + 1);
        let authorization = asked.header("authorization").map(|value| format!("authorization: {value}\n"));
        let host = project.heal(&["check", "--json"]).json()["host"].as_str().expect("text").to_owned();
        let body = format!("{:#}", asked.json()).replace(&host, "[HOST]").replace('\u{2060}', "[WJ]");
        seen.push_str(&format!("{}\n{}{}\n", asked.line, authorization.unwrap_or_default(), project.normalise(&body)));
    }
    let stamp = |text: &str| {
        let mut text = text.to_owned();
        while let Some(at) = text.find("manual/2") {
            let end = text[at..].find(')').map_or(text.len(), |end| at + end);
            text.replace_range(at..end, "manual/[RUN]");
        }
        text
    };
    expect![[r#"
        POST /botHUNTER2hunter2/sendMessage HTTP/1.1
        {
          "chat_id": "42",
          "text": "CRITICAL a_b *c* <!channel> @all ```x``` \\u{1b}[31m \\u{202e}é😀\ntest on [HOST]\nlog: a_b <x>\n([TIME], manual/[RUN])",
          "disable_notification": false,
          "link_preview_options": {
            "is_disabled": true
          },
          "message_thread_id": 7
        }
        POST /services/x HTTP/1.1
        {
          "text": "CRITICAL a_b *c* &lt;!channel&gt; @[WJ]all ```x``` \\u{1b}[31m \\u{202e}é😀\ntest on [HOST]\nlog: a_b &lt;x&gt;\n([TIME], manual/[RUN])",
          "mrkdwn": false
        }
        POST /api/webhooks/1/x?wait=true HTTP/1.1
        {
          "content": "**CRITICAL a\\_b \\*c\\* <!channel\\> @all \\`\\`\\`x\\`\\`\\` \\\\u{1b}\\[31m \\\\u{202e}é😀**\n```\ntest on [HOST]\nlog: a_b <x>\n([TIME], manual/[RUN])\n```",
          "allowed_mentions": {
            "parse": []
          }
        }
        POST / HTTP/1.1
        authorization: Bearer HUNTER2hunter2
        {
          "topic": "bot",
          "title": "CRITICAL a_b *c* <!channel> @all ```x``` \\u{1b}[31m \\u{202e}é😀",
          "message": "test on [HOST]\nlog: a_b <x>\n([TIME], manual/[RUN])",
          "priority": 5,
          "tags": [
            "rotating_light"
          ]
        }
    "#]].assert_eq(&stamp(&seen));
}

#[test]
fn a_server_that_is_busy_is_asked_again_when_it_says() {
    for (status, headers, body, pause) in [
        (429, vec![("retry-after", "90".to_owned())], "", 90),
        (
            429,
            vec![],
            r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 90","parameters":{"retry_after":90}}"#,
            90,
        ),
        (500, vec![], "oops", 60),
    ] {
        let peer = Peer::new([Answer::Whole(status, headers, body.to_owned())]);
        let project = channel(&format!("[alert.x]\nkind = \"slack\"\nurl = \"{}\"\n", peer.url()));
        project.heal(&["alert", "one"]).exits(1);
        later(&project, &format!("{}s", pause - 5), &["alert", "two"]).exits(1);
        assert_eq!(peer.asked().len(), 1, "{status}: not before its time, and in order");
        later(&project, &format!("{}s", pause + 1), &["heal"]);
        let texts = titles(&peer, "text");
        assert!(texts[1].starts_with("WARNING one") && texts[2].starts_with("WARNING two"), "{texts:?}");
    }
}

#[test]
fn a_server_that_refuses_is_not_asked_again_and_another_channel_hears() {
    for answer in [
        Answer::status(404, "no_team"),
        Answer::Whole(302, vec![("location", "http://127.0.0.1:9/".to_owned())], String::new()),
    ] {
        let (peer, other) = (Peer::new([answer.clone()]), Peer::new([]));
        let project = channel(&format!(
            "[alert.x]\nkind = \"slack\"\nurl = \"{}\"\nfallback = \"y\"\n\n[alert.y]\nkind = \"webhook\"\nurl = \"{}\"\nmin_severity = \"critical\"\n",
            peer.url(),
            other.url()
        ));
        let ran = project.heal(&["alert", "one"]).exits(1);
        assert!(ran.stdout.contains("not told  x: status "), "{ran:?}");
        assert_eq!(titles(&other, "message"), ["one"], "{answer:?}");
        later(&project, "1h", &["heal"]);
        assert_eq!(peer.asked().iter().filter(|asked| asked.body.contains("WARNING one")).count(), 1, "{answer:?}");
        assert_eq!(project.events("undeliverable").len(), 1);
    }
}

#[test]
fn a_server_that_never_ends_costs_its_timeout() {
    for answer in [Answer::Drip, Answer::Cut, Answer::Reset, Answer::Silence] {
        let peer = Peer::new([answer.clone()]);
        let project = channel(&format!("[alert.x]\nkind = \"slack\"\nurl = \"{}\"\ntimeout = \"1s\"\n", peer.url()));
        let ran = project.heal(&["alert", "one"]).exits(1);
        assert!(ran.took < Duration::from_secs(5), "{answer:?} {ran:?}");
        later(&project, "61s", &["alert", "flush"]).exits(0);
        assert_eq!(peer.asked().len(), 2, "{answer:?}");
    }
    // A good status is an answer, however much comes behind it.
    let peer = Peer::new([Answer::Endless]);
    let project = channel(&format!("[alert.x]\nkind = \"slack\"\nurl = \"{}\"\ntimeout = \"2s\"\n", peer.url()));
    project.heal(&["alert", "one"]).exits(0);
}

#[test]
fn a_hook_is_signed_and_its_template_is_filled_in() {
    let peer = Peer::new([]);
    let project = channel(&format!(
        "[alert.x]\nkind = \"webhook\"\nurl = \"{}\"\nmethod = \"PUT\"\nsecret = {{ file = \"secret\" }}\n\
         headers = {{ \"X-Team\" = \"ops\", \"X-Token\" = {{ env = \"MY_TOKEN\" }} }}\n\
         body = '{{\"said\": {{{{ message }}}}, \"all\": {{{{ details }}}}}}'\n",
        peer.url()
    ));
    let mut command = project.command(&["alert", "a \"quote\""]);
    project.run(command.env("MY_TOKEN", SECRET)).exits(0);
    let asked: Asked = peer.asked().remove(0);
    assert_eq!((asked.line.as_str(), asked.body.as_str()), ("PUT / HTTP/1.1", r#"{"said": "a \"quote\"", "all": {}}"#));
    assert_eq!((asked.header("x-team"), asked.header("x-token")), (Some("ops"), Some(SECRET)));
    let mut openssl = project.command_of("openssl", &["dgst", "-sha256", "-hmac", SECRET, "body"]);
    project.write("body", &asked.body);
    let digest = project.run(&mut openssl).exits(0).stdout;
    let digest = digest.trim().rsplit(' ').next().expect("a digest").to_owned();
    assert_eq!(asked.header("x-hub-signature-256"), Some(format!("sha256={digest}").as_str()));
}

#[test]
fn a_secret_that_others_may_read_is_none() {
    use std::os::unix::fs::PermissionsExt as _;
    let peer = Peer::new([]);
    let table = format!(
        "[alert.x]\nkind = \"telegram\"\napi = \"{}\"\ntoken = {{ file = \"secret\" }}\nchat_id = \"1\"\n",
        peer.url()
    );
    let project = channel(&table);
    std::fs::set_permissions(project.path("secret"), std::fs::Permissions::from_mode(0o644)).expect("set");
    let ran = project.heal(&["alert", "one"]).exits(1);
    assert!(ran.stdout.contains("others may read it; `chmod go= "), "{ran:?}");
    std::fs::remove_file(project.path("secret")).expect("removed");
    let ran = project.heal(&["alert", "flush"]).exits(1);
    assert!(ran.stdout.contains("secret: "), "{ran:?}");
    secret(&project, "secret", &format!("{SECRET}\n"));
    project.heal(&["alert", "flush"]).exits(0);
    assert_eq!(peer.asked()[0].line, format!("POST /bot{SECRET}/sendMessage HTTP/1.1"));
}

#[test]
fn the_secret_is_nowhere_but_in_the_request() {
    let peer = Peer::new([Answer::status(401, SECRET), Answer::Reset]);
    let table = format!(
        "[alert.x]\nkind = \"telegram\"\napi = \"{}\"\ntoken = {{ file = \"secret\" }}\nchat_id = \"1\"\n\n\
         [alert.y]\nkind = \"webhook\"\nurl = {{ file = \"url\" }}\nsecret = {{ file = \"secret\" }}\n",
        peer.url()
    );
    let project = channel(&table);
    secret(&project, "url", &format!("{}/{SECRET}", peer.url()));
    let mut said = String::new();
    for args in [
        &["alert", "one"][..],
        &["alert", "list"],
        &["alert", "preview"],
        &["alert", "test"],
        &["heal"],
        &["status"],
        &["config", "show"],
        &["check", "--json"],
    ] {
        let ran = project.heal(args);
        said.push_str(&format!("{}{}", ran.stdout, ran.stderr));
    }
    // Not even where the server repeats it.
    assert!(said.contains("status 401: ***") && !said.contains(SECRET), "{said}");
    for entry in walk(&project.path("data")) {
        let text = String::from_utf8_lossy(&std::fs::read(&entry).expect("read")).into_owned();
        assert!(!text.contains(SECRET), "{}", entry.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("there").flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { vec![entry.path()] }).collect()
}

#[test]
fn the_machines_own_log_takes_a_line_and_is_the_last_resort() {
    let project = channel(
        "[alert.x]\nkind = \"syslog\"\nsocket = \"log\"\n\n[alert.y]\nkind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\n",
    );
    let log = UnixDatagram::bind(project.path("log")).expect("bound");
    log.set_read_timeout(Some(Duration::from_secs(5))).expect("set");
    let read = || {
        let mut buffer = [0; 4096];
        log.recv(&mut buffer).map(|count| String::from_utf8_lossy(&buffer[..count]).into_owned())
    };
    project.heal(&["alert", "hello\u{1b}[2J", "--severity", "critical"]).exits(1);
    assert_eq!(read().expect("a line"), "<26>heal: test: CRITICAL hello\\u{1b}[2J");
    // The other one's message reached the log already; this one reaches nobody.
    project.heal(&["alert", "alone", "--severity", "critical", "--channel", "y"]).exits(1);
    let mut command = project.command(&["alert", "flush"]);
    let mut lasts = |shift: &str| {
        project.run(command.env("HEAL_TEST_SHIFT", shift).env("HEAL_TEST_SYSLOG", project.path("log"))).code
    };
    assert_eq!(lasts("5m"), 1);
    log.set_nonblocking(true).expect("set");
    assert!(read().is_err(), "the channel may still take it");
    assert_eq!(lasts("11m"), 1);
    assert_eq!(read().expect("a line"), "<26>heal: test: CRITICAL alone");
    lasts("30m");
    assert!(read().is_err(), "once");
}

#[test]
fn a_dead_mans_switch_hears_of_every_tick() {
    let peer = Peer::new([]);
    let project = sleeper("[alert.alive]\nkind = \"ping\"\nurl = { file = \"url\" }\nstart = \"/start\"\n");
    secret(&project, "url", &format!("{}/uuid", peer.url()));
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal", "--set", "service.app.enabled=false"]).exits(0);
    end(the_one(&project, NAP));
    project.heal(&["heal", "--set", "service.app.restart_limit=1 per 1h"]).exits(69);
    let lines: Vec<String> = peer.asked().iter().map(|asked| asked.line.replace(" HTTP/1.1", "")).collect();
    let [start, well, unwell] = ["POST /uuid/start", "POST /uuid", "POST /uuid/fail"];
    assert_eq!(lines, [start, well, start, well, start, unwell]);
    assert!(peer.asked()[5].body.contains("app: not running"), "{:?}", peer.asked()[5]);
    // Nobody at the other end is a duty, and keeps nobody from healing.
    peer.answer([Answer::Reset, Answer::Reset]);
    let ran = project.heal(&["heal"]).exits(1);
    assert!(ran.stdout.contains("alive was not told"), "{ran:?}");
    wait_for("the service", || running(&project, NAP).len() == 1);
}
