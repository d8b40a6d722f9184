//! What may `[checkpoint.NAME]` say? What could never be saved or restored is refused, with its place.

use expect_test::expect;

use super::config_faults::refused_in_short;
use super::support::Project;

const HEAD: &str = "[project]\nname = \"test\"\n\n[service.bot]\nmatch = { executable = \"bot\" }\n\n";

#[test]
fn all_faults_of_a_checkpoint_are_said_at_once() {
    let text = r#"[checkpoint.a]
path = "../x"
pth = 1
command = []
timeout = "0s"
keep = { last = 0 }
max_size = "0B"
service = "bto"

[checkpoint.b]
timeout = "5s"
lock = "b.lock"

[checkpoint.c]
path = "c"
lock = "c"
keep = { last = 100000 }

[checkpoint.d]
path = "data/state/now.json"
keep = { hourly = 3 }

[checkpoint.e]
path = "data/state/now.json"

[checkpoint."$(touch x)"]
"#;
    refused_in_short(
        &Project::new(&format!("{HEAD}{text}")),
        &expect![[r#"
            error: `../x` leads out of the project
              = help: what lies elsewhere is named by its absolute path
            error: unknown key `pth`
              = help: did you mean `path`?
            error: `command` names no program
               = help: command = ["./scripts/dump-state"]
            error: `timeout` is 0: no command is that fast
               = help: 30s holds unless you say more
            error: 0 checkpoints cannot be kept
               = help: from 1 to 1000; 10 holds unless you say more
            error: `max_size` is 0: nothing could ever be saved
               = help: 64MB holds unless you say more
            error: there is no service `bto`
               = help: did you mean `bot`?
            error: `timeout` is for a `command`, and there is none
               = help: leave it out
            error: `lock` is for a `path`, and there is none
               = help: leave it out
            error: `lock` is the file itself
               = help: name the application's lock file
            error: 100000 checkpoints cannot be kept
               = help: from 1 to 1000; 10 holds unless you say more
            error: `last` is missing
            error: unknown key `hourly`
               = help: known are `last`
            error: `data/state/now.json` is heal's own: its configuration, or in its data directory
               = help: name the service's own file
            error: `$(touch x)` cannot be the name of a checkpoint
               = help: use up to 64 letters, digits, `-`, `_` and `.`, beginning with a letter or digit
            heal.toml:8:8 heal.toml:9:1 heal.toml:10:11 heal.toml:11:11 heal.toml:12:8 heal.toml:13:12 heal.toml:14:11 heal.toml:17:11 heal.toml:18:8 heal.toml:22:8 heal.toml:23:8 heal.toml:25:1 heal.toml:27:10 heal.toml:30:8 heal.toml:32:13
        "#]],
    );
}

#[test]
fn what_holds_is_shown_and_can_be_read_again() {
    let text = "[checkpoint.app]\ncommand = [\"dump\", \"--token\", \"abc\"]\n\n[checkpoint.file]\npath = \"./state/x\"\nlock = \"x.lock\"\nkeep = { last = 3 }\nenabled = false\n";
    let project = Project::new(&format!("{HEAD}{text}"));
    let shown = project.heal(&["config", "show", "--json"]).exits(0).json();
    expect![[r#"
        {
          "app": {
            "enabled": true,
            "keep": {
              "last": 10
            },
            "max_size": "64.0 MB",
            "command": [
              "dump",
              "--token",
              "***"
            ],
            "timeout": "30s",
            "service": "bot"
          },
          "file": {
            "enabled": false,
            "keep": {
              "last": 3
            },
            "max_size": "64.0 MB",
            "path": "state/x",
            "lock": "x.lock",
            "service": "bot"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&shown["config"]["checkpoint"]).expect("JSON"));
    project.heal(&["config", "check"]).exits(0);
}
