//! What does a person read whose heal.toml is well written and could only kill, or never work? What is wrong, and what would do.

use expect_test::expect;

use super::config_faults::{project, refused_in_short};
use super::support::Project;

#[test]
fn ports_that_no_address_has() {
    // Whoever parses such an address leniently asks port 80, and judges whatever answers there.
    let text = r#"[service.bot]
unit = "systemd:bot.service"

[service.bot.probes]
a = { kind = "http", url = "http://127.0.0.1:84338/" }
b = { kind = "http", url = "http://127.0.0.1:65536" }
c = { kind = "http", url = "https://localhost:0/health" }
d = { kind = "http", url = "http://127.0.0.1:abc/" }
e = { kind = "http", url = "http://[::1]:/" }

[service.bot.remedies]
f = { kind = "http", url = "http://127.0.0.1:99999/heal" }

[alert.g]
kind = "webhook"
url  = "https://example.org:84338/x"

[alert.h]
kind  = "ntfy"
url   = "https://example.org:0"
topic = "x"

[alert.i]
kind = "email"
host = "localhost"
port = 0
tls  = "none"
from = "a@example.org"
to   = ["b@example.org"]
"#;
    refused_in_short(
        &Project::new(&project(text)),
        &expect![[r#"
        error: `url` has no valid port behind its last colon; write one from 1 to 65535, such as :8080
        error: `url` has no valid port behind its last colon; write one from 1 to 65535, such as :8080
        error: `url` has no valid port behind its last colon; write one from 1 to 65535, such as :8080
        error: `url` has no valid port behind its last colon; write one from 1 to 65535, such as :8080
        error: `url` has no valid port behind its last colon; write one from 1 to 65535, such as :8080
        error: `url` has no valid port behind its last colon; write one from 1 to 65535, such as :8080
        error: `url` has no valid port behind its last colon; write one from 1 to 65535, such as :8080
        error: `url` has no valid port behind its last colon; write one from 1 to 65535, such as :8080
        error: `port` is 0, on which nobody can listen
        heal.toml:8:28 heal.toml:9:28 heal.toml:10:28 heal.toml:11:28 heal.toml:12:28 heal.toml:15:28 heal.toml:19:8 heal.toml:23:9 heal.toml:29:8
    "#]],
    );
}

#[test]
fn looks_that_never_come_out_well() {
    let text = r#"[service.bot]
unit = "systemd:bot.service"

[service.bot.probes]
a = { kind = "fresh", path = "x.log", within = "0s" }
b = { kind = "beat", within = "0ms", progress_within = "0s" }
c = { kind = "http", url = "http://127.0.0.1/", status = 0 }
d = { kind = "http", url = "http://127.0.0.1/", status = 600 }
e = { kind = "tcp", unix = "" }
f = { kind = "fresh", path = " ", within = "5m" }
g = { kind = "process", fail_after = 0 }

[service.bot.remedies]
h = { kind = "http", url = "http://127.0.0.1/", status = 99 }

[schedule]
heal       = "0s"
checkpoint = "0s"
"#;
    refused_in_short(
        &Project::new(&project(text)),
        &expect![[r#"
            error: `within`: no time at all; write "60s" for a minute
            error: `within`: no time at all; write "60s" for a minute
            error: `progress_within`: no time at all; write "60s" for a minute
            error: `status` 0 is never answered; write one from 100 to 599, such as 200
            error: `status` 600 is never answered; write one from 100 to 599, such as 200
            error: `unix` is empty
               = help: leave it out, or write for example unix = "run/control.sock"
            error: `path` is empty
               = help: leave it out, or write for example path = "logs/bot.log"
            error: `fail_after`: `0`: no number in it may be zero; 1 counts the first bad look
            error: `status` 99 is never answered; write one from 100 to 599, such as 200
            error: `heal`: no time at all; write "60s" for a minute
            error: `checkpoint`: it is no time at all
               = help: write "1h" for every hour, or ["06:00", "18:00"] for times of day
            heal.toml:8:48 heal.toml:9:31 heal.toml:9:56 heal.toml:10:58 heal.toml:11:58 heal.toml:12:28 heal.toml:13:30 heal.toml:14:38 heal.toml:17:58 heal.toml:20:14 heal.toml:21:14
        "#]],
    );
}

#[test]
fn a_match_of_nothing_in_particular() {
    let text = r#"[service.a]
match = { executable = "", args_contain = "a.py" }

[service.b]
match   = { executable = "python3", args_contain = " ", pidfile = "", cwd = "", user = "" }
orphans = { executable = "", args_contain = "", min_age = "1h" }

[lock.c]
kind         = "sqlite"
paths        = ["run/c.db"]
service      = "a"
stop_holders = { args_contain = "" }
"#;
    refused_in_short(
        &Project::new(&project(text)),
        &expect![[r#"
            error: `executable` is empty
              = help: leave it out, or write for example executable = "python3"
            error: `args_contain` is empty
              = help: leave it out, or write for example args_contain = "bot.py"
            error: `pidfile` is empty
              = help: leave it out, or write for example pidfile = "bot.pid"
            error: `cwd` is empty
              = help: leave it out, or write for example cwd = "."
            error: `user` is empty
              = help: leave it out, or write for example user = "bot"
            error: `executable` is empty
              = help: leave it out, or write for example executable = "python3"
            error: `args_contain` is empty
              = help: leave it out, or write for example args_contain = "bot.py"
            error: `args_contain` is empty
               = help: leave it out, or write for example args_contain = "bot.py"
            heal.toml:5:24 heal.toml:8:52 heal.toml:8:67 heal.toml:8:77 heal.toml:8:88 heal.toml:9:26 heal.toml:9:45 heal.toml:15:33
        "#]],
    );
}

#[test]
fn amounts_that_leave_it_dead() {
    let text = r#"[service.bot]
match         = { executable = "bot" }
start         = ["true"]
restart_delay = "300d"
recover_after = 0
hold_on_exit  = [300, -1]
verify_within = "0s"
env           = { "" = "a", "B=C" = "d", GOOD = "e", path = "" }
"#;
    refused_in_short(
        &Project::new(&project(text)),
        &expect![[r#"
            error: `restart_delay` is 9months 26d
              = help: at most 1d, as it stays dead for so long; how often it is started is what `restart_limit` says
            error: `recover_after` is 0: no incident ends without a look
              = help: 1 is the least: the incident ends with the first good look
            error: `hold_on_exit` has 300, with which nothing ever ends
              = help: exit codes are 0 to 255; a signal has none
            error: `verify_within`: no time at all; write "60s" for a minute
            error: `` cannot be the name of a variable
               = help: a name is not empty and holds no `=`: env = { MODE = "live" }
            error: `B=C` cannot be the name of a variable
               = help: a name is not empty and holds no `=`: env = { MODE = "live" }
            heal.toml:7:17 heal.toml:8:17 heal.toml:9:17 heal.toml:10:17 heal.toml:11:19 heal.toml:11:29
        "#]],
    );
}

#[test]
fn what_heal_would_write_over() {
    let text = r#"[project]
name = "x"

[service.a]
match = { executable = "a" }
start = ["true"]
log   = "heal.toml"

[service.b]
match = { executable = "b" }
start = ["true"]
log   = "./x/../data/journal/2026-11-21.jsonl"

[service.c]
match = { executable = "c" }
start = ["true"]
log   = "data/state/now.json"

[service.fine]
match = { executable = "d" }
start = ["true"]
log   = "data/output/d.log"

[service.too]
match = { executable = "e" }
start = ["true"]
log   = "data/e.log"

[alert.f]
kind = "file"
path = "data/operator_alerts.jsonl"

[alert.g]
kind = "file"
path = "./heal.toml"

[lock.h]
kind    = "pid"
paths   = ["heal.*"]
service = "a"

[state.i]
path    = "heal.toml"
service = "a"
"#;
    refused_in_short(
        &Project::new(text),
        &expect![[r#"
        error: `log` is heal's own configuration, and would be appended to
          = help: give it a file of its own, such as "logs/output.log"
        error: `log` is heal's own file in its data directory, and would be appended to
           = help: give it a file of its own, such as "logs/output.log"
        error: `log` is heal's own file in its data directory, and would be appended to
           = help: give it a file of its own, such as "logs/output.log"
        error: `path` is heal's own file in its data directory, and would be appended to
           = help: give it a file of its own, such as "logs/alerts.jsonl"
        error: `path` is heal's own configuration, and would be appended to
           = help: give it a file of its own, such as "logs/alerts.jsonl"
        error: `heal.*` fits heal's own configuration
           = help: name the service's own files
        error: `heal.toml` is heal's own: its configuration, or in its data directory
           = help: name the service's own file
        heal.toml:7:9 heal.toml:12:9 heal.toml:17:9 heal.toml:31:8 heal.toml:35:8 heal.toml:39:12 heal.toml:43:11
    "#]],
    );
}

#[test]
fn names_of_others_are_theirs() {
    // `path` and `log` are keys of heal where heal reads them, and whatever they like elsewhere.
    let text = r#"[service.bot]
match = { executable = "bot" }
start = ["true"]
env   = { path = "", log = "~" }

[service.bot.probes]
a = { kind = "http", url = "http://127.0.0.1:65535/", status = 599, headers = { user = "" } }
b = { kind = "fresh", path = "x.log", within = "1ms" }
"#;
    Project::new(&project(text)).heal(&["config", "check"]).exits(0);
}
