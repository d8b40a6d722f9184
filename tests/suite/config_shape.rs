//! What does a person read whose heal.toml is TOML with unknown sections and keys, wrong types and wrong shapes? Word for word.

use expect_test::expect;

use super::config_faults::{project, refused};

#[test]
fn sections_that_nobody_knows() {
    refused(
        &project("[servce.bot]\n\n[alerts.me]\n\n[zzzzzzzz]\n"),
        &expect![[r#"
            heal: [DIR]/heal.toml has 3 faults

            error: unknown section `servce`
             --> heal.toml:4:2
              |
            4 | [servce.bot]
              |  ^^^^^^
              |
              = help: did you mean `service`?

            error: unknown section `alerts`
             --> heal.toml:6:2
              |
            6 | [alerts.me]
              |  ^^^^^^
              |
              = help: did you mean `alert`?

            error: unknown section `zzzzzzzz`
             --> heal.toml:8:2
              |
            8 | [zzzzzzzz]
              |  ^^^^^^^^
              |
              = help: known are `project`, `service`, `host`, `layout`, `lock`, `state`, `checkpoint`, `alert`, `alerting`, `schedule`, `crash`, `git`, `revert`, `update`, `backup`, `breaker`, `capability`, `command`, `database`, `http`, `journal`, `metrics`, `port`, `retry`, `rotation`

              correct it and try again with `heal config check`
        "#]],
    );
}

#[test]
fn no_project() {
    refused(
        "[service.bot]\nunit = \"systemd:bot.service\"\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: [project] is missing
         --> heal.toml:1:1
          |
        1 | [service.bot]
          | ^
          |
          = help: begin with:
                  [project]
                  name = "my-bot"

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_project_without_a_name_that_stands_in_its_own_way() {
    refused(
        "[project]\nname = \" \"\ndata_dir = \".\"\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: `name` is empty or holds control characters
         --> heal.toml:2:8
          |
        2 | name = " "
          |        ^^^

        error: `data_dir` has to be a directory of its own
         --> heal.toml:3:12
          |
        3 | data_dir = "."
          |            ^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn no_name_and_no_such_mode() {
    refused(
        "[project]\nmode = \"liv\"\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: `name` is missing
         --> heal.toml:1:1
          |
        1 | [project]
          | ^^^^^^^^^

        error: `mode` cannot be `liv`
         --> heal.toml:2:8
          |
        2 | mode = "liv"
          |        ^^^^^
          |
          = help: did you mean `live`?

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn sections_that_are_no_tables() {
    refused(
        "project = 4\nservice = 5\nalert = \"x\"\nhost = [1]\n",
        &expect![[r#"
        heal: [DIR]/heal.toml has 4 faults

        error: `project` is an integer, not a table
         --> heal.toml:1:11
          |
        1 | project = 4
          |           ^

        error: `service` is an integer, not a table
         --> heal.toml:2:11
          |
        2 | service = 5
          |           ^

        error: `alert` is a string, not a table
         --> heal.toml:3:9
          |
        3 | alert = "x"
          |         ^^^

        error: `host` is an array, not a table
         --> heal.toml:4:8
          |
        4 | host = [1]
          |        ^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn tables_that_are_no_tables() {
    // Each of these would otherwise be passed over in silence, and something would not be looked at.
    let text = "[service]\nbot = 5\n\n[[alert]]\nkind = \"file\"\n\n[host]\nprobes = 5\n\n\
        [service.app]\nunit = \"systemd:app.service\"\n\n[[service.app.probes]]\nkind = \"disk\"\n";
    refused(
        &project(&text.replace("[service]\nbot = 5\n\n", "")),
        &expect![[r#"
        heal: [DIR]/heal.toml has 3 faults

        error: `alert` is an array, not a table
         --> heal.toml:4:1
          |
        4 | [[alert]]
          | ^^^^^^^^^

        error: `probes` is an integer, not a table
         --> heal.toml:8:10
          |
        8 | probes = 5
          |          ^
          |
          = help: write [host.probes], and below it NAME = { kind = … }

        error: `probes` is an array, not a table
          --> heal.toml:13:1
           |
        13 | [[service.app.probes]]
           | ^^^^^^^^^^^^^^^^^^^^^^
           |
           = help: write [service.app.probes], and below it NAME = { kind = … }

          correct it and try again with `heal config check`
    "#]],
    );
    refused(
        &project("[service]\nbot = 5\n"),
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: `bot` is an integer, not a table
         --> heal.toml:5:7
          |
        5 | bot = 5
          |       ^
          |
          = help: a service is written as a table of its own

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn several_faults_are_reported_at_once() {
    let text = r#"[service.bot]
match         = { executable = "python3", arg_contains = "bot.py" }
startup_grac  = "5m"
restart_limit = "3/1h"
foo           = 1
ladder        = ["restrt", "stop-stale"]
hold_on_exit  = ["2"]

[service.bot.probes]
log = { kind = "fesh", path = "bot.log", within = "5m" }

[alert.me]
kind = "tellegram"
"#;
    refused(
        &project(text),
        &expect![[r#"
            heal: [DIR]/heal.toml has 8 faults

            error: unknown key `arg_contains`
             --> heal.toml:5:43
              |
            5 | match         = { executable = "python3", arg_contains = "bot.py" }
              |                                           ^^^^^^^^^^^^
              |
              = help: did you mean `args_contain`?

            error: unknown key `startup_grac`
             --> heal.toml:6:1
              |
            6 | startup_grac  = "5m"
              | ^^^^^^^^^^^^
              |
              = help: did you mean `startup_grace`?

            error: `restart_limit`: `3/1h` is not a rate such as "3 per 1h"
             --> heal.toml:7:17
              |
            7 | restart_limit = "3/1h"
              |                 ^^^^^^

            error: unknown key `foo`
             --> heal.toml:8:1
              |
            8 | foo           = 1
              | ^^^
              |
              = help: known are `enabled`, `unit`, `match`, `start`, `cwd`, `env`, `log`, `ladder`, `startup_grace`, `stable_for`, `stop_grace`, `verify_within`, `recover_after`, `restart_limit`, `restart_delay`, `hold_on_exit`, `needs`, `wants`, `orphans`, `probes`, `remedies`

            error: unknown rung `restrt`
             --> heal.toml:9:17
              |
            9 | ladder        = ["restrt", "stop-stale"]
              |                 ^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: did you mean `restart`?

            error: `hold_on_exit` holds a string where a whole number belongs
              --> heal.toml:10:18
               |
            10 | hold_on_exit  = ["2"]
               |                  ^^^

            error: unknown kind `fesh`
              --> heal.toml:13:16
               |
            13 | log = { kind = "fesh", path = "bot.log", within = "5m" }
               |                ^^^^^^
               |
               = help: did you mean `fresh`?

            error: unknown kind `tellegram`
              --> heal.toml:16:8
               |
            16 | kind = "tellegram"
               |        ^^^^^^^^^^^
               |
               = help: did you mean `telegram`?

              correct it and try again with `heal config check`
        "#]],
    );
}
