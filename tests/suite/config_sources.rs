//! Which value holds? The command line over the file, the environment where the file asks for it, and what is said when they are wrong.

use expect_test::expect;

use super::config_faults::{project, refused, refused_with};
use super::support::Project;

const BOT: &str = "[service.bot]\nmatch = { executable = \"bot\" }\nstart = [\"true\"]\nstartup_grace = \"10s\"\n";

/// What `config show` says about the service `bot`.
#[track_caller]
fn bot(project: &Project, args: &[&str]) -> serde_json::Value {
    project.heal(&[&["config", "show", "--json"], args].concat()).exits(0).json()["config"]["service"]["bot"].clone()
}

#[test]
fn set_overrides_and_adds() {
    let with = Project::new(&project(BOT));
    assert_eq!(bot(&with, &[])["startup_grace"], "10s");
    assert_eq!(bot(&with, &["--set", "service.bot.startup_grace=7m"])["startup_grace"], "7m");
    // The last one holds; quotes may be given or left out; lists, numbers and tables are TOML.
    let two = ["--set", "service.bot.startup_grace=7m", "--set", "service.bot.startup_grace=\"8m\""];
    assert_eq!(bot(&with, &two)["startup_grace"], "8m");
    let list = ["--set", "service.bot.hold_on_exit=[2, 3]", "--set", "service.bot.recover_after=5"];
    assert_eq!(bot(&with, &list)["hold_on_exit"], serde_json::json!([2, 3]));
    assert_eq!(bot(&with, &list)["recover_after"], 5);
    let table = ["--set", "service.bot.probes.log={ kind = \"fresh\", path = \"a=b\", within = \"1m\" }"];
    assert_eq!(bot(&with, &table)["probes"]["log"]["kind"], "fresh");
    // Also before the subcommand, and where the file has no such section.
    let ran = with.heal(&["--set", "schedule.heal=30s", "config", "show", "--json"]).exits(0).json();
    assert_eq!(ran["config"]["schedule"]["heal"], "30s");
}

#[test]
fn faults_of_the_command_line() {
    let with = Project::new(&project(BOT));
    let sets = [
        "service.bot.startup_grac=5m",
        "service.bot.stable_for=5",
        "project.name.x=1",
        "service.bot.stop_grace=",
        "service.bot.ladder=[\"restrt\"]",
        "service.bot.start=[\"a\", 5]",
        "service.other.foo=1",
        "service.other.match.foo=1",
        "alert.me.kind=fil",
    ];
    let args: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    refused_with(
        &with,
        &[&["config", "check"][..], &args].concat(),
        &expect![[r#"
            heal: [DIR]/heal.toml has 9 faults

            error: unknown key `startup_grac`
             |
             = note: in `--set service.bot.startup_grac`
             = help: did you mean `startup_grace`?

            error: `stable_for` is an integer, not a duration in quotes, such as "90s" or "5m"
             |
             = note: in `--set service.bot.stable_for`

            error: `name` is a string, not a table
             |
             = note: in `--set project.name.x`

            error: `stop_grace`: `` is not a duration such as "90s", "5m" or "1h 30m": value was empty
             |
             = note: in `--set service.bot.stop_grace`

            error: unknown rung `restrt`
             |
             = note: in `--set service.bot.ladder`
             = help: did you mean `restart`?

            error: `start` holds an integer where text in quotes belongs
             |
             = note: in `--set service.bot.start`

            error: unknown key `foo`
             |
             = note: in `--set service.other.foo`
             = help: known are `enabled`, `unit`, `match`, `start`, `cwd`, `env`, `log`, `ladder`, `startup_grace`, `stable_for`, `stop_grace`, `verify_within`, `recover_after`, `restart_limit`, `restart_delay`, `hold_on_exit`, `needs`, `wants`, `orphans`, `probes`, `remedies`

            error: unknown key `foo`
             |
             = note: in `--set service.other.match.foo`
             = help: known are `executable`, `args_contain`, `pidfile`, `cwd`, `user`, `min_age`, `max_matches`

            error: unknown kind `fil`
             |
             = note: in `--set alert.me.kind`
             = help: did you mean `file`?

              correct it and try again with `heal config check`
        "#]],
    );
}

#[test]
fn a_set_that_is_not_written_as_one_is_wrong_usage() {
    let with = Project::new(&project(BOT));
    for (set, what) in [
        ("nothing", "`--set` is not followed by KEY=VALUE"),
        ("=5", "`--set` is not followed by KEY=VALUE"),
        ("", "`--set` is not followed by KEY=VALUE"),
        ("a..b=1", "`a..b` in `--set` is not a dotted key"),
        ("a b=1", "`a b` in `--set` is not a dotted key"),
    ] {
        // Also where the file is wrong, or is not there: it was not looked at.
        for args in [&["config", "check"][..], &["check"], &["heal", "--config", "nowhere.toml"]] {
            let ran = with.heal(&[args, &["--set", set]].concat()).exits(64);
            let expected = format!("heal: {what}\n  write it as --set service.bot.startup_grace=5m\n");
            assert_eq!((ran.stdout.as_str(), ran.stderr), ("", expected));
        }
    }
    assert_eq!(with.heal(&["check", "--json", "--set", "x"]).exits(64).json()["error"]["kind"], "usage");
    // A name with a dot in it is written as in the file.
    let dotted = Project::new(&project(&BOT.replace("bot]", "\"my.bot\"]")));
    let set = ["--set", "service.\"my.bot\".stop_grace=3s"];
    let shown = dotted.heal(&[&["config", "show", "--json"][..], &set].concat()).exits(0).json();
    assert_eq!(shown["config"]["service"]["my.bot"]["stop_grace"], "3s");
}

#[test]
fn variables_replace_defaults() {
    let text = r#"[service.bot]
match         = { executable = "bot" }
start         = ["true"]
enabled       = { env = "ENABLED", default = true }
startup_grace = { env = "GRACE", default = "60s" }
recover_after = { env = "GOOD", default = 2 }
restart_limit = { env = "LIMIT", default = "3 per 1h" }
hold_on_exit  = { env = "HOLD", default = [2] }
cwd           = { env = "WHERE", default = "." }
"#;
    let with = |variables: &[(&str, &str)]| {
        let mut with = Project::new(&project(text));
        for (name, value) in variables {
            with.env(name, value);
        }
        bot(&with, &[])
    };
    let plain = with(&[]);
    assert_eq!(
        (&plain["startup_grace"], &plain["recover_after"], &plain["enabled"]),
        (&"1m".into(), &2.into(), &true.into())
    );
    // A bare number where the default is a duration counts seconds, as in the programs that heal replaces.
    assert_eq!(with(&[("GRACE", "90")])["startup_grace"], "1m 30s");
    assert_eq!(with(&[("GRACE", " 2m ")])["startup_grace"], "2m");
    assert_eq!(with(&[("GRACE", "")])["startup_grace"], "1m", "an empty variable is none");
    assert_eq!(with(&[("GOOD", "7")])["recover_after"], 7);
    assert_eq!(with(&[("LIMIT", "1 per 2h")])["restart_limit"], "1 per 2h");
    assert_eq!(with(&[("HOLD", "[3, 4]")])["hold_on_exit"], serde_json::json!([3, 4]));
    for (text, expected) in [("false", false), ("0", false), ("NO", false), ("off", false), ("yes", true), ("1", true)]
    {
        assert_eq!(with(&[("ENABLED", text)])["enabled"], expected, "{text}");
    }
}

#[test]
fn variables_of_the_wrong_type() {
    let mut with = Project::new(&project(
        r#"[service.bot]
match         = { executable = "bot" }
enabled       = { env = "WRONG", default = true }
startup_grace = { env = "WRONG", default = "60s" }
recover_after = { env = "WRONG", default = 2 }
restart_limit = { env = "WRONG", default = "3 per 1h" }
hold_on_exit  = { env = "WRONG", default = [2] }
"#,
    ));
    with.env("WRONG", "tuesday");
    refused_with(
        &with,
        &["config", "check"],
        &expect![[r#"
        heal: [DIR]/heal.toml has 5 faults

        error: the environment variable WRONG is neither true nor false
         --> heal.toml:6:17
          |
        6 | enabled       = { env = "WRONG", default = true }
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: the environment variable WRONG is not a duration such as 90s or 5m
         --> heal.toml:7:17
          |
        7 | startup_grace = { env = "WRONG", default = "60s" }
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: the environment variable WRONG is not an integer, as its default is
         --> heal.toml:8:17
          |
        8 | recover_after = { env = "WRONG", default = 2 }
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: the environment variable WRONG is not a rate such as 3 per 1h
         --> heal.toml:9:17
          |
        9 | restart_limit = { env = "WRONG", default = "3 per 1h" }
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: the environment variable WRONG is not an array, as its default is
          --> heal.toml:10:17
           |
        10 | hold_on_exit  = { env = "WRONG", default = [2] }
           |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn half_a_substitution() {
    let text = r#"[service.bot]
match         = { executable = "bot" }
enabled       = { env = "ENABLED" }
startup_grace = { env = "GRACE", default = 5 }
stop_grace    = { env = "GRACE", defalt = "5s" }
recover_after = { env = 5, default = 2 }
"#;
    refused(
        &project(text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 4 faults

        error: `enabled` is not a whole { env = "NAME", default = … }
         --> heal.toml:6:17
          |
        6 | enabled       = { env = "ENABLED" }
          |                 ^^^^^^^^^^^^^^^^^^^
          |
          = help: both are needed: what holds when the variable is not set?

        error: `startup_grace` is an integer, not a duration in quotes, such as "90s" or "5m"
         --> heal.toml:7:17
          |
        7 | startup_grace = { env = "GRACE", default = 5 }
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: `stop_grace` is not a whole { env = "NAME", default = … }
         --> heal.toml:8:17
          |
        8 | stop_grace    = { env = "GRACE", defalt = "5s" }
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: both are needed: what holds when the variable is not set?

        error: `recover_after` is not a whole { env = "NAME", default = … }
         --> heal.toml:9:17
          |
        9 | recover_after = { env = 5, default = 2 }
          |                 ^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: both are needed: what holds when the variable is not set?

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn set_wins_over_a_variable() {
    let text =
        "[service.bot]\nmatch = { executable = \"bot\" }\nstartup_grace = { env = \"GRACE\", default = \"1s\" }\n";
    let mut with = Project::new(&project(text));
    with.env("GRACE", "2s");
    assert_eq!(bot(&with, &[])["startup_grace"], "2s");
    assert_eq!(bot(&with, &["--set", "service.bot.startup_grace=3s"])["startup_grace"], "3s");
}
