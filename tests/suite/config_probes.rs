//! What does a person read whose probe or channel says nothing, leads nowhere or has no kind? Word for word.

use expect_test::expect;

use super::config_faults::{project, refused};

#[test]
fn kinds_that_are_missing_or_unknown() {
    let text = r#"[service.bot]
unit = "systemd:bot.service"

[service.bot.probes]
a = { path = "x" }
b = { kind = "htpp", url = "http://localhost/" }
c = { kind = 5 }
d = "x"
e = { kind = "http", ur = "http://localhost/" }

[alert.me]
path = "x"
"#;
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 7 faults

        error: `a` has no `kind`
         --> heal.toml:8:5
          |
        8 | a = { path = "x" }
          |     ^^^^^^^^^^^^^^
          |
          = help: kinds are `process`, `fresh`, `beat`, `http`, `tcp`, `port`, `certificate`, `command`, `disk`, `memory`, `log`, `sqlite`

        error: unknown kind `htpp`
         --> heal.toml:9:14
          |
        9 | b = { kind = "htpp", url = "http://localhost/" }
          |              ^^^^^^
          |
          = help: did you mean `http`?

        error: `kind` is not a string
          --> heal.toml:10:14
           |
        10 | c = { kind = 5 }
           |              ^

        error: `d` is a string, not a table
          --> heal.toml:11:5
           |
        11 | d = "x"
           |     ^^^
           |
           = help: a probe is written as a table of its own

        error: `url` is missing
          --> heal.toml:12:5
           |
        12 | e = { kind = "http", ur = "http://localhost/" }
           |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: unknown key `ur`
          --> heal.toml:12:22
           |
        12 | e = { kind = "http", ur = "http://localhost/" }
           |                      ^^
           |
           = help: did you mean `url`?

        error: `me` has no `kind`
          --> heal.toml:14:1
           |
        14 | [alert.me]
           | ^^^^^^^^^^
           |
           = help: kinds are `file`, `command`, `telegram`, `slack`, `discord`, `ntfy`, `webhook`, `email`, `alertmanager`, `syslog`, `desktop`, `ping`

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn addresses_that_lead_nowhere() {
    let text = r#"[service.bot]
unit = "systemd:bot.service"

[service.bot.probes]
a = { kind = "tcp", address = "localhost" }
b = { kind = "tcp", address = "localhost:99999" }
c = { kind = "tcp", address = ":80" }
d = { kind = "tcp" }
e = { kind = "tcp", address = "localhost:80", unix = "x.sock" }
f = { kind = "http", url = "ftp://localhost/" }
g = { kind = "http", url = "not a url" }
h = { kind = "http", url = "http://localhost/", method = "DELETE" }
i = { kind = "http", url = "http://localhost/", status = 99999 }
j = { kind = "command", command = [] }
"#;
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 10 faults

        error: `address` is not host:port: localhost
         --> heal.toml:8:31
          |
        8 | a = { kind = "tcp", address = "localhost" }
          |                               ^^^^^^^^^^^

        error: `address` is not host:port: localhost:99999
         --> heal.toml:9:31
          |
        9 | b = { kind = "tcp", address = "localhost:99999" }
          |                               ^^^^^^^^^^^^^^^^^

        error: `address` is not host:port: :80
          --> heal.toml:10:31
           |
        10 | c = { kind = "tcp", address = ":80" }
           |                               ^^^^^

        error: a tcp probe has either `address` or `unix`
          --> heal.toml:11:5
           |
        11 | d = { kind = "tcp" }
           |     ^^^^^^^^^^^^^^^^

        error: a tcp probe has either `address` or `unix`
          --> heal.toml:12:5
           |
        12 | e = { kind = "tcp", address = "localhost:80", unix = "x.sock" }
           |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: `url` has to begin with http:// or https://
          --> heal.toml:13:28
           |
        13 | f = { kind = "http", url = "ftp://localhost/" }
           |                            ^^^^^^^^^^^^^^^^^^

        error: `url` is not a URL
          --> heal.toml:14:28
           |
        14 | g = { kind = "http", url = "not a url" }
           |                            ^^^^^^^^^^^

        error: `method` cannot be DELETE
          --> heal.toml:15:58
           |
        15 | h = { kind = "http", url = "http://localhost/", method = "DELETE" }
           |                                                          ^^^^^^^^

        error: `status` has to be a whole number from 0 to 65535
          --> heal.toml:16:58
           |
        16 | i = { kind = "http", url = "http://localhost/", status = 99999 }
           |                                                          ^^^^^

        error: `command` is empty; write it as ["program", "argument"]
          --> heal.toml:17:35
           |
        17 | j = { kind = "command", command = [] }
           |                                   ^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn limits_that_say_nothing() {
    let text = r#"[host.probes]
a = { kind = "disk", path = "." }
b = { kind = "disk", path = ".", warn_below = "1GB", critical_below = "2GB" }
c = { kind = "disk", path = ".", warn_below = 1000000 }
d = { kind = "disk", path = ".", warn_below = "1 parrot" }
e = { kind = "memory", warn_above = "120%" }
f = { kind = "memory", warn_above = "95%", critical_above = "80%" }
"#;
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 6 faults

        error: a disk probe needs a limit such as `warn_below` or `warn_inodes_below`, or `writable`
         --> heal.toml:5:5
          |
        5 | a = { kind = "disk", path = "." }
          |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: `warn_below` is less than `critical_below`: it would never warn
         --> heal.toml:6:47
          |
        6 | b = { kind = "disk", path = ".", warn_below = "1GB", critical_below = "2GB" }
          |                                               ^^^^^

        error: `warn_below` is an integer, not a size in quotes, such as "512MB"
         --> heal.toml:7:47
          |
        7 | c = { kind = "disk", path = ".", warn_below = 1000000 }
          |                                               ^^^^^^^

        error: `warn_below`: `1 parrot` is not a size such as "512MB" or "2GiB"
         --> heal.toml:8:47
          |
        8 | d = { kind = "disk", path = ".", warn_below = "1 parrot" }
          |                                               ^^^^^^^^^^

        error: `warn_above`: `120%` is not a percentage from "0%" to "100%"
         --> heal.toml:9:37
          |
        9 | e = { kind = "memory", warn_above = "120%" }
          |                                     ^^^^^^

        error: `warn_above` is more than `critical_above`: it would never warn
          --> heal.toml:10:37
           |
        10 | f = { kind = "memory", warn_above = "95%", critical_above = "80%" }
           |                                     ^^^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn names_of_probes_and_channels_too() {
    let text = "[host.probes]\n\"../x\" = { kind = \"disk\", path = \".\", warn_below = \"1GB\" }\n\n\
        [alert.\"a/b\"]\nkind = \"file\"\npath = \"x\"\n";
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: `../x` cannot be the name of a probe
         --> heal.toml:5:1
          |
        5 | "../x" = { kind = "disk", path = ".", warn_below = "1GB" }
          | ^^^^^^
          |
          = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

        error: `a/b` cannot be the name of a channel
         --> heal.toml:7:8
          |
        7 | [alert."a/b"]
          |        ^^^^^
          |
          = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn amounts_of_the_wrong_type() {
    let text = r#"[service.bot.probes]
a = { kind = "fresh", path = "x", within = 300 }
b = { kind = "fresh", path = "x", within = "300" }
c = { kind = "fresh", path = "x", within = "-5m" }
d = { kind = "fresh", path = "x", within = "99999999999999h" }
e = { kind = "fresh", path = "x", within = "5m", fail_after = -1 }
f = { kind = "fresh", path = "x", within = "5m", fail_after = 99999999999 }
g = { kind = "fresh", path = 7, within = "5 parsecs", each = "yes" }

[service.bot]
unit    = "systemd:bot.service"
enabled = "yes"
cwd     = 1.5
start   = "./bot --fast"
env     = ["A=1"]
match   = "python3"
"#;
    refused(
        &project(text),
        &expect![[r#"
            heal: [DIR]/heal.toml has 14 faults

            error: `within` is an integer, not a duration in quotes, such as "90s" or "5m"
             --> heal.toml:5:44
              |
            5 | a = { kind = "fresh", path = "x", within = 300 }
              |                                            ^^^

            error: `within`: `300` has no unit; write "300s" for seconds
             --> heal.toml:6:44
              |
            6 | b = { kind = "fresh", path = "x", within = "300" }
              |                                            ^^^^^

            error: `within`: `-5m` is not a duration such as "90s", "5m" or "1h 30m": expected number at 0
             --> heal.toml:7:44
              |
            7 | c = { kind = "fresh", path = "x", within = "-5m" }
              |                                            ^^^^^

            error: `within`: `99999999999999h` is longer than ten years
             --> heal.toml:8:44
              |
            8 | d = { kind = "fresh", path = "x", within = "99999999999999h" }
              |                                            ^^^^^^^^^^^^^^^^^

            error: `fail_after`: `-1` is not a number of bad looks such as 3, "3 of 5" or "3 of 5 in 10m"
             --> heal.toml:9:63
              |
            9 | e = { kind = "fresh", path = "x", within = "5m", fail_after = -1 }
              |                                                               ^^

            error: `fail_after`: `99999999999` is not a number of bad looks such as 3, "3 of 5" or "3 of 5 in 10m"
              --> heal.toml:10:63
               |
            10 | f = { kind = "fresh", path = "x", within = "5m", fail_after = 99999999999 }
               |                                                               ^^^^^^^^^^^

            error: `path` is an integer, not a path in quotes
              --> heal.toml:11:30
               |
            11 | g = { kind = "fresh", path = 7, within = "5 parsecs", each = "yes" }
               |                              ^

            error: `within`: `5 parsecs` is not a duration such as "90s", "5m" or "1h 30m": unknown time unit "parsecs", supported units: ns, us/µs, ms, sec, min, hours, days, weeks, months, years (and few variations)
              --> heal.toml:11:42
               |
            11 | g = { kind = "fresh", path = 7, within = "5 parsecs", each = "yes" }
               |                                          ^^^^^^^^^^^

            error: `each` is a string, not true or false
              --> heal.toml:11:62
               |
            11 | g = { kind = "fresh", path = 7, within = "5 parsecs", each = "yes" }
               |                                                              ^^^^^

            error: `enabled` is a string, not true or false
              --> heal.toml:15:11
               |
            15 | enabled = "yes"
               |           ^^^^^

            error: `cwd` is a number, not a path in quotes
              --> heal.toml:16:11
               |
            16 | cwd     = 1.5
               |           ^^^

            error: `start` is a string, not a list such as ["a", "b"]
              --> heal.toml:17:11
               |
            17 | start   = "./bot --fast"
               |           ^^^^^^^^^^^^^^

            error: `env` is a list, not a table such as { NAME = "value" }
              --> heal.toml:18:11
               |
            18 | env     = ["A=1"]
               |           ^^^^^^^

            error: `match` is a string, not a table
              --> heal.toml:19:11
               |
            19 | match   = "python3"
               |           ^^^^^^^^^

              correct it and try again with `heal config check`
        "#]],
    );
}
