//! How long is a certificate good for? Files and servers with certificates that openssl makes for the test; days pass on heal's clock.

use std::time::Duration;

use expect_test::expect;

use crate::acting::{later, shell};
use crate::check::{finding, host};
use crate::check_network::{PRELUDE, python, silent, tls};
use crate::config_faults::{project, refused};
use crate::support::{Project, Ran};

/// Makes NAME.pem and NAME-key.pem, valid from now on for so many days.
fn make(project: &Project, name: &str, days: u32) {
    let script = format!(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days {days} -subj /CN={name} \
         -addext basicConstraints=CA:FALSE -keyout {name}-key.pem -out {name}.pem"
    );
    shell(project, &script).exits(0);
}

fn said(ran: &Ran) -> String {
    let answer = ran.json();
    let found = finding(&answer, "host", "it");
    let severity = found["severity"].as_str().map(|severity| format!(" {severity}")).unwrap_or_default();
    format!("{}{severity}: {}", found["status"].as_str().expect("text"), found["summary"].as_str().expect("text"))
}

fn file(name: &str) -> Project {
    host(&format!(r#"it = {{ kind = "certificate", file = "{name}" }}"#))
}

#[test]
fn a_file_grows_old() {
    let project = file("live.pem");
    let mut all = vec![said(&project.heal(&["check", "--json"]))];
    project.write("live.pem", "not a certificate");
    all.push(said(&project.heal(&["check", "--json"])));
    make(&project, "first", 20);
    std::fs::remove_file(project.path("live.pem")).expect("removed");
    std::os::unix::fs::symlink("first.pem", project.path("live.pem")).expect("linked");
    // Half a day more, so that what is left is not at the edge of a day.
    for shift in ["12h", "6d 12h", "17d 12h", "20d 12h"] {
        all.push(said(&later(&project, shift, &["check", "--json"])));
    }
    // What a renewal does.
    make(&project, "second", 40);
    std::fs::remove_file(project.path("live.pem")).expect("removed");
    std::os::unix::fs::symlink("second.pem", project.path("live.pem")).expect("linked");
    all.push(said(&later(&project, "20d 12h", &["check", "--json"])));
    // A key and another certificate stand in the same file: the first that runs out counts.
    std::fs::remove_file(project.path("live.pem")).expect("removed");
    shell(&project, "cat second-key.pem second.pem first.pem >live.pem").exits(0);
    all.push(said(&later(&project, "12h", &["check", "--json"])));
    shell(&project, "openssl x509 -in second.pem -outform DER -out live.pem").exits(0);
    all.push(said(&later(&project, "12h", &["check", "--json"])));
    shell(&project, "cat second-key.pem >live.pem").exits(0);
    all.push(said(&project.heal(&["check", "--json"])));
    // Hours, minutes and seconds go on while the test works.
    let steady = |one: &str| match one.find("12h") {
        Some(at) => one[..at + 3].to_owned(),
        None => one.split(" 11h").next().expect("a part").to_owned(),
    };
    let all = all.iter().map(|one| steady(one)).collect::<Vec<_>>().join("\n");
    expect![[r#"
        unhealthy critical: [DIR]/live.pem: it does not exist
        unhealthy critical: [DIR]/live.pem: it holds no certificate
        healthy: first is valid for another 19d
        unhealthy warning: first expires in 13d
        unhealthy critical: first expires in 2d
        unhealthy critical: first expired 12h
        healthy: second is valid for another 19d
        healthy: first (of 2) is valid for another 19d
        healthy: second is valid for another 1month 9d
        unhealthy critical: [DIR]/live.pem: it holds no certificate"#]]
    .assert_eq(&project.normalise(&all));
}

/// A TLS server that shows the certificate of the name that it is asked for, LONG for all others; `more` is said of its context.
fn serve(project: &mut Project, more: &str) -> u16 {
    let script = format!(
        "
def context(name):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain(name + '.pem', name + '-key.pem'); return c
c = context('long')
short = context('short')
def pick(sock, name, old):
    if name == 'short.example': sock.context = short
c.sni_callback = pick
{more}
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); ready(s.getsockname()[1])
while True:
    try: c.wrap_socket(s.accept()[0], server_side=True).close()
    except OSError: pass
"
    );
    make(project, "long", 100);
    make(project, "short", 10);
    python(project, &format!("{PRELUDE}{script}"))
}

#[test]
fn an_endpoint_shows_the_certificate_of_the_name_that_it_is_asked_for() {
    let mut project = host("");
    let port = serve(&mut project, "");
    let head = project.read("heal.toml");
    let ask = |more: &str| {
        let probe = format!(r#"it = {{ kind = "certificate", address = "127.0.0.1:{port}", timeout = "8s"{more} }}"#);
        project.write("heal.toml", &format!("{head}{probe}\n"));
        said(&later(&project, "12h", &["check", "--json"]))
    };
    let long = ask("");
    assert!(long.starts_with("healthy: long is valid for another 3months"), "{long}");
    let short = ask(", name = \"short.example\"");
    assert!(short.starts_with("unhealthy warning: short expires in 9d 11h"), "{short}");
    let lenient = ask(", name = \"short.example\", warn_below = \"2d\"");
    assert!(lenient.starts_with("healthy: short is valid for another 9d 11h"), "{lenient}");
}

#[test]
fn whoever_wants_a_certificate_of_ours_has_shown_its_own() {
    for version in ["TLSv1_2", "TLSv1_3"] {
        let mut project = host("");
        let ca = tls("ca.pem");
        let more = format!(
            "c.verify_mode = ssl.CERT_REQUIRED; c.load_verify_locations({ca:?})\n\
             c.minimum_version = c.maximum_version = ssl.TLSVersion.{version}"
        );
        let port = serve(&mut project, &more);
        let head = project.read("heal.toml");
        project
            .write("heal.toml", &format!("{head}it = {{ kind = \"certificate\", address = \"127.0.0.1:{port}\" }}\n"));
        let said = said(&project.heal(&["check", "--json"]).exits(0));
        assert!(said.starts_with("healthy: long is valid"), "{version}: {said}");
    }
}

#[test]
fn what_shows_no_certificate_is_unknown_and_costs_its_deadline_at_most() {
    let (_listener, quiet) = silent();
    let closed = crate::support::free_port();
    for (port, expected) in [(quiet, "no answer in time"), (closed, "connection refused")] {
        let probe = format!(r#"it = {{ kind = "certificate", address = "127.0.0.1:{port}", timeout = "700ms" }}"#);
        let ran = host(&probe).heal(&["check", "--json"]).exits(3);
        assert!(ran.took < Duration::from_secs(5), "{ran:?}");
        assert_eq!(said(&ran), format!("unknown: 127.0.0.1:{port}: {expected}"));
    }
    // One that drips, a byte at a time, gets no more time than one that is silent.
    let drip = "
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); ready(s.getsockname()[1])
def serve(c):
    try:
        c.recv(4096); c.sendall(b'\\x16\\x03\\x03\\x10\\x00')
        while True: c.sendall(b'\\x02'); time.sleep(0.05)
    except OSError: pass
while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
";
    let mut project = host("");
    let port = python(&mut project, &format!("{PRELUDE}{drip}"));
    let head = project.read("heal.toml");
    let probe = format!(r#"it = {{ kind = "certificate", address = "127.0.0.1:{port}", timeout = "700ms" }}"#);
    project.write("heal.toml", &format!("{head}{probe}\n"));
    let ran = project.heal(&["check", "--json"]).exits(3);
    assert!(ran.took < Duration::from_secs(5), "{ran:?}");
    assert!(said(&ran).starts_with("unknown: "), "{ran:?}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let text = r#"[host.probes]
a = { kind = "certificate" }
b = { kind = "certificate", file = "x.pem", address = "localhost:443" }
c = { kind = "certificate", file = "x.pem", name = "example.org" }
d = { kind = "certificate", address = "localhost" }
e = { kind = "certificate", file = "x.pem", warn_below = "1d", critical_below = "2d" }
f = { kind = "certificate", file = "x.pem", warn_below = "1" }
g = { kind = "certificate", address = "localhost:443", name = "two words" }
"#;
    refused(
        &project(text),
        &expect![[r#"
            heal: [DIR]/heal.toml has 7 faults

            error: a certificate probe has either `file` or `address`
             --> heal.toml:5:5
              |
            5 | a = { kind = "certificate" }
              |     ^^^^^^^^^^^^^^^^^^^^^^^^

            error: a certificate probe has either `file` or `address`
             --> heal.toml:6:5
              |
            6 | b = { kind = "certificate", file = "x.pem", address = "localhost:443" }
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

            error: `name` is asked of an `address`, not of a `file`
             --> heal.toml:7:52
              |
            7 | c = { kind = "certificate", file = "x.pem", name = "example.org" }
              |                                                    ^^^^^^^^^^^^^

            error: `address` is not host:port: localhost
             --> heal.toml:8:39
              |
            8 | d = { kind = "certificate", address = "localhost" }
              |                                       ^^^^^^^^^^^

            error: `warn_below` is less than `critical_below`: it would never warn
             --> heal.toml:9:58
              |
            9 | e = { kind = "certificate", file = "x.pem", warn_below = "1d", critical_below = "2d" }
              |                                                          ^^^^

            error: `warn_below`: `1` has no unit; write "1s" for seconds
              --> heal.toml:10:58
               |
            10 | f = { kind = "certificate", file = "x.pem", warn_below = "1" }
               |                                                          ^^^

            error: `name` is not a host name such as example.org
              --> heal.toml:11:63
               |
            11 | g = { kind = "certificate", address = "localhost:443", name = "two words" }
               |                                                               ^^^^^^^^^^^

              correct it and try again with `heal config check`
        "#]],
    );
}
