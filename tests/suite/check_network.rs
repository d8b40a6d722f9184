//! What do probes say of sockets: silent ones, closed ones, Unix sockets, TLS; and how long does silence cost?

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::time::Duration;

use expect_test::expect;

use crate::check::{finding, host};
use crate::support::{Project, Ran, free_port, wait_for};

/// What a run costs beyond its probes, on a busy machine in a debug build.
const MARGIN: Duration = Duration::from_secs(3);

/// Accepts, as the kernel does for a process that never calls accept.
pub fn silent() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let port = listener.local_addr().expect("an address").port();
    (listener, port)
}

/// Runs a Python program that says `ready` in a file; its port stands there.
pub fn python(project: &mut Project, script: &str) -> u16 {
    project.write("server.py", script);
    project.spawn(&["/usr/bin/python3", "server.py"]);
    let mut port = 0;
    wait_for("the server", || {
        let text = std::fs::read_to_string(project.path("ready")).unwrap_or_default();
        port = text.trim().parse().unwrap_or(0);
        port != 0
    });
    port
}

/// As [`python`], for a script of one's own after this beginning: `ready(port)` says where it listens.
pub const PRELUDE: &str = "\
import os, socket, ssl, sys, threading, time
def ready(port):
    open('ready.tmp', 'w').write(str(port))
    os.rename('ready.tmp', 'ready')
";

#[track_caller]
fn in_time(ran: &Ran, timeout: Duration) {
    assert!(ran.took >= timeout && ran.took < timeout + MARGIN, "{:?} instead of {timeout:?}: {ran:?}", ran.took);
}

#[test]
fn an_http_server_that_never_answers_costs_its_deadline() {
    let (_listener, port) = silent();
    let project = host(&format!(r#"it = {{ kind = "http", url = "http://127.0.0.1:{port}/", timeout = "700ms" }}"#));
    let ran = project.heal(&["check", "--json"]).exits(2);
    in_time(&ran, Duration::from_millis(700));
    let answer = ran.json();
    let found = finding(&answer, "host", "it");
    assert_eq!((&found["status"], &found["class"]), (&"unhealthy".into(), &"hung".into()), "{found}");
    assert!(found["summary"].as_str().expect("text").starts_with("no answer in time"), "{found}");
}

#[test]
fn an_http_server_that_drips_or_stops_in_the_middle_costs_its_deadline() {
    let drip = "
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); ready(s.getsockname()[1])
def serve(c):
    c.recv(4096); c.sendall(b'HTTP/1.1 200 OK\\r\\ncontent-length: 1000\\r\\n\\r\\n')
    try:
        while True: c.sendall(b'x'); time.sleep(0.05)
    except OSError: pass
while True: threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
";
    let mut project = host("");
    let port = python(&mut project, &format!("{PRELUDE}{drip}"));
    let text = project.read("heal.toml");
    let probe = format!(r#"it = {{ kind = "http", url = "http://127.0.0.1:{port}/", timeout = "700ms" }}"#);
    project.write("heal.toml", &format!("{text}{probe}\n"));
    let ran = project.heal(&["check", "--json"]).exits(2);
    in_time(&ran, Duration::from_millis(700));
    assert!(finding(&ran.json(), "host", "it")["summary"].as_str().expect("text").starts_with("no answer in time"));
}

#[test]
fn a_port_that_accepts_is_all_that_a_tcp_probe_asks() {
    let (_listener, port) = silent();
    let project = host(&format!(r#"it = {{ kind = "tcp", address = "127.0.0.1:{port}", timeout = "5s" }}"#));
    let ran = project.heal(&["check", "--json"]).exits(0);
    assert!(ran.took < MARGIN, "{ran:?}");
    let closed = host(&format!(r#"it = {{ kind = "tcp", address = "127.0.0.1:{}" }}"#, free_port()));
    let answer = closed.heal(&["check", "--json"]).exits(2).json();
    assert!(finding(&answer, "host", "it")["summary"].as_str().expect("text").ends_with("connection refused"));
}

#[test]
fn a_tcp_port_whose_queue_is_full_costs_its_deadline() {
    let full = "
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(0)
held = []
while True:
    c = socket.socket(); c.settimeout(0.3)
    try: c.connect(s.getsockname()); held.append(c)
    except TimeoutError: break
ready(s.getsockname()[1]); time.sleep(600)
";
    let mut project = host("");
    let port = python(&mut project, &format!("{PRELUDE}{full}"));
    let text = project.read("heal.toml");
    let probe = format!(r#"it = {{ kind = "tcp", address = "127.0.0.1:{port}", timeout = "700ms" }}"#);
    project.write("heal.toml", &format!("{text}{probe}\n"));
    let ran = project.heal(&["check", "--json"]).exits(2);
    in_time(&ran, Duration::from_millis(700));
    assert!(finding(&ran.json(), "host", "it")["summary"].as_str().expect("text").ends_with("no answer in time"));
}

#[test]
fn twenty_silent_sockets_cost_one_deadline_together() {
    let (_listener, port) = silent();
    let probe =
        |number| format!("p{number} = {{ kind = \"http\", url = \"http://127.0.0.1:{port}/\", timeout = \"2s\" }}");
    let probes: Vec<String> = (0..20).map(probe).collect();
    let ran = host(&probes.join("\n")).heal(&["check", "--json"]).exits(2);
    in_time(&ran, Duration::from_secs(2));
    let answer = ran.json();
    for number in 0..20 {
        assert_eq!(finding(&answer, "host", &format!("p{number}"))["status"], "unhealthy");
    }
}

#[test]
fn a_unix_socket_accepts_refuses_or_is_not_there() {
    let project = host(r#"it = { kind = "tcp", unix = "run/it.sock", timeout = "700ms" }"#);
    let said = |code| {
        let answer = project.heal(&["check", "--json"]).exits(code).json();
        finding(&answer, "host", "it")["summary"].as_str().expect("text").to_owned()
    };
    assert_eq!(said(2), "run/it.sock: there is no such socket");
    std::fs::create_dir(project.path("run")).expect("created");
    let listener = UnixListener::bind(project.path("run/it.sock")).expect("bound");
    assert!(said(0).starts_with("run/it.sock accepts"));
    drop(listener);
    assert_eq!(said(2), "run/it.sock: connection refused");
    std::fs::remove_file(project.path("run/it.sock")).expect("removed");
    project.write("run/it.sock", "a file");
    assert_eq!(said(2), "run/it.sock: connection refused");
}

#[test]
fn a_unix_socket_whose_queue_is_full_is_hung() {
    let full = "
s = socket.socket(socket.AF_UNIX); s.bind('it.sock'); s.listen(0)
held = []
while True:
    c = socket.socket(socket.AF_UNIX); c.setblocking(False)
    try: c.connect('it.sock'); held.append(c)
    except BlockingIOError: break
ready(1); time.sleep(600)
";
    let mut project = host(r#"it = { kind = "tcp", unix = "it.sock", timeout = "700ms" }"#);
    python(&mut project, &format!("{PRELUDE}{full}"));
    let ran = project.heal(&["check", "--json"]).exits(2);
    assert!(ran.took < Duration::from_millis(700) + MARGIN, "{ran:?}");
    assert_eq!(finding(&ran.json(), "host", "it")["summary"], "it.sock: no answer in time");
}

#[test]
fn what_is_not_http_or_has_no_name_is_said() {
    let greet = "
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); ready(s.getsockname()[1])
while True:
    c = s.accept()[0]; c.recv(4096); c.sendall(b'220 mail.example.org ESMTP\\r\\n'); c.close()
";
    let mut project = host("");
    let port = python(&mut project, &format!("{PRELUDE}{greet}"));
    let text = project.read("heal.toml");
    let refused = free_port();
    project.write(
        "heal.toml",
        &format!(
            "{text}mail = {{ kind = \"http\", url = \"http://127.0.0.1:{port}/\" }}\n\
             refused = {{ kind = \"http\", url = \"http://127.0.0.1:{refused}/\" }}\n\
             name = {{ kind = \"http\", url = \"http://no-such-host.invalid/\", timeout = \"5s\" }}\n"
        ),
    );
    let answer = project.heal(&["check", "--json"]).exits(2).json();
    let said = |probe: &str| {
        let found = finding(&answer, "host", probe);
        let summary = found["summary"].as_str().expect("text");
        format!("{}: {}", found["status"].as_str().expect("text"), summary.split(" (after").next().expect("a part"))
    };
    let all = ["mail", "refused"].map(said).join("\n");
    // The words are the system's, the verdict is ours: a name that cannot be looked up says nothing about the service.
    assert!(said("name").starts_with("unknown: "), "{}", said("name"));
    expect![[r#"
        unhealthy: not an HTTP reply: http parse fail: invalid HTTP version
        unhealthy: connection refused"#]]
    .assert_eq(&all);
}

/// Certificates for 127.0.0.1, valid for a hundred years; `tests/suite/tls/make` made them.
pub fn tls(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/suite/tls").join(name)
}

#[test]
fn https_is_verified_by_the_roots_of_the_machine_or_by_ones_own() {
    let serve = format!(
        "
from http.server import HTTPServer, BaseHTTPRequestHandler
class H(BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(b'all well')
    def log_message(self, *a): pass
class S(HTTPServer):
    def handle_error(self, *a): pass
s = S(('127.0.0.1', 0), H)
c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain({:?}, {:?})
s.socket = c.wrap_socket(s.socket, server_side=True); ready(s.server_port); s.serve_forever()
",
        tls("server.pem"),
        tls("server-key.pem")
    );
    let mut project = host("");
    let port = python(&mut project, &format!("{PRELUDE}{serve}"));
    let text = project.read("heal.toml");
    let probe = |host: &str| format!(r#"it = {{ kind = "http", url = "https://{host}:{port}/", contains = "well" }}"#);
    project.write("heal.toml", &format!("{text}{}\n", probe("127.0.0.1")));
    let said = |project: &Project, code| {
        let answer = project.heal(&["check", "--json"]).exits(code).json();
        let found = finding(&answer, "host", "it");
        let summary = found["summary"].as_str().expect("text");
        let steady = summary.split(" (after").next().expect("a part").split(" in ").next().expect("a part");
        let class = found["class"].as_str().map(|class| format!(" ({class})")).unwrap_or_default();
        format!("{}{class}: {steady}\n", found["status"].as_str().expect("text"))
    };
    let mut all = String::from("own CA         ");
    project.env("SSL_CERT_FILE", tls("ca.pem").to_str().expect("UTF-8"));
    all += &said(&project, 0);
    all += "wrong CA       ";
    project.env("SSL_CERT_FILE", tls("other-ca.pem").to_str().expect("UTF-8"));
    all += &said(&project, 2);
    all += "no CA at all   ";
    project.env("SSL_CERT_FILE", "/nowhere.pem");
    project.env("SSL_CERT_DIR", "/nowhere");
    all += &said(&project, 3);
    all += "wrong name     ";
    project.env("SSL_CERT_FILE", tls("ca.pem").to_str().expect("UTF-8"));
    project.write("heal.toml", &format!("{text}{}\n", probe("localhost")));
    all += &said(&project, 2);
    all += "plain HTTP     ";
    let (_listener, plain) = (0, python_http(&mut project));
    project.write("heal.toml", &format!("{text}it = {{ kind = \"http\", url = \"https://127.0.0.1:{plain}/\" }}\n"));
    all += &said(&project, 2);
    expect![[r#"
        own CA         healthy: status 200
        wrong CA       unhealthy (resource): TLS: the certificate is signed by nobody that this machine trusts
        no CA at all   unknown: TLS: unexpected error: No CA certificates were loaded from the system
        wrong name     unhealthy (resource): TLS: invalid peer certificate: certificate not valid for name "localhost"; certificate is only valid for IpAddress(127.0.0.1)
        plain HTTP     unhealthy (hung): TLS: what answers there does not speak TLS
    "#]].assert_eq(&all);
}

/// A plain HTTP server.
fn python_http(project: &mut Project) -> u16 {
    let _ = std::fs::remove_file(project.path("ready"));
    let plain = "
from http.server import HTTPServer, BaseHTTPRequestHandler
class H(BaseHTTPRequestHandler):
    def log_message(self, *a): pass
s = HTTPServer(('127.0.0.1', 0), H); ready(s.server_port); s.serve_forever()
";
    python(project, &format!("{PRELUDE}{plain}"))
}
