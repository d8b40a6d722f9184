//! What overrides heal.toml, and where does each setting come from? `--set` over `HEAL__…` over the file over heal's defaults.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use expect_test::expect;
use serde_json::{Value, json};

use super::config_faults::{project, refused_with};
use super::support::Project;

const BOT: &str = "[service.my-bot]\nmatch = { executable = \"bot\" }\nstart = [\"true\"]\nstartup_grace = \"10s\"\n\
    env = { Path = \"x\" }\n";

const SECRET: &str = "hunter2-hunter2";

#[track_caller]
fn bot(project: &Project, args: &[&str]) -> Value {
    let shown = project.heal(&[&["config", "show", "--json"], args].concat()).exits(0).json();
    shown["config"]["service"]["my-bot"].clone()
}

fn with(variables: &[(&str, &str)]) -> Project {
    let mut with = Project::new(&project(BOT));
    for (name, value) in variables {
        with.env(name, value);
    }
    with
}

#[test]
fn a_variable_overrides_any_key() {
    assert_eq!(bot(&with(&[]), &[])["startup_grace"], "10s");
    let table: [(&str, &str, &str, Value); 9] = [
        ("HEAL__SERVICE__MY_BOT__STARTUP_GRACE", "7m", "/startup_grace", json!("7m")),
        ("HEAL__service__my_bot__startup_grace", "\"7m\"", "/startup_grace", json!("7m")),
        ("HEAL__SERVICE__MY_BOT__RECOVER_AFTER", "5", "/recover_after", json!(5)),
        ("HEAL__SERVICE__MY_BOT__HOLD_ON_EXIT", "[2, 3]", "/hold_on_exit", json!([2, 3])),
        ("HEAL__SERVICE__MY_BOT__ENABLED", "false", "/enabled", json!(false)),
        ("HEAL__SERVICE__MY_BOT__MATCH__MAX_MATCHES", "2", "/match/max_matches", json!(2)),
        ("HEAL__SERVICE__MY_BOT__ENV__PATH", "/bin", "/env/Path", json!("/bin")),
        ("HEAL__SERVICE__MY_BOT__ENV__NEW", "a b", "/env/NEW", json!("a b")),
        ("HEAL__SERVICE__MY_BOT__STARTUP_GRACE", "", "/startup_grace", json!("10s")), // an empty variable is none
    ];
    for (name, value, place, expected) in table {
        assert_eq!(bot(&with(&[(name, value)]), &[]).pointer(place), Some(&expected), "{name}={value}");
    }
    // Where the file has no such section; and for commands other than `config`.
    let observe = with(&[("HEAL__PROJECT__NAME", "renamed"), ("HEAL__SCHEDULE__HEAL", "2m")]);
    assert_eq!(observe.heal(&["check", "--json"]).json()["project"], "renamed");
    let shown = observe.heal(&["config", "show", "--json"]).exits(0).json();
    assert_eq!(shown["config"]["schedule"]["heal"], "2m");
}

#[test]
fn flags_over_variables_over_the_file_over_defaults() {
    let grace = |variables: &[(&str, &str)], args: &[&str]| bot(&with(variables), args)["startup_grace"].clone();
    let variable = [("HEAL__SERVICE__MY_BOT__STARTUP_GRACE", "20s")];
    let flag = ["--set", "service.my-bot.startup_grace=30s"];
    assert_eq!(grace(&[], &[]), "10s");
    assert_eq!(grace(&variable, &[]), "20s");
    assert_eq!(grace(&[], &flag), "30s");
    assert_eq!(grace(&variable, &flag), "30s");
    // Names with one underscore are heal's own, and mean something else.
    assert_eq!(grace(&[("HEAL_SERVICE__MY_BOT__STARTUP_GRACE", "20s")], &[]), "10s");
}

#[test]
fn faults_of_variables_name_them_and_never_show_their_value() {
    let table = [
        ("HEAL__PROJECT__MODE", SECRET),
        ("HEAL__PROJECT__FOO", SECRET),
        ("HEAL__PROJECT__NAME__X", SECRET),
        ("HEAL__SERVCE__BOT", SECRET),
        ("HEAL__SERVICE__OTHER__LOG", SECRET),
        ("HEAL__SERVICE__MY_BOT__PROBES__LOG__WITHIN", SECRET),
        ("HEAL__SERVICE__MY_BOT__STABLE_FOR", SECRET),
        ("HEAL__SERVICE__MY_BOT__LADDER", "[\"hunter2-hunter2\"]"),
        ("HEAL__SERVICE__MY_BOT__UNIT", SECRET),
        ("HEAL__SERVICE__MY_BOT__RECOVER_AFTER", SECRET),
        ("HEAL__ALERT__NEW", SECRET),
    ];
    let with = with(&table);
    refused_with(
        &with,
        &["config", "check"],
        &expect![[r#"
            heal: [DIR]/heal.toml has 12 faults

            error: both `unit` and `start` are given: one service has one owner
             --> heal.toml:6:9
              |
            6 | start = ["true"]
              |         ^^^^^^^^
              |
              = help: keep `unit`, and let its supervisor start it

            error: there is no `NEW` below [alert]
             |
             = note: in `HEAL__ALERT__NEW`
             = help: declare it in heal.toml first

            error: unknown key `foo`
             |
             = note: in `HEAL__PROJECT__FOO`
             = help: known are `name`, `data_dir`, `mode`

            error: `mode` cannot be `…`
             |
             = note: in `HEAL__PROJECT__MODE`
             = help: known are `live`, `paper`, `observe`

            error: `name` is a string, not a table
             |
             = note: in `HEAL__PROJECT__NAME__X`

            error: unknown section `servce`
             |
             = note: in `HEAL__SERVCE__BOT`
             = help: did you mean `service`?

            error: unknown rung `…`
             |
             = note: in `HEAL__SERVICE__MY_BOT__LADDER`
             = help: known are `restart`, `stop-stale`, `clear-locks`, `revert`

            error: there is no `LOG` below [service.my-bot.probes]
             |
             = note: in `HEAL__SERVICE__MY_BOT__PROBES__LOG__WITHIN`
             = help: declare it in heal.toml first

            error: `recover_after` is a string, not a whole number from 0 to 4294967295
             |
             = note: in `HEAL__SERVICE__MY_BOT__RECOVER_AFTER`

            error: `stable_for`: `…` is not a duration such as "90s", "5m" or "1h 30m": expected number at 0
             |
             = note: in `HEAL__SERVICE__MY_BOT__STABLE_FOR`

            error: `unit` is not SUPERVISOR:NAME: …
             |
             = note: in `HEAL__SERVICE__MY_BOT__UNIT`
             = help: "systemd:bot.service", "systemd-user:bot.service" or "launchd:com.example.bot"

            error: there is no `OTHER` below [service]
             |
             = note: in `HEAL__SERVICE__OTHER__LOG`
             = help: heal.toml has `my-bot`

              correct it and try again with `heal config check`
        "#]],
    );
    let ran = with.heal(&["config", "check", "--json"]).exits(78);
    assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
    let places: Vec<Value> =
        ran.json()["error"]["faults"].as_array().expect("a list").iter().map(|fault| fault["place"].clone()).collect();
    for (name, _) in table {
        assert!(places.contains(&name.into()), "{name} is not named: {places:?}");
    }
}

/// All that a flag says has one place; the key that is wrong is named all the same.
#[test]
fn faults_inside_of_a_table_name_the_key() {
    let project = with(&[]);
    for (set, message) in [
        ("host.probes.x={kind=\"port\",port=70000}", "`port` has to be a whole number from 0 to 65535"),
        ("host.probes.x={kind=\"port\",address=\"::1\",port=\"a\"}", "`port` is a string, not a whole number"),
        ("service.bot.match={executable=\"x\",args=\"y\"}", "unknown key `args`"),
        (
            "host.probes.x={kind=\"disk\",path=\".\",critical_below=\"2GB\",warn_below=\"1GB\"}",
            "error: `warn_below` is less than",
        ),
        ("service.bot.match={executable=\"x\",max_matches=-1}", "`max_matches` has to be a whole number from 0 on"),
        (
            "host.probes.x={kind=\"http\",url=\"http://h/\",status=99999}",
            "`status` has to be a whole number from 0 to 65535",
        ),
    ] {
        let ran = project.heal(&["config", "check", "--set", set]).exits(78);
        assert!(ran.stderr.contains(message), "{set}: {}", ran.stderr);
    }
}

#[test]
fn names_that_mean_several_keys_or_none() {
    let mut twins = Project::new(&project(&format!("{BOT}{}", BOT.replace("my-bot", "my_bot"))));
    twins.env("HEAL__SERVICE__MY_BOT__LOG", "x");
    refused_with(
        &twins,
        &["config", "check"],
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: `my-bot`, `my_bot` are equally meant by MY_BOT
         |
         = note: in `HEAL__SERVICE__MY_BOT__LOG`
         = help: override it with --set, which tells them apart

          correct it and try again with `heal config check`
    "#]],
    );
    // A flag tells them apart.
    let twins = Project::new(&project(&format!("{BOT}{}", BOT.replace("my-bot", "my_bot"))));
    assert_eq!(bot(&twins, &["--set", "service.my-bot.stop_grace=3s"])["stop_grace"], "3s");
    let mut twins = Project::new(&project(&format!("{BOT}{}", BOT.replace("my-bot", "my_bot"))));
    twins.env("HEAL__PROJECT__NAME", "a").env("HEAL__project__NAME", "b");
    refused_with(
        &twins,
        &["config", "check"],
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: the environment variables HEAL__PROJECT__NAME and HEAL__project__NAME name the same key
         |
         = note: in `HEAL__project__NAME`
         = help: unset one of them

          correct it and try again with `heal config check`
    "#]],
    );
    refused_with(
        &with(&[("HEAL__SERVICE____LOG", SECRET)]),
        &["config", "check"],
        &expect![[r#"
        heal: the environment variable HEAL__SERVICE____LOG names no key
          HEAL__SERVICE__BOT__STARTUP_GRACE=5m overrides `startup_grace` of [service.bot]
    "#]],
    );
    let with = with(&[]);
    let output = with
        .command(&["config", "check"])
        .env("HEAL__PROJECT__NAME", OsStr::from_bytes(b"hunter2\xff"))
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(78));
    expect![[r#"
        heal: the environment variable HEAL__PROJECT__NAME is not UTF-8
          HEAL__SERVICE__BOT__STARTUP_GRACE=5m overrides `startup_grace` of [service.bot]
    "#]]
    .assert_eq(&String::from_utf8_lossy(&output.stderr));
}

#[test]
fn what_heal_starts_does_not_inherit_them() {
    // A service that is itself a heal, or runs one, must not be configured by what was meant for this one.
    let probe = "[host.probes]\nenv = { kind = \"command\", command = [\"sh\", \"-c\", \"env > seen\"] }\n";
    let mut with = Project::new(&project(probe));
    with.env("HEAL__PROJECT__NAME", "renamed");
    with.heal(&["check"]).exits(0);
    let seen = with.read("seen");
    assert!(seen.contains("PATH=") && !seen.contains("HEAL__"), "{seen}");
}

#[test]
fn each_setting_says_where_it_comes_from() {
    let text = "[service.\"a.b\"]\nmatch = { executable = \"bot\", user = { env = \"WHO\", default = \"me\" } }\n\
        start = [\"true\", { env = \"ARG\", default = \"x\" }]\n\
        env = { API_TOKEN = { env = \"TOKEN\", default = \"none\" } }\n\
        [service.\"a.b\".probes]\nlog = { kind = \"fresh\", path = \"log\", within = \"5m\" }\n\
        [alert.file]\nkind = \"file\"\npath = \"alerts\"\n";
    let mut with = Project::new(&project(text));
    with.env("ARG", "y").env("TOKEN", SECRET).env("HEAL__SERVICE__A_B__STABLE_FOR", "3m");
    let set = ["--set", "alert.file.min_severity=critical"];
    let ran = with.heal(&[&["config", "show", "--origin"][..], &set].concat()).exits(0);
    assert!(!ran.stdout.contains(SECRET));
    expect![[r#"
        project.name = "x"                                                         # heal.toml:2:8
        project.mode = "live"                                                      # default
        project.data_dir = "[DIR]/data"                                  # default
        alerting.enabled = true                                                    # default
        alerting.max_per_hour = 20                                                 # default
        git.enabled = true                                                         # default
        git.remote = "origin"                                                      # default
        revert.enabled = true                                                      # default
        revert.push = false                                                        # default
        revert.limit = "1 per 1d"                                                  # default
        revert.signing = "refuse"                                                  # default
        revert.after = []                                                          # default
        revert.after_timeout = "1m"                                                # default
        update.enabled = true                                                      # default
        update.build_timeout = "2m"                                                # default
        update.probation = "10m"                                                   # default
        update.defer_for = "1d"                                                    # default
        crash.enabled = true                                                       # default
        crash.pattern = "3 per 30m"                                                # default
        crash.release_age = "1h"                                                   # default
        crash.storm = "5 per 30m"                                                  # default
        service."a.b".enabled = true                                               # default
        service."a.b".ladder = ["restart", "stop-stale", "clear-locks", "revert"]  # default
        service."a.b".startup_grace = "30s"                                        # default
        service."a.b".stable_for = "3m"                                            # HEAL__SERVICE__A_B__STABLE_FOR
        service."a.b".recover_after = 2                                            # default
        service."a.b".restart_limit = "3 per 1h"                                   # default
        service."a.b".restart_delay = "0s"                                         # default
        service."a.b".verify_within = "20s"                                        # default
        service."a.b".hold_on_exit = []                                            # default
        service."a.b".needs = []                                                   # default
        service."a.b".wants = []                                                   # default
        service."a.b".match.executable = "bot"                                     # heal.toml:5:24
        service."a.b".match.user = "me"                                            # heal.toml:5:38, env WHO is not set
        service."a.b".match.max_matches = 1                                        # default
        service."a.b".start = ["true", "y"]                                        # env ARG, heal.toml:6:9
        service."a.b".cwd = "[DIR]"                                      # default
        service."a.b".env.API_TOKEN = "***"                                        # env TOKEN, heal.toml:7:21
        service."a.b".log = "data/output/a.b.log"                                  # default
        service."a.b".stop_grace = "10s"                                           # default
        service."a.b".probes.process.kind = "process"                              # default
        service."a.b".probes.process.enabled = true                                # default
        service."a.b".probes.process.timeout = "5s"                                # default
        service."a.b".probes.process.class = "dead"                                # default
        service."a.b".probes.process.fail_after = 1                                # default
        service."a.b".probes.log.kind = "fresh"                                    # heal.toml:9:16
        service."a.b".probes.log.path = "log"                                      # heal.toml:9:32
        service."a.b".probes.log.within = "5m"                                     # heal.toml:9:48
        service."a.b".probes.log.each = false                                      # default
        service."a.b".probes.log.enabled = true                                    # default
        service."a.b".probes.log.timeout = "5s"                                    # default
        service."a.b".probes.log.class = "hung"                                    # default
        service."a.b".probes.log.fail_after = 1                                    # default
        alert.file.kind = "file"                                                   # heal.toml:11:8
        alert.file.path = "alerts"                                                 # heal.toml:12:8
        alert.file.enabled = true                                                  # default
        alert.file.min_severity = "critical"                                       # --set
        alert.file.timeout = "5s"                                                  # default
        alert.file.services = []                                                   # default
    "#]]
    .assert_eq(&with.normalise(&ran.stdout));
    // It is still TOML, and says what `config show` says.
    let plain = with.heal(&[&["config", "show", "--json"][..], &set].concat()).exits(0).json();
    let lines: Value = toml::from_str(&ran.stdout).expect("TOML");
    assert_eq!(lines, plain["config"]);
    assert!(plain["origins"].is_null(), "only for those who ask");

    let document = with.heal(&[&["config", "show", "--origin", "--json"][..], &set].concat()).exits(0).json();
    assert_eq!(document["config"], plain["config"]);
    let origins = document["origins"].as_object().expect("a table");
    assert_eq!(origins.len(), ran.stdout.lines().count());
    for (key, from, place) in [
        ("project.mode", "default", Value::Null),
        ("project.name", "file", json!("heal.toml:2:8")),
        ("service.\"a.b\".match.user", "file", json!("heal.toml:5:38, env WHO is not set")),
        ("service.\"a.b\".start", "environment", json!("env ARG, heal.toml:6:9")),
        ("service.\"a.b\".stable_for", "variable", json!("HEAL__SERVICE__A_B__STABLE_FOR")),
        ("alert.file.min_severity", "flag", json!("--set")),
    ] {
        assert_eq!(origins[key], json!({"from": from, "place": place}), "{key}");
    }
}
