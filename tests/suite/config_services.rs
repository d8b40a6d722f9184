//! What does a person read who declared a service, a probe or a channel that heal could not look after? Word for word.

use expect_test::expect;

use super::config_faults::{project, refused};
use super::support::Project;

#[test]
fn nobody_knows_which_process_it_is() {
    let text = r#"[service.a]
start = ["/bin/true"]

[service.b]
match = {}

[service.c]
match = { user = "root", max_matches = 0 }

[service.d]
unit = "bot.service"

[service.e]
unit = "systemd:"
"#;
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 6 faults

        error: [service.a] has neither `unit` nor `match`: heal could not tell which process it is
         --> heal.toml:4:10
          |
        4 | [service.a]
          |          ^
          |
          = help: match = { executable = "python3", args_contain = "bot.py" }

        error: `match` names no process by itself
         --> heal.toml:8:9
          |
        8 | match = {}
          |         ^^
          |
          = help: match = { executable = "python3", args_contain = "bot.py" }

        error: `match` names no process by itself
          --> heal.toml:11:9
           |
        11 | match = { user = "root", max_matches = 0 }
           |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: match = { executable = "python3", args_contain = "bot.py" }

        error: `max_matches` is 0: nothing could ever fit
          --> heal.toml:11:9
           |
        11 | match = { user = "root", max_matches = 0 }
           |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: `unit` is not SUPERVISOR:NAME: bot.service
          --> heal.toml:14:8
           |
        14 | unit = "bot.service"
           |        ^^^^^^^^^^^^^
           |
           = help: "systemd:bot.service", "systemd-user:bot.service" or "launchd:com.example.bot"

        error: `unit` is not SUPERVISOR:NAME: systemd:
          --> heal.toml:17:8
           |
        17 | unit = "systemd:"
           |        ^^^^^^^^^^
           |
           = help: "systemd:bot.service", "systemd-user:bot.service" or "launchd:com.example.bot"

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn two_owners() {
    refused(
        &project("[service.bot]\nunit  = \"systemd:bot.service\"\nstart = [\"./bot\"]\n"),
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: both `unit` and `start` are given: one service has one owner
         --> heal.toml:6:9
          |
        6 | start = ["./bot"]
          |         ^^^^^^^^^
          |
          = help: keep `unit`, and let its supervisor start it

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn names_that_would_be_paths_flags_or_the_machine() {
    let names = ["../x", "\u{1f4a5}", "a\\nb", "-rf", ".hidden", "host", "", "a b", "a\\u001b[31m"];
    let sections = names.map(|name| format!("[service.\"{name}\"]\nunit = \"systemd:a.service\"\n"));
    refused(
        &project(&sections.join("\n")),
        &expect![[r#"
        heal: [DIR]/heal.toml has 9 faults

        error: `../x` cannot be the name of a service
         --> heal.toml:4:10
          |
        4 | [service."../x"]
          |          ^^^^^^
          |
          = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

        error: `\u{1f4a5}` cannot be the name of a service
         --> heal.toml:7:10
          |
        7 | [service."💥"]
          |          ^^^^
          |
          = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

        error: `a\nb` cannot be the name of a service
          --> heal.toml:10:10
           |
        10 | [service."a\nb"]
           |          ^^^^^^
           |
           = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

        error: `-rf` cannot be the name of a service
          --> heal.toml:13:10
           |
        13 | [service."-rf"]
           |          ^^^^^
           |
           = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

        error: `.hidden` cannot be the name of a service
          --> heal.toml:16:10
           |
        16 | [service.".hidden"]
           |          ^^^^^^^^^
           |
           = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

        error: a service cannot be called `host`: that is the machine itself
          --> heal.toml:19:10
           |
        19 | [service."host"]
           |          ^^^^^^

        error: `` cannot be the name of a service
          --> heal.toml:22:10
           |
        22 | [service.""]
           |          ^^
           |
           = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

        error: `a b` cannot be the name of a service
          --> heal.toml:25:10
           |
        25 | [service."a b"]
           |          ^^^^^
           |
           = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

        error: `a\u{1b}[31m` cannot be the name of a service
          --> heal.toml:28:10
           |
        28 | [service."a\u001b[31m"]
           |          ^^^^^^^^^^^^^
           |
           = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_name_of_300_characters() {
    let text = project(&format!("[service.{}]\nunit = \"systemd:a.service\"\n", "a".repeat(300)));
    let ran = Project::new(&text).heal(&["config", "check"]).exits(78);
    assert!(ran.stderr.contains("use up to 64 letters"), "{}", ran.stderr);
}

#[test]
fn rungs_and_limits_of_a_service() {
    let text = r#"[service.bot]
match         = { executable = "bot" }
ladder        = ["restart", "pray"]
verify_within = "5m"
restart_limit = "0 per 1h"
"#;
    refused(
        &project(text),
        &expect![[r#"
            heal: [DIR]/heal.toml has 3 faults

            error: unknown rung `pray`
             --> heal.toml:6:17
              |
            6 | ladder        = ["restart", "pray"]
              |                 ^^^^^^^^^^^^^^^^^^^
              |
              = help: known are `restart`, `stop-stale`, `clear-locks`, `revert`

            error: `verify_within` is 5m
             --> heal.toml:7:17
              |
            7 | verify_within = "5m"
              |                 ^^^^
              |
              = help: at most 1m; a slow start is what `startup_grace` is for

            error: `restart_limit`: `0 per 1h`: neither the count nor the window may be zero
             --> heal.toml:8:17
              |
            8 | restart_limit = "0 per 1h"
              |                 ^^^^^^^^^^

              correct it and try again with `heal config check`
        "#]],
    );
}

#[test]
fn a_start_that_starts_nothing() {
    let text = r#"[service.a]
match = { executable = "bot" }
start = []

[service.b]
match = { executable = "bot" }
start = ["", "--fast"]
"#;
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: `start` is empty
         --> heal.toml:6:9
          |
        6 | start = []
          |         ^^
          |
          = help: write it as ["program", "argument"]

        error: `start` is empty
          --> heal.toml:10:9
           |
        10 | start = ["", "--fast"]
           |         ^^^^^^^^^^^^^^
           |
           = help: write it as ["program", "argument"]

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_start_command_that_is_not_there() {
    let text = r#"[service.a]
match = { executable = "bot" }
start = ["no-such-program", "--fast"]

[service.b]
match = { executable = "bot" }
start = ["./bot"]

[service.c]
match = { executable = "bot" }
start = ["true"]
cwd   = "nowhere"

[service.d]
enabled = false
match   = { executable = "bot" }
start   = ["no-such-program-either"]

[service.e]
match = { executable = "bot" }
start = ["/tmp"]
"#;
    let project = Project::new(&project(text));
    project.write("bot", "#!/bin/sh\n"); // there, but not executable
    let ran = project.heal(&["config", "check"]).exits(78);
    expect![[r#"
        heal: [DIR]/heal.toml names what does not exist here

        error: [service.a] start: `no-such-program` is not in PATH (/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin)
        error: [service.b] start: `./bot` is not executable
        error: [service.c] cwd [DIR]/nowhere is not a directory
        error: [service.e] start: `/tmp` is a directory, not a program

          commands are looked up in the service's PATH, not in yours; give an absolute path if in doubt
    "#]].assert_eq(&project.normalise(&ran.stderr));
    let faults = project.heal(&["config", "check", "--json"]).exits(78).json();
    assert_eq!(faults["error"]["faults"].as_array().map(Vec::len), Some(4));
    // Looking needs no start command: the service may run all the same.
    project.heal(&["check"]).exits(2);
}
