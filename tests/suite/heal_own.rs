//! Rungs of a service's own: are they run in their place, verified like any other act, and limited?

use expect_test::expect;

use super::acting::{NAP, end, kinds, later, running, sleeper, the_one, timeless};
use super::support::Project;

/// A service that hangs while `ill` is there.
fn ailing(remedies: &str, ladder: &str) -> Project {
    let project = sleeper(&format!(
        r#"startup_grace = "0s"
ladder = {ladder}
remedies = {remedies}
[service.app.probes]
works = {{ kind = "command", command = ["test", "!", "-e", "ill"] }}
"#
    ));
    project.heal(&["heal", "--quiet"]).exits(0);
    project.write("ill", "");
    project
}

#[test]
fn a_command_of_ones_own_cures_without_a_restart() {
    let script = "#!/bin/sh\nenv | grep ^HEAL_ | sort >told\nrm ill\n";
    let remedies = r#"{ flush = { kind = "command", command = ["./flush", "--now"], timeout = "5s" } }"#;
    let project = ailing(remedies, r#"["flush", "restart", "stop-stale"]"#);
    project.script("flush", script);
    let pid = the_one(&project, NAP);
    let plan = project.heal(&["heal", "--dry-run"]).exits(2);
    assert!(plan.stdout.contains("would run `./flush --now` (at most 5s)"), "{plan:?}");
    assert!(plan.stdout.contains("the next tick takes `stop-stale`"), "{plan:?}");
    let ran = project.heal(&["heal"]).exits(0);
    expect![[r#"
        exit 0
        --- stdout
        healed    app (was hung)  works: exit code 1
            good     process  pid [PID], up [SPAN]
            bad      works  exit code 1
            incident since [TIME], 2 acts so far
            did   run `./flush --now` (at most [SPAN])
            healed by `flush` in [SPAN]: pid [PID], every probe good for [SPAN]
        --- stderr
    "#]]
    .assert_eq(&timeless(&ran.snapshot(&project)));
    assert_eq!(the_one(&project, NAP), pid);
    assert_eq!(
        project.read("told"),
        "HEAL_REASON=works: exit code 1\nHEAL_RUNG=flush\nHEAL_SERVICE=app\n",
        "what it is told stands in its environment"
    );
}

#[test]
fn a_rung_of_ones_own_that_does_not_help_gives_way_to_the_next() {
    let remedies = r#"{ light = { kind = "command", command = ["sh", "-c", "echo no such queue >&2; exit 3"] }, medium = { kind = "command", command = ["true"] } }"#;
    let project = ailing(remedies, r#"["light", "medium", "stop-stale"]"#);
    let pid = the_one(&project, NAP);
    let fast = ["heal", "--set", "service.app.verify_within=1s"];
    let first = project.heal(&fast).exits(2);
    assert!(
        first.stdout.contains("failed by `light`") && first.stdout.contains("`sh` exit code 3: no such queue"),
        "{first:?}"
    );
    let second = project.heal(&fast).exits(2);
    assert!(second.stdout.contains("unchanged by `medium`"), "{second:?}");
    assert_eq!(the_one(&project, NAP), pid, "neither of them stops anything");
    let third = project.heal(&fast);
    assert!(!running(&project, NAP).contains(&pid), "then it is stopped: {third:?}");
    assert!(kinds(&project).contains("intent stop-stale"), "{}", kinds(&project));
}

#[test]
fn one_that_never_ends_is_ended_and_the_tick_goes_on() {
    let remedies = r#"{ slow = { kind = "command", command = ["sleep", "7300"], timeout = "300ms" } }"#;
    let project = ailing(remedies, r#"["slow", "stop-stale"]"#);
    let ran = project.heal(&["heal"]).exits(2);
    assert!(ran.stdout.contains("`sleep` did not end in time and was killed"), "{ran:?}");
    assert!(running(&project, "7300").is_empty());
}

#[test]
fn what_a_script_of_the_owners_started_stays_when_the_script_and_heal_are_gone() {
    let remedies = r#"{ again = { kind = "command", command = ["./restart.sh"] } }"#;
    let project = ailing(remedies, r#"["again", "stop-stale"]"#);
    let old = the_one(&project, NAP);
    let start = format!("nohup sleep {NAP} >/dev/null 2>&1 &");
    project.script("restart.sh", &format!("#!/bin/sh\nkill -9 {old}; rm ill\n{start}\nexit 0\n"));
    let ran = project.heal(&["heal"]).exits(0);
    assert!(ran.stdout.contains("healed by `again`"), "{ran:?}");
    assert_ne!(the_one(&project, NAP), old);
    // One that fails takes with it what it began.
    project.write("ill", "");
    let new = the_one(&project, NAP);
    project.script("restart.sh", "#!/bin/sh\nnohup sleep 7301 >/dev/null 2>&1 &\nexit 1\n");
    let ran = project.heal(&["heal", "--set", "service.app.verify_within=1s"]).exits(2);
    assert!(ran.stdout.contains("failed by `again`"), "{ran:?}");
    assert!(running(&project, "7301").is_empty());
    assert_eq!(the_one(&project, NAP), new);
}

#[test]
fn its_own_limit_and_its_own_classes_are_kept() {
    let remedies = r#"{ light = { kind = "command", command = ["rm", "-f", "ill"], limit = "1 per 1h" } }"#;
    let project = ailing(remedies, r#"["light", "restart", "stop-stale"]"#);
    // Three good looks: that incident is over, and what follows is another one.
    for _ in 0..3 {
        project.heal(&["heal", "--set", "service.app.stable_for=0s"]).exits(0);
    }
    project.write("ill", "");
    // Used up for the hour: the next one in the ladder.
    let plan = project.heal(&["heal", "--dry-run"]).exits(2);
    assert!(plan.stdout.contains("would take `stop-stale`"), "{plan:?}");
    let plan = later(&project, "61m", &["heal", "--dry-run"]);
    assert!(plan.stdout.contains("would take `light`"), "{plan:?}");
    // For one that is dead the request is not even tried.
    let remedies = r#"{ light = { kind = "http", url = "http://127.0.0.1:1/self/heal" } }"#;
    let project = ailing(remedies, r#"["light", "restart"]"#);
    std::fs::remove_file(project.path("ill")).expect("removed");
    end(the_one(&project, NAP));
    let plan = project.heal(&["heal", "--dry-run"]).exits(2);
    assert!(plan.stdout.contains("would take `restart`"), "{plan:?}");
}

#[test]
fn a_request_of_ones_own_is_sent_to_the_service_itself() {
    // No `match` and no `start`: its supervisor says who it is, and before that is asked for anything the service itself is.
    let mut project = Project::new("");
    let server = r#"
import http.server, sys
ill = True
class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, status):
        self.send_response(status); self.send_header("content-length", "0"); self.end_headers()
    def do_GET(self):
        self.answer(500 if ill else 200)
    def do_POST(self):
        global ill
        ill = not self.path.startswith("/self/heal")
        self.answer(204 if not ill else 404)
    def log_message(self, *rest):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
open("port.tmp", "w").write(str(server.server_port))
import os; os.rename("port.tmp", "port")
server.serve_forever()
"#;
    project.write("server.py", server);
    let pid = project.spawn(&["/usr/bin/python3", "server.py"]);
    super::support::wait_for("the server", || project.path("port").exists());
    let port = project.read("port");
    project.write(
        "heal.toml",
        &format!(
            r#"[project]
name = "test"
[service.node]
unit   = "systemd:node.service"
startup_grace = "10ms"
ladder = ["light", "medium", "restart"]
verify_within = "2s"
[service.node.probes]
health = {{ kind = "http", url = "http://127.0.0.1:{port}/health" }}
[service.node.remedies]
light  = {{ kind = "http", url = "http://127.0.0.1:{port}/other?token=geheim123" }}
medium = {{ kind = "http", url = "http://127.0.0.1:{port}/self/heal?all=true" }}
"#
        ),
    );
    let answer = super::supervisor::unit(&["Id=node.service", &format!("MainPID={pid}")]);
    project.script("systemctl", &format!("#!/bin/sh\ncat <<'END'\n{answer}END\n"));
    let program = project.path("systemctl").display().to_string();
    project.env("HEAL_TEST_SYSTEMCTL", &program);
    let first = project.heal(&["heal"]).exits(2);
    assert!(
        first.stdout.contains("failed by `light`") && first.stdout.contains("status 404 instead of 2xx"),
        "{first:?}"
    );
    let journal = serde_json::Value::from(project.journal()).to_string();
    assert!(!journal.contains("geheim123") && !first.stdout.contains("geheim123"), "{journal}");
    let second = project.heal(&["heal"]).exits(0);
    assert!(second.stdout.contains("healed by `medium`"), "{second:?}");
    project.heal(&["check"]).exits(0);
}

#[test]
fn remedies_that_are_wrong_are_faults() {
    let project = Project::new(
        r#"[project]
name = "x"
[service.a]
match  = { executable = "a" }
ladder = ["light", "heavy", "off", "restart"]
[service.a.remedies]
restart = { kind = "command", command = ["true"] }
light   = { kind = "comand", command = ["true"] }
empty   = { kind = "command", command = [] }
ftp     = { kind = "http", url = "ftp://h/" }
slow    = { kind = "http", url = "http://h/", timeout = "5m", on = [] }
off     = { kind = "command", command = ["true"], enabled = false }
unused  = { kind = "command", command = ["true"], on = ["dependency"] }
"#,
    );
    let ran = project.heal(&["config", "check"]).exits(78);
    expect![[r#"
        heal: [DIR]/heal.toml has 8 faults

        error: unknown rung `heavy`
         --> heal.toml:5:10
          |
        5 | ladder = ["light", "heavy", "off", "restart"]
          |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: known are `restart`, `stop-stale`, `revert`, `clear-locks`, `restart`, `light`, `empty`, `ftp`, `slow`, `off`, `unused`

        error: `restart` is the name of a rung that heal brings along
         --> heal.toml:7:1
          |
        7 | restart = { kind = "command", command = ["true"] }
          | ^^^^^^^
          |
          = help: choose another name; the rungs that heal brings along cannot be replaced

        error: unknown kind `comand`
         --> heal.toml:8:20
          |
        8 | light   = { kind = "comand", command = ["true"] }
          |                    ^^^^^^^^
          |
          = help: did you mean `command`?

        error: `command` is empty; write it as ["program", "argument"]
         --> heal.toml:9:41
          |
        9 | empty   = { kind = "command", command = [] }
          |                                         ^^

        error: `url` has to begin with http:// or https://
          --> heal.toml:10:34
           |
        10 | ftp     = { kind = "http", url = "ftp://h/" }
           |                                  ^^^^^^^^^^

        error: `timeout` is 5m
          --> heal.toml:11:57
           |
        11 | slow    = { kind = "http", url = "http://h/", timeout = "5m", on = [] }
           |                                                         ^^^^
           |
           = help: an act may take up to 1m: the whole run has four minutes

        error: `on` names no class, or one for which heal never acts
          --> heal.toml:11:68
           |
        11 | slow    = { kind = "http", url = "http://h/", timeout = "5m", on = [] }
           |                                                                    ^^
           |
           = help: ["dead", "hung", "resource"] are the classes of trouble that an act may cure

        error: `on` names no class, or one for which heal never acts
          --> heal.toml:13:56
           |
        13 | unused  = { kind = "command", command = ["true"], on = ["dependency"] }
           |                                                        ^^^^^^^^^^^^^^
           |
           = help: ["dead", "hung", "resource"] are the classes of trouble that an act may cure

          correct it and try again with `heal config check`
    "#]]
    .assert_eq(&project.normalise(&ran.stderr));
}
