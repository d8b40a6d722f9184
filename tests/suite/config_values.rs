//! What does a person read whose heal.toml says things twice, in vain, or in the wrong place, or cannot be opened? Word for word.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use expect_test::expect;
use nix::unistd::Uid;

use super::config_faults::{project, refused, refused_with};
use super::config_numbers::service;
use super::support::Project;

#[test]
fn a_home_that_only_a_shell_knows() {
    refused(
        "[project]\nname = \"x\"\ndata_dir = \"~/data\"\n[service.bot]\nmatch = { executable = \"bot\", pidfile = \"~/bot.pid\" }\n\
        [service.bot.probes]\nlog = { kind = \"fresh\", path = \"~bot/log\", within = \"5m\" }\n",
        &expect![[r#"
            heal: [DIR]/heal.toml has 3 faults

            error: `data_dir` begins with `~`, which only a shell understands
             --> heal.toml:3:12
              |
            3 | data_dir = "~/data"
              |            ^^^^^^^^
              |
              = help: write the whole path

            error: `pidfile` begins with `~`, which only a shell understands
             --> heal.toml:5:41
              |
            5 | match = { executable = "bot", pidfile = "~/bot.pid" }
              |                                         ^^^^^^^^^^^
              |
              = help: write the whole path

            error: `path` begins with `~`, which only a shell understands
             --> heal.toml:7:32
              |
            7 | log = { kind = "fresh", path = "~bot/log", within = "5m" }
              |                                ^^^^^^^^^^
              |
              = help: write the whole path

              correct it and try again with `heal config check`
        "#]],
    );
}

#[test]
fn an_end_in_the_middle_of_a_text() {
    refused(
        &service(
            "start = [\"bot\", \"a\\u0000b\"]\nenv = { A = \"x\\u0000\" }\n[service.bot.probes]\n\
            log = { kind = \"fresh\", path = \"logs\\u0000/bot.log\", within = \"5m\" }\n",
        ),
        &expect![[r#"
            heal: [DIR]/heal.toml has 3 faults

            error: `start` holds a NUL, which no path, argument or variable can
             --> heal.toml:6:17
              |
            6 | start = ["bot", "a\u0000b"]
              |                 ^^^^^^^^^^

            error: `A` holds a NUL, which no path, argument or variable can
             --> heal.toml:7:13
              |
            7 | env = { A = "x\u0000" }
              |             ^^^^^^^^^

            error: `path` holds a NUL, which no path, argument or variable can
             --> heal.toml:9:32
              |
            9 | log = { kind = "fresh", path = "logs\u0000/bot.log", within = "5m" }
              |                                ^^^^^^^^^^^^^^^^^^^^

              correct it and try again with `heal config check`
        "#]],
    );
}

#[test]
fn a_carriage_return_alone() {
    refused(
        "[project]\rname = \"x\"\r",
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: not TOML: carriage return must be followed by newline, expected newline
         --> heal.toml:1:11
          |
        1 | [project]␍name = "x"␍
          |           ^

        error: not TOML: carriage return must be followed by newline, expected newline
         --> heal.toml:1:22
          |
        1 | [project]␍name = "x"␍
          |                      ^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_default_that_asks_again() {
    refused(
        &service("startup_grace = { env = \"A\", default = { env = \"B\", default = \"5s\" } }\n"),
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: `startup_grace` is not a whole { env = "NAME", default = … }
         --> heal.toml:6:17
          |
        6 | startup_grace = { env = "A", default = { env = "B", default = "5s" } }
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: both are needed: what holds when the variable is not set?

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn the_same_service_twice() {
    refused(
        &service("[service.bot]\nmatch = { executable = \"other\" }\n"),
        &expect![[r#"
        heal: [DIR]/heal.toml has 2 faults

        error: not TOML: duplicate key
         --> heal.toml:6:10
          |
        6 | [service.bot]
          |          ^^^

        error: not TOML: duplicate key
         --> heal.toml:7:1
          |
        7 | match = { executable = "other" }
          | ^^^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_kind_that_nobody_knows_does_not_hide_the_rest_of_its_table() {
    refused(
        &service(
            "[service.bot.probes]\na = { kind = \"fesh\", timeout = \"0s\", fail_after = 0, severity = \"bad\" }\n\
            b = { timeout = \"2h\", class = \"hang\" }\nc = { kind = 5, enabled = \"yes\" }\n\
            [alert.me]\nkind = \"fil\"\nmin_severity = \"bad\"\ntimeout = 5\n[alert.you]\nenabled = 1\n",
        ),
        &expect![[r#"
            heal: [DIR]/heal.toml has 14 faults

            error: unknown kind `fesh`
             --> heal.toml:7:14
              |
            7 | a = { kind = "fesh", timeout = "0s", fail_after = 0, severity = "bad" }
              |              ^^^^^^
              |
              = help: did you mean `fresh`?

            error: `timeout` is 0s
             --> heal.toml:7:32
              |
            7 | a = { kind = "fesh", timeout = "0s", fail_after = 0, severity = "bad" }
              |                                ^^^^
              |
              = help: a look may take up to 1m: the whole run has four minutes

            error: `fail_after`: `0`: no number in it may be zero; 1 counts the first bad look
             --> heal.toml:7:51
              |
            7 | a = { kind = "fesh", timeout = "0s", fail_after = 0, severity = "bad" }
              |                                                   ^

            error: `severity` cannot be `bad`
             --> heal.toml:7:65
              |
            7 | a = { kind = "fesh", timeout = "0s", fail_after = 0, severity = "bad" }
              |                                                                 ^^^^^
              |
              = help: known are `info`, `warning`, `critical`

            error: `b` has no `kind`
             --> heal.toml:8:5
              |
            8 | b = { timeout = "2h", class = "hang" }
              |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = help: kinds are `process`, `fresh`, `beat`, `http`, `tcp`, `port`, `certificate`, `command`, `disk`, `memory`, `log`, `sqlite`

            error: `timeout` is 2h
             --> heal.toml:8:17
              |
            8 | b = { timeout = "2h", class = "hang" }
              |                 ^^^^
              |
              = help: a look may take up to 1m: the whole run has four minutes

            error: `class` cannot be `hang`
             --> heal.toml:8:31
              |
            8 | b = { timeout = "2h", class = "hang" }
              |                               ^^^^^^
              |
              = help: did you mean `hung`?

            error: `kind` is not a string
             --> heal.toml:9:14
              |
            9 | c = { kind = 5, enabled = "yes" }
              |              ^

            error: `enabled` is a string, not true or false
             --> heal.toml:9:27
              |
            9 | c = { kind = 5, enabled = "yes" }
              |                           ^^^^^

            error: unknown kind `fil`
              --> heal.toml:11:8
               |
            11 | kind = "fil"
               |        ^^^^^
               |
               = help: did you mean `file`?

            error: `min_severity` cannot be `bad`
              --> heal.toml:12:16
               |
            12 | min_severity = "bad"
               |                ^^^^^
               |
               = help: known are `info`, `warning`, `critical`

            error: `timeout` is an integer, not a duration in quotes, such as "90s" or "5m"
              --> heal.toml:13:11
               |
            13 | timeout = 5
               |           ^

            error: `you` has no `kind`
              --> heal.toml:14:1
               |
            14 | [alert.you]
               | ^^^^^^^^^^^
               |
               = help: kinds are `file`, `command`, `telegram`, `slack`, `discord`, `ntfy`, `webhook`, `email`, `alertmanager`, `syslog`, `desktop`, `ping`

            error: `enabled` is an integer, not true or false
              --> heal.toml:15:11
               |
            15 | enabled = 1
               |           ^

              correct it and try again with `heal config check`
        "#]],
    );
}

#[test]
fn a_link_that_leads_to_itself() {
    let with = Project::new("");
    fs::remove_file(with.path("heal.toml")).expect("removed");
    symlink("heal.toml", with.path("heal.toml")).expect("linked");
    let path = with.path("heal.toml").display().to_string();
    refused_with(
        &with,
        &["config", "check", "--config", &path],
        &expect![[r#"
        heal: [DIR]/heal.toml cannot be read: Too many levels of symbolic links (os error 40)
          put it right, or name another with `--config FILE`
    "#]],
    );
}

#[test]
fn a_file_that_may_not_be_read() {
    let with = Project::new(&project(""));
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(with.path(path), fs::Permissions::from_mode(mode)).expect("set");
    };
    let path = with.path("heal.toml").display().to_string();
    // Root may read everything; so it is somebody else who tries.
    let mut command = if Uid::effective().is_root() {
        mode("", 0o755);
        mode("heal.toml", 0o600);
        let mut command = Command::new("setpriv");
        command.args(["--reuid=54321", "--regid=54321", "--clear-groups", env!("CARGO_BIN_EXE_heal")]);
        command
    } else {
        mode("heal.toml", 0);
        Command::new(env!("CARGO_BIN_EXE_heal"))
    };
    let ran = with.run(command.args(["config", "check", "--config", &path]).current_dir("/")).exits(78);
    expect![[r#"
        heal: [DIR]/heal.toml cannot be read: Permission denied (os error 13)
          put it right, or name another with `--config FILE`
    "#]]
    .assert_eq(&with.normalise(&ran.stderr));
}
