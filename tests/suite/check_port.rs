//! What does a port probe say of real sockets: the service's own, its children's, a stranger's, IPv4, IPv6, all addresses, nobody's?

use std::net::{Ipv6Addr, TcpListener};

use serde_json::Value;

use crate::acting::shell;
use crate::check::{finding, host};
use crate::config_faults::refused;
use crate::support::{Project, Ran, free_port, wait_for};

/// Listens where its arguments say; with `child`, a child of it does.
const SERVICE: &str = "\
import os, socket, sys, time
where, port, how = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
if 'child' in how and os.fork():
    time.sleep(600)
s = socket.socket(socket.AF_INET6 if ':' in where else socket.AF_INET)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
if ':' in where: s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 'v6only' in how)
s.bind((where, port)); s.listen()
open('ready', 'a').write('x')
time.sleep(600)
";

/// A project whose service is recognised by the word `mine` in its arguments.
fn project(port: u16, probe: &str) -> Project {
    let project = Project::new(&format!(
        r#"[project]
name = "test"

[service.app]
match         = {{ executable = "python3", args_contain = "mine", max_matches = 1 }}
start         = ["true"]
startup_grace = "0s"

[service.app.probes]
listens = {{ kind = "port", port = {port}{probe} }}
"#
    ));
    project.write("listen.py", SERVICE);
    project.write("ready", "");
    project
}

/// Starts a listener, leading a session of its own as heal starts services; waits until it listens.
fn listen(project: &mut Project, args: &[&str]) -> i32 {
    let before = project.read("ready").len();
    let argv = [&["setsid", "/usr/bin/python3", "listen.py"], args].concat();
    let pid = project.spawn(&argv);
    wait_for("the listener", || project.read("ready").len() > before);
    pid
}

fn said(ran: &Ran) -> (String, Value) {
    let found = finding(&ran.json(), "app", "listens").clone();
    let class = found["class"].as_str().map(|class| format!(" ({class})")).unwrap_or_default();
    (format!("{}{class}", found["status"].as_str().expect("text")), found)
}

#[test]
fn the_service_and_what_belongs_to_it_may_listen_and_a_stranger_may_not() {
    let v4 = "127.0.0.1";
    // Where who listens and how; the probe's address; what is said.
    let table: &[(&[&str], &str, &str, i32)] = &[
        (&["127.0.0.1", "mine"], "", "healthy", 0),
        (&["127.0.0.1", "mine", "child"], "", "healthy", 0),
        (&["127.0.0.1", "mine"], v4, "healthy", 0),
        (&["0.0.0.0", "mine"], v4, "healthy", 0),
        (&["127.0.0.2", "mine"], v4, "unhealthy (hung)", 2),
        (&["127.0.0.2", "mine"], "", "healthy", 0),
        (&["127.0.0.1", "stranger"], v4, "unhealthy (resource)", 2),
        (&["0.0.0.0", "stranger"], v4, "unhealthy (resource)", 2),
        (&["127.0.0.2", "stranger"], v4, "unhealthy (hung)", 2),
    ];
    for (who, address, expected, code) in table {
        let port = free_port();
        let probe = if address.is_empty() { String::new() } else { format!(", address = \"{address}\"") };
        let mut project = project(port, &probe);
        let port = port.to_string();
        let args = [&[who[0], port.as_str()], &who[1..]].concat();
        listen(&mut project, &args);
        if who.contains(&"stranger") {
            project.spawn(&["/usr/bin/python3", "-c", "import time; time.sleep(600)", "mine"]);
        }
        let ran = project.heal(&["check", "--json"]).exits(*code);
        let (status, found) = said(&ran);
        assert_eq!(status, *expected, "{who:?} {address}: {found}");
    }
}

#[test]
fn a_service_in_a_network_namespace_of_its_own_is_looked_at_there() {
    let port = free_port();
    let mut project = project(port, "");
    let apart = ["unshare", "-n"];
    if !project.run(&mut project.command_of("unshare", &["-n", "true"])).stderr.is_empty() {
        return; // not for this user
    }
    let before = project.read("ready").len();
    let port = port.to_string();
    project.spawn(&[&apart[..], &["/usr/bin/python3", "listen.py", "0.0.0.0", &port, "mine"]].concat());
    wait_for("the listener", || project.read("ready").len() > before);
    let (status, found) = said(&project.heal(&["check", "--json"]).exits(0));
    assert_eq!(status, "healthy", "{found}");
    // Nobody listens there on another port: bad. If somebody does here, it cannot be said what that means.
    let other = free_port();
    let config = project.read("heal.toml").replace(&port, &other.to_string());
    project.write("heal.toml", &config);
    assert_eq!(said(&project.heal(&["check", "--json"]).exits(2)).0, "unhealthy (hung)");
    let _published = TcpListener::bind(("127.0.0.1", other)).expect("bound");
    let (status, found) = said(&project.heal(&["check", "--json"]).exits(3));
    assert_eq!(status, "unknown", "{found}");
    project
        .write("heal.toml", &config.replace(&format!("port = {other}"), &format!("port = {other}, owner = \"any\"")));
    project.heal(&["check"]).exits(0);
}

#[test]
fn ipv6_counts_and_ipv6_only_is_not_mistaken_for_both() {
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return;
    }
    let table: &[(&[&str], &str, &str)] = &[
        (&["::1", "mine"], "::1", "healthy"),
        (&["::1", "mine"], "127.0.0.1", "unhealthy (hung)"),
        (&["::", "mine"], "127.0.0.1", "healthy"),
        (&["::", "mine"], "::1", "healthy"),
        (&["::", "mine", "v6only"], "::1", "healthy"),
        (&["::", "mine", "v6only"], "127.0.0.1", "unhealthy (hung)"),
        (&["::ffff:127.0.0.1", "mine"], "127.0.0.1", "healthy"),
    ];
    for (who, address, expected) in table {
        let port = free_port();
        let mut project = project(port, &format!(", address = \"{address}\""));
        let port = port.to_string();
        listen(&mut project, &[&[who[0], port.as_str()], &who[1..]].concat());
        let (status, found) = said(&project.heal(&["check", "--json"]));
        assert_eq!(status, *expected, "{who:?} {address}: {found}");
    }
}

#[test]
fn a_port_that_is_shared_with_a_stranger_loses_connections() {
    let port = free_port();
    let mut project = project(port, "");
    let port = port.to_string();
    listen(&mut project, &["127.0.0.1", &port, "mine"]);
    project.heal(&["check"]).exits(0);
    let stranger = listen(&mut project, &["127.0.0.1", &port, "stranger"]);
    let (status, found) = said(&project.heal(&["check", "--json"]).exits(2));
    assert_eq!(status, "unhealthy (resource)");
    let summary = found["summary"].as_str().expect("text");
    assert!(summary.contains(&format!("is shared with pid {stranger}, `/usr/bin/python3 listen.py")), "{summary}");
}

#[test]
fn a_dead_service_is_told_who_took_its_port() {
    let port = free_port();
    let mut project = project(port, "");
    let ran = project.heal(&["check", "--json"]).exits(2);
    assert_eq!(said(&ran).0, "skipped", "{ran:?}");
    let port = port.to_string();
    let pid = listen(&mut project, &["127.0.0.1", &port, "stranger"]);
    let (status, found) = said(&project.heal(&["check", "--json"]).exits(2));
    assert_eq!(status, "unhealthy (resource)");
    let summary = found["summary"].as_str().expect("text");
    assert!(summary.starts_with(&format!("port {port} is taken by pid {pid}, ")), "{summary}");
}

#[test]
fn a_restart_is_no_cure_for_a_stolen_port() {
    let port = free_port();
    let mut project = project(port, "");
    let port = port.to_string();
    listen(&mut project, &["127.0.0.1", &port, "stranger"]);
    project.spawn(&["/usr/bin/python3", "-c", "import time; time.sleep(600)", "mine"]);
    let ran = project.heal(&["heal"]);
    assert!(ran.code != 0 && project.events("intent").is_empty(), "{ran:?}");
    // Nobody there at all is a dead port, and that is what a restart is for.
    let mut silent = self::project(free_port(), "");
    silent.spawn(&["/usr/bin/python3", "-c", "import time; time.sleep(600)", "mine"]);
    let ran = silent.heal(&["heal", "--dry-run"]);
    assert!(ran.stdout.contains("would take `stop-stale`: listens: nobody listens on port"), "{ran:?}");
}

#[test]
fn of_the_host_it_is_asked_whether_anybody_or_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let probe = |owner: &str| host(&format!("it = {{ kind = \"port\", port = {port}{owner} }}"));
    probe("").heal(&["check"]).exits(0);
    probe(", owner = \"any\"").heal(&["check"]).exits(0);
    let answer = probe(", owner = \"nobody\"").heal(&["check", "--json"]).exits(2).json();
    let summary = finding(&answer, "host", "it")["summary"].as_str().expect("text").to_owned();
    assert!(summary.starts_with(&format!("port {port} is taken by pid {}, `", std::process::id())), "{summary}");
    drop(listener);
    probe(", owner = \"nobody\"").heal(&["check"]).exits(0);
    probe(", owner = \"any\"").heal(&["check"]).exits(2);
}

#[test]
fn who_listens_is_unknown_to_who_may_not_look() {
    // As another user without rights, where this test may become one.
    let project = host("it = { kind = \"port\", port = 1 }");
    if shell(&project, "[ $(id -u) = 0 ] && setpriv --reuid 65534 --clear-groups true").code != 0 {
        return;
    }
    let port = free_port();
    let mut project = self::project(port, "");
    listen(&mut project, &["127.0.0.1", &port.to_string(), "mine"]);
    let script = "chmod -R a+rX . && setpriv --reuid 65534 --clear-groups \"$HEAL\" check --json";
    let ran = shell(&project, script);
    if ran.code == 78 {
        return; // What root owns is not trusted by others everywhere.
    }
    assert_eq!(said(&ran).0, "unknown", "{ran:?}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_place() {
    let text = "[project]\nname = \"x\"\n\n[host.probes]\na = { kind = \"port\", port = 0 }\nb = { kind = \"port\", port = 80, owner = \"service\" }\n\
                c = { kind = \"port\", port = 80, address = \"localhost\" }\nd = { kind = \"port\", port = 65536 }\ne = { kind = \"port\" }\n";
    refused(
        text,
        &expect_test::expect![[r#"
            heal: [DIR]/heal.toml has 5 faults

            error: `port` is 0, on which nobody can listen
             --> heal.toml:5:29
              |
            5 | a = { kind = "port", port = 0 }
              |                             ^

            error: `owner` is "service", and the host is none; "any" or "nobody" can be asked of it
             --> heal.toml:6:1
              |
            6 | b = { kind = "port", port = 80, owner = "service" }
              | ^

            error: `address`: `localhost` is not an IP address such as 127.0.0.1 or ::1
             --> heal.toml:7:43
              |
            7 | c = { kind = "port", port = 80, address = "localhost" }
              |                                           ^^^^^^^^^^^

            error: `port` has to be a whole number from 0 to 65535
             --> heal.toml:8:29
              |
            8 | d = { kind = "port", port = 65536 }
              |                             ^^^^^

            error: `port` is missing
             --> heal.toml:9:5
              |
            9 | e = { kind = "port" }
              |     ^^^^^^^^^^^^^^^^^

              correct it and try again with `heal config check`
        "#]],
    );
}
