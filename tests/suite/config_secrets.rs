//! Is a secret ever shown? Every line that could hold one is broken in turn; the value appears nowhere, the fault does.

use expect_test::expect;

use super::config_faults::{project, refused, refused_in_short};
use super::support::Project;

/// What must never be seen.
const SECRET: &str = "HUNTER2hunter2";

#[test]
fn an_inline_token() {
    refused(
        &project(&format!("[alert.me]\nkind  = \"file\"\npath  = \"x\"\ntoken = \"{SECRET}\"\n")),
        &expect![[r#"
            heal: [DIR]/heal.toml has 1 fault

            error: unknown key `token`
             --> heal.toml:7:1
              |
            7 | token = ****************
              | ^^^^^
              |
              = help: known are `path`, `kind`, `enabled`, `min_severity`, `timeout`, `services`, `escalate_after`, `fallback`

              correct it and try again with `heal config check`
        "#]],
    );
}

#[test]
fn a_password_without_its_closing_quote() {
    let text = format!("[service.bot.env]\nDB_PASSWORD = \"{SECRET}\nOTHER = 1\n");
    refused(
        &project(&text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 1 fault

        error: not TOML: the closing `"` of this text is missing
         --> heal.toml:5:30
          |
        5 | DB_PASSWORD = ***************
          |                              ^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn a_password_in_an_address() {
    let url = format!("http://me:{SECRET}@localhost/?key={SECRET}");
    let text = format!(
        "[service.bot]\nunit = \"systemd:bot.service\"\n\n[service.bot.probes]\n\
         a = {{ kind = \"http\", url = \"{url}\" }}\n\
         b = {{ kind = \"http\", url = \"{url}\", status = \"200\" }}\n\
         c = {{ kind = \"http\", url = \"http://localhost\", headers = {{ Authorization = \"Bearer {SECRET}\" }} }}\n"
    );
    refused(
        &project(&text),
        &expect![[r#"
        heal: [DIR]/heal.toml has 4 faults

        error: `url` holds a user name or password; secrets do not belong in heal.toml
         --> heal.toml:8:28
          |
        8 | a = { kind = "http", url = "http://*****************@localhost/?******************" }
          |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: `url` holds a user name or password; secrets do not belong in heal.toml
         --> heal.toml:9:28
          |
        9 | b = { kind = "http", url = "http://*****************@localhost/?******************", status = "200" }
          |                            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error: `status` is a string, not a whole number from 0 to 65535
         --> heal.toml:9:95
          |
        9 | b = { kind = "http", url = "http://*****************@localhost/?******************", status = "200" }
          |                                                                                               ^^^^^

        error: `headers` names `Authorization`, which would hold a secret; secrets do not belong in heal.toml
          --> heal.toml:10:58
           |
        10 | c = { kind = "http", url = "http://localhost", headers = { Authorization = ******* *************** * *
           |                                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

          correct it and try again with `heal config check`
    "#]],
    );
}

#[test]
fn no_broken_line_shows_its_secret() {
    let s = SECRET;
    let lines = [
        format!("token = {s}"),
        format!("token = \"{s}"),
        format!("token = '{s}"),
        format!("token = \"\"\"{s}\n{s}"),
        format!("token = \"\"\"\n{s}\n\"\"\" x"),
        format!("token = '''\n{s}\n''' x"),
        format!("token = \"-----BEGIN\n{s}\nabc{s}==\n-----END\""),
        format!("token: {s}"),
        format!("token \"{s}\""),
        format!("token = [\"{s}\",\n\"{s}\" x]"),
        format!("\"token\" = \"{s}\" x"),
        format!("a.token = \"{s}\" x"),
        format!("API_TOKEN = \"{s}\" x"),
        format!("env = {{ A = \"1\", MY_SECRET = \"{s}\", B = }}"),
        format!("start = [\"bot\", \"--token\", \"{s}\", 5]"),
        format!("start = [\"bot\", \"--token={s}\", 5]"),
        format!("start = \"bot --password {s}\""),
        format!("start = [\n  \"--password\", \"{s}\" x\n]"),
        format!("url = \"https://user:{s}@localhost/\" x"),
        format!("url = \"https://localhost/?api={s}\" x"),
        format!("headers = [\"Authorization: Bearer {s}\", 1"),
        format!("# token = \"{s}\"\nx ="),
        format!("token = \"{s}\" # the token\ntoken = \"{s}\""),
        format!("[service.bot.token]\nvalue = \"{s}\" x"),
    ];
    for line in lines {
        let project = Project::new(&project(&format!("[service.bot]\nmatch = {{ executable = \"bot\" }}\n{line}\n")));
        for args in [&["config", "check"][..], &["config", "check", "--json"], &["config", "show"], &["check"]] {
            let ran = project.heal(args).exits(78);
            assert!(!ran.stdout.contains(s) && !ran.stderr.contains(s), "{line}\n{}{}", ran.stdout, ran.stderr);
            assert!(
                ran.stdout.contains("heal.toml:") || ran.stderr.contains("heal.toml:"),
                "{line}: no place\n{ran:?}"
            );
        }
    }
}

#[test]
fn the_command_line_shows_none_either() {
    let project = Project::new(&project(""));
    let token = format!("alert.me.token={SECRET}");
    let file = ["--set", &token, "--set", "alert.me.kind=file"];
    for (set, code) in [(&["--set", &token][..], 78), (&["--set", SECRET], 64), (&file, 78)] {
        let ran = project.heal(&[&["config", "check"], set].concat()).exits(code);
        assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
    }
}

#[test]
fn a_variable_of_the_wrong_type_is_named_and_not_shown() {
    let mut project = Project::new(&project(
        "[service.bot]\nmatch = { executable = \"bot\" }\nrecover_after = { env = \"COUNT\", default = 2 }\n",
    ));
    project.env("COUNT", SECRET);
    let ran = project.heal(&["config", "check"]).exits(78);
    assert!(ran.stderr.contains("COUNT") && !ran.stderr.contains(SECRET), "{}", ran.stderr);
}

/// What is missing is said, also of a key that names a secret: no value stands there.
#[test]
fn a_secret_of_the_environment_without_a_default_says_what_is_missing() {
    let lines = "[service.bot]\nmatch = { executable = \"bot\" }\nenv = { TOKEN = { env = \"SECRET_TOKEN\" }, FOO = { env = \"FOO\" } }\n";
    refused_in_short(
        &Project::new(&project(lines)),
        &expect![[r#"
        error: `TOKEN` is not a whole { env = "NAME", default = … }
          = help: both are needed: what holds when the variable is not set?
        error: `FOO` is not a whole { env = "NAME", default = … }
          = help: both are needed: what holds when the variable is not set?
        heal.toml:6:17 heal.toml:6:49
    "#]],
    );
}

#[test]
fn what_holds_is_shown_without_them() {
    let project = Project::new(&project(&format!(
        "[service.bot]\nmatch = {{ executable = \"bot\" }}\nstart = [\"true\", \"--token\", \"{SECRET}\"]\n\n\
         [service.bot.env]\nAPI_TOKEN = \"{SECRET}\"\nPLAIN = \"seen\"\n"
    )));
    for args in [&["config", "show"][..], &["config", "show", "--json"]] {
        let ran = project.heal(args).exits(0);
        assert!(ran.stdout.contains("seen") && !ran.stdout.contains(SECRET), "{}", ran.stdout);
    }
}
