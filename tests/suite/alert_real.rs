//! Does an alert arrive at what people really run? Alertmanager, SMTP servers, a private CA, sendmail and msmtp, apprise.

use serde_json::{Value, json};

use super::acting::{NAP, later, running, started_by};
use super::alert_channels::channel;
use super::peer::Peer;
use super::servers::{Server, alertmanager, get, https, smtp};
use super::support::{Project, Ran, wait_for};

/// What Alertmanager has, the silent and the resolved ones too where it still knows them.
fn firing(server: &Server) -> Vec<Value> {
    let all = get(server.port, "/api/v2/alerts").expect("an answer");
    let all: Value = serde_json::from_str(&all).expect("JSON");
    all.as_array().expect("a list").clone()
}

#[test]
fn alertmanager_has_it_while_it_lasts_and_no_longer() {
    let server = alertmanager();
    let mut project = started_by(
        "[\"false\"]",
        &format!(
            "[alert.oncall]\nkind = \"alertmanager\"\nurl = \"http://127.0.0.1:{}/\"\nlabels = {{ team = \"ops\" }}\n",
            server.port
        ),
    );
    project.env("HEAL__SERVICE__APP__STABLE_FOR", "1ms");
    project.heal(&["heal"]).exits(2);
    let first = firing(&server);
    assert_eq!(first.len(), 1, "{first:#?}");
    let labels = &first[0]["labels"];
    let told = ["alertname", "service", "project", "severity", "team"].map(|name| labels[name].as_str().expect("text"));
    assert_eq!(told, ["heal", "app", "test", "critical", "ops"]);
    assert_eq!(first[0]["annotations"]["summary"], "app: not running");
    assert_eq!(first[0]["status"]["state"], "active");
    // Repeated: the same alert, for longer, and how it stands now.
    project.heal(&["heal"]).exits(2);
    project.heal(&["heal"]).exits(69);
    let second = firing(&server);
    assert_eq!(second.len(), 1, "{second:#?}");
    let text = |alert: &Value, key: &str| alert[key].as_str().expect("text").to_owned();
    assert_eq!(text(&first[0], "fingerprint"), text(&second[0], "fingerprint"));
    assert_eq!(text(&first[0], "startsAt"), text(&second[0], "startsAt"));
    assert!(text(&second[0], "endsAt") > text(&first[0], "endsAt"));
    assert_eq!(second[0]["annotations"]["summary"], "app: heal has nothing left to try");
    // Over.
    project.spawn(&["/usr/bin/sleep", NAP]);
    wait_for("it to run", || running(&project, NAP).len() == 1);
    project.heal(&["heal"]).exits(0);
    project.heal(&["heal"]).exits(0);
    assert_eq!(project.events("closed").len(), 1);
    assert_eq!(firing(&server), Vec::<Value>::new());
    // What it refuses, it refuses for good: somebody else hears.
    let refused = channel(&format!(
        "[alert.x]\nkind = \"alertmanager\"\nurl = \"http://127.0.0.1:{}/nowhere\"\nfallback = \"y\"\n\n[alert.y]\nkind = \"file\"\npath = \"y\"\nmin_severity = \"critical\"\n",
        server.port
    ));
    let ran = refused.heal(&["alert", "one"]).exits(1);
    assert!(ran.stdout.contains("not told  x: status 404"), "{ran:?}");
    assert!(refused.read("y").contains("\"one\""));
}

/// A project that mails; `more` is added to the channel.
fn mailing(server: &Server, more: &str) -> Project {
    channel(&format!(
        "[alert.mail]\nkind = \"email\"\nhost = \"localhost\"\nport = {}\nfrom = \"heal <bot@example.org>\"\n\
         to = [\"a@example.org\", \"b@example.org\"]\n{more}\n",
        server.port
    ))
}

/// The one mail that a server kept, and its header of this name.
fn header(mail: &Value, name: &str) -> String {
    let content = mail["content"].as_str().expect("text").replace("\r\n ", " ");
    let head = content.split("\r\n\r\n").next().expect("a head").to_owned();
    let found: Vec<&str> =
        head.lines().filter_map(|line| line.split_once(": ").filter(|(key, _)| *key == name)).map(|(_, v)| v).collect();
    assert_eq!(found.len(), 1, "{name}: {head}");
    found[0].to_owned()
}

#[test]
fn a_mail_arrives_over_tls_after_a_login_and_a_wrong_password_is_final() {
    for privacy in ["starttls", "tls"] {
        let server = smtp(privacy, Some(("bot", "HUNTER2hunter2")));
        let ca = format!("ca = \"{}\"\ntls = \"{privacy}\"", server.ca());
        let login = "user = \"bot\"\npassword = { file = \"secret\" }";
        let project = mailing(&server, &format!("{ca}\n{login}"));
        project
            .heal(&["alert", "the backup\u{1b} failed", "--severity", "critical", "--detail", "job=nightly"])
            .exits(0);
        let mails = server.kept("mails.jsonl");
        assert_eq!(mails.len(), 1, "{privacy}");
        let mail = &mails[0];
        assert_eq!((&mail["tls"], &mail["login"]), (&json!(true), &json!("bot")), "{privacy}");
        assert_eq!(
            (&mail["from"], &mail["to"]),
            (&json!("bot@example.org"), &json!(["a@example.org", "b@example.org"]))
        );
        assert_eq!(header(mail, "Subject"), "[heal] CRITICAL the backup\\u{1b} failed");
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(mail, "To"), "a@example.org, b@example.org");
        assert!(header(mail, "Message-ID").ends_with(".heal>"));
        let content = mail["content"].as_str().expect("text");
        assert!(content.contains("job: nightly\r\n") && !content.contains("HUNTER2"), "{content}");
        // Somebody else's password.
        project.write("secret", "wrong");
        let ran = project.heal(&["alert", "two"]).exits(2);
        assert!(ran.stdout.contains("not told  mail: ") && ran.stdout.contains("535"), "{ran:?}");
        assert_eq!(project.events("undeliverable").len(), 1, "{privacy}");
        assert_eq!(server.kept("mails.jsonl").len(), 1, "{privacy}");
    }
}

#[test]
fn a_mail_server_that_is_not_trusted_gets_neither_the_password_nor_the_mail() {
    for privacy in ["starttls", "tls"] {
        let (server, other) = (smtp(privacy, Some(("bot", "HUNTER2hunter2"))), smtp(privacy, None));
        let login = format!("tls = \"{privacy}\"\nuser = \"bot\"\npassword = {{ file = \"secret\" }}");
        let arrives = |ran: &Ran, there: usize| {
            assert_eq!(server.kept("mails.jsonl").len(), there, "{privacy} {ran:?}");
            assert_eq!(ran.code == 0, there > 0, "{privacy} {ran:?}");
        };
        // Another CA, then the platform's, which does not know ours, and does when it is told so.
        let project = mailing(&server, &format!("ca = \"{}\"\n{login}", other.ca()));
        arrives(&project.heal(&["alert", "one"]).exits(1), 0);
        let project = mailing(&server, &login);
        arrives(&project.heal(&["alert", "one"]).exits(1), 0);
        let mut command = project.command(&["alert", "flush"]);
        arrives(&project.run(command.env("SSL_CERT_FILE", server.ca())), 1);
    }
    // Who offers no STARTTLS is not spoken to in the clear.
    let server = smtp("plain", None);
    let project = mailing(&server, "");
    let ran = project.heal(&["alert", "one"]).exits(1);
    assert!(server.kept("mails.jsonl").is_empty(), "{ran:?}");
}

#[test]
fn a_mail_server_that_is_busy_is_asked_again_and_one_that_refuses_is_not() {
    let server = smtp("plain", None);
    let project = mailing(&server, "tls = \"none\"");
    server.answer(Some("451 try again later"));
    let ran = project.heal(&["alert", "one"]).exits(1);
    assert!(ran.stdout.contains("waits     mail: one") && ran.stdout.contains("451"), "{ran:?}");
    server.answer(None);
    later(&project, "61s", &["alert", "flush"]).exits(0);
    assert_eq!(server.kept("mails.jsonl").len(), 1);
    assert_eq!(server.kept("mails.jsonl")[0]["tls"], false, "tls = \"none\" on this machine");
    server.answer(Some("550 no such user"));
    let ran = project.heal(&["alert", "two"]).exits(2);
    assert!(ran.stdout.contains("550"), "{ran:?}");
    assert_eq!(project.events("undeliverable").len(), 1);
    assert_eq!(project.heal(&["alert", "list", "--json"]).json()["waiting"], json!([]));
}

#[test]
fn nothing_that_is_said_becomes_a_header_or_the_end_of_a_mail() {
    let server = smtp("plain", None);
    let project = mailing(&server, "tls = \"none\"");
    let long = "x".repeat(5_000);
    let said = [
        "one\r\nBcc: evil@example.org",
        "two\nSubject: another",
        "three =?utf-8?q?=0ABcc:_evil@example.org?=",
        "four\n.\nQUIT\n.\r\n.\r\nMAIL FROM:<evil@example.org>",
        "five \u{85}\u{2028}Bcc: evil@example.org \u{0}",
        "s\u{e9}\u{1f600} six",
        long.as_str(),
    ];
    for (n, text) in said.iter().enumerate() {
        // From standard input: an argument holds no NUL.
        project.write("text", text);
        let input = std::fs::File::open(project.path("text")).expect("there");
        let detail = format!("log={text}").replace('\0', "");
        project.run(project.command(&["alert", "-", "--detail", &detail]).stdin(input)).exits(0);
        let mails = server.kept("mails.jsonl");
        assert_eq!(mails.len(), n + 1, "{text:?}: one mail, no more");
        let content = mails[n]["content"].as_str().expect("text");
        let head = content.split("\r\n\r\n").next().expect("a head");
        let names: Vec<&str> = head
            .split("\r\n")
            .filter(|line| !line.starts_with(' '))
            .map(|l| l.split(':').next().expect("one"))
            .collect();
        let known = [
            "From",
            "To",
            "Subject",
            "Message-ID",
            "Date",
            "Auto-Submitted",
            "Content-Type",
            "MIME-Version",
            "Content-Transfer-Encoding",
        ];
        assert!(names.iter().all(|name| known.contains(name)), "{text:?}: {names:?}");
        // Without its version, what was encoded is shown as it stands.
        assert!(
            ["Subject", "MIME-Version"].iter().all(|one| names.iter().filter(|name| *name == one).count() == 1),
            "{head}"
        );
        assert!(content.split("\r\n").all(|line| line.len() <= 998), "RFC 5322: no longer lines");
        assert_eq!(mails[n]["to"], json!(["a@example.org", "b@example.org"]), "{text:?}");
    }
}

#[test]
fn the_mails_of_an_incident_are_one_thread_and_no_two_are_the_same() {
    let server = smtp("plain", None);
    let project = started_by(
        "[\"false\"]",
        &format!(
            "[alert.mail]\nkind = \"email\"\nhost = \"localhost\"\nport = {}\ntls = \"none\"\nfrom = \"bot@example.org\"\nto = [\"a@example.org\"]\n",
            server.port
        ),
    );
    for minutes in [0, 1, 2, 62, 250] {
        later(&project, &format!("{minutes}m"), &["heal"]);
    }
    let mails = server.kept("mails.jsonl");
    let subjects: Vec<String> = mails.iter().map(|mail| header(mail, "Subject")).collect();
    assert_eq!(subjects.iter().filter(|subject| subject.contains(" now")).count(), 2, "two reminders: {subjects:?}");
    let ids: std::collections::BTreeSet<String> = mails.iter().map(|mail| header(mail, "Message-ID")).collect();
    assert_eq!(ids.len(), mails.len(), "servers drop a mail whose id they know: {ids:?}");
    let first = header(&mails[0], "Message-ID");
    for mail in &mails[1..] {
        assert_eq!((header(mail, "In-Reply-To"), header(mail, "References")), (first.clone(), first.clone()));
    }
    project.heal(&["alert", "by hand"]).exits(0);
    let by_hand = server.kept("mails.jsonl").pop().expect("one");
    assert!(!by_hand["content"].as_str().expect("text").contains("In-Reply-To"), "it follows nothing");
}

#[test]
fn sendmail_gets_the_whole_mail_and_msmtp_sends_it() {
    let server = smtp("starttls", Some(("bot", "HUNTER2hunter2")));
    let table = |program: &str| {
        format!(
            "[alert.mail]\nkind = \"email\"\nsendmail = \"{program}\"\nfrom = \"bot@example.org\"\nto = [\"a@example.org\"]\n"
        )
    };
    let project = channel(&table("sendmail"));
    project.script("sendmail", "#!/bin/sh\necho \"$@\" >args\ncat >mail\n");
    project.heal(&["alert", "one\n.\ntwo"]).exits(0);
    assert_eq!(project.read("args"), "-i -t\n");
    let mail = project.read("mail");
    assert!(mail.contains("To: a@example.org\r\n") && mail.contains("Subject: [heal] WARNING one\r\n"), "{mail}");
    project.script("sendmail", "#!/bin/sh\necho queue is full >&2\nexit 75\n");
    let ran = project.heal(&["alert", "three"]).exits(1);
    assert!(ran.stdout.contains("exit code 75: queue is full"), "{ran:?}");
    // One that speaks SMTP itself.
    let project = channel(&table("sendmail"));
    project.write(
        "msmtprc",
        &format!(
            "account default\nhost localhost\nport {}\ntls on\ntls_starttls on\ntls_trust_file {}\nauth on\nuser bot\npassword HUNTER2hunter2\nfrom bot@example.org\n",
            server.port,
            server.ca()
        ),
    );
    std::fs::set_permissions(project.path("msmtprc"), std::os::unix::fs::PermissionsExt::from_mode(0o600))
        .expect("set");
    project.script("sendmail", "#!/bin/sh\nexec msmtp -C ./msmtprc \"$@\"\n");
    project.heal(&["alert", "by msmtp\n.\nend"]).exits(0);
    let mails = server.kept("mails.jsonl");
    assert_eq!((mails.len(), &mails[0]["to"]), (1, &json!(["a@example.org"])));
    assert!(mails[0]["content"].as_str().expect("text").contains("end"), "{mails:#?}");
}

#[test]
fn a_hook_behind_a_private_ca_is_told_by_that_ca_and_by_no_other() {
    let (server, other) = (https(), https());
    let table =
        |more: &str| format!("[alert.x]\nkind = \"webhook\"\nurl = \"https://localhost:{}/in\"\n{more}\n", server.port);
    for (ca, there) in [(Some(other.ca()), 0), (None, 0), (Some(server.ca()), 1)] {
        let project = channel(&table(&ca.as_ref().map(|ca| format!("ca = \"{ca}\"")).unwrap_or_default()));
        let ran = project.heal(&["alert", "one"]).exits(i32::from(there == 0));
        assert_eq!(server.kept("bodies.jsonl").len(), there, "{ca:?} {ran:?}");
        if ca.is_none() {
            let mut command = project.command(&["alert", "flush"]);
            project.run(command.env("SSL_CERT_FILE", server.ca())).exits(0);
            assert_eq!(server.kept("bodies.jsonl").remove(0)["message"], "one");
            std::fs::remove_file(server.path("bodies.jsonl")).expect("removed");
        }
    }
    // Another name than the certificate's.
    let project = channel(&table(&format!("ca = \"{}\"", server.ca())).replace("localhost", "127.0.0.2"));
    project.heal(&["alert", "one"]).exits(1);
    assert_eq!(server.kept("bodies.jsonl").len(), 1);
}

/// What apprise and heal themselves ask a server for, told the same.
#[test]
fn apprise_is_a_command_and_its_requests_have_the_shape_of_ours() {
    let peer = Peer::new([]);
    let project = channel(
        "[alert.x]\nkind = \"command\"\ncommand = [\"/bin/sh\", \"-c\", \"jq -r .message | apprise -t heal \\\"$(cat address)\\\"\"]\ntimeout = \"30s\"\n",
    );
    let by_apprise = |address: String| {
        project.write("address", &address);
        project.heal(&["alert", "it is down"]).exits(0);
        peer.asked().pop().expect("asked")
    };
    let by_heal = |table: String| {
        let project = channel(&format!("[alert.x]\n{table}\n"));
        project.heal(&["alert", "it is down"]).exits(0);
        peer.asked().pop().expect("asked")
    };
    let theirs = by_apprise(format!("ntfy://127.0.0.1:{}/bot", peer.port));
    let ours = by_heal(format!("kind = \"ntfy\"\nurl = \"{}\"\ntopic = \"bot\"", peer.url()));
    assert_eq!(theirs.line, ours.line);
    assert_eq!((&theirs.json()["topic"], &ours.json()["topic"]), (&json!("bot"), &json!("bot")));
    for asked in [&theirs, &ours] {
        assert!(asked.json()["title"].is_string() && asked.json()["message"].is_string(), "{asked:?}");
        assert!(asked.header("content-type").expect("one").starts_with("application/json"), "{asked:?}");
    }
    // Mattermost takes what Slack takes.
    let theirs = by_apprise(format!("mmost://127.0.0.1:{}/abcdefghijklmnopqrstuvwxyz", peer.port));
    let ours = by_heal(format!("kind = \"slack\"\nurl = \"{}/hooks/abcdefghijklmnopqrstuvwxyz\"", peer.url()));
    assert_eq!(theirs.line, ours.line);
    for asked in [&theirs, &ours] {
        assert!(asked.json()["text"].as_str().expect("text").contains("it is down"), "{asked:?}");
    }
}
