//! What do conditions on a JSON body say, and what can a jq filter do to heal? Real servers, real evaluations in heal's own child.

use std::time::Duration;

use expect_test::expect;

use crate::check::{finding, host};
use crate::check_network::{PRELUDE, python};
use crate::config_faults::{project, refused};
use crate::support::{Project, Ran};

/// Answers every path of the table below with its body.
const SERVER: &str = r#"
from http.server import HTTPServer, BaseHTTPRequestHandler
import json
bodies = {
    '/good': b'{"status": "ok", "queue": 3, "workers": [{"up": true}, {"up": true}]}',
    '/bad': b'{"status": "down", "queue": 300, "workers": [{"up": false}]}',
    '/odd': b'{"status": "ok", "queue": "many"}',
    '/html': b'<html>all well</html>',
    '/large': json.dumps({'status': 'ok', 'text': 'x' * 70000}).encode(),
}
class H(BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(bodies[self.path])
    def log_message(self, *a): pass
s = HTTPServer(('127.0.0.1', 0), H); ready(s.server_port); s.serve_forever()
"#;

/// A server, and a way to ask it with conditions.
fn server() -> (Project, u16) {
    let mut project = host("");
    let port = python(&mut project, &format!("{PRELUDE}{SERVER}"));
    (project, port)
}

fn ask(project: &Project, port: u16, path: &str, conditions: &str) -> Ran {
    let probe =
        format!(r#"it = {{ kind = "http", url = "http://127.0.0.1:{port}{path}", timeout = "20s", {conditions} }}"#);
    project.write("heal.toml", &format!("[project]\nname = \"test\"\n\n[host.probes]\n{probe}\n"));
    project.heal(&["check", "--json"])
}

fn said(ran: &Ran) -> String {
    let answer = ran.json();
    let found = finding(&answer, "host", "it");
    let summary = found["summary"].as_str().expect("text");
    format!("{}: {}", found["status"].as_str().expect("text"), summary.split(" in ").next().expect("a part"))
}

#[test]
fn values_and_filters_decide() {
    let (project, port) = server();
    let values = r#"json = { ".status" = "ok", ".workers[0].up" = true }"#;
    let filter = r"jq = '.queue < 100 and all(.workers[]; .up)'";
    let mut all = String::new();
    for (path, conditions) in [
        ("/good", values),
        ("/good", filter),
        ("/bad", values),
        ("/bad", filter),
        ("/odd", values),
        ("/odd", "jq = '.queue + 1 < 100'"),
        ("/html", values),
        ("/html", filter),
        ("/large", values),
        ("/good", "jq = '.queue'"),
        ("/good", "jq = '.missing'"),
        ("/good", "jq = '.workers[].up'"),
        ("/good", "jq = 'empty'"),
        ("/good", "jq = 'error(\"no\")'"),
    ] {
        all += &format!("{path} {conditions}\n    {}\n", said(&ask(&project, port, path, conditions)));
    }
    expect![[r#"
        /good json = { ".status" = "ok", ".workers[0].up" = true }
            healthy: status 200
        /good jq = '.queue < 100 and all(.workers[]; .up)'
            healthy: status 200
        /bad json = { ".status" = "ok", ".workers[0].up" = true }
            unhealthy: status 200, but .status is "down" instead of "ok"
        /bad jq = '.queue < 100 and all(.workers[]; .up)'
            unhealthy: status 200, but `.queue < 100 and all(.workers[]; .up)` does not hold
        /odd json = { ".status" = "ok", ".workers[0].up" = true }
            unhealthy: status 200, but the body has no .workers[0].up
        /odd jq = '.queue + 1 < 100'
            unhealthy: status 200, but the body is not what `jq` asks about: cannot calculate "many" + 1
        /html json = { ".status" = "ok", ".workers[0].up" = true }
            unhealthy: status 200, but the body is not JSON (line 1, column 1)
        /html jq = '.queue < 100 and all(.workers[]; .up)'
            unhealthy: status 200, but the body is not JSON (line 1, column 1)
        /large json = { ".status" = "ok", ".workers[0].up" = true }
            unknown: status 200, but the body is larger than 65.5 kB: it cannot be judged
        /good jq = '.queue'
            unknown: status 200, but the filter answers 3, neither true nor false
        /good jq = '.missing'
            unknown: status 200, but the filter answers null, neither true nor false
        /good jq = '.workers[].up'
            unknown: status 200, but the filter gives several answers
        /good jq = 'empty'
            unknown: status 200, but the filter gives no answer
        /good jq = 'error("no")'
            unhealthy: status 200, but the body is not what `jq` asks about: "no"
    "#]]
    .assert_eq(&all);
}

#[test]
fn a_filter_that_comes_to_no_end_is_unknown_and_ends() {
    let (project, port) = server();
    let table = [
        ("jq = 'def f: f; f'", "the filter came to no end within"),
        ("jq = '[limit(1000000000; repeat(\"xxxxxxxxxxxxxxxx\"))] | length > 1'", "the filter "),
        ("jq = 'def f: [f]; f'", "the filter "),
    ];
    for (conditions, expected) in table {
        let ran = ask(&project, port, "/good", conditions);
        assert!(said(&ran).starts_with(&format!("unknown: status 200, but {expected}")), "{conditions}: {ran:?}");
        // Two seconds of processor time, five by the clock; the rest is a busy machine.
        assert!(ran.took < Duration::from_secs(15), "{conditions}: {ran:?}");
    }
    assert!(project.processes().len() <= 1, "only the server is left");
}

#[test]
fn a_filter_that_is_none_or_could_look_around_is_refused_with_its_place() {
    let text = r#"[host.probes]
a = { kind = "http", url = "http://localhost/", jq = '.queue <' }
b = { kind = "http", url = "http://localhost/", jq = 'env.HOME == "/root"' }
c = { kind = "http", url = "http://localhost/", jq = 'input' }
d = { kind = "http", url = "http://localhost/", json = { "status" = "ok" } }
e = { kind = "http", url = "http://localhost/", json = { ".list" = [1] } }
f = { kind = "http", url = "http://localhost/", method = "HEAD", jq = 'true' }
"#;
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 6 faults

        error: `jq` is not a filter: expected term, found the end (character 9)
         --> heal.toml:5:54
          |
        5 | a = { kind = "http", url = "http://localhost/", jq = '.queue <' }
          |                                                      ^^^^^^^^^^

        error: `jq` is not a filter: there is no filter `env` (character 1)
         --> heal.toml:6:54
          |
        6 | b = { kind = "http", url = "http://localhost/", jq = 'env.HOME == "/root"' }
          |                                                      ^^^^^^^^^^^^^^^^^^^^^

        error: `jq` is not a filter: there is no filter `input` (character 1)
         --> heal.toml:7:54
          |
        7 | c = { kind = "http", url = "http://localhost/", jq = 'input' }
          |                                                      ^^^^^^^

        error: `json` has the path "status", which is not written like ".status" or ".workers[0].state"
         --> heal.toml:8:56
          |
        8 | d = { kind = "http", url = "http://localhost/", json = { "status" = "ok" } }
          |                                                        ^^^^^^^^^^^^^^^^^^^

        error: `json` compares ".list" with more than one value; that is a question for `jq`
         --> heal.toml:9:56
          |
        9 | e = { kind = "http", url = "http://localhost/", json = { ".list" = [1] } }
          |                                                        ^^^^^^^^^^^^^^^^^

        error: `method` cannot be HEAD: the answer to it has no body to look at
          --> heal.toml:10:58
           |
        10 | f = { kind = "http", url = "http://localhost/", method = "HEAD", jq = 'true' }
           |                                                          ^^^^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn the_child_is_no_subcommand() {
    let project = Project::new("");
    for word in ["__eval", "__recover"] {
        assert!(!project.heal(&["--help"]).exits(0).stdout.contains(word));
        // Asked by a person, it has nothing to say.
        let ran = project.heal(&[word]).exits(74);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    }
}
